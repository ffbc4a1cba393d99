"""Do the acts of a book on chain, day by day, as the bank's people would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any, Final

import brownie
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from tqdm import tqdm

from analytics.errors import InvalidInput
from analytics.ledger import ANSWERS, BOUNDS, DIMENSIONS, MEASURES
from analytics.units import calendar_date
from data.acts import (
    MONEY_TOKEN,
    Act,
    Attest,
    BookScript,
    Charge,
    Classify,
    CountBorrowers,
    Fix,
    Guarantees,
    Lend,
    Offer,
    Pay,
    PayGuarantee,
    PayWrongly,
    Rate,
    Recover,
    Register,
    RegisterTitle,
    ReleaseGuarantee,
    ReportFigure,
    Reprice,
    Restructure,
    Revalue,
    Sell,
    SetCalendar,
    SetCovenant,
    SetLimit,
    Waive,
    WriteOff,
    YearEnd,
)
from data.opening import Lien
from scripts import payments, workout
from scripts.calendars import set_calendar
from scripts.desk import Desk, batches, code
from scripts.opening import assessment, import_opening, registration, title
from scripts.products import PRODUCTS, SERVED, Product, set_products, set_served_products
from scripts.quality import classify, quality_handlers
from scripts.signing import typed_data
from scripts.term_sheets import applied_sheet
from scripts.transactions import Receipt, Refused

DENOMINATORS: Final = {"book": 1, "tier1_capital": 2}
EARMARK_DAYS: Final = 180
REASON: Final = keccak(text="resolution of the board")


@dataclass(slots=True)
class Replay:
    """What a replay has done: blocks of year ends, acts by kind, refusals by typed error."""

    year_ends: dict[int, int] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


def replay(desk: Desk, script: BookScript) -> Replay:
    """Import the opening and do every act in order; returns what was done.

    Raises InvalidInput where an act that must be refused is not, and what a contract refuses otherwise.
    """
    desk.open_day(script.opening.day)
    set_products(desk)
    import_opening(desk, script.opening)
    result = Replay()
    result.year_ends[_year(script.opening.day)] = desk.close_day()
    clerk = Clerk(desk, result)
    with tqdm(total=len(script.acts), desc=f"replay {script.name}", unit="act") as progress:
        for day, acts in groupby(script.acts, key=lambda act: act.day):
            desk.open_day(day)
            for kind, same in groupby(acts, key=type):
                run = list(same)
                clerk.do(kind, run)
                result.done[kind.__name__] += len(run)
                progress.update(len(run))
    return result


def _year(day: int) -> int:
    return calendar_date(day).year


class Clerk:
    """Carries out acts of one kind at a time; knows how each is spread over people and transactions."""

    def __init__(self, desk: Desk, result: Replay) -> None:
        self.desk = desk
        self.result = result
        self.borrowers: dict[int, Any] = {}
        self.categories: set[int] = set()
        self.handlers: Mapping[type[Act], Callable[[Any], None]] = {
            Attest: self.attest, SetLimit: self.set_limit, SetCovenant: self.set_covenant,
            ReportFigure: self.report_figure, SetCalendar: self.set_calendar, Offer: self.offer, Fix: self.fix,
            Reprice: self.reprice, Register: self.register, CountBorrowers: self.count_borrowers,
            RegisterTitle: self.register_title, Revalue: self.revalue, Guarantees: self.guarantee, Lend: self.lend,
            PayWrongly: partial(payments.pay_wrongly, desk), Charge: partial(workout.charge, desk),
            Waive: partial(workout.waive, desk), Restructure: self.restructure, Sell: partial(workout.sell, desk),
            PayGuarantee: self.pay_guarantee, ReleaseGuarantee: partial(workout.release_guarantee, desk),
            WriteOff: partial(workout.write_off, desk), Recover: partial(workout.recover, desk),
            YearEnd: self.year_end, **quality_handlers(desk),
        }  # fmt: skip

    def do(self, kind: type[Act], acts: Sequence[Any]) -> None:
        """Do a day's acts of one kind, in batches where the contracts take them."""
        if kind is Pay:
            payments.pay(self.desk, acts, self.borrowers)
        elif kind is Rate:
            self.rate(acts)
        elif kind is Classify:
            classify(self.desk, acts)
        else:
            for act in acts:
                self.handlers[kind](act)

    # ------------------------------------------------------------ rules and people

    def attest(self, act: Attest) -> None:
        self.desk.send(self.desk.system.policy.attest, DENOMINATORS[act.denominator], act.amount, act.day, by="chair")

    def set_limit(self, act: SetLimit) -> None:
        """A limit under the board's resolution, reviewed in a year."""
        policy, dimension = self.desk.system.policy, DIMENSIONS.index(act.dimension)
        if act.dimension == "customer":
            key = self.desk.customers[act.key]
        elif act.dimension == "group":
            key = int(act.key)
        elif act.dimension == "industry":
            key = ord(act.key)
        else:
            key = int.from_bytes(code(act.key, 6), "big")
        denominator = DENOMINATORS["book"] if act.share else 0
        self.desk.send(
            policy.setLimit, dimension, key, act.limit, act.share, denominator, REASON, act.day + 365, by="chair"
        )

    def set_covenant(self, act: SetCovenant) -> None:
        """Notice with days to cure; a figure stands until the next."""
        rule = (BOUNDS.index(act.bound), act.threshold, ANSWERS.index("serve_notice"), act.cure_days, 0)
        registry, measure = self.desk.system.covenants, MEASURES.index(act.measure)
        self.desk.send(registry.setMeasureRule, act.product, measure, rule, by="risk_officer")

    def report_figure(self, act: ReportFigure) -> None:
        registry, measure = self.desk.system.covenants, MEASURES.index(act.measure)
        customer = self.desk.customers[act.customer]
        self.desk.send(registry.reportFigure, customer, measure, act.value, act.day, by="data_provider")

    def set_calendar(self, act: SetCalendar) -> None:
        set_calendar(self.desk, act.number, years=act.years)

    def offer(self, act: Offer) -> None:
        set_served_products(self.desk, [act.product])

    def fix(self, act: Fix) -> None:
        self.desk.send(self.desk.system.book.setFixing, act.index, act.day, act.value, by="data_provider")

    def reprice(self, act: Reprice) -> None:
        self.desk.send(self.desk.system.book.reprice, self.desk.loans[act.loan], by="collector")

    def register(self, act: Register) -> None:
        sent = self.desk.send(
            self.desk.system.customers.register, registration(self.desk, act.customer), by="loan_officer"
        )
        self.desk.customers[act.customer.ref] = int(sent.told("CustomerRegistered")[0]["customer"])

    def count_borrowers(self, act: CountBorrowers) -> None:
        registry, customer = self.desk.system.customers, self.desk.customers[act.customer]
        self.desk.send(registry.setBorrowers, customer, act.borrowers, by="loan_officer")

    def rate(self, acts: Sequence[Rate]) -> None:
        """Ratings made by the risk officer and checked by the approver."""
        for run in batches([assessment(self.desk, act.rating) for act in acts]):
            self.desk.send(self.desk.system.ratings.proposeInBatch, run, by="risk_officer")
            self.desk.send(self.desk.system.ratings.confirmInBatch, run, by="approver")

    # ------------------------------------------------------------ protection

    def register_title(self, act: RegisterTitle) -> None:
        self.desk.send(self.desk.system.collateral.register, title(self.desk, act.title), by="appraiser")

    def _pledge(self, lien: Lien, loan: int, borrower: int) -> int:
        sent = self.desk.send(
            self.desk.system.collateral.pledge,
            self.desk.title(lien.title),
            loan,
            borrower,
            lien.amount,
            by="loan_officer",
        )
        number = int(sent.told("LienPlaced")[0]["lien"])
        self.desk.liens[lien.title, lien.loan] = number
        return number

    def revalue(self, act: Revalue) -> None:
        collateral = self.desk.system.collateral
        haircut = collateral.collateralOf(self.desk.title(act.title))[3]
        self.desk.send(
            collateral.revalue, self.desk.title(act.title), act.value, haircut, act.day, act.valid_until, by="appraiser"
        )

    def guarantee(self, act: Guarantees) -> None:
        """A guarantor's capacity is attested to bear it, then the guarantee is given or refused."""
        row, registry = act.guarantee, self.desk.system.guarantees
        guarantor = self.desk.customers[row.guarantor]
        capacity, live = registry.capacityOf(guarantor)
        if live + row.amount > capacity:
            self.desk.send(registry.attestCapacity, guarantor, (live + row.amount) * 5 // 4, act.day, by="risk_officer")
        beneficiary, loan = self.desk.customers[row.beneficiary], self.desk.loans[row.loan]
        sent = self._attempt(
            registry.guarantee,
            guarantor,
            beneficiary,
            loan,
            row.amount,
            row.rank,
            by="loan_officer",
            refused=act.refused,
        )
        if sent is not None:
            self.desk.guarantees[row.ref] = int(sent.told("GuaranteeGiven")[0]["guarantee"])

    # ------------------------------------------------------------ lending

    def lend(self, act: Lend) -> None:
        """Apply, sign where limits are passed, approve, secure, pay out, spend."""
        book, desk = self.desk.system.book, self.desk
        application = (
            desk.customers[act.customer], act.product, code(act.industry, 4), code(act.region, 6), code(act.purpose, 4),
            act.amount, act.rate, act.maturity, keccak(text=act.ref),
        )  # fmt: skip
        applied = desk.send(book.applyFor, application, by="loan_officer").told("LoanApplied")[0]
        desk.loans[act.ref] = loan = int(applied["loanId"])
        if act.product in SERVED and SERVED[act.product][1].signed_terms:
            self._sign(applied)
        if act.override:
            for member in ("chair", "director"):
                desk.send(desk.system.policy.signOverride, loan, REASON, by=member)
        if self._attempt(book.approve, loan, by="approver", refused=act.refused) is None:
            desk.send(book.deny, loan, keccak(text=act.refused), by="approver")
            return
        liens = [self._pledge(lien, loan, desk.customers[act.customer]) for lien in act.liens]
        if act.money == MONEY_TOKEN:
            self._draw(act, loan, liens)
        elif _product(act.product).max_loan_to_value:
            desk.send(book.originateSecured, loan, act.day, liens, by="treasurer")
        else:
            desk.send(book.originate, loan, act.day, by="treasurer")

    def _sign(self, applied: Mapping[str, Any]) -> None:
        """The borrower's wallet, which on a development chain is the node's own, signs the term sheet."""
        desk = self.desk
        borrower = self._account(applied["customer"])
        node = desk.node
        message = typed_data(
            applied_sheet(applied), chain_id=node.quantity("eth_chainId"), book=desk.system.book.address
        )
        signed = str(node.call("eth_signTypedData_v4", borrower.address, message))
        desk.send(desk.system.book.signTermSheet, applied["loanId"], signed, by="loan_officer")

    def _draw(self, act: Lend, loan: int, liens: Sequence[int]) -> None:
        """Earmarked money into the borrower's account, spent with payees; what goes on from there is recorded."""
        desk = self.desk
        borrower = self._account(desk.customers[act.customer])
        mask = sum(1 << category for category in act.payees)
        expiry = act.day + EARMARK_DAYS
        desk.send(desk.system.book.drawDown, loan, act.amount, mask, expiry, act.day, liens, by="treasurer")
        for spend in act.spends:
            payee = self._payee(spend.payee)
            desk.send(desk.system.token.spend, loan, payee, spend.amount, by=borrower)
            if spend.onward:
                beyond = _address(f"beyond {spend.payee}")
                desk.send(
                    desk.system.flows.recordFlow,
                    loan,
                    payee,
                    beyond,
                    spend.onward,
                    code(act.purpose, 4),
                    2,
                    by="data_provider",
                )

    def _account(self, customer: int) -> Any:
        """The customer's account, bound to one of the bank's token accounts on first use."""
        if customer not in self.borrowers:
            account = brownie.accounts[len(self.desk.people) + len(self.borrowers)]
            self.desk.send(self.desk.system.customers.bindAccount, customer, account, by="approver")
            self.borrowers[customer] = account
        return self.borrowers[customer]

    def _payee(self, category: int) -> str:
        payee = _address(f"payee {category}")
        if category not in self.categories:
            self.desk.send(self.desk.system.flows.classifyPayee, payee, category, by="data_provider")
            self.categories.add(category)
        return payee

    # ------------------------------------------------------------ guarantors, new terms, year ends

    def restructure(self, act: Restructure) -> None:
        customer = int(self.desk.system.book.loanOf(self.desk.loans[act.loan])["customer"])
        workout.restructure(self.desk, act, self.borrowers.get(customer))

    def pay_guarantee(self, act: PayGuarantee) -> None:
        guarantor = int(self.desk.system.guarantees.guaranteeOf(self.desk.guarantees[act.guarantee])["guarantor"])
        workout.pay_guarantee(self.desk, act, self._account(guarantor))

    def year_end(self, act: YearEnd) -> None:
        """The day's close, whose block is a point of reconciliation."""
        self.result.year_ends[act.year] = self.desk.close_day()

    def _attempt(self, method: Any, *arguments: object, by: str, refused: str) -> Receipt | None:
        """Send what may be meant to be refused; None where it met the expected typed error."""
        try:
            sent = self.desk.send(method, *arguments, by=by)
        except Refused as fault:
            if fault.error != refused:
                raise
            self.result.refused[refused] += 1
            return None
        if refused:
            raise InvalidInput(f"{refused} was expected of {method._name} and not met")
        return sent


def _product(number: int) -> Product:
    return SERVED[number][0] if number in SERVED else PRODUCTS[number]


def _address(name: str) -> str:
    """An address nobody holds a key of, for a payee of the demonstration."""
    return str(to_checksum_address(keccak(text=name)[-20:]))
