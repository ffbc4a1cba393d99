"""Loans of a covenanted product: held back by what the covenants answer, in default when a notice ran out."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.lending import ACTIVE, AMOUNT, APPROVED, DEFAULTED, PASS, SUBSTANDARD, Desk, imported_row

RISK_OFFICER, APPROVER = 3, 5
PERSON = 1
SUSPEND, NOTICE = 1, 2
WATCH, LITIGATION = 1, 2
STANDING, FIGURE = 3, 4
COVER = 0
BANKRUPTCY, COVENANT = 2, 4
ONE = 10**9
FREE, COVENANTED = 1, 2
CURE = 10


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer(FREE)
    desk.offer(COVENANTED)
    desk.serve(COVENANTED, covenanted=1, triggers=0b11111)
    by = desk.by("risk_officer")
    system.covenants.setRatingRule(COVENANTED, (8, SUSPEND, 0, 4, NOTICE, CURE), by)
    system.covenants.setStandingRule(COVENANTED, WATCH, SUSPEND, 0, by)
    system.covenants.setStandingRule(COVENANTED, LITIGATION, NOTICE, CURE, by)
    system.covenants.setMeasureRule(COVENANTED, COVER, (0, ONE, NOTICE, CURE, 100), by)
    return desk


@pytest.fixture(scope="module")
def covenants(system):
    return system.covenants


@pytest.fixture
def stand(covenants, desk):
    """A function that reports the customer's standing."""
    return lambda standing: covenants.reportStanding(desk.customer, standing, desk.by("credit_bureau"))


def held(desk, answer, cure_by=0):
    return reverts("CovenantRegistry_DrawingsSuspended", desk.customer, COVENANTED, answer, cure_by)


def test_an_approval_puts_the_loans_under_the_covenants(desk, covenants):
    loan, today = desk.applied(COVENANTED), desk.today
    assert not covenants.isEntered(desk.customer)
    sent = desk.book.approve(loan, desk.by("approver"))
    assert_events(
        sent,
        event("LoanApproved", loanId=loan, amount=AMOUNT, availableUntil=today + 90, valueDate=today, person=APPROVER),
        event("FacilityEntered", customer=desk.customer, product=COVENANTED, entryGrade=3, valueDate=today),
    )
    assert covenants.facilityOf(desk.customer, COVENANTED) == (today, 3, 0, 0, 0)
    sent = desk.book.approve(desk.applied(COVENANTED), desk.by("approver"))
    assert [told.name for told in sent.events] == ["LoanApproved"]


def test_a_seventeenth_product_is_refused_with_the_application(desk, covenants, as_contract):
    """What is under no covenants is not counted; nor is a product that the customer has loans of."""
    by_the_book = {"from": as_contract(desk.book)}
    for product in range(101, 116):
        covenants.enter(desk.customer, product, 3, by_the_book)
    early = desk.applied(COVENANTED)
    covenants.enter(desk.customer, 116, 3, by_the_book)
    desk.applied(FREE)
    for call in (
        lambda: desk.applied(COVENANTED),
        lambda: desk.book.approve(early, desk.by("approver")),
        lambda: covenants.checkEntry(desk.customer, COVENANTED),
    ):
        with reverts("CovenantRegistry_TooManyProducts", desk.customer, COVENANTED, 16):
            call()
    covenants.checkEntry(desk.customer, 116)


def test_the_sixteenth_product_is_applied_for_again(desk, covenants, as_contract):
    for product in range(101, 116):
        covenants.enter(desk.customer, product, 3, {"from": as_contract(desk.book)})
    desk.book.approve(desk.applied(COVENANTED), desk.by("approver"))
    desk.book.approve(desk.applied(COVENANTED), desk.by("approver"))
    assert len(covenants.productsOf(desk.customer)) == 16


def test_loans_of_other_products_are_under_none(desk, covenants):
    desk.draw(desk.approved(FREE), AMOUNT)
    assert not covenants.isEntered(desk.customer)


def test_an_approval_goes_through_whatever_the_covenants_answer(desk, covenants, stand):
    stand(LITIGATION)
    loan = desk.approved(COVENANTED)
    assert desk.stored(loan)["state"] == APPROVED
    assert covenants.facilityOf(desk.customer, COVENANTED)[2:] == (NOTICE, STANDING, desk.today + CURE)
    with held(desk, NOTICE, desk.today + CURE):
        desk.draw(loan, AMOUNT)


@pytest.mark.parametrize("grade", [0, 7])
def test_persons_are_entered_at_the_grade_they_have(desk, covenants, make_customer, grade):
    person = make_customer(kind=PERSON, grade=grade)
    desk.approved(COVENANTED, customer=person)
    assert covenants.facilityOf(person, COVENANTED)[1] == grade


def test_a_rating_holds_the_next_drawing_back(desk, covenants):
    loan = desk.approved(COVENANTED)
    desk.draw(loan, AMOUNT // 4)
    rating = (desk.customer, 9, 1, 900, desk.today, desk.today + 365)
    desk.system.ratings.propose(rating, desk.by("risk_officer"))
    sent = desk.system.ratings.confirm(rating, desk.by("approver"))
    assert [told.name for told in sent.events].count("ContinuationAnswered") == 1
    before, buckets = desk.stored(loan), desk.buckets()
    with held(desk, NOTICE, desk.today + CURE):
        desk.draw(loan, AMOUNT // 4)
    assert (desk.stored(loan), desk.buckets()) == (before, buckets)
    better = (desk.customer, 6, 1, 1_300, desk.today, desk.today + 365)
    desk.system.ratings.propose(better, desk.by("risk_officer"))
    desk.system.ratings.confirm(better, desk.by("approver"))
    desk.draw(loan, AMOUNT // 4)
    assert desk.stored(loan)["principal"] == AMOUNT // 2


def test_suspended_drawings_hold_a_whole_loan_back_too(desk, stand):
    loan = desk.approved(COVENANTED)
    stand(WATCH)
    with held(desk, SUSPEND):
        desk.book.originate(loan, desk.today, desk.by("treasurer"))
    assert desk.stored(loan)["state"] == APPROVED
    stand(0)
    desk.book.originate(loan, desk.today, desk.by("treasurer"))
    assert desk.stored(loan)["state"] == ACTIVE


def test_a_late_figure_holds_a_drawing_back(desk, next_day):
    loan = desk.approved(COVENANTED)
    desk.draw(loan, AMOUNT // 4)
    desk.system.covenants.reportFigure(desk.customer, COVER, 2 * ONE, desk.today - 50, desk.by("data_provider"))
    next_day(50)
    desk.draw(loan, AMOUNT // 4)
    next_day(1)
    with held(desk, SUSPEND):
        desk.draw(loan, AMOUNT // 4)


def test_what_is_owed_is_paid_whatever_the_covenants_answer(desk, stand):
    """I38."""
    loan = desk.originated(COVENANTED)
    stand(LITIGATION)
    desk.fund(desk.borrower, AMOUNT)
    desk.book.repay(loan, AMOUNT, desk.today, {"from": desk.borrower})
    assert desk.stored(loan)["principal"] == 0


def test_a_notice_that_ran_out_is_a_default(desk, stand, next_day):
    loan = desk.originated(COVENANTED)
    with reverts("LoanBook_NotInDefault", loan, 0):
        desk.book.declareDefault(loan, COVENANT, desk.by("risk_officer"))
    stand(LITIGATION)
    next_day(CURE)
    with reverts("LoanBook_NotInDefault", loan, 0):
        desk.book.declareDefault(loan, COVENANT, desk.by("risk_officer"))
    assert desk.stored(loan)["category"] == PASS
    day = next_day(1)
    sent = desk.book.declareDefault(loan, COVENANT, desk.by("risk_officer"))
    told = dict(sent.events["LoanDefaulted"])
    assert told == {
        "loanId": loan, "trigger": COVENANT, "daysPastDue": 0, "valueDate": day, "principal": AMOUNT, "interestDue": 0,
        "person": RISK_OFFICER,
    }  # fmt: skip
    assert (desk.stored(loan)["state"], desk.stored(loan)["category"]) == (DEFAULTED, SUBSTANDARD)


def test_a_loan_under_no_covenants_never_defaults_on_them(desk, stand, next_day):
    other, loan = desk.originated(FREE), desk.originated(COVENANTED)
    stand(LITIGATION)
    next_day(CURE + 1)
    with reverts("LoanBook_NotInDefault", other, 0):
        desk.book.declareDefault(other, COVENANT, desk.by("risk_officer"))
    desk.book.declareDefault(loan, COVENANT, desk.by("risk_officer"))


def test_loans_of_an_opening_book_come_under_the_covenants(desk, covenants, make_customer):
    """Those that are owed; one that is repaid brings nothing under them."""
    customers = [make_customer(grade=6), make_customer(grade=2), make_customer(grade=4)]
    paid = {"outstanding": 0, "principal_paid": AMOUNT}
    rows = [
        imported_row(
            keccak(b"covenanted %d" % number), customer=customer, product=product, rate=50_000_000,
            start=desk.today - 50, maturity=desk.today + 300, originated=AMOUNT,
            **{"outstanding": AMOUNT, **more},
        )
        for number, (customer, product, more) in enumerate(
            [(customers[0], COVENANTED, {}), (customers[0], COVENANTED, {}), (customers[1], COVENANTED, paid),
             (customers[2], FREE, {})]
        )
    ]  # fmt: skip
    number = desk.book.proposeImport(keccak(b"file"), len(rows), 3 * AMOUNT, desk.by("loan_officer")).return_value
    desk.book.releaseImport(number, desk.by("approver"))
    sent = desk.book.importLoans(number, rows, desk.by("loan_officer"))
    assert [dict(told) for told in sent.events["FacilityEntered"]] == [
        {"customer": customers[0], "product": COVENANTED, "entryGrade": 6, "valueDate": desk.today}
    ]
    assert [covenants.isEntered(customer) for customer in customers] == [True, False, False]
