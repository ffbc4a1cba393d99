"""Covenants from the bank's rules to the page: an opening under them, facts, answers, the ledger, the alert."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from analytics.book import AsOf, rebuild, reconcile
from analytics.chain import read_events
from analytics.chain.views import Views
from analytics.ledger import MEASURES, STANDINGS
from analytics.report import read_codes, write_report
from analytics.units import PPB
from scripts.opening import assessment, import_opening
from scripts.products import SERVED, Servicing, set_products
from tests.integration.new_bank import new_bank
from tests.integration.small_book import END, OPENING, OPENING_DAY, RATINGS, SCRIPT

BULLET = 1
SUSPEND, NOTICE = 1, 2
COVER, LEVERAGE = MEASURES.index("debt_service_cover"), MEASURES.index("debt_to_earnings")
WATCH = STANDINGS.index("watch")
PLAIN = dict.fromkeys(Servicing.__slots__, 0) | {"covenanted": 1, "triggers": 0b11111, "default_days": 90}


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A year in which customers 4, 5 and 1 break what their bullet loans ask for, and 2 keeps it."""
    with new_bank(OPENING_DAY) as desk:
        desk.open_day(OPENING_DAY)
        set_products(desk)
        _rules(desk)
        import_opening(desk, OPENING)
        ends = {2022: desk.close_day()}
        _facts(desk)
        ends[2023] = desk.close_day()
        yield desk, ends, read_events(desk.node.url, desk.deployment), tmp_path_factory.mktemp("covenants")


def _rules(desk):
    currency = next(iter(SERVED.values()))[1].currency
    terms = tuple((PLAIN | {"currency": currency}).values())
    desk.send(desk.system.book.setServicing, BULLET, terms, by="risk_officer")
    covenants = desk.system.covenants
    desk.send(covenants.setRatingRule, BULLET, (9, SUSPEND, 0, 2, NOTICE, 60), by="risk_officer")
    desk.send(covenants.setStandingRule, BULLET, WATCH, SUSPEND, 0, by="risk_officer")
    for measure, bound, threshold in ((COVER, 0, PPB * 12 // 10), (LEVERAGE, 1, 4 * PPB)):
        rule = (bound, threshold, NOTICE, 30, 0)
        desk.send(covenants.setMeasureRule, BULLET, measure, rule, by="risk_officer")


def _facts(desk):
    covenants, customers = desk.system.covenants, desk.customers
    desk.open_day(END - 40)
    figures = (("C-5", COVER, PPB * 95 // 100), ("C-2", COVER, 2 * PPB), ("C-2", LEVERAGE, 4 * PPB))
    for ref, measure, value in figures:
        desk.send(covenants.reportFigure, customers[ref], measure, value, END - 60, by="data_provider")
    desk.open_day(END)
    worse = replace(RATINGS[3], grade=9, rated_on=END)
    desk.send(desk.system.ratings.propose, assessment(desk, worse), by="risk_officer")
    desk.send(desk.system.ratings.confirm, assessment(desk, worse), by="approver")
    desk.send(covenants.reportStanding, customers["C-1"], WATCH, by="credit_bureau")


def test_the_opening_came_under_the_covenants(lived):
    """Companies with a loan of the product; the pool's loan is of another."""
    desk, ends, tables, _ = lived
    book = rebuild(tables, AsOf(block=ends[2022]))
    assert sorted(book.covenants["customer"]) == [desk.customers[f"C-{number}"] for number in range(1, 6)]
    assert (book.covenants["answer"] == "continue").all()
    grades = {desk.customers[rating.customer]: rating.grade for rating in RATINGS}
    assert dict(zip(book.covenants["customer"], book.covenants["entry_grade"], strict=True)) == grades


def test_the_ledger_is_what_the_registry_stores(lived):
    """I34."""
    desk, ends, tables, _ = lived
    for block in ends.values():
        proof = reconcile(rebuild(tables, AsOf(block=block)), Views(desk.node, desk.deployment, block))
        assert proof.records["CovenantRegistry.facilityOf"] == 5
        assert proof.records["CovenantRegistry.measureRuleOf"] == 2


def test_the_page_tells_who_is_held_back(lived):
    desk, ends, tables, folder = lived
    page = write_report(
        tables, year_ends=ends, deployment=desk.deployment, codes=read_codes(SCRIPT.codes), folder=folder,
        title=SCRIPT.title, notes=SCRIPT.notes,
    )  # fmt: skip
    with (page.parent / "tables" / "covenants.csv").open() as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    customer = {number: str(desk.customers[f"C-{number}"]) for number in range(1, 6)}
    assert rows == [
        (customer[5], "1", "serve notice", "debt service cover", "2023-12-21", "-10", "0.95", "1.2", "2.5", "0.0"),
        (customer[4], "1", "serve notice", "downgrade", "2024-02-29", "60", "", "", "0.6", "0.0"),
        (customer[1], "1", "suspend drawings", "standing", "", "", "", "", "7.0", "0.0"),
    ]
    assert "Suspended drawings and notices served" in page.read_text()
