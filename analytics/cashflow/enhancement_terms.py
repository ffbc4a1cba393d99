"""Terms of a credit enhancement, a guarantee or a collateral, and the limits within which they make sense."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from analytics.cashflow.calendar import Cycle, DayCount, Shift, format_moment
from analytics.cashflow.terms import MAX_NOTIONAL, MAX_RATE, Series, Terms
from analytics.errors import InvalidInput


class EnhancementKind(Enum):
    """Credit enhancements of ACTUS, guarantee and collateral; the value is the number the contracts use."""

    CEG = 7
    CEC = 8


class Exposure(Enum):
    """What of a covered contract is guaranteed: its notional, with accrued interest, or its market value."""

    NO = 0
    NI = 1
    MV = 2


class Performance(Enum):
    """How a contract performs: as agreed, delayed, delinquent, in default, matured, terminated."""

    PF = 0
    DL = 1
    DQ = 2
    DF = 3
    MA = 4
    TE = 5


CREDIT_EVENTS = (Performance.DL, Performance.DQ, Performance.DF)


@dataclass(frozen=True, slots=True)
class Covered:
    """A contract that is covered: its identifier, its terms where they are given, and what observes its value."""

    identifier: str
    terms: Terms | None
    market_object: str


@dataclass(frozen=True, slots=True)
class Enhancement:
    """Terms of one guarantee or collateral: money as decimals, times in seconds, absent terms as None.

    ``role`` is 1 where protection is bought, -1 where it is sold; ``covering`` are the market objects that tell
    what covers is worth.
    """

    kind: EnhancementKind
    role: int
    status: int
    start: int
    maturity: int | None
    purchase: int | None
    purchase_price: Decimal
    termination: int | None
    termination_price: Decimal
    notional: Decimal | None
    coverage: Decimal
    exposure: Exposure
    credit_events: frozenset[Performance]
    settlement: Cycle
    fee: Series
    fee_rate: Decimal
    fee_on_notional: bool
    fee_accrued: Decimal | None
    day_count: DayCount
    end_of_month: bool
    shift: Shift
    weekdays_only: bool
    exercise_date: int | None
    exercise_amount: Decimal
    covered: tuple[Covered, ...]
    covering: tuple[str, ...]
    exchange_object: str


def refuse_absurd_enhancement(terms: Enhancement) -> None:
    """Raise InvalidInput, naming the term, where terms describe no protection that makes sense."""
    if not 0 < terms.coverage <= 1:
        raise InvalidInput(f"coverageOfCreditEnhancement is {terms.coverage}; it is a share, above 0 and at most 1")
    if terms.notional is not None and not 0 < terms.notional <= MAX_NOTIONAL:
        raise InvalidInput(f"notionalPrincipal is {terms.notional}; it must be above 0 and at most {MAX_NOTIONAL}")
    if not terms.credit_events or not terms.credit_events <= set(CREDIT_EVENTS):
        raise InvalidInput("creditEventTypeCovered must name credit events only: DL, DQ, DF")
    if terms.fee_on_notional and abs(terms.fee_rate) > MAX_RATE:
        raise InvalidInput(f"feeRate is {terms.fee_rate}; of the notional it is at most {MAX_RATE} per year")
    if terms.exercise_amount < 0:
        raise InvalidInput(f"exerciseAmount is {terms.exercise_amount}; it is signed by the role and not by itself")
    if terms.fee.cycle is not None and terms.fee.cycle.months + terms.fee.cycle.days == 0:
        raise InvalidInput("cycleOfFee has no length")
    if terms.maturity is not None and terms.maturity <= terms.start:
        raise InvalidInput(
            f"maturityDate {format_moment(terms.maturity)} is not after {format_moment(terms.start)}, when protection "
            "begins (purchaseDate, contractDealDate or statusDate)"
        )
    _refuse_bad_structure(terms)


def _refuse_bad_structure(terms: Enhancement) -> None:
    if not terms.covered:
        raise InvalidInput("contractStructure names no covered contract (referenceRole COVE)")
    if terms.kind is EnhancementKind.CEC and not terms.covering:
        raise InvalidInput("contractStructure names no covering object (referenceRole COVI), which a collateral needs")
    if terms.notional is not None:
        return
    for covered in terms.covered:
        if terms.exposure is Exposure.MV:
            if not covered.market_object:
                raise InvalidInput(f"covered contract {covered.identifier!r} has no marketObjectCode to observe it by")
        elif covered.terms is None:
            raise InvalidInput(
                f"what covered contract {covered.identifier!r} owes is unknown: give it whole, as a loan "
                "(referenceType CNT), or agree a notionalPrincipal"
            )
