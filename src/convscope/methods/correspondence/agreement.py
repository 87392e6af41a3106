"""How well signs of changes agree between images: all pairs, intervals, and a rank among other sets.

A sign is two bits, one for up and one for down, 64 features to a word: features are many, and so are sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.kernels.agreeing import Packed, overlaps, pack
from convscope.methods.intervals import tail

_NUMBERS = 1 << 22  # pairs of images that are held together


@dataclass(frozen=True)
class Pairs:
    """Of s sets of signs of n images, all pairs: numbers of features that differ, and that change in either (s, n, n).

    changed: (s, n) the number of features that change in each image.
    """

    differ: NDArray[np.float64]
    either: NDArray[np.float64]
    changed: NDArray[np.float64]
    features: int

    @classmethod
    def of(cls, images: Sequence[Packed], rows: NDArray[np.int64], features: int) -> Pairs:
        """Of sets that take of each image the row that rows (s, n) says."""
        s, n = rows.shape
        differ, either = np.zeros((s, n, n)), np.zeros((s, n, n))
        changed = np.stack([one.changed[rows[:, i]] for i, one in enumerate(images)], 1).astype(np.float64)
        for i in range(n):
            for j in range(i):
                both, same = overlaps(images[i], images[j], rows[:, [i, j]]).T
                together = changed[:, i] + changed[:, j] - both
                either[:, i, j] = either[:, j, i] = together
                differ[:, i, j] = differ[:, j, i] = together - same
            either[:, i, i] = changed[:, i]
        return cls(differ, either, changed, features)


@dataclass(frozen=True)
class Shares:
    """Of s sets: the share of features that differ, over all pairs (s,), the same of those that change, and how many
    change in each image (s, n)."""

    means: NDArray[np.float64]
    among: NDArray[np.float64]
    changed: NDArray[np.float64]

    @classmethod
    def of(cls, images: Sequence[Packed], rows: NDArray[np.int64], features: int) -> Shares:
        """Of sets that take of each image the row that rows (s, n) says."""
        n = rows.shape[1]
        off, step, parts = ~np.eye(n, dtype=bool), max(1, _NUMBERS // n**2), []
        for first in range(0, len(rows), step):
            pairs = Pairs.of(images, rows[first : first + step], features)
            with np.errstate(invalid="ignore"):
                among = pairs.differ[:, off].sum(1) / pairs.either[:, off].sum(1)
            parts.append(((pairs.differ[:, off] / features).mean(1), among, pairs.changed))
        return cls(*(np.concatenate(one) for one in zip(*parts, strict=True)))


def hamming(signs: NDArray[np.integer]) -> NDArray[np.float64]:
    """(n, n) numbers of features whose signs differ, of signs (n, features); two zeros agree.

    >>> import numpy as np
    >>> hamming(np.array([[1, 0, -1, 0], [1, -1, 1, 0]])).tolist()
    [[0.0, 2.0], [2.0, 0.0]]
    """
    images = [Packed.of([row]) for row in pack(signs.astype(np.int8))]
    return Pairs.of(images, np.zeros((1, len(images)), np.int64), signs.shape[1]).differ[0]


def rank_test(value: float, others: NDArray[np.float64]) -> float:
    """The rank of a value among others, as a share: how many are at least as small, (1 + #) / (1 + others).

    A value that is no number (nothing changed, so nothing can agree) is no evidence: 1. Others like that are left out.

    >>> import numpy as np
    >>> rank_test(0.1, np.array([0.2, 0.3, 0.05]))
    0.5
    """
    if not np.isfinite(value):
        return 1.0
    known = others[np.isfinite(others)]
    return float((1 + np.count_nonzero(known <= value + 1e-12)) / (1 + len(known)))


def rank_among_places(rank: float, disjoint: int) -> float:
    """The rank among so many places of what has a rank among sets of masks that were drawn from them.

    Sets are many, and no evidence beyond the places that they are of: (1 + n r) / (1 + n), as of n places of which the
    share r does as well. So of a part that is best of all it is about 1 / (1 + n), however many sets there are.

    >>> rank_among_places(0.5, 19), round(rank_among_places(1 / 2000, 22), 4), rank_among_places(0.1, 0)
    (0.525, 0.044, 1.0)
    """
    return (1 + disjoint * rank) / (1 + disjoint)


def bootstrap(
    pairs: NDArray[np.float64],
    whole: Sequence[NDArray[np.float64]],
    *,
    confidence: float,
    generator: np.random.Generator,
    samples: int = 2000,
) -> list[tuple[float, float]]:
    """The intervals of what all pairs (n, n) of different items are of each `whole` (n, n), the items drawn again.

    Ends are taken as far out as few items ask for, see `intervals.tail`; NaN where nothing is drawn that is any share.
    """
    n = len(pairs)
    # How often each item is drawn. An item drawn twice would be compared with itself: such pairs say nothing.
    often = generator.multinomial(n, np.full(n, 1 / n), size=samples).astype(np.float64)

    def summed(table: NDArray[np.float64]) -> NDArray[np.float64]:
        return ((often @ np.where(np.eye(n, dtype=bool), 0, table)) * often).sum(1)

    beyond, sums, found = tail(n, confidence), summed(pairs), []
    for one in whole:
        every = summed(one)
        known = sums[every > 0] / every[every > 0]
        low, high = np.quantile(known, [beyond, 1 - beyond]) if len(known) else (np.nan, np.nan)
        found.append((float(low), float(high)))
    return found


__all__ = ["Pairs", "Shares", "bootstrap", "hamming", "rank_among_places", "rank_test"]
