"""JSON-RPC over kept-alive HTTP: bounded time, reads retried, answers checked."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final

import msgspec
import requests
from urllib3.exceptions import HTTPError

from analytics.errors import ChainUnavailable, InvalidInput

TIMEOUT: Final = (5.0, 30.0)
ATTEMPTS: Final = 5
BACKOFF: Final = 0.1

Params = Sequence[object]
Call = tuple[str, Params]


class Failure(msgspec.Struct):
    """The error member of a JSON-RPC answer."""

    message: str = ""
    code: int = 0


class Answer(msgspec.Struct):
    """One JSON-RPC answer, its result still raw bytes."""

    id: int | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: Failure | None = None


class NodeError(ChainUnavailable):
    """An answer in which the node itself reports an error for the request."""


# What decoding of bytes that are no JSON of the expected shape may raise.
MALFORMED: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_ONE = msgspec.json.Decoder(Answer)
_MANY = msgspec.json.Decoder(list[Answer])


def answers(body: bytes, calls: Sequence[Call]) -> list[msgspec.Raw]:
    """The raw results of a batch, in the order of its calls, whatever order the node answered in.

    Raises InvalidInput where the body is no JSON-RPC answer to these calls, NodeError where the node
    reports an error.
    """
    try:
        batch = _MANY.decode(body)
    except MALFORMED as fault:
        try:
            single = _ONE.decode(body)
        except MALFORMED:
            raise InvalidInput(f"the node's answer is not JSON-RPC: {fault}; it begins {body[:80]!r}") from fault
        if single.error is not None:
            raise NodeError(f"{calls[0][0]}: {single.error.message} (code {single.error.code})") from None
        raise InvalidInput("the node answered one object to a batch; it must answer a list") from fault
    by_id = {answer.id: answer for answer in batch}
    if len(by_id) != len(batch) or set(by_id) != set(range(len(calls))):
        raise InvalidInput(f"{len(calls)} calls were sent, the node answered ids {sorted(map(str, by_id))[:10]}")
    results = []
    for index, (method, _) in enumerate(calls):
        failure = by_id[index].error
        if failure is not None:
            raise NodeError(f"{method}: {failure.message} (code {failure.code})")
        results.append(by_id[index].result)
    return results


class Node:
    """A node spoken to over HTTP, one kept-alive connection for each thread.

    Parameters: ``url`` of the node; ``timeout`` (seconds to connect, seconds between bytes);
    ``attempts`` at a read before giving up. Only reads are retried: nothing here sends a transaction.
    """

    def __init__(self, url: str, *, timeout: tuple[float, float] = TIMEOUT, attempts: int = ATTEMPTS) -> None:
        """Remember the address; no request is made yet."""
        if not url.startswith(("http://", "https://")):
            raise InvalidInput(f"node address {url!r}: expected http:// or https://")
        if attempts < 1:
            raise InvalidInput(f"attempts = {attempts}: at least one is needed")
        self.url = url
        self._timeout = timeout
        self._attempts = attempts
        self._local = threading.local()

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.headers.update({"Content-Type": "application/json", "Accept-Encoding": "identity"})
            self._local.session = session
        return session

    def post(self, calls: Sequence[Call], *, attempts: int | None = None) -> bytes:
        """The body of the node's answer to a batch of reads, unparsed.

        Raises ChainUnavailable after the allowed attempts, each with its time limit.
        """
        batch = [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": list(params)}
            for index, (method, params) in enumerate(calls)
        ]
        body = msgspec.json.encode(batch)
        tries = attempts or self._attempts
        reason = ""
        for attempt in range(tries):
            if attempt:
                time.sleep(BACKOFF * 2 ** (attempt - 1))
            try:
                response = self._session().post(self.url, data=body, timeout=self._timeout, stream=True)
                # In one piece: requests would copy an answer of megabytes twice.
                content: bytes = response.raw.read(decode_content=True)
            except (requests.RequestException, HTTPError) as fault:
                self._local.session = None
                reason = f"{type(fault).__name__}: {fault}"
                continue
            if response.ok or content[:1] in b"{[":
                return content
            reason = f"HTTP {response.status_code}"
        raise ChainUnavailable(f"{self.url} did not answer {calls[0][0]} in {tries} attempts ({reason})")

    def batch(self, calls: Sequence[Call]) -> list[msgspec.Raw]:
        """The raw JSON results of several reads asked in one request, in the order asked.

        Raises ChainUnavailable (NodeError where the node itself refuses) and InvalidInput where the
        answer is malformed.
        """
        return answers(self.post(calls), calls) if calls else []

    def call(self, method: str, *params: object) -> object:
        """The decoded result of one read, for instance ``node.call("eth_chainId")``.

        Raises as ``batch`` does.
        """
        return msgspec.json.decode(self.batch([(method, params)])[0])

    def quantity(self, method: str, *params: object) -> int:
        """The result of one read as an integer, such as a block number.

        Raises InvalidInput where the node answers no hexadecimal quantity.
        """
        value = self.call(method, *params)
        return quantity(value, what=f"{self.url} {method}")


def quantity(value: object, *, what: str) -> int:
    """A JSON-RPC quantity as an integer.

    Raises InvalidInput for anything but ``0x`` and ASCII hexadecimal digits.

    >>> quantity("0x10", what="block")
    16
    """
    digits = value[2:] if isinstance(value, str) and value[:2] == "0x" else ""
    if not digits or not digits.isascii() or not digits.isalnum():
        raise InvalidInput(f"{what}: expected a quantity such as 0x1f, found {value!r}")
    try:
        return int(digits, 16)
    except ValueError:
        raise InvalidInput(f"{what}: expected a quantity such as 0x1f, found {value!r}") from None
