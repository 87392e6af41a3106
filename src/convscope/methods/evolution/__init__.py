"""How features come about while a network is trained, and when they settle."""

from convscope.methods.evolution.following import evolution
from convscope.methods.evolution.histories import FeatureHistory, LayerEvolution, UnitHistory
from convscope.methods.evolution.looking import Checkpoint
from convscope.methods.evolution.trend import SettledUnits, SettlingTrend

__all__ = [
    "Checkpoint",
    "FeatureHistory",
    "UnitHistory",
    "LayerEvolution",
    "SettledUnits",
    "SettlingTrend",
    "evolution",
]
