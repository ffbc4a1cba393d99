"""From hand-made event tables to the ledger: by value, cut by block and value date, refused where broken."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from analytics.book import AsOf, rebuild
from analytics.errors import InvalidInput, NotFound
from analytics.ledger import SCHEMAS
from tests.analytics.book.tables import event_tables, schemas

FEN = 100
ACCOUNT = "0x" + "00" * 20
LOAN = 7

CUSTOMER = ("customer_registry.customer_registered", {
    "customer": 1, "kind": 3, "industry": "K70", "region": "CN-GD", "group": 4, "borrowers": 1, "registered_on": 100,
})  # fmt: skip
RATED = ("rating_registry.rating_imported", {"customer": 1, "grade": 3, "rated_on": 90, "expires_on": 400})
APPLIED = ("loan_book.loan_applied", {
    "loan_id": LOAN, "customer": 1, "product": 1, "industry": "K70", "region": "CN-GD", "purpose": "WCAP",
    "amount": 1_000, "rate": 45_000_000, "maturity": 800, "value_date": 101,
})  # fmt: skip
APPROVED = ("loan_book.loan_approved", {"loan_id": LOAN, "amount": 1_000, "available_until": 191, "value_date": 102})
DRAWN = ("loan_book.loan_drawn", {
    "loan_id": LOAN, "posting": 1, "value_date": 103, "amount": 900, "principal": 900, "undrawn": 100,
    "account": ACCOUNT,
})  # fmt: skip
FELL_DUE = ("loan_book.instalment_fell_due", {
    "loan_id": LOAN, "instalment": 1, "due_date": 193, "interest": 40, "interest_due": 40, "oldest_due": 193,
})  # fmt: skip
REPAID = ("loan_book.loan_repaid", {
    "loan_id": LOAN, "payer": ACCOUNT, "posting": 2, "value_date": 195, "principal": 300, "interest": 40,
    "outstanding": 600, "instalment": 1, "state": 5,
})  # fmt: skip


def opened(day):
    return "authority.day_opened", {"business_date": day}


LIFE = (
    opened(100), CUSTOMER, RATED, opened(101), APPLIED, opened(102), APPROVED, opened(103), DRAWN, opened(193),
    FELL_DUE, opened(196), REPAID,
)  # fmt: skip


def only(book):
    assert len(book.loans) == 1
    return book.loans.iloc[0]


def test_a_life_is_told_by_its_last_words():
    book = rebuild(event_tables(*LIFE))
    loan = only(book)
    assert (loan.loan, loan.customer, loan.state, loan.category) == (LOAN, 1, "active", "pass")
    assert (loan.principal, loan.undrawn, loan.drawn, loan.principal_paid) == (600, 100, 900, 300)
    assert (loan.interest_due, loan.interest_paid, loan.oldest_due) == (0, 40, 0)
    assert (loan.start, loan.accrued_through, loan.postings, loan.instalment) == (103, 195, 2, 1)
    assert book.business_date == 196
    exposure = book.exposures.iloc[0]
    assert (exposure.group, exposure.grade, exposure.industry, exposure.outstanding) == (4, 3, "K", 600)
    used = book.limits.set_index(["dimension", "key"])["exposure"]
    assert used.to_dict() == {
        ("customer", "1"): 600, ("group", "4"): 600, ("industry", "K"): 600, ("region", "CN-GD"): 600,
    }  # fmt: skip


def test_a_payment_that_leaves_a_claim_alone_leaves_the_loan_written_off():
    """No other event tells it: nothing is closed while something of the claim may come in."""
    last = ("loan_book.loan_repaid", {**REPAID[1], "posting": 3, "principal": 600, "outstanding": 0, "state": 8})
    loan = only(rebuild(event_tables(*LIFE, last)))
    assert (loan.state, loan.principal, loan.postings) == ("written_off", 0, 3)


def test_a_lapse_that_leaves_a_claim_alone_leaves_no_part_of_a_fen():
    """What was rounded up stays accrued while something can be drawn; the lapse tells the state only."""
    last = ("loan_book.loan_repaid", {
        **REPAID[1], "posting": 3, "principal": 600, "outstanding": 0, "accrued": 359_999_999_999, "state": 5,
    })  # fmt: skip
    lapsed = ("loan_book.approval_lapsed", {"loan_id": LOAN, "amount": 100, "state": 8, "value_date": 197})
    assert only(rebuild(event_tables(*LIFE, last))).accrued == 359_999_999_999
    loan = only(rebuild(event_tables(*LIFE, last, lapsed)))
    assert (loan.state, loan.accrued, loan.undrawn) == ("written_off", 0, 0)


def test_every_table_has_its_declared_columns_though_nothing_happened():
    """An empty record is an empty book, not an error."""
    book = rebuild(event_tables())
    assert book.business_date == 0
    for name, schema in SCHEMAS.items():
        table = getattr(book, name)
        assert len(table) == 0
        assert list(table.columns) == list(schema)


@pytest.mark.parametrize(
    ("block", "state", "principal", "undrawn", "interest_due"),
    [
        (5, "applied", 0, 1_000, 0), (7, "approved", 0, 1_000, 0), (9, "active", 900, 100, 0),
        (11, "active", 900, 100, 40), (12, "active", 900, 100, 40), (13, "active", 600, 100, 0),
    ],
)  # fmt: skip
def test_the_book_as_known_at_a_block(block, state, principal, undrawn, interest_due):
    loan = only(rebuild(event_tables(*LIFE), block))
    assert (loan.state, loan.principal, loan.undrawn, loan.interest_due) == (state, principal, undrawn, interest_due)


def test_before_the_first_event_of_a_thing_it_is_not_there():
    book = rebuild(event_tables(*LIFE), AsOf(block=4))
    assert (len(book.customers), len(book.loans)) == (1, 0)
    assert len(rebuild(event_tables(*LIFE), AsOf(block=0)).customers) == 0


def test_a_payment_counts_by_its_value_date_and_an_event_without_one_by_its_business_day():
    """The payment was recorded on day 196 for day 195; the instalment fell due on the business day 193."""
    tables = event_tables(*LIFE)
    by_day = {day: only(rebuild(tables, AsOf(value_date=day))) for day in (103, 192, 193, 194, 195)}
    assert [by_day[day].principal for day in by_day] == [900, 900, 900, 900, 600]
    assert [by_day[day].interest_due for day in by_day] == [0, 0, 40, 40, 0]
    assert len(rebuild(tables, AsOf(value_date=100)).loans) == 0
    assert len(rebuild(tables, AsOf(value_date=100)).customers) == 1
    assert len(rebuild(tables, AsOf(value_date=99)).customers) == 0


def test_for_a_value_date_as_known_at_a_block():
    """Day 195 as it was known before the payment was recorded."""
    tables = event_tables(*LIFE)
    assert only(rebuild(tables, AsOf(block=12, value_date=195))).principal == 900
    assert only(rebuild(tables, AsOf(block=13, value_date=195))).principal == 600


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (APPLIED, "loan_book.loan_drawn row 0: loan 7 has no first event"),
        (CUSTOMER, "loans row 0: customer 1 has no first event"),
    ],
    ids=["loan", "customer"],
)
def test_a_missing_first_event_is_noticed(missing, message):
    """The gap is told with table, row and id where rows name what no first event told."""
    with pytest.raises(NotFound, match=rf"{message}; a log is missing, read the range again"):
        rebuild(event_tables(*(row for row in LIFE if row is not missing)))


def test_a_missing_table_is_told():
    tables = event_tables(*LIFE)
    del tables["loan_book.loan_drawn"]
    with pytest.raises(NotFound, match=r"event table loan_book\.loan_drawn is absent"):
        rebuild(tables)


@pytest.mark.parametrize("first", [CUSTOMER, APPLIED], ids=["customer", "loan"])
def test_a_first_event_told_twice_is_refused(first):
    at = LIFE.index(first)
    with pytest.raises(InvalidInput, match="is told twice by its first event: the same log was stored twice"):
        rebuild(event_tables(*LIFE[: at + 1], first, *LIFE[at + 1 :]))


def test_sums_beyond_64_bits_are_exact():
    """Three drawdowns of 2^63 - 1, told loan by loan, summed to the last fen."""
    most = 2**63 - 1
    draws = [
        ("loan_book.loan_drawn", {
            "loan_id": LOAN, "posting": number, "value_date": 103, "amount": most, "principal": most * number,
            "account": ACCOUNT,
        })
        for number in (1, 2, 3)
    ]  # fmt: skip
    book = rebuild(event_tables(*LIFE[:8], *draws))
    loan = only(book)
    assert (loan.drawn, loan.originated, loan.principal) == (3 * most, 3 * most, 3 * most)
    assert 3 * most > 2**64
    assert int(book.limits["exposure"].iloc[0]) == 3 * most


def test_sums_over_the_loans_of_one_bucket_are_exact_beyond_64_bits():
    most = 2**63 - 1
    acts = [opened(100), CUSTOMER]
    for number in range(1, 6):
        acts += [
            ("loan_book.loan_applied", {**APPLIED[1], "loan_id": number}),
            ("loan_book.loan_drawn", {**DRAWN[1], "loan_id": number, "amount": most, "principal": most, "undrawn": 0}),
        ]
    assert rebuild(event_tables(*acts)).limits["exposure"].tolist() == [5 * most] * 4


def test_a_reversed_payment_is_as_if_it_had_not_been():
    reversed_ = (
        ("loan_book.posting_reversed", {
            "block_number": 14, "loan_id": LOAN, "reversed": 2, "posting": 3, "value_date": 195, "principal": 300,
            "interest": 40, "outstanding": 900, "interest_due": 40,
        }),
        ("loan_book.reversal_settled", {
            "block_number": 14, "loan_id": LOAN, "reversed": 2, "kind": 0, "undrawn": 100, "oldest_due": 193,
            "state": 5, "account": ACCOUNT,
        }),
    )  # fmt: skip
    loan = only(rebuild(event_tables(*LIFE, *reversed_)))
    assert (loan.principal, loan.principal_paid, loan.interest_paid, loan.interest_due) == (900, 0, 0, 40)
    assert (loan.oldest_due, loan.postings, loan.undrawn) == (193, 3, 100)


def test_a_fee_taken_back_with_its_payment_is_due_no_more():
    """Of 9 paid in fees 4 were charged with the payment; the reversal leaves the other 5 due."""
    acts = (
        *LIFE[:-1],
        ("loan_book.loan_charged", {"block_number": 13, "loan_id": LOAN, "kind": 0, "posting": 2, "amount": 5}),
        ("loan_book.loan_charged", {"block_number": 14, "loan_id": LOAN, "kind": 0, "posting": 3, "amount": 4}),
        ("loan_book.loan_repaid", {**REPAID[1], "block_number": 14, "posting": 3, "fee": 9}),
        ("loan_book.posting_reversed", {
            "block_number": 15, "loan_id": LOAN, "reversed": 3, "posting": 4, "principal": 300, "interest": 40,
            "fee": 9, "outstanding": 900,
        }),
        ("loan_book.reversal_settled", {"block_number": 15, "loan_id": LOAN, "reversed": 3, "kind": 0, "state": 5}),
        ("loan_book.prepayment_fee_dropped", {
            "block_number": 15, "loan_id": LOAN, "reversed": 3, "posting": 4, "amount": 4, "fee_due": 5,
        }),
    )  # fmt: skip
    loan = only(rebuild(event_tables(*acts)))
    assert (loan.fee_due, loan.fees_paid, loan.postings) == (5, 0, 4)


def test_the_order_of_tables_and_chunks_does_not_matter():
    """I36: the same rows in other chunks, tables named in another order."""
    tables = event_tables(*LIFE)
    cut = {
        name: pa.concat_tables([table.slice(at, 1) for at in range(len(table))]) if len(table) else table
        for name, table in reversed(tables.items())
    }
    book, other = rebuild(tables), rebuild(cut)
    for field in fields(book):
        if isinstance(getattr(book, field.name), pd.DataFrame):
            pd.testing.assert_frame_equal(getattr(book, field.name), getattr(other, field.name))


def test_events_of_one_block_count_in_the_order_of_their_logs():
    """Two payments in one block: the second log's balance stands."""
    again = (
        "loan_book.loan_repaid",
        {**REPAID[1], "block_number": 13, "posting": 3, "principal": 100, "outstanding": 500},
    )
    first = ("loan_book.loan_repaid", {**REPAID[1], "block_number": 13})
    loan = only(rebuild(event_tables(*LIFE[:-1], first, again)))
    assert (loan.principal, loan.principal_paid, loan.postings) == (500, 400, 3)


def covenant(name, day, **told):
    whom = {} if name.endswith("_rule_set") else {"customer": 1}
    return f"covenant_registry.{name}", {"value_date": day, **whom, **told}


COVENANTS = (
    opened(100),
    CUSTOMER,
    covenant(
        "rating_rule_set",
        100,
        product=4,
        worst_grade=10,
        answer=1,
        notches=2,
        downgrade_answer=2,
        downgrade_cure_days=30,
    ),
    covenant("measure_rule_set", 100, product=4, measure=0, threshold=10**9, answer=2, cure_days=30, longest_age=9),
    covenant("measure_rule_set", 100, product=4, measure=2, bound=1, threshold=-1, answer=1),
    covenant("standing_rule_set", 100, product=5, standing=4, answer=2, cure_days=7),
    covenant("standing_rule_set", 102, product=5, standing=4, answer=1),
    covenant("standing_reported", 100, standing=1),
    covenant("facility_entered", 100, product=4, entry_grade=3),
    covenant("facility_entered", 100, product=5, entry_grade=3),
    covenant("figure_reported", 101, measure=0, value=-(10**9), as_of=90),
    covenant("covenant_tested", 101, product=4, test=4, answer=2, cure_by=131, late=True),
    covenant("continuation_answered", 101, product=4, answer=2, reason=4, cure_by=131),
    covenant("figure_reported", 102, measure=5, value=2 * 10**9, as_of=102),
    covenant("standing_reported", 103, standing=4, previous=1),
    covenant("covenant_tested", 103, product=5, test=3, answer=1),
    covenant("continuation_answered", 103, product=5, answer=1, reason=3),
    covenant("facility_reset", 104, product=4, entry_grade=6),
    covenant("covenant_tested", 104, product=4, test=4),
    covenant("continuation_answered", 104, product=4),
)


def test_covenants_answer_what_was_answered_last():
    book = rebuild(event_tables(*COVENANTS))
    assert book.covenants.to_numpy().tolist() == [
        [1, 4, 104, 6, "continue", "none", 0],
        [1, 5, 100, 3, "suspend_drawings", "standing", 0],
    ]
    assert book.covenant_tests.to_numpy().tolist() == [
        [1, 4, "debt_service_cover", "continue", 0, False],
        [1, 5, "standing", "suspend_drawings", 0, False],
    ]
    assert book.standings.to_numpy().tolist() == [[1, "insolvent", 103]]
    assert book.figures.to_numpy().tolist() == [
        [1, "debt_service_cover", -(10**9), 90],
        [1, "current_ratio", 2 * 10**9, 102],
    ]


def test_covenant_rules_are_the_last_set():
    book = rebuild(event_tables(*COVENANTS))
    assert book.rating_rules.to_numpy().tolist() == [[4, 10, "suspend_drawings", 0, 2, "serve_notice", 30]]
    assert book.standing_rules.to_numpy().tolist() == [[5, "insolvent", "suspend_drawings", 0]]
    assert book.measure_rules.to_numpy().tolist() == [
        [4, "debt_service_cover", "minimum", 10**9, "serve_notice", 30, 9],
        [4, "debt_to_earnings", "maximum", -1, "suspend_drawings", 0, 0],
    ]


def test_covenants_as_they_stood_on_a_day():
    book = rebuild(event_tables(*COVENANTS), AsOf(value_date=101))
    assert book.covenants.to_numpy().tolist() == [
        [1, 4, 100, 3, "serve_notice", "debt_service_cover", 131],
        [1, 5, 100, 3, "continue", "none", 0],
    ]
    assert book.covenant_tests.to_numpy().tolist() == [[1, 4, "debt_service_cover", "serve_notice", 131, True]]
    assert book.standings.to_numpy().tolist() == [[1, "watch", 100]]
    assert book.figures["measure"].tolist() == ["debt_service_cover"]


TERMS = {
    "calendar": 1, "business_day_rule": 1, "signed_terms": True, "index": 1, "spread": -7, "default_days": 90,
    "currency": 156,
}  # fmt: skip
INDEXED = (
    opened(100),
    CUSTOMER,
    ("loan_book.product_set", {"product": 6, "cycle_months": 3, "max_rate": 10}),
    ("loan_book.loan_applied", {**APPLIED[1], "loan_id": 1, "product": 6}),
    ("loan_book.servicing_set", {"product": 6, **TERMS, "person": 3}),
    ("loan_book.product_set", {"product": 6, "cycle_months": 6, "max_rate": 20}),
    ("loan_book.product_set", {"product": 7, "cycle_months": 1}),
    ("loan_book.calendar_year_set", {"calendar": 1, "year": 2024, "low": b"\1" * 32, "high": bytes(32)}),
    ("loan_book.calendar_year_set", {"calendar": 1, "year": 2024, "low": b"\2" * 32, "high": b"\3" * 32}),
    ("loan_book.fixing_set", {"index": 1, "day": 95, "value": -5}),
    ("loan_book.fixing_set", {"index": 1, "day": 99, "value": 31_000_000}),
    ("loan_book.loan_applied", {**APPLIED[1], "loan_id": 2, "product": 6, "rate": 5, "terms_hash": b"\4" * 32}),
    ("loan_book.loan_applied", {**APPLIED[1], "loan_id": 3, "product": 6, "terms_hash": b"\5" * 32}),
    ("loan_book.loan_applied", {**APPLIED[1], "loan_id": 4, "product": 7}),
    ("loan_book.term_sheet_signed", {"loan_id": 2, "account": "0xabc", "document": b"\4" * 32, "value_date": 101}),
    ("loan_book.loan_drawn", {**DRAWN[1], "loan_id": 2, "accrued": 3, "value_date": 101}),
    ("loan_book.loan_repriced", {
        "loan_id": 2, "index": 1, "value_date": 110, "fixing_day": 99, "previous_rate": 5, "rate": 30_999_993,
        "accrued": 45, "instalment_amount": 12,
    }),
)  # fmt: skip


def test_products_and_what_their_loans_go_by():
    book = rebuild(event_tables(*INDEXED))
    assert book.products[["product", "cycle_months", "max_rate"]].to_numpy().tolist() == [[6, 6, 20], [7, 1, 0]]
    (terms,) = book.servicing.to_dict("records")
    assert terms == dict.fromkeys(SCHEMAS["servicing"], 0) | TERMS | {"product": 6}
    assert book.calendars.to_numpy().tolist() == [[1, 2024, "0x" + "02" * 32, "0x" + "03" * 32]]
    assert book.fixings.to_numpy().tolist() == [[1, 95, -5], [1, 99, 31_000_000]]


def test_term_sheets_are_those_of_applications_after_the_terms():
    book = rebuild(event_tables(*INDEXED))
    assert book.term_sheets.to_numpy().tolist() == [
        [2, "0x" + "04" * 32, "0xabc", 101],
        [3, "0x" + "05" * 32, "", 0],
    ]


def test_a_repriced_loan_goes_on_at_its_rate():
    book = rebuild(event_tables(*INDEXED))
    loan = book.loans.set_index("loan").loc[2]
    names = ["rate", "accrued", "accrued_through", "instalment_amount"]
    assert loan[names].tolist() == [30_999_993, 45, 110, 12]
    assert book.cares.set_index("loan").loc[2, "repriced_on"] == 110
    before = rebuild(event_tables(*INDEXED), AsOf(value_date=109)).loans.set_index("loan").loc[2]
    assert (before.rate, before.accrued) == (5, 3)


def test_an_answer_without_an_entry_is_a_missing_log():
    with pytest.raises(NotFound, match="facility 1:4 has no first event"):
        rebuild(event_tables(opened(100), CUSTOMER, COVENANTS[12]))


def test_random_payments_leave_what_a_running_sum_leaves():
    """Payments at random on many loans; the seed is printed."""
    seed = 20231231
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    owed = dict.fromkeys(range(1, 21), 10000)
    acts = [opened(100), CUSTOMER]
    for number in owed:
        acts += [
            ("loan_book.loan_applied", {**APPLIED[1], "loan_id": number}),
            ("loan_book.loan_drawn", {**DRAWN[1], "loan_id": number, "amount": 10_000, "principal": 10_000}),
        ]
    for _ in range(200):
        number, amount = int(rng.integers(1, 21)), int(rng.integers(1, 400))
        owed[number] -= amount
        acts.append(
            (
                "loan_book.loan_repaid",
                {**REPAID[1], "loan_id": number, "principal": amount, "outstanding": owed[number]},
            )
        )
    book = rebuild(event_tables(*acts))
    assert dict(zip(book.loans["loan"], book.loans["principal"], strict=True)) == owed
    assert (book.loans["drawn"] - book.loans["principal_paid"] == book.loans["principal"]).all()


def test_the_hand_made_tables_are_the_interfaces_events():
    assert len(schemas()) > 60
    names = schemas()["loan_book.loan_repaid"].names
    assert names[5:9] == ["loan_id", "payer", "posting", "value_date"]
    blocks = event_tables(*LIFE)["authority.day_opened"]["block_number"].to_pylist()
    assert all(earlier < later for earlier, later in pairwise(blocks))


def test_what_a_loan_carries_is_what_was_last_told_of_each_floor():
    """Four floors in one event table, misuse in two, and a loan that carries nothing has no row."""
    book = rebuild(
        event_tables(
            *LIFE,
            ("loan_book.loan_applied", {"loan_id": 8, "customer": 1, "industry": "K70", "region": "CN-GD"}),
            *(
                ("loan_book.floor_set", {"loan_id": LOAN, "floor": floor, "category": category})
                for floor, category in ((0, 5), (1, 3), (3, 2), (0, 4), (1, 0))
            ),
            ("loan_book.misuse_found", {"loan_id": LOAN, "principal": 70, "accrued": 9, "value_date": 197}),
            ("loan_book.penalty_fell_due", {"loan_id": LOAN, "amount": 3, "penalty_accrued": 5}),
            ("loan_book.loan_called", {"loan_id": LOAN}),
            ("loan_book.observation_restarted", {"loan_id": LOAN, "observed_until": 560}),
            ("loan_book.payment_observed", {"loan_id": LOAN, "payments": 2}),
            ("loan_book.technical_delay_exempted", {"loan_id": LOAN, "oldest_due": 193}),
            *(
                ("loan_book.system_debt_reported", {"customer": 1, "total": 9, "overdue": overdue, "as_of": 197})
                for overdue in (4, 2)
            ),
            ("loan_book.loan_classified", {"loan_id": LOAN, "category": 4, "previous": 1, "reason": 2}),
        )
    )
    assert book.cares.iloc[0].to_dict() == {
        "loan": LOAN, "penalty_accrued": 5, "misused": 70, "judgement": "doubtful", "contagion": "none",
        "expected_loss": "none", "restructured": "special_mention", "observed_until": 560, "observed_payments": 2,
        "restructurings": 0, "repriced_on": 0, "called": True, "uncovered": 0, "technical_delay": 193,
    }  # fmt: skip
    assert (len(book.cares), len(book.loans)) == (1, 2)
    told = book.loans.iloc[0]
    assert (told.category, told.reason, told.accrued, told.accrued_through) == ("doubtful", "judgement", 9, 197)
    assert book.system_debts.iloc[0].to_dict() == {"customer": 1, "total": 9, "overdue": 2, "as_of": 197}


def test_no_more_is_demanded_on_a_guarantee_than_is_left_of_it():
    """A release tells what remains, and a demand for more falls to it; a later payment tells both."""
    given = {"guarantee": 1 << 24 | 1, "guarantor": 1, "beneficiary": 1, "loan_id": LOAN, "amount": 900}
    number = {"guarantee": given["guarantee"], "guarantor": 1}
    record = (
        *LIFE,
        ("guarantee_registry.guarantee_given", given),
        ("guarantee_registry.guarantee_demanded", {**number, "loan_id": LOAN, "amount": 600}),
        ("guarantee_registry.guarantee_released", {**number, "released": 300, "amount": 600}),
        ("guarantee_registry.guarantee_released", {**number, "released": 100, "amount": 500}),
        ("guarantee_registry.guarantee_paid", {**number, "loan_id": LOAN, "paid": 50, "demanded": 450, "amount": 450}),
        ("guarantee_registry.guarantee_released", {**number, "released": 450, "amount": 0}),
    )
    seen = []
    for told in range(len(LIFE) + 2, len(record) + 1):
        one = rebuild(event_tables(*record[:told])).guarantees.iloc[0]
        seen.append((one.amount, one.demanded, one.state))
    assert seen == [
        (900, 600, "demanded"), (600, 600, "demanded"), (500, 500, "demanded"), (450, 450, "demanded"),
        (0, 0, "released"),
    ]  # fmt: skip


def test_a_guarantee_is_in_a_circle_from_the_event_that_finds_it_until_the_one_that_ends_it():
    number = {"guarantee": 1 << 24 | 1}
    record = (
        *LIFE,
        ("guarantee_registry.guarantee_given", {**number, "guarantor": 1, "loan_id": LOAN, "amount": 900}),
        ("guarantee_registry.circle_arose", number),
        ("guarantee_registry.circle_ended", number),
        ("guarantee_registry.circle_arose", number),
    )
    ends = range(len(LIFE) + 1, len(record) + 1)
    seen = [bool(rebuild(event_tables(*record[:end])).guarantees["legacy_circle"].iloc[0]) for end in ends]
    assert seen == [False, True, False, True]


def test_an_imported_loan_has_its_category_from_the_import():
    imported = {"loan_id": LOAN, "customer": 1, "industry": "K70", "region": "CN-GD", "value_date": 100}
    book = rebuild(
        event_tables(
            opened(100),
            CUSTOMER,
            ("loan_book.loan_imported", imported),
            ("loan_book.balances_imported", {"loan_id": LOAN, "state": 5, "category": 2}),
        )
    )
    assert (only(book).category, only(book).reason) == ("special_mention", "import")
