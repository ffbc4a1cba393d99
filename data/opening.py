"""A book as it stood on a day: its customers, loans and what secures them.

Money is integer fen, rates parts per billion a year, dates day numbers since 1970-01-01. Things are
named by references of the bank's own (never a person's name); codes are those of ``data/codes``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer to register."""

    ref: str
    kind: str
    industry: str
    region: str
    group: int = 0
    borrowers: int = 1


@dataclass(frozen=True, slots=True)
class Rating:
    """An obligor rating, made on a day and good until another."""

    customer: str
    grade: int
    debt_service_cover: int
    rated_on: int
    expires_on: int
    scorecard: int = 1


@dataclass(frozen=True, slots=True)
class Loan:
    """A loan of an opening book, as it stood."""

    ref: str
    customer: str
    product: int
    industry: str
    region: str
    purpose: str
    category: str
    rate: int
    start: int
    maturity: int
    originated: int
    outstanding: int
    principal_paid: int = 0
    interest_paid: int = 0
    fees_paid: int = 0
    written_off: int = 0
    principal_due: int = 0
    interest_due: int = 0
    oldest_due: int = 0
    source_status: int = 0


@dataclass(frozen=True, slots=True)
class Title:
    """A registered object that may secure loans."""

    ref: str
    owner: str
    kind: str
    region: str
    value: int
    haircut: int
    appraised_on: int
    valid_until: int


@dataclass(frozen=True, slots=True)
class Lien:
    """A lien for a loan on a title; ``lender`` zero is this bank."""

    title: str
    loan: str
    amount: int
    lender: int = 0


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A guarantee for a loan; ``circle`` marks an opening book's circle that the board admits."""

    ref: str
    guarantor: str
    beneficiary: str
    loan: str
    amount: int
    rank: int = 1
    circle: bool = False


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a guarantor can bear, attested."""

    guarantor: str
    amount: int


@dataclass(frozen=True, slots=True)
class Opening:
    """A book as it stood on a day."""

    day: int
    customers: tuple[Customer, ...]
    ratings: tuple[Rating, ...] = ()
    loans: tuple[Loan, ...] = ()
    titles: tuple[Title, ...] = ()
    liens: tuple[Lien, ...] = ()
    guarantees: tuple[Guarantee, ...] = ()
    capacities: tuple[Capacity, ...] = ()
