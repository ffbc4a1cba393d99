"""A hundred thousand scenarios of a million loans against a thousand names drawn one by one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analytics.risk.capital import worst_case_default_rate
from analytics.risk.portfolio import SimulatedLosses, simulate_losses
from benchmarks.harness import Measurement, compared

LOANS, NAMES, SCENARIOS, SECTORS, LEVEL = 1_000_000, 1_000, 100_000, 10, 0.999
Floats = NDArray[np.float64]


def by_name(exposures: Floats, pd: Floats, lgd: Floats, sector: NDArray[np.int64], assets: Floats) -> Floats:
    """Every name of every scenario, in blocks of scenarios."""
    rng = np.random.default_rng(7)
    root = np.linalg.cholesky(assets)
    threshold, own = ndtri(pd), np.sqrt(1.0 - np.diag(assets))[sector]
    losses = np.empty(SCENARIOS)
    for start in range(0, SCENARIOS, 2_000):
        systematic = rng.standard_normal((2_000, SECTORS)) @ root.T
        returns = systematic[:, sector] + own * rng.standard_normal((2_000, len(exposures)))
        losses[start : start + 2_000] = np.where(returns < threshold, exposures * lgd, 0.0).sum(axis=1)
    return losses


def simulation() -> Measurement:
    """A million loans of ours against a thousand of the baseline's."""
    rng = np.random.default_rng(5)
    exposures, pd = rng.lognormal(12.0, 1.0, LOANS), 10.0 ** rng.uniform(-4.0, -0.7, LOANS)
    lgd, sector = rng.choice([0.2, 0.35, 0.45, 0.6], LOANS), rng.integers(0, SECTORS, LOANS)
    assets = np.full((SECTORS, SECTORS), 0.08) + 0.10 * np.eye(SECTORS)

    def check(ours: SimulatedLosses, _: Floats) -> str:
        """One factor for all sectors has a closed form, which a million loans come near to."""
        error = ours.standard_deviation / math.sqrt(SCENARIOS)
        assert abs(ours.losses.mean() - ours.expected_loss) < 4.0 * error + ours.approximation_bound()
        one = np.full((SECTORS, SECTORS), 0.18)
        run = simulate_losses(exposures, pd, lgd, sector, one, scenarios=SCENARIOS, seed=11)
        exact = float((exposures * lgd * worst_case_default_rate(pd, 0.18, LEVEL)).sum())
        off = abs(run.value_at_risk(LEVEL) / exact - 1.0)
        bound = (4.0 * run.value_at_risk_error(LEVEL) + run.tail_bound(LEVEL)) / exact
        assert off < bound, f"value at risk {off:.2%} from the closed form, stated bound {bound:.2%}"
        approximation = run.tail_bound(LEVEL) / exact
        return (
            f"value at risk {LEVEL:.1%}: {off:.2%} from the one-factor closed form, stated bound {bound:.2%} "
            f"(four standard errors and an approximation of {approximation:.3%})"
        )

    names = slice(0, NAMES)
    return compared(
        lambda: simulate_losses(exposures, pd, lgd, sector, assets, scenarios=SCENARIOS, seed=3),
        lambda: by_name(exposures[names], pd[names], lgd[names], sector[names], assets),
        check,
        units=LOANS,
        baseline_units=NAMES,
        rounds=3,
    )


ROWS = {"simulation": simulation}
