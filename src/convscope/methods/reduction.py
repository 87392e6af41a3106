"""What a scan reads off a layer's output: spatial maxima, sums and counts of every map, and positions where asked.

On a processor, float32 maps with channels last are read once for all of it (`one_pass`); others, and those on a device,
by PyTorch's own reductions. The maximum propagates NaN, so a map without NaN needs no test for it. Positions are looked
up only for the few maps that enter a table: looking for them everywhere would cost more than the network itself. The
maxima of rows, which come on the way to those of maps, say which row to look in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float32]

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
    def readable(self) -> bool:
        """Whether `one_pass` reads them: float32 on a processor, channels last."""
        return self.last and self.data.dtype == torch.float32 and self.data.device.type == "cpu"

    @property
    def grid(self) -> Tensor:
        """The maps with their rows and columns: (n, height, width, channels), or (n, channels, height, width)."""
        return self.data.unflatten(self.dim, (-1, self.width))

    def row(self, images: Tensor, channels: Tensor, rows: Tensor) -> Tensor:
        """One row (m, width) of each of m maps."""
        if self.last:
            return self.data.unflatten(1, (-1, self.width))[images, rows, :, channels]
        return self.data.unflatten(2, (-1, self.width))[images, channels, rows]

    def select(self, images: Tensor, channels: Tensor) -> Tensor:
        """The maps (m, positions) of m pairs of image and channel, in float32."""
        picked = self.data[images, :, channels] if self.last else self.data[images, channels]
        return picked.float()


@dataclass(frozen=True, eq=False)
class Reduced:
    """Arrays (n, channels) of one layer: see `statistics.Responses`. Without statistics, sums and active are zero."""

    maxima: Floats
    sums: Floats
    active: Floats
    nan: NDArray[np.int64] | None
    rows: Tensor


def reduce(maps: Maps, *, statistics: bool) -> Reduced:
    """The spatial maxima and, with `statistics`, sums and numbers of positive positions of all maps, in float32.

    NaN positions are left out; a map that is all NaN has the maximum NaN.
    """
    if maps.readable:
        maxima, sums, active, rows = _in_one_pass(maps, statistics)
    else:
        maxima, sums, active, rows = _by_torch(maps, statistics)
    maxima += 0.0  # -0.0 becomes 0.0: which of the two a maximum returns depends on the order of reading
    nan = _without_nan(maps, maxima, sums) if np.isnan(maxima).any() else None
    return Reduced(maxima, sums, active, nan, rows)


def _in_one_pass(maps: Maps, statistics: bool) -> tuple[Floats, Floats, Floats, Tensor]:
    """Maxima, sums, active and the maxima of rows, of float32 maps with channels last."""
    from convscope.methods import one_pass  # imported where it is needed: Numba takes half a second

    grid = maps.grid.numpy()
    n, height, _, channels = grid.shape
    rows = np.empty((n, height, channels), np.float32)
    maxima = np.empty((n, channels), np.float32)
    sums, active = np.zeros((2, n, channels), np.float32)
    if statistics:
        one_pass.reduce_maps(grid, rows, maxima, sums, active)
    else:
        one_pass.maxima_of_maps(grid, rows, maxima)
    return maxima, sums, active, torch.from_numpy(rows)


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


def locate(
    maps: Maps,
    rows: Tensor,
    images: NDArray[np.int64],
    channels: NDArray[np.int64],
    values: Floats,
) -> NDArray[np.int32]:
    """The first positions (m, 2), y x, where the maps of m pairs of image and channel have the given float32 values.

    `rows` are the maxima of rows that `reduce` found: the first row that has the value has its first position. A row
    with NaN hides its maximum, so maps with NaN are searched whole.
    """
    found = np.empty((len(images), 2), np.int32)
    if not len(images):
        return found
    if maps.readable:
        from convscope.methods import one_pass

        one_pass.first_positions(maps.grid.numpy(), rows.numpy(), images, channels, values, found)
        return found
    at, of = _on(maps, images, channels)
    wanted = torch.from_numpy(values).to(maps.data.device)[:, None]
    maxima = rows[at, :, of] if maps.last else rows[at, of]
    y = (maxima.float() == wanted).to(torch.uint8).argmax(1)  # the first that is true
    x = (maps.row(at, of, y).float() == wanted).to(torch.uint8).argmax(1)
    found[:, 0], found[:, 1] = y.cpu().numpy(), x.cpu().numpy()
    hidden = np.flatnonzero(maxima.isnan().any(1).cpu().numpy())
    if len(hidden):
        found[hidden] = _locate_in_whole(maps, images[hidden], channels[hidden], values[hidden])
    return found


def _locate_in_whole(
    maps: Maps, images: NDArray[np.int64], channels: NDArray[np.int64], values: Floats
) -> NDArray[np.int32]:
    """The first positions (m, 2), y x, by looking at all positions."""
    found = np.empty((len(images), 2), np.int32)
    done = 0
    for some_images, some_channels in _blocks(maps, images, channels):
        stop = done + len(some_images)
        wanted = torch.from_numpy(values[done:stop]).to(maps.data.device)
        equal = maps.select(*_on(maps, some_images, some_channels)) == wanted[:, None]
        flat = equal.cpu().numpy().argmax(1)  # of bools: the first that is true
        found[done:stop, 0], found[done:stop, 1] = np.divmod(flat, maps.width)
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
