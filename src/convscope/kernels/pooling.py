"""Max pooling, and unpooling: signals put back where the windows of a map are largest.

It is a kernel because PyTorch's max pooling also writes where each maximum was, and reads the map anew for every row of
windows: one reading of the map takes 1/1.6 to 1/2.7 of its time. (First the maxima of columns, for all windows of a
row, then of these took 1.7 times as long.) Unpooling finds a window's switches where the map is, without cutting boxes
from it, and uses them at once: 1/2.5 of the time of cutting them and PyTorch's two calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.kernels.cutting import cut
from convscope.kernels.kernel import Kernel
from convscope.kernels.order import by_position, looped

Pair = tuple[int, int]

aten = torch.ops.aten


@dataclass(frozen=True)
class MaxPooling:
    """The windows of a max pooling, (y, x) each; `before` is the padding on every side, which never wins a window.

    ceil: whether a last window that reaches beyond the padding counts.
    """

    kernel: Pair
    stride: Pair
    before: Pair = (0, 0)
    dilation: Pair = (1, 1)
    ceil: bool = False

    @property
    def windows(self) -> tuple[Pair, Pair, Pair]:
        """What loops are told, of windows without dilation: kernel, stride, and padding before."""
        return self.kernel, self.stride, self.before

    @property
    def common(self) -> bool:
        """Whether the windows are of a kind that nearly all networks have, for which there are loops of their own.

        For any other the compiled loop is no faster than PyTorch.
        """
        return self.dilation == (1, 1) and self.kernel in ((2, 2), (3, 3))

    def size(self, extent: tuple[int, ...]) -> Pair:
        """(height, width) of what it makes of maps of `extent`, as PyTorch reckons."""
        found = []
        for length, k, s, p, d in zip(extent, self.kernel, self.stride, self.before, self.dilation, strict=True):
            count = (length + 2 * p - d * (k - 1) - 1 + (s - 1 if self.ceil else 0)) // s + 1
            found.append(count - 1 if self.ceil and (count - 1) * s >= length + p else count)
        return found[0], found[1]

    def reach(self, size: Pair) -> Pair:
        """How many entries of the map, padding included, windows of `size` (height, width) span."""
        spans = [
            (n - 1) * s + d * (k - 1) + 1
            for n, k, s, d in zip(size, self.kernel, self.stride, self.dilation, strict=True)
        ]
        return spans[0], spans[1]


# -- pooling ----------------------------------------------------------------------------------------------------------
def _reads(maps: Tensor, pooling: MaxPooling) -> bool:
    return pooling.common and looped(maps) and min(maps.shape) > 0


def _pool_in_one_reading(maps: Tensor, pooling: MaxPooling) -> Tensor:
    from convscope.kernels.loops import pooling as loops

    size = pooling.size(tuple(maps.shape[2:]))
    out = torch.empty((*maps.shape[:2], *size), dtype=maps.dtype, device="cpu", memory_format=torch.channels_last)
    loops.largest(by_position(maps), pooling.windows, by_position(out))
    return out


def _pool_by_torch(maps: Tensor, pooling: MaxPooling) -> Tensor:
    return F.max_pool2d(maps, pooling.kernel, pooling.stride, pooling.before, pooling.dilation, pooling.ceil)


largest = Kernel(accepts=_reads, compiled=_pool_in_one_reading, plain=_pool_by_torch)
"""The maxima (n, c, h, w) of the windows of maps (n, c, height, width); NaN where a window has one. Exact."""


# -- unpooling --------------------------------------------------------------------------------------------------------
def _puts_back(signal: Tensor, maps: Tensor, image: Tensor, origin: np.ndarray, pooling: MaxPooling) -> bool:
    return pooling.dilation == (1, 1) and looped(maps, signal)


def _put_back_at_once(signal: Tensor, maps: Tensor, image: Tensor, origin: np.ndarray, pooling: MaxPooling) -> Tensor:
    from convscope.kernels.loops import pooling as loops

    shape = (*signal.shape[:2], *pooling.reach((signal.shape[2], signal.shape[3])))
    out = torch.empty(shape, dtype=signal.dtype, device="cpu", memory_format=torch.channels_last)
    windows = (pooling.stride, pooling.kernel)
    loops.put_back(by_position(maps), image.numpy(), origin, *windows, by_position(signal), by_position(out))
    return out


def _put_back_by_torch(signal: Tensor, maps: Tensor, image: Tensor, origin: np.ndarray, pooling: MaxPooling) -> Tensor:
    below, switches = switches_on(maps, image, origin, (signal.shape[2], signal.shape[3]), pooling)
    # The native backward of max pooling is this sum, and faster than a scatter.
    windows: Any = (pooling.kernel, pooling.stride, (0, 0), pooling.dilation, False)
    return aten.max_pool2d_with_indices_backward(
        signal.contiguous(memory_format=torch.channels_last), below, *windows, switches
    )


def switches_on(
    maps: Tensor, image: Tensor, origin: np.ndarray, size: Pair, pooling: MaxPooling
) -> tuple[Tensor, Tensor]:
    """Boxes that windows of `size` (height, width) from `origin` (n, 2) on span of the maps `image` (n,), with minus
    infinity beyond the map, and where in a box each window is largest: flat indices, as of `max_pool2d`."""
    below = cut(maps, image, (2, 3), origin, pooling.reach(size), -torch.inf)
    _, switches = F.max_pool2d(
        below, pooling.kernel, pooling.stride, (0, 0), pooling.dilation, False, return_indices=True
    )
    return below, switches


put_back = Kernel(accepts=_puts_back, compiled=_put_back_at_once, plain=_put_back_by_torch)
"""Signals (n, c, h, w) put where the windows of the maps (b, c, height, width) are largest: boxes that these span.

Signal i belongs to map image[i] (n,), and its first window begins at origin[i] (n, 2), which may be beyond the map.
Where windows share their largest entry, their signals are added up; of entries alike the first counts, of NaN the last.
What a window without any of the map sends is beyond it, or dropped.
"""


__all__ = ["MaxPooling", "largest", "put_back", "switches_on"]
