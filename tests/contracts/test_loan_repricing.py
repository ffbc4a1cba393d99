"""Reference rates, and the loans that follow them."""

from __future__ import annotations

import random
from bisect import bisect_right
from itertools import accumulate

import pytest

from tests.contracts.expect import assert_events, event, fields_of, reverts
from tests.contracts.lending import (
    AMOUNT,
    ANNUITY,
    DEFAULTED,
    DRAWDOWN,
    EPOCH,
    LINEAR,
    NOBODY,
    PAYMENT,
    Desk,
    annuity,
    months_after,
    schedule,
)
from tests.contracts.test_loan_book_back_value import allow
from tests.contracts.test_loan_terms import past_loan, take_in

DATA_PROVIDER, RISK_OFFICER = 10, 3
INDEX = 1
YEARLY, MONTHLY, ONCE, BELOW = 1, 2, 3, 4
LPR, SPREAD = 31_000_000, 12_500_000
UNLIKELY_TO_PAY = 1


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    """Products that follow an index: repriced yearly, monthly, never, and monthly far below it; one fixing of today."""
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer(YEARLY, loan_type=ANNUITY)
    desk.serve(YEARLY, index=INDEX, spread=SPREAD, reprice_months=12)
    desk.offer(MONTHLY, cycle_months=1)
    desk.serve(MONTHLY, index=INDEX, spread=SPREAD, reprice_months=1, overdue_markup=500_000_000, triggers=31)
    desk.offer(ONCE)
    desk.serve(ONCE, index=INDEX, spread=SPREAD)
    desk.offer(BELOW)
    desk.serve(BELOW, index=INDEX, spread=-40_000_000, reprice_months=1)
    fix(desk, desk.today, LPR)
    return desk


def fix(desk, day, value, by="data_provider"):
    return desk.book.setFixing(INDEX, day, value, desk.by(by))


def reprice(desk, loan):
    return desk.book.reprice(loan, desk.by("collector"))


# ---------------------------------------------------------------- fixings


@pytest.mark.parametrize(("by", "person"), [("data_provider", DATA_PROVIDER), ("risk_officer", RISK_OFFICER)])
def test_a_fixing_is_told_and_kept(desk, by, person):
    day = desk.today
    sent = desk.book.setFixing(2, day - 3, -1_234, desk.by(by))
    assert_events(sent, event("FixingSet", index=2, day=day - 3, value=-1_234, person=person))
    assert tuple(desk.book.fixingOn(2, day - 3)) == tuple(desk.book.fixingOn(2, day + 999)) == (day - 3, -1_234)
    assert tuple(desk.book.fixingOn(INDEX, day)) == (day, LPR)


def test_the_fixing_in_force_is_the_last_one_by_a_day(desk):
    """Against a list, at every boundary, for 1 to 40 fixings."""
    seed = 20_240_318
    draw = random.Random(seed)
    days = list(accumulate([desk.today - 4_000, *(draw.randint(1, 90) for _ in range(39))]))
    values = [draw.randint(-(10**9), 10**9) for _ in days]
    for count, (day, value) in enumerate(zip(days, values, strict=True), start=1):
        desk.book.setFixing(9, day, value, desk.by("data_provider"))
        if count in (1, 2, 3, 7, 8, 39, 40):
            for probe in sorted({near for one in days[:count] for near in (one - 1, one, one + 1)}):
                at = bisect_right(days[:count], probe)
                if at:
                    found = tuple(desk.book.fixingOn(9, probe))
                    assert found == (days[at - 1], values[at - 1]), (seed, count, probe)
    with reverts("LoanBook_FixingMissing", 9, days[0] - 1):
        desk.book.fixingOn(9, days[0] - 1)


def test_a_fixing_is_never_overwritten_nor_foretold(desk):
    day = desk.today
    for wrong in (day, day - 1, 1):
        with reverts("LoanBook_FixingDayInvalid", INDEX, wrong, day + 1, day):
            fix(desk, wrong, LPR + 1)
    with reverts("LoanBook_FixingDayInvalid", 5, day + 1, 1, day):
        desk.book.setFixing(5, day + 1, 0, desk.by("data_provider"))
    with reverts("LoanBook_FixingDayInvalid", 5, 0, 1, day):
        desk.book.setFixing(5, 0, 0, desk.by("data_provider"))
    assert tuple(desk.book.fixingOn(INDEX, day)) == (day, LPR)


@pytest.mark.parametrize(("index", "value"), [(0, 1), (1, 10**9 + 1), (1, -(10**9) - 1), (1, 2**39 - 1)])
def test_absurd_fixings_are_refused(desk, index, value):
    with reverts("LoanBook_FixingInvalid", index, value):
        desk.book.setFixing(index, desk.today, value, desk.by("data_provider"))


# ---------------------------------------------------------------- the rate of an application


def test_an_application_carries_the_rate_of_its_index(desk):
    for wrong in (LPR + SPREAD - 1, LPR + SPREAD + 1, LPR, 0):
        with reverts("LoanBook_RateNotIndexed", wrong, LPR + SPREAD):
            desk.applied(YEARLY, rate=wrong)
    assert desk.stored(desk.applied(YEARLY, rate=LPR + SPREAD))["rate"] == LPR + SPREAD
    with reverts("LoanBook_RateNotIndexed", 1, 0):  # 3.1 % less 4 %
        desk.applied(BELOW, rate=1)
    assert desk.stored(desk.applied(BELOW, rate=0))["rate"] == 0


def test_an_index_without_a_fixing_prices_nothing(desk):
    desk.offer(5)
    desk.serve(5, index=77)
    with reverts("LoanBook_FixingMissing", 77, desk.today):
        desk.applied(5)


def test_the_product_s_cap_stands_above_the_index(desk):
    desk.offer(6, max_rate=LPR)
    desk.serve(6, index=INDEX, spread=SPREAD)
    with reverts("LoanBook_RateInvalid", LPR + SPREAD, LPR):
        desk.applied(6, rate=LPR + SPREAD)


# ---------------------------------------------------------------- repricing


def test_an_annuity_goes_on_at_the_new_rate(desk, next_day):
    """Interest to the day at the old rate, from it at the new; the instalment anew over what remains."""
    loan = desk.originated(YEARLY, rate=LPR + SPREAD, maturity=months_after(desk.today, 36))
    model = desk.model(loan)
    model.instalment_amount = desk.stored(loan)["instalmentAmount"]
    day = months_after(model.start, 12)
    fix_day = day - 20
    next_day(fix_day - desk.today)
    fix(desk, fix_day, LPR + 5_000_000)
    model.advance(day)
    next_day(day - desk.today)
    before = desk.stored(loan)
    sent = reprice(desk, loan)
    rate = LPR + SPREAD + 5_000_000
    amount = annuity(model.principal - model.principal_due, rate, 3, 12 - 4)
    fallen = [one for one in sent.events if one.name == "InstalmentFellDue"]
    assert [one["dueDate"] for one in fallen] == schedule(model.start, model.maturity, 3)[:4]
    assert told(sent) == {
        "loanId": loan, "index": INDEX, "valueDate": day, "fixingDay": fix_day, "previousRate": LPR + SPREAD,
        "rate": rate, "accrued": model.accrued, "instalmentAmount": amount,
    }  # fmt: skip
    after = desk.stored(loan)
    assert after == before | {
        "rate": rate, "accrued": model.accrued, "accruedThrough": day, "instalmentAmount": amount, "instalment": 4,
        "principalDue": model.principal_due, "interestDue": model.interest_due, "oldestDue": model.oldest,
    }  # fmt: skip
    assert desk.book.careOf(loan)["repricedOn"] == day
    shown = desk.book.preview(loan, day + 30)
    assert shown["accrued"] == model.accrued + model.principal * rate * 30


def told(sent):
    return fields_of(sent, "LoanRepriced")


def test_a_day_earlier_is_too_early_and_later_is_as_on_the_day(desk, next_day):
    """Nothing is lost while nothing was posted: the rate is that of the day, not that of the call."""
    on_time, late = (desk.originated(MONTHLY, rate=LPR + SPREAD) for _ in range(2))
    day = months_after(desk.today, 1)
    next_day(day - 1 - desk.today)
    with reverts("LoanBook_RepricingNotDue", late, day):
        reprice(desk, late)
    fix(desk, day - 1, LPR + 1_000_000)
    next_day()
    reprice(desk, on_time)
    with reverts("LoanBook_RepricingNotDue", on_time, months_after(day, 1)):
        reprice(desk, on_time)
    next_day(5)
    fix(desk, day + 5, LPR + 9_000_000)  # after the day
    sent = reprice(desk, late)
    assert (told(sent)["valueDate"], told(sent)["rate"]) == (day, LPR + SPREAD + 1_000_000)
    assert desk.stored(late) == desk.stored(on_time) | {"start": desk.stored(late)["start"]}
    assert (
        desk.book.preview(late, day + 20)["accrued"] == AMOUNT * (LPR + SPREAD + 1_000_000) * 20 + told(sent)["accrued"]
    )


def test_a_payment_delays_a_new_rate_and_cannot_avert_it(desk, next_day, stranger):
    """A stranger's fen lets interest run past the day before anybody reprices: its rate holds from then on, once."""
    loan = desk.originated(MONTHLY, rate=LPR + SPREAD)
    start = desk.today
    day = months_after(start, 1)
    next_day(day - start)
    fix(desk, day, LPR + 1_000_000)
    next_day()
    desk.fund(stranger, 1)
    desk.book.repay(loan, 1, day + 1, {"from": stranger})
    next_day(3)
    fix(desk, day + 4, LPR + 9_000_000)  # after the day
    before = desk.stored(loan)
    sent = reprice(desk, loan)
    assert told(sent) == {
        "loanId": loan, "index": INDEX, "valueDate": day + 1, "fixingDay": day, "previousRate": LPR + SPREAD,
        "rate": LPR + SPREAD + 1_000_000, "accrued": before["accrued"], "instalmentAmount": 0,
    }  # fmt: skip
    assert desk.stored(loan) == before | {"rate": LPR + SPREAD + 1_000_000}
    following = months_after(start, 2)
    with reverts("LoanBook_RepricingNotDue", loan, following):
        reprice(desk, loan)
    next_day(following - desk.today)
    assert (told(reprice(desk, loan))["valueDate"], desk.stored(loan)["rate"]) == (following, LPR + SPREAD + 9_000_000)


def test_a_fixing_lifts_no_loan_above_its_product_s_cap(desk, next_day):
    desk.offer(7, cycle_months=1, max_rate=LPR + SPREAD + 500)
    desk.serve(7, index=INDEX, spread=SPREAD, reprice_months=1)
    loan = desk.originated(7, rate=LPR + SPREAD)
    next_day(months_after(desk.today, 1) - desk.today)
    fix(desk, desk.today, 10**9)
    reprice(desk, loan)
    assert desk.stored(loan)["rate"] == LPR + SPREAD + 500


def test_no_payment_dates_from_before_the_last_repricing(desk, next_day, borrower):
    """Another rate held then: what the payment would have spared is known from the repricing on."""
    loan = desk.originated(MONTHLY, rate=LPR + SPREAD)
    day = months_after(desk.today, 1)
    next_day(day - desk.today)
    fix(desk, day, LPR + 20_000_000)
    reprice(desk, loan)
    desk.fund(borrower, AMOUNT)
    today = next_day(5)
    desk.book.repay(loan, 1, today, {"from": borrower})
    before = desk.stored(loan)
    amount = before["interestDue"] + 30_000
    allow(desk, loan, borrower, day - 2)
    with reverts("LoanBook_ValueDateBeforeAccrual", loan, day - 2, day):
        desk.book.repay(loan, amount, day - 2, {"from": borrower})
    assert desk.stored(loan) == before
    allow(desk, loan, borrower, day)
    sent = desk.book.repay(loan, amount, day, {"from": borrower})
    spared = 30_000 * (LPR + SPREAD + 20_000_000) * 5
    assert fields_of(sent, "PaymentBackValued")["interest"] == spared
    after = desk.stored(loan)
    assert (after["principal"], after["accrued"]) == (AMOUNT - 30_000, before["accrued"] - spared)


def reversed_posting(desk, loan, posting, kind, account, day, *, principal, interest=0, instalment=0):
    """Take back a posting of principal and interest: all of it had fallen due where an instalment is named."""
    due = (principal, interest, instalment) if instalment else (0, 0, 0)
    row = (loan, posting, kind, account, principal, interest, 0, 0, *due, day, 0)
    desk.book.proposeReversal(row, desk.by("collector"))
    return desk.book.reverse(row, desk.by("approver"))


def repriced(desk, next_day, loans, months, value):
    """Reprice loans so many months after their start, on a fixing of the day."""
    day = months_after(desk.stored(loans[0])["start"], months)
    next_day(day - desk.today)
    fix(desk, day, value)
    for loan in loans:
        reprice(desk, loan)
    return day


@pytest.mark.parametrize("kind", [PAYMENT, DRAWDOWN])
def test_a_reversal_takes_back_interest_at_the_rates_of_the_days(desk, next_day, borrower, kind):
    """After two repricings the loan owes what one owes that was never paid, or drawn on again."""
    never, loan = (desk.approved(MONTHLY, rate=LPR + SPREAD) for _ in range(2))
    for one in (never, loan):
        desk.draw(one, 70_000_000)
    day = next_day(20)
    if kind == PAYMENT:
        desk.book.repayInBatch([(loan, 1_234_567)], day, desk.by("collector"))
    else:
        desk.draw(loan, 1_234_567)
    repriced(desk, next_day, (never, loan), 1, LPR + 7_000_000)
    repriced(desk, next_day, (never, loan), 2, LPR - 5_000_000)
    today = next_day(9)
    account = NOBODY if kind == PAYMENT else borrower
    reversed_posting(desk, loan, 2, kind, account, day, principal=1_234_567)
    desk.book.repayInBatch([(never, 1)], today, desk.by("collector"))
    kept, back = desk.stored(never), desk.stored(loan)
    unit = 360 * 10**9
    owed = [one["interestDue"] * unit + one["accrued"] for one in (kept, back)]
    assert owed[1] - owed[0] == unit  # the fen that the other has paid
    names = ("principal", "rate", "accruedThrough", "oldestDue", "principalDue", "undrawn", "instalment")
    assert {name: back[name] for name in names} == {name: kept[name] for name in names}


def test_arrears_owed_again_bear_penalty_at_the_rates_of_the_days(desk, next_day):
    desk.offer(8, loan_type=LINEAR, cycle_months=3)
    desk.serve(
        8, index=INDEX, spread=SPREAD, reprice_months=1, overdue_markup=500_000_001, compounds=1, grace_days=25,
    )  # fmt: skip
    never, loan = (desk.originated(8, rate=LPR + SPREAD) for _ in range(2))
    for months in (1, 2, 3):
        due = repriced(desk, next_day, (never, loan), months, LPR + 3_000_001)
    dues = desk.stored(loan)
    principal, interest = dues["principalDue"], dues["interestDue"]
    desk.book.repayInBatch([(loan, principal + interest)], due, desk.by("collector"))
    repriced(desk, next_day, (never, loan), 4, LPR + 9_000_002)
    repriced(desk, next_day, (never, loan), 5, LPR - 8_000_003)
    today = next_day(9)
    posting = desk.stored(loan)["postings"]
    reversed_posting(
        desk, loan, posting, PAYMENT, NOBODY, due, principal=principal, interest=interest, instalment=1
    )  # fmt: skip
    assert desk.book.preview(loan, today).dict() | {"postings": 0} == desk.book.preview(never, today).dict() | {
        "postings": 0
    }
    assert desk.stored(loan)["penaltyDue"] > 0


def test_rates_ended_by_the_last_five_repricings_are_known(desk, next_day):
    """Of a sixth change the first is forgotten: a posting of the day before it is not reversed, one of that day is."""
    loan = desk.originated(MONTHLY, rate=LPR + SPREAD)
    early = next_day(months_after(desk.today, 1) - desk.today - 1)
    desk.book.repayInBatch([(loan, 1_000_000)], early, desk.by("collector"))
    for months in range(1, 7):
        day = repriced(desk, next_day, (loan,), months, LPR + 1_000_000 * months)
        if months == 1:
            first, posting = day, desk.stored(loan)["postings"] + 1
            interest = desk.stored(loan)["interestDue"]
            desk.book.repayInBatch([(loan, 2_000_000 + interest)], first, desk.by("collector"))
    before = desk.stored(loan)
    row = (loan, 2, PAYMENT, NOBODY, 1_000_000, 0, 0, 0, 0, 0, 0, early, 0)
    with reverts("LoanBook_RateForgotten", loan, early, first):
        desk.book.proposeReversal(row, desk.by("collector"))
    assert desk.stored(loan) == before
    total = before["interestDue"] * 360 * 10**9 + before["accrued"]
    reversed_posting(desk, loan, posting, PAYMENT, NOBODY, first, principal=2_000_000)
    after = desk.stored(loan)
    days = [months_after(before["start"], months) for months in range(1, 7)]
    rates = [LPR + SPREAD + 1_000_000 * months for months in range(1, 6)]
    stopped = sum(rate * (to - since) for rate, since, to in zip(rates, days, days[1:], strict=False))
    assert after["interestDue"] * 360 * 10**9 + after["accrued"] == total + 2_000_000 * stopped


def test_repricing_days_keep_to_the_start_s_day_of_the_month(desk, next_day):
    """From the 31st: the last of a shorter month, and the 31st again after it."""
    ends = next(day for day in range(desk.today, desk.today + 400) if month_of(day) == (12, 31))
    next_day(ends - desk.today)
    loan = desk.originated(MONTHLY, rate=LPR + SPREAD)
    for months in range(1, 5):
        day = months_after(ends, months)
        next_day(day - desk.today)
        fix(desk, day, LPR + months)
        assert told(reprice(desk, loan))["valueDate"] == day
        assert desk.stored(loan)["rate"] == LPR + SPREAD + months


def month_of(day):
    date = EPOCH.fromordinal(EPOCH.toordinal() + day)
    return date.month, date.day


def test_no_rate_is_below_zero(desk, next_day):
    """The sum of index and spread is; the loan's rate stops at zero, and comes back with the index."""
    loan = desk.originated(BELOW, rate=0)
    start = desk.today
    for months, value, rate in ((1, -900_000_000, 0), (2, 40_000_000, 0), (3, 40_000_001, 1)):
        day = months_after(start, months)
        next_day(day - desk.today)
        fix(desk, day, value)
        reprice(desk, loan)
        assert desk.stored(loan)["rate"] == rate
    assert desk.stored(loan)["accrued"] == 0


def test_arrears_and_default_are_repriced_too(desk, next_day):
    """Penalty interest to the day is by the old rate."""
    loan = desk.originated(MONTHLY, rate=LPR + SPREAD, maturity=months_after(desk.today, 24))
    start = desk.today
    first, second = months_after(start, 1), months_after(start, 2)
    next_day(first - start)
    reprice(desk, loan)
    desk.book.declareDefault(loan, UNLIKELY_TO_PAY, desk.by("risk_officer"))
    next_day(second - first)
    fix(desk, second, LPR * 2)
    reprice(desk, loan)
    stored = desk.stored(loan)
    assert (stored["state"], stored["rate"], stored["accruedThrough"]) == (DEFAULTED, 2 * LPR + SPREAD, second)
    assert stored["interestDue"] == AMOUNT * (LPR + SPREAD) * (second - start) // (360 * 10**9)


def test_what_is_never_repriced_says_so(desk, next_day):
    once = desk.originated(ONCE, rate=LPR + SPREAD)
    short = desk.originated(YEARLY, rate=LPR + SPREAD, maturity=desk.today + 100)
    desk.offer(8)
    plain = desk.originated(8)
    next_day(40)
    for loan in (once, short, plain):
        with reverts("LoanBook_RepricingNotDue", loan, 0):
            reprice(desk, loan)
    with reverts("LoanBook_Unknown", 999):
        reprice(desk, 999)


def test_a_loan_of_the_opening_book_keeps_to_its_own_anniversaries(desk, next_day):
    """Those before the import are past; the next is repriced as ever."""
    start = months_after(desk.today, -30)
    loan, row = past_loan(desk, 1, product=YEARLY, start=start, maturity=months_after(start, 72))
    take_in(desk, [row])
    with reverts("LoanBook_AccruedBeyondRepricing", loan, months_after(start, 12), desk.today):
        reprice(desk, loan)
    day = months_after(start, 36)
    next_day(day - desk.today)
    assert told(reprice(desk, loan))["valueDate"] == day
    assert desk.stored(loan)["rate"] == LPR + SPREAD
    missed = months_after(start, 48)
    next_day(missed + 3 - desk.today)
    desk.book.repayInBatch([(loan, 1)], desk.today, desk.by("collector"))
    assert told(reprice(desk, loan))["valueDate"] == missed + 3


def test_the_whole_book_s_interest_follows(desk, next_day):
    """What all loans owe is the sum of what each owes, before and after, to less than a fen a loan."""
    loans = [desk.originated(product, rate=LPR + SPREAD) for product in (YEARLY, MONTHLY, ONCE)]
    day = months_after(desk.today, 1)
    next_day(day - desk.today)
    fix(desk, day, LPR + 20_000_000)
    reprice(desk, loans[1])
    for later in (day, day + 100):
        owed = [desk.book.preview(loan, later) for loan in loans]
        total = sum(one["accrued"] + one["interestDue"] * 360 * 10**9 for one in owed)
        assert desk.book.interestReceivable(later) == total // (360 * 10**9)
