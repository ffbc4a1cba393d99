"""Rows, their measurement, and the two files that tell the result."""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent.parent / "docs"


class Unavailable(Exception):
    """What a row needs is not on this machine; the message says what and how to get it."""


@dataclass(frozen=True, slots=True)
class Case:
    """Two ways to the same result, on the same input.

    ``check`` gets both results, raises AssertionError where they differ, and returns facts worth
    telling (an error beside its bound, memory, sizes).
    """

    ours: Callable[[], Any]
    baseline: Callable[[], Any]
    check: Callable[[Any, Any], Mapping[str, float | int | str]]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``prepare`` makes the input, untimed; it may raise `Unavailable`."""

    name: str
    what: str
    baseline: str
    prepare: Callable[[], Case]
    ratio: float | None = None  # the aim: at least this many times faster
    seconds: float | None = None  # the aim: at most this long
    rounds: int = 7


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians over the rounds of one run; the ratio is the median of the rounds' ratios."""

    ratio: float
    seconds: float
    baseline_seconds: float
    facts: Mapping[str, float | int | str] = field(default_factory=dict)


def measured(row: Row) -> Measured:
    """Both sides once for the check and to warm caches, then in turn, so that a slow moment hits both."""
    case = row.prepare()
    facts = case.check(case.ours(), case.baseline())
    pairs = []
    for _ in range(row.rounds):
        gc.collect()
        gc.disable()
        try:
            pairs.append((_seconds(case.baseline), _seconds(case.ours)))
        finally:
            gc.enable()
    return Measured(
        ratio=statistics.median(slow / fast for slow, fast in pairs),
        seconds=statistics.median(fast for _, fast in pairs),
        baseline_seconds=statistics.median(slow for slow, _ in pairs),
        facts=facts,
    )


def entry(row: Row, result: Measured) -> dict[str, Any]:
    """What docs/benchmarks.json says of a row."""
    met = (row.ratio is None or result.ratio >= row.ratio) and (row.seconds is None or result.seconds < row.seconds)
    return {
        "ratio": _digits(result.ratio),
        "seconds": _digits(result.seconds),
        "baseline_seconds": _digits(result.baseline_seconds),
        "met": met,
        **{name: _digits(value) for name, value in result.facts.items()},
    }


def write(rows: Iterable[Row], results: Mapping[str, Mapping[str, Any]], folder: Path = DOCS) -> None:
    """Both files; rows that were not measured this time keep what an earlier run said of them."""
    folder.mkdir(exist_ok=True)
    file = folder / "benchmarks.json"
    earlier = json.loads(file.read_text()) if file.exists() else {}
    known = {row.name: row for row in rows}
    merged = {name: results.get(name, earlier.get(name)) for name in known}
    merged = {name: told for name, told in merged.items() if told is not None}
    _replace(file, json.dumps(merged, indent=2, ensure_ascii=False) + "\n")
    _replace(folder / "benchmarks.md", _page(known, merged))


def _seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _digits(value: float | int | str) -> float | int | str:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _replace(file: Path, text: str) -> None:
    """The file whole or not at all."""
    draft = file.with_suffix(file.suffix + ".part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def _page(rows: Mapping[str, Row], told: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Both sides of a row get the same input and must agree before they are timed; they then",
        "run in turn, and the ratio is the median of the rounds' ratios. Measured on "
        f"{os.cpu_count()} cores ({platform.machine()}, Python {platform.python_version()}).",
        "",
        "| row | what | against | ratio | aim | ours, s | theirs, s | |",
        "| --- | --- | --- | ---: | --- | ---: | ---: | --- |",
    ]
    plain = {"ratio", "seconds", "baseline_seconds", "met"}
    for name, values in told.items():
        row = rows[name]
        aims = [f"≥ {row.ratio:g} ×"] if row.ratio is not None else []
        aims += [f"< {row.seconds:g} s"] if row.seconds is not None else []
        facts = "; ".join(f"{key.replace('_', ' ')} {value}" for key, value in values.items() if key not in plain)
        verdict = ", ".join(filter(None, ["met" if values["met"] else "missed", facts]))
        lines.append(
            f"| `{name}` | {row.what} | {row.baseline} | {values['ratio']:g} × | {', '.join(aims)} "
            f"| {values['seconds']:g} | {values['baseline_seconds']:g} | {verdict} |"
        )
    return "\n".join(lines) + "\n"
