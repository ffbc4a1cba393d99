"""What stands behind the loans, and who stands for whom."""

from __future__ import annotations

from typing import Any, Final

import networkx as nx
import numpy as np
import pandas as pd

from analytics.report import charts, measures
from analytics.report.model import Figure, Made, Section
from analytics.report.sections._columns import dates, hundred_millions
from analytics.report.sections._material import COLLATERAL, GUARANTEES, LOANS, Material

LAYOUT_SEED: Final = 7


def protection(material: Material) -> Section | None:
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
            "called_on": dates(calls["called_on"]),
            "cover_100m": hundred_millions(calls["cover_value"]),
            "pledged_100m": hundred_millions(calls["pledged"]),
        }
    )
    figures = [
        Figure(
            "guarantee_circles", "Circles of guarantees", circles, made, _guarantee_chart(view.edges, view.circles),
            "The opening book's circles were admitted by the board and stay flagged; new ones are refused.",
        ),
        Figure("multi_head", "Guarantors of several borrowers", view.multi_head, made),
    ]  # fmt: skip
    if len(view.edges):
        figures += [_network_loss(material, by) for by in ("industry", "region")]
    figures.append(
        Figure(
            "margin_calls", "Margin calls: value after haircut below what is pledged", called,
            Made("Each fall of a value below the liens on it, as the contract flagged it.",
                 "collateral registry", ("collateral_registry.margin_called", *COLLATERAL)),
        )
    )  # fmt: skip
    return Section(
        "protection",
        "Collateral and guarantees",
        "What stands behind the loans, and who stands for whom.",
        tuple(figures),
    )


def _network_loss(material: Material, by: str) -> Figure:
    """What fails with an industry or region, and what its guarantors make good."""
    table = measures.network_loss(material.last, by=by)
    names = material.codes.sections if by == "industry" else material.codes.regions
    shown = pd.DataFrame({by: [names.get(str(key), str(key)) for key in table[by]], "failing": table["failing"]})
    for column in ("direct_loss", "recovered", "additional_failures", "additional_debt", "bank_loss"):
        if column == "additional_failures":
            shown[column] = table[column]
        else:
            shown[f"{column}_100m"] = hundred_millions(table[column])
    return Figure(
        f"guarantee_loss_{by}", f"If all of one {by} failed: loss through the guarantee network", shown,
        Made(
            "Customers that give or have a guarantee, their debt net of collateral. What a failed one owes is called "
            "from its guarantors; who is called for more than its attested capacity fails too, and so on.",
            "sequential default: Upper (2011)",
            (*GUARANTEES, "guarantee_registry.capacity_attested", *COLLATERAL, *LOANS),
        ),
        charts.ranked(shown, label=by, value="bank_loss_100m", unit=" 100m"),
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
