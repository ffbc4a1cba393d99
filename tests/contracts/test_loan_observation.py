"""A restructured loan under observation: what ends it, what keeps it, what starts it anew."""

from __future__ import annotations

import pytest

from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.judging import OBSERVATION_ENDED, REASON, RESTRUCTURED, care, classified, floored
from tests.contracts.lending import (
    AMOUNT,
    LINEAR,
    MAX_MONEY,
    NONE,
    PASS,
    SPECIAL_MENTION,
    SUBSTANDARD,
    Desk,
    months_after,
)

NO_DOCUMENT = bytes(32)
CYCLE, YEARS = 6, 3


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer(1, loan_type=LINEAR, cycle_months=CYCLE)
    desk.fund(borrower, 100 * AMOUNT)
    return desk


@pytest.fixture(scope="module")
def until(desk, next_day):
    """A function that opens a given business day."""
    return lambda day: next_day(day - desk.today)


@pytest.fixture
def observed(desk):
    """A loan restructured on the day it was lent, its due dates, and the last day of its observation."""
    loan = desk.originated(maturity=desk.today + YEARS * 366)
    start = desk.today
    terms = (
        loan, 1, start, LINEAR, CYCLE, 40_000_000, start + YEARS * 366, 0, False, 0, 0, 0, 0, MAX_MONEY,
    )  # fmt: skip
    desk.book.proposeRestructuring(terms, desk.by("risk_officer"))
    desk.book.acceptRestructuring(terms, NO_DOCUMENT, {"from": desk.borrower})
    desk.book.restructure(terms, desk.by("approver"))
    dates = [months_after(start, CYCLE * number) for number in range(1, 5)]
    assert care(desk, loan) == {
        "restructured": SPECIAL_MENTION, "observedUntil": dates[0] + 365, "restructurings": 1,
    }  # fmt: skip
    return loan, dates, dates[0] + 365


def _pay(desk, loan):
    shown = desk.book.preview(loan, desk.today)
    return desk.book.repay(loan, shown["principalDue"] + shown["interestDue"], desk.today, {"from": desk.borrower})


def _end(desk, loan):
    return desk.book.endObservation(loan, desk.by("collector"))


def test_it_ends_after_its_last_day_with_two_payments_and_nothing_due(desk, observed, until):
    loan, dates, last = observed
    with reverts("LoanQuality_ObservationStands", loan, last, 0, 0):
        _end(desk, loan)
    for paid, day in enumerate((day for day in dates if day <= last + 1), start=1):
        until(day)
        assert dict(_pay(desk, loan).events["PaymentObserved"]) == {"loanId": loan, "payments": paid}
    assert desk.today > last
    sent = _end(desk, loan)
    assert_events(
        sent,
        classified(loan, PASS, SPECIAL_MENTION, OBSERVATION_ENDED, day=desk.today),
        event("ObservationEnded", loanId=loan, payments=paid, valueDate=desk.today),
        floored(loan, RESTRUCTURED, NONE, SPECIAL_MENTION, day=desk.today),
    )
    assert care(desk, loan) == {"restructurings": 1}
    with reverts("LoanQuality_ObservationStands", loan, 0, 0, 0):
        _end(desk, loan)


def test_a_payment_booked_late_counts_as_one_in_time(desk, observed, until):
    """Of yesterday, after a stranger's fen of today; what is left due by another's is not counted."""
    loan, dates, last = observed
    until(dates[0] + 2)
    sent = desk.book.repay(loan, 1, desk.today, {"from": desk.borrower})
    assert "PaymentObserved" not in sent.events
    shown, day = desk.stored(loan), desk.today - 1
    posting = desk.book.postingHash(loan, desk.borrower)
    desk.book.proposeBackValue(posting, day, desk.by("collector"))
    desk.book.authoriseBackValue(posting, day, desk.by("approver"))
    amount = shown["principalDue"] + shown["interestDue"]
    sent = desk.book.repay(loan, amount, day, {"from": desk.borrower})
    assert dict(sent.events["PaymentObserved"]) == {"loanId": loan, "payments": 1}
    assert sent.events["PaymentBackValued"]["paidOn"] == day
    assert care(desk, loan) == {
        "restructured": SPECIAL_MENTION, "observedUntil": last, "observedPayments": 1, "restructurings": 1,
    }  # fmt: skip


def test_its_last_day_still_belongs_to_it(desk, observed, until):
    loan, dates, last = observed
    for day in dates[:2]:
        until(day)
        _pay(desk, loan)
    until(last)
    assert desk.book.preview(loan, last)["oldestDue"] == 0
    with reverts("LoanQuality_ObservationStands", loan, last, 2, 0):
        _end(desk, loan)
    assert care(desk, loan) == {
        "restructured": SPECIAL_MENTION, "observedUntil": last, "observedPayments": 2, "restructurings": 1,
    }  # fmt: skip
    until(last + 1)
    assert dict(_end(desk, loan).events["ObservationEnded"]) == {"loanId": loan, "payments": 2, "valueDate": last + 1}


def test_one_payment_is_too_few_and_something_due_too_much(desk, observed, until):
    """Nobody classified the loan meanwhile: what is due still keeps it under observation."""
    loan, dates, last = observed
    until(dates[0])
    _pay(desk, loan)
    until(last + 1)
    due = desk.book.preview(loan, last)
    owed = due["principalDue"] + due["interestDue"]
    assert owed != 0
    with reverts("LoanQuality_ObservationStands", loan, last, 1, owed):
        _end(desk, loan)
    _pay(desk, loan)
    _end(desk, loan)  # the second payment, late by whole instalments, left nothing due
    assert care(desk, loan) == {"restructurings": 1}


def test_a_day_past_due_starts_it_anew(desk, observed, until):
    loan, dates, last = observed
    until(dates[0])
    _pay(desk, loan)
    until(dates[1] + 1)
    sent = desk.book.classify(loan, desk.by("collector"))
    anew = months_after(desk.today, 12)
    assert sent.events.count("LoanClassified") == 0  # it was special mention by its floor already
    assert dict(sent.events["ObservationRestarted"]) == {
        "loanId": loan, "observedUntil": anew, "valueDate": desk.today,
    }  # fmt: skip
    assert care(desk, loan) == {"restructured": SPECIAL_MENTION, "observedUntil": anew, "restructurings": 1}
    assert "ObservationRestarted" not in desk.book.classify(loan, desk.by("collector")).events
    desk.book.exemptTechnicalDelay(loan, REASON, desk.by("risk_officer"))
    until(desk.today + 1)
    assert "ObservationRestarted" not in desk.book.classify(loan, desk.by("collector")).events
    until(dates[1] + 8)
    sent = desk.book.classify(loan, desk.by("collector"))
    assert sent.events["ObservationRestarted"]["observedUntil"] == months_after(desk.today, 12)
    assert anew > last


def test_a_loan_restructured_while_non_performing_infects_others(desk, until):
    """It owes nothing overdue any more, but its floor is its own."""
    day, maturity = desk.today, desk.today + YEARS * 366
    bad, good = (desk.originated(amount=amount, maturity=maturity) for amount in (AMOUNT, AMOUNT))
    until(months_after(day, CYCLE))
    _pay(desk, good)
    until(desk.today + 91)
    desk.book.classify(bad, desk.by("collector"))
    terms = (bad, 1, desk.today, LINEAR, CYCLE, 40_000_000, maturity, 0, False, 0, 0, 0, 0, MAX_MONEY)
    desk.book.proposeRestructuring(terms, desk.by("risk_officer"))
    desk.book.acceptRestructuring(terms, NO_DOCUMENT, {"from": desk.borrower})
    desk.book.restructure(terms, desk.by("approver"))
    assert (care(desk, bad)["restructured"], desk.stored(bad)["oldestDue"]) == (SUBSTANDARD, 0)
    desk.book.spreadContagion(desk.customer, [bad], [good], desk.by("collector"))
    assert care(desk, good) == {"contagion": SUBSTANDARD}
    with reverts("LoanQuality_NonPerforming", bad):
        desk.book.liftContagion(desk.customer, [bad, good], [good], desk.by("collector"))


def test_a_longer_observation_is_not_cut_short(desk, observed, until):
    loan, dates, last = observed
    until(dates[0] + 1)
    sent = desk.book.classify(loan, desk.by("collector"))
    assert sent.events["ObservationRestarted"]["observedUntil"] == max(last, months_after(desk.today, 12))
