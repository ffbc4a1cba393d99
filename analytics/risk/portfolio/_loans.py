"""Loans, and the cells of sector and default threshold in which only the sum of the many is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analytics.risk import _normal
from analytics.risk._shapes import FloatArray

# A book of at most so many distinct PDs keeps each; of more, those in a cell of this width of Φ⁻¹(pd) become one.
_DISTINCT: Final = 400
CELL: Final = 1.0 / 64.0


@dataclass(frozen=True, slots=True)
class Loans:
    """Every loan: what it loses, its sector, label and cell, and which are drawn one by one."""

    loss: FloatArray
    threshold: FloatArray
    loading: FloatArray
    sector: NDArray[np.int64]
    label: NDArray[np.int64]
    cell: NDArray[np.int64]
    large: NDArray[np.int64]
    many: FloatArray  # the loss again, zero where drawn one by one


@dataclass(frozen=True, slots=True)
class Cells:
    """Sectors × thresholds: the loans in each share a default probability."""

    threshold: FloatArray
    loading: FloatArray
    sums: FloatArray  # of e, e² and e³, e being loss given default; 3 × sectors × cells

    def default_rate(self, sector: int, factor: FloatArray) -> FloatArray:
        """Conditional default probability in a sector, cells × factors."""
        loading = self.loading[sector][:, None]
        distance = self.threshold[sector][:, None] - np.sqrt(loading) * factor[None, :]
        return np.asarray(special.ndtr(distance / np.sqrt(1.0 - loading)))

    def moments(self, sector: int, factor: FloatArray) -> FloatArray:
        """Conditional mean, variance and sum of third absolute central moments of the loss, factors × 3."""
        rate = self.default_rate(sector, factor)
        spread = rate * (1.0 - rate)
        third = spread * (np.square(rate) + np.square(1.0 - rate))
        return np.column_stack(
            [sums @ part for sums, part in zip(self.sums[:, sector], (rate, spread, third), strict=True)]
        )


def cells_of(
    default: FloatArray, loss: FloatArray, code: NDArray[np.int64], sectors: int
) -> tuple[NDArray[np.int64], FloatArray]:
    """The cell of each loan, and each cell's default probability, sectors × cells.

    Few distinct probabilities are kept as they are. Of many, those whose thresholds share an
    interval take their mean weighted by loss, which leaves the expected loss as it is.
    """
    bins, values = _distinct(default)
    if values is not None:
        return code * len(values) + bins, np.broadcast_to(values, (sectors, len(values)))
    bins = np.floor(np.clip(thresholds(default), -8.3, 8.3) / CELL).astype(np.int64)
    bins -= bins.min()
    width = int(bins.max()) + 1
    cell = code * width + bins
    rate = ratio(sum_by(cell, loss * default, sectors * width), sum_by(cell, loss, sectors * width))
    return cell, np.minimum(rate, 1.0).reshape(sectors, width)


def _distinct(default: FloatArray) -> tuple[NDArray[np.int64], FloatArray | None]:
    """Codes of the distinct probabilities and these, or None where they are too many."""
    if len(pd.unique(default[: 4 * _DISTINCT])) > _DISTINCT:
        return np.empty(0, dtype=np.int64), None
    code, values = pd.factorize(default)
    return code.astype(np.int64), values if len(values) <= _DISTINCT else None


def thresholds(default: FloatArray) -> FloatArray:
    """Φ⁻¹ of the default probabilities; minus and plus infinity at 0 and 1."""
    flat = np.ascontiguousarray(default).ravel()
    with np.errstate(divide="ignore"):
        return _normal.quantiles(flat, np.log(flat)).reshape(default.shape)


def loadings(default: FloatArray, own: FloatArray) -> FloatArray:
    """Part of the variance of a loan's return that its sector drives."""
    basel = 0.12 * (1.0 + np.exp(-50.0 * default))
    return np.asarray(np.where(own == 1.0, basel, np.broadcast_to(own, default.shape)))


def ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """Quotients, zero where there is nothing to divide by."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0.0)


def sum_by(code: NDArray[np.int64], values: FloatArray, size: int) -> FloatArray:
    """Sums of the values of each code, 0 to size - 1."""
    return np.bincount(code, weights=values, minlength=size).astype(np.float64, copy=False)
