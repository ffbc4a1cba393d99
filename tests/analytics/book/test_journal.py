"""The journal of hand-made events: which accounts, how much, on what day; debits equal credits."""

from __future__ import annotations

import pytest

from analytics.book import AsOf, journal, trial_balance
from analytics.book.journal import COLUMNS, accounts, rules
from analytics.errors import Unreconciled
from tests.analytics.book.tables import event_tables
from tests.analytics.book.test_rebuild import DRAWN, FELL_DUE, LIFE, LOAN, REPAID

PAYEE = "0x" + "11" * 20
LOANS, INTEREST, CASH, DEPOSITS, EARMARKED, INCOME, LOSS = 1101, 1102, 1001, 2001, 2002, 4001, 5001


def lines(entries, event):
    chosen = entries[entries["event"] == event]
    return [
        (int(line.value_date), int(line.account), int(line.debit), int(line.credit))
        for line in chosen.itertuples(index=False)
    ]


def test_a_life_is_posted_to_the_accounts_of_the_chart():
    entries = journal(event_tables(*LIFE))
    assert list(entries.columns) == list(COLUMNS)
    assert lines(entries, "loan_book.loan_approved") == [(102, 9001, 1_000, 0), (102, 9002, 0, 1_000)]
    assert lines(entries, "loan_book.loan_drawn") == [
        (103, LOANS, 900, 0), (103, CASH, 0, 900), (103, 9002, 900, 0), (103, 9001, 0, 900),
    ]  # fmt: skip
    assert lines(entries, "loan_book.instalment_fell_due") == [(193, INTEREST, 40, 0), (193, INCOME, 0, 40)]
    assert lines(entries, "loan_book.loan_repaid") == [
        (195, CASH, 300, 0), (195, LOANS, 0, 300), (195, CASH, 40, 0), (195, INTEREST, 0, 40),
    ]  # fmt: skip
    balances = trial_balance(entries)["balance"]
    assert (balances[LOANS], balances[INTEREST], balances[CASH], balances[INCOME]) == (600, 0, -560, -40)


def test_money_that_went_through_the_token_is_posted_to_deposits():
    drawn = (DRAWN[0], {**DRAWN[1], "account": PAYEE})
    repaid = (REPAID[0], {**REPAID[1], "payer": PAYEE})
    entries = journal(event_tables(*LIFE[:8], drawn, *LIFE[9:-1], repaid))
    balances = trial_balance(entries)["balance"]
    assert (balances[EARMARKED], balances[DEPOSITS]) == (-900, 340)
    assert CASH not in balances.index


def test_interest_paid_before_it_fell_due_is_income_of_that_day():
    """Paid without an instalment before: what was paid plus the change of what is unpaid, which is nothing."""
    entries = journal(event_tables(*LIFE[:9], REPAID))
    assert lines(entries, "loan_book.loan_repaid")[:2] == [(195, INTEREST, 40, 0), (195, INCOME, 0, 40)]
    assert trial_balance(entries)["balance"][INTEREST] == 0


def test_a_write_off_is_a_loss_and_lives_on_as_a_claim():
    written = ("loan_book.loan_written_off", {
        "loan_id": LOAN, "value_date": 200, "posting": 3, "principal": 900, "interest": 40, "outstanding": 0,
        "written_off": 940, "state": 8,
    })  # fmt: skip
    balances = trial_balance(journal(event_tables(*LIFE[:-1], written)))["balance"]
    assert (balances[LOSS], balances[LOANS], balances[INTEREST]) == (940, 0, 0)
    assert (balances[9301], balances[9302]) == (940, -940)


def test_a_reversal_posts_the_opposite_and_names_no_amount_of_its_own():
    reversed_ = (
        ("loan_book.posting_reversed", {
            "block_number": 14, "loan_id": LOAN, "posting": 3, "value_date": 195, "principal": 300, "interest": 40,
            "outstanding": 900, "interest_due": 40,
        }),
        ("loan_book.reversal_settled", {"block_number": 14, "loan_id": LOAN, "kind": 0, "account": "0x" + "0" * 40}),
    )  # fmt: skip
    before = trial_balance(journal(event_tables(*LIFE[:-1])))["balance"]
    after = trial_balance(journal(event_tables(*LIFE, *reversed_)))["balance"]
    assert {account: after[account] for account in before.index} == before.to_dict()


def test_a_fee_taken_back_with_its_payment_is_no_income():
    """Charged and paid with the payment; the money goes back, and nothing stays due."""
    acts = (
        ("loan_book.loan_charged", {"block_number": 14, "loan_id": LOAN, "kind": 0, "amount": 4}),
        ("loan_book.loan_repaid", {**REPAID[1], "block_number": 14, "posting": 3, "fee": 4}),
        ("loan_book.posting_reversed", {
            "block_number": 15, "loan_id": LOAN, "posting": 4, "value_date": 195, "principal": 300, "interest": 40,
            "fee": 4, "outstanding": 900, "interest_due": 40,
        }),
        ("loan_book.reversal_settled", {"block_number": 15, "loan_id": LOAN, "kind": 0, "account": "0x" + "0" * 40}),
        ("loan_book.prepayment_fee_dropped", {"block_number": 15, "loan_id": LOAN, "value_date": 195, "amount": 4}),
    )  # fmt: skip
    entries = journal(event_tables(*LIFE[:-1], *acts))
    assert lines(entries, "loan_book.prepayment_fee_dropped") == [(195, 4002, 4, 0), (195, 1103, 0, 4)]
    before = trial_balance(journal(event_tables(*LIFE[:-1])))["balance"]
    after = trial_balance(entries)["balance"]
    assert {account: after[account] for account in before.index} == before.to_dict()
    assert (after[4002], after[1103]) == (0, 0)


def test_a_sale_takes_the_whole_of_each_own_lien_out_of_the_memorandum():
    """Paid, short, or secured beyond the debt; another lender's lien was never in it."""
    title = (7).to_bytes(32, "big")
    placed, sold = {"title": title, "placed_on": 101}, {"title": title, "enforced_on": 196}
    entries = journal(
        event_tables(
            *LIFE,
            ("collateral_registry.lien_placed", {**placed, "lien": 257, "loan_id": LOAN, "amount": 1_000}),
            ("collateral_registry.lien_placed", {**placed, "lien": 258, "lender": 5, "amount": 50}),
            ("collateral_registry.lien_enforced", {
                **sold, "lien": 257, "loan_id": LOAN, "paid": 500, "shortfall": 100, "released": 400,
            }),
            ("collateral_registry.lien_enforced", {**sold, "lien": 258, "shortfall": 50}),
        )
    )  # fmt: skip
    assert lines(entries, "collateral_registry.lien_enforced") == [(196, 9102, 1_000, 0), (196, 9101, 0, 1_000)]
    assert trial_balance(entries)["balance"][9101] == 0


def test_the_journal_is_cut_as_the_ledger_is():
    tables = event_tables(*LIFE)
    until = journal(tables, AsOf(value_date=194))
    assert trial_balance(until)["balance"][LOANS] == 900
    assert set(until["event"]) == {
        "loan_book.loan_approved", "loan_book.loan_drawn", "loan_book.instalment_fell_due",
    }  # fmt: skip
    assert trial_balance(journal(tables, AsOf(block=9)))["balance"][LOANS] == 900


def test_nothing_happened_is_an_empty_journal():
    entries = journal(event_tables())
    assert list(entries.columns) == list(COLUMNS)
    assert len(entries) == 0


def test_sums_beyond_64_bits_are_exact():
    most = 2**63 - 1
    draws = [(DRAWN[0], {**DRAWN[1], "posting": n, "amount": most, "principal": most * n}) for n in (1, 2, 3)]
    balances = trial_balance(journal(event_tables(*LIFE[:8], *draws)))["balance"]
    assert (balances[LOANS], balances[CASH]) == (3 * most, -3 * most)


def test_a_side_that_does_not_balance_is_told_by_day_and_in_total():
    entries = journal(event_tables(*LIFE)).astype({"debit": object})
    entries.loc[2, "debit"] += 1
    with pytest.raises(Unreconciled, match=r"trial balance of day 103: debits 1801, credits 1800"):
        trial_balance(entries, by_day=True)
    with pytest.raises(Unreconciled, match=r"trial balance: debits \d+, credits \d+"):
        trial_balance(entries)


def test_every_rule_posts_to_accounts_of_the_chart_and_to_two_different_ones():
    known = set(accounts()["code"])
    table = rules()
    assert set(table["debit"]) | set(table["credit"]) <= known
    assert (table["debit"] != table["credit"]).all()
    assert FELL_DUE[0] in set(table["event"])
