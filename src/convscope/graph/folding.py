"""Batch norm folded into the convolution before it: one linear step in place of two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import torch

from convscope.graph.steps import Step
from convscope.graph.steps.conv import Conv2d
from convscope.graph.steps.normalisation import BatchNorm


def fold_norms(steps: Sequence[Step], wanted: set[int]) -> list[Step]:
    """The steps with every batch norm folded that alone reads a convolution which is not among the `wanted` values."""
    readers = Counter(number for step in steps for number in step.inputs)
    by_index = {step.index: step for step in steps}
    found: dict[int, Step] = {}
    for step in steps:
        below = by_index.get(step.inputs[0]) if step.inputs else None
        alone = below is not None and readers[below.index] == 1 and below.index not in wanted
        if isinstance(step, BatchNorm) and isinstance(below, Conv2d) and alone and foldable(below, step):
            del found[below.index]
            found[step.index] = folded(below, step)
        else:
            found[step.index] = step
    return list(found.values())


def foldable(conv: Step, norm: BatchNorm) -> bool:
    """Whether a batch norm can be part of the convolution before it: with autocast, their numbers are of two dtypes."""
    return isinstance(conv, Conv2d) and conv.weight.dtype == norm.scale.dtype


def folded(conv: Conv2d, norm: BatchNorm) -> Conv2d:
    """A convolution that does what the two do: factors go into its weight, shifts into its bias."""
    bound, factor = norm.call.bind(), norm.scale.flatten()
    bias = -bound["running_mean"] * factor
    if bound["bias"] is not None:
        bias = bias + bound["bias"]
    arguments = conv.call.bind()
    if arguments["bias"] is not None:
        bias = bias + arguments["bias"] * factor
    weight = (conv.weight * factor.reshape(-1, 1, 1, 1)).contiguous(memory_format=torch.channels_last)
    call = replace(conv.call, args=(), kwargs=arguments | {"weight": weight, "bias": bias}, result=norm.call.result)
    return Conv2d(norm.index, norm.name, call)
