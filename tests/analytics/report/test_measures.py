"""The page's measures on a small book of three year ends, by hand; and the sections they fill."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from analytics.ledger import SCHEMAS, AsOf, Book
from analytics.report import measures, sections
from analytics.report.codes import Codes
from analytics.report.measures._provisions import grades_at_start
from analytics.risk.capital import risk_weight
from analytics.risk.loss import COMPONENTS, expected_credit_loss
from analytics.units import PPB, day_number

YEARS = (2021, 2022, 2023)
ENDS = {year: day_number(date(year, 12, 31)) for year in YEARS}
START = day_number(date(2021, 6, 30))
CODES = Codes({"K": "Real estate", "F": "Trade", "X": "Personal"}, {"CN-GD": "Guangdong"}, {}, {}, {}, {})
GRADES = 3


def table(name, rows):
    """A table of the book: named columns, zero or empty elsewhere."""
    filled = {}
    for column, kind in SCHEMAS[name].items():
        empty = "" if kind in ("object", "category") else False if kind == "bool" else 0
        filled[column] = pd.Series([row.get(column, empty) for row in rows], dtype=None if rows else object)
    return pd.DataFrame(filled, columns=list(SCHEMAS[name]))


def book(year, loans, **tables):
    """Loans as (loan, customer, kind, grade, outstanding, further terms) on a year end."""
    kinds = {customer: kind for _, customer, kind, *_ in loans}
    defaults = {"industry": "K70", "region": "CN-GD", "state": "active", "category": "pass", "product": 1,
                "rate": PPB // 20, "start": START, "maturity": ENDS[2023] + 730}  # fmt: skip
    rows = [
        {"loan": loan, "customer": customer, "principal": owed, **defaults, **more}
        for loan, customer, _, _, owed, more in loans
    ]
    live = [
        {"loan": row["loan"], "customer": row["customer"], "kind": kind, "borrowers": row.get("borrowers", 1),
         "industry": row["industry"][:1], "region": row["region"], "grade": grade, "category": row["category"],
         "outstanding": row["principal"]}
        for row, (_, _, kind, grade, _, _) in zip(rows, loans, strict=True)
        if row["principal"]
    ]  # fmt: skip
    parts = {
        "customers": [
            {"customer": key, "kind": kind, "industry": "K70", "region": "CN-GD"} for key, kind in kinds.items()
        ],
        "ratings": [{"customer": customer, "grade": grade} for _, customer, _, grade, _, _ in loans if grade],
        "loans": rows, "exposures": live, **tables,
    }  # fmt: skip
    return Book(
        as_of=AsOf(block=year), business_date=ENDS[year],
        **{name: table(name, parts.get(name, [])) for name in SCHEMAS},
    )  # fmt: skip


def corporate(loan, grade, owed=1_000_000, **more):
    return (loan, loan, "corporate", grade, owed, more)


def three_years():
    """Customers 1 to 8 rated 1, 2 or 3; customer 8 defaults in 2022, customer 7 is repaid in 2023, 9 is new."""
    pool = (50, 50, "retail_pool", 0, 9_000_000, {"industry": "X00", "purpose": "HOME", "product": 2})
    first = [corporate(n, 1 + n % 3) for n in range(1, 9)]
    title = {"title": "t", "kind": "land", "value": 800_000, "haircut": PPB // 4}
    lien = {"lien": 1, "title": "t", "loan": 1, "borrower": 1, "amount": 800_000, "rank": 1, "state": "active"}
    pledge = {
        "guarantee": 1,
        "guarantor": 2,
        "beneficiary": 3,
        "loan": 3,
        "amount": 400_000,
        "rank": 1,
        "state": "active",
    }
    more = {"collateral": [title], "liens": [lien], "guarantees": [pledge],
            "capacities": [{"guarantor": 2, "capacity": 300_000}],
            "limits": [{"dimension": "industry", "key": "K", "limit": 10**8, "effective_limit": 10**8,
                        "exposure": 8_000_000}]}  # fmt: skip
    failed = corporate(8, 3, state="defaulted", category="substandard", defaulted_on=ENDS[2021] + 200)
    second = [corporate(n, min(1 + n % 3 + (n == 1), 3)) for n in range(1, 8)] + [failed]
    late = corporate(4, 3, owed=600_000, category="special_mention", oldest_due=ENDS[2023] - 40)
    third = [*(corporate(n, 1 + n % 3) for n in (1, 2, 3, 5, 6)), late, corporate(7, 2, owed=0, state="repaid"),
             (*failed[:4], 700_000, failed[5]), corporate(9, 2)]  # fmt: skip
    return {
        2021: book(2021, [*first, pool], **more),
        2022: book(2022, [*second, pool], **more),
        2023: book(2023, [*third, pool], **more),
    }


def frames():
    """The event tables that measures read beside the books."""
    return {
        "loan_book.product_set": pd.DataFrame(
            {"product": [1, 2, 3], "loan_type": [0, 1, 2], "cycle_months": [3, 12, 1]}
        ),
        "loan_book.loan_written_off": pd.DataFrame({"block_number": [2023], "loan_id": [8], "principal": [300_000]}),
        "rating_registry.rating_imported": pd.DataFrame(
            {"customer": [1, 2], "grade": [1, 2], "rated_on": [START - 9, START + 9], "block_number": [5, 6]}
        ),
        "rating_registry.rating_confirmed": pd.DataFrame(
            {"customer": [1], "grade": [3], "rated_on": [START + 90], "block_number": [2022]}
        ),
        "credit_policy.denominator_attested": pd.DataFrame(
            {"denominator": [1, 2, 2], "amount": [9, 1_000_000, 2_000_000], "block_number": [1, 2021, 2023]}
        ),
        "credit_policy.override_used": pd.DataFrame({"loan_id": [], "block_number": []}),
        "collateral_registry.margin_called": pd.DataFrame({"called_on": [], "cover_value": [], "pledged": []}),
    }


@pytest.fixture(scope="module")
def books():
    return three_years()


@pytest.fixture(scope="module")
def priced(books):
    return measures.positions(books[2023], measures.default_history(books), grades=GRADES)


def test_instalments_by_product():
    """Bullet at maturity; linear in equal parts a year back from maturity; annuity by its payment, the last sweeps."""
    maturity = day_number(date(2024, 3, 31))
    one = book(
        2023,
        [
            corporate(1, 1, owed=1000, product=1, maturity=maturity),
            corporate(2, 1, owed=1000, product=2, maturity=day_number(date(2026, 2, 28)), principal_due=100),
            corporate(3, 1, owed=1200, product=3, maturity=maturity, rate=PPB * 12 // 100, instalment_amount=412),
            corporate(4, 1, owed=77, maturity=ENDS[2023]),
        ],
    )
    found = measures.instalments(one, frames())
    by_loan = {loan: list(zip(part["date"], part["principal"], strict=True)) for loan, part in found.groupby("loan")}
    assert by_loan[1] == [(maturity, 1000)]
    ends = [day_number(date(year, 2, 28)) for year in (2024, 2025, 2026)]
    assert by_loan[2] == [(ends[0], 300), (ends[1], 300), (ends[2], 300)]
    months = [day_number(day) for day in (date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31))]
    assert by_loan[3] == [(months[0], 400), (months[1], 404), (months[2], 396)]
    assert 4 not in by_loan


def test_the_grade_at_the_start_is_the_last_one_known_by_then_else_the_first():
    loans = pd.DataFrame({"customer": [1, 2, 3], "start": START})
    assert grades_at_start(loans, frames(), block=None).tolist() == ["1", "2", "0"]
    later = loans.assign(start=START + 90)
    assert grades_at_start(later, frames(), block=None).tolist() == ["3", "2", "0"]
    assert grades_at_start(later, frames(), block=2021).tolist() == ["1", "2", "0"]


def test_migration_counts_by_hand(books):
    found = measures.migration(books, grades=GRADES, years=5)
    # 2021 to 2022: 1 from 2 to 3; 2 and 5 in 3; 3 and 6 in 1; 4 and 7 in 2; 8 from 3 to D. 2022 to 2023: 1 from 3 to
    # 2; 4 from 2 to 3; 2 and 5 in 3; 3 and 6 in 1; 7 repaid; 8 no longer followed.
    assert found.counts.to_numpy().tolist() == [[4, 0, 0, 0], [0, 2, 2, 0], [0, 1, 4, 1], [0, 0, 0, 0]]
    np.testing.assert_allclose(found.matrix.sum(axis=1), 1.0)
    table = measures.grade_probabilities(measures.default_history(books), GRADES).set_index("rating")["pd"]
    assert found.matrix["D"].tolist() == pytest.approx([*(table[grade] for grade in (1, 2, 3)), 1.0])
    assert found.matrix.loc["2", "3"] == pytest.approx((1 - table[2]) / 2)
    assert (np.diff(found.terms.to_numpy(), axis=1) > 0).all()
    np.testing.assert_allclose(found.terms[1.0].iloc[:3], found.matrix["D"].iloc[:3], rtol=0.1)
    assert found.terms.loc["0", 3.0] == pytest.approx(1 - (1 - table[0]) ** 3)
    assert measures.migration({2021: books[2021]}, grades=GRADES, years=5) is None


def test_a_grade_without_defaults_is_no_worse_than_a_worse_grade_with_some():
    """Five obligors of grade 1 without a default are bounded at 24 %; one of twenty in grade 2 is 5 %."""
    grades = [1] * 5 + [2] * 20 + [0] * 3
    start = pd.DataFrame({"unit": range(28), "date": ENDS[2021], "defaulted": False, "rating": grades})
    defaults = pd.DataFrame({"unit": [7], "date": [ENDS[2021] + 9]})
    found = measures.grade_probabilities(measures.DefaultHistory(start, defaults), 2).set_index("rating")
    assert found["source"].to_dict() == {1: "bound", 2: "observed", 0: "bound"}
    assert found.loc[1, "bound"] > 0.05
    assert found["pd"].to_dict() == pytest.approx({1: 0.05, 2: 0.05, 0: found.loc[0, "bound"]})


def test_allowances_and_their_movement(books):
    inputs = measures.loss_inputs(books, frames(), grades=GRADES)
    assert sorted(inputs) == [2021, 2022, 2023]
    last = inputs[2023].loans.set_index("loan")
    assert last["stage"].to_dict() == {1: 1, 2: 1, 3: 1, 5: 1, 6: 1, 9: 1, 50: 1, 4: 2, 8: 3}
    land = 800_000 * 3 // 4  # after its haircut; the workout takes two years at 5 % and a twentieth
    assert last.loc[1, "lgd"] == pytest.approx(1 - land * 0.95 / 1.05**2 / 10**6 - 0.6 * 0.4)
    assert last.loc[2, "lgd"] == pytest.approx(0.4)
    rows = measures.allowances(inputs)
    whole = rows.groupby("year")["allowance"].sum()
    for year, one in inputs.items():
        assert whole[year] == expected_credit_loss(one)["allowance"].sum()
    moved = measures.movement(books, inputs, frames())
    total = moved.total().set_index("movement")["amount"]
    assert (total["opening"], total["closing"]) == (whole[2022], whole[2023])
    assert total["opening"] + sum(total[name] for name in COMPONENTS) == total["closing"]
    loans = moved.loans.set_index("loan")
    assert loans.loc[7, "repaid"] == -loans.loc[7, "opening"] < 0
    assert loans.loc[9, "new"] == loans.loc[9, "closing"] > 0
    assert loans.loc[8, ["opening", "written_off", "closing"]].tolist() == [400_000, -120_000, 280_000]
    assert measures.movement(books, {2023: inputs[2023]}, frames()) is None
    assert measures.loss_inputs({2023: books[2023]}, frames(), grades=GRADES) == {}


def test_category_view_by_hand(books):
    rows = measures.category_view(books).set_index(["year", "category"])
    assert rows.loc[(2022, "substandard"), ["loans", "general", "specific"]].tolist() == [1, 10_000, 250_000]
    assert rows.loc[(2023, "special_mention"), "provision"] == 6_000 + 12_000


def test_positions_take_their_class_and_its_risk_weight(priced):
    rows = priced.set_index("loan")
    assert rows["asset_class"].to_dict()[50] == "residential_mortgage"
    assert rows["asset_class"].to_dict()[8] == measures.DEFAULTED
    one = rows.loc[2]
    weight = risk_weight(one["pd"], lgd=0.4, maturity=730 / 365, asset_class="corporate", framework="basel3")
    assert one["risk_weighted"] == pytest.approx(weight * 1_000_000)
    assert rows.loc[8, "risk_weighted"] == 0.0
    classes = measures.capital_by_class(priced).set_index("asset_class")
    assert classes["loans"].to_dict() == {"corporate": 7, "residential_mortgage": 1, "defaulted": 1}
    assert classes["exposure"].sum() == priced["ead"].sum()
    assert (classes["worst_loss"] >= classes["expected_loss"] - 1e-6).all()


def test_obligors_add_up_and_models_keep_the_expected_loss(priced):
    units = measures.obligors(priced.assign(customer=priced["customer"].replace({3: 2}), borrowers=300))
    assert len(units) == len(priced) - 2
    both = units.set_index("unit").loc["customer 2"]
    assert both["exposure"] == 2_000_000
    assert units.set_index("unit")["borrowers"].to_dict()["loan 50"] == 300
    live = priced[priced["asset_class"] != measures.DEFAULTED]
    expected = float((units["exposure"] * units["pd"] * units["lgd"]).sum())
    sectors, drawn = measures.sector_losses(units), measures.simulated(units)
    assert sectors.expected_loss == pytest.approx(expected)
    assert drawn.expected_loss == pytest.approx(expected)
    assert float(drawn.contributions(0.99)["expected_loss"].sum()) == pytest.approx(expected)
    table = measures.loss_quantiles(priced, {"a": sectors, "b": drawn}).set_index("model")
    assert table.loc["Basel formula", "expected"] == pytest.approx(float(live["expected_loss"].sum()))
    assert (table.loc[["a", "b"], "loss_99"] <= table.loc[["a", "b"], "loss_99_9"]).all()
    assert measures.granularity(units) > 0
    assert measures.granularity(units[units["retail"]]) is None
    assert measures.sector_losses(units.assign(lgd=0.0)) is None
    assert measures.simulated(units.assign(lgd=0.0)) is None


def test_falls_of_property_prices(books, priced):
    assert measures.own_funds(frames(), block=2022) == 1_000_000
    assert measures.own_funds(frames(), block=None) == 2_000_000
    assert measures.own_funds(frames(), block=1) is None
    assert measures.has_property(books[2023], priced)
    assert not measures.has_property(replace(books[2023], liens=table("liens", [])), priced)
    falls = measures.price_falls(books[2023], priced, funds=2_000_000)
    assert falls["collateral"].tolist() == [800_000, 720_000, 640_000, 560_000, 480_000, 400_000]
    assert falls["ltv"].tolist() == pytest.approx([1e6 / value for value in falls["collateral"]])
    assert falls["expected_loss"].is_monotonic_increasing
    assert falls["capital_ratio"].is_monotonic_decreasing
    chance = priced.set_index("loan").loc[1, "pd"]
    added = falls["expected_loss"].iloc[5] - falls["expected_loss"].iloc[0]
    assert added == pytest.approx(chance * 0.4 * 300_000)  # half of 800,000 × 3/4
    found = measures.least_fall(books[2023], priced, funds=2_000_000)
    for result in found.values():
        assert result.severity is None or 0.0 <= result.severity <= 1.0


def test_network_loss_by_hand(books):
    """Borrower 3 owes 1,000,000; guarantor 2 covers 400,000 but can pay 300,000, so that it fails too."""
    exposures = books[2023].exposures.copy()
    exposures.loc[exposures["loan"] == 3, "industry"] = "F"
    found = measures.network_loss(replace(books[2023], exposures=exposures), by="industry").set_index("industry")
    columns = ["failing", "direct_loss", "recovered", "additional_failures", "additional_debt", "bank_loss"]
    assert found.loc["F", columns].tolist() == [1, 1_000_000, 300_000, 1, 1_000_000, 1_700_000]
    assert found.loc["K", columns].tolist() == [1, 1_000_000, 0, 0, 0, 1_000_000]
    assert measures.network_loss(books[2023], by="region")["bank_loss"].tolist() == [2_000_000]


def test_signals_now_and_their_record(books):
    now = measures.warnings_now(books)
    assert set(now["unit"]) == {4}
    assert sorted(now["indicator"].str.split().str[0]) == [
        "category_drop",
        "days_past_due",
        "days_past_due",
        "rating_drop",
    ]
    judged = measures.signals_judged(books).set_index("indicator")
    assert (judged["defaults"] == 1).all()
    assert (judged["hits"] == 0).all()
    assert measures.signals_judged({2023: books[2023]}) is None
    gone = {2023: book(2023, [corporate(8, 3, state="defaulted", category="loss", defaulted_on=ENDS[2023])])}
    assert not len(measures.warnings_now(gone))


def test_covenants_that_hold_money_back(books):
    """Customer 1 was served notice 40 days ago with 30 to cure, 2 is suspended, 3 goes on, 7 owes nothing."""
    told = [
        {"customer": 2, "product": 1, "answer": "suspend_drawings", "reason": "standing"},
        {"customer": 3, "product": 1, "answer": "continue", "reason": "none"},
        {"customer": 7, "product": 1, "answer": "serve_notice", "reason": "rating", "cure_by": ENDS[2023] + 5},
        {"customer": 1, "product": 1, "answer": "serve_notice", "reason": "current_ratio", "cure_by": ENDS[2023] - 10},
        {"customer": 5, "product": 2, "answer": "suspend_drawings", "reason": "rating"},
    ]
    figure = {"customer": 1, "measure": "current_ratio", "value": PPB * 9 // 10}
    rule = {"product": 1, "measure": "current_ratio", "threshold": PPB}
    tables = {"covenants": told, "figures": [figure], "measure_rules": [rule]}
    last = replace(books[2023], **{name: table(name, rows) for name, rows in tables.items()})
    found = measures.covenants_failing(last)
    assert found[["customer", "reason", "outstanding", "undrawn"]].to_numpy().tolist() == [
        [1, "current_ratio", 1_000_000, 0],
        [2, "standing", 1_000_000, 0],
    ]
    assert found["days_left"].tolist() == [-10, pd.NA]
    assert found["figure"].tolist() == [PPB * 9 // 10, pd.NA]
    assert found["threshold"].tolist() == [PPB, pd.NA]
    assert not len(measures.covenants_failing(books[2023]))
    material = sections.Material({**books, 2023: last}, frames(), CODES)
    warned = next(section for section in sections.build(material) if section.key == "warning")
    shown = next(figure for figure in warned.figures if figure.key == "covenants").table
    assert shown.iloc[0].tolist() == [1, 1, "serve notice", "current ratio", "2023-12-21", -10, 0.9, 1.0, 0.0001, 0.0]
    assert shown["cure_by"].tolist() == ["2023-12-21", ""]


def test_room_until_the_first_limit(books):
    found = measures.room(books[2023]).amount
    assert found.loc["K", "CN-GD"] == 10**8 - 8_000_000
    assert found.loc["X", "CN-GD"] is None
    assert measures.room(replace(books[2023], limits=table("limits", []))) is None


def largest_figures(book):
    """The tables of the section's largest buckets, by dimension."""
    section = sections.build(sections.Material({2023: book}, frames(), CODES))[0]
    assert section.key == "concentration"
    tables = {figure.key.removeprefix("largest_"): figure.table for figure in section.figures}
    return {
        dimension: tables[dimension] for dimension in ("industry", "region", "customer", "group") if dimension in tables
    }


def test_the_largest_by_group_are_left_out_where_there_is_no_group(books):
    """Nobody is grouped: the groups would be the customers once more."""
    assert not books[2023].exposures["group"].any()
    assert list(largest_figures(books[2023])) == ["industry", "region", "customer"]
    assert len(measures.largest(books[2023], by="group")) == 0


def test_the_largest_by_group_are_groups_and_customers_of_none(books):
    last = books[2023]
    grouped = last.exposures["customer"].isin([1, 2]) * 6
    found = largest_figures(replace(last, exposures=last.exposures.assign(group=grouped)))
    first = found["group"].set_index("name")["outstanding"]
    assert first["group 6"] == 2_000_000
    assert first["customer 3"] == 1_000_000
    assert not {"customer 1", "customer 2"} & set(first.index)
    assert "customer 1" in set(found["customer"]["name"])


@pytest.mark.parametrize("years", [YEARS, (2023,)])
def test_sections_say_nothing_that_is_no_number(books, years):
    """Every new section on three year ends and on one: keys, events named, no NaN and no infinity in a cell."""
    material = sections.Material({year: books[year] for year in years}, frames(), CODES)
    made = sections.build(material)
    keys = {section.key for section in made}
    expected = {"concentration", "quality", "provisions", "protection", "limits", "warning"}
    if len(years) > 1:
        expected |= {"growth", "migration", "losses", "capital", "stress"}
    assert keys == expected
    for section in made:
        assert section.figures
        for figure in section.figures:
            assert figure.made.events
            cells = figure.table.select_dtypes("number").to_numpy(dtype=np.float64)
            assert not np.isinf(cells).any(), figure.key


def test_a_book_of_one_date_without_guarantees_or_ratings_says_what_it_can():
    plain = book(2023, [(n, n, "person", 0, 5_000, {"industry": "A01", "oldest_due": 0}) for n in range(1, 30)])
    made = sections.build(sections.Material({2023: plain}, frames(), CODES))
    assert [section.key for section in made] == ["concentration", "quality", "provisions"]
    provisions = next(section for section in made if section.key == "provisions")
    assert [figure.key for figure in provisions.figures] == ["category_provisions"]
