"""Facts that come from outside: an opening book, a customer's group, a sale of what was pledged."""

from __future__ import annotations

from typing import Any

from eth_utils.crypto import keccak

from tests.contracts.lending import imported_row
from tests.stateful.desk import INDUSTRIES, LARGEST, PRODUCTS, REGIONS, act, any_number, either, integers
from tests.stateful.model.balances import ACTIVE
from tests.stateful.model.holdings import Customer
from tests.stateful.model.loans import Loan
from tests.stateful.protection import Protection


class Facts(Protection):
    """What is recorded as it is."""

    @act(3, n=any_number, amount=integers(1, LARGEST), age=integers(1, 300), days=integers(1, 500))
    def import_loan(self, n: int, amount: int, age: int, days: int) -> None:
        reference = keccak(b"imported %d" % (n % 8))
        book, today = self.system.book, self.bank.today
        number = book.loanIdOf(reference)
        product = 1 + n % 5
        loan = Loan(
            number=number,
            customer=1 + n // 3 % 5,
            product_number=product,
            product=PRODUCTS[product],
            industry=INDUSTRIES[n % 2],
            region=REGIONS[n // 2 % 2],
            rate=5_000_000 * (n % 50),
            maturity=today + days,
            undrawn=0,
            purpose=b"WORK",
            start=today - age,
            principal=amount,
            drawn=amount,
        )
        row = imported_row(
            reference,
            customer=loan.customer,
            product=product,
            industry=loan.industry,
            region=loan.region,
            start=loan.start,
            maturity=loan.maturity,
            rate=loan.rate,
            originated=amount,
            outstanding=amount,
        )
        self.touched.add(number)

        def acted() -> None:
            batch = book.proposeImport(keccak(b"file"), 1, amount, self.by("loan_officer")).return_value
            book.releaseImport(batch, self.by("approver"))
            book.importLoans(batch, [row], self.by("loan_officer"))
            book.completeImport(batch, self.by("loan_officer"))

        self.attempt("import_loan", lambda bank: bank.import_loan(loan), acted)

    @act(2, n=any_number, joins=either)
    def set_group(self, n: int, joins: bool) -> None:
        """Customers without guarantees, whose places among guarantors need not be told anew."""
        bound = {party for one in self.bank.guarantees if one.live for party in (one.guarantor, one.beneficiary)}
        free = [one for one in self.bank.customers.values() if one.number not in bound]
        if not free:
            return
        customer: Customer = free[n % len(free)]
        group = 9 if joins else 0
        self.attempt(
            "set_group",
            lambda bank: bank.set_group(customer.number, group),
            lambda: self.system.customers.setGroup(customer.number, group, self.by("risk_officer")),
        )

    @act(3, n=any_number, amount=integers(0, LARGEST))
    def enforce(self, n: int, amount: int) -> None:
        """Now and then to a stranger; else its owner buys it back. Where nothing may be sold, something is pledged
        first for a loan in default.
        """
        if n % 4 and not any(map(self.bank.may_enforce, self.bank.things)):
            owners = {thing.owner: thing for thing in self.bank.things.values() if thing.cover > thing.pledged}
            owing = [
                loan for loan in self.bank.loans.values() if loan.live and loan.principal and loan.customer in owners
            ]
            if owing:
                loan = owing[n % len(owing)]
                self.place_lien(owners[loan.customer].title, loan.number, 1 + n)
                if loan.state == ACTIVE:
                    self.put_in_default(loan.number)
        pledged = [thing for thing in self.bank.things.values() if self.bank.may_enforce(thing.title)]
        chosen = pledged if pledged and n % 4 else list(self.bank.things.values())
        thing = chosen[n % len(chosen)]
        kept = thing.owner and n % 16
        buyer = self.bank.customers[thing.owner].account if kept else self.stranger
        owner = thing.owner if kept else 0
        collateral = self.system.collateral

        def acted() -> Any:
            collateral.proposeEnforcement(thing.title, amount, buyer, self.by("collector"))
            return collateral.enforce(thing.title, amount, buyer, self.by("approver"))

        shares = self.bank.shares(thing.title, amount)
        sent = self.attempt("enforce", lambda bank: bank.enforce(thing.title, owner), acted)
        if sent is not None:
            told = [(one["paid"], one["shortfall"], one["released"]) for one in sent.events["LienEnforced"]]
            assert told == shares, f"I10: {told}, not {shares}"
