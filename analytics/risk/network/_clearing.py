"""Clearing: what everyone can pay once everyone pays."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analytics.errors import InvalidInput
from analytics.risk._numbers import Numbers, non_negative, probabilities
from analytics.risk._shapes import FloatArray, square, vector

_CLEARED: Final = 1e-12


def clearing_vector(
    liabilities: ArrayLike | pd.DataFrame,
    external_assets: Numbers,
    external_liabilities: Numbers,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
) -> Any:
    """Greatest clearing vector: what each node pays in all when everyone pays what he can.

    Parameters
    ----------
    liabilities : array-like or pandas.DataFrame, shape (n, n)
        Row i owes column j; the diagonal is zero.
    external_assets : array-like, shape (n,)
        What each node has outside the network, zero or more.
    external_liabilities : array-like, shape (n,)
        What each owes outside it; outside creditors rank equally with those inside.
    alpha : float
        Share of its external assets a failing node realises, 0 to 1.
    beta : float
        Share of what it receives inside the network a failing node realises, 0 to 1.

    Returns
    -------
    numpy.ndarray or pandas.Series, shape (n,)
        Total payments, external included: the total owed by who is solvent, less by who is not.
        A Series where ``liabilities`` is a DataFrame.

    Raises
    ------
    InvalidInput
        Not square, a debt to oneself, labels that differ, lengths that differ, negative, NaN or
        infinite numbers, or a share outside [0, 1].

    Notes
    -----
    Eisenberg and Noe (2001), by their fictitious default algorithm, and with default costs
    Rogers and Veraart (2013), by their greatest clearing vector algorithm; alpha = beta = 1 is the former.

    Examples
    --------
    >>> clearing_vector([[0, 8], [4, 0]], [2, 1], [0, 5]).round(6)
    array([4.4, 5.4])
    """
    labels = liabilities.index if isinstance(liabilities, pd.DataFrame) else None
    if isinstance(liabilities, pd.DataFrame):
        if not liabilities.index.equals(liabilities.columns):
            raise InvalidInput("liabilities: rows and columns are labelled differently; give both the same")
        liabilities = liabilities.to_numpy()
    L = square(non_negative(liabilities, name="liabilities"), name="liabilities")
    if np.diag(L).any():
        at = int(np.flatnonzero(np.diag(L))[0])
        raise InvalidInput(f"liabilities: node {at} owes itself; set its diagonal entry to zero")
    columns: dict[str, FloatArray] = {}
    for name, values in (
        ("external_assets", external_assets),
        ("external_liabilities", external_liabilities),
    ):
        if labels is not None and isinstance(values, pd.Series) and not values.index.equals(labels):
            raise InvalidInput(f"{name}: labels differ from those of liabilities; reindex one to the other")
        columns[name] = vector(non_negative(values, name=name), name=name, length=len(L))
    shares = probabilities([alpha, beta], name="alpha, beta")
    owed = L.sum(axis=1) + columns["external_liabilities"]
    paid = _greatest_clearing(L, columns["external_assets"], owed, shares)
    return paid if labels is None else pd.Series(paid, index=labels)


def _greatest_clearing(L: FloatArray, assets: FloatArray, owed: FloatArray, shares: FloatArray) -> FloatArray:
    alpha, beta = shares
    Pi = np.divide(L, owed[:, None], out=np.zeros_like(L), where=owed[:, None] > 0.0)
    paid, failing = owed.copy(), np.zeros(len(owed), dtype=bool)
    while True:
        worth = assets + Pi.T @ paid
        newly = (worth < owed * (1.0 - _CLEARED)) & ~failing
        if not newly.any():
            return paid
        failing |= newly
        D = np.flatnonzero(failing)
        inside = Pi[np.ix_(D, D)].T
        # A set of failing nodes that owes nothing outside itself cannot fail as a whole, so the
        # matrix is never singular.
        received = Pi[~failing][:, D].T @ owed[~failing]
        paid = owed.copy()
        paid[D] = np.linalg.solve(np.eye(len(D)) - beta * inside, alpha * assets[D] + beta * received)
        paid[D] = np.clip(paid[D], 0.0, owed[D])
