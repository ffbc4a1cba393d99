"""Guarantee circles, contagion, clearing and calls on guarantors: published values, properties, refusals."""

from fractions import Fraction

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.errors import InvalidInput
from analytics.risk import network as n

PUBLISHED_TOLERANCE = np.finfo(float).eps ** 0.2


def guarantees(*rows):
    return pd.DataFrame(rows, columns=["guarantor", "beneficiary", "amount"])


def exposures(*rows):
    return pd.DataFrame(rows, columns=["creditor", "debtor", "amount"])


def obligor_table(*rows):
    return pd.DataFrame(rows, columns=["obligor", "debt", "buffer", "industry", "region"])


pairs = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=60)


class TestGuaranteeCircles:
    @given(pairs)
    @settings(max_examples=200, deadline=None)
    def test_agrees_with_networkx(self, edges):
        expected = sorted(sorted(c) for c in nx.strongly_connected_components(nx.DiGraph(edges)) if len(c) > 1)
        assert n.guarantee_circles(guarantees(*((a, b, 1) for a, b in edges))) == expected
        named = guarantees(*((f"c{a:02}", f"c{b:02}", 1) for a, b in edges))
        assert n.guarantee_circles(named) == [[f"c{i:02}" for i in circle] for circle in expected]

    def test_agrees_with_networkx_on_a_large_network(self):
        seed = 5
        rng = np.random.default_rng(seed)
        edges = guarantees(*zip(*rng.integers(0, 20_000, (2, 30_000)).tolist(), [1] * 30_000, strict=True))
        graph = nx.from_pandas_edgelist(edges, "guarantor", "beneficiary", create_using=nx.DiGraph)
        expected = sorted(sorted(c) for c in nx.strongly_connected_components(graph) if len(c) > 1)
        assert max(map(len, expected)) > 1000, f"seed {seed}"
        assert n.guarantee_circles(edges) == expected

    def test_repeated_guarantees_of_a_pair_count_once(self):
        edges = guarantees(*[(1, 2, 5)] * 50, *[(2, 1, 5)] * 50, *[(2, 3, 1)] * 50)
        assert n.guarantee_circles(edges) == [[1, 2]]

    def test_circles_come_in_the_order_of_their_first_members(self):
        edges = guarantees((2, 3, 1), (3, 2, 1), (1, 9, 1), (9, 1, 1), (4, 8, 1), (8, 4, 1))
        assert n.guarantee_circles(edges) == [[1, 9], [2, 3], [4, 8]]

    def test_far_apart_ids_keep_their_type(self):
        circles = n.guarantee_circles(guarantees((2**62, -7, 1), (-7, 2**62, 1)))
        assert circles == [[-7, 2**62]]
        assert all(type(i) is int for i in circles[0])

    def test_none_without_a_way_back(self):
        assert n.guarantee_circles(guarantees()) == []
        assert n.guarantee_circles(guarantees((1, 1, 5))) == []
        assert n.guarantee_circles(guarantees((1, 2, 5), (2, 3, 5), (1, 3, 5))) == []

    @pytest.mark.parametrize(
        ("edges", "message"),
        [
            (pd.DataFrame({"guarantor": [1], "amount": [1]}), "'beneficiary' is missing"),
            (guarantees(("a", None, 1)), "row 0, beneficiary is missing"),
            (guarantees((1, 2, -1)), "negative"),
            (guarantees((1, 2, np.nan)), "missing"),
            (guarantees((1, 2, np.inf)), "infinite"),
        ],
    )
    def test_refuses(self, edges, message):
        with pytest.raises(InvalidInput, match=message):
            n.guarantee_circles(edges)


class TestMultiHead:
    def test_counts_different_borrowers_and_sums_cover(self):
        edges = guarantees(("a", "x", 1), ("a", "y", 2), ("a", "y", 3), ("b", "x", 9), ("b", "b", 9), ("c", "x", 9),
                           ("c", "y", 9), ("d", "x", 1), ("d", "y", 1), ("d", "z", 1))  # fmt: skip
        table = n.multi_head(edges)
        assert table.to_dict("list") == {"guarantor": ["d", "c", "a"], "borrowers": [3, 2, 2], "cover": [3, 18, 6]}
        assert n.multi_head(edges, at_least=3)["guarantor"].tolist() == ["d"]
        assert n.multi_head(edges, at_least=4).empty
        assert list(n.multi_head(guarantees()).columns) == ["guarantor", "borrowers", "cover"]

    def test_cover_beyond_64_bits_is_exact(self):
        edges = guarantees(("a", "x", 2**62), ("a", "y", 2**62), ("a", "z", 2**62))
        assert n.multi_head(edges)["cover"].tolist() == [3 * 2**62]

    def test_refuses(self):
        with pytest.raises(InvalidInput, match="at_least: 0 is below 1"):
            n.multi_head(guarantees((1, 2, 3)), at_least=0)
        with pytest.raises(InvalidInput, match="negative"):
            n.multi_head(guarantees((1, 2, -3)))


@pytest.fixture(scope="module")
def network_125(vectors):
    return tuple(pd.read_csv(vectors / "risk" / f"network_125_{name}.csv") for name in ("edges", "nodes", "debtrank"))


class TestDebtRank:
    def test_every_published_scenario(self, network_125):
        edges, nodes, published = network_125
        assert len(published) == 125
        for row in published.itertuples():
            found = n.debtrank(edges, nodes, {row.scenario: 1.0}, tolerance=PUBLISHED_TOLERANCE)
            assert found.original_stress == pytest.approx(row.original_stress, abs=1e-9)
            assert found.additional_stress == pytest.approx(row.additional_stress, abs=1e-9)
            assert found.additional_defaults == row.additional_defaults

    def test_settles_above_the_published_run(self, network_125):
        edges, nodes, _ = network_125
        early = n.debtrank(edges, nodes, {"b55": 1.0}, tolerance=PUBLISHED_TOLERANCE)
        late = n.debtrank(edges, nodes, {"b55": 1.0})
        assert 0.0 < late.additional_stress - early.additional_stress < 1e-3
        assert late.rounds > early.rounds

    def test_chain_by_hand(self):
        """a loses half its buffer, b half of what a owes it, c nothing until b is hurt."""
        edges = exposures(("b", "a", 4.0), ("c", "b", 6.0))
        nodes = pd.DataFrame({"bank": list("abc"), "buffer": [1.0, 10.0, 5.0], "weights": [1, 1, 2]})
        found = n.debtrank(edges, nodes, {"a": 0.5})
        assert found.original_stress == pytest.approx(0.125)
        b, c = 0.5 * 4 / 10, 0.5 * 4 / 10 * 6 / 5
        assert found.stress.to_dict() == pytest.approx({"a": 0.5, "b": b, "c": c})
        assert found.additional_stress == pytest.approx((b + 2 * c) / 4)
        assert found.additional_defaults == 0

    @given(pairs, st.lists(st.floats(0, 1), min_size=15, max_size=15), st.integers(1, 60))
    @settings(max_examples=100, deadline=None)
    def test_stress_is_bounded_and_grows_with_the_shock(self, edges, shares, tenths):
        rows = [(a, b, tenths / 10) for a, b in edges if a != b]
        nodes = pd.DataFrame({"bank": range(15), "buffer": 4.0, "weights": 1.0})
        shock = dict(enumerate(shares))
        low = n.debtrank(exposures(*rows), nodes, {k: v / 2 for k, v in shock.items()}, tolerance=1e-6)
        high = n.debtrank(exposures(*rows), nodes, shock, tolerance=1e-6)
        assert high.stress.between(0.0, 1.0).all()
        assert (high.stress >= low.stress - 1e-5).all()
        assert (high.stress >= pd.Series(shares) - 1e-12).all()
        cascade = n.threshold_cascade(exposures(*rows), nodes, shock)
        assert (cascade.stress <= high.stress + 1e-5).all()

    def test_one_bank_and_no_edges(self):
        nodes = pd.DataFrame({"bank": ["a"], "buffer": [1.0], "weights": [3.0]})
        found = n.debtrank(exposures(), nodes, {"a": 1.0})
        assert (found.original_stress, found.additional_stress, found.additional_defaults) == (1.0, 0.0, 0)
        assert n.debtrank(exposures(), nodes, {}).original_stress == 0.0

    def test_shock_as_a_series(self, network_125):
        edges, nodes, _ = network_125
        both = n.debtrank(edges, nodes, pd.Series({"b1": 0.3, "b2": 0.4}))
        assert both.original_stress == n.debtrank(edges, nodes, {"b2": 0.4, "b1": 0.3}).original_stress

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"shocks": {"z": 1.0}}, "'z' has no row in nodes"),
            ({"shocks": {"a": 1.0, "z": 1.0}}, "'z' has no row in nodes"),
            ({"shocks": {"a": 1.5}}, r"outside \[0, 1\]"),
            ({"shocks": {"a": np.nan}}, "missing"),
            ({"edges": exposures(("a", "z", 1.0))}, "debtor 'z' is not among nodes"),
            ({"edges": exposures(("a", "a", 1.0))}, "oneself"),
            ({"edges": exposures(("a", "b", -1.0))}, "negative"),
            ({"nodes": pd.DataFrame({"bank": ["a", "b"], "buffer": [1.0, 0.0], "weights": 1.0})}, "not above zero"),
            ({"nodes": pd.DataFrame({"bank": ["a", "a"], "buffer": 1.0, "weights": 1.0})}, "two rows"),
            ({"nodes": pd.DataFrame({"bank": ["a", "b"], "buffer": 1.0, "weights": 0.0})}, "weights are zero"),
            ({"nodes": pd.DataFrame({"bank": ["a", "b"], "buffer": 1.0})}, "'weights' is missing"),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("method", [n.debtrank, n.threshold_cascade])
    def test_refuses(self, method, change, message):
        given_ = {
            "edges": exposures(("a", "b", 1.0)),
            "nodes": pd.DataFrame({"bank": ["a", "b"], "buffer": 1.0, "weights": 1.0}),
            "shocks": {"a": 1.0},
        }
        with pytest.raises(InvalidInput, match=message):
            method(**(given_ | change))

    def test_refuses_no_tolerance(self, network_125):
        edges, nodes, _ = network_125
        with pytest.raises(InvalidInput, match="tolerance"):
            n.debtrank(edges, nodes, {"b1": 1.0}, tolerance=0.0)


class TestThresholdCascade:
    @pytest.mark.parametrize(
        ("bank", "additional_stress"),
        [
            ("b1", 0.020415431), ("b2", 0.001066810), ("b3", 0.005638458),
            ("b4", 0.001197128), ("b5", 0.047389235), ("b6", 0.005487714),
        ],
    )  # fmt: skip
    def test_figures_printed_by_network_risk_measures(self, network_125, bank, additional_stress):
        """The column `cascade` in the README of the R package NetworkRiskMeasures 0.1.7."""
        edges, nodes, _ = network_125
        found = n.threshold_cascade(edges, nodes, {bank: 1.0})
        assert found.additional_stress == pytest.approx(additional_stress, abs=6e-10)

    @pytest.mark.parametrize(("bank", "defaults"), [("b55", 17), ("b28", 9), ("b27", 3), ("b33", 2), ("b101", 1)])
    def test_printed_defaults(self, network_125, bank, defaults):
        edges, nodes, _ = network_125
        assert n.threshold_cascade(edges, nodes, {bank: 1.0}).additional_defaults == defaults

    def test_one_round_for_each_wave_of_failures(self):
        edges = exposures(("b", "a", 1.0), ("c", "b", 1.0), ("d", "c", 0.5))
        nodes = pd.DataFrame({"bank": list("abcd"), "buffer": 1.0, "weights": 1.0})
        found = n.threshold_cascade(edges, nodes, {"a": 1.0})
        assert (found.rounds, found.additional_defaults) == (3, 2)
        assert found.stress.tolist() == [1.0, 1.0, 1.0, 0.5]

    def test_passes_on_nothing_short_of_failure(self):
        edges = exposures(("b", "a", 100.0))
        nodes = pd.DataFrame({"bank": ["a", "b"], "buffer": [1.0, 10.0], "weights": [1, 1]})
        assert n.threshold_cascade(edges, nodes, {"a": 0.999}).additional_stress == 0.0
        assert n.threshold_cascade(edges, nodes, {"a": 1.0}).additional_defaults == 1


@st.composite
def payment_systems(draw):
    size = draw(st.integers(1, 6))
    L = np.array(draw(st.lists(st.integers(0, 20), min_size=size * size, max_size=size * size)), dtype=float)
    L = L.reshape(size, size)
    np.fill_diagonal(L, 0.0)
    column = st.lists(st.integers(0, 20), min_size=size, max_size=size)
    return L, np.array(draw(column), dtype=float), np.array(draw(column), dtype=float)


def payments_by_iteration(L, assets, external, alpha, beta):
    """The map from payments to payments, applied from full payment down to its greatest fixed point."""
    owed = L.sum(axis=1) + external
    Pi = np.divide(L, owed[:, None], out=np.zeros_like(L), where=owed[:, None] > 0)
    paid = owed
    for _ in range(200_000):
        received = Pi.T @ paid
        solvent = assets + received >= owed * (1 - 1e-12)
        updated = np.where(solvent, owed, alpha * assets + beta * received)
        if np.abs(updated - paid).max() < 1e-13:
            return updated
        paid = updated
    raise AssertionError("the map did not settle")


class TestClearingVector:
    @given(payment_systems(), st.sampled_from([0.0, 0.5, 0.9, 1.0]), st.sampled_from([0.0, 0.5, 0.9, 1.0]))
    @settings(max_examples=200, deadline=None)
    def test_is_the_greatest_fixed_point(self, system, alpha, beta):
        found = n.clearing_vector(*system, alpha=alpha, beta=beta)
        np.testing.assert_allclose(found, payments_by_iteration(*system, alpha, beta), atol=1e-7)

    @given(payment_systems())
    @settings(max_examples=100, deadline=None)
    def test_without_costs_nothing_is_lost(self, system):
        """Limited liability, and a failing node pays all it has (Eisenberg and Noe 2001)."""
        L, assets, external = system
        owed = L.sum(axis=1) + external
        paid = n.clearing_vector(L, assets, external)
        Pi = np.divide(L, owed[:, None], out=np.zeros_like(L), where=owed[:, None] > 0)
        worth = assets + Pi.T @ paid
        np.testing.assert_allclose(paid, np.minimum(owed, worth), atol=1e-9)

    def test_two_nodes_by_exact_fractions(self):
        """p0 = 2 + 4/9 p1, p1 = 1 + p0."""
        p0 = (2 + Fraction(4, 9)) / (1 - Fraction(4, 9))
        np.testing.assert_allclose(n.clearing_vector([[0, 8], [4, 0]], [2, 1], [0, 5]), [float(p0), float(p0 + 1)])

    def test_costs_bring_down_a_second_node(self):
        L = [[0, 10, 0], [0, 0, 10], [0, 0, 0]]
        np.testing.assert_allclose(n.clearing_vector(L, [9, 1.5, 0], [0, 0, 0]), [9, 10, 0])
        costly = n.clearing_vector(L, [9, 1.5, 0], [0, 0, 0], alpha=0.5, beta=0.5)
        np.testing.assert_allclose(costly, [4.5, 0.5 * 1.5 + 0.5 * 4.5, 0])

    def test_labels_stay(self):
        names = ["x", "y"]
        paid = n.clearing_vector(
            pd.DataFrame([[0, 8], [4, 0]], index=names, columns=names),
            pd.Series([2, 3], index=names),
            pd.Series([0, 5], index=names),
        )
        assert paid.to_dict() == {"x": 6.0, "y": 9.0}

    def test_one_node(self):
        np.testing.assert_array_equal(n.clearing_vector([[0]], [3], [5]), [3.0])
        np.testing.assert_array_equal(n.clearing_vector([[0]], [3], [0]), [0.0])

    @pytest.mark.parametrize(
        ("arguments", "shares", "message"),
        [
            (([[0, 1]], [1], [1]), {}, "not square"),
            (([[1.0]], [1], [1]), {}, "owes itself"),
            (([[0, -1], [0, 0]], [1, 1], [0, 0]), {}, "negative"),
            (([[0, 1], [0, 0]], [1], [0, 0]), {}, "entries"),
            (([[0, 1], [0, 0]], [np.nan, 1], [0, 0]), {}, "NaN"),
            (([[0, 1], [0, 0]], [1, 1], [0, 0]), {"alpha": 1.1}, r"outside \[0, 1\]"),
            (([], [], []), {}, "empty"),
        ],
    )
    def test_refuses(self, arguments, shares, message):
        with pytest.raises(InvalidInput, match=message):
            n.clearing_vector(*arguments, **shares)

    def test_refuses_other_labels(self):
        L = pd.DataFrame([[0, 8], [4, 0]], index=["x", "y"], columns=["x", "y"])
        with pytest.raises(InvalidInput, match="labels differ"):
            n.clearing_vector(L, pd.Series([1, 2], index=["y", "x"]), [0, 0])
        with pytest.raises(InvalidInput, match="labelled differently"):
            n.clearing_vector(L.rename(columns={"x": "z"}), [1, 2], [0, 0])


@st.composite
def guarantee_books(draw):
    size = draw(st.integers(1, 8))
    money = st.integers(0, 1000)
    rows = [
        (i, draw(money), draw(money), f"I{draw(st.integers(0, 2))}", f"R{draw(st.integers(0, 1))}") for i in range(size)
    ]
    index = st.integers(0, size - 1)
    edges = draw(st.lists(st.tuples(index, index, money), max_size=20))
    return guarantees(*edges), obligor_table(*rows)


class TestGuaranteeLoss:
    def test_cover_and_buffer_both_bind(self):
        """a owes 100: b covers 60, c covers 30; b can pay 40 and fails, c pays its 30."""
        edges = guarantees(("b", "a", 60), ("c", "a", 30))
        obligors = obligor_table(("a", 100, 0, "C", "R"), ("b", 50, 40, "C", "R"), ("c", 20, 500, "F", "R"))
        loss = n.guarantee_loss(edges, obligors, borrowers=["a"])
        assert loss.failed.to_dict("list") == {
            "obligor": ["a", "b"], "round": [0, 1], "debt": [100, 50], "recovered": [70, 0], "loss": [30, 50],
        }  # fmt: skip
        assert loss.calls.to_dict("list") == {"guarantor": ["b", "c"], "beneficiary": ["a", "a"], "paid": [40, 30]}
        assert (loss.bank_loss, loss.direct_loss, loss.additional_failures) == (80, 100, 1)

    def test_co_guarantors_share_pro_rata_and_stand_in_for_the_one_that_fails(self):
        edges = guarantees(("b", "a", 300), ("c", "a", 100))
        obligors = obligor_table(("a", 200, 0, "C", "R"), ("b", 0, 30, "C", "R"), ("c", 0, 1000, "F", "R"))
        loss = n.guarantee_loss(edges, obligors, borrowers=["a"])
        paid = loss.calls.set_index("guarantor")["paid"]
        assert paid.to_dict() == {"b": 30, "c": 100}
        assert loss.bank_loss == 70

    def test_a_circle_recovers_nothing(self):
        """Two firms with no buffer that guarantee each other lose the bank both debts."""
        edges = guarantees(("a", "b", 100), ("b", "a", 100))
        obligors = obligor_table(("a", 80, 0, "C", "R"), ("b", 70, 0, "C", "R"))
        loss = n.guarantee_loss(edges, obligors, borrowers=["a"])
        assert loss.bank_loss == 150
        assert loss.failed["round"].tolist() == [0, 1]

    def test_industry_and_region_fail_together(self):
        edges = guarantees(("b", "a", 100), ("c", "a", 100))
        obligors = obligor_table(("a", 80, 50, "C", "N"), ("b", 70, 50, "C", "S"), ("c", 60, 200, "F", "N"))
        both = n.guarantee_loss(edges, obligors, industry="C")
        assert both.failed["obligor"].tolist() == ["a", "b"]
        assert both.bank_loss == 70
        assert n.guarantee_loss(edges, obligors, region="N").failed["obligor"].tolist() == ["a", "c", "b"]
        assert n.guarantee_loss(edges, obligors, industry="C", region="N").failed["obligor"].tolist() == ["a"]

    def test_table_by_region(self):
        edges = guarantees(("b", "a", 100), ("c", "a", 100))
        obligors = obligor_table(("a", 80, 50, "C", "N"), ("b", 70, 10, "C", "S"), ("c", 60, 20, "F", "S"))
        table = n.guarantee_loss_by(edges, obligors, by="region")
        assert table.to_dict("list") == {
            "region": ["N", "S"], "failing": [1, 2], "direct_loss": [80, 130], "recovered": [30, 0],
            "additional_failures": [2, 0], "additional_debt": [130, 0], "bank_loss": [180, 130],
        }  # fmt: skip

    @given(guarantee_books())
    @settings(max_examples=200, deadline=None)
    def test_money_is_conserved_and_limits_hold(self, book):
        edges, obligors = book
        for region in obligors["region"].unique():
            loss = n.guarantee_loss(edges, obligors, region=region)
            paid = int(loss.calls["paid"].sum())
            assert int(loss.failed["debt"].sum()) == loss.bank_loss + paid
            assert (loss.failed["loss"] >= 0).all()
            buffers = obligors.set_index("obligor")["buffer"]
            for guarantor, used in loss.calls.groupby("guarantor")["paid"].sum().items():
                assert used <= buffers[guarantor]
            covers = edges.groupby(["guarantor", "beneficiary"])["amount"].sum()
            for call in loss.calls.itertuples():
                assert call.paid <= covers[call.guarantor, call.beneficiary]
            first = set(loss.failed.loc[loss.failed["round"] == 0, "obligor"])
            assert not first & set(loss.calls["guarantor"])
            later = loss.failed.loc[loss.failed["round"] > 0, "obligor"]
            used = loss.calls.groupby("guarantor")["paid"].sum().reindex(later, fill_value=0)
            assert (used == buffers.reindex(later)).all()

    @given(guarantee_books())
    @settings(max_examples=100, deadline=None)
    def test_more_buffer_never_costs_the_bank_more(self, book):
        edges, obligors = book
        rich = obligors.assign(buffer=10**6)
        assert (
            n.guarantee_loss(edges, rich, borrowers=[0]).bank_loss
            <= n.guarantee_loss(edges, obligors, borrowers=[0]).bank_loss
        )

    def test_a_long_chain_takes_time_in_its_length(self):
        length = 20_000
        edges = guarantees(*((i + 1, i, 100) for i in range(length)))
        obligors = obligor_table(*((i, 100, 1, "C", "R") for i in range(length + 1)))
        loss = n.guarantee_loss(edges, obligors, borrowers=[0])
        assert loss.additional_failures == length
        assert loss.bank_loss == 99 * length + 100

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"borrowers": ["z"]}, "'z' has no row"),
            ({"borrowers": []}, "nobody fails"),
            ({}, "nobody fails"),
            ({"region": "nowhere"}, "nobody fails"),
            ({"borrowers": ["a"], "industry": "C"}, "one or the other"),
            ({"borrowers": ["a"], "edges": guarantees(("z", "a", 1))}, "guarantor 'z' has no row"),
            ({"borrowers": ["a"], "edges": guarantees(("b", "a", 1.5))}, "no whole number"),
            ({"borrowers": ["a"], "obligors": obligor_table()}, "empty"),
            ({"borrowers": ["a"], "obligors": obligor_table(*[("a", 1, 1, "C", "R")] * 2)}, "two rows"),
        ],
    )
    def test_refuses(self, change, message):
        arguments = {
            "edges": guarantees(("b", "a", 5)),
            "obligors": obligor_table(("a", 10, 0, "C", "R"), ("b", 0, 9, "C", "R")),
        }
        with pytest.raises(InvalidInput, match=message):
            n.guarantee_loss(**(arguments | change))

    def test_refuses_another_grouping(self):
        with pytest.raises(InvalidInput, match="cannot fail"):
            n.guarantee_loss_by(guarantees(), obligor_table(("a", 1, 1, "C", "R")), by="colour")
