"""What must hold after every act, and of everything at the end."""

from __future__ import annotations

from tests.stateful.desk import BUCKETS, Desk
from tests.stateful.holdings import CUSTOMER, INDUSTRY, REGION
from tests.stateful.loans import REPAID, Loan


class Checks(Desk):
    """The invariants of the contracts, held against the model."""

    # ---------------------------------------------------------------- invariants

    def check_touched(self) -> None:
        """The loans just acted on; I1 and I37, in integers; I24: supply is the deposit liability."""
        for number in sorted(self.touched & self.bank.loans.keys()):
            self.check_loan(self.bank.loans[number])
        self.touched.clear()
        outstanding = sum(loan.principal for loan in self.bank.loans.values())
        assert self.system.book.totals() == (len(self.bank.loans), outstanding), "I1"
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

    def check_money(self, loan: Loan) -> None:
        """I2, I3, I5, I7, I8 of one loan."""
        assert 0 <= loan.principal <= loan.drawn, "I2"
        assert loan.drawn - loan.repaid - loan.taken_off + loan.reversed - loan.taken_back == loan.principal, "I3"
        assert loan.accrued_through <= max(self.bank.today, loan.available_until), "I8"
        if loan.state == REPAID:
            assert loan.due == loan.payoff == loan.principal == 0, "I5"
            untouched = not loan.reversed and not loan.taken_off and not loan.taken_back
            if untouched:
                exact = loan.exact_interest
                assert 0 <= loan.interest_paid * loan.product.unit - exact < loan.product.unit, "I7"

    def check_everything(self) -> None:
        bank, system = self.bank, self.system
        for loan in bank.loans.values():
            self.check_loan(loan)
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
