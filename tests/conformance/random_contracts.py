"""Random contracts of every type, by their ACTUS names, with the observations they need; each number gives one."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any, Final

DAY_COUNTS: Final = ("A365", "A360", "30E360", "30E360ISDA", "AA", "28336")
SHIFTS: Final = ("NOS", "SCF", "SCMF", "CSF", "CSMF", "SCP", "SCMP", "CSP", "CSMP")
MONTHS: Final = {"M": 1, "Q": 3, "H": 6, "Y": 12}
RATES, INDICES, PREPAYMENTS = "RATES", "INDICES", "PREPAYMENTS"


class Chance(Random):
    """A source of contract terms."""

    def heads(self) -> bool:
        return self.random() < 0.5

    def rate(self) -> str:
        return f"{self.uniform(-0.05, 0.3):.9f}"

    def amount(self) -> str:
        return f"{10 ** self.uniform(-2, 6):.2f}"

    def day(self, first: date, after: int, before: int) -> str:
        """A day between so many days after and before so many after another."""
        return (first + timedelta(days=self.randint(after, before))).isoformat()

    def cycle(self) -> str:
        unit = self.choice("DWMMMQHY")
        number = {"D": self.randint(9, 60), "W": self.randint(2, 20)}.get(unit) or self.randint(1, 12 // MONTHS[unit])
        return f"P{number}{unit}L{self.choice('01')}"


def contract(kind: str, number: int) -> dict[str, Any]:
    """A case in the form of the reference files, without results."""
    chance = Chance(number)
    start = date(2020, 1, 1) + timedelta(days=chance.randrange(366))
    end = start + timedelta(days=chance.randint(366, 900))
    terms: dict[str, Any] = {
        "contractType": kind,
        "contractRole": chance.choice(("RPA", "RPL")),
        "statusDate": chance.day(start, -200, 200),
        "initialExchangeDate": start.isoformat(),
        "notionalPrincipal": chance.amount(),
        "nominalInterestRate": chance.rate(),
        "dayCountConvention": chance.choice(DAY_COUNTS),
        "endOfMonthConvention": chance.choice(("SD", "EOM")),
        "calendar": chance.choice(("NC", "MF")),
        "businessDayConvention": chance.choice(SHIFTS),
        "premiumDiscountAtIED": chance.choice(("0", "-3.5", "12")),
        "cycleOfInterestPayment": chance.cycle(),
    }
    if chance.heads():
        terms["cycleAnchorDateOfInterestPayment"] = chance.day(start, -20, 120)
    if kind in ("PAM", "NAM", "ANN") or (kind != "UMP" and chance.heads()):
        terms["maturityDate"] = end.isoformat()
    if kind in ("LAM", "NAM", "ANN"):
        _amortise(chance, terms, start)
    if kind == "LAX":
        _arrays(chance, terms, start)
    elif chance.heads():
        _resets(chance, terms, start)
    if kind in ("UMP", "CLM"):
        terms["xDayNotice"] = chance.choice(("P0D", "P31D", "P1M"))
    else:
        _extras(chance, terms, start)
    if chance.heads():
        terms |= {
            "cycleOfFee": chance.cycle(),
            "feeRate": "0.013",
            "feeBasis": chance.choice("AN"),
            "feeAccrued": "0.7",
        }
    if chance.heads():
        terms["accruedInterest"] = "1.25"
    return {
        "terms": terms,
        "to": chance.day(start, 300, 960) if kind in ("UMP", "CLM") else "",
        "dataObserved": _observations(chance, start),
        "eventsObserved": _events(chance, start, kind),
    }


def _amortise(chance: Chance, terms: dict[str, Any], start: date) -> None:
    kind = terms["contractType"]
    terms["cycleOfPrincipalRedemption"] = chance.cycle()
    if chance.heads():
        terms["cycleAnchorDateOfPrincipalRedemption"] = chance.day(start, 0, 200)
    if "maturityDate" not in terms or kind == "NAM" or chance.heads():
        share = float(terms["notionalPrincipal"]) / chance.randint(3, 30) + 0.01
        terms["nextPrincipalRedemptionPayment"] = f"{share:.2f}"
    if kind == "ANN" and chance.heads():
        terms["amortizationDate"] = chance.day(start, 500, 3000)
    terms["interestCalculationBase"] = chance.choice(("NT", "NTIED", "NTL"))
    terms["interestCalculationBaseAmount"] = chance.amount()
    terms["cycleOfInterestCalculationBase"] = chance.cycle()


def _arrays(chance: Chance, terms: dict[str, Any], start: date) -> None:
    anchors = [chance.day(start, 250 * place, 250 * place + 200) for place in range(chance.randint(1, 3))]
    share = float(terms["notionalPrincipal"]) / chance.randint(3, 12) + 0.01
    terms |= {
        "arrayCycleAnchorDateOfPrincipalRedemption": anchors,
        "arrayCycleOfPrincipalRedemption": [chance.cycle() for _ in anchors],
        "arrayNextPrincipalRedemptionPayment": [f"{share:.2f}"] * len(anchors),
        "arrayIncreaseDecrease": [*(chance.choice(("INC", "DEC")) for _ in anchors[1:]), "DEC"],
    }
    if chance.heads():
        terms["arrayCycleAnchorDateOfInterestPayment"] = anchors
        terms["arrayCycleOfInterestPayment"] = [chance.cycle() for _ in anchors]
    if chance.heads():
        terms |= {
            "arrayCycleAnchorDateOfRateReset": anchors,
            "arrayCycleOfRateReset": [chance.cycle() for _ in anchors],
            "arrayRate": [chance.rate() for _ in anchors],
            "arrayFixedVariable": [chance.choice(("FIX", "VAR")) for _ in anchors],
            "marketObjectCodeOfRateReset": RATES,
        }


def _resets(chance: Chance, terms: dict[str, Any], start: date) -> None:
    terms |= {
        "marketObjectCodeOfRateReset": RATES,
        "cycleOfRateReset": chance.cycle(),
        "rateSpread": chance.rate(),
        "rateMultiplier": chance.choice(("1", "-1", "0.5", "1.5")),
    }
    if chance.heads():
        terms["cycleAnchorDateOfRateReset"] = chance.day(start, 0, 200)
    if chance.heads():
        terms["nextResetRate"] = chance.rate()
    if chance.heads():
        terms |= {"lifeCap": "0.12", "lifeFloor": "-0.01"}
    if chance.heads():
        terms |= {"periodCap": "0.01", "periodFloor": "-0.015"}


def _extras(chance: Chance, terms: dict[str, Any], start: date) -> None:
    if chance.heads():
        terms["capitalizationEndDate"] = chance.day(start, 0, 300)
    if chance.heads():
        terms |= {
            "scalingEffect": chance.choice(("IOO", "ONO", "INO")),
            "cycleOfScalingIndex": chance.cycle(),
            "scalingIndexAtContractDealDate": "110",
            "marketObjectCodeOfScalingIndex": INDICES,
            "interestScalingMultiplier": "1.1",
            "notionalScalingMultiplier": "0.9",
        }
    if chance.random() < 0.2:
        terms |= {"purchaseDate": chance.day(start, 1, 366), "priceAtPurchaseDate": chance.amount()}
    if chance.random() < 0.2:
        terms |= {"terminationDate": chance.day(start, 200, 366), "priceAtTerminationDate": chance.amount()}
    if chance.heads():
        terms |= {
            "prepaymentEffect": "A",
            "cycleOfOptionality": chance.cycle(),
            "objectCodeOfPrepaymentModel": PREPAYMENTS,
            "penaltyType": chance.choice("OANI"),
            "penaltyRate": "0.02",
            "marketObjectCodeOfRateReset": RATES,
        }


def _events(chance: Chance, start: date, kind: str) -> list[dict[str, str]]:
    allowed = {"UMP": ("PR", "PI", "PP"), "CLM": ("XD",)}.get(kind, ("PP",))
    return [
        {"time": chance.day(start, 30, 400), "type": chance.choice(allowed), "value": chance.amount()}
        for _ in range(chance.randint(0, 2))
    ]


def _observations(chance: Chance, start: date) -> dict[str, Any]:
    times = [(start + timedelta(days=200 * place - 400)).isoformat() for place in range(12)]
    limits = {RATES: (-0.02, 0.2), INDICES: (50, 200), PREPAYMENTS: (0.01, 5000)}
    return {
        name: {"data": [{"timestamp": time, "value": f"{chance.uniform(low, high):.6f}"} for time in times]}
        for name, (low, high) in limits.items()
    }
