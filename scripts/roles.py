"""The role table: who may do what at the bank, and what the contracts may do to each other.

Applied at deployment by scripts/deployment.py, re-read from the chain by scripts/check_roles.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Role(IntEnum):
    """The contracts' enum Role: its number is the bit in a seat."""

    BOARD = 0
    RISK_OFFICER = 1
    LOAN_OFFICER = 2
    APPROVER = 3
    APPRAISER = 4
    TREASURER = 5
    COLLECTOR = 6
    CREDIT_BUREAU = 7
    DATA_PROVIDER = 8
    GUARDIAN = 9
    BOOK = 16
    REGISTRY = 17
    COLLATERAL = 18
    TOKEN = 19
    RATINGS = 20

    @property
    def bit(self) -> int:
        """The role as a seat's bit."""
        return 1 << self

    @property
    def id(self) -> bytes:
        """The role as OpenZeppelin's AccessControl knows it."""
        return self.bit.to_bytes(32, "big")


ADMINISTRATOR: Final = bytes(32)  # AccessControl's DEFAULT_ADMIN_ROLE
PERSON_SHIFT: Final = 192  # a seat's bits above hold the person


@dataclass(frozen=True, slots=True)
class Person:
    """One who acts for the bank, under the name of the duty; founders administer and come first."""

    name: str
    roles: tuple[Role, ...]
    administers: bool = False


PEOPLE: Final = (
    Person("chair", (Role.BOARD,), administers=True),
    Person("director", (Role.BOARD,), administers=True),
    Person("risk_officer", (Role.RISK_OFFICER,)),
    Person("loan_officer", (Role.LOAN_OFFICER,)),
    Person("approver", (Role.APPROVER,)),
    Person("appraiser", (Role.APPRAISER,)),
    Person("treasurer", (Role.TREASURER,)),
    Person("collector", (Role.COLLECTOR,)),
    Person("credit_bureau", (Role.CREDIT_BUREAU,)),
    Person("data_provider", (Role.DATA_PROVIDER,)),
    Person("guardian", (Role.GUARDIAN,)),
)

SYSTEM_ROLES: Final = {
    "RatingRegistry": Role.RATINGS,
    "CustomerRegistry": Role.REGISTRY,
    "CollateralRegistry": Role.COLLATERAL,
    "DepositToken": Role.TOKEN,
    "LoanBook": Role.BOOK,
}


def seat(person: int, roles: tuple[Role, ...]) -> int:
    """The storage word of an account: role bits below, person above.

    >>> hex(seat(2, (Role.BOARD, Role.APPROVER)))[:4], seat(2, (Role.BOARD, Role.APPROVER)) & 0xFF
    ('0x20', 9)
    """
    word = person << PERSON_SHIFT
    for role in roles:
        word |= role.bit
    return word
