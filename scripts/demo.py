"""The main job: start a chain, deploy, replay a book, read its events, reconcile, report.

`make demo` runs Bank A, `BOOK=lending-club make demo` the real loans. `CHAIN=URL` uses a development chain that
runs already, such as `make chain`'s.
"""

from __future__ import annotations

import io
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, Final

import brownie
import pandas as pd
from brownie import project

from analytics.book import AsOf, Proof, journal, rebuild, reconcile, trial_balance
from analytics.chain import Node, read_events, write_deployment
from analytics.chain.tables import EventTables
from analytics.chain.views import Views
from analytics.errors import CreditError, InvalidInput
from analytics.report import read_codes, write_report
from data.acts import BookScript
from data.bank_a.build import build as bank_a
from data.lending_club.build import build as lending_club
from scripts.chain import ROOT, DevelopmentChain, attached_chain, brownie_connected, development_chain
from scripts.deploy import keep_salt
from scripts.deployment import deploy, record, staff
from scripts.desk import DAY_SECONDS, Desk, open_desk
from scripts.replay import Replay, replay

BOOKS: Final[Mapping[str, Callable[[], BookScript]]] = {"bank-a": bank_a, "lending-club": lending_club}
REPORTS: Final = ROOT / "reports"
ACCOUNTS: Final = 200
INTERRUPTED: Final = 130


def run(name: str, *, chain_url: str = "", reports: Path = REPORTS) -> Path:
    """Bring a book on chain and report on it; returns the page.

    Parameters: ``name`` of the book (bank-a or lending-club); ``chain_url`` of a development chain that runs
    already, a throwaway one by default; ``reports`` the folder in which the book's own is written.
    Raises InvalidInput for an unknown book, Unreconciled where events and storage differ.
    """
    if name not in BOOKS:
        raise InvalidInput(f"book {name!r}: choose {' or '.join(BOOKS)}, as in BOOK={next(iter(BOOKS))} make demo")
    folder = reports / name
    with _step("build the book"):
        script = BOOKS[name]()
    with _step("compile the contracts"):
        loaded = project.load(str(ROOT), raise_if_loaded=False)
    start = script.opening.day * DAY_SECONDS
    source = attached_chain(chain_url) if chain_url else development_chain(start_time=start, accounts=ACCOUNTS)
    with source as chain, brownie_connected(chain):
        desk = _deployed(loaded, chain, folder)
        with _step(f"replay {len(script.acts):,} acts after an opening of {len(script.opening.loans):,} loans"):
            done = replay(desk, script)
        with _step("read the events"):
            tables = read_events(desk.node.url, desk.deployment, store=folder / "store", progress=True)
        with _step("reconcile with storage at each year end"):
            _reconcile(desk, tables, done)
        with _step("write the report"):
            page = write_report(
                tables, year_ends=done.year_ends, deployment=desk.deployment, folder=folder, title=script.title,
                codes=read_codes(script.codes), notes=script.notes,
            )  # fmt: skip
        _tell(desk, tables, done, folder)
    return page


def _deployed(loaded: Any, chain: DevelopmentChain, folder: Path) -> Desk:
    with _step("deploy"):
        people = staff(brownie.accounts)
        salt = secrets.token_bytes(32)
        with redirect_stdout(io.StringIO()):  # Brownie's three lines for each of sixty transactions
            system = deploy(loaded, people, salt=salt)
        deployment = record(system, Node(chain.url))
        shutil.rmtree(folder / "store", ignore_errors=True)  # of an earlier run: another deployment's events
        write_deployment(folder / "deployment.json", deployment)
        keep_salt(folder / "deployment.salt", salt)
    return open_desk(brownie.web3, system, people, deployment, salt, chain=chain)


def _reconcile(desk: Desk, tables: EventTables, done: Replay) -> None:
    """The ledger at each year end's block against the contracts at that block, and the journal's trial balance."""
    for year, block in done.year_ends.items():
        book = rebuild(tables, AsOf(block=block))
        proof: Proof = reconcile(book, Views(desk.node, desk.deployment, block))
        print(f"    {year}: block {block}, {sum(proof.records.values()):,} records, {proof.fields:,} fields equal")
    entries = journal(tables)
    trial_balance(entries, by_day=True)
    print(f"    journal: {len(entries):,} lines, debits equal credits on every day")


def _tell(desk: Desk, tables: EventTables, done: Replay, folder: Path) -> None:
    """Counts, refusals, and the study's tables beside the regenerated ones."""
    counts = tables.counts()
    print(f"\n{desk.sender.sent:,} transactions, {desk.sender.gas_used / 1e6:,.0f} million gas")
    print(f"{sum(counts.values()):,} events of {sum(1 for count in counts.values() if count)} kinds")
    for error, times in done.refused.items():
        print(f"refused as it must be: {error}, {times} times")
    for name in ("table_1", "table_2", "table_3", "by_status"):
        path = folder / "tables" / f"{name}.csv"
        if path.is_file():
            print(f"\n{name}\n{pd.read_csv(path).to_string(index=False)}")


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Print a step and the seconds it took."""
    print(f"- {name}", flush=True)
    begun = time.perf_counter()
    yield
    print(f"    {time.perf_counter() - begun:.1f} s", flush=True)


def main() -> None:
    """Run the book named by BOOK; 130 after Ctrl-C, 1 with a reason where it fails."""
    begun = time.perf_counter()
    try:
        page = run(os.environ.get("BOOK", "bank-a"), chain_url=os.environ.get("CHAIN", ""))
    except KeyboardInterrupt:
        print("\ninterrupted; the chain of this run has ended with it", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except CreditError as fault:
        sys.exit(f"{type(fault).__name__}: {fault}")
    print(f"{page} in {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
