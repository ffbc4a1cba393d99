"""Term sheets signed by the borrower's account, and the fee of each drawdown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from brownie import chain
from eth_account import Account

from scripts.signing import digest, signature
from scripts.term_sheets import applied_sheet
from tests.contracts.expect import assert_events, event, fields_of, reverts
from tests.contracts.lending import (
    ACTIVE,
    AMOUNT,
    CHARGE,
    FEE,
    NOBODY,
    PENALTY,
    REPAID,
    TERMS,
    Desk,
    key_of,
)

CURVE_ORDER = 2**256 - 0x14551231950B75FC4402DA1732FC9BEBF  # of secp256k1
SIGNED, PLAIN, FEES = 1, 2, 3
TENTH_PERCENT = 1_000_000


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    for number in (SIGNED, PLAIN, FEES):
        desk.offer(number)
    desk.serve(SIGNED, signed_terms=1)
    desk.serve(PLAIN)
    desk.serve(FEES, drawing_fee=TENTH_PERCENT)
    return desk


def signed_elsewhere(desk, sheet, **domain):
    """A signature of the borrower's own key in another domain."""
    there = {"chain_id": chain.id, "book": desk.book.address} | domain
    return signature(sheet, key_of(desk.borrower), **there)


def sign(desk, loan, signed, by="collector"):
    return desk.book.signTermSheet(loan, signed, desk.by(by))


# ---------------------------------------------------------------- signing


def test_a_signature_is_told_and_kept_and_changes_nothing_else(desk, stranger):
    """Anybody may bring it, before the approval or after."""
    sent = desk.book.applyFor(desk.application(SIGNED), desk.by("loan_officer"))
    told = fields_of(sent, "LoanApplied")
    loan = told["loanId"]
    sheet = applied_sheet(
        {**told, **{name: bytes(told[name]) for name in ("industry", "region", "purpose", "termsHash")}}
    )
    assert sheet == desk.sheet(loan)
    wanted = digest(sheet, chain_id=chain.id, book=desk.book.address)
    assert desk.book.digestOf(loan) == "0x" + wanted.hex()
    assert tuple(desk.book.signatureOf(loan)) == ("0x" + TERMS.hex(), False)
    before, buckets = desk.stored(loan), desk.buckets()
    sent = desk.book.signTermSheet(loan, desk.signed(loan), {"from": stranger})
    assert_events(
        sent,
        event(
            "TermSheetSigned",
            loanId=loan,
            account=desk.borrower,
            digest="0x" + wanted.hex(),
            document="0x" + TERMS.hex(),
            valueDate=desk.today,
        ),
    )
    assert desk.book.digestOf(loan) == "0x" + wanted.hex()
    assert tuple(desk.book.signatureOf(loan)) == ("0x" + TERMS.hex(), True)
    assert (desk.stored(loan), desk.buckets()) == (before, buckets)
    desk.book.approve(loan, desk.by("approver"))
    desk.book.originate(loan, desk.today, desk.by("treasurer"))
    assert desk.book.digestOf(loan) == "0x" + bytes(32).hex()
    assert tuple(desk.book.signatureOf(loan)) == ("0x" + TERMS.hex(), True)


def test_a_loan_is_not_drawn_before_its_term_sheet_is_signed(desk):
    loan = desk.approved(SIGNED)
    with reverts("LoanBook_NotSigned", loan):
        desk.book.originate(loan, desk.today, desk.by("treasurer"))
    with reverts("LoanBook_NotSigned", loan):
        desk.draw(loan, 1)
    sign(desk, loan, desk.signed(loan))
    desk.draw(loan, 1)
    desk.draw(loan, AMOUNT - 1)
    assert desk.stored(loan)["state"] == ACTIVE


CHANGES = {
    "loan_id": 77,
    "customer": 2,
    "product": PLAIN,
    "industry": b"C26\0",
    "region": b"CN-BJ\0",
    "purpose": b"TRAD",
    "amount": AMOUNT + 1,
    "rate": 1,
    "maturity": 1,
    "document": bytes(32),
}


@pytest.mark.parametrize("field", CHANGES)
def test_other_terms_than_those_applied_for_are_refused(desk, field):
    loan = desk.applied(SIGNED)
    other = replace(desk.sheet(loan), **{field: CHANGES[field]})
    with reverts("LoanBook_SignatureInvalid", loan, desk.borrower):
        sign(desk, loan, signed_elsewhere(desk, other))
    assert not desk.book.signatureOf(loan)[1]


def test_a_signature_for_elsewhere_or_by_another_is_refused(desk, outsiders):
    """I27: one chain, one contract, one loan, one signer; the offices that the loan book's code is in are elsewhere."""
    loan, other = desk.applied(SIGNED), desk.applied(SIGNED)
    sheet = desk.sheet(loan)
    forged = [
        signed_elsewhere(desk, sheet, chain_id=chain.id + 1),
        signed_elsewhere(desk, sheet, book=desk.system.token.address),
        signed_elsewhere(desk, sheet, book=desk.book.backOffice()),
        signed_elsewhere(desk, sheet, book=desk.book.productOffice()),
        desk.signed(other),
        signature(sheet, key_of(outsiders[0]), chain_id=chain.id, book=desk.book.address),
        signature(sheet, bytes(Account.create().key), chain_id=chain.id, book=desk.book.address),
    ]
    for signed in forged:
        with reverts("LoanBook_SignatureInvalid", loan, desk.borrower):
            sign(desk, loan, signed)
    sign(desk, loan, desk.signed(loan))


def test_a_signature_has_one_form(desk):
    """The same signature with the other root, without its parity, longer, or none."""
    loan = desk.applied(SIGNED)
    signed = desk.signed(loan)
    r, s, v = signed[:32], int.from_bytes(signed[32:64], "big"), signed[64]
    malleable = r + (CURVE_ORDER - s).to_bytes(32, "big") + bytes([55 - v])
    compact = r + (s | (v - 27) << 255).to_bytes(32, "big")
    for other in (malleable, compact, signed + b"\0", r + signed[32:64] + bytes([v - 27]), bytes(65), b""):
        with reverts("LoanBook_SignatureInvalid", loan, desk.borrower):
            sign(desk, loan, other)
    sign(desk, loan, signed)


def test_a_signature_works_once(desk):
    loan = desk.applied(SIGNED)
    signed = desk.signed(loan)
    sign(desk, loan, signed)
    with reverts("LoanBook_AlreadySigned", loan):
        sign(desk, loan, signed)
    again = desk.applied(SIGNED)
    with reverts("LoanBook_SignatureInvalid", again, desk.borrower):
        sign(desk, again, signed)


def test_the_account_that_is_bound_when_it_signs_must_sign(desk, system, outsiders, people):
    """A rebinding in between moves the right to sign."""
    loan = desk.applied(SIGNED)
    successor = outsiders[1]
    system.customers.proposeRebinding(desk.customer, successor, {"from": people["loan_officer"]})
    chain.sleep(8 * 86_400)
    chain.mine()
    system.customers.confirmRebinding(desk.customer, {"from": people["approver"]})
    with reverts("LoanBook_SignatureInvalid", loan, successor):
        sign(desk, loan, desk.signed(loan))
    signed = signature(desk.sheet(loan), key_of(successor), chain_id=chain.id, book=desk.book.address)
    assert sign(desk, loan, signed).events["TermSheetSigned"]["account"] == successor


def test_a_contract_signs_as_its_owner_does(desk, make_customer, outsiders, WalletHarness):
    owner = outsiders[2]
    wallet = WalletHarness.deploy(owner, {"from": owner})
    company = Desk(desk.system, desk.people, make_customer(account=wallet, grade=3), wallet)
    loan = company.applied(SIGNED)
    domain = {"chain_id": chain.id, "book": desk.book.address}
    with reverts("LoanBook_SignatureInvalid", loan, wallet):
        sign(desk, loan, signature(company.sheet(loan), key_of(desk.borrower), **domain))
    sent = sign(desk, loan, signature(company.sheet(loan), key_of(owner), **domain))
    assert sent.events["TermSheetSigned"]["account"] == wallet


def test_what_cannot_be_signed_says_why(desk, make_customer):
    loan = desk.applied(PLAIN)
    with reverts("LoanBook_SignatureNotNeeded", loan):
        sign(desk, loan, desk.signed(loan))
    assert desk.book.digestOf(loan) == "0x" + bytes(32).hex()
    assert tuple(desk.book.signatureOf(loan)) == ("0x" + bytes(32).hex(), False)
    with reverts("LoanBook_DocumentMissing", SIGNED):
        desk.applied(SIGNED, terms_hash=bytes(32))
    desk.applied(PLAIN, terms_hash=bytes(32))
    nameless = make_customer(grade=3)
    loan = desk.applied(SIGNED, customer=nameless)
    with reverts("LoanBook_NoAccount", nameless):
        sign(desk, loan, bytes(65))
    with reverts("LoanBook_Unknown", 999):
        sign(desk, 999, bytes(65))


def test_the_domain_is_the_loan_book_s_own(desk):
    fields, name, version, chain_id, contract, salt, extensions = desk.book.eip712Domain()
    assert (name, version, chain_id, contract) == ("Loan book", "1", chain.id, desk.book.address)
    assert (str(fields), str(salt), list(extensions)) == ("0x0f", "0x" + bytes(32).hex(), [])


# ---------------------------------------------------------------- drawing fee


def charged(loan, posting, amount, due, day):
    """The fields of a drawing fee's event: it is charged by the product's terms, so by no person."""
    return {
        "loanId": loan,
        "kind": FEE,
        "posting": posting,
        "valueDate": day,
        "amount": amount,
        "feeDue": due,
        "penaltyDue": 0,
        "person": 0,
    }


def test_each_drawdown_is_charged_its_fee_rounded_down(desk):
    loan, day = desk.approved(FEES), desk.today
    buckets = desk.buckets()
    first = desk.draw(loan, 1_999)
    assert fields_of(first, "LoanDrawn")["posting"] == 1
    assert fields_of(first, "LoanCharged") == charged(loan, 2, 1, 1, day)
    second = desk.draw(loan, 500_000)  # the fee that is due does not stop it
    assert fields_of(second, "LoanDrawn")["posting"] == 3
    assert fields_of(second, "LoanCharged") == charged(loan, 4, 500, 501, day)
    small = desk.draw(loan, 999)
    assert "LoanCharged" not in {one.name for one in small.events}
    stored = desk.stored(loan)
    assert (stored["feeDue"], stored["postings"], stored["principal"]) == (501, 5, 502_998)
    assert [after - before for after, before in zip(desk.buckets(), buckets, strict=True)] == [
        *3 * [502_998],
        *3 * [-502_998],
        502_998,
    ]
    assert desk.book.payoff(loan, day) == 502_998 + 501


def test_a_loan_paid_out_whole_is_charged_too_and_the_fee_can_be_reversed(desk):
    loan, day = desk.approved(FEES, amount=1_234_567), desk.today
    sent = desk.book.originate(loan, day, desk.by("treasurer"))
    assert [one.name for one in sent.events] == ["LoanDrawn", "LoanCharged"]
    assert fields_of(sent, "LoanCharged") == charged(loan, 2, 1_234, 1_234, day)
    row = (loan, 2, CHARGE, NOBODY, 0, 0, 0, 1_234, 0, 0, 0, day, 0)
    desk.book.proposeReversal(row, desk.by("collector"))
    desk.book.reverse(row, desk.by("approver"))
    assert desk.stored(loan)["feeDue"] == 0
    desk.book.repayInBatch([(loan, 1_234_567)], day, desk.by("collector"))
    assert desk.stored(loan)["state"] == REPAID


def test_other_dues_still_stop_a_drawdown(desk):
    loan = desk.approved(FEES)
    desk.draw(loan, AMOUNT // 2)
    desk.book.charge(loan, PENALTY, 5, desk.today, desk.by("collector"))
    with reverts("LoanBook_InArrears", loan, 0):
        desk.draw(loan, 1)
