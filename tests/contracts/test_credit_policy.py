"""Limits and their use: what an act may reserve, what a fact only flags."""

from __future__ import annotations

import pytest

from scripts.roles import Role
from tests.contracts.expect import assert_events, event, reverts

CUSTOMER, GROUP, INDUSTRY, REGION = range(4)  # Dimension
NONE, BOOK, TIER1 = range(3)  # Denominator
PPB = 10**9
UNLIMITED = 2**128 - 1
LARGEST = 2**64 - 1
RESOLUTION = b"resolution".ljust(32, b"\0")
REASON = b"reason".ljust(32, b"\0")
OTHER_REASON = b"another reason".ljust(32, b"\0")
CHAIR, DIRECTOR = 1, 2
K, GUANGDONG = ord("K"), int.from_bytes(b"CN-GD\0", "big")
ALONE = (1, b"K70\0", b"CN-GD\0")  # a customer without a group
MEMBER = (2, b"K70\0", b"CN-GD\0")  # a customer of group 9
NODES_ALONE = [(CUSTOMER, 1), (INDUSTRY, K), (REGION, GUANGDONG)]
NODES_MEMBER = [(CUSTOMER, 2), (GROUP, 9), (INDUSTRY, K), (REGION, GUANGDONG)]
OTHERS = [(CUSTOMER, 3), (GROUP, 8), (INDUSTRY, ord("C")), (REGION, int.from_bytes(b"CN-HE\0", "big"))]


@pytest.fixture(scope="module")
def policy(system):
    return system.policy


@pytest.fixture(scope="module")
def book(system, as_contract):
    return as_contract(system.book)


@pytest.fixture(scope="module")
def registry(system, as_contract):
    return as_contract(system.customers)


@pytest.fixture(scope="module", autouse=True)
def group(policy, registry):
    policy.assignGroup(2, 9, {"from": registry})


@pytest.fixture
def limit(policy, chair, today):
    """A function that sets a limit as the chair."""

    def put(dimension, key, limit=0, share=0, denominator=NONE):
        return policy.setLimit(dimension, key, limit, share, denominator, RESOLUTION, today + 365, {"from": chair})

    return put


def usage(policy, dimension, key):
    """(exposure, reserved) of a bucket."""
    return policy.bucketOf(dimension, key)[:2]


def usages(policy, nodes):
    return {node: usage(policy, *node) for node in nodes}


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize("node", [(CUSTOMER, 2**32 - 1), (GROUP, 1), (INDUSTRY, 255), (REGION, 2**48 - 1)])
def test_a_limit_is_set(policy, chair, limit, today, node):
    transaction = limit(*node, limit=5_000)
    assert_events(
        transaction,
        event(
            "LimitSet",
            dimension=node[0],
            key=node[1],
            limit=5_000,
            share=0,
            denominator=NONE,
            resolution=RESOLUTION,
            reviewDate=today + 365,
            person=CHAIR,
        ),
    )
    assert policy.bucketOf(*node) == (0, 0, 5_000, 0, NONE, 0)
    assert policy.headroom(*node) == 5_000


def test_a_limit_does_not_touch_usage_or_group(policy, book, limit):
    policy.reserve(1, MEMBER, 700, {"from": book})
    policy.convert(MEMBER, 300, {"from": book})
    limit(CUSTOMER, 2, limit=5_000)
    assert policy.bucketOf(CUSTOMER, 2) == (300, 400, 5_000, 0, NONE, 9)
    assert policy.headroom(CUSTOMER, 2) == 4_300
    limit(CUSTOMER, 2)
    assert policy.bucketOf(CUSTOMER, 2) == (300, 400, 0, 0, NONE, 9)
    assert policy.headroom(CUSTOMER, 2) == UNLIMITED


@pytest.mark.parametrize(
    "node", [(CUSTOMER, 0), (CUSTOMER, 2**32), (GROUP, 2**32), (INDUSTRY, 256), (INDUSTRY, 0), (REGION, 2**48)]
)
def test_a_limit_needs_a_key_that_somebody_can_have(limit, node):
    with reverts("CreditPolicy_KeyInvalid", *node):
        limit(*node, limit=1)


def test_a_limit_fits_its_bucket(limit, policy):
    with reverts("CreditPolicy_Overflow", CUSTOMER, 1, LARGEST + 1):
        limit(CUSTOMER, 1, limit=LARGEST + 1)
    limit(CUSTOMER, 1, limit=LARGEST)
    assert policy.headroom(CUSTOMER, 1) == LARGEST


@pytest.mark.parametrize(("share", "denominator"), [(PPB + 1, TIER1), (1, NONE), (0, BOOK)])
def test_a_share_is_of_something(limit, share, denominator):
    with reverts("CreditPolicy_ShareInvalid", share, denominator):
        limit(CUSTOMER, 1, share=share, denominator=denominator)


def test_a_share_limit_needs_an_attested_denominator(limit):
    with reverts("CreditPolicy_DenominatorMissing", TIER1):
        limit(CUSTOMER, 1, share=PPB // 10, denominator=TIER1)


def test_a_denominator_is_attested_as_of_a_date(policy, chair, director, today):
    transaction = policy.attest(TIER1, 10_000, today - 1, {"from": director})
    assert_events(
        transaction, event("DenominatorAttested", denominator=TIER1, amount=10_000, asOf=today - 1, person=DIRECTOR)
    )
    assert policy.denominatorOf(TIER1) == (10_000, today - 1)
    assert policy.denominatorOf(BOOK) == (0, 0)
    for denominator, as_of in ((TIER1, today - 2), (TIER1, today + 1), (TIER1, 0), (NONE, today)):
        previous = today - 1 if denominator == TIER1 else 0
        with reverts("CreditPolicy_AttestationInvalid", denominator, as_of, previous):
            policy.attest(denominator, 1, as_of, {"from": chair})
    policy.attest(TIER1, 0, today - 1, {"from": chair})  # a bank may have lost it all
    assert policy.denominatorOf(TIER1) == (0, today - 1)


def test_the_lower_of_two_limits_holds(policy, chair, book, limit, today):
    """10.0000001 % of 9,999 is 999.9 fen: rounded down to 999."""
    policy.attest(TIER1, 9_999, today, {"from": chair})
    limit(CUSTOMER, 1, limit=5_000, share=PPB // 10 + 1, denominator=TIER1)
    assert policy.bucketOf(CUSTOMER, 1) == (0, 0, 5_000, PPB // 10 + 1, TIER1, 0)
    assert policy.headroom(CUSTOMER, 1) == 999
    with reverts("CreditPolicy_LimitExceeded", CUSTOMER, 1, 0, 1_000, 999):
        policy.reserve(1, ALONE, 1_000, {"from": book})
    policy.reserve(1, ALONE, 999, {"from": book})
    policy.attest(TIER1, 10**9, today, {"from": chair})
    assert policy.headroom(CUSTOMER, 1) == 5_000 - 999


# ---------------------------------------------------------------- usage


@pytest.mark.parametrize(("keys", "nodes"), [(ALONE, NODES_ALONE), (MEMBER, NODES_MEMBER)])
def test_headroom_is_reserved_converted_and_given_back(policy, book, keys, nodes):
    """I4: each dimension carries the same; the loan's own event tells it, so the policy emits nothing."""
    steps = [
        (lambda: policy.reserve(1, keys, 1_000, {"from": book}), (0, 1_000)),
        (lambda: policy.convert(keys, 600, {"from": book}), (600, 400)),
        (lambda: policy.unreserve(keys, 150, {"from": book}), (600, 250)),
        (lambda: policy.reduce(keys, 200, {"from": book}), (400, 250)),
        (lambda: policy.add(keys, 50, {"from": book}), (450, 250)),
        (lambda: policy.convert(keys, 250, {"from": book}), (700, 0)),
        (lambda: policy.reduce(keys, 700, {"from": book}), (0, 0)),
    ]
    for step, expected in steps:
        assert_events(step())
        assert usages(policy, nodes) == dict.fromkeys(nodes, expected)
        assert usages(policy, OTHERS) == dict.fromkeys(OTHERS, (0, 0))
        assert policy.totalExposure() == expected[0]


@pytest.mark.parametrize("node", NODES_MEMBER)
def test_an_act_past_a_limit_is_refused_whole(policy, book, limit, node):
    policy.add(MEMBER, 300, {"from": book})
    limit(*node, limit=1_000)
    with reverts("CreditPolicy_LimitExceeded", *node, 300, 701, 1_000):
        policy.reserve(1, MEMBER, 701, {"from": book})
    assert usages(policy, NODES_MEMBER) == dict.fromkeys(NODES_MEMBER, (300, 0))
    policy.reserve(1, MEMBER, 700, {"from": book})
    assert policy.headroom(*node) == 0


def test_a_lowered_limit_does_not_stop_what_was_reserved(policy, book, limit):
    policy.reserve(1, ALONE, 1_000, {"from": book})
    limit(CUSTOMER, 1, limit=10)
    policy.convert(ALONE, 1_000, {"from": book})
    assert usage(policy, CUSTOMER, 1) == (1_000, 0)
    assert policy.headroom(CUSTOMER, 1) == 0


@pytest.mark.parametrize("node", NODES_MEMBER)
def test_a_fact_past_a_limit_is_recorded_and_flagged(policy, book, limit, node):
    policy.reserve(1, MEMBER, 5, {"from": book})
    limit(*node, limit=1_000)
    assert_events(policy.add(MEMBER, 995, {"from": book}))
    transaction = policy.add(MEMBER, 1, {"from": book})
    flagged = event("LimitBreached", dimension=node[0], key=node[1], exposure=996, reserved=5, limit=1_000)
    assert_events(transaction, flagged)
    assert usages(policy, NODES_MEMBER) == dict.fromkeys(NODES_MEMBER, (996, 5))


def test_more_than_there_is_cannot_be_taken_out(policy, book):
    policy.reserve(1, ALONE, 10, {"from": book})
    policy.convert(ALONE, 4, {"from": book})
    with reverts("CreditPolicy_Underflow", CUSTOMER, 1, 6, 7):
        policy.convert(ALONE, 7, {"from": book})
    with reverts("CreditPolicy_Underflow", CUSTOMER, 1, 6, 7):
        policy.unreserve(ALONE, 7, {"from": book})
    with reverts("CreditPolicy_Underflow", CUSTOMER, 1, 4, 5):
        policy.reduce(ALONE, 5, {"from": book})
    elsewhere = (1, b"K70\0", b"CN-HE\0")
    with reverts("CreditPolicy_Underflow", REGION, int.from_bytes(b"CN-HE\0", "big"), 0, 1):
        policy.reduce(elsewhere, 1, {"from": book})
    assert usages(policy, NODES_ALONE) == dict.fromkeys(NODES_ALONE, (4, 6))


def test_a_bucket_never_runs_into_its_neighbour(policy, book):
    policy.reserve(1, ALONE, LARGEST - 1, {"from": book})
    policy.convert(ALONE, LARGEST - 1, {"from": book})
    assert usages(policy, NODES_ALONE) == dict.fromkeys(NODES_ALONE, (LARGEST - 1, 0))
    with reverts("CreditPolicy_Overflow", CUSTOMER, 1, LARGEST + 1):
        policy.add(ALONE, 2, {"from": book})
    with reverts("CreditPolicy_Overflow", INDUSTRY, K, LARGEST + 1):
        policy.reserve(2, (3, b"K70\0", b"CN-GD\0"), 2, {"from": book})
    with reverts("CreditPolicy_Overflow", CUSTOMER, 1, LARGEST - 1 + 2**128 - 1):
        policy.add(ALONE, 2**128 - 1, {"from": book})
    policy.reserve(2, ALONE, 1, {"from": book})
    assert usages(policy, NODES_ALONE) == dict.fromkeys(NODES_ALONE, (LARGEST - 1, 1))


def test_the_whole_book_is_the_sum_over_regions(policy, book):
    policy.add(ALONE, 100, {"from": book})
    policy.add((3, b"C13\0", b"CN-HE\0"), 20, {"from": book})
    policy.reserve(1, (3, b"C13\0", b"US-CA\0"), 7, {"from": book})
    assert policy.totalExposure() == 120
    policy.reduce(ALONE, 100, {"from": book})
    policy.add(ALONE, 3, {"from": book})  # a region that emptied is still listed once
    assert policy.totalExposure() == 23


def test_keys_of_codes(policy):
    assert policy.industryKey(b"K70\0") == K
    assert policy.industryKey(bytes(4)) == 0
    assert policy.regionKey(b"CN-GD\0") == GUANGDONG


# ---------------------------------------------------------------- groups


def test_a_customers_usage_moves_with_it(policy, book, registry):
    policy.reserve(1, MEMBER, 500, {"from": book})
    policy.convert(MEMBER, 300, {"from": book})
    transaction = policy.assignGroup(2, 10, {"from": registry})
    assert_events(transaction, event("GroupAssigned", customer=2, group=10, previous=9, exposure=300, reserved=200))
    assert usages(policy, [(GROUP, 9), (GROUP, 10), (CUSTOMER, 2)]) == {
        (GROUP, 9): (0, 0),
        (GROUP, 10): (300, 200),
        (CUSTOMER, 2): (300, 200),
    }
    assert policy.bucketOf(CUSTOMER, 2)[5] == 10
    transaction = policy.assignGroup(2, 0, {"from": registry})
    assert_events(transaction, event("GroupAssigned", customer=2, group=0, previous=10, exposure=300, reserved=200))
    assert usage(policy, GROUP, 10) == (0, 0)
    assert usage(policy, GROUP, 0) == (0, 0)
    policy.reduce(MEMBER, 300, {"from": book})
    assert usage(policy, CUSTOMER, 2) == (0, 200)


def test_joining_a_group_is_a_fact_and_flags_its_limit(policy, book, registry, limit):
    policy.add(MEMBER, 80, {"from": book})
    policy.add(ALONE, 30, {"from": book})
    limit(GROUP, 9, limit=100)
    transaction = policy.assignGroup(1, 9, {"from": registry})
    assert_events(
        transaction,
        event("GroupAssigned", customer=1, group=9, previous=0, exposure=30, reserved=0),
        event("LimitBreached", dimension=GROUP, key=9, exposure=110, reserved=0, limit=100),
    )


# ---------------------------------------------------------------- overrides


def test_two_board_members_let_one_act_pass(policy, book, chair, director, limit):
    limit(CUSTOMER, 2, limit=100)
    limit(REGION, GUANGDONG, limit=50)
    signing = policy.signOverride(77, REASON, {"from": chair})
    assert_events(signing, event("OverrideSigned", loanId=77, person=CHAIR, reasonHash=REASON))
    assert policy.overrideOf(77) == (CHAIR, False, False)
    with reverts("CreditPolicy_LimitExceeded", CUSTOMER, 2, 0, 120, 100):
        policy.reserve(77, MEMBER, 120, {"from": book})
    granting = policy.signOverride(77, REASON, {"from": director})
    assert_events(granting, event("OverrideGranted", loanId=77, person=DIRECTOR, reasonHash=REASON))
    with reverts("CreditPolicy_LimitExceeded", CUSTOMER, 2, 0, 120, 100):
        policy.reserve(78, MEMBER, 120, {"from": book})  # another loan
    transaction = policy.reserve(77, MEMBER, 120, {"from": book})
    assert_events(
        transaction,
        event("OverrideUsed", loanId=77, dimension=CUSTOMER, key=2, used=120, limit=100),
        event("OverrideUsed", loanId=77, dimension=REGION, key=GUANGDONG, used=120, limit=50),
    )
    assert policy.overrideOf(77) == (CHAIR, True, True)
    assert usages(policy, NODES_MEMBER) == dict.fromkeys(NODES_MEMBER, (0, 120))
    with reverts("CreditPolicy_LimitExceeded", CUSTOMER, 2, 120, 1, 100):
        policy.reserve(77, MEMBER, 1, {"from": book})


def test_an_override_that_is_not_needed_is_not_used(policy, book, chair, director):
    policy.signOverride(77, REASON, {"from": chair})
    policy.signOverride(77, REASON, {"from": director})
    assert_events(policy.reserve(77, ALONE, 10, {"from": book}))
    assert policy.overrideOf(77) == (CHAIR, True, False)


def test_one_person_is_no_quorum(policy, chair, director, second_account, spares):
    """I30."""
    account = second_account("chair", spares[0], Role.BOARD)
    policy.signOverride(77, REASON, {"from": chair})
    for again in (chair, account):
        with reverts("CreditPolicy_OverrideRepeated", 77, CHAIR):
            policy.signOverride(77, REASON, {"from": again})
    policy.signOverride(77, REASON, {"from": director})
    with reverts("CreditPolicy_OverrideRepeated", 77, DIRECTOR):
        policy.signOverride(77, REASON, {"from": director})


def test_two_signatures_give_one_reason(policy, chair, director):
    """A wrong reason binds nobody: another takes its place, the same person's too, until two have signed one."""
    policy.signOverride(77, REASON, {"from": chair})
    sent = policy.signOverride(77, OTHER_REASON, {"from": director})
    assert_events(sent, event("OverrideSigned", loanId=77, person=DIRECTOR, reasonHash=OTHER_REASON))
    assert policy.overrideOf(77) == (DIRECTOR, False, False)
    policy.signOverride(77, REASON, {"from": director})
    assert policy.overrideOf(77) == (DIRECTOR, False, False)
    with reverts("CreditPolicy_OverrideRepeated", 77, DIRECTOR):
        policy.signOverride(77, REASON, {"from": director})
    sent = policy.signOverride(77, REASON, {"from": chair})
    assert_events(sent, event("OverrideGranted", loanId=77, person=CHAIR, reasonHash=REASON))
    with reverts("CreditPolicy_OverrideRepeated", 77, DIRECTOR):
        policy.signOverride(77, OTHER_REASON, {"from": director})
    assert policy.overrideOf(77) == (DIRECTOR, True, False)


# ---------------------------------------------------------------- pause and day


def test_a_pause_stops_limits_and_overrides_not_attestations(policy, authority_paused, chair, limit, today):
    with reverts("Governed_Paused", authority_paused):
        limit(CUSTOMER, 1, limit=1)
    with reverts("Governed_Paused", authority_paused):
        policy.signOverride(1, REASON, {"from": chair})
    policy.attest(TIER1, 1, today, {"from": chair})


def test_nothing_is_set_while_no_day_is_open(policy, system, treasurer, chair, limit, today):
    system.authority.closeDay({"from": treasurer})
    with reverts("Governed_DayNotOpen", today):
        limit(CUSTOMER, 1, limit=1)
    with reverts("Governed_DayNotOpen", today):
        policy.attest(TIER1, 1, today, {"from": chair})
    with reverts("Governed_DayNotOpen", today):
        policy.signOverride(1, REASON, {"from": chair})
