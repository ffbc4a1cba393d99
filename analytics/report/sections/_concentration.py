"""How much stands on how few."""

from __future__ import annotations

import pandas as pd

from analytics.report import charts, measures
from analytics.report.model import Figure, Made, Section
from analytics.report.sections._columns import per_cent
from analytics.report.sections._material import LOANS, Material
from analytics.units import FEN_PER_100M_YUAN


def concentration(material: Material) -> Section:
    table = measures.concentration(material.books)
    made = Made(
        "Indices over exposures of each dimension; a retail pool counts as its borrowers; personal loans belong to no "
        "industry.",
        "Hirschman (1964); Hall and Tideman (1967); Theil (1967); Gini (1912)",
        (*LOANS, "customer_registry.customer_registered", "customer_registry.borrowers_counted"),
    )
    wide = table.pivot(index="year", columns="dimension", values="herfindahl").reset_index()
    dimensions = {str(name): str(name) for name in wide.columns if name != "year"}
    figures = [
        Figure(
            "concentration", "Concentration indices by dimension and year end", table.round(4), made,
            charts.lines(wide, x="year", series=dimensions),
        )
    ]  # fmt: skip
    for by, names in (
        ("industry", material.codes.sections), ("region", material.codes.regions), ("customer", None), ("group", None),
    ):  # fmt: skip
        largest = measures.largest(material.last, by=by, names=names)
        if not len(largest):
            continue
        shown = largest.assign(share_pct=per_cent(largest["share"], 2))
        if by in ("customer", "group"):
            shown.insert(0, "name", _people(largest))
        figures.append(
            Figure(
                f"largest_{by}", f"Largest by {by}", shown.drop(columns=["share"]), made,
                charts.ranked(shown, label="name", value="share_pct", unit=" %"),
            )
        )  # fmt: skip
    figures.append(_heat_of_exposure(material, made))
    return Section("concentration", "Concentration", "How much stands on how few.", tuple(figures))


def _heat_of_exposure(material: Material, made: Made) -> Figure:
    exposures = material.last.exposures
    matrix = exposures.assign(amount=exposures["outstanding"].astype(float) / FEN_PER_100M_YUAN).pivot_table(
        index="industry", columns="region", values="amount", aggfunc="sum", fill_value=0.0
    )
    matrix.index = pd.Index([material.codes.sections.get(str(key), str(key)) for key in matrix.index], name="industry")
    return Figure(
        "industry_region", "Outstanding by industry and region", matrix.round(2).reset_index(), made,
        charts.heat(matrix, unit=" 100m"),
    )  # fmt: skip


def _people(largest: pd.DataFrame) -> list[str]:
    """Customers and groups by number; where both columns stand, zero marks the one that a row is not."""
    if "group" not in largest:
        return [f"customer {customer}" for customer in largest["customer"]]
    return [
        f"group {group}" if group else f"customer {customer}"
        for group, customer in zip(largest["group"], largest["customer"], strict=True)
    ]
