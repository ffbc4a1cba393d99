"""What simulated losses tell: quantiles, shortfall, their errors, and who contributes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.errors import InvalidInput
from analytics.risk._numbers import open_probability
from analytics.risk._shapes import FloatArray
from analytics.risk.portfolio._loans import Cells, Loans, ratio, sum_by


@dataclass(frozen=True, slots=True)
class SimulatedLosses:
    """Losses of a portfolio in simulated scenarios.

    Attributes
    ----------
    losses : numpy.ndarray, shape (scenarios,)
        Currency of the exposures.
    expected_loss : float
        Σ exposure × pd × lgd, exact rather than simulated.

    References
    ----------
    The model is that of CreditMetrics (Gupton, Finger and Bhatia 1997, chapter 8) reduced to
    default. The error bounds rest on Goldstein (2010), "Bounds on the constant in the mean central
    limit theorem".
    """

    losses: FloatArray
    expected_loss: float
    _noise: FloatArray = field(repr=False)
    _moments: FloatArray = field(repr=False)
    _factors: FloatArray = field(repr=False)
    _defaults: NDArray[np.uint8] = field(repr=False)
    _cells: Cells = field(repr=False)
    _loans: Loans = field(repr=False)
    _labels: pd.Index[Any] = field(repr=False)
    _expected: FloatArray = field(repr=False)

    @property
    def standard_deviation(self) -> float:
        """Of the simulated losses."""
        return float(self.losses.std(ddof=1))

    def value_at_risk(self, q: float) -> float:
        """Loss that is exceeded with probability at most 1 - q.

        Parameters
        ----------
        q : float
            Confidence level, inside (0, 1).

        Returns
        -------
        float
            The smallest simulated loss that at least the fraction q of scenarios do not exceed.

        Raises
        ------
        InvalidInput
            q outside (0, 1), or not one scenario beyond it.

        Examples
        --------
        >>> from analytics.risk.portfolio import simulate_losses
        >>> run = simulate_losses([1.0] * 50, 0.02, 0.5, [0] * 50, [[0.2]], scenarios=4000, seed=1)
        >>> run.value_at_risk(0.5) <= run.value_at_risk(0.99)
        True
        """
        return float(np.sort(self.losses)[self._rank(q) - 1])

    def value_at_risk_error(self, q: float) -> float:
        """Standard error of the value at risk.

        Parameters
        ----------
        q : float
            Confidence level, inside (0, 1).

        Returns
        -------
        float
            Half the distance between the order statistics one binomial deviation to either side.

        Raises
        ------
        InvalidInput
            As `value_at_risk`.

        References
        ----------
        David and Nagaraja (2003), Order Statistics, section 7.1.

        Examples
        --------
        >>> from analytics.risk.portfolio import simulate_losses
        >>> run = simulate_losses([1.0] * 50, 0.02, 0.5, [0] * 50, [[0.2]], scenarios=4000, seed=1)
        >>> run.value_at_risk_error(0.99) >= 0.0
        True
        """
        low, high = self._window(q)
        ordered = np.sort(self.losses)
        return float(ordered[high] - ordered[low]) / 2.0

    def expected_shortfall(self, q: float) -> float:
        """Mean loss of the worst 1 - q of scenarios.

        Parameters
        ----------
        q : float
            Confidence level, inside (0, 1).

        Returns
        -------
        float
            Exactly the fraction 1 - q is averaged: the scenario at the quantile counts in part.

        Raises
        ------
        InvalidInput
            As `value_at_risk`.

        References
        ----------
        Acerbi and Tasche (2002), "On the coherence of expected shortfall".

        Examples
        --------
        >>> from analytics.risk.portfolio import simulate_losses
        >>> run = simulate_losses([1.0] * 50, 0.02, 0.5, [0] * 50, [[0.2]], scenarios=4000, seed=1)
        >>> run.expected_shortfall(0.99) >= run.value_at_risk(0.99)
        True
        """
        at, weight = self._tail(q)
        return float((self.losses[at] * weight).sum())

    def expected_shortfall_error(self, q: float) -> float:
        """Standard error of the expected shortfall.

        Parameters
        ----------
        q : float
            Confidence level, inside (0, 1).

        Returns
        -------
        float
            Deviation of the excess over the value at risk, over (1 - q) √scenarios.

        Raises
        ------
        InvalidInput
            As `value_at_risk`.

        References
        ----------
        Glasserman (2004), Monte Carlo Methods in Financial Engineering, section 9.1.

        Examples
        --------
        >>> from analytics.risk.portfolio import simulate_losses
        >>> run = simulate_losses([1.0] * 50, 0.02, 0.5, [0] * 50, [[0.2]], scenarios=4000, seed=1)
        >>> run.expected_shortfall_error(0.99) > 0.0
        True
        """
        excess = np.maximum(self.losses - self.value_at_risk(q), 0.0)
        return float(excess.std(ddof=1)) / ((1.0 - q) * math.sqrt(len(self.losses)))

    def approximation_bound(self) -> float:
        """How far the simulated distribution can lie from the model's, sampling error apart.

        Returns
        -------
        float
            Currency: the area between the two distribution functions (Wasserstein distance) is at
            most this, and so is the error of the mean. Given the factors it is the sum of third
            absolute moments over the variance of the loans not drawn one by one, which no loan
            drawn in the sum exceeds; averaged over the scenarios. The error from cells of PD, if
            any, is of relative order 1e-4 and comes on top. Zero where every loan is drawn by itself.

        References
        ----------
        Goldstein (2010), theorem 1.1: ‖F - Φ‖₁ ≤ Σ E|X|³ for a sum of unit variance.

        Examples
        --------
        >>> from analytics.risk.portfolio import simulate_losses
        >>> run = simulate_losses([1.0] * 50, 0.02, 0.5, [0] * 50, [[0.2]], scenarios=4000, seed=1)
        >>> run.approximation_bound()
        0.0
        """
        return float(self._distance().mean())

    def tail_bound(self, q: float) -> float:
        """How far the expected shortfall can lie from the model's, sampling error apart.

        Parameters
        ----------
        q : float
            Confidence level, inside (0, 1).

        Returns
        -------
        float
            Currency: the distance of `approximation_bound` summed over those scenarios that a
            deviation of eight conditional standard deviations could bring beyond the value at
            risk, over (1 - q) of their number.

        Raises
        ------
        InvalidInput
            As `value_at_risk`.

        Examples
        --------
        >>> from analytics.risk.portfolio import simulate_losses
        >>> run = simulate_losses([1.0] * 50, 0.02, 0.5, [0] * 50, [[0.2]], scenarios=4000, seed=1)
        >>> run.tail_bound(0.99)
        0.0
        """
        reach = self.losses - self._noise + 8.0 * np.sqrt(self._moments[:, 1])
        return float(self._distance()[reach >= self.value_at_risk(q)].sum()) / ((1.0 - q) * len(self.losses))

    def contributions(self, q: float) -> pd.DataFrame:
        """Euler contributions of each label to the risk of the portfolio.

        Parameters
        ----------
        q : float
            Confidence level, inside (0, 1).

        Returns
        -------
        pandas.DataFrame
            Index: the distinct labels of the exposures, a Series whose index is, for example,
            industry × region; without labels, the sectors. Columns expected_loss, value_at_risk and
            expected_shortfall, each of which sums to the portfolio's. A label's part of the
            shortfall is its mean loss in the worst scenarios; its part of the value at risk the
            mean loss in the scenarios within one binomial deviation of the quantile, scaled to
            the total. The loss of the loans not drawn one by one is the label's conditional mean
            and, of the sum's deviation, the label's part of the variance.

        Raises
        ------
        InvalidInput
            As `value_at_risk`.

        References
        ----------
        Tasche (1999), "Risk contributions and performance measurement": E[L_i | L ≥ VaR].

        Examples
        --------
        >>> loans = pd.Series([3.0, 1.0], index=pd.MultiIndex.from_tuples([("K", "CN-GD"), ("F", "CN-BJ")]))
        >>> from analytics.risk.portfolio import simulate_losses
        >>> run = simulate_losses(loans, 0.1, 0.5, [0, 0], [[0.2]], scenarios=4000, seed=1)
        >>> parts = run.contributions(0.95)
        >>> bool(abs(parts["expected_shortfall"].sum() - run.expected_shortfall(0.95)) < 1e-9)
        True
        """
        at, weight = self._tail(q)
        low, high = self._window(q)
        near = np.argsort(self.losses, kind="stable")[low : high + 1]
        around = self._mean_by_label(near, np.full(len(near), 1.0 / len(near)))
        whole = float(around.sum())
        return pd.DataFrame(
            {
                "expected_loss": self._expected,
                "value_at_risk": around * (self.value_at_risk(q) / whole if whole > 0.0 else 0.0),
                "expected_shortfall": self._mean_by_label(at, weight),
            },
            index=self._labels,
        )

    def _distance(self) -> FloatArray:
        return ratio(self._moments[:, 2], self._moments[:, 1])

    def _rank(self, q: float) -> int:
        level, count = open_probability(q, name="q"), len(self.losses)
        if (1.0 - level) * count < 1.0 - 1e-9:
            raise InvalidInput(f"q: no scenario of {count} lies beyond {level}; simulate more or lower q")
        return max(1, math.ceil(level * count - 1e-9))

    def _window(self, q: float) -> tuple[int, int]:
        rank, count = self._rank(q), len(self.losses)
        step = math.ceil(math.sqrt(count * q * (1.0 - q)))
        return max(rank - 1 - step, 0), min(rank - 1 + step, count - 1)

    def _tail(self, q: float) -> tuple[NDArray[np.int64], FloatArray]:
        """The worst scenarios and their weights, which sum to one."""
        rank, count = self._rank(q), len(self.losses)
        at = np.argsort(self.losses, kind="stable")[rank - 1 :]
        weight = np.full(len(at), 1.0 / ((1.0 - q) * count))
        weight[0] = 1.0 - weight[1:].sum()
        return at, weight

    def _mean_by_label(self, at: NDArray[np.int64], weight: FloatArray) -> FloatArray:
        """Mean loss of each label over weighted scenarios."""
        loans, cells = self._loans, self._cells
        part = ratio(self._noise[at], self._moments[at, 1])
        mean, spread = np.zeros(cells.threshold.shape), np.zeros(cells.threshold.shape)
        for sector in range(len(mean)):
            rate = cells.default_rate(sector, self._factors[at, sector])
            mean[sector] = rate @ weight
            spread[sector] = (rate * (1.0 - rate)) @ (part * weight)
        loss = loans.many * mean.ravel()[loans.cell] + np.square(loans.many) * spread.ravel()[loans.cell]
        drawn = np.unpackbits(self._defaults[at], axis=1, count=len(loans.large))
        loss[loans.large] = loans.loss[loans.large] * (drawn * weight[:, None]).sum(axis=0)
        return sum_by(loans.label, loss, len(self._labels))
