"""The reference cases pass on the chain through the command that users run, and the comparison can fail."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from analytics.cashflow import CashFlowEvent, EnhancementEvent, EventType
from analytics.cashflow.calendar import parse_moment
from tests.conformance.compare import first_difference

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"(\w+): (\d+) passed, (\d+) failed, (\d+) not supported")


def _conformance(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.conformance.run"],
        cwd=ROOT, env={**os.environ, "ACTUS": str(folder)}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def _tallies(output: str) -> dict[str, tuple[int, int, int]]:
    return {match[1]: (int(match[2]), int(match[3]), int(match[4])) for match in LINE.finditer(output)}


def test_every_reference_case_passes_on_the_chain(vectors: Path) -> None:
    folder = vectors / "actus"
    expected = {}
    for path in folder.glob("*.json"):
        count = len(json.loads(path.read_text(encoding="utf-8")))
        expected[path.stem] = (count, 0, 0)
    run = _conformance(folder)
    assert _tallies(run.stdout) == expected, run.stdout + run.stderr
    assert run.returncode == 0


def _bullet(**changes: Any) -> dict[str, Any]:
    """One case of a type of our own making: a bullet of 100 at 7.3 % for a year."""
    row = {
        "eventDate": "2026-01-01T00:00:00",
        "currency": "CNY",
        "nominalInterestRate": "0.073",
        "accruedInterest": "0",
    }
    terms = {
        "contractType": "PAM", "contractRole": "RPA", "statusDate": "2025-06-01", "initialExchangeDate": "2025-01-01",
        "maturityDate": "2026-01-01T00:00:00", "notionalPrincipal": " 100", "nominalInterestRate": 0.073,
        "accruedInterest": "0.5", "dayCountConvention": "A/365",
    }  # fmt: skip
    results = [
        {**row, "eventType": "IP", "payoff": "4.78", "notionalPrincipal": "100"},
        {**row, "eventType": "MD", "payoff": "100", "notionalPrincipal": "0"},
    ]
    return {"terms": terms, "to": "", "dataObserved": {}, "eventsObserved": [], "results": results, **changes}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """One run over files of our own: cases that pass, differ, are unknown or cannot be read; files without cases."""
    wrong, bad, unknown, odd = (_bullet() for _ in range(4))
    wrong["results"][0]["payoff"] = "4.780006"
    bad["terms"] = {**bad["terms"], "dayCountConvention": "A/364"}
    unknown["terms"] = {**unknown["terms"], "contractType": "SWAPS"}
    odd["eventsObserved"] = [{"time": "2025-07-01", "type": "ZZ", "value": 1}]
    mine = {"good": _bullet(), "wrong": wrong, "bad": bad, "unknown": unknown, "odd": odd, "empty": {}}
    blank, word, rows, listed, moment, bare, short = (_bullet() for _ in range(7))
    blank["results"][0]["payoff"] = " "
    word["results"][1]["notionalPrincipal"] = "none"
    rows["results"] = 7
    listed["results"][0] = ["2026-01-01T00:00:00", "IP"]
    moment["to"] = 20_260_101
    bare["dataObserved"] = ["R"]
    del short["results"][0]["nominalInterestRate"]
    torn = {
        "blank": blank, "word": word, "rows": rows, "listed": listed, "moment": moment, "bare": bare, "short": short,
        "text": "PAM", "terms": _bullet(terms="PAM"), "good": _bullet(),
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("cases")
    files = {"mine": json.dumps(mine), "torn": json.dumps(torn), "listed": "[]", "cut": '{"good": '}
    for name, text in files.items():
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return _conformance(folder)


def test_other_names_and_other_files_go_through_the_same_command(mixed: subprocess.CompletedProcess[str]) -> None:
    """Cases that pass, with a wrong row, bad terms, an unknown event or type, or no results: none is passed over."""
    assert _tallies(mixed.stdout)["mine"] == (1, 4, 1), mixed.stdout + mixed.stderr
    assert "wrong: row 1 (2026-01-01T00:00:00 IP): payoff is 4.780000000, not 4.780006" in mixed.stdout
    assert "bad: day count 'A/364' is unknown" in mixed.stdout
    assert "odd: observed event 'ZZ' is of no type the engine knows" in mixed.stdout
    assert "empty: the case has no terms or no results" in mixed.stdout
    assert "unknown: SWAPS, no such contract type in the engine" in mixed.stdout
    assert mixed.returncode == 1


def test_a_case_that_cannot_be_read_counts_as_failed_and_ends_nothing(mixed: subprocess.CompletedProcess[str]) -> None:
    """Rows without a column, with an empty number or with none, rows that are no rows; and files that hold no cases."""
    tallies = {name: tally for name, tally in _tallies(mixed.stdout).items() if name != "mine"}
    assert tallies == {"torn": (1, 9, 0), "listed": (0, 1, 0), "cut": (0, 1, 0)}, mixed.stdout + mixed.stderr
    for line in (
        "failed blank: row 1: the case does not tell payoff",
        "failed word: row 2: notionalPrincipal is 'none' in the case, which is not a number",
        "failed rows: the case cannot be read: TypeError: ",
        "failed listed: the case cannot be read: AttributeError: ",
        "failed moment: the case cannot be read: AttributeError: ",
        "failed bare: the case cannot be read: AttributeError: ",
        "failed short: row 1: the case does not tell nominalInterestRate",
        "failed text: the case has no terms or no results",
        "failed terms: the case has no terms or no results",
        "failed listed.json: the file has no cases by name",
        "failed cut.json: the file is not JSON: ",
    ):
        assert line in mixed.stdout


def test_a_folder_without_cases_is_a_failure(tmp_path: Path) -> None:
    run = _conformance(tmp_path)
    assert run.returncode == 1
    assert "no case files" in run.stdout


def _event(**changes: Any) -> CashFlowEvent:
    values = {
        "time": parse_moment("2026-01-01"), "kind": EventType.IP, "payoff": Decimal("4.78"), "notional": Decimal(100),
        "rate": Decimal("0.073"), "accrued": Decimal(0),
    }  # fmt: skip
    return CashFlowEvent(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"time": parse_moment("2026-01-02")}, "date is 2026-01-02T00:00:00"),
        ({"kind": EventType.IPCI}, "type is IPCI"),
        ({"payoff": Decimal("4.78001")}, "payoff is"),
        ({"notional": Decimal("100.0002")}, "notionalPrincipal is"),
        ({"rate": Decimal("0.07301")}, "nominalInterestRate is"),
        ({"accrued": Decimal("0.000002")}, "accruedInterest is"),
    ],
)
def test_each_column_of_a_row_is_compared(changes: dict[str, Any], words: str) -> None:
    (row, _) = _bullet()["results"]
    assert first_difference([_event()], [row]) is None
    difference = first_difference([_event(**changes)], [row])
    assert difference is not None
    assert words in difference


@pytest.mark.parametrize("column", ["eventDate", "eventType", "payoff", "accruedInterest"])
def test_a_row_that_lacks_a_column_is_a_difference(column: str) -> None:
    (row, _) = _bullet()["results"]
    lacking = f"row 1: the case does not tell {column}"
    assert first_difference([_event()], [{**row, column: None}]) == lacking
    assert first_difference([_event()], [{name: value for name, value in row.items() if name != column}]) == lacking


def _settlement(**changes: Any) -> EnhancementEvent:
    values = {
        "time": parse_moment("2025-09-22"), "kind": EventType.STD, "payoff": Decimal(70), "notional": Decimal(0),
        "fee_accrued": Decimal(0), "exercise_date": parse_moment("2025-09-20"), "exercise_amount": Decimal(70),
    }  # fmt: skip
    return EnhancementEvent(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"time": parse_moment("2025-09-20")}, "date is 2025-09-20T00:00:00"),
        ({"kind": EventType.MD}, "type is MD"),
        ({"payoff": Decimal("70.0001")}, "payoff is"),
        ({"notional": Decimal("0.000002")}, "notionalPrincipal is"),
        ({"exercise_amount": Decimal("69.9999")}, "exerciseAmount is"),
        ({"exercise_date": parse_moment("2025-09-22")}, "exerciseDate is 2025-09-22T00:00:00, not 2025-09-20T00:00:00"),
        ({"exercise_date": None}, "exerciseDate is none, not 2025-09-20T00:00:00"),
        ({"fee_accrued": Decimal(1)}, "feeAccrued is"),
    ],
)
def test_each_column_of_an_enhancements_row_is_compared(changes: dict[str, Any], words: str) -> None:
    row = {
        "eventDate": "2025-09-22T00:00:00", "eventType": "STD", "payoff": 70, "currency": "CNY", "feeAccrued": 0,
        "notionalPrincipal": 0, "exerciseDate": "2025-09-20T00:00:00", "exerciseAmount": 70,
    }  # fmt: skip
    assert first_difference([_settlement()], [row]) is None
    difference = first_difference([_settlement(**changes)], [row])
    assert difference is not None
    assert words in difference
    without = {name: value for name, value in row.items() if name != "exerciseDate"}
    assert "exerciseDate is 2025-09-20T00:00:00, not none" in str(first_difference([_settlement()], [without]))


def test_missing_and_surplus_rows_are_differences() -> None:
    rows = _bullet()["results"]
    assert first_difference([_event()], rows) == "1 events, not 2"
    assert first_difference([_event(), _event()], rows[:1]) == "2 events, not 1"
