"""The bank, modelled: loans, limits, deposits, liens and guarantees; each act tells why it would be refused."""

from __future__ import annotations

from tests.stateful.model.business import Business
from tests.stateful.model.facts import Facts
from tests.stateful.model.money import Money
from tests.stateful.model.protection import Protection
from tests.stateful.model.quality import Quality
from tests.stateful.model.workout import Workout


class Bank(Business, Money, Quality, Workout, Protection, Facts):
    """Everything the contracts should hold, and every act on it."""
