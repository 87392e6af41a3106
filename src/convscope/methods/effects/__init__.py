"""Effects: what silencing units does to a network's scores."""

from convscope.methods.effects.found import CONTROLS, LayerEffects, Level, Measured, TestedPair
from convscope.methods.effects.measuring import Measuring, Progressed, Silencing, effects_of
from convscope.methods.effects.silencing import Silencer

__all__ = [
    "CONTROLS",
    "LayerEffects",
    "Level",
    "Measured",
    "Measuring",
    "Progressed",
    "Silencing",
    "Silencer",
    "TestedPair",
    "effects_of",
]
