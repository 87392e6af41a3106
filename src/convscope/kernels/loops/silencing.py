"""What changes of single channels make of rectified sums: the loops of `kernels.silencing`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.kernels.loops.compiling import loop

Floats = NDArray[np.float32]
Positions = NDArray[np.int64]

_COLUMNS = 512
"""Sums that are made together: what they read of all positions stays in the cache."""


@loop
def _of_some(
    before: Floats, rectified: Floats, first: int, weight: Floats, change: Floats, names: Positions, total: Floats
) -> None:
    """total[k] of the positions that are named, two at a time; columns of what was before are taken from `first` on."""
    zero = np.float32(0)
    columns, count = len(total), len(names)
    last = first + columns
    for i in range(0, count - 1, 2):
        p, q = names[i], names[i + 1]
        c, d = change[p], change[q]
        x, y = before[p, first:last], before[q, first:last]
        r, s = rectified[p, first:last], rectified[q, first:last]
        for k in range(columns):
            a, b = x[k] + weight[k] * c, y[k] + weight[k] * d
            a = zero if a < zero else a
            b = zero if b < zero else b
            total[k] += (a - r[k]) + (b - s[k])
    if count % 2:
        p = names[count - 1]
        c, x, r = change[p], before[p, first:last], rectified[p, first:last]
        for k in range(columns):
            a = x[k] + weight[k] * c
            a = zero if a < zero else a
            total[k] += a - r[k]


@loop
def _of_all(before: Floats, sums: Floats, first: int, weight: Floats, change: Floats, total: Floats) -> None:
    """total[k] of all positions, four at a time; `sums` (k,) of what they were before are taken off at once."""
    zero = np.float32(0)
    columns, positions = len(total), len(change)
    last = first + columns
    for k in range(columns):
        total[k] = -sums[first + k]
    for p in range(0, positions - 3, 4):
        c, d, e, f = change[p], change[p + 1], change[p + 2], change[p + 3]
        x, y = before[p, first:last], before[p + 1, first:last]
        z, v = before[p + 2, first:last], before[p + 3, first:last]
        for k in range(columns):
            w = weight[k]
            a, b = x[k] + w * c, y[k] + w * d
            g, h = z[k] + w * e, v[k] + w * f
            a = zero if a < zero else a
            b = zero if b < zero else b
            g = zero if g < zero else g
            h = zero if h < zero else h
            total[k] += (a + b) + (g + h)
    for p in range(positions - positions % 4, positions):
        c, x = change[p], before[p, first:last]
        for k in range(columns):
            a = x[k] + weight[k] * c
            total[k] += zero if a < zero else a


@loop
def rectified_changes(before: Floats, weight: Floats, change: Floats, out: Floats) -> None:
    """out[u, k] = the sum over p of max(before[p, k] + weight[u, k] change[u, p], 0) - max(before[p, k], 0).

    Positions where nothing changes are left out, where they are many; columns are taken so many at a time that what is
    read of all positions stays in the cache.
    """
    units, positions = change.shape
    classes = before.shape[1]
    zero = np.float32(0)
    rectified = np.maximum(before, zero)
    sums = np.zeros(classes, np.float32)
    for p in range(positions):
        for k in range(classes):
            sums[k] += rectified[p, k]
    names = np.empty(positions, np.int64)
    for first in range(0, classes, _COLUMNS):
        last = min(first + _COLUMNS, classes)
        for u in range(units):
            count = 0
            for p in range(positions):
                if change[u, p] != zero:
                    names[count] = p
                    count += 1
            total, w = out[u, first:last], weight[u, first:last]
            if 2 * count > positions:
                _of_all(before, sums, first, w, change[u], total)
            else:
                total[:] = zero
                _of_some(before, rectified, first, w, change[u], names[:count], total)
