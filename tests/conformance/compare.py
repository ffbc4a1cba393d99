"""One reference case against the events that an engine returned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from analytics.cashflow import CashFlowEvent, EnhancementEvent
from analytics.cashflow.calendar import counted_day, format_moment, parse_moment

TOLERANCE: Final = Decimal("1e-6")
COLUMNS: Final = {
    "payoff": "payoff",
    "notionalPrincipal": "notional",
    "nominalInterestRate": "rate",
    "accruedInterest": "accrued",
}
ENHANCEMENT_COLUMNS: Final = {
    "payoff": "payoff",
    "notionalPrincipal": "notional",
    "exerciseAmount": "exercise_amount",
}


def first_difference(
    events: Sequence[CashFlowEvent] | Sequence[EnhancementEvent], rows: Sequence[Mapping[str, Any]]
) -> str | None:
    """The first difference in words, or None where every row agrees within 1e-6, relative or absolute."""
    for number, (event, row) in enumerate(zip(events, rows, strict=False), start=1):
        columns = _columns(event, row)
        if unread := _unreadable(row, columns):
            return f"row {number}: {unread}"
        difference = _difference(event, row, columns)
        if difference is not None:
            return f"row {number} ({row['eventDate']} {row['eventType']}): {difference}"
    if len(events) != len(rows):
        return f"{len(events)} events, not {len(rows)}"
    return None


def _difference(
    event: CashFlowEvent | EnhancementEvent, row: Mapping[str, Any], columns: Mapping[str, str]
) -> str | None:
    if counted_day(event.time) != counted_day(parse_moment(row["eventDate"])):
        return f"date is {format_moment(event.time)}"
    if event.kind.name != row["eventType"]:
        return f"type is {event.kind.name}"
    for column, attribute in columns.items():
        expected, found = Decimal(_text(row, column)), getattr(event, attribute)
        if abs(found - expected) > TOLERANCE * max(1, abs(expected)):
            return f"{column} is {found:.9f}, not {expected}"
    if isinstance(event, EnhancementEvent) and _day(event.exercise_date) != _row_day(row.get("exerciseDate")):
        told = "none" if event.exercise_date is None else format_moment(event.exercise_date)
        return f"exerciseDate is {told}, not {row.get('exerciseDate') or 'none'}"
    return None


def _columns(event: CashFlowEvent | EnhancementEvent, row: Mapping[str, Any]) -> Mapping[str, str]:
    """The columns that a row of this contract type has; a fee that has accrued is told by some rows only."""
    if isinstance(event, CashFlowEvent):
        return COLUMNS
    tells_fee = _text(row, "feeAccrued") != ""
    return {**ENHANCEMENT_COLUMNS, "feeAccrued": "fee_accrued"} if tells_fee else ENHANCEMENT_COLUMNS


def _day(moment: int | None) -> int | None:
    return None if moment is None else counted_day(moment)


def _row_day(text: Any) -> int | None:
    return counted_day(parse_moment(text)) if text else None


def _unreadable(row: Mapping[str, Any], columns: Mapping[str, str]) -> str | None:
    """What a row lacks, or which of its numbers is none; None where it can be compared."""
    lacking = [name for name in ("eventDate", "eventType", *columns) if _text(row, name) == ""]
    if lacking:
        return f"the case does not tell {', '.join(lacking)}"
    for name in columns:
        try:
            Decimal(_text(row, name))
        except InvalidOperation:
            return f"{name} is {row[name]!r} in the case, which is not a number"
    return None


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()
