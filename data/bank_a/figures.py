"""The study's figures, and year-end matrices of industry by region that meet them exactly.

Source: X. Huang, "Application of Blockchain Technology in Credit Management of Commercial Banks",
Tables 1 to 3. Amounts are in 100 million yuan (the study heads them "Billion Yuan"; its text's 35.049
billion is 11.9 % of 294.530 billion). Where rows and printed totals disagree, rows win.

Everything here is counted in lots of 10,000 yuan, so that every loan is a round sum of money.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.int64]

FEN_PER_LOT: Final = 10_000 * 100
LOTS_PER_100M: Final = 10_000
YEARS: Final = (2020, 2021, 2022, 2023)

PERSONAL: Final = "X00"
NAMED_INDUSTRIES: Final = ("K70", "F51", "L72", "N77", "E47")
OTHER_INDUSTRIES: Final = ("C39", "H61", "G54", "D44", "I65", "J66", "A01", "P83", "Q84", "B06")
INDUSTRIES: Final = (*NAMED_INDUSTRIES, *OTHER_INDUSTRIES, PERSONAL)
NAMED_REGIONS: Final = ("CN-GD", "CN-ZJ", "CN-HN")
OTHER_REGIONS: Final = (
    "CN-JS", "CN-SH", "CN-BJ", "CN-FJ", "CN-SC", "CN-HB", "CN-CQ", "CN-GX", "CN-JX", "CN-AH",
)  # fmt: skip
REGIONS: Final = (*NAMED_REGIONS, *OTHER_REGIONS)

# Table 2 (regions 1, 2, 3, Others). 2020 is this builder's own split of the implied total.
REGION_AMOUNTS: Final = {
    2020: (828.70, 226.40, 168.30, 137.13),
    2021: (1023.38, 209.72, 155.21, 305.77),
    2022: (1426.32, 182.46, 136.44, 653.26),
    2023: (1700.44, 234.61, 115.48, 894.76),
}
# Table 1, per cent of all loans, in the order of NAMED_INDUSTRIES. 2020 is this builder's own.
INDUSTRY_SHARES: Final = {
    2020: (15.37, 14.85, 9.46, 10.12, 4.05),
    2021: (14.46, 13.02, 9.85, 8.82, 3.86),
    2022: (13.22, 9.88, 10.46, 5.33, 4.73),
    2023: (11.90, 7.77, 10.23, 4.56, 3.46),
}
# Table 3; 2020's total follows from 288.16 being 21.18 % of it.
PERSONAL_AMOUNTS: Final = {2020: 288.16, 2021: 512.90, 2022: 987.24, 2023: 1327.29}
IMPLIED_TOTAL_2020: Final = 1360.53
# "New major project loans account for 35 % of the increase in public loans" of 2023.
MAJOR_PROJECT_SHARE: Final = 35


def lots(amount: float) -> int:
    """An amount of the study (two decimals of 100 million yuan) in lots.

    >>> lots(350.49)
    3504900
    """
    return round(amount * 100) * LOTS_PER_100M // 100


def total(year: int) -> int:
    """The book's total at a year end, in lots: the sum of Table 2's rows.

    >>> total(2023) / 10_000
    2945.29
    """
    return sum(lots(amount) for amount in REGION_AMOUNTS[year])


def major_projects() -> int:
    """What new major-project loans must stand at by the end of 2023, in lots."""
    growth = (total(2023) - lots(PERSONAL_AMOUNTS[2023])) - (total(2022) - lots(PERSONAL_AMOUNTS[2022]))
    return growth * MAJOR_PROJECT_SHARE // 100


def year_end(year: int) -> Matrix:
    """Outstanding principal by industry and region at a year end, in lots.

    Rows in the order of INDUSTRIES, columns of REGIONS; row and column sums are the study's. The inside
    is this builder's: a prior fitted to the sums by iterative proportional fitting (Deming and Stephan,
    1940) and rounded to whole lots without disturbing them.
    """
    rows = _industry_sums(year)
    columns = _region_sums(year)
    prior = np.outer(rows, columns).astype(np.float64) * _affinity()
    for _ in range(500):
        prior *= (rows / prior.sum(axis=1))[:, None]
        prior *= columns / prior.sum(axis=0)
    return _rounded(prior, rows, columns)


def _industry_sums(year: int) -> Matrix:
    """Named industries at their share, personal loans at their amount, the rest spread below the smallest."""
    whole = total(year)
    named = [round(whole * share / 100) for share in INDUSTRY_SHARES[year]]
    personal = lots(PERSONAL_AMOUNTS[year])
    rest = whole - sum(named) - personal
    return np.array([*named, *_spread(rest, len(OTHER_INDUSTRIES), tilt=0.35, turn=year), personal], dtype=np.int64)


def _region_sums(year: int) -> Matrix:
    named = [lots(amount) for amount in REGION_AMOUNTS[year][:3]]
    others = lots(REGION_AMOUNTS[year][3])
    return np.array([*named, *_spread(others, len(OTHER_REGIONS), tilt=0.22, turn=year)], dtype=np.int64)


def _spread(amount: int, parts: int, *, tilt: float, turn: int) -> list[int]:
    """An amount in falling parts whose order drifts a little with the year; the first takes the residue."""
    ramp = 1 + tilt * np.linspace(1, -1, parts) + 0.03 * np.sin(np.arange(parts) * 2.4 + turn)
    whole = [int(part) for part in amount * ramp / ramp.sum()]
    whole[0] += amount - sum(whole)
    return whole


def _affinity() -> npt.NDArray[np.float64]:
    """How much more an industry is found in a region than its size alone would say."""
    row, column = np.meshgrid(np.arange(len(INDUSTRIES)), np.arange(len(REGIONS)), indexing="ij")
    return 1 + 0.4 * np.sin(1.7 * row + 2.3 * column)


def _rounded(values: npt.NDArray[np.float64], rows: Matrix, columns: Matrix) -> Matrix:
    """Whole lots with the given sums: round down, then give the missing lots where most was cut off."""
    whole = np.floor(values).astype(np.int64)
    missing_rows, missing_columns = rows - whole.sum(axis=1), columns - whole.sum(axis=0)
    order = np.argsort(-(values - whole), axis=None)
    while missing_rows.any():
        for cell in order:
            row, column = divmod(int(cell), len(columns))
            if missing_rows[row] > 0 and missing_columns[column] > 0:
                whole[row, column] += 1
                missing_rows[row] -= 1
                missing_columns[column] -= 1
    return whole
