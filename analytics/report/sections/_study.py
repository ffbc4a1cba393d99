"""The study's tables, and what its shares do not say."""

from __future__ import annotations

import pandas as pd

from analytics.report import charts, measures, study
from analytics.report.codes import Codes
from analytics.report.model import Figure, Made, Section
from analytics.report.sections._columns import hundred_millions
from analytics.report.sections._material import HUANG, LOANS, Material
from analytics.risk.concentration import herfindahl, herfindahl_bounds


def study_tables(material: Material) -> Section | None:
    """The study's tables, where the book has the study's regions and years."""
    if not material.of_the_study:
        return None
    books, codes = material.books, material.codes
    industries, regions = study.industry_shares(books, codes), study.region_shares(books, codes)
    personal = study.personal_loans(books)
    made = Made("Sums of outstanding principal at each year end, divided in exact integers.", f"{HUANG}, {{}}", LOANS)
    return Section(
        "study",
        "The study's tables",
        "Regenerated from the chain's events, beside what the study printed.",
        (
            Figure(
                "table_1", "Table 1: share of the top five industries", _beside_industries(industries, codes),
                _citing(made, "Table 1"),
                charts.ranked(industries, label="industry", value="share_pct", split="year", unit=" %"),
            ),
            Figure(
                "table_2", "Table 2: loans by region", _beside_regions(regions), _citing(made, "Table 2"),
                charts.bars(regions, x="year", y="amount_100m_yuan", split="region", stack=True, unit=" 100m yuan"),
            ),
            Figure(
                "table_3", "Table 3: personal loans", _beside_personal(personal), _citing(made, "Table 3"),
                charts.bars(personal, x="year", y="amount_100m_yuan", unit=" 100m yuan"),
            ),
            Figure(
                "text_figures", "Figures of the study's text", study.text_figures(books, codes),
                _citing(made, "sections 2 and 3"),
            ),
            Figure(
                "contradictions", "Where the study disagrees with itself", study.contradictions(books, codes),
                _citing(made, "Tables 1 and 2 and section 2"),
                note="Rows win over printed totals: the book is built on the rows.",
            ),
        ),
    )  # fmt: skip


def growth(material: Material) -> Section | None:
    """What the study misses: balances against shares, bounds of concentration, who grew."""
    if len(material.books) < 2:
        return None
    figures = [_growth_figure(material)]
    if material.of_the_study:
        figures += [_real_estate(material), _bounds(material)]
    return Section("growth", "What the shares do not say", "A share can fall while its balance rises.", tuple(figures))


def _growth_figure(material: Material) -> Figure:
    table = measures.growth(material.books, material.codes)
    shown = table.assign(change_100m=hundred_millions(table["change"], 2))
    return Figure(
        "growth_contributions", "Who contributed to each year's growth",
        shown[["year", "part", "change_100m", "share_of_growth_pct"]],
        Made("Change of outstanding principal by industry section between year ends.", "arithmetic", LOANS),
        charts.ranked(shown, label="part", value="change_100m", split="year", unit=" 100m"),
    )  # fmt: skip


def _real_estate(material: Material) -> Figure:
    rows = []
    for year, book in sorted(material.books.items()):
        sums = study.outstanding(book, by="industry")
        estate = sums.get(study.REAL_ESTATE, 0)
        rows.append((year, study.hundred_millions(estate), study.share_pct(estate, sum(sums.values()))))
    table = pd.DataFrame(rows, columns=["year", "balance_100m_yuan", "share_pct"])
    falls = table["share_pct"].iloc[-1] < table["share_pct"].iloc[0]
    rises = table["balance_100m_yuan"].iloc[-1] > table["balance_100m_yuan"].iloc[0]
    note = "The share of real estate falls while its balance rises." if falls and rises else ""
    return Figure(
        "real_estate", "Real estate: balance and share", table, Made("Sums by section K.", HUANG, LOANS),
        charts.bars(table, x="year", y="balance_100m_yuan", unit=" 100m yuan"), note,
    )  # fmt: skip


def _bounds(material: Material) -> Figure:
    """Bounds of the Herfindahl index from what the study printed, and the book's own."""
    rows = []
    for year in sorted(study.PRINTED_INDUSTRIES):
        book = material.books[year]
        named = [share / 100 for share in study.PRINTED_INDUSTRIES[year].values()]
        lower, upper = herfindahl_bounds(named, 1 - sum(named) - study.PRINTED_PERSONAL[year][1] / 100)
        sums = study.outstanding(book, by="industry")
        whole = sum(sums.values())
        own = sum((amount / whole) ** 2 for section, amount in sums.items() if section != study.PERSONAL)
        rows.append((year, "industry", lower, upper, own))
        printed = [share / 100 for region, (_, share) in study.PRINTED_REGIONS[year].items() if region != study.OTHERS]
        lower, upper = herfindahl_bounds(printed, 1 - sum(printed))
        rows.append((year, "region", lower, upper, herfindahl(list(study.outstanding(book, by="region").values()))))
    table = pd.DataFrame(rows, columns=["year", "of", "lower", "upper", "book"])
    shown = table.assign(label=table["of"] + " " + table["year"].astype(str))
    return Figure(
        "herfindahl_bounds", "Bounds of the Herfindahl index from the published shares", table.round(4),
        Made(
            "Lower: the unnamed rest split into atoms; upper: in lumps as large as the smallest named one. Industries "
            "leave personal loans out of the rest.",
            "Hirschman (1964); bounds by convexity of the square", LOANS,
        ),
        charts.intervals(shown, label="label", point="book", lower="lower", upper="upper"),
        " ".join(_direction(table, of) for of in ("industry", "region")),
    )  # fmt: skip


def _direction(table: pd.DataFrame, of: str) -> str:
    """Which way the book's own index moved, and whether the published bounds prove it."""
    rows = table[table["of"] == of]
    first, last = rows.iloc[0], rows.iloc[-1]
    way = "fell" if last["book"] < first["book"] else "rose"
    proven = last["upper"] < first["lower"] if way == "fell" else last["lower"] > first["upper"]
    told = "which the published bounds prove" if proven else "which the published bounds alone do not prove"
    return f"By {of} the index {way} from {first['book']:.4f} to {last['book']:.4f}, {told}."


def _citing(made: Made, place: str) -> Made:
    return Made(made.method, made.source.format(place), made.events)


def _beside_industries(table: pd.DataFrame, codes: Codes) -> pd.DataFrame:
    printed = {
        (year, codes.sections[section]): share
        for year, shares in study.PRINTED_INDUSTRIES.items()
        for section, share in shares.items()
    }
    keys = zip(table["year"], table["industry"], strict=True)
    return table.assign(study_share_pct=[printed[key] for key in keys])


def _beside_regions(table: pd.DataFrame) -> pd.DataFrame:
    keys = list(zip(table["year"], table["region"], strict=True))
    printed = study.PRINTED_REGIONS
    return table.assign(
        study_amount=[printed[year][region][0] for year, region in keys],
        study_share_pct=[printed[year][region][1] for year, region in keys],
    )


def _beside_personal(table: pd.DataFrame) -> pd.DataFrame:
    printed = study.PRINTED_PERSONAL
    return table.assign(
        study_amount=[printed[year][0] for year in table["year"]],
        study_share_pct=[printed[year][1] for year in table["year"]],
    )
