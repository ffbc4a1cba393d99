"""Expected credit loss of each loan: run-off, term structure, severity, discounting, scenarios."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analytics.errors import InvalidInput
from analytics.risk._numbers import (
    Numbers,
    finite_array,
    non_negative,
    open_probability,
    positive,
    probabilities,
    scalar,
)
from analytics.risk._shapes import FloatArray, per_entry
from analytics.risk._tables import located, one_row_each, required_columns, whole_numbers
from analytics.risk.loss._terms import lifetime_default

TWELVE_MONTHS: Final = 1.0
_TOLERANCE: Final = 1e-9
# Three-point Gauss-Hermite rule for a standard normal variable: exact for polynomials up to degree five.
_NODES: Final = (("upturn", math.sqrt(3.0), 1 / 6), ("base", 0.0, 2 / 3), ("downturn", -math.sqrt(3.0), 1 / 6))


@dataclass(frozen=True, slots=True)
class EconomicScenario:
    """One way the economy may go.

    Attributes
    ----------
    name : str
        What it is called.
    weight : float
        Its probability, above 0.
    hazard : float
        What the rate of default is multiplied by: survival is raised to this power. At least 0.
    severity : float
        What loss given default is multiplied by, at most to one. At least 0.
    """

    name: str
    weight: float
    hazard: float = 1.0
    severity: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a weight not above zero and negative multiples."""
        positive(scalar(self.weight, name=f"weight of {self.name}"), name=f"weight of {self.name}")
        for what, multiple in (("hazard", self.hazard), ("severity", self.severity)):
            non_negative(scalar(multiple, name=f"{what} of {self.name}"), name=f"{what} of {self.name}")


@dataclass(frozen=True, slots=True)
class LossInputs:
    """Everything that a book's expected credit loss at one date comes from.

    Attributes
    ----------
    loans : pandas.DataFrame
        Columns loan, grade (of the index of ``terms``), stage (1, 2 or 3), exposure (at default,
        now, fen), lgd (fraction), effective_rate (per year, a fraction at least 0).
    schedule : pandas.DataFrame
        Columns loan, start, end (years from the date), exposure (fen, between the two), as
        `run_off` gives it; each loan of stage 1 and 2 has a row.
    terms : pandas.DataFrame
        Cumulative default probabilities, grades × horizons, as `default_terms` gives them.
    scenarios : tuple of EconomicScenario
        Their weights sum to one.
    """

    loans: pd.DataFrame
    schedule: pd.DataFrame
    terms: pd.DataFrame
    scenarios: tuple[EconomicScenario, ...]


def neutral_scenarios(pd: float, rho: float) -> tuple[EconomicScenario, ...]:
    """Three scenarios of the one-factor model, whose weighted default probability is the unconditional one.

    Parameters
    ----------
    pd : float
        One-year default probability of the book, inside (0, 1).
    rho : float
        Asset correlation, in [0, 1).

    Returns
    -------
    tuple of EconomicScenario
        upturn, base and downturn with weights 1/6, 2/3, 1/6: the systematic factor at its
        Gauss-Hermite nodes √3, 0, -√3, told as multiples of the default rate. At rho 0 all are 1.

    Raises
    ------
    InvalidInput
        An argument outside its range.

    Notes
    -----
    Vasicek (2002), "Loan portfolio value": PD(z) = Φ((Φ⁻¹(PD) - √ρ z) / √(1 - ρ)). A bank that
    has forecasts gives scenarios of its own instead (IFRS 9, paragraph 5.5.17).

    Examples
    --------
    >>> [(s.name, round(s.hazard, 3)) for s in neutral_scenarios(0.02, 0.12)]
    [('upturn', 0.116), ('base', 0.712), ('downturn', 3.095)]
    """
    chance = open_probability(pd, name="pd")
    correlation = scalar(rho, name="rho")
    if not 0.0 <= correlation < 1.0:
        raise InvalidInput(f"rho: {correlation} is outside [0, 1); give an asset correlation such as 0.12")
    scenarios = []
    for name, factor, weight in _NODES:
        distance = special.ndtri(chance) - math.sqrt(correlation) * factor
        conditional = float(special.ndtr(distance / math.sqrt(1.0 - correlation)))
        scenarios.append(EconomicScenario(name, weight, hazard=math.log1p(-conditional) / math.log1p(-chance)))
    return tuple(scenarios)


def workout_lgd(severity: pd.DataFrame, *, rate: Numbers, years: float, cost: float) -> pd.Series[float]:
    """Loss given default when what collateral and guarantors bring takes time and costs money.

    Parameters
    ----------
    severity : pandas.DataFrame
        As `default.loss_given_default` gives it: exposure, from_collateral, from_guarantees (fen).
    rate : float or array-like, shape (n,)
        Effective rate per year, a fraction at least 0.
    years : float
        From default until the money comes, zero or more.
    cost : float
        Share of the recovery that the workout costs, 0 to 1.

    Returns
    -------
    pandas.Series
        1 - recovery × (1 - cost) / (1 + rate)^years / exposure, with the index of ``severity``; 0.0
        where the exposure is zero.

    Raises
    ------
    InvalidInput
        Missing columns, negative money, recoveries above the exposure, or an argument outside its
        range.

    Notes
    -----
    Workout loss given default: Schuermann (2004), "What do we know about loss given default?";
    discounting at the effective rate: IFRS 9, paragraph B5.5.44.

    Examples
    --------
    >>> severity = pd.DataFrame({"exposure": [121], "from_collateral": [100], "from_guarantees": [10]})
    >>> workout_lgd(severity, rate=0.1, years=2.0, cost=0.1).round(4).tolist()
    [0.3238]
    """
    required_columns(severity, ("exposure", "from_collateral", "from_guarantees"), name="severity")
    exposure = non_negative(severity["exposure"], name="severity: exposure")
    brought = non_negative(severity["from_collateral"], name="severity: from_collateral") + non_negative(
        severity["from_guarantees"], name="severity: from_guarantees"
    )
    if np.any(brought > exposure):
        row = int(np.flatnonzero(brought > exposure)[0])
        raise InvalidInput(f"severity: row {row} recovers more than its exposure; cap it first")
    interest = per_entry(non_negative(rate, name="rate"), name="rate", length=len(severity))
    term = float(non_negative(scalar(years, name="years"), name="years"))
    kept = 1.0 - scalar(cost, name="cost", low=0.0, high=1.0)
    worth = brought * kept / (1.0 + interest) ** term
    share = np.divide(worth, exposure, out=np.ones_like(worth), where=exposure > 0.0)
    return pd.Series(1.0 - share, index=severity.index, name="lgd")


def expected_credit_loss(inputs: LossInputs) -> pd.DataFrame:
    """Expected credit loss of each loan by its stage: twelve months, lifetime, or impaired.

    In each period the loss is the probability of defaulting in it, times loss given default, times
    what is then owed, discounted at the effective rate from the period's end. A period across the
    twelve months is split there. Scenarios multiply the rate of default and the severity; the
    result is their weighted mean. A loan of stage 3 has defaulted: its loss is its severity times
    its exposure.

    Parameters
    ----------
    inputs : LossInputs
        Loans, schedule, term structure, scenarios.

    Returns
    -------
    pandas.DataFrame
        In the order of the loans: loan, stage, exposure, twelve_months, lifetime, allowance
        (integer fen, rounded half up; the allowance is twelve_months in stage 1 and lifetime in
        stages 2 and 3). In stage 3 both are the impaired loss.

    Raises
    ------
    InvalidInput
        No loans, missing columns or values, a loan with two rows, a stage that is none of the
        three, a grade without terms, a schedule that is missing, does not begin at zero, has gaps
        or outlasts the terms, money or fractions outside their range, weights that do not sum to
        one.

    Notes
    -----
    IFRS 9 (IASB 2014), paragraphs 5.5.3 to 5.5.5, 5.5.17 to 5.5.19, B5.5.43 to B5.5.44.

    Examples
    --------
    >>> loans = pd.DataFrame({
    ...     "loan": [1, 2], "grade": "A", "stage": [1, 2], "exposure": 1000, "lgd": 0.5, "effective_rate": 0.0,
    ... })
    >>> schedule = pd.DataFrame({
    ...     "loan": [1, 1, 2, 2], "start": [0.0, 1.0] * 2, "end": [1.0, 2.0] * 2, "exposure": [1000, 400] * 2
    ... })
    >>> terms = pd.DataFrame({1.0: [0.1], 2.0: [0.19]}, index=["A"])
    >>> book = LossInputs(loans, schedule, terms, (EconomicScenario("only", 1.0),))
    >>> expected_credit_loss(book)[["twelve_months", "lifetime", "allowance"]]
       twelve_months  lifetime  allowance
    0             50        68         50
    1             50        68         68
    """
    loans = inputs.loans
    year, life = exact_losses(inputs)
    twelve, lifetime = whole_fen(year), whole_fen(life)
    stage = loans["stage"].to_numpy()
    return pd.DataFrame(
        {
            "loan": loans["loan"].to_numpy(),
            "stage": stage,
            "exposure": whole_numbers(loans["exposure"], name="loans: exposure"),
            "twelve_months": twelve,
            "lifetime": lifetime,
            "allowance": np.where(stage == 1, twelve, lifetime),
        }
    )


def exact_losses(inputs: LossInputs) -> tuple[FloatArray, FloatArray]:
    """Twelve-month and lifetime losses in the order of the loans, unrounded."""
    loans, schedule = inputs.loans, inputs.schedule
    exposure, severity, interest, stage = _checked(inputs)
    periods = _periods(loans, schedule, stage)
    grade = loans["grade"].iloc[periods.loan] if len(periods.loan) else loans["grade"].iloc[:0]
    year, life = np.zeros(len(loans)), np.zeros(len(loans))
    if len(periods.loan):
        begun = lifetime_default(inputs.terms, grade, periods.start)
        ended = lifetime_default(inputs.terms, grade, periods.end)
        owed = periods.exposure / (1.0 + interest[periods.loan]) ** periods.end
        within = periods.end <= TWELVE_MONTHS + _TOLERANCE
    for scenario in inputs.scenarios:
        loss_share = np.minimum(severity * scenario.severity, 1.0)
        impaired = np.where(stage == 3, loss_share * exposure, 0.0)
        if len(periods.loan):
            survived = (1.0 - begun) ** scenario.hazard - (1.0 - ended) ** scenario.hazard
            loss = survived * loss_share[periods.loan] * owed
            year += scenario.weight * np.bincount(periods.loan[within], loss[within], minlength=len(loans))
            life += scenario.weight * np.bincount(periods.loan, loss, minlength=len(loans))
        year += scenario.weight * impaired
        life += scenario.weight * impaired
    return year, life


def whole_fen(amounts: FloatArray) -> NDArray[np.int64]:
    """Amounts in whole fen, halves up."""
    return np.floor(amounts + 0.5).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Periods:
    """Periods of the loans that have not defaulted, split at twelve months; ``loan`` is a position."""

    loan: NDArray[np.intp]
    start: FloatArray
    end: FloatArray
    exposure: FloatArray


def _checked(inputs: LossInputs) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[Any]]:
    loans = inputs.loans
    required_columns(loans, ("loan", "grade", "stage", "exposure", "lgd", "effective_rate"), name="loans", empty=False)
    one_row_each(loans, "loan", name="loans")
    _weights(inputs.scenarios)
    stage = finite_array(loans["stage"], name="loans: stage")
    wrong = np.flatnonzero(~np.isin(stage, (1.0, 2.0, 3.0)))
    if len(wrong):
        raise InvalidInput(f"loans: row {wrong[0]}, stage {stage[wrong[0]]:g} is none of 1, 2, 3")
    return (
        non_negative(loans["exposure"], name="loans: exposure"),
        probabilities(loans["lgd"], name="loans: lgd"),
        non_negative(loans["effective_rate"], name="loans: effective_rate"),
        stage,
    )


def _weights(scenarios: Sequence[EconomicScenario]) -> None:
    total = math.fsum(scenario.weight for scenario in scenarios)
    if abs(total - 1.0) > 1e-9:
        raise InvalidInput(f"scenarios: {len(scenarios)} of them weigh {total}; give weights that sum to one")


def _periods(loans: pd.DataFrame, schedule: pd.DataFrame, stage: NDArray[Any]) -> _Periods:
    required_columns(schedule, ("loan", "start", "end", "exposure"), name="schedule")
    ids = pd.Index(loans["loan"])
    place = located(schedule["loan"], ids, name="schedule", among="loans", remedy="leave its rows out")
    alive = np.flatnonzero(stage < 3)
    bare = np.setdiff1d(alive, place)
    if len(bare):
        raise InvalidInput(f"schedule: loan {loans['loan'].tolist()[bare[0]]!r} has no row; run it off first")
    rows = np.flatnonzero(stage[place] < 3)
    if not len(rows):
        empty = np.empty(0)
        return _Periods(np.empty(0, dtype=np.intp), empty, empty, empty)
    kept = schedule.iloc[rows]
    start = non_negative(kept["start"], name="schedule: start")
    end = positive(kept["end"], name="schedule: end")
    owed = non_negative(kept["exposure"], name="schedule: exposure")
    order = np.lexsort((start, place[rows]))
    of, start, end, owed = place[rows][order], start[order], end[order], owed[order]
    _unbroken(of, start, end, loans)
    across = np.flatnonzero((start < TWELVE_MONTHS - _TOLERANCE) & (end > TWELVE_MONTHS + _TOLERANCE))
    later = np.full(len(across), TWELVE_MONTHS)
    ends = np.concatenate([end, end[across]])
    ends[across] = TWELVE_MONTHS
    return _Periods(
        np.concatenate([of, of[across]]),
        np.concatenate([start, later]),
        ends,
        np.concatenate([owed, owed[across]]),
    )


def _unbroken(of: NDArray[np.intp], start: FloatArray, end: FloatArray, loans: pd.DataFrame) -> None:
    """Each loan's periods begin at zero and follow on each other."""
    opens = np.concatenate([[True], of[1:] != of[:-1]])
    expected = np.where(opens, 0.0, np.concatenate([[0.0], end[:-1]]))
    wrong = np.flatnonzero((np.abs(start - expected) > _TOLERANCE) | (end <= start))
    if len(wrong):
        row = int(wrong[0])
        raise InvalidInput(
            f"schedule: loan {loans['loan'].tolist()[of[row]]!r}, period from {start[row]:g} to {end[row]:g} does not "
            f"follow on {expected[row]:g}; give periods from zero without gaps"
        )
