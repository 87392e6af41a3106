"""How features come about while a network is trained, and when they settle."""

from convscope.methods.evolution.following import evolution
from convscope.methods.evolution.histories import FeatureHistory, History, LayerEvolution
from convscope.methods.evolution.looking import Checkpoint

__all__ = ["Checkpoint", "FeatureHistory", "History", "LayerEvolution", "evolution"]
