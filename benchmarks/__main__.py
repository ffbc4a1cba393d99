"""Measure every row, or those named on the command line."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Callable, Sequence

import benchmarks
from analytics.errors import NotFound
from benchmarks.harness import AIMS, Measured, told, write


def rows() -> dict[str, Callable[[], Measured]]:
    """Every row of every module of the package, in the order of the aims."""
    found: dict[str, Callable[[], Measured]] = {}
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if module.name != "__main__":
            found |= getattr(importlib.import_module(f"benchmarks.{module.name}"), "ROWS", {})
    without = [name for name in found if name not in AIMS]
    if without:
        raise KeyError(f"{', '.join(without)}: no aim; give one in benchmarks.harness.AIMS")
    return {name: found[name] for name in AIMS if name in found}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0, 1 where an aim was missed, 2 where a name is unknown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="rows to measure; all by default")
    wanted = parser.parse_args(arguments).names
    known = rows()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"no row {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    results = {}
    for name in wanted or known:
        try:
            row = told(name, known[name]())
        except NotFound as reason:
            print(f"{name}: not measured, {reason}", flush=True)
            continue
        results[name] = row
        speeds = f"{row['ours_per_second']:,.0f} against {row['baseline_per_second']:,.0f} {row['unit']}/s"
        print(f"{name}: {row['ratio']:g} × ({speeds}; {row['note']})", flush=True)
        write(results)
    return 0 if all(row["met"] for row in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
