"""Read a user's own book: customers, loans, collateral and guarantees, as CSV or Parquet.

Every cell is checked before anything is sent. What is wrong is told by file, row, column, what was found and what
is allowed. The columns are documented in docs/import.md.
"""

from __future__ import annotations

import csv
import hashlib
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
from analytics.units import PPB, calendar_date, day_number

MOST_PROBLEMS: Final = 20
MOST_LETTERS: Final = 1_000
MOST_SHOWN: Final = 60
FIRST_ROW: Final = 2  # of a file with a header line
MOST_FEN: Final = 2**47 - 1  # what the contracts keep of an amount
LAST_DAY: Final = 2**16 - 1
CHECKSUMS: Final = "SHA256SUMS"

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


def _day(text: str) -> int:
    day = day_number(date.fromisoformat(text))
    if not 0 < day <= LAST_DAY:
        raise ValueError(text)
    return day


def _share(text: str) -> int:
    share = int(Decimal(text) * PPB / 100)
    if share > PPB:
        raise ValueError(text)
    return share


def _small(most: int) -> Column:
    def parse(text: str) -> int:
        number = int(text)
        if number > most:
            raise ValueError(text)
        return number

    return Column(_matching(r"\d{1,9}", parse), f"a whole number up to {most}")


def _optional(column: Column, default: Any) -> Column:
    return Column(column.parse, column.allowed + ", or empty", default, required=False)


REFERENCE: Final = Column(_matching(r"[!-~]{1,32}", str), "1 to 32 printable ASCII letters without spaces")
INDUSTRY: Final = Column(_matching(r"[A-Z][A-Z0-9-]{0,3}", str), "a code of up to 4 capitals and digits, such as K70")
REGION: Final = Column(_matching(r"[A-Z][A-Z0-9-]{0,5}", str), "a code of up to 6 capitals and digits, such as CN-GD")
MONEY: Final = Column(
    _matching(r"\d{1,13}(\.\d{1,2})?", _fen), f"an amount with up to two decimals, at most {MOST_FEN // 100}"
)
PERCENT: Final = Column(_matching(r"\d{1,3}(\.\d{1,7})?", _share), "per cent from 0 to 100, such as 4.35")
DAY: Final = Column(
    _matching(r"\d{4}-\d{2}-\d{2}", _day),
    f"a date such as 2023-12-31, from {calendar_date(1)} to {calendar_date(LAST_DAY)}",
)
RATIO: Final = Column(
    _matching(r"\d{1,4}(\.\d{1,3})?", lambda text: int(Decimal(text) * 1000)), "a ratio such as 1.250"
)
SMALL: Final = _small(999_999_999)
BYTE: Final = _small(255)

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
        "interest_due": _optional(MONEY, 0), "oldest_due": _optional(DAY, 0), "source_status": _optional(BYTE, 0),
    },
    "collateral": {
        "title_ref": REFERENCE, "owner_ref": REFERENCE, "kind": _one_of(COLLATERAL_KINDS[1:]), "region": REGION,
        "value": MONEY, "haircut_pct": PERCENT, "appraised_on": DAY, "valid_until": DAY,
        "loan_ref": _optional(REFERENCE, ""), "lien_amount": _optional(MONEY, 0), "lender": _optional(SMALL, 0),
    },
    "guarantees": {
        "guarantee_ref": REFERENCE, "guarantor_ref": REFERENCE, "beneficiary_ref": REFERENCE, "loan_ref": REFERENCE,
        "amount": MONEY, "rank": _optional(BYTE, 1), "capacity": _optional(MONEY, 0),
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

    Raises NotFound where the folder is absent, and BadBook with every bad file, heading, row and cell.
    """
    if not folder.is_dir():
        raise NotFound(f"{folder} is not a folder: name the one that holds customers and loans as .csv or .parquet")
    problems = [*_strangers(folder), *_altered(folder)]
    tables = {name: _read(folder, name, problems) for name in FILES}
    if problems:
        raise BadBook(problems)
    return tables


def _strangers(folder: Path) -> Iterator[str]:
    """Tables whose names are no file's of a book, such as Collateral.csv, which would be passed over silently."""
    allowed = [f"{name}{suffix}" for name in FILES for suffix in (".csv", ".parquet")]
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (".csv", ".parquet") and path.name not in allowed:
            yield f"{path.name} is no file of a book; allowed are {', '.join(allowed)}"


def _altered(folder: Path) -> Iterator[str]:
    """Files that are not what SHA256SUMS says, where the book comes with one."""
    sums = folder / CHECKSUMS
    if not sums.is_file():
        return
    for number, line in enumerate(sums.read_text("utf-8", errors="replace").splitlines(), start=1):
        digest, _, name = line.partition(" ")
        path = folder / name.lstrip(" *")
        if not re.fullmatch("[0-9a-f]{64}", digest) or path.parent != folder or not path.is_file():
            yield f"{CHECKSUMS} row {number}: found {_shown(line)}, allowed is what sha256sum prints of a file here"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield f"{path.name} is not the file whose hash is in {CHECKSUMS} row {number}: it was changed since"


def _read(folder: Path, name: str, problems: list[str]) -> Table:
    found = [path for path in (folder / f"{name}.csv", folder / f"{name}.parquet") if path.is_file()]
    if not found:
        if name not in OPTIONAL_FILES:
            problems.append(f"{name}.csv is absent from {folder}; {name}.csv or {name}.parquet is needed")
        return Table(f"{name}.csv", ())
    path = found[0]
    if len(found) > 1:
        problems.append(f"{folder}: both {name}.csv and {name}.parquet are there; keep one")
        return Table(path.name, ())
    told = len(problems)
    texts = list((_csv_rows if path.suffix == ".csv" else _parquet_rows)(path, problems))
    if not texts and len(problems) == told:
        problems.append(f"{path.name} row 1: the file is empty; its first row names the columns")
    if not texts:
        return Table(path.name, ())
    (_, header), *lines = texts
    columns = FILES[name]
    wrong = list(_header_problems(path.name, header, columns))
    if not lines and not wrong and name not in OPTIONAL_FILES and len(problems) == told:
        wrong = [f"{path.name} row {FIRST_ROW}: there is no row under the headings; at least one is needed"]
    problems.extend(wrong)
    rows = []
    for number, line in lines if not wrong else ():
        if len(line) != len(header):
            problems.append(f"{path.name} row {number}: {len(line)} cells under {len(header)} headings")
            continue
        cells = dict(zip(header, line, strict=True))
        rows.append((number, _parsed(f"{path.name} row {number}", cells, columns, problems)))
    return Table(path.name, tuple(rows))


def _header_problems(file: str, header: Sequence[str], columns: Mapping[str, Column]) -> Iterator[str]:
    for column in dict.fromkeys(header):
        if column not in columns:
            yield f"{file} row 1: column {_shown(column)} is not known; allowed are {', '.join(columns)}"
        elif header.count(column) > 1:
            yield f"{file} row 1: column {column} stands {header.count(column)} times; once is allowed"
    for column, how in columns.items():
        if how.required and column not in header:
            yield f"{file} row 1: column {column} is missing"


def _shown(text: str) -> str:
    """A cell as a message shows it: cut short, invisible letters as escapes."""
    return repr(text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "...")


def _parsed(where: str, cells: Mapping[str, str], columns: Mapping[str, Column], problems: list[str]) -> Row:
    row: Row = {column: how.default for column, how in columns.items()}
    for column, text in cells.items():
        how = columns[column]
        if text == "" and not how.required:
            continue
        if len(text) > MOST_LETTERS:
            problems.append(f"{where}, column {column}: found {len(text)} letters, allowed is {how.allowed}")
            continue
        try:
            row[column] = how.parse(text)
        except (ValueError, ArithmeticError):
            problems.append(f"{where}, column {column}: found {_shown(text)}, allowed is {how.allowed}")
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
    first = 1
    try:
        for cells in reader:
            if cells:
                yield first, cells
            first = reader.line_num + 1
    except csv.Error as fault:
        problems.append(f"{path.name} row {first}: {fault}; is a quotation mark missing?")


def _parquet_rows(path: Path, problems: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Typed columns as the text a CSV would hold; floating point is refused, for it holds no exact amount."""
    try:
        table = pq.ParquetFile(path, page_checksum_verification=True).read()
        floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
        columns = [column.to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError, UnicodeDecodeError) as fault:
        problems.append(f"{path.name} is not a Parquet file that can be read: {fault}")
        return
    if floats:
        problems.append(f"{path.name} row 1: column {', '.join(floats)} is floating point; allowed is decimal or text")
        return
    yield 1, list(table.column_names)
    for number, cells in enumerate(zip(*columns, strict=True), start=FIRST_ROW):
        yield number, ["" if cell is None else str(cell) for cell in cells]
