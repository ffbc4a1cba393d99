"""What may declare default, and the call of a loan in default with what comes after it."""

from __future__ import annotations

import pytest

from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.judging import (
    APPROVER,
    BANKRUPTCY,
    BY_DEFAULT,
    COVENANT,
    CROSS_DEFAULT,
    DAYS_PAST_DUE,
    RISK_OFFICER,
    UNLIKELY_TO_PAY,
    care,
    classified,
)
from tests.contracts.lending import (
    ACTIVE,
    AMOUNT,
    ANNUITY,
    BULLET,
    DEFAULTED,
    LINEAR,
    NOBODY,
    PASS,
    PAYMENT,
    REPAID,
    SUBSTANDARD,
    Desk,
    agrees,
)

LINEAR_LOAN, ANNUITY_LOAN, BULLET_LOAN, LINE = 1, 2, 3, 4


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer(LINEAR_LOAN, loan_type=LINEAR, cycle_months=6)
    desk.offer(ANNUITY_LOAN, loan_type=ANNUITY, cycle_months=1)
    desk.offer(BULLET_LOAN, loan_type=BULLET, cycle_months=0)
    desk.offer(LINE, loan_type=BULLET, cycle_months=3, approval_days=700)
    desk.fund(borrower, 100 * AMOUNT)
    return desk


@pytest.fixture(scope="module")
def until(desk, next_day):
    """A function that opens a given business day."""
    return lambda day: next_day(day - desk.today)


def _default(desk, loan):
    return desk.book.declareDefault(loan, UNLIKELY_TO_PAY, desk.by("risk_officer"))


def _call(desk, loan):
    desk.book.proposeCall(loan, desk.by("risk_officer"))
    return desk.book.callLoan(loan, desk.by("approver"))


def _called(model, day):
    """Let the rest of the model's schedule fall due on a day, as one last instalment; its principal and interest."""
    model.advance(day)
    model._round()
    interest, model.accrued = divmod(model.accrued, model.unit)
    principal = model.principal - model.principal_due
    model.principal_due += principal
    model.interest_due += interest
    model.passed += 1
    model.unpaid.append([day, principal, interest])
    return principal, interest


def _agrees(desk, loan, model):
    """The stored loan is the model's, which has no more due dates than it has passed."""
    agrees(desk.stored(loan), model)


# ---------------------------------------------------------------- triggers


def test_a_cross_default_names_another_loan_in_default(desk):
    loan, other = desk.originated(), desk.originated()
    for named in (loan, other):
        with reverts("LoanQuality_NoCrossDefault", loan, named):
            desk.book.declareCrossDefault(loan, named, desk.by("risk_officer"))
    with reverts("LoanQuality_NoCrossDefault", loan, 0):
        desk.book.declareDefault(loan, CROSS_DEFAULT, desk.by("risk_officer"))
    with reverts("LoanBook_Unknown", 99):
        desk.book.declareCrossDefault(loan, 99, desk.by("risk_officer"))
    _default(desk, other)
    sent = desk.book.declareCrossDefault(loan, other, desk.by("risk_officer"))
    assert_events(
        sent,
        classified(loan, SUBSTANDARD, PASS, BY_DEFAULT, day=desk.today),
        event(
            "LoanDefaulted",
            loanId=loan,
            trigger=CROSS_DEFAULT,
            daysPastDue=0,
            valueDate=desk.today,
            principal=AMOUNT,
            interestDue=0,
            person=RISK_OFFICER,
        ),
        event("StandingAnnounced", loanId=loan, closed=False, inDefault=True),
        event("CrossDefaultNamed", loanId=loan, other=other, valueDate=desk.today),
    )
    assert desk.stored(loan)["state"] == DEFAULTED
    with reverts("LoanBook_WrongState", loan, DEFAULTED):
        desk.book.declareCrossDefault(loan, other, desk.by("risk_officer"))


def test_a_cross_default_reaches_the_connected_group_and_no_further(desk, make_customer):
    grouped, sister, stranger = (make_customer(group=group, grade=3) for group in (7, 7, 0))
    loan, infected, unrelated = (desk.originated(customer=customer) for customer in (grouped, sister, stranger))
    _default(desk, loan)
    with reverts("LoanQuality_NoCrossDefault", unrelated, loan):
        desk.book.declareCrossDefault(unrelated, loan, desk.by("risk_officer"))
    desk.book.declareCrossDefault(infected, loan, desk.by("risk_officer"))
    assert [desk.stored(one)["state"] for one in (infected, unrelated)] == [DEFAULTED, ACTIVE]


@pytest.mark.parametrize("days", [30, 90, 360])
def test_a_product_names_the_days_past_due_that_are_a_default(desk, until, days):
    product = desk.offer(10, cycle_months=1)
    desk.serve(product, default_days=days)
    loan = desk.originated(product)
    due = desk.model(loan).due_dates[0]
    until(due + days)
    with reverts("LoanBook_NotInDefault", loan, days):
        desk.book.declareDefault(loan, DAYS_PAST_DUE, desk.by("risk_officer"))
    until(due + days + 1)
    told = desk.book.declareDefault(loan, DAYS_PAST_DUE, desk.by("risk_officer")).events["LoanDefaulted"]
    assert (told["trigger"], told["daysPastDue"]) == (DAYS_PAST_DUE, days + 1)


def test_a_product_names_the_triggers_that_are_a_default(desk):
    """Each of the five, where the product names that one alone: it goes on to its own test, the others are refused."""
    in_default = desk.originated()
    _default(desk, in_default)
    risk_officer = desk.by("risk_officer")
    for agreed in (DAYS_PAST_DUE, UNLIKELY_TO_PAY, BANKRUPTCY, CROSS_DEFAULT, COVENANT):
        product = desk.offer(10 + agreed)
        desk.serve(product, triggers=1 << agreed, default_days=90 if agreed == DAYS_PAST_DUE else 0)
        loan = desk.originated(product)
        for trigger in (DAYS_PAST_DUE, UNLIKELY_TO_PAY, BANKRUPTCY, COVENANT):
            if trigger != agreed:
                with reverts("LoanQuality_TriggerNotAgreed", loan, trigger):
                    desk.book.declareDefault(loan, trigger, risk_officer)
            elif trigger in (DAYS_PAST_DUE, COVENANT):  # nothing overdue, no notice served
                with reverts("LoanBook_NotInDefault", loan, 0):
                    desk.book.declareDefault(loan, trigger, risk_officer)
        if agreed == CROSS_DEFAULT:
            desk.book.declareCrossDefault(loan, in_default, risk_officer)
        else:
            with reverts("LoanQuality_TriggerNotAgreed", loan, CROSS_DEFAULT):
                desk.book.declareCrossDefault(loan, in_default, risk_officer)
        if agreed in (UNLIKELY_TO_PAY, BANKRUPTCY):
            desk.book.declareDefault(loan, agreed, risk_officer)
        state = ACTIVE if agreed in (DAYS_PAST_DUE, COVENANT) else DEFAULTED
        assert desk.stored(loan)["state"] == state


# ---------------------------------------------------------------- the call


@pytest.mark.parametrize("product", [LINEAR_LOAN, ANNUITY_LOAN, BULLET_LOAN])
def test_a_call_between_due_dates_makes_all_principal_due(desk, until, product):
    """One instalment is unpaid: its day stays the oldest. Nothing falls due after the call, and interest goes on."""
    loan = desk.originated(product)
    model = desk.model(loan)
    first = model.due_dates[0] if product != BULLET_LOAN else desk.today
    until(first + 10)
    _default(desk, loan)
    before = desk.buckets()
    desk.book.proposeCall(loan, desk.by("risk_officer"))
    sent = desk.book.callLoan(loan, desk.by("approver"))
    principal, interest = _called(model, desk.today)
    assert_events(
        sent,
        event(
            "InstalmentFellDue",
            loanId=loan,
            instalment=model.passed,
            dueDate=desk.today,
            principal=principal,
            interest=interest,
            principalDue=AMOUNT,
            interestDue=model.interest_due,
            oldestDue=model.oldest,
            accrued=model.accrued,
        ),
        event(
            "LoanCalled",
            loanId=loan,
            instalment=model.passed,
            principal=principal,
            interest=interest,
            valueDate=desk.today,
            maker=RISK_OFFICER,
            checker=APPROVER,
        ),
    )
    _agrees(desk, loan, model)
    assert (desk.stored(loan)["oldestDue"], care(desk, loan)) == (
        first if product != BULLET_LOAN else desk.today,
        {"called": True},
    )
    assert desk.book.obligationOf(loan, model.passed) == (desk.today, principal, interest)
    assert desk.buckets() == before
    called = desk.today
    until(model.maturity + 1)
    assert "InstalmentFellDue" not in desk.book.classify(loan, desk.by("collector")).events
    model._accrue(desk.today)
    shown = desk.book.preview(loan, desk.today)
    assert (shown["instalment"], shown["accrued"], shown["principalDue"]) == (model.passed, model.accrued, AMOUNT)
    assert desk.book.payoff(loan, desk.today) == model.payoff
    assert model.oldest in (first, called)


def test_a_call_on_a_due_date_follows_the_instalment_of_that_day(desk, until):
    loan = desk.originated(LINEAR_LOAN)
    model = desk.model(loan)
    until(model.due_dates[0])
    _default(desk, loan)
    sent = _call(desk, loan)
    told = [(one["instalment"], one["dueDate"]) for one in sent.events["InstalmentFellDue"]]
    assert told == [(1, desk.today), (2, desk.today)]
    principal, interest = _called(model, desk.today)
    assert interest == 1  # what the instalment of that day left, rounded up
    _agrees(desk, loan, model)
    assert desk.book.obligationOf(loan, 2) == (desk.today, principal, interest)


def test_a_call_after_a_paid_instalment_takes_the_rest(desk, until, borrower):
    """The instalment was paid in the posting that it fell due in, and left no obligation; the call's is the oldest."""
    loan = desk.originated(LINEAR_LOAN)
    model = desk.model(loan)
    until(model.due_dates[0])
    model.advance(desk.today)
    paid = model.principal_due + model.interest_due
    desk.book.repay(loan, paid, desk.today, {"from": borrower})
    model.pay(paid)
    until(desk.today + 20)
    _default(desk, loan)
    _call(desk, loan)
    _called(model, desk.today)
    _agrees(desk, loan, model)
    called = desk.today
    until(called + 5)
    desk.book.repay(loan, model.interest_due + 1, desk.today, {"from": borrower})
    model.advance(desk.today)
    model.pay(model.interest_due + 1)
    _agrees(desk, loan, model)
    assert desk.stored(loan)["oldestDue"] == called


def test_a_called_loan_is_paid_off_to_exactly_zero(desk, until, borrower):
    loan = desk.originated(ANNUITY_LOAN)
    model = desk.model(loan)
    until(desk.today + 45)
    _default(desk, loan)
    _call(desk, loan)
    _called(model, desk.today)
    until(desk.today + 100)
    model._accrue(desk.today)
    owed = desk.book.payoff(loan, desk.today)
    assert owed == model.payoff
    told = desk.book.repay(loan, owed, desk.today, {"from": borrower}).events["LoanRepaid"]
    model.pay(owed)
    assert (told["state"], told["outstanding"]) == (REPAID, 0)
    assert 0 <= model.interest_paid - model.exact < 1
    assert desk.buckets()[0] == sum(desk.stored(one)["principal"] for one in range(1, desk.book.totals()["loans"] + 1))


def test_a_call_lapses_what_was_not_drawn(desk, next_day):
    loan = desk.approved(LINE)
    desk.draw(loan, AMOUNT // 4)
    before = desk.buckets()
    next_day(1)
    _default(desk, loan)
    sent = _call(desk, loan)
    lapsed = AMOUNT - AMOUNT // 4
    assert dict(sent.events["ApprovalLapsed"]) == {
        "loanId": loan,
        "amount": lapsed,
        "state": DEFAULTED,
        "valueDate": desk.today,
    }
    assert desk.buckets() == [*before[:3], *(value - lapsed for value in before[3:6]), before[6]]
    assert (desk.stored(loan)["undrawn"], desk.stored(loan)["principalDue"]) == (0, AMOUNT // 4)


def test_only_a_loan_in_default_with_principal_to_fall_due_is_called_and_once(desk, until):
    loan = desk.originated(BULLET_LOAN, maturity=desk.today + 30)
    with reverts("LoanBook_WrongState", loan, ACTIVE):
        desk.book.proposeCall(loan, desk.by("risk_officer"))
    _default(desk, loan)
    with reverts("LoanBook_NotProposed", loan):
        desk.book.callLoan(loan, desk.by("approver"))
    desk.book.proposeCall(loan, desk.by("risk_officer"))
    other = desk.originated(BULLET_LOAN, maturity=desk.today + 31)
    _default(desk, other)
    _call(desk, other)
    with reverts("LoanQuality_AlreadyCalled", other):
        desk.book.proposeCall(other, desk.by("risk_officer"))
    with reverts("LoanQuality_AlreadyCalled", other):
        desk.book.callLoan(other, desk.by("approver"))
    until(desk.today + 30)  # everything falls due today by itself
    with reverts("LoanQuality_NothingToCall", loan):
        desk.book.callLoan(loan, desk.by("approver"))
    desk.book.classify(loan, desk.by("collector"))
    until(desk.today + 1)
    desk.book.classify(loan, desk.by("collector"))
    with reverts("LoanQuality_NothingToCall", loan):
        desk.book.proposeCall(loan, desk.by("risk_officer"))


def test_a_call_proposed_on_one_default_is_void_on_the_next(desk):
    """After the cure nobody calls the loan on what the risk officer thought of it before."""
    loan = desk.originated(BULLET_LOAN)
    _default(desk, loan)
    desk.book.proposeCall(loan, desk.by("risk_officer"))
    desk.book.cure(loan, desk.by("risk_officer"))
    _default(desk, loan)
    before = desk.stored(loan)
    with reverts("LoanBook_NotProposed", loan):
        desk.book.callLoan(loan, desk.by("approver"))
    assert desk.stored(loan) == before
    _call(desk, loan)
    assert desk.book.careOf(loan)["called"]


def test_a_call_proposed_before_new_terms_is_void_under_them(desk, borrower):
    loan = desk.originated(BULLET_LOAN)
    _default(desk, loan)
    desk.book.proposeCall(loan, desk.by("risk_officer"))
    agreed = (loan, 1, desk.today, BULLET, 3, 0, desk.today + 300, 0, False, 0, 0, 0, 0, AMOUNT)
    desk.book.proposeRestructuring(agreed, desk.by("risk_officer"))
    desk.book.acceptRestructuring(agreed, bytes(32), {"from": borrower})
    desk.book.restructure(agreed, desk.by("approver"))
    with reverts("LoanBook_NotProposed", loan):
        desk.book.callLoan(loan, desk.by("approver"))
    assert (desk.stored(loan)["state"], desk.book.careOf(loan)["called"]) == (DEFAULTED, False)


# ---------------------------------------------------------------- reversals after a call


def _reversal(desk, sent, *, principal_due, interest_due, instalment):
    told = sent.events["LoanRepaid"]
    parts = [told[name] for name in ("principal", "interest", "penalty", "fee")]
    return (
        told["loanId"], told["posting"], PAYMENT, told["payer"], *parts, principal_due, interest_due, instalment,
        told["valueDate"], 0,
    )  # fmt: skip


def _reverse(desk, reversal):
    desk.book.proposeReversal(reversal, desk.by("collector"))
    return desk.book.reverse(reversal, desk.by("approver"))


def test_a_payment_on_the_call_reversed_is_owed_since_the_call(desk, until, borrower):
    """The schedule's own date of that instalment lies in the future; the call's day counts."""
    loan = desk.originated(LINEAR_LOAN)
    model = desk.model(loan)
    until(desk.today + 45)
    _default(desk, loan)
    _call(desk, loan)
    _called(model, desk.today)
    called = desk.today
    until(called + 5)
    before = desk.stored(loan)
    desk.book.preview(loan, desk.today)
    sent = desk.book.repay(loan, model.interest_due + AMOUNT, desk.today, {"from": borrower})
    assert desk.stored(loan)["oldestDue"] == 0
    reversal = _reversal(desk, sent, principal_due=AMOUNT, interest_due=model.interest_due, instalment=1)
    until(called + 9)
    _reverse(desk, reversal)
    model._accrue(desk.today)
    stored = desk.stored(loan)
    assert stored == {
        **before,
        "postings": before["postings"] + 2,
        "accrued": model.accrued,
        "accruedThrough": desk.today,
    }
    assert desk.book.obligationOf(loan, 1) == (called, AMOUNT, model.interest_due)
    _agrees(desk, loan, model)


def test_a_payment_before_the_call_reversed_is_owed_on_its_old_day(desk, until, borrower):
    loan = desk.originated(LINEAR_LOAN)
    model = desk.model(loan)
    due = model.due_dates[0]
    until(due)
    model.advance(due)
    principal, interest = model.principal_due, model.interest_due
    sent = desk.book.repay(loan, principal + interest, due, {"from": borrower})
    until(due + 10)
    _default(desk, loan)
    _call(desk, loan)
    reversal = _reversal(desk, sent, principal_due=principal, interest_due=interest, instalment=1)
    _reverse(desk, reversal)
    stored = desk.stored(loan)
    assert (stored["principal"], stored["principalDue"], stored["oldestDue"], stored["instalment"]) == (
        AMOUNT,
        AMOUNT,
        due,
        2,
    )
    assert desk.book.obligationOf(loan, 1) == (due, principal, interest)


def test_a_reversal_that_would_leave_principal_undue_after_a_call_is_refused(desk, until, borrower):
    """Principal paid before its time cannot come back as not due, nor can a drawdown that has all fallen due."""
    loan = desk.originated(LINEAR_LOAN)
    until(desk.today + 3)
    sent = desk.book.repay(loan, 1_000, desk.today, {"from": borrower})
    _default(desk, loan)
    _call(desk, loan)
    before = desk.stored(loan)
    with reverts("LoanBook_NotReversible", loan, 2):
        _reverse(desk, _reversal(desk, sent, principal_due=0, interest_due=0, instalment=0))
    drawdown = (loan, 1, 1, NOBODY, 1_000, 0, 0, 0, 0, 0, 0, before["start"], 0)
    with reverts("LoanBook_NotReversible", loan, 1):
        _reverse(desk, drawdown)
    assert desk.stored(loan) == before


def test_a_called_loan_paid_off_and_reversed_is_owed_whole_again(desk, until, borrower):
    """The payoff's interest beyond the call was not due: it accrues again, and the loan closes at the same amount."""
    loan = desk.originated(LINEAR_LOAN)
    model = desk.model(loan)
    until(desk.today + 45)
    _default(desk, loan)
    _call(desk, loan)
    _called(model, desk.today)
    until(desk.today + 10)
    owed = desk.book.payoff(loan, desk.today)
    before = desk.stored(loan)
    sent = desk.book.repay(loan, owed, desk.today, {"from": borrower})
    assert desk.stored(loan)["state"] == REPAID
    _reverse(desk, _reversal(desk, sent, principal_due=AMOUNT, interest_due=model.interest_due, instalment=1))
    stored = desk.stored(loan)
    kept = ("principal", "principalDue", "interestDue", "oldestDue", "instalment")
    assert [stored[name] for name in kept] == [before[name] for name in kept]
    assert (stored["state"], care(desk, loan)) == (ACTIVE, {"called": True})
    assert desk.book.payoff(loan, desk.today) == owed
    with reverts("LoanBook_WrongState", loan, ACTIVE):
        desk.book.proposeCall(loan, desk.by("risk_officer"))


@pytest.mark.parametrize("product", [LINEAR_LOAN, ANNUITY_LOAN, BULLET_LOAN])
def test_a_payment_booked_after_the_call_for_a_day_before_it(desk, until, borrower, product):
    """Of two equal loans one was paid in time and one late: they owe the same, but for a fen of rounding."""
    first, second = (desk.originated(product) for _ in range(2))
    until(desk.today + 40)
    paid_on, amount = desk.today, AMOUNT // 3
    desk.book.repay(first, amount, paid_on, {"from": borrower})
    until(paid_on + 6)
    for loan in (first, second):
        _default(desk, loan)
        _call(desk, loan)
    until(paid_on + 11)
    posting = desk.book.postingHash(second, borrower)
    desk.book.proposeBackValue(posting, paid_on, desk.by("collector"))
    desk.book.authoriseBackValue(posting, paid_on, desk.by("approver"))
    desk.book.repay(second, amount, paid_on, {"from": borrower})
    one, other = (desk.book.preview(loan, desk.today) for loan in (first, second))
    owed = [desk.book.payoff(loan, desk.today) for loan in (first, second)]
    assert abs(owed[0] - owed[1]) <= 1
    if product != ANNUITY_LOAN:  # whose instalment in between shares what was paid out another way
        assert one["principal"] == one["principalDue"] == other["principal"] == other["principalDue"]
    assert other["principal"] == other["principalDue"]
    desk.book.repay(second, owed[1], desk.today, {"from": borrower})
    assert desk.stored(second)["state"] == REPAID
