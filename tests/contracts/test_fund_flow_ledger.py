"""Where loan money goes: payees, the first movement, and what is posted beyond it."""

from __future__ import annotations

import pytest

from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.lending import PURPOSE, Desk

DATA_PROVIDER = 10  # the person's number
EVERYBODY = 2**64 - 1


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer()
    return desk


@pytest.fixture
def spent(desk, borrower, outsiders):
    """A loan of which 1,000 fen went to a first payee; its number."""
    loan = desk.approved()
    desk.draw(loan, 5_000, payees=EVERYBODY)
    desk.system.token.spend(loan, outsiders[0], 1_000, {"from": borrower})
    return loan


def test_a_payee_is_classified_and_classified_anew(desk, stranger):
    flows = desk.system.flows
    for category, previous in ((7, 0), (63, 7), (0, 63)):
        sent = flows.classifyPayee(stranger, category, desk.by("data_provider"))
        assert_events(
            sent,
            event("PayeeClassified", payee=stranger, category=category, previous=previous, person=DATA_PROVIDER),
        )
        assert flows.categoryOf(stranger) == category
    with reverts("FundFlowLedger_CategoryInvalid", 64):
        flows.classifyPayee(stranger, 64, desk.by("data_provider"))


def test_money_beyond_the_first_payee_is_a_fact(desk, spent, outsiders):
    flows = desk.system.flows
    flows.classifyPayee(outsiders[1], 9, desk.by("data_provider"))
    sent = flows.recordFlow(spent, outsiders[0], outsiders[1], 400, PURPOSE, 2, desk.by("data_provider"))
    assert_events(
        sent,
        event(
            "FlowRecorded",
            loanId=spent,
            to=outsiders[1],
            **{"from": outsiders[0]},
            amount=400,
            purpose="0x" + PURPOSE.hex(),
            category=9,
            hop=2,
            allowed=True,
            valueDate=desk.today,
        ),
    )
    assert tuple(flows.traceOf(spent)) == (1_000, 0, 400, 0)


def test_i21_no_more_goes_on_than_came(desk, spent, outsiders):
    """At each hop beyond the first, at most what the first payees received."""
    flows, sender = desk.system.flows, desk.by("data_provider")
    flows.recordFlow(spent, outsiders[0], outsiders[1], 1_000, PURPOSE, 2, sender)
    with reverts("FundFlowLedger_TraceExceeded", spent, 1_000, 1, 1_000):
        flows.recordFlow(spent, outsiders[0], outsiders[1], 1, PURPOSE, 2, sender)
    flows.recordFlow(spent, outsiders[1], outsiders[2], 1_000, PURPOSE, 3, sender)
    with reverts("FundFlowLedger_TraceExceeded", spent, 2_000, 1, 1_000):
        flows.recordFlow(spent, outsiders[1], outsiders[2], 1, PURPOSE, 3, sender)


def test_i23_nothing_flows_on_a_loan_that_was_not_drawn(desk, outsiders):
    loan = desk.approved()
    with reverts("FundFlowLedger_NothingDrawn", loan):
        desk.system.flows.recordFlow(loan, outsiders[0], outsiders[1], 1, PURPOSE, 2, desk.by("data_provider"))


def test_a_first_movement_is_not_posted_by_hand(desk, spent, outsiders):
    for hop in (0, 1):
        with reverts("FundFlowLedger_HopInvalid", hop):
            desk.system.flows.recordFlow(spent, outsiders[0], outsiders[1], 1, PURPOSE, hop, desk.by("data_provider"))
    assert tuple(desk.system.flows.traceOf(spent)) == (1_000, 0, 0, 0)


def test_no_hop_is_skipped(desk, spent, outsiders):
    flows, sender = desk.system.flows, desk.by("data_provider")
    with reverts("FundFlowLedger_HopInvalid", 3):
        flows.recordFlow(spent, outsiders[0], outsiders[1], 1, PURPOSE, 3, sender)
    flows.recordFlow(spent, outsiders[0], outsiders[1], 1, PURPOSE, 2, sender)
    with reverts("FundFlowLedger_HopInvalid", 4):
        flows.recordFlow(spent, outsiders[0], outsiders[1], 1, PURPOSE, 4, sender)
    flows.recordFlow(spent, outsiders[1], outsiders[2], 1, PURPOSE, 3, sender)
    assert flows.traceOf(spent)["onward"] == 2


def test_a_payment_above_any_counter_is_refused(desk, spent, outsiders):
    with reverts("FundFlowLedger_TraceExceeded", spent, 0, 2**128 - 1, 1_000):
        desk.system.flows.recordFlow(
            spent, outsiders[0], outsiders[1], 2**128 - 1, PURPOSE, 2, desk.by("data_provider")
        )
