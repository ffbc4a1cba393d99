"""Terms and observations as the words that the engine's contract takes; its answer read back. No arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Any, Final

from eth_utils.crypto import keccak

from analytics.cashflow import (
    CashFlowEvent,
    Enhancement,
    EnhancementEvent,
    EnhancementKind,
    EventType,
    Kind,
    Observations,
    Terms,
)
from analytics.cashflow.calendar import Cycle
from analytics.cashflow.enhancement import credit_events
from analytics.cashflow.enhancement_terms import Covered
from analytics.cashflow.terms import Segment, Series
from analytics.errors import InvalidInput

WAD: Final = 10**18
ABSENT: Final = -(2**255)
UNBOUNDED: Final = 2**255 - 1

# Parts of the struct ActusTerms as they stand where a contract has nothing of the kind.
NO_CYCLE: Final = (0, 0, False)
NEVER: Final = (0, NO_CYCLE)
NO_FEE: Final = (NEVER, 0, False, 0)
NO_LOAN: Final = ((NEVER, 0, ABSENT), (NEVER, False, False, WAD, WAD, WAD), (NEVER, 0, 0), [], [], [])
NO_INTEREST: Final = (NEVER, NEVER, (NEVER, 0, 0, 0, 0, 0, 0, ABSENT))
BLANK: Final = (
    *(0, False, 0, 0, False, False, False), *[0] * 7, *(ABSENT, 0, ABSENT, ABSENT, ABSENT, 0, 0),
    NO_CYCLE, *NO_INTEREST, NO_FEE, *NO_LOAN,
)  # fmt: skip


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
    events = [(event.time, _event_type(event.kind), wad(event.value)) for event in observed.events]
    return (*(_points(observed, name) for name in names), events)


def encode_enhancement(terms: Enhancement, observed: Observations) -> tuple[Any, ...]:
    """The struct Enhancement, with what was observed of the contracts and objects it names."""
    return (
        _own(terms),
        terms.exposure.value,
        sum(1 << performance.value for performance in terms.credit_events),
        wad(terms.coverage),
        terms.exercise_date or 0,
        wad(terms.exercise_amount),
        [_covered(covered, observed) for covered in terms.covered],
        [_points(observed, name) for name in terms.covering],
        _points(observed, terms.exchange_object),
        [
            (moment, _identity(contract), performance.value)
            for moment, contract, performance in credit_events(terms, observed)
        ],
    )


def _own(terms: Enhancement) -> tuple[Any, ...]:
    """The struct ActusTerms of an enhancement; what only loans have stays empty."""
    return (
        *(terms.kind.value, terms.role < 0, terms.day_count.value),
        *(terms.shift.value, terms.weekdays_only, terms.end_of_month, bool(terms.exchange_object)),
        *(terms.status, terms.start, terms.maturity or 0, 0, 0, terms.purchase or 0, terms.termination or 0),
        *(wad(terms.notional), 0, ABSENT, ABSENT, ABSENT, wad(terms.purchase_price), wad(terms.termination_price)),
        _cycle(terms.settlement),
        *NO_INTEREST,
        (_series(terms.fee), wad(terms.fee_rate), terms.fee_on_notional, wad(terms.fee_accrued)),
        *NO_LOAN,
    )


def _covered(covered: Covered, observed: Observations) -> tuple[Any, ...]:
    """The struct Covered; one known by its identifier only has empty terms."""
    mine, terms = observed.of_contract(covered.identifier), covered.terms
    return (
        _identity(covered.identifier),
        terms is not None,
        BLANK if terms is None else encode_terms(terms),
        ([], [], [], [], []) if terms is None else encode_observations(terms, mine),
        _points(observed, covered.market_object),
    )


def _identity(identifier: str) -> bytes:
    return keccak(text=identifier)


def _points(observed: Observations, name: str) -> list[tuple[int, int]]:
    return [(time, wad(value)) for time, value in observed.series.get(name, ())]


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


def decode_enhancement_flows(flows: Sequence[Sequence[int]]) -> list[EnhancementEvent]:
    """The contract's answer for an enhancement as events, as ``decode_flows`` reads a loan's."""
    with localcontext() as context:
        context.prec = 80
        return [
            EnhancementEvent(
                moment,
                EventType(kind),
                *(Decimal(word) / WAD for word in (payoff, notional, fee)),
                exercise_date or None,
                Decimal(exercise_amount) / WAD,
            )
            for moment, kind, payoff, notional, fee, exercise_date, exercise_amount in flows
        ]


def enhances(kind: str) -> bool:
    """Whether a contract type is a credit enhancement."""
    return kind in EnhancementKind.__members__


def supported(kind: str) -> bool:
    """Whether the engine has a contract type."""
    return kind in Kind.__members__ or enhances(kind)
