"""Bring a user's own book on chain: `brownie run import_book main my_book/`.

Reads and checks the folder's customers, loans, collateral and guarantees (docs/import.md) before anything is sent,
then imports them as an opening. Run again after an interruption, it goes on where it was cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from brownie import accounts, project, web3

from analytics.chain import Node, check, read_deployment
from analytics.errors import CreditError
from analytics.units import PPB, calendar_date, day_number
from data.acts import Capacity, Customer, Guarantee, Lien, Loan, Opening, Rating, Title
from scripts.book_files import BadBook, Table, read_book
from scripts.deploy import DEPLOYMENT, read_salt
from scripts.deployment import attach, staff
from scripts.desk import open_desk
from scripts.opening import import_opening
from scripts.products import PRODUCTS, set_products

WORST_GRADE = 20


def opening_of(tables: Mapping[str, Table], day: int) -> Opening:
    """A book's tables as an opening on a day, after the checks that look beyond one cell.

    Raises BadBook with every reference that names nothing, is used twice, or row that contradicts itself.
    """
    problems = [
        *_references(tables),
        *(problem for number, row in tables["customers"].rows for problem in _customer_problems(number, row, day)),
        *(problem for number, row in tables["loans"].rows for problem in _loan_problems(number, row, day)),
        *(problem for number, row in tables["collateral"].rows for problem in _title_problems(number, row, day)),
    ]
    files = {name: table.file for name, table in tables.items()}
    if problems:
        raise BadBook(
            [f"{files[name]} row {number}, column {column}: {what}" for name, number, column, what in problems]
        )
    rows = {name: [row for _, row in table.rows] for name, table in tables.items()}
    customers = tuple(
        Customer(row["customer_ref"], row["kind"], row["industry"], row["region"], row["group"], row["borrowers"])
        for row in rows["customers"]
    )
    ratings = tuple(
        Rating(row["customer_ref"], row["grade"], row["debt_service_cover"], row["rated_on"], row["rating_expires_on"])
        for row in rows["customers"]
        if row["grade"]
    )
    loans = tuple(
        Loan(
            row["loan_ref"], row["customer_ref"], row["product"], row["industry"], row["region"], row["purpose"],
            row["category"], row["rate_pct"], row["start"], row["maturity"], row["originated"], row["outstanding"],
            row["principal_paid"], row["interest_paid"], row["fees_paid"], row["written_off"], row["principal_due"],
            row["interest_due"], row["oldest_due"], row["source_status"],
        )
        for row in rows["loans"]
    )  # fmt: skip
    titles = tuple(
        Title(
            row["title_ref"], row["owner_ref"], row["kind"], row["region"], row["value"], row["haircut_pct"],
            row["appraised_on"], row["valid_until"],
        )
        for row in rows["collateral"]
    )  # fmt: skip
    liens = tuple(
        Lien(row["title_ref"], row["loan_ref"], row["lien_amount"], row["lender"])
        for row in rows["collateral"]
        if row["lien_amount"]
    )
    guarantees = _guarantees(rows["guarantees"], rows["customers"])
    capacities = {row["guarantor_ref"]: row["capacity"] for row in rows["guarantees"] if row["capacity"]}
    return Opening(
        day, customers, ratings, loans, titles, liens, guarantees,
        tuple(Capacity(ref, amount) for ref, amount in capacities.items()),
    )  # fmt: skip


Problem = tuple[str, int, str, str]


def _references(tables: Mapping[str, Table]) -> Iterator[Problem]:
    """References told twice, and references to what the book does not hold."""
    keys = {"customers": "customer_ref", "loans": "loan_ref", "collateral": "title_ref", "guarantees": "guarantee_ref"}
    known: dict[str, dict[str, int]] = {}
    for name, column in keys.items():
        seen = known.setdefault(name, {})
        for number, row in tables[name].rows:
            first = seen.setdefault(row[column], number)
            if first != number:
                yield name, number, column, f"{row[column]!r} stands in row {first} already"
    for name, column, target in (
        ("loans", "customer_ref", "customers"), ("collateral", "owner_ref", "customers"),
        ("collateral", "loan_ref", "loans"), ("guarantees", "guarantor_ref", "customers"),
        ("guarantees", "beneficiary_ref", "customers"), ("guarantees", "loan_ref", "loans"),
    ):  # fmt: skip
        for number, row in tables[name].rows:
            if row[column] and row[column] not in known[target]:
                yield name, number, column, f"{row[column]!r} is not in {target}"


def _customer_problems(number: int, row: dict[str, object], day: int) -> Iterator[Problem]:
    pool, borrowers, grade = row["kind"] == "retail_pool", row["borrowers"], row["grade"]
    if (borrowers == 0) if pool else (borrowers != 1):
        yield "customers", number, "borrowers", f"found {borrowers}, allowed is {'1 or more' if pool else '1'}"
    if not isinstance(grade, int) or grade > WORST_GRADE:
        yield "customers", number, "grade", f"found {grade}, allowed is 1 to {WORST_GRADE}, or empty"
    elif grade and not _rising(row["rated_on"], row["rating_expires_on"], first=1, last=day):
        yield "customers", number, "rated_on", "a rating was made by the opening day and expires after it was made"


def _loan_problems(number: int, row: dict[str, int], day: int) -> Iterator[Problem]:
    def bad(column: str, what: str) -> Problem:
        return "loans", number, column, what

    if row["product"] not in PRODUCTS:
        yield bad("product", f"found {row['product']}, allowed is {', '.join(map(str, PRODUCTS))}")
    if row["start"] > day:
        yield bad("start", f"found {calendar_date(row['start'])}, allowed is up to {calendar_date(day)}")
    if row["maturity"] <= row["start"]:
        yield bad("maturity", f"found {calendar_date(row['maturity'])}, allowed is after the start")
    if not row["originated"]:
        yield bad("originated", "found 0, allowed is an amount above it")
    if row["outstanding"] + row["principal_paid"] > row["originated"]:
        yield bad("outstanding", "outstanding and paid principal are more than was lent")
    if row["principal_due"] > row["outstanding"]:
        yield bad("principal_due", "more principal is due than is outstanding")
    if bool(row["principal_due"] or row["interest_due"]) != bool(row["oldest_due"]):
        yield bad("oldest_due", "a day is needed where something is due, and none where nothing is")
    if row["oldest_due"] > day:
        yield bad("oldest_due", f"found {calendar_date(row['oldest_due'])}, allowed is up to {calendar_date(day)}")
    if row["maturity"] < day and row["principal_due"] != row["outstanding"]:
        yield bad("principal_due", "past maturity all that is outstanding is due")


def _title_problems(number: int, row: dict[str, int], day: int) -> Iterator[Problem]:
    if not _rising(row["appraised_on"], row["valid_until"], first=1, last=day):
        yield (
            "collateral",
            number,
            "appraised_on",
            "an appraisal was made by the opening day and ends after it was made",
        )
    if not row["value"]:
        yield "collateral", number, "value", "found 0, allowed is an amount above it"
    if row["haircut_pct"] > PPB:
        yield "collateral", number, "haircut_pct", "found more than 100, allowed is 0 to 100"
    if bool(row["lien_amount"]) != bool(row["loan_ref"] or row["lender"]) or (row["loan_ref"] and row["lender"]):
        yield "collateral", number, "lien_amount", "a lien has an amount and either a loan or another lender"


def _rising(made: object, ends: object, *, first: int, last: int) -> bool:
    return isinstance(made, int) and isinstance(ends, int) and first <= made <= min(last, ends)


def _guarantees(rows: list[dict[str, object]], customers: list[dict[str, object]]) -> tuple[Guarantee, ...]:
    """Guarantees, those in a circle of two or three among customers or groups marked for the board."""
    groups = {row["customer_ref"]: row["group"] for row in customers}

    def node(ref: object) -> object:
        return groups[ref] or ref

    edges = {(node(row["guarantor_ref"]), node(row["beneficiary_ref"])) for row in rows}
    after: dict[object, set[object]] = {}
    for guarantor, beneficiary in edges:
        after.setdefault(guarantor, set()).add(beneficiary)

    def circular(guarantor: object, beneficiary: object) -> bool:
        onward = after.get(beneficiary, set())
        return guarantor in onward or any(guarantor in after.get(third, set()) for third in onward)

    return tuple(
        Guarantee(
            str(row["guarantee_ref"]), str(row["guarantor_ref"]), str(row["beneficiary_ref"]), str(row["loan_ref"]),
            int(str(row["amount"])), int(str(row["rank"])),
            circular(node(row["guarantor_ref"]), node(row["beneficiary_ref"])),
        )
        for row in rows
    )  # fmt: skip


def main(folder: str, deployment_file: str = str(DEPLOYMENT), opening_day: str = "") -> None:
    """Check and import a book on the active network, whose first accounts are the bank's people."""
    try:
        tables = read_book(Path(folder))
        deployment = read_deployment(deployment_file)
        node = Node(web3.provider.endpoint_uri)
        check(deployment, node)
        (loaded,) = project.get_loaded_projects()
        system = attach(loaded, deployment)
        day = day_number(date.fromisoformat(opening_day)) if opening_day else int(system.authority.blockDate())
        opening = opening_of(tables, day)
    except (CreditError, ValueError) as fault:
        raise SystemExit(f"{type(fault).__name__}: {fault}") from None
    salt = read_salt(Path(deployment_file).with_suffix(".salt"))
    desk = open_desk(web3, system, staff(accounts), deployment, salt)
    desk.open_day(day)
    if not system.book.productOf(min(PRODUCTS))[7]:
        set_products(desk)
    import_opening(desk, opening)
    print(f"{len(opening.customers)} customers and {len(opening.loans)} loans are on chain as of {calendar_date(day)}")
