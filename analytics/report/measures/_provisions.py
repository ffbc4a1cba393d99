"""What is set aside at year ends, and what moved it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from analytics.ledger import Book
from analytics.report.measures._book import (
    UNSECURED_LGD,
    Books,
    default_history,
    expected_losses,
    protections,
    snapshot,
)
from analytics.report.measures._migration import UNRATED, annual, migration
from analytics.risk.capital import CORRELATIONS
from analytics.risk.default import NON_PERFORMING, loss_given_default
from analytics.risk.loss import (
    LossInputs,
    Movement,
    category_provisions,
    expected_credit_loss,
    explain_movement,
    impairment_stage,
    lifetime_default,
    neutral_scenarios,
    run_off,
    workout_lgd,
)
from analytics.units import PPB, calendar_date, day_number

# This report's own assumptions, told on the page: a bank replaces them by its workout record.
WORKOUT_YEARS: Final = 2.0
WORKOUT_COST: Final = 0.05
DAYS_PER_YEAR: Final = 365
BULLET, LINEAR, ANNUITY = 0, 1, 2

Frames = Mapping[str, pd.DataFrame]


def loss_inputs(books: Books, frames: Frames, *, grades: int) -> dict[int, LossInputs]:
    """What the expected credit loss of each year end comes from; years without a record of default are left out.

    Default probabilities are estimated from the record up to the year end itself; the first year
    end, which has none, takes those of the second.
    """
    lent = {year: book for year, book in books.items() if (book.exposures["outstanding"] != 0).any()}
    apart = sorted(annual(lent)) if lent else []
    if len(apart) < 2:
        return {}
    found = {}
    for place, year in enumerate(apart):
        until = apart[max(place, 1)]
        known = {past: books[past] for past in apart if past <= until}
        inputs = _inputs(books[year], known, frames, grades=grades)
        if inputs is not None:
            found[year] = inputs
    return found


def _inputs(book: Book, known: Books, frames: Frames, *, grades: int) -> LossInputs | None:
    loans = expected_losses(book, default_history(known), grades=grades)
    terms_of = book.loans.set_index("loan").loc[loans["loan"]]
    schedule = run_off(
        loans[["loan", "ead"]].rename(columns={"ead": "exposure"}), instalments(book, frames), as_of=book.business_date
    )
    longest = math.ceil(schedule["end"].max())
    moved = migration(known, grades=grades, years=longest)
    if moved is None:
        return None
    terms = moved.terms
    if str(UNRATED) not in terms.index:
        terms.loc[str(UNRATED)] = terms.max(axis=0)
    grade = loans["rating"].astype(int).astype(str)
    rate = np.maximum(terms_of["rate"].to_numpy(dtype=np.float64), 0.0) / PPB
    severity = loss_given_default(
        loans[["loan", "ead"]].rename(columns={"ead": "exposure"}), *protections(book, set(loans["loan"]))
    )
    workout = workout_lgd(severity, rate=rate, years=WORKOUT_YEARS, cost=WORKOUT_COST)
    remaining = schedule.groupby("loan", sort=False)["end"].max().loc[loans["loan"]].to_numpy()
    origin = grades_at_start(terms_of.reset_index(), frames, block=book.as_of.block)
    origin = pd.Series(np.where(origin == str(UNRATED), grade, origin), dtype=object)
    impaired = loans["unlikely_to_pay"] | loans["category"].isin(NON_PERFORMING)
    stage = impairment_stage(
        pd.DataFrame(
            {
                "pd_at_origination": lifetime_default(terms, origin, remaining),
                "pd": lifetime_default(terms, grade, remaining),
                "days_past_due": loans["days_past_due"],
                "credit_impaired": impaired,
            }
        )
    )
    watched = (loans["category"] == "special_mention").to_numpy()
    table = pd.DataFrame(
        {
            "loan": loans["loan"].to_numpy(),
            "grade": grade.to_numpy(),
            "stage": np.maximum(stage.to_numpy(), np.where(watched, 2, 1)),
            "exposure": loans["ead"].to_numpy(),
            "lgd": workout.to_numpy() - (1.0 - UNSECURED_LGD) * loans["uncovered"].to_numpy(),
            "effective_rate": rate,
        }
    )
    performing = table["stage"] < 3
    weight = loans["ead"].to_numpy(dtype=np.float64) * performing
    chance = lifetime_default(terms, table["grade"], np.ones(len(table)))
    mean = float(weight @ chance / weight.sum()) if weight.any() else float(terms[1.0].max())
    scenarios = neutral_scenarios(min(max(mean, 1e-6), 1.0 - 1e-6), corporate_correlation(mean))
    return LossInputs(table, schedule, terms, scenarios)


def corporate_correlation(chance: float) -> float:
    """Basel's asset correlation of corporates at a default probability (CRE31.5)."""
    low, high, speed = CORRELATIONS["corporate"]
    share = math.expm1(-speed * chance) / math.expm1(-speed)
    return low + (high - low) * share


def grades_at_start(loans: pd.DataFrame, frames: Frames, *, block: int | None) -> pd.Series[str]:
    """The grade that each loan's customer had when it was drawn, or the first one known after; "0" where none is."""
    columns = ["customer", "grade", "rated_on", "block_number"]
    rated = pd.concat([frames[f"rating_registry.rating_{how}"][columns] for how in ("imported", "confirmed")])
    if block is not None:
        rated = rated[rated["block_number"] <= block]
    rated = rated.astype({"rated_on": "int64"}).sort_values(["rated_on", "block_number"], kind="stable")
    by_customer = {
        key: (part["rated_on"].to_numpy(), part["grade"].to_numpy()) for key, part in rated.groupby("customer")
    }
    found = []
    for customer, start in zip(loans["customer"].tolist(), loans["start"].tolist(), strict=True):
        if customer not in by_customer:
            found.append(str(UNRATED))
            continue
        days, grade = by_customer[customer]
        found.append(str(int(grade[max(int(np.searchsorted(days, start, side="right")) - 1, 0)])))
    return pd.Series(found, dtype=object)


def instalments(book: Book, frames: Frames) -> pd.DataFrame:
    """The contractual principal payments ahead of each loan: loan, date, principal (fen).

    Bullet loans pay at maturity; linear loans in equal parts and annuities by their instalment,
    each cycle back from maturity, the last one sweeping the rest. What is due already is not
    ahead.
    """
    products = frames["loan_book.product_set"].drop_duplicates("product", keep="last")
    kinds, cycles = (
        {int(key): int(term) for key, term in zip(products["product"].tolist(), products[name].tolist(), strict=True)}
        for name in ("loan_type", "cycle_months")
    )
    rows: list[tuple[int, int, int]] = []
    live = book.loans[(book.loans["principal"] != 0) & (book.loans["maturity"] > book.business_date)]
    for loan, product, maturity, principal, due, payment, rate in zip(
        live["loan"].tolist(), live["product"].tolist(), live["maturity"].tolist(), live["principal"].tolist(),
        live["principal_due"].tolist(), live["instalment_amount"].tolist(), live["rate"].tolist(), strict=True,
    ):  # fmt: skip
        left = int(principal) - int(due)
        if left <= 0:
            continue
        cycle = cycles.get(product, 0)
        kind = kinds.get(product, BULLET) if cycle else BULLET
        days = _dates(book.business_date, maturity, cycle) if kind != BULLET else [maturity]
        share = left // len(days)
        for day in days[:-1]:
            if kind == ANNUITY:
                share = min(max(int(payment) - left * max(int(rate), 0) * cycle // (12 * PPB), 0), left)
            rows.append((loan, day, share))
            left -= share
        rows.append((loan, days[-1], left))
    return pd.DataFrame(rows, columns=["loan", "date", "principal"])


def _dates(after: int, maturity: int, cycle: int) -> list[int]:
    """Instalment dates in order: every cycle back from maturity, later than a day."""
    last = calendar_date(maturity)
    days = [maturity]
    steps = 1
    while True:
        months = last.year * 12 + last.month - 1 - steps * cycle
        year, month = divmod(months, 12)
        long = (last.replace(year=year + (month == 11), month=(month + 1) % 12 + 1, day=1) - last.replace(
            year=year, month=month + 1, day=1
        )).days  # fmt: skip
        day = day_number(last.replace(year=year, month=month + 1, day=min(last.day, long)))
        if day <= after:
            return days[::-1]
        days.append(day)
        steps += 1


def allowances(inputs: Mapping[int, LossInputs]) -> pd.DataFrame:
    """Allowances by stage at each year end: year, stage, loans, exposure, allowance (fen), coverage."""
    rows = []
    for year, book in sorted(inputs.items()):
        losses = expected_credit_loss(book)
        for stage in (1, 2, 3):
            part = losses[losses["stage"] == stage]
            owed, kept = sum(part["exposure"].tolist()), sum(part["allowance"].tolist())
            rows.append((year, stage, len(part), owed, kept, kept / owed if owed else 0.0))
    return pd.DataFrame(rows, columns=["year", "stage", "loans", "exposure", "allowance", "coverage"])


def movement(books: Books, inputs: Mapping[int, LossInputs], frames: Frames) -> Movement | None:
    """The movement between the last two year ends; None with fewer."""
    years = sorted(inputs)
    if len(years) < 2:
        return None
    first, last = (books[year].as_of.block for year in years[-2:])
    lost = frames["loan_book.loan_written_off"]
    if first is not None and last is not None:
        lost = lost[(lost["block_number"] > first) & (lost["block_number"] <= last)]
    sums: dict[int, int] = {}
    for loan, amount in zip(lost["loan_id"].tolist(), lost["principal"].tolist(), strict=True):
        sums[loan] = sums.get(loan, 0) + int(amount)
    written_off = pd.DataFrame({"loan": list(sums), "amount": list(sums.values())})
    return explain_movement(inputs[years[-2]], inputs[years[-1]], written_off=written_off)


def category_view(books: Books) -> pd.DataFrame:
    """The provisions that the five categories ask for, at each year end: year and `category_provisions`' columns."""
    tables = [
        category_provisions(snapshot(book)[["loan", "category", "outstanding"]]).assign(year=year)
        for year, book in sorted(books.items())
    ]
    return pd.concat(tables, ignore_index=True)
