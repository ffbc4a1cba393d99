"""Contagion through exposures: how the stress of some nodes becomes that of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from analytics.errors import InvalidInput
from analytics.risk._numbers import finite_array, non_negative, positive, probabilities, scalar
from analytics.risk._shapes import FloatArray
from analytics.risk._tables import located, one_row_each, required_columns
from analytics.risk.network._edges import adjacency, check_edges

_ROUNDS: Final = 100_000
_DEFAULTED: Final = 1.0 - 1e-12
Shocks: TypeAlias = "Mapping[Any, float] | pd.Series[float]"


@dataclass(frozen=True, slots=True)
class Contagion:
    """Stress of a network after a shock; stress is the share of a buffer lost, 1 = failed.

    Attributes
    ----------
    original_stress : float
        Weighted mean of the stress the scenario itself brings.
    additional_stress : float
        Weighted mean of the stress that contagion adds, each node's total capped at one.
    additional_defaults : int
        Nodes that failed and did not at the start.
    stress : pandas.Series
        Final stress of each bank, capped at one.
    rounds : int
        Rounds until it settled.
    """

    original_stress: float
    additional_stress: float
    additional_defaults: int
    stress: pd.Series[float]
    rounds: int


def debtrank(edges: pd.DataFrame, nodes: pd.DataFrame, shocks: Shocks, *, tolerance: float = 1e-12) -> Contagion:
    """Linear DebtRank: who loses a share of its buffer passes on that share of its debts as losses.

    Parameters
    ----------
    edges : pandas.DataFrame
        Columns creditor, debtor, amount; several rows of a pair add up. May be empty.
    nodes : pandas.DataFrame
        Columns bank, buffer (above zero, in the unit of the amounts), weights (any non-negative
        scale).
    shocks : mapping
        One scenario {bank: share of its buffer lost}, 0 to 1; 1 = it fails. Others are unhurt.
    tolerance : float
        Stops when the Euclidean norm of a round's change in stress falls below it.

    Returns
    -------
    Contagion
        With one node or no edges nothing is added.

    Raises
    ------
    InvalidInput
        Missing columns, unknown or repeated banks, an exposure to oneself, buffers not above
        zero, shares outside [0, 1], negative, NaN or infinite numbers, or stress that has not
        settled after 100,000 rounds.

    Notes
    -----
    Bardoscia and others (2015): h(t+1) = h(t) + Λ (h(t) − h(t−1)) with
    Λ_ij = A_ij / E_i and what a failed node passes on capped at its whole debt.

    Examples
    --------
    >>> edges = pd.DataFrame({"creditor": ["b"], "debtor": ["a"], "amount": [3.0]})
    >>> nodes = pd.DataFrame({"bank": ["a", "b"], "buffer": [1.0, 6.0], "weights": [1.0, 1.0]})
    >>> debtrank(edges, nodes, {"a": 1.0}).additional_stress
    0.25
    """
    limit = float(positive(scalar(tolerance, name="tolerance"), name="tolerance"))
    V, weights, shock, banks = _exposure_network(edges, nodes, shocks)
    stress, passed = shock, np.zeros_like(shock)
    for rounds in range(1, _ROUNDS + 1):
        passing = np.minimum(stress, 1.0) - passed
        passed = passed + passing
        change = V @ passing
        stress = stress + change
        if np.sqrt((change**2).sum()) < limit:
            return _contagion(shock, stress, weights, banks, rounds)
    raise InvalidInput(f"debtrank: stress still changes after {_ROUNDS} rounds; give a larger tolerance than {limit}")


def threshold_cascade(edges: pd.DataFrame, nodes: pd.DataFrame, shocks: Shocks) -> Contagion:
    """Default cascade: a node passes on nothing until it fails, and then its whole debt.

    Parameters
    ----------
    edges : pandas.DataFrame
        Columns creditor, debtor, amount; several rows of a pair add up. May be empty.
    nodes : pandas.DataFrame
        Columns bank, buffer (above zero), weights.
    shocks : mapping
        One scenario {bank: share of its buffer lost}, 0 to 1; 1 = it fails.

    Returns
    -------
    Contagion
        Stress after the round in which nobody new failed.

    Raises
    ------
    InvalidInput
        As `debtrank`.

    Notes
    -----
    Upper (2011); with the same definitions of stress as `debtrank`.

    Examples
    --------
    >>> edges = pd.DataFrame({"creditor": ["b", "c"], "debtor": ["a", "b"], "amount": [3.0, 1.0]})
    >>> nodes = pd.DataFrame({"bank": ["a", "b", "c"], "buffer": [1.0, 6.0, 2.0], "weights": [1, 1, 2]})
    >>> threshold_cascade(edges, nodes, {"a": 1.0}).additional_stress
    0.125
    """
    V, weights, shock, banks = _exposure_network(edges, nodes, shocks)
    stress, failed, rounds = shock, np.zeros(len(shock), dtype=bool), 0
    while True:
        newly = (stress >= _DEFAULTED) & ~failed
        if not newly.any():
            return _contagion(shock, stress, weights, banks, rounds)
        failed |= newly
        stress = stress + V @ newly.astype(np.float64)
        rounds += 1


def _exposure_network(
    edges: pd.DataFrame, nodes: pd.DataFrame, shocks: Shocks
) -> tuple[csr_array, FloatArray, FloatArray, pd.Index[Any]]:
    """Λ (creditor × debtor, shares of the creditor's buffer), weights that sum to one, the shock."""
    required_columns(nodes, ("bank", "buffer", "weights"), name="nodes")
    one_row_each(nodes, "bank", name="nodes")
    banks = pd.Index(nodes["bank"])
    buffer = positive(nodes["buffer"], name="nodes: buffer")
    weights = non_negative(nodes["weights"], name="nodes: weights")
    if not weights.any():
        raise InvalidInput("nodes: all weights are zero; weigh at least one bank")
    check_edges(edges, "creditor", "debtor")
    creditor, debtor = (located(edges[side], banks, name="edges", among="nodes") for side in ("creditor", "debtor"))
    own = np.flatnonzero(creditor == debtor)
    if len(own):
        raise InvalidInput(f"edges: row {own[0]} is an exposure to oneself; drop it")
    amount = finite_array(edges["amount"], name="edges: amount") if len(edges) else np.zeros(0)
    V = adjacency(creditor, debtor, amount / buffer[creditor], len(banks))
    shock = np.zeros(len(banks))
    named = pd.Series(dict(shocks), dtype=object)
    if len(named):
        at = banks.get_indexer(named.index)
        if (at < 0).any():
            raise InvalidInput(f"shocks: {named.index[at < 0][0]!r} has no row in nodes; name a bank of the network")
        shock[at] = probabilities(named, name="shocks")
    return V, weights / weights.sum(), shock, banks


def _contagion(
    shock: FloatArray, stress: FloatArray, weights: FloatArray, banks: pd.Index[Any], rounds: int
) -> Contagion:
    capped = np.minimum(stress, 1.0)
    original = float(shock @ weights)
    return Contagion(
        original_stress=original,
        additional_stress=float(capped @ weights) - original,
        additional_defaults=int(((stress > _DEFAULTED) & (shock < 1.0)).sum()),
        stress=pd.Series(capped, index=banks, name="stress"),
        rounds=rounds,
    )
