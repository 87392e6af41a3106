"""Signals on boxes: cut, paste, mask and unite rectangles whose place differs from sample to sample.

A signal carries one box per projection. All boxes of a batch have the same size, that of the tensor's (y, x)
dimensions; `origin` says where each begins on its map, and a box may reach beyond the map. The whole map is only the
box that
begins at (0, 0) and is as large as the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from convscope.graph.nouns import Value
from convscope.graph.order import by_position, looped


@dataclass
class Signal:
    """`tensor` holds n boxes, `origin` (n, 2) their first (y, x) on the map; None where the tensor is no map.

    `owned` is False where another signal may share the tensor, so that it must not be changed in place. `share` says
    about how much of it is not zero, by the steps that it came through and not by its numbers; 1 if nothing is known.
    """

    tensor: Tensor
    origin: np.ndarray | None = None
    owned: bool = True
    share: float = 1.0

    def size(self, layout: tuple[int, int]) -> tuple[int, int]:
        """(height, width) of the boxes."""
        return self.tensor.shape[layout[0]], self.tensor.shape[layout[1]]


def whole_origin(count: int) -> np.ndarray:
    """The origins of `count` boxes that begin where the map begins."""
    return np.zeros((count, 2), np.int64)


def is_whole(origin: np.ndarray, size: tuple[int, int], extent: tuple[int, int]) -> bool:
    """Whether boxes of `size` at `origin` are the whole maps of `extent`."""
    return size == extent and not origin.any()


def _window(tensor: Tensor, layout: tuple[int, int], y: slice, x: slice) -> Tensor:
    """The view of one sample (no batch dimension) on rows y and columns x."""
    index: list[slice] = [slice(None)] * tensor.dim()
    index[layout[0] - 1] = y
    index[layout[1] - 1] = x
    return tensor[tuple(index)]


def cut(
    source: Tensor, image: Tensor, layout: tuple[int, int], origin: np.ndarray, size: tuple[int, int], fill: float = 0.0
) -> Tensor:
    """Boxes of `size` at `origin` (n, 2) cut from rows `image` (n,) of `source` (b, ...), `fill` beyond the map."""
    extent = (source.shape[layout[0]], source.shape[layout[1]])
    if is_whole(origin, size, extent):
        return source.index_select(0, image)
    if source.device.type != "cpu":
        return _cut_indexed(source, image, layout, origin, size, fill)
    shape = list(source.shape)
    shape[0], shape[layout[0]], shape[layout[1]] = len(origin), *size
    if layout == (2, 3) and looped(source):
        from convscope.graph.cutting import cut_boxes  # imported where it is needed: Numba takes half a second

        out = torch.empty(shape, dtype=source.dtype, memory_format=torch.channels_last)
        cut_boxes(by_position(source), image.numpy(), origin, fill, by_position(out))
        return out
    inside = (origin >= 0).all() and (origin + np.asarray(size) <= np.asarray(extent)).all()
    out = source.new_empty(shape) if source.dim() != 4 else _empty_map(shape, source)
    if not inside:
        out.fill_(fill)
    for n, (row, (y, x)) in enumerate(zip(image.tolist(), origin.tolist(), strict=True)):
        y0, x0, y1, x1 = max(y, 0), max(x, 0), min(y + size[0], extent[0]), min(x + size[1], extent[1])
        if y0 < y1 and x0 < x1:
            _window(out[n], layout, slice(y0 - y, y1 - y), slice(x0 - x, x1 - x)).copy_(
                _window(source[row], layout, slice(y0, y1), slice(x0, x1))
            )
    return out


def _empty_map(shape: Sequence[int], like: Tensor) -> Tensor:
    """An uninitialised batch of maps in the memory format of `like`: copying rows of pixels is many times faster so."""
    last = like.is_contiguous(memory_format=torch.channels_last) and like.shape[1] > 1
    memory_format = torch.channels_last if last else torch.contiguous_format
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=memory_format)


def _cut_indexed(
    source: Tensor, image: Tensor, layout: tuple[int, int], origin: np.ndarray, size: tuple[int, int], fill: float
) -> Tensor:
    """`cut` without a loop over samples, for devices where every launch costs."""
    moved = source.movedim(layout, (1, 2))
    start = torch.from_numpy(origin).to(source.device)
    ys = start[:, :1] + torch.arange(size[0], device=source.device)
    xs = start[:, 1:] + torch.arange(size[1], device=source.device)
    height, width = moved.shape[1:3]
    taken = moved[image[:, None, None], ys.clamp(0, height - 1)[:, :, None], xs.clamp(0, width - 1)[:, None, :]]
    outside = ((ys < 0) | (ys >= height))[:, :, None] | ((xs < 0) | (xs >= width))[:, None, :]
    outside = outside.reshape(*outside.shape, *[1] * (taken.dim() - 3))
    return taken.masked_fill(outside, fill).movedim((1, 2), layout)


def paste(signal: Signal, layout: tuple[int, int], origin: np.ndarray, size: tuple[int, int]) -> Signal:
    """The signal on boxes of `size` at `origin`: zero where it had none, what lies outside is dropped."""
    tensor, old = signal.tensor, signal.origin
    if old is None:
        raise ValueError("only signals on maps can be pasted")
    if signal.size(layout) == size and np.array_equal(old, origin):
        return signal
    # Seen from the new box, the old one is the map and the new origin is relative to it.
    rows = torch.arange(len(old), device=tensor.device)
    return Signal(cut(tensor, rows, layout, origin - old, size), origin, share=signal.share)


def whole(signal: Signal, value: Value) -> Tensor:
    """The signal on the whole map of `value`, (n, ...)."""
    if value.layout is None or signal.origin is None:
        return signal.tensor
    return paste(signal, value.layout, whole_origin(len(signal.origin)), value.size).tensor


def settle(signal: Signal, value: Value) -> Signal:
    """The signal with zeros beyond the map (what zero padding means), on the whole axis where the box is as
    large as it."""
    if value.layout is None or signal.origin is None:
        return signal
    size, extent = np.asarray(signal.size(value.layout)), np.asarray(value.size)
    full = size >= extent
    if full.any():
        origin = np.where(full, 0, signal.origin)
        target = np.where(full, extent, size)
        signal = paste(signal, value.layout, origin, (int(target[0]), int(target[1])))
        size = target
    assert signal.origin is not None
    low, high = -signal.origin, signal.origin + size - extent
    if (low > 0).any() or (high > 0).any():
        if not signal.owned:
            signal = Signal(signal.tensor.clone(), signal.origin, share=signal.share)
        _clear(signal.tensor, value.layout, low, high)
    return signal


def _clear(tensor: Tensor, layout: tuple[int, int], low: np.ndarray, high: np.ndarray) -> None:
    """Sets to zero, in place, the first `low` and last `high` (n, 2) rows and columns of each sample."""
    if layout == (2, 3) and looped(tensor):
        from convscope.graph.cutting import clear_beyond  # imported where it is needed: Numba takes half a second

        clear_beyond(by_position(tensor), low, high)
        return
    for axis, dim in enumerate(layout):
        if tensor.device.type == "cpu":
            length = tensor.shape[dim]
            for n in np.flatnonzero((low[:, axis] > 0) | (high[:, axis] > 0)):
                before, after = max(int(low[n, axis]), 0), max(int(high[n, axis]), 0)
                sample = tensor[n]
                sample.narrow(dim - 1, 0, min(before, length)).zero_()
                sample.narrow(dim - 1, max(length - after, 0), min(after, length)).zero_()
        else:
            at = torch.arange(tensor.shape[dim], device=tensor.device)
            first = torch.from_numpy(low[:, axis : axis + 1].copy()).to(tensor.device)
            last = tensor.shape[dim] - torch.from_numpy(high[:, axis : axis + 1].copy()).to(tensor.device)
            shape = [1] * tensor.dim()
            shape[0], shape[dim] = len(tensor), tensor.shape[dim]
            tensor.masked_fill_(((at < first) | (at >= last)).reshape(shape), 0)


def unite(a: Signal | None, b: Signal, value: Value) -> Signal:
    """The sum of two signals that meet at `value`, on the smallest boxes that hold both."""
    if a is None:
        return b
    if value.layout is None or a.origin is None or b.origin is None:
        return Signal(a.tensor + b.tensor)
    size_a, size_b = a.size(value.layout), b.size(value.layout)
    if size_a == size_b and np.array_equal(a.origin, b.origin):
        return Signal(a.tensor + b.tensor, a.origin)
    origin = np.minimum(a.origin, b.origin)
    ends = np.maximum(a.origin + np.asarray(size_a), b.origin + np.asarray(size_b))
    height, width = (int(v) for v in (ends - origin).max(0))
    if (height, width) == size_a and np.array_equal(origin, a.origin):
        a, b = b, a
    wide = paste(b, value.layout, origin, (height, width))
    return Signal(wide.tensor + paste(a, value.layout, origin, (height, width)).tensor, origin)
