"""docs/events.md is what the contracts' ABIs say."""

from __future__ import annotations

import brownie.project as brownie_project
import pytest

from analytics.errors import InvalidInput
from scripts.chain import ROOT
from scripts.deployment import WIRING, container
from scripts.event_catalogue import PAGE, catalogue_page


def test_the_event_catalogue_is_the_abis():
    loaded = brownie_project.load(str(ROOT), raise_if_loaded=False)
    abis = {name: container(loaded, name).abi for name in WIRING}
    assert PAGE.read_text() == catalogue_page(abis), "docs/events.md is stale: run python -m scripts.event_catalogue"


def test_an_argument_that_may_be_a_code_must_be_known_as_one():
    argument = {"name": "mood", "type": "uint8", "indexed": False}
    event = {"type": "event", "name": "Felt", "anonymous": False, "inputs": [argument]}
    with pytest.raises(InvalidInput, match=r"Felt\.mood: is it a number or a code"):
        catalogue_page({"Weather": [event]})
