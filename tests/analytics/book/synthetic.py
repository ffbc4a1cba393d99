"""Events of a bank that never was, any slice of them made alone: the shapes of the contracts' tables, random values.

Event number p stands in block p // 50 at log p % 50, so a slice depends on its first number, its length and the
seed only. Every kind of thing appears at fixed numbers; what is told of it later comes at random. The values obey
no rule of credit: the ledger must come out the same whatever they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from analytics.chain.abi import MONEY, TEXT, WIDE, WORD, Catalogue, catalogue
from analytics.chain.deployment import Contract, Deployment
from analytics.chain.fetch import Chunk
from analytics.chain.store import EventStore

INTERFACES: Final = Path(__file__).resolve().parents[3] / "interfaces"
CONTRACTS: Final = (
    "Authority", "CreditPolicy", "CustomerRegistry", "CovenantRegistry", "RatingRegistry", "CollateralRegistry",
    "GuaranteeRegistry", "FundFlowLedger", "DepositToken", "LoanBook",
)  # fmt: skip
PER_BLOCK: Final = 50
EVENTS_PER_DAY: Final = 100
FIRST_DAY: Final = 18_000
LOANS, CUSTOMERS, TITLES, FACILITIES = 20, 50, 100, 100  # one new loan every so many events

# What stands at p % 100; the other places are drawn.
FIXED: Final[Mapping[int, str]] = {
    0: "customer_registry.customer_registered", 50: "customer_registry.customer_registered",
    **dict.fromkeys((1, 21, 41, 61), "loan_book.loan_applied"), 81: "loan_book.loan_imported",
    **dict.fromkeys((2, 22, 42, 62, 82), "deposit_token.drawdown_credited"),
    3: "collateral_registry.collateral_registered", 4: "collateral_registry.lien_placed",
    5: "guarantee_registry.guarantee_given", 6: "authority.day_opened", 83: "loan_book.balances_imported",
    7: "loan_book.posting_reversed", 8: "loan_book.reversal_settled", 9: "covenant_registry.facility_entered",
    10: "loan_book.loan_restructured", 11: "loan_book.debt_restructured",
}  # fmt: skip
TOLD_TWICE: Final = tuple(FIXED[place] for place in (7, 8, 10, 11))
DRAWN: Final[Mapping[str, float]] = {
    "loan_book.loan_repaid": 30, "loan_book.instalment_fell_due": 30, "loan_book.loan_drawn": 4,
    "loan_book.loan_charged": 4, "loan_book.penalty_fell_due": 3, "loan_book.payment_back_valued": 0.5,
    "loan_book.instalment_fixed": 0.5, "loan_book.loan_classified": 4, "loan_book.loan_approved": 2,
    "loan_book.loan_denied": 0.3, "loan_book.approval_lapsed": 0.3, "loan_book.loan_closed": 0.5,
    "loan_book.loan_defaulted": 1, "loan_book.loan_cured": 0.5, "loan_book.loan_written_off": 0.3,
    "loan_book.product_set": 0.5, "loan_book.servicing_set": 0.5,
    "loan_book.calendar_year_set": 0.5, "loan_book.fixing_set": 0.5, "loan_book.term_sheet_signed": 1,
    "loan_book.loan_recovered": 0.3, "deposit_token.drawdown_credited": 2, "deposit_token.earmark_spent": 6,
    "deposit_token.earmark_returned": 0.3, "deposit_token.drawdown_reversed": 0.1,
    "fund_flow_ledger.flow_recorded": 3, "fund_flow_ledger.diversion_detected": 0.3,
    "rating_registry.rating_confirmed": 2, "rating_registry.rating_imported": 0.5,
    "customer_registry.customer_grouped": 0.5, "customer_registry.borrowers_counted": 0.5,
    "customer_registry.customer_account_bound": 0.5, "customer_registry.account_rebound": 0.2,
    "credit_policy.limit_set": 1, "credit_policy.denominator_attested": 0.2,
    "collateral_registry.collateral_revalued": 2, "collateral_registry.collateral_enforced": 0.1,
    "collateral_registry.owner_changed": 0.2, "collateral_registry.lien_released": 0.5,
    "collateral_registry.lien_enforced": 0.1, "guarantee_registry.guarantee_released": 0.5,
    "guarantee_registry.guarantee_demanded": 0.3, "guarantee_registry.capacity_attested": 0.5,
    "covenant_registry.facility_reset": 0.2, "covenant_registry.covenant_tested": 2,
    "covenant_registry.continuation_answered": 1, "covenant_registry.standing_reported": 0.5,
    "covenant_registry.figure_reported": 2, "covenant_registry.rating_rule_set": 0.5,
    "covenant_registry.standing_rule_set": 0.5, "covenant_registry.measure_rule_set": 0.5,
    "loan_book.floor_set": 1, "loan_book.misuse_found": 0.5, "loan_book.misuse_cleared": 0.3,
    "loan_book.technical_delay_exempted": 0.5, "loan_book.loan_called": 0.3, "loan_book.payment_observed": 0.5,
    "loan_book.observation_restarted": 0.3, "loan_book.observation_ended": 0.3,
    "loan_book.system_debt_reported": 0.5, "loan_book.loan_repriced": 0.5,
    "loan_book.restructuring_accepted": 0.3, "loan_book.charges_waived": 2, "loan_book.loan_sold": 2,
    "loan_book.prepayment_fee_dropped": 0.3,
    "collateral_registry.lien_assigned": 0.1, "guarantee_registry.guarantee_paid": 0.3,
    "guarantee_registry.circle_arose": 0.1, "guarantee_registry.circle_ended": 0.1,
    "guarantee_registry.legacy_circle_admitted": 0.1,
}  # fmt: skip
BELOW: Final[Mapping[str, int]] = {
    "loan_type": 3, "state": 10,
    "category": 6, "kind": 3, "hop": 4, "mode": 3, "denominator": 3, "rank": 5, "grade": 10,
    "previous": 6, "reason": 3, "trigger": 3, "answer": 3, "test": 11, "standing": 5, "measure": 8,
    "floor": 4, "downgrade_answer": 3, "bound": 2, "product": 40,
}  # fmt: skip
CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "industry": ("A", "C", "K", "L68"), "region": ("CN-GD", "CN-SH", "CN"), "purpose": ("P1", "P2", "P3"),
}  # fmt: skip

_EVENT = re.compile(r"event (\w+)\(([^)]*)\);")


@cache
def deployment() -> Deployment:
    """The system's contracts with the events their interfaces declare, at addresses of no chain."""
    contracts = {}
    for number, name in enumerate(CONTRACTS, start=1):
        abi = []
        loans = [*sorted(INTERFACES.glob("ILoan*.sol")), INTERFACES / "IWorkout.sol"]
        parts = loans if name == "LoanBook" else [INTERFACES / f"I{name}.sol"]
        for event, arguments in _EVENT.findall("".join(part.read_text() for part in parts)):
            words = [argument.split() for argument in arguments.split(",") if argument.strip()]
            inputs = [{"name": word[-1], "type": word[0], "indexed": "indexed" in word} for word in words]
            abi.append({"type": "event", "name": event, "inputs": inputs})
        contracts[name] = Contract(f"0x{number:040x}", f"0x{0:064x}", 0, abi)
    return Deployment(1337, f"0x{0:064x}", contracts)


@cache
def known() -> Catalogue:
    """The tables of these events."""
    return catalogue(deployment())


def events(first: int, count: int, *, seed: int, largest: int = 10**12) -> dict[str, pa.Table]:
    """Events number ``first`` to ``first + count - 1``, amounts below ``largest`` fen, by table name."""
    random = np.random.default_rng([seed, first])
    numbers = np.arange(first, first + count)
    names = list(dict.fromkeys([*DRAWN, *FIXED.values()]))
    shares = np.array(list(DRAWN.values()))
    kind = random.choice(len(DRAWN), size=count, p=shares / shares.sum())
    kind[numbers < 100] = names.index("loan_book.loan_repaid")
    for place, name in FIXED.items():
        kind[numbers % 100 == place] = names.index(name)
    found = {name: table.schema.empty_table() for name, table in known().tables.items()}
    for code, name in enumerate(names):
        at = numbers[kind == code]
        if len(at):
            found[name] = _Rows(name, at, random, largest).table()
    return found


def write(store: EventStore, count: int, *, seed: int, partition: int, largest: int = 10**12) -> None:
    """Put events into a store as reading them from a chain would, one partition of so many at a time."""
    for first in range(0, count, partition):
        size = min(partition, count - first)
        tables = events(first, size, seed=seed, largest=largest)
        blocks = first // PER_BLOCK, (first + size - 1) // PER_BLOCK
        chunk = Chunk(*blocks, f"0x{blocks[0]:064x}", f"0x{blocks[1] + 1:064x}", size, tables)
        store._close([chunk], replacing=False)


class _Rows:
    """The rows of one table at given event numbers."""

    def __init__(self, name: str, numbers: np.ndarray, random: np.random.Generator, largest: int) -> None:
        self.name = name
        self.numbers = numbers
        self.random = random
        self.largest = largest
        self.loan = self._thing(LOANS, 2, "loan_applied", "loan_imported", "drawdown_credited", "balances_imported")
        if name in TOLD_TWICE:
            self.loan = numbers // 100 * 7 % (numbers // LOANS + 1)  # both events name the same
        self.customer = self._thing(CUSTOMERS, 0, "customer_registered")
        self.facility = self._thing(FACILITIES, 9, "facility_entered")
        if name.startswith("covenant_registry."):
            self.customer = self.facility // 3
        self.lien = self._thing(TITLES, 4, "lien_placed")
        self.guarantee = self._thing(TITLES, 5, "guarantee_given")
        self.title = self.lien * 13 // 14 if ".lien" in name else self._thing(TITLES, 3, "collateral_registered")

    def _thing(self, every: int, place: int, *first: str) -> np.ndarray:
        """Which thing of a kind each row is about: in its first events the newest, else one that has appeared."""
        if self.name.endswith(first):
            return self.numbers // every
        there = np.maximum((self.numbers - place - 1) // every + 1, 1)
        return (self.random.random(len(self.numbers)) ** 0.7 * there).astype(np.int64)

    def table(self) -> pa.Table:
        """The rows in the table's own types."""
        block, log = self.numbers // PER_BLOCK, self.numbers % PER_BLOCK
        head = {"block_number": block, "block_time": block * 12, "tx_index": log // 2, "log_index": log}
        schema = known().tables[self.name].schema
        arrays = []
        for field in schema:
            if field.name in head:
                arrays.append(pa.array(head[field.name]))
            elif field.name == "tx_hash":
                arrays.append(_words(self.numbers // 2))
            else:
                arrays.append(self._column(field.name, field.type))
        return pa.Table.from_arrays(arrays, schema=schema)

    def _backdated(self) -> np.ndarray:
        """One day for some postings to loans that are not new; what is told by two events is of its own day."""
        chosen = (self.random.random(len(self.numbers)) < 0.05) & (self.numbers - self.loan * LOANS > 2_000)
        return chosen & (self.name not in TOLD_TWICE)

    def _column(self, name: str, kind: pa.DataType) -> pa.Array:
        size = len(self.numbers)
        day = FIRST_DAY + self.numbers // EVENTS_PER_DAY
        ids: Mapping[str, Callable[[], Any]] = {
            "loan_id": lambda: self.loan.astype(np.uint64) + np.where(self.loan % 5 == 4, 2**63, 1).astype(np.uint64),
            "customer": lambda: self.customer + 1,
            "owner": lambda: self.customer + 1,
            "guarantor": lambda: self.guarantee // 3 + 1,
            "beneficiary": lambda: self.customer + 1,
            "guarantee": lambda: self.guarantee + 1,
            "lien": lambda: self.lien + 1,
            "business_date": lambda: day,
            "value_date": lambda: day - self._backdated(),
            "posting": lambda: self.random.integers(1, 200, size),
            "dimension": lambda: self.numbers % 4,
            "key": lambda: np.select(
                [self.numbers % 4 < 2, self.numbers % 4 == 2],
                [self.random.integers(1, 50, size), self.random.integers(ord("A"), ord("U"), size)],
                int.from_bytes(b"CN-GD", "big") << 8,
            ).astype(np.uint64),
            "group": lambda: self.random.integers(0, 20, size),
        }
        if name == "product" and self.name.startswith("covenant_registry."):
            return pa.array(self.facility if self.name.endswith("_rule_set") else self.facility % 3).cast(kind)
        if name in ids:
            return pa.array(ids[name]()).cast(kind)
        if name == "title":
            return _words(self.title)
        if name == "borrower" and kind == TEXT:
            texts = pa.array([f"0x{loan:040x}" for loan in self.loan.tolist()], pa.string())
            return texts.dictionary_encode().cast(TEXT)
        return self._any(name, kind)

    def _any(self, name: str, kind: pa.DataType) -> pa.Array:
        """Random values of a type, codes among those there are."""
        size = len(self.numbers)
        if kind == TEXT:
            texts = CODES.get(name) or tuple(f"0x{number:040x}" for number in range(40))
            return pa.DictionaryArray.from_arrays(
                pa.array(self.random.integers(0, len(texts), size), pa.int32()), pa.array(texts)
            )
        if kind in (MONEY, WIDE):
            return pa.array(self.random.integers(0, self.largest, size) * (self.random.random(size) < 0.9)).cast(kind)
        if kind == WORD:
            return _words(self.random.integers(0, 2**62, size))
        if kind == pa.bool_():
            return pa.array(self.random.random(size) < 0.5)
        return pa.array(self.random.integers(0, BELOW.get(name, 30_000), size)).cast(kind)


def _words(numbers: np.ndarray) -> pa.Array:
    words = np.zeros((len(numbers), 4), dtype=">u8")
    words[:, 0], words[:, 3] = numbers * 0x9E3779B9 + 1, numbers
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), len(numbers), [None, pa.py_buffer(words.tobytes())])
