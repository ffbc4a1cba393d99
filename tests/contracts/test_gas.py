"""What each operation costs, held to a committed file within one part in a hundred.

`GAS=write pytest tests/contracts/test_gas.py` measures anew and rewrites the file; its difference then shows in review.
Steady state: the customer is known and in no group, its buckets and balances are in use. Batches count one record.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from scripts.deployment import System
from scripts.products import PRODUCTS
from tests.contracts.lending import imported_row

FILE = Path(__file__).with_name("gas.json")
TOLERANCE = 0.01
WRITE = os.environ.get("GAS") == "write"

BULLET, LINEAR, RETAIL, SECURED, ANNUITY = 1, 2, 3, 4, 5  # scripts/products.py
COVENANTED = (1, 2, 4)
YUAN = 100
AMOUNT = 1_000_000 * YUAN
BATCH = 50
EVERY_PAYEE = 2**64 - 1
INDUSTRY, REGION, PURPOSE = b"K70\0", b"CN-GD\0", b"WORK"
RATE = 50_000_000
HOUSE = 1  # CollateralKind.ResidentialProperty
HAIRCUT = 300_000_000


@dataclass(frozen=True)
class Bank:
    """The system in steady state, and who does what."""

    system: System
    people: dict[str, Any]
    today: int
    customer: int
    sister: int
    borrower: Any
    next_day: Callable[..., int]

    def by(self, name: str) -> dict[str, Any]:
        return {"from": self.people[name]}

    def apply_for(self, product: int, amount: int = AMOUNT, *, days: int = 730) -> Any:
        application = (
            self.customer, product, INDUSTRY, REGION, PURPOSE, amount, RATE, self.today + days, keccak(b"terms"),
        )  # fmt: skip
        return self.system.book.applyFor(application, self.by("loan_officer"))

    def approved(self, product: int, amount: int = AMOUNT) -> int:
        number = self.apply_for(product, amount).return_value
        self.system.book.approve(number, self.by("approver"))
        return number

    def originated(self, product: int, amount: int = AMOUNT) -> int:
        number = self.approved(product, amount)
        self.system.book.originate(number, self.today, self.by("treasurer"))
        return number

    def draw(self, number: int, amount: int) -> Any:
        expiry = self.today + 180
        return self.system.book.drawDown(number, amount, EVERY_PAYEE, expiry, self.today, [], self.by("treasurer"))

    def registered(self, title: int) -> Any:
        row = (title, self.customer, HOUSE, REGION, 10 * AMOUNT, HAIRCUT, self.today, self.today + 365)
        return self.system.collateral.register(row, self.by("appraiser"))

    def guaranteed(self, guarantor: int, beneficiary: int, loan: int) -> Any:
        return self.system.guarantees.guarantee(guarantor, beneficiary, loan, AMOUNT, 1, self.by("loan_officer"))


@pytest.fixture(scope="module")
def bank(system, people, make_customer, borrower, outsiders, next_day, as_contract):
    today = system.authority.day()[0]
    customer = make_customer(account=borrower, grade=5)
    sister = make_customer(account=outsiders[0], grade=5)
    bank = Bank(system, people, today, customer, sister, borrower, next_day)
    for number, product in PRODUCTS.items():
        system.book.setProduct(number, astuple(product), bank.by("risk_officer"))
    # buckets, supply, balances and earmarks in use
    bank.approved(BULLET)
    bank.originated(BULLET)
    bank.draw(bank.approved(BULLET), AMOUNT)
    system.token.fund(borrower, 10 * AMOUNT, bank.by("treasurer"))
    bank.registered(1)
    for guarantor in (customer, sister):
        system.guarantees.attestCapacity(guarantor, 100 * AMOUNT, today, bank.by("risk_officer"))
    third = make_customer(grade=5)
    system.guarantees.attestCapacity(third, 100 * AMOUNT, today, bank.by("risk_officer"))
    bank.guaranteed(third, customer, 1)
    bank.guaranteed(sister, third, 2)
    for product in COVENANTED:
        system.covenants.setRatingRule(product, (10, 1, 0, 3, 2, 30), bank.by("risk_officer"))
        system.covenants.enter(sister, product, 5, {"from": as_contract(system.book)})
    return bank


# ---------------------------------------------------------------- the operations


def apply(bank):
    return bank.apply_for(BULLET)


def approve(bank):
    number = bank.apply_for(BULLET).return_value
    return bank.system.book.approve(number, bank.by("approver"))


def originate(bank):
    number = bank.approved(BULLET)
    return bank.system.book.originate(number, bank.today, bank.by("treasurer"))


def draw_down(bank):
    return bank.draw(bank.approved(BULLET), AMOUNT // 2)


def repay(bank):
    """Principal before its time, some weeks into a loan."""
    number = bank.originated(BULLET)
    day = bank.next_day(20)
    return bank.system.book.repay(number, AMOUNT // 10, day, {"from": bank.borrower})


def repay_instalment(bank):
    """An annuity's instalment on its due date."""
    number = bank.originated(ANNUITY)
    instalment = bank.system.book.loanOf(number)["instalmentAmount"]
    day = bank.next_day(_days_to_due_date(bank, number))
    return bank.system.book.repay(number, instalment, day, {"from": bank.borrower})


def _days_to_due_date(bank, number):
    """Days until the first instalment: the first day on which a preview shows it fallen due."""
    days = range(28, 32)
    return next(d for d in days if bank.system.book.preview(number, bank.today + d)["interestDue"])


def close(bank):
    """Everything owed, paid before anything fell due."""
    number = bank.originated(BULLET)
    day = bank.next_day(20)
    owed = bank.system.book.payoff(number, day)
    return bank.system.book.repay(number, owed, day, {"from": bank.borrower})


def mark_overdue(bank):
    number = bank.originated(BULLET)
    bank.next_day(95)
    transaction = bank.system.book.classify(number, bank.by("collector"))
    assert transaction.events["LoanClassified"]["daysPastDue"] > 0
    return transaction


def mark_overdue_in_batch(bank):
    """The night's run, on the day after an instalment was missed for the first time."""
    return _classified(bank, days=95)


def classify_in_batch(bank):
    """The night's run, where nothing fell due."""
    return _classified(bank, days=1)


def _classified(bank, *, days):
    numbers = import_rows(bank)[0]
    bank.next_day(days)
    transaction = bank.system.book.classifyInBatch(numbers, bank.by("collector"))
    assert len(transaction.events) == (2 * BATCH if days > 1 else 0)
    return transaction


def repay_in_batch(bank):
    numbers = import_rows(bank)[0]
    day = bank.next_day(20)
    payments = [(number, AMOUNT // 100) for number in numbers]
    return bank.system.book.repayInBatch(payments, day, bank.by("collector"))


def import_loan(bank):
    return import_rows(bank)[1]


def import_rows(bank):
    book = bank.system.book
    start, maturity = bank.today - 100, bank.today + 900
    rows = [
        imported_row(
            keccak(b"loan %d" % row), customer=bank.customer, product=RETAIL, rate=RATE, start=start, maturity=maturity,
            source_status=1, originated=AMOUNT, outstanding=AMOUNT // 2, principal_paid=AMOUNT // 2,
            interest_paid=1_000,
        )
        for row in range(BATCH)
    ]  # fmt: skip
    total = BATCH * AMOUNT // 2
    number = book.proposeImport(keccak(b"loans.csv"), BATCH, total, bank.by("loan_officer")).return_value
    book.releaseImport(number, bank.by("approver"))
    transaction = book.importLoans(number, rows, bank.by("loan_officer"))
    return [book.loanIdOf(row[0]) for row in rows], transaction


def register_collateral(bank):
    return bank.registered(2)


def pledge(bank):
    number = bank.approved(SECURED)
    return bank.system.collateral.pledge(1, number, bank.customer, AMOUNT, bank.by("loan_officer"))


def revalue(bank):
    arguments = (1, 9 * AMOUNT, HAIRCUT, bank.today, bank.today + 400)
    return bank.system.collateral.revalue(*arguments, bank.by("appraiser"))


def guarantee(bank):
    return bank.guaranteed(bank.sister, bank.customer, 2)


def record_flow(bank):
    number = bank.approved(BULLET)
    bank.draw(number, AMOUNT)
    payee = bank.people["collector"]
    bank.system.token.spend(number, payee, AMOUNT // 2, {"from": bank.borrower})
    flow = (number, payee, bank.people["guardian"], AMOUNT // 10, PURPOSE, 2)
    bank.system.flows.recordFlow(*flow, bank.by("data_provider"))
    return bank.system.flows.recordFlow(*flow, bank.by("data_provider"))


def confirm_rating(bank):
    """A customer without covenants."""
    return _rated(bank, bank.customer, 6)


def confirm_rating_covenanted(bank):
    """A customer whose loans of three products go on."""
    return _rated(bank, bank.sister, 6)


def confirm_rating_breaching(bank):
    """A customer whose loans of three products are suspended and served notice."""
    return _rated(bank, bank.sister, 11)


def _rated(bank, customer, grade):
    rating = (customer, grade, 1, 1_250, bank.today, bank.today + 365)
    bank.system.ratings.propose(rating, bank.by("risk_officer"))
    return bank.system.ratings.confirm(rating, bank.by("approver"))


def restructure(bank):
    """An annuity in arrears, accepted: what is due waived or made principal; once restructured before."""
    number = bank.originated(ANNUITY)
    _restructured(bank, number, 1)
    bank.next_day(100)
    bank.system.book.classify(number, bank.by("collector"))
    return _restructured(bank, number, 2)


def _restructured(bank, number, count):
    book, today = bank.system.book, bank.system.authority.day()[0]
    terms = (number, count, today + 30, 2, 1, RATE // 2, today + 1_000, 0, True, 0, 0, 0, AMOUNT // 10, 2 * AMOUNT)
    book.proposeRestructuring(terms, bank.by("risk_officer"))
    book.acceptRestructuring(terms, bytes(32), {"from": bank.borrower})
    return book.restructure(terms, bank.by("approver"))


OPERATIONS: dict[str, tuple[Callable[[Bank], Any], int]] = {
    "apply": (apply, 1),
    "approve": (approve, 1),
    "originate": (originate, 1),
    "draw_down": (draw_down, 1),
    "repay": (repay, 1),
    "repay_instalment": (repay_instalment, 1),
    "close": (close, 1),
    "mark_overdue": (mark_overdue, 1),
    "restructure": (restructure, 1),
    "mark_overdue_in_batch": (mark_overdue_in_batch, BATCH),
    "classify_in_batch": (classify_in_batch, BATCH),
    "repay_in_batch": (repay_in_batch, BATCH),
    "import_loan": (import_loan, BATCH),
    "register_collateral": (register_collateral, 1),
    "pledge": (pledge, 1),
    "revalue": (revalue, 1),
    "guarantee": (guarantee, 1),
    "record_flow": (record_flow, 1),
    "confirm_rating": (confirm_rating, 1),
    "confirm_rating_covenanted": (confirm_rating_covenanted, 1),
    "confirm_rating_breaching": (confirm_rating_breaching, 1),
}


@pytest.fixture(scope="module")
def recorded():
    """What the file says; rewritten at the end where that was asked for."""
    figures = json.loads(FILE.read_text()) if FILE.is_file() else {}
    yield figures
    if WRITE:
        FILE.write_text(json.dumps({name: figures[name] for name in OPERATIONS}, indent=2) + "\n")


def test_the_file_names_the_operations(recorded):
    assert WRITE or list(recorded) == list(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_costs_what_the_file_says(bank, recorded, name):
    operation, records = OPERATIONS[name]
    gas = round(operation(bank).gas_used / records)
    if WRITE:
        recorded[name] = gas
    assert gas == pytest.approx(recorded[name], rel=TOLERANCE), f"{name} costs {gas}; the file says {recorded[name]}"
