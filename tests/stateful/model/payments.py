"""How a loan of the model is paid: in the product's order, in time or booked late."""

from __future__ import annotations

from tests.stateful.model.balances import Split
from tests.stateful.model.memory import Memory
from tests.stateful.model.terms import FEES_FIRST, PPB


class Payments(Memory):
    """What a payment pays."""

    def pay(self, amount: int) -> Split:
        """Split a payment of at most the payoff: dues in the product's order, then principal, then interest accrued."""
        whole = amount == self.payoff
        observed = bool(self.observed_until and self.obligations)
        split = Split(was_due=self.principal_due)
        rest = amount
        if self.product.waterfall == FEES_FIRST:
            rest = self._pay_charges(split, rest)
            rest = self._pay_interest_due(split, rest)
            rest = self._pay_principal_due(split, rest)
        else:
            rest = self._pay_principal_due(split, rest)
            rest = self._pay_interest_due(split, rest)
            rest = self._pay_charges(split, rest)
        rest = self._pay_early(split, rest)
        if whole:
            self.round_up()
        self.accrued -= rest * self.product.unit
        split.interest += rest
        if whole and not self.undrawn:
            self.accrued = 0
        self.obligations = [one for one in self.obligations if one.principal or one.interest]
        self.repaid += split.principal
        self.interest_settled += split.interest
        self.postings += 1
        self.observed_payments += observed and not self.due
        if whole:
            self.close_if_settled()
        anew = self.product.servicing is not None and self.product.servicing.keeps_term
        if anew and split.principal > split.was_due and self.principal and self.instalment_amount:
            self.fix_instalment()
        return split

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
        self.obligations = [one for one in self.obligations if one.principal or one.interest]
