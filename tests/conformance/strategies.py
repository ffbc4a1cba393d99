"""Random contracts of every type, by their ACTUS names, with the observations they need."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

DAY_COUNTS = ["A365", "A360", "30E360", "30E360ISDA", "AA", "28336"]
SHIFTS = ["NOS", "SCF", "SCMF", "CSF", "CSMF", "SCP", "SCMP", "CSP", "CSMP"]
STATUS = date(2019, 12, 31)
RATE_OBJECT, INDEX_OBJECT, PREPAYMENT_OBJECT = "RATE", "INDEX", "PREPAYMENT"

rates = st.decimals("-0.05", "0.3", places=9).map(str)
amounts = st.decimals("0.01", "1000000", places=2).map(str)


def days(first: date, last: date) -> st.SearchStrategy[str]:
    return st.dates(first, last).map(date.isoformat)


@st.composite
def cycles(draw: st.DrawFn, longest_months: int = 12) -> str:
    unit = draw(st.sampled_from("DWMQHY"))
    per_unit = {"D": 0, "W": 0, "M": 1, "Q": 3, "H": 6, "Y": 12}[unit]
    if per_unit > longest_months:
        unit, per_unit = "M", 1
    most = longest_months // per_unit if per_unit else 40
    least = {"D": 9, "W": 2}.get(unit, 1)
    return f"P{draw(st.integers(least, max(least, most)))}{unit}L{draw(st.sampled_from('01'))}"


@st.composite
def contracts(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """A case in the form of the reference files, without results."""
    start = draw(st.dates(date(2020, 1, 1), date(2020, 12, 31)))
    length = draw(st.integers(366, 900))
    end = start + timedelta(days=length)
    terms: dict[str, Any] = {
        "contractType": kind,
        "contractRole": draw(st.sampled_from(["RPA", "RPL"])),
        "statusDate": draw(days(date(2019, 6, 1), start + timedelta(days=200))),
        "initialExchangeDate": start.isoformat(),
        "notionalPrincipal": draw(amounts),
        "nominalInterestRate": draw(rates),
        "dayCountConvention": draw(st.sampled_from(DAY_COUNTS)),
        "endOfMonthConvention": draw(st.sampled_from(["SD", "EOM"])),
        "calendar": draw(st.sampled_from(["NC", "MF"])),
        "businessDayConvention": draw(st.sampled_from(SHIFTS)),
        "premiumDiscountAtIED": draw(st.sampled_from(["0", "-3.5", "12"])),
    }
    interest = draw(cycles())
    terms["cycleOfInterestPayment"] = interest
    if draw(st.booleans()):
        terms["cycleAnchorDateOfInterestPayment"] = draw(days(start, start + timedelta(days=120)))
    if kind in ("PAM", "NAM", "ANN", "CLM") or draw(st.booleans()):
        terms["maturityDate"] = end.isoformat()
    if kind == "UMP":
        del terms["premiumDiscountAtIED"]
        terms.pop("maturityDate", None)
    if kind in ("LAM", "NAM", "ANN"):
        _amortise(draw, terms, start, kind)
    if kind == "LAX":
        _arrays(draw, terms, start)
    _resets(draw, terms, start, kind)
    _extras(draw, terms, start, end, kind)
    events = _observed_events(draw, start, end, kind)
    return {
        "terms": terms,
        "to": draw(days(start + timedelta(days=300), end + timedelta(days=60))) if kind in ("UMP", "CLM") else "",
        "dataObserved": _observations(draw, start),
        "eventsObserved": events,
    }


def _amortise(draw: st.DrawFn, terms: dict[str, Any], start: date, kind: str) -> None:
    terms["cycleOfPrincipalRedemption"] = draw(cycles())
    if draw(st.booleans()):
        terms["cycleAnchorDateOfPrincipalRedemption"] = draw(days(start, start + timedelta(days=200)))
    if "maturityDate" not in terms or (kind != "ANN" and draw(st.booleans())) or kind == "NAM":
        share = draw(st.integers(3, 30))
        terms["nextPrincipalRedemptionPayment"] = str(round(float(terms["notionalPrincipal"]) / share + 0.01, 2))
    if kind == "ANN" and draw(st.booleans()):
        terms["amortizationDate"] = draw(days(start + timedelta(days=500), start + timedelta(days=3000)))
    base = draw(st.sampled_from(["NT", "NTIED", "NTL"]))
    terms["interestCalculationBase"] = base
    if base != "NT":
        terms["interestCalculationBaseAmount"] = draw(amounts)
    if base == "NTL":
        terms["cycleOfInterestCalculationBase"] = draw(cycles())


def _arrays(draw: st.DrawFn, terms: dict[str, Any], start: date) -> None:
    count = draw(st.integers(1, 3))
    anchors = [(start + timedelta(days=100 + 250 * n)).isoformat() for n in range(count)]
    share = float(terms["notionalPrincipal"]) / draw(st.integers(3, 12)) + 0.01
    terms["arrayCycleAnchorDateOfPrincipalRedemption"] = anchors
    terms["arrayCycleOfPrincipalRedemption"] = [draw(cycles()) for _ in anchors]
    terms["arrayNextPrincipalRedemptionPayment"] = [str(round(share, 2)) for _ in anchors]
    directions = [draw(st.sampled_from(["INC", "DEC"])) for _ in anchors[:-1]]
    terms["arrayIncreaseDecrease"] = [*directions, "DEC"]
    if draw(st.booleans()):
        terms["arrayCycleAnchorDateOfInterestPayment"] = anchors
        terms["arrayCycleOfInterestPayment"] = [draw(cycles()) for _ in anchors]
    if draw(st.booleans()):
        terms["arrayCycleAnchorDateOfRateReset"] = anchors
        terms["arrayRate"] = [draw(rates) for _ in anchors]
        terms["arrayFixedVariable"] = [draw(st.sampled_from(["FIX", "VAR"])) for _ in anchors]
        terms["marketObjectCodeOfRateReset"] = RATE_OBJECT


def _resets(draw: st.DrawFn, terms: dict[str, Any], start: date, kind: str) -> None:
    if kind == "LAX" or draw(st.booleans()):
        return
    terms["marketObjectCodeOfRateReset"] = RATE_OBJECT
    terms["cycleOfRateReset"] = draw(cycles())
    terms["rateSpread"] = draw(rates)
    terms["rateMultiplier"] = draw(st.sampled_from(["1", "-1", "0.5", "1.5"]))
    if draw(st.booleans()):
        terms["cycleAnchorDateOfRateReset"] = draw(days(start, start + timedelta(days=200)))
    if draw(st.booleans()):
        terms["nextResetRate"] = draw(rates)
    if draw(st.booleans()):
        terms["lifeCap"], terms["lifeFloor"] = "0.12", "-0.01"
    if draw(st.booleans()):
        terms["periodCap"], terms["periodFloor"] = "0.01", "-0.015"


def _extras(draw: st.DrawFn, terms: dict[str, Any], start: date, end: date, kind: str) -> None:
    if kind not in ("UMP", "CLM"):
        if draw(st.booleans()):
            terms["capitalizationEndDate"] = draw(days(start, start + timedelta(days=300)))
        if draw(st.booleans()):
            terms["scalingEffect"] = draw(st.sampled_from(["IOO", "ONO", "INO"]))
            terms["cycleOfScalingIndex"] = draw(cycles())
            terms["scalingIndexAtContractDealDate"] = "110"
            terms["marketObjectCodeOfScalingIndex"] = INDEX_OBJECT
        if draw(st.booleans()):
            terms["purchaseDate"] = draw(days(start, end))
            terms["priceAtPurchaseDate"] = draw(amounts)
        if draw(st.booleans()):
            terms["terminationDate"] = draw(days(start + timedelta(days=200), end))
            terms["priceAtTerminationDate"] = draw(amounts)
        if draw(st.booleans()):
            terms["prepaymentEffect"] = "A"
            terms["cycleOfOptionality"] = draw(cycles())
            terms["objectCodeOfPrepaymentModel"] = PREPAYMENT_OBJECT
            terms["penaltyType"] = draw(st.sampled_from("OANI"))
            terms["marketObjectCodeOfRateReset"] = RATE_OBJECT
            terms["penaltyRate"] = "0.02"
    if draw(st.booleans()):
        terms["cycleOfFee"] = draw(cycles())
        terms["feeRate"] = "0.013"
        terms["feeBasis"] = draw(st.sampled_from("AN"))
    if draw(st.booleans()):
        terms["accruedInterest"] = "1.25"
    if kind == "CLM":
        terms["xDayNotice"] = draw(st.sampled_from(["P0D", "P31D", "P1M"]))
        if draw(st.booleans()):
            del terms["maturityDate"]


def _observed_events(draw: st.DrawFn, start: date, end: date, kind: str) -> list[dict[str, Any]]:
    allowed = {"UMP": ["PR", "PI", "PP"], "CLM": ["XD"]}.get(kind, ["PP"])
    return [
        {
            "time": draw(days(start + timedelta(days=30), start + timedelta(days=400))),
            "type": draw(st.sampled_from(allowed)),
            "value": draw(amounts),
        }
        for _ in range(draw(st.integers(0, 2)))
    ]


def _observations(draw: st.DrawFn, start: date) -> dict[str, Any]:
    times = [(start + timedelta(days=200 * n - 400)).isoformat() for n in range(12)]
    ranges = {RATE_OBJECT: ("-0.02", "0.2"), INDEX_OBJECT: ("50", "200"), PREPAYMENT_OBJECT: ("0.01", "5000")}
    return {
        name: {"data": [{"timestamp": time, "value": str(draw(st.decimals(*limits, places=6)))} for time in times]}
        for name, limits in ranges.items()
    }
