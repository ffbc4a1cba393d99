"""The bank's products, as the risk officer sets them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from enum import IntEnum
from typing import Final

from analytics.chain import read_events
from analytics.units import PPB
from scripts.desk import Desk


class LoanType(IntEnum):
    """The contracts' enum LoanType."""

    BULLET = 0
    LINEAR = 1
    ANNUITY = 2


class DayCount(IntEnum):
    """The contracts' enum DayCount."""

    ACTUAL_365 = 0
    ACTUAL_360 = 1


class Waterfall(IntEnum):
    """The contracts' enum Waterfall."""

    FEES_FIRST = 0
    PRINCIPAL_FIRST = 1


class EarmarkMode(IntEnum):
    """The contracts' enum EarmarkMode."""

    FLAG = 0
    BLOCK = 1


@dataclass(frozen=True, slots=True)
class Product:
    """A product's terms, field by field as LoanBook takes them."""

    loan_type: LoanType
    day_count: DayCount
    waterfall: Waterfall
    earmark_mode: EarmarkMode
    cycle_months: int
    approval_days: int
    max_loan_to_value: int
    max_amount: int
    max_term_days: int
    max_rate: int


LARGEST: Final = 10**14  # fen: a trillion yuan
FORTY_YEARS: Final = 14_610
CAP: Final = 360 * PPB // 1000  # 36 %
# Bullet, linear and pooled loans of a commercial bank, loans on property, and instalment loans of individuals.
QUARTERLY: Final = (Waterfall.FEES_FIRST, EarmarkMode.FLAG, 3, 90, 0, LARGEST, FORTY_YEARS, CAP)
PRODUCTS: Final = {
    1: Product(LoanType.BULLET, DayCount.ACTUAL_360, *QUARTERLY),
    2: Product(LoanType.LINEAR, DayCount.ACTUAL_360, *QUARTERLY),
    3: Product(LoanType.BULLET, DayCount.ACTUAL_360, *QUARTERLY),
    4: Product(
        LoanType.BULLET, DayCount.ACTUAL_360, Waterfall.FEES_FIRST, EarmarkMode.BLOCK, 3, 90, PPB, LARGEST,
        FORTY_YEARS, CAP,
    ),
    5: Product(
        LoanType.ANNUITY, DayCount.ACTUAL_365, Waterfall.FEES_FIRST, EarmarkMode.FLAG, 1, 90, 0, LARGEST,
        FORTY_YEARS, CAP,
    ),
}  # fmt: skip


def set_products(desk: Desk, numbers: Iterable[int] = PRODUCTS) -> None:
    """Set products, all by default; each is an event with its terms."""
    for number in numbers:
        terms = tuple(int(term) for term in astuple(PRODUCTS[number]))
        desk.send(desk.system.book.setProduct, number, terms, by="risk_officer")


def unset_products(desk: Desk) -> list[int]:
    """The numbers of the products that the book does not know yet, as its events tell."""
    table = read_events(desk.node.url, desk.deployment).frame("loan_book.product_set")
    return [number for number in PRODUCTS if number not in set(table["product"])]
