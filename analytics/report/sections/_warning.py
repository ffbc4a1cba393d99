"""Which loans signal trouble, and what such signals were worth."""

from __future__ import annotations

import math

import pandas as pd

from analytics.report import charts, measures
from analytics.report.model import Figure, Made, Section
from analytics.report.sections._columns import dates, hundred_millions
from analytics.report.sections._material import COLLATERAL, GUARANTEES, LOANS, QUALITY, RATINGS, Material
from analytics.units import PPB, calendar_date

COVENANTS = (
    "covenant_registry.facility_entered", "covenant_registry.continuation_answered", "covenant_registry.facility_reset",
    "covenant_registry.figure_reported", "covenant_registry.measure_rule_set",
)  # fmt: skip
EVENTS = (*LOANS, *QUALITY, *RATINGS, *COLLATERAL, *GUARANTEES)


def warning(material: Material) -> Section | None:
    """Alerts at the latest date and, with a history, the indicators' record; nothing where nothing signals."""
    now = measures.warnings_now(material.books)
    judged = measures.signals_judged(material.books)
    failing = measures.covenants_failing(material.last)
    if not len(now) and not len(failing) and judged is None:
        return None
    made = Made(
        "Days past due, and since the year end before: a worse rating, a worse category, cover by collateral and "
        "guarantees lower by more than a tenth of the loan. Loans in default are left out.",
        "signals approach: Kaminsky, Reinhart (1999)", EVENTS,
    )  # fmt: skip
    figures = [Figure("alerts", "Loans that signal now, most signals first", _alerts(now), made)]
    if len(failing):
        figures.append(
            Figure(
                "covenants", "Suspended drawings and notices served, the notice that ends first on top",
                _failing(failing),
                Made(
                    "What the covenant registry answers for each customer's loans of a product, and the test it rests "
                    "on. Days left below zero: the notice ran out and nobody cured it.",
                    "the products' covenants", (*COVENANTS, *LOANS),
                ),
            )
        )  # fmt: skip
    if judged is not None:
        table = _judged(judged)
        figures.append(
            Figure(
                "indicator_quality", "What the signals were worth", table,
                Made(
                    "Of the loans that defaulted within 365 days of a year end, how many had signalled there (hit "
                    "rate); of those that did not, how many had (false alarms). Clopper-Pearson intervals.",
                    "Kaminsky, Reinhart (1999); Clopper, Pearson (1934)", EVENTS,
                ),
                charts.intervals(judged, label="indicator", point="hit_rate", lower="hit_lower", upper="hit_upper",
                                 across=True) if judged["hit_rate"].notna().all() else None,
                "The chart shows hit rates. A sign that comes and goes between year ends is not seen.",
            )
        )  # fmt: skip
    return Section("warning", "Early warning", "Signs of trouble, and how far to trust them.", tuple(figures))


def _alerts(table: pd.DataFrame) -> pd.DataFrame:
    columns = ["loan", "day", "indicator", "value", "signals"]
    if not len(table):
        return pd.DataFrame(columns=columns)
    return pd.DataFrame(
        {
            "loan": table["unit"].astype(str),
            "day": [calendar_date(int(day)).isoformat() for day in table["date"]],
            "indicator": table["indicator"].str.replace("_", " "),
            "value": table["value"].round(4),
            "signals": table["signals"],
        }
    )


def _failing(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer": table["customer"],
            "product": table["product"],
            "answer": table["answer"].astype(str).str.replace("_", " "),
            "rests_on": table["reason"].astype(str).str.replace("_", " "),
            "cure_by": dates(table["cure_by"]),
            "days_left": table["days_left"],
            **{name: (table[name] / PPB).astype("Float64").round(3) for name in ("figure", "threshold")},
            "outstanding_100m": hundred_millions(table["outstanding"]),
            "undrawn_100m": hundred_millions(table["undrawn"]),
        }
    )


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    shown = table[["indicator", "defaults", "hits", "quiet", "false_alarms"]].copy()
    shown["indicator"] = shown["indicator"].str.replace("_", " ")
    for column in ("hit_rate", "false_alarm_rate", "noise_to_signal", "median_lead"):
        shown[column] = [
            None if pd.isna(value) or math.isinf(value) else round(float(value), 4) for value in table[column]
        ]
    return shown
