"""Columns of event tables without copies: the words of their buffers, codes with their names, exact integers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analytics.book import _kernels
from analytics.chain.arrow import hex_text
from analytics.errors import InvalidInput

Integers = npt.NDArray[np.int64]
Values = npt.NDArray[Any]

_WORD = 8


@dataclass(frozen=True, slots=True)
class Words:
    """Integers as the 64-bit words of a buffer, ``stride`` words each, the lowest first; not to be written to."""

    flat: Integers
    stride: int = 1
    unsigned: bool = False

    def values(self) -> Values:
        """As int64 or uint64, or Python integers where 64 signed bits do not hold them all."""
        if self.unsigned:
            return self.flat.view(np.uint64)
        if self.stride == 1:
            return self.flat
        table = self.flat.reshape(-1, self.stride)
        lowest = np.ascontiguousarray(table[:, 0])
        if (table[:, 1:] == (lowest >> 63)[:, None]).all():
            return lowest
        size = _WORD * self.stride
        raw = table.tobytes()
        wide = [int.from_bytes(raw[at : at + size], "little", signed=True) for at in range(0, len(raw), size)]
        return np.array(wide, dtype=object)

    def take(self, rows: Integers) -> Words:
        """Some of the integers."""
        return Words(frozen(self.flat.reshape(-1, self.stride)[rows].reshape(-1)), self.stride, self.unsigned)


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts as codes into the different ones there are."""

    codes: Integers
    names: Values

    def values(self) -> Values:
        """As Python texts."""
        return np.asarray(self.names[self.codes])

    def take(self, rows: Values) -> Texts:
        """Some of the texts, by row numbers or by a mask."""
        return Texts(self.codes[rows], self.names)

    def mapped(self, names: Iterable[str]) -> Texts:
        """Another text for each of the different ones; those that become equal get one code."""
        numbers: dict[str, int] = {}
        code = np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)
        return Texts(code[self.codes] if len(code) else self.codes, objects(numbers))


def words(column: pa.ChunkedArray, *, where: str) -> Words:
    """An Arrow column of integers as its words: no copy of 64-bit integers or decimals in one chunk."""
    array = _whole(column, where=where)
    kind = array.type
    if pa.types.is_decimal(kind):
        return Words(_flat(array, kind.bit_width // 64), kind.bit_width // 64)
    if pa.types.is_int64(kind) or pa.types.is_uint64(kind):
        return Words(_flat(array, 1), unsigned=pa.types.is_uint64(kind))
    if pa.types.is_integer(kind):
        return Words(frozen(array.to_numpy().astype(np.int64)))
    raise InvalidInput(f"{where}: column type {kind} has no place in a ledger of integers and codes")


def texts(columns: Sequence[pa.ChunkedArray], *, where: str) -> list[Texts]:
    """Several dictionary columns with codes into one set of names."""
    arrays = [_whole(column, where=where) for column in columns]
    numbers: dict[str, int] = {}
    told = []
    for array in arrays:
        code = np.array([numbers.setdefault(name, len(numbers)) for name in array.dictionary.to_pylist()], np.int64)
        told.append(code[array.indices.to_numpy()] if len(array) else np.empty(0, dtype=np.int64))
    names = objects(numbers)
    return [Texts(codes, names) for codes in told]


def hexadecimal(column: pa.ChunkedArray, *, where: str) -> Values:
    """Fixed-size bytes as lower-case hexadecimal texts with ``0x``."""
    return np.asarray(hex_text(_whole(column, where=where)).to_numpy(zero_copy_only=False), dtype=object)


def as_array(column: pa.ChunkedArray, *, where: str) -> Values:
    """An Arrow column as an array without loss: int64 or uint64, bool, text, or Python integers."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return texts([column], where=where)[0].values()
    if pa.types.is_fixed_size_binary(kind) and not pa.types.is_decimal(kind):
        return hexadecimal(column, where=where)
    if pa.types.is_boolean(kind):
        return np.asarray(_whole(column, where=where).to_numpy(zero_copy_only=False))
    return words(column, where=where).values()


def words_of(values: Values) -> Words | None:
    """An array of integers as words, or None of Python integers."""
    if values.dtype == object:
        return None
    return Words(frozen(np.ascontiguousarray(values).view(np.int64)), unsigned=values.dtype == np.uint64)


def frozen(values: Values) -> Values:
    """A view that cannot be written to."""
    view = values.view()
    view.flags.writeable = False
    return view


def objects(values: Iterable[object]) -> Values:
    """A column of Python objects."""
    listed = list(values)
    found = np.empty(len(listed), dtype=object)
    found[:] = listed
    return found


def summed(position: Integers, amounts: Words, size: int) -> Values | None:
    """Exact sums of amounts by position, below zero being none: int64, or Python integers where one needs more.

    None where a sum or an amount needs more than 128 bits.
    """
    sums = np.zeros((size, 2), dtype=np.int64)
    if not _kernels.add(position, amounts.flat, amounts.stride, amounts.unsigned, sums):
        return None
    return Words(frozen(sums.reshape(-1)), stride=2).values()


def _whole(column: pa.ChunkedArray, *, where: str) -> pa.Array:
    if column.null_count:
        raise InvalidInput(f"{where}: {column.null_count} values are missing; read the range again")
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _flat(array: pa.Array, stride: int) -> Integers:
    if not len(array):
        return frozen(np.empty(0, dtype=np.int64))
    flat = np.frombuffer(array.buffers()[1], dtype=np.int64)
    return frozen(flat[array.offset * stride : (array.offset + len(array)) * stride])
