"""Contract schedules of ACTUS: which events a loan has, and when."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import Enum
from itertools import pairwise
from typing import Final

from analytics.cashflow.calendar import (
    SECONDS_PER_DAY,
    Cycle,
    calculated,
    counted_day,
    format_moment,
    shifted,
    step,
    year_fraction,
)
from analytics.cashflow.terms import Base, Kind, Penalty, Segment, Series, Terms
from analytics.errors import InvalidInput

MAX_EVENTS: Final = 5_000
AMORTISERS: Final = (Kind.LAM, Kind.NAM, Kind.ANN, Kind.LAX)


class EventType(Enum):
    """Event types in the order in which events of one day are evaluated.

    ACTUS Data Dictionary 1.3, event sequence; the fixing of a payment amount (PRF) follows the reset
    that causes it, and a call (XD) precedes the interest that it makes due, as the reference cases show.
    """

    IED = 0
    FP = 1
    PR = 2
    PI = 3
    PY = 4
    PP = 5
    XD = 6
    IP = 7
    IPCI = 8
    RRF = 9
    RR = 10
    PRF = 11
    PRD = 12
    TD = 13
    SC = 14
    IPCB = 15
    STD = 16
    MD = 17


@dataclass(frozen=True, slots=True)
class Slot:
    """An event: when it shows, when it was due before any shift, and its amount or rate if any."""

    shown: int
    due: int
    kind: EventType
    value: Decimal = Decimal(0)

    @property
    def order(self) -> tuple[int, int, int]:
        """Key of evaluation: time shown, place of the type within a moment, time due."""
        return self.shown, self.kind.value, self.due


def cyclic_times(series: Series, end: int, *, end_of_month: bool) -> list[int]:
    """Times from the anchor by the cycle to ``end``, which is included; a long stub swallows the one before.

    ACTUS v1.1, schedule function S(s, c, T).
    """
    if series.anchor is None:
        return []
    times: list[int] = []
    following = series.anchor
    while following < end:
        times.append(following)
        if series.cycle is None:
            following = end
            break
        if len(times) > MAX_EVENTS:
            raise InvalidInput(f"more than {MAX_EVENTS} events from {format_moment(series.anchor)}; lengthen the cycle")
        following = step(series.anchor, series.cycle, len(times), end_of_month=end_of_month)
    times.append(end)
    if series.cycle is not None and series.cycle.long_stub and following != end and len(times) > 2:
        del times[-2]
    return times


def anchored(series: Series, terms: Terms) -> Series:
    """The series with its default anchor: one cycle after the initial exchange."""
    if series.anchor is None and series.cycle is not None:
        return Series(step(terms.initial_exchange, series.cycle, 1, end_of_month=terms.end_of_month), series.cycle)
    return series


def principal_times(terms: Terms, end: int) -> list[int]:
    """Principal payment times of an amortising loan, its end included."""
    return cyclic_times(anchored(terms.principal, terms), end, end_of_month=terms.end_of_month)


def maturity(terms: Terms, *, called: int | None, until: int | None) -> int | None:
    """The day a loan ends: agreed, called, or the one on which the payments agreed have repaid it.

    ACTUS v1.1, state variable Md of each contract type. None for a loan without end (UMP).
    """
    if terms.maturity is not None:
        return terms.maturity
    if terms.kind is Kind.UMP:
        return None
    if terms.kind is Kind.CLM:
        end = until if called is None else step(called, terms.notice or Cycle(0, 0, False), 1, end_of_month=False)
        if end is None:
            raise InvalidInput("a call loan without maturityDate needs a call (XD) or a date to project until")
        return end
    if terms.kind is Kind.ANN and terms.amortization is not None:
        return terms.amortization
    if terms.kind is Kind.LAX:
        return _exhausted(terms)
    return _repaid(terms)


def _repaid(terms: Terms) -> int:
    series = anchored(terms.principal, terms)
    anchor, cycle = series.anchor, series.cycle
    if terms.next_principal is None or anchor is None or cycle is None:
        raise InvalidInput("maturityDate is missing, and so is nextPrincipalRedemptionPayment to derive it from")
    passed = 0
    while step(anchor, cycle, passed, end_of_month=terms.end_of_month) < terms.status:
        passed += 1
    last = step(anchor, cycle, max(passed - 1, 0), end_of_month=terms.end_of_month)
    payment = terms.next_principal
    if terms.kind is not Kind.LAM:
        following = step(anchor, cycle, max(passed, 1), end_of_month=terms.end_of_month)
        numerator, denominator = year_fraction(last, following, terms.day_count, maturity=None)
        payment -= terms.notional * (terms.rate or Decimal(0)) * numerator / denominator
    if payment <= 0:
        raise InvalidInput("nextPrincipalRedemptionPayment does not cover the interest, so the loan never ends")
    payments = int((terms.notional / payment).to_integral_value(ROUND_CEILING))
    if payments > MAX_EVENTS:
        raise InvalidInput(
            f"nextPrincipalRedemptionPayment needs {payments} payments; at most {MAX_EVENTS} are projected"
        )
    return step(anchor, cycle, passed + payments - 1, end_of_month=terms.end_of_month)


def _exhausted(terms: Terms) -> int:
    balance = terms.notional
    entries = terms.principal_array
    for index, entry in enumerate(entries):
        anchor, cycle = entry.series.anchor, entry.series.cycle
        following = entries[index + 1].series.anchor if index + 1 < len(entries) else None
        if anchor is None or (entry.amount <= 0 and following is None) or (entry.flag and following is None):
            raise InvalidInput("the array of principal payments never repays the loan; give maturityDate")
        time, count = anchor, 0
        while following is None or time < following:
            if counted_day(time) > counted_day(terms.status):
                balance += entry.amount if entry.flag else -entry.amount
            count += 1
            if balance <= 0:
                return time
            if cycle is None:
                break
            if count > MAX_EVENTS:
                raise InvalidInput(f"the array of principal payments needs more than {MAX_EVENTS} of them")
            time = step(anchor, cycle, count, end_of_month=terms.end_of_month)
    raise InvalidInput("the array of principal payments never repays the loan; give maturityDate")


def contract_slots(
    terms: Terms, end: int | None, *, called: int | None, until: int | None, observed: list[Slot]
) -> list[Slot]:
    """All events of a loan in the order of evaluation, from the start of the contract to its end."""
    stop = end if called is None else called
    if stop is None:
        stop = until
    if stop is None:
        raise InvalidInput("a loan without end (UMP) needs a date to project until")
    slots = [Slot(terms.initial_exchange, terms.initial_exchange, EventType.IED)]
    slots += _interest(terms, stop, end, called=called)
    slots += _resets(terms, stop)
    slots += _plain(terms, EventType.FP, terms.fee if terms.fee_rate else Series(), stop, last=end is not None)
    if terms.scales_interest or terms.scales_notional:
        slots += _plain(terms, EventType.SC, terms.scaling, stop, last=False)
    if terms.kind in AMORTISERS:
        slots += _principal(terms, stop)
        if terms.base is Base.NTL:
            slots += _plain(terms, EventType.IPCB, terms.base_fixing, stop, last=False)
    slots += _prepayments(terms, stop, observed)
    slots += _single(terms, end, called)
    return sorted(slots, key=lambda slot: slot.order)


def _shown(terms: Terms, time: int, stop: int) -> int:
    """A cyclic time moved to a business day; an agreed end is a date by itself and stays, a derived one moves."""
    agreed = terms.maturity is not None or terms.amortization is not None or terms.kind is Kind.CLM
    if time == stop and agreed:
        return time
    return shifted(time, terms.shift, weekdays_only=terms.weekdays_only)


def _slot(terms: Terms, time: int, kind: EventType, stop: int, value: Decimal = Decimal(0)) -> Slot:
    return Slot(_shown(terms, time, stop), time, kind, value)


def _plain(terms: Terms, kind: EventType, series: Series, stop: int, *, last: bool) -> list[Slot]:
    times = cyclic_times(anchored(series, terms), stop, end_of_month=terms.end_of_month)
    return [_slot(terms, time, kind, stop) for time in (times if last else times[:-1])]


def _interest(terms: Terms, stop: int, end: int | None, *, called: int | None) -> list[Slot]:
    if terms.kind in (Kind.CLM, Kind.UMP):
        bearing = terms.interest if terms.rate is not None else Series()
        slots = _plain(terms, EventType.IPCI, bearing, stop, last=False)
        return slots if end is None else [*slots, Slot(end, end, EventType.IP)]
    if terms.rate is None:
        return []
    times = _interest_times(terms, stop)
    limit = terms.capitalization_end
    if limit is None:
        return [_slot(terms, time, EventType.IP, stop) for time in times]
    return [
        *(_slot(terms, time, EventType.IPCI, stop) for time in times if time < limit),
        *([Slot(limit, limit, EventType.IPCI)] if limit <= stop else []),
        *(_slot(terms, time, EventType.IP, stop) for time in times if time > limit),
    ]


def _interest_times(terms: Terms, stop: int) -> list[int]:
    if terms.kind is Kind.LAX and terms.interest_array:
        return _array_times(terms.interest_array, stop, end_of_month=terms.end_of_month)
    series = anchored(terms.interest, terms)
    if terms.kind not in (Kind.NAM, Kind.ANN):
        return cyclic_times(series, stop, end_of_month=terms.end_of_month) or [stop]
    redemption = principal_times(terms, stop)
    start = anchored(terms.principal, terms).anchor
    if series.anchor is None or start is None or terms.principal.cycle is None:
        return redemption
    grace_end = step(start, terms.principal.cycle, -1, end_of_month=terms.end_of_month)
    if series.anchor > grace_end:
        return redemption
    early = cyclic_times(series, grace_end, end_of_month=terms.end_of_month)
    return sorted({*early, *redemption})


def _array_times(entries: tuple[Segment, ...], stop: int, *, end_of_month: bool) -> list[int]:
    times: list[int] = []
    for entry, limit in _limits(entries, stop):
        times += cyclic_times(entry.series, limit, end_of_month=end_of_month)[:-1]
    return [*times, stop]


def _limits(entries: tuple[Segment, ...], stop: int) -> list[tuple[Segment, int]]:
    anchors = [stop if entry.series.anchor is None else entry.series.anchor for entry in entries]
    return list(zip(entries, [min(anchor, stop) for anchor in [*anchors[1:], stop]], strict=True))


def _principal(terms: Terms, stop: int) -> list[Slot]:
    if terms.kind is not Kind.LAX:
        slots = [_slot(terms, time, EventType.PR, stop) for time in principal_times(terms, stop)[:-1]]
        return slots + (_amount_fixings(terms, stop) if terms.kind is Kind.ANN else [])
    slots = []
    for entry, limit in _limits(terms.principal_array, stop):
        kind = EventType.PI if entry.flag else EventType.PR
        times = cyclic_times(entry.series, limit, end_of_month=terms.end_of_month)[:-1]
        slots += [_slot(terms, time, kind, stop, entry.amount) for time in times]
    return slots


def first_fixing(terms: Terms) -> int | None:
    """When the payment of an annuity without an agreed one is fixed: the day before the first; else None."""
    start = anchored(terms.principal, terms).anchor
    if terms.kind is not Kind.ANN or terms.next_principal is not None or start is None:
        return None
    return start - SECONDS_PER_DAY


def _amount_fixings(terms: Terms, stop: int) -> list[Slot]:
    fixings = [Slot(slot.shown, slot.due, EventType.PRF) for slot in _resets(terms, stop)]
    first = first_fixing(terms)
    return fixings if first is None else [*fixings, Slot(first, first, EventType.PRF)]


def _resets(terms: Terms, stop: int) -> list[Slot]:
    if terms.kind is Kind.LAX and terms.reset_array:
        slots = []
        for entry, limit in _limits(terms.reset_array, stop):
            kind = EventType.RRF if entry.flag else EventType.RR
            times = cyclic_times(entry.series, limit, end_of_month=terms.end_of_month)[:-1]
            slots += [_slot(terms, time, kind, stop, entry.amount) for time in times]
        return slots
    slots = _plain(terms, EventType.RR, terms.reset, stop, last=False)
    if terms.next_rate is None:
        return [Slot(slot.shown, slot.due, EventType.RR, terms.spread) for slot in slots]
    first = next((slot for slot in slots if slot.shown > terms.status), None)
    return [
        Slot(slot.shown, slot.due, EventType.RRF, terms.next_rate)
        if slot is first
        else Slot(slot.shown, slot.due, EventType.RR, terms.spread)
        for slot in slots
    ]


def _prepayments(terms: Terms, stop: int, observed: list[Slot]) -> list[Slot]:
    times = cyclic_times(anchored(terms.prepayment, terms), stop, end_of_month=terms.end_of_month)[:-1]
    slots = [_slot(terms, time, EventType.PP, stop) for time in times if terms.prepayment_object]
    slots += [slot for slot in observed if slot.kind is not EventType.XD]
    penalties = [
        Slot(slot.shown, slot.due, EventType.PY)
        for slot in slots
        if slot.kind is EventType.PP and terms.penalty is not Penalty.O
    ]
    return slots + penalties


def _single(terms: Terms, end: int | None, called: int | None) -> list[Slot]:
    slots = []
    if called is not None:
        slots.append(Slot(called, called, EventType.XD))
    if end is not None:
        slots.append(Slot(_shown(terms, end, end), end, EventType.MD if called is None else EventType.STD))
    if terms.purchase is not None:
        slots.append(Slot(terms.purchase, terms.purchase, EventType.PRD))
    if terms.termination is not None:
        slots.append(Slot(terms.termination, terms.termination, EventType.TD))
    return slots


def linear_payment(terms: Terms, end: int) -> Decimal:
    """The principal part of each payment of a linear loan when none is agreed: equal shares.

    The reference cases divide by the number of payment times left, the end included.
    """
    if terms.next_principal is not None:
        return terms.next_principal
    left = [time for time in principal_times(terms, end) if counted_day(time) > counted_day(terms.status)]
    return terms.notional / max(len(left), 1)


def annuity_growth(terms: Terms, fixed: int, *, end: int, rate: Decimal) -> tuple[Decimal, Decimal]:
    """Growth of 1 to the first payment after ``fixed``, and what 1 at each payment is worth at that one.

    Interest runs from ``fixed``, or from the initial exchange where that follows. ACTUS v1.1, annuity
    amount function A(s, T, n, a, r).
    """
    horizon = terms.amortization if terms.amortization is not None else end
    times = [time for time in principal_times(terms, horizon) if time > fixed]
    if not times:
        return Decimal(1), Decimal(1)
    first = interest_factor(terms, max(fixed, terms.initial_exchange), times[0], rate, end)
    worth, discount = Decimal(1), Decimal(1)
    for earlier, later in pairwise(times):
        discount /= interest_factor(terms, earlier, later, rate, end)
        worth += discount
    return first, worth


def interest_factor(terms: Terms, start: int, end: int, rate: Decimal, final: int | None) -> Decimal:
    """1 + r Y(s, t), with both moments moved as the business-day rule says."""
    a = calculated(start, terms.shift, weekdays_only=terms.weekdays_only)
    b = calculated(end, terms.shift, weekdays_only=terms.weekdays_only)
    numerator, denominator = year_fraction(a, b, terms.day_count, maturity=final)
    factor = 1 + rate * numerator / denominator
    if factor <= 0:
        raise InvalidInput(f"rate {rate} loses everything in one period; no annuity exists")
    return factor
