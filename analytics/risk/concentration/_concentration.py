"""Concentration: how much of the whole a few names hold."""

from __future__ import annotations

import math

import numpy as np

from analytics.errors import InvalidInput
from analytics.risk._numbers import Numbers, probabilities, scalar
from analytics.risk._shapes import vector
from analytics.risk.concentration import _indices


def herfindahl(exposures: Numbers, *, normalised: bool = False) -> float:
    """Herfindahl-Hirschman index: the sum of squared shares.

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Amounts, at least one above zero.
    normalised : bool
        Rescale from [1/n, 1] to [0, 1]: (H - 1/n) / (1 - 1/n), n counting every entry, zeros too.

    Returns
    -------
    float
        In [1/n, 1], or [0, 1] where normalised. One name: 1 either way.

    Raises
    ------
    InvalidInput
        Empty, NaN, infinite, negative, or all zero.

    References
    ----------
    Hirschman (1964), "The paternity of an index"; Herfindahl (1950).

    Examples
    --------
    >>> round(herfindahl([30, 30, 20, 20]), 10)
    0.26
    """
    names = _indices.names_of(exposures)
    index = _indices.herfindahl(names)
    return _indices.normalised(index, names.number) if normalised else index


def effective_number(exposures: Numbers) -> float:
    """Number of equal names as concentrated as these: one over the Herfindahl index.

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Amounts, at least one above zero.

    Returns
    -------
    float
        In [1, n].

    Raises
    ------
    InvalidInput
        Empty, NaN, infinite, negative, or all zero.

    References
    ----------
    Adelman (1969), "Comment on the 'H' concentration measure as a numbers-equivalent".

    Examples
    --------
    >>> effective_number([5, 5, 5, 5])
    4.0
    """
    return 1.0 / _indices.herfindahl(_indices.names_of(exposures))


def top_share(exposures: Numbers, k: int) -> float:
    """Share of the k largest names (the concentration ratio CR k).

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Amounts, at least one above zero.
    k : int
        At least 1; beyond n the share is 1.

    Returns
    -------
    float
        In (0, 1].

    Raises
    ------
    InvalidInput
        As `herfindahl`, and where k is not an integer above zero.

    References
    ----------
    Hall and Tideman (1967), "Measures of concentration".

    Examples
    --------
    >>> round(top_share([30, 30, 20, 20], 2), 10)
    0.6
    """
    return _indices.top_share(_indices.names_of(exposures), k)


def shannon(exposures: Numbers) -> float:
    """Shannon entropy of the shares, -Σ s ln s; its exponential is a number of names.

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Amounts, at least one above zero; zeros change nothing.

    Returns
    -------
    float
        In [0, ln n]; the lower, the more concentrated. One name: 0.

    Raises
    ------
    InvalidInput
        Empty, NaN, infinite, negative, or all zero.

    References
    ----------
    Shannon (1948), "A mathematical theory of communication", section 6.

    Examples
    --------
    >>> round(shannon([1, 1]), 6)
    0.693147
    """
    return _indices.renyi(_indices.names_of(exposures), 1.0)


def renyi(exposures: Numbers, alpha: float) -> float:
    """Rényi entropy of order alpha, ln(Σ s^α) / (1 - α).

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Amounts, at least one above zero; zeros change nothing.
    alpha : float
        Zero or more. 0 gives the logarithm of the number of names that owe something,
        1 Shannon's entropy, 2 minus the logarithm of the Herfindahl index, infinity minus
        the logarithm of the largest share.

    Returns
    -------
    float
        In [0, ln n], falling in alpha. One name: 0.

    Raises
    ------
    InvalidInput
        As `herfindahl`, and where alpha is negative or NaN.

    References
    ----------
    Rényi (1961), "On measures of entropy and information".

    Examples
    --------
    >>> round(renyi([30, 30, 20, 20], 2), 6) == round(-math.log(0.26), 6)
    True
    """
    return _indices.renyi(_indices.names_of(exposures), _indices.order(alpha))


def hall_tideman(exposures: Numbers) -> float:
    """Hall-Tideman index, 1 / (2 Σ i s_i - 1) with rank 1 for the largest share.

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Amounts, at least one above zero; zeros change nothing.

    Returns
    -------
    float
        In [1/n, 1]. One name: 1.

    Raises
    ------
    InvalidInput
        Empty, NaN, infinite, negative, or all zero.

    References
    ----------
    Hall and Tideman (1967), "Measures of concentration".

    Examples
    --------
    >>> round(hall_tideman([1, 1, 1, 1]), 10)
    0.25
    """
    names = _indices.names_of(exposures)
    return _indices.hall_tideman(names, _indices.rank_sum(names))


def hannah_kay(exposures: Numbers, alpha: float) -> float:
    """Hannah-Kay number of names, (Σ s^α)^(1 / (1 - α)).

    Parameters
    ----------
    exposures : array-like, shape (n,)
        Amounts, at least one above zero; zeros change nothing.
    alpha : float
        Zero or more. 0 counts the names that owe something, 1 gives the exponential of
        Shannon's entropy, 2 one over the Herfindahl index, infinity one over the largest share.

    Returns
    -------
    float
        In [1, n], falling in alpha. One name: 1.

    Raises
    ------
    InvalidInput
        As `herfindahl`, and where alpha is negative or NaN.

    References
    ----------
    Hannah and Kay (1977), Concentration in Modern Industry.

    Examples
    --------
    >>> round(hannah_kay([30, 30, 20, 20], 2), 6) == round(1 / 0.26, 6)
    True
    """
    return math.exp(_indices.renyi(_indices.names_of(exposures), _indices.order(alpha)))


def herfindahl_bounds(
    named_shares: Numbers, rest: float, *, largest_unnamed: float | None = None
) -> tuple[float, float]:
    """Bounds of the Herfindahl index where only the largest shares are published.

    Parameters
    ----------
    named_shares : array-like, shape (n,)
        The published shares, as fractions of the whole.
    rest : float
        The share held by unnamed ones, a fraction. The two may sum to less than one where
        part of the whole is not to be counted (personal loans are no industry).
    largest_unnamed : float, optional
        The most that an unnamed one can hold; by default the smallest named share.

    Returns
    -------
    tuple of float
        The rest split into atoms (it adds nothing), and the rest in as few lumps as are
        allowed: whole ones of the largest size and one of what is left, which no other
        split exceeds since the square is convex.

    Raises
    ------
    InvalidInput
        A share outside [0, 1]; a sum above one; a rest that no lump of size zero can hold.

    References
    ----------
    US Department of Justice and FTC, Horizontal Merger Guidelines (1992), section 1.5: unnamed small
    firms weigh little. The upper bound is the largest value of a convex function on a capped simplex.

    Examples
    --------
    >>> low, high = herfindahl_bounds([0.1190, 0.1023, 0.0777, 0.0456, 0.0346], 0.1702)
    >>> round(low, 4), round(high, 4)
    (0.0339, 0.0397)
    """
    named = vector(probabilities(named_shares, name="named_shares"), name="named_shares")
    unnamed = scalar(rest, name="rest", low=0.0, high=1.0)
    most = named.min() if largest_unnamed is None else largest_unnamed
    largest = scalar(most, name="largest_unnamed", low=0.0, high=1.0)
    total = float(named.sum()) + unnamed
    if total > 1.0 + 1e-9:
        raise InvalidInput(f"named_shares and rest: they sum to {total}; shares of one whole sum to 1 at most")
    lower = float(np.square(named).sum())
    if unnamed == 0.0:
        return lower, lower
    if largest == 0.0:
        raise InvalidInput(f"largest_unnamed: 0 leaves no place for a rest of {unnamed}; give it above zero")
    whole = math.floor(unnamed / largest)
    left = max(unnamed - whole * largest, 0.0)
    return lower, lower + whole * largest**2 + left**2
