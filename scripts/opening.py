"""Bring an opening book on chain through the import gate: proposed, released, booked in batches, completed.

Every row carries a reference. A run that was cut off is run again: what is booked already is known by its
reference and left alone, and the import that was under way goes on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final, TypeVar

import pandas as pd
from tqdm import tqdm

from analytics.chain import read_events
from analytics.errors import InvalidInput
from analytics.ledger import CATEGORIES, COLLATERAL_KINDS, CUSTOMER_KINDS
from data.acts import Customer, Guarantee, Lien, Loan, Opening, Rating, Title
from scripts.desk import Desk, batches, code, imported_loan, reference

RELEASED: Final = 2
Row = TypeVar("Row")


def import_opening(desk: Desk, opening: Opening) -> None:
    """Book an opening and close it: customers, ratings, loans, titles, liens, capacities, guarantees.

    Learns the ids of what it books into ``desk``. Raises what the contracts refuse, with the error's name;
    what was booked before stays, and the same call completes it.
    """
    known = _Known(desk, opening)
    system = desk.system
    gates = (system.customers, system.ratings, system.book, system.collateral, system.guarantees)
    if all(contract.openingClosed() for contract in gates):
        return
    desk.open_day(opening.day)
    _customers(desk, opening.customers, known)
    _ratings(desk, opening.ratings, known)
    _loans(desk, opening.loans, known)
    _titles(desk, opening.titles, known)
    _liens(desk, opening.liens, known)
    for capacity in opening.capacities:
        guarantor = desk.customers[capacity.guarantor]
        desk.send(desk.system.guarantees.attestCapacity, guarantor, capacity.amount, opening.day, by="risk_officer")
    _guarantees(desk, opening.guarantees, known)
    for contract in gates:
        if not contract.openingClosed():
            desk.send(contract.closeOpening, by="chair")


def file_hash(rows: Sequence[Any]) -> bytes:
    """The hash of an opening's rows in their order, which maker and checker both compute."""
    content = json.dumps([asdict(row) for row in rows], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).digest()


class _Known:
    """What an earlier run of the same import has booked, by reference."""

    def __init__(self, desk: Desk, opening: Opening) -> None:
        self.ratings: set[str] = set()
        self.loans: set[str] = set()
        self.titles: set[str] = set()
        self.proposed: dict[str, pd.DataFrame] = {}
        if not desk.system.customers.customers():
            return
        tables = read_events(desk.node.url, desk.deployment).frames()
        self.proposed = {name: table for name, table in tables.items() if name.endswith(".import_proposed")}
        registered = tables["customer_registry.customer_registered"]
        by_commitment = dict(zip(registered["commitment"], registered["customer"], strict=True))
        for customer in opening.customers:
            found = by_commitment.get("0x" + desk.commitment(customer.ref).hex())
            if found is not None:
                desk.customers[customer.ref] = int(found)
        rated = set(tables["rating_registry.rating_imported"]["customer"])
        self.ratings = {row.customer for row in opening.ratings if desk.customers.get(row.customer) in rated}
        references = set(tables["loan_book.loan_imported"]["external_ref"])
        self.loans = {row.ref for row in opening.loans if "0x" + reference(row.ref).hex() in references}
        titles = {int(title, 16) for title in tables["collateral_registry.collateral_registered"]["title"]}
        self.titles = {row.ref for row in opening.titles if desk.title(row.ref) in titles}
        placed = tables["collateral_registry.lien_placed"]
        liens = {
            (int(title, 16), int(loan), int(lender)): int(lien)
            for title, loan, lender, lien in zip(
                placed["title"], placed["loan_id"], placed["lender"], placed["lien"], strict=True
            )
        }
        for lien in opening.liens:
            key = (desk.title(lien.title), imported_loan(lien.loan) if lien.loan else 0, lien.lender)
            if key in liens:
                desk.liens[lien.title, lien.loan] = liens[key]
        given = tables["guarantee_registry.guarantee_given"]
        guarantees = dict(zip(given["external_ref"], given["guarantee"], strict=True))
        for guarantee in opening.guarantees:
            found = guarantees.get("0x" + reference(guarantee.ref).hex())
            if found is not None:
                desk.guarantees[guarantee.ref] = int(found)

    def under_way(self, contract: Any, table: str, wanted: bytes) -> int | None:
        """The released import of the same rows that was cut off, or None."""
        if table not in self.proposed:
            return None
        for row in self.proposed[table].itertuples():
            if row.file_hash == "0x" + wanted.hex() and contract.importOf(row.import_id)[0] == RELEASED:
                return int(row.import_id)
        return None


def _book(
    desk: Desk,
    known: _Known,
    contract: Any,
    table: str,
    rows: Sequence[Row],
    *,
    total: int,
    booked: Callable[[Row], bool],
    send: Callable[[int, Sequence[Row]], None],
) -> None:
    """Pass rows through one contract's gate: those not booked yet, in batches."""
    if not rows:
        return
    missing = [row for row in rows if not booked(row)]
    wanted = file_hash(rows)
    import_id = known.under_way(contract, f"{table}.import_proposed", wanted)
    if import_id is None:
        if not missing:
            return
        proposed = desk.send(contract.proposeImport, wanted, len(rows), total, by="loan_officer")
        import_id = int(proposed.told("ImportProposed")[0]["importId"])
        desk.send(contract.releaseImport, import_id, by="approver")
    with tqdm(total=len(missing), desc=f"import into {table}", unit="row", leave=False) as progress:
        for run in batches(missing):
            send(import_id, run)
            progress.update(len(run))
    desk.send(contract.completeImport, import_id, by="loan_officer")


def _customers(desk: Desk, rows: Sequence[Customer], known: _Known) -> None:
    contract = desk.system.customers

    def send(import_id: int, run: Sequence[Customer]) -> None:
        sent = desk.send(
            contract.importCustomers, import_id, [registration(desk, row) for row in run], by="loan_officer"
        )
        for row, event in zip(run, sent.told("CustomerRegistered"), strict=True):
            desk.customers[row.ref] = int(event["customer"])

    _book(
        desk, known, contract, "customer_registry", rows, total=0,
        booked=lambda row: row.ref in desk.customers, send=send,
    )  # fmt: skip


def registration(desk: Desk, customer: Customer) -> tuple[object, ...]:
    """A customer as CustomerRegistry takes it."""
    return (
        desk.commitment(customer.ref),
        CUSTOMER_KINDS.index(customer.kind),
        code(customer.industry, 4),
        code(customer.region, 6),
        customer.group,
        customer.borrowers,
    )


def assessment(desk: Desk, rating: Rating) -> tuple[int, ...]:
    """A rating as RatingRegistry takes it."""
    customer = desk.customers[rating.customer]
    return (
        customer, rating.grade, rating.scorecard, rating.debt_service_cover, rating.rated_on, rating.expires_on,
    )  # fmt: skip


def _ratings(desk: Desk, rows: Sequence[Rating], known: _Known) -> None:
    contract = desk.system.ratings

    def send(import_id: int, run: Sequence[Rating]) -> None:
        desk.send(contract.importRatings, import_id, [assessment(desk, row) for row in run], by="loan_officer")

    _book(
        desk, known, contract, "rating_registry", rows, total=0, booked=lambda row: row.customer in known.ratings,
        send=send,
    )  # fmt: skip


def _loans(desk: Desk, rows: Sequence[Loan], known: _Known) -> None:
    contract = desk.system.book
    desk.loans.update({row.ref: imported_loan(row.ref) for row in rows})

    def send(import_id: int, run: Sequence[Loan]) -> None:
        desk.send(contract.importLoans, import_id, [_imported(desk, row) for row in run], by="loan_officer")

    _book(
        desk, known, contract, "loan_book", rows, total=sum(row.outstanding for row in rows),
        booked=lambda row: row.ref in known.loans, send=send,
    )  # fmt: skip


def _imported(desk: Desk, row: Loan) -> tuple[bytes, int, int, int]:
    """A loan as ILoanBook.ImportedLoan packs it."""
    terms = _packed(
        (desk.customers[row.customer], 32), (row.product, 16), (_number(row.industry, 4), 32),
        (_number(row.region, 6), 48), (row.start, 16), (row.maturity, 16), (CATEGORIES.index(row.category), 4),
        (row.source_status, 8), (_number(row.purpose, 4), 32), (0, 15), (row.rate, 31),
    )  # fmt: skip
    balances = _packed(
        (row.originated, 48),
        (row.outstanding, 48),
        (row.principal_paid, 48),
        (row.interest_paid, 48),
        (row.fees_paid, 48),
    )
    arrears = _packed(
        (row.principal_due, 47), (row.interest_due, 47), (0, 94), (row.written_off, 52), (row.oldest_due, 16)
    )
    return reference(row.ref), terms, balances, arrears


def _packed(*fields: tuple[int, int]) -> int:
    """Fields of (value, width in bits), the first in the lowest bits.

    >>> hex(_packed((1, 8), (2, 4)))
    '0x201'
    """
    word = shift = 0
    for value, width in fields:
        if not 0 <= value < 1 << width:
            raise InvalidInput(f"{value} does not fit {width} bits: a loan book keeps no such number")
        word |= value << shift
        shift += width
    return word


def _number(text: str, width: int) -> int:
    return int.from_bytes(code(text, width), "big")


def _titles(desk: Desk, rows: Sequence[Title], known: _Known) -> None:
    contract = desk.system.collateral

    def send(import_id: int, run: Sequence[Title]) -> None:
        desk.send(contract.importCollateral, import_id, [title(desk, row) for row in run], by="loan_officer")

    _book(
        desk, known, contract, "collateral_registry", rows, total=sum(row.value for row in rows),
        booked=lambda row: row.ref in known.titles, send=send,
    )  # fmt: skip


def title(desk: Desk, row: Title) -> tuple[object, ...]:
    """An object as CollateralRegistry takes it."""
    return (
        desk.title(row.ref), desk.customers[row.owner], COLLATERAL_KINDS.index(row.kind), code(row.region, 6),
        row.value, row.haircut, row.appraised_on, row.valid_until,
    )  # fmt: skip


def _liens(desk: Desk, rows: Sequence[Lien], known: _Known) -> None:
    contract = desk.system.collateral

    def send(import_id: int, run: Sequence[Lien]) -> None:
        sent = desk.send(contract.importLiens, import_id, [_lien(desk, row) for row in run], by="loan_officer")
        for row, event in zip(run, sent.told("LienPlaced"), strict=True):
            desk.liens[row.title, row.loan] = int(event["lien"])

    _book(
        desk, known, contract, "collateral_registry", rows, total=sum(row.amount for row in rows),
        booked=lambda row: (row.title, row.loan) in desk.liens, send=send,
    )  # fmt: skip


def _lien(desk: Desk, row: Lien) -> tuple[int, ...]:
    return desk.title(row.title), desk.loans[row.loan] if row.loan else 0, row.amount, row.lender


def _guarantees(desk: Desk, rows: Sequence[Guarantee], known: _Known) -> None:
    """Circles first and whole: the board admits them as they stand; the rest must close none."""
    contract = desk.system.guarantees
    ordered = sorted(rows, key=lambda row: not row.circle)

    def send(import_id: int, run: Sequence[Guarantee]) -> None:
        circle = [row for row in run if row.circle]
        plain = [row for row in run if not row.circle]
        for method, part, person in (
            (contract.importLegacyCircle, circle, "chair"),
            (contract.importGuarantees, plain, "loan_officer"),
        ):
            if part:
                sent = desk.send(method, import_id, [_guarantee(desk, row) for row in part], by=person)
                for row, event in zip(part, sent.told("GuaranteeGiven"), strict=True):
                    desk.guarantees[row.ref] = int(event["guarantee"])

    _book(
        desk, known, contract, "guarantee_registry", ordered, total=sum(row.amount for row in rows),
        booked=lambda row: row.ref in desk.guarantees, send=send,
    )  # fmt: skip


def _guarantee(desk: Desk, row: Guarantee) -> tuple[object, ...]:
    return (
        reference(row.ref), desk.customers[row.guarantor], desk.customers[row.beneficiary], desk.loans[row.loan],
        row.amount, row.rank,
    )  # fmt: skip
