"""What changes of single channels make of rectified sums: the loops of `kernels.silencing`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.kernels.loops.compiling import loop

Floats = NDArray[np.float32]

_COLUMNS = 512
"""Sums that are made together: what they read of all positions stays in the cache."""


@loop
def rectified_changes(before: Floats, weight: Floats, change: Floats, out: Floats) -> None:
    """out[u, k] = the sum over p of max(before[p, k] + weight[u, k] change[u, p], 0) - max(before[p, k], 0).

    Positions where nothing changes are left out, two of the others taken together, in columns of the cache's size.
    """
    units, positions = change.shape
    classes = before.shape[1]
    zero = np.float32(0)
    rectified = np.maximum(before, zero)
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
            total[:] = zero
            for i in range(0, count - 1, 2):
                p, q = names[i], names[i + 1]
                c, d = change[u, p], change[u, q]
                x, y = before[p, first:last], before[q, first:last]
                r, s = rectified[p, first:last], rectified[q, first:last]
                for k in range(last - first):
                    a, b = x[k] + w[k] * c, y[k] + w[k] * d
                    a = zero if a < zero else a
                    b = zero if b < zero else b
                    total[k] += (a - r[k]) + (b - s[k])
            if count % 2:
                p = names[count - 1]
                c, x, r = change[u, p], before[p, first:last], rectified[p, first:last]
                for k in range(last - first):
                    a = x[k] + w[k] * c
                    a = zero if a < zero else a
                    total[k] += a - r[k]
