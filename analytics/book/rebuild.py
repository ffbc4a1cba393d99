"""From events to the ledger, as of any block and any value date.

Each event carries the balances it leaves behind, so a field is what its last event says: no replay,
time linear in the number of events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.book._rows import (
    EventTables,
    Keys,
    Record,
    Rows,
    Values,
    Writer,
    latest,
    minus,
    plus,
    total_by,
)
from analytics.ledger import (
    CAPACITIES,
    CATEGORIES,
    COLLATERAL,
    COLLATERAL_KINDS,
    CUSTOMER_KINDS,
    CUSTOMERS,
    DIMENSIONS,
    DIVERSIONS,
    EARMARKS,
    EXPOSURES,
    FLOWS,
    GUARANTEE_STATES,
    GUARANTEES,
    LIEN_STATES,
    LIENS,
    LIMITS,
    LOAN_STATES,
    LOANS,
    RATINGS,
    AsOf,
    Book,
    Schema,
)
from analytics.units import PPB

APPLIED, APPROVED, DENIED, ACTIVE, DEFAULTED, REPAID, WRITTEN_OFF = 1, 2, 3, 5, 6, 7, 8
PAYMENT, DRAWDOWN, CHARGE = 0, 1, 2
FEE = 0
PARTS = ("principal", "interest", "penalty", "fee")
PASS = 1
LARGEST = float(2**62)


def rebuild(tables: EventTables, as_of: AsOf | int | None = None) -> Book:
    """The ledger that a set of events tells.

    Parameters
    ----------
    tables : mapping of table name to pyarrow Table
        Every event of every contract, as `analytics.chain.read_events` gives them.
    as_of : AsOf, int or None
        The cut: a block (int), or an ``AsOf`` with a block (as known then) and a value date (as
        things stood then); None is everything read.

    Returns
    -------
    Book
        With one row per customer, loan, lien and so on, in the order of their first event. An empty
        record gives empty tables.

    Raises
    ------
    NotFound
        An event names an id whose first event is missing, or a table is absent.
    InvalidInput
        An id's first event is told twice.
    """
    cut = AsOf(block=as_of) if isinstance(as_of, int) else as_of or AsOf()
    record = Record(tables, cut)
    customers = _customers(record)
    ratings = _ratings(record)
    loans = _loans(record)
    exposures = _exposures(loans, customers, ratings)
    return Book(
        as_of=cut,
        business_date=record.business_date(),
        customers=customers,
        ratings=ratings,
        loans=loans,
        exposures=exposures,
        collateral=_collateral(record),
        liens=_liens(record),
        guarantees=_guarantees(record),
        capacities=_capacities(record),
        flows=_flows(record),
        diversions=_diversions(record),
        earmarks=_earmarks(record),
        limits=_limits(record, exposures, loans, customers),
    )


def _frame(columns: Mapping[str, object], schema: Schema) -> pd.DataFrame:
    return pd.DataFrame({name: columns[name] for name in schema}, columns=list(schema))


def _named(codes: Values, names: tuple[str, ...]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes.astype(np.int64).tolist(), categories=pd.Index(names))


def _customers(record: Record) -> pd.DataFrame:
    first = record["customer_registry.customer_registered"]
    keys = Keys(first["customer"], "customer")
    group = latest(
        keys,
        [(first, "customer", "group"), (record["customer_registry.customer_grouped"], "customer", "group")],
        default=0,
    )
    borrowers = latest(
        keys,
        [
            (first, "customer", "borrowers"),
            (record["customer_registry.borrowers_counted"], "customer", "borrowers"),
        ],
        default=0,
    )
    account = latest(
        keys,
        [
            (record["customer_registry.customer_account_bound"], "customer", "account"),
            (record["customer_registry.account_rebound"], "customer", "account"),
        ],
        default="",
    )
    return _frame(
        {
            "customer": first["customer"],
            "kind": _named(first["kind"], CUSTOMER_KINDS),
            "industry": first["industry"],
            "region": first["region"],
            "group": group,
            "borrowers": borrowers,
            "registered_on": first["registered_on"],
            "commitment": first["commitment"],
            "account": account,
        },
        CUSTOMERS,
    )


def _ratings(record: Record) -> pd.DataFrame:
    confirmed = record["rating_registry.rating_confirmed"]
    imported = record["rating_registry.rating_imported"]
    rated = pd.unique(np.concatenate([imported["customer"], confirmed["customer"]]))
    keys = Keys(rated, "customer")
    columns: dict[str, object] = {
        name: latest(keys, [(imported, "customer", name), (confirmed, "customer", name)], default=0)
        for name in RATINGS
        if name != "customer"
    }
    return _frame({"customer": rated, **columns}, RATINGS)


def _in_order(first: Rows, second: Rows, key: str) -> Values:
    ids = np.concatenate([first[key], second[key]])
    order = np.concatenate([first.order, second.order])
    return np.asarray(ids[np.argsort(order, kind="stable")])


def _loans(record: Record) -> pd.DataFrame:
    book = {
        name: record[f"loan_book.{name}"]
        for name in (
            "loan_applied", "loan_approved", "loan_denied", "approval_lapsed", "loan_drawn", "loan_imported",
            "balances_imported", "instalment_fell_due", "loan_repaid", "loan_closed", "loan_charged", "loan_classified",
            "loan_defaulted", "loan_cured", "loan_written_off", "loan_recovered", "posting_reversed",
            "reversal_settled",
        )
    }  # fmt: skip
    applied, imported = book["loan_applied"], book["loan_imported"]
    keys = Keys(_in_order(applied, imported, "loan_id"), "loan")

    def last(default: object, **columns: str | int) -> Values:
        writers: list[Writer] = [(book[table], "loan_id", column) for table, column in columns.items()]
        return latest(keys, writers, default=default)

    def total(table: str, column: str) -> Values:
        return total_by(keys, book[table], "loan_id", column)

    terms = {
        name: last("" if name in ("industry", "region", "purpose") else 0, loan_applied=name, loan_imported=name)
        for name in ("customer", "product", "industry", "region", "purpose", "rate", "maturity")
    }
    back = _reversals(book, keys)
    drawn = minus(total("loan_drawn", "amount"), back.draws)
    opening = last(0, balances_imported="principal")
    category = last(0, balances_imported="category", loan_classified="category")
    lent = (drawn != 0) | (total("loan_drawn", "posting") != 0)
    paid = {
        name: minus(plus(total("loan_repaid", name), last(0, balances_imported=paid_before)), back.payments[name])
        for name, paid_before in (
            ("principal", "principal_paid"),
            ("interest", "interest_paid"),
            ("fee", "fees_paid"),
        )
    }
    state = _state(book, keys)
    owed = _charges_owed(book, keys, back.payments)
    columns: dict[str, object] = {
        "loan": keys.ids,
        **terms,
        "start": _start(book["loan_drawn"], imported, keys),
        "state": _named(state, LOAN_STATES),
        "category": _named(np.where((category == 0) & lent, PASS, category), CATEGORIES),
        "instalment": last(
            0, balances_imported="instalment", loan_drawn="instalment", instalment_fell_due="instalment",
            loan_repaid="instalment",
        ),
        "principal": last(
            0, balances_imported="principal", loan_drawn="principal", loan_repaid="outstanding",
            loan_written_off="outstanding", posting_reversed="outstanding",
        ),
        "undrawn": _undrawn(book, keys),
        "accrued": last(
            0, loan_drawn="accrued", instalment_fell_due="accrued", loan_repaid="accrued", loan_written_off="accrued",
            posting_reversed="accrued", loan_closed=0,
        ),
        "accrued_through": last(
            0, loan_approved="available_until", loan_drawn="value_date", loan_imported="value_date",
            instalment_fell_due="due_date", loan_repaid="value_date", loan_written_off="value_date",
            posting_reversed="value_date",
        ),
        "postings": last(
            0, loan_drawn="posting", loan_repaid="posting", loan_charged="posting", loan_written_off="posting",
            loan_recovered="posting", posting_reversed="posting",
        ),
        "instalment_amount": last(
            0, balances_imported="instalment_amount", loan_drawn="instalment_amount",
            reversal_settled="instalment_amount",
        ),
        "principal_due": last(
            0, balances_imported="principal_due", instalment_fell_due="principal_due", loan_repaid="principal_due",
            loan_written_off="principal_due", posting_reversed="principal_due",
        ),
        "interest_due": last(
            0, balances_imported="interest_due", instalment_fell_due="interest_due", loan_repaid="interest_due",
            loan_written_off="interest_due", posting_reversed="interest_due",
        ),
        "oldest_due": last(
            0, balances_imported="oldest_due", instalment_fell_due="oldest_due", loan_repaid="oldest_due",
            loan_written_off="oldest_due", reversal_settled="oldest_due",
        ),
        "penalty_due": np.where(state == WRITTEN_OFF, 0, owed["penalty"]),
        "fee_due": np.where(state == WRITTEN_OFF, 0, owed["fee"]),
        "written_off": last(
            0, balances_imported="written_off", loan_written_off="written_off", loan_recovered="written_off"
        ),
        "originated": plus(drawn, last(0, balances_imported="originated")),
        "drawn": plus(drawn, opening),
        "principal_paid": paid["principal"],
        "interest_paid": paid["interest"],
        "penalty_paid": minus(total("loan_repaid", "penalty"), back.payments["penalty"]),
        "fees_paid": paid["fee"],
        "recovered": total("loan_recovered", "amount"),
        "defaulted_on": last(0, loan_defaulted="value_date"),
        "applied_on": last(0, loan_applied="value_date"),
        "external_ref": last("", loan_imported="external_ref"),
        "source_status": last(0, loan_imported="source_status"),
        "import_id": last(0, loan_imported="import_id"),
        "available_until": last(0, loan_approved="available_until"),
    }  # fmt: skip
    return _frame(columns, LOANS)


def _state(book: Mapping[str, Rows], keys: Keys) -> Values:
    writers: list[Writer] = [
        (book["loan_applied"], "loan_id", APPLIED),
        (book["loan_approved"], "loan_id", APPROVED),
        (book["loan_denied"], "loan_id", DENIED),
        (book["approval_lapsed"], "loan_id", "state"),
        (book["loan_drawn"], "loan_id", ACTIVE),
        (book["balances_imported"], "loan_id", "state"),
        (book["loan_defaulted"], "loan_id", DEFAULTED),
        (book["loan_cured"], "loan_id", ACTIVE),
        (book["loan_closed"], "loan_id", REPAID),
        (book["loan_written_off"], "loan_id", "state"),
        (book["reversal_settled"], "loan_id", "state"),
    ]
    return latest(keys, writers, default=0)


def _charges_owed(book: Mapping[str, Rows], keys: Keys, returned: Mapping[str, Values]) -> dict[str, Values]:
    """Fees and penalties charged and neither paid nor taken back, before a write-off."""
    charged, settled = book["loan_charged"], book["reversal_settled"]
    back = settled["kind"] == CHARGE
    reversed_rows = book["posting_reversed"]
    owed: dict[str, Values] = {}
    for part in ("fee", "penalty"):
        asked = np.zeros(len(keys), dtype=object)
        of_kind = (charged["kind"] == FEE) == (part == "fee")
        position = keys.positions(charged["loan_id"], where=charged.name)
        np.add.at(asked, position[of_kind], charged["amount"][of_kind].astype(object))
        position = keys.positions(reversed_rows["loan_id"], where=reversed_rows.name)
        np.subtract.at(asked, position[back], reversed_rows[part][back].astype(object))
        paid = total_by(keys, book["loan_repaid"], "loan_id", part)
        owed[part] = plus(minus(asked, paid), returned[part])
    return owed


def _undrawn(book: Mapping[str, Rows], keys: Keys) -> Values:
    writers: list[Writer] = [
        (book["loan_applied"], "loan_id", "amount"),
        (book["loan_denied"], "loan_id", 0),
        (book["approval_lapsed"], "loan_id", 0),
        (book["loan_drawn"], "loan_id", "undrawn"),
        (book["reversal_settled"], "loan_id", "undrawn"),
    ]
    return latest(keys, writers, default=0)


def _start(drawn: Rows, imported: Rows, keys: Keys) -> Values:
    """The first drawdown's value date, or the source's start."""
    start = np.zeros(len(keys), dtype=np.int64)
    for rows, column in ((drawn, "value_date"), (imported, "start")):
        position = keys.positions(rows["loan_id"], where=rows.name)
        start[position[::-1]] = rows[column][::-1]
    return start


@dataclass(frozen=True, slots=True)
class _Back:
    """What reversals took back, by loan: of drawdowns, and of payments by kind of money."""

    draws: Values
    payments: Mapping[str, Values]


def _reversals(book: Mapping[str, Rows], keys: Keys) -> _Back:
    """Each reversal is told by two events, in the same order; the second one says of what kind it is."""
    rows, kind = book["posting_reversed"], book["reversal_settled"]["kind"]
    position = keys.positions(rows["loan_id"], where=rows.name)
    draws = np.zeros(len(keys), dtype=object)
    payments = {part: np.zeros(len(keys), dtype=object) for part in PARTS}
    of_draw, of_payment = kind == DRAWDOWN, kind == PAYMENT
    np.add.at(draws, position[of_draw], rows["principal"][of_draw].astype(object))
    for part in PARTS:
        np.add.at(payments[part], position[of_payment], rows[part][of_payment].astype(object))
    return _Back(draws, payments)


def _exposures(loans: pd.DataFrame, customers: pd.DataFrame, ratings: pd.DataFrame) -> pd.DataFrame:
    """One row per loan that is owed or may still be drawn, with what it is measured on."""
    open_states = loans["state"].isin(["approved", "active", "defaulted"])
    live = loans[((loans["principal"] != 0) | ((loans["undrawn"] != 0) & open_states))]
    position = Keys(customers["customer"].to_numpy(), "customer").positions(loans["customer"].to_numpy(), where="loans")
    who = customers.iloc[position[live.index]]
    grades = ratings.set_index("customer")["grade"].reindex(live["customer"]).fillna(0).astype(np.int64)
    undrawn = live["undrawn"].where(open_states.loc[live.index], 0)
    return _frame(
        {
            "loan": live["loan"].to_numpy(),
            "customer": live["customer"].to_numpy(),
            "group": who["group"].to_numpy(),
            "kind": who["kind"].array,
            "borrowers": who["borrowers"].to_numpy(),
            "industry": live["industry"].str[:1].to_numpy(),
            "region": live["region"].to_numpy(),
            "grade": grades.to_numpy(),
            "category": live["category"].array,
            "outstanding": live["principal"].to_numpy(),
            "undrawn": undrawn.to_numpy(),
        },
        EXPOSURES,
    )


def _collateral(record: Record) -> pd.DataFrame:
    first = record["collateral_registry.collateral_registered"]
    revalued = record["collateral_registry.collateral_revalued"]
    placed = record["collateral_registry.lien_placed"]
    released = record["collateral_registry.lien_released"]
    enforced = record["collateral_registry.collateral_enforced"]
    keys = Keys(first["title"], "title")
    appraised = {
        name: latest(keys, [(first, "title", name), (revalued, "title", name)], default=0)
        for name in ("haircut", "appraised_on", "valid_until")
    }
    value: list[Writer] = [(first, "title", "value"), (revalued, "title", "value"), (enforced, "title", 0)]
    owner: list[Writer] = [(first, "title", "owner"), (record["collateral_registry.owner_changed"], "title", "owner")]
    pledged: list[Writer] = [(placed, "title", "pledged"), (released, "title", "pledged"), (enforced, "title", 0)]
    return _frame(
        {
            "title": keys.ids,
            "owner": latest(keys, owner, default=0),
            "kind": _named(first["kind"], COLLATERAL_KINDS),
            "region": first["region"],
            "value": latest(keys, value, default=0),
            **appraised,
            "pledged": latest(keys, pledged, default=0),
            "liens": latest(keys, [(placed, "title", "rank")], default=0),
            "index": np.arange(1, len(keys) + 1),
        },
        COLLATERAL,
    )


def _liens(record: Record) -> pd.DataFrame:
    first = record["collateral_registry.lien_placed"]
    released = record["collateral_registry.lien_released"]
    enforced = record["collateral_registry.lien_enforced"]
    keys = Keys(first["lien"], "lien")
    amount: list[Writer] = [(first, "lien", "amount"), (released, "lien", "amount"), (enforced, "lien", 0)]
    left = latest(keys, amount, default=0)
    sold = latest(keys, [(enforced, "lien", 1)], default=0) == 1
    return _frame(
        {
            "lien": first["lien"],
            "title": first["title"],
            "loan": first["loan_id"],
            "borrower": first["borrower"],
            "lender": first["lender"],
            "amount": left,
            "rank": first["rank"],
            "state": _named(np.where(sold, 3, np.where(left == 0, 2, 1)), LIEN_STATES),
            "placed_on": first["placed_on"],
        },
        LIENS,
    )


def _guarantees(record: Record) -> pd.DataFrame:
    first = record["guarantee_registry.guarantee_given"]
    released = record["guarantee_registry.guarantee_released"]
    demanded = record["guarantee_registry.guarantee_demanded"]
    keys = Keys(first["guarantee"], "guarantee")
    amount = latest(keys, [(first, "guarantee", "amount"), (released, "guarantee", "amount")], default=0)
    asked = total_by(keys, demanded, "guarantee", "amount")
    circle = [
        (record[f"guarantee_registry.{name}"], "guarantee", 1) for name in ("legacy_circle_admitted", "circle_arose")
    ]
    return _frame(
        {
            "guarantee": first["guarantee"],
            "guarantor": first["guarantor"],
            "beneficiary": first["beneficiary"],
            "loan": first["loan_id"],
            "amount": amount,
            "rank": first["rank"],
            "state": _named(np.where(amount == 0, 3, np.where(asked != 0, 2, 1)), GUARANTEE_STATES),
            "legacy_circle": latest(keys, circle, default=0) == 1,
            "given_on": first["given_on"],
            "demanded": asked,
        },
        GUARANTEES,
    )


def _capacities(record: Record) -> pd.DataFrame:
    attested = record["guarantee_registry.capacity_attested"]
    given = record["guarantee_registry.guarantee_given"]
    released = record["guarantee_registry.guarantee_released"]
    keys = Keys(pd.unique(np.concatenate([attested["guarantor"], given["guarantor"]])), "guarantor")
    live: list[Writer] = [(rows, "guarantor", "live") for rows in (attested, given, released)]
    return _frame(
        {
            "guarantor": keys.ids,
            "capacity": latest(keys, [(attested, "guarantor", "capacity")], default=0),
            "live": latest(keys, live, default=0),
            "as_of": latest(keys, [(attested, "guarantor", "as_of")], default=0),
        },
        CAPACITIES,
    )


def _flows(record: Record) -> pd.DataFrame:
    rows = record["fund_flow_ledger.flow_recorded"]
    return _frame(
        {
            "loan": rows["loan_id"],
            "from_account": rows["from"],
            "to_account": rows["to"],
            **{name: rows[name] for name in list(FLOWS)[3:]},
        },
        FLOWS,
    )


def _diversions(record: Record) -> pd.DataFrame:
    rows = record["fund_flow_ledger.diversion_detected"]
    return _frame({"loan": rows["loan_id"], **{name: rows[name] for name in list(DIVERSIONS)[1:]}}, DIVERSIONS)


def _earmarks(record: Record) -> pd.DataFrame:
    """What each borrower's account has left under each loan; a later drawdown's terms hold for all of it."""
    credited, spent, returned, reversed_ = (
        record[f"deposit_token.{name}"]
        for name in ("drawdown_credited", "earmark_spent", "earmark_returned", "drawdown_reversed")
    )
    for rows in (credited, spent, returned, reversed_):
        rows.join("earmark", ("loan_id", "borrower"))
    keys = Keys(pd.unique(credited["earmark"]), "earmark")
    first = np.unique(keys.positions(credited["earmark"], where=credited.name), return_index=True)[1]
    remaining: list[Writer] = [
        (credited, "earmark", "remaining"), (spent, "earmark", "remaining"), (returned, "earmark", 0),
        (reversed_, "earmark", "remaining"),
    ]  # fmt: skip
    terms = {
        name: latest(keys, [(credited, "earmark", name)], default="" if name == "purpose" else 0)
        for name in ("payees", "purpose", "expiry", "mode")
    }
    return _frame(
        {
            "loan": credited["loan_id"][first],
            "borrower": credited["borrower"][first],
            "remaining": latest(keys, remaining, default=0),
            **terms,
        },
        EARMARKS,
    )


def _limits(record: Record, exposures: pd.DataFrame, loans: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """Every bucket that has a limit or is used: what is set, what it amounts to, what is used."""
    dimensions, keys, exposure, reserved = _usage(exposures)
    told = record["credit_policy.limit_set"]
    attested = record["credit_policy.denominator_attested"]
    amounts = dict(zip(attested["denominator"].tolist(), attested["amount"].tolist(), strict=True))
    place = dict(zip(zip(dimensions, keys, strict=True), range(len(keys)), strict=True))
    terms: dict[str, list[int]] = {name: [0] * len(keys) for name in ("limit", "share", "denominator", "review_date")}
    effective: list[int | None] = [None] * len(keys)
    for row, (dimension, key) in enumerate(zip(told["dimension"].tolist(), told["key"].tolist(), strict=True)):
        name = (dimension, bucket_name(dimension, key))
        if name not in place:
            place[name] = len(keys)
            dimensions.append(dimension)
            keys.append(name[1])
            for column in (exposure, reserved, *terms.values()):
                column.append(0)
            effective.append(None)
        set_ = [int(told[term][row]) for term in terms]
        for column, value in zip(terms.values(), set_, strict=True):
            column[place[name]] = value
        effective[place[name]] = _effective(set_, amounts)
    return _frame(
        {
            "dimension": _named(np.array(dimensions, dtype=np.int64), DIMENSIONS),
            "key": np.array(keys, dtype=object),
            **terms,
            "effective_limit": np.array(effective, dtype=object),
            "exposure": exposure,
            "reserved": reserved,
        },
        LIMITS,
    )


def _usage(exposures: pd.DataFrame) -> tuple[list[int], list[str], list[int], list[int]]:
    """Of every bucket the dimension's number, the key, the exposure and the reserved headroom, summed exactly."""
    amounts = exposures[["outstanding", "undrawn"]]
    fits = all(_fits(exposures[name].to_numpy()) for name in amounts)
    amounts = amounts if fits else amounts.astype(object)
    found: tuple[list[int], list[str], list[int], list[int]] = ([], [], [], [])
    for number, dimension in enumerate(DIMENSIONS):
        member = exposures["group"] != 0 if dimension == "group" else slice(None)
        sums = amounts.loc[member].groupby(exposures[dimension].loc[member].to_numpy(), sort=False).sum()
        found[0].extend([number] * len(sums))
        found[1].extend(map(str, sums.index.tolist()))
        found[2].extend(sums["outstanding"].tolist())
        found[3].extend(sums["undrawn"].tolist())
    return found


def _fits(values: Values) -> bool:
    """Whether 63 bits hold the sum of these amounts."""
    return values.dtype != object and float(np.abs(values.astype(np.float64)).sum()) < LARGEST


def bucket_name(dimension: int, key: int) -> str:
    """A bucket's key as people write it: a number, or the letters of a section or region code.

    >>> bucket_name(0, 17), bucket_name(2, ord("K")), bucket_name(3, int.from_bytes(b"CN-GD", "big") << 8)
    ('17', 'K', 'CN-GD')
    """
    if DIMENSIONS[dimension] in ("customer", "group"):
        return str(key)
    return int(key).to_bytes(8, "big").strip(b"\0").decode("ascii")


def _effective(term: list[int], denominators: Mapping[int, int]) -> int | None:
    """The limit in fen: the lower of the absolute one and the share of its denominator; None for none."""
    limit, share, denominator, _ = term
    bounds = [limit] if limit else []
    if share:
        bounds.append(share * int(denominators.get(denominator, 0)) // PPB)
    return min(bounds) if bounds else None
