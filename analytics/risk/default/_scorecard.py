"""A scorecard by weight of evidence and logistic regression."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools.sm_exceptions import PerfectSeparationError, PerfectSeparationWarning

from analytics.errors import InvalidInput
from analytics.risk._numbers import Numbers, positive
from analytics.risk._shapes import FloatArray
from analytics.risk._tables import required_columns
from analytics.risk.default._binning import Binning, outcomes, weight_of_evidence


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Characteristics turned into weights of evidence, weighed by a logistic regression.

    Attributes
    ----------
    binnings : tuple of Binning
        One for each characteristic.
    intercept : float
        Log-odds of default at average evidence.
    coefficients : pandas.DataFrame
        One row for each characteristic: characteristic, coefficient (of the log-odds of default
        on WoE, below zero where the evidence holds), standard_error, p_value,
        information_value.
    base_points, base_odds, points_to_double : float
        The scale: ``base_points`` at odds of ``base_odds`` good to one bad, and
        ``points_to_double`` more for twice the odds.
    """

    binnings: tuple[Binning, ...]
    intercept: float
    coefficients: pd.DataFrame
    base_points: float
    base_odds: float
    points_to_double: float

    def probability(self, features: pd.DataFrame) -> pd.Series[float]:
        """Probability of default of each row, with the rows' labels."""
        odds = self._log_odds(features)
        return pd.Series(1.0 / (1.0 + np.exp(-odds)), index=features.index, name="probability")

    def points(self, features: pd.DataFrame) -> pd.Series[float]:
        """Score of each row on the card's scale, higher for the better."""
        factor = self.points_to_double / math.log(2.0)
        score = self.base_points - factor * (math.log(self.base_odds) + self._log_odds(features))
        return pd.Series(score, index=features.index, name="points")

    def card(self) -> pd.DataFrame:
        """Points of every bin; what a row's bins add up to is its score.

        Returns
        -------
        pandas.DataFrame
            Columns characteristic, bin, points; the intercept is shared out equally.
        """
        factor = self.points_to_double / math.log(2.0)
        base = self.base_points - factor * (math.log(self.base_odds) + self.intercept)
        parts = []
        for binning, beta in zip(self.binnings, self.coefficients["coefficient"], strict=True):
            points = base / len(self.binnings) - factor * beta * binning.table["woe"]
            parts.append(pd.DataFrame({"characteristic": binning.name, "bin": binning.table["bin"], "points": points}))
        return pd.concat(parts, ignore_index=True)

    def _log_odds(self, features: pd.DataFrame) -> FloatArray:
        required_columns(features, [b.name for b in self.binnings], name="features")
        total = np.full(len(features), self.intercept)
        for binning, beta in zip(self.binnings, self.coefficients["coefficient"], strict=True):
            total += beta * binning.woe(features[binning.name])
        return total


def scorecard(
    features: pd.DataFrame,
    defaulted: Numbers,
    *,
    bins: int | Mapping[str, int | Sequence[float]] = 5,
    smoothing: float = 0.5,
    base_points: float = 600.0,
    base_odds: float = 50.0,
    points_to_double: float = 20.0,
) -> Scorecard:
    """A scorecard: each characteristic as weight of evidence, weighed by logistic regression.

    Parameters
    ----------
    features : pandas.DataFrame, shape (n, k)
        One column for each characteristic, numbers or categories.
    defaulted : array-like, shape (n,)
        1 or True where the obligor defaulted within the year.
    bins : int or mapping
        As `weight_of_evidence` takes it, for all or by column (5 where a column is not named).
    smoothing : float
        As `weight_of_evidence` takes it.
    base_points, base_odds, points_to_double : float
        The scale of the points, all above zero.

    Returns
    -------
    Scorecard
        Fitted by maximum likelihood (statsmodels).

    Raises
    ------
    InvalidInput
        As `weight_of_evidence`; no columns; a characteristic that has one bin or separates goods
        from bads entirely, or repeats another, so that the likelihood has no single maximum.

    Notes
    -----
    Siddiqi (2006), Credit Risk Scorecards.

    Examples
    --------
    >>> features = pd.DataFrame({"grade": ["A"] * 50 + ["B"] * 50})
    >>> card = scorecard(features, [1] * 5 + [0] * 45 + [1] * 15 + [0] * 35, smoothing=0.0)
    >>> card.probability(features.iloc[[0, 99]]).round(6).tolist()
    [0.1, 0.3]
    """
    if features.shape[1] == 0:
        raise InvalidInput("features: no columns; give at least one characteristic")
    if not features.columns.is_unique:
        raise InvalidInput("features: two columns have one name; rename one")
    for name, number in (("base_odds", base_odds), ("points_to_double", points_to_double)):
        positive(number, name=name)
    bad = outcomes(defaulted, len(features))
    binnings = []
    for column in features.columns:
        cut = bins.get(str(column), 5) if isinstance(bins, Mapping) else bins
        binning = weight_of_evidence(features[column].rename(str(column)), bad, bins=cut, smoothing=smoothing)
        if len(binning.table) == 1:
            raise InvalidInput(f"features: {column} has one bin and tells nothing; leave it out")
        binnings.append(binning)
    evidence = np.column_stack([b.woe(features[c]) for b, c in zip(binnings, features.columns, strict=True)])
    if np.linalg.matrix_rank(evidence - evidence.mean(axis=0)) < evidence.shape[1]:
        raise InvalidInput("features: one characteristic follows from the others; leave one out")
    fit = _logit(bad, evidence)
    coefficients = pd.DataFrame(
        {
            "characteristic": [b.name for b in binnings],
            "coefficient": fit.params[1:],
            "standard_error": fit.bse[1:],
            "p_value": fit.pvalues[1:],
            "information_value": [b.information_value for b in binnings],
        }
    )
    return Scorecard(tuple(binnings), float(fit.params[0]), coefficients, base_points, base_odds, points_to_double)


def _logit(bad: FloatArray, evidence: FloatArray) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error", PerfectSeparationWarning)
        try:
            fit = Logit(bad, np.column_stack([np.ones(len(bad)), evidence])).fit(disp=False, maxiter=200)
        except (PerfectSeparationError, PerfectSeparationWarning) as error:
            raise InvalidInput(
                "features: they tell goods from bads without fail, so odds have no bound; merge bins"
            ) from error
        except np.linalg.LinAlgError as error:
            raise InvalidInput("features: one characteristic follows from the others; leave one out") from error
    if not fit.mle_retvals["converged"]:
        raise InvalidInput("features: the likelihood has no maximum at finite odds; merge bins or drop a column")
    return fit
