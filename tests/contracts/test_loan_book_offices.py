"""The loan book's code in parts, at one address: no call may mean two things."""

from __future__ import annotations

from itertools import combinations

import brownie
import pytest
from brownie import BackOffice, LoanBook, ProductOffice, Workout

PARTS = (LoanBook, BackOffice, Workout, ProductOffice)


def test_a_call_reaches_one_part_only():
    """What all parts share is the same in each; no other selector is in two of them, under whatever name.

    But for that of the domain of signatures: Workout and ProductOffice inherit it from one contract.
    """
    domain = {"eip712Domain"}
    assert [domain & set(part.selectors.values()) for part in PARTS] == [set(), set(), domain, domain]
    known = [{code: name for code, name in part.selectors.items() if name not in domain} for part in PARTS]
    shared = {selector: name for selector, name in known[0].items() if all(selector in one for one in known)}
    assert {"authority", "seatOf", "dayAndPause", "setSeat", "setDay", "setPause", "token"} <= set(shared.values())
    for one, other in combinations(known, 2):
        assert {selector: one[selector] for selector in one.keys() & other.keys()} == shared
        assert {selector: other[selector] for selector in shared} == shared


@pytest.mark.parametrize("part", PARTS[1:], ids=lambda part: part._name)
def test_a_part_called_at_its_own_address_knows_no_seat_and_no_day(system, people, part):
    """Its storage is empty, and only the authority could fill it, which lists the loan book alone."""
    addresses = {BackOffice: system.book.backOffice()}
    addresses[Workout] = BackOffice.at(addresses[BackOffice]).workout()
    addresses[ProductOffice] = Workout.at(addresses[Workout]).productOffice()
    office = part.at(addresses[part])
    assert {office.seatOf(account) for account in people.values()} == {0}
    assert tuple(office.dayAndPause()) == (0, False, 0)


@pytest.mark.parametrize("call", ["", "0x12345678", LoanBook.signatures["classify"] + "00" * 32])
def test_the_loan_book_takes_no_ether(system, stranger, call):
    """Whichever part a call reaches, or none."""
    with brownie.reverts():
        stranger.transfer(system.book.address, 1, data=call)
    assert system.book.balance() == 0


def test_a_call_that_no_part_knows_is_refused(system, stranger):
    with brownie.reverts():
        stranger.transfer(system.book.address, 0, data="0x12345678")
