"""Tables of one event, of successive block ranges, as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from analytics.chain.abi import HEADER, MONEY, TEXT, WIDE, WORD, Catalogue, EventTable
from analytics.chain.arrow import limbs_of, narrowest, word_bytes


def join_chunks(
    chunks: Iterable[Mapping[str, pa.Table]], catalogue: Catalogue, *, copied: bool = True
) -> dict[str, pa.Table]:
    """One table for each event of the catalogue, from the tables of successive block ranges.

    An integer column whose values outgrow its declared type in any range takes the wider type in all of it.
    ``copied`` makes each column one piece; without it the pieces are shared, which a writer can take.
    """
    parts: dict[str, list[pa.Table]] = {name: [] for name in catalogue.tables}
    for chunk in chunks:
        for name, table in chunk.items():
            parts[name].append(table)
    tables = {name: join_tables(found, catalogue.tables[name].schema) for name, found in parts.items()}
    return {name: table.combine_chunks() for name, table in tables.items()} if copied else tables


def join_tables(parts: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    """Tables of one event joined in order, their integer columns brought to one width."""
    if not parts:
        empty: pa.Table = schema.empty_table()
        return empty
    fields = []
    for index, field in enumerate(schema):
        types = [part.schema.field(index).type for part in parts]
        widest = max(types, key=_width) if _width(field.type) else field.type
        fields.append(field.with_type(widest))
    target = pa.schema(fields)
    widened = [
        pa.Table.from_arrays(
            [_widen(part.column(index), field.type) for index, field in enumerate(target)], schema=target
        )
        for part in parts
    ]
    joined: pa.Table = pa.concat_tables(widened).unify_dictionaries()
    return joined


def settle(table: pa.Table, event: EventTable) -> pa.Table:
    """Some rows of a table as if only they had been decoded: no unused codes, no type wider than needed."""
    arrays = [column.combine_chunks() for column in table.columns]
    for place, column in enumerate(event.columns, len(HEADER)):
        if column.arrow == TEXT:
            arrays[place] = arrays[place].cast(pa.string()).dictionary_encode().cast(TEXT)
        elif arrays[place].type != column.arrow:
            arrays[place] = narrowest(limbs_of(arrays[place]), column)
    fields = [field.with_type(array.type) for field, array in zip(event.schema, arrays, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _width(kind: pa.DataType) -> int:
    return {MONEY: 1, WIDE: 2, WORD: 3}.get(kind, 0)


def _widen(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.type == kind:
        return column
    if column.type == MONEY:
        column = column.cast(WIDE)
    if kind == WIDE:
        return column
    return pa.chunked_array([word_bytes(chunk) for chunk in column.chunks], type=WORD)
