"""Mistakes: why a network preferred one answer to another on an image, and what would have changed that."""

from convscope.methods.mistakes.contrasts import CODES, Contrast, contrasts_of, logits_layer, logits_of, names_of
from convscope.methods.mistakes.explaining import Explained, Explaining

__all__ = [
    "CODES",
    "Contrast",
    "Explained",
    "Explaining",
    "contrasts_of",
    "logits_layer",
    "logits_of",
    "names_of",
]
