"""Term sheets as a borrower's wallet signs them (EIP-712), in the domain of one loan book on one chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils.crypto import keccak
from hexbytes import HexBytes

DOMAIN: Final = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
}
TERM_SHEET: Final = {
    "loanId": "uint64",
    "customer": "uint32",
    "product": "uint16",
    "industry": "bytes4",
    "region": "bytes6",
    "purpose": "bytes4",
    "amount": "uint128",
    "rate": "int40",
    "maturity": "uint24",
    "document": "bytes32",
}


@dataclass(frozen=True, slots=True)
class TermSheet:
    """What a borrower signs: the application's terms and the hash of the document; money in fen, the rate in ppb."""

    loan_id: int
    customer: int
    product: int
    industry: bytes
    region: bytes
    purpose: bytes
    amount: int
    rate: int
    maturity: int
    document: bytes


def applied_sheet(event: Mapping[str, Any]) -> TermSheet:
    """The term sheet of an application, as LoanApplied tells it, with fixed bytes as bytes or hexadecimal text."""
    return TermSheet(
        loan_id=event["loanId"],
        customer=event["customer"],
        product=event["product"],
        industry=bytes(HexBytes(event["industry"])),
        region=bytes(HexBytes(event["region"])),
        purpose=bytes(HexBytes(event["purpose"])),
        amount=event["amount"],
        rate=event["rate"],
        maturity=event["maturity"],
        document=bytes(HexBytes(event["termsHash"])),
    )


def typed_data(sheet: TermSheet, *, chain_id: int, book: str) -> dict[str, Any]:
    """The message a wallet shows, of the form that ``eth_signTypedData_v4`` takes."""
    return {
        "types": {"EIP712Domain": _members(DOMAIN), "TermSheet": _members(TERM_SHEET)},
        "primaryType": "TermSheet",
        "domain": {"name": "Loan book", "version": "1", "chainId": chain_id, "verifyingContract": book},
        "message": {
            name: _shown(value, kind)
            for (name, kind), value in zip(TERM_SHEET.items(), asdict(sheet).values(), strict=True)
        },
    }


def _shown(value: int | bytes, kind: str) -> int | str:
    """Fixed bytes as hexadecimal text of their whole width, as wallets take them."""
    if isinstance(value, int):
        return value
    return "0x" + value.ljust(int(kind.removeprefix("bytes")), b"\0").hex()


def _members(types: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in types.items()]


def _message(sheet: TermSheet, *, chain_id: int, book: str) -> SignableMessage:
    return encode_typed_data(full_message=typed_data(sheet, chain_id=chain_id, book=book))


def digest(sheet: TermSheet, *, chain_id: int, book: str) -> bytes:
    """What is signed: the hash of the domain and the sheet.

    >>> sheet = TermSheet(1, 2, 6, b"C26", b"CN-GD", b"BLDG", 10**8, 40_000_000, 21_000, bytes(32))
    >>> digest(sheet, chain_id=1, book="0x" + "11" * 20).hex()[:16]
    '0435b74addbd5aae'
    """
    message = _message(sheet, chain_id=chain_id, book=book)
    return bytes(keccak(b"\x19" + message.version + message.header + message.body))


def signature(sheet: TermSheet, key: bytes, *, chain_id: int, book: str) -> bytes:
    """The 65 bytes that the owner of ``key`` signs the sheet with.

    >>> sheet = TermSheet(1, 2, 6, b"C26", b"CN-GD", b"BLDG", 10**8, 40_000_000, 21_000, bytes(32))
    >>> len(signature(sheet, bytes(31) + b"\\1", chain_id=1, book="0x" + "11" * 20))
    65
    """
    return bytes(Account.sign_message(_message(sheet, chain_id=chain_id, book=book), key).signature)
