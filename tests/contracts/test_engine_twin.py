"""The engine on chain and its Python twin give the same cash flows for random contracts of every type."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from analytics.cashflow import Kind, parse_observations, parse_terms, project
from analytics.cashflow.calendar import parse_moment
from analytics.errors import InvalidInput
from tests.conformance.encode import decode_flows, encode_observations, encode_terms
from tests.conformance.strategies import contracts

SEED = 20210531
CLOSE = Decimal("1e-9")


@pytest.fixture(scope="module")
def engine(ActusHarness: Any, accounts: Any) -> Any:
    return accounts[0].deploy(ActusHarness)


def _same(chain: Decimal, twin: Decimal) -> bool:
    return abs(chain - twin) <= CLOSE * max(1, abs(twin))


@pytest.mark.filterwarnings("ignore:Directly importing")  # only views are called, so nothing needs isolation
@pytest.mark.parametrize("kind", [kind.name for kind in Kind])
def test_the_engines_agree_on_random_contracts(kind: str, engine: Any) -> None:
    """Same dates and types, amounts within 1e-9; where the twin refuses, so does the contract."""
    print(f"seed {SEED}")
    compared = 0

    @seed(SEED)
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        nonlocal compared
        case = data.draw(contracts(kind))
        terms = parse_terms(case["terms"])
        observed = parse_observations(case["dataObserved"], case["eventsObserved"])
        until = parse_moment(case["to"]) if case["to"] else None
        call = (encode_terms(terms), encode_observations(terms, observed), until or 0, {"gas": 50_000_000})
        try:
            twin = project(terms, observed=observed, until=until)
        except InvalidInput as error:
            note(str(error))
            with pytest.raises(Exception, match="Actus_"):
                engine.project.call(*call)
            return
        chain = decode_flows(engine.project.call(*call))
        assert [(event.time, event.kind) for event in chain] == [(event.time, event.kind) for event in twin]
        for mine, other in zip(chain, twin, strict=True):
            assert _same(mine.payoff, other.payoff), (mine, other)
            assert _same(mine.notional, other.notional), (mine, other)
            assert _same(mine.rate, other.rate), (mine, other)
            assert _same(mine.accrued, other.accrued), (mine, other)
        compared += len(chain)

    agree()
    assert compared > 100
