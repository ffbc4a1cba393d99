"""Contagion among a debtor's loans and from its debt at all banks: what proves it, how far it goes, what lifts it."""

from __future__ import annotations

import pytest

from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.judging import (
    BY_CONTAGION,
    BY_DAYS,
    CONTAGION,
    CREDIT_BUREAU,
    PERSON,
    REASON,
    RETAIL_POOL,
    UNLIKELY_TO_PAY,
    care,
    classified,
    floored,
)
from tests.contracts.lending import (
    ACTIVE,
    DEFAULTED,
    DOUBTFUL,
    NONE,
    PASS,
    REPAID,
    SPECIAL_MENTION,
    SUBSTANDARD,
    Desk,
)

TENTH, REST = 10_000, 90_000  # of a debtor who owes 100,000
MORE = TENTH + 1


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer(1)
    desk.fund(borrower, 10 * REST)
    return desk


@pytest.fixture(scope="module")
def debt(desk):
    """A loan of each of some amounts, of one debtor; their numbers ascend."""
    return lambda *amounts: [desk.originated(amount=amount) for amount in amounts]


def _default(desk, loan):
    desk.book.declareDefault(loan, UNLIKELY_TO_PAY, desk.by("risk_officer"))


def _spread(desk, bad, targets):
    return desk.book.spreadContagion(desk.customer, bad, targets, desk.by("collector"))


def _lift(desk, good, targets):
    return desk.book.liftContagion(desk.customer, good, targets, desk.by("collector"))


def _report(desk, total, overdue, as_of=None):
    as_of = desk.today if as_of is None else as_of
    return desk.book.reportSystemDebt(desk.customer, total, overdue, as_of, desk.by("credit_bureau"))


def _categories(desk, *loans):
    return [desk.stored(loan)["category"] for loan in loans]


# ---------------------------------------------------------------- this bank


def test_more_than_a_tenth_makes_all_substandard(desk, debt, stranger):
    bad, good, other = debt(MORE, REST - 2, 1)
    _default(desk, bad)
    before = [desk.stored(loan) for loan in (good, other)]
    sent = desk.book.spreadContagion(desk.customer, [bad], [good, other], {"from": stranger})
    day = desk.today
    assert_events(
        sent,
        event("ContagionFound", customer=desk.customer, elsewhere=False, part=MORE, whole=100_000, valueDate=day),
        *(
            one
            for loan in (good, other)
            for one in (
                classified(loan, SUBSTANDARD, PASS, BY_CONTAGION, day=day),
                floored(loan, CONTAGION, SUBSTANDARD, NONE, day=day),
            )
        ),
    )
    assert [desk.stored(loan) for loan in (good, other)] == [{**one, "category": SUBSTANDARD} for one in before]
    assert [care(desk, loan) for loan in (bad, good)] == [{}, {"contagion": SUBSTANDARD}]


def test_a_tenth_itself_does_not_spread(desk, debt):
    bad, good = debt(TENTH, REST)
    _default(desk, bad)
    with reverts("LoanQuality_NoContagion", desk.customer, TENTH, TENTH + REST):
        _spread(desk, [bad], [good])
    with reverts("LoanQuality_FloorsUnchanged", desk.customer, NONE):  # nine tenths perform, nothing is to be lifted
        _lift(desk, [good], [good])
    more = debt(1)[0]
    with reverts("LoanQuality_NoContagion", desk.customer, TENTH, TENTH + REST + 1):
        _spread(desk, [bad], [good])
    _default(desk, more)
    _spread(desk, [bad, more], [good])
    assert _categories(desk, good) == [SUBSTANDARD]


@pytest.mark.parametrize("ground", ["default", "judgement", "expected loss", "days past due"])
def test_a_loan_is_bad_by_its_own_right_on_each_ground(desk, debt, next_day, ground):
    bad, good = debt(MORE, REST)
    if ground == "default":
        _default(desk, bad)
    elif ground == "judgement":
        desk.book.judge(bad, SUBSTANDARD, REASON, desk.by("risk_officer"))
    elif ground == "expected loss":
        desk.book.assessLoss(bad, MORE, REASON, desk.by("risk_officer"))
    else:
        due = desk.model(bad).due_dates[0]
        next_day(due - desk.today)
        desk.book.repay(good, desk.book.preview(good, due)["interestDue"], due, {"from": desk.borrower})
        next_day(90)
        desk.book.classify(bad, desk.by("collector"))
        with reverts("LoanQuality_Performing", bad):
            _spread(desk, [bad], [good])
        next_day(1)
    sent = _spread(desk, [bad], [good])
    assert sent.events["ContagionFound"]["part"] == MORE
    assert care(desk, good) == {"contagion": SUBSTANDARD}
    if ground == "days past due":  # the bad loan is classified by the way
        assert classified(bad, SUBSTANDARD, SPECIAL_MENTION, BY_DAYS, day=desk.today, days_past_due=91)[1] == dict(
            sent.events["LoanClassified"][0]
        )


def test_contagion_does_not_spread_further_by_itself(desk, debt):
    bad, good, third = debt(MORE, REST // 2, REST // 2)
    _default(desk, bad)
    _spread(desk, [bad], [good])
    assert _categories(desk, good) == [SUBSTANDARD]
    with reverts("LoanQuality_Performing", good):
        _spread(desk, [good], [third])
    assert _categories(desk, third) == [PASS]


def test_what_is_shown_is_shown_once_and_is_the_debtors(desk, debt, make_customer, borrower):
    first, second, closed = debt(MORE, MORE, 1)
    for loan in (first, second):
        _default(desk, loan)
    desk.book.repay(closed, 1, desk.today, {"from": borrower})
    for loans, pair in (([first, first], (first, first)), ([second, first], (first, second))):
        with reverts("LoanQuality_NotAscending", *pair):
            _spread(desk, loans, [])
        with reverts("LoanQuality_NonPerforming", loans[0]):
            _lift(desk, loans, [])
    with reverts("LoanBook_WrongState", closed, REPAID):
        _spread(desk, [first, closed], [])
    with reverts("LoanBook_Unknown", 99):
        _spread(desk, [99], [])
    other = make_customer(grade=3)
    for bad, targets in (([first], []), ([], [first])):
        call = desk.book.spreadContagion if bad else desk.book.liftContagion
        with reverts("LoanQuality_OtherCustomer", first, other):
            call(other, bad, targets, desk.by("collector"))
    applied = desk.applied(amount=1)
    with reverts("LoanQuality_FloorsUnchanged", desk.customer, SUBSTANDARD):  # neither is a living loan
        _spread(desk, [first, second], [closed, applied])
    sent = _spread(desk, [first, second], [closed, applied, first])
    assert [one.name for one in sent.events] == ["ContagionFound", "FloorSet"]


def test_nothing_is_told_where_no_floor_changes(desk, debt, stranger):
    """A stranger who shows the same again, or no targets, writes nothing into the ledger."""
    bad, good = debt(MORE, REST)
    _default(desk, bad)
    _report(desk, 1_000, 201)
    calls = (
        (desk.book.spreadContagion, [bad], SUBSTANDARD),
        (desk.book.spreadFromOtherBanks, None, SUBSTANDARD),
        (desk.book.liftContagion, [good], NONE),
    )
    _spread(desk, [bad], [good])
    for call, shown, category in calls[:2]:
        for targets in ([], [good], [good, good]):
            with reverts("LoanQuality_FloorsUnchanged", desk.customer, category):
                call(desk.customer, *([] if shown is None else [shown]), targets, {"from": stranger})
    _report(desk, 1_000, 200)
    desk.book.repay(bad, 1, desk.today, {"from": desk.borrower})
    desk.book.repay(bad, 1, desk.today, {"from": desk.borrower})
    _lift(desk, [good], [good])
    with reverts("LoanQuality_FloorsUnchanged", desk.customer, NONE):
        calls[2][0](desk.customer, [good], [good, bad], {"from": stranger})
    assert care(desk, good) == {}


@pytest.mark.parametrize(("kind", "borrowers"), [(PERSON, 1), (RETAIL_POOL, 2)])
def test_retail_loans_are_judged_one_by_one(desk, make_customer, kind, borrowers):
    customer = make_customer(kind=kind, industry=b"", borrowers=borrowers)
    for call in (
        lambda: desk.book.spreadContagion(customer, [], [], desk.by("collector")),
        lambda: desk.book.liftContagion(customer, [], [], desk.by("collector")),
        lambda: desk.book.spreadFromOtherBanks(customer, [], desk.by("collector")),
    ):
        with reverts("LoanQuality_Retail", customer, kind):
            call()


def test_nine_tenths_that_perform_lift_it(desk, debt, borrower):
    bad, good, third = debt(MORE, REST - 2, 1)
    _default(desk, bad)
    _spread(desk, [bad], [bad, good, third])
    with reverts("LoanQuality_ContagionStands", desk.customer, REST - 1, 100_000):
        _lift(desk, [good, third], [good])
    with reverts("LoanQuality_NonPerforming", bad):
        _lift(desk, [bad, good, third], [good])
    desk.book.repay(bad, 1, desk.today, {"from": borrower})
    desk.book.repay(bad, 1, desk.today, {"from": borrower})
    sent = _lift(desk, [good, third], [bad, good, third])
    day = desk.today
    assert_events(
        sent,
        event("ContagionEnded", customer=desk.customer, performing=REST - 1, exposure=99_998, valueDate=day),
        floored(bad, CONTAGION, NONE, SUBSTANDARD, day=day),  # in default it stays as bad as it is
        *(
            one
            for loan in (good, third)
            for one in (
                classified(loan, PASS, SUBSTANDARD, BY_CONTAGION, day=day),
                floored(loan, CONTAGION, NONE, SUBSTANDARD, day=day),
            )
        ),
    )
    assert _categories(desk, bad, good, third) == [SUBSTANDARD, PASS, PASS]
    assert [desk.stored(loan)["state"] for loan in (bad, good)] == [DEFAULTED, ACTIVE]
    assert care(desk, good) == {}


def test_a_worse_floor_outlives_it(desk, debt):
    bad, good = debt(MORE, REST)
    desk.book.judge(bad, DOUBTFUL, REASON, desk.by("risk_officer"))
    sent = _spread(desk, [bad], [bad, good])
    assert [one.name for one in sent.events] == ["ContagionFound", "FloorSet", "LoanClassified", "FloorSet"]
    assert (_categories(desk, bad, good), care(desk, bad)) == (
        [DOUBTFUL, SUBSTANDARD],
        {"judgement": DOUBTFUL, "contagion": SUBSTANDARD},
    )


# ---------------------------------------------------------------- all banks


def test_debt_at_all_banks_is_reported_in_order(desk, make_customer):
    day = desk.today
    sent = _report(desk, 1_000, 200, day - 1)
    assert_events(
        sent,
        event(
            "SystemDebtReported",
            customer=desk.customer,
            total=1_000,
            overdue=200,
            asOf=day - 1,
            valueDate=day,
            person=CREDIT_BUREAU,
        ),
    )
    assert desk.book.systemDebtOf(desk.customer) == (1_000, 200, day - 1)
    for as_of in (0, day - 2, day + 1):
        with reverts("LoanQuality_ReportOutOfOrder", desk.customer, as_of, day - 1, day):
            _report(desk, 1_000, 200, as_of)
    with reverts("LoanQuality_DebtInvalid", desk.customer, 2, 1):
        _report(desk, 1, 2)
    with reverts("LoanQuality_DebtInvalid", desk.customer, 0, 2**104):
        _report(desk, 2**104, 0)
    unknown = desk.system.customers.customers() + 1
    with reverts("CustomerRegistry_Unknown", unknown):
        desk.book.reportSystemDebt(unknown, 1, 1, day, desk.by("credit_bureau"))
    _report(desk, 0, 0, day - 1)  # the same day corrects it
    assert desk.book.systemDebtOf(desk.customer) == (0, 0, day - 1)


def test_more_than_a_fifth_long_overdue_at_all_banks_spreads_until_a_report_says_otherwise(desk, debt):
    loan = debt(REST)[0]
    day = desk.today
    with reverts("LoanQuality_NoContagion", desk.customer, 0, 0):
        desk.book.spreadFromOtherBanks(desk.customer, [loan], desk.by("collector"))
    _report(desk, 1_000, 200)
    with reverts("LoanQuality_NoContagion", desk.customer, 200, 1_000):
        desk.book.spreadFromOtherBanks(desk.customer, [loan], desk.by("collector"))
    _report(desk, 1_000, 201)
    sent = desk.book.spreadFromOtherBanks(desk.customer, [loan], desk.by("collector"))
    assert_events(
        sent,
        event("ContagionFound", customer=desk.customer, elsewhere=True, part=201, whole=1_000, valueDate=day),
        classified(loan, SUBSTANDARD, PASS, BY_CONTAGION, day=day),
        floored(loan, CONTAGION, SUBSTANDARD, NONE, day=day),
    )
    with reverts("LoanQuality_ContagionStands", desk.customer, 201, 1_000):
        _lift(desk, [loan], [loan])
    _report(desk, 1_000, 200)
    _lift(desk, [loan], [loan])
    assert (_categories(desk, loan), care(desk, loan)) == ([PASS], {})
