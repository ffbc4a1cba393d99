"""Random guarantees and collateral over random loans, with the observations they need; each number gives one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from tests.conformance.random_contracts import DAY_COUNTS, SHIFTS, Chance, contract

LOANS: Final = ("PAM", "LAM", "NAM", "ANN", "UMP", "LAX", "CLM")
VALUES: Final = ("GOLD", "HOUSE", "SHARES")
STRANGER: Final = "not covered"


def enhancement(kind: str, number: int) -> dict[str, Any]:
    """A case in the form of the reference files, without results."""
    chance = Chance(number)
    loans = {
        f"loan {place}": contract(chance.choice(LOANS), chance.randrange(2**32))
        for place in range(chance.randint(1, 3))
    }
    begun = date.fromisoformat(next(iter(loans.values()))["terms"]["initialExchangeDate"])
    terms: dict[str, Any] = {
        "contractType": kind,
        "contractRole": chance.choice(("BUY", "SEL")),
        "statusDate": chance.day(begun, -60, 200),
        "contractDealDate": chance.day(begun, -90, -60),
        "guaranteedExposure": chance.choice(("NO", "NI", "MV")),
        "coverageOfCreditEnhancement": f"{chance.uniform(0.01, 1):.6f}",
        "creditEventTypeCovered": chance.choice(("DF", "DL,DF", ["DQ", "DF"], "DL")),
        "settlementPeriod": chance.choice(("P0D", "P5D", "P1M", "P2W")),
        "dayCountConvention": chance.choice(DAY_COUNTS),
        "endOfMonthConvention": chance.choice(("SD", "EOM")),
        "calendar": chance.choice(("NC", "MF")),
        "businessDayConvention": chance.choice(SHIFTS),
    }
    if chance.random() < 0.2:
        terms |= {"currency": "USD", "settlementCurrency": "CNY"}
    if kind == "CEG":
        _agree(chance, terms, begun)
    if ("maturityDate" not in terms and chance.random() < 0.3) or any(_endless(case) for case in loans.values()):
        terms["maturityDate"] = chance.day(begun, 400, 900)
    if chance.random() < 0.15:
        terms |= {"exerciseDate": chance.day(begun, -60, 300), "exerciseAmount": chance.amount()}
    terms["contractStructure"] = _structure(chance, terms, loans)
    return {
        "terms": terms,
        "to": chance.day(begun, 500, 960),
        "dataObserved": next(iter(loans.values()))["dataObserved"] | _values(chance, begun),
        "eventsObserved": [
            *({**event, "contractId": name} for name, case in loans.items() for event in case["eventsObserved"]),
            *_credit_events(chance, begun, [*loans, STRANGER]),
        ],
    }


def _endless(case: dict[str, Any]) -> bool:
    return case["terms"]["contractType"] == "UMP"


def _agree(chance: Chance, terms: dict[str, Any], begun: date) -> None:
    """What a guarantee may have and a collateral has not."""
    if chance.heads():
        terms |= {"purchaseDate": chance.day(begun, -20, 250), "priceAtPurchaseDate": chance.amount()}
    if chance.random() < 0.15:
        terms |= {"terminationDate": chance.day(begun, 260, 400), "priceAtTerminationDate": chance.amount()}
    if chance.heads():
        terms |= {"notionalPrincipal": chance.amount(), "maturityDate": chance.day(begun, 300, 900)}
    if chance.random() < 0.7:
        terms |= {
            "feeBasis": chance.choice("AN"),
            "feeRate": chance.rate(),
            "cycleOfFee": chance.cycle(),
            "feeAccrued": chance.choice(("", "0.7")),
        }
        if chance.heads():
            terms["cycleAnchorDateOfFee"] = chance.day(begun, -60, 200)


def _structure(chance: Chance, terms: dict[str, Any], loans: dict[str, Any]) -> list[dict[str, Any]]:
    covered = []
    for name, case in loans.items():
        loan = {**case["terms"], "contractID": name, "marketObjectCode": chance.choice(VALUES)}
        if "maturityDate" in terms and ("notionalPrincipal" in terms or terms["guaranteedExposure"] == "MV"):
            loan = {"contractIdentifier": name, "marketObjectCode": loan["marketObjectCode"]}
        covered.append({
            "object": loan, "referenceType": "CNT" if "contractID" in loan else "CID", "referenceRole": "COVE",
        })  # fmt: skip
    objects = VALUES[: chance.randint(1, 3)] if terms["contractType"] == "CEC" else ()
    covering = [
        {"object": {"marketObjectCode": code}, "referenceType": "MOC", "referenceRole": "COVI"} for code in objects
    ]
    return [*covering, *covered]


def _values(chance: Chance, begun: date) -> dict[str, Any]:
    times = [(begun + timedelta(days=60 * place - 400)).isoformat() for place in range(25)]
    return {
        name: {"data": [{"timestamp": time, "value": f"{10 ** chance.uniform(0, 7):.2f}"} for time in times]}
        for name in (*VALUES, "USD/CNY")
    }


def _credit_events(chance: Chance, begun: date, names: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "time": chance.day(begun, -30, 500), "type": "CE", "contractId": chance.choice(names),
            "states": {"contractPerformance": chance.choice(("DL", "DQ", "DF", "DF", "PF"))},
        }
        for _ in range(chance.randint(0, 4))
    ]  # fmt: skip
