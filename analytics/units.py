"""Units: money in fen, rates in parts per billion, dates as day numbers.

Money is an integer number of the currency's smallest unit (fen: 1 yuan = 100 fen).
Rates and ratios are parts per billion (1_000_000_000 = 100 %). Dates are days since
1970-01-01, time stamps UTC seconds.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

FEN_PER_YUAN: Final = 100
FEN_PER_100M_YUAN: Final = 100_000_000 * FEN_PER_YUAN
PPB: Final = 1_000_000_000
EPOCH: Final = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Days from 1970-01-01 to ``day``.

    >>> day_number(date(2023, 12, 31))
    19722
    """
    return (day - EPOCH).days


def calendar_date(day: int) -> date:
    """The date that is ``day`` days after 1970-01-01.

    >>> calendar_date(19722)
    datetime.date(2023, 12, 31)
    """
    return EPOCH + timedelta(days=day)
