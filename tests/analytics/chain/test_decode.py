from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from eth_hash.auto import keccak
from hexbytes import HexBytes
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from web3 import Web3
from web3.datastructures import AttributeDict

from analytics.chain import Catalogue, EventTable, catalogue
from analytics.chain.answer import Logs, ordered, read_logs, split_answer
from analytics.chain.decode import decode_logs
from analytics.chain.join import join_chunks
from analytics.chain.rpc import NodeError
from analytics.errors import InvalidInput
from tests.analytics.chain.synthetic import (
    ABIS,
    ADDRESS,
    DIALECTS,
    LENDING,
    STRANGER,
    TOKEN,
    Log,
    SyntheticChain,
    compact,
    emitted,
    rpc_log,
)

CATALOGUE: Catalogue = catalogue(SyntheticChain().deployment())
TIMES = {number: 1_600_000_000 + number for number in range(100)}
CONTRACTS = {
    name: Web3().eth.contract(address=Web3.to_checksum_address(ADDRESS[name]), abi=abi) for name, abi in ABIS.items()
}

EDGES = [0, 1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**38 - 1, 10**38, 2**127, 10**76 - 1, 10**76]


def integer(low: int, high: int, rng: random.Random) -> int:
    """An integer of a range: often a limit of some type, else of any length."""
    edges = [low, high, *(value for edge in EDGES for value in (edge, -edge, -edge - 1) if low <= value <= high)]
    if rng.random() < 0.6:
        return rng.choice(edges)
    value = rng.getrandbits(rng.randint(1, high.bit_length()))
    return -value - 1 if low and rng.random() < 0.5 else value


def value_of(kind: str, rng: random.Random) -> Any:
    """A value of a Solidity type."""
    if kind == "bool":
        return rng.random() < 0.5
    if kind == "address":
        return Web3.to_checksum_address("0x" + rng.randbytes(20).hex())
    if kind.startswith("bytes"):
        size = int(kind[5:])
        if rng.random() < 0.5:
            return rng.randbytes(size)
        return "".join(rng.choices("ABCXYZ019-", k=rng.randint(0, size))).encode().ljust(size, b"\0")
    bits = int(kind.removeprefix("u").removeprefix("int"))
    low, high = (0, 2**bits - 1) if kind[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return integer(low, high, rng)


@st.composite
def logs(draw: DrawFn, most: int = 12) -> list[Log]:
    """Logs of any events and values, in place, over a few blocks and transactions."""
    made: list[Log] = []
    # Values come from one drawn seed: drawing each of the hundred of a log by itself is slow.
    rng = random.Random(draw(st.integers(0, 2**64 - 1)))
    block, tx, index = draw(st.integers(0, 20)), 0, 0
    for _ in range(draw(st.integers(0, most))):
        step = draw(st.integers(0, 2))
        if step == 2:
            block, tx, index = block + draw(st.integers(1, 3)), 0, 0
        elif step == 1:
            tx += 1
        name = draw(st.sampled_from(sorted(ABIS)))
        entry = draw(st.sampled_from(ABIS[name]))
        values = [value_of(argument["type"], rng) for argument in entry["inputs"]]
        digest = keccak(bytes([block, tx]))
        made.append(
            emitted(
                name,
                entry,
                values,
                block=block,
                tx_index=tx,
                log_index=index,
                tx_hash=digest,
                block_hash=keccak(digest[:1]),
            )
        )
        index += 1
    return made


def by_web3(answer: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """What web3.py's own decoder makes of JSON logs of known contracts, as rows of our tables."""
    rows: dict[str, list[dict[str, Any]]] = {}
    by_key = {(table.address, table.topic0): table for table in CATALOGUE.tables.values()}
    for log in sorted(answer, key=lambda log: (int(log["blockNumber"], 16), int(log["logIndex"], 16))):
        table = by_key[log["address"][2:].lower(), log["topics"][0][2:].lower()]
        entry = AttributeDict(
            {
                "address": Web3.to_checksum_address(log["address"]),
                "topics": [HexBytes(topic) for topic in log["topics"]],
                "data": HexBytes(log["data"]),
                "blockNumber": int(log["blockNumber"], 16),
                "transactionHash": HexBytes(log["transactionHash"]),
                "transactionIndex": int(log["transactionIndex"], 16),
                "blockHash": HexBytes(log["blockHash"]),
                "logIndex": int(log["logIndex"], 16),
            }
        )
        told = CONTRACTS[table.contract].events[table.event]().process_log(entry)
        where = (
            told.blockNumber,
            TIMES[told.blockNumber],
            told.transactionIndex,
            told.logIndex,
            bytes(told.transactionHash),
        )
        row = dict(zip(table.schema.names[:5], where, strict=True))
        inputs = next(e for e in ABIS[table.contract] if e["name"] == table.event)["inputs"]
        for column, argument in zip(table.columns, inputs, strict=True):
            row[column.name] = told.args[argument["name"]]
        rows.setdefault(table.name, []).append(row)
    return rows


def plain(table: pa.Table, event: EventTable) -> list[dict[str, Any]]:
    """A table's rows as the values web3.py would give."""
    kinds = {column.name: column.solidity for column in event.columns}
    rows = table.to_pylist()
    for row in rows:
        for name, kind in kinds.items():
            row[name] = native(row[name], kind)
    return rows


def native(value: Any, kind: str) -> Any:
    if "int" in kind:
        if isinstance(value, bytes):
            assert len(value) == 32
            return int.from_bytes(value, "big", signed=kind[0] == "i")
        assert not isinstance(value, float)
        return int(value)
    if kind == "address":
        assert value == value.lower()
        return Web3.to_checksum_address(value)
    if kind.startswith("bytes") and isinstance(value, str):
        size = int(kind[5:])
        if value.startswith("0x") and len(value) == 2 + 2 * size:
            return bytes.fromhex(value[2:])
        return value.encode().ljust(size, b"\0")
    return value


def decoded(answer: object) -> dict[str, pa.Table]:
    return decode_logs(read_logs(compact(answer), CATALOGUE), CATALOGUE, times=TIMES)


def assert_told(tables: Mapping[str, pa.Table], answer: Sequence[Mapping[str, Any]]) -> None:
    expected = by_web3(answer)
    assert tables.keys() == expected.keys()
    for name, rows in expected.items():
        assert plain(tables[name], CATALOGUE.tables[name]) == rows


@pytest.fixture
def no_rewriting(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(array: bytes, _: Catalogue) -> bytes:
        raise AssertionError(f"the scan refused {array[:200]!r}")

    monkeypatch.setattr("analytics.chain.answer._rewrite", refuse)


EXAMPLES = {
    "LoanDrawn": [7, b"K70\0", Web3.to_checksum_address("0x" + "cd" * 20), 12_345, -25, b"CN-GD\0", b"\x07" * 32, True],
    "DayOpened": [],
    "IndexedWords": [2**256 - 1, -(2**255), b"\xff" * 32],
    "IndexedParts": [True, Web3.to_checksum_address("0x" + "0f" * 20), 2**128 - 1],
}


@pytest.mark.usefixtures("no_rewriting")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_node_is_read_by_the_scan(dialect: str) -> None:
    made = [
        emitted("Lending", entry, EXAMPLES[entry["name"]], block=3, log_index=index)
        for index, entry in enumerate(e for e in LENDING if e["name"] in EXAMPLES)
    ]
    answer = [rpc_log(log, dialect) for log in made]
    assert_told(decoded(answer), answer)


def test_a_log_becomes_a_typed_row() -> None:
    log = emitted("Lending", LENDING[0], EXAMPLES["LoanDrawn"], block=3, tx_index=1, log_index=4)
    (row,) = decoded([rpc_log(log)])["lending.loan_drawn"].to_pylist()
    assert row == {
        "block_number": 3,
        "block_time": TIMES[3],
        "tx_index": 1,
        "log_index": 4,
        "tx_hash": b"\x11" * 32,
        "loan_id": 7,
        "industry": "K70",
        "borrower": "0x" + "cd" * 20,
        "principal": Decimal(12_345),
        "rate": -25,
        "region": "CN-GD",
        "terms_hash": b"\x07" * 32,
        "secured": True,
    }


@pytest.mark.parametrize("extreme", ["low", "high"])
def test_every_width_holds_its_extremes(extreme: str) -> None:
    def limit(kind: str) -> int:
        bits = int(kind.removeprefix("u").removeprefix("int"))
        low, high = (0, 2**bits - 1) if kind[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return low if extreme == "low" else high

    entries = [entry for entry in LENDING if entry["name"] in ("Unsigned", "Signed")]
    answer = [
        rpc_log(emitted("Lending", entry, [limit(i["type"]) for i in entry["inputs"]], log_index=index))
        for index, entry in enumerate(entries)
    ]
    tables = decoded(answer)
    assert_told(tables, answer)
    for entry in entries:
        schema = tables[f"lending.{entry['name'].lower()}"].schema
        for argument in entry["inputs"]:
            value = limit(argument["type"])
            kind = schema.field(argument["name"]).type
            bits = int(argument["type"].removeprefix("u").removeprefix("int"))
            if bits <= 64:
                assert kind == (pa.uint64() if argument["type"] == "uint64" else pa.int64())
            elif abs(value) < 10**38 and bits <= 128:
                assert kind == pa.decimal128(38, 0)
            else:
                assert kind == (pa.decimal256(76, 0) if abs(value) < 10**76 else pa.binary(32))


@pytest.mark.parametrize("value", [10**38 - 1, 10**38, 2**127 - 1, 2**127, 2**128 - 1])
def test_uint128_beyond_38_digits_takes_the_wider_type(value: int) -> None:
    log = emitted("Token", TOKEN[1], [ADDRESS["Token"], value])
    table = decoded([rpc_log(log)])["token.funded"]
    assert table["amount"].to_pylist() == [Decimal(value)]
    assert table.schema.field("amount").type == (pa.decimal128(38, 0) if value < 10**38 else pa.decimal256(76, 0))


@settings(max_examples=60, deadline=None)
@given(logs(), st.sampled_from(sorted(DIALECTS)))
def test_every_event_decodes_as_web3_decodes_it(made: list[Log], dialect: str) -> None:
    answer = [rpc_log(log, dialect) for log in made]
    assert_told(decoded(answer), answer)


def spaced(answer: list[dict[str, Any]], _: random.Random) -> bytes:
    return json.dumps(answer, indent=1).encode()


def reordered(answer: list[dict[str, Any]], rng: random.Random) -> bytes:
    return compact([dict(rng.sample(sorted(log.items()), len(log))) for log in answer])


def escaped(answer: list[dict[str, Any]], _: random.Random) -> bytes:
    text = compact(answer).decode()
    return text.replace("0x", "\\u0030x").encode()


def upper(answer: list[dict[str, Any]], _: random.Random) -> bytes:
    return compact([{**log, "data": "0x" + log["data"][2:].upper()} for log in answer])


def checksummed(answer: list[dict[str, Any]], _: random.Random) -> bytes:
    return compact([{**log, "address": Web3.to_checksum_address(log["address"])} for log in answer])


def extended(answer: list[dict[str, Any]], _: random.Random) -> bytes:
    return compact([{**log, "id": f"log_{index}", "extra": [{"a": None}]} for index, log in enumerate(answer)])


def padded(answer: list[dict[str, Any]], _: random.Random) -> bytes:
    return compact([{**log, "logIndex": "0x000" + log["logIndex"][2:]} for log in answer])


@settings(max_examples=80, deadline=None)
@given(
    logs(), st.sampled_from([spaced, reordered, escaped, upper, checksummed, extended, padded]), st.integers(0, 2**32)
)
def test_an_odd_layout_gives_the_same_tables(
    made: list[Log], odd: Callable[[list[dict[str, Any]], random.Random], bytes], seed: int
) -> None:
    answer = [rpc_log(log) for log in made]
    tables = decode_logs(read_logs(odd(answer, random.Random(seed)), CATALOGUE), CATALOGUE, times=TIMES)
    usual = decoded(answer)
    assert tables.keys() == usual.keys()
    assert all(tables[name].equals(usual[name]) for name in usual)


@settings(max_examples=200, deadline=None)
@given(logs(most=4), st.data())
def test_a_changed_byte_is_refused_or_read_as_it_stands(made: list[Log], data: st.DataObject) -> None:
    body = bytearray(compact([rpc_log(log) for log in made]))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] = data.draw(st.one_of(st.sampled_from(b'0123456789abcdefABCDEFx",:{}[] \\-'), st.integers(0, 255)))
    try:
        tables = decode_logs(read_logs(bytes(body), CATALOGUE), CATALOGUE, times=TIMES)
    except InvalidInput:
        return
    answer = [log for log in json.loads(bytes(body)) if log["address"].lower() in map(str.lower, ADDRESS.values())]
    assert_told(tables, answer)


ONE = rpc_log(emitted("Lending", LENDING[0], EXAMPLES["LoanDrawn"], block=3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"removed": True}, "is marked removed"),
        ({"removed": None}, "malformed"),
        ({"blockNumber": None}, "malformed"),
        ({"blockNumber": 3}, "malformed"),
        ({"blockNumber": "0x"}, "blockNumber is '0x'"),
        ({"blockNumber": "3"}, "blockNumber is '3'"),
        ({"blockNumber": "0x１"}, "blockNumber is"),
        ({"blockNumber": "0x" + "1" * 16}, "blockNumber is"),
        ({"logIndex": "-0x1"}, "logIndex is"),
        ({"transactionIndex": "0xg"}, "transactionIndex is"),
        ({"transactionHash": "0x12"}, "transactionHash is"),
        ({"blockHash": "0x" + "z" * 64}, "blockHash is"),
        ({"address": "0x" + "a1" * 19}, "address is"),
        ({"topics": ["0x12"]}, "a topic is"),
        ({"topics": ["0x" + "1" * 64] * 5}, "5 topics"),
        ({"topics": "0x"}, "malformed"),
        ({"topics": []}, "emitted topic none"),
        ({"topics": ["0x" + "1" * 64]}, "contract Lending emitted topic 1111"),
        ({"topics": ONE["topics"][:1]}, "has 1 topics and 6 data words, its ABI says 3 and 6"),
        ({"data": "0x"}, "has 3 topics and 0 data words"),
        ({"data": ONE["data"] + "00" * 32}, "3 topics and 7 data words"),
        ({"data": ONE["data"] + "00"}, "data is 193 bytes"),
        ({"data": ONE["data"][:-1]}, "data is"),
        ({"data": None}, "malformed"),
    ],
)
def test_a_malformed_log_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        decoded([{**ONE, **change}])
    with pytest.raises(InvalidInput, match=message):
        decoded([{**ONE, "blockNumber": "0x2"}, {**ONE, **change}])


@pytest.mark.parametrize("member", [name for name in ONE if name != "removed"])
def test_a_log_without_a_member_is_refused(member: str) -> None:
    with pytest.raises(InvalidInput, match="malformed"):
        decoded([{name: value for name, value in ONE.items() if name != member}])


@pytest.mark.parametrize(
    "body", [b"", b"null", b"{}", b"[", b"[1]", b"[null]", b"[{}]", b'"[]"', b"[]x", b"[],[]", b"[" * 100_000]
)
def test_what_is_no_array_of_logs_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_logs(body, CATALOGUE)


def test_trailing_bytes_behind_scanned_logs_are_refused() -> None:
    with pytest.raises(InvalidInput):
        read_logs(compact([ONE]) + b"x", CATALOGUE)


@pytest.mark.parametrize(
    ("word", "change"),
    [
        ("borrower", {0: "01" + 31 * "00"}),
        ("principal", {1: "00" * 15 + "01" + "00" * 16}),
        ("rate", {2: "00" * 26 + "01" + "80" + "00" * 4}),
        ("rate", {2: "00" * 27 + "80" + "00" * 4}),
        ("rate", {2: "ff" * 27 + "7f" + "ff" * 4}),
        ("region", {3: b"CN-GD\0".hex() + "00" * 25 + "01"}),
        ("secured", {5: "00" * 31 + "02"}),
    ],
)
def test_a_word_outside_its_type_is_refused(word: str, change: dict[int, str]) -> None:
    words = [ONE["data"][2 + 64 * k : 66 + 64 * k] for k in range(6)]
    for place, text in change.items():
        words[place] = text
    body = {**ONE, "data": "0x" + "".join(words)}
    with pytest.raises(InvalidInput, match=f"block 3, log 0: Lending.LoanDrawn, {word} = 0x"):
        decoded([body])


@pytest.mark.parametrize("kind", [f"{sign}int{bits}" for sign in ("u", "") for bits in range(8, 256, 8)])
def test_one_bit_too_many_is_refused_at_every_width(kind: str) -> None:
    entry = next(e for e in LENDING if e["name"] == ("Unsigned" if kind[0] == "u" else "Signed"))
    place = [i["type"] for i in entry["inputs"]].index(kind)
    bits = int(kind.removeprefix("u").removeprefix("int"))
    beyond = [2**bits] if kind[0] == "u" else [2 ** (bits - 1), 2**256 - 2 ** (bits - 1) - 1]
    for value in beyond:
        words = [bytes(32)] * 32
        words[place] = value.to_bytes(32, "big")
        log = replace(emitted("Lending", entry, [0] * 32), data=b"".join(words))
        with pytest.raises(InvalidInput, match=f"is no {kind}$"):
            decoded([rpc_log(log)])


def test_codes_are_text_and_what_is_none_stays_whole() -> None:
    codes = {
        b"K70\0": "K70", b"K70X": "K70X", b"\0\0\0\0": "", b"K\x000\0": "0x4b003000", b"\xffA\0\0": "0xff410000",
        b"K 0\0": "0x4b203000", b"\0K70": "0x004b3730", b"0x1\0": "0x1",
    }  # fmt: skip
    answer = []
    for index, code in enumerate(codes):
        values = [index, code, *EXAMPLES["LoanDrawn"][2:]]
        answer.append(rpc_log(emitted("Lending", LENDING[0], values, log_index=index)))
    assert decoded(answer)["lending.loan_drawn"]["industry"].to_pylist() == list(codes.values())


def test_foreign_logs_are_left_out_whatever_they_hold() -> None:
    odd = [
        Log(STRANGER, (), b""),
        Log(STRANGER, (b"\x01" * 32,) * 4, b"\x01\x02\x03", log_index=1),
        replace(emitted("Lending", LENDING[0], EXAMPLES["LoanDrawn"]), address=STRANGER, log_index=2),
        Log(ADDRESS["Token"], *_transfer(), log_index=3),
    ]
    tables = decoded([rpc_log(log) for log in odd])
    assert {name: table.num_rows for name, table in tables.items()} == {"token.transfer": 1}


def _transfer() -> tuple[tuple[bytes, ...], bytes]:
    log = emitted("Token", TOKEN[0], [ADDRESS["Token"], ADDRESS["Lending"], 5])
    return log.topics, log.data


def test_the_same_event_of_two_contracts_makes_two_tables() -> None:
    answer = [
        rpc_log(replace(Log(ADDRESS[name], *_transfer()), log_index=index))
        for index, name in enumerate(sorted(ADDRESS))
    ]
    tables = decoded(answer)
    assert [tables[name]["log_index"].to_pylist() for name in ("lending.transfer", "token.transfer")] == [[0], [1]]


@settings(max_examples=50, deadline=None)
@given(logs(), st.randoms(use_true_random=False))
def test_shuffled_and_repeated_logs_give_the_same_tables(made: list[Log], rng: random.Random) -> None:
    answer = [rpc_log(log) for log in made]
    usual = decoded(answer)
    mixed = answer + rng.choices(answer, k=3) if answer else answer
    rng.shuffle(mixed)
    tables = decoded(mixed)
    assert tables.keys() == usual.keys()
    assert all(tables[name].equals(usual[name]) for name in usual)


@pytest.mark.parametrize("member", ["data", "transactionHash", "blockHash", "transactionIndex", "topics", "address"])
def test_two_different_logs_in_one_place_are_refused(member: str) -> None:
    other = {
        "data": ONE["data"].replace("3039", "3038"),
        "transactionHash": "0x" + "12" * 32,
        "blockHash": "0x" + "23" * 32,
        "transactionIndex": "0x5",
        "topics": [ONE["topics"][0], ONE["topics"][1][:-1] + "8", ONE["topics"][2]],
        "address": ADDRESS["Token"],
    }
    with pytest.raises(InvalidInput, match="block 3, log 0: the node gave two different logs for one place"):
        ordered(read_logs(compact([ONE, {**ONE, member: other[member]}]), CATALOGUE))


def test_a_log_of_a_block_without_header_is_refused() -> None:
    with pytest.raises(InvalidInput, match="block 3: a log of it was read but its header was not"):
        decode_logs(read_logs(compact([ONE]), CATALOGUE), CATALOGUE, times={})


@settings(max_examples=20, deadline=None)
@given(logs(most=20), st.lists(st.integers(0, 80), max_size=4))
def test_any_batch_size_gives_the_same_tables(made: list[Log], cuts: list[int]) -> None:
    def part(low: int, high: int) -> dict[str, pa.Table]:
        return decoded([rpc_log(log) for log in made if low <= log.block < high])

    whole = join_chunks([part(0, 99)], CATALOGUE)
    edges = [0, *sorted(cuts), 99]
    split = join_chunks([part(low, high) for low, high in pairwise(edges)], CATALOGUE)
    assert list(whole) == list(split) == list(CATALOGUE.tables)
    for name, table in whole.items():
        table.validate(full=True)
        assert split[name].schema == table.schema
        assert split[name].equals(table)


def answered(results: Sequence[object]) -> bytes:
    return compact([{"jsonrpc": "2.0", "id": index, "result": result} for index, result in enumerate(results)])


CALLS = [("eth_getLogs", [{}]), ("eth_getBlockByNumber", ["0x3", False])]


def split(body: bytes) -> tuple[Logs, list[msgspec.Raw]]:
    return split_answer(body, CALLS, CATALOGUE)


@pytest.mark.parametrize("result", [[ONE], [], [ONE, {**ONE, "logIndex": "0x1"}]])
def test_logs_are_told_from_the_rest_of_a_batch(result: list[Any]) -> None:
    found, (header,) = split(answered([result, {"result": 1, "x": [{}]}]))
    assert len(found.rows) == len(result)
    assert json.loads(bytes(header)) == {"result": 1, "x": [{}]}


def test_answers_in_another_order_are_told_by_their_ids() -> None:
    batch = json.loads(answered([[ONE], {"h": 1}]))
    found, (header,) = split(compact(batch[::-1]))
    assert len(found.rows) == 1
    assert json.loads(bytes(header)) == {"h": 1}


@pytest.mark.parametrize(
    "text",
    [
        '[{"id":0,"result":[%s],"result":[]},{"id":1,"result":{}}]',
        '[{"id":0,"x":{"result":[%s]},"result":[]},{"id":1,"result":{}}]',
        '[{"id":1,"result":[%s]},{"id":0,"result":[]}]',
    ],
)
def test_logs_that_are_not_the_result_are_not_taken_for_it(text: str) -> None:
    found, _ = split((text % compact(ONE).decode()).encode())
    assert len(found.rows) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"\xff", b"[" * 100_000, b"{}", b"[]",
        answered([[ONE]]), answered([[ONE], {}, {}]), answered([None, {}]),
        b'[{"id":0,"result":[]},{"id":0,"result":{}}]', b'[{"id":"0","result":[]},{"id":1,"result":{}}]',
    ],
)  # fmt: skip
def test_what_is_no_answer_to_the_batch_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        split(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":null,"error":{"code":-32600,"message":"too many results"}}',
        b'[{"id":0,"error":{"code":-32005,"message":"too many results"}},{"id":1,"result":{}}]',
    ],
)
def test_the_nodes_own_error_is_told(body: bytes) -> None:
    with pytest.raises(NodeError, match="eth_getLogs: too many results"):
        split(body)
