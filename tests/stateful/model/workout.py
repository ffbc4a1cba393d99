"""Loans in difficulty, modelled: new terms, consent to them, waivers, sales and write-offs."""

from __future__ import annotations

from tests.stateful.model.holdings import RISK_OFFICER, Agreement, Consent, Guarantee, Refused, Word
from tests.stateful.model.ledger import Ledger
from tests.stateful.model.loans import Loan
from tests.stateful.model.terms import BULLET, NewTerms, ends_within_a_cycle

MOST_MONEY = 2**47 - 1
CYCLES = (1, 3, 6, 12)


class Workout(Ledger):
    """What risk officers propose, borrowers and guarantors agree to, and approvers carry out."""

    # ---------------------------------------------------------------- new terms

    def check_terms(self, terms: NewTerms) -> Loan:
        loan = self.starting(terms.loan, "restructure")
        number, today, product = loan.number, self.today, loan.product
        if terms.number != loan.restructurings + 1:
            raise Refused("LoanBook_RestructuringStale", number, terms.number, loan.restructurings + 1)
        if today > terms.deadline:
            raise Refused("LoanBook_DeadlinePassed", number, terms.deadline, today)
        if terms.cycle_months not in CYCLES and (terms.cycle_months or terms.loan_type != BULLET):
            raise Refused("LoanBook_ScheduleInvalid", terms.loan_type, terms.cycle_months)
        if not 0 <= terms.rate <= product.max_rate:
            raise Refused("LoanBook_RateInvalid", terms.rate, product.max_rate)
        latest = today + product.max_term_days
        if not today < terms.maturity <= latest:
            raise Refused("LoanBook_MaturityInvalid", terms.maturity, today + 1, latest)
        if ends_within_a_cycle(loan.start, terms.cycle_months, terms.maturity):
            raise Refused("LoanBook_CycleTooLong", terms.cycle_months, terms.maturity - loan.start)
        if terms.resume_on > terms.maturity:
            raise Refused("LoanBook_ResumptionInvalid", terms.resume_on, terms.maturity)
        if not terms.most:
            raise Refused("LoanBook_AmountInvalid", number, 0, MOST_MONEY)
        return loan

    def agreement(self, terms: NewTerms) -> Agreement:
        """What was proposed last for the loan's restructuring of that number, where it is these terms."""
        found = self.agreements.get((terms.loan, terms.number))
        if found is None or found.terms != terms:
            raise Refused("LoanBook_NotProposed", terms.loan)
        return found

    def propose_terms(self, terms: NewTerms, maker: int) -> None:
        self.check_terms(terms)
        before = self.agreements.get((terms.loan, terms.number))
        if before is not None and before.terms == terms:
            raise Refused("LoanBook_AlreadyProposed", terms.loan)
        self.agreements[terms.loan, terms.number] = Agreement(terms, maker)

    def accept_terms(self, terms: NewTerms, word: Word) -> None:
        loan = self.starting(terms.loan, "restructure")
        agreement = self.agreement(terms)
        if agreement.accepted:
            raise Refused("LoanBook_AlreadyAccepted", terms.loan)
        if self.today > terms.deadline:
            raise Refused("LoanBook_DeadlinePassed", terms.loan, terms.deadline, self.today)
        self.hear(loan.number, loan.customer, word)
        self.differs(agreement.maker, word.witness)
        agreement.witness, agreement.accepted = word.witness, True

    def consent(self, terms: NewTerms, one: Guarantee, word: Word) -> None:
        agreement = self.agreement(terms)
        if one.loan != terms.loan:
            raise Refused("LoanBook_GuaranteeNotOfLoan", one.number, terms.loan)
        self.hear(terms.loan, one.guarantor, word)
        if word.witness and agreement.carried_out:
            raise Refused("LoanBook_DocumentTooLate", terms.loan, terms.number)
        self.differs(agreement.maker, word.witness)
        self.consents[one.number] = Consent(terms, self.consented(one))

    def consented(self, one: Guarantee) -> int:
        """What restructurings added to principal that the guarantor covers all the same."""
        consent = self.consents.get(one.number)
        if consent is None:
            return 0
        agreement = self.agreements[consent.terms.loan, consent.terms.number]
        done = agreement.carried_out and agreement.terms == consent.terms
        return max(agreement.uncovered, consent.covered) if done else consent.covered

    def hear(self, number: int, customer: int, word: Word) -> None:
        """A customer's account says it or signs it; for one who has none somebody of the bank records a document."""
        bound = self.customers[customer].account
        if word.signed:
            if bound is None:
                raise Refused("LoanBook_NoAccount", customer)
            if word.account != bound:
                raise Refused("LoanBook_SignatureInvalid", number, bound)
        elif word.witness:
            if bound is not None:
                raise Refused("LoanBook_HasAccount", customer)
        elif word.account != bound:
            raise Refused("LoanBook_NotParty", number, word.account, customer)

    def restructure(self, terms: NewTerms, checker: int) -> None:
        loan = self.check_terms(terms)
        agreement = self.agreement(terms)
        if not agreement.accepted:
            raise Refused("LoanBook_NotAccepted", terms.loan)
        self.differs(agreement.maker, checker)
        self.differs(agreement.witness, checker)
        loan.advance(self.today)
        before, undrawn = loan.principal, loan.undrawn
        loan.settle_debt(terms)
        if not loan.principal:
            raise Refused("LoanBook_AmountInvalid", loan.number, before, 0)
        if loan.principal > terms.most:
            raise Refused("LoanBook_DebtExceedsAgreed", loan.number, loan.principal, terms.most)
        loan.renew(terms, self.today)
        if loan.over:
            raise Refused("LoanBook_MaturityInvalid", terms.maturity, self.today + 1, terms.maturity)
        loan.observe(loan.due_dates()[loan.instalment])
        loan.uncovered += max(0, loan.principal - before)
        loan.postings += 1
        loan.restructurings += 1
        loan.restructured_on, loan.restructuring_posting = self.today, loan.postings
        agreement.carried_out, agreement.uncovered = True, loan.uncovered
        self.calls.pop(loan.number, None)
        self.post(loan, exposure=loan.principal - before, reserved=-undrawn)

    # ---------------------------------------------------------------- what a bank gives up

    def waive(self, number: int, penalty: int, fee: int, checker: int) -> None:
        loan = self.starting(number, "waive")
        self.differs(RISK_OFFICER, checker)
        loan.advance(self.today)
        penalty, fee = min(penalty, loan.penalty_due), min(fee, loan.fee_due)
        if not penalty + fee:
            raise Refused("LoanBook_AmountInvalid", number, 0, 0)
        loan.penalty_due -= penalty
        loan.fee_due -= fee
        loan.close_if_settled()
        loan.postings += 1

    def sell(self, number: int, checker: int) -> None:
        loan = self.starting(number, "sell")
        self.differs(RISK_OFFICER, checker)
        if loan.live:
            loan.advance(self.today)
        self.post(loan, exposure=-loan.principal, reserved=-loan.undrawn)
        loan.sell(self.today)
        self.announce(loan)

    def write_off(self, number: int, principal: int | None) -> tuple[int, int]:
        """Write off some principal, or everything; returns what to name."""
        loan = self.starting(number, "writeOff")
        loan.advance(self.today)
        whole = principal is None or principal >= loan.principal
        split = loan.write_off_all() if whole else loan.write_off(principal)
        self.post(loan, exposure=-split.principal)
        return split.principal, split.interest
