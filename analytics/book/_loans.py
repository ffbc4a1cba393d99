"""Loans: which event writes which column, which amounts add up, and what is taken back.

A new event of the loan book is one more entry of `WRITES` (its fields are the last word on those columns) or
of `SUMS` (its amounts add to them).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from analytics.book._frames import Columns, named
from analytics.book._rows import Keys, Record, Rows, Writer, latest, latest_text, minus, plus, total_by
from analytics.book._words import Values
from analytics.ledger import CATEGORIES, LOAN_STATES, LOANS, REASONS

APPLIED, APPROVED, DENIED, ACTIVE, DEFAULTED, REPAID, WRITTEN_OFF, SOLD = 1, 2, 3, 5, 6, 7, 8, 9
PAYMENT, DRAWDOWN, CHARGE = 0, 1, 2
FEE, PENALTY = 0, 1
PASS = 1
IMPORT: Final = REASONS.index("import")
TEXTS: Final = ("industry", "region", "purpose", "external_ref")


def _same(*names: str) -> dict[str, str | int]:
    """Columns that an event writes from its own of the same name."""
    return {name: name for name in names}


_TERMS: Final = _same("customer", "product", "industry", "region", "purpose", "rate", "maturity")

# By event, the columns on which it has a say, and what it says: one of its own columns, or a number.
WRITES: Final[Mapping[str, Mapping[str, str | int]]] = {
    "loan_applied": {**_TERMS, "state": APPLIED, "undrawn": "amount", "applied_on": "value_date"},
    "loan_approved": {
        **_same("available_until"), "state": APPROVED, "accrued_through": "available_until",
    },
    "loan_denied": {"state": DENIED, "undrawn": 0},
    "approval_lapsed": {**_same("state"), "undrawn": 0},
    "loan_drawn": {
        **_same("instalment", "principal", "undrawn", "accrued", "instalment_amount"), "state": ACTIVE,
        "accrued_through": "value_date", "postings": "posting",
    },
    "loan_imported": {**_TERMS, **_same("external_ref", "source_status", "import_id"), "accrued_through": "value_date"},
    "balances_imported": {
        **_same(
            "state", "category", "instalment", "principal", "instalment_amount", "principal_due", "interest_due",
            "oldest_due", "written_off",
        ),
        "reason": IMPORT,
    },
    "instalment_fell_due": {
        **_same("instalment", "accrued", "principal_due", "interest_due", "oldest_due"), "accrued_through": "due_date",
    },
    "loan_repaid": {
        **_same("instalment", "accrued", "principal_due", "interest_due", "oldest_due", "state"),
        "principal": "outstanding", "accrued_through": "value_date", "postings": "posting",
    },
    "loan_closed": {"state": REPAID, "accrued": 0, "penalty_accrued": 0},
    "loan_charged": {"postings": "posting"},
    "penalty_fell_due": _same("penalty_accrued"),
    "payment_back_valued": _same("penalty_accrued"),
    "instalment_fixed": _same("instalment_amount"),
    "loan_repriced": {
        **_same("rate", "accrued", "instalment_amount"), "accrued_through": "value_date",
    },
    "loan_classified": _same("category", "reason"),
    "misuse_found": {**_same("accrued"), "accrued_through": "value_date"},
    "misuse_cleared": {**_same("accrued"), "accrued_through": "value_date"},
    "loan_defaulted": {"state": DEFAULTED, "defaulted_on": "value_date"},
    "loan_cured": {"state": ACTIVE},
    "loan_written_off": {
        **_same("state", "accrued", "principal_due", "interest_due", "oldest_due", "written_off"),
        "principal": "outstanding", "accrued_through": "value_date", "postings": "posting",
    },
    "loan_restructured": {
        **_same("rate", "maturity", "instalment", "instalment_amount"), "accrued_through": "value_date",
        "postings": "posting",
    },
    "debt_restructured": {
        **_same("principal", "accrued"), **dict.fromkeys(("undrawn", "principal_due", "interest_due", "oldest_due"), 0),
    },
    "charges_waived": {**_same("accrued", "state"), "accrued_through": "value_date", "postings": "posting"},
    "loan_sold": {
        **dict.fromkeys(
            (
                "principal", "undrawn", "accrued", "instalment_amount", "principal_due", "interest_due", "oldest_due",
                "written_off", "penalty_accrued",
            ), 0
        ),
        "state": SOLD, "accrued_through": "value_date", "postings": "posting",
    },
    "loan_recovered": {**_same("written_off"), "postings": "posting"},
    "posting_reversed": {
        **_same("accrued", "principal_due", "interest_due"), "principal": "outstanding",
        "accrued_through": "value_date", "postings": "posting",
    },
    "prepayment_fee_dropped": {"postings": "posting"},
    "reversal_settled": _same("state", "undrawn", "instalment_amount", "oldest_due"),
}  # fmt: skip


class Sum(NamedTuple):
    """Amounts of an event that add to a column, or take from it: of all its rows, or of one kind of them."""

    event: str
    amount: str
    sign: int = 1
    kind: int | None = None


def _paid(part: str, sign: int = 1) -> tuple[Sum, ...]:
    return Sum("loan_repaid", part, sign), Sum("posting_reversed", part, -sign, PAYMENT)


_DRAWN: Final = Sum("loan_drawn", "amount"), Sum("posting_reversed", "principal", -1, DRAWDOWN)


def _gone(part: str) -> tuple[Sum, ...]:
    """What of a charge was written off, waived, made principal or sold."""
    return (
        Sum("loan_written_off", part, -1), Sum("charges_waived", part, -1), Sum("loan_sold", part, -1),
        Sum("debt_restructured", f"{part}_waived", -1), Sum("debt_restructured", f"{part}_capitalised", -1),
    )  # fmt: skip


# By column, what it is the sum of.
SUMS: Final[Mapping[str, tuple[Sum, ...]]] = {
    "originated": _DRAWN,
    "drawn": _DRAWN,
    "principal_paid": _paid("principal"),
    "interest_paid": _paid("interest"),
    "penalty_paid": _paid("penalty"),
    "fees_paid": _paid("fee"),
    "recovered": (Sum("loan_recovered", "amount"),),
    "penalty_due": (
        Sum("loan_charged", "amount", kind=PENALTY), Sum("posting_reversed", "penalty", -1, CHARGE),
        Sum("penalty_fell_due", "amount"), Sum("payment_back_valued", "penalty_taken_back", -1),
        *_paid("penalty", -1), *_gone("penalty"),
    ),
    "fee_due": (
        Sum("loan_charged", "amount", kind=FEE), Sum("posting_reversed", "fee", -1, CHARGE),
        Sum("prepayment_fee_dropped", "amount", -1), *_paid("fee", -1), *_gone("fee"),
    ),
}  # fmt: skip
# The balances an imported loan brings to these sums, by columns of `balances_imported`.
OPENING: Final[Mapping[str, str]] = {
    "originated": "originated", "drawn": "principal", "principal_paid": "principal_paid",
    "interest_paid": "interest_paid", "fees_paid": "fees_paid",
}  # fmt: skip


def keyed() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """By event, the columns that tell its rows of one loan apart, and those the ledger sums."""
    parts = [part for parts in SUMS.values() for part in parts]
    kinds = {part.event for part in parts if part.kind is not None}
    sums = {event: tuple(dict.fromkeys(part.amount for part in parts if part.event == event)) for event in WRITES}
    return {event: (("loan_id", "kind") if event in kinds else ("loan_id",), sums[event]) for event in WRITES}


def loans(record: Record) -> Columns:
    """One row per loan applied for or imported, in the order of the record."""
    book = {name: record[f"loan_book.{name}"] for name in WRITES}
    keys = loan_keys(book["loan_applied"], book["loan_imported"])
    written = [name for name in LOANS if any(name in columns for columns in WRITES.values())]
    sums = _sums(book, keys)
    last = {name: latest(keys, _writers(book, name)) for name in written if name not in TEXTS}
    state, category = last["state"], last["category"]
    last["accrued"] = _without_residue(last["accrued"], state)
    lent = book["loan_drawn"].last(keys, "loan_id").row >= 0
    return Columns(
        {
            "loan": keys.ids,
            **last,
            **sums,
            "start": _start(book["loan_drawn"], book["loan_imported"], keys),
        },
        {name: latest_text(keys, _writers(book, name)) for name in TEXTS},
        {
            "state": named(state, LOAN_STATES),
            "reason": named(last["reason"], REASONS),
            "category": named(np.where((category == 0) & lent, PASS, category), CATEGORIES),
        },
    )


def _without_residue(accrued: Values, state: Values) -> Values:
    """Accrued interest, of which a claim has none: what a lapse leaves less than a fen of goes with it, untold."""
    left = accrued.copy()
    left[state == WRITTEN_OFF] = 0
    return left


def loan_keys(applied: Rows, imported: Rows) -> Keys:
    """Every loan, in the order of the record."""
    return Keys(_ids(applied, imported), "loan")


def _ids(applied: Rows, imported: Rows) -> Values:
    if not (len(applied) and len(imported)):
        return (applied if len(applied) else imported)["loan_id"]
    ids = np.concatenate([applied["loan_id"], imported["loan_id"]])
    return np.asarray(ids[np.argsort(np.concatenate([applied.order, imported.order]), kind="stable")])


def _writers(book: Mapping[str, Rows], column: str) -> list[Writer]:
    return [(book[event], "loan_id", columns[column]) for event, columns in WRITES.items() if column in columns]


def _sums(book: Mapping[str, Rows], keys: Keys) -> dict[str, Values]:
    """Every column of `SUMS`, opening balances included; of a reversal the second event says what kind it takes back.

    Each reversal is told by two events, in the same order.
    """
    kinds = {"posting_reversed": "reversal_settled"}
    found: dict[str, Values] = {}
    totals: dict[tuple[str, str, int | None], Values] = {}
    for name, parts in SUMS.items():
        opening = [(book["balances_imported"], "loan_id", OPENING[name])] if name in OPENING else []
        total = latest(keys, opening)
        for event, amount, sign, kind in parts:
            rows = book[event]
            if not len(rows):
                continue
            if (event, amount, kind) not in totals:
                chosen = None if kind is None else book[kinds.get(event, event)]["kind"] == kind
                totals[event, amount, kind] = total_by(keys, rows, "loan_id", amount, where=chosen)
            total = (plus if sign > 0 else minus)(total, totals[event, amount, kind])
        found[name] = total
    return found


def _start(drawn: Rows, imported: Rows, keys: Keys) -> Values:
    """The first drawdown's value date, or the source's start."""
    start = np.zeros(len(keys), dtype=np.int64)
    for rows, column in ((drawn, "value_date"), (imported, "start")):
        start[rows.positions(keys, "loan_id")[::-1]] = rows[column][::-1]
    return start
