"""What the suites of loan quality share: codes, people's numbers, and how a loan stands."""

from __future__ import annotations

from typing import Any

from tests.contracts.expect import Event, event
from tests.contracts.lending import Desk

JUDGEMENT, CONTAGION, EXPECTED_LOSS, RESTRUCTURED = range(4)  # Floor
BY_DAYS, BY_DEFAULT, BY_JUDGEMENT, _, CURED, BY_CONTAGION, BY_LOSS, BY_RESTRUCTURING, OBSERVATION_ENDED = range(9)
DAYS_PAST_DUE, UNLIKELY_TO_PAY, BANKRUPTCY, CROSS_DEFAULT, COVENANT = range(5)  # DefaultTrigger
PERSON, SMALL_ENTERPRISE, CORPORATE, RETAIL_POOL = range(1, 5)  # CustomerKind
RISK_OFFICER, APPROVER, CREDIT_BUREAU = 3, 5, 9  # the people's numbers
REASON, OTHER_REASON = "0x" + "a1" * 32, "0x" + "b2" * 32
NO_REASON = "0x" + "00" * 32


def classified(loan: int, category: int, previous: int, reason: int, *, day: int, days_past_due: int = 0) -> Event:
    """The event of a category that changed."""
    return event(
        "LoanClassified",
        loanId=loan,
        category=category,
        previous=previous,
        daysPastDue=days_past_due,
        reason=reason,
        valueDate=day,
    )


def floored(
    loan: int,
    floor: int,
    category: int,
    previous: int,
    *,
    day: int,
    maker: int = 0,
    checker: int = 0,
    reason_hash: str = NO_REASON,
) -> Event:
    """The event of a floor that changed."""
    return event(
        "FloorSet",
        loanId=loan,
        floor=floor,
        category=category,
        previous=previous,
        valueDate=day,
        maker=maker,
        checker=checker,
        reasonHash=reason_hash,
    )


def care(desk: Desk, loan: int) -> dict[str, Any]:
    """What the loan carries, where it is not zero."""
    return {name: value for name, value in dict(desk.book.careOf(loan).dict()).items() if value}
