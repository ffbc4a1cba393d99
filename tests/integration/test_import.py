"""A user's own book on chain: whole, cut off anywhere and run again, put right after a refusal, or refused."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import fields, replace
from datetime import date
from types import SimpleNamespace

import brownie
import pandas as pd
import pytest
from brownie import project

from analytics.book import rebuild
from analytics.chain import Node, read_events, write_deployment
from analytics.errors import InvalidInput, Unreconciled
from analytics.units import day_number
from data.opening import Guarantee
from scripts import import_book as command
from scripts.book_checks import opening_of
from scripts.book_files import read_book
from scripts.chain import ROOT, brownie_connected, development_chain
from scripts.deploy import keep_salt
from scripts.deployment import deploy, record, staff
from scripts.desk import BATCH, DAY_SECONDS, imported_loan
from scripts.import_book import import_book
from scripts.opening import RowRefused, import_opening, imported, opening_closed, registration, whole_circles
from scripts.products import COVENANTED, PRODUCTS
from scripts.transactions import Refused
from tests.integration.importing import at_the_desk

SALT = b"a salt for tests only"
EXAMPLE = ROOT / "data" / "example_book"
TODAY = day_number(date(2023, 12, 31))
OUTSTANDING = 1_420_845_037  # fen: the sum of the example's column


class CutOff(BaseException):
    """The process ends here."""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """A chain with the system deployed and nothing booked."""
    folder = tmp_path_factory.mktemp("import")
    loaded = project.load(str(ROOT), raise_if_loaded=False)
    with development_chain(start_time=TODAY * DAY_SECONDS + 50_000, accounts=20) as chain, brownie_connected(chain):
        system = deploy(loaded, staff(brownie.accounts), salt=SALT)
        write_deployment(folder / "deployment.json", record(system, Node(chain.url)))
        keep_salt(folder / "deployment.salt", SALT)
        yield SimpleNamespace(chain=chain, file=folder / "deployment.json", tables=read_book(EXAMPLE))


@pytest.fixture
def fresh(deployed):
    """The chain as it was deployed, whatever a test does to it."""
    snapshot = deployed.chain.call("evm_snapshot")
    yield deployed
    deployed.chain.call("evm_revert", snapshot)


@pytest.fixture
def desk(fresh):
    return at_the_desk(fresh.chain.url, fresh.file)


def told(desk):
    return read_events(desk.node.url, desk.deployment)


@pytest.fixture(scope="module")
def whole(deployed):
    """What an import without an interruption leaves: the ledger and how many events of each kind."""
    snapshot = deployed.chain.call("evm_snapshot")
    desk = at_the_desk(deployed.chain.url, deployed.file)
    book = import_book(desk, deployed.tables, TODAY)
    left = SimpleNamespace(book=book, counts=told(desk).counts(), sent=desk.sender.sent)
    deployed.chain.call("evm_revert", snapshot)
    return left


def assert_same_ledger(book, other, *, but=()):
    for field in fields(book):
        table = getattr(book, field.name)
        if isinstance(table, pd.DataFrame):
            keep = [column for column in table.columns if column not in but]
            pd.testing.assert_frame_equal(table[keep], getattr(other, field.name)[keep], obj=field.name)


def test_the_example_is_on_chain_as_its_files_say(whole):
    """I1, I4, I37: reconciled with the contracts inside import_book, and by value here."""
    book = whole.book
    assert len(book.customers) == 6
    assert sum(map(int, book.loans["principal"])) == OUTSTANDING
    loans = book.loans.set_index("loan")
    arrears = loans.loc[imported_loan("L-003")]
    assert (arrears.principal_due, arrears.interest_due, arrears.fees_paid) == (10_000_000, 650_000, 120_000)
    assert arrears.oldest_due == day_number(date(2023, 10, 10))
    states = {ref: loans.loc[imported_loan(ref), "state"] for ref in ("L-001", "L-004", "L-007", "L-008")}
    assert states == {"L-001": "active", "L-004": "defaulted", "L-007": "repaid", "L-008": "written_off"}
    assert loans.loc[imported_loan("L-008"), "written_off"] == 35_000_000
    assert book.ratings["grade"].tolist() == [3, 4, 6, 8]
    assert book.collateral["value"].tolist() == [1_500_000_000, 110_000_000, 90_000_000]
    assert list(zip(book.liens["lender"], book.liens["amount"], strict=True)) == [
        (0, 650_000_000), (3, 20_000_000), (0, 45_000_000),
    ]  # fmt: skip
    assert book.guarantees["legacy_circle"].tolist() == [True, True, False]
    assert book.capacities["capacity"].tolist() == [200_000_000, 50_000_000, 500_000_000]
    assert whole.counts["loan_book.import_completed"] == 1
    assert whole.counts["collateral_registry.import_completed"] == 2
    assert whole.counts["loan_book.opening_closed"] == 1


def test_cut_off_after_every_transaction_it_ends_as_an_uninterrupted_run(desk, whole, monkeypatch):
    """Each run is cut off once its next transaction is mined; the last one finds nothing left to send."""
    sender, runs = desk.sender, 0
    mined = sender._mined

    def cut(digest):
        mined(digest)
        sender.nonces.clear()
        raise CutOff

    monkeypatch.setattr(sender, "_mined", cut)
    while not opening_closed(desk.system):
        runs += 1
        assert runs <= whole.sent
        for known in (desk.customers, desk.loans, desk.liens, desk.guarantees):
            known.clear()
        with pytest.raises(CutOff):
            import_book(desk, read_book(EXAMPLE), TODAY)
    assert runs == whole.sent
    monkeypatch.undo()
    book = import_book(desk, read_book(EXAMPLE), TODAY)
    assert_same_ledger(book, whole.book)
    assert told(desk).counts() == whole.counts


def test_killed_in_the_middle_it_ends_as_an_uninterrupted_run(fresh, whole):
    """A process of its own, killed while a batch of loans is on the node and unanswered."""
    batch_of_loans = 1 + len(PRODUCTS) + len(COVENANTED) + 4 + 4 + 3
    run = subprocess.run(
        [
            sys.executable, "-m", "tests.integration.importing", fresh.chain.url, str(EXAMPLE), str(fresh.file),
            str(batch_of_loans), str(TODAY),
        ],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert run.returncode == -signal.SIGKILL, run.stderr
    desk = at_the_desk(fresh.chain.url, fresh.file)
    counts = told(desk).counts()
    assert (counts["loan_book.loan_imported"], counts["loan_book.import_completed"]) == (8, 0)
    book = import_book(desk, read_book(EXAMPLE), TODAY)
    assert_same_ledger(book, whole.book)
    assert told(desk).counts() == whole.counts


def test_a_row_that_a_contract_refuses_is_named_and_once_put_right_the_import_goes_on(desk, whole, fresh, monkeypatch):
    """The sixth loan of a batch is bad: the typed error, the file's row, what is booked; then the right book."""
    good = opening_of(fresh.tables, TODAY)
    loans = list(good.loans)
    loans[5] = replace(loans[5], maturity=loans[5].start)
    monkeypatch.setattr(command, "opening_of", lambda _tables, _day: replace(good, loans=tuple(loans)))
    number = imported_loan("L-006")
    with pytest.raises(InvalidInput, match=rf"loans.csv row 7: refused with LoanBook_ImportInconsistent\({number}\)"):
        import_book(desk, fresh.tables, TODAY)
    counts = told(desk).counts()
    assert (counts["rating_registry.rating_imported"], counts["loan_book.loan_imported"]) == (4, 0)
    monkeypatch.undo()
    book = import_book(desk, fresh.tables, TODAY)
    counts = told(desk).counts()
    assert (counts["loan_book.import_abandoned"], counts["loan_book.import_completed"]) == (1, 1)
    assert_same_ledger(book, whole.book, but=("import_id",))
    assert set(book.loans["import_id"]) == {2}


def test_a_refused_row_keeps_its_typed_error(desk, fresh):
    opening = opening_of(fresh.tables, TODAY)
    desk.open_day(TODAY)
    customers = list(opening.customers)
    customers[3] = replace(customers[3], borrowers=7)
    with pytest.raises(RowRefused) as fault:
        import_opening(desk, replace(opening, customers=tuple(customers)))
    assert fault.value.row == customers[3]
    assert (fault.value.error, fault.value.arguments) == ("CustomerRegistry_KindInvalid", (2, 7))
    assert desk.system.customers.customers() == 0


def test_a_loan_changed_after_it_was_booked_is_told(desk, fresh):
    """What is booked stays; the file no longer says the same, which is told by loan and field."""
    book = import_book(desk, fresh.tables, TODAY)
    good = opening_of(fresh.tables, TODAY)
    changed = replace(good, loans=(replace(good.loans[0], rate=1, outstanding=5), *good.loans[1:]))
    assert list(command.differences(book, good)) == []
    assert list(command.differences(book, changed)) == [
        "loan L-001: outstanding is 650000000 fen on chain, 5 in the file",
        "loan L-001: rate is 43500000 on chain, 1 in the file",
    ]


def test_a_change_between_two_runs_is_told(desk, fresh, monkeypatch):
    good = opening_of(fresh.tables, TODAY)
    titles = (replace(good.titles[0], value=0), *good.titles[1:])
    monkeypatch.setattr(command, "opening_of", lambda _tables, _day: replace(good, titles=titles))
    with pytest.raises(InvalidInput, match=r"collateral.csv row 2: refused with CollateralRegistry_Invalid\("):
        import_book(desk, fresh.tables, TODAY)
    changed = replace(good, loans=(replace(good.loans[0], rate=1), *good.loans[1:]))
    monkeypatch.setattr(command, "opening_of", lambda _tables, _day: changed)
    with pytest.raises(Unreconciled, match=r"loan L-001: rate is 43500000 on chain, 1 in the file"):
        import_book(desk, fresh.tables, TODAY)


def test_another_book_is_refused_once_the_opening_is_closed(desk, fresh, whole):
    import_book(desk, fresh.tables, TODAY)
    good = opening_of(fresh.tables, TODAY)
    more = replace(good, loans=(*good.loans, replace(good.loans[0], ref="L-999")))
    with pytest.raises(InvalidInput, match=r"opening of book is closed and Loan\(ref='L-999'.* is not on chain"):
        import_opening(desk, more)
    assert told(desk).counts() == whole.counts


@pytest.mark.parametrize(
    ("rows", "more", "at"),
    [(7, 0, "import"), (8, -1, "import"), (9, 0, "complete"), (8, 1, "complete")],
    ids=["fewer rows declared", "less declared", "more rows declared", "more declared"],
)
def test_what_was_declared_must_be_what_is_booked(desk, fresh, rows, more, at):
    """Importing_Mismatch with what was counted and declared; nothing of the refused batch stays."""
    opening = opening_of(fresh.tables, TODAY)
    desk.open_day(TODAY)
    command.set_products(desk)
    gate, book = desk.system.customers, desk.system.book
    desk.send(gate.proposeImport, bytes(32), 6, 0, by="loan_officer")
    desk.send(gate.releaseImport, 1, by="approver")
    registrations = [registration(desk, row) for row in opening.customers]
    desk.send(gate.importCustomers, 1, registrations, by="loan_officer")
    desk.customers.update({row.ref: number for number, row in enumerate(opening.customers, start=1)})

    desk.send(book.proposeImport, bytes(32), rows, OUTSTANDING + more, by="loan_officer")
    desk.send(book.releaseImport, 1, by="approver")
    packed = [imported(desk, row) for row in opening.loans]
    if at == "complete":
        desk.send(book.importLoans, 1, packed, by="loan_officer")
    method, arguments = (book.importLoans, (1, packed)) if at == "import" else (book.completeImport, (1,))
    with pytest.raises(Refused) as fault:
        desk.send(method, *arguments, by="loan_officer")
    assert fault.value.error == "Importing_Mismatch"
    assert fault.value.arguments == (1, 8, rows, OUTSTANDING, OUTSTANDING + more)
    assert book.totals() == ((0, 0) if at == "import" else (8, OUTSTANDING))


def test_another_chain_is_refused_before_anything_is_read(fresh, tmp_path):
    text = fresh.file.read_text()
    (tmp_path / "deployment.json").write_text(text.replace('"chain_id": 1337', '"chain_id": 1338'))
    height = fresh.chain.height()
    with pytest.raises(SystemExit, match=r"ChainMismatch: .*1338"):
        command.main(str(EXAMPLE), str(tmp_path / "deployment.json"))
    assert fresh.chain.height() == height


def test_the_command_tells_what_is_wrong_and_sends_nothing(fresh, tmp_path):
    height = fresh.chain.height()
    with pytest.raises(SystemExit, match=r"NotFound: .* is not a folder"):
        command.main(str(tmp_path / "absent"), str(fresh.file))
    with pytest.raises(SystemExit, match=r"InvalidInput: opening day '31\.12\.2023': write it as 2023-12-31"):
        command.main(str(EXAMPLE), str(fresh.file), "31.12.2023")
    with pytest.raises(
        SystemExit, match=r"BadBook: nothing was sent:\n(.*\n)*loans.csv row 2, column start: found 2021-03-15"
    ):
        command.main(str(EXAMPLE), str(fresh.file), "2020-12-31")
    with pytest.raises(SystemExit, match=r"Refused: Authority_DayOutOfOrder\(22280, 0, 1972\d\)"):
        command.main(str(EXAMPLE), str(fresh.file), "2031-01-01")
    assert fresh.chain.height() <= height + 1


def test_the_command_imports_on_the_chains_own_date(fresh, whole, capsys):
    command.main(str(EXAMPLE), str(fresh.file))
    assert "6 customers and 8 loans are on chain as of 2023-12-31" in capsys.readouterr().out
    desk = at_the_desk(fresh.chain.url, fresh.file)
    assert_same_ledger(rebuild(told(desk)), whole.book)


def test_no_run_of_guarantees_tears_a_circle_apart():
    def ring(name, size):
        return [
            Guarantee(f"{name}-{i}", f"{name}{i}", f"{name}{(i + 1) % size}", "L", 1, circle=True) for i in range(size)
        ]

    rows = [*ring("a", 30), *ring("b", 30), *ring("c", BATCH + 10), *ring("d", 3)]
    runs = list(whole_circles(rows[::-1], {}))
    assert sorted(row.ref for run in runs for row in run) == sorted(row.ref for row in rows)
    parts = [{row.ref[0] for row in run} for run in runs]
    assert sum(map(len, parts)) == 4
    assert all(len(run) <= BATCH or part == {"c"} for run, part in zip(runs, parts, strict=True))


def test_members_of_a_group_keep_their_circle_together():
    rows = [Guarantee("1", "A", "B", "L", 1, circle=True), Guarantee("2", "B", "C", "L", 1, circle=True)]
    assert list(whole_circles(rows, {"A": 7, "C": 7, "B": 0})) == [rows]
