"""What the model's bank holds: customers, buckets, earmarks, liens, guarantees, payments."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.stateful.loans import Split

CUSTOMER, GROUP, INDUSTRY, REGION = range(4)  # Dimension
FLAG, BLOCK = range(2)  # EarmarkMode
PPB = 10**9
ACTIVE_LIEN, RELEASED_LIEN, ENFORCED_LIEN = 1, 2, 3  # LienState
GROUP_NODES = 2**32
DEFAULT_DAYS = 90


class Refused(Exception):
    """The typed error, with its arguments, that a contract must throw."""


@dataclass(frozen=True)
class Customer:
    """A customer of the model's bank."""

    number: int
    group: int
    account: str
    rated_until: int | None  # None: scored by product, needs no rating

    @property
    def node(self) -> int:
        return GROUP_NODES + self.group if self.group else self.number


@dataclass
class Bucket:
    exposure: int = 0
    reserved: int = 0
    limit: int = 0


@dataclass
class Earmark:
    remaining: int = 0
    payees: int = 0
    expiry: int = 0
    mode: int = FLAG


@dataclass
class Trace:
    spent: int = 0
    diverted: int = 0
    onward: int = 0
    diversions: int = 0
    depth: int = 0  # the furthest hop recorded


@dataclass
class Lien:
    number: int
    loan: int
    amount: int
    state: int = ACTIVE_LIEN

    @property
    def active(self) -> bool:
        return self.state == ACTIVE_LIEN


@dataclass
class Posting:
    """A drawdown or charge, as a reversal must name it."""

    number: int
    amount: int
    day: int
    kind: int = 0  # of a charge
    account: str | None = None  # of a drawdown


@dataclass
class Thing:
    """A pledged object."""

    title: int
    owner: int
    value: int
    haircut: int
    valid_until: int
    liens: list[Lien] = field(default_factory=list)

    @property
    def cover(self) -> int:
        return self.value * (PPB - self.haircut) // PPB

    @property
    def pledged(self) -> int:
        return sum(lien.amount for lien in self.liens if lien.active)

    def cover_of(self, lien: Lien) -> int:
        """What a lien is worth after those before it."""
        before = sum(other.amount for other in self.liens if other.active and other.number < lien.number)
        return lien.amount if self.cover >= self.pledged else min(lien.amount, max(0, self.cover - before))


@dataclass
class Guarantee:
    number: int
    guarantor: int
    beneficiary: int
    loan: int
    amount: int
    live: bool = True


@dataclass
class Payment:
    """A loan's last payment, as a reversal must name it."""

    posting: int
    account: str | None
    split: Split
    instalment: int
    day: int
    fallen: int  # instalments that had fallen due
    before: list[tuple[int, int, int, int]]  # the obligations as they stood before it was divided
