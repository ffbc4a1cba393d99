"""A chain made of Python values: logs in the words of several nodes, headers that prove them, a server.

Nothing here uses the reader; blooms, hashes and encodings come from eth_hash, eth_abi and the json module.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from analytics.chain import Contract, Deployment

CHAIN_ID = 1337
CODE = {"Lending": "0x6001", "Token": "0x6002"}
ADDRESS = {"Lending": "0x" + "a1" * 20, "Token": "0x" + "0b" * 20}
STRANGER = "0x" + "ee" * 20


def event(name: str, *arguments: tuple[str, str, bool]) -> dict[str, Any]:
    """An ABI entry from (name, type, indexed)."""
    inputs = [{"name": n, "type": t, "internalType": t, "indexed": i} for n, t, i in arguments]
    return {"type": "event", "name": name, "anonymous": False, "inputs": inputs}


TRANSFER = event("Transfer", ("from", "address", True), ("to", "address", True), ("value", "uint256", False))
LENDING = [
    event(
        "LoanDrawn",
        ("loanId", "uint64", True),
        ("industry", "bytes4", True),
        ("borrower", "address", False),
        ("principal", "uint128", False),
        ("rate", "int40", False),
        ("region", "bytes6", False),
        ("termsHash", "bytes32", False),
        ("secured", "bool", False),
    ),
    event("Unsigned", *((f"u{bits}", f"uint{bits}", False) for bits in range(8, 257, 8))),
    event("Signed", *((f"i{bits}", f"int{bits}", False) for bits in range(8, 257, 8))),
    event("Bytes", *((f"b{size}", f"bytes{size}", False) for size in range(1, 33))),
    event("IndexedWords", ("wide", "uint256", True), ("delta", "int256", True), ("tag", "bytes32", True)),
    event("IndexedParts", ("flag", "bool", True), ("who", "address", True), ("amount", "uint128", True)),
    event("DayOpened"),
    TRANSFER,
]
TOKEN = [TRANSFER, event("Funded", ("account", "address", True), ("amount", "uint128", False))]
ABIS: dict[str, list[dict[str, Any]]] = {"Lending": LENDING, "Token": TOKEN}


def signature_topic(entry: Mapping[str, Any]) -> bytes:
    """Topic 0 of an event."""
    return bytes(keccak(f"{entry['name']}({','.join(i['type'] for i in entry['inputs'])})".encode()))


@dataclass(frozen=True)
class Log:
    """One log as the EVM made it."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block: int = 1
    tx_index: int = 0
    log_index: int = 0
    tx_hash: bytes = b"\x11" * 32
    block_hash: bytes = b"\x22" * 32


def emitted(contract: str, entry: Mapping[str, Any], values: Sequence[Any], **place: Any) -> Log:
    """The log of an event with these argument values."""
    pairs = list(zip(entry["inputs"], values, strict=True))
    topics = [signature_topic(entry), *(encode([i["type"]], [v]) for i, v in pairs if i["indexed"])]
    plain = [(i["type"], v) for i, v in pairs if not i["indexed"]]
    data = encode([kind for kind, _ in plain], [value for _, value in plain])
    return Log(ADDRESS[contract], tuple(topics), data, **place)


def rpc_log(log: Log, dialect: str = "ganache", *, time: int = 0) -> dict[str, Any]:
    """A log object with the members, and in the order, of a node."""
    members: dict[str, Any] = {
        "address": log.address,
        "topics": ["0x" + topic.hex() for topic in log.topics],
        "data": "0x" + log.data.hex(),
        "blockNumber": hex(log.block),
        "transactionHash": "0x" + log.tx_hash.hex(),
        "transactionIndex": hex(log.tx_index),
        "blockHash": "0x" + log.block_hash.hex(),
        "blockTimestamp": hex(time),
        "logIndex": hex(log.log_index),
        "removed": False,
    }
    return {name: members[name] for name in DIALECTS[dialect]}


_ORDERS = """
ganache address blockHash blockNumber data logIndex removed topics transactionHash transactionIndex
anvil address topics data blockHash blockNumber blockTimestamp transactionHash transactionIndex logIndex removed
geth address topics data blockNumber transactionHash transactionIndex blockHash blockTimestamp logIndex removed
hardhat removed logIndex transactionIndex transactionHash blockHash blockNumber address data topics
bare address topics data blockNumber transactionHash transactionIndex blockHash logIndex
"""
DIALECTS = {node: members for node, *members in map(str.split, _ORDERS.strip().splitlines())}


def compact(value: object) -> bytes:
    """JSON without white space, as nodes write it."""
    return json.dumps(value, separators=(",", ":")).encode()


def bloom(logs: Sequence[Log]) -> bytes:
    """The logs bloom of a block, by the Yellow Paper's definition."""
    bits = bytearray(256)
    for log in logs:
        for value in (bytes.fromhex(log.address[2:]), *log.topics):
            digest = keccak(value)
            for pair in (digest[0:2], digest[2:4], digest[4:6]):
                bit = int.from_bytes(pair, "big") % 2048
                bits[255 - bit // 8] |= 1 << bit % 8
    return bytes(bits)


@dataclass(frozen=True)
class Block:
    """A block with its logs in place."""

    number: int
    parent: bytes
    time: int
    logs: tuple[Log, ...]
    hash: bytes

    @property
    def header(self) -> dict[str, Any]:
        """The header as nodes answer it."""
        return {
            "hash": "0x" + self.hash.hex(),
            "parentHash": "0x" + self.parent.hex(),
            "logsBloom": "0x" + bloom(self.logs).hex(),
            "number": hex(self.number),
            "timestamp": hex(self.time),
            "extraData": "0x",
            "transactions": [],
        }


@dataclass
class SyntheticChain:
    """Blocks that link by hash; ``fork`` drops the last ones so that others can follow."""

    blocks: list[Block] = field(default_factory=list)
    salt: int = 0

    def __post_init__(self) -> None:
        """Every chain has its block 0."""
        self.mine()

    def mine(self, *logs: Log) -> Block:
        """A block of these logs, numbered and hashed."""
        number = len(self.blocks)
        parent = self.blocks[-1].hash if self.blocks else bytes(32)
        content = parent + bytes([self.salt]) + b"".join(log.data + b"".join(log.topics) for log in logs)
        digest = bytes(keccak(content + number.to_bytes(8, "big")))
        placed = tuple(
            replace(
                log,
                block=number,
                tx_index=index // 3,
                log_index=index,
                tx_hash=bytes(keccak(digest + bytes([index // 3]))),
                block_hash=digest,
            )
            for index, log in enumerate(logs)
        )
        block = Block(number, parent, 1_600_000_000 + 12 * number + self.salt, placed, digest)
        self.blocks.append(block)
        return block

    def fork(self, height: int) -> None:
        """Abandon the blocks after ``height``; what is mined from now on has other hashes."""
        del self.blocks[height + 1 :]
        self.salt += 1

    def logs(self, first: int, last: int) -> list[Log]:
        """The logs of a block range."""
        return [log for block in self.blocks[first : last + 1] for log in block.logs]

    def answer(self, method: str, params: Sequence[Any], dialect: str) -> Any:
        """The result of one JSON-RPC call."""
        if method == "eth_chainId":
            return hex(CHAIN_ID)
        if method == "eth_blockNumber":
            return hex(len(self.blocks) - 1)
        if method == "eth_getCode":
            codes = {ADDRESS[name].lower(): code for name, code in CODE.items()}
            return codes.get(params[0].lower(), "0x")
        if method == "eth_getBlockByNumber":
            number = int(params[0], 16)
            return self.blocks[number].header if number < len(self.blocks) else None
        assert method == "eth_getLogs", method
        first, last = int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)
        return [rpc_log(log, dialect) for log in self.logs(first, last)]

    def deployment(self) -> Deployment:
        """The deployment whose contracts emit here."""
        contracts = {
            name: Contract(
                to_checksum_address(ADDRESS[name]), "0x" + keccak(bytes.fromhex(CODE[name][2:])).hex(), 1, abi
            )
            for name, abi in ABIS.items()
        }
        return Deployment(CHAIN_ID, "0x" + self.blocks[0].hash.hex(), contracts)


def business(start: int, count: int) -> list[Log]:
    """``count`` logs of a day: drawdowns, fundings, transfers, one of a stranger."""
    made = []
    for n in range(start, start + count):
        borrower = "0x" + n.to_bytes(20, "big").hex()
        drawn = [n, b"K%02d\0" % (n % 90), borrower, 100 * n, -n, b"CN-GD\0", n.to_bytes(32, "big"), n % 2 == 0]
        made += [
            emitted("Lending", LENDING[0], drawn),
            emitted("Token", TOKEN[1], [borrower, 2**126 + n]),
            emitted("Token", TOKEN[0], [borrower, ADDRESS["Token"], 2**200 * n]),
        ][n % 3 : n % 3 + 1]
    return [*made, Log(STRANGER, (b"\x05" * 32,), b"\x01\x02")]


def lived(chain: SyntheticChain, blocks: int, *, start: int = 0) -> SyntheticChain:
    """Mine blocks of business; every third is empty."""
    for n in range(start, start + blocks):
        chain.mine(*([] if n % 3 == 2 else business(1000 * chain.salt + 10 * n, 1 + n % 7)))
    return chain


Fault = Callable[[str, Sequence[Any], Any], Any]


@dataclass
class Server:
    """A chain behind HTTP. ``fault`` may change each result, raise ``RefusedError``, or stall."""

    chain: SyntheticChain
    dialect: str = "ganache"
    fault: Fault = lambda method, params, result: result
    body: Callable[[bytes], bytes] = lambda body: body
    url: str = ""
    asked: list[tuple[str, Sequence[Any]]] = field(default_factory=list)


class RefusedError(Exception):
    """The node's own error for a call."""


class HangUpError(Exception):
    """The node closes the connection without an answer."""


@contextmanager
def serving(chain: SyntheticChain, dialect: str = "ganache") -> Iterator[Server]:
    """Serve a chain on a free port of the loopback."""
    server = Server(chain, dialect)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            calls = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answers = []
            try:
                for call in calls:
                    server.asked.append((call["method"], call["params"]))
                    answer = {"id": call["id"], "jsonrpc": "2.0"}
                    try:
                        result = server.chain.answer(call["method"], call["params"], server.dialect)
                        answer["result"] = server.fault(call["method"], call["params"], result)
                    except RefusedError as refusal:
                        answer["error"] = {"code": -32005, "message": str(refusal)}
                    answers.append(answer)
            except HangUpError:
                self.close_connection = True
                return
            body = server.body(compact(answers))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
