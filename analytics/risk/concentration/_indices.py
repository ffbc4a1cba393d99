"""Concentration and inequality indices over names, where one entry may stand for many equal names.

A retail pool is one record and many borrowers: spread evenly over them, its part of every
index has a closed form in the number of members, so that no borrower need be written out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analytics.errors import InvalidInput
from analytics.risk._numbers import Numbers, exposures_array, scalar, whole_number
from analytics.risk._shapes import FloatArray


@dataclass(frozen=True, slots=True)
class Names:
    """Shares of a total: each of ``members[i]`` equal names holds ``share[i]``; ``number`` names in all."""

    share: FloatArray
    members: FloatArray
    number: float
    ascending: bool = False

    @property
    def singles(self) -> bool:
        """Whether every entry is one name."""
        return self.number == len(self.share)


def names_of(exposures: Numbers) -> Names:
    """Exposures as shares, each of one name."""
    return names(exposures_array(exposures))


def names(amounts: FloatArray, members: FloatArray | None = None) -> Names:
    """Amounts, none negative and one above zero, as shares spread evenly over their members, one by default."""
    # Dividing by the largest first keeps totals beyond the range of a float finite.
    share = amounts / amounts.max()
    share /= share.sum()
    if members is None:
        return Names(share, np.broadcast_to(1.0, share.shape), float(len(share)))
    return Names(share / members, members, float(members.sum()))


def order(alpha: float, *, name: str = "alpha") -> float:
    """The order of an index: zero or more, infinity allowed."""
    if isinstance(alpha, float) and alpha == math.inf:
        return alpha
    return scalar(alpha, name=name, low=0.0)


def herfindahl(names: Names) -> float:
    """Σ of squared shares."""
    return _total(names, np.square(names.share))


def normalised(index: float, number: float) -> float:
    """A Herfindahl index of so many names, from [1/n, 1] to [0, 1]; 1 for one name."""
    if number == 1.0:
        return 1.0
    return max(0.0, (index - 1.0 / number) / (1.0 - 1.0 / number))


def ranked(names: Names) -> Names:
    """The same names, smallest share first."""
    if names.ascending:
        return names
    if names.singles:
        return Names(np.sort(names.share), names.members, names.number, True)
    order = np.argsort(names.share)
    return Names(names.share[order], names.members[order], names.number, True)


def top_share(names: Names, k: int) -> float:
    """Share of the k largest names; a pool gives as many of its members as are needed."""
    if whole_number(k, name="k", least=1) >= names.number:
        return 1.0
    names = ranked(names)
    if names.singles:
        return float(names.share[-k:].sum())
    members = names.members[::-1]
    taken = np.clip(k - (np.cumsum(members) - members), 0.0, members)
    return _dot(taken, names.share[::-1])


def rank_sum(names: Names) -> float:
    """Σ of rank times share over the names, rank 1 for the smallest."""
    names = ranked(names)
    if names.singles:
        return _dot(np.arange(1.0, names.number + 1.0), names.share)
    before = np.cumsum(names.members) - names.members
    return _dot(names.members * (before + (names.members + 1.0) / 2.0), names.share)


def gini(names: Names, ranks: float) -> float:
    """Gini coefficient, population form, from the rank sum."""
    return max(0.0, (2.0 * ranks - 1.0) / names.number - 1.0)


def hall_tideman(names: Names, ranks: float) -> float:
    """1 / (2 Σ rank · share - 1), rank 1 for the largest, from the rank sum."""
    return 1.0 / (2.0 * (names.number + 1.0 - ranks) - 1.0)


def hoover(names: Names) -> float:
    """Half the sum of distances from the mean share."""
    return 0.5 * _total(names, np.abs(names.share - 1.0 / names.number))


def renyi(names: Names, alpha: float) -> float:
    """Rényi entropy of order alpha in [0, ∞], with its limits at 1 and ∞."""
    share, members = names.share, names.members
    if share.min() == 0.0:
        held = share > 0.0
        share, members = share[held], members[held]
    if alpha == math.inf:
        return -math.log(float(share.max()))
    logs = np.log(share)
    if alpha == 1.0:
        entropy = -_dot(members, logs * share)
    elif abs(alpha - 1.0) <= 0.5:
        # Σ s^α - 1 = Σ s (s^(α-1) - 1): no cancellation as alpha nears 1.
        entropy = math.log1p(_dot(members * share, np.expm1((alpha - 1.0) * logs))) / (1.0 - alpha)
    else:
        entropy = _log_sum(alpha * logs, members) / (1.0 - alpha)
    return max(0.0, entropy)


def generalised_entropy(names: Names, alpha: float) -> float:
    """Generalised entropy of any finite order, with its limits at 0 and 1."""
    weight = names.members / names.number
    held = names.share > 0.0
    if alpha <= 0.0 and not held.all():
        raise InvalidInput(
            f"exposures: entry {int(np.argmin(held))} is zero (or vanishes beside the largest); an index of "
            f"order {alpha:g} has no finite value there: leave out what owes nothing or take an order above 0"
        )
    ratio = names.share[held] * names.number
    weight_held, logs = weight[held], np.log(ratio)
    with np.errstate(over="ignore"):
        if alpha == 0.0:
            index = -_dot(weight_held, logs)
        elif alpha == 1.0:
            index = _dot(weight_held * ratio, logs)
        elif alpha >= 0.5:
            # The mean of r is 1, so mean r^α - 1 = mean r (r^(α-1) - 1): no cancellation near 1.
            index = _dot(weight_held * ratio, np.expm1((alpha - 1.0) * logs)) / (alpha * (alpha - 1.0))
        else:
            absent = float(weight[~held].sum())
            index = (_dot(weight_held, np.expm1(alpha * logs)) - absent) / (alpha * (alpha - 1.0))
    if not math.isfinite(index):
        raise InvalidInput(f"alpha: the index of order {alpha:g} exceeds a float; take an order nearer to 0")
    return max(0.0, index)


def atkinson(names: Names, epsilon: float) -> float:
    """Atkinson index for an aversion in [0, ∞], with its limits at 1 and ∞."""
    weight = names.members / names.number
    held = names.share > 0.0
    if epsilon >= 1.0 and not held.all():
        return 1.0
    ratio = names.share[held] * names.number
    if epsilon == math.inf:
        return max(0.0, 1.0 - float(ratio.min()))
    logs, power = np.log(ratio), 1.0 - epsilon
    if power == 0.0:
        equivalent = _dot(weight, logs)
    elif abs(power) <= 0.5 and held.all():
        equivalent = math.log1p(_dot(weight, np.expm1(power * logs))) / power
    else:
        equivalent = _log_sum(power * logs, weight[held]) / power
    return max(0.0, -math.expm1(equivalent))


def _log_sum(powers: FloatArray, weights: FloatArray) -> float:
    """Logarithm of Σ weight · exp(power), without overflow."""
    largest = float(powers.max())
    return largest + math.log(_dot(weights, np.exp(powers - largest)))


def _total(names: Names, each: FloatArray) -> float:
    """Σ over the names of what each of an entry's members has."""
    return float(each.sum()) if names.singles else _dot(names.members, each)


def _dot(left: FloatArray, right: FloatArray) -> float:
    """Σ of products by pairwise summation: nearer to exact than BLAS, and without its threads."""
    return float(np.multiply(left, right).sum())
