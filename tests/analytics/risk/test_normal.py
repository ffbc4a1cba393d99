"""The fast normal distribution stays within its stated distance of SciPy's."""

import numpy as np
from scipy import special

from analytics.risk import _normal


def _log(p):
    with np.errstate(divide="ignore"):
        return np.log(p)


def test_quantiles_over_the_whole_range():
    p = np.concatenate(
        [
            10.0 ** np.linspace(-300, -0.302, 200_001),
            np.linspace(1e-6, 1 - 1e-6, 200_001),
            1 - 10.0 ** np.linspace(-15, -0.302, 100_001),
        ]
    )
    assert np.abs(_normal.quantiles(p, _log(p)) - special.ndtri(p)).max() < 2e-14


def test_quantiles_at_the_ends():
    p = np.array([0.0, 0.5, 1.0])
    z = _normal.quantiles(p, _log(p))
    assert (z[0], z[2]) == (-np.inf, np.inf)
    assert abs(z[1]) < 2e-14


def test_quantiles_below_the_interpolated_range_alone_and_mixed():
    p = np.array([1e-14 / 2, 1e-100, 0.3, 5e-324])
    np.testing.assert_allclose(_normal.quantiles(p, _log(p)), special.ndtri(p), atol=2e-14)


def test_distribution_over_the_whole_range():
    z = np.linspace(-37.0, 37.0, 500_001)
    exact = special.ndtr(z)
    fast = _normal.distribution(z)
    assert np.abs(fast - exact).max() < 1e-14
    assert np.abs(fast / exact - 1.0).max() < 1e-12
    assert list(_normal.distribution(np.array([-np.inf, np.inf, 60.0, -60.0]))) == [0.0, 1.0, 1.0, 0.0]
