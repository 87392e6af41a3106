"""What moving, scaling and turning images does to features and to the class."""

from convscope.methods.invariance.measuring import Curve, Invariance, invariance

__all__ = ["Curve", "Invariance", "invariance"]
