"""How well signs of changes agree between images: all pairs, intervals, and a test against other sets.

A sign is two bits, one for up and one for down, eight features to a byte: features are many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
    def of(cls, bits: NDArray[np.uint8], features: int) -> Pairs:
        """Of packed signs (s, n, 2, bytes)."""
        s, n = bits.shape[:2]
        differ, either = np.zeros((s, n, n)), np.zeros((s, n, n))
        up, down = bits[:, :, 0], bits[:, :, 1]
        moved = up | down
        changed = _count(moved)
        for i in range(n):
            for j in range(i):
                differ[:, i, j] = differ[:, j, i] = _count((up[:, i] ^ up[:, j]) | (down[:, i] ^ down[:, j]))
                either[:, i, j] = either[:, j, i] = _count(moved[:, i] | moved[:, j])
            either[:, i, i] = changed[:, i]
        return cls(differ, either, changed, features)


def _count(bits: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How many bits are set, along the last dimension."""
    return np.bitwise_count(bits).sum(-1, dtype=np.int64).astype(np.float64)


def pack(signs: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Signs (..., features) as bits (..., 2, bytes)."""
    return np.stack([np.packbits(signs > 0, axis=-1), np.packbits(signs < 0, axis=-1)], -2)


def hamming(signs: NDArray[np.integer]) -> NDArray[np.float64]:
    """(n, n) numbers of features whose signs differ, of signs (n, features); two zeros agree.

    >>> import numpy as np
    >>> hamming(np.array([[1, 0, -1, 0], [1, -1, 1, 0]])).tolist()
    [[0.0, 2.0], [2.0, 0.0]]
    """
    return Pairs.of(pack(signs)[None], signs.shape[1]).differ[0]


def joined(pieces: Sequence[Pairs]) -> Pairs:
    """The pairs of several lots of sets, as one."""
    differ, either, changed = (np.concatenate([getattr(p, n) for p in pieces]) for n in ("differ", "either", "changed"))
    return Pairs(differ, either, changed, pieces[0].features)


def rank_test(value: float, others: NDArray[np.float64]) -> float:
    """The probability, under exchange of the value with the others, of one at least as small: (1 + #) / (1 + others).

    A value that is no number (nothing changed, so nothing can agree) is no evidence: 1. Others like that are left out.

    >>> import numpy as np
    >>> rank_test(0.1, np.array([0.2, 0.3, 0.05]))
    0.5
    """
    if not np.isfinite(value):
        return 1.0
    known = others[np.isfinite(others)]
    return float((1 + np.count_nonzero(known <= value + 1e-12)) / (1 + len(known)))


def bootstrap(
    pairs: NDArray[np.float64], *, confidence: float, generator: np.random.Generator, samples: int = 2000
) -> tuple[float, float]:
    """The interval of the mean over pairs (n, n) of different items, the items drawn again with replacement."""
    n = len(pairs)
    # How often each item is drawn. An item drawn twice would be compared with itself: such pairs say nothing.
    often = generator.multinomial(n, np.full(n, 1 / n), size=samples).astype(np.float64)
    count = n * n - (often**2).sum(1)
    sums = ((often @ np.where(np.eye(n, dtype=bool), 0, pairs)) * often).sum(1)
    means = sums[count > 0] / count[count > 0]
    tail = 100 * (1 - confidence) / 2
    return float(np.percentile(means, tail)), float(np.percentile(means, 100 - tail))


__all__ = ["Pairs", "bootstrap", "hamming", "joined", "pack", "rank_test"]
