"""One loan, modelled from the interface's words: exact interest, due dates, the order of payment, new terms."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.stateful.model.terms import (
    ANNUITY,
    BULLET,
    FEES_FIRST,
    LINEAR,
    MENTION,
    NO_CATEGORY,
    PASS,
    PPB,
    SUBSTANDARD,
    NewTerms,
    Product,
    add_months,
    annuity,
    category_by,
    periods,
)

(NONE, APPLIED, APPROVED, DENIED, LAPSED, ACTIVE, DEFAULTED, REPAID, WRITTEN_OFF, SOLD) = range(10)  # LoanState
FLOORS = (JUDGEMENT, CONTAGION, EXPECTED_LOSS, RESTRUCTURED) = range(4)  # Floor
OBSERVATION_DAYS, OBSERVATION_MONTHS, OBSERVED_PAYMENTS = 365, 12, 2
TECHNICAL_DAYS = 7
KEPT_RATES = 5


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
    prepayment_fee: int = 0


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
    signed: bool = False
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
    # what few loans carry
    floors: list[int] = field(default_factory=lambda: [NO_CATEGORY for _ in FLOORS])
    misused: int = 0
    observed_until: int = 0
    observed_payments: int = 0
    restructurings: int = 0
    restructured_on: int = 0
    restructuring_posting: int = 0
    repriced_on: int = 0
    called: bool = False
    uncovered: int = 0
    technical_delay: int = 0  # the oldest unpaid day whose delay was found technical
    # I2 and I3: every way the principal came and went
    drawn: int = 0
    repaid: int = 0
    taken_off: int = 0
    reversed: int = 0
    taken_back: int = 0
    before: list[tuple[int, int]] = field(default_factory=list)  # day of a further drawdown, principal before it
    rates: list[tuple[int, int]] = field(default_factory=list)  # day of a repricing, rate up to it
    capitalised: int = 0
    forgiven: int = 0
    fees_early: int = 0
    interest_settled: int = 0  # paid, waived or made principal
    exact_interest: int = 0  # I7: fen x ppb x days ever accrued

    def __post_init__(self) -> None:
        self.loan_type, self.cycle_months = self.product.loan_type, self.product.cycle_months

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
    def claim(self) -> int:
        """All that is owed, without the fee on paying early."""
        interest = self.interest_due + self.accrued_up
        return self.written_off + self.principal + interest + self.penalty_due + self.fee_due

    @property
    def fee_rate(self) -> int:
        return self.product.servicing.prepayment_fee if self.product.servicing else 0

    @property
    def payoff(self) -> int:
        fee = (self.principal - self.principal_due) * self.fee_rate // PPB
        return self.claim - self.written_off + fee

    def penalty_daily(self, rate: int, *, late: bool) -> int:
        """Penalty interest that a day adds, in fen x ppb; `late`: overdue amounts bear it, their grace being over."""
        terms = self.product.servicing
        if terms is None:
            return 0
        overdue, misuse = (rate * markup // PPB for markup in (terms.overdue_markup, terms.misuse_markup))
        misused = min(self.misused, self.principal)
        if not late:
            return misused * misuse
        both = min(misused, self.principal_due)
        on_interest = rate + max(overdue, misuse if misused else 0)
        return (
            (misused - both) * misuse
            + (self.principal_due - both) * overdue
            + both * max(overdue, misuse)
            + (self.interest_due * on_interest if terms.compounds else 0)
        )

    def overdue_daily(self, rate: int) -> int:
        """What being overdue adds to that."""
        return self.penalty_daily(rate, late=True) - self.penalty_daily(rate, late=False)

    def overdue_days(self, since: int, day: int) -> int:
        """Days from `since` to a day on which overdue amounts bear penalty interest."""
        terms = self.product.servicing
        if terms is None or not self.obligations:
            return 0
        return max(0, day - max(since, self.oldest_due + terms.grace_days))

    def due_dates(self) -> list[int]:
        """Every due date from start to maturity, but for a call."""
        if not self.cycle_months:
            return [self.maturity]
        return [*periods(self.start, self.cycle_months, self.maturity), self.maturity]

    @property
    def over(self) -> bool:
        """Nothing falls due any more."""
        return self.called or self.instalment >= len(self.due_dates())

    def days_past_due(self, today: int) -> int:
        return max(0, today - self.oldest_due) if self.obligations else 0

    # ---------------------------------------------------------------- quality

    @property
    def cared(self) -> bool:
        """Whether it carries what few loans do."""
        marks = self.observed_until, self.restructurings, self.repriced_on, self.called, self.technical_delay
        return any((*self.floors, self.misused, *marks))

    def counted_days(self, today: int) -> int:
        """Days past due as the category counts them: a short technical delay is none."""
        days = self.days_past_due(today)
        return 0 if days <= TECHNICAL_DAYS and self.technical_delay == self.oldest_due else days

    def worth(self, today: int, *floors: int) -> int:
        """The category by days past due and these floors."""
        return max(category_by(self.counted_days(today)), *(self.floors[floor] for floor in floors))

    def settle(self, today: int) -> None:
        """Classify; in default it only gets worse. Seen overdue, a loan is observed anew."""
        if self.observed_until and self.counted_days(today):
            self.observed_until = max(self.observed_until, add_months(today, OBSERVATION_MONTHS))
            self.observed_payments = 0
        category = self.worth(today, *FLOORS)
        self.category = max(category, self.category) if self.state == DEFAULTED else category

    # ---------------------------------------------------------------- time

    def accrue(self, day: int) -> None:
        if day > self.accrued_through:
            days = day - self.accrued_through
            interest = self.principal * self.rate * days
            self.accrued += interest
            self.exact_interest += interest
            late = self.overdue_days(self.accrued_through, day)
            self.penalty_accrued += self.penalty_daily(self.rate, late=True) * late
            self.penalty_accrued += self.penalty_daily(self.rate, late=False) * (days - late)
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
        if self.called:
            return
        dates = self.due_dates()
        for due in dates[self.instalment :]:
            if due > day:
                return
            self.accrue(due)
            self.fall_due(due, remaining=len(dates) - self.instalment)

    def fall_due(self, day: int, *, remaining: int) -> Obligation:
        """An instalment falls due on the day the loan is accrued to; with one remaining, all that is left."""
        last = remaining == 1
        if last:
            self.round_up()
        interest, self.accrued = divmod(self.accrued, self.product.unit)
        undue = self.principal - self.principal_due
        shares = {
            BULLET: 0,
            LINEAR: undue // remaining,
            ANNUITY: min(undue, max(0, self.instalment_amount - interest)),
        }
        self.instalment += 1
        fallen = Obligation(self.instalment, day, undue if last else shares[self.loan_type], interest)
        if fallen.principal + interest:
            self.obligations.append(fallen)
        return fallen

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

    def reprice(self, rate: int, day: int) -> None:
        if rate != self.rate:
            self.rates.append((day, self.rate))
        self.rate, self.repriced_on = rate, day
        self.fix_instalment()

    @property
    def rates_known_since(self) -> int:
        """The day of the last repricing that is forgotten."""
        return self.rates[-KEPT_RATES - 1][0] if len(self.rates) > KEPT_RATES else 0

    def rates_over(self, since: int, until: int) -> list[tuple[int, int]]:
        """The rates borne between two days, with the days of each."""
        ends = [*self.rates, (until, self.rate)]
        starts = [0, *(day for day, _ in self.rates)]
        spans = ((rate, min(end, until) - max(start, since)) for start, (end, rate) in zip(starts, ends, strict=True))
        return [(rate, days) for rate, days in spans if days > 0]

    def borne(self, principal: int, since: int, until: int) -> int:
        """Interest of an amount between two days."""
        return sum(principal * rate * days for rate, days in self.rates_over(since, until))

    def penalty_borne(self, since: int, oldest: int) -> int:
        """What the amounts overdue now would have added from a day on, the oldest of them being of another."""
        terms = self.product.servicing
        start = max(since, oldest + terms.grace_days) if terms else self.accrued_through
        return sum(self.overdue_daily(rate) * days for rate, days in self.rates_over(start, self.accrued_through))

    def fix_instalment(self) -> None:
        """An annuity's instalment on what is not yet due, over the due dates that remain."""
        if self.loan_type == ANNUITY:
            remaining = len(self.due_dates()) - self.instalment
            undue = self.principal - self.principal_due
            self.instalment_amount = annuity(undue, self.rate, self.cycle_months, remaining) if remaining else 0

    def pay(self, amount: int) -> Split:
        """Split a payment of at most the payoff: dues in the product's order, then principal, then interest accrued."""
        whole = amount == self.payoff
        observed = bool(self.observed_until and self.obligations)
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
        self.interest_settled += split.interest
        self.postings += 1
        self.observed_payments += observed and not self.due
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
        split.prepayment_fee = fee
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

    def forget_interest(self, fen: int, principal: int, since: int) -> None:
        """Interest due that never was: of each instalment what the principal bore, the newest first."""
        for one in reversed(self.obligations):
            if one.day <= since:
                break
            earlier = max(since, self.due_dates()[one.number - 2]) if one.number > 1 else since
            gone = min(one.interest, max(0, fen - self.borne(principal, since, earlier) // self.product.unit))
            one.interest -= gone
            fen -= gone
        for one in self.obligations:
            gone = min(fen, one.interest)
            one.interest -= gone
            fen -= gone
        self.obligations = [one for one in self.obligations if one.principal or one.interest]

    # ---------------------------------------------------------------- workout

    def write_off_all(self) -> Split:
        """Everything owed becomes a claim off the balance sheet."""
        interest = self.interest_due + self.accrued_up
        split = Split(principal=self.principal, interest=interest)
        self.written_off = self.claim
        self.taken_off += self.principal
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

    def sell(self, day: int) -> None:
        """Everything leaves the book."""
        self.accrued_through = day
        self.taken_off += self.principal
        self.principal = self.undrawn = self.accrued = self.instalment_amount = 0
        self.penalty_due = self.fee_due = self.written_off = self.penalty_accrued = 0
        self.obligations = []
        self.state = SOLD
        self.postings += 1

    def call(self, day: int) -> None:
        """All that is left falls due, nothing later, and nothing more is drawn."""
        self.fall_due(day, remaining=1)
        self.called, self.undrawn = True, 0

    def settle_debt(self, terms: NewTerms) -> None:
        """Waive up to what was agreed; whatever else is due becomes principal, and whole fen of what is accrued."""
        unit = self.product.unit
        haircut = min(terms.haircut, self.principal)
        penalty, fee = max(0, self.penalty_due - terms.penalty), max(0, self.fee_due - terms.fee)
        interest = max(0, self.interest_due - terms.interest)
        still_waived = max(0, terms.interest - self.interest_due)
        waived = min(still_waived, self.accrued // unit)
        made_principal = self.accrued // unit - waived if terms.capitalises else 0
        self.interest_settled += self.interest_due + waived + made_principal
        self.accrued -= (waived + made_principal) * unit
        added = penalty + fee + interest + made_principal
        self.capitalised += added
        self.forgiven += haircut
        self.principal += added - haircut
        self.penalty_due = self.fee_due = self.undrawn = 0
        self.obligations = []

    def renew(self, terms: NewTerms, today: int) -> None:
        """The new schedule holds; due dates up to today, and in the time of grace, have passed."""
        self.rate, self.maturity = terms.rate, terms.maturity
        self.loan_type, self.cycle_months = terms.loan_type, terms.cycle_months
        self.called, self.instalment_amount = False, 0
        self.instalment = sum(day <= today or day < terms.resume_on for day in self.due_dates())
        self.fix_instalment()

    def observe(self, first_due: int) -> None:
        """A restructured loan is observed, and not better than special mention; no better than it was."""
        performing = self.category < SUBSTANDARD and self.state != DEFAULTED
        floor = max(MENTION if performing else SUBSTANDARD, self.floors[RESTRUCTURED])
        self.floors[RESTRUCTURED] = floor
        self.category = max(self.category, floor)
        self.observed_until, self.observed_payments = first_due + OBSERVATION_DAYS, 0
