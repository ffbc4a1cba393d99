"""The one-factor model behind the risk weights: a large homogeneous portfolio."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from analytics.errors import InvalidInput
from analytics.risk._numbers import Numbers, finite_array, probabilities
from analytics.risk._shapes import FloatArray, broadcast, common_index, shaped


def worst_case_default_rate(pd: Numbers, rho: Numbers, q: Numbers) -> Any:
    """Default rate of a large homogeneous portfolio that is exceeded with probability 1 - q.

    Parameters
    ----------
    pd : array-like
        Probability of default, a fraction; 0 and 1 give themselves.
    rho : array-like
        Asset correlation, at least 0 and below 1; 0 gives the PD itself.
    q : array-like
        Confidence level, inside (0, 1).

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        Φ((Φ⁻¹(pd) + √rho Φ⁻¹(q)) / √(1 - rho)).

    Raises
    ------
    InvalidInput
        NaN, or an argument outside its range.

    References
    ----------
    Vasicek (1987), "Probability of loss on loan portfolio"; Hull, Risk Management and Financial
    Institutions, chapter on credit value at risk.

    Examples
    --------
    >>> round(worst_case_default_rate(0.02, 0.1, 0.999), 3)
    0.128
    """
    index = common_index(pd=pd, rho=rho, q=q)
    default, correlation, level = _one_factor(pd, rho, q, name="q")
    return shaped(_conditional(default, correlation, level), index)


def vasicek_percentile(pd: Numbers, rho: Numbers, alpha: Numbers) -> Any:
    """Percentile of the large homogeneous portfolio's loss, in standard deviations above its mean.

    Parameters
    ----------
    pd : array-like
        Probability of default, inside (0, 1).
    rho : array-like
        Asset correlation, at least 0 and below 1.
    alpha : array-like
        Percentile as a fraction, inside (0, 1).

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        (worst-case default rate - pd) / standard deviation. At rho 0 the deviation vanishes and
        the limit is the normal percentile Φ⁻¹(alpha).

    Raises
    ------
    InvalidInput
        NaN, or an argument outside its range; a PD of 0 or 1, whose loss has no deviation.

    References
    ----------
    Vasicek (2002), "Loan portfolio value", Risk 15(12), table 1. The variance is
    Φ₂(c, c; rho) - pd², by Plackett's integral (1954) of the bivariate normal density.

    Examples
    --------
    >>> round(vasicek_percentile(0.01, 0.1, 0.999), 1)
    7.0
    """
    index = common_index(pd=pd, rho=rho, alpha=alpha)
    default, correlation, level = _one_factor(pd, rho, alpha, name="alpha")
    if ((default == 0.0) | (default == 1.0)).any():
        raise InvalidInput("pd: 0 or 1 leaves the loss without deviation; give it inside (0, 1)")
    deviation = np.sqrt(_default_variance(default, correlation))
    excess = _conditional(default, correlation, level) - default
    with np.errstate(invalid="ignore", divide="ignore"):
        percentile = np.where(correlation == 0.0, special.ndtri(level), excess / deviation)
    return shaped(percentile, index)


def _one_factor(pd: Numbers, rho: Numbers, level: Numbers, *, name: str) -> tuple[FloatArray, ...]:
    correlation = finite_array(rho, name="rho")
    if correlation.min() < 0.0 or correlation.max() >= 1.0:
        raise InvalidInput("rho: outside [0, 1); give an asset correlation such as 0.12")
    return broadcast(pd=probabilities(pd, name="pd"), rho=correlation, **{name: levels(level, name=name)})


def levels(level: Numbers, *, name: str) -> FloatArray:
    """Confidence levels inside (0, 1)."""
    confidence = finite_array(level, name=name)
    if confidence.min() <= 0.0 or confidence.max() >= 1.0:
        raise InvalidInput(f"{name}: outside (0, 1); give a fraction such as 0.999")
    return confidence


def _conditional(default: FloatArray, correlation: FloatArray, level: FloatArray) -> FloatArray:
    shifted = special.ndtri(default) + np.sqrt(correlation) * special.ndtri(level)
    rate = np.asarray(special.ndtr(shifted / np.sqrt(1.0 - correlation)))
    return np.where(correlation == 0.0, default, rate)


def _default_variance(default: FloatArray, correlation: FloatArray) -> FloatArray:
    """Φ₂(c, c; rho) - pd² as an integral of a positive density: exact to rounding, however small rho."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    half = np.arcsin(correlation) / 2.0
    angle = half[..., None] * (nodes + 1.0)
    threshold = special.ndtri(default)[..., None]
    density = np.exp(-np.square(threshold) / (1.0 + np.sin(angle)))
    return np.asarray(half * (density @ weights) / (2.0 * math.pi))
