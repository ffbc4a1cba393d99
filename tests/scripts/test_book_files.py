"""A user's own book: what is accepted, and how each fault is told, by file, row, column, what was found and allowed."""

from __future__ import annotations

import hashlib
import re
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics.errors import InvalidInput, NotFound
from analytics.ledger import CATEGORIES
from analytics.units import day_number
from data.opening import Capacity, Guarantee, Lien, Loan
from scripts.book_checks import opening_of
from scripts.book_files import FILES, MOST_PROBLEMS, BadBook, read_book

EXAMPLE = Path(__file__).resolve().parents[2] / "data" / "example_book"
TODAY = day_number(date(2023, 12, 31))
MOST = "1407374883553"  # yuan: 2^47 - 1 fen, without the fen


@pytest.fixture
def folder(tmp_path):
    """A copy of the example that a test may spoil."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "book"))


def spoil(folder, file, column, value, row=2):
    """Put a value in a cell; rows are counted as in an editor, the headings are row 1."""
    path = folder / f"{file}.csv"
    lines = path.read_text().splitlines()
    at = lines[0].split(",").index(column)
    cells = lines[row - 1].split(",")
    cells[at] = value
    lines[row - 1] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def problems(folder, day=TODAY):
    with pytest.raises(BadBook) as fault:
        opening_of(read_book(folder), day)
    assert str(fault.value).startswith("nothing was sent:\n")
    assert isinstance(fault.value, InvalidInput)
    return fault.value.problems


def only_problem(folder, day=TODAY):
    found = problems(folder, day)
    assert len(found) == 1, found
    return found[0]


# ---------------------------------------------------------------- what is accepted


def test_the_example_is_read_to_the_last_fen():
    opening = opening_of(read_book(EXAMPLE), TODAY)
    assert [len(rows) for rows in (opening.customers, opening.ratings, opening.loans)] == [6, 4, 8]
    assert opening.loans[4] == Loan(
        "L-005", "C-005", 5, "X00", "CN-JS", "HOME", "pass", 49_000_000, day_number(date(2022, 12, 1)),
        day_number(date(2052, 12, 1)), 25_000_000, 20_845_037, 4_154_963, 1_621_040,
    )  # fmt: skip
    assert opening.loans[2].oldest_due == day_number(date(2023, 10, 10))
    assert [title.ref for title in opening.titles] == ["LAND-17", "PRESS-4", "FLAT-9"]
    assert opening.liens == (
        Lien("LAND-17", "L-001", 650_000_000), Lien("PRESS-4", "", 20_000_000, lender=3),
        Lien("PRESS-4", "L-003", 45_000_000),
    )  # fmt: skip
    assert [row.circle for row in opening.guarantees] == [True, True, False]
    assert opening.guarantees[2] == Guarantee("G-003", "C-002", "C-003", "L-003", 30_000_000, 2)
    assert Capacity("C-004", 50_000_000) in opening.capacities


@pytest.mark.parametrize("today", [date(2023, 12, 31), date(2030, 6, 1), date(2040, 1, 1)])
def test_the_example_holds_on_any_day_of_the_next_years(today):
    assert len(opening_of(read_book(EXAMPLE), day_number(today)).loans) == 8


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_a_byte_order_mark_change_nothing(folder, end, mark):
    for path in folder.glob("*.csv"):
        path.write_bytes(mark + path.read_text().replace("\n", end).encode())
    assert opening_of(read_book(folder), TODAY) == opening_of(read_book(EXAMPLE), TODAY)


def test_columns_may_stand_in_any_order_and_optional_ones_be_left_out(folder):
    rows = [line.split(",") for line in (folder / "guarantees.csv").read_text().splitlines()]
    at = [4, 3, 2, 1, 0]
    (folder / "guarantees.csv").write_text("\n".join(",".join(row[i] for i in at) for row in rows))
    opening = opening_of(read_book(folder), TODAY)
    assert opening.guarantees[2] == Guarantee("G-003", "C-002", "C-003", "L-003", 30_000_000)
    assert opening.capacities == ()


def test_customers_and_loans_alone_are_a_book(folder):
    (folder / "collateral.csv").unlink()
    (folder / "guarantees.csv").unlink()
    opening = opening_of(read_book(folder), TODAY)
    assert (len(opening.loans), opening.titles, opening.liens, opening.guarantees) == (8, (), (), ())


@pytest.mark.parametrize("name", ["NA", "nan", "null", "None", "TRUE", "-1", "=1+1", "@SUM(A1)", "<b>x</b>", "1e3"])
def test_names_are_data(folder, name):
    """What other readers take for a missing value, a number or a formula stays the reference it is."""
    for file, column in (("customers", "customer_ref"), ("loans", "customer_ref"), ("collateral", "owner_ref")):
        spoil(folder, file, column, name)
    opening = opening_of(read_book(folder), TODAY)
    assert opening.customers[0].ref == opening.loans[0].customer == opening.titles[0].owner == name


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("interest_paid", MOST, int(MOST) * 100), ("interest_paid", MOST + ".27", 2**47 - 1),
        ("interest_paid", "0.1", 10), ("interest_paid", "000.10", 10), ("rate_pct", "0", 0),
        ("rate_pct", "100", 10**9), ("rate_pct", "0.0000001", 1), ("source_status", "255", 255),
    ],
)  # fmt: skip
def test_the_largest_and_smallest_values_are_exact(folder, column, text, value):
    spoil(folder, "loans", column, text)
    opening = opening_of(read_book(folder), TODAY)
    assert getattr(opening.loans[0], {"rate_pct": "rate"}.get(column, column)) == value


# ---------------------------------------------------------------- cells


@pytest.mark.parametrize(
    "text",
    [
        "NaN", "nan", "Inf", "-inf", "1e3", "1E3", "-1", "-0", "+1", str(2**256), "１２３", "١٢٣", "1_000", " 5 ", "5 ",
        "1 000", "1.234", "1.", ".5", "0x10", "NA", "", "=1+1", "½", "²", "1\u00a0000", "5\u200b", "\u202e5", "5\ufeff",
        MOST + ".28", "¥5", "1;2",
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(folder, text):
    spoil(folder, "loans", "outstanding", text, row=4)
    assert only_problem(folder) == (
        f"loans.csv row 4, column outstanding: found {text[:60] + '...' * (len(text) > 60)!r}, "
        f"allowed is an amount with up to two decimals, at most {MOST}"
    )


@pytest.mark.parametrize(
    ("file", "column", "text", "allowed"),
    [
        ("customers", "kind", "company", "one of person, small_enterprise, corporate, retail_pool"),
        ("customers", "kind", "none", "one of person"), ("customers", "region", "cn-gd", "a code of up to 6 capitals"),
        ("customers", "industry", "K7000", "a code of up to 4 capitals"),
        ("customers", "group", "1.0", "a whole number up to 999999999, or empty"),
        ("customers", "customer_ref", "C\u200b1", "1 to 32 printable ASCII letters without spaces"),
        ("customers", "customer_ref", "Müller", "1 to 32"), ("customers", "customer_ref", "C 1", "1 to 32"),
        ("customers", "customer_ref", "x" * 33, "1 to 32"), ("customers", "customer_ref", "", "1 to 32"),
        ("customers", "rated_on", "2023-02-30", "a date such as 2023-12-31, from 1970-01-02 to 2149-06-06, or empty"),
        ("customers", "rated_on", "31.12.2023", "a date"), ("customers", "rated_on", "２０２３-01-01", "a date"),
        ("customers", "rated_on", "1969-12-31", "a date"), ("customers", "rated_on", "2149-06-07", "a date"),
        ("customers", "debt_service_cover", "1.2345", "a ratio such as 1.250, or empty"),
        ("loans", "rate_pct", "100.0000001", "per cent from 0 to 100"), ("loans", "rate_pct", "4.35%", "per cent"),
        ("loans", "category", "Pass", f"one of {', '.join(CATEGORIES[1:])}"), ("loans", "category", "none", "one of"),
        ("loans", "source_status", "256", "a whole number up to 255, or empty"),
        ("loans", "purpose", "wcap", "a code of up to 4 capitals"), ("collateral", "haircut_pct", "101", "per cent"),
        ("guarantees", "rank", "-1", "a whole number up to 255, or empty"),
    ],
)  # fmt: skip
def test_each_column_tells_what_it_allows(folder, file, column, text, allowed):
    spoil(folder, file, column, text)
    told = problems(folder)[0]
    assert told.startswith(f"{file}.csv row 2, column {column}: found {text!r}, allowed is {allowed}")


def test_invisible_letters_are_shown_as_escapes(folder):
    spoil(folder, "customers", "customer_ref", "C\u202e1\u200b")
    told = problems(folder)[0]
    assert "found 'C\\u202e1\\u200b'" in told
    assert told.isascii()


@pytest.mark.parametrize("length", [1_001, 100_000])
def test_a_huge_cell_is_told_and_not_repeated(folder, length):
    spoil(folder, "loans", "loan_ref", "x" * length, row=5)
    told = problems(folder)[0]
    assert told.startswith(f"loans.csv row 5, column loan_ref: found {length} letters, allowed is 1 to 32")
    assert len(told) < 200


# ---------------------------------------------------------------- files, headings and rows


def test_bytes_that_are_not_utf_8_are_told_by_row(folder):
    lines = (folder / "customers.csv").read_bytes().split(b"\n")
    lines[2] = lines[2].replace(b"C-002", "Müller".encode("latin-1"))
    (folder / "customers.csv").write_bytes(b"\n".join(lines))
    assert "customers.csv row 3: byte 0xfc is not UTF-8; save the file as UTF-8" in problems(folder)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_wide_encodings_are_refused(folder, encoding):
    text = (folder / "customers.csv").read_text()
    (folder / "customers.csv").write_bytes(text.encode(encoding))
    assert "customers.csv row 1: byte 0xff is not UTF-8; save the file as UTF-8" in problems(folder)


def test_a_nul_is_told_by_row(folder):
    spoil(folder, "loans", "purpose", "WC\0P", row=6)
    assert "loans.csv row 6: a NUL letter; is it text?" in problems(folder)


def test_an_open_quotation_is_told_by_row(folder):
    spoil(folder, "loans", "purpose", '"WCAP', row=6)
    assert problems(folder)[0] == "loans.csv row 6: unexpected end of data; is a quotation mark missing?"


def test_a_cell_beyond_the_readers_limit_is_told_by_row(folder):
    spoil(folder, "loans", "loan_ref", "x" * 200_000, row=3)
    assert problems(folder)[0].startswith("loans.csv row 3: field larger than field limit")


def test_quoted_cells_and_line_breaks_keep_the_rows_count(folder):
    """A row is named by the line it starts on."""
    spoil(folder, "loans", "purpose", '"WC\nAP"', row=3)
    lines = (folder / "loans.csv").read_text().splitlines()
    lines[6] = lines[6].replace("substandard", "bad")
    lines[5] = lines[5].replace("substandard", "bad")
    (folder / "loans.csv").write_text("\n".join(lines))
    assert [told.split(":")[0] for told in problems(folder)] == [
        "loans.csv row 3, column purpose", "loans.csv row 6, column category",
    ]  # fmt: skip


def test_ragged_rows_are_told(folder):
    path = folder / "guarantees.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1] + ",", lines[2].rpartition(",")[0], "", lines[3]]))
    assert problems(folder) == (
        "guarantees.csv row 2: 8 cells under 7 headings", "guarantees.csv row 3: 6 cells under 7 headings",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("rank", "amount", "column amount stands 2 times; once is allowed"),
        ("rank", "rang", "column 'rang' is not known; allowed are guarantee_ref, guarantor_ref, beneficiary_ref"),
        ("rank", "Rank", "column 'Rank' is not known"), ("rank", "", "column '' is not known"),
        ("rank", "rank\u200b", "column 'rank\\u200b' is not known"), ("rank", " rank", "column ' rank' is not known"),
        (",amount", "", "column amount is missing"),
    ],
)  # fmt: skip
def test_headings_must_be_the_known_ones(folder, old, new, told):
    path = folder / "guarantees.csv"
    head, _, rest = path.read_text().partition("\n")
    path.write_text(head.replace(old, new) + "\n" + rest)
    assert problems(folder)[0].startswith(f"guarantees.csv row 1: {told}")


def test_files_that_are_absent_empty_doubled_or_misnamed_are_told(folder):
    (folder / "customers.csv").unlink()
    head = (folder / "loans.csv").read_text().partition("\n")[0]
    (folder / "loans.csv").write_text(head)
    (folder / "collateral.csv").write_bytes(b"")
    pq.write_table(pa.table({"guarantee_ref": ["G"]}), folder / "guarantees.parquet")
    (folder / "Collateral.CSV").write_text("title_ref\n")
    assert problems(folder) == (
        "Collateral.CSV is no file of a book; allowed are customers.csv, customers.parquet, loans.csv, loans.parquet, "
        "collateral.csv, collateral.parquet, guarantees.csv, guarantees.parquet",
        f"customers.csv is absent from {folder}; customers.csv or customers.parquet is needed",
        "loans.csv row 2: there is no row under the headings; at least one is needed",
        "collateral.csv row 1: the file is empty; its first row names the columns",
        f"{folder}: both guarantees.csv and guarantees.parquet are there; keep one",
    )


def test_a_folder_that_is_none_is_told(tmp_path):
    with pytest.raises(NotFound, match="is not a folder: name the one that holds customers and loans"):
        read_book(tmp_path / "absent")


def test_every_problem_of_every_file_is_told_at_once_up_to_a_bound(folder):
    spoil(folder, "customers", "kind", "?")
    spoil(folder, "loans", "rate_pct", "?")
    spoil(folder, "guarantees", "amount", "?")
    assert len(problems(folder)) == 3
    head, *rows = (folder / "loans.csv").read_text().splitlines()
    bad = [rows[1].replace("L-002", f"R-{number}").replace("pass", "?") for number in range(100)]
    (folder / "loans.csv").write_text("\n".join([head, *bad]))
    with pytest.raises(BadBook) as fault:
        read_book(folder)
    lines = str(fault.value).splitlines()
    assert len(fault.value.problems) == 102
    assert len(lines) == 1 + MOST_PROBLEMS + 1
    assert lines[-1] == f"and {102 - MOST_PROBLEMS} more"


# ---------------------------------------------------------------- checksums and Parquet


def sums(folder, *names):
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}" for name in names]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n")


def test_a_flipped_byte_is_noticed_where_the_book_brings_checksums(folder):
    sums(folder, "loans.csv", "customers.csv")
    assert len(read_book(folder)["loans"].rows) == 8
    path = folder / "loans.csv"
    content = bytearray(path.read_bytes())
    content[content.index(b"6500000.00")] = ord("7")
    path.write_bytes(content)
    assert "loans.csv is not the file whose hash is in SHA256SUMS row 1: it was changed since" in problems(folder)


@pytest.mark.parametrize("line", ["abc  loans.csv", f"{'0' * 64}  absent.csv", f"{'0' * 64}  ../loans.csv", ""])
def test_checksums_that_are_none_are_told(folder, line):
    (folder / "SHA256SUMS").write_text(line + "\n")
    assert problems(folder)[0].startswith("SHA256SUMS row 1: found ")


TYPES = {
    "value": pa.decimal128(18, 2), "lien_amount": pa.decimal128(18, 2), "haircut_pct": pa.decimal128(5, 2),
    "appraised_on": pa.date32(), "valid_until": pa.date32(), "lender": pa.int32(),
}  # fmt: skip


def to_parquet(folder, name, **options):
    """The CSV of a book as the typed Parquet file that takes its place."""
    path = folder / f"{name}.csv"
    head, *rows = [line.split(",") for line in path.read_text().splitlines()]
    convert = {
        pa.decimal128(18, 2): Decimal,
        pa.decimal128(5, 2): Decimal,
        pa.date32(): date.fromisoformat,
        pa.int32(): int,
    }
    columns = {}
    for column, cells in zip(head, zip(*rows, strict=True), strict=True):
        kind = TYPES.get(column, pa.string())
        made = convert.get(kind, str)
        columns[column] = pa.array([None if cell == "" else made(cell) for cell in cells], type=kind)
    path.unlink()
    pq.write_table(pa.table(columns), folder / f"{name}.parquet", **options)
    return folder / f"{name}.parquet"


def test_a_typed_parquet_file_says_the_same(folder):
    for name in FILES:
        to_parquet(folder, name)
    assert opening_of(read_book(folder), TODAY) == opening_of(read_book(EXAMPLE), TODAY)


def test_floating_point_columns_are_refused(folder):
    path = to_parquet(folder, "collateral")
    table = pq.read_table(path)
    at = table.column_names.index("value")
    pq.write_table(table.set_column(at, "value", table["value"].cast(pa.float64())), path)
    told = only_problem(folder)
    assert told == "collateral.parquet row 1: column value is floating point; allowed is decimal or text"


def test_a_parquet_heading_that_stands_twice_is_told(folder):
    path = to_parquet(folder, "collateral")
    table = pq.read_table(path)
    pq.write_table(table.append_column("value", table["value"]), path)
    assert only_problem(folder) == "collateral.parquet row 1: column value stands 2 times; once is allowed"


def test_nulls_in_required_parquet_cells_are_told(folder):
    path = to_parquet(folder, "collateral")
    table = pq.read_table(path)
    at = table.column_names.index("title_ref")
    pq.write_table(table.set_column(at, "title_ref", pa.array(["A", None, "B", "C"])), path)
    assert problems(folder)[0].startswith("collateral.parquet row 3, column title_ref: found '', allowed is 1 to 32")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"title_ref,value\n", b"PAR1" * 100])
def test_what_is_no_parquet_file_is_told(folder, content):
    (folder / "collateral.csv").unlink()
    (folder / "collateral.parquet").write_bytes(content)
    assert only_problem(folder).startswith("collateral.parquet is not a Parquet file that can be read: ")


def test_a_flipped_byte_in_the_pages_of_a_parquet_file_is_noticed(folder):
    """Each byte of the data pages in turn, in a file written with page checksums: refused, or read as it was."""
    path = to_parquet(folder, "collateral", write_page_checksum=True, compression="none", use_dictionary=False)
    before = read_book(folder)["collateral"]
    content = path.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    noticed = 0
    for position in range(4, footer, 7):
        path.write_bytes(content[:position] + bytes([content[position] ^ 0x10]) + content[position + 1 :])
        try:
            assert read_book(folder)["collateral"] == before, f"byte {position}"
        except BadBook as fault:
            assert fault.problems[0].startswith("collateral.parquet")  # noqa: PT017 -- either outcome is right
            noticed += 1
    assert noticed > (footer // 7) // 4


# ---------------------------------------------------------------- rows against each other


@pytest.mark.parametrize(
    ("file", "column", "row", "value", "told"),
    [
        ("customers", "customer_ref", 3, "C-001", "'C-001' stands in row 2 already; once is allowed"),
        ("loans", "loan_ref", 4, "L-002", "'L-002' stands in row 3 already; once is allowed"),
        ("guarantees", "guarantee_ref", 4, "G-001", "'G-001' stands in row 2 already; once is allowed"),
        ("loans", "customer_ref", 2, "C-999", "found 'C-999', allowed is a customer_ref of customers.csv"),
        ("collateral", "owner_ref", 2, "C-999", "found 'C-999', allowed is a customer_ref of customers.csv"),
        ("collateral", "loan_ref", 2, "L-999", "found 'L-999', allowed is a loan_ref of loans.csv"),
        ("guarantees", "guarantor_ref", 4, "X", "found 'X', allowed is a customer_ref of customers.csv"),
        ("guarantees", "beneficiary_ref", 4, "X", "found 'X', allowed is a customer_ref of customers.csv"),
        ("guarantees", "loan_ref", 4, "X", "found 'X', allowed is a loan_ref of loans.csv"),
        ("customers", "borrowers", 7, "0", "found 0, allowed is 1 or more for a retail_pool"),
        ("customers", "borrowers", 2, "2", "found 2, allowed is 1"),
        ("customers", "grade", 2, "21", "found 21, allowed is 1 to 20, or empty"),
        ("customers", "rated_on", 2, "2024-01-01", "a grade was given by 2023-12-31 and ends on that day or later"),
        ("customers", "rated_on", 2, "", "a grade was given by 2023-12-31 and ends on that day or later"),
        ("loans", "product", 2, "9", "found 9, allowed is 1, 2, 3, 4, 5"),
        ("loans", "start", 2, "2024-01-01", "found 2024-01-01, allowed is up to 2023-12-31"),
        ("loans", "maturity", 2, "2021-03-15", "found 2021-03-15, allowed is after the start"),
        ("loans", "originated", 8, "0", "found 0, allowed is an amount above it"),
        ("loans", "outstanding", 2, "6500000.01", "outstanding and paid principal are more than was lent"),
        ("loans", "principal_due", 4, "500000.01", "more principal is due than is outstanding"),
        ("loans", "oldest_due", 4, "", "a day is needed where something is due, and none where nothing is"),
        ("loans", "oldest_due", 2, "2023-10-10", "a day is needed where something is due, and none where nothing is"),
        ("loans", "oldest_due", 4, "2024-01-01", "found 2024-01-01, allowed is up to 2023-12-31"),
        ("loans", "principal_due", 5, "899999.99", "past maturity all that is outstanding is due"),
        ("collateral", "appraised_on", 2, "2024-01-01", "an appraisal was made by 2023-12-31 and ends later"),
        ("collateral", "value", 2, "0", "found 0, allowed is an amount above it"),
        ("collateral", "lien_amount", 2, "", "a lien has an amount and either a loan_ref or another lender"),
        ("collateral", "lender", 2, "7", "found 7, allowed is none beside a loan_ref, whose lien is this bank's"),
        ("collateral", "haircut_pct", 4, "41", "not what row 3 says of 'PRESS-4'"),
        ("collateral", "owner_ref", 4, "C-004", "not what row 3 says of 'PRESS-4'"),
        ("guarantees", "guarantor_ref", 2, "C-004", "'C-004' guarantees for itself; allowed is another"),
        ("guarantees", "amount", 2, "0.00", "found 0, allowed is an amount above it"),
    ],
)  # fmt: skip
def test_rows_that_contradict_are_told(folder, file, column, row, value, told):
    spoil(folder, file, column, value, row)
    assert f"{file}.csv row {row}, column {column}: {told}" in problems(folder)


def test_two_rows_with_the_same_lien_are_told(folder):
    spoil(folder, "collateral", "loan_ref", "L-003", row=3)
    spoil(folder, "collateral", "lender", "", row=3)
    assert only_problem(folder) == "collateral.csv row 4, column title_ref: 'PRESS-4' has the lien of row 3 already"


def test_two_rows_of_an_object_need_two_liens(folder):
    for column in ("lien_amount", "lender"):
        spoil(folder, "collateral", column, "", row=3)
    told = only_problem(folder)
    assert told == "collateral.csv row 4, column lien_amount: 'PRESS-4' stands in row 3; each row needs its own lien"


def test_a_guarantor_has_one_capacity(folder):
    spoil(folder, "guarantees", "guarantor_ref", "C-003", row=4)
    spoil(folder, "guarantees", "beneficiary_ref", "C-001", row=4)
    assert only_problem(folder) == "guarantees.csv row 4, column capacity: not what row 2 says of 'C-003'"


def test_groups_close_circles_as_their_members_do(folder):
    """C-001 and C-002 are one group: C-003 for C-001 and C-002 for C-003 is a circle of two."""
    spoil(folder, "guarantees", "beneficiary_ref", "C-001", row=2)
    opening = opening_of(read_book(folder), TODAY)
    assert [row.circle for row in opening.guarantees] == [True, False, True]


def test_a_circle_of_three_is_one_and_one_of_four_is_not(folder):
    refs = ("C-001", "C-003", "C-004", "C-005")
    head = "guarantee_ref,guarantor_ref,beneficiary_ref,loan_ref,amount"
    for size, circle in ((3, True), (4, False)):
        ring = refs[:size]
        rows = [f"G-{i},{who},{ring[(i + 1) % size]},L-001,5" for i, who in enumerate(ring)]
        (folder / "guarantees.csv").write_text("\n".join([head, *rows]))
        opening = opening_of(read_book(folder), TODAY)
        assert [row.circle for row in opening.guarantees] == [circle] * size


def test_more_guarantors_than_a_registry_keeps_are_told(folder):
    head, *rows = (folder / "customers.csv").read_text().splitlines()
    more = [rows[4].replace("C-005", f"N-{number}") for number in range(65)]
    (folder / "customers.csv").write_text("\n".join([head, *rows, *more]))
    given = [f"G-{number},N-{number},C-001,L-001,5" for number in range(65)]
    (folder / "guarantees.csv").write_text(
        "\n".join(["guarantee_ref,guarantor_ref,beneficiary_ref,loan_ref,amount", *given])
    )
    assert only_problem(folder) == "guarantees.csv row 66, column beneficiary_ref: 'C-001' has more than 64 guarantors"


def test_random_cells_are_read_or_refused_and_never_crash(folder):
    """Text at random in random cells; the seed is printed."""
    seed = 20231231
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    letters = list("0123456789.-+eE_,;'\" NaInf=@\u202e\u200b１é\t")
    accepted = 0
    for _ in range(300):
        name = rng.choice(list(FILES))
        path = folder / f"{name}.csv"
        original = path.read_text()
        column = rng.choice(list(FILES[name]))
        text = "".join(rng.choice(letters, rng.integers(0, 6)))
        spoil(folder, name, column, f'"{text.replace(chr(34), chr(34) * 2)}"')
        try:
            opening_of(read_book(folder), TODAY)
            accepted += 1
        except BadBook as fault:
            assert all(re.match(r"\w+\.csv row \d+[,:] ", told) for told in fault.problems)  # noqa: PT017
        path.write_text(original)
    assert 0 < accepted < 150


def test_the_documentation_tells_every_column_and_every_allowed_name():
    text = (EXAMPLE.parents[1] / "docs" / "import.md").read_text()
    for name, columns in FILES.items():
        section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        told = set(re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in section.splitlines() if "|" in line)))
        assert told == set(columns), name
        for how in columns.values():
            if how.allowed.startswith("one of "):
                assert [word for word in how.allowed[7:].split(", ") if f"`{word}`" not in section] == []
