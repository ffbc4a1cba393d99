"""Write docs/events.md: every event, the table its logs become, and what reads it. A test keeps the file true.

Run `python -m scripts.event_catalogue` after a change of an event.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any, Final

from analytics.chain.abi import events, snake_case
from scripts.chain import ROOT
from scripts.deployment import CODE, WIRING, merged_abi

PAGE: Final = ROOT / "docs" / "events.md"
READERS: Final = ("analytics/book", "analytics/report")
NOWHERE: Final = "00" * 20
HEAD: Final = """# Events

Everything an analyst may know is in these logs. Each event becomes one table, named `contract.event`, whose columns are
the arguments in snake case behind `block_number`, `block_time`, `tx_index`, `log_index` and `tx_hash`. Arguments in
*italics* are indexed. "Read by" names the packages that compute with the table; the others are the record of who did
what. This page is generated from the contracts' ABIs by `python -m scripts.event_catalogue`.
"""


def catalogue_page(abis: Mapping[str, list[dict[str, Any]]]) -> str:
    """The page for contracts' ABIs by name."""
    sources = {
        folder: "\n".join(path.read_text() for path in sorted((ROOT / folder).rglob("*.py"))) for folder in READERS
    }
    return "\n".join([HEAD, *(line for name, abi in abis.items() for line in _contract(name, abi, sources))])


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
