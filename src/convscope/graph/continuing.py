"""A network from one of its layers on: its output where the layer has another value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from convscope.errors import UsageError
from convscope.graph.fusing import plan
from convscope.graph.network import Network
from convscope.graph.pulling import cone
from convscope.graph.steps import Step


class Continuation:
    """What follows a layer. `base`: the values of the same images that it asks for besides the layer's.

    Raises:
        UsageError: where the output is not computed from the layer.
    """

    def __init__(self, net: Network, layer: str) -> None:
        self._net, self._start, self._output = net, net.index_of(layer), net.program.output
        reached, found = {self._start}, list[Step]()
        for step in cone(net.steps, self._output):
            if reached & set(step.inputs):
                reached.add(step.index)
                found.append(step)
        if self._output not in reached or not found:
            raise UsageError(f"layer '{layer}' is not one that the output '{net.output}' is computed from")
        self._steps: Sequence[Step] = tuple(found)
        self.base = {number for step in found for number in step.inputs} - reached

    def run(self, base: Mapping[int, Tensor], value: Tensor) -> Tensor:
        """The output for images (n, ...) whose layer has this value, as the network gives it."""
        alive = {number: base[number] for number in self.base} | {self._start: value}
        with torch.no_grad():
            for action in plan(self._steps, frozenset({self._output}), fold=self._net.folding == "fold"):
                alive[action.index] = action.run([alive[i] for i in action.inputs])
                for i in action.spent:
                    del alive[i]
        return alive[self._output]


__all__ = ["Continuation"]
