"""How ratings moved between year ends, and what default they lead to over many years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from analytics.errors import InvalidInput
from analytics.ledger import Book
from analytics.report.measures._book import Books, default_history, grade_probabilities
from analytics.risk.loss import default_terms, default_terms_of_matrix
from analytics.risk.migration import cohort_counts, generator
from analytics.units import calendar_date, day_number

DEFAULT: Final = "D"
UNRATED: Final = 0
ANNIVERSARY_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Migration:
    """Moves of rated customers between year ends.

    ``counts`` are obligors (grades best first, then D), ``matrix`` their shares with the default
    column replaced by each grade's probability; ``terms`` cumulative default by grade (0 the
    unrated) and whole years, ``method`` how it was got.
    """

    counts: pd.DataFrame
    matrix: pd.DataFrame
    terms: pd.DataFrame
    method: str


def rating_history(books: Books) -> pd.DataFrame:
    """Each rated customer's grade at every year end it owes something at: entity, date, state.

    A customer with a defaulted loan is in D, and is not followed any further.
    """
    parts = []
    gone: set[int] = set()
    for _, book in sorted(books.items()):
        failed = set(book.loans.loc[book.loans["defaulted_on"] > 0, "customer"].tolist())
        rated = book.exposures[(book.exposures["grade"] != UNRATED) & (book.exposures["outstanding"] != 0)]
        grades = rated.groupby("customer")["grade"].max()
        known = [key for key in dict.fromkeys([*grades.index.tolist(), *sorted(failed)]) if key not in gone]
        states = [DEFAULT if key in failed else str(grades[key]) for key in known]
        parts.append(pd.DataFrame({"entity": known, "date": book.business_date, "state": states}))
        gone |= failed
    return pd.concat(parts, ignore_index=True)


def annual(books: Books) -> dict[int, Book]:
    """The books that lie whole years after the first, within a week."""
    years = sorted(books)
    first = calendar_date(books[years[0]].business_date)
    return {
        year: books[year]
        for year in years
        if abs(books[year].business_date - _anniversary(first, books[year].business_date)) <= ANNIVERSARY_DAYS
    }


def migration(books: Books, *, grades: int, years: int) -> Migration | None:
    """Moves between year ends and the term structure they lead to; None with less than a year of rated history.

    A grade's default column is its probability from the record (the observed rate, or the most
    prudent bound where it had no default), so that no grade is free of risk because few were in
    it; the rest of its row keeps its proportions. A grade in which no year began stays where it
    is but for default.
    """
    apart = annual(books)
    if len(apart) < 2:
        return None
    history = rating_history(apart)
    if not len(history) or history["date"].nunique() < 2:
        return None
    table = grade_probabilities(default_history(books), grades).set_index("rating")["pd"]
    states = [str(grade) for grade in range(1, grades + 1)] + [DEFAULT]
    counts = cohort_counts(history, states=states)
    if not counts.to_numpy().any():
        return None
    matrix = _calibrated(counts, table)
    terms, method = _terms(counts, matrix, range(1, years + 1))
    unrated = float(table[UNRATED]) if UNRATED in table.index else None
    if unrated is not None:
        terms.loc[str(UNRATED)] = 1.0 - (1.0 - unrated) ** np.asarray(terms.columns, dtype=np.float64)
    return Migration(counts, matrix, terms, method)


def _calibrated(counts: pd.DataFrame, probability: pd.Series[float]) -> pd.DataFrame:
    matrix = np.zeros(counts.shape)
    # A grade nobody was in is taken for the next better one that somebody was in, the best for the next worse.
    chances = probability.reindex(range(1, len(counts))).ffill().bfill().to_numpy(dtype=np.float64)
    for row, chance in enumerate(chances.tolist()):
        moved = counts.iloc[row, :-1].to_numpy(dtype=np.float64)
        if not moved.any():
            moved[row] = 1.0
        matrix[row, :-1] = moved / moved.sum() * (1.0 - chance)
        matrix[row, -1] = chance
    matrix[-1, -1] = 1.0
    return pd.DataFrame(matrix, index=counts.index, columns=counts.columns)


def _terms(counts: pd.DataFrame, matrix: pd.DataFrame, years: Sequence[int]) -> tuple[pd.DataFrame, str]:
    """Through the generator of greatest likelihood where there is one, else through the matrix's powers."""
    obligors = np.maximum(counts.sum(axis=1), 1)
    expected = matrix.mul(obligors, axis=0)
    expected.iloc[-1] = 0.0
    try:
        rates = generator(expected, method="EM")
    except InvalidInput:
        return default_terms_of_matrix(matrix, years[-1]), "the powers of the one-year matrix"
    return default_terms(
        rates, [float(year) for year in years]
    ), "the generator of greatest likelihood, P(t) = exp(Q t)"


def _anniversary(first: date, day: int) -> int:
    """The anniversary of the first date that is nearest to a day."""
    whole = round((day - day_number(first)) / 365.25)
    leap = first.month == 2 and first.day == 29
    return day_number(first.replace(year=first.year + whole, day=28 if leap else first.day))
