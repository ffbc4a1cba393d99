"""Event tables made by hand: the schemas of the interfaces' events, rows as keywords, what is not told is zero."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from analytics.chain.abi import events

INTERFACES: Final = Path(__file__).resolve().parents[3] / "interfaces"
IMPORTING: Final = ("CustomerRegistry", "RatingRegistry", "LoanBook", "CollateralRegistry", "GuaranteeRegistry")
EVENT: Final = re.compile(r"\bevent (\w+)\(([^)]*)\)")
Row = Mapping[str, Any]


@cache
def schemas() -> dict[str, pa.Schema]:
    """The declared schema of every event of every interface, by table name."""
    found: dict[str, pa.Schema] = {}
    imports = _abi("IImporting")
    for path in sorted(INTERFACES.glob("I*.sol")):
        contract = path.stem[1:]
        if contract.startswith("Loan") or contract == "Workout":
            contract = "LoanBook"  # its functions are in parts
        if contract in ("Governed", "Importing"):
            continue
        abi = [*_abi(path.stem), *(imports if contract in IMPORTING else ())]
        found |= {table.name: table.schema for table in events(contract, abi, address="00" * 20)}
    return found


def _abi(interface: str) -> list[dict[str, Any]]:
    text = re.sub(r"//.*", "", (INTERFACES / f"{interface}.sol").read_text())
    return [
        {"type": "event", "name": name, "anonymous": False, "inputs": [_argument(each) for each in told.split(",")]}
        for name, told in EVENT.findall(text)
    ]


def _argument(text: str) -> dict[str, Any]:
    kind, *middle, name = text.split()
    return {"name": name, "type": kind, "internalType": kind, "indexed": "indexed" in middle}


def event_tables(*told: tuple[str, Row]) -> dict[str, pa.Table]:
    """Every table of the record, from (table, row) in the order of the record.

    A row without ``block_number`` is in the block after the row before it; all of a block's rows count their logs.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    block = log = 0
    for name, row in told:
        log = log + 1 if row.get("block_number") == block else 0
        block = row.get("block_number", block + 1)
        rows.setdefault(name, []).append({"block_number": block, "log_index": log, **row})
    unknown = set(rows) - set(schemas())
    assert not unknown, unknown
    return {name: _table(rows.get(name, ()), schema) for name, schema in schemas().items()}


def _table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    for row in rows:
        assert set(row) <= set(schema.names), set(row) - set(schema.names)
    columns = {field.name: [row.get(field.name, _nothing(field.type)) for row in rows] for field in schema}
    return table_of(columns, schema)


def table_of(columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """Columns of Python or NumPy values as the types the reader gives them."""
    arrays = []
    for field in schema:
        values = columns[field.name]
        if pa.types.is_dictionary(field.type):
            arrays.append(pa.array(values, pa.string()).dictionary_encode().cast(field.type))
        elif pa.types.is_decimal(field.type) and hasattr(values, "dtype"):
            arrays.append(pa.array(values).cast(field.type))
        else:
            arrays.append(pa.array(values, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _nothing(kind: pa.DataType) -> Any:
    if pa.types.is_dictionary(kind):
        return ""
    if pa.types.is_fixed_size_binary(kind) and not pa.types.is_decimal(kind):
        return bytes(kind.byte_width)
    if pa.types.is_boolean(kind):
        return False
    return 0
