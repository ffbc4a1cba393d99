"""Cash flows of a guarantee (CEG) or a collateral (CEC), which cover loans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Final

from analytics.cashflow.calendar import (
    calculated,
    counted_day,
    format_moment,
    shifted,
    step,
    year_fraction,
)
from analytics.cashflow.enhancement_terms import Enhancement, EnhancementKind, Exposure, Performance
from analytics.cashflow.evaluation import PRECISION, ZERO, last_moment, standings
from analytics.cashflow.observations import Observations
from analytics.cashflow.schedule import EventType, Slot, cyclic_times
from analytics.cashflow.terms import Series
from analytics.errors import InvalidInput

LOOKS_UP: Final = (EventType.FP, EventType.PRD, EventType.XD)


@dataclass(frozen=True, slots=True)
class EnhancementEvent:
    """One event of a guarantee or collateral: what is paid, and the state after it.

    ``time`` and ``exercise_date`` in seconds since the epoch; amounts in the currency of the terms, signed by role
    (positive is received); ``notional`` is the amount covered.
    """

    time: int
    kind: EventType
    payoff: Decimal
    notional: Decimal
    fee_accrued: Decimal
    exercise_date: int | None
    exercise_amount: Decimal


def project_enhancement(
    terms: Enhancement, *, observed: Observations | None = None, until: int | None = None
) -> list[EnhancementEvent]:
    """Future events of one guarantee or collateral, from its status date to its end.

    The first credit event of a covered contract exercises the enhancement for all of them; it is settled a period
    later and has ended. Without one it ends at its maturity, and nothing is paid.

    Parameters
    ----------
    terms
        The contract, from ``parse_enhancement``.
    observed
        Market values by object, credit events (CE), and what befell the covered contracts.
    until
        Last moment to project, seconds since the epoch; needed where a covered loan has no end of its own.

    Returns
    -------
    list of EnhancementEvent
        In order of time and, within a day, of evaluation; empty if it ended before its status date.

    Raises
    ------
    InvalidInput
        Where a market value was not observed in time, no end can be told, or an observed event makes no sense.

    References
    ----------
    ACTUS Technical Specification v1.1, sections on CEG and CEC.

    Examples
    --------
    >>> from analytics.cashflow.enhancement_parsing import parse_enhancement
    >>> from analytics.cashflow.observations import parse_observations
    >>> guarantee = parse_enhancement({"contractType": "CEG", "contractRole": "BUY", "statusDate": "2024-12-31",
    ...     "maturityDate": "2026-01-01", "notionalPrincipal": "100", "coverageOfCreditEnhancement": "0.8",
    ...     "contractStructure": [{"object": {"contractIdentifier": "loan"}, "referenceType": "CID",
    ...     "referenceRole": "COVE"}]})
    >>> default = {"time": "2025-05-01", "type": "CE", "contractId": "loan", "states": {"contractPerformance": "DF"}}
    >>> events = project_enhancement(guarantee, observed=parse_observations({}, [default]))
    >>> [(event.kind.name, str(event.payoff)) for event in events]
    [('XD', '0'), ('STD', '80.0')]
    """
    observed = observed or Observations()
    with localcontext() as context:
        context.prec = PRECISION
        end = _maturity(terms, observed, until)
        exercise = _exercise(terms, observed, end)
        slots = [slot for slot in _slots(terms, end, exercise) if _projected(terms, slot, until)]
        moments = [slot.shown for slot in slots if slot.kind in LOOKS_UP]
        if _accrues_at_once(terms):
            moments.insert(0, terms.status)
        amounts = _amounts(terms, moments, observed, until)
        evaluation = _Evaluation(terms, observed, end, exercise, amounts)
        return [evaluation.play(slot) for slot in slots]


def _maturity(terms: Enhancement, observed: Observations, until: int | None) -> int:
    """The end: agreed, or the last event of the covered contracts. One already exercised has ended then."""
    if terms.exercise_date is not None and terms.exercise_date <= terms.status:
        return terms.exercise_date
    if terms.maturity is not None:
        return terms.maturity
    ends = [
        last_moment(covered.terms, observed=observed.of_contract(covered.identifier), until=until)
        for covered in terms.covered
        if covered.terms is not None
    ]
    end = max((moment for moment in ends if moment is not None), default=None)
    if end is None:
        raise InvalidInput("maturityDate is missing, and no covered contract has an end to derive it from")
    if end <= terms.start:
        raise InvalidInput(f"the covered contracts end {format_moment(end)}, before protection begins")
    return end


def _end(terms: Enhancement, end: int) -> int:
    return end if terms.termination is None else min(end, terms.termination)


def _exercise(terms: Enhancement, observed: Observations, end: int) -> int | None:
    """The exercise stated, or the first credit event covered: not before the purchase, and before the end."""
    seen = credit_events(terms, observed)
    if terms.exercise_date is not None:
        return terms.exercise_date
    first = max(counted_day(terms.status) + 1, counted_day(terms.purchase or 0))
    covered = {contract.identifier for contract in terms.covered}
    last = counted_day(_end(terms, end))
    return min(
        (
            moment
            for moment, contract, performance in seen
            if contract in covered and performance in terms.credit_events and first <= counted_day(moment) < last
        ),
        default=None,
    )


def credit_events(terms: Enhancement, observed: Observations) -> list[tuple[int, str, Performance]]:
    """Moment, contract and new performance of each credit event observed, of any contract.

    Raises InvalidInput for one that tells neither, and for any other event that befell no covered contract.
    """
    seen, covered = [], {contract.identifier for contract in terms.covered}
    for event in observed.events:
        here = f"{event.kind} observed at {format_moment(event.time)}"
        if event.kind != "CE":
            if event.contract not in covered:
                raise InvalidInput(f"{here} befell {event.contract or 'no contract'!r}, which is not covered")
            continue
        if not event.contract:
            raise InvalidInput(f"{here} names no contract (contractId)")
        if event.performance not in Performance.__members__:
            raise InvalidInput(
                f"{here}: contractPerformance is {event.performance!r}; use one of {', '.join(Performance.__members__)}"
            )
        seen.append((event.time, event.contract, Performance[event.performance]))
    return seen


def _fee_times(terms: Enhancement, end: int) -> list[int]:
    series = terms.fee
    if series.anchor is None and series.cycle is not None:
        series = Series(step(terms.start, series.cycle, 1, end_of_month=terms.end_of_month), series.cycle)
    return cyclic_times(series, end, end_of_month=terms.end_of_month)


def _fee_slots(terms: Enhancement, end: int) -> list[Slot]:
    return [
        Slot(time if time == end else shifted(time, terms.shift, weekdays_only=terms.weekdays_only), time, EventType.FP)
        for time in (_fee_times(terms, end) if terms.fee_rate else [])
    ]


def _slots(terms: Enhancement, end: int, exercise: int | None) -> list[Slot]:
    """Fees and purchase up to the end or exercise, then what ends the enhancement."""
    last = _end(terms, end) if exercise is None else exercise
    slots = _fee_slots(terms, end)
    if terms.purchase is not None:
        slots.append(Slot(terms.purchase, terms.purchase, EventType.PRD))
    first = counted_day(terms.purchase or 0)
    slots = sorted(
        (slot for slot in slots if first <= counted_day(slot.shown) <= counted_day(last)), key=lambda slot: slot.order
    )
    if exercise is None:
        return [*slots, Slot(last, last, EventType.MD if last == end else EventType.TD)]
    due = step(exercise, terms.settlement, 1, end_of_month=False)
    settled = max(shifted(due, terms.shift, weekdays_only=terms.weekdays_only), exercise)
    return [*slots, Slot(exercise, exercise, EventType.XD), Slot(settled, due, EventType.STD)]


def _projected(terms: Enhancement, slot: Slot, until: int | None) -> bool:
    day = counted_day(slot.shown)
    return day > counted_day(terms.status) and (until is None or day <= counted_day(until))


def _accrues_at_once(terms: Enhancement) -> bool:
    bought = terms.purchase is None or terms.purchase <= terms.status
    return bool(terms.fee_rate) and terms.fee_on_notional and bought


def _amounts(terms: Enhancement, moments: Sequence[int], observed: Observations, until: int | None) -> list[Decimal]:
    """The amount covered at each moment, signed by role: agreed, or what the covered contracts owe or are worth."""
    share = terms.role * terms.coverage
    if terms.notional is not None:
        return [share * terms.notional] * len(moments)
    sums = [ZERO] * len(moments)
    for covered in terms.covered:
        if covered.terms is None or terms.exposure is Exposure.MV:
            owed = [(observed.value(covered.market_object, moment), ZERO) for moment in moments]
        else:
            owed = standings(covered.terms, moments, observed=observed.of_contract(covered.identifier), until=until)
        with_interest = terms.exposure is Exposure.NI
        for place, (principal, interest) in enumerate(owed):
            sums[place] += principal + interest if with_interest else principal
    return [share * total for total in sums]


class _Evaluation:
    """The state of one enhancement while its events are evaluated in order."""

    def __init__(
        self, terms: Enhancement, observed: Observations, end: int, exercise: int | None, amounts: Sequence[Decimal]
    ) -> None:
        self._terms, self._observed, self._end, self._amounts = terms, observed, end, iter(amounts)
        self._time = terms.status
        self._notional = next(self._amounts) if _accrues_at_once(terms) else ZERO
        past = exercise is not None and exercise <= terms.status
        self._fee = terms.role * (terms.fee_accrued or ZERO)
        if terms.fee_accrued is None and not past:
            self._charge()
        self._exercise_date = exercise if past else None
        self._exercise_amount = terms.role * terms.exercise_amount if past else ZERO

    def _charge(self) -> None:
        """The fee open at the status date where it is not stated: since it was last paid."""
        status = counted_day(self._terms.status)
        fees = _fee_slots(self._terms, self._end)
        charged = max((slot.due for slot in fees if counted_day(slot.shown) <= status), default=None)
        if charged is not None:
            self._time = charged
            self._accrue(self._terms.status)
            self._time = self._terms.status

    def play(self, slot: Slot) -> EnhancementEvent:
        """Evaluate one event: accrue to it, pay, and move the state on."""
        payoff = getattr(self, f"_{slot.kind.name.lower()}")(slot)
        if payoff and self._terms.exchange_object:
            payoff *= self._observed.value(self._terms.exchange_object, slot.due)
        self._time = slot.due
        self._notional = next(self._amounts) if slot.kind in LOOKS_UP else ZERO
        if slot.kind is EventType.XD:
            self._exercise_date, self._exercise_amount = slot.due, self._capped(self._notional, slot.due)
        return EnhancementEvent(
            slot.shown, slot.kind, payoff, self._notional, self._fee, self._exercise_date, self._exercise_amount
        )

    def _fraction(self, start: int, until: int) -> tuple[int, int]:
        terms = self._terms
        first = calculated(start, terms.shift, weekdays_only=terms.weekdays_only)
        last = calculated(until, terms.shift, weekdays_only=terms.weekdays_only)
        return year_fraction(first, last, terms.day_count, maturity=self._end)

    def _accrue(self, until: int) -> None:
        if self._terms.fee_on_notional:
            numerator, denominator = self._fraction(self._time, until)
            self._fee += self._notional * self._terms.fee_rate * numerator / denominator

    def _prd(self, _slot: Slot) -> Decimal:
        return -self._terms.role * self._terms.purchase_price

    def _fp(self, slot: Slot) -> Decimal:
        self._accrue(slot.due)
        payoff = self._fee if self._terms.fee_on_notional else self._terms.role * self._terms.fee_rate
        self._fee = ZERO
        return payoff

    def _xd(self, slot: Slot) -> Decimal:
        """Accrue the fee: on the notional as ever, an amount by the share of its period that has passed."""
        self._accrue(slot.due)
        if not self._terms.fee_on_notional:
            self._fee = self._terms.role * self._terms.fee_rate * self._share_passed(slot.due)
        return ZERO

    def _std(self, _slot: Slot) -> Decimal:
        payoff = self._exercise_amount + self._fee
        self._fee = ZERO
        return payoff

    def _md(self, _slot: Slot) -> Decimal:
        self._fee = ZERO
        return ZERO

    def _td(self, _slot: Slot) -> Decimal:
        self._fee = ZERO
        return self._terms.role * self._terms.termination_price

    def _share_passed(self, moment: int) -> Decimal:
        times = _fee_times(self._terms, self._end)
        start = max((time for time in times if time <= moment), default=self._terms.start)
        end = min((time for time in times if time > moment), default=start)
        period = self._fraction(start, end)[0]
        return ZERO if period == 0 else Decimal(self._fraction(start, moment)[0]) / period

    def _capped(self, amount: Decimal, moment: int) -> Decimal:
        """All of the amount covered; of a collateral no more than what covers is worth."""
        if self._terms.kind is EnhancementKind.CEG:
            return amount
        worth = sum((self._observed.value(name, moment) for name in self._terms.covering), ZERO)
        return max(-worth, min(amount, worth))
