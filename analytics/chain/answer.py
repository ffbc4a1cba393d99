"""The logs of a node's answer, found in its bytes.

One scan serves every node. The bytes of an answer are scanned as they came where all its logs share one
compact layout; any other answer is parsed in full, written anew in that layout, and scanned the same way. So
an odd answer costs time, and never gives another number.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec
import numpy as np

from analytics.chain import scan
from analytics.chain.abi import Catalogue
from analytics.chain.rpc import MALFORMED, Call, answers
from analytics.errors import InvalidInput

_RESULT: Final = b'"result":['
_REQUIRED: Final = frozenset(scan.KINDS) - {"blockTimestamp"}
_TABLES: Final = 2048
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,15}")
_HEX = re.compile(r"0x([0-9a-fA-F]{2})*")


@dataclass(frozen=True, slots=True)
class Logs:
    """Scanned logs: the bytes they stand in and one row of numbers and offsets each (``scan.FIELDS``)."""

    raw: scan.Bytes
    rows: scan.Integers

    def text(self, row: int, field: int, digits: int) -> str:
        """The hexadecimal digits at a field of a row."""
        at = int(self.rows[row, field])
        return self.raw[at : at + digits].tobytes().decode("ascii")

    def place(self, row: int) -> str:
        """Where a log is, for a message."""
        return f"block {self.rows[row, scan.NUMBER]}, log {self.rows[row, scan.LOG]}"


@dataclass(frozen=True, slots=True)
class Layout:
    """The bytes between the values of a log object, and which value stands after each."""

    literals: scan.Bytes
    bounds: scan.Integers
    kinds: scan.Integers


class _Log(msgspec.Struct):
    """A log object in any layout."""

    address: str
    topics: list[str]
    data: str
    blockNumber: str  # noqa: N815 (the node's own names)
    transactionHash: str  # noqa: N815
    transactionIndex: str  # noqa: N815
    blockHash: str  # noqa: N815
    logIndex: str  # noqa: N815
    removed: bool = False


_DECODER = msgspec.json.Decoder(list[_Log])
_CANONICAL: Final = (
    b'{"address":"0x%b","topics":[%b],"data":"0x%b","blockNumber":"0x%x","transactionHash":"0x%b",'
    b'"transactionIndex":"0x%x","blockHash":"0x%b","logIndex":"0x%x"}'
)


def split_answer(body: bytes, calls: Sequence[Call], catalogue: Catalogue) -> tuple[Logs, list[msgspec.Raw]]:
    """The logs of a batch whose first call asks for logs, and the raw results of its other calls.

    Raises InvalidInput where the answer is malformed and NodeError where the node reports an error.
    """
    start = body.find(_RESULT)
    if start >= 0:
        at = start + len(_RESULT)
        found = _scan(body, at, catalogue)
        if found is not None:
            logs, end = found
            # The array that was scanned gives way to a word nobody can guess: if the parsed answer then
            # holds that word as the first result, the scanned array was that result and nothing else.
            word = b'"' + secrets.token_hex(16).encode() + b'"'
            results = answers(body[: at - 1] + word + body[end + 1 :], calls)
            if bytes(results[0]) == word:
                return logs, results[1:]
    results = answers(body, calls)
    return read_logs(bytes(results[0]), catalogue), results[1:]


def read_logs(array: bytes, catalogue: Catalogue) -> Logs:
    """The logs of a JSON array, the result of ``eth_getLogs``.

    Raises InvalidInput, naming block and log, for anything that is no finished log.
    """
    found = _scan(array, 1, catalogue) if array[:1] == b"[" else None
    if found is not None and found[1] == len(array) - 1:
        return found[0]
    body = _rewrite(array, catalogue)
    if body == b"[]":
        return Logs(np.frombuffer(body, np.uint8), np.empty((0, scan.FIELDS), np.int64))
    again = _scan(body, 1, catalogue)
    if again is None:
        raise InvalidInput(f"the node's logs cannot be read; they begin {array[:80]!r}")
    return again[0]


def ordered(logs: Logs) -> Logs:
    """The logs by block and log index, each once.

    Raises InvalidInput where two logs that differ claim one place.
    """
    rows = logs.rows
    number, index = rows[:, scan.NUMBER], rows[:, scan.LOG]
    step = np.diff(number)
    if np.all((step > 0) | ((step == 0) & (np.diff(index) > 0))):
        return logs
    rows = rows[np.lexsort((index, number))]
    again = np.flatnonzero(np.all(np.diff(rows[:, [scan.NUMBER, scan.LOG]], axis=0) == 0, axis=1)) + 1
    result = Logs(logs.raw, rows)
    for row in again:
        if _content(result, int(row)) != _content(result, int(row) - 1):
            raise InvalidInput(f"{result.place(int(row))}: the node gave two different logs for one place")
    return Logs(logs.raw, np.delete(rows, again, axis=0))


def _content(logs: Logs, row: int) -> tuple[object, ...]:
    fields = logs.rows[row]
    count = int(fields[scan.TOPICS_N])
    topics = logs.text(row, scan.TOPICS_AT, count * scan.TOPIC_STRIDE - 5) if count else ""
    data = logs.text(row, scan.DATA_AT, 64 * int(fields[scan.DATA_N]))
    hashes = logs.text(row, scan.TX_AT, 64), logs.text(row, scan.BLOCK_AT, 64)
    return logs.text(row, scan.ADDRESS_AT, 40), int(fields[scan.TX]), *hashes, topics, data


def _scan(body: bytes, at: int, catalogue: Catalogue) -> tuple[Logs, int] | None:
    stop = body.find(b"}", at)
    layout = _layout(body[at : stop + 1]) if stop >= 0 else None
    if layout is None:
        return None
    raw = np.frombuffer(body, np.uint8)
    rows, end = scan.scan_logs(raw, at, layout.literals, layout.bounds, layout.kinds, *_keys(catalogue))
    return (Logs(raw, rows), end) if end >= 0 else None


def _layout(first: bytes) -> Layout | None:
    """The layout of a log object, or None where it is not compact or not whole."""
    try:
        members = msgspec.json.decode(first)
    except MALFORMED:
        return None
    if not isinstance(members, dict) or msgspec.json.encode(members) != first or not members.keys() >= _REQUIRED:
        return None
    if members.get("removed", False) is not False:
        return None
    literals: list[bytes] = []
    kinds: list[int] = []
    pending = b"{"
    for position, (key, value) in enumerate(members.items()):
        pending += (b"," if position else b"") + msgspec.json.encode(key) + b":"
        kind = scan.KINDS.get(key)
        if kind is None or (kind == scan.IGNORED_QUANTITY and not isinstance(value, str)):
            pending += msgspec.json.encode(value)
            continue
        if kind == scan.TOPICS:
            literals.append(pending + b"[")
            pending = b""
        else:
            literals.append(pending + b'"0x')
            pending = b'"'
        kinds.append(kind)
    return _compiled((*literals, pending + b"}"), (*kinds, scan.END))


@lru_cache(maxsize=64)
def _compiled(literals: tuple[bytes, ...], kinds: tuple[int, ...]) -> Layout:
    bounds = np.cumsum([0, *map(len, literals)], dtype=np.int64)
    return Layout(np.frombuffer(b"".join(literals), np.uint8), bounds, np.array(kinds, np.int64))


def _keys(catalogue: Catalogue) -> tuple[scan.Bytes, scan.Integers, scan.Bytes]:
    if len(catalogue.tables) > _TABLES:
        raise InvalidInput(f"{len(catalogue.tables)} events: at most {_TABLES} can be read at once")
    return catalogue.scan_keys


def _rewrite(array: bytes, catalogue: Catalogue) -> bytes:
    """The logs of any JSON array in the one compact layout."""
    try:
        logs = _DECODER.decode(array.decode())
    except MALFORMED as fault:
        raise InvalidInput(f"the node's logs are malformed: {fault}; they begin {array[:80]!r}") from None
    return b"[" + b",".join(_canonical(log, position, catalogue) for position, log in enumerate(logs)) + b"]"


def _canonical(log: _Log, position: int, catalogue: Catalogue) -> bytes:
    where = f"log {position} of the answer (block {log.blockNumber[:20]}, log {log.logIndex[:20]})"
    if log.removed:
        raise InvalidInput(f"{where} is marked removed: its block was abandoned; read the range again")

    def digits(text: str, pattern: re.Pattern[str], name: str) -> bytes:
        if not pattern.fullmatch(text):
            raise InvalidInput(f"{where}: {name} is {text[:80]!r}, which is no such value")
        return text[2:].lower().encode()

    def number(text: str, name: str) -> int:
        return int(digits(text, _QUANTITY, name), 16)

    if len(log.topics) > 4:
        raise InvalidInput(f"{where} has {len(log.topics)} topics; the EVM gives at most 4")
    address = digits(log.address, _ADDRESS, "address")
    data = digits(log.data, _HEX, "data")
    if address.decode() not in catalogue.addresses:
        data = b""
    if len(data) % 64:
        raise InvalidInput(f"{where}: data is {len(data) // 2} bytes, not a number of 32-byte words")
    return _CANONICAL % (
        address,
        b",".join(b'"0x%b"' % digits(topic, _HASH, "a topic") for topic in log.topics),
        data,
        number(log.blockNumber, "blockNumber"),
        digits(log.transactionHash, _HASH, "transactionHash"),
        number(log.transactionIndex, "transactionIndex"),
        digits(log.blockHash, _HASH, "blockHash"),
        number(log.logIndex, "logIndex"),
    )
