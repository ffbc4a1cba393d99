"""Whatever happens to a book, the ledger from its events is what its contracts store."""

from __future__ import annotations

import os
import random
from dataclasses import replace

import pytest

from analytics.book import journal, rebuild, reconcile, trial_balance
from analytics.chain import read_events
from data.acts import (
    MONEY_OUTSIDE,
    MONEY_TOKEN,
    Act,
    Classify,
    CountBorrowers,
    Lend,
    Pay,
    PayWrongly,
    Rate,
    Revalue,
    Spend,
)
from data.opening import Rating
from scripts.desk import Desk
from scripts.replay import Clerk, Replay, replay
from scripts.transactions import Refused
from tests.integration.new_bank import new_bank
from tests.integration.small_book import CUSTOMERS, LOANS, MILLION, OPENING, OPENING_DAY, SCRIPT, TITLES

SEEDS = [int(os.environ["HISTORY_SEED"])] if "HISTORY_SEED" in os.environ else [11, 12]
DAYS = 14
ACTS_A_DAY = 5
COMPANIES = [customer.ref for customer in CUSTOMERS if customer.kind != "retail_pool"]


class History:
    """Random acts on the small book's opening, drawn from one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.loans = [loan.ref for loan in LOANS]

    def act(self, day: int) -> Act:
        draw = self.rng
        kinds = [self.pay] * 3 + [self.lend, self.classify, self.revalue, self.rate, self.misbook, self.count]
        return draw.choice(kinds)(day)

    def pay(self, day: int) -> Act:
        principal = self.rng.choice([0, 0, MILLION, 5 * MILLION + 37])
        return Pay(day=day, loan=self.rng.choice(self.loans), principal=principal)

    def lend(self, day: int) -> Act:
        ref, token = f"N-{len(self.loans)}", self.rng.random() < 0.5
        self.loans.append(ref)
        amount = self.rng.randrange(1, 9) * MILLION + self.rng.randrange(100)
        spends = (Spend(self.rng.choice([1, 8]), amount // 2, amount // 8),) if token else ()
        return Lend(
            day=day, ref=ref, customer=self.rng.choice(COMPANIES), product=self.rng.choice([1, 2, 5]), industry="F51",
            region="CN-GD", purpose="WCAP", amount=amount, rate=self.rng.randrange(0, 90_000_000),
            maturity=day + self.rng.randrange(100, 900), money=MONEY_TOKEN if token else MONEY_OUTSIDE, payees=(1,),
            spends=spends,
        )  # fmt: skip

    def classify(self, day: int) -> Act:
        return Classify(day=day, loans=tuple(self.rng.sample(self.loans, 3)))

    def revalue(self, day: int) -> Act:
        title = self.rng.choice(TITLES)
        value = title.value * self.rng.randrange(30, 130) // 100
        return Revalue(day=day, title=title.ref, value=value, valid_until=day + 300)

    def rate(self, day: int) -> Act:
        customer = self.rng.choice(COMPANIES)
        return Rate(day=day, rating=Rating(customer, self.rng.randrange(1, 9), 1500, day, day + 500))

    def misbook(self, day: int) -> Act:
        return PayWrongly(day=day, loan=self.rng.choice(self.loans), amount=self.rng.randrange(1, MILLION))

    def count(self, day: int) -> Act:
        return CountBorrowers(day=day, customer="P-1", borrowers=self.rng.randrange(100, 900))


@pytest.fixture(scope="module")
def opened():
    """The small book's opening on a chain, to which each history returns."""
    with new_bank(OPENING_DAY, accounts=60) as desk:
        replay(desk, replace(SCRIPT, acts=()))
        yield desk


def live(desk: Desk, history: History) -> Replay:
    """Do a history's acts; what a contract refuses is counted and leaves nothing behind."""
    result = Replay()
    clerk = Clerk(desk, result)
    day = OPENING_DAY
    for _ in range(DAYS):
        day += history.rng.randrange(1, 60)
        desk.open_day(day)
        for _ in range(ACTS_A_DAY):
            act = history.act(day)
            try:
                clerk.do(type(act), [act])
                result.done[type(act).__name__] += 1
            except Refused as fault:
                result.refused[fault.error] += 1
    return result


@pytest.mark.parametrize("seed", SEEDS)
def test_any_history_reconciles(opened, seed):
    """I34, I37 under random histories; a failing one runs alone with HISTORY_SEED=<seed>."""
    snapshot = opened.chain.snapshot()
    nonces = dict(opened.sender.nonces)
    try:
        result = live(opened, History(seed))
        print(f"seed {seed}: done {dict(result.done)}, refused {dict(result.refused)}")
        assert sum(result.done.values()) > DAYS * ACTS_A_DAY // 3
        tables = read_events(opened.node.url, opened.deployment)
        proof = reconcile(rebuild(tables), opened.views())
        assert proof.records["LoanBook.loanOf"] >= len(OPENING.loans)
        trial_balance(journal(tables), by_day=True)
    finally:
        opened.chain.revert(snapshot)
        opened.sender.nonces = nonces
