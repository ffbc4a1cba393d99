"""Default rates, most prudent bounds, losses and survival: published values, properties, refusals."""

from fractions import Fraction

import lifelines
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from analytics.errors import InvalidInput
from analytics.risk import default as d
from analytics.units import PPB

GRADES = ["A", "B", "C"]
OBLIGORS = [100, 400, 300]
SEEN = {"none": [0, 0, 0], "few": [0, 2, 1]}


@st.composite
def graded_books(draw):
    n = draw(st.lists(st.integers(0, 400), min_size=1, max_size=6).filter(lambda n: n[-1] > 0))
    return n, [draw(st.integers(0, min(k, 12))) for k in n]


class TestPlutoTasche:
    def test_published_bounds(self, vectors):
        published = pd.read_csv(vectors / "risk" / "pluto_tasche_2005_independent.csv")
        for row in published.itertuples():
            bounds = d.pluto_tasche(OBLIGORS, SEEN[row.defaults], confidence=row.gamma)
            assert 100 * bounds[GRADES.index(row.grade)] == pytest.approx(row.published_pct, abs=0.01)

    def test_independent_bound_by_its_definition(self):
        bounds = d.pluto_tasche(OBLIGORS, [0, 2, 1], confidence=0.9)
        for k, n, p in zip((3, 3, 1), (800, 700, 300), bounds, strict=True):
            assert stats.binom.cdf(k, n, p) == pytest.approx(0.1, rel=1e-9)

    @pytest.mark.parametrize("rho", [0.01, 0.12, 0.5, 0.95])
    @pytest.mark.parametrize("defaults", [[0, 0, 0], [0, 2, 1], [5, 40, 60]])
    def test_correlated_bound_by_its_definition(self, rho, defaults):
        """At most the defaults seen have probability 1 - confidence, integrated over the factor by QUADPACK."""
        bounds = d.pluto_tasche(OBLIGORS, defaults, confidence=0.75, rho=rho)
        pools = zip(np.cumsum(defaults[::-1])[::-1], np.cumsum(OBLIGORS[::-1])[::-1], bounds, strict=True)
        for k, n, p in pools:

            def conditional(y, k=k, n=n, p=p):
                chance = special.ndtr((special.ndtri(p) - np.sqrt(rho) * y) / np.sqrt(1 - rho))
                return stats.norm.pdf(y) * stats.binom.cdf(k, n, chance)

            total = sum(integrate.quad(conditional, a, a + 0.5, epsabs=1e-13)[0] for a in np.arange(-8, 8, 0.5))
            assert total == pytest.approx(0.25, abs=1e-8)

    def test_large_pools_and_small_correlation_meet_the_independent_bound(self):
        n, k = [200_000, 300_000], [100, 900]
        independent = d.pluto_tasche(n, k, confidence=0.95)
        np.testing.assert_allclose(d.pluto_tasche(n, k, confidence=0.95, rho=1e-9), independent, rtol=2e-3)
        np.testing.assert_array_equal(d.pluto_tasche(n, k, confidence=0.95, rho=0.0), independent)

    @given(graded_books(), st.floats(0.05, 0.99), st.sampled_from([None, 0.12]))
    @settings(max_examples=60, deadline=None)
    def test_bounds_cover_the_rate_and_grow_with_confidence(self, book, confidence, rho):
        n, k = book
        low = d.pluto_tasche(n, k, confidence=confidence, rho=rho)
        high = d.pluto_tasche(n, k, confidence=confidence + 0.009, rho=rho)
        assert ((low >= 0) & (low <= 1)).all()
        assert (high >= low - 1e-12).all()
        assert (d.pluto_tasche(n, [0] * len(n), confidence=confidence, rho=rho) <= low + 1e-12).all()
        if confidence >= 0.5 and rho is None:
            pooled = np.cumsum(k[::-1])[::-1] / np.cumsum(n[::-1])[::-1]
            assert (low >= pooled - 1e-12).all()

    def test_no_defaults_give_bounds_in_the_order_of_grades(self):
        assert (np.diff(d.pluto_tasche(OBLIGORS, [0, 0, 0], confidence=0.9, rho=0.12)) > 0).all()

    def test_all_defaulted_is_one_and_one_obligor_has_a_bound(self):
        np.testing.assert_array_equal(d.pluto_tasche([3, 2], [3, 2], confidence=0.9, rho=0.2), [1.0, 1.0])
        np.testing.assert_allclose(d.pluto_tasche([1], [0], confidence=0.9), [0.9])

    def test_labels_stay(self):
        bounds = d.pluto_tasche(pd.Series(OBLIGORS, index=GRADES), pd.Series([0, 0, 0], index=GRADES), confidence=0.5)
        assert list(bounds.index) == GRADES

    @pytest.mark.parametrize(
        ("n", "k", "options", "message"),
        [
            ([10, 5], [0, 6], {}, "grade 1 has 6 of 5"),
            ([10, 0], [0, 0], {}, "last grade is empty"),
            ([10.5], [0], {}, "whole numbers"),
            ([10], [-1], {}, "negative"),
            ([10], [np.nan], {}, "NaN"),
            ([], [], {}, "empty"),
            ([10, 5], [1], {}, "entries"),
            ([10], [0], {"confidence": 1.0}, "outside"),
            ([10], [0], {"rho": 1.0}, "outside"),
        ],
    )
    def test_refuses(self, n, k, options, message):
        with pytest.raises(InvalidInput, match=message):
            d.pluto_tasche(n, k, **({"confidence": 0.9} | options))


def loan_table(*rows):
    names = ["loan", "customer", "kind", "days_past_due", "unlikely_to_pay", "outstanding", "industry"]
    return pd.DataFrame(rows, columns=names)


class TestDefaultStatus:
    def test_one_bad_obligation_makes_an_obligor_default_but_not_a_retail_customer(self):
        status = d.default_status(
            loan_table(
                (1, 7, "corporate", 0, False, 10, "C"),
                (2, 7, "corporate", 91, False, 40, "K"),
                (3, 8, "person", 120, False, 5, "P"),
                (4, 8, "person", 0, False, 6, "P"),
                (5, 9, "small_enterprise", 90, False, 7, "F"),
                (6, 10, "small_enterprise", 0, True, 8, "F"),
            )
        ).set_index("unit")
        assert status["defaulted"].to_dict() == {
            "customer 7": True, "loan 3": True, "loan 4": False, "customer 9": False, "customer 10": True,
        }  # fmt: skip
        assert status.loc["customer 7", ["days_past_due", "outstanding", "industry"]].tolist() == [91, 50, "K"]

    def test_balances_beyond_64_bits_are_exact(self):
        status = d.default_status(
            loan_table((1, 7, "corporate", 0, False, 2**62, "C"), (2, 7, "corporate", 0, False, 2**62, "C"))
        )
        assert status["outstanding"].tolist() == [2**63]

    def test_attributes_come_from_the_largest_loan_of_equals_the_first(self):
        rows = [(9, 7, "corporate", 0, False, 40, "C"), (2, 7, "corporate", 0, False, 40, "K")]
        assert d.default_status(loan_table(*rows))["industry"].tolist() == ["K"]
        rows.append((11, 7, "corporate", 0, False, 41, "F"))
        assert d.default_status(loan_table(*rows))["industry"].tolist() == ["F"]

    def test_a_loan_and_a_customer_of_one_number_are_two_units(self):
        status = d.default_status(
            loan_table((7, 8, "person", 0, False, 1, "P"), (8, 7, "corporate", 95, False, 2, "C"))
        )
        assert status[["unit", "defaulted"]].to_numpy().tolist() == [["loan 7", False], ["customer 7", True]]

    def test_refuses(self):
        with pytest.raises(InvalidInput, match="loan 1 has two rows"):
            d.default_status(loan_table(*[(1, 7, "person", 0, False, 1, "C")] * 2))
        with pytest.raises(InvalidInput, match="negative"):
            d.default_status(loan_table((1, 7, "person", -1, False, 1, "C")))


def start_table(n, **columns):
    return pd.DataFrame({"unit": range(n), "date": 18992, "defaulted": False} | columns)


def default_table(*rows):
    return pd.DataFrame(rows, columns=["unit", "date"])


class TestObservedDefaultRate:
    def test_counts_performing_units_and_the_year_that_follows(self):
        """2021-12-31 is day 18992; 2022-12-31 is day 19357."""
        start = start_table(6, region=["N", "N", "N", "N", "S", "S"])
        start.loc[0, "defaulted"] = True
        defaults = default_table((0, 19000), (1, 18993), (1, 19100), (2, 19357), (3, 19358), (4, 18992))
        table = d.observed_default_rate(start, defaults, by="region")
        assert table[["region", "performing", "defaults"]].to_dict("list") == {
            "region": ["N", "S"], "performing": [3, 2], "defaults": [2, 0],
        }  # fmt: skip
        whole = d.observed_default_rate(start, defaults)
        assert whole[["performing", "defaults", "rate"]].iloc[0].tolist() == [5, 2, 0.4]

    def test_years_pool_and_may_be_told_apart(self):
        start = pd.concat([start_table(4), start_table(4).assign(date=19357)], ignore_index=True)
        defaults = default_table((1, 19100), (1, 19400))
        assert d.observed_default_rate(start, defaults)["defaults"].tolist() == [2]
        assert d.observed_default_rate(start, defaults, by="date")["defaults"].tolist() == [1, 1]

    @pytest.mark.parametrize("interval", ["clopper_pearson", "wilson", "jeffreys"])
    def test_interval_covers_and_narrows_with_numbers(self, interval):
        widths = []
        for n in (20, 2000):
            start = start_table(n)
            table = d.observed_default_rate(
                start, default_table(*((i, 19000) for i in range(n // 10))), interval=interval
            )
            row = table.iloc[0]
            assert row["lower"] < row["rate"] == 0.1 < row["upper"]
            widths.append(row["upper"] - row["lower"])
        assert widths[1] < widths[0] / 5

    def test_clopper_pearson_by_its_definition(self):
        row = d.observed_default_rate(start_table(50), default_table((1, 19000), (2, 19000))).iloc[0]
        assert stats.binom.sf(1, 50, row["lower"]) == pytest.approx(0.025, rel=1e-9)
        assert stats.binom.cdf(2, 50, row["upper"]) == pytest.approx(0.025, rel=1e-9)

    @pytest.mark.parametrize("interval", ["clopper_pearson", "wilson", "jeffreys"])
    def test_none_and_all(self, interval):
        none = d.observed_default_rate(start_table(5), default_table(), interval=interval).iloc[0]
        assert (none["rate"], none["lower"]) == (0.0, 0.0)
        assert 0 < none["upper"] < 1
        everyone = d.observed_default_rate(start_table(1), default_table((0, 19000)), interval=interval).iloc[0]
        assert (everyone["rate"], everyone["upper"]) == (1.0, 1.0)
        assert 0 < everyone["lower"] < 1

    @pytest.mark.parametrize(
        ("start", "options", "message"),
        [
            (start_table(0), {}, "empty"),
            (start_table(2, defaulted=True), {}, "nobody performs"),
            (pd.concat([start_table(1)] * 2), {}, "unit 0, date .* has two rows"),
            (start_table(2), {"by": "region"}, "'region' is missing"),
            (start_table(2, region=["N", None]), {"by": "region"}, "row 1, region is missing"),
            (start_table(2), {"interval": "wald"}, "unknown"),
            (start_table(2), {"confidence": 0.0}, "outside"),
        ],
    )
    def test_refuses(self, start, options, message):
        with pytest.raises(InvalidInput, match=message):
            d.observed_default_rate(start, default_table(), **options)


class TestOverdueRate:
    def test_by_number_and_by_money(self):
        loans = pd.DataFrame(
            {"days_past_due": [0, 10, 40, 0, 9], "outstanding": [50, 30, 20, 100, 0], "industry": list("CCCKK")}
        )
        table = d.overdue_rate(loans, by="industry").set_index("industry")
        assert table.loc["C", ["loans", "overdue", "outstanding", "overdue_outstanding"]].tolist() == [3, 2, 100, 50]
        assert table.loc["C", "amount_rate"] == 0.5
        assert table.loc["K", ["loans", "overdue"]].tolist() == [1, 0]
        assert d.overdue_rate(loans, over_days=30)["overdue"].tolist() == [1]

    def test_refuses_a_book_without_balances(self):
        with pytest.raises(InvalidInput, match="nothing is outstanding"):
            d.overdue_rate(pd.DataFrame({"days_past_due": [1], "outstanding": [0]}))
        with pytest.raises(InvalidInput, match="empty"):
            d.overdue_rate(pd.DataFrame({"days_past_due": [], "outstanding": []}))


class TestCategoryTable:
    def test_five_rows_by_name_or_number(self):
        amounts = [60, 20, 10, 0]
        by_name = d.category_table(
            pd.DataFrame({"category": ["pass", "loss", "doubtful", "pass"], "outstanding": amounts})
        )
        by_number = d.category_table(pd.DataFrame({"category": [1, 5, 4, 1], "outstanding": amounts}))
        pd.testing.assert_frame_equal(by_name, by_number)
        assert by_name["loans"].tolist() == [1, 0, 0, 1, 1]
        assert by_name["outstanding"].tolist() == [60, 0, 0, 10, 20]
        assert by_name["share"].sum() == pytest.approx(1.0)
        assert by_name["non_performing"].tolist() == [False, False, True, True, True]

    def test_an_empty_book_has_zero_shares(self):
        table = d.category_table(pd.DataFrame({"category": [], "outstanding": []}))
        assert table["share"].tolist() == [0.0] * 5

    @pytest.mark.parametrize("wrong", [0, 6, "fine", None])
    def test_refuses_an_unknown_category(self, wrong):
        with pytest.raises(InvalidInput, match="category"):
            d.category_table(pd.DataFrame({"category": [wrong], "outstanding": [1]}))


class TestRollRates:
    def test_between_buckets(self):
        start = pd.DataFrame({"loan": [1, 2, 3, 4], "amount": [10, 30, 60, 5]})
        start["bucket"] = d.past_due_bucket(pd.Series([0, 0, 0, 45]))
        end = pd.DataFrame({"loan": [4, 3, 2, 9], "bucket": d.past_due_bucket([91, 0, 1, 0])})
        rates = d.roll_rates(start, end, state="bucket")
        assert list(rates.columns) == [*d.PAST_DUE_BUCKETS, "gone"]
        np.testing.assert_allclose(rates.loc["current"], [1 / 3, 1 / 3, 0, 0, 0, 1 / 3])
        np.testing.assert_allclose(rates.loc["31-60"], [0, 0, 0, 0, 1, 0])
        weighed = d.roll_rates(start, end, state="bucket", weight="amount")
        np.testing.assert_allclose(weighed.loc["current"], [0.6, 0.3, 0, 0, 0, 0.1])

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["a", "b", "c", None])), min_size=1))
    @settings(deadline=None)
    def test_rows_sum_to_one(self, moves):
        start = pd.DataFrame({"loan": range(len(moves)), "category": [a for a, _ in moves]})
        end = pd.DataFrame({"loan": range(len(moves)), "category": [b for _, b in moves]}).dropna()
        rates = d.roll_rates(start, end)
        np.testing.assert_allclose(rates.sum(axis=1), 1.0)
        gone = sum(b is None for _, b in moves)
        held = start.groupby("category").size()
        assert (rates["gone"] * held).sum() == pytest.approx(gone)

    def test_refuses(self):
        start = pd.DataFrame({"loan": [1, 1], "category": ["a", "a"], "amount": [0, 0]})
        with pytest.raises(InvalidInput, match="two rows"):
            d.roll_rates(start, start)
        with pytest.raises(InvalidInput, match="weight zero"):
            d.roll_rates(start.iloc[:1], start.iloc[:1], weight="amount")
        with pytest.raises(InvalidInput, match="empty"):
            d.roll_rates(start.iloc[:0], start.iloc[:1])
        with pytest.raises(InvalidInput, match="negative"):
            d.past_due_bucket([-1])


class TestPdByRating:
    def test_observed_where_something_was_and_bounded_where_nothing_was(self):
        ratings = ["A"] * 100 + ["B"] * 400 + ["C"] * 300
        start = start_table(800, rating=ratings)
        defaults = default_table((200, 19000), (300, 19000), (700, 19000))
        table = d.pd_by_rating(start, defaults, grades=["A", "B", "C", "D"], prudence=0.9)
        assert table["rating"].tolist() == GRADES
        assert table["defaults"].tolist() == [0, 2, 1]
        np.testing.assert_allclose(table["bound"], d.pluto_tasche(OBLIGORS, [0, 2, 1], confidence=0.9))
        np.testing.assert_allclose(table["pd"], [table["bound"][0], 2 / 400, 1 / 300])
        assert table["source"].tolist() == ["bound", "observed", "observed"]

    def test_refuses_a_rating_off_the_scale(self):
        with pytest.raises(InvalidInput, match="'X' is not among grades"):
            d.pd_by_rating(start_table(2, rating=["A", "X"]), default_table(), grades=["A"])


def lgd_tables(liens=(), collateral=(), guarantees=(), loans=((1, 100),)):
    return (
        pd.DataFrame(loans, columns=["loan", "exposure"]),
        pd.DataFrame(liens, columns=["title", "rank", "amount", "loan"]),
        pd.DataFrame(collateral, columns=["title", "value", "haircut"]),
        pd.DataFrame(guarantees, columns=["loan", "rank", "amount", "haircut"]),
    )


@st.composite
def secured_books(draw):
    money, share = st.integers(0, 10**6), st.integers(0, PPB)
    loans = [(i, draw(money)) for i in range(draw(st.integers(1, 4)))]
    titles = [(t, draw(money), draw(share)) for t in "xyz"]
    ids = st.sampled_from([None, *range(len(loans))])
    liens = [(t, r, draw(money), draw(ids)) for t in "xyz" for r in range(draw(st.integers(0, 3)))]
    pledged = st.tuples(st.integers(0, len(loans) - 1), st.integers(1, 2), money, share)
    return lgd_tables(liens, titles, draw(st.lists(pledged, max_size=5)), loans)


class TestLossGivenDefault:
    def test_prior_lien_haircut_and_guarantee(self):
        """80 after haircut, 30 to another lender, 50 to us; the guarantor is good for 10 of the 50 left."""
        table = d.loss_given_default(
            *lgd_tables([("t", 2, 90, 1), ("t", 1, 30, None)], [("t", 100, PPB // 5)], [(1, 1, 20, PPB // 2)])
        )
        assert table.iloc[0].to_dict() == {
            "loan": 1, "exposure": 100, "from_collateral": 50, "from_guarantees": 10, "loss": 40, "lgd": 0.4,
        }  # fmt: skip

    def test_two_loans_share_a_title_by_rank(self):
        table = d.loss_given_default(
            *lgd_tables([("t", 1, 60, 2), ("t", 2, 100, 1)], [("t", 100, 0)], loans=[(1, 100), (2, 50)])
        )
        assert table["from_collateral"].tolist() == [50, 50]

    def test_unsecured_and_fully_secured_and_nothing_lent(self):
        assert d.loss_given_default(*lgd_tables())["lgd"].tolist() == [1.0]
        covered = lgd_tables([("t", 1, 500, 1)], [("t", 500, 0)], [(1, 1, 50, 0)])
        assert d.loss_given_default(*covered)["lgd"].tolist() == [0.0]
        assert d.loss_given_default(*lgd_tables(loans=[(1, 0)]))["lgd"].tolist() == [0.0]

    @given(secured_books())
    @settings(max_examples=100, deadline=None)
    def test_recoveries_never_exceed_what_there_is(self, book):
        _, _, collateral, guarantees = book
        table = d.loss_given_default(*book)
        assert (table["from_collateral"] + table["from_guarantees"] + table["loss"] == table["exposure"]).all()
        assert (table[["from_collateral", "from_guarantees", "loss"]] >= 0).all().all()
        worth = sum(v * (PPB - h) // PPB for v, h in zip(collateral["value"], collateral["haircut"], strict=True))
        assert table["from_collateral"].sum() <= worth
        cover = (guarantees["amount"] * (PPB - guarantees["haircut"]) // PPB).groupby(guarantees["loan"]).sum()
        assert (table.set_index("loan")["from_guarantees"] <= cover.reindex(table["loan"], fill_value=0)).all()
        assert table["lgd"].between(0, 1).all()

    @pytest.mark.parametrize(
        ("tables", "message"),
        [
            ({"liens": [("t", 1, 5, 1)]}, "not among collateral"),
            ({"liens": [("t", 1, 5, 9)], "collateral": [("t", 5, 0)]}, "not among loans"),
            ({"liens": [("t", 1, 5, 1)] * 2, "collateral": [("t", 5, 0)]}, "title .t., rank 1 has two rows; rank each"),
            ({"collateral": [("t", 5, PPB + 1)]}, "haircut"),
            ({"collateral": [("t", 5, 0)] * 2}, "two rows"),
            ({"guarantees": [(9, 1, 5, 0)]}, "not among loans"),
            ({"loans": [(1, -5)]}, "negative"),
            ({"loans": [(1, 0.5)]}, "no whole number"),
        ],
    )
    def test_refuses(self, tables, message):
        with pytest.raises(InvalidInput, match=message):
            d.loss_given_default(*lgd_tables(**tables))


class TestExpectedLoss:
    @given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1e12))
    @settings(deadline=None)
    def test_is_between_nothing_and_all(self, chance, severity, exposure):
        loss = d.expected_loss(chance, severity, exposure)
        assert 0.0 <= loss <= exposure
        assert d.expected_loss(chance, severity, 2 * exposure) == pytest.approx(2 * loss)

    def test_exposure_runs_from_drawn_to_limit(self):
        np.testing.assert_array_equal(d.exposure_at_default([60, 0], [40, 10], [0.0, 1.0]), [60.0, 10.0])
        labelled = d.exposure_at_default(pd.Series([60], index=["a"]), pd.Series([40], index=["a"]), 0.5)
        assert labelled.to_dict() == {"a": 80.0}

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((1.1, 0.5, 1), "pd"),
            ((0.1, -0.5, 1), "lgd"),
            ((0.1, 0.5, -1), "negative"),
            ((np.nan, 0.5, 1), "pd"),
            (([0.1, 0.2], 0.5, [1, 2, 3]), "shapes differ"),
            (([], 0.5, []), "empty"),
        ],
    )
    def test_refuses(self, arguments, message):
        with pytest.raises(InvalidInput, match=message):
            d.expected_loss(*arguments)
        with pytest.raises(InvalidInput, match="ccf"):
            d.exposure_at_default(1, 1, 1.5)

    def test_heat_adds_up_to_the_book(self):
        rng = np.random.default_rng(3)
        loans = pd.DataFrame(
            {
                "pd": rng.uniform(0, 0.1, 200),
                "lgd": rng.uniform(0, 1, 200),
                "ead": rng.integers(0, 10**9, 200),
                "industry": rng.choice(list("CEFK"), 200),
                "region": rng.choice(["CN-GD", "CN-ZJ", "CN-JS"], 200),
            }
        )
        heat = d.expected_loss_heat(loans)
        total = d.expected_loss(loans["pd"], loans["lgd"], loans["ead"]).sum()
        assert heat.to_numpy().sum() == pytest.approx(total)
        assert (np.diff(heat.sum(axis=1)) <= 0).all()
        by_industry = d.expected_loss_table(loans, by="industry")
        assert by_industry["expected_loss"].sum() == pytest.approx(total)
        assert by_industry["ead"].sum() == loans["ead"].sum()
        assert by_industry["rate"].between(0, 1).all()

    def test_heat_has_no_holes(self):
        loans = pd.DataFrame(
            {"pd": [0.1, 0.1], "lgd": 1.0, "ead": [0, 10], "industry": ["C", "K"], "region": ["CN-GD", "CN-ZJ"]}
        )
        assert d.expected_loss_heat(loans).to_numpy().tolist() == [[1.0, 0.0], [0.0, 0.0]]
        assert d.expected_loss_table(loans, by="industry")["rate"].tolist() == [0.1, 0.0]
        with pytest.raises(InvalidInput, match="empty"):
            d.expected_loss_heat(loans[:0])


lives = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from(["default", "prepaid", "live"])), min_size=1, max_size=40
)


class TestKaplanMeier:
    def test_remission_data(self, vectors):
        data = pd.read_csv(vectors / "risk" / "gehan_data.csv").query("treat == '6-MP'")
        published = pd.read_csv(vectors / "risk" / "gehan_km_6mp.csv")
        table = d.kaplan_meier(data["time"], data["cens"])
        assert table["time"].tolist() == published["time"].tolist()
        assert table["at_risk"].tolist() == published["n.risk"].tolist()
        assert table["events"].tolist() == published["n.event"].tolist()
        for ours, theirs in {
            "survival": "surv", "standard_error": "std.err", "lower": "lower_loglog", "upper": "upper_loglog",
        }.items():  # fmt: skip
            np.testing.assert_allclose(table[ours], published[theirs], atol=1e-12, rtol=0)

    @given(lives)
    @settings(max_examples=60, deadline=None)
    def test_agrees_with_lifelines(self, rows):
        time = [t for t, _ in rows]
        event = [o == "default" for _, o in rows]
        table = d.kaplan_meier(time, event)
        fitted = lifelines.KaplanMeierFitter().fit(time, event)
        np.testing.assert_allclose(
            table["survival"], fitted.survival_function_at_times(table["time"]).to_numpy(), atol=1e-12
        )
        assert table[["lower", "survival", "upper"]].apply(lambda r: r.is_monotonic_increasing, axis=1).all()
        assert not table.isna().any().any()

    def test_all_default_and_none(self):
        table = d.kaplan_meier([1, 2], [True, True])
        assert table["survival"].tolist() == [0.5, 0.0]
        assert table["standard_error"].tolist()[1] == 0.0
        assert table[["lower", "upper"]].iloc[1].tolist() == [0.0, table["upper"][0]]
        assert d.kaplan_meier([3], [1])[["survival", "lower", "upper"]].iloc[0].tolist() == [0.0, 0.0, 1.0]
        assert d.kaplan_meier([1, 2], [0, 0]).empty

    @pytest.mark.parametrize(
        ("time", "event", "message"),
        [
            ([], [], "empty"),
            ([-1], [1], "negative"),
            ([np.nan], [1], "NaN"),
            ([1], [2], "give 1 or 0"),
            ([1, 2], [1], "entries"),
        ],
    )
    def test_refuses(self, time, event, message):
        with pytest.raises(InvalidInput, match=message):
            d.kaplan_meier(time, event)


class TestAalenJohansen:
    @given(lives)
    @settings(max_examples=80, deadline=None)
    def test_by_exact_fractions(self, rows):
        """Incidence of a cause adds survival just before times its share of those at risk."""
        table = d.aalen_johansen([t for t, _ in rows], [o for _, o in rows]).set_index("time")
        survival, sums = Fraction(1), {"default": Fraction(0), "prepaid": Fraction(0)}
        for time in sorted({t for t, _ in rows}):
            at_risk = sum(t >= time for t, _ in rows)
            assert table.loc[time, "at_risk"] == at_risk
            before = survival
            for cause in sums:
                n = sum((t, o) == (time, cause) for t, o in rows)
                sums[cause] += before * Fraction(n, at_risk)
                survival -= before * Fraction(n, at_risk)
            assert table.loc[time, "survival"] == pytest.approx(float(survival), abs=1e-12)
            for cause, value in sums.items():
                if cause in table:
                    assert table.loc[time, cause] == pytest.approx(float(value), abs=1e-12)
        assert not table.isna().any().any()

    def test_one_cause_is_kaplan_meier_with_greenwood(self, vectors):
        data = pd.read_csv(vectors / "risk" / "gehan_data.csv").query("treat == '6-MP'")
        table = d.aalen_johansen(data["time"], np.where(data["cens"] == 1, "relapse", "live").tolist())
        curve = d.kaplan_meier(data["time"], data["cens"])
        at_events = table[table["time"].isin(curve["time"])]
        np.testing.assert_allclose(at_events["relapse"], 1 - curve["survival"], atol=1e-12)
        np.testing.assert_allclose(at_events["relapse_error"], curve["standard_error"], atol=1e-12)

    def test_censoring_the_prepaid_overstates_default(self):
        time = [1, 2, 3, 4, 5, 6]
        outcome = ["prepaid", "default", "prepaid", "default", "live", "live"]
        incidence = d.aalen_johansen(time, outcome)["default"].iloc[-1]
        naive = 1 - d.kaplan_meier(time, [o == "default" for o in outcome])["survival"].iloc[-1]
        assert incidence < naive

    def test_nothing_happened(self):
        assert d.aalen_johansen([1, 2], ["live", "live"])["survival"].tolist() == [1.0, 1.0]

    def test_refuses(self):
        with pytest.raises(InvalidInput, match="entry 0 is missing"):
            d.aalen_johansen([1], [None])
        with pytest.raises(InvalidInput, match="entries"):
            d.aalen_johansen([1, 2], ["live"])


class TestLoanHistories:
    def test_outcomes(self):
        loans = pd.DataFrame(
            {
                "loan": range(7),
                "start": [100, 100, 100, 100, 100, 100, 900],
                "maturity": 465,
                "defaulted_on": [200, -1, -1, None, 300, 800, -1],
                "repaid_on": [-1, 464, 465, None, 400, 700, -1],
            }
        )
        table = d.loan_histories(loans, as_of=600)
        assert table["outcome"].tolist() == ["default", "prepaid", "matured", "live", "default", "live"]
        assert table["days"].tolist() == [100, 364, 365, 500, 200, 500]
        curve = d.aalen_johansen(table["days"], table["outcome"].tolist())
        assert curve["default"].iloc[-1] == pytest.approx(2 / 6)

    def test_refuses_an_end_before_the_start(self):
        loans = pd.DataFrame({"loan": [1], "start": 100, "maturity": 465, "defaulted_on": 50, "repaid_on": -1})
        with pytest.raises(InvalidInput, match="before its start"):
            d.loan_histories(loans, as_of=600)
