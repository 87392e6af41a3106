"""What the units of a network see of the image: the fields of layers, and the boxes of positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.graph.nouns import Layer
from convscope.graph.options import Gates, PullOptions
from convscope.graph.placing import Seen, field_of, seen
from convscope.graph.program import Program
from convscope.graph.pulling import cone
from convscope.graph.steps import Step

BoxRule = Callable[[Seen, NDArray[np.int64], tuple[int, int]], NDArray[np.int64]]
"""The boxes (n, 4) of positions (n, 2), of what is seen of an image of a size: those of `placing`."""


class Sight:
    """What is seen of the image, with gates held and without.

    `pulled` are the program's steps as signals are carried back, runs that are activations as one.
    """

    def __init__(self, program: Program, pulled: Sequence[Step]) -> None:
        self._program, self._pulled = program, pulled

    @property
    def gated(self) -> bool:
        """Whether there are gates, which may be held."""
        return any(step.call.held for step in self._pulled)

    def of(self, boxes: BoxRule, value: int, positions: Tensor | NDArray[np.int64], gates: Gates) -> Tensor:
        """Boxes (n, 4) of positions (n, 2), y x, of a value."""
        at = np.asarray(positions, dtype=np.int64).reshape(-1, 2)
        return torch.from_numpy(boxes(self._seen[gates][value], at, self._program.input_shape[1:]))

    def layer(self, step: Step, treated: Gates = "held") -> Layer:
        """A step that makes a layer, with the field of its units where gates are treated so."""
        value, image = self._program.values[step.index], self._program.input_shape[1:]
        channels, what = value.shape[(value.channel_dim or 1) - 1], self._seen[treated][step.index]
        above, parts = self._gates
        gates = "part" if step.index in parts else treated if step.index in above else "none"
        size = (1, 1) if value.layout is None else value.size
        field = field_of(what, image)
        if gates == "part" and size == (1, 1) and what.whole(image):
            field = None
        return Layer(step.name, step.op, channels, *size, value.layout is not None, field, what.exact, gates)

    @cached_property
    def _seen(self) -> dict[Gates, list[Seen]]:
        exact = seen(self._pulled, self._program.values)
        return {"exact": exact, "held": seen(self._pulled, self._program.values, held=True) if self.gated else exact}

    @cached_property
    def _gates(self) -> tuple[set[int], set[int]]:
        """The values that gates lie below, and those that are but parts of gates."""
        above: set[int] = set()
        for step in self._pulled:
            through = [number for slot, number in enumerate(step.inputs) if slot not in step.call.held]
            if step.call.held or above.intersection(through):
                above.add(step.index)
        output = self._program.output
        trunk = {s.index for s in cone(self._pulled, output, options=PullOptions(gates="held"))}
        return above, {s.index for s in cone(self._pulled, output)} - trunk


__all__ = ["Sight"]
