"""Guarantee circles among a million guarantees against networkx."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from analytics.risk.network import guarantee_circles
from benchmarks.harness import Case, Row

GUARANTEES = 1_000_000


def plain_circles(edges: pd.DataFrame) -> list[set[Any]]:
    """Strongly connected sets of two or more, as networkx finds them."""
    graph = nx.DiGraph()
    graph.add_edges_from(zip(edges["guarantor"].tolist(), edges["beneficiary"].tolist(), strict=True))
    return [found for found in nx.strongly_connected_components(graph) if len(found) > 1]


def _same(ours: list[list[Any]], plain: list[set[Any]]) -> dict[str, int]:
    assert {frozenset(circle) for circle in ours} == {frozenset(circle) for circle in plain}
    return {"circles": len(ours), "largest": max(map(len, ours))}


def _prepare() -> Case:
    rng = np.random.default_rng(13)
    people = GUARANTEES * 9 // 10
    guarantor = rng.integers(1, people + 1, GUARANTEES)
    beneficiary = rng.integers(1, people + 1, GUARANTEES)
    beneficiary = np.where(beneficiary == guarantor, beneficiary % people + 1, beneficiary)
    edges = pd.DataFrame(
        {"guarantor": guarantor, "beneficiary": beneficiary, "amount": rng.integers(1, 10**9, GUARANTEES)}
    )
    return Case(lambda: guarantee_circles(edges), lambda: plain_circles(edges), _same)


ROWS = (
    Row(
        name="scc_vs_networkx",
        what="guarantee circles among 1,000,000 guarantees",
        baseline="networkx",
        prepare=_prepare,
        ratio=50.0,
        rounds=3,
    ),
)
