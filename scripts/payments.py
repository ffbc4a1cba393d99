"""Payments on loans, each by the way its money came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.acts import Pay, PayWrongly
from scripts.desk import Desk, batches
from scripts.transactions import Receipt


def pay(desk: Desk, acts: Sequence[Pay], borrowers: Mapping[int, Any]) -> None:
    """All interest due and the principal wanted: in batches, or from the token where money was lent in it.

    Parameters: ``borrowers`` are the accounts of the customers that have one, by customer.
    """
    views = desk.views()
    loans = [desk.loans[act.loan] for act in acts]
    dates = [act.value_date or act.day for act in acts]
    states = views.ask("LoanBook", "preview", list(zip(loans, dates, strict=True)))
    today: list[tuple[int, int]] = []
    for act, loan, date, state in zip(acts, loans, dates, states, strict=True):
        due = state["interest_due"] + state["penalty_due"] + state["fee_due"]
        whole = act.principal == state["principal"]
        amount = views.one("LoanBook", "payoff", loan, date)["value"] if whole else due + act.principal
        borrower = borrowers.get(state["customer"])
        if not amount:
            continue
        if date != act.day:
            _pay_back_valued(desk, loan, amount, date)
        elif borrower is not None and act.principal:
            _pay_by_token(desk, loan, amount, act.day, borrower)
        else:
            today.append((loan, amount))
    for run in batches(today):
        _collect(desk, run, acts[0].day)


def pay_wrongly(desk: Desk, act: PayWrongly) -> None:
    """A payment on the wrong loan, noticed on the same day and reversed under four eyes."""
    book, loan = desk.system.book, desk.loans[act.loan]
    sent = desk.send(book.repayInBatch, [(loan, act.amount)], act.day, by="collector")
    paid = sent.told("LoanRepaid")[0]
    reversal = (
        loan, paid["posting"], 0, paid["payer"], paid["principal"], paid["interest"], paid["penalty"], paid["fee"],
        0, 0, 0, act.day, 0,
    )  # fmt: skip
    desk.send(book.proposeReversal, reversal, by="collector")
    desk.send(book.reverse, reversal, by="approver")


def _collect(desk: Desk, payments: Sequence[tuple[int, int]], value_date: int) -> None:
    sent = desk.send(desk.system.book.repayInBatch, payments, value_date, by="collector")
    _release(desk, sent)


def _pay_back_valued(desk: Desk, loan: int, amount: int, value_date: int) -> None:
    """A payment that came in before it was booked: proposed by one person, allowed by another."""
    book, payments = desk.system.book, [(loan, amount)]
    batch = book.batchHash(payments)
    desk.send(book.proposeBackValue, batch, value_date, by="collector")
    desk.send(book.authoriseBackValue, batch, value_date, by="approver")
    _collect(desk, payments, value_date)


def _pay_by_token(desk: Desk, loan: int, amount: int, day: int, borrower: Any) -> None:
    desk.send(desk.system.token.fund, borrower, amount, by="treasurer")
    sent = desk.send(desk.system.book.repay, loan, amount, day, by=borrower)
    _release(desk, sent)


def _release(desk: Desk, sent: Receipt) -> None:
    """The registries are told of closed loans, and what secured them is released."""
    closed = {int(event["loanId"]) for event in sent.told("LoanClosed")}
    secured = {ref for _, ref in desk.liens} & {ref for ref, loan in desk.loans.items() if loan in closed}
    for ref in sorted(secured):
        desk.send(desk.system.book.announce, desk.loans[ref], by="loan_officer")
    for number in [number for (_, ref), number in desk.liens.items() if ref in secured]:
        desk.send(desk.system.collateral.releaseClosed, number, by="loan_officer")
