"""Random facts, rules and days: the registry answers what the model does, and its events tell what it stores."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest
from brownie import chain, web3

from analytics.book import AsOf, rebuild, reconcile
from analytics.chain import Node, read_events
from analytics.chain.views import Views
from analytics.ledger import COVENANT_TESTS, MEASURES, STANDINGS
from scripts.deployment import record
from tests.contracts.expect import reverts
from tests.stateful.model.covenants import CONTINUE, DOWNGRADE, NOTICE, RATING, STANDING, SUSPEND, Covenants

SEEDS = [int(os.environ["HISTORY_SEED"])] if "HISTORY_SEED" in os.environ else [21, 22]
ACTS = 120
PRODUCTS = (1, 2, 65_535)
MEASURED = (0, 2, 7)
EVERY = range(1, len(COVENANT_TESTS))


class Bank:
    """The registry and its model, told the same."""

    def __init__(self, system, people, make_customer, book, next_day, seed):
        self.registry, self.ratings, self.people, self.next_day = system.covenants, system.ratings, people, next_day
        self.book = book
        self.draw = random.Random(seed)
        self.model = Covenants(system.authority.day()[0])
        self.customers = [make_customer(grade=5), make_customer(grade=9), make_customer()]
        self.model.grades = dict(zip(self.customers, (5, 9, 0), strict=True))
        self.done = Counter()
        for customer, product in zip(self.customers, PRODUCTS, strict=True):
            for standing, rule in ((1, (SUSPEND, 0)), (2, (NOTICE, 2))):
                self.registry.setStandingRule(product, standing, *rule, self.by("risk_officer"))
                self.model.standing_rules[product, standing] = rule
            self.registry.enter(customer, product, self.model.grades[customer], {"from": book})
            self.model.enter(customer, product)

    def by(self, name):
        return {"from": self.people[name]}

    def consequence(self):
        answer = self.draw.choice([CONTINUE, SUSPEND, NOTICE, NOTICE])
        return answer, self.draw.randrange(6) if answer == NOTICE else 0

    def rating_rule(self):
        product = self.draw.choice(PRODUCTS)
        rule = (self.draw.randrange(0, 15), *self.consequence(), self.draw.randrange(0, 5), *self.consequence())
        self.registry.setRatingRule(product, rule, self.by("risk_officer"))
        self.model.ratings[product] = rule

    def standing_rule(self):
        product, standing, rule = self.draw.choice(PRODUCTS), self.draw.randrange(1, len(STANDINGS)), self.consequence()
        self.registry.setStandingRule(product, standing, *rule, self.by("risk_officer"))
        self.model.standing_rules[product, standing] = rule

    def measure_rule(self):
        product, measure = self.draw.choice(PRODUCTS), self.draw.choice(MEASURED)
        rule = (self.draw.randrange(2), self.draw.randrange(-3, 4), *self.consequence(), self.draw.choice([0, 3, 20]))
        self.registry.setMeasureRule(product, measure, rule, self.by("risk_officer"))
        self.model.measure_rules[product, measure] = rule

    def enter(self):
        customer, product = self.draw.choice(self.customers), self.draw.choice(PRODUCTS)
        self.registry.enter(customer, product, self.model.grades[customer], {"from": self.book})
        self.model.enter(customer, product)

    def rate(self):
        customer, grade = self.draw.choice(self.customers), self.draw.randrange(1, 21)
        rating = (customer, grade, 1, 1_000, self.model.today, self.model.today + 9)
        self.ratings.propose(rating, self.by("risk_officer"))
        self.ratings.confirm(rating, self.by("approver"))
        self.model.grades[customer] = grade
        self.model.test(customer, [RATING, DOWNGRADE])

    def stand(self):
        customer, standing = self.draw.choice(self.customers), self.draw.randrange(len(STANDINGS))
        self.registry.reportStanding(customer, standing, self.by("credit_bureau"))
        self.model.standings[customer] = standing
        self.model.test(customer, [STANDING])

    def figure(self):
        customer, measure = self.draw.choice(self.customers), self.draw.choice(MEASURED)
        earliest = self.model.figures.get((customer, measure), (0, 0))[1]
        as_of = max(self.model.today - self.draw.choice([0, 0, 2, 25]), earliest)
        value = self.draw.randrange(-4, 5)
        self.registry.reportFigure(customer, measure, value, as_of, self.by("data_provider"))
        self.model.figures[customer, measure] = value, as_of
        self.model.test(customer, [4 + measure])

    def evaluate(self):
        customer = self.draw.choice(self.customers)
        self.registry.evaluate(customer, self.by("collector"))
        self.model.test(customer, EVERY)

    def reset(self):
        if not self.model.facilities:
            return
        customer, product = self.draw.choice(list(self.model.facilities))
        self.registry.proposeReset(customer, product, self.by("risk_officer"))
        self.registry.reset(customer, product, self.by("approver"))
        self.model.reset(customer, product)

    def pass_days(self):
        self.model.today = self.next_day(self.draw.choice([1, 1, 4, 9]))

    def act(self):
        acts = [
            self.rating_rule, self.standing_rule, self.measure_rule, self.evaluate,
            *[self.rate, self.stand, self.enter, self.reset] * 2, *[self.figure, self.pass_days] * 3,
        ]  # fmt: skip
        act = self.draw.choice(acts)
        act()
        self.done[act.__name__] += 1

    def agrees(self):
        registry, model = self.registry, self.model
        for customer in self.customers:
            products = [product for whom, product in model.facilities if whom == customer]
            assert list(registry.productsOf(customer)) == products
            for product in products:
                self._agrees(customer, product)

    def _agrees(self, customer, product):
        registry, model = self.registry, self.model
        facility = model.facilities[customer, product]
        answer, reason, cure_by = facility.answer()
        assert registry.facilityOf(customer, product) == (
            facility.entered_on, facility.entry_grade, answer, reason, cure_by,
        ), self.done  # fmt: skip
        self.done[f"answer {answer}"] += 1
        assert registry.breachOf(customer, product, model.today) == model.breached(customer, product)
        self.done["ran out"] += model.breached(customer, product)
        held = model.held(customer, product)
        if held is None:
            registry.checkDrawing(customer, product)
        else:
            with reverts("CovenantRegistry_DrawingsSuspended", customer, product, *held):
                registry.checkDrawing(customer, product)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_reported_the_answer_is_the_models(system, people, make_customer, as_contract, next_day, seed):
    """I34, I40: HISTORY_SEED draws another history."""
    print(f"seed {seed}")
    bank = Bank(system, people, make_customer, as_contract(system.book), next_day, seed)
    for _ in range(ACTS):
        bank.act()
        bank.agrees()
    for (customer, product), facility in bank.model.facilities.items():
        for test in EVERY:
            said = facility.tests.get(test, (CONTINUE, 0, False))
            assert bank.registry.testOf(customer, product, test) == said
    print(dict(sorted(bank.done.items())))
    assert all(bank.done[name] for name in ("answer 0", "answer 1", "answer 2", "ran out", "reset", "evaluate"))
    _is_told(system)


def _is_told(system):
    """The ledger from the events is what the registry stores."""
    node = Node(web3.provider.endpoint_uri)
    deployment = record(system, node)
    block = chain.height
    book = rebuild(read_events(node.url, deployment), AsOf(block=block))
    proof = reconcile(book, Views(node, deployment, block))
    assert proof.records["CovenantRegistry.facilityOf"] == len(book.covenants) > 0
    assert proof.records["CovenantRegistry.testOf"] == len(book.covenant_tests) > 0
    assert proof.records["CovenantRegistry.figureOf"] == len(book.figures) <= 3 * len(MEASURES)
    assert proof.records["CovenantRegistry.standingOf"] == len(book.standings) > 0
    rules = len(book.rating_rules), len(book.standing_rules), len(book.measure_rules)
    views = ("ratingRuleOf", "standingRuleOf", "measureRuleOf")
    assert tuple(proof.records[f"CovenantRegistry.{view}"] for view in views) == rules
    assert min(rules) > 0
