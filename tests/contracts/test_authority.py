"""Persons and roles under four eyes; business days in order; a pause that ends."""

from __future__ import annotations

import pytest
from brownie import ZERO_ADDRESS, chain
from eth_utils.crypto import keccak

from scripts.deployment import role_differences
from scripts.roles import ADMINISTRATOR, Role, seat
from tests.contracts.expect import assert_events, event, reverts

DAY = 86_400
CHAIR, DIRECTOR, TREASURER, GUARDIAN = 1, 2, 7, 11  # persons, as the role table numbers them
PEOPLE_ENROLLED = 11
COMMITMENT = keccak(b"a new person")


def call_hash(method, *arguments):
    return keccak(hexstr=method.encode_input(*arguments))


@pytest.fixture(scope="module")
def authority(system):
    return system.authority


# ---------------------------------------------------------------- deployment


def test_deployment_leaves_the_role_table_on_chain(system, people):
    """Every seat, in the authority and in each contract's mirror, is the table's."""
    assert role_differences(system, people) == []


def test_a_seat_too_many_is_told(system, people, administer, authority, approver):
    administer(authority.grantRole, Role.LOAN_OFFICER.id, approver.address)
    told = role_differences(system, people)
    assert len(told) == len(system.contracts)
    assert all(approver.address in sentence for sentence in told)


def test_an_administrator_too_many_is_told(system, people, administer, authority, approver):
    administer(authority.grantRole, ADMINISTRATOR, approver.address)
    assert role_differences(system, people) == [f"{approver.address} administers and is not in the role table"]


@pytest.mark.parametrize("pair", [(0, 0), (0, None), (None, 0)])
def test_founders_are_two(Authority, chair, director, pair):
    first, second = (chair.address if place == 0 else ZERO_ADDRESS for place in pair)
    with reverts("Authority_FoundersInvalid", first, second):
        Authority.deploy(0, [(first, keccak(b"1")), (second, keccak(b"2"))], {"from": chair})


@pytest.mark.parametrize("offset", [14 * 3600 + 1, -14 * 3600 - 1])
def test_a_zone_is_of_this_earth(Authority, chair, director, offset):
    with reverts("Authority_ZoneInvalid", offset):
        Authority.deploy(offset, [(chair, keccak(b"1")), (director, keccak(b"2"))], {"from": chair})


@pytest.mark.parametrize("offset", [-14 * 3600, -3600, 0, 28_800, 14 * 3600])
def test_the_block_date_is_the_banks(Authority, chair, director, offset):
    deployed = Authority.deploy(offset, [(chair, keccak(b"1")), (director, keccak(b"2"))], {"from": chair})
    chain.sleep(DAY // 3)
    chain.mine()
    assert deployed.zoneOffset() == offset
    assert deployed.blockDate() == (chain[-1].timestamp + offset) // DAY


# ---------------------------------------------------------------- persons and accounts


def test_enrolment_numbers_persons(authority, chair):
    transaction = authority.enrol(COMMITMENT, {"from": chair})
    assert transaction.return_value == PEOPLE_ENROLLED + 1
    assert authority.persons() == PEOPLE_ENROLLED + 1
    assert_events(transaction, event("PersonEnrolled", person=PEOPLE_ENROLLED + 1, commitment=COMMITMENT))


def test_a_commitment_stands_for_one_person(authority, chair):
    authority.enrol(COMMITMENT, {"from": chair})
    with reverts("Authority_AlreadyEnrolled", PEOPLE_ENROLLED + 1):
        authority.enrol(COMMITMENT, {"from": chair})
    with reverts("Authority_AlreadyEnrolled", 0):
        authority.enrol(bytes(32), {"from": chair})
    assert authority.persons() == PEOPLE_ENROLLED + 1


def test_binding_takes_two_administrators(authority, chair, director, spares):
    account = spares[0]
    proposal = call_hash(authority.bind, account.address, TREASURER)
    assert_events(
        authority.propose([proposal], {"from": chair}), event("CallProposed", callHash=proposal, person=CHAIR)
    )
    assert authority.proposerOf(proposal) == CHAIR
    assert authority.personOf(account) == 0
    with reverts("Governed_SamePerson", CHAIR):
        authority.bind(account, TREASURER, {"from": chair})
    transaction = authority.bind(account, TREASURER, {"from": director})
    assert_events(transaction, event("AccountBound", account=account, person=TREASURER))
    assert authority.personOf(account) == TREASURER
    assert authority.proposerOf(proposal) == 0
    assert account.address in authority.seated()


def test_binding_reaches_every_contract(system, authority, administer, spares):
    administer(authority.bind, spares[0].address, TREASURER)
    assert {contract.seatOf(spares[0]) for contract in system.contracts.values()} == {seat(TREASURER, ())}


def test_a_call_that_nobody_proposed_is_refused(authority, director, spares):
    for method, arguments in (
        (authority.bind, (spares[0].address, TREASURER)),
        (authority.grantRole, (Role.BOARD.id, spares[0].address)),
        (authority.enlist, (spares[0].address,)),
    ):
        with reverts("Authority_NotProposed", director):
            method(*arguments, {"from": director})


def test_a_proposal_covers_its_arguments_only(authority, chair, director, spares):
    authority.propose([call_hash(authority.bind, spares[0].address, TREASURER)], {"from": chair})
    with reverts("Authority_NotProposed", director):
        authority.bind(spares[1], TREASURER, {"from": director})
    with reverts("Authority_NotProposed", director):
        authority.bind(spares[0], GUARDIAN, {"from": director})


def test_a_proposal_is_good_for_one_call(authority, administer, director, guardian):
    administer(authority.grantRole, Role.BOARD.id, guardian.address)
    authority.revokeRole(Role.BOARD.id, guardian, {"from": director})
    with reverts("Authority_NotProposed", director):
        authority.grantRole(Role.BOARD.id, guardian, {"from": director})


def test_a_proposal_dies_with_its_makers_office(authority, administer, chair, director, approver, risk_officer):
    administer(authority.grantRole, ADMINISTRATOR, approver.address)
    authority.propose([call_hash(authority.grantRole, Role.BOARD.id, risk_officer.address)], {"from": approver})
    authority.revokeRole(ADMINISTRATOR, approver, {"from": chair})
    with reverts("Authority_NotProposed", director):
        authority.grantRole(Role.BOARD.id, risk_officer, {"from": director})


def test_a_second_account_of_an_administrator_does_not_check_the_first(authority, second_account, administer, spares):
    """I30 for the administrators themselves."""
    account = second_account("chair", spares[0])
    administer(authority.grantRole, ADMINISTRATOR, account.address)
    authority.propose([call_hash(authority.bind, spares[1].address, TREASURER)], {"from": account})
    assert authority.proposerOf(call_hash(authority.bind, spares[1].address, TREASURER)) == CHAIR


def test_a_waiting_proposal_is_not_proposed_again(authority, chair, director, spares):
    proposal = call_hash(authority.bind, spares[0].address, TREASURER)
    authority.propose([proposal], {"from": chair})
    with reverts("Authority_AlreadyProposed", CHAIR):
        authority.propose([proposal], {"from": director})


def test_a_withdrawn_proposal_cannot_be_used(authority, chair, director, spares):
    proposal = call_hash(authority.bind, spares[0].address, TREASURER)
    authority.propose([proposal], {"from": chair})
    assert_events(
        authority.withdraw(proposal, {"from": director}), event("CallWithdrawn", callHash=proposal, person=DIRECTOR)
    )
    with reverts("Authority_NotProposed", director):
        authority.bind(spares[0], TREASURER, {"from": director})
    with reverts("Authority_NotProposed", chair):
        authority.withdraw(proposal, {"from": chair})


def test_an_account_never_changes_its_person(authority, administer, treasurer, system):
    with reverts("Authority_AccountTaken", treasurer, TREASURER):
        administer(authority.bind, treasurer.address, GUARDIAN)
    with reverts("Authority_AccountTaken", system.customers, 0):
        administer(authority.bind, system.customers.address, GUARDIAN)
    with reverts("Authority_AccountTaken", ZERO_ADDRESS, 0):
        administer(authority.bind, ZERO_ADDRESS, GUARDIAN)
    assert authority.personOf(treasurer) == TREASURER


@pytest.mark.parametrize("person", [0, PEOPLE_ENROLLED + 1])
def test_an_account_is_bound_to_somebody(authority, administer, spares, person):
    with reverts("Authority_PersonUnknown", person):
        administer(authority.bind, spares[0].address, person)


# ---------------------------------------------------------------- roles


def test_a_granted_role_reaches_every_contract(system, authority, administer, approver, director):
    transaction = administer(authority.grantRole, Role.APPRAISER.id, approver.address)
    assert_events(transaction, event("RoleGranted", role=Role.APPRAISER.id, account=approver, sender=director))
    expected = seat(authority.personOf(approver), (Role.APPROVER, Role.APPRAISER))
    assert {contract.seatOf(approver) for contract in system.contracts.values()} == {expected}


def test_a_revoked_role_leaves_every_contract_at_once(system, authority, chair, approver):
    """Narrowing takes one administrator: who has lost a key cannot wait for a second signature."""
    transaction = authority.revokeRole(Role.APPROVER.id, approver, {"from": chair})
    assert_events(transaction, event("RoleRevoked", role=Role.APPROVER.id, account=approver, sender=chair))
    expected = seat(authority.personOf(approver), ())
    assert {contract.seatOf(approver) for contract in system.contracts.values()} == {expected}


def test_anybody_may_renounce(system, authority, guardian):
    transaction = authority.renounceRole(Role.GUARDIAN.id, guardian, {"from": guardian})
    assert_events(transaction, event("RoleRevoked", role=Role.GUARDIAN.id, account=guardian, sender=guardian))
    assert system.customers.seatOf(guardian) == seat(GUARDIAN, ())


def test_granting_twice_changes_nothing(authority, administer, approver):
    before = authority.seatOf(approver)
    assert_events(administer(authority.grantRole, Role.APPROVER.id, approver.address))
    assert authority.seatOf(approver) == before


def test_revoking_what_is_not_held_changes_nothing(authority, chair, approver):
    before = authority.seatOf(approver)
    assert_events(authority.revokeRole(Role.BOARD.id, approver, {"from": chair}))
    assert authority.seatOf(approver) == before


def test_duties_go_to_persons_and_system_roles_to_contracts(authority, administer, spares, system, approver):
    with reverts("Authority_AccountUnbound", spares[0]):
        administer(authority.grantRole, Role.BOARD.id, spares[0].address)
    with reverts("Authority_AccountUnbound", spares[0]):
        administer(authority.grantRole, ADMINISTRATOR, spares[0].address)
    with reverts("Authority_AccountUnbound", system.customers):
        administer(authority.grantRole, Role.BOARD.id, system.customers.address)
    with reverts("Authority_AccountUnbound", approver):
        administer(authority.grantRole, Role.BOOK.id, approver.address)


@pytest.mark.parametrize("word", [1 << 10, 1 << 15, 1 << 21, 1 << 191, 1 << 192, 1 << 255, 3])
def test_only_the_tables_roles_exist(authority, administer, approver, chair, word):
    with reverts("Authority_RoleUnknown", word):
        administer(authority.grantRole, word.to_bytes(32, "big"), approver.address)
    with reverts("Authority_RoleUnknown", word):
        authority.revokeRole(word.to_bytes(32, "big"), approver, {"from": chair})


def test_two_persons_always_administer(authority, administer, chair, director, approver):
    """I33, also by renouncing: with one person left nobody could be appointed."""
    with reverts("Authority_LastAdministrator", director):
        authority.revokeRole(ADMINISTRATOR, director, {"from": chair})
    with reverts("Authority_LastAdministrator", chair):
        authority.renounceRole(ADMINISTRATOR, chair, {"from": chair})
    administer(authority.grantRole, ADMINISTRATOR, approver.address)
    authority.revokeRole(ADMINISTRATOR, director, {"from": chair})
    assert set(authority.getRoleMembers(ADMINISTRATOR)) == {chair.address, approver.address}
    with reverts("Authority_LastAdministrator", approver):
        authority.renounceRole(ADMINISTRATOR, approver, {"from": approver})


def test_two_accounts_of_one_person_are_one_administrator(
    authority, administer, second_account, chair, director, spares
):
    """I33 counts persons: a second account does not stand in for a second person."""
    account = second_account("chair", spares[0])
    administer(authority.grantRole, ADMINISTRATOR, account.address)
    with reverts("Authority_LastAdministrator", director):
        authority.revokeRole(ADMINISTRATOR, director, {"from": chair})
    authority.revokeRole(ADMINISTRATOR, account, {"from": chair})
    with reverts("Authority_LastAdministrator", chair):
        authority.revokeRole(ADMINISTRATOR, chair, {"from": director})


# ---------------------------------------------------------------- enlisting


def test_a_late_contract_gets_every_seat_the_day_and_the_pause(
    CreditPolicy, system, authority, administer, chair, guardian, people, today
):
    authority.pause(3600, {"from": guardian})
    late = CreditPolicy.deploy(authority, {"from": chair})
    transaction = administer(authority.enlist, late.address)
    assert_events(transaction, event("ContractEnlisted", target=late))
    for account in [*people.values(), *system.contracts.values()]:
        assert late.seatOf(account) == authority.seatOf(account)
    assert late.dayAndPause() == (today, True, authority.pausedUntil())
    assert late.address in authority.enlisted()


def test_a_contract_is_enlisted_once(authority, administer, system):
    with reverts("Authority_AlreadyEnlisted", system.policy):
        administer(authority.enlist, system.policy.address)


def test_a_foreign_contract_is_not_enlisted(Authority, CreditPolicy, authority, administer, chair, director, spares):
    other = Authority.deploy(0, [(chair, keccak(b"1")), (director, keccak(b"2"))], {"from": chair})
    foreign = CreditPolicy.deploy(other, {"from": chair})
    with reverts("Authority_ForeignContract", foreign):
        administer(authority.enlist, foreign.address)
    with reverts("Authority_ForeignContract", spares[0]):
        administer(authority.enlist, spares[0].address)
    with reverts("Authority_AccountTaken", chair, CHAIR):
        administer(authority.enlist, chair.address)


def test_mirrors_listen_to_the_authority_only(system, authority, chair, stranger):
    for name, contract in system.contracts.items():
        if name == "Authority":
            continue
        for account in (chair, stranger):
            with reverts("Governed_NotAuthority", account, authority):
                contract.setSeat(account, 1, {"from": account})
            with reverts("Governed_NotAuthority", account, authority):
                contract.setDay(1, True, {"from": account})
            with reverts("Governed_NotAuthority", account, authority):
                contract.setPause(0, {"from": account})


# ---------------------------------------------------------------- business day


def test_a_day_closes_and_the_next_opens(system, authority, treasurer, today):
    closing = authority.closeDay({"from": treasurer})
    assert_events(
        closing,
        event("DayClosed", businessDate=today, person=TREASURER),
        event("FlowsClosed", businessDate=today, spent=0, diverted=0),
        event("SupplyClosed", businessDate=today, supply=0, earmarked=0),
        event("BookClosed", businessDate=today, loans=0, outstanding=0, interest=0),
    )
    assert authority.day() == (today, False)
    assert {tuple(contract.dayAndPause()) for contract in governed(system)} == {(today, False, 0)}
    chain.sleep(DAY)
    chain.mine()
    opening = authority.openDay(today + 1, {"from": treasurer})
    assert_events(opening, event("DayOpened", businessDate=today + 1, person=TREASURER))
    assert authority.day() == (today + 1, True)
    assert {tuple(contract.dayAndPause()) for contract in governed(system)} == {(today + 1, True, 0)}


def governed(system):
    return [contract for name, contract in system.contracts.items() if name != "Authority"]


def test_days_only_advance_and_never_pass_the_blocks_date(authority, treasurer, today):
    """I8."""
    with reverts("Authority_DayOutOfOrder", today + 1, today, today):
        authority.openDay(today + 1, {"from": treasurer})  # while today is open
    authority.closeDay({"from": treasurer})
    for day in (today, today - 1):
        with reverts("Authority_DayOutOfOrder", day, today, today):
            authority.openDay(day, {"from": treasurer})
    chain.sleep(2 * DAY)
    chain.mine()
    with reverts("Authority_DayOutOfOrder", today + 3, today, today + 2):
        authority.openDay(today + 3, {"from": treasurer})
    authority.openDay(today + 2, {"from": treasurer})
    assert authority.day() == (today + 2, True)


def test_a_day_closes_once(authority, treasurer, today):
    authority.closeDay({"from": treasurer})
    with reverts("Authority_DayNotOpen", today):
        authority.closeDay({"from": treasurer})


# ---------------------------------------------------------------- pause


def test_a_pause_stops_acts_and_expires(system, authority, guardian, make_customer):
    """I32: an act is refused while it lasts, and goes on after it without anybody's doing."""
    transaction = authority.pause(3600, {"from": guardian})
    until = transaction.timestamp + 3600
    assert_events(transaction, event("Paused", until=until, person=GUARDIAN))
    assert authority.pausedUntil() == until
    assert {contract.dayAndPause()[2] for contract in governed(system)} == {until}
    with reverts("Governed_Paused", until):
        make_customer()
    chain.sleep(3601)
    assert make_customer() == 1


def test_a_pause_is_bounded(authority, guardian):
    week = 7 * DAY
    for duration in (0, week + 1):
        with reverts("Authority_PauseTooLong", duration, week):
            authority.pause(duration, {"from": guardian})
    authority.pause(week, {"from": guardian})


def test_a_pause_cannot_be_prolonged_or_chained(authority, guardian):
    """Else a guardian alone could stop the bank for ever, a week at a time."""
    until = authority.pause(3600, {"from": guardian}).timestamp + 3600
    with reverts("Authority_PauseTooSoon", until + DAY):
        authority.pause(3600, {"from": guardian})
    chain.sleep(3600 + DAY - 60)
    with reverts("Authority_PauseTooSoon", until + DAY):
        authority.pause(3600, {"from": guardian})
    chain.sleep(120)
    authority.pause(3600, {"from": guardian})


def test_a_lifted_pause_ends_at_once(system, authority, guardian, make_customer):
    authority.pause(7 * DAY, {"from": guardian})
    lifting = authority.unpause({"from": guardian})
    assert_events(lifting, event("Unpaused", person=GUARDIAN))
    assert {contract.dayAndPause()[2] for contract in governed(system)} == {lifting.timestamp}
    assert make_customer() == 1
    with reverts("Authority_NotPaused"):
        authority.unpause({"from": guardian})
    with reverts("Authority_PauseTooSoon", lifting.timestamp + DAY):
        authority.pause(3600, {"from": guardian})
