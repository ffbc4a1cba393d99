"""One reference case against the events that an engine returned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from analytics.cashflow import CashFlowEvent
from analytics.cashflow.calendar import counted_day, format_moment, parse_moment

TOLERANCE: Final = Decimal("1e-6")
COLUMNS: Final = {
    "payoff": "payoff",
    "notionalPrincipal": "notional",
    "nominalInterestRate": "rate",
    "accruedInterest": "accrued",
}


def first_difference(events: Sequence[CashFlowEvent], rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The first difference in words, or None where every row agrees within 1e-6, relative or absolute."""
    for number, (event, row) in enumerate(zip(events, rows, strict=False), start=1):
        lacking = [name for name in ("eventDate", "eventType", *COLUMNS) if row.get(name) in (None, "")]
        if lacking:
            return f"row {number}: the case does not tell {', '.join(lacking)}"
        here = f"row {number} ({row['eventDate']} {row['eventType']})"
        if counted_day(event.time) != counted_day(parse_moment(row["eventDate"])):
            return f"{here}: date is {format_moment(event.time)}"
        if event.kind.name != row["eventType"]:
            return f"{here}: type is {event.kind.name}"
        for column, attribute in COLUMNS.items():
            expected, found = Decimal(str(row[column]).strip()), getattr(event, attribute)
            if abs(found - expected) > TOLERANCE * max(1, abs(expected)):
                return f"{here}: {column} is {found:.9f}, not {expected}"
    if len(events) != len(rows):
        return f"{len(events)} events, not {len(rows)}"
    return None
