"""A module traced once into steps that run, place and pull: the one thing every method is made of."""

from convscope.graph.dictionary import Dictionary
from convscope.graph.heads import Head, Scores
from convscope.graph.network import LayerList, Network
from convscope.graph.nouns import Field, Layer, Unit, UnitLike, is_unit, several
from convscope.graph.options import PullOptions, Report

__all__ = [
    "Dictionary",
    "Field",
    "Head",
    "Layer",
    "LayerList",
    "Network",
    "PullOptions",
    "Report",
    "Scores",
    "Unit",
    "UnitLike",
    "is_unit",
    "several",
]
