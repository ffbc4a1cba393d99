"""Write the table of states into docs/loan-lifecycle.md, as a diagram and act by act. A test keeps it true.

Run `python -m scripts.state_diagram` after a change of contracts/types/LoanActs.sol.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from analytics.errors import InvalidInput
from scripts.chain import ROOT, brownie_connected, development_chain

PAGE: Final = ROOT / "docs" / "loan-lifecycle.md"
START, END = "<!-- written by python -m scripts.state_diagram -->\n", "<!-- until here -->\n"
STATE_BITS: Final = 16
ACTS_IN_A_LINE: Final = 2


@dataclass(frozen=True, slots=True)
class StateTable:
    """The states by number, and for each act the states it may lead to by the state it starts from."""

    states: Sequence[str]
    acts: Mapping[str, Mapping[str, Sequence[str]]]

    @property
    def edges(self) -> dict[tuple[str, str], list[str]]:
        """The acts that lead from one state to another, by both."""
        found: dict[tuple[str, str], list[str]] = {}
        for act, row in self.acts.items():
            for before, leads in row.items():
                for after in leads:
                    found.setdefault((before, after), []).append(act)
        return found


def state_table(harness: Any) -> StateTable:
    """The table as a deployed StatesHarness tells it."""
    states = list(harness.states())
    return StateTable(states, {name: dict(_row(word, states)) for name, word in harness.acts()})


def _row(word: int, states: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    for at, before in enumerate(states):
        leads = [after for bit, after in enumerate(states) if word >> STATE_BITS * at + bit & 1]
        if leads:
            yield before, leads


def section(table: StateTable) -> str:
    """The generated part of the page.

    >>> print(section(StateTable(["None", "Applied"], {"applyFor": {"None": ["Applied"]}})))
    ```mermaid
    stateDiagram-v2
        [*] --> Applied: applyFor
        Applied --> [*]
    ```
    <BLANKLINE>
    | act | from nothing | Applied |
    | --- | --- | --- |
    | `applyFor` | Applied |  |
    <BLANKLINE>
    """
    return "\n".join([*_diagram(table), "", *_acts(table), ""])


def _diagram(table: StateTable) -> Iterator[str]:
    """Acts that leave a loan in its state are in the table only."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    for (before, after), acts in table.edges.items():
        if before != after:
            lines = [", ".join(acts[at : at + ACTS_IN_A_LINE]) for at in range(0, len(acts), ACTS_IN_A_LINE)]
            yield f"    {'[*]' if before == 'None' else before} --> {after}: {'<br/>'.join(lines)}"
    left = {before for before, after in table.edges if before != after}
    ends = [state for state in table.states if state not in left and any(after == state for _, after in table.edges)]
    yield from (f"    {state} --> [*]" for state in ends)
    yield "```"


def _acts(table: StateTable) -> Iterator[str]:
    reached = [state for state in table.states if any(state in row for row in table.acts.values())]
    reached += [state for state in table.states if state not in reached and state != "None"]
    yield f"| act | {' | '.join('from nothing' if state == 'None' else state for state in reached)} |"
    yield f"| --- |{' --- |' * len(reached)}"
    for act, row in table.acts.items():
        function, _, object_ = act.partition(" ")
        name = f"`{function}` {object_}".strip()
        cells = (", ".join("stays" if after == state else after for after in row.get(state, ())) for state in reached)
        yield f"| {name} | {' | '.join(cells)} |"


def written(page: str, table: StateTable) -> str:
    """The page with its generated part anew.

    Raises InvalidInput where the page has no place for it.
    """
    before, opened, rest = page.partition(START)
    _, closed, after = rest.partition(END)
    if not (opened and closed):
        raise InvalidInput(f"{PAGE.name} has no lines {START.strip()!r} and {END.strip()!r}: put them where it goes")
    return before + START + "\n" + section(table) + "\n" + END + after


def main() -> None:
    """Write the page."""
    from brownie import accounts, project  # noqa: PLC0415 -- the table itself needs no chain

    with development_chain() as chain, brownie_connected(chain):
        loaded = project.load(str(ROOT), raise_if_loaded=False)
        harness = loaded.StatesHarness.deploy({"from": accounts[0]})
        PAGE.write_text(written(PAGE.read_text(), state_table(harness)))


if __name__ == "__main__":
    main()
