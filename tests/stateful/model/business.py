"""New business, modelled: from the application to money lent, and the rates that loans follow."""

from __future__ import annotations

from dataclasses import replace

from tests.stateful.model.balances import ACTIVE, APPROVED, DENIED, LAPSED
from tests.stateful.model.holdings import Posting, Refused
from tests.stateful.model.ledger import IMPORTED, Ledger
from tests.stateful.model.loans import Loan
from tests.stateful.model.terms import PPB, Servicing, ends_within_a_cycle, periods


class Business(Ledger):
    """What loan officers, approvers and treasurers do, and who tells reference rates."""

    def apply_for(self, customer: int, product_number: int, terms: tuple[bytes, bytes, bytes, int, int, int]) -> None:
        industry, region, purpose, amount, rate, maturity = terms
        number = self.applied + 1
        product = self.products[product_number]
        self.customer(customer)
        if amount == 0 or amount > product.max_amount:
            raise Refused("LoanBook_AmountInvalid", number, amount, product.max_amount)
        latest = self.today + product.max_term_days
        if not self.today < maturity <= latest:
            raise Refused("LoanBook_MaturityInvalid", maturity, self.today + 1, latest)
        if ends_within_a_cycle(self.today, product.cycle_months, maturity):
            raise Refused("LoanBook_CycleTooLong", product.cycle_months, maturity - self.today)
        if not 0 <= rate <= product.max_rate:
            raise Refused("LoanBook_RateInvalid", rate, product.max_rate)
        if product.servicing and product.servicing.index:
            right = self.indexed_rate(product.servicing, self.today)
            if rate != right:
                raise Refused("LoanBook_RateNotIndexed", rate, right)
        self.acts.append((number, "applyFor"))
        calendar = self.calendar_of(product)
        self.loans[number] = Loan(
            number, customer, product_number, product, industry, region, rate, maturity, amount, purpose, calendar
        )

    def approve(self, number: int) -> None:
        loan = self.starting(number, "approve")
        if self.today >= loan.maturity:
            raise Refused("LoanBook_MaturityInvalid", loan.maturity, self.today + 1, loan.maturity)
        customer = self.customers[loan.customer]
        if not customer.retail and customer.rated_until < self.today:
            raise Refused("LoanBook_RatingMissing", loan.customer, customer.rated_until)
        self.reserve(loan, loan.undrawn)
        self.come_under_covenants(loan)
        loan.state = APPROVED
        loan.available_until = min(self.today + loan.product.approval_days, loan.maturity - 1)

    def sign(self, number: int, *, rightly: bool) -> None:
        """The borrower's account signs what was applied for."""
        loan = self.starting(number, "signTermSheet")
        if not loan.product.signed:
            raise Refused("LoanBook_SignatureNotNeeded", number)
        if loan.signed:
            raise Refused("LoanBook_AlreadySigned", number)
        account = self.customers[loan.customer].account
        if account is None:
            raise Refused("LoanBook_NoAccount", loan.customer)
        if not rightly:
            raise Refused("LoanBook_SignatureInvalid", number, account)
        loan.signed = True

    def deny(self, number: int) -> None:
        loan = self.starting(number, "deny")
        loan.state, loan.undrawn = DENIED, 0

    def lapse(self, number: int) -> None:
        loan = self.starting(number, "lapse")
        if not loan.undrawn:
            raise Refused("LoanBook_NothingUndrawn", number)
        if self.today <= loan.available_until:
            raise Refused("LoanBook_ApprovalStillAvailable", number, loan.available_until)
        self.post(loan, reserved=-loan.undrawn)
        loan.undrawn = 0
        if loan.state == APPROVED:
            loan.state = LAPSED
        else:
            loan.close_if_settled()

    def drawable(self, number: int, act: str) -> Loan:
        loan = self.starting(number, act)
        if self.today > loan.available_until:
            raise Refused("LoanBook_ApprovalLapsed", number, loan.available_until)
        if loan.product.signed and not loan.signed:
            raise Refused("LoanBook_NotSigned", number)
        held = self.covenants.held(loan.customer, loan.product_number) if loan.product.covenanted else None
        if held is not None:
            raise Refused("CovenantRegistry_DrawingsSuspended", loan.customer, loan.product_number, *held)
        return loan

    def lend(self, loan: Loan, amount: int) -> None:
        fee_rate = loan.product.servicing.drawing_fee if loan.product.servicing else 0
        if loan.state == ACTIVE:
            loan.advance(self.today)
            if loan.due - (loan.fee_due if fee_rate else 0):
                raise Refused("LoanBook_InArrears", loan.number, loan.oldest_due)
        self.check_next_due(loan)
        loan.lend(amount, self.today)
        self.drawings[loan.number].append(Posting(loan.postings, amount, self.today))
        fee = amount * fee_rate // PPB
        if fee:
            loan.fee_due += fee
            loan.postings += 1
            self.charges[loan.number].append(Posting(loan.postings, fee, self.today))
        if loan.product.max_loan_to_value:
            needed = -(-loan.principal * PPB // loan.product.max_loan_to_value)
            cover = self.cover(loan.number)
            if cover < needed:
                raise Refused("LoanBook_CoverInsufficient", loan.number, cover, needed)
        self.post(loan, exposure=amount, reserved=-amount)

    def check_next_due(self, loan: Loan) -> None:
        """What is drawn falls due after today."""
        first = replace(loan, start=self.today) if loan.state == APPROVED else loan
        ahead = [] if loan.called else first.due_dates()[loan.instalment :]
        if not ahead or ahead[0] <= self.today:
            raise Refused("LoanBook_DueBeforeStart", loan.number, ahead[0] if ahead else 0, self.today)

    def cover(self, number: int) -> int:
        """I12: what a loan's liens are worth; nothing where one of the appraisals is stale."""
        found = [(thing, lien) for thing, lien in self.liens() if lien.active and lien.loan == number]
        if any(thing.valid_until < self.today for thing, _ in found):
            return 0
        return sum(thing.cover_of(lien) for thing, lien in found)

    def originate(self, number: int) -> None:
        loan = self.drawable(number, "originate")
        self.lend(loan, loan.undrawn)

    def draw(self, number: int, amount: int, payees: int, expiry: int) -> None:
        loan = self.drawable(number, "drawDown")
        if not 0 < amount <= loan.undrawn:
            raise Refused("LoanBook_AmountInvalid", number, amount, loan.undrawn)
        account = self.customers[loan.customer].account
        if account is None:
            raise Refused("LoanBook_NoAccount", loan.customer)
        self.lend(loan, amount)
        self.drawings[number][-1].account = account
        mark = self.earmarks[number]
        mark.remaining += amount
        mark.payees, mark.expiry, mark.mode = payees, expiry, loan.product.earmark_mode
        self.lent += amount

    # ---------------------------------------------------------------- reference rates

    def set_fixing(self, index: int, day: int, value: int) -> None:
        told = self.fixings.setdefault(index, [])
        earliest = told[-1][0] + 1 if told else 1
        if not earliest <= day <= self.today:
            raise Refused("LoanBook_FixingDayInvalid", index, day, earliest, self.today)
        told.append((day, value))

    def indexed_rate(self, terms: Servicing, day: int) -> int:
        """The last fixing by a day and the spread; never below zero."""
        values = [value for fixed, value in self.fixings.get(terms.index, []) if fixed <= day]
        if not values:
            raise Refused("LoanBook_FixingMissing", terms.index, day)
        return max(0, values[-1] + terms.spread)

    def reprice(self, number: int) -> None:
        """The rate of the day that lies whole periods after the start, from it or from as far as interest has run."""
        loan = self.starting(number, "reprice")
        terms = loan.product.servicing
        if terms is None or not terms.reprice_months or loan.restructurings:
            raise Refused("LoanBook_RepricingNotDue", number, 0)
        last = max(loan.start, loan.repriced_on)
        days = periods(loan.start, terms.reprice_months, loan.maturity)
        ahead = [day for day in days if day > last and day >= loan.accrued_through]
        passed = [day for day in days if last < day < loan.accrued_through]
        if ahead and ahead[0] <= self.today:
            day = priced = ahead[0]
        elif passed:
            if loan.accrued_through >= loan.maturity or (number >= IMPORTED and not loan.repriced_on):
                raise Refused("LoanBook_AccruedBeyondRepricing", number, passed[0], loan.accrued_through)
            day, priced = loan.accrued_through, passed[-1]
        else:
            raise Refused("LoanBook_RepricingNotDue", number, ahead[0] if ahead else 0)
        loan.advance(day)
        loan.reprice(min(self.indexed_rate(terms, priced), loan.product.max_rate), day)
