"""Objects and rows that the tests of titles, collateral and guarantees share."""

from __future__ import annotations

from typing import Any

from brownie import chain
from eth_utils.crypto import keccak

from scripts.deployment import System
from scripts.desk import title_of

PROPERTY = 2  # CollateralKind.CommercialProperty
NOBODY = "0x0000000000000000000000000000000000000000"
PPB = 10**9
MOST_MONEY = 2**56 - 1
GROUP_NODES = 2**32


def tag(number: str) -> int:
    """The title of an object, under a key for tests."""
    return title_of(number, b"a key for tests only")


def registration(
    title: int,
    owner: int,
    *,
    value: int,
    appraised_on: int,
    haircut: int = 200_000_000,
    kind: int = PROPERTY,
    shelf_life: int = 365,
) -> tuple[Any, ...]:
    """A row of ICollateralRegistry.Registration in Guangdong."""
    region = b"CN-GD".ljust(6, b"\0")
    return (title, owner, kind, region, value, haircut, appraised_on, appraised_on + shelf_life)


def cover_value(value: int, haircut: int) -> int:
    """A value after haircut, rounded down."""
    return value * (PPB - haircut) // PPB


def reference(name: str) -> bytes:
    """The external reference of a row of an opening book."""
    return bytes(keccak(text=name))


def rebind(system: System, customer: int, account: Any, people: Any) -> None:
    """Bind a customer to another account, by two officers and after the delay."""
    system.customers.proposeRebinding(customer, account, {"from": people["loan_officer"]})
    chain.sleep(2 * 86_400 + 1)
    chain.mine()
    system.customers.confirmRebinding(customer, {"from": people["approver"]})
