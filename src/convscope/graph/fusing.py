"""Plans for running: which steps, in which order, what is freed when, and what is computed in one go.

Batch norm after a convolution that nothing else reads is folded into the convolution's weights, a ReLU after either is
computed along with it, and any other ReLU overwrites the map it reads where that map is spent. All change no result by
more than rounding; none is done to a value that is asked for, so what a layer gives is that layer's output whatever
else is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
        actions = _folded(chosen, wanted)
    return _spending(actions, wanted if keep else frozenset())


def _cone(steps: Sequence[Step], wanted: frozenset[int]) -> list[Step]:
    needed, found = set(wanted), []
    for step in reversed(steps):
        if step.index in needed:
            needed.update(step.inputs)
            found.append(step)
    return found[::-1]


def _folded(steps: Sequence[Step], wanted: frozenset[int]) -> list[Action]:
    """The actions with convolution, batch norm and ReLU as one, and ReLUs in place, where nobody will miss what is
    between."""
    readers: dict[int, int] = {}
    for step in steps:
        for i in step.inputs:
            readers[i] = readers.get(i, 0) + 1
    alone = {i for i, count in readers.items() if count == 1 and i not in wanted}
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
        elif isinstance(step, ReLU) and below is not None and below.index in alone:
            made = actions[below.index].run
            if isinstance(made, Convolution):
                inputs, run = actions.pop(below.index).inputs, made.rectified()
            elif below.index in fresh:
                run = _relu_in_place
        if isinstance(step, Conv2d | BatchNorm | Linear | Sum | ReLU):
            fresh.add(step.index)
        actions[step.index] = Action(step.index, inputs, run, ())
    return list(actions.values())


def _relu_in_place(inputs: Sequence[Tensor]) -> Tensor:
    return inputs[0].relu_()


def _with_norm(conv: Conv2d, norm: BatchNorm) -> Convolution:
    """The convolution with the batch norm's factor and shift in its weights."""
    both = folded(conv, norm)
    return Convolution(both, both.weight, both.call.bind()["bias"])


class Convolution:
    """A convolution that is run, on a CPU in float32 by oneDNN, with the ReLU after it if there is one.

    oneDNN rectifies what it computes before it writes it: a ReLU by itself would read and write the map again. `conv2d`
    would also take a matrix product for small batches and 1x1 kernels, which is slower (see `Conv2d._convolve`).
    Weights are left as they are: in oneDNN's own order they would take their memory again and gain a few per cent, more
    only for a few images and many weights.
    """

    def __init__(self, conv: Conv2d, weight: Tensor, bias: Tensor | None, *, relu: bool = False) -> None:
        self._conv, self._weight, self._bias, self._relu = conv, weight, bias, relu
        self._plain: Any = conv.call.bind()["padding"]
        ours = weight.device.type == "cpu" and weight.dtype == torch.float32 and not isinstance(self._plain, str)
        self._ours = (
            ours and torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
        )

    def rectified(self) -> Convolution:
        """The same with a ReLU after it."""
        return Convolution(self._conv, self._weight, self._bias, relu=True)

    def __call__(self, inputs: Sequence[Tensor]) -> Tensor:
        """The output for one input (n, c, h, w)."""
        conv, (x,) = self._conv, inputs
        if self._ours and x.dtype == torch.float32:
            return torch.ops.mkldnn._convolution_pointwise(
                x, self._weight, self._bias, *self._geometry(), "relu" if self._relu else "none", [], ""
            )
        made = F.conv2d(x, self._weight, self._bias, conv.stride, self._plain, conv.dilation, conv.groups)
        return made.relu_() if self._relu else made

    def _geometry(self) -> tuple[list[int], list[int], list[int], int]:
        conv = self._conv
        return list(conv.before), list(conv.stride), list(conv.dilation), conv.groups


def _spending(actions: Sequence[Action], wanted: frozenset[int]) -> list[Action]:
    """The actions with what each spends: seen from the end, the first time a value is read is its last use."""
    seen, found = set(wanted), []
    for action in reversed(actions):
        spent = tuple(i for i in dict.fromkeys(action.inputs) if i not in seen)
        seen.update(spent)
        found.append(Action(action.index, action.inputs, action.run, spent))
    return found[::-1]
