"""From people's acts to the page: deployed, lived through, read, reconciled, reported, opened in a browser."""

from __future__ import annotations

import csv
import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from types import SimpleNamespace

import pytest

from analytics.book import AsOf, journal, rebuild, reconcile, trial_balance
from analytics.chain import read_events, write_deployment
from analytics.chain.views import Views
from analytics.errors import InvalidInput, Unreconciled
from analytics.report import read_codes, write_report
from scripts.desk import imported_loan
from scripts.opening import import_opening
from scripts.replay import replay
from scripts.transactions import Refused
from tests.integration.new_bank import new_bank
from tests.integration.small_book import FEBRUARY, LOANS, MARCH, MILLION, OPENING_DAY, SCRIPT


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """The small book lived through on a chain of its own, which stays up while this module's tests run."""
    folder = tmp_path_factory.mktemp("small")
    with new_bank(OPENING_DAY) as desk:
        write_deployment(folder / "deployment.json", desk.deployment)
        done = replay(desk, SCRIPT)
        tables = read_events(desk.node.url, desk.deployment)
        yield SimpleNamespace(desk=desk, done=done, tables=tables, folder=folder)


def loan(book, ref, desk):
    return book.loans.set_index("loan").loc[desk.loans[ref]]


def test_every_year_end_reconciles_field_by_field(lived):
    """I34, I37: the ledger from events is what the contracts store, at each year end's block and now."""
    blocks = [*lived.done.year_ends.values(), lived.desk.node.quantity("eth_blockNumber")]
    for block in blocks:
        proof = reconcile(
            rebuild(lived.tables, AsOf(block=block)), Views(lived.desk.node, lived.desk.deployment, block)
        )
        assert proof.records["LoanBook.loanOf"] >= len(LOANS)
        assert proof.fields > 300


def test_a_changed_field_is_found_by_its_key(lived):
    book = rebuild(lived.tables)
    loans = book.loans.copy()
    loans.loc[2, "interest_due"] += 1
    views = lived.desk.views()
    with pytest.raises(Unreconciled, match=rf"LoanBook.loanOf\({loans.loc[2, 'loan']}\): interest_due is"):
        reconcile(replace(book, loans=loans), views)
    with pytest.raises(InvalidInput, match="rebuild it up to that block"):
        reconcile(rebuild(lived.tables, AsOf(value_date=OPENING_DAY)), views)


def test_a_missing_log_is_noticed(lived):
    """One drawdown's log taken away: the ledger no longer agrees with storage."""
    drawn = lived.tables["loan_book.loan_drawn"]
    fewer = {**lived.tables, "loan_book.loan_drawn": drawn.slice(1)}
    with pytest.raises(Unreconciled):
        reconcile(rebuild(fewer), lived.desk.views())


def test_the_acts_had_their_effects(lived):
    book, desk = rebuild(lived.tables), lived.desk
    assert loan(book, "L-1", desk).principal == 650 * MILLION
    assert loan(book, "L-2", desk).state == "repaid"
    assert loan(book, "L-2", desk).interest_due == 0
    assert loan(book, "L-4", desk).state == "defaulted"
    assert loan(book, "L-4", desk).principal == 18 * MILLION
    assert loan(book, "L-4", desk).recovered == 5 * MILLION
    assert loan(book, "L-9", desk).principal == 30 * MILLION
    assert loan(book, "L-10", desk).state == "repaid"
    assert loan(book, "L-12", desk).rate == 33_500_000
    assert loan(book, "L-12", desk).fee_due == 16 * MILLION // 1000
    sheet = book.term_sheets.set_index("loan").loc[desk.loans["L-11"]]
    assert sheet.signed_on == loan(book, "L-11", desk).start
    assert book.fixings["value"].tolist() == [36_500_000, 34_500_000]
    assert set(book.loans["state"]) == {"active", "repaid", "defaulted", "denied", "sold"}
    assert book.customers.set_index("customer").loc[desk.customers["P-1"], "borrowers"] == 380
    assert lived.done.refused == {"CreditPolicy_LimitExceeded": 1, "GuaranteeRegistry_CircleRefused": 1}
    diversions = book.diversions.set_index("loan")
    assert diversions.loc[desk.loans["L-7"], "blocked"]
    assert not diversions.loc[desk.loans["L-10"], "blocked"]
    earmarks = book.earmarks.set_index("loan")["remaining"]
    assert earmarks[desk.loans["L-7"]] == 30 * MILLION
    assert earmarks[desk.loans["L-10"]] == 0
    assert book.guarantees["legacy_circle"].sum() == 2
    assert len(lived.tables.frame("collateral_registry.margin_called")) >= 1


def test_what_loans_carry_is_told_and_proven(lived):
    """Floors set and lifted, a technical delay, misused principal, a call and debt at all banks, with the reasons."""
    book, desk = rebuild(lived.tables), lived.desk
    carried = book.cares.set_index("loan")
    shown = {ref: carried.loc[desk.loans[ref]] for ref in ("L-3", "L-4", "L-5", "L-7", "L-9", "L-10")}
    assert [shown[ref].technical_delay for ref in ("L-3", "L-4")] == [0, FEBRUARY]
    assert [shown[ref].misused for ref in ("L-7", "L-10")] == [10 * MILLION, 0]
    assert [shown[ref].contagion for ref in ("L-5", "L-7", "L-10")] == ["none", "substandard", "none"]
    assert (shown["L-3"].expected_loss, shown["L-9"].judgement) == ("doubtful", "special_mention")
    assert [shown[ref].called for ref in ("L-5", "L-9")] == [False, True]
    called = loan(book, "L-9", desk)
    assert (called.principal_due, called.state, called.reason) == (called.principal, "defaulted", "default")
    assert (loan(book, "L-3", desk).reason, loan(book, "L-7", desk).reason) == ("expected_loss", "contagion")
    debt = book.system_debts.iloc[0]
    assert (len(book.system_debts), debt.customer, debt.total, debt.overdue, debt.as_of) == (
        1, desk.customers["C-6"], 900 * MILLION, 200 * MILLION, MARCH,
    )  # fmt: skip
    proof = reconcile(book, desk.views())
    assert proof.records["LoanBook.careOf"] == len(carried) >= 6
    assert proof.records["LoanBook.systemDebtOf"] == 1
    broken = book.cares.assign(misused=book.cares["misused"] + 1)
    with pytest.raises(Unreconciled, match=r"LoanBook.careOf\(\d+\): misused is"):
        reconcile(replace(book, cares=broken), desk.views())


def test_a_loan_in_difficulty_is_followed_to_its_new_terms_and_its_sale(lived):
    book, desk = rebuild(lived.tables), lived.desk
    new = book.restructurings.set_index("loan").loc[desk.loans["L-3"]]
    assert (new.number, new.loan_type, new.haircut, new.penalty_waived) == (1, "annuity", 10_000_000, 1_500_000)
    assert (new.penalty_capitalised, new.fee_capitalised) == (500_000, 1_500_000)
    assert loan(book, "L-3", desk).principal == new.principal
    assert new.uncovered == new.principal - 50 * MILLION
    waived = book.waivers.set_index("loan").loc[desk.loans["L-3"]]
    assert (waived.penalty, waived.fee) == (1_000_000, 500_000)
    sold = book.sales.set_index("loan").loc[desk.loans["L-7"]]
    assert (sold.principal, sold.fee, sold.price) == (50 * MILLION, 100_000, 48 * MILLION)
    assert sold.result == sold.price - sold.principal - sold.interest - sold.fee
    assert desk.loans["L-7"] not in set(book.exposures["loan"])
    lien = book.liens.set_index("lien").loc[desk.liens["T-3", "L-7"]]
    assert (lien.loan, lien.lender, lien.amount) == (0, 5, 50 * MILLION)
    guarantee = book.guarantees.set_index("guarantee").loc[desk.guarantees["G-1"]]
    assert (guarantee.amount, guarantee.demanded, guarantee.state) == (MILLION // 2, MILLION // 2, "demanded")
    balances = trial_balance(journal(lived.tables))["balance"]
    assert balances[4005] == -sold.result
    assert balances[5002] == sum(
        int(new[name]) for name in ("penalty_waived", "fee_waived", "interest_waived", "haircut")
    ) + int(waived.penalty + waived.fee)
    assert balances[1103] == sum(map(int, book.loans["fee_due"]))
    assert balances[1104] == sum(map(int, book.loans["penalty_due"]))


def test_the_journal_balances_every_day_and_tells_the_ledgers_loans(lived):
    book = rebuild(lived.tables)
    entries = journal(lived.tables)
    trial_balance(entries, by_day=True)
    balances = trial_balance(entries)["balance"]
    assert balances[1101] == sum(map(int, book.loans["principal"]))
    assert balances[1102] == sum(map(int, book.loans["interest_due"]))
    assert -balances[2001] - balances[2002] == lived.desk.system.token.totalSupply()
    assert balances[9301] == sum(map(int, book.loans["written_off"]))


def test_the_book_as_of_a_value_date_is_the_book_of_that_day(lived):
    opening = rebuild(lived.tables, AsOf(value_date=OPENING_DAY))
    assert opening.business_date == OPENING_DAY
    assert sum(map(int, opening.loans["principal"])) == sum(row.outstanding for row in LOANS)


def test_an_opening_cannot_be_booked_twice(lived):
    """Every row is known by its reference, and the opening is closed."""
    before = lived.desk.node.quantity("eth_blockNumber")
    import_opening(lived.desk, SCRIPT.opening)
    assert lived.desk.node.quantity("eth_blockNumber") == before
    lived.desk.open_day(SCRIPT.acts[-1].day + 10)
    with pytest.raises(Refused, match="Importing_OpeningClosed"):
        lived.desk.send(lived.desk.system.book.proposeImport, bytes(32), 1, 1, by="loan_officer")


def test_imported_ids_are_the_contracts_own(lived):
    for row in LOANS:
        assert lived.desk.system.book.loanIdOf(row.ref.encode().ljust(32, b"\0")) == imported_loan(row.ref)


@pytest.fixture(scope="module")
def page(lived):
    return write_report(
        lived.tables, year_ends=lived.done.year_ends, deployment=lived.desk.deployment,
        codes=read_codes(SCRIPT.codes), folder=lived.folder / "report", title=SCRIPT.title, notes=SCRIPT.notes,
    )  # fmt: skip


def test_every_figure_has_its_files_and_its_logs(page):
    manifest = json.loads((page.parent / "manifest.json").read_text())
    assert manifest["figures"]
    for key, entry in manifest["figures"].items():
        assert (page.parent / "tables" / f"{key}.csv").is_file()
        assert (page.parent / "tables" / f"{key}.parquet").is_file()
        assert sum(told["logs"] for told in entry["events"].values()) > 0, f"{key} comes from no log"


def test_text_is_data_on_the_page(page):
    text = page.read_text()
    assert html.escape("<b>markup</b>") in text
    assert "<b>markup</b>" not in text
    assert page.stat().st_size < 5_000_000


def test_the_page_opens_in_a_browser_without_an_error(page, tmp_path):
    """Headless Chromium draws every chart, shows the outstanding principal, and its console is silent."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    run = subprocess.run(
        [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--no-first-run", "--enable-logging=stderr", f"--user-data-dir={tmp_path}",
            "--virtual-time-budget=10000", "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    console = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    assert not console, console
    charts = len(re.findall(r'class="chart', run.stdout))
    assert charts > 5
    assert len(re.findall(r'class="main-svg"', run.stdout)) >= charts
    tile = re.search(r"<span>Outstanding</span><strong>([\d,.]+)</strong>", run.stdout)
    with (page.parent / "tables" / "categories.csv").open() as file:
        last = [row for row in csv.DictReader(file) if row["year"] == "2023"]
    assert tile is not None
    assert float(tile[1]) == pytest.approx(sum(int(row["outstanding"]) for row in last) / 10**10, abs=0.01)
