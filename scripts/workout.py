"""Acts on loans in difficulty: charges and waivers, new terms, sales, guarantors who pay, what is written off."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any, Final

from eth_utils.crypto import keccak

from analytics.ledger import LOAN_TYPES
from data.acts import Charge, PayGuarantee, Recover, ReleaseGuarantee, Restructure, Sell, Waive, WriteOff
from scripts.desk import Desk
from scripts.new_terms import NewTerms

CHARGES: Final = ("fee", "penalty")
NO_DOCUMENT: Final = bytes(32)
DEADLINE_DAYS: Final = 30


def charge(desk: Desk, act: Charge) -> None:
    """A fee or a penalty, charged by the collector."""
    kind = CHARGES.index(act.kind)
    desk.send(desk.system.book.charge, desk.loans[act.loan], kind, act.amount, act.day, by="collector")


def waive(desk: Desk, act: Waive) -> None:
    """Charges waived up to these amounts, under four eyes."""
    arguments = desk.loans[act.loan], act.penalty, act.fee
    desk.send(desk.system.book.proposeWaiver, *arguments, by="risk_officer")
    desk.send(desk.system.book.waive, *arguments, by="approver")


def restructure(desk: Desk, act: Restructure, account: Any = None) -> None:
    """New terms: proposed, accepted from the borrower's account or on a signed document, carried out.

    Parameters: ``account`` is the borrower's, None where it has none.
    """
    book, loan = desk.system.book, desk.loans[act.loan]
    number = int(book.careOf(loan)["restructurings"]) + 1
    stored = book.preview(loan, act.day)
    owed = sum(stored[name] for name in ("principal", "interestDue", "penaltyDue", "feeDue"))
    interest = int(stored["accrued"]) // (360 * 10**9) + 1
    terms = astuple(NewTerms(
        loan, number, act.day + DEADLINE_DAYS, LOAN_TYPES.index(act.loan_type), act.cycle_months, act.rate,
        act.maturity, act.resume_on, True, act.penalty, act.fee, act.interest, act.haircut, owed + interest,
    ))  # fmt: skip
    document = keccak(text=f"new terms of {act.loan}")
    desk.send(book.proposeRestructuring, terms, by="risk_officer")
    if account is None:
        desk.send(book.acceptRestructuring, terms, document, by="loan_officer")
    else:
        desk.send(book.acceptRestructuring, terms, NO_DOCUMENT, by=account)
    for ref in act.consents:
        desk.send(book.consentToRestructuring, terms, desk.guarantees[ref], document, by="loan_officer")
    desk.send(book.restructure, terms, by="approver")


def sell(desk: Desk, act: Sell) -> None:
    """A loan sold under four eyes; its liens are recorded as the buyer's, its guarantees released."""
    book, loan = desk.system.book, desk.loans[act.loan]
    arguments = loan, desk.commitment(act.buyer), act.price, act.day
    desk.send(book.proposeSale, *arguments, by="risk_officer")
    desk.send(book.sell, *arguments, by="approver")
    for (_, ref), lien in desk.liens.items():
        if ref == act.loan:
            desk.send(desk.system.collateral.assignLien, lien, act.lender, by="credit_bureau")


def pay_guarantee(desk: Desk, act: PayGuarantee, account: Any) -> None:
    """A demand, and its payment from the guarantor's deposit."""
    book, guarantee = desk.system.book, desk.guarantees[act.guarantee]
    desk.send(book.demand, guarantee, act.demanded, by="collector")
    desk.send(desk.system.token.fund, account, act.amount, by="treasurer")
    desk.send(book.payOnGuarantee, guarantee, act.amount, by=account)


def release_guarantee(desk: Desk, act: ReleaseGuarantee) -> None:
    """Part or all of a guarantee released: proposed by a loan officer, confirmed by an approver."""
    arguments = desk.guarantees[act.guarantee], act.amount
    desk.send(desk.system.guarantees.proposeRelease, *arguments, by="loan_officer")
    desk.send(desk.system.guarantees.release, *arguments, by="approver")


def write_off(desk: Desk, act: WriteOff) -> None:
    """Principal and the interest due, proposed by the risk officer and done by the approver."""
    book, loan = desk.system.book, desk.loans[act.loan]
    interest = desk.views().one("LoanBook", "preview", loan, act.day)["interest_due"]
    desk.send(book.proposeWriteOff, loan, act.principal, interest, by="risk_officer")
    desk.send(book.writeOff, loan, act.principal, interest, act.day, by="approver")


def recover(desk: Desk, act: Recover) -> None:
    """Money on a written-off claim, taken by the collector."""
    desk.send(desk.system.book.recover, desk.loans[act.loan], act.amount, act.day, by="collector")
