"""Interest against exact fractions: at most one fen a loan, never in the borrower's favour, and zero at the end."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from tests.contracts.expect import reverts
from tests.contracts.lending import (
    ACTUAL_360,
    ACTUAL_365,
    ANNUITY,
    BULLET,
    FEES_FIRST,
    LINEAR,
    MAX_MONEY,
    MAX_RATE,
    PRINCIPAL_FIRST,
    REPAID,
    Desk,
    Model,
    agrees,
    imported_row,
)

CYCLES = (1, 3, 6, 12)
LOANS = 24


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.fund(borrower, 10**18)
    return desk


@pytest.fixture(scope="module")
def chance():
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed)


def offers(desk):
    """One product for every type, cycle, day count and order of payment: their cycles, by number."""
    kinds = [
        {"loan_type": kind, "cycle_months": cycle, "day_count": count, "waterfall": order}
        for kind in (BULLET, LINEAR, ANNUITY)
        for cycle in CYCLES
        for count in (ACTUAL_365, ACTUAL_360)
        for order in (FEES_FIRST, PRINCIPAL_FIRST)
    ]
    kinds += [{"loan_type": BULLET, "cycle_months": 0, "day_count": count} for count in (ACTUAL_365, ACTUAL_360)]
    return {desk.offer(number, **kind): kind["cycle_months"] for number, kind in enumerate(kinds, start=1)}


def test_i7_random_loans_paid_at_random_end_at_zero_and_one_fen(desk, borrower, next_day, chance):
    """Loans live side by side through two years of random payments, early, late, partial, twice a day."""
    products = offers(desk)
    book, start = desk.book, desk.today
    models: dict[int, Model] = {}
    for _ in range(LOANS):
        product, cycle = chance.choice(list(products.items()))
        amount = chance.choice([1, 7, 10**5, 10**9, 10**12]) * chance.randrange(1, 10)
        terms = {
            "amount": min(amount, MAX_MONEY),
            "rate": chance.choice([0, 1, chance.randrange(10**8), chance.randrange(10**9)]),
            "maturity": start + chance.randrange(max(1, 31 * cycle), 720),
        }
        loan = desk.originated(product, **terms)
        models[loan] = desk.model(loan)
        agrees(desk.stored(loan), models[loan])
    closed = 0
    while closed < LOANS:
        day = next_day(chance.randrange(1, 60))
        for loan, model in models.items():
            if desk.stored(loan)["state"] == REPAID or chance.random() < 0.4:
                continue
            model.advance(day)
            assert book.payoff(loan, day) == model.payoff
            whole = day > model.maturity or chance.random() < 0.05
            due = model.principal_due + model.interest_due
            amount = model.payoff if whole else min(model.payoff, max(1, chance.choice([due, due // 2, due + 999])))
            if amount == 0:
                continue
            whole = amount == model.payoff
            split = model.pay(amount)
            told = book.repay(loan, amount, day, {"from": borrower}).events["LoanRepaid"]
            assert {name: told[name] for name in split} == split
            assert sum(split.values()) == amount
            stored = desk.stored(loan)
            if whole:
                closed += 1
                assert stored["state"] == REPAID
                assert stored["accrued"] == stored["principal"] == stored["interestDue"] == 0
                assert 0 <= Fraction(model.interest_paid) - model.exact < 1
            else:
                agrees(stored, model)


def test_i6_accruing_in_steps_is_accruing_at_once(desk, borrower, next_day, chance):
    """Many small postings leave the interest that one would: nothing is lost or gained by rounding on the way."""
    desk.offer(60, loan_type=BULLET, cycle_months=0)
    steps, once = (desk.originated(60, amount=999_999_937, rate=43_217_911) for _ in range(2))
    days = 0
    for _ in range(15):
        gone = chance.randrange(1, 9)
        days += gone
        day = next_day(gone)
        desk.book.charge(steps, 0, 1, day, desk.by("collector"))
        desk.book.repay(steps, 1, day, {"from": borrower})
        desk.book.classify(steps, {"from": borrower})
    stored = desk.stored(steps)
    assert stored["accrued"] == 999_999_937 * 43_217_911 * days
    assert stored["accrued"] == desk.book.preview(once, desk.today)["accrued"]


@pytest.mark.parametrize("amount", [1, MAX_MONEY])
@pytest.mark.parametrize("rate", [0, 1, MAX_RATE])
@pytest.mark.parametrize(("term", "loan_type"), [(1, BULLET), (16_383, BULLET), (14_610, LINEAR), (14_610, ANNUITY)])
def test_one_fen_and_the_largest_loan_for_a_day_and_for_forty_years(desk, amount, rate, term, loan_type):
    """The view passes every due date of the life at once and agrees with the model, at the edges of every field."""
    desk.offer(61, loan_type=loan_type, cycle_months=12 if term > 365 else 0)
    loan = desk.originated(61, amount=amount, rate=rate, maturity=desk.today + term)
    model = desk.model(loan)
    for day in {model.start, model.start + 1, *model.due_dates[:2], *model.due_dates[-2:]}:
        if day >= model.through:
            model_then = desk.model(loan)
            model_then.advance(day)
            if model_then.interest_due > MAX_MONEY:
                continue
            shown = desk.book.preview(loan, day)
            agrees(dict(shown.dict()), model_then)
            assert desk.book.payoff(loan, day) == model_then.payoff


def test_a_full_register_never_blocks_the_payoff(desk, system, borrower):
    """A loan long past maturity at the highest rate: interest stops growing where the register ends."""
    book = desk.book
    desk.offer(62, loan_type=BULLET, cycle_months=12)
    day = desk.today
    reference = b"\7" * 32
    row = imported_row(
        reference,
        customer=desk.customer,
        product=62,
        start=1,
        maturity=400,
        rate=MAX_RATE,
        originated=MAX_MONEY,
        outstanding=MAX_MONEY,
        principal_due=MAX_MONEY,
        oldest_due=400,
    )
    number = book.proposeImport(b"\1" * 32, 1, MAX_MONEY, desk.by("loan_officer")).events["ImportProposed"]["importId"]
    book.releaseImport(number, desk.by("approver"))
    book.importLoans(number, [row], desk.by("loan_officer"))
    loan = book.loanIdOf(reference)
    later = day + 2**14 + 100
    shown = book.preview(loan, later)
    assert shown["accrued"] == 2**92 - 1
    assert book.payoff(loan, later) == MAX_MONEY + -(-(2**92 - 1) // (360 * 10**9))


def test_the_whole_book_s_interest_is_asked_for_no_day_passed(desk, next_day):
    desk.originated(desk.offer(1))
    today = next_day(3)
    assert desk.book.interestReceivable(today + 1) > desk.book.interestReceivable(today) > 0
    with reverts("LoanBook_DayPassed", today - 1, today):
        desk.book.interestReceivable(today - 1)
