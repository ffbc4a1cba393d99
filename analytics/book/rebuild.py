"""From events to the ledger, as of any block and any value date.

Each event carries the balances it leaves behind, so a field is what its last event says: no replay,
time linear in the number of events.
"""

from __future__ import annotations

from analytics.book._cash import diversions, earmarks, flows
from analytics.book._covenants import (
    covenant_tests,
    covenants,
    figures,
    measure_rules,
    rating_rules,
    standing_rules,
    standings,
)
from analytics.book._customers import customers, ratings
from analytics.book._exposures import exposures, limits
from analytics.book._frames import frame
from analytics.book._loans import loans
from analytics.book._products import calendars, fixings, products, servicing, term_sheets
from analytics.book._protection import capacities, collateral, guarantees, liens
from analytics.book._quality import cares, system_debts
from analytics.book._rows import EventTables, Record
from analytics.book._workout import restructurings, sales, waivers
from analytics.ledger import SCHEMAS, AsOf, Book


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
    who, rated, lent = customers(record), ratings(record), loans(record)
    exposed = exposures(lent, who, rated)
    first = {"customers": who, "ratings": rated, "loans": lent, "exposures": exposed}
    rest = {
        "collateral": collateral(record),
        "liens": liens(record),
        "guarantees": guarantees(record),
        "capacities": capacities(record),
        "flows": flows(record),
        "diversions": diversions(record),
        "earmarks": earmarks(record),
        "limits": limits(record, exposed),
        "restructurings": restructurings(record),
        "waivers": waivers(record),
        "sales": sales(record),
        "covenants": covenants(record),
        "covenant_tests": covenant_tests(record),
        "standings": standings(record),
        "figures": figures(record),
        "rating_rules": rating_rules(record),
        "standing_rules": standing_rules(record),
        "measure_rules": measure_rules(record),
        "cares": cares(record, lent),
        "system_debts": system_debts(record),
        "products": products(record),
        "servicing": servicing(record),
        "calendars": calendars(record),
        "fixings": fixings(record),
        "term_sheets": term_sheets(record),
    }
    return Book(
        as_of=cut,
        business_date=record.business_date(),
        **{name: columns.frame(SCHEMAS[name]) for name, columns in first.items()},
        **{name: frame(columns, SCHEMAS[name]) for name, columns in rest.items()},
    )
