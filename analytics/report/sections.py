"""The page's sections, each built from the measures of year-end books."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import networkx as nx
import numpy as np
import pandas as pd

from analytics.ledger import Book
from analytics.report import charts, measures, study
from analytics.report.codes import Codes
from analytics.report.model import Figure, Made, Section
from analytics.risk import default as risk_default
from analytics.risk.concentration import herfindahl, herfindahl_bounds
from analytics.units import FEN_PER_100M_YUAN, calendar_date

LOANS: Final = (
    "loan_book.loan_imported", "loan_book.balances_imported", "loan_book.loan_applied", "loan_book.loan_drawn",
    "loan_book.loan_repaid", "loan_book.loan_written_off", "loan_book.posting_reversed",
)  # fmt: skip
QUALITY: Final = (
    "loan_book.instalment_fell_due", "loan_book.loan_classified", "loan_book.loan_defaulted",
    "loan_book.loan_written_off", "loan_book.loan_recovered",
)  # fmt: skip
RATINGS: Final = ("rating_registry.rating_imported", "rating_registry.rating_confirmed")
COLLATERAL: Final = (
    "collateral_registry.collateral_registered", "collateral_registry.collateral_revalued",
    "collateral_registry.lien_placed", "collateral_registry.lien_released",
)  # fmt: skip
GUARANTEES: Final = (
    "guarantee_registry.guarantee_given", "guarantee_registry.guarantee_released",
    "guarantee_registry.legacy_circle_admitted",
)  # fmt: skip
HUANG: Final = "X. Huang, Application of Blockchain Technology in Credit Management of Commercial Banks"
LAYOUT_SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Material:
    """What sections are built from: books by year end, event tables as frames, code names."""

    books: Mapping[int, Book]
    frames: Mapping[str, pd.DataFrame]
    codes: Codes

    @property
    def last(self) -> Book:
        """The latest book."""
        return self.books[max(self.books)]

    @property
    def of_the_study(self) -> bool:
        """Whether the book has the study's regions and year ends."""
        return study.covers(self.books, self.codes)

    @property
    def grades(self) -> int:
        """The worst grade in use."""
        return max((int(book.ratings["grade"].max()) for book in self.books.values() if len(book.ratings)), default=1)


def build(material: Material) -> tuple[Section, ...]:
    """Every section that the material has something to say for."""
    makers: list[Callable[[Material], Section | None]] = [
        _study, _growth, _concentration, _quality, _losses, _protection, _limits, _flows,
    ]  # fmt: skip
    return tuple(section for maker in makers if (section := maker(material)) is not None)


def _study(material: Material) -> Section | None:
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
                "industry_shares", "Table 1: share of the top five industries", _beside_industries(industries, codes),
                _citing(made, "Table 1"),
                charts.ranked(industries, label="industry", value="share_pct", split="year", unit=" %"),
            ),
            Figure(
                "region_shares", "Table 2: loans by region", _beside_regions(regions), _citing(made, "Table 2"),
                charts.bars(regions, x="year", y="amount_100m_yuan", split="region", stack=True, unit=" 100m yuan"),
            ),
            Figure(
                "personal_loans", "Table 3: personal loans", _beside_personal(personal), _citing(made, "Table 3"),
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


def _growth(material: Material) -> Section | None:
    """What the study misses: balances against shares, bounds of concentration, who grew."""
    if len(material.books) < 2:
        return None
    figures = [_growth_figure(material)]
    if material.of_the_study:
        figures += [_real_estate(material), _bounds(material)]
    return Section("growth", "What the shares do not say", "A share can fall while its balance rises.", tuple(figures))


def _growth_figure(material: Material) -> Figure:
    table = measures.growth(material.books, material.codes)
    shown = table.assign(change_100m=[round(change / FEN_PER_100M_YUAN, 2) for change in table["change"]])
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


def _concentration(material: Material) -> Section:
    table = measures.concentration(material.books)
    made = Made(
        "Indices over exposures of each dimension; a retail pool counts as its borrowers; personal loans belong to no "
        "industry.",
        "Hirschman (1964); Hall and Tideman (1967); Theil (1967); Gini (1912)",
        (*LOANS, "customer_registry.customer_registered", "customer_registry.borrowers_counted"),
    )
    wide = table.pivot(index="year", columns="dimension", values="herfindahl").reset_index()
    dimensions = {str(name): str(name) for name in wide.columns if name != "year"}
    figures = [
        Figure(
            "concentration", "Concentration indices by dimension and year end", table.round(4), made,
            charts.lines(wide, x="year", series=dimensions),
        )
    ]  # fmt: skip
    for by, names in (
        ("industry", material.codes.sections), ("region", material.codes.regions), ("customer", None), ("group", None),
    ):  # fmt: skip
        largest = measures.largest(material.last, by=by, names=names)
        if not len(largest):
            continue
        shown = largest.assign(share_pct=(largest["share"] * 100).round(2))
        if by in ("customer", "group"):
            shown.insert(0, "name", _people(largest))
        figures.append(
            Figure(
                f"largest_{by}", f"Largest by {by}", shown.drop(columns=["share"]), made,
                charts.ranked(shown, label="name", value="share_pct", unit=" %"),
            )
        )  # fmt: skip
    figures.append(_heat_of_exposure(material, made))
    return Section("concentration", "Concentration", "How much stands on how few.", tuple(figures))


def _heat_of_exposure(material: Material, made: Made) -> Figure:
    exposures = material.last.exposures
    matrix = exposures.assign(amount=exposures["outstanding"].astype(float) / FEN_PER_100M_YUAN).pivot_table(
        index="industry", columns="region", values="amount", aggfunc="sum", fill_value=0.0
    )
    matrix.index = pd.Index([material.codes.sections.get(str(key), str(key)) for key in matrix.index], name="industry")
    return Figure(
        "industry_region", "Outstanding by industry and region", matrix.round(2).reset_index(), made,
        charts.heat(matrix, unit=" 100m"),
    )  # fmt: skip


def _quality(material: Material) -> Section:
    books = material.books
    table = measures.quality(books)
    table["share_pct"] = (table["share"] * 100).round(3)
    classes = Made(
        "Outstanding principal in each of the five categories; the last three are non-performing.",
        "Measures for the Risk Classification of Financial Assets of Commercial Banks (China, in force 1 July 2023)",
        (*LOANS, *QUALITY),
    )
    bad = table[table["non_performing"]]
    figures = [
        Figure(
            "categories", "The five categories", table[["year", "category", "loans", "outstanding", "share_pct"]],
            classes, charts.bars(bad, x="year", y="share_pct", split="category", stack=True, unit=" %"),
            "The chart shows the non-performing part.",
        )
    ]  # fmt: skip
    overdue = risk_default.overdue_rate(measures.snapshot(material.last), by="industry")
    overdue["industry"] = [material.codes.sections.get(str(key), str(key)) for key in overdue["industry"]]
    overdue["rate_pct"] = (overdue["rate"] * 100).round(2)
    overdue = overdue.sort_values("rate_pct", ascending=False, ignore_index=True)
    figures.append(
        Figure(
            "overdue", "Overdue loans by industry", overdue,
            Made("Share of loans with an obligation past due; Clopper-Pearson interval.", "Clopper, Pearson (1934)",
                 (*LOANS, *QUALITY)),
            charts.ranked(overdue, label="industry", value="rate_pct", unit=" %"),
        )
    )  # fmt: skip
    if len(books) > 1:
        figures += _history(material)
    return Section("quality", "Quality and migration", "Who pays, who is late, and where they go.", tuple(figures))


def _history(material: Material) -> list[Figure]:
    history = measures.default_history(material.books)
    made = Made(
        "Defaults within twelve months of a year end over those performing then; an obligor, for retail a loan, over "
        "90 days past due or judged unlikely to pay. Clopper-Pearson intervals.",
        "CRE36.68 (Basel Committee, 2023); Clopper, Pearson (1934)",
        (*LOANS, *QUALITY, *RATINGS),
    )
    figures = []
    names_of: dict[str, Mapping[str, str]] = {
        "date": {}, "industry": material.codes.sections, "region": material.codes.regions, "rating": _ratings(material),
        "vintage": {},
    }  # fmt: skip
    for by, names in names_of.items():
        rates = risk_default.observed_default_rate(history.start, history.defaults, by=by)
        labels = [calendar_date(int(key)).isoformat() if by == "date" else str(key) for key in rates[by]]
        rates[by] = [names.get(label, label) for label in labels]
        chart = charts.intervals(
            rates, label=by, point="rate", lower="lower", upper="upper", across=by in ("industry", "region")
        )
        title = f"Observed default rate by {'starting date' if by == 'date' else by}"
        figures.append(Figure(f"default_rate_{by}", title, rates.round(5), made, chart))
    grades = measures.grade_probabilities(history, material.grades)
    grades["rating"] = [_ratings(material).get(str(grade), str(grade)) for grade in grades["rating"]]
    figures.append(
        Figure(
            "pd_by_rating", "Default probability by rating, from the book's own history", grades.round(6),
            Made("Observed rate where a grade had a default, else the most prudent bound.", "Pluto, Tasche (2005)",
                 made.events),
            charts.intervals(grades, label="rating", point="pd", lower="lower", upper="upper"),
        )
    )  # fmt: skip
    years = sorted(material.books)
    start, end = (measures.snapshot(material.books[year]) for year in years[-2:])
    rolled = risk_default.roll_rates(start, end)
    figures.append(
        Figure(
            "roll_rates", f"Roll rates between the ends of {years[-2]} and {years[-1]}", rolled.round(4).reset_index(),
            Made("Share of the loans of one year end that are in each category at the next, or gone.",
                 "cohort method, Lando, Skodeberg (2002)", (*LOANS, *QUALITY)),
            charts.heat(rolled.astype(float)),
        )
    )  # fmt: skip
    return figures


def _ratings(material: Material) -> dict[str, str]:
    return {"0": "unrated", **material.codes.ratings}


def _losses(material: Material) -> Section | None:
    if len(material.books) < 2:
        return None
    history = measures.default_history(material.books)
    loans = measures.expected_losses(material.last, history, grades=material.grades)
    made = Made(
        "PD from the book's history, LGD after liens in rank, haircuts and half of guarantees, EAD with 40 % of "
        "undrawn commitments; expected loss = PD x LGD x EAD.",
        "CRE31, CRE32 (Basel Committee, 2023)",
        (*LOANS, *QUALITY, *RATINGS, *COLLATERAL, *GUARANTEES),
    )
    heat = risk_default.expected_loss_heat(loans) / FEN_PER_100M_YUAN
    heat.index = pd.Index([material.codes.sections.get(str(key), str(key)) for key in heat.index], name="industry")
    table = risk_default.expected_loss_table(loans, by="industry")
    table["industry"] = [material.codes.sections.get(str(key), str(key)) for key in table["industry"]]
    table["expected_loss_100m"] = (table["expected_loss"] / FEN_PER_100M_YUAN).round(4)
    table["rate_pct"] = (table["rate"] * 100).round(3)
    return Section(
        "losses",
        "Expected loss",
        "What the book may be expected to lose in a year, and where.",
        (
            Figure(
                "expected_loss_heat", "Expected loss by industry and region", heat.round(4).reset_index(), made,
                charts.heat(heat, unit=" 100m"),
            ),
            Figure(
                "expected_loss_industry", "Expected loss by industry",
                table[["industry", "ead", "expected_loss_100m", "rate_pct"]], made,
                charts.ranked(table, label="industry", value="expected_loss_100m", unit=" 100m"),
            ),
        ),
    )  # fmt: skip


def _protection(material: Material) -> Section | None:
    book = material.last
    if not len(book.guarantees) and not len(book.collateral):
        return None
    view = measures.guarantee_view(book)
    made = Made(
        "Strongly connected sets of the live guarantees; guarantors of two or more borrowers.",
        "Tarjan (1972)",
        GUARANTEES,
    )
    circles = pd.DataFrame(
        {"customers": [", ".join(map(str, circle)) for circle in view.circles],
         "members": [len(circle) for circle in view.circles]}
    )  # fmt: skip
    calls = material.frames["collateral_registry.margin_called"]
    called = pd.DataFrame(
        {
            "called_on": [calendar_date(int(day)).isoformat() for day in calls["called_on"]],
            "cover_100m": [round(float(value) / FEN_PER_100M_YUAN, 4) for value in calls["cover_value"]],
            "pledged_100m": [round(float(value) / FEN_PER_100M_YUAN, 4) for value in calls["pledged"]],
        }
    )
    return Section(
        "protection",
        "Collateral and guarantees",
        "What stands behind the loans, and who stands for whom.",
        (
            Figure(
                "guarantee_circles", "Circles of guarantees", circles, made, _guarantee_chart(view.edges, view.circles),
                "The opening book's circles were admitted by the board and stay flagged; new ones are refused.",
            ),
            Figure("multi_head", "Guarantors of several borrowers", view.multi_head, made),
            Figure(
                "margin_calls", "Margin calls: value after haircut below what is pledged", called,
                Made("Each fall of a value below the liens on it, as the contract flagged it.",
                     "collateral registry", ("collateral_registry.margin_called", *COLLATERAL)),
            ),
        ),
    )  # fmt: skip


def _guarantee_chart(edges: pd.DataFrame, circles: list[list[int]]) -> dict[str, Any] | None:
    """The network of guarantees drawn by a spring layout of a fixed seed."""
    if not len(edges):
        return None
    graph = nx.DiGraph()
    graph.add_edges_from(zip(edges["guarantor"], edges["beneficiary"], strict=True))
    place = nx.spring_layout(graph, seed=LAYOUT_SEED, k=1.6 / np.sqrt(len(graph)))
    member = {customer: number for number, circle in enumerate(circles) for customer in circle}
    nodes = pd.DataFrame(
        {
            "x": [place[node][0] for node in graph], "y": [place[node][1] for node in graph],
            "label": [f"customer {node}" for node in graph],
            "size": [8 + 3 * graph.degree(node) for node in graph], "flagged": [node in member for node in graph],
        }
    )  # fmt: skip
    drawn = pd.DataFrame(
        {
            "x0": [place[a][0] for a, _ in graph.edges], "y0": [place[a][1] for a, _ in graph.edges],
            "x1": [place[b][0] for _, b in graph.edges], "y1": [place[b][1] for _, b in graph.edges],
            "flagged": [a in member and member.get(a) == member.get(b) for a, b in graph.edges],
        }
    )  # fmt: skip
    return charts.network(nodes, drawn)


def _limits(material: Material) -> Section | None:
    table = measures.limits_used(material.last)
    if not len(table):
        return None
    shown = table.assign(
        name=[f"{dimension} {_bucket(material.codes, str(dimension), str(key))}"
              for dimension, key in zip(table["dimension"], table["key"], strict=True)],
        limit_100m=[round(int(limit) / FEN_PER_100M_YUAN, 2) for limit in table["effective_limit"]],
        used_100m=[round(int(used) / FEN_PER_100M_YUAN, 2) for used in table["used"]],
    )  # fmt: skip
    made = Made(
        "Outstanding principal and reserved headroom against the lower of the absolute limit and the attested share.",
        "credit policy", ("credit_policy.limit_set", "credit_policy.denominator_attested", *LOANS),
    )  # fmt: skip
    overrides = material.frames["credit_policy.override_used"]
    used = pd.DataFrame({"loan": overrides["loan_id"].astype(str), "block": overrides["block_number"]})
    return Section(
        "limits",
        "Limits and headroom",
        "What may still be lent, and what passed a limit under a board's override.",
        (
            Figure(
                "limits_used", "Limits, fullest first",
                shown[["name", "limit_100m", "used_100m", "use_pct", "breached"]],
                made, charts.ranked(shown.head(20), label="name", value="use_pct", unit=" %"),
            ),
            Figure(
                "overrides", "Limits passed under an override", used,
                Made("Acts that passed a limit after two board members signed.", "credit policy",
                     ("credit_policy.override_granted", "credit_policy.override_used")),
            ),
        ),
    )  # fmt: skip


def _flows(material: Material) -> Section | None:
    diversions = material.last.diversions
    if not len(material.last.flows) and not len(diversions):
        return None
    table = pd.DataFrame(
        {
            "day": [calendar_date(int(day)).isoformat() for day in diversions["value_date"]],
            "loan": diversions["loan"].astype(str),
            "amount_100m": [round(int(amount) / FEN_PER_100M_YUAN, 4) for amount in diversions["amount"]],
            "payee_category": diversions["category"],
            "blocked": diversions["blocked"],
            "block": diversions["block_number"],
        }
    )
    return Section(
        "flows",
        "Where loan money went",
        "Money that went, or was about to go, where its earmark does not allow.",
        (
            Figure(
                "diversions", "Diversions", table,
                Made("Each payment of earmarked money judged at its first payee, in the same transaction.",
                     "fund flow ledger", ("fund_flow_ledger.flow_recorded", "fund_flow_ledger.diversion_detected")),
            ),
        ),
    )  # fmt: skip


def _people(largest: pd.DataFrame) -> list[str]:
    """Customers and groups by number; where both columns stand, zero marks the one that a row is not."""
    if "group" not in largest:
        return [f"customer {customer}" for customer in largest["customer"]]
    return [
        f"group {group}" if group else f"customer {customer}"
        for group, customer in zip(largest["group"], largest["customer"], strict=True)
    ]


def _bucket(codes: Codes, dimension: str, key: str) -> str:
    names = {"industry": codes.sections, "region": codes.regions}.get(dimension, {})
    return names.get(key, key)


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
