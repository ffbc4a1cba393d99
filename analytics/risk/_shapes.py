"""Shapes: what every risk method asks of its arrays, and the shape it gives its results."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.errors import InvalidInput

FloatArray: TypeAlias = NDArray[np.float64]


def vector(array: FloatArray, *, name: str, length: int | None = None) -> FloatArray:
    """The array itself, refused unless it has one dimension (and the given length).

    Parameters
    ----------
    array : numpy.ndarray
        As the other checks return it.
    name : str
        What the error calls it.
    length : int, optional
        The number of entries it must have.

    Returns
    -------
    numpy.ndarray, shape (n,)
        The same array.

    Raises
    ------
    InvalidInput
        Another number of dimensions or of entries.

    Examples
    --------
    >>> vector(np.array([1.0, 2.0]), name="pd", length=2)
    array([1., 2.])
    """
    if array.ndim != 1:
        raise InvalidInput(f"{name}: has shape {array.shape}; give one dimension, one entry for each exposure")
    if length is not None and len(array) != length:
        raise InvalidInput(f"{name}: has {len(array)} entries where {length} are needed; give one for each")
    return array


def square(array: FloatArray, *, name: str) -> FloatArray:
    """The array itself, refused unless it is a square matrix.

    Parameters
    ----------
    array : numpy.ndarray
        As the other checks return it.
    name : str
        What the error calls it.

    Returns
    -------
    numpy.ndarray, shape (n, n)
        The same array.

    Raises
    ------
    InvalidInput
        Another number of dimensions, or of rows than of columns.

    Examples
    --------
    >>> square(np.array([[1, 0], [0, 1]]), name="correlation").shape
    (2, 2)
    """
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise InvalidInput(f"{name}: shape {array.shape} is not square; give as many rows as columns")
    return array


def per_entry(array: FloatArray, *, name: str, length: int) -> FloatArray:
    """A vector of the given length, a single number repeated.

    Parameters
    ----------
    array : numpy.ndarray
        Shape () or (length,).
    name : str
        What the error calls it.
    length : int
        The number of entries wanted.

    Returns
    -------
    numpy.ndarray, shape (length,)
        Read-only where one number was repeated.

    Raises
    ------
    InvalidInput
        Another shape.

    Examples
    --------
    >>> per_entry(np.array(0.45), name="lgd", length=2)
    array([0.45, 0.45])
    """
    if array.ndim == 0:
        return np.broadcast_to(array, (length,))
    return vector(array, name=name, length=length)


def broadcast(**columns: FloatArray) -> tuple[FloatArray, ...]:
    """Arrays brought to one shape, as NumPy does it.

    Parameters
    ----------
    **columns : numpy.ndarray
        The arguments of a method, by name.

    Returns
    -------
    tuple of numpy.ndarray
        Read-only views, in the order given.

    Raises
    ------
    InvalidInput
        Shapes that do not go together.

    Examples
    --------
    >>> [column.shape for column in broadcast(pd=np.zeros(3), lgd=np.array(0.45))]
    [(3,), (3,)]
    """
    try:
        return tuple(np.broadcast_arrays(*columns.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {column.shape}" for name, column in columns.items())
        raise InvalidInput(f"{', '.join(columns)}: lengths differ ({shapes}); give one of each") from error


def common_index(**columns: object) -> pd.Index[Any] | None:
    """The index that every Series among the arguments has, or None where none is a Series.

    Parameters
    ----------
    **columns
        The arguments of a method, by name.

    Returns
    -------
    pandas.Index or None
        The shared labels.

    Raises
    ------
    InvalidInput
        Two Series with different labels: aligning them silently would pair wrong numbers.

    Examples
    --------
    >>> list(common_index(pd=pd.Series([0.01], index=["a"]), lgd=0.45))
    ['a']
    """
    first: tuple[str, pd.Index[Any]] | None = None
    for name, column in columns.items():
        if not isinstance(column, pd.Series):
            continue
        if first is None:
            first = (name, column.index)
        elif not first[1].equals(column.index):
            raise InvalidInput(f"{name}: its labels differ from those of {first[0]}; reindex one to the other")
    return None if first is None else first[1]


def shaped(result: FloatArray, index: pd.Index[Any] | None) -> Any:
    """A result in the shape its inputs had: float, array, or Series with their labels.

    Parameters
    ----------
    result : numpy.ndarray
        Shape () or more.
    index : pandas.Index or None
        From `common_index`.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        A Series where there is an index, a float where the result has no dimension.

    Raises
    ------
    InvalidInput
        A result of more entries than there are labels.

    Examples
    --------
    >>> shaped(np.array(0.5), None)
    0.5
    """
    if index is not None:
        if result.shape != (len(index),):
            raise InvalidInput(
                f"a result of shape {result.shape} has no place under {len(index)} labels; give one each"
            )
        return pd.Series(result, index=index)
    return float(result) if result.ndim == 0 else result
