"""Confidence intervals of proportions."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.proportion import proportion_confint

from analytics.errors import InvalidInput
from analytics.risk._numbers import open_probability
from analytics.risk._shapes import FloatArray

INTERVALS: Final = {"clopper_pearson": "beta", "wilson": "wilson", "jeffreys": "jeffreys"}


def proportion_interval(
    events: FloatArray, of: FloatArray, *, confidence: float, interval: str = "clopper_pearson"
) -> tuple[FloatArray, FloatArray]:
    """Two-sided confidence limits of proportions.

    Parameters
    ----------
    events, of : numpy.ndarray, shape (n,)
        How often it happened, of how many that it could have; the latter above zero.
    confidence : float
        Inside (0, 1).
    interval : {"clopper_pearson", "wilson", "jeffreys"}
        How it is made. Clopper-Pearson never covers less than it says.

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper limits; 0 where there was no event, 1 where all were.

    Raises
    ------
    InvalidInput
        A confidence outside (0, 1), or an unknown interval.

    Notes
    -----
    Clopper, Pearson (1934), Biometrika 26; Wilson (1927), JASA 22; Brown, Cai, DasGupta (2001),
    Statistical Science 16 (Jeffreys).

    Examples
    --------
    >>> lower, upper = proportion_interval(np.array([0.0]), np.array([10.0]), confidence=0.95)
    >>> float(lower[0]), round(float(upper[0]), 4)
    (0.0, 0.3085)
    """
    if interval not in INTERVALS:
        raise InvalidInput(f"interval: {interval!r} is unknown; give one of {', '.join(INTERVALS)}")
    level = open_probability(confidence, name="confidence")
    bounds = proportion_confint(events, of, alpha=1.0 - level, method=INTERVALS[interval])
    lower, upper = (np.asarray(bound, dtype=np.float64) for bound in bounds)
    return _ending(lower, events == 0.0, 0.0), _ending(upper, events == of, 1.0)


def _ending(bound: FloatArray, at: NDArray[np.bool_], value: float) -> FloatArray:
    return np.where(at, value, np.clip(bound, 0.0, 1.0))
