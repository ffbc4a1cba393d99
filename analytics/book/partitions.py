"""The ledger of a store too large to hold: each partition condensed where it lies, the rest as ever.

A ledger's field is what the last event of its key says, the sum of what all say, or what the first said. So
of the events of one key in one table the first and the last tell the same ledger as all of them, once the
last carries the sums. `condense` keeps these two; `rebuild` reads what it leaves, unchanged. Condensing is
associative and does not mind the order of its parts, so partitions may be condensed anywhere, at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow as pa

from analytics.book._loans import keyed
from analytics.book._quality import CARRIES
from analytics.book._rows import EventTables, Record, Rows, total_by
from analytics.book._words import Values
from analytics.book.rebuild import rebuild
from analytics.chain.abi import WIDE
from analytics.chain.join import join_tables
from analytics.chain.store import EventStore
from analytics.errors import InvalidInput
from analytics.ledger import AsOf, Book

Mapper = Callable[[Callable[[tuple[int, int]], dict[str, pa.Table]], Iterable[tuple[int, int]]], Iterable[Any]]

DAYS: Final = "authority.day_opened"
ROOM: Final = 200_000
_UNREAD: Final = ("block_time", "tx_index", "tx_hash")

# Tables of which every row is a row of the ledger, or stands beside the same row of another table.
WHOLE: Final = (
    "customer_registry.customer_registered", "collateral_registry.collateral_registered",
    "collateral_registry.lien_placed", "guarantee_registry.guarantee_given", "fund_flow_ledger.flow_recorded",
    "fund_flow_ledger.diversion_detected", "loan_book.loan_applied", "loan_book.loan_imported",
    "loan_book.balances_imported", "loan_book.posting_reversed", "loan_book.reversal_settled",
    "loan_book.prepayment_fee_dropped",
    "covenant_registry.facility_entered", "loan_book.servicing_set", "loan_book.fixing_set",
    "loan_book.loan_restructured", "loan_book.debt_restructured", "loan_book.charges_waived", "loan_book.loan_sold",
)  # fmt: skip
# Tables of which the ledger wants the first and last row of each key, and the sums of these columns.
KEYED: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "credit_policy.denominator_attested": (("denominator",), ()),
    "credit_policy.limit_set": (("dimension", "key"), ()),
    "customer_registry.account_rebound": (("customer",), ()),
    "customer_registry.borrowers_counted": (("customer",), ()),
    "customer_registry.customer_account_bound": (("customer",), ()),
    "customer_registry.customer_grouped": (("customer",), ()),
    "rating_registry.rating_confirmed": (("customer",), ()),
    "rating_registry.rating_imported": (("customer",), ()),
    "covenant_registry.continuation_answered": (("customer", "product"), ()),
    "covenant_registry.covenant_tested": (("customer", "product", "test"), ()),
    "covenant_registry.facility_reset": (("customer", "product"), ()),
    "covenant_registry.figure_reported": (("customer", "measure"), ()),
    "covenant_registry.measure_rule_set": (("product", "measure"), ()),
    "covenant_registry.rating_rule_set": (("product",), ()),
    "covenant_registry.standing_reported": (("customer",), ()),
    "covenant_registry.standing_rule_set": (("product", "standing"), ()),
    "collateral_registry.collateral_enforced": (("title",), ()),
    "collateral_registry.collateral_revalued": (("title",), ()),
    "collateral_registry.lien_assigned": (("lien",), ()),
    "collateral_registry.lien_enforced": (("lien",), ()),
    "collateral_registry.lien_released": (("lien",), ()),
    "collateral_registry.owner_changed": (("title",), ()),
    "guarantee_registry.capacity_attested": (("guarantor",), ()),
    "guarantee_registry.circle_arose": (("guarantee",), ()),
    "guarantee_registry.circle_ended": (("guarantee",), ()),
    "guarantee_registry.guarantee_demanded": (("guarantee",), ()),
    "guarantee_registry.guarantee_paid": (("guarantee",), ()),
    "guarantee_registry.guarantee_released": (("guarantee",), ()),
    "guarantee_registry.legacy_circle_admitted": (("guarantee",), ()),
    "deposit_token.drawdown_credited": (("loan_id", "borrower"), ()),
    "deposit_token.drawdown_reversed": (("loan_id", "borrower"), ()),
    "deposit_token.earmark_returned": (("loan_id", "borrower"), ()),
    "deposit_token.earmark_spent": (("loan_id", "borrower"), ()),
    "loan_book.floor_set": (("loan_id", "floor"), ()),
    "loan_book.system_debt_reported": (("customer",), ()),
    **{f"loan_book.{event}": (("loan_id",), ()) for event in CARRIES if f"loan_book.{event}" not in WHOLE},
    "loan_book.product_set": (("product",), ()),
    "loan_book.calendar_year_set": (("calendar", "year"), ()),
    "loan_book.term_sheet_signed": (("loan_id",), ()),
    "loan_book.restructuring_accepted": (("proposal",), ()),
    **{f"loan_book.{event}": told for event, told in keyed().items() if f"loan_book.{event}" not in WHOLE},
}


def rebuild_store(store: EventStore, as_of: AsOf | int | None = None, *, mapper: Mapper = map) -> Book:
    """The ledger that a store of events tells, its partitions condensed one by one or all over a cluster.

    Parameters
    ----------
    store : EventStore
        At least one block; every worker must see its folder under the same path.
    as_of : AsOf, int or None
        The cut, as for `rebuild`.
    mapper : callable like ``map``
        Applies a function to each partition, in any order: ``map`` here, ``Executor.map`` of
        ``concurrent.futures`` or of Dask (``client.get_executor(pure=False).map``) in other processes.

    Returns
    -------
    Book
        Equal to ``rebuild(store.read(), as_of)``. Held in memory are the book, the condensed events (at
        most two rows a key and table) and one partition for each worker.

    Raises
    ------
    NotFound
        As `rebuild` does, or the store is empty.
    CorruptFile
        A byte of a partition has changed.
    """
    cut = AsOf(block=as_of) if isinstance(as_of, int) else as_of or AsOf()
    days = store.read(names=[DAYS])[DAYS].select(["block_number", "log_index", "business_date"])
    partitions = store.manifest().partitions
    last = partitions[-1].last if cut.block is None else max(cut.block, partitions[0].first)
    ranges = [(partition.first, partition.last) for partition in partitions if partition.first <= last]
    task = partial(_condense_range, store, cut, days if cut.value_date is not None else None)
    return rebuild(merge(mapper(task, ranges)), cut)


def condense(tables: EventTables, as_of: AsOf | None = None, *, days: pa.Table | None = None) -> dict[str, pa.Table]:
    """The few events that tell the same ledger as all of them.

    Parameters
    ----------
    tables : mapping of table name to pyarrow Table
        Events of one range of blocks, or several such results joined.
    as_of : AsOf, optional
        The cut; rows beyond it are left out.
    days : pyarrow Table, optional
        ``authority.day_opened`` of all blocks, where ``tables`` is a part of them and the cut has a value date.

    Returns
    -------
    dict of pyarrow Tables
        Of the tables `rebuild` reads, for each key the first row and the last, summed columns in the last and
        zero in the first; without ``block_time``, ``tx_index`` and ``tx_hash``. Not a record of events any more.
    """
    record = Record(tables if days is None else {**tables, DAYS: days}, as_of or AsOf())
    kept = {DAYS: tables[DAYS]} | {name: record[name].table for name in WHOLE}
    kept |= {name: _first_and_last(record[name], key, sums) for name, (key, sums) in KEYED.items()}
    return {name: table.select([c for c in table.column_names if c not in _UNREAD]) for name, table in kept.items()}


def merge(parts: Iterable[EventTables]) -> dict[str, pa.Table]:
    """Condensed parts as one, in whatever order they come.

    Parameters: ``parts`` as `condense` leaves them, with the same tables. Returns condensed tables ordered by
    block and log index. They are condensed again whenever they have doubled, so memory stays within twice the
    result and time linear in what came. Raises InvalidInput where there are no parts.
    """
    held: list[EventTables] = []
    rows, settled = 0, ROOM
    for part in parts:
        held.append(part)
        rows += _size(part)
        if rows > 2 * settled:
            held = [condense(_joined(held))]
            rows = _size(held[0])
            settled = max(ROOM, rows)
    if not held:
        raise InvalidInput("no parts to merge: give at least one, of an empty range if there is nothing else")
    return condense(_joined(held))


def _condense_range(
    store: EventStore, cut: AsOf, days: pa.Table | None, blocks: tuple[int, int]
) -> dict[str, pa.Table]:
    return condense(store.read(first=blocks[0], last=blocks[1], names=[DAYS, *WHOLE, *KEYED]), cut, days=days)


def _first_and_last(rows: Rows, columns: Sequence[str], sums: Sequence[str]) -> pa.Table:
    if not len(rows):
        return rows.table
    key = columns[0]
    if len(columns) > 1:
        key = ":".join(columns)
        rows.join(key, columns)
    keys = rows.keys(key)
    first = np.empty(len(keys), dtype=np.int64)
    first[keys.codes[::-1]] = np.arange(len(rows))[::-1]
    last = rows.last(keys, key).row
    ends = np.zeros(len(rows), dtype=np.bool_)
    ends[first] = ends[last] = True
    kept = np.flatnonzero(ends)
    table = rows.table.take(pa.array(kept))
    for column in sums:
        total = total_by(keys, rows, key, column)
        carried = np.zeros(len(kept), dtype=total.dtype)
        carried[np.searchsorted(kept, last)] = total
        index = table.schema.get_field_index(column)
        table = table.set_column(index, column, _amounts(carried, table.schema.field(index).type))
    return table


def _amounts(values: Values, kind: pa.DataType) -> pa.Array:
    """Exact integers as a column of their former type, or of the wide one where 64 bits might not hold them."""
    return pa.array(values.tolist(), WIDE) if values.dtype == object else pa.array(values).cast(kind)


def _joined(parts: Sequence[EventTables]) -> dict[str, pa.Table]:
    tables = {name: join_tables([part[name] for part in parts], parts[0][name].schema) for name in parts[0]}
    return {name: _ordered(table) for name, table in tables.items()}


def _ordered(table: pa.Table) -> pa.Table:
    rows = Rows("", table)
    if (np.diff(rows.order) >= 0).all():
        return table
    return table.take(pa.array(np.argsort(rows.order, kind="stable")))


def _size(tables: EventTables) -> int:
    return sum(table.num_rows for table in tables.values())
