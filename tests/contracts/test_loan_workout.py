"""Loans in difficulty: new terms, waivers, sale, and guarantors who pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from eth_utils.crypto import keccak

from scripts.roles import Role
from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.lending import (
    ACTIVE,
    AMOUNT,
    ANNUITY,
    BULLET,
    DEFAULTED,
    FEE,
    LINEAR,
    LOSS,
    MAX_MONEY,
    NOBODY,
    PASS,
    PENALTY,
    PRINCIPAL_FIRST,
    RATE,
    REPAID,
    SPECIAL_MENTION,
    SUBSTANDARD,
    WRITTEN_OFF,
    Desk,
    annuity,
    months_after,
    schedule,
)

SOLD = 9
RESTRUCTURED = 7  # ClassificationReason
RISK_OFFICER, LOAN_OFFICER, APPROVER, COLLECTOR = 3, 4, 5, 8  # the people's numbers
DOCUMENT = keccak(b"a signed agreement")
NO_DOCUMENT = bytes(32)
BUYER = keccak(b"a salted name")
YEAR = 365
PRECEDING = 3  # BusinessDayRule
TERMS = (
    "loan", "number", "deadline", "loan_type", "cycle", "rate", "maturity", "resume_on", "capitalises_accrued",
    "penalty", "fee", "interest", "haircut", "most_principal",
)  # fmt: skip


@dataclass(frozen=True)
class Troubled:
    """A loan in arrears with charges due, and its model as it stands on the business day."""

    loan: int
    model: Any


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer(1, loan_type=LINEAR, cycle_months=6)
    desk.offer(2, loan_type=LINEAR, cycle_months=6, max_rate=RATE, max_term_days=800)
    desk.fund(borrower, 100 * AMOUNT)
    return desk


@pytest.fixture(scope="module")
def until(desk, next_day):
    """A function that opens a given business day."""
    return lambda day: next_day(day - desk.today)


@pytest.fixture(scope="module")
def troubled_at_start(desk, until):
    loan = desk.originated()
    model = desk.model(loan)
    until(model.due_dates[0] + 100)
    desk.book.charge(loan, PENALTY, 1_500_00, desk.today, desk.by("collector"))
    desk.book.charge(loan, FEE, 300_00, desk.today, desk.by("collector"))
    desk.book.classify(loan, desk.by("collector"))
    model.advance(desk.today)
    model.penalty, model.fee = 1_500_00, 300_00
    return Troubled(loan, model)


@pytest.fixture
def troubled(troubled_at_start, desk):
    """The loan and a model of this test's own."""
    model = desk.model(troubled_at_start.loan)
    model.start = troubled_at_start.model.start
    model.through, model.principal = model.start, AMOUNT
    model.advance(desk.today)
    model.penalty, model.fee = 1_500_00, 300_00
    return Troubled(troubled_at_start.loan, model)


def terms(desk, loan, **changes):
    """New terms of a loan: an annuity of three years, a quarter's cycle, everything due made principal."""
    row = {
        "loan": loan,
        "number": 1,
        "deadline": desk.today + 30,
        "loan_type": ANNUITY,
        "cycle": 3,
        "rate": 40_000_000,
        "maturity": desk.today + 3 * YEAR,
        "resume_on": 0,
        "capitalises_accrued": True,
        "penalty": 0,
        "fee": 0,
        "interest": 0,
        "haircut": 0,
        "most_principal": MAX_MONEY,
    }
    assert set(changes) <= set(row) == set(TERMS)
    return tuple((row | changes).values())


def hash_of(desk, agreed):
    """The hash under which new terms are known: that of their last proposal."""
    return desk.book.agreementOf(agreed[0], agreed[1])[0]


def agreed(desk, loan, **changes):
    """New terms, proposed and accepted."""
    new = terms(desk, loan, **changes)
    desk.book.proposeRestructuring(new, desk.by("risk_officer"))
    desk.book.acceptRestructuring(new, NO_DOCUMENT, {"from": desk.borrower})
    return new


def restructured(desk, loan, **changes):
    return desk.book.restructure(agreed(desk, loan, **changes), desk.by("approver"))


# ---------------------------------------------------------------- proposal and acceptance


def test_a_proposal_tells_every_term(desk, troubled):
    new = terms(desk, troubled.loan, penalty=1, fee=2, interest=3, haircut=4, resume_on=desk.today + 50)
    before = desk.stored(troubled.loan)
    sent = desk.book.proposeRestructuring(new, desk.by("risk_officer"))
    proposal = hash_of(desk, new)
    assert_events(
        sent,
        event(
            "RestructuringProposed", loanId=troubled.loan, proposal=proposal, number=1, deadline=desk.today + 30,
            loanType=ANNUITY, cycleMonths=3, rate=40_000_000, maturity=desk.today + 3 * YEAR, resumeOn=desk.today + 50,
            capitalisesAccrued=True, penalty=1, fee=2, interest=3, haircut=4, mostPrincipal=MAX_MONEY,
            valueDate=desk.today, person=RISK_OFFICER,
        ),
    )  # fmt: skip
    assert desk.book.agreementOf(troubled.loan, 1) == (proposal, RISK_OFFICER, 0, False, 0, 0)
    assert desk.stored(troubled.loan) == before
    with reverts("LoanBook_AlreadyProposed", troubled.loan):
        desk.book.proposeRestructuring(new, desk.by("risk_officer"))


def test_acceptance_is_the_borrowers(desk, troubled, stranger, people):
    new = terms(desk, troubled.loan)
    with reverts("LoanBook_NotProposed", troubled.loan):
        desk.book.acceptRestructuring(new, NO_DOCUMENT, {"from": desk.borrower})
    desk.book.proposeRestructuring(new, desk.by("risk_officer"))
    with reverts("LoanBook_NotAccepted", troubled.loan):
        desk.book.restructure(new, desk.by("approver"))
    for account in (stranger, people["loan_officer"]):
        with reverts("LoanBook_NotParty", troubled.loan, account, desk.customer):
            desk.book.acceptRestructuring(new, NO_DOCUMENT, {"from": account})
    with reverts("LoanBook_HasAccount", desk.customer):
        desk.book.acceptRestructuring(new, DOCUMENT, desk.by("loan_officer"))
    with reverts("LoanBook_NotProposed", troubled.loan):
        desk.book.acceptRestructuring(terms(desk, troubled.loan, rate=1), NO_DOCUMENT, {"from": desk.borrower})
    sent = desk.book.acceptRestructuring(new, NO_DOCUMENT, {"from": desk.borrower})
    proposal = hash_of(desk, new)
    assert_events(
        sent,
        event(
            "RestructuringAccepted", loanId=troubled.loan, proposal=proposal, account=desk.borrower,
            documentHash=NO_DOCUMENT, valueDate=desk.today, person=0,
        ),
    )  # fmt: skip
    assert desk.book.agreementOf(troubled.loan, 1) == (proposal, RISK_OFFICER, 0, True, 0, 0)
    with reverts("LoanBook_AlreadyAccepted", troubled.loan):
        desk.book.acceptRestructuring(new, NO_DOCUMENT, {"from": desk.borrower})


def test_a_later_proposal_takes_the_place_of_an_accepted_one(desk, troubled):
    first = agreed(desk, troubled.loan)
    second = terms(desk, troubled.loan, rate=30_000_000)
    desk.book.proposeRestructuring(second, desk.by("risk_officer"))
    with reverts("LoanBook_NotProposed", troubled.loan):
        desk.book.restructure(first, desk.by("approver"))
    with reverts("LoanBook_NotAccepted", troubled.loan):
        desk.book.restructure(second, desk.by("approver"))


def test_i30_a_documented_acceptance_takes_three_persons(desk, make_customer, until, second_account, spares):
    """A customer without an account signs on paper; who records it neither proposes nor carries it out."""
    customer = make_customer(grade=3)
    loan = desk.originated(customer=customer)
    new = terms(desk, loan)
    desk.book.proposeRestructuring(new, desk.by("risk_officer"))
    recording = second_account("risk_officer", spares[0], Role.LOAN_OFFICER, Role.APPROVER)
    with reverts("Governed_SamePerson", RISK_OFFICER):
        desk.book.acceptRestructuring(new, DOCUMENT, {"from": recording})
    with reverts("Governed_RoleMissing", desk.people["approver"], Role.LOAN_OFFICER.bit):
        desk.book.acceptRestructuring(new, DOCUMENT, desk.by("approver"))
    sent = desk.book.acceptRestructuring(new, DOCUMENT, desk.by("loan_officer"))
    told = sent.events["RestructuringAccepted"]
    assert (told["account"], told["documentHash"], told["person"]) == (NOBODY, "0x" + DOCUMENT.hex(), LOAN_OFFICER)
    assert desk.book.agreementOf(loan, 1)[2:4] == (LOAN_OFFICER, True)
    with reverts("Governed_SamePerson", RISK_OFFICER):
        desk.book.restructure(new, {"from": recording})
    checking = second_account("loan_officer", spares[1], Role.APPROVER)
    with reverts("Governed_SamePerson", LOAN_OFFICER):
        desk.book.restructure(new, {"from": checking})
    desk.book.restructure(new, desk.by("approver"))
    assert desk.book.careOf(loan)["restructurings"] == 1


def test_a_person_of_the_bank_who_borrows_checks_nothing_of_its_own(desk, make_customer, second_account, spares):
    """I30: the account that accepts has a seat."""
    account = second_account("approver", spares[0], Role.APPROVER)
    loan = desk.originated(customer=make_customer(account=account, grade=3))
    new = terms(desk, loan)
    desk.book.proposeRestructuring(new, desk.by("risk_officer"))
    desk.book.acceptRestructuring(new, NO_DOCUMENT, {"from": account})
    with reverts("Governed_SamePerson", APPROVER):
        desk.book.restructure(new, desk.by("approver"))


def test_nothing_happens_after_the_deadline(desk, troubled, next_day):
    new = terms(desk, troubled.loan, deadline=desk.today)
    other = terms(desk, troubled.loan, deadline=desk.today - 1)
    with reverts("LoanBook_DeadlinePassed", troubled.loan, desk.today - 1, desk.today):
        desk.book.proposeRestructuring(other, desk.by("risk_officer"))
    desk.book.proposeRestructuring(new, desk.by("risk_officer"))
    next_day(1)
    with reverts("LoanBook_DeadlinePassed", troubled.loan, desk.today - 1, desk.today):
        desk.book.acceptRestructuring(new, NO_DOCUMENT, {"from": desk.borrower})
    accepted = agreed(desk, troubled.loan, deadline=desk.today)
    next_day(1)
    with reverts("LoanBook_DeadlinePassed", troubled.loan, desk.today - 1, desk.today):
        desk.book.restructure(accepted, desk.by("approver"))


@pytest.mark.parametrize(
    ("changes", "error", "arguments"),
    [
        ({"number": 2}, "LoanBook_RestructuringStale", lambda day: (2, 1)),
        ({"number": 0}, "LoanBook_RestructuringStale", lambda day: (0, 1)),
        ({"most_principal": 0}, "LoanBook_AmountInvalid", lambda day: (0, MAX_MONEY)),
        ({"most_principal": MAX_MONEY + 1}, "LoanBook_AmountInvalid", lambda day: (MAX_MONEY + 1, MAX_MONEY)),
    ],
)
def test_terms_that_name_the_loan_wrongly_are_refused(desk, troubled, changes, error, arguments):
    with reverts(error, troubled.loan, *arguments(desk.today)):
        desk.book.proposeRestructuring(terms(desk, troubled.loan, **changes), desk.by("risk_officer"))


@pytest.mark.parametrize(
    ("changes", "error", "arguments"),
    [
        ({"cycle": 2}, "LoanBook_ScheduleInvalid", lambda day: (ANNUITY, 2)),
        ({"cycle": 0}, "LoanBook_ScheduleInvalid", lambda day: (ANNUITY, 0)),
        ({"cycle": 24, "loan_type": BULLET}, "LoanBook_ScheduleInvalid", lambda day: (BULLET, 24)),
        ({"rate": RATE + 1}, "LoanBook_RateInvalid", lambda day: (RATE + 1, RATE)),
        ({"rate": -1}, "LoanBook_RateInvalid", lambda day: (-1, RATE)),
        ({"maturity": 0}, "LoanBook_MaturityInvalid", lambda day: (0, day + 1, day + 800)),
        ({"resume_on": 801}, "LoanBook_ResumptionInvalid", lambda day: (day + 801, day + 800)),
        ({"cycle": 12, "maturity": 364}, "LoanBook_CycleTooLong", lambda day: (12, 364)),
    ],
)
def test_terms_the_product_does_not_allow_are_refused(desk, changes, error, arguments):
    """Boundary values: at the product's rate and longest term they are taken."""
    loan = desk.originated(2)
    day = desk.today
    shifted = {
        name: value + day if value and name in ("resume_on", "maturity") else value for name, value in changes.items()
    }
    new = terms(desk, loan, **({"rate": RATE, "maturity": day + 800} | shifted))
    with reverts(error, *arguments(day)):
        desk.book.proposeRestructuring(new, desk.by("risk_officer"))
    for maturity in (day, day + 801):
        with reverts("LoanBook_MaturityInvalid", maturity, day + 1, day + 800):
            desk.book.proposeRestructuring(terms(desk, loan, maturity=maturity), desk.by("risk_officer"))
    restructured(desk, loan, rate=RATE, maturity=day + 800, resume_on=day + 800)
    assert desk.stored(loan)["rate"] == RATE


def test_terms_are_checked_again_when_they_are_carried_out(desk):
    """The product's cap fell since."""
    loan = desk.originated(2)
    new = agreed(desk, loan, rate=RATE, maturity=desk.today + 700)
    desk.offer(2, loan_type=LINEAR, cycle_months=6, max_rate=RATE - 1, max_term_days=800)
    with reverts("LoanBook_RateInvalid", RATE, RATE - 1):
        desk.book.restructure(new, desk.by("approver"))


def test_new_terms_leave_a_due_date_on_a_business_day(desk, next_day):
    """The rule moves a last day on a weekend back to the Friday on which the terms are carried out."""
    desk.offer(3, loan_type=LINEAR, cycle_months=6)
    desk.serve(3, business_day_rule=PRECEDING)
    friday = desk.today + (1 - desk.today) % 7  # day 0 was a Thursday
    if friday > desk.today:
        next_day(friday - desk.today)
    loan = desk.originated(3)
    before, bullet = desk.stored(loan), {"loan_type": BULLET, "cycle": 0}
    for maturity in (friday + 1, friday + 2):
        new = agreed(desk, loan, maturity=maturity, **bullet)
        with reverts("LoanBook_MaturityInvalid", maturity, friday + 1, maturity):
            desk.book.restructure(new, desk.by("approver"))
        assert desk.stored(loan) == before
    restructured(desk, loan, maturity=friday + 3, **bullet)
    assert desk.book.dueDateOf(loan, 1) == friday + 3


# ---------------------------------------------------------------- new terms


def test_what_is_due_is_waived_or_becomes_principal(desk, troubled):
    """Every amount by its kind, and every field of both events."""
    loan, model = troubled.loan, troubled.model
    day = desk.today
    interest, due = model.accrued // model.unit, model.interest_due
    before, receivable = desk.buckets(), desk.book.interestReceivable(day)
    new = agreed(desk, loan, penalty=1_000_00, fee=100_00, interest=due + 7, haircut=50_000_00)
    sent = desk.book.restructure(new, desk.by("approver"))
    added = 500_00 + 200_00 + interest - 7
    principal = AMOUNT - 50_000_00 + added
    dates = schedule(model.start, day + 3 * YEAR, 3)
    passed = sum(date <= day for date in dates)
    amount = annuity(principal, 40_000_000, 3, len(dates) - passed)
    residue = model.accrued % model.unit
    assert_events(
        sent,
        event(
            "LoanRestructured", loanId=loan, number=1, posting=4, valueDate=day, loanType=ANNUITY, cycleMonths=3,
            rate=40_000_000, maturity=day + 3 * YEAR, resumeOn=0, instalment=passed, instalmentAmount=amount,
            observedUntil=dates[passed] + YEAR, floor=SUBSTANDARD, proposal=hash_of(desk, new), maker=RISK_OFFICER,
            checker=APPROVER,
        ),
        event(
            "DebtRestructured", loanId=loan, valueDate=day, penaltyWaived=1_000_00, feeWaived=100_00,
            interestWaived=due + 7, haircut=50_000_00, penaltyCapitalised=500_00, feeCapitalised=200_00,
            interestCapitalised=interest - 7, undrawn=0, principal=principal, accrued=residue, uncovered=0,
        ),
    )  # fmt: skip
    stored = desk.stored(loan)
    wanted = {
        "rate": 40_000_000, "start": model.start, "maturity": day + 3 * YEAR, "state": ACTIVE,
        "category": SUBSTANDARD, "instalment": passed, "principal": principal, "undrawn": 0, "accrued": residue,
        "accruedThrough": day, "postings": 4, "instalmentAmount": amount, "principalDue": 0, "interestDue": 0,
        "oldestDue": 0, "penaltyDue": 0, "feeDue": 0, "writtenOff": 0,
    }  # fmt: skip
    assert {name: stored[name] for name in wanted} == wanted
    care = desk.book.careOf(loan).dict()
    assert (care["restructured"], care["observedUntil"], care["observedPayments"]) == (
        SUBSTANDARD, dates[passed] + YEAR, 0,
    )  # fmt: skip
    assert (care["restructurings"], care["uncovered"]) == (1, 0)
    assert desk.buckets() == [
        *(value + principal - AMOUNT for value in before[:3]),
        *before[3:6],
        before[6] + principal - AMOUNT,
    ]
    assert receivable - desk.book.interestReceivable(day) in (due + interest, due + interest - 1)
    assert desk.book.agreementOf(loan, 1)[4] == 4


def test_the_loan_goes_on_under_its_new_schedule_to_zero(desk, troubled, until):
    loan, day = troubled.loan, desk.today
    restructured(desk, loan, maturity=day + YEAR)
    dates = schedule(troubled.model.start, day + YEAR, 3)
    left = [date for date in dates if date > day]
    for date in left:
        until(date)
        owed = desk.book.preview(loan, date)
        assert owed["principalDue"] + owed["interestDue"] <= desk.stored(loan)["instalmentAmount"]
        desk.book.repay(loan, owed["principalDue"] + owed["interestDue"], date, {"from": desk.borrower})
    stored = desk.stored(loan)
    assert (stored["state"], stored["principal"], stored["accrued"], stored["interestDue"]) == (REPAID, 0, 0, 0)


def test_in_grace_due_dates_are_skipped_and_interest_runs_on(desk, troubled, until):
    loan, day = troubled.loan, desk.today
    resume = day + 200
    restructured(desk, loan, loan_type=LINEAR, resume_on=resume)
    principal, accrued = desk.stored(loan)["principal"], desk.stored(loan)["accrued"]
    dates = schedule(troubled.model.start, day + 3 * YEAR, 3)
    first = next(date for date in dates if date >= resume)
    before = [date for date in dates if day < date < resume]
    assert len(before) >= 2
    owed = desk.book.preview(loan, first - 1)
    assert (owed["principalDue"], owed["interestDue"], owed["oldestDue"]) == (0, 0, 0)
    owed = desk.book.preview(loan, first)
    interest = (accrued + principal * 40_000_000 * (first - day)) // troubled.model.unit
    share = principal // sum(date >= first for date in dates)
    assert (owed["principalDue"], owed["interestDue"], owed["oldestDue"]) == (share, interest, first)
    assert desk.book.careOf(loan)["observedUntil"] == first + YEAR


def test_a_due_date_of_the_day_has_passed(desk, troubled, until):
    """A due date of today under the new cycle does not fall due again."""
    loan, start = troubled.loan, troubled.model.start
    day = months_after(start, 12)
    until(day)
    restructured(desk, loan)
    assert desk.stored(loan)["instalment"] == 4
    assert desk.book.preview(loan, day + 1)["oldestDue"] == 0
    assert desk.book.preview(loan, months_after(start, 15))["oldestDue"] == months_after(start, 15)


def test_old_obligations_are_not_read_as_new_ones(desk, troubled, until):
    """After the old first instalment's number comes round again, arrears are dated by the new one."""
    loan, start = troubled.loan, troubled.model.start
    old = desk.book.obligationOf(loan, 1)
    assert old[0] == months_after(start, 6)
    restructured(desk, loan, loan_type=BULLET, cycle=12, maturity=months_after(start, 48))
    assert desk.stored(loan)["instalment"] == 0
    assert desk.book.obligationOf(loan, 1) == (0, 0, 0)
    until(months_after(start, 12) + 5)
    desk.book.classify(loan, desk.by("collector"))
    stored = desk.stored(loan)
    assert desk.book.obligationOf(loan, 1) == (months_after(start, 12), 0, stored["interestDue"])
    desk.book.repay(loan, 1, desk.today, {"from": desk.borrower})
    assert desk.stored(loan)["oldestDue"] == months_after(start, 12)


def test_categories_before_and_after(desk, troubled, next_day):
    """At least special mention, and substandard where it was non-performing or in default; never better than before."""
    performing = desk.originated()
    sent = restructured(desk, performing)
    assert dict(sent.events["LoanClassified"]) == {
        "loanId": performing, "category": SPECIAL_MENTION, "previous": PASS, "daysPastDue": 0, "reason": RESTRUCTURED,
        "valueDate": desk.today,
    }  # fmt: skip
    assert desk.book.careOf(performing)["restructured"] == SPECIAL_MENTION
    desk.book.declareDefault(performing, 1, desk.by("risk_officer"))
    sent = restructured(desk, performing, number=2)
    assert desk.stored(performing)["state"] == DEFAULTED
    assert desk.book.careOf(performing)["restructured"] == SUBSTANDARD
    next_day(300)
    desk.book.classify(troubled.loan, desk.by("collector"))
    assert desk.stored(troubled.loan)["category"] == LOSS
    sent = restructured(desk, troubled.loan)
    assert "LoanClassified" not in sent.events
    assert desk.stored(troubled.loan)["category"] == LOSS
    assert desk.book.careOf(troubled.loan)["restructured"] == SUBSTANDARD


def test_what_was_not_drawn_is_given_back(desk, until):
    loan = desk.approved()
    desk.draw(loan, AMOUNT // 2)
    before = desk.buckets()
    sent = restructured(desk, loan)
    assert sent.events["DebtRestructured"]["undrawn"] == AMOUNT // 2
    assert desk.buckets() == [*before[:3], *(value - AMOUNT // 2 for value in before[3:6]), before[6]]
    with reverts("LoanBook_AmountInvalid", loan, 1, 0):
        desk.draw(loan, 1)


def test_new_terms_are_used_once(desk, troubled):
    new = agreed(desk, troubled.loan)
    desk.book.restructure(new, desk.by("approver"))
    for call, person in (("proposeRestructuring", "risk_officer"), ("restructure", "approver")):
        with reverts("LoanBook_RestructuringStale", troubled.loan, 1, 2):
            getattr(desk.book, call)(new, desk.by(person))
    with reverts("LoanBook_AlreadyAccepted", troubled.loan):
        desk.book.acceptRestructuring(new, NO_DOCUMENT, {"from": desk.borrower})
    again = restructured(desk, troubled.loan, number=2, rate=30_000_000).events["LoanRestructured"]
    assert (again["number"], desk.book.careOf(troubled.loan)["restructurings"]) == (2, 2)


def test_a_payment_in_between_never_stands_in_the_way(desk, troubled, stranger):
    """One fen from a stranger: less is waived, and nothing reverts."""
    desk.fund(stranger, 1_000_00)
    new = agreed(desk, troubled.loan, penalty=1_500_00, fee=300_00, most_principal=AMOUNT + 100_000_00)
    desk.book.repay(troubled.loan, 1, desk.today, {"from": stranger})
    told = desk.book.restructure(new, desk.by("approver")).events["DebtRestructured"]
    assert (told["feeWaived"], told["penaltyWaived"], told["feeCapitalised"]) == (299_99, 1_500_00, 0)


def test_more_debt_than_was_agreed_to_is_refused(desk, troubled):
    """The bank charges a fee after acceptance: the principal would be above what the borrower agreed to."""
    model = troubled.model
    most = AMOUNT + 1_500_00 + 300_00 + model.interest_due + model.accrued // model.unit
    new = agreed(desk, troubled.loan, most_principal=most)
    desk.book.charge(troubled.loan, FEE, 1, desk.today, desk.by("collector"))
    before = desk.stored(troubled.loan)
    with reverts("LoanBook_DebtExceedsAgreed", troubled.loan, most + 1, most):
        desk.book.restructure(new, desk.by("approver"))
    assert desk.stored(troubled.loan) == before
    desk.book.repay(troubled.loan, 1, desk.today, {"from": desk.borrower})
    desk.book.restructure(new, desk.by("approver"))
    assert desk.stored(troubled.loan)["principal"] == most


def test_a_haircut_leaves_something_to_restructure(desk, troubled):
    due = troubled.model.interest_due + troubled.model.accrued // troubled.model.unit
    changes = {"penalty": 1_500_00, "fee": 300_00, "interest": due}
    with reverts("LoanBook_AmountInvalid", troubled.loan, AMOUNT, 0):
        restructured(desk, troubled.loan, haircut=AMOUNT, **changes)
    restructured(desk, troubled.loan, haircut=AMOUNT - 1, **changes)
    assert desk.stored(troubled.loan)["principal"] == 1


def test_accrued_interest_may_stay_accrued(desk, troubled):
    told = restructured(desk, troubled.loan, capitalises_accrued=False).events["DebtRestructured"]
    assert (told["interestCapitalised"], told["accrued"]) == (troubled.model.interest_due, troubled.model.accrued)


def test_a_posting_under_the_old_terms_is_not_reversed(desk, troubled):
    day = desk.today
    desk.book.repay(troubled.loan, 1_00, day, {"from": desk.borrower})
    restructured(desk, troubled.loan)
    paid = (troubled.loan, 4, 0, desk.borrower, 0, 0, 0, 1_00, 0, 0, 0, day, 0)
    with reverts("LoanBook_NotReversible", troubled.loan, 4):
        desk.book.proposeReversal(paid, desk.by("collector"))
    desk.book.repay(troubled.loan, 1_00, day, {"from": desk.borrower})
    later = (troubled.loan, 6, 0, desk.borrower, 1_00, 0, 0, 0, 0, 0, 0, day, 0)
    desk.book.proposeReversal(later, desk.by("collector"))
    desk.book.reverse(later, desk.by("approver"))


def test_only_a_live_loan_has_new_terms(desk, borrower):
    loan = desk.originated()
    new = agreed(desk, loan)
    desk.book.repay(loan, AMOUNT, desk.today, {"from": borrower})
    with reverts("LoanBook_WrongState", loan, REPAID):
        desk.book.restructure(new, desk.by("approver"))
    with reverts("LoanBook_WrongState", loan, REPAID):
        desk.book.proposeRestructuring(new, desk.by("risk_officer"))


def test_a_called_loan_goes_on_under_its_new_terms(desk, troubled):
    """The call is lifted; what was due by it is undue again."""
    desk.book.declareDefault(troubled.loan, 1, desk.by("risk_officer"))
    desk.book.proposeCall(troubled.loan, desk.by("risk_officer"))
    desk.book.callLoan(troubled.loan, desk.by("approver"))
    assert desk.stored(troubled.loan)["principalDue"] == AMOUNT
    restructured(desk, troubled.loan)
    assert desk.book.careOf(troubled.loan)["called"] is False
    stored = desk.stored(troubled.loan)
    assert (stored["principalDue"], stored["oldestDue"], stored["state"]) == (0, 0, DEFAULTED)
    first = next(day for day in schedule(troubled.model.start, stored["maturity"], 3) if day > desk.today)
    assert desk.book.preview(troubled.loan, first)["oldestDue"] == first


def test_nothing_is_booked_behind_new_terms(desk, troubled, next_day):
    """A payment of a day before them would have spared interest at another rate."""
    restructured(desk, troubled.loan)
    day = next_day(3)
    payment = desk.book.postingHash(troubled.loan, desk.borrower)
    for value_date in (day - 4, day - 3):
        desk.book.proposeBackValue(payment, value_date, desk.by("collector"))
        desk.book.authoriseBackValue(payment, value_date, desk.by("approver"))
    desk.book.repay(troubled.loan, 1_00, day, {"from": desk.borrower})
    with reverts("LoanBook_ValueDateBeforeAccrual", troubled.loan, day - 4, day - 3):
        desk.book.repay(troubled.loan, 1_00, day - 4, {"from": desk.borrower})
    desk.book.repay(troubled.loan, 1_00, day - 3, {"from": desk.borrower})


# ---------------------------------------------------------------- waivers


def waived(desk, loan, penalty, fee):
    desk.book.proposeWaiver(loan, penalty, fee, desk.by("risk_officer"))
    return desk.book.waive(loan, penalty, fee, desk.by("approver"))


def test_charges_are_waived_and_nothing_else_changes(desk, troubled):
    before = desk.stored(troubled.loan)
    sent = waived(desk, troubled.loan, 1_000_00, 400_00)
    accrued = troubled.model.accrued
    assert_events(
        sent,
        event(
            "ChargesWaived", loanId=troubled.loan, posting=4, valueDate=desk.today, penalty=1_000_00, fee=300_00,
            penaltyDue=500_00, feeDue=0, accrued=accrued, state=ACTIVE, maker=RISK_OFFICER, checker=APPROVER,
        ),
    )  # fmt: skip
    changed = {"penaltyDue": 500_00, "feeDue": 0, "postings": 4, "accrued": accrued, "accruedThrough": desk.today}
    assert desk.stored(troubled.loan) == before | changed
    with reverts("LoanBook_NotProposed", troubled.loan):
        desk.book.waive(troubled.loan, 1_000_00, 400_00, desk.by("approver"))


def test_a_waiver_takes_two_persons_and_something_to_waive(desk, troubled, second_account, spares):
    with reverts("LoanBook_AmountInvalid", troubled.loan, 0, 0):
        desk.book.proposeWaiver(troubled.loan, 0, 0, desk.by("risk_officer"))
    desk.book.proposeWaiver(troubled.loan, 1, 0, desk.by("risk_officer"))
    with reverts("LoanBook_NotProposed", troubled.loan):
        desk.book.waive(troubled.loan, 0, 1, desk.by("approver"))
    both = second_account("risk_officer", spares[0], Role.APPROVER)
    with reverts("Governed_SamePerson", RISK_OFFICER):
        desk.book.waive(troubled.loan, 1, 0, {"from": both})
    waived(desk, troubled.loan, 0, 300_00)
    desk.book.proposeWaiver(troubled.loan, 0, 300_00, desk.by("risk_officer"))
    with reverts("LoanBook_AmountInvalid", troubled.loan, 0, 0):
        desk.book.waive(troubled.loan, 0, 300_00, desk.by("approver"))


def test_a_loan_that_owes_only_a_fee_is_closed_by_its_waiver(desk, until, borrower):
    desk.offer(3, loan_type=BULLET, cycle_months=0, waterfall=PRINCIPAL_FIRST)
    loan = desk.originated(3, maturity=desk.today + 10)
    until(desk.today + 10)
    owed = desk.book.payoff(loan, desk.today)
    desk.book.charge(loan, FEE, 5_00, desk.today, desk.by("collector"))
    desk.book.repay(loan, owed, desk.today, {"from": borrower})
    assert (desk.stored(loan)["state"], desk.stored(loan)["feeDue"]) == (ACTIVE, 5_00)
    sent = waived(desk, loan, 0, 5_00)
    assert sent.events["ChargesWaived"]["state"] == REPAID
    assert dict(sent.events["LoanClosed"]) == {"loanId": loan, "valueDate": desk.today}


# ---------------------------------------------------------------- sale


def sold(desk, loan, price):
    day = desk.today
    desk.book.proposeSale(loan, BUYER, price, day, desk.by("risk_officer"))
    return desk.book.sell(loan, BUYER, price, day, desk.by("approver"))


def test_a_sold_loan_leaves_the_book(desk, troubled):
    loan, model = troubled.loan, troubled.model
    before = desk.buckets()
    interest = model.interest_due - (-model.accrued // model.unit)
    sent = sold(desk, loan, 600_000_00)
    assert_events(
        sent,
        event(
            "LoanSold", loanId=loan, buyer=BUYER, posting=4, valueDate=desk.today, price=600_000_00, principal=AMOUNT,
            interest=interest, penalty=1_500_00, fee=300_00, writtenOff=0, undrawn=0,
            result=600_000_00 - AMOUNT - interest - 1_800_00, maker=RISK_OFFICER, checker=APPROVER,
        ),
        event("StandingAnnounced", loanId=loan, closed=True, inDefault=False),
    )  # fmt: skip
    stored = desk.stored(loan)
    gone = (
        "principal", "undrawn", "accrued", "instalmentAmount", "principalDue", "interestDue", "penaltyDue", "feeDue",
        "writtenOff", "oldestDue",
    )  # fmt: skip
    assert [stored[name] for name in gone] == [0] * len(gone)
    assert (stored["state"], stored["postings"]) == (SOLD, 4)
    assert desk.buckets() == [*(value - AMOUNT for value in before[:3]), *before[3:6], before[6] - AMOUNT]
    assert desk.book.interestReceivable(desk.today) == 0
    assert desk.book.payoff(loan, desk.today) == 0


def test_nothing_is_posted_on_a_sold_loan(desk, troubled, stranger):
    loan, day = troubled.loan, desk.today
    sold(desk, loan, 1)
    refused = (
        ("repay", (loan, 1, day), {"from": desk.borrower}),
        ("repayInBatch", ([(loan, 1)], day), desk.by("collector")),
        ("charge", (loan, FEE, 1, day), desk.by("collector")),
        ("classify", (loan,), desk.by("collector")),
        ("declareDefault", (loan, 1), desk.by("risk_officer")),
        ("proposeWriteOff", (loan, 1, 0), desk.by("risk_officer")),
        ("recover", (loan, 1, day), desk.by("collector")),
        ("lapse", (loan,), {"from": stranger}),
        ("cure", (loan,), desk.by("risk_officer")),
        ("proposeRestructuring", (terms(desk, loan),), desk.by("risk_officer")),
        ("proposeWaiver", (loan, 1, 0), desk.by("risk_officer")),
        ("proposeSale", (loan, BUYER, 1, day), desk.by("risk_officer")),
        ("drawDown", (loan, 1, 0, day, day, []), desk.by("treasurer")),
    )
    for name, arguments, sender in refused:
        with reverts("LoanBook_WrongState", loan, SOLD):
            getattr(desk.book, name)(*arguments, sender)
    paid = (loan, 2, 2, NOBODY, 0, 0, 1, 0, 0, 0, 0, day, 0)
    with reverts("LoanBook_WrongState", loan, SOLD):
        desk.book.proposeReversal(paid, desk.by("collector"))


def test_a_sale_takes_two_persons_a_buyer_and_its_price(desk, troubled, second_account, spares):
    loan, day = troubled.loan, desk.today
    with reverts("LoanBook_BuyerMissing", loan):
        desk.book.proposeSale(loan, NO_DOCUMENT, 1, day, desk.by("risk_officer"))
    with reverts("LoanBook_AmountInvalid", loan, 2**52, 2**52 - 1):
        desk.book.proposeSale(loan, BUYER, 2**52, day, desk.by("risk_officer"))
    desk.book.proposeSale(loan, BUYER, 5, day, desk.by("risk_officer"))
    for buyer, price, value_date in ((DOCUMENT, 5, day), (BUYER, 4, day), (BUYER, 5, day - 1)):
        with reverts("LoanBook_NotProposed", loan):
            desk.book.sell(loan, buyer, price, value_date, desk.by("approver"))
    both = second_account("risk_officer", spares[0], Role.APPROVER)
    with reverts("Governed_SamePerson", RISK_OFFICER):
        desk.book.sell(loan, BUYER, 5, day, {"from": both})
    with reverts("Governed_ValueDateOutOfRange", day + 1, day - 30, day):
        desk.book.sell(loan, BUYER, 5, day + 1, desk.by("approver"))
    desk.book.sell(loan, BUYER, 5, day, desk.by("approver"))


def test_a_written_off_claim_is_sold_too(desk, troubled):
    loan = troubled.loan
    desk.book.declareDefault(loan, 1, desk.by("risk_officer"))
    desk.book.proposeWriteOff(loan, AMOUNT, 0, desk.by("risk_officer"))
    desk.book.writeOff(loan, AMOUNT, 0, desk.today, desk.by("approver"))
    claim, before = desk.stored(loan)["writtenOff"], desk.buckets()
    assert desk.stored(loan)["state"] == WRITTEN_OFF
    told = sold(desk, loan, 9_000_00).events["LoanSold"]
    assert (told["principal"], told["interest"], told["penalty"], told["fee"]) == (0, 0, 0, 0)
    assert (told["writtenOff"], told["result"]) == (claim, 9_000_00)
    assert (desk.stored(loan)["state"], desk.stored(loan)["writtenOff"]) == (SOLD, 0)
    assert desk.buckets() == before


def test_a_sold_loans_undrawn_part_is_given_back(desk):
    loan = desk.approved()
    desk.draw(loan, AMOUNT // 2)
    before = desk.buckets()
    assert sold(desk, loan, AMOUNT).events["LoanSold"]["undrawn"] == AMOUNT // 2
    assert desk.buckets()[3:6] == [value - AMOUNT // 2 for value in before[3:6]]


def test_a_sold_loans_lien_keeps_its_rank_for_the_buyer(desk, troubled, stranger):
    """Released by nobody; recorded as the buyer's by the bureau. Its guarantees are released."""
    collateral, loan, day = desk.system.collateral, troubled.loan, desk.today
    row = (77, desk.customer, 1, b"CN-GD\0", 10 * AMOUNT, 0, day, day + YEAR)
    collateral.register(row, desk.by("appraiser"))
    placed = collateral.pledge(77, loan, desk.customer, AMOUNT, desk.by("loan_officer"))
    lien = placed.events["LienPlaced"]["lien"]
    with reverts("CollateralRegistry_LoanNotSold", lien, loan):
        collateral.assignLien(lien, 9, desk.by("credit_bureau"))
    sold(desk, loan, AMOUNT)
    assert collateral.isSold(loan)
    with reverts("CollateralRegistry_LoanStillOwes", lien, loan):
        collateral.releaseClosed(lien, {"from": stranger})
    with reverts("CollateralRegistry_LienInvalid", 77, loan, 0, AMOUNT):
        collateral.assignLien(lien, 0, desk.by("credit_bureau"))
    before = collateral.lienOf(lien).dict()
    sent = collateral.assignLien(lien, 9, desk.by("credit_bureau"))
    assert_events(
        sent,
        event(
            "LienAssigned", lien=lien, title=77, loanId=loan, lender=9, amount=AMOUNT, assignedOn=day, person=9,
        ),
    )  # fmt: skip
    assert collateral.lienOf(lien).dict() == before | {"loanId": 0, "borrower": 0, "lender": 9}
    with reverts("CollateralRegistry_LoanNotSold", lien, 0):
        collateral.assignLien(lien, 9, desk.by("credit_bureau"))
    collateral.recordRelease(lien, AMOUNT, desk.by("credit_bureau"))


# ---------------------------------------------------------------- guarantors


@pytest.fixture
def guaranteed(desk, troubled, make_customer, outsiders):
    """The loan with a guarantee of half its amount, in default; the guarantor and the guarantee."""
    guarantor = make_customer(account=outsiders[0])
    guarantees = desk.system.guarantees
    guarantees.attestCapacity(guarantor, 10 * AMOUNT, desk.today, desk.by("risk_officer"))
    given = guarantees.guarantee(guarantor, desk.customer, troubled.loan, 10 * AMOUNT, 1, desk.by("loan_officer"))
    desk.book.declareDefault(troubled.loan, 1, desk.by("risk_officer"))
    desk.fund(outsiders[0], 10 * AMOUNT)
    return guarantor, int(given.events["GuaranteeGiven"]["guarantee"])


def test_no_document_is_recorded_once_the_debt_has_risen(desk, troubled, make_customer):
    """A guarantor without an account consents on a document before the terms are carried out, and not after."""
    guarantor, guarantees = make_customer(), desk.system.guarantees
    guarantees.attestCapacity(guarantor, 10 * AMOUNT, desk.today, desk.by("risk_officer"))
    numbers = []
    for _ in range(2):
        given = guarantees.guarantee(guarantor, desk.customer, troubled.loan, AMOUNT, 1, desk.by("loan_officer"))
        numbers.append(int(given.events["GuaranteeGiven"]["guarantee"]))
    new = agreed(desk, troubled.loan)
    desk.book.consentToRestructuring(new, numbers[0], DOCUMENT, desk.by("loan_officer"))
    added = desk.book.restructure(new, desk.by("approver")).events["DebtRestructured"]["uncovered"]
    for guarantee in numbers:
        with reverts("LoanBook_DocumentTooLate", troubled.loan, 1):
            desk.book.consentToRestructuring(new, guarantee, DOCUMENT, desk.by("loan_officer"))
    assert [desk.book.consentedOf(guarantee) for guarantee in numbers] == [added, 0]


def test_a_demand_is_at_most_what_is_owed(desk, troubled, guaranteed):
    guarantor, guarantee = guaranteed
    owed = desk.book.payoff(troubled.loan, desk.today)
    with reverts("LoanBook_DemandExceedsCovered", guarantee, owed + 1, owed):
        desk.book.demand(guarantee, owed + 1, desk.by("collector"))
    sent = desk.book.demand(guarantee, owed, desk.by("collector"))
    assert_events(
        sent,
        event(
            "GuaranteeDemanded", guarantee=guarantee, guarantor=guarantor, loanId=troubled.loan, amount=owed,
            demandedOn=desk.today, person=COLLECTOR,
        ),
    )  # fmt: skip
    assert desk.system.guarantees.demandedOf(guarantee) == owed


def test_a_guarantee_for_somebody_else_is_not_called_for_the_loan(desk, troubled, guaranteed, make_customer):
    """A false beneficiary would have passed by the check for circles."""
    guarantor, _ = guaranteed
    guarantees = desk.system.guarantees
    guarantees.attestCapacity(guarantor, 11 * AMOUNT, desk.today, desk.by("risk_officer"))
    given = guarantees.guarantee(guarantor, make_customer(), troubled.loan, AMOUNT, 2, desk.by("loan_officer"))
    guarantee = given.events["GuaranteeGiven"]["guarantee"]
    with reverts("LoanBook_GuaranteeNotOfLoan", guarantee, troubled.loan):
        desk.book.demand(guarantee, 1, desk.by("collector"))
    assert guarantees.demandedOf(guarantee) == 0


def test_what_a_restructuring_adds_is_not_demanded_without_consent(desk, troubled, guaranteed, outsiders, stranger):
    guarantor, guarantee = guaranteed
    model = troubled.model
    added = 1_800_00 + model.interest_due + model.accrued // model.unit
    new = agreed(desk, troubled.loan)
    told = desk.book.restructure(new, desk.by("approver")).events["DebtRestructured"]
    assert told["uncovered"] == added == desk.book.careOf(troubled.loan)["uncovered"]
    owed = desk.book.payoff(troubled.loan, desk.today)
    with reverts("LoanBook_DemandExceedsCovered", guarantee, owed - added + 1, owed - added):
        desk.book.demand(guarantee, owed - added + 1, desk.by("collector"))
    desk.book.demand(guarantee, owed - added, desk.by("collector"))
    with reverts("LoanBook_NotParty", troubled.loan, stranger, guarantor):
        desk.book.consentToRestructuring(new, guarantee, NO_DOCUMENT, {"from": stranger})
    with reverts("LoanBook_HasAccount", guarantor):
        desk.book.consentToRestructuring(new, guarantee, DOCUMENT, desk.by("loan_officer"))
    sent = desk.book.consentToRestructuring(new, guarantee, NO_DOCUMENT, {"from": outsiders[0]})
    assert_events(
        sent,
        event(
            "GuarantorConsented", loanId=troubled.loan, guarantee=guarantee, proposal=hash_of(desk, new),
            account=outsiders[0], documentHash=NO_DOCUMENT, valueDate=desk.today, person=0,
        ),
    )  # fmt: skip
    assert desk.book.consentedOf(guarantee) == added
    desk.book.demand(guarantee, owed, desk.by("collector"))


def test_a_guarantor_without_an_account_consents_on_a_document(
    desk, troubled, make_customer, second_account, spares, stranger
):
    """I30: a loan officer records it, who is not the person that proposed the terms."""
    loan, guarantor = troubled.loan, make_customer()
    guarantees = desk.system.guarantees
    guarantees.attestCapacity(guarantor, 10 * AMOUNT, desk.today, desk.by("risk_officer"))
    given = guarantees.guarantee(guarantor, desk.customer, loan, 10 * AMOUNT, 1, desk.by("loan_officer"))
    guarantee = int(given.events["GuaranteeGiven"]["guarantee"])
    new = agreed(desk, loan)
    with reverts("Governed_RoleMissing", desk.people["approver"], Role.LOAN_OFFICER.bit):
        desk.book.consentToRestructuring(new, guarantee, DOCUMENT, desk.by("approver"))
    recording = second_account("risk_officer", spares[0], Role.LOAN_OFFICER)
    with reverts("Governed_SamePerson", RISK_OFFICER):
        desk.book.consentToRestructuring(new, guarantee, DOCUMENT, {"from": recording})
    with reverts("LoanBook_NotParty", loan, stranger, guarantor):
        desk.book.consentToRestructuring(new, guarantee, NO_DOCUMENT, {"from": stranger})
    sent = desk.book.consentToRestructuring(new, guarantee, DOCUMENT, desk.by("loan_officer"))
    assert_events(
        sent,
        event(
            "GuarantorConsented", loanId=loan, guarantee=guarantee, proposal=hash_of(desk, new), account=NOBODY,
            documentHash=DOCUMENT, valueDate=desk.today, person=LOAN_OFFICER,
        ),
    )  # fmt: skip
    assert desk.book.consentedOf(guarantee) == 0
    desk.book.restructure(new, desk.by("approver"))
    assert desk.book.consentedOf(guarantee) == desk.book.careOf(loan)["uncovered"] > 0


def test_consent_holds_for_what_it_was_given_to(desk, troubled, guaranteed, outsiders):
    """Given before the act to the first restructuring; the second one's increase stays uncovered until consented to."""
    _, guarantee = guaranteed
    first = agreed(desk, troubled.loan)
    desk.book.consentToRestructuring(first, guarantee, NO_DOCUMENT, {"from": outsiders[0]})
    assert desk.book.consentedOf(guarantee) == 0
    desk.book.restructure(first, desk.by("approver"))
    added = desk.book.careOf(troubled.loan)["uncovered"]
    assert desk.book.consentedOf(guarantee) == added
    desk.book.charge(troubled.loan, FEE, 77, desk.today, desk.by("collector"))
    second = agreed(desk, troubled.loan, number=2, rate=30_000_000)
    desk.book.restructure(second, desk.by("approver"))
    assert desk.book.careOf(troubled.loan)["uncovered"] == added + 77
    owed = desk.book.payoff(troubled.loan, desk.today)
    with reverts("LoanBook_DemandExceedsCovered", guarantee, owed, owed - 77):
        desk.book.demand(guarantee, owed, desk.by("collector"))
    third = terms(desk, troubled.loan, number=3)
    desk.book.proposeRestructuring(third, desk.by("risk_officer"))
    desk.book.consentToRestructuring(third, guarantee, NO_DOCUMENT, {"from": outsiders[0]})
    assert desk.book.consentedOf(guarantee) == added
    desk.book.consentToRestructuring(second, guarantee, NO_DOCUMENT, {"from": outsiders[0]})
    assert desk.book.consentedOf(guarantee) == added + 77


def test_a_guarantee_of_another_loan_consents_to_nothing(desk, troubled, guaranteed, outsiders):
    _, guarantee = guaranteed
    other = desk.originated()
    new = agreed(desk, other)
    with reverts("LoanBook_GuaranteeNotOfLoan", guarantee, other):
        desk.book.consentToRestructuring(new, guarantee, NO_DOCUMENT, {"from": outsiders[0]})


def test_a_guarantor_pays_the_loan_in_one_act(desk, troubled, guaranteed, outsiders, stranger):
    guarantor, guarantee = guaranteed
    guarantees, token = desk.system.guarantees, desk.system.token
    with reverts("GuaranteeRegistry_PaymentExceeds", guarantee, 1, 0):
        desk.book.payOnGuarantee(guarantee, 1, {"from": outsiders[0]})
    desk.book.demand(guarantee, 1_000_00, desk.by("collector"))
    for account in (stranger, desk.borrower):
        with reverts("LoanBook_NotParty", troubled.loan, account, guarantor):
            desk.book.payOnGuarantee(guarantee, 1, {"from": account})
    with reverts("GuaranteeRegistry_PaymentExceeds", guarantee, 1_000_01, 1_000_00):
        desk.book.payOnGuarantee(guarantee, 1_000_01, {"from": outsiders[0]})
    balance, supply = token.balanceOf(outsiders[0]), token.totalSupply()
    sent = desk.book.payOnGuarantee(guarantee, 600_00, {"from": outsiders[0]})
    repaid = sent.events["LoanRepaid"]
    assert (repaid["payer"], repaid["fee"], repaid["penalty"]) == (outsiders[0], 300_00, 300_00)
    assert dict(sent.events["GuaranteePaid"]) == {
        "guarantee": guarantee, "guarantor": guarantor, "loanId": troubled.loan, "paid": 600_00, "demanded": 400_00,
        "amount": 10 * AMOUNT - 600_00, "live": 10 * AMOUNT - 600_00, "paidOn": desk.today,
    }  # fmt: skip
    assert (token.balanceOf(outsiders[0]), token.totalSupply()) == (balance - 600_00, supply - 600_00)
    assert guarantees.demandedOf(guarantee) == 400_00
    assert guarantees.guaranteeOf(guarantee)["state"] == 2
    desk.book.payOnGuarantee(guarantee, 400_00, {"from": outsiders[0]})
    assert guarantees.guaranteeOf(guarantee)["state"] == 1
    assert guarantees.capacityOf(guarantor) == (10 * AMOUNT, 10 * AMOUNT - 1_000_00)


def test_a_guarantor_pays_a_written_off_claim(desk, troubled, guaranteed, outsiders):
    _, guarantee = guaranteed
    desk.book.proposeWriteOff(troubled.loan, AMOUNT, 0, desk.by("risk_officer"))
    desk.book.writeOff(troubled.loan, AMOUNT, 0, desk.today, desk.by("approver"))
    claim = desk.stored(troubled.loan)["writtenOff"]
    with reverts("LoanBook_DemandExceedsCovered", guarantee, claim + 1, claim):
        desk.book.demand(guarantee, claim + 1, desk.by("collector"))
    desk.book.demand(guarantee, claim, desk.by("collector"))
    sent = desk.book.payOnGuarantee(guarantee, claim, {"from": outsiders[0]})
    told = sent.events["LoanRecovered"]
    assert (told["payer"], told["amount"], told["writtenOff"]) == (outsiders[0], claim, 0)
    assert desk.stored(troubled.loan)["state"] == REPAID
    assert desk.system.guarantees.guaranteeOf(guarantee)["amount"] == 10 * AMOUNT - claim
    with reverts("LoanBook_WrongState", troubled.loan, REPAID):
        desk.book.payOnGuarantee(guarantee, 1, {"from": outsiders[0]})


def test_a_sold_loans_guarantee_leaves_the_book(desk, troubled, guaranteed, outsiders, stranger):
    guarantor, guarantee = guaranteed
    sold(desk, troubled.loan, AMOUNT)
    with reverts("GuaranteeRegistry_LoanNotInDefault", guarantee, troubled.loan):
        desk.book.demand(guarantee, 1, desk.by("collector"))
    desk.system.guarantees.releaseClosed(guarantee, {"from": stranger})
    assert desk.system.guarantees.capacityOf(guarantor) == (10 * AMOUNT, 0)
