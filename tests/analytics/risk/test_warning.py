"""Early warning on histories whose answer is known, against counting by hand, and refusals."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.errors import InvalidInput
from analytics.risk import warning as w

LATE = w.Indicator("days_past_due", 30)


def observed(*rows):
    return pd.DataFrame(rows, columns=["unit", "date", "days_past_due"])


def defaulted(*rows):
    return pd.DataFrame(rows, columns=["unit", "date"])


@st.composite
def histories(draw):
    units = draw(st.integers(1, 6))
    rows = [(u, q * 90, draw(st.integers(0, 60))) for u in range(units) for q in range(draw(st.integers(1, 8)))]
    failing = [(u, draw(st.integers(1, 900))) for u in range(units) if draw(st.booleans())]
    return observed(*rows), defaulted(*failing)


class TestWarningQuality:
    def test_by_hand(self):
        observations = observed(
            (1, 0, 40), (1, 100, 50), (1, 400, 90),  # defaults on day 300; the last row is after it
            (2, 0, 0), (2, 100, 10),  # defaults on day 200 unannounced
            (3, 0, 35), (3, 500, 0),  # never defaults
            (4, 0, 99),  # defaults on day 900, too late to count as a hit
        )  # fmt: skip
        defaults = defaulted((1, 300), (2, 200), (4, 900))
        row = w.warning_quality(observations, defaults, [LATE], as_of=1000).iloc[0]
        assert row["indicator"] == "days_past_due above 30"
        assert (row["defaults"], row["hits"], row["hit_rate"]) == (2, 1, 0.5)
        assert (row["quiet"], row["false_alarms"]) == (3, 2)
        assert row["false_alarm_rate"] == pytest.approx(2 / 3)
        assert row["noise_to_signal"] == pytest.approx(4 / 3)
        assert row[["median_lead", "shortest_lead", "longest_lead"]].tolist() == [300.0] * 3
        assert stats.binom.sf(0, 2, row["hit_lower"]) == pytest.approx(0.025)

    def test_lead_runs_from_the_first_signal_within_the_horizon(self):
        observations = observed((1, 0, 99), (1, 200, 0), (1, 300, 99), (1, 380, 99))
        row = w.warning_quality(observations, defaulted((1, 400)), [LATE], as_of=1000).iloc[0]
        assert row["median_lead"] == 100.0

    def test_a_horizon_still_open_is_no_false_alarm_yet(self):
        observations = observed((1, 0, 99), (1, 700, 99))
        row = w.warning_quality(observations, defaulted(), [LATE], as_of=800).iloc[0]
        assert (row["quiet"], row["false_alarms"]) == (1, 1)
        assert row["hit_rate"] is None
        assert (row["hit_lower"], row["hit_upper"]) == (0.0, 1.0)
        assert row["noise_to_signal"] == math.inf

    def test_defaults_not_yet_known_do_not_count(self):
        observations = observed((1, 0, 99), (2, 0, 0))
        before = w.warning_quality(observations, defaulted((1, 300)), [LATE], as_of=299).iloc[0]
        assert (before["defaults"], before["quiet"]) == (0, 0)
        assert before["noise_to_signal"] is None

    def test_rates_with_none_quiet(self):
        row = w.warning_quality(observed((1, 0, 99)), defaulted((1, 10)), [LATE], as_of=1000).iloc[0]
        assert row["hit_rate"] == 1.0
        assert row["hit_upper"] == 1.0
        assert row["false_alarm_rate"] is None

    @given(histories(), st.integers(1, 500))
    @settings(max_examples=80, deadline=None)
    def test_agrees_with_counting_row_by_row(self, history, horizon):
        observations, defaults = history
        as_of = 1000
        when = dict(defaults.itertuples(index=False))
        announced, hits, quiet, false = set(), set(), 0, 0
        for unit, date, late in observations.itertuples(index=False):
            lead = when.get(unit, math.inf) - date
            if lead <= 0:
                continue
            if lead <= horizon:
                announced.add(unit)
                if late > 30:
                    hits.add(unit)
            elif date + horizon <= as_of:
                quiet += 1
                false += late > 30
        row = w.warning_quality(observations, defaults, [LATE], as_of=as_of, horizon=horizon).iloc[0]
        assert [row[c] for c in ("defaults", "hits", "quiet", "false_alarms")] == [
            len(announced),
            len(hits),
            quiet,
            false,
        ]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"indicators": []}, "none"),
            ({"observations": observed()}, "empty"),
            ({"observations": observed((1, 0, np.nan))}, "row 0, days_past_due is missing"),
            ({"observations": observed((1, 0, 1), (1, 0, 2))}, "two rows"),
            ({"indicators": [w.Indicator("mood", 1)]}, "'mood' is missing"),
            ({"horizon": 0}, "horizon: 0 is below 1"),
            ({"confidence": 1.0}, "outside"),
        ],
    )
    def test_refuses(self, change, message):
        arguments = {"observations": observed((1, 0, 5)), "defaults": defaulted(), "indicators": [LATE], "as_of": 9}
        with pytest.raises(InvalidInput, match=message):
            w.warning_quality(**(arguments | change))

    def test_refuses_an_indicator_without_a_side(self):
        with pytest.raises(InvalidInput, match="'left' is unknown"):
            w.Indicator("x", 1.0, "left")
        with pytest.raises(InvalidInput, match="threshold of x"):
            w.Indicator("x", math.nan)


class TestBestThreshold:
    def test_finds_the_cut_that_was_built_in(self):
        """Units that default had 50 to 59 days past due, the others 0 to 39."""
        rows = [(u, 0, 50 + u % 10 if u < 20 else u % 40) for u in range(200)]
        best, table = w.best_threshold(
            observed(*rows), defaulted(*((u, 100) for u in range(20))), "days_past_due", as_of=1000
        )
        assert best == w.Indicator("days_past_due", 39.0, "above")
        assert table["usefulness"].max() == pytest.approx(0.5)
        assert (table["usefulness"] <= 0.5).all()

    def test_the_side_below(self):
        observations = observed((1, 0, 1), (2, 0, 5), (3, 0, 9)).rename(columns={"days_past_due": "cover"})
        best, _ = w.best_threshold(observations, defaulted((1, 50)), "cover", as_of=1000, side="below")
        assert (best.threshold, best.side) == (5.0, "below")

    def test_dear_misses_signal_sooner(self):
        rng = np.random.default_rng(11)
        bad = np.arange(400) < 60
        late = rng.normal(np.where(bad, 30, 10), 10).round(2)
        observations = observed(*((u, 0, x) for u, x in enumerate(late)))
        defaults = defaulted(*((u, 100) for u in np.flatnonzero(bad)))
        cuts = [
            w.best_threshold(observations, defaults, "days_past_due", as_of=1000, missed_weight=x)[0].threshold
            for x in (0.2, 0.5, 0.8)
        ]
        assert cuts == sorted(cuts, reverse=True)
        assert cuts[0] > cuts[-1]

    def test_refuses_to_learn_from_nothing(self):
        with pytest.raises(InvalidInput, match="no default"):
            w.best_threshold(observed((1, 0, 5)), defaulted(), "days_past_due", as_of=1000)
        with pytest.raises(InvalidInput, match="no quiet"):
            w.best_threshold(observed((1, 0, 5)), defaulted((1, 5)), "days_past_due", as_of=1000)


class TestIndicatorHistory:
    def test_changes_are_since_the_units_own_last_snapshot(self):
        rows = pd.DataFrame(
            {
                "unit": [2, 1, 1, 1], "date": [30, 60, 0, 30], "days_past_due": 0, "rating": [4, 6, 3, 3],
                "category": [1, 2, 1, 1], "outstanding": [0, 80, 50, 40], "limit": [0, 100, 100, 100],
                "cover": [10, 40, 50, 60],
            }
        )  # fmt: skip
        table = w.indicator_history(rows)
        assert table[["unit", "date"]].to_numpy().tolist() == [[1, 0], [1, 30], [1, 60], [2, 30]]
        np.testing.assert_allclose(table["utilisation"], [0.5, 0.4, 0.8, 0.0])
        np.testing.assert_allclose(table["utilisation_rise"], [0.0, -0.1, 0.4, 0.0], atol=1e-15)
        assert table["rating_drop"].tolist() == [0.0, 0.0, 3.0, 0.0]
        assert table["category_drop"].tolist() == [0.0, 0.0, 1.0, 0.0]
        np.testing.assert_allclose(table["cover"], [1.0, 1.5, 0.5, 1.0])
        np.testing.assert_allclose(table["cover_fall"], [0.0, -0.5, 1.0, 0.0])

    def test_refuses(self):
        row = pd.DataFrame(
            {"unit": [1], "date": [0], "days_past_due": 0, "rating": 1, "category": 1, "outstanding": -1, "limit": 1,
             "cover": 1}
        )  # fmt: skip
        with pytest.raises(InvalidInput, match="outstanding"):
            w.indicator_history(row)
        with pytest.raises(InvalidInput, match="empty"):
            w.indicator_history(row[:0])
        with pytest.raises(InvalidInput, match="'cover' is missing"):
            w.indicator_history(row.drop(columns="cover"))


class TestAlerts:
    def test_latest_observation_counts_and_most_signals_come_first(self):
        rows = observed((1, 0, 99), (1, 90, 0), (2, 90, 40), (3, 90, 50)).assign(cover=[0.1, 2.0, 0.5, 2.0])
        table = w.alerts(rows, [LATE, w.Indicator("cover", 1.0, "below")])
        assert table[["unit", "indicator", "value", "signals"]].to_numpy().tolist() == [
            [2, "days_past_due above 30", 40.0, 2],
            [2, "cover below 1", 0.5, 2],
            [3, "days_past_due above 30", 50.0, 1],
        ]

    def test_nobody_signals(self):
        table = w.alerts(observed((1, 0, 5)), [LATE])
        assert list(table.columns) == ["unit", "date", "indicator", "value", "threshold", "signals"]
        assert table.empty
