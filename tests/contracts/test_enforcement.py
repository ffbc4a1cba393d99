"""Who may have a pledged object sold, for which loan, and how much of the price a lien takes."""

from __future__ import annotations

import pytest

from scripts.roles import Role
from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.judging import UNLIKELY_TO_PAY
from tests.contracts.lending import Desk

TITLE = 77
OWED, MORE = 600_000, 1_000_000  # of a loan, and what its lien secures
OTHER_BANK = 5
PROPOSAL_DAYS = 30
BUYER_OF_LOANS = "0x" + "b1" * 32
REASON = "0x" + "a1" * 32


class Sale(Desk):
    """A desk with an object of its customer's."""

    @property
    def collateral(self):
        return self.system.collateral

    def lent(self, amount=OWED, **changes):
        return self.originated(amount=amount, **changes)

    def pledge(self, loan, amount=MORE, borrower=None):
        sent = self.collateral.pledge(TITLE, loan, borrower or self.customer, amount, self.by("loan_officer"))
        return sent.events["LienPlaced"]["lien"]

    def default(self, loan):
        self.book.declareDefault(loan, UNLIKELY_TO_PAY, self.by("risk_officer"))

    def sell(self, loan):
        sale = (loan, BUYER_OF_LOANS, OWED, self.today)
        self.book.proposeSale(*sale, self.by("risk_officer"))
        self.book.sell(*sale, self.by("approver"))

    def propose(self, buyer, proceeds=MORE):
        return self.collateral.proposeEnforcement(TITLE, proceeds, buyer, self.by("collector"))

    def enforce(self, buyer, proceeds=MORE):
        return self.collateral.enforce(TITLE, proceeds, buyer, self.by("approver"))

    def shares(self, sent):
        """What each lien got, lacked, and was free of; and the surplus."""
        liens = [(one["lien"], one["paid"], one["shortfall"], one["released"]) for one in sent.events["LienEnforced"]]
        return liens, sent.events["CollateralEnforced"]["surplus"]


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Sale(system, people, make_customer(account=borrower, grade=5), borrower)
    desk.offer(1)
    day = desk.today
    row = (TITLE, desk.customer, 1, b"CN-GD\0", 10 * MORE, 0, day, day + 365)
    system.collateral.register(row, desk.by("appraiser"))
    return desk


# ---------------------------------------------------------------- the right to sell


def test_nothing_is_sold_while_the_loan_is_in_good_standing(desk, stranger):
    """Neither proposed, nor carried out once the loan is cured or paid, announced or not."""
    loan = desk.lent()
    desk.pledge(loan)
    with reverts("CollateralRegistry_NotEnforceable", TITLE, False):
        desk.propose(stranger)
    desk.default(loan)
    desk.propose(stranger)
    desk.book.cure(loan, desk.by("risk_officer"))
    with reverts("CollateralRegistry_NotEnforceable", TITLE, False):
        desk.enforce(stranger)
    desk.default(loan)
    desk.fund(desk.borrower, OWED)
    desk.book.repay(loan, OWED, desk.today, {"from": desk.borrower})
    assert desk.book.claimOf(loan) == (desk.customer, False, 0)
    with reverts("CollateralRegistry_NotEnforceable", TITLE, False):
        desk.enforce(stranger)
    assert desk.system.titles.ownerOf(TITLE) == desk.borrower


def test_a_written_off_claim_keeps_its_lien_and_its_right(desk, stranger):
    loan = desk.lent()
    lien = desk.pledge(loan)
    desk.default(loan)
    desk.book.proposeWriteOff(loan, OWED, 0, desk.by("risk_officer"))
    desk.book.writeOff(loan, OWED, 0, desk.today, desk.by("approver"))
    desk.book.recover(loan, 1, desk.today, desk.by("collector"))
    assert desk.book.claimOf(loan) == (desk.customer, True, OWED - 1)
    desk.propose(stranger)
    assert desk.shares(desk.enforce(stranger)) == ([(lien, OWED - 1, 0, MORE - OWED + 1)], MORE - OWED + 1)


def test_a_lien_is_enforced_for_a_loan_of_its_own_borrower_only(desk, make_customer, outsiders, stranger):
    """One that names the wrong loan gives no right to sell, and takes nothing where another does."""
    sister = make_customer(account=outsiders[0])
    loan, own = desk.lent(), desk.lent(1_000)
    desk.collateral.consent(TITLE, loan, MORE, {"from": desk.borrower})
    wrong = desk.pledge(loan, borrower=sister)
    desk.default(loan)
    with reverts("CollateralRegistry_LienNotOfLoan", wrong, loan, desk.customer):
        desk.collateral.coverOf(loan, desk.customer, [wrong])
    with reverts("CollateralRegistry_NotEnforceable", TITLE, False):
        desk.propose(stranger)
    right, nobodys = desk.pledge(own, 2_000), desk.pledge(999, 5)
    desk.default(own)
    desk.sell(loan)  # which makes the lien no better
    with reverts("CollateralRegistry_NotEnforceable", TITLE, True):
        desk.collateral.reportEnforcement(TITLE, MORE, stranger, desk.by("credit_bureau"))
    desk.propose(stranger)
    liens = [(wrong, 0, 0, MORE), (right, 1_000, 0, 1_000), (nobodys, 0, 0, 5)]
    assert desk.shares(desk.enforce(stranger)) == (liens, MORE - 1_000)


def test_what_an_imported_lien_secures_is_told_by_its_loan(desk, stranger):
    """It names no borrower."""
    loan = desk.lent()
    sent = desk.collateral.proposeImport(b"file".ljust(32, b"\0"), 1, MORE, desk.by("loan_officer"))
    desk.collateral.releaseImport(sent.events["ImportProposed"]["importId"], desk.by("approver"))
    desk.collateral.importLiens(1, [(TITLE, loan, MORE, 0)], desk.by("loan_officer"))
    desk.default(loan)
    desk.propose(stranger)
    assert desk.shares(desk.enforce(stranger))[0] == [(257, OWED, 0, MORE - OWED)]


# ---------------------------------------------------------------- how much


def test_a_lien_takes_no_more_than_its_loan_owes(desk, next_day, stranger):
    """Principal, interest to the day, charges; what is left goes to the next rank, then to the owner."""
    first, second = desk.lent(), desk.lent(50_000)
    liens = desk.pledge(first), desk.pledge(second, 70_000)
    desk.book.charge(first, 0, 300, desk.today, desk.by("collector"))
    desk.default(first)
    day = next_day(40)
    owed = [desk.book.payoff(loan, day) for loan in (first, second)]
    assert [desk.book.claimOf(loan)[2] for loan in (first, second)] == owed
    assert owed[0] > OWED + 300
    desk.propose(stranger)
    sent = desk.enforce(stranger)
    wanted = [(liens[0], owed[0], 0, MORE - owed[0]), (liens[1], owed[1], 0, 70_000 - owed[1])]
    assert desk.shares(sent) == (wanted, MORE - sum(owed))
    assert [one["loanId"] for one in sent.events["LienEnforced"]] == [first, second]


@pytest.mark.parametrize("short", [0, 1, 50_000, 50_001])
def test_a_shortfall_is_of_the_debt(desk, stranger, short):
    """In rank, to the fen: the loan that is not in default is paid after the one before it, and loses first."""
    first, second = desk.lent(), desk.lent(50_000)
    liens = desk.pledge(first), desk.pledge(second, 70_000)
    desk.default(first)
    price = OWED + 50_000 - short
    desk.propose(stranger, price)
    last = min(short, 50_000)
    wanted = [(liens[0], OWED + last - short, short - last, MORE - OWED), (liens[1], 50_000 - last, last, 20_000)]
    assert desk.shares(desk.enforce(stranger, price)) == (wanted, 0)


def test_a_lien_secures_up_to_its_amount(desk, stranger):
    loan = desk.lent()
    lien = desk.pledge(loan, OWED - 1)
    desk.default(loan)
    desk.propose(stranger)
    assert desk.shares(desk.enforce(stranger)) == ([(lien, OWED - 1, 0, 0)], MORE - OWED + 1)


# ---------------------------------------------------------------- other lenders


def test_another_lenders_sale_is_reported_by_the_bureau(desk, stranger, people):
    """It needs that lender's lien and no default here; this bank's liens are paid what is owed all the same."""
    loan = desk.lent()
    own = desk.pledge(loan)
    for name, account in people.items():
        if name != "credit_bureau":
            with reverts("Governed_RoleMissing", account, Role.CREDIT_BUREAU.bit):
                desk.collateral.reportEnforcement(TITLE, MORE, stranger, {"from": account})
    with reverts("CollateralRegistry_NotEnforceable", TITLE, True):
        desk.collateral.reportEnforcement(TITLE, MORE, stranger, desk.by("credit_bureau"))
    lien = desk.collateral.recordLien(TITLE, OTHER_BANK, 10_000, desk.by("credit_bureau")).events["LienPlaced"]["lien"]
    with reverts("CollateralRegistry_NotEnforceable", TITLE, False):
        desk.propose(stranger)
    person = desk.system.authority.personOf(people["credit_bureau"])
    sent = desk.collateral.reportEnforcement(TITLE, MORE, stranger, desk.by("credit_bureau"))
    assert_events(sent, event("EnforcementProposed", title=TITLE, proceeds=MORE, buyer=stranger, person=person))
    assert desk.collateral.enforcementProposalOf(TITLE) == (MORE, stranger, person)
    assert desk.shares(desk.enforce(stranger)) == (
        [(own, OWED, 0, MORE - OWED), (lien, 10_000, 0, 0)],
        MORE - OWED - 10_000,
    )


def test_the_buyer_of_a_loan_is_paid_under_its_lien_and_nobody_releases_it(desk, stranger):
    """Also before the bureau has recorded it in the buyer's name."""
    sold, kept = desk.lent(), desk.lent(1_000)
    liens = desk.pledge(sold), desk.pledge(kept, 1_000)
    desk.collateral.proposeRelease(liens[0], MORE, desk.by("loan_officer"))
    desk.sell(sold)
    assert desk.book.claimOf(sold) == (desk.customer, False, 0)
    with reverts("CollateralRegistry_LoanSold", liens[0], sold):
        desk.collateral.release(liens[0], MORE, desk.by("approver"))
    with reverts("CollateralRegistry_LoanSold", liens[0], sold):
        desk.collateral.proposeRelease(liens[0], 1, desk.by("loan_officer"))
    with reverts("CollateralRegistry_NotEnforceable", TITLE, False):
        desk.propose(stranger)
    desk.default(kept)
    desk.propose(stranger)
    wanted = [(liens[0], MORE, 0, 0), (liens[1], 0, 1_000, 0)]
    assert desk.shares(desk.enforce(stranger)) == (wanted, 0)


# ---------------------------------------------------------------- who, and until when


def test_nobody_of_the_two_who_sell_buys(desk, second_account, spares):
    """I30: a person's second account is that person."""
    loan = desk.lent()
    desk.pledge(loan)
    desk.default(loan)
    person = desk.system.authority.personOf
    collector = second_account("collector", spares[0])
    approver = second_account("approver", spares[1])
    for buyer in (desk.people["collector"], collector):
        with reverts("Governed_SamePerson", person(collector)):
            desk.propose(buyer)
    for buyer in (desk.people["approver"], approver):
        desk.propose(buyer)
        with reverts("Governed_SamePerson", person(approver)):
            desk.enforce(buyer)
    desk.propose(desk.people["treasurer"])
    desk.enforce(desk.people["treasurer"])


def test_a_price_and_a_release_hold_for_30_days(desk, next_day, stranger):
    """On the last day both are carried out; a day later they are proposed anew."""
    loan = desk.lent()
    lien = desk.pledge(loan)
    desk.default(loan)
    last = desk.today + PROPOSAL_DAYS
    desk.propose(stranger)
    desk.collateral.proposeRelease(lien, 1, desk.by("loan_officer"))
    next_day(PROPOSAL_DAYS + 1)
    with reverts("CollateralRegistry_ProposalExpired", TITLE, last, last + 1):
        desk.enforce(stranger)
    with reverts("CollateralRegistry_ProposalExpired", lien, last, last + 1):
        desk.collateral.release(lien, 1, desk.by("approver"))
    desk.propose(stranger)
    desk.collateral.proposeRelease(lien, 1, desk.by("loan_officer"))
    next_day(PROPOSAL_DAYS)
    desk.collateral.release(lien, 1, desk.by("approver"))
    assert desk.shares(desk.enforce(stranger))[0][0][:2] == (lien, desk.book.claimOf(loan)[2])


def test_one_contract_tells_what_is_owed(desk, administer, stranger):
    loan = desk.lent()
    desk.pledge(loan)
    desk.default(loan)
    desk.propose(stranger)
    administer(desk.system.authority.revokeRole, Role.BOOK.id, desk.book.address)
    with reverts("CollateralRegistry_NotOneBook", 0):
        desk.enforce(stranger)
    administer(desk.system.authority.grantRole, Role.BOOK.id, desk.book.address)
    desk.enforce(stranger)


def test_what_is_owed_under_a_loan_is_told_in_every_state(desk, next_day):
    """Nothing before it is drawn, nor of a loan nobody knows."""
    applied = desk.applied()
    assert desk.book.claimOf(applied) == (desk.customer, False, 0)
    desk.book.approve(applied, desk.by("approver"))
    assert desk.book.claimOf(applied) == (desk.customer, False, 0)
    assert desk.book.claimOf(999) == (0, False, 0)
    loan = desk.lent()
    assert desk.book.claimOf(loan) == (desk.customer, False, OWED)
    day = next_day(100)
    assert desk.book.claimOf(loan)[2] == desk.book.payoff(loan, day) > OWED
