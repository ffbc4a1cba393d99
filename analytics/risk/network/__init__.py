"""Networks of guarantees and exposures: circles, contagion, clearing, and the bank's loss through them.

Two kinds of edges. Guarantees have columns guarantor, beneficiary, amount (the cover promised).
Exposures have columns creditor, debtor, amount (what the creditor loses when the debtor pays
nothing), beside nodes with columns bank, buffer (what it can lose before it fails) and weights.

References
----------
Bardoscia, Battiston, Caccioli, Caldarelli (2015), "DebtRank: a microscopic foundation for shock
propagation", PLoS ONE 10(6).
Eisenberg, Noe (2001), "Systemic risk in financial systems", Management Science 47.
Rogers, Veraart (2013), "Failure and rescue in an interbank network", Management Science 59.
Upper (2011), "Simulation methods to assess the danger of contagion in interbank markets",
Journal of Financial Stability 7.
"""

from analytics.risk.network._calls import GuaranteeLoss, guarantee_loss, guarantee_loss_by
from analytics.risk.network._circles import guarantee_circles, multi_head
from analytics.risk.network._clearing import clearing_vector
from analytics.risk.network._contagion import Contagion, Shocks, debtrank, threshold_cascade

__all__ = [
    "Contagion",
    "GuaranteeLoss",
    "Shocks",
    "clearing_vector",
    "debtrank",
    "guarantee_circles",
    "guarantee_loss",
    "guarantee_loss_by",
    "multi_head",
    "threshold_cascade",
]
