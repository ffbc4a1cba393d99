"""The concentration pack of a book of a million loans against pandas' groupby."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from analytics.risk.concentration import concentration_pack
from benchmarks.harness import Measurement, compared

LOANS = 1_000_000
COLUMNS = ["herfindahl", "top_1", "top_5", "top_10", "gini", "theil", "shannon", "hoover"]


def book_of(loans: int, seed: int = 20231231) -> pd.DataFrame:
    """Loans with the columns and types that a rebuilt book's exposures have."""
    rng = np.random.default_rng(seed)
    customers = max(1, loans * 3 // 10)
    customer = rng.integers(1, customers + 1, loans)
    grouped = np.where(rng.random(customers + 1) < 0.3, rng.integers(1, customers // 15 + 2, customers + 1), 0)
    industries = np.array(list("ABCDEFGHIJKLMNOPQRST"), dtype=object)
    regions = np.array([f"CN-{first}{second}" for first in "ABCDEF" for second in "GHIJK"], dtype=object)
    return pd.DataFrame(
        {
            "loan": np.arange(1, loans + 1, dtype=np.uint64),
            "customer": customer,
            "group": grouped[customer],
            "borrowers": np.ones(loans, dtype=np.int64),
            "industry": industries[rng.integers(0, len(industries), loans)],
            "region": regions[rng.integers(0, len(regions), loans)],
            "outstanding": (rng.lognormal(16.0, 1.5, loans) * 100.0).astype(np.int64),
            "undrawn": np.zeros(loans, dtype=np.int64),
        }
    )


def plain_pack(loans: pd.DataFrame) -> pd.DataFrame:
    """The same indices as one writes them with groupby."""
    keys: dict[str, Any] = {
        "customer": loans["customer"],
        "group": loans["group"].where(loans["group"] > 0, -loans["customer"]),
        "industry": loans["industry"],
        "region": loans["region"],
        "industry × region": [loans["industry"], loans["region"]],
    }
    rows = {}
    for dimension, key in keys.items():
        share = loans["outstanding"].groupby(key).sum().sort_values()
        share = share / share.sum()
        count = len(share)
        rows[dimension] = {
            "herfindahl": (share**2).sum(),
            "top_1": share.iloc[-1],
            "top_5": share.iloc[-5:].sum(),
            "top_10": share.iloc[-10:].sum(),
            "gini": (2 * (np.arange(1, count + 1) * share).sum() - count - 1) / count,
            "theil": (share * np.log(share * count)).sum(),
            "shannon": -(share * np.log(share)).sum(),
            "hoover": (share - 1 / count).abs().sum() / 2,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _same(ours: pd.DataFrame, plain: pd.DataFrame) -> str:
    np.testing.assert_allclose(ours[COLUMNS].to_numpy(float), plain[COLUMNS].to_numpy(float), rtol=1e-8, atol=1e-12)
    return f"{ours.loc['customer', 'names']:,} customers, {ours.loc['group', 'names']:,} groups and customers of none"


def concentration_vs_pandas() -> Measurement:
    """All five dimensions and their indices."""
    loans = book_of(LOANS)
    book = SimpleNamespace(exposures=loans)
    return compared(lambda: concentration_pack(book), lambda: plain_pack(loans), _same, units=LOANS)


ROWS = {"concentration_vs_pandas": concentration_vs_pandas}
