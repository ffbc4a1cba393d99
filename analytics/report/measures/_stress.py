"""What a fall of property prices would do, how much of one is too much, and what spreads through guarantees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from analytics.ledger import Book
from analytics.report.measures._book import UNSECURED_LGD, guarantee_view, protections
from analytics.report.measures._capital import DEFAULTED, PD_FLOOR
from analytics.risk.default import loss_given_default
from analytics.risk.network import guarantee_loss_by
from analytics.risk.stress import ReverseStress, Scenario, reverse_stress, stressed

PROPERTY: Final = ("residential_property", "commercial_property", "land")
FALLS: Final = (0.1, 0.2, 0.3, 0.4, 0.5)
TIER_1: Final = 2
MINIMUM_RATIO: Final = 0.06  # tier-1 capital: RBC20.1 (Basel Committee, 2019)


def own_funds(frames: Mapping[str, pd.DataFrame], *, block: int | None) -> int | None:
    """Tier-1 capital as the board last attested it, in fen; None where it never did."""
    attested = frames["credit_policy.denominator_attested"]
    attested = attested[attested["denominator"].astype(int) == TIER_1]
    if block is not None:
        attested = attested[attested["block_number"] <= block]
    return int(attested["amount"].iloc[-1]) if len(attested) else None


def price_falls(book: Book, loans: pd.DataFrame, *, funds: int | None, falls: Sequence[float] = FALLS) -> pd.DataFrame:
    """What each fall of property prices does to the loans that have not defaulted.

    Columns fall, collateral (fen), ltv (of secured loans, exposure over value), above_value (their
    share owed beyond it), lgd (exposure-weighted), expected_loss, risk_weighted (fen),
    capital_ratio (missing where own funds are not attested).
    """
    inputs = _inputs(book, loans)
    kinds = _kinds(inputs[2])
    rows = []
    for fall in (0.0, *falls):
        result = stressed(
            *inputs, scenario=Scenario(dict.fromkeys(kinds, fall)), own_funds=funds, unsecured_lgd=UNSECURED_LGD
        )
        table = result.loans
        exposure = table["exposure"].to_numpy(dtype=np.float64)
        secured = table["ltv_after"].notna().to_numpy()
        value = (exposure[secured] / table.loc[secured, "ltv_after"].to_numpy()).sum()
        above = exposure[secured & (table["ltv_after"] > 1.0).to_numpy()].sum()
        owed = exposure[secured].sum()
        rows.append(
            {
                "fall": fall,
                "collateral": int(result.value("collateral_value")),
                "ltv": owed / value if value else None,
                "above_value": above / owed if owed else None,
                "lgd": float(exposure @ table["lgd_after"].to_numpy() / exposure.sum()),
                "expected_loss": float(result.value("expected_loss")),
                "risk_weighted": float(result.value("risk_weighted")),
                "capital_ratio": result.value("capital_ratio") if funds is not None else None,
            }
        )
    return pd.DataFrame(rows)


def least_fall(book: Book, loans: pd.DataFrame, *, funds: int) -> dict[str, ReverseStress]:
    """The smallest fall of property prices that breaks the capital ratio, alone and with likelier defaults."""
    inputs = _inputs(book, loans)
    kinds = dict.fromkeys(_kinds(inputs[2]), 1.0)
    twice = dict.fromkeys(sorted(set(loans["industry"].tolist())), 2.0)
    scenarios = {
        "property prices fall": Scenario(kinds),
        "property prices fall, default probabilities rise to twice as much": Scenario(kinds, industry_factors=twice),
    }
    return {
        name: reverse_stress(
            *inputs, scenario=scenario, own_funds=funds, minimum_ratio=MINIMUM_RATIO, unsecured_lgd=UNSECURED_LGD,
            tolerance=1e-3,
        )
        for name, scenario in scenarios.items()
    }  # fmt: skip


def has_property(book: Book, loans: pd.DataFrame) -> bool:
    """Whether a loan that has not defaulted is secured on property."""
    return bool((loans["asset_class"] != DEFAULTED).any()) and bool(_kinds(_inputs(book, loans)[2]))


def network_loss(book: Book, *, by: str) -> pd.DataFrame:
    """What the bank loses through guarantees when an industry or region fails: `guarantee_loss_by`'s columns.

    Only customers that give or have a guarantee are counted. A customer owes what its collateral
    does not cover; a guarantor can pay what its attested capacity is, nothing without one.
    """
    live = book.exposures[book.exposures["outstanding"] != 0]
    loans = live[["loan"]].assign(exposure=live["outstanding"])
    liens, titles, guarantees = protections(book, set(loans["loan"]))
    net = loss_given_default(loans, liens, titles, guarantees[:0])["loss"]
    debts = live.assign(net=net.to_numpy()).sort_values("outstanding", ascending=False, kind="stable")
    owed = debts.groupby("customer", sort=False).agg(
        debt=("net", lambda amounts: sum(map(int, amounts))), industry=("industry", "first"), region=("region", "first")
    )
    edges = guarantee_view(book).edges
    named = book.customers.set_index("customer")
    capacity = book.capacities.set_index("guarantor")["capacity"]
    people = list(dict.fromkeys([*edges["guarantor"].tolist(), *edges["beneficiary"].tolist()]))
    table = pd.DataFrame({"obligor": people})
    table["debt"] = [int(owed["debt"].get(key, 0)) for key in people]
    table["buffer"] = [int(capacity.get(key, 0)) for key in people]
    for column in ("industry", "region"):
        own = owed[column]
        table[column] = [
            str(own.get(key, named.at[key, column]))[: 1 if column == "industry" else None] for key in people
        ]
    return guarantee_loss_by(edges[["guarantor", "beneficiary", "amount"]], table, by=by)


def _inputs(book: Book, loans: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    live = loans[loans["asset_class"] != DEFAULTED]
    table = pd.DataFrame(
        {
            "loan": live["loan"].to_numpy(),
            "industry": live["industry"].to_numpy(),
            "region": live["region"].to_numpy(),
            "exposure": live["ead"].to_numpy(),
            "pd": np.maximum(live["pd"].to_numpy(dtype=np.float64), PD_FLOOR),
            "asset_class": live["asset_class"].to_numpy(),
        }
    )
    liens, titles, guarantees = protections(book, set(live["loan"]))
    kinds: Mapping[Any, str] = book.collateral.set_index("title")["kind"].astype(str).to_dict()
    return table, liens, titles.assign(kind=[kinds[title] for title in titles["title"]]), guarantees


def _kinds(collateral: pd.DataFrame) -> list[str]:
    held = set(collateral["kind"].tolist())
    return [kind for kind in PROPERTY if kind in held]
