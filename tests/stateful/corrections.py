"""Acts that put the book right: postings with a past value date, reversals of drawdowns and charges."""

from __future__ import annotations

from copy import deepcopy

from tests.contracts.lending import CHARGE, DRAWDOWN, NOBODY
from tests.stateful.desk import MOST_TRIED, act, any_number, integers, one_of
from tests.stateful.model.balances import ACTIVE, DEFAULTED
from tests.stateful.model.holdings import Posting
from tests.stateful.money import Money

WINDOW = 30  # days back that a value date may lie


class Corrections(Money):
    """What collectors and treasurers propose and approvers make."""

    @act(5, n=any_number, part=one_of(1, 20, 50, 90, 100, 100, 101), days=integers(1, WINDOW))
    def repay_late(self, n: int, part: int, days: int) -> None:
        """A payment booked late, two times in three on a loan that was in arrears by then; a part of what closed it."""
        live = [loan.number for loan in self.bank.loans.values() if loan.live and loan.principal]
        late = [number for number in live if 0 < self.bank.loans[number].oldest_due < self.bank.today - days]
        chosen = late if late and n % 3 else live
        if not chosen:
            return
        number = chosen[n % len(chosen)]
        if n % 2 and self.bank.loans[number].accrued_through < self.bank.today:
            self.pay_in_batch([(number, 1)])
        loan, day = self.bank.loans[number], max(self.bank.today - days, self.bank.loans[number].start)
        if not loan.live or day >= self.bank.today:
            return
        amount = max(1, self.owed_at(number, day) * part // 100 + (part > 100))
        self.pay_back(number, amount, day, self.account_of(number) if n % 4 == 0 else None)

    def owed_at(self, number: int, day: int) -> int:
        """What closes a loan as of a past day, as far as that can be told; else its principal."""
        loan = deepcopy(self.bank.loans[number])
        if day >= loan.accrued_through:
            loan.advance(day)
            return loan.payoff
        return loan.payoff_at(day) or loan.principal

    def pay_back(self, number: int, amount: int, day: int, payer: str | None) -> None:
        """Allowed by two persons, then booked."""
        book, payments = self.system.book, [(number, amount)]
        if payer is not None and self.bank.balances[payer] < amount:
            self.fund_account(payer, amount)
        self.touched.add(number)

        def acted() -> object:
            name = book.postingHash(number, payer) if payer else book.batchHash(payments)
            book.proposeBackValue(name, day, self.by("collector"))
            book.authoriseBackValue(name, day, self.by("approver"))
            if payer:
                return book.repay(number, amount, day, self.of(payer))
            return book.repayInBatch(payments, day, self.by("collector"))

        fallen_since = any(one.day > day for one in self.bank.loans[number].obligations)
        sent = self.attempt("repay_late", lambda bank: bank.repay_back(number, amount, day, payer), acted)
        self.tally["late, arrears", "done"] += fallen_since and sent is not None

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
