"""Names of the codes a book uses: `data/codes/*.csv`, or a book's own lists of the same form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from analytics.errors import InvalidInput, NotFound

CODES: Final = Path(__file__).resolve().parents[2] / "data" / "codes"


@dataclass(frozen=True, slots=True)
class Codes:
    """What industry sections, regions, purposes, rating grades and a source's statuses are called.

    Each maps a code to a name; ``study_regions`` a region to the number the study gives it, where it has one.
    Grades and statuses without a list are empty.
    """

    sections: dict[str, str]
    regions: dict[str, str]
    purposes: dict[str, str]
    study_regions: dict[str, str]
    ratings: dict[str, str]
    statuses: dict[str, str]


def read_codes(folder: Path = CODES) -> Codes:
    """The code lists of a folder: industries.csv, regions.csv, purposes.csv, and if there ratings.csv, statuses.csv.

    Raises NotFound where a list is absent and InvalidInput where a code is listed twice.
    """
    industries = _read(folder / "industries.csv")
    regions = _read(folder / "regions.csv")
    purposes = _read(folder / "purposes.csv")
    study = regions.set_index("code").get("study_region", pd.Series(dtype=str))
    return Codes(
        sections=_names(industries.drop_duplicates("section").assign(code=lambda table: table["section"])),
        regions=_names(regions),
        purposes=_names(purposes),
        study_regions={str(key): str(value) for key, value in study.items()},
        ratings=_optional(folder / "ratings.csv"),
        statuses=_optional(folder / "statuses.csv"),
    )


def _names(table: pd.DataFrame) -> dict[str, str]:
    return {str(code): str(name) for code, name in zip(table["code"], table["name"], strict=True)}


def _optional(path: Path) -> dict[str, str]:
    return _names(_read(path)) if path.is_file() else {}


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise NotFound(
            f"code list {path.name} is absent from {path.parent}: a book brings industries, regions, purposes"
        )
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    twice = table["code"][table["code"].duplicated()]
    if len(twice):
        raise InvalidInput(f"{path}: code {twice.iloc[0]} is listed twice")
    return table
