"""How long loans live before they default, with prepayment as the competing way out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from analytics.errors import InvalidInput
from analytics.risk._numbers import Numbers, finite_array, flags, non_negative, open_probability, scalar
from analytics.risk._shapes import FloatArray, vector
from analytics.risk._tables import required_columns

OUTCOMES: Final = ("default", "prepaid", "matured", "live")


def loan_histories(loans: pd.DataFrame, *, as_of: int) -> pd.DataFrame:
    """Each loan's life until it defaulted, was prepaid, matured, or was last seen.

    Parameters
    ----------
    loans : pandas.DataFrame
        Columns loan, start, maturity (day numbers), defaulted_on and repaid_on (day numbers, -1
        or missing where it did not happen).
    as_of : int
        The day until which the record runs; what happened later is not yet known.

    Returns
    -------
    pandas.DataFrame
        loan, days (from start), outcome: "default"; "prepaid" when repaid in full before
        maturity; "matured" when repaid on or after it; "live" when neither by ``as_of``. Loans
        that start after ``as_of`` are left out.

    Raises
    ------
    InvalidInput
        Missing columns or values, or a default or repayment before the start.

    Examples
    --------
    >>> loans = pd.DataFrame({
    ...     "loan": [1, 2, 3], "start": 100, "maturity": 465,
    ...     "defaulted_on": [200, -1, -1], "repaid_on": [-1, 300, -1],
    ... })
    >>> loan_histories(loans, as_of=400)
       loan  days  outcome
    0     1   100  default
    1     2   200  prepaid
    2     3   300     live
    """
    required_columns(loans, ("loan", "start", "maturity"), name="loans")
    required_columns(loans[:0], ("defaulted_on", "repaid_on"), name="loans")
    end = scalar(as_of, name="as_of")
    known = loans[loans["start"] <= end]
    start, maturity = (finite_array(known[c], name=f"loans: {c}") for c in ("start", "maturity"))
    happened = {}
    for column in ("defaulted_on", "repaid_on"):
        day = pd.to_numeric(known[column]).fillna(-1).to_numpy(dtype=np.float64)
        early = np.flatnonzero((day >= 0) & (day < start))
        if len(early):
            raise InvalidInput(f"loans: row {early[0]}, {column} is before its start; correct the record")
        happened[column] = np.where((day < 0) | (day > end), np.inf, day)
    defaulted, repaid = happened["defaulted_on"], happened["repaid_on"]
    last = np.minimum(np.minimum(defaulted, repaid), end)
    outcome = np.select(
        [
            np.isfinite(defaulted) & (defaulted <= repaid),
            np.isfinite(repaid) & (repaid < maturity),
            np.isfinite(repaid),
        ],
        OUTCOMES[:3],
        default=OUTCOMES[3],
    )
    return pd.DataFrame(
        {
            "loan": known["loan"].to_numpy(),
            "days": (last - start).astype(np.int64),
            "outcome": pd.Categorical(outcome, categories=list(OUTCOMES)),
        }
    )


def kaplan_meier(durations: Numbers, events: Any, *, confidence: float = 0.95) -> pd.DataFrame:
    """Kaplan-Meier survival curve with Greenwood's error and log-log bounds.

    Parameters
    ----------
    durations : array-like, shape (n,)
        Time until the event or until last seen, zero or more.
    events : array-like, shape (n,)
        True or 1 where the event happened, False or 0 where the time is censored.
    confidence : float
        Of the two-sided bounds, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        One row for each time with an event: time, at_risk, events, survival, standard_error
        (Greenwood), lower, upper (on the log-log scale). Where survival reaches 0 the error and
        the lower bound are 0 and the upper bound stays that of the row before (1 in the first).
        Empty where nothing happened.

    Raises
    ------
    InvalidInput
        Empty, NaN or negative durations, events other than 0 and 1, lengths that differ.

    Notes
    -----
    Kaplan, Meier (1958), JASA 53; Greenwood (1926); Kalbfleisch, Prentice (2002).

    Examples
    --------
    >>> kaplan_meier([2, 3, 3, 5], [1, 1, 0, 0])[["time", "at_risk", "survival"]]
       time  at_risk  survival
    0   2.0        4      0.75
    1   3.0        3      0.50
    """
    time = vector(non_negative(durations, name="durations"), name="durations")
    happened = flags(events, name="events", length=len(time))
    z = float(special.ndtri(0.5 + open_probability(confidence, name="confidence") / 2.0))
    if not happened.any():
        names = ("time", "at_risk", "events", "survival", "standard_error", "lower", "upper")
        return pd.DataFrame({name: np.empty(0) for name in names})
    with np.errstate(divide="ignore", invalid="ignore"):
        curve = SurvfuncRight(time, happened.astype(np.float64))
    survival = np.asarray(curve.surv_prob, dtype=np.float64)
    alive = survival > 0.0
    error = np.where(alive, curve.surv_prob_se, 0.0)
    lower, upper = np.zeros_like(survival), np.ones_like(survival)
    log_s = np.log(survival[alive])
    spread = z * error[alive] / (survival[alive] * np.abs(log_s))
    lower[alive] = np.exp(log_s * np.exp(spread))
    upper[alive] = np.exp(log_s * np.exp(-spread))
    if not alive[-1] and len(upper) > 1:
        upper[-1] = upper[-2]
    return pd.DataFrame(
        {
            "time": np.asarray(curve.surv_times, dtype=np.float64),
            "at_risk": np.asarray(curve.n_risk).astype(np.int64),
            "events": np.asarray(curve.n_events).astype(np.int64),
            "survival": survival,
            "standard_error": error,
            "lower": lower,
            "upper": upper,
        }
    )


def aalen_johansen(durations: Numbers, outcomes: Sequence[Any], *, censored: Any = "live") -> pd.DataFrame:
    """Cumulative incidence of each way out of a loan, when the first to come rules out the others.

    One minus Kaplan-Meier, with prepaid loans taken as censored, overstates how many will
    default, since a loan that is gone no longer can.

    Parameters
    ----------
    durations : array-like, shape (n,)
        Time until the outcome or until last seen, zero or more.
    outcomes : sequence, shape (n,)
        How each life ended, such as "default" or "prepaid".
    censored : object
        The outcome of those still alive when last seen.

    Returns
    -------
    pandas.DataFrame
        One row for each time seen: time, at_risk, survival (no outcome yet), and for each
        outcome two columns, its name (cumulative incidence) and its name with "_error"
        (standard error). Survival and incidences sum to one.

    Raises
    ------
    InvalidInput
        Empty, NaN or negative durations, missing outcomes, lengths that differ.

    Notes
    -----
    Aalen, Johansen (1978), Scandinavian Journal of Statistics 5; the error by the delta method,
    Marubini, Valsecchi (1995).

    Examples
    --------
    >>> aalen_johansen([1, 2, 3, 4], ["default", "prepaid", "default", "live"])[["time", "default", "prepaid"]]
       time  default  prepaid
    0   1.0     0.25     0.00
    1   2.0     0.25     0.25
    2   3.0     0.50     0.25
    3   4.0     0.50     0.25
    """
    time = vector(non_negative(durations, name="durations"), name="durations")
    ended = pd.Series(list(outcomes), dtype=object)
    if len(ended) != len(time):
        raise InvalidInput(f"outcomes: has {len(ended)} entries where {len(time)} are needed; give one for each")
    if ended.isna().any():
        at = int(np.flatnonzero(ended.isna())[0])
        raise InvalidInput(f"outcomes: entry {at} is missing; give {censored!r} where nothing happened")
    causes = sorted(set(ended.tolist()) - {censored})
    code = pd.Index([censored, *causes]).get_indexer(pd.Index(ended))
    seen, position = np.unique(time, return_inverse=True)
    leaving = np.bincount(position, minlength=len(seen))
    at_risk = len(time) - np.concatenate(([0], np.cumsum(leaving)[:-1]))
    columns: dict[str, Any] = {"time": seen, "at_risk": at_risk}
    if not causes:
        return pd.DataFrame(columns | {"survival": np.ones(len(seen))})
    with np.errstate(divide="ignore", invalid="ignore"):
        incidence = [np.asarray(c) for c in CumIncidenceRight(time, code).cinc]
    columns["survival"] = np.clip(1.0 - np.sum(incidence, axis=0), 0.0, 1.0)
    counts = [np.bincount(position[code == k], minlength=len(seen)) for k in range(1, len(causes) + 1)]
    for name, curve, events in zip(causes, incidence, counts, strict=True):
        columns[str(name)] = curve
        columns[f"{name}_error"] = _incidence_error(curve, columns["survival"], at_risk, events, sum(counts))
    return pd.DataFrame(columns)


def _incidence_error(
    incidence: FloatArray,
    survival: FloatArray,
    at_risk: NDArray[np.int64],
    events: NDArray[np.int64],
    all_events: Any,
) -> FloatArray:
    n, own, every = (np.asarray(a, dtype=np.float64) for a in (at_risk, events, all_events))
    before = np.concatenate(([1.0], survival[:-1]))
    # Where the last at risk leave, incidence is final and its further spread is nought.
    hazard = np.divide(every, n * (n - every), out=np.zeros_like(n), where=n > every)
    jump = before * own / n**2
    spread = before**2 * own * (n - own) / n**3
    variance = (
        incidence**2 * np.cumsum(hazard)
        - 2.0 * incidence * np.cumsum(incidence * hazard)
        + np.cumsum(incidence**2 * hazard)
        + np.cumsum(spread)
        - 2.0 * (incidence * np.cumsum(jump) - np.cumsum(incidence * jump))
    )
    return np.asarray(np.sqrt(np.clip(variance, 0.0, None)), dtype=np.float64)
