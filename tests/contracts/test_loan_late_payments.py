"""Payments booked late on loans in arrears: of two equal loans, one paid in time, both then owe the same."""

from __future__ import annotations

import pytest

from tests.contracts.expect import fields_of
from tests.contracts.lending import ACTIVE, AMOUNT, ANNUITY, BULLET, LINEAR, REPAID, Desk, months_after

UNIT = 360 * 10**9
MARKED_UP = {"overdue_markup": 500_000_000, "compounds": 1}
PLAIN, GRACE, FEE = 1, 2, 3
GRACE_DAYS = 10


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer(PLAIN, loan_type=BULLET, cycle_months=1)
    desk.serve(PLAIN, **MARKED_UP)
    desk.offer(GRACE, loan_type=LINEAR, cycle_months=1)
    desk.serve(GRACE, **MARKED_UP, grace_days=GRACE_DAYS)
    desk.offer(FEE, loan_type=ANNUITY, cycle_months=1)
    desk.serve(FEE, prepayment_fee=10_000_000, keeps_term=1)
    desk.fund(borrower, 20 * AMOUNT)
    return desk


@pytest.fixture
def twins(desk, next_day):
    """Two equal loans that nothing was paid on, and their due dates; today is some days after the first."""

    def _twins(product, days, **terms):
        one, other = (desk.originated(product, **terms) for _ in range(2))
        due_dates = desk.model(one).due_dates
        next_day(due_dates[0] + days - desk.today)
        return one, other, due_dates

    return _twins


def pay_late(desk, loan, amount, day):
    posting = desk.book.postingHash(loan, desk.borrower)
    desk.book.proposeBackValue(posting, day, desk.by("collector"))
    desk.book.authoriseBackValue(posting, day, desk.by("approver"))
    return desk.book.repay(loan, amount, day, {"from": desk.borrower})


def left(desk, loan):
    """What a loan owes today: principal, and whole fen of interest, penalty interest and fees."""
    shown = desk.book.preview(loan, desk.today)
    return (
        shown["principal"],
        shown["accrued"] // UNIT + shown["interestDue"],
        shown["penaltyAccrued"] // UNIT + shown["penaltyDue"],
        shown["feeDue"],
        desk.book.payoff(loan, desk.today),
    )


def equal(desk, one, other):
    """To a fen of each."""
    wanted, found = left(desk, one), left(desk, other)
    assert (found[0], found[3]) == (wanted[0], wanted[3])
    assert all(abs(mine - its) <= 1 for mine, its in zip(found[1:3], wanted[1:3], strict=True)), (found, wanted)
    assert abs(found[4] - wanted[4]) <= 2
    assert desk.stored(other)["oldestDue"] == desk.stored(one)["oldestDue"]


def pay_both(desk, next_day, loans, amount, until):
    """Pay one loan today, the other with today's value date on a later day, on which both were classified."""
    paid_on = desk.today
    desk.book.repay(loans[0], amount, paid_on, {"from": desk.borrower})
    next_day(until - paid_on)
    for loan in loans:
        desk.book.classify(loan, desk.by("collector"))
    return pay_late(desk, loans[1], amount, paid_on)


def test_what_fell_due_later_bore_penalty_interest_since_its_own_day(desk, twins, next_day):
    """All but the last fen of what closed the loan, with a second instalment due since."""
    one, other, due_dates = twins(PLAIN, 10)
    pay_both(desk, next_day, (one, other), desk.book.payoff(one, desk.today) - 2, due_dates[1] + 5)
    equal(desk, one, other)
    assert desk.book.payoff(other, desk.today) <= 4


def test_the_next_obligation_has_its_own_days_of_grace(desk, twins, next_day):
    """The first instalment is paid after its grace, so that the second bears nothing within its own."""
    one, other, due_dates = twins(GRACE, GRACE_DAYS + 8)
    amount = desk.book.preview(one, desk.today)
    amount = amount["principalDue"] + amount["interestDue"] + amount["penaltyDue"]
    pay_both(desk, next_day, (one, other), amount, due_dates[1] + GRACE_DAYS - 2)
    assert desk.stored(one)["oldestDue"] == due_dates[1]
    equal(desk, one, other)


def test_interest_that_is_taken_back_bore_no_penalty_interest(desk, twins, next_day):
    """Half the principal before its time leaves half of the second instalment's interest, overdue since."""
    one, other, due_dates = twins(PLAIN, 15)
    pay_both(desk, next_day, (one, other), AMOUNT // 2, due_dates[1] + 10)
    equal(desk, one, other)


def test_principal_that_fell_due_since_bore_penalty_interest_since_then(desk, twins, next_day):
    """Half is paid some days before maturity, on a loan in arrears; booked after it."""
    maturity = months_after(desk.today, 2)
    one, other, _ = twins(PLAIN, 20, maturity=maturity)
    pay_both(desk, next_day, (one, other), AMOUNT // 2, maturity + 12)
    assert desk.stored(other)["principalDue"] == desk.stored(one)["principalDue"] > AMOUNT // 2
    equal(desk, one, other)


def test_principal_that_fell_due_since_was_paid_before_its_time(desk, twins, next_day):
    """Its fee is owed as in time, whether the payment closes the loan or leaves a fen."""
    one, other, due_dates = twins(FEE, -3)
    owed, paid_on = desk.book.payoff(one, desk.today), desk.today
    principal = desk.stored(one)["principal"]
    next_day(due_dates[0] + 10 - desk.today)
    for loan in (one, other):
        desk.book.classify(loan, desk.by("collector"))
    assert desk.stored(one)["principalDue"] > 0
    sent = pay_late(desk, one, owed, paid_on)
    repaid = fields_of(sent, "LoanRepaid")
    assert (repaid["principal"], repaid["fee"], repaid["state"]) == (principal, principal // 100, REPAID)
    repaid = fields_of(pay_late(desk, other, owed - 1, paid_on), "LoanRepaid")
    assert (repaid["principal"], repaid["fee"], repaid["state"]) == (principal, principal // 100, ACTIVE)
    assert desk.book.payoff(other, desk.today) == 1
