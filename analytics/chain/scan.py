"""Kernels over the raw bytes of a node's answer: find each log, take its words, hash its topics.

The scan admits one layout of a log object, byte for byte, as learnt from the first of an answer. Whatever
departs from it in any byte makes the scan refuse, and the caller parse the answer in full instead.

All stand in one file because Numba keeps a kernel's machine code by the file the kernel is in: of a kernel that
it calls elsewhere, it would not see that it has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]
Limbs = NDArray[np.uint64]

END: Final = 0
ADDRESS: Final = 1
TOPICS: Final = 2
DATA: Final = 3
BLOCK_NUMBER: Final = 4
TX_HASH: Final = 5
TX_INDEX: Final = 6
BLOCK_HASH: Final = 7
LOG_INDEX: Final = 8
IGNORED_QUANTITY: Final = 9

KINDS: Final = {
    "address": ADDRESS,
    "topics": TOPICS,
    "data": DATA,
    "blockNumber": BLOCK_NUMBER,
    "transactionHash": TX_HASH,
    "transactionIndex": TX_INDEX,
    "blockHash": BLOCK_HASH,
    "logIndex": LOG_INDEX,
    "blockTimestamp": IGNORED_QUANTITY,
}

# Columns of a scanned log: numbers, and offsets of hexadecimal digits in the answer.
NUMBER, TX, LOG, TX_AT, BLOCK_AT, TOPICS_AT, TOPICS_N, DATA_AT, DATA_N, ADDRESS_AT, TABLE = range(11)
FIELDS: Final = 11

ABSENT_TABLE: Final = -1
FOREIGN: Final = -2

TOPIC_STRIDE: Final = 69
SMALLEST_LOG: Final = 256

_Kernel = TypeVar("_Kernel", bound=Callable[..., object])


def _jit(function: _Kernel) -> _Kernel:
    """Compile on first use, keep the machine code on disk, let other threads run meanwhile."""
    return cast(_Kernel, numba.njit(cache=True, nogil=True)(function))


_LOW: Final = np.uint64(0x0F0F0F0F0F0F0F0F)
_HIGH: Final = np.uint64(0xF0F0F0F0F0F0F0F0)
_ONES: Final = np.uint64(0x0101010101010101)
_SIXES: Final = np.uint64(0x0606060606060606)
_ZEROS: Final = np.uint64(0x3030303030303030)
_EVEN: Final = np.uint64(0x00FF00FF00FF00FF)
_BAD: Final = np.uint64(1 << 63)
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
BUCKETS: Final = 4096


@_jit
def _eight(raw: Bytes, at: int) -> np.uint64:
    i = np.uint64(at)
    return (
        np.uint64(raw[i])
        | np.uint64(raw[i + np.uint64(1)]) << np.uint64(8)
        | np.uint64(raw[i + np.uint64(2)]) << np.uint64(16)
        | np.uint64(raw[i + np.uint64(3)]) << np.uint64(24)
        | np.uint64(raw[i + np.uint64(4)]) << np.uint64(32)
        | np.uint64(raw[i + np.uint64(5)]) << np.uint64(40)
        | np.uint64(raw[i + np.uint64(6)]) << np.uint64(48)
        | np.uint64(raw[i + np.uint64(7)]) << np.uint64(56)
    )


@_jit
def _hex8(raw: Bytes, at: int) -> np.uint64:
    """Eight lower-case digits as a number below 2^32; the top bit is set where they are none."""
    text = _eight(raw, at)
    nibbles = (text & _LOW) + ((text >> np.uint64(6)) & _ONES) * np.uint64(9)
    letters = ((nibbles + _SIXES) >> np.uint64(4)) & _ONES
    if nibbles & _HIGH or nibbles + _ZEROS + letters * np.uint64(39) != text:
        return _BAD
    pairs = ((nibbles << np.uint64(4)) | (nibbles >> np.uint64(8))) & _EVEN
    return (
        (pairs & np.uint64(0xFF)) << np.uint64(24)
        | (pairs >> np.uint64(16) & np.uint64(0xFF)) << np.uint64(16)
        | (pairs >> np.uint64(32) & np.uint64(0xFF)) << np.uint64(8)
        | (pairs >> np.uint64(48))
    )


@_jit
def _hex16(raw: Bytes, at: int) -> np.uint64:
    """Sixteen digits already known to be lower-case hexadecimal."""
    return _hex8(raw, at) << np.uint64(32) | _hex8(raw, at + 8)


@_jit
def _digits(raw: Bytes, at: int, count: int) -> bool:
    """Whether ``count`` (a multiple of eight) lower-case hexadecimal digits stand at ``at``."""
    if at + count > raw.size:
        return False
    wrong = np.uint64(0)
    for i in range(at, at + count, 8):
        text = _eight(raw, i)
        nibbles = (text & _LOW) + ((text >> np.uint64(6)) & _ONES) * np.uint64(9)
        letters = ((nibbles + _SIXES) >> np.uint64(4)) & _ONES
        wrong |= (nibbles & _HIGH) | ((nibbles + _ZEROS + letters * np.uint64(39)) ^ text)
    return bool(wrong == np.uint64(0))


@_jit
def _same(raw: Bytes, at: int, other: int, count: int) -> bool:
    for i in range(0, count, 8):  # noqa: SIM110 (Numba compiles no generators)
        if _eight(raw, at + i) != _eight(raw, other + i):
            return False
    return True


@_jit
def _literal(raw: Bytes, at: int, literals: Bytes, start: int, stop: int) -> bool:
    size = stop - start
    if at + size > raw.size:
        return False
    for i in range(0, size - 7, 8):
        if _eight(raw, at + i) != _eight(literals, start + i):
            return False
    for i in range(size & ~7, size):  # noqa: SIM110 (Numba compiles no generators)
        if raw[at + i] != literals[start + i]:
            return False
    return True


@_jit
def _quantity(raw: Bytes, at: int) -> tuple[int, int]:
    """A quantity of one to fifteen digits up to its quote; -1 where it is none."""
    value = 0
    for i in range(at, min(at + 16, raw.size)):
        c = int(raw[i])
        if c == 34:
            return (value if i > at else -1), i
        if 48 <= c <= 57:
            value = value << 4 | c - 48
        elif 97 <= c <= 102:
            value = value << 4 | c - 87
        else:
            return -1, i
    return -1, at


@_jit
def _hash_value(raw: Bytes, at: int, kind: int, rows: Integers, n: int) -> int:
    """A hash; one equal to the log's before keeps that one's offset, so that few differ."""
    field = TX_AT if kind == TX_HASH else BLOCK_AT
    if n > 0 and at + 64 <= raw.size and _same(raw, at, rows[n - 1, field], 64):
        rows[n, field] = rows[n - 1, field]
    elif _digits(raw, at, 64):
        rows[n, field] = at
    else:
        return -1
    return at + 64


@_jit
def _topics_value(raw: Bytes, at: int, rows: Integers, n: int) -> int:
    """Up to four hashes and the closing bracket."""
    rows[n, TOPICS_AT] = at + 3
    rows[n, TOPICS_N] = 0
    if at < raw.size and raw[at] == 93:
        return at + 1
    while rows[n, TOPICS_N] < 4 and at + 69 <= raw.size:
        opened = raw[at] == 34 and raw[at + 1] == 48 and raw[at + 2] == 120
        if not opened or not _digits(raw, at + 3, 64) or raw[at + 67] != 34:
            return -1
        rows[n, TOPICS_N] += 1
        at += 69
        if raw[at - 1] == 93:
            return at
        if raw[at - 1] != 44:
            return -1
    return -1


@_jit
def _data_value(raw: Bytes, at: int, rows: Integers, n: int) -> int:
    """Whole words up to the quote."""
    rows[n, DATA_AT] = at
    while at < raw.size and raw[at] != 34:
        if not _digits(raw, at, 64):
            return -1
        at += 64
    rows[n, DATA_N] = (at - rows[n, DATA_AT]) // 64
    return at


@_jit
def _number_value(raw: Bytes, at: int, kind: int, rows: Integers, n: int) -> int:
    value, at = _quantity(raw, at)
    if value < 0:
        return -1
    if kind == BLOCK_NUMBER:
        rows[n, NUMBER] = value
    elif kind == TX_INDEX:
        rows[n, TX] = value
    elif kind == LOG_INDEX:
        rows[n, LOG] = value
    return at


@_jit
def _value(raw: Bytes, at: int, kind: int, rows: Integers, n: int) -> int:
    """Take one value into its row; the offset behind it, or -1."""
    if kind == ADDRESS:
        rows[n, ADDRESS_AT] = at
        return at + 40 if _digits(raw, at, 40) else -1
    if kind in (TX_HASH, BLOCK_HASH):
        return _hash_value(raw, at, kind, rows, n)
    if kind == TOPICS:
        return _topics_value(raw, at, rows, n)
    if kind == DATA:
        return _data_value(raw, at, rows, n)
    return _number_value(raw, at, kind, rows, n)


@_jit
def _buckets(topics: Bytes) -> Integers:
    """A hash table of the tables' first topics."""
    buckets = np.full(BUCKETS, -1, np.int64)
    for m in range(topics.size // 64):
        b = _bucket(topics, 64 * m)
        while buckets[b] >= 0:
            b = (b + 1) % BUCKETS
        buckets[b] = m
    return buckets


@_jit
def _bucket(raw: Bytes, at: int) -> np.int64:
    return np.int64(_eight(raw, at) * _MIX >> np.uint64(52))


@_jit
def scan_logs(  # noqa: PLR0917 (compiled: no keywords)
    raw: Bytes,
    at: int,
    literals: Bytes,
    bounds: Integers,
    kinds: Integers,
    contracts: Bytes,
    owners: Integers,
    topics: Bytes,
) -> tuple[Integers, int]:
    """Scan a JSON array of logs whose first object begins at ``at``.

    Parameters: ``literals``/``bounds``/``kinds`` the layout; ``contracts`` the addresses' digits, 40 each;
    ``owners`` and ``topics`` contract index and topic-0 digits, 64 each, of every table.
    Returns the log fields, one row each, and the offset of the closing bracket, or -1 where the bytes
    depart from the layout.
    """
    rows = np.empty((raw.size // SMALLEST_LOG + 2, FIELDS), np.int64)
    buckets = _buckets(topics)
    for n in range(rows.shape[0]):
        for k in range(kinds.size):
            start, stop = bounds[k], bounds[k + 1]
            if not _literal(raw, at, literals, start, stop):
                return rows[:0], -1
            at += stop - start
            if kinds[k] != END:
                at = _value(raw, at, kinds[k], rows, n)
                if at < 0:
                    return rows[:0], -1
        rows[n, TABLE] = _table_of(raw, rows, n, contracts, owners, topics, buckets)
        if at >= raw.size or (raw[at] != 93 and raw[at] != 44):
            return rows[:0], -1
        if raw[at] == 93:
            return rows[: n + 1], at
        at += 1
    return rows[:0], -1


@_jit
def _table_of(  # noqa: PLR0917 (compiled: no keywords)
    raw: Bytes, rows: Integers, n: int, contracts: Bytes, owners: Integers, topics: Bytes, buckets: Integers
) -> int:
    owner = -1
    for c in range(contracts.size // 40):
        if _literal(raw, rows[n, ADDRESS_AT], contracts, 40 * c, 40 * c + 40):
            owner = c
            break
    if owner < 0:
        return FOREIGN
    if rows[n, TOPICS_N] == 0:
        return ABSENT_TABLE
    at = rows[n, TOPICS_AT]
    b = _bucket(raw, at)
    while buckets[b] >= 0:
        m = buckets[b]
        if owners[m] == owner and _literal(raw, at, topics, 64 * m, 64 * m + 64):
            return int(m)
        b = (b + 1) % BUCKETS
    return ABSENT_TABLE


@_jit
def limbs(raw: Bytes, offsets: Integers) -> Limbs:
    """The 32-byte words whose digits begin at ``offsets`` (k, n), as (k, n, 4) limbs, most significant first.

    Row by row, so that the bytes of a log are touched together.
    """
    columns, count = offsets.shape
    out = np.empty((columns, count, 4), np.uint64)
    for i in range(count):
        for j in range(columns):
            at = offsets[j, i]
            for k in range(4):
                out[j, i, k] = _hex16(raw, at + 16 * k)
    return out


@_jit
def narrow(words: Limbs, bits: int, signed: bool) -> tuple[Integers, int]:
    """Words of at most 64 bits as int64 (uint64 shares its bits), and the first that does not fit, or -1."""
    out = np.empty(words.shape[0], np.int64)
    spare = np.uint64(64 - bits)
    for i in range(words.shape[0]):
        low = np.int64(words[i, 3])
        fill = np.uint64(0)
        if signed and low < 0:
            fill = ~fill
        fits = words[i, 0] == fill and words[i, 1] == fill and words[i, 2] == fill
        if signed:
            fits = fits and (low << np.int64(spare)) >> np.int64(spare) == low
        else:
            fits = fits and words[i, 3] << spare >> spare == words[i, 3]
        if not fits:
            return out, i
        out[i] = low
    return out, -1


_ROTATIONS: Final = np.array(
    [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44], np.uint64
)
_LANES: Final = np.array([10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1])


def _round_constants() -> Limbs:
    """The 24 constants of Keccak-f[1600], from the shift register of FIPS 202, algorithm 5."""
    constants = np.zeros(24, np.uint64)
    register = 1
    for number in range(24):
        for j in range(7):
            if register & 1:
                constants[number] |= np.uint64(1 << (2**j - 1))
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
    return constants


_CONSTANTS: Final = _round_constants()


@_jit
def _permute(state: Limbs) -> None:
    column = np.empty(5, np.uint64)
    for number in range(24):
        for x in range(5):
            column[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]
        for x in range(5):
            turned = column[(x + 1) % 5]
            mixed = column[(x + 4) % 5] ^ (turned << np.uint64(1) | turned >> np.uint64(63))
            for y in range(0, 25, 5):
                state[x + y] ^= mixed
        carried = state[1]
        for i in range(24):
            lane = _LANES[i]
            kept = state[lane]
            state[lane] = carried << _ROTATIONS[i] | carried >> (np.uint64(64) - _ROTATIONS[i])
            carried = kept
        for y in range(0, 25, 5):
            for x in range(5):
                column[x] = state[y + x]
            for x in range(5):
                state[y + x] = column[x] ^ (~column[(x + 1) % 5] & column[(x + 2) % 5])
        state[0] ^= _CONSTANTS[number]


@_jit
def _bloom_bits(raw: Bytes, at: int, size: int, state: Limbs) -> np.uint64:
    """Where a value of ``size`` (20 or 32) bytes sets its three bits, packed in 48 bits."""
    state[:] = np.uint64(0)
    for i in range(size):
        high, low = raw[at + 2 * i], raw[at + 2 * i + 1]
        byte = (high - 48 if high <= 57 else high - 87) << 4 | (low - 48 if low <= 57 else low - 87)
        state[i >> 3] ^= np.uint64(byte) << np.uint64(8 * (i & 7))
    state[size >> 3] ^= np.uint64(1) << np.uint64(8 * (size & 7))
    state[16] ^= np.uint64(1 << 63)
    _permute(state)
    return np.uint64(state[0] & np.uint64(0xFFFFFFFFFFFF))


@_jit
def blooms(raw: Bytes, rows: Integers, slots: Integers, count: int) -> Bytes:
    """The logs bloom (Yellow Paper, 4.4.3, M3:2048) of each of ``count`` blocks.

    ``slots`` says which block each row is of; a row of an emitter and its topics sets its bits there.
    """
    out = np.zeros((count, 256), np.uint8)
    state = np.empty(25, np.uint64)
    keys = np.zeros((1024, 4), np.uint64)
    values = np.zeros(1024, np.uint64)
    held = np.zeros(1024, np.bool_)
    last = -1
    last_bits = np.uint64(0)
    for n in range(rows.shape[0]):
        bloom = out[slots[n]]
        for k in range(rows[n, TOPICS_N] + 1):
            if k == 0:
                at = rows[n, ADDRESS_AT]
                if last >= 0 and _same(raw, at, last, 40):
                    bits = last_bits
                else:
                    bits = _bloom_bits(raw, at, 20, state)
                    last, last_bits = at, bits
            else:
                at = rows[n, TOPICS_AT] + TOPIC_STRIDE * (k - 1)
                a, b, c, d = (_hex16(raw, at), _hex16(raw, at + 16), _hex16(raw, at + 32), _hex16(raw, at + 48))
                place = np.int64((a ^ b ^ c ^ d) * _MIX >> np.uint64(54))
                key = keys[place]
                if held[place] and key[0] == a and key[1] == b and key[2] == c and key[3] == d:
                    bits = values[place]
                else:
                    bits = _bloom_bits(raw, at, 32, state)
                    key[0], key[1], key[2], key[3] = a, b, c, d
                    values[place] = bits
                    held[place] = True
            for j in range(3):
                pair = bits >> np.uint64(16 * j) & np.uint64(0xFFFF)
                bit = (pair & np.uint64(0xFF)) << np.uint64(8) | pair >> np.uint64(8)
                bit &= np.uint64(2047)
                bloom[255 - (bit >> np.uint64(3))] |= np.uint8(1) << np.uint8(bit & np.uint64(7))
    return out
