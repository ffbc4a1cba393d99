"""What a loan of the model is and owes, and its quality: what it would be shown as on a day."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.stateful.model.calendars import WEEKENDS, Calendar
from tests.stateful.model.terms import NO_CATEGORY, PPB, Product, add_months, category_by

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
class Balances:
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
    calendar: Calendar = WEEKENDS
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
    called_on: int = 0
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

    def days_past_due(self, today: int) -> int:
        return max(0, today - self.oldest_due) if self.obligations else 0

    def close_if_settled(self) -> None:
        if not self.undrawn and not self.payoff:
            self.state = WRITTEN_OFF if self.written_off else REPAID
            self.accrued = 0
            if self.state == REPAID:
                self.penalty_accrued = 0

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
