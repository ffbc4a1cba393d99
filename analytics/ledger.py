"""The ``Book``: a bank's credit ledger as tables with declared schemas.

Money is int64 fen (a loan is at most 2^56 - 1; a column whose values pass 2^63 - 1 holds Python
integers instead), rates parts per billion, dates day numbers since 1970-01-01.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import pandas as pd

from analytics.errors import InvalidInput

LOAN_STATES: Final = (
    "none", "applied", "approved", "denied", "lapsed", "active", "defaulted", "repaid", "written_off",
    "sold",
)  # fmt: skip
CATEGORIES: Final = ("none", "pass", "special_mention", "substandard", "doubtful", "loss")
REASONS: Final = (
    "days_past_due", "default", "judgement", "import", "cured", "contagion", "expected_loss", "restructured",
    "observation_ended",
)  # fmt: skip
FLOORS: Final = ("judgement", "contagion", "expected_loss", "restructured")
CUSTOMER_KINDS: Final = ("none", "person", "small_enterprise", "corporate", "retail_pool")
COLLATERAL_KINDS: Final = (
    "none", "residential_property", "commercial_property", "land", "equipment", "receivable", "deposit", "other",
)  # fmt: skip
LOAN_TYPES: Final = ("bullet", "linear", "annuity")
LIEN_STATES: Final = ("none", "active", "released", "enforced")
GUARANTEE_STATES: Final = ("none", "active", "demanded", "released")
DIMENSIONS: Final = ("customer", "group", "industry", "region")
ANSWERS: Final = ("continue", "suspend_drawings", "serve_notice")
BOUNDS: Final = ("minimum", "maximum")
STANDINGS: Final = ("normal", "watch", "litigation", "blacklisted", "insolvent")
MEASURES: Final = (
    "debt_service_cover", "interest_cover", "debt_to_earnings", "debt_to_equity", "debt_to_assets", "current_ratio",
    "quick_ratio", "loan_to_value",
)  # fmt: skip
COVENANT_TESTS: Final = ("none", "rating", "downgrade", "standing", *MEASURES)

Schema = Mapping[str, str]

CUSTOMERS: Final[Schema] = {
    "customer": "int64", "kind": "category", "industry": "object", "region": "object", "group": "int64",
    "borrowers": "int64", "registered_on": "int64", "commitment": "object", "account": "object",
}  # fmt: skip
RATINGS: Final[Schema] = {
    "customer": "int64", "grade": "int64", "scorecard": "int64", "debt_service_cover": "int64",
    "rated_on": "int64", "expires_on": "int64",
}  # fmt: skip
LOANS: Final[Schema] = {
    "loan": "uint64", "customer": "int64", "product": "int64", "industry": "object", "region": "object",
    "purpose": "object", "rate": "int64", "start": "int64", "maturity": "int64", "state": "category",
    "category": "category", "instalment": "int64", "principal": "money", "undrawn": "money",
    "accrued": "wide", "accrued_through": "int64", "postings": "int64", "instalment_amount": "money",
    "principal_due": "money", "interest_due": "money", "oldest_due": "int64", "penalty_due": "money",
    "fee_due": "money", "written_off": "money", "originated": "money", "drawn": "money",
    "principal_paid": "money", "interest_paid": "money", "penalty_paid": "money", "fees_paid": "money",
    "recovered": "money", "defaulted_on": "int64", "applied_on": "int64", "external_ref": "object",
    "source_status": "int64", "import_id": "int64", "available_until": "int64", "penalty_accrued": "wide",
    "reason": "category",
}  # fmt: skip
CARES: Final[Schema] = {
    "loan": "uint64", "penalty_accrued": "wide", "misused": "money", "judgement": "category", "contagion": "category",
    "expected_loss": "category", "restructured": "category", "observed_until": "int64", "observed_payments": "int64",
    "restructurings": "int64", "repriced_on": "int64", "called": "bool", "uncovered": "money",
    "technical_delay": "int64",
}  # fmt: skip
SYSTEM_DEBTS: Final[Schema] = {"customer": "int64", "total": "money", "overdue": "money", "as_of": "int64"}
EXPOSURES: Final[Schema] = {
    "loan": "uint64", "customer": "int64", "group": "int64", "kind": "category", "borrowers": "int64",
    "industry": "object", "region": "object", "grade": "int64", "category": "category", "outstanding": "money",
    "undrawn": "money",
}  # fmt: skip
COLLATERAL: Final[Schema] = {
    "title": "object", "owner": "int64", "kind": "category", "region": "object", "value": "money",
    "haircut": "int64", "appraised_on": "int64", "valid_until": "int64", "pledged": "money", "liens": "int64",
    "index": "int64",
}  # fmt: skip
LIENS: Final[Schema] = {
    "lien": "int64", "title": "object", "loan": "uint64", "borrower": "int64", "lender": "int64", "amount": "money",
    "rank": "int64", "state": "category", "placed_on": "int64",
}  # fmt: skip
GUARANTEES: Final[Schema] = {
    "guarantee": "int64", "guarantor": "int64", "beneficiary": "int64", "loan": "uint64", "amount": "money",
    "rank": "int64", "state": "category", "legacy_circle": "bool", "given_on": "int64", "demanded": "money",
}  # fmt: skip
CAPACITIES: Final[Schema] = {"guarantor": "int64", "capacity": "money", "live": "money", "as_of": "int64"}
FLOWS: Final[Schema] = {
    "loan": "uint64", "from_account": "object", "to_account": "object", "amount": "money", "purpose": "object",
    "category": "int64", "hop": "int64", "allowed": "bool", "value_date": "int64", "block_number": "int64",
    "log_index": "int64",
}  # fmt: skip
DIVERSIONS: Final[Schema] = {
    "loan": "uint64", "payee": "object", "amount": "money", "category": "int64", "blocked": "bool",
    "value_date": "int64", "block_number": "int64", "log_index": "int64",
}  # fmt: skip
EARMARKS: Final[Schema] = {
    "loan": "uint64", "borrower": "object", "remaining": "money", "payees": "uint64", "purpose": "object",
    "expiry": "int64", "mode": "int64",
}  # fmt: skip
LIMITS: Final[Schema] = {
    "dimension": "category", "key": "object", "limit": "money", "share": "int64", "denominator": "int64",
    "review_date": "int64", "effective_limit": "object", "exposure": "money", "reserved": "money",
}  # fmt: skip
RESTRUCTURINGS: Final[Schema] = {
    "loan": "uint64", "number": "int64", "posting": "int64", "value_date": "int64", "loan_type": "category",
    "cycle_months": "int64", "rate": "int64", "maturity": "int64", "resume_on": "int64", "observed_until": "int64",
    "floor": "category", "penalty_waived": "money", "fee_waived": "money", "interest_waived": "money",
    "haircut": "money", "penalty_capitalised": "money", "fee_capitalised": "money", "interest_capitalised": "money",
    "principal": "money", "uncovered": "money", "proposal": "object", "maker": "int64", "witness": "int64",
    "checker": "int64", "accepted": "bool",
}  # fmt: skip
WAIVERS: Final[Schema] = {
    "loan": "uint64", "posting": "int64", "value_date": "int64", "penalty": "money", "fee": "money", "maker": "int64",
    "checker": "int64",
}  # fmt: skip
SALES: Final[Schema] = {
    "loan": "uint64", "buyer": "object", "posting": "int64", "value_date": "int64", "price": "money",
    "principal": "money", "interest": "money", "penalty": "money", "fee": "money", "written_off": "money",
    "undrawn": "money", "result": "money", "maker": "int64", "checker": "int64",
}  # fmt: skip
COVENANTS: Final[Schema] = {
    "customer": "int64", "product": "int64", "entered_on": "int64", "entry_grade": "int64", "answer": "category",
    "reason": "category", "cure_by": "int64",
}  # fmt: skip
COVENANT_TESTED: Final[Schema] = {
    "customer": "int64", "product": "int64", "test": "category", "answer": "category", "cure_by": "int64",
    "late": "bool",
}  # fmt: skip
RATING_RULES: Final[Schema] = {
    "product": "int64", "worst_grade": "int64", "answer": "category", "cure_days": "int64", "notches": "int64",
    "downgrade_answer": "category", "downgrade_cure_days": "int64",
}  # fmt: skip
STANDING_RULES: Final[Schema] = {
    "product": "int64", "standing": "category", "answer": "category", "cure_days": "int64",
}  # fmt: skip
MEASURE_RULES: Final[Schema] = {
    "product": "int64", "measure": "category", "bound": "category", "threshold": "int64", "answer": "category",
    "cure_days": "int64", "longest_age": "int64",
}  # fmt: skip
STANDING: Final[Schema] = {"customer": "int64", "standing": "category", "reported_on": "int64"}
FIGURES: Final[Schema] = {"customer": "int64", "measure": "category", "value": "int64", "as_of": "int64"}
PRODUCTS: Final[Schema] = {
    "product": "int64", "loan_type": "int64", "day_count": "int64", "waterfall": "int64", "earmark_mode": "int64",
    "cycle_months": "int64", "approval_days": "int64", "max_loan_to_value": "int64", "max_amount": "money",
    "max_term_days": "int64", "max_rate": "int64",
}  # fmt: skip
SERVICING: Final[Schema] = {
    "product": "int64", "calendar": "int64", "business_day_rule": "int64", "grace_days": "int64",
    "overdue_markup": "int64", "misuse_markup": "int64", "compounds": "bool", "prepayment_fee": "int64",
    "drawing_fee": "int64", "keeps_term": "bool", "signed_terms": "bool", "covenanted": "bool", "index": "int64",
    "spread": "int64", "reprice_months": "int64", "triggers": "int64", "default_days": "int64", "currency": "int64",
}  # fmt: skip
CALENDARS: Final[Schema] = {"calendar": "int64", "year": "int64", "low": "object", "high": "object"}
FIXINGS: Final[Schema] = {"index": "int64", "day": "int64", "value": "int64"}
TERM_SHEETS: Final[Schema] = {"loan": "uint64", "document": "object", "account": "object", "signed_on": "int64"}


@dataclass(frozen=True, slots=True)
class AsOf:
    """Where the record is cut: what was known at a block, and what had happened by a value date.

    ``block`` None is the last block read, ``value_date`` None every value date.
    """

    block: int | None = None
    value_date: int | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """A bank's credit ledger at one point of the record. Each table's columns are declared in this module."""

    as_of: AsOf
    business_date: int
    customers: pd.DataFrame
    ratings: pd.DataFrame
    loans: pd.DataFrame
    exposures: pd.DataFrame
    collateral: pd.DataFrame
    liens: pd.DataFrame
    guarantees: pd.DataFrame
    capacities: pd.DataFrame
    flows: pd.DataFrame
    diversions: pd.DataFrame
    earmarks: pd.DataFrame
    limits: pd.DataFrame
    restructurings: pd.DataFrame
    waivers: pd.DataFrame
    sales: pd.DataFrame
    covenants: pd.DataFrame
    covenant_tests: pd.DataFrame
    standings: pd.DataFrame
    figures: pd.DataFrame
    rating_rules: pd.DataFrame
    standing_rules: pd.DataFrame
    measure_rules: pd.DataFrame
    cares: pd.DataFrame
    system_debts: pd.DataFrame
    products: pd.DataFrame
    servicing: pd.DataFrame
    calendars: pd.DataFrame
    fixings: pd.DataFrame
    term_sheets: pd.DataFrame

    def __post_init__(self) -> None:
        """Refuse a table that lacks a declared column or has its columns in another order."""
        for field in fields(self):
            table = getattr(self, field.name)
            if isinstance(table, pd.DataFrame):
                declared = list(SCHEMAS[field.name])
                if list(table.columns) != declared:
                    raise InvalidInput(f"book table {field.name}: columns {list(table.columns)}, declared {declared}")


SCHEMAS: Final[Mapping[str, Schema]] = {
    "customers": CUSTOMERS, "ratings": RATINGS, "loans": LOANS, "exposures": EXPOSURES, "collateral": COLLATERAL,
    "liens": LIENS, "guarantees": GUARANTEES, "capacities": CAPACITIES, "flows": FLOWS, "diversions": DIVERSIONS,
    "earmarks": EARMARKS, "limits": LIMITS, "restructurings": RESTRUCTURINGS, "waivers": WAIVERS, "sales": SALES,
    "covenants": COVENANTS, "covenant_tests": COVENANT_TESTED,
    "standings": STANDING, "figures": FIGURES, "rating_rules": RATING_RULES, "standing_rules": STANDING_RULES,
    "measure_rules": MEASURE_RULES, "cares": CARES, "system_debts": SYSTEM_DEBTS,
    "products": PRODUCTS, "servicing": SERVICING, "calendars": CALENDARS,
    "fixings": FIXINGS, "term_sheets": TERM_SHEETS,
}  # fmt: skip
