"""Write a report: one self-contained page, its tables as CSV and Parquet, and a manifest of where figures come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from analytics.book import AsOf, rebuild
from analytics.chain import Deployment
from analytics.chain.deployment import write_whole
from analytics.chain.tables import EventTables
from analytics.errors import InvalidInput, NotFound
from analytics.ledger import Book
from analytics.report import measures, sections, study
from analytics.report.codes import Codes
from analytics.report.export import write_table
from analytics.report.model import Figure, Report, Tile
from analytics.risk import default as risk_default
from analytics.risk.concentration import effective_number
from analytics.units import FEN_PER_100M_YUAN, calendar_date

HERE: Final = Path(__file__).resolve().parent
PLOTLY: Final = HERE.parents[1] / "node_modules" / "plotly.js-cartesian-dist-min" / "plotly-cartesian.min.js"


def write_report(
    tables: EventTables,
    *,
    year_ends: Mapping[int, int],
    deployment: Deployment,
    codes: Codes,
    folder: Path,
    title: str,
    notes: tuple[str, ...] = (),
) -> Path:
    """Write ``index.html``, ``tables/`` and ``manifest.json`` into a folder; returns the page.

    Parameters: ``tables`` of every event; ``year_ends`` maps a year to the block in which its last business day
    closed; ``codes`` names sections and regions. Raises InvalidInput where there is no year end or no loan, NotFound
    where the chart library is not installed.
    """
    books = {year: rebuild(tables, AsOf(block=block)) for year, block in sorted(year_ends.items())}
    if not books or not any(len(book.exposures) for book in books.values()):
        raise InvalidInput("a report needs a year end with at least one loan outstanding")
    frames = tables.frames()
    material = sections.Material(books, frames, codes)
    report = Report(title, _subtitle(books), _tiles(material), sections.build(material), notes)
    manifest = _manifest(report, tables, frames, deployment, year_ends)
    for figure in report.figures():
        write_table(folder / "tables", figure.key, figure.table)
    for name, table in _extra_tables(material).items():
        write_table(folder / "tables", name, table)
    write_whole(folder / "manifest.json", (json.dumps(manifest, indent=1) + "\n").encode())
    page = folder / "index.html"
    write_whole(page, render(report, manifest).encode())
    return page


def render(report: Report, manifest: Mapping[str, Any]) -> str:
    """The page as text, its chart library inside it. Raises NotFound where that is not installed."""
    if not PLOTLY.is_file():
        raise NotFound("node_modules/plotly.js-cartesian-dist-min is absent: run make setup")
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True)
    chosen = {figure.key: figure.chart for figure in report.figures() if figure.chart}
    # Inside a script element only "</" could end it; JSON may write the slash escaped.
    content = json.dumps(chosen, separators=(",", ":")).replace("</", "<\\/")
    return environment.get_template("template.html").render(
        report=report,
        manifest=manifest,
        tables={figure.key: table_markup(figure) for figure in report.figures()},
        charts=Markup(content),
        plotly=Markup(PLOTLY.read_text()),
    )


def table_markup(figure: Figure) -> Markup:
    """A figure's table as HTML, every cell escaped.

    >>> from analytics.report.model import Made
    >>> made = Made("", "", ())
    >>> str(table_markup(Figure("k", "t", pd.DataFrame({"a": ["<b>"]}), made)))[-52:]
    '<td class="text">&lt;b&gt;</td></tr></tbody></table>'
    """
    shown = figure.table.head(figure.rows)
    numeric = [pd.api.types.is_numeric_dtype(shown[column]) for column in shown.columns]
    kinds = ["" if number else ' class="text"' for number in numeric]
    head = "".join(
        f'<th scope="col"{kind}>{escape(str(column).replace("_", " "))}</th>'
        for column, kind in zip(shown.columns, kinds, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{escape(_cell(cell))}</td>" for cell, kind in zip(row, kinds, strict=True))
        + "</tr>"
        for row in shown.itertuples(index=False)
    )
    return Markup(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return "not known"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return str(value)


def _subtitle(books: Mapping[int, Book]) -> str:
    first, last = min(books), max(books)
    day = calendar_date(books[last].business_date).isoformat()
    span = f"year ends {first} to {last}" if first != last else f"as of {day}"
    return f"The credit book as its contracts' events tell it, {span}; amounts in 100 million of the currency's unit."


def _tiles(material: sections.Material) -> tuple[Tile, ...]:
    """The headline numbers, each with the figure it comes from."""
    book = material.last
    day = calendar_date(book.business_date).isoformat()
    sums = study.outstanding(book, by="industry")
    whole = sum(sums.values())
    regions = study.outstanding(book, by="region")
    top = max(regions, key=lambda region: regions[region])
    sectors = [amount for section, amount in sums.items() if section != study.PERSONAL] or list(sums.values())
    classes = risk_default.category_table(measures.snapshot(book))
    bad = float(classes[classes["non_performing"]]["share"].sum())
    tiles = [
        Tile("Outstanding", f"{whole / FEN_PER_100M_YUAN:,.2f}", f"principal, {day}", "industry_region"),
        Tile("Loans", f"{len(measures.snapshot(book)):,}", "with something outstanding", "categories"),
        Tile("Non-performing", f"{100 * bad:.2f} %", "of outstanding principal", "categories"),
        Tile(
            "Largest region", f"{study.share_pct(regions[top], whole):.2f} %", material.codes.regions.get(top, top),
            "largest_region",
        ),
        Tile("Effective industries", f"{effective_number(sectors):.1f}", "1 / Herfindahl", "concentration"),
    ]  # fmt: skip
    return tuple(tiles)


def _extra_tables(material: sections.Material) -> dict[str, pd.DataFrame]:
    """Tables beside the figures': the study's in its own columns, and a carried book's by the source's names."""
    codes, books = material.codes, material.books
    extra: dict[str, pd.DataFrame] = {}
    if material.of_the_study:
        extra["industry_shares"] = study.industry_shares(books, codes)
        extra["region_shares"] = study.region_shares(books, codes)
        extra["personal_loans"] = study.personal_loans(books)
    loans = material.last.loans.merge(material.last.ratings[["customer", "grade"]], on="customer", how="left")
    for name, column, names in (
        ("by_region", "region", codes.regions), ("by_industry", "section", codes.sections),
        ("by_rating", "grade", codes.ratings), ("by_status", "source_status", codes.statuses),
    ):  # fmt: skip
        if names:
            extra[name] = by_name(loans.assign(section=loans["industry"].str[:1]), column, names)
    return extra


def by_name(loans: pd.DataFrame, column: str, names: Mapping[str, str]) -> pd.DataFrame:
    """Loans, originated and outstanding amounts (minor units, exact) by the names of a column's codes."""
    exact = loans.astype({"originated": object, "principal": object})
    groups = exact.groupby(exact[column].fillna(0).map(lambda code: names.get(str(code), str(code))), sort=True)
    table = groups.agg(
        loans=("loan", "size"), originated_minor=("originated", "sum"), outstanding_minor=("principal", "sum")
    )
    return table.reset_index().rename(columns={column: "name"})


def _manifest(
    report: Report,
    tables: EventTables,
    frames: Mapping[str, pd.DataFrame],
    deployment: Deployment,
    year_ends: Mapping[int, int],
) -> dict[str, Any]:
    """Where each figure comes from: method, source, and the logs of each event with their blocks."""

    def told(event: str) -> dict[str, int]:
        blocks = frames[event]["block_number"]
        if not len(blocks):
            return {"logs": 0}
        return {"logs": len(blocks), "first_block": int(blocks.iloc[0]), "last_block": int(blocks.iloc[-1])}

    return {
        "chain_id": deployment.chain_id,
        "genesis_hash": deployment.genesis_hash,
        "first_block": tables.first_block,
        "last_block": tables.last_block,
        "last_hash": tables.last_hash,
        "year_ends": {str(year): block for year, block in year_ends.items()},
        "contracts": {name: contract.address for name, contract in deployment.contracts.items()},
        "figures": {
            figure.key: {
                "title": figure.title,
                "method": figure.made.method,
                "source": figure.made.source,
                "events": {event: told(event) for event in figure.made.events},
            }
            for figure in report.figures()
        },
    }
