"""What causes are made of: a small graph of the strongest paths into a unit, and the accounts that prove it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convscope.graph import Unit
from convscope.shown import brief

Nodes = Literal["units", "positions"]
"""What stands for itself in a graph: a unit with all of its map, or one position of a unit."""
Bearing = Literal["either", "for", "against"]
"""Which causes are followed: the strongest, the strongest of those that give, or of those that take away."""


@dataclass(frozen=True)
class Balance:
    """What makes up an amount at the depth of a layer: the layer's `parts`, what passes round it, and biases.

    others: by the value that holds it there: a skip's, or a parallel branch's. biases: of all steps between, computed
    from them. remainder: what is left of the amount; nothing but rounding unless a step between is curved.
    """

    layer: str
    amount: float
    parts: float
    others: Mapping[str, float]
    biases: float

    @property
    def by_other_ways(self) -> float:
        """What passes round the layer, all together."""
        return math.fsum(self.others.values())

    @property
    def remainder(self) -> float:
        """What is left of the amount."""
        return self.amount - math.fsum([self.parts, *self.others.values(), self.biases])

    def to_json(self) -> dict[str, Any]:
        """All of it, with what is left."""
        return {
            "layer": self.layer,
            "amount": self.amount,
            "parts": self.parts,
            "others": dict(self.others),
            "biases": self.biases,
            "remainder": self.remainder,
        }


@brief
@dataclass(frozen=True)
class CauseNode:
    """A unit and what it gives to the unit that is asked about.

    unit: with the position where it gives the most; of a vector without. value: its activation there. amount: what it
    gives, in the activation's numbers: with all of its map, or there, as the graph's nodes are. balance: what this is
    made of at the next layer; None at the last.
    """

    unit: Unit
    value: float
    amount: float
    balance: Balance | None = None


@dataclass(frozen=True)
class CauseEdge:
    """What one node gives through another: numbers of nodes, and the amount of the unit that is asked about."""

    cause: int
    effect: int
    amount: float


@brief
@dataclass(frozen=True, eq=False)
class CauseGraph:
    """What fed a unit on one image, through chosen layers: the strongest units of each, and the paths between.

    unit: with its position. layers: from the unit down. nodes: the unit itself first, then layer by layer, strongest
    first. balances: what the unit's activation is made of at each layer, all of its units counted. amounts: what each
    unit of each layer gives, (channels,). curved: steps that are no linear functions of their inputs, in words; "" for
    none: then remainders are rounding.
    """

    unit: Unit
    value: float
    layers: tuple[str, ...]
    nodes: tuple[CauseNode, ...]
    edges: tuple[CauseEdge, ...]
    balances: tuple[Balance, ...]
    amounts: Mapping[str, NDArray[np.float64]]
    curved: str

    def of(self, layer: str) -> tuple[CauseNode, ...]:
        """The nodes of a layer, strongest first."""
        return tuple(node for node in self.nodes[1:] if node.unit.layer == layer)

    def to_json(self) -> dict[str, Any]:
        """Everything but the amounts of units that are no nodes, as numbers, strings and lists."""
        return {
            "unit": str(self.unit),
            "value": self.value,
            "layers": list(self.layers),
            "curved": self.curved,
            "balances": [balance.to_json() for balance in self.balances],
            "nodes": [
                {
                    "unit": str(node.unit),
                    "value": node.value,
                    "amount": node.amount,
                    "balance": None if node.balance is None else node.balance.to_json(),
                }
                for node in self.nodes
            ],
            "edges": [{"cause": e.cause, "effect": e.effect, "amount": e.amount} for e in self.edges],
        }


__all__ = ["Balance", "CauseEdge", "CauseGraph", "CauseNode", "Bearing", "Nodes"]
