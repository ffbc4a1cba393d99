"""Who pays, who is late, and what is expected to be lost."""

from __future__ import annotations

from collections.abc import Mapping

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
    rating_names,
)
from analytics.risk import default as risk_default
from analytics.units import FEN_PER_100M_YUAN, calendar_date


def quality(material: Material) -> Section:
    books = material.books
    table = measures.quality(books)
    table["share_pct"] = per_cent(table["share"])
    classes = Made(
        "Outstanding principal in each of the five categories; the last three are non-performing.",
        "Measures for the Risk Classification of Financial Assets of Commercial Banks (China, in force 1 July 2023)",
        (*LOANS, *QUALITY),
    )
    bad = table[table["non_performing"]]
    figures = [
        Figure(
            "categories", "The five categories", table[["year", "category", "loans", "outstanding", "share_pct"]],
            classes, charts.bars(bad, x="year", y="share_pct", split="category", stack=True, unit=" %"),
            "The chart shows the non-performing part.",
        )
    ]  # fmt: skip
    overdue = risk_default.overdue_rate(measures.snapshot(material.last), by="industry")
    overdue["industry"] = [material.codes.sections.get(str(key), str(key)) for key in overdue["industry"]]
    overdue["rate_pct"] = per_cent(overdue["rate"], 2)
    overdue = overdue.sort_values("rate_pct", ascending=False, ignore_index=True)
    figures.append(
        Figure(
            "overdue", "Overdue loans by industry", overdue,
            Made("Share of loans with an obligation past due; Clopper-Pearson interval.", "Clopper, Pearson (1934)",
                 (*LOANS, *QUALITY)),
            charts.ranked(overdue, label="industry", value="rate_pct", unit=" %"),
        )
    )  # fmt: skip
    if len(books) > 1:
        figures += _history(material)
    return Section("quality", "Quality and migration", "Who pays, who is late, and where they go.", tuple(figures))


def _history(material: Material) -> list[Figure]:
    history = measures.default_history(material.books)
    made = Made(
        "Defaults within twelve months of a year end over those performing then; an obligor, for retail a loan, over "
        "90 days past due or judged unlikely to pay. Clopper-Pearson intervals.",
        "CRE36.68 (Basel Committee, 2023); Clopper, Pearson (1934)",
        (*LOANS, *QUALITY, *RATINGS),
    )
    figures = []
    names_of: dict[str, Mapping[str, str]] = {
        "date": {}, "industry": material.codes.sections, "region": material.codes.regions,
        "rating": rating_names(material), "vintage": {},
    }  # fmt: skip
    for by, names in names_of.items():
        rates = risk_default.observed_default_rate(history.start, history.defaults, by=by)
        labels = [calendar_date(int(key)).isoformat() if by == "date" else str(key) for key in rates[by]]
        rates[by] = [names.get(label, label) for label in labels]
        chart = charts.intervals(
            rates, label=by, point="rate", lower="lower", upper="upper", across=by in ("industry", "region")
        )
        title = f"Observed default rate by {'starting date' if by == 'date' else by}"
        figures.append(Figure(f"default_rate_{by}", title, rates.round(5), made, chart))
    grades = measures.grade_probabilities(history, material.grades)
    grades["rating"] = [rating_names(material).get(str(grade), str(grade)) for grade in grades["rating"]]
    figures.append(
        Figure(
            "pd_by_rating", "Default probability by rating, from the book's own history", grades.round(6),
            Made("Observed rate where a grade had a default, else the most prudent bound, but no more than a worse "
                 "grade's observed rate.", "Pluto, Tasche (2005)",
                 made.events),
            charts.intervals(grades, label="rating", point="pd", lower="lower", upper="upper"),
        )
    )  # fmt: skip
    years = sorted(material.books)
    start, end = (measures.snapshot(material.books[year]) for year in years[-2:])
    rolled = risk_default.roll_rates(start, end)
    figures.append(
        Figure(
            "roll_rates", f"Roll rates between the ends of {years[-2]} and {years[-1]}", rolled.round(4).reset_index(),
            Made("Share of the loans of one year end that are in each category at the next, or gone.",
                 "cohort method, Lando, Skodeberg (2002)", (*LOANS, *QUALITY)),
            charts.heat(rolled.astype(float)),
        )
    )  # fmt: skip
    return figures


def losses(material: Material) -> Section | None:
    if len(material.books) < 2:
        return None
    history = measures.default_history(material.books)
    loans = measures.expected_losses(material.last, history, grades=material.grades)
    made = Made(
        "PD from the book's history; LGD 40 % of what liens in rank, haircuts and half of guarantees leave uncovered; "
        "EAD with 40 % of undrawn commitments; expected loss = PD x LGD x EAD.",
        "CRE31, CRE32 (Basel Committee, 2023)",
        (*LOANS, *QUALITY, *RATINGS, *COLLATERAL, *GUARANTEES),
    )
    heat = risk_default.expected_loss_heat(loans) / FEN_PER_100M_YUAN
    heat.index = pd.Index([material.codes.sections.get(str(key), str(key)) for key in heat.index], name="industry")
    table = risk_default.expected_loss_table(loans, by="industry")
    table["industry"] = [material.codes.sections.get(str(key), str(key)) for key in table["industry"]]
    table["expected_loss_100m"] = hundred_millions(table["expected_loss"])
    table["rate_pct"] = per_cent(table["rate"])
    return Section(
        "losses",
        "Expected loss",
        "What the book may be expected to lose in a year, and where.",
        (
            Figure(
                "expected_loss_heat", "Expected loss by industry and region", heat.round(4).reset_index(), made,
                charts.heat(heat, unit=" 100m"),
            ),
            Figure(
                "expected_loss_industry", "Expected loss by industry",
                table[["industry", "ead", "expected_loss_100m", "rate_pct"]], made,
                charts.ranked(table, label="industry", value="expected_loss_100m", unit=" 100m"),
            ),
        ),
    )  # fmt: skip
