"""Cash flows of loans by the ACTUS contract types: the Python twin of the contracts' loan engine."""

from analytics.cashflow.evaluation import CashFlowEvent, project
from analytics.cashflow.observations import Observations, ObservedEvent, parse_observations
from analytics.cashflow.parsing import parse_terms
from analytics.cashflow.schedule import EventType
from analytics.cashflow.terms import Kind, Terms

__all__ = [
    "CashFlowEvent",
    "EventType",
    "Kind",
    "Observations",
    "ObservedEvent",
    "Terms",
    "parse_observations",
    "parse_terms",
    "project",
]
