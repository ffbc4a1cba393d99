"""The whole book's interest and principal: one word a day count, the same cost for ten loans and ten thousand."""

from __future__ import annotations

import random
from fractions import Fraction

import brownie
import pytest
from brownie import project
from eth_utils.crypto import keccak

from analytics.errors import NotFound
from scripts.chain import ROOT, attached_chain, brownie_connected
from scripts.deployment import deploy, staff
from tests.contracts.lending import ACTUAL_360, ACTUAL_365, BULLET, imported_row, product
from tests.integration.anvil import answered_when_mined, anvil, binary

BATCH = 250
FEW, MANY = 10, 10_000
CORPORATE = 3
GAS = 90_000_000
UNITS = {1: 360 * 10**9, 2: 365 * 10**9}


@pytest.fixture(scope="module")
def anvil_url():
    """A fast chain; Ganache would take minutes for ten thousand loans."""
    try:
        binary()
    except NotFound as missing:
        pytest.skip(str(missing))
    with anvil(gas_limit=GAS, accounts=30) as url:
        yield url


@pytest.fixture(scope="module")
def bank(anvil_url):
    """The system with two products of either day count and one customer, its day open."""
    with attached_chain(anvil_url) as chain, brownie_connected(chain), answered_when_mined(brownie.web3):
        people = staff(brownie.accounts)
        system = deploy(project.load(str(ROOT), raise_if_loaded=False), people, salt=b"a salt for tests only")
        today = system.authority.blockDate()
        system.authority.openDay(today, {"from": people["treasurer"]})
        for number, day_count in ((1, ACTUAL_360), (2, ACTUAL_365)):
            terms = product(loan_type=BULLET, day_count=day_count)
            system.book.setProduct(number, terms, {"from": people["risk_officer"]})
        registration = (keccak(b"customer"), CORPORATE, b"K70\0", b"CN-GD\0", 0, 1)
        system.customers.register(registration, {"from": people["loan_officer"]})
        yield system, people, today


def send(method, arguments, sender):
    """A transaction without Brownie's reading of its hundreds of events."""
    transaction = {"from": sender.address, "to": method._address, "data": method.encode_input(*arguments), "gas": GAS}
    receipt = brownie.web3.eth.wait_for_transaction_receipt(brownie.web3.eth.send_transaction(transaction))
    assert receipt["status"] == 1


def import_loans(bank, rng, first, last):
    """Loans numbered from `first` to before `last`, of both products; what each is, by reference."""
    system, people, today = bank
    loans = {}
    for number in range(first, last):
        loans[number.to_bytes(32, "big")] = {
            "product": rng.choice((1, 2)),
            "principal": rng.randrange(1, 10**12),
            "rate": rng.randrange(2 * 10**8),
            "through": today,
            "exact": Fraction(0),
        }
    rows = [
        imported_row(
            reference, product=loan["product"], start=today - 10, maturity=today + 3_000, rate=loan["rate"],
            originated=loan["principal"], outstanding=loan["principal"],
        )
        for reference, loan in loans.items()
    ]  # fmt: skip
    total = sum(loan["principal"] for loan in loans.values())
    send(system.book.proposeImport, (keccak(b"rows"), len(rows), total), people["loan_officer"])
    number = 1 if first == 0 else 2
    system.book.releaseImport(number, {"from": people["approver"]})
    for at in range(0, len(rows), BATCH):
        send(system.book.importLoans, (number, rows[at : at + BATCH]), people["loan_officer"])
    send(system.book.completeImport, (number,), people["loan_officer"])
    return loans


def owed(loans, day):
    """Interest of all loans on a day, from each loan by itself: whole fen of each day count."""
    total = 0
    for number, unit in UNITS.items():
        exact = Fraction(0)
        for loan in loans.values():
            if loan["product"] == number:
                grown = Fraction(loan["principal"] * loan["rate"] * (day - loan["through"]), unit)
                exact += loan["exact"] + grown
        total += exact.numerator // exact.denominator
    return total


def asked(bank, day):
    """What the view of all interest tells, the gas it takes, and the gas of the view of all principal."""
    book = bank[0].book
    calls = book.interestReceivable.encode_input(day), book.totals.encode_input()
    gas = [brownie.web3.eth.estimate_gas({"to": book.address, "data": data}) for data in calls]
    return book.interestReceivable(day), gas


def test_the_whole_books_interest_costs_the_same_for_ten_loans_and_ten_thousand(bank):
    """Equal to the sum over every loan, before and after payments; gas to the unit the same."""
    seed = 20261124
    print(f"seed {seed}")
    rng = random.Random(seed)
    system, _, today = bank
    loans = import_loans(bank, rng, 0, FEW)
    days = (today, today + 1, today + 365)
    few = [asked(bank, day) for day in days]
    assert [interest for interest, _ in few] == [owed(loans, day) for day in days]
    loans |= import_loans(bank, rng, FEW, MANY)
    many = [asked(bank, day) for day in days]
    assert [interest for interest, _ in many] == [owed(loans, day) for day in days]
    assert many[0][0] == 0 < many[1][0] < many[2][0]
    spent = [gas for _, gas in few], [gas for _, gas in many]
    print(f"gas for {FEW} loans {spent[0]}, for {MANY} {spent[1]}")
    assert spent[0] == spent[1]
    assert tuple(system.book.totals()) == (MANY, sum(loan["principal"] for loan in loans.values()))
    pay_some(bank, rng, loans)
    assert asked(bank, today + 365)[0] == owed(loans, today + 365)


def pay_some(bank, rng, loans):
    """A batch of payments twenty days later: principal, which stops its interest from then on."""
    system, people, today = bank
    treasurer = {"from": people["treasurer"]}
    system.authority.closeDay(treasurer)
    brownie.web3.provider.make_request("evm_increaseTime", [20 * 86_400])
    brownie.web3.provider.make_request("evm_mine", [])
    system.authority.openDay(today + 20, treasurer)
    chosen = rng.sample(sorted(loans), BATCH)
    payments = []
    for reference in chosen:
        loan = loans[reference]
        amount = rng.randrange(1, loan["principal"] + 1)
        unit = UNITS[loan["product"]]
        loan["exact"] += Fraction(loan["principal"] * loan["rate"] * 20, unit)
        loan["principal"] -= amount
        loan["through"] = today + 20
        payments.append((system.book.loanIdOf(reference), amount))
    send(system.book.repayInBatch, (payments, today + 20), people["collector"])
