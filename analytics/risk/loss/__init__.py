"""What is set aside for losses: expected credit loss in three stages, the five categories, and what moved it."""

from analytics.risk.loss._categories import SPECIFIC_RATES, category_provisions
from analytics.risk.loss._expected import (
    EconomicScenario,
    LossInputs,
    expected_credit_loss,
    neutral_scenarios,
    workout_lgd,
)
from analytics.risk.loss._movement import COMPONENTS, Movement, explain_movement
from analytics.risk.loss._run_off import run_off
from analytics.risk.loss._stages import impairment_stage
from analytics.risk.loss._terms import default_terms, default_terms_of_matrix, lifetime_default

__all__ = [
    "COMPONENTS",
    "SPECIFIC_RATES",
    "EconomicScenario",
    "LossInputs",
    "Movement",
    "category_provisions",
    "default_terms",
    "default_terms_of_matrix",
    "expected_credit_loss",
    "explain_movement",
    "impairment_stage",
    "lifetime_default",
    "neutral_scenarios",
    "run_off",
    "workout_lgd",
]
