"""What a contract's answer must be: typed errors with their arguments, events with every field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import brownie
from brownie.network.transaction import TransactionReceipt

Event = tuple[str, Mapping[str, Any]]


def reverts(error: str, *arguments: object) -> Any:
    """A context in which exactly this typed error, with exactly these arguments, must be thrown."""
    return brownie.reverts(f"{error}: {', '.join(_text(argument) for argument in arguments)}")


def event(name: str, **fields: object) -> Event:
    """An event with every field it must have."""
    return name, fields


def assert_events(transaction: TransactionReceipt, *expected: Event) -> None:
    """The transaction emitted these events and no others, in this order, with these fields and no others."""
    found = [(name, _plain(fields)) for name, fields in _told(transaction)]
    wanted = [(name, _plain(fields)) for name, fields in expected]
    assert found == wanted, f"emitted {found}, expected {wanted}"


def fields_of(transaction: TransactionReceipt, name: str) -> Mapping[str, Any]:
    """Every field of the only event of a name that the transaction emitted."""
    (fields,) = [fields for event, fields in _told(transaction) if event == name]
    return fields


def _told(transaction: TransactionReceipt) -> list[Event]:
    return [
        (one.name, {name.removesuffix(" (indexed)"): value for name, value in one[0].items()})
        for one in transaction.events
    ]


def _text(argument: object) -> str:
    """An argument as Brownie prints it: accounts and contracts as lower-case addresses."""
    address = getattr(argument, "address", argument)
    return address.lower() if isinstance(address, str) and address.startswith("0x") else str(address)


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Values that compare: accounts as addresses, fixed bytes as hexadecimal text."""
    return {name: _value(value) for name, value in fields.items()}


def _value(value: Any) -> Any:
    if hasattr(value, "address"):
        return value.address
    if isinstance(value, bytes):
        return "0x" + bytes(value).hex()
    return value
