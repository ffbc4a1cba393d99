"""Columns as a reader takes them in: hundreds of millions, per cent, dates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from analytics.units import FEN_PER_100M_YUAN, calendar_date


def hundred_millions(amounts: Iterable[Any], digits: int = 4) -> list[Any]:
    """Money in fen as hundreds of millions of yuan, None where it is missing.

    >>> hundred_millions([12_345_678_900, None], 2)
    [1.23, None]
    """
    return [None if pd.isna(fen) else round(float(fen) / FEN_PER_100M_YUAN, digits) for fen in amounts]


def per_cent(shares: Iterable[Any], digits: int = 3) -> list[Any]:
    """Fractions as per cent, None where one is missing.

    >>> per_cent([0.12345, None], 2)
    [12.35, None]
    """
    return [None if pd.isna(share) else round(100 * float(share), digits) for share in shares]


def dates(days: Iterable[Any]) -> list[str]:
    """Day numbers as dates, nothing where zero stands for none.

    >>> dates([19722, 0])
    ['2023-12-31', '']
    """
    return [calendar_date(int(day)).isoformat() if day else "" for day in days]
