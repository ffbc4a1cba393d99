"""The opening book: loans recorded as they stood, once each, counted against what was proposed."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.lending import (
    ACTIVE,
    AMOUNT,
    ANNUITY,
    DEFAULTED,
    DOUBTFUL,
    INDUSTRY,
    MAX_MONEY,
    REGION,
    REPAID,
    SUBSTANDARD,
    WRITTEN_OFF,
    Desk,
    annuity,
    imported_row,
    schedule,
)

REFERENCE = keccak(b"row 1")


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer(1, cycle_months=6)
    desk.offer(2, loan_type=ANNUITY, cycle_months=1)
    return desk


def row(desk, reference=REFERENCE, **changes):
    """A sound row: a loan a third repaid, nothing overdue."""
    sound = {
        "customer": desk.customer,
        "start": desk.today - 200,
        "maturity": desk.today + 900,
        "rate": 60_000_000,
        "originated": AMOUNT,
        "outstanding": AMOUNT // 2,
        "principal_paid": AMOUNT // 2,
        "interest_paid": 700,
        "fees_paid": 80,
        "source_status": 7,
    }
    return imported_row(reference, **(sound | changes))


def outstanding(one):
    return (one[2] >> 48) & (2**48 - 1)


def released(desk, rows):
    total = sum(outstanding(one) for one in rows)
    sent = desk.book.proposeImport(keccak(b"file"), len(rows), total, desk.by("loan_officer"))
    number = sent.events["ImportProposed"]["importId"]
    desk.book.releaseImport(number, desk.by("approver"))
    return number


def take_in(desk, *rows):
    return desk.book.importLoans(released(desk, rows), list(rows), desk.by("loan_officer"))


def test_a_loan_is_told_and_kept_as_it_stood(desk):
    day, before = desk.today, desk.buckets()
    one = row(desk)
    sent = take_in(desk, one)
    loan = desk.book.loanIdOf(REFERENCE)
    assert loan == int.from_bytes(keccak(REFERENCE), "big") % 2**63 + 2**63
    passed = sum(due < day for due in schedule(day - 200, day + 900, 6))
    assert passed == 1
    assert_events(
        sent,
        event(
            "LoanImported",
            loanId=loan,
            customer=desk.customer,
            importId=1,
            externalRef="0x" + REFERENCE.hex(),
            product=1,
            industry="0x" + INDUSTRY.hex(),
            region="0x" + REGION.hex(),
            purpose="0x" + b"HOME".hex(),
            sourceStatus=7,
            rate=60_000_000,
            start=day - 200,
            maturity=day + 900,
            valueDate=day,
        ),
        event(
            "BalancesImported",
            loanId=loan,
            state=ACTIVE,
            category=1,
            oldestDue=0,
            originated=AMOUNT,
            principal=AMOUNT // 2,
            principalPaid=AMOUNT // 2,
            interestPaid=700,
            feesPaid=80,
            writtenOff=0,
            principalDue=0,
            interestDue=0,
            instalmentAmount=0,
            instalment=passed,
        ),
    )
    stored = desk.stored(loan)
    expected = {
        "customer": desk.customer,
        "product": 1,
        "rate": 60_000_000,
        "start": day - 200,
        "maturity": day + 900,
        "state": ACTIVE,
        "category": 1,
        "instalment": passed,
        "principal": AMOUNT // 2,
        "undrawn": 0,
        "accrued": 0,
        "accruedThrough": day,
        "postings": 0,
        "instalmentAmount": 0,
        "principalDue": 0,
        "interestDue": 0,
        "oldestDue": 0,
        "penaltyDue": 0,
        "feeDue": 0,
        "writtenOff": 0,
        "availableUntil": 0,
    }
    assert {name: stored[name] for name in expected} == expected
    half = AMOUNT // 2
    assert desk.buckets() == [*(value + half for value in before[:3]), *before[3:6], before[6] + half]
    assert tuple(desk.book.importOf(1)) == (2, 1, half)


def test_arrears_carry_their_day_and_later_dues_follow(desk, next_day):
    day = desk.today
    take_in(
        desk,
        row(desk, category=SUBSTANDARD, principal_due=3_000, interest_due=200, oldest_due=day - 95),
    )
    loan = desk.book.loanIdOf(REFERENCE)
    stored = desk.stored(loan)
    assert (stored["state"], stored["principalDue"], stored["interestDue"]) == (DEFAULTED, 3_000, 200)
    assert stored["oldestDue"] == day - 95
    desk.book.repayInBatch([(loan, 3_199)], day, desk.by("collector"))
    assert desk.stored(loan)["oldestDue"] == day - 95
    desk.book.repayInBatch([(loan, 1)], day, desk.by("collector"))
    assert desk.stored(loan)["oldestDue"] == 0
    due = next(due for due in schedule(day - 200, day + 900, 6) if due >= day)
    next_day(due - day + 1)
    desk.book.classify(loan, desk.by("collector"))
    stored = desk.stored(loan)
    assert (stored["oldestDue"], stored["instalment"]) == (due, 2)
    assert stored["interestDue"] == (AMOUNT // 2 - 3_000) * 60_000_000 * (due - day) // (360 * 10**9)


def test_an_annuity_fixes_its_instalment_on_what_is_not_yet_due(desk):
    day = desk.today
    take_in(desk, row(desk, product=2))
    stored = desk.stored(desk.book.loanIdOf(REFERENCE))
    dates = schedule(day - 200, day + 900, 1)
    passed = sum(due < day for due in dates)
    assert stored["instalment"] == passed
    assert stored["instalmentAmount"] == annuity(AMOUNT // 2, 60_000_000, 1, len(dates) - passed)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"outstanding": 0, "principal_paid": AMOUNT}, REPAID),
        ({"outstanding": 0, "principal_paid": 100, "written_off": AMOUNT - 100, "category": 5}, WRITTEN_OFF),
        ({"category": DOUBTFUL}, DEFAULTED),
        ({"originated": MAX_MONEY, "outstanding": MAX_MONEY, "principal_paid": 0}, ACTIVE),
    ],
)
def test_the_state_follows_from_what_is_owed(desk, changes, state):
    take_in(desk, row(desk, **changes))
    stored = desk.stored(desk.book.loanIdOf(REFERENCE))
    assert stored["state"] == state
    assert stored["writtenOff"] == changes.get("written_off", 0)


def test_a_claim_taken_in_is_recovered(desk):
    take_in(desk, row(desk, outstanding=0, principal_paid=0, written_off=900, category=5))
    loan = desk.book.loanIdOf(REFERENCE)
    desk.book.recover(loan, 900, desk.today, desk.by("collector"))
    assert desk.stored(loan)["state"] == REPAID


@pytest.mark.parametrize(
    "changes",
    [
        {"originated": 0, "outstanding": 0, "principal_paid": 0},
        {"originated": MAX_MONEY + 1},
        {"outstanding": AMOUNT // 2 + 1},
        {"principal_due": AMOUNT, "oldest_due": 1},
        {"interest_due": 1},
        {"oldest_due": 1},
        {"category": 0},
        {"category": 6},
        {"start": 0},
    ],
)
def test_rows_that_contradict_themselves_are_refused(desk, changes):
    one = row(desk, **changes)
    with reverts("LoanBook_ImportInconsistent", desk.book.loanIdOf(REFERENCE)):
        take_in(desk, one)


@pytest.mark.parametrize(
    "dates",
    [
        lambda day: {"start": day + 1},
        lambda day: {"maturity": day - 200},
        lambda day: {"maturity": day - 1},  # past maturity and not due
        lambda day: {"oldest_due": day + 1, "interest_due": 1},
    ],
)
def test_dates_that_contradict_each_other_are_refused(desk, dates):
    with reverts("LoanBook_ImportInconsistent", desk.book.loanIdOf(REFERENCE)):
        take_in(desk, row(desk, **dates(desk.today)))


@pytest.mark.parametrize(("word", "bit"), [(1, 250), (1, 204), (1, 218), (2, 240), (3, 94), (3, 187)])
def test_bits_that_mean_nothing_are_refused(desk, word, bit):
    one = list(row(desk))
    one[word] |= 1 << bit
    with reverts("LoanBook_ImportInconsistent", desk.book.loanIdOf(REFERENCE)):
        take_in(desk, tuple(one))


def test_a_row_is_booked_once(desk):
    take_in(desk, row(desk))
    with reverts("LoanBook_AlreadyImported", desk.book.loanIdOf(REFERENCE)):
        take_in(desk, row(desk))


def test_unknown_customers_and_products_are_refused(desk):
    for customer in (0, desk.customer + 1):
        with reverts("LoanBook_CustomerUnknown", customer):
            take_in(desk, row(desk, customer=customer))
    with reverts("LoanBook_ProductInvalid", 3):
        take_in(desk, row(desk, product=3))


def test_codes_are_letters_digits_and_hyphens(desk):
    with reverts("LoanBook_CodeInvalid", INDUSTRY, b"cn-GD\0"):
        take_in(desk, row(desk, region=b"cn-GD"))
    with reverts("LoanBook_CodeInvalid", bytes(4), bytes(6)):
        take_in(desk, row(desk, industry=b"", region=b""))
    take_in(desk, row(desk, industry=b""))  # a personal loan belongs to no industry


def test_rows_beyond_the_proposal_are_refused(desk):
    first, second = row(desk), row(desk, keccak(b"row 2"))
    number = released(desk, [first])
    half = AMOUNT // 2
    with reverts("Importing_Mismatch", number, 2, 1, 2 * half, half):
        desk.book.importLoans(number, [first, second], desk.by("loan_officer"))
    desk.book.importLoans(number, [first], desk.by("loan_officer"))
    desk.book.completeImport(number, desk.by("loan_officer"))
    with reverts("Importing_WrongState", number, 3, 2):
        desk.book.importLoans(number, [second], desk.by("loan_officer"))
