"""Matrices of states: square, labelled as they came, and which of them are generators."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analytics.errors import InvalidInput
from analytics.risk._numbers import finite_array
from analytics.risk._shapes import FloatArray, square

_ROW_SUM_TOLERANCE: Final = 1e-6
Matrix: TypeAlias = "ArrayLike | pd.DataFrame"
Labels: TypeAlias = "tuple[pd.Index[Any], pd.Index[Any]] | None"


def square_matrix(matrix: Matrix, name: str) -> tuple[FloatArray, Labels]:
    """The numbers of a square matrix, and its labels where it has some."""
    labels: Labels = None
    if isinstance(matrix, pd.DataFrame):
        labels = (matrix.index, matrix.columns)
        if not matrix.index.equals(matrix.columns) and set(matrix.index) == set(matrix.columns):
            raise InvalidInput(f"{name}: rows and columns name the states in different orders; sort one")
        matrix = matrix.to_numpy()
    return square(finite_array(matrix, name=name), name=name), labels


def labelled(values: FloatArray, labels: Labels) -> Any:
    """The numbers again under the labels they came with."""
    return values if labels is None else pd.DataFrame(values, index=labels[0], columns=labels[1])


def generator_matrix(generator: Matrix) -> tuple[FloatArray, Labels]:
    """A generator, and its labels where it has some; refused where it is none."""
    Q, labels = square_matrix(generator, "generator")
    scale = np.maximum(1.0, np.abs(Q).max(axis=1))
    off = Q - np.diag(np.diag(Q))
    for wrong, what in (
        (np.abs(Q.sum(axis=1)) > _ROW_SUM_TOLERANCE * scale, "does not sum to zero"),
        (off.min(axis=1) < -_ROW_SUM_TOLERANCE * scale, "has a negative rate off the diagonal"),
    ):
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise InvalidInput(f"generator: row {row} {what}; give yearly rates as `generator` returns them")
    return Q, labels


def with_diagonal(rates: FloatArray) -> FloatArray:
    """Rates between states with the diagonal that makes their rows sum to zero."""
    return np.asarray(rates - np.diag(rates.sum(axis=1)), dtype=np.float64)
