"""Protection, modelled: liens, guarantees, and what is recorded about customers and objects."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from tests.stateful.model.balances import ACTIVE, DEFAULTED, WRITTEN_OFF
from tests.stateful.model.holdings import (
    CUSTOMER,
    DEMANDED,
    ENFORCED_LIEN,
    GROUP,
    RELEASED_LIEN,
    Guarantee,
    Lien,
    Refused,
)
from tests.stateful.model.ledger import Ledger
from tests.stateful.model.loans import Loan
from tests.stateful.model.terms import PASS


class Protection(Ledger):
    """What loan officers and appraisers record, and what is demanded of guarantors."""

    def import_loan(self, loan: Loan) -> None:
        """A loan recorded as it stood, with nothing overdue; its interest accrues from here."""
        if loan.number in self.loans:
            raise Refused("LoanBook_AlreadyImported", loan.number)
        self.acts.append((loan.number, "importLoans"))
        loan.state, loan.category = ACTIVE, PASS
        loan.accrued_through, loan.calendar = self.today, self.calendar_of(loan.product)
        self.come_under_covenants(loan)
        loan.instalment = sum(day < self.today for day in loan.due_dates()[:-1])
        loan.fix_instalment()
        self.loans[loan.number] = loan
        self.post(loan, exposure=loan.principal)

    def set_group(self, number: int, group: int) -> None:
        """I4 and I17: what a customer owes and may draw goes with it."""
        customer = self.customers[number]
        if group == customer.group:
            raise Refused("CustomerRegistry_Unchanged", number)
        mine = self.buckets[CUSTOMER, number]
        for key, sign in ((customer.group, -1), (group, 1)):
            if key:
                self.buckets[GROUP, key].exposure += sign * mine.exposure
                self.buckets[GROUP, key].reserved += sign * mine.reserved
        self.customers[number] = replace(customer, group=group)

    def enforce(self, title: int, owner: int) -> None:
        """I10: the object is sold for a loan in default that owes, its liens end in rank."""
        thing = self.things[title]
        if not thing.pledged:
            raise Refused("CollateralRegistry_NothingPledged", title)
        if not self.may_enforce(title):
            raise Refused("CollateralRegistry_NotEnforceable", title, False)
        for lien in thing.liens:
            if lien.active:
                lien.state, lien.amount = ENFORCED_LIEN, 0
        thing.value, thing.owner = 0, owner

    def may_enforce(self, title: int) -> bool:
        """Whether the object secures a loan in default, or written off, that owes something."""
        secured = [self.loans[lien.loan] for lien in self.things[title].liens if lien.active]
        return any(loan.state in (DEFAULTED, WRITTEN_OFF) and self.claim(loan) for loan in secured)

    def claim(self, loan: Loan) -> int:
        """All that is owed under a loan today."""
        owing = deepcopy(loan)
        if owing.live:
            owing.advance(self.today)
        return owing.claim

    def shares(self, title: int, proceeds: int) -> list[tuple[int, int, int]]:
        """What each lien is paid of a price, what it lacks, and what it secured beyond the debt."""
        shares = []
        for lien in self.things[title].liens:
            if lien.active:
                secured = lien.amount if lien.loan in self.sold else min(lien.amount, self.claim(self.loans[lien.loan]))
                paid = min(secured, proceeds)
                proceeds -= paid
                shares.append((paid, secured - paid, lien.amount - secured))
        return shares

    def pledge(self, title: int, number: int, amount: int) -> None:
        thing, borrower = self.things[title], self.loans[number].customer
        if thing.valid_until < self.today:
            raise Refused("CollateralRegistry_AppraisalStale", title, thing.valid_until, self.today)
        if any(lien.active and lien.loan == number for lien in thing.liens):
            raise Refused("CollateralRegistry_AlreadyPledged", title, number, 0)
        if thing.pledged + amount > thing.cover:
            raise Refused("CollateralRegistry_CoverExceeded", title, thing.pledged, amount, thing.cover)
        if thing.owner != borrower:
            raise Refused("CollateralRegistry_NoConsent", title, thing.owner, borrower)
        index = list(self.things).index(title) + 1
        thing.liens.append(Lien((index << 8) + len(thing.liens) + 1, number, amount))

    def release_lien(self, lien: Lien) -> None:
        if not lien.active:
            raise Refused("CollateralRegistry_LienNotActive", lien.number, lien.state)
        if lien.loan not in self.closed:
            raise Refused("CollateralRegistry_LoanStillOwes", lien.number, lien.loan)
        lien.state, lien.amount = RELEASED_LIEN, 0

    def cover_given(self, guarantor: int) -> int:
        """I15: a guarantor's live guarantees."""
        return sum(one.amount for one in self.guarantees if one.live and one.guarantor == guarantor)

    def guarantee(self, guarantor: int, beneficiary: int, number: int, amount: int) -> None:
        giver, taker = self.customers[guarantor].node, self.customers[beneficiary].node
        if giver == taker or amount == 0:
            raise Refused("GuaranteeRegistry_Invalid", guarantor, beneficiary, amount)
        edges = {
            (self.customers[g.guarantor].node, self.customers[g.beneficiary].node) for g in self.guarantees if g.live
        }
        if (taker, giver) in edges:
            raise Refused("GuaranteeRegistry_CircleRefused", guarantor, beneficiary, 0)
        for third in {node for edge in edges for node in edge}:
            if (third, giver) in edges and (taker, third) in edges:
                raise Refused("GuaranteeRegistry_CircleRefused", guarantor, beneficiary, third)
        given, capacity = self.cover_given(guarantor), self.capacity[guarantor]
        if given + amount > capacity:
            raise Refused("GuaranteeRegistry_CapacityExceeded", guarantor, given, amount, capacity)
        self.given[guarantor] += 1
        self.guarantees.append(
            Guarantee((guarantor << 24) + self.given[guarantor], guarantor, beneficiary, number, amount)
        )

    def release_guarantee(self, one: Guarantee) -> None:
        if not one.live:
            raise Refused("GuaranteeRegistry_NotActive", one.number, one.state)
        if one.loan not in self.closed | self.sold:
            raise Refused("GuaranteeRegistry_LoanStillOwes", one.number, one.loan)
        one.lower(one.amount)

    def demand(self, one: Guarantee, amount: int, covered: int) -> None:
        """Up to what is owed, less what restructurings added but for what of it the guarantor covers."""
        if not one.live:
            raise Refused("GuaranteeRegistry_NotActive", one.number, one.state)
        if not 0 < amount <= one.amount:
            raise Refused("GuaranteeRegistry_ReleaseExceeds", one.number, amount, one.amount)
        if one.loan not in self.in_default:
            raise Refused("GuaranteeRegistry_LoanNotInDefault", one.number, one.loan)
        if self.loan(one.loan).customer != one.beneficiary:
            raise Refused("LoanBook_GuaranteeNotOfLoan", one.number, one.loan)
        loan = self.loan(one.loan)
        most = max(0, self.claim(loan) - max(0, loan.uncovered - covered))
        if amount > most:
            raise Refused("LoanBook_DemandExceedsCovered", one.number, amount, most)
        one.state, one.demanded = DEMANDED, amount
