"""The provisions that the five categories ask for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pandas as pd

from analytics.errors import InvalidInput
from analytics.risk._tables import one_row_each, required_columns, whole_numbers
from analytics.risk.default import FIVE_CATEGORIES
from analytics.units import PPB

# Parts per billion of the balance, special provision: Guidelines on Loan Loss Provisioning (PBC 2002).
SPECIFIC_RATES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "pass": 0,
        "special_mention": 2 * PPB // 100,
        "substandard": 25 * PPB // 100,
        "doubtful": 50 * PPB // 100,
        "loss": PPB,
    }
)
GENERAL_RATE: Final = PPB // 100


def category_provisions(
    loans: pd.DataFrame, *, rates: Mapping[str, int] = SPECIFIC_RATES, general: int = GENERAL_RATE
) -> pd.DataFrame:
    """The least provision by category: a general one on every loan and a specific one by its category.

    Parameters
    ----------
    loans : pandas.DataFrame
        Columns loan, category (one of the five names), outstanding (fen). May be empty.
    rates : mapping of str to int
        Specific provision by category, parts per billion of the balance; one for each of the five.
    general : int
        General provision, parts per billion of every balance.

    Returns
    -------
    pandas.DataFrame
        One row for each category, pass first: category, loans, outstanding, general, specific,
        provision (integer fen). Each loan's amounts are rounded up, since the rates are minima.

    Raises
    ------
    InvalidInput
        Missing columns or values, a loan with two rows, an unknown category, money that is
        negative or no whole number, rates that miss a category or lie outside 0 to 1e9.

    Notes
    -----
    People's Bank of China, Guidelines on Loan Loss Provisioning (2002): a general provision of at
    least 1 % of loans, special mention 2 %, substandard 25 %, doubtful 50 %, loss 100 %. Whether
    these are the rates in force for a bank is for its compliance to confirm.

    Examples
    --------
    >>> category_provisions(pd.DataFrame({
    ...     "loan": [1, 2], "category": ["pass", "doubtful"], "outstanding": [1000, 200],
    ... })).query("loans > 0")[["category", "general", "specific", "provision"]]
       category  general  specific  provision
    0      pass       10         0         10
    3  doubtful        2       100        102
    """
    required_columns(loans, ("loan", "category", "outstanding"), name="loans")
    one_row_each(loans, "loan", name="loans")
    for name, rate in (*((name, rates.get(name)) for name in FIVE_CATEGORIES), ("general", general)):
        if rate is None or not 0 <= rate <= PPB:
            raise InvalidInput(f"rates: {name} is {rate}; give parts per billion, 0 to 1e9")
    balances = whole_numbers(loans["outstanding"], name="loans: outstanding")
    names = [str(name) for name in loans["category"].tolist()]
    rows = {name: [0, 0, 0, 0] for name in FIVE_CATEGORIES}
    for place, (name, balance) in enumerate(zip(names, balances, strict=True)):
        if name not in rows:
            raise InvalidInput(f"loans: row {place}, category {name!r}; give one of {', '.join(FIVE_CATEGORIES)}")
        found = rows[name]
        found[0] += 1
        found[1] += balance
        found[2] += -(-balance * general // PPB)
        found[3] += -(-balance * rates[name] // PPB)
    table = pd.DataFrame(
        [(name, *found, found[2] + found[3]) for name, found in rows.items()],
        columns=["category", "loans", "outstanding", "general", "specific", "provision"],
    )
    return table
