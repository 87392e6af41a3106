"""How well signs of changes agree between images: all pairs, intervals, and a test against other sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Pairs:
    """Of sets of signs of n images, all pairs: numbers of features that differ, and that change in either (s, n, n)."""

    differ: NDArray[np.float64]
    either: NDArray[np.float64]
    changed: NDArray[np.float64]
    features: int

    @classmethod
    def of(cls, signs: Tensor) -> Pairs:
        """Of signs (s, n, features)."""
        up, down = (signs > 0).float(), (signs < 0).float()
        moved = up + down
        count = moved.sum(2)
        both = moved @ moved.transpose(1, 2)
        alike = up @ up.transpose(1, 2) + down @ down.transpose(1, 2)
        either = count[:, :, None] + count[:, None, :] - both
        # Zeros agree with zeros: what differs is what changes in either and not alike in both.
        return cls((either - alike).double().numpy(), either.double().numpy(), count.double().numpy(), signs.shape[2])


def hamming(signs: Tensor) -> NDArray[np.float64]:
    """(n, n) numbers of features whose signs differ, of signs (n, features); two zeros agree.

    >>> import torch
    >>> hamming(torch.tensor([[1, 0, -1, 0], [1, -1, 1, 0]], dtype=torch.int8)).tolist()
    [[0.0, 2.0], [2.0, 0.0]]
    """
    return Pairs.of(signs[None]).differ[0]


def joined(pieces: Sequence[Pairs]) -> Pairs:
    """The pairs of several lots of sets, as one."""
    differ, either, changed = (np.concatenate([getattr(p, n) for p in pieces]) for n in ("differ", "either", "changed"))
    return Pairs(differ, either, changed, pieces[0].features)


def rank_test(value: float, others: NDArray[np.float64]) -> float:
    """The probability, under exchange of the value with the others, of one at least as small: (1 + #) / (1 + others).

    >>> import numpy as np
    >>> rank_test(0.1, np.array([0.2, 0.3, 0.05]))
    0.5
    """
    return float((1 + np.count_nonzero(others <= value + 1e-12)) / (1 + len(others)))


def bootstrap(
    pairs: NDArray[np.float64], *, confidence: float, generator: np.random.Generator, samples: int = 2000
) -> tuple[float, float]:
    """The interval of the mean over pairs (n, n) of different items, the items drawn again with replacement."""
    n = len(pairs)
    drawn = generator.integers(n, size=(samples, n))
    picked = pairs[drawn[:, :, None], drawn[:, None, :]]
    # An item drawn twice would be compared with itself: such pairs say nothing.
    different = drawn[:, :, None] != drawn[:, None, :]
    count = different.sum((1, 2))
    means = (picked * different).sum((1, 2))[count > 0] / count[count > 0]
    tail = 100 * (1 - confidence) / 2
    return float(np.percentile(means, tail)), float(np.percentile(means, 100 - tail))


__all__ = ["Pairs", "bootstrap", "hamming", "joined", "rank_test"]
