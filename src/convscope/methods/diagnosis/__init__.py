"""What is wrong with first layers: dead, repeated and dominating filters, frequencies, blocks."""

from convscope.methods.diagnosis.diagnosis import LayerDiagnosis, Limits, diagnose

__all__ = ["LayerDiagnosis", "Limits", "diagnose"]
