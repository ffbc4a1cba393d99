"""The study's tables regenerated from a book, beside what the study printed.

Source: X. Huang, "Application of Blockchain Technology in Credit Management of Commercial Banks",
Tables 1 to 3 and section 2. Amounts are in 100 million yuan.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from analytics.errors import InvalidInput
from analytics.ledger import Book
from analytics.report.codes import Codes
from analytics.units import FEN_PER_100M_YUAN

PERSONAL: Final = "X"
REAL_ESTATE: Final = "K"
CONSTRUCTION: Final = "E"
MAJOR_PROJECT: Final = "MAJP"
STUDY_REGIONS: Final = ("1", "2", "3")
OTHERS: Final = "Others"
# The study's five industries, in its order of the last year, and what it printed (per cent of all loans).
PRINTED_INDUSTRIES: Final[Mapping[int, Mapping[str, float]]] = {
    2021: {"K": 14.46, "F": 13.02, "L": 9.85, "N": 8.82, "E": 3.86},
    2022: {"K": 13.22, "L": 10.46, "F": 9.88, "N": 5.33, "E": 4.73},
    2023: {"K": 11.90, "L": 10.23, "F": 7.77, "N": 4.56, "E": 3.46},
}
PRINTED_REGIONS: Final[Mapping[int, Mapping[str, tuple[float, float]]]] = {
    2021: {"1": (1023.38, 60.41), "2": (209.72, 12.38), "3": (155.21, 9.16), "Others": (305.77, 18.05)},
    2022: {"1": (1426.32, 59.46), "2": (182.46, 7.61), "3": (136.44, 5.69), "Others": (653.26, 27.24)},
    2023: {"1": (1700.44, 57.73), "2": (234.61, 7.97), "3": (115.48, 3.92), "Others": (894.76, 30.38)},
}
PRINTED_TOTALS: Final = {2021: 1694.11, 2022: 2398.49, 2023: 2945.30}
PRINTED_PERSONAL: Final = {2020: (288.16, 21.18), 2021: (512.90, 30.28), 2022: (987.24, 41.16), 2023: (1327.29, 45.06)}

Books = Mapping[int, Book]


def covers(books: Books, codes: Codes) -> bool:
    """Whether a book has the study's regions and all its year ends."""
    return bool(codes.study_regions) and set(PRINTED_TOTALS) <= set(books)


def industry_shares(books: Books, codes: Codes) -> pd.DataFrame:
    """Table 1: year, industry, share_pct (two decimals) of the study's industries, largest first."""
    rows = []
    for year in sorted(PRINTED_INDUSTRIES):
        sums = outstanding(books[year], by="industry")
        whole = sum(sums.values())
        named = sorted(PRINTED_INDUSTRIES[year], key=lambda section: -sums.get(section, 0))
        rows += [(year, codes.sections[section], share_pct(sums.get(section, 0), whole)) for section in named]
    return pd.DataFrame(rows, columns=["year", "industry", "share_pct"])


def region_shares(books: Books, codes: Codes) -> pd.DataFrame:
    """Table 2: year, region (1, 2, 3, Others), amount_100m_yuan, share_pct."""
    rows = []
    for year in sorted(PRINTED_REGIONS):
        sums = dict.fromkeys((*STUDY_REGIONS, OTHERS), 0)
        for region, amount in outstanding(books[year], by="region").items():
            sums[codes.study_regions.get(region, OTHERS)] += amount
        whole = sum(sums.values())
        rows += [(year, name, hundred_millions(amount), share_pct(amount, whole)) for name, amount in sums.items()]
    return pd.DataFrame(rows, columns=["year", "region", "amount_100m_yuan", "share_pct"])


def personal_loans(books: Books) -> pd.DataFrame:
    """Table 3: year, amount_100m_yuan, share_pct of personal loans."""
    rows = []
    for year in sorted(books):
        sums = outstanding(books[year], by="industry")
        personal = sums.get(PERSONAL, 0)
        rows.append((year, hundred_millions(personal), share_pct(personal, sum(sums.values()))))
    return pd.DataFrame(rows, columns=["year", "amount_100m_yuan", "share_pct"])


def text_figures(books: Books, codes: Codes) -> pd.DataFrame:
    """The figures of the study's text: year, figure, study_pct, book_pct."""
    rows = []
    for year, printed in ((2021, 18.32), (2022, 17.95), (2023, 15.36)):
        sums = outstanding(books[year], by="industry")
        both = sums.get(REAL_ESTATE, 0) + sums.get(CONSTRUCTION, 0)
        rows.append((year, "real estate with construction", printed, share_pct(both, sum(sums.values()))))
    regions = outstanding(books[2023], by="region")
    named = sum(amount for region, amount in regions.items() if codes.study_regions.get(region) in STUDY_REGIONS)
    rows.append((2023, "regions 1, 2 and 3", 69.62, share_pct(named, sum(regions.values()))))
    rows.append((2023, "major projects in the growth of corporate loans", 35.0, major_project_share(books)))
    return pd.DataFrame(rows, columns=["year", "figure", "study_pct", "book_pct"])


def major_project_share(books: Books) -> float:
    """What new major-project loans are of the growth of corporate loans in 2023, in per cent."""
    growth = _corporate(books[2023]) - _corporate(books[2022])
    before = set(books[2022].loans["loan"])
    loans = books[2023].loans
    new = loans[(loans["purpose"] == MAJOR_PROJECT) & ~loans["loan"].isin(before)]
    return share_pct(sum(map(int, new["principal"])), growth)


def contradictions(books: Books, codes: Codes) -> pd.DataFrame:
    """Where the study disagrees with itself: place, one figure, the other, and what the book has.

    Derived from the printed figures, not listed by hand: sums that miss their printed totals, shares
    that do not follow from their amounts, and Table 1's printed total of 2023 against its rows and text.
    """
    rows: list[tuple[str, float, float, float]] = []
    for year, regions in PRINTED_REGIONS.items():
        amounts = sum(amount for amount, _ in regions.values())
        book = hundred_millions(sum(outstanding(books[year], by="region").values()))
        if round(amounts, 2) != PRINTED_TOTALS[year]:
            rows.append((f"Table 2, {year}: total against its rows", PRINTED_TOTALS[year], round(amounts, 2), book))
        table = region_shares(books, codes)
        for region, (amount, share) in regions.items():
            follows = round(100 * amount / amounts, 2)
            if follows != share:
                have = table[(table["year"] == year) & (table["region"] == region)]["share_pct"].iloc[0]
                rows.append((f"Table 2, {year}: share of region {region} against its amount", share, follows, have))
    five = round(sum(PRINTED_INDUSTRIES[2023].values()), 2)
    shares = industry_shares(books, codes)
    have = round(float(shares[shares["year"] == 2023]["share_pct"].sum()), 2)
    rows.append(("Table 1, 2023: printed total against its rows", 39.0, five, have))
    rows.append(("Section 2: top five industries in the text against Table 1", 38.0, five, have))
    return pd.DataFrame(rows, columns=["where", "one_figure", "other_figure", "book"])


def outstanding(book: Book, *, by: str) -> dict[str, int]:
    """Outstanding principal in fen by a column of the exposures, exact."""
    if by not in book.exposures:
        raise InvalidInput(f"exposures have no column {by}: choose of {', '.join(book.exposures.columns)}")
    exact = book.exposures["outstanding"].astype(object)
    return {str(key): int(amount) for key, amount in exact.groupby(book.exposures[by]).sum().items()}


def share_pct(part: int, whole: int) -> float:
    """A share in per cent, rounded half up to two decimals from exact integers.

    >>> share_pct(1, 3), share_pct(1, 8)
    (33.33, 12.5)
    """
    if whole == 0:
        raise InvalidInput("a share of nothing: the whole is zero")
    return (20_000 * part + whole) // (2 * whole) / 100


def hundred_millions(fen: int) -> float:
    """Fen as 100 million yuan, rounded half up to two decimals."""
    return (200 * fen + FEN_PER_100M_YUAN) // (2 * FEN_PER_100M_YUAN) / 100


def _corporate(book: Book) -> int:
    return sum(amount for section, amount in outstanding(book, by="industry").items() if section != PERSONAL)
