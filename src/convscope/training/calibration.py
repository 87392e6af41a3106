"""Whether answers are as sure as they are right: shares of right answers by how probable they were said to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.methods.intervals import wilson
from convscope.shown import brief

_BINS, _LEAST = 10, 10  # bins at most, and images in each at least
_DRAWS = 200
_CHANCE = 0.95


@brief
@dataclass(frozen=True, eq=False)
class Calibration:
    """Answers in bins of as many images, by their probability: what was said and what was so, all arrays (bins,).

    sure: the mean probability. right, low, high: the share of right answers and where it lies, 95 % (Wilson). gap: the
    mean over all images of how far the two are apart (the expected calibration error). chance: what it is at most, in
    95 of 100 draws, where every answer is right as often as its probability says.
    """

    sure: NDArray[np.float64]
    right: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    gap: float
    chance: float
    mean_sure: float
    mean_right: float

    @property
    def summary(self) -> str:
        """Whether answers are as sure as they are right, in words."""
        said = f"{self.mean_sure:.1%} sure on average, {self.mean_right:.1%} right; the two are {self.gap:.1%} apart"
        if self.gap <= self.chance:
            return f"{said}, which chance alone makes ({self.chance:.1%}): as sure as right."
        way = "too sure" if self.mean_sure > self.mean_right else "not sure enough"
        return f"{said}, where chance alone makes {self.chance:.1%}: {way}."


def calibration(probabilities: NDArray[np.floating], right: NDArray[np.bool_], *, seed: int = 0) -> Calibration | None:
    """Whether answers of so many probabilities (n,) are right as often; None of too few images to tell.

    >>> sure = np.full(40, 0.9)
    >>> found = calibration(sure, np.arange(40) % 2 == 0)
    >>> round(found.gap, 3), found.summary.rpartition(": ")[2]
    (0.4, 'too sure.')
    """
    count = len(probabilities)
    bins = min(_BINS, count // _LEAST)
    if bins < 2 or not np.isfinite(probabilities).all():
        return None
    order = np.argsort(probabilities, kind="stable")
    said, was = probabilities[order].astype(np.float64), right[order].astype(np.float64)
    starts = np.arange(bins) * count // bins
    sizes = np.diff(starts, append=count)
    sure, share = (np.add.reduceat(one, starts) / sizes for one in (said, was))
    random = np.random.default_rng(seed)
    drawn = [np.add.reduceat((random.random(count) < said).astype(np.float64), starts) / sizes for _ in range(_DRAWS)]
    apart = np.abs(np.stack(drawn) - sure) @ sizes / count
    ends = np.array([wilson(float(hits), int(size)) for hits, size in zip(share * sizes, sizes, strict=True)])
    gap, chance = float(np.abs(share - sure) @ sizes / count), float(np.quantile(apart, _CHANCE))
    return Calibration(sure, share, ends[:, 0], ends[:, 1], gap, chance, float(said.mean()), float(was.mean()))


__all__ = ["Calibration", "calibration"]
