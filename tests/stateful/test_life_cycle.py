"""The whole life of loans, acted at random on the chain and in a model that predicts every refusal.

The usual run has one seed, so that a failure is a change's and not a draw's. `STATEFUL_SEED=random` draws another and
`STATEFUL_SEED=n` repeats it; `STATEFUL_RUNS` and `STATEFUL_STEPS` make it longer. The seed and each action's share of
successes are printed (I40).
"""

from __future__ import annotations

import inspect
import os
import random
import secrets
from collections import Counter
from dataclasses import asdict
from datetime import date

import pytest
from brownie import chain
from eth_utils.crypto import keccak

from scripts.calendars import year_words
from scripts.roles import PEOPLE, Role
from scripts.state_diagram import state_table
from tests.contracts.expect import reverts
from tests.contracts.lending import key_of, servicing
from tests.stateful.checks import Checks
from tests.stateful.corrections import Corrections
from tests.stateful.desk import (
    CHECKERS,
    CORPORATE,
    COVENANTS,
    HAIRCUT,
    HOLIDAYS,
    INDEX,
    INDUSTRIES,
    LARGEST,
    PAYEE_CATEGORY,
    PERSON,
    PRODUCTS,
    REGIONS,
    STRAY_CATEGORY,
    act,
    any_number,
)
from tests.stateful.facts import Facts
from tests.stateful.lending import Lending
from tests.stateful.model.balances import ACTIVE, APPLIED, APPROVED, OBSERVED_PAYMENTS, REPAID, WRITTEN_OFF
from tests.stateful.model.bank import Bank
from tests.stateful.model.calendars import WEEKENDS, date_of
from tests.stateful.model.covenants import NOTICE, SUSPEND
from tests.stateful.model.holdings import APPROVER, Customer, Thing
from tests.stateful.model.terms import EPOCH
from tests.stateful.reports import COVENANTED_PRODUCTS, Reports, closed_days, holidays_of
from tests.stateful.workout import KINDS, Workout

STEPS = int(os.environ.get("STATEFUL_STEPS", "220"))
RUNS = int(os.environ.get("STATEFUL_RUNS", "2"))
SEED = 19
FEWEST_SUCCESSES = 1
FIRST_DAY = (date(2040, 3, 1) - EPOCH).days
YEARS = 4  # that the calendar tells from the start
RATING_RULE = (6, SUSPEND, 0, 2, NOTICE, 15)
STANDING_RULES = {1: (SUSPEND, 0), 2: (NOTICE, 10), 3: (NOTICE, 0)}
GROUPS, GRADES = (9, 9, 0, 0, 0), (5, 6, 7, 0, 4)  # of the customers; a person has no grade, the last no account


class LifeCycle(Lending, Corrections, Facts, Reports, Workout, Checks):
    """People of the bank, its customers and strangers, doing what they may and what they may not."""

    @act(2, n=any_number)
    def pause(self, n: int) -> None:
        """I32: acts stop, payments and classification go on."""
        authority, book = self.system.authority, self.system.book
        if self.bank.today < self.no_pause_before:
            return
        authority.pause(3_600, self.by("guardian"))
        until = authority.pausedUntil()
        application = (1, 1, INDUSTRIES[0], REGIONS[0], b"WORK", LARGEST, 0, self.bank.today + 100, keccak(b"terms"))
        with reverts("Governed_Paused", until):
            book.applyFor(application, self.by("loan_officer"))
        number = self.pick(n, APPROVED, ACTIVE)
        with reverts("Governed_Paused", until):
            book.drawDown(number, 1, 0, 0, self.bank.today, [], self.by("treasurer"))
        self.repay(n=n, part=100)
        self.classify(n=n)
        authority.unpause(self.by("guardian"))
        self.no_pause_before = self.bank.today + 2
        self.tally["pause", "done"] += 1

    def see_through(self, number: int) -> None:
        """A restructured loan pays what falls due until its observation can end: two payments, past its last day."""
        self.next_day(days=max(1, self.bank.loans[number].observed_until + 1 - self.bank.today))
        while self.bank.loans[number].live and self.bank.loans[number].observed_payments < OBSERVED_PAYMENTS:
            seen = self.as_of_today(number)
            if seen.due:
                self.pay_in_batch([(number, seen.due)])
            elif seen.over:
                return
            else:
                self.next_day(days=max(1, seen.due_dates()[seen.instalment] - self.bank.today))
        if self.bank.loans[number].live:
            self.end_observation_of(number)

    def observe_one(self) -> None:
        """New terms for a loan in good standing, kept through their observation."""
        self.lend(n=1, drawn=False)
        number = self.bank.applied
        terms = self.new_terms(number, 1 << KINDS.index("term"), 90, 0)
        self.propose_terms(terms)
        self.accept(terms)
        self.carry_out(terms, APPROVER)
        if self.bank.loans[number].observed_until:
            self.see_through(number)

    def pay_everything_off(self) -> None:
        """I38 and I39: a stranger pays each live loan whole, and its protection comes free."""
        self.next_day(days=PRODUCTS[1].approval_days + 1)
        for loan in self.bank.loans.values():
            if loan.undrawn and loan.state != APPLIED:
                self.lapse_loan(loan.number)
        for number in [loan.number for loan in self.bank.loans.values() if loan.live and self.owed(loan.number)]:
            self.fund_account(self.stranger, self.owed(number))
            self.repay_loan(number, self.owed(number), self.stranger)
            assert not self.owed(number)
            assert self.bank.loans[number].state == (WRITTEN_OFF if self.bank.loans[number].written_off else REPAID)
        for loan in list(self.bank.loans.values()):
            if loan.state == REPAID:
                self.announce_loan(loan.number)
                self.release_protection(loan.number)

    def release_protection(self, number: int) -> None:
        for _, lien in self.bank.liens():
            if lien.active and lien.loan == number:
                self.release_one_lien(lien.number)
        for at, one in enumerate(self.bank.guarantees):
            if one.live and one.loan == number:
                self.release_one_guarantee(at)
        kept = [lien for _, lien in self.bank.liens() if lien.active and lien.loan == number]
        assert not kept, "I39"


@pytest.fixture(scope="module")
def opening(
    system, people, make_customer, second_account, spares, outsiders, borrower, stranger, next_day, StatesHarness
):
    """The bank on its first day, on chain and in the model: always the same, so that due dates fall the same."""
    Bank.table = state_table(StatesHarness.deploy({"from": stranger}))
    holders = [borrower, *outsiders[:3], None]
    people = dict(people)
    for account, (number, name) in zip(spares, CHECKERS.items(), strict=False):
        if name not in people:
            people[name] = second_account(PEOPLE[number - 1].name, account, Role.APPROVER, Role.LOAN_OFFICER)
    today = next_day(FIRST_DAY - system.authority.day()[0])
    customers = {}
    for number, (account, group, grade) in enumerate(zip(holders, GROUPS, GRADES, strict=True), start=1):
        kind = CORPORATE if grade else PERSON
        assert make_customer(kind=kind, group=group, account=account) == number
        rated_until = 0
        if grade:
            rated_until = today + (400 if number == 3 else 5_000)
            rating = (number, grade, 1, 1_250, today, rated_until)
            system.ratings.propose(rating, {"from": people["risk_officer"]})
            system.ratings.confirm(rating, {"from": people["approver"]})
        customers[number] = Customer(number, kind, group, account and account.address, rated_until)
    bank = Bank(customers, PRODUCTS, today)
    bank.covenants.grades, bank.covenants.today = dict(enumerate(GRADES, start=1)), today
    for year in range(date_of(today).year, date_of(today).year + YEARS):
        exceptions = holidays_of(year, random.Random(year))
        system.book.setCalendarYear(HOLIDAYS, year, *year_words(year, exceptions), {"from": people["risk_officer"]})
        known = bank.calendars.get(HOLIDAYS, WEEKENDS)
        bank.calendars[HOLIDAYS] = known.with_year(year, closed_days(year, exceptions))
    set_covenants(system, bank, people)
    system.book.setFixing(INDEX, today, 50_000_000, {"from": people["data_provider"]})
    bank.set_fixing(INDEX, today, 50_000_000)
    for number, product in PRODUCTS.items():
        system.book.setProduct(number, product.terms, {"from": people["risk_officer"]})
        if product.servicing is not None:
            terms = servicing(**asdict(product.servicing))
            system.book.setServicing(number, terms, {"from": people["risk_officer"]})
    for title, owner in enumerate((1, 2, 3), start=1):
        thing = Thing(title, owner, 4 * LARGEST, HAIRCUT, today + 400)
        row = (title, owner, 1, REGIONS[0], thing.value, HAIRCUT, today, thing.valid_until)
        system.collateral.register(row, {"from": people["appraiser"]})
        bank.things[title] = thing
    for number in customers:
        bank.capacity[number] = 3 * 10**8
        system.guarantees.attestCapacity(number, bank.capacity[number], today, {"from": people["risk_officer"]})
    for payee, category in zip(outsiders[3:5], (PAYEE_CATEGORY, STRAY_CATEGORY), strict=True):
        system.flows.classifyPayee(payee, category, {"from": people["data_provider"]})
    accounts = {account.address: account for account in (*holders[:-1], *outsiders[3:5], stranger)}
    chain.snapshot()
    return bank, people, accounts, {account.address: key_of(account) for account in holders[:-1]}


def set_covenants(system, bank, people):
    """The rules that loans of covenanted products come under, on chain and in the model."""
    registry, model, by = system.covenants, bank.covenants, {"from": people["risk_officer"]}
    for product in COVENANTED_PRODUCTS:
        registry.setRatingRule(product, RATING_RULE, by)
        model.ratings[product] = RATING_RULE
        for standing, rule in STANDING_RULES.items():
            registry.setStandingRule(product, standing, *rule, by)
            model.standing_rules[product, standing] = rule
        for measure, rule in COVENANTS.items():
            registry.setMeasureRule(product, measure, rule, by)
            model.measure_rules[product, measure] = rule


def live(chance: random.Random) -> None:
    """One bank from its first day to the day all is paid off; a failure tells what led to it."""
    acts = [method for _, method in inspect.getmembers(LifeCycle) if hasattr(method, "draws")]
    weights = [method.weight for method in acts]
    bank = LifeCycle()
    try:
        for _ in range(STEPS):
            (chosen,) = chance.choices(acts, weights)
            arguments = {name: draw(chance) for name, draw in chosen.draws.items()}
            bank.trace.append(f"{chosen.__name__}({', '.join(f'{name}={value}' for name, value in arguments.items())})")
            chosen(bank, **arguments)
            bank.check_touched()
        bank.check_everything()
        bank.observe_one()
        bank.pay_everything_off()
        bank.check_everything()
        bank.check_events()
    except BaseException as failure:
        failure.add_note("\n".join(["led to by:", *bank.trace]))
        raise


def test_the_life_of_loans(system, opening, capsys):
    """I1 to I5, I7 to I9, I11 to I13, I15, I16, I18, I20 to I24, I29, I37 to I40."""
    told = os.environ.get("STATEFUL_SEED", str(SEED))
    number = secrets.randbelow(2**32) if told == "random" else int(told)
    with capsys.disabled():
        print(f"\nSTATEFUL_SEED={number}")
    LifeCycle.system = system
    LifeCycle.start, LifeCycle.people, LifeCycle.accounts, LifeCycle.keys = opening
    LifeCycle.tally = Counter()
    chance = random.Random(number)
    for _ in range(RUNS):
        live(chance)
    actions = sorted({name for name, _ in LifeCycle.tally})
    with capsys.disabled():
        for name in actions:
            done, refused = LifeCycle.tally[name, "done"], LifeCycle.tally[name, "refused"]
            print(f"  {name:18} {done:4} of {done + refused:4} done")
    idle = [name for name in actions if LifeCycle.tally[name, "done"] < FEWEST_SUCCESSES]
    # The usual seed was chosen to draw every act; what another leaves out is in the list above.
    assert number != SEED or not idle, f"I40: never done: {', '.join(idle)}; a run this idle proves nothing"
