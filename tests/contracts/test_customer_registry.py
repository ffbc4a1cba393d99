"""Customers as numbers, their groups, their accounts and their opening book."""

from __future__ import annotations

import pytest
from brownie import ZERO_ADDRESS, chain
from eth_utils.crypto import keccak

from scripts.roles import Role
from tests.contracts.expect import assert_events, event, reverts

PERSON, SMALL, CORPORATE, POOL = range(1, 5)  # CustomerKind
GROUP_NODES = 2**32
CUSTOMER, GROUP = 0, 1  # Dimension
LOAN_OFFICER, RISK_OFFICER, APPROVER = 4, 3, 5
DAY = 86_400
DELAY = 2 * DAY
FILE = keccak(b"customers.csv")
PROPOSED, RELEASED, COMPLETED, ABANDONED = range(1, 5)  # ImportState


def registration(name="Ada", *, kind=CORPORATE, industry=b"K70", region=b"CN-GD", group=0, borrowers=1):
    return (
        keccak(name.encode()) if name else bytes(32),
        kind,
        industry.ljust(4, b"\0"),
        region.ljust(6, b"\0"),
        group,
        borrowers,
    )


@pytest.fixture(scope="module")
def customers(system):
    return system.customers


@pytest.fixture(scope="module")
def released(customers, loan_officer, approver):
    """A function that proposes and releases an import of so many rows; it returns the import's number."""

    def release(rows, total=0):
        number = customers.proposeImport(FILE, rows, total, {"from": loan_officer}).return_value
        customers.releaseImport(number, {"from": approver})
        return number

    return release


# ---------------------------------------------------------------- registration


@pytest.mark.parametrize(
    ("kind", "industry", "group", "borrowers"),
    [(PERSON, b"", 0, 1), (SMALL, b"C", 0, 1), (CORPORATE, b"K70", 9, 1), (POOL, b"", 0, 2**32 - 1)],
)
def test_a_customer_is_registered(customers, loan_officer, today, kind, industry, group, borrowers):
    row = registration(kind=kind, industry=industry, group=group, borrowers=borrowers)
    transaction = customers.register(row, {"from": loan_officer})
    expected = [
        event(
            "CustomerRegistered",
            customer=1,
            kind=kind,
            commitment=row[0],
            industry=row[2],
            region=row[3],
            group=group,
            borrowers=borrowers,
            registeredOn=today,
            importId=0,
            person=LOAN_OFFICER,
        )
    ]
    if group:
        expected.append(event("GroupAssigned", customer=1, group=group, previous=0, exposure=0, reserved=0))
    assert_events(transaction, *expected)
    assert transaction.return_value == 1
    assert customers.customers() == 1
    stored = (kind, "0x" + row[2].hex(), "0x" + row[3].hex(), group, borrowers, today)
    assert tuple(str(field) for field in customers.customerOf(1)) == tuple(str(field) for field in stored)
    assert customers.byCommitment(row[0]) == 1
    assert customers.nodeOf(1) == (GROUP_NODES + group if group else 1)
    assert customers.accountOf(1) == ZERO_ADDRESS


def test_a_commitment_is_one_customers(customers, loan_officer):
    customers.register(registration(), {"from": loan_officer})
    with reverts("CustomerRegistry_AlreadyRegistered", 1):
        customers.register(registration(kind=PERSON), {"from": loan_officer})
    with reverts("CustomerRegistry_AlreadyRegistered", 0):
        customers.register(registration(""), {"from": loan_officer})
    assert customers.customers() == 1


@pytest.mark.parametrize(
    ("kind", "borrowers"), [(0, 1), (PERSON, 0), (PERSON, 2), (SMALL, 0), (CORPORATE, 7), (POOL, 0)]
)
def test_borrowers_fit_the_kind(customers, loan_officer, kind, borrowers):
    with reverts("CustomerRegistry_KindInvalid", kind, borrowers):
        customers.register(registration(kind=kind, borrowers=borrowers), {"from": loan_officer})
    assert customers.customers() == 0


@pytest.mark.parametrize(
    ("industry", "region"),
    [
        (b"k70", b"CN-GD"),
        (b"70", b"CN-GD"),
        (b"K 7", b"CN-GD"),
        (b"K\x0070", b"CN-GD"),
        (b"\x00K70", b"CN-GD"),
        (b"K70", b""),
        (b"K70", b"cn-gd"),
        (b"K70", b"-CN"),
        (b"K70", b"CN\x00GD"),
        (b"K70", "é".encode()),
        (b"K[", b"CN"),
        (b"K@", b"CN"),
        (b"K/", b"CN"),
        (b"K:", b"CN"),
    ],
)
def test_codes_are_codes(customers, loan_officer, industry, region):
    row = registration(industry=industry, region=region)
    with reverts("CustomerRegistry_CodeInvalid", row[2], row[3]):
        customers.register(row, {"from": loan_officer})


@pytest.mark.parametrize(("industry", "region"), [(b"A", b"Z"), (b"Z099", b"US-CA1"), (b"A-9Z", b"A-0-9Z")])
def test_codes_at_the_edges_are_allowed(customers, loan_officer, industry, region):
    customers.register(registration(industry=industry, region=region), {"from": loan_officer})
    assert customers.customers() == 1


def test_an_unknown_customer_has_no_answers(customers):
    with reverts("CustomerRegistry_Unknown", 1):
        customers.customerOf(1)
    with reverts("CustomerRegistry_Unknown", 1):
        customers.nodeOf(1)
    assert customers.accountOf(1) == ZERO_ADDRESS
    assert customers.byCommitment(FILE) == 0


# ---------------------------------------------------------------- changes


def test_a_group_changes_here_and_in_the_policy(customers, system, make_customer, risk_officer):
    number = make_customer(group=9)
    transaction = customers.setGroup(number, 10, {"from": risk_officer})
    assert_events(
        transaction,
        event("CustomerGrouped", customer=number, group=10, previous=9, person=RISK_OFFICER),
        event("GroupAssigned", customer=number, group=10, previous=9, exposure=0, reserved=0),
    )
    assert customers.customerOf(number)[3] == 10
    assert system.policy.bucketOf(CUSTOMER, number)[5] == 10
    customers.setGroup(number, 0, {"from": risk_officer})
    assert customers.nodeOf(number) == number
    assert system.policy.bucketOf(CUSTOMER, number)[5] == 0


def test_a_change_changes_something(customers, make_customer, risk_officer, loan_officer):
    number, pool = make_customer(group=9), make_customer(kind=POOL, borrowers=5)
    with reverts("CustomerRegistry_Unchanged", number):
        customers.setGroup(number, 9, {"from": risk_officer})
    with reverts("CustomerRegistry_Unchanged", pool):
        customers.setBorrowers(pool, 5, {"from": loan_officer})
    with reverts("CustomerRegistry_Unknown", 3):
        customers.setGroup(3, 9, {"from": risk_officer})
    with reverts("CustomerRegistry_Unknown", 3):
        customers.setBorrowers(3, 9, {"from": loan_officer})


def test_a_pool_is_counted(customers, make_customer, loan_officer):
    pool = make_customer(kind=POOL, borrowers=5)
    transaction = customers.setBorrowers(pool, 7, {"from": loan_officer})
    assert_events(transaction, event("BorrowersCounted", customer=pool, borrowers=7, previous=5, person=LOAN_OFFICER))
    assert customers.customerOf(pool)[4] == 7
    with reverts("CustomerRegistry_KindInvalid", POOL, 0):
        customers.setBorrowers(pool, 0, {"from": loan_officer})


def test_a_single_customer_is_not_counted(customers, make_customer, loan_officer):
    number = make_customer()
    with reverts("CustomerRegistry_KindInvalid", CORPORATE, 2):
        customers.setBorrowers(number, 2, {"from": loan_officer})


# ---------------------------------------------------------------- accounts


def test_an_account_is_bound(customers, make_customer, borrower, approver):
    number = make_customer()
    transaction = customers.bindAccount(number, borrower, {"from": approver})
    assert_events(transaction, event("CustomerAccountBound", customer=number, account=borrower, person=APPROVER))
    assert customers.accountOf(number) == borrower
    assert customers.customerOfAccount(borrower) == number


def test_who_registers_does_not_bind(customers, make_customer, borrower, second_account, spares):
    """I30: money drawn goes to this account, so nobody alone invents both a customer and its account."""
    account = second_account("loan_officer", spares[0], Role.APPROVER)
    number = make_customer()
    with reverts("Governed_SamePerson", LOAN_OFFICER):
        customers.bindAccount(number, borrower, {"from": account})
    assert customers.accountOf(number) == ZERO_ADDRESS


def test_an_account_is_one_customers_and_a_customer_has_one(customers, make_customer, borrower, outsiders, approver):
    number, other = make_customer(account=borrower), make_customer()
    with reverts("CustomerRegistry_AccountTaken", borrower, number):
        customers.bindAccount(other, borrower, {"from": approver})
    with reverts("CustomerRegistry_AccountTaken", ZERO_ADDRESS, 0):
        customers.bindAccount(other, ZERO_ADDRESS, {"from": approver})
    with reverts("CustomerRegistry_AlreadyBound", number, borrower):
        customers.bindAccount(number, outsiders[0], {"from": approver})
    with reverts("CustomerRegistry_Unknown", 3):
        customers.bindAccount(3, outsiders[0], {"from": approver})


def test_an_account_is_rebound_by_two_after_a_delay(
    customers, make_customer, borrower, outsiders, loan_officer, approver
):
    number = make_customer(account=borrower)
    proposal = customers.proposeRebinding(number, outsiders[0], {"from": loan_officer})
    not_before = proposal.timestamp + DELAY
    assert_events(
        proposal,
        event("RebindingProposed", customer=number, account=outsiders[0], notBefore=not_before, person=LOAN_OFFICER),
    )
    assert customers.rebindingOf(number) == (outsiders[0], not_before, LOAN_OFFICER)
    chain.sleep(DELAY - 60)
    with reverts("CustomerRegistry_RebindingNotReady", number, not_before):
        customers.confirmRebinding(number, {"from": approver})
    assert customers.accountOf(number) == borrower
    chain.sleep(120)
    transaction = customers.confirmRebinding(number, {"from": approver})
    assert_events(
        transaction,
        event("AccountRebound", customer=number, account=outsiders[0], previous=borrower, person=APPROVER),
    )
    assert customers.accountOf(number) == outsiders[0]
    assert customers.customerOfAccount(outsiders[0]) == number
    assert customers.customerOfAccount(borrower) == 0
    with reverts("CustomerRegistry_RebindingNotReady", number, 0):
        customers.confirmRebinding(number, {"from": approver})


def test_a_later_proposal_waits_its_own_delay(customers, make_customer, borrower, outsiders, loan_officer, approver):
    """Else an officer could exchange the account just before the confirmation."""
    number = make_customer(account=borrower)
    customers.proposeRebinding(number, outsiders[0], {"from": loan_officer})
    chain.sleep(DELAY)
    later = customers.proposeRebinding(number, outsiders[1], {"from": loan_officer})
    with reverts("CustomerRegistry_RebindingNotReady", number, later.timestamp + DELAY):
        customers.confirmRebinding(number, {"from": approver})


def test_the_proposer_does_not_confirm(
    customers, make_customer, borrower, outsiders, loan_officer, second_account, spares
):
    """I30."""
    account = second_account("loan_officer", spares[0], Role.APPROVER)
    number = make_customer(account=borrower)
    customers.proposeRebinding(number, outsiders[0], {"from": loan_officer})
    chain.sleep(DELAY + 60)
    with reverts("Governed_SamePerson", LOAN_OFFICER):
        customers.confirmRebinding(number, {"from": account})


def test_a_rebinding_needs_a_free_account_twice(customers, make_customer, borrower, outsiders, loan_officer, approver):
    number, other = make_customer(account=borrower), make_customer()
    with reverts("CustomerRegistry_AccountTaken", borrower, number):
        customers.proposeRebinding(number, borrower, {"from": loan_officer})
    with reverts("CustomerRegistry_NotBound", other):
        customers.proposeRebinding(other, outsiders[0], {"from": loan_officer})
    with reverts("CustomerRegistry_Unknown", 3):
        customers.proposeRebinding(3, outsiders[0], {"from": loan_officer})
    customers.proposeRebinding(number, outsiders[0], {"from": loan_officer})
    customers.bindAccount(other, outsiders[0], {"from": approver})
    chain.sleep(DELAY + 60)
    with reverts("CustomerRegistry_AccountTaken", outsiders[0], other):
        customers.confirmRebinding(number, {"from": approver})
    assert customers.accountOf(number) == borrower


# ---------------------------------------------------------------- opening book


def test_an_opening_book_of_customers(customers, system, released, loan_officer, today):
    number = released(2)
    rows = [registration("a", kind=POOL, industry=b"", borrowers=40), registration("b", group=7)]
    transaction = customers.importCustomers(number, rows, {"from": loan_officer})
    told = [
        event(
            "CustomerRegistered",
            customer=customer,
            kind=row[1],
            commitment=row[0],
            industry=row[2],
            region=row[3],
            group=row[4],
            borrowers=row[5],
            registeredOn=today,
            importId=number,
            person=LOAN_OFFICER,
        )
        for customer, row in enumerate(rows, start=1)
    ]
    assert_events(transaction, *told, event("GroupAssigned", customer=2, group=7, previous=0, exposure=0, reserved=0))
    assert customers.importOf(number) == (RELEASED, 2, 0)
    assert [customers.byCommitment(row[0]) for row in rows] == [1, 2]
    assert system.policy.bucketOf(CUSTOMER, 2)[5] == 7


def test_an_import_resumes_by_reference(customers, released, loan_officer):
    number = released(2)
    customers.importCustomers(number, [registration("a")], {"from": loan_officer})
    with reverts("CustomerRegistry_AlreadyRegistered", 1):
        customers.importCustomers(number, [registration("a")], {"from": loan_officer})
    customers.importCustomers(number, [registration("b")], {"from": loan_officer})
    assert customers.importOf(number) == (RELEASED, 2, 0)


def test_a_pause_stops_registering_not_recording(customers, released, loan_officer, authority_paused):
    """I32: an opening book is a fact."""
    with reverts("Governed_Paused", authority_paused):
        customers.register(registration(), {"from": loan_officer})
    with reverts("Governed_Paused", authority_paused):
        released(1)


def test_a_released_import_goes_on_during_a_pause(customers, system, released, loan_officer, guardian):
    number = released(1)
    system.authority.pause(3_600, {"from": guardian})
    customers.importCustomers(number, [registration()], {"from": loan_officer})
    customers.completeImport(number, {"from": loan_officer})
    assert customers.importOf(number) == (COMPLETED, 1, 0)


def test_a_pause_stops_accounts_not_facts(
    customers, make_customer, system, borrower, outsiders, loan_officer, approver, risk_officer, guardian
):
    number, pool = make_customer(account=borrower), make_customer(kind=POOL, borrowers=3)
    customers.proposeRebinding(number, outsiders[0], {"from": loan_officer})
    chain.sleep(DELAY + 60)
    system.authority.pause(3_600, {"from": guardian})
    until = system.authority.pausedUntil()
    with reverts("Governed_Paused", until):
        customers.bindAccount(pool, outsiders[1], {"from": approver})
    with reverts("Governed_Paused", until):
        customers.proposeRebinding(number, outsiders[1], {"from": loan_officer})
    with reverts("Governed_Paused", until):
        customers.confirmRebinding(number, {"from": approver})
    customers.setGroup(number, 4, {"from": risk_officer})
    customers.setBorrowers(pool, 4, {"from": loan_officer})


# ---------------------------------------------------------------- the import gate, shared by every registry


def test_an_import_is_proposed_released_and_completed(customers, loan_officer, approver):
    proposing = customers.proposeImport(FILE, 1, 0, {"from": loan_officer})
    assert_events(proposing, event("ImportProposed", importId=1, fileHash=FILE, rows=1, total=0, person=LOAN_OFFICER))
    assert proposing.return_value == 1
    assert customers.importOf(1) == (PROPOSED, 0, 0)
    releasing = customers.releaseImport(1, {"from": approver})
    assert_events(releasing, event("ImportReleased", importId=1, person=APPROVER))
    customers.importCustomers(1, [registration()], {"from": loan_officer})
    completing = customers.completeImport(1, {"from": loan_officer})
    assert_events(completing, event("ImportCompleted", importId=1, rows=1, total=0, person=LOAN_OFFICER))
    assert customers.importOf(1) == (COMPLETED, 1, 0)


def test_an_import_passes_its_states_in_order(customers, loan_officer, approver, chair):
    with reverts("Importing_WrongState", 1, 0, PROPOSED):
        customers.releaseImport(1, {"from": approver})
    customers.proposeImport(FILE, 1, 0, {"from": loan_officer})
    with reverts("Importing_WrongState", 1, PROPOSED, RELEASED):
        customers.importCustomers(1, [registration()], {"from": loan_officer})
    with reverts("Importing_WrongState", 1, PROPOSED, RELEASED):
        customers.completeImport(1, {"from": loan_officer})
    customers.releaseImport(1, {"from": approver})
    with reverts("Importing_WrongState", 1, RELEASED, PROPOSED):
        customers.releaseImport(1, {"from": approver})
    customers.importCustomers(1, [registration()], {"from": loan_officer})
    customers.completeImport(1, {"from": loan_officer})
    with reverts("Importing_WrongState", 1, COMPLETED, RELEASED):
        customers.importCustomers(1, [registration("b")], {"from": loan_officer})
    with reverts("Importing_WrongState", 1, COMPLETED, RELEASED):
        customers.abandonImport(1, {"from": chair})


def test_the_proposer_does_not_release(customers, loan_officer, second_account, spares):
    """I30."""
    account = second_account("loan_officer", spares[0], Role.APPROVER)
    customers.proposeImport(FILE, 1, 0, {"from": loan_officer})
    with reverts("Governed_SamePerson", LOAN_OFFICER):
        customers.releaseImport(1, {"from": account})


def test_rows_and_total_agree_with_what_was_proposed(customers, released, loan_officer):
    number = released(2)
    with reverts("Importing_Mismatch", number, 3, 2, 0, 0):
        rows = [registration(name) for name in "abc"]
        customers.importCustomers(number, rows, {"from": loan_officer})
    assert customers.customers() == 0
    customers.importCustomers(number, [registration("a")], {"from": loan_officer})
    with reverts("Importing_Mismatch", number, 1, 2, 0, 0):
        customers.completeImport(number, {"from": loan_officer})
    wrong_total = released(1, 5)
    customers.importCustomers(wrong_total, [registration("b")], {"from": loan_officer})
    with reverts("Importing_Mismatch", wrong_total, 1, 1, 0, 5):
        customers.completeImport(wrong_total, {"from": loan_officer})


def test_an_empty_import_is_not_proposed(customers, loan_officer):
    with reverts("Importing_Empty"):
        customers.proposeImport(FILE, 0, 0, {"from": loan_officer})


def test_the_opening_closes_once_and_for_good(customers, released, loan_officer, chair, director):
    number = released(1)
    with reverts("Importing_OpeningClosed", 1):
        customers.closeOpening({"from": chair})
    customers.importCustomers(number, [registration()], {"from": loan_officer})
    customers.completeImport(number, {"from": loan_officer})
    assert not customers.openingClosed()
    assert_events(customers.closeOpening({"from": director}), event("OpeningClosed", person=2))
    assert customers.openingClosed()
    with reverts("Importing_OpeningClosed", 0):
        customers.closeOpening({"from": chair})
    with reverts("Importing_OpeningClosed", 0):
        customers.proposeImport(FILE, 1, 0, {"from": loan_officer})


@pytest.mark.parametrize("taken", [0, 1])
def test_an_import_may_be_abandoned(customers, released, loan_officer, chair, taken):
    """One wrong proposal does not keep the opening open for ever; rows already taken stay facts."""
    number = released(2)
    for name in "a"[:taken]:
        customers.importCustomers(number, [registration(name)], {"from": loan_officer})
    transaction = customers.abandonImport(number, {"from": chair})
    assert_events(transaction, event("ImportAbandoned", importId=number, rows=taken, total=0, person=1))
    assert customers.importOf(number) == (ABANDONED, taken, 0)
    assert customers.customers() == taken
    with reverts("Importing_WrongState", number, ABANDONED, RELEASED):
        customers.importCustomers(number, [registration("b")], {"from": loan_officer})
    with reverts("Importing_WrongState", number, ABANDONED, RELEASED):
        customers.abandonImport(number, {"from": chair})
    customers.closeOpening({"from": chair})


def test_a_proposed_import_may_be_abandoned(customers, loan_officer, approver, chair):
    customers.proposeImport(FILE, 2, 0, {"from": loan_officer})
    customers.abandonImport(1, {"from": chair})
    with reverts("Importing_WrongState", 1, ABANDONED, PROPOSED):
        customers.releaseImport(1, {"from": approver})
