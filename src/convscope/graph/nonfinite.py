"""Weights that are no numbers: a network carries them on as its module would, and what comes of them says little."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from convscope.graph.program import Program
from convscope.graph.steps import Step
from convscope.graph.steps.base import tensors_in

_WEIGHTS = ("weight", "bias", "running_mean", "running_var")


def nonfinite(program: Program) -> tuple[str, ...]:
    """The names of the steps whose weights hold NaN or infinite values, in execution order.

    Of other constants infinite values are meant (a mask before a softmax), and NaN alone counts.
    """
    held = [(step.name, weight, tensor.detach()) for step in program.steps for weight, tensor in _floating(step)]
    if not held:
        return ()
    # Both ends are NaN of what holds it. The device is asked once, for all tensors.
    ends = [torch.aminmax(tensor) for _, _, tensor in held]
    bad = torch.stack([torch.stack([low.isnan(), low.isinf() | high.isinf()]) for low, high in ends]).tolist()
    asked = zip(held, bad, strict=True)
    return tuple(dict.fromkeys(name for (name, weight, _), (nan, infinite) in asked if nan or (weight and infinite)))


def _floating(step: Step) -> Iterator[tuple[bool, Tensor]]:
    """The floating-point tensors among a step's arguments, and whether each is one of its weights."""
    bound = step.call.bind()
    weights = [bound.get(name) for name in _WEIGHTS]
    for tensor in tensors_in((step.call.args, step.call.kwargs)):
        if tensor.is_floating_point() and tensor.numel():
            yield any(tensor is weight for weight in weights), tensor


__all__ = ["nonfinite"]
