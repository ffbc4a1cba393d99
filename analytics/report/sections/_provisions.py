"""What is set aside for losses, and what moved it."""

from __future__ import annotations

import pandas as pd

from analytics.report import charts, measures
from analytics.report.model import Figure, Made, Section
from analytics.report.sections._columns import hundred_millions, per_cent
from analytics.report.sections._material import COLLATERAL, GUARANTEES, LOANS, QUALITY, RATINGS, Material
from analytics.risk.loss import COMPONENTS

EVENTS = (*LOANS, *QUALITY, *RATINGS, *COLLATERAL, *GUARANTEES, "loan_book.product_set")
WORDS = {
    "opening": "opening", "new": "new loans", "repaid": "repaid loans", "written_off": "written off",
    "exposure": "balances and passing time", "rating": "ratings", "default_rates": "default rates",
    "severity": "loss given default", "stage": "stage transfers", "closing": "closing",
}  # fmt: skip


def provisions(material: Material) -> Section:
    """Expected credit loss where the record tells default rates, and the five categories in any case."""
    inputs = measures.loss_inputs(material.books, material.frames, grades=material.grades)
    figures = []
    if inputs:
        figures.append(_allowances(measures.allowances(inputs)))
    moved = measures.movement(material.books, inputs, material.frames)
    if moved is not None:
        years = sorted(inputs)[-2:]
        total = moved.total()
        shown = pd.DataFrame(
            {"movement": total["movement"].map(WORDS), "amount_100m": hundred_millions(total["amount"]),
             "loans": total["loans"]}
        )  # fmt: skip
        between = f"between the ends of {years[0]} and {years[1]}"
        made = Made(
            "The inputs of each loan are exchanged one after another, in the order shown, and the allowance is "
            "computed after each; every step is rounded to the fen, so that loans and components sum exactly.",
            "IFRS 7, paragraphs 35H and 35I", EVENTS,
        )  # fmt: skip
        figures += [
            Figure(
                "ecl_movement", f"What moved the allowance {between}", shown, made,
                charts.ranked(shown, label="movement", value="amount_100m", unit=" 100m"),
            ),
            Figure("ecl_transfers", f"Stages {between}", _transfers(moved.transfers()), made,
                   note="Stage 0 is not in the book on that date."),
            Figure("ecl_movement_loans", f"The allowance of each loan {between}, largest changes first",
                   _by_loan(moved.loans), made),
        ]  # fmt: skip
    figures.append(_categories(measures.category_view(material.books)))
    return Section("provisions", "Provisions", "What is set aside, and why it changed.", tuple(figures))


def _allowances(table: pd.DataFrame) -> Figure:
    shown = pd.DataFrame(
        {
            "year": table["year"],
            "stage": table["stage"],
            "loans": table["loans"],
            "exposure_100m": hundred_millions(table["exposure"]),
            "allowance_100m": hundred_millions(table["allowance"]),
            "coverage_pct": per_cent(table["coverage"]),
        }
    )
    return Figure(
        "ecl_stages", "Expected credit loss by stage", shown,
        Made(
            "Stage 2 where the default probability over the remaining term is three times that of the rating at the "
            "start, or 30 days are past due, or the loan is under special mention; stage 3 where it defaulted or is "
            "non-performing. Probabilities of the year end's own record; run-off by the contractual schedule; "
            "discounting at the contract's rate; 40 % lost of what is not covered, "
            f"{measures.WORKOUT_YEARS:g} years and {100 * measures.WORKOUT_COST:g} % of the proceeds for the workout "
            "(this report's assumptions); three scenarios of the one-factor model.",
            "IFRS 9, paragraphs 5.5.1 to 5.5.20; Vasicek (2002); CRE32.6 (Basel Committee, 2023)", EVENTS,
        ),
        charts.bars(shown.assign(stage=[f"stage {stage}" for stage in shown["stage"]]), x="year", y="allowance_100m",
                    split="stage", stack=True, unit=" 100m"),
        "The first year end, which has no record before it, takes the probabilities of the next.",
    )  # fmt: skip


def _transfers(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "from_stage": table["from"],
            "to_stage": table["to"],
            "loans": table["loans"],
            "opening_100m": hundred_millions(table["opening"]),
            "closing_100m": hundred_millions(table["closing"]),
        }
    )


def _by_loan(table: pd.DataFrame) -> pd.DataFrame:
    change = (table["closing"].astype(object) - table["opening"].astype(object)).abs()
    ranked = table.loc[change.sort_values(ascending=False, kind="stable").index]
    names = [f"{column}_fen" for column in ("opening", *COMPONENTS, "closing")]
    shown = ranked[["loan", "stage_before", "stage_after", "opening", *COMPONENTS, "closing"]].reset_index(drop=True)
    shown.columns = pd.Index(["loan", "stage_before", "stage_after", *names])
    return shown.assign(loan=shown["loan"].astype(str))


def _categories(table: pd.DataFrame) -> Figure:
    shown = pd.DataFrame(
        {
            "year": table["year"],
            "category": table["category"],
            "loans": table["loans"],
            "outstanding_100m": hundred_millions(table["outstanding"]),
            "general_100m": hundred_millions(table["general"]),
            "specific_100m": hundred_millions(table["specific"]),
            "provision_100m": hundred_millions(table["provision"]),
        }
    )
    return Figure(
        "category_provisions", "Provisions by the five categories", shown,
        Made(
            "A general provision of 1 % on every loan; a specific one of 2 % on special mention, 25 % on substandard, "
            "50 % on doubtful and 100 % on loss, as minima.",
            "People's Bank of China, Guidelines on Loan Loss Provisioning (2002)", (*LOANS, *QUALITY),
        ),
        charts.bars(shown, x="year", y="provision_100m", split="category", stack=True, unit=" 100m"),
        "Whether these rates are in force for the bank is for its compliance to confirm.",
    )  # fmt: skip
