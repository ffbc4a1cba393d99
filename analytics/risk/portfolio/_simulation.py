"""Losses of a portfolio by simulation of correlated sector factors, for millions of loans at once.

Given the factors, loans default independently. The few that are large beside the whole are then
drawn one by one; of the many others only the sum is, from a normal distribution with their exact
conditional mean and variance. Both are smooth functions of one sector's factor, so that they are
tabulated once for each sector and a scenario costs the same for a thousand loans as for a million.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from analytics.risk._numbers import Numbers, exposures_array, probabilities, whole_number
from analytics.risk._shapes import FloatArray, common_index, per_entry
from analytics.risk.portfolio._loans import Cells, Loans, cells_of, loadings, sum_by, thresholds
from analytics.risk.portfolio._sectors import labels_of, root, sector_codes, symmetric
from analytics.risk.portfolio._simulated_losses import SimulatedLosses

# A loan is drawn by itself where it makes up more than this part of the largest possible loss.
LARGE: Final = 1.0 / 2000.0
_DRAWS: Final = 1_000_000
_GRID: Final = np.linspace(-8.0, 8.0, 1025)


class _Large(NamedTuple):
    """What decides whether a loan that is drawn by itself defaults."""

    loss: FloatArray
    sector: NDArray[np.int64]
    threshold: FloatArray
    slope: FloatArray


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
    shared = symmetric(correlation)
    code = sector_codes(sector, correlation, count, len(shared))
    draws = whole_number(scenarios, name="scenarios", least=1)
    key = whole_number(seed, name="seed", least=0)
    label, labels = labels_of(exposures, code, correlation, len(shared))
    large = np.flatnonzero(loss > loss.sum() * LARGE)
    many = loss.copy()
    many[large] = 0.0
    cell, rate = cells_of(default, many, code, len(shared))
    sums = [sum_by(cell, many**power, rate.size) for power in (1, 2, 3)]
    loans = Loans(loss, thresholds(default), loadings(default, shared[code, code]), code, label, cell, large, many)
    cells = Cells(thresholds(rate), loadings(rate, np.diag(shared)[:, None]), np.array(sums).reshape(3, *rate.shape))
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
        _expected=sum_by(label, loss * default, len(labels)),
    )


def _drawn(
    loans: Loans, cells: Cells, shared: FloatArray, scenarios: int, seed: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, NDArray[np.uint8]]:
    """Factors, moments of the many, their deviation, the loss without it, and which large loans default.

    Three streams of one seed: the factors do not depend on how many loans are large.
    """
    streams = [np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(seed).spawn(3)]
    factors = streams[0].standard_normal((scenarios, len(shared))) @ root(shared).T
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
    loans: Loans, factors: FloatArray, stream: np.random.Generator
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
