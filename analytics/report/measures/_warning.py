"""Which loans signal trouble now, and what their signals were worth on the book's own history."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from analytics.ledger import CATEGORIES, Book
from analytics.report.measures._book import Books, protections, snapshot
from analytics.risk.default import loss_given_default
from analytics.risk.stress import Headroom, headroom_map
from analytics.risk.warning import Indicator, alerts, indicator_history, warning_quality

INDICATORS: Final = (
    Indicator("days_past_due", 0.0),
    Indicator("days_past_due", 30.0),
    Indicator("rating_drop", 0.0),
    Indicator("category_drop", 0.0),
    Indicator("cover_fall", 0.1),
)


def observations(books: Books) -> pd.DataFrame:
    """What the indicators read of every loan that has not defaulted, at every year end; empty where there is none."""
    rows = pd.concat([_snapshot(book) for _, book in sorted(books.items())], ignore_index=True)
    return indicator_history(rows) if len(rows) else rows


def warnings_now(books: Books) -> pd.DataFrame:
    """Loans that signal at the latest year end, most signals first: `alerts`' columns."""
    seen = observations(books)
    latest = seen[seen["date"] == books[max(books)].business_date]
    return alerts(latest, INDICATORS) if len(latest) else pd.DataFrame()


def signals_judged(books: Books) -> pd.DataFrame | None:
    """Each indicator on the book's own history: `warning_quality`'s columns; None with one year end."""
    seen = observations(books)
    if len(books) < 2 or not len(seen):
        return None
    last = books[max(books)]
    failed = last.loans[last.loans["defaulted_on"] > 0]
    defaults = pd.DataFrame({"unit": failed["loan"].to_numpy(), "date": failed["defaulted_on"].to_numpy()})
    return warning_quality(seen, defaults, INDICATORS, as_of=last.business_date)


def covenants_failing(book: Book) -> pd.DataFrame:
    """Customers' loans of a product whose drawings are suspended, the notice that ends first on top.

    Columns customer, product, answer, reason, cure_by (a day number, 0 without a notice), days_left (missing
    without a notice, below zero where it ran out), figure and threshold (parts per billion, missing where the answer
    rests on no figure or on one never reported), outstanding and undrawn (fen). Loans that are neither owed nor can be
    drawn are left out.
    """
    failing = book.covenants[book.covenants["answer"] != "continue"]
    live = book.exposures.merge(book.loans[["loan", "product"]], on="loan")
    owed = live.groupby(["customer", "product"], as_index=False)[["outstanding", "undrawn"]].sum()
    table = failing[["customer", "product", "answer", "reason", "cure_by"]].merge(owed, on=["customer", "product"])
    left = (table["cure_by"] - book.business_date).where(table["cure_by"] != 0).astype("Int64")
    table.insert(5, "days_left", left)
    reported = book.figures.rename(columns={"measure": "reason", "value": "figure"})
    asked = book.measure_rules.rename(columns={"measure": "reason"})
    for column, values, key in (("figure", reported, "customer"), ("threshold", asked, "product")):
        found = values.astype({"reason": str}).set_index([key, "reason"])[column].astype("Int64")
        at = pd.MultiIndex.from_arrays([table[key], table["reason"].astype(str)])
        table.insert(6, column, pd.Series(found.reindex(at).tolist(), dtype="Int64"))
    return table.sort_values(["days_left", "outstanding"], ascending=[True, False], ignore_index=True)


def room(book: Book) -> Headroom | None:
    """Headroom of each industry in each region until the first limit; None where neither has a limit."""
    table = book.limits[book.limits["effective_limit"].notna() & book.limits["dimension"].isin(["industry", "region"])]
    if table.empty:
        return None
    industries = sorted(set(book.exposures["industry"]) | set(table.loc[table["dimension"] == "industry", "key"]))
    regions = sorted(set(book.exposures["region"]) | set(table.loc[table["dimension"] == "region", "key"]))
    return headroom_map(table, industries=industries, regions=regions)


def _snapshot(book: Book) -> pd.DataFrame:
    loans = snapshot(book)
    loans = loans[~loans["unlikely_to_pay"]]
    undrawn = book.exposures.set_index("loan").loc[loans["loan"], "undrawn"].to_numpy()
    owed = loans[["loan"]].assign(exposure=loans["outstanding"])
    brought = loss_given_default(owed, *protections(book, set(loans["loan"])))
    codes = {name: number for number, name in enumerate(CATEGORIES)}
    return pd.DataFrame(
        {
            "unit": loans["loan"].to_numpy(),
            "date": book.business_date,
            "days_past_due": loans["days_past_due"].to_numpy(),
            "rating": loans["rating"].to_numpy(),
            "category": [codes[name] for name in loans["category"].astype(str)],
            "outstanding": loans["outstanding"].to_numpy(),
            "limit": np.asarray(loans["outstanding"]) + np.asarray(undrawn),
            "cover": (brought["from_collateral"] + brought["from_guarantees"]).to_numpy(),
        }
    )
