"""Early warning: which signs came before defaults, how often they were right, and how early.

An indicator is a column of observations and a threshold; it signals where the value is on the bad
side. It is judged on the book's own history: of the defaults that could have been announced, how
many were; of the quiet observations, how many were disturbed; and how long before.

References
----------
Kaminsky, Reinhart (1999), "The twin crises", American Economic Review 89 (signals approach).
Alessi, Detken (2011), "Quasi real time early warning indicators for costly asset price boom/bust
cycles", European Journal of Political Economy 27 (loss and usefulness of a threshold).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.errors import InvalidInput
from analytics.risk._intervals import proportion_interval
from analytics.risk._numbers import finite_array, non_negative, open_probability, scalar, whole_number
from analytics.risk._shapes import FloatArray
from analytics.risk._tables import one_row_each, required_columns

YEAR_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Indicator:
    """A sign of trouble: a column, a threshold, and the side on which it signals.

    Attributes
    ----------
    column : str
        The column of the observations.
    threshold : float
        Signals strictly beyond it.
    side : {"above", "below"}
        Which side is bad.
    """

    column: str
    threshold: float
    side: Literal["above", "below"] = "above"

    def __post_init__(self) -> None:
        """Refuse a threshold that is no number and a side that is neither."""
        scalar(self.threshold, name=f"threshold of {self.column}")
        if self.side not in ("above", "below"):
            raise InvalidInput(f"side of {self.column}: {self.side!r} is unknown; give 'above' or 'below'")

    def signals(self, values: FloatArray) -> NDArray[np.bool_]:
        """Where the values are beyond the threshold."""
        return np.asarray(values > self.threshold if self.side == "above" else values < self.threshold)


def indicator_history(snapshots: pd.DataFrame) -> pd.DataFrame:
    """The observations that indicators read, from a book's snapshots at year-ends or month-ends.

    Parameters
    ----------
    snapshots : pandas.DataFrame
        One row for each unit and date: unit, date (day number), days_past_due, rating (number,
        1 best), category (1 = pass to 5 = loss), outstanding, limit (drawn and undrawn), cover
        (collateral after haircut and live guarantees); money in fen.

    Returns
    -------
    pandas.DataFrame
        unit, date, then days_past_due; utilisation (outstanding / limit, 0.0 without a limit);
        utilisation_rise, rating_drop, category_drop (since the unit's previous snapshot, 0 in
        its first); cover (over outstanding, 1.0 where nothing is owed); cover_fall. Sorted by
        unit and date.

    Raises
    ------
    InvalidInput
        Empty, missing columns or values, negative numbers, or two rows of a unit on one date.

    Examples
    --------
    >>> snapshots = pd.DataFrame({
    ...     "unit": [7, 7], "date": [18992, 19357], "days_past_due": [0, 12], "rating": [3, 5],
    ...     "category": [1, 2], "outstanding": [50, 90], "limit": 100, "cover": 45,
    ... })
    >>> indicator_history(snapshots)[["date", "utilisation_rise", "rating_drop", "cover_fall"]]
        date  utilisation_rise  rating_drop  cover_fall
    0  18992               0.0          0.0         0.0
    1  19357               0.4          2.0         0.4
    """
    columns = ("days_past_due", "rating", "category", "outstanding", "limit", "cover")
    required_columns(snapshots, ("unit", "date", *columns), name="snapshots", empty=False)
    rows = snapshots.sort_values(["unit", "date"], kind="stable").reset_index(drop=True)
    one_row_each(rows, "unit", "date", name="snapshots")
    number = {c: non_negative(rows[c], name=f"snapshots: {c}") for c in columns}
    utilisation = _ratio(number["outstanding"], number["limit"], where_zero=0.0)
    cover = _ratio(number["cover"], number["outstanding"], where_zero=1.0)
    first = ~rows["unit"].duplicated().to_numpy()
    return pd.DataFrame(
        {
            "unit": rows["unit"],
            "date": rows["date"],
            "days_past_due": number["days_past_due"],
            "utilisation": utilisation,
            "utilisation_rise": _change(utilisation, first),
            "rating_drop": _change(number["rating"], first),
            "category_drop": _change(number["category"], first),
            "cover": cover,
            "cover_fall": 0.0 - _change(cover, first),
        }
    )


def warning_quality(
    observations: pd.DataFrame,
    defaults: pd.DataFrame,
    indicators: Sequence[Indicator],
    *,
    as_of: int,
    horizon: int = YEAR_DAYS,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Hit rate, false-alarm rate and lead time of each indicator on the book's own history.

    Parameters
    ----------
    observations : pandas.DataFrame
        Columns unit, date (day number) and those of the indicators. Observations on or after a
        unit's first default are left out.
    defaults : pandas.DataFrame
        Columns unit, date (day number); the first default of a unit counts. May be empty.
    indicators : sequence of Indicator
        What to judge, at least one.
    as_of : int
        The day until which defaults are known; an observation whose horizon ends later can be
        right but not yet be a false alarm.
    horizon : int
        Days within which a signal should be followed by the default.
    confidence : float
        Of the two-sided Clopper-Pearson intervals.

    Returns
    -------
    pandas.DataFrame
        One row for each indicator: indicator (column, side and threshold), defaults (that had an
        observation within the horizon before), hits (of them with a signal), hit_rate, hit_lower,
        hit_upper; quiet (observations not followed by a default), false_alarms, false_alarm_rate,
        false_lower, false_upper; noise_to_signal (false-alarm rate over hit rate, infinite
        without a hit, missing without a quiet observation); median_lead, shortest_lead,
        longest_lead (days from the first signal within the horizon to the default, missing
        without a hit). A rate of nothing observed is missing, and its interval is 0 to 1.

    Raises
    ------
    InvalidInput
        Empty observations or indicators, missing columns or values, two rows of a unit on one
        date, or a horizon below one day.

    Notes
    -----
    Kaminsky and Reinhart (1999); rates by default and by observation.

    Examples
    --------
    >>> observations = pd.DataFrame({
    ...     "unit": [1, 2, 3, 4], "date": 18992, "days_past_due": [40, 0, 35, 0]
    ... })
    >>> defaults = pd.DataFrame({"unit": [1, 2], "date": [19092, 19292]})
    >>> quality = warning_quality(
    ...     observations, defaults, [Indicator("days_past_due", 30)], as_of=19400
    ... )
    >>> quality[["hit_rate", "false_alarm_rate", "median_lead"]]
       hit_rate  false_alarm_rate  median_lead
    0       0.5               0.5        100.0
    """
    if not indicators:
        raise InvalidInput("indicators: none; give at least one")
    level = open_probability(confidence, name="confidence")
    rows = _followed(observations, defaults, [i.column for i in indicators], as_of=as_of, horizon=horizon)
    return pd.DataFrame([_quality(rows, indicator, level) for indicator in indicators])


def best_threshold(
    observations: pd.DataFrame,
    defaults: pd.DataFrame,
    column: str,
    *,
    as_of: int,
    side: Literal["above", "below"] = "above",
    horizon: int = YEAR_DAYS,
    missed_weight: float = 0.5,
) -> tuple[Indicator, pd.DataFrame]:
    """The threshold of a column that would have served best, and how every candidate would have done.

    Parameters
    ----------
    observations, defaults, as_of, horizon
        As `warning_quality` takes them.
    column : str
        The column to cut.
    side : {"above", "below"}
        Which side is bad.
    missed_weight : float
        In (0, 1): how much a missed default counts against a false alarm.

    Returns
    -------
    tuple of Indicator and pandas.DataFrame
        The indicator of least loss (of equals the one that signals least), and for each value of
        the column as a threshold: threshold, hit_rate, false_alarm_rate, loss (weight × misses +
        (1 − weight) × false alarms), usefulness (what is gained over always or never signalling;
        at or below zero the column is of no use).

    Raises
    ------
    InvalidInput
        As `warning_quality`, and where no default or no quiet observation is there to learn from.

    Notes
    -----
    Alessi and Detken (2011): L = θ misses + (1 − θ) false alarms, usefulness min(θ, 1 − θ) − L.
    Chosen on the same history on which it is judged, a threshold flatters itself; judge it on
    later years.

    Examples
    --------
    >>> observations = pd.DataFrame({
    ...     "unit": [1, 2, 3, 4], "date": 18992, "days_past_due": [40, 20, 5, 0]
    ... })
    >>> defaults = pd.DataFrame({"unit": [1, 2], "date": [19092, 19292]})
    >>> best, table = best_threshold(observations, defaults, "days_past_due", as_of=19400)
    >>> best.threshold, float(table["usefulness"].max())
    (5.0, 0.5)
    """
    weight = open_probability(missed_weight, name="missed_weight")
    rows = _followed(observations, defaults, [column], as_of=as_of, horizon=horizon)
    if not len(rows.announced) or not rows.quiet.any():
        what = "default" if not len(rows.announced) else "quiet observation"
        raise InvalidInput(f"observations: no {what} to learn from; give more history")
    values = rows.values[column]
    candidates = np.unique(values)
    losses = []
    for threshold in candidates.tolist():
        signal = Indicator(column, threshold, side).signals(values)
        hit_rate = len(np.unique(rows.default[signal & rows.before])) / len(rows.announced)
        false_rate = float(signal[rows.quiet].mean())
        losses.append((threshold, hit_rate, false_rate, weight * (1 - hit_rate) + (1 - weight) * false_rate))
    table = pd.DataFrame(losses, columns=["threshold", "hit_rate", "false_alarm_rate", "loss"])
    table["usefulness"] = min(weight, 1.0 - weight) - table["loss"]
    least = table["loss"].to_numpy() <= table["loss"].min() + 1e-12
    chosen = candidates[least].max() if side == "above" else candidates[least].min()
    return Indicator(column, float(chosen), side), table


def alerts(observations: pd.DataFrame, indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Which units signal now, by their latest observation.

    Parameters
    ----------
    observations : pandas.DataFrame
        Columns unit, date and those of the indicators.
    indicators : sequence of Indicator
        At least one.

    Returns
    -------
    pandas.DataFrame
        One row for each unit and indicator that signals: unit, date, indicator, value,
        threshold, signals (of the unit, in all); units with most signals first.

    Raises
    ------
    InvalidInput
        Empty observations or indicators, missing columns or values, two rows of a unit on one
        date.

    Examples
    --------
    >>> observations = pd.DataFrame({"unit": [1, 1, 2], "date": [1, 2, 2], "days_past_due": [90, 0, 40]})
    >>> alerts(observations, [Indicator("days_past_due", 30)])[["unit", "value", "signals"]]
       unit  value  signals
    0     2   40.0        1
    """
    if not indicators:
        raise InvalidInput("indicators: none; give at least one")
    columns = [i.column for i in indicators]
    required_columns(observations, ("unit", "date", *columns), name="observations", empty=False)
    rows = observations.sort_values(["unit", "date"], kind="stable").reset_index(drop=True)
    one_row_each(rows, "unit", "date", name="observations")
    latest = rows.drop_duplicates("unit", keep="last").reset_index(drop=True)
    parts = []
    for indicator in indicators:
        values = finite_array(latest[indicator.column], name=f"observations: {indicator.column}")
        at = np.flatnonzero(indicator.signals(values))
        parts.append(
            latest.loc[at, ["unit", "date"]].assign(
                indicator=_label(indicator), value=values[at], threshold=float(indicator.threshold)
            )
        )
    table = pd.concat(parts, ignore_index=True)
    table["signals"] = table.groupby("unit")["unit"].transform("size").astype(np.int64)
    return table.sort_values(["signals", "unit"], ascending=[False, True], kind="stable").reset_index(drop=True)


# OBSERVATIONS AND WHAT FOLLOWED THEM


@dataclass(frozen=True, slots=True)
class _Followed:
    """Observations before default, with what came after each.

    ``default`` numbers the default that ends the unit's row of observations (-1 none), ``lead``
    the days until it; ``before`` marks observations within the horizon before it, ``quiet`` those
    whose whole horizon is known and held none. ``announced`` lists the defaults that could have
    been.
    """

    values: dict[str, FloatArray]
    default: NDArray[np.intp]
    lead: FloatArray
    before: NDArray[np.bool_]
    quiet: NDArray[np.bool_]
    announced: NDArray[np.intp]


def _followed(
    observations: pd.DataFrame, defaults: pd.DataFrame, columns: Sequence[str], *, as_of: int, horizon: int
) -> _Followed:
    required_columns(observations, ("unit", "date", *columns), name="observations", empty=False)
    required_columns(defaults, ("unit", "date"), name="defaults")
    days = whole_number(horizon, name="horizon", least=1)
    end = scalar(as_of, name="as_of")
    one_row_each(observations, "unit", "date", name="observations")
    known = defaults[defaults["date"] <= end]
    first = known.sort_values("date", kind="stable").drop_duplicates("unit")
    position = pd.Index(first["unit"]).get_indexer(pd.Index(observations["unit"]))
    day = finite_array(observations["date"], name="observations: date")
    when = np.append(first["date"].to_numpy(dtype=np.float64), np.inf)[position]
    alive = (day < when) & (day <= end)
    lead = (when - day)[alive]
    default = position[alive]
    before = lead <= days
    quiet = ~before & (day[alive] + days <= end)
    values = {c: finite_array(observations[c], name=f"observations: {c}")[alive] for c in columns}
    return _Followed(values, default, lead, before, quiet, np.unique(default[before]))


def _quality(rows: _Followed, indicator: Indicator, level: float) -> dict[str, Any]:
    signal = indicator.signals(rows.values[indicator.column])
    right = signal & rows.before
    hits = np.unique(rows.default[right])
    leads = pd.Series(rows.lead[right]).groupby(rows.default[right]).max()
    disturbed = int((signal & rows.quiet).sum())
    hit_rate, hit_lower, hit_upper = _rate(len(hits), len(rows.announced), level)
    false_rate, false_lower, false_upper = _rate(disturbed, int(rows.quiet.sum()), level)
    return {
        "indicator": _label(indicator),
        "defaults": len(rows.announced),
        "hits": len(hits),
        "hit_rate": hit_rate,
        "hit_lower": hit_lower,
        "hit_upper": hit_upper,
        "quiet": int(rows.quiet.sum()),
        "false_alarms": disturbed,
        "false_alarm_rate": false_rate,
        "false_lower": false_lower,
        "false_upper": false_upper,
        "noise_to_signal": None if false_rate is None else false_rate / hit_rate if len(hits) else math.inf,
        "median_lead": float(leads.median()) if len(hits) else None,
        "shortest_lead": float(leads.min()) if len(hits) else None,
        "longest_lead": float(leads.max()) if len(hits) else None,
    }


def _rate(events: int, of: int, level: float) -> tuple[Any, float, float]:
    if of == 0:
        return None, 0.0, 1.0
    lower, upper = proportion_interval(np.array([events]), np.array([of]), confidence=level)
    return events / of, float(lower[0]), float(upper[0])


def _label(indicator: Indicator) -> str:
    return f"{indicator.column} {indicator.side} {indicator.threshold:g}"


def _ratio(part: FloatArray, whole: FloatArray, *, where_zero: float) -> FloatArray:
    return np.divide(part, whole, out=np.full_like(part, where_zero), where=whole > 0.0)


def _change(values: FloatArray, first: NDArray[np.bool_]) -> FloatArray:
    """Since the row before, nought in a unit's first row."""
    change = np.diff(values, prepend=values[0])
    change[first] = 0.0
    return change
