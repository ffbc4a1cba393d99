"""How a loan of the model is paid: in the product's order, in time or booked late."""

from __future__ import annotations

from tests.stateful.model.balances import Obligation, Split
from tests.stateful.model.memory import Memory
from tests.stateful.model.terms import FEES_FIRST, PPB


class Payments(Memory):
    """What a payment pays."""

    def pay(self, amount: int) -> Split:
        """Split a payment of at most the payoff: dues in the product's order, then principal, then interest accrued."""
        whole = amount == self.payoff
        observed = self.observes
        split = Split(was_due=self.principal_due)
        rest = self._divide(split, amount)
        if whole:
            self.round_up()
        self.accrued -= rest * self.product.unit
        split.interest += rest
        self._count(split, whole=whole, observed=observed)
        if self.keeps_term and split.principal > split.was_due:
            self.fix_instalment()
        return split

    def _divide(self, split: Split, rest: int) -> int:
        """Pay what is due and then principal; what is left of the payment."""
        if self.product.waterfall == FEES_FIRST:
            rest = self._pay_charges(split, rest)
            rest = self._pay_interest_due(split, rest)
            rest = self._pay_principal_due(split, rest)
        else:
            rest = self._pay_principal_due(split, rest)
            rest = self._pay_interest_due(split, rest)
            rest = self._pay_charges(split, rest)
        rest = self._pay_early(split, rest)
        self.forget_settled()
        return rest

    @property
    def observes(self) -> bool:
        """Whether a payment counts that leaves nothing due."""
        return bool(self.observed_until and self.obligations)

    @property
    def keeps_term(self) -> bool:
        """Whether an instalment is fixed anew after principal before its time."""
        terms = self.product.servicing
        return bool(terms and terms.keeps_term and self.principal and self.instalment_amount)

    def _count(self, split: Split, *, whole: bool, observed: bool) -> None:
        if whole and not self.undrawn:
            self.accrued = 0
        self.repaid += split.principal
        self.interest_settled += split.interest
        self.postings += 1
        self.observed_payments += observed and not self.due
        if whole:
            self.close_if_settled()

    def _pay_early(self, split: Split, rest: int) -> int:
        """Principal before its time, and the fee on it, rounded down."""
        early, fee = self.principal, self.principal * self.fee_rate // PPB
        if rest < early + fee:
            fee = rest * self.fee_rate // (PPB + self.fee_rate)
            early = rest - fee
        self.principal -= early
        split.principal += early
        split.fee += fee
        split.prepayment_fee = fee
        self.fees_early += fee
        return rest - early - fee

    def _pay_charges(self, split: Split, rest: int) -> int:
        if self.product.waterfall == FEES_FIRST:
            split.fee = min(rest, self.fee_due)
            split.penalty = min(rest - split.fee, self.penalty_due)
        else:
            split.penalty = min(rest, self.penalty_due)
            split.fee = min(rest - split.penalty, self.fee_due)
        self.fee_due -= split.fee
        self.penalty_due -= split.penalty
        return rest - split.fee - split.penalty

    def _pay_interest_due(self, split: Split, rest: int) -> int:
        for one in self.obligations:
            paid = min(rest, one.interest)
            one.interest -= paid
            split.interest += paid
            split.interest_due += paid
            rest -= paid
        return rest

    def _pay_principal_due(self, split: Split, rest: int) -> int:
        for one in self.obligations:
            paid = min(rest, one.principal)
            one.principal -= paid
            self.principal -= paid
            split.principal += paid
            split.principal_due += paid
            rest -= paid
        return rest

    def forget_settled(self) -> None:
        self.obligations = [one for one in self.obligations if one.principal or one.interest]

    def forget_interest(self, fen: int, principal: int, since: int) -> None:
        """Interest due that never was: of each instalment what the principal bore, the newest first."""
        for one in reversed(self.obligations):
            if one.day <= since:
                break
            earlier = max(since, self.due_dates()[one.number - 2]) if one.number > 1 else since
            gone = min(one.interest, max(0, fen - self.borne(principal, since, earlier) // self.product.unit))
            one.interest -= gone
            fen -= gone
        for one in self.obligations:
            gone = min(fen, one.interest)
            one.interest -= gone
            fen -= gone
        self.forget_settled()

    # ---------------------------------------------------------------- booked late

    def payoff_at(self, day: int) -> int | None:
        """What closes the loan on a day before its last accrual; none where its interest since was paid meanwhile."""
        unit = self.product.unit
        interest = self.accrued + self.interest_due * unit - self.principal * self.rate * (self.accrued_through - day)
        penalty = self.penalty_accrued + self.penalty_due * unit - self.overdue_borne(day)
        if interest < 0 or penalty < 0:
            return None
        early = self.principal - sum(one.principal for one in self.obligations if one.day <= day)
        fen = interest // unit if self.rounded else -(-interest // unit)
        return self.principal + self.fee_due + early * self.fee_rate // PPB + fen + penalty // unit

    def principal_as_of(self, amount: int, day: int) -> int:
        """How much principal a payment of a past day repays; spoils the loan."""
        aside = -(-max(0, self.overdue_borne(day) - self.penalty_accrued) // self.product.unit)
        self.penalty_due -= min(aside, self.penalty_due)
        self.obligations = [one for one in self.obligations if one.day <= day]
        split = Split()
        self._divide(split, amount)
        return split.principal

    def pay_late(self, amount: int, day: int) -> Split | None:
        """Split a payment as of its day and take back what it has spared since; none where that was paid meanwhile."""
        whole, observed, unit = amount == self.payoff_at(day), self.observes, self.product.unit
        undue, borne = self.principal - self.principal_due, self.overdue_borne(day)
        if whole and not self._spare(self.principal, day):
            return None
        since = [one for one in self.obligations if one.day > day]
        self.obligations = [one for one in self.obligations if one.day <= day]
        aside = min(-(-max(0, borne - self.penalty_accrued) // unit), self.penalty_due)
        self.penalty_due -= aside
        split = Split(was_due=self.principal_due)
        rest = self._divide(split, amount)
        self.penalty_due += aside
        self._cut(since)
        self.obligations += since
        self.forget_settled()
        if not whole and not self._spare(split.principal, day):
            return None
        if whole:
            self.round_up()
        rest = self._pay_interest_since(split, rest)
        assert not rest
        relief = max(0, borne - self.overdue_borne(day))
        fen = -(-max(0, relief - self.penalty_accrued) // unit)
        if fen > self.penalty_due:
            return None
        self.penalty_due -= fen
        self.penalty_accrued += fen * unit - relief
        self._count(split, whole=whole, observed=observed)
        if self.keeps_term and self.principal - self.principal_due < undue:
            self.fix_instalment()
        return split

    def _cut(self, since: list[Obligation]) -> None:
        """Of what fell due since, principal that the payment has repaid; the newest first."""
        more = max(0, self.principal_due + sum(one.principal for one in since) - self.principal)
        for one in reversed(since):
            gone = min(one.principal, more)
            one.principal -= gone
            more -= gone

    def _spare(self, principal: int, day: int) -> bool:
        """Take back the interest that principal bore from a day on: what fell due since, then what has accrued."""
        unit = self.product.unit
        spared = principal * self.rate * (self.accrued_through - day)
        fen = min(principal * self.rate * max(0, self.last_due - day) // unit, self.interest_due)
        fen += -(-max(0, spared - fen * unit - self.accrued) // unit)
        if fen > self.interest_due:
            return False
        self.forget_interest(fen, principal, day)
        self.accrued += fen * unit - spared
        self.exact_interest -= spared
        return True

    def _pay_interest_since(self, split: Split, rest: int) -> int:
        """What all principal leaves of a payment pays interest: due since, then accrued."""
        for one in self.obligations:
            paid = min(rest, one.interest)
            one.interest -= paid
            split.interest += paid
            rest -= paid
        self.forget_settled()
        paid = min(rest, self.accrued // self.product.unit)
        self.accrued -= paid * self.product.unit
        split.interest += paid
        return rest - paid
