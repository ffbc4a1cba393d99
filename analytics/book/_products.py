"""Products and what their loans go by: servicing terms, calendars, reference rates, signed term sheets."""

from __future__ import annotations

from typing import Final

import numpy as np

from analytics.book._frames import Column
from analytics.book._loans import loan_keys
from analytics.book._rows import Record, Rows, latest, latest_text
from analytics.book._words import Values
from analytics.ledger import FIXINGS, PRODUCTS, SERVICING

CALENDAR_YEAR: Final = ("calendar", "year")


def products(record: Record) -> dict[str, Column]:
    """One row per product, as last set."""
    rows = record["loan_book.product_set"]
    keys = rows.keys("product")
    terms = {name: latest(keys, [(rows, "product", name)]) for name in PRODUCTS if name != "product"}
    return {"product": keys.ids, **terms}


def servicing(record: Record) -> dict[str, Column]:
    """One row per product with servicing terms, which are set once."""
    rows = record["loan_book.servicing_set"]
    return {name: rows[name] for name in SERVICING}


def calendars(record: Record) -> dict[str, Column]:
    """One row per calendar and year, as last set: the days the bank is closed on, a bit each from 1 January."""
    rows = record["loan_book.calendar_year_set"]
    rows.join("key", CALENDAR_YEAR)
    keys = rows.keys("key")
    return {
        **{name: latest(keys, [(rows, "key", name)]) for name in CALENDAR_YEAR},
        **{name: latest_text(keys, [(rows, "key", name)]) for name in ("low", "high")},
    }


def fixings(record: Record) -> dict[str, Column]:
    """One row per fixing of a reference rate; it holds from its day to the next of its index."""
    rows = record["loan_book.fixing_set"]
    return {name: rows[name] for name in FIXINGS}


def term_sheets(record: Record) -> dict[str, Column]:
    """One row per application of a product that is signed for: the document it names, and who signed it when."""
    applied, signed = record["loan_book.loan_applied"], record["loan_book.term_sheet_signed"]
    keys = loan_keys(applied, record["loan_book.loan_imported"])
    must = keys.find(applied["loan_id"])[_must_be_signed(applied, record["loan_book.servicing_set"])]
    documents = latest_text(keys, [(applied, "loan_id", "terms_hash")]).values()
    accounts = latest_text(keys, [(signed, "loan_id", "account")]).values()
    return {
        "loan": keys.ids[must],
        "document": documents[must],
        "account": accounts[must],
        "signed_on": latest(keys, [(signed, "loan_id", "value_date")])[must],
    }


def _must_be_signed(applied: Rows, terms: Rows) -> Values:
    """Which applications came after their product's terms asked for a signature."""
    since = {
        int(product): int(order)
        for product, order, asks in zip(terms["product"], terms.order, terms["signed_terms"], strict=True)
        if asks
    }
    never = np.iinfo(np.int64).max
    start = np.array([since.get(int(product), never) for product in applied["product"]], dtype=np.int64)
    return np.asarray(applied.order > start)
