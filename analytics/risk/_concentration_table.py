"""The concentration indices of a book, by customer, connected group, industry and region."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.errors import InvalidInput
from analytics.risk import _buckets, _indices
from analytics.risk._buckets import IntArray, Labelled, Sums
from analytics.risk._inputs import FloatArray

DIMENSIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "customer": ("customer",),
        "group": ("group",),
        "industry": ("industry",),
        "region": ("region",),
        "industry × region": ("industry", "region"),
    }
)
POOLS: Final = ("spread", "single", "leave_out")


class HasExposures(Protocol):
    """A book as far as concentration goes: a table with one row for each loan."""

    @property
    def exposures(self) -> pd.DataFrame:
        """Columns customer, group, industry, region, amounts, and borrowers where there are pools."""


@dataclass(frozen=True, slots=True)
class _Loans:
    """Loans as amounts and codes; ``borrowers`` and ``group`` have one entry for each customer label."""

    amounts: NDArray[Any]
    codes: Mapping[str, Labelled]
    borrowers: FloatArray
    group: Labelled | None


@dataclass(frozen=True, slots=True)
class _Buckets:
    """Sums of one dimension; ``members[i]`` equal names share bucket i, infinitely many the unlabelled."""

    sums: Sums
    members: FloatArray
    keys: Callable[[IntArray], dict[str, Any]]


def concentration_table(
    book: HasExposures,
    by: str | Sequence[str] = "industry",
    *,
    measure: str = "outstanding",
    pools: str = "spread",
) -> pd.DataFrame:
    """The buckets of one dimension of a book, largest first.

    Parameters
    ----------
    book : Book
        Anything whose ``exposures`` is a table with one row for each loan and the columns customer
        and group (integers; group 0 for none), industry and region (codes; "" for none), the
        measure, and, where retail pools occur, borrowers (0 or 1 for a single borrower).
    by : str or sequence of str
        "customer", "group", "industry", "region" or "industry × region", or the columns of one of
        these. A customer of no group stands alone.
    measure : str
        Column of integer amounts, such as "outstanding" or "undrawn".
    pools : {"spread", "single", "leave_out"}
        A retail pool is one record and many borrowers. "spread" lets each of them hold an equal
        part, "single" counts the pool as one name, "leave_out" takes the book without pools.

    Returns
    -------
    pandas.DataFrame
        The columns of the dimension (by group both group and customer: 0 in the one that the
        bucket is not), loans (those that owe something), borrower_count, the measure (exact:
        int64, or Python integers where a total passes 2^63 - 1), share of the book,
        cumulative_share, and herfindahl_part, what the bucket adds to the sum of squared shares
        of the book; for a pool of b borrowers that are spread, its squared share over b. Loans
        that have no industry or region make one last row with a missing label and part 0: they
        count in the whole but are no bucket, as personal loans are no industry.

    Raises
    ------
    InvalidInput
        No loan that owes something; a column that is absent, or amounts missing, negative or
        fractional; a customer with two borrower counts; an argument that is unknown.

    References
    ----------
    BCBS (2006), Studies on credit risk concentration, working paper 15.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> loans = pd.DataFrame(
    ...     {"customer": [1, 1, 2], "group": [0, 0, 0], "industry": ["K", "K", "F"],
    ...      "region": ["CN-GD", "CN-GD", "CN-BJ"], "outstanding": [50, 25, 25]})
    >>> table = concentration_table(SimpleNamespace(exposures=loans), "industry")
    >>> table[["industry", "loans", "outstanding", "share"]].values.tolist()
    [['K', 2, 75, 0.75], ['F', 1, 25, 0.25]]
    """
    names = _columns(by)
    loans = _read(book, names, measure=measure, pools=pools)
    buckets = _bucketed(loans, names)
    totals, rows = buckets.sums.total, buckets.sums.rows
    kept = buckets.sums.kept
    order = kept[np.argsort(-totals[kept], kind="stable")]
    keys = buckets.keys(order)
    if rows[-1]:
        order = np.append(order, len(rows) - 1)
        keys = {name: [*column, None] for name, column in keys.items()}
    table = pd.DataFrame(keys)
    share = _shares(totals)[order]
    table["loans"] = rows[order]
    table["borrower_count"] = _borrower_count(loans, names)[order]
    table[measure] = totals[order]
    table["share"] = share
    table["cumulative_share"] = np.cumsum(share)
    table["herfindahl_part"] = np.square(share) / buckets.members[order]
    return table


def concentration_pack(book: HasExposures, *, measure: str = "outstanding", pools: str = "spread") -> pd.DataFrame:
    """Every dimension of a book with its concentration indices, one row each.

    Parameters
    ----------
    book : Book
        As in `concentration_table`.
    measure : str
        Column of integer amounts.
    pools : {"spread", "single", "leave_out"}
        As in `concentration_table`.

    Returns
    -------
    pandas.DataFrame
        Index dimension (customer, group, industry, region, industry × region). Columns: names (how
        many owe something, a spread pool's borrowers each), the measure (exact), classified_share
        (the part of the book that has a label), then herfindahl, herfindahl_normalised,
        effective_number, top_1, top_5, top_10, gini, theil, shannon, hoover and hall_tideman of
        the classified part. The Herfindahl index in which the unclassified count in the whole
        but are no bucket is herfindahl × classified_share². A dimension in which no loan has a
        label is left out.

    Raises
    ------
    InvalidInput
        As `concentration_table`.

    References
    ----------
    BCBS (2006), Studies on credit risk concentration, working paper 15.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> loans = pd.DataFrame(
    ...     {"customer": [1, 2], "group": [7, 7], "industry": ["K", "F"], "region": ["CN-GD", "CN-GD"],
    ...      "outstanding": [50, 50]})
    >>> concentration_pack(SimpleNamespace(exposures=loans))["herfindahl"].tolist()
    [0.5, 1.0, 0.5, 1.0, 0.5]
    """
    loans = _read(book, ("customer", "group", "industry", "region"), measure=measure, pools=pools)
    found = {}
    for dimension, names in DIMENSIONS.items():
        buckets = _bucketed(loans, names)
        kept = buckets.sums.kept
        if len(kept):
            totals = buckets.sums.total[kept]
            index = _index_row(_indices.names_of(totals.astype(np.float64), buckets.members[kept]))
            found[dimension] = {
                "names": int(buckets.members[kept].sum()),
                measure: _buckets.total(totals),
                "classified_share": 1.0 - float(_shares(buckets.sums.total)[-1]),
            } | index
    return pd.DataFrame(list(found.values()), index=pd.Index(found, name="dimension"))


def _index_row(names: _indices.Names) -> dict[str, float]:
    herfindahl = _indices.herfindahl(names)
    shannon = _indices.renyi(names, 1.0)
    ranked = _indices.ranked(names)
    return {
        "herfindahl": herfindahl,
        "herfindahl_normalised": _indices.herfindahl(names, normalised=True),
        "effective_number": 1.0 / herfindahl,
        "top_1": _indices.top_share(ranked, 1),
        "top_5": _indices.top_share(ranked, 5),
        "top_10": _indices.top_share(ranked, 10),
        "gini": _indices.gini(ranked),
        "theil": max(0.0, math.log(names.number) - shannon),
        "shannon": shannon,
        "hoover": _indices.hoover(names),
        "hall_tideman": _indices.hall_tideman(ranked),
    }


def _columns(by: str | Sequence[str]) -> tuple[str, ...]:
    names = DIMENSIONS.get(by, (by,)) if isinstance(by, str) else tuple(by)
    if sorted(names) == ["industry", "region"] or names in DIMENSIONS.values():
        return names
    raise InvalidInput(f"by: {by!r} is no dimension; take one of {', '.join(DIMENSIONS)}")


def _read(book: HasExposures, names: Sequence[str], *, measure: str, pools: str) -> _Loans:
    if pools not in POOLS:
        raise InvalidInput(f"pools: {pools!r} is unknown; take one of {', '.join(POOLS)}")
    loans = book.exposures
    wanted = list(dict.fromkeys(["customer", *names, measure]))
    absent = [name for name in wanted if name not in loans.columns]
    if absent:
        raise InvalidInput(f"exposures: no column {', '.join(absent)}; it has {', '.join(map(str, loans.columns))}")
    if "borrowers" in loans.columns and pools == "leave_out":
        loans = loans[loans["borrowers"] <= 1]
    if loans.empty:
        raise InvalidInput("exposures: empty; a book without loans has no concentration")
    for name in ("customer", "group"):
        if name in wanted and not pd.api.types.is_integer_dtype(loans[name].dtype):
            raise InvalidInput(f"column {name}: {loans[name].dtype} holds no numbers of customers or groups")
    values = _buckets.amounts(loans[measure], name=measure)
    if not values.any():
        raise InvalidInput(f"column {measure}: every loan owes zero; a share of nothing has no value")
    customer = _buckets.labelled(loans["customer"])
    codes = {"customer": customer} | {
        name: _buckets.labelled(loans[name]) for name in names if name not in ("customer", "group")
    }
    many = loans["borrowers"] if "borrowers" in loans.columns and pools == "spread" else None
    group = _groups(loans["group"], customer) if "group" in names else None
    return _Loans(values, codes, _borrowers(many, customer), group)


def _borrowers(many: pd.Series[Any] | None, customer: Labelled) -> FloatArray:
    """How many borrowers each customer stands for."""
    if many is None or not (many > 1).any():
        return np.ones(len(customer.labels))
    counts = np.maximum(_buckets.amounts(many, name="borrowers"), 1)
    each, other = _buckets.of_each(customer.code, len(customer.labels), counts)
    if other >= 0:
        label = customer.labels[customer.code[other]]
        raise InvalidInput(f"column borrowers: customer {label} has two counts; a pool has one on all its loans")
    return np.maximum(each.astype(np.float64), 1.0)


def _groups(group: pd.Series[Any], customer: Labelled) -> Labelled:
    """The connected group of each customer, -1 for none."""
    numbers = _buckets.amounts(group, name="group")
    each, other = _buckets.of_each(customer.code, len(customer.labels), numbers)
    if other >= 0:
        label = customer.labels[customer.code[other]]
        raise InvalidInput(f"column group: customer {label} is in two groups; give one on all its loans")
    groups = _buckets.labelled(pd.Series(each))
    groups.code[each == 0] = -1
    return groups


def _bucketed(loans: _Loans, names: Sequence[str]) -> _Buckets:
    if names[0] == "group" and loans.group is not None:
        return _by_group(loans, loans.group)
    buckets = _codes(loans, names)
    count = len(buckets.labels)
    members = loans.borrowers if names[0] == "customer" else np.ones(count)

    def keys(order: IntArray) -> dict[str, Any]:
        labels = buckets.labels[order]
        return {name: labels.get_level_values(level) for level, name in enumerate(names)}

    return _Buckets(_buckets.sums(buckets.code, count, loans.amounts), np.append(members, np.inf), keys)


def _codes(loans: _Loans, names: Sequence[str]) -> Labelled:
    if len(names) == 2:
        return _buckets.crossed(loans.codes[names[0]], loans.codes[names[1]])
    return loans.codes[names[0]]


def _by_group(loans: _Loans, group: Labelled) -> _Buckets:
    """Connected groups first, then the customers of none, each for itself."""
    customer = loans.codes["customer"]
    count = len(group.labels)
    single = _buckets.sums(customer.code, len(customer.labels), loans.amounts)
    together = _buckets.sums(group.code, count, single.total[:-1])
    rows = _buckets.sums(group.code, count, single.rows[:-1])
    alone = group.code < 0
    none = np.zeros(1, dtype=np.int64)
    sums = Sums(
        np.concatenate([together.total[:-1], np.where(alone, single.total[:-1], 0), none]),
        np.concatenate([rows.total[:-1], np.where(alone, single.rows[:-1], 0), none]),
    )

    def keys(order: IntArray) -> dict[str, Any]:
        grouped = order < count
        return {
            "group": np.where(grouped, group.labels[np.where(grouped, order, 0)], 0),
            "customer": np.where(grouped, 0, customer.labels[np.where(grouped, 0, order - count)]),
        }

    return _Buckets(sums, np.concatenate([np.ones(count), loans.borrowers, [np.inf]]), keys)


def _borrower_count(loans: _Loans, names: Sequence[str]) -> IntArray:
    """Borrowers of the distinct customers that owe something in each bucket."""
    customer = loans.codes["customer"]
    width = len(customer.labels)
    if names[0] == "group" and loans.group is not None:
        count = len(loans.group.labels)
        of_customer = np.where(loans.group.code < 0, count + np.arange(width), loans.group.code)
        bucket, last = of_customer[customer.code], count + width
    else:
        buckets = _codes(loans, names)
        last = len(buckets.labels)
        bucket = np.where(buckets.code < 0, last, buckets.code)
    pairs = pd.unique((bucket.astype(np.int64) * width + customer.code)[loans.amounts > 0])
    count_of = np.bincount(pairs // width, weights=loans.borrowers[pairs % width], minlength=last + 1)
    return count_of.astype(np.int64)


def _shares(totals: NDArray[Any]) -> FloatArray:
    """Exact totals as fractions of their sum."""
    return np.asarray(totals.astype(np.float64) / float(_buckets.total(totals)))
