"""What is measured of a network's first layers, and where a measurement becomes a finding."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.methods.deconv.projection import ProjectedPixels
from convscope.methods.diagnosis.filters import Clipping, Filters, typical
from convscope.methods.diagnosis.spectrum import BANDS, NOTHING, FrequencyCoverage, SpectrumLines
from convscope.methods.intervals import wilson


@dataclass(frozen=True)
class DiagnosisLimits:
    """Where a measurement becomes a finding.

    weak: a filter is dead by its weights below this share of the median root mean square. duplicate: cosine from which
    two filters are nearly the same. dominating: multiple of the median root mean square above which a filter dominates.
    clipped: relative difference up to which two root mean squares are equal. middle: share of middle frequencies below
    which there are few. decibels, lines: what a stride's frequencies must have over their neighbours, and of all power,
    to be called blocks, or a grid where the stride is 2.
    """

    weak: float = 0.01
    duplicate: float = 0.95
    dominating: float = 5.0
    clipped: float = 1e-3
    middle: float = 0.2
    decibels: float = 2.0
    lines: float = 0.005


@dataclass(frozen=True, eq=False)
class Measurements:
    """What was measured of a network's first layers.

    filters: those of the first convolution. weak: dead by their weights. silent: those that no image excites anywhere,
    and active: (n,) the fraction of positions above zero; None without images. duplicates: groups of near-duplicates.
    dominating: filters that dwarf the others. clipping: how many share the largest root mean square. coverage: their
    frequencies. second: the layer whose projections were made; projections: of its units, each from its strongest
    image; lines: what the first layer's stride leaves in them; None without images, or where they are too small to
    tell. images: how many were looked at.
    """

    network: str
    filters: Filters
    limits: DiagnosisLimits
    weak: tuple[int, ...]
    silent: tuple[int, ...] | None
    active: NDArray[np.float64] | None
    duplicates: tuple[tuple[int, ...], ...]
    dominating: tuple[int, ...]
    clipping: Clipping
    coverage: FrequencyCoverage
    second: str | None
    projections: ProjectedPixels | None
    lines: SpectrumLines | None
    images: int

    @property
    def dead(self) -> tuple[int, ...]:
        """The filters that are dead by their weights or that no image excites."""
        return tuple(sorted({*self.weak, *(self.silent or ())}))

    @property
    def redundant(self) -> int:
        """How many filters could go if one of each group of near-duplicates stayed."""
        return sum(len(group) - 1 for group in self.duplicates)

    @property
    def ratio(self) -> float:
        """The largest root mean square over the median of the filters that have weights."""
        middle = typical(self.filters, without=self.weak)
        return float(self.filters.rms.max()) / middle if middle > 0 else float("inf")

    def row(self) -> dict[str, Any]:
        """The numbers on one line, to be set beside those of other networks."""
        height, width = self.filters.kernel
        count = len(self.filters)
        shares = dict(zip((f"{band} frequencies" for band in BANDS), self.coverage.mean, strict=True))
        return {
            "network": self.network,
            "layer": self.filters.layer,
            "filters": count,
            "kernel": f"{height}x{width}",
            "stride": self.filters.stride[0],
            "dead": len(self.dead),
            "redundant": self.redundant,
            "rms ratio": None if self.ratio == float("inf") else self.ratio,
            "dominating": len(self.dominating),
            "at limit": self.clipping.count,
            **shares,
            "beyond stride": self.coverage.folded,
            "blocks dB": None if self.lines is None else self.lines.decibels,
            "blocks share": None if self.lines is None else self.lines.share,
            **self.intervals(),
        }

    def intervals(self) -> dict[str, float | None]:
        """The ends of 95 % over units, as "NAME from" and "NAME to": over filters, of blocks over projections.

        Of filters that are dead as their number in so many; None where all draws of units are alike, or there are none.
        A largest strength has none: what is drawn again never is larger.
        """
        count, (bands, folded) = len(self.filters), self.coverage.intervals
        dead = wilson(len(self.dead), count)
        named = {"dead": (dead[0] * count, dead[1] * count)}
        named |= dict(zip((f"{band} frequencies" for band in BANDS), bands, strict=True))
        named |= {"beyond stride": folded}
        named["blocks dB"] = NOTHING if self.lines is None else self.lines.decibels_interval
        named["blocks share"] = NOTHING if self.lines is None else self.lines.share_interval
        return {
            f"{name} {end}": None if math.isnan(value) else value
            for name, ends in named.items()
            for end, value in zip(("from", "to"), ends, strict=True)
        }


__all__ = ["DiagnosisLimits", "Measurements"]
