"""What units are tuned to: how much of an activation survives when images lose their colour, detail or arrangement."""

from convscope.methods.tuning.changes import KINDS, ChangeKind
from convscope.methods.tuning.measuring import TuningCases, kept_of
from convscope.methods.tuning.summing import LayerTuning

__all__ = ["KINDS", "TuningCases", "ChangeKind", "LayerTuning", "kept_of"]
