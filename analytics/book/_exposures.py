"""Exposures, and the limits their buckets are measured against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.book._frames import Column, Columns, named
from analytics.book._rows import Keys, Record, Rows
from analytics.book._words import Integers, Values, objects, summed, words_of
from analytics.ledger import DIMENSIONS, LOAN_STATES
from analytics.units import PPB

MAY_DRAW: Final = np.array([name in ("approved", "active", "defaulted") for name in LOAN_STATES])
TERMS: Final = ("limit", "share", "denominator", "review_date")
NUMBERED: Final = ("customer", "group")


def exposures(loans: Columns, customers: Columns, ratings: Columns) -> Columns:
    """One row per loan that is owed or may still be drawn, with what it is measured on."""
    principal, undrawn = loans.arrays["principal"], loans.arrays["undrawn"]
    may_draw = MAY_DRAW[loans.names["state"].codes]
    live = np.flatnonzero((principal != 0) | ((undrawn != 0) & may_draw))
    known = Keys(customers.arrays["customer"], "customer")
    who = known.positions(loans.arrays["customer"], where="loans")[live]
    borrower = loans.arrays["customer"][live]
    rated = Keys(ratings.arrays["customer"], "customer").find(borrower)
    region, industry = loans.texts["region"].take(live), loans.texts["industry"].take(live)
    return Columns(
        {
            "loan": loans.arrays["loan"][live],
            "customer": borrower,
            "group": customers.arrays["group"][who],
            "borrowers": customers.arrays["borrowers"][who],
            "grade": np.append(ratings.arrays["grade"], 0)[rated],
            "outstanding": principal[live],
            "undrawn": np.where(may_draw, undrawn, 0)[live],
        },
        {"industry": industry.mapped(name[:1] for name in industry.names), "region": region.mapped(region.names)},
        {"kind": customers.names["kind"][who], "category": loans.names["category"][live]},
    )


@dataclass(frozen=True, slots=True)
class _Buckets:
    """The buckets of one dimension that are used, in the order of the exposures."""

    keys: Values
    exposure: Values
    reserved: Values


def limits(record: Record, exposures: Columns) -> dict[str, Column]:
    """Every bucket that has a limit or is used: what is set, what it amounts to, what is used."""
    used = [_used(exposures, dimension) for dimension in DIMENSIONS]
    told = record["credit_policy.limit_set"]
    rows, new = _placed(_last_set(told), used)
    count = sum(len(buckets.keys) for buckets in used) + len(new)
    at = np.fromiter(rows, dtype=np.int64, count=len(rows))
    row = np.fromiter(rows.values(), dtype=np.int64, count=len(rows))
    terms = {name: _spread(told[name][row], at, count) for name in TERMS}
    effective = np.full(count, None, dtype=object)
    effective[at] = _effective(record, [told[name][row].tolist() for name in TERMS])
    sizes = [len(buckets.keys) for buckets in used]
    dimension = np.concatenate([np.repeat(range(len(used)), sizes), np.array([d for d, _ in new], dtype=np.int64)])
    return {
        "dimension": named(dimension, DIMENSIONS),
        "key": np.concatenate([*(buckets.keys for buckets in used), objects(key for _, key in new)]),
        **terms,
        "effective_limit": effective,
        "exposure": np.concatenate([*(buckets.exposure for buckets in used), np.zeros(len(new), dtype=np.int64)]),
        "reserved": np.concatenate([*(buckets.reserved for buckets in used), np.zeros(len(new), dtype=np.int64)]),
    }


def _used(exposures: Columns, dimension: str) -> _Buckets:
    texts = exposures.texts.get(dimension)
    values = exposures.arrays[dimension] if texts is None else texts.codes
    members = np.flatnonzero(values) if dimension == "group" else slice(None)
    buckets = Keys(values[members], dimension, repeated=True)
    sums = [_sums(buckets.codes, exposures.arrays[name][members], len(buckets)) for name in ("outstanding", "undrawn")]
    keys = objects(map(str, buckets.ids.tolist())) if texts is None else texts.names[buckets.ids]
    return _Buckets(keys, *sums)


def _sums(position: Integers, amounts: Values, size: int) -> Values:
    words = words_of(amounts)
    found = None if words is None else summed(position, words, size)
    if found is None:
        found = np.zeros(size, dtype=object)
        np.add.at(found, position, amounts.astype(object))
    return found


def _last_set(told: Rows) -> dict[tuple[int, str], int]:
    """The row that set each limit last, by dimension and name, in the order in which they were first set."""
    by_key: dict[tuple[int, int], int] = {}
    for row, bucket in enumerate(zip(told["dimension"].tolist(), told["key"].tolist(), strict=True)):
        by_key[bucket] = row
    by_name: dict[tuple[int, str], int] = {}
    for (dimension, key), row in by_key.items():
        name = dimension, bucket_name(dimension, key)
        by_name[name] = max(row, by_name.get(name, row))
    return by_name


def _placed(
    told: Mapping[tuple[int, str], int], used: Sequence[_Buckets]
) -> tuple[dict[int, int], list[tuple[int, str]]]:
    """The row that sets the limit at each place, and the buckets that have one unused, placed behind the used ones."""
    start = 0
    places: dict[tuple[int, str], int] = {}
    for dimension, buckets in enumerate(used):
        if any(told_dimension == dimension for told_dimension, _ in told):
            places |= {(dimension, key): start + at for at, key in enumerate(buckets.keys.tolist())}
        start += len(buckets.keys)
    new = [name for name in told if name not in places]
    places |= {name: start + at for at, name in enumerate(new)}
    return {places[name]: row for name, row in told.items()}, new


def _spread(values: Values, at: Integers, count: int) -> Values:
    found = np.zeros(count, dtype=object if values.dtype == object else np.int64)
    found[at] = values
    return found


def bucket_name(dimension: int, key: int) -> str:
    """A bucket's key as people write it: a number, or the letters of a section or region code.

    >>> bucket_name(0, 17), bucket_name(2, ord("K")), bucket_name(3, int.from_bytes(b"CN-GD", "big") << 8)
    ('17', 'K', 'CN-GD')
    """
    if DIMENSIONS[dimension] in NUMBERED:
        return str(key)
    return int(key).to_bytes(8, "big").strip(b"\0").decode("ascii")


def _effective(record: Record, terms: Sequence[Sequence[int]]) -> Values:
    """Limits in fen: the lower of the absolute one and the share of its denominator; None where there is neither."""
    attested = record["credit_policy.denominator_attested"]
    amounts = dict(zip(attested["denominator"].tolist(), attested["amount"].tolist(), strict=True))
    found: list[int | None] = []
    for limit, share, denominator, _ in zip(*terms, strict=True):
        bounds = [limit] if limit else []
        if share:
            bounds.append(share * int(amounts.get(denominator, 0)) // PPB)
        found.append(min(bounds) if bounds else None)
    return objects(found)
