"""Read a user's own book: customers, loans, collateral and guarantees, as CSV or Parquet.

Every cell is checked before anything is sent. What is wrong is told by file, row, column, what was found and what
is allowed. The columns are documented in docs/import.md.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from analytics.errors import InvalidInput, NotFound
from analytics.ledger import CATEGORIES, COLLATERAL_KINDS, CUSTOMER_KINDS
from analytics.units import PPB, day_number

MOST_PROBLEMS: Final = 20
MOST_LETTERS: Final = 1_000
FIRST_ROW: Final = 2  # of a file with a header line
MOST_FEN: Final = 2**47 - 1

Row = dict[str, Any]


class BadBook(InvalidInput):
    """A book whose files cannot be brought in; carries every problem found, up to a bound."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Join the problems, the first lines of them."""
        self.problems = tuple(problems)
        shown = list(problems[:MOST_PROBLEMS])
        if len(problems) > MOST_PROBLEMS:
            shown.append(f"and {len(problems) - MOST_PROBLEMS} more")
        super().__init__("nothing was sent:\n" + "\n".join(shown))


@dataclass(frozen=True, slots=True)
class Column:
    """How a column is read: a parser of its text, what it allows in words, and whether it may be left out."""

    parse: Callable[[str], Any]
    allowed: str
    default: Any = None
    required: bool = True


def _matching(pattern: str, convert: Callable[[str], Any]) -> Callable[[str], Any]:
    whole = re.compile(pattern, re.ASCII)

    def parse(text: str) -> Any:
        if not whole.fullmatch(text):
            raise ValueError(text)
        return convert(text)

    return parse


def _one_of(names: Sequence[str]) -> Column:
    return Column(_matching("|".join(map(re.escape, names)), str), "one of " + ", ".join(names))


def _fen(text: str) -> int:
    fen = int(Decimal(text) * 100)
    if fen > MOST_FEN:
        raise ValueError(text)
    return fen


def _optional(column: Column, default: Any) -> Column:
    return Column(column.parse, column.allowed + ", or empty", default, required=False)


REFERENCE: Final = Column(_matching(r"[!-~]{1,32}", str), "1 to 32 printable ASCII letters without spaces")
INDUSTRY: Final = Column(_matching(r"[A-Z][A-Z0-9-]{0,3}", str), "a code of up to 4 capitals and digits, such as K70")
REGION: Final = Column(_matching(r"[A-Z][A-Z0-9-]{0,5}", str), "a code of up to 6 capitals and digits, such as CN-GD")
MONEY: Final = Column(
    _matching(r"\d{1,13}(\.\d{1,2})?", _fen), f"an amount with up to two decimals, at most {MOST_FEN // 100}"
)
PERCENT: Final = Column(
    _matching(r"\d{1,3}(\.\d{1,7})?", lambda text: int(Decimal(text) * PPB / 100)), "per cent, such as 4.35"
)
DAY: Final = Column(
    _matching(r"\d{4}-\d{2}-\d{2}", lambda text: day_number(date.fromisoformat(text))), "a date such as 2023-12-31"
)
RATIO: Final = Column(
    _matching(r"\d{1,4}(\.\d{1,3})?", lambda text: int(Decimal(text) * 1000)), "a ratio such as 1.250"
)
SMALL: Final = Column(_matching(r"\d{1,9}", int), "a whole number")

FILES: Final[Mapping[str, Mapping[str, Column]]] = {
    "customers": {
        "customer_ref": REFERENCE, "kind": _one_of(CUSTOMER_KINDS[1:]), "industry": INDUSTRY, "region": REGION,
        "group": _optional(SMALL, 0), "borrowers": _optional(SMALL, 1), "grade": _optional(SMALL, 0),
        "debt_service_cover": _optional(RATIO, 0),
        "rated_on": _optional(DAY, 0), "rating_expires_on": _optional(DAY, 0),
    },
    "loans": {
        "loan_ref": REFERENCE, "customer_ref": REFERENCE, "product": SMALL, "industry": INDUSTRY, "region": REGION,
        "purpose": Column(_matching(r"[A-Z0-9]{1,4}", str), "a code of up to 4 capitals and digits, such as WCAP"),
        "category": _one_of(CATEGORIES[1:]), "rate_pct": PERCENT, "start": DAY, "maturity": DAY, "originated": MONEY,
        "outstanding": MONEY, "principal_paid": _optional(MONEY, 0), "interest_paid": _optional(MONEY, 0),
        "fees_paid": _optional(MONEY, 0), "written_off": _optional(MONEY, 0), "principal_due": _optional(MONEY, 0),
        "interest_due": _optional(MONEY, 0), "oldest_due": _optional(DAY, 0), "source_status": _optional(SMALL, 0),
    },
    "collateral": {
        "title_ref": REFERENCE, "owner_ref": REFERENCE, "kind": _one_of(COLLATERAL_KINDS[1:]), "region": REGION,
        "value": MONEY, "haircut_pct": PERCENT, "appraised_on": DAY, "valid_until": DAY,
        "loan_ref": _optional(REFERENCE, ""), "lien_amount": _optional(MONEY, 0), "lender": _optional(SMALL, 0),
    },
    "guarantees": {
        "guarantee_ref": REFERENCE, "guarantor_ref": REFERENCE, "beneficiary_ref": REFERENCE, "loan_ref": REFERENCE,
        "amount": MONEY, "rank": _optional(SMALL, 1), "capacity": _optional(MONEY, 0),
    },
}  # fmt: skip
OPTIONAL_FILES: Final = ("collateral", "guarantees")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one file as they were read: its name, and each row's number and values."""

    file: str
    rows: tuple[tuple[int, Row], ...]


def read_book(folder: Path) -> dict[str, Table]:
    """The tables of a book's folder, every cell parsed.

    Raises NotFound where the folder or a required file is absent, and BadBook with every bad cell.
    """
    if not folder.is_dir():
        raise NotFound(f"{folder} is not a folder: name the one that holds customers and loans as .csv or .parquet")
    problems: list[str] = []
    tables = {name: _read(folder, name, problems) for name in FILES}
    if problems:
        raise BadBook(problems)
    return tables


def _read(folder: Path, name: str, problems: list[str]) -> Table:
    found = [path for path in (folder / f"{name}.csv", folder / f"{name}.parquet") if path.is_file()]
    if not found:
        if name not in OPTIONAL_FILES:
            problems.append(f"{folder / name}.csv is absent; {name}.csv or {name}.parquet is needed")
        return Table(f"{name}.csv", ())
    if len(found) > 1:
        problems.append(f"{folder}: both {name}.csv and {name}.parquet are there; keep one")
        return Table(found[0].name, ())
    path = found[0]
    texts = list((_csv_rows if path.suffix == ".csv" else _parquet_rows)(path, problems))
    if not texts:
        return Table(path.name, ())
    (_, header), *lines = texts
    columns = FILES[name]
    for column in header:
        if header.count(column) > 1 or column not in columns:
            what = "stands twice" if header.count(column) > 1 else "is not known"
            problems.append(f"{path.name} header: column {column!r} {what}; allowed are {', '.join(columns)}")
    missing = [column for column, how in columns.items() if how.required and column not in header]
    if missing:
        problems.append(f"{path.name} header: column {', '.join(missing)} is missing")
    if problems:
        return Table(path.name, ())
    rows = []
    for number, line in lines:
        if len(line) != len(header):
            problems.append(f"{path.name} row {number}: {len(line)} cells under {len(header)} headings")
            continue
        cells = dict(zip(header, line, strict=True))
        rows.append((number, _parsed(f"{path.name} row {number}", cells, columns, problems)))
    return Table(path.name, tuple(rows))


def _parsed(where: str, cells: Mapping[str, str], columns: Mapping[str, Column], problems: list[str]) -> Row:
    row: Row = {column: how.default for column, how in columns.items()}
    for column, text in cells.items():
        how = columns[column]
        if text == "" and not how.required:
            continue
        try:
            row[column] = how.parse(text)
        except (ValueError, ArithmeticError):
            shown = text if len(text) <= 60 else text[:60] + "..."
            problems.append(f"{where}, column {column}: found {shown!r}, allowed is {how.allowed}")
    return row


def _csv_rows(path: Path, problems: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Row numbers as a person counts them in the file, and cells as text."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        row = content[: fault.start].count(b"\n") + 1
        problems.append(f"{path.name} row {row}: byte {content[fault.start]:#04x} is not UTF-8; save the file as UTF-8")
        return
    if "\0" in text:
        problems.append(f"{path.name} row {text[: text.index(chr(0))].count(chr(10)) + 1}: a NUL letter; is it text?")
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if any(len(cell) > MOST_LETTERS for cell in cells):
                problems.append(f"{path.name} row {reader.line_num}: a cell of more than {MOST_LETTERS} letters")
            elif cells:
                yield reader.line_num, cells
    except csv.Error as fault:
        problems.append(f"{path.name} row {reader.line_num}: {fault}")


def _parquet_rows(path: Path, problems: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Typed columns as the text a CSV would hold; floating-point money is refused."""
    try:
        table = pq.read_table(path, page_checksum_verification=True)
    except (pa.ArrowInvalid, OSError) as fault:
        problems.append(f"{path.name} is not a Parquet file that can be read: {fault}")
        return
    floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    if floats:
        problems.append(f"{path.name}: column {', '.join(floats)} is floating point; store decimals or text")
        return
    yield 1, list(table.column_names)
    columns = [column.to_pylist() for column in table.columns]
    for number, cells in enumerate(zip(*columns, strict=True), start=FIRST_ROW):
        yield number, ["" if cell is None else str(cell) for cell in cells]
