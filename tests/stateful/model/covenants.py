"""Covenants told a second time: facts and rules in dictionaries, each facility's tests as what they last said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from analytics.ledger import ANSWERS, COVENANT_TESTS, MEASURES

CONTINUE, SUSPEND, NOTICE = range(len(ANSWERS))
RATING, DOWNGRADE, STANDING = (COVENANT_TESTS.index(name) for name in ("rating", "downgrade", "standing"))
MINIMUM = 0
FIRST_MEASURE = 4
ANY_TEST = range(1, len(COVENANT_TESTS))
GOING_ON = (CONTINUE, 0, False)


@dataclass
class Facility:
    """A customer's loans of one product: what each test last said, as answer, last day to cure, late."""

    entered_on: int
    entry_grade: int
    tests: dict[int, tuple[int, int, bool]] = field(default_factory=dict)

    def answer(self) -> tuple[int, int, int]:
        """The severest answer, its test, and the last day to cure: of notices the first to end."""
        failing = [(-said[0], said[1], test) for test, said in self.tests.items() if said[0]]
        if not failing:
            return CONTINUE, 0, 0
        severity, cure_by, test = min(failing)
        return -severity, test, cure_by


@dataclass
class Covenants:
    """The registry: rules by product, facts by customer."""

    today: int = 0
    ratings: dict[int, tuple[int, ...]] = field(default_factory=dict)
    standing_rules: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    measure_rules: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)
    grades: dict[int, int] = field(default_factory=dict)
    standings: dict[int, int] = field(default_factory=dict)
    figures: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    facilities: dict[tuple[int, int], Facility] = field(default_factory=dict)

    def enter(self, customer: int, product: int) -> None:
        if (customer, product) not in self.facilities:
            self.facilities[customer, product] = Facility(self.today, self.grades[customer])
            self.test(customer, range(1, len(COVENANT_TESTS)), product)

    def reset(self, customer: int, product: int) -> None:
        self.facilities[customer, product] = Facility(self.today, self.grades[customer])
        self.test(customer, range(1, len(COVENANT_TESTS)), product)

    def test(self, customer: int, tests: Iterator[int] | range | list[int], only: int | None = None) -> None:
        """Let the customer's facilities, or the one of a product, answer again."""
        tests = list(tests)
        for (whom, product), facility in self.facilities.items():
            if whom == customer and only in (None, product):
                for test in tests:
                    self._say(facility, test, *self._found(facility, customer, product, test))

    def _found(self, facility: Facility, customer: int, product: int, test: int) -> tuple[bool, bool, int, int]:
        """Whether a test fails, whether for a late figure, and its rule's answer and days."""
        if test in (RATING, DOWNGRADE):
            worst, answer, days, notches, fall_answer, fall_days = self.ratings.get(product, (0,) * 6)
            grade, entry = self.grades[customer], facility.entry_grade
            if test == RATING:
                return bool(worst) and grade > worst, False, answer, days
            return bool(notches and entry) and grade - entry >= notches, False, fall_answer, fall_days
        if test == STANDING:
            answer, days = self.standing_rules.get((product, self.standings.get(customer, 0)), (CONTINUE, 0))
            return True, False, answer, days
        bound, threshold, answer, days, age = self.measure_rules.get((product, test - 4), (0,) * 5)
        value, as_of = self.figures.get((customer, test - 4), (None, facility.entered_on))
        late = bool(age) and self.today - as_of > age
        beyond = value is not None and (value < threshold if bound == MINIMUM else value > threshold)
        return beyond or late, late, answer, days

    def _say(self, facility: Facility, test: int, fails: bool, late: bool, answer: int, days: int) -> None:
        had, cure_by, _ = facility.tests.get(test, GOING_ON)
        if had == NOTICE and self.today > cure_by:
            return
        if not fails or answer == CONTINUE:
            facility.tests[test] = GOING_ON
        elif answer == SUSPEND:
            facility.tests[test] = (SUSPEND, 0, late)
        else:
            day = self.today + days
            facility.tests[test] = (NOTICE, min(day, cure_by) if had == NOTICE else day, late)

    def held(self, customer: int, product: int) -> tuple[int, int] | None:
        """The answer and last day that hold a drawing back, None where it may be made."""
        facility = self.facilities.get((customer, product))
        if facility is None:
            return None
        answer, _, cure_by = facility.answer()
        if answer:
            return answer, cure_by
        for test in range(4, 4 + len(MEASURES)):
            fails, late, rule, _ = self._found(facility, customer, product, test)
            if fails and late and rule:
                return SUSPEND, 0
        return None

    def breached(self, customer: int, product: int) -> bool:
        facility = self.facilities.get((customer, product))
        tests = facility.tests.values() if facility else ()
        return any(answer == NOTICE and cure_by < self.today for answer, cure_by, _ in tests)
