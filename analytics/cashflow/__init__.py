"""Cash flows of loans, guarantees and collateral by ACTUS: the Python twin of the contracts' loan engine."""

from analytics.cashflow.enhancement import EnhancementEvent, project_enhancement
from analytics.cashflow.enhancement_parsing import parse_enhancement
from analytics.cashflow.enhancement_terms import Enhancement, EnhancementKind
from analytics.cashflow.evaluation import CashFlowEvent, project
from analytics.cashflow.observations import Observations, ObservedEvent, parse_observations
from analytics.cashflow.parsing import parse_terms
from analytics.cashflow.schedule import EventType
from analytics.cashflow.terms import Kind, Terms

__all__ = [
    "CashFlowEvent",
    "Enhancement",
    "EnhancementEvent",
    "EnhancementKind",
    "EventType",
    "Kind",
    "Observations",
    "ObservedEvent",
    "Terms",
    "parse_enhancement",
    "parse_observations",
    "parse_terms",
    "project",
    "project_enhancement",
]
