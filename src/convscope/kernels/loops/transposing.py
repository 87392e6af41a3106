"""Transposed convolutions that multiply only what is not zero: the loops of `kernels.transposing`.

For a stretch of positions the channels that are not zero are listed. Each of these stands for a row of weights, and the
rows are added up in vector registers for a position at a time; six vectors of so many rows fill the first cache.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.kernels.loops.compiling import LINE, MOST_ROWS, add_rows, loop, nonzero

Floats = NDArray[np.float32]
Names = NDArray[np.int32]
Ints = NDArray[np.int64]

_CHANNELS = 128  # whose weights for so many vectors fill the first cache
_POSITIONS = 256


@loop
def _list_by_vectors(x: Floats, first: int, last: int, values: Floats, names: Names, ends: Ints) -> bool:
    """Whether all is finite; lists what is not zero at the positions from `first` to `last`, for one block of channels
    after the other, 16 numbers at a time.

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
            found = _list_some(flat, start, whole, stop, block, values, names, found)
            ends[at] = found
            at += 1
    return _all_finite(values, found)


@loop
def _list_one_by_one(x: Floats, first: int, last: int, values: Floats, names: Names, ends: Ints) -> bool:
    """The same, a number at a time, without branches."""
    channels, found, at = x.shape[1], 0, 0
    flat = x.reshape(-1)
    for block in range(0, channels, _CHANNELS):
        stop = min(block + _CHANNELS, channels)
        for p in range(first, last):
            found = _list_some(flat, p * channels, block, stop, block, values, names, found)
            ends[at] = found
            at += 1
    return _all_finite(values, found)


@loop
def _list_some(
    flat: Floats, start: int, first: int, stop: int, block: int, values: Floats, names: Names, found: int
) -> int:
    """List the channels from `first` to `stop` of a position; how many numbers are listed then."""
    for c in range(first, stop):
        values[found], names[found] = flat[start + c], c - block
        found += flat[start + c] != 0
    return found


@loop
def _all_finite(values: Floats, count: int) -> bool:
    beyond = 0
    for i in range(count):
        beyond += not abs(values[i]) < np.inf
    return beyond == 0


@loop
def _add_block(
    values: Floats,
    names: Names,
    start: int,
    ends: Ints,
    rows: Floats,
    at: int,
    out: Floats,
    places: Ints,
    shifts: Ints,
) -> None:
    """Add the rows that begin at rows[at] to the output of every position, at its place."""
    n = len(shifts)
    for p in range(len(ends)):
        stop, to = ends[p], places[p]
        if stop == start:
            continue
        add_rows(values, names, start, stop, rows, at, out, to, shifts, n)  # pyright: ignore
        start = stop


@loop
def _stretch(channels: int, count: int, area: int) -> int:
    """Positions of a stretch: whole images, or a part of one."""
    return min(area * (_POSITIONS // area) if area <= _POSITIONS else _POSITIONS, count)


@loop
def _last(first: int, stretch: int, area: int, count: int) -> int:
    """Where the stretch of positions that begins at `first` ends: with its image, at the latest, if it has but one."""
    last = min(first + stretch, count)
    return min(last, (first // area + 1) * area) if stretch < area else last


@loop
def _place(
    first: int, area: int, width: int, steps: tuple[int, int, int], shifts: Ints, places: Ints, size: int
) -> int:
    """Fill in where in the output the positions from `first` on go; how far they reach into it."""
    for p in range(len(places)):
        i, rest = divmod(first + p, area)
        y, column = divmod(rest, width)
        places[p] = i * steps[0] + y * steps[1] + column * steps[2]
    return min(places[-1] + shifts[-1] + LINE, size)


@loop
def _add_stretch(
    channels: int,
    values: Floats,
    names: Names,
    ends: Ints,
    rows: Floats,
    shifts: Ints,
    places: Ints,
    out: Floats,
) -> None:
    """Add the rows of what is listed to the output of every position of a stretch."""
    n = len(places)
    for vector in range(0, len(shifts), MOST_ROWS):
        some = shifts[vector : vector + MOST_ROWS]
        for block in range((channels + _CHANNELS - 1) // _CHANNELS):
            start = ends[block * n - 1] if block else 0
            at = (vector * channels + block * _CHANNELS * len(some)) * LINE
            _add_block(values, names, start, ends[block * n : (block + 1) * n], rows, at, out, places, some)


@loop
def add_up(
    x: Floats,
    height: int,
    width: int,
    rows: Floats,
    shifts: Ints,
    steps: tuple[int, int, int],
    vectors: bool,
    out: Floats,
) -> bool:
    """Whether all is finite; then fills in the output of maps of `height` x `width`, x (positions, channels), from rows
    of weights.

    steps: by how much the output moves on with an image, a row and a column of the maps; shifts: where each vector of a
    row of weights goes; vectors: whether the processor has an instruction that puts some numbers of a vector side by
    side. An image's sums are made in the same order whatever else is in x: a stretch of positions holds whole images,
    or a part of one.
    """
    channels, area, count = x.shape[1], height * width, len(x)
    stretch = _stretch(channels, count, area)
    blocks = (channels + _CHANNELS - 1) // _CHANNELS
    values, names = np.empty(stretch * channels + LINE, np.float32), np.empty(stretch * channels + LINE, np.int32)
    ends, places = np.empty(blocks * stretch, np.int64), np.empty(stretch, np.int64)
    cleared, first = 0, 0
    while first < count:
        last = _last(first, stretch, area, count)
        if vectors:
            finite = _list_by_vectors(x, first, last, values, names, ends)
        else:
            finite = _list_one_by_one(x, first, last, values, names, ends)
        if not finite:
            return False
        mine = places[: last - first]
        reached = _place(first, area, width, steps, shifts, mine, len(out))
        out[cleared:reached] = 0
        cleared = max(cleared, reached)
        _add_stretch(channels, values, names, ends, rows, shifts, mine, out)
        first = last
    out[cleared:] = 0
    return True
