"""What customers' loans of each product answer to what is known of them, and the facts reported."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from analytics.book._frames import Column, named
from analytics.book._rows import Keys, Record, Rows, latest
from analytics.ledger import ANSWERS, BOUNDS, COVENANT_TESTS, MEASURES, STANDINGS

FACILITY: Final = ("customer", "product")


def covenants(record: Record) -> dict[str, Column]:
    """One row per customer and product whose loans are under rules: grade and day of entry, and what they answer."""
    entered, anew, answered = (
        record[f"covenant_registry.{name}"] for name in ("facility_entered", "facility_reset", "continuation_answered")
    )
    for rows in (entered, anew, answered):
        rows.join("facility", FACILITY)
    keys = Keys(entered["facility"], "facility")
    told = {name: latest(keys, [(answered, "facility", name)]) for name in ("answer", "reason", "cure_by")}
    return {
        **{name: entered[name] for name in FACILITY},
        "entered_on": latest(keys, [(rows, "facility", "value_date") for rows in (entered, anew)]),
        "entry_grade": latest(keys, [(rows, "facility", "entry_grade") for rows in (entered, anew)]),
        "answer": named(told["answer"], ANSWERS),
        "reason": named(told["reason"], COVENANT_TESTS),
        "cure_by": told["cure_by"],
    }


def covenant_tests(record: Record) -> dict[str, Column]:
    """One row per test that ever changed: what it says of a customer's loans of a product."""
    rows = record["covenant_registry.covenant_tested"]
    last = _last(rows, (*FACILITY, "test"))
    return {
        **{name: last[name] for name in (*FACILITY, "cure_by", "late")},
        "test": named(last["test"], COVENANT_TESTS),
        "answer": named(last["answer"], ANSWERS),
    }


def standings(record: Record) -> dict[str, Column]:
    """One row per customer whose standing was ever reported: the last report."""
    last = _last(record["covenant_registry.standing_reported"], ("customer",))
    return {
        "customer": last["customer"],
        "standing": named(last["standing"], STANDINGS),
        "reported_on": last["value_date"],
    }


def figures(record: Record) -> dict[str, Column]:
    """One row per customer and measure ever reported: the last figure and the day it is of."""
    last = _last(record["covenant_registry.figure_reported"], ("customer", "measure"))
    return {
        **{name: last[name] for name in ("customer", "value", "as_of")},
        "measure": named(last["measure"], MEASURES),
    }


def rating_rules(record: Record) -> dict[str, Column]:
    """One row per product with a rule for ratings, as last set."""
    last = _last(record["covenant_registry.rating_rule_set"], ("product",))
    numbers = ("product", "worst_grade", "cure_days", "notches", "downgrade_cure_days")
    return {
        **{name: last[name] for name in numbers},
        **{name: named(last[name], ANSWERS) for name in ("answer", "downgrade_answer")},
    }


def standing_rules(record: Record) -> dict[str, Column]:
    """One row per product and standing with a rule, as last set."""
    last = _last(record["covenant_registry.standing_rule_set"], ("product", "standing"))
    return {
        **{name: last[name] for name in ("product", "cure_days")},
        "standing": named(last["standing"], STANDINGS),
        "answer": named(last["answer"], ANSWERS),
    }


def measure_rules(record: Record) -> dict[str, Column]:
    """One row per product and measure with a rule, as last set."""
    last = _last(record["covenant_registry.measure_rule_set"], ("product", "measure"))
    return {
        **{name: last[name] for name in ("product", "threshold", "cure_days", "longest_age")},
        "measure": named(last["measure"], MEASURES),
        "bound": named(last["bound"], BOUNDS),
        "answer": named(last["answer"], ANSWERS),
    }


def _last(rows: Rows, key: tuple[str, ...]) -> Rows:
    """The last row of each key, in the order in which the keys were first told."""
    rows.join("key", key)
    return Rows(rows.name, rows.table.take(pa.array(rows.last(rows.keys("key"), "key").row)))
