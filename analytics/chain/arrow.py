"""Arrow arrays from 32-byte words and back, by their buffers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analytics.chain import scan
from analytics.chain.abi import MONEY, WIDE, WORD, Column

_MONEY_LIMIT: Final = 10**38 - 1
_WIDE_LIMIT: Final = 10**76 - 1
_PREFIX: Final = np.frombuffer(b"0x", np.uint16)[0]
_DIGITS: Final = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), np.uint16)


def plain(values: NDArray[Any], kind: pa.DataType, size: int | None = None) -> pa.Array:
    """Numbers as an Arrow array by their buffer; ``pa.array`` would import pandas, 45 MB, to look at them."""
    buffer = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(values) if size is None else size, [None, buffer])


def strings(texts: Sequence[bytes]) -> pa.Array:
    """Texts as an Arrow array."""
    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(b"".join(texts)))


def fixed(values: scan.Bytes) -> pa.Array:
    """Rows of bytes as binary values of that size."""
    return plain(values, pa.binary(values.shape[1]))


def binary(words: scan.Limbs, size: int) -> pa.Array:
    """The first ``size`` bytes of each word."""
    values = words.astype(">u8").view(np.uint8).reshape(-1, 32)
    return fixed(np.ascontiguousarray(values[:, :size]))


def hex_text(values: pa.Array) -> pa.Array:
    """Fixed-size binary values as lower-case hexadecimal text with ``0x``.

    >>> hex_text(pa.array([bytes([1, 255])], pa.binary(2))).to_pylist()
    ['0x01ff']
    """
    if not len(values):
        return strings([])
    size = values.type.byte_width
    start = values.offset * size
    flat = np.frombuffer(values.buffers()[1], np.uint8)[start : start + len(values) * size]
    text = np.empty((len(values), 1 + size), np.uint16)
    text[:, 0] = _PREFIX
    text[:, 1:] = _DIGITS[flat].reshape(len(values), size)
    offsets = np.arange(len(values) + 1, dtype=np.int32) * np.int32(2 + 2 * size)
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(offsets), pa.py_buffer(text))


def narrowest(words: scan.Limbs, column: Column) -> pa.Array:
    """Integers in their declared type, or the next wider one that holds them all."""
    magnitude = _magnitude(words, below_zero(words, column))
    if column.arrow == MONEY and not _exceeds(magnitude, _MONEY_LIMIT).any():
        return _from_words(words[:, :1:-1], MONEY)
    if not _exceeds(magnitude, _WIDE_LIMIT).any():
        return _from_words(words[:, ::-1], WIDE)
    return binary(words, 32)


def below_zero(words: scan.Limbs, column: Column) -> NDArray[np.bool_]:
    """Which words are below zero in a column of signed integers."""
    below: NDArray[np.bool_] = (words[:, 0] >> np.uint64(63) == 1) & (column.family == "int")
    return below


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
    return plain(words.astype("<u8"), kind)


def word_bytes(values: pa.Array) -> pa.Array:
    """A decimal256 array as big-endian words."""
    return binary(limbs_of(values), 32)


def limbs_of(values: pa.Array) -> scan.Limbs:
    """A decimal256 array, or one of big-endian words, as (n, 4) limbs, most significant first."""
    if not len(values):
        return np.empty((0, 4), np.uint64)
    order = ">u8" if values.type == WORD else "<u8"
    flat = np.frombuffer(values.buffers()[1], order)[4 * values.offset : 4 * (values.offset + len(values))]
    limbs = flat.reshape(-1, 4).astype(np.uint64)
    return limbs if values.type == WORD else limbs[:, ::-1]
