"""Portfolio models against printed values, exact distributions and brute force."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from analytics.errors import InvalidInput
from analytics.risk import portfolio as p
from analytics.risk.capital import worst_case_default_rate
from analytics.risk.portfolio._loans import CELL
from analytics.risk.portfolio._simulation import LARGE

# --- CreditRisk+ ---------------------------------------------------------------------------------


def csfb(vectors):
    table = pd.read_csv(vectors / "risk" / "csfb_1997_portfolio.csv", index_col="CPnumber")
    return table, json.loads((vectors / "risk" / "csfb_1997_reference.json").read_text())


def by_fourier(exposures, pds, pd_sd, weights, unit, size):
    """The same distribution from the generating function on the unit circle."""
    units = np.ceil(exposures / unit)
    rates = exposures * pds / (unit * units)
    z = np.exp(2j * np.pi * np.arange(size) / size)
    logarithm = np.zeros(size, dtype=complex)
    for k in range(weights.shape[1]):
        mean = (weights[:, k] * pds).sum()
        variance = ((weights[:, k] * pd_sd).sum() / mean) ** 2
        excess = sum(w * rate * (z**nu - 1) for w, rate, nu in zip(weights[:, k], rates, units, strict=True))
        logarithm += excess if variance == 0 else -np.log(1 - variance * excess) / variance
    return np.real(np.fft.fft(np.exp(logarithm))) / size


def test_csfb_example(vectors):
    table, reference = csfb(vectors)
    book = p.creditrisk_plus(table["exposure"], table["pd"], table["pd_sd"])
    assert book.unit == 202389
    assert book.expected_loss == pytest.approx(reference["expected_loss"], abs=1)
    assert book.standard_deviation == pytest.approx(reference["sd_one_sector"], abs=1)
    assert book.value_at_risk(0.99) == pytest.approx(reference["var_99_one_sector"], abs=1)
    parts = book.risk_contributions(0.99)
    assert parts.index.equals(table.index)
    assert parts.sum() == pytest.approx(book.value_at_risk(0.99), rel=1e-12)
    assert parts.idxmax() == table["exposure"].idxmax()


def test_three_sectors_diversify_and_agree_with_fourier(vectors):
    table, _ = csfb(vectors)
    weights = table[["S1", "S2", "S3"]]
    book = p.creditrisk_plus(table["exposure"], table["pd"], table["pd_sd"], weights)
    one = p.creditrisk_plus(table["exposure"], table["pd"], table["pd_sd"])
    assert book.expected_loss == pytest.approx(one.expected_loss, rel=1e-14)
    assert book.standard_deviation < one.standard_deviation
    assert book.value_at_risk(0.99) < one.value_at_risk(0.99)
    columns = (table["exposure"].to_numpy(float), table["pd"].to_numpy(), table["pd_sd"].to_numpy())
    for result, w in ((book, weights.to_numpy(float)), (one, np.ones((25, 1)))):
        exact = by_fourier(*columns, w, result.unit, 4096)[: len(result.probability)]
        np.testing.assert_allclose(result.probability, exact, atol=1e-15)


def test_moments_of_the_distribution_are_the_closed_forms(vectors):
    table, _ = csfb(vectors)
    mixed = np.column_stack([table["S1"] * 0.5 + 0.25, table["S1"] * -0.5 + 0.75])
    book = p.creditrisk_plus(table["exposure"], table["pd"], table["pd_sd"], mixed)
    loss = book.unit * np.arange(len(book.probability))
    mean = (loss * book.probability).sum()
    assert book.probability.sum() == pytest.approx(1, abs=1e-11)
    assert mean == pytest.approx(book.expected_loss, rel=1e-9)
    spread = math.sqrt(((loss - mean) ** 2 * book.probability).sum())
    assert spread == pytest.approx(book.standard_deviation, rel=1e-8)


def test_a_second_sector_without_weight_changes_nothing(vectors):
    table, _ = csfb(vectors)
    one = p.creditrisk_plus(table["exposure"], table["pd"], table["pd_sd"])
    two = p.creditrisk_plus(
        table["exposure"], table["pd"], table["pd_sd"], np.column_stack([np.ones(25), np.zeros(25)])
    )
    np.testing.assert_allclose(two.probability, one.probability, rtol=1e-10)


def test_equal_loans_are_negative_binomial_or_poisson():
    """Defaults of n equal loans: negative binomial of shape 1 / v, Poisson where v is zero."""
    n, pd_ = 200, 0.02
    book = p.creditrisk_plus([100.0] * n, pd_, 0.01, bands=1)
    assert book.unit == 100
    shape = 1 / 0.25
    count = np.arange(len(book.probability))
    exact = stats.nbinom.pmf(count, shape, shape / (shape + n * pd_))
    np.testing.assert_allclose(book.probability, exact, rtol=1e-9, atol=1e-300)
    poisson = p.creditrisk_plus([100.0] * n, pd_, 0.0, bands=1)
    count = np.arange(len(poisson.probability))
    np.testing.assert_allclose(poisson.probability, stats.poisson.pmf(count, n * pd_), rtol=1e-9)
    assert poisson.standard_deviation == pytest.approx(100 * math.sqrt(n * pd_))


def test_two_sectors_are_a_convolution():
    exposures, pds = [300.0] * 40 + [500.0] * 60, [0.02] * 40 + [0.05] * 60
    sd = np.array(pds) * 0.7
    weights = np.array([[1.0, 0.0]] * 40 + [[0.0, 1.0]] * 60)
    both = p.creditrisk_plus(exposures, pds, sd, weights, bands=5)
    first = p.creditrisk_plus([*exposures[:40], 500.0], [*pds[:40], 0.0], [*sd[:40], 0.0], bands=5)
    second = p.creditrisk_plus(exposures[40:], pds[40:], sd[40:], bands=5)
    exact = np.convolve(first.probability, second.probability)[: len(both.probability)]
    np.testing.assert_allclose(both.probability[:200], exact[:200], rtol=1e-10, atol=1e-12)


def test_shortfall_averages_exactly_the_tail():
    book = p.creditrisk_plus([100.0] * 50, 0.02, 0.01, bands=1)
    q = 0.97
    cumulative = np.cumsum(book.probability)
    levels = np.linspace(q, 1 - 1e-9, 400_001)
    quantiles = np.searchsorted(cumulative, levels) * book.unit
    assert book.expected_shortfall(q) == pytest.approx(np.trapezoid(quantiles, levels) / (1 - q), rel=1e-4)
    for level in (0.5, 0.9, 0.99, 0.999):
        assert book.expected_shortfall(level) >= book.value_at_risk(level)


def test_value_at_risk_is_interpolated():
    book = p.creditrisk_plus([100.0] * 50, 0.02, 0.01, bands=1)
    cumulative = np.cumsum(book.probability)
    half = (cumulative[1] + cumulative[2]) / 2
    assert book.value_at_risk(half) == pytest.approx(150.0)
    assert book.value_at_risk(cumulative[0] / 2) == 0.0


def test_contributions_are_fair():
    """Equal obligors contribute equally, a larger one more than in proportion."""
    book = p.creditrisk_plus([100.0, 100.0, 400.0], 0.05, 0.03)
    small, twin, large = book.risk_contributions(0.99)
    assert small == pytest.approx(twin)
    assert large > 4 * small


def test_a_portfolio_that_cannot_lose():
    book = p.creditrisk_plus([100.0, 200.0], 0.0, 0.0)
    assert (book.expected_loss, book.standard_deviation) == (0.0, 0.0)
    assert book.value_at_risk(0.999) == 0.0
    assert book.expected_shortfall(0.999) == 0.0
    assert list(book.risk_contributions(0.999)) == [0.0, 0.0]


def test_zero_exposures_change_nothing():
    book = p.creditrisk_plus([100.0, 0.0, 300.0], 0.05, 0.02)
    other = p.creditrisk_plus([100.0, 300.0], 0.05, 0.02)
    assert book.expected_loss == other.expected_loss
    assert book.risk_contributions(0.9)[1] == 0.0


def test_a_large_book_keeps_its_mass():
    """Ten thousand loans, whose probability of no loss is far below what a float holds; seed 5."""
    rng = np.random.default_rng(5)
    exposures, pds = rng.lognormal(10, 1, 10_000), rng.uniform(0.05, 0.2, 10_000)
    for sd, weights in ((0.0, None), (0.01, None), (0.01, rng.dirichlet([1, 1], 10_000))):
        book = p.creditrisk_plus(exposures, pds, sd, weights)
        assert book.probability.sum() == pytest.approx(1, abs=1e-10)
        assert (book.probability >= 0).all()
        mean = (np.arange(len(book.probability)) * book.probability).sum() * book.unit
        assert mean == pytest.approx(book.expected_loss, rel=1e-9)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(1, 1e6), st.floats(0, 0.3), st.floats(0, 0.3)), min_size=1, max_size=12),
    st.integers(1, 40),
    st.floats(0.5, 0.9999),
)
def test_creditrisk_plus_properties(obligors, bands, q):
    exposures, pds, sds = (np.array(column) for column in zip(*obligors, strict=True))
    book = p.creditrisk_plus(exposures, pds, sds, bands=bands)
    assert book.expected_loss == pytest.approx(float(exposures @ pds), rel=1e-12)
    assert book.probability.sum() == pytest.approx(1, abs=1e-9)
    low, high = book.value_at_risk(q), book.value_at_risk(q + (1 - q) / 2)
    assert 0 <= low <= high
    assert book.expected_shortfall(q) >= low
    order = np.arange(len(exposures))[::-1]
    again = p.creditrisk_plus(exposures[order], pds[order], sds[order], bands=bands)
    assert again.value_at_risk(q) == pytest.approx(low, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (([], 0.1, 0.1), "exposures: empty"),
        (([1, -1], 0.1, 0.1), "exposures: entry 1 is negative"),
        (([1, 2], 1.5, 0.1), "pd: outside"),
        (([1, 2], 0.1, -0.1), "pd_sd: negative"),
        (([1, 2], [0.1], 0.1), "pd: has 1 entries where 2"),
        (([1, 2], 0.1, math.nan), "pd_sd: NaN"),
        (([1, 2], 0.1, 0.1, [[0.5, 0.5]]), "give one row for each of 2"),
        (([1, 2], 0.1, 0.1, [[0.5, 0.5], [0.5, 0.4]]), "row 1 sums to 0.9"),
        (([1, 2], 0.1, 0.1, [[1.5, -0.5], [1, 0]]), "sector_weights: entry 0, 1 is negative"),
    ],
)
def test_creditrisk_plus_refuses(arguments, word):
    with pytest.raises(InvalidInput) as caught:
        p.creditrisk_plus(*arguments)
    assert word in str(caught.value)


@pytest.mark.parametrize("bands", [0, -1, 1.5, True])
def test_bands_are_a_count(bands):
    with pytest.raises(InvalidInput, match="bands: "):
        p.creditrisk_plus([1, 2], 0.1, 0.1, bands=bands)


@pytest.mark.parametrize("q", [0.0, 1.0, math.nan, -1])
def test_levels_are_fractions(q):
    book = p.creditrisk_plus([1, 2], 0.1, 0.1)
    for method in (book.value_at_risk, book.expected_shortfall, book.risk_contributions):
        with pytest.raises(InvalidInput, match="q: "):
            method(q)


# --- joint migration -----------------------------------------------------------------------------


def test_creditmetrics_joint_migration(vectors):
    data = json.loads((vectors / "risk" / "scalar_references.json").read_text())
    one = data["creditmetrics_joint_BBB_BBB_and_A_A_pct"]
    joint = p.joint_migration(np.array(one["row_BBB"]) / 100, np.array(one["row_A"]) / 100, one["rho"])
    assert joint[3, 2] * 100 == pytest.approx(one["published"], abs=0.005)


def test_creditmetrics_thresholds(vectors):
    """The printed thresholds of the BB obligor, read back from the joint default probabilities at rho 1."""
    data = json.loads((vectors / "risk" / "scalar_references.json").read_text())
    row = pd.Series(data["creditmetrics_BB_thresholds"]["row_pct"]) / 100
    cumulated = row[::-1].cumsum()
    for state, printed in data["creditmetrics_BB_thresholds"]["published"].items():
        assert special.ndtri(cumulated[state]) == pytest.approx(printed, abs=0.006)
    joint = p.joint_migration(row, row, 1.0)
    np.testing.assert_allclose(np.diag(joint), row, atol=1e-15)
    assert list(joint.index) == list(row.index)
    assert list(joint.columns) == list(row.index)


A_ROW = [0.02, 0.9, 0.05, 0.03]
B_ROW = [0.1, 0.2, 0.3, 0.3, 0.1]


@pytest.mark.parametrize("rho", [-0.999, -0.5, -0.01, 0.0, 1e-9, 0.3, 0.9, 0.999])
def test_joint_migration_against_scipy(rho):
    joint = p.joint_migration(A_ROW, B_ROW, rho)
    assert joint.shape == (4, 5)
    np.testing.assert_allclose(joint.sum(axis=1), A_ROW, atol=1e-14)
    np.testing.assert_allclose(joint.sum(axis=0), B_ROW, atol=1e-14)
    assert (joint >= 0).all()
    normal = stats.multivariate_normal(cov=[[1, rho], [rho, 1]])
    both_default = normal.cdf([special.ndtri(0.03), special.ndtri(0.1)])
    assert joint[3, 4] == pytest.approx(both_default, abs=1e-8)
    np.testing.assert_allclose(p.joint_migration(B_ROW, A_ROW, rho), joint.T, atol=1e-14)


def test_joint_migration_limits():
    np.testing.assert_allclose(p.joint_migration(A_ROW, B_ROW, 0.0), np.outer(A_ROW, B_ROW), atol=1e-15)
    opposite = p.joint_migration([0.7, 0.3], [0.7, 0.3], -1.0)
    np.testing.assert_allclose(opposite, [[0.4, 0.3], [0.3, 0.0]], atol=1e-15)
    half = p.joint_migration([0.5, 0.5], [0.5, 0.5], 0.5)
    assert half[1, 1] == pytest.approx(0.25 + math.asin(0.5) / (2 * math.pi), rel=1e-14)
    np.testing.assert_allclose(p.joint_migration([1.0], [0.2, 0.8], 0.4), [[0.2, 0.8]], atol=1e-15)
    np.testing.assert_allclose(
        p.joint_migration([0.0, 1.0, 0.0], [0.2, 0.8], 0.4), [[0, 0], [0.2, 0.8], [0, 0]], atol=1e-15
    )


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=6).filter(lambda r: sum(r) > 0.01),
    st.lists(st.floats(0, 1), min_size=1, max_size=6).filter(lambda r: sum(r) > 0.01),
    st.floats(-1, 1),
)
def test_joint_migration_has_its_margins(first, second, rho):
    a, b = np.array(first) / sum(first), np.array(second) / sum(second)
    joint = p.joint_migration(a, b, rho)
    assert np.isfinite(joint).all()
    np.testing.assert_allclose(joint.sum(axis=1), a, atol=1e-12)
    np.testing.assert_allclose(joint.sum(axis=0), b, atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (([0.5, 0.4], [1.0], 0.1), "row_a: sums to 0.9"),
        (([1.0], [0.9998, 0.0], 0.1), "row_b: sums to 0.9998"),
        (([1.0], [1.0], 1.1), "rho: 1.1"),
        (([1.0], [1.0], math.nan), "rho: "),
        (([1.2, -0.2], [1.0], 0.1), "row_a: entry 0 is outside"),
        (([], [1.0], 0.1), "row_a: empty"),
        (([[1.0]], [1.0], 0.1), "row_a: has shape"),
    ],
)
def test_joint_migration_refuses(arguments, word):
    with pytest.raises(InvalidInput, match=word):
        p.joint_migration(*arguments)


# --- simulation ----------------------------------------------------------------------------------


def brute_force(exposures, pds, lgd, sector, assets, *, scenarios, seed):
    """Every loan of every scenario, in the model's own words."""
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(assets)
    threshold = special.ndtri(pds)
    own = np.sqrt(1 - np.diag(assets))[sector]
    losses = np.empty(scenarios)
    for i in range(scenarios):
        systematic = (root @ rng.standard_normal(len(assets)))[sector]
        returns = systematic + own * rng.standard_normal(len(exposures))
        losses[i] = (exposures * lgd)[returns < threshold].sum()
    return losses


def test_the_same_seed_gives_the_same_losses():
    arguments = ([3.0, 2.0, 5.0], [0.1, 0.2, 0.05], 0.5, [0, 1, 1], [[0.2, 0.1], [0.1, 0.3]])
    one = p.simulate_losses(*arguments, scenarios=500, seed=3)
    two = p.simulate_losses(*arguments, scenarios=500, seed=3)
    three = p.simulate_losses(*arguments, scenarios=500, seed=4)
    np.testing.assert_array_equal(one.losses, two.losses)
    assert (one.losses != three.losses).any()


def test_few_loans_are_exact():
    """Fifty equal loans of one sector: the mixture of binomials, within sampling error; seed 12."""
    n, pd_, rho, scenarios = 50, 0.05, 0.2, 60_000
    run = p.simulate_losses([2.0] * n, pd_, 0.5, [0] * n, [[rho]], scenarios=scenarios, seed=12)
    assert run.approximation_bound() == 0.0
    counts = np.bincount(run.losses.round().astype(int), minlength=n + 1) / scenarios
    for k in range(6):

        def density(y, k=k):
            rate = special.ndtr((special.ndtri(pd_) - math.sqrt(rho) * y) / math.sqrt(1 - rho))
            return stats.binom.pmf(k, n, rate) * stats.norm.pdf(y)

        exact = integrate.quad(density, -9, 9, limit=200)[0]
        assert abs(counts[k] - exact) < 4.5 * math.sqrt(exact * (1 - exact) / scenarios)


@pytest.mark.parametrize("rho", [0.05, 0.2])
def test_a_granular_book_is_vasiceks(rho):
    """Two hundred thousand equal loans: value at risk as the closed form has it, within four standard errors."""
    n = 200_000
    run = p.simulate_losses(np.ones(n), 0.01, 1.0, np.zeros(n, dtype=int), [[rho]], scenarios=100_000, seed=8)
    for q in (0.9, 0.99, 0.999):
        exact = worst_case_default_rate(0.01, rho, q) * n
        assert abs(run.value_at_risk(q) - exact) < 4 * run.value_at_risk_error(q) + run.tail_bound(q)
    assert run.expected_loss == pytest.approx(0.01 * n)
    assert run.losses.mean() == pytest.approx(run.expected_loss, rel=0.02)
    assert 0 < run.tail_bound(0.999) < 2.0


def test_against_brute_force_within_the_stated_bound():
    """Four thousand unequal loans in three sectors, loan by loan; seeds 21 to 23."""
    rng = np.random.default_rng(21)
    n, scenarios = 4000, 20_000
    exposures = rng.lognormal(0, 1.2, n)
    pds = rng.choice([0.002, 0.01, 0.03, 0.1], n)
    lgd = rng.choice([0.2, 0.45, 0.6], n)
    sector = rng.integers(0, 3, n)
    assets = np.array([[0.15, 0.05, 0.02], [0.05, 0.2, 0.04], [0.02, 0.04, 0.1]])
    exact = np.sort(brute_force(exposures, pds, lgd, sector, assets, scenarios=scenarios, seed=22))
    run = p.simulate_losses(exposures, pds, lgd, sector, assets, scenarios=scenarios, seed=23)
    large = exposures * lgd > LARGE * (exposures * lgd).sum()
    assert 0 < large.sum() < n / 2, "the case should have both kinds of loans"
    largest = (exposures * lgd)[~large].max()
    assert 0 < run.approximation_bound() <= largest
    distance = np.abs(np.sort(run.losses) - exact).mean()
    noise = 3 * exact.std() / math.sqrt(scenarios)
    assert distance < run.approximation_bound() + noise
    for q in (0.9, 0.99, 0.999):
        tail = exact[math.ceil(q * scenarios) - 1 :]
        own_error = tail.std() / math.sqrt(len(tail))
        error = math.hypot(run.expected_shortfall_error(q), own_error)
        assert abs(run.expected_shortfall(q) - tail.mean()) < 4 * error + run.tail_bound(q)


def test_standard_errors_are_the_spread_of_repetitions():
    """Forty seeds: deviations from the closed form are of the size the errors say."""
    n, q = 20_000, 0.99
    exact = worst_case_default_rate(0.02, 0.15, q)
    tail = integrate.quad(lambda u: worst_case_default_rate(0.02, 0.15, u), q, 1, epsabs=1e-10)[0] / (1 - q)
    scores = []
    for seed in range(40):
        run = p.simulate_losses(np.ones(n), 0.02, 1.0, np.zeros(n, dtype=int), [[0.15]], scenarios=10_000, seed=seed)
        scores.append(
            [
                (run.value_at_risk(q) / n - exact) / (run.value_at_risk_error(q) / n),
                (run.expected_shortfall(q) / n - tail) / (run.expected_shortfall_error(q) / n),
            ]
        )
    spread = np.sqrt(np.mean(np.square(scores), axis=0))
    assert ((spread > 0.7) & (spread < 1.4)).all(), spread


def test_cells_of_many_distinct_probabilities():
    """Thirty thousand different PDs: conditional mean and variance within 2e-4 of the loan-by-loan sums; seed 31."""
    rng = np.random.default_rng(31)
    n = 30_000
    exposures, pds = rng.lognormal(0, 0.5, n), 10 ** rng.uniform(-4, -0.5, n)
    run = p.simulate_losses(exposures, pds, 1.0, np.zeros(n, dtype=int), [[0.2]], scenarios=10, seed=1)
    assert run._cells.threshold.shape[1] < 6 / CELL
    factor = np.array([-5.0, -3.0, -1.0, 0.0, 2.0, 4.0])
    moments = run._cells.moments(0, factor)
    for at, y in enumerate(factor):
        rate = special.ndtr((special.ndtri(pds) - math.sqrt(0.2) * y) / math.sqrt(0.8))
        assert moments[at, 0] == pytest.approx(float(exposures @ rate), rel=2e-4)
        assert moments[at, 1] == pytest.approx(float(exposures**2 @ (rate * (1 - rate))), rel=2e-3)
    mean = integrate.quad(lambda y: run._cells.moments(0, np.array([y]))[0, 0] * stats.norm.pdf(y), -8, 8)[0]
    assert mean == pytest.approx(float(exposures @ pds), rel=1e-7)


def test_contributions_by_industry_and_region():
    rng = np.random.default_rng(41)
    n = 5000
    labels = pd.MultiIndex.from_arrays(
        [rng.choice(["K", "F", "L"], n), rng.choice(["CN-GD", "CN-BJ"], n)], names=["industry", "region"]
    )
    exposures = pd.Series(rng.lognormal(0, 1, n), index=labels)
    exposures.iloc[0] = exposures.sum() / 20
    sector = pd.Categorical(labels.get_level_values(0), categories=["F", "K", "L"]).codes.astype(int)
    assets = [[0.1, 0.05, 0.02], [0.05, 0.25, 0.05], [0.02, 0.05, 0.15]]
    run = p.simulate_losses(exposures, 0.02, 0.4, sector, assets, scenarios=20_000, seed=5)
    for q in (0.95, 0.995):
        parts = run.contributions(q)
        assert parts.index.names == ["industry", "region"]
        assert len(parts) == 6
        assert parts["expected_loss"].sum() == pytest.approx(run.expected_loss, rel=1e-12)
        assert parts["expected_shortfall"].sum() == pytest.approx(run.expected_shortfall(q), rel=1e-6)
        assert parts["value_at_risk"].sum() == pytest.approx(run.value_at_risk(q), rel=1e-9)
    expected = (exposures * 0.4 * 0.02).groupby(level=[0, 1]).sum()
    pd.testing.assert_series_equal(parts["expected_loss"].sort_index(), expected.sort_index(), check_names=False)
    ratio = parts["expected_shortfall"] / parts["expected_loss"]
    assert ratio.loc["K"].min() > ratio.loc["F"].max(), "the sector with the higher correlation weighs more"


def test_contributions_and_errors_against_loan_by_loan():
    """Loans of thousandths: their mean loss in the tail and around the quantile, counted from the defaults."""
    exposures = pd.Series([1e-3, 2e-3, 3e-3, 4e-3] * 20, index=pd.Index(["a", "b", "a", "c"] * 20, name="unit"))
    run = p.simulate_losses(exposures, 0.1, 1.0, [0, 1] * 40, [[0.2, 0.0], [0.0, 0.1]], scenarios=1000, seed=2)
    drawn = np.unpackbits(run._defaults, axis=1, count=80) * exposures.to_numpy()
    np.testing.assert_allclose(drawn.sum(axis=1), run.losses)
    order = np.argsort(run.losses, kind="stable")
    # The quantile is the 900th loss; the hundred beyond it are exactly a tenth of a thousand. One binomial
    # deviation, √(1000 · 0.9 · 0.1), is 9.5 scenarios: ten to either side.
    assert run.value_at_risk(0.9) == run.losses[order[899]]
    assert run.expected_shortfall(0.9) == pytest.approx(run.losses[order[900:]].mean())
    assert run.value_at_risk_error(0.9) == pytest.approx((run.losses[order[909]] - run.losses[order[889]]) / 2)
    excess = np.maximum(run.losses - run.losses[order[899]], 0)
    assert run.expected_shortfall_error(0.9) == pytest.approx(excess.std(ddof=1) / 0.1 / math.sqrt(1000))
    parts = run.contributions(0.9)
    assert parts.index.name == "unit"
    tail = pd.Series(drawn[order[900:]].mean(axis=0), index=exposures.index).groupby(level=0).sum()
    near = pd.Series(drawn[order[889:910]].mean(axis=0), index=exposures.index).groupby(level=0).sum()
    near *= run.value_at_risk(0.9) / near.sum()
    for unit in "abc":
        assert parts.loc[unit, "expected_shortfall"] == pytest.approx(tail[unit])
        assert parts.loc[unit, "value_at_risk"] == pytest.approx(near[unit])


def test_sectors_by_label():
    correlation = pd.DataFrame([[0.2, 0.1], [0.1, 0.3]], index=["K", "F"], columns=["K", "F"])
    named = p.simulate_losses([1.0, 2.0], 0.1, 0.5, ["F", "K"], correlation, scenarios=200, seed=1)
    coded = p.simulate_losses([1.0, 2.0], 0.1, 0.5, [1, 0], correlation.to_numpy(), scenarios=200, seed=1)
    np.testing.assert_array_equal(named.losses, coded.losses)
    assert list(named.contributions(0.9).index) == ["K", "F"]
    assert list(coded.contributions(0.9).index) == [0, 1]
    with pytest.raises(InvalidInput, match="sector: entry 1 is 'J'"):
        p.simulate_losses([1.0, 2.0], 0.1, 0.5, ["F", "J"], correlation, scenarios=200, seed=1)


def test_sectors_are_not_paired_by_position_under_other_labels():
    correlation = pd.DataFrame([[0.2, 0.1], [0.1, 0.3]], index=["K", "F"], columns=["F", "K"])
    with pytest.raises(InvalidInput, match="rows and columns differ"):
        p.simulate_losses([1.0, 2.0], 0.1, 0.5, ["F", "K"], correlation, scenarios=10, seed=1)
    loans = pd.Series([1.0, 2.0], index=["x", "y"])
    with pytest.raises(InvalidInput, match="sector: its labels differ"):
        p.simulate_losses(loans, 0.1, 0.5, pd.Series([0, 0]), [[0.2]], scenarios=10, seed=1)


def test_ones_on_the_diagonal_take_basels_loading():
    n = 100_000
    factors = p.simulate_losses(np.ones(n), 0.02, 1.0, np.zeros(n, dtype=int), [[1.0]], scenarios=2000, seed=6)
    rho = 0.12 * (1 + math.exp(-50 * 0.02))
    assets = p.simulate_losses(np.ones(n), 0.02, 1.0, np.zeros(n, dtype=int), [[rho]], scenarios=2000, seed=6)
    np.testing.assert_allclose(factors.losses, assets.losses, rtol=1e-9)


def test_correlation_of_sectors_fattens_the_tail():
    n = 20_000
    sector = np.arange(n) % 4

    def shortfall(between):
        assets = np.full((4, 4), between) + np.eye(4) * (0.2 - between)
        return p.simulate_losses(np.ones(n), 0.02, 1.0, sector, assets, scenarios=20_000, seed=9).expected_shortfall(
            0.99
        )

    values = [shortfall(between) for between in (0.0, 0.05, 0.1, 0.2)]
    assert values == sorted(values)
    one = p.simulate_losses(np.ones(n), 0.02, 1.0, np.zeros(n, dtype=int), [[0.2]], scenarios=20_000, seed=9)
    assert values[-1] == pytest.approx(one.expected_shortfall(0.99), rel=0.05)


def test_without_correlation_there_is_only_the_binomial():
    n = 1000
    run = p.simulate_losses(np.ones(n), 0.05, 1.0, np.zeros(n, dtype=int), [[0.0]], scenarios=20_000, seed=10)
    assert run.standard_deviation == pytest.approx(math.sqrt(n * 0.05 * 0.95), rel=0.03)


def test_certain_and_impossible_defaults():
    n = 3000
    pds = np.tile([0.0, 1.0, 1.0], n // 3)
    run = p.simulate_losses(np.ones(n), pds, 0.5, np.zeros(n, dtype=int), [[0.2]], scenarios=100, seed=1)
    np.testing.assert_allclose(run.losses, 1000.0, rtol=1e-12)
    assert run.approximation_bound() == 0.0
    nothing = p.simulate_losses([1.0, 2.0], 0.1, 0.0, [0, 0], [[0.2]], scenarios=100, seed=1)
    assert (nothing.losses == 0).all()
    assert nothing.contributions(0.9).to_numpy().tolist() == [[0.0, 0.0, 0.0]]


def test_no_loss_is_negative_or_above_the_largest():
    n = 5000
    run = p.simulate_losses(np.ones(n), 1e-4, 1.0, np.zeros(n, dtype=int), [[0.3]], scenarios=20_000, seed=1)
    assert run.losses.min() >= 0
    assert run.losses.max() <= n


def test_scale():
    exposures = np.linspace(1, 3, 3000)
    sector = np.zeros(3000, dtype=int)
    one = p.simulate_losses(exposures, 0.02, 0.5, sector, [[0.2]], scenarios=2000, seed=1)
    many = p.simulate_losses(exposures * 1024, 0.02, 0.5, sector, [[0.2]], scenarios=2000, seed=1)
    np.testing.assert_allclose(many.losses, one.losses * 1024, rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"exposures": []}, "exposures: empty"),
        ({"exposures": [1.0, math.nan]}, "exposures: entry 1 is NaN"),
        ({"pd": [0.1, 1.1]}, "pd: entry 1 is outside"),
        ({"lgd": [0.1]}, "lgd: has 1 entries where 2"),
        ({"sector": [0, 2]}, "codes reach from 0 to 2; give 0 to 1"),
        ({"sector": [0, -1]}, "codes reach from -1"),
        ({"sector": [0]}, "sector: shape (1,)"),
        ({"sector": ["K", "F"]}, "holds no codes"),
        ({"sector": [0.0, 1.0]}, "holds no codes"),
        ({"correlation": [[0.2, 0.1]]}, "correlation: shape (1, 2)"),
        ({"correlation": [[0.2, 0.1], [0.0, 0.2]]}, "entries (0, 1) and (1, 0) differ"),
        ({"correlation": [[1.0, 0.1], [0.1, 0.2]]}, "give a diagonal of ones"),
        ({"correlation": [[-0.1, 0.0], [0.0, 0.2]]}, "give a diagonal of ones"),
        ({"correlation": [[0.1, 0.3], [0.3, 0.1]]}, "not positive semidefinite"),
        ({"correlation": [[0.2, math.nan], [math.nan, 0.2]]}, "correlation: entry 0, 1 is NaN"),
        ({"scenarios": 0}, "scenarios: 0"),
        ({"scenarios": 1.5}, "scenarios: 1.5"),
        ({"seed": -1}, "seed: -1"),
        ({"seed": None}, "seed: None"),
    ],
)
def test_simulation_refuses(change, word):
    arguments = {
        "exposures": [1.0, 2.0],
        "pd": 0.1,
        "lgd": 0.5,
        "sector": [0, 1],
        "correlation": [[0.2, 0.1], [0.1, 0.2]],
        "scenarios": 10,
        "seed": 1,
    } | change
    positional = [arguments.pop(name) for name in ("exposures", "pd", "lgd", "sector", "correlation")]
    with pytest.raises(InvalidInput) as caught:
        p.simulate_losses(*positional, **arguments)
    assert word in str(caught.value)


def test_results_print_what_a_reader_asks_for():
    run = p.simulate_losses([1.0, 2.0], 0.1, 0.5, [0, 0], [[0.2]], scenarios=2, seed=1)
    assert repr(run) == f"SimulatedLosses(losses={run.losses!r}, expected_loss={run.expected_loss!r})"
    book = p.creditrisk_plus([100.0], 0.1, 0.0, bands=1)
    assert repr(book).startswith("LossDistribution(unit=100.0, probability=array([")
    assert "_" not in repr(book).replace("standard_deviation", "").replace("expected_loss", "")


def test_levels_without_scenarios_are_refused():
    run = p.simulate_losses([1.0, 2.0], 0.1, 0.5, [0, 0], [[0.2]], scenarios=100, seed=1)
    run.value_at_risk(0.99)
    with pytest.raises(InvalidInput, match=r"no scenario of 100 lies beyond 0\.999"):
        run.value_at_risk(0.999)
    with pytest.raises(InvalidInput, match="q: "):
        run.expected_shortfall(1.0)
