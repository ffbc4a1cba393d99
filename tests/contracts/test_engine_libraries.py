"""Dates, day counts, schedules and annuities of the contracts against independent exact arithmetic."""

from __future__ import annotations

import random
from calendar import isleap, monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from analytics.units import PPB, calendar_date, day_number
from tests.contracts.expect import reverts

SEED = 31_052_021
LARGEST_LOAN = 2**56 - 1  # fen
ACTUAL_365, ACTUAL_360, THIRTY, THIRTY_ISDA, ACTUAL_ACTUAL, TWENTY_EIGHT = range(6)
RULES = ("NONE", "SCF", "SCMF", "CSF", "CSMF", "SCP", "SCMP", "CSP", "CSMP")


@pytest.fixture(scope="module")
def libraries(LibrariesHarness: Any, accounts: Any) -> Any:
    return accounts[0].deploy(LibrariesHarness)


@pytest.fixture
def chance() -> random.Random:
    print(f"seed {SEED}")
    return random.Random(SEED)


def _day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def _random_days(chance: random.Random, count: int) -> list[int]:
    """Days from 1990 to 2100, a third of them at the ends of months or on leap days."""
    days = [chance.randrange(_day("1990-01-01"), _day("2100-12-31")) for _ in range(count)]
    for place in range(0, count, 3):
        here = calendar_date(days[place])
        days[place] = day_number(here.replace(day=monthrange(here.year, here.month)[1]))
    return days


def _months_later(day: int, months: int) -> int:
    """Months counted one by one from the first of the month, an arithmetic of its own."""
    here = calendar_date(day)
    first = here.replace(day=1)
    for _ in range(abs(months)):
        first = (
            (first + timedelta(days=32)).replace(day=1) if months > 0 else (first - timedelta(days=1)).replace(day=1)
        )
    return day_number(first.replace(day=min(here.day, monthrange(first.year, first.month)[1])))


@pytest.mark.parametrize("months", [-13, -1, 0, 1, 3, 12, 13, 480])
def test_months_clamp_to_the_end_of_a_shorter_month(months: int, libraries: Any, chance: random.Random) -> None:
    days = [day for day in _random_days(chance, 150) if day > _day("1995-01-01") and day < _day("2060-01-01")]
    assert list(libraries.addMonths(days, months)) == [_months_later(day, months) for day in days]


def test_a_month_end_anchor_keeps_to_month_ends_only_where_asked(libraries: Any) -> None:
    anchor = _day("2019-02-28")
    kept = [calendar_date(day).isoformat() for day in libraries.dueDays(anchor, 1, 14, True)]
    same = [calendar_date(day).isoformat() for day in libraries.dueDays(anchor, 1, 3, False)]
    assert kept[:3] == ["2019-02-28", "2019-03-31", "2019-04-30"]
    assert kept[12:] == ["2020-02-29", "2020-03-31"]
    assert same == ["2019-02-28", "2019-03-28", "2019-04-28"]


def test_a_due_day_is_counted_from_the_anchor_and_does_not_drift(libraries: Any) -> None:
    """31 January, February clamps to the 28th, and March is the 31st again."""
    days = [calendar_date(day).isoformat() for day in libraries.dueDays(_day("2023-01-31"), 1, 4, False)]
    assert days == ["2023-01-31", "2023-02-28", "2023-03-31", "2023-04-30"]


def _shifted(day: int, rule: str) -> int:
    """The rule by walking the calendar."""
    if rule == "NONE" or calendar_date(day).weekday() < 5:
        return day

    def walk(stride: int) -> int:
        here = day
        while calendar_date(here).weekday() >= 5:
            here += stride
        return here

    forward, backward = walk(1), walk(-1)
    first, second = (forward, backward) if rule.endswith("F") else (backward, forward)
    changes_month = calendar_date(first).month != calendar_date(day).month
    return second if "M" in rule and changes_month else first


@pytest.mark.parametrize("rule", RULES)
def test_holidays_shift_as_the_rule_says(rule: str, libraries: Any, chance: random.Random) -> None:
    days = [*_random_days(chance, 300), *range(_day("2021-01-28"), _day("2021-03-04"))]
    assert list(libraries.shifted(days, RULES.index(rule))) == [_shifted(day, rule) for day in days]


def _year_fraction(first: int, last: int, basis: int, maturity: int = 0) -> Fraction:
    a, b = calendar_date(first), calendar_date(last)
    if basis in (ACTUAL_365, ACTUAL_360):
        return Fraction(last - first, 365 if basis == ACTUAL_365 else 360)
    if basis == ACTUAL_ACTUAL:
        years: dict[int, int] = {}
        for year in range(a.year, b.year + 1):
            begin, end = max(first, day_number(date(year, 1, 1))), min(last, day_number(date(year + 1, 1, 1)))
            years[year] = end - begin
        return sum((Fraction(days, 366 if isleap(year) else 365) for year, days in years.items()), Fraction(0))
    length, year_length = (28, 336) if basis == TWENTY_EIGHT else (30, 360)
    d1, d2 = min(a.day, length), min(b.day, length)
    if basis == THIRTY_ISDA:
        d1 = 30 if a.day == monthrange(a.year, a.month)[1] else a.day
        at_end = b.day == monthrange(b.year, b.month)[1] and not (last == maturity and b.month == 2)
        d2 = 30 if at_end else b.day
    months = 12 * (b.year - a.year) + b.month - a.month
    return Fraction(length * months + d2 - d1, year_length)


@pytest.mark.parametrize("basis", range(6))
def test_year_fractions_are_exact(basis: int, libraries: Any, chance: random.Random) -> None:
    starts = _random_days(chance, 200)
    ends = [start + chance.choice([0, 1, 28, 31, 365, 366, 14_610]) + chance.randrange(400) for start in starts]
    maturity = _day("2024-02-29")
    starts += [_day("2023-11-30"), _day("2023-11-30"), _day("2024-02-29"), _day("2012-12-31")]
    ends += [maturity, _day("2025-02-28"), _day("2064-02-29"), _day("2013-01-01")]
    numerators, denominator = libraries.numerators(starts, ends, basis, maturity)
    for start, end, numerator in zip(starts, ends, numerators, strict=True):
        expected = 0 if start == end else _year_fraction(start, end, basis, maturity)
        assert Fraction(numerator, denominator) == expected, (calendar_date(start), calendar_date(end))
    backwards, _ = libraries.numerators(ends, starts, basis, maturity)
    assert list(backwards) == [-numerator for numerator in numerators]


def _times(
    libraries: Any, anchor: str, cycle: tuple[int, int, bool], end: str, *, end_of_month: bool = False
) -> list[str]:
    series = (_day(anchor) * 86_400, cycle)
    moments = libraries.times(series, _day(end) * 86_400, end_of_month)
    return [calendar_date(moment // 86_400).isoformat() for moment in moments]


def test_a_long_stub_swallows_the_time_before_the_end(libraries: Any) -> None:
    assert _times(libraries, "2013-01-01", (3, 0, True), "2013-12-31") == [
        "2013-01-01",
        "2013-04-01",
        "2013-07-01",
        "2013-12-31",
    ]
    assert _times(libraries, "2013-01-01", (3, 0, False), "2013-12-31")[-2:] == ["2013-10-01", "2013-12-31"]


def test_no_stub_where_the_end_fits_the_cycle(libraries: Any) -> None:
    assert _times(libraries, "2013-01-01", (6, 0, True), "2014-01-01") == ["2013-01-01", "2013-07-01", "2014-01-01"]


def test_a_long_stub_leaves_at_least_the_anchor(libraries: Any) -> None:
    assert _times(libraries, "2013-01-01", (6, 0, True), "2013-09-01") == ["2013-01-01", "2013-09-01"]


def test_a_single_period_is_never_swallowed(libraries: Any) -> None:
    assert _times(libraries, "2013-01-01", (6, 0, True), "2013-03-01") == ["2013-01-01", "2013-03-01"]


def test_a_series_without_cycle_has_its_anchor_and_the_end(libraries: Any) -> None:
    assert _times(libraries, "2013-05-05", (0, 0, False), "2014-01-01") == ["2013-05-05", "2014-01-01"]


def test_a_series_after_the_end_has_only_the_end(libraries: Any) -> None:
    assert _times(libraries, "2015-05-05", (1, 0, False), "2014-01-01") == ["2014-01-01"]


def test_a_series_without_anchor_is_empty(libraries: Any) -> None:
    assert list(libraries.times((0, (1, 0, False)), _day("2014-01-01") * 86_400, False)) == []


def test_weeks_and_days_cycle_by_days(libraries: Any) -> None:
    assert _times(libraries, "2024-02-20", (0, 14, False), "2024-03-10") == ["2024-02-20", "2024-03-05", "2024-03-10"]


def test_a_daily_series_of_a_century_is_refused(libraries: Any) -> None:
    anchor, end = _day("2000-01-01") * 86_400, _day("2100-01-01") * 86_400
    with reverts("Schedule_TooLong", anchor, end):
        libraries.times((anchor, (0, 1, False)), end, False)


def test_the_last_second_counts_as_the_next_day(libraries: Any) -> None:
    assert libraries.countedDay(_day("2013-12-31") * 86_400 + 86_399) == _day("2014-01-01")
    assert libraries.countedDay(_day("2013-12-31") * 86_400 + 86_398) == _day("2013-12-31")


def _instalment(principal: int, rate: int, months: int, count: int) -> Fraction:
    """P i / (1 - (1 + i)^-n), exactly."""
    i = Fraction(rate * months, 12 * PPB)
    return Fraction(principal, count) if i == 0 else principal * i / (1 - (1 + i) ** -count)


def _ceiling(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)


def _loans(chance: random.Random) -> Iterator[tuple[int, int, int, int]]:
    yield 1, 43_500_000, 1, 12  # one fen
    yield 1, 0, 1, 480
    yield LARGEST_LOAN, 43_500_000, 1, 360
    yield LARGEST_LOAN, 0, 3, 7
    yield LARGEST_LOAN, 1, 1, 480  # the smallest rate over forty years
    yield LARGEST_LOAN, -1, 1, 480
    yield 100_000_000, -5_000_000, 1, 240  # half a percent negative
    yield 100_000_000, 43_500_000, 1, 1  # a single payment
    yield 2**120, 240_000_000, 12, 40
    for _ in range(60):
        yield (
            chance.randrange(1, LARGEST_LOAN),
            chance.randrange(-20_000_000, 360_000_000),
            chance.choice([1, 3, 6, 12]),
            chance.randrange(1, 481),
        )


def test_an_instalment_is_the_exact_annuity_rounded_up(libraries: Any, chance: random.Random) -> None:
    for principal, rate, months, count in _loans(chance):
        found = libraries.instalmentUp(principal, rate, months, count)
        assert found == _ceiling(_instalment(principal, rate, months, count)), (principal, rate, months, count)


def test_an_instalment_repays_the_loan_and_the_last_one_is_not_larger(libraries: Any, chance: random.Random) -> None:
    for principal, rate, months, count in _loans(chance):
        instalment = libraries.instalmentUp(principal, rate, months, count)
        growth = 1 + Fraction(rate * months, 12 * PPB)
        last = growth**count * principal - instalment * sum(growth**power for power in range(1, count))
        assert last <= instalment
        # Each instalment is above the exact one by less than a fen, which earns interest until the end.
        assert last > instalment - sum(growth**power for power in range(count))


@pytest.mark.parametrize("count", [0, 1_201])
def test_an_annuity_needs_between_one_and_1200_payments(count: int, libraries: Any) -> None:
    with reverts("Annuity_BadCount", count):
        libraries.instalmentUp(100, 50_000_000, 1, count)


@pytest.mark.parametrize("rate", [-7 * PPB, 10 * PPB + 1])
def test_an_annuity_refuses_an_absurd_rate(rate: int, libraries: Any) -> None:
    with reverts("Annuity_BadRate", rate):
        libraries.instalmentUp(100, rate, 1, 12)


def test_rounding_down_carries_its_residue(libraries: Any, chance: random.Random) -> None:
    unit, exact, paid, residue = PPB * 365, 0, 0, 0
    for _ in range(40):
        accrued = chance.randrange(10**18)
        exact += accrued
        whole, residue = libraries.wholeDown(residue + accrued, unit)
        paid += whole
        assert 0 <= residue < unit
    assert paid * unit + residue == exact


@pytest.mark.parametrize(
    ("exact", "whole"), [(0, 0), (1, 1), (99, 1), (100, 1), (101, 2), (2**256 - 1, (2**256 - 1) // 100 + 1)]
)
def test_rounding_up_settles_for_good(exact: int, whole: int, libraries: Any) -> None:
    assert libraries.wholeUp(exact, 100) == whole


@pytest.mark.parametrize(("exact", "whole"), [(149, 1), (150, 2), (-149, -1), (-150, -2), (0, 0)])
def test_the_nearest_integer_is_the_same_on_both_sides_of_zero(exact: int, whole: int, libraries: Any) -> None:
    assert libraries.nearest(exact, 100) == whole
