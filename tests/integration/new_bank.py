"""A bank newly deployed on a chain of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import brownie
from brownie import project

from analytics.chain import Node
from scripts.chain import ROOT, brownie_connected, development_chain
from scripts.deployment import deploy, record, staff
from scripts.desk import DAY_SECONDS, Desk, open_desk

SALT = b"a salt for tests only"


@contextmanager
def new_bank(day: int, *, accounts: int = 40) -> Iterator[Desk]:
    """Its desk, on the eve of a business day; the chain ends with the context."""
    loaded = project.load(str(ROOT), raise_if_loaded=False)
    with development_chain(start_time=day * DAY_SECONDS, accounts=accounts) as chain, brownie_connected(chain):
        people = staff(brownie.accounts)
        system = deploy(loaded, people, salt=SALT)
        yield open_desk(brownie.web3, system, people, record(system, Node(chain.url)), SALT, chain=chain)
