"""What capital the book asks for, how far losses reach, and what stress does to it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.report import charts, measures
from analytics.report.model import Figure, Made, Section
from analytics.report.sections._columns import hundred_millions, per_cent
from analytics.report.sections._material import (
    COLLATERAL,
    GUARANTEES,
    LOANS,
    QUALITY,
    RATINGS,
    Material,
    industry_names,
)
from analytics.risk.stress import ReverseStress
from analytics.units import FEN_PER_100M_YUAN

EVENTS = (*LOANS, *QUALITY, *RATINGS, *COLLATERAL, *GUARANTEES)
ATTESTED = "credit_policy.denominator_attested"
ASSUMED = (
    "Corporates and small enterprises count as corporates without a size adjustment, since turnover is not on the "
    "chain; persons and retail pools as residential mortgages where the money is for housing, else as other retail. "
    "Probabilities of default from the book's history, at least 0.05 %; 40 % lost of what is not covered."
)


def capital(material: Material) -> Section | None:
    """Risk weights, worst-case loss and loss quantiles; nothing without a history that tells default rates."""
    loans = _positions(material)
    if loans is None:
        return None
    units = measures.obligors(loans)
    figures = [_classes(measures.capital_by_class(loans))]
    if len(units):
        figures += _quantiles(material, loans, units)
    return Section("capital", "Capital", "What the book asks of own funds, and how bad a year can be.", tuple(figures))


def stress(material: Material) -> Section | None:
    """Falling property prices; nothing without loans on property or a history that tells default rates."""
    loans = _positions(material)
    if loans is None or not measures.has_property(material.last, loans):
        return None
    funds = measures.own_funds(material.frames, block=material.last.as_of.block)
    table = measures.price_falls(material.last, loans, funds=funds)
    shown = pd.DataFrame(
        {
            "fall": [f"{100 * fall:g} %" for fall in table["fall"]],
            "collateral_100m": hundred_millions(table["collateral"], 2),
            "ltv_pct": per_cent(table["ltv"]),
            "owed_above_value_pct": per_cent(table["above_value"]),
            "lgd_pct": per_cent(table["lgd"]),
            "expected_loss_100m": hundred_millions(table["expected_loss"], 3),
            "risk_weighted_100m": hundred_millions(table["risk_weighted"], 2),
            "tier_1_ratio_pct": per_cent(table["capital_ratio"]),
        }
    )
    figures = [
        Figure(
            "price_falls", "A fall of property prices", shown,
            Made(
                "Values of residential and commercial property and land fall alike; liens are paid in rank from what "
                "is left after haircuts; added expected loss is taken from own funds, risk weights follow the loss "
                f"given default. {ASSUMED}",
                "Stress testing principles (Basel Committee, 2018); CRE31, CRE32 (2023)",
                (*EVENTS, ATTESTED),
            ),
            charts.bars(shown, x="fall", y="expected_loss_100m", unit=" 100m"),
            "Loans in default are left out: they are provisioned already.",
        )
    ]  # fmt: skip
    if funds is not None:
        figures.append(_reverse(measures.least_fall(material.last, loans, funds=funds)))
    return Section("stress", "Stress", "From prices to cover, loss and capital.", tuple(figures))


def _positions(material: Material) -> pd.DataFrame | None:
    if len(material.books) < 2:
        return None
    history = measures.default_history(material.books)
    loans = measures.positions(material.last, history, grades=material.grades)
    return loans if len(loans) else None


def _classes(table: pd.DataFrame) -> Figure:
    shown = pd.DataFrame(
        {
            "asset_class": [name.replace("_", " ") for name in table["asset_class"]],
            "loans": table["loans"],
            "exposure_100m": hundred_millions(table["exposure"], 2),
            "pd_pct": per_cent(table["pd"]),
            "lgd_pct": per_cent(table["lgd"]),
            "risk_weight_pct": per_cent(table["risk_weight"]),
            "risk_weighted_100m": hundred_millions(table["risk_weighted"], 2),
            "expected_loss_100m": hundred_millions(table["expected_loss"], 3),
            "worst_case_loss_100m": hundred_millions(table["worst_loss"], 3),
        }
    )
    return Figure(
        "risk_weights", "Risk weights by asset class", shown,
        Made(
            f"Internal-ratings-based risk-weight functions; the worst-case loss is that of the one-factor model at "
            f"99.9 %, expected loss included. {ASSUMED}",
            "CRE31, CRE32 (Basel Committee, 2023); Vasicek (2002)", EVENTS,
        ),
        charts.ranked(shown, label="asset_class", value="risk_weight_pct", unit=" %"),
        "Loans in default carry no unexpected loss here: they are provisioned.",
    )  # fmt: skip


def _quantiles(material: Material, loans: pd.DataFrame, units: pd.DataFrame) -> list[Figure]:
    models: dict[str, Any] = {}
    sectors, drawn = measures.sector_losses(units), measures.simulated(units)
    if sectors is not None:
        models["CreditRisk+, a sector for each industry"] = sectors
    if drawn is not None:
        models["Simulation, one factor, each obligor"] = drawn
    table = measures.loss_quantiles(loans, models)
    shown = table[["model"]].copy()
    for column in table.columns[1:]:
        shown[f"{column}_100m"] = hundred_millions(table[column], 3)
    share = measures.granularity(units)
    figures = [
        Figure(
            "loss_quantiles", "Losses of a year", shown,
            Made(
                "The formula's loss at 99.9 %; CreditRisk+ with independent gamma sectors and default rates that "
                "deviate by half of their mean; 20,000 simulated years of the formula's own factor in which each "
                "obligor defaults for itself. A pool counts as its borrowers.",
                "CRE31 (Basel Committee, 2023); Credit Suisse First Boston (1997); Gupton, Finger, Bhatia (1997)",
                EVENTS,
            ),
            charts.ranked(shown, label="model", value="loss_99_9_100m", unit=" 100m"),
            "" if share is None else f"Granularity add-on of the corporates: {100 * share:.2f} % of their exposure "
            "(Gordy, Luetkebohmert 2013).",
        )
    ]  # fmt: skip
    if drawn is not None and drawn.losses.any():
        parts = drawn.contributions(0.999)["expected_shortfall"].unstack("region").fillna(0.0) / FEN_PER_100M_YUAN
        parts.index = pd.Index(industry_names(material, parts.index), name="industry")
        figures.append(
            Figure(
                "loss_contributions", "Who stands behind the worst losses", parts.round(3).reset_index(),
                Made("Each industry and region's mean loss in the worst 0.1 % of simulated years; they sum to the "
                     "expected shortfall.", "Tasche (1999)", EVENTS),
                charts.heat(parts, unit=" 100m"),
            )
        )  # fmt: skip
    return figures


def _reverse(found: dict[str, ReverseStress]) -> Figure:
    rows = []
    for name, result in found.items():
        told = "not even a fall to nothing" if result.severity is None else f"{100 * result.severity:.1f} %"
        ratio = result.stress.value("capital_ratio")
        rows.append((name, told, None if ratio is None else round(100 * ratio, 2)))
    return Figure(
        "reverse_stress", "The least fall that is too much",
        pd.DataFrame(rows, columns=["scenario", "least_fall", "tier_1_ratio_there_pct"]),
        Made(
            f"The smallest share of a fall to nothing at which tier-1 capital, as the board attested it, is below "
            f"{100 * measures.MINIMUM_RATIO:g} % of risk-weighted credit assets of this book. {ASSUMED}",
            "Stress testing principles (Basel Committee, 2018); RBC20.1 (2019)", (*EVENTS, ATTESTED),
        ),
    )  # fmt: skip
