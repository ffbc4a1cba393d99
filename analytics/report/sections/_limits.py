"""What may still be lent, and where loan money went."""

from __future__ import annotations

import pandas as pd

from analytics.report import charts, measures
from analytics.report.codes import Codes
from analytics.report.model import Figure, Made, Section
from analytics.report.sections._columns import dates, hundred_millions
from analytics.report.sections._material import LOANS, Material, industry_names


def limits(material: Material) -> Section | None:
    table = measures.limits_used(material.last)
    if not len(table):
        return None
    shown = table.assign(
        name=[f"{dimension} {_bucket(material.codes, str(dimension), str(key))}"
              for dimension, key in zip(table["dimension"], table["key"], strict=True)],
        limit_100m=hundred_millions(table["effective_limit"], 2),
        used_100m=hundred_millions(table["used"], 2),
    )  # fmt: skip
    made = Made(
        "Outstanding principal and reserved headroom against the lower of the absolute limit and the attested share.",
        "credit policy", ("credit_policy.limit_set", "credit_policy.denominator_attested", *LOANS),
    )  # fmt: skip
    overrides = material.frames["credit_policy.override_used"]
    used = pd.DataFrame({"loan": overrides["loan_id"].astype(str), "block": overrides["block_number"]})
    space = _headroom(material, made)
    return Section(
        "limits",
        "Limits and headroom",
        "What may still be lent, and what passed a limit under a board's override.",
        (
            *([] if space is None else [space]),
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


def _headroom(material: Material, made: Made) -> Figure | None:
    """Room in each industry and region until the first of both limits."""
    found = measures.room(material.last)
    if found is None:
        return None
    amount = found.amount.map(lambda fen: hundred_millions([fen], 2)[0])
    numbers = amount.set_axis(pd.Index(industry_names(material, amount.index), name="industry"), axis=0)
    return Figure(
        "headroom", "Room until the first limit, by industry and region", numbers.reset_index(), made,
        charts.heat(numbers, unit=" 100m"),
        "Below zero a limit is passed already; where none binds the room is not known.",
    )  # fmt: skip


def flows(material: Material) -> Section | None:
    diversions = material.last.diversions
    if not len(material.last.flows) and not len(diversions):
        return None
    table = pd.DataFrame(
        {
            "day": dates(diversions["value_date"]),
            "loan": diversions["loan"].astype(str),
            "amount_100m": hundred_millions(diversions["amount"]),
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


def _bucket(codes: Codes, dimension: str, key: str) -> str:
    names = {"industry": codes.sections, "region": codes.regions}.get(dimension, {})
    return names.get(key, key)
