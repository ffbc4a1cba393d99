"""How exposures run off along their contractual schedules."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from analytics.errors import InvalidInput
from analytics.risk._numbers import whole_number
from analytics.risk._tables import located, one_row_each, required_columns, whole_numbers

DAYS_PER_YEAR: Final = 365
_TOLERANCE: Final = 1e-9


def run_off(
    balances: pd.DataFrame, instalments: pd.DataFrame, *, as_of: int, periods_per_year: int = 4
) -> pd.DataFrame:
    """How each loan's exposure runs off along its contractual schedule, period by period.

    Parameters
    ----------
    balances : pandas.DataFrame
        Columns loan, exposure (fen, now).
    instalments : pandas.DataFrame
        Columns loan, date (day number), principal (fen). Those on or before ``as_of`` have no
        part: what was due and not paid stays in the balance until the end.
    as_of : int
        The day number from which time counts, in years of 365 days.
    periods_per_year : int
        Equal periods from ``as_of``; the last one ends with the last instalment.

    Returns
    -------
    pandas.DataFrame
        Columns loan, start, end (years), exposure (fen): the balance at the start of the period.
        A loan without an instalment ahead keeps its balance for one period.

    Raises
    ------
    InvalidInput
        Missing columns, a loan with two rows, an instalment of an unknown loan, money that is
        negative or no whole number, more principal scheduled than is owed.

    Examples
    --------
    >>> run_off(
    ...     pd.DataFrame({"loan": [7], "exposure": [100]}),
    ...     pd.DataFrame({"loan": [7, 7], "date": [365, 547], "principal": [60, 40]}),
    ...     as_of=0, periods_per_year=1,
    ... ).round(3)
       loan  start    end  exposure
    0     7    0.0  1.000       100
    1     7    1.0  1.499        40
    """
    required_columns(balances, ("loan", "exposure"), name="balances", empty=False)
    required_columns(instalments, ("loan", "date", "principal"), name="instalments")
    one_row_each(balances, "loan", name="balances")
    whole_number(periods_per_year, name="periods_per_year", least=1)
    owed = np.array(whole_numbers(balances["exposure"], name="balances: exposure"), dtype=np.int64)
    ahead = instalments[instalments["date"] > as_of]
    loan = located(ahead["loan"], pd.Index(balances["loan"]), name="instalments", among="balances")
    paid = np.array(whole_numbers(ahead["principal"], name="instalments: principal"), dtype=np.int64)
    when = (ahead["date"].to_numpy(dtype=np.float64) - as_of) / DAYS_PER_YEAR
    last = np.zeros(len(owed))
    np.maximum.at(last, loan, when)
    last[last == 0.0] = 1.0 / periods_per_year
    periods = np.ceil(last * periods_per_year - _TOLERANCE).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(periods)[:-1]])
    of = np.repeat(np.arange(len(owed)), periods)
    number = np.arange(len(of)) - first[of]
    scheduled = np.zeros(len(owed), dtype=np.int64)
    np.add.at(scheduled, loan, paid)
    if np.any(scheduled > owed):
        over = int(np.flatnonzero(scheduled > owed)[0])
        raise InvalidInput(
            f"instalments: loan {balances['loan'].tolist()[over]!r} repays {scheduled[over]} of {owed[over]}; "
            "schedule no more than is owed"
        )
    # What is paid within a period is no longer owed in the next one.
    falls = np.zeros(len(of), dtype=np.int64)
    period = np.ceil(when * periods_per_year - _TOLERANCE).astype(np.int64)
    inside = period < periods[loan]
    np.add.at(falls, (first[loan] + period)[inside], paid[inside])
    gone = np.cumsum(falls)
    gone -= (gone[first] - falls[first])[of]
    return pd.DataFrame(
        {
            "loan": balances["loan"].to_numpy()[of],
            "start": number / periods_per_year,
            "end": np.minimum((number + 1) / periods_per_year, last[of]),
            "exposure": owed[of] - gone,
        }
    )
