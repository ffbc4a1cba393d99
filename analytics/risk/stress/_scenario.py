"""A scenario on prices, industries and regions, what it does to each loan, and how much of it is too much."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analytics.errors import InvalidInput
from analytics.risk._numbers import finite_array, non_negative, positive, probabilities, scalar, whole_number
from analytics.risk._shapes import FloatArray
from analytics.risk._tables import required_columns, whole_numbers
from analytics.risk.capital import risk_weight
from analytics.risk.default import expected_loss, loss_given_default
from analytics.units import PPB


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens at once: prices of collateral fall, defaults become likelier.

    Attributes
    ----------
    price_falls : mapping of str to float
        Share of value lost by kind of collateral, 0 to 1.
    industry_factors, region_factors : mapping of str to float
        What the default probability of a loan is multiplied by, at least 0; a loan hit by both
        takes both, and no probability passes one.
    """

    price_falls: Mapping[str, float] = field(default_factory=dict)
    industry_factors: Mapping[str, float] = field(default_factory=dict)
    region_factors: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse falls outside [0, 1] and negative factors."""
        for kind, fall in self.price_falls.items():
            scalar(fall, name=f"price fall of {kind}", low=0.0, high=1.0)
        for name, factors in (("industry", self.industry_factors), ("region", self.region_factors)):
            for key, factor in factors.items():
                non_negative(scalar(factor, name=f"factor of {name} {key}"), name=f"factor of {name} {key}")

    def scaled(self, severity: float) -> Scenario:
        """The same scenario at a share of its strength: 0 is none of it, 1 all."""
        share = scalar(severity, name="severity")
        if not 0.0 <= share <= 1.0:
            raise InvalidInput(f"severity: {share} is outside [0, 1]; give a share of the scenario")
        return Scenario(
            {kind: share * fall for kind, fall in self.price_falls.items()},
            {key: 1.0 + share * (factor - 1.0) for key, factor in self.industry_factors.items()},
            {key: 1.0 + share * (factor - 1.0) for key, factor in self.region_factors.items()},
        )


@dataclass(frozen=True, slots=True)
class Stress:
    """A book before and after a scenario.

    Attributes
    ----------
    loans : pandas.DataFrame
        One row for each loan: loan, exposure (fen), and before and after: ltv (exposure over the
        market value of its titles net of prior liens; missing where there is none), lgd, pd,
        expected_loss (fen), risk_weighted (fen).
    summary : pandas.DataFrame
        Columns measure, before, after: collateral_value, expected_loss, risk_weighted, own_funds
        and capital_ratio where own funds are given (0.0 where they have become negative; missing
        where nothing is risk-weighted).
    """

    loans: pd.DataFrame
    summary: pd.DataFrame

    def value(self, measure: str, *, when: str = "after") -> Any:
        """One figure of the summary."""
        row = self.summary["measure"] == measure
        if not row.any():
            raise InvalidInput(f"measure: {measure!r} is not in the summary; own funds may not have been given")
        return self.summary.loc[row, when].tolist()[0]


def stressed(
    positions: pd.DataFrame,
    liens: pd.DataFrame,
    collateral: pd.DataFrame,
    guarantees: pd.DataFrame,
    *,
    scenario: Scenario,
    own_funds: int | None = None,
    framework: str = "basel3",
    unsecured_lgd: float = 1.0,
) -> Stress:
    """A scenario through the book: prices to LTV to LGD to expected loss to capital, loan by loan.

    Parameters
    ----------
    positions : pandas.DataFrame
        Columns loan, industry, region, exposure (fen), pd; asset_class where not all are
        corporate (as `capital.risk_weight` names them).
    liens, collateral, guarantees : pandas.DataFrame
        As `default.loss_given_default` takes them; collateral also has kind.
    scenario : Scenario
        What happens.
    own_funds : int, optional
        Capital in fen; more expected loss is provided for and lowers it one for one.
    framework : {"basel2", "basel3"}
        For the risk weights, at the stressed PD and LGD.
    unsecured_lgd : float
        Share lost of what neither collateral nor guarantors pay, 0 to 1.

    Returns
    -------
    Stress
        Before and after.

    Raises
    ------
    InvalidInput
        As `default.loss_given_default`, `default.expected_loss` and `capital.risk_weight`;
        missing columns; a scenario that names a kind, industry or region the book has not.

    Notes
    -----
    Basel Committee, Stress testing principles (2018), in the form of a sensitivity analysis.

    Examples
    --------
    >>> result = stressed(
    ...     pd.DataFrame({"loan": [1], "industry": ["K70"], "region": ["CN-GD"], "exposure": [80], "pd": [0.02]}),
    ...     pd.DataFrame({"title": ["t"], "rank": [1], "amount": [100], "loan": [1]}),
    ...     pd.DataFrame({"title": ["t"], "kind": ["land"], "value": [100], "haircut": [0]}),
    ...     pd.DataFrame({"loan": [], "rank": [], "amount": [], "haircut": []}),
    ...     scenario=Scenario(price_falls={"land": 0.5}, industry_factors={"K70": 2.0}),
    ... )
    >>> result.loans[["ltv_after", "lgd_after", "pd_after", "expected_loss_after"]].round(4)
       ltv_after  lgd_after  pd_after  expected_loss_after
    0        1.6      0.375      0.04                  1.2
    """
    required_columns(positions, ("loan", "industry", "region", "exposure", "pd"), name="positions", empty=False)
    required_columns(collateral, ("title", "kind", "value"), name="collateral")
    _known(scenario, positions, collateral)
    bare = scalar(unsecured_lgd, name="unsecured_lgd", low=0.0, high=1.0)
    fallen = collateral.assign(value=values_after(collateral, scenario.price_falls))
    chance = probabilities(positions["pd"], name="positions: pd")
    factor = _factors(positions["industry"], scenario.industry_factors)
    factor = factor * _factors(positions["region"], scenario.region_factors)
    loans = positions[["loan", "exposure"]].reset_index(drop=True)
    totals: dict[str, tuple[Any, Any]] = {
        "collateral_value": (_sum(collateral["value"]), _sum(fallen["value"])),
    }
    for when, titles, likelihood in (
        ("before", collateral, chance),
        ("after", fallen, np.minimum(chance * factor, 1.0)),
    ):
        severity = bare * loss_given_default(loans, liens, titles, guarantees)["lgd"].to_numpy()
        loans[f"ltv_{when}"] = loan_to_value(loans, liens, titles)
        loans[f"lgd_{when}"] = severity
        loans[f"pd_{when}"] = likelihood
        exposure = non_negative(loans["exposure"], name="positions: exposure")
        loans[f"expected_loss_{when}"] = expected_loss(likelihood, severity, exposure)
        loans[f"risk_weighted_{when}"] = _weights(positions, likelihood, severity, framework) * exposure
    for measure in ("expected_loss", "risk_weighted"):
        totals[measure] = (float(loans[f"{measure}_before"].sum()), float(loans[f"{measure}_after"].sum()))
    if own_funds is not None:
        spent = totals["expected_loss"][1] - totals["expected_loss"][0]
        totals["own_funds"] = (own_funds, own_funds - spent)
        totals["capital_ratio"] = (
            _capital_ratio(own_funds, totals["risk_weighted"][0]),
            _capital_ratio(own_funds - spent, totals["risk_weighted"][1]),
        )
    summary = pd.DataFrame([(m, *pair) for m, pair in totals.items()], columns=["measure", "before", "after"])
    return Stress(loans, summary)


@dataclass(frozen=True, slots=True)
class ReverseStress:
    """The least of a scenario that breaks a limit.

    Attributes
    ----------
    severity : float or None
        Share of the scenario, 0 where the limit is broken already; None where all of it is not
        enough.
    stress : Stress
        The book at that share, or at all of it.
    """

    severity: float | None
    stress: Stress


def reverse_stress(
    positions: pd.DataFrame,
    liens: pd.DataFrame,
    collateral: pd.DataFrame,
    guarantees: pd.DataFrame,
    *,
    scenario: Scenario,
    own_funds: int,
    minimum_ratio: float,
    framework: str = "basel3",
    unsecured_lgd: float = 1.0,
    tolerance: float = 1e-6,
) -> ReverseStress:
    """The smallest share of a scenario that brings the capital ratio below its minimum.

    Parameters
    ----------
    positions, liens, collateral, guarantees, scenario, own_funds, framework, unsecured_lgd
        As `stressed` takes them; the scenario is the direction and the most that is thought of.
    minimum_ratio : float
        Own funds over risk-weighted assets that must be kept; 0 asks what eats the capital whole.
    tolerance : float
        How exactly the share is found.

    Returns
    -------
    ReverseStress
        The share and the book there.

    Raises
    ------
    InvalidInput
        As `stressed`; a negative minimum; factors below one, under which more of the scenario
        would not be worse.

    Notes
    -----
    Basel Committee, Stress testing principles (2018), reverse stress test.

    Examples
    --------
    >>> found = reverse_stress(
    ...     pd.DataFrame({"loan": [1], "industry": ["K70"], "region": ["CN-GD"], "exposure": [10_000], "pd": 0.5}),
    ...     pd.DataFrame({"title": ["t"], "rank": [1], "amount": [10_000], "loan": [1]}),
    ...     pd.DataFrame({"title": ["t"], "kind": ["land"], "value": [10_000], "haircut": [0]}),
    ...     pd.DataFrame({"loan": [], "rank": [], "amount": [], "haircut": []}),
    ...     scenario=Scenario(price_falls={"land": 1.0}), own_funds=2_000, minimum_ratio=0.0,
    ... )
    >>> round(found.severity, 2)
    0.4
    """
    floor = scalar(minimum_ratio, name="minimum_ratio", low=0.0)
    if any(f < 1.0 for factors in (scenario.industry_factors, scenario.region_factors) for f in factors.values()):
        raise InvalidInput("scenario: a factor below one; more of it would be better, so there is no least breach")

    def at(severity: float) -> Stress:
        return stressed(
            positions,
            liens,
            collateral,
            guarantees,
            scenario=scenario.scaled(severity),
            own_funds=own_funds,
            framework=framework,
            unsecured_lgd=unsecured_lgd,
        )

    def short(severity: float) -> bool:
        result = at(severity)
        funds, weighted = result.value("own_funds"), result.value("risk_weighted")
        return bool(funds <= floor * weighted if floor == 0.0 else funds < floor * weighted)

    severity = smallest_severity(short, tolerance=tolerance)
    return ReverseStress(severity, at(1.0 if severity is None else severity))


def smallest_severity(breaks: Callable[[float], bool], *, steps: int = 20, tolerance: float = 1e-6) -> float | None:
    """The smallest share of anything from 0 to 1 that breaks a limit: steps upwards, then bisection.

    Parameters
    ----------
    breaks : callable
        Says of a share whether it breaks the limit. More need not be worse throughout (risk
        weights fall again as default grows certain), but what breaks and mends within one step is
        not seen.
    steps : int
        Equal steps from 0 to 1 of which the first that breaks is searched.
    tolerance : float
        The share returned breaks the limit, and one smaller by this does not.

    Returns
    -------
    float or None
        0.0 where nothing at all breaks it already, None where no step does.

    Raises
    ------
    InvalidInput
        A tolerance not above zero, or less than one step.

    Examples
    --------
    >>> round(smallest_severity(lambda share: share >= 0.25), 4)
    0.25
    """
    width = float(positive(scalar(tolerance, name="tolerance"), name="tolerance"))
    whole_number(steps, name="steps", least=1)
    if breaks(0.0):
        return 0.0
    first = next((k for k in range(1, steps + 1) if breaks(k / steps)), None)
    if first is None:
        return None
    whole, broken = (first - 1) / steps, first / steps
    while broken - whole > width:
        middle = (whole + broken) / 2.0
        if breaks(middle):
            broken = middle
        else:
            whole = middle
    return broken


def values_after(collateral: pd.DataFrame, price_falls: Mapping[str, float]) -> list[int]:
    """Values of titles after their kinds' falls, in whole fen, rounded down (falls to the billionth)."""
    kept = {kind: round((1.0 - fall) * PPB) for kind, fall in price_falls.items()}
    values = whole_numbers(collateral["value"], name="collateral: value")
    return [value * kept.get(kind, PPB) // PPB for value, kind in zip(values, collateral["kind"].tolist(), strict=True)]


def loan_to_value(loans: pd.DataFrame, liens: pd.DataFrame, collateral: pd.DataFrame) -> FloatArray:
    """Exposure over the market value of a loan's titles net of prior liens; NaN where it has none."""
    worth = dict(
        zip(collateral["title"].tolist(), whole_numbers(collateral["value"], name="collateral: value"), strict=True)
    )
    ranked = liens.sort_values("rank", kind="stable")
    value: dict[Any, int] = {}
    for title, amount, loan, own in zip(
        ranked["title"].tolist(),
        whole_numbers(ranked["amount"], name="liens: amount"),
        ranked["loan"].tolist(),
        ranked["loan"].notna().tolist(),
        strict=True,
    ):
        if own:
            value[loan] = value.get(loan, 0) + worth[title]
        worth[title] = max(worth[title] - amount, 0)
    held = finite_array(np.array([value.get(loan, 0) for loan in loans["loan"].tolist()]), name="value")
    exposure = non_negative(loans["exposure"], name="loans: exposure")
    return np.divide(exposure, held, out=np.full_like(exposure, np.nan), where=held > 0.0)


def _known(scenario: Scenario, positions: pd.DataFrame, collateral: pd.DataFrame) -> None:
    for what, named, column in (
        ("kind of collateral", scenario.price_falls, collateral["kind"]),
        ("industry", scenario.industry_factors, positions["industry"]),
        ("region", scenario.region_factors, positions["region"]),
    ):
        absent = sorted(set(named) - set(column.tolist()))
        if absent:
            raise InvalidInput(f"scenario: no {what} {absent[0]!r} in the book; leave it out")


def _factors(column: pd.Series[Any], factors: Mapping[str, float]) -> FloatArray:
    return np.array([factors.get(key, 1.0) for key in column.tolist()], dtype=np.float64)


def _weights(positions: pd.DataFrame, chance: FloatArray, severity: FloatArray, framework: str) -> FloatArray:
    if "asset_class" not in positions.columns:
        return np.asarray(risk_weight(chance, lgd=severity, asset_class="corporate", framework=framework))
    weights = np.zeros(len(positions))
    classes = positions["asset_class"].to_numpy()
    for name in sorted(set(classes.tolist())):
        of = classes == name
        weights[of] = risk_weight(chance[of], lgd=severity[of], asset_class=name, framework=framework)
    return weights


def _capital_ratio(own_funds: float, weighted: float) -> float | None:
    if weighted <= 0.0:
        return None
    return max(own_funds / weighted, 0.0)


def _sum(amounts: pd.Series[Any]) -> int:
    return sum(whole_numbers(amounts, name="collateral: value"))
