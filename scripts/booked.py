"""What of an opening is on chain already: its rows by reference, and the imports that were cut off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from analytics.chain import read_events
from data.opening import Lien, Opening
from scripts.desk import Desk, imported_loan, reference

PROPOSED, RELEASED = 1, 2  # of the contracts' enum ImportState
TABLES: Final = {
    "customers": "customer_registry", "ratings": "rating_registry", "book": "loan_book",
    "collateral": "collateral_registry", "guarantees": "guarantee_registry",
}  # fmt: skip


class Booked:
    """What an earlier run of the same import has done, read from the events.

    Ids of what is booked are told to the desk. ``ratings`` holds references of customers, ``loans`` and ``titles``
    their own, ``capacities`` what was last attested of a guarantor (customer id): amount and day.
    """

    def __init__(self, desk: Desk, opening: Opening) -> None:
        """Read every event of the deployment."""
        self._tables = read_events(desk.node.url, desk.deployment).frames()
        self._customers(desk, opening)
        rated = set(self._tables["rating_registry.rating_imported"]["customer"])
        self.ratings = {row.customer for row in opening.ratings if desk.customers.get(row.customer) in rated}
        references = set(self._tables["loan_book.loan_imported"]["external_ref"])
        self.loans = {row.ref for row in opening.loans if _word(reference(row.ref)) in references}
        titles = set(self._tables["collateral_registry.collateral_registered"]["title"])
        self.titles = {row.ref for row in opening.titles if _title(desk, row.ref) in titles}
        attested = self._tables["guarantee_registry.capacity_attested"]
        self.capacities = {
            int(row.guarantor): (int(row.capacity), int(row.as_of)) for row in attested.itertuples(index=False)
        }
        self._liens(desk, opening)
        self._guarantees(desk, opening)

    def under_way(self, contract: Any, name: str) -> Iterator[tuple[int, bytes, int]]:
        """Imports of a contract that were neither completed nor abandoned: id, hash of their rows, state."""
        proposals: pd.DataFrame = self._tables[f"{TABLES[name]}.import_proposed"]
        for row in proposals.itertuples(index=False):
            state = int(contract.importOf(row.import_id)[0])
            if state in (PROPOSED, RELEASED):
                yield int(row.import_id), bytes.fromhex(row.file_hash[2:]), state

    def _customers(self, desk: Desk, opening: Opening) -> None:
        known = _by(self._tables["customer_registry.customer_registered"], "commitment", "customer")
        for customer in opening.customers:
            found = known.get(_word(desk.commitment(customer.ref)))
            if found is not None:
                desk.customers[customer.ref] = int(found)

    def _liens(self, desk: Desk, opening: Opening) -> None:
        placed = self._tables["collateral_registry.lien_placed"]
        known = {
            (row.title, int(row.loan_id), int(row.lender)): int(row.lien) for row in placed.itertuples(index=False)
        }
        self.liens: set[Lien] = set()
        for lien in opening.liens:
            found = known.get((_title(desk, lien.title), imported_loan(lien.loan) if lien.loan else 0, lien.lender))
            if found is not None:
                desk.liens[lien.title, lien.loan] = found
                self.liens.add(lien)

    def _guarantees(self, desk: Desk, opening: Opening) -> None:
        known = _by(self._tables["guarantee_registry.guarantee_given"], "external_ref", "guarantee")
        for guarantee in opening.guarantees:
            found = known.get(_word(reference(guarantee.ref)))
            if found is not None:
                desk.guarantees[guarantee.ref] = int(found)


def _by(table: pd.DataFrame, key: str, value: str) -> Mapping[str, int]:
    return dict(zip(table[key], table[value], strict=True))


def _title(desk: Desk, ref: str) -> str:
    return _word(desk.title(ref).to_bytes(32, "big"))


def _word(content: bytes) -> str:
    return "0x" + content.hex()
