"""Terms of a credit enhancement read from their ACTUS names and codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from analytics.cashflow.calendar import Cycle, parse_cycle, parse_day_count, parse_moment
from analytics.cashflow.enhancement_terms import (
    Covered,
    Enhancement,
    EnhancementKind,
    Exposure,
    Performance,
    refuse_absurd_enhancement,
)
from analytics.cashflow.parsing import PERFORMANCES, parse_terms
from analytics.cashflow.reading import CALENDARS, Reader, exchange_object, shift_rule
from analytics.cashflow.terms import Kind, Series
from analytics.errors import InvalidInput

ROLES: Final = {"BUY": 1, "SEL": -1}
DEFAULT_DAY_COUNT: Final = "A365"


def parse_enhancement(terms: Mapping[str, object]) -> Enhancement:
    """The terms of an ACTUS guarantee (CEG) or collateral (CEC), checked.

    Parameters
    ----------
    terms
        ACTUS term names to values as the reference files write them; ``contractStructure`` is a list of references,
        each with ``object``, ``referenceType`` (CNT: given whole; CID: by identifier; MOC: by market object) and
        ``referenceRole`` (COVE: covered; COVI: covering).

    Returns
    -------
    Enhancement
        One frozen record. Where absent, coverage is 1, the exposure NO, the credit event DF, the settlement period
        nothing, and days are counted A/365.

    Raises
    ------
    InvalidInput
        For an unknown contract type, role, code or term, a number or date that cannot be read, a coverage outside
        0 to 1, a negative settlement period, or a structure without what it needs; the message names the term.

    References
    ----------
    ACTUS Data Dictionary 1.3; ACTUS Technical Specification v1.1, sections on CEG and CEC.

    Examples
    --------
    >>> parse_enhancement({"contractType": "CEG", "contractRole": "BUY", "statusDate": "2024-12-31",
    ...     "maturityDate": "2026-01-01", "notionalPrincipal": "100", "coverageOfCreditEnhancement": "0.8",
    ...     "contractStructure": [{"object": {"contractIdentifier": "loan"}, "referenceType": "CID",
    ...     "referenceRole": "COVE"}]}).covered
    (Covered(identifier='loan', terms=None, market_object=''),)
    """
    read = Reader(terms)
    kind = EnhancementKind[read.choice("contractType", EnhancementKind.__members__, "")]
    guarantee = kind is EnhancementKind.CEG
    status, deal = parse_moment(read.required("statusDate")), read.moment("contractDealDate")
    purchase = read.moment("purchaseDate") if guarantee else None
    covered, covering = _structure(read, read.text("currency"))
    read.choice("contractPerformance", dict.fromkeys(PERFORMANCES), "PF")
    parsed = Enhancement(
        kind=kind,
        role=ROLES[read.choice("contractRole", ROLES, "")],
        status=status,
        start=next(moment for moment in (purchase, deal, status) if moment is not None),
        maturity=read.moment("maturityDate"),
        purchase=purchase,
        purchase_price=read.amount("priceAtPurchaseDate") if guarantee else Decimal(0),
        termination=read.moment("terminationDate") if guarantee else None,
        termination_price=read.amount("priceAtTerminationDate") if guarantee else Decimal(0),
        notional=read.number("notionalPrincipal") if guarantee else None,
        coverage=read.amount("coverageOfCreditEnhancement", "1"),
        exposure=Exposure[read.choice("guaranteedExposure", Exposure.__members__, "NO")],
        credit_events=_credit_events(read),
        settlement=_settlement(read),
        fee=read.series("Fee") if guarantee else Series(),
        fee_rate=read.amount("feeRate") if guarantee else Decimal(0),
        fee_on_notional=guarantee and read.choice("feeBasis", {"A": 0, "N": 1}, "N") == "N",
        fee_accrued=read.number("feeAccrued") if guarantee else None,
        day_count=parse_day_count(read.text("dayCountConvention", DEFAULT_DAY_COUNT)),
        end_of_month=read.choice("endOfMonthConvention", {"SD": 0, "EOM": 1}, "SD") == "EOM",
        shift=shift_rule(read),
        weekdays_only=CALENDARS[read.choice("calendar", CALENDARS, "")],
        exercise_date=read.moment("exerciseDate"),
        exercise_amount=read.amount("exerciseAmount"),
        covered=covered,
        covering=covering,
        exchange_object=exchange_object(read),
    )
    read.refuse_unread()
    refuse_absurd_enhancement(parsed)
    return parsed


def _credit_events(read: Reader) -> frozenset[Performance]:
    codes = [code for text in read.array("creditEventTypeCovered") for code in re.findall(r"\w+", text.upper())]
    unknown = sorted(set(codes) - set(Performance.__members__))
    if unknown:
        raise InvalidInput(f"term creditEventTypeCovered is {', '.join(unknown)}; use DL, DQ or DF")
    return frozenset(Performance[code] for code in codes or ["DF"])


def _settlement(read: Reader) -> Cycle:
    text = read.text("settlementPeriod", "P0D").upper()
    if re.match(r"-|P-", text):
        raise InvalidInput(f"term settlementPeriod is {text!r}; an exercise cannot be settled before it")
    return parse_cycle(text)


def _structure(read: Reader, currency: str) -> tuple[tuple[Covered, ...], tuple[str, ...]]:
    covered, covering = [], []
    for place, reference in enumerate(read.records("contractStructure"), start=1):
        here = f"contractStructure, reference {place}"
        role, kind, target = (reference.get(name) for name in ("referenceRole", "referenceType", "object"))
        if role not in ("COVE", "COVI"):
            raise InvalidInput(f"{here}: referenceRole is {role!r}; use COVE (covered) or COVI (covering)")
        if kind not in ("CNT", "CID", "MOC") or not isinstance(target, Mapping):
            raise InvalidInput(f"{here}: referenceType is {kind!r}; use CNT, CID or MOC, with an object of named terms")
        told = str(target.get("currency") or currency).strip()
        if currency and told != currency:
            raise InvalidInput(
                f"{here}: currency is {told}, the enhancement's {currency}, and no rate between them is observed"
            )
        if role == "COVE":
            covered.append(_covered(target, here))
        else:
            covering.append(_market_object(target, here))
    return tuple(covered), tuple(covering)


def _covered(target: Mapping[str, object], here: str) -> Covered:
    names = ("contractID", "contractIdentifier", "marketObjectCode")
    told = [str(target.get(name) or "").strip() for name in names]
    identifier = next(filter(None, told), "")
    if not identifier:
        raise InvalidInput(f"{here}: the covered contract has no contractID (CNT) or contractIdentifier (CID)")
    loan = str(target.get("contractType") or "").strip().upper() in Kind.__members__
    return Covered(identifier, replace(parse_terms(target), role=1) if loan else None, told[2])


def _market_object(target: Mapping[str, object], here: str) -> str:
    code = str(target.get("marketObjectCode") or "").strip()
    if not code:
        raise InvalidInput(f"{here}: the covering object has no marketObjectCode to observe its value by")
    return code
