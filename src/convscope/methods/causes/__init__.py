"""Causes: what fed a unit on an image, unit by unit of earlier layers."""

from convscope.methods.causes.graph import Balance, Bearing, CauseEdge, CauseGraph, CauseNode, Nodes
from convscope.methods.causes.tracing import cause_layers, causes

__all__ = ["Balance", "CauseEdge", "CauseGraph", "CauseNode", "Bearing", "Nodes", "causes", "cause_layers"]
