"""Write docs/events.md: every event, the table its logs become, and what reads it. A test keeps the file true.

Run `python -m scripts.event_catalogue` after a change of an event.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any, Final

from analytics.chain.abi import events, snake_case
from analytics.errors import InvalidInput
from scripts.chain import ROOT
from scripts.deployment import CODE, WIRING, merged_abi

PAGE: Final = ROOT / "docs" / "events.md"
READERS: Final = ("analytics/book", "analytics/report")
NOWHERE: Final = "00" * 20
HEAD: Final = """# Events

Everything an analyst may know is in these logs. Each event becomes one table, named `contract.event`, whose columns are
the arguments in snake case behind `block_number`, `block_time`, `tx_index`, `log_index` and `tx_hash`. Arguments in
*italics* are indexed. "Read by" names the packages that compute with the table; the others are the record of who did
what. Codes are told at the [end](#codes). This page is generated from the contracts' ABIs and enums by
`python -m scripts.event_catalogue`.
"""
CODES: Final = """## Codes

A code is the number of a name. `ServicingSet.triggers` is a mask: bit n stands for trigger n. The
test of a figure is 4 plus the number of its measure. A role is bit n of its word.

| codes of | arguments | numbers |
| --- | --- | --- |"""

# What an argument of eight bits is: the enum it is a code of, empty where it is a number. OF_EVENT goes before OF_NAME.
ENUMS: Final = ("contracts/types/Enums.sol", "contracts/types/CareWord.sol")
OF_EVENT: Final[Mapping[str, str]] = {
    "CollateralRegistered.kind": "CollateralKind",
    "CustomerRegistered.kind": "CustomerKind",
    "ReversalSettled.kind": "PostingKind",
    "ContinuationAnswered.reason": "CovenantTest",
    "StandingReported.previous": "Standing",
    "LoanRestructured.floor": "Category",
    "DiversionDetected.category": "",
    "FlowRecorded.category": "",
    "PayeeClassified.category": "",
    "PayeeClassified.previous": "",
    "RatingConfirmed.previous": "",
}
OF_NAME: Final[Mapping[str, str]] = {
    "answer": "Answer",
    "bound": "Bound",
    "business_day_rule": "BusinessDayRule",
    "category": "Category",
    "day_count": "DayCount",
    "denominator": "Denominator",
    "dimension": "Dimension",
    "downgrade_answer": "Answer",
    "earmark_mode": "EarmarkMode",
    "floor": "Floor",
    "kind": "ChargeKind",
    "loan_type": "LoanType",
    "measure": "Measure",
    "mode": "EarmarkMode",
    "previous": "Category",
    "reason": "ClassificationReason",
    "standing": "Standing",
    "state": "LoanState",
    "test": "CovenantTest",
    "trigger": "DefaultTrigger",
    "triggers": "DefaultTrigger",
    "waterfall": "Waterfall",
} | dict.fromkeys(
    ("cycle_months", "entry_grade", "grace_days", "grade", "hop", "notches", "number", "payments", "rank",
     "reprice_months", "source_status", "worst_grade"),
    "",
)  # fmt: skip
ENUM: Final = re.compile(r"enum (\w+) \{(.*?)\}", re.S)
COMMENT: Final = re.compile(r"//.*")


def catalogue_page(abis: Mapping[str, list[dict[str, Any]]]) -> str:
    """The page for contracts' ABIs by name."""
    sources = {
        folder: "\n".join(path.read_text() for path in sorted((ROOT / folder).rglob("*.py"))) for folder in READERS
    }
    parts = (line for name, abi in abis.items() for line in _contract(name, abi, sources))
    return "\n".join([HEAD, *parts, CODES, *_codes(abis), ""])


def _contract(name: str, abi: list[dict[str, Any]], sources: Mapping[str, str]) -> Iterator[str]:
    yield f"## {name}\n"
    yield "| event | table | arguments | read by |\n| --- | --- | --- | --- |"
    for table in sorted(events(name, abi, address=NOWHERE), key=lambda item: item.event):
        arguments = ", ".join(f"*{column.name}*" if column.indexed else column.name for column in table.columns)
        short = table.name.split(".")[1]
        readers = [
            folder
            for folder, text in sources.items()
            if f'"{table.name}"' in text or (f'"{short}"' in text and snake_case(name) in text)
        ]
        yield f"| {table.event} | `{table.name}` | {arguments} | {', '.join(readers)} |"
    yield ""


def _codes(abis: Mapping[str, list[dict[str, Any]]]) -> Iterator[str]:
    """A line for each enum that an event's argument is a code of, and for roles.

    Raises InvalidInput for an argument of eight bits that is known neither as a code nor as a number.
    """
    places: dict[str, set[str]] = defaultdict(set)
    for name, abi in abis.items():
        for table in events(name, abi, address=NOWHERE):
            for column in table.columns:
                if column.solidity == "uint8":
                    place = f"{table.event}.{column.name}"
                    places[_enum_of(place, column.name)].add(place)
    del places[""]
    places["Role"].update(("RoleGranted.role", "RoleRevoked.role"))
    names = _enum_names()
    for enum in sorted(places):
        numbers = ", ".join(f"{n} {name}" for n, name in enumerate(names[enum]) if not name.startswith("Reserved"))
        yield f"| {enum} | {', '.join(sorted(places[enum]))} | {numbers} |"


def _enum_of(place: str, name: str) -> str:
    """The enum that an argument is a code of, empty where it is a number."""
    if place in OF_EVENT:
        return OF_EVENT[place]
    if name not in OF_NAME:
        raise InvalidInput(f"{place}: is it a number or a code? Put it into OF_NAME or OF_EVENT")
    return OF_NAME[name]


def _enum_names() -> dict[str, list[str]]:
    """The names of each enum of the contracts, in the order of their numbers."""
    found = {}
    for path in ENUMS:
        for enum, body in ENUM.findall(COMMENT.sub("", (ROOT / path).read_text())):
            found[enum] = [name.strip() for name in body.split(",")]
    return found


def built_abis() -> dict[str, list[dict[str, Any]]]:
    """The ABIs of the system's contracts, as Brownie compiled them."""
    folder = ROOT / "build" / "contracts"

    def abi(name: str) -> list[Mapping[str, Any]]:
        return json.loads((folder / f"{name}.json").read_text())["abi"]  # type: ignore[no-any-return]

    return {name: reduce(merged_abi, (abi(part) for part in CODE.get(name, ())), abi(name)) for name in WIRING}


def main() -> None:
    """Write the page."""
    PAGE.write_text(catalogue_page(built_abis()))


if __name__ == "__main__":
    main()
