"""How loans of a product are served, and due dates on the business days of a calendar."""

from __future__ import annotations

import datetime as dt
from dataclasses import astuple

import pytest
from eth_utils.crypto import keccak

from scripts.calendars import read_exceptions, year_words
from scripts.products import SERVED
from tests.contracts.expect import assert_events, event, fields_of, reverts
from tests.contracts.lending import (
    ACTIVE,
    AMOUNT,
    ANNUITY,
    EPOCH,
    LINEAR,
    REPAID,
    Desk,
    imported_row,
    months_after,
    schedule,
    servicing,
)

RISK_OFFICER = 3
FOLLOWING, MODIFIED_FOLLOWING, PRECEDING = 1, 2, 3
FIELDS = (
    "calendar", "businessDayRule", "graceDays", "overdueMarkup", "misuseMarkup", "compounds", "prepaymentFee",
    "drawingFee", "keepsTerm", "signedTerms", "covenanted", "index", "spread", "repriceMonths", "triggers",
    "defaultDays", "currency",
)  # fmt: skip


def number_of(year, month, day):
    return (dt.date(year, month, day) - EPOCH).days


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer()
    return desk


@pytest.fixture(scope="module")
def in_china(desk):
    """The desk with the mainland's calendar of 2024 to 2026 as number 1."""
    exceptions = read_exceptions()
    for year in (2024, 2025, 2026):
        desk.book.setCalendarYear(1, year, *year_words(year, exceptions), desk.by("risk_officer"))
    return desk


# ---------------------------------------------------------------- servicing terms


@pytest.mark.parametrize(
    "terms",
    [
        tuple(int(term) for term in astuple(SERVED[6][1])),
        servicing(
            calendar=65_535, business_day_rule=3, grace_days=90, overdue_markup=10**9, misuse_markup=10**9, compounds=1,
            prepayment_fee=10**8, drawing_fee=10**8, keeps_term=1, signed_terms=1, covenanted=1, index=65_535,
            spread=-(10**9), reprice_months=12, triggers=31, default_days=360, currency=999,
        ),
        servicing(triggers=16, default_days=0, keeps_term=1),
        servicing(index=7, spread=-1, reprice_months=0, covenanted=1),
    ],
)  # fmt: skip
def test_servicing_terms_are_told_and_kept_as_set(desk, terms):
    before = tuple(desk.book.productOf(1))
    sent = desk.book.setServicing(1, terms, desk.by("risk_officer"))
    assert_events(sent, event("ServicingSet", product=1, **dict(zip(FIELDS, terms, strict=True)), person=RISK_OFFICER))
    assert tuple(int(term) for term in desk.book.servicingOf(1)) == terms
    assert tuple(desk.book.productOf(1)) == before


def test_servicing_terms_are_set_once(desk):
    desk.serve()
    with reverts("LoanBook_ServicingAlreadySet", 1):
        desk.serve(grace_days=5)
    desk.offer(max_rate=1)  # a product set anew keeps them
    assert tuple(desk.book.servicingOf(1)) == servicing()
    with reverts("LoanBook_ServicingAlreadySet", 1):
        desk.serve()


def test_an_unknown_product_has_none_and_gets_none(desk):
    with reverts("LoanBook_ServicingMissing", 8):
        desk.book.servicingOf(8)
    with reverts("LoanBook_ProductInvalid", 8):
        desk.serve(8)


@pytest.mark.parametrize(
    ("changes", "error", "arguments"),
    [
        ({"business_day_rule": 4}, "LoanBook_BusinessDayRuleUnknown", (4, 3)),
        ({"calendar": 1}, "LoanBook_CalendarWithoutRule", (1,)),
        ({"grace_days": 91}, "LoanBook_GraceInvalid", (91, 90)),
        ({"overdue_markup": 10**9 + 1}, "LoanBook_MarkupInvalid", (10**9 + 1, 10**9)),
        ({"misuse_markup": 2**32 - 1}, "LoanBook_MarkupInvalid", (2**32 - 1, 10**9)),
        ({"prepayment_fee": 10**8 + 1}, "LoanBook_FeeRateInvalid", (10**8 + 1, 10**8)),
        ({"drawing_fee": 10**9}, "LoanBook_FeeRateInvalid", (10**9, 10**8)),
        ({"spread": 1}, "LoanBook_SpreadInvalid", (0, 1, 10**9)),
        ({"index": 1, "spread": 10**9 + 1}, "LoanBook_SpreadInvalid", (1, 10**9 + 1, 10**9)),
        ({"index": 1, "spread": -(10**9) - 1}, "LoanBook_SpreadInvalid", (1, -(10**9) - 1, 10**9)),
        ({"reprice_months": 3}, "LoanBook_RepricingInvalid", (0, 3)),
        ({"index": 1, "reprice_months": 2}, "LoanBook_RepricingInvalid", (1, 2)),
        ({"index": 1, "reprice_months": 24}, "LoanBook_RepricingInvalid", (1, 24)),
        ({"triggers": 0, "default_days": 0}, "LoanBook_TriggersInvalid", (0, 31)),
        ({"triggers": 32}, "LoanBook_TriggersInvalid", (32, 31)),
        ({"default_days": 0}, "LoanBook_DefaultDaysInvalid", (0, 360)),
        ({"default_days": 361}, "LoanBook_DefaultDaysInvalid", (361, 360)),
        ({"triggers": 2}, "LoanBook_DefaultDaysInvalid", (90, 360)),
        ({"currency": 0}, "LoanBook_CurrencyInvalid", (0,)),
        ({"currency": 1_000}, "LoanBook_CurrencyInvalid", (1_000,)),
    ],
)
def test_absurd_servicing_terms_are_refused(desk, changes, error, arguments):
    with reverts(error, *arguments):
        desk.serve(**changes)
    with reverts("LoanBook_ServicingMissing", 1):
        desk.book.servicingOf(1)


def test_the_book_has_one_currency(desk):
    desk.serve(currency=156)
    desk.offer(2)
    with reverts("LoanBook_CurrencyDiffers", 840, 156):
        desk.serve(2, currency=840)
    desk.serve(2, currency=156)


def test_loans_applied_for_before_keep_to_what_they_were_applied_for(in_china):
    desk = in_china
    desk.offer(cycle_months=1)
    earlier = desk.originated()
    desk.serve(calendar=1, business_day_rule=FOLLOWING)
    later = desk.originated()
    dues = schedule(desk.today, desk.today + 730, 1)
    assert [desk.book.dueDateOf(earlier, i) for i in range(1, len(dues) + 2)] == [*dues, 0]
    shifted = [desk.book.dueDateOf(later, i) for i in range(1, len(dues) + 2)]
    assert shifted != [*dues, 0]
    assert shifted == [*sorted(shifted[:-1]), 0]
    assert all(desk.book.isBusinessDay(1, due) for due in shifted[:-1])


# ---------------------------------------------------------------- calendars


def test_a_year_is_told_and_kept_and_read_day_by_day(desk):
    exceptions = read_exceptions()
    low, high = year_words(2024, exceptions)
    sent = desk.book.setCalendarYear(3, 2024, low, high, desk.by("risk_officer"))
    assert_events(
        sent,
        event(
            "CalendarYearSet", calendar=3, year=2024, low=f"0x{low:064x}", high=f"0x{high:064x}", person=RISK_OFFICER
        ),
    )
    assert tuple(desk.book.calendarYearOf(3, 2024)) == (low, high, True)
    assert tuple(desk.book.calendarYearOf(3, 2025)) == tuple(desk.book.calendarYearOf(9, 2024)) == (0, 0, False)
    for month, day, is_open in [
        (1, 1, False), (1, 2, True), (1, 6, False), (2, 4, True), (2, 9, True), (2, 10, False), (2, 16, False),
        (2, 18, True), (2, 25, False), (2, 29, True), (9, 12, True), (9, 13, True), (9, 14, True), (9, 29, True),
        (9, 30, True), (10, 1, False), (10, 7, False), (10, 12, True), (12, 31, True),
    ]:  # fmt: skip
        assert desk.book.isBusinessDay(3, number_of(2024, month, day)) == is_open, (month, day)
    # What was not set is closed at weekends alone.
    assert not desk.book.isBusinessDay(3, number_of(2025, 1, 26))  # a make-up workday of the year after
    assert desk.book.isBusinessDay(3, number_of(2025, 1, 28))
    assert desk.book.isBusinessDay(4, number_of(2024, 10, 1))
    assert [desk.book.isBusinessDay(4, day) for day in range(7)] == [True, True, False, False, True, True, True]


@pytest.mark.parametrize(("year", "most"), [(2023, 109), (2024, 110), (2000, 110), (2100, 109)])
def test_a_year_has_no_day_beyond_its_last(desk, year, most):
    with reverts("LoanBook_CalendarInvalid", 1, year):
        desk.book.setCalendarYear(1, year, 0, 1 << most, desk.by("risk_officer"))
    with reverts("LoanBook_CalendarInvalid", 1, year):
        desk.book.setCalendarYear(1, year, 0, 1 << 255, desk.by("risk_officer"))
    desk.book.setCalendarYear(1, year, 0, 1 << (most - 1), desk.by("risk_officer"))
    assert not desk.book.isBusinessDay(1, number_of(year, 12, 31))


@pytest.mark.parametrize("year", [0, 1970, 2150, 65_535])
def test_a_year_that_no_loan_reaches_is_refused(desk, year):
    with reverts("LoanBook_YearOutOfRange", year, 1971, 2149):
        desk.book.setCalendarYear(1, year, 0, 0, desk.by("risk_officer"))


def test_no_holiday_is_longer_than_due_dates_may_move(desk):
    month = (1 << 31) - 1
    desk.book.setCalendarYear(1, 2030, month << 31, 0, desk.by("risk_officer"))  # February and three days: 31
    with reverts("LoanBook_ClosedTooLong", 1, 2030, 32, 31):
        desk.book.setCalendarYear(1, 2030, (month << 1 | 1) << 31, 0, desk.by("risk_officer"))
    # A run that goes over the end of the year, from both of its sides.
    desk.book.setCalendarYear(1, 2040, 0, ((1 << 20) - 1) << 90, desk.by("risk_officer"))
    desk.book.setCalendarYear(1, 2041, (1 << 11) - 1, 0, desk.by("risk_officer"))
    with reverts("LoanBook_ClosedTooLong", 1, 2041, 32, 31):
        desk.book.setCalendarYear(1, 2041, (1 << 12) - 1, 0, desk.by("risk_officer"))
    with reverts("LoanBook_ClosedTooLong", 1, 2040, 32, 31):
        desk.book.setCalendarYear(1, 2040, 0, ((1 << 21) - 1) << 89, desk.by("risk_officer"))
    everything = 2**256 - 1, (1 << 109) - 1
    with reverts("LoanBook_ClosedTooLong", 1, 2050, 32, 31):
        desk.book.setCalendarYear(1, 2050, *everything, desk.by("risk_officer"))
    assert tuple(desk.book.calendarYearOf(1, 2050)) == (0, 0, False)


def test_a_calendar_in_use_changes_only_before_its_year_begins(desk, next_day):
    """Where products go by it; the last business day before is the last on which a due date could still move to."""
    this_year = (EPOCH + dt.timedelta(desk.today)).year
    desk.book.setCalendarYear(1, this_year, 0, 0, desk.by("risk_officer"))
    desk.serve(calendar=1, business_day_rule=PRECEDING)
    last = number_of(this_year - 1, 12, 31)
    while not desk.book.isBusinessDay(1, last):
        last -= 1
    with reverts("LoanBook_CalendarYearBegun", 1, this_year, last):
        desk.book.setCalendarYear(1, this_year, 1, 0, desk.by("risk_officer"))
    with reverts("LoanBook_CalendarYearBegun", 1, 2001, number_of(2000, 12, 29)):
        desk.book.setCalendarYear(1, 2001, 0, 0, desk.by("risk_officer"))
    desk.book.setCalendarYear(2, this_year, 1, 0, desk.by("risk_officer"))  # nobody goes by the second
    # 2028 ends on a Sunday: an instalment of 1 January 2029 may fall due on the Friday before, and has then.
    friday = number_of(2028, 12, 29)
    next_day(friday - 1 - desk.today)
    desk.book.setCalendarYear(1, 2029, 1, 0, desk.by("risk_officer"))
    next_day()
    with reverts("LoanBook_CalendarYearBegun", 1, 2029, friday):
        desk.book.setCalendarYear(1, 2029, 0, 0, desk.by("risk_officer"))
    desk.book.setCalendarYear(1, 2030, 0, 0, desk.by("risk_officer"))


# ---------------------------------------------------------------- due dates

CASES = [
    # Spring Festival 2026 is 15 to 23 February, with make-up workdays on Saturdays the 14th and 28th.
    (FOLLOWING, (2026, 2, 17), (2026, 2, 24)),
    (MODIFIED_FOLLOWING, (2026, 2, 17), (2026, 2, 24)),
    (PRECEDING, (2026, 2, 17), (2026, 2, 14)),
    (PRECEDING, (2026, 2, 23), (2026, 2, 14)),
    (FOLLOWING, (2026, 2, 28), (2026, 2, 28)),
    (MODIFIED_FOLLOWING, (2026, 2, 28), (2026, 2, 28)),
    # National Day 2026 is 1 to 7 October, with make-up workdays on Sunday 20 September and Saturday 10 October.
    (FOLLOWING, (2026, 10, 1), (2026, 10, 8)),
    (PRECEDING, (2026, 10, 7), (2026, 9, 30)),
    (FOLLOWING, (2026, 9, 20), (2026, 9, 20)),
    (PRECEDING, (2026, 9, 20), (2026, 9, 20)),
    (FOLLOWING, (2026, 10, 10), (2026, 10, 10)),
    (PRECEDING, (2026, 10, 11), (2026, 10, 10)),
    # A month that ends on a weekend.
    (FOLLOWING, (2026, 1, 31), (2026, 2, 2)),
    (MODIFIED_FOLLOWING, (2026, 1, 31), (2026, 1, 30)),
    (PRECEDING, (2026, 1, 31), (2026, 1, 30)),
    # A year that ends: New Year 2026 is 1 to 3 January, with Sunday the 4th a make-up workday.
    (FOLLOWING, (2026, 1, 1), (2026, 1, 4)),
    (MODIFIED_FOLLOWING, (2026, 1, 1), (2026, 1, 4)),
    (PRECEDING, (2026, 1, 1), (2025, 12, 31)),
    (0, (2026, 2, 17), (2026, 2, 17)),
]


def take_in(desk, rows):
    """Import rows of an opening book."""
    total = len(rows) * AMOUNT
    sent = desk.book.proposeImport(keccak(b"file"), len(rows), total, desk.by("loan_officer"))
    number = sent.events["ImportProposed"]["importId"]
    desk.book.releaseImport(number, desk.by("approver"))
    return desk.book.importLoans(number, rows, desk.by("loan_officer"))


def past_loan(desk, number, **changes):
    """A row of an opening book; its loan's number and the row."""
    reference = keccak(b"row %d" % number)
    row = imported_row(
        reference, customer=desk.customer, rate=50_000_000, originated=AMOUNT, outstanding=AMOUNT, **changes
    )
    return desk.book.loanIdOf(reference), row


def test_due_dates_go_where_the_rule_sends_them(in_china):
    """Loans that began three months before a day have their first due date there."""
    desk = in_china
    for rule in (0, FOLLOWING, MODIFIED_FOLLOWING, PRECEDING):
        desk.offer(rule + 1)
        desk.serve(rule + 1, calendar=1 if rule else 0, business_day_rule=rule)
    loans = []
    for number, (rule, due, _) in enumerate(CASES):
        start = months_after(number_of(*due), -3)
        assert months_after(start, 3) == number_of(*due)
        loans.append(past_loan(desk, number, product=rule + 1, start=start, maturity=number_of(2027, 12, 31)))
    take_in(desk, [row for _, row in loans])
    for (loan, _), (rule, due, falls) in zip(loans, CASES, strict=True):
        assert desk.book.dueDateOf(loan, 1) == number_of(*falls), (rule, due)


def test_an_imported_loan_has_passed_the_due_dates_that_fell(in_china, today):
    """A due date that a rule moves past today has not passed, one that it moves before today has."""
    desk = in_china
    closed = [today - 1, today, today + 1]
    bits = sum(1 << (day - number_of(2026, 1, 1)) for day in closed)
    desk.book.setCalendarYear(5, 2026, bits % 2**256, bits >> 256, desk.by("risk_officer"))
    for number, rule in ((2, FOLLOWING), (3, PRECEDING)):
        desk.offer(number, loan_type=LINEAR)
        desk.serve(number, calendar=5, business_day_rule=rule)
    terms = {"start": months_after(today - 1, -3), "maturity": today + 900}
    later, following = past_loan(desk, 1, product=2, **terms)
    terms = {"start": months_after(today + 1, -3), "maturity": today + 900}
    earlier, preceding = past_loan(desk, 2, product=3, **terms)
    take_in(desk, [following, preceding])
    assert (desk.stored(later)["instalment"], desk.book.dueDateOf(later, 1)) == (0, today + 2)
    assert (desk.stored(earlier)["instalment"], desk.book.dueDateOf(earlier, 1)) == (1, today - 2)


def test_interest_runs_to_the_day_that_the_instalment_falls_due_on(in_china, next_day, borrower):
    """A holiday between two due dates makes the one period longer and the next shorter; nothing is lost."""
    desk = in_china
    first = months_after(desk.today, 3)
    holidays = {EPOCH + dt.timedelta(first + i): False for i in range(-2, 5)}
    desk.book.setCalendarYear(6, 2027, *year_words(2027, holidays), desk.by("risk_officer"))
    desk.offer(4, loan_type=ANNUITY)
    desk.serve(4, calendar=6, business_day_rule=FOLLOWING)
    loan = desk.originated(4)
    model = desk.model(loan)
    model.instalment_amount = desk.stored(loan)["instalmentAmount"]
    falls = desk.book.dueDateOf(loan, 1)
    assert falls >= first + 5
    assert [desk.book.isBusinessDay(6, day) for day in (falls - 1, falls)] == [False, True]
    next_day(falls - 1 - desk.today)
    desk.book.classify(loan, {"from": borrower})
    assert desk.stored(loan)["instalment"] == 0
    owed = desk.book.preview(loan, falls)
    assert owed["interestDue"] == AMOUNT * model.rate * (falls - model.start) // (360 * 10**9)
    next_day(2)
    sent = desk.book.classify(loan, {"from": borrower})
    fell = sent.events["InstalmentFellDue"]
    assert (fell["dueDate"], fell["oldestDue"]) == (falls, falls)
    assert fell["interest"] == owed["interestDue"]
    assert fell["principal"] == model.instalment_amount - owed["interestDue"] == owed["principalDue"]
    assert desk.book.obligationOf(loan, 1)[0] == falls
    following = desk.book.dueDateOf(loan, 2)
    assert months_after(model.start, 6) <= following < months_after(model.start, 6) + 3


def test_the_last_instalment_takes_the_rest_wherever_it_falls(in_china, next_day, borrower):
    """Maturity on a Saturday: all that is left falls due on the Monday, with interest to it, and nothing stays."""
    desk = in_china
    desk.offer(4, loan_type=LINEAR, cycle_months=1)
    desk.serve(4, calendar=0, business_day_rule=FOLLOWING)
    desk.fund(borrower, 2 * AMOUNT)
    maturity = next(day for day in range(desk.today + 60, desk.today + 67) if (day + 3) % 7 == 5)
    loan = desk.originated(4, maturity=maturity)
    last = len(schedule(desk.today, maturity, 1))
    assert [desk.book.dueDateOf(loan, last), desk.book.dueDateOf(loan, last + 1)] == [maturity + 2, 0]
    for number in range(1, last + 1):
        due = desk.book.dueDateOf(loan, number)
        next_day(due - desk.today)
        shown = desk.book.preview(loan, due)
        desk.book.repay(loan, shown["principalDue"] + shown["interestDue"], due, {"from": borrower})
    stored = desk.stored(loan)
    assert (stored["state"], stored["principal"], stored["accrued"], stored["interestDue"]) == (REPAID, 0, 0, 0)


def test_no_rule_moves_the_first_due_date_to_the_start(desk, next_day):
    """A loan of a weekend, on a rule that goes back, would be due before it is drawn."""
    desk.serve(desk.offer(5, cycle_months=0), calendar=0, business_day_rule=PRECEDING)
    sunday = next(day for day in range(desk.today + 7, desk.today + 14) if (day + 3) % 7 == 6)
    loan = desk.approved(5, maturity=sunday)
    next_day(sunday - 1 - desk.today)
    with reverts("LoanBook_DueBeforeStart", loan, sunday - 2, sunday - 1):
        desk.book.originate(loan, desk.today, desk.by("treasurer"))


def test_nothing_is_drawn_after_the_last_instalment_fell_due(desk, next_day, borrower):
    """A line to a Sunday, on a rule that goes back, is due on the Friday; money drawn later would never be due."""
    desk.offer(5, cycle_months=1, approval_days=700)
    desk.serve(5, calendar=0, business_day_rule=PRECEDING)
    desk.fund(borrower, 2 * AMOUNT)
    sunday = next(day for day in range(desk.today + 70, desk.today + 77) if (day + 3) % 7 == 6)
    loan = desk.approved(5, maturity=sunday)
    desk.draw(loan, AMOUNT // 2)
    next_day(sunday - 2 - desk.today)
    desk.book.repay(loan, desk.book.payoff(loan, desk.today), desk.today, {"from": borrower})
    next_day()
    before = desk.stored(loan)
    assert (before["state"], before["principal"], before["undrawn"]) == (ACTIVE, 0, AMOUNT - AMOUNT // 2)
    with reverts("LoanBook_DueBeforeStart", loan, 0, desk.today):
        desk.draw(loan, 1_000)
    assert desk.stored(loan) == before


def test_an_imported_loan_falls_due_though_a_rule_moved_its_last_day_before_the_import(desk, next_day):
    """Maturity on a Sunday goes back to the Friday; taken in on the Saturday, all of it is overdue since then."""
    desk.offer(5)
    desk.serve(5, calendar=0, business_day_rule=PRECEDING)
    sunday = next(day for day in range(desk.today + 1, desk.today + 9) if (day + 3) % 7 == 6)
    next_day(sunday - 1 - desk.today)
    loan, row = past_loan(desk, 1, product=5, start=months_after(sunday, -3), maturity=sunday)
    take_in(desk, [row])
    assert desk.stored(loan)["instalment"] == 0
    next_day()
    sent = desk.book.classify(loan, desk.by("collector"))
    fell, classified = fields_of(sent, "InstalmentFellDue"), fields_of(sent, "LoanClassified")
    assert (fell["instalment"], fell["dueDate"], fell["principal"]) == (1, sunday - 2, AMOUNT)
    assert (fell["oldestDue"], classified["daysPastDue"]) == (sunday - 2, 2)
