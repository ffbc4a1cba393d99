"""Money coming in: due dates, waterfalls, arrears, batches, back value, expired earmarks, and the right to repay."""

from __future__ import annotations

import datetime as dt
import random
from itertools import pairwise

import pytest
from brownie import ZERO_ADDRESS, web3
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from scripts.roles import PEOPLE, Role
from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.lending import (
    ACTIVE,
    AMOUNT,
    ANNUITY,
    BULLET,
    EPOCH,
    FEE,
    FEES_FIRST,
    LINEAR,
    NOBODY,
    PENALTY,
    PRINCIPAL_FIRST,
    RATE,
    REPAID,
    Desk,
    agrees,
    months_after,
)

APPROVER, COLLECTOR = 5, 8  # the people's numbers
LAST_FREE, LAST = 60_000, 65_535  # postings


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer()
    desk.fund(borrower, 100 * AMOUNT)
    return desk


def until(desk, next_day, day):
    """Open the business day `day`."""
    next_day(day - desk.today)


# ---------------------------------------------------------------- one payment


def test_an_instalment_paid_on_its_day_falls_due_and_is_paid_in_one_posting(desk, borrower, next_day):
    loan = desk.originated()
    model = desk.model(loan)
    day = model.due_dates[0]
    until(desk, next_day, day)
    model.advance(day)
    interest = model.interest_due
    assert interest == AMOUNT * RATE * (day - model.start) // (360 * 10**9)
    before, wallet = desk.buckets(), desk.system.token.balanceOf(borrower)
    model.pay(interest)
    sent = desk.book.repay(loan, interest, day, {"from": borrower})
    assert_events(
        sent,
        event(
            "LoanRepaid",
            loanId=loan,
            payer=borrower,
            posting=2,
            valueDate=day,
            principal=0,
            interest=interest,
            penalty=0,
            fee=0,
            outstanding=AMOUNT,
            accrued=model.accrued,
            principalDue=0,
            interestDue=0,
            oldestDue=0,
            instalment=1,
            state=ACTIVE,
        ),
        event("Transfer", **{"from": borrower, "to": ZERO_ADDRESS, "amount": interest}),
    )
    agrees(desk.stored(loan), model)
    assert tuple(desk.book.obligationOf(loan, 1)) == (0, 0, 0)
    assert desk.buckets() == before
    assert desk.system.token.balanceOf(borrower) == wallet - interest


def test_a_prepayment_lowers_principal_and_every_bucket(desk, borrower, next_day):
    loan = desk.originated()
    model = desk.model(loan)
    day = next_day(10)
    before = desk.buckets()
    model.advance(day)
    model.pay(30_000)
    sent = desk.book.repay(loan, 30_000, day, {"from": borrower})
    told = sent.events["LoanRepaid"]
    assert (told["principal"], told["interest"], told["outstanding"]) == (30_000, 0, AMOUNT - 30_000)
    agrees(desk.stored(loan), model)
    assert desk.buckets() == [*(value - 30_000 for value in before[:3]), *before[3:6], before[6] - 30_000]


def test_i5_the_payoff_closes_the_loan_and_leaves_nothing(desk, borrower, next_day):
    loan = desk.originated()
    model = desk.model(loan)
    day = next_day(37)
    model.advance(day)
    owed = model.payoff
    assert desk.book.payoff(loan, day) == owed
    with reverts("LoanBook_Overpayment", loan, owed + 1, owed):
        desk.book.repay(loan, owed + 1, day, {"from": borrower})
    with reverts("LoanBook_AmountInvalid", loan, 0, owed):
        desk.book.repay(loan, 0, day, {"from": borrower})
    sent = desk.book.repay(loan, owed, day, {"from": borrower})
    assert sent.events["LoanRepaid"]["state"] == REPAID
    assert dict(sent.events["LoanClosed"]) == {"loanId": loan, "valueDate": day}
    stored = desk.stored(loan)
    owing = ("principal", "accrued", "principalDue", "interestDue", "oldestDue", "penaltyDue", "feeDue", "undrawn")
    assert [stored[name] for name in owing] == [0] * len(owing)
    assert desk.book.payoff(loan, day) == 0
    with reverts("LoanBook_WrongState", loan, REPAID):
        desk.book.repay(loan, 1, day, {"from": borrower})


def test_a_fen_paid_just_before_does_not_stop_a_payoff(desk, borrower, outsiders, treasurer, next_day):
    """Whoever pays first only spares the borrower what he pays."""
    loan = desk.originated()
    day = next_day(37)
    owed = desk.book.payoff(loan, day)
    stranger = outsiders[3]
    desk.system.token.fund(stranger, 1, {"from": treasurer})
    desk.book.repay(loan, 1, day, {"from": stranger})
    with reverts("LoanBook_Overpayment", loan, owed, owed - 1):
        desk.book.repay(loan, owed, day, {"from": borrower})
    wallet = desk.system.token.balanceOf(borrower)
    sent = desk.book.payOff(loan, owed, day, {"from": borrower})
    told = sent.events["LoanRepaid"]
    parts = [told[name] for name in ("principal", "interest", "penalty", "fee")]
    assert (told["payer"], sum(parts), told["outstanding"], told["state"]) == (borrower, owed - 1, 0, REPAID)
    assert dict(sent.events["LoanClosed"]) == {"loanId": loan, "valueDate": day}
    assert desk.system.token.balanceOf(borrower) == wallet - (owed - 1)
    assert desk.book.payoff(loan, day) == 0
    with reverts("LoanBook_WrongState", loan, REPAID):
        desk.book.payOff(loan, owed, day, {"from": borrower})


def test_a_payoff_takes_no_more_than_the_payer_allows_and_no_earlier_day_unallowed(desk, borrower, collector, next_day):
    loan = desk.originated()
    day = next_day(37)
    owed = desk.book.payoff(loan, day)
    desk.book.charge(loan, FEE, 7, day, {"from": collector})
    before = desk.stored(loan), desk.system.token.balanceOf(borrower)
    with reverts("LoanBook_PayoffAbove", loan, owed + 7, owed):
        desk.book.payOff(loan, owed, day, {"from": borrower})
    with reverts("LoanBook_BackValueNotAuthorised", day - 1, day):
        desk.book.payOff(loan, owed + 7, day - 1, {"from": borrower})
    assert (desk.stored(loan), desk.system.token.balanceOf(borrower)) == before
    desk.book.payOff(loan, owed + 7, day, {"from": borrower})
    assert desk.stored(loan)["state"] == REPAID


@pytest.fixture(scope="module")
def post(desk):
    """A function that sets a loan's count of postings in the contract's storage, as only a development chain can."""

    def set_postings(loan: int, postings: int) -> None:
        stored = desk.stored(loan)
        wanted = tuple(stored[name] for name in ("principal", "undrawn", "accrued", "accruedThrough", "postings"))
        found = []
        for mapping in range(50):
            slot = keccak(encode(["uint64", "uint256"], [loan, mapping]))
            word = int.from_bytes(web3.eth.get_storage_at(desk.book.address, int.from_bytes(slot, "big")), "big")
            fields = ((0, 47), (47, 47), (94, 92), (186, 16), (202, 16))
            if tuple((word >> low) & ((1 << width) - 1) for low, width in fields) == wanted:
                found.append((slot, word))
        ((slot, word),) = found
        word += (postings - stored["postings"]) << 202
        request = [desk.book.address, "0x" + slot.hex(), f"0x{word:064x}"]
        answer = web3.provider.make_request("evm_setAccountStorageAt", request)
        assert "error" not in answer, answer
        assert desk.stored(loan) == {**stored, "postings": postings}

    return set_postings


def test_a_deposit_pays_no_part_once_the_numbers_run_low(desk, post, stranger):
    loan, other = desk.originated(), desk.originated()
    desk.fund(stranger, 3 * AMOUNT)
    post(loan, LAST_FREE - 1)
    desk.book.repay(loan, 1, desk.today, {"from": stranger})
    before = desk.stored(loan)
    assert before["postings"] == LAST_FREE
    for part in (1, AMOUNT - 2):
        with reverts("LoanBook_PostingsExhausted", loan, LAST_FREE):
            desk.book.repay(loan, part, desk.today, {"from": stranger})
    assert desk.stored(loan) == before
    desk.book.repayInBatch([(loan, 5)], desk.today, desk.by("collector"))  # a collector's has no payer
    assert (desk.stored(loan)["postings"], desk.stored(loan)["principal"]) == (LAST_FREE + 1, AMOUNT - 6)
    sent = desk.book.repay(loan, AMOUNT - 6, desk.today, {"from": stranger})
    assert (sent.events["LoanRepaid"]["posting"], sent.events["LoanRepaid"]["state"]) == (LAST_FREE + 2, REPAID)
    desk.book.repay(other, 1, desk.today, {"from": stranger})  # another loan's numbers are its own


def test_the_last_number_is_used_and_then_nothing_is_taken(desk, post, stranger):
    loan = desk.originated()
    desk.fund(stranger, 2 * AMOUNT)
    post(loan, LAST - 1)
    sent = desk.book.repayInBatch([(loan, 5)], desk.today, desk.by("collector"))
    assert sent.events["LoanRepaid"]["posting"] == LAST
    before = desk.stored(loan)
    for act in (
        lambda: desk.book.repay(loan, AMOUNT - 5, desk.today, {"from": stranger}),
        lambda: desk.book.repayInBatch([(loan, 5)], desk.today, desk.by("collector")),
        lambda: desk.book.charge(loan, FEE, 1, desk.today, desk.by("collector")),
    ):
        with reverts("LoanBook_PostingsExhausted", loan, LAST):
            act()
    assert desk.stored(loan) == before
    assert desk.system.token.balanceOf(stranger) == 2 * AMOUNT


def test_i38_anyone_may_repay_in_full_while_acts_are_paused(desk, stranger, next_day, guardian):
    loan = desk.originated()
    day = next_day(5)
    desk.fund(stranger, 2 * AMOUNT)
    desk.system.authority.pause(3_600, {"from": guardian})
    sent = desk.book.repay(loan, desk.book.payoff(loan, day), day, {"from": stranger})
    assert sent.events["LoanRepaid"]["payer"] == stranger
    assert desk.stored(loan)["state"] == REPAID


def test_a_payment_above_the_payers_deposit_changes_nothing(desk, stranger):
    loan = desk.originated()
    before = desk.stored(loan)
    with pytest.raises(Exception, match="InsufficientBalance"):
        desk.book.repay(loan, 1_000, desk.today, {"from": stranger})
    assert desk.stored(loan) == before


# ---------------------------------------------------------------- arrears


def test_a_missed_instalment_is_told_remembered_and_ages(desk, next_day, stranger):
    loan = desk.originated()
    model = desk.model(loan)
    due = model.due_dates[0]
    until(desk, next_day, due)
    desk.book.classify(loan, {"from": stranger})
    assert desk.stored(loan)["instalment"] == 0  # due today is not overdue
    until(desk, next_day, due + 1)
    model.advance(due)
    sent = desk.book.classify(loan, {"from": stranger})
    assert_events(
        sent,
        event(
            "InstalmentFellDue",
            loanId=loan,
            instalment=1,
            dueDate=due,
            principal=0,
            interest=model.interest_due,
            principalDue=0,
            interestDue=model.interest_due,
            oldestDue=due,
            accrued=model.accrued,
        ),
        event("LoanClassified", loanId=loan, category=2, previous=1, daysPastDue=1, reason=0, valueDate=due + 1),
    )
    agrees(desk.stored(loan), model)
    assert tuple(desk.book.obligationOf(loan, 1)) == (due, 0, model.interest_due)


@pytest.mark.parametrize("waterfall", [FEES_FIRST, PRINCIPAL_FIRST])
@pytest.mark.parametrize("loan_type", [LINEAR, ANNUITY])
def test_the_oldest_unpaid_day_moves_exactly_as_payments_clear_obligations(
    desk, borrower, next_day, loan_type, waterfall
):
    """Three instalments missed, cleared by payments that end inside, at, and one fen short of an obligation."""
    desk.offer(2, loan_type=loan_type, cycle_months=1, waterfall=waterfall)
    loan = desk.originated(2)
    model = desk.model(loan)
    until(desk, next_day, model.due_dates[2] + 5)
    day = desk.today
    model.advance(day)
    first = sum(model.unpaid[0][1:])
    amounts = [first - 1, 1, first // 3, model.principal_due // 2, 7]
    for amount in amounts:
        model.pay(amount)
        told = desk.book.repay(loan, amount, day, {"from": borrower}).events["LoanRepaid"]
        assert told["oldestDue"] == model.oldest
        agrees(desk.stored(loan), model)
    rest = model.principal_due + model.interest_due
    model.pay(rest)
    desk.book.repay(loan, rest, day, {"from": borrower})
    agrees(desk.stored(loan), model)
    assert model.oldest == 0


@pytest.mark.parametrize("waterfall", [FEES_FIRST, PRINCIPAL_FIRST])
def test_waterfalls_conserve_money_and_keep_their_order(desk, borrower, next_day, waterfall):
    desk.offer(2, loan_type=LINEAR, cycle_months=1, waterfall=waterfall)
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(3):
        loan = desk.originated(2)
        model = desk.model(loan)
        until(desk, next_day, model.due_dates[1] + chance.randrange(20))
        day = desk.today
        model.advance(day)
        model.fee, model.penalty = chance.randrange(1, 10**4), chance.randrange(1, 10**4)
        desk.book.charge(loan, FEE, model.fee, day, desk.by("collector"))
        desk.book.charge(loan, PENALTY, model.penalty, day, desk.by("collector"))
        dues = {
            "fee": model.fee,
            "penalty": model.penalty,
            "interest": model.interest_due,
            "principal": model.principal_due,
        }
        order = list(dues) if waterfall == FEES_FIRST else ["principal", "interest", "penalty", "fee"]
        cuts = sorted(chance.randrange(1, sum(dues.values()) + 10**5) for _ in range(4))
        for amount in (after - before for before, after in pairwise([0, *cuts]) if after > before):
            split = model.pay(amount)
            told = desk.book.repay(loan, amount, day, {"from": borrower}).events["LoanRepaid"]
            found = {kind: told[kind] for kind in ("principal", "interest", "penalty", "fee")}
            assert found == split
            assert sum(found.values()) == amount
            for earlier, later in pairwise(order):
                assert dues[earlier] == split[earlier] or split[later] == 0 or sum(dues.values()) < amount
            dues = {kind: max(0, owed - split[kind]) for kind, owed in dues.items()}
            agrees(desk.stored(loan), model)


def test_a_charge_is_a_posting_that_names_what_is_due(desk, next_day):
    loan = desk.originated()
    day = next_day(2)
    sent = desk.book.charge(loan, PENALTY, 77, day, desk.by("collector"))
    assert_events(
        sent,
        event(
            "LoanCharged",
            loanId=loan,
            kind=PENALTY,
            posting=2,
            valueDate=day,
            amount=77,
            feeDue=0,
            penaltyDue=77,
            person=COLLECTOR,
        ),
    )
    with reverts("LoanBook_AmountInvalid", loan, 0, 2**47 - 1 - 77):
        desk.book.charge(loan, PENALTY, 0, day, desk.by("collector"))
    with reverts("LoanBook_AmountInvalid", loan, 2**47, 2**47 - 1):
        desk.book.charge(loan, FEE, 2**47, day, desk.by("collector"))
    stored = desk.stored(loan)
    assert (stored["penaltyDue"], stored["feeDue"], stored["principal"]) == (77, 0, AMOUNT)


# ---------------------------------------------------------------- batches


def test_a_batch_books_each_payment_and_moves_the_buckets_once_for_each_customer(desk, make_customer, next_day):
    other = make_customer(grade=4)
    loans = [desk.originated(), desk.originated(), desk.originated(customer=other), desk.originated()]
    day = next_day(4)
    before, theirs = desk.buckets(), desk.system.policy.bucketOf(0, other)["exposure"]
    amounts = [1_000, 200, 30, 4]
    sent = desk.book.repayInBatch(list(zip(loans, amounts, strict=True)), day, desk.by("collector"))
    told = [(one["loanId"], one["payer"], one["principal"], one["outstanding"]) for one in sent.events["LoanRepaid"]]
    assert told == [(loan, NOBODY, paid, AMOUNT - paid) for loan, paid in zip(loans, amounts, strict=True)]
    assert [one["posting"] for one in sent.events["LoanRepaid"]] == [2] * 4
    after = desk.buckets()
    assert after[0] == before[0] - 1_204
    assert after[1:3] == [value - 1_234 for value in before[1:3]]
    assert after[6] == before[6] - 1_234
    assert desk.system.policy.bucketOf(0, other)["exposure"] == theirs - 30


def test_the_same_loan_may_be_paid_twice_in_a_batch(desk, next_day):
    loan = desk.originated()
    day = next_day(1)
    desk.book.repayInBatch([(loan, 5), (loan, 6)], day, desk.by("collector"))
    stored = desk.stored(loan)
    assert (stored["principal"], stored["postings"]) == (AMOUNT - 11, 3)


def test_one_bad_payment_books_none_of_the_batch(desk):
    loan = desk.originated()
    before = desk.stored(loan)
    with reverts("LoanBook_Unknown", 999):
        desk.book.repayInBatch([(loan, 5), (999, 1)], desk.today, desk.by("collector"))
    assert desk.stored(loan) == before


# ---------------------------------------------------------------- back value


def _allow(desk, posting, day):
    desk.book.proposeBackValue(posting, day, desk.by("collector"))
    return desk.book.authoriseBackValue(posting, day, desk.by("approver"))


def test_a_back_valued_payment_needs_a_second_signer_and_uses_it_up(desk, borrower, stranger, next_day):
    loan = desk.originated()
    model = desk.model(loan)
    next_day(10)
    day, back = desk.today, desk.today - 4
    posting = desk.book.postingHash(loan, borrower)
    with reverts("LoanBook_BackValueNotAuthorised", back, day):
        desk.book.repay(loan, 500, back, {"from": borrower})
    with reverts("LoanBook_NotProposed", 0):
        desk.book.authoriseBackValue(posting, back, desk.by("approver"))
    sent = _allow(desk, posting, back)
    assert_events(
        sent,
        event("BackValueAuthorised", posting=str(posting), valueDate=back, maker=COLLECTOR, checker=APPROVER),
    )
    desk.fund(stranger, 1_000)
    with reverts("LoanBook_BackValueNotAuthorised", back, day):
        desk.book.repay(loan, 1, back, {"from": stranger})
    model.advance(back)
    model.pay(500)
    told = desk.book.repay(loan, 500, back, {"from": borrower}).events["LoanRepaid"]
    assert told["valueDate"] == back
    agrees(desk.stored(loan), model)
    with reverts("LoanBook_BackValueNotAuthorised", back, day):
        desk.book.repay(loan, 500, back, {"from": borrower})


def test_a_back_valued_batch_is_allowed_as_it_is_written(desk, next_day):
    loan = desk.originated()
    next_day(6)
    day, back = desk.today, desk.today - 2
    payments = [(loan, 10), (loan, 20)]
    _allow(desk, desk.book.batchHash(payments), back)
    with reverts("LoanBook_BackValueNotAuthorised", back, day):
        desk.book.repayInBatch([(loan, 10), (loan, 21)], back, desk.by("collector"))
    desk.book.repayInBatch(payments, back, desk.by("collector"))
    assert desk.stored(loan)["accruedThrough"] == back


def test_i30_back_value_is_not_allowed_by_who_proposed_it(desk, next_day, second_account, spares):
    next_day(2)
    roles = next(person.roles for person in PEOPLE if person.name == "approver")
    account = second_account("collector", spares[0], *roles)
    posting = keccak(b"any")
    desk.book.proposeBackValue(posting, desk.today - 1, desk.by("collector"))
    with reverts("Governed_SamePerson", COLLECTOR):
        desk.book.authoriseBackValue(posting, desk.today - 1, {"from": account})


def test_value_dates_stay_inside_the_window(desk, borrower, next_day):
    loan = desk.originated()
    next_day(40)
    day = desk.today
    for wrong in (day + 1, day - 31):
        with reverts("Governed_ValueDateOutOfRange", wrong, day - 30, day):
            desk.book.repay(loan, 1, wrong, {"from": borrower})


# ---------------------------------------------------------------- expired earmarks


def test_an_expired_earmark_pays_its_loan(desk, borrower, stranger, next_day):
    loan = desk.approved()
    desk.draw(loan, 10_000, days=5)
    model = desk.model(loan)
    token = desk.system.token
    with reverts("DepositToken_EarmarkNotExpired", loan, desk.today + 5, desk.today):
        desk.book.returnEarmark(loan, borrower, {"from": stranger})
    day = next_day(6)
    model.advance(day)
    model.pay(10_000)
    supply = token.totalSupply()
    sent = desk.book.returnEarmark(loan, borrower, {"from": stranger})
    assert_events(
        sent,
        event("Transfer", **{"from": token, "to": ZERO_ADDRESS, "amount": 10_000}),
        event("EarmarkReturned", loanId=loan, borrower=borrower, returned=10_000, freed=0),
        event(
            "LoanRepaid",
            loanId=loan,
            payer=borrower,
            posting=2,
            valueDate=day,
            principal=10_000,
            interest=0,
            penalty=0,
            fee=0,
            outstanding=0,
            accrued=model.accrued,
            principalDue=0,
            interestDue=0,
            oldestDue=0,
            instalment=0,
            state=ACTIVE,
        ),
    )
    agrees(desk.stored(loan), model)
    assert token.totalSupply() == supply - 10_000
    with reverts("DepositToken_NoEarmark", loan, borrower):
        desk.book.returnEarmark(loan, borrower, {"from": stranger})


def test_what_a_repaid_loan_does_not_owe_becomes_the_borrowers(desk, borrower, stranger, next_day):
    loan = desk.approved(amount=10_000)
    desk.draw(loan, 10_000, days=5)
    desk.book.repay(loan, 9_999, desk.today, {"from": borrower})
    next_day(6)
    owed = desk.book.payoff(loan, desk.today)
    free = desk.system.token.balanceOf(borrower)
    sent = desk.book.returnEarmark(loan, borrower, {"from": stranger})
    assert dict(sent.events["EarmarkReturned"]) == {
        "loanId": loan,
        "borrower": borrower,
        "returned": owed,
        "freed": 10_000 - owed,
    }
    assert desk.stored(loan)["state"] == REPAID
    assert desk.system.token.balanceOf(borrower) == free + 10_000 - owed


# ---------------------------------------------------------------- schedules


def test_month_ends_clamp_and_the_last_instalment_is_at_maturity(desk, next_day):
    """Due dates of loans from the 28th to the 31st, a leap February among them, as the calendar has them."""
    desk.offer(2, loan_type=BULLET, cycle_months=1)
    for _ in range(40):
        next_day(1)
        date = desk.today
        if (EPOCH + dt.timedelta(date)).day < 28:
            continue
        maturity = months_after(date, 13) + 4
        loan = desk.originated(2, maturity=maturity)
        model = desk.model(loan)
        seen = []
        for day in model.due_dates:
            shown = desk.book.preview(loan, day)
            assert shown["instalment"] == len(seen) + 1
            assert desk.book.preview(loan, day - 1)["instalment"] == len(seen)
            seen.append(day)
        assert seen[-1] == maturity
        assert len(seen) == 14


def test_the_cheap_bound_never_hides_a_due_date():
    """n months last more than 30.43 n - 5 days from every day of 1999-2002 and 2095-2101."""
    starts = [*range(10_592, 12_053), *range(45_655, 48_213)]
    for start in starts:
        for months in (1, 2, 3, 6, 11, 12, 13, 24, 25, 36, 47, 48, 49, 120, 121, 240, 241, 360, 480, 537):
            assert (months_after(start, months) + 5 - start) * 100 >= months * 3043


def test_role_numbers_used_here_are_the_tables():
    assert PEOPLE[COLLECTOR - 1].roles == (Role.COLLECTOR,)
    assert PEOPLE[APPROVER - 1].roles == (Role.APPROVER,)
