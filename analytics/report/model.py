"""A report as data: sections of figures, each a table, perhaps a chart, and how it was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Made:
    """How a figure was made: the method in words, its source, and the event tables it comes from."""

    method: str
    source: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the page.

    ``key`` names its anchor and its files, ``table`` is written as CSV and Parquet and shown behind the chart,
    ``chart`` is a plotly figure as a dictionary, ``note`` a sentence for the reader.
    """

    key: str
    title: str
    table: pd.DataFrame
    made: Made
    chart: dict[str, Any] | None = None
    note: str = ""
    rows: int = 40


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page with a heading and an introducing sentence."""

    key: str
    title: str
    lead: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """A headline number at the top of the page, with the figure that shows where it comes from."""

    label: str
    value: str
    detail: str
    figure: str


@dataclass(frozen=True, slots=True)
class Report:
    """A whole page."""

    title: str
    subtitle: str
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse two figures of one key, and a tile that points at none."""
        keys = [figure.key for figure in self.figures()]
        twice = {key for key in keys if keys.count(key) > 1}
        lost = {tile.figure for tile in self.tiles} - set(keys)
        if twice or lost:
            raise InvalidInput(f"report {self.title}: figures {sorted(twice)} stand twice, tiles miss {sorted(lost)}")

    def figures(self) -> Sequence[Figure]:
        """Every figure of every section, in order."""
        return [figure for section in self.sections for figure in section.figures]
