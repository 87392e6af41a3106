"""What units are tuned to: how much of an activation survives when images lose their colour, detail or arrangement."""

from convscope.methods.tuning.changes import KINDS, Kind
from convscope.methods.tuning.measuring import Cases, kept_of
from convscope.methods.tuning.summing import LayerTuning

__all__ = ["KINDS", "Cases", "Kind", "LayerTuning", "kept_of"]
