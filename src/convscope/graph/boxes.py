"""Signals on boxes: cut, paste, mask and unite rectangles whose place differs from sample to sample.

A signal carries one box per projection. All boxes of a batch have the same size, that of the tensor's (y, x)
dimensions; `origin` says where each begins on its map, and a box may reach beyond the map. The whole map is only the
box that
begins at (0, 0) and is as large as the map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from convscope.graph.nouns import Value
from convscope.kernels.cutting import clear, cut


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
        clear(signal.tensor, value.layout, low, high)
    return signal


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
