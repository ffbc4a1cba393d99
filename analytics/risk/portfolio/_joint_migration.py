"""Where the ratings of two obligors go together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analytics.errors import InvalidInput
from analytics.risk._numbers import Numbers, probabilities, scalar
from analytics.risk._shapes import FloatArray, vector


def joint_migration(row_a: Numbers, row_b: Numbers, rho: float) -> Any:
    """Joint probabilities of where two obligors' ratings go in a year.

    Parameters
    ----------
    row_a, row_b : array-like, shape (s,) and (t,)
        Migration probabilities of each obligor, states best first, default last; they sum to one.
    rho : float
        Correlation of the two asset returns, in [-1, 1].

    Returns
    -------
    numpy.ndarray or pandas.DataFrame, shape (s, t)
        Fractions that sum to one; rows and columns sum to the rows given. A DataFrame where both
        rows are Series, labelled as they are. At rho 0 the outer product; at 1 and -1 the limits.

    Raises
    ------
    InvalidInput
        NaN, a probability outside [0, 1], a row that does not sum to one within 1e-8, a
        correlation outside [-1, 1].

    References
    ----------
    Gupton, Finger and Bhatia (1997), CreditMetrics technical document, section 8.4. The bivariate
    normal distribution is Owen's (1956), equation 2.1, by his T function.

    Examples
    --------
    >>> bbb = [0.0002, 0.0033, 0.0595, 0.8693, 0.0530, 0.0117, 0.0012, 0.0018]
    >>> a = [0.0009, 0.0227, 0.9105, 0.0552, 0.0074, 0.0026, 0.0001, 0.0006]
    >>> round(joint_migration(bbb, a, 0.3)[3, 2], 4)
    np.float64(0.7969)
    """
    first, second = _row(row_a, "row_a"), _row(row_b, "row_b")
    correlation = scalar(rho, name="rho", low=-1.0, high=1.0)
    # Cumulated from default upwards, so that the small probabilities of the tail keep their digits.
    joint = _bivariate(_cumulated(first)[:, None], _cumulated(second)[None, :], correlation)
    cells = np.maximum(np.diff(np.diff(joint, axis=0), axis=1), 0.0)[::-1, ::-1]
    if isinstance(row_a, pd.Series) and isinstance(row_b, pd.Series):
        return pd.DataFrame(cells, index=row_a.index, columns=row_b.index)
    return cells


def _row(row: Numbers, name: str) -> FloatArray:
    values = vector(probabilities(row, name=name), name=name)
    total = float(values.sum())
    if abs(total - 1.0) > 1e-8:
        raise InvalidInput(f"{name}: sums to {total}; renormalise it to one on purpose")
    return values


def _cumulated(row: FloatArray) -> FloatArray:
    """Probability of ending in a state or a worse one, from none to all."""
    return np.concatenate([[0.0], np.cumsum(row[::-1])[:-1], [1.0]])


def _bivariate(p: FloatArray, q: FloatArray, rho: float) -> FloatArray:
    """Probability that two correlated normals fall below their p and q quantiles."""
    if rho == 0.0:
        return p * q
    if rho == 1.0:
        return np.minimum(p, q)
    if rho == -1.0:
        return np.maximum(p + q - 1.0, 0.0)
    p, q = np.broadcast_arrays(p, q)
    h, k = special.ndtri(p), special.ndtri(q)
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt((1.0 - rho) * (1.0 + rho))
        left = special.owens_t(h, (k / h - rho) / root)
        right = special.owens_t(k, (h / k - rho) / root)
        opposite = (h * k < 0.0) | ((h * k == 0.0) & (h + k < 0.0))
        inner = (p + q) / 2.0 - left - right - np.where(opposite, 0.5, 0.0)
    both_zero = (h == 0.0) & (k == 0.0)
    inner = np.where(both_zero, 0.25 + np.arcsin(rho) / (2.0 * np.pi), inner)
    # At the ends one of the two events is impossible or certain.
    inner = np.where((p <= 0.0) | (q <= 0.0), 0.0, inner)
    return np.asarray(np.where(p >= 1.0, q, np.where(q >= 1.0, p, inner)))
