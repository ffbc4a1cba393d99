"""Default risk: who defaults, how often, how surely that is known, and what is lost."""

from analytics.risk.default._binning import Binning, weight_of_evidence
from analytics.risk.default._calibration import pd_by_rating, pluto_tasche
from analytics.risk.default._classes import (
    FIVE_CATEGORIES,
    NON_PERFORMING,
    PAST_DUE_BUCKETS,
    category_table,
    past_due_bucket,
    roll_rates,
)
from analytics.risk.default._loss import (
    expected_loss,
    expected_loss_heat,
    expected_loss_table,
    exposure_at_default,
    loss_given_default,
)
from analytics.risk.default._rates import (
    DEFAULT_PAST_DUE_DAYS,
    RETAIL_KINDS,
    default_status,
    observed_default_rate,
    overdue_rate,
)
from analytics.risk.default._scorecard import Scorecard, scorecard
from analytics.risk.default._survival import OUTCOMES, aalen_johansen, kaplan_meier, loan_histories
from analytics.risk.default._validation import (
    Fit,
    area_under_curve,
    brier,
    hosmer_lemeshow,
    kolmogorov_smirnov,
    population_stability,
)

__all__ = [
    "DEFAULT_PAST_DUE_DAYS",
    "FIVE_CATEGORIES",
    "NON_PERFORMING",
    "OUTCOMES",
    "PAST_DUE_BUCKETS",
    "RETAIL_KINDS",
    "Binning",
    "Fit",
    "Scorecard",
    "aalen_johansen",
    "area_under_curve",
    "brier",
    "category_table",
    "default_status",
    "expected_loss",
    "expected_loss_heat",
    "expected_loss_table",
    "exposure_at_default",
    "hosmer_lemeshow",
    "kaplan_meier",
    "kolmogorov_smirnov",
    "loan_histories",
    "loss_given_default",
    "observed_default_rate",
    "overdue_rate",
    "past_due_bucket",
    "pd_by_rating",
    "pluto_tasche",
    "population_stability",
    "roll_rates",
    "scorecard",
    "weight_of_evidence",
]
