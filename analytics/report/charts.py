"""Charts of the page: plotly figures without colours of their own for paper and text, so that they follow the theme."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

# Okabe and Ito (2008), told apart by readers who do not see all colours.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#F0E442")
SEQUENTIAL: Final = "Cividis"
HEIGHT: Final = 340

Chart = dict[str, Any]


def bars(table: pd.DataFrame, *, x: str, y: str, split: str = "", stack: bool = False, unit: str = "") -> Chart:
    """Bars of ``y`` over ``x``, one colour for each value of ``split``."""
    figure = go.Figure()
    for number, (name, part) in enumerate(_groups(table, split)):
        figure.add_bar(
            x=_labels(part[x]), y=_numbers(part[y]), name=name, marker_color=COLOURS[number % len(COLOURS)],
            hovertemplate=f"%{{x}}<br>%{{y:,.2f}}{unit}<extra>{name}</extra>",
        )  # fmt: skip
    figure.update_layout(barmode="stack" if stack else "group", showlegend=bool(split))
    figure.update_xaxes(type="category")
    return _finished(figure, y_title=unit.strip())


def ranked(table: pd.DataFrame, *, label: str, value: str, split: str = "", unit: str = "") -> Chart:
    """Horizontal bars in the order of the table, first on top, one colour for each value of ``split``."""
    figure = go.Figure()
    groups = _groups(table, split)
    for number, (name, part) in enumerate(groups):
        figure.add_bar(
            x=_numbers(part[value]), y=_labels(part[label]), orientation="h", name=name,
            marker_color=COLOURS[number % len(COLOURS)],
            hovertemplate=f"%{{y}}<br>%{{x:,.2f}}{unit}<extra>{name}</extra>",
        )  # fmt: skip
    figure.update_layout(showlegend=bool(split), bargap=0.25)
    figure.update_yaxes(type="category", autorange="reversed")
    rows = table[label].nunique() * (12 + 10 * len(groups))
    return _finished(figure, x_title=unit.strip(), height=max(HEIGHT, rows + 110))


def lines(table: pd.DataFrame, *, x: str, series: Mapping[str, str], unit: str = "") -> Chart:
    """One line for each column of ``series`` (column to name) over ``x``."""
    figure = go.Figure()
    for number, (column, name) in enumerate(series.items()):
        figure.add_scatter(
            x=_labels(table[x]), y=_numbers(table[column]), name=name, mode="lines+markers",
            line_color=COLOURS[number % len(COLOURS)],
            hovertemplate=f"%{{x}}<br>%{{y:,.4f}}{unit}<extra>{name}</extra>",
        )  # fmt: skip
    figure.update_xaxes(type="category")
    return _finished(figure, y_title=unit.strip())


def intervals(
    table: pd.DataFrame, *, label: str, point: str, lower: str, upper: str, across: bool = False, unit: str = ""
) -> Chart:
    """Points with the interval that each lies in; ``across`` draws long labels down the side."""
    centre = table[point].astype(float)
    reach = {
        "type": "data", "symmetric": False, "array": _numbers(table[upper].astype(float) - centre),
        "arrayminus": _numbers(centre - table[lower].astype(float)), "color": COLOURS[0],
    }  # fmt: skip
    marker = {"color": COLOURS[0], "size": 10}
    figure = go.Figure()
    if across:
        figure.add_scatter(
            x=_numbers(centre), y=_labels(table[label]), mode="markers", marker=marker, error_x=reach,
            hovertemplate=f"%{{y}}<br>%{{x:.4f}}{unit}<extra></extra>",
        )  # fmt: skip
        figure.update_yaxes(type="category", autorange="reversed")
        return _finished(figure, x_title=unit.strip(), height=max(HEIGHT, 24 * len(table) + 80))
    figure.add_scatter(
        x=_labels(table[label]), y=_numbers(centre), mode="markers", marker=marker, error_y=reach,
        hovertemplate=f"%{{x}}<br>%{{y:.4f}}{unit}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(type="category")
    return _finished(figure, y_title=unit.strip())


def heat(table: pd.DataFrame, *, unit: str = "") -> Chart:
    """A matrix as colours: rows down, columns across."""
    figure = go.Figure()
    figure.add_heatmap(
        z=[_numbers(row) for _, row in table.iterrows()], x=_labels(table.columns), y=_labels(table.index),
        colorscale=SEQUENTIAL, colorbar={"title": {"text": unit.strip()}},
        hovertemplate=f"%{{y}} in %{{x}}<br>%{{z:,.2f}}{unit}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(type="category")
    figure.update_yaxes(type="category", autorange="reversed")
    return _finished(figure, height=max(HEIGHT, 24 * len(table) + 120))


def network(nodes: pd.DataFrame, edges: pd.DataFrame) -> Chart:
    """A drawn graph: nodes have x, y, label, size and flagged; edges have x0, y0, x1, y1 and flagged."""
    figure = go.Figure()
    for flagged, colour, width, name in ((False, COLOURS[6], 1, "guarantee"), (True, COLOURS[1], 3, "in a circle")):
        part = edges[edges["flagged"] == flagged]
        xs: list[float | None] = []
        ys: list[float | None] = []
        for edge in part.itertuples():
            xs += [float(str(edge.x0)), float(str(edge.x1)), None]
            ys += [float(str(edge.y0)), float(str(edge.y1)), None]
        figure.add_scatter(
            x=xs, y=ys, mode="lines", line={"color": colour, "width": width}, name=name, hoverinfo="skip"
        )
    figure.add_scatter(
        x=_numbers(nodes["x"]), y=_numbers(nodes["y"]), mode="markers", name="customer", text=_labels(nodes["label"]),
        marker={
            "size": _numbers(nodes["size"]),
            "color": [COLOURS[1] if flag else COLOURS[0] for flag in nodes["flagged"]],
        },
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return _finished(figure, height=480)


def _finished(figure: go.Figure, *, x_title: str = "", y_title: str = "", height: int = HEIGHT) -> Chart:
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)", font={"size": 13}, hoverlabel={"align": "left"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"}, template="none",
    )  # fmt: skip
    figure.update_xaxes(title_text=x_title, automargin=True, gridcolor="rgba(128,128,128,0.25)", zeroline=False)
    figure.update_yaxes(title_text=y_title, automargin=True, gridcolor="rgba(128,128,128,0.25)", zeroline=False)
    made: Chart = json.loads(figure.to_json())
    made["layout"].pop("template", None)
    return made


def _groups(table: pd.DataFrame, split: str) -> list[tuple[str, pd.DataFrame]]:
    return [(str(key), part) for key, part in table.groupby(split, sort=False)] if split else [("", table)]


def _labels(values: Sequence[object] | pd.Series | pd.Index) -> list[str]:
    """Labels as text that plotly will not read as markup."""
    return [html.escape(str(value), quote=False) for value in values]


def _numbers(values: Sequence[float] | pd.Series) -> list[float | None]:
    """Numbers for JSON; what is missing becomes a gap."""
    return [None if pd.isna(value) else float(value) for value in values]
