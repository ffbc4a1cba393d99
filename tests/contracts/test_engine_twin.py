"""The engine on chain and its Python twin give the same cash flows for random contracts of every type."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from analytics.cashflow import (
    EnhancementKind,
    Kind,
    parse_enhancement,
    parse_observations,
    parse_terms,
    project,
    project_enhancement,
)
from analytics.cashflow.calendar import parse_moment
from tests.conformance.random_contracts import contract
from tests.conformance.random_enhancements import enhancement
from tests.conformance.run import Engine

SEED = 20210531
CONTRACTS = 10
ENHANCEMENTS = 15
CLOSE = Decimal("1e-9")


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
        chain = Engine(engine).project(terms, observed, until)
        _assert_equal(number, chain, twin, "payoff", "notional", "rate", "accrued")
        compared += len(twin)
    assert compared > 5 * CONTRACTS


@pytest.mark.parametrize("kind", [kind.name for kind in EnhancementKind])
def test_the_engines_agree_on_random_enhancements(kind: str, engine: Any) -> None:
    """Likewise for guarantees and collateral over loans of every type; some are exercised and settled."""
    print(f"seed {SEED}")
    settled = 0
    for number in Random(SEED).sample(range(2**32), ENHANCEMENTS):
        case = enhancement(kind, number)
        terms, until = parse_enhancement(case["terms"]), parse_moment(case["to"])
        observed = parse_observations(case["dataObserved"], case["eventsObserved"])
        twin = project_enhancement(terms, observed=observed, until=until)
        chain = Engine(engine).project_enhancement(terms, observed, until)
        assert [event.exercise_date for event in chain] == [event.exercise_date for event in twin], number
        _assert_equal(number, chain, twin, "payoff", "notional", "fee_accrued", "exercise_amount")
        settled += sum(event.kind.name == "STD" and event.payoff != 0 for event in twin)
    assert settled > ENHANCEMENTS // 5


def _assert_equal(number: int, chain: Sequence[Any], twin: Sequence[Any], *columns: str) -> None:
    assert [(event.time, event.kind) for event in chain] == [(event.time, event.kind) for event in twin], number
    for mine, other in zip(chain, twin, strict=True):
        for column in columns:
            exact = getattr(other, column)
            assert abs(getattr(mine, column) - exact) <= CLOSE * max(1, abs(exact)), (number, column, mine, other)
