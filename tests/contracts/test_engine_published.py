"""Schedules that others published, replayed with the contracts' engine, day counts, penalty interest and rounding.

Figures: Apache Fineract, `EMICalculation.feature` (Apache License 2.0), scenarios C3154, C3155, C3157, C3159 and C3160.
Maple Finance, `fixed-term-loan`, `tests/Payments.t.sol`, scenarios of late repayment with a flat rate and a default
rate, cases 1 and 2.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

import pytest

from analytics.cashflow import EventType, Observations, parse_terms
from analytics.cashflow.calendar import counted_day
from tests.conformance.encode import decode_flows, encode_observations, encode_terms
from tests.contracts.lending import ACTUAL_365, BULLET, FEES_FIRST
from tests.contracts.lives import EVERYTHING, Life, Servicing, lived

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


# ---------------------------------------------------------------- late payments


class Late(NamedTuple):
    """A late payment as published: terms, and what each part of it comes to, in units of the currency."""

    scenario: str
    principal: str  # outstanding
    rate: int  # a year, parts per billion
    premium: int  # on top of it while a payment is late
    fee: int  # of the principal, once
    interval: int  # days between payments
    late: int  # days
    repaid: str  # principal of the payment
    interest: str  # of the interval
    late_interest: str
    total: str


LATE = [
    Late("case 1, first", "893104.590177", 130_000_000, 50_000_000, 50_000_000, 15, 16,
         "107466.494889", "4771.380687", "7046.962245", "163940.067331"),
    Late("case 1, second", "785638.095288", 130_000_000, 50_000_000, 50_000_000, 15, 1,
         "108040.630958", "4197.244619", "387.437964", "151907.218305"),
    Late("case 2", "1000000", 100_000_000, 50_000_000, 20_000_000, 30, 2,
         "0", "8219.178082", "821.917808", "29041.095890"),
]  # fmt: skip
AMORTISED = [
    ("106895.409823", "5342.465753"), ("107466.494889", "4771.380687"), ("108040.630958", "4197.244619"),
    ("108617.834329", "3620.041248"), ("109198.121389", "3039.754188"), ("459781.508613", "2456.366964"),
]  # fmt: skip
START = 19_000


def cents(amount: str | Decimal) -> int:
    return int((Decimal(amount) * 100).quantize(Decimal(1), ROUND_HALF_UP))


@pytest.fixture(scope="module")
def lives(LivesHarness: Any, accounts: Any) -> Any:
    return accounts[0].deploy(LivesHarness)


@pytest.mark.parametrize("late", LATE, ids=lambda late: late.scenario)
def test_a_late_payment_comes_to_what_was_published(late: Late, lives: Any) -> None:
    """While a payment is late its principal bears the rate and the premium; the flat fee is charged once.

    There the contract rate rests at the due date and the default rate takes over; here the contract rate runs on and
    the premium is penalty interest beside it. The sum is the same, and the penalty is the premium's share of the rest.
    """
    markup = -(-late.premium * PPB // late.rate)
    due = START + late.interval
    life = Life(
        kind=BULLET,
        day_count=ACTUAL_365,
        waterfall=FEES_FIRST,
        cycle=0,
        start=START,
        maturity=due,
        rate=late.rate,
        principal=cents(late.principal),
        misused=0,
        servicing=Servicing(overdue=markup),
        acts=[(due + late.late, EVERYTHING, 0)],
    )
    ((_, (paid,), _),) = lived(lives, [life])
    published = Decimal(late.interest) + Decimal(late.late_interest)
    assert abs(paid.interest + paid.penalty - published * 100) < 1
    fee = Decimal(late.principal) * late.fee / PPB
    total = cents(late.repaid) + paid.interest + paid.penalty + cents(fee)
    assert abs(total - Decimal(late.total) * 100) < 2  # each part is whole cents here
    share = Decimal(late.premium) / (late.rate + late.premium)
    assert abs(paid.penalty - Decimal(late.late_interest) * 100 * share) < 1


def test_the_schedule_of_a_loan_with_a_balloon_is_met(engine: Any) -> None:
    """Case 1 as long as it is paid on time: 13 %, six payments 15 days apart, 350,000 left for the last."""
    terms = parse_terms({
        "contractType": "ANN", "contractRole": "RPA", "statusDate": "2023-12-31", "initialExchangeDate": "2024-01-01",
        "maturityDate": "2024-03-31", "notionalPrincipal": "1000000", "nominalInterestRate": "0.13",
        "dayCountConvention": "A365", "cycleOfPrincipalRedemption": "P15DL0", "cycleOfInterestPayment": "P15DL0",
        "nextPrincipalRedemptionPayment": "112237.875576",
    })  # fmt: skip
    encoded = (encode_terms(terms), encode_observations(terms, Observations()), 0)
    flows = decode_flows(engine.project.call(*encoded, {"gas": 50_000_000}))
    interest = [flow.payoff for flow in flows if flow.kind is EventType.IP]
    principal = [flow.payoff for flow in flows if flow.kind in (EventType.PR, EventType.MD)]
    assert len(interest) == len(principal) == len(AMORTISED)
    for told, published in zip(zip(principal, interest, strict=True), AMORTISED, strict=True):
        assert all(abs(Decimal(str(a)) - Decimal(b)) < Decimal("2e-6") for a, b in zip(told, published, strict=True))
