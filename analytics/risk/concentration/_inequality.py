"""Inequality: how far the members of a population are from holding the same."""

from __future__ import annotations

from analytics.risk._numbers import Numbers, scalar
from analytics.risk.concentration import _indices


def gini(exposures: Numbers) -> float:
    """Gini coefficient: twice the area between the Lorenz curve and the diagonal.

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Amounts, at least one above zero; zeros are members.

    Returns
    -------
    float
        In [0, 1 - 1/n] (the population form, no small-sample factor). One name: 0.

    Raises
    ------
    InvalidInput
        Empty, NaN, infinite, negative, or all zero.

    References
    ----------
    Cowell (2011), Measuring Inequality, appendix A.

    Examples
    --------
    >>> round(gini([0, 0, 0, 1]), 10)
    0.75
    """
    names = _indices.names_of(exposures)
    return _indices.gini(names, _indices.rank_sum(names))


def theil(exposures: Numbers) -> float:
    """Theil's T: the mean of r ln r, r being exposure over mean exposure.

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Amounts, at least one above zero; a zero adds 0, its limit, and counts in the mean.

    Returns
    -------
    float
        In [0, ln n]. One name: 0.

    Raises
    ------
    InvalidInput
        Empty, NaN, infinite, negative, or all zero.

    References
    ----------
    Theil (1967), Economics and Information Theory, chapter 4.

    Examples
    --------
    >>> round(theil([1, 3]), 6)
    0.130812
    """
    return _indices.generalised_entropy(_indices.names_of(exposures), 1.0)


def theil_l(exposures: Numbers) -> float:
    """Theil's L, the mean logarithmic deviation: the mean of -ln r.

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Amounts, all above zero.

    Returns
    -------
    float
        Zero or more, without bound. One name: 0.

    Raises
    ------
    InvalidInput
        As `herfindahl`, and where an exposure is zero: the index then has no finite value.

    References
    ----------
    Theil (1967), Economics and Information Theory, chapter 4.

    Examples
    --------
    >>> round(theil_l([1, 3]), 6)
    0.143841
    """
    return _indices.generalised_entropy(_indices.names_of(exposures), 0.0)


def generalised_entropy(exposures: Numbers, alpha: float) -> float:
    """Generalised entropy index of inequality, (mean of r^α - 1) / (α (α - 1)).

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Amounts, at least one above zero; zeros are members.
    alpha : float
        Any finite number. 0 gives Theil's L, 1 Theil's T, 2 half the squared coefficient of
        variation.

    Returns
    -------
    float
        Zero or more. One name: 0.

    Raises
    ------
    InvalidInput
        As `herfindahl`; where alpha is zero or negative and an exposure is zero (no finite
        value); where alpha is NaN, infinite or so large that the index exceeds a float.

    References
    ----------
    Shorrocks (1980), "The class of additively decomposable inequality measures".

    Examples
    --------
    >>> generalised_entropy([1, 3], 2)
    0.125
    """
    return _indices.generalised_entropy(_indices.names_of(exposures), scalar(alpha, name="alpha"))


def hoover(exposures: Numbers) -> float:
    """Hoover index: the share of the total that would have to move to make all equal.

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Amounts, at least one above zero; zeros are members.

    Returns
    -------
    float
        In [0, 1 - 1/n]. One name: 0.

    Raises
    ------
    InvalidInput
        Empty, NaN, infinite, negative, or all zero.

    References
    ----------
    Hoover (1936), "The measurement of industrial localization".

    Examples
    --------
    >>> hoover([1, 3])
    0.25
    """
    return _indices.hoover(_indices.names_of(exposures))


def atkinson(exposures: Numbers, epsilon: float) -> float:
    """Atkinson index: the fraction by which the equally distributed equivalent falls short of the mean.

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Amounts, at least one above zero; zeros are members.
    epsilon : float
        Aversion to inequality, zero or more. 1 compares the geometric mean, infinity the
        smallest exposure. From 1 on, a single zero brings the index to 1, its limit.

    Returns
    -------
    float
        In [0, 1], rising in epsilon. One name: 0.

    Raises
    ------
    InvalidInput
        As `herfindahl`, and where epsilon is negative or NaN.

    References
    ----------
    Atkinson (1970), "On the measurement of inequality".

    Examples
    --------
    >>> round(atkinson([1, 3], 1), 6)
    0.133975
    """
    return _indices.atkinson(_indices.names_of(exposures), _indices.order(epsilon, name="epsilon"))
