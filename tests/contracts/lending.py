"""A loan's arithmetic told a second time, in exact fractions and calendar dates, to hold the contract against.

Nothing here is taken from the contract: due dates come from ``datetime``, interest from ``Fraction``.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
from dataclasses import astuple, dataclass, field, replace
from fractions import Fraction
from functools import cache
from typing import Any

from brownie import chain
from brownie._config import CONFIG
from eth_account import Account

from scripts.products import PLAIN
from scripts.signing import signature
from scripts.term_sheets import TermSheet

BULLET, LINEAR, ANNUITY = 0, 1, 2
ACTUAL_365, ACTUAL_360 = 0, 1
FEES_FIRST, PRINCIPAL_FIRST = 0, 1
NONE, APPLIED, APPROVED, DENIED, LAPSED, ACTIVE, DEFAULTED, REPAID, WRITTEN_OFF = range(9)
PASS, SPECIAL_MENTION, SUBSTANDARD, DOUBTFUL, LOSS = range(1, 6)
PAYMENT, DRAWDOWN, CHARGE = 0, 1, 2
FEE, PENALTY = 0, 1
NOBODY = "0x" + "0" * 40
MAX_MONEY = 2**47 - 1
MAX_RATE = 2**31 - 1
EPOCH = dt.date(1970, 1, 1)


def product(**changes: int) -> tuple[int, ...]:
    """A product's terms as setProduct takes them: a quarterly bullet unless told otherwise."""
    terms = {
        "loan_type": BULLET,
        "day_count": ACTUAL_360,
        "waterfall": FEES_FIRST,
        "earmark_mode": 0,
        "cycle_months": 3,
        "approval_days": 90,
        "max_loan_to_value": 0,
        "max_amount": MAX_MONEY,
        "max_term_days": 16_383,
        "max_rate": MAX_RATE,
    }
    assert set(changes) <= set(terms)
    return tuple((terms | changes).values())


def servicing(**changes: int) -> tuple[int, ...]:
    """Servicing terms as setServicing takes them: plain ones, with default by days alone."""
    return tuple(int(term) for term in astuple(replace(PLAIN, **{"triggers": 1, **changes})))


def packed(*fields: tuple[int, int]) -> int:
    """Fields of (value, width), the first in the lowest bits."""
    word = shift = 0
    for value, width in fields:
        assert 0 <= value < 1 << width
        word |= value << shift
        shift += width
    return word


def text(code: bytes, width: int) -> int:
    """A short code as the number its fixed bytes are."""
    return int.from_bytes(code.ljust(width, b"\0"), "big")


def imported_row(reference: bytes, **changes: Any) -> tuple[bytes, int, int, int]:
    """A row of an opening book as importLoans takes it."""
    row = {
        "customer": 1,
        "product": 1,
        "industry": b"K70",
        "region": b"CN-GD",
        "start": 0,
        "maturity": 0,
        "category": PASS,
        "source_status": 0,
        "purpose": b"HOME",
        "rate": 0,
        "originated": 0,
        "outstanding": 0,
        "principal_paid": 0,
        "interest_paid": 0,
        "fees_paid": 0,
        "principal_due": 0,
        "interest_due": 0,
        "written_off": 0,
        "oldest_due": 0,
    }
    assert set(changes) <= set(row)
    row |= changes
    terms = packed(
        (row["customer"], 32),
        (row["product"], 16),
        (text(row["industry"], 4), 32),
        (text(row["region"], 6), 48),
        (row["start"], 16),
        (row["maturity"], 16),
        (row["category"], 4),
        (row["source_status"], 8),
        (text(row["purpose"], 4), 32),
        (0, 15),
        (row["rate"], 31),
    )
    paid = ("originated", "outstanding", "principal_paid", "interest_paid", "fees_paid")
    arrears = packed(
        (row["principal_due"], 47),
        (row["interest_due"], 47),
        (0, 94),
        (row["written_off"], 52),
        (row["oldest_due"], 16),
    )
    return reference, terms, packed(*((row[name], 48) for name in paid)), arrears


def months_after(day: int, months: int) -> int:
    """The day some months later, at most the end of its month."""
    date = EPOCH + dt.timedelta(day)
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return (dt.date(year, month + 1, min(date.day, last)) - EPOCH).days


def schedule(start: int, maturity: int, cycle: int) -> list[int]:
    """All due dates: each cycle from the start, the last at maturity."""
    days: list[int] = []
    while cycle and months_after(start, cycle * (len(days) + 1)) < maturity:
        days.append(months_after(start, cycle * (len(days) + 1)))
    return [*days, maturity]


def annuity(principal: int, rate: int, cycle: int, count: int) -> int:
    """The whole instalment: P i / (1 - (1 + i)^-n), rounded up."""
    if rate == 0:
        return -(-principal // count)
    i = Fraction(rate * cycle, 12 * 10**9)
    return math.ceil(principal * i / (1 - (1 + i) ** -count))


@dataclass(slots=True)
class Model:
    """One loan, with the exact interest of its whole life beside the balances it should show."""

    loan_type: int
    unit: int
    waterfall: int
    cycle: int
    rate: int
    start: int
    maturity: int
    principal: int
    instalment_amount: int = 0
    passed: int = 0
    through: int = 0
    accrued: int = 0  # fen x ppb x days, not yet due
    rounded: bool = False
    principal_due: int = 0
    interest_due: int = 0
    penalty: int = 0
    fee: int = 0
    exact: Fraction = Fraction(0)  # all interest ever accrued, fen
    interest_paid: int = 0
    unpaid: list[list[int]] = field(default_factory=list)  # [day, principal, interest] still due, oldest first

    def __post_init__(self) -> None:
        self.through = self.start
        if self.loan_type == ANNUITY:
            count = len(self.due_dates)
            self.instalment_amount = min(annuity(self.principal, self.rate, self.cycle, count), MAX_MONEY)

    @property
    def due_dates(self) -> list[int]:
        return schedule(self.start, self.maturity, self.cycle)

    @property
    def oldest(self) -> int:
        return self.unpaid[0][0] if self.unpaid else 0

    def advance(self, day: int) -> list[tuple[int, int, int]]:
        """Pass due dates and accrue; what fell due, as (day, principal, interest)."""
        fallen = []
        dates = self.due_dates
        while self.passed < len(dates) and dates[self.passed] <= day:
            due = dates[self.passed]
            self._accrue(due)
            last = self.passed == len(dates) - 1
            if last:
                self._round()
            interest, self.accrued = divmod(self.accrued, self.unit)
            undue = self.principal - self.principal_due
            shares = {
                BULLET: 0,
                LINEAR: undue // (len(dates) - self.passed),
                ANNUITY: min(undue, max(0, self.instalment_amount - interest)),
            }
            principal = undue if last else shares[self.loan_type]
            self.principal_due += principal
            self.interest_due += interest
            self.passed += 1
            if principal + interest:
                self.unpaid.append([due, principal, interest])
            fallen.append((due, principal, interest))
        self._accrue(day)
        return fallen

    def _accrue(self, day: int) -> None:
        if day > self.through:
            more = self.principal * self.rate * (day - self.through)
            self.accrued += more
            self.exact += Fraction(more, self.unit)
            self.through = day

    def _round(self) -> None:
        if not self.rounded:
            self.accrued += self.unit - 1
            self.rounded = True

    @property
    def payoff(self) -> int:
        interest = self.accrued // self.unit if self.rounded else -(-self.accrued // self.unit)
        return self.principal + self.interest_due + self.penalty + self.fee + interest

    def pay(self, amount: int) -> dict[str, int]:
        """Split a payment as the product says; principal and interest fill the oldest obligation first."""
        whole = amount == self.payoff
        took = {"principal": 0, "interest": 0, "penalty": 0, "fee": 0}
        rest = amount
        order = ["fee", "penalty", "interest", "principal"]
        for kind in order if self.waterfall == FEES_FIRST else ["principal", "interest", "penalty", "fee"]:
            name = kind if kind in ("fee", "penalty") else f"{kind}_due"
            paid = min(rest, getattr(self, name))
            setattr(self, name, getattr(self, name) - paid)
            took[kind] += paid
            rest -= paid
            self._clear({"principal": 1, "interest": 2}.get(kind, 0), paid)
        self.principal -= took["principal"]
        early = min(rest, self.principal)
        self.principal -= early
        took["principal"] += early
        rest -= early
        if whole:
            self._round()
        took["interest"] += rest
        self.accrued -= rest * self.unit
        self.interest_paid += took["interest"]
        if whole:
            self.accrued = 0
        return took

    def _clear(self, part: int, paid: int) -> None:
        if part:
            for obligation in self.unpaid:
                filled = min(paid, obligation[part])
                obligation[part] -= filled
                paid -= filled
        self.unpaid = [one for one in self.unpaid if one[1] or one[2]]


INDUSTRY, REGION, PURPOSE, TERMS = b"K70\0", b"CN-GD\0", b"BLDG", b"\1" * 32
AMOUNT = 1_000_000_00
RATE = 50_000_000
EVERY_PAYEE = 2**64 - 1


def key_of(account: Any) -> bytes:
    """The private key of one of the development chain's accounts."""
    return _keys()[account.address]


@cache
def _keys() -> dict[str, bytes]:
    words = CONFIG.active_network["cmd_settings"]["mnemonic"]
    Account.enable_unaudited_hdwallet_features()
    made = (Account.from_mnemonic(words, account_path=f"m/44'/60'/0'/0/{number}") for number in range(30))
    return {one.address: bytes(one.key) for one in made}


@dataclass(frozen=True)
class Desk:
    """The loan book with one rated customer that has an account, and who does what."""

    system: Any
    people: Any
    customer: int
    borrower: Any

    @property
    def book(self) -> Any:
        return self.system.book

    @property
    def today(self) -> int:
        return int(self.system.authority.day()[0])

    def by(self, name: str) -> dict[str, Any]:
        return {"from": self.people[name]}

    def offer(self, number: int = 1, **changes: int) -> int:
        """Set a product; its number."""
        self.book.setProduct(number, product(**changes), self.by("risk_officer"))
        return number

    def serve(self, number: int = 1, **changes: int) -> Any:
        """Set a product's servicing terms; the transaction."""
        return self.book.setServicing(number, servicing(**changes), self.by("risk_officer"))

    def application(self, product: int = 1, **changes: Any) -> tuple[Any, ...]:
        row = {
            "customer": self.customer,
            "product": product,
            "industry": INDUSTRY,
            "region": REGION,
            "purpose": PURPOSE,
            "amount": AMOUNT,
            "rate": RATE,
            "maturity": self.today + 730,
            "terms_hash": TERMS,
        }
        assert set(changes) <= set(row)
        return tuple((row | changes).values())

    def applied(self, product: int = 1, **changes: Any) -> int:
        sent = self.book.applyFor(self.application(product, **changes), self.by("loan_officer"))
        return int(sent.events["LoanApplied"]["loanId"])

    def sheet(self, loan: int) -> TermSheet:
        """The term sheet of an application made by `applied`."""
        stored = self.stored(loan)
        return TermSheet(
            loan, stored["customer"], stored["product"], INDUSTRY, REGION, PURPOSE, stored["undrawn"], stored["rate"],
            stored["maturity"], TERMS,
        )  # fmt: skip

    def signed(self, loan: int) -> bytes:
        """The borrower's signature under the term sheet of an application made by `applied`."""
        return signature(self.sheet(loan), key_of(self.borrower), chain_id=chain.id, book=self.book.address)

    def approved(self, product: int = 1, **changes: Any) -> int:
        loan = self.applied(product, **changes)
        self.book.approve(loan, self.by("approver"))
        return loan

    def originated(self, product: int = 1, **changes: Any) -> int:
        loan = self.approved(product, **changes)
        self.book.originate(loan, self.today, self.by("treasurer"))
        return loan

    def draw(self, loan: int, amount: int, *, payees: int = EVERY_PAYEE, days: int = 60) -> Any:
        day = self.today
        return self.book.drawDown(loan, amount, payees, day + days, day, [], self.by("treasurer"))

    def fund(self, account: Any, amount: int) -> None:
        self.system.token.fund(account, amount, self.by("treasurer"))

    def model(self, loan: int) -> Model:
        """The model of a loan as it was first drawn."""
        stored = self.book.loanOf(loan)
        terms = self.book.productOf(stored["product"])
        return Model(
            loan_type=terms["loanType"],
            unit=360 * 10**9 if terms["dayCount"] == ACTUAL_360 else 365 * 10**9,
            waterfall=terms["waterfall"],
            cycle=terms["cycleMonths"],
            rate=stored["rate"],
            start=stored["start"],
            maturity=stored["maturity"],
            principal=stored["principal"],
        )

    def buckets(self) -> list[int]:
        """Exposure and reservation of the customer, the industry, the region and the book."""
        policy = self.system.policy
        keys = [
            (0, self.customer),
            (2, policy.industryKey(INDUSTRY)),
            (3, policy.regionKey(REGION)),
        ]
        usage = [policy.bucketOf(*key) for key in keys]
        return [*(one["exposure"] for one in usage), *(one["reserved"] for one in usage), policy.totalExposure()]

    def stored(self, loan: int) -> dict[str, Any]:
        return dict(self.book.loanOf(loan).dict())


def agrees(stored: dict[str, Any], model: Model) -> None:
    """Every balance of the stored loan is the model's."""
    found = {
        name: stored[name]
        for name in (
            "principal",
            "accrued",
            "accruedThrough",
            "instalment",
            "instalmentAmount",
            "principalDue",
            "interestDue",
            "oldestDue",
            "penaltyDue",
            "feeDue",
        )
    }
    wanted = {
        "principal": model.principal,
        "accrued": model.accrued,
        "accruedThrough": model.through,
        "instalment": model.passed,
        "instalmentAmount": model.instalment_amount,
        "principalDue": model.principal_due,
        "interestDue": model.interest_due,
        "oldestDue": model.oldest,
        "penaltyDue": model.penalty,
        "feeDue": model.fee,
    }
    assert found == wanted
