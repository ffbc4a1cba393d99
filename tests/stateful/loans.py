"""One loan, modelled from the interface's words: exact interest, due dates, the order of payment."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import astuple, dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

EPOCH = date(1970, 1, 1)
PPB = 10**9
BULLET, LINEAR, ANNUITY = range(3)  # LoanType
FEES_FIRST, PRINCIPAL_FIRST = range(2)  # Waterfall
(NONE, APPLIED, APPROVED, DENIED, LAPSED, ACTIVE, DEFAULTED, REPAID, WRITTEN_OFF, SOLD) = range(10)  # LoanState
(NO_CATEGORY, PASS, MENTION, SUBSTANDARD, DOUBTFUL, LOSS) = range(6)  # Category
CATEGORY_FROM = ((LOSS, 361), (DOUBTFUL, 271), (SUBSTANDARD, 91), (MENTION, 1), (PASS, 0))  # by days past due


@dataclass(frozen=True)
class Servicing:
    """How a product's loans are served; markups and fees in parts per billion."""

    grace_days: int
    overdue_markup: int
    compounds: bool
    prepayment_fee: int
    keeps_term: bool


@dataclass(frozen=True)
class Product:
    """Terms as the contract takes them, and how loans are served where the product says so."""

    loan_type: int
    day_count: int  # 0: 365 days, 1: 360
    waterfall: int
    earmark_mode: int  # 0: flag, 1: block
    cycle_months: int
    approval_days: int
    max_loan_to_value: int
    max_amount: int
    max_term_days: int
    max_rate: int
    servicing: Servicing | None = None

    @property
    def terms(self) -> tuple[int, ...]:
        """What setProduct takes."""
        return astuple(self)[:-1]

    @property
    def unit(self) -> int:
        """One fen of interest, in fen x ppb x days."""
        return 10**9 * (360 if self.day_count else 365)


@dataclass
class Obligation:
    """An instalment that fell due, and what of it is unpaid."""

    number: int
    day: int
    principal: int
    interest: int


@dataclass
class Split:
    """How a payment was divided."""

    principal: int = 0
    interest: int = 0
    penalty: int = 0
    fee: int = 0
    principal_due: int = 0
    interest_due: int = 0
    was_due: int = 0  # of principal, before the payment


def add_months(day: int, months: int) -> int:
    """The same day of a later month, or that month's last."""
    start = EPOCH + timedelta(days=day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return (date(year, month + 1, min(start.day, last)) - EPOCH).days


def annuity(principal: int, rate: int, months: int, count: int) -> int:
    """The equal instalment, rounded up; exact in rationals."""
    if rate == 0:
        return -(-principal // count)
    period = Fraction(rate * months, 12 * 10**9)
    return ceil(principal * period / (1 - 1 / (1 + period) ** count))


@dataclass
class Loan:
    """A loan as the bank keeps it, and what ever happened to its money."""

    number: int
    customer: int
    product_number: int
    product: Product
    industry: bytes
    region: bytes
    rate: int
    maturity: int
    undrawn: int
    purpose: bytes
    state: int = APPLIED
    category: int = NO_CATEGORY
    floor: int = NO_CATEGORY  # by judgement, the best category it may have
    start: int = 0
    available_until: int = 0
    principal: int = 0
    accrued: int = 0
    accrued_through: int = 0
    rounded: bool = False
    instalment: int = 0
    instalment_amount: int = 0
    postings: int = 0
    obligations: list[Obligation] = field(default_factory=list)
    penalty_due: int = 0
    penalty_accrued: int = 0  # fen x ppb x days, below one fen after each posting
    fee_due: int = 0
    written_off: int = 0
    # I2 and I3: every way the principal came and went
    drawn: int = 0
    repaid: int = 0
    taken_off: int = 0
    reversed: int = 0
    taken_back: int = 0
    before: list[tuple[int, int]] = field(default_factory=list)  # day of a further drawdown, principal before it
    fees_early: int = 0
    interest_paid: int = 0
    interest_taken_off: int = 0
    exact_interest: int = 0  # I7: fen x ppb x days ever accrued

    # ---------------------------------------------------------------- what is owed

    @property
    def principal_due(self) -> int:
        return sum(one.principal for one in self.obligations)

    @property
    def interest_due(self) -> int:
        return sum(one.interest for one in self.obligations)

    @property
    def oldest_due(self) -> int:
        return min((one.day for one in self.obligations), default=0)

    @property
    def due(self) -> int:
        return self.principal_due + self.interest_due + self.penalty_due + self.fee_due

    @property
    def live(self) -> bool:
        return self.state in (ACTIVE, DEFAULTED)

    @property
    def accrued_up(self) -> int:
        """Interest not yet due as the last payment settles it: rounded up, once in the loan's life."""
        return self.accrued // self.product.unit if self.rounded else -(-self.accrued // self.product.unit)

    @property
    def fee_rate(self) -> int:
        return self.product.servicing.prepayment_fee if self.product.servicing else 0

    @property
    def payoff(self) -> int:
        fee = (self.principal - self.principal_due) * self.fee_rate // PPB
        return self.principal + self.interest_due + self.penalty_due + self.fee_due + self.accrued_up + fee

    @property
    def overdue_daily(self) -> int:
        """Penalty interest that what is overdue bears a day, in fen x ppb."""
        terms = self.product.servicing
        if terms is None:
            return 0
        markup = self.rate * terms.overdue_markup // PPB
        return self.principal_due * markup + (self.interest_due * (self.rate + markup) if terms.compounds else 0)

    def overdue_days(self, since: int, day: int) -> int:
        """Days from `since` to a day on which overdue amounts bear penalty interest."""
        terms = self.product.servicing
        if terms is None or not self.obligations:
            return 0
        return max(0, day - max(since, self.oldest_due + terms.grace_days))

    def due_dates(self) -> list[int]:
        """Every due date from start to maturity."""
        if not self.product.cycle_months:
            return [self.maturity]
        dates: list[int] = []
        while (day := add_months(self.start, self.product.cycle_months * (len(dates) + 1))) < self.maturity:
            dates.append(day)
        return [*dates, self.maturity]

    def days_past_due(self, today: int) -> int:
        return max(0, today - self.oldest_due) if self.obligations else 0

    # ---------------------------------------------------------------- time

    def accrue(self, day: int) -> None:
        if day > self.accrued_through:
            interest = self.principal * self.rate * (day - self.accrued_through)
            self.accrued += interest
            self.exact_interest += interest
            self.penalty_accrued += self.overdue_daily * self.overdue_days(self.accrued_through, day)
            self.accrued_through = day

    def charge_penalty(self) -> None:
        """Whole fen of penalty interest fall due; the rest is carried."""
        whole, self.penalty_accrued = divmod(self.penalty_accrued, self.product.unit)
        self.penalty_due += whole

    def round_up(self) -> None:
        if not self.rounded:
            self.accrued += self.product.unit - 1
            self.rounded = True

    def pass_due_dates(self, day: int) -> None:
        """Let every due date up to a day pass."""
        for due in self.due_dates()[self.instalment :]:
            if due > day:
                return
            self.accrue(due)
            last = due == self.maturity
            if last:
                self.round_up()
            interest = self.accrued // self.product.unit
            self.accrued -= interest * self.product.unit
            principal = self._principal_falling(last, interest)
            self.instalment += 1
            if principal + interest:
                self.obligations.append(Obligation(self.instalment, due, principal, interest))

    def _principal_falling(self, last: bool, interest: int) -> int:
        undue = self.principal - self.principal_due
        if last:
            return undue
        if self.product.loan_type == BULLET:
            return 0
        if self.product.loan_type == LINEAR:
            return undue // (len(self.due_dates()) - self.instalment)
        return min(undue, max(0, self.instalment_amount - interest))

    def advance(self, day: int) -> None:
        self.pass_due_dates(day)
        self.accrue(day)
        self.charge_penalty()

    def pass_overdue(self, today: int) -> None:
        """What fell due before today is overdue."""
        if today > self.accrued_through:
            self.pass_due_dates(today - 1)
        self.charge_penalty()

    # ---------------------------------------------------------------- postings

    def lend(self, amount: int, day: int) -> None:
        if self.state == APPROVED:
            self.state, self.category = ACTIVE, PASS
            self.start = self.accrued_through = day
        else:
            self.note_drawing(day)
        self.principal += amount
        self.drawn += amount
        self.undrawn -= amount
        self.postings += 1
        self.fix_instalment()

    def note_drawing(self, day: int) -> None:
        """Keep the principal before a further drawdown where it binds; of a fifth that does, the two oldest are one."""
        while self.before and self.before[-1][1] >= self.principal:
            self.before.pop()
        if self.before and self.before[-1][0] == day:
            return
        if len(self.before) == 4:
            (_, one), (later, other) = self.before[:2]
            self.before[:2] = [(later, min(one, other))]
        self.before.append((day, self.principal))

    def least_since(self, day: int) -> int:
        """The least principal from a day on, as far as it is kept."""
        return min([self.principal, *(had for later, had in self.before if later > day)])

    def lessen(self, day: int, amount: int) -> None:
        """There was so much less principal before each drawdown after a day."""
        self.before = [(later, max(0, had - amount) if later > day else had) for later, had in self.before]

    def fix_instalment(self) -> None:
        """An annuity's instalment on what is not yet due, over the due dates that remain."""
        remaining = len(self.due_dates()) - self.instalment
        if self.product.loan_type == ANNUITY:
            undue = self.principal - self.principal_due
            self.instalment_amount = annuity(undue, self.rate, self.product.cycle_months, remaining) if remaining else 0

    def pay(self, amount: int) -> Split:
        """Split a payment of at most the payoff: dues in the product's order, then principal, then interest accrued."""
        whole = amount == self.payoff
        split = Split(was_due=self.principal_due)
        rest = amount
        if self.product.waterfall == FEES_FIRST:
            rest = self._pay_charges(split, rest)
            rest = self._pay_interest_due(split, rest)
            rest = self._pay_principal_due(split, rest)
        else:
            rest = self._pay_principal_due(split, rest)
            rest = self._pay_interest_due(split, rest)
            rest = self._pay_charges(split, rest)
        rest = self._pay_early(split, rest)
        if whole:
            self.round_up()
        self.accrued -= rest * self.product.unit
        split.interest += rest
        if whole and not self.undrawn:
            self.accrued = 0
        self.obligations = [one for one in self.obligations if one.principal or one.interest]
        self.repaid += split.principal
        self.interest_paid += split.interest
        self.postings += 1
        if whole:
            self.close_if_settled()
        anew = self.product.servicing is not None and self.product.servicing.keeps_term
        if anew and split.principal > split.was_due and self.principal and self.instalment_amount:
            self.fix_instalment()
        return split

    def _pay_early(self, split: Split, rest: int) -> int:
        """Principal before its time, and the fee on it, rounded down."""
        early, fee = self.principal, self.principal * self.fee_rate // PPB
        if rest < early + fee:
            fee = rest * self.fee_rate // (PPB + self.fee_rate)
            early = rest - fee
        self.principal -= early
        split.principal += early
        split.fee += fee
        self.fees_early += fee
        return rest - early - fee

    def _pay_charges(self, split: Split, rest: int) -> int:
        if self.product.waterfall == FEES_FIRST:
            split.fee = min(rest, self.fee_due)
            split.penalty = min(rest - split.fee, self.penalty_due)
        else:
            split.penalty = min(rest, self.penalty_due)
            split.fee = min(rest - split.penalty, self.fee_due)
        self.fee_due -= split.fee
        self.penalty_due -= split.penalty
        return rest - split.fee - split.penalty

    def _pay_interest_due(self, split: Split, rest: int) -> int:
        for one in self.obligations:
            paid = min(rest, one.interest)
            one.interest -= paid
            split.interest += paid
            split.interest_due += paid
            rest -= paid
        return rest

    def _pay_principal_due(self, split: Split, rest: int) -> int:
        for one in self.obligations:
            paid = min(rest, one.principal)
            one.principal -= paid
            self.principal -= paid
            split.principal += paid
            split.principal_due += paid
            rest -= paid
        return rest

    def close_if_settled(self) -> None:
        if not self.undrawn and not self.payoff:
            self.state = WRITTEN_OFF if self.written_off else REPAID
            self.accrued = 0
            if self.state == REPAID:
                self.penalty_accrued = 0

    def forget_interest(self, fen: int) -> None:
        """Interest due that never was; the oldest goes first."""
        for one in self.obligations:
            gone = min(fen, one.interest)
            one.interest -= gone
            fen -= gone
        self.obligations = [one for one in self.obligations if one.principal or one.interest]

    def write_off_all(self) -> Split:
        """Everything owed becomes a claim off the balance sheet."""
        interest = self.interest_due + self.accrued_up
        split = Split(principal=self.principal, interest=interest)
        self.written_off += self.principal + interest + self.penalty_due + self.fee_due
        self.taken_off += self.principal
        self.interest_taken_off += interest
        self.principal = self.accrued = self.penalty_due = self.fee_due = 0
        self.obligations = []
        self.state = WRITTEN_OFF
        self.postings += 1
        return split

    def write_off(self, principal: int) -> Split:
        """Part of the principal becomes a claim; the oldest due goes first."""
        split = Split(principal=principal)
        self.written_off += principal
        self.taken_off += principal
        self.principal -= principal
        for one in self.obligations:
            gone = min(principal, one.principal)
            one.principal -= gone
            principal -= gone
        self.obligations = [one for one in self.obligations if one.principal or one.interest]
        self.postings += 1
        return split

    def sell(self) -> None:
        """Everything leaves the book."""
        self.taken_off += self.principal
        self.principal = self.undrawn = self.accrued = self.instalment_amount = 0
        self.penalty_due = self.fee_due = self.written_off = self.penalty_accrued = 0
        self.obligations = []
        self.state = SOLD
        self.postings += 1

    def category_by(self, days_past_due: int) -> int:
        return next(category for category, days in CATEGORY_FROM if days_past_due >= days)
