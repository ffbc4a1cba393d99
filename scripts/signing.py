"""What customers sign (EIP-712), in the domain of one loan book on one chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar, Final, Protocol

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils.crypto import keccak

DOMAIN: Final = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
}


class Message(Protocol):
    """A dataclass that names its EIP-712 type's members, in the order of its fields."""

    TYPE: ClassVar[Mapping[str, str]]
    __dataclass_fields__: ClassVar[dict[str, Any]]


def typed_data(message: Message, *, chain_id: int, book: str) -> dict[str, Any]:
    """What a wallet shows, of the form that ``eth_signTypedData_v4`` takes."""
    return {
        "types": {"EIP712Domain": _members(DOMAIN)} | _types(message),
        "primaryType": type(message).__name__,
        "domain": {"name": "Loan book", "version": "1", "chainId": chain_id, "verifyingContract": book},
        "message": _shown(message),
    }


def digest(message: Message, *, chain_id: int, book: str) -> bytes:
    """What is signed: the hash of the domain and the message."""
    encoded = _encoded(message, chain_id=chain_id, book=book)
    return bytes(keccak(b"\x19" + encoded.version + encoded.header + encoded.body))


def signature(message: Message, key: bytes, *, chain_id: int, book: str) -> bytes:
    """The 65 bytes that the owner of ``key`` signs the message with."""
    return bytes(Account.sign_message(_encoded(message, chain_id=chain_id, book=book), key).signature)


def _encoded(message: Message, *, chain_id: int, book: str) -> SignableMessage:
    return encode_typed_data(full_message=typed_data(message, chain_id=chain_id, book=book))


def _types(message: Message) -> dict[str, list[dict[str, str]]]:
    """The message's type and those of the messages in it."""
    types = {type(message).__name__: _members(message.TYPE)}
    for field in fields(message):
        inner = getattr(message, field.name)
        if hasattr(inner, "TYPE"):
            types |= _types(inner)
    return types


def _shown(message: Message) -> dict[str, Any]:
    values = (getattr(message, field.name) for field in fields(message))
    return {name: _word(value, kind) for (name, kind), value in zip(message.TYPE.items(), values, strict=True)}


def _word(value: Any, kind: str) -> Any:
    """Fixed bytes as hexadecimal text of their whole width, as wallets take them."""
    if hasattr(value, "TYPE"):
        return _shown(value)
    if isinstance(value, bytes):
        return "0x" + value.ljust(int(kind.removeprefix("bytes")), b"\0").hex()
    return value


def _members(types: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in types.items()]
