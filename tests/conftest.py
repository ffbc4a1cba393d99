"""Fixtures every suite shares; nothing here needs a chain."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of published reference values; skips, saying so, where it is absent."""
    folder = Path(os.environ.get("CREDIT_VECTORS", ROOT.parent / "shared" / "vectors"))
    if not folder.is_dir():
        pytest.skip(f"reference values absent: {folder} (set CREDIT_VECTORS to the folder that holds them)")
    return folder
