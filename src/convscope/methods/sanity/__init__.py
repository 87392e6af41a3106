"""What a picture of a unit is worth: likeness to controls, randomised weights, deletion and insertion."""

from convscope.methods.sanity.cases import SanityCases
from convscope.methods.sanity.judging import Margins, Verdict
from convscope.methods.sanity.layers import LayerSanity
from convscope.methods.sanity.looking import Cascade, LookedCases, Projecting, Tool

__all__ = ["Cascade", "SanityCases", "LayerSanity", "LookedCases", "Margins", "Projecting", "Tool", "Verdict"]
