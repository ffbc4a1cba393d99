"""The Basel risk-weight functions, for a million loans at once."""

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
from analytics.risk._numbers import Numbers, non_negative, positive, probabilities
from analytics.risk._shapes import FloatArray, broadcast, common_index, shaped

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
    refuse_unknown_class(asset_class)
    if framework not in FRAMEWORKS:
        raise InvalidInput(f"framework: {framework!r} is unknown; take one of {', '.join(FRAMEWORKS)}")
    index = common_index(pd=pd, lgd=lgd, maturity=maturity, turnover=turnover)
    default = probabilities(pd, name="pd")
    loss = probabilities(lgd, name="lgd")
    corporate = asset_class == "corporate"
    years = _maturity(maturity) if corporate else np.full((), 2.5)
    size = _size_adjustment(turnover) if corporate else np.zeros(())
    if corporate:
        refuse_below_pole(default, framework)
    columns = broadcast(pd=default, lgd=loss, maturity=years, turnover=size)
    if corporate:
        _refuse_negative_adjustment(columns[0], columns[2])
    shape = columns[0].shape
    weight = risk_weights([column_of(column) for column in columns], math.prod(shape), asset_class=asset_class)
    return shaped(weight.reshape(shape), index)


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


def refuse_unknown_class(asset_class: str) -> None:
    """Refuse an asset class without a correlation."""
    if asset_class not in CORRELATIONS:
        raise InvalidInput(f"asset_class: {asset_class!r} is unknown; take one of {', '.join(CORRELATIONS)}")


def refuse_below_pole(default: FloatArray, framework: str) -> None:
    """Refuse a PD so small that the maturity adjustment of corporates has turned over."""
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


def column_of(values: FloatArray) -> FloatArray:
    """The values as a contiguous vector; one number repeated for all (its strides are zero) stays one."""
    if not any(values.strides):
        return values.flat[:1]
    return np.ascontiguousarray(values).ravel()


def risk_weights(columns: Sequence[FloatArray], count: int, *, asset_class: str, q: float = CONFIDENCE) -> FloatArray:
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
