"""Loans in difficulty: new terms, waived charges, loans and claims sold."""

from __future__ import annotations

import numpy as np

from analytics.book._frames import Column, named
from analytics.book._rows import Record, minus, plus
from analytics.ledger import CATEGORIES, LOAN_TYPES

PARTIES = ("maker", "checker")


def restructurings(record: Record) -> dict[str, Column]:
    """One row per restructuring carried out: the new terms, what was waived and what became principal.

    It is told by two events, in the same order; who recorded the acceptance is told before.
    """
    told, settled = record["loan_book.loan_restructured"], record["loan_book.debt_restructured"]
    accepted = record["loan_book.restructuring_accepted"]
    witness = dict(zip(accepted["proposal"].tolist(), accepted["person"].tolist(), strict=True))
    terms = ("number", "posting", "value_date", "cycle_months", "rate", "maturity", "resume_on", "observed_until")
    amounts = (
        "penalty_waived", "fee_waived", "interest_waived", "haircut", "penalty_capitalised", "fee_capitalised",
        "interest_capitalised", "principal", "uncovered",
    )  # fmt: skip
    return {
        "loan": told["loan_id"],
        **{name: told[name] for name in (*terms, "proposal", *PARTIES)},
        "loan_type": named(told["loan_type"], LOAN_TYPES),
        "floor": named(told["floor"], CATEGORIES),
        **{name: settled[name] for name in amounts},
        "witness": np.array([witness.get(proposal, 0) for proposal in told["proposal"].tolist()], dtype=np.int64),
        "accepted": np.ones(len(told), dtype=np.bool_),
    }


def waivers(record: Record) -> dict[str, Column]:
    """One row per waiver of charges outside a restructuring."""
    told = record["loan_book.charges_waived"]
    names = ("posting", "value_date", "penalty", "fee", *PARTIES)
    return {"loan": told["loan_id"], **{name: told[name] for name in names}}


def sales(record: Record) -> dict[str, Column]:
    """One row per loan or claim sold: the price, each balance sold, and the price less all but the claim."""
    told = record["loan_book.loan_sold"]
    balances = ("principal", "interest", "penalty", "fee")
    names = ("buyer", "posting", "value_date", "price", *balances, "written_off", "undrawn", *PARTIES)
    carried = plus(plus(told["principal"], told["interest"]), plus(told["penalty"], told["fee"]))
    return {"loan": told["loan_id"], **{name: told[name] for name in names}, "result": minus(told["price"], carried)}
