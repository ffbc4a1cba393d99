"""The bank's desk: the deployed system, its people, and what the bank's references are called on chain."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from eth_utils.crypto import keccak

from analytics.chain import Deployment, Node
from analytics.chain.views import Views
from analytics.errors import InvalidInput
from scripts.chain import GAS_PRICE, DevelopmentChain
from scripts.deployment import System, commitment
from scripts.transactions import Receipt, Sender

BATCH: Final = 50
DAY_SECONDS: Final = 86_400
TOP_BIT: Final = 1 << 63
TITLE_BYTES: Final = 12
REFERENCE_BYTES: Final = 32

Item = TypeVar("Item")


@dataclass(slots=True)
class Desk:
    """Where acts are done: contracts, people's accounts, the node, and ids by reference.

    Customers and guarantees are numbered by the contracts, so their ids are learned; loans and titles have
    ids that follow from their references.
    """

    system: System
    people: Mapping[str, Any]
    node: Node
    deployment: Deployment
    salt: bytes
    sender: Sender
    chain: DevelopmentChain | None = None
    customers: dict[str, int] = field(default_factory=dict)
    loans: dict[str, int] = field(default_factory=dict)
    liens: dict[tuple[str, str], int] = field(default_factory=dict)
    guarantees: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, Any] = field(default_factory=dict)

    def send(self, method: Any, *arguments: object, by: Any) -> Receipt:
        """Send a transaction as a person of the role table, or as an account, and wait for it.

        Raises Refused with the contract's typed error.
        """
        account = self.people[by] if isinstance(by, str) else by
        return self.sender.send(account, method, arguments)

    def views(self) -> Views:
        """The contracts' views at the latest block."""
        return Views(self.node, self.deployment, self.node.quantity("eth_blockNumber"))

    def commitment(self, ref: str) -> bytes:
        """What stands for a customer on chain."""
        return commitment(ref, self.salt)

    def title(self, ref: str) -> int:
        """The title of a registered object, keyed with the deployment's salt."""
        return title_of(ref, self.salt)

    def open_day(self, day: int) -> None:
        """Open a business day, moving a development chain's clock to its morning first."""
        businessdate, is_open = self.system.authority.day()
        if is_open and businessdate == day:
            return
        if is_open:
            self.close_day()
        if self.chain is not None:
            morning = day * DAY_SECONDS + DAY_SECONDS // 8
            if morning > self.chain.timestamp():
                self.chain.advance_to(morning)
        self.send(self.system.authority.openDay, day, by="treasurer")

    def close_day(self) -> int:
        """Close the business day; returns the block in which its control totals stand."""
        return self.send(self.system.authority.closeDay, by="treasurer").block_number


def reference(ref: str) -> bytes:
    """An external reference as a word: ASCII, at most 32 letters.

    Raises InvalidInput for one that is empty, longer, or holds other letters.

    >>> reference("LC-1")[:6]
    b'LC-1\\x00\\x00'
    """
    if not ref or not ref.isascii() or not ref.isprintable() or len(ref) > REFERENCE_BYTES:
        raise InvalidInput(f"reference {ref!r}: 1 to {REFERENCE_BYTES} printable ASCII letters are allowed")
    return ref.encode("ascii").ljust(REFERENCE_BYTES, b"\0")


def title_of(ref: str, key: bytes) -> int:
    """The title of an object: the leading 96 bits of HMAC-SHA256 of its reference under the bank's key.

    >>> hex(title_of("Shenzhen 0001234", bytes(16)))
    '0xcae17ca4b45323a3fcb12a37'
    """
    return int.from_bytes(hmac.digest(key, ref.encode(), "sha256")[:TITLE_BYTES], "big")


def imported_loan(ref: str) -> int:
    """The id of an imported loan, as LoanBook.loanIdOf derives it from its reference.

    >>> imported_loan("LC-1") >> 63
    1
    """
    return (int.from_bytes(keccak(reference(ref)), "big") & (TOP_BIT - 1)) | TOP_BIT


def code(text: str, size: int) -> bytes:
    """A code as the fixed bytes the contracts take.

    Raises InvalidInput for one that does not fit or is not ASCII.

    >>> code("CN-GD", 6)
    b'CN-GD\\x00'
    """
    if not text.isascii() or len(text) > size:
        raise InvalidInput(f"code {text!r}: at most {size} ASCII letters are allowed")
    return text.encode("ascii").ljust(size, b"\0")


def batches(items: Sequence[Item], size: int = BATCH) -> Iterator[Sequence[Item]]:
    """A sequence in runs of at most ``size``.

    >>> [list(run) for run in batches([1, 2, 3], 2)]
    [[1, 2], [3]]
    """
    for start in range(0, len(items), size):
        yield items[start : start + size]


def open_desk(
    web3: Any, system: System, people: Mapping[str, Any], deployment: Deployment, salt: bytes, *,
    gas_price: int = GAS_PRICE, chain: DevelopmentChain | None = None,
) -> Desk:  # fmt: skip
    """The desk of a deployed system over a connected web3; ``chain`` where its clock may be moved."""
    sender = Sender(web3, [contract.abi for contract in system.contracts.values()], gas_price=gas_price)
    return Desk(system, people, Node(web3.provider.endpoint_uri), deployment, salt, sender, chain)
