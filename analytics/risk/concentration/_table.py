"""The concentration indices of a book, by customer, connected group, industry and region."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.errors import InvalidInput
from analytics.risk._shapes import FloatArray
from analytics.risk.concentration import _buckets, _indices
from analytics.risk.concentration._buckets import Customers, IntArray, Labelled, Money, Sums

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
    """Loans as amounts and codes, and what their customers are."""

    amounts: Money
    codes: Mapping[str, Labelled]
    customers: Customers


@dataclass(frozen=True, slots=True)
class _Buckets:
    """Sums of one dimension, its buckets each shared by ``members[i]`` equal names, and what has no label."""

    sums: Sums
    members: FloatArray
    keys: Callable[[IntArray], dict[str, Any]]
    unlabelled: int = 0
    unlabelled_rows: int = 0

    @property
    def whole(self) -> int:
        """The exact total of the book."""
        return _buckets.total(self.sums.total) + self.unlabelled


class _Grouped(NamedTuple):
    """The customers that are in a group, by position, their groups, and the members of groups then customers."""

    joined: IntArray
    group: Labelled
    members: FloatArray


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
    kept = np.flatnonzero(rows)
    order = kept[np.argsort(-totals[kept], kind="stable")]
    share = totals[order].astype(np.float64) / float(buckets.whole)
    columns = buckets.keys(order) | {
        "loans": rows[order],
        "borrower_count": _borrower_count(loans, names)[order],
        measure: totals[order],
        "share": share,
        "cumulative_share": np.cumsum(share),
        "herfindahl_part": np.square(share) / buckets.members[order],
    }
    if buckets.unlabelled_rows:
        last = {
            "loans": buckets.unlabelled_rows,
            "borrower_count": int(_borrower_count(loans, names)[-1]),
            measure: buckets.unlabelled,
            "share": buckets.unlabelled / buckets.whole,
            "cumulative_share": 1.0,
            "herfindahl_part": 0.0,
        }
        columns = {name: [*column, last.get(name)] for name, column in columns.items()}
    return pd.DataFrame(columns)


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
    loans, money = _checked(book, ("customer", "group", "industry", "region"), measure=measure, pools=pools)
    # NumPy and the compiled loops let go of the interpreter, so that the two halves run side by side.
    with ThreadPoolExecutor(max_workers=1) as beside:
        places = beside.submit(_places, loans, money)
        customers = _customers(loans, money, grouped=True, pools=pools)[1]
        pooled = bool(customers.borrowers.max() > 1.0)
        single = beside.submit(_index_row, customers.total, customers.borrowers if pooled else None)
        grouped = _grouped(customers)
        group = _index_row(_by_group(grouped, customers.total), grouped.members if pooled else None)
        found = {"customer": single.result(), "group": group} | places.result()
    whole = _buckets.total(customers.total)
    pack = {
        dimension: {"names": row["names"], measure: row["total"], "classified_share": row["total"] / whole} | row
        for dimension, row in found.items()
        if row["total"]
    }
    table = pd.DataFrame(list(pack.values()), index=pd.Index(pack, name="dimension"))
    return table.drop(columns="total")


def _places(loans: pd.DataFrame, money: Money) -> dict[str, dict[str, Any]]:
    """Industry and region as the margins of their cross where that is one small table."""
    cross = _buckets.pair_totals(loans["industry"], loans["region"], money)
    if cross is not None:
        totals = [cross.sum(axis=1)[1:], cross.sum(axis=0)[1:], cross[1:, 1:].ravel()]
    else:
        industry, region = _buckets.labelled(loans["industry"]), _buckets.labelled(loans["region"])
        columns = (industry, region, _buckets.crossed(industry, region))
        totals = [_buckets.sums(column.code, len(column.labels), money).total[:-1] for column in columns]
    return dict(zip(("industry", "region", "industry × region"), map(_index_row, totals), strict=True))


def _index_row(total: NDArray[Any], members: FloatArray | None = None) -> dict[str, Any]:
    """The exact total of what has a label, and its indices where it is not zero."""
    owing = np.flatnonzero(total)
    total = total[owing]
    if not len(total):
        return {"total": 0}
    names = _indices.names(total.astype(np.float64), None if members is None else members[owing])
    herfindahl = _indices.herfindahl(names)
    shannon = _indices.renyi(names, 1.0)
    ranked = _indices.ranked(names)
    rank_sum = _indices.rank_sum(ranked)
    return {
        "total": _buckets.total(total),
        "names": int(names.number),
        "herfindahl": herfindahl,
        "herfindahl_normalised": _indices.normalised(herfindahl, names.number),
        "effective_number": 1.0 / herfindahl,
        "top_1": _indices.top_share(ranked, 1),
        "top_5": _indices.top_share(ranked, 5),
        "top_10": _indices.top_share(ranked, 10),
        "gini": _indices.gini(names, rank_sum),
        "theil": max(0.0, math.log(names.number) - shannon),
        "shannon": shannon,
        "hoover": _indices.hoover(names),
        "hall_tideman": _indices.hall_tideman(names, rank_sum),
    }


def _columns(by: str | Sequence[str]) -> tuple[str, ...]:
    names = DIMENSIONS.get(by, (by,)) if isinstance(by, str) else tuple(by)
    if sorted(names) == ["industry", "region"] or names in DIMENSIONS.values():
        return names
    raise InvalidInput(f"by: {by!r} is no dimension; take one of {', '.join(DIMENSIONS)}")


def _read(book: HasExposures, names: Sequence[str], *, measure: str, pools: str) -> _Loans:
    loans, money = _checked(book, names, measure=measure, pools=pools)
    customer, customers = _customers(loans, money, grouped="group" in names, pools=pools)
    codes = {name: _buckets.labelled(loans[name]) for name in names if name in ("industry", "region")}
    return _Loans(money, {"customer": customer} | codes, customers)


def _checked(book: HasExposures, names: Sequence[str], *, measure: str, pools: str) -> tuple[pd.DataFrame, Money]:
    """The loans that take part, with every column that is needed, and their amounts."""
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
    money = _buckets.amounts(loans[measure], name=measure)
    if money.largest == 0:
        raise InvalidInput(f"column {measure}: every loan owes zero; a share of nothing has no value")
    return loans, money


def _customers(loans: pd.DataFrame, money: Money, *, grouped: bool, pools: str) -> tuple[Labelled, Customers]:
    customer = _buckets.numbered(loans["customer"], name="customer")
    groups = borrowers = Money(np.zeros(1, dtype=np.int64), 0)
    if grouped:
        groups = _buckets.amounts(loans["group"], name="group")
    if "borrowers" in loans.columns and pools == "spread":
        counts = _buckets.amounts(loans["borrowers"], name="borrowers")
        if counts.largest > 1:
            borrowers = Money(np.maximum(counts.values, 1), counts.largest)
    return customer, _buckets.by_customer(customer, money, groups, borrowers)


def _bucketed(loans: _Loans, names: Sequence[str]) -> _Buckets:
    customers, customer = loans.customers, loans.codes["customer"]
    if names[0] in ("customer", "group"):
        owing = _buckets.sums(customer.code, len(customer.labels), loans.amounts).rows[:-1]
        if names[0] == "group":
            grouped = _grouped(customers)
            keys = functools.partial(_group_keys, grouped, customers)
            return _Buckets(Sums(_by_group(grouped, customers.total), _by_group(grouped, owing)), grouped.members, keys)
        return _Buckets(
            Sums(customers.total, owing), customers.borrowers, lambda order: {"customer": customers.labels[order]}
        )
    buckets = _codes(loans, names)
    count = len(buckets.labels)

    def keys_of(order: IntArray) -> dict[str, Any]:
        labels = buckets.labels[order]
        return {name: labels.get_level_values(level) for level, name in enumerate(names)}

    added = _buckets.sums(buckets.code, count, loans.amounts)
    unlabelled = (int(added.total[-1]), int(added.rows[-1]))
    return _Buckets(Sums(added.total[:-1], added.rows[:-1]), np.ones(count), keys_of, *unlabelled)


def _codes(loans: _Loans, names: Sequence[str]) -> Labelled:
    if len(names) == 2:
        return _buckets.crossed(loans.codes[names[0]], loans.codes[names[1]])
    return loans.codes[names[0]]


def _grouped(customers: Customers) -> _Grouped:
    joined = np.flatnonzero(customers.group)
    group = _buckets.integers(customers.group[joined])
    members = np.concatenate([np.ones(len(group.labels)), customers.borrowers])
    return _Grouped(joined, group, members)


def _by_group(grouped: _Grouped, values: NDArray[Any]) -> NDArray[Any]:
    """Values of customers summed by connected group, then those of the customers of none, each for itself."""
    inside = Money(values[grouped.joined], int(values.max()))
    alone = values.copy()
    alone[grouped.joined] = 0
    together = _buckets.sums(grouped.group.code, len(grouped.group.labels), inside).total[:-1]
    return np.concatenate([together, alone])


def _group_keys(grouped: _Grouped, customers: Customers, order: IntArray) -> dict[str, Any]:
    count = len(grouped.group.labels)
    together = order < count
    numbers = np.zeros(len(order), dtype=np.int64)
    numbers[together] = grouped.group.labels[order[together]]
    alone = customers.labels[np.where(together, 0, order - count)]
    return {"group": numbers, "customer": np.where(together, 0, alone)}


def _borrower_count(loans: _Loans, names: Sequence[str]) -> IntArray:
    """Borrowers of the distinct customers that owe something in each bucket, the unlabelled last."""
    customers, code = loans.customers, loans.codes["customer"].code
    width = len(customers.borrowers)
    if names[0] in ("customer", "group"):
        owing = np.where(customers.total > 0, customers.borrowers, 0.0).astype(np.int64)
        count = owing if names[0] == "customer" else _by_group(_grouped(customers), owing)
        return np.append(count, 0)
    buckets = _codes(loans, names)
    last = len(buckets.labels)
    bucket = np.where(buckets.code < 0, last, buckets.code).astype(np.int64)
    pairs = pd.unique((bucket * width + code)[loans.amounts.values > 0])
    count = np.bincount(pairs // width, weights=customers.borrowers[pairs % width], minlength=last + 1)
    return count.astype(np.int64)
