"""A contract that emits whatever logs its call data say, assembled here so that no compiler is needed.

Call data are records one behind another: topic count (1 byte), data length (2 bytes), four topics (32 bytes
each, the unused ones zero), data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

_OPCODES: Final = {
    "STOP": 0x00, "ADD": 0x01, "GT": 0x11, "EQ": 0x14, "ISZERO": 0x15, "SHL": 0x1B, "SHR": 0x1C, "CALLDATALOAD": 0x35,
    "CALLDATASIZE": 0x36, "CALLDATACOPY": 0x37, "POP": 0x50, "JUMP": 0x56, "JUMPI": 0x57, "PUSH0": 0x5F,
    "DUP1": 0x80, "DUP2": 0x81, "DUP3": 0x82, "DUP4": 0x83, "DUP5": 0x84, "DUP6": 0x85, "SWAP1": 0x90, "RETURN": 0xF3,
    "LOG0": 0xA0, "LOG1": 0xA1, "LOG2": 0xA2, "LOG3": 0xA3, "LOG4": 0xA4,
}  # fmt: skip
_JUMPDEST: Final = b"\x5b"
_PUSH1: Final = 0x60
_PUSH2: Final = b"\x61"
HEAD: Final = 3 + 4 * 32


def assemble(program: Iterable[str | int]) -> bytes:
    """Opcodes by name, numbers as PUSH1, ``:here`` a place to jump to, ``@here`` its address."""
    parts: list[bytes | str] = []
    for word in program:
        if isinstance(word, int):
            parts.append(bytes([_PUSH1, word]))
        elif word[0] in ":@":
            parts.append(word)
        else:
            parts.append(bytes([_OPCODES[word]]))
    places, at = {}, 0
    for part in parts:
        if isinstance(part, str) and part[0] == ":":
            places[part[1:]] = at
        at += len(part) if isinstance(part, bytes) else 1 if part[0] == ":" else 3
    code = b""
    for part in parts:
        if isinstance(part, bytes):
            code += part
        else:
            code += _JUMPDEST if part[0] == ":" else _PUSH2 + places[part[1:]].to_bytes(2, "big")
    return code


def _program() -> list[str | int]:
    # Stack while a record is read: offset, topic count, data length.
    words: list[str | int] = ["PUSH0", ":record", "DUP1", "CALLDATASIZE", "GT", "ISZERO", "@end", "JUMPI"]
    words += ["DUP1", "CALLDATALOAD", "DUP1", 248, "SHR", "SWAP1", 8, "SHL", 240, "SHR"]
    words += ["DUP1", "DUP4", HEAD, "ADD", "PUSH0", "CALLDATACOPY"]
    for count in range(5):
        words += ["DUP2", count, "EQ", f"@log{count}", "JUMPI"]
    for count in range(5):
        words.append(f":log{count}")
        for topic in range(count, 0, -1):
            words += [f"DUP{3 + count - topic}", 3 + 32 * (topic - 1), "ADD", "CALLDATALOAD"]
        words += [f"DUP{1 + count}", "PUSH0", f"LOG{count}", "@next", "JUMP"]
    return [*words, ":next", "SWAP1", "POP", "ADD", HEAD, "ADD", "@record", "JUMP", ":end", "STOP"]


RUNTIME: Final = assemble(_program())
# PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN: ten bytes that return what follows them.
CREATION: Final = b"\x61" + len(RUNTIME).to_bytes(2, "big") + bytes.fromhex("80600a5f395ff3") + RUNTIME


def record(topics: Sequence[bytes], data: bytes) -> bytes:
    """The call data of one log."""
    return bytes([len(topics)]) + len(data).to_bytes(2, "big") + b"".join(topics).ljust(128, b"\0") + data
