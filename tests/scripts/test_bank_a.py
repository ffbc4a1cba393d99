"""Bank A as it is built: the study's year ends, from business events alone, the same on every run."""

from __future__ import annotations

import csv

import pytest

from data.acts import Lend, Pay, ReportFigure, SetCovenant, WriteOff, YearEnd
from data.bank_a import figures
from data.bank_a.build import build
from data.bank_a.calendar import year_of
from scripts.chain import ROOT


@pytest.fixture(scope="module")
def script():
    return build()


def standing(script, year):
    """Outstanding fen by (industry, region) at a year end, counted from the opening and the acts alone."""
    place, balance = {}, {}
    for loan in script.opening.loans:
        place[loan.ref], balance[loan.ref] = (loan.industry, loan.region), loan.outstanding
    for act in script.acts:
        if year_of(act.day) > year:
            break
        if isinstance(act, Lend) and not act.refused:
            place[act.ref], balance[act.ref] = (act.industry, act.region), act.amount
        elif isinstance(act, Pay | WriteOff):
            balance[act.loan] -= act.principal
    sums = {}
    for ref, amount in balance.items():
        assert amount >= 0, f"{ref} is repaid beyond what it owes"
        sums[place[ref]] = sums.get(place[ref], 0) + amount
    return sums


@pytest.mark.parametrize("year", [2021, 2022, 2023])
def test_each_year_end_is_the_studys(script, vectors, year):
    sums = standing(script, year)
    whole = sum(sums.values())
    unit = 10**10  # fen in 100 million yuan
    with (vectors / "paper" / "table2_region.csv").open() as file:
        printed = {row["region"]: float(row[f"amt_{year}"]) for row in csv.DictReader(file)}
    for number, region in zip("123", figures.NAMED_REGIONS, strict=True):
        assert sum(v for (_, r), v in sums.items() if r == region) == round(printed[number] * unit)
    others = sum(v for (_, r), v in sums.items() if r not in figures.NAMED_REGIONS)
    assert others == round(printed["Others"] * unit)
    with (vectors / "paper" / "table3_personal.csv").open() as file:
        personal = {row["year"]: float(row["personal_loans"]) for row in csv.DictReader(file)}
    assert sum(v for (i, _), v in sums.items() if i == figures.PERSONAL) == round(personal[str(year)] * unit)
    with (ROOT / "data" / "codes" / "industries.csv").open() as file:
        names = {row["name"]: row["code"] for row in csv.DictReader(file)}
    with (vectors / "paper" / "table1_industry.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["year"] == str(year)]
    shares = {row["industry"]: float(row["share_pct"]) for row in rows}
    for name, share in shares.items():
        amount = sum(v for (i, _), v in sums.items() if i == names[name])
        assert round(100 * amount / whole, 2) == share


@pytest.mark.parametrize("year", [2020, 2021, 2022, 2023])
def test_unnamed_industries_and_regions_stay_below_the_smallest_named(script, year):
    sums = standing(script, year)
    industries, regions = {}, {}
    for (industry, region), amount in sums.items():
        section = industry[0]
        industries[section] = industries.get(section, 0) + amount
        regions[region] = regions.get(region, 0) + amount
    named = {code[0] for code in figures.NAMED_INDUSTRIES}
    rest = {section: amount for section, amount in industries.items() if section not in named | {"X"}}
    assert len(rest) >= 6
    assert max(rest.values()) < min(industries[section] for section in named)
    others = {region: amount for region, amount in regions.items() if region not in figures.NAMED_REGIONS}
    assert len(others) >= 8
    assert max(others.values()) < min(regions[region] for region in figures.NAMED_REGIONS)


def test_major_projects_are_35_per_cent_of_the_growth_of_corporate_loans(script):
    growth = sum(v for (i, _), v in standing(script, 2023).items() if i != figures.PERSONAL)
    growth -= sum(v for (i, _), v in standing(script, 2022).items() if i != figures.PERSONAL)
    lent = sum(act.amount for act in script.acts if isinstance(act, Lend) and act.purpose == "MAJP")
    repaid = {act.ref for act in script.acts if isinstance(act, Lend) and act.purpose == "MAJP"}
    assert not [act for act in script.acts if isinstance(act, Pay) and act.loan in repaid and act.principal]
    assert lent * 100 == 35 * growth


def test_who_owes_a_loan_on_property_reports_when_all_is_lent(script):
    """After the last year's lending, so that no covenant holds a loan back that the study's year ends need."""
    (rule,) = (act for act in script.acts if isinstance(act, SetCovenant))
    reports = {act.customer: act for act in script.acts if isinstance(act, ReportFigure)}
    owed, customers = {}, {}
    for act in script.acts:
        if isinstance(act, Lend) and not act.refused and act.product == rule.product:
            owed[act.ref], customers[act.ref] = act.amount, act.customer
        elif isinstance(act, Pay | WriteOff) and act.loan in owed:
            owed[act.loan] -= act.principal
    assert set(reports) == {customers[ref] for ref, amount in owed.items() if amount}
    assert max(act.day for act in script.acts if isinstance(act, Lend)) < min(act.day for act in reports.values())
    beyond = [act for act in reports.values() if act.value > rule.threshold]
    assert 0 < len(beyond) < len(reports) // 2


def test_the_same_seed_builds_the_same_book(script):
    assert build() == script


@pytest.mark.parametrize("seed", range(5))
def test_every_seed_reaches_the_year_ends(seed):
    built = build(seed)
    for year in (2021, 2022, 2023):
        assert sum(standing(built, year).values()) == figures.total(year) * figures.FEN_PER_LOT


def test_acts_come_in_order_and_close_each_year(script):
    days = [act.day for act in script.acts]
    assert days == sorted(days)
    assert [act.year for act in script.acts if isinstance(act, YearEnd)] == [2021, 2022, 2023]
    assert len(set(days)) <= 3 * 60
