"""Ratings made by one person and checked, field by field, by another."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from scripts.roles import Role
from tests.contracts.expect import assert_events, event, reverts

RISK_OFFICER, APPROVER = 3, 5
FILE = keccak(b"ratings.csv")


@pytest.fixture(scope="module")
def ratings(system):
    return system.ratings


@pytest.fixture(scope="module")
def customer(make_customer):
    return make_customer()


@pytest.fixture
def assessment(customer, today):
    """A function that gives a rating of the customer, as of today unless told otherwise."""

    def make(**changes):
        fields = {
            "customer": customer,
            "grade": 4,
            "scorecard": 7,
            "debtServiceCover": 1_250,
            "ratedOn": today,
            "expiresOn": today + 365,
        }
        return tuple((fields | changes).values())

    return make


def told(assessment):
    customer, grade, scorecard, cover, rated_on, expires_on = assessment
    return {
        "customer": customer,
        "grade": grade,
        "scorecard": scorecard,
        "debtServiceCover": cover,
        "ratedOn": rated_on,
        "expiresOn": expires_on,
    }


def test_a_rating_is_made_and_checked(ratings, customer, assessment, risk_officer, approver, today):
    rating = assessment()
    making = ratings.propose(rating, {"from": risk_officer})
    assert_events(making, event("RatingProposed", **told(rating), person=RISK_OFFICER))
    assert ratings.proposalOf(customer) == (rating, RISK_OFFICER)
    assert ratings.ratingOf(customer) == (0, 0)
    checking = ratings.confirm(rating, {"from": approver})
    assert_events(checking, event("RatingConfirmed", **told(rating), previous=0, person=APPROVER))
    assert ratings.ratingOf(customer) == (4, today + 365)
    assert ratings.assessmentOf(customer) == rating
    assert ratings.proposalOf(customer) == ((customer, 0, 0, 0, 0, 0), 0)


def test_a_new_rating_replaces_the_old_when_checked(ratings, customer, assessment, risk_officer, approver, today):
    for grade, previous in ((4, 0), (9, 4)):
        rating = assessment(grade=grade, expiresOn=today + grade)
        ratings.propose(rating, {"from": risk_officer})
        assert ratings.ratingOf(customer)[0] == previous
        checking = ratings.confirm(rating, {"from": approver})
        assert_events(checking, event("RatingConfirmed", **told(rating), previous=previous, person=APPROVER))
    assert ratings.ratingOf(customer) == (9, today + 9)


def test_the_maker_does_not_check(ratings, assessment, risk_officer, second_account, spares):
    """I30."""
    account = second_account("risk_officer", spares[0], Role.APPROVER)
    ratings.propose(assessment(), {"from": risk_officer})
    with reverts("Governed_SamePerson", RISK_OFFICER):
        ratings.confirm(assessment(), {"from": account})


@pytest.mark.parametrize("change", ["grade", "scorecard", "debtServiceCover", "ratedOn", "expiresOn"])
def test_what_is_checked_is_what_was_made(ratings, customer, assessment, risk_officer, approver, change, today):
    fields = {"grade": 5, "scorecard": 8, "debtServiceCover": 1_251, "ratedOn": today - 1, "expiresOn": today + 366}
    ratings.propose(assessment(), {"from": risk_officer})
    with reverts("RatingRegistry_Differs", customer, 5 if change == "grade" else 4, 4):
        ratings.confirm(assessment(**{change: fields[change]}), {"from": approver})
    assert ratings.ratingOf(customer) == (0, 0)


def test_nothing_proposed_is_nothing_to_check(ratings, customer, assessment, risk_officer, approver):
    with reverts("RatingRegistry_NothingProposed", customer):
        ratings.confirm(assessment(), {"from": approver})
    ratings.propose(assessment(), {"from": risk_officer})
    ratings.confirm(assessment(), {"from": approver})
    with reverts("RatingRegistry_NothingProposed", customer):
        ratings.confirm(assessment(), {"from": approver})


@pytest.mark.parametrize(
    ("grade", "rated", "expires"), [(0, 0, 1), (21, 0, 1), (255, 0, 1), (4, 1, 2), (4, -2, -1), (4, 0, -1)]
)
def test_grade_and_dates_make_sense(ratings, customer, assessment, risk_officer, today, grade, rated, expires):
    with reverts("RatingRegistry_Invalid", customer, grade, today + rated, today + expires):
        ratings.propose(
            assessment(grade=grade, ratedOn=today + rated, expiresOn=today + expires), {"from": risk_officer}
        )


@pytest.mark.parametrize("grade", [1, 20])
def test_the_best_and_the_worst_grade(ratings, customer, assessment, risk_officer, approver, today, grade):
    rating = assessment(grade=grade, ratedOn=today, expiresOn=today)
    ratings.propose(rating, {"from": risk_officer})
    ratings.confirm(rating, {"from": approver})
    assert ratings.ratingOf(customer) == (grade, today)


def test_a_rating_that_expired_while_it_waited_is_not_confirmed(
    ratings, customer, assessment, risk_officer, approver, next_day, today
):
    rating = assessment(expiresOn=today + 1)
    ratings.propose(rating, {"from": risk_officer})
    next_day(2)
    with reverts("RatingRegistry_Invalid", customer, 4, today, today + 1):
        ratings.confirm(rating, {"from": approver})


def test_an_earlier_rating_does_not_replace_a_later_one(ratings, customer, assessment, risk_officer, approver, today):
    for grade, rated in ((4, today - 3), (9, today - 2), (8, today - 2)):
        rating = assessment(grade=grade, ratedOn=rated)
        ratings.propose(rating, {"from": risk_officer})
        ratings.confirm(rating, {"from": approver})
    earlier = assessment(grade=4, ratedOn=today - 3)
    ratings.propose(earlier, {"from": risk_officer})
    with reverts("RatingRegistry_Invalid", customer, 4, today - 3, today + 365):
        ratings.confirm(earlier, {"from": approver})
    assert ratings.ratingOf(customer) == (8, today + 365)


def test_only_customers_are_rated(ratings, assessment, risk_officer):
    with reverts("CustomerRegistry_Unknown", 99):
        ratings.propose(assessment(customer=99), {"from": risk_officer})


def test_ratings_are_made_and_checked_in_batches(ratings, customer, make_customer, assessment, risk_officer, approver):
    rows = [assessment(), assessment(customer=make_customer(), grade=11)]
    making = ratings.proposeInBatch(rows, {"from": risk_officer})
    assert_events(making, *(event("RatingProposed", **told(row), person=RISK_OFFICER) for row in rows))
    checking = ratings.confirmInBatch(rows, {"from": approver})
    assert_events(checking, *(event("RatingConfirmed", **told(row), previous=0, person=APPROVER) for row in rows))
    assert [ratings.assessmentOf(row[0]) for row in rows] == rows


def test_one_refused_rating_refuses_its_batch(
    ratings, customer, make_customer, assessment, risk_officer, approver, second_account, spares, today
):
    """I30 holds for each row of a batch too."""
    good, other = assessment(), make_customer()
    with reverts("RatingRegistry_Invalid", other, 21, today, today + 365):
        ratings.proposeInBatch([good, assessment(customer=other, grade=21)], {"from": risk_officer})
    assert ratings.proposalOf(customer)[1] == 0
    ratings.propose(good, {"from": risk_officer})
    with reverts("RatingRegistry_NothingProposed", other):
        ratings.confirmInBatch([good, assessment(customer=other)], {"from": approver})
    account = second_account("risk_officer", spares[0], Role.APPROVER)
    with reverts("Governed_SamePerson", RISK_OFFICER):
        ratings.confirmInBatch([good], {"from": account})
    assert ratings.ratingOf(customer) == (0, 0)


def test_a_pause_stops_ratings(ratings, system, assessment, risk_officer, approver, guardian):
    """I32."""
    ratings.propose(assessment(), {"from": risk_officer})
    system.authority.pause(3_600, {"from": guardian})
    until = system.authority.pausedUntil()
    with reverts("Governed_Paused", until):
        ratings.propose(assessment(), {"from": risk_officer})
    with reverts("Governed_Paused", until):
        ratings.confirm(assessment(), {"from": approver})
    with reverts("Governed_Paused", until):
        ratings.proposeInBatch([assessment()], {"from": risk_officer})
    with reverts("Governed_Paused", until):
        ratings.confirmInBatch([assessment()], {"from": approver})


# ---------------------------------------------------------------- opening book


@pytest.fixture
def released(ratings, loan_officer, approver):
    ratings.proposeImport(FILE, 2, 0, {"from": loan_officer})
    ratings.releaseImport(1, {"from": approver})
    return 1


def test_ratings_of_an_opening_book(ratings, customer, make_customer, released, assessment, loan_officer, today):
    rows = [assessment(expiresOn=today - 1, ratedOn=today - 400), assessment(customer=make_customer(), grade=20)]
    transaction = ratings.importRatings(released, rows, {"from": loan_officer})
    assert_events(transaction, *(event("RatingImported", **told(row), importId=released) for row in rows))
    assert ratings.importOf(released)[1:] == (2, 0)
    assert ratings.ratingOf(customer) == (4, today - 1)  # as it stood, expired or not
    assert ratings.assessmentOf(rows[1][0]) == rows[1]


def test_an_imported_rating_never_replaces_one(
    ratings, customer, released, assessment, loan_officer, risk_officer, approver
):
    ratings.propose(assessment(), {"from": risk_officer})
    ratings.confirm(assessment(), {"from": approver})
    with reverts("RatingRegistry_AlreadyRated", customer, 4):
        ratings.importRatings(released, [assessment(grade=1)], {"from": loan_officer})


def test_an_imported_rating_is_checked_too(ratings, customer, released, assessment, loan_officer, today):
    for changes in ({"grade": 0}, {"grade": 21}, {"ratedOn": today + 1}, {"expiresOn": today - 1}):
        row = assessment(**changes)
        with reverts("RatingRegistry_Invalid", customer, row[1], row[4], row[5]):
            ratings.importRatings(released, [row], {"from": loan_officer})
    with reverts("CustomerRegistry_Unknown", 99):
        ratings.importRatings(released, [assessment(customer=99)], {"from": loan_officer})
    with reverts("Importing_Mismatch", released, 3, 2, 0, 0):
        ratings.importRatings(released, [assessment()] * 3, {"from": loan_officer})
