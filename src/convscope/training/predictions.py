"""What a network took each image for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.shown import brief


@brief
@dataclass(frozen=True, eq=False)
class Predictions:
    """The best answer for each image that was judged: all arrays (images,).

    `images` are numbers in the source and `labels` classes of it; `targets` and `answers` are the network's outputs of
    the image's class and of its best answer; `probabilities` are those of the answers; `ranks` are the places of the
    image's class among all answers, 1 for the best.
    """

    images: NDArray[np.int64]
    labels: NDArray[np.int64]
    targets: NDArray[np.int64]
    answers: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    ranks: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def mistakes(self) -> NDArray[np.int64]:
        """The rows whose answer is not their class."""
        return np.flatnonzero(self.answers != self.targets)

    @classmethod
    def none(cls) -> Predictions:
        """Those of no images."""
        empty = np.zeros(0, np.int64)
        return cls(empty, empty, empty, empty, np.zeros(0), empty)

    @classmethod
    def joined(cls, parts: list[Predictions]) -> Predictions:
        """Several after one another."""
        every = [cls.none(), *parts]
        names = ("images", "labels", "targets", "answers", "probabilities", "ranks")
        return cls(*(np.concatenate([getattr(part, name) for part in every]) for name in names))


@brief
@dataclass(frozen=True, eq=False)
class EnsembleMembers:
    """Whether each of m networks alone answers n images rightly, in the predictions' order: arrays are bool (m, n).

    top1: its best answer is the image's class; top5: one of its five best.
    """

    top1: NDArray[np.bool_]
    top5: NDArray[np.bool_]


@brief
@dataclass(frozen=True, eq=False)
class ScoredImages:
    """What was answered to each image where the answer is no choice among classes.

    images: (n,) numbers in the source. scores, truth: (n, outputs), of the outputs `names`; probabilities, or values.
    sides: of one class or not, what is said where it is not there and where it is; () of anything else.
    """

    images: NDArray[np.int64]
    scores: NDArray[np.float64]
    truth: NDArray[np.float64]
    names: tuple[str, ...]
    sides: tuple[str, ...] = ()
    kind: Literal["classes", "values"] = "classes"

    @property
    def judges_classes(self) -> bool:
        """Whether each output is the probability of a class that is there or not."""
        return self.kind == "classes"

    def __len__(self) -> int:
        return len(self.images)

    @property
    def mistakes(self) -> NDArray[np.int64]:
        """The rows in which a class is answered otherwise than it is; none of values."""
        if not self.judges_classes:
            return np.zeros(0, np.int64)
        return np.flatnonzero(((self.scores > 0.5) != (self.truth > 0.5)).any(1))


def predicted(shares: Tensor, best: NDArray[np.int64], images: list[int], labels: NDArray[np.int64],
              targets: NDArray[np.int64]) -> Predictions:  # fmt: skip
    """The predictions for images from their probabilities (n, outputs), the best of which are known.

    Of equal probabilities the best answer comes first and the rest share a place.

    >>> shares = torch.tensor([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])
    >>> found = predicted(shares, np.array([1, 0]), [4, 7], np.array([2, 0]), np.array([2, 0]))
    >>> found.ranks.tolist(), found.mistakes.tolist()
    ([2, 1], [0])
    """
    own = shares.gather(1, torch.from_numpy(targets)[:, None])
    ranks = 1 + (shares > own).sum(1).numpy()
    ranks[(ranks == 1) & (best != targets)] = 2
    probabilities = shares.gather(1, torch.from_numpy(best)[:, None])[:, 0].numpy().astype(np.float64)
    return Predictions(np.array(images, np.int64), labels, targets, best, probabilities, ranks)


__all__ = ["EnsembleMembers", "Predictions", "ScoredImages", "predicted"]
