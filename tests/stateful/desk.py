"""How an act is done on chain and in the model at once, and how its arguments are drawn."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, ClassVar, TypeVar

from brownie import chain

from scripts.deployment import System
from tests.contracts.expect import reverts
from tests.stateful.model.balances import NONE
from tests.stateful.model.bank import Bank
from tests.stateful.model.calendars import FOLLOWING, MODIFIED_FOLLOWING, PRECEDING
from tests.stateful.model.covenants import NOTICE, SUSPEND
from tests.stateful.model.holdings import (
    APPROVER,
    BLOCK,
    CUSTOMER,
    FLAG,
    GROUP,
    INDUSTRY,
    LOAN_OFFICER,
    REGION,
    RISK_OFFICER,
    Refused,
)
from tests.stateful.model.loans import Loan
from tests.stateful.model.terms import ANNUITY, BULLET, FEES_FIRST, LINEAR, PPB, PRINCIPAL_FIRST, Product, Servicing

DAY = 86_400
HOLIDAYS = 1  # the number of the calendar with holidays and make-up workdays
CORPORATE, PERSON = 3, 1  # CustomerKind
LARGEST = 10**9
PAYEE_CATEGORY, STRAY_CATEGORY = 1, 5
PAYMENT = 0  # PostingKind
HAIRCUT = PPB // 5
INDEX = 1
COMPOUNDING = Servicing(
    3, 400_000_000, 700_000_000, compounds=True, prepayment_fee=0, keeps_term=False,
    calendar=HOLIDAYS, business_day_rule=FOLLOWING,
)  # fmt: skip
KEEPING_TERM = Servicing(
    0, 500_000_000, 300_000_000, compounds=False, prepayment_fee=10_000_000, keeps_term=True,
    calendar=HOLIDAYS, business_day_rule=MODIFIED_FOLLOWING,
)  # fmt: skip
COVENANTED = Servicing(
    0, 0, 0, compounds=False, prepayment_fee=0, keeps_term=False, triggers=0b11111,
    business_day_rule=PRECEDING, covenanted=True,
)  # fmt: skip
FLOATING = Servicing(
    1, 500_000_000, 10**9, compounds=True, prepayment_fee=0, keeps_term=False, drawing_fee=5_000_000,
    signed_terms=True, index=INDEX, spread=10_000_000, reprice_months=1, triggers=0b11010, default_days=0,
    covenanted=True,
)  # fmt: skip
MEASURED = (0, 7)  # Measure: debt-service cover, loan to value
COVENANTS = {MEASURED[0]: (0, PPB, NOTICE, 20, 120), MEASURED[1]: (1, PPB * 4 // 5, SUSPEND, 0, 0)}
PRODUCTS = {
    1: Product(BULLET, 0, FEES_FIRST, FLAG, 0, 30, 0, LARGEST, 800, 360_000_000),
    2: Product(LINEAR, 1, PRINCIPAL_FIRST, BLOCK, 1, 30, 0, LARGEST, 800, 360_000_000, COMPOUNDING),
    3: Product(ANNUITY, 0, FEES_FIRST, FLAG, 1, 30, 0, LARGEST, 800, 360_000_000, KEEPING_TERM),
    4: Product(BULLET, 1, FEES_FIRST, BLOCK, 3, 30, PPB, LARGEST, 800, 360_000_000, COVENANTED),
    5: Product(ANNUITY, 0, FEES_FIRST, FLAG, 1, 30, 0, LARGEST, 800, 360_000_000, FLOATING),
}
OF_DOCUMENTS = 5  # the customer without an account
# Who confirms what others propose: an approver, or another account of one who has another duty too.
CHECKERS = {APPROVER: "approver", RISK_OFFICER: "risk_officer_approving", LOAN_OFFICER: "loan_officer_approving"}
INDUSTRIES = (b"K70\0", b"C13\0")
REGIONS = (b"CN-GD\0", b"CN-HE\0")
BUCKETS = [
    *((CUSTOMER, number) for number in range(1, 6)),
    (GROUP, 9),
    *((INDUSTRY, code[0]) for code in INDUSTRIES),
    *((REGION, int.from_bytes(code, "big")) for code in REGIONS),
]

Draw = Callable[[random.Random], Any]
Modelled = Callable[[Bank, int], Any]
T = TypeVar("T")
MOST_TRIED = 6  # loans, in search of one on which an act can be done


def integers(low: int, high: int) -> Draw:
    return lambda chance: chance.randint(low, high)


def one_of(*choices: Any) -> Draw:
    return lambda chance: chance.choice(choices)


any_number = integers(0, 63)
share = one_of(0, 1, 10, 50, 90, 100, 100, 101)  # per cent of what is possible
either = one_of(False, True)
checker_drawn = one_of(*[APPROVER] * 10, RISK_OFFICER)


def act(weight: int, **draws: Draw) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Mark a method as one of the acts, with its weight among them and how its arguments are drawn."""

    def marked(method: Callable[..., None]) -> Callable[..., None]:
        method.weight, method.draws = weight, draws  # type: ignore[attr-defined]
        return method

    return marked


class Desk:
    """People of the bank, its customers and strangers, doing what they may and what they may not."""

    system: ClassVar[System]
    people: ClassVar[Mapping[str, Any]]
    accounts: ClassVar[Mapping[str, Any]]  # of customers, payees and a stranger, by address
    keys: ClassVar[Mapping[str, bytes]]  # with which they sign
    start: ClassVar[Bank]
    tally: ClassVar[Counter[tuple[str, str]]] = Counter()

    def __init__(self) -> None:
        chain.revert()
        self.bank = deepcopy(self.start)
        self.trace: list[str] = []
        self.touched: set[int] = set()
        self.no_pause_before = 0
        self.steps = 0

    # ---------------------------------------------------------------- doing

    def by(self, name: str) -> dict[str, Any]:
        return {"from": self.people[name]}

    def of(self, address: str) -> dict[str, Any]:
        return {"from": self.accounts[address]}

    def attempt(self, name: str, modelled: Callable[[Bank], Any], acted: Callable[[], Any]) -> Any:
        """Act on the model first; the chain must then do the same, or refuse for the same reason and change nothing."""
        after = deepcopy(self.bank)
        try:
            modelled(after)
        except Refused as refusal:
            self.tally[name, "refused"] += 1
            with reverts(*refusal.args):
                acted()
            return None
        answer = acted()
        self.check_edges(after)
        self.count_rarities(name, after)
        self.bank = after
        self.tally[name, "done"] += 1
        return answer

    def pick(self, number: int, *states: int, doing: Modelled | None = None) -> int:
        """A loan, three times in four one in these states, and one on which an act can be done where there is one; a
        number that is none where there are no loans.
        """
        loans = list(self.bank.loans.values())
        wanted = [loan for loan in loans if loan.state in states]
        chosen = wanted if wanted and number % 4 else loans
        if not chosen:
            return 1_000
        turned = self.turned(chosen, number)
        able = (one for one in turned[:MOST_TRIED] if doing and number % 4 and self.can(doing, one.number))
        found = next(able, turned[0]).number
        self.touched.add(found)
        return found

    def turned(self, found: Sequence[T], number: int) -> Sequence[T]:
        """The same, from another one on."""
        at = number % len(found) if found else 0
        return [*found[at:], *found[:at]]

    def can(self, doing: Modelled, number: int) -> bool:
        """Whether the model does an act on a loan."""
        try:
            doing(deepcopy(self.bank), number)
        except Refused:
            return False
        return True

    def loan_of(self, number: int) -> Loan | None:
        return self.bank.loans.get(number)

    def as_of_today(self, number: int) -> Loan:
        """A loan as a posting of today would find it."""
        loan = deepcopy(self.bank.loans[number])
        loan.advance(self.bank.today)
        return loan

    def as_classified(self, number: int) -> Loan | None:
        """A loan as a classification of today would find it; none where there is no such loan."""
        loan = deepcopy(self.loan_of(number))
        if loan is not None and loan.live:
            loan.pass_overdue(self.bank.today)
        return loan

    def owed(self, number: int) -> int:
        """What a loan owes today."""
        loan = self.loan_of(number)
        return self.as_of_today(number).payoff if loan is not None and loan.live else 0

    def count_rarities(self, name: str, after: Bank) -> None:
        """What acts bring with them: penalty interest that falls due, and fees on early principal."""
        for number, before in self.bank.loans.items():
            loan = after.loans[number]
            if name not in ("charge", "reverse") and loan.penalty_due > before.penalty_due:
                self.tally["penalty interest", "done"] += 1
            if loan.fees_early > before.fees_early:
                self.tally["early fee", "done"] += 1

    def check_edges(self, after: Bank) -> None:
        """I29: an act moves a loan along an edge that the table of states has for it; nothing else moves one."""
        was = {number: loan.state for number, loan in self.bank.loans.items()}
        states, acts = Bank.table.states, dict(after.acts)
        for number, loan in after.loans.items():
            before = was.get(number, NONE)
            allowed = Bank.table.acts[acts[number]][states[before]] if number in acts else [states[before]]
            assert states[loan.state] in allowed, f"I29: {acts.get(number)} of loan {number}: {before} to {loan.state}"
        after.acts.clear()

    # ---------------------------------------------------------------- time

    @act(8, days=one_of(1, 2, 5, 9, 16, 31, 50, 100))
    def next_day(self, days: int) -> None:
        authority = self.system.authority
        authority.closeDay(self.by("treasurer"))
        chain.sleep(days * DAY)
        chain.mine()
        self.bank.today += days
        self.bank.covenants.today = self.bank.today
        authority.openDay(self.bank.today, self.by("treasurer"))
        self.tally["next_day", "done"] += 1

    # ---------------------------------------------------------------- who is who

    @property
    def stranger(self) -> str:
        return list(self.accounts)[-1]

    @property
    def payees(self) -> list[str]:
        """One whose category the earmarks allow, and one whose they do not."""
        return list(self.accounts)[4:6]

    def account_of(self, number: int) -> str:
        loan = self.loan_of(number)
        return (self.bank.customers[loan.customer].account if loan else None) or self.stranger
