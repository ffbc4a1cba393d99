"""Classes of loans: the five categories, buckets of days past due, and how loans roll between them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.errors import InvalidInput
from analytics.risk._numbers import non_negative
from analytics.risk._tables import one_row_each, required_columns

FIVE_CATEGORIES: Final = ("pass", "special_mention", "substandard", "doubtful", "loss")
NON_PERFORMING: Final = FIVE_CATEGORIES[2:]
PAST_DUE_BUCKETS: Final = ("current", "1-30", "31-60", "61-90", "91+")
_BUCKET_ENDS: Final = (0, 30, 60, 90)


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
