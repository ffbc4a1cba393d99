"""Portfolio models: CreditRisk+, joint rating migration, and simulation of correlated sectors."""

from analytics.risk.portfolio._creditrisk_plus import LossDistribution, creditrisk_plus
from analytics.risk.portfolio._joint_migration import joint_migration
from analytics.risk.portfolio._simulated_losses import SimulatedLosses
from analytics.risk.portfolio._simulation import simulate_losses

__all__ = ["LossDistribution", "SimulatedLosses", "creditrisk_plus", "joint_migration", "simulate_losses"]
