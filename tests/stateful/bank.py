"""The bank, modelled: loans, limits, deposits, liens and guarantees; each act tells why it would be refused."""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import ClassVar

from scripts.state_diagram import StateTable
from tests.stateful.holdings import (
    CUSTOMER,
    DEFAULT_DAYS,
    ENFORCED_LIEN,
    FLAG,
    GROUP,
    INDUSTRY,
    PPB,
    REGION,
    RELEASED_LIEN,
    Bucket,
    Customer,
    Earmark,
    Guarantee,
    Lien,
    Payment,
    Posting,
    Refused,
    Thing,
    Trace,
)
from tests.stateful.loans import (
    ACTIVE,
    APPROVED,
    DEFAULTED,
    DENIED,
    LAPSED,
    NO_CATEGORY,
    PASS,
    REPAID,
    SOLD,
    SUBSTANDARD,
    WRITTEN_OFF,
    Loan,
    Obligation,
    Product,
)

IMPORTED = 2**63  # numbers of imported loans start here


@dataclass
class Bank:
    """Everything the contracts should hold."""

    table: ClassVar[StateTable]  # the contracts' own: what may start where, and lead where

    customers: dict[int, Customer]
    products: dict[int, Product]
    today: int
    loans: dict[int, Loan] = field(default_factory=dict)
    buckets: dict[tuple[int, int], Bucket] = field(default_factory=lambda: defaultdict(Bucket))
    balances: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    earmarks: dict[int, Earmark] = field(default_factory=lambda: defaultdict(Earmark))
    traces: dict[int, Trace] = field(default_factory=lambda: defaultdict(Trace))
    things: dict[int, Thing] = field(default_factory=dict)
    guarantees: list[Guarantee] = field(default_factory=list)
    capacity: dict[int, int] = field(default_factory=dict)
    given: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    payments: dict[int, Payment] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    in_default: set[int] = field(default_factory=set)
    sold: set[int] = field(default_factory=set)
    # I24: every way money came into deposits and left them
    funded: int = 0
    lent: int = 0
    paid: int = 0
    redeemed: int = 0
    drawings: dict[int, list[Posting]] = field(default_factory=lambda: defaultdict(list))
    charges: dict[int, list[Posting]] = field(default_factory=lambda: defaultdict(list))
    acts: list[tuple[int, str]] = field(default_factory=list)  # done since the last check of edges: loan and act

    # ---------------------------------------------------------------- parts

    def loan(self, number: int) -> Loan:
        if number not in self.loans:
            raise Refused("LoanBook_Unknown", number)
        return self.loans[number]

    def starting(self, number: int, act: str) -> Loan:
        """The loan, where the table of states has the act for it."""
        loan = self.loan(number)
        if self.table.states[loan.state] not in self.table.acts[act]:
            raise Refused("LoanBook_WrongState", number, loan.state)
        self.acts.append((number, act))
        return loan

    def keys(self, loan: Loan) -> list[tuple[int, int]]:
        group = self.customers[loan.customer].group
        return [
            (CUSTOMER, loan.customer),
            *([(GROUP, group)] if group else []),
            (INDUSTRY, loan.industry[0]),
            (REGION, int.from_bytes(loan.region, "big")),
        ]

    def post(self, loan: Loan, exposure: int = 0, reserved: int = 0) -> None:
        for key in self.keys(loan):
            self.buckets[key].exposure += exposure
            self.buckets[key].reserved += reserved

    def reserve(self, loan: Loan, amount: int) -> None:
        for key in self.keys(loan):
            bucket = self.buckets[key]
            used = bucket.exposure + bucket.reserved
            if bucket.limit and used + amount > bucket.limit:
                raise Refused("CreditPolicy_LimitExceeded", *key, used, amount, bucket.limit)
        self.post(loan, reserved=amount)

    def announce(self, loan: Loan) -> None:
        self.closed.discard(loan.number)
        self.in_default.discard(loan.number)
        self.sold.discard(loan.number)
        if loan.state == SOLD:
            self.sold.add(loan.number)
        if loan.state in (REPAID, DENIED, LAPSED):
            self.closed.add(loan.number)
        if loan.state in (DEFAULTED, WRITTEN_OFF):
            self.in_default.add(loan.number)

    @property
    def supply(self) -> int:
        """I24: the deposit liability by its causes."""
        return self.funded + self.lent - self.paid - self.redeemed

    @property
    def applied(self) -> int:
        """Loans applied for here; imported ones have numbers of their own."""
        return sum(number < IMPORTED for number in self.loans)

    # ---------------------------------------------------------------- new business

    def apply_for(self, customer: int, product_number: int, terms: tuple[bytes, bytes, bytes, int, int, int]) -> None:
        industry, region, purpose, amount, rate, maturity = terms
        number = self.applied + 1
        product = self.products[product_number]
        if amount == 0 or amount > product.max_amount:
            raise Refused("LoanBook_AmountInvalid", number, amount, product.max_amount)
        latest = self.today + product.max_term_days
        if not self.today < maturity <= latest:
            raise Refused("LoanBook_MaturityInvalid", maturity, self.today + 1, latest)
        if not 0 <= rate <= product.max_rate:
            raise Refused("LoanBook_RateInvalid", rate, product.max_rate)
        if customer not in self.customers:
            raise Refused("CustomerRegistry_Unknown", customer)
        self.acts.append((number, "applyFor"))
        self.loans[number] = Loan(
            number, customer, product_number, product, industry, region, rate, maturity, amount, purpose
        )

    def approve(self, number: int) -> None:
        loan = self.starting(number, "approve")
        if self.today >= loan.maturity:
            raise Refused("LoanBook_MaturityInvalid", loan.maturity, self.today + 1, loan.maturity)
        rated_until = self.customers[loan.customer].rated_until
        if rated_until is not None and rated_until < self.today:
            raise Refused("LoanBook_RatingMissing", loan.customer, rated_until)
        self.reserve(loan, loan.undrawn)
        loan.state = APPROVED
        loan.available_until = min(self.today + loan.product.approval_days, loan.maturity - 1)

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
        return loan

    def lend(self, loan: Loan, amount: int) -> None:
        if loan.state == ACTIVE:
            loan.advance(self.today)
            if loan.due:
                raise Refused("LoanBook_InArrears", loan.number, loan.oldest_due)
        loan.lend(amount, self.today)
        self.drawings[loan.number].append(Posting(loan.postings, amount, self.today))
        if loan.product.max_loan_to_value:
            needed = -(-loan.principal * PPB // loan.product.max_loan_to_value)
            cover = self.cover(loan.number)
            if cover < needed:
                raise Refused("LoanBook_CoverInsufficient", loan.number, cover, needed)
        self.post(loan, exposure=amount, reserved=-amount)

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
        self.lend(loan, amount)
        self.drawings[number][-1].account = self.customers[loan.customer].account
        mark = self.earmarks[number]
        mark.remaining += amount
        mark.payees, mark.expiry, mark.mode = payees, expiry, loan.product.earmark_mode
        self.lent += amount

    # ---------------------------------------------------------------- payments

    def receive(self, loan: Loan, amount: int, account: str | None) -> None:
        loan.advance(self.today)
        owed = loan.payoff
        if amount == 0:
            raise Refused("LoanBook_AmountInvalid", loan.number, 0, owed)
        if amount > owed:
            raise Refused("LoanBook_Overpayment", loan.number, amount, owed)
        standing = [(one.number, one.day, one.principal, one.interest) for one in loan.obligations]
        split = loan.pay(amount)
        oldest = standing[0][0] if standing and split.principal_due + split.interest_due else 0
        self.payments[loan.number] = Payment(
            loan.postings, account, split, oldest, self.today, loan.instalment, standing
        )
        self.post(loan, exposure=-split.principal)

    def repay(self, number: int, amount: int, account: str) -> None:
        self.receive(self.starting(number, "repay"), amount, account)
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

    def reverse(self, number: int) -> None:
        """Take back a loan's last payment; the borrower owes it again, with the interest it had stopped."""
        loan, payment = self.starting(number, "reverse a payment"), self.payments[number]
        reopens = loan.state == REPAID
        loan.advance(self.today)
        daily = loan.overdue_daily
        if reopens:
            loan.state, loan.rounded = ACTIVE, False
        split = payment.split
        if loan.instalment == len(loan.due_dates()) and split.principal_due != split.principal:
            raise Refused("LoanBook_NotReversible", number, payment.posting)
        since = [one for one in loan.obligations if one.number > payment.fallen]
        loan.obligations = [Obligation(*fields) for fields in payment.before] + since
        loan.principal += split.principal
        stopped = split.principal * loan.rate * (self.today - payment.day)
        loan.accrued += stopped + (split.interest - split.interest_due) * loan.product.unit
        loan.exact_interest += stopped
        loan.penalty_due += split.penalty
        loan.fee_due += split.fee
        if split.principal_due + split.interest_due:
            more = max(0, loan.overdue_daily - daily)
            loan.penalty_accrued += more * loan.overdue_days(payment.day, self.today)
            loan.charge_penalty()
        loan.reversed += split.principal
        loan.interest_paid -= split.interest
        loan.postings += 1
        self.post(loan, exposure=split.principal)
        if payment.account is not None:
            amount = split.principal + split.interest + split.penalty + split.fee
            self.balances[payment.account] += amount
            self.paid -= amount
        if reopens:
            self.announce(loan)
        del self.payments[number]

    def repay_late(self, number: int, amount: int, day: int) -> None:
        """Principal paid with a past value date, where nothing is due: the interest it spared is taken back."""
        loan = self.starting(number, "repay")
        if day < loan.start:
            raise Refused("LoanBook_ValueDateBeforeAccrual", number, day, loan.start)
        days = loan.accrued_through - day
        most = loan.least_since(day)
        if most == loan.principal and loan.principal * loan.rate * days > loan.accrued:
            raise Refused("LoanBook_ValueDateBeforeAccrual", number, day, loan.accrued_through)
        if amount > most:
            raise Refused("LoanBook_DrawnSince", number, day, amount, most)
        if amount * loan.rate * days > loan.accrued:
            raise Refused("LoanBook_ValueDateBeforeAccrual", number, day, loan.accrued_through)
        loan.lessen(day, amount)
        loan.accrued -= amount * loan.rate * days
        loan.exact_interest -= amount * loan.rate * days
        loan.principal -= amount
        loan.repaid += amount
        loan.postings += 1
        self.post(loan, exposure=-amount)

    def reverse_charge(self, number: int, charge: Posting) -> None:
        loan = self.starting(number, "reverse a charge")
        if charge.day > loan.accrued_through:
            raise Refused("LoanBook_NotReversible", number, charge.number)
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
        loan = self.starting(number, "reverse a drawdown")
        loan.advance(self.today)
        interest = drawing.amount * loan.rate * (self.today - drawing.day)
        fen = -(-max(0, interest - loan.accrued) // loan.product.unit)
        most = min(loan.principal - loan.principal_due, loan.least_since(drawing.day))
        if drawing.amount > most or fen > loan.interest_due:
            raise Refused("LoanBook_NotReversible", number, drawing.number)
        loan.lessen(drawing.day, drawing.amount)
        loan.forget_interest(fen)
        loan.accrued += fen * loan.product.unit - interest
        loan.principal -= drawing.amount
        loan.taken_back += drawing.amount
        restored = drawing.amount if self.today <= loan.available_until else 0
        loan.undrawn += restored
        if loan.instalment < len(loan.due_dates()):
            loan.fix_instalment()
        loan.close_if_settled()
        loan.postings += 1
        self.post(loan, exposure=-drawing.amount)
        self.reserve(loan, restored)
        mark = self.earmarks[number]
        if drawing.account is not None:
            if drawing.amount > mark.remaining:
                raise Refused("DepositToken_EarmarkExceeded", number, mark.remaining, drawing.amount)
            mark.remaining -= drawing.amount
            self.lent -= drawing.amount
        self.drawings[number].remove(drawing)

    # ---------------------------------------------------------------- facts

    def import_loan(self, loan: Loan) -> None:
        """A loan recorded as it stood, with nothing overdue; its interest accrues from here."""
        if loan.number in self.loans:
            raise Refused("LoanBook_AlreadyImported", loan.number)
        self.acts.append((loan.number, "importLoans"))
        loan.state, loan.category = ACTIVE, PASS
        loan.accrued_through = self.today
        loan.instalment = sum(day < self.today for day in loan.due_dates())
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
        """I10: the object is sold, its liens end in rank."""
        thing = self.things[title]
        if not thing.pledged:
            raise Refused("CollateralRegistry_NothingPledged", title)
        for lien in thing.liens:
            if lien.active:
                lien.state, lien.amount = ENFORCED_LIEN, 0
        thing.value, thing.owner = 0, owner

    # ---------------------------------------------------------------- quality

    def classify(self, number: int) -> None:
        loan = self.starting(number, "classify")
        loan.pass_overdue(self.today)
        self.settle(loan)

    def settle(self, loan: Loan) -> None:
        """By days past due and by what it was judged to be; in default it only gets worse."""
        category = max(loan.category_by(loan.days_past_due(self.today)), loan.floor)
        loan.category = max(category, loan.category) if loan.state == DEFAULTED else category

    def judge(self, number: int, category: int) -> None:
        loan = self.starting(number, "judge")
        category = category if category > PASS else NO_CATEGORY
        loan.pass_overdue(self.today)
        if category == loan.floor:
            raise Refused("LoanQuality_FloorUnchanged", number, 0, category)
        loan.floor = category
        self.settle(loan)

    def waive(self, number: int, penalty: int, fee: int) -> None:
        loan = self.starting(number, "waive")
        loan.advance(self.today)
        penalty, fee = min(penalty, loan.penalty_due), min(fee, loan.fee_due)
        if not penalty + fee:
            raise Refused("LoanBook_AmountInvalid", number, 0, 0)
        loan.penalty_due -= penalty
        loan.fee_due -= fee
        loan.close_if_settled()
        loan.postings += 1

    def sell(self, number: int) -> None:
        loan = self.starting(number, "sell")
        if loan.live:
            loan.advance(self.today)
        self.post(loan, exposure=-loan.principal, reserved=-loan.undrawn)
        loan.sell()
        self.announce(loan)

    def declare_default(self, number: int, by_days: bool) -> None:
        loan = self.starting(number, "declareDefault")
        loan.pass_overdue(self.today)
        days = loan.days_past_due(self.today)
        if by_days and days <= DEFAULT_DAYS:
            raise Refused("LoanBook_NotInDefault", number, days)
        loan.state = DEFAULTED
        loan.category = max(loan.category_by(days), loan.floor, loan.category, SUBSTANDARD)
        self.announce(loan)

    def cure(self, number: int) -> None:
        loan = self.starting(number, "cure")
        loan.pass_overdue(self.today)
        if loan.due:
            raise Refused("LoanBook_InArrears", number, loan.oldest_due)
        loan.state = ACTIVE
        self.settle(loan)
        self.announce(loan)

    def write_off(self, number: int, principal: int | None) -> tuple[int, int]:
        """Write off some principal, or everything; returns what to name."""
        loan = self.starting(number, "writeOff")
        loan.advance(self.today)
        whole = principal is None or principal >= loan.principal
        split = loan.write_off_all() if whole else loan.write_off(principal)
        self.post(loan, exposure=-split.principal)
        return split.principal, split.interest

    def recover(self, number: int, amount: int) -> None:
        self.take_recovery(self.starting(number, "recover"), amount)

    def take_recovery(self, loan: Loan, amount: int) -> None:
        if not 0 < amount <= loan.written_off:
            raise Refused("LoanBook_AmountInvalid", loan.number, amount, loan.written_off)
        loan.written_off -= amount
        loan.postings += 1
        if loan.state == WRITTEN_OFF:
            loan.close_if_settled()

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
        if loan.live:
            loan.advance(self.today)
            if returned:
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

    # ---------------------------------------------------------------- protection

    def liens(self) -> list[tuple[Thing, Lien]]:
        return [(thing, lien) for thing in self.things.values() for lien in thing.liens]

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
            raise Refused("GuaranteeRegistry_NotActive", one.number, 3)
        if one.loan not in self.closed | self.sold:
            raise Refused("GuaranteeRegistry_LoanStillOwes", one.number, one.loan)
        one.live, one.amount = False, 0

    def demand(self, one: Guarantee) -> None:
        if not one.live:
            raise Refused("GuaranteeRegistry_NotActive", one.number, 3)
        if one.loan not in self.in_default:
            raise Refused("GuaranteeRegistry_LoanNotInDefault", one.number, one.loan)
        loan = self.loan(one.loan)
        if not loan.written_off + (loan.payoff if loan.live else 0):
            raise Refused("LoanBook_DemandExceedsCovered", one.number, 1, 0)
