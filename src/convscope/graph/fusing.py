"""Plans for running: which steps, in which order, what is freed when, and what is computed in one go.

Batch norm after a convolution that nothing else reads is folded into the convolution's weights, and a ReLU
overwrites the map it reads where that map is spent. Both change no result by more than rounding; neither is done to a
value that is asked for, so what a layer gives is that layer's output whatever else is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

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
    """The actions with convolution and batch norm as one, and ReLUs in place where nobody will miss what they read."""
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
        if isinstance(step, BatchNorm) and isinstance(below, Conv2d) and below.index in alone:
            del actions[below.index]
            run, inputs = _convolution(below, step), below.inputs
        elif isinstance(step, ReLU) and step.inputs[0] in alone & fresh:
            run = _relu_in_place
        if isinstance(step, Conv2d | BatchNorm | Linear | Sum | ReLU):
            fresh.add(step.index)
        actions[step.index] = Action(step.index, inputs, run, ())
    return list(actions.values())


def _relu_in_place(inputs: Sequence[Tensor]) -> Tensor:
    return inputs[0].relu_()


def _convolution(conv: Conv2d, norm: BatchNorm) -> Callable[[Sequence[Tensor]], Tensor]:
    """The convolution with the batch norm's factor and shift in its weights."""
    bound = norm.call.bind()
    shift = -bound["running_mean"] * norm.scale.flatten()
    if bound["bias"] is not None:
        shift = shift + bound["bias"]
    bias = conv.call.bind()["bias"]
    if bias is not None:
        shift = shift + bias * norm.scale.flatten()
    weight = conv.weight * norm.scale.reshape(-1, 1, 1, 1)
    weight = weight.contiguous(memory_format=torch.channels_last)
    padding = conv.call.bind()["padding"]

    def run(inputs: Sequence[Tensor]) -> Tensor:
        return F.conv2d(inputs[0], weight, shift, conv.stride, padding, conv.dilation, conv.groups)

    return run


def _spending(actions: Sequence[Action], wanted: frozenset[int]) -> list[Action]:
    """The actions with what each spends: seen from the end, the first time a value is read is its last use."""
    seen, found = set(wanted), []
    for action in reversed(actions):
        spent = tuple(i for i in dict.fromkeys(action.inputs) if i not in seen)
        seen.update(spent)
        found.append(Action(action.index, action.inputs, action.run, spent))
    return found[::-1]
