"""From histories of ratings: counts and probabilities by cohort, and the generator by duration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.errors import InvalidInput
from analytics.risk._numbers import finite_array
from analytics.risk._shapes import FloatArray
from analytics.risk._tables import located, required_columns
from analytics.risk.migration._matrices import with_diagonal

DAYS_PER_YEAR: Final = 365.25
_LAST_DAY: Final = 100_000.0
_SNAPSHOT_SLACK_DAYS: Final = 7.0


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
    return pd.DataFrame(with_diagonal(rates), index=path.states, columns=path.states)


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
