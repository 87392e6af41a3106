"""A program run from image to output, with what is asked for seen, or reduced, as soon as it is there.

A reduction reads a value once, and what the network does to it next is done in the same reading.
What that is, and what the values are afterwards, is known here alone: who asks for reductions gets numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from convscope.errors import ShapeError
from convscope.graph.fusing import Action, plan
from convscope.graph.nouns import Value
from convscope.graph.program import Program
from convscope.kernels import reduction
from convscope.kernels.reduction import Asked, Reduced

Folding = Literal["fold", "none"]
"""Whether batch norm is run within the convolution before it, where nobody asks for what is between."""


class Runner:
    """Runs a program for what is asked of it, its name and whether it folds as the network's."""

    def __init__(self, program: Program, name: str, folding: Folding) -> None:
        self._program, self._name = program, name
        self._folding: Folding = folding
        self._plans: dict[tuple[frozenset[int], Folding, bool], list[Action]] = {}

    def plan(self, wanted: frozenset[int], folding: Folding, *, keep: bool = True) -> list[Action]:
        """What to run for the wanted values, made once for each set of them."""
        key = (wanted, folding, keep)
        if key not in self._plans:
            self._plans[key] = plan(self._program.steps, wanted, fold=folding == "fold", keep=keep)
        return self._plans[key]

    def values(self, images: Tensor, wanted: set[int], folding: Folding) -> dict[int, Tensor]:
        """The wanted values for images (n, C, H, W), one by one where the program takes no more at once."""
        if self._at_once(images):
            return self._values(images, wanted, folding)
        parts = [self._values(images[i : i + 1], wanted, folding) for i in range(len(images))]
        if not parts:
            raise ShapeError(f"{self._name} was exported for one image at a time and was given none")
        return {i: torch.cat([p[i] for p in parts]) for i in wanted}

    def stream(self, images: Tensor, names: Mapping[int, Sequence[str]]) -> Iterator[tuple[str, Tensor]]:
        """The values of layers, by the names that each is asked for by, in execution order."""
        if self._at_once(images):
            yield from self._running(names).stream(images)
            return
        found = self.values(images, set(names), self._folding)
        yield from ((name, as_map(self._program.values[i], found[i])) for i in sorted(names) for name in names[i])

    def reduce(
        self, images: Tensor, names: Mapping[int, Sequence[str]], asked: Mapping[str, Asked]
    ) -> Iterator[tuple[str, Reduced]]:
        """What is asked of the values of layers, in execution order."""
        if self._at_once(images):
            running = self._running(names)
            together = None if images.device.type == "cpu" else running.reduce_there(images, asked)
            yield from running.reduce(images, asked) if together is None else together
            return
        for name, output in self.stream(images, names):
            yield name, reduction.reduce([output], asked[name], None).reduced

    def _at_once(self, images: Tensor) -> bool:
        return self._program.any_batch or len(images) == 1

    def _running(self, names: Mapping[int, Sequence[str]]) -> Running:
        return Running(self.plan(frozenset(names), self._folding, keep=False), names, self._program.values)

    def _values(self, images: Tensor, wanted: set[int], folding: Folding) -> dict[int, Tensor]:
        alive: dict[int, Tensor] = {0: images}
        with torch.no_grad():
            for action in self.plan(frozenset(wanted), folding):
                alive[action.index] = action.run([alive[i] for i in action.inputs])
                for i in action.spent:
                    del alive[i]
        return {i: alive[i] for i in wanted}


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

    def reduce_there(self, images: Tensor, asked: Mapping[str, Asked]) -> list[tuple[str, Reduced]] | None:
        """What is asked of the outputs of the layers, fetched from a device at once; None where some have NaN."""
        names, there = [], []
        with torch.no_grad():
            for name, output in self.stream(images):
                names.append(name)
                there.append(reduction.reduce_there(output, asked[name]))
        found = reduction.fetched(there) if there else []
        return None if found is None else list(zip(names, found, strict=True))

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


__all__ = ["Folding", "Runner", "Running", "as_map"]
