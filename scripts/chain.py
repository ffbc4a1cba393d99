"""Development chains: started, moved through time and ended here, and nowhere else.

Everything in this project runs on any Ethereum node; what only a development node can do (unlocked accounts, a clock
that is set, snapshots) is kept in this one adapter.

    with development_chain(start_time=1_609_372_800) as chain, brownie_connected(chain):
        ...

`make chain` runs this file: one chain on Brownie's usual port, with its database in `.chain/`.
"""

from __future__ import annotations

import argparse
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]
import requests

from analytics.errors import ChainUnavailable, InvalidInput

ROOT: Final = Path(__file__).resolve().parent.parent
GANACHE: Final = ROOT / "node_modules" / "ganache" / "dist" / "node" / "cli.js"
PRELOAD: Final = ROOT / "scripts" / "setup" / "end_with_parent.js"
DATABASE: Final = ROOT / ".chain"

HOST: Final = "127.0.0.1"
USUAL_PORT: Final = 8545
LOOPBACK: Final = frozenset({HOST, "localhost"})
DEVELOPMENT_CLIENTS: Final = ("ganache", "ethereumjs testrpc", "anvil", "hardhatnetwork")
CHAIN_ID: Final = 1337
# Published with every development tool: whoever reads it owns these accounts, so it never leaves the loopback.
MNEMONIC: Final = "test test test test test test test test test test test junk"

GAS_PRICE: Final = 100 * 10**9

START_SECONDS: Final = 60.0
PROBE_SECONDS: Final = 1.0
END_SECONDS: Final = 15.0
CALL_SECONDS: Final = 120.0
PORT_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class DevelopmentChain:
    """A running development node.

    Attributes
    ----------
    url : the node's HTTP address, on the loopback
    process : the node, which `development_chain` ends; None where the chain is another's
    """

    url: str
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _http: requests.Session = field(default_factory=requests.Session, repr=False)

    @property
    def port(self) -> int:
        """The port the node listens on."""
        return int(self.url.rsplit(":", 1)[1])

    def call(self, method: str, *params: Any) -> Any:
        """Answer of one JSON-RPC call; raises ChainUnavailable where the node refuses it or does not answer."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            answer = self._http.post(self.url, json=request, timeout=CALL_SECONDS).json()
        except (requests.ConnectionError, requests.Timeout) as error:
            raise ChainUnavailable(f"{method}: no answer from {self.url}: is the chain still running?") from error
        if "error" in answer:
            raise ChainUnavailable(f"{method} refused by {self.url}: {answer['error']['message']}")
        return answer["result"]

    def height(self) -> int:
        """Number of the latest block."""
        return int(self.call("eth_blockNumber"), 16)

    def timestamp(self) -> int:
        """Time of the latest block, UTC seconds."""
        return int(self.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def accounts(self) -> list[str]:
        """Addresses of the unlocked accounts."""
        return list(self.call("eth_accounts"))

    def mine(self) -> None:
        """Mine one block, empty unless transactions wait."""
        self.call("evm_mine")

    def advance_to(self, timestamp: int) -> None:
        """Set the clock to `timestamp` (UTC seconds) and mine a block there; from then on the clock runs.

        Raises InvalidInput for a time before the latest block: the clock of a chain only advances.
        """
        latest = self.timestamp()
        if timestamp < latest:
            raise InvalidInput(
                f"cannot move the chain's clock back from {latest} to {timestamp} (UTC seconds): give a later time"
            )
        self.call("evm_setTime", timestamp * 1000)
        self.mine()

    def snapshot(self) -> str:
        """Remember the chain's state; the name returned is good for one `revert`."""
        return str(self.call("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        """Return to a snapshot's state and clock, dropping the blocks after it (a reorganisation, for a reader)."""
        if not self.call("evm_revert", snapshot):
            raise InvalidInput(f"no snapshot {snapshot} on {self.url}: it was reverted to already, or never taken")


@contextmanager
def development_chain(
    *,
    start_time: int | None = None,
    block_gas_limit: int = 30_000_000,
    mnemonic: str = MNEMONIC,
    accounts: int = 30,
    database: Path | None = None,
    port: int | None = None,
) -> Iterator[DevelopmentChain]:
    """A Ganache node of its own on the loopback, ended in every case when the block is left.

    Parameters
    ----------
    start_time : UTC seconds at which its clock starts; now by default. A chain resumed from its database goes on
        from its latest block where that is later.
    block_gas_limit : gas of a block. Blocks more than half full raise the base fee, an eighth at most each.
    mnemonic : words of its accounts
    accounts : how many of them hold ether
    database : folder that keeps the chain; in memory by default
    port : port to listen on; a free one by default

    Raises
    ------
    ChainUnavailable : Ganache is not installed, the port is taken, or it did not answer in time.

    The node ends with this process, also on Ctrl-C (it does not see the terminal's signal, so that its end comes after
    the caller's clean-up), on SIGTERM, and when this process is killed (its standard input closes).
    """
    if not GANACHE.is_file():
        raise ChainUnavailable("node_modules/ganache is missing: run make setup")
    options = [
        "--chain.hardfork=shanghai",
        f"--chain.chainId={CHAIN_ID}",
        "--chain.vmErrorsOnRPCResponse=true",
        f"--miner.blockGasLimit={block_gas_limit}",
        f"--wallet.mnemonic={mnemonic}",
        f"--wallet.totalAccounts={accounts}",
        "--wallet.defaultBalance=1000000",
        "--logging.quiet",
    ]
    if start_time is not None:
        options.append(f"--chain.time={datetime.fromtimestamp(start_time, UTC):%Y-%m-%dT%H:%M:%SZ}")
    if database is not None:
        database.mkdir(parents=True, exist_ok=True)
        options.append(f"--database.dbPath={database}")
    with _ended_by_signals():
        process, url = _start(options, port=port)
        try:
            chain = DevelopmentChain(url=url, process=process)
            if start_time is not None and chain.timestamp() > start_time:
                chain.call("evm_setTime", chain.timestamp() * 1000)
            yield chain
        finally:
            _end(process)


@contextmanager
def attached_chain(url: str) -> Iterator[DevelopmentChain]:
    """A development node that runs already, such as `make chain`'s; it goes on when the block is left.

    Raises InvalidInput for a node that is not on the loopback or is no development node: unlocked accounts and a clock
    that can be set belong on neither. Raises ChainUnavailable where nothing answers.
    """
    place = urlsplit(url)
    if place.scheme != "http" or place.hostname not in LOOPBACK or place.port is None:
        raise InvalidInput(f"{url!r} is no development chain: give http://{HOST}:PORT")
    chain = DevelopmentChain(url=f"http://{place.hostname}:{place.port}")
    client = chain.call("web3_clientVersion")
    if not str(client).lower().startswith(DEVELOPMENT_CLIENTS):
        raise InvalidInput(f"{url} is {client}, no development chain: start one with make chain")
    yield chain


@contextmanager
def brownie_connected(chain: DevelopmentChain) -> Iterator[None]:
    """Brownie's `network`, `accounts` and `web3` on this chain while the block runs; the chain itself goes on.

    A network Brownie is connected to already is put aside and taken up again. Contract objects of either network do
    not outlive the change: deploy or attach them anew.
    """
    from brownie._config import CONFIG  # noqa: PLC0415 -- chains are also started where Brownie is not wanted
    from brownie.network.main import connect, disconnect, gas_price, is_connected, show_active  # noqa: PLC0415
    from brownie.network.state import Chain as Blocks  # noqa: PLC0415

    name = f"development-{chain.port}"
    CONFIG.networks[name] = {
        "id": name,
        "host": chain.url,
        "timeout": int(CALL_SECONDS),
        "cmd": "ganache-cli",
        "cmd_settings": {},
    }
    before = show_active() if is_connected() else None
    if before is not None:
        disconnect(kill_rpc=False)
    connect(name, launch_rpc=False)
    # Brownie's own default is 0, at which it waits for ever; the project's configuration, where loaded, says more.
    gas_price(gas_price() or GAS_PRICE)
    try:
        yield
    finally:
        disconnect(kill_rpc=False)
        Blocks()._block_gas_time = -1  # the gas limit that Brownie remembers is this chain's
        del CONFIG.networks[name]
        if before is not None:
            connect(before, launch_rpc=False)


def _start(options: list[str], *, port: int | None) -> tuple[subprocess.Popen[bytes], str]:
    """Start Ganache and wait until it answers; a free port lost to another process is chosen again."""
    complaint = ""
    for _ in range(PORT_ATTEMPTS):
        chosen = port if port is not None else _free_port()
        url = f"http://{HOST}:{chosen}"
        with tempfile.TemporaryFile() as complaints:
            process = subprocess.Popen(
                ["node", "--require", PRELOAD, GANACHE, f"--server.host={HOST}", f"--server.port={chosen}", *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                start_new_session=True,
            )
            try:
                if _answers(process, url):
                    return process, url
            except BaseException:
                _end(process)
                raise
            complaints.seek(0)
            complaint = _last_error(complaints.read().decode(errors="replace"))
        if port is not None or "EADDRINUSE" not in complaint:
            break
    raise ChainUnavailable(f"Ganache ended at its start on port {chosen}: {complaint}")


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    """True once the node answers, False when it ended instead."""
    request = {"jsonrpc": "2.0", "id": 1, "method": "web3_clientVersion", "params": []}
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            answered = requests.post(url, json=request, timeout=PROBE_SECONDS).ok
        except (requests.ConnectionError, requests.Timeout):
            answered = False
        # Asked after the answer: where another process holds the port, ours has ended or is about to.
        if process.poll() is not None:
            return False
        if answered and _listens(process, url):
            return True
        time.sleep(0.05)
    raise ChainUnavailable(f"Ganache did not answer on {url} within {START_SECONDS:.0f} s: is the machine busy?")


def _listens(process: subprocess.Popen[bytes], url: str) -> bool:
    """Whether it is this process that listens there, and not another whose port it was given."""
    port = urlsplit(url).port
    try:
        connections = psutil.Process(process.pid).connections("tcp4")
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return any(held.status == psutil.CONN_LISTEN and held.laddr.port == port for held in connections)


def _last_error(text: str) -> str:
    """The line of Node's complaint that names the error; the source it prints above is thousands of letters wide."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and len(line) < 500]
    return next((line for line in lines if "Error" in line or "EADDRINUSE" in line), lines[-1] if lines else "no word")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the node: asked first, so that it closes its database; killed when it does not hear."""
    if process.stdin is not None:
        process.stdin.close()
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    """A port no one listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP leave the block as SystemExit, so that what it opened is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def day(text: str) -> int:
    """UTC seconds at which the day written as YYYY-MM-DD starts."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def main() -> None:
    """Keep a development chain with its database until Ctrl-C."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=USUAL_PORT, help="port on the loopback (default: %(default)s)")
    parser.add_argument("--start", type=day, metavar="YYYY-MM-DD", help="day its clock starts (default: now)")
    wanted = parser.parse_args()
    try:
        with development_chain(port=wanted.port, database=DATABASE, start_time=wanted.start) as chain:
            assert chain.process is not None  # started here, not attached to
            print(f"chain {CHAIN_ID} at {chain.url}, block {chain.height()}, database in .chain/; Ctrl-C ends it")
            chain.process.wait()
        sys.exit("the chain ended by itself; its database stays in .chain/")
    except ChainUnavailable as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("chain ended; its database stays in .chain/")


if __name__ == "__main__":
    main()
