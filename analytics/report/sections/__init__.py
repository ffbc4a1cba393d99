"""The page's sections, each built from the measures of year-end books."""

from __future__ import annotations

from collections.abc import Callable

from analytics.report.model import Section
from analytics.report.sections._capital import capital, stress
from analytics.report.sections._concentration import concentration
from analytics.report.sections._limits import flows, limits
from analytics.report.sections._material import Material
from analytics.report.sections._migration import migration
from analytics.report.sections._protection import protection
from analytics.report.sections._provisions import provisions
from analytics.report.sections._quality import losses, quality
from analytics.report.sections._study import growth, study_tables
from analytics.report.sections._warning import warning

__all__ = ["Material", "build"]


def build(material: Material) -> tuple[Section, ...]:
    """Every section that the material has something to say for."""
    makers: list[Callable[[Material], Section | None]] = [
        study_tables, growth, concentration, quality, migration, losses, provisions, capital, protection, stress,
        limits, warning, flows,
    ]  # fmt: skip
    return tuple(section for maker in makers if (section := maker(material)) is not None)
