"""Block ranges from a node: headers and logs in one request, proven complete against each other.

For every block the header is read too. Headers must link by parent hash, logs must bear their header's hash
and be numbered without a gap, and the bloom filter made from them must equal the header's. The node is asked
for the logs of all addresses, since only then can that be proven; the foreign ones are left out afterwards.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
from tqdm import tqdm

from analytics.chain import scan
from analytics.chain.abi import Catalogue
from analytics.chain.answer import Logs, ordered, split_answer
from analytics.chain.decode import decode_logs
from analytics.chain.rpc import MALFORMED, Call, Node, NodeError, quantity
from analytics.errors import ChainMismatch, ChainUnavailable, InvalidInput, NotFound

TARGET_LOGS: Final = 1_500
MOST_BLOCKS: Final = 512
FIRST_BLOCKS: Final = 32
IN_FLIGHT: Final = 4
PATIENCE: Final = 3


class Reorganised(ChainMismatch):
    """Blocks that do not link: the chain changed between two reads, or within one."""


class MissingLog(NotFound):
    """Logs that do not add up to what the block's header proves was emitted."""


class Header(msgspec.Struct):
    """The members of a block header that reading needs."""

    number: str
    hash: str
    parentHash: str  # noqa: N815 (the node's own names)
    timestamp: str
    logsBloom: str  # noqa: N815


@dataclass(frozen=True, slots=True)
class Chunk:
    """The events of a block range, with the hashes that tie it to its neighbours."""

    first: int
    last: int
    parent_hash: str
    last_hash: str
    logs: int
    tables: Mapping[str, pa.Table]

    @property
    def events(self) -> int:
        """Rows in all tables."""
        return sum(table.num_rows for table in self.tables.values())


_HEADER = msgspec.json.Decoder(Header | None)


def header_at(node: Node, number: int) -> Header | None:
    """The header of a block by number, or None where the chain is shorter.

    Raises InvalidInput where the answer is no header, and as ``Node.batch`` does.
    """
    return _header(node.batch([("eth_getBlockByNumber", [hex(number), False])])[0], number)


def fetch_range(node: Node, catalogue: Catalogue, *, first: int, last: int, attempts: int | None = None) -> Chunk:
    """Read one block range whole.

    Raises Reorganised or MissingLog where logs and headers disagree, NotFound where the chain ends before
    ``last``, and as ``Node.post`` and ``split_answer`` do.
    """
    calls: list[Call] = [("eth_getLogs", [{"fromBlock": hex(first), "toBlock": hex(last)}])]
    calls += [("eth_getBlockByNumber", [hex(number), False]) for number in range(first, last + 1)]
    logs, results = split_answer(node.post(calls, attempts=attempts), calls, catalogue)
    headers = _headers(results, first)
    logs = ordered(logs)
    _require_whole(logs, headers, first)
    times = {
        number: quantity(header.timestamp, what=f"block {number}, timestamp")
        for number, header in enumerate(headers, first)
    }
    tables = decode_logs(logs, catalogue, times=times)
    return Chunk(first, last, headers[0].parentHash, headers[-1].hash, len(logs.rows), tables)


def fetch(
    node: Node,
    catalogue: Catalogue,
    *,
    first: int,
    last: int,
    parent_hash: str | None = None,
    in_flight: int = IN_FLIGHT,
    progress: bool = False,
) -> Iterator[Chunk]:
    """Read blocks ``first`` to ``last`` as successive chunks, several requests under way at once.

    The first range is asked alone. Ranges grow and shrink with the density of events, and halve where the
    node refuses one or does not answer in time. Parameters: ``parent_hash`` of the block before ``first``,
    where known. Raises Reorganised where a chunk does not follow on the one before, and as ``fetch_range``
    does.
    """
    pending: deque[tuple[int, Future[list[Chunk]]]] = deque()
    following = first
    span = min(FIRST_BLOCKS, MOST_BLOCKS)
    allowed = 1  # until the first range has told how dense events are
    bar = tqdm(total=last - first + 1, unit="block", desc="reading events", disable=not progress)
    pool = ThreadPoolExecutor(in_flight, thread_name_prefix="reader")
    try:
        while following <= last or pending:
            while following <= last and len(pending) < allowed:
                end = min(last, following + span - 1)
                pending.append((following, pool.submit(_fetch_split, node, catalogue, following, end)))
                following = end + 1
            _, future = pending.popleft()
            chunks = future.result()
            for chunk in chunks:
                if parent_hash is not None and chunk.parent_hash != parent_hash:
                    raise Reorganised(
                        f"block {chunk.first} follows {chunk.parent_hash}, block {chunk.first - 1} was read as "
                        f"{parent_hash}: the chain was reorganised; read again"
                    )
                parent_hash = chunk.last_hash
                bar.update(chunk.last - chunk.first + 1)
                yield chunk
            span, allowed = _next_span(span, chunks), in_flight
    finally:
        bar.close()
        pool.shutdown(wait=True, cancel_futures=True)


def _next_span(span: int, chunks: Sequence[Chunk]) -> int:
    blocks = chunks[-1].last - chunks[0].first + 1
    density = sum(chunk.logs for chunk in chunks) / blocks
    wanted = TARGET_LOGS / density if density else MOST_BLOCKS
    if len(chunks) > 1:
        wanted = min(wanted, span / 2)
    return int(max(1, min(wanted, 4 * span, MOST_BLOCKS)))


def _fetch_split(node: Node, catalogue: Catalogue, first: int, last: int) -> list[Chunk]:
    """A range whole, or in halves where the node cannot answer it whole."""
    try:
        return [_fetch_patiently(node, catalogue, first, last)]
    except ChainUnavailable as fault:
        if first == last or not (isinstance(fault, NodeError) or _answers(node)):
            raise
        middle = (first + last) // 2
        return [*_fetch_split(node, catalogue, first, middle), *_fetch_split(node, catalogue, middle + 1, last)]


def _answers(node: Node) -> bool:
    """Whether the node still answers something small: if not, a smaller range would not help."""
    try:
        node.post([("eth_chainId", [])], attempts=1)
    except ChainUnavailable:
        return False
    return True


def _fetch_patiently(node: Node, catalogue: Catalogue, first: int, last: int) -> Chunk:
    """Ask again where logs and headers disagree: the node may have been between two states."""
    attempts = None if first == last else 2
    for _ in range(PATIENCE - 1):
        try:
            return fetch_range(node, catalogue, first=first, last=last, attempts=attempts)
        except (Reorganised, MissingLog):
            continue
    return fetch_range(node, catalogue, first=first, last=last, attempts=attempts)


def _header(raw: msgspec.Raw, number: int) -> Header | None:
    try:
        header: Header | None = _HEADER.decode(raw)
    except MALFORMED as fault:
        raise InvalidInput(f"block {number}: the node's header is malformed: {fault}") from None
    if header is None:
        return None
    if quantity(header.number, what=f"block {number}, number") != number:
        raise InvalidInput(f"block {number}: the node answered block {header.number}")
    header.hash, header.parentHash = header.hash.lower(), header.parentHash.lower()
    if len(header.hash) != 66 or len(header.parentHash) != 66:
        raise InvalidInput(f"block {number}: hash {header.hash!r} or parent hash {header.parentHash!r} is no hash")
    return header


def _headers(results: Sequence[msgspec.Raw], first: int) -> list[Header]:
    headers: list[Header] = []
    for number, raw in enumerate(results, first):
        header = _header(raw, number)
        if header is None:
            raise NotFound(f"block {number} is not on the chain yet")
        if headers and header.parentHash != headers[-1].hash:
            raise Reorganised(f"block {number} follows {header.parentHash}, not {headers[-1].hash}")
        headers.append(header)
    return headers


def _require_whole(logs: Logs, headers: Sequence[Header], first: int) -> None:
    """Logs and headers of one range must prove each other."""
    rows = logs.rows
    slots = rows[:, scan.NUMBER] - first
    if rows.size and (slots.min() < 0 or slots.max() >= len(headers)):
        stray = int(np.flatnonzero((slots < 0) | (slots >= len(headers)))[0])
        raise InvalidInput(f"{logs.place(stray)}: outside the blocks {first} to {first + len(headers) - 1} asked for")
    _, rows_of_hash = np.unique(np.column_stack((slots, rows[:, scan.BLOCK_AT])), axis=0, return_index=True)
    for row in rows_of_hash:
        if "0x" + logs.text(int(row), scan.BLOCK_AT, 64) != headers[slots[row]].hash:
            raise Reorganised(f"{logs.place(int(row))} is of another block than the header of that number")
    counts = np.bincount(slots, minlength=len(headers))
    expected = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    gaps = np.flatnonzero(rows[:, scan.LOG] != expected)
    if gaps.size:
        row = int(gaps[0])
        raise MissingLog(
            f"block {rows[row, scan.NUMBER]}: log {expected[row]} is missing, log {rows[row, scan.LOG]} stands there"
        )
    made = scan.blooms(logs.raw, rows, slots, len(headers))
    for slot, header in enumerate(headers):
        if header.logsBloom[2:].lower() != made[slot].tobytes().hex():
            raise MissingLog(
                f"block {first + slot}: its {counts[slot]} logs do not give the header's logsBloom; the node "
                "left some out"
            )
