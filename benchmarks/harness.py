"""The aims, how a row is measured, and the two files that tell the result."""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

Ours = TypeVar("Ours")
Theirs = TypeVar("Theirs")

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"


@dataclass(frozen=True, slots=True)
class Aim:
    """What a row compares, and what it should reach: times faster, and units a second (0: no aim)."""

    what: str
    baseline: str
    unit: str
    ratio: float = 0.0
    per_second: float = 0.0


AIMS: Final[Mapping[str, Aim]] = {
    "decode_vs_web3py": Aim("100,000 logs from node bytes to a typed DataFrame", "web3.py, log by log", "logs", 100),
    "decode_vs_json": Aim("the same", "`orjson.loads` of the same bytes", "logs", 1),
    "read_vs_cryo": Aim("anvil to Parquet, 4 requests in flight", "cryo of the same logs", "logs", 1.5),
    "rebuild_vs_rows": Aim("the ledger from 1,000,000 events", "row-by-row Python", "events", 50),
    "concentration_vs_pandas": Aim(
        "concentration pack (customer, group, industry, region, cross) of 1,000,000 loans, under 0.5 s",
        "pandas groupby of the same",
        "loans",
        8,
        2_000_000,
    ),
    "irb_vs_scipy": Aim("IRB risk weights of 1,000,000 loans", "the formula on scipy.stats.norm", "loans", 3),
    "simulation": Aim(
        "100,000 scenarios, 10 correlated sectors, 1,000,000 loans, under 2 s",
        "NumPy, 1,000 names one by one",
        "loans",
        per_second=500_000,
    ),
    "scc_vs_networkx": Aim("guarantee circles among 1,000,000 guarantees", "networkx", "guarantees", 50),
}


class Measured(Protocol):
    """What a row's function returns."""

    @property
    def ratio(self) -> float:
        """Median over the rounds of one run: time of the baseline over ours, for the same work."""

    @property
    def ours_per_second(self) -> float:
        """Units a second."""

    @property
    def baseline_per_second(self) -> float:
        """Units a second."""

    @property
    def note(self) -> str:
        """What else is worth knowing: sizes, memory, an error beside its bound."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A row measured by `compared`."""

    ratio: float
    ours_per_second: float
    baseline_per_second: float
    note: str


def compared(
    ours: Callable[[], Ours],
    baseline: Callable[[], Theirs],
    check: Callable[[Ours, Theirs], str],
    *,
    units: int,
    baseline_units: int | None = None,
    rounds: int = 7,
) -> Measurement:
    """Both once, for the check and to warm caches, then timed in turn, so that a slow moment hits both.

    ``check`` gets both results, raises AssertionError where they differ, and returns the note. The ratio
    is one of times, also where the baseline does fewer units.
    """
    note = check(ours(), baseline())
    pairs = []
    for _ in range(rounds):
        gc.collect()
        gc.disable()
        try:
            pairs.append((_seconds(baseline), _seconds(ours)))
        finally:
            gc.enable()
    theirs, own = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(slow / fast for slow, fast in pairs)
    return Measurement(ratio, units / own, (baseline_units or units) / theirs, note)


def told(name: str, result: Measured) -> dict[str, Any]:
    """What docs/benchmarks.json says of a row."""
    aim = AIMS[name]
    return {
        "ratio": float(f"{result.ratio:.4g}"),
        "ours_per_second": float(f"{result.ours_per_second:.4g}"),
        "baseline_per_second": float(f"{result.baseline_per_second:.4g}"),
        "unit": aim.unit,
        "met": bool(result.ratio >= aim.ratio and result.ours_per_second >= aim.per_second),
        "note": result.note,
    }


def write(results: Mapping[str, Mapping[str, Any]], folder: Path = DOCS) -> None:
    """Both files; rows that were not measured this time keep what an earlier run said of them."""
    folder.mkdir(exist_ok=True)
    file = folder / "benchmarks.json"
    earlier = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    rows = {name: row for name in AIMS if (row := results.get(name, earlier.get(name)))}
    _replace(file, json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    _replace(folder / "benchmarks.md", _page(rows))


def _seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _replace(file: Path, text: str) -> None:
    """The file whole or not at all."""
    draft = file.with_suffix(file.suffix + ".part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def _page(rows: Mapping[str, Mapping[str, Any]]) -> str:
    machine = f"{os.cpu_count()} cores ({platform.machine()}, Python {platform.python_version()})"
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench`, last on {machine}. Both sides of a row get the same input in the same run and take",
        "turns; the ratio is the median of the rounds' ratios.",
        "",
        "| row | what | against | aim | ratio | ours | theirs | note |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for name, row in rows.items():
        aim = AIMS[name]
        wanted = f"≥ {aim.ratio:g} ×" if aim.ratio else f"≥ {aim.per_second:,.0f} {aim.unit}/s"
        speeds = (f"{row[side]:,.0f} {row['unit']}/s" for side in ("ours_per_second", "baseline_per_second"))
        verdict = "" if row["met"] else "missed; "
        cells = [f"`{name}`", aim.what, aim.baseline, wanted, f"{row['ratio']:g} ×", *speeds, verdict + row["note"]]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
