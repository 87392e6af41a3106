"""Maxima, sums and counts of maps in one reading, compiled by Numba.

The outputs of a layer are far larger than a core's cache, and reading them from memory is what reducing them costs.
PyTorch reads them once for each reduction; here all come from one reading, channel by channel side by side in vector
registers. Nothing is reordered but channels, so sums do not depend on the processor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.compiling import loop

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
Positions = NDArray[np.int32]


@loop
def reduce_maps(maps: Floats, rows: Floats, maxima: Floats, sums: Floats, active: Floats) -> None:
    """Fill in what maps (n, height, width, channels) hold: the maxima of their rows (n, height, channels), and their
    own maxima, sums and numbers of positive positions (n, channels).

    Maxima are NaN where there is a NaN, as PyTorch's are. Rows are summed in float32, their sums in float64.
    """
    n, height, width, channels = maps.shape
    of_row = np.empty(channels, np.float32)
    total = np.empty(channels, np.float64)
    positive = np.empty(channels, np.int32)
    for i in range(n):
        largest = maxima[i]
        total[:] = 0
        positive[:] = 0
        for y in range(height):
            row = rows[i, y]
            first = maps[i, y, 0]
            for c in range(channels):
                row[c] = first[c]
                of_row[c] = first[c]
                positive[c] += np.int32(first[c] > 0)
            for x in range(1, width):
                values = maps[i, y, x]
                for c in range(channels):
                    value, most = values[c], row[c]
                    row[c] = most if most >= value or most != most else value
                    of_row[c] += value
                    positive[c] += np.int32(value > 0)
            for c in range(channels):
                value, most = row[c], largest[c]
                largest[c] = most if y > 0 and (most >= value or most != most) else value
                total[c] += of_row[c]
        for c in range(channels):
            sums[i, c] = total[c]
            active[i, c] = positive[c]


@loop
def maxima_of_maps(maps: Floats, rows: Floats, maxima: Floats) -> None:
    """The maxima alone, as `reduce_maps` finds them."""
    n, height, width, channels = maps.shape
    for i in range(n):
        largest = maxima[i]
        for y in range(height):
            row = rows[i, y]
            row[:] = maps[i, y, 0]
            for x in range(1, width):
                values = maps[i, y, x]
                for c in range(channels):
                    value, most = values[c], row[c]
                    row[c] = most if most >= value or most != most else value
            for c in range(channels):
                value, most = row[c], largest[c]
                largest[c] = most if y > 0 and (most >= value or most != most) else value


@loop
def first_positions(maps: Floats, rows: Floats, at: Indices, of: Indices, values: Floats, found: Positions) -> None:
    """Fill in the first positions (m, 2), y x, at which the maps of image `at` and channel `of` have the `values`.

    `rows` as `reduce_maps` made them. A row with NaN hides its maximum, so it is searched as one that has the value is.
    """
    _, height, width, _ = maps.shape
    for i in range(len(values)):
        image, channel, value = at[i], of[i], values[i]
        found[i, 0] = -1
        for y in range(height):
            most = rows[image, y, channel]
            if most == value or most != most:
                for x in range(width):
                    if maps[image, y, x, channel] == value:
                        found[i, 0], found[i, 1] = y, x
                        break
                if found[i, 0] == y:
                    break
