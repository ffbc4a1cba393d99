"""Penalty interest, grace, and fees on early principal, against exact fractions counted day by day."""

from __future__ import annotations

import datetime as dt
import random
from fractions import Fraction

import pytest
from brownie import ZERO_ADDRESS

from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.lending import (
    ACTIVE,
    AMOUNT,
    ANNUITY,
    EPOCH,
    FEE,
    LINEAR,
    LOSS,
    NOBODY,
    RATE,
    REPAID,
    Desk,
    annuity,
    schedule,
)
from tests.contracts.test_loan_book_back_value import allow

UNIT = 360 * 10**9
HALF, WHOLE = 500_000_000, 1_000_000_000
BULLET_PENALTY, LINEAR_PENALTY, PLAIN_ANNUITY, KEPT_ANNUITY, LONG_ANNUITY = 10, 11, 12, 13, 14
MODIFIED_FOLLOWING = 2  # BusinessDayRule
GRACE = 5
FEE_RATE = 7_300_000  # 0.73 %


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    chinese = {"overdue_markup": HALF, "misuse_markup": WHOLE, "compounds": 1}
    desk.offer(BULLET_PENALTY)
    desk.serve(BULLET_PENALTY, grace_days=GRACE, **chinese)
    desk.offer(LINEAR_PENALTY, loan_type=LINEAR, cycle_months=1)
    desk.serve(LINEAR_PENALTY, **chinese)
    for product, keeps in ((PLAIN_ANNUITY, 0), (KEPT_ANNUITY, 1)):
        desk.offer(product, loan_type=ANNUITY, cycle_months=1)
        desk.serve(product, prepayment_fee=FEE_RATE, keeps_term=keeps)
    desk.fund(borrower, 100 * AMOUNT)
    return desk


def until(desk, next_day, day):
    next_day(day - desk.today)


def counted(obligations, today, grace, rate=RATE, compounds=True):
    """Penalty interest on obligations (day, principal, interest) that nobody pays, day by day, in fen x ppb x days."""
    total = 0
    first = obligations[0][0]
    for day in range(first + grace, today):
        principal = sum(part for due, part, _ in obligations if due <= day)
        interest = sum(part for due, _, part in obligations if due <= day)
        total += principal * (rate * HALF // WHOLE)
        if compounds:
            total += interest * (rate + rate * HALF // WHOLE)
    return total


def owed(desk, loan, day):
    """Penalty interest of a loan on a day, exactly."""
    shown = desk.book.preview(loan, day)
    return shown["penaltyDue"] * UNIT + shown["penaltyAccrued"]


def test_nothing_is_charged_within_the_grace_and_nothing_for_it_later(desk, next_day):
    loan = desk.originated(BULLET_PENALTY)
    model = desk.model(loan)
    due = model.due_dates[0]
    ((_, _, interest),) = model.advance(due)
    until(desk, next_day, due + GRACE)
    desk.book.classify(loan, desk.by("collector"))
    assert owed(desk, loan, desk.today) == 0
    assert desk.stored(loan)["oldestDue"] == due  # past due all the same
    today = next_day(1)
    sent = desk.book.repayInBatch([(loan, 1)], today, desk.by("collector"))
    exact = interest * (RATE + RATE // 2)
    assert exact == counted([(due, 0, interest)], today, GRACE)
    whole, rest = divmod(exact, UNIT)
    assert dict(sent.events["PenaltyFellDue"]) == {
        "loanId": loan, "valueDate": today, "amount": whole, "penaltyDue": whole, "penaltyAccrued": rest,
    }  # fmt: skip
    told = sent.events["LoanRepaid"]
    assert (told["penalty"], told["interest"]) == ((1, 0) if whole else (0, 1))


def test_two_missed_instalments_bear_penalty_from_their_own_days(desk, next_day):
    """Classified daily or once, the penalty is the same to the unit."""
    once, daily = desk.originated(LINEAR_PENALTY), desk.originated(LINEAR_PENALTY)
    model = desk.model(once)
    first, second = model.due_dates[:2]
    obligations = model.advance(second)
    until(desk, next_day, first + 1)
    while desk.today < second + 12:
        desk.book.classify(daily, desk.by("collector"))
        next_day(5)
    today = desk.today
    desk.book.repayInBatch([(once, 1), (daily, 1)], today, desk.by("collector"))
    exact = counted(obligations, today, 0)
    for loan in (once, daily):
        assert owed(desk, loan, today) + UNIT == exact  # the fen that was paid
    assert exact > 100 * UNIT


def test_a_loan_paid_whole_owes_no_penalty_and_keeps_no_residue(desk, borrower, next_day):
    loan = desk.originated(LINEAR_PENALTY)
    model = desk.model(loan)
    due = model.due_dates[0]
    until(desk, next_day, due + 9)
    today = desk.today
    obligations = model.advance(today)
    penalty = counted(obligations, today, 0) // UNIT
    payoff = model.payoff + penalty
    assert desk.book.payoff(loan, today) == payoff
    with reverts("LoanBook_Overpayment", loan, payoff + 1, payoff):
        desk.book.repay(loan, payoff + 1, today, {"from": borrower})
    sent = desk.book.repay(loan, payoff, today, {"from": borrower})
    assert (sent.events["LoanRepaid"]["penalty"], sent.events["LoanRepaid"]["state"]) == (penalty, REPAID)
    assert dict(sent.events["LoanClosed"]) == {"loanId": loan, "valueDate": today}
    stored = desk.stored(loan)
    assert (stored["penaltyDue"], stored["penaltyAccrued"], stored["principal"]) == (0, 0, 0)


def test_arrears_booked_as_paid_earlier_lose_their_penalty(desk, borrower, next_day):
    """Of two loans in arrears one is paid in time, one five days later with that value date: they owe the same."""
    first, second = desk.originated(LINEAR_PENALTY), desk.originated(LINEAR_PENALTY)
    model = desk.model(first)
    due = model.due_dates[0]
    until(desk, next_day, due + 6)
    paid_on = desk.today
    model.advance(paid_on)
    amount = desk.book.preview(first, paid_on)
    amount = amount["principalDue"] // 2 + amount["interestDue"] + amount["penaltyDue"]
    desk.book.repay(first, amount, paid_on, {"from": borrower})
    today = next_day(5)
    for loan in (first, second):
        desk.book.repay(loan, 1, today, {"from": borrower})
    allow(desk, second, borrower, paid_on)
    before = desk.stored(second)
    sent = desk.book.repay(second, amount, paid_on, {"from": borrower})
    told = sent.events["PaymentBackValued"]
    assert told["penalty"] > 0
    assert told["penaltyTakenBack"] == before["penaltyDue"] - told["penaltyDue"] - sent.events["LoanRepaid"]["penalty"]
    assert (told["penaltyDue"], told["penaltyAccrued"]) == tuple(
        desk.stored(second)[name] for name in ("penaltyDue", "penaltyAccrued")
    )
    payoffs = [desk.book.payoff(loan, today) for loan in (first, second)]
    assert abs(payoffs[0] - payoffs[1]) <= 2  # each of interest and penalty is rounded once more


def test_all_but_a_fen_of_a_past_day_s_payoff_is_taken(desk, borrower, next_day):
    """Penalty interest since then is counted in whole fen, once for what had fallen due and once for all of it: the fen
    between them is paid too."""
    loan = desk.originated(BULLET_PENALTY)
    due = desk.model(loan).due_dates[0]
    until(desk, next_day, due + GRACE + 29)
    today = desk.today
    desk.book.repay(loan, 1, today, {"from": borrower})
    stored = desk.stored(loan)
    daily = stored["interestDue"] * (RATE + RATE // 2)
    days = next(days for days in range(1, 28) if stored["penaltyAccrued"] >= daily * days % UNIT)
    interest = stored["accrued"] + stored["interestDue"] * UNIT - AMOUNT * RATE * days
    penalty = stored["penaltyAccrued"] + stored["penaltyDue"] * UNIT - daily * days
    owed = AMOUNT + -(-interest // UNIT) + penalty // UNIT
    allow(desk, loan, borrower, today - days)
    told = desk.book.repay(loan, owed - 1, today - days, {"from": borrower}).events["LoanRepaid"]
    assert (told["principal"], told["interest"], told["penalty"], told["fee"]) == (
        AMOUNT,
        interest // UNIT,
        penalty // UNIT,
        0,
    )
    left = desk.stored(loan)
    assert (left["principal"], left["interestDue"], left["penaltyDue"], desk.book.payoff(loan, today)) == (0, 0, 0, 1)
    desk.book.repay(loan, 1, today, {"from": borrower})
    assert desk.stored(loan)["state"] == REPAID


@pytest.mark.parametrize("product", [PLAIN_ANNUITY, KEPT_ANNUITY])
def test_a_prepayment_of_a_past_day_is_charged_its_fee_and_keeps_the_term(desk, borrower, next_day, product):
    """What the events charge is what the loan was charged: nothing but the payment's own fee, and all of it paid."""
    loan = desk.originated(product)
    today = next_day(10)
    desk.book.repay(loan, 1, today, {"from": borrower})
    paid_on = today - 4
    amount = 100_000
    fee = amount * FEE_RATE // (WHOLE + FEE_RATE)
    spared = (amount - fee) * RATE * 4
    allow(desk, loan, borrower, paid_on)
    before = desk.stored(loan)
    sent = desk.book.repay(loan, amount, paid_on, {"from": borrower})
    kept = annuity(before["principal"] - amount + fee, RATE, 1, len(desk.model(loan).due_dates))
    told = [
        event(
            "LoanCharged", loanId=loan, kind=FEE, posting=before["postings"] + 1, valueDate=today, amount=fee,
            feeDue=fee, penaltyDue=0, person=0,
        ),
        event(
            "LoanRepaid", loanId=loan, payer=borrower.address, posting=before["postings"] + 1, valueDate=today,
            principal=amount - fee, interest=0, penalty=0, fee=fee, outstanding=before["principal"] - amount + fee,
            accrued=before["accrued"] - spared, principalDue=0, interestDue=0, oldestDue=0, instalment=0, state=ACTIVE,
        ),
        event(
            "PaymentBackValued", loanId=loan, posting=before["postings"] + 1, paidOn=paid_on, interest=spared,
            penalty=0, penaltyTakenBack=0, penaltyDue=0, penaltyAccrued=0,
        ),
    ]  # fmt: skip
    if product == KEPT_ANNUITY:
        told.append(event("InstalmentFixed", loanId=loan, valueDate=today, instalmentAmount=kept))
    told.append(event("Transfer", **{"from": borrower.address, "to": ZERO_ADDRESS, "amount": amount}))
    assert_events(sent, *told)
    after = desk.stored(loan)
    assert after["instalmentAmount"] == (kept if product == KEPT_ANNUITY else before["instalmentAmount"])
    assert (after["feeDue"], after["principal"]) == (0, before["principal"] - amount + fee)


def test_a_payment_taken_back_bears_penalty_again(desk, borrower, next_day):
    """After the reversal the loan owes what one owes that was never paid."""
    never, loan = desk.originated(LINEAR_PENALTY), desk.originated(LINEAR_PENALTY)
    model = desk.model(loan)
    due = model.due_dates[0]
    ((_, principal, interest),) = model.advance(due)
    until(desk, next_day, due)
    desk.book.repay(loan, principal + interest, due, {"from": borrower})
    today = next_day(20)
    reversal = (
        loan, 2, 0, borrower, principal, interest, 0, 0, principal, interest, 1, due, 0,
    )  # fmt: skip
    desk.book.proposeReversal(reversal, desk.by("collector"))
    desk.book.reverse(reversal, desk.by("approver"))
    desk.book.repayInBatch([(never, 1), (loan, 1)], today, desk.by("collector"))
    assert owed(desk, loan, today) == owed(desk, never, today) == counted([(due, principal, interest)], today, 0) - UNIT
    assert desk.book.payoff(loan, today) == desk.book.payoff(never, today)


# ---------------------------------------------------------------- a loan left alone


def _weekday(day):
    """A day moved to the next weekday of its month, or else to the last one before it."""
    later = next(one for one in range(day, day + 3) if (one + 3) % 7 < 5)
    if (EPOCH + dt.timedelta(later)).month == (EPOCH + dt.timedelta(day)).month:
        return later
    return next(one for one in range(day, day - 4, -1) if (one + 3) % 7 < 5)


def test_a_loan_left_alone_for_its_longest_term_is_classified_and_paid_to_zero(desk, borrower, next_day):
    """Forty-four years of a monthly annuity fall due in one transaction, each on its business day."""
    desk.offer(LONG_ANNUITY, loan_type=ANNUITY, cycle_months=1)
    desk.serve(LONG_ANNUITY, business_day_rule=MODIFIED_FOLLOWING, overdue_markup=HALF, compounds=1)
    start = desk.today
    loan = desk.originated(LONG_ANNUITY, maturity=start + 16_383)
    dates = [_weekday(day) for day in schedule(start, start + 16_383, 1)]
    assert len(dates) == 539
    instalment = annuity(AMOUNT, RATE, 1, len(dates))
    through, accrued, penalty, principal, interest = start, 0, 0, 0, 0
    for day in dates:
        days = day - through
        accrued += AMOUNT * RATE * days
        penalty += (principal * (RATE // 2) + interest * (RATE + RATE // 2)) * days
        last = day == dates[-1]
        whole, accrued = divmod(accrued + (UNIT - 1 if last else 0), UNIT)
        principal += AMOUNT - principal if last else min(AMOUNT - principal, max(0, instalment - whole))
        interest, through = interest + whole, day
    until(desk, next_day, dates[-1] + 1)
    sent = desk.book.classify(loan, desk.by("collector"))
    assert sent.events.count("InstalmentFellDue") == len(dates)
    assert sent.gas_used < 20_000_000  # docs/loan-lifecycle.md, limits of the numbers
    due, rest = divmod(penalty, UNIT)
    wanted = {
        "principal": AMOUNT, "principalDue": AMOUNT, "interestDue": interest, "penaltyDue": due, "penaltyAccrued": rest,
        "accrued": accrued, "accruedThrough": dates[-1], "instalment": len(dates), "oldestDue": dates[0],
        "category": LOSS,
    }  # fmt: skip
    stored = desk.stored(loan)
    assert {name: stored[name] for name in wanted} == wanted
    assert desk.book.obligationOf(loan, len(dates))[0] == dates[-1]
    accrued += AMOUNT * RATE
    penalty += AMOUNT * (RATE // 2) + interest * (RATE + RATE // 2)
    payoff = AMOUNT + interest + accrued // UNIT + penalty // UNIT
    assert desk.book.payoff(loan, desk.today) == payoff
    desk.fund(borrower, payoff)
    sent = desk.book.repay(loan, payoff, desk.today, {"from": borrower})
    wanted = {"principal": AMOUNT, "interest": interest + accrued // UNIT, "penalty": penalty // UNIT, "fee": 0}
    told = sent.events["LoanRepaid"]
    assert {name: told[name] for name in (*wanted, "state")} == {**wanted, "state": REPAID}
    stored = desk.stored(loan)
    balances = ("principal", "accrued", "principalDue", "interestDue", "penaltyDue", "penaltyAccrued", "oldestDue")
    assert [stored[name] for name in balances] == [0] * len(balances)


# ---------------------------------------------------------------- early principal


@pytest.mark.parametrize("product", [PLAIN_ANNUITY, KEPT_ANNUITY])
def test_early_principal_costs_its_fee_and_the_product_says_what_is_kept(desk, borrower, next_day, product):
    loan = desk.originated(product, maturity=desk.today + 365)
    today = next_day(3)
    count = len(desk.model(loan).due_dates)
    before = desk.stored(loan)
    amount = 12_345_678
    fee = int(Fraction(amount * FEE_RATE, WHOLE + FEE_RATE))
    left = AMOUNT - (amount - fee)
    sent = desk.book.repay(loan, amount, today, {"from": borrower})
    accrued = AMOUNT * RATE * 3
    expected = [
        event(
            "LoanCharged", loanId=loan, kind=FEE, posting=2, valueDate=today, amount=fee, feeDue=fee,
            penaltyDue=0, person=0,
        ),
        event(
            "LoanRepaid", loanId=loan, payer=borrower, posting=2, valueDate=today, principal=amount - fee, interest=0,
            penalty=0, fee=fee, outstanding=left, accrued=accrued, principalDue=0, interestDue=0, oldestDue=0,
            instalment=0, state=ACTIVE,
        ),
    ]  # fmt: skip
    instalment = before["instalmentAmount"]
    if product == KEPT_ANNUITY:
        instalment = annuity(left, RATE, 1, count)
        assert instalment < before["instalmentAmount"]
        expected.append(event("InstalmentFixed", loanId=loan, valueDate=today, instalmentAmount=instalment))
    expected.append(event("Transfer", **{"from": borrower, "to": ZERO_ADDRESS, "amount": amount}))
    assert_events(sent, *expected)
    stored = desk.stored(loan)
    assert (stored["principal"], stored["feeDue"], stored["instalmentAmount"]) == (left, 0, instalment)
    assert fee * WHOLE <= (AMOUNT - left) * FEE_RATE < (fee + 1) * (WHOLE + FEE_RATE)


@pytest.mark.parametrize("product", [PLAIN_ANNUITY, KEPT_ANNUITY])
def test_the_fee_goes_with_the_payment_that_it_was_charged_for(desk, borrower, next_day, product):
    """Once a payment on a fee and on principal is taken back, that fee is due again, the payment's own is not."""
    loan = desk.originated(product, maturity=desk.today + 365)
    before = desk.stored(loan)
    paid_on = next_day(3)
    desk.book.charge(loan, FEE, 7_00, paid_on, desk.by("collector"))
    told = desk.book.repay(loan, 12_345_678, paid_on, {"from": borrower}).events
    charged, paid = told["LoanCharged"]["amount"], told["LoanRepaid"]
    assert paid["fee"] == charged + 7_00
    most = paid["principal"] * FEE_RATE // WHOLE
    assert charged == int(Fraction((12_345_678 - 7_00) * FEE_RATE, WHOLE + FEE_RATE)) <= most

    def row(fee, kind=0):
        return (loan, 3, kind, borrower, paid["principal"], 0, 0, paid["fee"], 0, 0, 0, paid_on, fee)

    today = next_day(4)
    stored = desk.stored(loan)
    for wrong in (row(most + 1), row(paid["fee"] + 1), row(1, kind=1), row(1, kind=2)):
        desk.book.proposeReversal(wrong, desk.by("collector"))
        with reverts("LoanBook_NotReversible", loan, 3):
            desk.book.reverse(wrong, desk.by("approver"))
    assert desk.stored(loan) == stored
    buckets, wallet = desk.buckets(), desk.system.token.balanceOf(borrower)
    desk.book.proposeReversal(row(charged), desk.by("collector"))
    sent = desk.book.reverse(row(charged), desk.by("approver"))
    accrued = AMOUNT * RATE * 7
    assert_events(
        sent,
        event(
            "PostingReversed", loanId=loan, reversed=3, posting=4, valueDate=today, principal=paid["principal"],
            interest=0, penalty=0, fee=paid["fee"], outstanding=AMOUNT, accrued=accrued, principalDue=0, interestDue=0,
        ),
        event(
            "ReversalSettled", loanId=loan, reversed=3, kind=0, account=borrower, undrawn=0,
            instalmentAmount=before["instalmentAmount"], oldestDue=0, state=ACTIVE, maker=8, checker=5,
        ),
        event(
            "PrepaymentFeeDropped", loanId=loan, reversed=3, posting=4, valueDate=today, amount=charged, feeDue=7_00,
        ),
        event("Transfer", **{"from": ZERO_ADDRESS, "to": borrower, "amount": 12_345_678}),
    )  # fmt: skip
    changed = {"accrued": accrued, "accruedThrough": today, "feeDue": 7_00, "postings": 4}
    assert desk.stored(loan) == before | changed
    assert desk.buckets() == [*(value + paid["principal"] for value in buckets[:3]), *buckets[3:6],
                              buckets[6] + paid["principal"]]  # fmt: skip
    assert desk.system.token.balanceOf(borrower) == wallet + 12_345_678


def test_the_payoff_holds_the_fee_and_an_instalment_holds_none(desk, borrower, next_day):
    loan = desk.originated(PLAIN_ANNUITY, maturity=desk.today + 365)
    model = desk.model(loan)
    due = model.due_dates[0]
    until(desk, next_day, due)
    model.advance(due)
    instalment = model.principal_due + model.interest_due
    sent = desk.book.repay(loan, instalment, due, {"from": borrower})
    assert "LoanCharged" not in sent.events
    assert sent.events["LoanRepaid"]["fee"] == 0
    model.pay(instalment)
    today = next_day(4)
    model.advance(today)
    fee = model.principal * FEE_RATE // WHOLE
    payoff = desk.book.payoff(loan, today)
    assert payoff == model.payoff + fee
    sent = desk.book.repayInBatch([(loan, payoff)], today, desk.by("collector"))
    assert (sent.events["LoanRepaid"]["payer"], sent.events["LoanRepaid"]["fee"]) == (NOBODY, fee)
    assert desk.stored(loan)["state"] == REPAID


def test_fees_on_random_amounts_never_pass_the_rate(desk, borrower, next_day):
    """Whatever is paid early in parts, all fees together differ from the rate's share by at most a fen a part."""
    seed = 20261124
    print(f"seed {seed}")
    rng = random.Random(seed)
    loan = desk.originated(KEPT_ANNUITY, maturity=desk.today + 700)
    today = next_day(1)
    paid = fees = 0
    for _ in range(6):
        amount = rng.randrange(1, AMOUNT // 8)
        told = desk.book.repay(loan, amount, today, {"from": borrower}).events["LoanRepaid"]
        assert told["principal"] + told["fee"] == amount
        paid += told["principal"]
        fees += told["fee"]
    assert Fraction(paid * FEE_RATE, WHOLE) - 6 <= fees <= Fraction(paid * FEE_RATE, WHOLE) + 6
