"""What the model's bank holds: customers, buckets, earmarks, liens, guarantees, payments."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.stateful.model.balances import Split
from tests.stateful.model.terms import PPB, NewTerms

CUSTOMER, GROUP, INDUSTRY, REGION = range(4)  # Dimension
FLAG, BLOCK = range(2)  # EarmarkMode
RETAIL = (1, 4)  # CustomerKind: persons and pools, which are scored by their product
ACTIVE_LIEN, RELEASED_LIEN, ENFORCED_LIEN = 1, 2, 3  # LienState
ACTIVE_GUARANTEE, DEMANDED, RELEASED_GUARANTEE = 1, 2, 3  # GuaranteeState
GROUP_NODES = 2**32
RISK_OFFICER, LOAN_OFFICER, APPROVER = 3, 4, 5  # the people's numbers


class Refused(Exception):
    """The typed error, with its arguments, that a contract must throw."""


@dataclass(frozen=True)
class Customer:
    """A customer of the model's bank."""

    number: int
    kind: int
    group: int
    account: str | None
    rated_until: int

    @property
    def retail(self) -> bool:
        return self.kind in RETAIL

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
    state: int = ACTIVE_GUARANTEE
    demanded: int = 0

    @property
    def live(self) -> bool:
        return self.state != RELEASED_GUARANTEE

    def lower(self, amount: int) -> None:
        self.amount -= amount
        if not self.amount:
            self.state = RELEASED_GUARANTEE


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


@dataclass
class Agreement:
    """New terms proposed for a loan, and how far they came."""

    terms: NewTerms
    maker: int
    witness: int = 0
    accepted: bool = False
    carried_out: bool = False
    uncovered: int = 0  # what restructurings up to this one have added


@dataclass
class Consent:
    """The last new terms that a guarantor consented to, and what it covered of those before."""

    terms: NewTerms
    covered: int


@dataclass
class SystemDebt:
    """What a customer owes all banks, as last reported."""

    total: int = 0
    overdue: int = 0
    as_of: int = 0

    @property
    def long_overdue(self) -> bool:
        return self.overdue * 5 > self.total


@dataclass(frozen=True)
class Word:
    """Who agrees to new terms: an account that says or signs it, or a person of the bank who records a document."""

    account: str | None = None
    signed: bool = False
    witness: int = 0
