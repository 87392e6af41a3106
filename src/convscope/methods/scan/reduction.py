"""What a scan reads off a layer's output: spatial maxima, sums and counts of every map, and positions where asked.

On a processor, float32 maps with channels last are read once for all of it (`one_pass`), and for what the network does
to them next; others, and those on a device, by PyTorch's own reductions. There the maximum propagates NaN, so a map
without NaN needs no test for it. Positions are looked up only for the few maps that enter a table: looking for them
everywhere would cost more than the network itself. The maxima of rows, which come on the way to those of maps, say in
which row to look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.graph.fusing import After, Output
from convscope.graph.order import by_position
from convscope.methods.scan.topk import Threshold

Floats = NDArray[np.float32]

_NO_WINDOWS = ((0, 0), (0, 0), (0, 0))
_BLOCK = 1 << 20  # elements that are searched for positions at a time: 4 MiB of float32


@dataclass(frozen=True, eq=False)
class Maps:
    """A layer's output with its positions in one dimension, in the memory order that it came in, never copied if dense.

    data: (n, channels, positions), or (n, positions, channels) where `last` says that channels come last.
    """

    data: Tensor
    last: bool
    width: int

    @classmethod
    def of(cls, output: Tensor) -> Maps:
        """The maps of an output (n, channels, height, width) or (n, channels)."""
        output = output.detach()
        if output.dim() == 2:
            return cls(output.unsqueeze(1), True, 1)
        n, channels, _, width = output.shape
        if output.is_contiguous(memory_format=torch.channels_last) and not output.is_contiguous():
            return cls(output.permute(0, 2, 3, 1).reshape(n, -1, channels), True, width)
        return cls(output.reshape(n, channels, -1), False, width)

    @property
    def dim(self) -> int:
        """The dimension of the positions."""
        return 1 if self.last else 2

    @property
    def channels(self) -> int:
        """How many maps an image has."""
        return self.data.shape[3 - self.dim]

    @property
    def grid(self) -> Tensor:
        """The maps with their rows and columns: (n, height, width, channels), or (n, channels, height, width)."""
        return self.data.unflatten(self.dim, (-1, self.width))

    def row(self, images: Tensor, channels: Tensor, rows: Tensor) -> Tensor:
        """One row (m, width) of each of m maps."""
        if self.last:
            return self.grid[images, rows, :, channels]
        return self.grid[images, channels, rows]

    def select(self, images: Tensor, channels: Tensor) -> Tensor:
        """The maps (m, positions) of m pairs of image and channel, in float32."""
        picked = self.data[images, :, channels] if self.last else self.data[images, channels]
        return picked.float()


class Reduced(NamedTuple):
    """Arrays (n, channels) of one layer: see `statistics.Responses`. Without statistics, sums and active are zero.

    places: int32, the first position of the maximum, y * width + x, where it was looked up; else -1.
    """

    maxima: Floats
    sums: Floats
    active: Floats
    nan: NDArray[np.int64] | None
    places: NDArray[np.int32]


def reduce(
    output: Tensor,
    *,
    statistics: bool = True,
    images: NDArray[np.int64] | None = None,
    threshold: Threshold | None = None,
    after: After | None = None,
) -> Reduced:
    """What is read off an output (n, channels, height, width) or (n, channels), in float32.

    NaN positions are left out; a map that is all NaN has the maximum NaN, and no place.

    images: ascending indices of the leading images; what is beyond them fills a batch up and is not reported.
    threshold: maxima that these images beat it with are looked up; all of them if there is none.
    after: is done to the output, and marked as done, where that costs little.
    """
    count = len(output) if images is None else len(images)
    values = None if threshold is None else threshold.values
    if (maps := _by_position(output)) is not None:
        size = (1, 1) if output.dim() == 2 else (output.shape[2], output.shape[3])
        return _in_one_pass(maps, size, count, statistics, values, after)
    maps = Maps.of(output[:count])
    maxima, sums, active, rows = _by_torch(maps, statistics)
    maxima += 0.0  # -0.0 becomes 0.0: which of the two a maximum returns depends on the order of reading
    nan = _without_nan(maps, maxima, sums) if np.isnan(maxima).any() else None
    looked_up = ~np.isnan(maxima) if threshold is None or images is None else threshold.beaten(maxima, images)
    places = np.full(maxima.shape, -1, np.int32)
    at, channels = np.nonzero(looked_up)
    places[at, channels] = _locate(maps, rows, at, channels, maxima[at, channels])
    return Reduced(maxima, sums, active, nan, places)


def reduce_output(output: Output, *, statistics: bool, images: NDArray[np.int64], threshold: Threshold) -> Reduced:
    """`reduce` of a layer's output, and what comes after it; part by part where it comes in parts."""
    parts = [_by_position(part) for part in output.parts]
    if len(parts) == 1 or any(part is None for part in parts):
        return reduce(output.values, statistics=statistics, images=images, threshold=threshold, after=output.after)
    size = (output.parts[0].shape[2], output.parts[0].shape[3])
    found, first, total = [], 0, len(threshold.values)
    for part in parts:
        assert part is not None
        values = threshold.values[first : first + part.shape[-1]]
        found.append(_in_one_pass(part, size, len(images), statistics, values, output.after, (total, first)))
        first += part.shape[-1]
    return side_by_side(found)


def side_by_side(found: Sequence[Reduced]) -> Reduced:
    """The reductions of several outputs: their channels one after the other."""
    nan = None
    if any(one.nan is not None for one in found):
        nan = np.concatenate([np.zeros(x.maxima.shape, np.int64) if x.nan is None else x.nan for x in found], axis=1)
    maxima, sums, active, places = (
        np.concatenate([getattr(x, name) for x in found], axis=1) for name in ("maxima", "sums", "active", "places")
    )
    return Reduced(maxima, sums, active, nan, places)


def _by_position(output: Tensor) -> Floats | None:
    """The output as an array (n, positions, channels) of its own memory, if it is float32 in that order."""
    if output.dtype != torch.float32 or output.device.type != "cpu" or output.requires_grad:
        return None
    array = output.numpy()
    array = array.transpose(0, 2, 3, 1) if array.ndim == 4 else array
    return array.reshape(len(array), -1, array.shape[-1]) if array.flags.c_contiguous and array.size else None


def _in_one_pass(
    maps: Floats,
    size: tuple[int, int],
    count: int,
    statistics: bool,
    threshold: Floats | None,
    after: After | None,
    part: tuple[int, int] | None = None,
) -> Reduced:
    """The reductions of maps (n, positions, channels) of a `size`, of `count` of them, and what comes after.

    part: how many channels the layer has, and the first of these.
    """
    from convscope.methods import one_pass  # imported where it is needed: Numba takes half a second

    n, _, channels = maps.shape
    numbers, counts = np.empty((3, n, channels), np.float32), np.empty((2, n, channels), np.int32)
    threshold = np.full(channels, -np.inf, np.float32) if threshold is None else threshold
    factor, shift, other = threshold, threshold, maps  # which stand for nothing
    changed = added = rectified = False
    pooled, windows, (total, first) = numbers.reshape(-1), _NO_WINDOWS, part or (channels, 0)
    layout = (size[1], 0, 0, total, first)
    if after is not None:
        more = None if after.other is None else _by_position(after.other)
        if after.other is None or (more is not None and more.shape == maps.shape):
            rectified, after.done = after.rectify, True
            changed, added = after.factor is not None or more is not None, more is not None
            other = maps if more is None else more
            if changed:
                factor = np.ones(channels, np.float32) if after.factor is None else after.factor.numpy()
                shift = np.zeros(channels, np.float32) if after.shift is None else after.shift.numpy()
            if after.pool is not None:
                _, high, wide = after.pool.shape
                if after.pooled is None:
                    after.pooled = torch.empty(
                        (n, total, high, wide), dtype=torch.float32, memory_format=torch.channels_last
                    )
                pooled, windows = by_position(after.pooled).reshape(-1), after.pool.windows
                layout = (size[1], high, wide, total, first)
    missing = one_pass.reduce_maps(
        maps, threshold, numbers, counts, factor, shift, other, changed, added, rectified, pooled, windows, layout
    )
    if not statistics:
        numbers[1:] = 0
    nan = counts[1, :count].astype(np.int64) if missing and counts[1, :count].any() else None
    return Reduced(numbers[0, :count], numbers[1, :count], numbers[2, :count], nan, counts[0, :count])


def _by_torch(maps: Maps, statistics: bool) -> tuple[Floats, Floats, Floats, Tensor]:
    """The same of any maps."""
    data = maps.data
    out = torch.zeros(3, len(data), maps.channels, device=data.device)
    rows = maps.grid.amax(maps.dim + 1)
    out[0] = rows.amax(maps.dim)
    if statistics:
        out[1] = data.sum(maps.dim, dtype=torch.float32)
        out[2] = (data > 0).sum(maps.dim)
    maxima, sums, active = out.cpu().numpy()
    return maxima, sums, active, rows


def _without_nan(maps: Maps, maxima: Floats, sums: Floats) -> NDArray[np.int64]:
    """Put the maxima and sums of maps with NaN right, in place, and count their NaN positions (n, channels)."""
    counts = np.zeros(maxima.shape, np.int64)
    for images, channels in _blocks(maps, *np.nonzero(np.isnan(maxima))):
        values = maps.select(*_on(maps, images, channels))
        missing = values.isnan()
        counts[images, channels] = missing.sum(1).cpu().numpy()
        best = values.masked_fill(missing, -torch.inf).amax(1).masked_fill(missing.all(1), torch.nan)
        maxima[images, channels] = (best + 0.0).cpu().numpy()
        sums[images, channels] = values.masked_fill(missing, 0).sum(1).cpu().numpy()
    return counts


def _locate(
    maps: Maps, rows: Tensor, images: NDArray[np.int64], channels: NDArray[np.int64], values: Floats
) -> NDArray[np.int32]:
    """The first positions (m,), y * width + x, where the maps of m pairs of image and channel have the given values.

    `rows` are the maxima of rows: the first row that has the value has its first position. A row with NaN hides its
    maximum, so maps with NaN are searched whole.
    """
    if not len(images):
        return np.empty(0, np.int32)
    at, of = _on(maps, images, channels)
    wanted = torch.from_numpy(values).to(maps.data.device)[:, None]
    maxima = rows[at, :, of] if maps.last else rows[at, of]
    y = (maxima.float() == wanted).to(torch.uint8).argmax(1)  # the first that is true
    x = (maps.row(at, of, y).float() == wanted).to(torch.uint8).argmax(1)
    found = (y * maps.width + x).to(torch.int32).cpu().numpy()
    hidden = np.flatnonzero(maxima.isnan().any(1).cpu().numpy())
    if len(hidden):
        found[hidden] = _locate_in_whole(maps, images[hidden], channels[hidden], values[hidden])
    return found


def _locate_in_whole(
    maps: Maps, images: NDArray[np.int64], channels: NDArray[np.int64], values: Floats
) -> NDArray[np.int32]:
    """The first positions (m,), y * width + x, by looking at all positions."""
    found = np.empty(len(images), np.int32)
    done = 0
    for some_images, some_channels in _blocks(maps, images, channels):
        stop = done + len(some_images)
        wanted = torch.from_numpy(values[done:stop]).to(maps.data.device)
        equal = maps.select(*_on(maps, some_images, some_channels)) == wanted[:, None]
        found[done:stop] = equal.cpu().numpy().argmax(1)  # of bools: the first that is true
        done = stop
    return found


def _blocks(
    maps: Maps, images: NDArray[np.int64], channels: NDArray[np.int64]
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The pairs cut into runs whose maps fit a block."""
    size = max(1, _BLOCK // max(1, maps.data.shape[maps.dim]))
    return [(images[i : i + size], channels[i : i + size]) for i in range(0, len(images), size)]


def _on(maps: Maps, *indices: NDArray[np.int64]) -> list[Tensor]:
    return [torch.from_numpy(i).to(maps.data.device) for i in indices]
