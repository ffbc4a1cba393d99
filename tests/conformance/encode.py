"""Terms and observations as the words that the engine's contract takes; its answer read back. No arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Any, Final

from analytics.cashflow import CashFlowEvent, EventType, Kind, Observations, Terms
from analytics.cashflow.calendar import Cycle
from analytics.cashflow.terms import Segment, Series
from analytics.errors import InvalidInput

WAD: Final = 10**18
ABSENT: Final = -(2**255)
UNBOUNDED: Final = 2**255 - 1


def wad(value: Decimal | None) -> int:
    """A number at 1e18; the contracts' mark of absence for None."""
    if value is None:
        return ABSENT
    with localcontext() as context:
        context.prec = 80
        return int((value * WAD).to_integral_value())


def _cycle(cycle: Cycle | None) -> tuple[int, int, bool]:
    return (0, 0, False) if cycle is None else (cycle.months, cycle.days, cycle.long_stub)


def _series(series: Series) -> tuple[int, tuple[int, int, bool]]:
    return series.anchor or 0, _cycle(series.cycle)


def _segments(entries: Sequence[Segment]) -> list[tuple[Any, ...]]:
    return [(_series(entry.series), wad(entry.amount), entry.flag) for entry in entries]


def _cap(value: Decimal | None) -> int:
    return UNBOUNDED if value is None else wad(value)


def encode_terms(terms: Terms) -> tuple[Any, ...]:
    """The struct ActusTerms, field by field."""
    return (
        terms.kind.value,
        terms.role < 0,
        terms.day_count.value,
        terms.shift.value,
        terms.weekdays_only,
        terms.end_of_month,
        bool(terms.exchange_object),
        terms.status,
        terms.initial_exchange,
        terms.maturity or 0,
        terms.amortization or 0,
        terms.capitalization_end or 0,
        terms.purchase or 0,
        terms.termination or 0,
        wad(terms.notional),
        wad(terms.premium),
        wad(terms.rate),
        wad(terms.accrued),
        wad(terms.next_principal),
        wad(terms.purchase_price),
        wad(terms.termination_price),
        _cycle(terms.notice),
        _series(terms.interest),
        _series(terms.principal),
        (
            _series(terms.reset),
            wad(terms.spread),
            wad(terms.multiplier),
            _cap(terms.life_cap),
            wad(terms.life_floor),
            _cap(terms.period_cap),
            wad(terms.period_floor),
            wad(terms.next_rate),
        ),
        (_series(terms.fee), wad(terms.fee_rate), terms.fee_on_notional, wad(terms.fee_accrued)),
        (_series(terms.base_fixing), terms.base.value, wad(terms.base_amount)),
        (
            _series(terms.scaling),
            terms.scales_interest,
            terms.scales_notional,
            wad(terms.scaling_start),
            wad(terms.interest_scale),
            wad(terms.notional_scale),
        ),
        (
            _series(terms.prepayment if terms.prepayment_object else Series()),
            terms.penalty.value,
            wad(terms.penalty_rate),
        ),
        _segments(terms.principal_array),
        _segments(terms.interest_array),
        _segments(terms.reset_array),
    )


def encode_observations(terms: Terms, observed: Observations) -> tuple[Any, ...]:
    """The struct Observations: the four series that the terms name, and the observed events."""
    names = (terms.rate_object, terms.scaling_object, terms.prepayment_object, terms.exchange_object)
    series = [[(time, wad(value)) for time, value in observed.series.get(name, ())] for name in names]
    events = [(event.time, _event_type(event.kind), wad(event.value)) for event in observed.events]
    return (*series, events)


def _event_type(code: str) -> int:
    if code not in EventType.__members__:
        raise InvalidInput(f"observed event {code!r} is of no type the engine knows")
    return EventType[code].value


def decode_flows(flows: Sequence[Sequence[int]]) -> list[CashFlowEvent]:
    """The contract's answer as events; every amount is the contract's own, divided by 1e18 exactly."""
    with localcontext() as context:
        context.prec = 80
        return [
            CashFlowEvent(moment, EventType(kind), *(Decimal(word) / WAD for word in words))
            for moment, kind, *words in flows
        ]


def supported(kind: str) -> bool:
    """Whether the engine has a contract type."""
    return kind in Kind.__members__
