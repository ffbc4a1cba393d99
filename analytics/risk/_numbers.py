"""Checks every risk method makes of its numbers before any arithmetic."""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analytics.errors import InvalidInput
from analytics.risk._shapes import FloatArray, vector

Numbers: TypeAlias = "ArrayLike | pd.Series[Any] | pd.Index[Any]"


def finite_array(values: Numbers, *, name: str = "values") -> FloatArray:
    """Any numbers as a float64 array of the same shape, refused unless all are finite.

    Parameters
    ----------
    values : scalar or array-like
        Integers, floats, decimals or fractions; pandas and Arrow-backed columns too.
    name : str
        What the error calls them.

    Returns
    -------
    numpy.ndarray
        float64; a view where the input already is one. Never empty.

    Raises
    ------
    InvalidInput
        Empty; text, booleans or complex numbers; missing, NaN or infinite entries.

    Examples
    --------
    >>> finite_array([1, 2.5])
    array([1. , 2.5])
    """
    return _finite(values, name)[0]


def non_negative(values: Numbers, *, name: str = "values") -> FloatArray:
    """Finite numbers, none below zero.

    Parameters
    ----------
    values : scalar or array-like
        Any shape.
    name : str
        What the error calls them.

    Returns
    -------
    numpy.ndarray
        float64, same shape.

    Raises
    ------
    InvalidInput
        As `finite_array`, and where an entry is negative.

    Examples
    --------
    >>> non_negative([0, 3])
    array([0., 3.])
    """
    array, low, _ = _finite(values, name)
    if low < 0.0:
        raise InvalidInput(_at(name, array < 0.0, "negative", "give zero or more", array))
    return array


def positive(values: Numbers, *, name: str = "values") -> FloatArray:
    """Finite numbers, all above zero.

    Parameters
    ----------
    values : scalar or array-like
        Any shape.
    name : str
        What the error calls them.

    Returns
    -------
    numpy.ndarray
        float64, same shape.

    Raises
    ------
    InvalidInput
        As `finite_array`, and where an entry is zero or negative.

    Examples
    --------
    >>> positive([1, 2])
    array([1., 2.])
    """
    array, low, _ = _finite(values, name)
    if low <= 0.0:
        raise InvalidInput(_at(name, array <= 0.0, "not above zero", "give more than zero", array))
    return array


def exposures_array(values: Numbers, *, name: str = "exposures") -> FloatArray:
    """Exposures as a vector: finite, non-negative, at least one above zero.

    Parameters
    ----------
    values : array-like, shape (n,)
        Amounts in any one unit.
    name : str
        What the error calls them.

    Returns
    -------
    numpy.ndarray, shape (n,)
        float64.

    Raises
    ------
    InvalidInput
        Empty, not one-dimensional, NaN, infinite, negative, or all zero.

    Examples
    --------
    >>> exposures_array([30, 20])
    array([30., 20.])
    """
    array = vector(non_negative(values, name=name), name=name)
    if not array.any():
        raise InvalidInput(f"{name}: the total is zero; a share of nothing has no value")
    return array


def probabilities(values: Numbers, *, name: str = "probabilities") -> FloatArray:
    """Finite numbers between zero and one (1.0 = 100 %), of any shape.

    Parameters
    ----------
    values : scalar or array-like
        Fractions.
    name : str
        What the error calls them.

    Returns
    -------
    numpy.ndarray
        float64, same shape.

    Raises
    ------
    InvalidInput
        As `finite_array`, and where an entry is below 0 or above 1.

    Examples
    --------
    >>> probabilities([0.0, 0.02])
    array([0.  , 0.02])
    """
    array, low, high = _finite(values, name)
    if low < 0.0 or high > 1.0:
        outside = (array < 0.0) | (array > 1.0)
        raise InvalidInput(_at(name, outside, "outside [0, 1]", "give fractions, 1.0 = 100 %", array))
    return array


def open_probability(value: float, *, name: str) -> float:
    """One number strictly between zero and one, such as a confidence level.

    Parameters
    ----------
    value : float
        A fraction.
    name : str
        What the error calls it.

    Returns
    -------
    float
        The number.

    Raises
    ------
    InvalidInput
        Not one finite number, or not inside (0, 1).

    Examples
    --------
    >>> open_probability(0.999, name="q")
    0.999
    """
    number = scalar(value, name=name)
    if not 0.0 < number < 1.0:
        raise InvalidInput(f"{name}: {number} is outside (0, 1); give a fraction such as 0.999")
    return number


def scalar(value: float, *, name: str, low: float = -math.inf, high: float = math.inf) -> float:
    """One finite number, between two bounds where they are given.

    Parameters
    ----------
    value : float
        An integer, float, decimal or fraction, or an array of shape ().
    name : str
        What the error calls it.
    low, high : float
        The least and the most it may be.

    Returns
    -------
    float
        The number.

    Raises
    ------
    InvalidInput
        An array, text, NaN or infinity; a number outside the bounds.

    Examples
    --------
    >>> scalar(2, name="alpha", low=0.0)
    2.0
    """
    array = finite_array(value, name=name)
    if array.ndim:
        raise InvalidInput(f"{name}: has shape {array.shape}; give one number")
    number = float(array)
    if number < low:
        raise InvalidInput(f"{name}: {number} is below {low:g}; give {low:g} or more")
    if number > high:
        raise InvalidInput(f"{name}: {number} is above {high:g}; give {high:g} or less")
    return number


def whole_number(value: int, *, name: str, least: int) -> int:
    """One whole number, such as a number of bands.

    Parameters
    ----------
    value : int
        Python's or NumPy's.
    name : str
        What the error calls it.
    least : int
        The least it may be.

    Returns
    -------
    int
        The number.

    Raises
    ------
    InvalidInput
        A float, a boolean, or a number below that.

    Examples
    --------
    >>> whole_number(100, name="bands", least=1)
    100
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InvalidInput(f"{name}: {value!r} is below {least} or not whole; give a whole number, {least} or more")
    return int(value)


def flags(values: Numbers, *, name: str, length: int) -> NDArray[np.bool_]:
    """Yes or no for each entry, given as booleans or as 1 and 0.

    Parameters
    ----------
    values : array-like, shape (n,)
        True and False, or 1 and 0.
    name : str
        What the error calls them.
    length : int
        The number of entries it must have.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Booleans.

    Raises
    ------
    InvalidInput
        As `finite_array` and `vector`, and where an entry is neither.

    Examples
    --------
    >>> flags([1, 0], name="defaulted", length=2)
    array([ True, False])
    """
    raw = values.to_numpy() if isinstance(values, pd.Series) else np.asarray(values)
    array = vector(raw if raw.dtype == bool else finite_array(values, name=name), name=name, length=length)
    neither = np.flatnonzero((array != 0.0) & (array != 1.0))
    if len(neither):
        raise InvalidInput(f"{name}: entry {neither[0]} is {array[neither[0]]:g}; give 1 or 0, True or False")
    return np.asarray(array == 1.0)


def _finite(values: Numbers, name: str) -> tuple[FloatArray, float, float]:
    """The array with its smallest and largest entry."""
    if isinstance(values, (pd.Series, pd.Index)):
        missing = np.asarray(values.isna())
        if missing.any():
            raise InvalidInput(_at(name, missing, "missing", "drop it or give it a value"))
        raw = values.to_numpy()
    else:
        try:
            raw = np.asarray(values)
        except ValueError as error:
            raise InvalidInput(f"{name}: no array of numbers ({error})") from error
    if raw.size == 0:
        raise InvalidInput(f"{name}: empty; give at least one number")
    if raw.dtype.kind == "O":
        array = _from_objects(raw, name)
    elif raw.dtype.kind in "iuf":
        array = raw.astype(np.float64, copy=False)
    else:
        raise InvalidInput(f"{name}: {raw.dtype} is no number; give integers or floats")
    # Both extremes are NaN where any entry is: two passes without a temporary array.
    low, high = float(array.min()), float(array.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InvalidInput(_at(name, ~np.isfinite(array), "NaN or infinite", "give finite numbers", array))
    return array, low, high


def _from_objects(raw: NDArray[np.object_], name: str) -> FloatArray:
    array = np.empty(raw.shape, dtype=np.float64)
    for at, value in np.ndenumerate(raw):
        if value is None or value is pd.NA:
            raise InvalidInput(f"{name}: {_place(at)}missing; drop it or give it a value")
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Real, Decimal)):
            raise InvalidInput(f"{name}: {_place(at)}{value!r} is no number; give integers or floats")
        try:
            array[at] = float(value)
        except (OverflowError, ValueError) as error:
            raise InvalidInput(f"{name}: {_place(at)}does not fit a float ({error})") from error
    return array


def _at(name: str, wrong: NDArray[np.bool_], what: str, remedy: str, array: FloatArray | None = None) -> str:
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    found = "" if array is None else f" ({float(array[at])})"
    return f"{name}: {_place(at)}{what}{found}; {remedy}"


def _place(at: tuple[int, ...]) -> str:
    return f"entry {', '.join(map(str, at))} is " if at else ""
