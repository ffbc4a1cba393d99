"""Bins of a characteristic, and the weight of evidence in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.errors import InvalidInput
from analytics.risk._numbers import Numbers, finite_array, flags, scalar, whole_number
from analytics.risk._shapes import FloatArray, vector

_FEW_CATEGORIES: Final = 50


@dataclass(frozen=True, slots=True)
class Binning:
    """The bins of one characteristic and the evidence in each.

    Attributes
    ----------
    name : str
        The characteristic.
    edges : tuple of float or None
        Inner edges of a numeric one: bin k holds edges[k-1] < x <= edges[k]; None for categories.
    table : pandas.DataFrame
        One row for each bin: bin (text), good, bad, bad_rate, woe, information.
    """

    name: str
    edges: tuple[float, ...] | None
    table: pd.DataFrame

    @property
    def information_value(self) -> float:
        """Σ (share of goods − share of bads) × WoE over the bins."""
        return float(self.table["information"].sum())

    def woe(self, values: pd.Series[Any]) -> FloatArray:
        """The weight of evidence of each value.

        Raises
        ------
        InvalidInput
            NaN, or a category that was not among those the bins were made of.
        """
        code = bin_codes(values, self.edges, self.table["bin"].tolist(), self.name)
        return self.table["woe"].to_numpy(dtype=np.float64)[code]


def weight_of_evidence(
    values: pd.Series[Any],
    defaulted: Numbers,
    *,
    bins: int | Sequence[float] = 5,
    smoothing: float = 0.0,
) -> Binning:
    """Weight of evidence of a characteristic: in each bin ln of share of goods over share of bads.

    Parameters
    ----------
    values : pandas.Series, shape (n,)
        Numbers, cut into bins; or texts or categories, each its own bin.
    defaulted : array-like, shape (n,)
        1 or True where the obligor defaulted.
    bins : int or sequence of float
        Number of bins of equal frequency (fewer where values tie), or the inner edges.
    smoothing : float
        Added to the goods and the bads of each bin, so that a bin without either has a finite
        weight; 0 refuses such a bin.

    Returns
    -------
    Binning
        Bins in the order of the edges, or of the categories' names.

    Raises
    ------
    InvalidInput
        Empty, NaN, no default or nothing but defaults, edges that do not rise, more than 50
        categories, or an empty cell without smoothing.

    Notes
    -----
    Siddiqi (2006), Credit Risk Scorecards; Thomas, Edelman, Crook (2002).

    Examples
    --------
    >>> income = pd.Series([1, 2, 3, 4, 5, 6], name="income")
    >>> weight_of_evidence(income, [1, 0, 1, 0, 1, 0], bins=[3]).table[["bin", "good", "bad", "woe"]].round(3)
           bin  good  bad    woe
    0  (.., 3]     1    2 -0.693
    1  (3, ..)     2    1  0.693
    """
    bad = outcomes(defaulted, len(values))
    extra = scalar(smoothing, name="smoothing", low=0.0)
    name = str(values.name) if values.name is not None else "values"
    edges, labels = bins_of(values, bins, name)
    code = bin_codes(values, edges, labels, name)
    bads = np.bincount(code, weights=bad, minlength=len(labels))
    goods = np.bincount(code, weights=1.0 - bad, minlength=len(labels))
    hollow = np.flatnonzero((goods + extra == 0.0) | (bads + extra == 0.0))
    if len(hollow):
        raise InvalidInput(
            f"{name}: bin {labels[hollow[0]]} has no {'bad' if goods[hollow[0]] else 'good'} obligor; "
            "merge bins or give smoothing=0.5"
        )
    good_share = (goods + extra) / (goods + extra).sum()
    bad_share = (bads + extra) / (bads + extra).sum()
    woe = np.log(good_share / bad_share)
    size = goods + bads
    table = pd.DataFrame(
        {
            "bin": labels,
            "good": goods.astype(np.int64),
            "bad": bads.astype(np.int64),
            "bad_rate": np.divide(bads, size, out=np.zeros_like(bads), where=size > 0.0),
            "woe": woe,
            "information": (good_share - bad_share) * woe,
        }
    )
    return Binning(name, edges, table)


def bins_of(
    values: pd.Series[Any], bins: int | Sequence[float], name: str
) -> tuple[tuple[float, ...] | None, list[str]]:
    """Inner edges of numbers, or None for categories, and what each bin is called."""
    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        if values.isna().any():
            raise InvalidInput(f"{name}: row {int(np.flatnonzero(values.isna())[0])} is missing; name it a category")
        labels = sorted({str(v) for v in values.tolist()})
        if not labels:
            raise InvalidInput(f"{name}: empty; give at least one obligor")
        if len(labels) > _FEW_CATEGORIES:
            raise InvalidInput(f"{name}: {len(labels)} categories, at most {_FEW_CATEGORIES}; group them")
        return None, labels
    numbers = vector(finite_array(values, name=name), name=name)
    if isinstance(bins, int):
        steps = np.linspace(0.0, 1.0, whole_number(bins, name="bins", least=1) + 1)[1:-1]
        cuts = np.quantile(numbers, steps, method="inverted_cdf")
        edges = np.unique(cuts[cuts < numbers.max()])
    else:
        edges = finite_array(np.asarray(bins, dtype=np.float64), name="bins") if len(bins) else np.empty(0)
        if (np.diff(edges) <= 0.0).any():
            raise InvalidInput("bins: edges do not rise; sort them and drop repeats")
    marks = [f"{edge:g}" for edge in edges]
    labels = [f"({a}, {b}]" for a, b in zip(["..", *marks], marks, strict=False)]
    return tuple(edges.tolist()), [*labels, f"({marks[-1] if marks else '..'}, ..)"]


def bin_codes(
    values: pd.Series[Any], edges: tuple[float, ...] | None, labels: list[str], name: str
) -> NDArray[np.intp]:
    """The bin of each value; a category without one is refused."""
    if edges is not None:
        return np.searchsorted(np.asarray(edges), finite_array(values, name=name))
    code = pd.Index(labels).get_indexer(pd.Index(values.map(str)))
    unknown = np.flatnonzero(code < 0)
    if len(unknown):
        found = values.tolist()[int(unknown[0])]
        raise InvalidInput(f"{name}: row {unknown[0]}, {found!r} is in no bin; give one of {', '.join(labels)}")
    return code


def outcomes(defaulted: Numbers, length: int, *, both: bool = True) -> FloatArray:
    """Who defaulted as 1.0 and 0.0; where both outcomes are needed, some of each."""
    bad = flags(defaulted, name="defaulted", length=length).astype(np.float64)
    if both and bad.min() == bad.max():
        what = "nobody" if bad[0] == 0.0 else "everybody"
        raise InvalidInput(f"defaulted: {what} did; both outcomes are needed")
    return bad
