"""A case for each state that an act on a loan may lead to: each edge of the table of states has a `witness`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.contracts.acts import (
    APPROVAL_DAYS,
    CLAIM,
    EARMARK_DAYS,
    FIVE,
    INDEXED,
    LENT,
    PART,
    PLAIN,
    SIGNED,
    UNLIKELY_TO_PAY,
    Bank,
    calls,
)
from tests.contracts.lending import CHARGE, DRAWDOWN, FEE, PAYMENT, SUBSTANDARD, TERMS

Edge = tuple[str, str, str]
Witness = Callable[[Bank], tuple[int, Callable[[], object]]]
WITNESSES: dict[Edge, Witness] = {}


def witness(act: str, before: str, *after: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A case for each state that an act leads to: it prepares a loan and returns it with the act still to be done."""

    def named(prepare: Callable[..., Any]) -> Callable[..., Any]:
        for state in after or (before,):
            WITNESSES[act, before, state] = partial(prepare, before=before, after=state)
        return prepare

    return named


def live_witness(act: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """From either live state: it stays, is repaid, or lives on as a claim."""

    def named(prepare: Callable[..., Any]) -> Callable[..., Any]:
        for before in ("Active", "Defaulted"):
            witness(act, before, before, "Repaid", "WrittenOff")(prepare)
        return prepare

    return named


def claim_for(after: str) -> int:
    return CLAIM if after == "WrittenOff" else 0


def way(bank: Bank, act: str, loan: int) -> Callable[[], object]:
    method, *arguments = calls(bank, loan)[act][0]
    return lambda: method(*arguments)


@witness("approve", "Applied", "Approved")
@witness("deny", "Applied", "Denied")
def an_application(bank, before, after):
    loan = bank.applied(PLAIN, amount=LENT, rate=0)
    return loan, way(bank, "approve" if after == "Approved" else "deny", loan)


@witness("signTermSheet", "Applied")
@witness("signTermSheet", "Approved")
def a_signature(bank, before, after):
    bank.offer(SIGNED)
    bank.serve(SIGNED, signed_terms=1)
    loan = bank.applied(SIGNED)
    if before == "Approved":
        bank.book.approve(loan, bank.by("approver"))
    signed = bank.signed(loan)
    return loan, lambda: bank.book.signTermSheet(loan, signed, bank.by("collector"))


@witness("originate", "Approved", "Active")
def a_whole_loan(bank, before, after):
    loan = bank.approved_loan()
    return loan, way(bank, "originate", loan)


@witness("drawDown", "Approved", "Active")
def a_first_drawing(bank, before, after):
    loan = bank.approved_loan()
    return loan, way(bank, "drawDown", loan)


@witness("drawDown", "Active")
def a_further_drawing(bank, before, after):
    loan = bank.live(before, drawn=PART)
    return loan, way(bank, "drawDown", loan)


@witness("lapse", "Approved", "Lapsed")
def an_approval_not_used(bank, before, after):
    loan = bank.approved_loan()
    bank.next_day(APPROVAL_DAYS + 1)
    return loan, way(bank, "lapse", loan)


@live_witness("lapse")
def the_rest_of_an_approval(bank, before, after):
    loan = bank.live(before, drawn=PART, claim=claim_for(after))
    if after != before:
        bank.pay(loan, bank.book.payoff(loan, bank.today))
    bank.next_day(APPROVAL_DAYS + 1)
    return loan, way(bank, "lapse", loan)


@witness("lapse", "WrittenOff", "WrittenOff", "Repaid")
def the_rest_of_a_claim_s_approval(bank, before, after):
    loan = bank.claimed(drawn=PART)
    if after == "Repaid":
        bank.book.recover(loan, PART, bank.today, bank.by("collector"))
    bank.next_day(APPROVAL_DAYS + 1)
    return loan, way(bank, "lapse", loan)


@live_witness("repay")
def a_payment(bank, before, after):
    loan = bank.live(before, claim=claim_for(after))
    amount = 1 if after == before else bank.book.payoff(loan, bank.today)
    return loan, lambda: bank.book.repay(loan, amount, bank.today, {"from": bank.borrower})


@live_witness("returnEarmark")
def money_not_spent(bank, before, after):
    """A fee makes the loan owe more than was lent."""
    loan = bank.live(before, claim=claim_for(after), fee=FIVE if after == before else 0)
    bank.next_day(EARMARK_DAYS + 1)
    return loan, way(bank, "returnEarmark", loan)


@witness("returnEarmark", "WrittenOff", "WrittenOff", "Repaid")
def money_not_spent_of_a_claim(bank, before, after):
    loan = bank.claimed(fee=FIVE if after == before else 0)
    bank.next_day(EARMARK_DAYS + 1)
    return loan, way(bank, "returnEarmark", loan)


@witness("returnEarmark", "Repaid")
def money_not_spent_and_not_owed(bank, before, after):
    loan = bank.repaid()
    bank.next_day(EARMARK_DAYS + 1)
    return loan, way(bank, "returnEarmark", loan)


@witness("charge", "Active")
@witness("charge", "Defaulted")
def a_charge(bank, before, after):
    loan = bank.live(before)
    return loan, way(bank, "charge", loan)


@witness("reprice", "Active")
@witness("reprice", "Defaulted")
def a_repricing(bank, before, after):
    bank.offer(INDEXED)
    bank.serve(INDEXED, index=1, reprice_months=1, triggers=0b11)
    bank.book.setFixing(1, bank.today, 30_000_000, bank.by("data_provider"))
    loan = bank.originated(INDEXED, rate=30_000_000)
    if before == "Defaulted":
        bank.book.declareDefault(loan, UNLIKELY_TO_PAY, bank.by("risk_officer"))
    bank.next_day(31)
    return loan, way(bank, "reprice", loan)


@witness("classify", "Active")
@witness("classify", "Defaulted")
def a_classification(bank, before, after):
    loan = bank.live(before)
    return loan, way(bank, "classify", loan)


@witness("declareDefault", "Active", "Defaulted")
def a_default(bank, before, after):
    loan = bank.live(before)
    return loan, way(bank, "declareDefault", loan)


@witness("declareCrossDefault", "Active", "Defaulted")
def a_cross_default(bank, before, after):
    other, loan = bank.live("Defaulted"), bank.live(before)
    return loan, lambda: bank.book.declareCrossDefault(loan, other, bank.by("risk_officer"))


@witness("callLoan", "Defaulted")
def a_call(bank, before, after):
    loan = bank.live(before)
    bank.book.proposeCall(loan, bank.by("risk_officer"))
    return loan, lambda: bank.book.callLoan(loan, bank.by("approver"))


def finding_witness(act: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """From either live state, which it leaves as it is."""

    def named(prepare: Callable[..., Any]) -> Callable[..., Any]:
        for before in ("Active", "Defaulted"):
            witness(act, before)(partial(prepare, act=act))
        return prepare

    return named


@finding_witness("judge")
@finding_witness("assessLoss")
@finding_witness("findMisuse")
def a_finding(bank, before, after, act):
    loan = bank.live(before)
    return loan, way(bank, act, loan)


@finding_witness("clearMisuse")
@finding_witness("spreadContagion")
def a_finding_on_another(bank, before, after, act):
    loan = bank.live(before)
    bank.book.findMisuse(loan, LENT, TERMS, bank.by("risk_officer"))
    bank.book.judge(loan, SUBSTANDARD, TERMS, bank.by("risk_officer"))
    return loan, way(bank, act, loan)


@finding_witness("exemptTechnicalDelay")
def a_technical_delay(bank, before, after, act):
    loan = bank.live(before)
    bank.next_day(bank.stored(loan)["maturity"] + 1 - bank.today)
    return loan, way(bank, act, loan)


@witness("cure", "Defaulted", "Active")
def a_cure(bank, before, after):
    loan = bank.live(before)
    return loan, way(bank, "cure", loan)


@witness("writeOff", "Defaulted", "Defaulted", "WrittenOff")
def a_write_off(bank, before, after):
    loan = bank.live(before)
    return loan, lambda: bank.write_off(loan, CLAIM if after == before else LENT)


@witness("recover", "Active")
@witness("recover", "Defaulted")
def a_recovery(bank, before, after):
    loan = bank.live(before, claim=CLAIM)
    return loan, way(bank, "recover", loan)


@witness("recover", "WrittenOff", "WrittenOff", "Repaid")
def a_recovery_of_a_claim(bank, before, after):
    loan = bank.claimed()
    amount = 1 if after == before else LENT
    return loan, lambda: bank.book.recover(loan, amount, bank.today, bank.by("collector"))


@witness("restructure", "Active")
@witness("restructure", "Defaulted")
def new_terms(bank, before, after):
    loan = bank.live(before)
    return loan, lambda: bank.restructure(loan)


@witness("sell", "Active", "Sold")
@witness("sell", "Defaulted", "Sold")
def a_sale(bank, before, after):
    loan = bank.live(before)
    return loan, lambda: bank.sell(loan)


@witness("sell", "WrittenOff", "Sold")
def a_sale_of_a_claim(bank, before, after):
    loan = bank.claimed()
    return loan, lambda: bank.sell(loan)


@witness("returnEarmark", "Sold")
def money_not_spent_of_a_sold_loan(bank, before, after):
    loan = bank.sold()
    bank.next_day(EARMARK_DAYS + 1)
    return loan, way(bank, "returnEarmark", loan)


@live_witness("payOnGuarantee")
def a_guarantor_s_payment(bank, before, after):
    loan = bank.live("Defaulted", claim=claim_for(after))
    owed = bank.book.payoff(loan, bank.today)
    bank.demand(loan, owed)
    if before == "Active":
        bank.book.cure(loan, bank.by("risk_officer"))
    amount, guarantee = 1 if after == before else owed, bank.guarantee(loan)
    return loan, lambda: bank.book.payOnGuarantee(guarantee, amount, {"from": bank.payer})


@witness("payOnGuarantee", "WrittenOff", "WrittenOff", "Repaid")
def a_guarantor_s_payment_of_a_claim(bank, before, after):
    loan = bank.claimed()
    bank.demand(loan, LENT)
    amount, guarantee = 1 if after == before else LENT, bank.guarantee(loan)
    return loan, lambda: bank.book.payOnGuarantee(guarantee, amount, {"from": bank.payer})


@live_witness("waive")
def a_waived_charge(bank, before, after):
    """The last thing owed, once nothing can be drawn any more."""
    loan = bank.live(before, drawn=PART, claim=claim_for(after))
    if after != before:
        bank.pay(loan, bank.book.payoff(loan, bank.today))
    bank.book.charge(loan, FEE, FIVE, bank.today, bank.by("collector"))
    bank.next_day(APPROVAL_DAYS + 1)
    bank.book.lapse(loan, bank.by("collector"))
    bank.book.proposeWaiver(loan, 0, FIVE, bank.by("risk_officer"))
    return loan, lambda: bank.book.waive(loan, 0, FIVE, bank.by("approver"))


@witness("reverse a payment", "Active")
@witness("reverse a payment", "Defaulted")
@witness("reverse a payment", "Repaid", "Active")
def a_payment_taken_back(bank, before, after):
    loan, amount = bank.live("Active" if before == "Repaid" else before), LENT if before == "Repaid" else PART
    bank.pay(loan, amount)
    return loan, lambda: bank.reverse(bank.reversal(loan, PAYMENT, principal=amount))


@live_witness("reverse a drawdown")
def a_drawing_taken_back(bank, before, after):
    """After the approval's last day what is taken back cannot be drawn again."""
    loan, day = bank.live(before, claim=claim_for(after)), bank.today
    bank.next_day(APPROVAL_DAYS + 1)
    bank.book.classify(loan, bank.by("collector"))
    amount = PART if after == before else LENT - claim_for(after)
    return loan, lambda: bank.reverse(bank.reversal(loan, DRAWDOWN, posting=1, day=day, principal=amount))


@live_witness("reverse a charge")
def a_charge_taken_back(bank, before, after):
    """The last thing owed, once nothing can be drawn any more."""
    loan = bank.live(before, drawn=PART, claim=claim_for(after))
    if after != before:
        bank.pay(loan, bank.book.payoff(loan, bank.today))
    bank.book.charge(loan, FEE, FIVE, bank.today, bank.by("collector"))
    row = bank.reversal(loan, CHARGE, fee=FIVE)
    bank.next_day(APPROVAL_DAYS + 1)
    bank.book.lapse(loan, bank.by("collector"))
    return loan, lambda: bank.reverse(row)
