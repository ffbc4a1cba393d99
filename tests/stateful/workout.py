"""Acts of the workout: how a loan is judged, what is waived, and loans sold to another lender."""

from __future__ import annotations

from eth_utils.crypto import keccak

from tests.stateful.desk import Desk, act, any_number, integers
from tests.stateful.loans import ACTIVE, DEFAULTED, WRITTEN_OFF


class Workout(Desk):
    """What risk officers find and propose, and approvers confirm."""

    @act(4, n=any_number, category=integers(0, 5))
    def judge(self, n: int, category: int) -> None:
        """Worse by one person at once; better only when a second confirms it."""
        number = self.pick(n, ACTIVE, DEFAULTED)
        reason, book = keccak(b"judged"), self.system.book
        relieves = (loan := self.loan_of(number)) is not None and max(category, 1) < loan.floor

        def acted() -> None:
            book.judge(number, category, reason, self.by("risk_officer"))
            if relieves:
                book.confirmJudgement(number, category, reason, self.by("approver"))

        self.attempt("relieve" if relieves else "judge", lambda bank: bank.judge(number, category), acted)

    @act(3, n=any_number, penalty=integers(0, 700), fee=integers(0, 700))
    def waive(self, n: int, penalty: int, fee: int) -> None:
        charged = [loan for loan in self.bank.loans.values() if loan.live and loan.penalty_due + loan.fee_due]
        number = charged[n % len(charged)].number if charged and n % 4 else self.pick(n, ACTIVE, DEFAULTED)
        self.touched.add(number)

        def acted() -> None:
            self.system.book.proposeWaiver(number, penalty, fee, self.by("risk_officer"))
            self.system.book.waive(number, penalty, fee, self.by("approver"))

        self.attempt("waive", lambda bank: bank.waive(number, penalty, fee), acted)

    @act(1, n=any_number, price=integers(0, 10**9))
    def sell(self, n: int, price: int) -> None:
        """A loan without liens: those would go with it."""
        number = self.pick(n, DEFAULTED, WRITTEN_OFF)
        if any(lien.active and lien.loan == number for _, lien in self.bank.liens()):
            return
        sale = (number, keccak(b"buyer"), price, self.bank.today)

        def acted() -> None:
            self.system.book.proposeSale(*sale, self.by("risk_officer"))
            self.system.book.sell(*sale, self.by("approver"))

        self.attempt("sell", lambda bank: bank.sell(number), acted)
