"""Calls on guarantors: what the bank loses when borrowers fail and their guarantors pay, or fail in turn."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics.errors import InvalidInput
from analytics.risk._tables import one_row_each, required_columns, whole_numbers


@dataclass(frozen=True, slots=True)
class GuaranteeLoss:
    """What the bank loses when some borrowers fail and their guarantors are called.

    Attributes
    ----------
    failed : pandas.DataFrame
        Columns obligor, round (0 = failed at the start, k = brought down by the calls of round
        k), debt, recovered (from guarantors), loss; integer fen.
    calls : pandas.DataFrame
        Columns guarantor, beneficiary, paid; integer fen, guarantors that paid something.
    """

    failed: pd.DataFrame
    calls: pd.DataFrame

    @property
    def bank_loss(self) -> int:
        """What no guarantor made good, in fen."""
        return int(sum(self.failed["loss"].tolist()))

    @property
    def direct_loss(self) -> int:
        """What the bank would lose on the first to fail if nobody had guaranteed, in fen."""
        first = self.failed["round"] == 0
        return int(sum(self.failed.loc[first, "debt"].tolist()))

    @property
    def additional_failures(self) -> int:
        """Guarantors brought down by the calls upon them."""
        return int((self.failed["round"] > 0).sum())


def guarantee_loss(
    edges: pd.DataFrame,
    obligors: pd.DataFrame,
    *,
    borrowers: Iterable[Hashable] | None = None,
    industry: str | None = None,
    region: str | None = None,
) -> GuaranteeLoss:
    """The bank's loss when borrowers fail, their guarantors pay what they can, and some fail in turn.

    Each round, what a failed obligor still owes is called from its guarantors pro rata to their
    unused cover. A guarantor pays at most its cover for that obligor and, over all calls, its
    buffer; called for more than its buffer it fails too, and its own debt is called from its own
    guarantors in the next round. Who failed at the start pays no call.

    Parameters
    ----------
    edges : pandas.DataFrame
        Columns guarantor, beneficiary, amount (cover in fen); several rows of a pair add up.
    obligors : pandas.DataFrame
        Columns obligor, debt (owed to the bank net of what collateral brings, fen), buffer (what
        the obligor can pay on guarantees before it fails, fen); industry and region where one is
        asked for.
    borrowers : iterable, optional
        The obligors that fail.
    industry, region : str, optional
        All obligors of the industry, of the region, or of both at once fail.

    Returns
    -------
    GuaranteeLoss
        Who failed and when, what was paid, what the bank lost.

    Raises
    ------
    InvalidInput
        Neither or both of ``borrowers`` and an industry or region given; nobody fails; an id in
        ``edges`` or ``borrowers`` without a row in ``obligors``; money that is negative or no
        whole number of fen.

    Notes
    -----
    A sequential default algorithm (Upper 2011) on guarantees in place of deposits.

    Examples
    --------
    >>> edges = pd.DataFrame({"guarantor": ["b", "c"], "beneficiary": ["a", "b"], "amount": [80, 60]})
    >>> obligors = pd.DataFrame(
    ...     {"obligor": ["a", "b", "c"], "debt": [100, 50, 30], "buffer": [0, 70, 90]}
    ... )
    >>> loss = guarantee_loss(edges, obligors, borrowers=["a"])
    >>> loss.failed
      obligor  round  debt  recovered  loss
    0       a      0   100         70    30
    1       b      1    50         50     0
    >>> loss.bank_loss, loss.direct_loss, loss.additional_failures
    (30, 100, 1)
    """
    network = _GuaranteeNetwork.of(edges, obligors)
    if borrowers is not None and (industry is not None or region is not None):
        raise InvalidInput("borrowers: given beside an industry or region; give one or the other")
    if borrowers is not None:
        first = list(dict.fromkeys(borrowers))
        unknown = [b for b in first if b not in network.debt]
        if unknown:
            raise InvalidInput(f"borrowers: {unknown[0]!r} has no row in obligors; add one")
    else:
        chosen = pd.Series(industry is not None or region is not None, index=obligors.index)
        for column, value in (("industry", industry), ("region", region)):
            if value is not None:
                required_columns(obligors, (column,), name="obligors")
                chosen &= obligors[column] == value
        first = obligors.loc[chosen, "obligor"].tolist()
    if not first:
        raise InvalidInput("guarantee_loss: nobody fails; name borrowers, or an industry or region that has some")
    return _cascade(network, first).loss(network)


def guarantee_loss_by(edges: pd.DataFrame, obligors: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """The bank's loss through the guarantee network for each borrower, industry or region that may fail.

    Parameters
    ----------
    edges, obligors : pandas.DataFrame
        As `guarantee_loss` takes them.
    by : {"obligor", "industry", "region"}
        The column of ``obligors`` whose values fail one at a time.

    Returns
    -------
    pandas.DataFrame
        Columns ``by``, failing (obligors that fail at the start), direct_loss (their debt),
        recovered (from guarantors), additional_failures, additional_debt (of guarantors brought
        down), bank_loss; integer fen, greatest loss first.

    Raises
    ------
    InvalidInput
        As `guarantee_loss`, and for another ``by``.

    Examples
    --------
    >>> edges = pd.DataFrame({"guarantor": ["b"], "beneficiary": ["a"], "amount": [80]})
    >>> obligors = pd.DataFrame({
    ...     "obligor": ["a", "b"], "debt": [100, 50], "buffer": [0, 70], "region": ["CN-GD", "CN-ZJ"]
    ... })
    >>> guarantee_loss_by(edges, obligors, by="region")["bank_loss"].tolist()
    [80, 50]
    """
    if by not in ("obligor", "industry", "region"):
        raise InvalidInput(f"by: {by!r} cannot fail; give 'obligor', 'industry' or 'region'")
    network = _GuaranteeNetwork.of(edges, obligors)
    required_columns(obligors, (by,), name="obligors")
    rows = []
    for value, group in obligors.groupby(by, sort=True, observed=True):
        first = group["obligor"].tolist()
        outcome = _cascade(network, first)
        later = [b for b, round_ in outcome.failed.items() if round_]
        rows.append(
            {
                by: value,
                "failing": len(first),
                "direct_loss": sum(network.debt[b] for b in first),
                "recovered": sum(outcome.paid.values()),
                "additional_failures": len(later),
                "additional_debt": sum(network.debt[b] for b in later),
                "bank_loss": sum(outcome.owed.values()),
            }
        )
    table = pd.DataFrame(rows)
    return table.sort_values("bank_loss", ascending=False, kind="stable").reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class _GuaranteeNetwork:
    """Debt and buffer of each obligor, and the cover of each of its guarantors, in fen."""

    debt: dict[Hashable, int]
    buffer: dict[Hashable, int]
    guarantors: dict[Hashable, dict[Hashable, int]]

    @classmethod
    def of(cls, edges: pd.DataFrame, obligors: pd.DataFrame) -> _GuaranteeNetwork:
        required_columns(obligors, ("obligor", "debt", "buffer"), name="obligors", empty=False)
        one_row_each(obligors, "obligor", name="obligors")
        names = obligors["obligor"].tolist()
        debt = dict(zip(names, whole_numbers(obligors["debt"], name="obligors: debt"), strict=True))
        buffer = dict(zip(names, whole_numbers(obligors["buffer"], name="obligors: buffer"), strict=True))
        required_columns(edges, ("guarantor", "beneficiary", "amount"), name="edges")
        guarantors: dict[Hashable, dict[Hashable, int]] = {}
        amounts = whole_numbers(edges["amount"], name="edges: amount")
        for row, (giver, taker, cover) in enumerate(
            zip(edges["guarantor"].tolist(), edges["beneficiary"].tolist(), amounts, strict=True)
        ):
            for side, name in (("guarantor", giver), ("beneficiary", taker)):
                if name not in debt:
                    raise InvalidInput(f"edges: row {row}, {side} {name!r} has no row in obligors; add one")
            if giver != taker:
                covers = guarantors.setdefault(taker, {})
                covers[giver] = covers.get(giver, 0) + cover
        return cls(debt, buffer, guarantors)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Who failed in which round, what each still owes after its guarantors, and what they paid."""

    failed: dict[Hashable, int]
    owed: dict[Hashable, int]
    paid: dict[tuple[Hashable, Hashable], int]

    def loss(self, network: _GuaranteeNetwork) -> GuaranteeLoss:
        """The same as tables."""
        return GuaranteeLoss(_failures(network, self.failed, self.owed), _payments(self.paid))


def _cascade(network: _GuaranteeNetwork, first: list[Hashable]) -> _Outcome:
    failed = dict.fromkeys(first, 0)
    owed = {b: network.debt[b] for b in first}
    cover = {b: dict(network.guarantors.get(b, {})) for b in first}
    buffer: dict[Hashable, int] = {}
    paid: dict[tuple[Hashable, Hashable], int] = {}
    open_claims, rounds = list(first), 0
    while True:
        calls = _calls(open_claims, owed, cover, failed)
        if not calls:
            return _Outcome(failed, owed, paid)
        rounds += 1
        fallen = []
        for giver, demands in calls.items():
            able = buffer.setdefault(giver, network.buffer[giver])
            called = sum(demands.values())
            payments = _shared(min(able, called), demands)
            buffer[giver] = able - min(able, called)
            for taker, payment in payments.items():
                owed[taker] -= payment
                cover[taker][giver] -= payment
                paid[giver, taker] = paid.get((giver, taker), 0) + payment
            if called > able:
                fallen.append(giver)
        called_for = dict.fromkeys(taker for demands in calls.values() for taker in demands)
        open_claims = [*called_for, *fallen]
        for giver in fallen:
            failed[giver] = rounds
            owed[giver] = network.debt[giver]
            cover[giver] = dict(network.guarantors.get(giver, {}))


def _calls(
    open_claims: Iterable[Hashable],
    owed: dict[Hashable, int],
    cover: dict[Hashable, dict[Hashable, int]],
    failed: dict[Hashable, int],
) -> dict[Hashable, dict[Hashable, int]]:
    """What each guarantor still standing is called for, by failed obligor."""
    calls: dict[Hashable, dict[Hashable, int]] = {}
    for taker in open_claims:
        standing = {g: c for g, c in cover[taker].items() if c > 0 and g not in failed}
        for giver, call in _shared(min(owed[taker], sum(standing.values())), standing).items():
            if call:
                calls.setdefault(giver, {})[taker] = call
    return calls


def _failures(network: _GuaranteeNetwork, failed: dict[Hashable, int], owed: dict[Hashable, int]) -> pd.DataFrame:
    debt = [network.debt[b] for b in failed]
    loss = [owed[b] for b in failed]
    return pd.DataFrame(
        {
            "obligor": list(failed),
            "round": list(failed.values()),
            "debt": _money(debt),
            "recovered": _money([d - x for d, x in zip(debt, loss, strict=True)]),
            "loss": _money(loss),
        }
    )


def _payments(paid: dict[tuple[Hashable, Hashable], int]) -> pd.DataFrame:
    made = {pair: amount for pair, amount in paid.items() if amount}
    return pd.DataFrame(
        {
            "guarantor": [giver for giver, _ in made],
            "beneficiary": [taker for _, taker in made],
            "paid": _money(list(made.values())),
        }
    )


def _money(amounts: list[int]) -> pd.Series[Any]:
    """A column of whole fen, of Python integers where one of them does not fit 64 bits."""
    return pd.Series(amounts, dtype=np.int64 if max(amounts, default=0) < 2**63 else object)


def _shared(total: int, weights: dict[Hashable, int]) -> dict[Hashable, int]:
    """The total in whole fen pro rata to the weights, none above its weight, nothing lost."""
    whole = sum(weights.values())
    shares, before, running = {}, 0, 0
    for name, weight in weights.items():
        running += weight
        upto = total * running // whole
        shares[name] = upto - before
        before = upto
    return shares
