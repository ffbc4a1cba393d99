"""What a loan of the model remembers of its days: principal before each drawdown, and rates before each repricing."""

from __future__ import annotations

from tests.stateful.model.accrual import Accrual
from tests.stateful.model.balances import ACTIVE, APPROVED, KEPT_RATES
from tests.stateful.model.terms import PASS


class Memory(Accrual):
    """Drawdowns and repricings, and what interest they make of a past day."""

    def lend(self, amount: int, day: int) -> None:
        if self.state == APPROVED:
            self.state, self.category = ACTIVE, PASS
            self.start = self.accrued_through = day
        else:
            self.note_drawing(day)
        self.principal += amount
        self.drawn += amount
        self.undrawn -= amount
        self.postings += 1
        self.fix_instalment()

    def note_drawing(self, day: int) -> None:
        """Keep the principal before a further drawdown where it binds; of a fifth that does, the two oldest are one."""
        while self.before and self.before[-1][1] >= self.principal:
            self.before.pop()
        if self.before and self.before[-1][0] == day:
            return
        if len(self.before) == 4:
            (_, one), (later, other) = self.before[:2]
            self.before[:2] = [(later, min(one, other))]
        self.before.append((day, self.principal))

    def least_since(self, day: int) -> int:
        """The least principal from a day on, as far as it is kept."""
        return min([self.principal, *(had for later, had in self.before if later > day)])

    def lessen(self, day: int, amount: int) -> None:
        """There was so much less principal before each drawdown after a day."""
        self.before = [(later, max(0, had - amount) if later > day else had) for later, had in self.before]

    def reprice(self, rate: int, day: int) -> None:
        if rate != self.rate:
            self.rates.append((day, self.rate))
        self.rate, self.repriced_on = rate, day
        self.fix_instalment()

    @property
    def rates_known_since(self) -> int:
        """The day of the last repricing that is forgotten."""
        return self.rates[-KEPT_RATES - 1][0] if len(self.rates) > KEPT_RATES else 0

    def rates_over(self, since: int, until: int) -> list[tuple[int, int]]:
        """The rates borne between two days, with the days of each."""
        ends = [*self.rates, (until, self.rate)]
        starts = [0, *(day for day, _ in self.rates)]
        spans = ((rate, min(end, until) - max(start, since)) for start, (end, rate) in zip(starts, ends, strict=True))
        return [(rate, days) for rate, days in spans if days > 0]

    def borne(self, principal: int, since: int, until: int) -> int:
        """Interest of an amount between two days."""
        return sum(principal * rate * days for rate, days in self.rates_over(since, until))

    def penalty_borne(self, since: int, oldest: int) -> int:
        """What the amounts overdue now would have added from a day on, the oldest of them being of another."""
        terms = self.product.servicing
        start = max(since, oldest + terms.grace_days) if terms else self.accrued_through
        return sum(self.overdue_daily(rate) * days for rate, days in self.rates_over(start, self.accrued_through))
