"""Customers and their ratings."""

from __future__ import annotations

import numpy as np

from analytics.book._frames import Columns, named
from analytics.book._rows import Keys, Record, latest, latest_text
from analytics.ledger import CUSTOMER_KINDS, RATINGS


def customers(record: Record) -> Columns:
    """One row per registered customer: group and borrowers as last told, accounts as last bound."""
    first = record["customer_registry.customer_registered"]
    grouped, counted, bound, rebound = (
        record[f"customer_registry.{name}"]
        for name in ("customer_grouped", "borrowers_counted", "customer_account_bound", "account_rebound")
    )
    keys = Keys(first["customer"], "customer")
    return Columns(
        {
            "customer": keys.ids,
            "group": latest(keys, [(first, "customer", "group"), (grouped, "customer", "group")]),
            "borrowers": latest(keys, [(first, "customer", "borrowers"), (counted, "customer", "borrowers")]),
            "registered_on": first["registered_on"],
            **{name: first[name] for name in ("industry", "region", "commitment")},
        },
        {"account": latest_text(keys, [(bound, "customer", "account"), (rebound, "customer", "account")])},
        {"kind": named(first["kind"], CUSTOMER_KINDS)},
    )


def ratings(record: Record) -> Columns:
    """One row per customer ever rated: the last rating, imported or confirmed."""
    confirmed = record["rating_registry.rating_confirmed"]
    imported = record["rating_registry.rating_imported"]
    rated = np.concatenate([imported["customer"], confirmed["customer"]])
    keys = Keys(rated, "customer", repeated=True)
    told = {
        name: latest(keys, [(imported, "customer", name), (confirmed, "customer", name)])
        for name in RATINGS
        if name != "customer"
    }
    return Columns({"customer": keys.ids, **told})
