"""Guarantee circles among a million guarantees against networkx."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from analytics.risk.network import guarantee_circles
from benchmarks.harness import Measurement, compared

GUARANTEES = 1_000_000


def plain_circles(edges: pd.DataFrame) -> list[set[Any]]:
    """Strongly connected sets of two or more, as networkx finds them."""
    graph = nx.DiGraph()
    graph.add_edges_from(zip(edges["guarantor"].tolist(), edges["beneficiary"].tolist(), strict=True))
    return [found for found in nx.strongly_connected_components(graph) if len(found) > 1]


def _same(ours: list[list[Any]], plain: list[set[Any]]) -> str:
    assert {frozenset(circle) for circle in ours} == {frozenset(circle) for circle in plain}
    return f"{len(ours):,} circles, the largest of {max(map(len, ours)):,}"


def scc_vs_networkx() -> Measurement:
    """Random guarantees, dense enough for one giant circle and many small ones."""
    rng = np.random.default_rng(13)
    people = GUARANTEES * 9 // 10
    guarantor = rng.integers(1, people + 1, GUARANTEES)
    beneficiary = rng.integers(1, people + 1, GUARANTEES)
    beneficiary = np.where(beneficiary == guarantor, beneficiary % people + 1, beneficiary)
    amount = rng.integers(1, 10**9, GUARANTEES)
    edges = pd.DataFrame({"guarantor": guarantor, "beneficiary": beneficiary, "amount": amount})
    return compared(lambda: guarantee_circles(edges), lambda: plain_circles(edges), _same, units=GUARANTEES, rounds=3)


ROWS = {"scc_vs_networkx": scc_vs_networkx}
