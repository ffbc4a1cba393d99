"""Event tables as arrays: the rows up to a cut, the last word on each key, exact sums by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analytics.book import _kernels
from analytics.book._kernels import LOG_BITS, Last
from analytics.book._words import Integers, Texts, Values, Words, as_array, frozen, hexadecimal, summed, texts, words
from analytics.errors import InvalidInput, NotFound
from analytics.ledger import AsOf

EventTables = Mapping[str, pa.Table]


class Keys:
    """The ids of one kind of thing, each at a position, in the order of their first event."""

    def __init__(self, ids: Values, name: str, *, repeated: bool = False) -> None:
        """Take ids as they were first told; one told twice is refused, unless they are ``repeated`` by nature.

        ``codes`` tells the position of each id given.
        """
        self.name = name
        self._index: pd.Index | None = None
        if ids.dtype == object:
            self.codes, self.ids = pd.factorize(ids)
            self._index = pd.Index(self.ids)
        else:
            self._slots = np.full(1 << max(2 * len(ids), 2).bit_length(), -1, dtype=np.int32)
            self.codes, first = np.empty(len(ids), dtype=np.int64), np.empty(len(ids), dtype=np.int64)
            count = _kernels.distinct(_bits(ids), self._slots, self.codes, first)
            self.ids = ids if count == len(ids) else ids[first[:count]]
        if len(self) < len(ids) and not repeated:
            twice = ids[np.flatnonzero(self.codes != np.arange(len(ids)))[0]]
            raise InvalidInput(f"{name} {twice} is told twice by its first event: the same log was stored twice")

    def __len__(self) -> int:
        """How many ids there are."""
        return len(self.ids)

    def find(self, values: Values) -> Integers:
        """The position of each value, -1 for what is no id."""
        if self._index is not None:
            return self._index.get_indexer(pd.Index(values)).astype(np.int64, copy=False)
        code = np.empty(len(values), dtype=np.int64)
        _kernels.find(_bits(values), _bits(self.ids), self._slots, code)
        return code

    def positions(self, values: Values, *, where: str) -> Integers:
        """The position of each value; raises NotFound for an id whose first event is missing."""
        found = self.find(values)
        missing = np.flatnonzero(found < 0)
        if missing.size:
            raise NotFound(
                f"{where} row {missing[0]}: {self.name} {values[missing[0]]} has no first event; "
                "a log is missing, read the range again"
            )
        return found


def _bits(ids: Values) -> Values:
    return frozen(np.ascontiguousarray(ids).view(np.uint64))


class Rows:
    """One event table up to a cut, its columns as arrays read once."""

    def __init__(self, name: str, table: pa.Table) -> None:
        """Take a table ordered by block and log index."""
        self.name = name
        self.table = table
        self._arrays: dict[str, Values] = {}
        self._words: dict[str, Words] = {}
        self._positions: dict[tuple[Keys, str], Integers] = {}
        self._last: dict[tuple[Keys, str], Last] = {}

    def __len__(self) -> int:
        """How many events there are."""
        return int(self.table.num_rows)

    @property
    def order(self) -> Integers:
        """One growing number per event: block number and log index together."""
        if "order" not in self._arrays:
            self._arrays["order"] = (self.words("block_number").flat << LOG_BITS) | self.words("log_index").flat
        return self._arrays["order"]

    def __getitem__(self, column: str) -> Values:
        """A column as an array not to be written to: integers, Python integers beyond 64 bits, or text."""
        if column not in self._arrays:
            where = f"{self.name}.{column}"
            integers = column in self._words
            values = self._words[column].values() if integers else as_array(self.table.column(column), where=where)
            self._arrays[column] = frozen(values)
        return self._arrays[column]

    def words(self, column: str) -> Words:
        """A column of integers as the words of its buffer."""
        if column not in self._words:
            self._words[column] = words(self.table.column(column), where=f"{self.name}.{column}")
        return self._words[column]

    def join(self, name: str, columns: Sequence[str]) -> None:
        """Give the rows a further column: the values of several, numbers or codes, joined into one key."""
        parts = [self.table.column(column).cast(pa.string()) for column in columns]
        self._arrays[name] = frozen(pc.binary_join_element_wise(*parts, ":").to_numpy())

    def keys(self, key: str) -> Keys:
        """The different values of a column, in the order in which they appear."""
        keys = Keys(self[key], key, repeated=True)
        self._positions[keys, key] = keys.codes
        return keys

    def positions(self, keys: Keys, key: str) -> Integers:
        """The position of each event among the keys; raises NotFound as they do."""
        if (keys, key) not in self._positions:
            self._positions[keys, key] = keys.positions(self[key], where=self.name)
        return self._positions[keys, key]

    def last(self, keys: Keys, key: str) -> Last:
        """The last event of each key."""
        if (keys, key) not in self._last:
            last = Last(np.full(len(keys), -1, dtype=np.int64), np.full(len(keys), -1, dtype=np.int64))
            block, log = self.words("block_number").flat, self.words("log_index").flat
            _kernels.last_rows(self.positions(keys, key), block, log, last)
            self._last[keys, key] = last
        return self._last[keys, key]


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


def latest(keys: Keys, writers: Sequence[Writer]) -> Values:
    """For each key the integer that the last event among the writers gives it, zero where none does.

    A writer is (rows, key column, value column or constant). The result is int64, uint64 where a column is, or
    Python integers where a told value needs more than 64 bits.
    """
    told = [writer for writer in writers if len(writer[0])]
    found, newest = np.zeros(len(keys), dtype=np.int64), np.full(len(keys), -1, dtype=np.int64)
    unsigned = False
    for rows, key, value in told:
        last = rows.last(keys, key)
        amounts = _constant(value) if isinstance(value, int) else rows.words(value)
        unsigned |= amounts.unsigned
        if not _kernels.overwrite(last, newest, amounts.flat, amounts.stride, found):
            return _latest_wide(keys, told)
    return found.view(np.uint64) if unsigned else found


def _constant(value: int) -> Words:
    """One number that stands at every row."""
    return Words(frozen(np.array([value], dtype=np.int64)), stride=0)


def _latest_wide(keys: Keys, told: Sequence[Writer]) -> Values:
    found = np.zeros(len(keys), dtype=object)
    for (rows, _, value), (have, row) in zip(told, _latest_rows(keys, told), strict=True):
        found[have] = value if isinstance(value, int) else rows.words(value).take(row).values()
    return found


def _latest_rows(keys: Keys, told: Sequence[Writer]) -> list[tuple[Integers, Integers]]:
    """Of each writer the positions for which it has the last word, and in which of its rows."""
    winner, newest = np.full(len(keys), -1, dtype=np.int64), np.full(len(keys), -1, dtype=np.int64)
    for number, (rows, key, _) in enumerate(told):
        last = rows.last(keys, key)
        _kernels.overwrite(last, newest, _constant(number).flat, 0, winner)
    chosen = [np.flatnonzero(winner == number) for number in range(len(told))]
    return [(have, rows.last(keys, key).row[have]) for have, (rows, key, _) in zip(chosen, told, strict=True)]


def latest_text(keys: Keys, writers: Sequence[Writer]) -> Texts:
    """For each key the text that the last event among the writers gives it, empty where none does.

    Columns are codes and addresses, or all of them hashes, which become hexadecimal texts.
    """
    told = [writer for writer in writers if len(writer[0])]
    columns = [rows.table.column(str(value)) for rows, _, value in told]
    where = " and ".join(f"{rows.name}.{value}" for rows, _, value in told)
    codes, names = np.zeros(len(keys), dtype=np.int64), [np.array([""], dtype=object)]
    winners = _latest_rows(keys, told)
    if all(pa.types.is_dictionary(column.type) for column in columns):
        for text, (have, row) in zip(texts(columns, where=where), winners, strict=True):
            codes[have] = text.codes[row] + 1
            names[1:] = [text.names]
    else:
        for column, (have, row) in zip(columns, winners, strict=True):
            codes[have] = np.arange(len(have)) + sum(map(len, names))
            names.append(hexadecimal(column.take(pa.array(row)), where=where))
    return Texts(codes, np.concatenate(names))


def total_by(keys: Keys, rows: Rows, key: str, column: str, *, where: Values | None = None) -> Values:
    """The exact sum of a column for each key, of all its rows or those of a mask.

    The result is int64, or Python integers where a sum needs more than 64 bits.
    """
    if not len(rows):
        return np.zeros(len(keys), dtype=np.int64)
    position = rows.positions(keys, key)
    if where is not None:
        position = np.where(where, position, -1)
    found = summed(position, rows.words(column), len(keys))
    if found is not None:
        return found
    sums, counted = np.zeros(len(keys), dtype=object), position >= 0
    np.add.at(sums, position[counted], rows[column][counted].astype(object))
    return sums


def plus(a: Values, b: Values) -> Values:
    """Exact sum of two money columns."""
    if a.dtype == b.dtype == np.int64:
        found = a + b
        if not (((a ^ found) & (b ^ found)) < 0).any():
            return np.asarray(found)
    return np.asarray(a.astype(object) + b.astype(object))


def minus(a: Values, b: Values) -> Values:
    """Exact difference of two money columns."""
    if a.dtype == b.dtype == np.int64:
        found = a - b
        if not (((a ^ b) & (a ^ found)) < 0).any():
            return np.asarray(found)
    return np.asarray(a.astype(object) - b.astype(object))
