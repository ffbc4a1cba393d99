"""Import a book in a process of its own that dies: `python -m tests.integration.importing URL FOLDER FILE N DAY`.

After the N-th transaction is on the node, and before the process learns of it, the process is killed.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import brownie
from brownie import project

from analytics.chain import Node, check, read_deployment
from scripts.book_files import read_book
from scripts.chain import ROOT, attached_chain, brownie_connected
from scripts.deploy import read_salt
from scripts.deployment import attach, staff
from scripts.desk import Desk, open_desk
from scripts.import_book import import_book
from scripts.transactions import Sender


class DyingSender(Sender):
    """A sender whose process is killed while it waits for a transaction."""

    deadly = 0

    def _mined(self, digest):
        if self.sent + 1 == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._mined(digest)


def at_the_desk(url: str, deployment_file: Path, chain=None) -> Desk:
    """The desk of a deployed system on the connected network."""
    deployment = read_deployment(deployment_file)
    check(deployment, Node(url))
    loaded = project.load(str(ROOT), raise_if_loaded=False)
    salt = read_salt(deployment_file.with_suffix(".salt"))
    return open_desk(brownie.web3, attach(loaded, deployment), staff(brownie.accounts), deployment, salt, chain=chain)


def main() -> None:
    url, folder, deployment_file, deadly, day = sys.argv[1:]
    with attached_chain(url) as chain, brownie_connected(chain):
        desk = at_the_desk(url, Path(deployment_file), chain)
        desk.sender.__class__ = DyingSender
        desk.sender.deadly = int(deadly)
        import_book(desk, read_book(Path(folder)), int(day))


if __name__ == "__main__":
    main()
