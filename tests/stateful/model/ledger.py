"""All that the model's bank holds, and what every act on it does."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import ClassVar

from scripts.state_diagram import StateTable
from tests.stateful.model.balances import DEFAULTED, DENIED, LAPSED, REPAID, SOLD, WRITTEN_OFF
from tests.stateful.model.calendars import WEEKENDS, Calendar
from tests.stateful.model.covenants import Covenants
from tests.stateful.model.holdings import (
    CUSTOMER,
    GROUP,
    INDUSTRY,
    REGION,
    Agreement,
    Bucket,
    Consent,
    Customer,
    Earmark,
    Guarantee,
    Lien,
    Payment,
    Posting,
    Refused,
    SystemDebt,
    Thing,
    Trace,
)
from tests.stateful.model.loans import Loan
from tests.stateful.model.terms import Product

IMPORTED = 2**63  # numbers of imported loans start here


@dataclass
class Ledger:
    """Everything the contracts should hold."""

    table: ClassVar[StateTable]  # the contracts' own: what may start where, and lead where

    customers: dict[int, Customer]
    products: dict[int, Product]
    today: int
    calendars: dict[int, Calendar] = field(default_factory=dict)
    covenants: Covenants = field(default_factory=Covenants)
    fixings: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # of an index: days and values, ascending
    loans: dict[int, Loan] = field(default_factory=dict)
    buckets: dict[tuple[int, int], Bucket] = field(default_factory=lambda: defaultdict(Bucket))
    balances: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    earmarks: dict[int, Earmark] = field(default_factory=lambda: defaultdict(Earmark))
    traces: dict[int, Trace] = field(default_factory=lambda: defaultdict(Trace))
    things: dict[int, Thing] = field(default_factory=dict)
    guarantees: list[Guarantee] = field(default_factory=list)
    capacity: dict[int, int] = field(default_factory=dict)
    given: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    payments: dict[int, Payment] = field(default_factory=dict)
    calls: dict[int, tuple[int, int]] = field(default_factory=dict)  # who proposed to call a loan, and when
    agreements: dict[tuple[int, int], Agreement] = field(default_factory=dict)  # by loan and number
    consents: dict[int, Consent] = field(default_factory=dict)  # by guarantee
    system_debts: dict[int, SystemDebt] = field(default_factory=lambda: defaultdict(SystemDebt))
    closed: set[int] = field(default_factory=set)
    in_default: set[int] = field(default_factory=set)
    sold: set[int] = field(default_factory=set)
    # I24: every way money came into deposits and left them
    funded: int = 0
    lent: int = 0
    paid: int = 0
    redeemed: int = 0
    drawings: dict[int, list[Posting]] = field(default_factory=lambda: defaultdict(list))
    charges: dict[int, list[Posting]] = field(default_factory=lambda: defaultdict(list))
    acts: list[tuple[int, str]] = field(default_factory=list)  # done since the last check of edges: loan and act

    def loan(self, number: int) -> Loan:
        if number not in self.loans:
            raise Refused("LoanBook_Unknown", number)
        return self.loans[number]

    def starting(self, number: int, act: str) -> Loan:
        """The loan, where the table of states has the act for it."""
        loan = self.loan(number)
        if self.table.states[loan.state] not in self.table.acts[act]:
            raise Refused("LoanBook_WrongState", number, loan.state)
        self.acts.append((number, act))
        return loan

    def calendar_of(self, product: Product) -> Calendar:
        return self.calendars.get(product.servicing.calendar, WEEKENDS) if product.servicing else WEEKENDS

    def come_under_covenants(self, loan: Loan) -> None:
        if loan.product.covenanted:
            self.covenants.enter(loan.customer, loan.product_number)

    def keys(self, loan: Loan) -> list[tuple[int, int]]:
        group = self.customers[loan.customer].group
        return [
            (CUSTOMER, loan.customer),
            *([(GROUP, group)] if group else []),
            (INDUSTRY, loan.industry[0]),
            (REGION, int.from_bytes(loan.region, "big")),
        ]

    def post(self, loan: Loan, exposure: int = 0, reserved: int = 0) -> None:
        for key in self.keys(loan):
            self.buckets[key].exposure += exposure
            self.buckets[key].reserved += reserved

    def reserve(self, loan: Loan, amount: int) -> None:
        for key in self.keys(loan):
            bucket = self.buckets[key]
            used = bucket.exposure + bucket.reserved
            if bucket.limit and used + amount > bucket.limit:
                raise Refused("CreditPolicy_LimitExceeded", *key, used, amount, bucket.limit)
        self.post(loan, reserved=amount)

    def announce(self, loan: Loan) -> None:
        self.closed.discard(loan.number)
        self.in_default.discard(loan.number)
        self.sold.discard(loan.number)
        if loan.state == SOLD:
            self.sold.add(loan.number)
        if loan.state in (REPAID, DENIED, LAPSED):
            self.closed.add(loan.number)
        if loan.state in (DEFAULTED, WRITTEN_OFF):
            self.in_default.add(loan.number)

    @property
    def supply(self) -> int:
        """I24: the deposit liability by its causes."""
        return self.funded + self.lent - self.paid - self.redeemed

    @property
    def applied(self) -> int:
        """Loans applied for here; imported ones have numbers of their own."""
        return sum(number < IMPORTED for number in self.loans)

    def customer(self, number: int) -> Customer:
        if number not in self.customers:
            raise Refused("CustomerRegistry_Unknown", number)
        return self.customers[number]

    def differs(self, maker: int, checker: int) -> None:
        """I30: what one person did, another must."""
        if maker == checker:
            raise Refused("Governed_SamePerson", checker)

    def liens(self) -> list[tuple[Thing, Lien]]:
        return [(thing, lien) for thing in self.things.values() for lien in thing.liens]
