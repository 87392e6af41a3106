"""What moving, scaling and turning images does to features and to the class."""

from convscope.methods.invariance.measuring import Curve, InvarianceCurves, invariance

__all__ = ["Curve", "InvarianceCurves", "invariance"]
