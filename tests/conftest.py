"""Fixtures every suite shares; nothing here needs a chain."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
CHAINLESS = [
    ROOT / part
    for part in ("analytics", "tests/analytics", "tests/house", "tests/conformance", "tests/scripts/test_book_files.py")
]


@pytest.hookimpl(trylast=True)  # after Brownie has registered its own plugin
def pytest_configure(config: pytest.Config) -> None:
    """Give Brownie's chain a free port, so that tests never touch a development chain that already runs.

    Property tests draw the same examples on every run, so that a failure is a change's and not a draw's;
    DRAW=anew draws others.
    """
    settings.register_profile(
        "usual",
        settings.default,
        deadline=None,
        derandomize=os.environ.get("DRAW") != "anew",
        suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
    )
    settings.load_profile("usual")
    if not config.pluginmanager.has_plugin("brownie-core"):
        return
    from brownie._config import CONFIG  # noqa: PLC0415 -- tests without a chain never load Brownie

    # For coverage Brownie sends views as transactions at a gas price of 0, which a chain with a base fee never mines.
    CONFIG.argv["always_transact"] = False
    if not config.getoption("--network"):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            network = CONFIG.networks[CONFIG.settings["networks"]["default"]]
            network["cmd_settings"]["port"] = probe.getsockname()[1]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Start no chain for tests that use none: Brownie's plugin connects whenever there is a test at all."""
    if all(any(item.path.is_relative_to(folder) for folder in CHAINLESS) for item in items):
        config.pluginmanager.unregister(name="brownie-core")


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of published reference values; skips, saying so, where it is absent."""
    folder = Path(os.environ.get("CREDIT_VECTORS", ROOT.parent / "shared" / "vectors"))
    if not folder.is_dir():
        pytest.skip(f"reference values absent: {folder} (set CREDIT_VECTORS to the folder that holds them)")
    return folder
