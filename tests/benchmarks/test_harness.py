"""Benchmarks: sides must agree before they are timed, and the page tells what the figures say."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import concentration, harness, rebuilding, simulation
from benchmarks.harness import AIMS, Measurement, compared, told, write


def test_both_sides_take_turns_and_the_ratio_is_of_their_times(monkeypatch):
    """On a clock that only the sides move: the baseline takes 2, then 4 and 6 seconds, ours always 0.5."""
    now, calls, slow = [0.0], [], iter([9.0, 2.0, 4.0, 6.0])
    monkeypatch.setattr(harness.time, "perf_counter", lambda: now[0])

    def side(name, seconds):
        def run():
            calls.append(name)
            now[0] += seconds()
            return name

        return run

    found = compared(
        side("ours", lambda: 0.5), side("theirs", lambda: next(slow)), lambda *both: "/".join(both), units=100, rounds=3
    )
    assert calls == ["ours", "theirs", *(["theirs", "ours"] * 3)]
    assert found == Measurement(ratio=8.0, ours_per_second=200.0, baseline_per_second=25.0, note="ours/theirs")


def test_sides_that_differ_are_not_timed():
    calls = []

    def differ(ours, theirs):
        assert ours == theirs

    with pytest.raises(AssertionError):
        compared(lambda: calls.append("ours") or 1, lambda: 2, differ, units=1)
    assert calls == ["ours"]


def test_an_aim_is_met_only_with_both_its_parts():
    both = "concentration_vs_pandas"
    assert told(both, Measurement(9.0, 3e6, 3e5, ""))["met"] is True
    assert told(both, Measurement(7.9, 3e6, 3e5, ""))["met"] is False
    assert told(both, Measurement(9.0, 1.9e6, 2e5, ""))["met"] is False
    assert told("simulation", Measurement(0.5, 6e5, 100.0, ""))["met"] is True


def test_rows_not_measured_keep_what_was_said_of_them(tmp_path):
    write({"simulation": told("simulation", Measurement(12.3456, 1e6, 100.0, "first"))}, tmp_path)
    write({"irb_vs_scipy": told("irb_vs_scipy", Measurement(2.0, 1e7, 5e6, "slow"))}, tmp_path)
    rows = json.loads((tmp_path / "benchmarks.json").read_text())
    assert list(rows) == ["irb_vs_scipy", "simulation"]
    assert rows["simulation"]["ratio"] == 12.35
    page = (tmp_path / "benchmarks.md").read_text()
    assert "| `irb_vs_scipy` |" in page
    assert "missed; slow |" in page
    assert "| first |" in page
    assert sorted(path.name for path in tmp_path.iterdir()) == ["benchmarks.json", "benchmarks.md"]


def test_every_row_has_an_aim_and_a_name_that_exists():
    found = command.rows()
    assert set(found) <= set(AIMS)
    assert {"concentration_vs_pandas", "irb_vs_scipy", "simulation", "scc_vs_networkx"} <= set(found)
    assert list(found) == [name for name in AIMS if name in found]


def test_a_row_without_an_aim_is_refused(monkeypatch):
    monkeypatch.setattr(concentration, "ROWS", {"unheard_of": lambda: None})
    with pytest.raises(KeyError, match="unheard_of"):
        command.rows()


def test_unknown_names_are_told(capsys):
    assert command.main(["no_such_row"]) == 2
    assert "no row no_such_row; there are " in capsys.readouterr().err


def test_the_committed_page_is_the_committed_figures(tmp_path):
    """docs/benchmarks.md can be written again from docs/benchmarks.json, the line on the machine apart."""
    committed = harness.DOCS / "benchmarks.json"
    if not committed.exists():
        pytest.skip("docs/benchmarks.json absent: run make bench")
    write(json.loads(committed.read_text()), tmp_path)
    lines = (harness.DOCS / "benchmarks.md").read_text().splitlines()
    again = (tmp_path / "benchmarks.md").read_text().splitlines()
    assert [line for line in lines if line.startswith("|")] == [line for line in again if line.startswith("|")]


def test_the_plain_pack_agrees_on_a_small_book():
    loans = concentration.book_of(2_000, seed=1)
    ours = concentration.concentration_pack(type("Book", (), {"exposures": loans}))
    plain = concentration.plain_pack(loans)
    np.testing.assert_allclose(
        ours[concentration.COLUMNS].to_numpy(float), plain[concentration.COLUMNS].to_numpy(float), rtol=1e-9
    )


def test_the_names_of_the_baseline_lose_what_they_should(monkeypatch):
    monkeypatch.setattr(simulation, "SCENARIOS", 4_000)
    exposures, pd, sector = np.full(300, 2.0), np.full(300, 0.05), np.arange(300) % simulation.SECTORS
    assets = np.full((simulation.SECTORS, simulation.SECTORS), 0.05) + 0.05 * np.eye(simulation.SECTORS)
    losses = simulation.by_name(exposures, pd, np.full(300, 0.5), sector, assets)
    assert losses.mean() == pytest.approx(300 * 0.05, rel=0.05)


def test_the_loop_keeps_the_ledger_that_is_rebuilt():
    """The same loans and buckets from a small record, and a loop that loses an event is noticed."""
    tables = rebuilding.record_of(3_000, seed=1)
    assert sum(table.num_rows for table in tables.values()) == pytest.approx(3_000, abs=2)
    book = rebuilding.rebuild(tables)
    assert rebuilding.same(book, rebuilding.plain_ledger(tables)).startswith("272 loans")
    fewer = tables | {"loan_book.loan_repaid": tables["loan_book.loan_repaid"].slice(0, 900)}
    with pytest.raises(AssertionError):
        rebuilding.same(book, rebuilding.plain_ledger(fewer))
