"""Acts that put the book right: postings with a past value date, reversals of drawdowns and charges."""

from __future__ import annotations

from tests.contracts.lending import CHARGE, DRAWDOWN, NOBODY
from tests.stateful.desk import MOST_TRIED, act, any_number, integers
from tests.stateful.model.balances import ACTIVE, DEFAULTED
from tests.stateful.model.holdings import Posting
from tests.stateful.money import Money

WINDOW = 30  # days back that a value date may lie


class Corrections(Money):
    """What collectors and treasurers propose and approvers make."""

    @act(4, n=any_number, part=integers(1, 99), days=integers(1, WINDOW))
    def repay_late(self, n: int, part: int, days: int) -> None:
        """A payment booked late, where nothing was due between its value date and the last accrual."""
        live = [loan.number for loan in self.bank.loans.values() if loan.live and self.was_clean(loan.number)]
        if not live:
            return
        number = live[n % len(live)]
        if self.bank.loans[number].accrued_through < self.bank.today:
            self.pay_in_batch([(number, 1)])
        loan, day = self.bank.loans[number], max(self.bank.today - days, self.bank.loans[number].start)
        if not loan.live or day >= loan.accrued_through:
            return
        amount = max(1, loan.principal * part // 100)
        payments = [(loan.number, amount)]
        self.touched.add(loan.number)

        def acted() -> None:
            name = self.system.book.batchHash(payments)
            self.system.book.proposeBackValue(name, day, self.by("collector"))
            self.system.book.authoriseBackValue(name, day, self.by("approver"))
            self.system.book.repayInBatch(payments, day, self.by("collector"))

        self.attempt("repay_late", lambda bank: bank.repay_late(loan.number, amount, day), acted)

    def was_clean(self, number: int) -> bool:
        """Whether nothing is due today, and nothing fell due in the days to which a value date may lie back."""
        loan = self.as_of_today(number)
        passed = [day for day in loan.due_dates()[: loan.instalment] if day >= self.bank.today - WINDOW]
        return not (loan.due or loan.fee_rate or loan.misused or passed) and loan.principal > 2

    @act(4, n=any_number, kind=integers(0, 1))
    def reverse_charge(self, n: int, kind: int) -> None:
        """One made before; or one made now, on a loan that a payment of a fen accrues to today."""
        number = self.pick(n, ACTIVE, DEFAULTED)
        if n % 4 and self.owed(number) > 1:
            self.pay_in_batch([(number, 1)])
            self.charge_loan(number, kind, 500)
        chosen = self.chosen(self.bank.charges, n)
        if chosen is None:
            return
        number, charge = chosen
        money = (0, 0, charge.amount, 0) if charge.kind else (0, 0, 0, charge.amount)
        row = (number, charge.number, CHARGE, NOBODY, *money, 0, 0, 0, charge.day, 0)
        self.attempt("reverse_charge", lambda bank: bank.reverse_charge(number, charge), lambda: self.reversed(row))

    @act(4, n=any_number)
    def reverse_drawdown(self, n: int) -> None:
        found = self.turned([(number, one) for number, ones in self.bank.drawings.items() for one in ones], n)
        if not found:
            return
        able = (
            (number, one)
            for number, one in found[:MOST_TRIED]
            if n % 4 and self.can(lambda bank, number, one=one: bank.reverse_drawdown(number, one), number)
        )
        number, drawing = next(able, found[0])
        self.touched.add(number)
        row = (
            number, drawing.number, DRAWDOWN, drawing.account or NOBODY, drawing.amount, 0, 0, 0, 0, 0, 0, drawing.day,
            0,
        )  # fmt: skip
        self.attempt(
            "reverse_drawdown", lambda bank: bank.reverse_drawdown(number, drawing), lambda: self.reversed(row)
        )

    def chosen(self, postings: dict[int, list[Posting]], n: int) -> tuple[int, Posting] | None:
        """A posting that was not reversed, two times in three the last of all."""
        found = [(number, one) for number, ones in postings.items() for one in ones]
        if not found:
            return None
        number, posting = found[-1] if n % 3 else found[n % len(found)]
        self.touched.add(number)
        return number, posting

    def reversed(self, row: tuple[object, ...]) -> None:
        self.system.book.proposeReversal(row, self.by("collector"))
        self.system.book.reverse(row, self.by("approver"))
