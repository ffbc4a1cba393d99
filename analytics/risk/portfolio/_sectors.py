"""Sectors: the correlation of their factors, which loan is in which, and what its contribution is labelled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.errors import InvalidInput
from analytics.risk._numbers import Numbers, finite_array
from analytics.risk._shapes import FloatArray, square


def symmetric(correlation: Numbers) -> FloatArray:
    """The correlation of the sectors, refused where no factors or assets can have it."""
    matrix = square(finite_array(correlation, name="correlation"), name="correlation")
    if np.abs(matrix - matrix.T).max() > 1e-9:
        row, column = np.unravel_index(int(np.abs(matrix - matrix.T).argmax()), matrix.shape)
        raise InvalidInput(f"correlation: entries ({row}, {column}) and ({column}, {row}) differ; make it symmetric")
    own = np.diag(matrix)
    if not ((own == 1.0).all() or ((own >= 0.0) & (own < 1.0)).all()):
        raise InvalidInput("correlation: give a diagonal of ones (factors), or one inside [0, 1) (assets)")
    if float(np.linalg.eigvalsh(matrix)[0]) < -1e-9 * max(1.0, float(own.max())):
        raise InvalidInput("correlation: not positive semidefinite; no factors have these correlations")
    return matrix


def root(shared: FloatArray) -> FloatArray:
    """A matrix whose product with its transpose is the correlation of the factors."""
    own = np.sqrt(np.diag(shared))
    factor = np.divide(shared, np.outer(own, own), out=np.zeros_like(shared), where=np.outer(own, own) > 0.0)
    np.fill_diagonal(factor, 1.0)
    try:
        return np.linalg.cholesky(factor)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(factor)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def sector_codes(sector: Any, correlation: Any, count: int, sectors: int) -> NDArray[np.int64]:
    """The row of the correlation that each loan's sector has."""
    given = np.asarray(sector)
    if given.shape != (count,):
        raise InvalidInput(f"sector: shape {given.shape}; give one for each of {count} exposures")
    if isinstance(correlation, pd.DataFrame):
        if not (correlation.index.is_unique and correlation.index.equals(correlation.columns)):
            raise InvalidInput("correlation: rows and columns differ in their labels; give each sector one of each")
        code = correlation.index.get_indexer(pd.Index(given))
        if (code < 0).any():
            at = int(np.argmax(code < 0))
            raise InvalidInput(f"sector: entry {at} is {str(given[at])!r}, which the correlation does not have")
        return code.astype(np.int64)
    if given.dtype.kind not in "iu":
        raise InvalidInput(f"sector: {given.dtype} holds no codes; give integers from 0 to {sectors - 1}")
    if given.min() < 0 or given.max() >= sectors:
        raise InvalidInput(f"sector: codes reach from {given.min()} to {given.max()}; give 0 to {sectors - 1}")
    return given.astype(np.int64)


def labels_of(
    exposures: Any, code: NDArray[np.int64], correlation: Any, sectors: int
) -> tuple[NDArray[np.int64], pd.Index[Any]]:
    """Labels of the contributions: the index of the exposures where it says something, else the sectors."""
    index = exposures.index if isinstance(exposures, pd.Series) else None
    if index is None or isinstance(index, pd.RangeIndex):
        if isinstance(correlation, pd.DataFrame):
            return code, correlation.index
        return code, pd.RangeIndex(sectors, name="sector")
    if not isinstance(index, pd.MultiIndex):
        label, labels = pd.factorize(index)
        return label.astype(np.int64), pd.Index(labels, name=index.name)
    combined = np.zeros(len(index), dtype=np.int64)
    for level, codes in zip(index.levels, index.codes, strict=True):
        combined = combined * (len(level) + 1) + codes + 1
    label, _ = pd.factorize(combined)
    first = np.zeros(int(label.max()) + 1, dtype=np.int64)
    first[label[::-1]] = np.arange(len(label))[::-1]
    return label.astype(np.int64), index[first]
