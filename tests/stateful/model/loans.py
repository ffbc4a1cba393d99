"""One loan, modelled from the interface's words; here what new terms, write-offs, sales and calls do to it."""

from __future__ import annotations

from tests.stateful.model.balances import DEFAULTED, OBSERVATION_DAYS, RESTRUCTURED, SOLD, WRITTEN_OFF, Split
from tests.stateful.model.calendars import NO_RULE, WEEKENDS, schedule
from tests.stateful.model.payments import Payments
from tests.stateful.model.terms import MENTION, SUBSTANDARD, NewTerms


class Loan(Payments):
    """A loan, whole."""

    def write_off_all(self) -> Split:
        """Everything owed becomes a claim off the balance sheet."""
        interest = self.interest_due + self.accrued_up
        split = Split(principal=self.principal, interest=interest)
        self.written_off = self.claim
        self.taken_off += self.principal
        self.principal = self.accrued = self.penalty_due = self.fee_due = 0
        self.obligations = []
        self.state = WRITTEN_OFF
        self.postings += 1
        return split

    def write_off(self, principal: int) -> Split:
        """Part of the principal becomes a claim; the oldest due goes first."""
        split = Split(principal=principal)
        self.written_off += principal
        self.taken_off += principal
        self.principal -= principal
        for one in self.obligations:
            gone = min(principal, one.principal)
            one.principal -= gone
            principal -= gone
        self.obligations = [one for one in self.obligations if one.principal or one.interest]
        self.postings += 1
        return split

    def sell(self, day: int) -> None:
        """Everything leaves the book."""
        self.accrued_through = day
        self.taken_off += self.principal
        self.principal = self.undrawn = self.accrued = self.instalment_amount = 0
        self.penalty_due = self.fee_due = self.written_off = self.penalty_accrued = 0
        self.obligations = []
        self.state = SOLD
        self.postings += 1

    def call(self, day: int) -> None:
        """All that is left falls due, nothing later, and nothing more is drawn."""
        self.fall_due(day, remaining=1)
        self.called, self.called_on, self.undrawn = True, day, 0

    def settle_debt(self, terms: NewTerms) -> None:
        """Waive up to what was agreed; whatever else is due becomes principal, and whole fen of what is accrued."""
        unit = self.product.unit
        haircut = min(terms.haircut, self.principal)
        penalty, fee = max(0, self.penalty_due - terms.penalty), max(0, self.fee_due - terms.fee)
        interest = max(0, self.interest_due - terms.interest)
        still_waived = max(0, terms.interest - self.interest_due)
        waived = min(still_waived, self.accrued // unit)
        made_principal = self.accrued // unit - waived if terms.capitalises else 0
        self.interest_settled += self.interest_due + waived + made_principal
        self.accrued -= (waived + made_principal) * unit
        added = penalty + fee + interest + made_principal
        self.capitalised += added
        self.forgiven += haircut
        self.principal += added - haircut
        self.penalty_due = self.fee_due = self.undrawn = 0
        self.obligations = []

    def renew(self, terms: NewTerms, today: int) -> None:
        """The new schedule holds; due dates up to today have passed, and those that it has in the time of grace."""
        self.rate, self.maturity = terms.rate, terms.maturity
        self.loan_type, self.cycle_months = terms.loan_type, terms.cycle_months
        self.called, self.called_on, self.instalment_amount = False, 0, 0
        unmoved = schedule(self.start, self.cycle_months, self.maturity, WEEKENDS, NO_RULE)
        days = zip(unmoved, self.due_dates(), strict=True)
        self.instalment = sum(moved <= today or day < terms.resume_on for day, moved in days)
        self.fix_instalment()

    def observe(self, first_due: int) -> None:
        """A restructured loan is observed, and not better than special mention; no better than it was."""
        performing = self.category < SUBSTANDARD and self.state != DEFAULTED
        floor = max(MENTION if performing else SUBSTANDARD, self.floors[RESTRUCTURED])
        self.floors[RESTRUCTURED] = floor
        self.category = max(self.category, floor)
        self.observed_until, self.observed_payments = first_due + OBSERVATION_DAYS, 0
