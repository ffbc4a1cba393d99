"""Cent-rounded schedules of another bank system, replayed with the contracts' annuity, day counts and rounding.

Figures: Apache Fineract, `EMICalculation.feature` (Apache License 2.0), scenarios C3154, C3155, C3157, C3159 and C3160.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from analytics.cashflow import EventType, Observations, parse_terms
from analytics.cashflow.calendar import counted_day
from tests.conformance.encode import decode_flows, encode_observations, encode_terms

CENT = Decimal("0.01")
PPB = 10**9


class Published(NamedTuple):
    """One schedule: terms as published, and (principal, interest) of each payment in cents."""

    scenario: str
    rate: str  # per year, a fraction of one
    day_count: str
    cycle: str
    end: str
    payments: list[tuple[int, int]]


SCHEDULES = [
    Published("C3154", "0.12", "30E360", "P1ML0", "2024-07-01",
              [(1625, 100), (1641, 84), (1658, 67), (1674, 51), (1691, 34), (1711, 17)]),
    Published("C3155", "0.094822", "30E360", "P1ML0", "2024-07-01",
              [(1634, 79), (1647, 66), (1660, 53), (1673, 40), (1686, 27), (1700, 13)]),
    Published("C3157", "0.12", "30E360", "P2ML0", "2024-07-01",
              [(3268, 200), (3333, 135), (3399, 68)]),
    Published("C3159", "0.12", "A365", "P1ML0", "2024-07-01",
              [(1623, 102), (1645, 80), (1656, 69), (1675, 50), (1690, 35), (1711, 17)]),
    Published("C3160", "0.094822", "A365", "P1ML0", "2024-07-01",
              [(1632, 81), (1650, 63), (1659, 54), (1674, 39)]),
]  # fmt: skip
BASIS = {"A365": 0, "30E360": 2}


@pytest.fixture(scope="module")
def engine(ActusHarness: Any, accounts: Any) -> Any:
    return accounts[0].deploy(ActusHarness)


@pytest.fixture(scope="module")
def libraries(LibrariesHarness: Any, accounts: Any) -> Any:
    return accounts[0].deploy(LibrariesHarness)


@pytest.mark.parametrize("published", SCHEDULES, ids=lambda published: published.scenario)
def test_a_published_schedule_is_met_to_the_cent(published: Published, engine: Any, libraries: Any) -> None:
    """The instalment is the engine's, to the nearest cent; interest is on the balance left; the last payment sweeps."""
    terms = parse_terms({
        "contractType": "ANN", "contractRole": "RPA", "statusDate": "2023-12-31", "initialExchangeDate": "2024-01-01",
        "maturityDate": published.end, "notionalPrincipal": "100", "nominalInterestRate": published.rate,
        "dayCountConvention": published.day_count, "cycleOfPrincipalRedemption": published.cycle,
        "cycleOfInterestPayment": published.cycle,
    })  # fmt: skip
    encoded = (encode_terms(terms), encode_observations(terms, Observations()), 0)
    flows = decode_flows(engine.project.call(*encoded, {"gas": 50_000_000}))
    dues = [flow for flow in flows if flow.kind is EventType.IP]
    days = [counted_day(terms.initial_exchange), *(counted_day(due.time) for due in dues)]
    first = next(flow.payoff for flow in flows if flow.kind is EventType.PR) + dues[0].payoff
    instalment = libraries.nearest(int(first * PPB), int(CENT * PPB))
    numerators, denominator = libraries.numerators(days[:-1], days[1:], BASIS[published.day_count], 0)
    balance, rate = 10_000, int(Decimal(published.rate) * PPB)
    for number, (principal, interest) in enumerate(published.payments):
        exact = balance * rate * numerators[number]
        assert libraries.nearest(exact, denominator * PPB) == interest
        last = number == len(numerators) - 1
        assert principal == (balance if last else instalment - interest)
        balance -= principal
    assert balance == 0 or len(published.payments) < len(numerators)
