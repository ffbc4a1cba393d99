"""The Python twin: the reference cases, the conventions by worked examples, and each refusal."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from analytics.cashflow import EventType, Kind, Observations, parse_observations, parse_terms, project
from analytics.cashflow.calendar import (
    Cycle,
    DayCount,
    Shift,
    format_moment,
    parse_cycle,
    parse_day_count,
    parse_moment,
)
from analytics.errors import InvalidInput
from tests.conformance.compare import first_difference

BULLET = {
    "contractType": "PAM",
    "contractRole": "RPA",
    "statusDate": "2024-12-31",
    "initialExchangeDate": "2025-01-01",
    "maturityDate": "2026-01-01",
    "notionalPrincipal": "1000",
    "nominalInterestRate": "0.05",
    "dayCountConvention": "A365",
}


def _flows(**terms: Any) -> list[tuple[str, str, Decimal]]:
    return [(format_moment(e.time)[:10], e.kind.name, e.payoff) for e in project(parse_terms({**BULLET, **terms}))]


@pytest.mark.parametrize("kind", [kind.name.lower() for kind in Kind])
def test_every_reference_case_passes(kind: str, vectors: Path) -> None:
    cases = json.loads((vectors / "actus" / f"{kind}.json").read_text(encoding="utf-8"))
    assert cases
    for name, case in cases.items():
        observed = parse_observations(case["dataObserved"], case["eventsObserved"])
        until = parse_moment(case["to"]) if case["to"] else None
        events = project(parse_terms(case["terms"]), observed=observed, until=until)
        assert first_difference(events, case["results"]) is None, name


def test_a_bullet_pays_interest_and_principal_at_its_end() -> None:
    assert _flows() == [
        ("2025-01-01", "IED", Decimal(-1000)),
        ("2026-01-01", "IP", Decimal(50)),
        ("2026-01-01", "MD", Decimal(1000)),
    ]


def test_a_linear_loan_shares_its_principal_and_interest_falls() -> None:
    flows = _flows(
        contractType="LAM",
        cycleOfPrincipalRedemption="P6ML0",
        cycleOfInterestPayment="P6ML0",
        dayCountConvention="30E/360",
    )
    assert [(kind, payoff) for _, kind, payoff in flows[1:]] == [
        ("PR", Decimal(500)), ("IP", Decimal(25)), ("IP", Decimal("12.5")), ("MD", Decimal(500)),
    ]  # fmt: skip


def test_a_two_payment_annuity_is_the_textbook_one() -> None:
    """1,000 at 10 % in two years: 576.190476..., of which 100 and 52.380952... is interest."""
    flows = _flows(
        contractType="ANN", maturityDate="2027-01-01", nominalInterestRate="0.1", dayCountConvention="30E360",
        cycleOfPrincipalRedemption="P1YL0", cycleOfInterestPayment="P1YL0",
    )  # fmt: skip
    paid = {(date, kind): payoff.quantize(Decimal("1e-9")) for date, kind, payoff in flows}
    assert paid["2026-01-01", "PR"] == Decimal("476.190476190")
    assert paid["2026-01-01", "IP"] == Decimal(100)
    assert paid["2027-01-01", "IP"] == Decimal("52.380952381")
    assert paid["2027-01-01", "MD"] == Decimal("523.809523810")


def test_a_negative_amortiser_adds_unpaid_interest_to_the_principal() -> None:
    flows = _flows(
        contractType="NAM",
        cycleOfPrincipalRedemption="P6ML0",
        nextPrincipalRedemptionPayment="10",
        dayCountConvention="30E360",
    )
    assert ("2025-07-01", "PR", Decimal(-15)) in flows
    assert flows[-1] == ("2026-01-01", "MD", Decimal(1015))


def test_a_revolving_line_is_drawn_and_repaid_by_observed_events() -> None:
    terms = {**BULLET, "contractType": "UMP", "nominalInterestRate": "0", "maturityDate": ""}
    events = [
        {"time": "2025-03-01", "type": "PI", "value": "250"},
        {"time": "2025-05-01", "type": "PR", "value": "600"},
    ]
    flows = project(parse_terms(terms), observed=parse_observations({}, events), until=parse_moment("2025-12-31"))
    assert [(e.kind.name, e.payoff, e.notional) for e in flows] == [
        ("IED", Decimal(-1000), Decimal(1000)),
        ("PI", Decimal(-250), Decimal(1250)),
        ("PR", Decimal(600), Decimal(650)),
    ]  # fmt: skip


def test_what_was_paid_before_a_purchase_is_left_out() -> None:
    flows = _flows(cycleOfInterestPayment="P6ML0", purchaseDate="2025-07-01", priceAtPurchaseDate="990")
    assert [(date, kind) for date, kind, _ in flows] == [
        ("2025-07-01", "PRD"), ("2026-01-01", "IP"), ("2026-01-01", "MD"),
    ]  # fmt: skip


def test_nothing_follows_a_termination() -> None:
    flows = _flows(terminationDate="2025-07-01", priceAtTerminationDate="1010", dayCountConvention="30E360")
    assert flows[-1] == ("2025-07-01", "TD", Decimal(1035))


def test_events_up_to_the_status_date_are_history() -> None:
    """A loan that has begun opens with its notional; accrual starts at the status date unless stated."""
    flows = _flows(statusDate="2025-07-02", dayCountConvention="30E360", accruedInterest="25")
    assert [kind for _, kind, _ in flows] == ["IP", "MD"]
    assert abs(flows[0][2] - (25 + Decimal(1000) * Decimal("0.05") * 179 / 360)) < Decimal("1e-20")


def test_projection_ends_at_its_horizon() -> None:
    flows = project(parse_terms({**BULLET, "cycleOfInterestPayment": "P6ML0"}), until=parse_moment("2025-07-01"))
    assert [event.kind for event in flows] == [EventType.IED, EventType.IP]


def test_a_loan_that_ended_before_its_status_date_has_no_future() -> None:
    assert _flows(statusDate="2027-01-01") == []


@pytest.mark.parametrize(
    ("shift", "dates"),
    [
        ("NOS", "2025-08-31"), ("SCF", "2025-09-01"), ("SCMF", "2025-08-29"), ("CSF", "2025-09-01"),
        ("CSMF", "2025-08-29"), ("SCP", "2025-08-29"), ("SCMP", "2025-08-29"), ("CSP", "2025-08-29"),
    ],
)  # fmt: skip
def test_a_payment_on_a_sunday_moves_by_the_rule_and_accrual_moves_with_shift_first(shift: str, dates: str) -> None:
    flows = _flows(
        cycleAnchorDateOfInterestPayment="2025-08-31",
        cycleOfInterestPayment="P6ML0",
        businessDayConvention=shift,
        calendar="MF",
    )
    date, kind, payoff = flows[1]
    days = {"2025-08-31": 242, "2025-09-01": 243, "2025-08-29": 240}[date if shift.startswith("S") else "2025-08-31"]
    assert (date, kind) == (dates, "IP")
    assert abs(payoff - Decimal(1000) * Decimal("0.05") * days / 365) < Decimal("1e-20")


@pytest.mark.parametrize(
    ("code", "day_count"),
    [
        ("AA", DayCount.ACTUAL_ACTUAL_ISDA), ("A/A ISDA", DayCount.ACTUAL_ACTUAL_ISDA), ("A/365", DayCount.ACTUAL_365),
        ("A360", DayCount.ACTUAL_360), ("30E/360", DayCount.THIRTY_E_360), ("30E360ISDA", DayCount.THIRTY_E_360_ISDA),
        ("28/336", DayCount.TWENTY_EIGHT_336), ("28E336", DayCount.TWENTY_EIGHT_336),
    ],
)  # fmt: skip
def test_day_count_codes(code: str, day_count: DayCount) -> None:
    assert parse_day_count(code) is day_count


@pytest.mark.parametrize(
    ("text", "cycle"),
    [
        ("P1ML0", Cycle(1, 0, True)), ("P2WL1", Cycle(0, 14, False)), ("P1YL1", Cycle(12, 0, False)),
        ("P0D", Cycle(0, 0, False)), ("1H-", Cycle(6, 0, False)), ("1Q+", Cycle(3, 0, True)),
        ("P31D", Cycle(0, 31, False)),
    ],
)  # fmt: skip
def test_cycles(text: str, cycle: Cycle) -> None:
    assert parse_cycle(text) == cycle


def test_codes_of_business_day_rules_are_complete() -> None:
    assert {shift.name for shift in Shift} == {"NONE", "SCF", "SCMF", "CSF", "CSMF", "SCP", "SCMP", "CSP", "CSMP"}


@pytest.mark.parametrize(
    ("term", "value", "message"),
    [
        ("contractType", "SWAPS", "contractType is 'SWAPS'"),
        ("contractRole", "BUY", "contractRole is 'BUY'"),
        ("notionalPrincipal", "0", "notionalPrincipal is 0"),
        ("notionalPrincipal", "-5", "notionalPrincipal is -5"),
        ("notionalPrincipal", "1e17", "at most"),
        ("notionalPrincipal", "NaN", "not a finite number"),
        ("notionalPrincipal", "１２", "not a finite number"),
        ("notionalPrincipal", "1_000", "not a finite number"),
        ("notionalPrincipal", "", "notionalPrincipal is missing"),
        ("nominalInterestRate", "11", "nominalInterestRate is 11"),
        ("maturityDate", "2025-01-01", "not after initialExchangeDate"),
        ("maturityDate", "", "maturityDate is missing"),
        ("maturityDate", "01/01/2026", "not ISO 8601"),
        ("maturityDate", "2026-01-01T00:00:00+08:00", "has a zone"),
        ("statusDate", "1969-12-31", "before 1970"),
        ("cycleOfInterestPayment", "P2YL1", "longer than the loan"),
        ("cycleOfInterestPayment", "P0ML1", "has no length"),
        ("cycleOfInterestPayment", "P1XL1", "malformed"),
        ("cycleOfInterestPayment", "P200YL1", "longer than a century"),
        ("dayCountConvention", "A/364", "day count 'A/364' is unknown"),
        ("businessDayConvention", "SCX", "businessDayConvention is 'SCX'"),
        ("calendar", "CN", "calendar is 'CN'"),
        ("penaltyType", "Z", "penaltyType is 'Z'"),
        ("cyclePointOfInterestPayment", "B", "cyclePointOfInterestPayment is 'B'"),
        ("cyclePointOfRateReset", "E", "cyclePointOfRateReset is 'E'"),
        ("contractPerformance", "XX", "contractPerformance is 'XX'"),
        ("somethingNew", "1", "not known to this contract type: somethingNew"),
        ("scalingIndexAtContractDealDate", "0", "divides by it"),
    ],
)
def test_bad_terms_are_refused_by_name(term: str, value: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse_terms({**BULLET, term: value})


def test_other_spellings_of_terms_read_alike() -> None:
    """Words for nothing, numbers as numbers, padding, the older name of the rate's source, and terms' usual values."""
    floating = {**BULLET, "cycleOfRateReset": "P3ML0", "marketObjectCodeOfRateReset": "LPR"}
    same = {
        **{name: value for name, value in floating.items() if name != "marketObjectCodeOfRateReset"},
        "notionalPrincipal": 1000, "nominalInterestRate": "  0.05", "marketObjectCodeRateReset": "LPR",
        "cyclePointOfRateReset": "B", "cyclePointOfInterestPayment": "E", "capitalizationEndDate": "NULL",
        "contractPerformance": "DF",
        "businessDayConvention": "null", "lifeCap": None, "purchaseDate": "", "dayCountConvention": "A/365",
        "maturityDate": "2026-01-01T00:00",
    }  # fmt: skip
    assert parse_terms(same) == parse_terms(floating)


@pytest.mark.parametrize(
    ("role", "sign"), [("RPA", 1), ("RPL", -1), ("LG", 1), ("ST", -1), ("UDL", 1), ("UDLP", 1), ("UDLM", -1)]
)
def test_roles_give_signs(role: str, sign: int) -> None:
    """ACTUS, contract role sign convention."""
    assert parse_terms({**BULLET, "contractRole": role}).role == sign


def test_observed_amounts_are_read_without_their_sign() -> None:
    events = [{"time": "2025-03-01", "type": "PP", "value": value} for value in ("-5", 5, None)]
    assert [event.value for event in parse_observations({}, events).events] == [5, 5, 0]


def test_caps_below_floors_are_refused() -> None:
    with pytest.raises(InvalidInput, match="lifeCap"):
        parse_terms({**BULLET, "lifeCap": "0.01", "lifeFloor": "0.02"})


def test_array_terms_of_different_lengths_are_refused() -> None:
    with pytest.raises(InvalidInput, match="differ in length"):
        parse_terms({
            **BULLET, "contractType": "LAX", "arrayCycleAnchorDateOfPrincipalRedemption": ["2025-02-01", "2025-03-01"],
            "arrayNextPrincipalRedemptionPayment": [1],
        })  # fmt: skip


def test_a_rate_not_observed_names_the_series_it_lacks() -> None:
    terms = parse_terms({**BULLET, "cycleOfRateReset": "P6ML0", "marketObjectCodeOfRateReset": "LPR_1Y"})
    with pytest.raises(InvalidInput, match="no value of 'LPR_1Y' observed by 2025-07-01T00:00:00; series known: none"):
        project(terms)


@pytest.mark.parametrize(("kind", "event"), [("PAM", "XD"), ("CLM", "PP"), ("UMP", "XD"), ("PAM", "CE")])
def test_unscheduled_events_of_another_type_are_refused(kind: str, event: str) -> None:
    observed = parse_observations({}, [{"time": "2025-07-01", "type": event, "value": "1"}])
    with pytest.raises(InvalidInput, match=f"{kind} has no unscheduled {event}"):
        project(parse_terms({**BULLET, "contractType": kind}), observed=observed, until=parse_moment("2026-01-01"))


@pytest.mark.parametrize("kind", ["UMP", "CLM"])
def test_a_loan_without_end_needs_a_horizon(kind: str) -> None:
    with pytest.raises(InvalidInput, match="to project until"):
        project(parse_terms({**BULLET, "contractType": kind, "maturityDate": ""}), observed=Observations())


def test_a_payment_below_the_interest_never_repays() -> None:
    terms = {
        **BULLET, "contractType": "NAM", "maturityDate": "", "cycleOfPrincipalRedemption": "P1ML0",
        "nextPrincipalRedemptionPayment": "3",
    }  # fmt: skip
    with pytest.raises(InvalidInput, match="never ends"):
        project(parse_terms(terms))


def test_observations_without_their_fields_are_refused() -> None:
    with pytest.raises(InvalidInput, match="has no list 'data'"):
        parse_observations({"R": {}}, [])
    with pytest.raises(InvalidInput, match="lacks 'value': it has timestamp"):
        parse_observations({"R": {"data": [{"timestamp": "2025-01-01"}]}}, [])
    with pytest.raises(InvalidInput, match="lacks 'time': it has type"):
        parse_observations({}, [{"type": "PP"}])
