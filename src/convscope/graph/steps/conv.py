"""Convolutions, transposed convolutions and fully connected layers: linear steps whose adjoint is written out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.graph.boxes import Signal, cut, paste
from convscope.graph.changes import Base, Change, Place, crop, widen
from convscope.graph.nouns import Span
from convscope.graph.options import PullOptions
from convscope.graph.order import looped
from convscope.graph.steps.base import Call, PullContext, Slot, Step
from convscope.graph.steps.registry import rule

if TYPE_CHECKING:
    from convscope.graph.sparse import SparseTranspose

aten = torch.ops.aten

_LARGE_KERNEL = 1 << 14  # weights; below, setting oneDNN up takes longer than the product


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


@cache
def _amd() -> bool:
    """Whether the processor is one on which the BLAS of `F.linear`, MKL, reaches half of its rate, and oneDNN all."""
    try:
        return "AuthenticAMD" in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


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


class BlockTranspose:
    """A transposed convolution to few channels, computed as a convolution whose channels are blocks of output pixels.

    Vector units work on 16 channels at a time, and 3 would leave most of them idle: 2 x 2 output pixels of 3 channels
    are 12. Output pixel block * Y + p of input i: out[o] = sum_i in[i] w[o - i * stride], so a block reads the inputs
    m * Y + j with block = m * stride and 0 <= p - j * stride < kernel.
    """

    def __init__(self, weight: Tensor, stride: int) -> None:
        self.kernel, self.stride = weight.shape[2], stride
        self.step = max(1, -(-2 // stride))
        self.block = self.step * stride
        self.before = (self.kernel - 1) // stride
        taps = self.step + self.before
        channels, few = weight.shape[:2]
        blocks = weight.new_zeros(few, self.block, self.block, channels, taps, taps)
        for t, p in self._pairs(taps):
            for u, q in self._pairs(taps):
                at = (p - (t - self.before) * stride, q - (u - self.before) * stride)
                blocks[:, p, q, :, t, u] = weight[:, :, at[0], at[1]].T
        weights = blocks.reshape(few * self.block**2, channels, taps, taps)
        self.weight = weights.contiguous(memory_format=torch.channels_last)

    def _pairs(self, taps: int) -> Iterator[tuple[int, int]]:
        """The (tap, pixel in block) pairs between which the kernel has an entry."""
        for tap, pixel in itertools.product(range(taps), range(self.block)):
            if 0 <= pixel - (tap - self.before) * self.stride < self.kernel:
                yield tap, pixel

    def __call__(self, signal: Tensor) -> Tensor:
        """The transposed convolution of signals (n, channels, h, w), without padding."""
        height, width = ((n - 1) * self.stride + self.kernel for n in signal.shape[2:])
        # What must follow the signal for the convolution to make all blocks; more makes blocks that are cut off.
        sizes = zip((height, width), signal.shape[2:], strict=True)
        after = max(-(-size // self.block) * self.step - n for size, n in sizes)
        if after <= self.before:
            blocks = F.conv2d(signal, self.weight, stride=self.step, padding=self.before)
        else:
            blocks = F.conv2d(F.pad(signal, (self.before, after) * 2), self.weight, stride=self.step)
        return F.pixel_shuffle(blocks, self.block)[:, :, :height, :width]


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
        return {0: Signal(self._carried(signal.tensor, signal.share), self.input_origin(signal.origin))}

    def _carried(self, signal: Tensor, share: float) -> Tensor:
        """The adjoint of signals of which this share is not zero."""
        sparse = self._sparse if share < 1 and looped(signal) else None
        if sparse is None or not sparse.pays(share):
            return self._adjoint(signal)
        made = sparse(signal)
        if made is None:  # inf or NaN in one of them must not change how the others are rounded
            parts = [self._carried(one[None], share) for one in signal] if len(signal) > 1 else [self._adjoint(signal)]
            made = torch.cat(parts)
        return made

    def _adjoint(self, signal: Tensor) -> Tensor:
        """The transposed convolution of a signal, without padding."""
        if self._blocks is not None:
            return self._blocks(signal)
        return F.conv_transpose2d(signal, self.weight, stride=self.stride, dilation=self.dilation, groups=self.groups)

    @cached_property
    def _sparse(self) -> SparseTranspose | None:
        """The form of the adjoint for signals that are mostly zero."""
        if self.groups > 1 or self.dilation != (1, 1) or self.weight.dtype != torch.float32:
            return None
        from convscope.graph.sparse import SparseTranspose  # imported where it is needed: Numba takes half a second

        return SparseTranspose(self.weight, self.stride)

    @cached_property
    def _blocks(self) -> BlockTranspose | None:
        """The form of the adjoint for inputs of few channels, such as pixels, where it is the faster one."""
        square = self.kernel[0] == self.kernel[1] and self.stride[0] == self.stride[1] and self.dilation == (1, 1)
        on_cpu = self.weight.device.type == "cpu"
        if not (square and on_cpu) or self.groups > 1 or self.weight.shape[1] > 4 or self.kernel[0] < self.stride[0]:
            return None
        return BlockTranspose(self.weight, self.stride[0])

    def rerun(self, inputs: Sequence[Tensor]) -> Tensor:
        """The same where padding is alike on both sides."""
        bound = self.call.bind()
        if isinstance(bound["padding"], str) or not isinstance(bound["bias"], Tensor | None):
            return self.run(inputs)
        return self._convolve(inputs[0], bound["bias"], self.before)

    def _convolve(self, x: Tensor, bias: Tensor | None, padding: Sequence[int]) -> Tensor:
        """The convolution, by oneDNN where it pays.

        Of less than 16 images and a 1x1 kernel on one thread, and of one small image, `conv2d` makes a matrix product
        in a BLAS that is half as fast on some processors (torch 2.13, `use_mkldnn` in Convolution.cpp).
        """
        large = self.weight.numel() >= _LARGE_KERNEL and x.device.type == "cpu" and x.dtype == torch.float32
        if not large or torch.is_grad_enabled() or not torch.backends.mkldnn.is_available():
            return F.conv2d(x, self.weight, bias, self.stride, padding, self.dilation, self.groups)
        # `conv2d`'s own entry to oneDNN, without its choice.
        return torch.mkldnn_convolution(
            x, self.weight, bias, list(padding), list(self.stride), list(self.dilation), self.groups
        )

    def operations(self) -> float:
        """A multiplication and an addition for every weight."""
        return 2.0 * self.weight.numel()

    def push(self, changes: Mapping[int, Change], place: Place, base: Base) -> Change:
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
        out = self._convolve(tensor, None, padding.tolist())
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

    def operations(self) -> float:
        """A multiplication and an addition for every weight and input."""
        return 2.0 * self.weight.numel() / (self.stride[0] * self.stride[1])

    def push(self, changes: Mapping[int, Change], place: Place, base: Base) -> Change:
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
        (x,), bias = inputs, self.call.bind()["bias"]
        plain = x.device.type == "cpu" and x.dtype == torch.float32 and not torch.is_grad_enabled()
        if not plain or x.dim() != 2 or not (_amd() and hasattr(torch.ops.mkldnn, "_linear_pointwise")):
            return self.run(inputs)
        return torch.ops.mkldnn._linear_pointwise(x.contiguous(), self.weight, bias, "none", [], "")

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

    def operations(self) -> float:
        """A multiplication and an addition for every weight, at every place that is no position of a map."""
        return 2.0 * self.weight.shape[1] * super().operations()

    def push(self, changes: Mapping[int, Change], place: Place, base: Base) -> Change:
        """The weight on the change alone."""
        return Change(F.linear(changes[0].tensor, self.weight), place, False)
