"""What is wrong with first layers: dead, repeated and dominating filters, frequencies, blocks."""

from convscope.methods.diagnosis.diagnosis import DiagnosisLimits, LayerDiagnosis, diagnose

__all__ = ["LayerDiagnosis", "DiagnosisLimits", "diagnose"]
