"""Bring a user's own book on chain: `brownie run import_book main my_book/`.

Reads and checks the folder's customers, loans, collateral and guarantees (docs/import.md) before anything is sent,
then imports them as an opening, and compares what the chain tells with the files. Run again after an interruption,
it goes on where it was cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from brownie import accounts, project, web3

from analytics.book import Book, rebuild, reconcile
from analytics.chain import Node, check, read_deployment, read_events
from analytics.errors import CreditError, InvalidInput, Unreconciled
from analytics.units import calendar_date, day_number
from data.opening import Customer, Guarantee, Lien, Loan, Opening, Rating, Title
from scripts.book_checks import opening_of
from scripts.book_files import Table, read_book
from scripts.deploy import DEPLOYMENT, read_salt
from scripts.deployment import System, attach, staff
from scripts.desk import Desk, imported_loan, open_desk
from scripts.opening import RowRefused, import_opening, opening_closed
from scripts.products import set_products

# Of each kind of row, the file it came from and the columns that find it there.
ORIGIN: Final = {
    Customer: ("customers", {"customer_ref": "ref"}), Rating: ("customers", {"customer_ref": "customer"}),
    Loan: ("loans", {"loan_ref": "ref"}), Title: ("collateral", {"title_ref": "ref"}),
    Lien: ("collateral", {"title_ref": "title", "loan_ref": "loan", "lender": "lender"}),
    Guarantee: ("guarantees", {"guarantee_ref": "ref"}),
}  # fmt: skip
COMPARED: Final = (
    "industry", "region", "purpose", "category", "rate", "start", "maturity", "originated", "principal_paid",
    "interest_paid", "fees_paid", "written_off", "principal_due", "interest_due", "oldest_due",
)  # fmt: skip


def import_book(desk: Desk, tables: Mapping[str, Table], day: int) -> Book:
    """Import the tables of a book as an opening on a day, and prove the ledger against the chain and the files.

    Raises BadBook before anything is sent, InvalidInput with file and row for a row that a contract refuses, and
    Unreconciled where the chain holds other values than the files.
    """
    opening = opening_of(tables, day)
    closed = opening_closed(desk.system)
    if not closed:
        desk.open_day(day)
        set_products(desk)
    try:
        import_opening(desk, opening)
    except RowRefused as fault:
        raise InvalidInput(
            f"{place(tables, fault)}: refused with {fault.error}({', '.join(map(str, fault.arguments))}); rows before "
            "it may be on chain: put this one right and run the import again"
        ) from fault
    book = rebuild(read_events(desk.node.url, desk.deployment))
    reconcile(book, desk.views())
    unlike = [] if closed else list(differences(book, opening))  # later business changes what a loan owes
    if unlike:
        raise Unreconciled("the chain holds other values than the files:\n" + "\n".join(unlike))
    return book


def place(tables: Mapping[str, Table], fault: RowRefused) -> str:
    """The file and row that a refused row came from."""
    name, columns = ORIGIN[type(fault.row)]
    for number, row in tables[name].rows:
        if all(row[column] == getattr(fault.row, field) for column, field in columns.items()):
            return f"{tables[name].file} row {number}"
    return f"{tables[name].file}"


def differences(book: Book, opening: Opening) -> Iterator[str]:
    """Loans of an opening that the ledger tells otherwise: what an earlier run booked before its row was changed."""
    loans = book.loans.set_index("loan")
    for row in opening.loans:
        told = loans.loc[imported_loan(row.ref)]
        if told["principal"] != row.outstanding:
            yield f"loan {row.ref}: outstanding is {told['principal']} fen on chain, {row.outstanding} in the file"
        for field in COMPARED:
            if told[field] != getattr(row, field):
                yield f"loan {row.ref}: {field} is {told[field]} on chain, {getattr(row, field)} in the file"


def opening_day(system: System, wanted: str) -> int:
    """The day of the import: the one asked for, else the business day that is open, else the chain's date.

    Raises InvalidInput for a day that is not written as 2023-12-31.
    """
    if wanted:
        try:
            return day_number(date.fromisoformat(wanted))
        except ValueError:
            raise InvalidInput(f"opening day {wanted!r}: write it as 2023-12-31") from None
    business_date, is_open = system.authority.day()
    return int(business_date if is_open else system.authority.blockDate())


def main(folder: str, deployment_file: str = str(DEPLOYMENT), day: str = "") -> None:
    """Check and import a book on the active network, whose first accounts are the bank's people."""
    try:
        tables = read_book(Path(folder))
        deployment = read_deployment(deployment_file)
        check(deployment, Node(web3.provider.endpoint_uri))
        (loaded,) = project.get_loaded_projects()
        system = attach(loaded, deployment)
        salt = read_salt(Path(deployment_file).with_suffix(".salt"))
        desk = open_desk(web3, system, staff(accounts), deployment, salt)
        on = opening_day(system, day)
        book = import_book(desk, tables, on)
    except CreditError as fault:
        raise SystemExit(f"{type(fault).__name__}: {fault}") from None
    print(
        f"{len(book.customers)} customers and {len(book.loans)} loans are on chain as of {calendar_date(on)}; "
        "every field agrees with the contracts and the files"
    )
