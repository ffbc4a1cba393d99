"""Concentration and inequality of a credit book: one definition, one name each.

Every index takes exposures of any one unit, uses natural logarithms and returns a fraction.
Two families differ in what an exposure of zero means. For the **concentration** indices
(`herfindahl`, `effective_number`, `top_share`, `shannon`, `renyi`, `hannah_kay`,
`hall_tideman`) a name that owes nothing changes nothing, except that the normalised
Herfindahl index counts it among its n names. For the **inequality** indices (`gini`, `theil`,
`theil_l`, `generalised_entropy`, `hoover`, `atkinson`) it is a member of the population and
raises the index. One name alone is full concentration (Herfindahl 1, one effective name,
entropy 0) and no inequality (every inequality index 0).

Tables over a book add labels: `concentration_table` lists the buckets of one dimension,
`concentration_pack` the indices of all of them.
"""

from analytics.risk.concentration._concentration import (
    effective_number,
    hall_tideman,
    hannah_kay,
    herfindahl,
    herfindahl_bounds,
    renyi,
    shannon,
    top_share,
)
from analytics.risk.concentration._inequality import atkinson, generalised_entropy, gini, hoover, theil, theil_l
from analytics.risk.concentration._table import concentration_pack, concentration_table

__all__ = [
    "atkinson",
    "concentration_pack",
    "concentration_table",
    "effective_number",
    "generalised_entropy",
    "gini",
    "hall_tideman",
    "hannah_kay",
    "herfindahl",
    "herfindahl_bounds",
    "hoover",
    "renyi",
    "shannon",
    "theil",
    "theil_l",
    "top_share",
]
