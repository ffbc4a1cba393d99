"""Payments booked with a value date before the loan's last accrual: the loan ends where it would have in time."""

from __future__ import annotations

import itertools
import random

import pytest
from brownie import ZERO_ADDRESS

from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.lending import (
    ACTIVE,
    AMOUNT,
    ANNUITY,
    BULLET,
    DRAWDOWN,
    LINEAR,
    NOBODY,
    PRINCIPAL_FIRST,
    RATE,
    REPAID,
    Desk,
    agrees,
    months_after,
)

UNIT = 360 * 10**9
BALANCES = (
    "principal",
    "accrued",
    "principalDue",
    "interestDue",
    "oldestDue",
    "penaltyDue",
    "feeDue",
    "penaltyAccrued",
)


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer(1, loan_type=BULLET)
    desk.offer(2, loan_type=LINEAR, cycle_months=1)
    desk.offer(3, loan_type=ANNUITY, cycle_months=1)
    desk.fund(borrower, 100 * AMOUNT)
    return desk


def allow(desk, loan, account, day):
    """Two persons let an account post with a past value date."""
    posting = desk.book.postingHash(loan, account)
    desk.book.proposeBackValue(posting, day, desk.by("collector"))
    desk.book.authoriseBackValue(posting, day, desk.by("approver"))


def balances(desk, loan, day):
    """What a loan owes on a day."""
    shown = desk.book.preview(loan, day).dict()
    return {name: shown[name] for name in BALANCES} | {"payoff": desk.book.payoff(loan, day)}


def test_a_stranger_cannot_hold_up_an_older_payment(desk, borrower, stranger, next_day):
    """A fen paid today moves the last accrual to today; a payment of four days ago is booked all the same."""
    loan = desk.originated()
    model = desk.model(loan)
    today = next_day(10)
    paid_on = today - 4
    desk.fund(stranger, 1)
    desk.book.repay(loan, 1, today, {"from": stranger})
    model.advance(today)
    model.pay(1)
    allow(desk, loan, borrower, paid_on)
    spared = 30_000 * RATE * 4
    model.pay(30_000)
    model.accrued -= spared
    before, wallet = desk.buckets(), desk.system.token.balanceOf(borrower)
    sent = desk.book.repay(loan, 30_000, paid_on, {"from": borrower})
    assert_events(
        sent,
        event(
            "LoanRepaid", loanId=loan, payer=borrower, posting=3, valueDate=today, principal=30_000, interest=0,
            penalty=0, fee=0, outstanding=AMOUNT - 30_001, accrued=model.accrued, principalDue=0, interestDue=0,
            oldestDue=0, instalment=0, state=ACTIVE,
        ),
        event(
            "PaymentBackValued", loanId=loan, posting=3, paidOn=paid_on, interest=spared, penalty=0,
            penaltyTakenBack=0, penaltyDue=0, penaltyAccrued=0,
        ),
        event("Transfer", **{"from": borrower, "to": ZERO_ADDRESS, "amount": 30_000}),
    )  # fmt: skip
    agrees(desk.stored(loan), model)
    assert desk.buckets() == [*(value - 30_000 for value in before[:3]), *before[3:6], before[6] - 30_000]
    assert desk.system.token.balanceOf(borrower) == wallet - 30_000


@pytest.mark.parametrize("product", [1, 2, 3])
def test_a_payment_booked_late_leaves_what_one_in_time_leaves(desk, borrower, next_day, product):
    """Of two equal loans one is paid early in time, one with back value after a due date: they owe the same, but for
    the fen by which interest that fell due meanwhile was rounded."""
    seed = 20261124 + product
    print(f"seed {seed}")
    amount = random.Random(seed).randrange(AMOUNT // 3)
    first, second = (desk.originated(product, maturity=desk.today + 400) for _ in range(2))
    first_due = desk.model(first).due_dates[0]
    paid_on = next_day(first_due - desk.today - 3)
    desk.book.repay(first, amount, paid_on, {"from": borrower})
    today = next_day(15)
    for loan in (first, second):
        desk.book.classify(loan, desk.by("collector"))
        desk.book.repay(loan, 1, today, {"from": borrower})
    allow(desk, second, borrower, paid_on)
    desk.book.repay(second, amount, paid_on, {"from": borrower})
    left = {loan: balances(desk, loan, today) for loan in (first, second)}
    assert left[second]["payoff"] - left[first]["payoff"] in (-1, 0, 1)
    assert left[second]["principal"] == left[first]["principal"]
    assert abs(left[second]["interestDue"] - left[first]["interestDue"]) <= 1
    shares = left[second]["principalDue"] - left[first]["principalDue"]
    assert 0 <= shares <= amount if product == 2 else shares <= 0 or product == 3


def test_the_payoff_of_a_past_day_closes_the_loan(desk, borrower, next_day):
    loan = desk.originated()
    start = desk.today
    today = next_day(20)
    desk.book.repay(loan, 5, today, {"from": borrower})
    paid_on = today - 8
    allow(desk, loan, borrower, paid_on)
    exact = 5 * RATE * 20 + (AMOUNT - 5) * RATE * (paid_on - start)
    owed = AMOUNT - 5 + -(-exact // UNIT)
    with reverts("LoanBook_Overpayment", loan, owed + 1, owed):
        desk.book.repay(loan, owed + 1, paid_on, {"from": borrower})
    sent = desk.book.repay(loan, owed, paid_on, {"from": borrower})
    assert sent.events["LoanRepaid"]["state"] == REPAID
    assert dict(sent.events["LoanClosed"]) == {"loanId": loan, "valueDate": paid_on}
    stored = desk.stored(loan)
    assert {stored[name] for name in BALANCES} == {0}


def test_interest_that_was_paid_meanwhile_cannot_be_taken_back(desk, borrower, next_day):
    """Where a later payment took the interest that this one would have spared, the day is refused."""
    loan = desk.originated()
    first_due = desk.model(loan).due_dates[0]
    next_day(first_due - desk.today)
    today = desk.today
    interest = AMOUNT * RATE * (today - desk.stored(loan)["start"]) // UNIT
    desk.book.repay(loan, interest, today, {"from": borrower})
    paid_on = today - 5
    allow(desk, loan, borrower, paid_on)
    before = desk.stored(loan)
    with reverts("LoanBook_ValueDateBeforeAccrual", loan, paid_on, today):
        desk.book.repay(loan, AMOUNT // 2, paid_on, {"from": borrower})
    assert desk.stored(loan) == before


def test_a_payment_dates_from_the_loan_at_the_earliest(desk, borrower, next_day):
    next_day(10)
    loan = desk.originated()
    start = desk.today
    next_day(2)
    desk.book.repay(loan, 5, desk.today, {"from": borrower})
    allow(desk, loan, borrower, start - 1)
    with reverts("LoanBook_ValueDateBeforeAccrual", loan, start - 1, start):
        desk.book.repay(loan, 100, start - 1, {"from": borrower})


def test_a_batch_takes_late_payments_among_others(desk, borrower, next_day):
    """Of a batch of one value date, one loan has moved on since: only its payment is told to be late."""
    loans = [desk.originated() for _ in range(2)]
    today = next_day(9)
    desk.book.repay(loans[0], 7, today, {"from": borrower})
    paid_on = today - 3
    payments = [(loan, 1_000) for loan in loans]
    posting = desk.book.batchHash(payments)
    desk.book.proposeBackValue(posting, paid_on, desk.by("collector"))
    desk.book.authoriseBackValue(posting, paid_on, desk.by("approver"))
    before = desk.buckets()
    sent = desk.book.repayInBatch(payments, paid_on, desk.by("collector"))
    assert [one["valueDate"] for one in sent.events["LoanRepaid"]] == [today, paid_on]
    assert [one["payer"] for one in sent.events["LoanRepaid"]] == [NOBODY, NOBODY]
    assert [one["loanId"] for one in sent.events["PaymentBackValued"]] == [loans[0]]
    assert desk.buckets() == [*(value - 2_000 for value in before[:3]), *before[3:6], before[6] - 2_000]
    assert [desk.stored(loan)["principal"] for loan in loans] == [AMOUNT - 1_007, AMOUNT - 1_000]


def pay_late(desk, loan, payer, amount, day):
    allow(desk, loan, payer, day)
    return desk.book.repay(loan, amount, day, {"from": payer})


def test_no_late_payment_repays_what_was_drawn_later(desk, borrower, next_day):
    """Of 60,000 fen and 40,000 drawn later, a payment of a day between pays 60,000, and then no fen more."""
    loan = desk.approved()
    start = desk.today
    desk.draw(loan, 60_000)
    drawn_on = next_day(6)
    desk.draw(loan, 40_000)
    today = next_day(4)
    desk.book.repay(loan, 1, today, {"from": borrower})
    paid_on = drawn_on - 2
    allow(desk, loan, borrower, paid_on)
    before = desk.stored(loan)
    for amount in (60_001, 99_999, 10 * AMOUNT):
        with reverts("LoanBook_DrawnSince", loan, paid_on, min(amount, 99_999), 60_000):
            desk.book.repay(loan, amount, paid_on, {"from": borrower})
    assert desk.stored(loan) == before
    sent = desk.book.repay(loan, 60_000, paid_on, {"from": borrower})
    exact = RATE * (60_000 * (paid_on - start) + 40_000 * (today - drawn_on))
    assert sent.events["PaymentBackValued"]["interest"] == 60_000 * RATE * (today - paid_on)
    stored = desk.stored(loan)
    assert (stored["principal"], stored["accrued"], stored["state"]) == (39_999, exact, ACTIVE)
    allow(desk, loan, borrower, paid_on)
    with reverts("LoanBook_DrawnSince", loan, paid_on, 1, 0):
        desk.book.repay(loan, 1, paid_on, {"from": borrower})
    assert desk.stored(loan) == stored


def test_a_payment_of_the_day_of_a_drawdown_repays_it(desk, borrower, next_day):
    """What is drawn on the value date is there for all of it, and the payoff of that day closes the loan."""
    loan = desk.approved(amount=100_000)
    start = desk.today
    desk.draw(loan, 60_000)
    drawn_on = next_day(6)
    desk.draw(loan, 40_000)
    next_day(4)
    desk.book.classify(loan, desk.by("collector"))
    desk.book.repay(loan, 1, desk.today, {"from": borrower})
    owed = 99_999 + -(-RATE * (60_000 * (drawn_on - start) + (desk.today - drawn_on)) // UNIT)
    sent = pay_late(desk, loan, borrower, owed, drawn_on)
    assert sent.events["LoanRepaid"]["state"] == REPAID
    assert dict(sent.events["LoanClosed"]) == {"loanId": loan, "valueDate": drawn_on}


def test_a_drawdown_taken_back_was_not_there_before_later_ones(desk, borrower, next_day):
    loan = desk.approved()
    desk.draw(loan, 10_000)
    first = next_day(2)
    desk.draw(loan, 20_000)
    second = next_day(2)
    desk.draw(loan, 30_000)
    today = next_day(3)
    row = (loan, 2, DRAWDOWN, borrower, 20_000, 0, 0, 0, 0, 0, 0, first, 0)
    desk.book.proposeReversal(row, desk.by("collector"))
    desk.book.reverse(row, desk.by("approver"))
    allow(desk, loan, borrower, second - 1)
    with reverts("LoanBook_DrawnSince", loan, second - 1, 10_001, 10_000):
        desk.book.repay(loan, 10_001, second - 1, {"from": borrower})
    desk.book.repay(loan, 10_000, second - 1, {"from": borrower})
    stored = desk.stored(loan)
    exact = RATE * (10_000 * (second - 1 - (first - 2)) + 30_000 * (today - second))
    assert (stored["principal"], stored["accrued"]) == (30_000, exact)


def test_a_drawdown_that_was_repaid_before_the_next_is_not_taken_back(desk, borrower, next_day):
    loan = desk.approved()
    start = desk.today
    desk.draw(loan, 10_000)
    desk.book.repay(loan, 8_000, next_day(3), {"from": borrower})
    next_day(2)
    desk.draw(loan, 20_000)
    row = (loan, 1, DRAWDOWN, borrower, 10_000, 0, 0, 0, 0, 0, 0, start, 0)
    desk.book.proposeReversal(row, desk.by("collector"))
    before = desk.stored(loan)
    with reverts("LoanBook_NotReversible", loan, 1):
        desk.book.reverse(row, desk.by("approver"))
    assert desk.stored(loan) == before


def test_late_payments_of_a_loan_drawn_in_parts_are_as_if_in_time(desk, borrower, next_day):
    """Random drawdowns and payments, then late payments of random days: a fen more than was there all the time is
    refused, and what is taken leaves the interest of the days as they would have been."""
    seed = 20261124
    print(f"seed {seed}")
    dice = random.Random(seed)
    loan = desk.approved()
    start = desk.today
    drawn, repaid = {}, {}  # by day

    def principal_at_ends() -> list[int]:
        """Principal at each day's end, from the start to today."""
        days = range(start, desk.today + 1)
        steps = (drawn.get(day, 0) - repaid.get(day, 0) for day in days)
        return list(itertools.accumulate(steps))

    def paid(amount, day):
        repaid[day] = repaid.get(day, 0) + amount

    for turn in range(5):
        drawn[desk.today] = dice.randrange(1_000, 100_000)
        desk.draw(loan, drawn[desk.today])
        next_day(dice.randrange(1, 3))
        if turn % 2:
            paid(dice.randrange(1, principal_at_ends()[-1]), desk.today)
            desk.book.repay(loan, repaid[desk.today], desk.today, {"from": borrower})
            next_day(1)
    paid(1, desk.today)
    desk.book.repay(loan, 1, desk.today, {"from": borrower})
    refused = 0
    for day in dice.sample(range(start, desk.today), 5):
        ends = principal_at_ends()
        most = min(ends[day - start :])
        allow(desk, loan, borrower, day)
        if most < ends[-1]:
            with reverts("LoanBook_DrawnSince", loan, day, most + 1, most):
                desk.book.repay(loan, most + 1, day, {"from": borrower})
            refused += 1
        if most == 0:
            continue
        paid(most // 2 + 1, day)
        desk.book.repay(loan, most // 2 + 1, day, {"from": borrower})
        ends, stored = principal_at_ends(), desk.stored(loan)
        assert (stored["principal"], stored["accrued"]) == (ends[-1], RATE * sum(ends[:-1]))
    assert refused > 2


def test_of_a_fifth_drawdown_that_binds_the_two_oldest_are_one(desk, borrower, next_day):
    """Between the two oldest a late payment repays the lesser of what was there before each; after them, what was."""
    loan = desk.approved()
    start = desk.today
    desk.draw(loan, 10_000)
    for _ in range(5):
        next_day(2)
        desk.draw(loan, 10_000)
    today = next_day(2)
    desk.book.repay(loan, 1, today, {"from": borrower})
    for days, most in ((1, 10_000), (3, 10_000), (4, 30_000), (5, 30_000), (9, 50_000)):
        allow(desk, loan, borrower, start + days)
        with reverts("LoanBook_DrawnSince", loan, start + days, most + 1, most):
            desk.book.repay(loan, most + 1, start + days, {"from": borrower})
    desk.book.repay(loan, 50_000, start + 9, {"from": borrower})
    exact = RATE * (10_000 * 2 * (1 + 2 + 3 + 4) + 50_000 + 10_000 * 2)
    stored = desk.stored(loan)
    assert (stored["principal"], stored["accrued"]) == (9_999, exact)


@pytest.fixture
def missed(desk, next_day):
    """A loan whose first two instalments are unpaid, told due, and the days of the two."""

    def _missed(product, **terms):
        loan = desk.originated(product, maturity=months_after(desk.today, 10), **terms)
        first, second = desk.model(loan).due_dates[:2]
        next_day(second + 1 - desk.today)
        desk.book.classify(loan, desk.by("collector"))
        return loan, first, second

    return _missed


def test_what_is_left_of_an_older_obligation_keeps_its_day(desk, borrower, missed):
    """A late payment of principal first spares more of the second instalment's interest than the first has left."""
    desk.offer(4, loan_type=LINEAR, cycle_months=1, waterfall=PRINCIPAL_FIRST)
    loan, first, second = missed(4)
    (_, principal, interest), after = (desk.book.obligationOf(loan, one) for one in (1, 2))
    pay_late(desk, loan, borrower, principal + interest - 1, first + 2)
    stored = desk.stored(loan)
    spared = -(-principal * RATE * (second - first - 2) // UNIT)  # rounded up: what had accrued is less than the part
    assert spared > 1
    assert (stored["oldestDue"], stored["interestDue"]) == (first, 1 + after[2] - spared)
    assert desk.book.obligationOf(loan, 1) == (first, principal, interest)
    assert desk.book.obligationOf(loan, 2) == (second, after[1], after[2] - spared)
    desk.book.repay(loan, after[1] + 1, desk.today, {"from": borrower})
    assert desk.stored(loan)["oldestDue"] == second


def test_interest_of_a_drawdown_taken_back_leaves_every_instalment(desk, borrower, next_day):
    """Three quarters of each unpaid instalment were on it: the first is still the oldest, and a quarter as much."""
    desk.offer(5, cycle_months=1)
    loan = desk.approved(5, maturity=months_after(desk.today, 10))
    start = desk.today
    taken = AMOUNT // 4 * 3
    desk.draw(loan, AMOUNT - taken)
    desk.draw(loan, taken)
    first, second = months_after(start, 1), months_after(start, 2)
    next_day(second + 1 - desk.today)
    desk.book.classify(loan, desk.by("collector"))
    owed = [desk.book.obligationOf(loan, one)[2] for one in (1, 2)]
    row = (loan, 2, DRAWDOWN, borrower, taken, 0, 0, 0, 0, 0, 0, start, 0)
    desk.book.proposeReversal(row, desk.by("collector"))
    desk.book.reverse(row, desk.by("approver"))
    stored = desk.stored(loan)
    of_first = taken * RATE * (first - start) // UNIT
    assert stored["interestDue"] < owed[1]
    assert stored["oldestDue"] == first
    assert desk.book.obligationOf(loan, 1) == (first, 0, owed[0] - of_first)
    assert desk.book.obligationOf(loan, 2) == (second, 0, stored["interestDue"] - (owed[0] - of_first))
