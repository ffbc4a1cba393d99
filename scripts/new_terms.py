"""New terms of a loan in difficulty, as the loan book takes them and as wallets sign them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class NewTerms:
    """What a borrower accepts, field by field as IWorkout.NewTerms; money in fen, the rate in ppb, dates day numbers.

    Amounts are the most that is waived; afterwards principal is at most ``most_principal``.

    >>> from scripts.signing import digest
    >>> terms = NewTerms(1, 1, 21_000, 2, 1, 40_000_000, 22_000, 0, True, 0, 0, 0, 0, 10**8)
    >>> len(digest(terms, chain_id=1, book="0x" + "11" * 20))
    32
    """

    TYPE: ClassVar[Mapping[str, str]] = {
        "loanId": "uint64",
        "number": "uint8",
        "deadline": "uint24",
        "loanType": "uint8",
        "cycleMonths": "uint8",
        "rate": "int40",
        "maturity": "uint24",
        "resumeOn": "uint24",
        "capitalisesAccrued": "bool",
        "penalty": "uint128",
        "fee": "uint128",
        "interest": "uint128",
        "haircut": "uint128",
        "mostPrincipal": "uint128",
    }

    loan_id: int
    number: int
    deadline: int
    loan_type: int
    cycle_months: int
    rate: int
    maturity: int
    resume_on: int
    capitalises_accrued: bool
    penalty: int
    fee: int
    interest: int
    haircut: int
    most_principal: int


@dataclass(frozen=True, slots=True)
class GuarantorConsent:
    """What a guarantor signs: that its guarantee covers what these terms add to principal."""

    TYPE: ClassVar[Mapping[str, str]] = {"guarantee": "uint64", "terms": "NewTerms"}

    guarantee: int
    terms: NewTerms
