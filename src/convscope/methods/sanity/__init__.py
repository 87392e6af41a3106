"""What a picture of a unit is worth: likeness to controls, randomised weights, deletion and insertion."""

from convscope.methods.sanity.cases import Cases
from convscope.methods.sanity.judging import Margins, Verdict
from convscope.methods.sanity.layers import LayerSanity
from convscope.methods.sanity.looking import Cascade, Looked, Projecting, Tool

__all__ = ["Cascade", "Cases", "LayerSanity", "Looked", "Margins", "Projecting", "Tool", "Verdict"]
