"""State transition and payoff functions of ACTUS, one event after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Final

from analytics.cashflow.calendar import calculated, counted_day, format_moment, year_fraction
from analytics.cashflow.observations import Observations
from analytics.cashflow.schedule import (
    AMORTISERS,
    EventType,
    Slot,
    annuity_growth,
    contract_slots,
    first_fixing,
    linear_payment,
    maturity,
)
from analytics.cashflow.terms import Base, Kind, Penalty, Terms
from analytics.errors import InvalidInput

PRECISION: Final = 60
ZERO: Final = Decimal(0)
NOTIONAL_CHANGES: Final = (EventType.PR, EventType.PI, EventType.PP, EventType.IPCI)


@dataclass(frozen=True, slots=True)
class CashFlowEvent:
    """One event of a loan: what is paid, and the state after it.

    ``time`` in seconds since the epoch; amounts in the currency of the terms, signed by role (positive
    is received); ``rate`` per year as a fraction of one.
    """

    time: int
    kind: EventType
    payoff: Decimal
    notional: Decimal
    rate: Decimal
    accrued: Decimal


@dataclass(slots=True)
class _State:
    time: int
    notional: Decimal
    rate: Decimal
    accrued: Decimal
    fee: Decimal
    base: Decimal
    payment: Decimal
    interest_scale: Decimal
    notional_scale: Decimal
    claim: Decimal


class _Evaluation:
    """The state of one loan while its events are evaluated in order."""

    def __init__(self, terms: Terms, observed: Observations, *, slots: list[Slot], end: int | None) -> None:
        self._terms, self._observed, self._end = terms, observed, end
        begun = terms.initial_exchange <= terms.status
        self._state = _State(
            time=terms.status,
            notional=terms.role * terms.notional if begun else ZERO,
            rate=(terms.rate or ZERO) if begun else ZERO,
            accrued=(terms.accrued or ZERO) * terms.role if begun else ZERO,
            fee=terms.role * (terms.fee_accrued or ZERO),
            base=self._opening_base() if begun else ZERO,
            payment=self._opening_payment(),
            interest_scale=terms.interest_scale if terms.scales_interest else Decimal(1),
            notional_scale=terms.notional_scale if terms.scales_notional else Decimal(1),
            claim=ZERO,
        )
        if begun:
            self._catch_up([slot for slot in slots if counted_day(slot.shown) <= counted_day(terms.status)])
        fixing = first_fixing(terms)
        if fixing is not None and counted_day(fixing) <= counted_day(terms.status):
            self._prf(Slot(terms.status, terms.status, EventType.PRF))

    def _catch_up(self, history: list[Slot]) -> None:
        """Ipac and Feac at the status date where they are not stated: what has accrued since they were last paid."""
        terms, state = self._terms, self._state
        paid = [slot.due for slot in history if slot.kind in (EventType.IP, EventType.IPCI)]
        if paid and terms.accrued is None and terms.kind not in (Kind.CLM, Kind.UMP):
            self._accrue_anew(max(paid), terms.status)
        charged = [slot.due for slot in history if slot.kind is EventType.FP]
        if charged and terms.fee_accrued is None and terms.fee_on_notional:
            numerator, denominator = self._fraction(terms.status, since=max(charged))
            state.fee = state.notional * terms.fee_rate * numerator / denominator

    def _accrue_anew(self, since: int, until: int) -> None:
        """Interest on the notional for a time before the first event; fees are not touched."""
        numerator, denominator = self._fraction(until, since=since)
        self._state.accrued = self._state.notional * self._state.rate * numerator / denominator

    def play(self, slot: Slot) -> CashFlowEvent:
        """Evaluate one event: accrue to it, pay, and move the state on."""
        if slot.kind is not EventType.IED:
            self._accrue(slot.due)
        payoff = getattr(self, f"_{slot.kind.name.lower()}")(slot)
        if payoff and self._terms.exchange_object:
            payoff *= self._observed.value(self._terms.exchange_object, slot.due)
        state = self._state
        state.time = slot.due
        if slot.kind in NOTIONAL_CHANGES and (self._terms.base is not Base.NTL or self._terms.kind not in AMORTISERS):
            state.base = state.notional
        return CashFlowEvent(slot.shown, slot.kind, payoff, state.notional, state.rate, state.accrued)

    def owed(self, moment: int) -> tuple[Decimal, Decimal]:
        """Principal, and interest accrued by the last event and since, or claimed by a call."""
        state = self._state
        numerator, denominator = self._fraction(moment)
        return state.notional, state.accrued + state.claim + state.base * state.rate * numerator / denominator

    def _opening_base(self) -> Decimal:
        terms = self._terms
        amount = terms.notional
        if terms.kind in AMORTISERS and terms.base is not Base.NT and terms.base_amount is not None:
            amount = terms.base_amount
        return terms.role * amount

    def _opening_payment(self) -> Decimal:
        terms = self._terms
        if terms.kind is Kind.LAM and self._end is not None:
            return linear_payment(terms, self._end)
        return terms.next_principal or ZERO

    def _fraction(self, until: int, *, since: int | None = None) -> tuple[int, int]:
        """From the last event, or from another moment."""
        terms = self._terms
        start = calculated(self._state.time if since is None else since, terms.shift, weekdays_only=terms.weekdays_only)
        stop = calculated(until, terms.shift, weekdays_only=terms.weekdays_only)
        return year_fraction(start, stop, terms.day_count, maturity=self._end)

    def _accrue(self, until: int) -> None:
        state, terms = self._state, self._terms
        numerator, denominator = self._fraction(until)
        state.accrued += state.base * state.rate * numerator / denominator
        if terms.fee_on_notional:
            state.fee += state.notional * terms.fee_rate * numerator / denominator

    def _ied(self, slot: Slot) -> Decimal:
        terms, state = self._terms, self._state
        state.notional = terms.role * terms.notional
        state.rate = terms.rate or ZERO
        state.base = self._opening_base()
        state.accrued = (terms.accrued or ZERO) * terms.role
        anchor = terms.interest.anchor
        if terms.accrued is None and anchor is not None and anchor < slot.due:
            self._accrue_anew(anchor, slot.due)
        premium = ZERO if terms.kind in (Kind.CLM, Kind.UMP) else terms.premium
        return -terms.role * (terms.notional + premium)

    def _md(self, _slot: Slot) -> Decimal:
        state = self._state
        payoff = state.notional_scale * state.notional + state.interest_scale * state.accrued + state.fee
        state.notional = state.accrued = state.base = state.fee = ZERO
        return payoff

    _std = _md

    def _pr(self, slot: Slot) -> Decimal:
        state, role = self._state, self._terms.role
        amount = slot.value if self._terms.kind in (Kind.LAX, Kind.UMP) else state.payment
        if self._terms.kind in (Kind.NAM, Kind.ANN):
            amount -= role * state.accrued
        amount = role * min(amount, abs(state.notional))
        state.notional -= amount
        return state.notional_scale * amount

    def _pi(self, slot: Slot) -> Decimal:
        state = self._state
        state.notional += self._terms.role * slot.value
        return -state.notional_scale * self._terms.role * slot.value

    def _pp(self, slot: Slot) -> Decimal:
        state, terms = self._state, self._terms
        amount = slot.value or self._observed.value(terms.prepayment_object, slot.due)
        amount = terms.role * min(amount, abs(state.notional))
        state.notional -= amount
        return amount

    def _py(self, slot: Slot) -> Decimal:
        terms, state = self._terms, self._state
        if terms.penalty is Penalty.A:
            return terms.role * terms.penalty_rate
        numerator, denominator = self._fraction(slot.due)
        if terms.penalty is Penalty.N:
            return state.notional * terms.penalty_rate * numerator / denominator
        lost = max(ZERO, state.rate - self._observed.value(terms.rate_object, slot.due))
        return state.notional * lost * numerator / denominator

    def _fp(self, _slot: Slot) -> Decimal:
        terms, state = self._terms, self._state
        payoff = state.fee if terms.fee_on_notional else terms.role * terms.fee_rate
        state.fee = ZERO
        return payoff

    def _ip(self, _slot: Slot) -> Decimal:
        state = self._state
        payoff = state.interest_scale * (state.accrued + state.claim)
        state.accrued = state.claim = ZERO
        return payoff

    def _ipci(self, _slot: Slot) -> Decimal:
        state = self._state
        state.notional += state.accrued
        state.accrued = ZERO
        return ZERO

    def _rrf(self, slot: Slot) -> Decimal:
        self._state.rate = slot.value
        return ZERO

    def _rr(self, slot: Slot) -> Decimal:
        terms, state = self._terms, self._state
        target = self._observed.value(terms.rate_object, slot.due) * terms.multiplier + slot.value
        change = _clamp(target - state.rate, terms.period_floor, terms.period_cap)
        state.rate = _clamp(state.rate + change, terms.life_floor, terms.life_cap)
        return ZERO

    def _prf(self, slot: Slot) -> Decimal:
        terms, state = self._terms, self._state
        end = slot.due if self._end is None else self._end
        owed, rate = abs(state.notional), state.rate
        if slot.due < terms.initial_exchange:
            owed, rate = terms.notional, terms.rate or ZERO
        first, worth = annuity_growth(terms, slot.due, end=end, rate=rate)
        state.payment = (owed * first + terms.role * state.accrued) / worth
        return ZERO

    def _prd(self, _slot: Slot) -> Decimal:
        return -self._terms.role * (self._terms.purchase_price + self._state.accrued)

    def _td(self, _slot: Slot) -> Decimal:
        state = self._state
        payoff = self._terms.role * (self._terms.termination_price + state.accrued)
        state.notional = state.accrued = state.base = state.fee = ZERO
        return payoff

    def _sc(self, slot: Slot) -> Decimal:
        terms, state = self._terms, self._state
        scale = self._observed.value(terms.scaling_object, slot.due) / terms.scaling_start
        if terms.scales_interest:
            state.interest_scale = scale
        if terms.scales_notional:
            state.notional_scale = scale
        return ZERO

    def _ipcb(self, _slot: Slot) -> Decimal:
        self._state.base = self._state.notional
        return ZERO

    def _xd(self, _slot: Slot) -> Decimal:
        """Stop interest; with a period of notice what has accrued becomes a claim due at settlement."""
        state, notice = self._state, self._terms.notice
        state.base = ZERO
        if notice is not None and notice.months + notice.days > 0:
            state.claim, state.accrued = state.accrued, ZERO
        return ZERO


def _clamp(value: Decimal, floor: Decimal | None, cap: Decimal | None) -> Decimal:
    if floor is not None:
        value = max(value, floor)
    return value if cap is None else min(value, cap)


def project(terms: Terms, *, observed: Observations | None = None, until: int | None = None) -> list[CashFlowEvent]:
    """Future events of one loan, from its status date to its end.

    Parameters
    ----------
    terms
        The contract, from ``parse_terms``.
    observed
        Market rates and indices by name, and events that no schedule foresees (calls, prepayments).
    until
        Last moment to project, seconds since the epoch; needed where a loan has no end of its own.

    Returns
    -------
    list of CashFlowEvent
        In order of time and, within a day, of evaluation; empty if the loan ended before its status date.

    Raises
    ------
    InvalidInput
        Where a rate was not observed in time, or the terms lead to no end.

    References
    ----------
    ACTUS Technical Specification v1.1, sections on PAM, LAM, NAM, ANN, UMP, LAX and CLM.

    Examples
    --------
    >>> from analytics.cashflow.parsing import parse_terms
    >>> loan = parse_terms({"contractType": "PAM", "contractRole": "RPA", "statusDate": "2024-12-31",
    ...     "initialExchangeDate": "2025-01-01", "maturityDate": "2026-01-01", "notionalPrincipal": "100",
    ...     "nominalInterestRate": "0.05", "dayCountConvention": "A365"})
    >>> [(event.kind.name, str(event.payoff)) for event in project(loan)]
    [('IED', '-100'), ('IP', '5.00'), ('MD', '100.00')]
    """
    observed = observed or Observations()
    with localcontext() as context:
        context.prec = PRECISION
        _, slots, evaluation = _opened(terms, observed, until)
        events: list[CashFlowEvent] = []
        for slot in slots:
            if until is not None and counted_day(slot.shown) > counted_day(until):
                break
            event = evaluation.play(slot)
            if slot.kind is EventType.PRD:
                events.clear()
            events.append(event)
        return events


def standings(
    terms: Terms, moments: Sequence[int], *, observed: Observations | None = None, until: int | None = None
) -> list[tuple[Decimal, Decimal]]:
    """What a loan owes its lender at some moments, after what falls on their day.

    Parameters
    ----------
    terms
        The loan, from ``parse_terms``; read as an asset, whichever side it gives.
    moments
        Ascending, in seconds since the epoch.
    observed, until
        As ``project`` takes them.

    Returns
    -------
    list of (Decimal, Decimal)
        Principal, and interest accrued up to the moment; as of the status date where the moment lies before it.

    Raises
    ------
    InvalidInput
        As ``project`` does.

    References
    ----------
    ACTUS Technical Specification v1.1, child contract observer, state variables Nt and Ipac.

    Examples
    --------
    >>> from analytics.cashflow.parsing import parse_terms
    >>> loan = parse_terms({"contractType": "PAM", "contractRole": "RPL", "statusDate": "2024-12-31",
    ...     "initialExchangeDate": "2025-01-01", "maturityDate": "2026-01-01", "notionalPrincipal": "100",
    ...     "nominalInterestRate": "0.05", "dayCountConvention": "A365"})
    >>> from analytics.cashflow.calendar import parse_moment
    >>> [(str(principal), str(interest)) for principal, interest in standings(loan, [parse_moment("2025-03-15")])]
    [('100', '1.00')]
    """
    observed, terms = observed or Observations(), replace(terms, role=1, exchange_object="")
    with localcontext() as context:
        context.prec = PRECISION
        _, slots, evaluation = _opened(terms, observed, until)
        owed, played = [], 0
        for moment in moments:
            while played < len(slots) and counted_day(slots[played].shown) <= counted_day(moment):
                evaluation.play(slots[played])
                played += 1
            owed.append(evaluation.owed(max(moment, terms.status)))
        return owed


def last_moment(terms: Terms, *, observed: Observations | None = None, until: int | None = None) -> int | None:
    """The moment of a loan's last event; None where it has no end, or none after its status date."""
    with localcontext() as context:
        context.prec = PRECISION
        end, slots, _ = _opened(terms, observed or Observations(), until)
    if not slots or (end is None and slots[-1].kind is not EventType.TD):
        return None
    return slots[-1].shown


def _opened(terms: Terms, observed: Observations, until: int | None) -> tuple[int | None, list[Slot], _Evaluation]:
    """The end, the events to come up to a termination, and the state before them."""
    called = observed.called if terms.kind is Kind.CLM and terms.maturity is None else None
    end = maturity(terms, called=called, until=until)
    slots = contract_slots(terms, end, called=called, until=until, observed=_unscheduled(terms, observed))
    coming = [slot for slot in slots if counted_day(slot.shown) > counted_day(terms.status)]
    stop = next((place for place, slot in enumerate(coming) if slot.kind is EventType.TD), len(coming))
    return end, coming[: stop + 1], _Evaluation(terms, observed, slots=slots, end=end)


def _unscheduled(terms: Terms, observed: Observations) -> list[Slot]:
    slots = []
    for event in observed.events:
        kind = EventType[event.kind] if event.kind in EventType.__members__ else None
        allowed = {Kind.UMP: (EventType.PR, EventType.PI, EventType.PP), Kind.CLM: (EventType.XD,)}
        if kind not in allowed.get(terms.kind, (EventType.PP,)):
            raise InvalidInput(
                f"{terms.kind.name} has no unscheduled {event.kind} (observed at {format_moment(event.time)})"
            )
        slots.append(Slot(event.time, event.time, kind, event.value))
    return slots
