"""A fact about a customer makes the contract answer, by the product's rules: go on, suspend, or serve notice."""

from __future__ import annotations

import pytest

from scripts.roles import Role
from tests.contracts.expect import assert_events, event, reverts

RISK_OFFICER, LOAN_OFFICER, APPROVER, CREDIT_BUREAU, DATA_PROVIDER = 3, 4, 5, 9, 10
CONTINUE, SUSPEND, NOTICE = range(3)
NORMAL, WATCH, LITIGATION, BLACKLISTED, INSOLVENT = range(5)
COVER, INTEREST_COVER, DEBT_TO_EARNINGS = range(3)
CURRENT_RATIO = 5
MINIMUM, MAXIMUM = range(2)
RATING, DOWNGRADE, STANDING, FIGURE = 1, 2, 3, 4
ONE = 10**9
PRODUCT, OTHER, BLANK = 7, 8, 9
CURE = 30
FREE = (0, CONTINUE, 0, 0, CONTINUE, 0)


@pytest.fixture(scope="module")
def covenants(system):
    return system.covenants


@pytest.fixture(scope="module")
def book(system, as_contract):
    return as_contract(system.book)


@pytest.fixture(scope="module")
def customer(make_customer):
    return make_customer(grade=5)


@pytest.fixture(scope="module")
def set_rules(covenants, risk_officer):
    """A function that sets a product's rules as the tests expect them unless told otherwise."""

    def rules(product=PRODUCT):
        by = {"from": risk_officer}
        covenants.setRatingRule(product, (10, SUSPEND, 0, 3, NOTICE, CURE), by)
        covenants.setStandingRule(product, WATCH, SUSPEND, 0, by)
        covenants.setStandingRule(product, LITIGATION, NOTICE, 20, by)
        covenants.setStandingRule(product, INSOLVENT, NOTICE, 0, by)
        covenants.setMeasureRule(product, COVER, (MINIMUM, 12 * ONE // 10, NOTICE, CURE, 100), by)
        covenants.setMeasureRule(product, DEBT_TO_EARNINGS, (MAXIMUM, 4 * ONE, SUSPEND, 0, 0), by)

    return rules


@pytest.fixture(scope="module")
def entered(covenants, book, make_customer, set_rules):
    """Another customer, under one product's rules."""
    set_rules()
    number = make_customer(grade=5)
    covenants.enter(number, PRODUCT, 5, {"from": book})
    return number


@pytest.fixture
def rate(system, risk_officer, approver, today):
    """A function that gives a customer another grade; the transaction that confirms it."""

    def confirm(customer, grade):
        rating = (customer, grade, 1, 1_250, today, today + 365)
        system.ratings.propose(rating, {"from": risk_officer})
        return system.ratings.confirm(rating, {"from": approver})

    return confirm


@pytest.fixture
def report(covenants, data_provider, system):
    """A function that reports a figure as of today, or some days before."""

    def figure(customer, measure, value, *, age=0):
        day = system.authority.day()[0] - age
        return covenants.reportFigure(customer, measure, value, day, {"from": data_provider})

    return figure


def said(customer, test, answer, cure_by, day, *, product=PRODUCT, late=False):
    return event(
        "CovenantTested",
        customer=customer, product=product, test=test, answer=answer, cureBy=cure_by, late=late, valueDate=day,
    )  # fmt: skip


def answered(customer, answer, reason, cure_by, day, *, product=PRODUCT):
    return event(
        "ContinuationAnswered",
        customer=customer, product=product, answer=answer, reason=reason, cureBy=cure_by, valueDate=day,
    )  # fmt: skip


def figure_told(customer, measure, value, as_of, day, person=DATA_PROVIDER):
    return event(
        "FigureReported",
        customer=customer, measure=measure, value=value, asOf=as_of, valueDate=day, person=person,
    )  # fmt: skip


def standing_told(customer, standing, previous, day, person=CREDIT_BUREAU):
    return event(
        "StandingReported", customer=customer, standing=standing, previous=previous, valueDate=day, person=person
    )


def facility(covenants, customer, product=PRODUCT):
    """Answer, reason and last day to cure."""
    return covenants.facilityOf(customer, product)[2:]


# ---------------------------------------------------------------- rules


def test_rules_are_told_and_stand(covenants, risk_officer, today):
    by = {"from": risk_officer}
    rating = (10, SUSPEND, 0, 3, NOTICE, 30)
    measure = (MAXIMUM, -4 * ONE, NOTICE, 45, 120)
    sent = covenants.setRatingRule(BLANK, rating, by)
    assert_events(
        sent,
        event(
            "RatingRuleSet", product=BLANK, worstGrade=10, answer=SUSPEND, cureDays=0, notches=3,
            downgradeAnswer=NOTICE, downgradeCureDays=30, valueDate=today, person=RISK_OFFICER,
        ),
    )  # fmt: skip
    sent = covenants.setStandingRule(BLANK, LITIGATION, NOTICE, 20, by)
    assert_events(
        sent,
        event(
            "StandingRuleSet", product=BLANK, standing=LITIGATION, answer=NOTICE, cureDays=20, valueDate=today,
            person=RISK_OFFICER,
        ),
    )  # fmt: skip
    sent = covenants.setMeasureRule(BLANK, CURRENT_RATIO, measure, by)
    assert_events(
        sent,
        event(
            "MeasureRuleSet", product=BLANK, measure=CURRENT_RATIO, bound=MAXIMUM, threshold=-4 * ONE, answer=NOTICE,
            cureDays=45, longestAge=120, valueDate=today, person=RISK_OFFICER,
        ),
    )  # fmt: skip
    assert covenants.ratingRuleOf(BLANK) == rating
    assert covenants.standingRuleOf(BLANK, LITIGATION) == (NOTICE, 20)
    assert covenants.measureRuleOf(BLANK, CURRENT_RATIO) == measure
    assert covenants.ratingRuleOf(OTHER) == FREE
    assert covenants.standingRuleOf(BLANK, INSOLVENT) == (CONTINUE, 0)
    assert covenants.measureRuleOf(BLANK, COVER) == (MINIMUM, 0, CONTINUE, 0, 0)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ((21, SUSPEND, 0, 0, CONTINUE, 0), (SUSPEND, 0)),
        ((10, SUSPEND, 0, 20, NOTICE, 10), (SUSPEND, 0)),
        ((10, SUSPEND, 1, 3, NOTICE, 10), (SUSPEND, 1)),
        ((10, NOTICE, 731, 3, NOTICE, 10), (NOTICE, 731)),
        ((10, NOTICE, 10, 3, CONTINUE, 1), (CONTINUE, 1)),
        ((10, NOTICE, 10, 3, NOTICE, 731), (NOTICE, 731)),
    ],
)
def test_a_rating_rule_makes_sense(covenants, risk_officer, rule, told):
    with reverts("CovenantRegistry_RuleInvalid", BLANK, *told):
        covenants.setRatingRule(BLANK, rule, {"from": risk_officer})
    assert covenants.ratingRuleOf(BLANK) == FREE


@pytest.mark.parametrize(
    ("standing", "answer", "cure"), [(NORMAL, SUSPEND, 0), (WATCH, SUSPEND, 1), (INSOLVENT, NOTICE, 731)]
)
def test_a_standing_rule_makes_sense(covenants, risk_officer, standing, answer, cure):
    with reverts("CovenantRegistry_RuleInvalid", BLANK, answer, cure):
        covenants.setStandingRule(BLANK, standing, answer, cure, {"from": risk_officer})


def test_a_measure_rule_makes_sense(covenants, risk_officer):
    for answer, cure in ((CONTINUE, 1), (SUSPEND, 1), (NOTICE, 731)):
        with reverts("CovenantRegistry_RuleInvalid", BLANK, answer, cure):
            covenants.setMeasureRule(BLANK, COVER, (MINIMUM, ONE, answer, cure, 0), {"from": risk_officer})
    covenants.setMeasureRule(BLANK, COVER, (MINIMUM, ONE, NOTICE, 730, 0), {"from": risk_officer})


def test_a_changed_rule_is_asked_when_somebody_asks(covenants, entered, risk_officer, stranger, report, today):
    report(entered, COVER, 12 * ONE // 10)
    sent = covenants.setMeasureRule(PRODUCT, COVER, (MINIMUM, 13 * ONE // 10, NOTICE, 9, 0), {"from": risk_officer})
    assert [told.name for told in sent.events] == ["MeasureRuleSet"]
    assert facility(covenants, entered) == (CONTINUE, 0, 0)
    sent = covenants.evaluate(entered, {"from": stranger})
    assert_events(
        sent, said(entered, FIGURE + COVER, NOTICE, today + 9, today), answered(entered, NOTICE, 4, today + 9, today)
    )
    assert_events(covenants.evaluate(entered, {"from": stranger}))
    # a measure that is taken off goes on
    covenants.setMeasureRule(PRODUCT, COVER, (MINIMUM, 13 * ONE // 10, CONTINUE, 0, 0), {"from": risk_officer})
    sent = covenants.evaluate(entered, {"from": stranger})
    assert_events(sent, said(entered, FIGURE + COVER, CONTINUE, 0, today), answered(entered, CONTINUE, 0, 0, today))


# ---------------------------------------------------------------- entry


def test_loans_of_a_product_come_under_its_rules(covenants, customer, book, set_rules, today):
    set_rules()
    assert not covenants.isEntered(customer)
    sent = covenants.enter(customer, PRODUCT, 5, {"from": book})
    assert_events(sent, event("FacilityEntered", customer=customer, product=PRODUCT, entryGrade=5, valueDate=today))
    assert covenants.facilityOf(customer, PRODUCT) == (today, 5, CONTINUE, 0, 0)
    assert covenants.productsOf(customer) == (PRODUCT,)
    assert covenants.isEntered(customer)
    assert covenants.gradeOf(customer) == 5
    covenants.checkDrawing(customer, PRODUCT)
    assert not covenants.breachOf(customer, PRODUCT, today + 9_999)


def test_entering_twice_is_entering_once(covenants, entered, book, today):
    assert_events(covenants.enter(entered, PRODUCT, 9, {"from": book}))
    assert covenants.facilityOf(entered, PRODUCT) == (today, 5, CONTINUE, 0, 0)
    assert covenants.productsOf(entered) == (PRODUCT,)


def test_what_is_known_is_tested_at_entry(covenants, customer, book, set_rules, credit_bureau, report, today):
    set_rules()
    reporting = covenants.reportStanding(customer, LITIGATION, {"from": credit_bureau})
    assert_events(reporting, standing_told(customer, LITIGATION, NORMAL, today))
    assert_events(report(customer, COVER, ONE), figure_told(customer, COVER, ONE, today, today))
    sent = covenants.enter(customer, PRODUCT, 11, {"from": book})
    assert_events(
        sent,
        event("FacilityEntered", customer=customer, product=PRODUCT, entryGrade=11, valueDate=today),
        said(customer, RATING, SUSPEND, 0, today),
        said(customer, STANDING, NOTICE, today + 20, today),
        said(customer, FIGURE + COVER, NOTICE, today + CURE, today),
        answered(customer, NOTICE, STANDING, today + 20, today),
    )


def test_sixteen_products_and_no_more(covenants, customer, book, set_rules, credit_bureau, today):
    products = list(range(101, 117))
    for product in products:
        covenants.enter(customer, product, 5, {"from": book})
    with reverts("CovenantRegistry_TooManyProducts", customer, 117, 16):
        covenants.enter(customer, 117, 5, {"from": book})
    assert covenants.productsOf(customer) == tuple(products)
    assert_events(covenants.enter(customer, 116, 5, {"from": book}))
    for product in (101, 116):
        set_rules(product)
    sent = covenants.reportStanding(customer, WATCH, {"from": credit_bureau})
    assert_events(
        sent,
        standing_told(customer, WATCH, NORMAL, today),
        said(customer, STANDING, SUSPEND, 0, today, product=101),
        answered(customer, SUSPEND, STANDING, 0, today, product=101),
        said(customer, STANDING, SUSPEND, 0, today, product=116),
        answered(customer, SUSPEND, STANDING, 0, today, product=116),
    )


def test_everything_at_once_fits_in_a_block(covenants, customer, book, risk_officer, stranger, next_day):
    """Sixteen products that ask for all eight measures, none of which was ever reported: 128 notices."""
    for product in range(201, 217):
        for measure in range(8):
            covenants.setMeasureRule(product, measure, (MINIMUM, ONE, NOTICE, CURE, 1), {"from": risk_officer})
        covenants.enter(customer, product, 5, {"from": book})
    day = next_day(2)
    sent = covenants.evaluate(customer, {"from": stranger})
    assert len(sent.events["CovenantTested"]) == 128
    assert [told["cureBy"] for told in sent.events["ContinuationAnswered"]] == [day + CURE] * 16
    assert sent.gas_used < 2_000_000


def test_the_highest_product_number_is_kept_whole(covenants, customer, book):
    for product in (65_535, 1, 65_534):
        covenants.enter(customer, product, 5, {"from": book})
    assert covenants.productsOf(customer) == (65_535, 1, 65_534)


# ---------------------------------------------------------------- ratings


def test_a_rating_is_answered_in_the_transaction_that_confirms_it(covenants, entered, rate, today):
    """Ten may go on; eleven is six notches below five, which alone serves notice, and beyond ten, which suspends."""
    sent = rate(entered, 11)
    assert_events(
        sent,
        event(
            "RatingConfirmed", customer=entered, grade=11, previous=5, scorecard=1, debtServiceCover=1_250,
            ratedOn=today, expiresOn=today + 365, person=APPROVER,
        ),
        said(entered, RATING, SUSPEND, 0, today),
        said(entered, DOWNGRADE, NOTICE, today + CURE, today),
        answered(entered, NOTICE, DOWNGRADE, today + CURE, today),
    )  # fmt: skip
    assert covenants.gradeOf(entered) == 11
    assert covenants.testOf(entered, PRODUCT, RATING) == (SUSPEND, 0, False)
    assert covenants.testOf(entered, PRODUCT, DOWNGRADE) == (NOTICE, today + CURE, False)
    assert covenants.testOf(entered, PRODUCT, STANDING) == (CONTINUE, 0, False)
    with reverts("CovenantRegistry_DrawingsSuspended", entered, PRODUCT, NOTICE, today + CURE):
        covenants.checkDrawing(entered, PRODUCT)


@pytest.mark.parametrize(
    ("grade", "answer", "reason"),
    [(5, CONTINUE, 0), (1, CONTINUE, 0), (7, CONTINUE, 0), (8, NOTICE, DOWNGRADE), (10, NOTICE, DOWNGRADE)],
)
def test_notches_count_from_the_grade_at_entry(covenants, entered, rate, today, grade, answer, reason):
    rate(entered, grade)
    assert facility(covenants, entered) == (answer, reason, today + CURE if answer else 0)


@pytest.mark.parametrize(("grade", "answer"), [(10, CONTINUE), (11, SUSPEND), (20, SUSPEND)])
def test_the_worst_grade_may_go_on(covenants, entered, rate, risk_officer, grade, answer):
    covenants.setRatingRule(PRODUCT, (10, SUSPEND, 0, 0, NOTICE, CURE), {"from": risk_officer})
    rate(entered, grade)
    assert facility(covenants, entered) == (answer, RATING if answer else 0, 0)


def test_an_unrated_customer_is_not_tested_for_its_rating(covenants, make_customer, book, set_rules, rate):
    set_rules()
    unrated = make_customer()
    covenants.enter(unrated, PRODUCT, 0, {"from": book})
    assert facility(covenants, unrated) == (CONTINUE, 0, 0)
    rate(unrated, 10)
    assert facility(covenants, unrated) == (CONTINUE, 0, 0)  # ten may go on; there was no grade to fall from
    rate(unrated, 11)
    assert facility(covenants, unrated) == (SUSPEND, RATING, 0)


def test_a_rating_without_covenants_is_a_rating_and_nothing_else(covenants, customer, rate, today):
    sent = rate(customer, 20)
    assert [told.name for told in sent.events] == ["RatingConfirmed"]
    assert covenants.gradeOf(customer) == 0


def test_an_imported_rating_is_answered_too(covenants, system, make_customer, book, set_rules, people, today):
    set_rules()
    unrated = make_customer()
    covenants.enter(unrated, PRODUCT, 0, {"from": book})
    ratings = system.ratings
    ratings.proposeImport(b"\1" * 32, 1, 0, {"from": people["loan_officer"]})
    ratings.releaseImport(1, {"from": people["approver"]})
    sent = ratings.importRatings(1, [(unrated, 12, 1, 900, today, today + 9)], {"from": people["loan_officer"]})
    assert_events(
        sent,
        event(
            "RatingImported", customer=unrated, grade=12, scorecard=1, debtServiceCover=900, ratedOn=today,
            expiresOn=today + 9, importId=1,
        ),
        said(unrated, RATING, SUSPEND, 0, today),
        answered(unrated, SUSPEND, RATING, 0, today),
    )  # fmt: skip


def test_each_product_answers_by_its_own_rules(covenants, entered, book, rate, risk_officer, today):
    covenants.setRatingRule(OTHER, (6, NOTICE, 5, 0, CONTINUE, 0), {"from": risk_officer})
    covenants.enter(entered, OTHER, 5, {"from": book})
    sent = rate(entered, 7)
    assert [told.name for told in sent.events] == ["RatingConfirmed", "CovenantTested", "ContinuationAnswered"]
    assert facility(covenants, entered) == (CONTINUE, 0, 0)
    assert facility(covenants, entered, OTHER) == (NOTICE, RATING, today + 5)
    covenants.checkDrawing(entered, PRODUCT)
    with reverts("CovenantRegistry_DrawingsSuspended", entered, OTHER, NOTICE, today + 5):
        covenants.checkDrawing(entered, OTHER)


# ---------------------------------------------------------------- standing


def test_a_standing_is_answered(covenants, entered, credit_bureau, risk_officer, today):
    sent = covenants.reportStanding(entered, WATCH, {"from": credit_bureau})
    assert_events(
        sent,
        standing_told(entered, WATCH, NORMAL, today),
        said(entered, STANDING, SUSPEND, 0, today),
        answered(entered, SUSPEND, STANDING, 0, today),
    )
    assert covenants.standingOf(entered) == (WATCH, today)
    with reverts("CovenantRegistry_DrawingsSuspended", entered, PRODUCT, SUSPEND, 0):
        covenants.checkDrawing(entered, PRODUCT)
    assert not covenants.breachOf(entered, PRODUCT, today + 9_999)
    sent = covenants.reportStanding(entered, NORMAL, {"from": risk_officer})
    assert_events(
        sent,
        standing_told(entered, NORMAL, WATCH, today, person=RISK_OFFICER),
        said(entered, STANDING, CONTINUE, 0, today),
        answered(entered, CONTINUE, 0, 0, today),
    )
    covenants.checkDrawing(entered, PRODUCT)


def test_a_standing_without_a_rule_goes_on(covenants, entered, credit_bureau, today):
    sent = covenants.reportStanding(entered, BLACKLISTED, {"from": credit_bureau})
    assert_events(sent, standing_told(entered, BLACKLISTED, NORMAL, today))
    assert facility(covenants, entered) == (CONTINUE, 0, 0)


def test_a_worse_standing_brings_the_day_forward_and_a_better_one_never_puts_it_off(
    covenants, entered, credit_bureau, next_day, today
):
    def tell(standing):
        covenants.reportStanding(entered, standing, {"from": credit_bureau})
        return facility(covenants, entered)

    assert tell(LITIGATION) == (NOTICE, STANDING, today + 20)
    day = next_day(3)
    assert tell(LITIGATION) == (NOTICE, STANDING, today + 20)
    assert tell(INSOLVENT) == (NOTICE, STANDING, day)
    assert tell(LITIGATION) == (NOTICE, STANDING, day)
    assert tell(WATCH) == (SUSPEND, STANDING, 0)
    assert tell(LITIGATION) == (NOTICE, STANDING, day + 20)


# ---------------------------------------------------------------- figures


def test_a_figure_is_answered_and_cured(covenants, entered, report, today):
    sent = report(entered, COVER, 12 * ONE // 10 - 1)
    assert_events(
        sent,
        figure_told(entered, COVER, 12 * ONE // 10 - 1, today, today),
        said(entered, FIGURE + COVER, NOTICE, today + CURE, today),
        answered(entered, NOTICE, FIGURE + COVER, today + CURE, today),
    )
    assert covenants.figureOf(entered, COVER) == (12 * ONE // 10 - 1, today)
    with reverts("CovenantRegistry_DrawingsSuspended", entered, PRODUCT, NOTICE, today + CURE):
        covenants.checkDrawing(entered, PRODUCT)
    sent = report(entered, COVER, 12 * ONE // 10)
    assert_events(
        sent,
        figure_told(entered, COVER, 12 * ONE // 10, today, today),
        said(entered, FIGURE + COVER, CONTINUE, 0, today),
        answered(entered, CONTINUE, 0, 0, today),
    )
    covenants.checkDrawing(entered, PRODUCT)


@pytest.mark.parametrize(
    ("measure", "value", "answer"),
    [
        (COVER, 12 * ONE // 10, CONTINUE),
        (COVER, 12 * ONE // 10 - 1, NOTICE),
        (COVER, -(2**63), NOTICE),
        (COVER, 2**63 - 1, CONTINUE),
        (DEBT_TO_EARNINGS, 4 * ONE, CONTINUE),
        (DEBT_TO_EARNINGS, 4 * ONE + 1, SUSPEND),
        (DEBT_TO_EARNINGS, -ONE, CONTINUE),
        (CURRENT_RATIO, -ONE, CONTINUE),
    ],
)
def test_a_threshold_is_kept_where_the_figure_equals_it(covenants, entered, report, measure, value, answer):
    report(entered, measure, value)
    assert facility(covenants, entered)[0] == answer
    assert facility(covenants, entered)[1] == (FIGURE + measure if answer else 0)
    assert covenants.figureOf(entered, measure)[0] == value


def test_a_notice_is_not_put_off_by_another_report_of_the_same(covenants, entered, report, next_day, today):
    report(entered, COVER, ONE)
    day = next_day(10)
    sent = report(entered, COVER, ONE // 2)
    assert_events(sent, figure_told(entered, COVER, ONE // 2, day, day))
    assert facility(covenants, entered) == (NOTICE, FIGURE + COVER, today + CURE)


def test_the_notice_to_cure_first_is_the_answer(covenants, entered, report, credit_bureau, next_day, today):
    report(entered, COVER, ONE)
    day = next_day(5)
    sent = covenants.reportStanding(entered, LITIGATION, {"from": credit_bureau})  # 20 days: sooner
    assert_events(
        sent,
        standing_told(entered, LITIGATION, NORMAL, day),
        said(entered, STANDING, NOTICE, day + 20, day),
        answered(entered, NOTICE, STANDING, day + 20, day),
    )
    sent = covenants.reportStanding(entered, NORMAL, {"from": credit_bureau})
    assert_events(
        sent,
        standing_told(entered, NORMAL, LITIGATION, day),
        said(entered, STANDING, CONTINUE, 0, day),
        answered(entered, NOTICE, FIGURE + COVER, today + CURE, day),
    )


def test_what_fails_beside_a_severer_answer_is_told_and_changes_nothing(covenants, entered, report, today):
    report(entered, COVER, ONE)
    sent = report(entered, DEBT_TO_EARNINGS, 5 * ONE)
    assert_events(
        sent,
        figure_told(entered, DEBT_TO_EARNINGS, 5 * ONE, today, today),
        said(entered, FIGURE + DEBT_TO_EARNINGS, SUSPEND, 0, today),
    )
    assert facility(covenants, entered) == (NOTICE, FIGURE + COVER, today + CURE)


def test_a_breach_is_cured_up_to_the_last_day(covenants, entered, report, next_day, today):
    report(entered, COVER, ONE)
    last = next_day(CURE)
    assert last == today + CURE
    assert not covenants.breachOf(entered, PRODUCT, last)
    assert covenants.breachOf(entered, PRODUCT, last + 1)
    sent = report(entered, COVER, 2 * ONE)
    assert_events(
        sent,
        figure_told(entered, COVER, 2 * ONE, last, last),
        said(entered, FIGURE + COVER, CONTINUE, 0, last),
        answered(entered, CONTINUE, 0, 0, last),
    )
    assert not covenants.breachOf(entered, PRODUCT, last + 1)


def test_a_day_late_the_notice_has_run_out_and_stands(covenants, entered, report, next_day, stranger, today):
    report(entered, COVER, ONE)
    day = next_day(CURE + 1)
    assert covenants.breachOf(entered, PRODUCT, day)
    sent = report(entered, COVER, 2 * ONE)
    assert_events(sent, figure_told(entered, COVER, 2 * ONE, day, day))
    assert_events(covenants.evaluate(entered, {"from": stranger}))
    assert covenants.breachOf(entered, PRODUCT, day)
    assert facility(covenants, entered) == (NOTICE, FIGURE + COVER, today + CURE)
    with reverts("CovenantRegistry_DrawingsSuspended", entered, PRODUCT, NOTICE, today + CURE):
        covenants.checkDrawing(entered, PRODUCT)


def test_a_figure_is_of_today_or_before_and_never_older_than_the_last(covenants, entered, data_provider, today):
    by = {"from": data_provider}
    with reverts("CovenantRegistry_FigureOutOfOrder", entered, COVER, today + 1, 0, today):
        covenants.reportFigure(entered, COVER, 2 * ONE, today + 1, by)
    with reverts("CovenantRegistry_FigureOutOfOrder", entered, COVER, 0, 0, today):
        covenants.reportFigure(entered, COVER, 2 * ONE, 0, by)
    covenants.reportFigure(entered, COVER, 2 * ONE, today - 10, by)
    with reverts("CovenantRegistry_FigureOutOfOrder", entered, COVER, today - 11, today - 10, today):
        covenants.reportFigure(entered, COVER, ONE, today - 11, by)
    assert covenants.figureOf(entered, COVER) == (2 * ONE, today - 10)
    covenants.reportFigure(entered, COVER, 3 * ONE, today - 10, by)  # the same day's, corrected
    assert covenants.figureOf(entered, COVER) == (3 * ONE, today - 10)
    assert facility(covenants, entered) == (CONTINUE, 0, 0)


def test_the_risk_officer_reports_figures_too(covenants, entered, risk_officer, today):
    sent = covenants.reportFigure(entered, COVER, 2 * ONE, today, {"from": risk_officer})
    assert_events(sent, figure_told(entered, COVER, 2 * ONE, today, today, person=RISK_OFFICER))


def test_only_customers_have_facts(covenants, data_provider, credit_bureau, today):
    with reverts("CustomerRegistry_Unknown", 99):
        covenants.reportFigure(99, COVER, ONE, today, {"from": data_provider})
    with reverts("CustomerRegistry_Unknown", 99):
        covenants.reportStanding(99, WATCH, {"from": credit_bureau})


# ---------------------------------------------------------------- late figures


def test_a_late_figure_suspends_drawings_and_is_served_when_asked(covenants, entered, report, next_day, stranger):
    report(entered, COVER, 2 * ONE)
    next_day(100)
    covenants.checkDrawing(entered, PRODUCT)  # a hundred days are the longest age
    assert_events(covenants.evaluate(entered, {"from": stranger}))
    day = next_day(1)
    with reverts("CovenantRegistry_DrawingsSuspended", entered, PRODUCT, SUSPEND, 0):
        covenants.checkDrawing(entered, PRODUCT)
    sent = covenants.evaluate(entered, {"from": stranger})
    assert_events(
        sent,
        said(entered, FIGURE + COVER, NOTICE, day + CURE, day, late=True),
        answered(entered, NOTICE, FIGURE + COVER, day + CURE, day),
    )
    assert covenants.testOf(entered, PRODUCT, FIGURE + COVER) == (NOTICE, day + CURE, True)
    with reverts("CovenantRegistry_DrawingsSuspended", entered, PRODUCT, NOTICE, day + CURE):
        covenants.checkDrawing(entered, PRODUCT)
    later = next_day(4)
    sent = report(entered, COVER, ONE)  # in time again and too low: the same breach, the same day
    assert_events(
        sent,
        figure_told(entered, COVER, ONE, later, later),
        said(entered, FIGURE + COVER, NOTICE, day + CURE, later),
    )
    report(entered, COVER, 2 * ONE)
    assert facility(covenants, entered) == (CONTINUE, 0, 0)
    covenants.checkDrawing(entered, PRODUCT)


def test_the_first_figure_has_its_time_from_entry(covenants, entered, next_day):
    next_day(100)
    covenants.checkDrawing(entered, PRODUCT)
    next_day(1)
    with reverts("CovenantRegistry_DrawingsSuspended", entered, PRODUCT, SUSPEND, 0):
        covenants.checkDrawing(entered, PRODUCT)


def test_a_figure_that_is_old_when_reported_is_late_at_once(covenants, entered, report, today):
    sent = report(entered, COVER, 2 * ONE, age=101)
    assert_events(
        sent,
        figure_told(entered, COVER, 2 * ONE, today - 101, today),
        said(entered, FIGURE + COVER, NOTICE, today + CURE, today, late=True),
        answered(entered, NOTICE, FIGURE + COVER, today + CURE, today),
    )
    report(entered, COVER, 2 * ONE, age=100)
    assert facility(covenants, entered) == (CONTINUE, 0, 0)


# ---------------------------------------------------------------- anew


def test_two_persons_start_the_covenants_anew(
    covenants, entered, rate, report, risk_officer, approver, next_day, today
):
    """What ran out is waived; what still fails is served from today; a downgrade counts from today's grade."""
    rate(entered, 9)
    report(entered, COVER, ONE)
    day = next_day(CURE + 1)
    assert covenants.breachOf(entered, PRODUCT, day)
    sent = covenants.proposeReset(entered, PRODUCT, {"from": risk_officer})
    assert_events(sent, event("ResetProposed", customer=entered, product=PRODUCT, valueDate=day, person=RISK_OFFICER))
    assert covenants.breachOf(entered, PRODUCT, day)
    sent = covenants.reset(entered, PRODUCT, {"from": approver})
    assert_events(
        sent,
        event(
            "FacilityReset", customer=entered, product=PRODUCT, entryGrade=9, valueDate=day, maker=RISK_OFFICER,
            checker=APPROVER,
        ),
        said(entered, DOWNGRADE, CONTINUE, 0, day),
        said(entered, FIGURE + COVER, NOTICE, day + CURE, day),
        answered(entered, NOTICE, FIGURE + COVER, day + CURE, day),
    )  # fmt: skip
    assert covenants.facilityOf(entered, PRODUCT) == (day, 9, NOTICE, FIGURE + COVER, day + CURE)
    assert not covenants.breachOf(entered, PRODUCT, day)
    with reverts("CovenantRegistry_NothingProposed", entered, PRODUCT):
        covenants.reset(entered, PRODUCT, {"from": approver})


def test_starting_anew_on_the_day_of_a_notice_changes_no_answer(
    covenants, entered, report, risk_officer, approver, today
):
    report(entered, COVER, ONE)
    covenants.proposeReset(entered, PRODUCT, {"from": risk_officer})
    sent = covenants.reset(entered, PRODUCT, {"from": approver})
    assert [told.name for told in sent.events] == ["FacilityReset"]
    assert covenants.facilityOf(entered, PRODUCT) == (today, 5, NOTICE, FIGURE + COVER, today + CURE)


def test_the_maker_does_not_start_anew_alone(covenants, entered, risk_officer, second_account, spares):
    """I30."""
    account = second_account("risk_officer", spares[0], Role.APPROVER)
    covenants.proposeReset(entered, PRODUCT, {"from": risk_officer})
    with reverts("Governed_SamePerson", RISK_OFFICER):
        covenants.reset(entered, PRODUCT, {"from": account})


def test_a_reset_lapses_after_30_days_and_may_be_proposed_anew(
    covenants, entered, risk_officer, approver, next_day, today
):
    covenants.proposeReset(entered, PRODUCT, {"from": risk_officer})
    day = next_day(31)
    with reverts("CovenantRegistry_ProposalExpired", entered, PRODUCT, today + 30, day):
        covenants.reset(entered, PRODUCT, {"from": approver})
    covenants.proposeReset(entered, PRODUCT, {"from": risk_officer})
    assert next_day(30) == day + 30
    assert "FacilityReset" in covenants.reset(entered, PRODUCT, {"from": approver}).events


def test_only_what_was_entered_starts_anew(covenants, entered, risk_officer, approver):
    with reverts("CovenantRegistry_NotEntered", entered, OTHER):
        covenants.proposeReset(entered, OTHER, {"from": risk_officer})
    with reverts("CovenantRegistry_NothingProposed", entered, PRODUCT):
        covenants.reset(entered, PRODUCT, {"from": approver})


# ---------------------------------------------------------------- days and pauses


def test_a_pause_stops_rules_and_no_fact(
    covenants, entered, authority_paused, report, credit_bureau, risk_officer, approver, stranger, today
):
    """I32."""
    with reverts("Governed_Paused", authority_paused):
        covenants.setRatingRule(PRODUCT, FREE, {"from": risk_officer})
    with reverts("Governed_Paused", authority_paused):
        covenants.setStandingRule(PRODUCT, WATCH, CONTINUE, 0, {"from": risk_officer})
    with reverts("Governed_Paused", authority_paused):
        covenants.setMeasureRule(PRODUCT, COVER, (MINIMUM, 0, CONTINUE, 0, 0), {"from": risk_officer})
    with reverts("Governed_Paused", authority_paused):
        covenants.proposeReset(entered, PRODUCT, {"from": risk_officer})
    with reverts("Governed_Paused", authority_paused):
        covenants.reset(entered, PRODUCT, {"from": approver})
    covenants.reportStanding(entered, WATCH, {"from": credit_bureau})
    report(entered, COVER, ONE)
    covenants.evaluate(entered, {"from": stranger})
    assert facility(covenants, entered) == (NOTICE, FIGURE + COVER, today + CURE)


def test_nothing_is_reported_between_two_days(
    covenants, system, entered, treasurer, data_provider, credit_bureau, risk_officer, stranger, today
):
    system.authority.closeDay({"from": treasurer})
    for act in (
        lambda: covenants.reportStanding(entered, WATCH, {"from": credit_bureau}),
        lambda: covenants.reportFigure(entered, COVER, ONE, today, {"from": data_provider}),
        lambda: covenants.evaluate(entered, {"from": stranger}),
        lambda: covenants.setStandingRule(PRODUCT, WATCH, CONTINUE, 0, {"from": risk_officer}),
    ):
        with reverts("Governed_DayNotOpen", today):
            act()
    assert facility(covenants, entered) == (CONTINUE, 0, 0)


def test_loans_under_no_rules_are_drawn_freely(covenants, customer, credit_bureau, today):
    covenants.reportStanding(customer, INSOLVENT, {"from": credit_bureau})
    covenants.checkDrawing(customer, OTHER)
    assert covenants.facilityOf(customer, OTHER) == (0, 0, CONTINUE, 0, 0)
    assert covenants.testOf(customer, OTHER, STANDING) == (CONTINUE, 0, False)
    assert covenants.testOf(customer, OTHER, 0) == (CONTINUE, 0, False)
    assert covenants.testOf(customer, OTHER, 12) == (CONTINUE, 0, False)
    assert not covenants.breachOf(customer, OTHER, today + 9_999)
