"""P-values of several tests, corrected for how many there are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def holm(p: Sequence[float]) -> list[float]:
    """P-values corrected for how many there are (Holm 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order, corrected, largest = np.argsort(p, kind="stable"), [0.0] * len(p), 0.0
    for rank, place in enumerate(order.tolist()):
        largest = max(largest, min(1.0, (len(p) - rank) * float(p[place])))
        corrected[place] = largest
    return corrected


def benjamini_yekutieli(p: Doubles) -> Doubles:
    """The p-values (m,) adjusted so that of those below q at most a share of q is false, however the tests depend on
    each other (Benjamini & Yekutieli 2001); NaN stay NaN and do not count.

    >>> benjamini_yekutieli(np.array([0.01, 0.5, 0.02])).round(4).tolist()
    [0.055, 0.9167, 0.055]
    """
    found, there = np.full(len(p), np.nan), np.flatnonzero(~np.isnan(p))
    count = len(there)
    if not count:
        return found
    order = there[np.argsort(p[there], kind="stable")]
    factor = (1 / np.arange(1, count + 1)).sum() * count / np.arange(1, count + 1)
    adjusted = np.minimum.accumulate((p[order] * factor)[::-1])[::-1]
    found[order] = np.minimum(adjusted, 1)
    return found


__all__ = ["benjamini_yekutieli", "holm"]
