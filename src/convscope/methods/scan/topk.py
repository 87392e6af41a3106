"""The k strongest responses of every unit, in a total order, so that any split of the images gives the same table.

The order is value descending, then image index ascending; an image gives a unit one candidate, the first position of
its spatial maximum, so no two candidates are equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ShapeError
from convscope.shown import Shown, brief

NO_IMAGE = -1
_LAST = np.int64(2**63 - 1)


@brief
@dataclass(frozen=True, eq=False)
class TopK(Shown):
    """The strongest responses of a layer's units, strongest first.

    values: float32 (channels, k), -inf where there were fewer than k images.
    images: int64 (channels, k), index in the source, -1 where missing.
    positions: int32 (channels, k, 2), (y, x) in the layer's map, (0, 0) for vectors, -1 where missing.
    """

    layer: str
    values: NDArray[np.float32]
    images: NDArray[np.int64]
    positions: NDArray[np.int32]

    @property
    def k(self) -> int:
        """How many responses a unit has room for."""
        return self.values.shape[1]

    @property
    def found(self) -> NDArray[np.bool_]:
        """bool (channels, k): which places are filled."""
        return self.images >= 0


class Winners(NamedTuple):
    """Candidates for a table, one a row: channel, value, image, position (y, x)."""

    channels: NDArray[np.int64]
    values: NDArray[np.float32]
    images: NDArray[np.int64]
    positions: NDArray[np.int32]


class Threshold(NamedTuple):
    """The k-th entry of every channel: what a candidate must beat. Images of empty places are beyond all others."""

    values: NDArray[np.float32]
    images: NDArray[np.int64]

    def beaten(self, maxima: NDArray[np.float32], images: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which candidates `maxima` (n, channels) of ascending `images` (n,) come before it; NaN never does."""
        wins = maxima > self.values
        # Images mostly arrive in ascending order, and then a tie never wins.
        if images[0] < self.images.max(initial=-1):
            wins |= (maxima == self.values) & (images[:, None] < self.images)
        return wins

    def channels(self, span: slice) -> Threshold:
        """The threshold of a run of channels."""
        return Threshold(self.values[span], self.images[span])


@dataclass(frozen=True, eq=False)
class TopKTable:
    """The mutable form of TopK for the channels of all layers together: arrays (channels, k) and (channels, k, 2)."""

    values: NDArray[np.float32]
    images: NDArray[np.int64]
    positions: NDArray[np.int32]

    @classmethod
    def empty(cls, channels: int, k: int) -> TopKTable:
        """A table without entries."""
        return cls(
            np.full((channels, k), -np.inf, np.float32),
            np.full((channels, k), NO_IMAGE, np.int64),
            np.full((channels, k, 2), -1, np.int32),
        )

    def threshold(self) -> Threshold:
        """A copy of the last column."""
        images = self.images[:, -1]
        return Threshold(self.values[:, -1].copy(), np.where(images < 0, _LAST, images))

    def update(self, winners: Winners) -> None:
        """Take in candidates, of which no two are of one channel and image, and none is in the table already.

        >>> table = TopKTable.empty(1, 2)
        >>> places = np.zeros((3, 2), np.int32)
        >>> table.update(Winners(np.array([0, 0, 0]), np.float32([1, 2, 2]), np.array([4, 7, 5]), places))
        >>> table.values.tolist(), table.images.tolist()
        ([[2.0, 2.0]], [[5, 7]])
        """
        if not winners.channels.size:
            return
        order = np.argsort(winners.channels, kind="stable")
        rows, starts, counts = np.unique(winners.channels[order], return_index=True, return_counts=True)
        column = np.arange(order.size) - np.repeat(starts, counts)
        row = np.repeat(np.arange(rows.size), counts)
        more = TopKTable.empty(rows.size, int(counts.max()))
        more.values[row, column] = winners.values[order]
        more.images[row, column] = winners.images[order]
        more.positions[row, column] = winners.positions[order]
        self._take(rows, more)

    def merge(self, other: TopKTable) -> None:
        """Take in another table's entries, whose images are not in this one.

        Raises:
            ShapeError: if the tables have different channels or k.
        """
        if self.values.shape != other.values.shape:
            raise ShapeError(f"tables of {self.values.shape} and {other.values.shape} (channels, k) do not merge")
        self._take(np.arange(len(self.values)), other)

    def _take(self, rows: NDArray[np.int64], more: TopKTable) -> None:
        """Keep the first k of the rows' own entries and of `more`'s, in order."""
        k = self.values.shape[1]
        values = np.concatenate([self.values[rows], more.values], axis=1)
        images = np.concatenate([self.images[rows], more.images], axis=1)
        positions = np.concatenate([self.positions[rows], more.positions], axis=1)
        # A missing entry comes after a found one of value -inf.
        order = np.lexsort((np.where(images < 0, _LAST, images), -values), axis=1)[:, :k]
        self.values[rows] = np.take_along_axis(values, order, axis=1)
        self.images[rows] = np.take_along_axis(images, order, axis=1)
        self.positions[rows] = np.take_along_axis(positions, order[:, :, None], axis=1)

    def layer(self, name: str, span: slice) -> TopK:
        """The part of a run of channels as the TopK of a layer."""
        return TopK(name, self.values[span], self.images[span], self.positions[span])

    def copy(self) -> TopKTable:
        """The same table in memory of its own."""
        return TopKTable(self.values.copy(), self.images.copy(), self.positions.copy())
