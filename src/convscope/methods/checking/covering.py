"""What covering a square changes, by recomputing what it changes alone, and by running everything again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from convscope.graph import Network
from convscope.graph.changes import Unedited
from convscope.graph.pushing import PushPlan, push_once

_NOTHING = 1e-9  # of a value: a smaller change is rounding


def coverings(
    net: Network, images: Tensor, layers: Sequence[str], draw: torch.Generator
) -> Iterator[tuple[str, Tensor, Tensor]]:
    """For squares in two corners and one drawn at random, what each is and changes of layers and output, both ways.

    Images (n, C, H, W) are normalised; where a square lies they become zero. Nothing where the network does not take
    several images at once, as then nothing is recomputed in parts.
    """
    names = {net.program.output: net.output, **{net.index_of(layer): layer for layer in layers}}
    height, width = net.input_shape[1:]
    side = max(1, min(height, width) // 4)
    drawn = [int(torch.randint(size - side + 1, (), generator=draw)) for size in (height, width)]
    for number, (top, left) in enumerate([(0, 0), (height - side, width - side), (drawn[0], drawn[1])]):
        image = images[number % len(images)][None].contiguous(memory_format=torch.channels_last)
        box = np.array([[top, left, top + side, left + side]])
        plan = PushPlan.of(net, box, np.zeros(1, int), sorted(names))
        if not all(net.values[step.index].batched for step in plan.steps):
            return
        covered = image.clone()
        covered[..., top : top + side, left : left + side] = 0
        before = net.run_values(image, plan.needed | set(names))
        after = net.run_values(covered, set(names))
        ours = push_once(plan, Unedited(net.values, before), covered - image, names)
        for index, name in names.items():
            theirs = after[index] - before[index]
            if float(theirs.norm()) > _NOTHING * float(before[index].norm()):
                said = f"{name}, covered from {top},{left} to {top + side},{left + side}"
                yield said, ours.get(index, before[index]) - before[index], theirs


__all__ = ["coverings"]
