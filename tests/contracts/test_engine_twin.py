"""The engine on chain and its Python twin give the same cash flows for random contracts of every type."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest

from analytics.cashflow import Kind, parse_observations, parse_terms, project
from analytics.cashflow.calendar import parse_moment
from tests.conformance.encode import decode_flows, encode_observations, encode_terms
from tests.conformance.random_contracts import contract

SEED = 20210531
CONTRACTS = 10
CLOSE = Decimal("1e-9")
GAS = {"gas": 50_000_000}


@pytest.fixture(scope="module")
def engine(ActusHarness: Any, accounts: Any) -> Any:
    return accounts[0].deploy(ActusHarness)


@pytest.mark.parametrize("kind", [kind.name for kind in Kind])
def test_the_engines_agree_on_random_contracts(kind: str, engine: Any) -> None:
    """Same dates and types in the same order; every amount within 1e-9, relative or absolute."""
    print(f"seed {SEED}")
    compared = 0
    for number in Random(SEED).sample(range(2**32), CONTRACTS):
        case = contract(kind, number)
        terms = parse_terms(case["terms"])
        observed = parse_observations(case["dataObserved"], case["eventsObserved"])
        until = parse_moment(case["to"]) if case["to"] else None
        twin = project(terms, observed=observed, until=until)
        words = engine.project.call(encode_terms(terms), encode_observations(terms, observed), until or 0, GAS)
        chain = decode_flows(words)
        assert [(flow.time, flow.kind) for flow in chain] == [(flow.time, flow.kind) for flow in twin], number
        for mine, other in zip(chain, twin, strict=True):
            for column in ("payoff", "notional", "rate", "accrued"):
                exact = getattr(other, column)
                assert abs(getattr(mine, column) - exact) <= CLOSE * max(1, abs(exact)), (number, column, mine, other)
        compared += len(chain)
    assert compared > 5 * CONTRACTS
