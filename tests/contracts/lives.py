"""Whole lives of loans, as LivesHarness takes them and tells them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.contracts.lending import ACTUAL_360, PASS, packed

BATCH = 100
CALL_GAS = 2**50 - 1
PPB = 10**9
NOTHING, OF_PRINCIPAL, INSTALMENT, OF_DUE, EVERYTHING = range(5)  # LivesHarness.Payment
CYCLE_CODES = {0: 0, 1: 1, 3: 2, 6: 3, 12: 4}
SERVED = 1  # the first flag above the product's eight
COMPOUNDS = 1 << 5


class Paid(NamedTuple):
    """What one payment paid, in fen."""

    principal: int
    interest: int
    penalty: int
    fee: int


@dataclass(frozen=True)
class Servicing:
    """How a product is served: days of grace, markups and the fee on early principal in parts per billion."""

    grace: int = 0
    overdue: int = 0
    misuse: int = 0
    prepayment: int = 0
    compounds: bool = False

    @property
    def word(self) -> int:
        options = COMPOUNDS if self.compounds else 0
        fields = ((0, 16), (self.grace, 8), (self.overdue, 32), (self.misuse, 32), (self.prepayment, 32), (0, 32))
        return packed(*fields, (options, 8), (156, 96))  # the currency makes it a word of its own


@dataclass(frozen=True)
class Life:
    """One loan's terms, and what happens on which day: (day, what is paid, share of it)."""

    kind: int
    day_count: int
    waterfall: int
    cycle: int
    start: int
    maturity: int
    rate: int
    principal: int
    misused: int
    servicing: Servicing | None
    acts: Sequence[tuple[int, int, int]]

    @property
    def unit(self) -> int:
        return PPB * (360 if self.day_count == ACTUAL_360 else 365)

    def words(self) -> Iterator[int]:
        flags = packed((self.kind, 2), (self.day_count, 1), (self.waterfall, 1), (CYCLE_CODES[self.cycle], 3), (0, 1))
        places = ((1, 32), (1, 16), (0, 32), (0, 48), (self.start, 16), (self.maturity, 16), (PASS, 4), (flags, 8))
        yield packed(*places, (0, 47), (self.rate, 31), (SERVED if self.servicing else 0, 6))
        yield packed((self.principal, 47), (self.misused, 47), (len(self.acts), 16))
        yield self.servicing.word if self.servicing else 0
        for day, what, share in self.acts:
            yield packed((day, 16), (what, 8), (share, 32))


def lived(harness: Any, lives: Sequence[Life]) -> Iterator[tuple[Life, list[Paid], int]]:
    """Each life with what was paid on each of its days, and what the loan still holds."""
    for at in range(0, len(lives), BATCH):
        batch = lives[at : at + BATCH]
        told = iter(harness.live.call([word for life in batch for word in life.words()], {"gas": CALL_GAS}))
        for life in batch:
            yield life, [split(next(told)) for _ in life.acts], next(told)


def split(word: int) -> Paid:
    return Paid(word & 2**48 - 1, word >> 48 & 2**64 - 1, word >> 112 & 2**64 - 1, word >> 176)
