"""Which of the three stages of impairment a loan is in."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from analytics.errors import InvalidInput
from analytics.risk._numbers import non_negative, probabilities, scalar
from analytics.risk._tables import required_columns
from analytics.risk.default import DEFAULT_PAST_DUE_DAYS

BACKSTOP_DAYS: Final = 30  # IFRS 9, paragraph 5.5.11
INCREASE: Final = 3.0


def impairment_stage(
    loans: pd.DataFrame,
    *,
    increase: float = INCREASE,
    least_increase: float = 0.0,
    low_credit_risk: float = 0.0,
) -> pd.Series[int]:
    """The stage of each loan: 1 as expected, 2 after a significant increase of credit risk, 3 credit-impaired.

    Parameters
    ----------
    loans : pandas.DataFrame
        Columns pd_at_origination, pd (fractions; of the same remaining term, so that they compare),
        days_past_due, credit_impaired (bool).
    increase : float
        The increase is significant where pd reaches this multiple of the one at origination; one
        or more. The standard gives no number: a bank's policy does.
    least_increase : float
        And rises by at least this fraction, so that a multiple of almost nothing is not an increase.
    low_credit_risk : float
        Where pd is at or below this, no increase of it counts (paragraph 5.5.10); the 30-day
        backstop still does. 0.0 grants nobody the exemption.

    Returns
    -------
    pandas.Series
        1, 2 or 3 (int64) with the index of ``loans``. Stage 3 where credit_impaired, or more than
        90 days past due; stage 2 where the increase is significant, or more than 30 days past
        due; a loan without either is in stage 1.

    Raises
    ------
    InvalidInput
        No loans; missing columns or values; a PD outside [0, 1]; negative days; a flag that is no
        boolean; a multiple below one or another threshold outside [0, 1].

    Notes
    -----
    IFRS 9 (IASB 2014), paragraphs 5.5.3, 5.5.5, 5.5.9 to 5.5.11, B5.5.37. The threefold PD is the
    threshold of the EBA's EU-wide stress tests (Methodological Note).

    Examples
    --------
    >>> impairment_stage(pd.DataFrame({
    ...     "pd_at_origination": [0.01, 0.01, 0.01, 0.01], "pd": [0.02, 0.03, 0.01, 0.01],
    ...     "days_past_due": [0, 0, 31, 91], "credit_impaired": False,
    ... })).tolist()
    [1, 2, 2, 3]
    """
    required_columns(loans, ("pd_at_origination", "pd", "days_past_due", "credit_impaired"), name="loans", empty=False)
    if not pd.api.types.is_bool_dtype(loans["credit_impaired"]):
        raise InvalidInput("loans: credit_impaired is no column of booleans; give True or False")
    multiple = scalar(increase, name="increase", low=1.0)
    least = scalar(least_increase, name="least_increase", low=0.0, high=1.0)
    low = scalar(low_credit_risk, name="low_credit_risk", low=0.0, high=1.0)
    then = probabilities(loans["pd_at_origination"], name="loans: pd_at_origination")
    now = probabilities(loans["pd"], name="loans: pd")
    late = non_negative(loans["days_past_due"], name="loans: days_past_due")
    risen = (now > then) & (now >= multiple * then) & (now - then >= least) & ~(now <= low)
    impaired = loans["credit_impaired"].to_numpy(dtype=bool) | (late > DEFAULT_PAST_DUE_DAYS)
    stage = np.where(impaired, 3, np.where(risen | (late > BACKSTOP_DAYS), 2, 1))
    return pd.Series(stage, index=loans.index, name="stage", dtype="int64")
