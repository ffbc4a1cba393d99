"""Capital: Basel's printed risk weights, Vasicek's and Hull's tables, limits and refusals."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from analytics.errors import InvalidInput
from analytics.risk import capital as c

COLUMNS = {
    "basel2": {
        "corp_45_M2.5_S50": ("corporate", 0.45, 50),
        "corp_45_M2.5_S5": ("corporate", 0.45, 5),
        "resi_45": ("residential_mortgage", 0.45, None),
        "resi_25": ("residential_mortgage", 0.25, None),
        "other_45": ("other_retail", 0.45, None),
        "other_85": ("other_retail", 0.85, None),
        "qrre_45": ("qualifying_revolving", 0.45, None),
        "qrre_85": ("qualifying_revolving", 0.85, None),
    },
    "basel3": {
        "corp_40_M2.5_S50": ("corporate", 0.40, 50),
        "corp_40_M2.5_S5": ("corporate", 0.40, 5),
        "resi_45": ("residential_mortgage", 0.45, None),
        "resi_25": ("residential_mortgage", 0.25, None),
        "other_45": ("other_retail", 0.45, None),
        "other_85": ("other_retail", 0.85, None),
        "qrre_50": ("qualifying_revolving", 0.50, None),
        "qrre_85": ("qualifying_revolving", 0.85, None),
    },
}
FILES = {"basel2": "basel2_annex5_irb_rw.csv", "basel3": "basel3_cre99_irb_rw.csv"}
CLASSES = ["corporate", "residential_mortgage", "qualifying_revolving", "other_retail"]


def plain(pd_, lgd, maturity, asset_class, turnover):
    """The rule's text, one exposure at a time, on scipy.stats."""
    if asset_class == "corporate":
        f = (1 - math.exp(-50 * pd_)) / (1 - math.exp(-50))
        rho = 0.12 * f + 0.24 * (1 - f)
        if turnover is not None:
            rho -= 0.04 * (1 - (min(max(turnover, 5), 50) - 5) / 45)
    elif asset_class == "other_retail":
        f = (1 - math.exp(-35 * pd_)) / (1 - math.exp(-35))
        rho = 0.03 * f + 0.16 * (1 - f)
    else:
        rho = {"residential_mortgage": 0.15, "qualifying_revolving": 0.04}[asset_class]
    worst = stats.norm.cdf((stats.norm.ppf(pd_) + math.sqrt(rho) * stats.norm.ppf(0.999)) / math.sqrt(1 - rho))
    capital = lgd * (worst - pd_)
    if asset_class == "corporate":
        b = (0.11852 - 0.05478 * math.log(pd_)) ** 2
        capital *= (1 + (maturity - 2.5) * b) / (1 - 1.5 * b)
    return 12.5 * capital


@pytest.mark.parametrize("framework", ["basel2", "basel3"])
def test_printed_risk_weights(vectors, framework):
    table = pd.read_csv(vectors / "risk" / FILES[framework])
    assert set(table.columns) == {"pd_pct", *COLUMNS[framework]}
    assert len(table) >= 6
    for column, (asset_class, lgd, turnover) in COLUMNS[framework].items():
        weights = c.risk_weight(
            table["pd_pct"] / 100, lgd=lgd, asset_class=asset_class, turnover=turnover, framework=framework
        )
        np.testing.assert_allclose(weights * 100, table[column], atol=0.01, err_msg=column)


@pytest.mark.parametrize(
    ("asset_class", "lgd", "turnover", "percent"),
    [
        ("corporate", 0.45, None, 92.32),
        ("corporate", 0.45, 5, 72.40),
        ("residential_mortgage", 0.45, None, 56.40),
        ("other_retail", 0.45, None, 45.77),
        ("qualifying_revolving", 0.45, None, 17.22),
    ],
)
def test_one_per_cent_row_of_annex_5(asset_class, lgd, turnover, percent):
    """BCBS (June 2006), Annex 5, PD 1.00 %."""
    weight = c.risk_weight(0.01, lgd=lgd, asset_class=asset_class, turnover=turnover, framework="basel2")
    assert isinstance(weight, float)
    assert weight * 100 == pytest.approx(percent, abs=0.01)


@settings(deadline=None)
@given(
    st.floats(1e-5, 0.9999),
    st.floats(0, 1),
    st.floats(0.01, 5),
    st.sampled_from(CLASSES),
    st.one_of(st.none(), st.floats(0, 500)),
)
def test_formula_one_by_one(pd_, lgd, maturity, asset_class, turnover):
    b = (0.11852 - 0.05478 * math.log(pd_)) ** 2
    if asset_class == "corporate" and 1 + (maturity - 2.5) * b < 0:
        with pytest.raises(InvalidInput, match="make the maturity adjustment negative"):
            c.risk_weight(
                pd_, lgd=lgd, maturity=maturity, asset_class=asset_class, turnover=turnover, framework="basel3"
            )
        return
    weight = c.risk_weight(
        pd_, lgd=lgd, maturity=maturity, asset_class=asset_class, turnover=turnover, framework="basel3"
    )
    assert weight == pytest.approx(plain(pd_, lgd, maturity, asset_class, turnover), rel=1e-9, abs=1e-12)
    assert weight >= 0


@pytest.mark.parametrize("asset_class", CLASSES)
def test_a_long_vector_equals_its_entries(asset_class):
    """Blocks of the fast path join without a seam; seed 11."""
    rng = np.random.default_rng(11)
    n = 40_000
    pds, lgd = 10 ** rng.uniform(-5, -0.01, n), rng.uniform(0, 1, n)
    maturity, turnover = rng.uniform(1, 5, n), rng.uniform(0, 80, n)
    pds[::1000] = 0.0
    pds[1::1000] = 1.0
    weight = c.risk_weight(
        pds, lgd=lgd, maturity=maturity, turnover=turnover, asset_class=asset_class, framework="basel2"
    )
    assert weight.shape == (n,)
    assert (weight[::1000] == 0).all()
    assert (weight[1::1000] == 0).all()
    at = np.concatenate([rng.integers(0, n, 200), [16_383, 16_384, 32_767, 32_768, n - 1]])
    at = at[(pds[at] > 0) & (pds[at] < 1)]
    expected = [plain(pds[i], lgd[i], maturity[i], asset_class, turnover[i]) for i in at]
    np.testing.assert_allclose(weight[at], expected, rtol=1e-9)


def test_arguments_broadcast_and_keep_their_shape():
    pds = np.array([[0.01], [0.02]])
    weight = c.risk_weight(pds, lgd=[0.2, 0.4, 0.6], asset_class="other_retail", framework="basel3")
    assert weight.shape == (2, 3)
    assert weight[1, 2] == pytest.approx(plain(0.02, 0.6, 2.5, "other_retail", None), rel=1e-12)
    series = pd.Series([0.01, 0.02], index=["a", "b"])
    weight = c.risk_weight(series, lgd=0.45, asset_class="corporate", framework="basel3")
    assert list(weight.index) == ["a", "b"]
    assert weight["b"] == c.risk_weight(0.02, lgd=0.45, asset_class="corporate", framework="basel3")
    assert isinstance(c.worst_case_default_rate(series, 0.1, 0.99), pd.Series)
    assert isinstance(c.vasicek_percentile([0.01], 0.1, 0.99), np.ndarray)


def test_turnover_is_clipped_as_the_rule_says():
    def weigh(turnover):
        return c.risk_weight(0.01, lgd=0.45, asset_class="corporate", turnover=turnover, framework="basel2")

    assert weigh(0) == weigh(5)
    assert weigh(50) == weigh(1000) == weigh(None)
    assert weigh(5) < weigh(20) < weigh(50)


def test_retail_ignores_maturity_and_turnover():
    for asset_class in CLASSES[1:]:
        one = c.risk_weight(0.01, lgd=0.45, asset_class=asset_class, framework="basel2")
        other = c.risk_weight(0.01, lgd=0.45, maturity=99, turnover=5, asset_class=asset_class, framework="basel2")
        assert one == other


def test_no_silent_floor():
    """A PD of 0.001 % is used as it is; below the pole the corporate formula refuses instead of turning over."""
    for asset_class in CLASSES:
        weight = c.risk_weight(1e-5, lgd=0.45, asset_class=asset_class, framework="basel3")
        assert 0 < weight == pytest.approx(plain(1e-5, 0.45, 2.5, asset_class, None), rel=1e-8)
    tiny = c.risk_weight(1e-12, lgd=0.45, asset_class="other_retail", framework="basel3")
    assert tiny == pytest.approx(plain(1e-12, 0.45, 2.5, "other_retail", None), rel=1e-6)
    with pytest.raises(InvalidInput, match=r"below 2.93e-06.*floor of basel2 \(0.03 %\)"):
        c.risk_weight([0.01, 2e-6], lgd=0.45, asset_class="corporate", framework="basel2")
    with pytest.raises(InvalidInput, match=r"floor of basel3 \(0.05 %\)"):
        c.risk_weight(c.MATURITY_POLE, lgd=0.45, asset_class="corporate", framework="basel3")


def test_no_negative_capital():
    """A small PD over a short time gives less than nothing by the formula, which is refused; from one year on never."""
    with pytest.raises(InvalidInput, match=r"maturity: 0.01 years with a PD of 1e-05 .*floor of one year"):
        c.risk_weight([0.01, 1e-5], lgd=0.45, maturity=[0.5, 0.01], asset_class="corporate", framework="basel3")
    assert c.risk_weight(1e-4, lgd=0.45, maturity=1 / 365, asset_class="corporate", framework="basel3") > 0
    just_above = c.MATURITY_POLE * (1 + 1e-9)
    assert c.risk_weight(just_above, lgd=0.45, maturity=1, asset_class="corporate", framework="basel3") > 0
    assert c.risk_weight(0.0, lgd=0.45, maturity=0.01, asset_class="corporate", framework="basel3") == 0


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"pd": math.nan}, "pd: NaN"),
        ({"pd": 1.01}, "pd: outside"),
        ({"pd": []}, "pd: empty"),
        ({"lgd": -0.1}, "lgd: outside"),
        ({"lgd": "0.45"}, "lgd: "),
        ({"maturity": 0}, "maturity: not above zero"),
        ({"maturity": 5.01}, "maturity: 5.01 is above 5"),
        ({"turnover": -1}, "turnover: negative"),
        ({"turnover": math.nan}, "turnover: NaN"),
        ({"asset_class": "sovereign"}, "'sovereign' is unknown; take one of corporate"),
        ({"framework": "basel4"}, "'basel4' is unknown; take one of basel2, basel3"),
        ({"pd": [0.1, 0.2], "lgd": [0.1, 0.2, 0.3]}, "lengths differ"),
        ({"pd": pd.Series([0.1]), "lgd": pd.Series([0.2], index=[1])}, "lgd: its labels differ"),
    ],
)
def test_risk_weight_refuses(change, word):
    arguments = {"pd": 0.01, "lgd": 0.45, "asset_class": "corporate", "framework": "basel3"} | change
    with pytest.raises(InvalidInput) as caught:
        c.risk_weight(arguments.pop("pd"), **arguments)
    assert word in str(caught.value)


def test_hull(vectors):
    """Hull, Risk Management and Financial Institutions: worst-case default rates."""
    data = json.loads((vectors / "risk" / "scalar_references.json").read_text())
    one = data["hull_wcdr"]
    rate = c.worst_case_default_rate(one["pd"], one["rho"], one["q"])
    assert round(rate, 3) == one["wcdr"]
    assert rate == pytest.approx(one["computed"], abs=1e-12)
    assert round(rate * 100 * 0.4, 2) == one["loss_on_100m_recovery60pct"]
    many = data["hull_basel_wcdr_by_pd"]
    pds = np.array(many["pd_pct"]) / 100
    rho = 0.12 * (1 + np.exp(-50 * pds))
    np.testing.assert_allclose(c.worst_case_default_rate(pds, rho, 0.999) * 100, many["wcdr_pct"], atol=0.05 + 1e-9)
    delta = data["gordy_lutkebohmert_delta"]
    assert c.gl_delta(delta["xi"], delta["q"]) == pytest.approx(delta["computed"], rel=1e-12)


def test_vasicek_table(vectors):
    table = pd.read_csv(vectors / "risk" / "vasicek_2002_table1.csv")
    percentile = c.vasicek_percentile(table["pd"], table["rho"], table["alpha"])
    np.testing.assert_allclose(percentile, table["published_sd_multiple"], atol=0.06)


@pytest.mark.parametrize("pd_", [1e-6, 0.01, 0.3, 0.5, 0.99])
@pytest.mark.parametrize("rho", [1e-8, 0.05, 0.4, 0.99])
def test_deviation_is_the_models_own(pd_, rho):
    """The percentile's denominator against quadrature of the conditional default rate's variance."""
    threshold = special.ndtri(pd_)

    def squared(y):
        rate = special.ndtr((threshold - math.sqrt(rho) * y) / math.sqrt(1 - rho))
        return (rate - pd_) ** 2 * math.exp(-y * y / 2) / math.sqrt(2 * math.pi)

    kink = threshold / math.sqrt(rho)
    points = sorted({max(-12.0, min(12.0, p)) for p in (kink - 1, kink, kink + 1, 0.0)})
    variance = integrate.quad(squared, -12, 12, points=points, limit=500, epsabs=0, epsrel=1e-10)[0]
    excess = c.worst_case_default_rate(pd_, rho, 0.99) - pd_
    assert c.vasicek_percentile(pd_, rho, 0.99) == pytest.approx(excess / math.sqrt(variance), rel=1e-6)


def test_one_factor_limits():
    assert c.worst_case_default_rate(0.0, 0.2, 0.999) == 0.0
    assert c.worst_case_default_rate(1.0, 0.2, 0.999) == 1.0
    assert c.worst_case_default_rate(0.03, 0.0, 0.999) == 0.03
    assert c.vasicek_percentile(0.03, 0.0, 0.999) == pytest.approx(special.ndtri(0.999), rel=1e-12)
    assert c.vasicek_percentile(0.03, 1e-10, 0.999) == pytest.approx(special.ndtri(0.999), rel=1e-3)


@settings(deadline=None)
@given(st.floats(1e-6, 0.999), st.floats(0, 0.99), st.floats(0.5, 0.9999), st.floats(0, 0.4))
def test_worst_case_rises_with_confidence(pd_, rho, q, step):
    higher = q + (1 - q) * step
    low, high = c.worst_case_default_rate(pd_, rho, q), c.worst_case_default_rate(pd_, rho, higher)
    assert 0 <= low <= high <= 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((-0.1, 0.1, 0.9), "pd: "),
        ((0.1, 1.0, 0.9), "rho: "),
        ((0.1, -0.1, 0.9), "rho: "),
        ((0.1, 0.1, 1.0), "q|alpha: "),
        ((0.1, 0.1, 0.0), "q|alpha: "),
        ((math.nan, 0.1, 0.9), "pd: "),
        (([0.1, 0.2], [0.1, 0.2, 0.3], 0.9), "lengths differ"),
    ],
)
def test_one_factor_refuses(arguments, word):
    with pytest.raises(InvalidInput, match=word):
        c.worst_case_default_rate(*arguments)
    with pytest.raises(InvalidInput, match=word):
        c.vasicek_percentile(*arguments)


@pytest.mark.parametrize("pd_", [0.0, 1.0])
def test_no_percentile_without_deviation(pd_):
    with pytest.raises(InvalidInput, match="pd: 0 or 1"):
        c.vasicek_percentile([0.1, pd_], 0.1, 0.9)


@pytest.mark.parametrize("arguments", [(0.0, 0.999), (-1, 0.999), (0.25, 1.0), (0.25, 0.0), (1e-4, 0.5), ("x", 0.9)])
def test_delta_refuses(arguments):
    with pytest.raises(InvalidInput):
        c.gl_delta(*arguments)


def test_delta_of_arrays():
    table = c.gl_delta(pd.Series([0.25, 0.5], index=["a", "b"]), 0.999)
    assert list(table.index) == ["a", "b"]
    assert table["b"] == c.gl_delta(0.5, 0.999)
    assert c.gl_delta([[0.25], [0.5]], [0.99, 0.999]).shape == (2, 2)


def test_granularity_adjustment_by_hand():
    """Equation 17 with the rule's own capital, written out."""
    exposures, pds, lgd = [5.0, 3.0, 2.0], [0.01, 0.02, 0.005], [0.45, 0.4, 0.3]
    delta = c.gl_delta(0.25, 0.999)
    total, kstar, inner = sum(exposures), 0.0, 0.0
    for exposure, p, e in zip(exposures, pds, lgd, strict=True):
        share, k = exposure / total, plain(p, e, 2.5, "corporate", None) / 12.5
        cc = (e**2 + 0.25 * e * (1 - e)) / e
        kstar += share * k
        inner += share**2 * cc * (delta * (k + e * p) - k)
    assert c.granularity_adjustment(exposures, pds, lgd) == pytest.approx(inner / (2 * kstar), rel=1e-9)


def test_granularity_adjustment_falls_as_one_over_n():
    values = [c.granularity_adjustment(np.ones(n), 0.01, 0.45) * n for n in (1, 10, 100, 10_000)]
    np.testing.assert_allclose(values, values[0], rtol=1e-10)
    assert c.granularity_adjustment([5, 5, 5], 0.01, 0.45) == pytest.approx(
        c.granularity_adjustment([1e9] * 3, [0.01] * 3, [0.45] * 3), rel=1e-12
    )


def test_granularity_adjustment_takes_other_levels_and_classes():
    base = c.granularity_adjustment(np.ones(100), 0.01, 0.45)
    assert c.granularity_adjustment(np.ones(100), 0.01, 0.45, asset_class="other_retail") != base
    lower = c.granularity_adjustment(np.ones(100), 0.01, 0.45, q=0.99, asset_class="qualifying_revolving")
    capital = 0.45 * (c.worst_case_default_rate(0.01, 0.04, 0.99) - 0.01)
    severity = 0.45 + 0.25 * 0.55
    delta = c.gl_delta(0.25, 0.99)
    expected = severity * (delta * (capital + 0.0045) - capital) / (2 * capital * 100)
    assert lower == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (([], 0.01, 0.45), "exposures: empty"),
        (([1, -1], 0.01, 0.45), "exposures: "),
        (([1, 2], [0.01], 0.45), "pd: has 1 entries where 2"),
        (([1, 2], 0.01, [0.4, 1.4]), "lgd: "),
        (([1, 2], 0.0, 0.45), "nothing to adjust"),
        (([1, 2], 1.0, 0.45), "nothing to adjust"),
        (([1, 2], 0.01, 0.0), "nothing to adjust"),
        (([1, 2], 1e-9, 0.45), "maturity adjustment turns over"),
    ],
)
def test_granularity_adjustment_refuses(arguments, word):
    with pytest.raises(InvalidInput, match=word):
        c.granularity_adjustment(*arguments)


def test_granularity_adjustment_refuses_unknown_classes_and_levels():
    with pytest.raises(InvalidInput, match="asset_class"):
        c.granularity_adjustment([1, 2], 0.01, 0.45, asset_class="bank")
    with pytest.raises(InvalidInput, match="q: "):
        c.granularity_adjustment([1, 2], 0.01, 0.45, q=1.0)
    with pytest.raises(InvalidInput, match="xi: "):
        c.granularity_adjustment([1, 2], 0.01, 0.45, xi=0.0)
