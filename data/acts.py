"""What is done in a book on the days after its opening.

Money, rates, dates, references and codes are those of ``data.opening``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data.opening import Customer, Guarantee, Lien, Opening, Rating, Title

MONEY_OUTSIDE = "outside"
MONEY_TOKEN = "token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something done or recorded on a business day."""

    day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Act):
    """A customer is registered."""

    customer: Customer


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate(Act):
    """A rating is made by one person and checked by another."""

    rating: Rating


@dataclass(frozen=True, slots=True)
class Spend:
    """Earmarked money goes to a payee of a category; ``onward`` goes on from there."""

    payee: int
    amount: int
    onward: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lend(Act):
    """A loan is applied for, approved and paid out in full.

    ``refused`` names the typed error an attempt is expected to meet; nothing is lent then. ``override``
    has two board members sign before approval.
    """

    ref: str
    customer: str
    product: int
    industry: str
    region: str
    purpose: str
    amount: int
    rate: int
    maturity: int
    money: str = MONEY_OUTSIDE
    payees: tuple[int, ...] = ()
    spends: tuple[Spend, ...] = ()
    liens: tuple[Lien, ...] = ()
    refused: str = ""
    override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay(Act):
    """All interest due and this much principal is paid; ``value_date`` zero is the day itself."""

    loan: str
    principal: int
    value_date: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PayWrongly(Act):
    """A payment is booked on the wrong loan and reversed on the same day by an opposite posting."""

    loan: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterTitle(Act):
    """An object is registered and appraised."""

    title: Title


@dataclass(frozen=True, slots=True, kw_only=True)
class Revalue(Act):
    """An object is appraised anew."""

    title: str
    value: int
    valid_until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantees(Act):
    """A guarantee is given, or refused with a typed error."""

    guarantee: Guarantee
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classify(Act):
    """Loans are classified by days past due."""

    loans: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Default(Act):
    """Default is declared."""

    loan: str
    trigger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge(Act):
    """A loan is judged; a better judgement than the last is confirmed by a second person."""

    loan: str
    category: str
    better: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectLoss(Act):
    """The loss expected on a loan is assessed; less than before is confirmed by a second person."""

    loan: str
    loss: int
    better: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptDelay(Act):
    """A delay is found to be technical."""

    loan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Misuse(Act):
    """Principal is found used otherwise than agreed; none any more where zero."""

    loan: str
    principal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemDebt(Act):
    """The credit bureau tells a customer's debt at all banks, and what of it is long overdue."""

    customer: str
    total: int
    overdue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread(Act):
    """A customer's non-performing loans make others substandard; its debt at all banks does where none is shown."""

    customer: str
    bad: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSpread(Act):
    """A customer's performing loans show that others are no longer substandard."""

    customer: str
    good: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossDefault(Act):
    """Default is declared because another loan is in default."""

    loan: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Act):
    """A loan in default is called."""

    loan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff(Act):
    """Principal, and all interest due, is written off."""

    loan: str
    principal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recover(Act):
    """Money comes in on a written-off claim."""

    loan: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge(Act):
    """A fee or penalty is charged."""

    loan: str
    kind: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waive(Act):
    """Penalties and fees are waived, up to these amounts."""

    loan: str
    penalty: int = 0
    fee: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Restructure(Act):
    """A loan goes on under new terms; what is due and not waived becomes principal. ``consents`` names guarantees."""

    loan: str
    loan_type: str
    cycle_months: int
    rate: int
    maturity: int
    resume_on: int = 0
    penalty: int = 0
    fee: int = 0
    interest: int = 0
    haircut: int = 0
    consents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sell(Act):
    """A loan is sold to another lender, who takes over its liens."""

    loan: str
    buyer: str
    lender: int
    price: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayGuarantee(Act):
    """A guarantor pays, from a deposit, part or all of what is demanded."""

    guarantee: str
    demanded: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseGuarantee(Act):
    """A guarantor is freed of part or all of a guarantee, under four eyes."""

    guarantee: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountBorrowers(Act):
    """A pool's borrowers are counted anew."""

    customer: str
    borrowers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLimit(Act):
    """A limit is set: in fen, or as a share (ppb) of the attested book."""

    dimension: str
    key: str
    limit: int = 0
    share: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCovenant(Act):
    """What a covenanted product asks of a measure; a figure (ppb) beyond the bound is served notice."""

    product: int
    measure: str
    bound: str
    threshold: int
    cure_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigure(Act):
    """A figure (ppb) of a customer comes in."""

    customer: str
    measure: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attest(Act):
    """The board attests a denominator of share limits."""

    denominator: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCalendar(Act):
    """Years of a business-day calendar are set, before products go by it."""

    number: int
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Act):
    """A product is set together with how its loans are served."""

    product: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix(Act):
    """A reference rate is fixed, in ppb."""

    index: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reprice(Act):
    """A loan that follows a reference rate gets it anew."""

    loan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class YearEnd(Act):
    """The last business day of a year: its close is a point of reconciliation."""

    year: int


@dataclass(frozen=True, slots=True)
class BookScript:
    """An opening and what happened after it, in order; ``codes`` is the folder of its code lists."""

    name: str
    title: str
    codes: Path
    opening: Opening
    acts: tuple[Act, ...] = ()
    notes: tuple[str, ...] = ()
