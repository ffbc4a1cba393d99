"""The ledger, rebuilt from events: `rebuild`, its `journal`, and `reconcile` against the contracts."""

from __future__ import annotations

from analytics.book.journal import journal, trial_balance
from analytics.book.rebuild import rebuild
from analytics.book.reconcile import Proof, reconcile
from analytics.ledger import AsOf, Book

__all__ = ["AsOf", "Book", "Proof", "journal", "rebuild", "reconcile", "trial_balance"]
