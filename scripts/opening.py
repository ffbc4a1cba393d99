"""Bring an opening book on chain through the import gate: proposed, released, booked in batches, completed.

Every row carries a reference. A run that was cut off is run again: what is booked already is known by its
reference and left alone, and the import that was under way goes on. Where rows were put right in between, the import
of the old rows is abandoned and one of the missing rows takes its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import networkx as nx
from tqdm import tqdm

from analytics.errors import InvalidInput
from analytics.ledger import CATEGORIES, COLLATERAL_KINDS, CUSTOMER_KINDS
from data.opening import Customer, Guarantee, Lien, Loan, Opening, Rating, Title
from scripts.booked import PROPOSED, Booked
from scripts.deployment import System
from scripts.desk import BATCH, Desk, batches, code, imported_loan, reference
from scripts.transactions import Receipt, Refused

Entry = Customer | Rating | Loan | Title | Lien | Guarantee


class RowRefused(Refused):
    """A contract refused a batch for one of its rows: which, and the typed error."""

    def __init__(self, row: Entry, fault: Refused) -> None:
        """Name the row beside the error."""
        self.row = row
        super().__init__(fault.error, fault.arguments)
        self.args = (f"{row}: {fault}",)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that go in one transaction: the contract's method, who sends it, and whether fewer rows may go alone."""

    method: Any
    rows: Sequence[Entry]
    by: str = "loan_officer"
    divisible: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of rows: the contract whose gate they pass, how each is packed, and what is learned of a batch."""

    name: str
    contract: Any
    rows: Sequence[Any]
    missing: Sequence[Any]
    amount: Callable[[Any], int]
    packed: Callable[[Any], object]
    batches: Callable[[Sequence[Any]], Iterable[Batch]]
    learn: Callable[[Receipt, Sequence[Any]], None]


def import_opening(desk: Desk, opening: Opening) -> None:
    """Book an opening and close it: customers, ratings, loans, titles, liens, capacities, guarantees.

    Learns the ids of what it books into ``desk``. Raises RowRefused with the row that a contract refuses and the
    error's name; what was booked before stays, and the same call completes it. Raises InvalidInput for rows that are
    not on chain where the opening is closed.
    """
    booked, gates = Booked(desk, opening), _gates(desk.system)
    desk.loans.update({row.ref: imported_loan(row.ref) for row in opening.loans})
    parts = [make(desk, opening, booked) for make in (_customers, _ratings, _loans, _titles, _liens, _guarantees)]
    if opening_closed(desk.system):
        for part in parts:
            if part.missing:
                raise InvalidInput(
                    f"the opening of {part.name} is closed and {part.missing[0]} is not on chain: another book was "
                    "imported here; deploy anew for this one"
                )
        return
    desk.open_day(opening.day)
    _abandon(desk, booked, gates, {file_hash(part.rows) for part in parts})
    for part in parts:
        if part.name == "guarantees":
            _attest(desk, opening, booked)
        _book(desk, booked, part)
    for contract in gates.values():
        if not contract.openingClosed():
            desk.send(contract.closeOpening, by="chair")


def _gates(system: System) -> dict[str, Any]:
    return {
        "customers": system.customers, "ratings": system.ratings, "book": system.book,
        "collateral": system.collateral, "guarantees": system.guarantees,
    }  # fmt: skip


def opening_closed(system: System) -> bool:
    """Whether every contract has closed its opening."""
    return all(contract.openingClosed() for contract in _gates(system).values())


def file_hash(rows: Sequence[Any]) -> bytes:
    """The hash of an opening's rows in their order, which maker and checker both compute."""
    content = json.dumps([asdict(row) for row in rows], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).digest()


def _abandon(desk: Desk, booked: Booked, gates: Mapping[str, Any], wanted: set[bytes]) -> None:
    """Give up imports of rows that are no longer those of the book: left open, they keep the opening open."""
    for name, contract in gates.items():
        for import_id, rows_hash, _ in booked.under_way(contract, name):
            if rows_hash not in wanted:
                desk.send(contract.abandonImport, import_id, by="chair")


def _book(desk: Desk, booked: Booked, part: Part) -> None:
    """Pass rows through one contract's gate: those not booked yet, in batches."""
    contract, wanted = part.contract, file_hash(part.rows)
    open_ = {found: (number, state) for number, found, state in booked.under_way(contract, part.name)}
    if wanted not in open_:
        if not part.missing:
            return
        total = sum(map(part.amount, part.missing))
        proposed = desk.send(
            contract.proposeImport, file_hash(part.missing), len(part.missing), total, by="loan_officer"
        )
        open_[wanted] = int(proposed.told("ImportProposed")[0]["importId"]), PROPOSED
    import_id, state = open_[wanted]
    if state == PROPOSED:
        desk.send(contract.releaseImport, import_id, by="approver")
    with tqdm(total=len(part.missing), desc=f"import {part.name}", unit="row", leave=False) as progress:
        for batch in part.batches(part.missing):
            part.learn(_send(desk, part, import_id, batch), batch.rows)
            progress.update(len(batch.rows))
    desk.send(contract.completeImport, import_id, by="loan_officer")


def _send(desk: Desk, part: Part, import_id: int, batch: Batch) -> Receipt:
    """Send a batch; where it is refused, find the first row without which it would not be."""
    packed = [part.packed(row) for row in batch.rows]
    try:
        return desk.send(batch.method, import_id, packed, by=batch.by)
    except Refused as fault:
        if not batch.divisible:
            raise
        good, bad = 0, len(packed)  # rows that pass, rows that do not
        while bad - good > 1:
            half = (good + bad) // 2
            refusal = desk.sender.refusal(desk.people[batch.by], batch.method, [import_id, packed[:half]])
            good, bad = (half, bad) if refusal is None else (good, half)
        raise RowRefused(batch.rows[bad - 1], fault) from None


def _plain(method: Any) -> Callable[[Sequence[Any]], Iterator[Batch]]:
    return lambda rows: (Batch(method, run) for run in batches(rows))


def _nothing(_receipt: Receipt, _rows: Sequence[Any]) -> None:
    """Ratings, loans and titles bear no number of the contract's own."""


def _customers(desk: Desk, opening: Opening, booked: Booked) -> Part:
    contract, rows = desk.system.customers, opening.customers

    def learn(sent: Receipt, run: Sequence[Customer]) -> None:
        for row, event in zip(run, sent.told("CustomerRegistered"), strict=True):
            desk.customers[row.ref] = int(event["customer"])

    missing = [row for row in rows if row.ref not in desk.customers]
    return Part(
        "customers", contract, rows, missing, lambda row: 0, lambda row: registration(desk, row),
        _plain(contract.importCustomers), learn,
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


def _ratings(desk: Desk, opening: Opening, booked: Booked) -> Part:
    contract, rows = desk.system.ratings, opening.ratings
    missing = [row for row in rows if row.customer not in booked.ratings]
    return Part(
        "ratings", contract, rows, missing, lambda row: 0, lambda row: assessment(desk, row),
        _plain(contract.importRatings), _nothing,
    )  # fmt: skip


def _loans(desk: Desk, opening: Opening, booked: Booked) -> Part:
    contract, rows = desk.system.book, opening.loans
    missing = [row for row in rows if row.ref not in booked.loans]
    return Part(
        "book", contract, rows, missing, lambda row: row.outstanding, lambda row: imported(desk, row),
        _plain(contract.importLoans), _nothing,
    )  # fmt: skip


def imported(desk: Desk, row: Loan) -> tuple[bytes, int, int, int]:
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


def _titles(desk: Desk, opening: Opening, booked: Booked) -> Part:
    contract, rows = desk.system.collateral, opening.titles
    missing = [row for row in rows if row.ref not in booked.titles]
    return Part(
        "collateral", contract, rows, missing, lambda row: row.value, lambda row: title(desk, row),
        _plain(contract.importCollateral), _nothing,
    )  # fmt: skip


def title(desk: Desk, row: Title) -> tuple[object, ...]:
    """An object as CollateralRegistry takes it."""
    return (
        desk.title(row.ref), desk.customers[row.owner], COLLATERAL_KINDS.index(row.kind), code(row.region, 6),
        row.value, row.haircut, row.appraised_on, row.valid_until,
    )  # fmt: skip


def _liens(desk: Desk, opening: Opening, booked: Booked) -> Part:
    contract, rows = desk.system.collateral, opening.liens

    def learn(sent: Receipt, run: Sequence[Lien]) -> None:
        for row, event in zip(run, sent.told("LienPlaced"), strict=True):
            desk.liens[row.title, row.loan] = int(event["lien"])

    missing = [row for row in rows if row not in booked.liens]
    return Part(
        "collateral", contract, rows, missing, lambda row: row.amount, lambda row: _lien(desk, row),
        _plain(contract.importLiens), learn,
    )  # fmt: skip


def _lien(desk: Desk, row: Lien) -> tuple[int, ...]:
    return desk.title(row.title), desk.loans[row.loan] if row.loan else 0, row.amount, row.lender


def _attest(desk: Desk, opening: Opening, booked: Booked) -> None:
    """What guarantors can bear, where the record does not say the same already."""
    for capacity in opening.capacities:
        guarantor = desk.customers[capacity.guarantor]
        if booked.capacities.get(guarantor) != (capacity.amount, opening.day):
            desk.send(desk.system.guarantees.attestCapacity, guarantor, capacity.amount, opening.day, by="risk_officer")


def _guarantees(desk: Desk, opening: Opening, booked: Booked) -> Part:
    """Circles first and whole: the board admits them as they stand; the rest must close none."""
    contract = desk.system.guarantees
    rows = sorted(opening.guarantees, key=lambda row: not row.circle)
    groups = {row.ref: row.group for row in opening.customers}

    def runs(missing: Sequence[Guarantee]) -> Iterator[Batch]:
        for circles in whole_circles([row for row in missing if row.circle], groups):
            yield Batch(contract.importLegacyCircle, circles, by="chair", divisible=False)
        yield from _plain(contract.importGuarantees)([row for row in missing if not row.circle])

    def learn(sent: Receipt, run: Sequence[Guarantee]) -> None:
        for row, event in zip(run, sent.told("GuaranteeGiven"), strict=True):
            desk.guarantees[row.ref] = int(event["guarantee"])

    missing = [row for row in rows if row.ref not in desk.guarantees]
    return Part(
        "guarantees", contract, rows, missing, lambda row: row.amount, lambda row: _guarantee(desk, row), runs, learn
    )


def whole_circles(rows: Sequence[Guarantee], groups: Mapping[str, int]) -> Iterator[list[Guarantee]]:
    """Guarantees of circles in runs that tear no circle apart, each of BATCH rows unless one circle has more.

    Parameters: ``groups`` gives the group of each customer by reference, zero for none.
    """
    graph = nx.Graph()
    for row in rows:
        graph.add_edge(*(groups.get(ref) or ref for ref in (row.guarantor, row.beneficiary)))
    member = {node: number for number, part in enumerate(nx.connected_components(graph)) for node in part}
    circles: dict[int, list[Guarantee]] = {}
    for row in rows:
        circles.setdefault(member[groups.get(row.guarantor) or row.guarantor], []).append(row)
    run: list[Guarantee] = []
    for circle in circles.values():
        if run and len(run) + len(circle) > BATCH:
            yield run
            run = []
        run = [*run, *circle]
    if run:
        yield run


def _guarantee(desk: Desk, row: Guarantee) -> tuple[object, ...]:
    return (
        reference(row.ref), desk.customers[row.guarantor], desk.customers[row.beneficiary], desk.loans[row.loan],
        row.amount, row.rank,
    )  # fmt: skip
