"""Convolutions, transposed convolutions and fully connected layers: linear steps whose adjoint is written out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.graph.boxes import Signal, paste
from convscope.graph.changes import Change, Place, PushBase, widen
from convscope.graph.nouns import Pattern, Span
from convscope.graph.options import PullOptions
from convscope.graph.steps.base import Call, PullContext, Slot, Step
from convscope.graph.steps.registry import rule
from convscope.kernels import onednn
from convscope.kernels.cutting import cut, is_whole
from convscope.kernels.transposing import Transposed, transpose
from convscope.kernels.views import crop

aten = torch.ops.aten

_BEYOND = 1 << 40


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

    exact = True
    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    before: tuple[int, int]

    def reach(self, axis: int) -> int:
        """How many inputs a window spans on an axis."""
        return self.dilation[axis] * (self.kernel[axis] - 1) + 1

    def place(self, slot: int, axis: int) -> Span | None:
        """Sliding windows."""
        geometry = self.stride[axis], -self.before[axis], self.reach(axis)
        return Span.regular(self.call.result.size[axis], *geometry, step=self.dilation[axis])

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
        weight = self.weight.to(signal.tensor.dtype)
        if self.groups > 1 and (beyond := self._beyond(signal)) is not None:
            around = (self.stride, self.before, beyond, self.groups, self.dilation)
            return {0: Signal(F.conv_transpose2d(signal.tensor, weight, None, *around), signal.origin)}
        transposed = self._transposed
        if self.weight.dtype != signal.tensor.dtype:  # autocast: rounded weights, signals as precise as the images
            transposed = Transposed(weight, self.stride, self.dilation, self.groups)
        tensor = transpose(signal.tensor, transposed, signal.share)
        return {0: Signal(tensor, self.input_origin(signal.origin))}

    def _beyond(self, signal: Signal) -> tuple[int, int] | None:
        """Of a signal on the whole map: what of the input lies beyond the last window; None where it cannot be told.

        The adjoint can then leave out what would be cut off: of grouped convolutions that is half of the time.
        """
        assert signal.origin is not None
        if not is_whole(signal.origin, signal.size((2, 3)), self.call.result.size):
            return None
        ends = [n - b for n, b in zip(self.input_size(self.call.result.size), self.before, strict=True)]
        beyond = [n - (end - b) for n, end, b in zip(self.call.sources[0].size, ends, self.before, strict=True)]
        most = [max(s, d) for s, d in zip(self.stride, self.dilation, strict=True)]
        fits = all(0 <= b < m for b, m in zip(beyond, most, strict=True))
        return (beyond[0], beyond[1]) if fits else None

    @cached_property
    def _transposed(self) -> Transposed:
        """The weight in the forms that the adjoint is made with."""
        return Transposed(self.weight, self.stride, self.dilation, self.groups)

    @cached_property
    def geometry(self) -> onednn.Geometry:
        """How it moves."""
        padding = self.call.bind()["padding"]
        padding = padding if isinstance(padding, str) else self.before
        return onednn.Geometry(self.stride, padding, self.dilation, self.groups)

    def rerun(self, inputs: Sequence[Tensor]) -> Tensor:
        """The same where padding is alike on both sides."""
        bound = self.call.bind()
        if isinstance(bound["padding"], str) or not isinstance(bound["bias"], Tensor | None):
            return self.run(inputs)
        return onednn.convolve(inputs[0], self.weight, bound["bias"], self.geometry)

    @property
    def focuses(self) -> bool:
        """With a constant bias."""
        return isinstance(self.call.bind()["bias"], Tensor | None)

    def focus(self, boxes: Sequence[Tensor], origin: np.ndarray, size: tuple[int, int]) -> Tensor:
        """The kernels over the boxes, which hold the padding."""
        around = onednn.Geometry(self.stride, (0, 0), self.dilation, self.groups)
        return onednn.convolve(boxes[0], self.weight, self.call.bind()["bias"], around)

    def operations(self) -> float:
        """A multiplication and an addition for every weight."""
        return 2.0 * self.weight.numel()

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """The kernels over the change alone, without bias: around it are zeros, and padding costs next to nothing."""
        (origin, size), (old, _) = place.on_map(), changes[0].place.on_map()
        needed, stride = self.input_size(size), np.asarray(self.stride)
        low = old[0] - self.input_origin(origin[0])
        high = np.asarray(needed) - low - np.asarray(changes[0].tensor.shape[2:])
        # PyTorch pads both sides alike: the larger padding on both, by whole strides before; the surplus is cut off.
        surplus = np.maximum(-(-(high - low) // stride), 0)
        padding, tensor = low + surplus * stride, changes[0].tensor
        if (low < 0).any() or (high < 0).any() or (padding >= np.asarray([self.reach(0), self.reach(1)])).any():
            tensor = widen(changes[0], (2, 3), Place(self.input_origin(origin), needed))
            surplus = padding = np.zeros(2, np.int64)
        around = (int(padding[0]), int(padding[1]))
        moved = onednn.Geometry(self.stride, around, self.dilation, self.groups)
        out = onednn.convolve(tensor, self.weight, None, moved)
        return Change(crop(out, (2, 3), surplus.tolist(), size), place, False)


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
        stride, dilation, kernel = self.stride[axis], self.dilation[axis], self.kernel[axis]
        step = dilation // math.gcd(stride, dilation)
        # The taps t that an output can be reached by differ by the same number: those it begins and ends with decide.
        taps = np.arange(kernel) * dilation
        count = self.call.result.size[axis]
        at = np.arange(-(-max(count, stride) // stride) * stride)
        reached = at[:, None] + self.before[axis] - taps
        inputs = reached // stride
        hit = inputs * stride == reached
        start = np.where(hit, inputs, _BEYOND).min(1)
        stop = np.where(hit, inputs, -_BEYOND).max(1) + 1
        pattern = Pattern(1, tuple(start[:stride].tolist()), tuple(stop[:stride].tolist()))
        empty, between = stop <= start, self._reads(at, at + 1, axis)[0]
        start, stop = np.where(empty, between, start)[:count], np.where(empty, between, stop)[:count]
        return Span(start, stop, None, pattern, step)

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
        weight = self.weight.to(wide.tensor.dtype)
        tensor = F.conv2d(wide.tensor, weight, stride=self.stride, dilation=self.dilation, groups=self.groups)
        return {0: Signal(tensor, first)}

    def operations(self) -> float:
        """A multiplication and an addition for every weight and input."""
        return 2.0 * self.weight.numel() / (self.stride[0] * self.stride[1])

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """The transposed kernels over the change alone, cut to what the map has of it."""
        (origin, size), (old, _) = place.on_map(), changes[0].place.on_map()
        out = F.conv_transpose2d(
            changes[0].tensor, self.weight, stride=self.stride, dilation=self.dilation, groups=self.groups
        )
        rows = torch.arange(len(out), device=out.device)
        return Change(cut(out, rows, (2, 3), origin - self.input_origin(old), size), place, False)


@rule(aten.linear.default)
class Linear(Step):
    """A fully connected layer over the last dimension; over channels-last maps it acts at each position."""

    linear = True
    exact = True

    @property
    def reads_all(self) -> bool:
        """Of a vector."""
        return len(self.call.sources[0].shape) == 1

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """With a constant weight, over a dimension that is no position."""
        source = call.sources[0] if call.sources else None
        return fixed_weight(call) and source is not None and len(source.shape) not in (source.layout or ())

    def __post_init__(self) -> None:
        super().__post_init__()
        self.weight: Tensor = self.call.bind()["weight"]

    def rerun(self, inputs: Sequence[Tensor]) -> Tensor:
        """By oneDNN where it is the faster one."""
        return onednn.linear(inputs[0], self.weight, self.call.bind()["bias"])

    def place(self, slot: int, axis: int) -> Span | None:
        """Position p reads position p."""
        result = self.call.result
        return None if result.layout is None else Span.regular(result.size[axis], 1, 0, 1)

    def needs(self, options: PullOptions) -> tuple[int, ...]:
        """Nothing."""
        return ()

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The transposed weight."""
        return {0: Signal(signal.tensor @ self.weight.to(signal.tensor.dtype), signal.origin)}

    @property
    def focuses(self) -> bool:
        """Over the channels of every position."""
        return self.call.sources[0].layout == self.call.result.layout

    def focus(self, boxes: Sequence[Tensor], origin: np.ndarray, size: tuple[int, int]) -> Tensor:
        """At every position of the boxes."""
        return self.run(boxes)

    def operations(self) -> float:
        """A multiplication and an addition for every weight, at every place that is no position of a map."""
        return 2.0 * self.weight.shape[1] * super().operations()

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """The weight on the change alone."""
        return Change(F.linear(changes[0].tensor, self.weight), place, False)
