"""Transition matrices and generators: published values, optimality, known histories, refusals."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm, logm
from scipy.optimize import minimize

from analytics.errors import InvalidInput
from analytics.risk import migration as m

METHODS = ["DA", "WA", "QO", "EM"]


@pytest.fixture(scope="module")
def sp_counts(vectors):
    return pd.read_csv(vectors / "risk" / "sp_2000_transition_counts.csv", index_col=0)


@pytest.fixture(scope="module")
def jlt(vectors):
    return pd.read_csv(vectors / "risk" / "jlt_1997_matrix.csv")


@st.composite
def embeddable_counts(draw):
    """Expected counts of 1,000 obligors a state under a random generator whose last state absorbs."""
    size = draw(st.integers(2, 5))
    rates = np.array(draw(st.lists(st.floats(0.01, 0.5), min_size=size * size, max_size=size * size)))
    rates = rates.reshape(size, size)
    rates[-1] = 0.0
    np.fill_diagonal(rates, 0.0)
    Q = rates - np.diag(rates.sum(axis=1))
    return Q, 1000.0 * expm(Q)


def assert_generator(Q):
    Q = np.asarray(Q)
    assert np.abs(Q.sum(axis=1)).max() < 1e-12
    assert (Q - np.diag(np.diag(Q))).min() >= 0.0


class TestGenerator:
    def test_diagonal_adjustment_is_the_published_one(self, sp_counts, vectors):
        published = pd.read_csv(vectors / "risk" / "sp_2000_generator_da.csv", index_col=0)
        assert np.abs(m.generator(sp_counts, method="DA").to_numpy() - published.to_numpy()).max() < 1e-8

    @pytest.mark.parametrize("method", METHODS)
    def test_keeps_labels_and_is_a_generator(self, sp_counts, method):
        Q = m.generator(sp_counts, method=method)
        assert list(Q.index) == list(Q.columns) == ["AAA", "AA", "A", "BBB", "BB", "B", "C", "D"]
        assert_generator(Q)
        assert (Q.loc["D"] == 0.0).all()

    @pytest.mark.parametrize("method", METHODS)
    def test_array_and_frame_agree(self, sp_counts, method):
        from_array = m.generator(sp_counts.to_numpy(), method=method)
        assert isinstance(from_array, np.ndarray)
        np.testing.assert_array_equal(from_array, m.generator(sp_counts, method=method).to_numpy())

    def test_weighted_adjustment_leaves_the_diagonal_and_scales_positive_rates(self, sp_counts):
        counts = sp_counts.to_numpy(dtype=float)
        counts[-1, -1] = 1.0
        L = logm(counts / counts.sum(axis=1, keepdims=True))
        Q = m.generator(sp_counts, method="WA").to_numpy()
        np.testing.assert_allclose(np.diag(Q), np.diag(L), rtol=1e-10, atol=1e-14)
        for i, row in enumerate(L[:-1]):
            off = np.delete(row, i)
            kept = np.delete(Q[i], i)
            factor = 1.0 + off[off < 0].sum() / off[off > 0].sum()
            np.testing.assert_allclose(kept[off > 0], factor * off[off > 0], rtol=1e-10)
            assert (kept[off <= 0] == 0.0).all()

    def test_quasi_optimisation_is_the_nearest_generator(self, sp_counts):
        counts = sp_counts.to_numpy(dtype=float)
        counts[-1, -1] = 1.0
        L = logm(counts / counts.sum(axis=1, keepdims=True))
        Q = m.generator(sp_counts, method="QO").to_numpy()
        for i in range(len(L) - 1):
            off = np.delete(L[i], i)

            def distance(x, off=off, diagonal=L[i, i]):
                return ((x - off) ** 2).sum() + (x.sum() + diagonal) ** 2

            best = minimize(
                distance,
                np.clip(off, 0, None),
                bounds=[(0, None)] * len(off),
                options={"ftol": 1e-16, "gtol": 1e-12},
            )
            assert distance(np.delete(Q[i], i)) <= best.fun + 1e-14
            np.testing.assert_allclose(np.delete(Q[i], i), best.x, atol=1e-6)

    def test_em_is_a_likelihood_maximum(self, sp_counts):
        """No rate, moved a little either way, makes the counts likelier."""
        Q = m.generator(sp_counts, method="EM").to_numpy()
        best = m.log_likelihood(Q, sp_counts)
        assert best == pytest.approx(-3194.25371973677, abs=1e-8)
        for i in range(7):
            for j in range(8):
                for step in (1e-5, -1e-5):
                    if i == j or Q[i, j] + step < 0.0:
                        continue
                    moved = Q.copy()
                    moved[i, j] += step
                    moved[i, i] -= step
                    assert m.log_likelihood(moved, sp_counts) <= best

    def test_em_is_likelier_than_every_adjustment(self, sp_counts):
        likelihood = {k: m.log_likelihood(m.generator(sp_counts, method=k), sp_counts) for k in METHODS}
        assert max(likelihood, key=likelihood.get) == "EM"

    @pytest.mark.parametrize("method", METHODS)
    @given(embeddable_counts())
    @settings(max_examples=25, deadline=None)
    def test_recovers_the_generator_that_made_the_counts(self, method, case):
        Q, counts = case
        assert np.abs(m.generator(counts, method=method) - Q).max() < 1e-5

    def test_rows_that_miss_one_are_normalised(self, jlt):
        """Jarrow, Lando and Turnbull's rows sum to 0.9998 to 1.0001."""
        P = jlt.to_numpy()
        for method in ("DA", "WA", "QO"):
            Q = m.generator(jlt, method=method)
            assert_generator(Q)
            normal = P / P.sum(axis=1, keepdims=True)
            assert np.abs(m.matrix_at(Q, 1.0).to_numpy() - normal).max() < 0.0035

    def test_two_states(self):
        for method in METHODS:
            Q = m.generator([[75, 25], [0, 0]], method=method)
            np.testing.assert_allclose(Q, [[np.log(0.75), -np.log(0.75)], [0, 0]], atol=1e-9)

    @pytest.mark.parametrize(
        ("counts", "message"),
        [
            ([[1.0, 2.0]], "not square"),
            ([[1.0, np.nan], [0.0, 0.0]], "NaN"),
            ([[1.0, -2.0], [0.0, 0.0]], "negative"),
            ([[0.0, 0.0], [0.0, 5.0]], "row 0 is empty"),
            ([[0.0, 0.0], [0.0, 0.0]], "empty"),
            ([], "empty"),
            ([[1.0, 3.0], [3.0, 1.0]], "no real logarithm"),
        ],
    )
    def test_refuses(self, counts, message):
        with pytest.raises(InvalidInput, match=message):
            m.generator(counts, method="DA")

    def test_refuses_an_unknown_method(self):
        with pytest.raises(InvalidInput, match="'ML' is unknown"):
            m.generator([[9, 1], [0, 0]], method="ML")

    def test_refuses_states_in_two_orders(self):
        counts = pd.DataFrame([[9, 1], [0, 5]], index=["A", "D"], columns=["D", "A"])
        with pytest.raises(InvalidInput, match="different orders"):
            m.generator(counts, method="DA")

    def test_em_refuses_counts_without_finite_rates(self):
        with pytest.raises(InvalidInput, match="no maximum at finite rates"):
            m.generator([[0, 1], [1, 0]], method="EM")


class TestMatrixAt:
    @given(embeddable_counts(), st.floats(0, 5), st.floats(0, 5))
    @settings(max_examples=50, deadline=None)
    def test_horizons_compose(self, case, first, second):
        Q, _ = case
        np.testing.assert_allclose(
            m.matrix_at(Q, first) @ m.matrix_at(Q, second), m.matrix_at(Q, first + second), atol=1e-10
        )

    def test_rows_sum_to_one_and_no_time_changes_nothing(self, sp_counts):
        Q = m.generator(sp_counts, method="EM")
        np.testing.assert_array_equal(m.matrix_at(Q, 0), np.eye(8))
        P = m.matrix_at(Q, 30.0)
        assert list(P.columns) == list(sp_counts.columns)
        np.testing.assert_allclose(P.sum(axis=1), 1.0, atol=1e-14)
        assert (P.to_numpy() >= 0.0).all()

    @pytest.mark.parametrize(
        ("Q", "years", "message"),
        [
            ([[-0.1, 0.2], [0.0, 0.0]], 1.0, "row 0 does not sum to zero"),
            ([[0.0, 0.0], [-0.1, 0.1]], 1.0, "row 1 has a negative rate"),
            ([[-0.1, 0.1], [0.0, 0.0]], -1.0, "years: -1.0 is below 0"),
            ([[-0.1, 0.1], [0.0, 0.0]], np.inf, "infinite"),
        ],
    )
    def test_refuses(self, Q, years, message):
        with pytest.raises(InvalidInput, match=message):
            m.matrix_at(Q, years)


class TestLogLikelihood:
    def test_is_the_sum_of_logs(self):
        rate = -np.log(0.9)
        assert m.log_likelihood([[-rate, rate], [0, 0]], [[90, 10], [0, 7]]) == pytest.approx(
            90 * np.log(0.9) + 10 * np.log(0.1), rel=1e-12
        )

    def test_is_minus_infinity_for_the_impossible(self):
        assert m.log_likelihood([[0.0, 0.0], [0.0, 0.0]], [[9, 1], [0, 0]]) == -np.inf

    def test_refuses_other_states_and_no_counts(self):
        Q = [[-0.1, 0.1], [0.0, 0.0]]
        with pytest.raises(InvalidInput, match="same states"):
            m.log_likelihood(Q, np.eye(3))
        with pytest.raises(InvalidInput, match="all zero"):
            m.log_likelihood(Q, np.zeros((2, 2)))


def history(*rows):
    return pd.DataFrame(rows, columns=["entity", "date", "state"])


@pytest.fixture
def lando_skodeberg():
    """Lando and Skødeberg's example (2002, section 3): ten firms in A, ten in B, watched for a year.

    One A-firm goes to B after a month, one B-firm to A after two, one B-firm to D after six.
    """
    rows = []
    for state in "AB":
        for firm in range(10):
            rows.append((f"{state}{firm}", "2001-01-01", state))
    rows += [("A0", "2001-02-01", "B"), ("B0", "2001-03-01", "A"), ("B1", "2001-07-01", "D")]
    rows += [(f"{s}{f}", "2002-01-01", s) for s in "AB" for f in range(10) if (s, f) not in {("A", 0), ("B", 0)}]
    rows = [r for r in rows if r != ("B1", "2002-01-01", "B")]
    rows += [("A0", "2002-01-01", "B"), ("B0", "2002-01-01", "A")]
    return history(*rows)


class TestDurationGenerator:
    def test_example_of_lando_and_skodeberg(self, lando_skodeberg):
        Q = m.duration_generator(lando_skodeberg)
        days_a = 9 * 365 + 31 + 306
        days_b = 8 * 365 + 334 + 59 + 181
        year = Fraction(36525, 100)
        assert Q.loc["A", "B"] == pytest.approx(float(year / days_a), rel=1e-12)
        assert Q.loc["B", "A"] == pytest.approx(float(year / days_b), rel=1e-12)
        assert Q.loc["B", "D"] == Q.loc["B", "A"]
        assert Q.loc["A", "D"] == 0.0
        assert m.matrix_at(Q, 1.0).loc["A", "D"] > 0.004
        assert (Q.loc["D"] == 0.0).all()

    def test_last_state_holds_until_the_end_unless_repeated(self):
        open_end = history(("a", 0, "A"), ("b", 0, "A"), ("b", 1000, "D"))
        closed = history(("a", 0, "A"), ("a", 500, "A"), ("b", 0, "A"), ("b", 1000, "D"))
        assert m.duration_generator(open_end).loc["A", "D"] == pytest.approx(365.25 / 2000)
        assert m.duration_generator(closed).loc["A", "D"] == pytest.approx(365.25 / 1500)

    def test_recovers_a_simulated_generator(self):
        seed = 20_231
        rng = np.random.default_rng(seed)
        Q = np.array([[-0.3, 0.25, 0.05], [0.2, -0.4, 0.2], [0.0, 0.0, 0.0]])
        rows, horizon = [], 10 * 365.25
        for entity in range(4000):
            day, state = 0.0, entity % 2
            while day < horizon:
                rows.append((entity, day, "ABD"[state]))
                if state == 2:
                    break
                day += rng.exponential(365.25 / -Q[state, state])
                chances = np.clip(Q[state], 0.0, None)
                state = rng.choice(3, p=chances / chances.sum())
            else:
                rows.append((entity, horizon, rows[-1][2]))
        found = m.duration_generator(history(*rows)).to_numpy()
        assert np.abs(found - Q).max() < 0.012, f"seed {seed}"

    def test_row_order_does_not_matter(self, lando_skodeberg):
        shuffled = lando_skodeberg.sample(frac=1.0, random_state=7)
        pd.testing.assert_frame_equal(m.duration_generator(shuffled), m.duration_generator(lando_skodeberg))

    def test_refuses_a_single_date(self):
        with pytest.raises(InvalidInput, match="no time passes"):
            m.duration_generator(history(("a", 0, "A"), ("b", 0, "B")))


class TestCohortMatrix:
    def test_counts_year_end_pairs(self):
        snapshots = history(
            ("a", "2021-12-31", "A"), ("a", "2022-12-31", "A"), ("a", "2023-12-31", "B"),
            ("b", "2021-12-31", "B"), ("b", "2022-12-31", "D"),
            ("c", "2021-12-31", "A"),
            ("d", "2022-12-31", "A"), ("d", "2023-12-31", "A"),
        )  # fmt: skip
        counts = m.cohort_counts(snapshots)
        assert counts.to_dict("split")["data"] == [[2, 1, 0], [0, 0, 1], [0, 0, 0]]
        P = m.cohort_matrix(snapshots)
        np.testing.assert_allclose(P, [[2 / 3, 1 / 3, 0], [0, 0, 1], [0, 0, 1]])

    def test_sees_only_the_ends_of_the_year(self, lando_skodeberg):
        """The cohort method gives P(A to D) no chance, and nine tenths to staying."""
        P = m.cohort_matrix(lando_skodeberg)
        np.testing.assert_allclose(P.loc["A"], [0.9, 0.1, 0.0])
        np.testing.assert_allclose(P.loc["B"], [0.1, 0.8, 0.1])
        assert P.loc["D", "D"] == 1.0

    @pytest.mark.parametrize("step", [365, 366])
    def test_day_numbers_a_little_off_the_calendar(self, step):
        rows = [("a", k * step, "A") for k in range(9)] + [("b", k * step, "AD"[k == 8]) for k in range(9)]
        counts = m.cohort_counts(history(*rows))
        assert counts.loc["A", "A"] == 15
        assert counts.loc["A", "D"] == 1

    def test_year_ends_that_fall_on_a_weekend(self):
        rows = [("a", day, "A") for day in ("2021-12-31", "2022-12-30", "2023-12-29", "2024-12-31")]
        assert m.cohort_counts(history(*rows)).loc["A", "A"] == 3

    def test_categories_give_order_and_labels(self):
        frame = history(("a", 0, "AAA"), ("a", 365, "A"))
        frame["state"] = pd.Categorical(frame["state"], categories=["AAA", "AA", "A"])
        P = m.cohort_matrix(frame)
        assert list(P.index) == ["AAA", "AA", "A"]
        assert P.loc["AAA", "A"] == 1.0
        named = m.cohort_matrix(history(("a", 0, "AAA"), ("a", 365, "A")), states=["AAA", "AA", "A"])
        pd.testing.assert_frame_equal(named, P)

    @given(st.lists(st.lists(st.sampled_from("ABD"), min_size=5, max_size=5), min_size=1, max_size=12))
    @settings(max_examples=60, deadline=None)
    def test_agrees_with_counting_pair_by_pair(self, paths):
        rows = [(e, 365 * k, s) for e, path in enumerate(paths) for k, s in enumerate(path)]
        counts = m.cohort_counts(history(*rows), states=list("ABD"))
        for i in "ABD":
            for j in "ABD":
                pairs = sum((a, b) == (i, j) for path in paths for a, b in pairwise(path))
                assert counts.loc[i, j] == pairs
        np.testing.assert_allclose(m.cohort_matrix(history(*rows)).sum(axis=1), 1.0)

    @pytest.mark.parametrize(
        ("frame", "message"),
        [
            (pd.DataFrame({"entity": [1], "date": [0]}), "'state' is missing"),
            (history(("a", 0, "A"), ("a", 0, "B")), "two rows on one date"),
            (history(("a", 0, "A"), ("a", 365, None)), "row 1, state is missing"),
            (history(("a", 0, "A"), ("a", np.nan, "B")), "row 1, date is missing"),
            (history(("a", 20211231, "A")), "no day number"),
            (history(("a", "yesterday", "A")), "neither day numbers nor dates"),
            (history(("a", 0, "A"), ("a", 100, "B")), "less than a year"),
            (history(("a", 0, "A"), ("b", 365, "B")), "both ends of a year"),
            (history(), "empty"),
        ],
    )
    def test_refuses(self, frame, message):
        with pytest.raises(InvalidInput, match=message):
            m.cohort_matrix(frame)

    def test_refuses_a_state_off_the_scale(self):
        with pytest.raises(InvalidInput, match="'C' is not among states"):
            m.cohort_matrix(history(("a", 0, "A"), ("a", 365, "C")), states=["A", "B"])
        with pytest.raises(InvalidInput, match="named twice"):
            m.cohort_matrix(history(("a", 0, "A"), ("a", 365, "A")), states=["A", "A"])
