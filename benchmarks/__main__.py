"""Measure every row, or those named on the command line."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

import benchmarks
from benchmarks.harness import Row, Unavailable, entry, measured, write


def rows() -> list[Row]:
    """Every row of every module of the package, by module and then in its own order."""
    modules = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name != "__main__")
    return [row for name in modules for row in getattr(importlib.import_module(f"benchmarks.{name}"), "ROWS", ())]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0, or 1 where an aim was missed, 2 where a name is unknown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="rows to measure; all by default")
    wanted = parser.parse_args(arguments).names
    known = rows()
    unknown = set(wanted) - {row.name for row in known}
    if unknown:
        print(f"no row {', '.join(sorted(unknown))}; there are {', '.join(row.name for row in known)}", file=sys.stderr)
        return 2
    results = {}
    for row in known:
        if wanted and row.name not in wanted:
            continue
        try:
            results[row.name] = entry(row, measured(row))
        except Unavailable as reason:
            print(f"{row.name}: left out, {reason}", flush=True)
            continue
        told = results[row.name]
        print(
            f"{row.name}: {told['ratio']:g} × ({told['seconds']:g} s against {told['baseline_seconds']:g} s)",
            flush=True,
        )
    write(known, results)
    return 0 if all(told["met"] for told in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
