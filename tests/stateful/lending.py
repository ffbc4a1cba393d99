"""Acts on loans: from the application to recovery."""

from __future__ import annotations

from copy import deepcopy

from eth_utils.crypto import keccak

from tests.stateful.desk import (
    INDUSTRIES,
    LARGEST,
    PAYEE_CATEGORY,
    REGIONS,
    Desk,
    act,
    any_number,
    integers,
    one_of,
    share,
)
from tests.stateful.loans import ACTIVE, APPLIED, APPROVED, DEFAULTED, WRITTEN_OFF


class Lending(Desk):
    """What loan officers, approvers, treasurers and risk officers do."""

    # ---------------------------------------------------------------- new business

    @act(3, n=any_number, product=integers(1, 4), amount=integers(0, LARGEST + 10**8), days=integers(0, 820))
    def apply(self, n: int, product: int, amount: int, days: int) -> None:
        industry, region = INDUSTRIES[n % 2], REGIONS[n // 2 % 2]
        rate = 5_000_000 * (n % 50)
        customer = 1 + n % 5 if n % 8 == 0 else 1 + n % 4
        terms = (industry, region, b"WORK", amount, rate, self.bank.today + days)
        application = (customer, product, *terms, keccak(b"terms"))
        self.attempt(
            "apply",
            lambda bank: bank.apply_for(customer, product, terms),
            lambda: self.system.book.applyFor(application, self.by("loan_officer")),
        )

    @act(9, n=any_number, drawn=one_of(False, True, True))
    def lend(self, n: int, drawn: bool) -> None:
        """Ordinary business, so that loans live: applied for, approved, secured where that is asked, and lent."""
        self.apply(n=n | 1, product=1 + n % 4, amount=10**6 * (n + 1), days=60 + 10 * n)
        number = self.bank.applied
        self.attempt(
            "approve",
            lambda bank: bank.approve(number),
            lambda: self.system.book.approve(number, self.by("approver")),
        )
        loan = self.bank.loans[number]
        if loan.product.max_loan_to_value and loan.customer in self.bank.things:
            self.place_lien(loan.customer, number, loan.undrawn)
        if drawn:
            self.draw_on(number, loan.undrawn * (n + 37) // 100)
        else:
            self.originate_loan(number)

    @act(3, n=any_number)
    def approve(self, n: int) -> None:
        number = self.pick(n, APPLIED)
        self.attempt(
            "approve",
            lambda bank: bank.approve(number),
            lambda: self.system.book.approve(number, self.by("approver")),
        )

    @act(2, n=any_number)
    def deny(self, n: int) -> None:
        number = self.pick(n, APPLIED)
        self.attempt(
            "deny",
            lambda bank: bank.deny(number),
            lambda: self.system.book.deny(number, keccak(b"reason"), self.by("approver")),
        )

    @act(3, n=any_number)
    def lapse(self, n: int) -> None:
        late = [loan for loan in self.bank.loans.values() if loan.undrawn and self.bank.today > loan.available_until]
        number = late[n % len(late)].number if late and n % 3 else self.pick(n, APPROVED, ACTIVE)
        self.lapse_loan(number)

    def lapse_loan(self, number: int) -> None:
        self.touched.add(number)
        self.attempt(
            "lapse",
            lambda bank: bank.lapse(number),
            lambda: self.system.book.lapse(number, self.of(self.stranger)),
        )

    @act(5, n=any_number)
    def originate(self, n: int) -> None:
        self.originate_loan(self.pick(n, APPROVED))

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
        number = self.pick(n, APPROVED, ACTIVE)
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

    # ---------------------------------------------------------------- quality

    @act(4, n=any_number)
    def classify(self, n: int) -> None:
        number = self.pick(n, ACTIVE, DEFAULTED)
        self.attempt(
            "classify",
            lambda bank: bank.classify(number),
            lambda: self.system.book.classify(number, self.of(self.stranger)),
        )

    @act(4, n=any_number, by_days=one_of(False, False, True))
    def declare_default(self, n: int, by_days: bool) -> None:
        self.put_in_default(self.pick(n, ACTIVE), by_days=by_days)

    def put_in_default(self, number: int, *, by_days: bool) -> None:
        trigger = 0 if by_days else 1
        self.attempt(
            "declare_default",
            lambda bank: bank.declare_default(number, by_days),
            lambda: self.system.book.declareDefault(number, trigger, self.by("risk_officer")),
        )

    @act(3, n=any_number)
    def cure(self, n: int) -> None:
        sound = [loan.number for loan in self.bank.loans.values() if loan.live and not loan.due]
        number = sound[n % len(sound)] if sound and n % 4 else self.pick(n, DEFAULTED)
        self.touched.add(number)
        if number in sound and self.bank.loans[number].state == ACTIVE:
            self.put_in_default(number, by_days=False)
        self.attempt(
            "cure",
            lambda bank: bank.cure(number),
            lambda: self.system.book.cure(number, self.by("risk_officer")),
        )

    @act(5, n=any_number, part=one_of(30, 100))
    def write_off(self, n: int, part: int) -> None:
        number = self.pick(n, DEFAULTED) if n % 8 else self.pick(n, ACTIVE)
        if n % 8 and number in self.bank.loans and self.bank.loans[number].state == ACTIVE:
            self.put_in_default(number, by_days=False)
        loan = self.loan_of(number)
        principal = loan.principal * part // 100 if loan else 1
        some = principal if part < 100 and principal else None
        named = deepcopy(self.bank).write_off(number, some) if loan and loan.state == DEFAULTED else (principal, 0)

        def acted() -> None:
            self.system.book.proposeWriteOff(number, *named, self.by("risk_officer"))
            self.system.book.writeOff(number, *named, self.bank.today, self.by("approver"))

        if named == (0, 0):
            return  # a defaulted loan that owes nothing has nothing to write off
        self.attempt("write_off", lambda bank: bank.write_off(number, some), acted)

    @act(3, n=any_number, part=share)
    def recover(self, n: int, part: int) -> None:
        claims = [loan.number for loan in self.bank.loans.values() if loan.written_off]
        number = claims[n % len(claims)] if claims and n % 4 else self.pick(n, WRITTEN_OFF)
        self.touched.add(number)
        loan = self.loan_of(number)
        amount = loan.written_off * part // 100 if loan else 1
        self.attempt(
            "recover",
            lambda bank: bank.recover(number, amount),
            lambda: self.system.book.recover(number, amount, self.bank.today, self.by("collector")),
        )
