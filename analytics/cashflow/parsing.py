"""Contract terms read from their ACTUS names and codes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from analytics.cashflow.calendar import Cycle, Shift, parse_cycle, parse_day_count, parse_moment
from analytics.cashflow.terms import Base, Kind, Penalty, Segment, Series, Terms, refuse_absurd
from analytics.errors import InvalidInput

INFORMATIONAL: Final = frozenset({
    "contractID", "contractDealDate", "counterpartyID", "creatorID", "currency2",
    "seniority", "marketValueObserved", "marketObjectCode",
    "fixingDays", "fixingPeriod", "gracePeriod", "delinquencyPeriod", "delinquencyRate",
    "prepaymentPeriod", "nonPerformingDate", "creditLineAmount", "contractStructure", "quantity", "unit",
    "optionExerciseEndDate", "contractStatus", "maximumPenaltyFreeDisbursement",
})  # fmt: skip

CALENDARS: Final = {
    "": False, "NC": False, "NOCALENDAR": False, "NOHOLIDAY": False,
    "MF": True, "MONDAYTOFRIDAY": True,
}  # fmt: skip
PERFORMANCES: Final = ("PF", "DL", "DQ", "DF")
ABSENT: Final = ("", "NULL", "NONE")  # None reads so too
ROLES: Final = {"RPA": 1, "RPL": -1, "LG": 1, "ST": -1, "UDL": 1, "UDLP": 1, "UDLM": -1}


class _Reader:
    """Reads terms by name, remembers which were read, and names the term that it refuses."""

    def __init__(self, terms: Mapping[str, object]) -> None:
        self._terms = {key: value for key, value in terms.items() if str(value).strip().upper() not in ABSENT}
        self._read: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        self._read.add(name)
        return str(self._terms.get(name, default)).strip()

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise InvalidInput(f"term {name} is missing")
        return value

    def choice(self, name: str, allowed: Mapping[str, object], default: str) -> str:
        value = self.text(name, default).upper()
        if value not in allowed:
            raise InvalidInput(f"term {name} is {value!r}; use one of {', '.join(sorted(filter(None, allowed)))}")
        return value

    def number(self, name: str) -> Decimal | None:
        value = self.text(name)
        return parse_number(name, value) if value else None

    def amount(self, name: str, default: str = "0") -> Decimal:
        return parse_number(name, self.text(name, default))

    def moment(self, name: str) -> int | None:
        value = self.text(name)
        return parse_moment(value) if value else None

    def series(self, suffix: str) -> Series:
        cycle = self.text(f"cycleOf{suffix}")
        return Series(self.moment(f"cycleAnchorDateOf{suffix}"), parse_cycle(cycle) if cycle else None)

    def array(self, name: str) -> list[str]:
        self._read.add(name)
        value = self._terms.get(name)
        if value is None:
            return []
        return [str(entry).strip() for entry in value] if isinstance(value, list) else [str(value).strip()]

    def refuse_unread(self) -> None:
        unread = sorted(set(self._terms) - self._read - INFORMATIONAL)
        if unread:
            raise InvalidInput(f"terms not known to this contract type: {', '.join(unread)}")


def parse_number(name: str, text: str) -> Decimal:
    """An exact decimal; refuses what is not a finite number written in ASCII digits."""
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise InvalidInput(f"term {name} is {text!r}, which is not a number") from error
    if not value.is_finite() or not text.isascii() or "_" in text:
        raise InvalidInput(f"term {name} is {text!r}, which is not a finite number")
    return value


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
    read = _Reader(terms)
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
        shift=_shift(read),
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
        exchange_object=_exchange(read),
        principal_array=_principal_array(read),
        interest_array=_interest_array(read),
        reset_array=_reset_array(read),
    )
    read.refuse_unread()
    refuse_absurd(parsed)
    return parsed


def _shift(read: _Reader) -> Shift:
    code = read.text("businessDayConvention", "NONE").upper()
    code = "NONE" if code in ("NULL", "NOS", "NO") else code
    if code not in Shift.__members__:
        raise InvalidInput(
            f"term businessDayConvention is {code!r}; use NOS or {', '.join(list(Shift.__members__)[1:])}"
        )
    return Shift[code]


def _deepest_fall(read: _Reader) -> Decimal | None:
    """The most a rate may fall at one reset, as a change; the dictionary writes it as a positive number."""
    fall = read.number("periodFloor")
    return None if fall is None else -abs(fall)


def _exchange(read: _Reader) -> str:
    """The series that turns the currency of the terms into the one that they settle in, such as ``USD/CNY``."""
    currency, settled = read.text("currency").upper(), read.text("settlementCurrency").upper()
    return f"{currency}/{settled}" if settled not in ("", currency) else ""


def _prepayment(read: _Reader) -> Series:
    effect = read.choice("prepaymentEffect", {"N": 0, "A": 1, "M": 2}, "N")
    series = read.series("Optionality")
    return Series() if effect == "N" else series


def _segments(read: _Reader, suffix: str, amounts: list[str], flags: list[bool]) -> tuple[Segment, ...]:
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


def _principal_array(read: _Reader) -> tuple[Segment, ...]:
    directions = [text.upper() for text in read.array("arrayIncreaseDecrease")]
    if not set(directions) <= {"INC", "DEC"}:
        raise InvalidInput(f"arrayIncreaseDecrease holds {directions}; use INC or DEC")
    amounts = read.array("arrayNextPrincipalRedemptionPayment")
    flags = [text == "INC" for text in directions] or [False] * len(amounts)
    return _segments(read, "PrincipalRedemption", amounts, flags)


def _interest_array(read: _Reader) -> tuple[Segment, ...]:
    count = len(read.array("arrayCycleAnchorDateOfInterestPayment"))
    return _segments(read, "InterestPayment", ["0"] * count, [False] * count)


def _reset_array(read: _Reader) -> tuple[Segment, ...]:
    kinds = [text.upper()[:1] for text in read.array("arrayFixedVariable")]
    if not set(kinds) <= {"F", "V"}:
        raise InvalidInput(f"arrayFixedVariable holds {kinds}; use FIX or VAR")
    return _segments(read, "RateReset", read.array("arrayRate"), [text == "F" for text in kinds])
