"""The events of a deployment as tables: straight from a node, or through a store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from analytics.chain.abi import catalogue
from analytics.chain.deployment import Deployment, check
from analytics.chain.fetch import IN_FLIGHT, Chunk, Reorganised, fetch, header_at
from analytics.chain.join import join_chunks
from analytics.chain.rpc import Node
from analytics.chain.store import CorruptFile, EventStore
from analytics.chain.tables import EventTables
from analytics.errors import InvalidInput, NotFound

RESTARTS: Final = 3


def read_events(
    url: str,
    deployment: Deployment,
    *,
    first: int | None = None,
    last: int | None = None,
    store: str | Path | None = None,
    in_flight: int = IN_FLIGHT,
    progress: bool = False,
) -> EventTables:
    """The events of a deployment's contracts in a block range, as typed tables.

    Parameters: ``url`` of the node; ``first`` block (default: the deployment's first) and ``last``
    (default: the newest); ``store`` a folder that keeps what was read, so that the next reading goes on
    from there (without it everything stays in memory); ``in_flight`` requests at once; ``progress``
    shows a bar. Returns one table for each event of the ABIs, the same in any order, batch size or number
    of readings. Raises ChainMismatch where the node is not the deployment's chain, ChainUnavailable where
    it does not answer in time, NotFound where a block or a log is missing, InvalidInput where an answer is
    malformed.
    """
    node = Node(url)
    if store is None:
        return _read(node, deployment, first=first, last=last, in_flight=in_flight, progress=progress)
    kept = EventStore(store, deployment)
    kept.sync(node, last=last, in_flight=in_flight, progress=progress)
    try:
        tables = kept.read(first=first, last=last)
    except CorruptFile as fault:
        kept.drop_from(fault.partition)
        kept.sync(node, last=last, in_flight=in_flight, progress=progress)
        tables = kept.read(first=first, last=last)
    if tables.last_hash is not None:
        return tables
    header = header_at(node, tables.last_block)
    return replace(tables, last_hash=header.hash if header else None)


def _read(
    node: Node, deployment: Deployment, *, first: int | None, last: int | None, in_flight: int, progress: bool
) -> EventTables:
    check(deployment, node)
    events = catalogue(deployment)
    newest = node.quantity("eth_blockNumber")
    start = deployment.block if first is None else max(first, deployment.block)
    end = newest if last is None else last
    if end > newest:
        raise NotFound(f"block {end} is not on the chain yet; the newest is {newest}")
    if start > end:
        raise InvalidInput(f"first block {start} is after last block {end}")
    for _ in range(RESTARTS):
        chunks: list[Chunk] = []
        try:
            chunks.extend(fetch(node, events, first=start, last=end, in_flight=in_flight, progress=progress))
        except Reorganised as fault:
            reason = fault
            continue
        return EventTables(
            join_chunks([chunk.tables for chunk in chunks], events),
            deployment.chain_id,
            deployment.genesis_hash,
            start,
            end,
            chunks[-1].last_hash,
        )
    raise reason
