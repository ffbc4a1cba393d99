"""What few loans carry beside their balances, and what customers owe all banks.

A new event about it is one more entry of `CARRIES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analytics.book._frames import Column, Columns, named
from analytics.book._rows import Keys, Record, Rows, latest
from analytics.book._words import Values
from analytics.ledger import CATEGORIES, FLOORS

# By event, the columns on which it has a say, and what it says: one of its own columns, or a number.
CARRIES: Final[Mapping[str, Mapping[str, str | int]]] = {
    "technical_delay_exempted": {"technical_delay": "oldest_due"},
    "misuse_found": {"misused": "principal"},
    "misuse_cleared": {"misused": 0},
    "loan_called": {"called": 1},
    "loan_restructured": {
        "called": 0,
        "observed_until": "observed_until",
        "observed_payments": 0,
        "restructurings": "number",
    },
    "debt_restructured": {"uncovered": "uncovered"},
    "payment_observed": {"observed_payments": "payments"},
    "observation_restarted": {"observed_until": "observed_until", "observed_payments": 0},
    "observation_ended": {"observed_until": 0, "observed_payments": 0},
    "loan_repriced": {"repriced_on": "value_date"},
}
# Events that give a loan penalty interest, which stands with its balances.
_PENALTY: Final = ("penalty_fell_due", "payment_back_valued")
_WHOLE: Final = (
    "misused", "observed_until", "observed_payments", "restructurings", "repriced_on", "called", "uncovered",
    "technical_delay",
)  # fmt: skip


def cares(record: Record, lent: Columns) -> dict[str, Column]:
    """One row per loan that ever carried something, in the order of the first event about it."""
    told = {name: record[f"loan_book.{name}"] for name in CARRIES}
    floors = record["loan_book.floor_set"]
    sources = [*told.values(), floors, *(record[f"loan_book.{name}"] for name in _PENALTY)]
    keys = Keys(_in_order(sources), "loan", repeated=True)
    whole = {
        column: latest(keys, [(told[event], "loan_id", row[column]) for event, row in CARRIES.items() if column in row])
        for column in _WHOLE
    }
    by_floor = {name: latest(keys, [(_only(floors, name), "loan_id", "category")]) for name in FLOORS[:-1]}
    watched = [(_only(floors, "restructured"), "loan_id", "category"), (told["loan_restructured"], "loan_id", "floor")]
    by_floor["restructured"] = latest(keys, watched)
    loans = Keys(lent.arrays["loan"], "loan")
    at = loans.positions(keys.ids, where="loan_book.cares")
    return {
        "loan": keys.ids,
        **whole,
        "called": whole["called"].astype(np.bool_),
        **{name: named(codes, CATEGORIES) for name, codes in by_floor.items()},
        "penalty_accrued": lent.arrays["penalty_accrued"][at],
    }


def _in_order(sources: list[Rows]) -> Values:
    """The loans of some events, in the order of the record."""
    ids = np.concatenate([rows["loan_id"] for rows in sources])
    return np.asarray(ids[np.argsort(np.concatenate([rows.order for rows in sources]), kind="stable")])


def _only(floors: Rows, name: str) -> Rows:
    """The events of one floor."""
    return Rows(floors.name, floors.table.filter(pc.equal(floors.table.column("floor"), FLOORS.index(name))))


def system_debts(record: Record) -> dict[str, Column]:
    """One row per customer whose debt at all banks was ever reported: the last report."""
    rows = record["loan_book.system_debt_reported"]
    last = rows.table.take(pa.array(rows.last(rows.keys("customer"), "customer").row))
    found = Rows(rows.name, last)
    return {name: found[name] for name in ("customer", "total", "overdue", "as_of")}
