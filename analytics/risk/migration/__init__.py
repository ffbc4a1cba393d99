"""Rating migration: transition matrices and the generators behind them.

A transition matrix says with which probability an obligor in the row's state is in the column's
state one year later; a generator holds the yearly rates from which the matrix of any horizon
follows, P(t) = exp(Q t). States keep the order they come in, best first, default last.

References
----------
Israel, Rosenthal, Wei (2001), "Finding generators for Markov chains via empirical transition
matrices, with applications to credit ratings", Mathematical Finance 11.
Kreinin, Sidelnikova (2001), "Regularization algorithms for transition matrices", Algo Research
Quarterly 4.
Bladt, Sørensen (2005), "Statistical inference for discretely observed Markov jump processes",
Journal of the Royal Statistical Society B 67.
Lando, Skødeberg (2002), "Analyzing rating transitions and rating drift with continuous
observations", Journal of Banking & Finance 26.
Pfeuffer (2017), "ctmcd: an R package for estimating the parameters of a continuous-time Markov
chain from discrete-time data", The R Journal 9.
"""

from analytics.risk.migration._generators import generator, log_likelihood, matrix_at
from analytics.risk.migration._histories import DAYS_PER_YEAR, cohort_counts, cohort_matrix, duration_generator

__all__ = [
    "DAYS_PER_YEAR",
    "cohort_counts",
    "cohort_matrix",
    "duration_generator",
    "generator",
    "log_likelihood",
    "matrix_at",
]
