"""Concentration indices: published values, limits, bounds, order, scale and refusals."""

import json
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.errors import InvalidInput
from analytics.risk import concentration as c

REFERENCE = {
    "hhi": c.herfindahl,
    "hhi_norm": lambda v: c.herfindahl(v, normalised=True),
    "gini": c.gini,
    "theil_T": c.theil,
    "theil_L_mld": c.theil_l,
    "shannon": c.shannon,
    "exp_shannon_effective_number": lambda v: c.hannah_kay(v, 1),
    "inverse_hhi_effective_number": c.effective_number,
    "cr1": lambda v: c.top_share(v, 1),
    "cr3": lambda v: c.top_share(v, 3),
    "cr4": lambda v: c.top_share(v, 4),
    "atkinson_0.5": lambda v: c.atkinson(v, 0.5),
    "atkinson_1": lambda v: c.atkinson(v, 1),
    "hannah_kay_a2_inv": lambda v: 1 / c.hannah_kay(v, 2),
    "hannah_kay_a3_inv": lambda v: 1 / c.hannah_kay(v, 3),
    "hoover": c.hoover,
    "hall_tideman": c.hall_tideman,
    "renyi2": lambda v: c.renyi(v, 2),
    "gei2": lambda v: c.generalised_entropy(v, 2),
}
INDICES = [
    c.herfindahl,
    c.effective_number,
    lambda v: c.top_share(v, 3),
    c.gini,
    c.theil,
    c.shannon,
    c.hoover,
    c.hall_tideman,
    lambda v: c.renyi(v, 0.5),
    lambda v: c.hannah_kay(v, 3),
    lambda v: c.generalised_entropy(v, 2),
    lambda v: c.atkinson(v, 0.5),
]
INEQUALITY = [
    c.gini,
    c.theil,
    c.hoover,
    lambda v: c.generalised_entropy(v, 2),
    lambda v: c.generalised_entropy(v, 0.5),
    lambda v: c.atkinson(v, 0.5),
]
amounts = st.lists(st.floats(1e-6, 1e12), min_size=1, max_size=40)
with_zeros = st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 1e9)), min_size=1, max_size=40).filter(any)


def test_published_vector(vectors):
    data = json.loads((vectors / "risk" / "concentration_indices.json").read_text())
    assert set(data["reference"]) == set(REFERENCE), "an index of the file is not checked"
    for name, index in REFERENCE.items():
        assert index(data["vector"]) == pytest.approx(data["reference"][name], abs=1e-12), name
    for name, value in data["published"].items():
        assert REFERENCE[name](data["vector"]) == pytest.approx(value, abs=1e-7), name


def test_department_of_justice_example():
    """Four firms of 30, 30, 20 and 20 per cent: 2,600 points (US DOJ, Herfindahl-Hirschman Index)."""
    assert c.herfindahl([30, 30, 20, 20]) * 10_000 == pytest.approx(2600, abs=1e-9)


def test_exact_rationals():
    exposures = [7, 11, 13, 29]
    shares = [Fraction(x, sum(exposures)) for x in exposures]
    assert c.herfindahl(exposures) == pytest.approx(float(sum(s**2 for s in shares)), rel=1e-15)
    rank_sum = sum(i * s for i, s in enumerate(sorted(shares, reverse=True), start=1))
    assert c.hall_tideman(exposures) == pytest.approx(float(1 / (2 * rank_sum - 1)), rel=1e-15)
    assert c.hoover(exposures) == pytest.approx(float(sum(abs(s - Fraction(1, 4)) for s in shares) / 2), rel=1e-15)
    pairs = sum(abs(a - b) for a in exposures for b in exposures)
    assert c.gini(exposures) == pytest.approx(float(Fraction(pairs, 2 * 4 * sum(exposures))), rel=1e-15)


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize("wrong", [[], [1.0, math.nan], [math.inf], [-1.0, 2.0], [0.0, 0.0], ["1"], [None, 1]])
def test_bad_exposures_are_refused_before_arithmetic(index, wrong):
    with pytest.raises(InvalidInput, match="exposures: "):
        index(wrong)


@pytest.mark.parametrize("order", [-0.1, math.nan, -math.inf, "1"])
@pytest.mark.parametrize("index", [c.renyi, c.hannah_kay, c.atkinson])
def test_orders_below_zero_are_refused(index, order):
    with pytest.raises(InvalidInput, match=r"alpha: |epsilon: "):
        index([1, 2], order)


@pytest.mark.parametrize("k", [0, -1, 1.5, True, "2"])
def test_top_share_wants_a_count(k):
    with pytest.raises(InvalidInput, match="k: "):
        c.top_share([1, 2], k)


def test_one_name():
    for index, value in [
        (c.herfindahl, 1.0),
        (lambda v: c.herfindahl(v, normalised=True), 1.0),
        (c.effective_number, 1.0),
        (lambda v: c.top_share(v, 1), 1.0),
        (c.hall_tideman, 1.0),
        (lambda v: c.hannah_kay(v, 2), 1.0),
        (c.gini, 0.0),
        (c.theil, 0.0),
        (c.theil_l, 0.0),
        (c.shannon, 0.0),
        (lambda v: c.renyi(v, 3), 0.0),
        (lambda v: c.generalised_entropy(v, -1), 0.0),
        (c.hoover, 0.0),
        (lambda v: c.atkinson(v, 2), 0.0),
    ]:
        assert index([123.45]) == value
        assert index(pd.Series([9], index=["only"], dtype="Int64")) == value


def test_zero_exposures():
    """Concentration ignores a name that owes nothing; inequality counts it."""
    assert c.herfindahl([1, 1, 0, 0]) == 0.5
    assert c.herfindahl([1, 1, 0, 0], normalised=True) == pytest.approx((0.5 - 0.25) / 0.75)
    assert c.renyi([1, 1, 0, 0], 0) == pytest.approx(math.log(2))
    assert c.hannah_kay([1, 1, 0, 0], 0) == pytest.approx(2)
    assert c.hall_tideman([1, 1, 0, 0]) == pytest.approx(0.5)
    assert c.gini([1, 1, 0, 0]) == 0.5
    assert c.hoover([1, 1, 0, 0]) == 0.5
    assert c.theil([1, 1, 0, 0]) == pytest.approx(math.log(2))
    assert c.atkinson([1, 1, 0, 0], 1) == 1.0
    assert c.atkinson([1, 1, 0, 0], 2) == 1.0
    assert c.atkinson([1, 1, 0, 0], 0.5) == pytest.approx(0.5)
    assert c.generalised_entropy([1, 1, 0, 0], 0.25) == pytest.approx((0.5 * 2**0.25 - 1) / (0.25 * -0.75))
    for order in (0, -1):
        with pytest.raises(InvalidInput, match="entry 2 is zero"):
            c.generalised_entropy([1, 1, 0, 0], order)
    with pytest.raises(InvalidInput, match="no finite value"):
        c.theil_l([1, 1, 0])


def test_orders_of_generalised_entropy():
    exposures = np.array([1.0, 2.0, 3.0, 10.0])
    ratio = exposures / exposures.mean()
    assert c.generalised_entropy(exposures, 2) == pytest.approx(np.var(ratio) / 2, rel=1e-14)
    assert c.generalised_entropy(exposures, -1) == pytest.approx(np.mean(1 / ratio - 1) / 2, rel=1e-14)
    assert c.generalised_entropy(exposures, 0) == pytest.approx(c.theil_l(exposures), rel=1e-14)
    assert c.generalised_entropy(exposures, 1) == pytest.approx(c.theil(exposures), rel=1e-14)
    with pytest.raises(InvalidInput, match="exceeds a float"):
        c.generalised_entropy([1] + [0] * 999, 1e6)
    with pytest.raises(InvalidInput, match="alpha: "):
        c.generalised_entropy(exposures, math.inf)


@pytest.mark.parametrize("step", [1e-4, 1e-7, 1e-10, 1e-13])
def test_limits_are_continuous(step):
    """Values near a limit differ from it by about the step, not by cancellation."""
    exposures = [541.0, 1463.0, 2445.0, 22261.0]
    for near in (1 - step, 1 + step):
        assert c.renyi(exposures, near) == pytest.approx(c.shannon(exposures), abs=2 * step + 1e-14)
        assert c.hannah_kay(exposures, near) == pytest.approx(math.exp(c.shannon(exposures)), abs=9 * step + 1e-14)
        assert c.generalised_entropy(exposures, near) == pytest.approx(c.theil(exposures), abs=2 * step + 1e-14)
        assert c.atkinson(exposures, near) == pytest.approx(c.atkinson(exposures, 1), abs=2 * step + 1e-14)
    for near in (-step, step):
        assert c.generalised_entropy(exposures, near) == pytest.approx(c.theil_l(exposures), abs=2 * step + 1e-14)


def test_infinite_orders():
    exposures = [1.0, 2.0, 5.0]
    assert c.renyi(exposures, math.inf) == pytest.approx(-math.log(5 / 8))
    assert c.hannah_kay(exposures, math.inf) == pytest.approx(8 / 5)
    assert c.hannah_kay(exposures, 1e6) == pytest.approx(8 / 5, rel=1e-5)
    assert c.atkinson(exposures, math.inf) == pytest.approx(1 - 1 / (8 / 3))
    assert c.atkinson(exposures, 1e6) == pytest.approx(1 - 1 / (8 / 3), rel=1e-5)


def test_amounts_at_the_edge_of_a_float():
    assert c.herfindahl([1e308, 1e308]) == 0.5
    assert c.gini([5e-324, 5e-324]) == 0.0
    assert c.theil([1e308] * 4) == 0.0
    assert c.herfindahl([2**70, 2**70]) == 0.5


@settings(deadline=None)
@given(with_zeros)
def test_bounds(exposures):
    n, slack = len(exposures), 1e-9
    assert 1 / n - slack <= c.herfindahl(exposures) <= 1 + slack
    assert 0 <= c.herfindahl(exposures, normalised=True) <= 1 + slack
    assert 1 - slack <= c.effective_number(exposures) <= n * (1 + slack)
    assert 1 / n - slack <= c.hall_tideman(exposures) <= 1 + slack
    assert 0 <= c.gini(exposures) <= 1 - 1 / n + slack
    assert 0 <= c.hoover(exposures) <= 1 - 1 / n + slack
    assert 0 <= c.theil(exposures) <= math.log(n) + slack
    assert 0 <= c.shannon(exposures) <= math.log(n) + slack
    assert 0 <= c.atkinson(exposures, 0.5) <= 1
    assert c.theil(exposures) + c.shannon(exposures) == pytest.approx(math.log(n), abs=1e-9)


@settings(deadline=None)
@given(amounts, st.floats(0, 5), st.floats(0, 5))
def test_entropies_fall_and_aversion_rises_in_their_order(exposures, one, other):
    low, high = min(one, other), max(one, other)
    assert c.renyi(exposures, low) >= c.renyi(exposures, high) - 1e-9
    assert c.hannah_kay(exposures, low) >= c.hannah_kay(exposures, high) * (1 - 1e-9)
    assert c.atkinson(exposures, low) <= c.atkinson(exposures, high) + 1e-9


@settings(deadline=None)
@given(with_zeros, st.randoms(use_true_random=False), st.floats(1e-3, 1e6))
def test_neither_order_nor_scale_matters(exposures, random, factor):
    shuffled = [x * factor for x in exposures]
    random.shuffle(shuffled)
    for index in INDICES:
        assert index(shuffled) == pytest.approx(index(exposures), rel=1e-7, abs=1e-9)


@settings(deadline=None)
@given(amounts.filter(lambda v: len(v) > 1), st.floats(0.01, 0.99))
def test_giving_to_the_richer_raises_inequality(exposures, part):
    """The principle of transfers (Pigou and Dalton)."""
    poor, rich = int(np.argmin(exposures)), int(np.argmax(exposures))
    moved = list(exposures)
    if poor == rich:
        return
    moved[rich] += part * moved[poor]
    moved[poor] -= part * moved[poor]
    for index in [*INEQUALITY, c.herfindahl, c.hall_tideman, c.theil_l]:
        assert index(moved) >= index(exposures) - 1e-9


@settings(deadline=None)
@given(amounts)
def test_replication_leaves_inequality_and_halves_concentration(exposures):
    """Dalton's principle of population."""
    for index in INEQUALITY:
        assert index(exposures * 2) == pytest.approx(index(exposures), rel=1e-7, abs=1e-9)
    assert c.herfindahl(exposures * 2) == pytest.approx(c.herfindahl(exposures) / 2, rel=1e-12)
    assert c.hannah_kay(exposures * 2, 3) == pytest.approx(c.hannah_kay(exposures, 3) * 2, rel=1e-9)


@settings(deadline=None)
@given(amounts, st.integers(1, 60))
def test_top_shares(exposures, k):
    expected = sum(sorted(exposures, reverse=True)[:k]) / sum(exposures)
    assert c.top_share(exposures, k) == pytest.approx(expected, rel=1e-9)
    assert c.top_share(exposures, np.int64(k + 1)) >= c.top_share(exposures, k) - 1e-12


def test_bounds_of_the_study_for_industries(vectors):
    """Named industries of 2023, personal loans left out of the rest: 0.0339 and 0.0397."""
    industry = pd.read_csv(vectors / "paper" / "table1_industry.csv").query("year == 2023")["share_pct"] / 100
    personal = pd.read_csv(vectors / "paper" / "table3_personal.csv").set_index("year")["pct"][2023] / 100
    low, high = c.herfindahl_bounds(industry, 1 - industry.sum() - personal)
    assert (round(low, 4), round(high, 4)) == (0.0339, 0.0397)


def test_bounds_exactly():
    low, high = c.herfindahl_bounds([0.5, 0.1], 0.25)
    assert low == pytest.approx(0.26)
    assert high == pytest.approx(0.26 + 2 * 0.1**2 + 0.05**2)
    low, high = c.herfindahl_bounds([0.5, 0.1], 0.25, largest_unnamed=0.05)
    assert high == pytest.approx(0.26 + 5 * 0.05**2)
    assert c.herfindahl_bounds([0.5, 0.5], 0) == (0.5, 0.5)
    assert c.herfindahl_bounds([1.0, 0.0], 0.0) == (1.0, 1.0)


@settings(deadline=None)
@given(
    st.lists(st.floats(0.02, 1), min_size=1, max_size=8),
    st.lists(st.floats(0, 1), min_size=1, max_size=30),
    st.floats(0.1, 0.9),
)
def test_any_split_of_the_rest_lies_between_the_bounds(named, unnamed, named_part):
    shares = np.array(named) / sum(named) * named_part
    cap = shares.min()
    lumps = np.minimum(np.array(unnamed), 1.0) * cap
    total = float(lumps.sum())
    if shares.sum() + total > 1:
        return
    low, high = c.herfindahl_bounds(shares, total)
    true = float((shares**2).sum() + (lumps**2).sum())
    assert low - 1e-12 <= true <= high + 1e-12


@pytest.mark.parametrize(
    ("named", "rest", "largest", "word"),
    [
        ([], 0.1, None, "empty"),
        ([11.9, 10.2], 0.1, None, "outside [0, 1]"),
        ([0.5], -0.1, None, "rest: -0.1"),
        ([0.5], 0.6, None, "sum to 1.1"),
        ([0.5], math.nan, None, "rest: "),
        ([0.5, 0.0], 0.1, None, "leaves no place"),
        ([0.5], 0.1, 0.0, "leaves no place"),
        ([0.5], 0.1, 1.5, "largest_unnamed: 1.5"),
        ([[0.5]], 0.1, None, "shape (1, 1)"),
    ],
)
def test_bounds_refuse(named, rest, largest, word):
    with pytest.raises(InvalidInput) as caught:
        c.herfindahl_bounds(named, rest, largest_unnamed=largest)
    assert word in str(caught.value)
