"""I29: the table of states, act by act and state by state: what it allows happens, what it does not is refused."""

from __future__ import annotations

import re

import pytest

from scripts.chain import ROOT
from scripts.state_diagram import PAGE, state_table, written
from tests.contracts.acts import APPROVAL_DAYS, LENT, PLAIN, Bank, calls
from tests.contracts.expect import reverts
from tests.contracts.lending import PRINCIPAL_FIRST, TERMS
from tests.contracts.witnesses import WITNESSES

ROWS = ROOT / "contracts" / "types" / "LoanActs.sol"
HARNESS = ROOT / "contracts" / "test" / "StatesHarness.sol"
CHECKED_BY_ID = {"APPLY", "IMPORT"}  # there is no loan yet whose state could be checked


@pytest.fixture(scope="module")
def table(people, StatesHarness):
    return state_table(StatesHarness.deploy({"from": people["chair"]}))


def test_the_page_is_drawn_from_the_table(table):
    page = PAGE.read_text()
    assert page == written(page, table), "docs/loan-lifecycle.md is stale: run python -m scripts.state_diagram"


def test_the_harness_tells_every_row(table):
    rows = re.findall(r"^Act constant (\w+) =", ROWS.read_text(), re.M)
    told = re.findall(r"Table\.(\w+)\);", HARNESS.read_text())
    assert sorted(rows) == sorted(told)
    assert len(table.acts) == len(rows), "two rows have one name"
    assert "" not in table.states, "a state without a name"


def test_the_contracts_ask_for_every_row():
    code = "".join(path.read_text() for path in (ROOT / "contracts" / "lending").glob("*.sol"))
    rows = set(re.findall(r"^Act constant (\w+) =", ROWS.read_text(), re.M))
    asked = {row for row in rows if re.search(rf"\b{row}\b(?!.*from \")", re.sub(r"import .*?;", "", code, flags=re.S))}
    assert asked == rows - CHECKED_BY_ID


# ---------------------------------------------------------------- every act in every state

NOWHERE = 1_000  # no loan has this number
MAKING = {"applyFor", "importLoans"}  # no loan is there to start from


@pytest.fixture(scope="module")
def bank(system, people, make_customer, borrower, outsiders, next_day):
    customer, guarantor = make_customer(account=borrower, grade=3), make_customer(account=outsiders[0])
    bank = Bank(system, people, customer, borrower, next_day, guarantor, outsiders[0])
    bank.fund(bank.payer, 10 * LENT)
    system.guarantees.attestCapacity(guarantor, 1_000 * LENT, bank.today, bank.by("risk_officer"))
    bank.offer(PLAIN, cycle_months=0, waterfall=PRINCIPAL_FIRST, approval_days=APPROVAL_DAYS)
    bank.fund(borrower, 10 * LENT)
    return bank


@pytest.fixture(scope="module")
def loans(bank):
    """A loan in each state that a loan can be in."""
    loans = {"Lapsed": bank.approved_loan()}
    bank.next_day(APPROVAL_DAYS + 1)
    bank.book.lapse(loans["Lapsed"], bank.by("collector"))
    loans |= {
        "Applied": bank.applied(PLAIN, amount=LENT, rate=0),
        "Approved": bank.approved_loan(),
        "Denied": bank.applied(PLAIN, amount=LENT, rate=0),
        "Active": bank.live("Active"),
        "Defaulted": bank.live("Defaulted"),
        "Repaid": bank.repaid(),
        "WrittenOff": bank.claimed(),
        "Sold": bank.sold(),
    }
    bank.book.deny(loans["Denied"], TERMS, bank.by("approver"))
    return loans


def test_there_is_a_loan_in_every_state(bank, loans, table):
    found = {state: table.states[bank.stored(loan)["state"]] for state, loan in loans.items()}
    assert found == {state: state for state in loans}
    reached = {after for _, after in table.edges}
    assert set(loans) == reached


def test_every_act_is_tried(bank, table):
    assert set(calls(bank, NOWHERE)) | MAKING == set(table.acts)


def test_every_act_is_refused_where_the_table_has_none(bank, loans, table):
    """Nothing else is looked at first: the loan is named with the state it is in."""
    refused = 0
    for state, loan in loans.items():
        for act, ways in calls(bank, loan).items():
            for method, *arguments in ways if state not in table.acts[act] else ():
                with reverts("LoanBook_WrongState", loan, table.states.index(state)):
                    method.call(*arguments)
                refused += 1
    assert refused > 100


def test_no_act_starts_from_nothing_but_the_two_that_make_a_loan(bank, table):
    for act, ways in calls(bank, NOWHERE).items():
        assert "None" not in table.acts[act]
        for method, *arguments in ways:
            with reverts("LoanBook_Unknown", NOWHERE):
                method.call(*arguments)


def test_a_batch_passes_over_what_is_not_live(bank, loans):
    before = {state: bank.stored(loan) for state, loan in loans.items()}
    bank.book.classifyInBatch(list(loans.values()), bank.by("collector"))
    assert {state: bank.stored(loan) for state, loan in loans.items()} == before


# ---------------------------------------------------------------- every edge is gone


def test_every_edge_has_a_case(table):
    new = {("applyFor", "None", "Applied")} | {
        ("importLoans", "None", state) for state in table.acts["importLoans"]["None"]
    }
    edges = {(act, *edge) for edge, acts in table.edges.items() for act in acts}
    assert set(WITNESSES) | new == edges


@pytest.mark.parametrize("edge", WITNESSES, ids=" ".join)
def test_an_act_leads_where_the_table_says(bank, table, edge):
    _, before, after = edge
    loan, act = WITNESSES[edge](bank)
    assert table.states[bank.stored(loan)["state"]] == before
    act()
    assert table.states[bank.stored(loan)["state"]] == after
