"""The Lending Club book is its source, to the cent, by every name the source uses."""

from __future__ import annotations

import csv
from decimal import Decimal

import pandas as pd
import pytest

from analytics.report.page import by_name
from data.lending_club.build import CODES, GRADES, build, source


@pytest.fixture(scope="module")
def opening():
    return build().opening


@pytest.fixture(scope="module")
def table():
    return source()


def cents(amount):
    return int(Decimal(str(amount)) * 100)


def expected(table, column):
    """Loans, originated and outstanding cents by a column of the source, added up one by one."""
    sums = {}
    for name, lent, balance in zip(table[column], table["loan_amount"], table["balance"], strict=True):
        loans, originated, outstanding = sums.get(name, (0, 0, 0))
        sums[name] = (loans + 1, originated + cents(lent), outstanding + cents(balance))
    return sums


def names(file, key="code", value="name"):
    with (CODES / file).open() as lines:
        return {row[key]: row[value] for row in csv.DictReader(lines)}


@pytest.mark.parametrize(
    ("column", "attribute", "file"),
    [
        ("state", "region", "regions.csv"),
        ("loan_purpose", "industry", "industries.csv"),
        ("loan_status", "source_status", "statuses.csv"),
    ],
)
def test_sums_by_each_name_are_the_sources(opening, table, column, attribute, file):
    known = names(file)
    loans = pd.DataFrame(
        {
            "loan": [loan.ref for loan in opening.loans],
            "code": [str(getattr(loan, attribute)) for loan in opening.loans],
            "originated": [loan.originated for loan in opening.loans],
            "principal": [loan.outstanding for loan in opening.loans],
        }
    )
    made = by_name(loans, "code", known).set_index("name")
    told = {name: tuple(int(value) for value in row) for name, row in zip(made.index, made.to_numpy(), strict=True)}
    assert told == expected(table, column)


def test_grades_are_ratings_in_the_sources_order(opening, table):
    ratings = {rating.customer: rating.grade for rating in opening.ratings}
    assert [GRADES[ratings[loan.customer] - 1] for loan in opening.loans] == list(table["grade"])
    assert names("ratings.csv") == {str(number): letter for number, letter in enumerate(GRADES, start=1)}


def test_what_a_charged_off_loan_did_not_repay_is_written_off(opening, table):
    for loan, row in zip(opening.loans, table.itertuples(), strict=True):
        unpaid = cents(row.loan_amount) - cents(row.paid_principal)
        if row.loan_status == "Charged Off":
            assert (loan.outstanding, loan.written_off, loan.category) == (0, unpaid, "loss")
        else:
            assert (loan.outstanding, loan.written_off) == (cents(row.balance), 0)


def test_paid_totals_and_terms_are_carried(opening, table):
    for loan, row in zip(opening.loans, table.itertuples(), strict=True):
        paid = (loan.principal_paid, loan.interest_paid, loan.fees_paid)
        assert paid == (cents(row.paid_principal), cents(row.paid_interest), cents(row.paid_late_fees))
        assert loan.rate * 100 == Decimal(str(row.interest_rate)) * 10**9
        assert 28 * row.term <= loan.maturity - loan.start <= 31 * row.term
