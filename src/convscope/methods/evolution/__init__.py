"""How features come about while a network is trained, and when they settle."""

from convscope.methods.evolution.following import Checkpoint, Evolution, History, LayerEvolution, evolution

__all__ = ["Checkpoint", "Evolution", "History", "LayerEvolution", "evolution"]
