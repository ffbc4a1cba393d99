"""Dates of the loan engine: cycles, business days and day counts.

A moment is an integer of seconds since 1970-01-01T00:00:00. A day that ends at 23:59:59 is the
day that begins a second later, so both moments count as the same day when days are counted.
"""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from analytics.errors import InvalidInput
from analytics.units import EPOCH, calendar_date, day_number

SECONDS_PER_DAY: Final = 86_400
MONTHS_PER_UNIT: Final = {"M": 1, "Q": 3, "H": 6, "Y": 12}
DAYS_PER_UNIT: Final = {"D": 1, "W": 7}
MAX_CYCLE_MONTHS: Final = 1_200
MAX_CYCLE_DAYS: Final = 36_525
_CYCLE = re.compile(r"P?(\d{1,5})([DWMQHY])(?:L([01])|([+-]))?")
_END_OF_DAY = re.compile(r"T24:00(:00)?$")


class DayCount(Enum):
    """Day-count conventions; the value is the number the contracts use."""

    ACTUAL_365 = 0
    ACTUAL_360 = 1
    THIRTY_E_360 = 2
    THIRTY_E_360_ISDA = 3
    ACTUAL_ACTUAL_ISDA = 4
    TWENTY_EIGHT_336 = 5


class Shift(Enum):
    """Where an event on a holiday moves, and whether accrual moves with it (SC) or not (CS)."""

    NONE = 0
    SCF = 1
    SCMF = 2
    CSF = 3
    CSMF = 4
    SCP = 5
    SCMP = 6
    CSP = 7
    CSMP = 8


@dataclass(frozen=True, slots=True)
class Cycle:
    """A period of months or days, and the stub at the end: long (``L0``) or short (``L1``)."""

    months: int
    days: int
    long_stub: bool


DENOMINATORS: Final = {
    DayCount.ACTUAL_365: 365,
    DayCount.ACTUAL_360: 360,
    DayCount.THIRTY_E_360: 360,
    DayCount.THIRTY_E_360_ISDA: 360,
    DayCount.ACTUAL_ACTUAL_ISDA: 365 * 366,
    DayCount.TWENTY_EIGHT_336: 336,
}
DAY_COUNT_CODES: Final = {
    "AA": DayCount.ACTUAL_ACTUAL_ISDA,
    "AAISDA": DayCount.ACTUAL_ACTUAL_ISDA,
    "A365": DayCount.ACTUAL_365,
    "A360": DayCount.ACTUAL_360,
    "30E360": DayCount.THIRTY_E_360,
    "30E360ISDA": DayCount.THIRTY_E_360_ISDA,
    "28336": DayCount.TWENTY_EIGHT_336,
    "28E336": DayCount.TWENTY_EIGHT_336,
}


def parse_day_count(code: str) -> DayCount:
    """The convention of an ACTUS day-count code, written with or without slashes.

    >>> parse_day_count("30E/360 ISDA")
    <DayCount.THIRTY_E_360_ISDA: 3>
    """
    plain = re.sub(r"[/ _-]", "", code.upper())
    if plain not in DAY_COUNT_CODES:
        raise InvalidInput(f"day count {code!r} is unknown; use one of {', '.join(sorted(DAY_COUNT_CODES))}")
    return DAY_COUNT_CODES[plain]


def parse_cycle(text: str) -> Cycle:
    """A cycle such as ``P1ML0`` (one month, long last stub) or the older ``1M-`` (short last stub).

    >>> parse_cycle("P2WL1")
    Cycle(months=0, days=14, long_stub=False)
    >>> parse_cycle("1Q+")
    Cycle(months=3, days=0, long_stub=True)
    """
    match = _CYCLE.fullmatch(text.strip().upper())
    if match is None or not text.isascii():
        raise InvalidInput(f"cycle {text!r} is malformed; write it like P1ML0 (number, unit D W M Q H Y, stub)")
    number, unit = int(match[1]), match[2]
    months, days = number * MONTHS_PER_UNIT.get(unit, 0), number * DAYS_PER_UNIT.get(unit, 0)
    if months > MAX_CYCLE_MONTHS or days > MAX_CYCLE_DAYS:
        raise InvalidInput(f"cycle {text!r} is longer than a century")
    return Cycle(months, days, match[3] == "0" or match[4] == "+")


def parse_moment(text: str) -> int:
    """Seconds since the epoch of an ISO 8601 time without zone, with or without seconds.

    The end of a day may be written 24:00: it counts as the day that follows, as 23:59:59 does.

    >>> parse_moment("2013-01-01T00:00") == parse_moment("2013-01-01")
    True
    >>> format_moment(parse_moment("2013-12-31T24:00:00"))
    '2013-12-31T23:59:59'
    """
    try:
        moment = datetime.fromisoformat(_END_OF_DAY.sub("T23:59:59", text.strip()))
    except ValueError as error:
        raise InvalidInput(f"time {text!r} is not ISO 8601; write it like 2013-01-31T00:00:00") from error
    if moment.tzinfo is not None or moment.year < EPOCH.year:
        raise InvalidInput(f"time {text!r} has a zone or lies before 1970; write a local time from 1970 on")
    return int(moment.replace(tzinfo=UTC).timestamp())


def format_moment(moment: int) -> str:
    """The ISO 8601 text of a moment.

    >>> format_moment(parse_moment("2013-01-31T23:59:59"))
    '2013-01-31T23:59:59'
    """
    return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None).isoformat()


def counted_day(moment: int) -> int:
    """The day number that a moment counts as: 23:59:59 belongs to the day that follows.

    >>> counted_day(parse_moment("2013-12-31T23:59:59")) == counted_day(parse_moment("2014-01-01"))
    True
    """
    return (moment + 1) // SECONDS_PER_DAY


def add_months(day: int, months: int) -> int:
    """The day ``months`` later, held back to the last day of a shorter month.

    >>> calendar_date(add_months(day_number(calendar_date(15_736)), 1)).isoformat()  # 31 January 2013
    '2013-02-28'
    """
    start = calendar_date(day)
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    last = monthrange(year, month + 1)[1]
    return day_number(start.replace(year=year, month=month + 1, day=min(start.day, last)))


def is_month_end(day: int) -> bool:
    """Whether a day is the last of its month."""
    return calendar_date(day).month != calendar_date(day + 1).month


def step(anchor: int, cycle: Cycle, count: int, *, end_of_month: bool) -> int:
    """The ``count``-th time of a cycle; with ``end_of_month`` a month-end anchor stays at month ends.

    ACTUS v1.1, end-of-month shift convention.
    """
    day, clock = divmod(anchor, SECONDS_PER_DAY)
    if cycle.months == 0:
        return anchor + count * cycle.days * SECONDS_PER_DAY
    moved = add_months(day, count * cycle.months)
    if end_of_month and is_month_end(day):
        here = calendar_date(moved)
        moved += monthrange(here.year, here.month)[1] - here.day
    return moved * SECONDS_PER_DAY + clock


def is_business_day(moment: int, *, weekdays_only: bool) -> bool:
    """Whether a calendar works on a day: always, or from Monday to Friday."""
    return not weekdays_only or calendar_date(moment // SECONDS_PER_DAY).weekday() < 5


def shifted(moment: int, shift: Shift, *, weekdays_only: bool) -> int:
    """The moment moved to a business day: following or preceding, kept in its month where modified.

    ACTUS v1.1, business-day shift convention.
    """
    if shift is Shift.NONE or is_business_day(moment, weekdays_only=weekdays_only):
        return moment
    following = shift in (Shift.SCF, Shift.SCMF, Shift.CSF, Shift.CSMF)
    modified = shift in (Shift.SCMF, Shift.CSMF, Shift.SCMP, Shift.CSMP)
    target = _nearest(moment, SECONDS_PER_DAY if following else -SECONDS_PER_DAY, weekdays_only)
    if modified and _month(target) != _month(moment):
        target = _nearest(moment, -SECONDS_PER_DAY if following else SECONDS_PER_DAY, weekdays_only)
    return target


def calculated(moment: int, shift: Shift, *, weekdays_only: bool) -> int:
    """The moment that accrual counts to: the shifted one where the rule shifts first (SC)."""
    if shift in (Shift.SCF, Shift.SCMF, Shift.SCP, Shift.SCMP):
        return shifted(moment, shift, weekdays_only=weekdays_only)
    return moment


def year_fraction(start: int, end: int, day_count: DayCount, *, maturity: int | None) -> tuple[int, int]:
    """The fraction of a year between two moments, as an integer numerator and denominator.

    A/A ISDA counts days in leap years over 366 and the others over 365, so over 365 x 366 = 133,590.
    Backwards the numerator is negative. ISDA 2006 Definitions, section 4.16.

    >>> new_year, march = parse_moment("2012-01-01"), parse_moment("2012-03-01")
    >>> year_fraction(new_year, march, DayCount.ACTUAL_360, maturity=None)
    (60, 360)
    """
    first, last = counted_day(start), counted_day(end)
    if first > last:
        numerator, denominator = year_fraction(end, start, day_count, maturity=maturity)
        return -numerator, denominator
    numerator = 0 if first == last else _numerator(first, last, day_count, maturity)
    return numerator, DENOMINATORS[day_count]


def _numerator(first: int, last: int, day_count: DayCount, maturity: int | None) -> int:
    if day_count is DayCount.ACTUAL_ACTUAL_ISDA:
        return _actual_actual(first, last)
    if day_count is DayCount.TWENTY_EIGHT_336:
        return _month_days(first, last, 28)
    if day_count is DayCount.THIRTY_E_360:
        return _month_days(first, last, 30)
    if day_count is DayCount.THIRTY_E_360_ISDA:
        return _thirty_isda(first, last, maturity is not None and counted_day(maturity) == last)
    return last - first


def _nearest(moment: int, stride: int, weekdays_only: bool) -> int:
    while not is_business_day(moment, weekdays_only=weekdays_only):
        moment += stride
    return moment


def _month(moment: int) -> tuple[int, int]:
    day = calendar_date(moment // SECONDS_PER_DAY)
    return day.year, day.month


def _actual_actual(first: int, last: int) -> int:
    numerator = 0
    while first < last:
        year = calendar_date(first).year
        stop = min(last, day_number(calendar_date(first).replace(year=year + 1, month=1, day=1)))
        numerator += (stop - first) * (365 if isleap(year) else 366)
        first = stop
    return numerator


def _month_days(first: int, last: int, per_month: int) -> int:
    a, b = calendar_date(first), calendar_date(last)
    months = 12 * (b.year - a.year) + b.month - a.month
    return per_month * months + min(b.day, per_month) - min(a.day, per_month)


def _thirty_isda(first: int, last: int, at_maturity: bool) -> int:
    a, b = calendar_date(first), calendar_date(last)
    day_a = 30 if is_month_end(first) else a.day
    day_b = 30 if is_month_end(last) and not (at_maturity and b.month == 2) else b.day
    return 360 * (b.year - a.year) + 30 * (b.month - a.month) + day_b - day_a
