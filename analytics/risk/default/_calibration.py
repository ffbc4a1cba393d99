"""Default probabilities where defaults are few: most prudent bounds, and PD by rating grade."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import special
from scipy.optimize import brentq

from analytics.errors import InvalidInput
from analytics.risk._numbers import Numbers, non_negative, open_probability, scalar
from analytics.risk._shapes import FloatArray, common_index, shaped, vector
from analytics.risk.default._rates import observed_default_rate

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
_FACTOR_RANGE: Final = 9.0
_QUANTILES: Final = (1e-15, 1e-9, 1e-4, 0.1, 0.5, 0.9, 1 - 1e-4, 1 - 1e-9, 1 - 1e-15)


def pluto_tasche(obligors: Numbers, defaults: Numbers, *, confidence: float, rho: float | None = None) -> Any:
    """Most prudent upper bounds of the default probability, grade by grade.

    Each grade's bound is the greatest default probability under which no more than the defaults
    seen in it and all worse grades would still come about with probability 1 − confidence: the
    ordering of grades lets a grade borrow the experience of the worse ones, never of the better.

    Parameters
    ----------
    obligors : array-like, shape (n,)
        Obligors in each grade at the start of the year, best grade first.
    defaults : array-like, shape (n,)
        How many of them defaulted within it.
    confidence : float
        In (0, 1); 0.5 gives a median, higher is more prudent.
    rho : float, optional
        Asset correlation in [0, 1) of the one-factor model; None or 0 for independent defaults.

    Returns
    -------
    float array or pandas.Series, shape (n,)
        One bound each (1.0 = 100 %); Series labels kept. 1.0 where all obligors of a grade and
        the worse ones defaulted.

    Raises
    ------
    InvalidInput
        Empty, NaN, negative or fractional numbers, more defaults than obligors, no obligor in the
        last grades, or a confidence or correlation out of range.

    Notes
    -----
    Pluto, Tasche (2005), "Thinking positively", Risk; the independent case by the binomial's
    beta quantile (sections 2 and 3), the correlated one by quadrature over the factor (section 4).

    Examples
    --------
    >>> pluto_tasche([100, 400, 300], [0, 0, 0], confidence=0.9).round(4)
    array([0.0029, 0.0033, 0.0076])
    >>> pluto_tasche([100, 400, 300], [0, 0, 0], confidence=0.9, rho=0.12).round(4)
    array([0.0086, 0.0096, 0.0189])
    """
    index = common_index(obligors=obligors, defaults=defaults)
    n = _whole(obligors, "obligors")
    d = _whole(defaults, "defaults", length=len(n))
    gamma = open_probability(confidence, name="confidence")
    correlation = 0.0 if rho is None else scalar(rho, name="rho")
    if not 0.0 <= correlation < 1.0:
        raise InvalidInput(f"rho: {correlation} is outside [0, 1); give an asset correlation such as 0.12")
    if (d > n).any():
        at = int(np.flatnonzero(d > n)[0])
        raise InvalidInput(f"defaults: grade {at} has {d[at]:.0f} of {n[at]:.0f} obligors; count each once")
    pool = np.cumsum(n[::-1])[::-1]
    bad = np.cumsum(d[::-1])[::-1]
    if pool[-1] == 0.0:
        raise InvalidInput("obligors: the last grade is empty; leave it out")
    good = pool - bad
    bounds = np.ones_like(pool)
    open_ = good > 0.0
    bounds[open_] = special.betaincinv(bad[open_] + 1.0, good[open_], gamma)
    if correlation > 0.0:
        bounds[open_] = [
            _correlated_bound(k, m, gamma, correlation)
            for k, m in zip(bad[open_].tolist(), good[open_].tolist(), strict=True)
        ]
    return shaped(bounds, index)


def pd_by_rating(
    start: pd.DataFrame,
    defaults: pd.DataFrame,
    *,
    grades: Sequence[Any],
    confidence: float = 0.95,
    prudence: float = 0.75,
    rho: float | None = None,
) -> pd.DataFrame:
    """Default probability of each rating grade from the book's own history, with intervals.

    Parameters
    ----------
    start, defaults : pandas.DataFrame
        As `observed_default_rate` takes them; ``start`` has a column rating.
    grades : sequence
        All grades, best first; a grade without obligors is left out.
    confidence : float
        Of the two-sided Clopper-Pearson interval.
    prudence : float
        Confidence of the Pluto-Tasche bound.
    rho : float, optional
        Asset correlation of the bound; None for independent defaults.

    Returns
    -------
    pandas.DataFrame
        Columns rating, performing, defaults, rate, lower, upper, bound (most prudent, Pluto and
        Tasche), pd and source: the observed rate where the grade had a default ("observed"), the
        bound where it had none ("bound"), since a rate of zero is no estimate.

    Raises
    ------
    InvalidInput
        As `observed_default_rate` and `pluto_tasche`; also a rating not among ``grades``.

    Notes
    -----
    Clopper, Pearson (1934); Pluto, Tasche (2005).

    Examples
    --------
    >>> start = pd.DataFrame({
    ...     "unit": range(500), "date": 18992, "defaulted": False, "rating": [1] * 100 + [2] * 400
    ... })
    >>> defaults = pd.DataFrame({"unit": [450, 451], "date": [19100, 19200]})
    >>> pd_by_rating(start, defaults, grades=[1, 2])[["rating", "pd", "source"]].round(4)
       rating      pd    source
    0       1  0.0078     bound
    1       2  0.0050  observed
    """
    order = pd.Index(list(grades))
    rates = observed_default_rate(start, defaults, by="rating", confidence=confidence)
    at = order.get_indexer(pd.Index(rates["rating"]))
    if (at < 0).any():
        unknown = rates["rating"][at < 0].tolist()[0]
        raise InvalidInput(f"start: rating {unknown!r} is not among grades; add it in its place")
    table = rates.iloc[np.argsort(at)].reset_index(drop=True)
    bound = pluto_tasche(table["performing"].to_numpy(), table["defaults"].to_numpy(), confidence=prudence, rho=rho)
    observed = table["defaults"].to_numpy() > 0
    return table.assign(
        bound=bound,
        pd=np.where(observed, table["rate"].to_numpy(), bound),
        source=np.where(observed, "observed", "bound"),
    )


def _whole(values: Numbers, name: str, length: int | None = None) -> FloatArray:
    numbers = vector(non_negative(values, name=name), name=name, length=length)
    fractional = np.flatnonzero(numbers != np.floor(numbers))
    if len(fractional):
        at = int(fractional[0])
        raise InvalidInput(f"{name}: entry {at} is {numbers[at]}; give whole numbers")
    return numbers


def _correlated_bound(bad: float, good: float, gamma: float, rho: float) -> float:
    """The p at which at most ``bad`` defaults have probability 1 − gamma, found on Φ⁻¹(p)."""
    landmarks = special.ndtri(special.betaincinv(bad + 1.0, good, np.array(_QUANTILES)))

    def excess(z: float) -> float:
        return _chance_of_at_most(bad, good, z, rho, landmarks) - (1.0 - gamma)

    return float(special.ndtr(brentq(excess, -38.0, 8.2, xtol=1e-13, rtol=1e-14)))


def _chance_of_at_most(bad: float, good: float, z: float, rho: float, landmarks: FloatArray) -> float:
    """Chance of at most ``bad`` defaults among all when each has probability Φ(z), over the factor.

    Given the factor the chance falls from one to nothing in a band that narrows as obligors grow in number;
    ``landmarks`` place panels of the quadrature there.
    """
    bends = (z - np.sqrt(1.0 - rho) * landmarks) / np.sqrt(rho)
    fixed = np.linspace(-_FACTOR_RANGE, _FACTOR_RANGE, 7)
    edges = np.unique(np.concatenate([fixed, np.clip(bends, -_FACTOR_RANGE, _FACTOR_RANGE)]))
    half = np.diff(edges)[:, None] / 2.0
    y = (edges[:-1, None] + edges[1:, None]) / 2.0 + half * _NODES
    conditional = special.ndtr((z - np.sqrt(rho) * y) / np.sqrt(1.0 - rho))
    density = np.exp(-y * y / 2.0) / np.sqrt(2.0 * np.pi)
    chance = special.betaincc(bad + 1.0, good, conditional)
    return float((half * _WEIGHTS * density * chance).sum())
