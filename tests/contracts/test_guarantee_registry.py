"""Guarantees: capacity, circles, shares, release and demand, each by value, event and refusal."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import networkx as nx
import pytest
from brownie.exceptions import VirtualMachineError

from scripts.roles import Role
from tests.contracts.expect import assert_events, event, reverts
from tests.contracts.securing import GROUP_NODES, MOST_MONEY, reference

LOAN, OTHER_LOAN = 7, 8
NONE, ACTIVE, DEMANDED, RELEASED = range(4)  # GuaranteeState
CAPACITY = 1_000_000
NO_REFERENCE = b"\0" * 32
SEED = 20_231_231


def numbered(guarantor: int, how_many_eth: int) -> int:
    """A guarantee's number."""
    return (guarantor << 24) + how_many_eth


@pytest.fixture(scope="module")
def guarantees(system: Any) -> Any:
    return system.guarantees


@pytest.fixture(scope="module")
def customers(make_customer: Any) -> list[int]:
    """Six customers that belong to no group."""
    return [make_customer() for _ in range(6)]


@pytest.fixture(scope="module")
def sisters(make_customer: Any, customers: list[int]) -> list[int]:
    """Two customers of group 9 and one of group 8."""
    return [make_customer(group=group) for group in (9, 9, 8)]


@pytest.fixture(scope="module")
def capable(guarantees: Any, customers: list[int], sisters: list[int], risk_officer: Any) -> Any:
    """The registry, with a capacity attested for everybody."""
    day = guarantees.dayAndPause()[0]
    for customer in (*customers, *sisters):
        guarantees.attestCapacity(customer, CAPACITY, day, {"from": risk_officer})
    return guarantees


@pytest.fixture(scope="module")
def book(system: Any, as_contract: Any) -> Any:
    return as_contract(system.book)


@pytest.fixture
def person(system: Any) -> Any:
    return system.authority.personOf


@pytest.fixture
def give(capable: Any, loan_officer: Any) -> Any:
    """A function that books a guarantee as a loan officer; it returns its number."""

    def booked(guarantor: int, beneficiary: int, amount: int = 1_000, *, loan: int = LOAN, rank: int = 1) -> int:
        sent = capable.guarantee(guarantor, beneficiary, loan, amount, rank, {"from": loan_officer})
        return int(sent.events["GuaranteeGiven"]["guarantee"])

    return booked


@pytest.fixture
def opening(guarantees: Any, loan_officer: Any, approver: Any) -> Any:
    """A function that proposes an import and releases it; it returns the import's number."""

    def released(rows: int, total: int) -> int:
        sent = guarantees.proposeImport(b"file".ljust(32, b"\0"), rows, total, {"from": loan_officer})
        number = sent.events["ImportProposed"]["importId"]
        guarantees.releaseImport(number, {"from": approver})
        return int(number)

    return released


def row(
    name: str, guarantor: int, beneficiary: int, amount: int = 1_000, *, loan: int = LOAN, rank: int = 1
) -> tuple[Any, ...]:
    """A row of an opening book."""
    return (reference(name), guarantor, beneficiary, loan, amount, rank)


def guarantors(registry: Any, node: int) -> dict[int, int]:
    """The nodes that stand for a node, with their numbers of live guarantees."""
    nodes, counts = registry.guarantorsOf(node)
    return dict(zip(nodes, counts, strict=True))


# ---------------------------------------------------------------- capacity


def test_capacity_is_attested(guarantees: Any, make_customer: Any, risk_officer: Any, person: Any, today: int) -> None:
    customers = [make_customer(), make_customer()]
    sent = guarantees.attestCapacity(customers[0], MOST_MONEY, today - 40, {"from": risk_officer})
    assert_events(
        sent,
        event(
            "CapacityAttested", guarantor=customers[0], capacity=MOST_MONEY, live=0, asOf=today - 40,
            person=person(risk_officer),
        ),
    )  # fmt: skip
    assert guarantees.capacityOf(customers[0]) == (MOST_MONEY, 0)
    assert guarantees.capacityOf(customers[1]) == (0, 0)


def test_capacity_below_what_is_live_is_a_fact_and_told(
    capable: Any,
    give: Any,
    customers: list[int],
    risk_officer: Any,
    person: Any,
    guardian: Any,
    system: Any,
    today: int,
) -> None:
    give(customers[0], customers[1], 600)
    system.authority.pause(3_600, {"from": guardian})
    sent = capable.attestCapacity(customers[0], 599, today, {"from": risk_officer})
    assert_events(
        sent,
        event(
            "CapacityAttested", guarantor=customers[0], capacity=599, live=600, asOf=today, person=person(risk_officer)
        ),
        event("CapacityExceeded", guarantor=customers[0], live=600, capacity=599),
    )
    sent = capable.attestCapacity(customers[0], 600, today, {"from": risk_officer})
    assert "CapacityExceeded" not in sent.events


def test_a_groups_capacity_is_attested_and_lifted(
    capable: Any, give: Any, customers: list[int], sisters: list[int], risk_officer: Any, person: Any, today: int
) -> None:
    give(sisters[0], customers[0], 700)
    give(sisters[1], customers[0], 200)
    sent = capable.attestGroupCapacity(9, 899, today, {"from": risk_officer})
    assert_events(
        sent,
        event("GroupCapacityAttested", group=9, capacity=899, live=900, asOf=today, person=person(risk_officer)),
        event("GroupCapacityExceeded", group=9, live=900, capacity=899),
    )
    assert capable.groupCapacityOf(9) == (899, 900)
    sent = capable.attestGroupCapacity(9, 0, today, {"from": risk_officer})
    assert "GroupCapacityExceeded" not in sent.events
    give(sisters[0], customers[0], 700)


def test_an_attestation_replaces_none_of_a_later_day(
    guarantees: Any, make_customer: Any, risk_officer: Any, today: int
) -> None:
    """A certificate found late would else let a guarantor bear what it no longer can; the same day corrects."""
    guarantor = make_customer()
    for attest, number, node, view in (
        (guarantees.attestCapacity, guarantor, guarantor, guarantees.capacityOf),
        (guarantees.attestGroupCapacity, 9, GROUP_NODES + 9, guarantees.groupCapacityOf),
    ):
        assert guarantees.attestedOn(node) == 0
        attest(number, 500, today - 10, {"from": risk_officer})
        attest(number, 300, today - 3, {"from": risk_officer})
        with reverts("GuaranteeRegistry_AttestationOutOfOrder", node, today - 4, today - 3):
            attest(number, 500, today - 4, {"from": risk_officer})
        assert (view(number)[0], guarantees.attestedOn(node)) == (300, today - 3)
        attest(number, 0, today - 3, {"from": risk_officer})
        assert (view(number)[0], guarantees.attestedOn(node)) == (0, today - 3)


def test_attestations_that_make_no_sense_are_refused(
    guarantees: Any, customers: list[int], risk_officer: Any, people: Any, treasurer: Any, system: Any, today: int
) -> None:
    for capacity, as_of in ((MOST_MONEY + 1, today), (1, today + 1), (1, 0)):
        with reverts("GuaranteeRegistry_CapacityInvalid", capacity, as_of, today):
            guarantees.attestCapacity(customers[0], capacity, as_of, {"from": risk_officer})
        with reverts("GuaranteeRegistry_CapacityInvalid", capacity, as_of, today):
            guarantees.attestGroupCapacity(9, capacity, as_of, {"from": risk_officer})
    with reverts("CustomerRegistry_Unknown", 99):
        guarantees.attestCapacity(99, 1, today, {"from": risk_officer})
    for name, account in people.items():
        if name != "risk_officer":
            for call in ("attestCapacity", "attestGroupCapacity"):
                with reverts("Governed_RoleMissing", account, Role.RISK_OFFICER.bit):
                    getattr(guarantees, call)(customers[0], 1, today, {"from": account})
    system.authority.closeDay({"from": treasurer})
    with reverts("Governed_DayNotOpen", today):
        guarantees.attestCapacity(customers[0], 1, today, {"from": risk_officer})


# ---------------------------------------------------------------- guarantees


def test_a_guarantee_is_booked(capable: Any, customers: list[int], loan_officer: Any, person: Any, today: int) -> None:
    guarantor, beneficiary = customers[:2]
    sent = capable.guarantee(guarantor, beneficiary, LOAN, 600, 3, {"from": loan_officer})
    first = numbered(guarantor, 1)
    told = {
        "guarantor": guarantor, "beneficiary": beneficiary, "givenOn": today, "importId": 0,
        "externalRef": "0x" + NO_REFERENCE.hex(), "person": person(loan_officer),
    }  # fmt: skip
    assert_events(sent, event("GuaranteeGiven", guarantee=first, loanId=LOAN, amount=600, rank=3, live=600, **told))
    assert capable.guaranteeOf(first) == (guarantor, beneficiary, LOAN, 600, 3, False, ACTIVE)
    assert capable.nodesOf(first) == (guarantor, beneficiary)
    assert capable.guaranteesOf(guarantor) == 1
    assert capable.capacityOf(guarantor) == (CAPACITY, 600)
    assert guarantors(capable, beneficiary) == {guarantor: 1}
    sent = capable.guarantee(guarantor, beneficiary, OTHER_LOAN, 50, 0, {"from": loan_officer})
    assert_events(
        sent,
        event(
            "GuaranteeGiven", guarantee=numbered(guarantor, 2), loanId=OTHER_LOAN, amount=50, rank=0, live=650, **told
        ),
    )
    assert guarantors(capable, beneficiary) == {guarantor: 2}
    assert capable.capacityOf(guarantor) == (CAPACITY, 650)
    assert capable.capacityOf(beneficiary) == (CAPACITY, 0)
    assert capable.guaranteesOf(beneficiary) == 0


def test_live_cover_never_passes_capacity(
    capable: Any, give: Any, customers: list[int], loan_officer: Any, approver: Any
) -> None:
    """I15, to the fen; what is released can be given again."""
    guarantor, beneficiary = customers[:2]
    give(guarantor, beneficiary, 600)
    with reverts("GuaranteeRegistry_CapacityExceeded", guarantor, 600, CAPACITY - 599, CAPACITY):
        capable.guarantee(guarantor, beneficiary, LOAN, CAPACITY - 599, 1, {"from": loan_officer})
    second = give(guarantor, beneficiary, CAPACITY - 600)
    assert capable.capacityOf(guarantor) == (CAPACITY, CAPACITY)
    with reverts("GuaranteeRegistry_CapacityExceeded", guarantor, CAPACITY, 1, CAPACITY):
        capable.guarantee(guarantor, customers[2], LOAN, 1, 1, {"from": loan_officer})
    capable.proposeRelease(second, 100, {"from": loan_officer})
    capable.release(second, 100, {"from": approver})
    give(guarantor, customers[2], 100)
    assert capable.capacityOf(guarantor) == (CAPACITY, CAPACITY)


def test_without_attested_capacity_nobody_guarantees(
    guarantees: Any, make_customer: Any, customers: list[int], loan_officer: Any
) -> None:
    newcomer = make_customer()
    with reverts("GuaranteeRegistry_CapacityExceeded", newcomer, 0, 1, 0):
        guarantees.guarantee(newcomer, customers[0], LOAN, 1, 1, {"from": loan_officer})


def test_sister_companies_count_together(
    capable: Any, give: Any, customers: list[int], sisters: list[int], loan_officer: Any, risk_officer: Any, today: int
) -> None:
    """I17."""
    capable.attestGroupCapacity(9, 1_000, today, {"from": risk_officer})
    give(sisters[0], customers[0], 600)
    assert capable.capacityOf(sisters[1]) == (CAPACITY, 0)
    with reverts("GuaranteeRegistry_GroupCapacityExceeded", 9, 600, 401, 1_000):
        capable.guarantee(sisters[1], customers[0], LOAN, 401, 1, {"from": loan_officer})
    give(sisters[1], customers[0], 400)
    assert capable.groupCapacityOf(9) == (1_000, 1_000)
    assert capable.capacityOf(sisters[1]) == (CAPACITY, 400)
    assert guarantors(capable, customers[0]) == {GROUP_NODES + 9: 2}
    give(sisters[2], customers[0], 900)  # of another group


@pytest.mark.parametrize("loan", [0, LOAN])
@pytest.mark.parametrize("amount", [0, 1, MOST_MONEY + 1, 2**128 - 1])
def test_guarantees_that_make_no_sense_are_refused(
    capable: Any, customers: list[int], loan_officer: Any, loan: int, amount: int
) -> None:
    if loan and amount == 1:
        return
    with reverts("GuaranteeRegistry_Invalid", customers[0], customers[1], amount):
        capable.guarantee(customers[0], customers[1], loan, amount, 1, {"from": loan_officer})


def test_nobody_stands_for_themselves_nor_for_a_sister(
    capable: Any, customers: list[int], sisters: list[int], loan_officer: Any
) -> None:
    """A connected group is one debtor, so its members add nothing to each other."""
    for guarantor, beneficiary in ((customers[0], customers[0]), (sisters[0], sisters[1])):
        with reverts("GuaranteeRegistry_Invalid", guarantor, beneficiary, 5):
            capable.guarantee(guarantor, beneficiary, LOAN, 5, 1, {"from": loan_officer})
    for guarantor, beneficiary in ((99, customers[0]), (customers[0], 99)):
        with reverts("CustomerRegistry_Unknown", 99):
            capable.guarantee(guarantor, beneficiary, LOAN, 5, 1, {"from": loan_officer})


def test_guaranteeing_is_an_act_of_loan_officers(
    capable: Any, customers: list[int], people: Any, loan_officer: Any, guardian: Any, system: Any
) -> None:
    arguments = (customers[0], customers[1], LOAN, 5, 1)
    for name, account in people.items():
        if name != "loan_officer":
            with reverts("Governed_RoleMissing", account, Role.LOAN_OFFICER.bit):
                capable.guarantee(*arguments, {"from": account})
    sent = system.authority.pause(3_600, {"from": guardian})
    with reverts("Governed_Paused", sent.events["Paused"]["until"]):
        capable.guarantee(*arguments, {"from": loan_officer})


# ---------------------------------------------------------------- circles


def test_direct_and_two_step_circles_are_refused(
    capable: Any, give: Any, customers: list[int], loan_officer: Any
) -> None:
    """I16: a circle of four is not looked for, one of three is."""
    a, b, c, d = customers[:4]
    give(a, b)
    with reverts("GuaranteeRegistry_CircleRefused", b, a, 0):
        capable.guarantee(b, a, LOAN, 1, 1, {"from": loan_officer})
    give(b, c)
    with reverts("GuaranteeRegistry_CircleRefused", c, a, b):
        capable.guarantee(c, a, LOAN, 1, 1, {"from": loan_officer})
    give(c, d)
    with reverts("GuaranteeRegistry_CircleRefused", d, b, c):
        capable.guarantee(d, b, LOAN, 1, 1, {"from": loan_officer})
    give(d, a)
    assert guarantors(capable, a) == {d: 1}
    assert capable.capacityOf(c) == (CAPACITY, 1_000)
    assert capable.guaranteesOf(c) == 1


def test_circles_are_refused_among_groups(
    capable: Any, give: Any, customers: list[int], sisters: list[int], loan_officer: Any
) -> None:
    """Neither a sister nor a sister's beneficiary closes the circle unseen."""
    elder, younger, _ = sisters
    a, b = customers[:2]
    give(elder, a)
    with reverts("GuaranteeRegistry_CircleRefused", a, younger, 0):
        capable.guarantee(a, younger, LOAN, 1, 1, {"from": loan_officer})
    give(a, b)
    with reverts("GuaranteeRegistry_CircleRefused", b, younger, a):
        capable.guarantee(b, younger, LOAN, 1, 1, {"from": loan_officer})


def test_the_last_guarantee_between_two_takes_the_edge_with_it(
    capable: Any, give: Any, customers: list[int], loan_officer: Any, approver: Any
) -> None:
    a, b = customers[:2]
    first, second = give(a, b), give(a, b)
    for guarantee in (first, second):
        with reverts("GuaranteeRegistry_CircleRefused", b, a, 0):
            capable.guarantee(b, a, LOAN, 1, 1, {"from": loan_officer})
        for part in (400, 600):
            capable.proposeRelease(guarantee, part, {"from": loan_officer})
            capable.release(guarantee, part, {"from": approver})
    assert guarantors(capable, b) == {}
    give(b, a)
    assert guarantors(capable, a) == {b: 1}


def test_acts_bring_at_most_24_guarantors_to_a_node_and_facts_64(
    capable: Any,
    opening: Any,
    make_customer: Any,
    customers: list[int],
    loan_officer: Any,
    risk_officer: Any,
    today: int,
) -> None:
    """I19."""
    target = customers[0]
    crowd = [make_customer() for _ in range(65)]
    rows = [row(f"crowd {one}", one, target, 1) for one in crowd]
    number = opening(65, 65)
    capable.importGuarantees(number, rows[:24], {"from": loan_officer})
    with reverts("GuaranteeRegistry_TooManyGuarantors", target, 24):
        capable.guarantee(customers[1], target, LOAN, 1, 1, {"from": loan_officer})
    capable.attestCapacity(crowd[3], 2, today, {"from": risk_officer})
    capable.guarantee(crowd[3], target, LOAN, 1, 1, {"from": loan_officer})  # one of the 24 already
    capable.importGuarantees(number, rows[24:64], {"from": loan_officer})
    with reverts("GuaranteeRegistry_TooManyGuarantors", target, 64):
        capable.importGuarantees(number, rows[64:], {"from": loan_officer})
    assert guarantors(capable, target) == {one: 1 + (one == crowd[3]) for one in crowd[:64]}
    for position in (1, 2, 5, 6, 63):
        with reverts("GuaranteeRegistry_CircleRefused", target, crowd[position], 0):
            capable.guarantee(target, crowd[position], LOAN, 1, 1, {"from": loan_officer})


def test_the_dearest_check_stays_within_a_block(
    capable: Any, opening: Any, make_customer: Any, customers: list[int], loan_officer: Any
) -> None:
    """I19: 24 guarantors of the guarantor, each with 24 of its own, cost a bounded amount of gas."""
    target = customers[0]
    hubs = [make_customer() for _ in range(24)]
    leaves = [make_customer() for _ in range(24)]
    rows = [row(f"hub {hub}", hub, target, 1) for hub in hubs]
    rows += [row(f"leaf {leaf} {hub}", leaf, hub, 1) for hub in hubs for leaf in leaves]
    number = opening(len(rows), len(rows))
    for start in range(0, len(rows), 100):
        capable.importGuarantees(number, rows[start : start + 100], {"from": loan_officer})
    sent = capable.guarantee(target, customers[1], LOAN, 1, 1, {"from": loan_officer})
    print(f"{sent.gas_used} gas")
    assert sent.gas_used < 1_000_000


# ---------------------------------------------------------------- regrouping


def test_regrouped_customers_are_counted_under_their_new_nodes(
    capable: Any, system: Any, give: Any, customers: list[int], risk_officer: Any, stranger: Any, loan_officer: Any,
    today: int,
) -> None:  # fmt: skip
    """I16, I17: a circle that a regrouping makes is flagged, not refused; the group's cover follows."""
    a, b, c = customers[:3]
    first, second = give(a, b, 300), give(b, c, 500)
    system.customers.setGroup(a, 9, {"from": risk_officer})
    system.customers.setGroup(c, 9, {"from": risk_officer})
    capable.attestGroupCapacity(9, 299, today, {"from": risk_officer})
    group = GROUP_NODES + 9
    sent = capable.regroup([first], {"from": stranger})
    assert_events(
        sent,
        event("GuaranteeRegrouped", guarantee=first, guarantorNode=group, beneficiaryNode=b),
        event("GroupCapacityExceeded", group=9, live=300, capacity=299),
    )
    sent = capable.regroup([first, second], {"from": stranger})
    assert_events(
        sent,
        event("GuaranteeRegrouped", guarantee=second, guarantorNode=b, beneficiaryNode=group),
        event("CircleArose", guarantee=first, through=0),
        event("CircleArose", guarantee=second, through=0),
    )
    assert capable.guaranteeOf(second) == (b, c, LOAN, 500, 1, True, ACTIVE)
    assert capable.guaranteeOf(first)[5] is True
    assert capable.nodesOf(second) == (b, group)
    assert guarantors(capable, b) == {group: 1}
    assert guarantors(capable, group) == {b: 1}
    assert guarantors(capable, c) == {}
    assert capable.groupCapacityOf(9) == (299, 300)
    assert capable.capacityOf(a) == (CAPACITY, 300)
    system.customers.setGroup(a, 0, {"from": risk_officer})
    sent = capable.regroup([first], {"from": stranger})
    assert_events(
        sent,
        event("GuaranteeRegrouped", guarantee=first, guarantorNode=a, beneficiaryNode=b),
        event("CircleEnded", guarantee=first),
    )
    assert capable.groupCapacityOf(9) == (299, 0)
    assert guarantors(capable, b) == {a: 1}
    assert capable.guaranteeOf(first)[5] is False
    assert capable.guaranteeOf(second)[5] is True
    assert_events(capable.regroup([second], {"from": stranger}), event("CircleEnded", guarantee=second))
    assert capable.guaranteeOf(second)[5] is False
    assert_events(capable.regroup([first, second], {"from": stranger}))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 1, 2, 0, 2)])
def test_guarantees_regrouped_together_are_judged_by_where_all_of_them_end(
    capable: Any, system: Any, give: Any, customers: list[int], risk_officer: Any, stranger: Any, today: int,
    order: tuple[int, ...],
) -> None:  # fmt: skip
    """I16, I17: one leaves the group as another joins it: no order makes a circle of it, or exceeds the capacity."""
    a, b, c, d = customers[:4]
    group = GROUP_NODES + 9
    system.customers.setGroup(a, 9, {"from": risk_officer})
    given = (give(a, b, 500), give(b, c, 300), give(c, d, 400))
    capable.attestGroupCapacity(9, 600, today, {"from": risk_officer})
    system.customers.setGroup(a, 0, {"from": risk_officer})
    system.customers.setGroup(c, 9, {"from": risk_officer})
    sent = capable.regroup([given[at] for at in order], {"from": stranger})
    nodes = {0: (a, b), 1: (b, group), 2: (group, d)}
    assert_events(
        sent,
        *(
            event("GuaranteeRegrouped", guarantee=given[at], guarantorNode=nodes[at][0], beneficiaryNode=nodes[at][1])
            for at in dict.fromkeys(order)
        ),
    )
    assert [capable.guaranteeOf(one)[5] for one in given] == [False, False, False]
    assert [capable.nodesOf(one) for one in given] == list(nodes.values())
    assert capable.groupCapacityOf(9) == (600, 400)
    assert [guarantors(capable, node) for node in (b, group, d)] == [{a: 1}, {b: 1}, {group: 1}]


def test_a_circle_found_with_a_guarantee_not_yet_regrouped_is_taken_back(
    capable: Any, system: Any, give: Any, customers: list[int], risk_officer: Any, stranger: Any
) -> None:
    a, b, c = customers[:3]
    system.customers.setGroup(a, 9, {"from": risk_officer})
    first, second = give(a, b), give(b, c)
    system.customers.setGroup(a, 0, {"from": risk_officer})
    system.customers.setGroup(c, 9, {"from": risk_officer})
    assert "CircleArose" in capable.regroup([second], {"from": stranger}).events
    sent = capable.regroup([second, first], {"from": stranger})
    assert_events(
        sent,
        event("GuaranteeRegrouped", guarantee=first, guarantorNode=a, beneficiaryNode=b),
        event("CircleEnded", guarantee=second),
    )
    assert [capable.guaranteeOf(one)[5] for one in (first, second)] == [False, False]


def test_a_guarantee_becomes_one_within_a_group(
    capable: Any, system: Any, give: Any, customers: list[int], risk_officer: Any, loan_officer: Any, approver: Any
) -> None:
    a, b = customers[:2]
    guarantee = give(a, b)
    for one in (a, b):
        system.customers.setGroup(one, 9, {"from": risk_officer})
    group = GROUP_NODES + 9
    sent = capable.regroup([guarantee], {"from": loan_officer})
    assert_events(
        sent,
        event("GuaranteeRegrouped", guarantee=guarantee, guarantorNode=group, beneficiaryNode=group),
        event("CircleArose", guarantee=guarantee, through=group),
    )
    capable.proposeRelease(guarantee, 1_000, {"from": loan_officer})
    capable.release(guarantee, 1_000, {"from": approver})
    assert guarantors(capable, group) == {}
    assert capable.groupCapacityOf(9) == (0, 0)
    with reverts("GuaranteeRegistry_NotActive", guarantee, RELEASED):
        capable.regroup([guarantee], {"from": loan_officer})


# ---------------------------------------------------------------- release and demand


def test_two_persons_release_part_and_then_the_rest(
    capable: Any, give: Any, customers: list[int], loan_officer: Any, approver: Any, person: Any, guardian: Any,
    system: Any, today: int,
) -> None:  # fmt: skip
    """I18, I32: also during a pause."""
    a, b = customers[:2]
    guarantee = give(a, b, 900, rank=2)
    system.authority.pause(3_600, {"from": guardian})
    sent = capable.proposeRelease(guarantee, 400, {"from": loan_officer})
    assert_events(sent, event("ReleaseProposed", guarantee=guarantee, amount=400, person=person(loan_officer)))
    assert capable.releaseProposalOf(guarantee) == (400, person(loan_officer))
    sent = capable.release(guarantee, 400, {"from": approver})
    assert_events(
        sent,
        event(
            "GuaranteeReleased", guarantee=guarantee, guarantor=a, released=400, amount=500, live=500,
            releasedOn=today, person=person(approver),
        ),
    )  # fmt: skip
    assert capable.guaranteeOf(guarantee) == (a, b, LOAN, 500, 2, False, ACTIVE)
    assert capable.releaseProposalOf(guarantee) == (0, 0)
    with reverts("GuaranteeRegistry_NotProposed", guarantee, 400):
        capable.release(guarantee, 400, {"from": approver})
    capable.proposeRelease(guarantee, 500, {"from": loan_officer})
    with reverts("GuaranteeRegistry_NotProposed", guarantee, 499):
        capable.release(guarantee, 499, {"from": approver})
    capable.release(guarantee, 500, {"from": approver})
    assert capable.guaranteeOf(guarantee) == (a, b, LOAN, 0, 2, False, RELEASED)
    assert capable.capacityOf(a) == (CAPACITY, 0)
    with reverts("GuaranteeRegistry_NotActive", guarantee, RELEASED):
        capable.proposeRelease(guarantee, 1, {"from": loan_officer})


def test_a_later_proposal_replaces_an_earlier_one(
    capable: Any, give: Any, customers: list[int], loan_officer: Any, approver: Any, person: Any
) -> None:
    guarantee = give(*customers[:2], 900)
    capable.proposeRelease(guarantee, 100, {"from": loan_officer})
    capable.proposeRelease(guarantee, 200, {"from": loan_officer})
    assert capable.releaseProposalOf(guarantee) == (200, person(loan_officer))
    with reverts("GuaranteeRegistry_NotProposed", guarantee, 100):
        capable.release(guarantee, 100, {"from": approver})
    capable.release(guarantee, 200, {"from": approver})
    assert capable.capacityOf(customers[0]) == (CAPACITY, 700)


def test_a_proposed_release_lapses_after_30_days(
    capable: Any, give: Any, customers: list[int], loan_officer: Any, approver: Any, next_day: Any, today: int
) -> None:
    guarantee = give(*customers[:2], 900)
    capable.proposeRelease(guarantee, 100, {"from": loan_officer})
    next_day(31)
    with reverts("GuaranteeRegistry_ProposalExpired", guarantee, today + 30, today + 31):
        capable.release(guarantee, 100, {"from": approver})
    capable.proposeRelease(guarantee, 100, {"from": loan_officer})
    next_day(30)
    capable.release(guarantee, 100, {"from": approver})
    assert capable.guaranteeOf(guarantee)[3] == 800


def test_no_more_is_released_than_is_guaranteed_nor_by_one_person(
    capable: Any, give: Any, customers: list[int], loan_officer: Any, approver: Any, second_account: Any,
    outsiders: Any, person: Any,
) -> None:  # fmt: skip
    """I30."""
    guarantee = give(*customers[:2], 900)
    for amount in (0, 901, 2**128 - 1):
        with reverts("GuaranteeRegistry_ReleaseExceeds", guarantee, amount, 900):
            capable.proposeRelease(guarantee, amount, {"from": loan_officer})
        with reverts("GuaranteeRegistry_ReleaseExceeds", guarantee, amount, 900):
            capable.release(guarantee, amount, {"from": approver})
    with reverts("GuaranteeRegistry_NotActive", guarantee + 1, NONE):
        capable.proposeRelease(guarantee + 1, 1, {"from": loan_officer})
    capable.proposeRelease(guarantee, 900, {"from": loan_officer})
    other = second_account("loan_officer", outsiders[4], Role.APPROVER)
    with reverts("Governed_SamePerson", person(loan_officer)):
        capable.release(guarantee, 900, {"from": other})
    assert capable.capacityOf(customers[0]) == (CAPACITY, 900)


def test_anyone_releases_a_closed_loans_guarantee(
    capable: Any, give: Any, customers: list[int], book: Any, stranger: Any, today: int
) -> None:
    """I18, I39."""
    guarantee = give(*customers[:2], 900)
    for closed, in_default in ((False, False), (False, True), (True, False), (False, False)):
        capable.markLoan(LOAN, closed, in_default, {"from": book})
        assert capable.loanStateOf(LOAN) == (closed, in_default)
        assert capable.loanStateOf(LOAN + 1) == (False, False)
        assert capable.loanStateOf(LOAN - 1) == (False, False)
    with reverts("GuaranteeRegistry_LoanStillOwes", guarantee, LOAN):
        capable.releaseClosed(guarantee, {"from": stranger})
    capable.markLoan(LOAN, True, False, {"from": book})
    sent = capable.releaseClosed(guarantee, {"from": stranger})
    assert_events(
        sent,
        event(
            "GuaranteeReleased", guarantee=guarantee, guarantor=customers[0], released=900, amount=0, live=0,
            releasedOn=today, person=0,
        ),
    )  # fmt: skip
    with reverts("GuaranteeRegistry_NotActive", guarantee, RELEASED):
        capable.releaseClosed(guarantee, {"from": stranger})


def test_payment_is_demanded_after_default_only(
    capable: Any, give: Any, customers: list[int], book: Any, collector: Any, person: Any, loan_officer: Any,
    approver: Any, today: int,
) -> None:  # fmt: skip
    a, b = customers[:2]
    guarantee = give(a, b, 900)
    with reverts("GuaranteeRegistry_LoanNotInDefault", guarantee, LOAN):
        capable.demand(guarantee, 900, 8, {"from": book})
    capable.markLoan(LOAN, False, True, {"from": book})
    for amount in (0, 901):
        with reverts("GuaranteeRegistry_ReleaseExceeds", guarantee, amount, 900):
            capable.demand(guarantee, amount, 8, {"from": book})
    for amount in (300, 900):
        sent = capable.demand(guarantee, amount, 8, {"from": book})
        assert_events(
            sent,
            event(
                "GuaranteeDemanded", guarantee=guarantee, guarantor=a, loanId=LOAN, amount=amount, demandedOn=today,
                person=person(collector),
            ),
        )  # fmt: skip
        assert capable.demandedOf(guarantee) == amount
    assert capable.guaranteeOf(guarantee) == (a, b, LOAN, 900, 1, False, DEMANDED)
    assert capable.capacityOf(a) == (CAPACITY, 900)
    capable.markLoan(LOAN, False, False, {"from": book})
    with reverts("GuaranteeRegistry_LoanNotInDefault", guarantee, LOAN):
        capable.demand(guarantee, 1, 8, {"from": book})
    capable.proposeRelease(guarantee, 400, {"from": loan_officer})
    capable.release(guarantee, 400, {"from": approver})
    assert capable.guaranteeOf(guarantee)[6] == DEMANDED
    assert capable.demandedOf(guarantee) == 500


def test_a_release_lowers_a_demand_to_what_is_left(
    capable: Any, give: Any, customers: list[int], book: Any, loan_officer: Any, approver: Any, stranger: Any
) -> None:
    a, b = customers[:2]
    guarantee = give(a, b, 900)
    capable.markLoan(LOAN, False, True, {"from": book})
    capable.demand(guarantee, 600, 8, {"from": book})
    for released, left, demanded in ((300, 600, 600), (100, 500, 500)):
        capable.proposeRelease(guarantee, released, {"from": loan_officer})
        capable.release(guarantee, released, {"from": approver})
        assert capable.guaranteeOf(guarantee) == (a, b, LOAN, left, 1, False, DEMANDED)
        assert capable.demandedOf(guarantee) == demanded
    with reverts("GuaranteeRegistry_PaymentExceeds", guarantee, 501, 500):
        capable.settle(guarantee, 501, {"from": book})
    capable.markLoan(LOAN, True, False, {"from": book})
    capable.releaseClosed(guarantee, {"from": stranger})
    assert capable.guaranteeOf(guarantee) == (a, b, LOAN, 0, 1, False, RELEASED)
    assert capable.demandedOf(guarantee) == 0


def test_what_is_paid_on_a_demand_leaves_less_guaranteed_and_demanded(
    capable: Any, give: Any, customers: list[int], book: Any, loan_officer: Any, approver: Any, today: int
) -> None:
    a, b = customers[:2]
    guarantee = give(a, b, 900)
    capable.markLoan(LOAN, False, True, {"from": book})
    with reverts("GuaranteeRegistry_PaymentExceeds", guarantee, 1, 0):
        capable.settle(guarantee, 1, {"from": book})
    capable.demand(guarantee, 600, 8, {"from": book})
    for amount in (0, 601):
        with reverts("GuaranteeRegistry_PaymentExceeds", guarantee, amount, 600):
            capable.settle(guarantee, amount, {"from": book})
    sent = capable.settle(guarantee, 200, {"from": book})
    assert_events(
        sent,
        event(
            "GuaranteePaid", guarantee=guarantee, guarantor=a, loanId=LOAN, paid=200, demanded=400, amount=700,
            live=700, paidOn=today,
        ),
    )  # fmt: skip
    assert capable.guaranteeOf(guarantee) == (a, b, LOAN, 700, 1, False, DEMANDED)
    capable.proposeRelease(guarantee, 600, {"from": loan_officer})
    capable.release(guarantee, 600, {"from": approver})
    with reverts("GuaranteeRegistry_PaymentExceeds", guarantee, 101, 100):
        capable.settle(guarantee, 101, {"from": book})
    capable.settle(guarantee, 100, {"from": book})
    assert capable.guaranteeOf(guarantee) == (a, b, LOAN, 0, 1, False, RELEASED)
    assert (capable.demandedOf(guarantee), capable.capacityOf(a)) == (0, (CAPACITY, 0))
    with reverts("GuaranteeRegistry_NotActive", guarantee, RELEASED):
        capable.settle(guarantee, 1, {"from": book})


def test_release_and_demand_by_role(
    capable: Any, give: Any, customers: list[int], people: Any, stranger: Any, collector: Any, book: Any,
    guardian: Any, treasurer: Any, system: Any, today: int,
) -> None:  # fmt: skip
    """I31, I32."""
    guarantee = give(*customers[:2])
    capable.markLoan(LOAN, False, True, {"from": book})
    for call, needed, arguments in (
        ("proposeRelease", "loan_officer", (guarantee, 1)),
        ("release", "approver", (guarantee, 1)),
        ("demand", "book", (guarantee, 1, 8)),
        ("settle", "book", (guarantee, 1)),
        ("markLoan", "book", (LOAN, True, False)),
    ):
        for name, account in (*people.items(), ("stranger", stranger)):
            if name != needed:
                with reverts("Governed_RoleMissing", account, Role[needed.upper()].bit):
                    getattr(capable, call)(*arguments, {"from": account})
    sent = system.authority.pause(3_600, {"from": guardian})
    with reverts("Governed_Paused", sent.events["Paused"]["until"]):
        capable.demand(guarantee, 1, 8, {"from": book})
    system.authority.closeDay({"from": treasurer})
    for call, account in (("releaseClosed", stranger), ("regroup", stranger)):
        with reverts("Governed_DayNotOpen", today):
            getattr(capable, call)(guarantee if call == "releaseClosed" else [guarantee], {"from": account})


# ---------------------------------------------------------------- shares


def test_a_claim_is_shared_by_rank_and_pro_rata_within_one(capable: Any, give: Any, customers: list[int]) -> None:
    """The worked example of docs/collateral-and-guarantees.md."""
    borrower = customers[5]
    amounts = ((customers[0], 300, 1), (customers[1], 200, 2), (customers[2], 100, 2), (customers[3], 400, 3))
    ids = [give(guarantor, borrower, amount, rank=rank) for guarantor, amount, rank in amounts]
    for claim, shares, unmet in (
        (0, (0, 0, 0, 0), 0),
        (250, (250, 0, 0, 0), 0),
        (300, (300, 0, 0, 0), 0),
        (400, (300, 66, 34, 0), 0),
        (401, (300, 67, 34, 0), 0),
        (600, (300, 200, 100, 0), 0),
        (1_000, (300, 200, 100, 400), 0),
        (1_234, (300, 200, 100, 400), 234),
    ):
        assert capable.sharesOf(LOAN, ids, claim) == (shares, unmet)
    assert capable.sharesOf(LOAN, [], 10) == ((), 10)


def test_only_live_guarantees_of_the_loan_share_and_each_once(
    capable: Any, give: Any, customers: list[int], loan_officer: Any, approver: Any
) -> None:
    first, second, other = (
        give(customers[0], customers[5], 10),
        give(customers[1], customers[5], 10),
        give(customers[1], customers[5], 10, loan=OTHER_LOAN),
    )
    with reverts("GuaranteeRegistry_OutOfOrder", first):
        capable.sharesOf(LOAN, [second, first], 1)
    with reverts("GuaranteeRegistry_OutOfOrder", first):
        capable.sharesOf(LOAN, [first, first], 1)
    with reverts("GuaranteeRegistry_NotOfLoan", other, LOAN):
        capable.sharesOf(LOAN, [first, other], 1)
    capable.proposeRelease(second, 10, {"from": loan_officer})
    capable.release(second, 10, {"from": approver})
    with reverts("GuaranteeRegistry_NotActive", second, RELEASED):
        capable.sharesOf(LOAN, [first, second], 1)


def test_shares_are_exact_for_random_guarantors(
    capable: Any, opening: Any, make_customer: Any, customers: list[int], loan_officer: Any
) -> None:
    """Each share is within a fen of exact, none above its amount, and with what is unmet they sum to the claim."""
    rng = random.Random(SEED)
    borrower = customers[0]
    crowd = [make_customer() for _ in range(12)]
    amounts = [rng.choice([1, rng.randrange(1, 100), rng.randrange(1, MOST_MONEY)]) for _ in crowd]
    ranks = [rng.choice([0, 1, 1, 1, 7, 255]) for _ in crowd]
    rows = [
        row(f"share {one}", one, borrower, amount, rank=rank)
        for one, amount, rank in zip(crowd, amounts, ranks, strict=True)
    ]
    capable.importGuarantees(opening(12, sum(amounts)), rows, {"from": loan_officer})
    ids = [numbered(one, 1) for one in crowd]
    for _ in range(40):
        claim = rng.choice([rng.randrange(0, 50), rng.randrange(0, sum(amounts)), rng.randrange(0, 2**100)])
        told, unmet = capable.sharesOf(LOAN, ids, claim)
        shares = [int(share) for share in told]  # Brownie's Wei would round a fraction
        assert sum(shares) + unmet == claim, f"seed {SEED}"
        assert unmet == max(0, claim - sum(amounts)), f"seed {SEED}"
        rest = claim
        for rank in sorted(set(ranks)):
            members = [index for index, one in enumerate(ranks) if one == rank]
            total = sum(amounts[index] for index in members)
            paid = min(rest, total)
            for index in members:
                exact = Fraction(paid * amounts[index], total)
                assert abs(shares[index] - exact) < 1, f"seed {SEED}, claim {claim}"
                assert shares[index] <= amounts[index], f"seed {SEED}, claim {claim}"
            rest -= paid


# ---------------------------------------------------------------- opening book


def test_an_opening_books_guarantees_are_recorded_as_they_stood(
    guarantees: Any, opening: Any, make_customer: Any, loan_officer: Any, person: Any, today: int
) -> None:
    """Beyond capacity too: that is told, not refused."""
    a, b = make_customer(), make_customer()
    number = opening(1, 900)
    sent = guarantees.importGuarantees(number, [row("G-1", a, b, 900, rank=2)], {"from": loan_officer})
    assert_events(
        sent,
        event(
            "GuaranteeGiven", guarantee=numbered(a, 1), guarantor=a, beneficiary=b, loanId=LOAN, amount=900, rank=2,
            live=900, givenOn=today, importId=number, externalRef=reference("G-1"), person=person(loan_officer),
        ),
        event("CapacityExceeded", guarantor=a, live=900, capacity=0),
    )  # fmt: skip
    assert guarantees.guaranteeOf(numbered(a, 1)) == (a, b, LOAN, 900, 2, False, ACTIVE)
    assert guarantees.byReference(reference("G-1")) == numbered(a, 1)
    assert guarantees.byReference(reference("G-2")) == 0
    assert guarantees.importOf(number) == (2, 1, 900)


def test_group_cover_beyond_capacity_is_told_at_import(
    capable: Any, opening: Any, customers: list[int], sisters: list[int], loan_officer: Any, risk_officer: Any,
    today: int,
) -> None:  # fmt: skip
    capable.attestGroupCapacity(9, 899, today, {"from": risk_officer})
    sent = capable.importGuarantees(
        opening(1, 900), [row("G-1", sisters[0], customers[0], 900)], {"from": loan_officer}
    )
    assert dict(sent.events["GroupCapacityExceeded"]) == {"group": 9, "live": 900, "capacity": 899}
    assert "CapacityExceeded" not in sent.events


def test_a_row_is_booked_once_by_its_reference(
    guarantees: Any, opening: Any, customers: list[int], loan_officer: Any, chair: Any
) -> None:
    a, b = customers[:2]
    number = opening(9, 9_000)
    guarantees.importGuarantees(number, [row("G-1", a, b)], {"from": loan_officer})
    for call, account in (("importGuarantees", loan_officer), ("importLegacyCircle", chair)):
        with reverts("GuaranteeRegistry_AlreadyImported", numbered(a, 1)):
            getattr(guarantees, call)(number, [row("G-1", b, a)], {"from": account})
        with reverts("GuaranteeRegistry_AlreadyImported", 0):
            getattr(guarantees, call)(number, [(NO_REFERENCE, a, b, LOAN, 1, 1)], {"from": account})
    assert guarantees.importOf(number) == (2, 1, 1_000)


def test_an_import_under_way_passes_a_pause_but_needs_an_open_day(
    capable: Any, opening: Any, customers: list[int], loan_officer: Any, chair: Any, guardian: Any, treasurer: Any,
    system: Any, today: int,
) -> None:  # fmt: skip
    """I32: an opening book is a fact."""
    a, b = customers[:2]
    number = opening(9, 9_000)
    system.authority.pause(3_600, {"from": guardian})
    capable.importGuarantees(number, [row("G-1", a, b)], {"from": loan_officer})
    capable.importLegacyCircle(number, [row("G-2", b, a)], {"from": chair})
    assert capable.importOf(number) == (2, 2, 2_000)
    assert [capable.guaranteeOf(numbered(one, 1))[5] for one in (a, b)] == [False, True]
    system.authority.closeDay({"from": treasurer})
    for call, account in ((capable.importGuarantees, loan_officer), (capable.importLegacyCircle, chair)):
        with reverts("Governed_DayNotOpen", today):
            call(number, [], {"from": account})


def test_a_circle_is_imported_by_the_board_only_and_stays_flagged(
    capable: Any, opening: Any, customers: list[int], loan_officer: Any, chair: Any, person: Any, today: int
) -> None:
    """I16."""
    a, b, c = customers[:3]
    number = opening(3, 3_000)
    rows = [row("G-1", a, b), row("G-2", b, c), row("G-3", c, a)]
    with reverts("GuaranteeRegistry_CircleRefused", c, a, b):
        capable.importGuarantees(number, rows, {"from": loan_officer})
    sent = capable.importLegacyCircle(number, rows, {"from": chair})
    parties = ((a, b), (b, c), (c, a))
    given = [
        event(
            "GuaranteeGiven", guarantee=numbered(one, 1), guarantor=one, beneficiary=other, loanId=LOAN, amount=1_000,
            rank=1, live=1_000, givenOn=today, importId=number, externalRef=reference(f"G-{place}"),
            person=person(chair),
        )
        for place, (one, other) in enumerate(parties, start=1)
    ]  # fmt: skip
    admitted = [
        event(
            "LegacyCircleAdmitted", guarantee=numbered(one, 1), guarantor=one, beneficiary=other, person=person(chair)
        )
        for one, other in parties
    ]
    assert_events(sent, *(told for pair in zip(given, admitted, strict=True) for told in pair))
    for one, other in parties:
        assert capable.guaranteeOf(numbered(one, 1)) == (one, other, LOAN, 1_000, 1, True, ACTIVE)
    with reverts("GuaranteeRegistry_CircleRefused", a, c, 0):
        capable.guarantee(a, c, LOAN, 1, 1, {"from": loan_officer})
    with reverts("GuaranteeRegistry_CircleRefused", a, b, c):  # the edge exists, and so does the circle
        capable.guarantee(a, b, LOAN, 1, 1, {"from": loan_officer})


def test_the_board_admits_circles_and_nothing_else(
    capable: Any, opening: Any, customers: list[int], sisters: list[int], chair: Any
) -> None:
    a, b, c, d = customers[:4]
    number = opening(9, 9_000)
    for rows, alone in (
        ([row("G-1", a, b)], (a, b)),
        ([row("G-1", a, b), row("G-2", b, a), row("G-3", b, c)], (b, c)),
        ([row("G-1", a, b), row("G-2", b, c), row("G-3", c, d), row("G-4", d, a)], (a, b)),
    ):
        with reverts("GuaranteeRegistry_NoCircle", *alone):
            capable.importLegacyCircle(number, rows, {"from": chair})
    with reverts("GuaranteeRegistry_Invalid", a, a, 1_000):
        capable.importLegacyCircle(number, [row("G-1", a, a)], {"from": chair})
    capable.importLegacyCircle(number, [row("G-1", *sisters[:2])], {"from": chair})
    assert capable.guaranteeOf(numbered(sisters[0], 1))[5] is True
    assert capable.groupCapacityOf(9) == (0, 1_000)
    assert capable.importOf(number) == (2, 1, 1_000)


def test_rows_that_make_no_sense_revert_whole(
    guarantees: Any, opening: Any, customers: list[int], sisters: list[int], loan_officer: Any, people: Any
) -> None:
    a, b = customers[:2]
    number = opening(9, MOST_MONEY)
    good = row("G-1", a, b)
    for bad in (
        row("G-2", a, a),
        row("G-2", *sisters[:2]),
        row("G-2", a, b, 0),
        row("G-2", a, b, MOST_MONEY + 1),
        row("G-2", a, b, loan=0),
    ):
        with reverts("GuaranteeRegistry_Invalid", bad[1], bad[2], bad[4]):
            guarantees.importGuarantees(number, [good, bad], {"from": loan_officer})
    assert guarantees.guaranteesOf(a) == 0
    assert guarantees.importOf(number) == (2, 0, 0)
    with reverts("GuaranteeRegistry_Invalid", a, 0, 1):
        guarantees.importGuarantees(
            opening(2, 2**60), [row("G-3", a, b, MOST_MONEY), row("G-4", a, b, 1)], {"from": loan_officer}
        )
    for call, needed in (("importGuarantees", "loan_officer"), ("importLegacyCircle", "board")):
        for name, account in people.items():
            if name not in (needed, "chair", "director"):
                with reverts("Governed_RoleMissing", account, Role[needed.upper()].bit):
                    getattr(guarantees, call)(number, [good], {"from": account})


# ---------------------------------------------------------------- a model beside the contract


def test_random_guarantees_never_close_a_circle_of_two_or_three(
    capable: Any, customers: list[int], sisters: list[int], loan_officer: Any, approver: Any
) -> None:
    """I15, I16, I17, I40: after each act the graph of nodes, kept by networkx, has no circle of two or three."""
    rng = random.Random(SEED)
    node = {one: one for one in customers} | dict(
        zip(sisters, [GROUP_NODES + 9, GROUP_NODES + 9, GROUP_NODES + 8], strict=True)
    )
    graph = nx.DiGraph()
    graph.add_nodes_from(node.values())
    live: dict[int, tuple[int, int, int]] = {}  # number: guarantor, beneficiary, amount
    outcomes = {"given": 0, "direct": 0, "two-step": 0, "released": 0}
    for step in range(150):
        if live and rng.random() < 0.25:
            number = rng.choice(sorted(live))
            guarantor, beneficiary, amount = live.pop(number)
            capable.proposeRelease(number, amount, {"from": loan_officer})
            capable.release(number, amount, {"from": approver})
            edge = graph.edges[node[guarantor], node[beneficiary]]
            edge["count"] -= 1
            if edge["count"] == 0:
                graph.remove_edge(node[guarantor], node[beneficiary])
            outcomes["released"] += 1
            continue
        guarantor, beneficiary = rng.sample(sorted(node), 2)
        start, end = node[guarantor], node[beneficiary]
        if start == end:
            continue
        amount = rng.randrange(1, 1_000)
        direct = graph.has_edge(end, start)
        thirds = {third for third in graph.predecessors(start) if graph.has_edge(end, third)}
        arguments = (guarantor, beneficiary, LOAN, amount, 1, {"from": loan_officer})
        if direct:
            with reverts("GuaranteeRegistry_CircleRefused", guarantor, beneficiary, 0):
                capable.guarantee(*arguments)
            outcomes["direct"] += 1
        elif thirds:
            with pytest.raises(VirtualMachineError) as refusal:
                capable.guarantee(*arguments)
            allowed = {f"GuaranteeRegistry_CircleRefused: {guarantor}, {beneficiary}, {third}" for third in thirds}
            assert refusal.value.revert_msg in allowed, f"seed {SEED}, step {step}"
            outcomes["two-step"] += 1
        else:
            sent = capable.guarantee(*arguments)
            live[int(sent.events["GuaranteeGiven"]["guarantee"])] = (guarantor, beneficiary, amount)
            count = graph.edges[start, end]["count"] if graph.has_edge(start, end) else 0
            graph.add_edge(start, end, count=count + 1)
            outcomes["given"] += 1
        assert list(nx.simple_cycles(graph, length_bound=3)) == [], f"seed {SEED}, step {step}"
    for one in graph:
        expected = {other: graph.edges[other, one]["count"] for other in graph.predecessors(one)}
        assert guarantors(capable, one) == expected, f"seed {SEED}, node {one}"
    for one in node:
        cover = sum(amount for guarantor, _, amount in live.values() if guarantor == one)
        assert capable.capacityOf(one) == (CAPACITY, cover), f"seed {SEED}, customer {one}"
    groups = sum(amount for guarantor, _, amount in live.values() if guarantor in sisters[:2])
    assert capable.groupCapacityOf(9) == (0, groups), f"seed {SEED}"
    print(f"seed {SEED}: {outcomes}")
    assert min(outcomes.values()) >= 5, outcomes
