"""From what survives in single cases to numbers of units and layers, with intervals, and to words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Self

import numpy as np
from numpy.typing import NDArray

from convscope.methods.student import quantile
from convscope.methods.tuning.changes import KINDS, ChangeKind
from convscope.methods.tuning.measuring import TuningCases
from convscope.shown import brief

RESAMPLES = 1000
_FEWEST = 3
"""Images that an interval needs."""

_TOGETHER = 256  # units resampled at a time
_MARGIN = 0.1  # of an activation: what differs by less is not spoken of

WORDS: Mapping[ChangeKind, tuple[str, str]] = {
    "grey": ("colour", "in grey"),
    "hue": ("hue", "with its colours turned round"),
    "blurred": ("fine detail", "blurred"),
    "shuffled": ("arrangement", "with its squares shuffled"),
    "mirrored": ("left and right", "mirrored"),
    "turned": ("direction", "turned by a quarter"),
    "moved": ("place", "moved a little"),
}
"""Of each change what it takes, and how the image is after it."""


@brief
@dataclass(frozen=True, eq=False)
class LayerTuning:
    """What survives of a layer's C units: f64 (C, kinds), in the order of `KINDS`, NaN where it cannot be said.

    kept: the mean over a unit's images; low, high: its interval, by bootstrap over them, as wide as so few ask for, NaN
    for fewer than three.
    cases: i64 (C, kinds), how many images that is of. quartiles: (3, kinds) of the units, the median between.
    """

    layer: str
    kept: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    cases: NDArray[np.int64]
    quartiles: NDArray[np.float64]

    @property
    def median(self) -> NDArray[np.float64]:
        """What survives of half of the units, (kinds,)."""
        return self.quartiles[1]

    @classmethod
    def of(
        cls,
        layer: str,
        units: int,
        cases: TuningCases,
        shares: NDArray[np.float64],
        *,
        confidence: float = 0.95,
        seed: int = 0,
    ) -> Self:
        """From the shares (n, kinds) that survive in the cases of a layer of so many units."""
        most = int(cases.rank.max(initial=0)) + 1
        table = np.full((units, most, len(KINDS)), np.nan)
        table[cases.channel, cases.rank] = shares
        known = ~np.isnan(table)
        count = known.sum(1)
        total = np.where(known, table, 0).sum(1)
        kept = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
        low, high = _intervals(table, count, confidence=confidence, seed=seed)
        quartiles = np.full((3, len(KINDS)), np.nan)
        for column in np.flatnonzero((count > 0).any(0)):
            quartiles[:, column] = np.quantile(kept[count[:, column] > 0, column], (0.25, 0.5, 0.75))
        return cls(layer, kept, low, high, count, quartiles)

    def stands_out(self, channel: int) -> dict[ChangeKind, int]:
        """The changes that a unit minds more (-1) or less (1) than its layer does.

        Its whole interval lies on that side of the layer's median, its mean beyond the quartile, and a tenth of an
        activation from the median or more.
        """
        found: dict[ChangeKind, int] = {}
        for column, kind in enumerate(KINDS):
            below, median, above = self.quartiles[:, column]
            kept = self.kept[channel, column]
            if self.high[channel, column] < median and kept < min(below, median - _MARGIN):
                found[kind] = -1
            elif self.low[channel, column] > median and kept > max(above, median + _MARGIN):
                found[kind] = 1
        return found

    def said(self, channel: int) -> list[str]:
        """Of each change that a unit minds more or less than its layer does, what survives, in words."""
        return [self.words(channel, kind) for kind in self.stands_out(channel)]

    def words(self, channel: int, kind: ChangeKind) -> str:
        """What survives of a unit under a change, and of its layer."""
        what, how = WORDS[kind]
        column = KINDS.index(kind)
        kept, median = self.kept[channel, column], self.median[column]
        return f"{what}: keeps {_percent(kept)} {how}, the layer's median {_percent(median)}"


def _percent(share: float) -> str:
    return "nothing that is known" if np.isnan(share) else f"{100 * share:.0f} %"


def _intervals(
    table: NDArray[np.float64], count: NDArray[np.int64], *, confidence: float, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The ends (C, kinds) of the intervals of means over the known of a table (C, n, kinds).

    The same images are drawn for all units that know as many. Ends of draws are moved outwards, for those of few images
    lie too close together, and none below zero.
    """
    ends = np.full((2, *count.shape), np.nan)
    tail = (1 - confidence) / 2
    # What is known first, in its order.
    first = np.take_along_axis(table, np.argsort(np.isnan(table), axis=1, kind="stable"), axis=1)
    for many in np.unique(count[count >= _FEWEST]).tolist():
        drawn = np.random.default_rng((seed, many)).integers(0, many, (RESAMPLES, many))
        times = np.stack([np.bincount(row, minlength=many) for row in drawn]) / many
        units, kinds = np.nonzero(count == many)
        for start in range(0, len(units), _TOGETHER):
            some = slice(start, start + _TOGETHER)
            known = first[units[some], :many, kinds[some]]
            away = np.quantile(known @ times.T, [tail, 1 - tail], axis=1) - known.mean(1)
            ends[:, units[some], kinds[some]] = np.maximum(known.mean(1) + _widened(many, confidence) * away, 0)
    return ends[0], ends[1]


def _widened(count: int, confidence: float) -> float:
    """How much wider Student's interval of the mean of so many is than that of draws of them, where draws are normal.

    Ends further out among the draws (`intervals.tail`) do not help four images: no draw of them is beyond the least.
    """
    normal = NormalDist().inv_cdf((1 + confidence) / 2)
    return math.sqrt(count / (count - 1)) * quantile(confidence, count - 1) / normal


__all__ = ["RESAMPLES", "WORDS", "LayerTuning"]
