"""I29: the table of states, act by act and state by state: what it allows happens, what it does not is refused."""

from __future__ import annotations

import re

import pytest

from scripts.chain import ROOT
from scripts.state_diagram import PAGE, state_table, written

ROWS = ROOT / "contracts" / "types" / "LoanActs.sol"
HARNESS = ROOT / "contracts" / "test" / "StatesHarness.sol"
CHECKED_BY_ID = {"APPLY", "IMPORT"}  # there is no loan yet whose state could be checked


@pytest.fixture(scope="module")
def table(people, StatesHarness):
    return state_table(StatesHarness.deploy({"from": people["chair"]}))


def test_the_page_is_drawn_from_the_table(table):
    page = PAGE.read_text()
    assert page == written(page, table), "docs/loan-lifecycle.md is stale: run python -m scripts.state_diagram"


def test_the_harness_tells_every_row(table):
    rows = re.findall(r"^Act constant (\w+) =", ROWS.read_text(), re.M)
    told = re.findall(r"Table\.(\w+)\);", HARNESS.read_text())
    assert sorted(rows) == sorted(told)
    assert len(table.acts) == len(rows), "two rows have one name"
    assert "" not in table.states, "a state without a name"


def test_the_contracts_ask_for_every_row():
    code = "".join(path.read_text() for path in (ROOT / "contracts" / "lending").glob("*.sol"))
    rows = set(re.findall(r"^Act constant (\w+) =", ROWS.read_text(), re.M))
    asked = {row for row in rows if re.search(rf"\b{row}\b(?!.*from \")", re.sub(r"import .*?;", "", code, flags=re.S))}
    assert asked == rows - CHECKED_BY_ID
