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
from analytics.risk._shapes import FloatArray

Codes: TypeAlias = NDArray[np.int32]
IntArray: TypeAlias = NDArray[np.int64]

LARGEST: Final = 2**63 - 1
_MOST_OBJECTS: Final = 2048
_MOST_PAIRED: Final = 256
_SLOTS: Final = 8192


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows as codes into labels; -1 where a row has none. Some labels may have no row."""

    code: Codes
    labels: pd.Index[Any]


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts, none negative, as int64 or Python integers, and the largest of them."""

    values: NDArray[Any]
    largest: int

    @property
    def fits(self) -> bool:
        """Whether no sum of them can pass 64 bits."""
        return self.values.dtype != object and len(self.values) * self.largest <= LARGEST


@dataclass(frozen=True, slots=True)
class Sums:
    """Exact total and number of rows above zero: one entry for each label, then one for the unlabelled."""

    total: NDArray[Any]
    rows: IntArray


@dataclass(frozen=True, slots=True)
class Customers:
    """For each customer the exact total, the group (0: none) and how many borrowers stand behind it."""

    labels: pd.Index[Any]
    total: NDArray[Any]
    group: IntArray
    borrowers: FloatArray


def numbered(column: pd.Series[Any], *, name: str) -> Labelled:
    """Codes of a column of numbers such as a customer's, none missing."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        return integers(column.to_numpy())
    if not pd.api.types.is_integer_dtype(column.dtype):
        raise InvalidInput(f"column {name}: {column.dtype} holds no whole numbers; give each {name} one")
    return integers(_whole(column, name))


def labelled(column: pd.Series[Any]) -> Labelled:
    """Codes of a column of texts; missing entries and empty texts get -1."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _unless_empty(column.cat.codes.to_numpy(), column.cat.categories)
    if column.dtype == object:
        found = _by_identity(column.to_numpy())
        if found is not None:
            rows, objects = found
            code, texts = pd.factorize(objects)
            united = _unless_empty(code, pd.Index(texts))
            if np.array_equal(united.code, np.arange(len(objects))):
                return Labelled(rows, united.labels)
            return Labelled(united.code[rows], united.labels)
    code, labels = pd.factorize(column)
    return _unless_empty(code, pd.Index(labels))


def crossed(left: Labelled, right: Labelled) -> Labelled:
    """Codes of pairs of labels; a row that lacks either has none."""
    width, count = len(right.labels), len(left.labels) * len(right.labels)
    dense = count <= 4 * len(left.code) + 1024
    code = np.empty(len(left.code), dtype=np.int32 if dense else np.int64)
    _cross(left.code, right.code, width, code)
    pairs = pd.MultiIndex.from_product([left.labels, right.labels])
    if not dense:
        occurring, code = np.unique(code, return_inverse=True)
        code -= int(occurring[0] == -1)
        pairs = pairs[occurring[occurring >= 0]]
    return Labelled(code.astype(np.int32, copy=False), pairs)


def amounts(column: pd.Series[Any], *, name: str) -> Money:
    """A column of money as int64, or as Python integers where one does not fit; never negative or missing."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        values: NDArray[Any] = column.to_numpy()
    else:
        values = _whole(column, name)
    if values.dtype == np.int64 and len(values):
        # Read without its sign a negative number is larger than any other: one pass finds both extremes.
        largest = int(values.view(np.uint64).max())
        negative = largest > LARGEST
    else:
        largest, negative = int(max(values, default=0)), bool(len(values) and min(values) < 0)
    if negative:
        raise InvalidInput(f"column {name}: row {int(np.argmax(values < 0))} is negative; give zero or more")
    if largest > LARGEST:
        values = np.array([int(value) for value in values], dtype=object)
    return Money(values if values.dtype == object else values.astype(np.int64, copy=False), largest)


def sums(code: Codes, labels: int, money: Money) -> Sums:
    """Exact totals of amounts by code, -1 going to the entry after the last label."""
    values = money.values
    if values.dtype == object:
        totals: list[int] = [0] * (labels + 1)
        for at, value in zip(code.tolist(), values, strict=True):
            totals[at] += value
        rows = np.bincount(np.where(code < 0, labels, code)[values > 0], minlength=labels + 1)
        return Sums(np.array(totals, dtype=object), rows.astype(np.int64))
    if money.fits:
        added = _added(code, labels, values)
        return Sums(added[:, 0].copy(), added[:, 1].copy())
    low, high = _added(code, labels, values & 0xFFFFFFFF), _added(code, labels, values >> 32)
    whole = high[:, 0].astype(object) * 2**32 + low[:, 0].astype(object)
    rows = _added(code, labels, (values > 0).astype(np.int64))[:, 1]
    return Sums(whole if whole.max() > LARGEST else whole.astype(np.int64), rows)


def pair_totals(left: pd.Series[Any], right: pd.Series[Any], money: Money) -> NDArray[np.int64] | None:
    """Totals by pairs of texts, in a table whose row and column 0 are the unlabelled.

    Only where both columns repeat few objects and no total can wrap; else None, and the columns are
    to be labelled and summed.
    """
    if left.dtype != object or right.dtype != object or not money.fits:
        return None
    rows, columns = np.ascontiguousarray(left.to_numpy()), np.ascontiguousarray(right.to_numpy())
    table = np.zeros((_MOST_PAIRED, _MOST_PAIRED), dtype=np.int64)
    seen = np.empty((2, _MOST_PAIRED), dtype=np.int64)
    height, width = _distinct_pairs(_addresses(rows), _addresses(columns), money.values, seen, table)
    if height < 0:
        return None
    row, column = _positions(rows[seen[0, :height]]), _positions(columns[seen[1, :width]])
    united = np.zeros((int(row.max()) + 1, int(column.max()) + 1), dtype=np.int64)
    np.add.at(united, (row[:, None], column[None, :]), table[:height, :width])
    return united


def total(values: NDArray[Any]) -> int:
    """The exact sum of integers, none negative."""
    if values.dtype == object:
        return sum(values.tolist())
    if len(values) * int(values.max(initial=0)) <= LARGEST:
        return int(values.sum())
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


def by_customer(customer: Labelled, money: Money, group: Money, borrowers: Money) -> Customers:
    """All that is a customer's own; group and borrowers may be one number for all."""
    labels, values = len(customer.labels), money.values
    many = _agreed(customer, borrowers, "has two borrower counts; a pool has one on all its loans")
    if money.fits and len(group.values) == len(values):
        table = np.zeros((labels, 2), dtype=np.int64)
        if _add_own(customer.code, values, group.values, table):
            totals, own = table[:, 0].copy(), np.maximum(table[:, 1] - 1, 0)
            return Customers(customer.labels, totals, own, np.maximum(many, 1).astype(np.float64))
    own = _agreed(customer, group, "is in two groups; give one on all its loans")
    totals = sums(customer.code, labels, money).total[:-1]
    return Customers(customer.labels, totals, own, np.maximum(many, 1).astype(np.float64))


def _agreed(customer: Labelled, numbers: Money, fault: str) -> IntArray:
    """The one value that all loans of a customer have."""
    labels = len(customer.labels)
    if numbers.largest == 0:
        return np.zeros(labels, dtype=np.int64)
    if numbers.values.dtype == object:
        raise InvalidInput(f"exposures: {numbers.largest} is no number of a group or of borrowers; give a smaller one")
    # A narrow table stays in the cache.
    each = np.zeros(labels, dtype=np.int64 if numbers.largest >= 2**31 else np.int32)
    row = int(_agree(customer.code, numbers.values, each))
    if row >= 0:
        raise InvalidInput(f"exposures: customer {customer.labels[customer.code[row]]} {fault}")
    return each.astype(np.int64)


def _whole(column: pd.Series[Any], name: str) -> NDArray[Any]:
    if column.isna().any():
        raise InvalidInput(f"column {name}: row {int(np.argmax(column.isna()))} is missing; give an integer amount")
    if column.dtype == object:
        for row, value in enumerate(column):
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
                raise InvalidInput(f"column {name}: row {row} is {value!r}; give money as an integer")
        return column.to_numpy()
    if not pd.api.types.is_integer_dtype(column.dtype):
        raise InvalidInput(f"column {name}: {column.dtype} holds no integers; give money in its smallest unit")
    return column.to_numpy(dtype=getattr(column.dtype, "numpy_dtype", np.dtype(np.int64)))


def integers(values: NDArray[Any]) -> Labelled:
    """Codes of numbers: their distance from the smallest where that is not far."""
    if len(values) == 0:
        return Labelled(np.empty(0, dtype=np.int32), pd.Index(values))
    low, high = int(values.min()), int(values.max())
    if high - low < 4 * len(values) + 1024:
        code = np.empty(len(values), dtype=np.int32)
        np.subtract(values, values.dtype.type(low), out=code, casting="unsafe")
        return Labelled(code, pd.RangeIndex(low, high + 1))
    found, labels = pd.factorize(values)
    return Labelled(found.astype(np.int32), pd.Index(labels))


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


def _addresses(values: NDArray[np.object_]) -> IntArray:
    """The address of each object: a view that lives as long as the array does."""
    pointer = ctypes.cast(values.ctypes.data, ctypes.POINTER(ctypes.c_int64))
    return np.ctypeslib.as_array(pointer, shape=(len(values),))


def _by_identity(values: NDArray[np.object_]) -> tuple[Codes, NDArray[np.object_]] | None:
    """Codes by the address of each object and the objects behind them, or None where they are many.

    A column decoded from the record repeats a few string objects; comparing addresses finds them
    ten times sooner than hashing their text. Equal texts at two addresses get two codes here, and
    the caller unites them.
    """
    if len(values) == 0:
        return None
    values = np.ascontiguousarray(values)
    code = np.empty(len(values), dtype=np.int32)
    seen = np.empty(_MOST_OBJECTS, dtype=np.int64)
    count = int(_distinct(_addresses(values), code, seen))
    return None if count < 0 else (code, values[seen[:count]])


def _positions(objects: NDArray[np.object_]) -> IntArray:
    """1, 2, … for the distinct texts, 0 for what is missing or empty."""
    code, texts = pd.factorize(objects)
    found = _unless_empty(code, pd.Index(texts)).code
    return found.astype(np.int64) + 1


@numba.njit(cache=True, nogil=True, inline="always")
def _slot(address, keys):  # type: ignore[no-untyped-def]
    """Where an address is kept, or the free place where it would be."""
    slot = ((address >> 4) ^ (address >> 17)) & (_SLOTS - 1)
    while keys[slot] != address and keys[slot] != 0:
        slot = (slot + 1) & (_SLOTS - 1)
    return slot


@numba.njit(cache=True, nogil=True)
def _distinct(addresses, code, seen):  # type: ignore[no-untyped-def]
    """Number the distinct addresses in order of appearance; -1 where they exceed the room for them."""
    keys, numbers = np.zeros(_SLOTS, dtype=np.int64), np.zeros(_SLOTS, dtype=np.int64)
    count = 0
    for row in range(addresses.size):
        slot = _slot(addresses[row], keys)
        if keys[slot] == 0:
            if count == seen.size:
                return -1
            keys[slot], numbers[slot], seen[count] = addresses[row], count, row
            count += 1
        code[row] = numbers[slot]
    return count


@numba.njit(cache=True, nogil=True)
def _distinct_pairs(left, right, values, seen, table):  # type: ignore[no-untyped-def]
    """Add values by pairs of addresses numbered in order of appearance; -1 where they exceed the room for them."""
    row_keys, row_numbers, row_seen = np.zeros(_SLOTS, dtype=np.int64), np.zeros(_SLOTS, dtype=np.int64), seen[0]
    column_keys, column_numbers = np.zeros(_SLOTS, dtype=np.int64), np.zeros(_SLOTS, dtype=np.int64)
    column_seen = seen[1]
    rows = columns = 0
    for at in range(values.size):
        i, j = _slot(left[at], row_keys), _slot(right[at], column_keys)
        if row_keys[i] == 0:
            if rows == row_seen.size:
                return -1, -1
            row_keys[i], row_numbers[i], row_seen[rows] = left[at], rows, at
            rows += 1
        if column_keys[j] == 0:
            if columns == column_seen.size:
                return -1, -1
            column_keys[j], column_numbers[j], column_seen[columns] = right[at], columns, at
            columns += 1
        table[row_numbers[i], column_numbers[j]] += values[at]
    return rows, columns


@numba.njit(cache=True, nogil=True)
def _add(code, values, into):  # type: ignore[no-untyped-def]
    last = into.shape[0] - 1
    for row in range(code.size):
        at = code[row] if code[row] >= 0 else last
        into[at, 0] += values[row]
        into[at, 1] += values[row] > 0


@numba.njit(cache=True, nogil=True)
def _cross(left, right, width, code):  # type: ignore[no-untyped-def]
    for row in range(code.size):
        code[row] = left[row] * width + right[row] if left[row] >= 0 and right[row] >= 0 else -1


@numba.njit(cache=True, nogil=True)
def _add_own(code, values, own, table):  # type: ignore[no-untyped-def]
    """Add values to column 0 and keep own + 1 in column 1; whether all rows of a code have the same."""
    agreed = True
    for row in range(code.size):
        at = code[row]
        table[at, 0] += values[row]
        agreed &= (table[at, 1] == 0) | (table[at, 1] == own[row] + 1)
        table[at, 1] = own[row] + 1
    return agreed


@numba.njit(cache=True, nogil=True)
def _agree(code, values, each):  # type: ignore[no-untyped-def]
    """Write each row's value to its label; the first row that finds another there afterwards, or -1."""
    for row in range(code.size):
        each[code[row]] = values[row]
    for row in range(code.size):
        if each[code[row]] != values[row]:
            return row
    return -1
