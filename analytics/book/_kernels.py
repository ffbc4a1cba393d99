"""Loops over ids, positions and 64-bit words: what NumPy would need several passes for, in one.

Ids are numbered through a table of slots, a power of two and at least twice as many as there are ids: a slot
holds an id's number or -1. Words are those of an Arrow buffer: integers of one, two or four words, the lowest
first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Bits = NDArray[np.uint64]
Slots = NDArray[np.int32]

LOG_BITS: Final = 24

_Kernel = TypeVar("_Kernel", bound=Callable[..., object])


class Last(NamedTuple):
    """By position the row of the last event and its moment (block and log index in one number), -1 for none."""

    row: Integers
    moment: Integers


def _jit(function: _Kernel) -> _Kernel:
    """Compile on first use, keep the machine code on disk, let other threads run meanwhile."""
    return cast(_Kernel, numba.njit(cache=True, nogil=True)(function))


@_jit
def _slot(value: np.uint64, mask: np.uint64) -> np.uint64:
    """Where the search for an id begins: the upper half of its product with the golden ratio of 2^64."""
    return ((value * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask


@_jit
def distinct(ids: Bits, slots: Slots, code: Integers, first: Integers) -> int:
    """Number ids in the order in which they appear, and tell each one's first row; the count."""
    mask = np.uint64(slots.size - 1)
    count = 0
    for row in range(ids.size):
        slot = _slot(ids[row], mask)
        while slots[slot] >= 0 and ids[first[slots[slot]]] != ids[row]:
            slot = (slot + np.uint64(1)) & mask
        if slots[slot] < 0:
            slots[slot] = count
            first[count] = row
            count += 1
        code[row] = slots[slot]
    return count


@_jit
def find(values: Bits, ids: Bits, slots: Slots, code: Integers) -> None:
    """The number of each value among the ids numbered in ``slots``, -1 where it is none of them."""
    mask = np.uint64(slots.size - 1)
    for row in range(values.size):
        slot = _slot(values[row], mask)
        while slots[slot] >= 0 and ids[slots[slot]] != values[row]:
            slot = (slot + np.uint64(1)) & mask
        code[row] = slots[slot]


@_jit
def last_rows(position: Integers, block: Integers, log: Integers, last: Last) -> None:
    """The last row at each position, and when it was told."""
    for row in range(position.size):
        last.row[position[row]] = row
    for key in range(last.row.size):
        row = last.row[key]
        if row >= 0:
            last.moment[key] = (block[row] << LOG_BITS) | log[row]


@_jit
def overwrite(last: Last, newest: Integers, words: Integers, stride: int, found: Integers) -> bool:
    """Put into ``found`` the values at the last rows that are newer; whether 64 signed bits hold each of them."""
    fits = True
    for key in range(found.size):
        if last.moment[key] > newest[key]:
            newest[key] = last.moment[key]
            at = last.row[key] * stride
            value = words[at]
            found[key] = value
            for word in range(1, stride):
                fits &= words[at + word] == value >> 63
    return fits


@_jit
def add(position: Integers, words: Integers, stride: int, unsigned: bool, sums: Integers) -> bool:
    """Add values at a position from 0 on to sums of two words; whether all values and sums have that room."""
    for row in range(position.size):
        key = position[row]
        if key < 0:
            continue
        at = row * stride
        value = words[at]
        upper = 0 if unsigned else value >> 63
        if stride > 1:
            upper = words[at + 1]
        for word in range(2, stride):
            if words[at + word] != upper >> 63:
                return False
        lower = sums[key, 0] + value
        before = sums[key, 1]
        after = before + upper + (1 if np.uint64(lower) < np.uint64(value) else 0)
        if (before ^ after) & (upper ^ after) < 0:
            return False
        sums[key, 0] = lower
        sums[key, 1] = after
    return True
