"""I30: whatever two persons must do, one person with two accounts cannot, and two persons can."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pytest
from brownie import chain, history
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from scripts.products import PRODUCTS
from scripts.roles import Role
from tests.contracts.expect import reverts

DAY = 86_400
AMOUNT = 1_000_000
PROPOSAL_DAYS = 30
BULLET = 1
HASH = keccak(b"something")
CASES: dict[str, Any] = {}


def case(maker: str, *, checker_role: Role = Role.APPROVER):
    """A case: what the maker does; it returns what the checker then does, given an account."""

    def named(prepare):
        CASES[prepare.__name__] = (maker, checker_role, prepare)
        return prepare

    return named


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower, outsiders, as_contract):
    """The system with a customer, products and one loan in default that has a lien and a guarantee."""
    desk = Desk(system, people, make_customer, borrower, outsiders, as_contract)
    for number, product in PRODUCTS.items():
        system.book.setProduct(number, astuple(product), desk.by("risk_officer"))
    desk.customer = make_customer(account=borrower, grade=5)
    desk.sister = make_customer(account=outsiders[0], grade=5)
    desk.loan = desk.apply_for()
    system.book.approve(desk.loan, desk.by("approver"))
    system.book.originate(desk.loan, desk.today, desk.by("treasurer"))
    system.book.repayInBatch([(desk.loan, AMOUNT // 10)], desk.today, desk.by("collector"))
    system.book.declareDefault(desk.loan, 1, desk.by("risk_officer"))
    row = (1, desk.customer, 1, b"CN-GD\0", 10 * AMOUNT, 0, desk.today, desk.today + 365)
    system.collateral.register(row, desk.by("appraiser"))
    arguments = (1, desk.loan, desk.customer, AMOUNT)
    placed = system.collateral.pledge(*arguments, desk.by("loan_officer"))
    desk.lien = placed.events["LienPlaced"]["lien"]
    system.guarantees.attestCapacity(desk.sister, AMOUNT, desk.today, desk.by("risk_officer"))
    arguments = (desk.sister, desk.customer, desk.loan, AMOUNT, 1)
    desk.guarantee = system.guarantees.guarantee(*arguments, desk.by("loan_officer")).return_value
    return desk


class Desk:
    """The system, its people, and what was prepared."""

    def __init__(self, system, people, make_customer, borrower, outsiders, as_contract):
        self.system, self.people, self.make_customer = system, people, make_customer
        self.borrower, self.outsiders, self.as_contract = borrower, outsiders, as_contract

    @property
    def today(self):
        return self.system.authority.day()[0]

    def by(self, name):
        return {"from": self.people[name]}

    def apply_for(self):
        application = (
            self.customer, BULLET, b"K70\0", b"CN-GD\0", b"WORK", AMOUNT, 50_000_000, self.today + 365, HASH,
        )  # fmt: skip
        return self.system.book.applyFor(application, self.by("loan_officer")).return_value


# ---------------------------------------------------------------- administration and limits


@case("chair", checker_role=None)
def administrators_bind_an_account(desk):
    authority = desk.system.authority
    arguments = (desk.outsiders[5].address, 3)
    authority.propose([keccak(hexstr=authority.bind.encode_input(*arguments))], desk.by("chair"))
    return lambda account: authority.bind(*arguments, {"from": account})


@case("chair", checker_role=Role.BOARD)
def the_board_overrides_a_limit(desk):
    desk.system.policy.signOverride(7, HASH, desk.by("chair"))
    return lambda account: desk.system.policy.signOverride(7, HASH, {"from": account})


# ---------------------------------------------------------------- customers and ratings


@case("loan_officer")
def a_customer_gets_an_account(desk):
    number = desk.make_customer()
    return lambda account: desk.system.customers.bindAccount(number, desk.outsiders[1], {"from": account})


@case("loan_officer")
def a_customer_gets_another_account(desk):
    desk.system.customers.proposeRebinding(desk.customer, desk.outsiders[1], desk.by("loan_officer"))
    chain.sleep(2 * DAY + 1)
    return lambda account: desk.system.customers.confirmRebinding(desk.customer, {"from": account})


@case("risk_officer")
def a_customer_is_rated(desk):
    rating = (desk.customer, 6, 1, 1_250, desk.today, desk.today + 365)
    desk.system.ratings.propose(rating, desk.by("risk_officer"))
    return lambda account: desk.system.ratings.confirm(rating, {"from": account})


@case("risk_officer")
def customers_are_rated_in_a_batch(desk):
    rating = (desk.customer, 6, 1, 1_250, desk.today, desk.today + 365)
    desk.system.ratings.proposeInBatch([rating], desk.by("risk_officer"))
    return lambda account: desk.system.ratings.confirmInBatch([rating], {"from": account})


@case("risk_officer")
def covenants_start_anew(desk):
    covenants = desk.system.covenants
    covenants.enter(desk.customer, BULLET, 5, {"from": desk.as_contract(desk.system.book)})
    covenants.proposeReset(desk.customer, BULLET, desk.by("risk_officer"))
    return lambda account: covenants.reset(desk.customer, BULLET, {"from": account})


# ---------------------------------------------------------------- opening books


def _importing(attribute):
    def an_opening_book_is_released(desk):
        contract = getattr(desk.system, attribute)
        number = contract.proposeImport(HASH, 1, 0, desk.by("loan_officer")).return_value
        return lambda account: contract.releaseImport(number, {"from": account})

    an_opening_book_is_released.__name__ = f"an_opening_book_of_{attribute}_is_released"
    return an_opening_book_is_released


for registry in ("customers", "ratings", "collateral", "guarantees", "book"):
    case("loan_officer")(_importing(registry))


# ---------------------------------------------------------------- protection


@case("loan_officer")
def a_lien_is_released(desk):
    desk.system.collateral.proposeRelease(desk.lien, AMOUNT, desk.by("loan_officer"))
    return lambda account: desk.system.collateral.release(desk.lien, AMOUNT, {"from": account})


@case("collector")
def an_object_is_enforced_against(desk):
    sale = (1, AMOUNT, desk.outsiders[2].address)
    desk.system.collateral.proposeEnforcement(*sale, desk.by("collector"))
    return lambda account: desk.system.collateral.enforce(*sale, {"from": account})


@case("loan_officer")
def a_guarantee_is_released(desk):
    desk.system.guarantees.proposeRelease(desk.guarantee, AMOUNT, desk.by("loan_officer"))
    return lambda account: desk.system.guarantees.release(desk.guarantee, AMOUNT, {"from": account})


# ---------------------------------------------------------------- loans


@case("loan_officer")
def a_loan_is_approved(desk):
    number = desk.apply_for()
    return lambda account: desk.system.book.approve(number, {"from": account})


@case("risk_officer")
def a_loan_is_written_off(desk):
    arguments = (desk.loan, AMOUNT // 2, 0)
    desk.system.book.proposeWriteOff(*arguments, desk.by("risk_officer"))
    return lambda account: desk.system.book.writeOff(*arguments, desk.today, {"from": account})


@case("risk_officer")
def a_loan_is_called(desk):
    desk.system.book.proposeCall(desk.loan, desk.by("risk_officer"))
    return lambda account: desk.system.book.callLoan(desk.loan, {"from": account})


@case("risk_officer")
def a_loan_is_judged_better(desk):
    desk.system.book.judge(desk.loan, 5, HASH, desk.by("risk_officer"))
    desk.system.book.judge(desk.loan, 0, HASH, desk.by("risk_officer"))
    return lambda account: desk.system.book.confirmJudgement(desk.loan, 0, HASH, {"from": account})


@case("risk_officer")
def less_loss_is_expected(desk):
    desk.system.book.assessLoss(desk.loan, AMOUNT // 2, HASH, desk.by("risk_officer"))
    desk.system.book.assessLoss(desk.loan, 1, HASH, desk.by("risk_officer"))
    return lambda account: desk.system.book.confirmAssessment(desk.loan, 1, HASH, {"from": account})


@case("risk_officer")
def less_is_misused(desk):
    desk.system.book.findMisuse(desk.loan, 3, HASH, desk.by("risk_officer"))
    desk.system.book.findMisuse(desk.loan, 1, HASH, desk.by("risk_officer"))
    return lambda account: desk.system.book.confirmMisuse(desk.loan, 1, HASH, {"from": account})


@case("risk_officer")
def no_more_is_misused(desk):
    desk.system.book.findMisuse(desk.loan, 3, HASH, desk.by("risk_officer"))
    desk.system.book.clearMisuse(desk.loan, HASH, desk.by("risk_officer"))
    return lambda account: desk.system.book.confirmMisuse(desk.loan, 0, HASH, {"from": account})


@case("risk_officer")
def a_loan_is_restructured(desk):
    """The borrower's account accepts in between."""
    year = desk.today + 365
    terms = (desk.loan, 1, desk.today, 0, 3, 50_000_000, year, 0, False, 0, 0, 0, 0, 2 * AMOUNT)
    desk.system.book.proposeRestructuring(terms, desk.by("risk_officer"))
    desk.system.book.acceptRestructuring(terms, bytes(32), {"from": desk.borrower})
    return lambda account: desk.system.book.restructure(terms, {"from": account})


@case("risk_officer")
def charges_are_waived(desk):
    desk.system.book.charge(desk.loan, 0, 1, desk.today, desk.by("collector"))
    desk.system.book.proposeWaiver(desk.loan, 0, 1, desk.by("risk_officer"))
    return lambda account: desk.system.book.waive(desk.loan, 0, 1, {"from": account})


@case("risk_officer")
def a_loan_is_sold(desk):
    arguments = (desk.loan, HASH, 1, desk.today)
    desk.system.book.proposeSale(*arguments, desk.by("risk_officer"))
    return lambda account: desk.system.book.sell(*arguments, {"from": account})


@case("collector")
def a_payment_is_reversed(desk):
    nobody = "0x" + "0" * 40
    reversal = (desk.loan, 2, 0, nobody, AMOUNT // 10, 0, 0, 0, 0, 0, 0, desk.today, 0)
    desk.system.book.proposeReversal(reversal, desk.by("collector"))
    return lambda account: desk.system.book.reverse(reversal, {"from": account})


@case("treasurer")
def a_posting_is_back_valued(desk):
    arguments = (HASH, desk.today - 1)
    desk.system.book.proposeBackValue(*arguments, desk.by("treasurer"))
    return lambda account: desk.system.book.authoriseBackValue(*arguments, {"from": account})


# ---------------------------------------------------------------- the tests


@pytest.mark.parametrize("name", CASES)
def test_a_second_account_is_not_a_second_person(desk, second_account, administer, spares, name):
    maker, role, prepare = CASES[name]
    account = second_account(maker, spares[0], *([] if role is None else [role]))
    if role is None:
        administer(desk.system.authority.grantRole, bytes(32), account.address)
    checked = prepare(desk)
    person = desk.system.authority.personOf(desk.people[maker])
    override = name == the_board_overrides_a_limit.__name__  # its maker and checker do the same
    with reverts(*("CreditPolicy_OverrideRepeated", 7, person) if override else ("Governed_SamePerson", person)):
        checked(account)


@pytest.mark.parametrize("name", CASES)
def test_a_second_person_completes_it(desk, name):
    _, role, prepare = CASES[name]
    checked = prepare(desk)
    transaction = checked(desk.people["approver" if role == Role.APPROVER else "director"])
    assert transaction.events, "what two persons did leaves an event"


REVERSAL = "(uint64,uint16,uint8,address,uint128,uint128,uint128,uint128,uint128,uint128,uint16,uint24,uint128)"
JUDGEMENT, EXPECTED_LOSS, LOSS, DOUBTFUL = 0, 2, 5, 4  # Floor, Category
PROPOSALS: dict[str, tuple[str, Any]] = {
    a_loan_is_written_off.__name__: (
        "string uint64 uint128 uint128",
        lambda desk: ("write-off", desk.loan, AMOUNT // 2, 0),
    ),
    a_loan_is_called.__name__: ("string uint64 uint256", lambda desk: ("call", desk.loan, 0)),
    a_loan_is_judged_better.__name__: (
        "string uint8 uint64 uint256 uint256 bytes32",
        lambda desk: ("relief", JUDGEMENT, desk.loan, 0, LOSS, HASH),
    ),
    less_loss_is_expected.__name__: (
        "string uint8 uint64 uint256 uint256 bytes32",
        lambda desk: ("relief", EXPECTED_LOSS, desk.loan, 1, DOUBTFUL, HASH),
    ),
    less_is_misused.__name__: (
        "string uint64 uint256 uint256 bytes32", lambda desk: ("misuse", desk.loan, 1, 3, HASH),
    ),
    no_more_is_misused.__name__: (
        "string uint64 uint256 uint256 bytes32", lambda desk: ("misuse", desk.loan, 0, 3, HASH),
    ),
    charges_are_waived.__name__: ("string uint64 uint128 uint128", lambda desk: ("waiver", desk.loan, 0, 1)),
    a_loan_is_sold.__name__: (
        "string uint64 (bytes32,uint128,uint24)",
        lambda desk: ("sale", desk.loan, (HASH, 1, desk.today)),
    ),
    a_payment_is_reversed.__name__: (
        f"string {REVERSAL}",
        lambda desk: (
            "reversal", (desk.loan, 2, 0, "0x" + "0" * 40, AMOUNT // 10, 0, 0, 0, 0, 0, 0, desk.today, 0),
        ),
    ),
    a_posting_is_back_valued.__name__: (
        "string bytes32 uint24",
        lambda desk: ("back-value", HASH, desk.today - 1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROPOSALS)
def test_what_is_proposed_is_told_by_the_hash_of_its_arguments(desk, name):
    maker, _, prepare = CASES[name]
    prepare(desk)
    types, arguments = PROPOSALS[name]
    assert dict(history[-1].events["Proposed"]) == {
        "loanId": 0 if name == a_posting_is_back_valued.__name__ else desk.loan,
        "proposal": "0x" + keccak(encode(types.split(), arguments(desk))).hex(),
        "valueDate": desk.today,
        "person": desk.system.authority.personOf(desk.people[maker]),
    }


# A sale and a back value end with their value dates; see below.
UNDATED = [name for name in PROPOSALS if name not in {a_loan_is_sold.__name__, a_posting_is_back_valued.__name__}]


@pytest.mark.parametrize("name", UNDATED)
def test_what_is_proposed_lapses_after_30_days_and_may_be_proposed_anew(desk, next_day, name):
    """It is done on the last day of the second proposal, once."""
    maker, _, prepare = CASES[name]
    checked = prepare(desk)
    proposal = history[-1]
    number = proposal.events["Proposed"]["proposal"]
    person = desk.system.authority.personOf(desk.people[maker])
    made_on = desk.today
    last = made_on + PROPOSAL_DAYS
    assert next_day(PROPOSAL_DAYS + 1) == last + 1
    with reverts("LoanBook_ProposalExpired", desk.loan, last, last + 1):
        checked(desk.people["approver"])
    assert desk.system.book.proposalOf(number) == (person, made_on)
    desk.people[maker].transfer(desk.system.book.address, 0, data=proposal.input)  # the same call
    assert desk.system.book.proposalOf(number) == (person, last + 1)
    next_day(PROPOSAL_DAYS)
    checked(desk.people["approver"])
    assert desk.system.book.proposalOf(number) == (0, 0)


def test_a_sale_lapses_before_its_value_date_is_too_far_back(desk, next_day):
    last = desk.today + PROPOSAL_DAYS
    sale = (desk.loan, HASH, 1, last)
    desk.system.book.proposeSale(*sale, desk.by("risk_officer"))
    next_day(PROPOSAL_DAYS + 1)
    with reverts("LoanBook_ProposalExpired", desk.loan, last, last + 1):
        desk.system.book.sell(*sale, desk.by("approver"))
    desk.system.book.proposeSale(*sale, desk.by("risk_officer"))
    assert desk.system.book.sell(*sale, desk.by("approver")).events["LoanSold"]["valueDate"] == last


def test_a_sale_is_made_on_the_last_day_of_its_proposal(desk, next_day):
    sale = (desk.loan, HASH, 1, desk.today + PROPOSAL_DAYS)
    desk.system.book.proposeSale(*sale, desk.by("risk_officer"))
    next_day(PROPOSAL_DAYS)
    assert desk.system.book.sell(*sale, desk.by("approver")).events["LoanSold"]["valueDate"] == sale[-1]


def test_a_back_value_is_allowed_as_long_as_its_date_lies_in_the_window(desk, next_day):
    arguments = (HASH, desk.today)
    desk.system.book.proposeBackValue(*arguments, desk.by("treasurer"))
    today = next_day(PROPOSAL_DAYS)
    desk.system.book.authoriseBackValue(*arguments, desk.by("approver"))
    desk.system.book.proposeBackValue(*arguments, desk.by("treasurer"))
    next_day()
    with reverts("Governed_ValueDateOutOfRange", arguments[1], arguments[1] + 1, today + 1):
        desk.system.book.authoriseBackValue(*arguments, desk.by("approver"))


def test_an_expired_proposal_is_not_renewed_by_who_confirms_it(desk, next_day, second_account, spares):
    """Whoever proposes anew is the maker: that person does not check it, and the first one no more either."""
    checked = a_loan_is_called(desk)
    account = second_account("approver", spares[0], Role.RISK_OFFICER)
    next_day(PROPOSAL_DAYS + 1)
    desk.system.book.proposeCall(desk.loan, {"from": account})
    with reverts("Governed_SamePerson", desk.system.authority.personOf(account)):
        checked(desk.people["approver"])
