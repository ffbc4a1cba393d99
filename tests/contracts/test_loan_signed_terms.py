"""New terms that the borrower, and a guarantor, agree to by signature (EIP-712)."""

from __future__ import annotations

from dataclasses import astuple, replace

import pytest
from brownie import chain

from scripts.new_terms import GuarantorConsent, NewTerms
from scripts.roles import Role
from scripts.signing import digest, signature
from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.lending import AMOUNT, ANNUITY, MAX_MONEY, Desk, key_of

RISK_OFFICER, APPROVER = 3, 5  # the people's numbers
NO_DOCUMENT = bytes(32)


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer(1)
    return desk


@pytest.fixture(scope="module")
def loan(desk):
    return desk.originated()


@pytest.fixture(scope="module")
def guarantee(desk, loan, make_customer, outsiders):
    """A guarantee by the first outsider's company."""
    guarantor = make_customer(account=outsiders[0])
    desk.system.guarantees.attestCapacity(guarantor, AMOUNT, desk.today, desk.by("risk_officer"))
    arguments = (guarantor, desk.customer, loan, AMOUNT, 1)
    given = desk.system.guarantees.guarantee(*arguments, desk.by("loan_officer"))
    return int(given.events["GuaranteeGiven"]["guarantee"])


def proposed(desk, loan, **changes):
    """New terms, each of another value, proposed."""
    new = NewTerms(
        loan, 1, desk.today + 30, ANNUITY, 3, 40_000_000, desk.today + 1_000, desk.today + 50, True, 1, 2, 3, 4,
        MAX_MONEY,
    )  # fmt: skip
    new = replace(new, **changes)
    desk.book.proposeRestructuring(astuple(new), desk.by("risk_officer"))
    return new


def signed(desk, message, account, **domain):
    return signature(message, key_of(account), **({"chain_id": chain.id, "book": desk.book.address} | domain))


def signed_digest(desk, message):
    return "0x" + digest(message, chain_id=chain.id, book=desk.book.address).hex()


def accept(desk, new, by, sender="collector"):
    return desk.book.acceptRestructuringSigned(astuple(new), by, desk.by(sender))


def proposal_of(desk, loan):
    return desk.book.agreementOf(loan, 1)[0]


def test_a_borrower_accepts_by_a_signature_that_anybody_brings(desk, loan, stranger):
    new = proposed(desk, loan)
    before = desk.stored(loan)
    sent = desk.book.acceptRestructuringSigned(astuple(new), signed(desk, new, desk.borrower), {"from": stranger})
    assert_events(
        sent,
        event(
            "RestructuringAccepted", loanId=loan, proposal=proposal_of(desk, loan), account=desk.borrower,
            documentHash=signed_digest(desk, new), valueDate=desk.today, person=0,
        ),
    )  # fmt: skip
    assert desk.book.agreementOf(loan, 1)[1:5] == (RISK_OFFICER, 0, True, 0)
    assert desk.stored(loan) == before
    with reverts("LoanBook_AlreadyAccepted", loan):
        accept(desk, new, signed(desk, new, desk.borrower))
    desk.book.restructure(astuple(new), desk.by("approver"))
    assert desk.stored(loan)["rate"] == 40_000_000


@pytest.mark.parametrize("field", NewTerms.TYPE)
def test_a_signature_is_for_every_term(desk, loan, field):
    new = proposed(desk, loan)
    name = dict(zip(NewTerms.TYPE, NewTerms.__slots__, strict=True))[field]
    value = getattr(new, name)
    other = replace(new, **{name: not value if field == "capitalisesAccrued" else value + 1})
    with reverts("LoanBook_SignatureInvalid", loan, desk.borrower):
        accept(desk, new, signed(desk, other, desk.borrower))
    assert not desk.book.agreementOf(loan, 1)[3]


def test_a_signature_for_elsewhere_or_by_another_is_refused(desk, loan, guarantee, outsiders):
    """I27: one chain, one contract, one signer, one meaning."""
    new = proposed(desk, loan)
    forged = (
        signed(desk, new, desk.borrower, chain_id=chain.id + 1),
        signed(desk, new, desk.borrower, book=desk.book.backOffice()),
        signed(desk, new, outsiders[0]),
        signed(desk, GuarantorConsent(guarantee, new), desk.borrower),
        b"",
    )
    for one in forged:
        with reverts("LoanBook_SignatureInvalid", loan, desk.borrower):
            accept(desk, new, one)


def test_a_signature_ends_with_its_deadline_and_with_its_proposal(desk, loan, next_day):
    first = proposed(desk, loan, deadline=desk.today)
    by = signed(desk, first, desk.borrower)
    second = proposed(desk, loan, rate=30_000_000)
    with reverts("LoanBook_NotProposed", loan):
        accept(desk, first, by)
    with reverts("LoanBook_SignatureInvalid", loan, desk.borrower):
        accept(desk, second, by)
    proposed(desk, loan, deadline=desk.today)
    next_day(1)
    with reverts("LoanBook_DeadlinePassed", loan, desk.today - 1, desk.today):
        accept(desk, first, by)


def test_a_customer_without_an_account_signs_nothing(desk, make_customer):
    customer = make_customer(grade=3)
    new = proposed(desk, desk.originated(customer=customer))
    with reverts("LoanBook_NoAccount", customer):
        accept(desk, new, signed(desk, new, desk.borrower))


def test_a_contract_signs_as_its_owner_does(desk, make_customer, outsiders, WalletHarness):
    owner = outsiders[2]
    wallet = WalletHarness.deploy(owner, {"from": owner})
    loan = desk.originated(customer=make_customer(account=wallet, grade=3))
    new = proposed(desk, loan)
    with reverts("LoanBook_SignatureInvalid", loan, wallet):
        accept(desk, new, signed(desk, new, desk.borrower))
    sent = accept(desk, new, signed(desk, new, owner))
    assert sent.events["RestructuringAccepted"]["account"] == wallet


def test_i30_a_person_of_the_bank_who_signs_checks_nothing_of_its_own(desk, make_customer, second_account, spares):
    account = second_account("approver", spares[0], Role.APPROVER)
    loan = desk.originated(customer=make_customer(account=account, grade=3))
    new = proposed(desk, loan)
    sent = accept(desk, new, signed(desk, new, account))
    assert sent.events["RestructuringAccepted"]["person"] == APPROVER
    assert desk.book.agreementOf(loan, 1)[2:4] == (APPROVER, True)
    with reverts("Governed_SamePerson", APPROVER):
        desk.book.restructure(astuple(new), desk.by("approver"))
    maker = second_account("risk_officer", spares[1], Role.LOAN_OFFICER)
    loan = desk.originated(customer=make_customer(account=maker, grade=3))
    new = proposed(desk, loan)
    with reverts("Governed_SamePerson", RISK_OFFICER):
        accept(desk, new, signed(desk, new, maker))


def test_a_guarantor_consents_by_signature(desk, loan, guarantee, outsiders, stranger):
    new = proposed(desk, loan)
    consent = GuarantorConsent(guarantee, new)
    forged = (
        signed(desk, consent, desk.borrower),
        signed(desk, new, outsiders[0]),
        signed(desk, replace(consent, guarantee=guarantee + 1), outsiders[0]),
        signed(desk, replace(consent, terms=replace(new, rate=1)), outsiders[0]),
    )
    for one in forged:
        with reverts("LoanBook_SignatureInvalid", loan, outsiders[0]):
            desk.book.consentToRestructuringSigned(astuple(new), guarantee, one, {"from": stranger})
    by = signed(desk, consent, outsiders[0])
    sent = desk.book.consentToRestructuringSigned(astuple(new), guarantee, by, {"from": stranger})
    assert_events(
        sent,
        event(
            "GuarantorConsented", loanId=loan, guarantee=guarantee, proposal=proposal_of(desk, loan),
            account=outsiders[0], documentHash=signed_digest(desk, consent), valueDate=desk.today, person=0,
        ),
    )  # fmt: skip
    assert desk.book.consentedOf(guarantee) == 0
    desk.book.acceptRestructuring(astuple(new), NO_DOCUMENT, {"from": desk.borrower})
    desk.book.restructure(astuple(new), desk.by("approver"))
    assert desk.book.consentedOf(guarantee) == desk.book.careOf(loan)["uncovered"]
