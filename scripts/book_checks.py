"""From the tables of a user's book to an opening, after the checks that look beyond one cell.

What the contracts would refuse is refused here, by file, row and column, before anything is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from analytics.units import calendar_date
from data.opening import Capacity, Customer, Guarantee, Lien, Loan, Opening, Rating, Title
from scripts.book_files import BadBook, Row, Table
from scripts.products import PRODUCTS

WORST_GRADE: Final = 20
MOST_GUARANTORS: Final = 64  # of one customer or group
MOST_LIENS: Final = 255  # on one object
KEYS: Final = {"customers": "customer_ref", "loans": "loan_ref", "guarantees": "guarantee_ref"}
POINTERS: Final = (
    ("loans", "customer_ref", "customers"), ("collateral", "owner_ref", "customers"),
    ("collateral", "loan_ref", "loans"), ("guarantees", "guarantor_ref", "customers"),
    ("guarantees", "beneficiary_ref", "customers"), ("guarantees", "loan_ref", "loans"),
)  # fmt: skip
OBJECT: Final = ("owner_ref", "kind", "region", "value", "haircut_pct", "appraised_on", "valid_until")

Problem = tuple[str, int, str, str]
Tables = Mapping[str, Table]


def opening_of(tables: Tables, day: int) -> Opening:
    """A book's tables as an opening on a day (a day number).

    Raises BadBook with every reference that names nothing or is used twice, and every row that contradicts itself
    or another.
    """
    problems = list(_problems(tables, day))
    if problems:
        raise BadBook(
            [f"{tables[name].file} row {number}, column {column}: {what}" for name, number, column, what in problems]
        )
    rows = {name: [row for _, row in table.rows] for name, table in tables.items()}
    capacities = {row["guarantor_ref"]: row["capacity"] for row in rows["guarantees"] if row["capacity"]}
    return Opening(
        day,
        tuple(_customer(row) for row in rows["customers"]),
        tuple(_rating(row) for row in rows["customers"] if row["grade"]),
        tuple(_loan(row) for row in rows["loans"]),
        tuple(_title(row) for row in {row["title_ref"]: row for row in rows["collateral"]}.values()),
        tuple(
            Lien(row["title_ref"], row["loan_ref"], row["lien_amount"], row["lender"])
            for row in rows["collateral"]
            if row["lien_amount"]
        ),
        _guarantees(rows["guarantees"], rows["customers"]),
        tuple(Capacity(ref, amount) for ref, amount in capacities.items()),
    )


def _customer(row: Row) -> Customer:
    return Customer(row["customer_ref"], row["kind"], row["industry"], row["region"], row["group"], row["borrowers"])


def _rating(row: Row) -> Rating:
    return Rating(
        row["customer_ref"], row["grade"], row["debt_service_cover"], row["rated_on"], row["rating_expires_on"]
    )


def _loan(row: Row) -> Loan:
    return Loan(
        row["loan_ref"], row["customer_ref"], row["product"], row["industry"], row["region"], row["purpose"],
        row["category"], row["rate_pct"], row["start"], row["maturity"], row["originated"], row["outstanding"],
        row["principal_paid"], row["interest_paid"], row["fees_paid"], row["written_off"], row["principal_due"],
        row["interest_due"], row["oldest_due"], row["source_status"],
    )  # fmt: skip


def _title(row: Row) -> Title:
    return Title(
        row["title_ref"], row["owner_ref"], row["kind"], row["region"], row["value"], row["haircut_pct"],
        row["appraised_on"], row["valid_until"],
    )  # fmt: skip


# ---------------------------------------------------------------- checks


def _problems(tables: Tables, day: int) -> Iterator[Problem]:
    yield from _references(tables)
    for name, check in (("customers", _customer_problems), ("loans", _loan_problems), ("collateral", _title_problems)):
        for number, row in tables[name].rows:
            yield from ((name, number, column, what) for column, what in check(row, day))
    yield from _collateral_contradictions(tables["collateral"])
    yield from _guarantee_problems(tables)


def _references(tables: Tables) -> Iterator[Problem]:
    """References told twice, and references to what the book does not hold."""
    known: dict[str, dict[str, int]] = {}
    for name, column in KEYS.items():
        seen = known.setdefault(name, {})
        for number, row in tables[name].rows:
            first = seen.setdefault(row[column], number)
            if first != number:
                yield name, number, column, f"{row[column]!r} stands in row {first} already; once is allowed"
    for name, column, target in POINTERS:
        for number, row in tables[name].rows:
            if row[column] and row[column] not in known[target]:
                where = tables[target].file
                yield name, number, column, f"found {row[column]!r}, allowed is a {KEYS[target]} of {where}"


def _customer_problems(row: Row, day: int) -> Iterator[tuple[str, str]]:
    pool, borrowers, grade = row["kind"] == "retail_pool", row["borrowers"], row["grade"]
    if (borrowers == 0) if pool else (borrowers != 1):
        yield "borrowers", f"found {borrowers}, allowed is {'1 or more for a retail_pool' if pool else '1'}"
    if grade > WORST_GRADE:
        yield "grade", f"found {grade}, allowed is 1 to {WORST_GRADE}, or empty"
    if grade and not _made_by(row["rated_on"], row["rating_expires_on"], day):
        yield "rated_on", f"a grade was given by {calendar_date(day)} and ends on that day or later"


def _loan_problems(row: Row, day: int) -> Iterator[tuple[str, str]]:
    today = calendar_date(day)
    if row["product"] not in PRODUCTS:
        yield "product", f"found {row['product']}, allowed is {', '.join(map(str, PRODUCTS))}"
    if row["start"] > day:
        yield "start", f"found {calendar_date(row['start'])}, allowed is up to {today}"
    if row["maturity"] <= row["start"]:
        yield "maturity", f"found {calendar_date(row['maturity'])}, allowed is after the start"
    if not row["originated"]:
        yield "originated", "found 0, allowed is an amount above it"
    if row["outstanding"] + row["principal_paid"] > row["originated"]:
        yield "outstanding", "outstanding and paid principal are more than was lent"
    if row["principal_due"] > row["outstanding"]:
        yield "principal_due", "more principal is due than is outstanding"
    if bool(row["principal_due"] or row["interest_due"]) != bool(row["oldest_due"]):
        yield "oldest_due", "a day is needed where something is due, and none where nothing is"
    if row["oldest_due"] > day:
        yield "oldest_due", f"found {calendar_date(row['oldest_due'])}, allowed is up to {today}"
    if row["maturity"] < day and row["principal_due"] != row["outstanding"]:
        yield "principal_due", "past maturity all that is outstanding is due"


def _title_problems(row: Row, day: int) -> Iterator[tuple[str, str]]:
    if not _made_by(row["appraised_on"], row["valid_until"], day):
        yield "appraised_on", f"an appraisal was made by {calendar_date(day)} and ends later"
    if not row["value"]:
        yield "value", "found 0, allowed is an amount above it"
    if bool(row["lien_amount"]) != bool(row["loan_ref"] or row["lender"]):
        yield "lien_amount", "a lien has an amount and either a loan_ref or another lender"
    if row["loan_ref"] and row["lender"]:
        yield "lender", f"found {row['lender']}, allowed is none beside a loan_ref, whose lien is this bank's"


def _made_by(made: int, ends: int, day: int) -> bool:
    return 0 < made <= min(day, ends)


def _collateral_contradictions(table: Table) -> Iterator[Problem]:
    """An object with several liens stands in several rows, which agree on the object and differ in the lien."""
    first: dict[str, tuple[int, Row]] = {}
    liens: dict[tuple[Any, ...], int] = {}
    count: dict[str, int] = {}
    for number, row in table.rows:
        title = row["title_ref"]
        earlier, other = first.setdefault(title, (number, row))
        for column in OBJECT:
            if row[column] != other[column]:
                yield "collateral", number, column, f"not what row {earlier} says of {title!r}"
        lien = (title, row["loan_ref"], row["lender"])
        before = liens.setdefault(lien, number)
        if before != number:
            yield "collateral", number, "title_ref", f"{title!r} has the lien of row {before} already"
        if earlier != number and not (row["lien_amount"] and other["lien_amount"]):
            yield "collateral", number, "lien_amount", f"{title!r} stands in row {earlier}; each row needs its own lien"
        count[title] = count.get(title, 0) + 1
        if count[title] == MOST_LIENS + 1:
            yield "collateral", number, "title_ref", f"{title!r} has more than {MOST_LIENS} liens"


def _guarantee_problems(tables: Tables) -> Iterator[Problem]:
    node = _nodes(row for _, row in tables["customers"].rows)
    capacity: dict[str, tuple[int, int]] = {}
    guarantors: dict[object, set[object]] = {}
    for number, row in tables["guarantees"].rows:
        guarantor, beneficiary = row["guarantor_ref"], row["beneficiary_ref"]
        if guarantor == beneficiary:
            yield "guarantees", number, "guarantor_ref", f"{guarantor!r} guarantees for itself; allowed is another"
        if not row["amount"]:
            yield "guarantees", number, "amount", "found 0, allowed is an amount above it"
        if row["capacity"]:
            first, said = capacity.setdefault(guarantor, (number, row["capacity"]))
            if said != row["capacity"]:
                yield "guarantees", number, "capacity", f"not what row {first} says of {guarantor!r}"
        backers = guarantors.setdefault(node.get(beneficiary, beneficiary), set())
        backers.add(node.get(guarantor, guarantor))
        if len(backers) == MOST_GUARANTORS + 1:
            yield "guarantees", number, "beneficiary_ref", f"{beneficiary!r} has more than {MOST_GUARANTORS} guarantors"


def _nodes(customers: Iterator[Row]) -> dict[str, object]:
    """Who bears a customer's guarantees: its group, or itself where it has none."""
    return {row["customer_ref"]: row["group"] or row["customer_ref"] for row in customers}


def _guarantees(rows: list[Row], customers: list[Row]) -> tuple[Guarantee, ...]:
    """Guarantees, those in a circle of up to three customers or groups marked for the board."""
    node = _nodes(iter(customers))
    after: dict[object, set[object]] = {}
    for row in rows:
        after.setdefault(node[row["guarantor_ref"]], set()).add(node[row["beneficiary_ref"]])

    def circular(guarantor: object, beneficiary: object) -> bool:
        onward = after.get(beneficiary, set())
        same = guarantor == beneficiary
        return same or guarantor in onward or any(guarantor in after.get(third, set()) for third in onward)

    return tuple(
        Guarantee(
            row["guarantee_ref"], row["guarantor_ref"], row["beneficiary_ref"], row["loan_ref"], row["amount"],
            row["rank"], circular(node[row["guarantor_ref"]], node[row["beneficiary_ref"]]),
        )
        for row in rows
    )  # fmt: skip
