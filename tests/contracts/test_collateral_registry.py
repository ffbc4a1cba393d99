"""Collateral: appraisals, ranked liens, release and enforcement, each by value, event and refusal."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from scripts.roles import Role
from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.judging import UNLIKELY_TO_PAY
from tests.contracts.lending import Desk
from tests.contracts.securing import (
    MOST_MONEY,
    NOBODY,
    PPB,
    PROPERTY,
    cover_value,
    rebind,
    registration,
    tag,
)

TITLE = tag("Shenzhen 0001234")
OTHER_TITLE = tag("Shenzhen 0009876")
VALUE = 100_000_00
HAIRCUT = 300_000_001  # leaves 69 999.9999 yuan: the cover value is rounded down
COVER = 6_999_999
LOAN, OTHER_LOAN = 1, 2
OWED = {LOAN: 6_000_000, OTHER_LOAN: 1_000_000}
OTHER_BANK = 5
NONE, ACTIVE, RELEASED, ENFORCED = range(4)  # LienState
FIRST, SECOND, THIRD = 256 + 1, 256 + 2, 256 + 3  # liens of the first object by rank
SEED = 20_231_231


@pytest.fixture(scope="module")
def collateral(system: Any) -> Any:
    return system.collateral


@pytest.fixture(scope="module")
def owner(make_customer: Any, borrower: Any) -> int:
    return make_customer(account=borrower, grade=5)


@pytest.fixture(scope="module")
def in_default(system: Any, people: Any, owner: int, borrower: Any) -> None:
    """Two loans of the owner's that owe more than the liens placed for them."""
    desk = Desk(system, people, owner, borrower)
    desk.offer(1)
    for loan, amount in OWED.items():
        assert desk.originated(amount=amount) == loan
        desk.book.declareDefault(loan, UNLIKELY_TO_PAY, desk.by("risk_officer"))


@pytest.fixture(scope="module")
def debtor(make_customer: Any, outsiders: Any) -> int:
    """A customer who owns nothing."""
    return make_customer(account=outsiders[0])


@pytest.fixture(scope="module")
def opened_on(system: Any) -> int:
    """The business date on which the module's object was registered."""
    return system.authority.day()[0]


@pytest.fixture(scope="module")
def registered(collateral: Any, owner: int, debtor: int, appraiser: Any, opened_on: int) -> Any:
    """The registry with one object of the owner's."""
    row = registration(TITLE, owner, value=VALUE, appraised_on=opened_on, haircut=HAIRCUT)
    collateral.register(row, {"from": appraiser})
    return collateral


@pytest.fixture
def pledged(registered: Any, owner: int, loan_officer: Any) -> Any:
    """The registry with a lien of 50,000 yuan on that object."""
    registered.pledge(TITLE, LOAN, owner, 5_000_000, {"from": loan_officer})
    return registered


@pytest.fixture(scope="module")
def book(system: Any, as_contract: Any) -> Any:
    return as_contract(system.book)


@pytest.fixture
def person(system: Any) -> Any:
    return system.authority.personOf


@pytest.fixture
def opening(registered: Any, loan_officer: Any, approver: Any) -> Any:
    """A function that proposes an import and releases it; it returns the import's number."""

    def released(rows: int, total: int) -> int:
        sent = registered.proposeImport(b"file".ljust(32, b"\0"), rows, total, {"from": loan_officer})
        number = sent.events["ImportProposed"]["importId"]
        registered.releaseImport(number, {"from": approver})
        return int(number)

    return released


def lien_of(registry: Any, lien: int) -> tuple[Any, ...]:
    """(title, loan, borrower, amount, lender, rank, state)"""
    return tuple(registry.lienOf(lien))


def state_of(registry: Any, *liens: int) -> tuple[Any, ...]:
    """All that is stored of the module's object and some liens."""
    return (tuple(registry.collateralOf(TITLE)), *(lien_of(registry, lien) for lien in liens))


# ---------------------------------------------------------------- registration


def test_registering_an_object_records_it_and_mints_its_title(
    registered: Any, system: Any, owner: int, borrower: Any, appraiser: Any, person: Any, today: int
) -> None:
    """Steady state of the gas aim: the owner has a title already."""
    row = registration(OTHER_TITLE, owner, value=VALUE, appraised_on=today - 3, haircut=HAIRCUT, shelf_life=90)
    sent = registered.register(row, {"from": appraiser})
    assert_events(
        sent,
        event(
            "CollateralRegistered", title=OTHER_TITLE, kind=PROPERTY, owner=owner, region=b"CN-GD\0", value=VALUE,
            haircut=HAIRCUT, appraisedOn=today - 3, validUntil=today + 87, importId=0, person=person(appraiser),
        ),
        event("Transfer", **{"from": NOBODY, "to": borrower, "tokenId": OTHER_TITLE}),
    )  # fmt: skip
    assert registered.collateralOf(OTHER_TITLE) == (
        owner, PROPERTY, VALUE, HAIRCUT, today - 3, today + 87, 0, 0, 2
    )  # fmt: skip
    assert registered.objects() == 2
    assert system.titles.balanceOf(borrower) == 2
    assert sent.gas_used <= 105_000


def test_an_owner_without_account_leaves_the_title_in_custody_until_one_is_bound(
    registered: Any, system: Any, make_customer: Any, appraiser: Any, approver: Any, stranger: Any, outsiders: Any,
    today: int,
) -> None:  # fmt: skip
    customer = make_customer()
    registered.register(registration(OTHER_TITLE, customer, value=VALUE, appraised_on=today), {"from": appraiser})
    assert system.titles.ownerOf(OTHER_TITLE) == registered.address
    assert registered.collateralOf(OTHER_TITLE)[0] == customer
    with reverts("CollateralRegistry_NothingToAlign", OTHER_TITLE):
        registered.alignTitle(OTHER_TITLE, {"from": stranger})
    system.customers.bindAccount(customer, outsiders[3], {"from": approver})
    sent = registered.alignTitle(OTHER_TITLE, {"from": stranger})
    assert_events(sent, event("Transfer", **{"from": registered.address, "to": outsiders[3], "tokenId": OTHER_TITLE}))
    with reverts("CollateralRegistry_NothingToAlign", OTHER_TITLE):
        registered.alignTitle(OTHER_TITLE, {"from": stranger})


def test_an_object_is_registered_once(registered: Any, debtor: int, borrower: Any, appraiser: Any, today: int) -> None:
    """I10: whoever claims it, and nothing of the second attempt remains."""
    before = state_of(registered)
    with reverts("TitleRegistry_AlreadyRegistered", TITLE, borrower):
        registered.register(registration(TITLE, debtor, value=1, appraised_on=today), {"from": appraiser})
    assert state_of(registered) == before
    assert registered.objects() == 1


@pytest.mark.parametrize(
    ("title", "change"),
    [
        (0, {}),
        (2**96, {}),
        (OTHER_TITLE, {"kind": 0}),
        (OTHER_TITLE, {"value": 0}),
        (OTHER_TITLE, {"value": MOST_MONEY + 1}),
        (OTHER_TITLE, {"haircut": PPB + 1}),
        (OTHER_TITLE, {"late": 1}),
        (OTHER_TITLE, {"shelf_life": -1}),
        (OTHER_TITLE, {"shelf_life": 65_536}),
    ],
)
def test_registrations_that_make_no_sense_are_refused(
    registered: Any, owner: int, appraiser: Any, today: int, title: int, change: dict[str, int]
) -> None:
    terms = {"value": VALUE, "appraised_on": today + change.pop("late", 0), **change}
    row = registration(title, owner, **terms)
    with reverts("CollateralRegistry_Invalid", title, row[4], row[5], row[6], row[7]):
        registered.register(row, {"from": appraiser})
    assert registered.objects() == 1


def test_limits_of_a_registration_are_allowed(registered: Any, owner: int, appraiser: Any, today: int) -> None:
    """The largest title, value, haircut and date fit, and are read back as they were."""
    row = registration(
        2**96 - 1, owner, value=MOST_MONEY, appraised_on=today, haircut=PPB, shelf_life=65_535 - today, kind=7
    )
    registered.register(row, {"from": appraiser})
    assert registered.collateralOf(2**96 - 1) == (owner, 7, MOST_MONEY, PPB, today, 65_535, 0, 0, 2)


def test_an_object_of_an_unknown_customer_is_refused(registered: Any, appraiser: Any, today: int) -> None:
    with reverts("CustomerRegistry_Unknown", 99):
        registered.register(registration(OTHER_TITLE, 99, value=VALUE, appraised_on=today), {"from": appraiser})


def test_registering_is_an_act_of_appraisers(
    registered: Any, owner: int, people: Any, guardian: Any, appraiser: Any, system: Any, today: int
) -> None:
    row = registration(OTHER_TITLE, owner, value=VALUE, appraised_on=today)
    for name, account in people.items():
        if name != "appraiser":
            with reverts("Governed_RoleMissing", account, Role.APPRAISER.bit):
                registered.register(row, {"from": account})
    sent = system.authority.pause(3_600, {"from": guardian})
    with reverts("Governed_Paused", sent.events["Paused"]["until"]):
        registered.register(row, {"from": appraiser})


# ---------------------------------------------------------------- appraisal


def test_a_new_appraisal_replaces_the_last(pledged: Any, owner: int, appraiser: Any, person: Any, today: int) -> None:
    sent = pledged.revalue(TITLE, 2 * VALUE, HAIRCUT, today, today + 30, {"from": appraiser})
    assert_events(
        sent,
        event(
            "CollateralRevalued", title=TITLE, value=2 * VALUE, previous=VALUE, haircut=HAIRCUT, appraisedOn=today,
            validUntil=today + 30, person=person(appraiser),
        ),
    )  # fmt: skip
    assert pledged.collateralOf(TITLE) == (
        owner, PROPERTY, 2 * VALUE, HAIRCUT, today, today + 30, 5_000_000, 1, 1
    )  # fmt: skip
    assert sent.gas_used <= 36_000


def test_a_fall_in_value_calls_margin_and_releases_nothing(
    pledged: Any, owner: int, appraiser: Any, person: Any, guardian: Any, system: Any, today: int
) -> None:
    """I13: a fact, recorded also during a pause; cover falls, the lien stays."""
    before = lien_of(pledged, FIRST)
    system.authority.pause(3_600, {"from": guardian})
    value = 1_000_000
    sent = pledged.revalue(TITLE, value, HAIRCUT, today, today + 30, {"from": appraiser})
    assert_events(
        sent,
        event(
            "CollateralRevalued", title=TITLE, value=value, previous=VALUE, haircut=HAIRCUT, appraisedOn=today,
            validUntil=today + 30, person=person(appraiser),
        ),
        event(
            "MarginCalled", title=TITLE, coverValue=cover_value(value, HAIRCUT), pledged=5_000_000, calledOn=today
        ),
    )  # fmt: skip
    assert pledged.coverOf(LOAN, owner, [FIRST]) == (cover_value(value, HAIRCUT), False)
    assert lien_of(pledged, FIRST) == before
    assert pledged.collateralOf(TITLE)[6] == 5_000_000


def test_margin_is_called_one_fen_below_what_is_pledged(pledged: Any, appraiser: Any, today: int) -> None:
    sent = pledged.revalue(TITLE, 5_000_000, 0, today, today + 30, {"from": appraiser})
    assert "MarginCalled" not in sent.events
    sent = pledged.revalue(TITLE, 4_999_999, 0, today, today + 30, {"from": appraiser})
    assert sent.events["MarginCalled"]["coverValue"] == 4_999_999


def test_an_object_may_lose_all_its_value(pledged: Any, owner: int, appraiser: Any, today: int) -> None:
    pledged.revalue(TITLE, 0, HAIRCUT, today, today, {"from": appraiser})
    assert pledged.coverOf(LOAN, owner, [FIRST]) == (0, False)


def test_appraisals_that_make_no_sense_are_refused(registered: Any, appraiser: Any, people: Any, today: int) -> None:
    before = state_of(registered)
    for value, haircut, on, until in (
        (MOST_MONEY + 1, 0, today, today),
        (1, PPB + 1, today, today),
        (1, 0, today + 1, today + 2),
        (1, 0, today, today - 1),
        (1, 0, today, 65_536),
        (1, 0, today - 1, today),  # older than the last
    ):
        with reverts("CollateralRegistry_Invalid", TITLE, value, haircut, on, until):
            registered.revalue(TITLE, value, haircut, on, until, {"from": appraiser})
    with reverts("CollateralRegistry_Unknown", OTHER_TITLE):
        registered.revalue(OTHER_TITLE, 1, 0, today, today, {"from": appraiser})
    for name, account in people.items():
        if name != "appraiser":
            with reverts("Governed_RoleMissing", account, Role.APPRAISER.bit):
                registered.revalue(TITLE, 1, 0, today, today, {"from": account})
    assert state_of(registered) == before


# ---------------------------------------------------------------- liens


def test_a_pledge_places_a_lien_in_rank(
    pledged: Any, owner: int, loan_officer: Any, person: Any, appraiser: Any, today: int
) -> None:
    sent = pledged.pledge(TITLE, OTHER_LOAN, owner, 1_999_999, {"from": loan_officer})
    assert_events(
        sent,
        event(
            "LienPlaced", lien=SECOND, title=TITLE, loanId=OTHER_LOAN, borrower=owner, lender=0, amount=1_999_999,
            rank=2, pledged=COVER, placedOn=today, person=person(loan_officer),
        ),
    )  # fmt: skip
    assert lien_of(pledged, FIRST) == (TITLE, LOAN, owner, 5_000_000, 0, 1, ACTIVE)
    assert lien_of(pledged, SECOND) == (TITLE, OTHER_LOAN, owner, 1_999_999, 0, 2, ACTIVE)
    assert pledged.collateralOf(TITLE)[6:8] == (COVER, 2)
    assert pledged.collateralOf(TITLE)[2] == VALUE


def test_a_first_pledge_meets_its_gas_aim(registered: Any, owner: int, loan_officer: Any) -> None:
    sent = registered.pledge(TITLE, LOAN, owner, 5_000_000, {"from": loan_officer})
    assert sent.gas_used <= 59_000


def test_a_pledge_never_passes_the_value_after_haircut(pledged: Any, owner: int, loan_officer: Any) -> None:
    """I9, to the fen: half a fen of haircut counts against the borrower."""
    before = state_of(pledged, SECOND)
    with reverts("CollateralRegistry_CoverExceeded", TITLE, 5_000_000, 2_000_000, COVER):
        pledged.pledge(TITLE, OTHER_LOAN, owner, 2_000_000, {"from": loan_officer})
    assert state_of(pledged, SECOND) == before
    pledged.pledge(TITLE, OTHER_LOAN, owner, 1_999_999, {"from": loan_officer})
    with reverts("CollateralRegistry_CoverExceeded", TITLE, COVER, 1, COVER):
        pledged.pledge(TITLE, OTHER_LOAN + 1, owner, 1, {"from": loan_officer})


def test_another_lenders_lien_takes_cover_too(
    registered: Any, owner: int, credit_bureau: Any, loan_officer: Any
) -> None:
    registered.recordLien(TITLE, OTHER_BANK, 6_000_000, {"from": credit_bureau})
    with reverts("CollateralRegistry_CoverExceeded", TITLE, 6_000_000, 1_000_000, COVER):
        registered.pledge(TITLE, LOAN, owner, 1_000_000, {"from": loan_officer})


def test_a_loan_takes_one_lien_on_an_object(pledged: Any, owner: int, loan_officer: Any, approver: Any) -> None:
    with reverts("CollateralRegistry_AlreadyPledged", TITLE, LOAN, 0):
        pledged.pledge(TITLE, LOAN, owner, 1, {"from": loan_officer})
    pledged.proposeRelease(FIRST, 5_000_000, {"from": loan_officer})
    pledged.release(FIRST, 5_000_000, {"from": approver})
    pledged.pledge(TITLE, LOAN, owner, 1, {"from": loan_officer})
    assert lien_of(pledged, SECOND)[5:] == (2, ACTIVE)


def test_a_stale_appraisal_carries_no_new_lien(
    registered: Any, owner: int, loan_officer: Any, next_day: Any, opened_on: int
) -> None:
    next_day(365)
    registered.pledge(TITLE, LOAN, owner, 1, {"from": loan_officer})
    assert registered.coverOf(LOAN, owner, [FIRST]) == (1, False)
    day = next_day()
    with reverts("CollateralRegistry_AppraisalStale", TITLE, opened_on + 365, day):
        registered.pledge(TITLE, OTHER_LOAN, owner, 1, {"from": loan_officer})
    assert registered.coverOf(LOAN, owner, [FIRST]) == (1, True)


@pytest.mark.parametrize(
    ("loan", "is_borrower", "amount"),
    [(0, True, 1), (LOAN, False, 1), (LOAN, True, 0), (LOAN, True, MOST_MONEY + 1), (LOAN, True, 2**128 - 1)],
)
def test_pledges_without_loan_borrower_or_amount_are_refused(
    registered: Any, owner: int, loan_officer: Any, loan: int, is_borrower: bool, amount: int
) -> None:
    party = owner if is_borrower else 0
    with reverts("CollateralRegistry_LienInvalid", TITLE, loan, party, amount):
        registered.pledge(TITLE, loan, party, amount, {"from": loan_officer})


def test_pledging_is_an_act_of_loan_officers(
    registered: Any, owner: int, people: Any, loan_officer: Any, guardian: Any, system: Any
) -> None:
    for name, account in people.items():
        if name != "loan_officer":
            with reverts("Governed_RoleMissing", account, Role.LOAN_OFFICER.bit):
                registered.pledge(TITLE, LOAN, owner, 1, {"from": account})
    with reverts("CollateralRegistry_Unknown", OTHER_TITLE):
        registered.pledge(OTHER_TITLE, LOAN, owner, 1, {"from": loan_officer})
    sent = system.authority.pause(3_600, {"from": guardian})
    with reverts("Governed_Paused", sent.events["Paused"]["until"]):
        registered.pledge(TITLE, LOAN, owner, 1, {"from": loan_officer})


def test_an_object_bears_64_liens_by_acts_at_a_time_and_255_by_facts_in_its_life(
    registered: Any, opening: Any, owner: int, loan_officer: Any, approver: Any, credit_bureau: Any
) -> None:
    rows = [(TITLE, 1_000 + number, 1, 0) for number in range(64)]
    registered.importLiens(opening(64, 64), rows, {"from": loan_officer})
    with reverts("CollateralRegistry_TooManyLiens", TITLE, 64):
        registered.pledge(TITLE, LOAN, owner, 1, {"from": loan_officer})
    registered.proposeRelease(SECOND, 1, {"from": loan_officer})
    registered.release(SECOND, 1, {"from": approver})
    placed = registered.pledge(TITLE, LOAN, owner, 1, {"from": loan_officer})  # in its place, with a number of its own
    assert placed.events["LienPlaced"]["lien"] == 256 + 65
    with reverts("CollateralRegistry_TooManyLiens", TITLE, 65):
        registered.pledge(TITLE, OTHER_LOAN, owner, 1, {"from": loan_officer})
    for start in range(65, 255, 64):
        count = min(64, 255 - start)
        more = [(TITLE, 1_000 + start + number, MOST_MONEY, 0) for number in range(count)]
        registered.importLiens(opening(count, count * MOST_MONEY), more, {"from": loan_officer})
    assert registered.collateralOf(TITLE)[6:] == (64 + 190 * MOST_MONEY, 255, 1)
    assert lien_of(registered, 256 + 255)[5:] == (255, ACTIVE)
    with reverts("CollateralRegistry_TooManyLiens", TITLE, 255):
        registered.recordLien(TITLE, OTHER_BANK, 1, {"from": credit_bureau})


def test_acts_leave_64_of_an_objects_numbers_to_facts(
    registered: Any, opening: Any, owner: int, loan_officer: Any, approver: Any, credit_bureau: Any
) -> None:
    """The dearest pledge, past 190 liens that are released, fits a block many times over."""
    for start in (0, 95):
        rows = [(TITLE, 0, 1, 1_000 + start + number) for number in range(95)]
        registered.importLiens(opening(95, 95), rows, {"from": loan_officer})
    for lien in range(FIRST, FIRST + 190):
        registered.recordRelease(lien, 1, {"from": credit_bureau})
    sent = registered.pledge(TITLE, LOAN, owner, 1, {"from": loan_officer})
    assert sent.events["LienPlaced"]["lien"] == 256 + 191
    print(f"gas of a pledge past 190 liens: {sent.gas_used}")
    assert sent.gas_used < 700_000
    with reverts("CollateralRegistry_TooManyLiens", TITLE, 191):
        registered.pledge(TITLE, OTHER_LOAN, owner, 1, {"from": loan_officer})
    registered.recordLien(TITLE, OTHER_BANK, 1, {"from": credit_bureau})


def test_another_lenders_lien_is_a_fact(
    pledged: Any, owner: int, credit_bureau: Any, guardian: Any, system: Any, person: Any, today: int
) -> None:
    """Recorded beyond the value and during a pause, and told as a margin call; it ranks behind."""
    system.authority.pause(3_600, {"from": guardian})
    sent = pledged.recordLien(TITLE, OTHER_BANK, 3_000_000, {"from": credit_bureau})
    assert_events(
        sent,
        event(
            "LienPlaced", lien=SECOND, title=TITLE, loanId=0, borrower=0, lender=OTHER_BANK, amount=3_000_000, rank=2,
            pledged=8_000_000, placedOn=today, person=person(credit_bureau),
        ),
        event("MarginCalled", title=TITLE, coverValue=COVER, pledged=8_000_000, calledOn=today),
    )  # fmt: skip
    assert lien_of(pledged, SECOND) == (TITLE, 0, 0, 3_000_000, OTHER_BANK, 2, ACTIVE)
    assert pledged.coverOf(LOAN, owner, [FIRST]) == (5_000_000, False)


def test_another_lenders_lien_needs_a_lender_an_amount_and_a_bureau(
    registered: Any, credit_bureau: Any, people: Any
) -> None:
    for lender, amount in ((0, 1), (OTHER_BANK, 0), (OTHER_BANK, MOST_MONEY + 1)):
        with reverts("CollateralRegistry_LienInvalid", TITLE, 0, lender, amount):
            registered.recordLien(TITLE, lender, amount, {"from": credit_bureau})
    for name, account in people.items():
        if name != "credit_bureau":
            with reverts("Governed_RoleMissing", account, Role.CREDIT_BUREAU.bit):
                registered.recordLien(TITLE, OTHER_BANK, 1, {"from": account})


# ---------------------------------------------------------------- consent


def test_an_owner_consents_to_anothers_loan_once_and_up_to_an_amount(
    registered: Any, owner: int, debtor: int, borrower: Any, loan_officer: Any, person: Any, today: int
) -> None:
    """I14."""
    sent = registered.consent(TITLE, LOAN, 2_000_000, {"from": borrower})
    assert_events(sent, event("ConsentGiven", title=TITLE, loanId=LOAN, owner=owner, amount=2_000_000, givenOn=today))
    assert registered.consentOf(TITLE, LOAN) == (borrower, 2_000_000)
    for loan, amount in ((LOAN, 2_000_001), (OTHER_LOAN, 1)):
        with reverts("CollateralRegistry_NoConsent", TITLE, owner, debtor):
            registered.pledge(TITLE, loan, debtor, amount, {"from": loan_officer})
    sent = registered.pledge(TITLE, LOAN, debtor, 1_500_000, {"from": loan_officer})
    assert_events(
        sent,
        event(
            "LienPlaced", lien=FIRST, title=TITLE, loanId=LOAN, borrower=debtor, lender=0, amount=1_500_000, rank=1,
            pledged=1_500_000, placedOn=today, person=person(loan_officer),
        ),
    )  # fmt: skip
    assert registered.consentOf(TITLE, LOAN) == (NOBODY, 0)
    assert registered.coverOf(LOAN, debtor, [FIRST]) == (1_500_000, False)


def test_a_withdrawn_consent_is_none(
    registered: Any, owner: int, debtor: int, borrower: Any, loan_officer: Any, today: int
) -> None:
    registered.consent(TITLE, LOAN, 1, {"from": borrower})
    sent = registered.consent(TITLE, LOAN, 0, {"from": borrower})
    assert_events(sent, event("ConsentGiven", title=TITLE, loanId=LOAN, owner=owner, amount=0, givenOn=today))
    with reverts("CollateralRegistry_NoConsent", TITLE, owner, debtor):
        registered.pledge(TITLE, LOAN, debtor, 1, {"from": loan_officer})


def test_consent_falls_with_the_ownership_it_came_from(
    registered: Any, system: Any, owner: int, debtor: int, borrower: Any, outsiders: Any, loan_officer: Any,
    make_customer: Any,
) -> None:  # fmt: skip
    """I14: neither a former owner's consent nor a former owner's own loan binds the new owner."""
    buyer = make_customer(account=outsiders[1])
    registered.consent(TITLE, LOAN, 1_000, {"from": borrower})
    system.titles.transferFrom(borrower, outsiders[1], TITLE, {"from": borrower})
    for party in (debtor, owner):
        with reverts("CollateralRegistry_NoConsent", TITLE, buyer, party):
            registered.pledge(TITLE, LOAN, party, 1_000, {"from": loan_officer})
    with reverts("CollateralRegistry_NotOwner", TITLE, borrower):
        registered.consent(TITLE, LOAN, 1_000, {"from": borrower})
    registered.pledge(TITLE, LOAN, buyer, 1_000, {"from": loan_officer})


def test_consent_of_an_account_its_customer_left_is_void(
    registered: Any, system: Any, owner: int, debtor: int, borrower: Any, outsiders: Any, loan_officer: Any, people: Any
) -> None:
    registered.consent(TITLE, LOAN, 1_000, {"from": borrower})
    rebind(system, owner, outsiders[2], people)
    with reverts("CollateralRegistry_NotOwner", TITLE, borrower):
        registered.pledge(TITLE, LOAN, debtor, 1_000, {"from": loan_officer})
    with reverts("CollateralRegistry_NotOwner", TITLE, borrower):
        registered.consent(TITLE, OTHER_LOAN, 1_000, {"from": borrower})
    registered.alignTitle(TITLE, {"from": outsiders[2]})
    with reverts("CollateralRegistry_NoConsent", TITLE, owner, debtor):
        registered.pledge(TITLE, LOAN, debtor, 1_000, {"from": loan_officer})


def test_consent_is_an_act_of_the_owners_account(
    registered: Any, owner: int, borrower: Any, stranger: Any, people: Any, guardian: Any, system: Any
) -> None:
    for account in (stranger, *people.values()):
        with reverts("CollateralRegistry_NotOwner", TITLE, account):
            registered.consent(TITLE, LOAN, 1, {"from": account})
    with reverts("CollateralRegistry_Unknown", OTHER_TITLE):
        registered.consent(OTHER_TITLE, LOAN, 1, {"from": borrower})
    for loan, amount in ((0, 1), (LOAN, MOST_MONEY + 1)):
        with reverts("CollateralRegistry_LienInvalid", TITLE, loan, owner, amount):
            registered.consent(TITLE, loan, amount, {"from": borrower})
    sent = system.authority.pause(3_600, {"from": guardian})
    with reverts("Governed_Paused", sent.events["Paused"]["until"]):
        registered.consent(TITLE, LOAN, 1, {"from": borrower})


def test_a_holder_who_becomes_a_customer_is_recorded_as_owner(
    registered: Any, system: Any, owner: int, borrower: Any, stranger: Any, make_customer: Any, loan_officer: Any
) -> None:
    system.titles.transferFrom(borrower, stranger, TITLE, {"from": borrower})
    with reverts("CollateralRegistry_NothingToAlign", TITLE):
        registered.alignTitle(TITLE, {"from": borrower})
    newcomer = make_customer(account=stranger)
    with reverts("CollateralRegistry_NoConsent", TITLE, 0, newcomer):
        registered.pledge(TITLE, LOAN, newcomer, 1, {"from": loan_officer})
    sent = registered.alignTitle(TITLE, {"from": borrower})
    assert_events(sent, event("OwnerChanged", title=TITLE, owner=newcomer, previous=0))
    registered.pledge(TITLE, LOAN, newcomer, 1, {"from": loan_officer})


def test_a_lien_follows_the_title(
    pledged: Any, system: Any, owner: int, debtor: int, borrower: Any, outsiders: Any
) -> None:
    before = lien_of(pledged, FIRST)
    system.titles.transferFrom(borrower, outsiders[0], TITLE, {"from": borrower})
    assert pledged.collateralOf(TITLE)[0] == debtor
    assert lien_of(pledged, FIRST) == before
    assert pledged.coverOf(LOAN, owner, [FIRST]) == (5_000_000, False)


# ---------------------------------------------------------------- release


def test_two_persons_release_part_and_then_the_rest(
    pledged: Any, owner: int, loan_officer: Any, approver: Any, person: Any, guardian: Any, system: Any, today: int
) -> None:
    """I11, I32: also during a pause."""
    system.authority.pause(3_600, {"from": guardian})
    sent = pledged.proposeRelease(FIRST, 2_000_000, {"from": loan_officer})
    assert_events(sent, event("ReleaseProposed", lien=FIRST, amount=2_000_000, person=person(loan_officer)))
    assert pledged.releaseProposalOf(FIRST) == (2_000_000, person(loan_officer))
    sent = pledged.release(FIRST, 2_000_000, {"from": approver})
    assert_events(
        sent,
        event(
            "LienReleased", lien=FIRST, title=TITLE, released=2_000_000, amount=3_000_000, pledged=3_000_000,
            releasedOn=today, person=person(approver),
        ),
    )  # fmt: skip
    assert lien_of(pledged, FIRST) == (TITLE, LOAN, owner, 3_000_000, 0, 1, ACTIVE)
    assert pledged.releaseProposalOf(FIRST) == (0, 0)
    pledged.proposeRelease(FIRST, 3_000_000, {"from": loan_officer})
    pledged.release(FIRST, 3_000_000, {"from": approver})
    assert lien_of(pledged, FIRST) == (TITLE, LOAN, owner, 0, 0, 1, RELEASED)
    assert pledged.collateralOf(TITLE)[6:8] == (0, 1)
    with reverts("CollateralRegistry_LienNotActive", FIRST, RELEASED):
        pledged.proposeRelease(FIRST, 1, {"from": loan_officer})


def test_a_release_is_confirmed_as_proposed_and_once(pledged: Any, loan_officer: Any, approver: Any) -> None:
    with reverts("CollateralRegistry_NotProposed", FIRST, 5_000_000):
        pledged.release(FIRST, 5_000_000, {"from": approver})
    pledged.proposeRelease(FIRST, 1_000, {"from": loan_officer})
    with reverts("CollateralRegistry_NotProposed", FIRST, 999):
        pledged.release(FIRST, 999, {"from": approver})
    pledged.release(FIRST, 1_000, {"from": approver})
    with reverts("CollateralRegistry_NotProposed", FIRST, 1_000):
        pledged.release(FIRST, 1_000, {"from": approver})


def test_a_later_proposal_replaces_an_earlier_one(pledged: Any, loan_officer: Any, approver: Any, person: Any) -> None:
    pledged.proposeRelease(FIRST, 1_000, {"from": loan_officer})
    pledged.proposeRelease(FIRST, 2_000, {"from": loan_officer})
    assert pledged.releaseProposalOf(FIRST) == (2_000, person(loan_officer))
    with reverts("CollateralRegistry_NotProposed", FIRST, 1_000):
        pledged.release(FIRST, 1_000, {"from": approver})
    pledged.release(FIRST, 2_000, {"from": approver})
    assert lien_of(pledged, FIRST)[3] == 4_998_000


def test_one_person_cannot_release_through_two_accounts(
    pledged: Any, loan_officer: Any, second_account: Any, outsiders: Any, person: Any
) -> None:
    """I30."""
    other = second_account("loan_officer", outsiders[4], Role.APPROVER)
    pledged.proposeRelease(FIRST, 1_000, {"from": loan_officer})
    with reverts("Governed_SamePerson", person(loan_officer)):
        pledged.release(FIRST, 1_000, {"from": other})
    assert lien_of(pledged, FIRST)[3] == 5_000_000


def test_no_more_is_released_than_a_lien_secures(pledged: Any, loan_officer: Any, approver: Any) -> None:
    for amount in (0, 5_000_001, 2**128 - 1):
        with reverts("CollateralRegistry_ReleaseExceeds", FIRST, amount, 5_000_000):
            pledged.proposeRelease(FIRST, amount, {"from": loan_officer})
        with reverts("CollateralRegistry_ReleaseExceeds", FIRST, amount, 5_000_000):
            pledged.release(FIRST, amount, {"from": approver})
    with reverts("CollateralRegistry_LienNotActive", SECOND, NONE):
        pledged.proposeRelease(SECOND, 1, {"from": loan_officer})


def test_each_bank_releases_its_own_liens(
    pledged: Any, credit_bureau: Any, loan_officer: Any, approver: Any, stranger: Any, person: Any, today: int
) -> None:
    """Releasing a prior lender's lien would raise this bank's cover out of nothing."""
    pledged.recordLien(TITLE, OTHER_BANK, 1_000, {"from": credit_bureau})
    with reverts("CollateralRegistry_LenderDiffers", SECOND, OTHER_BANK):
        pledged.proposeRelease(SECOND, 1_000, {"from": loan_officer})
    with reverts("CollateralRegistry_LenderDiffers", SECOND, OTHER_BANK):
        pledged.release(SECOND, 1_000, {"from": approver})
    with reverts("CollateralRegistry_LenderDiffers", SECOND, OTHER_BANK):
        pledged.releaseClosed(SECOND, {"from": stranger})
    with reverts("CollateralRegistry_LenderDiffers", FIRST, 0):
        pledged.recordRelease(FIRST, 1_000, {"from": credit_bureau})
    sent = pledged.recordRelease(SECOND, 400, {"from": credit_bureau})
    assert_events(
        sent,
        event(
            "LienReleased", lien=SECOND, title=TITLE, released=400, amount=600, pledged=5_000_600, releasedOn=today,
            person=person(credit_bureau),
        ),
    )  # fmt: skip


def test_anyone_releases_a_closed_loans_lien(
    pledged: Any, book: Any, stranger: Any, loan_officer: Any, today: int
) -> None:
    """I11, I39: not before the book marks the loan closed, nor after a reversal has reopened it."""
    pledged.proposeRelease(FIRST, 1, {"from": loan_officer})
    with reverts("CollateralRegistry_LoanStillOwes", FIRST, LOAN):
        pledged.releaseClosed(FIRST, {"from": stranger})
    pledged.markClosed(LOAN, True, {"from": book})
    assert pledged.isClosed(LOAN)
    assert not pledged.isClosed(OTHER_LOAN)
    pledged.markClosed(LOAN, False, {"from": book})
    with reverts("CollateralRegistry_LoanStillOwes", FIRST, LOAN):
        pledged.releaseClosed(FIRST, {"from": stranger})
    pledged.markClosed(LOAN, True, {"from": book})
    sent = pledged.releaseClosed(FIRST, {"from": stranger})
    assert_events(
        sent,
        event(
            "LienReleased", lien=FIRST, title=TITLE, released=5_000_000, amount=0, pledged=0, releasedOn=today, person=0
        ),
    )
    assert pledged.releaseProposalOf(FIRST) == (0, 0)
    with reverts("CollateralRegistry_LienNotActive", FIRST, RELEASED):
        pledged.releaseClosed(FIRST, {"from": stranger})


def test_release_by_role(pledged: Any, people: Any, stranger: Any, treasurer: Any, system: Any, today: int) -> None:
    """I31; and a release is a posting, so it needs an open day."""
    for call, needed, arguments in (
        ("proposeRelease", "loan_officer", (FIRST, 1)),
        ("release", "approver", (FIRST, 1)),
        ("recordRelease", "credit_bureau", (FIRST, 1)),
        ("markClosed", "book", (LOAN, True)),
    ):
        for name, account in (*people.items(), ("stranger", stranger)):
            if name != needed:
                with reverts("Governed_RoleMissing", account, Role[needed.upper()].bit):
                    getattr(pledged, call)(*arguments, {"from": account})
    system.authority.closeDay({"from": treasurer})
    with reverts("Governed_DayNotOpen", today):
        pledged.releaseClosed(FIRST, {"from": stranger})


# ---------------------------------------------------------------- enforcement


@pytest.fixture
def crowded(in_default: None, pledged: Any, owner: int, credit_bureau: Any, loan_officer: Any) -> Any:
    """Liens of 50,000 (this bank), 10,000 (another lender) and 9,000 yuan (this bank)."""
    pledged.recordLien(TITLE, OTHER_BANK, 1_000_000, {"from": credit_bureau})
    pledged.pledge(TITLE, OTHER_LOAN, owner, 900_000, {"from": loan_officer})
    return pledged


@pytest.mark.parametrize(
    ("proceeds", "paid", "surplus"),
    [
        (0, (0, 0, 0), 0),
        (4_999_999, (4_999_999, 0, 0), 0),
        (5_000_000, (5_000_000, 0, 0), 0),
        (6_500_000, (5_000_000, 1_000_000, 500_000), 0),
        (6_900_000, (5_000_000, 1_000_000, 900_000), 0),
        (9_000_000, (5_000_000, 1_000_000, 900_000), 2_100_000),
    ],
)
def test_enforcement_pays_liens_in_rank_and_tells_shortfalls_and_surplus(
    crowded: Any, system: Any, owner: int, debtor: int, collector: Any, approver: Any, borrower: Any, outsiders: Any,
    person: Any, today: int, proceeds: int, paid: tuple[int, ...], surplus: int,
) -> None:  # fmt: skip
    """I10: what is paid never passes the proceeds."""
    sent = crowded.proposeEnforcement(TITLE, proceeds, outsiders[0], {"from": collector})
    assert_events(
        sent,
        event("EnforcementProposed", title=TITLE, proceeds=proceeds, buyer=outsiders[0], person=person(collector)),
    )
    assert crowded.enforcementProposalOf(TITLE) == (proceeds, outsiders[0], person(collector))
    sent = crowded.enforce(TITLE, proceeds, outsiders[0], {"from": approver})
    due = (5_000_000, 1_000_000, 900_000)
    assert_events(
        sent,
        *(
            event(
                "LienEnforced", lien=lien, title=TITLE, loanId=loan, paid=part, shortfall=owed - part, released=0,
                enforcedOn=today,
            )
            for lien, loan, part, owed in zip((FIRST, SECOND, THIRD), (LOAN, 0, OTHER_LOAN), paid, due, strict=True)
        ),
        event(
            "CollateralEnforced", title=TITLE, proceeds=proceeds, surplus=surplus, enforcedOn=today,
            person=person(approver),
        ),
        event("OwnerChanged", title=TITLE, owner=debtor, previous=owner),
        event("Transfer", **{"from": borrower, "to": outsiders[0], "tokenId": TITLE}),
    )  # fmt: skip
    assert sum(paid) + surplus == proceeds
    for lien in (FIRST, SECOND, THIRD):
        assert (lien_of(crowded, lien)[3], lien_of(crowded, lien)[6]) == (0, ENFORCED)
    assert crowded.collateralOf(TITLE)[:3] == (debtor, PROPERTY, 0)
    assert crowded.collateralOf(TITLE)[6:8] == (0, 3)
    assert system.titles.ownerOf(TITLE) == outsiders[0]
    assert crowded.enforcementProposalOf(TITLE) == (0, NOBODY, 0)


def test_a_sold_object_bears_new_liens_only_after_a_new_appraisal_and_free_of_the_old(
    crowded: Any, debtor: int, collector: Any, approver: Any, outsiders: Any, loan_officer: Any, appraiser: Any,
    today: int,
) -> None:  # fmt: skip
    crowded.proposeEnforcement(TITLE, 10, outsiders[0], {"from": collector})
    crowded.enforce(TITLE, 10, outsiders[0], {"from": approver})
    with reverts("CollateralRegistry_CoverExceeded", TITLE, 0, 1, 0):
        crowded.pledge(TITLE, 9, debtor, 1, {"from": loan_officer})
    crowded.revalue(TITLE, 1_000, 0, today, today + 9, {"from": appraiser})
    crowded.pledge(TITLE, 9, debtor, 1_000, {"from": loan_officer})
    assert crowded.coverOf(9, debtor, [256 + 4]) == (1_000, False)
    crowded.revalue(TITLE, 999, 0, today, today + 9, {"from": appraiser})
    assert crowded.coverOf(9, debtor, [256 + 4]) == (999, False)
    with reverts("CollateralRegistry_LienNotActive", FIRST, ENFORCED):
        crowded.coverOf(LOAN, debtor, [FIRST])


def test_a_sale_ends_proposals_to_release_and_a_later_price_replaces_an_earlier_one(
    crowded: Any, collector: Any, approver: Any, loan_officer: Any, stranger: Any
) -> None:
    crowded.proposeRelease(FIRST, 1_000, {"from": loan_officer})
    crowded.proposeEnforcement(TITLE, 5, stranger, {"from": collector})
    crowded.proposeEnforcement(TITLE, 7, stranger, {"from": collector})
    with reverts("CollateralRegistry_NotProposed", TITLE, 5):
        crowded.enforce(TITLE, 5, stranger, {"from": approver})
    crowded.enforce(TITLE, 7, stranger, {"from": approver})
    assert crowded.releaseProposalOf(FIRST) == (0, 0)
    with reverts("CollateralRegistry_LienNotActive", FIRST, ENFORCED):
        crowded.release(FIRST, 1_000, {"from": approver})


def test_a_proposed_sale_lapses_with_the_last_lien(
    crowded: Any, owner: int, collector: Any, approver: Any, loan_officer: Any, credit_bureau: Any, stranger: Any,
    person: Any,
) -> None:  # fmt: skip
    """I11, I30: what two persons agree on for one debt is no sale for another."""
    crowded.proposeEnforcement(TITLE, 5, stranger, {"from": collector})
    for lien, amount in ((FIRST, 5_000_000), (THIRD, 900_000)):
        crowded.proposeRelease(lien, amount, {"from": loan_officer})
        crowded.release(lien, amount, {"from": approver})
    crowded.recordRelease(SECOND, 999_999, {"from": credit_bureau})
    assert crowded.enforcementProposalOf(TITLE) == (5, stranger, person(collector))
    crowded.recordRelease(SECOND, 1, {"from": credit_bureau})
    assert crowded.enforcementProposalOf(TITLE) == (0, NOBODY, 0)
    crowded.pledge(TITLE, 9, owner, 1, {"from": loan_officer})
    with reverts("CollateralRegistry_NotProposed", TITLE, 5):
        crowded.enforce(TITLE, 5, stranger, {"from": approver})


def test_released_liens_take_nothing_of_a_sale(
    crowded: Any, collector: Any, approver: Any, loan_officer: Any, stranger: Any
) -> None:
    crowded.proposeRelease(FIRST, 5_000_000, {"from": loan_officer})
    crowded.release(FIRST, 5_000_000, {"from": approver})
    crowded.proposeEnforcement(TITLE, 1_000_001, stranger, {"from": collector})
    sent = crowded.enforce(TITLE, 1_000_001, stranger, {"from": approver})
    assert [(row["lien"], row["paid"]) for row in sent.events["LienEnforced"]] == [(SECOND, 1_000_000), (THIRD, 1)]
    assert crowded.collateralOf(TITLE)[0] == 0


def test_an_owner_may_buy_their_own_object_free_of_liens(
    crowded: Any, system: Any, owner: int, collector: Any, approver: Any, borrower: Any
) -> None:
    crowded.proposeEnforcement(TITLE, 7_000_000, borrower, {"from": collector})
    sent = crowded.enforce(TITLE, 7_000_000, borrower, {"from": approver})
    assert "OwnerChanged" not in sent.events
    assert system.titles.ownerOf(TITLE) == borrower
    assert crowded.collateralOf(TITLE)[0] == owner


def test_a_sale_is_carried_out_as_proposed_and_by_another_person(
    crowded: Any, collector: Any, approver: Any, stranger: Any, borrower: Any, second_account: Any, outsiders: Any,
    person: Any,
) -> None:  # fmt: skip
    """I30."""
    before = state_of(crowded, FIRST, SECOND, THIRD)
    with reverts("CollateralRegistry_NotProposed", TITLE, 0):
        crowded.enforce(TITLE, 0, NOBODY, {"from": approver})
    crowded.proposeEnforcement(TITLE, 100, stranger, {"from": collector})
    for proceeds, buyer in ((99, stranger), (100, borrower)):
        with reverts("CollateralRegistry_NotProposed", TITLE, proceeds):
            crowded.enforce(TITLE, proceeds, buyer, {"from": approver})
    other = second_account("collector", outsiders[5], Role.APPROVER)
    with reverts("Governed_SamePerson", person(collector)):
        crowded.enforce(TITLE, 100, stranger, {"from": other})
    assert state_of(crowded, FIRST, SECOND, THIRD) == before
    crowded.enforce(TITLE, 100, stranger, {"from": approver})
    with reverts("CollateralRegistry_NotProposed", TITLE, 100):
        crowded.enforce(TITLE, 100, stranger, {"from": approver})


def test_an_object_that_secures_nothing_is_nobodys_to_sell(
    in_default: None, pledged: Any, system: Any, collector: Any, approver: Any, loan_officer: Any, stranger: Any,
    borrower: Any,
) -> None:  # fmt: skip
    """Neither from the start nor once its last lien was released between proposal and sale."""
    pledged.proposeEnforcement(TITLE, 100, stranger, {"from": collector})
    pledged.proposeRelease(FIRST, 5_000_000, {"from": loan_officer})
    pledged.release(FIRST, 5_000_000, {"from": approver})
    with reverts("CollateralRegistry_NotProposed", TITLE, 100):
        pledged.enforce(TITLE, 100, stranger, {"from": approver})
    with reverts("CollateralRegistry_NothingPledged", TITLE):
        pledged.proposeEnforcement(TITLE, 100, stranger, {"from": collector})
    assert system.titles.ownerOf(TITLE) == borrower


def test_a_sale_needs_a_buyer_and_a_price_that_fits(crowded: Any, collector: Any, stranger: Any) -> None:
    for proceeds, buyer in ((1, NOBODY), (1, crowded.address), (MOST_MONEY + 1, stranger.address)):
        with reverts("CollateralRegistry_SaleInvalid", TITLE, proceeds, buyer):
            crowded.proposeEnforcement(TITLE, proceeds, buyer, {"from": collector})


def test_enforcement_by_role_and_not_during_a_pause(
    crowded: Any, people: Any, collector: Any, approver: Any, stranger: Any, guardian: Any, system: Any
) -> None:
    """I31, I32."""
    for call, needed in (("proposeEnforcement", "collector"), ("enforce", "approver")):
        for name, account in people.items():
            if name != needed:
                with reverts("Governed_RoleMissing", account, Role[needed.upper()].bit):
                    getattr(crowded, call)(TITLE, 1, stranger, {"from": account})
        with reverts("CollateralRegistry_Unknown", OTHER_TITLE):
            getattr(crowded, call)(OTHER_TITLE, 1, stranger, {"from": people[needed]})
    sent = system.authority.pause(3_600, {"from": guardian})
    for call, account in (("proposeEnforcement", collector), ("enforce", approver)):
        with reverts("Governed_Paused", sent.events["Paused"]["until"]):
            getattr(crowded, call)(TITLE, 1, stranger, {"from": account})


# ---------------------------------------------------------------- opening book


def test_an_opening_books_objects_and_liens_are_recorded_as_they_stood(
    registered: Any, opening: Any, owner: int, borrower: Any, loan_officer: Any, person: Any, today: int
) -> None:
    """I13: an over-pledged object is recorded and flagged."""
    number = opening(1, 1_000)
    row = registration(OTHER_TITLE, owner, value=1_000, appraised_on=today - 900, haircut=0, shelf_life=400)
    sent = registered.importCollateral(number, [row], {"from": loan_officer})
    assert_events(
        sent,
        event(
            "CollateralRegistered", title=OTHER_TITLE, kind=PROPERTY, owner=owner, region=b"CN-GD\0", value=1_000,
            haircut=0, appraisedOn=today - 900, validUntil=today - 500, importId=number, person=person(loan_officer),
        ),
        event("Transfer", **{"from": NOBODY, "to": borrower, "tokenId": OTHER_TITLE}),
    )  # fmt: skip
    assert registered.importOf(number) == (2, 1, 1_000)
    number = opening(2, 1_100)
    rows = [(OTHER_TITLE, 0, 400, OTHER_BANK), (OTHER_TITLE, LOAN, 700, 0)]
    sent = registered.importLiens(number, rows, {"from": loan_officer})
    assert_events(
        sent,
        event(
            "LienPlaced", lien=513, title=OTHER_TITLE, loanId=0, borrower=0, lender=OTHER_BANK, amount=400, rank=1,
            pledged=400, placedOn=today, person=person(loan_officer),
        ),
        event(
            "LienPlaced", lien=514, title=OTHER_TITLE, loanId=LOAN, borrower=0, lender=0, amount=700, rank=2,
            pledged=1_100, placedOn=today, person=person(loan_officer),
        ),
        event("MarginCalled", title=OTHER_TITLE, coverValue=1_000, pledged=1_100, calledOn=today),
    )  # fmt: skip
    assert lien_of(registered, 514) == (OTHER_TITLE, LOAN, 0, 700, 0, 2, ACTIVE)
    assert registered.coverOf(LOAN, owner, [514]) == (600, True)
    assert registered.importOf(number) == (2, 2, 1_100)


def test_rows_of_an_opening_book_are_booked_once(
    registered: Any, opening: Any, owner: int, borrower: Any, loan_officer: Any, today: int
) -> None:
    """A cut-off import resumes by reference: the title, and within it the loan or the lender."""
    number = opening(9, 10 * VALUE)
    with reverts("TitleRegistry_AlreadyRegistered", TITLE, borrower):
        registered.importCollateral(
            number, [registration(TITLE, owner, value=1, appraised_on=today)], {"from": loan_officer}
        )
    rows = [(TITLE, LOAN, 5, 0), (TITLE, 0, 6, OTHER_BANK)]
    registered.importLiens(number, rows, {"from": loan_officer})
    for row in rows:
        with reverts("CollateralRegistry_AlreadyPledged", TITLE, row[1], row[3]):
            registered.importLiens(number, [row], {"from": loan_officer})
    registered.importLiens(number, [(TITLE, 0, 6, OTHER_BANK + 1)], {"from": loan_officer})
    assert registered.importOf(number) == (2, 3, 17)


def test_rows_of_an_opening_book_that_make_no_sense_revert_whole(
    registered: Any, opening: Any, owner: int, loan_officer: Any, today: int
) -> None:
    number = opening(9, MOST_MONEY)
    good = (TITLE, LOAN, 5, 0)
    for loan, amount, lender in ((0, 5, 0), (OTHER_LOAN, 5, OTHER_BANK), (OTHER_LOAN, 0, 0), (8, MOST_MONEY + 1, 0)):
        with reverts("CollateralRegistry_LienInvalid", TITLE, loan, lender, amount):
            registered.importLiens(number, [good, (TITLE, loan, amount, lender)], {"from": loan_officer})
    with reverts("CollateralRegistry_Unknown", OTHER_TITLE):
        registered.importLiens(number, [(OTHER_TITLE, LOAN, 5, 0)], {"from": loan_officer})
    bad = registration(OTHER_TITLE, owner, value=0, appraised_on=today)
    with reverts("CollateralRegistry_Invalid", OTHER_TITLE, 0, bad[5], bad[6], bad[7]):
        registered.importCollateral(number, [bad], {"from": loan_officer})
    assert registered.importOf(number) == (2, 0, 0)
    assert registered.collateralOf(TITLE)[6:8] == (0, 0)


def test_an_import_under_way_passes_a_pause_but_needs_an_open_day(
    registered: Any, opening: Any, owner: int, loan_officer: Any, guardian: Any, treasurer: Any, system: Any, today: int
) -> None:
    """I32: an opening book is a fact."""
    number = opening(9, 9)
    system.authority.pause(3_600, {"from": guardian})
    row = registration(OTHER_TITLE, owner, value=4, appraised_on=today)
    registered.importCollateral(number, [row], {"from": loan_officer})
    registered.importLiens(number, [(TITLE, LOAN, 5, 0)], {"from": loan_officer})
    assert registered.importOf(number) == (2, 2, 9)
    system.authority.closeDay({"from": treasurer})
    for call in (registered.importCollateral, registered.importLiens):
        with reverts("Governed_DayNotOpen", today):
            call(number, [], {"from": loan_officer})
    with reverts("Governed_DayNotOpen", today):
        registered.alignTitle(TITLE, {"from": loan_officer})


def test_no_more_is_imported_than_was_released(
    registered: Any, opening: Any, owner: int, loan_officer: Any, people: Any, today: int
) -> None:
    number = opening(1, 5)
    rows = [(TITLE, LOAN, 5, 0), (TITLE, OTHER_LOAN, 1, 0)]
    with reverts("Importing_Mismatch", number, 2, 1, 6, 5):
        registered.importLiens(number, rows, {"from": loan_officer})
    row = registration(OTHER_TITLE, owner, value=6, appraised_on=today)
    with reverts("Importing_Mismatch", number, 1, 1, 6, 5):
        registered.importCollateral(number, [row], {"from": loan_officer})
    for call, argument in (("importLiens", rows), ("importCollateral", [row])):
        for name, account in people.items():
            if name != "loan_officer":
                with reverts("Governed_RoleMissing", account, Role.LOAN_OFFICER.bit):
                    getattr(registered, call)(number, argument, {"from": account})


# ---------------------------------------------------------------- cover


def test_cover_counts_prior_ranks_of_all_lenders(crowded: Any, owner: int, appraiser: Any, today: int) -> None:
    """I12: as the value falls the last rank loses first."""
    for value, first, third in (
        (6_900_000, 5_000_000, 900_000),
        (6_899_999, 5_000_000, 899_999),
        (6_000_001, 5_000_000, 1),
        (6_000_000, 5_000_000, 0),
        (5_500_000, 5_000_000, 0),
        (4_000_000, 4_000_000, 0),
    ):
        crowded.revalue(TITLE, value, 0, today, today + 9, {"from": appraiser})
        assert crowded.coverOf(LOAN, owner, [FIRST]) == (first, False)
        assert crowded.coverOf(OTHER_LOAN, owner, [THIRD]) == (third, False)


def test_a_loan_is_covered_only_by_its_own_active_liens_each_once(
    crowded: Any, owner: int, debtor: int, loan_officer: Any, approver: Any
) -> None:
    """A lien pledged for another loan, another borrower or another lender covers nothing here; none counts twice."""
    for loan, party, lien in (
        (OTHER_LOAN, owner, FIRST),
        (LOAN, debtor, FIRST),
        (LOAN, owner, THIRD),
        (LOAN, owner, SECOND),
        (0, 0, SECOND),
    ):
        with reverts("CollateralRegistry_LienNotOfLoan", lien, loan, party):
            crowded.coverOf(loan, party, [lien])
    with reverts("CollateralRegistry_LiensOutOfOrder", FIRST):
        crowded.coverOf(LOAN, owner, [FIRST, FIRST])
    crowded.proposeRelease(FIRST, 5_000_000, {"from": loan_officer})
    crowded.release(FIRST, 5_000_000, {"from": approver})
    with reverts("CollateralRegistry_LienNotActive", FIRST, RELEASED):
        crowded.coverOf(LOAN, owner, [FIRST])
    assert crowded.coverOf(LOAN, owner, []) == (0, False)


def test_cover_adds_over_objects_and_one_stale_appraisal_makes_it_stale(
    pledged: Any, owner: int, appraiser: Any, loan_officer: Any, next_day: Any, today: int
) -> None:
    row = registration(OTHER_TITLE, owner, value=1_000, appraised_on=today, haircut=0, shelf_life=1)
    pledged.register(row, {"from": appraiser})
    pledged.pledge(OTHER_TITLE, LOAN, owner, 600, {"from": loan_officer})
    assert pledged.coverOf(LOAN, owner, [FIRST, 513]) == (5_000_600, False)
    with reverts("CollateralRegistry_LiensOutOfOrder", FIRST):
        pledged.coverOf(LOAN, owner, [513, FIRST])
    next_day(2)
    assert pledged.coverOf(LOAN, owner, [FIRST, 513]) == (5_000_600, True)
    assert pledged.coverOf(LOAN, owner, [FIRST]) == (5_000_000, False)


def test_a_lien_never_placed_reads_as_nothing(registered: Any) -> None:
    assert lien_of(registered, FIRST) == (0, 0, 0, 0, 0, 0, NONE)
    with reverts("CollateralRegistry_Unknown", OTHER_TITLE):
        registered.collateralOf(OTHER_TITLE)


# ---------------------------------------------------------------- a model beside the contract


@dataclass
class Model:
    """What the rules say, in Python's integers."""

    value: int = VALUE
    haircut: int = HAIRCUT
    liens: list[list[int]] = field(default_factory=list)  # [loan, amount, state]

    @property
    def pledged(self) -> int:
        return sum(amount for _, amount, state in self.liens if state == ACTIVE)

    def carries(self, amount: int) -> bool:
        return self.pledged + amount <= cover_value(self.value, self.haircut)

    def cover(self, position: int) -> int:
        prior = sum(amount for _, amount, state in self.liens[:position] if state == ACTIVE)
        left = max(0, cover_value(self.value, self.haircut) - prior)
        return min(self.liens[position][1], left)

    def waterfall(self, proceeds: int) -> list[tuple[int, int, int]]:
        """What each active lien is paid, lacks and is free of: this bank's secure what is owed, others their amount."""
        paid = []
        for loan, amount, state in self.liens:
            if state == ACTIVE:
                claim = min(amount, OWED.get(loan, 0)) if loan else amount
                part = min(claim, proceeds)
                paid.append((part, claim - part, amount - claim))
                proceeds -= part
        return paid


@dataclass
class History:
    """Random acts on the registry and on the model; each tells whether it was one that succeeds."""

    registry: Any
    people: Any
    owner: int
    today: int
    rng: random.Random
    model: Model = field(default_factory=Model)

    def active(self) -> list[int]:
        return [index for index, lien in enumerate(self.model.liens) if lien[2] == ACTIVE]

    def by(self, name: str) -> dict[str, Any]:
        return {"from": self.people[name]}

    def amount(self) -> int:
        return self.rng.choice([1, self.rng.randrange(1, 500_000), self.rng.randrange(1, 3_000_000)])

    def pledge(self) -> bool:
        loan, amount, model = self.rng.randrange(1, 60), self.amount(), self.model
        arguments = (TITLE, loan, self.owner, amount, self.by("loan_officer"))
        if any(model.liens[index][0] == loan for index in self.active()):
            with reverts("CollateralRegistry_AlreadyPledged", TITLE, loan, 0):
                self.registry.pledge(*arguments)
            return False
        if not model.carries(amount):
            limit = cover_value(model.value, model.haircut)
            with reverts("CollateralRegistry_CoverExceeded", TITLE, model.pledged, amount, limit):
                self.registry.pledge(*arguments)
            return False
        self.registry.pledge(*arguments)
        model.liens.append([loan, amount, ACTIVE])
        return True

    def record(self) -> bool:
        amount = self.amount()
        self.registry.recordLien(TITLE, OTHER_BANK, amount, self.by("credit_bureau"))
        self.model.liens.append([0, amount, ACTIVE])
        return True

    def release(self) -> bool:
        if not self.active():
            return False
        index = self.rng.choice(self.active())
        lien = self.model.liens[index]
        part = self.rng.choice([lien[1], self.rng.randint(1, lien[1])])
        if lien[0]:
            self.registry.proposeRelease(FIRST + index, part, self.by("loan_officer"))
            self.registry.release(FIRST + index, part, self.by("approver"))
        else:
            self.registry.recordRelease(FIRST + index, part, self.by("credit_bureau"))
        lien[1] -= part
        lien[2] = ACTIVE if lien[1] else RELEASED
        return True

    def revalue(self) -> bool:
        value, haircut = self.rng.randrange(0, 2 * VALUE), self.rng.randrange(0, PPB + 1)
        sent = self.registry.revalue(TITLE, value, haircut, self.today, self.today + 9, self.by("appraiser"))
        self.model.value, self.model.haircut = value, haircut
        assert ("MarginCalled" in sent.events) == (not self.model.carries(0))
        return True


def test_random_histories_agree_with_the_model(
    in_default: None, registered: Any, owner: int, people: Any, outsiders: Any, today: int
) -> None:
    """I9, I10, I12, I13, I40: the shares of acts that succeeded are printed with the seed."""
    rng = random.Random(SEED)
    history = History(registered, people, owner, today, rng)
    model = history.model
    tried: dict[str, list[bool]] = {}
    print(f"seed {SEED}")
    for step in range(90):
        act = rng.choice(["pledge"] * 3 + ["record", "release", "revalue"])
        tried.setdefault(act, []).append(getattr(history, act)())
        assert registered.collateralOf(TITLE)[6:8] == (model.pledged, len(model.liens)), f"step {step}"
    for index, (loan, amount, state) in enumerate(model.liens):
        assert lien_of(registered, FIRST + index)[3] == amount, f"lien {index}"
        if loan and state == ACTIVE:
            assert registered.coverOf(loan, owner, [FIRST + index]) == (model.cover(index), False), f"lien {index}"
    if not any(model.liens[index][0] in OWED for index in history.active()):
        registered.revalue(TITLE, MOST_MONEY, 0, today, today + 9, {"from": people["appraiser"]})
        registered.pledge(TITLE, LOAN, owner, 700_000, {"from": people["loan_officer"]})
        model.liens.append([LOAN, 700_000, ACTIVE])
    proceeds = rng.randrange(0, 2 * model.pledged)
    expected = model.waterfall(proceeds)
    registered.proposeEnforcement(TITLE, proceeds, outsiders[0], {"from": people["collector"]})
    sent = registered.enforce(TITLE, proceeds, outsiders[0], {"from": people["approver"]})
    told = [(row["paid"], row["shortfall"], row["released"]) for row in sent.events["LienEnforced"]]
    assert told == expected
    assert sent.events["CollateralEnforced"]["surplus"] == proceeds - sum(part for part, *_ in expected)
    shares = {act: f"{sum(outcomes)}/{len(outcomes)}" for act, outcomes in sorted(tried.items())}
    print(f"{shares}, {len(expected)} liens enforced")
    assert all(sum(outcomes) * 5 >= len(outcomes) for outcomes in tried.values()), shares
