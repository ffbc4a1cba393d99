from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_utils.address import to_checksum_address

from analytics.chain import Node, check, deployed, deployment, read_deployment, write_deployment
from analytics.errors import ChainMismatch, InvalidInput, NotFound
from tests.analytics.chain.synthetic import ABIS, ADDRESS, STRANGER, SyntheticChain, serving


def test_a_deployment_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = SyntheticChain().deployment()
    write_deployment(tmp_path / "a" / "deployment.json", written)
    assert read_deployment(tmp_path / "a" / "deployment.json") == written
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["deployment.json"]


def test_the_record_of_standing_contracts_comes_from_the_node() -> None:
    chain = SyntheticChain()
    with serving(chain) as server:
        node = Node(server.url)
        made = deployed(node, {name: (ADDRESS[name], 1, abi) for name, abi in ABIS.items()})
        assert made == chain.deployment()
        assert made.block == 1
        check(made, node)
        with pytest.raises(NotFound, match="no code at 0xee"):
            deployed(node, {"Lending": (STRANGER, 1, [])})


def test_another_chain_or_another_contract_is_refused() -> None:
    chain = SyntheticChain()
    deployment = chain.deployment()
    with serving(chain) as server:
        node = Node(server.url)
        with pytest.raises(ChainMismatch, match="chain id 1337 found, 1 expected"):
            check(replace(deployment, chain_id=1), node)
        with pytest.raises(ChainMismatch, match=f"genesis {deployment.genesis_hash} found, 0x0000"):
            check(replace(deployment, genesis_hash="0x" + 64 * "0"), node)
        token = deployment.contracts["Token"]
        for other in (replace(token, code_hash="0x" + 64 * "1"), replace(token, address=to_checksum_address(STRANGER))):
            contracts = {**deployment.contracts, "Token": other}
            with pytest.raises(ChainMismatch, match=f"contract Token at {other.address} has code hash"):
                check(replace(deployment, contracts=contracts), node)


Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.update(version=2), "version 1 expected"),
        (lambda r: r.update(chain_id="1337"), "chain_id must be a positive integer"),
        (lambda r: r.update(chain_id=True), "chain_id must be a positive integer"),
        (lambda r: r.update(genesis_hash="0x12"), "genesis_hash must be 0x and 64"),
        (lambda r: r.update(genesis_hash=12), "genesis_hash must be 0x and 64"),
        (lambda r: r.update(block=7), "block is 7, its contracts begin at 1"),
        (lambda r: r.update(contracts={}), "no contracts"),
        (lambda r: r.update(contracts=[]), "must map names to contracts"),
        (lambda r: r["contracts"].update(Token=3), "contract Token must be an object"),
        (lambda r: r["contracts"]["Token"].pop("code_hash"), "contract Token lacks code_hash"),
        (lambda r: r["contracts"]["Token"].update(code_hash="0x"), "contract Token has code_hash '0x'"),
        (lambda r: r["contracts"]["Token"].update(block=-1), "contract Token has block -1"),
        (lambda r: r["contracts"]["Token"].update(abi="x"), "contract Token has no ABI"),
        (lambda r: r["contracts"]["Token"].update(abi=[3]), "contract Token has no ABI"),
        (lambda r: r["contracts"]["Token"].update(address="0x12"), "contract Token has address '0x12'"),
        (lambda r: r["contracts"]["Token"].update(address="0x" + "aB" * 20), "checksum does not hold"),
        (lambda r: r["contracts"].update({"a b": r["contracts"].pop("Token")}), "must be a Solidity identifier"),
        (lambda r: r["contracts"].update(Other=r["contracts"]["Token"]), "share the address"),
    ],
)
def test_a_malformed_file_is_refused_by_member(tmp_path: Path, change: Change, message: str) -> None:
    path = tmp_path / "deployment.json"
    write_deployment(path, SyntheticChain().deployment())
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))
    with pytest.raises(InvalidInput, match=message) as caught:
        read_deployment(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"null"])
def test_what_is_no_deployment_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "d.json").write_bytes(content)
    with pytest.raises(InvalidInput, match=r"d\.json"):
        read_deployment(tmp_path / "d.json")


def test_checksums_are_those_of_eth_utils() -> None:
    for number in range(200):
        address = "0x" + (number * 0x9E3779B97F4A7C15F39CC0605CEDC8341082276B % 2**160).to_bytes(20, "big").hex()
        assert deployment.to_checksum_address(address) == to_checksum_address(address)


def test_an_absent_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="deploy first"):
        read_deployment(tmp_path / "none.json")


def test_a_malformed_record_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        write_deployment(tmp_path / "d.json", replace(SyntheticChain().deployment(), chain_id=0))
    assert not list(tmp_path.iterdir())
