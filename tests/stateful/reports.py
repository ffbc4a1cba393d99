"""Acts of reporting: figures, standings and ratings that covenants are tested by, and the days a bank is closed."""

from __future__ import annotations

import random
from datetime import date, timedelta

from scripts.calendars import year_words
from tests.stateful.desk import (
    CHECKERS,
    COVENANTS,
    HOLIDAYS,
    MEASURED,
    PRODUCTS,
    act,
    any_number,
    checker_drawn,
    either,
    integers,
    one_of,
)
from tests.stateful.findings import Findings
from tests.stateful.model.balances import ACTIVE
from tests.stateful.model.calendars import date_of, first_of
from tests.stateful.model.covenants import CONTINUE, NOTICE, SUSPEND
from tests.stateful.model.loans import Loan
from tests.stateful.model.terms import BREACH

COMPANIES = (1, 2, 3, 5)
AT_ONCE = 3  # a standing that must be cured on its day
GIVEN_FOR = 400  # days a rating is valid
MEASURED_AT = {measure: threshold for measure, (_, threshold, *_) in COVENANTS.items()}
COVENANTED_PRODUCTS = [number for number, product in PRODUCTS.items() if product.covenanted]


def holidays_of(year: int, chance: random.Random) -> dict[date, bool]:
    """Seven runs of closed days, each with a make-up workday on a weekend near it, and whether the bank is open."""
    exceptions: dict[date, bool] = {}
    for _ in range(7):
        first = date(year, 1, 1) + timedelta(chance.randrange(365))
        days = [first + timedelta(days) for days in range(chance.randint(1, 8))]
        exceptions |= {day: False for day in days if day.year == year}
        near = [first + timedelta(days) for days in (-9, -8, -7, -6, 9, 10, 11, 12)]
        weekend = [day for day in near if day.year == year and day.weekday() > 4 and day not in exceptions]
        exceptions |= dict.fromkeys(weekend[:1], True)
    return exceptions


def closed_days(year: int, exceptions: dict[date, bool]) -> frozenset[int]:
    """The days of a year on which a bank with these exceptions is closed."""
    days = range(first_of(year), first_of(year + 1))
    return frozenset(day for day in days if not exceptions.get(date_of(day), date_of(day).weekday() < 5))


class Reports(Findings):
    """What data providers, the credit bureau and risk officers tell."""

    @act(5, n=any_number, worth=one_of(-1, 0, 0, 1), age=one_of(0, 0, 0, 3, 150, -1))
    def report_figure(self, n: int, worth: int, age: int) -> None:
        """At the threshold of the covenants, or beside it."""
        customer, measure = self.under_covenants(n)[0], MEASURED[n % 2]
        value, as_of = MEASURED_AT[measure] + worth, self.bank.today - age
        self.attempt(
            "report_figure",
            lambda bank: bank.report_figure(customer, measure, value, as_of),
            lambda: self.system.covenants.reportFigure(customer, measure, value, as_of, self.by("data_provider")),
        )

    @act(2, n=any_number, standing=one_of(0, 0, 0, 1, 2, 3))
    def report_standing(self, n: int, standing: int) -> None:
        self.stand(self.under_covenants(n)[0], standing)

    def stand(self, customer: int, standing: int) -> None:
        self.attempt(
            "report_standing",
            lambda bank: bank.report_standing(customer, standing),
            lambda: self.system.covenants.reportStanding(customer, standing, self.by("credit_bureau")),
        )

    @act(1, n=any_number, grade=integers(3, 9))
    def rate_customer(self, n: int, grade: int) -> None:
        """Confirmed by another, and told to the covenants at once."""
        customer, today = COMPANIES[n % len(COMPANIES)], self.bank.today
        rating = (customer, grade, 1, 1_250, today, today + GIVEN_FOR)

        def acted() -> None:
            self.system.ratings.propose(rating, self.by("risk_officer"))
            self.system.ratings.confirm(rating, self.by("approver"))

        self.attempt("rate_customer", lambda bank: bank.rate(customer, grade, today + GIVEN_FOR), acted)

    @act(2, n=any_number)
    def evaluate(self, n: int) -> None:
        """By anybody, as when a figure is late."""
        customer = self.under_covenants(n)[0]
        self.attempt(
            "evaluate",
            lambda bank: bank.evaluate(customer),
            lambda: self.system.covenants.evaluate(customer, self.of(self.stranger)),
        )

    @act(2, n=any_number, checker=checker_drawn)
    def reset_covenants(self, n: int, checker: int) -> None:
        """Where a notice ran out, if there is such a one."""
        ran_out = [pair for pair in self.bank.covenants.facilities if self.bank.covenants.breached(*pair)]
        customer, product = self.turned(ran_out, n)[0] if ran_out and n % 4 else self.under_covenants(n)
        registry = self.system.covenants

        def acted() -> None:
            registry.proposeReset(customer, product, self.by("risk_officer"))
            registry.reset(customer, product, self.by(CHECKERS[checker]))

        self.attempt("reset_covenants", lambda bank: bank.reset_covenants(customer, product, checker), acted)

    @act(2, n=any_number)
    def declare_breach(self, n: int) -> None:
        """Of a loan whose covenants ran out; where none did, mostly of one whose notice is to be cured at once."""
        breached = [loan for loan in self.covenanted() if self.bank.covenants.breached(*self.facility_of(loan))]
        if n % 4 and not breached and self.covenanted():
            breached = self.turned(self.covenanted(), n)[:1]
            self.stand(breached[0].customer, AT_ONCE)
            self.next_day(days=1)
        number = self.turned(breached, n)[0].number if breached and n % 4 else self.pick(n, ACTIVE)
        self.touched.add(number)
        self.attempt(
            "declare_breach",
            lambda bank: bank.declare_default(number, BREACH),
            lambda: self.system.book.declareDefault(number, BREACH, self.by("risk_officer")),
        )

    def covenanted(self) -> list[Loan]:
        """Loans that may be served a notice."""
        return [loan for loan in self.bank.loans.values() if loan.state == ACTIVE and loan.product.covenanted]

    def facility_of(self, loan: Loan) -> tuple[int, int]:
        return loan.customer, loan.product_number

    @act(1, n=any_number, severe=either)
    def set_covenant(self, n: int, severe: bool) -> None:
        """The rule of a measure anew, in force from the next fact on."""
        product, measure = COVENANTED_PRODUCTS[n % len(COVENANTED_PRODUCTS)], MEASURED[n // 2 % 2]
        bound, threshold, *_ = COVENANTS[measure]
        answer = (NOTICE if severe else SUSPEND) if n % 8 else CONTINUE
        rule = (bound, threshold, answer, n if answer == NOTICE else 0, 30 * (n % 3))
        self.attempt(
            "set_covenant",
            lambda bank: bank.set_covenant(product, measure, rule),
            lambda: self.system.covenants.setMeasureRule(product, measure, rule, self.by("risk_officer")),
        )

    def under_covenants(self, n: int) -> tuple[int, int]:
        """A customer and a product under whose rules its loans are, seven times in eight."""
        entered = list(self.bank.covenants.facilities)
        anyone = (1 + n % 5, COVENANTED_PRODUCTS[n % len(COVENANTED_PRODUCTS)])
        return self.turned(entered, n)[0] if entered and n % 8 else anyone

    @act(1, n=any_number, ahead=one_of(0, 1, 1, 2))
    def set_calendar_year(self, n: int, ahead: int) -> None:
        year = date_of(self.bank.today).year + ahead
        exceptions = holidays_of(year, random.Random(n))
        words = year_words(year, exceptions)
        self.attempt(
            "set_calendar_year",
            lambda bank: bank.set_calendar_year(HOLIDAYS, year, closed_days(year, exceptions)),
            lambda: self.system.book.setCalendarYear(HOLIDAYS, year, *words, self.by("risk_officer")),
        )
