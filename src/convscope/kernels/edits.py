"""Changes on boxes carried through a rectifier and through max pooling.

It is a kernel because PyTorch goes through a change and what the unedited map has there several times, stretch by
stretch; in a compiled loop each row of a box is read once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.kernels.kernel import Kernel
from convscope.kernels.order import RowOrder, by_position, looped
from convscope.kernels.pooling import MaxPooling
from convscope.kernels.views import add_into, gather, padded, views

_HERE = (2, 3)


class KnownValue(Protocol):
    """What is known of a value of b unedited images, of which n edited copies are."""

    @property
    def maps(self) -> Tensor:
        """The value, (b, ...)."""
        ...

    @property
    def image(self) -> np.ndarray:
        """Which image each copy is an edit of, (n,)."""
        ...

    def derived(self, name: str, make: Callable[[Tensor], Tensor]) -> Tensor:
        """A tensor made from the maps, once for all copies."""
        ...


# -- rectifying -------------------------------------------------------------------------------------------------------
def _rectifies(change: Tensor, origin: np.ndarray, known: KnownValue, layout: tuple[int, int]) -> bool:
    """Also with many threads: changes are made by workers of one, where stretches take 1.1 to 1.2 times as long
    (benchmarks/kernels.py, job "edits", on an AMD EPYC)."""
    return layout == _HERE and RowOrder.fit(change) and RowOrder.fit(known.maps)


def _rectify_in_one_reading(change: Tensor, origin: np.ndarray, known: KnownValue, layout: tuple[int, int]) -> None:
    from convscope.kernels.loops import edits as loops

    d, x = RowOrder.of(change), RowOrder.of(known.maps)
    starts = known.image * x.strides[0] + origin[:, 0] * x.strides[1] + origin[:, 1] * change.shape[1]
    loops.rectify_changes(d.flat, d.strides, change.shape[2], d.length, x.flat, starts, x.strides[1])


def _rectify_by_stretches(change: Tensor, origin: np.ndarray, known: KnownValue, layout: tuple[int, int]) -> None:
    """max(d + min(x, 0), -max(x, 0)): two passes over the change, in place."""
    size = (change.shape[layout[0]], change.shape[layout[1]])
    where = (layout, known.image, origin, size)
    negative = known.derived("negative part", lambda x: x.clamp(max=0))
    floor = known.derived("minus positive part", lambda x: x.clamp(min=0).neg_())
    for (rows, below), (_, bound) in zip(views(negative, *where), views(floor, *where), strict=True):
        part = change[rows]
        torch.maximum(part.add_(below), bound, out=part)


rectify = Kernel(accepts=_rectifies, compiled=_rectify_in_one_reading, plain=_rectify_by_stretches)
"""max(x + d, 0) - max(x, 0) in place of the changes d (n, ...), boxes at `origin` (n, 2) of what is known of x.

Exact but for rounding of the sum. The boxes lie on the map.
"""


# -- pooling ----------------------------------------------------------------------------------------------------------
def _pools(
    change: Tensor,
    old: np.ndarray,
    known: KnownValue,
    origin: np.ndarray,
    size: tuple[int, int],
    pooling: MaxPooling,
    pooled: Tensor | None,
) -> bool:
    maps = (known.maps,) if pooled is None else (known.maps, pooled)
    return pooling.dilation == (1, 1) and RowOrder.fit(change) and looped(*maps)


def _pool_in_one_reading(
    change: Tensor,
    old: np.ndarray,
    known: KnownValue,
    origin: np.ndarray,
    size: tuple[int, int],
    pooling: MaxPooling,
    pooled: Tensor | None,
) -> Tensor:
    from convscope.kernels.loops import edits as loops

    boxes, box = RowOrder.of(change), (change.shape[2], change.shape[3])
    shape = (len(origin), known.maps.shape[1], *size)
    out = torch.empty(shape, dtype=change.dtype, device="cpu", memory_format=torch.channels_last)
    there = (by_position(known.maps), known.image, origin)
    unedited = None if pooled is None else by_position(pooled)
    loops.pool_changes(boxes.flat, boxes.strides, box, old, *there, pooling.windows, unedited, by_position(out))
    return out


def _pool_by_torch(
    change: Tensor,
    old: np.ndarray,
    known: KnownValue,
    origin: np.ndarray,
    size: tuple[int, int],
    pooling: MaxPooling,
    pooled: Tensor | None,
) -> Tensor:
    start = origin * np.asarray(pooling.stride) - np.asarray(pooling.before)

    def pad(x: Tensor) -> Tensor:
        """The map with -inf wherever a window may reach beyond it."""
        extent = tuple(x.shape[2:])
        ends = pooling.reach(pooling.size(extent))
        high = [max(e - b - v, 0) for e, b, v in zip(ends, pooling.before, extent, strict=True)]
        return padded(x, _HERE, pooling.before, high, -torch.inf)

    below = known.derived(f"padded for {pooling}", pad)
    windows = gather(below, _HERE, known.image, start + np.asarray(pooling.before), pooling.reach(size))
    add_into(windows, change, _HERE, old[0] - start[0])
    out = F.max_pool2d(windows, pooling.kernel, pooling.stride, 0, pooling.dilation)
    if pooled is not None:
        for where, view in views(pooled, _HERE, known.image, origin, size):
            out[where].sub_(view)
    return out


pool = Kernel(accepts=_pools, compiled=_pool_in_one_reading, plain=_pool_by_torch)
"""The maxima (n, c, h, w) of windows of changed maps, less those of the unedited ones where these are given.

change: boxes (n, c, ...) at `old` (n, 2), all at one distance from `origin` times the stride, of maps that are known.
origin, size: where the boxes of the answer begin on the map of maxima, and how large they are; `pooled` (b, c, ...) has
the unedited maxima. Padding never wins.
"""


__all__ = ["KnownValue", "pool", "rectify"]
