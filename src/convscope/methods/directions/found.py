"""What was learned, and what images that it was not learned from say of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.graph import Dictionary
from convscope.shown import brief


@brief
@dataclass(frozen=True)
class Reconstructed:
    """A layer rebuilt from few numbers a position, on held-out images.

    name: from what. explained: the share of the variance that is left of none: 1 for the layer itself, below 0 where
    its mean would be nearer, NaN where nothing varies. active: how many numbers a position has on average. agreement:
    the share of images whose answer is the network's own; accuracy: of those whose label is known the share that is
    right; None where there are no answers, or no labels.
    """

    name: str
    explained: float
    active: float
    agreement: float | None = None
    accuracy: float | None = None


@brief
@dataclass(frozen=True, eq=False)
class LearnedDirections:
    """n directions and how they do on images that they were not learned from; arrays are (n,).

    compared: the layer rebuilt from them, first, and from as many factors, principal components and units of its own,
    as many on average; without: why there are no factors. often: the share of positions at which each is active;
    strength: its mean there, NaN where it never is. copy: the largest cosine with another direction; again: with one
    that was learned with another seed, of components from another draw of the same positions. positions, images: what
    was learned from; held: how many positions of how many images it was held against. labelled: of how many of these
    images the label is known; accuracy: the network's own on them.
    """

    dictionary: Dictionary
    compared: tuple[Reconstructed, ...]
    often: NDArray[np.float64]
    strength: NDArray[np.float64]
    copy: NDArray[np.float64]
    again: NDArray[np.float64]
    positions: int
    images: int
    held: tuple[int, int]
    accuracy: float | None
    labelled: int = 0
    without: str | None = None

    @property
    def dead(self) -> int:
        """How many are active at no position of the held-out images."""
        return int((self.often == 0).sum())

    def copies(self, threshold: float = 0.95) -> int:
        """How many have another direction that is nearly the same."""
        return int((self.copy >= threshold).sum())

    def found_again(self, threshold: float = 0.9) -> float:
        """The share of directions that another seed, or draw, finds, too."""
        return float((self.again >= threshold).mean())


__all__ = ["LearnedDirections", "Reconstructed"]
