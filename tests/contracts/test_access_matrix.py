"""I31: every function that changes state, tried by every role that may not call it (the list comes from the ABIs)."""

from __future__ import annotations

from typing import Any

import pytest
from brownie.exceptions import VirtualMachineError

from scripts.deployment import WIRING
from scripts.roles import PEOPLE, SYSTEM_ROLES, Role
from tests.contracts.expect import reverts

ADMINISTRATORS = frozenset({"administrators"})
AUTHORITY = frozenset({"the authority"})
ANYONE = frozenset({"anyone"})  # whom the function lets do it, and to what, its own suite tests

R = Role
GOVERNED = dict.fromkeys(("setDay", "setPause", "setSeat"), AUTHORITY)
OPENING = {
    "proposeImport": {R.LOAN_OFFICER},
    "releaseImport": {R.APPROVER},
    "completeImport": {R.LOAN_OFFICER},
    "abandonImport": {R.BOARD},
    "closeOpening": {R.BOARD},
}

# Who may call what. A contract function that is missing here, or here and not in the contract, fails the suite.
ALLOWED: dict[str, dict[str, Any]] = {
    "Authority": {
        **dict.fromkeys(("enrol", "propose", "withdraw", "bind", "enlist", "grantRole", "revokeRole"), ADMINISTRATORS),
        "renounceRole": ANYONE,
        "openDay": {R.TREASURER},
        "closeDay": {R.TREASURER},
        "pause": {R.GUARDIAN},
        "unpause": {R.GUARDIAN},
    },
    "CreditPolicy": {
        **GOVERNED,
        "setLimit": {R.BOARD},
        "attest": {R.BOARD},
        "signOverride": {R.BOARD},
        "assignGroup": {R.REGISTRY},
        **dict.fromkeys(("reserve", "convert", "restore", "unreserve", "add", "reduce"), frozenset({R.BOOK})),
    },
    "CustomerRegistry": {
        **GOVERNED,
        **OPENING,
        "register": {R.LOAN_OFFICER},
        "importCustomers": {R.LOAN_OFFICER},
        "setGroup": {R.RISK_OFFICER},
        "setBorrowers": {R.LOAN_OFFICER},
        "bindAccount": {R.APPROVER},
        "proposeRebinding": {R.LOAN_OFFICER},
        "confirmRebinding": {R.APPROVER},
    },
    "CovenantRegistry": {
        **GOVERNED,
        **dict.fromkeys(("setRatingRule", "setStandingRule", "setMeasureRule"), frozenset({R.RISK_OFFICER})),
        "reportStanding": {R.RISK_OFFICER, R.CREDIT_BUREAU},
        "reportFigure": {R.RISK_OFFICER, R.DATA_PROVIDER},
        "reportRating": {R.RATINGS},
        "evaluate": ANYONE,
        "enter": {R.BOOK},
        "proposeReset": {R.RISK_OFFICER},
        "reset": {R.APPROVER},
    },
    "RatingRegistry": {
        **GOVERNED,
        **OPENING,
        "propose": {R.RISK_OFFICER},
        "proposeInBatch": {R.RISK_OFFICER},
        "confirm": {R.APPROVER},
        "confirmInBatch": {R.APPROVER},
        "importRatings": {R.LOAN_OFFICER},
    },
    "TitleRegistry": {
        **GOVERNED,
        **dict.fromkeys(("approve", "setApprovalForAll", "safeTransferFrom", "transferFrom"), ANYONE),
        "mint": {R.COLLATERAL},
        "handOver": {R.COLLATERAL},
        "restrict": {R.CREDIT_BUREAU},
    },
    "CollateralRegistry": {
        **GOVERNED,
        **OPENING,
        "register": {R.APPRAISER},
        "revalue": {R.APPRAISER},
        "alignTitle": ANYONE,
        "titleMoved": ANYONE,
        "consent": ANYONE,
        "pledge": {R.LOAN_OFFICER},
        "recordLien": {R.CREDIT_BUREAU},
        "recordRelease": {R.CREDIT_BUREAU},
        "proposeRelease": {R.LOAN_OFFICER},
        "release": {R.APPROVER},
        "releaseClosed": ANYONE,
        "markClosed": {R.BOOK},
        "markSold": {R.BOOK},
        "assignLien": {R.CREDIT_BUREAU},
        "proposeEnforcement": {R.COLLECTOR},
        "reportEnforcement": {R.CREDIT_BUREAU},
        "enforce": {R.APPROVER},
        "importCollateral": {R.LOAN_OFFICER},
        "importLiens": {R.LOAN_OFFICER},
    },
    "GuaranteeRegistry": {
        **GOVERNED,
        **OPENING,
        "attestCapacity": {R.RISK_OFFICER},
        "attestGroupCapacity": {R.RISK_OFFICER},
        "guarantee": {R.LOAN_OFFICER},
        "regroup": ANYONE,
        "proposeRelease": {R.LOAN_OFFICER},
        "release": {R.APPROVER},
        "releaseClosed": ANYONE,
        "markLoan": {R.BOOK},
        "demand": {R.BOOK},
        "settle": {R.BOOK},
        "importGuarantees": {R.LOAN_OFFICER},
        "importLegacyCircle": {R.BOARD},
    },
    "FundFlowLedger": {
        **GOVERNED,
        "classifyPayee": {R.DATA_PROVIDER},
        "recordFlow": {R.DATA_PROVIDER},
        "firstPayee": {R.TOKEN},
    },
    "DepositToken": {
        **GOVERNED,
        **dict.fromkeys(("transfer", "transferFrom", "approve", "permit", "redeem", "spend"), ANYONE),
        "fund": {R.TREASURER},
        "creditDrawdown": {R.BOOK},
        "burnPayment": {R.BOOK},
        "reverseDrawdown": {R.BOOK},
        "reversePayment": {R.BOOK},
        "returnEarmark": {R.BOOK},
    },
    "LoanBook": {
        **GOVERNED,
        **OPENING,
        "setProduct": {R.RISK_OFFICER},
        "setCategoryTable": {R.RISK_OFFICER},
        "setServicing": {R.RISK_OFFICER},
        "setCalendarYear": {R.RISK_OFFICER},
        "setFixing": {R.RISK_OFFICER, R.DATA_PROVIDER},
        "reprice": ANYONE,
        "signTermSheet": ANYONE,
        "applyFor": {R.LOAN_OFFICER},
        "approve": {R.APPROVER},
        "deny": {R.APPROVER},
        "lapse": ANYONE,
        "originate": {R.TREASURER},
        "originateSecured": {R.TREASURER},
        "drawDown": {R.TREASURER},
        "repay": ANYONE,
        "payOff": ANYONE,
        "repayInBatch": {R.COLLECTOR},
        "returnEarmark": ANYONE,
        "charge": {R.COLLECTOR},
        "classify": ANYONE,
        "classifyInBatch": ANYONE,
        "declareDefault": {R.RISK_OFFICER},
        "declareCrossDefault": {R.RISK_OFFICER},
        "cure": {R.RISK_OFFICER},
        **dict.fromkeys(("judge", "assessLoss", "exemptTechnicalDelay"), frozenset({R.RISK_OFFICER})),
        **dict.fromkeys(("findMisuse", "clearMisuse", "proposeCall"), frozenset({R.RISK_OFFICER})),
        **dict.fromkeys(("confirmJudgement", "confirmAssessment", "confirmMisuse"), frozenset({R.APPROVER})),
        "callLoan": {R.APPROVER},
        **dict.fromkeys(("endObservation", "spreadContagion", "spreadFromOtherBanks", "liftContagion"), ANYONE),
        "reportSystemDebt": {R.CREDIT_BUREAU},
        "announce": ANYONE,
        "proposeWriteOff": {R.RISK_OFFICER},
        "writeOff": {R.APPROVER},
        "recover": {R.COLLECTOR},
        "proposeRestructuring": {R.RISK_OFFICER},
        "acceptRestructuring": ANYONE,
        "acceptRestructuringSigned": ANYONE,
        "consentToRestructuring": ANYONE,
        "consentToRestructuringSigned": ANYONE,
        "restructure": {R.APPROVER},
        "proposeWaiver": {R.RISK_OFFICER},
        "waive": {R.APPROVER},
        "proposeSale": {R.RISK_OFFICER},
        "sell": {R.APPROVER},
        "demand": {R.COLLECTOR},
        "payOnGuarantee": ANYONE,
        "proposeBackValue": {R.COLLECTOR, R.TREASURER},
        "authoriseBackValue": {R.APPROVER},
        "proposeReversal": {R.COLLECTOR, R.TREASURER},
        "reverse": {R.APPROVER},
        "importLoans": {R.LOAN_OFFICER},
    },
}


# I32: what a pause stops. Everything else goes on: payments, releases, and the recording of facts.
STOPPED: dict[str, set[str]] = {
    "Authority": set(),
    "CreditPolicy": {"setLimit", "signOverride"},
    "CustomerRegistry": {
        "register",
        "bindAccount",
        "proposeRebinding",
        "confirmRebinding",
        "proposeImport",
        "releaseImport",
    },
    "CovenantRegistry": {"setRatingRule", "setStandingRule", "setMeasureRule", "proposeReset", "reset"},
    "RatingRegistry": {
        "propose",
        "proposeInBatch",
        "confirm",
        "confirmInBatch",
        "proposeImport",
        "releaseImport",
    },
    "TitleRegistry": set(),
    "CollateralRegistry": {
        "register",
        "consent",
        "pledge",
        "proposeEnforcement",
        "reportEnforcement",
        "enforce",
        "proposeImport",
        "releaseImport",
    },
    "GuaranteeRegistry": {"guarantee", "demand", "proposeImport", "releaseImport"},
    "FundFlowLedger": set(),
    "DepositToken": {"spend"},
    "LoanBook": {
        "setProduct",
        "setCategoryTable",
        "setServicing",
        "setCalendarYear",
        "signTermSheet",
        "applyFor",
        "approve",
        "deny",
        "originate",
        "originateSecured",
        "drawDown",
        "charge",
        "cure",
        "confirmJudgement",
        "confirmAssessment",
        "confirmMisuse",
        "proposeCall",
        "callLoan",
        "proposeWriteOff",
        "writeOff",
        "proposeRestructuring",
        "acceptRestructuring",
        "acceptRestructuringSigned",
        "consentToRestructuring",
        "consentToRestructuringSigned",
        "restructure",
        "proposeWaiver",
        "waive",
        "proposeSale",
        "sell",
        "demand",
        "proposeReversal",
        "reverse",
        "proposeImport",
        "releaseImport",
    },
}


def changing(contract):
    """The ABI entries of functions that may change state."""
    return [
        entry
        for entry in contract.abi
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    ]


def nothing(parameter):
    """The zero of an ABI type."""
    kind = parameter["type"]
    if kind.endswith("[]"):
        return []
    if kind.startswith("tuple"):
        return tuple(nothing(part) for part in parameter["components"])
    if kind == "address":
        return "0x" + "0" * 40
    if kind == "bool":
        return False
    if kind.startswith("bytes"):
        return bytes(int(kind.removeprefix("bytes") or 0))
    return 0


@pytest.fixture(scope="module")
def callers(system, people, stranger):
    """Somebody for each role, and somebody without any."""
    holders = {person.roles[0]: people[person.name].address for person in reversed(PEOPLE)}
    holders |= {role: system.contracts[name].address for name, role in SYSTEM_ROLES.items()}
    return holders | {None: stranger.address}


@pytest.mark.parametrize("name", WIRING)
def test_the_table_is_the_abis(system, name):
    assert {entry["name"] for entry in changing(system.contracts[name])} == set(ALLOWED[name])


@pytest.fixture(scope="module")
def administrators(people):
    return {people[person.name].address for person in PEOPLE if person.administers}


def refusal(allowed, caller, authority):
    """The error that a caller without the role meets."""
    if allowed == AUTHORITY:
        return "Governed_NotAuthority", caller, authority
    mask = 0 if allowed == ADMINISTRATORS else sum(role.bit for role in allowed)
    return "Governed_RoleMissing", caller, mask


@pytest.mark.parametrize("name", WIRING)
def test_every_wrong_role_is_refused(system, callers, administrators, name):
    contract = system.contracts[name]
    for entry in changing(contract):
        allowed = ALLOWED[name][entry["name"]]
        if allowed == ANYONE:
            continue
        method = getattr(contract, entry["name"])
        arguments = [nothing(parameter) for parameter in entry["inputs"]]
        for role, caller in callers.items():
            if (allowed == ADMINISTRATORS and caller in administrators) or role in allowed:
                assert not method_refuses_role(method, arguments, caller), (entry["name"], role)
            else:
                with reverts(*refusal(allowed, caller, system.authority)):
                    method.call(*arguments, {"from": caller})


@pytest.mark.parametrize("name", WIRING)
def test_a_pause_stops_what_the_table_says_and_nothing_else(system, callers, administrators, guardian, name):
    """I32: each function is called with nothing to do, by somebody who may; the pause is what an act meets first."""
    system.authority.pause(3_600, {"from": guardian})
    until = system.authority.pausedUntil()
    contract = system.contracts[name]
    stopped = set()
    for entry in changing(contract):
        allowed = ALLOWED[name][entry["name"]]
        if allowed == AUTHORITY:
            continue
        caller = (
            next(iter(administrators))
            if allowed == ADMINISTRATORS
            else callers[next(iter(allowed & callers.keys()), None)]
        )
        arguments = [nothing(parameter) for parameter in entry["inputs"]]
        method = getattr(contract, entry["name"])
        if refused_with(method, arguments, caller) == f"Governed_Paused: {until}":
            stopped.add(entry["name"])
    assert stopped == STOPPED[name]


def refused_with(method, arguments, caller):
    """The typed error that a call meets, in Brownie's words; nothing where it would go through."""
    try:
        method.call(*arguments, {"from": caller})
    except VirtualMachineError as refused:
        return str(refused.revert_msg)
    return ""


def method_refuses_role(method, arguments, caller):
    """Whether the right role is turned away as if it were a wrong one."""
    return refused_with(method, arguments, caller).startswith(("Governed_RoleMissing", "Governed_NotAuthority"))
