"""The bank's products, as the risk officer sets them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, replace
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


class BusinessDayRule(IntEnum):
    """The contracts' enum BusinessDayRule."""

    NONE = 0
    FOLLOWING = 1
    MODIFIED_FOLLOWING = 2
    PRECEDING = 3


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


@dataclass(frozen=True, slots=True)
class Servicing:
    """How a product's loans are served, field by field as LoanBook takes them; markups, fees and the spread in ppb."""

    calendar: int
    business_day_rule: BusinessDayRule
    grace_days: int
    overdue_markup: int
    misuse_markup: int
    compounds: bool
    prepayment_fee: int
    drawing_fee: int
    keeps_term: bool
    signed_terms: bool
    covenanted: bool
    index: int
    spread: int
    reprice_months: int
    triggers: int  # bit n: DefaultTrigger n leads to default
    default_days: int
    currency: int  # ISO 4217 number


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

YUAN: Final = 156  # ISO 4217
MAINLAND: Final = 1  # calendar
ONE_YEAR_PRIME: Final = 1  # index: the one-year loan prime rate, fixed on the 20th of each month

# A company's loan as Chinese banks lend it: overdue principal bears half the rate more, misused principal the rate
# again, and interest due and unpaid bears interest (People's Bank of China, Yinfa [2003] No. 251, article 3). A due
# date on a holiday goes to the next business day; the rate follows the loan prime rate once a year; more than 90 days
# past due is default.
SERVED: Final = {
    6: (
        Product(
            LoanType.LINEAR, DayCount.ACTUAL_360, Waterfall.FEES_FIRST, EarmarkMode.BLOCK, 3, 90, 0, LARGEST,
            FORTY_YEARS, CAP,
        ),
        Servicing(
            calendar=MAINLAND,
            business_day_rule=BusinessDayRule.FOLLOWING,
            grace_days=0,
            overdue_markup=PPB // 2,
            misuse_markup=PPB,
            compounds=True,
            prepayment_fee=0,
            drawing_fee=0,
            keeps_term=True,
            signed_terms=True,
            covenanted=False,
            index=ONE_YEAR_PRIME,
            spread=PPB // 200,
            reprice_months=12,
            triggers=0b11111,
            default_days=90,
            currency=YUAN,
        ),
    ),
    # Working capital at the loan prime rate of each quarter, with a fee for each drawdown and for early principal.
    7: (
        Product(
            LoanType.BULLET, DayCount.ACTUAL_360, Waterfall.FEES_FIRST, EarmarkMode.FLAG, 3, 90, 0, LARGEST,
            FORTY_YEARS, CAP,
        ),
        Servicing(
            calendar=MAINLAND,
            business_day_rule=BusinessDayRule.MODIFIED_FOLLOWING,
            grace_days=3,
            overdue_markup=PPB * 3 // 10,
            misuse_markup=PPB // 2,
            compounds=True,
            prepayment_fee=PPB // 100,
            drawing_fee=PPB // 1000,
            keeps_term=False,
            signed_terms=False,
            covenanted=False,
            index=ONE_YEAR_PRIME,
            spread=-PPB // 1000,
            reprice_months=3,
            triggers=0b11111,
            default_days=90,
            currency=YUAN,
        ),
    ),
}  # fmt: skip


# Nothing but what every loan has: a fixed rate, no fees and no penalty interest, default by whatever there is.
PLAIN: Final = Servicing(
    calendar=0, business_day_rule=BusinessDayRule.NONE, grace_days=0, overdue_markup=0, misuse_markup=0,
    compounds=False, prepayment_fee=0, drawing_fee=0, keeps_term=False, signed_terms=False, covenanted=False,
    index=0, spread=0, reprice_months=0, triggers=0b11111, default_days=90, currency=YUAN,
)  # fmt: skip
# Loans on property go on while the property is worth enough: their customers report, and the covenants answer.
COVENANTED: Final = {4: replace(PLAIN, covenanted=True)}


def set_served_products(desk: Desk, numbers: Iterable[int] = SERVED) -> None:
    """Set products together with how their loans are served, which is for good; two events each."""
    for number in numbers:
        product, servicing = SERVED[number]
        _set(desk, {number: product}, {number: servicing})


def set_products(desk: Desk) -> None:
    """Set what the book does not know of the products and of the servicing terms of those that have covenants.

    Each is an event; what is told already, also by a run that was cut off, is left alone.
    """
    told = read_events(desk.node.url, desk.deployment)
    known = {name: set(told.frame(f"loan_book.{name}")["product"]) for name in ("product_set", "servicing_set")}
    products = {number: terms for number, terms in PRODUCTS.items() if number not in known["product_set"]}
    servicing = {number: terms for number, terms in COVENANTED.items() if number not in known["servicing_set"]}
    _set(desk, products, servicing)


def _set(desk: Desk, products: Mapping[int, Product], servicing: Mapping[int, Servicing]) -> None:
    """Send products by number, then servicing terms: a product must be there before them."""
    book = desk.system.book
    for method, terms in ((book.setProduct, products), (book.setServicing, servicing)):
        for number, row in terms.items():
            desk.send(method, number, tuple(int(term) for term in astuple(row)), by="risk_officer")
