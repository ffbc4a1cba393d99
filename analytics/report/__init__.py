"""The page a risk officer opens: `write_report`, and `read_codes` for the names of a book's codes."""

from __future__ import annotations

from analytics.report.codes import Codes, read_codes
from analytics.report.page import write_report

__all__ = ["Codes", "read_codes", "write_report"]
