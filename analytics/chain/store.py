"""A store of events in Parquet files: partitions of blocks, one file for each table, one manifest.

The manifest is the checkpoint. It is replaced in one step after the files it names are durable, so a store
killed at any point is the store before or after that step; what no manifest names is swept away. Each
partition ends at a block whose hash is kept: since a block's hash commits to all before it, one comparison
by number says whether a partition still stands, and the first that does not is dropped with all after it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics.chain.abi import TEXT, Catalogue, catalogue
from analytics.chain.deployment import Deployment, check, sync_folder, write_whole
from analytics.chain.fetch import IN_FLIGHT, Chunk, Reorganised, fetch, header_at
from analytics.chain.join import join_chunks, settle
from analytics.chain.rpc import MALFORMED, Node
from analytics.chain.tables import EventTables
from analytics.errors import ChainMismatch, CreditError, InvalidInput, NotFound

VERSION: Final = 1
PARTITION_EVENTS: Final = 50_000
ROLLBACKS: Final = 5
_MANIFEST: Final = "manifest.json"


class CorruptFile(InvalidInput):
    """A stored file whose bytes are not those that were written."""

    def __init__(self, path: Path, partition: int) -> None:
        """Remember which partition the file belongs to."""
        super().__init__(f"{path} is absent or its sha256 differs from what was written: read its blocks again")
        self.path = path
        self.partition = partition

    def __reduce__(self) -> tuple[type[CorruptFile], tuple[Path, int]]:
        """Made anew from the same two, where a worker process hands it back."""
        return type(self), (self.path, self.partition)


class StoredTable(msgspec.Struct, frozen=True):
    """One Parquet file: rows, and the sha256 of its bytes."""

    rows: int
    sha256: str


class Partition(msgspec.Struct, frozen=True):
    """A range of blocks in a folder; ``last_hash`` is the hash of block ``last``."""

    folder: str
    first: int
    last: int
    parent_hash: str
    last_hash: str
    tables: dict[str, StoredTable]

    @property
    def events(self) -> int:
        """Rows in all its files."""
        return sum(table.rows for table in self.tables.values())


class Manifest(msgspec.Struct, frozen=True):
    """What a store holds, and of which chain and contracts."""

    version: int
    chain_id: int
    genesis_hash: str
    first_block: int
    fingerprint: str
    partitions: tuple[Partition, ...] = ()


class _Sealed(msgspec.Struct, frozen=True):
    sha256: str
    manifest: msgspec.Raw


class EventStore:
    """The events of one deployment in a folder, read on from where they end.

    Parameters: ``folder`` (made where absent); ``deployment`` whose events it holds;
    ``partition_events`` rows after which a partition is closed. Raises ChainMismatch where the folder
    holds another deployment's events, InvalidInput where its manifest is damaged.
    """

    def __init__(self, folder: str | Path, deployment: Deployment, *, partition_events: int = PARTITION_EVENTS) -> None:
        """Open the store and check that it is the deployment's."""
        if partition_events < 1:
            raise InvalidInput(f"partition_events = {partition_events}: at least one event a partition")
        self.folder = Path(folder)
        self.deployment = deployment
        self.catalogue: Catalogue = catalogue(deployment)
        self._partition_events = partition_events
        self.folder.mkdir(parents=True, exist_ok=True)
        self.manifest()

    def manifest(self) -> Manifest:
        """The manifest as it stands on disk, or that of an empty store.

        Raises as the class does.
        """
        path = self.folder / _MANIFEST
        empty = Manifest(
            VERSION,
            self.deployment.chain_id,
            self.deployment.genesis_hash,
            self.deployment.block,
            _fingerprint(self.catalogue),
        )
        try:
            sealed = msgspec.json.decode(path.read_bytes(), type=_Sealed)
            if hashlib.sha256(sealed.manifest).hexdigest() != sealed.sha256:
                raise InvalidInput(f"{path} is damaged: its sha256 differs; delete {self.folder} and read again")
            manifest = msgspec.json.decode(sealed.manifest, type=Manifest)
        except FileNotFoundError:
            return empty
        except MALFORMED as fault:
            raise InvalidInput(f"{path} is damaged: {fault}; delete {self.folder} and read again") from None
        for field in ("version", "chain_id", "genesis_hash", "first_block", "fingerprint"):
            found, expected = getattr(manifest, field), getattr(empty, field)
            if found != expected:
                raise ChainMismatch(
                    f"{path}: {field} is {found}, the deployment has {expected}; this store holds another "
                    "deployment's events: name another folder"
                )
        return manifest

    @property
    def next_block(self) -> int:
        """The first block the store does not hold."""
        partitions = self.manifest().partitions
        return partitions[-1].last + 1 if partitions else self.deployment.block

    def sync(self, node: Node, *, last: int | None = None, in_flight: int = IN_FLIGHT, progress: bool = False) -> None:
        """Bring the store to block ``last`` (default: the node's newest), undoing abandoned blocks first.

        Raises ChainMismatch where the node is another chain, NotFound where it has no block ``last``,
        and as ``fetch`` does; what was read till then is kept.
        """
        check(self.deployment, node)
        with self._lock(exclusive=True):
            self._sweep()
            for _ in range(ROLLBACKS):
                self._roll_back(node)
                newest = node.quantity("eth_blockNumber")
                end = newest if last is None else last
                if end > newest:
                    raise NotFound(f"block {end} is not on the chain yet; the newest is {newest}")
                try:
                    with _frugal():
                        self._extend(node, end, in_flight=in_flight, progress=progress)
                    return
                except Reorganised as fault:
                    reason = fault
            raise reason

    def read(
        self,
        *,
        first: int | None = None,
        last: int | None = None,
        names: Sequence[str] | None = None,
    ) -> EventTables:
        """The stored events of a block range, every byte checked.

        Parameters: ``first``, ``last`` blocks (default: all that is stored); ``names`` of tables
        (default: all). Raises NotFound where the range is not stored and CorruptFile, naming the file,
        where a byte of it has changed.
        """
        with self._lock(exclusive=False):
            partitions = self.manifest().partitions
            start, end = self._range(partitions, first, last)
            wanted = set(self.catalogue.tables if names is None else names)
            unknown = wanted - self.catalogue.tables.keys()
            if unknown:
                raise NotFound(f"no table {', '.join(sorted(unknown))}; there are {', '.join(self.catalogue.tables)}")
            chunks = [
                self._load(index, partition, wanted, start, end)
                for index, partition in enumerate(partitions)
                if partition.first <= end and partition.last >= start
            ]
            joined = join_chunks(chunks, self.catalogue)
            closing = [partition.last_hash for partition in partitions if partition.last == end]
        return EventTables(
            {name: table for name, table in joined.items() if name in wanted},
            self.deployment.chain_id,
            self.deployment.genesis_hash,
            start,
            end,
            closing[0] if closing else None,
        )

    def batches(self, name: str) -> Iterator[pa.Table]:
        """One table, partition by partition, for work that must not hold it whole.

        Raises as ``read`` does.
        """
        for partition in self.manifest().partitions:
            yield self.read(first=partition.first, last=partition.last, names=[name])[name]

    def files(self, name: str) -> list[Path]:
        """The Parquet files of one table in block order, each checked, for DuckDB, Dask or Ray.

        DuckDB has no decimal of more than 38 digits and reads such columns (uint256) as doubles: take those
        through ``batches``. Raises as ``read`` does.
        """
        with self._lock(exclusive=False):
            found = []
            for index, partition in enumerate(self.manifest().partitions):
                if name in partition.tables:
                    self._bytes(index, partition, name)
                    found.append(self._path(partition, name))
        if name not in self.catalogue.tables:
            raise NotFound(f"no table {name}; there are {', '.join(self.catalogue.tables)}")
        return found

    def drop_from(self, index: int) -> None:
        """Forget a partition and all after it, so that the next ``sync`` reads their blocks again."""
        with self._lock(exclusive=True):
            manifest = self.manifest()
            self._commit(msgspec.structs.replace(manifest, partitions=manifest.partitions[:index]))
            self._sweep()

    def _range(self, partitions: Sequence[Partition], first: int | None, last: int | None) -> tuple[int, int]:
        if not partitions:
            raise NotFound(f"{self.folder} holds no blocks yet: sync it first")
        start = partitions[0].first if first is None else first
        end = partitions[-1].last if last is None else last
        if start > end:
            raise InvalidInput(f"first block {start} is after last block {end}")
        if end > partitions[-1].last:
            raise NotFound(f"{self.folder} ends at block {partitions[-1].last}; block {end} is not stored: sync it")
        return start, end

    def _load(self, index: int, partition: Partition, wanted: set[str], start: int, end: int) -> Mapping[str, pa.Table]:
        tables = {}
        for name in sorted(wanted & partition.tables.keys()):
            table = pq.read_table(pa.BufferReader(self._bytes(index, partition, name)), partitioning=None)
            if partition.first < start or partition.last > end:
                number = table.column("block_number")
                table = table.filter(pc.and_(pc.greater_equal(number, start), pc.less_equal(number, end)))
                if not table.num_rows:
                    continue
                table = settle(table, self.catalogue.tables[name])
            tables[name] = table
        return tables

    def _bytes(self, index: int, partition: Partition, name: str) -> bytes:
        path = self._path(partition, name)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise CorruptFile(path, index) from None
        if hashlib.sha256(content).hexdigest() != partition.tables[name].sha256:
            raise CorruptFile(path, index)
        return content

    def _path(self, partition: Partition, name: str) -> Path:
        return self.folder / partition.folder / f"{name}.parquet"

    def _extend(self, node: Node, end: int, *, in_flight: int, progress: bool) -> None:
        """Read on to block ``end``, closing partitions as they fill."""
        partitions = self.manifest().partitions
        start = partitions[-1].last + 1 if partitions else self.deployment.block
        if start > end:
            return
        held: list[Chunk] = []
        tail = None
        if partitions and partitions[-1].events < self._partition_events:
            tail = self._tail(len(partitions) - 1, partitions[-1])
            if tail is None:
                self._extend(node, end, in_flight=in_flight, progress=progress)
                return
            held = [tail]
        parent = partitions[-1].last_hash if partitions else None
        reading = fetch(
            node, self.catalogue, first=start, last=end, parent_hash=parent, in_flight=in_flight, progress=progress
        )
        try:
            for chunk in reading:
                held.append(chunk)
                if sum(part.events for part in held) >= self._partition_events:
                    self._close(held, replacing=tail is not None)
                    held, tail = [], None
        except CreditError:
            self._close(held, replacing=tail is not None)
            raise
        self._close(held, replacing=tail is not None)

    def _tail(self, index: int, partition: Partition) -> Chunk | None:
        """The last partition, to be written again with what follows; dropped where it is damaged."""
        try:
            tables = self._load(index, partition, set(partition.tables), partition.first, partition.last)
        except CorruptFile:
            manifest = self.manifest()
            self._commit(msgspec.structs.replace(manifest, partitions=manifest.partitions[:index]))
            return None
        return Chunk(
            partition.first, partition.last, partition.parent_hash, partition.last_hash, partition.events, tables
        )

    def _close(self, held: Sequence[Chunk], *, replacing: bool) -> None:
        """Write chunks as one partition and make it part of the store; nothing new, nothing written."""
        if len(held) <= replacing:
            return
        first, last = held[0], held[-1]
        manifest = self.manifest()
        kept = manifest.partitions[:-1] if replacing else manifest.partitions
        if replacing and not any(chunk.events for chunk in held[1:]):
            partition = msgspec.structs.replace(manifest.partitions[-1], last=last.last, last_hash=last.last_hash)
            self._commit(msgspec.structs.replace(manifest, partitions=(*kept, partition)))
            return
        joined = join_chunks([chunk.tables for chunk in held], self.catalogue, copied=False)
        folder = f"{first.first:012d}-{last.last:012d}-{last.last_hash[2:18]}"
        written = self._write({name: table for name, table in joined.items() if table.num_rows}, folder)
        partition = Partition(folder, first.first, last.last, first.parent_hash, last.last_hash, written)
        self._commit(msgspec.structs.replace(manifest, partitions=(*kept, partition)))
        self._sweep()

    def _write(self, tables: Mapping[str, pa.Table], folder: str) -> dict[str, StoredTable]:
        """Write a partition's files under a passing name, then give the folder its own."""
        passing, final = self.folder / f".{folder}.part", self.folder / folder
        for stale in (passing, final):
            shutil.rmtree(stale, ignore_errors=True)
        passing.mkdir()
        written = {}
        for name, table in tables.items():
            sink = pa.BufferOutputStream()
            repeated = [field.name for field in table.schema if field.name == "tx_hash" or field.type == TEXT]
            pq.write_table(table, sink, compression="zstd", use_dictionary=repeated, write_page_checksum=True)
            content = sink.getvalue()
            write_whole(passing / f"{name}.parquet", content.to_pybytes())
            written[name] = StoredTable(table.num_rows, hashlib.sha256(content).hexdigest())
        os.replace(passing, final)
        sync_folder(self.folder)
        return written

    def _commit(self, manifest: Manifest) -> None:
        content = msgspec.json.encode(manifest)
        sealed = _Sealed(hashlib.sha256(content).hexdigest(), msgspec.Raw(content))
        write_whole(self.folder / _MANIFEST, msgspec.json.encode(sealed))

    def _roll_back(self, node: Node) -> None:
        """Drop the partitions whose last block is not the chain's block of that number."""
        manifest = self.manifest()
        kept = list(manifest.partitions)
        while kept:
            header = header_at(node, kept[-1].last)
            if header is not None and header.hash == kept[-1].last_hash:
                break
            kept.pop()
        if len(kept) < len(manifest.partitions):
            self._commit(msgspec.structs.replace(manifest, partitions=tuple(kept)))
            self._sweep()

    def _sweep(self) -> None:
        """Remove what the manifest does not name: leftovers of a write cut short, partitions replaced."""
        named = {partition.folder for partition in self.manifest().partitions}
        for path in self.folder.iterdir():
            if path.is_dir() and path.name not in named:
                shutil.rmtree(path)
            elif path.name.endswith(".part"):
                path.unlink()

    @contextmanager
    def _lock(self, *, exclusive: bool) -> Iterator[None]:
        with open(self.folder / ".lock", "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            yield


@contextmanager
def _frugal() -> Iterator[None]:
    """Let Arrow take memory from the system: its own allocator keeps 10 MB more for each thread that reads."""
    usual = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(usual)


def _fingerprint(events: Catalogue) -> str:
    """What the tables of a store depend on: names, addresses, topics and column types."""
    facts = [
        [table.name, table.address, table.topic0, [[c.name, c.solidity, c.indexed] for c in table.columns]]
        for table in events.tables.values()
    ]
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()
