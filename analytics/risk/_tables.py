"""Checks every risk method makes of its tables before any arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.errors import InvalidInput
from analytics.risk._numbers import non_negative


def required_columns(table: pd.DataFrame, columns: Sequence[str], *, name: str, empty: bool = True) -> None:
    """Refuse a table that lacks a column, has a missing value in one of them, or has no row.

    Parameters
    ----------
    table : pandas.DataFrame
        Any table.
    columns : sequence of str
        Names that must be there and filled.
    name : str
        What the error calls the table.
    empty : bool
        Whether it may have no row.

    Raises
    ------
    InvalidInput
        The first column that is absent, or the first row in which one is missing; a table
        without rows where it may not be empty.

    Examples
    --------
    >>> required_columns(pd.DataFrame({"loan": [1]}), ["loan"], name="loans")
    """
    for column in columns:
        if column not in table.columns:
            raise InvalidInput(f"{name}: column {column!r} is missing; add it")
        missing = table[column].isna().to_numpy()
        if missing.any():
            row = int(np.flatnonzero(missing)[0])
            raise InvalidInput(f"{name}: row {row}, {column} is missing; drop the row or fill it")
    if table.empty and not empty:
        raise InvalidInput(f"{name}: empty; give at least one row")


def one_row_each(table: pd.DataFrame, *keys: str, name: str, remedy: str = "keep one") -> None:
    """Refuse a table with two rows of one key.

    Parameters
    ----------
    table : pandas.DataFrame
        Any table, empty or not.
    *keys : str
        The columns that tell one row from another.
    name : str
        What the error calls the table.
    remedy : str
        What to do about it.

    Raises
    ------
    InvalidInput
        The first key that comes again.

    Examples
    --------
    >>> one_row_each(pd.DataFrame({"loan": [1, 2]}), "loan", name="loans")
    """
    again = table.duplicated(list(keys)).to_numpy()
    if again.any():
        row = int(np.flatnonzero(again)[0])
        found = ", ".join(f"{key} {table[key].tolist()[row]!r}" for key in keys)
        raise InvalidInput(f"{name}: {found} has two rows; {remedy}")


def located(
    column: pd.Series[Any], ids: pd.Index[Any], *, name: str, among: str, remedy: str = "add it"
) -> NDArray[np.intp]:
    """Where each entry of a column stands in an index that has all of them.

    Parameters
    ----------
    column : pandas.Series
        Ids of one kind, labelled by what they are.
    ids : pandas.Index
        The ids there are, each once.
    name : str
        What the error calls the column's table.
    among : str
        What it calls the index.
    remedy : str
        What to do about an unknown id.

    Returns
    -------
    numpy.ndarray
        Positions in the index.

    Raises
    ------
    InvalidInput
        The first id that the index does not have.

    Examples
    --------
    >>> located(pd.Series(["b", "a"], name="loan"), pd.Index(["a", "b"]), name="schedule", among="loans")
    array([1, 0])
    """
    at = ids.get_indexer(pd.Index(column))
    unknown = np.flatnonzero(at < 0)
    if len(unknown):
        row = int(unknown[0])
        raise InvalidInput(f"{name}: row {row}, {column.name} {column.tolist()[row]!r} is not among {among}; {remedy}")
    return at


def whole_numbers(values: pd.Series[Any], *, name: str) -> list[int]:
    """A column of money or counts as Python integers, exact at any size.

    Parameters
    ----------
    values : pandas.Series
        Whole numbers, zero or more; floats and decimals that are whole serve too. May be empty.
    name : str
        What the error calls it.

    Returns
    -------
    list of int
        One for each row.

    Raises
    ------
    InvalidInput
        Missing, negative, infinite or fractional entries.

    Examples
    --------
    >>> whole_numbers(pd.Series([1, 2]), name="amount")
    [1, 2]
    """
    if values.empty:
        return []
    non_negative(values, name=name)
    found = values.tolist()
    whole = [int(value) for value in found]
    for row, (value, number) in enumerate(zip(found, whole, strict=True)):
        if value != number:
            raise InvalidInput(f"{name}: row {row}, {value} is no whole number; round it first")
    return whole


def summable(amounts: pd.Series[Any]) -> pd.Series[Any]:
    """A column of integers, as Python's own where their sum might pass 2^63 and would wrap.

    Parameters
    ----------
    amounts : pandas.Series
        Non-negative numbers.

    Returns
    -------
    pandas.Series
        The same column, or one of dtype object.

    Examples
    --------
    >>> int(summable(pd.Series([2**62, 2**62])).sum()) == 2**63
    True
    """
    if not pd.api.types.is_integer_dtype(amounts.dtype) or amounts.empty:
        return amounts
    return amounts.astype(object) if int(amounts.max()) * len(amounts) >= 2**63 else amounts
