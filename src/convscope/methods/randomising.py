"""The same network with other weights: permuted within each tensor, or newly drawn, from the top or from the bottom.

A picture that stays as it is while the weights below the unit are destroyed cannot be of what they learned (Adebayo et
al. 2018, Sanity checks for saliency maps). Statistics of batch norm are estimated again on the images at hand: with the
old ones the new activations would be nowhere near what the next layer takes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from convscope.graph import Network
from convscope.graph.pulling import cone
from convscope.graph.steps import Step
from convscope.graph.steps.conv import Conv2d, ConvTranspose2d, Linear
from convscope.graph.steps.normalisation import BatchNorm

How = Literal["permuted", "drawn"]
Direction = Literal["top", "bottom"]
HOWS: tuple[How, ...] = get_args(How)
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)


@dataclass(frozen=True)
class CascadeStage:
    """How far a cascade has come: of `of` steps with weights below a layer, the `count` from the `direction`."""

    direction: Direction
    count: int
    of: int


def weighted(net: Network, layer: str) -> list[list[Step]]:
    """The steps with weights that a layer is computed by, from the bottom; batch norms with the one before them."""
    found: list[list[Step]] = []
    for step in cone(net.steps, net.index_of(layer)):
        if not any(tensor.numel() > 1 for tensor in _constants((step.call.args, step.call.kwargs))):
            continue
        if isinstance(step, BatchNorm) and found:
            found[-1].append(step)
        else:
            found.append([step])
    return found


def stages(count: int) -> list[CascadeStage]:
    """The stages of both cascades over so many steps with weights: one, a quarter, half, three quarters, and all.

    >>> [stage.count for stage in stages(9) if stage.direction == "top"]
    [1, 3, 5, 7, 9]
    """
    counts = {1, *(-(-count * quarter // 4) for quarter in (1, 2, 3)), count}
    return [CascadeStage(direction, one, count) for direction in DIRECTIONS for one in sorted(counts) if count]


def randomised(net: Network, layer: str, stage: CascadeStage, how: How, *, images: Tensor, seed: int) -> Network:
    """The network with the weights of a stage's steps permuted or drawn, and batch norms after them estimated again.

    images: (n, C, H, W) that batch norm's statistics are of.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    groups = weighted(net, layer)
    chosen = groups[len(groups) - stage.count :] if stage.direction == "top" else groups[: stage.count]
    change = _permuted if how == "permuted" else _drawn
    steps = {step.index: change(step, generator) for group in chosen for step in group}
    if steps:
        steps = _estimated(net, layer, steps, images)
    return net.replaced(steps)


def _permuted(step: Step, generator: torch.Generator) -> Step:
    def move(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor) or not leaf.is_floating_point():
            return leaf
        order = torch.randperm(leaf.numel(), generator=generator).to(leaf.device)
        return _like(leaf.flatten()[order].reshape(leaf.shape), leaf)

    return step.moved(move)


def _drawn(step: Step, generator: torch.Generator) -> Step:
    """Weights from a normal distribution with the variance 2 / fan-in (He et al. 2015), no bias, no scale.

    Of steps that are no convolutions, linear layers or batch norms, permuted.
    """
    bound = step.call.bind()
    if isinstance(step, BatchNorm):
        plain = {name: bound[name] for name in ("weight", "bias") if bound[name] is not None}
        new = {name: torch.full_like(one, 1.0 if name == "weight" else 0.0) for name, one in plain.items()}
        return _with(step, new)
    if not isinstance(step, Conv2d | ConvTranspose2d | Linear):
        return _permuted(step, generator)
    weight: Tensor = bound["weight"]
    fan = math.prod(weight.shape[1:]) if not isinstance(step, ConvTranspose2d) else weight.numel() // weight.shape[1]
    drawn = torch.randn(weight.shape, generator=generator, dtype=torch.float64) * math.sqrt(2 / fan)
    new = {"weight": _like(drawn.to(weight), weight)}
    if isinstance(bound.get("bias"), Tensor):
        new["bias"] = torch.zeros_like(bound["bias"])
    return _with(step, new)


def _estimated(net: Network, layer: str, steps: dict[int, Step], images: Tensor) -> dict[int, Step]:
    """The steps and every batch norm from the first of them on, with the statistics that it meets on the images."""
    first, listed, made = min(steps), cone(net.steps, net.index_of(layer)), dict(steps)
    if not any(isinstance(step, BatchNorm) and step.index >= first for step in listed):
        return made
    last = {number: step.index for step in listed for number in step.inputs}
    alive = {0: net.check_images(images)}
    with torch.no_grad():
        for step in listed:
            now, inputs = made.get(step.index, step), [alive[number] for number in step.inputs]
            if isinstance(now, BatchNorm) and step.index >= first:
                dims = [dim for dim in range(inputs[0].dim()) if dim != 1]
                new = {"running_mean": inputs[0].mean(dims), "running_var": inputs[0].var(dims, correction=0)}
                now = made[step.index] = _with(now, new)
            alive[step.index] = now.run(inputs)
            for number in step.inputs:
                if last[number] == step.index:
                    alive.pop(number, None)
    return made


def _with(step: Step, new: dict[str, Tensor]) -> Step:
    call = replace(step.call, args=(), kwargs=step.call.bind() | new)
    return type(step)(step.index, step.name, call)


def _like(tensor: Tensor, other: Tensor) -> Tensor:
    """The tensor in the memory order of another."""
    last = other.dim() == 4 and other.is_contiguous(memory_format=torch.channels_last)
    return tensor.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)


def _constants(tree: Any) -> Sequence[Tensor]:
    if isinstance(tree, Tensor):
        return [tree] if tree.is_floating_point() else []
    if isinstance(tree, list | tuple):
        return [tensor for one in tree for tensor in _constants(one)]
    if isinstance(tree, dict):
        return [tensor for one in tree.values() for tensor in _constants(one)]
    return []


__all__ = ["DIRECTIONS", "HOWS", "Direction", "How", "CascadeStage", "randomised", "stages", "weighted"]
