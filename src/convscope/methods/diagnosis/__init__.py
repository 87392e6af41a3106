"""What is wrong with first layers: dead, repeated and dominating filters, frequencies, blocks."""

from convscope.methods.diagnosis.diagnosis import Diagnosis, Limits, diagnose

__all__ = ["Diagnosis", "Limits", "diagnose"]
