"""Every error the analytics raise: one root, few leaves."""

from __future__ import annotations


class CreditError(Exception):
    """Root of every error this package raises on purpose."""


class InvalidInput(CreditError, ValueError):
    """A value, row, column or file that no method may compute with."""


class NotFound(CreditError, LookupError):
    """A key, block, file or account that should be there and is not."""


class ChainMismatch(CreditError, ValueError):
    """A node, contract or store that is not the one the deployment names."""


class ChainUnavailable(CreditError, ConnectionError):
    """A node that did not answer within the time it was given."""


class Unreconciled(CreditError, ValueError):
    """A rebuilt ledger that differs from the contracts' storage."""
