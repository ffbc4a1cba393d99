"""docs/events.md is what the contracts' ABIs say."""

from __future__ import annotations

import brownie.project as brownie_project

from scripts.chain import ROOT
from scripts.deployment import WIRING, container
from scripts.event_catalogue import PAGE, catalogue_page


def test_the_event_catalogue_is_the_abis():
    loaded = brownie_project.load(str(ROOT), raise_if_loaded=False)
    abis = {name: container(loaded, name).abi for name in WIRING}
    assert PAGE.read_text() == catalogue_page(abis), "docs/events.md is stale: run python -m scripts.event_catalogue"
