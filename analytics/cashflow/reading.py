"""Terms by their ACTUS names: what every contract type reads in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from analytics.cashflow.calendar import Shift, parse_cycle, parse_moment
from analytics.cashflow.terms import Series
from analytics.errors import InvalidInput

INFORMATIONAL: Final = frozenset({
    "contractID", "contractDealDate", "counterpartyID", "creatorID", "currency2",
    "seniority", "marketValueObserved", "marketObjectCode",
    "fixingDays", "fixingPeriod", "gracePeriod", "delinquencyPeriod", "delinquencyRate",
    "prepaymentPeriod", "nonPerformingDate", "creditLineAmount", "contractStructure", "quantity", "unit",
    "optionExerciseEndDate", "contractStatus", "maximumPenaltyFreeDisbursement",
})  # fmt: skip

CALENDARS: Final = {
    "": False, "NC": False, "NOCALENDAR": False, "NOHOLIDAY": False,
    "MF": True, "MONDAYTOFRIDAY": True,
}  # fmt: skip
ABSENT: Final = ("", "NULL", "NONE")  # None reads so too


class Reader:
    """Reads terms by name, remembers which were read, and names the term that it refuses."""

    def __init__(self, terms: Mapping[str, object]) -> None:
        """Take terms by name; blank ones count as absent."""
        self._terms = {key: value for key, value in terms.items() if str(value).strip().upper() not in ABSENT}
        self._read: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        """The text of a term, without blanks around it."""
        self._read.add(name)
        return str(self._terms.get(name, default)).strip()

    def required(self, name: str) -> str:
        """The text of a term that must be given."""
        value = self.text(name)
        if not value:
            raise InvalidInput(f"term {name} is missing")
        return value

    def choice(self, name: str, allowed: Mapping[str, object], default: str) -> str:
        """The code of a term, in capitals: one of those allowed."""
        value = self.text(name, default).upper()
        if value not in allowed:
            raise InvalidInput(f"term {name} is {value!r}; use one of {', '.join(sorted(filter(None, allowed)))}")
        return value

    def number(self, name: str) -> Decimal | None:
        """An exact decimal, or None."""
        value = self.text(name)
        return parse_number(name, value) if value else None

    def amount(self, name: str, default: str = "0") -> Decimal:
        """An exact decimal, or the default."""
        return parse_number(name, self.text(name, default))

    def moment(self, name: str) -> int | None:
        """Seconds since the epoch, or None."""
        value = self.text(name)
        return parse_moment(value) if value else None

    def series(self, suffix: str) -> Series:
        """The anchor and cycle of recurring events."""
        cycle = self.text(f"cycleOf{suffix}")
        return Series(self.moment(f"cycleAnchorDateOf{suffix}"), parse_cycle(cycle) if cycle else None)

    def array(self, name: str) -> list[str]:
        """The texts of a list, or of a single value."""
        self._read.add(name)
        value = self._terms.get(name)
        if value is None:
            return []
        return [str(entry).strip() for entry in value] if isinstance(value, list) else [str(value).strip()]

    def records(self, name: str) -> list[Mapping[str, object]]:
        """The entries of a list of named terms."""
        self._read.add(name)
        value = self._terms.get(name, [])
        if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
            raise InvalidInput(f"term {name} is no list of named terms")
        return value

    def refuse_unread(self) -> None:
        """Raise InvalidInput for terms that were given and never read, but those that only inform."""
        unread = sorted(set(self._terms) - self._read - INFORMATIONAL)
        if unread:
            raise InvalidInput(f"terms not known to this contract type: {', '.join(unread)}")


def parse_number(name: str, text: str) -> Decimal:
    """An exact decimal; refuses what is not a finite number written in ASCII digits."""
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise InvalidInput(f"term {name} is {text!r}, which is not a number") from error
    if not value.is_finite() or not text.isascii() or "_" in text:
        raise InvalidInput(f"term {name} is {text!r}, which is not a finite number")
    return value


def shift_rule(read: Reader) -> Shift:
    """The business-day rule of ``businessDayConvention``."""
    code = read.text("businessDayConvention", "NONE").upper()
    code = "NONE" if code in ("NULL", "NOS", "NO") else code
    if code not in Shift.__members__:
        raise InvalidInput(
            f"term businessDayConvention is {code!r}; use NOS or {', '.join(list(Shift.__members__)[1:])}"
        )
    return Shift[code]


def exchange_object(read: Reader) -> str:
    """The series that turns the currency of the terms into the one that they settle in, such as ``USD/CNY``."""
    currency, settled = read.text("currency").upper(), read.text("settlementCurrency").upper()
    return f"{currency}/{settled}" if settled not in ("", currency) else ""
