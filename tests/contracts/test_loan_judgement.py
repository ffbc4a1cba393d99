"""Judgement and expected loss with their floors, technical delays, misused principal, observation asked too early."""

from __future__ import annotations

import pytest

from scripts.roles import PEOPLE
from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.judging import (
    APPROVER,
    BY_DAYS,
    BY_JUDGEMENT,
    BY_LOSS,
    CURED,
    EXPECTED_LOSS,
    JUDGEMENT,
    OTHER_REASON,
    REASON,
    RISK_OFFICER,
    UNLIKELY_TO_PAY,
    care,
    classified,
    floored,
)
from tests.contracts.lending import (
    ACTUAL_360,
    AMOUNT,
    APPLIED,
    DEFAULTED,
    DOUBTFUL,
    LINEAR,
    LOSS,
    NONE,
    PASS,
    RATE,
    REPAID,
    SPECIAL_MENTION,
    SUBSTANDARD,
    Desk,
    agrees,
)


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
def late(desk, until):
    """A loan whose first instalment is so many days late, and its model."""

    def make(days: int):
        loan = desk.originated()
        model = desk.model(loan)
        until(model.due_dates[0] + days)
        model.advance(model.due_dates[0])
        desk.book.classify(loan, desk.by("collector"))
        return loan, model

    return make


@pytest.fixture(scope="module")
def as_both(second_account, spares):
    """A second account of the risk officer's person, with the approver's roles."""
    roles = next(person.roles for person in PEOPLE if person.name == "approver")
    return second_account("risk_officer", spares[0], *roles)


def _category(desk, loan):
    return desk.stored(loan)["category"]


def _obligations(desk, loan):
    """Every due date, the oldest that is unpaid, and every obligation."""
    numbers = range(1, 6)
    dates = [desk.book.dueDateOf(loan, number) for number in numbers]
    assert all(dates[:4])
    assert dates[4] == 0
    fallen = [tuple(desk.book.obligationOf(loan, number)) for number in numbers]
    return dates, desk.stored(loan)["oldestDue"], fallen


def test_neither_impairing_a_loan_nor_the_end_of_it_moves_a_due_date(desk, late, until):
    """Judgement, expected loss and default are what impairs a loan; their confirmed relief and the cure end it."""
    loan, model = late(5)
    book, officer, approver = desk.book, desk.by("risk_officer"), desk.by("approver")
    dates, oldest, fallen = before = _obligations(desk, loan)
    assert (dates[:4], oldest) == (model.due_dates, model.due_dates[0])
    assert fallen == [(oldest, model.principal_due, model.interest_due), *[(0, 0, 0)] * 4]
    for act in (
        lambda: book.judge(loan, SUBSTANDARD, REASON, officer),
        lambda: book.assessLoss(loan, AMOUNT * 95 // 100, REASON, officer),
        lambda: book.declareDefault(loan, UNLIKELY_TO_PAY, officer),
        lambda: book.assessLoss(loan, 0, REASON, officer),
        lambda: book.confirmAssessment(loan, 0, REASON, approver),
        lambda: book.judge(loan, NONE, REASON, officer),
        lambda: book.confirmJudgement(loan, NONE, REASON, approver),
    ):
        act()
        assert _obligations(desk, loan) == before
    assert (desk.stored(loan)["state"], care(desk, loan)) == (DEFAULTED, {})
    book.repay(loan, model.principal_due + model.interest_due, desk.today, {"from": desk.borrower})
    book.cure(loan, officer)
    assert _obligations(desk, loan) == (dates, 0, fallen)
    until(dates[1] + 1)
    book.classify(loan, desk.by("collector"))
    assert (_obligations(desk, loan)[1], _category(desk, loan)) == (dates[1], SPECIAL_MENTION)


# ---------------------------------------------------------------- judgement


def test_a_judgement_worse_than_the_last_holds_at_once(desk):
    loan = desk.originated()
    before = desk.stored(loan)
    sent = desk.book.judge(loan, SUBSTANDARD, REASON, desk.by("risk_officer"))
    assert_events(
        sent,
        classified(loan, SUBSTANDARD, PASS, BY_JUDGEMENT, day=desk.today),
        floored(loan, JUDGEMENT, SUBSTANDARD, NONE, day=desk.today, maker=RISK_OFFICER, reason_hash=REASON),
    )
    assert desk.stored(loan) == {**before, "category": SUBSTANDARD}
    assert care(desk, loan) == {"judgement": SUBSTANDARD}
    assert desk.book.classify(loan, desk.by("collector")).events.count("LoanClassified") == 0
    sent = desk.book.judge(loan, LOSS, OTHER_REASON, desk.by("risk_officer"))
    assert_events(
        sent,
        classified(loan, LOSS, SUBSTANDARD, BY_JUDGEMENT, day=desk.today),
        floored(loan, JUDGEMENT, LOSS, SUBSTANDARD, day=desk.today, maker=RISK_OFFICER, reason_hash=OTHER_REASON),
    )
    with reverts("LoanQuality_FloorUnchanged", loan, JUDGEMENT, LOSS):
        desk.book.judge(loan, LOSS, REASON, desk.by("risk_officer"))


def test_a_better_judgement_waits_for_another_person(desk, as_both):
    loan = desk.originated()
    with reverts("LoanQuality_FloorUnchanged", loan, JUDGEMENT, NONE):
        desk.book.judge(loan, PASS, REASON, desk.by("risk_officer"))
    desk.book.judge(loan, DOUBTFUL, REASON, desk.by("risk_officer"))
    sent = desk.book.judge(loan, SPECIAL_MENTION, REASON, desk.by("risk_officer"))
    told = sent.events["Proposed"]
    assert (told["loanId"], told["person"], len(sent.events)) == (loan, RISK_OFFICER, 1)
    assert (_category(desk, loan), care(desk, loan)) == (DOUBTFUL, {"judgement": DOUBTFUL})
    with reverts("Governed_SamePerson", RISK_OFFICER):
        desk.book.confirmJudgement(loan, SPECIAL_MENTION, REASON, {"from": as_both})
    for other in ((SUBSTANDARD, REASON), (SPECIAL_MENTION, OTHER_REASON)):
        with reverts("LoanBook_NotProposed", loan):
            desk.book.confirmJudgement(loan, *other, desk.by("approver"))
    sent = desk.book.confirmJudgement(loan, SPECIAL_MENTION, REASON, desk.by("approver"))
    assert_events(
        sent,
        classified(loan, SPECIAL_MENTION, DOUBTFUL, BY_JUDGEMENT, day=desk.today),
        floored(
            loan,
            JUDGEMENT,
            SPECIAL_MENTION,
            DOUBTFUL,
            day=desk.today,
            maker=RISK_OFFICER,
            checker=APPROVER,
            reason_hash=REASON,
        ),
    )
    with reverts("LoanBook_NotProposed", loan):
        desk.book.confirmJudgement(loan, SPECIAL_MENTION, REASON, desk.by("approver"))


def test_a_relief_dies_with_the_floor_it_was_proposed_for(desk):
    loan = desk.originated()
    desk.book.judge(loan, SUBSTANDARD, REASON, desk.by("risk_officer"))
    desk.book.judge(loan, NONE, REASON, desk.by("risk_officer"))
    desk.book.judge(loan, LOSS, REASON, desk.by("risk_officer"))
    with reverts("LoanBook_NotProposed", loan):
        desk.book.confirmJudgement(loan, NONE, REASON, desk.by("approver"))
    assert _category(desk, loan) == LOSS


def test_a_relief_stays_dead_when_the_floor_it_was_proposed_for_comes_back(desk):
    """Substandard, worse, and substandard again by a relief of two persons: the first relief answers none of it."""
    loan = desk.originated()
    book, officer, approver = desk.book, desk.by("risk_officer"), desk.by("approver")
    book.judge(loan, SUBSTANDARD, REASON, officer)
    book.judge(loan, NONE, REASON, officer)
    book.judge(loan, LOSS, OTHER_REASON, officer)
    book.judge(loan, SUBSTANDARD, OTHER_REASON, officer)
    book.confirmJudgement(loan, SUBSTANDARD, OTHER_REASON, approver)
    with reverts("LoanBook_NotProposed", loan):
        book.confirmJudgement(loan, NONE, REASON, approver)
    assert care(desk, loan) == {"judgement": SUBSTANDARD}
    book.judge(loan, NONE, REASON, officer)
    book.confirmJudgement(loan, NONE, REASON, approver)
    assert care(desk, loan) == {}


def test_of_two_reliefs_only_the_last_is_confirmed(desk):
    loan = desk.originated()
    book, officer, approver = desk.book, desk.by("risk_officer"), desk.by("approver")
    book.judge(loan, LOSS, REASON, officer)
    book.judge(loan, NONE, REASON, officer)
    book.judge(loan, DOUBTFUL, REASON, officer)
    with reverts("LoanBook_NotProposed", loan):
        book.confirmJudgement(loan, NONE, REASON, approver)
    book.confirmJudgement(loan, DOUBTFUL, REASON, approver)
    assert care(desk, loan) == {"judgement": DOUBTFUL}


def test_the_floors_of_a_loan_are_relieved_each_by_its_own_proposal(desk):
    """A finding on one voids no relief of the other."""
    loan = desk.originated()
    book, officer, approver = desk.book, desk.by("risk_officer"), desk.by("approver")
    book.judge(loan, DOUBTFUL, REASON, officer)
    book.assessLoss(loan, AMOUNT // 2, REASON, officer)
    book.judge(loan, NONE, REASON, officer)
    book.assessLoss(loan, 0, REASON, officer)
    book.confirmAssessment(loan, 0, REASON, approver)
    assert care(desk, loan) == {"judgement": DOUBTFUL}
    book.confirmJudgement(loan, NONE, REASON, approver)
    assert care(desk, loan) == {}


def test_the_worst_of_days_and_floors_decides(desk, late, until, borrower):
    """Better by judgement while days say worse; a payment brings back what the floor says."""
    loan, model = late(1)
    desk.book.judge(loan, SUBSTANDARD, REASON, desk.by("risk_officer"))
    until(model.oldest + 271)
    sent = desk.book.classify(loan, desk.by("collector"))
    assert classified(loan, DOUBTFUL, SUBSTANDARD, BY_DAYS, day=desk.today, days_past_due=271)[1] == dict(
        sent.events["LoanClassified"]
    )
    desk.book.judge(loan, PASS, REASON, desk.by("risk_officer"))
    sent = desk.book.confirmJudgement(loan, PASS, REASON, desk.by("approver"))
    assert [one.name for one in sent.events] == ["FloorSet"]
    assert (_category(desk, loan), care(desk, loan)) == (DOUBTFUL, {})
    desk.book.judge(loan, SPECIAL_MENTION, REASON, desk.by("risk_officer"))
    model.advance(desk.today)
    desk.book.repay(loan, model.principal_due + model.interest_due, desk.today, {"from": borrower})
    told = desk.book.classify(loan, desk.by("collector")).events["LoanClassified"]
    assert (told["category"], told["previous"], told["reason"]) == (SPECIAL_MENTION, DOUBTFUL, BY_DAYS)


def test_in_default_a_floor_lifted_waits_for_the_cure_and_a_cure_for_the_floors(desk):
    loan = desk.originated()
    desk.book.judge(loan, DOUBTFUL, REASON, desk.by("risk_officer"))
    desk.book.declareDefault(loan, UNLIKELY_TO_PAY, desk.by("risk_officer"))
    assert _category(desk, loan) == DOUBTFUL
    desk.book.judge(loan, SPECIAL_MENTION, REASON, desk.by("risk_officer"))
    desk.book.confirmJudgement(loan, SPECIAL_MENTION, REASON, desk.by("approver"))
    assert _category(desk, loan) == DOUBTFUL
    sent = desk.book.cure(loan, desk.by("risk_officer"))
    assert dict(sent.events["LoanClassified"]) == classified(loan, SPECIAL_MENTION, DOUBTFUL, CURED, day=desk.today)[1]
    assert _category(desk, loan) == SPECIAL_MENTION


def test_only_living_loans_are_judged(desk, borrower):
    applied, closed = desk.applied(), desk.originated()
    desk.book.repay(closed, AMOUNT, desk.today, {"from": borrower})
    for loan, state in ((applied, APPLIED), (closed, REPAID)):
        for call in (
            lambda: desk.book.judge(loan, LOSS, REASON, desk.by("risk_officer")),  # noqa: B023 -- called at once
            lambda: desk.book.confirmJudgement(loan, NONE, REASON, desk.by("approver")),  # noqa: B023
            lambda: desk.book.assessLoss(loan, 1, REASON, desk.by("risk_officer")),  # noqa: B023
            lambda: desk.book.confirmAssessment(loan, 1, REASON, desk.by("approver")),  # noqa: B023
            lambda: desk.book.exemptTechnicalDelay(loan, REASON, desk.by("risk_officer")),  # noqa: B023
            lambda: desk.book.findMisuse(loan, 1, REASON, desk.by("risk_officer")),  # noqa: B023
            lambda: desk.book.clearMisuse(loan, REASON, desk.by("risk_officer")),  # noqa: B023
            lambda: desk.book.confirmMisuse(loan, 0, REASON, desk.by("approver")),  # noqa: B023
            lambda: desk.book.endObservation(loan, desk.by("collector")),  # noqa: B023
        ):
            with reverts("LoanBook_WrongState", loan, state):
                call()


# ---------------------------------------------------------------- expected loss


@pytest.mark.parametrize(
    ("loss", "floor"),
    [(AMOUNT // 2 - 1, NONE), (AMOUNT // 2, DOUBTFUL), (AMOUNT * 9 // 10 - 1, DOUBTFUL), (AMOUNT * 9 // 10, LOSS)],
)
def test_a_loss_of_half_is_doubtful_and_of_nine_tenths_a_loss(desk, loss, floor):
    loan = desk.originated()
    sent = desk.book.assessLoss(loan, loss, REASON, desk.by("risk_officer"))
    changes = [
        classified(loan, floor, PASS, BY_LOSS, day=desk.today),
        floored(loan, EXPECTED_LOSS, floor, NONE, day=desk.today, maker=RISK_OFFICER, reason_hash=REASON),
    ]
    assert_events(
        sent,
        *(changes if floor else ()),
        event(
            "LossAssessed",
            loanId=loan,
            expectedLoss=loss,
            claim=AMOUNT,
            reasonHash=REASON,
            valueDate=desk.today,
            maker=RISK_OFFICER,
            checker=0,
        ),
    )
    assert care(desk, loan) == ({"expectedLoss": floor} if floor else {})


def test_the_claim_is_principal_and_the_interest_that_has_fallen_due(desk, late):
    loan, model = late(1)
    claim = AMOUNT + model.interest_due
    with reverts("LoanBook_AmountInvalid", loan, claim + 1, claim):
        desk.book.assessLoss(loan, claim + 1, REASON, desk.by("risk_officer"))
    told = desk.book.assessLoss(loan, -(-claim // 2), REASON, desk.by("risk_officer")).events["LossAssessed"]
    assert (told["claim"], _category(desk, loan)) == (claim, DOUBTFUL)


def test_less_loss_than_assessed_waits_for_another_person(desk, as_both):
    loan = desk.originated()
    desk.book.assessLoss(loan, AMOUNT, REASON, desk.by("risk_officer"))
    sent = desk.book.assessLoss(loan, AMOUNT // 2, REASON, desk.by("risk_officer"))
    assert [one.name for one in sent.events] == ["Proposed"]
    assert care(desk, loan) == {"expectedLoss": LOSS}
    with reverts("Governed_SamePerson", RISK_OFFICER):
        desk.book.confirmAssessment(loan, AMOUNT // 2, REASON, {"from": as_both})
    with reverts("LoanBook_NotProposed", loan):
        desk.book.confirmAssessment(loan, AMOUNT // 2, OTHER_REASON, desk.by("approver"))
    sent = desk.book.confirmAssessment(loan, AMOUNT // 2, REASON, desk.by("approver"))
    both = {"maker": RISK_OFFICER, "checker": APPROVER}
    assert_events(
        sent,
        classified(loan, DOUBTFUL, LOSS, BY_LOSS, day=desk.today),
        floored(loan, EXPECTED_LOSS, DOUBTFUL, LOSS, day=desk.today, reason_hash=REASON, **both),
        event(
            "LossAssessed",
            loanId=loan,
            expectedLoss=AMOUNT // 2,
            claim=AMOUNT,
            reasonHash=REASON,
            valueDate=desk.today,
            **both,
        ),
    )
    with reverts("LoanBook_NotProposed", loan):
        desk.book.confirmAssessment(loan, AMOUNT // 2, REASON, desk.by("approver"))


def test_a_relief_dies_with_an_assessment_of_the_same_category(desk):
    """Half was lost when none was proposed; then it is 85 of a hundred, doubtful as before."""
    loan = desk.originated()
    book, officer, approver = desk.book, desk.by("risk_officer"), desk.by("approver")
    book.assessLoss(loan, AMOUNT // 2, REASON, officer)
    book.assessLoss(loan, 0, REASON, officer)
    sent = book.assessLoss(loan, AMOUNT * 85 // 100, OTHER_REASON, officer)
    assert [one.name for one in sent.events] == ["LossAssessed"]
    with reverts("LoanBook_NotProposed", loan):
        book.confirmAssessment(loan, 0, REASON, approver)
    assert care(desk, loan) == {"expectedLoss": DOUBTFUL}


# ---------------------------------------------------------------- technical delay


def test_a_technical_delay_counts_from_its_eighth_day(desk, late, until):
    loan, model = late(1)
    assert _category(desk, loan) == SPECIAL_MENTION
    sent = desk.book.exemptTechnicalDelay(loan, REASON, desk.by("risk_officer"))
    assert_events(
        sent,
        classified(loan, PASS, SPECIAL_MENTION, BY_DAYS, day=desk.today, days_past_due=1),
        event(
            "TechnicalDelayExempted",
            loanId=loan,
            oldestDue=model.oldest,
            daysPastDue=1,
            reasonHash=REASON,
            valueDate=desk.today,
            person=RISK_OFFICER,
        ),
    )
    assert care(desk, loan) == {"technicalDelay": model.oldest}
    with reverts("LoanQuality_AlreadyExempt", loan, model.oldest):
        desk.book.exemptTechnicalDelay(loan, REASON, desk.by("risk_officer"))
    until(model.oldest + 7)
    assert "LoanClassified" not in desk.book.classify(loan, desk.by("collector")).events
    until(model.oldest + 8)
    sent = desk.book.classify(loan, desk.by("collector"))
    assert_events(sent, classified(loan, SPECIAL_MENTION, PASS, BY_DAYS, day=desk.today, days_past_due=8))


def test_a_delay_is_technical_on_its_first_to_seventh_day_only(desk, late, until, borrower):
    loan = desk.originated()
    due = desk.model(loan).due_dates[0]
    with reverts("LoanQuality_NoTechnicalDelay", loan, 0):
        desk.book.exemptTechnicalDelay(loan, REASON, desk.by("risk_officer"))
    until(due)
    with reverts("LoanQuality_NoTechnicalDelay", loan, 0):
        desk.book.exemptTechnicalDelay(loan, REASON, desk.by("risk_officer"))
    until(due + 8)
    with reverts("LoanQuality_NoTechnicalDelay", loan, 8):
        desk.book.exemptTechnicalDelay(loan, REASON, desk.by("risk_officer"))


def test_an_exemption_holds_for_its_obligation_and_no_later_one(desk, late, until, borrower):
    """Asked on the seventh day, by a loan not yet classified; the next instalment's delay counts from its first day."""
    loan = desk.originated()
    model = desk.model(loan)
    first, second = model.due_dates[:2]
    until(first + 7)
    sent = desk.book.exemptTechnicalDelay(loan, REASON, desk.by("risk_officer"))
    assert [one.name for one in sent.events] == ["InstalmentFellDue", "TechnicalDelayExempted"]
    assert _category(desk, loan) == PASS
    model.advance(desk.today)
    desk.book.repay(loan, model.principal_due + model.interest_due, desk.today, {"from": borrower})
    until(second + 1)
    told = desk.book.classify(loan, desk.by("collector")).events["LoanClassified"]
    assert (told["category"], told["daysPastDue"]) == (SPECIAL_MENTION, 1)


# ---------------------------------------------------------------- observation, misuse


def test_a_loan_that_is_not_observed_has_nothing_to_end(desk):
    loan = desk.originated()
    with reverts("LoanQuality_ObservationStands", loan, 0, 0, 0):
        desk.book.endObservation(loan, desk.by("collector"))


def _clear(desk, loan):
    desk.book.clearMisuse(loan, REASON, desk.by("risk_officer"))
    return desk.book.confirmMisuse(loan, 0, REASON, desk.by("approver"))


def _told(name, loan, model, desk, *, previous, checker, **found):
    return event(
        name, loanId=loan, **found, previous=previous, accrued=model.accrued, reasonHash=REASON, valueDate=desk.today,
        maker=RISK_OFFICER, checker=checker,
    )  # fmt: skip


def test_misused_principal_is_found_by_one_person_and_lessened_by_two(desk, next_day, as_both):
    """On a loan accrued to the day; what is only proposed changes nothing."""
    loan = desk.originated()
    model = desk.model(loan)
    next_day(10)
    model.advance(desk.today)
    sent = desk.book.findMisuse(loan, AMOUNT, REASON, desk.by("risk_officer"))
    assert_events(sent, _told("MisuseFound", loan, model, desk, principal=AMOUNT, previous=0, checker=0))
    agrees(desk.stored(loan), model)
    assert (care(desk, loan), _category(desk, loan)) == ({"misused": AMOUNT}, PASS)
    next_day(1)
    before = desk.stored(loan)
    assert [one.name for one in desk.book.findMisuse(loan, 1, REASON, desk.by("risk_officer")).events] == ["Proposed"]
    assert [one.name for one in desk.book.clearMisuse(loan, REASON, desk.by("risk_officer")).events] == ["Proposed"]
    assert (desk.stored(loan), care(desk, loan)) == (before, {"misused": AMOUNT})
    for other in ((2, REASON), (1, REASON), (0, OTHER_REASON)):  # the first was replaced by the second
        with reverts("LoanBook_NotProposed", loan):
            desk.book.confirmMisuse(loan, *other, desk.by("approver"))
    with reverts("Governed_SamePerson", RISK_OFFICER):
        desk.book.confirmMisuse(loan, 0, REASON, {"from": as_both})
    desk.book.findMisuse(loan, 1, REASON, desk.by("risk_officer"))
    model.advance(desk.today)
    sent = desk.book.confirmMisuse(loan, 1, REASON, desk.by("approver"))
    assert_events(sent, _told("MisuseFound", loan, model, desk, principal=1, previous=AMOUNT, checker=APPROVER))
    with reverts("LoanBook_NotProposed", loan):  # nor does it come back
        desk.book.confirmMisuse(loan, 0, REASON, desk.by("approver"))
    sent = _clear(desk, loan)
    assert_events(sent, _told("MisuseCleared", loan, model, desk, previous=1, checker=APPROVER))
    assert care(desk, loan) == {}
    with reverts("LoanQuality_NoMisuse", loan):
        desk.book.clearMisuse(loan, REASON, desk.by("risk_officer"))


def test_a_worse_finding_makes_less_misuse_void(desk):
    loan = desk.originated()
    desk.book.findMisuse(loan, 10, REASON, desk.by("risk_officer"))
    desk.book.clearMisuse(loan, REASON, desk.by("risk_officer"))
    desk.book.findMisuse(loan, AMOUNT, REASON, desk.by("risk_officer"))
    with reverts("LoanBook_NotProposed", loan):
        desk.book.confirmMisuse(loan, 0, REASON, desk.by("approver"))
    desk.book.findMisuse(loan, 9, REASON, desk.by("risk_officer"))
    desk.book.repay(loan, AMOUNT - 8, desk.today, {"from": desk.borrower})
    with reverts("LoanBook_AmountInvalid", loan, 9, 8):
        desk.book.confirmMisuse(loan, 9, REASON, desk.by("approver"))
    assert care(desk, loan) == {"misused": AMOUNT}


def test_less_misuse_dies_with_a_finding_of_the_same_amount_and_stays_dead_when_the_amount_comes_back(desk):
    loan = desk.originated()
    book, officer, approver = desk.book, desk.by("risk_officer"), desk.by("approver")
    book.findMisuse(loan, 10, REASON, officer)
    book.clearMisuse(loan, REASON, officer)
    book.findMisuse(loan, 10, OTHER_REASON, officer)
    with reverts("LoanBook_NotProposed", loan):
        book.confirmMisuse(loan, 0, REASON, approver)
    book.clearMisuse(loan, REASON, officer)
    book.findMisuse(loan, AMOUNT, OTHER_REASON, officer)
    book.findMisuse(loan, 10, OTHER_REASON, officer)
    book.confirmMisuse(loan, 10, OTHER_REASON, approver)
    with reverts("LoanBook_NotProposed", loan):
        book.confirmMisuse(loan, 0, REASON, approver)
    assert care(desk, loan) == {"misused": 10}


def test_no_more_is_misused_than_is_outstanding(desk):
    loan = desk.originated()
    for amount in (0, AMOUNT + 1):
        with reverts("LoanBook_AmountInvalid", loan, amount, AMOUNT):
            desk.book.findMisuse(loan, amount, REASON, desk.by("risk_officer"))
    desk.book.declareDefault(loan, UNLIKELY_TO_PAY, desk.by("risk_officer"))
    desk.book.findMisuse(loan, AMOUNT, REASON, desk.by("risk_officer"))
    assert (desk.stored(loan)["state"], care(desk, loan)) == (DEFAULTED, {"misused": AMOUNT})


def test_misused_principal_bears_the_products_markup_from_the_finding_on(desk, next_day):
    """Nothing for the days before it, nothing after it is cleared; the penalty is told before the finding."""
    product, markup, misused = desk.offer(2, cycle_months=0, day_count=ACTUAL_360), 500_000_000, AMOUNT // 2
    desk.serve(product, misuse_markup=markup)
    loan = desk.originated(product)
    next_day(10)
    sent = desk.book.findMisuse(loan, misused, REASON, desk.by("risk_officer"))
    assert [one.name for one in sent.events] == ["MisuseFound"]
    next_day(20)
    sent = desk.book.findMisuse(loan, misused + 1, REASON, desk.by("risk_officer"))
    exact = misused * (RATE * markup // 10**9) * 20
    unit = 360 * 10**9
    assert [one.name for one in sent.events] == ["PenaltyFellDue", "MisuseFound"]
    assert dict(sent.events["PenaltyFellDue"]) == {
        "loanId": loan,
        "valueDate": desk.today,
        "amount": exact // unit,
        "penaltyDue": exact // unit,
        "penaltyAccrued": exact % unit,
    }
    _clear(desk, loan)
    next_day(30)
    assert desk.book.preview(loan, desk.today)["penaltyDue"] == exact // unit
    assert care(desk, loan) == {"penaltyAccrued": exact % unit}
