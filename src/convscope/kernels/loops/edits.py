"""Changes on boxes carried through rectifiers and max pooling in one reading: the loops of `kernels.edits`.

Each row of a box is read once. A tensor of boxes is its memory `flat`, with the numbers from one box to the next and
from one row to the next (see `order.RowOrder`); rows of w positions and c channels lie together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.kernels.loops.compiling import LINE, fetch, loop
from convscope.kernels.loops.pooling import WindowShape, larger

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Strides = tuple[int, int]

_ZERO = np.float32(0)
_NONE = np.float32(-np.inf)


@loop
def rectify_changes(
    change: Floats, strides: Strides, height: int, length: int, base: Floats, starts: Integers, row: int
) -> None:
    """max(x + d, 0) - max(x, 0) in place of the changes d (n boxes), x from `base`, in which box i begins at starts[i]
    and its rows, `length` numbers, lie `row` apart."""
    for i in range(len(starts)):
        for y in range(height):
            at, below = i * strides[0] + y * strides[1], starts[i] + y * row
            for ahead in range(below + row, below + row + length, LINE):
                fetch(base, ahead)  # pyright: ignore[reportCallIssue] (Numba passes what it compiles with)
            d, x = change[at : at + length], base[below : below + length]
            for j in range(length):
                positive = x[j] > _ZERO
                moved = d[j] + (_ZERO if positive else x[j])
                floor = -x[j] if positive else _ZERO
                d[j] = floor if moved < floor else moved


@loop
def _larger_sum(most: Floats, values: Floats, change: Floats) -> None:
    """As `larger`, of values + change."""
    for j in range(len(most)):
        a, b = most[j], values[j] + change[j]
        most[j] = a if a >= b or a != a else b


@loop
def pool_changes(
    change: Floats,
    strides: Strides,
    box: tuple[int, int],
    old: Integers,
    maps: Floats,
    image: Integers,
    origin: Integers,
    windows: WindowShape,
    pooled: Floats | None,
    out: Floats,
) -> None:
    """Fill in the maxima (n, h, w, channels) of windows of changed maps, less those of the unedited ones where these
    are given: compiled once with them and once without.

    change, strides: boxes of `box` rows and columns at `old` (n, 2) of the `maps` (b, height, width, channels) that
    `image` (n,) names. origin: where the boxes of `out` begin in the map of maxima, of which `pooled` (b, ...) has the
    unedited ones. windows: their kernel, stride, and padding before, which never wins.
    """
    kernel, stride, before = windows
    _, height, width, channels = maps.shape
    n, high, wide, _ = out.shape
    row = np.empty(((wide - 1) * stride[1] + kernel[1], channels), np.float32)
    for i in range(n):
        left = origin[i, 1] * stride[1] - before[1]
        first, last = max(left, 0), min(left + len(row), width)
        # The columns that are read, and of them those that the change is on.
        start, stop = max(old[i, 1], first), min(old[i, 1] + box[1], last)
        flat = row[first - left : last - left].reshape(-1)
        one, two = (start - first) * channels, (stop - first) * channels
        for y in range(high):
            top = (origin[i, 0] + y) * stride[0] - before[0]
            flat[:] = _NONE
            for v in range(max(top, 0), min(top + kernel[0], height)):
                here = maps[image[i], v, first:last].reshape(-1)
                inside = v - old[i, 0]
                if 0 <= inside < box[0] and stop > start:
                    at = i * strides[0] + inside * strides[1] + (start - old[i, 1]) * channels
                    larger(flat[:one], here[:one])
                    _larger_sum(flat[one:two], here[one:two], change[at : at + two - one])
                    larger(flat[two:], here[two:])
                else:
                    larger(flat, here)
            for x in range(wide):
                made, corner = out[i, y, x], x * stride[1]
                made[:] = _NONE
                for column in range(max(corner, first - left), min(corner + kernel[1], last - left)):
                    larger(made, row[column])
                if pooled is not None:
                    known = pooled[image[i], origin[i, 0] + y, origin[i, 1] + x]
                    for c in range(channels):
                        made[c] -= known[c]
