"""Rating migration: transition matrices and the generators behind them.

A transition matrix says with which probability an obligor in the row's state is in the column's
state one year later; a generator holds the yearly rates from which the matrix of any horizon
follows, P(t) = exp(Q t). States keep the order they come in, best first, default last.

References
----------
Israel, Rosenthal, Wei (2001), "Finding generators for Markov chains via empirical transition
matrices, with applications to credit ratings", Mathematical Finance 11.
Kreinin, Sidelnikova (2001), "Regularization algorithms for transition matrices", Algo Research
Quarterly 4.
Bladt, Sørensen (2005), "Statistical inference for discretely observed Markov jump processes",
Journal of the Royal Statistical Society B 67.
Lando, Skødeberg (2002), "Analyzing rating transitions and rating drift with continuous
observations", Journal of Banking & Finance 26.
Pfeuffer (2017), "ctmcd: an R package for estimating the parameters of a continuous-time Markov
chain from discrete-time data", The R Journal 9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import expm, logm
from threadpoolctl import threadpool_limits

from analytics.errors import InvalidInput
from analytics.risk._inputs import FloatArray, finite_array, non_negative, scalar
from analytics.risk._tables import located, required_columns

Matrix: TypeAlias = "ArrayLike | pd.DataFrame"

DAYS_PER_YEAR: Final = 365.25
_LAST_DAY: Final = 100_000.0
_SNAPSHOT_SLACK_DAYS: Final = 7.0
_ROW_SUM_TOLERANCE: Final = 1e-6
_EM_LIMIT: Final = 10_000
_EM_STEP: Final = 1e-12


def cohort_counts(history: pd.DataFrame, *, states: Sequence[Any] | None = None) -> pd.DataFrame:
    """Number of entities that were in the row's state at the start of a year and in the column's at its end.

    Parameters
    ----------
    history : pandas.DataFrame
        Columns entity, date (day numbers or dates) and state: from ``date`` on the entity is in
        ``state``. Cohorts form at the earliest date and each year after it, at the history's own
        date nearest to the anniversary where one lies within a week of it. Where every date of
        the history is such a date the rows are snapshots, and an entity counts in a year when it
        has a row at both ends. Otherwise rows are changes and observation ends as
        `duration_generator` says.
    states : sequence, optional
        The order of states, best first. By default that of a categorical column, else sorted.

    Returns
    -------
    pandas.DataFrame
        int64 counts over all years, labelled by state on both sides; an entity counts once for
        each year in which it is seen at both ends.

    Raises
    ------
    InvalidInput
        Missing columns or values, two rows of one entity on one date, a state not among
        ``states``, or less than a year of history.

    Examples
    --------
    >>> history = pd.DataFrame({
    ...     "entity": ["a", "a", "b", "b"],
    ...     "date": pd.to_datetime(["2021-12-31", "2022-12-31"] * 2),
    ...     "state": ["A", "A", "A", "D"],
    ... })
    >>> cohort_counts(history)
       A  D
    A  1  1
    D  0  0
    """
    path = _ordered_history(history, states)
    cohorts = _cohort_dates(np.unique(path.day))
    if len(cohorts) < 2:
        raise InvalidInput(
            f"history: spans {path.day.max() - path.day.min():.0f} days, less than a year; "
            "give rows at both ends of a year"
        )
    snapshots = bool(np.isin(path.day, cohorts).all())
    size = len(path.states)
    counts = np.zeros((size, size), dtype=np.int64)
    before = _state_at(path, cohorts[0], snapshots=snapshots)
    for day in cohorts[1:]:
        after = _state_at(path, day, snapshots=snapshots)
        both = (before >= 0) & (after >= 0)
        np.add.at(counts, (before[both], after[both]), 1)
        before = after
    return pd.DataFrame(counts, index=path.states, columns=path.states)


def cohort_matrix(history: pd.DataFrame, *, states: Sequence[Any] | None = None) -> pd.DataFrame:
    """One-year transition probabilities by the cohort method, N_ij / N_i over all years.

    Parameters
    ----------
    history : pandas.DataFrame
        Columns entity, date, state, as `cohort_counts` reads them.
    states : sequence, optional
        The order of states, best first.

    Returns
    -------
    pandas.DataFrame
        Probabilities, rows sum to one. A state in which no year began (default, as a rule) is
        absorbing.

    Raises
    ------
    InvalidInput
        As `cohort_counts`; also where no entity is seen at both ends of any year.

    Notes
    -----
    Lando and Skødeberg (2002), the cohort estimator.

    Examples
    --------
    >>> history = pd.DataFrame({
    ...     "entity": ["a", "a", "b", "b"],
    ...     "date": pd.to_datetime(["2021-12-31", "2022-12-31"] * 2),
    ...     "state": ["A", "A", "A", "D"],
    ... })
    >>> cohort_matrix(history)
         A    D
    A  0.5  0.5
    D  0.0  1.0
    """
    counts = cohort_counts(history, states=states)
    totals = counts.to_numpy().sum(axis=1)
    if not totals.any():
        raise InvalidInput("history: no entity is seen at both ends of a year; give more years")
    matrix = counts.to_numpy() / np.where(totals == 0, 1, totals)[:, None]
    empty = np.flatnonzero(totals == 0)
    matrix[empty, empty] = 1.0
    return pd.DataFrame(matrix, index=counts.index, columns=counts.columns)


def duration_generator(history: pd.DataFrame, *, states: Sequence[Any] | None = None) -> pd.DataFrame:
    """Generator by the duration method: transitions from i to j over the years spent in i.

    Parameters
    ----------
    history : pandas.DataFrame
        Columns entity, date (day numbers or dates) and state: from ``date`` on the entity is in
        ``state``, until its next row. The state of its last row holds until the last date of
        the whole history, unless that row repeats the state before it: such a row ends the
        observation (the loan was repaid, the rating withdrawn).
    states : sequence, optional
        The order of states, best first. By default that of a categorical column, else sorted.

    Returns
    -------
    pandas.DataFrame
        Rates per year of 365.25 days, rows sum to zero, labelled by state on both sides. A state
        in which no time was spent has a row of zeros.

    Raises
    ------
    InvalidInput
        Missing columns or values, two rows of one entity on one date, a state not among
        ``states``, or no time between the first row and the last.

    Notes
    -----
    Lando and Skødeberg (2002): q_ij = N_ij / ∫ Y_i(s) ds, the maximum-likelihood estimator under
    continuous observation.

    Examples
    --------
    >>> history = pd.DataFrame({
    ...     "entity": ["a", "a", "b", "b"],
    ...     "date": pd.to_datetime(["2021-01-01", "2022-01-01", "2021-01-01", "2025-01-01"]),
    ...     "state": ["A", "D", "A", "A"],
    ... })
    >>> duration_generator(history).round(3)
         A    D
    A -0.2  0.2
    D  0.0  0.0
    """
    path = _ordered_history(history, states)
    size = len(path.states)
    same_entity = path.entity[1:] == path.entity[:-1]
    leaves = np.append(path.day[1:], 0.0)
    last = np.append(~same_entity, True)
    leaves[last] = path.until
    held = (leaves - path.day) / DAYS_PER_YEAR
    years = np.bincount(path.state, weights=held, minlength=size)
    moves = np.zeros((size, size))
    changed = np.flatnonzero(same_entity & (path.state[1:] != path.state[:-1]))
    np.add.at(moves, (path.state[changed], path.state[changed + 1]), 1.0)
    if not years.any():
        raise InvalidInput("history: no time passes between its first and last row; give later rows")
    rates = np.divide(moves, years[:, None], out=np.zeros_like(moves), where=years[:, None] > 0)
    return pd.DataFrame(_with_diagonal(rates), index=path.states, columns=path.states)


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
    N, labels = _square(counts, "counts")
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
        return _labelled(estimators[method](_real_logarithm(P)), labels)
    # Thousands of tiny matrix products: threads would only wait for each other.
    with threadpool_limits(limits=1, user_api="blas"):
        return _labelled(_expectation_maximisation(N, P), labels)


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
    Q, labels = _generator_matrix(generator)
    horizon = scalar(years, name="years", low=0.0)
    P = np.clip(np.asarray(expm(Q * horizon), dtype=np.float64), 0.0, None)
    return _labelled(P / P.sum(axis=1, keepdims=True), labels)


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
    Q, _ = _generator_matrix(generator)
    N, _ = _square(counts, "counts")
    N = non_negative(N, name="counts")
    if N.shape != Q.shape:
        raise InvalidInput(f"counts: shape {N.shape} where the generator has {Q.shape}; give the same states")
    if not N.any():
        raise InvalidInput("counts: all zero; give at least one observation")
    return _likelihood(np.asarray(expm(Q), dtype=np.float64), N)


# HISTORIES


@dataclass(frozen=True, slots=True)
class _Path:
    """A history sorted by entity and date, as codes."""

    entity: NDArray[np.intp]
    day: FloatArray
    state: NDArray[np.intp]
    start: NDArray[np.intp]
    until: FloatArray
    states: pd.Index[Any]


def _ordered_history(history: pd.DataFrame, states: Sequence[Any] | None) -> _Path:
    required_columns(history, ("entity", "date", "state"), name="history", empty=False)
    day = _day_numbers(history["date"])
    entity = pd.factorize(history["entity"])[0]
    state, labels = _state_codes(history["state"], states)
    order = np.lexsort((day, entity))
    entity, day, state = entity[order], day[order], state[order]
    same = entity[1:] == entity[:-1]
    twice = np.flatnonzero(same & (day[1:] == day[:-1]))
    if len(twice):
        row = order[twice[0] + 1]
        raise InvalidInput(
            f"history: row {row}, entity {history['entity'].tolist()[row]!r} has two rows on one date; keep one"
        )
    start = np.flatnonzero(np.concatenate(([True], ~same)))
    last = np.concatenate((start[1:], [len(day)])) - 1
    repeats = (last > start) & (state[last] == state[last - 1])
    until = np.where(repeats, day[last], day.max())
    return _Path(entity, day, state, start, until, labels)


def _state_codes(column: pd.Series[Any], states: Sequence[Any] | None) -> tuple[NDArray[np.intp], pd.Index[Any]]:
    if states is None and isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.intp), pd.Index(column.cat.categories)
    if states is None:
        codes, labels = pd.factorize(column, sort=True)
        return codes, pd.Index(labels)
    labels = pd.Index(list(states))
    if not labels.is_unique:
        raise InvalidInput("states: a state is named twice; name each once")
    return located(column, labels, name="history", among="states"), labels


def _day_numbers(column: pd.Series[Any]) -> FloatArray:
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        days = finite_array(column, name="history: date")
        beyond = np.flatnonzero(np.abs(days) > _LAST_DAY)
        if len(beyond):
            raise InvalidInput(
                f"history: row {beyond[0]}, date {days[beyond[0]]:.0f} is no day number; "
                "give days since 1970-01-01, or dates"
            )
        return days
    try:
        stamps = pd.to_datetime(column)
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"history: date is neither day numbers nor dates ({error})") from error
    if isinstance(stamps.dtype, pd.DatetimeTZDtype):
        stamps = stamps.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray((stamps - pd.Timestamp(0)) / pd.Timedelta(days=1), dtype=np.float64)


def _cohort_dates(days: FloatArray) -> FloatArray:
    cohorts = [float(days[0])]
    while True:
        stamp = pd.Timestamp(0) + pd.Timedelta(days=cohorts[-1]) + pd.DateOffset(years=1)
        anniversary = (stamp - pd.Timestamp(0)) / pd.Timedelta(days=1)
        nearest = float(days[np.abs(days - anniversary).argmin()])
        if abs(nearest - anniversary) <= _SNAPSHOT_SLACK_DAYS:
            cohorts.append(nearest)
        elif anniversary <= days[-1]:
            cohorts.append(anniversary)
        else:
            return np.array(cohorts)


def _state_at(path: _Path, day: float, *, snapshots: bool) -> NDArray[np.intp]:
    """State code of each entity on the day, -1 where it is not under observation."""
    seen = np.add.reduceat((path.day <= day).astype(np.intp), path.start)
    at = path.start + np.maximum(seen, 1) - 1
    observed = (seen > 0) & ((path.day[at] == day) if snapshots else (path.until >= day))
    return np.where(observed, path.state[at], -1)


# MATRICES


_Labels: TypeAlias = "tuple[pd.Index[Any], pd.Index[Any]] | None"


def _square(matrix: Matrix, name: str) -> tuple[FloatArray, _Labels]:
    labels: _Labels = None
    if isinstance(matrix, pd.DataFrame):
        labels = (matrix.index, matrix.columns)
        if not matrix.index.equals(matrix.columns) and set(matrix.index) == set(matrix.columns):
            raise InvalidInput(f"{name}: rows and columns name the states in different orders; sort one")
        values = finite_array(matrix.to_numpy(), name=name)
    else:
        values = finite_array(matrix, name=name)
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise InvalidInput(f"{name}: shape {values.shape} is not square; give one row and column per state")
    return values, labels


def _labelled(values: FloatArray, labels: _Labels) -> Any:
    return values if labels is None else pd.DataFrame(values, index=labels[0], columns=labels[1])


def _generator_matrix(generator: Matrix) -> tuple[FloatArray, _Labels]:
    Q, labels = _square(generator, "generator")
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


def _with_diagonal(rates: FloatArray) -> FloatArray:
    return np.asarray(rates - np.diag(rates.sum(axis=1)), dtype=np.float64)


def _split(L: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Positive rates off the diagonal, and the sum of the negative ones in each row as a loss."""
    off = L - np.diag(np.diag(L))
    return np.clip(off, 0.0, None), -np.clip(off, None, 0.0).sum(axis=1)


def _diagonal_adjustment(L: FloatArray) -> FloatArray:
    rates, _ = _split(L)
    return _with_diagonal(rates)


def _weighted_adjustment(L: FloatArray) -> FloatArray:
    rates, negative = _split(L)
    total = rates.sum(axis=1)
    kept = 1.0 - np.divide(negative, total, out=np.zeros_like(total), where=total > 0.0)
    rates = rates * np.clip(kept, 0.0, None)[:, None]
    return _with_diagonal(rates)


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


# EXPECTATION MAXIMISATION


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
        M, value = _expected_path(_with_diagonal(rates), N)
        if not np.isfinite(value):
            raise InvalidInput("counts: a move was seen that no chain of rates explains; use method 'DA'")
        years = np.diag(M)
        updated = rates * np.divide(M, years[:, None], out=np.zeros_like(M), where=years[:, None] > 0.0)
        step = np.abs(updated - rates).max()
        rates = updated
        if step <= _EM_STEP * max(1.0, rates.max()):
            return _with_diagonal(rates)
    raise InvalidInput(
        f"counts: rates still move by {step:.1g} after {_EM_LIMIT} steps of EM, so the likelihood has no "
        "maximum at finite rates; merge states or use method 'QO'"
    )
