"""What moved the allowance between two dates, loan by loan, to the last fen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from analytics.risk._tables import one_row_each, required_columns, whole_numbers
from analytics.risk.loss._expected import LossInputs, exact_losses, whole_fen

COMPONENTS: Final = ("new", "repaid", "written_off", "exposure", "rating", "default_rates", "severity", "stage")
_OF_THE_LOAN: Final = {"exposure": ("exposure", "effective_rate"), "rating": ("grade",), "severity": ("lgd",)}


@dataclass(frozen=True, slots=True)
class Movement:
    """The allowance's way from one date to another.

    Attributes
    ----------
    loans : pandas.DataFrame
        One row for each loan of either date: loan, stage_before, stage_after (0 where the loan is
        not in the book), opening, the eight of `COMPONENTS`, closing; integer fen. In every row
        opening and components sum to closing, exactly.
    """

    loans: pd.DataFrame

    def total(self) -> pd.DataFrame:
        """The movement of the book: columns movement (opening, the components, closing), amount (fen), loans."""
        rows = []
        for name in ("opening", *COMPONENTS, "closing"):
            amounts = self.loans[name].tolist()
            rows.append((name, sum(amounts), sum(amount != 0 for amount in amounts)))
        return pd.DataFrame(rows, columns=["movement", "amount", "loans"])

    def transfers(self) -> pd.DataFrame:
        """Loans and allowances by the stages they came from and went to: from, to, loans, opening, closing."""
        keys = self.loans.rename(columns={"stage_before": "from", "stage_after": "to"})
        groups = keys.groupby(["from", "to"], sort=True)
        found = groups.agg(loans=("loan", "size"), opening=("opening", "sum"), closing=("closing", "sum"))
        return found.reset_index()


def explain_movement(before: LossInputs, after: LossInputs, *, written_off: pd.DataFrame) -> Movement:
    """Why the allowance is what it is: every change between two dates, down to loans, summing exactly.

    A loan only in ``after`` is new with its whole allowance. One only in ``before`` gives its
    allowance back: to written_off where it was, else to repaid. For a loan in both the inputs are
    exchanged one after another and the allowance is computed after each: first the part written
    off leaves (the allowance is proportional to the exposure), then exposure (balance, run-off,
    effective rate and the time that passed), rating (the loan's grade), default_rates (term
    structure and scenarios), severity (loss given default) and last the stage. Each intermediate
    allowance is rounded to whole fen, halves up, and a component is the difference of two of
    them, so that rounding adds up to nothing and every component bears its own.

    Parameters
    ----------
    before, after : LossInputs
        As `expected_credit_loss` takes them, of the earlier and the later date.
    written_off : pandas.DataFrame
        Columns loan, amount (fen written off between the dates). May be empty. A loan that is not
        among ``before``'s has no allowance to use and no part.

    Returns
    -------
    Movement
        Loans and their components, in the order of ``before`` and then of ``after``.

    Raises
    ------
    InvalidInput
        As `expected_credit_loss`; also a loan written off in two rows, money that is negative or
        no whole number, a later grade or horizon without its place in the earlier terms.

    Notes
    -----
    The reconciliation that IFRS 7 asks for, paragraphs 35H and 35I, with the attribution in a
    fixed order that the standard leaves to the bank.

    Examples
    --------
    >>> from analytics.risk.loss import EconomicScenario
    >>> def book(stage, lgd):
    ...     loans = pd.DataFrame({"loan": [1], "grade": "A", "stage": stage, "exposure": 1000, "lgd": lgd})
    ...     schedule = pd.DataFrame({"loan": [1], "start": 0.0, "end": 1.0, "exposure": 1000})
    ...     terms = pd.DataFrame({1.0: [0.1]}, index=["A"])
    ...     only = (EconomicScenario("only", 1.0),)
    ...     return LossInputs(loans.assign(effective_rate=0.0), schedule, terms, only)
    >>> nothing = pd.DataFrame({"loan": [], "amount": []})
    >>> moved = explain_movement(book(1, 0.4), book(3, 0.5), written_off=nothing)
    >>> moved.loans[["opening", "severity", "stage", "closing"]].values.tolist()
    [[40, 10, 450, 500]]
    """
    old, new = _allowance(before), _allowance(after)
    lost = _written_off(written_off)
    ids = [*before.loans["loan"].tolist(), *(key for key in after.loans["loan"].tolist() if key not in old.index)]
    table = pd.DataFrame(0, index=pd.Index(ids, name="loan"), columns=list(COMPONENTS), dtype="int64")
    opening, closing = _whole(old, table.index), _whole(new, table.index)
    came, left = new.index.difference(old.index), old.index.difference(new.index)
    table.loc[came, "new"] = closing.loc[came]
    away = left.isin(lost.index)
    table.loc[left[away], "written_off"] = -opening.loc[left[away]]
    table.loc[left[~away], "repaid"] = -opening.loc[left[~away]]
    stayed = old.index.intersection(new.index, sort=False)
    if len(stayed):
        steps = _steps(_only(before, stayed), _only(after, stayed), old.loc[stayed], lost, closing.loc[stayed])
        for name, amounts in steps.items():
            table.loc[stayed, name] = amounts
    stages = {
        f"stage_{when}": inputs.loans.set_index("loan")["stage"].reindex(table.index).fillna(0).astype("int64")
        for when, inputs in (("before", before), ("after", after))
    }
    loans = pd.DataFrame({**stages, "opening": opening, **table, "closing": closing})
    return Movement(loans.reset_index())


def _whole(amounts: pd.Series[float], index: pd.Index[int]) -> pd.Series[int]:
    """Amounts by loan in whole fen, zero where there is none."""
    found = amounts.reindex(index).fillna(0.0)
    return pd.Series(whole_fen(np.asarray(found, dtype=np.float64)).tolist(), index=index)


def _steps(
    earlier: LossInputs, later: LossInputs, opening: pd.Series[float], lost: pd.Series[int], closing: pd.Series[int]
) -> dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """The components of the loans that are in the book at both dates."""
    owed = earlier.loans["exposure"].to_numpy(dtype=np.float64)
    gone = lost.reindex(opening.index).fillna(0).to_numpy(dtype=np.float64)
    kept = np.divide(np.maximum(owed - gone, 0.0), owed, out=np.ones_like(owed), where=owed > 0.0)
    values = {"opening": opening.to_numpy(), "written_off": opening.to_numpy() * kept}
    now = replace(earlier, schedule=_with_run_off(earlier, later))
    for name in ("exposure", "rating", "default_rates", "severity"):
        if name == "default_rates":
            now = replace(now, terms=later.terms, scenarios=later.scenarios)
        else:
            columns = _OF_THE_LOAN[name]
            now = replace(now, loans=now.loans.assign(**{c: later.loans[c].to_numpy() for c in columns}))
        values[name] = _allowance(now).to_numpy()
    whole = {name: whole_fen(value) for name, value in values.items()}
    # The last step, to the later stage, arrives at the closing allowance.
    whole["stage"] = np.asarray(closing, dtype=np.int64)
    return {name: whole[name] - whole[step] for step, name in pairwise(whole)}


def _with_run_off(earlier: LossInputs, later: LossInputs) -> pd.DataFrame:
    """The later run-off; a loan that has none any more, being impaired, is owed whole for a year."""
    alive = set(later.schedule["loan"].tolist())
    bare = later.loans[~later.loans["loan"].isin(alive) & (earlier.loans["stage"].to_numpy() < 3)]
    year = pd.DataFrame({"loan": bare["loan"], "start": 0.0, "end": 1.0, "exposure": bare["exposure"]})
    parts = [part for part in (later.schedule, year) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else later.schedule


def _only(inputs: LossInputs, ids: pd.Index[int]) -> LossInputs:
    loans = inputs.loans.set_index("loan").loc[ids].reset_index()
    return replace(inputs, loans=loans, schedule=inputs.schedule[inputs.schedule["loan"].isin(ids)])


def _allowance(inputs: LossInputs) -> pd.Series[float]:
    year, life = exact_losses(inputs)
    return pd.Series(
        np.where(inputs.loans["stage"].to_numpy() == 1, year, life), index=pd.Index(inputs.loans["loan"], name="loan")
    )


def _written_off(table: pd.DataFrame) -> pd.Series[int]:
    required_columns(table, ("loan", "amount"), name="written_off")
    one_row_each(table, "loan", name="written_off", remedy="add them up")
    amounts = whole_numbers(table["amount"], name="written_off: amount")
    return pd.Series(amounts, index=pd.Index(table["loan"]), dtype="int64")
