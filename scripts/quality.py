"""Acts about the quality of loans, each done by whom it is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_utils.crypto import keccak

from analytics.ledger import CATEGORIES
from data.acts import (
    Act,
    Call,
    Classify,
    CrossDefault,
    Default,
    EndSpread,
    ExemptDelay,
    ExpectLoss,
    Judge,
    Misuse,
    Spread,
    SystemDebt,
)
from scripts.desk import Desk, batches

REASON: Final = keccak(text="minutes of the risk committee")
TRIGGERS: Final = ("days_past_due", "unlikely_to_pay", "bankruptcy", "cross_default", "covenant")


def quality_handlers(desk: Desk) -> Mapping[type[Act], Callable[[Any], None]]:
    """By kind of act, what does it."""
    people = RiskOffice(desk)
    return {
        Judge: people.judge, ExpectLoss: people.expect_loss, ExemptDelay: people.exempt_delay, Misuse: people.misuse,
        SystemDebt: people.system_debt, Spread: people.spread, EndSpread: people.end_spread,
        Default: people.default, CrossDefault: people.cross_default, Call: people.call,
    }  # fmt: skip


def classify(desk: Desk, acts: Sequence[Classify]) -> None:
    """By days past due, each loan once, in batches."""
    loans = list(dict.fromkeys(desk.loans[ref] for act in acts for ref in act.loans))
    for run in batches(loans):
        desk.send(desk.system.book.classifyInBatch, run, by="risk_officer")


@dataclass(frozen=True, slots=True)
class RiskOffice:
    """The risk officer, whoever confirms for him, and the credit bureau."""

    desk: Desk

    def judge(self, act: Judge) -> None:
        """Worse at once; better as the approver confirms it."""
        book, row = self.desk.system.book, (self.desk.loans[act.loan], CATEGORIES.index(act.category), REASON)
        self.desk.send(book.judge, *row, by="risk_officer")
        if act.better:
            self.desk.send(book.confirmJudgement, *row, by="approver")

    def expect_loss(self, act: ExpectLoss) -> None:
        """More at once; less as the approver confirms it."""
        book, row = self.desk.system.book, (self.desk.loans[act.loan], act.loss, REASON)
        self.desk.send(book.assessLoss, *row, by="risk_officer")
        if act.better:
            self.desk.send(book.confirmAssessment, *row, by="approver")

    def exempt_delay(self, act: ExemptDelay) -> None:
        """A delay of seven days at most."""
        book = self.desk.system.book
        self.desk.send(book.exemptTechnicalDelay, self.desk.loans[act.loan], REASON, by="risk_officer")

    def misuse(self, act: Misuse) -> None:
        """Found at once; found to be less, or over, as the approver confirms it."""
        book, loan = self.desk.system.book, self.desk.loans[act.loan]
        less = act.principal < book.careOf(loan)["misused"]
        if act.principal:
            self.desk.send(book.findMisuse, loan, act.principal, REASON, by="risk_officer")
        else:
            self.desk.send(book.clearMisuse, loan, REASON, by="risk_officer")
        if less:
            self.desk.send(book.confirmMisuse, loan, act.principal, REASON, by="approver")

    def system_debt(self, act: SystemDebt) -> None:
        """As of the day it is told."""
        book, customer = self.desk.system.book, self.desk.customers[act.customer]
        self.desk.send(book.reportSystemDebt, customer, act.total, act.overdue, act.day, by="credit_bureau")

    def spread(self, act: Spread) -> None:
        """By the loans shown, or by the last report of the debtor's debt at all banks."""
        book, customer = self.desk.system.book, self.desk.customers[act.customer]
        if act.bad:
            self.desk.send(book.spreadContagion, customer, *self._loans(act.bad, act.targets), by="risk_officer")
        else:
            self.desk.send(book.spreadFromOtherBanks, customer, *self._loans(act.targets), by="risk_officer")

    def end_spread(self, act: EndSpread) -> None:
        """By the loans shown."""
        book, customer = self.desk.system.book, self.desk.customers[act.customer]
        self.desk.send(book.liftContagion, customer, *self._loans(act.good, act.targets), by="risk_officer")

    def default(self, act: Default) -> None:
        """By a trigger of its own."""
        trigger = TRIGGERS.index(act.trigger)
        self.desk.send(self.desk.system.book.declareDefault, self.desk.loans[act.loan], trigger, by="risk_officer")

    def cross_default(self, act: CrossDefault) -> None:
        """Of the same debtor or its group."""
        pair = self.desk.loans[act.loan], self.desk.loans[act.other]
        self.desk.send(self.desk.system.book.declareCrossDefault, *pair, by="risk_officer")

    def call(self, act: Call) -> None:
        """Proposed by the risk officer and called by the approver."""
        book, loan = self.desk.system.book, self.desk.loans[act.loan]
        self.desk.send(book.proposeCall, loan, by="risk_officer")
        self.desk.send(book.callLoan, loan, by="approver")

    def _loans(self, *groups: tuple[str, ...]) -> list[list[int]]:
        """The numbers of some loans, ascending, as what proves must be."""
        return [sorted(self.desk.loans[ref] for ref in refs) for refs in groups]
