"""An anvil of our own: what it is to Ganache, a hundred times faster and without Brownie's launcher."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from web3 import Web3
from web3.middleware import Web3Middleware
from web3.types import MakeRequestFn, RPCEndpoint, RPCResponse

from analytics.chain import Node
from analytics.errors import NotFound

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = ROOT / "node_modules" / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"
HOST: Final = "127.0.0.1"
RECEIPT: Final = RPCEndpoint("eth_getTransactionReceipt")


def binary() -> str:
    """Where anvil is. Raises NotFound where it is not installed: it is an optional npm package, for Linux on x86."""
    found = shutil.which("anvil") or str(PACKAGE)
    if not Path(found).is_file():
        raise NotFound("anvil is missing: npm install --no-save @foundry-rs/anvil-linux-amd64@1.7.1")
    return found


@contextmanager
def anvil(*, gas_limit: int = 100_000_000, accounts: int = 10) -> Iterator[str]:
    """An anvil on a free port of the loopback, ended with the block; its URL. Raises NotFound as `binary` does."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    options = ["--host", HOST, "--port", str(port), "--hardfork", "shanghai", "--silent"]
    options += ["--gas-limit", str(gas_limit), "--accounts", str(accounts)]
    with subprocess.Popen([binary(), *options]) as process:
        try:
            url = f"http://{HOST}:{port}"
            Node(url, attempts=12).call("eth_chainId")
            yield url
        finally:
            process.terminate()


class AnsweredWhenMined(Web3Middleware):
    """Answers a transaction once it is mined.

    Anvil answers a moment before; Brownie, which then asks for one that cannot be found yet, takes it for dropped.
    """

    def wrap_make_request(self, make_request: MakeRequestFn) -> MakeRequestFn:
        """Wait for the receipt of what was sent."""

        def waiting(method: RPCEndpoint, parameters: Any) -> RPCResponse:
            response = make_request(method, parameters)
            if method.startswith("eth_send") and "result" in response:
                while make_request(RECEIPT, [response["result"]])["result"] is None:
                    time.sleep(0.005)
            return response

        return waiting


@contextmanager
def answered_when_mined(web3: Web3) -> Iterator[None]:
    """A connection's transactions are answered when they are mined while the block runs."""
    web3.middleware_onion.add(AnsweredWhenMined, "mined")
    try:
        yield
    finally:
        web3.middleware_onion.remove("mined")
