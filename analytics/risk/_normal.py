"""The normal distribution and its inverse for millions of numbers, a few nanoseconds each.

Both rest on one polynomial in a mapped variable, interpolated at Chebyshev nodes from SciPy's own
functions when the module is loaded, so that a compiled loop has no branch and runs on vector
units. Errors stay below 2e-14 (`quantiles`), and below 1e-14 absolutely and 1e-12 relatively in
the tails (`distribution`); the tests compare them with SciPy over the whole range.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numba
import numpy as np
from numpy.polynomial import chebyshev
from scipy import special

from analytics.risk._shapes import FloatArray

# Quantiles: with s = √(-2 ln p), s + Φ⁻¹(p) is smooth on p in [SMALLEST, 1/2].
SMALLEST: Final = 1e-14
_CENTRE: Final = 2.0
_LOW: Final = math.sqrt(2.0 * math.log(2.0))
_HIGH: Final = math.sqrt(-2.0 * math.log(SMALLEST))
_FROM: Final = (_LOW - _CENTRE) / (_LOW + _CENTRE)
_TO: Final = (_HIGH - _CENTRE) / (_HIGH + _CENTRE)
_MIDDLE: Final = (_FROM + _TO) / 2.0
_HALF: Final = (_TO - _FROM) / 2.0

# Distribution: erfcx(x) (1 + 2 x) is smooth in t = (x - 3.75) / (x + 3.75) on all x >= 0.
_SCALE: Final = 3.75


def _excess(node: FloatArray) -> FloatArray:
    mapped = _MIDDLE + _HALF * node
    s = _CENTRE * (1.0 + mapped) / (1.0 - mapped)
    return s + np.asarray(special.ndtri_exp(-s * s / 2.0))


def _scaled_tail(node: FloatArray) -> FloatArray:
    x = _SCALE * (1.0 + node) / (1.0 - node)
    return np.asarray(special.erfcx(x)) * (1.0 + 2.0 * x)


def _interpolant(function: Callable[[FloatArray], FloatArray], degree: int) -> FloatArray:
    """Coefficients of the interpolating polynomial on [-1, 1], highest power first."""
    nodes = chebyshev.chebpts1(degree + 1)
    return np.ascontiguousarray(chebyshev.cheb2poly(chebyshev.chebfit(nodes, function(nodes), degree))[::-1])


_QUANTILE: Final = _interpolant(_excess, 21)
_TAIL: Final = _interpolant(_scaled_tail, 24)


def quantiles(p: FloatArray, log_p: FloatArray) -> FloatArray:
    """Φ⁻¹ of a block of probabilities whose logarithms are known; infinite at 0 and 1."""
    if p.max(initial=0.0) > 0.5:
        with np.errstate(divide="ignore"):
            log_p = np.where(p > 0.5, np.log1p(-p), log_p)
    out = np.empty_like(p)
    _quantiles(p, log_p, _QUANTILE, out)
    if log_p.min(initial=0.0) < math.log(SMALLEST):
        beyond = log_p < math.log(SMALLEST)
        out[beyond] = special.ndtri(p[beyond])
    return out


def distribution(z: FloatArray) -> FloatArray:
    """Φ of a block of numbers, infinite ones too."""
    out = np.multiply(z, z)
    out *= -0.5
    np.exp(out, out=out)
    _distribution(z, _TAIL, out)
    return out


@numba.njit(error_model="numpy", fastmath={"contract"}, cache=True, nogil=True)
def _quantiles(p, log_tail, coefficients, out):  # type: ignore[no-untyped-def]
    for i in range(p.size):
        s = math.sqrt(-2.0 * log_tail[i])
        t = ((s - _CENTRE) / (s + _CENTRE) - _MIDDLE) / _HALF
        value = coefficients[0]
        for coefficient in range(1, 22):
            value = value * t + coefficients[coefficient]
        x = value - s
        out[i] = x if p[i] <= 0.5 else -x


@numba.njit(error_model="numpy", fastmath={"contract"}, cache=True, nogil=True)
def _distribution(z, coefficients, out):  # type: ignore[no-untyped-def]
    for i in range(z.size):
        x = min(abs(z[i]) * 0.7071067811865476, 1e6)
        t = (x - _SCALE) / (x + _SCALE)
        value = coefficients[0]
        for coefficient in range(1, 25):
            value = value * t + coefficients[coefficient]
        tail = 0.5 * out[i] * value / (1.0 + 2.0 * x)
        out[i] = 1.0 - tail if z[i] > 0.0 else tail
