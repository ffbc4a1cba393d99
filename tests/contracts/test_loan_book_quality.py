"""Categories by days past due, default and cure, write-off and recovery, and what the registries are told."""

from __future__ import annotations

from fractions import Fraction

import pytest

from scripts.roles import PEOPLE
from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.lending import (
    ACTIVE,
    AMOUNT,
    BULLET,
    DEFAULTED,
    DOUBTFUL,
    LINEAR,
    LOSS,
    MAX_MONEY,
    MAX_RATE,
    NOBODY,
    PASS,
    RATE,
    REPAID,
    SPECIAL_MENTION,
    SUBSTANDARD,
    WRITTEN_OFF,
    Desk,
    agrees,
)

BY_DAYS, BY_DEFAULT, CURED = 0, 1, 4
DAYS_PAST_DUE, UNLIKELY_TO_PAY = 0, 1
MAX_CLAIM = 2**52 - 1
RISK_OFFICER, APPROVER, COLLECTOR = 3, 5, 8  # the people's numbers


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer(1, loan_type=LINEAR, cycle_months=6)
    desk.fund(borrower, 100 * AMOUNT)
    return desk


@pytest.fixture(scope="module")
def until(desk, next_day):
    """A function that opens a given business day."""
    return lambda day: next_day(day - desk.today)


@pytest.fixture
def overdue(desk, until):
    """A loan one day overdue, and its model."""
    loan = desk.originated()
    model = desk.model(loan)
    until(model.due_dates[0] + 1)
    model.advance(model.due_dates[0])
    desk.book.classify(loan, desk.by("collector"))
    return loan, model


# ---------------------------------------------------------------- categories


def test_categories_change_on_the_days_of_the_table(desk, until):
    """The first day of each category, and the day before it; dates from the oldest instalment alone."""
    loan = desk.originated(maturity=desk.today + 1_000)
    due = desk.model(loan).due_dates[0]
    reached = PASS
    for days, category in ((1, SPECIAL_MENTION), (91, SUBSTANDARD), (271, DOUBTFUL), (361, LOSS)):
        if days > 1:
            until(due + days - 1)
            desk.book.classify(loan, desk.by("collector"))
            assert desk.stored(loan)["category"] == reached
        until(due + days)
        told = desk.book.classify(loan, desk.by("collector")).events["LoanClassified"]
        assert dict(told) == {
            "loanId": loan,
            "category": category,
            "previous": reached,
            "daysPastDue": days,
            "reason": BY_DAYS,
            "valueDate": due + days,
        }
        reached = category
    assert desk.stored(loan)["oldestDue"] == due


def test_classifying_twice_a_day_tells_nothing_new(desk, overdue):
    loan, model = overdue
    before = desk.stored(loan)
    sent = desk.book.classify(loan, desk.by("collector"))
    assert_events(sent)
    assert desk.stored(loan) == before
    agrees(before, model)


def test_a_paid_up_loan_is_pass_again(desk, overdue, borrower):
    loan, model = overdue
    desk.book.repay(loan, model.principal_due + model.interest_due, desk.today, {"from": borrower})
    told = desk.book.classify(loan, desk.by("collector")).events["LoanClassified"]
    assert (told["category"], told["previous"], told["daysPastDue"]) == (PASS, SPECIAL_MENTION, 0)


def test_a_new_table_holds_from_its_day(desk, overdue, next_day):
    loan, _ = overdue
    day = desk.today
    desk.book.setCategoryTable(day + 1, 8, 61, 181, 301, desk.by("risk_officer"))
    next_day(1)
    told = desk.book.classify(loan, desk.by("collector")).events["LoanClassified"]
    assert (told["category"], told["daysPastDue"]) == (PASS, 2)


def test_a_batch_classifies_the_living_and_passes_over_the_closed(desk, overdue, borrower, next_day):
    loan, _ = overdue
    closed, other = desk.originated(), desk.originated()
    desk.book.repay(closed, AMOUNT, desk.today, {"from": borrower})
    next_day(100)
    sent = desk.book.classifyInBatch([closed, loan, other], desk.by("collector"))
    assert [(one["loanId"], one["category"]) for one in sent.events["LoanClassified"]] == [(loan, SUBSTANDARD)]
    assert desk.stored(closed)["state"] == REPAID
    with reverts("LoanBook_WrongState", closed, REPAID):
        desk.book.classify(closed, desk.by("collector"))


# ---------------------------------------------------------------- default


def test_default_by_days_needs_more_than_ninety(desk, overdue, until):
    loan, model = overdue
    due = model.due_dates[0]
    until(due + 90)
    with reverts("LoanBook_NotInDefault", loan, 90):
        desk.book.declareDefault(loan, DAYS_PAST_DUE, desk.by("risk_officer"))
    until(due + 91)
    sent = desk.book.declareDefault(loan, DAYS_PAST_DUE, desk.by("risk_officer"))
    assert_events(
        sent,
        event(
            "LoanClassified",
            loanId=loan,
            category=SUBSTANDARD,
            previous=SPECIAL_MENTION,
            daysPastDue=91,
            reason=BY_DEFAULT,
            valueDate=due + 91,
        ),
        event(
            "LoanDefaulted",
            loanId=loan,
            trigger=DAYS_PAST_DUE,
            daysPastDue=91,
            valueDate=due + 91,
            principal=AMOUNT,
            interestDue=model.interest_due,
            person=RISK_OFFICER,
        ),
        event("StandingAnnounced", loanId=loan, closed=False, inDefault=True),
    )
    assert desk.stored(loan)["state"] == DEFAULTED
    with reverts("LoanBook_WrongState", loan, DEFAULTED):
        desk.book.declareDefault(loan, DAYS_PAST_DUE, desk.by("risk_officer"))


def test_an_unlikely_payer_defaults_without_a_day_overdue(desk):
    loan = desk.originated()
    told = desk.book.declareDefault(loan, UNLIKELY_TO_PAY, desk.by("risk_officer")).events["LoanDefaulted"]
    assert (told["trigger"], told["daysPastDue"], told["principal"]) == (UNLIKELY_TO_PAY, 0, AMOUNT)
    assert desk.stored(loan)["category"] == SUBSTANDARD
    desk.book.classify(loan, desk.by("collector"))
    assert desk.stored(loan)["category"] == SUBSTANDARD  # in default it only gets worse


def test_a_cure_needs_everything_due_to_be_paid(desk, overdue, borrower):
    loan, model = overdue
    desk.book.declareDefault(loan, UNLIKELY_TO_PAY, desk.by("risk_officer"))
    with reverts("LoanBook_InArrears", loan, model.oldest):
        desk.book.cure(loan, desk.by("risk_officer"))
    desk.book.repay(loan, model.principal_due + model.interest_due, desk.today, {"from": borrower})
    sent = desk.book.cure(loan, desk.by("risk_officer"))
    assert_events(
        sent,
        event(
            "LoanClassified",
            loanId=loan,
            category=PASS,
            previous=SUBSTANDARD,
            daysPastDue=0,
            reason=CURED,
            valueDate=desk.today,
        ),
        event("LoanCured", loanId=loan, valueDate=desk.today, person=RISK_OFFICER),
        event("StandingAnnounced", loanId=loan, closed=False, inDefault=False),
    )
    assert desk.stored(loan)["state"] == ACTIVE


# ---------------------------------------------------------------- write-off and recovery


def _write_off(desk, loan, principal, interest, day=None):
    desk.book.proposeWriteOff(loan, principal, interest, desk.by("risk_officer"))
    return desk.book.writeOff(loan, principal, interest, day or desk.today, desk.by("approver"))


@pytest.fixture
def defaulted(desk, overdue):
    loan, model = overdue
    desk.book.declareDefault(loan, UNLIKELY_TO_PAY, desk.by("risk_officer"))
    return loan, model


def test_a_partial_write_off_leaves_the_rest_owed(desk, defaulted):
    loan, model = defaulted
    model.advance(desk.today)
    before = desk.buckets()
    sent = _write_off(desk, loan, 1_000, 7)
    assert_events(
        sent,
        event(
            "LoanWrittenOff",
            loanId=loan,
            posting=2,
            valueDate=desk.today,
            principal=1_000,
            interest=7,
            penalty=0,
            fee=0,
            outstanding=AMOUNT - 1_000,
            principalDue=model.principal_due - 1_000,
            interestDue=model.interest_due - 7,
            oldestDue=model.oldest,
            accrued=model.accrued,
            writtenOff=1_007,
            state=DEFAULTED,
            maker=RISK_OFFICER,
            checker=APPROVER,
        ),
    )
    after = desk.buckets()
    assert after == [*(value - 1_000 for value in before[:3]), *before[3:6], before[6] - 1_000]
    stored = desk.stored(loan)
    assert (stored["writtenOff"], stored["state"], stored["principal"]) == (1_007, DEFAULTED, AMOUNT - 1_000)


def test_i5_writing_off_all_principal_takes_all_into_the_claim(desk, defaulted):
    loan, model = defaulted
    day = desk.today
    desk.book.charge(loan, 0, 50, day, desk.by("collector"))
    desk.book.charge(loan, 1, 60, day, desk.by("collector"))
    model.advance(day)
    model.fee, model.penalty = 50, 60
    owed, interest = model.payoff, model.payoff - AMOUNT - 110
    sent = _write_off(desk, loan, AMOUNT, 0)
    told = sent.events["LoanWrittenOff"]
    assert (told["penalty"], told["fee"]) == (60, 50)
    assert (told["principal"], told["interest"], told["writtenOff"], told["state"]) == (
        AMOUNT,
        interest,
        owed,
        WRITTEN_OFF,
    )
    stored = desk.stored(loan)
    gone = ("principal", "principalDue", "interestDue", "penaltyDue", "feeDue", "accrued", "oldestDue")
    assert [stored[name] for name in gone] == [0] * len(gone)
    assert stored["writtenOff"] == owed
    with reverts("LoanBook_WrongState", loan, WRITTEN_OFF):
        desk.book.repay(loan, 1, day, {"from": desk.borrower})


def test_a_write_off_needs_its_proposal_and_another_person(desk, defaulted, second_account, spares):
    loan, _ = defaulted
    with reverts("LoanBook_NotProposed", loan):
        desk.book.writeOff(loan, 1, 0, desk.today, desk.by("approver"))
    desk.book.proposeWriteOff(loan, 1, 0, desk.by("risk_officer"))
    roles = next(person.roles for person in PEOPLE if person.name == "approver")
    account = second_account("risk_officer", spares[0], *roles)
    with reverts("Governed_SamePerson", RISK_OFFICER):
        desk.book.writeOff(loan, 1, 0, desk.today, {"from": account})
    with reverts("LoanBook_NotProposed", loan):
        desk.book.writeOff(loan, 2, 0, desk.today, desk.by("approver"))
    desk.book.writeOff(loan, 1, 0, desk.today, desk.by("approver"))
    with reverts("LoanBook_NotProposed", loan):
        desk.book.writeOff(loan, 1, 0, desk.today, desk.by("approver"))


def test_a_payment_in_between_does_not_stop_a_write_off(desk, defaulted):
    """All principal was proposed: with what is left of it goes everything else."""
    loan, model = defaulted
    model.advance(desk.today)
    desk.book.proposeWriteOff(loan, AMOUNT, 0, desk.by("risk_officer"))
    paid = model.interest_due + model.principal_due + 9
    desk.book.repayInBatch([(loan, paid)], desk.today, desk.by("collector"))
    left = desk.stored(loan)
    before = desk.buckets()
    told = desk.book.writeOff(loan, AMOUNT, 0, desk.today, desk.by("approver")).events["LoanWrittenOff"]
    assert 0 < left["principal"] < AMOUNT
    assert (told["principal"], told["outstanding"], told["state"]) == (left["principal"], 0, WRITTEN_OFF)
    assert desk.buckets()[0] == before[0] - left["principal"]


def test_no_more_than_is_owed_is_written_off(desk, defaulted):
    loan, model = defaulted
    model.advance(desk.today)
    most = model.interest_due + model.accrued // model.unit
    told = _write_off(desk, loan, 1, most + 1).events["LoanWrittenOff"]
    assert (told["principal"], told["interest"], told["writtenOff"]) == (1, most, most + 1)
    with reverts("LoanBook_AmountInvalid", loan, 0, 0):
        _write_off(desk, loan, 0, 1)
    performing = desk.originated()
    with reverts("LoanBook_WrongState", performing, ACTIVE):
        desk.book.proposeWriteOff(performing, 1, 0, desk.by("risk_officer"))


def test_nothing_is_not_written_off(desk, defaulted):
    loan, model = defaulted
    model.advance(desk.today)
    before = desk.stored(loan)
    with reverts("LoanBook_AmountInvalid", loan, 0, model.interest_due + model.accrued // model.unit):
        _write_off(desk, loan, 0, 0)
    assert desk.stored(loan) == before


def test_a_claim_beyond_the_largest_is_refused(desk, until):
    """The largest loan at the largest rate: its interest outgrows what a claim may be after fifteen years."""
    desk.offer(2, loan_type=BULLET, cycle_months=0)
    loan = desk.originated(2, amount=MAX_MONEY, rate=MAX_RATE, maturity=desk.today + 16_383)
    model = desk.model(loan)
    desk.book.declareDefault(loan, UNLIKELY_TO_PAY, desk.by("risk_officer"))
    until(desk.today + 6_000)
    model.advance(desk.today)
    assert model.payoff > MAX_CLAIM
    with reverts("LoanBook_AmountInvalid", loan, model.payoff, MAX_CLAIM):
        _write_off(desk, loan, MAX_MONEY, 0)
    assert (desk.stored(loan)["state"], desk.stored(loan)["principal"]) == (DEFAULTED, MAX_MONEY)


def test_a_recovery_of_nothing_is_refused(desk, defaulted):
    loan, _ = defaulted
    _write_off(desk, loan, 1_000, 0)
    with reverts("LoanBook_AmountInvalid", loan, 0, 1_000):
        desk.book.recover(loan, 0, desk.today, desk.by("collector"))


def test_recoveries_reduce_the_claim_until_the_loan_is_closed(desk, defaulted):
    loan, _ = defaulted
    _write_off(desk, loan, AMOUNT, 0)
    claim = desk.stored(loan)["writtenOff"]
    before, day = desk.buckets(), desk.today
    sent = desk.book.recover(loan, 1_000, day, desk.by("collector"))
    assert_events(
        sent,
        event(
            "LoanRecovered",
            loanId=loan,
            payer=NOBODY,
            posting=3,
            valueDate=day,
            amount=1_000,
            writtenOff=claim - 1_000,
            person=COLLECTOR,
        ),
    )
    with reverts("LoanBook_AmountInvalid", loan, claim, claim - 1_000):
        desk.book.recover(loan, claim, day, desk.by("collector"))
    sent = desk.book.recover(loan, claim - 1_000, day, desk.by("collector"))
    assert dict(sent.events["LoanClosed"]) == {"loanId": loan, "valueDate": day}
    assert desk.stored(loan)["state"] == REPAID
    assert desk.buckets() == before
    with reverts("LoanBook_WrongState", loan, REPAID):
        desk.book.recover(loan, 1, day, desk.by("collector"))


def test_a_loan_paid_after_a_partial_write_off_lives_on_as_a_claim(desk, defaulted, borrower):
    loan, _ = defaulted
    _write_off(desk, loan, 1_000, 0)
    owed = desk.book.payoff(loan, desk.today)
    sent = desk.book.repay(loan, owed, desk.today, {"from": borrower})
    assert sent.events["LoanRepaid"]["state"] == WRITTEN_OFF
    assert "LoanClosed" not in sent.events
    assert desk.stored(loan)["writtenOff"] == 1_000


# ---------------------------------------------------------------- what the registries are told


def test_i39_a_closed_loan_is_announced_by_anyone(desk, borrower, stranger):
    loan = desk.originated()
    sent = desk.book.announce(loan, {"from": stranger})
    assert sent.events["StandingAnnounced"]["closed"] is False
    desk.book.repay(loan, AMOUNT, desk.today, {"from": borrower})
    sent = desk.book.announce(loan, {"from": stranger})
    assert dict(sent.events["StandingAnnounced"]) == {"loanId": loan, "closed": True, "inDefault": False}


def test_the_day_closes_with_control_totals(desk, treasurer):
    loan = desk.originated()
    outstanding = desk.stored(loan)["principal"]
    sent = desk.system.authority.closeDay({"from": treasurer})
    told = sent.events["BookClosed"]
    assert (told["businessDate"], told["loans"], told["outstanding"]) == (desk.today, 1, outstanding)


def test_the_day_closes_with_the_interest_of_the_days_before_it(desk, next_day, treasurer):
    first, second = desk.originated(), desk.originated(amount=77)
    day = next_day(1)
    exact = Fraction((AMOUNT + 77) * RATE, 360 * 10**9)
    interest = int(exact)
    assert exact > interest > 0
    assert desk.stored(first)["accrued"] == desk.stored(second)["accrued"] == 0  # no posting was needed
    sent = desk.system.authority.closeDay({"from": treasurer})
    told = {"businessDate": day, "loans": 2, "outstanding": AMOUNT + 77, "interest": interest}
    assert dict(sent.events["BookClosed"]) == told
