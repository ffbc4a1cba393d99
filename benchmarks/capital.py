"""Risk weights of a million loans against the formula on scipy.stats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from analytics.risk.capital import risk_weight
from benchmarks.harness import Measurement, compared

LOANS = 1_000_000
Floats = NDArray[np.float64]


def plain_weight(pd: Floats, lgd: Floats, maturity: Floats) -> Floats:
    """The corporate formula as CRE31 prints it."""
    f = (1 - np.exp(-50 * pd)) / (1 - np.exp(-50))
    r = 0.12 * f + 0.24 * (1 - f)
    b = (0.11852 - 0.05478 * np.log(pd)) ** 2
    worst = norm.cdf((norm.ppf(pd) + np.sqrt(r) * norm.ppf(0.999)) / np.sqrt(1 - r))
    return np.asarray(12.5 * lgd * (worst - pd) * (1 + (maturity - 2.5) * b) / (1 - 1.5 * b))


def _same(ours: Floats, plain: Floats) -> str:
    np.testing.assert_allclose(ours, plain, rtol=1e-11)
    return f"largest relative difference {np.abs(ours / plain - 1).max():.1g}"


def irb_vs_scipy() -> Measurement:
    """Corporates with a maturity each."""
    rng = np.random.default_rng(31)
    pd, lgd = rng.uniform(0.0003, 0.2, LOANS), rng.uniform(0.1, 0.6, LOANS)
    maturity = rng.uniform(1.0, 5.0, LOANS)
    return compared(
        lambda: risk_weight(pd, lgd=lgd, maturity=maturity, asset_class="corporate", framework="basel3"),
        lambda: plain_weight(pd, lgd, maturity),
        _same,
        units=LOANS,
    )


ROWS = {"irb_vs_scipy": irb_vs_scipy}
