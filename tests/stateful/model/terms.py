"""What products say, when their loans fall due, and what an annuity pays: exact, from calendar dates and rationals."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from math import ceil

EPOCH = date(1970, 1, 1)
PPB = 10**9
BULLET, LINEAR, ANNUITY = range(3)  # LoanType
FEES_FIRST, PRINCIPAL_FIRST = range(2)  # Waterfall
CATEGORIES = (NO_CATEGORY, PASS, MENTION, SUBSTANDARD, DOUBTFUL, LOSS) = range(6)  # Category
CATEGORY_FROM = ((LOSS, 361), (DOUBTFUL, 271), (SUBSTANDARD, 91), (MENTION, 1), (PASS, 0))  # by days past due
BY_DAYS, UNLIKELY_TO_PAY, _, CROSS_DEFAULT, BREACH = range(5)  # DefaultTrigger
UNSERVED_DEFAULT_DAYS = 90


@dataclass(frozen=True)
class Servicing:
    """How a product's loans are served; markups, fees and the spread in parts per billion."""

    grace_days: int
    overdue_markup: int
    misuse_markup: int
    compounds: bool
    prepayment_fee: int
    keeps_term: bool
    drawing_fee: int = 0
    signed_terms: bool = False
    index: int = 0
    spread: int = 0
    reprice_months: int = 0
    triggers: int = 0b0011  # bit n: DefaultTrigger n is a default
    default_days: int = 90
    calendar: int = 0
    business_day_rule: int = 0
    covenanted: bool = False


@dataclass(frozen=True)
class Product:
    """Terms as the contract takes them, and how loans are served where the product says so."""

    loan_type: int
    day_count: int  # 0: 365 days, 1: 360
    waterfall: int
    earmark_mode: int  # 0: flag, 1: block
    cycle_months: int
    approval_days: int
    max_loan_to_value: int
    max_amount: int
    max_term_days: int
    max_rate: int
    servicing: Servicing | None = None

    def __deepcopy__(self, _: object) -> Product:
        return self

    @property
    def terms(self) -> tuple[int, ...]:
        """What setProduct takes."""
        return astuple(self)[:-1]

    @property
    def unit(self) -> int:
        """One fen of interest, in fen x ppb x days."""
        return 10**9 * (360 if self.day_count else 365)

    @property
    def signed(self) -> bool:
        return self.servicing is not None and self.servicing.signed_terms

    @property
    def covenanted(self) -> bool:
        return self.servicing is not None and self.servicing.covenanted

    @property
    def default_days(self) -> int:
        return self.servicing.default_days if self.servicing else UNSERVED_DEFAULT_DAYS

    def agrees_on(self, trigger: int) -> bool:
        """Whether the product names a trigger as a default; without servicing terms every one is."""
        return self.servicing is None or bool(self.servicing.triggers >> trigger & 1)


@dataclass(frozen=True)
class NewTerms:
    """New terms of a loan, as the contract takes them; amounts are the most that is waived."""

    loan: int
    number: int
    deadline: int
    loan_type: int
    cycle_months: int
    rate: int
    maturity: int
    resume_on: int
    capitalises: bool
    penalty: int
    fee: int
    interest: int
    haircut: int
    most: int


@cache
def add_months(day: int, months: int) -> int:
    """The same day of a later month, or that month's last."""
    start = EPOCH + timedelta(days=day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return (date(year, month + 1, min(start.day, last)) - EPOCH).days


def periods(start: int, months: int, end: int) -> list[int]:
    """The days that lie whole periods after the start, up to but not on the end."""
    days: list[int] = []
    while (day := add_months(start, months * (len(days) + 1))) < end:
        days.append(day)
    return days


def ends_within_a_cycle(start: int, months: int, end: int) -> bool:
    """Whether a loan would end before its first due date."""
    return months != 0 and add_months(start, months) > end


def annuity(principal: int, rate: int, months: int, count: int) -> int:
    """The equal instalment, rounded up; exact in rationals."""
    if rate == 0:
        return -(-principal // count)
    period = Fraction(rate * months, 12 * 10**9)
    return ceil(principal * period / (1 - 1 / (1 + period) ** count))


def category_by(days_past_due: int) -> int:
    return next(category for category, days in CATEGORY_FROM if days_past_due >= days)
