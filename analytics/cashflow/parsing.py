"""Contract terms read from their ACTUS names and codes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from analytics.cashflow.calendar import Cycle, parse_cycle, parse_day_count, parse_moment
from analytics.cashflow.reading import CALENDARS, Reader, exchange_object, parse_number, shift_rule
from analytics.cashflow.terms import Base, Kind, Penalty, Segment, Series, Terms, refuse_absurd
from analytics.errors import InvalidInput

PERFORMANCES: Final = ("PF", "DL", "DQ", "DF")
ROLES: Final = {"RPA": 1, "RPL": -1, "LG": 1, "ST": -1, "UDL": 1, "UDLP": 1, "UDLM": -1}


def parse_terms(terms: Mapping[str, object]) -> Terms:
    """The terms of an ACTUS contract, checked.

    Parameters
    ----------
    terms
        ACTUS term names (``notionalPrincipal``, ``cycleOfInterestPayment`` ...) to values as the
        reference files write them: strings, numbers, or lists for the arrays of LAX.

    Returns
    -------
    Terms
        One frozen record; a term that is absent is None or its ACTUS default.

    Raises
    ------
    InvalidInput
        For an unknown contract type, code or term, a number or date that cannot be read, a maturity
        not after the start, a cycle longer than the loan, or absurd amounts; the message names the term.

    References
    ----------
    ACTUS Data Dictionary 1.3; ACTUS Technical Specification v1.1.

    Examples
    --------
    >>> parse_terms({"contractType": "PAM", "contractRole": "RPA", "statusDate": "2024-12-31",
    ...     "initialExchangeDate": "2025-01-01", "maturityDate": "2026-01-01", "notionalPrincipal": "100",
    ...     "nominalInterestRate": "0.05", "dayCountConvention": "A360"}).day_count
    <DayCount.ACTUAL_360: 1>
    """
    read = Reader(terms)
    kind = read.choice("contractType", Kind.__members__, "")
    role = ROLES[read.choice("contractRole", ROLES, "")]
    status = parse_moment(read.required("statusDate"))
    effect = read.text("scalingEffect", "OOO").upper().replace("0", "O")
    notice = read.text("xDayNotice")
    read.choice("cyclePointOfInterestPayment", {"E": 0}, "E")
    read.choice("cyclePointOfRateReset", {"B": 0}, "B")
    read.choice("contractPerformance", dict.fromkeys(PERFORMANCES), "PF")
    parsed = Terms(
        kind=Kind[kind],
        role=role,
        status=status,
        initial_exchange=parse_moment(read.required("initialExchangeDate")),
        notional=parse_number("notionalPrincipal", read.required("notionalPrincipal")),
        maturity=read.moment("maturityDate"),
        amortization=read.moment("amortizationDate"),
        rate=read.number("nominalInterestRate"),
        accrued=read.number("accruedInterest"),
        premium=read.amount("premiumDiscountAtIED"),
        day_count=parse_day_count(read.required("dayCountConvention")),
        end_of_month=read.choice("endOfMonthConvention", {"SD": 0, "EOM": 1}, "SD") == "EOM",
        shift=shift_rule(read),
        weekdays_only=CALENDARS[read.choice("calendar", CALENDARS, "")],
        interest=read.series("InterestPayment"),
        capitalization_end=read.moment("capitalizationEndDate"),
        principal=read.series("PrincipalRedemption"),
        next_principal=read.number("nextPrincipalRedemptionPayment"),
        reset=read.series("RateReset"),
        next_rate=read.number("nextResetRate"),
        spread=read.amount("rateSpread"),
        multiplier=read.amount("rateMultiplier", "1"),
        life_cap=read.number("lifeCap"),
        life_floor=read.number("lifeFloor"),
        period_cap=read.number("periodCap"),
        period_floor=_deepest_fall(read),
        rate_object=read.text("marketObjectCodeOfRateReset", read.text("marketObjectCodeRateReset")),
        fee=read.series("Fee"),
        fee_rate=read.amount("feeRate"),
        fee_on_notional=read.choice("feeBasis", {"A": 0, "N": 1}, "N") == "N",
        fee_accrued=read.number("feeAccrued"),
        base=Base[read.choice("interestCalculationBase", Base.__members__, "NT")],
        base_amount=read.number("interestCalculationBaseAmount"),
        base_fixing=read.series("InterestCalculationBase"),
        scaling=read.series("ScalingIndex"),
        scales_interest="I" in effect,
        scales_notional="N" in effect,
        scaling_start=read.amount("scalingIndexAtContractDealDate", "1"),
        notional_scale=read.amount("notionalScalingMultiplier", "1"),
        interest_scale=read.amount("interestScalingMultiplier", "1"),
        scaling_object=read.text("marketObjectCodeOfScalingIndex"),
        purchase=read.moment("purchaseDate"),
        purchase_price=read.amount("priceAtPurchaseDate"),
        termination=read.moment("terminationDate"),
        termination_price=read.amount("priceAtTerminationDate"),
        prepayment=_prepayment(read),
        prepayment_object=read.text("objectCodeOfPrepaymentModel"),
        penalty=Penalty[read.choice("penaltyType", Penalty.__members__, "O")],
        penalty_rate=read.amount("penaltyRate"),
        notice=parse_cycle(notice) if notice else None,
        exchange_object=exchange_object(read),
        principal_array=_principal_array(read),
        interest_array=_interest_array(read),
        reset_array=_reset_array(read),
    )
    read.refuse_unread()
    refuse_absurd(parsed)
    return parsed


def _deepest_fall(read: Reader) -> Decimal | None:
    """The most a rate may fall at one reset, as a change; the dictionary writes it as a positive number."""
    fall = read.number("periodFloor")
    return None if fall is None else -abs(fall)


def _prepayment(read: Reader) -> Series:
    effect = read.choice("prepaymentEffect", {"N": 0, "A": 1, "M": 2}, "N")
    series = read.series("Optionality")
    return Series() if effect == "N" else series


def _segments(read: Reader, suffix: str, amounts: list[str], flags: list[bool]) -> tuple[Segment, ...]:
    anchors = [parse_moment(text) for text in read.array(f"arrayCycleAnchorDateOf{suffix}")]
    cycles: list[Cycle | None] = [parse_cycle(text) for text in read.array(f"arrayCycleOf{suffix}")]
    if len(cycles) != len(anchors):
        cycles = [cycles[0] if cycles else None] * len(anchors)
    if len(amounts) != len(anchors) or len(flags) != len(anchors):
        raise InvalidInput(f"arrays of {suffix} differ in length: {len(anchors)} anchors, {len(amounts)} values")
    if anchors != sorted(set(anchors)):
        raise InvalidInput(f"anchors of {suffix} must ascend")
    return tuple(
        Segment(Series(anchor, cycle), parse_number(suffix, amount), flag)
        for anchor, cycle, amount, flag in zip(anchors, cycles, amounts, flags, strict=True)
    )


def _principal_array(read: Reader) -> tuple[Segment, ...]:
    directions = [text.upper() for text in read.array("arrayIncreaseDecrease")]
    if not set(directions) <= {"INC", "DEC"}:
        raise InvalidInput(f"arrayIncreaseDecrease holds {directions}; use INC or DEC")
    amounts = read.array("arrayNextPrincipalRedemptionPayment")
    flags = [text == "INC" for text in directions] or [False] * len(amounts)
    return _segments(read, "PrincipalRedemption", amounts, flags)


def _interest_array(read: Reader) -> tuple[Segment, ...]:
    count = len(read.array("arrayCycleAnchorDateOfInterestPayment"))
    return _segments(read, "InterestPayment", ["0"] * count, [False] * count)


def _reset_array(read: Reader) -> tuple[Segment, ...]:
    kinds = [text.upper()[:1] for text in read.array("arrayFixedVariable")]
    if not set(kinds) <= {"F", "V"}:
        raise InvalidInput(f"arrayFixedVariable holds {kinds}; use FIX or VAR")
    return _segments(read, "RateReset", read.array("arrayRate"), [text == "F" for text in kinds])
