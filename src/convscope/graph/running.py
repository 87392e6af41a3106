"""A plan run from image to output, with what is asked for seen, or reduced, as soon as it is there.

It is a module because a reduction reads a value once, and what the network does to it next is done in the same reading.
What that is, and what the values are afterwards, is known here alone: who asks for reductions gets numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from convscope.graph.fusing import Action
from convscope.graph.nouns import Value
from convscope.kernels import reduction
from convscope.kernels.reduction import Asked, Reduced


@dataclass(frozen=True)
class Running:
    """A plan that keeps nothing, and by which names its values are asked for."""

    plan: Sequence[Action]
    names: Mapping[int, Sequence[str]]
    values: Sequence[Value]

    def stream(self, images: Tensor) -> Iterator[tuple[str, Tensor]]:
        """The outputs of the layers, each as soon as it is computed; it may be overwritten after it has been seen."""
        alive: dict[int, Tensor] = {0: images}
        for action in self.plan:
            _run(action, alive)
            for name in self.names.get(action.index, ()):
                yield name, as_map(self.values[action.index], alive[action.index])
            _free(action, alive)

    def reduce(self, images: Tensor, asked: Mapping[str, Asked]) -> Iterator[tuple[str, Reduced]]:
        """What is asked of the outputs of the layers."""
        alive: dict[int, Tensor] = {0: images}
        for action in self.plan:
            names = self.names.get(action.index, ())
            parted = action.parted and len(names) == 1 and self.values[action.index].channel_dim == 1
            if action.index not in alive and not parted:  # else made while another was read
                _run(action, alive)
            for more, name in enumerate(names, 1 - len(names)):
                # All who ask for a value see it before it is overwritten.
                yield name, self._read(action, parted, alive, asked[name], last=more == 0)
            _free(action, alive)

    def _read(self, action: Action, parted: bool, alive: dict[int, Tensor], asked: Asked, *, last: bool) -> Reduced:
        """What is asked of a value, and what comes after it done where it can be in the same reading."""
        then = action.then if last else None
        if parted:
            parts = [alive[i] for i in action.inputs]
        else:
            parts = [as_map(self.values[action.index], alive[action.index])]
        with torch.no_grad():
            read = reduction.reduce(parts, asked, then.following(alive) if then else None)
        if then and read.followed:
            alive |= then.results(None if parted else alive[action.index], read.pooled)
        elif then and parted and read.whole is not None:
            alive[action.index] = read.whole
        return read.reduced


def as_map(value: Value, tensor: Tensor) -> Tensor:
    """The output with its channels second."""
    return tensor if value.channel_dim in (None, 1) else tensor.movedim(value.channel_dim, 1)


def _run(action: Action, alive: dict[int, Tensor]) -> None:
    with torch.no_grad():
        alive[action.index] = action.run([alive[i] for i in action.inputs])


def _free(action: Action, alive: dict[int, Tensor]) -> None:
    for i in action.spent:
        alive.pop(i, None)
