"""Boxes of maps as views of their memory, for the plain ways: stretches of evenly spaced boxes are one tensor each.

It is a module because a box at its own place in its own image is no tensor of PyTorch's, but a run of them, an equal
step apart, is one with strides: what would be a call for each box is one for each run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def runs(image: np.ndarray, origin: np.ndarray) -> Iterator[tuple[int, int, int, int]]:
    """Stretches (first, last, step y, step x) of consecutive boxes in one image that are evenly spaced."""
    count = len(origin)
    if count == 1:
        yield 0, 1, 0, 0
        return
    moves = np.empty((count - 1, 3), np.int64)
    moves[:, 0], moves[:, 1:] = np.diff(image), np.diff(origin, axis=0)
    turn = (moves[1:] != moves[:-1]).any(1).tolist()
    steps, first = moves.tolist(), 0
    while first < count - 1:
        other_image, dy, dx = steps[first]
        last = first + 1
        if other_image:
            dy = dx = 0
        else:
            while last < count - 1 and not turn[last - 1]:
                last += 1
            last += 1
        yield first, last, dy, dx
        first = last
    if first == count - 1:
        yield first, count, 0, 0


def views(
    maps: Tensor, layout: tuple[int, int], image: np.ndarray, origin: np.ndarray, size: tuple[int, int]
) -> Iterator[tuple[slice, Tensor]]:
    """Views (m, ...) of `maps` (b, ...) on boxes of `size` at `origin` (n, 2) of the maps `image` (n,), for stretches
    of the n boxes, all of which lie on their maps."""
    stride, shape = maps.stride(), list(maps.shape)
    shape[layout[0]], shape[layout[1]] = size
    rows, columns = stride[layout[0]], stride[layout[1]]
    start = int(maps.storage_offset())
    offsets = (start + image * stride[0] + origin[:, 0] * rows + origin[:, 1] * columns).tolist()
    for first, last, dy, dx in runs(image, origin):
        step = dy * rows + dx * columns
        if step < 0:  # views cannot run backwards
            for i in range(first, last):
                yield slice(i, i + 1), maps.as_strided((1, *shape[1:]), (0, *stride[1:]), offsets[i])
        else:
            yield slice(first, last), maps.as_strided((last - first, *shape[1:]), (step, *stride[1:]), offsets[first])


def gather(
    maps: Tensor, layout: tuple[int, int], image: np.ndarray, origin: np.ndarray, size: tuple[int, int]
) -> Tensor:
    """Copies (n, ...) of the boxes of `views`."""
    shape = list(maps.shape)
    shape[0], shape[layout[0]], shape[layout[1]] = len(image), *size
    out = empty_map(maps, shape)
    for where, view in views(maps, layout, image, origin, size):
        out[where].copy_(view)
    return out


def empty_map(like: Tensor, shape: Sequence[int]) -> Tensor:
    """An uninitialised tensor of `shape`, channels last in memory where it can be."""
    order = torch.channels_last if len(shape) == 4 else torch.contiguous_format
    return torch.empty(tuple(shape), dtype=like.dtype, device=like.device, memory_format=order)


def crop(tensor: Tensor, layout: tuple[int, int], start: Sequence[int], size: Sequence[int]) -> Tensor:
    """The view of all boxes from `start`, `size` long, on both axes."""
    for axis, dim in enumerate(layout):
        if start[axis] != 0 or size[axis] != tensor.shape[dim]:
            tensor = tensor.narrow(dim, start[axis], size[axis])
    return tensor


def padded(maps: Tensor, layout: tuple[int, int], low: Sequence[int], high: Sequence[int], fill: float) -> Tensor:
    """The maps with `low` and `high` rows and columns of `fill` around them."""
    amounts = [0] * (2 * (maps.dim() - layout[0]))
    for axis, dim in enumerate(layout):
        at = 2 * (maps.dim() - 1 - dim)
        amounts[at], amounts[at + 1] = low[axis], high[axis]
    out = F.pad(maps, amounts, value=fill)
    return out.contiguous(memory_format=torch.channels_last) if maps.dim() == 4 else out


def overlap(inner: int, length: int, size: int) -> tuple[int, int, int]:
    """Of a box of `length` at `inner` within one of `size`: (start in the outer, start in the inner, common length)."""
    first, last = max(inner, 0), min(inner + length, size)
    return first, first - inner, max(last - first, 0)


def add_into(outer: Tensor, inner: Tensor, layout: tuple[int, int], at: Sequence[int]) -> None:
    """Adds boxes in place, all `at` one place within their outer boxes; what lies outside is dropped."""
    spans = [overlap(int(at[a]), inner.shape[d], outer.shape[d]) for a, d in enumerate(layout)]
    if all(length for _, _, length in spans):
        lengths = [s[2] for s in spans]
        target = crop(outer, layout, [s[0] for s in spans], lengths)
        target += crop(inner, layout, [s[1] for s in spans], lengths)


__all__ = ["add_into", "crop", "empty_map", "gather", "overlap", "padded", "runs", "views"]
