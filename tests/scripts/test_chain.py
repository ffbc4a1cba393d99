"""Development chains start, move through time, keep what they should, and end however their owner ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from analytics.errors import ChainUnavailable, InvalidInput
from scripts.chain import DevelopmentChain, attached_chain, brownie_connected, development_chain

ROOT = Path(__file__).resolve().parents[2]
END_OF_2020 = 1_609_372_800
OWNER = """
import sys, time
from scripts.chain import development_chain
with development_chain() as chain:
    print(chain.process.pid, flush=True)
    if sys.argv[1] == "raise":
        raise ValueError("the caller's own")
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def chain() -> Iterator[DevelopmentChain]:
    with development_chain(start_time=END_OF_2020, block_gas_limit=40_000_000, accounts=3) as chain:
        yield chain


def pid_of(chain: DevelopmentChain) -> int:
    assert chain.process is not None
    return chain.process.pid


def owner(how: str) -> tuple[subprocess.Popen[str], psutil.Process]:
    """A process that holds a chain, and the chain's."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, how],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        # A shell's background job ignores Ctrl-C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 -- no threads here
    )
    assert process.stdout is not None
    return process, psutil.Process(int(process.stdout.readline()))


def test_a_new_chain_is_what_was_asked_for(chain: DevelopmentChain) -> None:
    latest = chain.call("eth_getBlockByNumber", "latest", False)
    assert (chain.height(), chain.timestamp()) == (0, END_OF_2020)
    assert int(latest["gasLimit"], 16) == 40_000_000
    assert latest["withdrawals"] == []  # a shanghai block
    # The first account of the published development words.
    assert chain.accounts()[0].lower() == "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
    assert len(chain.accounts()) == 3


def test_it_listens_on_the_loopback_only(chain: DevelopmentChain) -> None:
    addresses = {c.laddr.ip for c in psutil.Process(pid_of(chain)).connections("tcp") if c.status == "LISTEN"}
    assert addresses == {"127.0.0.1"}


def test_the_clock_is_set_and_runs_on(chain: DevelopmentChain) -> None:
    height = chain.height()
    chain.advance_to(END_OF_2020 + 86_400)
    assert (chain.height(), chain.timestamp()) == (height + 1, END_OF_2020 + 86_400)
    chain.mine()
    assert END_OF_2020 + 86_400 <= chain.timestamp() < END_OF_2020 + 86_400 + 60


def test_the_clock_never_goes_back(chain: DevelopmentChain) -> None:
    latest, height = chain.timestamp(), chain.height()
    with pytest.raises(InvalidInput, match=f"from {latest} to {latest - 1}"):
        chain.advance_to(latest - 1)
    assert (chain.timestamp(), chain.height()) == (latest, height)


def test_a_snapshot_is_good_for_one_return(chain: DevelopmentChain) -> None:
    before = (chain.height(), chain.timestamp())
    snapshot = chain.snapshot()
    chain.advance_to(before[1] + 1_000_000)
    chain.revert(snapshot)
    assert (chain.height(), chain.timestamp()) == before
    with pytest.raises(InvalidInput, match="reverted to already"):
        chain.revert(snapshot)


def test_a_refused_call_says_what_and_where(chain: DevelopmentChain) -> None:
    with pytest.raises(ChainUnavailable, match=f"eth_nonesuch refused by {chain.url}"):
        chain.call("eth_nonesuch")


def test_a_database_keeps_the_chain_and_its_clock(tmp_path: Path) -> None:
    with development_chain(start_time=END_OF_2020, database=tmp_path / "chain") as chain:
        chain.advance_to(END_OF_2020 + 500)
        kept = chain.call("eth_getBlockByNumber", "latest", False)["hash"]
    with development_chain(start_time=END_OF_2020, database=tmp_path / "chain") as chain:
        assert chain.height() == 1
        assert chain.call("eth_getBlockByNumber", "latest", False)["hash"] == kept
        chain.mine()
        assert END_OF_2020 + 500 <= chain.timestamp() < END_OF_2020 + 560


def test_a_taken_port_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(ChainUnavailable, match=rf"on port {port}: .*EADDRINUSE"),
            development_chain(port=port),
        ):
            pytest.fail("two processes on one port")


def test_a_running_chain_is_attached_to_and_goes_on(chain: DevelopmentChain) -> None:
    with attached_chain(chain.url) as attached:
        assert (attached.url, attached.height()) == (chain.url, chain.height())
        assert attached.process is None
    assert chain.process is not None
    assert chain.process.poll() is None


@pytest.mark.parametrize("url", ["http://192.0.2.1:8545", "https://127.0.0.1:8545", "http://127.0.0.1", "8545"])
def test_only_the_loopback_is_attached_to(url: str) -> None:
    with pytest.raises(InvalidInput, match="is no development chain"), attached_chain(url):
        pytest.fail("attached")


def test_attaching_where_nothing_runs_says_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(ChainUnavailable, match=f"no answer from {url}"), attached_chain(url):
            pytest.fail("attached")


def test_brownie_sends_on_the_chain_and_returns_to_its_own(chain: DevelopmentChain) -> None:
    from brownie import accounts, web3  # noqa: PLC0415 -- connected by the plugin only when a test of contracts runs

    own = web3.provider.endpoint_uri if web3.provider else None
    with brownie_connected(chain):
        assert web3.provider.endpoint_uri == chain.url
        height = chain.height()
        receipt = accounts[0].transfer(accounts[1], 7, silent=True, skip_undo=True)
        assert (receipt.status, receipt.block_number, receipt.gas_price) == (1, height + 1, 100 * 10**9)
    assert (web3.provider.endpoint_uri if web3.provider else None) == own


def test_the_chain_ends_with_the_block_and_lets_the_error_through() -> None:
    process, node = owner("raise")
    assert process.wait(30) == 1
    assert not node.is_running()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda s: s.name)
def test_the_chain_ends_with_its_owner(number: signal.Signals) -> None:
    process, node = owner("sleep")
    process.send_signal(number)
    assert process.wait(30) != 0
    deadline = time.monotonic() + 15
    while node.is_running() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not node.is_running()
