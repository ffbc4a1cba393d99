"""Acts with money: payments and their reversal, deposits, earmarks, flows."""

from __future__ import annotations

from tests.stateful.desk import (
    LARGEST,
    PAYEE_CATEGORY,
    PAYMENT,
    STRAY_CATEGORY,
    act,
    any_number,
    either,
    integers,
    one_of,
    share,
)
from tests.stateful.model.balances import ACTIVE, DEFAULTED, REPAID, SOLD, WRITTEN_OFF
from tests.stateful.model.holdings import BLOCK
from tests.stateful.protection import Protection


class Money(Protection):
    """What borrowers, collectors and data providers do."""

    # ---------------------------------------------------------------- payments

    @act(9, n=any_number, part=share)
    def repay(self, n: int, part: int) -> None:
        number = self.pick(n, ACTIVE, DEFAULTED)
        amount = self.owed(number) * part // 100 + (part > 100)
        payer = self.stranger if n % 5 == 0 else self.account_of(number)
        if n % 6 and self.bank.balances[payer] < amount:
            self.fund_account(payer, amount)
        self.repay_loan(number, amount, payer)

    def repay_loan(self, number: int, amount: int, payer: str) -> None:
        self.attempt(
            "repay",
            lambda bank: bank.repay(number, amount, payer),
            lambda: self.system.book.repay(number, amount, self.bank.today, self.of(payer)),
        )

    @act(4, n=any_number, m=any_number, part=share)
    def repay_in_batch(self, n: int, m: int, part: int) -> None:
        numbers = dict.fromkeys([self.pick(n, ACTIVE, DEFAULTED), self.pick(m, ACTIVE, DEFAULTED)])
        payments = [(number, self.owed(number) * min(part, 100) // 100) for number in numbers]
        self.pay_in_batch(payments)

    def pay_in_batch(self, payments: list[tuple[int, int]]) -> None:
        self.attempt(
            "repay_in_batch",
            lambda bank: bank.repay_in_batch(payments),
            lambda: self.system.book.repayInBatch(payments, self.bank.today, self.by("collector")),
        )

    @act(3, n=any_number, kind=integers(0, 1), amount=integers(0, 10**5))
    def charge(self, n: int, kind: int, amount: int) -> None:
        self.charge_loan(self.pick(n, ACTIVE, DEFAULTED), kind, amount)

    def charge_loan(self, number: int, kind: int, amount: int) -> None:
        self.attempt(
            "charge",
            lambda bank: bank.charge(number, kind, amount),
            lambda: self.system.book.charge(number, kind, amount, self.bank.today, self.by("collector")),
        )

    @act(3, n=any_number)
    def reverse(self, n: int) -> None:
        candidates = self.reversible()
        if not candidates:
            return
        number = candidates[n % len(candidates)]
        payment = self.bank.payments[number]
        split = payment.split
        reversal = (
            number,
            payment.posting,
            PAYMENT,
            payment.account or "0x" + "0" * 40,
            split.principal,
            split.interest,
            split.penalty,
            split.fee,
            split.principal_due,
            split.interest_due,
            payment.instalment,
            payment.day,
            split.prepayment_fee,
        )
        self.touched.add(number)

        def acted() -> None:
            self.system.book.proposeReversal(reversal, self.by("collector"))
            self.system.book.reverse(reversal, self.by("approver"))

        self.attempt("reverse", lambda bank: bank.reverse(number), acted)

    def reversible(self) -> list[int]:
        """Loans whose last posting is a payment."""
        return [
            number
            for number, payment in self.bank.payments.items()
            if payment.posting == self.bank.loans[number].postings
        ]

    @act(4, n=any_number, part=share)
    def pay_on_guarantee(self, n: int, part: int) -> None:
        """What was demanded, by the guarantor; a demand is made first where there is none and may be one."""
        asked = [one for one in self.bank.guarantees if one.live and one.demanded]
        if not asked and n % 4:
            self.demand(n=n | 1, part=50)
            asked = [one for one in self.bank.guarantees if one.live and one.demanded]
        chosen = asked if asked and n % 8 else self.bank.guarantees
        if not chosen:
            return
        one = chosen[n % len(chosen)]
        payer = self.bank.customers[one.guarantor].account if n % 7 else self.stranger
        payer = payer or self.stranger
        amount = one.demanded * part // 100 + (part > 100)
        if n % 5 and self.bank.balances[payer] < amount:
            self.fund_account(payer, amount)
        self.touched.add(one.loan)
        at = self.bank.guarantees.index(one)
        self.attempt(
            "pay_on_guarantee",
            lambda bank: bank.pay_on_guarantee(bank.guarantees[at], amount, payer),
            lambda: self.system.book.payOnGuarantee(one.number, amount, self.of(payer)),
        )

    # ---------------------------------------------------------------- deposits and flows

    @act(2, n=any_number, amount=integers(1, LARGEST))
    def fund(self, n: int, amount: int) -> None:
        self.fund_account(list(self.accounts)[n % len(self.accounts)], amount)

    def fund_account(self, account: str, amount: int) -> None:
        self.attempt(
            "fund",
            lambda bank: bank.fund(account, amount),
            lambda: self.system.token.fund(account, amount, self.by("treasurer")),
        )

    @act(2, n=any_number, part=share)
    def redeem(self, n: int, part: int) -> None:
        rich = [account for account, balance in self.bank.balances.items() if balance] or [self.stranger]
        account = rich[n % len(rich)]
        amount = max(1, self.bank.balances[account] * part // 100)
        self.attempt(
            "redeem",
            lambda bank: bank.redeem(account, amount),
            lambda: self.system.token.redeem(amount, self.of(account)),
        )

    @act(6, n=any_number, part=share, stray=either)
    def spend(self, n: int, part: int, stray: bool) -> None:
        marked = self.spendable()
        number = marked[n % len(marked)] if marked and n % 6 else self.pick(n, ACTIVE)
        account, payee = self.account_of(number), self.payees[stray]
        amount = self.bank.earmarks[number].remaining * part // 100
        category = STRAY_CATEGORY if stray else PAYEE_CATEGORY
        transaction = self.attempt(
            "spend",
            lambda bank: bank.spend(number, account, payee, category, amount),
            lambda: self.system.token.spend(number, payee, amount, self.of(account)),
        )
        if transaction is not None:
            blocked = stray and self.bank.earmarks[number].mode == BLOCK
            assert ("DiversionDetected" in transaction.events) == stray
            assert transaction.return_value is not blocked

    def spend_something(self, n: int) -> None:
        """Of what was drawn, or is now."""
        if not self.spendable():
            number = self.apply_and_approve(5 * (n // 5))
            self.draw_on(number, 10**6)
        self.spend(n=6 * n + 1, part=50, stray=False)

    def spendable(self) -> list[int]:
        """Loans whose money is not all spent yet and still may be."""
        today = self.bank.today
        return [number for number, mark in self.bank.earmarks.items() if mark.remaining and today <= mark.expiry]

    @act(3, n=any_number)
    def return_earmark(self, n: int) -> None:
        """What was not spent in time pays the loan; what is not owed becomes free."""
        loans = ACTIVE, DEFAULTED, REPAID, WRITTEN_OFF, SOLD
        number = self.pick(n, *loans, doing=lambda bank, number: bank.return_earmark(number, self.account_of(number)))
        account = self.account_of(number)
        self.attempt(
            "return_earmark",
            lambda bank: bank.return_earmark(number, account),
            lambda: self.system.book.returnEarmark(number, account, self.of(self.stranger)),
        )

    @act(3, n=any_number, part=share, hop=one_of(2, 2, 2, 3, 4))
    def record_flow(self, n: int, part: int, hop: int) -> None:
        """I20 and I23."""
        if n % 4 and not any(trace.spent for trace in self.bank.traces.values()):
            self.spend_something(n)
        traced = [number for number, trace in self.bank.traces.items() if trace.spent]
        number = traced[n % len(traced)] if traced and n % 6 else self.pick(n, ACTIVE)
        amount = max(1, self.bank.traces[number].spent * part // 100)
        flow = (number, self.payees[0], self.stranger, amount, b"WORK", hop)
        self.attempt(
            "record_flow",
            lambda bank: bank.record_flow(number, amount, hop),
            lambda: self.system.flows.recordFlow(*flow, self.by("data_provider")),
        )
