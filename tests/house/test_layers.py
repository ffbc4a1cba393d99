"""Imports point one way: what may know what, for Python and for Solidity."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Of each part, the parts of ours it may import. "analytics" is the package's own files and the cash-flow twin.
ALLOWED = {
    "analytics": {"analytics"},
    "analytics.chain": {"analytics", "analytics.chain"},
    "analytics.book": {"analytics", "analytics.chain", "analytics.book"},
    "analytics.risk": {"analytics", "analytics.risk"},
    "analytics.report": {"analytics", "analytics.chain", "analytics.book", "analytics.risk", "analytics.report"},
    "data": {"analytics", "data"},
    "scripts": {f"analytics{part}" for part in ("", ".chain", ".book", ".risk", ".report")}
    | {"data", "scripts", "brownie"},
}
OURS = {"analytics", "brownie", "data", "scripts", "tests"}

# Of each folder of Solidity, the folders it may import; contracts of the business know each other by interface only.
TYPES, LIBRARIES, INTERFACES = "contracts/types", "contracts/libraries", "interfaces"
BUSINESS = {TYPES, LIBRARIES, INTERFACES}
ALLOWED_SOLIDITY = {TYPES: {TYPES}, LIBRARIES: {TYPES, LIBRARIES}, INTERFACES: {TYPES, INTERFACES}}
IMPORT = re.compile(r'^import\s+(?:\{[^}]*\}\s+from\s+)?"([^"]+)";', re.M)


def part(module: str) -> str:
    """The part of the system that a dotted module name belongs to."""
    first, _, rest = module.partition(".")
    second = f"{first}.{rest.split('.')[0]}"
    return second if second in ALLOWED else first


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every module of ours that a Python file imports."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module or "")))
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] in OURS)


def python_files() -> list[Path]:
    return sorted(path for folder in ("analytics", "data", "scripts") for path in (ROOT / folder).rglob("*.py"))


def solidity_files() -> list[Path]:
    return sorted(path for folder in ("contracts", "interfaces") for path in (ROOT / folder).rglob("*.sol"))


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_python_imports_point_one_way(path: Path) -> None:
    here = part(".".join(path.relative_to(ROOT).with_suffix("").parts))
    wrong = [f"line {line}: {name}" for line, name in imported(path) if part(name) not in ALLOWED[here]]
    assert wrong == [], f"{here} may import {sorted(ALLOWED[here])} only"


def folder_of(path: Path) -> str:
    """contracts/<part> or interfaces."""
    parts = path.relative_to(ROOT).parts
    return "interfaces" if parts[0] == "interfaces" else "/".join(parts[:2])


def concrete(path: Path) -> bool:
    """Whether a file declares a contract that can be deployed."""
    return re.search(r"^contract\s", path.read_text(), re.M) is not None


@pytest.mark.parametrize("path", solidity_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_solidity_imports_point_one_way(path: Path) -> None:
    here = folder_of(path)
    wrong = []
    for name in IMPORT.findall(path.read_text()):
        if not name.startswith("."):
            continue
        target = (path.parent / name).resolve()
        there = folder_of(target)
        known = there in ALLOWED_SOLIDITY.get(here, BUSINESS)
        base = here not in ALLOWED_SOLIDITY and there != "contracts/test" and not concrete(target)
        if not (known or base or here == "contracts/test"):
            wrong.append(name)
    assert wrong == [], f"{here} reaches across: import the interface"


def test_the_rules_are_read() -> None:
    """The readers of imports see what they should: each would miss everything silently."""
    assert ("analytics.errors.InvalidInput") in {name for _, name in imported(ROOT / "scripts" / "chain.py")}
    assert IMPORT.findall('import {A, B} from "../x/A.sol";\nimport "./B.sol";') == ["../x/A.sol", "./B.sol"]
    assert IMPORT.findall('import {\n    A,\n    B\n} from "../x/A.sol";') == ["../x/A.sol"]
    assert part("analytics.risk.concentration") == "analytics.risk"
    assert part("analytics.units") == part("analytics.cashflow.terms") == "analytics"
