from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from eth_utils.address import to_checksum_address

from analytics.chain import EventStore, Node, fetch, read_events, rpc
from analytics.chain.store import CorruptFile
from analytics.errors import ChainMismatch, ChainUnavailable, InvalidInput, NotFound
from tests.analytics.chain.synthetic import STRANGER, HangUpError, Server, SyntheticChain, lived, serving


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "FIRST_BLOCKS", 3)
    monkeypatch.setattr(fetch, "MOST_BLOCKS", 3)
    monkeypatch.setattr(rpc, "BACKOFF", 0.001)


def fresh(server: Server, **options: Any) -> Mapping[str, pa.Table]:
    return read_events(server.url, server.chain.deployment(), **options)


def opened(folder: Path, server: Server, *, events: int = 20) -> EventStore:
    return EventStore(folder, server.chain.deployment(), partition_events=events)


def same(one: Mapping[str, pa.Table], other: Mapping[str, pa.Table]) -> bool:
    return list(one) == list(other) and all(one[name].equals(other[name]) for name in one)


def asked_blocks(server: Server) -> list[int]:
    ranges = [params[0] for method, params in server.asked if method == "eth_getLogs"]
    return [n for r in ranges for n in range(int(r["fromBlock"], 16), int(r["toBlock"], 16) + 1)]


def test_a_store_gives_what_the_node_gives(server: Server, tmp_path: Path) -> None:
    store = opened(tmp_path, server)
    store.sync(Node(server.url))
    tables = store.read()
    assert same(tables, fresh(server))
    assert (tables.first_block, tables.last_block) == (1, 40)
    assert tables.last_hash == "0x" + server.chain.blocks[40].hash.hex()
    assert len(store.manifest().partitions) > 3
    for partition in store.manifest().partitions:
        for name, stored in partition.tables.items():
            content = (tmp_path / partition.folder / f"{name}.parquet").read_bytes()
            assert hashlib.sha256(content).hexdigest() == stored.sha256


@pytest.mark.parametrize("events", [1, 5, 1000])
@pytest.mark.parametrize("steps", [[40], [1, 2, 3, 11, 12, 13, 40], list(range(1, 41))])
def test_reading_in_any_steps_gives_the_same_tables(
    server: Server, tmp_path: Path, events: int, steps: list[int]
) -> None:
    for last in steps:
        opened(tmp_path, server, events=events).sync(Node(server.url), last=last)
    assert same(opened(tmp_path, server).read(), fresh(server))


def test_a_second_reading_asks_only_for_new_blocks(server: Server, tmp_path: Path) -> None:
    opened(tmp_path, server).sync(Node(server.url), last=20)
    server.asked.clear()
    lived(server.chain, 4, start=40)
    store = opened(tmp_path, server)
    store.sync(Node(server.url))
    assert sorted(asked_blocks(server)) == list(range(21, 45))
    server.asked.clear()
    before = sorted(tmp_path.rglob("*.parquet"))
    store.sync(Node(server.url))
    assert asked_blocks(server) == []
    assert sorted(tmp_path.rglob("*.parquet")) == before
    assert same(store.read(), fresh(server))


def test_ranges_and_tables_can_be_chosen(server: Server, tmp_path: Path) -> None:
    store = opened(tmp_path, server)
    store.sync(Node(server.url))
    some = store.read(first=7, last=22, names=["token.funded"])
    assert list(some) == ["token.funded"]
    assert some["token.funded"].equals(fresh(server, first=7, last=22)["token.funded"])
    joined = pa.concat_tables(store.batches("token.funded")).unify_dictionaries().combine_chunks()
    assert joined.equals(fresh(server)["token.funded"])
    files = [str(path) for path in store.files("lending.loan_drawn")]
    query = f"SELECT count(*), max(borrower), sum(principal) FROM read_parquet({files})"
    whole = fresh(server)["lending.loan_drawn"].to_pydict()
    assert duckdb.sql(query).fetchall() == [
        (len(whole["loan_id"]), max(whole["borrower"]), sum(whole["principal"])),
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda store: store.read(names=["no.table"]), "no table no.table"),
        (lambda store: store.files("no.table"), "no table no.table"),
        (lambda store: store.read(last=41), "ends at block 40; block 41 is not stored"),
    ],
)
def test_what_is_not_stored_is_not_found(server: Server, tmp_path: Path, call: Any, message: str) -> None:
    store = opened(tmp_path, server)
    with pytest.raises(NotFound, match="holds no blocks yet"):
        store.read()
    store.sync(Node(server.url))
    with pytest.raises(NotFound, match=message):
        call(store)


@pytest.mark.parametrize("height", [0, 1, 12, 13, 19, 20, 21, 38, 39])
@pytest.mark.parametrize("events", [5, 20, 1000])
def test_a_reorganisation_leaves_the_tables_of_a_fresh_reading(
    server: Server, tmp_path: Path, height: int, events: int
) -> None:
    store = opened(tmp_path, server, events=events)
    store.sync(Node(server.url))
    old = store.read()
    server.chain.fork(height)
    lived(server.chain, 35, start=50)
    store.sync(Node(server.url))
    assert same(store.read(), fresh(server))
    assert not same(store.read(), old)


@pytest.mark.parametrize("longer", [0, 1, 5])
def test_a_reorganisation_exactly_at_the_checkpoint_is_noticed(server: Server, tmp_path: Path, longer: int) -> None:
    store = opened(tmp_path, server, events=5)
    store.sync(Node(server.url))
    kept = [partition for partition in store.manifest().partitions if partition.last < 40]
    server.chain.fork(39)
    lived(server.chain, 1 + longer, start=60)
    server.asked.clear()
    store.sync(Node(server.url))
    assert list(store.manifest().partitions[: len(kept)]) == kept
    assert min(asked_blocks(server)) == kept[-1].last + 1
    assert same(store.read(), fresh(server))


def test_a_chain_cut_shorter_loses_the_abandoned_blocks(server: Server, tmp_path: Path) -> None:
    store = opened(tmp_path, server, events=5)
    store.sync(Node(server.url))
    server.chain.fork(30)
    store.sync(Node(server.url))
    assert store.next_block == 31
    assert same(store.read(), fresh(server))


def test_a_reorganisation_in_the_midst_of_reading_is_undone(server: Server, tmp_path: Path) -> None:
    done: list[int] = []

    def reorganise(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getLogs" and int(params[0]["fromBlock"], 16) > 24 and not done:
            done.append(1)
            server.chain.fork(10)
            lived(server.chain, 40, start=70)
        return server.chain.answer(method, params, "ganache")

    server.fault = reorganise
    store = opened(tmp_path, server, events=10)
    store.sync(Node(server.url), in_flight=1)
    assert done
    server.fault = lambda method, params, result: result
    assert same(store.read(), fresh(server))


class KilledError(BaseException):
    """The process ends here."""


class Killing:
    """End the process at its n-th write, and let nothing be done after it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        self.left = at
        self.dead = False
        for owner, name in ((os, "replace"), (os, "fsync"), (shutil, "rmtree"), (Path, "unlink"), (Path, "mkdir")):
            monkeypatch.setattr(owner, name, self.wrapped(getattr(owner, name), counted=name in ("replace", "fsync")))

    def wrapped(self, original: Any, *, counted: bool) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            if counted and not self.dead:
                self.left -= 1
                self.dead = self.left < 0
            if self.dead:
                raise KilledError
            return original(*arguments, **options)

        return call


@pytest.mark.parametrize("grown", [False, True])
def test_a_kill_at_any_write_leaves_a_store_that_goes_on(server: Server, tmp_path: Path, grown: bool) -> None:
    expected = fresh(server)
    template = tmp_path / "template"
    if grown:
        opened(template, server, events=60).sync(Node(server.url), last=13)
    at = 0
    while True:
        folder = tmp_path / "store"
        if grown:
            shutil.copytree(template, folder)
        store = opened(folder, server, events=60)
        with pytest.MonkeyPatch.context() as patch:
            killing = Killing(patch, at)
            with contextlib.suppress(KilledError):
                store.sync(Node(server.url))
        if not killing.dead:
            break
        if store.manifest().partitions:
            half = store.read()
            assert same(half, fresh(server, last=half.last_block))
        store.sync(Node(server.url))
        assert same(store.read(), expected)
        named = {partition.folder for partition in store.manifest().partitions}
        assert {path.name for path in folder.iterdir()} == {"manifest.json", ".lock", *named}
        shutil.rmtree(folder)
        at += 1
    assert at > 20


def test_what_was_read_before_the_node_died_is_kept(server: Server, tmp_path: Path) -> None:
    def die(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getLogs" and int(params[0]["fromBlock"], 16) > 20:
            raise HangUpError
        return result

    server.fault = die
    store = opened(tmp_path, server, events=1000)
    with pytest.raises(ChainUnavailable):
        store.sync(Node(server.url), in_flight=1)
    assert store.next_block == 22
    server.fault = lambda method, params, result: result
    store.sync(Node(server.url))
    assert same(store.read(), fresh(server))


def test_memory_comes_from_the_system_while_reading_and_from_the_usual_pool_after(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, met = pa.default_memory_pool().backend_name, set[str]()
    decode = fetch.decode_logs

    def watched(*given: Any, **options: Any) -> Any:
        met.add(pa.default_memory_pool().backend_name)
        return decode(*given, **options)

    monkeypatch.setattr(fetch, "decode_logs", watched)
    opened(tmp_path, server).sync(Node(server.url), last=20)
    assert met == {"system"}
    assert pa.default_memory_pool().backend_name == usual
    server.fault = lambda method, params, result: {} if method == "eth_getLogs" else result
    with pytest.raises(InvalidInput):
        opened(tmp_path, server).sync(Node(server.url))
    assert pa.default_memory_pool().backend_name == usual


def test_a_flipped_byte_anywhere_is_noticed_and_healed(server: Server, tmp_path: Path) -> None:
    seed = 20_231_231
    print(f"seed {seed}")
    rng = random.Random(seed)
    expected = fresh(server)
    store = opened(tmp_path, server)
    store.sync(Node(server.url))
    for path in sorted(tmp_path.rglob("*.parquet")):
        content = bytearray(path.read_bytes())
        for place in (0, len(content) - 1, rng.randrange(len(content))):
            changed = bytearray(content)
            changed[place] ^= 1 << rng.randrange(8)
            path.write_bytes(changed)
            with pytest.raises(CorruptFile, match=path.name):
                store.read()
            with pytest.raises(CorruptFile, match=path.name):
                store.files(path.name.removesuffix(".parquet"))
        path.write_bytes(content)
    path.unlink()
    with pytest.raises(CorruptFile, match=path.name):
        store.read()
    healed = read_events(server.url, server.chain.deployment(), store=tmp_path)
    assert same(healed, expected)
    assert same(store.read(), expected)


def test_a_damaged_last_partition_is_read_again_when_the_store_grows(server: Server, tmp_path: Path) -> None:
    store = opened(tmp_path, server, events=1000)
    store.sync(Node(server.url), last=20)
    path = next(tmp_path.rglob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-1])
    store.sync(Node(server.url))
    assert same(store.read(), fresh(server))


def test_a_flipped_byte_in_the_manifest_is_refused(server: Server, tmp_path: Path) -> None:
    opened(tmp_path, server, events=1000).sync(Node(server.url))
    path = tmp_path / "manifest.json"
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        changed = bytearray(content)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(InvalidInput, match=r"manifest\.json"):
            opened(tmp_path, server)
    path.write_bytes(content)
    assert same(opened(tmp_path, server).read(), fresh(server))


def test_a_store_of_another_deployment_is_refused(server: Server, tmp_path: Path) -> None:
    opened(tmp_path, server).sync(Node(server.url))
    deployment = server.chain.deployment()
    token = replace(deployment.contracts["Token"], address=to_checksum_address(STRANGER))
    for other in (
        replace(deployment, chain_id=5),
        replace(deployment, genesis_hash="0x" + 64 * "0"),
        replace(deployment, contracts={**deployment.contracts, "Token": token}),
        replace(deployment, contracts={"Token": deployment.contracts["Token"]}),
    ):
        with pytest.raises(ChainMismatch, match="name another folder"):
            EventStore(tmp_path, other)


def test_another_chain_cannot_be_synced_into_a_store(server: Server, tmp_path: Path) -> None:
    store = opened(tmp_path, server)
    store.sync(Node(server.url))
    before = store.manifest()
    other = SyntheticChain()
    other.salt = 3
    other.blocks.clear()
    other.mine()
    with serving(lived(other, 50)) as second, pytest.raises(ChainMismatch, match="genesis"):
        store.sync(Node(second.url))
    assert store.manifest() == before


def test_read_events_through_a_store_equals_reading_without(server: Server, tmp_path: Path) -> None:
    deployment = server.chain.deployment()
    for first, last in ((None, 17), (3, 17), (None, None), (5, 11)):
        stored = read_events(server.url, deployment, first=first, last=last, store=tmp_path)
        direct = read_events(server.url, deployment, first=first, last=last)
        assert same(stored, direct)
        assert stored == replace(direct, tables=stored.tables)


def test_no_partition_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="partition_events = 0"):
        EventStore(tmp_path, SyntheticChain().deployment(), partition_events=0)
