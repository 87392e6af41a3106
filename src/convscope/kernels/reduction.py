"""What a scan reads off a layer's output: spatial maxima, sums and counts of every map, and positions where asked.

It is a kernel because the outputs of a layer are far larger than a core's cache, and reading them from memory is what
reducing them costs: PyTorch reads them once for each reduction, a compiled loop once for all. And what the network does
to the map next (batch norm, a sum, a ReLU, max pooling) can be done to each run of positions while it is in the cache;
by itself each would read the map again. So the graph hands in what follows, and is told whether it has been done.

By PyTorch's own reductions, for other maps and for devices, the maximum propagates NaN, so a map without NaN needs no
test for it. Positions are looked up only for the few maps that enter a table: looking for them everywhere would cost
more than the network itself. The maxima of rows, which come on the way to those of maps, say in which row to look.

A device works while the host goes on, until the host asks it for numbers. So there all layers of a batch are reduced
first, and fetched together. Only where a map has NaN is the batch run again, layer by layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.kernels.kernel import Kernel
from convscope.kernels.order import by_position
from convscope.kernels.pooling import MaxPooling

Floats = NDArray[np.float32]
MapStatistics = Literal["all", "none"]

_BLOCK = 1 << 20  # elements that are searched for positions at a time: 4 MiB of float32
_RUN = 8192  # numbers of a run of positions: 32 KiB, which the nearest cache holds


class Bar(Protocol):
    """What the maxima of a layer's channels must beat for their positions to be worth looking up."""

    @property
    def values(self) -> Floats:
        """What they must reach at least, (channels,)."""
        ...

    def beaten(self, maxima: Floats, images: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the maxima (n, channels) of images (n,) beat it; NaN never does."""
        ...


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of a layer's output.

    images: ascending numbers (n,) of its leading images; what is beyond them fills a batch up and is not reported.
    bar: what maxima must beat for their positions to be looked up; None where all are.
    """

    images: NDArray[np.int64]
    bar: Bar | None = None
    statistics: MapStatistics = "all"


class Reduced(NamedTuple):
    """Arrays (n, channels) of one layer, in float32: maxima, sums, how many positions are positive, how many are NaN.

    NaN positions are left out; a map that is all NaN has the maximum NaN, and no place. nan is None where there is
    none. Without statistics, sums and active are zero.
    places: int32, the first position of the maximum, y * width + x, where it was looked up; else -1.
    """

    maxima: Floats
    sums: Floats
    active: Floats
    nan: NDArray[np.int64] | None
    places: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Following:
    """What a network does next to an output (n, channels, ...): out * factor + shift + other, its positive part, and
    their max pooling.

    factor, shift: (channels,), both or neither; other: like the output; rectify: whether only the positive part stays.
    """

    factor: Tensor | None = None
    shift: Tensor | None = None
    other: Tensor | None = None
    rectify: bool = False
    pooling: MaxPooling | None = None


@dataclass(frozen=True, eq=False)
class Read:
    """What came of reading an output.

    whole: the output as one tensor; None where it came in parts and was left so. followed: whether what follows has
    been done, in place of the output; `pooled` is then what the pooling made of it, if there was one.
    """

    reduced: Reduced
    whole: Tensor | None
    followed: bool = False
    pooled: Tensor | None = None


# -- in one reading ---------------------------------------------------------------------------------------------------
def _reads(parts: Sequence[Tensor], asked: Asked, following: Following | None) -> bool:
    """Also with many threads: what a scan reads is read by workers of one."""
    return all(map(_dense, parts))


def _dense(part: Tensor) -> bool:
    """Whether an output is float32 on a processor, channels side by side."""
    if part.dtype != torch.float32 or part.device.type != "cpu" or part.requires_grad or not part.numel():
        return False
    order = torch.channels_last if part.dim() == 4 else torch.contiguous_format
    return part.is_contiguous(memory_format=order)


def _in_one_reading(parts: Sequence[Tensor], asked: Asked, following: Following | None) -> Read:
    other = None if following is None else following.other
    if other is not None and not (_dense(other) and other.shape == parts[0].shape):
        following = None
    channels = sum(part.shape[1] for part in parts)
    pooled = None
    if following is not None and following.pooling is not None:
        high, wide = following.pooling.size(tuple(parts[0].shape[2:]))
        shape = (len(parts[0]), channels, high, wide)
        pooled = torch.empty(shape, dtype=torch.float32, device="cpu", memory_format=torch.channels_last)
    found, first = [], 0
    for part in parts:
        found.append(_read_part(part, first, channels, asked, following, pooled))
        first += part.shape[1]
    whole = parts[0] if len(parts) == 1 else None
    return Read(found[0] if len(found) == 1 else side_by_side(found), whole, following is not None, pooled)


def _read_part(
    part: Tensor, first: int, channels: int, asked: Asked, following: Following | None, pooled: Tensor | None
) -> Reduced:
    """The reductions of the channels from `first` on, of so many that the layer has, and what follows."""
    from convscope.kernels.loops.reduction import reduce_maps

    maps, size = _by_position(part), part.shape[2:] if part.dim() == 4 else (1, 1)
    n, _, mine = maps.shape
    numbers, counts = np.empty((3, n, mine), np.float32), np.empty((2, n, mine), np.int32)
    bar = np.full(mine, -np.inf, np.float32) if asked.bar is None else asked.bar.values[first : first + mine]
    change, other, rectified, pooling = None, None, False, None
    if following is not None:
        rectified = following.rectify
        other = None if following.other is None else _by_position(following.other)
        if following.factor is not None and following.shift is not None:
            change = following.factor.numpy(), following.shift.numpy()
        if following.pooling is not None and pooled is not None:
            place = (size[1], pooled.shape[2], pooled.shape[3], channels, first)
            pooling = by_position(pooled).reshape(-1), following.pooling.windows, place
    run = max(4, min(64, _RUN // channels // 4 * 4))  # a part of a layer is summed in the same runs as all of it
    missing = reduce_maps(maps, bar, numbers, counts, run, change, other, rectified, pooling)
    if asked.statistics == "none":
        numbers[1:] = 0
    count = len(asked.images)
    nan = counts[1, :count].astype(np.int64) if missing and counts[1, :count].any() else None
    return Reduced(numbers[0, :count], numbers[1, :count], numbers[2, :count], nan, counts[0, :count])


def _by_position(part: Tensor) -> Floats:
    """An output, dense, as an array (n, positions, channels) of its own memory."""
    array = part.numpy()
    array = array.transpose(0, 2, 3, 1) if array.ndim == 4 else array
    return array.reshape(len(array), -1, array.shape[-1])


# -- by PyTorch -------------------------------------------------------------------------------------------------------
def _by_reductions(parts: Sequence[Tensor], asked: Asked, following: Following | None) -> Read:
    """What follows is left to the network; parts are put together, and may then be what the loop reads."""
    if len(parts) > 1:
        return reduce([torch.cat(list(parts), 1)], asked, following)
    (output,) = parts
    maps = Maps.of(output[: len(asked.images)])
    maxima, sums, active, rows = _by_torch(maps, asked.statistics)
    maxima += 0.0  # -0.0 becomes 0.0: which of the two a maximum returns depends on the order of reading
    nan = _without_nan(maps, maxima, sums) if np.isnan(maxima).any() else None
    looked_up = ~np.isnan(maxima) if asked.bar is None else asked.bar.beaten(maxima, asked.images)
    places = np.full(maxima.shape, -1, np.int32)
    at, channels = np.nonzero(looked_up)
    places[at, channels] = _locate(maps, rows, at, channels, maxima[at, channels])
    return Read(Reduced(maxima, sums, active, nan, places), output)


reduce: Kernel[[Sequence[Tensor], Asked, Following | None], Read] = Kernel(
    accepts=_reads, compiled=_in_one_reading, plain=_by_reductions
)
"""What is asked of a layer's output (n, channels, height, width) or (n, channels), which may come in parts, each with
some of the channels; and what follows, done in place in the same reading where it can be.

Maxima, positions and counts are the same either way, sums up to rounding: runs are summed in float32, and their sums in
float64.
"""


# -- on a device, fetched together ------------------------------------------------------------------------------------
def reduce_there(output: Tensor, asked: Asked) -> Tensor:
    """What is asked of an output, for `fetched`: int32 (4, n, channels) on its device, which is not waited for.

    Positions are looked up everywhere, as asking which are wanted would mean waiting.
    """
    maps = Maps.of(output[: len(asked.images)])
    data, lines = maps.data, maps.dim
    rows = maps.grid.amax(lines + 1)
    best = rows.amax(lines, keepdim=True)
    y = (rows.float() == best.float()).to(torch.uint8).argmax(lines, keepdim=True)  # the first that is true
    at = y.unsqueeze(lines + 1)
    row = maps.grid.gather(lines, at.expand(*(maps.width if d == lines + 1 else s for d, s in enumerate(at.shape))))
    row = row.squeeze(lines)
    x = (row.float() == best.float()).to(torch.uint8).argmax(lines, keepdim=True)
    places = (y * maps.width + x).squeeze(lines).to(torch.int32)
    best = best.squeeze(lines).float()
    if asked.statistics == "all":
        sums, active = data.sum(lines, dtype=torch.float32), (data > 0).sum(lines).float()
    else:
        sums = active = torch.zeros_like(best)
    return torch.stack([*(one.view(torch.int32) for one in (best, sums, active)), places])


def fetched(there: Sequence[Tensor]) -> list[Reduced] | None:
    """The reductions that `reduce_there` gave, fetched at once; None where a map has NaN, which they leave out."""
    flat = torch.cat([one.flatten() for one in there]).cpu().numpy()
    found: list[Reduced] = []
    for one, part in zip(there, np.split(flat, np.cumsum([one.numel() for one in there])[:-1]), strict=True):
        numbers = part.reshape(one.shape)
        maxima, sums, active = numbers[:3].view(np.float32)
        if np.isnan(maxima).any():
            return None
        found.append(Reduced(maxima + np.float32(0), sums, active, None, numbers[3]))  # no -0.0
    return found


def side_by_side(found: Sequence[Reduced]) -> Reduced:
    """The reductions of several outputs: their channels one after the other."""
    nan = None
    if any(one.nan is not None for one in found):
        nan = np.concatenate([np.zeros(x.maxima.shape, np.int64) if x.nan is None else x.nan for x in found], axis=1)
    maxima, sums, active, places = (
        np.concatenate([getattr(x, name) for x in found], axis=1) for name in ("maxima", "sums", "active", "places")
    )
    return Reduced(maxima, sums, active, nan, places)


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


def _by_torch(maps: Maps, statistics: MapStatistics) -> tuple[Floats, Floats, Floats, Tensor]:
    """Maxima, sums and counts of positive positions (n, channels), and the maxima of rows, NaN wherever one is."""
    data = maps.data
    out = torch.zeros(3, len(data), maps.channels, dtype=torch.float32, device=data.device)
    rows = maps.grid.amax(maps.dim + 1)
    out[0] = rows.amax(maps.dim)
    if statistics == "all":
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


__all__ = [
    "Asked",
    "Bar",
    "Following",
    "Read",
    "Reduced",
    "MapStatistics",
    "fetched",
    "reduce",
    "reduce_there",
    "side_by_side",
]
