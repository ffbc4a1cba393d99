"""What the asymptotic model leaves out of a book of finitely many names."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from analytics.errors import InvalidInput
from analytics.risk._numbers import Numbers, exposures_array, open_probability, positive, probabilities, scalar
from analytics.risk._shapes import FloatArray, broadcast, common_index, per_entry, shaped
from analytics.risk.capital._one_factor import levels
from analytics.risk.capital._risk_weight import column_of, refuse_below_pole, refuse_unknown_class, risk_weights


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
    precision, level = broadcast(xi=positive(xi, name="xi"), q=levels(q, name="q"))
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
    refuse_unknown_class(asset_class)
    if asset_class == "corporate":
        refuse_below_pole(default, "basel3")
    columns = [column_of(default), column_of(loss), np.full(1, 2.5), np.zeros(1)]
    return risk_weights(columns, len(default), asset_class=asset_class, q=q) / 12.5
