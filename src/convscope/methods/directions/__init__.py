"""Directions of a layer: dictionaries learned on what its positions are, and how well they stand for it."""

from convscope.methods.directions.found import LearnedDirections, Reconstructed
from convscope.methods.directions.learning import DictionaryLearning, learned
from convscope.methods.directions.sampling import Sampling

__all__ = ["LearnedDirections", "DictionaryLearning", "Reconstructed", "Sampling", "learned"]
