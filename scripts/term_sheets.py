"""Term sheets as a borrower's wallet signs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from hexbytes import HexBytes


@dataclass(frozen=True, slots=True)
class TermSheet:
    """What a borrower signs: the application's terms and the hash of the document; money in fen, the rate in ppb.

    >>> from scripts.signing import digest, signature
    >>> sheet = TermSheet(1, 2, 6, b"C26", b"CN-GD", b"BLDG", 10**8, 40_000_000, 21_000, bytes(32))
    >>> digest(sheet, chain_id=1, book="0x" + "11" * 20).hex()[:16]
    '0435b74addbd5aae'
    >>> len(signature(sheet, bytes(31) + b"\\1", chain_id=1, book="0x" + "11" * 20))
    65
    """

    TYPE: ClassVar[Mapping[str, str]] = {
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
