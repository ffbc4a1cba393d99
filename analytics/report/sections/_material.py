"""What sections are built from, and the event tables that figures cite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from analytics.ledger import Book
from analytics.report import study
from analytics.report.codes import Codes

LOANS: Final = (
    "loan_book.loan_imported", "loan_book.balances_imported", "loan_book.loan_applied", "loan_book.loan_drawn",
    "loan_book.loan_repaid", "loan_book.loan_written_off", "loan_book.posting_reversed",
)  # fmt: skip
QUALITY: Final = (
    "loan_book.instalment_fell_due", "loan_book.loan_classified", "loan_book.loan_defaulted",
    "loan_book.loan_written_off", "loan_book.loan_recovered",
)  # fmt: skip
RATINGS: Final = ("rating_registry.rating_imported", "rating_registry.rating_confirmed")
COLLATERAL: Final = (
    "collateral_registry.collateral_registered", "collateral_registry.collateral_revalued",
    "collateral_registry.lien_placed", "collateral_registry.lien_released",
)  # fmt: skip
GUARANTEES: Final = (
    "guarantee_registry.guarantee_given", "guarantee_registry.guarantee_released",
    "guarantee_registry.legacy_circle_admitted",
)  # fmt: skip
HUANG: Final = "X. Huang, Application of Blockchain Technology in Credit Management of Commercial Banks"


@dataclass(frozen=True, slots=True)
class Material:
    """What sections are built from: books by year end, event tables as frames, code names."""

    books: Mapping[int, Book]
    frames: Mapping[str, pd.DataFrame]
    codes: Codes

    @property
    def last(self) -> Book:
        """The latest book."""
        return self.books[max(self.books)]

    @property
    def of_the_study(self) -> bool:
        """Whether the book has the study's regions and year ends."""
        return study.covers(self.books, self.codes)

    @property
    def grades(self) -> int:
        """The worst grade in use."""
        return max((int(book.ratings["grade"].max()) for book in self.books.values() if len(book.ratings)), default=1)


def rating_names(material: Material) -> dict[str, str]:
    """Grades by name; zero stands for none."""
    return {"0": "unrated", **material.codes.ratings}


def industry_names(material: Material, keys: Iterable[object]) -> list[str]:
    """Section codes by name, where the book's codes have one."""
    return [material.codes.sections.get(str(key), str(key)) for key in keys]
