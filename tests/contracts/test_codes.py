"""Codes that calls bring: the first number beyond each enum is refused by name."""

from __future__ import annotations

import pytest
from brownie import project

from scripts.deployment import CODE, WIRING
from tests.contracts.expect import reverts
from tests.contracts.lending import AMOUNT, NOBODY, RATE, Desk

REASON = b"\1" * 32
NEVER = 0  # fields that are not read before the code is

# Called by the system's own contracts alone, on the path of a drawdown: the mode is the product's.
DECODED = {("DepositToken", "creditDrawdown", "mode"), ("FundFlowLedger", "firstPayee", "mode")}

# The contract, who calls which function with what ("code" stands for the code tried), and the last known number.
LAST = {
    "policy": [
        ("director", "setLimit", ("code", 1, 0, 0, 0, REASON, 0), 3),
        ("director", "setLimit", (0, 1, 0, 1, "code", REASON, 0), 2),
        ("director", "attest", ("code", 1, 1), 2),
        (None, "bucketOf", ("code", 1), 3),
        (None, "headroom", ("code", 1), 3),
        (None, "denominatorOf", ("code",), 2),
    ],
    "customers": [
        ("loan_officer", "register", ((b"\2" * 32, "code", b"K70\0", b"CN-GD\0", 0, 1),), 4),
    ],
    "collateral": [
        ("appraiser", "register", ((1, 1, "code", b"CN-GD\0", 1, 0, NEVER, NEVER),), 7),
    ],
    "covenants": [
        ("risk_officer", "setRatingRule", (1, (5, "code", 0, 0, 0, 0)), 2),
        ("risk_officer", "setRatingRule", (1, (5, 0, 0, 0, "code", 0)), 2),
        ("risk_officer", "setStandingRule", (1, "code", 0, 0), 4),
        ("risk_officer", "setStandingRule", (1, 1, "code", 0), 2),
        ("risk_officer", "setMeasureRule", (1, "code", (0, 0, 0, 0, 0)), 7),
        ("risk_officer", "setMeasureRule", (1, 0, ("code", 0, 0, 0, 0)), 1),
        ("risk_officer", "setMeasureRule", (1, 0, (0, 0, "code", 0, 0)), 2),
        ("risk_officer", "reportStanding", (1, "code"), 4),
        ("risk_officer", "reportFigure", (1, "code", 0, 1), 7),
        (None, "figureOf", (1, "code"), 7),
        (None, "standingRuleOf", (1, "code"), 4),
        (None, "measureRuleOf", (1, "code"), 7),
    ],
    "book": [
        ("collector", "charge", ("loan", "code", 1, "today"), 1),
        ("risk_officer", "declareDefault", ("loan", "code"), 4),
        ("risk_officer", "judge", ("loan", "code", REASON), 5),
        ("approver", "confirmJudgement", ("loan", "code", REASON), 5),
        ("collector", "proposeReversal", (("loan", 1, "code", NOBODY, 1, *[0] * 6, "today", 0),), 2),
        ("approver", "reverse", (("loan", 1, "code", NOBODY, 1, *[0] * 6, "today", 0),), 2),
        *(
            (person, name, (("loan", 1, "later", "code", 3, RATE, "later", 0, False, 0, 0, 0, 0, AMOUNT),), 2)
            for person, name in (("risk_officer", "proposeRestructuring"), ("approver", "restructure"))
        ),
    ],
}
CASES = [(contract, *case) for contract, cases in LAST.items() for case in cases]


@pytest.fixture(scope="module")
def desk(system, people, make_customer, borrower):
    desk = Desk(system, people, make_customer(account=borrower, grade=3), borrower)
    desk.offer(1)
    return desk


@pytest.fixture(scope="module")
def loan(desk):
    return desk.originated()


@pytest.mark.parametrize(
    ("contract", "person", "name", "arguments", "last"), CASES, ids=[f"{case[2]}-{case[4]}" for case in CASES]
)
def test_the_first_code_beyond_the_last_is_refused_by_name(desk, loan, contract, person, name, arguments, last):
    given = {"code": last + 1, "loan": loan, "today": desk.today, "later": desk.today + 300}
    with reverts("Governed_CodeUnknown", last + 1, last):
        call = getattr(getattr(desk.system, contract), name)
        call(*filled(arguments, given), *([] if person is None else [desk.by(person)]))


def filled(arguments, given):
    """Arguments with their places taken, in structs too."""
    return tuple(
        filled(one, given) if isinstance(one, tuple) else given.get(one, one) if isinstance(one, str) else one
        for one in arguments
    )


def test_no_call_of_the_book_leaves_a_code_to_the_decoder():
    """Else an unknown one would be refused without a name; the list comes from the ABIs."""
    found = {
        (contract, function["name"], name)
        for contract in (*WIRING, *CODE["LoanBook"])
        for function in getattr(project.get_loaded_projects()[0], contract).abi
        if function["type"] == "function"
        for name in enums(function["inputs"])
    }
    assert found == DECODED


def enums(inputs):
    """Names of the arguments, and of fields of structs among them, that are enums."""
    for one in inputs:
        if one["internalType"].startswith("enum"):
            yield one["name"]
        yield from enums(one.get("components", ()))
