"""Contract views over JSON-RPC, many at once, at one block: what the ledger is proven against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from eth_abi.abi import decode, encode
from eth_utils.abi import function_abi_to_4byte_selector

from analytics.chain.abi import snake_case
from analytics.chain.deployment import Deployment
from analytics.chain.rpc import Node
from analytics.errors import NotFound

BATCH: Final = 200

Answer = dict[str, Any]


class Views:
    """The contracts' own answers at one block (a number; the node must keep its state)."""

    def __init__(self, node: Node, deployment: Deployment, block: int) -> None:
        """Remember where and when to ask."""
        self.block = block
        self._node = node
        self._deployment = deployment

    def ask(self, contract: str, function: str, arguments: Sequence[Sequence[object]]) -> Iterator[Answer]:
        """The answers of one view to many argument lists, in order, each a mapping of snake-case names.

        A struct's members and several named results become the mapping; a single nameless result has
        the name ``value``. Raises NotFound where the deployment has no such view.
        """
        entry = self._function(contract, function)
        selector = function_abi_to_4byte_selector(entry)  # type: ignore[arg-type]
        inputs = [_type(argument) for argument in entry["inputs"]]
        outputs = [_type(result) for result in entry["outputs"]]
        address = self._deployment.contracts[contract].address
        for start in range(0, len(arguments), BATCH):
            chunk = arguments[start : start + BATCH]
            calls = [
                (
                    "eth_call",
                    [{"to": address, "data": "0x" + (selector + encode(inputs, given)).hex()}, hex(self.block)],
                )
                for given in chunk
            ]
            for raw in self._node.batch(calls):
                words = bytes.fromhex(msgspec.json.decode(raw)[2:])
                yield _named(entry["outputs"], decode(outputs, words))

    def one(self, contract: str, function: str, *arguments: object) -> Answer:
        """The answer of one view to one argument list."""
        return next(self.ask(contract, function, [arguments]))

    def _function(self, contract: str, function: str) -> Mapping[str, Any]:
        entries = self._deployment.contracts[contract].abi if contract in self._deployment.contracts else ()
        for entry in entries:
            if entry.get("type") == "function" and entry.get("name") == function:
                return entry
        raise NotFound(f"the deployment has no view {contract}.{function}: deploy with this release's contracts")


def _type(argument: Mapping[str, Any]) -> str:
    kind = str(argument["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(_type(member) for member in argument["components"])
    return f"({inner}){kind[5:]}"


def _named(results: Sequence[Mapping[str, Any]], values: Sequence[Any]) -> Answer:
    if len(results) == 1 and results[0]["type"] == "tuple":
        return _named(results[0]["components"], values[0])
    return {snake_case(result["name"]) or "value": value for result, value in zip(results, values, strict=True)}
