"""How fast logs become tables: against web3.py's decoder, against parsing their JSON, and against cryo.

`read_vs_cryo` needs anvil (npm package `@foundry-rs/anvil-linux-amd64`) and cryo (`benchmarks/requirements.txt`).
"""

from __future__ import annotations

import importlib.util
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import pandas as pd
import pyarrow.dataset as ds
import requests
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3 import Web3
from web3.datastructures import AttributeDict

from analytics.chain import Contract, Deployment, Node, catalogue, deployed, frame, write_deployment
from analytics.chain.answer import read_logs
from analytics.chain.decode import decode_logs
from analytics.errors import NotFound
from tests.integration.anvil import anvil
from tests.integration.emitter import CREATION, record

ROOT: Final = Path(__file__).resolve().parent.parent

LOGS: Final = 100_000
LOGS_PER_BLOCK: Final = 200
WEB3_SAMPLE: Final = 2_000
READ_BLOCKS: Final = 1_000
LOGS_READ: Final = READ_BLOCKS * LOGS_PER_BLOCK
IN_FLIGHT: Final = 4
ADDRESS: Final = "0x" + "a1" * 20
ARGUMENTS: Final = (
    ("loanId", "uint64", True),
    ("posting", "uint16", False),
    ("valueDate", "uint24", False),
    ("amount", "uint128", False),
    ("principal", "uint128", False),
    ("interest", "uint128", False),
    ("penalty", "uint128", False),
    ("outstanding", "uint128", False),
    ("industry", "bytes4", False),
    ("payer", "address", False),
    ("person", "uint32", False),
)
ABI: Final[list[dict[str, Any]]] = [
    {
        "type": "event",
        "name": "LoanRepaid",
        "anonymous": False,
        "inputs": [{"name": name, "type": kind, "internalType": kind, "indexed": i} for name, kind, i in ARGUMENTS],
    }
]
SIGNATURE: Final = "LoanRepaid(" + ",".join(kind for _, kind, _ in ARGUMENTS) + ")"
CRYO_SIGNATURE: Final = (
    "LoanRepaid(" + ", ".join(f"{kind}{' indexed' if i else ''} {name}" for name, kind, i in ARGUMENTS) + ")"
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """The median ratio of one run, baseline time over ours, and what it was made of."""

    ratio: float
    ours_per_second: float
    baseline_per_second: float
    note: str


def decode_vs_web3py(*, repeats: int = 5) -> Measurement:
    """100,000 logs from a node's bytes to a DataFrame, against ``process_log`` for each log already parsed."""
    body = _answer(LOGS)
    parsed = [_web3_log(log) for log in orjson.loads(body)[:WEB3_SAMPLE]]
    event = Web3().eth.contract(address=to_checksum_address(ADDRESS), abi=ABI).events.LoanRepaid()

    def baseline() -> list[Any]:
        return [event.process_log(log) for log in parsed]

    ours = _decoder(body)
    rows = ours().head(WEB3_SAMPLE)
    told = [log.args for log in baseline()]
    for column, (name, _, _) in zip(rows.columns[5:], ARGUMENTS, strict=True):
        values = [_comparable(row[name]) for row in told]
        assert rows[column].tolist() == values, f"{column} differs from what web3.py decodes"
    pairs = _alternate(ours, baseline, repeats)
    note = f"{LOGS:,} logs, {len(body) / 1e6:.0f} MB; web3.py timed on {WEB3_SAMPLE:,} of them"
    return _measured(pairs, note, ours=LOGS, baseline=WEB3_SAMPLE)


def decode_vs_json(*, repeats: int = 7) -> Measurement:
    """The same, against ``orjson.loads`` of the same bytes and nothing more."""
    body = _answer(LOGS)
    pairs = _alternate(_decoder(body), lambda: orjson.loads(body), repeats)
    return _measured(pairs, f"{LOGS:,} logs, {len(body) / 1e6:.0f} MB", ours=LOGS, baseline=LOGS)


def read_vs_cryo(*, repeats: int = 3) -> Measurement:
    """From anvil to Parquet files, decoded, four requests in flight, against cryo doing the same.

    Ours reads every header besides, proves the logs complete and writes checksums. Each runs in a process
    of its own and times itself after its imports. Raises NotFound where anvil or cryo is missing.
    """
    if importlib.util.find_spec("cryo") is None:
        raise NotFound("cryo is missing: pip install -r benchmarks/requirements.txt")
    pairs, memory = [], []
    with anvil() as url, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        contract, last = _filled(url)
        write_deployment(folder / "deployment.json", deployed(Node(url), {"LoanBook": (contract, 1, ABI)}))
        for number in range(repeats):
            ours = _child(_OURS, url, str(folder / "deployment.json"), str(folder / f"ours{number}"))
            theirs = _child(_CRYO, url, str(last), CRYO_SIGNATURE, contract, str(folder / f"cryo{number}"))
            pairs.append((ours["seconds"], theirs["seconds"]))
            memory.append((ours["megabytes"], theirs["megabytes"]))
            stored = _rows(folder / f"ours{number}", "loan_book.*"), _rows(folder / f"cryo{number}", "anvil__*")
            assert stored == (LOGS_READ, LOGS_READ), f"{stored} rows stored, {LOGS_READ} emitted"
    peak = max(ours for ours, _ in memory), max(theirs for _, theirs in memory)
    note = f"{LOGS_READ:,} logs; peak memory {peak[0]:.0f} MB, cryo {peak[1]:.0f} MB"
    return _measured(pairs, note, ours=LOGS_READ, baseline=LOGS_READ)


ROWS: Final[Mapping[str, Callable[[], Measurement]]] = {
    "decode_vs_web3py": decode_vs_web3py,
    "decode_vs_json": decode_vs_json,
    "read_vs_cryo": read_vs_cryo,
}

_OURS: Final = """
import sys, time
from analytics.chain import EventStore, Node, read_deployment, read_events
url, file, folder = sys.argv[1:]
deployment = read_deployment(file)
read_events(url, deployment, last=3)
start = time.perf_counter()
EventStore(folder, deployment).sync(Node(url), in_flight=4)
print(time.perf_counter() - start, open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
"""
_CRYO: Final = """
import pathlib, sys, time
import cryo
url, last, signature, contract, folder = sys.argv[1:]
pathlib.Path(folder).mkdir()
options = dict(rpc=url, event_signature=signature, contract=[contract], hex=False, no_report=True, verbose=False)
cryo.freeze("logs", blocks=["0:3"], output_dir=folder, network_name="warm", **options)
start = time.perf_counter()
cryo.freeze("logs", blocks=[f"0:{int(last) + 1}"], output_dir=folder, network_name="anvil", chunk_size=100_000,
            inner_request_size=25, max_concurrent_requests=4, **options)
print(time.perf_counter() - start, open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
"""


def _words(rng: random.Random, number: int) -> list[bytes]:
    """Topic and data words of one repayment."""
    amounts = [rng.randrange(10 ** rng.randrange(3, 13)) for _ in range(5)]
    values = [number % 100, 19_000 + number // 500, *amounts]
    tail = [b"K%02d" % (number % 90) + bytes(29), (number % 5_000 + 1).to_bytes(32, "big"), (7).to_bytes(32, "big")]
    return [number.to_bytes(32, "big"), *(value.to_bytes(32, "big") for value in values), *tail]


def _answer(count: int) -> bytes:
    """The JSON array a node answers with, in the layout of geth and anvil."""
    rng = random.Random(1)
    topic = keccak(text=SIGNATURE).hex()
    logs = []
    for number in range(count):
        block, index = divmod(number, LOGS_PER_BLOCK)
        indexed, *words = _words(rng, number)
        logs.append(
            f'{{"address":"{ADDRESS}","topics":["0x{topic}","0x{indexed.hex()}"],"data":"0x{b"".join(words).hex()}",'
            f'"blockHash":"0x{keccak(b"b%d" % block).hex()}","blockNumber":"{block:#x}","blockTimestamp":"{block:#x}",'
            f'"transactionHash":"0x{keccak(b"t%d" % block).hex()}","transactionIndex":"0x0","logIndex":"{index:#x}",'
            '"removed":false}'
        )
    return f"[{','.join(logs)}]".encode()


def _comparable(value: Any) -> Any:
    """A value of web3.py as the frame holds it."""
    if isinstance(value, bytes):
        return value.rstrip(b"\0").decode()
    return value.lower() if isinstance(value, str) else value


def _decoder(body: bytes) -> Callable[[], pd.DataFrame]:
    """Decoding of an answer into a DataFrame, its kernels compiled."""
    events = catalogue(Deployment(1, "0x" + 64 * "0", {"LoanBook": Contract(to_checksum_address(ADDRESS), "", 0, ABI)}))
    times = {block: block for block in range(LOGS // LOGS_PER_BLOCK)}

    def ours() -> pd.DataFrame:
        return frame(decode_logs(read_logs(body, events), events, times=times)["loan_book.loan_repaid"])

    ours()
    return ours


def _web3_log(log: Mapping[str, Any]) -> AttributeDict[str, Any]:
    """A log as web3.py's own formatter leaves it."""
    return AttributeDict(
        {
            "address": to_checksum_address(log["address"]),
            "topics": [HexBytes(topic) for topic in log["topics"]],
            "data": HexBytes(log["data"]),
            "blockNumber": int(log["blockNumber"], 16),
            "transactionHash": HexBytes(log["transactionHash"]),
            "transactionIndex": int(log["transactionIndex"], 16),
            "blockHash": HexBytes(log["blockHash"]),
            "logIndex": int(log["logIndex"], 16),
        }
    )


def _alternate(ours: Callable[[], object], baseline: Callable[[], object], repeats: int) -> list[tuple[float, float]]:
    return [(_seconds(ours), _seconds(baseline)) for _ in range(repeats)]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _measured(pairs: list[tuple[float, float]], note: str, *, ours: int, baseline: int) -> Measurement:
    ratio = statistics.median((theirs / baseline) / (own / ours) for own, theirs in pairs)
    own, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Measurement(ratio, ours / own, baseline / theirs, note)


def _rows(folder: Path, name: str) -> int:
    return ds.dataset(sorted(folder.rglob(f"{name}.parquet"))).count_rows()


def _child(program: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    # cryo 0.3.2 now and then dies of a segmentation fault while its process ends, its work done and timed.
    if not done.stdout.strip():
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    seconds, kilobytes = re.findall(r"[\d.]+", done.stdout.splitlines()[-1])
    # VmHWM and not ru_maxrss, which a child inherits from the process that started it.
    return {"seconds": float(seconds), "megabytes": float(kilobytes) / 1024}


def _call(url: str, method: str, *params: Any) -> Any:
    answer = requests.post(url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, timeout=60).json()
    return answer["result"]


def _receipt(url: str, transaction: str) -> dict[str, Any]:
    """The receipt of a transaction, once anvil has mined it, which it does after it answers."""
    for _ in range(100):
        found: dict[str, Any] | None = _call(url, "eth_getTransactionReceipt", transaction)
        if found is not None:
            return found
        time.sleep(0.05)
    raise NotFound(f"transaction {transaction} is not mined after five seconds")


def _filled(url: str) -> tuple[str, int]:
    """A contract that has emitted the logs, and the last block."""
    account = _call(url, "eth_accounts")[0]
    gas = hex(20_000_000)
    created = _call(url, "eth_sendTransaction", {"from": account, "data": "0x" + CREATION.hex(), "gas": gas})
    contract = str(_receipt(url, created)["contractAddress"])
    _call(url, "evm_setAutomine", False)
    rng, topic = random.Random(1), keccak(text=SIGNATURE)
    for block in range(READ_BLOCKS):
        data = b""
        for number in range(block * LOGS_PER_BLOCK, (block + 1) * LOGS_PER_BLOCK):
            indexed, *words = _words(rng, number)
            data += record([topic, indexed], b"".join(words))
        _call(url, "eth_sendTransaction", {"from": account, "to": contract, "data": "0x" + data.hex(), "gas": gas})
        _call(url, "evm_mine")
    return contract, int(_call(url, "eth_blockNumber"), 16)
