"""Every event as debits and credits: a general journal whose trial balance is zero.

The chart of accounts is ``data/accounts.csv`` and the rules are ``data/postings.csv``: an event, the
amount it moves, when, and the accounts. Interest is income when it falls due (accruals in between
are exact on the chain and are not booked); fees and penalties when charged; a write-off is a loss
and lives on as a memorandum claim; what is waived is a loss, what is capitalised moves into loans, and
the result of a sale is its price less what the loan stood at. Commitments, collateral and guarantees
are memoranda, each with its contra account.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from analytics.book._rows import EventTables, Record, Rows, minus, plus
from analytics.book._words import Values
from analytics.errors import InvalidInput, Unreconciled
from analytics.ledger import AsOf

DATA: Final = Path(__file__).resolve().parents[2] / "data"
NOBODY: Final = "0x" + "0" * 40
FEE: Final = 0
PAYMENT, DRAWDOWN, CHARGE = 0, 1, 2
OWN: Final = 0
COLUMNS: Final = ("block_number", "log_index", "value_date", "event", "account", "debit", "credit")
_INTEREST_TOLD: Final = {
    "loan_book.balances_imported": 0,
    "loan_book.instalment_fell_due": 0,
    "loan_book.loan_repaid": 1,
    "loan_book.loan_written_off": 1,
    "loan_book.debt_restructured": 1,
    "loan_book.loan_sold": 1,
    "loan_book.posting_reversed": -1,
}
# Events that leave no interest due, and do not say so.
_NOTHING_DUE: Final = ("loan_book.debt_restructured", "loan_book.loan_sold")


def accounts() -> pd.DataFrame:
    """The chart of accounts: code, name, side (debit or credit) and statement."""
    return pd.read_csv(DATA / "accounts.csv", keep_default_na=False)


def rules() -> pd.DataFrame:
    """The posting rules: event, amount, when, debit and credit account.

    Raises InvalidInput where a rule names an account that the chart lacks.
    """
    table = pd.read_csv(DATA / "postings.csv", keep_default_na=False)
    known = set(accounts()["code"])
    for side in ("debit", "credit"):
        for row, code in enumerate(table[side], start=2):
            if code not in known:
                raise InvalidInput(f"data/postings.csv row {row}: {side} account {code} is not in data/accounts.csv")
    return table


def journal(tables: EventTables, as_of: AsOf | None = None) -> pd.DataFrame:
    """The general journal of a set of events.

    Parameters
    ----------
    tables : mapping of table name to pyarrow Table
        Every event, as for `rebuild`.
    as_of : AsOf, optional
        The cut; everything by default.

    Returns
    -------
    DataFrame
        One row per debit or credit in the order of the events: block_number, log_index, value_date,
        event, account (code), debit and credit (fen, exact; one of the two is zero).
    """
    record = Record(tables, as_of or AsOf())
    earned = _interest_earned(record)
    lines: list[pd.DataFrame] = []
    for event, of_event in rules().groupby("event", sort=False):
        rows = record[str(event)]
        if not len(rows):
            continue
        conditions = _conditions(record, rows)
        dates = record.value_dates(rows)
        for rule in of_event.itertuples():
            amount = _amount(rows, str(rule.amount), earned)
            chosen = conditions[str(rule.when)] & (amount != 0)
            for account, sign in ((rule.debit, 1), (rule.credit, -1)):
                lines.append(_lines(rows, dates, chosen, amount[chosen] * sign, int(str(account))))
    if not lines:
        return pd.DataFrame({name: [] for name in COLUMNS})
    entries = pd.concat(lines, ignore_index=True)
    return entries.sort_values(["block_number", "log_index"], kind="stable", ignore_index=True)


def trial_balance(entries: pd.DataFrame, *, by_day: bool = False) -> pd.DataFrame:
    """Debits, credits and balance of each account, or the debits and credits of each value date.

    Returns a DataFrame of exact sums indexed by account (with name) or by value date. Raises
    Unreconciled where debits and credits differ in total or, by day, on any day.
    """
    key = "value_date" if by_day else "account"
    exact = entries.astype({"debit": object, "credit": object})
    sums = exact.groupby(key)[["debit", "credit"]].sum()
    off = sums[sums["debit"] != sums["credit"]] if by_day else sums.iloc[:0]
    if len(off):
        raise Unreconciled(
            f"trial balance of day {off.index[0]}: debits {off['debit'].iloc[0]}, credits {off['credit'].iloc[0]}"
        )
    if sums["debit"].sum() != sums["credit"].sum():
        raise Unreconciled(f"trial balance: debits {sums['debit'].sum()}, credits {sums['credit'].sum()}")
    if by_day:
        return sums
    names = accounts().set_index("code")["name"]
    return sums.assign(balance=sums["debit"] - sums["credit"], name=names.reindex(sums.index))


def _lines(rows: Rows, dates: Values, chosen: Values, signed: Values, account: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "block_number": rows["block_number"][chosen],
            "log_index": rows["log_index"][chosen],
            "value_date": dates[chosen],
            "event": rows.name,
            "account": account,
            "debit": np.where(signed > 0, signed, 0),
            "credit": np.where(signed < 0, -signed, 0),
        }
    )


def _amount(rows: Rows, name: str, earned: dict[str, Values]) -> Values:
    if name == "interest_earned":
        return earned[rows.name]
    if name == "interest" and rows.name == "loan_book.debt_restructured":
        return plus(rows["interest_waived"], rows["interest_capitalised"])
    if name == "enforced":
        return plus(plus(rows["paid"], rows["shortfall"]), rows["released"])
    if name == "settled":
        return plus(rows["returned"], rows["freed"])
    return rows[name]


def _conditions(record: Record, rows: Rows) -> dict[str, Values]:
    """Which rows each `when` of the posting rules chooses."""
    conditions = {"always": np.ones(len(rows), dtype=np.bool_)}
    if rows.name in ("loan_book.loan_drawn", "loan_book.loan_repaid", "loan_book.loan_recovered"):
        outside = rows["account" if rows.name.endswith("drawn") else "payer"] == NOBODY
        conditions |= {"outside": outside, "token": ~outside}
    if rows.name == "loan_book.loan_charged":
        conditions |= {"fee": rows["kind"] == FEE, "penalty": rows["kind"] != FEE}
    if rows.name.startswith("collateral_registry."):
        placed = record["collateral_registry.lien_placed"]
        lenders = pd.Series(placed["lender"], index=placed["lien"])
        conditions["own"] = (lenders.loc[rows["lien"]].to_numpy() == OWN) & ~_after_assignment(record, rows)
    if rows.name == "loan_book.posting_reversed":
        conditions |= _reversed_conditions(record)
    return conditions


def _after_assignment(record: Record, rows: Rows) -> Values:
    """Whether the lien had become a buyer's by then."""
    assigned = record["collateral_registry.lien_assigned"]
    since = pd.Series(assigned.order, index=assigned["lien"]).reindex(rows["lien"]).to_numpy(dtype=np.float64)
    return np.asarray(rows.order > np.nan_to_num(since, nan=np.inf))


def _reversed_conditions(record: Record) -> dict[str, Values]:
    """What kind of posting each reversal takes back, and whether it went through the token.

    A reversal is told by two events in the same order; the second one says of what kind it is.
    """
    settled = record["loan_book.reversal_settled"]
    outside = settled["account"] == NOBODY
    found = {"charge": settled["kind"] == CHARGE}
    for kind, name in ((PAYMENT, "payment"), (DRAWDOWN, "draw")):
        found[f"{name}_outside"] = (settled["kind"] == kind) & outside
        found[f"{name}_token"] = (settled["kind"] == kind) & ~outside
    return found


def _interest_earned(record: Record) -> dict[str, Values]:
    """Interest that fell due with each event: what was paid of it plus the change of what is unpaid."""
    parts = []
    for name in _INTEREST_TOLD:
        rows = record[name]
        due = 0 if name in _NOTHING_DUE else rows["interest_due"]
        parts.append(pd.DataFrame({"loan": rows["loan_id"], "order": rows.order, "due": due}))
    told = pd.concat(parts, keys=list(_INTEREST_TOLD), names=["event", "row"])
    told["due"] = told["due"].astype(object)
    ordered = told.sort_values("order", kind="stable")
    before = ordered.groupby("loan")["due"].shift(fill_value=0)
    change = (ordered["due"] - before).reindex(told.index)
    earned: dict[str, Values] = {}
    for name, sign in _INTEREST_TOLD.items():
        rows = record[name]
        delta = change.loc[name].to_numpy() if len(rows) else np.zeros(0, dtype=np.int64)
        delta = delta.astype(object)
        if sign > 0:
            delta = plus(delta, _amount(rows, "interest", {}))
        elif sign < 0:
            delta = minus(delta, rows["interest"])
        earned[name] = delta
    return earned
