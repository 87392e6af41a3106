"""Frequencies: what a first layer's filters cover, and the pattern that a stride leaves in projections.

Frequencies are in cycles per pixel of the image, from 0 to 0.5 along an axis; the period of a pattern is 1 / frequency
pixels. Zeiler & Fergus 2014, section 4.1, see two faults of an 11x11 stride-4 first layer: "a mix of extremely high and
low frequency information, with little coverage of the mid frequencies", and "aliasing artifacts caused by the large
stride". Neither is measured there; the definitions here are ours.

**Bands** are octaves: low below 1/8 (periods above 8 pixels), middle from 1/8 to below 1/4, high from 1/4 (periods up
to 4 pixels), by the length of the frequency vector (fy, fx).

**Lines.** A projection ends with a transposed convolution of stride s: a sum of filters placed every s pixels. Its
spectrum is a product of the filters' spectrum and one that repeats every 1/s, so where the placed amounts change slowly
it has peaks, seen as blocks or a grid of period s, at the multiples of 1/s, and nowhere else by construction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.methods.diagnosis.filters import Filters
from convscope.methods.intervals import Doubles, drawn, means
from convscope.shown import brief

BANDS = ("low", "middle", "high")
EDGES = (1 / 8, 1 / 4)
"""Where the middle band begins and ends, in cycles per pixel."""

_GRID = 64
_BIN = 1 / 32


SpectrumEnds = tuple[float, float]
NOTHING: SpectrumEnds = (math.nan, math.nan)


@brief
@dataclass(frozen=True, eq=False)
class FrequencyCoverage:
    """Which frequencies the filters of a layer respond to.

    shares: (n, 3) of each filter's energy in the bands; 0 for a filter without energy. peaks: (n,) the frequency at
    which each filter's energy is largest. beyond: (n,) the share of energy above 1 / (2 * stride) on either axis, which
    the layer's own sampling folds onto lower frequencies. profile: (b,) the mean filter's energy by frequency, sum 1;
    edges: (b + 1,) of its bins. live: (n,) whether the filter counts in means and counts.
    """

    shares: NDArray[np.float64]
    peaks: NDArray[np.float64]
    beyond: NDArray[np.float64]
    profile: NDArray[np.float64]
    edges: NDArray[np.float64]
    live: NDArray[np.bool_]

    @property
    def mean(self) -> tuple[float, float, float]:
        """The mean share of the bands over live filters, all alike whatever their strength."""
        low, middle, high = self.shares[self.live].mean(0).tolist() if self.live.any() else (0.0, 0.0, 0.0)
        return low, middle, high

    @property
    def intervals(self) -> tuple[tuple[SpectrumEnds, SpectrumEnds, SpectrumEnds], SpectrumEnds]:
        """Those of the mean shares and of `folded`, 95 % over live filters; NaN where all draws are alike."""
        low, high = means(np.concatenate([self.shares, self.beyond[:, None]], 1)[self.live])
        ends = [(float(a), float(b)) for a, b in zip(low, high, strict=True)]
        return (ends[0], ends[1], ends[2]), ends[3]

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many live filters have their peak in each band."""
        band = np.digitize(self.peaks[self.live], EDGES)
        low, middle, high = np.bincount(band, minlength=3).tolist()
        return low, middle, high

    @property
    def folded(self) -> float:
        """The mean of `beyond` over live filters."""
        return float(self.beyond[self.live].mean()) if self.live.any() else 0.0


def power(weights: Tensor, *, dilation: tuple[int, int] = (1, 1), grid: int = _GRID) -> NDArray[np.float64]:
    """The power (n, g, g) of filters (n, c, h, w) at the frequencies (i / g, j / g), summed over input channels.

    g is `grid`, or twice the kernel where that is larger: the sum over all frequencies is then g * g times the sum of
    the squared weights (Parseval).
    """
    n, channels, height, width = weights.shape
    spread = weights.new_zeros(n, channels, (height - 1) * dilation[0] + 1, (width - 1) * dilation[1] + 1)
    spread[:, :, :: dilation[0], :: dilation[1]] = weights
    size = max(grid, 2 * max(spread.shape[2:]))
    return torch.fft.fft2(spread.double(), s=(size, size)).abs().square().sum(1).numpy()


def coverage(filters: Filters, live: NDArray[np.bool_] | None = None) -> FrequencyCoverage:
    """Which frequencies the filters respond to; `live` (n,) says which count in means, by default all with energy.

    >>> from convscope.methods.diagnosis.filters import Filters
    >>> flat = Filters("conv", "conv", np.ones((1, 3, 16, 16)), (2, 2), (1, 1))
    >>> coverage(flat).counts, round(coverage(flat).mean[0], 2)
    ((1, 0, 0), 0.91)
    """
    energy = power(torch.from_numpy(filters.weights), dilation=filters.dilation)
    size = energy.shape[1]
    axis = np.abs(np.fft.fftfreq(size))
    radius = np.hypot(axis[:, None], axis[None, :])
    total = energy.sum((1, 2))
    part = np.divide(energy, total[:, None, None], where=total[:, None, None] > 0, out=np.zeros_like(energy))
    band = np.digitize(radius, EDGES)
    shares = np.stack([part[:, band == b].sum(1) for b in range(3)], 1)
    peaks = radius.reshape(-1)[part.reshape(len(part), -1).argmax(1)]
    limits = [1 / (2 * stride) for stride in filters.stride]
    outside = (axis[:, None] > limits[0]) | (axis[None, :] > limits[1])
    counted = (total > 0) if live is None else live & (total > 0)
    edges = np.arange(int(np.hypot(0.5, 0.5) / _BIN) + 2, dtype=np.float64) * _BIN
    mean = part[counted].mean(0) if counted.any() else np.zeros_like(radius)
    profile = np.bincount(np.digitize(radius, edges).reshape(-1) - 1, mean.reshape(-1), minlength=len(edges) - 1)
    return FrequencyCoverage(shares, peaks, part[:, outside].sum(1), profile.astype(np.float64), edges, counted)


# -- the pattern of a stride ------------------------------------------------------------------------------------------
@brief
@dataclass(frozen=True, eq=False)
class SpectrumLines:
    """What a stride leaves in projections, from their spectra along columns (y) and rows (x), averaged.

    stride: (y, x) pixels. frequencies: (k,) multiples of 1 / stride up to 0.5, those of x after those of y. excess:
    (k,) how many times the power there is that of the neighbouring frequencies. share: of all power, what stands above
    the neighbours at these frequencies. axis: (m,) and spectrum: (2, m) the mean spectrum of projections of equal
    energy, of y and of x, for a figure. count: projections that it is the mean of. size: (height, width) of one.
    decibels_interval, share_interval: 95 %, over projections; NaN where all draws of them are alike.
    """

    stride: tuple[int, int]
    frequencies: NDArray[np.float64]
    excess: NDArray[np.float64]
    share: float
    axis: NDArray[np.float64]
    spectrum: NDArray[np.float64]
    count: int
    size: tuple[int, int]
    decibels_interval: SpectrumEnds = NOTHING
    share_interval: SpectrumEnds = NOTHING

    @property
    def decibels(self) -> float:
        """The largest excess in decibels; 0 for a stride of 1, which leaves nothing."""
        return float(10 * np.log10(self.excess.max())) if len(self.excess) else 0.0


def lines(pixels: Tensor, stride: tuple[int, int]) -> SpectrumLines | None:
    """The pattern of a stride (y, x) in projections (n, c, h, w); None where they are too small, or all zero.

    Along an axis of length m, with d = 2 / m, the half width of a peak seen through a Hann window of that length: the
    baseline at a frequency is the geometric mean of the power from d to 2 d away on both sides, which a spectrum that
    falls off exponentially meets exactly. Peaks are told apart where 4 * stride < m.
    """
    signal = pixels.detach().to("cpu", torch.float64)
    energy = signal.square().sum((1, 2, 3))
    signal = signal[energy > 0] / energy[energy > 0].sqrt()[:, None, None, None]
    height, width = signal.shape[2:]
    if not len(signal) or any(4 * s >= m for s, m in zip(stride, (height, width), strict=True)):
        return None
    axis = np.linspace(0, 0.5, 257)
    columns = signal.movedim(2, 3).reshape(len(signal), -1, height)
    parts = [_Along.of(columns, stride[0], axis), _Along.of(signal.reshape(len(signal), -1, width), stride[1], axis)]
    every = np.ones((1, len(signal)))
    seen = [part.seen(every) for part in parts]
    excess = np.concatenate([one[0] for one, _ in seen])
    share = float(np.mean([one[0] for _, one in seen]))
    frequencies = np.concatenate([part.frequencies for part in parts])
    spectrum = np.stack([part.spectrum(every)[0] for part in parts])
    decibels, shares = _drawn_again(parts, len(signal)) if len(excess) else (NOTHING, NOTHING)
    return SpectrumLines(
        stride, frequencies, excess, share, axis, spectrum, len(signal), (height, width), decibels, shares
    )


def _drawn_again(parts: Sequence[_Along], count: int) -> tuple[SpectrumEnds, SpectrumEnds]:
    """The intervals of decibels and share over projections."""

    def ask(weights: Doubles) -> Doubles:
        excess, shares = zip(*(part.seen(weights) for part in parts), strict=True)
        return np.stack([10 * np.log10(np.concatenate(excess, 1).max(1)), np.mean(shares, 0)], 1)

    _, low, high = drawn(count, ask)
    ends = [(a, b) if a < b else NOTHING for a, b in zip(low.tolist(), high.tolist(), strict=True)]
    return ends[0], ends[1]


@dataclass(frozen=True, eq=False)
class _Peak:
    """Powers of n projections near a frequency, at it, and at the frequencies `within` its peak: (n, ...)."""

    within: NDArray[np.float64]
    near: NDArray[np.float64]
    top: NDArray[np.float64]
    inside: NDArray[np.float64]

    def seen(self, weights: Doubles) -> tuple[Doubles, Doubles]:
        """How many times the power near it there is at the frequency, and what stands above that within: (d,)."""
        base = np.exp(np.log(_averaged(self.near, weights)).mean(1))
        above = np.maximum(_averaged(self.inside, weights) - base[:, None], 0)
        return _averaged(self.top, weights)[:, 0] / base, np.trapezoid(above, self.within, axis=1)


@dataclass(frozen=True, eq=False)
class _Along:
    """Powers of n projections along an axis: (n, m) over the whole `axis`, and those about the stride's frequencies."""

    frequencies: NDArray[np.float64]
    axis: NDArray[np.float64]
    whole: NDArray[np.float64]
    peaks: tuple[_Peak, ...]

    @classmethod
    def of(cls, rows: Tensor, stride: int, axis: NDArray[np.float64]) -> _Along:
        """Those of n sets of rows (n, r, m)."""
        spread = 2 / rows.shape[2]
        frequencies = np.arange(1, stride // 2 + 1) / stride
        away = np.linspace(spread, 2 * spread, 17)
        near = np.concatenate([-away, away])
        peaks = []
        for frequency in frequencies.tolist():
            within = np.linspace(frequency - spread, min(frequency + spread, 0.5), 65)
            at = (frequency + near, np.array([frequency]), within)
            peaks.append(_Peak(within, *(axis_powers(rows, one) for one in at)))
        return cls(frequencies, axis, axis_powers(rows, axis), tuple(peaks))

    def spectrum(self, weights: Doubles) -> Doubles:
        """The mean spectrum (d, m) of projections as often as weights (d, n) say."""
        return _averaged(self.whole, weights)

    def seen(self, weights: Doubles) -> tuple[Doubles, Doubles]:
        """The excess (d, k) at each frequency, and the share (d,) of power in the peaks."""
        found = [peak.seen(weights) for peak in self.peaks]
        excess = np.stack([one for one, _ in found], 1) if found else np.zeros((len(weights), 0))
        above = sum((one for _, one in found), np.zeros(len(weights)))
        return excess, above / np.trapezoid(self.spectrum(weights), self.axis, axis=1)


def _averaged(powers: Doubles, weights: Doubles) -> Doubles:
    """The mean (d, f) of powers (n, f) as often as weights (d, n) say."""
    # A floor far below rounding, so that a ratio of two silences is no NaN.
    return weights @ powers / weights.sum(1, keepdims=True) + 1e-30


def axis_power(rows: Tensor, frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of `axis_powers` over the sets: (f,)."""
    return _averaged(axis_powers(rows, frequencies), np.ones((1, len(rows))))[0]


def axis_powers(rows: Tensor, frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """The power (n, f) of n sets of rows (n, r, m) at any frequencies, through a Hann window and without their mean.

    Each set is summed over its rows; the window is that of m points without its zeros at the ends.
    """
    length = rows.shape[2]
    window = torch.hann_window(length + 2, periodic=False, dtype=torch.float64, device="cpu")[1:-1]
    level = (rows * window).sum(2, keepdim=True) / window.sum()
    phase = torch.arange(length, dtype=torch.float64, device="cpu")[:, None] * torch.from_numpy(2 * np.pi * frequencies)
    seen = (rows - level) * window
    found = (seen @ phase.cos()).square() + (seen @ phase.sin()).square()
    return found.sum(1).numpy()


__all__ = ["BANDS", "EDGES", "FrequencyCoverage", "SpectrumLines", "axis_power", "coverage", "lines", "power"]
