"""Deposits are the bank's liability; loan money is spent under its earmark and nowhere else."""

from __future__ import annotations

import pytest
from brownie import ZERO_ADDRESS

from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.lending import AMOUNT, PURPOSE, Desk
from tests.contracts.securing import rebind

TREASURER = 7  # the person's number
BUILDERS = 5
FLAG, BLOCK = 0, 1


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer(1, earmark_mode=FLAG)
    desk.offer(2, earmark_mode=BLOCK)
    return desk


@pytest.fixture(scope="module")
def builder(system, people, outsiders):
    """A payee known as a builder."""
    system.flows.classifyPayee(outsiders[0], BUILDERS, {"from": people["data_provider"]})
    return outsiders[0]


def lent(desk, product=1, amount=10_000):
    """A loan drawn for builders; its number."""
    loan = desk.approved(product)
    desk.draw(loan, amount, payees=1 << BUILDERS)
    return loan


# ---------------------------------------------------------------- deposits


def test_funding_and_redeeming_move_the_supply(desk, stranger):
    token, day = desk.system.token, desk.today
    sent = token.fund(stranger, 700, desk.by("treasurer"))
    assert_events(
        sent,
        event("Transfer", **{"from": ZERO_ADDRESS, "to": stranger, "amount": 700}),
        event("Funded", account=stranger, amount=700, supply=700, valueDate=day, person=TREASURER),
    )
    sent = token.redeem(200, {"from": stranger})
    assert_events(
        sent,
        event("Transfer", **{"from": stranger, "to": ZERO_ADDRESS, "amount": 200}),
        event("Redeemed", account=stranger, amount=200, supply=500, valueDate=day, person=0),
    )
    assert (token.balanceOf(stranger), token.totalSupply(), token.decimals()) == (500, 500, 2)


def test_absurd_deposits_are_refused(desk, stranger):
    token = desk.system.token
    with reverts("DepositToken_ZeroAmount"):
        token.fund(stranger, 0, desk.by("treasurer"))
    with reverts("DepositToken_ZeroAmount"):
        token.redeem(0, {"from": stranger})
    for account in (ZERO_ADDRESS, token.address):
        with reverts("DepositToken_AccountInvalid", account):
            token.fund(account, 1, desk.by("treasurer"))


def test_i24_nobody_adds_to_the_earmarked_money(desk, stranger):
    token = desk.system.token
    desk.fund(stranger, 100)
    with reverts("DepositToken_AccountInvalid", token.address):
        token.transfer(token, 1, {"from": stranger})
    token.approve(desk.borrower, 100, {"from": stranger})
    with reverts("DepositToken_AccountInvalid", token.address):
        token.transferFrom(stranger, token, 1, {"from": desk.borrower})
    assert token.earmarked() == 0


def test_i24_nobody_sends_money_to_nobody(desk, stranger):
    """The supply falls by redemptions and by the book, never by a transfer."""
    token = desk.system.token
    desk.fund(stranger, 100)
    token.approve(desk.borrower, 100, {"from": stranger})
    for amount in (0, 1, 100, 101):
        with reverts("DepositToken_AccountInvalid", ZERO_ADDRESS):
            token.transfer(ZERO_ADDRESS, amount, {"from": stranger})
        with reverts("DepositToken_AccountInvalid", ZERO_ADDRESS):
            token.transferFrom(stranger, ZERO_ADDRESS, amount, {"from": desk.borrower})
    assert (token.totalSupply(), token.balanceOf(stranger)) == (100, 100)
    sent = token.transferFrom(stranger, desk.borrower, 40, {"from": desk.borrower})
    assert_events(sent, event("Transfer", **{"from": stranger, "to": desk.borrower, "amount": 40}))
    token.transfer(desk.borrower, 10, {"from": stranger})
    assert (token.balanceOf(stranger), token.balanceOf(desk.borrower), token.totalSupply()) == (50, 50, 100)
    assert token.allowance(stranger, desk.borrower) == 60


def test_no_account_spends_anothers_deposit_without_approval(desk, stranger, as_contract):
    token = desk.system.token
    desk.fund(stranger, 100)
    permit2 = "0x000000000022D473030F116dDEE9F6B43aC78BA3"
    assert token.allowance(stranger, permit2) == 0


# ---------------------------------------------------------------- spending


def test_earmarked_money_goes_to_an_allowed_payee(desk, borrower, builder):
    loan = lent(desk)
    token, day = desk.system.token, desk.today
    supply = token.totalSupply()
    sent = token.spend(loan, builder, 4_000, {"from": borrower})
    assert sent.return_value is True
    assert_events(
        sent,
        event(
            "FlowRecorded",
            loanId=loan,
            to=builder,
            **{"from": borrower},
            amount=4_000,
            purpose="0x" + PURPOSE.hex(),
            category=BUILDERS,
            hop=1,
            allowed=True,
            valueDate=day,
        ),
        event("Transfer", **{"from": token, "to": builder, "amount": 4_000}),
        event("EarmarkSpent", loanId=loan, borrower=borrower, payee=builder, amount=4_000, remaining=6_000),
    )
    assert (token.balanceOf(builder), token.earmarked(), token.totalSupply()) == (4_000, 6_000, supply)
    assert token.earmarkOf(loan, borrower)["remaining"] == 6_000
    assert tuple(desk.system.flows.traceOf(loan)) == (4_000, 0, 0, 0)


def test_i22_a_diversion_is_flagged_and_moves_where_the_product_flags(desk, borrower, stranger):
    loan = lent(desk, product=1)
    sent = desk.system.token.spend(loan, stranger, 300, {"from": borrower})
    assert sent.return_value is True
    assert dict(sent.events["DiversionDetected"]) == {
        "loanId": loan,
        "payee": stranger,
        "amount": 300,
        "category": 0,
        "allowed": 1 << BUILDERS,
        "blocked": False,
        "valueDate": desk.today,
    }
    assert sent.events["FlowRecorded"]["allowed"] is False
    assert tuple(desk.system.flows.traceOf(loan)) == (300, 300, 0, 1)


def test_i22_a_diversion_is_flagged_and_stopped_where_the_product_blocks(desk, borrower, stranger):
    loan = lent(desk, product=2)
    token = desk.system.token
    sent = token.spend(loan, stranger, 300, {"from": borrower})
    assert sent.return_value is False
    assert_events(
        sent,
        event(
            "DiversionDetected",
            loanId=loan,
            payee=stranger,
            amount=300,
            category=0,
            allowed=1 << BUILDERS,
            blocked=True,
            valueDate=desk.today,
        ),
    )
    assert (token.balanceOf(stranger), token.earmarkOf(loan, borrower)["remaining"]) == (0, 10_000)
    assert tuple(desk.system.flows.traceOf(loan)) == (0, 0, 0, 1)


def test_i20_no_more_is_spent_than_was_drawn(desk, borrower, builder, stranger, next_day):
    loan = lent(desk)
    token = desk.system.token
    with reverts("DepositToken_EarmarkExceeded", loan, 10_000, 10_001):
        token.spend(loan, builder, 10_001, {"from": borrower})
    with reverts("DepositToken_ZeroAmount"):
        token.spend(loan, builder, 0, {"from": borrower})
    with reverts("DepositToken_NoEarmark", loan, stranger):
        token.spend(loan, builder, 1, {"from": stranger})
    for account in (ZERO_ADDRESS, token.address):
        with reverts("DepositToken_AccountInvalid", account):
            token.spend(loan, account, 1, {"from": borrower})
    last = desk.today + 60
    next_day(61)
    with reverts("DepositToken_EarmarkExpired", loan, last, last + 1):
        token.spend(loan, builder, 1, {"from": borrower})


def test_a_rebound_customer_draws_to_its_new_account(desk, borrower, builder, outsiders, people, next_day):
    loan = lent(desk)
    other = outsiders[1]
    rebind(desk.system, desk.customer, other, people)
    next_day(3)
    sent = desk.book.drawDown(loan, 500, 1, desk.today + 9, desk.today, [], desk.by("treasurer"))
    assert sent.events["DrawdownCredited"]["borrower"] == other
    token = desk.system.token
    assert [token.earmarkOf(loan, account)["remaining"] for account in (borrower, other)] == [10_000, 500]
    assert token.earmarked() == 10_500
    assert token.balanceOf(builder) == 0


def test_absurd_earmarks_are_refused(desk):
    loan = desk.approved()
    with reverts("DepositToken_EarmarkInvalid", loan, 1, 2**16):
        desk.book.drawDown(loan, 1, 1, 2**16, desk.today, [], desk.by("treasurer"))
    assert desk.stored(loan)["undrawn"] == AMOUNT


# ---------------------------------------------------------------- totals


def test_the_day_closes_with_the_supply(desk, borrower, builder, stranger, treasurer):
    loan = lent(desk)
    desk.fund(stranger, 77)
    desk.system.token.spend(loan, builder, 4_000, {"from": borrower})
    desk.system.token.spend(loan, stranger, 1, {"from": borrower})
    sent = desk.system.authority.closeDay({"from": treasurer})
    day = desk.today
    assert dict(sent.events["SupplyClosed"]) == {"businessDate": day, "supply": 10_077, "earmarked": 5_999}
    assert dict(sent.events["FlowsClosed"]) == {"businessDate": day, "spent": 4_001, "diverted": 1}


def test_i24_supply_is_what_was_funded_and_drawn_less_what_was_paid_and_redeemed(desk, borrower, builder, stranger):
    token = desk.system.token
    desk.fund(borrower, 5_000)
    desk.fund(stranger, 1_000)
    loan = lent(desk)
    token.spend(loan, builder, 10_000, {"from": borrower})
    desk.book.repay(loan, 3_000, desk.today, {"from": borrower})
    token.redeem(400, {"from": stranger})
    assert token.totalSupply() == 6_000 + 10_000 - 3_000 - 400


def test_i32_paused_no_earmark_is_spent_but_deposits_are_paid_out(desk, borrower, builder, stranger, guardian):
    loan = lent(desk)
    desk.fund(stranger, 10)
    desk.system.authority.pause(3_600, {"from": guardian})
    with reverts("Governed_Paused", desk.system.authority.pausedUntil()):
        desk.system.token.spend(loan, builder, 1, {"from": borrower})
    desk.system.token.redeem(10, {"from": stranger})
    assert desk.system.token.balanceOf(stranger) == 0
