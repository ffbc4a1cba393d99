"""Typed event tables, as Arrow and as pandas, and exact views of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analytics.chain.arrow import hex_text
from analytics.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class EventTables(Mapping[str, pa.Table]):
    """The events of a deployment in a block range: an Arrow table for each event, by table name.

    Every event of the ABIs has its table, empty where nothing happened, ordered by ``block_number`` and
    ``log_index``. ``last_hash`` is the hash of ``last_block`` (equal hashes mean equal tables), None where a
    store was read to a block in the midst of a partition, whose hash it does not keep.
    """

    tables: Mapping[str, pa.Table]
    chain_id: int
    genesis_hash: str
    first_block: int
    last_block: int
    last_hash: str | None

    def __getitem__(self, name: str) -> pa.Table:
        """The Arrow table of an event, such as ``loan_book.loan_drawn``; raises NotFound."""
        try:
            return self.tables[name]
        except KeyError:
            raise NotFound(f"no table {name}; there are {', '.join(self.tables)}") from None

    def __contains__(self, name: object) -> bool:
        """Whether the deployment has an event of this table name."""
        return name in self.tables

    def __iter__(self) -> Iterator[str]:
        """The table names, sorted."""
        return iter(self.tables)

    def __len__(self) -> int:
        """How many tables there are, empty ones included."""
        return len(self.tables)

    def frame(self, name: str) -> pd.DataFrame:
        """One event as a DataFrame; see ``frame`` of this module for its types. Raises NotFound."""
        return frame(self[name])

    def frames(self) -> dict[str, pd.DataFrame]:
        """Every event as a DataFrame, by table name."""
        return {name: frame(table) for name, table in self.tables.items()}

    def counts(self) -> dict[str, int]:
        """How many logs of each event the range holds."""
        return {name: table.num_rows for name, table in self.tables.items()}


def frame(table: pa.Table) -> pd.DataFrame:
    """An Arrow table of events as a DataFrame.

    Integers of up to 64 bits are NumPy ``int64`` (``uint64`` for Solidity's ``uint64``); larger ones
    ``ArrowDtype(decimal)``, exact in sums (``int64_values`` makes NumPy integers of them); addresses,
    codes and hashes are strings, addresses and hashes in lower case with ``0x``; ``bool`` is ``bool``.
    Uint256 columns with values from 10^76 on are such hexadecimal words too.

    >>> frame(pa.table({"amount": pa.array([3], pa.decimal128(38, 0))}))["amount"].sum()
    Decimal('3')
    """
    import pandas as pd  # noqa: PLC0415 (reading into a store takes 45 MB less without it)

    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_fixed_size_binary(kind):
            texts = [hex_text(chunk) for chunk in column.chunks]
            columns[name] = pd.Series(pa.chunked_array(texts, pa.string()), dtype=pd.StringDtype("pyarrow"))
        elif pa.types.is_dictionary(kind):
            columns[name] = pd.Series(column.cast(pa.string()), dtype=pd.StringDtype("pyarrow"))
        elif pa.types.is_decimal(kind):
            columns[name] = pd.Series(pd.array(column, dtype=pd.ArrowDtype(kind)))  # type: ignore[call-overload]
        else:
            columns[name] = pd.Series(column.to_numpy())
    return pd.DataFrame(columns, copy=False)


def int64_values(column: pa.ChunkedArray | pd.Series) -> NDArray[np.int64]:
    """An integer column of any width as int64.

    Raises InvalidInput where a value lies outside 64 signed bits or is missing, before anything is lost.

    >>> int64_values(pa.chunked_array([pa.array([5], pa.decimal128(38, 0))]))
    array([5])
    """
    values = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([pa.array(column)])
    if values.null_count:
        raise InvalidInput("a missing value in an integer column")
    if not (pa.types.is_integer(values.type) or pa.types.is_decimal(values.type)):
        raise InvalidInput(f"type {values.type} is no integer column")
    try:
        narrowed = pc.cast(values, pa.int64(), safe=True)
    except pa.ArrowInvalid as fault:
        raise InvalidInput(f"a value is outside 64 signed bits ({fault}): sum it as decimal") from None
    result: NDArray[np.int64] = narrowed.to_numpy()
    return result


def utc(seconds: pd.Series) -> pd.Series:
    """UTC seconds, such as ``block_time``, as ``datetime64[ns, UTC]``.

    >>> import pandas as pd
    >>> str(utc(pd.Series([1_700_000_000]))[0])
    '2023-11-14 22:13:20+00:00'
    """
    import pandas as pd  # noqa: PLC0415 (as in frame)

    return pd.to_datetime(seconds, unit="s", utc=True)
