"""How good a scorecard is: whether it ranks, whether its probabilities are right, whether its scores have moved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from analytics.errors import InvalidInput
from analytics.risk._numbers import Numbers, finite_array, probabilities, scalar
from analytics.risk._shapes import FloatArray, vector
from analytics.risk.default._binning import bin_codes, bins_of, outcomes

_HOSMER_LEMESHOW_GROUPS: Final = 10
_LEAST_GROUPS: Final = 3


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
    edges, labels = bins_of(then, bins, "expected")
    counts = [
        np.bincount(bin_codes(scores, edges, labels, "scores"), minlength=len(labels)) + extra for scores in (then, now)
    ]
    lone = np.flatnonzero((counts[0] == 0.0) != (counts[1] == 0.0))
    if len(lone):
        raise InvalidInput(f"bins: {labels[lone[0]]} is empty on one side; merge bins or give smoothing=0.5")
    e, a = (count[counts[0] > 0.0] / count.sum() for count in counts)
    return float(((a - e) * np.log(a / e)).sum())


def _judged(defaulted: Numbers, chance: Numbers, *, both: bool = True) -> tuple[FloatArray, FloatArray]:
    given = vector(probabilities(chance, name="pd"), name="pd")
    return outcomes(defaulted, len(given), both=both), given
