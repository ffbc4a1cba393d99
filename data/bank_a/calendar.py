"""The days on which Bank A does business: the 10th and 20th of each month and the quarter ends."""

from __future__ import annotations

from datetime import date
from typing import Final

from analytics.units import calendar_date, day_number

OPENING_DAY: Final = day_number(date(2020, 12, 31))
QUARTER_ENDS: Final = ((3, 31), (6, 30), (9, 30), (12, 31))


def business_day(year: int, month: int, day: int) -> int:
    """A date as a day number.

    >>> business_day(2020, 12, 31) == OPENING_DAY
    True
    """
    return day_number(date(year, month, day))


def add_months(day: int, months: int) -> int:
    """The same day of a later month; Bank A's days of business exist in every month.

    >>> calendar_date(add_months(business_day(2021, 11, 20), 3)).isoformat()
    '2022-02-20'
    """
    start = calendar_date(day)
    months += start.month - 1
    return day_number(date(start.year + months // 12, months % 12 + 1, start.day))


def due_days(start: int, maturity: int, year: int) -> list[int]:
    """The quarterly due days of a loan that lie in a year, maturity included.

    >>> [calendar_date(day).isoformat() for day in due_days(business_day(2021, 2, 10), business_day(2023, 2, 10), 2023)]
    ['2023-02-10']
    """
    found = []
    quarter = 1
    while (day := add_months(start, 3 * quarter)) <= maturity:
        if calendar_date(day).year == year:
            found.append(day)
        quarter += 1
    return found


def quarter_ends(year: int) -> list[int]:
    """The four quarter ends of a year."""
    return [business_day(year, month, day) for month, day in QUARTER_ENDS]


def next_business_day(day: int) -> int:
    """The first day of business on or after a day."""
    at = calendar_date(day)
    days = [business_day(at.year, at.month, number) for number in (10, 20)]
    days += [end for end in quarter_ends(at.year) if end >= day]
    later = business_day(at.year + at.month // 12, at.month % 12 + 1, 10)
    return min(found for found in [*days, later] if found >= day)


def year_of(day: int) -> int:
    """The calendar year of a day.

    >>> year_of(OPENING_DAY)
    2020
    """
    return calendar_date(day).year
