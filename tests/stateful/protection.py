"""Acts on limits, liens and guarantees."""

from __future__ import annotations

from eth_utils.crypto import keccak

from tests.stateful.desk import BUCKETS, HAIRCUT, act, any_number, integers, one_of, share
from tests.stateful.findings import Findings
from tests.stateful.model.balances import ACTIVE, APPLIED, APPROVED, DEFAULTED, REPAID
from tests.stateful.model.bank import Bank
from tests.stateful.model.holdings import Guarantee
from tests.stateful.model.terms import UNLIKELY_TO_PAY


class Protection(Findings):
    """What the board, appraisers and loan officers do, and anybody once a loan is closed."""

    # ---------------------------------------------------------------- limits and protection

    @act(2, n=any_number, amount=one_of(0, 0, 10**8, 10**9))
    def set_limit(self, n: int, amount: int) -> None:
        dimension, key = BUCKETS[n % len(BUCKETS)]
        arguments = (dimension, key, amount, 0, 0, keccak(b"resolution"), self.bank.today + 365)

        def modelled(bank: Bank) -> None:
            bank.buckets[dimension, key].limit = amount

        self.attempt("set_limit", modelled, lambda: self.system.policy.setLimit(*arguments, self.by("chair")))

    @act(4, n=any_number, m=any_number, part=share)
    def pledge(self, n: int, m: int, part: int) -> None:
        number = self.pick(n, APPLIED, APPROVED, ACTIVE)
        loan = self.loan_of(number)
        if loan is None:
            return
        owns = loan.customer in self.bank.things and m % 4
        title = loan.customer if owns else 1 + m % len(self.bank.things)
        self.place_lien(title, number, max(1, (loan.undrawn + loan.principal) * part // 100))

    def place_lien(self, title: int, number: int, amount: int) -> None:
        customer = self.bank.loans[number].customer
        self.attempt(
            "pledge",
            lambda bank: bank.pledge(title, number, amount),
            lambda: self.system.collateral.pledge(title, number, customer, amount, self.by("loan_officer")),
        )

    @act(3, n=any_number, value=one_of(10**6, 10**9, 4 * 10**9))
    def revalue(self, n: int, value: int) -> None:
        """I13: a fall in value flags, and releases nothing."""
        title = 1 + n % len(self.bank.things)
        today = self.bank.today

        def modelled(bank: Bank) -> None:
            bank.things[title].value, bank.things[title].valid_until = value, today + 400

        arguments = (title, value, HAIRCUT, today, today + 400)
        transaction = self.attempt(
            "revalue", modelled, lambda: self.system.collateral.revalue(*arguments, self.by("appraiser"))
        )
        thing = self.bank.things[title]
        assert ("MarginCalled" in transaction.events) == (thing.cover < thing.pledged)

    @act(3, n=any_number)
    def release_lien(self, n: int) -> None:
        """I11 and I39: nothing is released that is owed under; what is closed can always be released, by anyone."""
        if n % 4 and not any(lien.active and lien.loan in self.bank.closed for _, lien in self.bank.liens()):
            self.secure_what_is_repaid(n)
        liens = [lien for _, lien in self.bank.liens()]
        free = [lien for lien in liens if lien.active and lien.loan in self.bank.closed]
        chosen = free if free and n % 4 else liens
        if chosen:
            self.release_one_lien(chosen[n % len(chosen)].number)

    def secure_what_is_repaid(self, n: int) -> None:
        """A lien that may be released: one on a loan that is repaid and announced as such."""
        owned = {thing.owner: thing.title for thing in self.bank.things.values()}
        repaid = [loan for loan in self.bank.loans.values() if loan.state == REPAID and loan.customer in owned]
        if repaid:
            loan = repaid[n % len(repaid)]
            title = owned[loan.customer]
            self.revalue(n=title - 1, value=4 * 10**9)
            self.place_lien(title, loan.number, 1 + n)
            self.announce_loan(loan.number)

    def release_one_lien(self, number: int) -> None:

        def modelled(bank: Bank) -> None:
            bank.release_lien(next(lien for _, lien in bank.liens() if lien.number == number))

        self.attempt(
            "release_lien", modelled, lambda: self.system.collateral.releaseClosed(number, self.of(self.stranger))
        )

    @act(6, n=any_number, guarantor=integers(1, 5), beneficiary=integers(1, 5), amount=integers(0, 10**8))
    def guarantee(self, n: int, guarantor: int, beneficiary: int, amount: int) -> None:
        self.give_guarantee(guarantor, beneficiary, self.pick(n, APPROVED, ACTIVE, DEFAULTED), amount)

    def give_guarantee(self, guarantor: int, beneficiary: int, number: int, amount: int) -> None:
        arguments = (guarantor, beneficiary, number, amount, 1)
        self.attempt(
            "guarantee",
            lambda bank: bank.guarantee(guarantor, beneficiary, number, amount),
            lambda: self.system.guarantees.guarantee(*arguments, self.by("loan_officer")),
        )

    @act(3, n=any_number)
    def release_guarantee(self, n: int) -> None:
        """I18 and I39."""
        everything = list(enumerate(self.bank.guarantees))
        free = [(at, one) for at, one in everything if one.live and one.loan in self.bank.closed]
        chosen = free if free and n % 4 else everything
        if chosen:
            self.release_one_guarantee(chosen[n % len(chosen)][0])

    def release_one_guarantee(self, at: int) -> None:
        number = self.bank.guarantees[at].number
        self.attempt(
            "release_guarantee",
            lambda bank: bank.release_guarantee(bank.guarantees[at]),
            lambda: self.system.guarantees.releaseClosed(number, self.of(self.stranger)),
        )

    @act(4, n=any_number, part=share)
    def demand(self, n: int, part: int) -> None:
        """Of a guarantor of a loan in default; of one who is found for it where there is none."""
        if n % 4 and not any(self.can_demand(one) for one in self.bank.guarantees):
            self.find_guarantor(n)
        everything = self.turned(list(enumerate(self.bank.guarantees)), n)
        if not everything:
            return
        at, one = next((pair for pair in everything if n % 4 and self.can_demand(pair[1])), everything[0])
        amount = max(1, one.amount * part // 100)
        loan = self.loan_of(one.loan)
        if n % 3 and loan is not None:
            amount = min(amount, max(1, loan.claim))
        self.attempt(
            "demand",
            lambda bank: bank.demand(bank.guarantees[at], amount, bank.consented(bank.guarantees[at])),
            lambda: self.system.book.demand(one.number, amount, self.by("collector")),
        )

    def find_guarantor(self, n: int) -> None:
        number = self.pick(n, ACTIVE, doing=lambda bank, number: bank.declare_default(number, UNLIKELY_TO_PAY))
        loan = self.loan_of(number)
        if loan is not None and loan.state == ACTIVE:
            self.give_guarantee(1 + (loan.customer + n % 3) % 5, loan.customer, number, 10**6)
            self.put_in_default(number)

    def can_demand(self, one: Guarantee) -> bool:
        return one.live and one.loan in self.bank.in_default and bool(self.bank.loans[one.loan].claim)

    @act(3, n=any_number)
    def announce(self, n: int) -> None:
        self.announce_loan(self.pick(n, REPAID))

    def announce_loan(self, number: int) -> None:
        self.attempt(
            "announce",
            lambda bank: bank.announce(bank.loan(number)),
            lambda: self.system.book.announce(number, self.of(self.stranger)),
        )
