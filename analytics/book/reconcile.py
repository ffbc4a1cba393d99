"""Proof that the ledger rebuilt from events is what the contracts store, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pandas as pd

from analytics.errors import InvalidInput, Unreconciled
from analytics.ledger import (
    ANSWERS,
    BOUNDS,
    CATEGORIES,
    COLLATERAL_KINDS,
    COVENANT_TESTS,
    CUSTOMER_KINDS,
    DIMENSIONS,
    FLOORS,
    GUARANTEE_STATES,
    LIEN_STATES,
    LOAN_STATES,
    MEASURES,
    STANDINGS,
    Book,
)


class Chain(Protocol):
    """What reconciliation asks of a chain: views at one block (`analytics.chain.views.Views`)."""

    block: int

    def ask(self, contract: str, function: str, arguments: Sequence[Sequence[object]]) -> Iterator[dict[str, Any]]:
        """Answers of one view to many argument lists, as mappings of snake-case names."""

    def one(self, contract: str, function: str, *arguments: object) -> dict[str, Any]:
        """The answer of one view to one argument list."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was compared and found equal: per contract, the records and their fields."""

    block: int
    records: Mapping[str, int]
    fields: int


Told = Mapping[str, object]
UNITS: Final = (365 * 10**9, 360 * 10**9)  # by day count: one fen of interest in fen x ppb x days


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One table against one view: the key columns, and how each stored name is told by the table."""

    contract: str
    view: str
    key: Sequence[str]
    rows: Iterable[Told]


def reconcile(book: Book, chain: Chain) -> Proof:
    """Compare every field of the ledger with every contract, to the last unit.

    Parameters
    ----------
    book : Book
        Rebuilt up to ``chain.block`` and with no value-date cut.
    chain : Chain
        Views at that block.

    Returns
    -------
    Proof
        The number of records per contract and of fields compared.

    Raises
    ------
    Unreconciled
        With contract, key, field, what events tell and what the contract stores, at the first
        difference; also where a contract holds more records than events tell of.
    InvalidInput
        The book was cut elsewhere than the chain.
    """
    if book.as_of.value_date is not None or book.as_of.block not in (None, chain.block):
        raise InvalidInput(f"book as of {book.as_of}, chain at block {chain.block}: rebuild it up to that block")
    _counts(book, chain)
    records: dict[str, int] = {}
    fields = 0
    for comparison in _comparisons(book):
        rows = list(comparison.rows)
        keys = [[row[name] for name in comparison.key] for row in rows]
        answers = chain.ask(comparison.contract, comparison.view, keys)
        for row, key, stored in zip(rows, keys, answers, strict=True):
            fields += _compare(comparison, row, key, stored)
        records[f"{comparison.contract}.{comparison.view}"] = len(rows)
    _interest(book, chain)
    return Proof(chain.block, records, fields)


def _compare(comparison: _Comparison, row: Told, key: Sequence[object], stored: Mapping[str, Any]) -> int:
    compared = 0
    for name, have in stored.items():
        if name not in row:
            continue
        told = _plain(row[name])
        found = _plain(have)
        if told != found:
            shown = ", ".join(str(part) for part in key)
            raise Unreconciled(
                f"{comparison.contract}.{comparison.view}({shown}): {name} is {told} by the events, "
                f"{found} in the contract"
            )
        compared += 1
    missing = set(stored) - set(row) - {""}
    if missing:
        raise Unreconciled(
            f"{comparison.contract}.{comparison.view}: the ledger has no column for {', '.join(sorted(missing))}"
        )
    return compared


def _plain(value: Any) -> object:
    if isinstance(value, bytes):
        text = value.rstrip(b"\0")
        return text.decode("ascii") if text.isascii() else "0x" + value.hex()
    if isinstance(value, str):
        return value.lower() if value.startswith("0x") else value
    if isinstance(value, bool):
        return value
    return int(value)


def _counts(book: Book, chain: Chain) -> None:
    for contract, view, told in (
        ("CustomerRegistry", "customers", len(book.customers)),
        ("CollateralRegistry", "objects", len(book.collateral)),
    ):
        stored = chain.one(contract, view)["value"]
        if stored != told:
            raise Unreconciled(f"{contract}.{view}: {told} by the events, {stored} in the contract")
    totals = chain.one("LoanBook", "totals")
    outstanding = sum(map(int, book.loans["principal"]))
    if (totals["loans"], totals["outstanding"]) != (len(book.loans), outstanding):
        raise Unreconciled(
            f"LoanBook.totals: {len(book.loans)} loans and {outstanding} fen by the events, "
            f"{totals['loans']} and {totals['outstanding']} in the contract"
        )


def _interest(book: Book, chain: Chain) -> None:
    """What all loans owe in interest, summed over the ledger, against the one word a day count the contract keeps.

    The contract counts no fen that a loan past its last due date rounds up with its next posting, nor does this.
    """
    live = book.loans[book.loans["state"].isin(("active", "defaulted"))]
    products = sorted(set(live["product"].tolist()))
    terms = chain.ask("LoanBook", "productOf", [[number] for number in products])
    units = {number: UNITS[int(of["day_count"])] for number, of in zip(products, terms, strict=True)}
    exact = dict.fromkeys(UNITS, 0)
    columns = ("product", "principal", "rate", "accrued", "accrued_through", "interest_due")
    for product, *amounts in zip(*(live[name].tolist() for name in columns), strict=True):
        principal, rate, accrued, through, due = map(int, amounts)
        exact[units[product]] += accrued + due * units[product] + principal * rate * (book.business_date - through)
    told = sum(of // unit for unit, of in exact.items())
    stored = chain.one("LoanBook", "interestReceivable", book.business_date)["value"]
    if stored != told:
        raise Unreconciled(
            f"LoanBook.interestReceivable({book.business_date}): {told} fen by the events, {stored} in the contract"
        )


def _comparisons(book: Book) -> Iterator[_Comparison]:
    yield _Comparison("CustomerRegistry", "customerOf", ["customer"], _told(book.customers, kind=CUSTOMER_KINDS))
    yield _Comparison("CustomerRegistry", "accountOf", ["customer"], _accounts(book.customers))
    yield _Comparison("RatingRegistry", "assessmentOf", ["customer"], _told(book.ratings))
    yield _Comparison("LoanBook", "loanOf", ["loan"], _told(book.loans, state=LOAN_STATES, category=CATEGORIES))
    yield _Comparison("LoanBook", "careOf", ["loan"], _told(book.cares, **dict.fromkeys(FLOORS, CATEGORIES)))
    yield _Comparison("LoanBook", "systemDebtOf", ["customer"], _told(book.system_debts))
    yield from _products(book)
    yield _Comparison("CreditPolicy", "bucketOf", ["dimension", "key"], _buckets(book))
    yield _Comparison("CollateralRegistry", "collateralOf", ["title"], _told(book.collateral, kind=COLLATERAL_KINDS))
    yield _Comparison("CollateralRegistry", "lienOf", ["lien"], _told(book.liens, state=LIEN_STATES, loan_id="loan"))
    yield _Comparison(
        "GuaranteeRegistry", "guaranteeOf", ["guarantee"],
        _told(book.guarantees, state=GUARANTEE_STATES, loan_id="loan"),
    )  # fmt: skip
    yield _Comparison("GuaranteeRegistry", "capacityOf", ["guarantor"], _told(book.capacities))
    yield _Comparison("GuaranteeRegistry", "attestedOn", ["guarantor"], _told(book.capacities, value="as_of"))
    yield _Comparison("GuaranteeRegistry", "demandedOf", ["guarantee"], _demanded(book.guarantees))
    yield _Comparison("LoanBook", "agreementOf", ["loan", "number"], _told(book.restructurings))
    yield _Comparison("GuaranteeRegistry", "guaranteesOf", ["guarantor"], _given(book.guarantees))
    yield _Comparison("DepositToken", "earmarkOf", ["loan", "borrower"], _told(book.earmarks))
    yield _Comparison("FundFlowLedger", "traceOf", ["loan"], _traces(book))
    yield from _covenants(book)


def _products(book: Book) -> Iterator[_Comparison]:
    contract = "LoanBook"
    yield _Comparison(contract, "productOf", ["product"], _told(book.products))
    yield _Comparison(contract, "servicingOf", ["product"], _told(book.servicing))
    yield _Comparison(contract, "calendarYearOf", ["calendar", "year"], _calendars(book))
    yield _Comparison(contract, "fixingOn", ["index", "day"], _told(book.fixings))
    yield _Comparison(contract, "signatureOf", ["loan"], _signatures(book))


def _calendars(book: Book) -> Iterator[Told]:
    """The words of each year as the numbers they are."""
    for row in _told(book.calendars):
        words = {name: int(str(row[name]), 16) for name in ("low", "high")}
        yield {**row, **words, "is_set": True}


def _signatures(book: Book) -> Iterator[Told]:
    for row in _told(book.term_sheets):
        yield {**row, "is_signed": row["signed_on"] != 0}


def _covenants(book: Book) -> Iterator[_Comparison]:
    contract = "CovenantRegistry"
    facilities = _told(book.covenants, answer=ANSWERS, reason=COVENANT_TESTS)
    tests = _told(book.covenant_tests, answer=ANSWERS, test=COVENANT_TESTS)
    yield _Comparison(contract, "facilityOf", ["customer", "product"], facilities)
    yield _Comparison(contract, "testOf", ["customer", "product", "test"], tests)
    yield _Comparison(contract, "gradeOf", ["customer"], _grades(book))
    yield _Comparison(contract, "standingOf", ["customer"], _told(book.standings, standing=STANDINGS))
    yield _Comparison(contract, "figureOf", ["customer", "measure"], _told(book.figures, measure=MEASURES))
    for_ratings = _told(book.rating_rules, answer=ANSWERS, downgrade_answer=ANSWERS)
    for_standings = _told(book.standing_rules, standing=STANDINGS, answer=ANSWERS)
    for_measures = _told(book.measure_rules, measure=MEASURES, bound=BOUNDS, answer=ANSWERS)
    yield _Comparison(contract, "ratingRuleOf", ["product"], for_ratings)
    yield _Comparison(contract, "standingRuleOf", ["product", "standing"], for_standings)
    yield _Comparison(contract, "measureRuleOf", ["product", "measure"], for_measures)


def _told(table: pd.DataFrame, **names: Sequence[str] | str) -> Iterator[Told]:
    """The rows of a table by stored name: categories as codes, titles as numbers, renamed columns under both names."""
    columns: dict[str, list[object]] = {}
    for column in table.columns:
        values = table[column].tolist()
        categories = names.get(column)
        if isinstance(categories, tuple):
            values = [categories.index(name) for name in values]
        elif column == "title":
            values = [int(title, 16) for title in values]
        columns[column] = values
    columns |= {stored: columns[name] for stored, name in names.items() if isinstance(name, str)}
    labels = list(columns)
    for row in zip(*columns.values(), strict=True):
        yield dict(zip(labels, row, strict=True))


def _traces(book: Book) -> Iterator[Told]:
    """What is known of each loan's money: first movements, those flagged among them, and what went on."""
    names = ("spent", "diverted", "onward", "diversions")
    sums: dict[int, dict[str, int]] = {}
    for row in book.flows.itertuples(index=False):
        trace = sums.setdefault(int(str(row.loan)), dict.fromkeys(names, 0))
        first = row.hop == 1
        trace["spent" if first else "onward"] += int(str(row.amount))
        trace["diverted"] += int(str(row.amount)) if first and not row.allowed else 0
    for loan in book.diversions["loan"]:
        sums.setdefault(int(loan), dict.fromkeys(names, 0))["diversions"] += 1
    for number, trace in sums.items():
        yield {"loan": number, **trace}


def _given(guarantees: pd.DataFrame) -> Iterator[Told]:
    """How many guarantees each guarantor ever gave."""
    for guarantor, count in guarantees["guarantor"].value_counts().items():
        yield {"guarantor": guarantor, "value": count}


def _demanded(guarantees: pd.DataFrame) -> Iterator[Told]:
    """What is demanded on each guarantee and not yet paid."""
    for number, amount in zip(guarantees["guarantee"], guarantees["demanded"], strict=True):
        yield {"guarantee": number, "value": amount}


def _grades(book: Book) -> Iterator[Told]:
    """The confirmed grade of each customer under covenants."""
    grades = dict(zip(book.ratings["customer"].tolist(), book.ratings["grade"].tolist(), strict=True))
    for customer in book.covenants["customer"].unique().tolist():
        yield {"customer": customer, "value": grades.get(customer, 0)}


def _accounts(customers: pd.DataFrame) -> Iterator[Told]:
    nobody = "0x" + "0" * 40
    for customer, account in zip(customers["customer"], customers["account"], strict=True):
        yield {"customer": customer, "value": account or nobody}


def _buckets(book: Book) -> Iterator[Told]:
    """Each bucket under the number its key has on the chain."""
    numbers: dict[str, Callable[[str], int]] = {
        "customer": int,
        "group": int,
        "industry": ord,
        "region": lambda code: int.from_bytes(code.encode("ascii").ljust(6, b"\0"), "big"),
    }
    groups = dict(zip(book.customers["customer"].tolist(), book.customers["group"].tolist(), strict=True))
    for row in book.limits.itertuples(index=False):
        dimension = str(row.dimension)
        key = numbers[dimension](str(row.key))
        yield {
            "dimension": DIMENSIONS.index(dimension),
            "key": key,
            "exposure": row.exposure,
            "reserved": row.reserved,
            "limit": row.limit,
            "share": row.share,
            "denominator": row.denominator,
            "group": groups[key] if dimension == "customer" else 0,
        }
