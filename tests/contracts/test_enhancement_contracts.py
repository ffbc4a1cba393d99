"""Guarantees and collateral on chain: exact payments at the edges, and each refusal of bad terms."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from analytics.cashflow import (
    Enhancement,
    EnhancementKind,
    EventType,
    Kind,
    Observations,
    parse_enhancement,
    parse_observations,
    parse_terms,
)
from analytics.cashflow.calendar import Cycle, parse_moment
from analytics.cashflow.enhancement_terms import Exposure
from analytics.cashflow.terms import Series
from tests.conformance.encode import encode_enhancement, encode_observations, encode_terms, wad
from tests.conformance.run import Engine
from tests.contracts.expect import reverts

DAWN, START, END = parse_moment("2024-12-31"), parse_moment("2025-01-01"), parse_moment("2026-01-01")
LOAN = {
    "contractType": "PAM", "contractID": "loan", "contractRole": "RPA", "statusDate": "2024-12-31",
    "initialExchangeDate": "2025-01-01", "maturityDate": "2026-01-01", "notionalPrincipal": "1000",
    "nominalInterestRate": "0.0365", "dayCountConvention": "A365", "marketObjectCode": "PRICE",
}  # fmt: skip
COVERED = {"object": LOAN, "referenceType": "CNT", "referenceRole": "COVE"}
GOLD = {"object": {"marketObjectCode": "GOLD"}, "referenceType": "MOC", "referenceRole": "COVI"}
DEFAULT = {
    "time": "2025-09-18", "type": "CE", "contractId": "loan", "states": {"contractPerformance": "DF"},
}  # fmt: skip
EXPOSURE, CREDIT_EVENTS = 1, 2  # places in the struct Enhancement


def _guarantee(kind: str = "CEG", **terms: Any) -> Enhancement:
    structure = [COVERED, GOLD] if kind == "CEC" else [COVERED]
    given = {
        "contractType": kind, "contractRole": "BUY", "statusDate": "2024-12-31", "guaranteedExposure": "NI",
        "contractStructure": structure,
    }  # fmt: skip
    return parse_enhancement({**given, **terms})


def _call(engine: Any, terms: Enhancement, observed: Observations | None = None) -> Any:
    return Engine(engine).project_enhancement(terms, observed or Observations(), None)


def _observed(*events: dict[str, Any], **values: str) -> Observations:
    data = {name: {"data": [{"timestamp": "2025-09-01", "value": value}]} for name, value in values.items()}
    return parse_observations(data, list(events))


@pytest.mark.parametrize("notional", ["0.01", "10000000000000000"])
@pytest.mark.parametrize("coverage", ["1", "0.000001"])
def test_a_guarantee_pays_principal_and_interest_to_the_day(notional: str, coverage: str, engine: Any) -> None:
    """One fen, the engine's largest amount; all of it, a millionth: exact to the eighteenth decimal."""
    loan = {**COVERED, "object": {**LOAN, "notionalPrincipal": notional}}
    terms = _guarantee(contractStructure=[loan], coverageOfCreditEnhancement=coverage, settlementPeriod="P1M")
    exercise, settlement = _call(engine, terms, _observed(DEFAULT))
    owed = Fraction(notional) * (1 + Fraction("0.0365") * 260 / 365) * Fraction(coverage)
    assert (exercise.kind, exercise.time, exercise.payoff) == (EventType.XD, parse_moment("2025-09-18"), 0)
    assert abs(Fraction(exercise.notional) - owed) <= Fraction(1, 10**18)
    assert (settlement.kind, settlement.time) == (EventType.STD, parse_moment("2025-10-18"))
    assert settlement.payoff == settlement.exercise_amount == exercise.exercise_amount == exercise.notional
    assert settlement.exercise_date == exercise.exercise_date == exercise.time
    assert settlement.notional == 0


@pytest.mark.parametrize(("worth", "paid"), [("0", "0"), ("30", "30"), ("1026", "1026"), ("1027", "1026")])
def test_a_collateral_pays_at_most_what_covers_is_worth(worth: str, paid: str, engine: Any) -> None:
    """1,000 and 26 of interest are owed; the seller mirrors the buyer."""
    observed = _observed(DEFAULT, GOLD=worth)
    for role, sign in (("BUY", 1), ("SEL", -1)):
        exercise, settlement = _call(engine, _guarantee("CEC", contractRole=role), observed)
        assert exercise.notional == sign * 1026
        assert settlement.payoff == sign * Decimal(paid)


def test_fees_of_ten_years_follow_what_an_annuity_still_owes(engine: Any) -> None:
    """120 monthly fees of a twelfth of 1 %, each on what was owed since the fee before."""
    annuity = {
        **LOAN, "contractType": "ANN", "maturityDate": "2035-01-01", "dayCountConvention": "30E360",
        "cycleOfPrincipalRedemption": "P1ML0", "cycleOfInterestPayment": "P1ML0",
    }  # fmt: skip
    terms = _guarantee(
        contractStructure=[{**COVERED, "object": annuity}], feeRate="0.01", cycleOfFee="P1ML0", guaranteedExposure="NO",
        cycleAnchorDateOfFee="2025-02-01", purchaseDate="2025-01-01", dayCountConvention="30E360",
    )  # fmt: skip
    flows = _call(engine, terms)
    fees = [flow for flow in flows if flow.kind is EventType.FP]
    assert len(fees) == 120
    for before, after in zip([flows[0], *fees], fees, strict=False):
        assert abs(after.payoff - before.notional / 1200) <= Decimal("1e-17")
    assert flows[-1].kind is EventType.MD


def test_a_loan_is_no_enhancement_and_an_enhancement_no_loan(engine: Any) -> None:
    terms = _guarantee()
    words = list(encode_enhancement(terms, Observations()))
    words[0] = (Kind.PAM.value, *words[0][1:])
    with reverts("Actus_NotAnEnhancement", Kind.PAM.value):
        engine.projectEnhancement.call(words, 0)
    loan = parse_terms(LOAN)
    own = (EnhancementKind.CEG.value, *encode_terms(loan)[1:])
    with reverts("Actus_NotALoan", EnhancementKind.CEG.value):
        engine.project.call(own, encode_observations(loan, Observations()), 0)


@pytest.mark.parametrize(
    ("place", "value", "error"),
    [
        (EXPOSURE, 3, "Actus_UnknownExposure"),
        (CREDIT_EVENTS, 0, "Actus_UnknownCreditEvents"),
        (CREDIT_EVENTS, 0b1001, "Actus_UnknownCreditEvents"),
        (CREDIT_EVENTS, 0b11000, "Actus_UnknownCreditEvents"),
    ],
    ids=["exposure", "none", "performing", "matured"],
)
def test_an_unknown_exposure_or_credit_event_is_refused(place: int, value: int, error: str, engine: Any) -> None:
    words = list(encode_enhancement(_guarantee(), Observations()))
    words[place] = value
    with reverts(error, value):
        engine.projectEnhancement.call(words, 0)


@pytest.mark.parametrize("coverage", [Decimal(0), Decimal("-0.5"), Decimal("1.000000000000000001")])
def test_a_coverage_of_nothing_or_of_more_than_all_is_refused(coverage: Decimal, engine: Any) -> None:
    with reverts("Actus_BadCoverage", wad(coverage)):
        _call(engine, replace(_guarantee(), coverage=coverage))


def test_a_negative_exercise_is_refused(engine: Any) -> None:
    with reverts("Actus_BadExercise", wad(Decimal(-1))):
        _call(engine, replace(_guarantee(), exercise_amount=Decimal(-1)))


@pytest.mark.parametrize("notional", [Decimal(0), Decimal(-1), Decimal(10) ** 16 + 1])
def test_an_agreed_notional_that_is_nothing_or_absurd_is_refused(notional: Decimal, engine: Any) -> None:
    with reverts("Actus_BadNotional", wad(notional)):
        _call(engine, replace(_guarantee(), notional=notional))


def test_a_covered_loan_is_checked_as_any_loan(engine: Any) -> None:
    terms = _guarantee()
    (covered,) = terms.covered
    assert covered.terms is not None
    bad = replace(covered, terms=replace(covered.terms, notional=Decimal(0)))
    with reverts("Actus_BadNotional", 0):
        _call(engine, replace(terms, covered=(bad,)))


def test_an_absurd_fee_is_refused_and_an_unknown_day_count(engine: Any) -> None:
    with reverts("Actus_BadRate", wad(Decimal("10.1"))):
        _call(engine, replace(_guarantee(), fee_rate=Decimal("10.1")))
    words = list(encode_enhancement(_guarantee(), Observations()))
    words[0] = (*words[0][:2], 6, *words[0][3:])
    with reverts("Actus_UnknownDayCount", 6):
        engine.projectEnhancement.call(words, 0)


def test_an_enhancement_without_what_it_covers_or_what_covers_is_refused(engine: Any) -> None:
    with reverts("Actus_NoCoveredContract"):
        _call(engine, replace(_guarantee(), covered=()))
    with reverts("Actus_NoCoveringObject"):
        _call(engine, replace(_guarantee("CEC"), covering=()))


def test_a_loan_known_by_its_identifier_only_needs_an_agreed_amount(engine: Any) -> None:
    terms = replace(_guarantee(), maturity=END)
    (covered,) = terms.covered
    by_name = replace(terms, covered=(covered, replace(covered, terms=None)))
    with reverts("Actus_ExposureNotGiven", 1):
        _call(engine, by_name)
    assert _call(engine, replace(by_name, notional=Decimal(7)), _observed(DEFAULT))[-1].payoff == 7
    market = replace(by_name, exposure=Exposure.MV)
    assert _call(engine, market, _observed(DEFAULT, PRICE="8"))[-1].payoff == 16


@pytest.mark.parametrize("maturity", [DAWN, DAWN - 1])
def test_an_end_not_after_the_start_is_refused(maturity: int, engine: Any) -> None:
    with reverts("Actus_MaturityBeforeStart", maturity, DAWN):
        _call(engine, replace(_guarantee(), maturity=maturity))
    with reverts("Actus_MaturityBeforeStart", END, END):
        _call(engine, replace(_guarantee(), start=END))


def test_an_end_that_nothing_tells_is_refused(engine: Any) -> None:
    terms = replace(_guarantee(), notional=Decimal(1))
    (covered,) = terms.covered
    with reverts("Actus_NoMaturity", EnhancementKind.CEG.value):
        _call(engine, replace(terms, covered=(replace(covered, terms=None),)))
    assert covered.terms is not None
    line = replace(covered, terms=replace(covered.terms, kind=Kind.UMP, maturity=None))
    with reverts("Actus_NoHorizon", Kind.UMP.value):
        _call(engine, replace(terms, covered=(line,)))
    with reverts("Actus_NoMaturity", EnhancementKind.CEG.value):
        Engine(engine).project_enhancement(replace(terms, covered=(line,)), Observations(), END)


def test_a_value_that_was_not_observed_in_time_is_refused(engine: Any) -> None:
    early = parse_observations({"GOLD": {"data": [{"timestamp": "2025-09-19", "value": "1"}]}}, [DEFAULT])
    with reverts("Actus_NotObserved", EventType.XD.value, parse_moment("2025-09-18")):
        _call(engine, _guarantee("CEC"), early)
    with reverts("Actus_NotObserved", EventType.XD.value, parse_moment("2025-09-18")):
        _call(engine, replace(_guarantee(), exposure=Exposure.MV), early)


def test_a_fee_due_daily_for_a_century_is_refused(engine: Any) -> None:
    century = parse_moment("2125-01-01")
    daily = Series(START, Cycle(0, 1, False))
    terms = replace(_guarantee(), maturity=century, fee=daily, fee_rate=Decimal(1))
    with reverts("Schedule_TooLong", START, century):
        _call(engine, terms)
