"""Capital for credit risk: the Basel risk-weight functions, their one-factor model, and what it leaves out.

Fractions in, fractions out (1.0 = 100 %). Scalars give floats, arrays arrays, Series keep their
labels; arguments broadcast as NumPy's do. Parameters are used as given: floors, caps and the
former scaling factor of 1.06 are policy, not formula, and are left to the caller.
"""

from analytics.risk.capital._granularity import gl_delta, granularity_adjustment
from analytics.risk.capital._one_factor import vasicek_percentile, worst_case_default_rate
from analytics.risk.capital._risk_weight import CONFIDENCE, CORRELATIONS, FRAMEWORKS, MATURITY_POLE, risk_weight

__all__ = [
    "CONFIDENCE",
    "CORRELATIONS",
    "FRAMEWORKS",
    "MATURITY_POLE",
    "gl_delta",
    "granularity_adjustment",
    "risk_weight",
    "vasicek_percentile",
    "worst_case_default_rate",
]
