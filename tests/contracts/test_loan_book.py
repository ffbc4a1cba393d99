"""From a product to money lent: terms, applications, approvals, drawdowns; every event field and refusal."""

from __future__ import annotations

import pytest
from brownie import ZERO_ADDRESS

from scripts.roles import PEOPLE
from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.lending import (
    ACTIVE,
    AMOUNT,
    ANNUITY,
    APPLIED,
    APPROVED,
    BULLET,
    DENIED,
    INDUSTRY,
    LAPSED,
    LINEAR,
    MAX_MONEY,
    MAX_RATE,
    PASS,
    PURPOSE,
    RATE,
    REGION,
    REPAID,
    TERMS,
    Desk,
    annuity,
    months_after,
    product,
)
from tests.contracts.securing import registration, tag

PERSON, RETAIL_POOL = 1, 4
_, _, RISK_OFFICER, LOAN_OFFICER, APPROVER = range(1, 6)  # the people's numbers


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer()
    return desk


# ---------------------------------------------------------------- terms


def test_a_product_is_told_and_kept_as_set(desk):
    terms = product(
        loan_type=ANNUITY, cycle_months=1, approval_days=30, max_loan_to_value=700_000_000, max_rate=240_000_000
    )
    sent = desk.book.setProduct(9, terms, desk.by("risk_officer"))
    assert_events(
        sent,
        event(
            "ProductSet",
            product=9,
            loanType=2,
            dayCount=1,
            waterfall=0,
            earmarkMode=0,
            cycleMonths=1,
            approvalDays=30,
            maxLoanToValue=700_000_000,
            maxAmount=MAX_MONEY,
            maxTermDays=16_383,
            maxRate=240_000_000,
            person=RISK_OFFICER,
        ),
    )
    assert tuple(desk.book.productOf(9)) == terms


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"loan_type": 3}, ("LoanBook_ProductTermInvalid", 0, 3, 0, 2)),
        ({"day_count": 2}, ("LoanBook_ProductTermInvalid", 1, 2, 0, 1)),
        ({"waterfall": 255}, ("LoanBook_ProductTermInvalid", 2, 255, 0, 1)),
        ({"earmark_mode": 2}, ("LoanBook_ProductTermInvalid", 3, 2, 0, 1)),
        ({"cycle_months": 2}, ("LoanBook_ScheduleInvalid", BULLET, 2)),
        ({"cycle_months": 0, "loan_type": LINEAR}, ("LoanBook_ScheduleInvalid", LINEAR, 0)),
        ({"max_amount": 0}, ("LoanBook_ProductTermInvalid", 7, 0, 1, MAX_MONEY)),
        ({"max_amount": MAX_MONEY + 1}, ("LoanBook_ProductTermInvalid", 7, MAX_MONEY + 1, 1, MAX_MONEY)),
        ({"max_term_days": 0}, ("LoanBook_ProductTermInvalid", 8, 0, 1, 16_383)),
        ({"max_term_days": 16_384}, ("LoanBook_ProductTermInvalid", 8, 16_384, 1, 16_383)),
        ({"max_term_days": 29, "cycle_months": 1}, ("LoanBook_CycleTooLong", 1, 29)),
        ({"max_term_days": 364, "cycle_months": 12}, ("LoanBook_CycleTooLong", 12, 364)),
        ({"max_rate": -1}, ("LoanBook_ProductTermInvalid", 9, -1, 0, MAX_RATE)),
        ({"max_rate": MAX_RATE + 1}, ("LoanBook_ProductTermInvalid", 9, MAX_RATE + 1, 0, MAX_RATE)),
    ],
)
def test_absurd_products_are_refused(desk, changes, refusal):
    with reverts(*refusal):
        desk.book.setProduct(9, product(**changes), desk.by("risk_officer"))
    with reverts("LoanBook_ProductInvalid", 9):
        desk.book.productOf(9)


def test_the_first_category_table_is_the_rule_of_2023(desk):
    assert tuple(desk.book.categoryTableOn(0)) == (1, 91, 271, 361)


def test_a_category_table_holds_from_its_day_on(desk):
    day = desk.today
    sent = desk.book.setCategoryTable(day + 10, 8, 61, 181, 301, desk.by("risk_officer"))
    assert_events(
        sent,
        event(
            "CategoryTableSet",
            effectiveFrom=day + 10,
            specialMention=8,
            substandard=61,
            doubtful=181,
            loss=301,
            person=RISK_OFFICER,
        ),
    )
    assert tuple(desk.book.categoryTableOn(day + 9)) == (1, 91, 271, 361)
    assert tuple(desk.book.categoryTableOn(day + 10)) == (8, 61, 181, 301)


@pytest.mark.parametrize("days", [(0, 91, 271, 361), (91, 91, 271, 361), (1, 271, 271, 361), (1, 91, 361, 361)])
def test_a_category_table_that_does_not_rise_is_refused(desk, days):
    with reverts("LoanBook_CategoryTableInvalid", *days):
        desk.book.setCategoryTable(desk.today, *days, desk.by("risk_officer"))


def test_a_category_table_is_never_set_for_the_past(desk):
    day = desk.today
    with reverts("LoanBook_EffectiveDateInvalid", day - 1, day):
        desk.book.setCategoryTable(day - 1, 1, 2, 3, 4, desk.by("risk_officer"))
    desk.book.setCategoryTable(day + 5, 1, 2, 3, 4, desk.by("risk_officer"))
    with reverts("LoanBook_EffectiveDateInvalid", day + 4, day + 5):
        desk.book.setCategoryTable(day + 4, 1, 2, 3, 4, desk.by("risk_officer"))


# ---------------------------------------------------------------- application


def test_an_application_is_told_and_kept_and_lends_nothing(desk):
    before = desk.buckets()
    day = desk.today
    sent = desk.book.applyFor(desk.application(), desk.by("loan_officer"))
    assert_events(
        sent,
        event(
            "LoanApplied",
            loanId=1,
            customer=desk.customer,
            product=1,
            industry="0x" + INDUSTRY.hex(),
            region="0x" + REGION.hex(),
            purpose="0x" + PURPOSE.hex(),
            amount=AMOUNT,
            rate=RATE,
            maturity=day + 730,
            valueDate=day,
            person=LOAN_OFFICER,
            termsHash="0x" + TERMS.hex(),
        ),
    )
    stored = desk.stored(1)
    assert stored["customer"] == desk.customer
    assert stored["product"] == 1
    assert (bytes(stored["industry"]), bytes(stored["region"])) == (INDUSTRY, REGION)
    assert (stored["rate"], stored["maturity"], stored["state"]) == (RATE, day + 730, APPLIED)
    assert stored["undrawn"] == AMOUNT
    nothing = (
        "start",
        "category",
        "instalment",
        "principal",
        "accrued",
        "accruedThrough",
        "postings",
        "instalmentAmount",
        "principalDue",
        "interestDue",
        "oldestDue",
        "penaltyDue",
        "feeDue",
        "writtenOff",
        "availableUntil",
    )
    assert [stored[name] for name in nothing] == [0] * len(nothing)
    assert desk.buckets() == before
    assert tuple(desk.book.totals()) == (1, 0)


def test_applications_that_break_the_products_terms_are_refused(desk):
    desk.offer(2, max_amount=1_000, max_term_days=365, max_rate=60_000_000)
    day, officer = desk.today, desk.by("loan_officer")
    cases = [
        ({"amount": 0}, "LoanBook_AmountInvalid", (1, 0, 1_000)),
        ({"amount": 1_001}, "LoanBook_AmountInvalid", (1, 1_001, 1_000)),
        ({"maturity": day}, "LoanBook_MaturityInvalid", (day, day + 1, day + 365)),
        ({"maturity": day + 366}, "LoanBook_MaturityInvalid", (day + 366, day + 1, day + 365)),
        ({"rate": -1}, "LoanBook_RateInvalid", (-1, 60_000_000)),
        ({"rate": 60_000_001}, "LoanBook_RateInvalid", (60_000_001, 60_000_000)),
        ({"customer": 999}, "CustomerRegistry_Unknown", (999,)),
    ]
    fair = {"amount": 1_000, "maturity": day + 365, "rate": 60_000_000}
    for changes, error, arguments in cases:
        with reverts(error, *arguments):
            desk.book.applyFor(desk.application(2, **(fair | changes)), officer)
    with reverts("LoanBook_ProductInvalid", 3):
        desk.book.applyFor(desk.application(3), officer)
    for industry, region in ((b"k70\0", REGION), (INDUSTRY, bytes(6)), (INDUSTRY, b"CN\0GD\0")):
        with reverts("LoanBook_CodeInvalid", industry, region):
            desk.book.applyFor(desk.application(2, **(fair | {"industry": industry, "region": region})), officer)
    assert desk.applied(2, **fair) == 1
    with reverts("LoanBook_Unknown", 2):
        desk.book.loanOf(2)


@pytest.mark.parametrize("cycle", [1, 3, 6, 12])
def test_a_loan_is_no_shorter_than_its_cycle(desk, next_day, cycle):
    """From its application on; drawn later, it pays once, at maturity."""
    first_due = months_after(desk.today, cycle)
    desk.offer(2, cycle_months=cycle, approval_days=400)
    with reverts("LoanBook_CycleTooLong", cycle, first_due - 1 - desk.today):
        desk.book.applyFor(desk.application(2, maturity=first_due - 1), desk.by("loan_officer"))
    loan = desk.approved(2, maturity=first_due)
    next_day(20)
    desk.book.originate(loan, desk.today, desk.by("treasurer"))
    before, at_maturity = (desk.book.preview(loan, day) for day in (first_due - 1, first_due))
    assert (before["instalment"], before["interestDue"], before["principalDue"]) == (0, 0, 0)
    assert (at_maturity["instalment"], at_maturity["principalDue"]) == (1, AMOUNT)
    assert at_maturity["interestDue"] == -(-AMOUNT * RATE * (first_due - desk.today) // (360 * 10**9))


# ---------------------------------------------------------------- approval


def test_an_approval_reserves_headroom_until_its_last_day(desk):
    loan = desk.applied()
    before, day = desk.buckets(), desk.today
    sent = desk.book.approve(loan, desk.by("approver"))
    assert_events(
        sent, event("LoanApproved", loanId=loan, amount=AMOUNT, availableUntil=day + 90, valueDate=day, person=APPROVER)
    )
    stored = desk.stored(loan)
    assert (stored["state"], stored["undrawn"], stored["availableUntil"]) == (APPROVED, AMOUNT, day + 90)
    assert (stored["accrued"], stored["start"], stored["principal"]) == (0, 0, 0)
    assert desk.buckets() == [*before[:3], *(reserved + AMOUNT for reserved in before[3:6]), before[6]]


def test_an_approval_never_outlasts_the_loan(desk):
    loan = desk.approved(desk.offer(2, cycle_months=0), maturity=desk.today + 30)
    assert desk.stored(loan)["availableUntil"] == desk.today + 29


def test_i30_who_applied_does_not_approve_through_another_account(desk, second_account, spares):
    loan = desk.applied()
    account = second_account("loan_officer", spares[0], *_roles("approver"))
    with reverts("Governed_SamePerson", LOAN_OFFICER):
        desk.book.approve(loan, {"from": account})
    assert desk.stored(loan)["state"] == APPLIED


def _roles(name):
    return next(person.roles for person in PEOPLE if person.name == name)


def test_a_company_without_a_valid_rating_is_not_approved(desk, make_customer, next_day):
    unrated = make_customer()
    loan = desk.applied(customer=unrated)
    with reverts("LoanBook_RatingMissing", unrated, 0):
        desk.book.approve(loan, desk.by("approver"))
    expires = desk.today + 365
    next_day(366)
    loan = desk.applied()
    with reverts("LoanBook_RatingMissing", desk.customer, expires):
        desk.book.approve(loan, desk.by("approver"))


@pytest.mark.parametrize(("kind", "borrowers"), [(PERSON, 1), (RETAIL_POOL, 40)])
def test_persons_and_pools_are_approved_without_a_rating(desk, make_customer, kind, borrowers):
    customer = make_customer(kind=kind, borrowers=borrowers)
    assert desk.stored(desk.approved(customer=customer))["state"] == APPROVED


def test_an_approval_past_a_limit_changes_nothing(desk):
    loan = desk.applied()
    desk.system.policy.setLimit(0, desk.customer, AMOUNT - 1, 0, 0, TERMS, desk.today + 365, desk.by("chair"))
    before = desk.buckets()
    with reverts("CreditPolicy_LimitExceeded", 0, desk.customer, 0, AMOUNT, AMOUNT - 1):
        desk.book.approve(loan, desk.by("approver"))
    assert desk.buckets() == before
    assert desk.stored(loan)["state"] == APPLIED


def test_a_denial_ends_an_application(desk):
    loan = desk.applied()
    sent = desk.book.deny(loan, TERMS, desk.by("approver"))
    assert_events(
        sent, event("LoanDenied", loanId=loan, reasonHash="0x" + TERMS.hex(), valueDate=desk.today, person=APPROVER)
    )
    stored = desk.stored(loan)
    assert (stored["state"], stored["undrawn"]) == (DENIED, 0)
    for act in (desk.book.approve, lambda number, sender: desk.book.deny(number, TERMS, sender)):
        with reverts("LoanBook_WrongState", loan, DENIED):
            act(loan, desk.by("approver"))


def test_an_approval_lapses_after_its_last_day_and_gives_headroom_back(desk, next_day, stranger):
    before = desk.buckets()
    loan = desk.approved()
    last = desk.stored(loan)["availableUntil"]
    next_day(90)
    with reverts("LoanBook_ApprovalStillAvailable", loan, last):
        desk.book.lapse(loan, {"from": stranger})
    next_day(1)
    with reverts("LoanBook_ApprovalLapsed", loan, last):
        desk.book.originate(loan, desk.today, desk.by("treasurer"))
    sent = desk.book.lapse(loan, {"from": stranger})
    assert_events(sent, event("ApprovalLapsed", loanId=loan, amount=AMOUNT, state=LAPSED, valueDate=desk.today))
    assert desk.buckets() == before
    with reverts("LoanBook_WrongState", loan, LAPSED):
        desk.book.lapse(loan, {"from": stranger})


def test_what_was_drawn_whole_has_nothing_to_lapse(desk, next_day, stranger):
    loan = desk.originated()
    next_day(91)
    before = desk.stored(loan)
    with reverts("LoanBook_NothingUndrawn", loan):
        desk.book.lapse(loan, {"from": stranger})
    assert desk.stored(loan) == before


@pytest.mark.parametrize("days", [1, 2])
def test_no_loan_is_approved_on_its_maturity_or_after_it(desk, next_day, days):
    loan, maturity = desk.applied(desk.offer(2, cycle_months=0), maturity=desk.today + 1), desk.today + 1
    next_day(days)
    with reverts("LoanBook_MaturityInvalid", maturity, desk.today + 1, maturity):
        desk.book.approve(loan, desk.by("approver"))
    assert desk.stored(loan)["state"] == APPLIED


# ---------------------------------------------------------------- lending


def test_originating_books_the_whole_loan_outside_the_token(desk):
    loan = desk.approved()
    before, day = desk.buckets(), desk.today
    supply = desk.system.token.totalSupply()
    sent = desk.book.originate(loan, day, desk.by("treasurer"))
    assert_events(
        sent,
        event(
            "LoanDrawn",
            loanId=loan,
            account=ZERO_ADDRESS,
            posting=1,
            valueDate=day,
            amount=AMOUNT,
            principal=AMOUNT,
            undrawn=0,
            accrued=0,
            instalmentAmount=0,
            instalment=0,
        ),
    )
    stored = desk.stored(loan)
    assert (stored["state"], stored["category"], stored["start"]) == (ACTIVE, PASS, day)
    assert (stored["principal"], stored["undrawn"], stored["accrued"], stored["accruedThrough"]) == (AMOUNT, 0, 0, day)
    moved = [value + AMOUNT for value in before[:3]] + [value - AMOUNT for value in before[3:6]] + [before[6] + AMOUNT]
    assert desk.buckets() == moved
    assert desk.system.token.totalSupply() == supply
    with reverts("LoanBook_WrongState", loan, ACTIVE):
        desk.book.originate(loan, day, desk.by("treasurer"))


def test_drawing_in_parts_credits_earmarked_money(desk, borrower):
    loan = desk.approved()
    day, token = desk.today, desk.system.token
    sent = desk.book.drawDown(loan, 400, 2, day + 60, day, [], desk.by("treasurer"))
    assert_events(
        sent,
        event(
            "LoanDrawn",
            loanId=loan,
            account=borrower,
            posting=1,
            valueDate=day,
            amount=400,
            principal=400,
            undrawn=AMOUNT - 400,
            accrued=0,
            instalmentAmount=0,
            instalment=0,
        ),
        event("Transfer", **{"from": ZERO_ADDRESS, "to": token, "amount": 400}),
        event(
            "DrawdownCredited",
            loanId=loan,
            borrower=borrower,
            amount=400,
            remaining=400,
            payees=2,
            purpose="0x" + PURPOSE.hex(),
            expiry=day + 60,
            mode=0,
        ),
    )
    sent = desk.book.drawDown(loan, 600, 4, day + 50, day, [], desk.by("treasurer"))
    assert sent.events["LoanDrawn"]["principal"] == 1_000
    assert sent.events["LoanDrawn"]["posting"] == 2
    mark = token.earmarkOf(loan, borrower)
    assert tuple(mark) == (1_000, 4, "0x" + PURPOSE.hex(), day + 50, 0)
    assert (token.balanceOf(token), token.earmarked(), token.balanceOf(borrower)) == (1_000, 1_000, 0)


def test_a_later_drawing_accrues_first_and_fixes_the_annuity_anew(desk, next_day):
    desk.offer(2, loan_type=ANNUITY, cycle_months=1)
    loan = desk.approved(2)
    maturity = desk.stored(loan)["maturity"]
    desk.draw(loan, 10_000_000)
    count = 24
    assert desk.stored(loan)["instalmentAmount"] == annuity(10_000_000, RATE, 1, count)
    day = next_day(10)
    desk.draw(loan, 5_000_000)
    stored = desk.stored(loan)
    assert stored["accrued"] == 10_000_000 * RATE * 10
    assert (stored["accruedThrough"], stored["maturity"]) == (day, maturity)
    assert stored["instalmentAmount"] == annuity(15_000_000, RATE, 1, count)


def test_drawings_that_are_not_covered_by_the_approval_are_refused(desk, make_customer):
    loan = desk.approved()
    for amount in (0, AMOUNT + 1):
        with reverts("LoanBook_AmountInvalid", loan, amount, AMOUNT):
            desk.draw(loan, amount)
    homeless = make_customer(grade=4)
    with reverts("LoanBook_NoAccount", homeless):
        desk.draw(desk.approved(customer=homeless), 1)
    with reverts("LoanBook_WrongState", (other := desk.applied()), APPLIED):
        desk.draw(other, 1)


def test_a_drawing_fee_beyond_the_largest_amount_is_refused(desk):
    desk.offer(2)
    desk.serve(2, drawing_fee=10**8)
    loan = desk.approved(2)
    desk.draw(loan, 1_000)
    desk.book.charge(loan, 0, MAX_MONEY - 199, desk.today, desk.by("collector"))
    desk.draw(loan, 990)
    before = desk.stored(loan)
    assert before["feeDue"] == MAX_MONEY
    with reverts("LoanBook_AmountInvalid", loan, 1, 0):
        desk.draw(loan, 10)
    desk.draw(loan, 9)  # its fee is less than a fen
    assert desk.stored(loan)["feeDue"] == MAX_MONEY


def test_arrears_inside_the_approval_block_drawing(desk, next_day):
    desk.offer(2, cycle_months=1)
    loan = desk.approved(2)
    desk.draw(loan, AMOUNT // 2)
    next_day(40)
    due = desk.book.preview(loan, desk.today)["oldestDue"]
    with reverts("LoanBook_InArrears", loan, due):
        desk.draw(loan, 1)


def test_i12_money_is_lent_only_under_cover(desk, system, people, next_day):
    """Liens must carry all principal at the product's loan-to-value, and their appraisals must be fresh."""
    desk.offer(2, max_loan_to_value=500_000_000)
    loan = desk.approved(2, amount=1_000)
    day = desk.today
    with reverts("LoanBook_CoverInsufficient", loan, 0, 2_000):
        desk.book.originate(loan, day, desk.by("treasurer"))
    title = tag("house 1")
    row = registration(title, desk.customer, value=2_500, appraised_on=day, haircut=200_000_000, shelf_life=20)
    system.collateral.register(row, desk.by("appraiser"))
    lien = system.collateral.pledge(title, loan, desk.customer, 1_999, desk.by("loan_officer")).events["LienPlaced"][
        "lien"
    ]
    with reverts("LoanBook_CoverInsufficient", loan, 1_999, 2_000):
        desk.book.originateSecured(loan, day, [lien], desk.by("treasurer"))
    desk.book.drawDown(loan, 999, 1, day + 9, day, [lien], desk.by("treasurer"))
    assert desk.stored(loan)["principal"] == 999
    next_day(21)
    with reverts("LoanBook_CoverInsufficient", loan, 0, 2_000):
        desk.book.drawDown(loan, 1, 1, desk.today + 9, desk.today, [lien], desk.by("treasurer"))


def test_i32_paused_nothing_new_is_lent(desk, authority_paused):
    for act in (
        lambda: desk.book.applyFor(desk.application(), desk.by("loan_officer")),
        lambda: desk.book.approve(1, desk.by("approver")),
        lambda: desk.book.originate(1, desk.today, desk.by("treasurer")),
        lambda: desk.draw(1, 1),
        lambda: desk.offer(5),
    ):
        with reverts("Governed_Paused", authority_paused):
            act()


def test_a_line_repaid_in_full_stays_open_until_its_approval_lapses(desk, borrower, next_day, stranger):
    loan = desk.approved()
    desk.draw(loan, 1_000)
    desk.fund(borrower, 10_000)
    next_day(1)
    desk.book.repay(loan, desk.book.payoff(loan, desk.today), desk.today, {"from": borrower})
    assert desk.stored(loan)["state"] == ACTIVE
    desk.draw(loan, 500)
    desk.book.repay(loan, 500, desk.today, {"from": borrower})
    next_day(90)
    sent = desk.book.lapse(loan, {"from": stranger})
    assert_events(
        sent,
        event("ApprovalLapsed", loanId=loan, amount=AMOUNT - 1_500, state=REPAID, valueDate=desk.today),
        event("LoanClosed", loanId=loan, valueDate=desk.today),
    )
    stored = desk.stored(loan)
    assert (stored["state"], stored["principal"], stored["accrued"], stored["undrawn"]) == (REPAID, 0, 0, 0)
