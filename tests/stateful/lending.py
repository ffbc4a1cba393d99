"""Acts of new business: from the application to money lent, and the rates that loans follow."""

from __future__ import annotations

from brownie import chain
from eth_utils.crypto import keccak

from scripts.signing import signature
from scripts.term_sheets import TermSheet
from tests.stateful.desk import (
    INDEX,
    INDUSTRIES,
    LARGEST,
    PAYEE_CATEGORY,
    PRODUCTS,
    REGIONS,
    Desk,
    act,
    any_number,
    either,
    integers,
    one_of,
    share,
)
from tests.stateful.model.balances import ACTIVE, APPLIED, APPROVED, DEFAULTED
from tests.stateful.model.bank import Bank

DOCUMENT = keccak(b"terms")


class Lending(Desk):
    """What loan officers, approvers and treasurers do, and who tells reference rates."""

    # ---------------------------------------------------------------- new business

    @act(3, n=any_number, product=integers(1, 5), amount=integers(0, LARGEST + 10**8), days=integers(0, 820))
    def apply(self, n: int, product: int, amount: int, days: int) -> None:
        industry, region = INDUSTRIES[n % 2], REGIONS[n // 2 % 2]
        rate = self.rate_of(product, 5_000_000 * (n % 50), rightly=n % 8 != 0)
        customer = 1 + n // 5 % (6 if n % 8 == 0 else 5)
        terms = (industry, region, b"WORK", amount, rate, self.bank.today + days)
        application = (customer, product, *terms, DOCUMENT)
        self.attempt(
            "apply",
            lambda bank: bank.apply_for(customer, product, terms),
            lambda: self.system.book.applyFor(application, self.by("loan_officer")),
        )

    @act(9, n=any_number, drawn=one_of(False, True, True))
    def lend(self, n: int, drawn: bool) -> None:
        """Ordinary business, so that loans live: applied for, approved, secured where that is asked, and lent."""
        number = self.apply_and_approve(n)
        loan = self.loan_of(number)
        if loan is None:
            return
        if loan.product.max_loan_to_value and loan.customer in self.bank.things:
            self.place_lien(loan.customer, number, loan.undrawn)
        if loan.product.signed:
            self.sign_sheet(number, rightly=True)
        if drawn and self.bank.customers[loan.customer].account:
            self.draw_on(number, loan.undrawn * (n + 37) // 100)
        else:
            self.originate_loan(number)

    def apply_and_approve(self, n: int) -> int:
        self.apply(n=n | 1, product=1 + n % 5, amount=10**6 * (n + 1), days=60 + 10 * n)
        number = self.bank.applied
        self.approve_loan(number)
        return number

    def rate_of(self, product: int, rate: int, *, rightly: bool) -> int:
        """The rate of an application: of a product with an index the one it must have, or wrongly any."""
        terms = PRODUCTS[product].servicing
        return self.bank.indexed_rate(terms, self.bank.today) if terms and terms.index and rightly else rate

    @act(1, n=any_number, rightly=either)
    def sign(self, n: int, rightly: bool) -> None:
        number = self.pick(n, APPLIED, APPROVED, doing=lambda bank, number: bank.sign(number, rightly=True))
        self.sign_sheet(number, rightly=rightly)

    def sign_sheet(self, number: int, *, rightly: bool) -> None:
        """By the borrower's key, under what was applied for; or wrongly, under another rate."""
        loan = self.loan_of(number)
        sheet = b""
        if loan is not None:
            terms = (loan.industry, loan.region, loan.purpose, loan.undrawn, loan.rate + (not rightly), loan.maturity)
            sheet = signature(
                TermSheet(number, loan.customer, loan.product_number, *terms, DOCUMENT),
                self.keys.get(self.account_of(number), bytes(31) + b"\1"),
                chain_id=chain.id,
                book=self.system.book.address,
            )
        self.attempt(
            "sign",
            lambda bank: bank.sign(number, rightly=rightly),
            lambda: self.system.book.signTermSheet(number, sheet, self.of(self.stranger)),
        )

    @act(3, n=any_number)
    def approve(self, n: int) -> None:
        self.approve_loan(self.pick(n, APPLIED))

    def approve_loan(self, number: int) -> None:
        self.touched.add(number)
        self.attempt(
            "approve",
            lambda bank: bank.approve(number),
            lambda: self.system.book.approve(number, self.by("approver")),
        )

    @act(2, n=any_number)
    def deny(self, n: int) -> None:
        """What is applied for; or an application made for it."""
        if n % 4 and not any(loan.state == APPLIED for loan in self.bank.loans.values()):
            self.apply(n=n | 1, product=1 + n % 5, amount=10**6, days=100)
        number = self.pick(n, APPLIED)
        self.attempt(
            "deny",
            lambda bank: bank.deny(number),
            lambda: self.system.book.deny(number, keccak(b"reason"), self.by("approver")),
        )

    @act(3, n=any_number)
    def lapse(self, n: int) -> None:
        self.lapse_loan(self.pick(n, APPROVED, ACTIVE, doing=Bank.lapse))

    def lapse_loan(self, number: int) -> None:
        self.touched.add(number)
        self.attempt(
            "lapse",
            lambda bank: bank.lapse(number),
            lambda: self.system.book.lapse(number, self.of(self.stranger)),
        )

    @act(5, n=any_number)
    def originate(self, n: int) -> None:
        """What is approved; or an approval made for it."""
        if n % 4 and not any(loan.state == APPROVED for loan in self.bank.loans.values()):
            self.apply_and_approve(n)
        self.originate_loan(self.pick(n, APPROVED, doing=Bank.originate))

    def originate_loan(self, number: int) -> None:
        liens = [lien.number for _, lien in self.bank.liens() if lien.active and lien.loan == number]
        self.touched.add(number)
        self.attempt(
            "originate",
            lambda bank: bank.originate(number),
            lambda: self.system.book.originateSecured(number, self.bank.today, sorted(liens), self.by("treasurer")),
        )

    @act(7, n=any_number, part=share)
    def draw(self, n: int, part: int) -> None:
        number = self.pick(n, APPROVED, ACTIVE, doing=lambda bank, number: bank.draw(number, 1, 0, 0))
        loan = self.loan_of(number)
        self.draw_on(number, loan.undrawn * part // 100 if loan else 1)

    def draw_on(self, number: int, amount: int) -> None:
        self.touched.add(number)
        expiry = self.bank.today + (150 if amount % 4 else 10)
        liens = [lien.number for _, lien in self.bank.liens() if lien.active and lien.loan == number]
        arguments = (number, amount, 1 << PAYEE_CATEGORY, expiry, self.bank.today, sorted(liens))
        self.attempt(
            "draw",
            lambda bank: bank.draw(number, amount, 1 << PAYEE_CATEGORY, expiry),
            lambda: self.system.book.drawDown(*arguments, self.by("treasurer")),
        )

    # ---------------------------------------------------------------- reference rates

    @act(2, value=integers(-30, 60), age=one_of(0, 0, 0, 3, -1))
    def set_fixing(self, value: int, age: int) -> None:
        value, day = value * 1_000_000, self.bank.today - age
        self.attempt(
            "set_fixing",
            lambda bank: bank.set_fixing(INDEX, day, value),
            lambda: self.system.book.setFixing(INDEX, day, value, self.by("data_provider")),
        )

    @act(4, n=any_number)
    def reprice(self, n: int) -> None:
        """By anybody, of a loan that follows an index where there is one."""
        number = self.pick(n, ACTIVE, DEFAULTED, doing=Bank.reprice)
        if n % 4 == 1 and not self.can(Bank.reprice, number):
            self.lend(n=4, drawn=False)
            self.next_day(days=31)
            number = self.bank.applied or number
            self.touched.add(number)
        self.attempt(
            "reprice",
            lambda bank: bank.reprice(number),
            lambda: self.system.book.reprice(number, self.of(self.stranger)),
        )
