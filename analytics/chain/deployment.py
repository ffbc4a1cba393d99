"""The deployment file: which contracts, on which chain, from which block, with which code.

Scripts write it once; readers and notebooks take it and check a node against it before they trust it.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eth_hash.auto import keccak

from analytics.chain.rpc import Node
from analytics.errors import ChainMismatch, InvalidInput, NotFound

VERSION: Final = 1
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_HASH = re.compile(r"0x[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

Abi = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Contract:
    """One deployed contract: checksummed address, keccak of its runtime code, first block, ABI."""

    address: str
    code_hash: str
    block: int
    abi: Abi


@dataclass(frozen=True, slots=True)
class Deployment:
    """The contracts of one book on one chain, by name; ``block`` is the first any of them is in."""

    chain_id: int
    genesis_hash: str
    contracts: Mapping[str, Contract]

    @property
    def block(self) -> int:
        """The first block that can hold an event of these contracts."""
        return min(contract.block for contract in self.contracts.values())


def deployed(node: Node, contracts: Mapping[str, tuple[str, int, Abi]]) -> Deployment:
    """The deployment record of contracts that already stand, its hashes taken from the node.

    Parameters: ``contracts`` maps a name to (address, block of its deployment, ABI).
    Raises InvalidInput for a malformed entry and NotFound where no code stands at an address.
    """
    found: dict[str, Contract] = {}
    for name, (address, block, abi) in contracts.items():
        code_hash = _code_hash(node, address)
        if code_hash is None:
            raise NotFound(f"contract {name}: no code at {address} on {node.url}; deploy it first")
        found[name] = Contract(to_checksum_address(address), code_hash, int(block), abi)
    deployment = Deployment(node.quantity("eth_chainId"), _genesis(node), found)
    _validate(deployment, where="deployment")
    return deployment


def write_deployment(path: str | Path, deployment: Deployment) -> None:
    """Write the deployment file, whole or not at all.

    Raises InvalidInput where the record is malformed; nothing is written then.
    """
    _validate(deployment, where=str(path))
    record = {
        "version": VERSION,
        "chain_id": deployment.chain_id,
        "genesis_hash": deployment.genesis_hash,
        "block": deployment.block,
        "contracts": {
            name: {
                "address": contract.address,
                "code_hash": contract.code_hash,
                "block": contract.block,
                "abi": [dict(entry) for entry in contract.abi],
            }
            for name, contract in sorted(deployment.contracts.items())
        },
    }
    write_whole(Path(path), (json.dumps(record, indent=1) + "\n").encode())


def read_deployment(path: str | Path) -> Deployment:
    """The deployment a file records.

    Raises NotFound where the file is absent and InvalidInput, naming the member, where it is malformed.
    """
    where = Path(path)
    try:
        record = json.loads(where.read_bytes())
    except FileNotFoundError:
        raise NotFound(f"deployment file {where} is absent: deploy first, or name the file") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as fault:
        raise InvalidInput(f"{where} is not JSON: {fault}") from None
    if not isinstance(record, dict) or record.get("version") != VERSION:
        raise InvalidInput(f"{where}: version {VERSION} expected; write it again with this release's deploy script")
    contracts = record.get("contracts")
    if not isinstance(contracts, dict):
        raise InvalidInput(f"{where}: member contracts must map names to contracts")
    found: dict[str, Contract] = {}
    for name, entry in contracts.items():
        if not isinstance(entry, dict):
            raise InvalidInput(f"{where}: contract {name} must be an object")
        missing = {"address", "code_hash", "block", "abi"} - entry.keys()
        if missing:
            raise InvalidInput(f"{where}: contract {name} lacks {', '.join(sorted(missing))}")
        found[name] = Contract(entry["address"], entry["code_hash"], entry["block"], entry["abi"])
    deployment = Deployment(record.get("chain_id", 0), record.get("genesis_hash", ""), found)
    _validate(deployment, where=str(where))
    if record.get("block") != deployment.block:
        raise InvalidInput(f"{where}: block is {record.get('block')!r}, its contracts begin at {deployment.block}")
    return deployment


def check(deployment: Deployment, node: Node) -> None:
    """Refuse a node that is not the deployment's: other chain id, genesis, or code at an address.

    Raises ChainMismatch with what was expected and what was found.
    """
    chain_id = node.quantity("eth_chainId")
    if chain_id != deployment.chain_id:
        raise ChainMismatch(f"{node.url}: chain id {chain_id} found, {deployment.chain_id} expected")
    genesis = _genesis(node)
    if genesis != deployment.genesis_hash:
        raise ChainMismatch(
            f"{node.url}: genesis {genesis} found, {deployment.genesis_hash} expected; "
            "this is another chain: deploy on it, or start the one the file names"
        )
    for name, contract in deployment.contracts.items():
        code_hash = _code_hash(node, contract.address)
        if code_hash != contract.code_hash:
            raise ChainMismatch(
                f"{node.url}: contract {name} at {contract.address} has code hash "
                f"{code_hash or 'of no code'}, {contract.code_hash} expected"
            )


def to_checksum_address(address: str) -> str:
    """An address with the mixed case of EIP-55, which eth_utils would give for 25 MB of memory.

    >>> to_checksum_address("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
    """
    digits = address[2:].lower()
    digest = keccak(digits.encode()).hex()
    return "0x" + "".join(c.upper() if int(d, 16) >= 8 else c for c, d in zip(digits, digest, strict=False))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _genesis(node: Node) -> str:
    block = node.call("eth_getBlockByNumber", "0x0", False)
    found = block.get("hash") if isinstance(block, dict) else None
    if not isinstance(found, str) or not _HASH.fullmatch(found.lower()):
        raise InvalidInput(f"{node.url}: block 0 has no hash (found {found!r})")
    return found.lower()


def _code_hash(node: Node, address: str) -> str | None:
    code = node.call("eth_getCode", address, "latest")
    if not isinstance(code, str) or not re.fullmatch(r"0x([0-9a-fA-F]{2})*", code):
        raise InvalidInput(f"{node.url}: eth_getCode of {address} is no hexadecimal text")
    return "0x" + keccak(bytes.fromhex(code[2:])).hex() if code != "0x" else None


def _natural(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _validate(deployment: Deployment, *, where: str) -> None:
    if not _natural(deployment.chain_id) or deployment.chain_id == 0:
        raise InvalidInput(f"{where}: chain_id must be a positive integer, found {deployment.chain_id!r}")
    if not isinstance(deployment.genesis_hash, str) or not _HASH.fullmatch(deployment.genesis_hash):
        raise InvalidInput(f"{where}: genesis_hash must be 0x and 64 lower-case digits")
    if not deployment.contracts:
        raise InvalidInput(f"{where}: no contracts; a deployment has at least one")
    seen: dict[str, str] = {}
    for name, contract in deployment.contracts.items():
        if not _NAME.fullmatch(name):
            raise InvalidInput(f"{where}: contract name {name!r} must be a Solidity identifier")
        address = contract.address
        if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
            raise InvalidInput(f"{where}: contract {name} has address {address!r}; 0x and 40 digits expected")
        if address != to_checksum_address(address):
            raise InvalidInput(f"{where}: contract {name} has address {address}, its checksum does not hold")
        if address in seen:
            raise InvalidInput(f"{where}: contracts {seen[address]} and {name} share the address {address}")
        seen[address] = name
        if not isinstance(contract.code_hash, str) or not _HASH.fullmatch(contract.code_hash):
            raise InvalidInput(f"{where}: contract {name} has code_hash {contract.code_hash!r}; 0x and 64 digits")
        if not _natural(contract.block):
            raise InvalidInput(f"{where}: contract {name} has block {contract.block!r}; a block number expected")
        abi = contract.abi
        if not isinstance(abi, Sequence) or not all(isinstance(entry, Mapping) for entry in abi):
            raise InvalidInput(f"{where}: contract {name} has no ABI; a list of entries expected")
