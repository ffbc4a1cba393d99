"""Where lent money went: flows, diversions, and the earmarks on what is left of it."""

from __future__ import annotations

import numpy as np

from analytics.book._frames import Column
from analytics.book._rows import Record, Writer, latest, latest_text
from analytics.ledger import DIVERSIONS, FLOWS


def flows(record: Record) -> dict[str, Column]:
    """One row per transfer of earmarked money."""
    rows = record["fund_flow_ledger.flow_recorded"]
    renamed = {"loan": "loan_id", "from_account": "from", "to_account": "to"}
    return {name: rows[renamed.get(name, name)] for name in FLOWS}


def diversions(record: Record) -> dict[str, Column]:
    """One row per payment that went where it should not."""
    rows = record["fund_flow_ledger.diversion_detected"]
    return {name: rows["loan_id" if name == "loan" else name] for name in DIVERSIONS}


def earmarks(record: Record) -> dict[str, Column]:
    """What each borrower's account has left under each loan; a later drawdown's terms hold for all of it."""
    credited, spent, returned, reversed_ = (
        record[f"deposit_token.{name}"]
        for name in ("drawdown_credited", "earmark_spent", "earmark_returned", "drawdown_reversed")
    )
    for rows in (credited, spent, returned, reversed_):
        rows.join("earmark", ("loan_id", "borrower"))
    keys = credited.keys("earmark")
    first = np.unique(keys.codes, return_index=True)[1]
    remaining: list[Writer] = [
        (credited, "earmark", "remaining"), (spent, "earmark", "remaining"), (returned, "earmark", 0),
        (reversed_, "earmark", "remaining"),
    ]  # fmt: skip
    return {
        "loan": credited["loan_id"][first],
        "borrower": credited["borrower"][first],
        "remaining": latest(keys, remaining),
        "purpose": latest_text(keys, [(credited, "earmark", "purpose")]),
        **{name: latest(keys, [(credited, "earmark", name)]) for name in ("payees", "expiry", "mode")},
    }
