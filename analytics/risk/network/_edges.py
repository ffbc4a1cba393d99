"""What every network is made of: edges with an amount, and the sparse matrix they are."""

from __future__ import annotations

from typing import Any

import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analytics.risk._numbers import non_negative
from analytics.risk._tables import required_columns


def check_edges(edges: pd.DataFrame, source: str, target: str) -> None:
    """Refuse edges without both ends, or whose amounts are not all numbers of zero or more."""
    required_columns(edges, (source, target, "amount"), name="edges")
    if len(edges):
        non_negative(edges["amount"], name="edges: amount")


def adjacency(rows: NDArray[Any], columns: NDArray[Any], values: NDArray[Any], size: int) -> csr_array:
    """Edges as a sparse matrix of so many ids."""
    # Repeated pairs are merged here; csgraph's search does not end on a matrix that repeats one.
    return csr_array((values, (rows, columns)), shape=(size, size))
