"""Titles: who mints them, what may move, and that the record of owners and the tokens never part."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.roles import Role
from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.securing import NOBODY, rebind, registration, tag

TITLE = tag("Shenzhen 0001234")
VALUE = 80_000_000_00


@pytest.fixture(scope="module")
def seller(make_customer: Any, borrower: Any) -> int:
    return make_customer(account=borrower)


@pytest.fixture(scope="module")
def buyer_account(outsiders: Any) -> Any:
    return outsiders[0]


@pytest.fixture(scope="module")
def buyer(make_customer: Any, buyer_account: Any) -> int:
    return make_customer(account=buyer_account)


@pytest.fixture(scope="module")
def titled(system: Any, seller: int, buyer: int, appraiser: Any) -> Any:
    """The title registry with one title, the seller's."""
    day = system.authority.day()[0]
    system.collateral.register(registration(TITLE, seller, value=VALUE, appraised_on=day), {"from": appraiser})
    return system.titles


@pytest.fixture
def registry_account(system: Any, titled: Any, as_contract: Any) -> Any:
    """The collateral registry's own account."""
    return as_contract(system.collateral)


def test_a_title_belongs_to_the_account_of_its_owner(titled: Any, borrower: Any, stranger: Any) -> None:
    assert titled.ownerOf(TITLE) == borrower
    assert titled.balanceOf(borrower) == 1
    assert titled.exists(TITLE)
    assert not titled.isRestricted(TITLE)
    assert not titled.exists(TITLE + 1)
    with reverts("TitleRegistry_Unknown", TITLE + 1):
        titled.ownerOf(TITLE + 1)


def test_a_title_tells_nothing_but_its_tag(titled: Any) -> None:
    assert titled.tokenURI(TITLE) == ""
    assert titled.name() == "Titles to registered objects"
    assert titled.symbol() == "TITLE"
    assert titled.supportsInterface("0x80ac58cd")  # ERC-721


@pytest.mark.parametrize("call", ["mint", "handOver"])
def test_only_the_collateral_registry_mints_and_hands_over(
    titled: Any, people: Any, stranger: Any, borrower: Any, call: str
) -> None:
    """I31, for the functions only a contract may call: no person of the bank may."""
    for account in (*people.values(), stranger, borrower):
        with reverts("Governed_RoleMissing", account, Role.COLLATERAL.bit):
            getattr(titled, call)(stranger, TITLE + 1, {"from": account})


def test_an_object_has_one_title(titled: Any, registry_account: Any, borrower: Any, stranger: Any) -> None:
    """I10: a second title for the same object names its holder."""
    with reverts("TitleRegistry_AlreadyRegistered", TITLE, borrower):
        titled.mint(stranger, TITLE, {"from": registry_account})
    assert titled.ownerOf(TITLE) == borrower
    assert titled.balanceOf(stranger) == 0


def test_a_title_is_minted_to_its_owner(titled: Any, registry_account: Any, stranger: Any) -> None:
    sent = titled.mint(stranger, 77, {"from": registry_account})
    assert_events(sent, event("Transfer", **{"from": NOBODY, "to": stranger, "tokenId": 77}))
    assert titled.ownerOf(77) == stranger


def test_a_title_that_moves_changes_the_owner_on_record(
    system: Any, titled: Any, seller: int, buyer: int, borrower: Any, buyer_account: Any
) -> None:
    before = system.collateral.collateralOf(TITLE)
    sent = titled.transferFrom(borrower, buyer_account, TITLE, {"from": borrower})
    assert_events(
        sent,
        event("Transfer", **{"from": borrower, "to": buyer_account, "tokenId": TITLE}),
        event("OwnerChanged", title=TITLE, owner=buyer, previous=seller),
    )
    assert titled.ownerOf(TITLE) == buyer_account
    assert titled.balanceOf(borrower) == 0
    assert titled.balanceOf(buyer_account) == 1
    assert system.collateral.collateralOf(TITLE) == (buyer, *before[1:])


def test_a_title_sold_to_somebody_unknown_has_no_customer_as_owner(
    system: Any, titled: Any, seller: int, borrower: Any, stranger: Any
) -> None:
    sent = titled.safeTransferFrom(borrower, stranger, TITLE, {"from": borrower})
    assert_events(
        sent,
        event("Transfer", **{"from": borrower, "to": stranger, "tokenId": TITLE}),
        event("OwnerChanged", title=TITLE, owner=0, previous=seller),
    )
    assert system.collateral.collateralOf(TITLE)[0] == 0


def test_a_move_between_accounts_of_nobody_changes_no_record(
    system: Any, titled: Any, borrower: Any, stranger: Any, outsiders: Any
) -> None:
    titled.transferFrom(borrower, stranger, TITLE, {"from": borrower})
    sent = titled.transferFrom(stranger, outsiders[1], TITLE, {"from": stranger})
    assert_events(sent, event("Transfer", **{"from": stranger, "to": outsiders[1], "tokenId": TITLE}))
    assert system.collateral.collateralOf(TITLE)[0] == 0


def test_only_the_holder_or_who_it_approved_moves_a_title(
    titled: Any, borrower: Any, stranger: Any, buyer_account: Any
) -> None:
    with reverts("ERC721InsufficientApproval", stranger, TITLE):
        titled.transferFrom(borrower, stranger, TITLE, {"from": stranger})
    titled.approve(stranger, TITLE, {"from": borrower})
    titled.transferFrom(borrower, buyer_account, TITLE, {"from": stranger})
    assert titled.ownerOf(TITLE) == buyer_account
    assert titled.getApproved(TITLE) == NOBODY


def test_a_restriction_is_registered_and_lifted(titled: Any, credit_bureau: Any, system: Any) -> None:
    person = system.authority.personOf(credit_bureau)
    sent = titled.restrict(TITLE, True, {"from": credit_bureau})
    assert_events(sent, event("TitleRestricted", title=TITLE, restricted=True, person=person))
    assert titled.isRestricted(TITLE)
    sent = titled.restrict(TITLE, False, {"from": credit_bureau})
    assert_events(sent, event("TitleRestricted", title=TITLE, restricted=False, person=person))
    assert not titled.isRestricted(TITLE)


def test_a_restriction_is_a_fact_and_passes_a_pause(
    titled: Any, credit_bureau: Any, guardian: Any, system: Any
) -> None:
    """I32."""
    system.authority.pause(3_600, {"from": guardian})
    titled.restrict(TITLE, True, {"from": credit_bureau})
    assert titled.isRestricted(TITLE)


def test_restrictions_need_an_open_day_a_title_and_a_bureau(
    titled: Any, credit_bureau: Any, treasurer: Any, system: Any, people: Any, today: int
) -> None:
    for name, account in people.items():
        if name != "credit_bureau":
            with reverts("Governed_RoleMissing", account, Role.CREDIT_BUREAU.bit):
                titled.restrict(TITLE, True, {"from": account})
    with reverts("TitleRegistry_Unknown", TITLE + 1):
        titled.restrict(TITLE + 1, True, {"from": credit_bureau})
    system.authority.closeDay({"from": treasurer})
    with reverts("Governed_DayNotOpen", today):
        titled.restrict(TITLE, True, {"from": credit_bureau})


def test_a_restricted_title_cannot_move(
    system: Any, titled: Any, seller: int, borrower: Any, stranger: Any, credit_bureau: Any
) -> None:
    titled.restrict(TITLE, True, {"from": credit_bureau})
    titled.approve(stranger, TITLE, {"from": borrower})
    for sender in (borrower, stranger):
        with reverts("TitleRegistry_Restricted", TITLE):
            titled.transferFrom(borrower, stranger, TITLE, {"from": sender})
        with reverts("TitleRegistry_Restricted", TITLE):
            titled.safeTransferFrom(borrower, stranger, TITLE, {"from": sender})
    assert titled.ownerOf(TITLE) == borrower
    assert system.collateral.collateralOf(TITLE)[0] == seller


def test_the_registry_hands_a_restricted_title_over(
    titled: Any, registry_account: Any, borrower: Any, stranger: Any, credit_bureau: Any
) -> None:
    """A court's sale is not stopped by the restriction that protected it; the restriction itself stays until lifted."""
    titled.restrict(TITLE, True, {"from": credit_bureau})
    sent = titled.handOver(stranger, TITLE, {"from": registry_account})
    assert_events(sent, event("Transfer", **{"from": borrower, "to": stranger, "tokenId": TITLE}))
    assert titled.ownerOf(TITLE) == stranger
    assert titled.isRestricted(TITLE)


def test_no_holder_gives_a_title_to_the_registry_that_keeps_others(
    system: Any, titled: Any, seller: int, borrower: Any
) -> None:
    """It would have no owner who could ever move or pledge it again."""
    for move in (titled.transferFrom, titled.safeTransferFrom):
        with reverts("CollateralRegistry_NotOwner", TITLE, system.collateral.address):
            move(borrower, system.collateral.address, TITLE, {"from": borrower})
    assert titled.ownerOf(TITLE) == borrower
    assert system.collateral.collateralOf(TITLE)[0] == seller


def test_only_existing_titles_are_handed_over(titled: Any, registry_account: Any, stranger: Any) -> None:
    with reverts("TitleRegistry_Unknown", TITLE + 1):
        titled.handOver(stranger, TITLE + 1, {"from": registry_account})


def test_an_account_its_customer_left_cannot_move_a_title(
    system: Any, titled: Any, seller: int, borrower: Any, stranger: Any, outsiders: Any, people: Any
) -> None:
    """A stolen key is worth nothing once its customer has another account; anyone may then bring the title over."""
    rebind(system, seller, outsiders[2], people)
    with reverts("CollateralRegistry_NotOwner", TITLE, borrower):
        titled.transferFrom(borrower, stranger, TITLE, {"from": borrower})
    assert titled.ownerOf(TITLE) == borrower
    sent = system.collateral.alignTitle(TITLE, {"from": stranger})
    assert_events(sent, event("Transfer", **{"from": borrower, "to": outsiders[2], "tokenId": TITLE}))
    assert titled.ownerOf(TITLE) == outsiders[2]
    assert system.collateral.collateralOf(TITLE)[0] == seller


def test_only_the_title_registry_tells_of_moves(
    system: Any, titled: Any, borrower: Any, stranger: Any, people: Any
) -> None:
    for account in (borrower, stranger, *people.values()):
        with reverts("CollateralRegistry_NotOwner", TITLE, account):
            system.collateral.titleMoved(TITLE, borrower, stranger, {"from": account})


def test_a_title_unknown_to_the_collateral_registry_moves_as_a_token_only(
    system: Any, titled: Any, registry_account: Any, borrower: Any, stranger: Any
) -> None:
    """Another registry's title is none of this one's business."""
    titled.mint(borrower, 77, {"from": registry_account})
    sent = titled.transferFrom(borrower, stranger, 77, {"from": borrower})
    assert_events(sent, event("Transfer", **{"from": borrower, "to": stranger, "tokenId": 77}))
    with reverts("CollateralRegistry_Unknown", 77):
        system.collateral.collateralOf(77)
