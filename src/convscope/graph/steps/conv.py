"""Convolutions, transposed convolutions and fully connected layers: linear steps whose adjoint is written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.graph.boxes import Signal, paste
from convscope.graph.nouns import Span
from convscope.graph.options import PullOptions
from convscope.graph.steps.base import Call, PullContext, Slot, Step
from convscope.graph.steps.registry import rule

aten = torch.ops.aten


def pair(value: Any) -> tuple[int, int]:
    """(y, x) from an integer or a list of one or two."""
    values = [int(value)] if isinstance(value, int) else [int(v) for v in value]
    return (values[0], values[-1])


def fixed_weight(call: Call) -> bool:
    """Whether the weight is a constant and the only slot is the input; computed weights take the fallback."""
    bound = call.bind()
    return isinstance(bound["weight"], Tensor) and not isinstance(bound.get("bias"), Slot) and len(call.inputs) == 1


def over_map(call: Call) -> bool:
    """Whether the input is a batch of channels-first maps whose positions are rows and columns."""
    return call.sources[0].layout == (2, 3) and len(call.sources[0].shape) == 3


class Windows(Step):
    """Shared by steps whose outputs are windows over one map: `kernel`, `stride`, `dilation`, and `before`, the padding
    on the low side."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    before: tuple[int, int]

    def reach(self, axis: int) -> int:
        """How many inputs a window spans on an axis."""
        return self.dilation[axis] * (self.kernel[axis] - 1) + 1

    def place(self, slot: int, axis: int) -> Span | None:
        """Sliding windows."""
        return Span.regular(self.call.result.size[axis], self.stride[axis], -self.before[axis], self.reach(axis))

    def input_origin(self, origin: np.ndarray) -> np.ndarray:
        """Where the windows of the output boxes at `origin` begin on the input."""
        return origin * np.asarray(self.stride) - np.asarray(self.before)

    def input_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """How many inputs the windows of an output box of `size` span."""
        return (
            (size[0] - 1) * self.stride[0] + self.reach(0),
            (size[1] - 1) * self.stride[1] + self.reach(1),
        )


@rule(aten.conv2d.default, aten.conv2d.padding, aten.convolution.default)
class Conv2d(Windows):
    """Convolution with groups, dilation, and symmetric, "same" or "valid" padding."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Two-dimensional, forward, with a constant weight."""
        bound = call.bind()
        return (
            fixed_weight(call) and over_map(call) and bound["weight"].dim() == 4 and not bound.get("transposed", False)
        )

    def __post_init__(self) -> None:
        super().__post_init__()
        bound = self.call.bind()
        self.op = "conv2d"
        self.weight: Tensor = bound["weight"]
        self.groups = int(bound["groups"])
        self.kernel = (self.weight.shape[2], self.weight.shape[3])
        self.stride, self.dilation = pair(bound["stride"]), pair(bound["dilation"])
        padding = bound["padding"]
        if padding == "same":
            # Even kernels pad one more on the high side, as PyTorch does.
            self.before = (self.dilation[0] * (self.kernel[0] - 1) // 2, self.dilation[1] * (self.kernel[1] - 1) // 2)
        else:
            self.before = (0, 0) if padding == "valid" else pair(padding)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The transposed kernels over the box, without padding: what falls beyond the map is cleared by the caller."""
        assert signal.origin is not None
        # The transposed convolution of one position is the kernel itself, weighted by the signal's channels.
        tensor = F.conv_transpose2d(
            signal.tensor, self.weight, stride=self.stride, dilation=self.dilation, groups=self.groups
        )
        return {0: Signal(tensor, self.input_origin(signal.origin))}


@rule(aten.conv_transpose2d.input, aten.convolution.default)
class ConvTranspose2d(Windows):
    """Transposed convolution; its adjoint is a convolution."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Two-dimensional, transposed, with a constant weight."""
        bound = call.bind()
        return (
            fixed_weight(call) and over_map(call) and bound["weight"].dim() == 4 and bool(bound.get("transposed", True))
        )

    def __post_init__(self) -> None:
        super().__post_init__()
        bound = self.call.bind()
        self.op = "conv_transpose2d"
        self.weight: Tensor = bound["weight"]
        self.groups = int(bound["groups"])
        self.kernel = (self.weight.shape[2], self.weight.shape[3])
        self.stride, self.dilation, self.before = pair(bound["stride"]), pair(bound["dilation"]), pair(bound["padding"])

    def _reads(self, start: np.ndarray, stop: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
        """The inputs [first, last) that reach the outputs [start, stop) on an axis."""
        stride, before = self.stride[axis], self.before[axis]
        first = -((-(start + before - self.reach(axis) + 1)) // stride)
        last = (stop - 1 + before) // stride + 1
        return first, np.maximum(last, first)

    def place(self, slot: int, axis: int) -> Span | None:
        """Output o reads the inputs i with o = i * stride - padding + dilation * t for a t within the kernel."""
        at = np.arange(self.call.result.size[axis], dtype=np.int64)
        return Span(*self._reads(at, at + 1, axis))

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """A convolution over the box, aligned to the stride sample by sample."""
        assert signal.origin is not None
        size = signal.size((2, 3))
        ends = signal.origin + np.asarray(size)
        first, last = (
            np.stack(v, 1)
            for v in zip(*(self._reads(signal.origin[:, a], ends[:, a], a) for a in range(2)), strict=True)
        )
        count = np.maximum((last - first).max(0), 1)
        wide = paste(signal, (2, 3), self.input_origin(first), self.input_size((int(count[0]), int(count[1]))))
        tensor = F.conv2d(wide.tensor, self.weight, stride=self.stride, dilation=self.dilation, groups=self.groups)
        return {0: Signal(tensor, first)}


@rule(aten.linear.default)
class Linear(Step):
    """A fully connected layer over the last dimension; over channels-last maps it acts at each position."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """With a constant weight, over a dimension that is no position."""
        source = call.sources[0] if call.sources else None
        return fixed_weight(call) and source is not None and len(source.shape) not in (source.layout or ())

    def __post_init__(self) -> None:
        super().__post_init__()
        self.weight: Tensor = self.call.bind()["weight"]

    def place(self, slot: int, axis: int) -> Span | None:
        """Position p reads position p."""
        result = self.call.result
        return None if result.layout is None else Span.regular(result.size[axis], 1, 0, 1)

    def needs(self, options: PullOptions) -> tuple[int, ...]:
        """Nothing."""
        return ()

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The transposed weight."""
        return {0: Signal(signal.tensor @ self.weight, signal.origin)}
