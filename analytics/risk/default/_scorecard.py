"""A scorecard by weight of evidence and logistic regression, and how good a scorecard is."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools.sm_exceptions import PerfectSeparationError, PerfectSeparationWarning

from analytics.errors import InvalidInput
from analytics.risk._inputs import (
    FloatArray,
    Numbers,
    finite_array,
    flags,
    positive,
    probabilities,
    scalar,
    vector,
    whole_number,
)
from analytics.risk._tables import required_columns

_FEW_CATEGORIES: Final = 50
_HOSMER_LEMESHOW_GROUPS: Final = 10
_LEAST_GROUPS: Final = 3


# BINS


@dataclass(frozen=True, slots=True)
class Binning:
    """The bins of one characteristic and the evidence in each.

    Attributes
    ----------
    name : str
        The characteristic.
    edges : tuple of float or None
        Inner edges of a numeric one: bin k holds edges[k-1] < x <= edges[k]; None for categories.
    table : pandas.DataFrame
        One row for each bin: bin (text), good, bad, bad_rate, woe, information.
    """

    name: str
    edges: tuple[float, ...] | None
    table: pd.DataFrame

    @property
    def information_value(self) -> float:
        """Σ (share of goods − share of bads) × WoE over the bins."""
        return float(self.table["information"].sum())

    def woe(self, values: pd.Series[Any]) -> FloatArray:
        """The weight of evidence of each value.

        Raises
        ------
        InvalidInput
            NaN, or a category that was not among those the bins were made of.
        """
        code = _bin_codes(values, self.edges, self.table["bin"].tolist(), self.name)
        return self.table["woe"].to_numpy(dtype=np.float64)[code]


def weight_of_evidence(
    values: pd.Series[Any],
    defaulted: Numbers,
    *,
    bins: int | Sequence[float] = 5,
    smoothing: float = 0.0,
) -> Binning:
    """Weight of evidence of a characteristic: in each bin ln of share of goods over share of bads.

    Parameters
    ----------
    values : pandas.Series, shape (n,)
        Numbers, cut into bins; or texts or categories, each its own bin.
    defaulted : array-like, shape (n,)
        1 or True where the obligor defaulted.
    bins : int or sequence of float
        Number of bins of equal frequency (fewer where values tie), or the inner edges.
    smoothing : float
        Added to the goods and the bads of each bin, so that a bin without either has a finite
        weight; 0 refuses such a bin.

    Returns
    -------
    Binning
        Bins in the order of the edges, or of the categories' names.

    Raises
    ------
    InvalidInput
        Empty, NaN, no default or nothing but defaults, edges that do not rise, more than 50
        categories, or an empty cell without smoothing.

    Notes
    -----
    Siddiqi (2006), Credit Risk Scorecards; Thomas, Edelman, Crook (2002).

    Examples
    --------
    >>> income = pd.Series([1, 2, 3, 4, 5, 6], name="income")
    >>> weight_of_evidence(income, [1, 0, 1, 0, 1, 0], bins=[3]).table[["bin", "good", "bad", "woe"]].round(3)
           bin  good  bad    woe
    0  (.., 3]     1    2 -0.693
    1  (3, ..)     2    1  0.693
    """
    bad = _outcomes(defaulted, len(values))
    extra = scalar(smoothing, name="smoothing", low=0.0)
    name = str(values.name) if values.name is not None else "values"
    edges, labels = _bins(values, bins, name)
    code = _bin_codes(values, edges, labels, name)
    bads = np.bincount(code, weights=bad, minlength=len(labels))
    goods = np.bincount(code, weights=1.0 - bad, minlength=len(labels))
    hollow = np.flatnonzero((goods + extra == 0.0) | (bads + extra == 0.0))
    if len(hollow):
        raise InvalidInput(
            f"{name}: bin {labels[hollow[0]]} has no {'bad' if goods[hollow[0]] else 'good'} obligor; "
            "merge bins or give smoothing=0.5"
        )
    good_share = (goods + extra) / (goods + extra).sum()
    bad_share = (bads + extra) / (bads + extra).sum()
    woe = np.log(good_share / bad_share)
    size = goods + bads
    table = pd.DataFrame(
        {
            "bin": labels,
            "good": goods.astype(np.int64),
            "bad": bads.astype(np.int64),
            "bad_rate": np.divide(bads, size, out=np.zeros_like(bads), where=size > 0.0),
            "woe": woe,
            "information": (good_share - bad_share) * woe,
        }
    )
    return Binning(name, edges, table)


# SCORECARD


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
    bad = _outcomes(defaulted, len(features))
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


# HOW GOOD IT IS


class Fit(NamedTuple):
    """A test statistic and the probability of one as large if the model were true."""

    statistic: float
    p_value: float


def area_under_curve(defaulted: Numbers, pd: Numbers) -> float:
    """Area under the ROC curve: chance that a bad obligor was given a higher PD than a good one.

    Parameters
    ----------
    defaulted : array-like, shape (n,)
        1 or True where the obligor defaulted.
    pd : array-like, shape (n,)
        The probability it had been given; only the order matters.

    Returns
    -------
    float
        0.5 for chance, 1 for a perfect order; ties count half. The Gini of a scorecard (accuracy
        ratio) is twice this less one.

    Raises
    ------
    InvalidInput
        NaN, a PD outside [0, 1], lengths that differ, no default or nothing but defaults.

    Notes
    -----
    Hanley, McNeil (1982), Radiology 143; Engelmann, Hayden, Tasche (2003).

    Examples
    --------
    >>> area_under_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    bad, chance = _judged(defaulted, pd)
    worse, better = chance[bad == 1.0], chance[bad == 0.0]
    return float(stats.mannwhitneyu(worse, better).statistic / (len(worse) * len(better)))


def kolmogorov_smirnov(defaulted: Numbers, pd: Numbers) -> float:
    """Greatest distance between the score distributions of goods and bads.

    Parameters
    ----------
    defaulted, pd : array-like, shape (n,)
        As `area_under_curve` takes them.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    InvalidInput
        As `area_under_curve`.

    Notes
    -----
    Thomas, Edelman, Crook (2002), Credit Scoring and Its Applications.

    Examples
    --------
    >>> kolmogorov_smirnov([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.5
    """
    bad, chance = _judged(defaulted, pd)
    return float(stats.ks_2samp(chance[bad == 1.0], chance[bad == 0.0]).statistic)


def brier(defaulted: Numbers, pd: Numbers) -> float:
    """Mean square of what was predicted less what happened.

    Parameters
    ----------
    defaulted, pd : array-like, shape (n,)
        As `area_under_curve` takes them; one class alone is allowed.

    Returns
    -------
    float
        0 for certainty that was right, 1 for certainty that was wrong.

    Raises
    ------
    InvalidInput
        NaN, a PD outside [0, 1], lengths that differ, or outcomes other than 0 and 1.

    Notes
    -----
    Brier (1950), Monthly Weather Review 78.

    Examples
    --------
    >>> brier([0, 1], [0.5, 0.5])
    0.25
    """
    bad, chance = _judged(defaulted, pd, both=False)
    return float(((chance - bad) ** 2).mean())


def hosmer_lemeshow(
    defaulted: Numbers, pd: Numbers, *, groups: int = _HOSMER_LEMESHOW_GROUPS, fitted: bool = True
) -> Fit:
    """Hosmer-Lemeshow test that predicted and observed defaults agree over groups of rising PD.

    Parameters
    ----------
    defaulted, pd : array-like, shape (n,)
        As `area_under_curve` takes them.
    groups : int
        Groups of equal size, at least three; equal PDs stay together, so there may be fewer.
    fitted : bool
        True where the PDs were fitted to these very obligors, which costs two degrees of freedom;
        False for PDs that come from elsewhere.

    Returns
    -------
    Fit
        statistic (about chi-squared with as many degrees of freedom as groups, less two where
        fitted) and p_value. An infinite statistic where a group was certain and wrong.

    Raises
    ------
    InvalidInput
        As `brier`, and where fewer than three groups come about.

    Notes
    -----
    Hosmer, Lemeshow (1980), Communications in Statistics 9.

    Examples
    --------
    >>> pd_ = [0.1] * 10 + [0.2] * 10 + [0.5] * 10
    >>> bad = [1] + [0] * 9 + [1] * 2 + [0] * 8 + [1] * 5 + [0] * 5
    >>> round(hosmer_lemeshow(bad, pd_, groups=3).p_value, 6)
    1.0
    """
    bad, chance = _judged(defaulted, pd, both=False)
    cuts = np.unique(np.quantile(chance, np.linspace(0.0, 1.0, groups + 1)[1:-1], method="inverted_cdf"))
    code = np.unique(np.searchsorted(cuts, chance), return_inverse=True)[1]
    size = np.bincount(code).astype(np.float64)
    if len(size) < _LEAST_GROUPS:
        raise InvalidInput(f"groups: {len(size)} come about and three are needed; give more groups or more PDs")
    expected = np.bincount(code, weights=chance)
    gap = np.bincount(code, weights=bad) - expected
    variance = expected * (1.0 - expected / size)
    certain = variance == 0.0
    if (gap[certain] != 0.0).any():
        return Fit(math.inf, 0.0)
    statistic = float((gap[~certain] ** 2 / variance[~certain]).sum())
    return Fit(statistic, float(stats.chi2.sf(statistic, len(size) - 2 * fitted)))


def population_stability(
    expected: Numbers, actual: Numbers, *, bins: int | Sequence[float] = 10, smoothing: float = 0.0
) -> float:
    """Population stability index: how far today's scores have moved from those the card was made on.

    Parameters
    ----------
    expected, actual : array-like
        Scores then and now.
    bins : int or sequence of float
        Bins of equal frequency among ``expected``, or the inner edges.
    smoothing : float
        Added to the number in each bin; 0 refuses a bin that is empty on one side only.

    Returns
    -------
    float
        Σ (a − e) ln(a / e), 0 where nothing moved; by custom above 0.25 is a shift.

    Raises
    ------
    InvalidInput
        Empty, NaN, edges that do not rise, negative smoothing, or a bin empty on one side without smoothing.

    Notes
    -----
    Siddiqi (2006), Credit Risk Scorecards; a symmetrised Kullback-Leibler divergence.

    Examples
    --------
    >>> round(population_stability([1, 1, 2, 2], [1, 2, 2, 2], bins=[1.5]), 6)
    0.274653
    """
    then = pd.Series(vector(finite_array(expected, name="expected"), name="expected"), name="expected")
    now = pd.Series(vector(finite_array(actual, name="actual"), name="actual"), name="actual")
    extra = scalar(smoothing, name="smoothing", low=0.0)
    edges, labels = _bins(then, bins, "expected")
    counts = [
        np.bincount(_bin_codes(scores, edges, labels, "scores"), minlength=len(labels)) + extra
        for scores in (then, now)
    ]
    lone = np.flatnonzero((counts[0] == 0.0) != (counts[1] == 0.0))
    if len(lone):
        raise InvalidInput(f"bins: {labels[lone[0]]} is empty on one side; merge bins or give smoothing=0.5")
    e, a = (count[counts[0] > 0.0] / count.sum() for count in counts)
    return float(((a - e) * np.log(a / e)).sum())


def _outcomes(defaulted: Numbers, length: int, *, both: bool = True) -> FloatArray:
    bad = flags(defaulted, name="defaulted", length=length).astype(np.float64)
    if both and bad.min() == bad.max():
        what = "nobody" if bad[0] == 0.0 else "everybody"
        raise InvalidInput(f"defaulted: {what} did; both outcomes are needed")
    return bad


def _judged(defaulted: Numbers, chance: Numbers, *, both: bool = True) -> tuple[FloatArray, FloatArray]:
    given = vector(probabilities(chance, name="pd"), name="pd")
    return _outcomes(defaulted, len(given), both=both), given


def _bins(values: pd.Series[Any], bins: int | Sequence[float], name: str) -> tuple[tuple[float, ...] | None, list[str]]:
    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        if values.isna().any():
            raise InvalidInput(f"{name}: row {int(np.flatnonzero(values.isna())[0])} is missing; name it a category")
        labels = sorted({str(v) for v in values.tolist()})
        if not labels:
            raise InvalidInput(f"{name}: empty; give at least one obligor")
        if len(labels) > _FEW_CATEGORIES:
            raise InvalidInput(f"{name}: {len(labels)} categories, at most {_FEW_CATEGORIES}; group them")
        return None, labels
    numbers = vector(finite_array(values, name=name), name=name)
    if isinstance(bins, int):
        steps = np.linspace(0.0, 1.0, whole_number(bins, name="bins", least=1) + 1)[1:-1]
        cuts = np.quantile(numbers, steps, method="inverted_cdf")
        edges = np.unique(cuts[cuts < numbers.max()])
    else:
        edges = finite_array(np.asarray(bins, dtype=np.float64), name="bins") if len(bins) else np.empty(0)
        if (np.diff(edges) <= 0.0).any():
            raise InvalidInput("bins: edges do not rise; sort them and drop repeats")
    marks = [f"{edge:g}" for edge in edges]
    labels = [f"({a}, {b}]" for a, b in zip(["..", *marks], marks, strict=False)]
    return tuple(edges.tolist()), [*labels, f"({marks[-1] if marks else '..'}, ..)"]


def _bin_codes(
    values: pd.Series[Any], edges: tuple[float, ...] | None, labels: list[str], name: str
) -> NDArray[np.intp]:
    if edges is not None:
        return np.searchsorted(np.asarray(edges), finite_array(values, name=name))
    code = pd.Index(labels).get_indexer(pd.Index(values.map(str)))
    unknown = np.flatnonzero(code < 0)
    if len(unknown):
        found = values.tolist()[int(unknown[0])]
        raise InvalidInput(f"{name}: row {unknown[0]}, {found!r} is in no bin; give one of {', '.join(labels)}")
    return code


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
