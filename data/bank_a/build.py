"""Build Bank A: the opening of 2020 and three lived years that end on the study's figures.

Within each industry and region the year's loans are repaid, fall due, go bad and are written off;
what is then missing to the year end's sum is lent anew. There is no balancing entry: every change is
a drawdown, a payment or a write-off of a loan.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from data.acts import (
    Act,
    Attest,
    BookScript,
    Classify,
    CountBorrowers,
    Default,
    Guarantees,
    Lend,
    Pay,
    PayWrongly,
    Rate,
    Recover,
    Register,
    RegisterTitle,
    ReportFigure,
    Revalue,
    SetCovenant,
    SetLimit,
    WriteOff,
    YearEnd,
)
from data.bank_a import incidents, years
from data.bank_a.calendar import business_day, quarter_ends
from data.bank_a.figures import (
    FEN_PER_LOT,
    INDUSTRIES,
    LOTS_PER_100M,
    REGIONS,
    YEARS,
    Matrix,
    major_projects,
    total,
    year_end,
)
from data.bank_a.population import LiveLoan, World, populate

SEED: Final = 20231231
CODES: Final = Path(__file__).resolve().parent.parent / "codes"
NOTES: Final = (
    "The opening book of 2020 is implied by 288.16 being 21.18 % of it; its split by industry and region, and every "
    "customer, loan, object and guarantee, are the builder's own.",
    "Where the study's rows and printed totals disagree, rows win.",
    "Personal loans are retail pools with borrower counts and no industry (section X).",
)
REAL_ESTATE_SHARE: Final = 220_000_000  # of last year's attested book: a second bound beside the absolute one
GROUP_LIMIT: Final = 60 * LOTS_PER_100M
# Within a day: people first, then rules, collateral, lending, payments, quality, and the close.
ORDER: Final = (
    Register, Attest, SetLimit, SetCovenant, CountBorrowers, Rate, RegisterTitle, Revalue, Lend, Guarantees, Pay,
    PayWrongly, Classify, Default, WriteOff, Recover, ReportFigure, YearEnd,
)  # fmt: skip


def build(seed: int = SEED) -> BookScript:
    """Bank A as an opening and dated acts, in the order in which they are done.

    Parameters: ``seed`` of the builder's own choices; the year-end sums are the same for every seed.
    Raises ValueError where a seed's choices cannot reach a year end's sums.
    """
    world = World(np.random.default_rng(seed))
    opening = populate(world)
    acts: list[Act] = []
    for year in YEARS[1:]:
        acts += _lived(world, year)
    rank = {kind: place for place, kind in enumerate(ORDER)}
    acts.sort(key=lambda act: (act.day, rank[type(act)]))
    return BookScript("bank-a", "Bank A", CODES, opening, tuple(acts), NOTES)


def _lived(world: World, year: int) -> list[Act]:
    acts = [*_rules(year), *years.renewed_ratings(world, year)]
    acts += years.workouts(world, year)
    target = year_end(year)
    least = np.min([year_end(later) for later in YEARS if later >= year], axis=0)
    acts += years.failures(world, year, least)
    paid: list[Act] = []
    fresh: list[LiveLoan] = []
    for row, industry in enumerate(INDUSTRIES):
        for column, region in enumerate(REGIONS):
            repaid, lent = years.cell(world, industry, region, year, int(target[row, column]))
            paid += repaid
            fresh += lent
    if year == YEARS[-1]:
        years.name_major_projects(world, fresh, major_projects())
    incidents.single_out(world, year, fresh)
    for loan in sorted(fresh, key=lambda item: item.start):
        acts += years.lending(world, loan)
        acts += years.payments(loan, year, {})
    acts += incidents.of_payments(world, year, paid)
    acts += incidents.of_year(world, year, fresh)
    if year == YEARS[-1]:
        acts += incidents.covenants(world, year)
    acts += _troubled(world, year)
    acts.append(YearEnd(day=business_day(year, 12, 31), year=year))
    _check(world, target, year)
    return acts


def _rules(year: int) -> list[Act]:
    """Denominators attested in January from last year's end, and limits with room for this year's plan."""
    day = business_day(year, 1, 10)
    before, after = year_end(year - 1), year_end(year)
    most = np.maximum(before, after)
    acts: list[Act] = [
        Attest(day=day, denominator="book", amount=total(year - 1) * FEN_PER_LOT),
        Attest(day=day, denominator="tier1_capital", amount=total(year - 1) * FEN_PER_LOT // 11),
    ]
    for row, industry in enumerate(INDUSTRIES):
        limit = int(most[row].sum()) * 130 // 100 * FEN_PER_LOT
        share = REAL_ESTATE_SHARE if industry == "K70" else 0
        acts.append(SetLimit(day=day, dimension="industry", key=industry[0], limit=limit, share=share))
    for column, region in enumerate(REGIONS):
        limit = int(most[:, column].sum()) * 135 // 100 * FEN_PER_LOT
        acts.append(SetLimit(day=day, dimension="region", key=region, limit=limit))
    if year == YEARS[1]:
        acts += [
            SetLimit(day=day, dimension="group", key=str(group), limit=GROUP_LIMIT * FEN_PER_LOT)
            for group in range(1, 31)
        ]
    return acts


def _troubled(world: World, year: int) -> list[Act]:
    """Loans in trouble are classified at each quarter end; pools count their borrowers at the year's end."""
    acts: list[Act] = []
    for end in quarter_ends(year):
        refs = tuple(loan.ref for loan in world.live() if loan.stopped and loan.stopped <= end)
        if refs:
            acts.append(Classify(day=end, loans=refs))
    pools: dict[str, int] = {}
    for loan in world.live():
        if loan.pool:
            pools[loan.customer] = pools.get(loan.customer, 0) + loan.outstanding
    for ref, standing in pools.items():
        obligor, borrowers = world.obligors[ref], max(20, standing // 30)
        if borrowers != obligor.customer.borrowers:
            obligor.customer = replace(obligor.customer, borrowers=borrowers)
            acts.append(CountBorrowers(day=business_day(year, 12, 20), customer=ref, borrowers=borrowers))
    return acts


def _check(world: World, target: Matrix, year: int) -> None:
    """The built book stands at the year end's matrix, to the lot."""
    built = np.zeros_like(target)
    for loan in world.live():
        built[INDUSTRIES.index(loan.industry), REGIONS.index(loan.region)] += loan.outstanding
    if not np.array_equal(built, target):
        raise ValueError(f"the book built for {year} misses its sums by {int(np.abs(built - target).sum())} lots")
