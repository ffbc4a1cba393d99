"""From ABIs to the catalogue of events: each event a table with a declared schema.

Only static 32-byte words are admitted, so that the logs of an event are one matrix.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
from eth_hash.auto import keccak
from numpy.typing import NDArray

from analytics.chain.deployment import Abi, Deployment
from analytics.errors import InvalidInput

HEADER: Final = pa.schema(
    [
        pa.field("block_number", pa.int64(), nullable=False),
        pa.field("block_time", pa.int64(), nullable=False),
        pa.field("tx_index", pa.int64(), nullable=False),
        pa.field("log_index", pa.int64(), nullable=False),
        pa.field("tx_hash", pa.binary(32), nullable=False),
    ]
)
TEXT: Final = pa.dictionary(pa.int32(), pa.string())
MONEY: Final = pa.decimal128(38, 0)
WIDE: Final = pa.decimal256(76, 0)
WORD: Final = pa.binary(32)

_INTEGER = re.compile(r"(u?)int(\d{0,3})")
_BYTES = re.compile(r"bytes(\d{1,2})")
_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CODE_BYTES: Final = 8
_MAX_TOPICS: Final = 4


@dataclass(frozen=True, slots=True)
class Column:
    """One event argument: its place (topic or data word, from 0) and its types on both sides."""

    name: str
    solidity: str
    indexed: bool
    word: int
    family: str
    bits: int
    arrow: pa.DataType


@dataclass(frozen=True)
class EventTable:
    """One event of one contract, and the table its logs become."""

    name: str
    contract: str
    event: str
    address: str
    topic0: str
    signature: str
    columns: tuple[Column, ...]

    @property
    def topics(self) -> int:
        """Topics of each log, the signature's hash included."""
        return 1 + sum(column.indexed for column in self.columns)

    @property
    def words(self) -> int:
        """32-byte words in the data of each log."""
        return sum(not column.indexed for column in self.columns)

    @cached_property
    def schema(self) -> pa.Schema:
        """The declared schema: where and when, then the event's arguments in ABI order."""
        arguments = [pa.field(column.name, column.arrow, nullable=False) for column in self.columns]
        return pa.schema([*HEADER, *arguments])


@dataclass(frozen=True)
class Catalogue:
    """Every event of every contract of a deployment, by table name."""

    tables: Mapping[str, EventTable]
    addresses: Mapping[str, str]

    @cached_property
    def scan_keys(self) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8]]:
        """Digits of the addresses, 40 each; of every table the place of its address, and topic 0, 64 digits each."""
        places = {address: place for place, address in enumerate(self.addresses)}
        owners = np.array([places[table.address] for table in self.tables.values()], np.int64)
        topics = "".join(table.topic0 for table in self.tables.values()).encode()
        addresses = np.frombuffer("".join(self.addresses).encode(), np.uint8)
        return addresses, owners, np.frombuffer(topics, np.uint8)


def snake_case(name: str) -> str:
    """A Solidity name as a column or table name.

    >>> snake_case("loanId"), snake_case("LTVBreached"), snake_case("EIP712DomainChanged")
    ('loan_id', 'ltv_breached', 'eip712_domain_changed')
    """
    return _BREAK.sub("_", name).lower().strip("_")


def catalogue(deployment: Deployment) -> Catalogue:
    """The event catalogue of a deployment.

    Table names are ``contract.event`` in snake case (``loan_book.loan_drawn``); the same event in two
    contracts makes two tables. Raises InvalidInput for an event that is anonymous, has an unnamed or
    ill-named argument, or one that is not a static 32-byte word.
    """
    tables: dict[str, EventTable] = {}
    addresses: dict[str, str] = {}
    for name, contract in deployment.contracts.items():
        address = contract.address[2:].lower()
        addresses[address] = name
        for table in events(name, contract.abi, address=address):
            if table.name in tables:
                raise InvalidInput(f"two contracts give the table {table.name}: rename one in the deployment")
            tables[table.name] = table
    return Catalogue(dict(sorted(tables.items())), addresses)


def events(contract: str, abi: Abi, *, address: str) -> list[EventTable]:
    """The events of one ABI as tables of the contract at ``address`` (lower case, no ``0x``).

    Raises as ``catalogue`` does.

    >>> entry = {"type": "event", "name": "Drawn", "inputs": [
    ...     {"name": "loanId", "type": "uint64", "indexed": True},
    ...     {"name": "principal", "type": "uint128", "indexed": False}]}
    >>> table, = events("LoanBook", [entry], address="00" * 20)
    >>> table.name, table.signature, [str(kind) for kind in table.schema.types[5:]]
    ('loan_book.drawn', 'Drawn(uint64,uint128)', ['uint64', 'decimal128(38, 0)'])
    """
    found: dict[str, EventTable] = {}
    for entry in abi:
        if entry.get("type") != "event":
            continue
        table = _table(contract, entry, address=address)
        known = found.setdefault(table.name, table)
        if known != table:
            raise InvalidInput(
                f"contract {contract} has events {known.signature} and {table.signature}, which would share "
                f"the table {table.name}: rename one"
            )
    return list(found.values())


def _table(contract: str, entry: Mapping[str, Any], *, address: str) -> EventTable:
    name = entry.get("name")
    inputs = entry.get("inputs")
    if not isinstance(name, str) or not name or not isinstance(inputs, list):
        raise InvalidInput(f"contract {contract}: an event of its ABI has no name or no inputs")
    where = f"event {contract}.{name}"
    if entry.get("anonymous"):
        raise InvalidInput(f"{where} is anonymous: its logs cannot be told from others")
    columns: list[Column] = []
    taken = set(HEADER.names)
    places = {True: 0, False: 0}
    for argument in inputs:
        column = _column(argument, where=where, place=places)
        if column.name in taken:
            raise InvalidInput(f"{where}: column {column.name} is already taken, rename the argument")
        taken.add(column.name)
        columns.append(column)
    if places[True] >= _MAX_TOPICS:
        raise InvalidInput(f"{where} has {places[True]} indexed arguments; the EVM has room for three")
    signature = f"{name}({','.join(column.solidity for column in columns)})"
    return EventTable(
        name=f"{snake_case(contract)}.{snake_case(name)}",
        contract=contract,
        event=name,
        address=address,
        topic0=keccak(signature.encode()).hex(),
        signature=signature,
        columns=tuple(columns),
    )


def _column(argument: Mapping[str, Any], *, where: str, place: dict[bool, int]) -> Column:
    name, solidity, indexed = argument.get("name"), argument.get("type"), bool(argument.get("indexed"))
    if not isinstance(name, str) or not snake_case(name):
        raise InvalidInput(f"{where} has an argument without a name: name it, it becomes a column")
    if not isinstance(solidity, str):
        raise InvalidInput(f"{where}: argument {name} has no type")
    family, bits, arrow = _types(solidity, indexed=indexed, where=f"{where}, argument {name}")
    word = place[indexed]
    place[indexed] += 1
    return Column(snake_case(name), solidity, indexed, word, family, bits, arrow)


def _types(solidity: str, *, indexed: bool, where: str) -> tuple[str, int, pa.DataType]:
    if solidity == "bool":
        return "bool", 1, pa.bool_()
    if solidity == "address":
        return "address", 160, TEXT
    if match := _BYTES.fullmatch(solidity):
        size = int(match[1])
        if 1 <= size <= 32:
            return ("code", size, TEXT) if size <= _CODE_BYTES else ("bytes", size, pa.binary(size))
    if match := _INTEGER.fullmatch(solidity):
        bits = int(match[2] or 256)
        if bits in range(8, 257, 8) and match[2]:
            family = "uint" if match[1] else "int"
            return family, bits, _integer(family, bits, indexed=indexed)
    raise InvalidInput(
        f"{where}: type {solidity} is not a static 32-byte word; events carry only uintN, intN, bytesN, bool, address"
    )


def _integer(family: str, bits: int, *, indexed: bool) -> pa.DataType:
    """Amounts are never indexed, so a wide integer that is one is an id: it keeps its word whatever its value."""
    if bits <= 64:
        return pa.uint64() if (family, bits) == ("uint", 64) else pa.int64()
    if bits <= 128:
        return MONEY
    return WORD if indexed else WIDE
