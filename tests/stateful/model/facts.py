"""What is told to the model's bank: figures, standings, what covenants make of them, and business days."""

from __future__ import annotations

from dataclasses import replace

from tests.stateful.model.calendars import PRECEDING, WEEKENDS, first_of
from tests.stateful.model.covenants import ANY_TEST, DOWNGRADE, FIRST_MEASURE, RATING, STANDING
from tests.stateful.model.holdings import RISK_OFFICER, Refused
from tests.stateful.model.ledger import Ledger


class Facts(Ledger):
    """What data providers, the credit bureau and risk officers report."""

    def report_figure(self, customer: int, measure: int, value: int, as_of: int) -> None:
        told = self.covenants.figures.get((customer, measure))
        earliest = told[1] if told else 0
        if not max(1, earliest) <= as_of <= self.today:
            raise Refused("CovenantRegistry_FigureOutOfOrder", customer, measure, as_of, earliest, self.today)
        self.covenants.figures[customer, measure] = value, as_of
        self.covenants.test(customer, [FIRST_MEASURE + measure])

    def report_standing(self, customer: int, standing: int) -> None:
        self.covenants.standings[customer] = standing
        self.covenants.test(customer, [STANDING])

    def rate(self, customer: int, grade: int, until: int) -> None:
        self.customers[customer] = replace(self.customers[customer], rated_until=until)
        self.covenants.grades[customer] = grade
        self.covenants.test(customer, [RATING, DOWNGRADE])

    def set_covenant(self, product: int, measure: int, rule: tuple[int, ...]) -> None:
        self.covenants.measure_rules[product, measure] = rule

    def evaluate(self, customer: int) -> None:
        self.covenants.test(customer, ANY_TEST)

    def reset_covenants(self, customer: int, product: int, checker: int) -> None:
        if (customer, product) not in self.covenants.facilities:
            raise Refused("CovenantRegistry_NotEntered", customer, product)
        self.differs(RISK_OFFICER, checker)
        self.covenants.reset(customer, product)

    def set_calendar_year(self, calendar: int, year: int, closed: frozenset[int]) -> None:
        """Before the last business day ahead of it, as products go by the calendar."""
        before = self.calendars.get(calendar, WEEKENDS)
        last = before.moved(first_of(year) - 1, PRECEDING)
        if self.today >= last:
            raise Refused("LoanBook_CalendarYearBegun", calendar, year, last)
        after = before.with_year(year, closed)
        self.calendars[calendar] = after
        for loan in self.loans.values():
            if loan.calendar is before and loan.product.servicing and loan.product.servicing.calendar == calendar:
                loan.calendar = after
