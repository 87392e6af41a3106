"""Transposed convolutions of signals that are mostly zero, which multiply only what is not, compiled by Numba.

Below a max pooling with stride 2 at least three quarters of a signal are zero, and rectifying takes half of the rest
and more: 5 to 12 % are left, and behind a ReLU alone 35 to 50 %, seldom two thirds. For a stretch of positions the
channels that are not zero are listed. Each of these stands for a row of weights, and the rows are added up in vector
registers for a position at a time; six vectors of so many rows fill the first cache.

Whether it pays is decided by what a signal came through, not by its numbers, and an image's sums are made in the same
order whatever others are carried back with it: so a projection's bits do not depend on them.

Against oneDNN on all entries, on one core: 2.8 to 8 times as fast below a max pooling, 1.1 to 1.6 behind a ReLU. What
was tried: blocks of 8 vectors (1.1 times slower with 128 channels, as fast with 64), of 4 (as fast); blocks of 64 or
256 channels (slower by up to 1.3); stretches of 512 or 1,024 positions (by up to 1.2); weights that do not begin on a
line of the cache (up to 2 times slower).
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from convscope.compiling import LINE, add_rows, loop, nonzero
from convscope.graph.order import by_position

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

_TOGETHER = 6  # vectors of weights, and of sums in registers
_CHANNELS = 128  # whose weights for so many vectors fill the first cache
_POSITIONS = 256
_WORTH = 0.55  # the share of all multiplications up to which it is faster than all of them by oneDNN


class SparseTranspose:
    """The transposed convolution with a weight (channels, few, height, width), without padding, dilation or groups."""

    def __init__(self, weight: Tensor, stride: tuple[int, int]) -> None:
        self.stride = stride
        channels, self.few, *self.kernel = weight.shape
        # A row of the kernel is a run of memory in the output: columns, with their channels side by side.
        length = weight.shape[3] * self.few
        rows = weight.permute(0, 2, 3, 1).reshape(channels, weight.shape[2], length)
        rows = F.pad(rows, (0, -length % LINE)).flatten(1)
        self.padding = rows.shape[1] / weight[0].numel()
        blocks = [rows[:, at : at + _TOGETHER * LINE].flatten() for at in range(0, rows.shape[1], _TOGETHER * LINE)]
        self.rows = torch.cat(blocks)

    def pays(self, share: float) -> bool:
        """Whether it is the faster way for signals of which this share is not zero."""
        return share * self.padding < _WORTH

    def __call__(self, signal: Tensor) -> Tensor | None:
        """The transposed convolution of signals (n, channels, h, w), channels last, in the same order.

        None where inf or NaN is among them: times the zeros that fill up a row they would not be zero.
        """
        n, channels, *size = signal.shape
        height, width = ((v - 1) * s + k for v, s, k in zip(size, self.stride, self.kernel, strict=True))
        row = width * self.few
        # The last vector of a kernel's row may reach beyond it, where it adds zeros.
        memory = signal.new_empty(n * height * row + LINE)
        shifts = np.add.outer(np.arange(self.kernel[0]) * row, np.arange(0, self.kernel[1] * self.few, LINE)).ravel()
        steps = (height * row, self.stride[0] * row, self.stride[1] * self.few)
        positions = by_position(signal).reshape(-1, channels)
        if not _add_up(positions, size[0], size[1], self.rows.numpy(), shifts, steps, memory.numpy()):
            return None
        return memory.as_strided((n, self.few, height, width), (height * row, 1, row, self.few))


@loop
def _list_nonzero(x: Floats, first: int, last: int, values: Floats, names: NDArray[np.int32], ends: Numbers) -> bool:
    """Whether all is finite; lists what is not zero at the positions from `first` to `last`, for one block of channels
    after the other.

    ends[b * positions + p]: where what position p has in block b ends. names: channels, counted from the block's first.
    """
    channels, found, at = x.shape[1], 0, 0
    flat = x.reshape(-1)
    for block in range(0, channels, _CHANNELS):
        stop = min(block + _CHANNELS, channels)
        whole = block + (stop - block) // LINE * LINE
        for p in range(first, last):
            start = p * channels
            for c in range(block, whole, LINE):
                found += nonzero(flat, start + c, c - block, values, names, found)  # pyright: ignore
            for c in range(whole, stop):
                values[found], names[found] = flat[start + c], c - block
                found += flat[start + c] != 0
            ends[at] = found
            at += 1
    beyond = 0
    for i in range(found):
        beyond += not abs(values[i]) < np.inf
    return beyond == 0


@loop
def _add_block(
    values: Floats,
    names: NDArray[np.int32],
    start: int,
    ends: Numbers,
    rows: Floats,
    at: int,
    out: Floats,
    places: Numbers,
    shifts: Numbers,
) -> None:
    """Add the rows that begin at rows[at] to the output of every position, at its place."""
    n = len(shifts)
    for p in range(len(ends)):
        stop, to = ends[p], places[p]
        if stop == start:
            continue
        if n == 6:
            add_rows(values, names, start, stop, rows, at, out, to, shifts, 6)  # pyright: ignore
        elif n == 5:
            add_rows(values, names, start, stop, rows, at, out, to, shifts, 5)  # pyright: ignore
        elif n == 4:
            add_rows(values, names, start, stop, rows, at, out, to, shifts, 4)  # pyright: ignore
        elif n == 3:
            add_rows(values, names, start, stop, rows, at, out, to, shifts, 3)  # pyright: ignore
        elif n == 2:
            add_rows(values, names, start, stop, rows, at, out, to, shifts, 2)  # pyright: ignore
        else:
            add_rows(values, names, start, stop, rows, at, out, to, shifts, 1)  # pyright: ignore
        start = stop


@loop
def _add_up(
    x: Floats, height: int, width: int, rows: Floats, shifts: Numbers, steps: tuple[int, int, int], out: Floats
) -> bool:
    """Whether all is finite; then fills in the output of maps of `height` x `width`, x (positions, channels), from rows
    of weights.

    steps: by how much the output moves on with an image, a row and a column of the maps; shifts: where each vector of a
    row of weights goes. An image's sums are made in the same order whatever else is in x: a stretch of positions holds
    whole images, or a part of one.
    """
    channels, area = x.shape[1], height * width
    stretch = area * (_POSITIONS // area) if area <= _POSITIONS else _POSITIONS
    most = min(stretch, len(x))
    blocks = (channels + _CHANNELS - 1) // _CHANNELS
    values, names = np.empty(most * channels + LINE, np.float32), np.empty(most * channels + LINE, np.int32)
    ends, places = np.empty(blocks * most, np.int64), np.empty(most, np.int64)
    cleared, first = 0, 0
    while first < len(x):
        image = first // area
        last = min(first + stretch, len(x))
        if stretch < area:
            last = min(last, (image + 1) * area)
        n = last - first
        if not _list_nonzero(x, first, last, values, names, ends):
            return False
        for p in range(n):
            i, rest = divmod(first + p, area)
            y, column = divmod(rest, width)
            places[p] = i * steps[0] + y * steps[1] + column * steps[2]
        reached = min(places[n - 1] + shifts[-1] + LINE, len(out))
        out[cleared:reached] = 0
        cleared = max(cleared, reached)
        for vector in range(0, len(shifts), _TOGETHER):
            some = shifts[vector : vector + _TOGETHER]
            for block in range(blocks):
                start = ends[block * n - 1] if block else 0
                at = (vector * channels + block * _CHANNELS * len(some)) * LINE
                mine = ends[block * n : (block + 1) * n]
                _add_block(values, names, start, mine, rows, at, out, places[:n], some)
        first = last
    out[cleared:] = 0
    return True
