"""Losses of a portfolio by simulation of correlated sector factors, for millions of loans at once.

Given the factors, loans default independently. The few that are large beside the whole are then
drawn one by one; of the many others only the sum is, from a normal distribution with their exact
conditional mean and variance. Both are smooth functions of one sector's factor, so that they are
tabulated once for each sector and a scenario costs the same for a thousand loans as for a million.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numba
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special
from scipy.interpolate import CubicSpline

from analytics.errors import InvalidInput
from analytics.risk import _normal
from analytics.risk._inputs import (
    FloatArray,
    Numbers,
    common_index,
    exposures_array,
    finite_array,
    open_probability,
    per_entry,
    probabilities,
    whole_number,
)

# A loan is drawn by itself where it makes up more than this part of the largest possible loss.
LARGE: Final = 1.0 / 2000.0
# Width of a cell of default thresholds Φ⁻¹(pd), used where a book has more distinct PDs than the other allows.
CELL: Final = 1.0 / 64.0
_DISTINCT: Final = 400
_DRAWS: Final = 1_000_000
_GRID: Final = np.linspace(-8.0, 8.0, 1025)


@dataclass(frozen=True, slots=True)
class _Cells:
    """Sectors × thresholds: the loans in each share a default probability."""

    threshold: FloatArray
    loading: FloatArray
    sums: FloatArray  # of e, e² and e³, e being loss given default; 3 × sectors × cells

    def default_rate(self, sector: int, factor: FloatArray) -> FloatArray:
        """Conditional default probability in a sector, cells × factors."""
        loading = self.loading[sector][:, None]
        distance = self.threshold[sector][:, None] - np.sqrt(loading) * factor[None, :]
        return np.asarray(special.ndtr(distance / np.sqrt(1.0 - loading)))

    def moments(self, sector: int, factor: FloatArray) -> FloatArray:
        """Conditional mean, variance and sum of third absolute central moments of the loss, factors × 3."""
        rate = self.default_rate(sector, factor)
        spread = rate * (1.0 - rate)
        third = spread * (np.square(rate) + np.square(1.0 - rate))
        return np.column_stack(
            [sums @ part for sums, part in zip(self.sums[:, sector], (rate, spread, third), strict=True)]
        )


@dataclass(frozen=True, slots=True)
class _Loans:
    """Every loan: what it loses, its sector, label and cell, and which are drawn one by one."""

    loss: FloatArray
    threshold: FloatArray
    loading: FloatArray
    sector: NDArray[np.int64]
    label: NDArray[np.int64]
    cell: NDArray[np.int64]
    large: NDArray[np.int64]
    many: FloatArray  # the loss again, zero where drawn one by one


class _Large(NamedTuple):
    """What decides whether a loan that is drawn by itself defaults."""

    loss: FloatArray
    sector: NDArray[np.int64]
    threshold: FloatArray
    slope: FloatArray


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
    _cells: _Cells = field(repr=False)
    _loans: _Loans = field(repr=False)
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
        return _ratio(self._moments[:, 2], self._moments[:, 1])

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
        part = _ratio(self._noise[at], self._moments[at, 1])
        mean, spread = np.zeros(cells.threshold.shape), np.zeros(cells.threshold.shape)
        for sector in range(len(mean)):
            rate = cells.default_rate(sector, self._factors[at, sector])
            mean[sector] = rate @ weight
            spread[sector] = (rate * (1.0 - rate)) @ (part * weight)
        loss = loans.many * mean.ravel()[loans.cell] + np.square(loans.many) * spread.ravel()[loans.cell]
        drawn = np.unpackbits(self._defaults[at], axis=1, count=len(loans.large))
        loss[loans.large] = loans.loss[loans.large] * (drawn * weight[:, None]).sum(axis=0)
        return _sum_by(loans.label, loss, len(self._labels))


def simulate_losses(
    exposures: Numbers,
    pd: Numbers,
    lgd: Numbers,
    sector: Any,
    correlation: Numbers,
    *,
    scenarios: int,
    seed: int,
) -> SimulatedLosses:
    """Losses of a portfolio whose loans follow correlated sector factors, by Monte Carlo.

    A loan of sector s defaults where √a Y_s + √(1 - a) ε < Φ⁻¹(pd), the Y being the sectors'
    factors (standard normal, correlated) and ε its own.

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Exposure at default, one entry for each borrower whose fate is one. The labels of a Series
        (industry × region, say) become those of the contributions.
    pd : array-like, shape (n,) or scalar
        Probability of default over the horizon.
    lgd : array-like, shape (n,) or scalar
        Loss given default, taken as certain.
    sector : array-like, shape (n,)
        Codes 0 to k - 1, or, where the correlation is a DataFrame, its labels.
    correlation : array-like, shape (k, k)
        Either asset correlations, of two loans of one sector on the diagonal (below 1) and of two
        loans of two sectors beside it: a is then the sector's diagonal entry. Or, with ones on
        the diagonal, the correlation of the factors alone: a is then Basel's for corporates,
        0.12 (1 + e^(-50 pd)), as in CRE31.5 up to e^(-50).
    scenarios : int
        Number of draws of all factors.
    seed : int
        Of the generator (PCG64). The same arguments and seed give the same losses.

    Returns
    -------
    SimulatedLosses
        Value at risk and expected shortfall with their standard errors, bounds of what the
        approximation adds, and contributions. A book of up to 2,000 equal loans is drawn loan by
        loan, without approximation; so is each loan above 1/2000 of the largest possible loss.
        Loans that cannot default or lose change nothing; no such loan at all: every loss is 0.

    Raises
    ------
    InvalidInput
        Bad exposures, PD or LGD; Series with different labels; a sector that the correlation does
        not have; a correlation that is not square, symmetric and positive semidefinite, or whose
        diagonal is neither of the two; no scenario.

    References
    ----------
    Gupton, Finger and Bhatia (1997), CreditMetrics technical document, chapter 8; Glasserman and
    Li (2005), "Importance sampling for portfolio credit risk", section 2.

    Examples
    --------
    >>> run = simulate_losses([100.0] * 500, 0.02, 0.4, [0] * 500, [[0.15]], scenarios=20_000, seed=7)
    >>> run.expected_loss
    400.0
    >>> 300 < run.losses.mean() < 500 < run.value_at_risk(0.99)
    True
    """
    amounts = exposures_array(exposures)
    common_index(exposures=exposures, pd=pd, lgd=lgd, sector=sector)
    count = len(amounts)
    default = per_entry(probabilities(pd, name="pd"), name="pd", length=count)
    loss = amounts * per_entry(probabilities(lgd, name="lgd"), name="lgd", length=count)
    shared = _symmetric(correlation)
    code = _sector_codes(sector, correlation, count, len(shared))
    draws = whole_number(scenarios, name="scenarios", least=1)
    key = whole_number(seed, name="seed", least=0)
    label, labels = _labels(exposures, code, correlation, len(shared))
    large = np.flatnonzero(loss > loss.sum() * LARGE)
    many = loss.copy()
    many[large] = 0.0
    cell, rate = _cells(default, many, code, len(shared))
    sums = [_sum_by(cell, many**power, rate.size) for power in (1, 2, 3)]
    loans = _Loans(loss, _thresholds(default), _loadings(default, shared[code, code]), code, label, cell, large, many)
    cells = _Cells(_thresholds(rate), _loadings(rate, np.diag(shared)[:, None]), np.array(sums).reshape(3, *rate.shape))
    factors, moments, noise, base, defaults = _drawn(loans, cells, shared, draws, key)
    return SimulatedLosses(
        losses=base + noise,
        expected_loss=float((loss * default).sum()),
        _noise=noise,
        _moments=moments,
        _factors=factors,
        _defaults=defaults,
        _cells=cells,
        _loans=loans,
        _labels=labels,
        _expected=_sum_by(label, loss * default, len(labels)),
    )


def _drawn(
    loans: _Loans, cells: _Cells, shared: FloatArray, scenarios: int, seed: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, NDArray[np.uint8]]:
    """Factors, moments of the many, their deviation, the loss without it, and which large loans default.

    Three streams of one seed: the factors do not depend on how many loans are large.
    """
    streams = [np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(seed).spawn(3)]
    factors = streams[0].standard_normal((scenarios, len(shared))) @ _root(shared).T
    moments = np.zeros((scenarios, 3))
    for sector in range(len(shared)):
        if cells.sums[0, sector].any():
            table = CubicSpline(_GRID, cells.moments(sector, _GRID)).c
            _interpolate(factors[:, sector], np.ascontiguousarray(table.transpose(1, 2, 0)), moments)
    np.maximum(moments, 0.0, out=moments)
    # No loss is negative or above the largest possible: bringing it back inside takes it nearer to the model's.
    deviation = np.sqrt(moments[:, 1]) * streams[1].standard_normal(scenarios)
    noise = np.clip(deviation, -moments[:, 0], loans.many.sum() - moments[:, 0])
    base, defaults = _large_losses(loans, factors, streams[2])
    return factors, moments, noise, base + moments[:, 0], defaults


def _large_losses(
    loans: _Loans, factors: FloatArray, stream: np.random.Generator
) -> tuple[FloatArray, NDArray[np.uint8]]:
    at = loans.large
    base = np.zeros(len(factors))
    defaults = np.zeros((len(factors), -(-len(at) // 8)), dtype=np.uint8)
    if len(at):
        own = np.sqrt(1.0 - loans.loading[at])
        large = _Large(loans.loss[at], loans.sector[at], loans.threshold[at] / own, np.sqrt(loans.loading[at]) / own)
        step = max(1, _DRAWS // len(at))
        for start in range(0, len(factors), step):
            part = slice(start, start + step)
            fallen = stream.standard_normal((len(factors[part]), len(at)))
            _fall(fallen, factors[part], large, base[part])
            defaults[part] = np.packbits(fallen.astype(np.bool_), axis=1)
    return base, defaults


@numba.njit(cache=True, nogil=True)
def _fall(own, factors, large, base):  # type: ignore[no-untyped-def]
    """Turn draws into 1 where the loan defaults and 0 elsewhere, and add up the losses."""
    for i in range(own.shape[0]):
        lost = 0.0
        for j in range(own.shape[1]):
            falls = own[i, j] < large.threshold[j] - large.slope[j] * factors[i, large.sector[j]]
            own[i, j] = falls
            lost += falls * large.loss[j]
        base[i] += lost


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _interpolate(factor, table, into):  # type: ignore[no-untyped-def]
    """Add piecewise cubics on the uniform grid; beyond its ends, eight deviations out, their values there."""
    last = table.shape[0] - 1
    for i in range(factor.size):
        position = (min(max(factor[i], -8.0), 8.0) + 8.0) * 64.0
        piece = min(int(position), last)
        x = (position - piece) / 64.0
        for column in range(3):
            c = table[piece, column]
            into[i, column] += ((c[0] * x + c[1]) * x + c[2]) * x + c[3]


def _cells(
    default: FloatArray, loss: FloatArray, code: NDArray[np.int64], sectors: int
) -> tuple[NDArray[np.int64], FloatArray]:
    """The cell of each loan, and each cell's default probability, sectors × cells.

    Few distinct probabilities are kept as they are. Of many, those whose thresholds share an
    interval take their mean weighted by loss, which leaves the expected loss as it is.
    """
    bins, values = _distinct(default)
    if values is not None:
        return code * len(values) + bins, np.broadcast_to(values, (sectors, len(values)))
    bins = np.floor(np.clip(_thresholds(default), -8.3, 8.3) / CELL).astype(np.int64)
    bins -= bins.min()
    width = int(bins.max()) + 1
    cell = code * width + bins
    rate = _ratio(_sum_by(cell, loss * default, sectors * width), _sum_by(cell, loss, sectors * width))
    return cell, np.minimum(rate, 1.0).reshape(sectors, width)


def _distinct(default: FloatArray) -> tuple[NDArray[np.int64], FloatArray | None]:
    """Codes of the distinct probabilities and these, or None where they are too many."""
    if len(pd.unique(default[: 4 * _DISTINCT])) > _DISTINCT:
        return np.empty(0, dtype=np.int64), None
    code, values = pd.factorize(default)
    return code.astype(np.int64), values if len(values) <= _DISTINCT else None


def _thresholds(default: FloatArray) -> FloatArray:
    flat = np.ascontiguousarray(default).ravel()
    with np.errstate(divide="ignore"):
        return _normal.quantiles(flat, np.log(flat)).reshape(default.shape)


def _loadings(default: FloatArray, own: FloatArray) -> FloatArray:
    """Part of the variance of a loan's return that its sector drives."""
    basel = 0.12 * (1.0 + np.exp(-50.0 * default))
    return np.asarray(np.where(own == 1.0, basel, np.broadcast_to(own, default.shape)))


def _symmetric(correlation: Numbers) -> FloatArray:
    matrix = finite_array(correlation, name="correlation")
    if matrix.ndim != 2 or len(matrix) != matrix.shape[1]:
        raise InvalidInput(f"correlation: shape {matrix.shape}; give one row and one column for each sector")
    if np.abs(matrix - matrix.T).max() > 1e-9:
        row, column = np.unravel_index(int(np.abs(matrix - matrix.T).argmax()), matrix.shape)
        raise InvalidInput(f"correlation: entries ({row}, {column}) and ({column}, {row}) differ; make it symmetric")
    own = np.diag(matrix)
    if not ((own == 1.0).all() or ((own >= 0.0) & (own < 1.0)).all()):
        raise InvalidInput("correlation: give a diagonal of ones (factors), or one inside [0, 1) (assets)")
    if float(np.linalg.eigvalsh(matrix)[0]) < -1e-9 * max(1.0, float(own.max())):
        raise InvalidInput("correlation: not positive semidefinite; no factors have these correlations")
    return matrix


def _root(shared: FloatArray) -> FloatArray:
    """A matrix whose product with its transpose is the correlation of the factors."""
    own = np.sqrt(np.diag(shared))
    factor = np.divide(shared, np.outer(own, own), out=np.zeros_like(shared), where=np.outer(own, own) > 0.0)
    np.fill_diagonal(factor, 1.0)
    try:
        return np.linalg.cholesky(factor)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(factor)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _sector_codes(sector: Any, correlation: Any, count: int, sectors: int) -> NDArray[np.int64]:
    given = np.asarray(sector)
    if given.shape != (count,):
        raise InvalidInput(f"sector: shape {given.shape}; give one for each of {count} exposures")
    if isinstance(correlation, pd.DataFrame):
        if not (correlation.index.is_unique and correlation.index.equals(correlation.columns)):
            raise InvalidInput("correlation: rows and columns differ in their labels; give each sector one of each")
        code = correlation.index.get_indexer(pd.Index(given))
        if (code < 0).any():
            at = int(np.argmax(code < 0))
            raise InvalidInput(f"sector: entry {at} is {str(given[at])!r}, which the correlation does not have")
        return code.astype(np.int64)
    if given.dtype.kind not in "iu":
        raise InvalidInput(f"sector: {given.dtype} holds no codes; give integers from 0 to {sectors - 1}")
    if given.min() < 0 or given.max() >= sectors:
        raise InvalidInput(f"sector: codes reach from {given.min()} to {given.max()}; give 0 to {sectors - 1}")
    return given.astype(np.int64)


def _labels(
    exposures: Any, code: NDArray[np.int64], correlation: Any, sectors: int
) -> tuple[NDArray[np.int64], pd.Index[Any]]:
    """Labels of the contributions: the index of the exposures where it says something, else the sectors."""
    index = exposures.index if isinstance(exposures, pd.Series) else None
    if index is None or isinstance(index, pd.RangeIndex):
        if isinstance(correlation, pd.DataFrame):
            return code, correlation.index
        return code, pd.RangeIndex(sectors, name="sector")
    if not isinstance(index, pd.MultiIndex):
        label, labels = pd.factorize(index)
        return label.astype(np.int64), pd.Index(labels, name=index.name)
    combined = np.zeros(len(index), dtype=np.int64)
    for level, codes in zip(index.levels, index.codes, strict=True):
        combined = combined * (len(level) + 1) + codes + 1
    label, _ = pd.factorize(combined)
    first = np.zeros(int(label.max()) + 1, dtype=np.int64)
    first[label[::-1]] = np.arange(len(label))[::-1]
    return label.astype(np.int64), index[first]


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """Quotients, zero where there is nothing to divide by."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0.0)


def _sum_by(code: NDArray[np.int64], values: FloatArray, size: int) -> FloatArray:
    return np.bincount(code, weights=values, minlength=size).astype(np.float64, copy=False)
