"""Stress in several steps: failures sell collateral, sales lower prices, lower prices fail guarantors."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.errors import InvalidInput
from analytics.risk._numbers import scalar
from analytics.risk._tables import required_columns
from analytics.risk.default import loss_given_default
from analytics.risk.network import GuaranteeLoss, guarantee_loss
from analytics.risk.stress._scenario import Scenario, values_after


@dataclass(frozen=True, slots=True)
class ContagionStress:
    """A stress followed through sales and guarantors until nobody new fails.

    Attributes
    ----------
    steps : pandas.DataFrame
        One row for each step: step, failed (obligors so far), sold (market value of their
        collateral before the stress, fen), net_debt (of the failed after collateral, fen),
        bank_loss (after guarantors, fen).
    prices : pandas.Series
        What is left of each kind's price in the end, 1.0 = all.
    loss : GuaranteeLoss
        The last step's failures, calls and losses.
    """

    steps: pd.DataFrame
    prices: pd.Series[float]
    loss: GuaranteeLoss


def contagion_stress(
    positions: pd.DataFrame,
    liens: pd.DataFrame,
    collateral: pd.DataFrame,
    edges: pd.DataFrame,
    buffers: pd.DataFrame,
    *,
    scenario: Scenario,
    failing: Iterable[Hashable],
    price_impact: float = 0.0,
) -> ContagionStress:
    """A price shock and first failures, followed through the guarantee network step by step.

    In each step the failed owe what their collateral, at the step's prices, does not bring;
    guarantors are called for it and may fail (`network.guarantee_loss`); the collateral of all
    who have failed is sold, and a kind of which a share s is sold loses 1 − exp(−impact · s) of
    its price. It ends with the step in which nobody new fails.

    Parameters
    ----------
    positions : pandas.DataFrame
        Columns loan, customer, exposure (fen).
    liens, collateral : pandas.DataFrame
        As `default.loss_given_default` takes them; collateral also has kind.
    edges : pandas.DataFrame
        Guarantees between customers: guarantor, beneficiary, amount (fen).
    buffers : pandas.DataFrame
        Columns customer, buffer (what it can pay on guarantees, fen); one row for each customer
        with a loan or in ``edges``.
    scenario : Scenario
        Its price falls open the first step; its factors on default probabilities have no part.
    failing : iterable
        Customers that fail at the start, at least one.
    price_impact : float
        Zero or more; 0 for a market that takes any sale at the scenario's prices.

    Returns
    -------
    ContagionStress
        Every step and where it ends.

    Raises
    ------
    InvalidInput
        As `default.loss_given_default` and `network.guarantee_loss`; a customer without a
        buffer; a negative impact.

    Notes
    -----
    Cifuentes, Ferrucci, Shin (2005), "Liquidity risk and contagion", Journal of the European
    Economic Association 3: prices fall exponentially in what is sold.

    Examples
    --------
    >>> result = contagion_stress(
    ...     pd.DataFrame({"loan": [1, 2], "customer": ["a", "b"], "exposure": [100, 100]}),
    ...     pd.DataFrame({"title": ["s", "t"], "rank": 1, "amount": 100, "loan": [1, 2]}),
    ...     pd.DataFrame({"title": ["s", "t"], "kind": "land", "value": [80, 90], "haircut": 0}),
    ...     pd.DataFrame({"guarantor": ["b"], "beneficiary": ["a"], "amount": [50]}),
    ...     pd.DataFrame({"customer": ["a", "b"], "buffer": [0, 30]}),
    ...     scenario=Scenario(), failing=["a"], price_impact=1.0,
    ... )
    >>> result.steps[["failed", "bank_loss"]].to_numpy().tolist()
    [[1, 0], [2, 65], [2, 108]]
    """
    required_columns(positions, ("loan", "customer", "exposure"), name="positions")
    required_columns(collateral, ("title", "kind", "value"), name="collateral")
    required_columns(buffers, ("customer", "buffer"), name="buffers")
    impact = scalar(price_impact, name="price_impact", low=0.0)
    first = list(dict.fromkeys(failing))
    without = sorted(set(positions["customer"].tolist()) - set(buffers["customer"].tolist()), key=str)
    if without:
        raise InvalidInput(f"buffers: customer {without[0]!r} has no row; add one")
    owner = dict(zip(positions["loan"].tolist(), positions["customer"].tolist(), strict=True))
    sellers = _sellers(liens, owner)
    kinds = sorted(set(collateral["kind"].tolist()))
    prices = {kind: 1.0 - scenario.price_falls.get(kind, 0.0) for kind in kinds}
    steps: list[dict[str, Any]] = []
    failed: set[Hashable] = set()
    while True:
        debts = _net_debts(positions, liens, collateral, prices)
        obligors = pd.DataFrame(
            {
                "obligor": buffers["customer"].tolist(),
                "debt": [debts.get(customer, 0) for customer in buffers["customer"].tolist()],
                "buffer": buffers["buffer"].tolist(),
            }
        )
        loss = guarantee_loss(edges, obligors, borrowers=first)
        now = failed | set(loss.failed["obligor"].tolist())
        sold = _sold(collateral, sellers, now)
        steps.append(
            {
                "step": len(steps),
                "failed": len(now),
                "sold": sum(sold.values()),
                "net_debt": int(sum(loss.failed["debt"].tolist())),
                "bank_loss": loss.bank_loss,
            }
        )
        if now == failed or impact == 0.0:
            return ContagionStress(pd.DataFrame(steps), pd.Series(prices, name="price", dtype=float), loss)
        failed = now
        prices = {
            kind: (1.0 - scenario.price_falls.get(kind, 0.0)) * math.exp(-impact * share)
            for kind, share in _shares(collateral, sold).items()
        }


def _net_debts(
    positions: pd.DataFrame, liens: pd.DataFrame, collateral: pd.DataFrame, prices: Mapping[str, float]
) -> dict[Hashable, int]:
    fallen = collateral.assign(value=values_after(collateral, {k: 1.0 - p for k, p in prices.items()}))
    none = pd.DataFrame({"loan": [], "rank": [], "amount": [], "haircut": []})
    left = loss_given_default(positions[["loan", "exposure"]], liens, fallen, none)["loss"].tolist()
    debts: dict[Hashable, int] = {}
    for customer, loss in zip(positions["customer"].tolist(), left, strict=True):
        debts[customer] = debts.get(customer, 0) + loss
    return debts


def _sellers(liens: pd.DataFrame, owner: Mapping[Any, Hashable]) -> dict[Any, set[Hashable]]:
    """Whose failure puts a title up for sale."""
    sellers: dict[Any, set[Hashable]] = {}
    for title, loan, own in zip(
        liens["title"].tolist(), liens["loan"].tolist(), liens["loan"].notna().tolist(), strict=True
    ):
        if own:
            sellers.setdefault(title, set()).add(owner[loan])
    return sellers


def _sold(collateral: pd.DataFrame, sellers: Mapping[Any, set[Hashable]], failed: set[Hashable]) -> dict[str, int]:
    sold = dict.fromkeys(sorted(set(collateral["kind"].tolist())), 0)
    for title, kind, value in zip(
        collateral["title"].tolist(), collateral["kind"].tolist(), collateral["value"].tolist(), strict=True
    ):
        if sellers.get(title, set()) & failed:
            sold[kind] += int(value)
    return sold


def _shares(collateral: pd.DataFrame, sold: Mapping[str, int]) -> dict[str, float]:
    whole = dict.fromkeys(sold, 0)
    for kind, value in zip(collateral["kind"].tolist(), collateral["value"].tolist(), strict=True):
        whole[kind] += int(value)
    return {kind: amount / whole[kind] if whole[kind] else 0.0 for kind, amount in sold.items()}
