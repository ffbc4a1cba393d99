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
    """What industry sections, regions and purposes are called.

    ``sections`` and ``regions`` and ``purposes`` map a code to a name; ``study_regions`` a region to the
    number the study gives it, where it has one.
    """

    sections: dict[str, str]
    regions: dict[str, str]
    purposes: dict[str, str]
    study_regions: dict[str, str]


def read_codes(folder: Path = CODES) -> Codes:
    """The code lists of a folder: industries.csv, regions.csv and purposes.csv.

    Raises NotFound where a list is absent and InvalidInput where a code is listed twice.
    """
    industries = _read(folder / "industries.csv")
    regions = _read(folder / "regions.csv")
    purposes = _read(folder / "purposes.csv")
    named = industries.drop_duplicates("section").set_index("section")["name"]
    study = regions.set_index("code").get("study_region", pd.Series(dtype=str))
    return Codes(
        sections={str(key): str(value) for key, value in named.items()},
        regions={str(key): str(value) for key, value in regions.set_index("code")["name"].items()},
        purposes={str(key): str(value) for key, value in purposes.set_index("code")["name"].items()},
        study_regions={str(key): str(value) for key, value in study.items()},
    )


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
