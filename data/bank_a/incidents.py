"""What goes wrong or is refused at Bank A: late and misbooked payments, limits, circles, falling values.

All of it is this builder's own; the study tells of these weaknesses without figures.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from analytics.units import PPB, calendar_date
from data.acts import Act, Classify, Guarantees, Lend, Pay, PayWrongly, ReportFigure, Revalue, SetCovenant, SetLimit
from data.bank_a.calendar import add_months, business_day, next_business_day, quarter_ends
from data.bank_a.figures import FEN_PER_LOT, LOTS_PER_100M
from data.bank_a.population import BULLET, SECURED, LiveLoan, World
from data.opening import Guarantee

LATE_PAYERS: Final = 0.03
LATE_BY: Final = (35, 60)
LOAN_TO_VALUE: Final = 700_000_000  # the most a loan on property may be of its value, before the bank asks for more
CURE_DAYS: Final = 60
# Yearly drift of the logarithm of a value by kind of object, low and high.
DRIFT: Final = {
    2021: {"property": (-0.02, 0.06), "other": (-0.12, 0.0)},
    2022: {"property": (-0.22, 0.0), "other": (-0.15, 0.0)},
    2023: {"property": (-0.28, -0.02), "other": (-0.15, 0.0)},
}


def single_out(world: World, year: int, fresh: list[LiveLoan]) -> None:
    """One new loan a year passes its customer's limit under a board override."""
    fitting = [loan for loan in fresh if loan.product == BULLET and not world.obligors[loan.customer].token]
    fitting[int(world.rng.integers(len(fitting)))].override = True


def of_payments(world: World, year: int, paid: list[Act]) -> list[Act]:
    """The year's payments as they came: most on the day, some late, a few back-valued or misbooked."""
    acts: list[Act] = []
    known = {loan.ref: loan for loan in world.loans}
    wrong = 0
    for act in paid:
        if not isinstance(act, Pay) or known[act.loan].pool or act.principal:
            acts.append(act)
            continue
        month = calendar_date(act.day).month
        luck = world.rng.random()
        if luck < LATE_PAYERS and month in (2, 3, 5, 6, 8, 9):
            day = next_business_day(act.day + int(world.rng.integers(*LATE_BY)))
            acts.append(replace(act, day=day))
            ends = [end for end in quarter_ends(year) if act.day < end]
            acts.append(Classify(day=ends[0], loans=(act.loan,)))
            acts.append(Classify(day=max(day, ends[0]), loans=(act.loan,)))
        elif luck < LATE_PAYERS + 0.004:
            acts.append(replace(act, day=next_business_day(act.day + 1), value_date=act.day))
        else:
            acts.append(act)
            if wrong < 2 and luck > 0.985 and known[act.loan].outstanding > 2000:
                wrong += 1
                acts.append(PayWrongly(day=next_business_day(act.day + 1), loan=act.loan, amount=500 * FEN_PER_LOT))
    return acts


def of_year(world: World, year: int, fresh: list[LiveLoan]) -> list[Act]:
    """Limits that hold, circles that are refused, guarantees that are given, values that drift."""
    return [
        *_overridden(fresh),
        *_refused_loans(world, year),
        *_guarantees(world, year, fresh),
        *_revaluations(world, year),
    ]


def _overridden(fresh: list[LiveLoan]) -> list[Act]:
    return [
        SetLimit(day=loan.start, dimension="customer", key=loan.customer, limit=loan.amount * FEN_PER_LOT // 2)
        for loan in fresh
        if loan.override
    ]


def _refused_loans(world: World, year: int) -> list[Act]:
    """An application that no limit has room for."""
    loan = world.loans[int(world.rng.integers(200))]
    return [
        Lend(
            day=business_day(year, 5, 20), ref=world.name("L"), customer=loan.customer, product=BULLET, industry="E47",
            region=loan.region, purpose="PROJ", amount=400 * LOTS_PER_100M * FEN_PER_LOT, rate=45_000_000,
            maturity=add_months(business_day(year, 5, 20), 36), refused="CreditPolicy_LimitExceeded",
        )
    ]  # fmt: skip


def _guarantees(world: World, year: int, fresh: list[LiveLoan]) -> list[Act]:
    """New guarantees by customers that stand for nobody's guarantor, and one that would close a circle."""
    acts: list[Act] = []
    fitting = [
        loan
        for loan in fresh
        if not loan.pool and not world.obligors[loan.customer].customer.group and loan.customer not in world.guaranteed
    ]
    fitting = list({loan.customer: loan for loan in fitting}.values())[:30]
    for guarantor, loan in zip(fitting[0::2], fitting[1::2], strict=False):
        day = max(guarantor.start, loan.start)
        amount = loan.amount // 2 * FEN_PER_LOT
        world.guaranteed |= {guarantor.customer, loan.customer}
        given = Guarantee(world.name("G"), guarantor.customer, loan.customer, loan.ref, amount)
        acts.append(Guarantees(day=day, guarantee=given))
        if len(acts) == 3:
            back = Guarantee(world.name("G"), loan.customer, guarantor.customer, guarantor.ref, amount // 2)
            acts.append(Guarantees(day=day, guarantee=back, refused="GuaranteeRegistry_CircleRefused"))
    return acts


def _revaluations(world: World, year: int) -> list[Act]:
    """Objects behind live loans are appraised anew in the year; property falls in 2022 and 2023."""
    acts: list[Act] = []
    behind = {lien.loan: lien.title for lien in world.liens if lien.loan}
    for loan in world.live():
        if loan.ref not in behind or loan.start >= business_day(year, 1, 1):
            continue
        title = world.titles[behind[loan.ref]]
        kind = "property" if title.kind in ("commercial_property", "land", "residential_property") else "other"
        value = int(title.value * np.exp(world.rng.uniform(*DRIFT[year][kind]))) // FEN_PER_LOT * FEN_PER_LOT
        day = business_day(year, int(world.rng.choice([3, 6, 9])), 20)
        world.titles[title.ref] = replace(title, value=value, appraised_on=day, valid_until=day + 400)
        acts.append(Revalue(day=day, title=title.ref, value=value, valid_until=day + 400))
    return acts


def covenants(world: World, year: int) -> list[Act]:
    """Who owes a loan on property reports at the year's end what part of the property's value is owed."""
    behind = {lien.loan: lien.title for lien in world.liens if lien.loan}
    owed: dict[str, int] = {}
    values: dict[str, int] = {}
    for loan in world.live():
        if loan.product == SECURED:
            owed[loan.customer] = owed.get(loan.customer, 0) + loan.outstanding * FEN_PER_LOT
            values[loan.customer] = values.get(loan.customer, 0) + world.titles[behind[loan.ref]].value
    rule = SetCovenant(
        day=business_day(year, 1, 10), product=SECURED, measure="loan_to_value", bound="maximum",
        threshold=LOAN_TO_VALUE, cure_days=CURE_DAYS,
    )  # fmt: skip
    day = business_day(year, 12, 20)
    reports = [
        ReportFigure(day=day, customer=ref, measure=rule.measure, value=amount * PPB // values[ref])
        for ref, amount in owed.items()
    ]
    return [rule, *reports]
