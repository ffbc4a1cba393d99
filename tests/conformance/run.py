"""Every case of the ACTUS reference files, computed on a chain and compared row by row.

    ACTUS=folder python -m tests.conformance.run

Each `*.json` of the folder is one contract type: `{name: {terms, to, dataObserved, eventsObserved, results}}`.
The contract returns dates, event types and amounts; nothing here computes any of them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from analytics.cashflow import (
    CashFlowEvent,
    Enhancement,
    EnhancementEvent,
    Observations,
    Terms,
    parse_enhancement,
    parse_observations,
    parse_terms,
)
from analytics.cashflow.calendar import parse_moment
from analytics.errors import InvalidInput
from scripts.chain import brownie_connected, development_chain
from tests.conformance.compare import first_difference
from tests.conformance.encode import (
    decode_enhancement_flows,
    decode_flows,
    encode_enhancement,
    encode_observations,
    encode_terms,
    enhances,
    supported,
)

ROOT: Final = Path(__file__).resolve().parents[2]
DEFAULT_FOLDER: Final = ROOT.parent / "shared" / "vectors" / "actus"
CALL_GAS: Final = 50_000_000
LIBRARIES: Final = ("ActusEngine", "ActusEnhancement")
# What reading a bad case raises.
MALFORMED: Final = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError)


@dataclass(slots=True)
class Tally:
    """Cases of one file: how many passed, and why the others did not."""

    name: str
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        head = f"{self.name}: {self.passed} passed, {len(self.failed)} failed, {len(self.lacking)} not supported"
        return "\n".join(
            [head, *(f"  failed {line}" for line in self.failed)] + [f"  not supported {line}" for line in self.lacking]
        )


class Engine:
    """The engine's contracts on a chain."""

    def __init__(self, contract: Any) -> None:
        self._contract = contract

    def project(self, terms: Terms, observed: Observations, until: int | None) -> list[CashFlowEvent]:
        """The events of a loan that the contract returns; raises brownie's VirtualMachineError where it refuses."""
        words = encode_terms(terms), encode_observations(terms, observed)
        return decode_flows(self._contract.project.call(*words, until or 0, {"gas": CALL_GAS}))

    def project_enhancement(
        self, terms: Enhancement, observed: Observations, until: int | None
    ) -> list[EnhancementEvent]:
        """The events of a guarantee or collateral, likewise."""
        words = encode_enhancement(terms, observed)
        flows = self._contract.projectEnhancement.call(words, until or 0, {"gas": CALL_GAS})
        return decode_enhancement_flows(flows)


def deployed_harness(project: Any, account: Any) -> Any:
    """The contract that puts the engine behind calls, deployed after the libraries it is linked to."""
    for library in LIBRARIES:
        account.deploy(project[library], silent=True)
    return account.deploy(project["ActusHarness"], silent=True)


@contextmanager
def engine_on_chain() -> Iterator[Engine]:
    """A throw-away chain with the engine deployed."""
    from brownie import accounts, project  # noqa: PLC0415 -- importing brownie reads its configuration

    with development_chain() as chain, brownie_connected(chain):
        loaded = next(iter(project.get_loaded_projects()), None) or project.load(ROOT, name="ConformanceProject")
        yield Engine(deployed_harness(loaded, accounts[0]))


def run_case(engine: Engine, case: dict[str, Any]) -> str | None:
    """The first difference of one case, or None where all its rows agree."""
    observed = parse_observations(case.get("dataObserved") or {}, case.get("eventsObserved") or [])
    until = parse_moment(case["to"]) if case.get("to") else None
    if enhances(kind_of(case)):
        events: Any = engine.project_enhancement(parse_enhancement(case["terms"]), observed, until)
    else:
        events = engine.project(parse_terms(case["terms"]), observed, until)
    return first_difference(events, case["results"])


def kind_of(case: dict[str, Any]) -> str:
    """The contract type that a case names."""
    return str(case["terms"].get("contractType", "")).strip().upper()


def _difference(engine: Engine, case: dict[str, Any]) -> str | None:
    """As `run_case`, with whatever refuses the case or cannot read it told as a difference."""
    from brownie.exceptions import VirtualMachineError  # noqa: PLC0415

    try:
        return run_case(engine, case)
    except (InvalidInput, VirtualMachineError) as error:
        return str(error)
    except MALFORMED as error:
        return f"the case cannot be read: {type(error).__name__}: {error}"


def run_file(engine: Engine, path: Path) -> Tally:
    """All cases of one file; a file that holds none counts as one that failed."""
    tally = Tally(path.stem)
    try:
        cases = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        tally.failed.append(f"{path.name}: the file is not JSON: {error}")
        return tally
    if not isinstance(cases, dict) or not cases:
        tally.failed.append(f"{path.name}: the file has no cases by name")
        return tally
    for name, case in cases.items():
        if not (isinstance(case, dict) and isinstance(case.get("terms"), dict) and "results" in case):
            tally.failed.append(f"{name}: the case has no terms or no results")
            continue
        kind = kind_of(case)
        if not supported(kind):
            tally.lacking.append(f"{name}: {kind}, no such contract type in the engine")
            continue
        difference = _difference(engine, case)
        if difference is None:
            tally.passed += 1
        else:
            tally.failed.append(f"{name}: {difference}")
    return tally


def main() -> int:
    """Print one line per file and the reasons; 1 where a supported case failed or no case was found."""
    folder = Path(os.environ.get("ACTUS") or DEFAULT_FOLDER)
    files = sorted(folder.glob("*.json"))
    if not files:
        print(f"no case files (*.json) in {folder}; name their folder: ACTUS=folder make conformance")
        return 1
    with engine_on_chain() as engine:
        tallies = [run_file(engine, path) for path in files]
    for tally in tallies:
        print(tally)
    return 1 if any(tally.failed for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
