"""Who is in default, how often it happens, and how loans move between classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.stats.proportion import proportion_confint

from analytics.errors import InvalidInput
from analytics.risk._inputs import FloatArray, finite_array, non_negative, open_probability
from analytics.risk._tables import one_row_each, required_columns, summable

DEFAULT_PAST_DUE_DAYS: Final = 90
RETAIL_KINDS: Final = ("person", "retail_pool")
FIVE_CATEGORIES: Final = ("pass", "special_mention", "substandard", "doubtful", "loss")
NON_PERFORMING: Final = FIVE_CATEGORIES[2:]
INTERVALS: Final = {"clopper_pearson": "beta", "wilson": "wilson", "jeffreys": "jeffreys"}
PAST_DUE_BUCKETS: Final = ("current", "1-30", "31-60", "61-90", "91+")
_BUCKET_ENDS: Final = (0, 30, 60, 90)


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
    grouped = followed.groupby(keys, sort=True, observed=True) if keys else followed.groupby(lambda _: 0)
    counts = grouped.agg(performing=("unit", "size"), defaults=("defaulted", "sum"))
    counts = counts.reset_index(drop=not keys)
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
    grouped = marked.groupby(keys, sort=True, observed=True) if keys else marked.groupby(lambda _: 0)
    counts = grouped.agg(
        loans=("overdue", "size"),
        overdue=("overdue", "sum"),
        outstanding=("outstanding", "sum"),
        overdue_outstanding=("overdue_outstanding", "sum"),
    ).reset_index(drop=not keys)
    table = _with_rate(counts, "overdue", "loans", confidence, interval)
    ratio = [
        part / whole
        for part, whole in zip(table["overdue_outstanding"].tolist(), table["outstanding"].tolist(), strict=True)
    ]
    columns = [*keys, "loans", "overdue", "rate", "lower", "upper", "outstanding", "overdue_outstanding"]
    return table[columns].assign(amount_rate=ratio)


def category_table(loans: pd.DataFrame) -> pd.DataFrame:
    """The five-category table: loans and money in each class, and what of it is non-performing.

    Parameters
    ----------
    loans : pandas.DataFrame
        Columns category (name, or 1 = pass to 5 = loss) and outstanding (fen).

    Returns
    -------
    pandas.DataFrame
        Five rows, pass first: category, loans (with something outstanding), outstanding, share
        (1.0 = 100 %), non_performing (bool). Shares are zero where nothing is outstanding.

    Raises
    ------
    InvalidInput
        Missing columns or values, an unknown category, or a negative balance.

    Notes
    -----
    China Banking and Insurance Regulatory Commission, Measures for the Risk Classification of
    Financial Assets of Commercial Banks (2023): the last three classes are non-performing.

    Examples
    --------
    >>> loans = pd.DataFrame({"category": [1, 1, 3], "outstanding": [60, 30, 10]})
    >>> category_table(loans)[["category", "loans", "share"]].head(3)
              category  loans  share
    0             pass      2    0.9
    1  special_mention      0    0.0
    2      substandard      1    0.1
    """
    required_columns(loans, ("category", "outstanding"), name="loans")
    code = _category_codes(loans["category"])
    if len(loans):
        non_negative(loans["outstanding"], name="loans: outstanding")
    amounts = loans["outstanding"].tolist()
    sums, numbers = [0] * 5, [0] * 5
    for category, amount in zip(code.tolist(), amounts, strict=True):
        sums[category] += amount
        numbers[category] += amount > 0
    total = sum(sums)
    return pd.DataFrame(
        {
            "category": FIVE_CATEGORIES,
            "loans": numbers,
            "outstanding": sums,
            "share": [amount / total if total else 0.0 for amount in sums],
            "non_performing": [name in NON_PERFORMING for name in FIVE_CATEGORIES],
        }
    )


def past_due_bucket(days_past_due: Any) -> Any:
    """The bucket of days past due: current, 1-30, 31-60, 61-90, 91+.

    Parameters
    ----------
    days_past_due : array-like or pandas.Series
        Days, zero or more.

    Returns
    -------
    pandas.Categorical or pandas.Series
        Ordered, current first; a Series where the input is one.

    Raises
    ------
    InvalidInput
        NaN or negative days.

    Examples
    --------
    >>> list(past_due_bucket([0, 30, 31, 400]))
    ['current', '1-30', '31-60', '91+']
    """
    days = non_negative(days_past_due, name="days_past_due")
    bucket = pd.Categorical.from_codes(
        np.searchsorted(_BUCKET_ENDS, days).tolist(), categories=pd.Index(PAST_DUE_BUCKETS), ordered=True
    )
    if isinstance(days_past_due, pd.Series):
        return pd.Series(bucket, index=days_past_due.index, name="bucket")
    return bucket


def roll_rates(
    start: pd.DataFrame, end: pd.DataFrame, *, state: str = "category", weight: str | None = None
) -> pd.DataFrame:
    """Where the loans of one year-end are at the next: rates between classes, and out of the book.

    Parameters
    ----------
    start, end : pandas.DataFrame
        Columns loan, the state (a class or a bucket), and at the start the weight. A loan of
        ``start`` absent from ``end`` has left (repaid, sold or written off); a loan only in
        ``end`` is new and in no rate.
    state : str
        The column of the state; an ordered categorical gives the order of rows and columns.
    weight : str, optional
        A column of amounts at the start; None counts loans.

    Returns
    -------
    pandas.DataFrame
        Rows the states held at the start, columns all states and "gone"; rows sum to one.

    Raises
    ------
    InvalidInput
        Missing columns or values, a loan with two rows, an empty start, or a weight that is
        negative or sums to zero in a state.

    Examples
    --------
    >>> start = pd.DataFrame({"loan": [1, 2, 3], "category": ["pass", "pass", "doubtful"]})
    >>> end = pd.DataFrame({"loan": [1, 3, 4], "category": ["doubtful", "doubtful", "pass"]})
    >>> roll_rates(start, end)
              doubtful  pass  gone
    doubtful       1.0   0.0   0.0
    pass           0.5   0.0   0.5
    """
    required_columns(start, ("loan", state, *([weight] if weight else [])), name="start", empty=False)
    required_columns(end, ("loan", state), name="end")
    one_row_each(start, "loan", name="start")
    one_row_each(end, "loan", name="end")
    order = _state_order(start[state], end[state])
    row = order.get_indexer(pd.Index(start[state]))
    to = pd.Index(start["loan"])
    later = pd.Index(end["loan"]).get_indexer(to)
    column = np.full(len(start), len(order))
    stayed = later >= 0
    column[stayed] = order.get_indexer(pd.Index(end[state].iloc[later[stayed]]))
    amount = np.ones(len(start)) if weight is None else non_negative(start[weight], name=f"start: {weight}")
    moved = np.zeros((len(order), len(order) + 1))
    np.add.at(moved, (row, column), amount)
    held = np.unique(row)
    total = moved[held].sum(axis=1)
    if (total == 0.0).any():
        empty = order[held[total == 0.0]].tolist()[0]
        raise InvalidInput(f"start: all loans in {empty!r} have weight zero; leave them out")
    return pd.DataFrame(moved[held] / total[:, None], index=order[held], columns=[*order, "gone"])


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


def _with_rate(counts: pd.DataFrame, events: str, of: str, confidence: float, interval: str) -> pd.DataFrame:
    if interval not in INTERVALS:
        raise InvalidInput(f"interval: {interval!r} is unknown; give one of {', '.join(INTERVALS)}")
    level = open_probability(confidence, name="confidence")
    k = counts[events].to_numpy(dtype=np.float64)
    n = counts[of].to_numpy(dtype=np.float64)
    bounds = proportion_confint(k, n, alpha=1.0 - level, method=INTERVALS[interval])
    lower, upper = (np.asarray(bound, dtype=np.float64) for bound in bounds)
    return counts.assign(rate=k / n, lower=_limit(lower, k == 0.0, 0.0), upper=_limit(upper, k == n, 1.0))


def _limit(bound: FloatArray, at: NDArray[np.bool_], value: float) -> FloatArray:
    """Intervals end at 0 where there was no event and at 1 where all were."""
    return np.where(at, value, np.clip(bound, 0.0, 1.0))


def _category_codes(category: pd.Series[Any]) -> NDArray[np.intp]:
    names: dict[Any, int] = {name: i for i, name in enumerate(FIVE_CATEGORIES)}
    names.update({i + 1: i for i in range(len(FIVE_CATEGORIES))})
    codes = category.astype(object).map(names)
    unknown = codes.isna().to_numpy()
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        raise InvalidInput(
            f"loans: row {row}, category {category.tolist()[row]!r} is unknown; give 1 to 5, or one of "
            f"{', '.join(FIVE_CATEGORIES)}"
        )
    return codes.to_numpy(dtype=np.intp)


def _state_order(start: pd.Series[Any], end: pd.Series[Any]) -> pd.Index[Any]:
    dtype = start.dtype
    same = isinstance(dtype, pd.CategoricalDtype) and end.dtype == dtype
    states = start.cat.categories.tolist() if same else sorted({*start.tolist(), *end.tolist()})
    order: pd.Index[Any] = pd.Index(states)
    return order
