"""Balances, categories, defaults, expected losses, limits and guarantees of year-end books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from analytics.ledger import CATEGORIES, Book
from analytics.report.codes import Codes
from analytics.risk import default as risk_default
from analytics.risk.concentration import concentration_pack, concentration_table
from analytics.risk.network import guarantee_circles, multi_head
from analytics.units import PPB, calendar_date

NO_INDUSTRY: Final = "X"
CREDIT_CONVERSION: Final = 0.4  # of undrawn commitments: CRE20.94 (Basel Committee, 2023), commitments of any maturity
GUARANTEE_HAIRCUT: Final = (
    PPB // 2
)  # half of a guarantee is not counted on: this report's own prudence, told on the page
PERFORMING_DAYS: Final = 90
UNSECURED_LGD: Final = 0.4  # of what is not covered: CRE32.6 (Basel Committee, 2023), corporates

Books = Mapping[int, Book]


def classified(book: Book) -> Book:
    """The book with personal loans left without an industry, as the study counts them."""
    exposures = book.exposures.copy()
    exposures.loc[exposures["industry"] == NO_INDUSTRY, "industry"] = ""
    return replace(book, exposures=exposures)


def snapshot(book: Book) -> pd.DataFrame:
    """Each loan with something outstanding on the book's business date, as the default measures take it.

    Columns loan, customer, kind, industry, region, rating, vintage, purpose, category, days_past_due,
    unlikely_to_pay, outstanding.
    """
    exposures, loans = book.exposures.set_index("loan"), book.loans.set_index("loan")
    live = exposures[exposures["outstanding"] != 0]
    terms = loans.loc[live.index]
    oldest = terms["oldest_due"].to_numpy()
    return pd.DataFrame(
        {
            "loan": live.index.to_numpy(),
            "customer": live["customer"].to_numpy(),
            "kind": live["kind"].astype(str).to_numpy(),
            "industry": live["industry"].to_numpy(),
            "region": live["region"].to_numpy(),
            "rating": live["grade"].to_numpy(),
            "vintage": [calendar_date(int(day)).year for day in terms["start"]],
            "purpose": terms["purpose"].to_numpy(),
            "category": pd.Categorical(live["category"].astype(str), categories=CATEGORIES[1:], ordered=True),
            "days_past_due": np.where(oldest > 0, np.maximum(book.business_date - oldest, 0), 0),
            "unlikely_to_pay": (terms["state"].astype(str) == "defaulted").to_numpy(),
            "outstanding": live["outstanding"].to_numpy(),
        }
    )


@dataclass(frozen=True, slots=True)
class DefaultHistory:
    """Units at each starting date, and every default: what default rates are counted from."""

    start: pd.DataFrame
    defaults: pd.DataFrame


def default_history(books: Books) -> DefaultHistory:
    """Performing units at each year end but the last, and the defaults declared after.

    A unit is an obligor, for retail a loan, as `analytics.risk.default.default_status` names it.
    """
    years = sorted(books)
    starts = []
    for year in years[:-1]:
        status = risk_default.default_status(snapshot(books[year]))
        starts.append(status.assign(date=books[year].business_date))
    last = books[years[-1]]
    failed = last.loans[last.loans["defaulted_on"] > 0]
    kinds = last.customers.set_index("customer")["kind"].astype(str)
    retail = kinds.loc[failed["customer"]].isin(["person", "retail_pool"]).to_numpy()
    units = np.where(
        retail, "loan " + failed["loan"].astype(str).to_numpy(), "customer " + failed["customer"].astype(str).to_numpy()
    )
    defaults = pd.DataFrame({"unit": units, "date": failed["defaulted_on"].to_numpy()})
    start = pd.concat(starts, ignore_index=True) if starts else pd.DataFrame()
    return DefaultHistory(start, defaults)


def concentration(books: Books) -> pd.DataFrame:
    """Indices of every dimension at every year end: year, dimension and `concentration_pack`'s columns."""
    packs = [
        concentration_pack(classified(book)).reset_index().assign(year=year) for year, book in sorted(books.items())
    ]
    table = pd.concat(packs, ignore_index=True)
    return table[["year", *[column for column in table.columns if column != "year"]]]


def largest(book: Book, *, by: str, names: Mapping[str, str] | None = None, rows: int = 15) -> pd.DataFrame:
    """The largest buckets of a dimension, with names where codes have them.

    Empty by group where no exposure belongs to one: customers of no group stand alone among groups, and a table of
    them only would be that of the customers again.
    """
    table = concentration_table(classified(book), by)
    if by == "group" and not (book.exposures["group"] != 0).any():
        return table.iloc[:0]
    table = table[table["herfindahl_part"] != 0].head(rows).reset_index(drop=True)
    if names and by in table:
        table.insert(1, "name", [names.get(str(code), str(code)) for code in table[by]])
    return table


def growth(books: Books, codes: Codes) -> pd.DataFrame:
    """Who contributed how much to each year's growth: year, part, change (fen), share_pct of the year's growth."""
    years = sorted(books)
    rows: list[tuple[int, str, int, float]] = []
    for before, after in pairwise(years):
        old, new = _by_section(books[before]), _by_section(books[after])
        whole = sum(new.values()) - sum(old.values())
        for section in sorted({*old, *new}, key=lambda key: old.get(key, 0) - new.get(key, 0)):
            change = new.get(section, 0) - old.get(section, 0)
            share = 100 * change / whole if whole else float("nan")
            rows.append((after, codes.sections.get(section, section), change, round(share, 2)))
    return pd.DataFrame(rows, columns=["year", "part", "change", "share_of_growth_pct"])


def quality(books: Books) -> pd.DataFrame:
    """The five categories at every year end: year and `category_table`'s columns."""
    tables = [
        risk_default.category_table(snapshot(book)).assign(year=year)
        for year, book in sorted(books.items())
        if len(book.exposures)
    ]
    return pd.concat(tables, ignore_index=True)


def expected_losses(book: Book, history: DefaultHistory, *, grades: int) -> pd.DataFrame:
    """Each loan's probability of default, loss given default, exposure at default and expected loss (fen).

    ``uncovered`` is the share that neither collateral nor guarantees cover, of which the supervisory share is lost.

    PD by rating comes from the book's own history, zero-default grades by their most prudent bound; loans of
    unrated customers take the rate of all unrated ones. Defaulted loans have PD 1.
    """
    loans = snapshot(book)
    undrawn = book.exposures.set_index("loan").loc[loans["loan"], "undrawn"].to_numpy()
    exposure = risk_default.exposure_at_default(
        loans["outstanding"].astype(float).to_numpy(), undrawn.astype(float), CREDIT_CONVERSION
    )
    loans["ead"] = np.round(exposure).astype(np.int64)
    severity = risk_default.loss_given_default(
        loans[["loan", "ead"]].rename(columns={"ead": "exposure"}), *protections(book, set(loans["loan"]))
    )
    loans["uncovered"] = severity.set_index("loan").loc[loans["loan"], "lgd"].to_numpy()
    loans["lgd"] = UNSECURED_LGD * loans["uncovered"]
    loans["pd"] = _probabilities(loans, history, grades)
    loans["expected_loss"] = risk_default.expected_loss(loans["pd"], loans["lgd"], loans["ead"].astype(float))
    return loans


def grade_probabilities(history: DefaultHistory, grades: int) -> pd.DataFrame:
    """PD by rating from the book's own history; grade 0 gathers the unrated.

    A grade without a default takes its most prudent bound, but no more than a worse grade's observed rate: the
    bound itself supposes that grades are in order.
    """
    start = history.start.assign(rating=history.start["rating"].astype(int))
    table = risk_default.pd_by_rating(start, history.defaults, grades=[*range(1, grades + 1), 0])
    seen = table["source"] == "observed"
    worse = [table.loc[seen & (table["rating"] > grade), "pd"].min() for grade in table["rating"]]
    bounded = ~seen & (table["rating"] > 0)
    return table.assign(pd=np.where(bounded, np.fmin(table["pd"], worse), table["pd"]))


def _probabilities(
    loans: pd.DataFrame, history: DefaultHistory, grades: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    table = grade_probabilities(history, grades).set_index("rating")["pd"]
    known = loans["rating"].map(table)
    worst = float(table.max()) if len(table) else 1.0
    chance = known.fillna(worst).to_numpy(dtype=np.float64)
    return np.where(loans["unlikely_to_pay"] | (loans["days_past_due"] > PERFORMING_DAYS), 1.0, chance)


def protections(book: Book, wanted: set[int]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Live liens (another lender's without a loan), titles and guarantees, as `loss_given_default` takes them."""
    liens = book.liens[book.liens["state"] == "active"]
    ours = liens[(liens["lender"] == 0) & liens["loan"].isin(wanted)]
    others = liens[(liens["lender"] != 0) & liens["title"].isin(set(ours["title"]))]
    both = pd.concat([ours, others])
    claims = pd.DataFrame(
        {
            "title": both["title"],
            "rank": both["rank"],
            "amount": both["amount"],
            "loan": both["loan"].astype("UInt64").where(both["lender"] == 0),
        }
    )
    titles = book.collateral[book.collateral["title"].isin(set(claims["title"]))]
    given = book.guarantees[
        book.guarantees["state"].isin(["active", "demanded"]) & book.guarantees["loan"].isin(wanted)
    ]
    pledges = given[["loan", "rank", "amount"]].assign(haircut=GUARANTEE_HAIRCUT)
    return claims, titles[["title", "value", "haircut"]], pledges


def limits_used(book: Book) -> pd.DataFrame:
    """Limits that bind: dimension, key, limit (fen), used (exposure and reserved), use_pct, breached; fullest first."""
    table = book.limits[book.limits["effective_limit"].notna()].copy()
    used = [int(exposure) + int(kept) for exposure, kept in zip(table["exposure"], table["reserved"], strict=True)]
    bound = [int(limit) for limit in table["effective_limit"]]
    table["used"] = used
    table["use_pct"] = [round(100 * part / whole, 1) for part, whole in zip(used, bound, strict=True)]
    table["breached"] = [part > whole for part, whole in zip(used, bound, strict=True)]
    columns = ["dimension", "key", "effective_limit", "used", "use_pct", "breached", "review_date"]
    return table[columns].sort_values("use_pct", ascending=False, ignore_index=True)


@dataclass(frozen=True, slots=True)
class GuaranteeView:
    """Circles of guarantees and guarantors of several borrowers, on a day."""

    circles: list[list[int]]
    multi_head: pd.DataFrame
    edges: pd.DataFrame


def guarantee_view(book: Book) -> GuaranteeView:
    """The live guarantees as a network of customers."""
    live = book.guarantees[book.guarantees["state"].isin(["active", "demanded"])]
    edges = live[["guarantor", "beneficiary", "amount", "legacy_circle"]].reset_index(drop=True)
    return GuaranteeView(guarantee_circles(edges), multi_head(edges), edges)


def _by_section(book: Book) -> dict[str, int]:
    exact = book.exposures["outstanding"].astype(object)
    return {str(key): int(amount) for key, amount in exact.groupby(book.exposures["industry"]).sum().items()}
