"""Maxima, their positions, sums and counts of maps in one reading: the loops of `kernels.reduction`.

A run of positions is read at a time, channel by channel side by side in vector registers, and memory is asked for what
comes next before it is needed. What the network does to the map next is done to each run while it is in the cache.
Nothing is reordered but channels, so sums do not depend on the processor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.kernels.loops.compiling import LINE, fetch, loop
from convscope.kernels.loops.pooling import WindowShape, largest_row

Floats = NDArray[np.float32]
Places = NDArray[np.int32]
PoolingShape = tuple[Floats, WindowShape, tuple[int, int, int, int, int]]

_AHEAD = 2048  # numbers that are asked for ahead of their use: 8 KiB
_NONE = np.float32(-np.inf)
_ZERO = np.float32(0)


@loop
def _read(flat: Floats, start: int, count: int, most: Floats, total: Floats, positive: Places) -> None:
    """Fill in the maxima and sums of so many positions from `start` on, and count positive ones. NaN is no maximum.

    Four positions are read at a time, so that what is known of the channels is fetched and put back less often.
    """
    channels = len(most)
    for c in range(channels):
        most[c] = _NONE
        total[c] = _ZERO
    at = start
    for _ in range(count // 4):
        for ahead in range(at + _AHEAD, at + _AHEAD + 4 * channels, LINE):
            fetch(flat, ahead)  # pyright: ignore[reportCallIssue] (Numba passes what it compiles with)
        one, two = flat[at : at + channels], flat[at + channels : at + 2 * channels]
        three, four = flat[at + 2 * channels : at + 3 * channels], flat[at + 3 * channels : at + 4 * channels]
        for c in range(channels):
            p, q, r, s = one[c], two[c], three[c], four[c]
            best = most[c]
            best = p if p > best else best
            best = q if q > best else best
            best = r if r > best else best
            best = s if s > best else best
            most[c] = best
            total[c] += (p + q) + (r + s)
            positive[c] += np.int32(p > _ZERO) + np.int32(q > _ZERO) + np.int32(r > _ZERO) + np.int32(s > _ZERO)
        at += 4 * channels
    for _ in range(count % 4):
        one = flat[at : at + channels]
        for c in range(channels):
            value, best = one[c], most[c]
            most[c] = value if value > best else best
            total[c] += value
            positive[c] += np.int32(value > _ZERO)
        at += channels


@loop
def _scale(values: Floats, factor: Floats, shift: Floats) -> None:
    """values * factor + shift in place of some positions (p, channels)."""
    positions, channels = values.shape
    for i in range(positions):
        at = values[i]
        for c in range(channels):
            at[c] = at[c] * factor[c] + shift[c]


@loop
def _scale_and_add(values: Floats, factor: Floats, shift: Floats, other: Floats) -> None:
    """values * factor + shift + other in place of some positions (p, channels)."""
    positions, channels = values.shape
    for i in range(positions):
        at, more = values[i], other[i]
        for c in range(channels):
            at[c] = at[c] * factor[c] + shift[c] + more[c]


@loop
def _add(values: Floats, other: Floats) -> None:
    """values + other in place of some positions (p, channels)."""
    positions, channels = values.shape
    for i in range(positions):
        at, more = values[i], other[i]
        for c in range(channels):
            at[c] += more[c]


@loop
def _rectify(values: Floats) -> None:
    """max(values, 0), in place, of some numbers; NaN stays, as PyTorch's ReLU leaves it."""
    for i in range(len(values)):
        values[i] = _ZERO if values[i] <= _ZERO else values[i]


@loop
def _leave_out_nan(values: Floats, total: Floats, missing: Places) -> None:
    """Put the sums of some positions (p, channels) right where they are NaN, and count NaN positions."""
    positions, channels = values.shape
    for c in range(channels):
        if total[c] == total[c]:
            continue
        total[c] = 0
        for i in range(positions):
            value = values[i, c]
            if value == value:
                total[c] += value
            else:
                missing[c] += 1


@loop
def _take_in(
    values: Floats,
    first: int,
    threshold: Floats,
    most: Floats,
    of_run: Floats,
    largest: Floats,
    total: NDArray[np.float64],
    place: Places,
    missing: Places,
) -> None:
    """Add what a run of positions (p, channels), the first of them `first`, holds to what is known of its map."""
    positions, channels = values.shape
    wins, strange = 0, 0
    for c in range(channels):
        new = (most[c] > largest[c]) | (place[c] < 0)
        wins += np.int32((most[c] >= threshold[c]) & new)
        strange += np.int32(of_run[c] != of_run[c])
    if strange > 0:
        _leave_out_nan(values, of_run, missing)
    if wins > 0:
        for c in range(channels):
            if most[c] >= threshold[c] and (most[c] > largest[c] or place[c] < 0):
                for p in range(positions):
                    if values[p, c] == most[c]:
                        place[c] = first + p
                        break
    for c in range(channels):
        largest[c] = most[c] if most[c] > largest[c] else largest[c]
        total[c] += of_run[c]


@loop
def _pool(
    flat: Floats, begin: int, size: tuple[int, int], last: int, pooling: PoolingShape, image: int, made: int
) -> int:
    """Fill in the rows, from number `made` on, of what pooling makes of the map at `begin`, of so many positions and
    channels, of which those before `last` are ready; the number of the next row."""
    pooled, windows, (width, high, wide, step, offset) = pooling
    positions, channels = size
    height = positions // width
    while made < high and min(made * windows[1][0] - windows[2][0] + windows[0][0], height) * width <= last:
        at = (image * high + made) * wide * step + offset
        largest_row(flat, begin, (height, width, channels), windows, made, 0, pooled, at, step, wide)
        made += 1
    return made


@loop
def reduce_maps(
    maps: Floats,
    threshold: Floats,
    numbers: Floats,
    counts: Places,
    run: int,
    change: tuple[Floats, Floats] | None,
    other: Floats | None,
    rectified: bool,
    pooling: PoolingShape | None,
) -> int:
    """Fill in what maps (n, positions, channels) hold, and then change them in place; how many positions are NaN.

    numbers: (3, n, channels). The maxima, leaving NaN out, NaN for a map that is all NaN; the sums, leaving NaN out, of
        which a `run` of positions is summed in float32 and their sums in float64; how many positions are positive.
    counts: (2, n, channels). The first positions of maxima that reach their channel's `threshold` (channels,), else -1;
        how many positions are NaN.
    change, other: a factor and a shift (channels,), and what is like the maps: these become maps * factor + shift +
        other; then max(maps, 0) where `rectified`.
    pooling: where the maxima of windows of what they have become go, the windows, and: the maps' width, the height and
        width of what pooling makes, how many channels this has, and from which on these are.

    Compiled once for each way of leaving change, other and pooling out, so that nothing is asked while it runs.
    Arguments are few and the caller does little: after a convolution nothing of either is in a cache.
    """
    maxima, sums, active = numbers[0], numbers[1], numbers[2]
    places, missing = counts[0], counts[1]
    not_numbers = 0
    n, positions, channels = maps.shape
    flat = maps.reshape(-1)
    most, of_run = np.empty(channels, np.float32), np.empty(channels, np.float32)
    total, positive = np.empty(channels, np.float64), np.empty(channels, np.int32)
    for i in range(n):
        largest, place = maxima[i], places[i]
        largest[:] = _NONE
        place[:] = -1
        missing[i] = 0
        total[:] = 0
        positive[:] = 0
        made = 0
        for first in range(0, positions, run):
            last = min(first + run, positions)
            start = (i * positions + first) * channels
            here = maps[i, first:last]
            _read(flat, start, last - first, most, of_run, positive)
            _take_in(here, first, threshold, most, of_run, largest, total, place, missing[i])
            if change is not None:
                if other is not None:
                    _scale_and_add(here, change[0], change[1], other[i, first:last])
                else:
                    _scale(here, change[0], change[1])
            elif other is not None:
                _add(here, other[i, first:last])
            if rectified:
                _rectify(flat[start : start + (last - first) * channels])
            if pooling is not None:
                made = _pool(flat, i * positions * channels, (positions, channels), last, pooling, i, made)
        for c in range(channels):
            sums[i, c] = total[c]
            active[i, c] = positive[c]
            not_numbers += missing[i, c]
            # -0.0 becomes 0.0: which of the two a maximum returns depends on the order of reading.
            largest[c] = np.float32(np.nan) if missing[i, c] == positions else largest[c] + _ZERO
    return not_numbers
