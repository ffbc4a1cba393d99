"""The engine on chain at the edges: extreme loans against exact rationals, and each refusal of bad terms."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from brownie import project

from analytics.cashflow import EventType, Observations, ObservedEvent, Terms, parse_observations, parse_terms
from analytics.cashflow.calendar import Cycle, parse_moment
from analytics.cashflow.terms import Kind, Penalty, Segment, Series
from tests.conformance.encode import WAD, decode_flows, encode_observations, encode_terms, wad
from tests.contracts.expect import reverts

START, END = parse_moment("2025-01-01"), parse_moment("2026-01-01")
TINY = Fraction(1, 10**9)


def _call(engine: Any, terms: Terms, observed: Observations | None = None, until: int = 0) -> Any:
    observed = observed or Observations()
    encoded = (encode_terms(terms), encode_observations(terms, observed), until)
    return decode_flows(engine.project.call(*encoded, {"gas": 50_000_000}))


def _terms(kind: str = "PAM", **terms: str) -> Terms:
    given = {
        "contractType": kind,
        "contractRole": "RPA",
        "statusDate": "2024-12-31",
        "initialExchangeDate": "2025-01-01",
        "maturityDate": "2026-01-01",
        "notionalPrincipal": "1000",
        "nominalInterestRate": "0.05",
        "dayCountConvention": "A365",
    }
    return parse_terms({name: value for name, value in {**given, **terms}.items() if value})


def _paid(flows: Any, kind: EventType) -> list[Fraction]:
    return [Fraction(flow.payoff) for flow in flows if flow.kind is kind]


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


@pytest.mark.parametrize("notional", ["0.01", "720575940379279.35", "10000000000000000"])
@pytest.mark.parametrize("rate", ["0", "0.0435", "-0.005"])
@pytest.mark.parametrize(("start", "end"), [("2024-02-28", "2024-02-29"), ("2024-02-29", "2064-02-29")])
def test_a_bullet_of_a_day_or_of_forty_years_pays_exact_interest(
    notional: str, rate: str, start: str, end: str, engine: Any
) -> None:
    """One fen, the loan book's largest amount, the engine's largest; zero and negative rates."""
    terms = _terms(
        statusDate="2024-01-01", initialExchangeDate=start, maturityDate=end,
        notionalPrincipal=notional, nominalInterestRate=rate,
    )  # fmt: skip
    flows = _call(engine, terms)
    exact = Fraction(notional) * Fraction(rate) * _days(start, end) / 365
    assert [flow.kind for flow in flows] == [EventType.IED, EventType.IP, EventType.MD]
    (interest,) = _paid(flows, EventType.IP)
    assert abs(interest - exact) <= Fraction(1, WAD)
    assert _paid(flows, EventType.MD) == [Fraction(notional)]


def test_a_forty_year_annuity_repays_itself(engine: Any) -> None:
    """480 payments with daily-counted interest: every payment is the same and nothing is left."""
    terms = _terms(
        "ANN", maturityDate="2065-01-01", notionalPrincipal="1000000", dayCountConvention="AA",
        cycleOfPrincipalRedemption="P1ML0", cycleAnchorDateOfPrincipalRedemption="2025-02-01",
        cycleOfInterestPayment="P1ML0", cycleAnchorDateOfInterestPayment="2025-02-01",
    )  # fmt: skip
    flows = _call(engine, terms)
    redeemed = _paid(flows, EventType.PR) + _paid(flows, EventType.MD)
    interest = _paid(flows, EventType.IP)
    assert len(redeemed) == len(interest) == 480
    assert abs(sum(redeemed) - 1_000_000) < TINY
    payments = [principal + part for principal, part in zip(redeemed, interest, strict=True)]
    assert max(payments) - min(payments) < TINY


def test_a_zero_rate_annuity_is_linear(engine: Any) -> None:
    terms = _terms("ANN", nominalInterestRate="0", cycleOfPrincipalRedemption="P1ML0", notionalPrincipal="1200")
    flows = _call(engine, terms)
    assert _paid(flows, EventType.PR) + _paid(flows, EventType.MD) == [Fraction(100)] * 12


def test_a_negative_spread_makes_the_lender_pay(engine: Any) -> None:
    terms = _terms(
        cycleOfInterestPayment="P6ML0", cycleOfRateReset="P6ML0", rateSpread="-0.03", marketObjectCodeOfRateReset="R"
    )
    observed = parse_observations({"R": {"data": [{"timestamp": "2025-07-01", "value": "0.01"}]}}, [])
    flows = _call(engine, terms, observed)
    first, second = _paid(flows, EventType.IP)
    assert abs(first - Fraction(1000) * Fraction("0.05") * 181 / 365) < TINY
    assert abs(second - Fraction(1000) * Fraction("-0.02") * 184 / 365) < TINY


def test_a_cap_floors_and_period_limits_hold_the_rate(engine: Any) -> None:
    points = [("2025-04-01", "0.50"), ("2025-07-01", "-0.50"), ("2025-10-01", "0.07")]
    observed = parse_observations({"R": {"data": [{"timestamp": t, "value": v} for t, v in points]}}, [])
    terms = _terms(
        cycleOfRateReset="P3ML0", marketObjectCodeOfRateReset="R",
        lifeCap="0.06", lifeFloor="0.03", periodCap="0.02", periodFloor="-0.02",
    )  # fmt: skip
    rates = [flow.rate for flow in _call(engine, terms, observed) if flow.kind is EventType.RR]
    assert rates == [Decimal("0.06"), Decimal("0.04"), Decimal("0.06")]


def test_a_prepayment_is_capped_and_its_penalty_comes_first(engine: Any) -> None:
    terms = replace(_terms(), penalty=Penalty.A, penalty_rate=Decimal(7))
    observed = Observations(events=(ObservedEvent(parse_moment("2025-07-01"), "PP", Decimal(5000)),))
    flows = _call(engine, terms, observed)
    assert [flow.kind.name for flow in flows] == ["IED", "PY", "PP", "IP", "MD"]
    assert _paid(flows, EventType.PY) == [Fraction(7)]
    assert _paid(flows, EventType.PP) == [Fraction(1000)]
    assert _paid(flows, EventType.MD) == [Fraction(0)]


def test_fees_on_the_notional_accrue_and_flat_fees_do_not(engine: Any) -> None:
    accrued = _terms(cycleOfFee="P6ML0", feeRate="0.01", feeBasis="N")
    owed = _terms(cycleOfFee="P6ML0", feeRate="0.01", feeBasis="N", feeAccrued="2", contractRole="RPL")
    flat = _terms(cycleOfFee="P6ML0", feeRate="15", feeBasis="A", contractRole="RPL")
    first, second = _paid(_call(engine, accrued), EventType.FP)
    assert abs(first - Fraction(10) * 181 / 365) < TINY
    assert abs(second - Fraction(10) * 184 / 365) < TINY
    assert _paid(_call(engine, owed), EventType.FP) == [-2 - first, -second]
    assert _paid(_call(engine, flat), EventType.FP) == [Fraction(-15)] * 2


def test_a_liability_mirrors_an_asset(engine: Any) -> None:
    asset, liability = (
        _call(engine, _terms(contractRole=role, cycleOfInterestPayment="P1ML0")) for role in ("RPA", "RPL")
    )
    assert [flow.payoff for flow in liability] == [-flow.payoff for flow in asset]


@pytest.mark.parametrize("notional", [Decimal(0), Decimal(-1), Decimal(10) ** 16 + 1])
def test_a_notional_that_is_nothing_or_absurd_is_refused(notional: Decimal, engine: Any) -> None:
    with reverts("Actus_BadNotional", wad(notional)):
        _call(engine, replace(_terms(), notional=notional))


@pytest.mark.parametrize("term", ["rate", "spread", "next_rate"])
@pytest.mark.parametrize("rate", [Decimal("10.000001"), Decimal("-10.000001")])
def test_an_absurd_rate_is_refused(term: str, rate: Decimal, engine: Any) -> None:
    with reverts("Actus_BadRate", wad(rate)):
        _call(engine, replace(_terms(), **{term: rate}))


def test_an_unknown_day_count_is_refused(engine: Any) -> None:
    words = list(encode_terms(_terms()))
    words[2] = 6
    with reverts("Actus_UnknownDayCount", 6):
        engine.project.call(words, encode_observations(_terms(), Observations()), 0)


@pytest.mark.parametrize("term", ["maturity", "amortization"])
def test_a_maturity_not_after_the_start_is_refused(term: str, engine: Any) -> None:
    with reverts("Actus_MaturityBeforeStart", START, START):
        _call(engine, replace(_terms(), **{term: START}))


def test_a_bullet_without_maturity_is_refused(engine: Any) -> None:
    with reverts("Actus_NoMaturity", Kind.PAM.value):
        _call(engine, replace(_terms(), maturity=None))


def test_a_linear_loan_with_neither_maturity_nor_payment_is_refused(engine: Any) -> None:
    with reverts("Actus_NoMaturity", Kind.LAM.value):
        _call(engine, replace(_terms("LAM", cycleOfPrincipalRedemption="P1ML0"), maturity=None))


@pytest.mark.parametrize("kind", [Kind.LAM, Kind.NAM, Kind.ANN, Kind.LAX])
def test_an_amortising_loan_without_principal_payments_is_refused(kind: Kind, engine: Any) -> None:
    with reverts("Actus_NoPrincipalCycle", kind.value):
        _call(engine, replace(_terms(), kind=kind))


@pytest.mark.parametrize("term", ["interest", "principal"])
def test_a_cycle_longer_than_the_loan_is_refused(term: str, engine: Any) -> None:
    with reverts("Actus_CycleLongerThanLoan", parse_moment("2026-02-01"), END):
        _call(engine, replace(_terms(), **{term: Series(None, Cycle(13, 0, False))}))


@pytest.mark.parametrize("limit", ["life", "period"])
def test_a_cap_below_its_floor_is_refused(limit: str, engine: Any) -> None:
    cap, floor = Decimal("0.01"), Decimal("0.02")
    with reverts("Actus_CapBelowFloor", wad(cap), wad(floor)):
        _call(engine, replace(_terms(), **{f"{limit}_cap": cap, f"{limit}_floor": floor}))


def test_scaling_by_a_zero_index_is_refused(engine: Any) -> None:
    with reverts("Actus_NoScalingIndex"):
        _call(engine, replace(_terms(), scaling_start=Decimal(0)))


def _segment(moment: int, amount: int, *, increases: bool = False) -> Segment:
    return Segment(Series(moment, Cycle(1, 0, False)), Decimal(amount), increases)


def test_array_anchors_that_do_not_ascend_are_refused(engine: Any) -> None:
    terms = replace(_terms(), kind=Kind.LAX, principal_array=(_segment(END, 10), _segment(START, 10)))
    with reverts("Actus_ArrayNotAscending", END, START):
        _call(engine, terms)


def test_payments_that_never_repay_are_refused(engine: Any) -> None:
    interest_only = replace(_terms("LAM", cycleOfPrincipalRedemption="P1ML0"), kind=Kind.NAM, maturity=None)
    with reverts("Actus_NeverRepaid", Kind.NAM.value):
        _call(engine, replace(interest_only, next_principal=Decimal(3)))
    growing = replace(_terms(), kind=Kind.LAX, maturity=None, principal_array=(_segment(START, 10, increases=True),))
    with reverts("Actus_NeverRepaid", Kind.LAX.value):
        _call(engine, growing)


@pytest.mark.parametrize("kind", [Kind.UMP, Kind.CLM])
def test_a_loan_without_end_needs_a_horizon(kind: Kind, engine: Any) -> None:
    with reverts("Actus_NoHorizon", kind.value):
        _call(engine, replace(_terms(), kind=kind, maturity=None))


def test_a_rate_that_was_not_observed_in_time_is_refused(engine: Any) -> None:
    late = parse_observations({"R": {"data": [{"timestamp": "2025-07-02", "value": "0.01"}]}}, [])
    terms = _terms(cycleOfRateReset="P6ML0", marketObjectCodeOfRateReset="R")
    with reverts("Actus_NotObserved", EventType.RR.value, parse_moment("2025-07-01")):
        _call(engine, terms, late)


@pytest.mark.parametrize(("kind", "event"), [(Kind.PAM, "XD"), (Kind.PAM, "PR"), (Kind.CLM, "PP"), (Kind.UMP, "XD")])
def test_an_unscheduled_event_of_another_contract_type_is_refused(kind: Kind, event: str, engine: Any) -> None:
    observed = Observations(events=(ObservedEvent(parse_moment("2025-07-01"), event, Decimal(1)),))
    with reverts("Actus_UnexpectedEvent", kind.value, EventType[event].value):
        _call(engine, replace(_terms(), kind=kind), observed, END)


def test_a_rate_that_loses_everything_has_no_annuity(engine: Any) -> None:
    terms = _terms("ANN", nominalInterestRate="-10", cycleOfPrincipalRedemption="P2ML0")
    with reverts("Actus_NoAnnuity", wad(Decimal(-10))):
        _call(engine, terms)


def test_a_daily_contract_of_a_century_is_refused(engine: Any) -> None:
    century = parse_moment("2125-01-01")
    terms = replace(_terms(), maturity=century, interest=Series(START, Cycle(0, 1, False)))
    with reverts("Schedule_TooLong", START, century):
        _call(engine, terms)


def test_more_events_than_a_call_can_hold_are_refused(engine: Any) -> None:
    daily = Series(START, Cycle(0, 1, False))
    terms = replace(_terms(), maturity=parse_moment("2037-01-01"), interest=daily, fee=daily, fee_rate=Decimal(1))
    with reverts("Actus_TooManyEvents", 8_192):
        _call(engine, terms)


def test_every_contract_of_the_project_fits_on_a_chain() -> None:
    """EIP-170 caps deployed code at 24,576 bytes; the harnesses of the tests fit too."""
    (loaded,) = project.get_loaded_projects()
    artefacts = [loaded._build.get(name) for name, _ in loaded._build.items()]
    own = {
        one["contractName"]: len(one["deployedBytecode"].removeprefix("0x")) // 2
        for one in artefacts
        if one["type"] in ("contract", "library") and one["sourcePath"].startswith("contracts/")
    }
    assert {"LoanBook", "BackOffice", "Workout", "ProductOffice", "CollateralRegistry", "ActusEngine"} <= set(own)
    assert {name: size for name, size in own.items() if size > 24_576} == {}
    assert own["LoanBook"] > 0
