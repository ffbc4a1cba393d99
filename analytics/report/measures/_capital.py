"""What capital the book asks for, and how far its losses can reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from analytics.ledger import Book
from analytics.report.measures._book import DefaultHistory, expected_losses
from analytics.risk.capital import CORRELATIONS, granularity_adjustment, risk_weight, worst_case_default_rate
from analytics.risk.default import RETAIL_KINDS
from analytics.risk.portfolio import LossDistribution, SimulatedLosses, creditrisk_plus, simulate_losses

PD_FLOOR: Final = 0.0005  # CRE32.4 (Basel Committee, 2023)
DEFAULTED: Final = "defaulted"
HOUSING: Final = "HOME"
CONFIDENCE: Final = 0.999
QUANTILES: Final = (0.99, 0.999)
RELATIVE_DEVIATION: Final = 0.5  # of default rates: the example portfolio of CSFB (1997)
BANDS: Final = 100
SCENARIOS: Final = 20_000
SEED: Final = 20_240_101
SHORTEST, LONGEST = 1.0, 5.0  # effective maturity of CRE32.46
DAYS_PER_YEAR: Final = 365


def positions(book: Book, history: DefaultHistory, *, grades: int) -> pd.DataFrame:
    """Each loan with what the risk-weight functions ask: `expected_losses`, asset_class, maturity, risk_weight.

    Corporates and small enterprises are corporates without a size adjustment (turnover is not on
    the chain); persons and retail pools are mortgages where the money is for housing, else other
    retail. Defaulted loans are a class of their own, of weight zero: they are provisioned.
    """
    loans = expected_losses(book, history, grades=grades)
    retail = loans["kind"].isin(RETAIL_KINDS)
    housing = retail & (loans["purpose"] == HOUSING)
    kind = np.where(housing, "residential_mortgage", np.where(retail, "other_retail", "corporate"))
    loans["asset_class"] = np.where(loans["pd"] >= 1.0, DEFAULTED, kind)
    terms = book.loans.set_index("loan").loc[loans["loan"]]
    years = (terms["maturity"].to_numpy(dtype=np.float64) - book.business_date) / DAYS_PER_YEAR
    loans["maturity"] = np.clip(years, SHORTEST, LONGEST)
    borrowers = book.exposures.set_index("loan").loc[loans["loan"], "borrowers"].to_numpy()
    loans["borrowers"] = np.maximum(borrowers, 1)
    weight, worst = np.zeros(len(loans)), np.ones(len(loans))
    for name in CORRELATIONS:
        of = (loans["asset_class"] == name).to_numpy()
        if not of.any():
            continue
        chance = np.maximum(loans.loc[of, "pd"].to_numpy(dtype=np.float64), PD_FLOOR)
        weight[of] = risk_weight(
            chance, lgd=loans.loc[of, "lgd"].to_numpy(), maturity=loans.loc[of, "maturity"].to_numpy(),
            asset_class=name, framework="basel3",
        )  # fmt: skip
        worst[of] = worst_case_default_rate(chance, _correlation(chance, name), CONFIDENCE)
    exposure = loans["ead"].to_numpy(dtype=np.float64)
    loans["risk_weighted"] = weight * exposure
    loans["worst_loss"] = worst * loans["lgd"].to_numpy() * exposure
    return loans


def capital_by_class(loans: pd.DataFrame) -> pd.DataFrame:
    """Exposure, weighted pd and lgd, risk weight, expected and worst-case loss (fen) of each asset class."""
    rows = []
    for name in (*CORRELATIONS, DEFAULTED):
        part = loans[loans["asset_class"] == name]
        exposure = part["ead"].to_numpy(dtype=np.float64)
        if not exposure.sum():
            continue
        share = exposure / exposure.sum()
        rows.append(
            {
                "asset_class": name,
                "loans": len(part),
                "exposure": int(part["ead"].astype(object).sum()),
                "pd": float(share @ part["pd"].to_numpy(dtype=np.float64)),
                "lgd": float(share @ part["lgd"].to_numpy(dtype=np.float64)),
                "risk_weight": float(part["risk_weighted"].sum() / exposure.sum()),
                "risk_weighted": float(part["risk_weighted"].sum()),
                "expected_loss": float(part["expected_loss"].sum()),
                "worst_loss": float(part["worst_loss"].sum()),
            }
        )
    return pd.DataFrame(rows)


def obligors(loans: pd.DataFrame) -> pd.DataFrame:
    """What may still default, one row for each customer, for retail each loan.

    Columns unit, exposure (fen), borrowers, industry, region, retail, pd, lgd.
    A customer's default probability and severity are the exposure-weighted means of its loans'; it
    stands in the industry and region of its largest loan.
    """
    live = loans[(loans["asset_class"] != DEFAULTED) & (loans["ead"] > 0)]
    retail = live["kind"].isin(RETAIL_KINDS)
    unit = np.where(retail, "loan " + live["loan"].astype(str), "customer " + live["customer"].astype(str))
    frame = live.assign(
        unit=unit,
        exposure=live["ead"].astype(float),
        chance=live["pd"] * live["ead"],
        severity=live["lgd"] * live["ead"],
        borrowers=np.where(retail, live["borrowers"], 1),
        retail=retail,
    ).sort_values("exposure", ascending=False, kind="stable")
    table = frame.groupby("unit", sort=False).agg(
        exposure=("exposure", "sum"), chance=("chance", "sum"), severity=("severity", "sum"),
        borrowers=("borrowers", "first"), industry=("industry", "first"), region=("region", "first"),
        retail=("retail", "first"),
    )  # fmt: skip
    table["pd"] = np.maximum(table["chance"] / table["exposure"], PD_FLOOR)
    table["lgd"] = table["severity"] / table["exposure"]
    return table.drop(columns=["chance", "severity"]).reset_index()


def granularity(units: pd.DataFrame) -> float | None:
    """The granularity add-on of the corporates as a share of their exposure; None where they carry no capital."""
    firms = units[~units["retail"] & (units["lgd"] > 0.0)]
    if firms.empty:
        return None
    return granularity_adjustment(firms["exposure"].to_numpy(), firms["pd"].to_numpy(), firms["lgd"].to_numpy())


def sector_losses(units: pd.DataFrame) -> LossDistribution | None:
    """CreditRisk+ with a sector for each industry; None where nothing can be lost.

    A pool counts as its borrowers, split no finer than the loss unit, below which the model does
    not tell obligors apart.
    """
    owed = units["exposure"] * units["lgd"]
    firms = owed[units["borrowers"] == 1]
    unit = float(max(firms.max() if len(firms) else 0.0, (owed / units["borrowers"]).max())) / BANDS
    if unit <= 0.0:
        return None
    parts = np.minimum(units["borrowers"], np.ceil(owed / unit)).clip(lower=1).astype(int)
    of = np.repeat(np.arange(len(units)), parts)
    code, names = pd.factorize(units["industry"])
    weights = np.zeros((len(of), len(names)))
    weights[np.arange(len(of)), code[of]] = 1.0
    chance = units["pd"].to_numpy()[of]
    return creditrisk_plus(
        (owed / parts).to_numpy()[of], chance, RELATIVE_DEVIATION * chance, weights, bands=BANDS
    )  # fmt: skip


def simulated(units: pd.DataFrame) -> SimulatedLosses | None:
    """Losses in the Basel model's one factor, obligor by obligor, with contributions by industry and region."""
    owed = units["exposure"] * units["lgd"]
    if not owed.any():
        return None
    parts = np.minimum(units["borrowers"], np.ceil(owed / owed.sum() * SCENARIOS)).clip(lower=1).astype(int)
    of = np.repeat(np.arange(len(units)), parts)
    labels = pd.MultiIndex.from_arrays(
        [units["industry"].to_numpy()[of], units["region"].to_numpy()[of]], names=["industry", "region"]
    )
    exposures = pd.Series((units["exposure"] / parts).to_numpy()[of], index=labels)
    return simulate_losses(
        exposures, units["pd"].to_numpy()[of], units["lgd"].to_numpy()[of], np.zeros(len(of), dtype=np.int64),
        [[1.0]], scenarios=SCENARIOS, seed=SEED,
    )  # fmt: skip


def loss_quantiles(loans: pd.DataFrame, models: Mapping[str, Any]) -> pd.DataFrame:
    """Losses of a year (fen) under each model: mean, deviation, quantiles, shortfall; missing where it tells none."""
    rows: list[tuple[Any, ...]] = []
    live = loans[loans["asset_class"] != DEFAULTED]
    rows.append(
        ("Basel formula", float(live["expected_loss"].sum()), None, None, float(live["worst_loss"].sum()), None)
    )
    for name, model in models.items():
        rows.append(
            (
                name, model.expected_loss, model.standard_deviation, *(model.value_at_risk(q) for q in QUANTILES),
                model.expected_shortfall(CONFIDENCE),
            )
        )  # fmt: skip
    columns = ["model", "expected", "deviation", "loss_99", "loss_99_9", "shortfall_99_9"]
    return pd.DataFrame(rows, columns=columns)


def _correlation(chance: np.ndarray[Any, Any], asset_class: str) -> np.ndarray[Any, Any]:
    low, high, speed = CORRELATIONS[asset_class]
    return np.asarray(low + (high - low) * np.expm1(-speed * chance) / np.expm1(-speed))
