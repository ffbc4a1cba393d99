"""Stress: scenarios through to capital, the least that breaks it, contagion, and room for one loan more."""

from analytics.risk.stress._contagion import ContagionStress, contagion_stress
from analytics.risk.stress._headroom import Headroom, NewLoan, WhatIf, headroom_map, what_if
from analytics.risk.stress._scenario import (
    ReverseStress,
    Scenario,
    Stress,
    reverse_stress,
    smallest_severity,
    stressed,
)

__all__ = [
    "ContagionStress",
    "Headroom",
    "NewLoan",
    "ReverseStress",
    "Scenario",
    "Stress",
    "WhatIf",
    "contagion_stress",
    "headroom_map",
    "reverse_stress",
    "smallest_severity",
    "stressed",
    "what_if",
]
