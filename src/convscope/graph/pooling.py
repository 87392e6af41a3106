"""Max pooling and unpooling, each in one reading of the map, compiled by Numba; PyTorch's write where each maximum was.

Pooling: first the maxima of the rows of all windows of one height, a run of memory after the other, then those of their columns,
which are in the cache. What comes next is asked for ahead. It is 1.1 (2 x 2 windows of large maps) to 3 times as fast
as PyTorch.

Unpooling: the switches of a window are found where the map is, without cutting boxes from it, and used at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.compiling import LINE, fetch, loop

Floats = NDArray[np.float32]

_BLOCK = 512  # numbers of a row that are read, and asked for, together


@loop
def larger(most: Floats, values: Floats) -> None:
    """Each the larger of the two, in place; NaN where either is."""
    for i in range(len(most)):
        a, b = most[i], values[i]
        most[i] = a if a >= b or a != a else b


@loop
def _largest_of_three(one: Floats, two: Floats, three: Floats, out: Floats) -> None:
    """Fill in the largest of the three of each; NaN where any is."""
    for i in range(len(out)):
        a, b, c = one[i], two[i], three[i]
        most = a if a >= b or a != a else b
        out[i] = most if most >= c or most != most else c


@loop
def _largest_of_rows(flat: Floats, start: int, rows: int, length: int, ahead: int, out: Floats) -> None:
    """Fill in the largest of so many rows of a `length` from `start` on, asking for as many rows `ahead` of `start`."""
    for first in range(0, length, _BLOCK):
        last = min(first + _BLOCK, length)
        for row in range(ahead):
            for i in range(start + (rows + row) * length + first, start + (rows + row) * length + last, LINE):
                fetch(flat, i)  # pyright: ignore[reportCallIssue] (Numba passes what it compiles with)
        block, at = out[first:last], start + first
        size = last - first
        if rows == 3:
            two, three = at + length, at + 2 * length
            _largest_of_three(flat[at : at + size], flat[two : two + size], flat[three : three + size], block)
        else:
            block[:] = flat[at : at + size]
            for _ in range(1, rows):
                at += length
                larger(block, flat[at : at + size])


@loop
def largest(
    maps: Floats, kernel: tuple[int, int], stride: tuple[int, int], before: tuple[int, int], out: Floats
) -> None:
    """Fill in the maxima (n, h, w, channels) of the windows of maps (n, height, width, channels), with so much padding
    before each axis, which never wins. Every window holds some of the map."""
    n, height, width, channels = maps.shape
    _, high, wide, _ = out.shape
    flat = maps.reshape(-1)
    row = np.empty((width, channels), np.float32)
    length = width * channels
    for i in range(n):
        for y in range(high):
            top = y * stride[0] - before[0]
            first, last = max(top, 0), min(top + kernel[0], height)
            start = (i * height + first) * length
            _largest_of_rows(flat, start, last - first, length, stride[0], row.reshape(-1))
            for x in range(wide):
                left = x * stride[1] - before[1]
                one, stop = max(left, 0), min(left + kernel[1], width)
                made = out[i, y, x]
                if stop - one == 3:
                    _largest_of_three(row[one], row[one + 1], row[one + 2], made)
                else:
                    made[:] = row[one]
                    for column in range(one + 1, stop):
                        larger(made, row[column])


@loop
def put_back(
    maps: Floats,
    image: NDArray[np.int64],
    origin: NDArray[np.int64],
    stride: tuple[int, int],
    kernel: tuple[int, int],
    signal: Floats,
    out: Floats,
) -> None:
    """Fill in the signals (n, h, w, channels) put where the windows of maps (b, height, width, channels) are largest.

    Signal i belongs to map image[i], and its first window begins at origin[i], which may be beyond the map; what is
    there is never the largest, and a signal of a window without any of the map is dropped. Where windows share their
    largest entry, their signals are added up; of entries alike the first counts, of NaN the last.
    """
    _, height, width, channels = maps.shape
    n, high, wide, _ = signal.shape
    most, switch = np.empty(channels, np.float32), np.empty(channels, np.int32)
    for i in range(n):
        top, left = origin[i]
        out[i] = 0
        for y in range(high):
            y0 = top + y * stride[0]
            y1, y2 = max(y0, 0), min(y0 + kernel[0], height)
            for x in range(wide):
                x0 = left + x * stride[1]
                x1, x2 = max(x0, 0), min(x0 + kernel[1], width)
                if y1 >= y2 or x1 >= x2:
                    continue
                _find_largest(maps[image[i]], y1, y2, x1, x2, most, switch)
                _put(signal[i, y, x], switch, out[i], y1 - top, y2 - top, x1 - left, x2 - left)


@loop
def _find_largest(pixels: Floats, y1: int, y2: int, x1: int, x2: int, most: Floats, switch: NDArray[np.int32]) -> None:
    """Fill in the largest entry of every channel in a window of a map, and which of the window's positions it is at."""
    most[:] = pixels[y1, x1]
    switch[:] = 0
    number = np.int32(0)
    for y in range(y1, y2):
        for x in range(x1, x2):
            row = pixels[y, x]
            for c in range(len(row)):
                better = row[c] > most[c] or row[c] != row[c]
                most[c] = row[c] if better else most[c]
                switch[c] = number if better else switch[c]
            number += np.int32(1)


@loop
def _put(signal: Floats, switch: NDArray[np.int32], out: Floats, y1: int, y2: int, x1: int, x2: int) -> None:
    """Add each channel's signal to the position in the window that its switch says."""
    number = np.int32(0)
    for y in range(y1, y2):
        for x in range(x1, x2):
            made = out[y, x]
            for c in range(len(made)):
                made[c] += signal[c] if switch[c] == number else np.float32(0)
            number += np.int32(1)
