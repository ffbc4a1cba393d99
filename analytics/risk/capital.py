"""Capital for credit risk: the Basel risk-weight functions, their one-factor model, and what it leaves out.

Fractions in, fractions out (1.0 = 100 %). Scalars give floats, arrays arrays, Series keep their
labels; arguments broadcast as NumPy's do. Parameters are used as given: floors, caps and the
former scaling factor of 1.06 are policy, not formula, and are left to the caller.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numba
import numpy as np
from scipy import special

from analytics.errors import InvalidInput
from analytics.risk import _normal
from analytics.risk._inputs import (
    FloatArray,
    Numbers,
    common_index,
    exposures_array,
    finite_array,
    non_negative,
    open_probability,
    per_entry,
    positive,
    probabilities,
    scalar,
    shaped,
)

FRAMEWORKS: Final = ("basel2", "basel3")

# Correlation at PD 0, at PD 1, and the speed between: Basel II paragraphs 272, 328-330; CRE31.5, CRE31.14-17.
CORRELATIONS: Final[Mapping[str, tuple[float, float, float]]] = MappingProxyType(
    {
        "corporate": (0.24, 0.12, 50.0),
        "residential_mortgage": (0.15, 0.15, 1.0),
        "qualifying_revolving": (0.04, 0.04, 1.0),
        "other_retail": (0.16, 0.03, 35.0),
    }
)
CONFIDENCE: Final = 0.999
_BLOCK: Final = 16_384

# At this PD b = (0.11852 - 0.05478 ln PD)² reaches 2/3, and the maturity adjustment divides by 1 - 1.5 b = 0.
MATURITY_POLE: Final = math.exp((0.11852 - math.sqrt(2.0 / 3.0)) / 0.05478)


def risk_weight(
    pd: Numbers,
    *,
    lgd: Numbers,
    maturity: Numbers = 2.5,
    asset_class: str,
    turnover: Numbers | None = None,
    framework: str,
) -> Any:
    """Internal-ratings-based risk weight, 12.5 times the capital for unexpected loss.

    Parameters
    ----------
    pd : array-like
        One-year probability of default, a fraction, used as given (no floor).
    lgd : array-like
        Loss given default in a downturn, a fraction.
    maturity : array-like
        Effective maturity in years, above 0 and at most 5; ignored for retail classes.
    asset_class : {"corporate", "residential_mortgage", "qualifying_revolving", "other_retail"}
        Chooses the asset correlation.
    turnover : array-like, optional
        Annual sales in millions of euro, for the size adjustment of corporates: below 5 counts
        as 5, 50 or more changes nothing. None: no adjustment. Ignored for retail classes.
    framework : {"basel2", "basel3"}
        For these classes the two give the same formula; they differ in the floors of PD and LGD
        (0.03 % and 0.05 %, among others), which the caller applies.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        Fractions of exposure at default, without the factor 1.06. At PD 0 and PD 1 the
        unexpected loss is nil and the weight 0 (a defaulted loan is provisioned instead).

    Raises
    ------
    InvalidInput
        NaN, a PD or LGD outside [0, 1], a negative turnover, a maturity outside (0, 5], an
        unknown class or framework, Series with different labels; for corporates a PD in
        (0, 2.93e-6), where the maturity adjustment has passed its pole and means nothing, and a
        maturity below one year at a PD so small (under 0.0084 %) that the adjustment is negative.

    References
    ----------
    BCBS (June 2006), paragraphs 272-273 and 328-330; BCBS, Basel Framework CRE31 (2023).

    Examples
    --------
    >>> round(risk_weight(0.01, lgd=0.45, asset_class="corporate", framework="basel2"), 4)
    0.9232
    """
    if asset_class not in CORRELATIONS:
        raise InvalidInput(f"asset_class: {asset_class!r} is unknown; take one of {', '.join(CORRELATIONS)}")
    if framework not in FRAMEWORKS:
        raise InvalidInput(f"framework: {framework!r} is unknown; take one of {', '.join(FRAMEWORKS)}")
    index = common_index(pd=pd, lgd=lgd, maturity=maturity, turnover=turnover)
    default = probabilities(pd, name="pd")
    loss = probabilities(lgd, name="lgd")
    corporate = asset_class == "corporate"
    years = _maturity(maturity) if corporate else np.full((), 2.5)
    size = _size_adjustment(turnover) if corporate else np.zeros(())
    if corporate:
        _refuse_below_pole(default, framework)
    columns = _broadcast(pd=default, lgd=loss, maturity=years, turnover=size)
    if corporate:
        _refuse_negative_adjustment(columns[0], columns[2])
    shape = columns[0].shape
    weight = _risk_weights([_column(column) for column in columns], math.prod(shape), asset_class=asset_class)
    return shaped(weight.reshape(shape), index)


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


def gl_delta(xi: Numbers, q: Numbers) -> Any:
    """Gordy and Lütkebohmert's delta, the regulatory parameter of the granularity adjustment.

    Parameters
    ----------
    xi : array-like
        Precision of the systematic factor: gamma distributed with mean 1 and variance 1 / xi.
    q : array-like
        Confidence level, inside (0, 1).

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        (x - 1) (xi + (1 - xi) / x), x being the factor's q-quantile.

    Raises
    ------
    InvalidInput
        xi not above zero, q outside (0, 1), or a quantile too small for a float.

    References
    ----------
    Gordy and Lütkebohmert (2013), "Granularity adjustment for regulatory capital assessment",
    equation 15 (delta 4.83 at xi 0.25 and q 0.999).

    Examples
    --------
    >>> round(gl_delta(0.25, 0.999), 2)
    4.83
    """
    index = common_index(xi=xi, q=q)
    precision, level = _broadcast(xi=positive(xi, name="xi"), q=_levels(q, name="q"))
    quantile = np.asarray(special.gammaincinv(precision, level)) / precision
    if (quantile <= 0.0).any():
        at = np.unravel_index(int(np.argmin(quantile)), quantile.shape)
        raise InvalidInput(f"xi: at {precision[at]} the factor's {level[at]} quantile vanishes; take a larger xi or q")
    return shaped(np.asarray((quantile - 1.0) * (precision + (1.0 - precision) / quantile)), index)


def granularity_adjustment(
    exposures: Numbers,
    pd: Numbers,
    lgd: Numbers,
    *,
    q: float = 0.999,
    xi: float = 0.25,
    asset_class: str = "corporate",
) -> float:
    """Capital that the asymptotic model leaves out because the book holds a finite number of names.

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Exposure at default of each obligor, any one unit; a borrower's loans added up first.
    pd : array-like, shape (n,) or scalar
        Probability of default.
    lgd : array-like, shape (n,) or scalar
        Expected loss given default.
    q : float
        Confidence level of the capital.
    xi : float
        Precision of the systematic factor.
    asset_class : str
        As in `risk_weight`; maturity is 2.5 years.

    Returns
    -------
    float
        Share of total exposure, Σ s² C (δ (K + R) - K) / (2 K*): K capital and R expected loss per
        unit, C = (E² + V) / E with the loss given default's mean E and variance V = E (1 - E) / 4,
        K* the capital of the book per unit. One obligor: the same formula, far outside the
        first-order argument it comes from.

    Raises
    ------
    InvalidInput
        Bad exposures, PD or LGD; a book without capital (K* = 0), which has nothing to adjust.

    References
    ----------
    Gordy and Lütkebohmert (2013), equations 11 and 15 to 17.

    Examples
    --------
    >>> round(granularity_adjustment([1.0] * 1000, 0.01, 0.45), 6)
    0.001213
    """
    amounts = exposures_array(exposures)
    common_index(exposures=exposures, pd=pd, lgd=lgd)
    default = per_entry(probabilities(pd, name="pd"), name="pd", length=len(amounts))
    loss = per_entry(probabilities(lgd, name="lgd"), name="lgd", length=len(amounts))
    delta = gl_delta(scalar(xi, name="xi"), open_probability(q, name="q"))
    share = amounts / amounts.max()
    share = share / share.sum()
    capital = _capital(default, loss, asset_class, open_probability(q, name="q"))
    book_capital = float(share @ capital)
    if book_capital <= 0.0:
        raise InvalidInput("pd, lgd: no obligor carries capital (all PD 0 or 1, or LGD 0); nothing to adjust")
    severity = loss + 0.25 * (1.0 - loss)  # (E² + V) / E
    terms = np.square(share) * severity * (delta * (capital + loss * default) - capital)
    return float(terms.sum()) / (2.0 * book_capital)


def _capital(default: FloatArray, loss: FloatArray, asset_class: str, q: float) -> FloatArray:
    """Unexpected-loss capital for each unit of exposure at 2.5 years and confidence q."""
    if asset_class not in CORRELATIONS:
        raise InvalidInput(f"asset_class: {asset_class!r} is unknown; take one of {', '.join(CORRELATIONS)}")
    corporate = asset_class == "corporate"
    if corporate:
        _refuse_below_pole(default, "basel3")
    columns = [_column(default), _column(loss), np.full(1, 2.5), np.zeros(1)]
    return _risk_weights(columns, len(default), asset_class=asset_class, q=q) / 12.5


def _maturity(maturity: Numbers) -> FloatArray:
    years = positive(maturity, name="maturity")
    if years.max() > 5.0:
        raise InvalidInput(f"maturity: {years.max()} is above 5 years; cap it at 5 as the rule does")
    return years


def _size_adjustment(turnover: Numbers | None) -> FloatArray:
    """What the correlation of a smaller firm loses: 4 points at 5 million, none from 50 on."""
    if turnover is None:
        return np.zeros(())
    sales = np.clip(non_negative(turnover, name="turnover"), 5.0, 50.0)
    return np.asarray(0.04 * (1.0 - (sales - 5.0) / 45.0))


def _refuse_below_pole(default: FloatArray, framework: str) -> None:
    if default.min() > MATURITY_POLE:
        return
    below = (default > 0.0) & (default <= MATURITY_POLE)
    if below.any():
        floor = "0.03 %" if framework == "basel2" else "0.05 %"
        raise InvalidInput(
            f"pd: {float(default[below].max()):.3g} lies below {MATURITY_POLE:.3g}, where the maturity "
            f"adjustment turns over; apply the floor of {framework} ({floor}) first"
        )


def _refuse_negative_adjustment(default: FloatArray, years: FloatArray) -> None:
    """From one year on 1 + (M - 2.5) b stays above zero, since b is below 2/3; sooner it may not."""
    if years.min() >= 1.0:
        return
    b = np.square(0.11852 - 0.05478 * np.log(np.where(default > 0.0, default, 1.0)))
    below = (default > 0.0) & (1.0 + (years - 2.5) * b < 0.0)
    if below.any():
        raise InvalidInput(
            f"maturity: {float(years[below].min()):.3g} years with a PD of {float(default[below].min()):.3g} make the "
            "maturity adjustment negative; apply the floor of one year, or of PD, first"
        )


def _column(values: FloatArray) -> FloatArray:
    """The values as a contiguous vector; one number repeated for all (its strides are zero) stays one."""
    if not any(values.strides):
        return values.flat[:1]
    return np.ascontiguousarray(values).ravel()


def _risk_weights(columns: Sequence[FloatArray], count: int, *, asset_class: str, q: float = CONFIDENCE) -> FloatArray:
    """The formula on columns of PD, LGD, maturity and size adjustment, in blocks that stay in the cache."""
    low, high, speed = CORRELATIONS[asset_class]
    level = float(special.ndtri(q))
    weight = np.empty(count)
    for start in range(0, count, _BLOCK):
        part = slice(start, min(start + _BLOCK, count))
        p, loss, years, size = (
            column[part] if len(column) > 1 else np.full(part.stop - start, column[0]) for column in columns
        )
        with np.errstate(divide="ignore"):
            log_p = np.log(p)
        rho = np.expm1(-speed * p)
        rho *= (high - low) / math.expm1(-speed)
        rho += low
        rho -= size
        shifted = _normal.quantiles(p, log_p)
        _shift(shifted, rho, level)
        unexpected = _normal.distribution(shifted)
        unexpected -= p
        if asset_class == "corporate":
            _lengthen(unexpected, p, log_p, years)
        unexpected *= loss
        np.multiply(unexpected, 12.5, out=weight[part])
    return weight


@numba.njit(error_model="numpy", fastmath={"contract"}, cache=True, nogil=True)
def _shift(z, rho, level):  # type: ignore[no-untyped-def]
    for i in range(z.size):
        z[i] = (z[i] + math.sqrt(rho[i]) * level) / math.sqrt(1.0 - rho[i])


@numba.njit(error_model="numpy", fastmath={"contract"}, cache=True, nogil=True)
def _lengthen(weight, p, log_p, years):  # type: ignore[no-untyped-def]
    for i in range(weight.size):
        root = 0.11852 - 0.05478 * log_p[i]
        b = root * root
        factor = (1.0 + (years[i] - 2.5) * b) / (1.0 - 1.5 * b)
        weight[i] = weight[i] * factor if p[i] > 0.0 else 0.0


def _one_factor(pd: Numbers, rho: Numbers, level: Numbers, *, name: str) -> tuple[FloatArray, ...]:
    correlation = finite_array(rho, name="rho")
    if correlation.min() < 0.0 or correlation.max() >= 1.0:
        raise InvalidInput("rho: outside [0, 1); give an asset correlation such as 0.12")
    return _broadcast(pd=probabilities(pd, name="pd"), rho=correlation, **{name: _levels(level, name=name)})


def _levels(level: Numbers, *, name: str) -> FloatArray:
    confidence = finite_array(level, name=name)
    if confidence.min() <= 0.0 or confidence.max() >= 1.0:
        raise InvalidInput(f"{name}: outside (0, 1); give a fraction such as 0.999")
    return confidence


def _broadcast(**columns: FloatArray) -> tuple[FloatArray, ...]:
    try:
        return tuple(np.broadcast_arrays(*columns.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {column.shape}" for name, column in columns.items())
        raise InvalidInput(f"{', '.join(columns)}: lengths differ ({shapes}); give one of each") from error


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
