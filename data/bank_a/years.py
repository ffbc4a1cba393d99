"""One lived year of one industry in one region: repaid, gone bad, written off, and lent anew."""

from __future__ import annotations

from typing import Final

from data.acts import (
    MONEY_OUTSIDE,
    MONEY_TOKEN,
    Act,
    Default,
    Lend,
    Pay,
    Rate,
    Recover,
    Register,
    RegisterTitle,
    Spend,
    WriteOff,
)
from data.bank_a.calendar import add_months, business_day, due_days, quarter_ends, year_of
from data.bank_a.figures import FEN_PER_LOT, INDUSTRIES, LOTS_PER_100M, PERSONAL, REGIONS, YEARS, Matrix
from data.bank_a.population import (
    BULLET,
    GRADES,
    LINEAR,
    POOL,
    SECURED,
    LiveLoan,
    Obligor,
    World,
    cover_for,
    known_obligor,
    loan_count,
    new_obligor,
    purpose_for,
    rate_for,
    split,
    title_for,
)
from data.opening import Lien, Rating

LEAST_LOAN: Final = 100
LARGEST_FAILURE: Final = 30 * LOTS_PER_100M
MOST_STOPPED: Final = 50  # per cent of what an industry and region will stand at
# Chance that an obligor of a grade (1 best) stops paying within a year, and that a pool does: this builder's own.
FAILURE: Final = (0.0, 0.002, 0.005, 0.011, 0.024, 0.05, 0.11, 0.22)
POOL_FAILURE: Final = 0.04
RATING_LIFE: Final = 400
EARMARK_LIFE: Final = 180
# Categories of payees (data/codes/payees.csv) that a purpose allows, and some that none does.
PAYEES: Final = {
    "WCAP": (1, 3, 4, 5), "EQUI": (1, 6), "PROJ": (1, 2, 7), "MAJP": (1, 2, 7), "PROP": (1, 2, 4),
}  # fmt: skip
DIVERTED_TO: Final = (8, 9, 10)
DIVERSION: Final = 0.12


def renewed_ratings(world: World, year: int) -> list[Act]:
    """Ratings made anew in the first quarter; grades drift, more often down."""
    acts: list[Act] = []
    for obligor in world.obligors.values():
        if not obligor.grade or obligor.failed:
            continue
        step = int(world.rng.choice([-1, 0, 1, 2], p=[0.14, 0.62, 0.19, 0.05]))
        obligor.grade = min(GRADES, max(1, obligor.grade + step))
        acts.append(_rate(world, obligor, business_day(year, int(world.rng.integers(1, 4)), 10)))
    return acts


def _rate(world: World, obligor: Obligor, day: int) -> Rate:
    cover = cover_for(world, obligor.grade)
    return Rate(day=day, rating=Rating(obligor.customer.ref, obligor.grade, cover, day, day + RATING_LIFE))


def failures(world: World, year: int, least: Matrix) -> list[Act]:
    """Obligors that stop paying this year, and the defaults declared on their loans.

    What stands still in an industry and region stays well below the ``least`` it will stand at in any
    year to come, so that the others' payments can reach every year-end sum.
    """
    room = {
        (industry, region): int(least[row, column]) * MOST_STOPPED // 100
        for row, industry in enumerate(INDUSTRIES)
        for column, region in enumerate(REGIONS)
    }
    for loan in world.live():
        if loan.stopped:
            room[loan.industry, loan.region] -= loan.outstanding
    owing: dict[str, list[LiveLoan]] = {}
    for loan in world.live():
        owing.setdefault(loan.customer, []).append(loan)
    acts: list[Act] = []
    for ref, loans in owing.items():
        obligor = world.obligors[ref]
        chance = FAILURE[obligor.grade - 1] if obligor.grade else POOL_FAILURE
        place = loans[0].industry, loans[0].region
        standing = sum(loan.outstanding for loan in loans)
        if obligor.failed or standing > min(LARGEST_FAILURE, room[place]) or world.rng.random() >= chance:
            continue
        obligor.failed = True
        room[place] -= standing
        stop = business_day(year, int(world.rng.integers(1, 11)), 1)
        for loan in loans:
            acts += _stop(loan, stop)
    return acts


def _stop(loan: LiveLoan, stop: int) -> list[Act]:
    """A loan not paid from a day on, and its default at the first quarter end 91 days past due."""
    year = year_of(stop)
    missed = [day for at in (year, year + 1) for day in due_days(loan.start, loan.maturity, at) if day >= stop]
    if not missed:
        return []
    loan.stopped = missed[0]
    loan.defaulted = next(end for at in (year, year + 1, year + 2) for end in quarter_ends(at) if end >= missed[0] + 91)
    if year_of(loan.defaulted) > YEARS[-1]:
        return []
    return [Default(day=loan.defaulted, loan=loan.ref, trigger="days_past_due")]


def workouts(world: World, year: int) -> list[Act]:
    """Earlier defaults written off in June, in part or whole; some money comes in on them in November."""
    acts: list[Act] = []
    for loan in world.live():
        if not loan.defaulted or year_of(loan.defaulted) >= year or loan.charged:
            continue
        whole = world.rng.random() < 0.6
        part = loan.outstanding if whole else int(loan.outstanding * world.rng.uniform(0.3, 0.7))
        loan.outstanding -= part
        loan.charged = part
        acts.append(WriteOff(day=business_day(year, 6, 20), loan=loan.ref, principal=part * FEN_PER_LOT))
        if world.rng.random() < 0.7:
            back = int(part * world.rng.uniform(0.1, 0.5)) * FEN_PER_LOT
            acts.append(Recover(day=business_day(year, 11, 20), loan=loan.ref, amount=back))
    return acts


def cell(world: World, industry: str, region: str, year: int, target: int) -> tuple[list[Act], list[LiveLoan]]:
    """What is repaid in one industry and region in a year, and the loans lent to end it on the target."""
    loans = [loan for loan in world.live() if (loan.industry, loan.region) == (industry, region)]
    paying = [loan for loan in loans if not loan.stopped]
    plan = {loan.ref: _planned(world, loan, year) for loan in paying}
    standing = {loan.ref: loan.outstanding - sum(plan.get(loan.ref, {}).values()) for loan in loans}
    need = target - sum(standing.values())
    if need < LEAST_LOAN and need != 0:
        need += _prepay(paying, year, plan, standing, -need if need < 0 else 4 * LEAST_LOAN)
    if need < 0:
        raise ValueError(f"{industry} in {region}, {year}: loans cannot fall by another {-need} lots")
    acts: list[Act] = []
    for loan in loans:
        acts += payments(loan, year, plan.get(loan.ref, {}))
        loan.outstanding = standing[loan.ref]
    return acts, _new_loans(world, industry, region, year, need, linear=4 * need < target) if need else []


def _planned(world: World, loan: LiveLoan, year: int) -> dict[int, int]:
    """Principal by due day: maturity, a linear loan's instalments, a pool's run-off, some prepayments."""
    plan: dict[int, int] = {}
    left = loan.outstanding
    for day in due_days(loan.start, loan.maturity, year):
        if day == loan.maturity:
            part = left
        elif loan.instalment:
            part = loan.instalment
        elif loan.pool:
            part = int(left * world.rng.uniform(0.02, 0.05))
        else:
            part = int(left * world.rng.uniform(0.05, 0.25)) if world.rng.random() < 0.12 else 0
        if part:
            plan[day] = part
            left -= part
    return plan


def _prepay(
    paying: list[LiveLoan], year: int, plan: dict[str, dict[int, int]], standing: dict[str, int], more: int
) -> int:
    """Repay ``more`` lots (or what there is) on the largest loans' last due days of the year."""
    freed = 0
    for loan in sorted(paying, key=lambda item: -standing[item.ref]):
        days = due_days(loan.start, loan.maturity, year)
        part = min(standing[loan.ref], more - freed)
        if not days or part <= 0 or loan.instalment:
            continue
        plan[loan.ref][days[-1]] = plan[loan.ref].get(days[-1], 0) + part
        standing[loan.ref] -= part
        freed += part
    return freed


def payments(loan: LiveLoan, year: int, plan: dict[int, int]) -> list[Pay]:
    """A payment on each due day of the year until the loan is repaid or stops being paid."""
    found = []
    left = loan.outstanding
    for day in due_days(loan.start, loan.maturity, year):
        if left == 0 or (loan.stopped and day >= loan.stopped):
            break
        left -= plan.get(day, 0)
        found.append(Pay(day=day, loan=loan.ref, principal=plan.get(day, 0) * FEN_PER_LOT))
    return found


def _new_loans(world: World, industry: str, region: str, year: int, need: int, *, linear: bool) -> list[LiveLoan]:
    found = []
    pool = industry == PERSONAL
    for amount in split(world, need, loan_count(need // 3, pool=pool), least=min(need, LEAST_LOAN)):
        purpose = purpose_for(world, industry)
        known = known_obligor(world, industry, region) if world.rng.random() < (0.8 if pool else 0.45) else None
        obligor = known or new_obligor(world, industry, region, purpose=purpose, amount=amount)
        found.append(_new_loan(world, obligor, purpose, amount, year, linear=linear))
    return found


def _new_loan(world: World, obligor: Obligor, purpose: str, amount: int, year: int, *, linear: bool) -> LiveLoan:
    """A loan lent between April and November; a linear one so late that its first instalment is next year's."""
    rng = world.rng
    month, quarters, instalment = int(rng.integers(4, 12)), int(rng.integers(8, 21)), 0
    product = POOL if obligor.customer.kind == "retail_pool" else SECURED if purpose == "PROP" else BULLET
    even = [count for count in range(8, 21) if amount % count == 0]
    if purpose == "EQUI" and even and linear:
        month, quarters, product = int(rng.integers(10, 12)), even[-1], LINEAR
        instalment = amount // quarters
    start = business_day(year, month, int(rng.choice([10, 20])))
    customer = obligor.customer
    loan = LiveLoan(
        ref=world.name("L"), customer=customer.ref, industry=customer.industry, region=customer.region,
        purpose=purpose, product=product, amount=amount, outstanding=amount,
        rate=rate_for(world, obligor.grade or 3), start=start, maturity=add_months(start, 3 * quarters),
        instalment=instalment,
    )  # fmt: skip
    world.loans.append(loan)
    return loan


def lending(world: World, loan: LiveLoan) -> list[Act]:
    """The acts that lend a new loan: its customer registered and rated, its collateral, the loan itself."""
    obligor = world.obligors[loan.customer]
    acts: list[Act] = []
    if not obligor.registered:
        obligor.registered = True
        acts.append(Register(day=loan.start, customer=obligor.customer))
        if obligor.grade:
            acts.append(_rate(world, obligor, loan.start))
    liens: tuple[Lien, ...] = ()
    if loan.product == SECURED or (not loan.pool and world.rng.random() < 0.25):
        title = title_for(world, obligor, loan.amount, day=loan.start, property_only=loan.product == SECURED)
        acts.append(RegisterTitle(day=loan.start, title=title))
        liens = (Lien(title.ref, loan.ref, loan.amount * FEN_PER_LOT),)
        world.liens.extend(liens)
    token = obligor.token and not loan.pool
    allowed = PAYEES.get(loan.purpose, ())
    acts.append(
        Lend(
            day=loan.start, ref=loan.ref, customer=loan.customer, product=loan.product, industry=loan.industry,
            region=loan.region, purpose=loan.purpose, amount=loan.amount * FEN_PER_LOT, rate=loan.rate,
            maturity=loan.maturity, money=MONEY_TOKEN if token else MONEY_OUTSIDE, payees=allowed,
            spends=_spends(world, loan, allowed) if token else (), liens=liens, override=loan.override,
        )
    )  # fmt: skip
    return acts


def _spends(world: World, loan: LiveLoan, allowed: tuple[int, ...]) -> tuple[Spend, ...]:
    """Where earmarked money goes: to payees the purpose allows, now and then to one it does not."""
    whole = loan.amount * FEN_PER_LOT
    first = int(whole * world.rng.uniform(0.4, 0.7)) // FEN_PER_LOT * FEN_PER_LOT
    payee = int(world.rng.choice(DIVERTED_TO if world.rng.random() < DIVERSION else allowed))
    onward = first // 3 if world.rng.random() < 0.3 else 0
    rest = whole - first
    return (Spend(int(world.rng.choice(allowed)), first, onward), Spend(payee, rest // 2, 0))


def name_major_projects(world: World, fresh: list[LiveLoan], wanted: int) -> None:
    """Give new loans of the sections that build and run projects that purpose until they stand at ``wanted`` lots.

    The last one is lent in two loans, so that the sum is met exactly; ``fresh`` then holds both.
    """
    for loan in list(fresh):
        if wanted and loan.industry in ("N77", "E47", "K70", "L72", "G54") and loan.product in (BULLET, SECURED):
            if loan.amount > wanted:
                rest = loan.amount - wanted
                twin = LiveLoan(
                    ref=world.name("L"), customer=loan.customer, industry=loan.industry, region=loan.region,
                    purpose=loan.purpose, product=loan.product, amount=rest, outstanding=rest, rate=loan.rate,
                    start=loan.start, maturity=loan.maturity,
                )  # fmt: skip
                loan.amount = loan.outstanding = wanted
                world.loans.append(twin)
                fresh.append(twin)
            loan.purpose = "MAJP"
            wanted -= loan.amount
    if wanted:
        raise ValueError(f"new loans fall short of the major projects by {wanted} lots")
