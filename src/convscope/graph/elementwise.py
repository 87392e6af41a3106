"""Runs of elementwise steps: everything between one value and a later one that treats each entry alike and alone.

An activation that is written out (`x * (x > 0)`, `where`, `masked_fill`) is such a run. Here runs are found and made
into functions of one tensor; what they compute is no concern of this module.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from convscope.graph.nouns import Value
from convscope.graph.steps import Slot, Step
from convscope.graph.steps.base import fill, map_leaves
from convscope.graph.steps.entries import on_entries
from convscope.graph.steps.pointwise import Product, Sum

_LONGEST = 24  # steps: GELU by tanh, the longest known spelling, takes 8


@dataclass(frozen=True)
class RunCall:
    """One operation of a run: slot 0 of its arguments is what the run is given, slot i what its i-th operation made."""

    target: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass(frozen=True)
class ElementwiseRun:
    """Elementwise operations as one function of one tensor; all constants are alike at every position."""

    calls: tuple[RunCall, ...]

    def __call__(self, x: Tensor) -> Tensor:
        """What the operations make of a tensor, by the maker's own operations, in the maker's order."""
        made = [x]
        for call in self.calls:
            made.append(call.target(*fill(call.args, made, 1), **fill(call.kwargs, made, 1)))
        return made[-1]

    def moved(self, move: Callable[[Any], Any]) -> ElementwiseRun:
        """The same with every constant tensor, and every device and dtype that is named, passed through `move`."""
        return ElementwiseRun(
            tuple(RunCall(c.target, map_leaves(c.args, move), map_leaves(c.kwargs, move)) for c in self.calls)
        )

    @property
    def constants(self) -> list[Tensor]:
        """The tensors among the arguments."""
        found: list[Tensor] = []

        def note(leaf: Any) -> Any:
            if isinstance(leaf, Tensor):
                found.append(leaf)
            return leaf

        self.moved(note)
        return found


@dataclass(frozen=True)
class Candidate:
    """A run that ends at a step: the value it starts from, its steps, ascending, and what it computes."""

    source: int
    members: tuple[Step, ...]
    run: ElementwiseRun


class Runs:
    """The elementwise runs of a network's steps."""

    def __init__(self, steps: Sequence[Step], values: Sequence[Value], outputs: Collection[int], like: Tensor) -> None:
        self._values = values
        self._like = like  # a tensor of the device and the dtype of the images
        self._by_index = {step.index: step for step in steps}
        self._readers: dict[int, set[int]] = {output: {-1} for output in outputs}
        for step in steps:
            for i in step.inputs:
                self._readers.setdefault(i, set()).add(step.index)
        self._constants: dict[int, Tensor] = {}

    def ending_at(self, last: Step) -> Iterator[Candidate]:
        """The runs of one varying input that end at a step, the shortest first; none that only scale and shift.

        A value that is read from outside of a run is no inner value of it. A mask may be: no signal goes through it.
        """
        members: dict[int, Step] = {}
        frontier = {last.index}
        while len(members) < _LONGEST:
            newest = max(frontier)
            step = self._by_index.get(newest)
            if step is None or not self._may_join(step, members, last):
                return
            members[newest] = step
            frontier = (frontier - {newest}) | self._varying(step)
            if len(frontier) == 1 and not all(scales_and_shifts(s) for s in members.values()):
                run = self._run(min(frontier), members)
                if run is None:
                    return
                yield Candidate(min(frontier), tuple(members[i] for i in sorted(members)), run)

    def _may_join(self, step: Step, members: Mapping[int, Step], last: Step) -> bool:
        inner = step is not last and self._values[step.index].floating
        if inner and not self._readers.get(step.index, set()) <= members.keys():
            return False
        mine, whole = self._values[step.index], self._values[last.index]
        alike = mine.batched and mine.shape == whole.shape and mine.layout == whole.layout
        return alike and is_elementwise(step, self._values)

    def _varying(self, step: Step) -> set[int]:
        return {i for i in step.inputs if self._values[i].depends}

    def _run(self, source: int, members: Mapping[int, Step]) -> ElementwiseRun | None:
        """The members as a function of the source; None where a constant differs from position to position."""
        slot = {source: 0} | {index: number for number, index in enumerate(sorted(members), 1)}
        calls = []
        for index in sorted(members):
            call = members[index].call
            given: list[Any] = [Slot(slot[i]) if i in slot else self._constant(i) for i in call.inputs]
            args, kwargs = (map_leaves(fill(tree, given, 1), _alike_everywhere) for tree in (call.args, call.kwargs))
            calls.append(RunCall(call.target, tuple(args), kwargs))
        run = ElementwiseRun(tuple(calls))
        return None if any(_differs(c, self._values[source]) for c in run.constants) else run

    def _constant(self, number: int) -> Tensor:
        """The value of one image that does not depend on the image, such as zeros of a map's shape."""
        if number not in self._constants:
            step = self._by_index[number]
            inputs = [
                self._like.new_zeros(1, *self._values[i].shape) if self._values[i].depends else self._constant(i)
                for i in step.inputs
            ]
            with torch.no_grad():
                self._constants[number] = step.run(inputs)
        return self._constants[number]


def is_elementwise(step: Step, values: Sequence[Value]) -> bool:
    """Whether each entry of a step's result is made from the same entry of its inputs, and nothing random."""
    result = values[step.index]
    varying = [i for i in step.inputs if values[i].depends]
    if not varying or step.call.pick is not None or any(values[i].shape != result.shape for i in varying):
        return False
    return on_entries(step.call)


def scales_and_shifts(step: Step) -> bool:
    """Whether a step is linear up to a constant in the one value that it reads."""
    return isinstance(step, Sum) or (isinstance(step, Product) and step.by_constant)


def _alike_everywhere(leaf: Any) -> Any:
    """A constant with one entry in each dimension along which it does not change."""
    if not isinstance(leaf, Tensor) or leaf.dim() == 0:
        return leaf
    for dim in range(leaf.dim()):
        first = leaf.narrow(dim, 0, 1) if leaf.shape[dim] else leaf
        if leaf.shape[dim] > 1 and bool((leaf == first).all()):
            leaf = first
    return leaf


def _differs(constant: Tensor, value: Value) -> bool:
    """Whether a constant changes from image to image or from position to position."""
    rank = len(value.shape) + 1
    aligned = [1] * (rank - constant.dim()) + list(constant.shape)
    return len(aligned) > rank or any(aligned[dim] != 1 for dim in (0, *(value.layout or ())))
