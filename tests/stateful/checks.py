"""What must hold after every act, and of everything at the end."""

from __future__ import annotations

from collections import defaultdict

from brownie import chain, web3

from analytics.book import AsOf, journal, rebuild, reconcile, trial_balance
from analytics.chain import Node, read_events
from analytics.chain.views import Views
from scripts.deployment import record
from tests.stateful.desk import BUCKETS, Desk
from tests.stateful.model.balances import DENIED, LAPSED, REPAID, SOLD
from tests.stateful.model.holdings import CUSTOMER, INDUSTRY, REGION
from tests.stateful.model.loans import Loan

CHECKED_EVERY = 5  # steps


class Checks(Desk):
    """The invariants of the contracts, held against the model."""

    # ---------------------------------------------------------------- invariants

    def check_touched(self) -> None:
        """The loans just acted on, in integers, and now and then the whole."""
        for number in sorted(self.touched & self.bank.loans.keys()):
            self.check_loan(self.bank.loans[number])
            if self.bank.loans[number].cared:
                self.check_care(self.bank.loans[number])
        self.touched.clear()
        self.steps += 1
        if self.steps % CHECKED_EVERY == 0:
            self.check_totals()

    def check_totals(self) -> None:
        """I1 and I37: the whole book is the sum of its loans; I24: supply is the deposit liability."""
        outstanding = sum(loan.principal for loan in self.bank.loans.values())
        assert self.system.book.totals() == (len(self.bank.loans), outstanding), "I1"
        assert self.system.book.interestReceivable(self.bank.today) == self.interest_receivable(), "I1"
        assert self.system.token.totalSupply() == self.bank.supply, "I24"

    def check_loan(self, loan: Loan) -> None:
        stored = self.system.book.loanOf(loan.number)
        modelled = {
            "customer": loan.customer,
            "product": loan.product_number,
            "rate": loan.rate,
            "start": loan.start,
            "maturity": loan.maturity,
            "state": loan.state,
            "category": loan.category,
            "instalment": loan.instalment,
            "principal": loan.principal,
            "undrawn": loan.undrawn,
            "postings": loan.postings,
            "instalmentAmount": loan.instalment_amount,
            "principalDue": loan.principal_due,
            "interestDue": loan.interest_due,
            "oldestDue": loan.oldest_due,
            "penaltyDue": loan.penalty_due,
            "penaltyAccrued": loan.penalty_accrued,
            "feeDue": loan.fee_due,
            "writtenOff": loan.written_off,
        }
        if loan.start:
            modelled |= {"accrued": loan.accrued, "accruedThrough": loan.accrued_through}
        differing = {name: (stored[name], modelled[name]) for name in modelled if stored[name] != modelled[name]}
        assert not differing, f"loan {loan.number} differs, (chain, model): {differing}"
        self.check_money(loan)

    def check_care(self, loan: Loan) -> None:
        """What few loans carry."""
        names = ("judgement", "contagion", "expectedLoss", "restructured")
        modelled = {
            "penaltyAccrued": loan.penalty_accrued,
            "misused": loan.misused,
            **dict(zip(names, loan.floors, strict=True)),
            "observedUntil": loan.observed_until,
            "observedPayments": loan.observed_payments,
            "restructurings": loan.restructurings,
            "repricedOn": loan.repriced_on,
            "called": loan.called,
            "uncovered": loan.uncovered,
            "technicalDelay": loan.technical_delay,
        }
        stored = self.system.book.careOf(loan.number).dict()
        differing = {name: (stored[name], modelled[name]) for name in modelled if stored[name] != modelled[name]}
        assert not differing, f"loan {loan.number} differs in care, (chain, model): {differing}"

    def interest_receivable(self) -> int:
        """What all loans owe in interest today, but for what the next posting rounds up."""
        owed: defaultdict[int, int] = defaultdict(int)
        for loan in self.bank.loans.values():
            days = self.bank.today - loan.accrued_through if loan.live else 0
            unit = loan.product.unit
            owed[unit] += loan.accrued + loan.interest_due * unit + loan.principal * loan.rate * days
        return sum(exact // unit for unit, exact in owed.items())

    def check_money(self, loan: Loan) -> None:
        """I2, I3, I5, I7, I8 of one loan."""
        came, went = loan.drawn + loan.capitalised, loan.repaid + loan.taken_off + loan.taken_back + loan.forgiven
        assert 0 <= loan.principal <= came, "I2"
        assert came - went + loan.reversed == loan.principal, "I3"
        assert loan.accrued_through <= max(self.bank.today, loan.available_until), "I8"
        if loan.state in (REPAID, SOLD, DENIED, LAPSED):
            assert loan.due == loan.payoff == loan.principal == loan.undrawn == loan.penalty_accrued == 0, "I5"
        if loan.state == REPAID:
            untouched = not loan.reversed and not loan.taken_off and not loan.taken_back
            if untouched:
                exact = loan.exact_interest
                assert 0 <= loan.interest_settled * loan.product.unit - exact < loan.product.unit, "I7"

    def check_everything(self) -> None:
        bank, system = self.bank, self.system
        for loan in bank.loans.values():
            self.check_loan(loan)
            self.check_care(loan)
            if loan.live and loan.product.servicing:
                self.check_due_dates(loan)
        self.check_covenants()
        self.check_totals()
        for key in BUCKETS:
            bucket = bank.buckets[key]
            assert system.policy.bucketOf(*key)[:3] == (bucket.exposure, bucket.reserved, bucket.limit), f"I4: {key}"
        outstanding = sum(loan.principal for loan in bank.loans.values())
        for dimension in (CUSTOMER, INDUSTRY, REGION):
            assert sum(bank.buckets[key].exposure for key in BUCKETS if key[0] == dimension) == outstanding, "I4"
        for account, balance in bank.balances.items():
            assert system.token.balanceOf(account) == balance, "I21"
        earmarked = sum(mark.remaining for mark in bank.earmarks.values())
        assert system.token.earmarked() == earmarked
        assert sum(bank.balances.values()) + earmarked == bank.supply, "I24"
        for number, trace in bank.traces.items():
            assert system.flows.traceOf(number) == (trace.spent, trace.diverted, trace.onward, trace.diversions), "I20"
        for thing in bank.things.values():
            assert system.collateral.collateralOf(thing.title)["pledged"] == thing.pledged, "I9"
        for number in bank.capacity:
            assert system.guarantees.capacityOf(number) == (bank.capacity[number], bank.cover_given(number)), "I15"
            assert bank.cover_given(number) <= bank.capacity[number], "I15"

    def check_due_dates(self, loan: Loan) -> None:
        """Those to come, the next three, on the business days that the rule moves them to."""
        if not loan.called:
            ahead = loan.due_dates()[loan.instalment :][:3]
            told = [self.system.book.dueDateOf(loan.number, loan.instalment + at) for at in range(1, len(ahead) + 1)]
            assert told == ahead, f"due dates of loan {loan.number}"

    def check_covenants(self) -> None:
        """What the registry answers for each customer and product, and each test that said anything but go on."""
        registry = self.system.covenants
        for (customer, product), facility in self.bank.covenants.facilities.items():
            known = (facility.entered_on, facility.entry_grade, *facility.answer())
            assert registry.facilityOf(customer, product) == known
            for test, said in facility.tests.items():
                assert registry.testOf(customer, product, test) == said

    def check_events(self) -> None:
        """The ledger rebuilt from the events is what the contracts store."""
        node, block = Node(web3.provider.endpoint_uri), chain.height
        deployment = record(self.system, node)
        tables = read_events(node.url, deployment)
        book = rebuild(tables, AsOf(block=block))
        proof = reconcile(book, Views(node, deployment, block))
        assert proof.records["LoanBook.loanOf"] == len(self.bank.loans)
        trial_balance(journal(tables), by_day=True)
