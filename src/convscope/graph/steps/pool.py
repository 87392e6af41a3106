"""Pooling: max with switches, average, adaptive and global."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.graph.boxes import Signal, whole, whole_origin
from convscope.graph.changes import Below, Change, Place, PushBase, widen
from convscope.graph.nouns import Pattern, Span
from convscope.graph.options import OverlapRule, PullOptions, Report
from convscope.graph.steps.base import Call, Positionwise, PullContext, Step
from convscope.graph.steps.conv import Windows, over_map, pair
from convscope.graph.steps.registry import rule
from convscope.kernels import edits, pooling
from convscope.kernels.pooling import MaxPooling

aten = torch.ops.aten


def _dense(tensor: Tensor) -> Tensor:
    return tensor.contiguous(memory_format=torch.channels_last)


def unpool(signal: Tensor, switches: Tensor, size: tuple[int, int], overlap: OverlapRule) -> Tensor:
    """The signal (n, c, h, w) put where the switches say, on maps of `size`; zero signals take no part in collisions.

    `switches` are flat indices into a map of `size`, as `max_pool2d` returns them. Zeiler & Fergus 2014, section 2.1;
    what happens where windows overlap and share a switch is not said there, hence `overlap`.
    """
    n, c = signal.shape[:2]
    flat, at = signal.flatten(2), switches.flatten(2)
    out = flat.new_zeros(n, c, size[0] * size[1])
    if overlap == "sum":
        return out.scatter_add_(2, at, flat).reshape(n, c, *size)
    if overlap == "max":
        low = torch.where(flat == 0, -torch.inf, flat)
        best = torch.full_like(out, -torch.inf).scatter_reduce_(2, at, low, "amax")
        return torch.where(best == -torch.inf, 0.0, best).reshape(n, c, *size)
    # The last window in reading order with a signal wins; its number, not the signal, is reduced, to be deterministic.
    order = torch.arange(1, flat.shape[2] + 1, device=flat.device).expand_as(at)
    last = torch.zeros_like(out, dtype=torch.long).scatter_reduce_(2, at, torch.where(flat == 0, 0, order), "amax")
    padded = F.pad(flat, (1, 0))
    return padded.gather(2, last).reshape(n, c, *size)


@rule(aten.max_pool2d.default, aten.max_pool2d_with_indices.default)
class MaxPool2d(Windows):
    """Max pooling with any padding, dilation, overlap and ceil mode; switches are found again on the boxes
    asked for."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """On a map; the indices themselves are not followed."""
        return over_map(call) and call.pick in (None, 0)

    def __post_init__(self) -> None:
        super().__post_init__()
        bound = self.call.bind()
        self.op = "max_pool2d"
        self.kernel = pair(bound["kernel_size"])
        self.stride = pair(bound["stride"]) if bound["stride"] else self.kernel
        self.before, self.dilation = pair(bound["padding"]), pair(bound["dilation"])

    @cached_property
    def pooling(self) -> MaxPooling:
        """Its windows."""
        return MaxPooling(self.kernel, self.stride, self.before, self.dilation, bool(self.call.bind()["ceil_mode"]))

    def run(self, inputs: Sequence[Tensor]) -> Tensor:
        """The maxima alone: PyTorch also writes where they were, which takes longer."""
        return pooling.largest(inputs[0], self.pooling)

    beyond = -math.inf

    @property
    def focuses(self) -> bool:
        """Always."""
        return True

    def focus(self, boxes: Sequence[Tensor], origin: np.ndarray, size: tuple[int, int]) -> Tensor:
        """The maxima of the boxes' windows; padding never wins."""
        return pooling.largest(boxes[0], MaxPooling(self.kernel, self.stride, (0, 0), self.dilation, ceil=False))

    def needs(self, options: PullOptions) -> tuple[int, ...]:
        """The map that was pooled."""
        return (0,)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """Unpooling with the switches of the box's own windows; padding can never win."""
        assert signal.origin is not None
        size, origin = self.input_size(signal.size((2, 3))), self.input_origin(signal.origin)
        share = signal.share / (self.stride[0] * self.stride[1])
        maps, image = context.maps(self.inputs[0])
        maps = maps.to(signal.tensor.dtype)  # with autocast, the maps' numbers may be shorter: their order stays
        if context.options.overlap == "sum":
            tensor = pooling.put_back(signal.tensor, maps, image, origin, self.pooling)
        else:
            _, switches = pooling.switches_on(maps, image, origin, signal.size((2, 3)), self.pooling)
            tensor = unpool(signal.tensor, switches, size, context.options.overlap)
        return {0: Signal(tensor, origin, share=share)}

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """The windows that see the change, their other inputs taken from the unedited map."""
        (origin, size), (old, _) = place.on_map(), changes[0].place.on_map()
        whole_map = size == self.call.result.size
        pooled = None if whole_map else base.value(self.index)
        there = (Below(base, self.inputs[0]), origin, size)
        return Change(edits.pool(changes[0].tensor, old, *there, self.pooling, pooled), place, whole_map)


@rule(aten.avg_pool2d.default)
class AvgPool2d(Windows):
    """Average pooling with any padding, ceil mode and divisor."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """On a map."""
        return over_map(call)

    def __post_init__(self) -> None:
        super().__post_init__()
        bound = self.call.bind()
        self.kernel, self.before, self.dilation = pair(bound["kernel_size"]), pair(bound["padding"]), (1, 1)
        self.stride = pair(bound["stride"]) if bound["stride"] else self.kernel
        self.divisor: int | None = bound["divisor_override"]
        self.count_include_pad = bool(bound["count_include_pad"])

    @property
    def _larger(self) -> bool:
        """Whether windows are larger than the map, as some global poolings are written: boxes of theirs would be all
        border."""
        return any(kernel > side for kernel, side in zip(self.kernel, self.call.sources[0].size, strict=True))

    def _counts(self, axis: int) -> np.ndarray:
        """How many inputs each output on an axis is divided by, as PyTorch counts them."""
        extent, before = self.call.sources[0].size[axis], self.before[axis]
        start = np.arange(self.call.result.size[axis]) * self.stride[axis] - before
        stop = np.minimum(start + self.kernel[axis], extent + before)
        if not self.count_include_pad:
            start, stop = np.maximum(start, 0), np.minimum(stop, extent)
        return stop - start

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """Each signal divided by its window's count and spread over the window."""
        if self._larger:
            return super().pull(signal, context)
        assert signal.origin is not None
        size = signal.size((2, 3))
        spread = signal.tensor / (self.divisor or self._divisors(signal.tensor, signal.origin, size))
        target = self.input_size(size)
        like = spread.new_empty(()).expand(*spread.shape[:2], *target)
        tensor = aten.avg_pool2d_backward(_dense(spread), like, self.kernel, self.stride, (0, 0), False, True, 1)
        return {0: Signal(tensor, self.input_origin(signal.origin))}

    @property
    def focuses(self) -> bool:
        """Of windows within the map."""
        return not self._larger

    def focus(self, boxes: Sequence[Tensor], origin: np.ndarray, size: tuple[int, int]) -> Tensor:
        """The sum over each window, divided by the window's count."""
        sums = F.avg_pool2d(boxes[0], self.kernel, self.stride, divisor_override=1)
        return sums.div_(self.divisor or self._divisors(sums, origin, size))

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """The sum of the change over each window, divided by the window's count."""
        if self._larger:
            return super().push(changes, place, base)
        origin, size = place.on_map()
        region = Place(self.input_origin(origin), self.input_size(size))
        sums = F.avg_pool2d(widen(changes[0], (2, 3), region), self.kernel, self.stride, divisor_override=1)
        return Change(sums.div_(self.divisor or self._divisors(sums, origin, size)), place, False)

    def _divisors(self, like: Tensor, origin: np.ndarray, size: tuple[int, int]) -> Tensor:
        """(n, 1, h, w): the count of each window of the boxes; positions beyond the map carry no signal, any
        count does."""
        per_axis = []
        for axis in range(2):
            counts = self._counts(axis)
            at = np.clip(origin[:, axis, None] + np.arange(size[axis]), 0, len(counts) - 1)
            per_axis.append(torch.from_numpy(counts[at]).to(like))
        return (per_axis[0][:, :, None] * per_axis[1][:, None, :])[:, None]


class _Adaptive(Step):
    """Adaptive pooling: output p covers the inputs [floor(p H / h), ceil((p + 1) H / h))."""

    exact = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """On a map."""
        return over_map(call) and call.pick in (None, 0)

    def place(self, slot: int, axis: int) -> Span | None:
        """The windows of adaptive pooling."""
        high, low = self.call.sources[0].size[axis], self.call.result.size[axis]
        at = np.arange(low, dtype=np.int64)
        start, stop = at * high // low, -(-(at + 1) * high // low)
        if high % low == 0:
            return Span(start, stop, (high // low, 0, high // low))
        period = low // math.gcd(high, low)
        if period == low:  # no two windows are alike
            return Span(start, stop)
        return Span(start, stop, None, Pattern(high * period // low, tuple(start[:period]), tuple(stop[:period])))


@rule(aten.adaptive_avg_pool2d.default, aten._adaptive_avg_pool2d.default)
class AdaptiveAvgPool2d(_Adaptive):
    """Adaptive average pooling; global pooling is the case of one output."""

    linear = True

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """Spread over the windows; where they are all of one size without overlap, on the box."""
        spans = [self.place(0, axis) for axis in range(2)]
        if signal.origin is None or any(s is None or s.affine is None for s in spans):
            return super().pull(signal, context)
        scale = np.asarray([s.affine[0] for s in spans if s and s.affine])
        tensor = signal.tensor / int(scale.prod())
        for axis in range(2):
            if scale[axis] > 1:
                tensor = tensor.repeat_interleave(int(scale[axis]), dim=2 + axis)
        return {0: Signal(tensor, signal.origin * scale)}

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """Of global pooling: the sum of the change over the number of positions."""
        if self.call.result.size != (1, 1):
            return super().push(changes, place, base)
        area = self.call.sources[0].size[0] * self.call.sources[0].size[1]
        return Change(changes[0].tensor.sum((2, 3), keepdim=True).div_(area), place, False)


@rule(aten.adaptive_max_pool2d.default)
class AdaptiveMaxPool2d(_Adaptive):
    """Adaptive max pooling: its vector-Jacobian product is the unpooling with switches, on the whole map."""

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The switches of the whole map."""
        below = context.forward(self.inputs[0])
        gradient = whole(signal, self.call.result)
        _, switches = F.adaptive_max_pool2d(below, self.call.result.size, return_indices=True)
        tensor = unpool(gradient, switches, self.call.sources[0].size, context.options.overlap)
        return {0: Signal(tensor, whole_origin(len(tensor)))}


class _Reducing(Positionwise):
    """A value for every position, or for all of them together, out of several: statistics over dimensions.

    Over channels it treats every position alike and alone; over positions it works on whole maps.
    """

    @property
    def dims(self) -> set[int]:
        """The dimensions that are reduced."""
        rank, found = len(self.call.sources[0].shape) + 1, self.call.bind()["dim"]
        found = [found] if isinstance(found, int) else found
        return {int(d) % rank for d in (found or range(rank))}

    @property
    def reads_all(self) -> bool:
        """Where no position stays."""
        return self.dims >= set(self.call.sources[0].layout or (0,))

    def _moved(self, layout: tuple[int, int]) -> tuple[int, int] | None:
        """The dimensions of rows and columns in the result; None where one is gone."""
        if len(self.call.result.shape) == len(self.call.sources[0].shape):
            return layout
        y, x = (None if d in self.dims else d - sum(gone < d for gone in self.dims) for d in layout)
        return None if y is None or x is None else (y, x)

    def _alone(self) -> bool:
        """Whether positions stay, each alone."""
        layout, result = self.call.sources[0].layout, self.call.result.layout
        return layout is not None and result is not None and not self.dims & {0, *layout}

    def place(self, slot: int, axis: int) -> Span | None:
        """Reduced axes see everything; an axis that is kept as it was sees itself.

        Where an axis is gone, rows or columns of the result are other dimensions.
        """
        source, result = self.call.sources[0], self.call.result
        if source.layout is None or result.layout != self._moved(source.layout):
            return None
        if source.layout[axis] in self.dims:
            return Span.everything(result.size[axis], source.size[axis])
        return Span.regular(result.size[axis], 1, 0, 1)

    @property
    def focuses(self) -> bool:
        """Where positions stay."""
        return self._alone()

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """By the derivative, on boxes where positions stay."""
        return super().pull(signal, context) if self._alone() else Step.pull(self, signal, context)

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """By running on the boxes where positions stay."""
        return super().push(changes, place, base) if self._alone() else Step.push(self, changes, place, base)


@rule(aten.mean.dim, aten.sum.dim_IntList)
class Reduce(_Reducing):
    """A mean or sum over dimensions, such as global average pooling written as `x.mean((2, 3))`."""

    linear = True

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """Over both axes: the sum of the change, over the number of positions for a mean."""
        bound, layout = self.call.bind(), self.call.sources[0].layout
        dtype = changes[0].tensor.dtype
        if layout is None or self.dims != set(layout) or dtype != (bound["dtype"] or dtype):
            return super().push(changes, place, base)
        total = changes[0].tensor.sum(layout, keepdim=bool(bound["keepdim"]))
        if self.op == "mean":
            total.div_(self.call.sources[0].size[0] * self.call.sources[0].size[1])
        return Change(total, place, False)


@rule(
    aten.amax.default,
    aten.amin.default,
    aten.max.dim,
    aten.min.dim,
    aten.linalg_vector_norm.default,
    aten.norm.ScalarOpt_dim,
    aten.logsumexp.default,
    aten.std.correction,
    aten.std.dim,
    aten.var.correction,
    aten.var.dim,
)
class Statistic(_Reducing):
    """The largest, the deviation, the length ... over dimensions: by their derivative."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """The numbers, not where they were found."""
        return call.pick in (None, 0) and call.bind()["dim"] is not None

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """By the derivative, and counted."""
        if self._alone():
            self.note(context.report)
        return super().pull(signal, context)

    def note(self, report: Report) -> None:
        """It is a derivative."""
        report.differentiated[self.op] += 1
