"""Who Bank A lends to at the end of 2020: customers, ratings, loans, collateral and guarantees.

The study gives sums only; every customer, loan and object here is this builder's own, drawn from a
seed so that the sums come out exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from analytics.units import PPB
from data.bank_a.calendar import OPENING_DAY, add_months, business_day
from data.bank_a.figures import FEN_PER_LOT, INDUSTRIES, LOTS_PER_100M, PERSONAL, REGIONS, year_end
from data.opening import Capacity, Customer, Guarantee, Lien, Loan, Opening, Rating, Title

BULLET, LINEAR, POOL, SECURED = 1, 2, 3, 4
GRADES: Final = 8
GRADE_WEIGHTS: Final = (0.05, 0.12, 0.22, 0.26, 0.18, 0.10, 0.05, 0.02)
HAIRCUT: Final = 300_000_000  # 30 %
POOL_LOAN: Final = {"HOME": 65, "CONS": 8, "SOLE": 30}  # average loan of one borrower, lots
PROPERTY_INDUSTRIES: Final = ("K70", "E47", "N77")


@dataclass(slots=True)
class LiveLoan:
    """A loan while the book is built; amounts in lots."""

    ref: str
    customer: str
    industry: str
    region: str
    purpose: str
    product: int
    amount: int
    outstanding: int
    rate: int
    start: int
    maturity: int
    instalment: int = 0
    stopped: int = 0
    defaulted: int = 0
    charged: int = 0
    override: bool = False

    @property
    def pool(self) -> bool:
        """Whether it is lent to a retail pool."""
        return self.industry == PERSONAL


@dataclass(slots=True)
class Obligor:
    """A customer while the book is built."""

    customer: Customer
    grade: int = 0
    token: bool = False
    registered: bool = False
    failed: bool = False


@dataclass(slots=True)
class World:
    """The bank as it is being built."""

    rng: np.random.Generator
    obligors: dict[str, Obligor] = field(default_factory=dict)
    loans: list[LiveLoan] = field(default_factory=list)
    titles: dict[str, Title] = field(default_factory=dict)
    liens: list[Lien] = field(default_factory=list)
    guaranteed: set[str] = field(default_factory=set)
    serial: int = 0

    def name(self, prefix: str) -> str:
        """The next reference of a kind."""
        self.serial += 1
        return f"{prefix}-{self.serial:05d}"

    def live(self) -> list[LiveLoan]:
        """Loans with something outstanding."""
        return [loan for loan in self.loans if loan.outstanding]


def split(world: World, amount: int, parts: int, *, least: int) -> list[int]:
    """An amount in uneven whole parts of at least ``least`` (fewer parts where it is too small)."""
    parts = max(1, min(parts, amount // least))
    weights = world.rng.dirichlet(np.full(parts, 2.5))
    shares = [least + int(weight * (amount - parts * least)) for weight in weights]
    shares[0] += amount - sum(shares)
    return shares


def rate_for(world: World, grade: int) -> int:
    """A yearly rate in ppb, dearer for worse grades, in steps of five basis points."""
    points = 355 + 22 * grade + int(world.rng.integers(-3, 4)) * 5
    return points * PPB // 10_000


def new_obligor(world: World, industry: str, region: str, *, purpose: str = "", amount: int = 0) -> Obligor:
    """A new customer of an industry and region; a pool has as many borrowers as its amount suggests."""
    if industry == PERSONAL:
        borrowers = max(20, amount // POOL_LOAN[purpose])
        customer = Customer(world.name("P"), "retail_pool", industry, region, borrowers=borrowers)
        obligor = Obligor(customer)
    else:
        kind = "corporate" if world.rng.random() < 0.55 else "small_enterprise"
        group = int(world.rng.integers(1, 31)) if world.rng.random() < 0.25 else 0
        customer = Customer(world.name("C"), kind, industry, region, group=group)
        grade = 1 + int(world.rng.choice(GRADES, p=GRADE_WEIGHTS))
        obligor = Obligor(customer, grade=grade, token=bool(world.rng.random() < 0.18))
    world.obligors[customer.ref] = obligor
    return obligor


def known_obligor(world: World, industry: str, region: str) -> Obligor | None:
    """A customer of the same industry and region that is in good standing, or None."""
    fitting = [
        obligor
        for obligor in world.obligors.values()
        if (obligor.customer.industry, obligor.customer.region) == (industry, region) and not obligor.failed
    ]
    return fitting[int(world.rng.integers(len(fitting)))] if fitting else None


def purpose_for(world: World, industry: str) -> str:
    """What a loan of an industry is for."""
    if industry == PERSONAL:
        return str(world.rng.choice(["HOME", "CONS", "SOLE"], p=[0.5, 0.3, 0.2]))
    if industry == "K70":
        return "PROP"
    return str(world.rng.choice(["WCAP", "EQUI", "PROJ"], p=[0.6, 0.2, 0.2]))


def loan_count(lots: int, *, pool: bool) -> int:
    """How many loans a cell of some size is lent in."""
    hundred_millions = lots / LOTS_PER_100M
    return max(1, round(0.6 * hundred_millions**0.5)) if pool else max(1, min(14, round(1.15 * hundred_millions**0.5)))


def title_for(world: World, obligor: Obligor, amount: int, *, day: int, property_only: bool) -> Title:
    """An object that carries a loan of ``amount`` lots at a loan-to-value of 45 to 68 per cent."""
    kinds = ["commercial_property", "land", "residential_property"]
    kind = str(world.rng.choice(kinds if property_only else [*kinds, "equipment", "receivable"]))
    value = int(amount * FEN_PER_LOT / world.rng.uniform(0.45, 0.68)) // FEN_PER_LOT * FEN_PER_LOT
    title = Title(
        world.name("T"), obligor.customer.ref, kind, obligor.customer.region, value, HAIRCUT, day, day + 400
    )  # fmt: skip
    world.titles[title.ref] = title
    return title


def populate(world: World) -> Opening:
    """The opening book; ``world`` then holds the same loans, alive."""
    matrix = year_end(2020)
    for row, industry in enumerate(INDUSTRIES):
        for column, region in enumerate(REGIONS):
            cell = int(matrix[row, column])
            pool = industry == PERSONAL
            for amount in split(world, cell, loan_count(cell, pool=pool), least=50):
                _lend_before(world, industry, region, amount)
    for obligor in world.obligors.values():
        obligor.registered = True
    loans = tuple(_opening_loan(loan) for loan in world.loans)
    _secure(world)
    guarantees, capacities = _guarantees(world)
    return Opening(
        day=OPENING_DAY,
        customers=tuple(obligor.customer for obligor in world.obligors.values()),
        ratings=tuple(_rating(world, obligor) for obligor in world.obligors.values() if obligor.grade),
        loans=loans,
        titles=tuple(world.titles.values()),
        liens=tuple(world.liens),
        guarantees=guarantees,
        capacities=capacities,
    )


def _lend_before(world: World, industry: str, region: str, amount: int) -> None:
    """A loan of before 2021 that still stands at ``amount`` lots."""
    rng = world.rng
    purpose = purpose_for(world, industry)
    known = known_obligor(world, industry, region) if industry != PERSONAL and rng.random() < 0.2 else None
    obligor = known or new_obligor(world, industry, region, purpose=purpose, amount=amount)
    start = business_day(int(rng.integers(2017, 2021)), int(rng.integers(1, 12)), int(rng.choice([10, 20])))
    quarters = int(rng.integers(9, 29))
    while add_months(start, 3 * quarters) <= OPENING_DAY + 25:
        quarters += 4
    original = amount if rng.random() < 0.5 else amount + int(amount * rng.uniform(0.05, 0.6))
    world.loans.append(
        LiveLoan(
            ref=world.name("L"), customer=obligor.customer.ref, industry=industry, region=region, purpose=purpose,
            product=POOL if industry == PERSONAL else BULLET, amount=original, outstanding=amount,
            rate=rate_for(world, obligor.grade or 3), start=start, maturity=add_months(start, 3 * quarters),
        )
    )  # fmt: skip


def _opening_loan(loan: LiveLoan) -> Loan:
    return Loan(
        ref=loan.ref, customer=loan.customer, product=loan.product, industry=loan.industry, region=loan.region,
        purpose=loan.purpose, category="pass", rate=loan.rate, start=loan.start, maturity=loan.maturity,
        originated=loan.amount * FEN_PER_LOT, outstanding=loan.outstanding * FEN_PER_LOT,
        principal_paid=(loan.amount - loan.outstanding) * FEN_PER_LOT,
    )  # fmt: skip


def _rating(world: World, obligor: Obligor) -> Rating:
    rated_on = OPENING_DAY - int(world.rng.integers(30, 200))
    return Rating(obligor.customer.ref, obligor.grade, cover_for(world, obligor.grade), rated_on, OPENING_DAY + 100)


def cover_for(world: World, grade: int) -> int:
    """A projected debt-service cover in thousandths, thinner for worse grades."""
    return max(600, int(world.rng.normal(2400 - 190 * grade, 220)))


def _secure(world: World) -> None:
    """Liens for most property loans and some others; a few objects also carry another lender's lien."""
    for loan in world.loans:
        chance = 0.9 if loan.industry in PROPERTY_INDUSTRIES else 0.3
        if loan.pool or world.rng.random() > chance:
            continue
        obligor = world.obligors[loan.customer]
        day = OPENING_DAY - int(world.rng.integers(20, 300))
        title = title_for(world, obligor, loan.outstanding, day=day, property_only=loan.industry == "K70")
        if world.rng.random() < 0.06:
            world.liens.append(Lien(title.ref, "", title.value // 10, lender=int(world.rng.integers(1, 6))))
        world.liens.append(Lien(title.ref, loan.ref, loan.outstanding * FEN_PER_LOT))


def _guarantees(world: World) -> tuple[tuple[Guarantee, ...], tuple[Capacity, ...]]:
    """Guarantees down a line of customers, so that none closes a circle, and three circles that do."""
    rng = world.rng
    loans = {loan.customer: loan for loan in world.loans if not loan.pool}
    alone = [ref for ref in loans if world.obligors[ref].customer.group == 0]
    picked = [alone[int(index)] for index in rng.permutation(len(alone))[:150]]
    circles = (picked[:2], picked[2:5], picked[5:7])
    found: list[Guarantee] = []
    for circle in circles:
        for guarantor, borrower in zip(circle, [*circle[1:], circle[0]], strict=True):
            found.append(_guarantee(world, guarantor, loans[borrower], circle=True))
    line = picked[7:]
    world.guaranteed |= set(picked)
    for position in range(0, len(line) - 4, 2):
        for step in rng.choice([1, 2, 3], size=int(rng.integers(1, 3)), replace=False):
            found.append(_guarantee(world, line[position], loans[line[position + int(step)]], circle=False))
    live: dict[str, int] = {}
    for guarantee in found:
        live[guarantee.guarantor] = live.get(guarantee.guarantor, 0) + guarantee.amount
    return tuple(found), tuple(Capacity(ref, amount * 13 // 10) for ref, amount in live.items())


def _guarantee(world: World, guarantor: str, loan: LiveLoan, *, circle: bool) -> Guarantee:
    amount = int(loan.outstanding * world.rng.uniform(0.3, 0.8)) * FEN_PER_LOT
    return Guarantee(world.name("G"), guarantor, loan.customer, loan.ref, amount, circle=circle)
