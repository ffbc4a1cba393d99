"""Every act on a loan, as a call that may be refused: an act is in `calls`, with every function that does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.contracts.lending import (
    CHARGE,
    DRAWDOWN,
    EVERY_PAYEE,
    FEE,
    NOBODY,
    PAYMENT,
    SUBSTANDARD,
    TERMS,
    Desk,
)

PLAIN, LENT, PART, CLAIM, FIVE = 1, 1_000, 600, 100, 5
SIGNED, INDEXED = 2, 3
EARMARK_DAYS, APPROVAL_DAYS = 5, 90
MOST = 2**47 - 1  # fen that a loan may carry
UNLIKELY_TO_PAY = 1  # DefaultTrigger
NO_DOCUMENT = bytes(32)


@dataclass(frozen=True)
class Bank(Desk):
    """The desk, with loans of one plain product: no interest, everything at maturity, principal paid first."""

    next_day: Any
    guarantor: int
    payer: Any

    def approved_loan(self) -> int:
        return self.approved(PLAIN, amount=LENT, rate=0)

    def live(self, state: str, *, drawn: int = LENT, fee: int = 0, claim: int = 0) -> int:
        """A loan, drawn in whole or part into an earmark; with a part of it written off where a claim is asked for."""
        loan = self.approved_loan()
        self.draw(loan, drawn, days=EARMARK_DAYS)
        if fee:
            self.book.charge(loan, FEE, fee, self.today, self.by("collector"))
        if claim or state == "Defaulted":
            self.book.declareDefault(loan, UNLIKELY_TO_PAY, self.by("risk_officer"))
        if claim:
            self.write_off(loan, claim)
            if state == "Active":
                self.book.cure(loan, self.by("risk_officer"))
        return loan

    def write_off(self, loan: int, principal: int) -> None:
        self.book.proposeWriteOff(loan, principal, 0, self.by("risk_officer"))
        self.book.writeOff(loan, principal, 0, self.today, self.by("approver"))

    def claimed(self, **terms: int) -> int:
        """A loan written off whole."""
        loan = self.live("Defaulted", **terms)
        self.write_off(loan, self.stored(loan)["principal"])
        return loan

    def repaid(self) -> int:
        loan = self.live("Active")
        self.pay(loan, LENT)
        return loan

    def pay(self, loan: int, amount: int) -> None:
        self.book.repayInBatch([(loan, amount)], self.today, self.by("collector"))

    def reverse(self, row: tuple[Any, ...]) -> None:
        self.book.proposeReversal(row, self.by("collector"))
        self.book.reverse(row, self.by("approver"))

    def reversal(
        self, loan: int, kind: int, *, posting: int = 0, day: int = 0, principal: int = 0, fee: int = 0
    ) -> Any:
        posting = posting or self.stored(loan)["postings"]
        account = self.borrower if kind == DRAWDOWN else NOBODY
        return (loan, posting, kind, account, principal, 0, 0, fee, 0, 0, 0, day or self.today, 0)

    def new_terms(self, loan: int) -> tuple[Any, ...]:
        return (loan, 1, self.today, 0, 0, 0, self.today + 300, 0, False, 0, 0, 0, 0, LENT)

    def restructure(self, loan: int) -> None:
        terms = self.new_terms(loan)
        self.book.proposeRestructuring(terms, self.by("risk_officer"))
        self.book.acceptRestructuring(terms, NO_DOCUMENT, {"from": self.borrower})
        self.book.restructure(terms, self.by("approver"))

    def sell(self, loan: int) -> None:
        self.book.proposeSale(loan, TERMS, FIVE, self.today, self.by("risk_officer"))
        self.book.sell(loan, TERMS, FIVE, self.today, self.by("approver"))

    def sold(self) -> int:
        loan = self.live("Active")
        self.sell(loan)
        return loan

    def guarantee(self, loan: int) -> int:
        """The guarantee that stands for a loan, given where there is none."""
        registry, first = self.system.guarantees, self.guarantor << 24
        for number in range(first + 1, first + 1 + registry.guaranteesOf(self.guarantor)):
            if registry.guaranteeOf(number)["loanId"] == loan:
                return number
        row = (self.guarantor, self.customer, loan, LENT, 1)
        return int(registry.guarantee(*row, self.by("loan_officer")).return_value)

    def demand(self, loan: int, amount: int) -> None:
        self.book.demand(self.guarantee(loan), amount, self.by("collector"))


def calls(bank: Bank, loan: int) -> dict[str, list[tuple[Any, ...]]]:
    """Every way to do each act to a loan: the method and its arguments."""
    book, by, day = bank.book, bank.by, bank.today
    reversals = {
        "reverse a payment": bank.reversal(loan, PAYMENT, posting=1, principal=1),
        "reverse a drawdown": bank.reversal(loan, DRAWDOWN, posting=1, principal=1),
        "reverse a charge": bank.reversal(loan, CHARGE, posting=1, fee=1),
    }
    return {
        "approve": [(book.approve, loan, by("approver"))],
        "signTermSheet": [(book.signTermSheet, loan, b"", by("collector"))],
        "deny": [(book.deny, loan, TERMS, by("approver"))],
        "lapse": [(book.lapse, loan, by("collector"))],
        "originate": [
            (book.originate, loan, day, by("treasurer")),
            (book.originateSecured, loan, day, [], by("treasurer")),
        ],
        "drawDown": [(book.drawDown, loan, 1, EVERY_PAYEE, day + 5, day, [], by("treasurer"))],
        "repay": [
            (book.repay, loan, 1, day, {"from": bank.borrower}),
            (book.payOff, loan, MOST, day, {"from": bank.borrower}),
            (book.repayInBatch, [(loan, 1)], day, by("collector")),
        ],
        "returnEarmark": [(book.returnEarmark, loan, bank.borrower, by("collector"))],
        "charge": [(book.charge, loan, FEE, 1, day, by("collector"))],
        "reprice": [(book.reprice, loan, by("collector"))],
        "classify": [(book.classify, loan, by("collector")), (book.endObservation, loan, by("collector"))],
        "declareDefault": [(book.declareDefault, loan, UNLIKELY_TO_PAY, by("risk_officer"))],
        "declareCrossDefault": [(book.declareCrossDefault, loan, loan, by("risk_officer"))],
        "callLoan": [(book.proposeCall, loan, by("risk_officer")), (book.callLoan, loan, by("approver"))],
        "cure": [(book.cure, loan, by("risk_officer"))],
        "writeOff": [
            (book.proposeWriteOff, loan, 1, 0, by("risk_officer")),
            (book.writeOff, loan, 1, 0, day, by("approver")),
        ],
        "recover": [(book.recover, loan, 1, day, by("collector"))],
        **findings(bank, loan),
        "restructure": [
            (book.proposeRestructuring, bank.new_terms(loan), by("risk_officer")),
            (book.acceptRestructuring, bank.new_terms(loan), NO_DOCUMENT, {"from": bank.borrower}),
            (book.restructure, bank.new_terms(loan), by("approver")),
        ],
        "waive": [
            (book.proposeWaiver, loan, 0, 1, by("risk_officer")),
            (book.waive, loan, 0, 1, by("approver")),
        ],
        "sell": [
            (book.proposeSale, loan, TERMS, 1, day, by("risk_officer")),
            (book.sell, loan, TERMS, 1, day, by("approver")),
        ],
        "payOnGuarantee": [(book.payOnGuarantee, bank.guarantee(loan), 1, {"from": bank.payer})],
        **{
            act: [(book.proposeReversal, row, by("collector")), (book.reverse, row, by("approver"))]
            for act, row in reversals.items()
        },
    }


def findings(bank: Bank, loan: int) -> dict[str, list[tuple[Any, ...]]]:
    """What is found about a loan, in the same form."""
    book, by = bank.book, bank.by
    return {
        "judge": [
            (book.judge, loan, SUBSTANDARD, TERMS, by("risk_officer")),
            (book.confirmJudgement, loan, SUBSTANDARD, TERMS, by("approver")),
        ],
        "assessLoss": [
            (book.assessLoss, loan, LENT, TERMS, by("risk_officer")),
            (book.confirmAssessment, loan, LENT, TERMS, by("approver")),
        ],
        "exemptTechnicalDelay": [(book.exemptTechnicalDelay, loan, TERMS, by("risk_officer"))],
        "findMisuse": [(book.findMisuse, loan, 1, TERMS, by("risk_officer"))],
        "clearMisuse": [
            (book.clearMisuse, loan, TERMS, by("risk_officer")),
            (book.confirmMisuse, loan, 0, TERMS, by("approver")),
        ],
        "spreadContagion": [
            (book.spreadContagion, bank.customer, [loan], [loan], by("collector")),
            (book.liftContagion, bank.customer, [loan], [loan], by("collector")),
        ],
    }
