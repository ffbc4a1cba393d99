"""Every event of the system's own contracts, decoded as web3.py decodes it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from brownie import project as brownie_project
from eth_abi.abi import encode
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes
from web3 import Web3
from web3.datastructures import AttributeDict

from analytics.chain import Contract, Deployment, catalogue
from analytics.chain.answer import read_logs
from analytics.chain.decode import decode_logs
from scripts.deployment import WIRING, container
from tests.analytics.chain.synthetic import Log, compact, rpc_log, signature_topic
from tests.analytics.chain.test_decode import native, value_of

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 5


def address_of(name: str) -> str:
    return to_checksum_address("0x" + keccak(name.encode())[:20].hex())


@pytest.fixture(scope="module")
def abis() -> dict[str, list[dict[str, Any]]]:
    loaded = brownie_project.load(str(ROOT), raise_if_loaded=False)
    return {name: container(loaded, name).abi for name in WIRING}


def test_every_event_of_the_system_decodes_as_web3_decodes_it(abis: dict[str, list[dict[str, Any]]]) -> None:
    seed = 52_901
    print(f"seed {seed}")
    rng = random.Random(seed)
    contracts = {name: Contract(address_of(name), "0x" + 64 * "0", 1, abi) for name, abi in abis.items()}
    events = catalogue(Deployment(1337, "0x" + 64 * "0", contracts))
    assert len(events.tables) > 60
    logs, expected = [], {}
    for table in events.tables.values():
        entry = next(e for e in abis[table.contract] if e["type"] == "event" and e["name"] == table.event)
        event = Web3().eth.contract(address=address_of(table.contract), abi=abis[table.contract]).events[table.event]()
        for _ in range(ROUNDS):
            pairs = [(argument, value_of(argument["type"], rng)) for argument in entry["inputs"]]
            topics = (signature_topic(entry), *(encode([i["type"]], [v]) for i, v in pairs if i["indexed"]))
            plain = [(i["type"], v) for i, v in pairs if not i["indexed"]]
            data = encode([kind for kind, _ in plain], [value for _, value in plain])
            log = Log(address_of(table.contract).lower(), topics, data, log_index=len(logs))
            logs.append(rpc_log(log))
            told = event.process_log(
                AttributeDict(
                    {
                        "address": address_of(table.contract),
                        "topics": [HexBytes(topic) for topic in topics],
                        "data": HexBytes(data),
                        "blockNumber": log.block,
                        "transactionHash": HexBytes(log.tx_hash),
                        "transactionIndex": log.tx_index,
                        "blockHash": HexBytes(log.block_hash),
                        "logIndex": log.log_index,
                    }
                )
            )
            expected.setdefault(table.name, []).append([told.args[argument["name"]] for argument, _ in pairs])
    tables = decode_logs(read_logs(compact(logs), events), events, times={1: 1_600_000_000})
    assert list(tables) == list(events.tables)
    for name, table in tables.items():
        columns = events.tables[name].columns
        rows = [[native(row[column.name], column.solidity) for column in columns] for row in table.to_pylist()]
        assert rows == expected[name], name
