"""From one-year counts: the generator behind them, the matrix of any horizon, and the likelihood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from scipy.linalg import expm, logm
from threadpoolctl import threadpool_limits

from analytics.errors import InvalidInput
from analytics.risk._numbers import non_negative, scalar
from analytics.risk._shapes import FloatArray
from analytics.risk.migration._matrices import Matrix, generator_matrix, labelled, square_matrix, with_diagonal

_EM_LIMIT: Final = 10_000
_EM_STEP: Final = 1e-12


def generator(counts: Matrix, *, method: str) -> Any:
    """Generator of the one-year transition matrix behind observed one-year counts.

    Parameters
    ----------
    counts : array-like or pandas.DataFrame, shape (n, n)
        Obligors that began the year in the row's state and ended it in the column's, states best
        first. Rows are normalised, so that a matrix of probabilities serves as well for all
        methods but EM, whose rows weigh by their counts. An empty last row (default) is
        absorbing.
    method : {"DA", "WA", "QO", "EM"}
        What is done about the negative rates that the matrix logarithm shows off the diagonal:
        diagonal adjustment sets them to zero and takes the sum from the diagonal; weighted
        adjustment sets them to zero and takes the sum from the positive rates of the row, each
        by its size; quasi-optimisation takes the generator nearest to the logarithm, row by row;
        EM needs no logarithm and maximises the likelihood of the counts.

    Returns
    -------
    numpy.ndarray or pandas.DataFrame, shape (n, n)
        Rates per year, rows sum to zero; a DataFrame with the labels of ``counts`` where it is
        one.

    Raises
    ------
    InvalidInput
        Not square, NaN, infinite or negative counts, an empty row other than the last, an
        unknown method, a matrix that has no real logarithm (EM needs none), or counts whose
        likelihood grows without bound as rates do (EM).

    Notes
    -----
    DA and WA: Israel, Rosenthal and Wei (2001); WA spreads the negative sum over the
    positive off-diagonal rates and leaves the diagonal of the logarithm, as ctmcd (Pfeuffer
    2017) does, whereas the paper's formula lets the diagonal bear a share. QO: Kreinin and
    Sidelnikova (2001). EM: Bladt and Sørensen (2005), run until no rate moves by more
    than 1e-12, the likelihood's maximum.

    Examples
    --------
    >>> generator([[90, 10], [0, 0]], method="DA").round(6)
    array([[-0.105361,  0.105361],
           [ 0.      ,  0.      ]])
    """
    N, labels = square_matrix(counts, "counts")
    N = non_negative(N, name="counts")
    estimators: dict[str, Callable[[FloatArray], FloatArray]] = {
        "DA": _diagonal_adjustment,
        "WA": _weighted_adjustment,
        "QO": _quasi_optimisation,
    }
    if method not in (*estimators, "EM"):
        raise InvalidInput(f"method: {method!r} is unknown; give one of 'DA', 'WA', 'QO', 'EM'")
    P = _row_normalised(N)
    if method != "EM":
        return labelled(estimators[method](_real_logarithm(P)), labels)
    # Thousands of tiny matrix products: threads would only wait for each other.
    with threadpool_limits(limits=1, user_api="blas"):
        return labelled(_expectation_maximisation(N, P), labels)


def matrix_at(generator: Matrix, years: float) -> Any:
    """Transition matrix of a horizon, P = exp(Q t).

    Parameters
    ----------
    generator : array-like or pandas.DataFrame, shape (n, n)
        Rates per year: rows sum to zero, none negative off the diagonal.
    years : float
        The horizon, zero or more.

    Returns
    -------
    numpy.ndarray or pandas.DataFrame, shape (n, n)
        Probabilities, rows sum to one; labels kept. The identity at zero years.

    Raises
    ------
    InvalidInput
        Not a generator (the first row that fails is named), or a negative or infinite horizon.

    Notes
    -----
    Israel, Rosenthal and Wei (2001): P(t) = exp(t Q).

    Examples
    --------
    >>> matrix_at([[-0.1, 0.1], [0.0, 0.0]], 2.0).round(6)
    array([[0.818731, 0.181269],
           [0.      , 1.      ]])
    """
    Q, labels = generator_matrix(generator)
    horizon = scalar(years, name="years", low=0.0)
    P = np.clip(np.asarray(expm(Q * horizon), dtype=np.float64), 0.0, None)
    return labelled(P / P.sum(axis=1, keepdims=True), labels)


def log_likelihood(generator: Matrix, counts: Matrix) -> float:
    """Log-likelihood of one-year counts under a generator, Σ N_ij log P_ij(1).

    Parameters
    ----------
    generator : array-like or pandas.DataFrame, shape (n, n)
        Rates per year.
    counts : array-like or pandas.DataFrame, shape (n, n)
        One-year counts; rows may be empty.

    Returns
    -------
    float
        At most zero; minus infinity where something was observed that the generator excludes.

    Raises
    ------
    InvalidInput
        Not a generator, counts that are negative or of another shape, or all zero.

    Notes
    -----
    Bladt and Sørensen (2005), the discrete-time likelihood. Terms without observations count nothing.

    Examples
    --------
    >>> round(log_likelihood([[-0.1, 0.1], [0.0, 0.0]], [[90, 10], [0, 0]]), 6)
    -32.521685
    """
    Q, _ = generator_matrix(generator)
    N, _ = square_matrix(counts, "counts")
    N = non_negative(N, name="counts")
    if N.shape != Q.shape:
        raise InvalidInput(f"counts: shape {N.shape} where the generator has {Q.shape}; give the same states")
    if not N.any():
        raise InvalidInput("counts: all zero; give at least one observation")
    return _likelihood(np.asarray(expm(Q), dtype=np.float64), N)


def _row_normalised(N: FloatArray) -> FloatArray:
    totals = N.sum(axis=1)
    empty = np.flatnonzero(totals[:-1] == 0.0)
    if len(empty):
        raise InvalidInput(
            f"counts: row {empty[0]} is empty, and only the last (default) may be; merge or drop the state"
        )
    if not totals.any():
        raise InvalidInput("counts: all zero; give at least one observation")
    P = N / np.where(totals == 0.0, 1.0, totals)[:, None]
    if totals[-1] == 0.0:
        P[-1, -1] = 1.0
    return P


def _real_logarithm(P: FloatArray) -> FloatArray:
    values = np.linalg.eigvals(P)
    no_log = (np.abs(values.imag) < 1e-14) & (values.real < 1e-14)
    if no_log.any():
        raise InvalidInput(
            f"counts: the transition matrix has eigenvalue {values[no_log][0].real:.3g} and so no real "
            "logarithm; use method 'EM'"
        )
    return np.asarray(np.real(logm(P)), dtype=np.float64)


def _split(L: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Positive rates off the diagonal, and the sum of the negative ones in each row as a loss."""
    off = L - np.diag(np.diag(L))
    return np.clip(off, 0.0, None), -np.clip(off, None, 0.0).sum(axis=1)


def _diagonal_adjustment(L: FloatArray) -> FloatArray:
    rates, _ = _split(L)
    return with_diagonal(rates)


def _weighted_adjustment(L: FloatArray) -> FloatArray:
    rates, negative = _split(L)
    total = rates.sum(axis=1)
    kept = 1.0 - np.divide(negative, total, out=np.zeros_like(total), where=total > 0.0)
    rates = rates * np.clip(kept, 0.0, None)[:, None]
    return with_diagonal(rates)


def _quasi_optimisation(L: FloatArray) -> FloatArray:
    """Each row's nearest point among rows that sum to zero and are non-negative off the diagonal."""
    size = len(L)
    Q = np.empty_like(L)
    for i in range(size):
        off = np.delete(L[i], i)
        largest = np.sort(off)[::-1]
        # With the k largest rates kept, all kept entries and the diagonal fall by one amount.
        shift = (L[i, i] + np.concatenate(([0.0], np.cumsum(largest)))) / np.arange(1, size + 1)
        k = int(np.count_nonzero(largest > shift[1:]))
        rates = np.clip(off - shift[k], 0.0, None)
        Q[i] = np.insert(rates, i, -rates.sum())
    return Q


def _likelihood(P: FloatArray, N: FloatArray) -> float:
    seen = N > 0.0
    if (P[seen] <= 0.0).any():
        return float("-inf")
    return float((N[seen] * np.log(P[seen])).sum())


def _expected_path(Q: FloatArray, N: FloatArray) -> tuple[FloatArray, float]:
    """Expected years and moves given the counts, as one matrix, and the log-likelihood.

    With C = N / P the matrix M = ∫ exp(Q's) C exp(Q'(1-s)) ds holds the expected years in state i
    on its diagonal and, times q_ij, the expected number of moves from i to j (Bladt and Sørensen
    2005); M is one block of an exponential of twice the size (Van Loan 1978).
    """
    size = len(Q)
    P = np.clip(np.asarray(expm(Q), dtype=np.float64), 0.0, None)
    value = _likelihood(P, N)
    C = np.divide(N, P, out=np.zeros_like(N), where=(N > 0.0) & (P > 0.0))
    block = np.zeros((2 * size, 2 * size))
    block[:size, :size] = Q.T
    block[:size, size:] = C
    block[size:, size:] = Q.T
    return np.asarray(expm(block), dtype=np.float64)[:size, size:], value


def _expectation_maximisation(N: FloatArray, P: FloatArray) -> FloatArray:
    """Maximum-likelihood generator: each step raises the likelihood, zeros stay zeros."""
    rates = (P + 1.0 / len(P)) / 2.0
    np.fill_diagonal(rates, 0.0)
    rates[N.sum(axis=1) == 0.0] = 0.0
    for _ in range(_EM_LIMIT):
        M, value = _expected_path(with_diagonal(rates), N)
        if not np.isfinite(value):
            raise InvalidInput("counts: a move was seen that no chain of rates explains; use method 'DA'")
        years = np.diag(M)
        updated = rates * np.divide(M, years[:, None], out=np.zeros_like(M), where=years[:, None] > 0.0)
        step = np.abs(updated - rates).max()
        rates = updated
        if step <= _EM_STEP * max(1.0, rates.max()):
            return with_diagonal(rates)
    raise InvalidInput(
        f"counts: rates still move by {step:.1g} after {_EM_LIMIT} steps of EM, so the likelihood has no "
        "maximum at finite rates; merge states or use method 'QO'"
    )
