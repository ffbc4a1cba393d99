"""The ledger, rebuilt from events: `rebuild`, its `journal`, and `reconcile` against the contracts."""

from __future__ import annotations

from analytics.book.journal import journal, trial_balance
from analytics.book.rebuild import rebuild
from analytics.ledger import AsOf, Book

__all__ = ["AsOf", "Book", "journal", "rebuild", "trial_balance"]
