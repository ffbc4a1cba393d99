"""Tables as files: CSV without live formulas, Parquet with verified pages, each whole or not at all."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.chain.deployment import write_whole

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_table(folder: Path, name: str, table: pd.DataFrame) -> None:
    """Write a table as ``name``.csv and ``name``.parquet into a folder."""
    write_whole(folder / f"{name}.csv", csv_text(table).encode())
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(_plain(table), preserve_index=False), sink, write_page_checksum=True)
    write_whole(folder / f"{name}.parquet", sink.getvalue())


def csv_text(table: pd.DataFrame) -> str:
    """A table as CSV in which no text is taken for a formula by a spreadsheet.

    >>> csv_text(pd.DataFrame({"name": ["=1+1"], "n": [-2]}))
    "name,n\\n'=1+1,-2\\n"
    """
    safe = table.apply(lambda column: column.map(_inert) if column.dtype == object else column)
    return str(safe.to_csv(index=False, lineterminator="\n"))


def _inert(cell: object) -> object:
    return "'" + cell if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Categories as text, so that every reader of Parquet takes them."""
    coded = [name for name in table.columns if isinstance(table[name].dtype, pd.CategoricalDtype)]
    return table.astype(dict.fromkeys(coded, str))
