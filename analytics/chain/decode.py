"""Logs into typed columns, whole columns at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analytics.chain import scan
from analytics.chain.abi import TEXT, WORD, Catalogue, Column, EventTable
from analytics.chain.answer import Logs, ordered
from analytics.chain.arrow import below_zero, binary, fixed, hex_text, narrowest, plain, strings
from analytics.errors import InvalidInput


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
        *(plain(values, pa.int64()) for values in (rows[:, scan.NUMBER], clock, rows[:, scan.TX], rows[:, scan.LOG])),
        binary(scan.limbs(logs.raw, hashes[changes][None, :])[0][run], 32),
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
            return plain(np.packbits(values.astype(np.bool_), bitorder="little"), pa.bool_(), len(values))
        return plain(values, column.arrow)
    if column.family in ("int", "uint"):
        return _integers(words, column)
    if column.family == "address":
        _require((words[:, 0] == 0) & (words[:, 1] >> np.uint64(32) == 0))
        packed = np.ascontiguousarray(words.astype(">u8").view(np.uint8).reshape(-1, 32)[:, 12:])
        return _dictionary(fixed(packed), hex_text)
    if column.family == "code":
        mask = np.uint64((1 << (64 - 8 * column.bits)) - 1)
        stray = words & np.array([mask, *3 * [~np.uint64(0)]], np.uint64)
        _require(~np.any(stray, axis=1))
        return _dictionary(plain(words[:, 0], pa.uint64()), lambda unique: _codes(unique, column.bits))
    tail = words.astype(">u8").view(np.uint8).reshape(-1, 32)[:, column.bits :]
    _require(~np.any(tail, axis=1))
    return binary(words, column.bits)


def _integers(words: scan.Limbs, column: Column) -> pa.Array:
    """Exact integers of more than 64 bits."""
    _require(_fits(words, column.bits, below_zero(words, column), signed=column.family == "int"))
    return binary(words, 32) if column.arrow == WORD else narrowest(words, column)


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


def _dictionary(values: pa.Array, text: Any) -> pa.Array:
    encoded = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices, text(encoded.dictionary)).cast(TEXT)


def _codes(unique: pa.Array, size: int) -> pa.Array:
    """Short codes as text; what is no printable ASCII stays as hexadecimal, unambiguous by its length."""
    texts = []
    for value in unique.to_pylist():
        packed = value.to_bytes(8, "big")[:size]
        code = packed.rstrip(b"\0")
        texts.append(code if all(33 <= byte <= 126 for byte in code) else b"0x" + packed.hex().encode())
    return strings(texts)
