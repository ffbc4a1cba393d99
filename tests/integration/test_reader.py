from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from analytics.chain import Deployment, EventStore, Node, deployed, read_events, write_deployment
from analytics.errors import ChainMismatch
from scripts.chain import DevelopmentChain, development_chain
from tests.analytics.chain.synthetic import LENDING, TOKEN, emitted
from tests.integration.emitter import CREATION, RUNTIME, record

ROOT = Path(__file__).resolve().parents[2]
ABIS: dict[str, list[dict[str, Any]]] = {"Lending": LENDING, "Token": TOKEN}
EVENTS = {name: {entry["name"]: entry for entry in abi} for name, abi in ABIS.items()}


@dataclass
class Emitters:
    """Two contracts of a development chain that emit what they are told."""

    chain: DevelopmentChain
    account: str
    addresses: Mapping[str, str]
    deployment: Deployment

    def emit(self, contract: str, *events: tuple[str, Sequence[Any]]) -> str:
        """Emit events of a contract in one transaction; its hash."""
        data = b""
        for name, values in events:
            log = emitted(contract, EVENTS[contract][name], values)
            data += record(log.topics, log.data)
        return str(self.send(to=self.addresses[contract], data="0x" + data.hex()))

    def send(self, **transaction: str) -> Any:
        return self.chain.call("eth_sendTransaction", {"from": self.account, "gas": hex(20_000_000), **transaction})

    def business(self, blocks: int, *, seed: int) -> None:
        """Blocks of fundings and drawdowns."""
        rng = random.Random(seed)
        for number in range(blocks):
            borrower = "0x" + rng.randbytes(20).hex()
            drawn = [
                rng.getrandbits(64),
                b"K70\0",
                borrower,
                rng.getrandbits(120),
                -number,
                b"CN-GD\0",
                bytes(32),
                True,
            ]
            self.emit("Token", *[("Funded", [borrower, rng.getrandbits(128)]) for _ in range(rng.randrange(1, 9))])
            self.emit("Lending", ("LoanDrawn", drawn), ("DayOpened", []))


def emitters_on(chain: DevelopmentChain) -> Emitters:
    account = chain.accounts()[0]
    addresses = {}
    for name in ABIS:
        sent = chain.call(
            "eth_sendTransaction", {"from": account, "data": "0x" + CREATION.hex(), "gas": hex(3_000_000)}
        )
        addresses[name] = chain.call("eth_getTransactionReceipt", sent)["contractAddress"]
        assert chain.call("eth_getCode", addresses[name], "latest") == "0x" + RUNTIME.hex()
    record_of = deployed(Node(chain.url), {name: (addresses[name], 1, abi) for name, abi in ABIS.items()})
    return Emitters(chain, account, addresses, record_of)


@pytest.fixture(scope="module")
def ganache() -> Iterator[DevelopmentChain]:
    with development_chain() as chain:
        yield chain


@pytest.fixture
def emitters(ganache: DevelopmentChain) -> Iterator[Emitters]:
    before = ganache.snapshot()
    yield emitters_on(ganache)
    ganache.revert(before)


def same(one: Mapping[str, pa.Table], other: Mapping[str, pa.Table]) -> bool:
    return list(one) == list(other) and all(one[name].equals(other[name]) for name in one)


def test_events_of_a_real_node_are_read_as_they_were_emitted(emitters: Emitters) -> None:
    borrower = "0x" + "cd" * 20
    sent = emitters.emit(
        "Lending",
        ("LoanDrawn", [2**64 - 1, b"K70\0", borrower, 2**127 - 1, -(2**39), b"US-CA\0", b"\x07" * 32, True]),
        ("IndexedWords", [2**256 - 1, -(2**255), b"\xff" * 32]),
        ("Unsigned", [2**bits - 1 for bits in range(8, 257, 8)]),
    )
    emitters.emit("Token", ("Transfer", [borrower, emitters.account, 10**76]), ("Transfer", [borrower, borrower, 0]))
    tables = read_events(emitters.chain.url, emitters.deployment)
    receipt = emitters.chain.call("eth_getTransactionReceipt", sent)
    block = emitters.chain.call("eth_getBlockByNumber", receipt["blockNumber"], False)
    (drawn,) = tables["lending.loan_drawn"].to_pylist()
    assert drawn == {
        "block_number": int(block["number"], 16),
        "block_time": int(block["timestamp"], 16),
        "tx_index": 0,
        "log_index": 0,
        "tx_hash": bytes.fromhex(sent[2:]),
        "loan_id": 2**64 - 1,
        "industry": "K70",
        "borrower": borrower,
        "principal": Decimal(2**127 - 1),
        "rate": -(2**39),
        "region": "US-CA",
        "terms_hash": b"\x07" * 32,
        "secured": True,
    }
    (words,) = tables["lending.indexed_words"].to_pylist()
    assert (words["wide"], words["delta"]) == (b"\xff" * 32, b"\x80" + bytes(31))
    (unsigned,) = tables["lending.unsigned"].to_pylist()
    assert [int(unsigned[f"u{bits}"]) for bits in range(8, 249, 8)] == [2**bits - 1 for bits in range(8, 249, 8)]
    assert unsigned["u256"] == b"\xff" * 32
    assert [int.from_bytes(value, "big") for value in tables["token.transfer"]["value"].to_pylist()] == [10**76, 0]
    assert tables["lending.transfer"].num_rows == 0


def test_a_block_of_several_transactions_is_whole(emitters: Emitters) -> None:
    emitters.chain.call("miner_stop")
    try:
        for number in range(4):
            emitters.emit("Token", ("Funded", [emitters.account, number]), ("Funded", [emitters.account, 10 + number]))
    finally:
        emitters.chain.call("miner_start")
    tables = read_events(emitters.chain.url, emitters.deployment)
    funded = tables.frame("token.funded")
    assert funded["block_number"].nunique() == 1
    assert funded["tx_index"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert funded["log_index"].tolist() == list(range(8))


@pytest.mark.parametrize("depth", [1, 2, 7])
def test_a_reorganisation_leaves_the_tables_of_a_fresh_reading(emitters: Emitters, tmp_path: Path, depth: int) -> None:
    node = Node(emitters.chain.url)
    emitters.business(6, seed=1)
    for _ in range(7 - depth):
        emitters.emit("Token", ("Funded", [emitters.account, 5]))
    fork = emitters.chain.snapshot()
    for number in range(depth):
        emitters.emit("Token", ("Funded", [emitters.account, 100 + number]))
    store = EventStore(tmp_path, emitters.deployment, partition_events=10)
    store.sync(node)
    old = store.read()
    abandoned = emitters.chain.call("eth_getBlockByNumber", hex(old.last_block), False)["hash"]
    emitters.chain.revert(fork)
    for number in range(depth):
        emitters.emit("Token", ("Funded", [emitters.account, 200 + number]))
    assert emitters.chain.height() == old.last_block
    assert emitters.chain.call("eth_getBlockByNumber", hex(old.last_block), False)["hash"] != abandoned
    store.sync(node)
    assert same(store.read(), read_events(emitters.chain.url, emitters.deployment))
    assert not same(store.read(), old)
    amounts = [int(amount) for amount in store.read()["token.funded"]["amount"].to_pylist()]
    assert amounts[-depth:] == [200 + number for number in range(depth)]
    assert not {100 + number for number in range(depth)} & set(amounts)


READER = """
import sys
from analytics.chain import EventStore, Node, fetch, read_deployment
fetch.FIRST_BLOCKS = fetch.MOST_BLOCKS = 2
store = EventStore(sys.argv[2], read_deployment(sys.argv[3]), partition_events=9)
print("reading", flush=True)
store.sync(Node(sys.argv[1]))
print("done", flush=True)
"""


def test_a_reader_killed_at_any_time_goes_on_where_it_stood(emitters: Emitters, tmp_path: Path) -> None:
    seed = 4_101
    print(f"seed {seed}")
    rng = random.Random(seed)
    emitters.business(40, seed=seed)
    write_deployment(tmp_path / "deployment.json", emitters.deployment)
    command = [
        sys.executable,
        "-c",
        READER,
        emitters.chain.url,
        str(tmp_path / "store"),
        str(tmp_path / "deployment.json"),
    ]
    killed = 0
    for _ in range(6):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "reading\n"
            time.sleep(rng.uniform(0.02, 0.15))
            reader.send_signal(signal.SIGKILL)
            killed += "done" not in reader.stdout.read()
    assert killed
    store = EventStore(tmp_path / "store", emitters.deployment, partition_events=9)
    store.sync(Node(emitters.chain.url))
    assert same(store.read(), read_events(emitters.chain.url, emitters.deployment))


def test_another_chain_or_another_contract_is_refused(emitters: Emitters, tmp_path: Path) -> None:
    emitters.business(2, seed=3)
    read_events(emitters.chain.url, emitters.deployment, store=tmp_path)
    with development_chain() as other:
        emitters_on(other)
        with pytest.raises(ChainMismatch, match="genesis"):
            read_events(other.url, emitters.deployment, store=tmp_path)
    lending = emitters.deployment.contracts["Lending"]
    false = replace(lending, code_hash="0x" + "1" * 64)
    changed = replace(emitters.deployment, contracts={**emitters.deployment.contracts, "Lending": false})
    with pytest.raises(ChainMismatch, match=f"contract Lending at {lending.address} has code hash 0x"):
        read_events(emitters.chain.url, changed)


def test_foreign_events_are_ignored(emitters: Emitters) -> None:
    stranger = emitters_on(emitters.chain)
    stranger.business(3, seed=8)
    assert set(read_events(emitters.chain.url, emitters.deployment).counts().values()) == {0}
    assert read_events(emitters.chain.url, stranger.deployment).counts()["lending.day_opened"] == 3
