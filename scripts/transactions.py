"""Send transactions quickly and tell what became of each: mined, refused with a typed error, or not answered.

Brownie asks a node seven times about each transaction; this asks twice. An account whose key is held here signs
here; an unlocked one of a development node is signed by the node. Nonces are counted here, so nothing is sent
twice: after a lost answer the transaction is looked up by its hash or by the account's count before anything else.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.abi import decode
from eth_event import decode_logs, get_topic_map
from eth_utils.crypto import keccak

from analytics.errors import ChainUnavailable, CreditError

GAS: Final = 25_000_000
MINED_SECONDS: Final = 120.0
POLL_SECONDS: Final = 0.05


class Refused(CreditError):
    """A contract refused a call with a typed error: its name, and its arguments as text."""

    def __init__(self, error: str, arguments: Sequence[object]) -> None:
        """Say them as the interfaces do."""
        self.error = error
        self.arguments = tuple(arguments)
        super().__init__(f"{error}({', '.join(map(str, arguments))})")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mined transaction."""

    hash: str
    block_number: int
    gas_used: int
    logs: Sequence[Mapping[str, Any]]
    topics: Mapping[str, Any]

    def told(self, name: str) -> list[dict[str, Any]]:
        """The fields of each event of a name, in order."""
        events = decode_logs(list(self.logs), dict(self.topics), allow_undecoded=True)
        return [
            {field["name"]: field["value"] for field in event["data"]} for event in events if event.get("name") == name
        ]


class Sender:
    """Sends calls of contracts and waits for each."""

    def __init__(self, web3: Any, abis: Iterable[Sequence[Mapping[str, Any]]], *, gas_price: int) -> None:
        """Take a connected web3, the ABIs whose events and errors may be met, and a gas price in wei."""
        self._request = web3.provider.make_request
        self._gas_price = gas_price
        self.nonces: dict[str, int] = {}
        self._topics: dict[str, Any] = {}
        self._errors: dict[bytes, tuple[str, list[str]]] = {}
        self.gas_used = 0
        self.sent = 0
        for abi in abis:
            self._topics |= get_topic_map(list(abi))
            for entry in abi:
                if entry["type"] == "error":
                    kinds = [argument["type"] for argument in entry["inputs"]]
                    signature = f"{entry['name']}({','.join(kinds)})"
                    self._errors[keccak(text=signature)[:4]] = (entry["name"], kinds)
        self._chain_id = int(self._ask("eth_chainId"), 16)

    def send(self, account: Any, method: Any, arguments: Sequence[object], *, gas: int = GAS) -> Receipt:
        """Send one call and wait until it is mined.

        Parameters: ``account`` is a Brownie account; ``method`` a Brownie contract method.
        Raises Refused with the typed error, ChainUnavailable where it is not mined in time.
        """
        sender = str(account.address)
        if sender not in self.nonces:
            self.nonces[sender] = int(self._ask("eth_getTransactionCount", sender, "pending"), 16)
        transaction = {
            "from": sender, "to": method._address, "data": method.encode_input(*arguments), "gas": hex(gas),
            "gasPrice": hex(self._gas_price), "nonce": hex(self.nonces[sender]), "value": "0x0",
        }  # fmt: skip
        digest = self._submit(account, transaction)
        self.nonces[sender] += 1
        receipt = self._mined(digest)
        self.sent += 1
        self.gas_used += int(receipt["gasUsed"], 16)
        block = int(receipt["blockNumber"], 16)
        if int(receipt["status"], 16) == 0:
            raise self._refusal(transaction, block)
        return Receipt(digest, block, int(receipt["gasUsed"], 16), receipt["logs"], self._topics)

    def _submit(self, account: Any, transaction: dict[str, str]) -> str:
        key = getattr(account, "private_key", None)
        if key is None:
            answer = self._request("eth_sendTransaction", [transaction])
        else:
            unsigned = {name: value for name, value in transaction.items() if name != "from"}
            signed = account._acct.sign_transaction(unsigned | {"chainId": self._chain_id})
            answer = self._request("eth_sendRawTransaction", ["0x" + signed.raw_transaction.hex().removeprefix("0x")])
        if "error" not in answer:
            return str(answer["result"])
        data = answer["error"].get("data")
        if isinstance(data, dict) and "hash" in data:  # mined and reverted, as Ganache tells it
            return str(data["hash"])
        raise ChainUnavailable(
            f"transaction {int(transaction['nonce'], 16)} of {transaction['from']} was not taken: "
            f"{answer['error'].get('message')}"
        )

    def _mined(self, digest: str) -> Mapping[str, Any]:
        deadline = time.monotonic() + MINED_SECONDS
        while True:
            receipt: Mapping[str, Any] | None = self._ask("eth_getTransactionReceipt", digest)
            if receipt is not None:
                return receipt
            if time.monotonic() > deadline:
                raise ChainUnavailable(
                    f"transaction {digest} is not mined after {MINED_SECONDS:.0f} s: is its gas price "
                    f"({self._gas_price} wei) too low, or a nonce missing?"
                )
            time.sleep(POLL_SECONDS)

    def refusal(self, account: Any, method: Any, arguments: Sequence[object], *, gas: int = GAS) -> Refused | None:
        """What a call would be refused with on the state as it is, or None; nothing is sent."""
        call = {
            "from": str(account.address), "to": method._address, "data": method.encode_input(*arguments),
            "gas": hex(gas),
        }  # fmt: skip
        answer = self._request("eth_call", [call, "latest"])
        return self._typed(answer) if "error" in answer else None

    def _refusal(self, transaction: Mapping[str, str], block: int) -> Refused:
        """The typed error, from calling the same thing again on the state before its block."""
        call = {name: transaction[name] for name in ("from", "to", "data", "gas")}
        return self._typed(self._request("eth_call", [call, hex(block - 1)]))

    def _typed(self, answer: Mapping[str, Any]) -> Refused:
        data = answer.get("error", {}).get("data", "0x")
        word = bytes.fromhex(str(data["result"] if isinstance(data, dict) else data).removeprefix("0x"))
        if word[:4] not in self._errors:
            return Refused("an error this release does not know", [f"0x{word.hex()}"])
        name, kinds = self._errors[word[:4]]
        return Refused(name, decode(kinds, word[4:]))

    def _ask(self, method: str, *params: object) -> Any:
        answer = self._request(method, list(params))
        if "error" in answer:
            raise ChainUnavailable(f"{method}: {answer['error'].get('message')}")
        return answer["result"]
