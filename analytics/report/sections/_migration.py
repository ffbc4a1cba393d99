"""Where ratings go from year to year, and what default they lead to."""

from __future__ import annotations

from typing import Final

import pandas as pd

from analytics.report import charts, measures
from analytics.report.model import Figure, Made, Section
from analytics.report.sections._material import LOANS, QUALITY, RATINGS, Material, rating_names

YEARS: Final = 10


def migration(material: Material) -> Section | None:
    """Cohorts of ratings and the term structure; nothing with less than a year of rated history."""
    found = measures.migration(material.books, grades=material.grades, years=YEARS)
    if found is None:
        return None
    names = {**rating_names(material), "D": "default"}
    counts, matrix = (
        table.rename(index=names, columns=names).rename_axis("from") for table in (found.counts, found.matrix)
    )
    terms = found.terms.rename(index=names).T
    terms.index = pd.Index([f"{year:g}" for year in terms.index], name="years")
    shown = terms.reset_index()
    return Section(
        "migration",
        "Migration of ratings",
        "Where rated customers were a year later, and how default adds up over the years.",
        (
            Figure(
                "cohorts", "Customers by rating at one year end and the next", counts.reset_index(),
                Made(
                    "Rated customers with something outstanding at both year ends, all years together; a customer "
                    "whose loan was declared in default is in default and not followed any further.",
                    "cohort method: Lando, Skodeberg (2002)", (*LOANS, *QUALITY, *RATINGS),
                ),
                charts.heat(counts.astype(float)),
            ),
            Figure(
                "migration_matrix", "One-year migration probabilities", matrix.round(4).reset_index(),
                Made(
                    "Shares of the cohorts; the default column is each rating's probability from the book's history "
                    "(the observed rate, or a most prudent bound where there was no default), the rest keeps its "
                    "proportions.",
                    "Lando, Skodeberg (2002); Pluto, Tasche (2005)", (*LOANS, *QUALITY, *RATINGS),
                ),
                charts.heat(matrix),
            ),
            Figure(
                "default_terms", "Cumulative default probability by rating and years", shown.round(5),
                Made(
                    f"By {found.method}. Unrated loans default at a constant rate.",
                    "Israel, Rosenthal, Wei (2001); Bladt, Soerensen (2005)", (*LOANS, *QUALITY, *RATINGS),
                ),
                charts.lines(shown, x="years", series={name: name for name in terms.columns}),
            ),
        ),
    )  # fmt: skip
