"""Columns of the ledger, and DataFrames of a declared schema around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import cast

import numpy as np
import pandas as pd

from analytics.book._words import Texts, Values
from analytics.ledger import Schema

Column = Values | Texts | pd.Categorical


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of one table by kind, for whoever goes on computing with them."""

    arrays: Mapping[str, Values]
    texts: Mapping[str, Texts] = field(default_factory=dict)
    names: Mapping[str, pd.Categorical] = field(default_factory=dict)

    def frame(self, schema: Schema) -> pd.DataFrame:
        """The table itself."""
        return frame({**self.arrays, **self.texts, **self.names}, schema)


def frame(columns: Mapping[str, Column], schema: Schema) -> pd.DataFrame:
    """A table of the book around these very arrays; what may not be written to belongs to the events and is copied."""
    return pd.DataFrame({name: _own(columns[name]) for name in schema}, copy=False)


def named(codes: Values, names: tuple[str, ...]) -> pd.Categorical:
    """Numbers of a contract's enumeration as the names the ledger gives them."""
    return pd.Categorical.from_codes(cast(Sequence[int], codes.astype(np.int64)), dtype=_enumeration(names))


@cache
def _enumeration(names: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(pd.Index(names))


def _own(column: Column) -> Values | pd.Categorical:
    if isinstance(column, Texts):
        return column.values()
    return column.copy() if isinstance(column, np.ndarray) and not column.flags.writeable else column
