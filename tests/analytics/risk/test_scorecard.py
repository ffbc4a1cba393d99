"""The scorecard and its measures: by hand, against scikit-learn, and on borrowers simulated from a known card."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve

from analytics.errors import InvalidInput
from analytics.risk import default as d

SEED = 2024


@pytest.fixture(scope="module")
def borrowers():
    """6,000 obligors whose log-odds of default are -3 + 1.2 leverage - 0.8 cover, and a sector that matters."""
    rng = np.random.default_rng(SEED)
    n = 6000
    features = pd.DataFrame(
        {
            "leverage": rng.normal(size=n),
            "cover": rng.normal(size=n),
            "sector": rng.choice(["C", "E", "K"], n),
            "noise": rng.normal(size=n),
        }
    )
    odds = (
        -3 + 1.2 * features["leverage"] - 0.8 * features["cover"] + features["sector"].map({"C": 0, "E": 0.5, "K": 1})
    )
    return features, rng.random(n) < 1 / (1 + np.exp(-odds))


judged = st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=2, max_size=60).filter(
    lambda rows: len({bad for bad, _ in rows}) == 2
)


class TestWeightOfEvidence:
    def test_by_hand(self):
        values = pd.Series(["a", "a", "a", "b", "b", "b", "b"], name="grade")
        binning = d.weight_of_evidence(values, [1, 0, 0, 1, 1, 0, 0])
        assert binning.table["bin"].tolist() == ["a", "b"]
        assert binning.table["good"].tolist() == [2, 2]
        assert binning.table["bad"].tolist() == [1, 2]
        woe = [math.log((2 / 4) / (1 / 3)), math.log((2 / 4) / (2 / 3))]
        np.testing.assert_allclose(binning.table["woe"], woe)
        assert binning.information_value == pytest.approx((1 / 2 - 1 / 3) * woe[0] + (1 / 2 - 2 / 3) * woe[1])
        np.testing.assert_allclose(binning.woe(pd.Series(["b", "a"])), woe[::-1])

    def test_edges_belong_to_the_bin_below(self):
        values = pd.Series([1.0, 2.0, 2.0, 3.0], name="x")
        binning = d.weight_of_evidence(values, [1, 0, 1, 0], bins=[2.0], smoothing=0.5)
        assert binning.table["bin"].tolist() == ["(.., 2]", "(2, ..)"]
        assert (binning.table["good"] + binning.table["bad"]).tolist() == [3, 1]
        assert binning.woe(pd.Series([2.0, 2.1])).tolist() == binning.table["woe"].tolist()

    @given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=80), st.integers(1, 6))
    @settings(max_examples=80, deadline=None)
    def test_bins_hold_everybody_and_information_is_not_negative(self, rows, bins):
        bad = [b for _, b in rows]
        if len(set(bad)) < 2:
            return
        values = pd.Series([x for x, _ in rows], name="x")
        binning = d.weight_of_evidence(values, bad, bins=bins, smoothing=0.5)
        assert (binning.table["good"] + binning.table["bad"]).sum() == len(rows)
        assert ((binning.table["good"] + binning.table["bad"]) > 0).all()
        assert len(binning.table) <= bins
        assert binning.information_value >= 0

    @pytest.mark.parametrize(
        ("values", "bad", "options", "message"),
        [
            ([1, 2], [1, 0], {"bins": [1.5]}, "has no good"),
            ([1, 2], [0, 0], {}, "nobody did"),
            ([1, 2], [1, 1], {}, "everybody did"),
            ([1, 2], [1, 2], {}, "give 1 or 0"),
            ([1, np.nan], [1, 0], {}, "missing"),
            (["a", None], [1, 0], {}, "row 1 is missing"),
            ([1, 2], [1, 0], {"bins": [2, 1]}, "do not rise"),
            ([1, 2], [1, 0], {"bins": 0}, "bins: 0 is below 1"),
            ([1, 2], [1, 0], {"smoothing": -1}, "smoothing: -1.0 is below 0"),
            ([f"c{i}" for i in range(60)], [0, 1] * 30, {}, "60 categories"),
        ],
    )
    def test_refuses(self, values, bad, options, message):
        with pytest.raises(InvalidInput, match=message):
            d.weight_of_evidence(pd.Series(values, name="x"), bad, **options)


class TestScorecard:
    def test_finds_what_was_built_in(self, borrowers):
        features, bad = borrowers
        card = d.scorecard(features, bad)
        table = card.coefficients.set_index("characteristic")
        strong = ["leverage", "cover", "sector"]
        assert (table.loc[strong, "p_value"] < 1e-6).all(), f"seed {SEED}"
        assert (table.loc[strong, "coefficient"] < -0.5).all()
        assert table["information_value"].idxmax() == "leverage"
        assert table["information_value"].idxmin() == "noise"
        chance = card.probability(features)
        assert chance.mean() == pytest.approx(bad.mean(), rel=1e-6)
        assert d.area_under_curve(bad, chance) > 0.75
        assert d.hosmer_lemeshow(bad, chance).p_value > 0.001

    def test_agrees_with_unpenalised_regression_of_scikit_learn(self, borrowers):
        features, bad = borrowers
        card = d.scorecard(features, bad)
        evidence = np.column_stack([b.woe(features[b.name]) for b in card.binnings])
        other = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(evidence, bad)
        np.testing.assert_allclose(card.coefficients["coefficient"], other.coef_[0], atol=1e-4)
        np.testing.assert_allclose(card.intercept, other.intercept_[0], atol=1e-4)

    def test_points_of_the_card_add_up_to_the_score(self, borrowers):
        features, bad = borrowers
        card = d.scorecard(features, bad, bins={"leverage": 3, "cover": [0.0]})
        points = card.card()
        row = features.iloc[[17]]
        total = 0.0
        for binning in card.binnings:
            own = points[points["characteristic"] == binning.name].reset_index(drop=True)
            at = int(np.flatnonzero(binning.table["woe"] == binning.woe(row[binning.name])[0])[0])
            total += own.loc[at, "points"]
        assert card.points(row).iloc[0] == pytest.approx(total)
        assert points.groupby("characteristic").size()[["leverage", "cover", "sector"]].tolist() == [3, 2, 3]

    def test_points_follow_the_odds(self, borrowers):
        features, bad = borrowers
        card = d.scorecard(features, bad, base_points=500, base_odds=20, points_to_double=25)
        chance, points = card.probability(features), card.points(features)
        good_odds = (1 - chance) / chance
        np.testing.assert_allclose(points, 500 + 25 * np.log2(good_odds / 20), rtol=1e-10)

    def test_new_rows_are_judged_by_the_same_bins(self, borrowers):
        features, bad = borrowers
        card = d.scorecard(features.iloc[:5000], bad[:5000])
        new = features.iloc[5000:]
        assert card.probability(new).index.equals(new.index)
        assert d.area_under_curve(bad[5000:], card.probability(new)) > 0.72
        with pytest.raises(InvalidInput, match="'Z' is in no bin"):
            card.probability(new.assign(sector="Z"))
        with pytest.raises(InvalidInput, match="'cover' is missing"):
            card.points(new.drop(columns="cover"))

    def test_refuses(self):
        bad = [1, 0] * 20
        with pytest.raises(InvalidInput, match="no columns"):
            d.scorecard(pd.DataFrame(index=range(40)), bad)
        with pytest.raises(InvalidInput, match="one bin"):
            d.scorecard(pd.DataFrame({"x": [1.0] * 40}), bad)
        with pytest.raises(InvalidInput, match="follows from the others"):
            d.scorecard(pd.DataFrame({"x": np.arange(40.0), "y": np.arange(40.0)}), [1, 0, 0, 1, 1] * 8)
        with pytest.raises(InvalidInput, match="without fail"):
            d.scorecard(pd.DataFrame({"x": ["a", "b"] * 20}), bad)
        with pytest.raises(InvalidInput, match="base_odds"):
            d.scorecard(pd.DataFrame({"x": ["a", "b"] * 20}), bad, base_odds=0.0)


class TestMeasures:
    @given(judged)
    @settings(max_examples=100, deadline=None)
    def test_agree_with_scikit_learn(self, rows):
        bad, chance = np.array([b for b, _ in rows]), np.array([p / 20 for _, p in rows])
        assert d.area_under_curve(bad, chance) == pytest.approx(roc_auc_score(bad, chance))
        false_rate, hit_rate, _ = roc_curve(bad, chance, drop_intermediate=False)
        assert d.kolmogorov_smirnov(bad, chance) == pytest.approx(np.abs(hit_rate - false_rate).max())
        assert d.brier(bad, chance) == pytest.approx(brier_score_loss(bad, chance))

    def test_perfect_and_worthless_orders(self):
        assert d.area_under_curve([0, 0, 1], [0.1, 0.2, 0.3]) == 1.0
        assert d.area_under_curve([1, 1, 0], [0.1, 0.2, 0.3]) == 0.0
        assert d.area_under_curve([0, 1], [0.2, 0.2]) == 0.5
        assert d.kolmogorov_smirnov([0, 1], [0.2, 0.2]) == 0.0
        assert d.brier([1, 1], [1.0, 1.0]) == 0.0

    def test_hosmer_lemeshow_by_hand(self):
        chance = [0.1] * 20 + [0.2] * 20 + [0.4] * 20
        bad = [1] * 4 + [0] * 16 + [1] * 4 + [0] * 16 + [1] * 6 + [0] * 14
        fit = d.hosmer_lemeshow(bad, chance, groups=3)
        expected = (4 - 2) ** 2 / (20 * 0.1 * 0.9) + 0 + (6 - 8) ** 2 / (20 * 0.4 * 0.6)
        assert fit.statistic == pytest.approx(expected)
        assert fit.p_value == pytest.approx(stats.chi2.sf(expected, 1))
        elsewhere = d.hosmer_lemeshow(bad, chance, groups=3, fitted=False)
        assert elsewhere.p_value == pytest.approx(stats.chi2.sf(expected, 3))

    def test_hosmer_lemeshow_keeps_its_level_when_the_model_is_true(self):
        rng = np.random.default_rng(SEED)
        rejected = 0
        for _ in range(400):
            chance = rng.beta(2, 18, 1500)
            rejected += d.hosmer_lemeshow(rng.random(1500) < chance, chance, fitted=False).p_value < 0.05
        assert 8 <= rejected <= 34, f"seed {SEED}: {rejected} of 400"

    def test_certainty_that_was_wrong_is_infinite(self):
        assert d.hosmer_lemeshow([1, 0, 0], [0.0, 0.5, 0.6], groups=3) == (math.inf, 0.0)

    @pytest.mark.parametrize("measure", [d.area_under_curve, d.kolmogorov_smirnov, d.brier, d.hosmer_lemeshow])
    @pytest.mark.parametrize(
        ("bad", "chance", "message"),
        [
            ([], [], "empty"),
            ([1, 0], [0.1, 1.2], r"outside \[0, 1\]"),
            ([1, 0], [0.1, np.nan], "NaN"),
            ([1], [0.1, 0.2], "entries"),
            ([1, 3], [0.1, 0.2], "give 1 or 0"),
        ],
    )
    def test_refuse(self, measure, bad, chance, message):
        with pytest.raises(InvalidInput, match=message):
            measure(bad, chance)

    def test_refuse_one_class_and_too_few_groups(self):
        with pytest.raises(InvalidInput, match="both outcomes"):
            d.area_under_curve([1, 1], [0.1, 0.2])
        with pytest.raises(InvalidInput, match="three are needed"):
            d.hosmer_lemeshow([1, 0], [0.1, 0.2], groups=10)


class TestPopulationStability:
    def test_by_hand(self):
        then, now = [1] * 60 + [2] * 40, [1] * 30 + [2] * 70
        expected = (0.3 - 0.6) * math.log(0.3 / 0.6) + (0.7 - 0.4) * math.log(0.7 / 0.4)
        assert d.population_stability(then, now, bins=[1.5]) == pytest.approx(expected)
        assert d.population_stability(now, then, bins=[1.5]) == pytest.approx(expected)

    @given(st.lists(st.floats(0, 100), min_size=1, max_size=50), st.lists(st.floats(0, 100), min_size=1, max_size=50))
    @settings(max_examples=60, deadline=None)
    def test_is_nought_for_the_same_scores_and_never_negative(self, then, now):
        assert d.population_stability(then, then) == 0.0
        assert d.population_stability(then, now, smoothing=0.5) >= 0.0

    def test_refuses(self):
        with pytest.raises(InvalidInput, match="empty on one side"):
            d.population_stability([1, 2], [1, 1], bins=[1.5])
        with pytest.raises(InvalidInput, match="expected: empty"):
            d.population_stability([], [1])
        with pytest.raises(InvalidInput, match=r"smoothing: -0.1 is below 0"):
            d.population_stability([1], [1], smoothing=-0.1)
