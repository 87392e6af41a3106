"""The step that puts maxima back where a pooling found them, as SegNet's decoder does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from convscope.graph.boxes import Signal
from convscope.graph.nouns import Span
from convscope.graph.options import PullOptions
from convscope.graph.steps.base import Call, PullContext, Step
from convscope.graph.steps.conv import pair
from convscope.graph.steps.registry import rule
from convscope.kernels.cutting import cut

aten = torch.ops.aten


def unpooled(x: Tensor, switches: Tensor, size: Sequence[int], *_windows: Sequence[int]) -> Tensor:
    """`max_unpool2d` of maps by the switches of a pooling, whose kernel, stride, padding and dilation are known."""
    return aten.max_unpool2d.default(x, switches, list(size))


@rule(unpooled)
class Unpooling(Step):
    """Maxima back in their places: what stands at a position was somewhere in a window that holds it.

    No signal comes from all of the window: what lies beside decides whether anything stands here.
    """

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Of maps, channels first, by switches that are the image's own."""
        return len(call.inputs) == 2 and all(v.layout == (2, 3) for v in (*call.sources, call.result))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.op = "max_unpool2d"
        self.kernel, stride, self.before, self.dilation = (pair(one) if one else (0, 0) for one in self.call.args[3:7])
        self.stride = (stride[0] or self.kernel[0], stride[1] or self.kernel[1])

    def place(self, slot: int, axis: int) -> Span | None:
        """Position p reads the maxima of the windows that it lies in."""
        places = np.arange(self.call.result.size[axis])[:, None] + self.before[axis]
        first = places - np.arange(self.kernel[axis]) * self.dilation[axis]
        window = first // self.stride[axis]
        there = (first % self.stride[axis] == 0) & (window >= 0) & (window < self.call.sources[slot].size[axis])
        return Span.of_reads(np.where(there, window, -1))

    def needs(self, options: PullOptions) -> tuple[int, ...]:
        """The switches."""
        return (1,)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """What stands where each maximum was put."""
        assert signal.origin is not None
        (height, width), columns = signal.size((2, 3)), self.call.result.size[1]
        reach = (np.asarray(self.kernel) - 1) * self.dilation
        first = -((reach - self.before - signal.origin) // self.stride)
        tall, wide = (
            int((side + far) // step) + 1 for side, far, step in zip((height, width), reach, self.stride, strict=True)
        )
        maps, image = context.maps(self.inputs[1])
        switches = cut(maps.double(), image, (2, 3), first, (tall, wide), -1.0).long()
        top, left = (torch.from_numpy(np.ascontiguousarray(signal.origin[:, axis])).to(switches) for axis in range(2))
        y = switches.div(columns, rounding_mode="floor") - top[:, None, None, None]
        x = switches.remainder(columns) - left[:, None, None, None]
        inside = (switches >= 0) & (y >= 0) & (y < height) & (x >= 0) & (x < width)
        at = torch.where(inside, y * width + x, 0).flatten(2)
        taken = signal.tensor.flatten(2).gather(2, at).reshape(switches.shape)
        return {0: Signal(torch.where(inside, taken, 0), first)}


__all__ = ["Unpooling", "unpooled"]
