"""Scenarios by hand, their order and limits, the least breach, contagion through sales, and headroom."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.errors import InvalidInput
from analytics.risk import stress as s
from analytics.risk.capital import risk_weight
from analytics.risk.concentration import herfindahl
from analytics.risk.default import loss_given_default
from analytics.units import PPB

NO_GUARANTEES = pd.DataFrame({"loan": [], "rank": [], "amount": [], "haircut": []})


def small_book():
    """Two property loans, one backed by land behind another lender, and one unsecured."""
    positions = pd.DataFrame(
        {
            "loan": [1, 2, 3],
            "customer": ["a", "b", "c"],
            "industry": ["K70", "K70", "C13"],
            "region": ["CN-GD", "CN-ZJ", "CN-GD"],
            "exposure": [80_000, 60_000, 50_000],
            "pd": [0.02, 0.03, 0.6],
        }
    )
    liens = pd.DataFrame(
        {"title": ["s", "t", "t"], "rank": [1, 1, 2], "amount": [90_000, 30_000, 90_000], "loan": [1, None, 2]}
    )
    collateral = pd.DataFrame(
        {"title": ["s", "t"], "kind": ["residential_property", "land"], "value": [100_000, 100_000],
         "haircut": [PPB // 10, 0]}
    )  # fmt: skip
    return positions, liens, collateral, NO_GUARANTEES


@st.composite
def secured_books(draw):
    money = st.integers(1, 10**7)
    count = draw(st.integers(1, 5))
    positions = pd.DataFrame(
        {
            "loan": range(count),
            "customer": [f"c{i}" for i in range(count)],
            "industry": [draw(st.sampled_from(["K70", "C13"])) for _ in range(count)],
            "region": "CN-GD",
            "exposure": [draw(money) for _ in range(count)],
            "pd": [draw(st.floats(0.001, 0.5)) for _ in range(count)],
        }
    )
    collateral = pd.DataFrame({"title": ["x", "y"], "kind": ["land", "other"], "value": [draw(money), draw(money)]})
    collateral["haircut"] = draw(st.integers(0, PPB))
    liens = pd.DataFrame(
        [(t, r, draw(money), draw(st.integers(0, count - 1))) for t in "xy" for r in range(draw(st.integers(0, 3)))],
        columns=["title", "rank", "amount", "loan"],
    )
    return positions, liens, collateral, NO_GUARANTEES


class TestStressed:
    def test_price_fall_by_hand(self):
        """Land falls by 40 %: 60,000 are left, 30,000 after the prior lien, for a loan of 60,000."""
        positions, *rest = small_book()
        result = s.stressed(positions, *rest, scenario=s.Scenario(price_falls={"land": 0.4}))
        loans = result.loans.set_index("loan")
        assert loans.loc[2, ["ltv_before", "ltv_after"]].tolist() == [60 / 70, 2.0]
        assert loans.loc[2, ["lgd_before", "lgd_after"]].tolist() == [0.0, 0.5]
        assert loans.loc[1, ["ltv_before", "ltv_after"]].tolist() == [0.8, 0.8]
        assert math.isnan(loans.loc[3, "ltv_before"])
        assert loans.loc[3, ["lgd_before", "lgd_after"]].tolist() == [1.0, 1.0]
        assert loans["expected_loss_after"].tolist() == pytest.approx([0.0, 0.03 * 30_000, 0.6 * 50_000])
        assert result.value("collateral_value") == 160_000
        assert result.value("collateral_value", when="before") == 200_000
        assert result.value("expected_loss") == pytest.approx(30_900)

    def test_thirty_percent_is_thirty_percent(self):
        positions, liens, collateral, guarantees = small_book()
        result = s.stressed(positions, liens, collateral, guarantees, scenario=s.Scenario(price_falls={"land": 0.3}))
        assert result.value("collateral_value") == 170_000

    def test_factors_multiply_and_stop_at_one(self):
        scenario = s.Scenario(industry_factors={"K70": 2.0, "C13": 3.0}, region_factors={"CN-GD": 1.5})
        result = s.stressed(*small_book(), scenario=scenario)
        assert result.loans["pd_after"].tolist() == pytest.approx([0.06, 0.06, 1.0])

    def test_capital_pays_for_the_new_provisions(self):
        scenario = s.Scenario(price_falls={"land": 0.4}, industry_factors={"K70": 2.0})
        result = s.stressed(*small_book(), scenario=scenario, own_funds=20_000)
        loans = result.loans
        weights = risk_weight(loans["pd_after"], lgd=loans["lgd_after"], asset_class="corporate", framework="basel3")
        assert result.value("risk_weighted") == pytest.approx((weights * loans["exposure"]).sum())
        more = loans["expected_loss_after"].sum() - loans["expected_loss_before"].sum()
        assert result.value("own_funds") == pytest.approx(20_000 - more)
        assert result.value("capital_ratio") == pytest.approx((20_000 - more) / result.value("risk_weighted"))
        assert result.value("capital_ratio", when="before") > result.value("capital_ratio")

    def test_asset_classes_have_their_own_weights(self):
        positions, *rest = small_book()
        classed = positions.assign(asset_class=["residential_mortgage", "corporate", "other_retail"])
        result = s.stressed(classed, *rest, scenario=s.Scenario())
        expected = risk_weight(0.6, lgd=1.0, asset_class="other_retail", framework="basel3") * 50_000
        assert result.loans["risk_weighted_before"].iloc[2] == pytest.approx(expected)

    @given(secured_books(), st.floats(0, 1), st.floats(0, 1))
    @settings(max_examples=40, deadline=None)
    def test_more_of_a_scenario_is_never_better(self, book, first, second):
        scenario = s.Scenario({"land": 0.9, "other": 0.5}, {"K70": 4.0} if "K70" in set(book[0]["industry"]) else {})
        mild, harsh = sorted((first, second))
        low = s.stressed(*book, scenario=scenario.scaled(mild)).loans
        high = s.stressed(*book, scenario=scenario.scaled(harsh)).loans
        assert (high["pd_after"] >= low["pd_after"] - 1e-12).all()
        assert high["expected_loss_after"].sum() >= low["expected_loss_after"].sum() - 1e-6
        calm = s.stressed(*book, scenario=scenario.scaled(0.0)).loans
        for column in ("ltv", "lgd", "pd", "expected_loss", "risk_weighted"):
            np.testing.assert_array_equal(calm[f"{column}_before"], calm[f"{column}_after"])

    @pytest.mark.parametrize(
        ("scenario", "message"),
        [
            ({"price_falls": {"gold": 0.1}}, "no kind of collateral 'gold'"),
            ({"industry_factors": {"Z": 2.0}}, "no industry 'Z'"),
            ({"price_falls": {"land": 1.2}}, "price fall of land"),
            ({"region_factors": {"CN-GD": -1.0}}, "factor of region CN-GD"),
            ({"price_falls": {"land": math.nan}}, "NaN"),
        ],
    )
    def test_refuses(self, scenario, message):
        with pytest.raises(InvalidInput, match=message):
            s.stressed(*small_book(), scenario=s.Scenario(**scenario))

    def test_refuses_an_empty_book_and_unknown_measures(self):
        positions, *rest = small_book()
        with pytest.raises(InvalidInput, match="empty"):
            s.stressed(positions[:0], *rest, scenario=s.Scenario())
        with pytest.raises(InvalidInput, match="own funds may not"):
            s.stressed(positions, *rest, scenario=s.Scenario()).value("capital_ratio")
        with pytest.raises(InvalidInput, match="severity"):
            s.Scenario().scaled(1.5)


class TestReverseStress:
    def test_finds_the_share_that_breaks_the_ratio(self):
        scenario = s.Scenario(price_falls={"land": 1.0, "residential_property": 1.0}, industry_factors={"K70": 10.0})
        found = s.reverse_stress(*small_book(), scenario=scenario, own_funds=60_000, minimum_ratio=0.25)
        assert 0.0 < found.severity < 1.0
        assert found.stress.value("capital_ratio") < 0.25
        milder = s.stressed(*small_book(), scenario=scenario.scaled(found.severity - 1e-5), own_funds=60_000)
        assert milder.value("capital_ratio") >= 0.25

    def test_capital_eaten_whole(self):
        """Property loans lose 0.02 x and 0.03 x of their exposure as prices fall; 2,000 are gone at last."""
        scenario = s.Scenario(price_falls={"land": 1.0, "residential_property": 1.0})
        found = s.reverse_stress(*small_book(), scenario=scenario, own_funds=2000, minimum_ratio=0.0)
        assert found.stress.value("own_funds") == pytest.approx(0.0, abs=1.0)

    def test_already_broken_and_never_broken(self):
        scenario = s.Scenario(price_falls={"land": 0.5})
        assert s.reverse_stress(*small_book(), scenario=scenario, own_funds=1, minimum_ratio=0.5).severity == 0.0
        never = s.reverse_stress(*small_book(), scenario=scenario, own_funds=10**9, minimum_ratio=0.08)
        assert never.severity is None
        assert never.stress.value("collateral_value") == 150_000

    @given(st.floats(0.0, 1.0))
    @settings(deadline=None)
    def test_bisection_finds_any_point(self, point):
        found = s.smallest_severity(lambda share: share >= point)
        assert point - 1e-12 <= found <= point + 1e-6

    def test_the_first_of_two_breaches(self):
        found = s.smallest_severity(lambda share: 0.31 <= share <= 0.62 or share > 0.9)
        assert found == pytest.approx(0.31, abs=1e-6)

    def test_refuses(self):
        with pytest.raises(InvalidInput, match="steps"):
            s.smallest_severity(lambda _: True, steps=0)
        with pytest.raises(InvalidInput, match="below one"):
            s.reverse_stress(
                *small_book(), scenario=s.Scenario(industry_factors={"K70": 0.5}), own_funds=1, minimum_ratio=0.1
            )
        with pytest.raises(InvalidInput, match="minimum_ratio"):
            s.reverse_stress(*small_book(), scenario=s.Scenario(), own_funds=1, minimum_ratio=-0.1)
        with pytest.raises(InvalidInput, match="tolerance"):
            s.smallest_severity(lambda _: True, tolerance=0.0)


def chain_book():
    """a, b and c guarantee one another in a row; each has land worth a little more than its loan."""
    positions = pd.DataFrame({"loan": [1, 2, 3], "customer": list("abc"), "exposure": [100_000] * 3})
    liens = pd.DataFrame({"title": list("stu"), "rank": 1, "amount": 100_000, "loan": [1, 2, 3]})
    collateral = pd.DataFrame({"title": list("stu"), "kind": "land", "value": [105_000] * 3, "haircut": 0})
    edges = pd.DataFrame({"guarantor": ["b", "c"], "beneficiary": ["a", "b"], "amount": [50_000, 50_000]})
    buffers = pd.DataFrame({"customer": list("abc"), "buffer": [0, 15_000, 20_000]})
    return positions, liens, collateral, edges, buffers


class TestContagionStress:
    def test_without_sales_one_step_suffices(self):
        """Land falls by 20 %: a owes 16,000 beyond its land, b pays 15,000 of it and fails, c pays all of b's."""
        result = s.contagion_stress(*chain_book(), scenario=s.Scenario(price_falls={"land": 0.2}), failing=["a"])
        assert len(result.steps) == 1
        assert result.loss.failed["obligor"].tolist() == ["a", "b"]
        assert result.loss.bank_loss == 1000
        assert result.prices.to_dict() == {"land": 0.8}

    def test_sales_bring_down_what_the_shock_alone_did_not(self):
        scenario = s.Scenario(price_falls={"land": 0.05})
        calm = s.contagion_stress(*chain_book(), scenario=scenario, failing=["a"])
        assert calm.loss.failed["obligor"].tolist() == ["a"]
        hasty = s.contagion_stress(*chain_book(), scenario=scenario, failing=["a"], price_impact=0.5)
        assert hasty.steps["failed"].tolist() == [1, 2, 3, 3]
        assert hasty.steps["sold"].tolist() == [105_000, 210_000, 315_000, 315_000]
        assert hasty.steps["bank_loss"].is_monotonic_increasing
        assert hasty.prices["land"] == pytest.approx(0.95 * math.exp(-0.5))

    @given(st.floats(0, 0.9), st.floats(0, 3))
    @settings(max_examples=40, deadline=None)
    def test_impact_never_helps_and_money_adds_up(self, fall, impact):
        scenario = s.Scenario(price_falls={"land": fall})
        still = s.contagion_stress(*chain_book(), scenario=scenario, failing=["a"])
        moved = s.contagion_stress(*chain_book(), scenario=scenario, failing=["a"], price_impact=impact)
        assert moved.loss.bank_loss >= still.loss.bank_loss
        assert moved.prices["land"] <= still.prices["land"] + 1e-12
        failed = moved.loss.failed
        assert (failed["recovered"] + failed["loss"] == failed["debt"]).all()
        assert moved.steps["failed"].is_monotonic_increasing

    def test_debt_is_what_collateral_does_not_bring(self):
        positions, liens, collateral, edges, buffers = chain_book()
        fallen = collateral.assign(value=84_000)
        left = loss_given_default(positions[["loan", "exposure"]], liens, fallen, NO_GUARANTEES)["loss"]
        result = s.contagion_stress(
            positions, liens, collateral, edges, buffers,
            scenario=s.Scenario(price_falls={"land": 0.2}), failing=list("abc"),
        )  # fmt: skip
        assert result.loss.direct_loss == left.sum()

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"failing": []}, "nobody fails"),
            ({"failing": ["z"]}, "'z' has no row"),
            ({"failing": ["a"], "price_impact": -1.0}, "price_impact"),
        ],
    )
    def test_refuses(self, change, message):
        with pytest.raises(InvalidInput, match=message):
            s.contagion_stress(*chain_book(), **({"scenario": s.Scenario()} | change))

    def test_refuses_a_customer_without_a_buffer(self):
        *rest, buffers = chain_book()
        with pytest.raises(InvalidInput, match="'c' has no row"):
            s.contagion_stress(*rest, buffers[:2], scenario=s.Scenario(), failing=["a"])


def limit_rows(*rows):
    return pd.DataFrame(rows, columns=["dimension", "key", "effective_limit", "exposure", "reserved"])


LIMITS = limit_rows(
    ("customer", "7", 200, 100, 0),
    ("group", "3", 500, 450, 10),
    ("industry", "K70", 1000, 900, 20),
    ("region", "CN-GD", None, 900, 0),
    ("region", "CN-ZJ", 950, 900, 60),
)


class TestWhatIf:
    def book(self):
        return pd.DataFrame(
            {"industry": ["K70", "C13"], "region": ["CN-GD", "CN-GD"], "exposure": [600, 400], "pd": [0.01, 0.02],
             "lgd": [0.5, 0.5], "risk_weighted": [500.0, 300.0]}
        )  # fmt: skip

    def test_every_limit_it_falls_under(self):
        loan = s.NewLoan(7, "K70", "CN-GD", 60, pd=0.01, lgd=0.4, group=3)
        result = s.what_if(self.book(), LIMITS, loan)
        assert result.limits[["dimension", "used", "used_after", "headroom_after", "breached"]].to_numpy().tolist() == [
            ["customer", 100, 160, 40, False],
            ["group", 460, 520, -20, True],
            ["industry", 920, 980, 20, False],
        ]
        assert not result.allowed
        assert s.what_if(self.book(), LIMITS, s.NewLoan(7, "K70", "CN-GD", 40, pd=0.01, lgd=0.4, group=3)).allowed

    def test_measures_by_hand(self):
        loan = s.NewLoan(9, "C13", "CN-ZJ", 200, pd=0.05, lgd=0.4)
        rows = s.what_if(self.book(), LIMITS, loan, own_funds=100).measures.set_index("measure")
        weight = risk_weight(0.05, lgd=0.4, asset_class="corporate", framework="basel3")
        assert rows.loc["exposure"].tolist() == [1000, 1200]
        assert rows.loc["expected_loss"].tolist() == pytest.approx([7.0, 11.0])
        assert rows.loc["risk_weighted"].tolist() == pytest.approx([800.0, 800.0 + 200 * weight])
        assert rows.loc["industry_hhi"].tolist() == pytest.approx([herfindahl([6, 4]), herfindahl([6, 6])])
        assert rows.loc["region_hhi"].tolist() == pytest.approx([1.0, herfindahl([10, 2])])
        assert rows.loc["own_funds"].tolist() == pytest.approx([100, 96])
        assert rows.loc["capital_ratio"].tolist() == pytest.approx([100 / 800, 96 / (800 + 200 * weight)])

    def test_the_first_loan_of_a_book(self):
        rows = s.what_if(self.book()[:0], LIMITS, s.NewLoan(7, "K70", "CN-GD", 10, pd=0.01, lgd=0.4), own_funds=5)
        measures = rows.measures.set_index("measure")
        assert pd.isna(measures.loc["industry_hhi", "before"])
        assert measures.loc["industry_hhi", "after"] == 1.0
        assert pd.isna(measures.loc["capital_ratio", "before"])

    def test_refuses(self):
        loan = s.NewLoan(7, "K70", "CN-GD", 10, pd=0.01, lgd=0.4)
        with pytest.raises(InvalidInput, match="two rows"):
            s.what_if(self.book(), pd.concat([LIMITS, LIMITS]), loan)
        with pytest.raises(InvalidInput, match="'planet' is unknown"):
            s.what_if(self.book(), limit_rows(("planet", "x", 1, 1, 0)), loan)
        with pytest.raises(InvalidInput, match="amount"):
            s.NewLoan(7, "K70", "CN-GD", 0, pd=0.01, lgd=0.4)
        with pytest.raises(InvalidInput, match="pd"):
            s.NewLoan(7, "K70", "CN-GD", 1, pd=1.01, lgd=0.4)


class TestHeadroomMap:
    def test_the_nearer_limit_binds(self):
        room = s.headroom_map(LIMITS, industries=["K70", "C13"], regions=["CN-GD", "CN-ZJ"])
        assert room.amount.to_numpy().tolist() == [[80, -10], [None, -10]]
        assert room.binding.to_numpy().tolist() == [["industry", "region"], ["", "region"]]
        assert room.amount.index.name == "industry"

    @given(st.integers(0, 10**20), st.integers(0, 10**20))
    @settings(deadline=None)
    def test_room_is_exact_at_any_size(self, limit, used):
        room = s.headroom_map(limit_rows(("industry", "C", limit, used, 0)), industries=["C"], regions=["R"])
        assert room.amount.loc["C", "R"] == limit - used

    def test_agrees_with_what_if(self):
        room = s.headroom_map(LIMITS, industries=["K70"], regions=["CN-ZJ", "CN-GD"])
        book = TestWhatIf().book()
        for amount, allowed in ((80, True), (81, False)):
            loan = s.NewLoan(99, "K70", "CN-GD", amount, pd=0.01, lgd=0.4)
            assert s.what_if(book, LIMITS, loan).allowed is allowed
            assert (amount <= room.amount.loc["K70", "CN-GD"]) is allowed

    def test_refuses_an_empty_side(self):
        with pytest.raises(InvalidInput, match="no industry or no region"):
            s.headroom_map(LIMITS, industries=[], regions=["CN-GD"])


def test_what_neither_collateral_nor_guarantors_pay_is_lost_in_part():
    book = small_book()
    whole = s.stressed(*book, scenario=s.Scenario({"land": 0.5})).loans
    part = s.stressed(*book, scenario=s.Scenario({"land": 0.5}), unsecured_lgd=0.4)
    np.testing.assert_allclose(part.loans["lgd_after"], 0.4 * whole["lgd_after"], rtol=1e-15)
    assert part.value("expected_loss") == pytest.approx(0.4 * whole["expected_loss_after"].sum())
    with pytest.raises(InvalidInput, match="unsecured_lgd"):
        s.stressed(*book, scenario=s.Scenario(), unsecured_lgd=1.1)
