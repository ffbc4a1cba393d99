"""Rules of the specification that no reference case at hand exercises, on chain and in the Python twin alike."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from analytics.cashflow import CashFlowEvent, EventType, parse_observations, parse_terms, project
from analytics.cashflow.calendar import parse_moment
from tests.conformance.encode import decode_flows, encode_observations, encode_terms

CLOSE = Decimal("1e-9")
LOAN = {
    "contractType": "PAM", "contractRole": "RPA", "statusDate": "2024-12-31", "initialExchangeDate": "2025-01-01",
    "maturityDate": "2026-01-01", "notionalPrincipal": "1000", "nominalInterestRate": "0.05",
    "dayCountConvention": "A365",
}  # fmt: skip


def _flows(
    engine: Any, *, until: str = "", data: Any = None, events: Any = None, **changes: Any
) -> list[CashFlowEvent]:
    """The contract's events, which the twin's must equal."""
    terms = parse_terms({**LOAN, **changes})
    observed = parse_observations(data or {}, events or [])
    horizon = parse_moment(until) if until else None
    words = engine.project.call(encode_terms(terms), encode_observations(terms, observed), horizon or 0, {"gas": 10**7})
    chain, twin = decode_flows(words), project(terms, observed=observed, until=horizon)
    assert [(flow.time, flow.kind) for flow in chain] == [(flow.time, flow.kind) for flow in twin]
    for mine, other in zip(chain, twin, strict=True):
        for column in ("payoff", "notional", "rate", "accrued"):
            assert abs(getattr(mine, column) - getattr(other, column)) < CLOSE, (column, mine, other)
    return chain


def _paid(flows: list[CashFlowEvent], *kinds: EventType) -> list[Decimal]:
    return [flow.payoff for flow in flows if flow.kind in kinds]


def test_an_annuity_that_pays_on_its_first_day_counts_that_payment(engine: Any) -> None:
    """Annuity Amount Function: the payment times are those after the fixing, which is the day before the first."""
    flows = _flows(
        engine, contractType="ANN", notionalPrincipal="5000", nominalInterestRate="0.08", statusDate="2012-12-30",
        initialExchangeDate="2013-01-01", maturityDate="2014-01-01", cycleOfPrincipalRedemption="P1ML0",
        cycleAnchorDateOfPrincipalRedemption="2013-01-01", cycleAnchorDateOfInterestPayment="2013-01-01",
        cycleOfInterestPayment="P1ML0",
    )  # fmt: skip
    payments = [sum(_paid([one], EventType.PR, EventType.IP, EventType.MD)) for one in flows]
    by_day: dict[int, Decimal] = {}
    for flow, payment in zip(flows, payments, strict=True):
        by_day[flow.time] = by_day.get(flow.time, Decimal(0)) + payment
    by_day = {day: total for day, total in by_day.items() if total}
    assert len(by_day) == 13
    assert all(abs(total - Decimal("400.071084163282")) < CLOSE for total in by_day.values())


def test_an_annuity_under_way_without_an_agreed_payment_fixes_it_at_the_status_date(engine: Any) -> None:
    """ANN, state variable Prnxt: the annuity of the notional and the interest accrued at the status date."""
    flows = _flows(
        engine, contractType="ANN", statusDate="2025-07-15", dayCountConvention="30E360",
        cycleOfPrincipalRedemption="P1ML0", cycleOfInterestPayment="P1ML0",
    )  # fmt: skip
    month = 1 + Fraction(5, 1200)
    owed = (1000 + Fraction(1000 * 5 * 14, 36_000)) + Fraction(1000 * 5 * 16, 36_000)
    payment = owed / sum(1 / month**place for place in range(6))
    principal, interest = _paid(flows, EventType.PR, EventType.MD), _paid(flows, EventType.IP)
    assert len(principal) == len(interest) == 6
    assert abs(sum(principal) - 1000) < CLOSE
    totals = [one + other for one, other in zip(principal, interest, strict=True)]
    assert max(totals) - min(totals) < Decimal("0.02")  # the first period is accrued in two parts
    assert abs(Fraction(totals[1]) - payment) < Fraction(1, 50)


@pytest.mark.parametrize(("role", "sign"), [("RPA", 1), ("RPL", -1)])
def test_interest_since_the_last_payment_is_accrued_at_the_status_date(role: str, sign: int, engine: Any) -> None:
    """PAM, state variable Ipac: Y(t-, t0) Nt Ipnr where the accrued interest is not stated, t- the last IP before."""
    terms = {"contractRole": role, "statusDate": "2025-05-15", "cycleOfInterestPayment": "P3ML0"}
    first = _paid(_flows(engine, **terms), EventType.IP)[0]
    assert abs(first - sign * Decimal(1000) * Decimal("0.05") * 91 / 365) < CLOSE
    stated = _paid(_flows(engine, **terms, accruedInterest="2"), EventType.IP)[0]
    assert abs(stated - sign * (2 + Decimal(1000) * Decimal("0.05") * 47 / 365)) < CLOSE


def test_a_payment_on_the_status_date_leaves_nothing_accrued(engine: Any) -> None:
    flows = _flows(engine, statusDate="2025-04-01", cycleOfInterestPayment="P3ML0")
    assert abs(_paid(flows, EventType.IP)[0] - Decimal(1000) * Decimal("0.05") * 91 / 365) < CLOSE


def test_a_loan_that_has_not_paid_yet_accrues_from_the_status_date(engine: Any) -> None:
    flows = _flows(engine, statusDate="2025-02-01", cycleOfInterestPayment="P3ML0")
    assert abs(_paid(flows, EventType.IP)[0] - Decimal(1000) * Decimal("0.05") * 59 / 365) < CLOSE


def test_payments_settle_in_another_currency_at_the_rates_of_their_days(engine: Any) -> None:
    """Settlement currency FX rate: payoffs are multiplied by it, states are not."""
    points = [("2025-01-01", "7"), ("2025-07-01", "7.1"), ("2026-01-01", "7.2")]
    flows = _flows(
        engine,
        currency="USD",
        settlementCurrency="CNY",
        cycleOfInterestPayment="P6ML1",
        dayCountConvention="30E360",
        data={"USD/CNY": {"data": [{"timestamp": day, "value": rate} for day, rate in points]}},
    )
    assert [flow.payoff for flow in flows] == [Decimal(-7000), Decimal("177.5"), Decimal(180), Decimal(7200)]
    assert flows[1].notional == Decimal(1000)
    same = _flows(engine, currency="CNY", settlementCurrency="CNY")
    assert same[-1].payoff == Decimal(1000)


@pytest.mark.parametrize("kind", ["CLM", "UMP"])
def test_without_a_rate_nothing_is_capitalised(kind: str, engine: Any) -> None:
    """CLM and UMP, schedule of IPCI: none where IPNR is undefined."""
    flows = _flows(
        engine, contractType=kind, nominalInterestRate="", cycleOfInterestPayment="P1ML1", until="2026-01-01"
    )
    assert EventType.IPCI not in [flow.kind for flow in flows]


def test_maturity_pays_fees_accrued_that_no_fee_date_has_paid(engine: Any) -> None:
    """POF of MD for PAM: Nsc Nt + Isc Ipac + Feac."""
    flows = _flows(engine, feeRate="0.01", feeBasis="N", feeAccrued="3")
    assert _paid(flows, EventType.MD) == [Decimal(1013)]


def test_fees_since_they_were_last_paid_are_accrued_at_the_status_date(engine: Any) -> None:
    """PAM, state variable Feac: Y(t-, t0) Nt FER where the accrued fee is not stated, t- the last FP before."""
    terms = {"statusDate": "2025-05-15", "cycleOfFee": "P3ML0", "feeRate": "0.01", "feeBasis": "N"}
    first = _paid(_flows(engine, **terms), EventType.FP)[0]
    assert abs(first - Decimal(1000) * Decimal("0.01") * 91 / 365) < CLOSE
    stated = _paid(_flows(engine, **terms, feeAccrued="1"), EventType.FP)[0]
    assert abs(stated - 1 - Decimal(1000) * Decimal("0.01") * 47 / 365) < CLOSE


def test_a_loan_of_one_cycle_may_end_a_second_before_midnight(engine: Any) -> None:
    """Date/Time: midnight and the second before it are one moment."""
    flows = _flows(engine, maturityDate="2025-12-31T23:59:59", cycleOfInterestPayment="P1YL1")
    assert abs(_paid(flows, EventType.IP)[0] - 50) < CLOSE


def test_a_cycle_from_an_agreed_anchor_may_outlast_the_loan(engine: Any) -> None:
    flows = _flows(
        engine,
        cycleAnchorDateOfInterestPayment="2025-07-01",
        cycleOfInterestPayment="P1YL1",
        dayCountConvention="30E360",
    )
    assert _paid(flows, EventType.IP) == [Decimal(25), Decimal(25)]


def test_payments_made_before_the_status_date_do_not_repay_what_is_owed_at_it(engine: Any) -> None:
    """LAX, state variable Md: NT is what is owed at the status date."""
    flows = _flows(
        engine, contractType="LAX", statusDate="2025-03-15", maturityDate="", dayCountConvention="30E360",
        arrayCycleAnchorDateOfPrincipalRedemption=["2025-02-01"], arrayCycleOfPrincipalRedemption=["P1ML1"],
        arrayNextPrincipalRedemptionPayment=["250"], arrayIncreaseDecrease=["DEC"],
    )  # fmt: skip
    assert _paid(flows, EventType.PR, EventType.MD) == [Decimal(250)] * 4


def test_a_period_floor_is_the_most_a_rate_may_fall_at_a_reset(engine: Any) -> None:
    """Data Dictionary, periodFloor: the maximum negative change, written as a positive number."""
    rates = {"R": {"data": [{"timestamp": "2025-01-01", "value": "0.01"}]}}
    flows = _flows(
        engine, cycleOfRateReset="P3ML0", marketObjectCodeOfRateReset="R", periodFloor="0.015", data=rates
    )  # fmt: skip
    assert [flow.rate for flow in flows if flow.kind is EventType.RR] == [
        Decimal("0.035"), Decimal("0.02"), Decimal("0.01")
    ]  # fmt: skip


def test_interest_may_begin_before_the_initial_exchange_but_fees_do_not(engine: Any) -> None:
    """STF of IED for PAM: Ipac is Y(IPANX, t) Nt Ipnr where the anchor lies before; Feac is not touched."""
    flows = _flows(
        engine,
        cycleAnchorDateOfInterestPayment="2024-12-11",
        cycleOfInterestPayment="P6ML1",
        cycleOfFee="P6ML1",
        feeRate="0.01",
        feeBasis="N",
    )
    assert abs(flows[0].accrued - Decimal(1000) * Decimal("0.05") * 21 / 365) < CLOSE
    assert abs(_paid(flows, EventType.FP)[0] - Decimal(1000) * Decimal("0.01") * 181 / 365) < CLOSE
    assert abs(_paid(flows, EventType.IP)[0] - Decimal(1000) * Decimal("0.05") * 182 / 365) < CLOSE


def test_interest_capitalised_to_the_end_is_paid_with_the_principal(engine: Any) -> None:
    """Nothing follows maturity, also where capitalisation was agreed for longer."""
    flows = _flows(engine, capitalizationEndDate="2026-06-01", cycleOfInterestPayment="P1YL1")
    assert [flow.kind for flow in flows] == [EventType.IED, EventType.IPCI, EventType.MD]
    assert abs(flows[-1].payoff - 1050) < CLOSE
