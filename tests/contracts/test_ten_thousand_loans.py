"""Ten thousand random loans, lived from the first day to the last, against exact fractions.

What the contracts' arithmetic takes for interest is the exact interest rounded up, for every loan, however it is paid
and however often it is accrued; penalty interest is the exact one rounded down; and in the end nothing is left. The
usual run has one seed, so that a failure is a change's and not a draw's; `LIVES_SEED=random` draws another and
`LIVES_SEED=n` repeats it.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
import os
import random
import secrets
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from tests.contracts.lending import (
    ANNUITY,
    BULLET,
    EPOCH,
    LINEAR,
    MAX_MONEY,
    MAX_RATE,
    REPAID,
)
from tests.contracts.lives import (
    CYCLE_CODES,
    EVERYTHING,
    INSTALMENT,
    NOTHING,
    OF_DUE,
    OF_PRINCIPAL,
    PPB,
    Life,
    Paid,
    Servicing,
    lived,
)

LOANS = 10_000
TWICE = 300  # of them lived again without the days on which nothing is paid
SEED = 20_261_124
FORTY_YEARS = 14_610
FEWEST = 20  # of each edge
SHARES = 2**32


# ---------------------------------------------------------------- random lives


def random_start(chance: random.Random) -> int:
    """A day from 1980 to 2100; one in three the last of its month or a leap day."""
    year = chance.randrange(1980, 2100)
    month = chance.randrange(1, 13)
    last = calendar.monthrange(year, month)[1]
    if chance.random() < 0.02:
        return (dt.date(year // 4 * 4, 2, 29) - EPOCH).days
    return (dt.date(year, month, last if chance.random() < 0.3 else chance.randrange(1, last + 1)) - EPOCH).days


def random_term(chance: random.Random, cycle: int) -> int:
    """Days: most loans have a few instalments, some a single day, some forty years."""
    odds = chance.random()
    if odds < 0.03:
        return 1
    if odds < 0.05 and cycle in (0, 12):
        return chance.choice((FORTY_YEARS, FORTY_YEARS - 1, 16_000))
    return chance.randrange(1, 31 * (cycle or 12) * chance.choice((1, 2, 3, 5)))


def random_money(chance: random.Random) -> int:
    odds = chance.random()
    if odds < 0.03:
        return 1
    if odds < 0.06:
        return MAX_MONEY
    return min(MAX_MONEY, int(10 ** chance.uniform(0, 14)) + 1)


def random_rate(chance: random.Random) -> int:
    odds = chance.random()
    if odds < 0.05:
        return 0
    if odds < 0.08:
        return MAX_RATE
    return chance.choice((1, chance.randrange(10**6), chance.randrange(2 * 10**8), chance.randrange(10**9)))


def random_acts(chance: random.Random, start: int, maturity: int) -> list[tuple[int, int, int]]:
    """Payments early, late and partial, days on which nothing is paid, and everything in the end."""
    late = chance.choice((0, 1, 30, 400))
    days = sorted(chance.randrange(start, min(maturity + late, 2**16 - 2) + 1) for _ in range(chance.randrange(5)))
    acts = [
        (day, chance.choice((NOTHING, OF_PRINCIPAL, INSTALMENT, OF_DUE, OF_DUE)), chance.randrange(SHARES))
        for day in days
    ]
    end = max([*days[-1:], chance.choice((maturity, maturity + late, chance.randrange(start, maturity + 1)))])
    return [*acts, (end, EVERYTHING, 0)]


def random_servicing(chance: random.Random) -> Servicing:
    return Servicing(
        grace=chance.choice((0, 0, 1, 7, 30)),
        overdue=chance.choice((300_000_000, 500_000_000, 400_000_001)),
        misuse=chance.choice((500_000_000, 1_000_000_000)),
        prepayment=chance.choice((0, 0, 10_000_000, 12_345_678)),
        compounds=chance.random() < 0.5,
    )


def random_life(chance: random.Random) -> Life:
    """One loan in six is served: due at once at maturity, so that what is overdue is simple to tell."""
    served = chance.random() < 1 / 6
    kind = BULLET if served else chance.choice((BULLET, LINEAR, ANNUITY))
    cycle = 0 if served or (kind == BULLET and chance.random() < 0.3) else chance.choice((1, 3, 6, 12))
    start, principal = random_start(chance), random_money(chance)
    maturity = start + random_term(chance, cycle)
    misused = chance.choice((0, principal, chance.randrange(principal + 1))) if served else 0
    return Life(
        kind=kind,
        day_count=chance.randrange(2),
        waterfall=chance.randrange(2),
        cycle=cycle,
        start=start,
        maturity=maturity,
        rate=min(random_rate(chance), 10**9) if served else random_rate(chance),
        principal=principal,
        misused=misused,
        servicing=random_servicing(chance) if served else None,
        acts=random_acts(chance, start, maturity),
    )


# ---------------------------------------------------------------- exact recomputation


def exact_interest(life: Life, paid: Sequence[Paid]) -> Fraction:
    """Principal x days x rate, between the days on which the principal changed."""
    total, owed, since = Fraction(0), life.principal, life.start
    for (day, _, _), one in zip(life.acts, paid, strict=True):
        total += Fraction(owed * life.rate * (day - since), life.unit)
        owed, since = owed - one.principal, day
    return total


def exact_penalty(life: Life, paid: Sequence[Paid]) -> Fraction:
    """Markups on what is misused, and after maturity and its grace on what is overdue; the heavier on what is both."""
    terms = life.servicing
    if terms is None:
        return Fraction(0)
    overdue, misuse = (life.rate * markup // PPB for markup in (terms.overdue, terms.misuse))
    total, owed, since = Fraction(0), life.principal, life.start
    earlier = Fraction(0)  # interest up to maturity
    interest = paid_before = 0  # interest that fell due at maturity and is unpaid; all that was paid
    for (day, _, _), one in zip(life.acts, paid, strict=True):
        if since < life.maturity:
            earlier += Fraction(owed * life.rate * (min(day, life.maturity) - since), life.unit)
            if day >= life.maturity:
                interest = math.ceil(earlier) - paid_before
        misused = min(life.misused, owed)
        total += Fraction(misused * misuse * (day - since), life.unit)
        late = day - max(since, life.maturity + terms.grace)
        if late > 0 and owed + interest:
            daily = (owed - misused) * overdue + misused * max(0, overdue - misuse)
            if terms.compounds:
                daily += interest * (life.rate + (max(overdue, misuse) if misused else overdue))
            total += Fraction(daily * late, life.unit)
        owed, since = owed - one.principal, day
        paid_before += one.interest
        if day >= life.maturity:
            interest -= min(interest, one.interest)
    return total


def check(life: Life, paid: Sequence[Paid], rest: int) -> None:
    """What was paid is what is exactly owed, and nothing is left."""
    assert rest == REPAID << 248, "a loan paid off holds nothing"
    assert sum(one.principal for one in paid) == life.principal
    assert sum(one.interest for one in paid) == math.ceil(exact_interest(life, paid))
    assert sum(one.penalty for one in paid) == math.floor(exact_penalty(life, paid))
    rate = Fraction(life.servicing.prepayment if life.servicing else 0, PPB)
    for (day, _, _), one in zip(life.acts, paid, strict=True):
        exact = one.principal * rate if day < life.maturity else 0
        assert 0 <= exact - one.fee < 1 + rate, "the fee on early principal, rounded down"


# ---------------------------------------------------------------- the test


@pytest.fixture(scope="module")
def harness(people: Any, LivesHarness: Any) -> Any:
    return LivesHarness.deploy({"from": people["chair"]})


@pytest.fixture(scope="module")
def lives() -> list[Life]:
    told = os.environ.get("LIVES_SEED", str(SEED))
    number = secrets.randbelow(2**32) if told == "random" else int(told)
    print(f"LIVES_SEED={number}")
    chance = random.Random(number)
    return [random_life(chance) for _ in range(LOANS)]


def test_the_draw_has_every_edge(lives: list[Life]) -> None:
    """I40: the extremes are lived, not only allowed."""
    edges = {
        "a day": lambda life: life.maturity - life.start == 1,
        "forty years": lambda life: life.maturity - life.start >= FORTY_YEARS - 1 and life.cycle == 12,
        "no interest": lambda life: life.rate == 0,
        "the highest rate": lambda life: life.rate == MAX_RATE,
        "one fen": lambda life: life.principal == 1,
        "the largest amount": lambda life: life.principal == MAX_MONEY,
        "from a leap day": lambda life: (EPOCH + dt.timedelta(life.start)).strftime("%m-%d") == "02-29",
        "from the end of a month": lambda life: (EPOCH + dt.timedelta(life.start + 1)).day == 1,
        "overdue and misused": lambda life: life.misused and life.acts[-1][0] > life.maturity + life.servicing.grace,
        **{f"type {kind}": lambda life, kind=kind: life.kind == kind for kind in (BULLET, LINEAR, ANNUITY)},
        **{f"every {cycle} months": lambda life, cycle=cycle: life.cycle == cycle for cycle in CYCLE_CODES},
    }
    found = {name: sum(map(bool, map(holds, lives))) for name, holds in edges.items()}
    assert not [name for name, count in found.items() if count < FEWEST], found


def test_i7_ten_thousand_loans_pay_exact_interest_rounded_up_and_end_at_zero(harness: Any, lives: list[Life]) -> None:
    for number, (life, paid, rest) in enumerate(lived(harness, lives)):
        try:
            check(life, paid, rest)
        except AssertionError as failure:
            failure.add_note(f"loan {number}: {life}\npaid {paid}")
            raise


def test_i6_days_on_which_nothing_is_paid_change_nothing(harness: Any, lives: list[Life]) -> None:
    """Accrued in many steps or at once, every payment is split the same."""
    often = [life for life in lives if any(what == NOTHING for _, what, _ in life.acts)][:TWICE]
    seldom = [replace(life, acts=[act for act in life.acts if act[1] != NOTHING]) for life in often]
    assert len(often) == TWICE
    for (life, paid, _), (_, same, _) in zip(lived(harness, often), lived(harness, seldom), strict=True):
        assert [one for one, act in zip(paid, life.acts, strict=True) if act[1] != NOTHING] == same
