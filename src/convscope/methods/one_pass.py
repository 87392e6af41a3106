"""Maxima, their positions, sums and counts of maps in one reading, compiled by Numba.

The outputs of a layer are far larger than a core's cache, and reading them from memory is what reducing them costs.
PyTorch reads them once for each reduction; here all come from one reading, a run of positions at a time, channel by
channel side by side in vector registers, and memory is asked for what comes next before it is needed. What the network
does to the map next can be done to each run while it is in the cache: batch norm, a sum and a ReLU by themselves would
each read and write the map again, and max pooling read it. Nothing is reordered but channels, so sums do not depend on
the processor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.compiling import LINE, fetch, loop
from convscope.graph.pooling import Windows, largest_row

Floats = NDArray[np.float32]
Places = NDArray[np.int32]

_RUN = 8192  # numbers of a run of positions: 32 KiB, which the nearest cache holds
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
def _change(values: Floats, factor: Floats, shift: Floats, other: Floats, added: bool) -> None:
    """values * factor + shift, and + other where it is added, in place, of some positions (p, channels)."""
    positions, channels = values.shape
    for i in range(positions):
        at, more = values[i], other[i]
        if added:
            for c in range(channels):
                at[c] = at[c] * factor[c] + shift[c] + more[c]
        else:
            for c in range(channels):
                at[c] = at[c] * factor[c] + shift[c]


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
def reduce_maps(
    maps: Floats,
    threshold: Floats,
    numbers: Floats,
    counts: Places,
    factor: Floats,
    shift: Floats,
    other: Floats,
    changed: bool,
    added: bool,
    rectified: bool,
    pooled: Floats,
    windows: Windows,
    layout: tuple[int, int, int, int, int],
) -> int:
    """Fill in what maps (n, positions, channels) hold, and then change them in place; how many positions are NaN.

    numbers: (3, n, channels). The maxima, leaving NaN out, NaN for a map that is all NaN; the sums, leaving NaN out, of
        which runs of positions are summed in float32 and their sums in float64; how many positions are positive.
    counts: (2, n, channels). The first positions of maxima that reach their channel's `threshold` (channels,), else -1;
        how many positions are NaN.
    factor, shift (channels,), other (like maps): where `changed`, maps become maps * factor + shift, + other where
        `added`; then max(maps, 0) where `rectified`. What is not asked for is not looked at.
    pooled: the maxima of the `windows` (kernel, stride, padding before) of what they have become. layout: the maps'
        width, the height and width of what pooling makes (0 where it is not asked for), how many channels the layer and
        `pooled` have, and from which on these are: a part of a layer is summed in the same runs as all of it.

    Arguments are few and the caller does little: after a convolution nothing of either is in a cache.
    """
    maxima, sums, active = numbers[0], numbers[1], numbers[2]
    places, missing = counts[0], counts[1]
    not_numbers = 0
    n, positions, channels = maps.shape
    flat = maps.reshape(-1)
    most, of_run = np.empty(channels, np.float32), np.empty(channels, np.float32)
    width, high, wide, step, offset = layout
    run = max(4, min(64, _RUN // step // 4 * 4))
    height = positions // width
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
            _read(flat, start, last - first, most, of_run, positive)
            wins, strange = 0, 0
            for c in range(channels):
                new = (most[c] > largest[c]) | (place[c] < 0)
                wins += np.int32((most[c] >= threshold[c]) & new)
                strange += np.int32(of_run[c] != of_run[c])
            if strange > 0:
                _leave_out_nan(maps[i, first:last], of_run, missing[i])
            if wins > 0:
                for c in range(channels):
                    if most[c] >= threshold[c] and (most[c] > largest[c] or place[c] < 0):
                        for p in range(first, last):
                            if maps[i, p, c] == most[c]:
                                place[c] = p
                                break
            for c in range(channels):
                largest[c] = most[c] if most[c] > largest[c] else largest[c]
                total[c] += of_run[c]
            if changed:
                _change(maps[i, first:last], factor, shift, other[i, first:last], added)
            if rectified:
                _rectify(flat[start : start + (last - first) * channels])
            while made < high and min(made * windows[1][0] - windows[2][0] + windows[0][0], height) * width <= last:
                at = (i * high + made) * wide * step + offset
                begin, size = i * positions * channels, (height, width, channels)
                largest_row(flat, begin, size, windows, made, 0, pooled, at, step, wide)
                made += 1
        for c in range(channels):
            sums[i, c] = total[c]
            active[i, c] = positive[c]
            not_numbers += missing[i, c]
            # -0.0 becomes 0.0: which of the two a maximum returns depends on the order of reading.
            largest[c] = np.float32(np.nan) if missing[i, c] == positions else largest[c] + _ZERO
    return not_numbers
