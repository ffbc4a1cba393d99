"""An earmark that comes back to a loan which owes nothing just then."""

from __future__ import annotations

from dataclasses import astuple

from eth_utils.crypto import keccak

from scripts.products import PRODUCTS
from tests.contracts.expect import assert_events, event
from tests.stateful.model.terms import add_months

ANNUITY = 5
AMOUNT = 1_000_000
ROUNDING = 365 * 10**9 - 1  # made once, when the loan was paid off for the time being


def test_due_dates_that_were_told_are_stored(system, people, make_customer, borrower, stranger, next_day, today):
    """I34: the money is freed, not booked as a payment; due dates stay passed, and no untold day is stored."""
    book, by = system.book, {name: {"from": account} for name, account in people.items()}
    customer = make_customer(account=borrower, grade=5)
    book.setProduct(ANNUITY, astuple(PRODUCTS[ANNUITY]), by["risk_officer"])
    terms = (customer, ANNUITY, b"K70\0", b"CN-GD\0", b"WORK", AMOUNT, 50_000_000, today + 365, keccak(b"terms"))
    loan = book.applyFor(terms, by["loan_officer"]).return_value
    book.approve(loan, by["approver"])
    book.drawDown(loan, AMOUNT // 2, 1, today + 10, today, [], by["treasurer"])
    book.repayInBatch([(loan, AMOUNT // 2)], today, by["collector"])  # half is still to be drawn: the loan lives on
    next_day(70)
    returning = book.returnEarmark(loan, borrower, {"from": stranger})
    assert_events(
        returning,
        *(
            event(
                "InstalmentFellDue",
                loanId=loan,
                instalment=instalment,
                dueDate=add_months(today, instalment),
                principal=0,
                interest=0,
                principalDue=0,
                interestDue=0,
                oldestDue=0,
                accrued=ROUNDING,
            )
            for instalment in (1, 2)
        ),
        event("Transfer", **{"from": system.token, "to": borrower, "amount": AMOUNT // 2}),
        event("EarmarkReturned", loanId=loan, borrower=borrower, returned=0, freed=AMOUNT // 2),
    )
    stored = book.loanOf(loan)
    assert (stored["instalment"], stored["accruedThrough"], stored["postings"]) == (2, add_months(today, 2), 2)
    assert system.token.balanceOf(borrower) == AMOUNT // 2
