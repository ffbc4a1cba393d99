"""What the page tells, computed from year-end books: each measure one table.

Pure functions of `Book` and event tables; they know nothing of HTML.
"""

from analytics.report.measures._book import (
    DefaultHistory,
    GuaranteeView,
    classified,
    concentration,
    default_history,
    expected_losses,
    grade_probabilities,
    growth,
    guarantee_view,
    largest,
    limits_used,
    protections,
    quality,
    snapshot,
)

__all__ = [
    "DefaultHistory",
    "GuaranteeView",
    "classified",
    "concentration",
    "default_history",
    "expected_losses",
    "grade_probabilities",
    "growth",
    "guarantee_view",
    "largest",
    "limits_used",
    "protections",
    "quality",
    "snapshot",
]
