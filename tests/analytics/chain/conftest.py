from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.analytics.chain.synthetic import Server, SyntheticChain, lived, serving


@pytest.fixture
def chain() -> SyntheticChain:
    """A chain of 40 blocks."""
    return lived(SyntheticChain(), 40)


@pytest.fixture
def server(chain: SyntheticChain) -> Iterator[Server]:
    """That chain behind HTTP."""
    with serving(chain) as running:
        yield running
