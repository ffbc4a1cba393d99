"""CreditRisk+: the loss distribution of a portfolio whose default rates follow gamma distributed sectors."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numba
import numpy as np
import pandas as pd

from analytics.errors import InvalidInput
from analytics.risk._numbers import (
    Numbers,
    exposures_array,
    non_negative,
    open_probability,
    probabilities,
    whole_number,
)
from analytics.risk._shapes import FloatArray, common_index, per_entry, shaped

# The distribution is cut where Chernoff's bound leaves less than this beyond.
TAIL: Final = 1e-12


@dataclass(frozen=True, slots=True)
class LossDistribution:
    """A portfolio's loss over the horizon, in steps of one loss unit.

    Attributes
    ----------
    unit : float
        The loss unit, in the currency of the exposures.
    probability : numpy.ndarray, shape (m,)
        Probability of a loss of 0, 1, 2, … units; what lies beyond is less than 1e-12.
    expected_loss : float
        Σ exposure × pd, which banding preserves.
    standard_deviation : float
        Of the loss, in closed form.

    References
    ----------
    Credit Suisse First Boston (1997), CreditRisk+: A credit risk management framework, appendix A.
    """

    unit: float
    probability: FloatArray
    expected_loss: float
    standard_deviation: float
    _expected: FloatArray = field(repr=False)
    _deviation: FloatArray = field(repr=False)
    _index: pd.Index[Any] | None = field(repr=False)

    def value_at_risk(self, q: float) -> float:
        """Loss that is exceeded with probability 1 - q.

        Parameters
        ----------
        q : float
            Confidence level, inside (0, 1).

        Returns
        -------
        float
            Currency; the cumulative distribution is interpolated between units, and the answer is
            0 where a loss of nothing is at least as probable as q.

        Raises
        ------
        InvalidInput
            q outside (0, 1), or so near 1 that the cut distribution does not reach it.

        References
        ----------
        CSFB (1997), the spreadsheet's percentiles.

        Examples
        --------
        >>> book = creditrisk_plus([100, 100], [0.1, 0.1], [0.05, 0.05])
        >>> round(book.value_at_risk(0.99), 1)
        199.6
        """
        level = open_probability(q, name="q")
        cumulative = np.cumsum(self.probability)
        at = self._reach(cumulative, level)
        if at == 0:
            return 0.0
        below = float(cumulative[at - 1])
        return self.unit * (at - 1 + (level - below) / float(cumulative[at] - below))

    def expected_shortfall(self, q: float) -> float:
        """Mean loss of the worst 1 - q of outcomes.

        Parameters
        ----------
        q : float
            Confidence level, inside (0, 1).

        Returns
        -------
        float
            Currency. The outcome at the quantile counts with the part of its probability that
            lies beyond q, so that exactly 1 - q is averaged; never below `value_at_risk`.

        Raises
        ------
        InvalidInput
            As `value_at_risk`.

        References
        ----------
        Acerbi and Tasche (2002), "On the coherence of expected shortfall", definition 2.6.

        Examples
        --------
        >>> book = creditrisk_plus([100, 100], [0.1, 0.1], [0.05, 0.05])
        >>> round(book.expected_shortfall(0.99), 1)
        221.1
        """
        level = open_probability(q, name="q")
        cumulative = np.cumsum(self.probability)
        at = self._reach(cumulative, level)
        units = np.arange(at + 1, len(self.probability), dtype=np.float64)
        beyond = float((units * self.probability[at + 1 :]).sum())
        return self.unit * (beyond + at * (float(cumulative[at]) - level)) / (1.0 - level)

    def risk_contributions(self, q: float) -> Any:
        """What each obligor adds to the value at risk.

        Parameters
        ----------
        q : float
            Confidence level, inside (0, 1).

        Returns
        -------
        numpy.ndarray or pandas.Series, shape (n,)
            Currency, labelled as the exposures were. Expected loss plus the obligor's part of the
            standard deviation, scaled so that the sum is `value_at_risk`. Where nothing is
            uncertain, the expected losses.

        Raises
        ------
        InvalidInput
            As `value_at_risk`.

        References
        ----------
        CSFB (1997), section A13: contributions to the standard deviation and to a percentile.

        Examples
        --------
        >>> book = creditrisk_plus([100, 200], [0.1, 0.1], [0.05, 0.05])
        >>> parts = book.risk_contributions(0.99)
        >>> bool(abs(parts.sum() - book.value_at_risk(0.99)) < 1e-9)
        True
        """
        if self.standard_deviation == 0.0:
            open_probability(q, name="q")
            return shaped(self._expected, self._index)
        multiple = (self.value_at_risk(q) - self.expected_loss) / self.standard_deviation
        return shaped(self._expected + multiple * self._deviation, self._index)

    def _reach(self, cumulative: FloatArray, level: float) -> int:
        at = int(np.searchsorted(cumulative, level))
        if at == len(cumulative):
            raise InvalidInput(f"q: {level} lies beyond the computed distribution; take q up to {1.0 - 1e-9}")
        return at


def creditrisk_plus(
    exposures: Numbers,
    pd: Numbers,
    pd_sd: Numbers,
    sector_weights: Numbers | None = None,
    *,
    bands: int = 100,
) -> LossDistribution:
    """Loss distribution of a portfolio under CreditRisk+.

    Parameters
    ----------
    exposures : array-like, shape (n,)
        What is lost when each obligor defaults (net of recovery), in a currency unit that is small
        beside them.
    pd : array-like, shape (n,) or scalar
        Mean default probability over the horizon.
    pd_sd : array-like, shape (n,) or scalar
        Standard deviation of the default probability, zero or more.
    sector_weights : array-like, shape (n, k), optional
        Part of each obligor's default probability that each sector drives; rows sum to one. None:
        one sector drives all.
    bands : int
        Loss units in the largest exposure.

    Returns
    -------
    LossDistribution
        The loss unit is ceil(largest exposure / bands); an exposure counts as ceil(exposure / unit)
        units, and its default rate is lowered in proportion, which preserves its expected loss. A
        sector's factor is gamma distributed with mean 1 and deviation Σ w pd_sd / Σ w pd; where
        that is zero, defaults are Poisson. Without any default probability the loss is 0.

    Raises
    ------
    InvalidInput
        Bad exposures, PD or deviations; weights of another shape, negative, or whose rows do not
        sum to one; bands below 1.

    References
    ----------
    CSFB (1997), CreditRisk+, appendix A. The recursions follow Haaf, Reiß and Schoenmakers (2003),
    "Numerically stable computation of CreditRisk+": every term is positive, nothing cancels.

    Examples
    --------
    >>> book = creditrisk_plus([5000, 9000, 20000], [0.05, 0.02, 0.01], [0.025, 0.01, 0.005])
    >>> book.expected_loss, book.unit
    (630.0, 200.0)
    """
    amounts = exposures_array(exposures)
    index = common_index(exposures=exposures, pd=pd, pd_sd=pd_sd)
    default = per_entry(probabilities(pd, name="pd"), name="pd", length=len(amounts))
    deviation = per_entry(non_negative(pd_sd, name="pd_sd"), name="pd_sd", length=len(amounts))
    weights = _weights(sector_weights, len(amounts))
    unit = float(math.ceil(float(amounts.max()) / whole_number(bands, name="bands", least=1)))
    units = np.ceil(amounts / unit).astype(np.int64)
    expected = amounts * default
    variance = _sector_variance(default, deviation, weights)
    sector_loss = (weights * expected[:, None]).sum(axis=0)
    # Cov(loss of one, whole loss): own Poisson part, then the part that moves with each sector.
    covariance = expected * (unit * units + (weights * (variance * sector_loss)).sum(axis=1))
    spread = math.sqrt(float(covariance.sum()))
    rates = np.zeros_like(default)
    held = units > 0
    rates[held] = expected[held] / (unit * units[held])
    severity = [np.bincount(units, weights=rates * weights[:, k]) for k in range(weights.shape[1])]
    return LossDistribution(
        unit=unit,
        probability=_distribution(np.array(severity), variance),
        expected_loss=float(expected.sum()),
        standard_deviation=spread,
        _expected=expected,
        _deviation=covariance / spread if spread > 0.0 else np.zeros_like(expected),
        _index=index,
    )


def _weights(sector_weights: Numbers | None, count: int) -> FloatArray:
    if sector_weights is None:
        return np.ones((count, 1))
    weights = non_negative(sector_weights, name="sector_weights")
    if weights.ndim != 2 or len(weights) != count:
        raise InvalidInput(f"sector_weights: shape {weights.shape}; give one row for each of {count} exposures")
    wrong = np.abs(weights.sum(axis=1) - 1.0) > 1e-9
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InvalidInput(f"sector_weights: row {row} sums to {weights[row].sum()}; give parts that sum to one")
    return weights


def _sector_variance(default: FloatArray, deviation: FloatArray, weights: FloatArray) -> FloatArray:
    mean = (weights * default[:, None]).sum(axis=0)
    spread = (weights * deviation[:, None]).sum(axis=0)
    ratio = np.divide(spread, mean, out=np.zeros_like(mean), where=mean > 0.0)
    return np.asarray(np.square(ratio))


def _distribution(severity: FloatArray, variance: FloatArray) -> FloatArray:
    """Coefficients of Π_k (1 - v_k (Q_k(z) - Q_k(1)))^(-1 / v_k), Q_k having the rates of sector k by units."""
    used = severity.sum(axis=1) > 0.0
    severity, variance = severity[used], variance[used]
    if not len(severity):
        return np.ones(1)
    mean = severity.sum(axis=1)
    size = _cut(severity, variance)
    divisor = np.where(variance > 0.0, variance, 1.0)
    zero = -float(np.where(variance > 0.0, np.log1p(variance * mean) / divisor, mean).sum())
    scale = 1.0 / (1.0 + variance * mean)
    if len(severity) == 1:
        probability, exponent = _negative_binomial(severity[0], float(scale[0]), float(variance[0]), size)
    else:
        logarithm = np.zeros(size)
        for sector, share, spread in zip(severity, scale, variance, strict=True):
            logarithm += _logarithm(sector, float(share), float(spread), size)
        probability, exponent = _exponential(logarithm)
    return np.asarray(probability * math.exp(zero + exponent))


def _cut(severity: FloatArray, variance: FloatArray) -> int:
    """The number of units beyond which Chernoff's bound G(s) / s^n leaves less than the tail, over a grid of s > 1."""
    units = np.arange(severity.shape[1], dtype=np.float64)
    best = math.inf
    for step in np.geomspace(1e-7, 20.0, 600) / max(float(units[-1]), 1.0):
        growth = np.expm1(step * units)
        excess = (severity * growth).sum(axis=1)
        inside = 1.0 - variance * excess
        if (inside <= 0.0).any():
            break
        # Poisson sectors take the limit of -ln(1 - v x) / v, which is x.
        logs = np.where(variance > 0.0, -np.log(inside) / np.where(variance > 0.0, variance, 1.0), excess)
        best = min(best, (float(logs.sum()) - math.log(TAIL)) / step)
    return math.ceil(best) + 1


_RESCALE: Final = 1e200


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _negative_binomial(severity, scale, variance, size):  # type: ignore[no-untyped-def]
    """Coefficients of (1 - p Q)^(-1/v) with p = v · scale; Panjer's recursion, all terms positive."""
    out = np.zeros(size)
    out[0] = 1.0
    exponent = 0.0
    top = severity.size - 1
    for n in range(1, size):
        total = 0.0
        for j in range(1, min(n, top) + 1):
            total += severity[j] * (variance * (n - j) + j) * out[n - j]
        out[n] = total * scale / n
        if out[n] > _RESCALE:
            out[: n + 1] /= _RESCALE
            exponent += math.log(_RESCALE)
    return out, exponent


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _logarithm(severity, scale, variance, size):  # type: ignore[no-untyped-def]
    """Coefficients of -ln(1 - p Q) / v with p = v · scale; of Q itself where v is zero."""
    out = np.zeros(size)
    top = severity.size - 1
    for n in range(1, size):
        total = n * severity[n] if n <= top else 0.0
        for j in range(1, min(n - 1, top) + 1):
            total += variance * severity[j] * (n - j) * out[n - j]
        out[n] = total * scale / n
    return out


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _exponential(series):  # type: ignore[no-untyped-def]
    """Coefficients of the exponential of a series without constant, up to a factor exp(exponent)."""
    size = series.size
    weighted = series * np.arange(size)
    out = np.zeros(size)
    out[0] = 1.0
    exponent = 0.0
    for n in range(1, size):
        total = 0.0
        for j in range(1, n + 1):
            total += weighted[j] * out[n - j]
        out[n] = total / n
        if out[n] > _RESCALE:
            out[: n + 1] /= _RESCALE
            exponent += math.log(_RESCALE)
    return out, exponent
