"""The ledger of a million events against one kept row by row, and its time from ten thousand events to ten million."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any, Final

import numpy as np
import pyarrow as pa

from analytics.book import Book, rebuild
from benchmarks.harness import Measurement, compared
from tests.analytics.book.tables import event_tables, schemas, table_of

EVENTS: Final = 1_000_000
SIZES: Final = (10_000, 100_000, 1_000_000, 10_000_000)
PER_LOAN: Final = 10  # imported and its balances, then an instalment due and its payment, four times
OPENING: Final = 18_993
TOLD: Final = (
    "customer_registry.customer_registered", "rating_registry.rating_imported", "loan_book.loan_imported",
    "loan_book.balances_imported", "loan_book.instalment_fell_due", "loan_book.loan_repaid",
)  # fmt: skip
TERMS: Final = ("customer", "product", "industry", "region", "purpose", "rate", "start", "maturity", "source_status")
BALANCES: Final = (
    "originated", "principal", "principal_paid", "interest_paid", "fees_paid", "written_off", "principal_due",
    "interest_due", "oldest_due", "instalment", "instalment_amount",
)  # fmt: skip
PAID: Final = ("penalty_paid", "accrued", "accrued_through", "postings")
Ledger = dict[int, dict[str, Any]]
Usage = dict[tuple[str, str], int]


def record_of(events: int, seed: int = 20231231) -> dict[str, pa.Table]:
    """Tables of a valid record: customers and ratings, an opening book, and four quarters of every loan."""
    rng = np.random.default_rng(seed)
    loans = events // (PER_LOAN + 1)
    customers = (events - PER_LOAN * loans) // 2
    industries = np.array([f"{letter}{number}" for letter in "ACDEFGK" for number in range(10, 15)], dtype=object)
    regions = np.array(["CN-GD", "CN-ZJ", "CN-HN", "CN-JS"], dtype=object)
    who = np.arange(1, customers + 1)
    tables = event_tables(("authority.day_opened", {"business_date": OPENING}))
    _put(tables, "customer_registry.customer_registered", 2 + np.arange(customers), {
        "customer": who, "kind": np.full(customers, 3), "industry": rng.choice(industries, customers),
        "region": rng.choice(regions, customers), "group": np.where(who % 3 == 0, who // 6 + 1, 0),
        "borrowers": np.ones(customers, dtype=np.int64), "registered_on": np.full(customers, OPENING),
    })  # fmt: skip
    _put(tables, "rating_registry.rating_imported", 2 + customers + np.arange(customers), {
        "customer": who, "grade": rng.integers(1, 15, customers), "rated_on": np.full(customers, OPENING - 30),
        "expires_on": np.full(customers, OPENING + 335),
    })  # fmt: skip
    _lend(tables, loans, customers, rng, start=2 + 2 * customers, codes=(industries, regions))
    return tables


def _lend(
    tables: dict[str, pa.Table], loans: int, customers: int, rng: np.random.Generator, *, start: int, codes: Any
) -> None:
    ids = np.uint64(2**63) + np.sort(rng.choice(2**40, loans, replace=False)).astype(np.uint64)
    lent = rng.integers(10**6, 10**10, loans)
    principal = lent - lent // 10
    _put(tables, "loan_book.loan_imported", start + 2 * np.arange(loans), {
        "loan_id": ids, "customer": rng.integers(1, customers + 1, loans), "product": np.ones(loans, dtype=np.int64),
        "industry": rng.choice(codes[0], loans), "region": rng.choice(codes[1], loans),
        "purpose": np.full(loans, "WCAP", dtype=object), "rate": np.full(loans, 45_000_000),
        "start": np.full(loans, OPENING - 300), "maturity": np.full(loans, OPENING + 3_000),
        "value_date": np.full(loans, OPENING),
    })  # fmt: skip
    _put(tables, "loan_book.balances_imported", start + 2 * np.arange(loans) + 1, {
        "loan_id": ids, "state": np.full(loans, 5), "category": np.ones(loans, dtype=np.int64), "originated": lent,
        "principal": principal, "principal_paid": lent // 10,
    })  # fmt: skip
    start += 2 * loans
    due: dict[str, list[Any]] = {}
    paid: dict[str, list[Any]] = {}
    blocks: tuple[list[Any], list[Any]] = ([], [])
    for quarter in range(1, 5):
        day, interest, part = OPENING + 90 * quarter, principal // 100, principal // 8
        owed = {"loan_id": ids, "instalment": np.full(loans, quarter), "due_date": np.full(loans, day)}
        owed |= {"interest": interest, "interest_due": interest, "oldest_due": np.full(loans, day)}
        principal = principal - part
        payment = {"loan_id": ids, "posting": np.full(loans, quarter), "value_date": np.full(loans, day + 1)}
        payment |= {"principal": part, "interest": interest, "outstanding": principal, "state": np.full(loans, 5)}
        payment |= {"instalment": np.full(loans, quarter)}
        for columns, told in ((due, owed), (paid, payment)):
            for name, values in told.items():
                columns.setdefault(name, []).append(values)
        blocks[0].append(start + 2 * np.arange(loans))
        blocks[1].append(start + 2 * np.arange(loans) + 1)
        start += 2 * loans
    for name, columns, where in (
        ("instalment_fell_due", due, blocks[0]), ("loan_repaid", paid, blocks[1]),
    ):  # fmt: skip
        joined = {column: np.concatenate(values) for column, values in columns.items()}
        _put(tables, f"loan_book.{name}", np.concatenate(where), joined)


def _put(tables: dict[str, pa.Table], name: str, place: np.ndarray, told: Mapping[str, Any]) -> None:
    """A table from the columns that matter; ``place`` counts events through the record, 100 to a block."""
    count = len(place)
    columns: dict[str, Any] = {"block_number": 1 + place // 100, "log_index": place % 100, **told}
    schema = schemas()[name]
    for field in schema:
        if field.name in columns:
            continue
        if pa.types.is_dictionary(field.type):
            columns[field.name] = np.full(count, "0x" + "0" * 40, dtype=object)
        elif pa.types.is_fixed_size_binary(field.type) and not pa.types.is_decimal(field.type):
            columns[field.name] = [bytes(32)] * count
        else:
            columns[field.name] = np.zeros(count, dtype=np.int64)
    tables[name] = table_of(columns, schema)


def plain_ledger(tables: Mapping[str, pa.Table]) -> tuple[Ledger, Usage]:
    """The loans of a record, and what each limit's bucket is used for, as one keeps them with a loop.

    Every event in its order, its fields put in the row of its loan, customer or rating; exposures from those rows.
    """
    loans: Ledger = {}
    customers: Ledger = {}
    grades: dict[int, int] = {}
    for _, name, row in sorted(_told(tables), key=itemgetter(0)):
        if name == "loan_repaid":
            loan = loans[row["loan_id"]]
            loan["principal"] = int(row["outstanding"])
            loan["principal_paid"] += int(row["principal"])
            loan["interest_paid"] += int(row["interest"])
            loan["penalty_paid"] += int(row["penalty"])
            loan["fees_paid"] += int(row["fee"])
            loan["accrued"], loan["accrued_through"] = int(row["accrued"]), row["value_date"]
            loan["interest_due"], loan["principal_due"] = int(row["interest_due"]), int(row["principal_due"])
            loan["oldest_due"], loan["instalment"] = row["oldest_due"], row["instalment"]
            loan["postings"] = row["posting"]
        elif name == "instalment_fell_due":
            loan = loans[row["loan_id"]]
            loan["interest_due"], loan["principal_due"] = int(row["interest_due"]), int(row["principal_due"])
            loan["accrued"], loan["accrued_through"] = int(row["accrued"]), row["due_date"]
            loan["oldest_due"], loan["instalment"] = row["oldest_due"], row["instalment"]
        elif name == "balances_imported":
            loan = loans[row["loan_id"]]
            for field in BALANCES:
                loan[field] = int(row[field])
        elif name == "loan_imported":
            loans[row["loan_id"]] = {field: row[field] for field in TERMS} | dict.fromkeys(PAID, 0)
            loans[row["loan_id"]]["external_ref"] = "0x" + row["external_ref"].hex()
        elif name == "customer_registered":
            customers[row["customer"]] = row
        else:
            grades[row["customer"]] = row["grade"]
    return loans, _used(loans, customers)


def _used(loans: Ledger, customers: Ledger) -> Usage:
    used: Usage = {}
    for loan in loans.values():
        if not loan["principal"]:
            continue
        group = customers[loan["customer"]]["group"]
        keys = [("customer", str(loan["customer"])), ("industry", loan["industry"][:1]), ("region", loan["region"])]
        for key in [*keys, ("group", str(group))] if group else keys:
            used[key] = used.get(key, 0) + loan["principal"]
    return used


def _told(tables: Mapping[str, pa.Table]) -> Iterator[tuple[tuple[int, int], str, dict[str, Any]]]:
    for name in TOLD:
        for row in tables[name].to_pylist():
            yield (row["block_number"], row["log_index"]), name.partition(".")[2], row


def same(book: Book, plain: tuple[Ledger, Usage]) -> str:
    """Every field the loop keeps, of every loan, and every bucket."""
    ledger, used = plain
    assert book.loans["loan"].tolist() == list(ledger)
    for field in next(iter(ledger.values())):
        assert book.loans[field].tolist() == [row[field] for row in ledger.values()], field
    limits = book.limits
    buckets = zip(limits["dimension"].astype(str), limits["key"], strict=True)
    assert dict(zip(buckets, limits["exposure"].tolist(), strict=True)) == used
    return f"{len(ledger):,} loans, {len(used):,} buckets of limits"


def seconds(events: int, *, rounds: int = 3) -> float:
    """The median time of a rebuild."""
    tables = record_of(events)
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        rebuild(tables)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def rebuild_vs_rows() -> Measurement:
    """Both sides from the same tables; the note tells the time of an event at each size."""
    tables = record_of(EVENTS)
    events = sum(table.num_rows for table in tables.values())

    def check(book: Book, plain: tuple[Ledger, Usage]) -> str:
        each = ", ".join(f"{events:,}: {seconds(events) / events * 1e6:.2f} µs" for events in SIZES)
        return f"{same(book, plain)}; an event at {each}"

    return compared(lambda: rebuild(tables), lambda: plain_ledger(tables), check, units=events, rounds=3)


ROWS = {"rebuild_vs_rows": rebuild_vs_rows}
