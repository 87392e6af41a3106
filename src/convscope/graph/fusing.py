"""Plans for running: which steps, in which order, what is freed when, and what is computed in one go.

Batch norm after a convolution that nothing else reads is folded into the convolution's weights, a sum with another map
and a ReLU after either are computed along with it, and any other sum or ReLU overwrites a map it reads where that map
is spent. All change no result by more than rounding. Values that are asked for are computed as such, so what a layer
gives is that layer's output whatever else is asked for; where they are not kept, a ReLU may overwrite them once they
have been seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.graph.folding import folded
from convscope.graph.steps import Step
from convscope.graph.steps.conv import Conv2d, Linear
from convscope.graph.steps.normalisation import BatchNorm
from convscope.graph.steps.pointwise import ReLU, Sum


@dataclass(frozen=True)
class Action:
    """One entry of a plan: `run` on the `inputs` makes value `index`; the values `spent` are of no use after it."""

    index: int
    inputs: tuple[int, ...]
    run: Callable[[Sequence[Tensor]], Tensor]
    spent: tuple[int, ...]


def plan(steps: Sequence[Step], wanted: frozenset[int], *, fold: bool, keep: bool = True) -> list[Action]:
    """The actions that make the `wanted` values from value 0, the image; not to `keep` them is to spend them
    as well."""
    chosen = _cone(steps, wanted)
    actions = [Action(s.index, s.inputs, s.run, ()) for s in chosen]
    if fold:
        actions = _folded(chosen, wanted, keep=keep)
    return _spending(actions, wanted if keep else frozenset())


def _cone(steps: Sequence[Step], wanted: frozenset[int]) -> list[Step]:
    needed, found = set(wanted), []
    for step in reversed(steps):
        if step.index in needed:
            needed.update(step.inputs)
            found.append(step)
    return found[::-1]


def _folded(steps: Sequence[Step], wanted: frozenset[int], *, keep: bool) -> list[Action]:
    """The actions with convolution, batch norm and ReLU as one, and ReLUs in place, where nobody will miss what is
    between."""
    readers: dict[int, int] = {}
    for step in steps:
        for i in step.inputs:
            readers[i] = readers.get(i, 0) + 1
    once = {i for i, count in readers.items() if count == 1}
    alone = once - wanted
    by_index = {step.index: step for step in steps}
    fresh: set[int] = set()
    actions: dict[int, Action] = {}
    for step in steps:
        below = by_index.get(step.inputs[0]) if step.inputs else None
        run, inputs = step.run, step.inputs
        if isinstance(step, Conv2d):
            run = Convolution(step, step.weight, step.call.bind()["bias"])
        elif isinstance(step, BatchNorm) and isinstance(below, Conv2d) and below.index in alone:
            del actions[below.index]
            run, inputs = _with_norm(below, step), below.inputs
        elif isinstance(step, ReLU) and below is not None and below.index in (alone if keep else once):
            made = actions[below.index].run
            if isinstance(made, Convolution) and below.index in alone:
                inputs, run = actions.pop(below.index).inputs, made.rectified()
            elif below.index in fresh:
                run = _relu_in_place
        elif isinstance(step, Sum) and step.plain and (slot := _summand(step, alone & fresh)) is not None:
            run, inputs = partial(_add_in_place, slot), step.inputs
            made = actions[step.inputs[slot]].run
            if isinstance(made, Convolution) and made.open:
                inputs = (*actions.pop(step.inputs[slot]).inputs, step.inputs[1 - slot])
                run = made.with_sum()
        if isinstance(step, Conv2d | BatchNorm | Linear | Sum | ReLU):
            fresh.add(step.index)
        actions[step.index] = Action(step.index, inputs, run, ())
    return list(actions.values())


def _summand(step: Step, spent: set[int]) -> int | None:
    """The operand of a sum that may be overwritten: the one that is computed last, whose map is warmest."""
    return max(
        (slot for slot, i in enumerate(step.inputs) if i in spent), key=lambda slot: step.inputs[slot], default=None
    )


def _add_in_place(slot: int, inputs: Sequence[Tensor]) -> Tensor:
    mine, other = inputs[slot], inputs[1 - slot]
    return mine.add_(other) if mine.dtype == other.dtype else mine + other


def _relu_in_place(inputs: Sequence[Tensor]) -> Tensor:
    return inputs[0].relu_()


def _with_norm(conv: Conv2d, norm: BatchNorm) -> Convolution:
    """The convolution with the batch norm's factor and shift in its weights."""
    both = folded(conv, norm)
    return Convolution(both, both.weight, both.call.bind()["bias"])


class Convolution:
    """A convolution that is run, on a CPU in float32 by oneDNN, with the sum and the ReLU after it if there are any.

    oneDNN adds to what it computes, and rectifies it, before it writes it: sums and ReLUs by themselves would read and
    write the map again. `conv2d` would also take a matrix product for small batches and 1x1 kernels, which is slower
    (see `Conv2d._convolve`). Weights are left as they are: in oneDNN's own order they would take their memory again and
    gain a few per cent, more only for a few images and many weights.
    """

    def __init__(
        self, conv: Conv2d, weight: Tensor, bias: Tensor | None, *, total: bool = False, relu: bool = False
    ) -> None:
        self._conv, self._weight, self._bias, self._total, self._relu = conv, weight, bias, total, relu
        self._plain: Any = conv.call.bind()["padding"]
        ours = weight.device.type == "cpu" and weight.dtype == torch.float32 and not isinstance(self._plain, str)
        self._ours = (
            ours and torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
        )

    @property
    def open(self) -> bool:
        """Whether its output may still be added to: nothing is done to it yet."""
        return not (self._total or self._relu)

    def with_sum(self) -> Convolution:
        """The same, added to a map of the output's shape: a second input."""
        return Convolution(self._conv, self._weight, self._bias, total=True)

    def rectified(self) -> Convolution:
        """The same with a ReLU after it."""
        return Convolution(self._conv, self._weight, self._bias, total=self._total, relu=True)

    def __call__(self, inputs: Sequence[Tensor]) -> Tensor:
        """The output for one input (n, c, h, w), and what is added to it."""
        conv, (x, *more) = self._conv, inputs
        if not self._ours or any(i.dtype != torch.float32 for i in inputs):
            made = F.conv2d(x, self._weight, self._bias, conv.stride, self._plain, conv.dilation, conv.groups)
            for other in more:
                made = made.add_(other) if made.dtype == other.dtype else made + other
            return made.relu_() if self._relu else made
        geometry = (list(conv.before), list(conv.stride), list(conv.dilation), conv.groups)
        after = ("relu" if self._relu else "none", [], "")
        if not more:
            return torch.ops.mkldnn._convolution_pointwise(x, self._weight, self._bias, *geometry, *after)
        unary = after if self._relu else (None, [], None)
        return torch.ops.mkldnn._convolution_pointwise.binary(
            x, more[0], self._weight, self._bias, *geometry, "add", 1.0, *unary
        )


def _spending(actions: Sequence[Action], wanted: frozenset[int]) -> list[Action]:
    """The actions with what each spends: seen from the end, the first time a value is read is its last use."""
    seen, found = set(wanted), []
    for action in reversed(actions):
        spent = tuple(i for i in dict.fromkeys(action.inputs) if i not in seen)
        seen.update(spent)
        found.append(Action(action.index, action.inputs, action.run, spent))
    return found[::-1]
