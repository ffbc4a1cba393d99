"""What the outside world adds to a contract: market rates, indices, and events no schedule foresees."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from analytics.cashflow.calendar import format_moment, parse_moment
from analytics.cashflow.reading import parse_number
from analytics.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class ObservedEvent:
    """An unscheduled event: seconds since the epoch, ACTUS type (XD, PP, PR, PI, CE), unsigned amount.

    ``contract`` is the identifier of the contract it befell, and ``performance`` how that performs since (CE only);
    empty where they are not told.
    """

    time: int
    kind: str
    value: Decimal
    contract: str = ""
    performance: str = ""


@dataclass(frozen=True, slots=True)
class Observations:
    """Time series by market object, in order of time, and observed events."""

    series: Mapping[str, Sequence[tuple[int, Decimal]]] = field(default_factory=dict)
    events: Sequence[ObservedEvent] = ()

    def value(self, name: str, moment: int) -> Decimal:
        """The value of a market object at a moment: the last one observed up to it."""
        points = self.series.get(name, ())
        index = bisect_right(points, moment, key=lambda point: point[0])
        if index == 0:
            known = ", ".join(sorted(self.series)) or "none"
            raise InvalidInput(f"no value of {name!r} observed by {format_moment(moment)}; series known: {known}")
        return points[index - 1][1]

    @property
    def called(self) -> int | None:
        """The moment of the first call (XD), or None."""
        return min((event.time for event in self.events if event.kind == "XD"), default=None)

    def of_contract(self, identifier: str) -> Observations:
        """The same series, and the events that befell one contract, credit events left out."""
        return Observations(
            self.series, [event for event in self.events if event.contract == identifier and event.kind != "CE"]
        )


def parse_observations(
    data: Mapping[str, Mapping[str, object]], events: Sequence[Mapping[str, object]]
) -> Observations:
    """Observations as the ACTUS reference files write them.

    >>> parse_observations({"R": {"data": [{"timestamp": "2013-01-01T00:00:00", "value": "0.02"}]}}, []
    ...     ).value("R", parse_moment("2013-06-01"))
    Decimal('0.02')
    """
    series = {}
    for name, entry in data.items():
        points = entry.get("data")
        if not isinstance(points, list):
            raise InvalidInput(f"observed series {name!r} has no list 'data'")
        series[name] = sorted(
            (parse_moment(_field(point, "timestamp")), parse_number(name, _field(point, "value"))) for point in points
        )
    return Observations(
        series,
        tuple(
            ObservedEvent(
                parse_moment(_field(event, "time")),
                _field(event, "type"),
                abs(parse_number("value", str(event.get("value") or 0).strip())),
                _field({"contractId": "", **event}, "contractId"),
                _performance(event),
            )
            for event in events
        ),
    )


def _performance(event: Mapping[str, object]) -> str:
    states = event.get("states") or {}
    if not isinstance(states, Mapping):
        raise InvalidInput(f"the states of an observed event are {states!r}; write them as names to values")
    return str(states.get("contractPerformance", "")).strip().upper()


def _field(record: Mapping[str, object], name: str) -> str:
    if name not in record:
        raise InvalidInput(f"an observation lacks {name!r}: it has {', '.join(sorted(record)) or 'nothing'}")
    return str(record[name]).strip()
