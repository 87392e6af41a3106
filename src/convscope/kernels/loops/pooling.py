"""Max pooling and unpooling in one reading of the map: the loops of `kernels.pooling`.

Pooling: a window's pixels, channels side by side, are read at once, and those of the next row of windows are asked for.
Unpooling: the switches of a window are found where the map is, without cutting boxes from it, and used at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.kernels.loops.compiling import LINE, fetch, loop

Floats = NDArray[np.float32]
Pair = tuple[int, int]
WindowShape = tuple[Pair, Pair, Pair]

_NAN = np.float32(np.nan)


@loop
def larger(most: Floats, values: Floats) -> None:
    """Each the larger of the two, in place; NaN where either is."""
    for i in range(len(most)):
        a, b = most[i], values[i]
        most[i] = a if a >= b or a != a else b


@loop
def _largest_of_four(flat: Floats, start: int, length: int, out: Floats) -> None:
    """Fill in the largest of a window of 2 x 2, whose first pixel is at `start` and whose rows are a `length` apart."""
    n, below = len(out), start + length
    a, b = flat[start : start + n], flat[start + n : start + 2 * n]
    c, d = flat[below : below + n], flat[below + n : below + 2 * n]
    for i in range(n):
        o, p, q, r = a[i], b[i], c[i], d[i]
        most = p if p > o else o
        most = q if q > most else most
        most = r if r > most else most
        out[i] = _NAN if (o != o) | (p != p) | (q != q) | (r != r) else most


@loop
def _largest_of_nine(flat: Floats, start: int, length: int, out: Floats) -> None:
    """Fill in the largest of a window of 3 x 3, whose first pixel is at `start` and whose rows are a `length` apart."""
    n, below, last = len(out), start + length, start + 2 * length
    a, b, c = flat[start : start + n], flat[start + n : start + 2 * n], flat[start + 2 * n : start + 3 * n]
    d, e, f = flat[below : below + n], flat[below + n : below + 2 * n], flat[below + 2 * n : below + 3 * n]
    g, h, j = flat[last : last + n], flat[last + n : last + 2 * n], flat[last + 2 * n : last + 3 * n]
    for i in range(n):
        o, p, q, r, s, t, u, v, w = a[i], b[i], c[i], d[i], e[i], f[i], g[i], h[i], j[i]
        most = p if p > o else o
        most = q if q > most else most
        most = r if r > most else most
        most = s if s > most else most
        most = t if t > most else most
        most = u if u > most else most
        most = v if v > most else most
        most = w if w > most else most
        strange = (o != o) | (p != p) | (q != q) | (r != r) | (s != s) | (t != t) | (u != u) | (v != v) | (w != w)
        out[i] = _NAN if strange else most


@loop
def _largest_of_window(flat: Floats, start: int, length: int, rows: int, columns: int, out: Floats) -> None:
    """The same of any window."""
    n = len(out)
    out[:] = flat[start : start + n]
    for row in range(rows):
        for column in range(columns):
            at = start + row * length + column * n
            larger(out, flat[at : at + n])


@loop
def largest_row(
    flat: Floats,
    start: int,
    size: tuple[int, int, int],
    windows: WindowShape,
    y: int,
    ahead: int,
    out: Floats,
    at: int,
    step: int,
    wide: int,
) -> None:
    """Fill in row `y`, of `wide` windows, of what pooling makes of the map at `start`.

    size: the map's height, width and channels; windows: their kernel, stride, and padding before; ahead: rows to ask
    for; out: window x goes to the numbers from at + x * step on.
    """
    height, width, channels = size
    (tall, broad), (down, right), (above, beside) = windows
    top = y * down - above
    first, last = max(top, 0), min(top + tall, height)
    rows, length = last - first, width * channels
    for x in range(wide):
        left = x * right - beside
        one, stop = max(left, 0), min(left + broad, width)
        begin, made = start + first * length + one * channels, out[at + x * step : at + x * step + channels]
        for row in range(rows, rows + ahead):
            for i in range(begin + row * length, begin + row * length + right * channels, LINE):
                fetch(flat, i)  # pyright: ignore[reportCallIssue] (Numba passes what it compiles with)
        if rows == 3 and stop - one == 3:
            _largest_of_nine(flat, begin, length, made)
        elif rows == 2 and stop - one == 2:
            _largest_of_four(flat, begin, length, made)
        else:
            _largest_of_window(flat, begin, length, rows, stop - one, made)


@loop
def largest(maps: Floats, windows: WindowShape, out: Floats) -> None:
    """Fill in the maxima (n, h, w, channels) of the windows of maps (n, height, width, channels).

    windows: their kernel, stride, and padding before, which never wins. Every window holds some of the map.
    """
    n, height, width, channels = maps.shape
    _, high, wide, _ = out.shape
    flat, made = maps.reshape(-1), out.reshape(-1)
    size, ahead = (height, width, channels), windows[1][0]
    for i in range(n):
        for y in range(high):
            start, at = i * height * width * channels, (i * high + y) * wide * channels
            largest_row(flat, start, size, windows, y, ahead, made, at, channels, wide)


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
