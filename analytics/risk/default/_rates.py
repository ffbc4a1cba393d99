"""Who is in default, how often it happens, and how much is overdue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.errors import InvalidInput
from analytics.risk._intervals import proportion_interval
from analytics.risk._numbers import finite_array, non_negative
from analytics.risk._tables import one_row_each, required_columns, summable

DEFAULT_PAST_DUE_DAYS: Final = 90
RETAIL_KINDS: Final = ("person", "retail_pool")


def default_status(
    loans: pd.DataFrame, *, past_due_days: int = DEFAULT_PAST_DUE_DAYS, retail: Sequence[str] = RETAIL_KINDS
) -> pd.DataFrame:
    """Who is in default on a day: an obligor as a whole, for retail each facility alone.

    A unit is in default when its oldest obligation is more than ``past_due_days`` past due or one
    of its loans is judged unlikely to be paid.

    Parameters
    ----------
    loans : pandas.DataFrame
        One row for each loan: loan, customer, kind (of the customer), days_past_due (of its
        oldest obligation), unlikely_to_pay (bool), outstanding (fen). Other columns (industry,
        region, rating, vintage) are carried from the unit's largest loan.
    past_due_days : int
        Days beyond which an obligation makes a default.
    retail : sequence of str
        Kinds judged loan by loan.

    Returns
    -------
    pandas.DataFrame
        One row for each unit: unit ("customer 7" or "loan 12"), defaulted, days_past_due (the
        largest), outstanding (sum), then the other columns of its largest loan.

    Raises
    ------
    InvalidInput
        Empty, missing columns or values, a loan with two rows, or negative numbers.

    Notes
    -----
    Basel Committee (June 2006), paragraphs 452-455: 90 days past due or unlikely to pay, for
    retail at the level of a facility.

    Examples
    --------
    >>> loans = pd.DataFrame({
    ...     "loan": [1, 2, 3], "customer": [7, 7, 8], "kind": ["corporate", "corporate", "person"],
    ...     "days_past_due": [0, 91, 90], "unlikely_to_pay": False, "outstanding": [500, 20, 9],
    ... })
    >>> default_status(loans)[["unit", "defaulted", "outstanding"]]
             unit  defaulted  outstanding
    0  customer 7       True          520
    1      loan 3      False            9
    """
    required_columns(
        loans, ("loan", "customer", "kind", "days_past_due", "unlikely_to_pay", "outstanding"), name="loans"
    )
    one_row_each(loans, "loan", name="loans")
    days = non_negative(loans["days_past_due"], name="loans: days_past_due")
    owed = non_negative(loans["outstanding"], name="loans: outstanding")
    single = loans["kind"].isin(list(retail)).to_numpy()
    unit = _units(loans["loan"], loans["customer"], single)
    judged = loans["unlikely_to_pay"].astype(bool).to_numpy()
    marked = pd.DataFrame(
        {"defaulted": (days > past_due_days) | judged, "days_past_due": loans["days_past_due"].to_numpy()}
    ).assign(outstanding=summable(loans["outstanding"]).to_numpy())
    grouped = marked.groupby(unit, sort=True)
    sums = grouped.agg({"defaulted": "max", "days_past_due": "max", "outstanding": "sum"})
    # The last row written is the one that stays: the largest loan, of equals the first by number.
    rows = np.lexsort((-np.unique(loans["loan"], return_inverse=True)[1], owed))
    largest = np.empty(len(sums), dtype=np.intp)
    largest[unit[rows]] = rows
    carried = loans.iloc[largest]
    texts = np.where(
        single[largest], "loan " + carried["loan"].astype(str), "customer " + carried["customer"].astype(str)
    )
    others = [c for c in loans.columns if c not in ("loan", "days_past_due", "unlikely_to_pay", "outstanding")]
    return pd.concat(
        [pd.Series(texts, name="unit"), sums.reset_index(drop=True), carried[others].reset_index(drop=True)], axis=1
    )


def observed_default_rate(
    start: pd.DataFrame,
    defaults: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    interval: str = "clopper_pearson",
) -> pd.DataFrame:
    """Share of the units performing at a date that defaulted in the twelve months after it.

    Parameters
    ----------
    start : pandas.DataFrame
        Columns unit, date (day number), defaulted (bool) and those of ``by``; several dates pool
        their years, a unit once for each.
    defaults : pandas.DataFrame
        Columns unit, date (day number of the default); may be empty. A unit counts once for each
        starting date however often it defaulted.
    by : str or sequence of str, optional
        Columns of ``start`` to group by: industry, region, rating, vintage, date. None for all.
    confidence : float
        Of the two-sided interval, in (0, 1).
    interval : {"clopper_pearson", "wilson", "jeffreys"}
        How it is made. Clopper-Pearson never covers less than it says.

    Returns
    -------
    pandas.DataFrame
        The columns of ``by``, performing, defaults, rate, lower, upper (1.0 = 100 %), in the
        order of the groups. Groups without a performing unit have no rate and are left out.

    Raises
    ------
    InvalidInput
        Missing columns or values, an empty start, a unit with two rows on one date, nobody
        performing, or an unknown interval.

    Notes
    -----
    Clopper, Pearson (1934), Biometrika 26; Wilson (1927), JASA 22; Brown, Cai, DasGupta (2001),
    Statistical Science 16 (Jeffreys). The rate is the one-year average of Basel Committee
    (June 2006), paragraph 447.

    Examples
    --------
    >>> start = pd.DataFrame({"unit": range(10), "date": 18992, "defaulted": False, "region": "CN-GD"})
    >>> defaults = pd.DataFrame({"unit": [3, 4], "date": [19000, 19358]})
    >>> observed_default_rate(start, defaults, by="region").round(4)
      region  performing  defaults  rate   lower  upper
    0  CN-GD          10         1   0.1  0.0025  0.445
    """
    keys = [by] if isinstance(by, str) else list(by or ())
    required_columns(start, ("unit", "date", "defaulted", *keys), name="start", empty=False)
    required_columns(defaults, ("unit", "date"), name="defaults")
    one_row_each(start, "unit", "date", name="start")
    performing = start[~start["defaulted"].astype(bool)]
    if performing.empty:
        raise InvalidInput("start: nobody performs; a default rate needs someone who may default")
    followed = performing.assign(defaulted=_defaulted_within_a_year(performing, defaults))
    counts = _tally(followed, keys, performing=("unit", "size"), defaults=("defaulted", "sum"))
    return _with_rate(counts, "defaults", "performing", confidence, interval)


def overdue_rate(
    loans: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    over_days: int = 0,
    confidence: float = 0.95,
    interval: str = "clopper_pearson",
) -> pd.DataFrame:
    """Share of loans, and of money, whose oldest obligation is overdue by more than some days.

    Parameters
    ----------
    loans : pandas.DataFrame
        Columns days_past_due, outstanding (fen) and those of ``by``; loans with nothing
        outstanding count in neither.
    by : str or sequence of str, optional
        Columns to group by. None for all.
    over_days : int
        0 for anything overdue, 30, 60, 90.
    confidence, interval
        As `observed_default_rate`, for the share of loans.

    Returns
    -------
    pandas.DataFrame
        The columns of ``by``, loans, overdue, rate, lower, upper, outstanding, overdue_outstanding
        (fen), amount_rate.

    Raises
    ------
    InvalidInput
        Missing columns or values, negative numbers, or nothing outstanding at all.

    Examples
    --------
    >>> loans = pd.DataFrame({"days_past_due": [0, 5, 0, 0], "outstanding": [50, 30, 20, 0]})
    >>> overdue_rate(loans)[["loans", "overdue", "amount_rate"]]
       loans  overdue  amount_rate
    0      3        1          0.3
    """
    keys = [by] if isinstance(by, str) else list(by or ())
    required_columns(loans, ("days_past_due", "outstanding", *keys), name="loans", empty=False)
    days = non_negative(loans["days_past_due"], name="loans: days_past_due")
    owed = non_negative(loans["outstanding"], name="loans: outstanding") > 0.0
    if not owed.any():
        raise InvalidInput("loans: nothing is outstanding; an overdue rate needs a balance")
    late = days > over_days
    money = summable(loans["outstanding"])
    marked = loans.assign(overdue=late, outstanding=money, overdue_outstanding=money.where(late, 0))[owed]
    counts = _tally(
        marked,
        keys,
        loans=("overdue", "size"),
        overdue=("overdue", "sum"),
        outstanding=("outstanding", "sum"),
        overdue_outstanding=("overdue_outstanding", "sum"),
    )
    table = _with_rate(counts, "overdue", "loans", confidence, interval)
    ratio = [
        part / whole
        for part, whole in zip(table["overdue_outstanding"].tolist(), table["outstanding"].tolist(), strict=True)
    ]
    columns = [*keys, "loans", "overdue", "rate", "lower", "upper", "outstanding", "overdue_outstanding"]
    return table[columns].assign(amount_rate=ratio)


def _units(loan: pd.Series[Any], customer: pd.Series[Any], single: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Numbers of the units in order of appearance: a loan where it stands alone, else its customer."""
    loans, customers = pd.factorize(loan)[0], pd.factorize(customer)[0]
    return pd.factorize(np.where(single, loans, -1 - customers))[0]


def _defaulted_within_a_year(performing: pd.DataFrame, defaults: pd.DataFrame) -> NDArray[np.bool_]:
    begins = finite_array(performing["date"], name="start: date")
    if defaults.empty:
        return np.zeros(len(performing), dtype=bool)
    finite_array(defaults["date"], name="defaults: date")
    ends = {day: _a_year_after(day) for day in np.unique(begins).tolist()}
    rows = performing[["unit", "date"]].assign(row=np.arange(len(performing)), until=[ends[d] for d in begins])
    pairs = rows.merge(defaults[["unit", "date"]], on="unit", suffixes=("", "_defaulted"))
    hit = (pairs["date_defaulted"] > pairs["date"]) & (pairs["date_defaulted"] <= pairs["until"])
    within = np.zeros(len(performing), dtype=bool)
    within[pairs.loc[hit, "row"].to_numpy()] = True
    return within


def _a_year_after(day: float) -> float:
    stamp = pd.Timestamp(0) + pd.Timedelta(days=day) + pd.DateOffset(months=12)
    return float((stamp - pd.Timestamp(0)) / pd.Timedelta(days=1))


def _tally(table: pd.DataFrame, keys: list[str], **columns: tuple[str, str]) -> pd.DataFrame:
    """Aggregates of the rows by the keys, in the order of the groups; one row without keys."""
    grouped: Any = table.groupby(keys, sort=True, observed=True) if keys else table.groupby(lambda _: 0)
    counts: pd.DataFrame = grouped.agg(**columns).reset_index(drop=not keys)
    return counts


def _with_rate(counts: pd.DataFrame, events: str, of: str, confidence: float, interval: str) -> pd.DataFrame:
    k = counts[events].to_numpy(dtype=np.float64)
    n = counts[of].to_numpy(dtype=np.float64)
    lower, upper = proportion_interval(k, n, confidence=confidence, interval=interval)
    return counts.assign(rate=k / n, lower=lower, upper=upper)
