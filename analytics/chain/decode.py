"""Logs into typed columns, whole columns at a time.

One decoder serves every node. The bytes of an answer are scanned as they came where all its logs share one
compact layout; any other answer is parsed in full, written anew in that layout, and scanned the same way. So
an odd answer costs time, and never gives another number.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analytics.chain import scan
from analytics.chain.abi import HEADER, MONEY, TEXT, WIDE, WORD, Catalogue, Column, EventTable
from analytics.chain.rpc import MALFORMED, Call, answers
from analytics.errors import InvalidInput

_RESULT: Final = b'"result":['
_REQUIRED: Final = frozenset(scan.KINDS) - {"blockTimestamp"}
_TABLES: Final = 2048
_MONEY_LIMIT: Final = 10**38 - 1
_WIDE_LIMIT: Final = 10**76 - 1

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,15}")
_HEX = re.compile(r"0x([0-9a-fA-F]{2})*")
_PREFIX: Final = np.frombuffer(b"0x", np.uint16)[0]
_DIGITS: Final = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), np.uint16)


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


@dataclass(frozen=True, slots=True)
class Layout:
    """The bytes between the values of a log object, and which value stands after each."""

    literals: scan.Bytes
    bounds: scan.Integers
    kinds: scan.Integers


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


def decode_logs(logs: Logs, catalogue: Catalogue, *, times: Mapping[int, int]) -> dict[str, pa.Table]:
    """Typed tables of the events that occur in the logs, ordered by block and log index.

    Parameters: ``times`` maps each block number to its time (UTC seconds). Logs of other addresses are
    left out; a log given twice counts once. Raises InvalidInput, naming block and log, for an event the
    ABI does not know, a word outside its type, or two different logs in one place.
    """
    logs = ordered(logs)
    rows = logs.rows
    strangers = np.flatnonzero(rows[:, scan.TABLE] == scan.ABSENT_TABLE)
    if strangers.size:
        row = int(strangers[0])
        contract = catalogue.addresses[logs.text(row, scan.ADDRESS_AT, 40)]
        topic = logs.text(row, scan.TOPICS_AT, 64) if rows[row, scan.TOPICS_N] else "none"
        raise InvalidInput(
            f"{logs.place(row)}: contract {contract} emitted topic {topic}, which its ABI does not name; "
            "write the deployment file again from the ABI of the deployed code"
        )
    rows = rows[rows[:, scan.TABLE] >= 0]
    if not rows.size:
        return {}
    changes, run = _runs(rows[:, scan.NUMBER])
    numbers = rows[changes, scan.NUMBER]
    absent = [int(number) for number in numbers if int(number) not in times]
    if absent:
        raise InvalidInput(f"block {absent[0]}: a log of it was read but its header was not")
    clock = np.array([times[int(number)] for number in numbers], np.int64)[run]
    order = np.argsort(rows[:, scan.TABLE], kind="stable")
    kinds, starts = np.unique(rows[order, scan.TABLE], return_index=True)
    names = list(catalogue.tables)
    tables: dict[str, pa.Table] = {}
    for kind, part in zip(kinds, np.split(order, starts[1:]), strict=True):
        table = catalogue.tables[names[kind]]
        tables[table.name] = _decode_table(Logs(logs.raw, rows[part]), table, clock[part])
    return tables


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


def join_chunks(
    chunks: Iterable[Mapping[str, pa.Table]], catalogue: Catalogue, *, copied: bool = True
) -> dict[str, pa.Table]:
    """One table for each event of the catalogue, from the tables of successive block ranges.

    An integer column whose values outgrow its declared type in any range takes the wider type in all of it.
    ``copied`` makes each column one piece; without it the pieces are shared, which a writer can take.
    """
    parts: dict[str, list[pa.Table]] = {name: [] for name in catalogue.tables}
    for chunk in chunks:
        for name, table in chunk.items():
            parts[name].append(table)
    tables = {name: join_tables(found, catalogue.tables[name].schema) for name, found in parts.items()}
    return {name: table.combine_chunks() for name, table in tables.items()} if copied else tables


def join_tables(parts: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    """Tables of one event joined in order, their integer columns brought to one width."""
    if not parts:
        empty: pa.Table = schema.empty_table()
        return empty
    fields = []
    for index, field in enumerate(schema):
        types = [part.schema.field(index).type for part in parts]
        widest = max(types, key=_width) if _width(field.type) else field.type
        fields.append(field.with_type(widest))
    target = pa.schema(fields)
    widened = [
        pa.Table.from_arrays(
            [_widen(part.column(index), field.type) for index, field in enumerate(target)], schema=target
        )
        for part in parts
    ]
    joined: pa.Table = pa.concat_tables(widened).unify_dictionaries()
    return joined


def settle(table: pa.Table, event: EventTable) -> pa.Table:
    """Some rows of a table as if only they had been decoded: no unused codes, no type wider than needed."""
    arrays = [column.combine_chunks() for column in table.columns]
    for place, column in enumerate(event.columns, len(HEADER)):
        if column.arrow == TEXT:
            arrays[place] = arrays[place].cast(pa.string()).dictionary_encode().cast(TEXT)
        elif arrays[place].type != column.arrow:
            arrays[place] = _narrowest(_limbs_of(arrays[place]), column)
    fields = [field.with_type(array.type) for field, array in zip(event.schema, arrays, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


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


def _content(logs: Logs, row: int) -> tuple[object, ...]:
    fields = logs.rows[row]
    count = int(fields[scan.TOPICS_N])
    topics = logs.text(row, scan.TOPICS_AT, count * scan.TOPIC_STRIDE - 5) if count else ""
    data = logs.text(row, scan.DATA_AT, 64 * int(fields[scan.DATA_N]))
    hashes = logs.text(row, scan.TX_AT, 64), logs.text(row, scan.BLOCK_AT, 64)
    return logs.text(row, scan.ADDRESS_AT, 40), int(fields[scan.TX]), *hashes, topics, data


def _decode_table(logs: Logs, table: EventTable, clock: scan.Integers) -> pa.Table:
    rows = logs.rows
    odd = np.flatnonzero((rows[:, scan.TOPICS_N] != table.topics) | (rows[:, scan.DATA_N] != table.words))
    if odd.size:
        row = int(odd[0])
        raise InvalidInput(
            f"{logs.place(row)}: {table.contract}.{table.event} has {rows[row, scan.TOPICS_N]} topics and "
            f"{rows[row, scan.DATA_N]} data words, its ABI says {table.topics} and {table.words}"
        )
    offsets = np.empty((len(table.columns), len(rows)), np.int64)
    for place, column in enumerate(table.columns):
        if column.indexed:
            offsets[place] = rows[:, scan.TOPICS_AT] + scan.TOPIC_STRIDE * (column.word + 1)
        else:
            offsets[place] = rows[:, scan.DATA_AT] + 64 * column.word
    hashes = rows[:, scan.TX_AT]
    changes, run = _runs(hashes)
    arrays = [
        *(_plain(values, pa.int64()) for values in (rows[:, scan.NUMBER], clock, rows[:, scan.TX], rows[:, scan.LOG])),
        _binary(scan.limbs(logs.raw, hashes[changes][None, :])[0][run], 32),
    ]
    for column, words in zip(table.columns, scan.limbs(logs.raw, offsets), strict=True):
        try:
            arrays.append(_decode_column(words, column))
        except _OutOfType as fault:
            word = "".join(f"{limb:016x}" for limb in words[fault.row].tolist())
            raise InvalidInput(
                f"{logs.place(fault.row)}: {table.contract}.{table.event}, {column.name} = 0x{word} is no "
                f"{column.solidity}"
            ) from None
    fields = [field.with_type(array.type) for field, array in zip(table.schema, arrays, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


class _OutOfType(Exception):
    """The first row whose word is outside its type."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


def _require(fits: NDArray[np.bool_]) -> None:
    if not fits.all():
        raise _OutOfType(int(np.argmin(fits)))


def _runs(values: scan.Integers) -> tuple[scan.Integers, scan.Integers]:
    """Where runs of equal values begin, and which run each value is in."""
    starts = np.ones(len(values), np.bool_)
    starts[1:] = values[1:] != values[:-1]
    return np.flatnonzero(starts), np.cumsum(starts) - 1


def _decode_column(words: scan.Limbs, column: Column) -> pa.Array:
    if column.family == "bool" or (column.family in ("int", "uint") and column.bits <= 64):
        values, bad = scan.narrow(words, column.bits, column.family == "int")
        if bad >= 0:
            raise _OutOfType(bad)
        if column.family == "bool":
            return _plain(np.packbits(values.astype(np.bool_), bitorder="little"), pa.bool_(), len(values))
        return _plain(values, column.arrow)
    if column.family in ("int", "uint"):
        return _integers(words, column)
    if column.family == "address":
        _require((words[:, 0] == 0) & (words[:, 1] >> np.uint64(32) == 0))
        packed = np.ascontiguousarray(words.astype(">u8").view(np.uint8).reshape(-1, 32)[:, 12:])
        return _dictionary(_fixed(packed), hex_text)
    if column.family == "code":
        mask = np.uint64((1 << (64 - 8 * column.bits)) - 1)
        stray = words & np.array([mask, *3 * [~np.uint64(0)]], np.uint64)
        _require(~np.any(stray, axis=1))
        return _dictionary(_plain(words[:, 0], pa.uint64()), lambda unique: _codes(unique, column.bits))
    tail = words.astype(">u8").view(np.uint8).reshape(-1, 32)[:, column.bits :]
    _require(~np.any(tail, axis=1))
    return _binary(words, column.bits)


def _integers(words: scan.Limbs, column: Column) -> pa.Array:
    """Exact integers of more than 64 bits."""
    _require(_fits(words, column.bits, _negative(words, column), signed=column.family == "int"))
    return _binary(words, 32) if column.arrow == WORD else _narrowest(words, column)


def _negative(words: scan.Limbs, column: Column) -> NDArray[np.bool_]:
    negative: NDArray[np.bool_] = (words[:, 0] >> np.uint64(63) == 1) & (column.family == "int")
    return negative


def _narrowest(words: scan.Limbs, column: Column) -> pa.Array:
    """Integers in their declared type, or the next wider one that holds them all."""
    magnitude = _magnitude(words, _negative(words, column))
    if column.arrow == MONEY and not _exceeds(magnitude, _MONEY_LIMIT).any():
        return _from_words(words[:, :1:-1], MONEY)
    if not _exceeds(magnitude, _WIDE_LIMIT).any():
        return _from_words(words[:, ::-1], WIDE)
    return _binary(words, 32)


def _fits(words: scan.Limbs, bits: int, negative: NDArray[np.bool_], *, signed: bool) -> NDArray[np.bool_]:
    """Whether each word is a proper extension of its low ``bits``."""
    fill = np.where(negative, ~np.uint64(0), np.uint64(0))
    fits = np.ones(len(words), np.bool_)
    used = bits - 1 if signed else bits
    for k in range(4):
        below = used - 64 * (3 - k)
        if below <= 0:
            fits &= words[:, k] == fill
        elif below < 64:
            fits &= words[:, k] >> np.uint64(below) == fill >> np.uint64(below)
    return fits


def _magnitude(words: scan.Limbs, negative: NDArray[np.bool_]) -> scan.Limbs:
    if not negative.any():
        return words
    flipped = np.where(negative[:, None], ~words, words)
    carry = negative.astype(np.uint64)
    for k in range(3, -1, -1):
        flipped[:, k] += carry
        carry = (negative & (carry == 1) & (flipped[:, k] == 0)).astype(np.uint64)
    return flipped


def _exceeds(words: scan.Limbs, limit: int) -> NDArray[np.bool_]:
    over = np.zeros(len(words), np.bool_)
    level = np.ones(len(words), np.bool_)
    for k in range(4):
        part = np.uint64(limit >> (64 * (3 - k)) & (2**64 - 1))
        over |= level & (words[:, k] > part)
        level &= words[:, k] == part
    return over


def _from_words(words: scan.Limbs, kind: pa.DataType) -> pa.Array:
    return _plain(words.astype("<u8"), kind)


def _plain(values: NDArray[Any], kind: pa.DataType, size: int | None = None) -> pa.Array:
    """Numbers as an Arrow array by their buffer; ``pa.array`` would import pandas, 45 MB, to look at them."""
    buffer = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(values) if size is None else size, [None, buffer])


def _strings(texts: Sequence[bytes]) -> pa.Array:
    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(b"".join(texts)))


def _fixed(values: scan.Bytes) -> pa.Array:
    return _plain(values, pa.binary(values.shape[1]))


def _binary(words: scan.Limbs, size: int) -> pa.Array:
    """The first ``size`` bytes of each word."""
    values = words.astype(">u8").view(np.uint8).reshape(-1, 32)
    return _fixed(np.ascontiguousarray(values[:, :size]))


def _dictionary(values: pa.Array, text: Any) -> pa.Array:
    encoded = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices, text(encoded.dictionary)).cast(TEXT)


def hex_text(values: pa.Array) -> pa.Array:
    """Fixed-size binary values as lower-case hexadecimal text with ``0x``.

    >>> hex_text(pa.array([bytes([1, 255])], pa.binary(2))).to_pylist()
    ['0x01ff']
    """
    if not len(values):
        return _strings([])
    size = values.type.byte_width
    start = values.offset * size
    flat = np.frombuffer(values.buffers()[1], np.uint8)[start : start + len(values) * size]
    text = np.empty((len(values), 1 + size), np.uint16)
    text[:, 0] = _PREFIX
    text[:, 1:] = _DIGITS[flat].reshape(len(values), size)
    offsets = np.arange(len(values) + 1, dtype=np.int32) * np.int32(2 + 2 * size)
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(offsets), pa.py_buffer(text))


def _codes(unique: pa.Array, size: int) -> pa.Array:
    """Short codes as text; what is no printable ASCII stays as hexadecimal, unambiguous by its length."""
    texts = []
    for value in unique.to_pylist():
        packed = value.to_bytes(8, "big")[:size]
        code = packed.rstrip(b"\0")
        texts.append(code if all(33 <= byte <= 126 for byte in code) else b"0x" + packed.hex().encode())
    return _strings(texts)


def _width(kind: pa.DataType) -> int:
    return {MONEY: 1, WIDE: 2, WORD: 3}.get(kind, 0)


def _widen(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.type == kind:
        return column
    if column.type == MONEY:
        column = column.cast(WIDE)
    if kind == WIDE:
        return column
    return pa.chunked_array([_word_bytes(chunk) for chunk in column.chunks], type=WORD)


def _word_bytes(values: pa.Array) -> pa.Array:
    """A decimal256 array as big-endian words."""
    return _binary(_limbs_of(values), 32)


def _limbs_of(values: pa.Array) -> scan.Limbs:
    """A decimal256 array, or one of big-endian words, as (n, 4) limbs, most significant first."""
    if not len(values):
        return np.empty((0, 4), np.uint64)
    order = ">u8" if values.type == WORD else "<u8"
    flat = np.frombuffer(values.buffers()[1], order)[4 * values.offset : 4 * (values.offset + len(values))]
    limbs = flat.reshape(-1, 4).astype(np.uint64)
    return limbs if values.type == WORD else limbs[:, ::-1]
