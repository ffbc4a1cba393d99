"""The modelled loan against itself: a payment booked late leaves what the same payment leaves in time."""

from __future__ import annotations

import os
import random
from copy import deepcopy
from dataclasses import replace

from tests.stateful.desk import COMPOUNDING, KEEPING_TERM, LARGEST
from tests.stateful.model.balances import APPROVED
from tests.stateful.model.calendars import WEEKENDS
from tests.stateful.model.loans import Loan
from tests.stateful.model.terms import ANNUITY, BULLET, FEES_FIRST, LINEAR, PRINCIPAL_FIRST, Product

TIMES = 500
SEED = int(os.environ.get("LATE_SEED", "7"))
START = 20_000


def drawn(chance: random.Random) -> Loan:
    """A loan of random terms on its first day."""
    servicing = replace(chance.choice([COMPOUNDING, KEEPING_TERM]), grace_days=chance.choice([0, 3, 40]))
    terms = (
        chance.choice([BULLET, LINEAR, ANNUITY]),
        chance.randrange(2),
        chance.choice([FEES_FIRST, PRINCIPAL_FIRST]),
    )
    product = Product(*terms, 0, chance.choice([1, 3]), 30, 0, LARGEST, 800, 360_000_000, servicing)
    amount, rate = chance.randint(1, LARGEST), chance.randrange(360_000_000)
    maturity = START + chance.randint(35, 300)
    loan = Loan(1, 1, 1, product, b"", b"", rate, maturity, amount, b"", WEEKENDS, state=APPROVED)
    loan.lend(amount, START)
    loan.undrawn = chance.choice([0, 5])
    return loan


def owed(loan: Loan) -> dict[str, int]:
    """What interest, principal and penalty interest there is, due or not, whatever of it fell due when."""
    unit = loan.product.unit
    return {
        "principal": loan.principal,
        "fees": loan.fee_due,
        "interest": loan.accrued // unit + loan.interest_due,
        "penalty": loan.penalty_accrued // unit + loan.penalty_due,
        "oldest": loan.oldest_due,
        "state": loan.state,
    }


def test_a_payment_booked_late_leaves_what_one_in_time_leaves():
    """I7: to a fen of interest and one of penalty interest, where the instalments fall the same."""
    print(f"LATE_SEED={SEED}")
    chance = random.Random(SEED)
    compared = 0
    for turn in range(TIMES):
        loan = drawn(chance)
        if chance.randrange(2):
            loan.advance(START + chance.randint(1, 60))
            loan.pay(max(1, loan.payoff * chance.randrange(50) // 100))
            loan.fee_due = chance.choice([0, 700])
        day = loan.accrued_through + chance.randint(0, 120)
        today = day + chance.randint(1, 80)
        in_time, late = deepcopy(loan), deepcopy(loan)
        in_time.advance(day)
        late.advance(today)
        whole = late.payoff_at(day)
        assert whole is not None
        assert abs(whole - in_time.payoff) <= 2, (turn, whole, in_time.payoff)
        part = chance.choice([1, 20, 60, 99, 100])
        amount = whole if part == 100 else max(1, min(whole, in_time.payoff) * part // 100)
        if part == 100 and whole != in_time.payoff:
            continue
        early = in_time.pay(amount)
        in_time.advance(today)
        split = late.pay_late(amount, day)
        assert split is not None
        apart = abs(split.principal - early.principal)
        assert apart <= 2, (turn, split, early)
        found, wanted = owed(late), owed(in_time)
        same_shares = [o.principal for o in late.obligations] == [o.principal for o in in_time.obligations]
        if found["principal"] == wanted["principal"] and (not late.principal or same_shares):
            compared += 1
            for name in found:
                near = name in ("interest", "penalty")
                assert abs(found[name] - wanted[name]) <= 2 * near, (turn, name, found, wanted)
    assert compared > TIMES // 3
    print(compared)
