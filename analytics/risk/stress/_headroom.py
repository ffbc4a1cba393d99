"""Room under the limits, and what one loan more would do before it is signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.errors import InvalidInput
from analytics.risk._numbers import non_negative, positive, probabilities, scalar
from analytics.risk._tables import one_row_each, required_columns, whole_numbers
from analytics.risk.capital import risk_weight
from analytics.risk.concentration import herfindahl

DIMENSIONS = ("customer", "group", "industry", "region")


@dataclass(frozen=True, slots=True)
class NewLoan:
    """A loan that somebody is about to sign.

    Attributes
    ----------
    customer, group, industry, region
        What its limits go by, as the limits' keys name them; None for no group.
    amount : int
        Fen, above zero.
    pd, lgd : float
        Fractions.
    asset_class : str
        As `capital.risk_weight` names it.
    """

    customer: Any
    industry: Any
    region: Any
    amount: int
    pd: float
    lgd: float
    group: Any = None
    asset_class: str = "corporate"

    def __post_init__(self) -> None:
        """Refuse an amount not above zero and fractions outside [0, 1]."""
        positive(self.amount, name="amount")
        scalar(self.pd, name="pd", low=0.0, high=1.0)
        scalar(self.lgd, name="lgd", low=0.0, high=1.0)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What one loan more would do.

    Attributes
    ----------
    limits : pandas.DataFrame
        One row for each limit it falls under: dimension, key, limit, used (exposure and
        reserved), used_after, headroom_after, breached (bool); fen.
    measures : pandas.DataFrame
        Columns measure, before, after: exposure, expected_loss, risk_weighted, industry_hhi,
        region_hhi, and own_funds and capital_ratio where own funds are given (missing where
        nothing is risk-weighted).
    """

    limits: pd.DataFrame
    measures: pd.DataFrame

    @property
    def allowed(self) -> bool:
        """Whether it stays within every limit."""
        return not bool(self.limits["breached"].any())


def what_if(
    positions: pd.DataFrame,
    limits: pd.DataFrame,
    loan: NewLoan,
    *,
    own_funds: int | None = None,
    framework: str = "basel3",
) -> WhatIf:
    """What one loan more would do to limits, expected loss, capital and concentration.

    Parameters
    ----------
    positions : pandas.DataFrame
        The book so far: industry, region, exposure (fen), pd, lgd, risk_weighted (fen). May be
        empty.
    limits : pandas.DataFrame
        Columns dimension (customer, group, industry or region), key, effective_limit (fen;
        missing for none), exposure, reserved (fen).
    loan : NewLoan
        The loan.
    own_funds : int, optional
        Capital in fen; the loan's expected loss is provided for out of it.
    framework : {"basel2", "basel3"}
        For its risk weight.

    Returns
    -------
    WhatIf
        Each limit and each measure, before and after.

    Raises
    ------
    InvalidInput
        Missing columns, negative money, a limit with two rows, or what `capital.risk_weight`
        refuses.

    Examples
    --------
    >>> limits = pd.DataFrame({
    ...     "dimension": ["industry", "region"], "key": ["K70", "CN-GD"], "effective_limit": [100, 500],
    ...     "exposure": [80, 80], "reserved": [5, 0],
    ... })
    >>> book = pd.DataFrame({
    ...     "industry": ["K70"], "region": ["CN-GD"], "exposure": [80], "pd": [0.02], "lgd": [0.5],
    ...     "risk_weighted": [90],
    ... })
    >>> result = what_if(book, limits, NewLoan(7, "K70", "CN-GD", 30, pd=0.01, lgd=0.4))
    >>> result.limits[["dimension", "headroom_after", "breached"]]
      dimension  headroom_after  breached
    0  industry             -15      True
    1    region             390     False
    """
    needed = ("industry", "region", "exposure", "pd", "lgd", "risk_weighted")
    required_columns(positions, needed, name="positions")
    room = _limit_table(limits)
    keys = {"customer": loan.customer, "group": loan.group, "industry": loan.industry, "region": loan.region}
    under = [row for row in room if keys.get(row[0]) is not None and str(keys[row[0]]) == str(row[1])]
    table = pd.DataFrame(
        [
            (dimension, key, limit, used, used + loan.amount, limit - used - loan.amount)
            for dimension, key, limit, used in under
        ],
        columns=["dimension", "key", "limit", "used", "used_after", "headroom_after"],
    )
    table["breached"] = [headroom < 0 for headroom in table["headroom_after"].tolist()]
    return WhatIf(table, _measures(positions, loan, own_funds, framework))


@dataclass(frozen=True, slots=True)
class Headroom:
    """Room until the first limit, for a loan in each industry and region.

    Attributes
    ----------
    amount : pandas.DataFrame
        Industries down, regions across: fen, negative where a limit is passed already; missing
        where no limit applies.
    binding : pandas.DataFrame
        The dimension whose limit comes first, "industry" or "region" ("" where none applies).
    """

    amount: pd.DataFrame
    binding: pd.DataFrame


def headroom_map(limits: pd.DataFrame, *, industries: Sequence[str], regions: Sequence[str]) -> Headroom:
    """How much may still be lent in each industry and region before the first limit binds.

    Parameters
    ----------
    limits : pandas.DataFrame
        As `what_if` takes them; limits of customers and groups have no part.
    industries, regions : sequence of str
        Rows and columns of the map.

    Returns
    -------
    Headroom
        The room and which limit bounds it; the industry's where both are equal.

    Raises
    ------
    InvalidInput
        Missing columns, negative money, a limit with two rows, or no industry or region.

    Examples
    --------
    >>> limits = pd.DataFrame({
    ...     "dimension": ["industry", "region"], "key": ["K70", "CN-GD"], "effective_limit": [100, 500],
    ...     "exposure": [80, 490], "reserved": [5, 0],
    ... })
    >>> room = headroom_map(limits, industries=["K70", "C"], regions=["CN-GD"])
    >>> room.amount["CN-GD"].tolist(), room.binding["CN-GD"].tolist()
    ([10, 10], ['region', 'region'])
    """
    if not len(industries) or not len(regions):
        raise InvalidInput("headroom_map: no industry or no region; name at least one of each")
    room = {(dimension, str(key)): limit - used for dimension, key, limit, used in _limit_table(limits)}
    amounts: list[list[int | None]] = []
    binding: list[list[str]] = []
    for industry in industries:
        cells = []
        for region in regions:
            candidates = [
                (room[dimension, str(key)], rank, dimension)
                for rank, (dimension, key) in enumerate((("industry", industry), ("region", region)))
                if (dimension, str(key)) in room
            ]
            cells.append(min(candidates, default=(None, 0, "")))
        amounts.append([cell[0] for cell in cells])
        binding.append([cell[2] for cell in cells])
    down, across = pd.Index(industries, name="industry"), pd.Index(regions, name="region")
    return Headroom(
        pd.DataFrame(amounts, index=down, columns=across, dtype=object),
        pd.DataFrame(binding, index=down, columns=across, dtype=object),
    )


def _limit_table(limits: pd.DataFrame) -> list[tuple[str, Any, int, int]]:
    """Dimension, key, limit and what is used of it, for each row that sets a limit."""
    required_columns(limits, ("dimension", "key", "exposure", "reserved"), name="limits")
    required_columns(limits[:0], ("effective_limit",), name="limits")
    one_row_each(limits, "dimension", "key", name="limits")
    unknown = sorted(set(limits["dimension"].astype(str).tolist()) - set(DIMENSIONS))
    if unknown:
        raise InvalidInput(f"limits: dimension {unknown[0]!r} is unknown; give one of {', '.join(DIMENSIONS)}")
    bound = limits[limits["effective_limit"].notna()]
    ceiling = whole_numbers(bound["effective_limit"], name="limits: effective_limit")
    exposure = whole_numbers(bound["exposure"], name="limits: exposure")
    reserved = whole_numbers(bound["reserved"], name="limits: reserved")
    return [
        (dimension, key, limit, lent + kept)
        for dimension, key, limit, lent, kept in zip(
            bound["dimension"].astype(str).tolist(), bound["key"].tolist(), ceiling, exposure, reserved, strict=True
        )
    ]


def _measures(positions: pd.DataFrame, loan: NewLoan, own_funds: int | None, framework: str) -> pd.DataFrame:
    exposures = whole_numbers(positions["exposure"], name="positions: exposure")
    if len(positions):
        probabilities(positions["pd"], name="positions: pd")
        probabilities(positions["lgd"], name="positions: lgd")
        non_negative(positions["risk_weighted"], name="positions: risk_weighted")
    expected = [
        chance * severity * exposure
        for chance, severity, exposure in zip(
            positions["pd"].tolist(), positions["lgd"].tolist(), exposures, strict=True
        )
    ]
    weighted = sum(positions["risk_weighted"].tolist())
    own_loss = loan.pd * loan.lgd * loan.amount
    own_weighted = risk_weight(loan.pd, lgd=loan.lgd, asset_class=loan.asset_class, framework=framework) * loan.amount
    rows: list[tuple[str, Any, Any]] = [
        ("exposure", sum(exposures), sum(exposures) + loan.amount),
        ("expected_loss", sum(expected), sum(expected) + own_loss),
        ("risk_weighted", weighted, weighted + own_weighted),
    ]
    for dimension, key in (("industry", loan.industry), ("region", loan.region)):
        sums: dict[Any, int] = {}
        for name, exposure in zip(positions[dimension].tolist(), exposures, strict=True):
            sums[name] = sums.get(name, 0) + exposure
        before = herfindahl(list(sums.values())) if any(sums.values()) else None
        sums[key] = sums.get(key, 0) + loan.amount
        rows.append((f"{dimension}_hhi", before, herfindahl(list(sums.values()))))
    if own_funds is not None:
        rows.append(("own_funds", own_funds, own_funds - own_loss))
        after = weighted + own_weighted
        rows.append(
            (
                "capital_ratio",
                own_funds / weighted if weighted > 0 else None,
                (own_funds - own_loss) / after if after > 0 else None,
            )
        )
    return pd.DataFrame(rows, columns=["measure", "before", "after"])
