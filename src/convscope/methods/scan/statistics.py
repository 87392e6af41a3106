"""What is counted of every unit besides its strongest responses, in integers, so that parts of a scan merge exactly.

The histogram has one set of edges for all units and all networks: parts with different edges could not be merged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.methods.scan.exact import ExactSum
from convscope.shown import brief

HISTOGRAM_BINS = 64
"""23 bins below zero, one for zero, 40 above."""

HISTOGRAM_EDGES = np.concatenate(
    [
        [-np.inf],
        -np.exp2(np.arange(11, -11, -1.0)),
        [0.0, 2.0**-126],
        np.outer(np.exp2(np.arange(-8.0, 11.0)), [1.0, 1.5]).ravel(),
        [2.0**11, np.inf],
    ]
)
"""float64 (65,): bin i lies between edges i and i + 1 and holds the edge nearer to zero.

Above zero every octave from 2**-8 to 2**11 has two bins, split at one and a half times its power of two; below zero
every octave from -2**-10 to -2**11 has one. Bin 23 holds zero (and subnormal numbers), bins 24 and 22 what lies between
zero and the first octave, bins 63 and 0 what lies beyond the last. All edges are exact in float32.
"""


def _bin_of_leading_bits() -> NDArray[np.int64]:
    """The bin for each value of a float32's leading ten bits: sign, eight of exponent, one of mantissa."""
    bits = np.arange(1024)
    half_octave, exponent = bits & 511, (bits >> 1) & 255
    above = np.clip(half_octave - 2 * (127 - 8) + 25, 24, 63)
    above[exponent == 0] = 23
    below = np.clip(21 - (exponent - (127 - 10)), 0, 22)
    return np.where(bits < 512, above, below).astype(np.int64)


_BIN = _bin_of_leading_bits()


def histogram_bins(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """The bin of every value, which must not be NaN.

    >>> histogram_bins(np.float32([0, 1, 1.5, -1, 1e9])).tolist()
    [23, 41, 42, 11, 63]
    """
    positive_zero = values.astype(np.float32) + np.float32(0)
    return _BIN[(positive_zero.view(np.int32) >> 22) & 1023]


@brief
@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """How a layer's units respond to all images.

    mean: float32 (channels,), over all images and positions that are not NaN; NaN if there are none.
    active: float32 (channels,), fraction of the same positions where the response is above zero.
    maximum: float32 (channels,), -inf if there is none.
    nan: int64 (channels,), positions that are NaN, over all images.
    saturated: int64 (channels,), images whose sum over positions was beyond +-2**35 and entered the mean as that.
    histogram: int64 (channels, 64), of the spatial maxima of the images, between HISTOGRAM_EDGES.
    class_mean: float32 (channels, classes), mean of the spatial maxima of a class's images (maps that are all NaN count
        as 0); NaN for a class without images; None where there are no labels.
    class_count: int64 (classes,), images of each class, or None.
    count: images.
    """

    layer: str
    mean: NDArray[np.float32]
    active: NDArray[np.float32]
    maximum: NDArray[np.float32]
    nan: NDArray[np.int64]
    saturated: NDArray[np.int64]
    histogram: NDArray[np.int64]
    class_mean: NDArray[np.float32] | None
    class_count: NDArray[np.int64] | None
    count: int


def _ratio(sums: NDArray[np.float64] | NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Quotients in float32; NaN where nothing was counted."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return (sums / counts).astype(np.float32)


@dataclass(eq=False)
class StatisticsTable:
    """The mutable form of LayerStatistics for the channels of all layers together; integers throughout."""

    total: ExactSum
    active: NDArray[np.int64]
    nan: NDArray[np.int64]
    saturated: NDArray[np.int64]
    histogram: NDArray[np.int64]
    classes: ExactSum | None
    class_count: NDArray[np.int64] | None
    count: int = 0

    @classmethod
    def empty(cls, channels: int, classes: int | None) -> StatisticsTable:
        """Statistics of no images; `classes` None: without class statistics."""
        return cls(
            ExactSum.zeros(channels),
            np.zeros(channels, np.int64),
            np.zeros(channels, np.int64),
            np.zeros(channels, np.int64),
            np.zeros((channels, HISTOGRAM_BINS), np.int64),
            None if classes is None else ExactSum.zeros(classes, channels),
            None if classes is None else np.zeros(classes, np.int64),
        )

    def update(self, found: SampledResponses) -> None:
        """Take in the responses to more images."""
        self.count += len(found.maxima)
        self.saturated += self.total.add(found.sums)
        self.active += found.active.sum(0, dtype=np.int64)
        if found.nan is not None:
            self.nan += found.nan.sum(0)
        self._count_maxima(found.maxima)
        if self.classes is not None and self.class_count is not None:
            self.classes.add_at(found.labels, found.maxima)
            np.add.at(self.class_count, found.labels[found.labels >= 0], 1)

    def _count_maxima(self, maxima: NDArray[np.float32]) -> None:
        bins = histogram_bins(maxima)
        channels = np.arange(maxima.shape[1])
        for image, row in zip(maxima, bins, strict=True):
            present = ~np.isnan(image)
            self.histogram[channels[present], row[present]] += 1  # no cell twice: one row has every channel once

    def merge(self, other: StatisticsTable) -> None:
        """Take in the statistics of other images."""
        self.count += other.count
        self.total.merge(other.total)
        for name in ("active", "nan", "saturated", "histogram"):
            getattr(self, name).__iadd__(getattr(other, name))
        if self.classes is not None and other.classes is not None:
            self.classes.merge(other.classes)
        if self.class_count is not None and other.class_count is not None:
            self.class_count += other.class_count

    def layer(self, name: str, span: slice, *, positions: int, maximum: NDArray[np.float32]) -> LayerStatistics:
        """The statistics of a run of channels whose maps have `positions` positions."""
        mean, active = self.fractions(span, positions=positions)
        by_class = None
        if self.classes is not None and self.class_count is not None:
            sums = ExactSum(self.classes.high[:, span], self.classes.low[:, span]).value()
            by_class = _ratio(sums, self.class_count[:, None]).T
        return LayerStatistics(
            name,
            mean,
            active,
            maximum,
            self.nan[span],
            self.saturated[span],
            self.histogram[span],
            by_class,
            self.class_count,
            self.count,
        )

    def fractions(self, span: slice, *, positions: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The mean response and the fraction of positions above zero of a run of channels."""
        seen = self.count * positions - self.nan[span]
        total = ExactSum(self.total.high[span], self.total.low[span])
        return _ratio(total.value(), seen), _ratio(self.active[span], seen)

    def copy(self) -> StatisticsTable:
        """The same statistics in memory of their own."""
        return StatisticsTable(
            self.total.copy(),
            self.active.copy(),
            self.nan.copy(),
            self.saturated.copy(),
            self.histogram.copy(),
            None if self.classes is None else self.classes.copy(),
            None if self.class_count is None else self.class_count.copy(),
            self.count,
        )


@dataclass(frozen=True, eq=False)
class SampledResponses:
    """What a scan keeps of the outputs for a few images, for the channels of all layers together.

    maxima: float32 (n, channels), the spatial maxima; NaN for a map that is all NaN.
    sums: float32 (n, channels), over positions, NaN positions left out.
    active: float32 (n, channels), positions above zero, a whole number.
    nan: int64 (n, channels), positions that are NaN; None where there are none at all.
    labels: int64 (n,), -1 for none.
    """

    maxima: NDArray[np.float32]
    sums: NDArray[np.float32]
    active: NDArray[np.float32]
    nan: NDArray[np.int64] | None
    labels: NDArray[np.int64]
