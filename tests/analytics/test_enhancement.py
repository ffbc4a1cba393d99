"""The twin's guarantees and collateral: the reference cases, each rule by a worked example, and each refusal."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from analytics.cashflow import EnhancementKind, parse_enhancement, parse_observations, project_enhancement
from analytics.cashflow.calendar import format_moment, parse_moment
from analytics.errors import InvalidInput
from tests.conformance.compare import first_difference

LOAN = {
    "contractType": "PAM", "contractID": "loan", "contractRole": "RPL", "statusDate": "2024-12-31",
    "initialExchangeDate": "2025-01-01", "maturityDate": "2026-01-01", "notionalPrincipal": "1000",
    "nominalInterestRate": "0.0365", "dayCountConvention": "A365", "cycleOfInterestPayment": "P1ML0",
    "marketObjectCode": "PRICE",
}  # fmt: skip
LINEAR = {
    **LOAN, "contractType": "LAM", "contractID": "linear", "maturityDate": "2026-03-01",
    "cycleOfPrincipalRedemption": "P1ML0", "nextPrincipalRedemptionPayment": "100",
}  # fmt: skip


def _reference(contract: dict[str, Any], role: str = "COVE", kind: str = "CNT") -> dict[str, Any]:
    return {"object": contract, "referenceType": kind, "referenceRole": role}


BY_NAME = _reference({"contractIdentifier": "loan"}, kind="CID")
GOLD = _reference({"contractType": "COM", "contractID": "bar", "marketObjectCode": "GOLD", "quantity": "1"}, "COVI")
GUARANTEE = {
    "contractType": "CEG", "contractRole": "BUY", "statusDate": "2024-12-31", "contractDealDate": "2024-12-30",
    "contractStructure": [_reference(LOAN)], "creditEventTypeCovered": "DF",
}  # fmt: skip
COLLATERAL = {**GUARANTEE, "contractType": "CEC", "contractStructure": [_reference(LOAN), GOLD]}


def _befell(contract: str, day: str, performance: str = "DF") -> dict[str, Any]:
    return {"time": day, "type": "CE", "contractId": contract, "states": {"contractPerformance": performance}}


DEFAULT = _befell("loan", "2025-09-01")


def _flows(
    given: dict[str, Any],
    *events: dict[str, Any],
    values: dict[str, list[tuple[str, str]]] | None = None,
    until: str = "",
    **terms: Any,
) -> list[tuple[str, str, Fraction, Fraction]]:
    """Date, type, payoff and amount covered of each event."""
    data = {
        name: {"data": [{"timestamp": time, "value": value} for time, value in points]}
        for name, points in (values or {}).items()
    }
    parsed = parse_enhancement({name: value for name, value in {**given, **terms}.items() if value != ""})
    found = project_enhancement(
        parsed, observed=parse_observations(data, list(events)), until=parse_moment(until) if until else None
    )
    return [
        (format_moment(one.time)[:10], one.kind.name, Fraction(one.payoff), Fraction(one.notional)) for one in found
    ]


def _close(found: list[Any], expected: list[Any]) -> None:
    assert [row[:2] for row in found] == [row[:2] for row in expected]
    for mine, other in zip(found, expected, strict=True):
        for here, exact in zip(mine[2:], other[2:], strict=True):
            assert abs(here - exact) < Fraction(1, 10**12), (mine, other)


@pytest.mark.parametrize("kind", [kind.name.lower() for kind in EnhancementKind])
def test_every_reference_case_passes(kind: str, vectors: Path) -> None:
    cases = json.loads((vectors / "actus" / f"{kind}.json").read_text(encoding="utf-8"))
    assert cases
    for name, case in cases.items():
        observed = parse_observations(case["dataObserved"], case["eventsObserved"])
        until = parse_moment(case["to"]) if case["to"] else None
        events = project_enhancement(parse_enhancement(case["terms"]), observed=observed, until=until)
        assert first_difference(events, case["results"]) is None, name


def test_without_a_credit_event_a_guarantee_ends_unpaid_with_the_last_of_its_loans() -> None:
    both = [_reference(LINEAR), _reference(LOAN)]
    assert _flows(GUARANTEE, contractStructure=both) == [("2026-03-01", "MD", 0, 0)]
    terminated = {**LINEAR, "terminationDate": "2025-06-01", "priceAtTerminationDate": "1"}
    assert _flows(GUARANTEE, contractStructure=[_reference(terminated)]) == [("2025-06-01", "MD", 0, 0)]
    assert _flows(GUARANTEE, maturityDate="2025-10-01") == [("2025-10-01", "MD", 0, 0)]


def test_one_default_exercises_the_guarantee_for_all_covered_loans() -> None:
    """The linear loan owes 200 of 1,000 after eight payments; its payment of the day itself is made."""
    assert _flows(GUARANTEE, DEFAULT, contractStructure=[_reference(LOAN), _reference(LINEAR)]) == [
        ("2025-09-01", "XD", 0, 1200),
        ("2025-09-01", "STD", 1200, 0),
    ]


def test_interest_accrued_to_the_day_is_covered_where_it_is_agreed() -> None:
    """A thousand at 3.65 % accrues 0.1 a day: from the first to the 20th, 1.9."""
    default, covered = _befell("loan", "2025-09-20"), Fraction("1001.9") * Fraction("0.8")
    _close(
        _flows(GUARANTEE, default, guaranteedExposure="NI", coverageOfCreditEnhancement="0.8"),
        [("2025-09-20", "XD", 0, covered), ("2025-09-20", "STD", covered, 0)],
    )


def test_a_market_value_is_covered_at_the_last_price_observed() -> None:
    prices = {"PRICE": [("2025-01-01", "980"), ("2025-08-31", "400"), ("2025-09-02", "300")]}
    assert _flows(GUARANTEE, DEFAULT, values=prices, guaranteedExposure="MV") == [
        ("2025-09-01", "XD", 0, 400),
        ("2025-09-01", "STD", 400, 0),
    ]


def test_an_agreed_notional_is_covered_whatever_the_loan_owes() -> None:
    terms = {"notionalPrincipal": "5000", "maturityDate": "2026-01-01", "contractStructure": [BY_NAME]}
    assert _flows(GUARANTEE, DEFAULT, **terms)[-1] == ("2025-09-01", "STD", 5000, 0)


def test_a_seller_mirrors_a_buyer() -> None:
    terms = {
        "purchaseDate": "2025-02-01", "priceAtPurchaseDate": "10", "feeRate": "0.01", "feeBasis": "N",
        "cycleOfFee": "P1ML0", "feeAccrued": "3",
    }  # fmt: skip
    bought, sold = (_flows(GUARANTEE, DEFAULT, **terms, contractRole=role) for role in ("BUY", "SEL"))
    assert [(day, kind, -payoff, -notional) for day, kind, payoff, notional in bought] == sold
    assert bought[0] == ("2025-02-01", "PRD", -10, 1000)


def test_a_fee_on_the_amount_covered_accrues_from_the_purchase_to_the_exercise() -> None:
    """2 % a year of the 500 covered; what has accrued by the exercise is settled with it."""
    found = _flows(
        GUARANTEE, DEFAULT, purchaseDate="2025-01-15", priceAtPurchaseDate="10", feeRate="0.02", feeBasis="N",
        cycleOfFee="P6ML0", cycleAnchorDateOfFee="2025-07-01", coverageOfCreditEnhancement="0.5",
        dayCountConvention="A360", settlementPeriod="P5D",
    )  # fmt: skip
    first, rest = Fraction(10 * 167, 360), Fraction(10 * 62, 360)
    _close(
        found,
        [
            ("2025-01-15", "PRD", -10, 500),
            ("2025-07-01", "FP", first, 500),
            ("2025-09-01", "XD", 0, 500),
            ("2025-09-06", "STD", 500 + rest, 0),
        ],
    )


def test_a_fee_that_is_open_at_the_status_date_is_stated_or_follows_from_the_last_payment() -> None:
    """1,000 at 3.65 % a year, 0.1 a day: by 1 August 31 days since the fee of 1 July, of 92 until that of October."""
    terms = {
        "feeRate": "0.0365", "cycleOfFee": "P3ML0", "cycleAnchorDateOfFee": "2025-07-01", "statusDate": "2025-08-01",
        "until": "2025-10-01",
    }  # fmt: skip
    _close(_flows(GUARANTEE, **terms), [("2025-10-01", "FP", Fraction("9.2"), 1000)])
    _close(_flows(GUARANTEE, **terms, feeAccrued="2"), [("2025-10-01", "FP", Fraction("8.1"), 1000)])
    _close(
        _flows(GUARANTEE, **terms, feeAccrued="2", contractRole="SEL"), [("2025-10-01", "FP", Fraction("-8.1"), -1000)]
    )


def test_payments_are_settled_in_another_currency_at_the_rate_observed() -> None:
    rates = {"USD/CNY": [("2025-01-01", "7"), ("2025-09-04", "7.2")]}
    terms = {"currency": "USD", "settlementCurrency": "CNY", "purchaseDate": "2025-02-01", "priceAtPurchaseDate": "10"}
    assert _flows(GUARANTEE, DEFAULT, values=rates, settlementPeriod="P3D", **terms) == [
        ("2025-02-01", "PRD", -70, 1000),
        ("2025-09-01", "XD", 0, 1000),
        ("2025-09-04", "STD", 7200, 0),
    ]


def test_a_fee_follows_the_amount_that_was_covered_since_the_last_event() -> None:
    """The linear loan owes 1,000, from April 700 and from July 400; the last fee is due at the end."""
    terms = {"feeRate": "0.0365", "cycleOfFee": "P3ML0", "contractStructure": [_reference(LINEAR)]}
    found = _flows(GUARANTEE, **terms, cycleAnchorDateOfFee="2025-04-01", until="2025-08-01", statusDate="2025-01-01")
    _close(found, [("2025-04-01", "FP", 9, 700), ("2025-07-01", "FP", Fraction("0.07") * 91, 400)])
    assert _flows(GUARANTEE, **terms)[-2][:2] == ("2026-03-01", "FP")


def test_a_flat_fee_is_due_whole_and_at_the_exercise_by_the_share_of_its_period() -> None:
    """12 per half-year; 62 of the 184 days from July to January have passed."""
    terms = {"feeRate": "12", "feeBasis": "A", "cycleOfFee": "P6ML0", "cycleAnchorDateOfFee": "2025-07-01"}
    assert _flows(GUARANTEE, **terms) == [
        ("2025-07-01", "FP", 12, 1000),
        ("2026-01-01", "FP", 12, 0),
        ("2026-01-01", "MD", 0, 0),
    ]
    found = _flows(GUARANTEE, DEFAULT, **terms)
    _close(found[1:], [("2025-09-01", "XD", 0, 1000), ("2025-09-01", "STD", 1000 + Fraction(12 * 62, 184), 0)])
    on_the_day = _flows(GUARANTEE, _befell("loan", "2025-07-01"), **terms)
    assert on_the_day == [("2025-07-01", "FP", 12, 1000), ("2025-07-01", "XD", 0, 1000), ("2025-07-01", "STD", 1000, 0)]


@pytest.mark.parametrize(
    "event",
    [
        _befell("loan", "2025-09-01", "DQ"),
        _befell("loan", "2025-09-01", "PF"),
        _befell("another", "2025-09-01"),
        _befell("loan", "2025-01-31"),
        _befell("loan", "2025-12-01"),
        _befell("loan", "2024-12-31"),
    ],
    ids=["other event", "performing", "other contract", "before the purchase", "at maturity", "history"],
)
def test_what_is_not_covered_exercises_nothing(event: dict[str, Any]) -> None:
    terms = {"purchaseDate": "2025-02-01", "maturityDate": "2025-12-01"}
    assert [row[1] for row in _flows(GUARANTEE, event, **terms)] == ["PRD", "MD"]


def test_the_first_of_several_credit_events_counts_and_several_types_can_be_covered() -> None:
    events = [_befell("loan", "2025-11-01"), _befell("loan", "2025-05-01", "DQ"), _befell("loan", "2025-04-01", "DL")]
    for covered in ("DQ, DF", ["DQ", "DF"], "[DF DQ]"):
        assert _flows(GUARANTEE, *events, creditEventTypeCovered=covered)[0][:2] == ("2025-05-01", "XD")
    assert _flows(GUARANTEE, *events, creditEventTypeCovered="")[0][:2] == ("2025-11-01", "XD")


@pytest.mark.parametrize(
    ("rule", "period", "settled"),
    [
        ("NOS", "P0D", "2025-08-30"),
        ("CSF", "P0D", "2025-09-01"),
        ("CSMF", "P1D", "2025-08-30"),
        ("CSP", "P1W", "2025-09-05"),
        ("CSF", "P1M", "2025-09-30"),
    ],
)
def test_a_settlement_falls_on_a_business_day_and_never_before_the_exercise(
    rule: str, period: str, settled: str
) -> None:
    """Exercised on Saturday 30 August; the last business day of August is the day before."""
    found = _flows(
        GUARANTEE, _befell("loan", "2025-08-30"), businessDayConvention=rule, calendar="MF", settlementPeriod=period
    )
    assert [row[:2] for row in found] == [("2025-08-30", "XD"), (settled, "STD")]


def test_a_collateral_pays_no_more_than_its_objects_are_worth() -> None:
    house = _reference({"marketObjectCode": "HOUSE"}, "COVI", "MOC")
    values = {"GOLD": [("2025-08-01", "250")], "HOUSE": [("2025-01-01", "700"), ("2025-09-02", "1")]}
    terms = {"contractStructure": [_reference(LOAN), GOLD, house]}
    assert _flows(COLLATERAL, DEFAULT, values=values, **terms)[-1] == ("2025-09-01", "STD", 950, 0)
    assert _flows(COLLATERAL, DEFAULT, values=values)[-1] == ("2025-09-01", "STD", 250, 0)
    assert _flows(COLLATERAL, DEFAULT, values=values, contractRole="SEL") == [
        ("2025-09-01", "XD", 0, -1000),
        ("2025-09-01", "STD", -250, 0),
    ]
    assert _flows(COLLATERAL, DEFAULT, values=values, coverageOfCreditEnhancement="0.2")[-1][2] == 200


def test_what_befell_a_covered_loan_changes_what_is_covered() -> None:
    prepaid = {"time": "2025-08-15", "type": "PP", "value": "400", "contractId": "loan"}
    assert _flows(GUARANTEE, DEFAULT, prepaid)[-1] == ("2025-09-01", "STD", 600, 0)


def test_an_exercise_before_the_status_date_awaits_its_settlement() -> None:
    terms = {
        "exerciseDate": "2025-09-01", "exerciseAmount": "640", "settlementPeriod": "P1M", "statusDate": "2025-09-10",
    }  # fmt: skip
    assert _flows(GUARANTEE, **terms, contractRole="SEL") == [("2025-10-01", "STD", -640, 0)]
    assert _flows(GUARANTEE, **{**terms, "statusDate": "2025-10-01"}) == []
    assert _flows(GUARANTEE, **{**terms, "statusDate": "2025-08-31"})[-1] == ("2025-10-01", "STD", 1000, 0)


def test_nothing_follows_a_termination_and_an_earlier_exercise_forestalls_it() -> None:
    terms = {"terminationDate": "2025-09-01", "priceAtTerminationDate": "3"}
    assert _flows(GUARANTEE, DEFAULT, **terms) == [("2025-09-01", "TD", 3, 0)]
    assert [row[1] for row in _flows(GUARANTEE, _befell("loan", "2025-08-31"), **terms)] == ["XD", "STD"]


def test_projection_ends_at_its_horizon_and_history_is_left_out() -> None:
    assert _flows(GUARANTEE, DEFAULT, settlementPeriod="P5D", until="2025-09-05") == [("2025-09-01", "XD", 0, 1000)]
    assert _flows(GUARANTEE, maturityDate="2025-06-01", statusDate="2025-06-01") == []


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"guaranteedExposure": "NX"}, "term guaranteedExposure is 'NX'; use one of MV, NI, NO"),
        ({"coverageOfCreditEnhancement": "0"}, "coverageOfCreditEnhancement is 0"),
        ({"coverageOfCreditEnhancement": "1.01"}, "coverageOfCreditEnhancement is 1.01"),
        ({"coverageOfCreditEnhancement": "-0.5"}, "coverageOfCreditEnhancement is -0.5"),
        ({"settlementPeriod": "-P5D"}, "term settlementPeriod is '-P5D'"),
        ({"settlementPeriod": "P-5D"}, "term settlementPeriod is 'P-5D'"),
        ({"settlementPeriod": "five days"}, "cycle 'FIVE DAYS' is malformed"),
        ({"creditEventTypeCovered": "XX"}, "term creditEventTypeCovered is XX; use DL, DQ or DF"),
        ({"creditEventTypeCovered": "DF, PF"}, "creditEventTypeCovered must name credit events only"),
        ({"contractRole": "RPA"}, "term contractRole is 'RPA'; use one of BUY, SEL"),
        ({"notionalPrincipal": "0"}, "notionalPrincipal is 0"),
        ({"feeRate": "10.1"}, "feeRate is 10.1"),
        ({"feeRate": "1", "cycleOfFee": "P0D"}, "cycleOfFee has no length"),
        ({"exerciseAmount": "-1"}, "exerciseAmount is -1"),
        ({"maturityDate": "2024-12-30"}, "maturityDate 2024-12-30T00:00:00 is not after 2024-12-30T00:00:00"),
        ({"nominalInterestRate": "0.1"}, "terms not known to this contract type: nominalInterestRate"),
        ({"contractStructure": ""}, "contractStructure names no covered contract"),
        ({"contractStructure": [GOLD]}, "contractStructure names no covered contract"),
        ({"contractStructure": "loan"}, "term contractStructure is no list of named terms"),
        ({"contractStructure": [BY_NAME]}, "what covered contract 'loan' owes is unknown"),
        ({"contractStructure": [_reference({})]}, "reference 1: the covered contract has no contractID"),
        ({"contractStructure": [_reference(LOAN, "UDL")]}, "reference 1: referenceRole is 'UDL'"),
        ({"contractStructure": [_reference(LOAN, kind="EID")]}, "reference 1: referenceType is 'EID'"),
        ({"contractStructure": [_reference({**LOAN, "notionalPrincipal": "0"})]}, "notionalPrincipal is 0"),
        ({"contractStructure": [_reference({**LOAN, "currency": "USD"})], "currency": "CNY"}, "currency is USD"),
        ({"contractStructure": [BY_NAME], "guaranteedExposure": "MV"}, "'loan' has no marketObjectCode"),
    ],
)
def test_bad_terms_are_refused_by_name(terms: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(message)):
        _flows(GUARANTEE, **terms)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"contractStructure": [_reference(LOAN)]}, "contractStructure names no covering object"),
        ({"contractStructure": [_reference(LOAN), _reference({}, "COVI")]}, "reference 2: the covering object has no"),
        ({"notionalPrincipal": "100"}, "terms not known to this contract type: notionalPrincipal"),
        ({"feeRate": "0.1", "purchaseDate": "2025-02-01"}, "terms not known to this contract type: feeRate, purchaseD"),
    ],
)
def test_bad_terms_of_a_collateral_are_refused_by_name(terms: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(message)):
        _flows(COLLATERAL, **terms)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (_befell("", "2025-09-01"), "CE observed at 2025-09-01T00:00:00 names no contract"),
        (_befell("loan", "2025-09-01", "XX"), "contractPerformance is 'XX'; use one of PF, DL, DQ, DF, MA, TE"),
        (_befell("loan", "2025-09-01", ""), "contractPerformance is ''"),
        ({**DEFAULT, "states": "DF"}, "the states of an observed event are 'DF'"),
        ({**DEFAULT, "type": "XD", "contractId": "guarantee"}, "XD observed at 2025-09-01T00:00:00 befell 'guarantee'"),
        ({**DEFAULT, "type": "XD"}, "PAM has no unscheduled XD"),
    ],
)
def test_observed_events_that_make_no_sense_are_refused(event: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(message)):
        _flows(GUARANTEE, event)


def test_a_value_not_observed_in_time_is_refused() -> None:
    late = {"GOLD": [("2025-09-02", "10")]}
    with pytest.raises(InvalidInput, match="no value of 'GOLD' observed by 2025-09-01T00:00:00"):
        _flows(COLLATERAL, DEFAULT, values=late)
    assert _flows(COLLATERAL, values=late) == [("2026-01-01", "MD", 0, 0)]


def test_an_end_that_nothing_tells_is_refused() -> None:
    line = {**LOAN, "contractType": "UMP"}
    del line["maturityDate"]
    with pytest.raises(InvalidInput, match="maturityDate is missing, and no covered contract has an end"):
        _flows(GUARANTEE, contractStructure=[_reference(line)], until="2027-01-01")
    with pytest.raises(InvalidInput, match="covered contracts end 2026-01-01T00:00:00, before protection begins"):
        _flows(GUARANTEE, purchaseDate="2026-01-01")
