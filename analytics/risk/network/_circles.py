"""Who guarantees whom: circles of obligors, and guarantors who stand behind many."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from analytics.errors import InvalidInput
from analytics.risk._numbers import non_negative, whole_number
from analytics.risk._tables import required_columns, summable
from analytics.risk.network._edges import adjacency, check_edges

_DENSE_SPAN: Final = 4


def guarantee_circles(edges: pd.DataFrame) -> list[list[Any]]:
    """Sets of obligors who all guarantee each other, directly or through others.

    Parameters
    ----------
    edges : pandas.DataFrame
        Columns guarantor, beneficiary (ids of one kind), amount; one row for each guarantee.

    Returns
    -------
    list of list
        The strongly connected sets of two or more, each sorted, the list sorted by first id. A
        guarantee for oneself is no circle. Empty where there is none.

    Raises
    ------
    InvalidInput
        A missing column or id, or a negative, NaN or infinite amount.

    Notes
    -----
    Strongly connected components after Pearce (2005), as scipy.sparse.csgraph has them.

    Examples
    --------
    >>> edges = pd.DataFrame({
    ...     "guarantor": ["a", "b", "c", "d"], "beneficiary": ["b", "c", "a", "a"], "amount": [5, 5, 5, 9]
    ... })
    >>> guarantee_circles(edges)
    [['a', 'b', 'c']]
    """
    required_columns(edges[:0], ("guarantor", "beneficiary", "amount"), name="edges")
    if edges.empty:
        return []
    non_negative(edges["amount"], name="edges: amount")
    source, target, ids = _codes(edges["guarantor"], edges["beneficiary"])
    source, target = _inner_edges(source, target, len(ids))
    if not len(source):
        return []
    graph = adjacency(source, target, np.ones(len(source), dtype=np.bool_), len(ids))
    _, label = connected_components(graph, directed=True, connection="strong")
    members = np.flatnonzero(np.bincount(label)[label] > 1)
    names, groups = ids[members].to_numpy(), label[members]
    by_name = np.argsort(names, kind="stable")
    order = by_name[np.argsort(groups[by_name], kind="stable")]
    circles = np.split(names[order], np.flatnonzero(np.diff(groups[order])) + 1)
    return sorted((circle.tolist() for circle in circles if len(circle)), key=lambda circle: circle[0])


def multi_head(edges: pd.DataFrame, *, at_least: int = 2) -> pd.DataFrame:
    """Guarantors who stand behind several borrowers, with the cover they promised in all.

    Parameters
    ----------
    edges : pandas.DataFrame
        Columns guarantor, beneficiary, amount (integer fen).
    at_least : int
        The number of different borrowers from which a guarantor is listed.

    Returns
    -------
    pandas.DataFrame
        Columns guarantor, borrowers (number of different beneficiaries, oneself not counted),
        cover (exact sum of amounts); most borrowers first, then most cover. Empty where there is
        none.

    Raises
    ------
    InvalidInput
        A missing column or id, a negative, NaN or infinite amount, or ``at_least`` below one.

    Examples
    --------
    >>> edges = pd.DataFrame({
    ...     "guarantor": ["a", "a", "a", "b"], "beneficiary": ["x", "y", "y", "x"], "amount": [5, 6, 7, 8]
    ... })
    >>> multi_head(edges)
      guarantor  borrowers  cover
    0         a          2     18
    """
    check_edges(edges, "guarantor", "beneficiary")
    others = edges[edges["guarantor"] != edges["beneficiary"]]
    grouped = others.assign(amount=summable(others["amount"])).groupby("guarantor", sort=True, observed=True)
    heads = pd.DataFrame(
        {"borrowers": grouped["beneficiary"].nunique(), "cover": grouped["amount"].sum()}
    ).reset_index()
    heads = heads[heads["borrowers"] >= whole_number(at_least, name="at_least", least=1)]
    return heads.sort_values(["borrowers", "cover"], ascending=False, kind="stable").reset_index(drop=True)


def _codes(
    source: pd.Series[Any], target: pd.Series[Any]
) -> tuple[NDArray[np.int32], NDArray[np.int32], pd.Index[Any]]:
    """Both columns as positions in one index of ids."""
    a, b = source.to_numpy(), target.to_numpy()
    if a.dtype.kind in "iu" and a.dtype == b.dtype:
        low = min(int(a.min()), int(b.min()))
        span = max(int(a.max()), int(b.max())) - low + 1
        if span <= _DENSE_SPAN * 2 * len(a):
            ids = pd.RangeIndex(low, low + span)
            return (a - low).astype(np.int32), (b - low).astype(np.int32), ids
    codes, ids = pd.factorize(pd.concat([source, target], ignore_index=True))
    half = len(source)
    if (codes < 0).any():
        row = int(np.flatnonzero(codes < 0)[0])
        side = source.name if row < half else target.name
        raise InvalidInput(f"edges: row {row % half}, {side} is missing; drop the row or fill it")
    return codes[:half].astype(np.int32), codes[half:].astype(np.int32), pd.Index(ids)


def _inner_edges(
    source: NDArray[np.int32], target: NDArray[np.int32], size: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Edges between ids that both give and take, the only ones a circle can use.

    Repeated while it drops a tenth of them: a sparse network is nearly spared the search.
    """
    while True:
        gives = np.zeros(size, dtype=bool)
        takes = np.zeros(size, dtype=bool)
        gives[source] = True
        takes[target] = True
        inner = np.flatnonzero(takes.take(source) & gives.take(target))
        kept = len(inner) / max(len(source), 1)
        source, target = source.take(inner), target.take(inner)
        if kept > 0.9 or not len(source):
            return source, target
