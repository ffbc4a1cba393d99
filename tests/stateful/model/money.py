"""Money, modelled: payments and charges, their reversal, deposits, earmarks and flows."""

from __future__ import annotations

from copy import deepcopy

from tests.stateful.model.balances import ACTIVE, REPAID, WRITTEN_OFF, Obligation
from tests.stateful.model.holdings import ACTIVE_GUARANTEE, FLAG, Guarantee, Payment, Posting, Refused
from tests.stateful.model.ledger import Ledger
from tests.stateful.model.loans import Loan

UNBOUNDED = 2**256 - 1


class Money(Ledger):
    """What borrowers, guarantors and collectors pay, and what is taken back."""

    def receive(self, loan: Loan, amount: int, account: str | None, day: int = 0) -> None:
        """On the business day, or on a day before it up to which nothing has accrued yet."""
        day = day or self.today
        loan.advance(day)
        owed = loan.payoff
        if amount == 0:
            raise Refused("LoanBook_AmountInvalid", loan.number, 0, owed)
        if amount > owed:
            raise Refused("LoanBook_Overpayment", loan.number, amount, owed)
        standing = self.standing(loan)
        split = loan.pay(amount)
        oldest = standing[0][0] if standing and split.principal_due + split.interest_due else 0
        self.payments[loan.number] = Payment(loan.postings, account, split, oldest, day, loan.instalment, standing)
        self.post(loan, exposure=-split.principal)

    def receive_late(self, loan: Loan, amount: int, account: str | None, day: int) -> None:
        """What was due on its day, then principal; what it has spared since is taken back."""
        number = loan.number
        for since in (loan.start, loan.restructured_on if loan.restructurings else loan.repriced_on):
            if day < since:
                raise Refused("LoanBook_ValueDateBeforeAccrual", number, day, since)
        most = loan.least_since(day)
        owed = loan.payoff_at(day) if most >= loan.principal else UNBOUNDED
        if owed is None:
            raise Refused("LoanBook_ValueDateBeforeAccrual", number, day, loan.accrued_through)
        if amount == 0:
            raise Refused("LoanBook_AmountInvalid", number, 0, owed)
        if amount > owed:
            raise Refused("LoanBook_Overpayment", number, amount, owed)
        standing = [entry for entry in self.standing(loan) if entry[1] <= day]
        principal = deepcopy(loan).principal_as_of(amount, day)
        if principal > most:
            raise Refused("LoanBook_DrawnSince", number, day, principal, most)
        split = loan.pay_late(amount, day)
        if split is None:
            raise Refused("LoanBook_ValueDateBeforeAccrual", number, day, loan.accrued_through)
        loan.lessen(day, principal)
        standing += [entry for entry in self.standing(loan) if entry[1] > day]
        oldest = standing[0][0] if split.principal_due + split.interest_due else 0
        self.payments[number] = Payment(loan.postings, account, split, oldest, day, loan.instalment, standing)
        self.post(loan, exposure=-principal)

    def standing(self, loan: Loan) -> list[tuple[int, int, int, int]]:
        return [(one.number, one.day, one.principal, one.interest) for one in loan.obligations]

    def repay(self, number: int, amount: int, account: str) -> None:
        self.receive(self.starting(number, "repay"), amount, account)
        self.burn(account, amount)
        self.paid += amount

    def repay_back(self, number: int, amount: int, day: int, account: str | None) -> None:
        """Booked with a past value date, which two persons allowed: from a deposit, or by a collector."""
        loan = self.starting(number, "repay")
        (self.receive_late if day < loan.accrued_through else self.receive)(loan, amount, account, day)
        if account is not None:
            self.burn(account, amount)
            self.paid += amount

    def repay_in_batch(self, payments: list[tuple[int, int]]) -> None:
        for number, amount in payments:
            self.receive(self.starting(number, "repay"), amount, None)

    def charge(self, number: int, kind: int, amount: int) -> None:
        loan = self.starting(number, "charge")
        have = loan.penalty_due if kind else loan.fee_due
        room = 2**47 - 1 - have
        if not 0 < amount <= room:
            raise Refused("LoanBook_AmountInvalid", number, amount, room)
        if kind:
            loan.penalty_due += amount
        else:
            loan.fee_due += amount
        loan.postings += 1
        self.charges[number].append(Posting(loan.postings, amount, self.today, kind))

    def reversible(self, number: int, act: str, posting: int, day: int) -> Loan:
        """What was posted under older terms is settled; so is what bore rates that are forgotten."""
        loan = self.starting(number, act)
        if posting <= loan.restructuring_posting:
            raise Refused("LoanBook_NotReversible", number, posting)
        if day < loan.rates_known_since:
            raise Refused("LoanBook_RateForgotten", number, day, loan.rates_known_since)
        return loan

    def reverse(self, number: int) -> None:
        """Take back a loan's last payment; the borrower owes it again, with the interest it had stopped."""
        payment = self.payments[number]
        loan = self.reversible(number, "reverse a payment", payment.posting, payment.day)
        reopens = loan.state == REPAID
        loan.advance(self.today)
        if reopens:
            loan.state, loan.rounded = ACTIVE, False
        split = payment.split
        if loan.over and split.principal_due != split.principal:
            raise Refused("LoanBook_NotReversible", number, payment.posting)
        since = [one for one in loan.obligations if one.number > payment.fallen]
        owed_again = [Obligation(*fields) for fields in payment.before] + since
        oldest = min((one.day for one in owed_again), default=0)
        borne = loan.penalty_borne(payment.day, oldest)
        loan.obligations = owed_again
        loan.principal += split.principal
        stopped = loan.borne(split.principal, payment.day, self.today)
        loan.accrued += stopped + (split.interest - split.interest_due) * loan.product.unit
        loan.exact_interest += stopped
        loan.penalty_due += split.penalty
        loan.fee_due += split.fee - split.prepayment_fee
        servicing = loan.product.servicing
        if split.principal > split.principal_due and not loan.over and servicing and servicing.keeps_term:
            loan.fix_instalment()
        if split.principal_due + split.interest_due:
            loan.penalty_accrued += max(0, loan.penalty_borne(payment.day, oldest) - borne)
            loan.charge_penalty()
        loan.reversed += split.principal
        loan.interest_settled -= split.interest
        loan.postings += 1
        self.post(loan, exposure=split.principal)
        if payment.account is not None:
            amount = split.principal + split.interest + split.penalty + split.fee
            self.balances[payment.account] += amount
            self.paid -= amount
        if reopens:
            self.announce(loan)
        del self.payments[number]

    def reverse_charge(self, number: int, charge: Posting) -> None:
        loan = self.reversible(number, "reverse a charge", charge.number, charge.day)
        loan.advance(self.today)
        if charge.amount > (loan.penalty_due if charge.kind else loan.fee_due):
            raise Refused("LoanBook_NotReversible", number, charge.number)
        if charge.kind:
            loan.penalty_due -= charge.amount
        else:
            loan.fee_due -= charge.amount
        loan.close_if_settled()
        loan.postings += 1
        self.charges[number].remove(charge)

    def reverse_drawdown(self, number: int, drawing: Posting) -> None:
        """The money was never lent, and bore no interest."""
        loan = self.reversible(number, "reverse a drawdown", drawing.number, drawing.day)
        loan.advance(self.today)
        interest = loan.borne(drawing.amount, drawing.day, self.today)
        fen = -(-max(0, interest - loan.accrued) // loan.product.unit)
        most = min(loan.principal - loan.principal_due, loan.least_since(drawing.day))
        if drawing.amount > most or fen > loan.interest_due:
            raise Refused("LoanBook_NotReversible", number, drawing.number)
        loan.lessen(drawing.day, drawing.amount)
        loan.forget_interest(fen, drawing.amount, drawing.day)
        loan.accrued += fen * loan.product.unit - interest
        loan.principal -= drawing.amount
        loan.taken_back += drawing.amount
        restored = drawing.amount if self.today <= loan.available_until else 0
        loan.undrawn += restored
        if not loan.over:
            loan.fix_instalment()
        loan.close_if_settled()
        loan.postings += 1
        self.post(loan, exposure=-drawing.amount, reserved=restored)
        mark = self.earmarks[number]
        if drawing.account is not None:
            if drawing.amount > mark.remaining:
                raise Refused("DepositToken_EarmarkExceeded", number, mark.remaining, drawing.amount)
            mark.remaining -= drawing.amount
            self.lent -= drawing.amount
        self.drawings[number].remove(drawing)

    def recover(self, number: int, amount: int) -> None:
        self.take_recovery(self.starting(number, "recover"), amount)

    def take_recovery(self, loan: Loan, amount: int) -> None:
        if not 0 < amount <= loan.written_off:
            raise Refused("LoanBook_AmountInvalid", loan.number, amount, loan.written_off)
        loan.written_off -= amount
        loan.postings += 1
        if loan.state == WRITTEN_OFF:
            loan.close_if_settled()

    def pay_on_guarantee(self, one: Guarantee, amount: int, account: str) -> None:
        """The guarantor pays the loan, or the claim it has become; the guarantee and the demand fall by as much."""
        if account != self.customers[one.guarantor].account:
            raise Refused("LoanBook_NotParty", one.loan, account, one.guarantor)
        loan = self.starting(one.loan, "payOnGuarantee")
        if loan.live:
            self.receive(loan, amount, account)
        else:
            self.take_recovery(loan, amount)
        if not one.live:
            raise Refused("GuaranteeRegistry_NotActive", one.number, one.state)
        most = min(one.demanded, one.amount)
        if amount > most:
            raise Refused("GuaranteeRegistry_PaymentExceeds", one.number, amount, most)
        one.demanded -= amount
        if not one.demanded:
            one.state = ACTIVE_GUARANTEE
        one.lower(amount)
        self.burn(account, amount)
        self.paid += amount

    # ---------------------------------------------------------------- deposits

    def burn(self, account: str, amount: int) -> None:
        """I21: what leaves an account came into it."""
        if amount > self.balances[account]:
            raise Refused("InsufficientBalance")
        self.balances[account] -= amount

    def fund(self, account: str, amount: int) -> None:
        self.balances[account] += amount
        self.funded += amount

    def redeem(self, account: str, amount: int) -> None:
        self.burn(account, amount)
        self.redeemed += amount

    def spend(self, number: int, account: str, payee: str, category: int, amount: int) -> bool:
        mark = self.earmarks[number]
        if amount == 0:
            raise Refused("DepositToken_ZeroAmount")
        if not mark.remaining:
            raise Refused("DepositToken_NoEarmark", number, account)
        if amount > mark.remaining:
            raise Refused("DepositToken_EarmarkExceeded", number, mark.remaining, amount)
        if self.today > mark.expiry:
            raise Refused("DepositToken_EarmarkExpired", number, mark.expiry, self.today)
        trace = self.traces[number]
        intended = bool(mark.payees >> category & 1)
        moves = intended or mark.mode == FLAG
        trace.diversions += not intended  # I22: told once, and it stays
        if moves:
            trace.spent += amount
            trace.diverted += 0 if intended else amount
            mark.remaining -= amount
            self.balances[payee] += amount
        return moves

    def return_earmark(self, number: int, account: str) -> None:
        loan, mark = self.starting(number, "returnEarmark"), self.earmarks[number]
        owing = deepcopy(loan)
        if loan.live:
            owing.advance(self.today)
        if not mark.remaining:
            raise Refused("DepositToken_NoEarmark", number, account)
        if self.today <= mark.expiry:
            raise Refused("DepositToken_EarmarkNotExpired", number, mark.expiry, self.today)
        returned = min(mark.remaining, owing.payoff if loan.live else loan.written_off)
        self.balances[account] += mark.remaining - returned
        self.paid += returned
        mark.remaining = 0
        if loan.live and not returned:
            loan.pass_due_dates(self.today)
        elif loan.live:
            loan.advance(self.today)
            self.receive(loan, returned, account)
        elif returned:
            self.take_recovery(loan, returned)

    def record_flow(self, number: int, amount: int, hop: int) -> None:
        trace = self.traces[number]
        if not trace.spent:
            raise Refused("FundFlowLedger_NothingDrawn", number)
        if hop > max(2, trace.depth + 1):
            raise Refused("FundFlowLedger_HopInvalid", hop)
        if trace.onward + amount > trace.spent * (hop - 1):
            raise Refused("FundFlowLedger_TraceExceeded", number, trace.onward, amount, trace.spent)
        trace.onward += amount
        trace.depth = max(trace.depth, hop)
