"""Reversals: by an opposite posting that names the first, under four eyes, once, and as if the first had not been."""

from __future__ import annotations

import pytest
from brownie import ZERO_ADDRESS

from scripts.roles import PEOPLE
from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.lending import (
    ACTIVE,
    AMOUNT,
    CHARGE,
    DRAWDOWN,
    FEE,
    LINEAR,
    MAX_MONEY,
    NOBODY,
    PAYMENT,
    PENALTY,
    RATE,
    REPAID,
    Desk,
    agrees,
)

APPROVER, COLLECTOR = 5, 8  # the people's numbers


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer(1, loan_type=LINEAR, cycle_months=3)
    desk.fund(borrower, 100 * AMOUNT)
    return desk


@pytest.fixture(scope="module")
def until(desk, next_day):
    """A function that opens a given business day."""
    return lambda day: next_day(day - desk.today)


def reversal(loan, posting, kind, day, **changes):
    """A reversal as the contract takes it."""
    row = {
        "loan": loan,
        "posting": posting,
        "kind": kind,
        "account": NOBODY,
        "principal": 0,
        "interest": 0,
        "penalty": 0,
        "fee": 0,
        "principal_due": 0,
        "interest_due": 0,
        "instalment": 0,
        "value_date": day,
        "prepayment_fee": 0,
    }
    assert set(changes) <= set(row)
    return tuple((row | changes).values())


def reverse(desk, row):
    desk.book.proposeReversal(row, desk.by("collector"))
    return desk.book.reverse(row, desk.by("approver"))


def test_a_bounced_instalment_is_overdue_from_its_own_day(desk, borrower, next_day, until):
    loan = desk.originated()
    paid, missed = desk.model(loan), desk.model(loan)
    due = paid.due_dates[0]
    until(due)
    paid.advance(due)
    amount = paid.principal_due + paid.interest_due
    split = paid.pay(amount)
    desk.book.repay(loan, amount, due, {"from": borrower})
    before, wallet = desk.buckets(), desk.system.token.balanceOf(borrower)
    day = next_day(9)
    missed.advance(day)
    row = reversal(
        loan,
        2,
        PAYMENT,
        due,
        account=borrower,
        principal=split["principal"],
        interest=split["interest"],
        principal_due=split["principal"],
        interest_due=split["interest"],
        instalment=1,
    )
    sent = reverse(desk, row)
    assert_events(
        sent,
        event(
            "PostingReversed",
            loanId=loan,
            reversed=2,
            posting=3,
            valueDate=day,
            principal=split["principal"],
            interest=split["interest"],
            penalty=0,
            fee=0,
            outstanding=AMOUNT,
            accrued=missed.accrued,
            principalDue=split["principal"],
            interestDue=split["interest"],
        ),
        event(
            "ReversalSettled",
            loanId=loan,
            reversed=2,
            kind=PAYMENT,
            account=borrower,
            undrawn=0,
            instalmentAmount=0,
            oldestDue=due,
            state=ACTIVE,
            maker=COLLECTOR,
            checker=APPROVER,
        ),
        event("Transfer", **{"from": ZERO_ADDRESS, "to": borrower, "amount": amount}),
    )
    agrees(desk.stored(loan), missed)  # as if it had never been paid
    back = split["principal"]
    assert desk.buckets() == [*(value + back for value in before[:3]), *before[3:6], before[6] + back]
    assert desk.system.token.balanceOf(borrower) == wallet + amount
    assert desk.book.isReversed(loan, 2)


def test_a_bounced_instalment_is_older_than_one_missed_since(desk, borrower, next_day, until):
    """Paid again, the loan is overdue from the younger of the two."""
    loan = desk.originated()
    model = desk.model(loan)
    first, second = model.due_dates[:2]
    until(first)
    model.advance(first)
    split = model.pay(model.principal_due + model.interest_due)
    desk.book.repay(loan, sum(split.values()), first, {"from": borrower})
    until(second + 3)
    desk.book.classify(loan, desk.by("collector"))
    assert desk.stored(loan)["oldestDue"] == second
    owed = {"principal": split["principal"], "interest": split["interest"]}
    row = reversal(
        loan, 2, PAYMENT, first, **owed, principal_due=owed["principal"], interest_due=owed["interest"], instalment=1
    )
    reverse(desk, row)
    assert desk.stored(loan)["oldestDue"] == first
    assert tuple(desk.book.obligationOf(loan, 1)) == (first, owed["principal"], owed["interest"])
    desk.book.repay(loan, desk.stored(loan)["interestDue"] + owed["principal"], desk.today, {"from": borrower})
    stored = desk.stored(loan)
    assert (stored["oldestDue"], stored["interestDue"]) == (second, 0)


def test_past_maturity_a_reversed_payment_is_due_at_once(desk, borrower, next_day):
    loan = desk.originated(desk.offer(2, cycle_months=0), maturity=desk.today + 20)
    due = next_day(20)
    owed = desk.book.payoff(loan, due)
    desk.book.repay(loan, owed, due, {"from": borrower})
    assert desk.stored(loan)["state"] == REPAID
    day = next_day(5)
    interest = owed - AMOUNT
    vague = reversal(loan, 2, PAYMENT, due, account=borrower, principal=AMOUNT, interest=interest)
    desk.book.proposeReversal(vague, desk.by("collector"))
    with reverts("LoanBook_NotReversible", loan, 2):
        desk.book.reverse(vague, desk.by("approver"))
    parts = {"principal": AMOUNT, "interest": interest, "principal_due": AMOUNT, "interest_due": interest}
    reverse(desk, reversal(loan, 2, PAYMENT, due, account=borrower, **parts, instalment=1))
    stored = desk.stored(loan)
    assert (stored["state"], stored["oldestDue"], stored["principalDue"]) == (ACTIVE, due, AMOUNT)
    assert (stored["interestDue"], stored["accrued"]) == (interest, AMOUNT * RATE * 5)
    desk.book.repay(loan, desk.book.payoff(loan, day), day, {"from": borrower})
    assert desk.stored(loan)["state"] == REPAID


def test_a_reversed_prepayment_is_principal_again_with_its_interest(desk, next_day):
    loan = desk.originated()
    untouched = desk.model(loan)
    first = next_day(3)
    desk.book.repayInBatch([(loan, 5_000)], first, desk.by("collector"))
    day = next_day(4)
    untouched.advance(day)
    reverse(desk, reversal(loan, 2, PAYMENT, first, principal=5_000))
    agrees(desk.stored(loan), untouched)


def test_a_closed_loan_is_reopened_and_the_registries_are_told(desk, next_day, borrower):
    loan = desk.originated()
    day = next_day(2)
    owed = desk.book.payoff(loan, day)
    desk.book.repay(loan, owed, day, {"from": borrower})
    assert desk.stored(loan)["state"] == REPAID
    sent = reverse(desk, reversal(loan, 2, PAYMENT, day, account=borrower, principal=AMOUNT, interest=owed - AMOUNT))
    assert sent.events["StandingAnnounced"]["closed"] is False
    stored = desk.stored(loan)
    assert (stored["state"], stored["principal"]) == (ACTIVE, AMOUNT)
    assert desk.book.payoff(loan, day) == owed


def test_a_drawdown_taken_back_leaves_no_interest_and_may_be_drawn_again(desk, borrower, next_day):
    loan = desk.approved()
    desk.draw(loan, 60_000)
    model = desk.model(loan)
    first = next_day(2)
    desk.draw(loan, 40_000)
    day = next_day(5)
    before, token = desk.buckets(), desk.system.token
    supply = token.totalSupply()
    model.advance(day)
    sent = reverse(desk, reversal(loan, 2, DRAWDOWN, first, account=borrower, principal=40_000))
    told = sent.events["ReversalSettled"]
    assert (told["kind"], told["undrawn"], told["state"]) == (DRAWDOWN, AMOUNT - 60_000, ACTIVE)
    assert dict(sent.events["DrawdownReversed"]) == {
        "loanId": loan,
        "borrower": borrower,
        "amount": 40_000,
        "remaining": 60_000,
    }
    stored = desk.stored(loan)
    assert (stored["principal"], stored["accrued"], stored["undrawn"]) == (60_000, model.accrued, AMOUNT - 60_000)
    moved = [value - 40_000 for value in before[:3]] + [value + 40_000 for value in before[3:6]] + [before[6] - 40_000]
    assert desk.buckets() == moved
    assert token.totalSupply() == supply - 40_000
    desk.draw(loan, 40_000)


def test_money_already_spent_is_not_taken_back(desk, borrower, stranger):
    loan = desk.approved()
    day = desk.today
    desk.draw(loan, 1_000)
    desk.system.token.spend(loan, stranger, 1, {"from": borrower})
    row = reversal(loan, 1, DRAWDOWN, day, account=borrower, principal=1_000)
    desk.book.proposeReversal(row, desk.by("treasurer"))
    before = desk.stored(loan)
    with reverts("DepositToken_EarmarkExceeded", loan, 999, 1_000):
        desk.book.reverse(row, desk.by("approver"))
    assert desk.stored(loan) == before


def test_a_charge_taken_back(desk):
    loan = desk.originated()
    day = desk.today
    desk.book.charge(loan, 0, 70, day, desk.by("collector"))
    reverse(desk, reversal(loan, 2, CHARGE, day, fee=70))
    assert desk.stored(loan)["feeDue"] == 0


def test_a_charge_is_taken_back_on_its_own_day(desk, next_day):
    """Also where interest has not been accrued to that day."""
    loan = desk.originated()
    day = next_day(3)
    desk.book.charge(loan, 0, 70, day, desk.by("collector"))
    assert desk.stored(loan)["accruedThrough"] == day - 3
    reverse(desk, reversal(loan, 2, CHARGE, day, fee=70))
    stored = desk.stored(loan)
    assert (stored["feeDue"], stored["accrued"]) == (0, AMOUNT * RATE * 3)
    with reverts("LoanBook_NotReversible", loan, 1):
        desk.book.proposeReversal(reversal(loan, 1, CHARGE, day + 1, fee=70), desk.by("collector"))


def test_a_limit_lowered_since_does_not_keep_a_drawdown_from_being_taken_back(desk, borrower):
    loan = desk.approved()
    day = desk.today
    desk.draw(loan, 40_000)
    desk.system.policy.setLimit(0, desk.customer, 1, 0, 0, bytes(32), day + 365, desk.by("chair"))
    before = desk.buckets()
    sent = reverse(desk, reversal(loan, 1, DRAWDOWN, day, account=borrower, principal=40_000))
    assert sent.events["ReversalSettled"]["undrawn"] == AMOUNT
    assert "OverrideUsed" not in sent.events
    moved = [value - 40_000 for value in before[:3]] + [value + 40_000 for value in before[3:6]] + [before[6] - 40_000]
    assert desk.buckets() == moved


def test_a_posting_is_reversed_once_and_a_reversal_never(desk, next_day):
    loan = desk.originated()
    first = next_day(1)
    desk.book.repayInBatch([(loan, 500)], first, desk.by("collector"))
    row = reversal(loan, 2, PAYMENT, first, principal=500)
    reverse(desk, row)
    for posting in (2, 3, 4, 0):
        with reverts("LoanBook_NotReversible", loan, posting):
            desk.book.proposeReversal(reversal(loan, posting, PAYMENT, first, principal=500), desk.by("collector"))
    with reverts("LoanBook_NotReversible", loan, 2):
        desk.book.reverse(row, desk.by("approver"))
    with reverts("LoanBook_NotProposed", loan):
        desk.book.reverse(reversal(loan, 1, DRAWDOWN, desk.today, principal=500), desk.by("approver"))


def test_i30_a_reversal_takes_two_persons(desk, next_day, second_account, spares):
    loan = desk.originated()
    first = next_day(1)
    desk.book.repayInBatch([(loan, 500)], first, desk.by("collector"))
    row = reversal(loan, 2, PAYMENT, first, principal=500)
    desk.book.proposeReversal(row, desk.by("collector"))
    roles = next(person.roles for person in PEOPLE if person.name == "approver")
    account = second_account("collector", spares[0], *roles)
    with reverts("Governed_SamePerson", COLLECTOR):
        desk.book.reverse(row, {"from": account})


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": DRAWDOWN, "interest": 1},
        {"kind": DRAWDOWN, "principal": AMOUNT},
        {"kind": CHARGE, "principal": 0, "fee": 1},
        {"principal_due": 501},
        {"interest": 5, "interest_due": 6},
        {"principal_due": 5, "instalment": 0},
        {"principal_due": 5, "instalment": 1},
    ],
)
def test_reversals_of_what_cannot_have_been_are_refused(desk, next_day, changes):
    """More than is there, dues that never fell, instalments that never passed."""
    loan = desk.originated()
    first = next_day(1)
    desk.book.repayInBatch([(loan, 500)], first, desk.by("collector"))
    base = {"loan": loan, "posting": 2, "kind": PAYMENT, "day": first, "principal": 500}
    row = base | changes
    tuple_ = reversal(row.pop("loan"), row.pop("posting"), row.pop("kind"), row.pop("day"), **row)
    desk.book.proposeReversal(tuple_, desk.by("collector"))
    before = desk.stored(loan)
    with reverts("LoanBook_NotReversible", loan, 2):
        desk.book.reverse(tuple_, desk.by("approver"))
    assert desk.stored(loan) == before


@pytest.mark.parametrize("amounts", [{}, {"principal": MAX_MONEY, "interest": 1}, {"penalty": 1, "fee": MAX_MONEY}])
def test_a_reversal_of_nothing_or_of_more_than_the_largest_amount_is_refused(desk, amounts):
    loan = desk.originated()
    row = reversal(loan, 1, PAYMENT, desk.today, **amounts)
    with reverts("LoanBook_AmountInvalid", loan, sum(amounts.values()), MAX_MONEY):
        desk.book.proposeReversal(row, desk.by("collector"))


@pytest.mark.parametrize(
    ("balance", "amounts"),
    [
        ("principal", {"principal": MAX_MONEY}),
        ("interestDue", {"interest": MAX_MONEY, "interest_due": MAX_MONEY, "instalment": 1}),
        ("penaltyDue", {"penalty": MAX_MONEY}),
        ("feeDue", {"fee": MAX_MONEY}),
    ],
)
def test_no_reversal_takes_a_balance_beyond_the_largest_amount(desk, until, balance, amounts):
    loan = desk.originated()
    model = desk.model(loan)
    start = desk.today
    until(model.due_dates[0] + 1)
    for kind, charged in ((FEE, 7), (PENALTY, 9)):
        desk.book.charge(loan, kind, charged, desk.today, desk.by("collector"))
    desk.book.classify(loan, desk.by("collector"))
    before = desk.stored(loan)
    assert before[balance] > 0
    row = reversal(loan, 1, PAYMENT, start, **amounts)
    desk.book.proposeReversal(row, desk.by("collector"))
    with reverts("LoanBook_AmountInvalid", loan, MAX_MONEY, MAX_MONEY - before[balance]):
        desk.book.reverse(row, desk.by("approver"))
    assert desk.stored(loan) == before


def test_a_reversal_is_of_a_day_the_loan_has_lived(desk, next_day):
    loan = desk.originated()
    first = next_day(1)
    desk.book.repayInBatch([(loan, 500)], first, desk.by("collector"))
    for day in (first - 2, first + 1):
        with reverts("LoanBook_NotReversible", loan, 2):
            desk.book.proposeReversal(reversal(loan, 2, PAYMENT, day, principal=500), desk.by("collector"))
    assert desk.stored(loan)["rate"] == RATE
