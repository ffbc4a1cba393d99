"""Business-day calendars: the days a bank is closed, read from a file and set for a book year by year."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from analytics.errors import InvalidInput, NotFound
from scripts.desk import Desk

CHINA: Final = Path(__file__).resolve().parent.parent / "data" / "calendars" / "cn.csv"
COLUMNS: Final = ["date", "bank"]
WORDS: Final = {"open": True, "closed": False}
SATURDAY: Final = 5
LOW_DAYS: Final = 256


def read_exceptions(path: Path = CHINA) -> dict[date, bool]:
    """Whether the bank is open, by date, where that is not what the day of the week tells.

    Raises NotFound where there is no such file and InvalidInput with file and row where a row cannot be read, names
    a date twice or tells what the day of the week tells already.

    >>> read_exceptions()[date(2024, 2, 18)]
    True
    """
    if not path.is_file():
        raise NotFound(f"{path}: no such calendar; give a CSV file of {', '.join(COLUMNS)}")
    exceptions: dict[date, bool] = {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, strict=True)
        if next(rows, None) != COLUMNS:
            raise InvalidInput(f"{path} row 1: the columns are {', '.join(COLUMNS)}")
        for number, row in enumerate(rows, start=2):
            day, is_open = _exception(row, f"{path} row {number}")
            if day in exceptions:
                raise InvalidInput(f"{path} row {number}: {day} is told twice; keep one row")
            exceptions[day] = is_open
    return exceptions


def _exception(row: list[str], where: str) -> tuple[date, bool]:
    try:
        text, word = row
        day, is_open = date.fromisoformat(text), WORDS[word]
    except (KeyError, ValueError) as error:
        raise InvalidInput(f"{where}: found {','.join(row)}; give a date as 2024-02-18 and open or closed") from error
    if is_open == (day.weekday() < SATURDAY):
        raise InvalidInput(f"{where}: {day} is {word} by its day of the week; leave the row out")
    return day, is_open


def year_words(year: int, exceptions: Mapping[date, bool]) -> tuple[int, int]:
    """The two words that tell a year to the loan book: a bit a day from 1 January, set where the bank is closed.

    Days 0 to 255 are in the first word. Weekends are closed and other days open unless ``exceptions`` tells otherwise.

    >>> low, high = year_words(2023, {})
    >>> low & 0b1111111, high.bit_length()
    (65, 109)
    """
    day, closed = date(year, 1, 1), 0
    while day.year == year:
        if not exceptions.get(day, day.weekday() < SATURDAY):
            closed |= 1 << (day - date(year, 1, 1)).days
        day += timedelta(1)
    return closed % (1 << LOW_DAYS), closed >> LOW_DAYS


def set_calendar(desk: Desk, number: int, *, years: Iterable[int], path: Path = CHINA) -> None:
    """Set years of a calendar of the book; each is an event.

    Raises InvalidInput for a year that the file tells nothing of: the book would take it for one without holidays.
    """
    exceptions = read_exceptions(path)
    known = {day.year for day in exceptions}
    for year in years:
        if year not in known:
            raise InvalidInput(f"{path} tells nothing of {year}: add its holidays, or leave the year out")
        desk.send(desk.system.book.setCalendarYear, number, year, *year_words(year, exceptions), by="risk_officer")
