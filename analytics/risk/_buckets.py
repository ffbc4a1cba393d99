"""Exact sums of integer money by label, over millions of rows.

Labels become small integers once. Amounts are added in 64-bit words where their largest possible
total fits one, else as two halves, so that no sum wraps: what passes 2^63 - 1 comes out as Python
integers.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numba
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.errors import InvalidInput

Codes: TypeAlias = NDArray[np.int32]
IntArray: TypeAlias = NDArray[np.int64]

LARGEST: Final = 2**63 - 1
_MOST_OBJECTS: Final = 2048
_SLOTS: Final = 8192


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows as codes into labels; -1 where a row has none. Some labels may have no row."""

    code: Codes
    labels: pd.Index[Any]


@dataclass(frozen=True, slots=True)
class Sums:
    """Exact total and number of rows above zero: one entry for each label, then one for the unlabelled."""

    total: NDArray[Any]
    rows: IntArray

    @property
    def kept(self) -> IntArray:
        """The labels that have an amount."""
        return np.flatnonzero(self.rows[:-1])


def labelled(column: pd.Series[Any]) -> Labelled:
    """Codes of a column of texts or integers; missing entries and empty texts get -1."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _unless_empty(column.cat.codes.to_numpy(), column.cat.categories)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        return _integers(column.to_numpy())
    if column.dtype == object:
        found = _by_identity(column.to_numpy())
        if found is not None:
            rows, objects = found
            code, texts = pd.factorize(objects)
            return _unless_empty(code[rows], pd.Index(texts))
    code, labels = pd.factorize(column)
    return _unless_empty(code, pd.Index(labels))


def crossed(left: Labelled, right: Labelled) -> Labelled:
    """Codes of pairs of labels; a row that lacks either has none."""
    width = len(right.labels)
    code = left.code.astype(np.int64) * width + right.code
    code[(left.code < 0) | (right.code < 0)] = -1
    pairs = pd.MultiIndex.from_product([left.labels, right.labels])
    if len(pairs) > 4 * len(code) + 1024:
        occurring, code = np.unique(code, return_inverse=True)
        code -= int(occurring[0] == -1)
        pairs = pairs[occurring[occurring >= 0]]
    return Labelled(code.astype(np.int32), pairs)


def amounts(column: pd.Series[Any], *, name: str) -> NDArray[Any]:
    """A column of money as int64, or as Python integers where one does not fit; never negative or missing."""
    if column.isna().any():
        raise InvalidInput(f"column {name}: row {int(np.argmax(column.isna()))} is missing; give an integer amount")
    if column.dtype == object:
        values: NDArray[Any] = column.to_numpy()
        for row, value in enumerate(values):
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
                raise InvalidInput(f"column {name}: row {row} is {value!r}; give money as an integer")
    elif pd.api.types.is_integer_dtype(column.dtype):
        values = column.to_numpy(dtype=column.dtype.type if hasattr(column.dtype, "numpy_dtype") else None)
    else:
        raise InvalidInput(f"column {name}: {column.dtype} holds no integers; give money in its smallest unit")
    if len(values) and values.min() < 0:
        raise InvalidInput(f"column {name}: row {int(np.argmax(values < 0))} is negative; give zero or more")
    if len(values) and int(values.max()) > LARGEST:
        return np.array([int(value) for value in values], dtype=object)
    return values.astype(np.int64, copy=False)


def sums(code: Codes, labels: int, values: NDArray[Any]) -> Sums:
    """Exact totals of values by code, -1 going to the entry after the last label."""
    if values.dtype == object:
        totals: list[int] = [0] * (labels + 1)
        for at, value in zip(code.tolist(), values, strict=True):
            totals[at] += value
        rows = np.bincount(np.where(code < 0, labels, code)[values > 0], minlength=labels + 1)
        return Sums(np.array(totals, dtype=object), rows.astype(np.int64))
    if len(values) * int(values.max(initial=0)) <= LARGEST:
        added = _added(code, labels, values)
        return Sums(added[:, 0], added[:, 1])
    low, high = _added(code, labels, values & 0xFFFFFFFF), _added(code, labels, values >> 32)
    whole = high[:, 0].astype(object) * 2**32 + low[:, 0].astype(object)
    rows = _added(code, labels, (values > 0).astype(np.int64))[:, 1]
    return Sums(whole if whole.max() > LARGEST else whole.astype(np.int64), rows)


def total(values: NDArray[Any]) -> int:
    """The exact sum of integers, none negative."""
    if values.dtype == object:
        return sum(values.tolist())
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


def of_each(code: Codes, labels: int, values: IntArray) -> tuple[IntArray, int]:
    """The one value that all rows of a label have, and the first row that has another (-1: none)."""
    each = np.zeros(labels, dtype=np.int64)
    return each, int(_agree(code, values, np.zeros(labels, dtype=np.bool_), each))


def _integers(values: NDArray[Any]) -> Labelled:
    if len(values) == 0:
        return Labelled(np.empty(0, dtype=np.int32), pd.Index(values))
    low, high = int(values.min()), int(values.max())
    if high - low < 4 * len(values) + 1024:
        return Labelled((values - values.dtype.type(low)).astype(np.int32), pd.RangeIndex(low, high + 1))
    code, labels = pd.factorize(values)
    return Labelled(code.astype(np.int32), pd.Index(labels))


def _unless_empty(code: NDArray[Any], labels: pd.Index[Any]) -> Labelled:
    code = code.astype(np.int32)
    empty = np.flatnonzero(labels == "")
    if len(empty):
        code[code == empty[0]] = -1
    return Labelled(code, labels)


def _added(code: Codes, labels: int, values: IntArray) -> IntArray:
    into = np.zeros((labels + 1, 2), dtype=np.int64)
    _add(code, values, into)
    return into


def _by_identity(values: NDArray[np.object_]) -> tuple[IntArray, NDArray[np.object_]] | None:
    """Codes by the address of each object and the objects behind them, or None where they are many.

    A column decoded from the record repeats a few string objects; comparing addresses finds them
    ten times sooner than hashing their text. Equal texts at two addresses get two codes here, and
    the caller unites them.
    """
    values = np.ascontiguousarray(values)
    if len(values) == 0:
        return None
    pointer = ctypes.cast(values.ctypes.data, ctypes.POINTER(ctypes.c_int64))
    addresses = np.ctypeslib.as_array(pointer, shape=(len(values),))
    code = np.empty(len(values), dtype=np.int64)
    first = np.empty(_MOST_OBJECTS, dtype=np.int64)
    count = int(_distinct(addresses, code, first))
    return None if count < 0 else (code, values[first[:count]])


@numba.njit(cache=True, nogil=True)
def _distinct(addresses, code, first):  # type: ignore[no-untyped-def]
    """Number the distinct addresses in order of appearance; -1 where they exceed the room for them."""
    keys = np.zeros(_SLOTS, dtype=np.int64)
    numbers = np.zeros(_SLOTS, dtype=np.int64)
    count = 0
    for row in range(addresses.size):
        address = addresses[row]
        slot = ((address >> 4) ^ (address >> 17)) & (_SLOTS - 1)
        while keys[slot] != address and keys[slot] != 0:
            slot = (slot + 1) & (_SLOTS - 1)
        if keys[slot] == 0:
            if count == first.size:
                return -1
            keys[slot] = address
            numbers[slot] = count
            first[count] = row
            count += 1
        code[row] = numbers[slot]
    return count


@numba.njit(cache=True, nogil=True)
def _add(code, values, into):  # type: ignore[no-untyped-def]
    last = into.shape[0] - 1
    for row in range(code.size):
        at = code[row] if code[row] >= 0 else last
        into[at, 0] += values[row]
        into[at, 1] += values[row] > 0


@numba.njit(cache=True, nogil=True)
def _agree(code, values, seen, each):  # type: ignore[no-untyped-def]
    for row in range(code.size):
        at = code[row]
        if not seen[at]:
            seen[at] = True
            each[at] = values[row]
        elif each[at] != values[row]:
            return row
    return -1
