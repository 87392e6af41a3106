"""Steps that only rearrange: concatenation, slices, padding, reshapes, permutations, resampling."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convscope.graph.boxes import Signal, paste, whole, whole_origin
from convscope.graph.changes import Base, Change, Place, widen
from convscope.graph.nouns import Span
from convscope.graph.steps.base import Call, Positionwise, PullContext, Slot, Step
from convscope.graph.steps.conv import over_map
from convscope.graph.steps.registry import rule
from convscope.kernels.views import add_into, empty_map

aten = torch.ops.aten

VIEWS = (
    aten.view.default,
    aten.reshape.default,
    aten._unsafe_view.default,
    aten.flatten.using_ints,
    aten.unflatten.int,
    aten.squeeze.default,
    aten.squeeze.dim,
    aten.squeeze.dims,
    aten.unsqueeze.default,
)
_APART = 16  # no output of a resampling reads inputs so far from one another
PERMUTATIONS = (aten.permute.default, aten.transpose.int, aten.t.default, aten.movedim.intlist)


@rule(aten.cat.default)
class Cat(Step):
    """Concatenation; along channels each input receives its slice of the signal."""

    linear = True
    exact = True

    @property
    def dim(self) -> int:
        """The dimension that is joined."""
        return int(self.call.bind().get("dim", 0)) % (len(self.call.result.shape) + 1)

    @property
    def parts(self) -> tuple[int, ...] | None:
        """The channels of each map, where maps (n, c, h, w) alone, each another, are joined along channels."""
        maps = all(v.layout == (2, 3) for v in (*self.call.sources, self.call.result))
        numbers = [part.number for part in self.call.bind()["tensors"] if isinstance(part, Slot)]
        whole = len(numbers) == len(self.call.bind()["tensors"]) and numbers == list(range(len(self.inputs)))
        return tuple(v.shape[0] for v in self.call.sources) if maps and whole and self.dim == 1 else None

    def _along_channels(self) -> bool:
        result = self.call.result
        same = all(v.layout == result.layout for v in self.call.sources)
        return self.dim > 0 and same and self.dim not in (result.layout or ())

    def place(self, slot: int, axis: int) -> Span | None:
        """Position p reads position p, unless positions are joined."""
        result = self.call.result
        if result.layout is None or not self._along_channels():
            return None
        return Span.regular(result.size[axis], 1, 0, 1)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """Each input's slice; an input that occurs twice receives the sum."""
        if not self._along_channels():
            return super().pull(signal, context)
        found: dict[int, Signal] = {}
        at = 0
        for part in self.call.bind()["tensors"]:
            if isinstance(part, Slot):
                length = self.call.sources[part.number].shape[self.dim - 1]
                tensor = signal.tensor.narrow(self.dim, at, length)
                if part.number in found:
                    tensor = tensor + found[part.number].tensor
                found[part.number] = Signal(tensor, signal.origin, signal.owned, signal.share)
            else:
                length = part.shape[self.dim]
            at += length
        return found

    def push(self, changes: Mapping[int, Change], place: Place, base: Base) -> Change:
        """The changes side by side, zero for parts that are not changed."""
        if not self._along_channels() or place.size is None or self.call.result.layout is None:
            return super().push(changes, place, base)
        layout = self.call.result.layout
        first = next(iter(changes.values()))
        shape = [len(first.tensor), *self.call.result.shape]
        shape[layout[0]], shape[layout[1]] = place.size
        out, at = empty_map(first.tensor, shape).zero_(), 0
        for part in self.call.bind()["tensors"]:
            constant = not isinstance(part, Slot)
            length = part.shape[self.dim] if constant else self.call.sources[part.number].shape[self.dim - 1]
            if not constant and part.number in changes:
                inner = changes[part.number].place.on_map()[0][0] - place.on_map()[0][0]
                add_into(out.narrow(self.dim, at, length), changes[part.number].tensor, layout, inner)
            at += length
        return Change(out, place, False)


@rule(aten.stack.default)
class Stack(Positionwise):
    """Maps side by side in a new dimension."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Of one layout, which they keep."""
        layouts = {source.layout for source in call.sources}
        return len(layouts) == 1 and (None in layouts) == (call.result.layout is None)


@rule(aten.slice_scatter.default)
class SliceScatter(Positionwise):
    """x with some of its channels replaced: what assignment to a slice is exported as."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """A slice of a dimension that is no position, of maps of one layout."""
        dim = int(call.bind()["dim"]) % (len(call.result.shape) + 1)
        alike = all(source.layout == call.result.layout for source in call.sources)
        return alike and dim not in (0, *(call.result.layout or ()))


@rule(aten.slice.Tensor)
class Slice(Positionwise):
    """x[..., start:stop:step, ...] of channels or positions."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Forward steps within a sample."""
        bound = call.bind()
        numbers = all(v is None or isinstance(v, int) for v in (bound["start"], bound["end"], bound["step"]))
        return (
            numbers
            and int(bound["dim"]) % (len(call.result.shape) + 1) > 0
            and call.result.layout == call.sources[0].layout
        )

    def __post_init__(self) -> None:
        super().__post_init__()
        bound = self.call.bind()
        self.dim = int(bound["dim"]) % (len(self.call.result.shape) + 1)
        extent = self.call.sources[0].shape[self.dim - 1]
        self.start, _, self.step = slice(bound["start"], bound["end"], bound["step"]).indices(extent)

    @property
    def axis(self) -> int | None:
        """0 where rows are sliced, 1 where columns are, None otherwise."""
        layout = self.call.result.layout or ()
        return layout.index(self.dim) if self.dim in layout else None

    def place(self, slot: int, axis: int) -> Span | None:
        """On the sliced axis position p reads start + p * step."""
        if axis != self.axis:
            return super().place(slot, axis)
        return Span.regular(self.call.result.size[axis], self.step, self.start, 1)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The signal moved to where it was taken from, with zeros between."""
        if self.axis is None or signal.origin is None:
            return super().pull(signal, context)
        origin = signal.origin.copy()
        origin[:, self.axis] = origin[:, self.axis] * self.step + self.start
        shape = list(signal.tensor.shape)
        shape[self.dim] = (shape[self.dim] - 1) * self.step + 1
        tensor = signal.tensor.new_zeros(shape)
        index = [slice(None)] * len(shape)
        index[self.dim] = slice(None, None, self.step)
        tensor[tuple(index)] = signal.tensor
        return {0: Signal(tensor, origin)}

    def push(self, changes: Mapping[int, Change], place: Place, base: Base) -> Change:
        """The change of the channels that are kept; slices of positions run whole."""
        if self.axis is not None or place.size is None:
            return Step.push(self, changes, place, base)
        return Change(self.run([changes[0].tensor]), place, False, fresh=False)


@rule(aten.select.int, aten.channel_shuffle.default)
class ChannelChoice(Positionwise):
    """One entry of a dimension that is no position, or channels in another order."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Unless positions or samples are chosen."""
        if call.target is aten.channel_shuffle.default:
            return call.sources[0].layout == (2, 3)
        source = call.sources[0]
        dim = int(call.bind()["dim"]) % (len(source.shape) + 1)
        return dim > 0 and dim not in (source.layout or ()) and (source.layout is None) == (call.result.layout is None)


@rule(aten.pad.default, aten.constant_pad_nd.default)
class ConstantPad(Step):
    """Padding with a constant (negative: cropping) of positions and channels."""

    linear = True
    exact = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Constant mode, with known amounts, not of the batch."""
        bound = call.bind()
        known = all(isinstance(v, int) for v in bound["pad"]) and len(bound["pad"]) // 2 <= len(call.result.shape)
        return bound.get("mode", "constant") == "constant" and known and call.sources[0].layout == call.result.layout

    def _low(self, dim: int) -> int:
        amounts = self.call.bind()["pad"]
        at = 2 * (len(self.call.result.shape) - dim)
        return int(amounts[at]) if at < len(amounts) else 0

    def place(self, slot: int, axis: int) -> Span | None:
        """Position p reads p minus what was padded before."""
        result = self.call.result
        if result.layout is None:
            return None
        return Span.regular(result.size[axis], 1, -self._low(result.layout[axis]), 1)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The same boxes, seen from the map that was padded; padded channels are dropped."""
        result, source = self.call.result, self.call.sources[0]
        others = [d for d in range(1, len(result.shape) + 1) if d not in (result.layout or ())]
        if result.layout is None or signal.origin is None or any(self._low(d) < 0 for d in others):
            return super().pull(signal, context)
        tensor = signal.tensor
        for dim in others:
            if result.shape[dim - 1] != source.shape[dim - 1]:
                if source.shape[dim - 1] + self._low(dim) > result.shape[dim - 1]:
                    return super().pull(signal, context)
                tensor = tensor.narrow(dim, self._low(dim), source.shape[dim - 1])
        low = np.asarray([self._low(d) for d in result.layout])
        # The box moves over its map, and what then lies outside will be cleared: not in somebody else's tensor.
        return {0: Signal(tensor.clone(), signal.origin - low)}

    def push(self, changes: Mapping[int, Change], place: Place, base: Base) -> Change:
        """The same boxes, cut where padding is negative: the constant does not change."""
        result, source = self.call.result, self.call.sources[0]
        others = [d for d in range(1, len(result.shape) + 1) if d not in (result.layout or ())]
        same = all(result.shape[d - 1] == source.shape[d - 1] and self._low(d) == 0 for d in others)
        if result.layout is None or place.origin is None or not same:
            return super().push(changes, place, base)
        old, size = changes[0].place.on_map()
        low = np.asarray([self._low(d) for d in result.layout])
        moved = Change(changes[0].tensor, Place(old + low, size), False)
        return Change(widen(moved, result.layout, place), place, False, fresh=False)


@rule(*VIEWS)
class Reshape(Step):
    """A change of shape; one that leaves the positions alone (channel shuffle) works on boxes."""

    linear = True
    exact = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Within samples."""
        return call.sources[0].batched and call.result.batched

    def __post_init__(self) -> None:
        super().__post_init__()
        self.op = "flatten" if len(self.call.result.shape) == 1 else "reshape"

    def _keeps_positions(self) -> bool:
        source, result = self.call.sources[0], self.call.result
        return reshaped_layout(source.shape, source.layout, result.shape) is not None and result.layout is not None

    def place(self, slot: int, axis: int) -> Span | None:
        """Position p reads position p, if there still are positions."""
        if not self._keeps_positions():
            return None
        return Span.regular(self.call.result.size[axis], 1, 0, 1)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The signal in the old shape."""
        source, result = self.call.sources[0], self.call.result
        if signal.origin is not None and self._keeps_positions():
            assert source.layout is not None
            assert result.layout is not None
            shape = list(source.shape)
            for dim, length in zip(source.layout, signal.size(result.layout), strict=True):
                shape[dim - 1] = length
            return {0: Signal(signal.tensor.reshape(len(signal.tensor), *shape), signal.origin, signal.owned)}
        tensor = whole(signal, result)
        return {
            0: Signal(
                tensor.reshape(len(tensor), *source.shape),
                whole_origin(len(tensor)) if source.layout else None,
                signal.owned,
            )
        }

    def push(self, changes: Mapping[int, Change], place: Place, base: Base) -> Change:
        """The change in the new shape."""
        result = self.call.result
        if place.size is None or result.layout is None or not self._keeps_positions():
            return super().push(changes, place, base)
        shape = list(result.shape)
        shape[result.layout[0] - 1], shape[result.layout[1] - 1] = place.size
        return Change(changes[0].tensor.reshape(len(changes[0].tensor), *shape), place, False, fresh=False)


@rule(*PERMUTATIONS)
class Permute(Positionwise):
    """Another order of dimensions, the batch staying first."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Within samples, positions staying rows before columns."""
        source, result = call.sources[0], call.result
        return source.batched and result.batched and permuted_layout(call) == result.layout

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The inverse order."""
        order = permutation(self.call)
        return {0: Signal(signal.tensor.permute(*np.argsort(order).tolist()), signal.origin, signal.owned)}


@rule(
    aten.upsample_nearest2d.default,
    aten.upsample_nearest2d.vec,
    aten.upsample_bilinear2d.default,
    aten.upsample_bilinear2d.vec,
    aten.upsample_bicubic2d.default,
    aten.upsample_bicubic2d.vec,
)
class Upsample(Step):
    """Resampling: nearest by a whole factor works on boxes, the rest on whole maps."""

    linear = True
    exact = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """On a map."""
        return len(call.inputs) == 1 and over_map(call)

    def _factor(self) -> tuple[int, int] | None:
        source, result = self.call.sources[0].size, self.call.result.size
        if "nearest" in self.op and not any(r % s for s, r in zip(source, result, strict=True)):
            factor = result[0] // source[0], result[1] // source[1]
            if all(self._given(axis) in (None, factor[axis]) for axis in range(2)):
                return factor
        return None

    def _given(self, axis: int) -> float | None:
        """The factor that was given, by which PyTorch samples even where it is not the ratio of the sizes."""
        bound = self.call.bind()
        factors = bound.get("scale_factors")
        return factors[axis] if factors else bound.get(("scales_h", "scales_w")[axis])

    def place(self, slot: int, axis: int) -> Span | None:
        """The inputs that each output is interpolated from."""
        return self._spans[axis]

    @cached_property
    def _spans(self) -> tuple[Span, Span]:
        return self._span(0), self._span(1)

    def _span(self, axis: int) -> Span:
        """Told by what it does to one input after the other.

        In either precision, as PyTorch reckons in the map's: where that falls on a whole number, a neighbour may count
        in one and not in the other.
        """
        count = self.call.sources[0].size[axis]
        weights = [self._of_each(axis, count, dtype).abs().double() for dtype in (torch.float32, torch.float64)]
        read = torch.stack(weights).sum(0).T.numpy() > 0
        reads = np.full((len(read), max(int(read.sum(1).max()), 1)), -1)
        for at, row in enumerate(read):
            found = np.flatnonzero(row)
            reads[at, : len(found)] = found
        return Span.of_reads(reads)

    def _of_each(self, axis: int, count: int, dtype: torch.dtype) -> Tensor:
        """What each input alone gives, (inputs, outputs) of an axis.

        Inputs so far apart that no output reads two of them are tried together; an output's is the one next to it.
        """
        other, apart = self.call.sources[0].size[1 - axis], min(_APART, count)
        at = torch.arange(count, device="cpu")
        line = (at % apart == torch.arange(apart, device="cpu")[:, None]).to(dtype)
        line = line[None, :, :, None] if axis == 0 else line[None, :, None, :]
        shape = (1, apart, count, other) if axis == 0 else (1, apart, other, count)
        found = self.run([line.expand(shape)])[0].select(2 - axis, 0)
        made, place = found.new_zeros(count, found.shape[1]), torch.arange(found.shape[1], device="cpu")
        for first in range(apart):
            nearest = ((place * count / found.shape[1] - first) / apart).round() * apart + first
            inside = (nearest >= 0) & (nearest < count)
            made[nearest.long()[inside], place[inside]] = found[first, inside]
        return made

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The sum over the outputs that repeat an input."""
        factor = self._factor()
        if factor is None or signal.origin is None:
            return super().pull(signal, context)
        scale, size = np.asarray(factor), np.asarray(signal.size((2, 3)))
        first = signal.origin // scale
        count = (-(-(signal.origin + size) // scale) - first).max(0)
        wide = paste(signal, (2, 3), first * scale, (int(count[0] * scale[0]), int(count[1] * scale[1]))).tensor
        n, c = wide.shape[:2]
        blocks = wide.reshape(n, c, int(count[0]), factor[0], int(count[1]), factor[1])
        return {0: Signal(blocks.sum((3, 5)), first)}


@rule(
    aten.expand.default, aten.pixel_shuffle.default, aten.pixel_unshuffle.default, aten.roll.default, aten.flip.default
)
@rule(aten.reflection_pad2d.default, aten.replication_pad2d.default, aten.repeat.default)
class LinearFallback(Step):
    """Rearrangements without a rule on boxes: linear, so their adjoint needs no forward values; whole map."""

    linear = True


def permutation(call: Call) -> list[int]:
    """The order of dimensions that a permuting call makes, `result[d] = source[order[d]]`."""
    rank = len(call.sources[0].shape) + 1
    marker: Tensor = torch.empty(*range(2, rank + 2), device="meta")
    args = [marker if isinstance(a, Slot) else a for a in call.args]
    result: Any = call.target(*args, **call.kwargs)
    return [int(size) - 2 for size in result.shape]


def permuted_layout(call: Call) -> tuple[int, int] | None:
    """Where the positions of a map go in a permutation; None if there were none or they no longer are rows, columns."""
    layout = call.sources[0].layout
    if layout is None:
        return None
    order = permutation(call)
    y, x = order.index(layout[0]), order.index(layout[1])
    return (y, x) if 0 < y < x else None


def reshaped_layout(
    source: tuple[int, ...], layout: tuple[int, int] | None, result: tuple[int, ...]
) -> tuple[int, int] | None:
    """Where the positions are after a reshape that regroups only the dimensions before or after them, else None."""
    if layout is None or len(result) < 2:
        return None
    extent = (source[layout[0] - 1], source[layout[1] - 1])
    if layout == (len(source) - 1, len(source)) and result[-2:] == extent:
        return (len(result) - 1, len(result))
    if layout == (1, 2) and result[:2] == extent:
        return (1, 2)
    return None
