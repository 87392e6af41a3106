"""How features come about while a network is trained, and when they settle."""

from convscope.methods.evolution.following import Checkpoint, FeatureHistory, History, LayerEvolution, evolution

__all__ = ["Checkpoint", "FeatureHistory", "History", "LayerEvolution", "evolution"]
