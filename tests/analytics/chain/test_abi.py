from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from analytics.chain import catalogue
from analytics.chain.abi import events
from analytics.errors import InvalidInput
from tests.analytics.chain.synthetic import ADDRESS, LENDING, SyntheticChain, event, signature_topic

EMITTER = "a1" * 20


def test_tables_are_named_by_contract_and_event() -> None:
    names = list(catalogue(SyntheticChain().deployment()).tables)
    assert names == sorted(names)
    assert {"lending.loan_drawn", "lending.transfer", "token.transfer", "token.funded"} < set(names)
    assert len(names) == 10


def test_an_event_becomes_a_schema_of_its_words() -> None:
    table = events("Lending", LENDING, address=EMITTER)[0]
    assert table.signature == "LoanDrawn(uint64,bytes4,address,uint128,int40,bytes6,bytes32,bool)"
    assert table.topic0 == signature_topic(LENDING[0]).hex()
    assert (table.topics, table.words) == (3, 6)
    assert [(c.name, c.indexed, c.word) for c in table.columns[:4]] == [
        ("loan_id", True, 0),
        ("industry", True, 1),
        ("borrower", False, 0),
        ("principal", False, 1),
    ]
    text = pa.dictionary(pa.int32(), pa.string())
    assert table.schema.names[:5] == ["block_number", "block_time", "tx_index", "log_index", "tx_hash"]
    assert table.schema.types[5:] == [
        pa.uint64(), text, text, pa.decimal128(38, 0), pa.int64(), text, pa.binary(32), pa.bool_(),
    ]  # fmt: skip


def test_an_indexed_wide_integer_is_an_id_and_keeps_its_word() -> None:
    table = events("Lending", LENDING, address=EMITTER)[4]
    assert table.schema.types[5:] == [pa.binary(32)] * 3


@pytest.mark.parametrize(
    "kind", ["string", "bytes", "uint256[2]", "uint8[]", "tuple", "uint", "uint7", "bytes33", "int264"]
)
def test_what_is_no_static_word_is_refused(kind: str) -> None:
    with pytest.raises(InvalidInput, match=r"event Lending\.Said, argument what: type .* is not a static 32-byte word"):
        events("Lending", [event("Said", ("what", kind, False))], address=EMITTER)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (event("E", ("", "uint8", False)), "an argument without a name"),
        (event("E", ("blockNumber", "uint8", False)), "column block_number is already taken"),
        (event("E", ("loanId", "uint8", False), ("loan_id", "uint8", False)), "column loan_id is already taken"),
        (event("E", *((f"a{i}", "uint8", True) for i in range(4))), "4 indexed arguments"),
        ({**event("E"), "anonymous": True}, "is anonymous"),
        ({"type": "event", "inputs": []}, "no name or no inputs"),
        ({"type": "event", "name": "E"}, "no name or no inputs"),
    ],
)
def test_an_ill_made_event_is_refused(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        events("Lending", [entry], address=EMITTER)


def test_an_event_told_twice_is_one_and_an_overload_is_refused() -> None:
    once = event("E", ("a", "uint8", False))
    assert len(events("Lending", [once, once, {"type": "function", "name": "f"}], address=EMITTER)) == 1
    with pytest.raises(InvalidInput, match=r"E\(uint8\) and E\(uint16\)"):
        events("Lending", [once, event("E", ("a", "uint16", False))], address=EMITTER)


def test_scan_keys_name_each_table_by_address_and_topic() -> None:
    known = catalogue(SyntheticChain().deployment())
    addresses, owners, topics = known.scan_keys
    for place, table in enumerate(known.tables.values()):
        owner = owners[place]
        assert addresses[40 * owner : 40 * owner + 40].tobytes().decode() == table.address
        assert table.address == ADDRESS[table.contract][2:]
        assert topics[64 * place : 64 * place + 64].tobytes().decode() == table.topic0
