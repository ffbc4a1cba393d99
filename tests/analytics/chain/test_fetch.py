from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest

from analytics.chain import EventTables, Node, catalogue, fetch, read_events, rpc
from analytics.chain.fetch import Chunk, MissingLog, Reorganised
from analytics.errors import ChainMismatch, ChainUnavailable, InvalidInput, NotFound
from tests.analytics.chain.synthetic import (
    ADDRESS,
    DIALECTS,
    LENDING,
    TOKEN,
    HangUpError,
    RefusedError,
    Server,
    SyntheticChain,
    emitted,
    serving,
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "BACKOFF", 0.001)


def read(server: Server, **options: Any) -> EventTables:
    return read_events(server.url, server.chain.deployment(), **options)


def same(one: Mapping[str, pa.Table], other: Mapping[str, pa.Table]) -> bool:
    return list(one) == list(other) and all(one[name].equals(other[name]) for name in one)


def test_all_events_of_the_contracts_are_read_in_order(server: Server) -> None:
    tables = read(server)
    ours = [log for log in server.chain.logs(1, 40) if log.address in ADDRESS.values()]
    assert sum(tables.counts().values()) == len(ours) > 60
    drawn = tables.frame("lending.loan_drawn")
    expected = [log for log in ours if log.topics[0].hex() == catalogue_topic("lending.loan_drawn")]
    assert drawn["loan_id"].tolist() == [int.from_bytes(log.topics[1], "big") for log in expected]
    assert drawn["block_number"].tolist() == [log.block for log in expected]
    assert drawn["log_index"].tolist() == [log.log_index for log in expected]
    assert drawn["tx_index"].tolist() == [log.tx_index for log in expected]
    assert drawn["tx_hash"].tolist() == ["0x" + log.tx_hash.hex() for log in expected]
    assert drawn["block_time"].tolist() == [1_600_000_000 + 12 * log.block for log in expected]
    assert (tables.first_block, tables.last_block) == (1, 40)
    assert tables.last_hash == "0x" + server.chain.blocks[40].hash.hex()
    assert len(tables) == 10
    assert tables["lending.day_opened"].num_rows == 0


def catalogue_topic(name: str) -> str:
    return catalogue(SyntheticChain().deployment()).tables[name].topic0


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("in_flight", [1, 4])
def test_every_node_and_any_number_of_requests_gives_the_same_tables(
    server: Server, dialect: str, in_flight: int
) -> None:
    usual = read(server)
    server.dialect = dialect
    assert same(read(server, in_flight=in_flight), usual)


@pytest.mark.parametrize("most", [1, 2, 7, 512])
def test_any_batch_size_gives_the_same_tables(server: Server, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = read(server)
    monkeypatch.setattr(fetch, "MOST_BLOCKS", most)
    assert same(read(server), usual)


def test_a_range_holds_its_blocks_only(server: Server) -> None:
    tables = read(server, first=5, last=9)
    numbers = sorted({n for table in tables.values() for n in table["block_number"].to_pylist()})
    assert numbers == [block.number for block in server.chain.blocks[5:10] if len(block.logs) > 1]
    assert (tables.first_block, tables.last_block) == (5, 9)


def test_answers_in_any_order_are_understood(server: Server) -> None:
    usual = read(server)
    server.body = lambda body: rpc.msgspec.json.encode(rpc.msgspec.json.decode(body)[::-1])
    assert same(read(server), usual)


def test_a_refused_range_is_halved_until_it_is_answered(server: Server) -> None:
    usual = read(server)

    def limited(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getLogs" and len(result) > 12:
            raise RefusedError("query returned more than 12 results")
        return result

    server.fault = limited
    server.asked.clear()
    assert same(read(server), usual)
    spans = [int(p[0]["toBlock"], 16) - int(p[0]["fromBlock"], 16) + 1 for m, p in server.asked if m == "eth_getLogs"]
    assert max(spans) == 32
    assert len(spans) > 8


def test_a_node_that_refuses_single_blocks_is_an_error(server: Server) -> None:
    def refuse(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getLogs":
            raise RefusedError("no logs here")
        return result

    server.fault = refuse
    with pytest.raises(ChainUnavailable, match="eth_getLogs: no logs here"):
        read(server)


def test_closed_connections_are_retried(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = read(server)
    monkeypatch.setattr(fetch, "MOST_BLOCKS", 1)
    met: set[str] = set()

    def at_first(method: str, params: Sequence[Any], result: Any) -> Any:
        if str(params) not in met:
            met.add(str(params))
            raise HangUpError
        return result

    server.fault = at_first
    assert same(read(server), usual)
    assert len(met) > 40


def test_a_dead_node_is_told_in_bounded_time(server: Server) -> None:
    def hang_up(method: str, params: Sequence[Any], result: Any) -> Any:
        raise HangUpError

    server.fault = hang_up
    started = time.monotonic()
    with pytest.raises(ChainUnavailable, match=r"did not answer eth_chainId in 5 tries|in 5 attempts"):
        read(server)
    with pytest.raises(ChainUnavailable, match="in 2 attempts"):
        Node("http://127.0.0.1:9", attempts=2).call("eth_chainId")
    assert time.monotonic() - started < 5


def test_a_stalling_node_is_told_in_bounded_time(server: Server) -> None:
    def stall(method: str, params: Sequence[Any], result: Any) -> Any:
        time.sleep(0.5)
        return result

    server.fault = stall
    started = time.monotonic()
    with pytest.raises(ChainUnavailable, match="ReadTimeout"):
        Node(server.url, timeout=(1.0, 0.05), attempts=2).call("eth_chainId")
    assert time.monotonic() - started < 2


def test_a_node_that_stalls_in_the_midst_is_told_without_trying_every_range(server: Server) -> None:
    def stall(method: str, params: Sequence[Any], result: Any) -> Any:
        time.sleep(0.5)
        return result

    server.fault = stall
    node = Node(server.url, timeout=(1.0, 0.05), attempts=2)
    started = time.monotonic()
    with pytest.raises(ChainUnavailable, match="did not answer eth_getLogs in 2 attempts"):
        list(fetch.fetch(node, catalogue(server.chain.deployment()), first=1, last=40, in_flight=1))
    assert time.monotonic() - started < 3


def without(index: int) -> Any:
    """Drop one log of block 13."""

    def fault(method: str, params: Sequence[Any], result: Any) -> Any:
        if method != "eth_getLogs":
            return result
        return [log for log in result if (int(log["blockNumber"], 16), int(log["logIndex"], 16)) != (13, index)]

    return fault


@pytest.mark.parametrize("index", range(7))
def test_a_dropped_log_is_noticed(server: Server, index: int) -> None:
    assert len(server.chain.blocks[13].logs) == 7
    server.fault = without(index)
    with pytest.raises(MissingLog, match="block 13: "):
        read(server)


def test_a_whole_block_of_dropped_logs_is_noticed(server: Server) -> None:
    server.fault = lambda method, params, result: [] if method == "eth_getLogs" else result
    with pytest.raises(MissingLog, match=r"block 1: its 0 logs do not give the header's logsBloom"):
        read(server)


def test_a_node_between_two_states_is_asked_again(server: Server) -> None:
    usual = read(server)
    left = [2]

    def once(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getLogs" and left[0]:
            left[0] -= 1
            return result[1:]
        return result

    server.fault = once
    assert same(read(server), usual)
    assert left == [0]


@pytest.mark.parametrize(
    ("member", "value", "error", "message"),
    [
        ("hash", "0x" + "77" * 32, Reorganised, "block 14 follows"),
        ("parentHash", "0x" + "77" * 32, Reorganised, "block 13 follows"),
        ("hash", "0x12", InvalidInput, "is no hash"),
        ("number", "0xe", InvalidInput, "block 13: the node answered block 0xe"),
        ("number", None, InvalidInput, "block 13: the node's header is malformed"),
        ("timestamp", "12", InvalidInput, "block 13, timestamp: expected a quantity"),
        ("logsBloom", "0x00", MissingLog, "block 13"),
    ],
)
def test_a_false_header_is_refused(
    server: Server, member: str, value: Any, error: type[Exception], message: str
) -> None:
    def forge(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getBlockByNumber" and params[0] == hex(13):
            return {**result, member: value}
        return result

    server.fault = forge
    with pytest.raises(error, match=message):
        read(server)


def test_logs_of_another_block_than_the_header_are_refused(server: Server) -> None:
    def forge(method: str, params: Sequence[Any], result: Any) -> Any:
        if method != "eth_getLogs":
            return result
        return [{**log, "blockHash": "0x" + "77" * 32} if log["blockNumber"] == hex(13) else log for log in result]

    server.fault = forge
    with pytest.raises(Reorganised, match="block 13, log 0 is of another block"):
        read(server)


def test_logs_outside_the_range_are_refused(server: Server) -> None:
    deployment = server.chain.deployment()
    server.fault = lambda method, params, result: (
        server.chain.answer("eth_getLogs", [{"fromBlock": "0x1", "toBlock": "0x14"}], "ganache")
        if method == "eth_getLogs"
        else result
    )
    with pytest.raises(InvalidInput, match="outside the blocks 3 to 4 asked for"):
        fetch.fetch_range(Node(server.url), catalogue(deployment), first=3, last=4)


def test_a_block_beyond_the_chain_is_not_found(server: Server) -> None:
    with pytest.raises(NotFound, match="block 99 is not on the chain yet; the newest is 40"):
        read(server, last=99)
    with pytest.raises(NotFound, match="block 41 is not on the chain yet"):
        fetch.fetch_range(Node(server.url), catalogue(server.chain.deployment()), first=39, last=41)
    with pytest.raises(InvalidInput, match="first block 9 is after last block 3"):
        read(server, first=9, last=3)


def test_a_chain_that_changes_while_it_is_read_is_read_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "FIRST_BLOCKS", 8)
    monkeypatch.setattr(fetch, "MOST_BLOCKS", 8)
    done: list[int] = []

    def reorganise(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getLogs" and int(params[0]["fromBlock"], 16) == 17 and not done:
            done.append(1)
            server.chain.fork(10)
            for n in range(30):
                server.chain.mine(emitted("Token", TOKEN[1], [ADDRESS["Token"], n]), emitted("Lending", LENDING[6], []))
        return server.chain.answer(method, params, "ganache")

    server.fault = reorganise
    tables = read(server, in_flight=1)
    server.fault = lambda method, params, result: result
    assert done
    assert same(tables, read(server))
    assert tables["lending.day_opened"].num_rows == 30


def test_another_chain_is_refused_before_anything_is_read(server: Server) -> None:
    other = SyntheticChain()
    other.salt = 9
    other.blocks.clear()
    other.mine()
    with serving(other) as second:
        with pytest.raises(ChainMismatch, match="genesis"):
            read_events(second.url, server.chain.deployment())
        assert "eth_getLogs" not in [method for method, _ in second.asked]


def test_spans_follow_the_density_of_logs() -> None:
    def chunk(blocks: int, logs: int) -> Chunk:
        return Chunk(1, blocks, "", "", logs, {})

    assert fetch._next_span(32, [chunk(32, 0)]) == 128
    assert fetch._next_span(400, [chunk(400, 0)]) == 512
    assert fetch._next_span(32, [chunk(32, 32 * 100)]) == 15
    assert fetch._next_span(32, [chunk(32, 10**9)]) == 1
    assert fetch._next_span(32, [chunk(16, 0), chunk(16, 0)]) == 16


def test_an_address_without_scheme_is_refused() -> None:
    with pytest.raises(InvalidInput, match="expected http"):
        Node("127.0.0.1:8545")
