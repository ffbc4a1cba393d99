"""Contract terms of a loan as one frozen record, and the limits within which they make sense."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

from analytics.cashflow.calendar import (
    Cycle,
    DayCount,
    Shift,
    counted_day,
    format_moment,
    step,
)
from analytics.errors import InvalidInput

MAX_NOTIONAL: Final = Decimal(10) ** 16
MAX_RATE: Final = Decimal(10)


class Kind(Enum):
    """Contract types of ACTUS; the value is the number the contracts use."""

    PAM = 0
    LAM = 1
    NAM = 2
    ANN = 3
    UMP = 4
    LAX = 5
    CLM = 6


class Base(Enum):
    """What interest is calculated on: the notional, the notional at the start, or a lagged notional."""

    NT = 0
    NTIED = 1
    NTL = 2


class Penalty(Enum):
    """Penalty on a prepayment: none, a fixed amount, a share of the notional, the interest lost."""

    O = 0  # noqa: E741 - the code of ACTUS
    A = 1
    N = 2
    I = 3  # noqa: E741 - the code of ACTUS


@dataclass(frozen=True, slots=True)
class Series:
    """Recurring times: the first of them, and the cycle that leads from each to the next."""

    anchor: int | None = None
    cycle: Cycle | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """One entry of an array schedule (LAX): its series, amount or rate, and what the entry does."""

    series: Series
    amount: Decimal
    flag: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of one loan: money and rates as decimals, times in seconds, absent terms as None."""

    kind: Kind
    role: int
    status: int
    initial_exchange: int
    notional: Decimal
    maturity: int | None
    amortization: int | None
    rate: Decimal | None
    accrued: Decimal | None
    premium: Decimal
    day_count: DayCount
    end_of_month: bool
    shift: Shift
    weekdays_only: bool
    interest: Series
    capitalization_end: int | None
    principal: Series
    next_principal: Decimal | None
    reset: Series
    next_rate: Decimal | None
    spread: Decimal
    multiplier: Decimal
    life_cap: Decimal | None
    life_floor: Decimal | None
    period_cap: Decimal | None
    period_floor: Decimal | None
    rate_object: str
    fee: Series
    fee_rate: Decimal
    fee_on_notional: bool
    fee_accrued: Decimal | None
    base: Base
    base_amount: Decimal | None
    base_fixing: Series
    scaling: Series
    scales_interest: bool
    scales_notional: bool
    scaling_start: Decimal
    notional_scale: Decimal
    interest_scale: Decimal
    scaling_object: str
    purchase: int | None
    purchase_price: Decimal
    termination: int | None
    termination_price: Decimal
    prepayment: Series
    prepayment_object: str
    penalty: Penalty
    penalty_rate: Decimal
    notice: Cycle | None
    exchange_object: str
    principal_array: tuple[Segment, ...]
    interest_array: tuple[Segment, ...]
    reset_array: tuple[Segment, ...]


def refuse_absurd(terms: Terms) -> None:
    """Raise InvalidInput, naming the term, where terms lie outside any loan that makes sense."""
    if not 0 < terms.notional <= MAX_NOTIONAL:
        raise InvalidInput(f"notionalPrincipal is {terms.notional}; it must be above 0 and at most {MAX_NOTIONAL}")
    for name, rate in (
        ("nominalInterestRate", terms.rate),
        ("rateSpread", terms.spread),
        ("nextResetRate", terms.next_rate),
    ):
        if rate is not None and abs(rate) > MAX_RATE:
            raise InvalidInput(f"{name} is {rate}; a rate is a fraction of 1 per year and at most {MAX_RATE}")
    for name, cap, floor in (
        ("life", terms.life_cap, terms.life_floor),
        ("period", terms.period_cap, terms.period_floor),
    ):
        if cap is not None and floor is not None and cap < floor:
            raise InvalidInput(f"{name}Cap {cap} is below {name}Floor {floor}")
    if terms.scaling_start == 0:
        raise InvalidInput("scalingIndexAtContractDealDate is 0; scaling divides by it")
    _refuse_bad_dates(terms)


def _refuse_bad_dates(terms: Terms) -> None:
    start = terms.initial_exchange
    for name, moment in (("maturityDate", terms.maturity), ("amortizationDate", terms.amortization)):
        if moment is not None and moment <= start:
            raise InvalidInput(
                f"{name} {format_moment(moment)} is not after initialExchangeDate {format_moment(start)}"
            )
    if terms.kind is Kind.PAM and terms.maturity is None:
        raise InvalidInput("term maturityDate is missing")
    for name, series in (
        ("cycleOfInterestPayment", terms.interest), ("cycleOfPrincipalRedemption", terms.principal),
        ("cycleOfRateReset", terms.reset), ("cycleOfFee", terms.fee), ("cycleOfScalingIndex", terms.scaling),
        ("cycleOfInterestCalculationBase", terms.base_fixing), ("cycleOfOptionality", terms.prepayment),
    ):  # fmt: skip
        if series.cycle is not None and series.cycle.months + series.cycle.days == 0:
            raise InvalidInput(f"{name} has no length")
    for name, series in (
        ("cycleOfInterestPayment", terms.interest),
        ("cycleOfPrincipalRedemption", terms.principal),
    ):
        if (
            series.cycle is not None
            and terms.maturity is not None
            and terms.kind not in (Kind.CLM, Kind.UMP)
            and (series.anchor is None or series.anchor <= start)
            and counted_day(step(start, series.cycle, 1, end_of_month=False)) > counted_day(terms.maturity)
        ):
            raise InvalidInput(f"{name} is longer than the loan, which ends {format_moment(terms.maturity)}")
    if terms.kind in (Kind.LAM, Kind.NAM, Kind.ANN) and terms.principal.cycle is None:
        raise InvalidInput("term cycleOfPrincipalRedemption is missing")
    if terms.kind in (Kind.LAM, Kind.NAM) and terms.maturity is None and terms.next_principal is None:
        raise InvalidInput("maturityDate and nextPrincipalRedemptionPayment are both missing; one must be given")
    if terms.kind is Kind.LAX and not terms.principal_array:
        raise InvalidInput("term arrayCycleAnchorDateOfPrincipalRedemption is missing")
