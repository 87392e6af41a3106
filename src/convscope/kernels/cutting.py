"""Boxes cut from maps, and cleared beyond them.

It is a kernel because PyTorch's operations, called for each box and side, take ten microseconds a call, which is more
than most boxes have to copy for. In a compiled loop a row of a box is one run of memory.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from convscope.kernels.kernel import Kernel
from convscope.kernels.order import by_position, looped


def is_whole(origin: np.ndarray, size: tuple[int, int], extent: tuple[int, int]) -> bool:
    """Whether boxes of `size` at `origin` are the whole maps of `extent`."""
    return size == extent and not origin.any()


# -- cutting ----------------------------------------------------------------------------------------------------------
def _cuts(
    maps: Tensor, image: Tensor, layout: tuple[int, int], origin: np.ndarray, size: tuple[int, int], fill: float = 0.0
) -> bool:
    """Of maps with positions last but for channels; whole ones are copied as they are."""
    extent = (maps.shape[layout[0]], maps.shape[layout[1]])
    return layout == (2, 3) and looped(maps) and not is_whole(origin, size, extent)


def _cut_by_runs(
    maps: Tensor, image: Tensor, layout: tuple[int, int], origin: np.ndarray, size: tuple[int, int], fill: float = 0.0
) -> Tensor:
    from convscope.kernels.loops import cutting as loops

    shape = (len(origin), maps.shape[1], *size)
    out = torch.empty(shape, dtype=maps.dtype, device="cpu", memory_format=torch.channels_last)
    loops.cut_boxes(by_position(maps), image.numpy(), origin, fill, by_position(out))
    return out


def _cut_by_boxes(
    maps: Tensor, image: Tensor, layout: tuple[int, int], origin: np.ndarray, size: tuple[int, int], fill: float = 0.0
) -> Tensor:
    extent = (maps.shape[layout[0]], maps.shape[layout[1]])
    if is_whole(origin, size, extent):
        return maps.index_select(0, image)
    if maps.device.type != "cpu":
        return _cut_indexed(maps, image, layout, origin, size, fill)
    shape = list(maps.shape)
    shape[0], shape[layout[0]], shape[layout[1]] = len(origin), *size
    inside = (origin >= 0).all() and (origin + np.asarray(size) <= np.asarray(extent)).all()
    out = maps.new_empty(shape) if maps.dim() != 4 else _empty_alike(shape, maps)
    if not inside:
        out.fill_(fill)
    for n, (row, (y, x)) in enumerate(zip(image.tolist(), origin.tolist(), strict=True)):
        y0, x0, y1, x1 = max(y, 0), max(x, 0), min(y + size[0], extent[0]), min(x + size[1], extent[1])
        if y0 < y1 and x0 < x1:
            _window(out[n], layout, slice(y0 - y, y1 - y), slice(x0 - x, x1 - x)).copy_(
                _window(maps[row], layout, slice(y0, y1), slice(x0, x1))
            )
    return out


def _window(tensor: Tensor, layout: tuple[int, int], y: slice, x: slice) -> Tensor:
    """The view of one sample (no batch dimension) on rows y and columns x."""
    index: list[slice] = [slice(None)] * tensor.dim()
    index[layout[0] - 1] = y
    index[layout[1] - 1] = x
    return tensor[tuple(index)]


def _empty_alike(shape: Sequence[int], like: Tensor) -> Tensor:
    """An uninitialised batch of maps in the memory format of `like`: copying rows of pixels is many times faster so."""
    last = like.is_contiguous(memory_format=torch.channels_last) and like.shape[1] > 1
    memory_format = torch.channels_last if last else torch.contiguous_format
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=memory_format)


def _cut_indexed(
    maps: Tensor, image: Tensor, layout: tuple[int, int], origin: np.ndarray, size: tuple[int, int], fill: float
) -> Tensor:
    """The same without a loop over samples, for devices where every launch costs."""
    moved = maps.movedim(layout, (1, 2))
    start = torch.from_numpy(origin).to(maps.device)
    ys = start[:, :1] + torch.arange(size[0], device=maps.device)
    xs = start[:, 1:] + torch.arange(size[1], device=maps.device)
    height, width = moved.shape[1:3]
    taken = moved[image[:, None, None], ys.clamp(0, height - 1)[:, :, None], xs.clamp(0, width - 1)[:, None, :]]
    outside = ((ys < 0) | (ys >= height))[:, :, None] | ((xs < 0) | (xs >= width))[:, None, :]
    outside = outside.reshape(*outside.shape, *[1] * (taken.dim() - 3))
    return taken.masked_fill(outside, fill).movedim((1, 2), layout)


cut = Kernel(accepts=_cuts, compiled=_cut_by_runs, plain=_cut_by_boxes)
"""Boxes (n, ...) of `size` at `origin` (n, 2) cut from the maps `image` (n,) of `maps` (b, ...), `fill` beyond the map.

Exact, either way.
"""


# -- clearing ---------------------------------------------------------------------------------------------------------
def _clears(boxes: Tensor, layout: tuple[int, int], low: np.ndarray, high: np.ndarray) -> bool:
    return layout == (2, 3) and looped(boxes)


def _clear_by_runs(boxes: Tensor, layout: tuple[int, int], low: np.ndarray, high: np.ndarray) -> None:
    from convscope.kernels.loops import cutting as loops

    loops.clear_beyond(by_position(boxes), low, high)


def _clear_by_sides(boxes: Tensor, layout: tuple[int, int], low: np.ndarray, high: np.ndarray) -> None:
    if boxes.device.type != "cpu":
        _clear_masked(boxes, layout, low, high)
        return
    for axis, dim in enumerate(layout):
        length = boxes.shape[dim]
        for n in np.flatnonzero((low[:, axis] > 0) | (high[:, axis] > 0)):
            before, after = max(int(low[n, axis]), 0), max(int(high[n, axis]), 0)
            sample = boxes[n]
            sample.narrow(dim - 1, 0, min(before, length)).zero_()
            sample.narrow(dim - 1, max(length - after, 0), min(after, length)).zero_()


def _clear_masked(boxes: Tensor, layout: tuple[int, int], low: np.ndarray, high: np.ndarray) -> None:
    """The same without a loop over samples, for devices: how much is cleared is told them once."""
    sides = torch.from_numpy(np.stack([low, high])).to(boxes.device)
    for axis, dim in enumerate(layout):
        length = boxes.shape[dim]
        at = torch.arange(length, device=boxes.device)
        shape = [1] * boxes.dim()
        shape[0], shape[dim] = len(boxes), length
        gone = (at < sides[0, :, axis, None]) | (at >= length - sides[1, :, axis, None])
        boxes.masked_fill_(gone.reshape(shape), 0)


clear = Kernel(accepts=_clears, compiled=_clear_by_runs, plain=_clear_by_sides)
"""Sets to zero, in place, the first `low` and the last `high` (n, 2) rows and columns of each box of (n, ...).

Exact, either way; counts below zero are none.
"""


__all__ = ["clear", "cut", "is_whole"]
