"""Event tables as arrays: the rows up to a cut, the last word on each key, exact sums by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analytics.errors import InvalidInput, NotFound
from analytics.ledger import AsOf

Integers = npt.NDArray[np.int64]
Values = npt.NDArray[Any]
EventTables = Mapping[str, pa.Table]

_LOG_BITS = 24
_LARGEST = float(2**62)


class Keys:
    """The ids of one kind of thing, each at a position, in the order of their first event."""

    def __init__(self, ids: Values, name: str) -> None:
        """Take ids as they were first told; a repeated one is refused."""
        self.ids = ids
        self.name = name
        self._index = pd.Index(ids)
        if not self._index.is_unique:
            twice = self._index[self._index.duplicated()][0]
            raise InvalidInput(f"{name} {twice} is told twice by its first event: the same log was stored twice")

    def __len__(self) -> int:
        """How many ids there are."""
        return len(self.ids)

    def positions(self, values: Values, *, where: str) -> Integers:
        """The position of each value; raises NotFound for an id whose first event is missing."""
        found = self._index.get_indexer(pd.Index(values))
        missing = np.flatnonzero(found < 0)
        if missing.size:
            raise NotFound(
                f"{where} row {missing[0]}: {self.name} {values[missing[0]]} has no first event; "
                "a log is missing, read the range again"
            )
        return found.astype(np.int64, copy=False)


class Rows:
    """One event table up to a cut, its columns as arrays read once."""

    def __init__(self, name: str, table: pa.Table) -> None:
        """Take a table ordered by block and log index."""
        self.name = name
        self.table = table
        self._arrays: dict[str, Values] = {}
        self._last: dict[tuple[int, str], tuple[Integers, Integers]] = {}

    def __len__(self) -> int:
        """How many events there are."""
        return int(self.table.num_rows)

    @property
    def order(self) -> Integers:
        """One growing number per event: block number and log index together."""
        if "order" not in self._arrays:
            block, log = self["block_number"], self["log_index"]
            self._arrays["order"] = (block.astype(np.int64) << _LOG_BITS) | log.astype(np.int64)
        return self._arrays["order"]

    def __getitem__(self, column: str) -> Values:
        """A column as an array: integers where they fit 64 bits, Python integers or text otherwise."""
        if column not in self._arrays:
            self._arrays[column] = as_array(self.table.column(column), where=f"{self.name}.{column}")
        return self._arrays[column]

    def join(self, name: str, columns: Sequence[str]) -> None:
        """Give the rows a further column: the values of several joined into one key."""
        parts = [self[column].astype(str).astype(object) for column in columns]
        joined = parts[0]
        for part in parts[1:]:
            joined = joined + ":" + part
        self._arrays[name] = joined

    def take(self, column: str, rows: Integers) -> Values:
        """Some rows of a column, without turning the rest of it into an array."""
        if column in self._arrays:
            return self._arrays[column][rows]
        chosen = self.table.column(column).take(pa.array(rows))
        return as_array(chosen, where=f"{self.name}.{column}")

    def last(self, keys: Keys, key: str) -> tuple[Integers, Integers]:
        """The positions that have an event here, and the row of the last one of each."""
        cached = (id(keys), key)
        if cached not in self._last:
            row = np.full(len(keys), -1, dtype=np.int64)
            if len(self):
                row[keys.positions(self[key], where=self.name)] = np.arange(len(self))
            have = np.flatnonzero(row >= 0)
            self._last[cached] = (have, row[have])
        return self._last[cached]


def as_array(column: pa.ChunkedArray, *, where: str) -> Values:
    """An Arrow column as an array without loss: int64 or uint64, bool, text, or Python objects."""
    kind = column.type
    if pa.types.is_decimal(kind):
        return _integers(column)
    if pa.types.is_dictionary(kind):
        return np.asarray(column.cast(kind.value_type).to_numpy(zero_copy_only=False), dtype=object)
    if pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return np.array(["0x" + value.hex() for value in column.to_pylist()], dtype=object)
    array = np.asarray(column.to_numpy())
    if array.dtype in (np.uint64, np.bool_, np.object_):
        return array
    if np.issubdtype(array.dtype, np.integer):
        return array.astype(np.int64)
    raise InvalidInput(f"{where}: column type {kind} has no place in a ledger of integers and codes")


def _integers(column: pa.ChunkedArray) -> Values:
    try:
        return np.asarray(pc.cast(column, pa.int64()).to_numpy())
    except pa.ArrowInvalid:
        return np.array([int(value) for value in column.to_pylist()], dtype=object)


class Record:
    """All event tables of a book, cut at a block and a value date."""

    def __init__(self, tables: EventTables, as_of: AsOf) -> None:
        """Cut lazily: a table is cut when it is first asked for."""
        self._tables = tables
        self._as_of = as_of
        self._rows: dict[str, Rows] = {}
        self._days = self._business_days()

    def __getitem__(self, name: str) -> Rows:
        """The events of one table up to the cut."""
        if name not in self._rows:
            if name not in self._tables:
                raise NotFound(f"event table {name} is absent: the deployment has no such event, or it was not read")
            self._rows[name] = Rows(name, self._cut(self._tables[name]))
        return self._rows[name]

    def business_date(self) -> int:
        """The last business date opened up to the cut, zero before the first."""
        opened = self["authority.day_opened"]["business_date"]
        return int(opened[-1]) if len(opened) else 0

    def _business_days(self) -> tuple[Integers, Integers]:
        if "authority.day_opened" not in self._tables:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        rows = Rows("authority.day_opened", self._tables["authority.day_opened"])
        return rows.order, rows["business_date"].astype(np.int64)

    def _cut(self, table: pa.Table) -> pa.Table:
        if self._as_of.block is not None:
            blocks = table.column("block_number").to_numpy()
            table = table.slice(0, int(np.searchsorted(blocks, self._as_of.block, side="right")))
        if self._as_of.value_date is None or not table.num_rows:
            return table
        return table.filter(pa.array(self.value_dates(Rows("", table)) <= self._as_of.value_date))

    def value_dates(self, rows: Rows) -> Integers:
        """Each event's own value date, or the business date on which it was recorded."""
        if "value_date" in rows.table.column_names:
            return np.asarray(rows["value_date"], dtype=np.int64)
        order, dates = self._days
        at = np.searchsorted(order, rows.order, side="right") - 1
        return np.where(at >= 0, dates[np.maximum(at, 0)] if len(dates) else 0, 0)


Writer = tuple[Rows, str, str | int]


def latest(keys: Keys, writers: Sequence[Writer], *, default: object) -> Values:
    """For each key the value that the last event among the writers gives it.

    A writer is (rows, key column, value column or constant); keys no writer tells keep the default.
    """
    order = np.full(len(keys), -1, dtype=np.int64)
    columns: list[tuple[Integers, Values]] = []
    for rows, key, value in writers:
        have, row = rows.last(keys, key)
        if not len(have):
            continue
        newer = rows.order[row] > order[have]
        have, row = have[newer], row[newer]
        order[have] = rows.order[row]
        told = np.full(len(have), value, dtype=np.int64) if isinstance(value, int) else rows.take(value, row)
        columns.append((have, told))
    dtype: Any = object if isinstance(default, str) else np.int64
    if any(told.dtype == object for _, told in columns):
        dtype = object
    elif any(told.dtype == np.uint64 for _, told in columns):
        dtype = np.uint64
    elif isinstance(default, bool):
        dtype = np.bool_
    found = np.full(len(keys), default, dtype=dtype)
    for have, told in columns:
        found[have] = told
    return found


def total_by(keys: Keys, rows: Rows, key: str, column: str) -> Values:
    """The exact sum of a column for each key; Python integers where 63 bits might not hold it."""
    if not len(rows):
        return np.zeros(len(keys), dtype=np.int64)
    position = keys.positions(rows[key], where=rows.name)
    values = rows[column]
    bound = float(np.abs(values.astype(np.float64)).sum())
    dtype: Any = np.int64 if values.dtype != object and bound < _LARGEST else object
    found = np.zeros(len(keys), dtype=dtype)
    np.add.at(found, position, values.astype(dtype))
    return found


def plus(a: Values, b: Values) -> Values:
    """Exact sum of two money columns."""
    return _exact(a, b, 1)


def minus(a: Values, b: Values) -> Values:
    """Exact difference of two money columns."""
    return _exact(a, b, -1)


def _exact(a: Values, b: Values, sign: int) -> Values:
    if object not in (a.dtype, b.dtype):
        wide = max(_peak(a), _peak(b))
        if wide < _LARGEST:
            return np.asarray(a.astype(np.int64) + sign * b.astype(np.int64))
    return np.asarray(a.astype(object) + sign * b.astype(object))


def _peak(values: Values) -> float:
    return float(np.abs(values.astype(np.float64)).max()) if len(values) else 0.0
