"""Business days: calendars as the days that are closed in each year, and the rules that move due dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from tests.stateful.model.terms import EPOCH, add_months

NO_RULE, FOLLOWING, MODIFIED_FOLLOWING, PRECEDING = range(4)  # BusinessDayRule


@dataclass(frozen=True, eq=False)
class Calendar:
    """The days that are closed, by year; a year that is not told is closed at weekends."""

    closed: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def __deepcopy__(self, _: object) -> Calendar:
        return self

    def with_year(self, year: int, closed: frozenset[int]) -> Calendar:
        return Calendar({**self.closed, year: closed})

    def is_open(self, day: int) -> bool:
        told = self.closed.get(date_of(day).year)
        return (day + 3) % 7 < 5 if told is None else day not in told  # day 0 was a Thursday

    def moved(self, day: int, rule: int) -> int:
        """The business day to which a rule sends a day."""
        if rule == NO_RULE or self.is_open(day):
            return day
        steps = {FOLLOWING: 1, MODIFIED_FOLLOWING: 1, PRECEDING: -1}
        found = self._next_open(day, steps[rule])
        if rule == MODIFIED_FOLLOWING and date_of(found).month != date_of(day).month:
            return self._next_open(day, -1)
        return found

    def _next_open(self, day: int, step: int) -> int:
        while not self.is_open(day):
            day += step
        return day


WEEKENDS = Calendar()


@cache
def date_of(day: int) -> date:
    return date.fromordinal(EPOCH.toordinal() + day)


def first_of(year: int) -> int:
    """The day number of a year's first day."""
    return (date(year, 1, 1) - EPOCH).days


@cache
def schedule(start: int, months: int, maturity: int, calendar: Calendar, rule: int) -> list[int]:
    """Every due date from start to maturity, each on the day to which the rule moves it."""
    days = [maturity]
    while months and (day := add_months(start, months * len(days))) < maturity:
        days.insert(-1, day)
    return [calendar.moved(day, rule) for day in days]
