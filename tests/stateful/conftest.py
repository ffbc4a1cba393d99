"""The deployed system of the contract tests."""

from tests.contracts.conftest import *  # noqa: F403 -- the fixtures are the same
