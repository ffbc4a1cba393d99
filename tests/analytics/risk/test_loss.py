"""Provisions by hand in fractions; their bounds; movements that sum to the fen."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.errors import InvalidInput
from analytics.risk import loss as ls
from analytics.risk.migration import matrix_at
from analytics.units import PPB

ONE = (ls.EconomicScenario("only", 1.0),)
NOTHING = pd.DataFrame({"loan": [], "amount": []})
TERMS = pd.DataFrame({1.0: [0.1, 0.2], 2.0: [0.19, 0.36], 4.0: [0.3, 0.5]}, index=["A", "B"])


def loans(**columns):
    given_columns = {"loan": [1], "grade": "A", "stage": 1, "exposure": 1000, "lgd": 0.5, "effective_rate": 0.0}
    return pd.DataFrame({**given_columns, **columns})


def schedule(rows):
    return pd.DataFrame(rows, columns=["loan", "start", "end", "exposure"])


def half_up(amount):
    return int(amount + Fraction(1, 2))


# STAGES


def test_stages_by_increase_backstop_and_impairment():
    table = pd.DataFrame(
        {
            "pd_at_origination": [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.0],
            "pd": [0.0299, 0.03, 0.01, 0.01, 0.01, 0.01, 0.001],
            "days_past_due": [0, 0, 30, 31, 90, 91, 0],
            "credit_impaired": [False] * 7,
        }
    )
    assert ls.impairment_stage(table).tolist() == [1, 2, 1, 2, 2, 3, 2]
    assert ls.impairment_stage(table.assign(credit_impaired=True)).tolist() == [3] * 7


def test_a_multiple_of_almost_nothing_and_low_risk_are_no_increase_but_the_backstop_holds():
    table = pd.DataFrame(
        {"pd_at_origination": 0.0001, "pd": [0.0009, 0.0009], "days_past_due": [0, 31], "credit_impaired": False}
    )
    assert ls.impairment_stage(table).tolist() == [2, 2]
    assert ls.impairment_stage(table, least_increase=0.001).tolist() == [1, 2]
    assert ls.impairment_stage(table, low_credit_risk=0.001).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"pd": [1.5]}, {}, "loans: pd"),
        ({"days_past_due": [-1]}, {}, "days_past_due"),
        ({"credit_impaired": ["no"]}, {}, "no column of booleans"),
        ({}, {"increase": 0.5}, "increase: 0.5 is below 1; give 1 or more"),
    ],
)
def test_stage_refuses(change, options, message):
    table = pd.DataFrame({"pd_at_origination": [0.1], "pd": [0.1], "days_past_due": [0], "credit_impaired": [False]})
    with pytest.raises(InvalidInput, match=message):
        ls.impairment_stage(table.assign(**change), **options)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 200), st.integers(0, 200), st.floats(0, 1))
def test_a_worse_loan_is_never_in_a_better_stage(origin, chance, late, later, worse):
    table = pd.DataFrame(
        {
            "pd_at_origination": origin,
            "pd": [chance, max(chance, worse)],
            "days_past_due": [late, late + later],
            "credit_impaired": False,
        }
    )
    first, second = ls.impairment_stage(table).tolist()
    assert first <= second


# TERM STRUCTURES


def test_terms_of_a_generator_and_of_its_matrix_agree_at_whole_years():
    generator = pd.DataFrame([[-0.2, 0.15, 0.05], [0.1, -0.4, 0.3], [0, 0, 0]], index=list("ABD"), columns=list("ABD"))
    terms = ls.default_terms(generator, [1, 2, 3])
    powers = ls.default_terms_of_matrix(matrix_at(generator, 1.0), 3)
    np.testing.assert_allclose(terms.to_numpy(), powers.to_numpy(), rtol=1e-12)
    assert list(terms.index) == ["A", "B"]


def test_between_columns_the_hazard_is_constant():
    grade = pd.Series(["A", "A", "B", "A"])
    got = ls.lifetime_default(TERMS, grade, [0.5, 1.5, 3.0, 0.0])
    by_hand = [1 - 0.9**0.5, 1 - 0.9 * 0.9**0.5, 1 - (0.64 * 0.5) ** 0.5, 0.0]
    np.testing.assert_allclose(got, by_hand, rtol=1e-14)


def test_a_certain_default_stays_certain():
    terms = pd.DataFrame({1.0: [1.0], 2.0: [1.0]}, index=["A"])
    assert ls.lifetime_default(terms, pd.Series(["A", "A"]), [1.0, 1.7]).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ls.lifetime_default(TERMS, pd.Series(["A"]), [5.0]), "beyond the term structure's 4"),
        (lambda: ls.lifetime_default(TERMS, pd.Series(["Z"]), [1.0]), "'Z' has no row"),
        (lambda: ls.lifetime_default(TERMS[[2.0, 1.0]], pd.Series(["A"]), [1.0]), "do not increase"),
        (lambda: ls.lifetime_default(TERMS.assign(**{"4.0": 0}).set_axis([1, 2, 3, 4], axis=1), pd.Series(["A"]), [1]),
         "cannot be undone"),
        (lambda: ls.default_terms(pd.DataFrame([[-1, 1], [1, -1]]), [1]), "can be left"),
        (lambda: ls.default_terms_of_matrix(pd.DataFrame([[0.5, 0.4], [0, 1]]), 1), "sums to 0.9"),
        (lambda: ls.default_terms_of_matrix(pd.DataFrame([[0.5, 0.5], [0.1, 0.9]]), 1), "can be left"),
    ],
)  # fmt: skip
def test_terms_refuse(call, message):
    with pytest.raises(InvalidInput, match=message):
        call()


# RUN-OFF


def test_run_off_keeps_arrears_to_the_end_and_clips_the_last_period():
    balances = pd.DataFrame({"loan": [7, 8], "exposure": [1000, 50]})
    instalments = pd.DataFrame({"loan": [7, 7, 7, 7], "date": [100, 465, 830, 1010], "principal": [900, 300, 300, 300]})
    table = ls.run_off(balances, instalments, as_of=100, periods_per_year=1)
    assert table["loan"].tolist() == [7, 7, 7, 8]
    assert table["exposure"].tolist() == [1000, 700, 400, 50]
    assert table["start"].tolist() == [0.0, 1.0, 2.0, 0.0]
    np.testing.assert_allclose(table["end"], [1.0, 2.0, 910 / 365, 1.0])


@given(st.lists(st.tuples(st.integers(1, 2000), st.integers(0, 1000)), max_size=30), st.sampled_from([1, 4, 12]))
def test_run_off_is_what_is_owed_less_what_was_due_before_the_period(pays, per_year):
    owed = sum(amount for _, amount in pays) + 17
    instalments = pd.DataFrame(pays, columns=["date", "principal"]).assign(loan=1)
    other = pd.DataFrame({"date": [900], "principal": [5], "loan": [0]})
    balances = pd.DataFrame({"loan": [0, 1], "exposure": [5, owed]})
    table = ls.run_off(balances, pd.concat([other, instalments]), as_of=0, periods_per_year=per_year)
    for row in table[table["loan"] == 1].itertuples():
        due = sum(amount for day, amount in pays if day / 365 <= row.start + 1e-9)
        assert row.exposure == owed - due
    assert table["end"].max() == pytest.approx(max([900, *(day for day, _ in pays)]) / 365)


def test_run_off_refuses_more_than_is_owed():
    with pytest.raises(InvalidInput, match="loan 7 repays 101 of 100"):
        ls.run_off(
            pd.DataFrame({"loan": [7], "exposure": [100]}),
            pd.DataFrame({"loan": [7], "date": [9], "principal": [101]}),
            as_of=0,
        )


# EXPECTED CREDIT LOSS


def test_expected_loss_by_hand():
    """Three periods, discounting at 5 %, in fractions."""
    rows = schedule([(1, 0.0, 1.0, 1_000_000), (1, 1.0, 2.0, 600_000), (2, 0.0, 1.0, 500_000), (3, 0.0, 1.0, 10)])
    table = loans(
        loan=[1, 2, 3], grade=["A", "B", "B"], stage=[2, 1, 3], exposure=[1_000_000, 500_000, 10], lgd=[0.5, 0.4, 0.25],
        effective_rate=0.05,
    )  # fmt: skip
    got = ls.expected_credit_loss(ls.LossInputs(table, rows, TERMS, ONE))
    factor = 1 / Fraction(105, 100)
    first = Fraction(1, 10) * Fraction(1, 2) * 1_000_000 * factor
    both = first + Fraction(9, 100) * Fraction(1, 2) * 600_000 * factor**2
    second = Fraction(2, 10) * Fraction(4, 10) * 500_000 * factor
    assert got["twelve_months"].tolist() == [half_up(first), half_up(second), 3]
    assert got["lifetime"].tolist() == [half_up(both), half_up(second), 3]
    assert got["allowance"].tolist() == [half_up(both), half_up(second), 3]
    assert got["exposure"].tolist() == [1_000_000, 500_000, 10]


def test_a_period_across_twelve_months_is_split_there():
    """Two years in one period at a constant balance: the hazard of each year, discounted from its own end."""
    rows = schedule([(1, 0.0, 2.0, 1_000_000)])
    got = ls.expected_credit_loss(ls.LossInputs(loans(effective_rate=0.25), rows, TERMS, ONE)).iloc[0]
    year = Fraction(1, 10) * Fraction(1, 2) * 1_000_000 * Fraction(4, 5)
    assert got["twelve_months"] == half_up(year)
    assert got["lifetime"] == half_up(year + Fraction(9, 100) * Fraction(1, 2) * 1_000_000 * Fraction(16, 25))


def test_scenarios_weigh_hazards_and_severities():
    """Survival squared in the downturn: 0.9² leaves 0.19; severity at most one."""
    scenarios = (
        ls.EconomicScenario("base", 0.5),
        ls.EconomicScenario("upturn", 0.25, hazard=0.0),
        ls.EconomicScenario("downturn", 0.25, hazard=2.0, severity=3.0),
    )
    table = loans(loan=[1, 2], stage=[1, 3], exposure=100_000)
    rows = schedule([(1, 0.0, 1.0, 100_000)])
    got = ls.expected_credit_loss(ls.LossInputs(table, rows, TERMS, scenarios))["allowance"].tolist()
    by_hand = Fraction(1, 2) * Fraction(1, 10) * Fraction(1, 2) + Fraction(1, 4) * Fraction(19, 100)
    impaired = Fraction(3, 4) * Fraction(1, 2) + Fraction(1, 4)
    assert got == [half_up(by_hand * 100_000), half_up(impaired * 100_000)]


def test_neutral_scenarios_keep_the_default_probability():
    for chance in (0.001, 0.02, 0.2):
        scenarios = ls.neutral_scenarios(chance, 0.12)
        mean = sum(s.weight * (1 - (1 - chance) ** s.hazard) for s in scenarios)
        assert mean == pytest.approx(chance, rel=0.02)
        assert sum(s.weight for s in scenarios) == pytest.approx(1.0)
    assert [s.hazard for s in ls.neutral_scenarios(0.02, 0.0)] == pytest.approx([1.0] * 3)


def test_workout_takes_time_and_money():
    severity = pd.DataFrame(
        {"exposure": [1000, 1000, 0], "from_collateral": [600, 0, 0], "from_guarantees": [200, 0, 0]}
    )
    got = ls.workout_lgd(severity, rate=[0.25, 0.1, 0.1], years=1.0, cost=0.05)
    assert got.tolist() == pytest.approx([1 - 800 * 0.95 / 1.25 / 1000, 1.0, 0.0])
    assert ls.workout_lgd(severity, rate=0.1, years=0.0, cost=0.0).iloc[0] == pytest.approx(0.2)
    with pytest.raises(InvalidInput, match="row 0 recovers more"):
        ls.workout_lgd(severity.assign(exposure=700), rate=0.1, years=1.0, cost=0.0)


@pytest.mark.parametrize(
    ("change", "rows", "scenarios", "message"),
    [
        ({"stage": 4}, [(1, 0.0, 1.0, 9)], ONE, "stage 4 is none of 1, 2, 3"),
        ({"lgd": 1.2}, [(1, 0.0, 1.0, 9)], ONE, "loans: lgd"),
        ({"lgd": np.nan}, [(1, 0.0, 1.0, 9)], ONE, "lgd is missing"),
        ({"effective_rate": -0.1}, [(1, 0.0, 1.0, 9)], ONE, "effective_rate"),
        ({"grade": "Z"}, [(1, 0.0, 1.0, 9)], ONE, "'Z' has no row"),
        ({}, [], ONE, "loan 1 has no row; run it off"),
        ({}, [(1, 0.5, 1.0, 9)], ONE, "does not follow on 0"),
        ({}, [(1, 0.0, 1.0, 9), (1, 1.5, 2.0, 9)], ONE, "does not follow on 1"),
        ({}, [(2, 0.0, 1.0, 9)], ONE, "loan 2 is not among loans"),
        ({}, [(1, 0.0, 5.0, 9)], ONE, "beyond the term structure"),
        ({}, [(1, 0.0, 1.0, 9)], (ls.EconomicScenario("a", 0.5),), "weigh 0.5"),
    ],
)
def test_expected_loss_refuses(change, rows, scenarios, message):
    with pytest.raises(InvalidInput, match=message):
        ls.expected_credit_loss(ls.LossInputs(loans(**change), schedule(rows), TERMS, scenarios))


def test_an_empty_book_and_a_loan_twice_are_refused():
    with pytest.raises(InvalidInput, match="empty"):
        ls.expected_credit_loss(ls.LossInputs(loans()[:0], schedule([]), TERMS, ONE))
    with pytest.raises(InvalidInput, match="1 has two rows"):
        ls.expected_credit_loss(ls.LossInputs(loans(loan=[1, 1]), schedule([(1, 0.0, 1.0, 9)]), TERMS, ONE))


# RANDOM BOOKS

SCENARIOS = (ls.EconomicScenario("up", 0.25, 0.5, 0.9), ls.EconomicScenario("down", 0.75, 1.5, 1.2))


@st.composite
def books(draw, ids=range(4)):
    chosen = draw(st.lists(st.sampled_from(list(ids)), min_size=1, unique=True))
    owed = [draw(st.integers(0, 10**12)) for _ in chosen]
    table = pd.DataFrame(
        {
            "loan": chosen,
            "grade": [draw(st.sampled_from("AB")) for _ in chosen],
            "stage": [draw(st.sampled_from([1, 2, 3])) for _ in chosen],
            "exposure": owed,
            "lgd": [draw(st.floats(0, 1)) for _ in chosen],
            "effective_rate": [draw(st.floats(0, 0.3)) for _ in chosen],
        }
    )
    rows = []
    for loan, amount, stage in zip(chosen, owed, table["stage"], strict=True):
        periods = draw(st.integers(0 if stage == 3 else 1, 8))
        balances = sorted((draw(st.integers(0, amount)) for _ in range(periods - 1)), reverse=True)
        rows += [(loan, k / 2, (k + 1) / 2, left) for k, left in enumerate([amount, *balances][:periods])]
    terms = TERMS * draw(st.floats(0.1, 1.5))
    return ls.LossInputs(table, schedule(rows), terms, draw(st.sampled_from([ONE, SCENARIOS])))


@settings(max_examples=60, deadline=None)
@given(books())
def test_the_allowance_lies_between_nothing_and_the_exposure_and_grows_with_the_stage(book):
    amounts = []
    for stage in (1, 2):
        staged = replace(book, loans=book.loans.assign(stage=np.where(book.loans["stage"] == 3, 3, stage)))
        got = ls.expected_credit_loss(staged)
        assert (got["twelve_months"] <= got["lifetime"]).all()
        assert ((got["allowance"] >= 0) & (got["allowance"] <= got["exposure"])).all()
        amounts.append(got["allowance"].to_numpy())
    impaired = ls.expected_credit_loss(replace(book, loans=book.loans.assign(stage=3)))
    assert (amounts[0] <= amounts[1]).all()
    assert (amounts[1] <= impaired["allowance"].to_numpy()).all()


@settings(max_examples=80, deadline=None)
@given(books(), books(ids=range(2, 6)), st.dictionaries(st.integers(0, 6), st.integers(0, 10**12), max_size=4))
def test_every_movement_sums_to_the_fen(before, after, lost):
    written_off = pd.DataFrame({"loan": list(lost), "amount": list(lost.values())})
    moved = ls.explain_movement(before, after, written_off=written_off)
    table = moved.loans.set_index("loan")
    opening = ls.expected_credit_loss(before).set_index("loan")["allowance"]
    closing = ls.expected_credit_loss(after).set_index("loan")["allowance"]
    assert (table["opening"] + table[list(ls.COMPONENTS)].sum(axis=1) == table["closing"]).all()
    assert table.loc[opening.index, "opening"].tolist() == opening.tolist()
    assert table.loc[closing.index, "closing"].tolist() == closing.tolist()
    total = moved.total().set_index("movement")["amount"]
    assert total["opening"] == opening.sum()
    assert total["closing"] == closing.sum()
    assert total["opening"] + sum(total[name] for name in ls.COMPONENTS) == total["closing"]
    assert int(moved.transfers()["loans"].sum()) == len(table)
    one_sided = table.index.difference(opening.index.intersection(closing.index))
    assert (table.loc[one_sided, ["exposure", "rating", "default_rates", "severity", "stage"]] == 0).all(axis=None)


@given(books())
@settings(max_examples=20, deadline=None)
def test_nothing_moves_between_equal_books(book):
    moved = ls.explain_movement(book, book, written_off=NOTHING).loans
    assert (moved[list(ls.COMPONENTS)] == 0).all(axis=None)


# MOVEMENTS BY HAND


def test_a_movement_by_hand():
    """Loan 1 repaid, 2 written off, 3 new, 4 halved, downgraded, less secured, past due, and partly written off."""
    before = ls.LossInputs(
        loans(loan=[1, 2, 4], stage=[1, 3, 1], exposure=[1000, 400, 2000]),
        schedule([(1, 0.0, 1.0, 1000), (4, 0.0, 1.0, 2000), (4, 1.0, 2.0, 2000)]), TERMS, ONE,
    )  # fmt: skip
    after = ls.LossInputs(
        loans(loan=[3, 4], stage=[1, 2], exposure=[600, 1000], grade=["A", "B"], lgd=[0.5, 0.6]),
        schedule([(3, 0.0, 1.0, 600), (4, 0.0, 1.0, 1000), (4, 1.0, 2.0, 500)]),
        TERMS * 1.25, ONE,
    )  # fmt: skip
    lost = pd.DataFrame({"loan": [2, 4], "amount": [400, 200]})
    moved = ls.explain_movement(before, after, written_off=lost)
    got = moved.loans.set_index("loan")
    assert got.loc[1, ["opening", "repaid", "closing"]].tolist() == [50, -50, 0]
    assert got.loc[2, ["opening", "written_off", "closing"]].tolist() == [200, -200, 0]
    assert got.loc[3, ["opening", "new", "closing"]].tolist() == [0, half_up(Fraction(75, 2)), 38]
    # 2000 × 10 % × 50 % = 100; a tenth written off leaves 90; 1000 owed: 50; grade B at 20 %: 100;
    # rates up by a quarter: 125; severity 60 %: 150; lifetime: + (45 % - 25 %) × 60 % × 500 = 60.
    steps = ["opening", "written_off", "exposure", "rating", "default_rates", "severity", "stage", "closing"]
    assert got.loc[4, steps].tolist() == [100, -10, -40, 50, 25, 25, 60, 210]
    assert got.loc[4, ["stage_before", "stage_after"]].tolist() == [1, 2]
    total = moved.total().set_index("movement")
    assert total["amount"].to_dict() == {
        "opening": 350, "new": 38, "repaid": -50, "written_off": -210, "exposure": -40, "rating": 50,
        "default_rates": 25, "severity": 25, "stage": 60, "closing": 248,
    }  # fmt: skip
    assert total.loc["written_off", "loans"] == 2
    transfers = moved.transfers().set_index(["from", "to"])
    assert transfers.loc[(1, 2)].to_dict() == {"loans": 1, "opening": 100, "closing": 210}
    assert transfers.loc[(0, 1), "closing"] == 38


def test_a_loan_cured_and_one_that_fell_into_default():
    """Stage 3 needs no run-off on its own date, and gets none of the other date's for its own."""
    performing = ls.LossInputs(loans(), schedule([(1, 0.0, 1.0, 1000)]), TERMS, ONE)
    impaired = ls.LossInputs(loans(stage=3), schedule([]), TERMS, ONE)
    fell = ls.explain_movement(performing, impaired, written_off=NOTHING).loans.iloc[0]
    assert [fell["opening"], fell["stage"], fell["closing"]] == [50, 450, 500]
    cured = ls.explain_movement(impaired, performing, written_off=NOTHING).loans.iloc[0]
    assert [cured["opening"], cured["stage"], cured["closing"]] == [500, -450, 50]


def test_movement_refuses():
    book = ls.LossInputs(loans(), schedule([(1, 0.0, 1.0, 1000)]), TERMS, ONE)
    twice = pd.DataFrame({"loan": [1, 1], "amount": [5, 5]})
    with pytest.raises(InvalidInput, match="1 has two rows; add them up"):
        ls.explain_movement(book, book, written_off=twice)
    with pytest.raises(InvalidInput, match="written_off: amount"):
        ls.explain_movement(book, book, written_off=pd.DataFrame({"loan": [1], "amount": [-5]}))


# FIVE CATEGORIES


def test_five_categories_by_hand():
    table = pd.DataFrame(
        {
            "loan": range(6),
            "category": ["pass", "special_mention", "substandard", "doubtful", "loss", "pass"],
            "outstanding": [1000, 1000, 1000, 1000, 1000, 1],
        }
    )
    got = ls.category_provisions(table).set_index("category")
    assert got["specific"].tolist() == [0, 20, 250, 500, 1000]
    assert got["general"].tolist() == [11, 10, 10, 10, 10]
    assert got["provision"].tolist() == [11, 30, 260, 510, 1010]
    assert got.loc["pass", ["loans", "outstanding"]].tolist() == [2, 1001]
    assert ls.category_provisions(table[:0])["provision"].tolist() == [0] * 5


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        ({"loan": [1], "category": ["bad"], "outstanding": [1]}, {}, "category 'bad'"),
        ({"loan": [1, 1], "category": "pass", "outstanding": [1, 1]}, {}, "1 has two rows"),
        ({"loan": [1], "category": "pass", "outstanding": [-1]}, {}, "outstanding"),
        ({"loan": [1], "category": "pass", "outstanding": [1]}, {"general": PPB + 1}, "general is 1000000001"),
        ({"loan": [1], "category": "pass", "outstanding": [1]}, {"rates": {"pass": 0}}, "special_mention is None"),
    ],
)
def test_categories_refuse(table, options, message):
    with pytest.raises(InvalidInput, match=message):
        ls.category_provisions(pd.DataFrame(table), **options)
