"""Term structures of default: the probability of having defaulted by each horizon, grade by grade."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.errors import InvalidInput
from analytics.risk._numbers import finite_array, non_negative, positive, probabilities, whole_number
from analytics.risk._shapes import FloatArray
from analytics.risk._tables import required_columns
from analytics.risk.migration import matrix_at


def default_terms(generator: pd.DataFrame, years: Sequence[float]) -> pd.DataFrame:
    """Cumulative default probabilities by grade and horizon, from a generator of rating migration.

    Parameters
    ----------
    generator : pandas.DataFrame, shape (n, n)
        Rates per year as `migration.generator` gives them, states best first, default last.
    years : sequence of float
        Horizons, increasing, above zero.

    Returns
    -------
    pandas.DataFrame
        Index the grades (all states but the last), columns the horizons.

    Raises
    ------
    InvalidInput
        As `migration.matrix_at`; also a last state that can be left, or horizons that do not
        increase from above zero.

    Notes
    -----
    P(t) = exp(Q t), its last column: Israel, Rosenthal and Wei (2001).

    Examples
    --------
    >>> generator = pd.DataFrame([[-0.1, 0.1], [0.0, 0.0]], index=["A", "D"], columns=["A", "D"])
    >>> default_terms(generator, [1.0, 2.0]).round(6)
            1.0       2.0
    A  0.095163  0.181269
    """
    horizons = _increasing(years)
    if not isinstance(generator, pd.DataFrame):
        raise InvalidInput("generator: has no labels; give a DataFrame, states on both sides")
    if np.any(generator.to_numpy()[-1] != 0.0):
        raise InvalidInput(f"generator: default ({generator.index[-1]!r}) can be left; make it absorbing")
    columns = {t: matrix_at(generator, t).iloc[:-1, -1] for t in horizons}
    return pd.DataFrame(columns)


def default_terms_of_matrix(matrix: pd.DataFrame, years: int) -> pd.DataFrame:
    """Cumulative default probabilities by grade at each whole year, from a one-year transition matrix.

    Parameters
    ----------
    matrix : pandas.DataFrame, shape (n, n)
        One-year probabilities, rows sum to one, states best first, default last and absorbing.
    years : int
        The last horizon, one or more.

    Returns
    -------
    pandas.DataFrame
        Index the grades, columns 1.0, 2.0, ... years.

    Raises
    ------
    InvalidInput
        Not square, a row that does not sum to one within 1e-8, default not absorbing, no year.

    Notes
    -----
    The powers of a Markov chain; no generator is needed, and none need exist.

    Examples
    --------
    >>> matrix = pd.DataFrame([[0.9, 0.1], [0.0, 1.0]], index=["A", "D"], columns=["A", "D"])
    >>> default_terms_of_matrix(matrix, 2).round(6)
       1.0   2.0
    A  0.1  0.19
    """
    if not isinstance(matrix, pd.DataFrame) or matrix.shape[0] != matrix.shape[1]:
        raise InvalidInput("matrix: not a square DataFrame; give states on both sides")
    whole_number(years, name="years", least=1)
    P = probabilities(matrix.to_numpy(), name="matrix")
    wrong = np.flatnonzero(np.abs(P.sum(axis=1) - 1.0) > 1e-8)
    if len(wrong):
        row = int(wrong[0])
        raise InvalidInput(f"matrix: row {matrix.index[row]!r} sums to {P[row].sum()}; renormalise it on purpose")
    if P[-1, -1] != 1.0:
        raise InvalidInput(f"matrix: default ({matrix.index[-1]!r}) can be left; make it absorbing")
    column = P[:, -1]
    found = {}
    for year in range(1, years + 1):
        found[float(year)] = pd.Series(column[:-1], index=matrix.index[:-1])
        column = P @ column
    return pd.DataFrame(found)


def lifetime_default(terms: pd.DataFrame, grade: pd.Series[Any], years: Any) -> FloatArray:
    """Cumulative default probability of each loan's grade at its own horizon.

    Parameters
    ----------
    terms : pandas.DataFrame
        As `default_terms` gives it: index grades, columns horizons in years.
    grade : pandas.Series, shape (n,)
        Of the index of ``terms``.
    years : array-like, shape (n,)
        Horizons, zero or more, none beyond the last column.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Between columns the hazard is constant: the logarithm of survival is interpolated, from
        zero at horizon zero. After a certain default (1.0) the probability stays one.

    Raises
    ------
    InvalidInput
        Terms whose columns do not increase or whose probabilities fall; an unknown grade; a
        horizon beyond the terms.

    Notes
    -----
    Piecewise constant hazard, the usual convention of survival analysis (Kalbfleisch and Prentice
    2002, section 2.2).

    Examples
    --------
    >>> terms = pd.DataFrame({1.0: [0.19], 2.0: [0.271]}, index=["A"])
    >>> lifetime_default(terms, pd.Series(["A", "A"]), [0.5, 2.0]).round(6)
    array([0.1  , 0.271])
    """
    horizons, survival = _survival(terms)
    row = _rows(terms, grade)
    at = non_negative(years, name="years")
    if at.max() > horizons[-1] + 1e-9:
        raise InvalidInput(f"years: {at.max():g} lies beyond the term structure's {horizons[-1]:g}; extend it")
    # The interval that a horizon falls in, and how far into it.
    right = np.clip(np.searchsorted(horizons, at, side="left"), 1, len(horizons) - 1)
    share = np.clip((at - horizons[right - 1]) / (horizons[right] - horizons[right - 1]), 0.0, 1.0)
    left_survival, right_survival = survival[row, right - 1], survival[row, right]
    ratio = np.divide(right_survival, left_survival, out=np.zeros_like(left_survival), where=left_survival > 0.0)
    return np.asarray(1.0 - left_survival * ratio**share)


def _survival(terms: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Horizons with zero put before them, and survival to each."""
    if not isinstance(terms, pd.DataFrame) or terms.empty:
        raise InvalidInput("terms: no term structure; give grades × horizons, as default_terms does")
    horizons = _increasing(terms.columns.tolist())
    chance = probabilities(terms.to_numpy(dtype=np.float64), name="terms")
    falls = np.argwhere(np.diff(chance, axis=1) < 0.0)
    if len(falls):
        row, column = falls[0]
        raise InvalidInput(
            f"terms: grade {terms.index[row]!r} falls after {horizons[column]:g} years; default cannot be undone"
        )
    survival = np.column_stack([np.ones(len(terms)), 1.0 - chance])
    return np.concatenate([[0.0], horizons]), survival


def _rows(terms: pd.DataFrame, grade: pd.Series[Any]) -> NDArray[np.intp]:
    required_columns(grade.to_frame("grade"), ("grade",), name="loans")
    row = terms.index.get_indexer(pd.Index(grade))
    unknown = np.flatnonzero(row < 0)
    if len(unknown):
        first = int(unknown[0])
        raise InvalidInput(f"grade: row {first}, {grade.tolist()[first]!r} has no row in the term structure; add it")
    return np.asarray(row, dtype=np.intp)


def _increasing(years: Sequence[Any]) -> FloatArray:
    horizons = positive(finite_array(list(years), name="years"), name="years")
    if np.any(np.diff(horizons) <= 0.0):
        raise InvalidInput("years: do not increase; sort them, each once")
    return horizons
