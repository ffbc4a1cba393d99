"""Time, as a loan of the model lets it pass: due dates, exact interest and penalty interest."""

from __future__ import annotations

from itertools import pairwise

from tests.stateful.model.balances import Balances, Obligation
from tests.stateful.model.calendars import NO_RULE, schedule
from tests.stateful.model.terms import ANNUITY, BULLET, LINEAR, PPB, annuity


class Accrual(Balances):
    """What accrues, and what falls due."""

    # ---------------------------------------------------------------- due dates

    def due_dates(self) -> list[int]:
        """Every due date from start to maturity on its business day, but for a call."""
        rule = self.product.servicing.business_day_rule if self.product.servicing else NO_RULE
        return schedule(self.start, self.cycle_months, self.maturity, self.calendar, rule)

    @property
    def last_due(self) -> int:
        """The day that the last instalment fell due on."""
        if self.called:
            return self.called_on
        return self.due_dates()[self.instalment - 1] if self.instalment else 0

    @property
    def over(self) -> bool:
        """Nothing falls due any more."""
        return self.called or self.instalment >= len(self.due_dates())

    def fix_instalment(self) -> None:
        """An annuity's instalment on what is not yet due, over the due dates that remain."""
        if self.loan_type == ANNUITY:
            remaining = len(self.due_dates()) - self.instalment
            undue = self.principal - self.principal_due
            self.instalment_amount = annuity(undue, self.rate, self.cycle_months, remaining) if remaining else 0

    # ---------------------------------------------------------------- penalty interest

    def penalty_daily(self, rate: int, *, late: bool) -> int:
        """Penalty interest that a day adds, in fen x ppb; `late`: overdue amounts bear it, their grace being over."""
        terms = self.product.servicing
        if terms is None:
            return 0
        overdue, misuse = (rate * markup // PPB for markup in (terms.overdue_markup, terms.misuse_markup))
        misused = min(self.misused, self.principal)
        if not late:
            return misused * misuse
        both = min(misused, self.principal_due)
        on_interest = rate + max(overdue, misuse if misused else 0)
        return (
            (misused - both) * misuse
            + (self.principal_due - both) * overdue
            + both * max(overdue, misuse)
            + (self.interest_due * on_interest if terms.compounds else 0)
        )

    def overdue_daily(self, rate: int) -> int:
        """What being overdue adds to that."""
        return self.penalty_daily(rate, late=True) - self.penalty_daily(rate, late=False)

    def overdue_days(self, since: int, day: int) -> int:
        """Days from `since` to a day on which overdue amounts bear penalty interest."""
        terms = self.product.servicing
        if terms is None or not self.obligations:
            return 0
        return max(0, day - max(since, self.oldest_due + terms.grace_days))

    def overdue_borne(self, since: int) -> int:
        """Penalty interest that what is overdue has borne from a day to the last accrual, each part since its day."""
        if self.product.servicing is None or not self.obligations:
            return 0
        start = max(since, self.oldest_due + self.product.servicing.grace_days)
        everything, borne = self.obligations, 0
        edges = sorted({start, *(one.day for one in everything if one.day > start), self.accrued_through})
        for day, end in pairwise(edges):
            self.obligations = [one for one in everything if one.day <= day]
            borne += self.overdue_daily(self.rate) * max(0, min(end, self.accrued_through) - day)
        self.obligations = everything
        return borne

    def charge_penalty(self) -> None:
        """Whole fen of penalty interest fall due; the rest is carried."""
        whole, self.penalty_accrued = divmod(self.penalty_accrued, self.product.unit)
        self.penalty_due += whole

    # ---------------------------------------------------------------- time

    def accrue(self, day: int) -> None:
        if day > self.accrued_through:
            days = day - self.accrued_through
            interest = self.principal * self.rate * days
            self.accrued += interest
            self.exact_interest += interest
            late = self.overdue_days(self.accrued_through, day)
            self.penalty_accrued += self.penalty_daily(self.rate, late=True) * late
            self.penalty_accrued += self.penalty_daily(self.rate, late=False) * (days - late)
            self.accrued_through = day

    def round_up(self) -> None:
        if not self.rounded:
            self.accrued += self.product.unit - 1
            self.rounded = True

    def pass_due_dates(self, day: int) -> None:
        """Let every due date up to a day pass."""
        if self.called:
            return
        dates = self.due_dates()
        for due in dates[self.instalment :]:
            if due > day:
                return
            self.accrue(due)
            self.fall_due(due, remaining=len(dates) - self.instalment)

    def fall_due(self, day: int, *, remaining: int) -> Obligation:
        """An instalment falls due on the day the loan is accrued to; with one remaining, all that is left."""
        last = remaining == 1
        if last:
            self.round_up()
        interest, self.accrued = divmod(self.accrued, self.product.unit)
        undue = self.principal - self.principal_due
        shares = {
            BULLET: 0,
            LINEAR: undue // remaining,
            ANNUITY: min(undue, max(0, self.instalment_amount - interest)),
        }
        self.instalment += 1
        fallen = Obligation(self.instalment, day, undue if last else shares[self.loan_type], interest)
        if fallen.principal + interest:
            self.obligations.append(fallen)
        return fallen

    def advance(self, day: int) -> None:
        self.pass_due_dates(day)
        self.accrue(day)
        self.charge_penalty()

    def pass_overdue(self, today: int) -> None:
        """What fell due before today is overdue."""
        if today > self.accrued_through:
            self.pass_due_dates(today - 1)
        self.charge_penalty()
