"""The focus motion over the graph: one position of a value for images of any pixels, from the boxes that it reads.

Where many edited copies of an image matter at one position alone, each needs the pixels that the position sees, of the
first map what those make, and so on: boxes that shrink towards the position. Every copy is a row with pixels, and a
position, of its own. Boxes are known before anything runs. They have one size for all positions, begin at a multiple
of the position plus a constant, and may reach beyond the map; what lies there is zero again after every step, and minus
infinity for a maximum. An axis on which a box would be as large as the map, or paths of unequal strides meet, or a step
has no rule, is the map's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from convscope.errors import ShapeError
from convscope.graph.folding import fold_norms
from convscope.graph.network import Network
from convscope.graph.nouns import Value
from convscope.graph.pulling import cone
from convscope.graph.running import as_map
from convscope.graph.steps import Step
from convscope.kernels.cutting import clear, cut, is_whole

GAIN = 4.0
"""Boxes are worth their while where counting promises so many times fewer operations than whole maps take."""

_BYTES = 48 << 20  # of what is held of all rows that go together


@dataclass(frozen=True)
class Along:
    """A box on one axis, for every position: it begins at position * stride + offset and is `size` long."""

    stride: int
    offset: int
    size: int

    def through(self, stride: int, offset: int, size: int) -> Along:
        """The box of what windows of `size` every `stride` from `offset` read to fill this one."""
        return Along(self.stride * stride, self.offset * stride + offset, (self.size - 1) * stride + size)

    def union(self, other: Along | None, extent: int) -> Along:
        """The box that holds both: all of the axis where they do not move alike."""
        if other is None or self == other:
            return self
        if self.stride != other.stride:
            return Along(0, 0, extent)
        low = min(self.offset, other.offset)
        return Along(self.stride, low, max(self.offset + self.size, other.offset + other.size) - low)

    def within(self, extent: int) -> Along:
        """The same, or all of the axis where it is as large."""
        return Along(0, 0, extent) if self.size >= extent else self


FocusRegion = tuple[Along, Along]


@dataclass(frozen=True)
class FocusBoxes:
    """What is held of a value for some rows: boxes (n, ...) at `origin` (n, 2); None where it is no map."""

    tensor: Tensor
    origin: np.ndarray | None


@dataclass
class Focus:
    """How the units of a layer at one position are computed: by the steps below it, each on the boxes it needs.

    `regions` are the boxes of every value that is a map; `boxed` says whether they are used at all.
    """

    net: Network
    target: int
    steps: list[Step]
    regions: dict[int, FocusRegion]
    boxed: bool = True
    last_use: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, net: Network, layer: str, *, gain: float = GAIN) -> Focus:
        """The plan for a layer; on whole maps where boxes promise less than `gain`.

        Raises:
            UnknownLayer: if it does not exist.
        """
        target = net.index_of(layer)
        steps = fold_norms(cone(net.steps, target), {target})
        regions = _regions(steps, target, net.values)
        last = {number: step.index for step in steps for number in step.inputs}
        plan = cls(net, target, steps, regions, last_use=last)
        values = [net.values[i] for i in (0, *(step.index for step in steps))]
        single = not net.program.any_batch or not all(v.batched for v in values)
        boxes, whole = plan.operations()
        plan.boxed = not single and whole >= gain * boxes
        return plan

    # -- what it needs ------------------------------------------------------------------------------------------------
    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the boxes of pixels that are read."""
        if not self.boxed:
            return self.net.values[0].size
        return self.regions[0][0].size, self.regions[0][1].size

    def origins(self, positions: np.ndarray) -> np.ndarray:
        """Where the boxes of pixels of positions (n, 2) begin, (n, 2); they may reach beyond the image."""
        if not self.boxed:
            return np.zeros((len(positions), 2), np.int64)
        return _origins(self.regions[0], positions)

    def cut(self, images: Tensor, image: np.ndarray, positions: np.ndarray) -> Tensor:
        """The boxes of pixels (n, C, h, w) of the images `image` (n,) of (b, C, H, W), zero beyond them."""
        rows = torch.from_numpy(np.asarray(image, np.int64)).to(images.device)
        return cut(images, rows, (2, 3), self.origins(positions), self.size, 0.0)

    # -- what it costs ------------------------------------------------------------------------------------------------
    def operations(self) -> tuple[float, float]:
        """The multiplications and additions for one row: on the boxes, and on whole maps."""
        boxes = whole = 0.0
        for step in self.steps:
            each, value = step.operations(), self.net.values[step.index]
            whole += each * (math.prod(value.size) if value.layout else 1)
            region = self.regions.get(step.index)
            boxes += each * (region[0].size * region[1].size if region else 1)
        return boxes, whole

    def together(self) -> int:
        """How many rows go together, so that they fit the memory."""
        most = max(self._entries(number) for number in (0, *(step.index for step in self.steps)))
        return max(1, int(_BYTES / (3 * most * self.net.dtype.itemsize)))

    def _entries(self, number: int) -> int:
        value, region = self.net.values[number], self.regions.get(number)
        count = math.prod(value.shape)
        if not self.boxed or region is None:
            return count
        return max(1, count // math.prod(value.size) * region[0].size * region[1].size)

    # -- how it goes --------------------------------------------------------------------------------------------------
    def read(self, pixels: Tensor, positions: np.ndarray) -> Tensor:
        """All units of the layer (n, channels) at positions (n, 2), y and x, for pixels (n, C, h, w) at `origins`.

        Of a vector, positions only say how many rows there are. What of the pixels lies beyond the image does not
        count.

        Raises:
            ShapeError: where there are not as many boxes of `size` as positions.
        """
        wanted = (len(positions), self.net.values[0].shape[0], *self.size)
        if tuple(pixels.shape) != wanted:
            raise ShapeError(f"pixels are {tuple(pixels.shape)}, and {wanted} are read: cut them at `origins`")
        count, parts = self.together(), []
        with torch.inference_mode():
            for first in range(0, len(positions), count):
                part = slice(first, first + count)
                parts.append(self._read(pixels[part], positions[part]))
        return torch.cat(parts).clone() if parts else pixels.new_zeros(0, self._channels)

    @property
    def _channels(self) -> int:
        value = self.net.values[self.target]
        return value.shape[(value.channel_dim or 1) - 1]

    def _read(self, pixels: Tensor, positions: np.ndarray) -> Tensor:
        if not self.boxed:
            found = self.net.run_values(pixels, {self.target})[self.target]
            origin = np.zeros((len(positions), 2), np.int64)
        else:
            found, origin = self._run(pixels, positions)
        value = self.net.values[self.target]
        maps = as_map(value, found)
        if value.layout is None:
            return maps.flatten(1)
        at = torch.from_numpy(positions - origin)
        return maps[torch.arange(len(maps), device="cpu"), :, at[:, 0], at[:, 1]]

    def _run(self, pixels: Tensor, positions: np.ndarray) -> tuple[Tensor, np.ndarray]:
        """The layer's boxes, and where they begin."""
        start = self.origins(positions)
        tensor = pixels.to(self.net.dtype).contiguous(memory_format=torch.channels_last)
        held = {
            0: FocusBoxes(_cleared(tensor, (2, 3), start, self.net.values[0].size, owned=tensor is not pixels), start)
        }
        for step in self.steps:
            held[step.index] = self._advance(step, held, positions)
            for number in step.inputs:
                if self.last_use[number] == step.index:
                    held.pop(number, None)
        found = held[self.target]
        return found.tensor, np.zeros((len(positions), 2), np.int64) if found.origin is None else found.origin

    def _advance(self, step: Step, held: Mapping[int, FocusBoxes], positions: np.ndarray) -> FocusBoxes:
        value, region = self.net.values[step.index], self.regions.get(step.index)
        if region is None or value.layout is None or not step.focuses:
            out = step.run([held[number].tensor for number in step.inputs])
            return FocusBoxes(out, None if value.layout is None else np.zeros((len(positions), 2), np.int64))
        origin, size = _origins(region, positions), (region[0].size, region[1].size)
        inputs = [self._input(step, slot, held[number], origin, size) for slot, number in enumerate(step.inputs)]
        out = step.focus(inputs, origin, size)
        owned = all(out.untyped_storage().data_ptr() != one.untyped_storage().data_ptr() for one in inputs)
        return FocusBoxes(_cleared(out, value.layout, origin, value.size, owned=owned), origin)

    def _input(self, step: Step, slot: int, below: FocusBoxes, origin: np.ndarray, size: tuple[int, int]) -> Tensor:
        """What a step reads of one of its inputs to fill boxes of `size` at `origin`."""
        value = self.net.values[step.inputs[slot]]
        if value.layout is None or below.origin is None or _single(step, slot):
            return below.tensor
        geometry = [_affine(step, slot, axis) for axis in range(2)]
        at = np.stack([origin[:, axis] * g[0] + g[1] for axis, g in enumerate(geometry)], axis=1)
        wide = tuple((size[axis] - 1) * g[0] + g[2] for axis, g in enumerate(geometry))
        have = (below.tensor.shape[value.layout[0]], below.tensor.shape[value.layout[1]])
        tensor, inner = below.tensor, at - below.origin
        if not is_whole(inner, (wide[0], wide[1]), have):
            rows = torch.arange(len(tensor), device=tensor.device)
            tensor = cut(tensor, rows, value.layout, inner, (wide[0], wide[1]), 0.0)
        if step.beyond != 0.0:
            tensor = _filled(tensor, value.layout, at, value.size, step.beyond, owned=tensor is not below.tensor)
        return tensor


# -- boxes ------------------------------------------------------------------------------------------------------------
def _regions(steps: Sequence[Step], target: int, values: Sequence[Value]) -> dict[int, FocusRegion]:
    """The box of every value that is a map, on both axes, from the target's single position down to the image."""
    found: dict[int, FocusRegion] = {}
    if values[target].layout is not None:
        found[target] = (Along(1, 0, 1), Along(1, 0, 1))
    for step in reversed(steps):
        value = values[step.index]
        if value.layout is not None:
            region = found[step.index]
            found[step.index] = (region[0].within(value.size[0]), region[1].within(value.size[1]))
            if not _boxes(step):
                found[step.index] = _all_of(value)
        for slot, number in enumerate(step.inputs):
            if values[number].layout is not None:
                asked = _asked(step, slot, found.get(step.index), values[number])
                before = found.get(number)
                found[number] = asked if before is None else _united(before, asked, values[number])
    if values[0].layout is not None and 0 in found:
        height, width = found[0]
        found[0] = (height.within(values[0].size[0]), width.within(values[0].size[1]))
    return found


def _all_of(value: Value) -> FocusRegion:
    return Along(0, 0, value.size[0]), Along(0, 0, value.size[1])


def _united(one: FocusRegion, other: FocusRegion, value: Value) -> FocusRegion:
    return one[0].union(other[0], value.size[0]), one[1].union(other[1], value.size[1])


def _boxes(step: Step) -> bool:
    """Whether a step works on boxes: it has a rule, and all that it reads is windows, or one position for all."""
    if step.call.result.layout is None or not step.focuses:
        return False
    for slot, source in enumerate(step.call.sources):
        windows = source.layout is not None and all(_windows(step, slot, axis) for axis in range(2))
        if not windows and source.layout is not None and not _single(step, slot):
            return False
    return True


def _single(step: Step, slot: int) -> bool:
    """Whether an input has one position, which all positions of the output read."""
    source = step.call.sources[slot]
    return source.size == (1, 1) and not all(_windows(step, slot, axis) for axis in range(2))


def _asked(step: Step, slot: int, region: FocusRegion | None, source: Value) -> FocusRegion:
    """What a step needs of an input to fill a region."""
    if region is None or _single(step, slot) or not _boxes(step):
        return _all_of(source)
    height, width = (region[axis].through(*_affine(step, slot, axis)) for axis in range(2))
    return height, width


def _windows(step: Step, slot: int, axis: int) -> tuple[int, int, int] | None:
    span = step.place(slot, axis)
    return None if span is None else span.affine


def _affine(step: Step, slot: int, axis: int) -> tuple[int, int, int]:
    """(stride, offset, size) of the windows that a step which works on boxes reads."""
    found = _windows(step, slot, axis)
    if found is None:
        raise ValueError(f"{step.name} has no windows on axis {axis}")
    return found


def _origins(region: FocusRegion, positions: np.ndarray) -> np.ndarray:
    at = np.asarray(positions, np.int64)
    return np.stack([at[:, axis] * along.stride + along.offset for axis, along in enumerate(region)], axis=1)


def _beyond(
    tensor: Tensor, layout: tuple[int, int], origin: np.ndarray, extent: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray] | None:
    """How many of a box's first and last rows and columns (n, 2) lie beyond the map; None where none do."""
    size = np.asarray([tensor.shape[dim] for dim in layout])
    low, high = -origin, origin + size - np.asarray(extent)
    return (low, high) if (low > 0).any() or (high > 0).any() else None


def _cleared(
    tensor: Tensor, layout: tuple[int, int], origin: np.ndarray, extent: tuple[int, int], *, owned: bool
) -> Tensor:
    """The boxes (n, ...) with zeros beyond the map, in place where nobody else holds them."""
    sides = _beyond(tensor, layout, origin, extent)
    if sides is not None:
        tensor = tensor if owned else tensor.clone()
        clear(tensor, layout, *sides)
    return tensor


def _filled(
    tensor: Tensor, layout: tuple[int, int], origin: np.ndarray, extent: tuple[int, int], fill: float, *, owned: bool
) -> Tensor:
    """The same with another number than zero, row by row: few boxes reach beyond the map."""
    sides = _beyond(tensor, layout, origin, extent)
    if sides is None:
        return tensor
    low, high = sides
    tensor = tensor if owned else tensor.clone()
    for n in np.flatnonzero(((low > 0) | (high > 0)).any(1)):
        for axis, dim in enumerate(layout):
            length = tensor.shape[dim]
            before, after = (min(max(int(side[n, axis]), 0), length) for side in sides)
            tensor[n].narrow(dim - 1, 0, before).fill_(fill)
            tensor[n].narrow(dim - 1, length - after, after).fill_(fill)
    return tensor


__all__ = ["GAIN", "Along", "FocusBoxes", "Focus"]
