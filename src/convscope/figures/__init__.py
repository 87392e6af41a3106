"""Figures of results, drawn with matplotlib (the extra `plot`): one module for each kind of result.

A figure is drawn from the frozen result that a method returned and from nothing else, so that it can be drawn again
from a saved one. `style` has what all share: size, fonts, colours, and how a figure is saved.
"""
