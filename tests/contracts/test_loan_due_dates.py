"""Due dates of random loans under random calendars: the contract stores and answers what the Python twins tell."""

from __future__ import annotations

import os
import random

import pytest
from eth_utils.crypto import keccak

from analytics.cashflow.calendar import SECONDS_PER_DAY, Shift, shifted
from scripts.calendars import year_words
from tests.contracts.lending import (
    AMOUNT,
    LINEAR,
    MAX_MONEY,
    RATE,
    Desk,
    imported_row,
    months_after,
    product,
    servicing,
)
from tests.stateful.model.balances import ACTIVE
from tests.stateful.model.calendars import FOLLOWING, MODIFIED_FOLLOWING, PRECEDING, WEEKENDS, Calendar, date_of
from tests.stateful.model.loans import Loan
from tests.stateful.model.terms import Product, Servicing
from tests.stateful.reports import closed_days, holidays_of

SEED = int(os.environ.get("DUE_DATES_SEED", "20261124"))
LOANS = 14
HOLIDAYS = 1
RULES = (FOLLOWING, MODIFIED_FOLLOWING, PRECEDING)
SHIFTS = dict(zip(RULES, (Shift.SCF, Shift.SCMF, Shift.SCP), strict=True))
LONGEST = 900  # days from today to the last maturity


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    return Desk(system, people, make_customer(account=borrower, grade=3), borrower)


@pytest.fixture(scope="module")
def chance():
    print(f"DUE_DATES_SEED={SEED}")
    return random.Random(SEED)


@pytest.fixture(scope="module")
def calendar(desk, chance):
    """Holidays and make-up workdays of each year but the last, which is closed at weekends alone."""
    first, last = (date_of(day).year for day in (desk.today - 400, desk.today + LONGEST))
    told = Calendar()
    for year in range(first, last):
        exceptions = holidays_of(year, chance)
        assert any(exceptions.values()), "no make-up workday"
        told = told.with_year(year, closed_days(year, exceptions))
        desk.book.setCalendarYear(HOLIDAYS, year, *year_words(year, exceptions), desk.by("risk_officer"))
    return told


@pytest.fixture(scope="module")
def products(desk, chance, calendar):
    """Products of all rules and cycles, with holidays and without, each with its calendar."""
    offered = {}
    rules = [(rule, months, number) for rule in RULES for months in (1, 3) for number in (HOLIDAYS, 0)]
    for number, (rule, months, told) in enumerate(rules, start=1):
        terms = {"loan_type": chance.randrange(3), "cycle_months": months}
        served = Servicing(0, 0, 0, False, 0, False, calendar=told, business_day_rule=rule)
        desk.book.setProduct(number, product(**terms), desk.by("risk_officer"))
        desk.book.setServicing(number, servicing(calendar=told, business_day_rule=rule), desk.by("risk_officer"))
        offered[number] = Product(*product(**terms), served), calendar if told else WEEKENDS
    return offered


@pytest.fixture(scope="module")
def loans(desk, chance, products):
    """Random loans of an opening book, on chain and in the model."""
    today, modelled, rows = desk.today, [], []
    for at in range(LOANS):
        number = 1 + at % len(products)
        terms, calendar = products[number]
        start, maturity = today - chance.randrange(400), today + chance.randint(1, LONGEST)
        reference, rate = keccak(b"loan %d" % at), chance.randrange(10**8)
        loan = Loan(
            desk.book.loanIdOf(reference),
            desk.customer,
            number,
            terms,
            b"",
            b"",
            rate,
            maturity,
            0,
            b"",
            calendar,
            state=ACTIVE,
            start=start,
            accrued_through=today,
            principal=AMOUNT,
        )
        loan.instalment = sum(day < today for day in loan.due_dates()[:-1])
        loan.fix_instalment()
        modelled.append(loan)
        rows.append(
            imported_row(
                reference,
                customer=desk.customer,
                product=number,
                start=start,
                maturity=maturity,
                rate=rate,
                originated=AMOUNT,
                outstanding=AMOUNT,
            )
        )
    sent = desk.book.proposeImport(keccak(b"file"), LOANS, LOANS * AMOUNT, desk.by("loan_officer"))
    batch = sent.events["ImportProposed"]["importId"]
    desk.book.releaseImport(batch, desk.by("approver"))
    desk.book.importLoans(batch, rows, desk.by("loan_officer"))
    return modelled


def test_every_due_date_is_on_the_day_that_the_rule_moves_it_to(desk, loans):
    moved = 0
    for loan in loans:
        dates, unmoved = loan.due_dates(), Loan.due_dates(plain(loan))
        moved += sum(one != other for one, other in zip(dates, unmoved, strict=True))
        told = [desk.book.dueDateOf(loan.number, number) for number in range(1, len(dates) + 2)]
        assert told == [*dates, 0], loan
        assert desk.stored(loan.number)["instalment"] == loan.instalment
        if loan.calendar is WEEKENDS:
            shift = SHIFTS[loan.product.servicing.business_day_rule]
            engine = [shifted(day * SECONDS_PER_DAY, shift, weekdays_only=True) for day in unmoved]
            assert dates == [moment // SECONDS_PER_DAY for moment in engine]
    assert moved > LOANS


def plain(loan):
    """The loan with due dates wherever they fall."""
    terms = Product(*loan.product.terms)
    return Loan(1, 1, 1, terms, b"", b"", loan.rate, loan.maturity, 0, b"", start=loan.start)


def test_every_instalment_is_stored_with_its_day_and_the_interest_to_it(desk, loans, next_day):
    """Long after the last maturity, classified once: all that fell due, instalment by instalment."""
    next_day(LONGEST + 40)
    desk.book.classifyInBatch([loan.number for loan in loans], desk.by("collector"))
    for loan in loans:
        loan.pass_overdue(desk.today)
        stored = {one.number: desk.book.obligationOf(loan.number, one.number) for one in loan.obligations}
        assert stored == {one.number: (one.day, one.principal, one.interest) for one in loan.obligations}
        assert {one.day for one in loan.obligations} <= set(loan.due_dates())
        assert loan.principal_due == AMOUNT


@pytest.mark.parametrize(("on", "passed"), [(0, 0), (1, 0), (2, 1), (3, 1)])
def test_new_terms_pass_over_no_due_date_that_is_still_to_come(desk, next_day, on, passed):
    """A due date of a Saturday goes to the Monday: restructured on the days from then, it has passed from Monday on."""
    number = 20
    desk.book.setProduct(number, product(loan_type=LINEAR, cycle_months=1), desk.by("risk_officer"))
    desk.book.setServicing(number, servicing(business_day_rule=FOLLOWING), desk.by("risk_officer"))
    saturdays = (day for day in range(desk.today, desk.today + 40) if (months_after(day, 1) + 3) % 7 == 5)
    next_day(next(saturdays) - desk.today)
    loan, due = desk.originated(number, maturity=desk.today + 300), months_after(desk.today, 1)
    assert desk.book.dueDateOf(loan, 1) == due + 2
    next_day(due + on - desk.today)
    terms = (loan, 1, desk.today, LINEAR, 1, RATE, desk.today + 300, 0, False, 0, 0, 0, 0, MAX_MONEY)
    desk.book.proposeRestructuring(terms, desk.by("risk_officer"))
    desk.book.acceptRestructuring(terms, bytes(32), {"from": desk.borrower})
    desk.book.restructure(terms, desk.by("approver"))
    assert desk.stored(loan)["instalment"] == passed
    first = desk.book.dueDateOf(loan, passed + 1)
    assert first == (desk.book.dueDateOf(loan, 2) if passed else due + 2)
    assert desk.book.careOf(loan)["observedUntil"] == first + 365
