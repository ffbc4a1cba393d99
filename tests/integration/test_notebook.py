"""The notebook runs from the first cell to the last on a report's folder, and traces a number to its transaction."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from analytics.chain import read_events, write_deployment
from analytics.report import read_codes, write_report
from scripts.chain import ROOT
from scripts.replay import replay
from tests.integration.new_bank import new_bank
from tests.integration.small_book import OPENING_DAY, SCRIPT

NOTEBOOK = ROOT / "notebooks" / "portfolio_tour.ipynb"
CELL_SECONDS = 180


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The folder that the demo writes, of the small book; the chain it was read from has ended."""
    folder = tmp_path_factory.mktemp("report")
    with new_bank(OPENING_DAY) as desk:
        write_deployment(folder / "deployment.json", desk.deployment)
        done = replay(desk, SCRIPT)
        tables = read_events(desk.node.url, desk.deployment, store=folder / "store")
        traces = {(event, row["tx_hash"]) for event, row in balances_told(tables)}
    write_report(
        tables, year_ends=done.year_ends, deployment=desk.deployment, codes=read_codes(SCRIPT.codes), folder=folder,
        title=SCRIPT.title, notes=SCRIPT.notes,
    )  # fmt: skip
    return folder, traces


def balances_told(tables):
    for name in ("balances_imported", "loan_drawn", "loan_repaid", "loan_written_off", "posting_reversed"):
        event = f"loan_book.{name}"
        for _, row in tables.frame(event).iterrows():
            yield event, row


def executed(folder, monkeypatch):
    monkeypatch.setenv("CREDIT_REPORT", str(folder))
    notebook = nbformat.read(NOTEBOOK, 4)
    client = NotebookClient(
        notebook, timeout=CELL_SECONDS, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    )
    client.execute()
    return notebook


def texts(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            yield output.get("text") or output.get("data", {}).get("text/plain", "")


def test_every_cell_runs_and_one_number_leads_to_its_transaction(report, monkeypatch):
    folder, traces = report
    notebook = executed(folder, monkeypatch)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    said = "\n".join(texts(notebook))
    trace = re.search(r"told by (\S+) in block (\d+), log (\d+), transaction (0x[0-9a-f]{64})", said)
    assert trace is not None, said
    assert (trace[1], trace[4]) in traces
    assert "2022-12-31" in said
    assert "2023-12-31" in said


def test_a_changed_byte_of_the_store_stops_it(report, monkeypatch):
    """No number is shown that another file than the one that was written would give."""
    folder, _ = report
    path = next(Path(folder / "store").rglob("loan_book.loan_repaid.parquet"))
    content = path.read_bytes()
    path.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
    try:
        with pytest.raises(CellExecutionError, match="CorruptFile"):
            executed(folder, monkeypatch)
    finally:
        path.write_bytes(content)


def test_without_a_report_it_says_what_to_do(tmp_path, monkeypatch):
    with pytest.raises(CellExecutionError, match=r"deployment.json is absent: run make demo first, or name a report"):
        executed(tmp_path, monkeypatch)


def test_the_notebook_is_kept_without_outputs():
    for cell in nbformat.read(NOTEBOOK, 4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
