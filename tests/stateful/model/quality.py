"""The quality of loans, modelled: categories and what floors them, default, calls, misuse, contagion."""

from __future__ import annotations

from tests.stateful.model.balances import (
    ACTIVE,
    CONTAGION,
    DEFAULTED,
    EXPECTED_LOSS,
    JUDGEMENT,
    OBSERVED_PAYMENTS,
    RESTRUCTURED,
    TECHNICAL_DAYS,
    WRITTEN_OFF,
)
from tests.stateful.model.holdings import CUSTOMER, RISK_OFFICER, Refused, SystemDebt
from tests.stateful.model.ledger import Ledger
from tests.stateful.model.loans import Loan
from tests.stateful.model.terms import (
    BREACH,
    BY_DAYS,
    CROSS_DEFAULT,
    DOUBTFUL,
    LOSS,
    NO_CATEGORY,
    PASS,
    SUBSTANDARD,
    UNLIKELY_TO_PAY,
    category_by,
)

PROPOSAL_DAYS = 30  # after its own, on which what was proposed may be done


class Quality(Ledger):
    """What is found about loans, and what follows."""

    def classify(self, number: int) -> None:
        loan = self.starting(number, "classify")
        loan.pass_overdue(self.today)
        loan.settle(self.today)

    def judge(self, number: int, category: int, checker: int = 0) -> None:
        """Worse by one person at once; better only when a second confirms it."""
        loan = self.starting(number, "judge")
        category = category if category > PASS else NO_CATEGORY
        if checker:
            self.differs(RISK_OFFICER, checker)
        loan.pass_overdue(self.today)
        if category == loan.floors[JUDGEMENT]:
            raise Refused("LoanQuality_FloorUnchanged", number, JUDGEMENT, category)
        loan.floors[JUDGEMENT] = category
        loan.settle(self.today)

    def assess_loss(self, number: int, loss: int) -> None:
        """From half of what is lent and due in interest doubtful, from nine tenths a loss."""
        loan = self.starting(number, "assessLoss")
        loan.pass_overdue(self.today)
        claim = loan.principal + loan.interest_due
        if loss > claim:
            raise Refused("LoanBook_AmountInvalid", number, loss, claim)
        loan.floors[EXPECTED_LOSS] = self.by_loss(loss, claim)
        loan.settle(self.today)

    def by_loss(self, loss: int, claim: int) -> int:
        if not claim or loss * 2 < claim:
            return NO_CATEGORY
        return LOSS if loss * 10 >= claim * 9 else DOUBTFUL

    def exempt_delay(self, number: int) -> None:
        loan = self.starting(number, "exemptTechnicalDelay")
        loan.pass_overdue(self.today)
        days = loan.days_past_due(self.today)
        if not 0 < days <= TECHNICAL_DAYS:
            raise Refused("LoanQuality_NoTechnicalDelay", number, days)
        if loan.technical_delay == loan.oldest_due:
            raise Refused("LoanQuality_AlreadyExempt", number, loan.oldest_due)
        loan.technical_delay = loan.oldest_due
        loan.settle(self.today)

    def end_observation(self, number: int) -> None:
        loan = self.starting(number, "classify")
        loan.pass_overdue(self.today)
        until, payments = loan.observed_until, loan.observed_payments
        if not until or self.today <= until or payments < OBSERVED_PAYMENTS or loan.due:
            raise Refused("LoanQuality_ObservationStands", number, until, payments, loan.due)
        loan.floors[RESTRUCTURED] = loan.observed_until = loan.observed_payments = NO_CATEGORY
        loan.settle(self.today)

    # ---------------------------------------------------------------- misuse

    def find_misuse(self, number: int, principal: int, checker: int = 0) -> None:
        """More by one person at once; less only when a second confirms it."""
        loan = self.starting(number, "findMisuse")
        if not 0 < principal <= loan.principal:
            raise Refused("LoanBook_AmountInvalid", number, principal, loan.principal)
        if checker:
            self.differs(RISK_OFFICER, checker)
        loan.advance(self.today)
        loan.misused = principal

    def clear_misuse(self, number: int, checker: int) -> None:
        loan = self.starting(number, "clearMisuse")
        if not loan.misused:
            raise Refused("LoanQuality_NoMisuse", number)
        self.differs(RISK_OFFICER, checker)
        loan.advance(self.today)
        loan.misused = 0

    # ---------------------------------------------------------------- contagion

    def spread(self, customer: int, bad: list[int], targets: list[int]) -> None:
        """Over a tenth of a debtor's principal is bad by its own right: all of it is."""
        whole = self.debtor(customer)
        part = self.shown(customer, bad, bad=True)
        if part * 10 <= whole:
            raise Refused("LoanQuality_NoContagion", customer, part, whole)
        self.bind(customer, targets, SUBSTANDARD)

    def spread_from_others(self, customer: int, targets: list[int]) -> None:
        self.debtor(customer)
        debt = self.system_debts[customer]
        if not debt.long_overdue:
            raise Refused("LoanQuality_NoContagion", customer, debt.overdue, debt.total)
        self.bind(customer, targets, SUBSTANDARD)

    def lift(self, customer: int, good: list[int], targets: list[int]) -> None:
        """Nine tenths are good by their own right, and other banks say nothing else."""
        whole = self.debtor(customer)
        debt = self.system_debts[customer]
        if debt.long_overdue:
            raise Refused("LoanQuality_ContagionStands", customer, debt.overdue, debt.total)
        part = self.shown(customer, good, bad=False)
        if part * 10 < whole * 9:
            raise Refused("LoanQuality_ContagionStands", customer, part, whole)
        self.bind(customer, targets, NO_CATEGORY)

    def debtor(self, number: int) -> int:
        """A debtor whose loans are judged together: what it owes."""
        customer = self.customer(number)
        if customer.retail:
            raise Refused("LoanQuality_Retail", number, customer.kind)
        return self.buckets[CUSTOMER, number].exposure

    def shown(self, customer: int, numbers: list[int], *, bad: bool) -> int:
        """Principal of loans that are bad, or good, as told; they are classified by the way."""
        previous = part = 0
        for number in numbers:
            if number <= previous:
                raise Refused("LoanQuality_NotAscending", number, previous)
            self.of_customer(number, customer)
            loan = self.starting(number, "spreadContagion")
            loan.pass_overdue(self.today)
            loan.settle(self.today)
            alone = loan.worth(self.today, JUDGEMENT, EXPECTED_LOSS, RESTRUCTURED)
            is_bad = loan.state == DEFAULTED or alone >= SUBSTANDARD
            if is_bad != bad:
                raise Refused("LoanQuality_Performing" if bad else "LoanQuality_NonPerforming", number)
            previous, part = number, part + loan.principal
        return part

    def of_customer(self, number: int, customer: int) -> Loan:
        loan = self.loan(number)
        if loan.customer != customer:
            raise Refused("LoanQuality_OtherCustomer", number, customer)
        return loan

    def bind(self, customer: int, targets: list[int], category: int) -> None:
        changed = False
        for number in targets:
            loan = self.of_customer(number, customer)
            if loan.live and loan.floors[CONTAGION] != category:
                loan.pass_overdue(self.today)
                loan.floors[CONTAGION] = category
                loan.settle(self.today)
                changed = True
        if not changed:
            raise Refused("LoanQuality_FloorsUnchanged", customer, category)

    def report_system_debt(self, customer: int, total: int, overdue: int, as_of: int) -> None:
        self.customer(customer)
        if overdue > total:
            raise Refused("LoanQuality_DebtInvalid", customer, overdue, total)
        earliest = self.system_debts[customer].as_of
        if not max(1, earliest) <= as_of <= self.today:
            raise Refused("LoanQuality_ReportOutOfOrder", customer, as_of, earliest, self.today)
        self.system_debts[customer] = SystemDebt(total, overdue, as_of)

    # ---------------------------------------------------------------- default and calls

    def declare_default(self, number: int, trigger: int) -> None:
        self.put_in_default(self.starting(number, "declareDefault"), trigger)

    def declare_cross_default(self, number: int, other: int) -> None:
        """Another loan of the debtor, or of its connected group, is in default."""
        loan, named = self.starting(number, "declareCrossDefault"), self.loan(other)
        mine, its = self.customers[loan.customer], self.customers[named.customer]
        if number == other or named.state not in (DEFAULTED, WRITTEN_OFF) or mine.node != its.node:
            raise Refused("LoanQuality_NoCrossDefault", number, other)
        self.put_in_default(loan, CROSS_DEFAULT)

    def put_in_default(self, loan: Loan, trigger: int) -> None:
        loan.pass_overdue(self.today)
        days = loan.days_past_due(self.today)
        if not loan.product.agrees_on(trigger):
            raise Refused("LoanQuality_TriggerNotAgreed", loan.number, trigger)
        if trigger == BY_DAYS and days <= loan.product.default_days:
            raise Refused("LoanBook_NotInDefault", loan.number, days)
        if trigger == BREACH and not self.covenants.breached(loan.customer, loan.product_number):
            raise Refused("LoanBook_NotInDefault", loan.number, days)
        loan.state = DEFAULTED
        loan.category = max(category_by(days), *loan.floors, loan.category, SUBSTANDARD)
        self.announce(loan)

    def cure(self, number: int) -> None:
        loan = self.starting(number, "cure")
        loan.pass_overdue(self.today)
        if loan.due:
            raise Refused("LoanBook_InArrears", number, loan.oldest_due)
        loan.state = ACTIVE
        self.calls.pop(number, None)
        loan.settle(self.today)
        self.announce(loan)

    def fall_and_cure(self, number: int) -> None:
        """Default on somebody's word, and its cure."""
        self.declare_default(number, UNLIKELY_TO_PAY)
        self.cure(number)

    def callable_loan(self, number: int) -> Loan:
        loan = self.starting(number, "callLoan")
        if loan.called:
            raise Refused("LoanQuality_AlreadyCalled", number)
        if loan.principal == loan.principal_due:
            raise Refused("LoanQuality_NothingToCall", number)
        return loan

    def propose_call(self, number: int) -> None:
        self.callable_loan(number)
        self.calls[number] = (RISK_OFFICER, self.today)

    def may_still_call(self, number: int) -> bool:
        return self.today <= self.calls[number][1] + PROPOSAL_DAYS

    def call(self, number: int, checker: int) -> None:
        """What was to fall due later falls due today; a proposal lapses, and dies with a cure or under new terms."""
        loan = self.callable_loan(number)
        if number not in self.calls:
            raise Refused("LoanBook_NotProposed", number)
        maker, made_on = self.calls[number]
        if not self.may_still_call(number):
            raise Refused("LoanBook_ProposalExpired", number, made_on + PROPOSAL_DAYS, self.today)
        self.differs(maker, checker)
        del self.calls[number]
        loan.advance(self.today)
        if loan.principal == loan.principal_due:
            raise Refused("LoanQuality_NothingToCall", number)
        self.post(loan, reserved=-loan.undrawn)
        loan.call(self.today)
