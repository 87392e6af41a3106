"""What is wrong with a network's first layers, measured (Zeiler & Fergus 2014, section 4.1 and Fig. 6).

The paper looks at Krizhevsky's first layer (11x11, stride 4) and at projections of its second, sees dead filters, few
middle frequencies, filters that dominate, and blocks; and changes the architecture to 7x7, stride 2. `diagnose` gives
each of these as a number for any network, and says in words what follows. Definitions: `filters` and `spectrum`.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.data import Source, open_source
from convscope.errors import UsageError
from convscope.graph import Network, Unit
from convscope.methods.deconv import Projection
from convscope.methods.filters import (
    Clipping,
    Filters,
    clipping,
    dominating,
    duplicates,
    filters_of,
    first_filters,
    second_layer,
    typical,
    weak,
)
from convscope.methods.findings import Finding, findings_of, verdict_of
from convscope.methods.scan import Scan, scan
from convscope.methods.spectrum import BANDS, Coverage, Lines, coverage, lines
from convscope.methods.strongest import project_from
from convscope.progress import Progress, silent


@dataclass(frozen=True)
class Limits:
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
class Diagnosis:
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
    limits: Limits
    weak: tuple[int, ...]
    silent: tuple[int, ...] | None
    active: NDArray[np.float64] | None
    duplicates: tuple[tuple[int, ...], ...]
    dominating: tuple[int, ...]
    clipping: Clipping
    coverage: Coverage
    second: str | None
    projections: Projection | None
    lines: Lines | None
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

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What follows, one finding a subject, faults and virtues alike."""
        return findings_of(self)

    @property
    def verdict(self) -> str:
        """What follows, in a few sentences with the numbers it rests on."""
        return verdict_of(self)

    def row(self) -> dict[str, Any]:
        """The numbers on one line, to be set beside those of other networks."""
        height, width = self.filters.kernel
        shares = dict(zip((f"{band} frequencies" for band in BANDS), self.coverage.mean, strict=True))
        return {
            "network": self.network,
            "layer": self.filters.layer,
            "filters": len(self.filters),
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
        }

    def to_json(self) -> dict[str, Any]:
        """Every measurement as numbers, strings and lists; without weights and projections."""
        found, seen = self.lines, self.coverage
        return {
            **self.row(),
            "rms": self.filters.rms.tolist(),
            "weak": list(self.weak),
            "silent": None if self.silent is None else list(self.silent),
            "active": None if self.active is None else self.active.tolist(),
            "duplicates": [list(group) for group in self.duplicates],
            "dominating": list(self.dominating),
            "limit": self.clipping.limit,
            "band counts": dict(zip(BANDS, seen.counts, strict=True)),
            "band shares": seen.shares.tolist(),
            "peaks": seen.peaks.tolist(),
            "second layer": self.second,
            "lines": None
            if found is None
            else {
                "frequencies": found.frequencies.tolist(),
                "excess": found.excess.tolist(),
                "projections": found.count,
                "size": list(found.size),
            },
            "images": self.images,
            "findings": [{"subject": f.subject, "kind": f.kind, "text": f.text} for f in self.findings],
        }


def diagnose(
    net: Network,
    source: Source | Any | None = None,
    *,
    first: str | None = None,
    second: str | None = None,
    projections: int = 64,
    limits: Limits | None = None,
    store: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Diagnosis:
    """What is wrong with a network's first layers, and what is not.

    Without images the filters are judged by their weights. With images, also by whether any image excites them; and
    units of the second layer are projected, each from the image and position that excites it most.

    Args:
        net: the network.
        source: images, as for `scan`.
        first: the convolution that is looked at; None for the first.
        second: the layer whose units are projected; None for the activation of the next convolution.
        projections: how many units are projected, evenly spread over those that respond.
        limits: where a measurement becomes a finding.
        store: a folder that the scan of the images is kept in, as for `scan`.
        progress: called with images scanned.

    Raises:
        UsageError: if there is no convolution, or an option makes no sense. UnknownLayer: for a layer that does not
            exist.
        SourceError: if there are no images. StoreError: if the store holds another scan.

    >>> from torch import nn
    >>> net = Network.trace(nn.Sequential(nn.Conv2d(3, 8, 5, stride=2), nn.ReLU()), (3, 21, 21))
    >>> found = diagnose(net)
    >>> found.row()["kernel"], found.dead, found.lines
    ('5x5', (), None)
    """
    if projections < 1:
        raise UsageError(f"projections={projections}: give at least 1")
    filters = first_filters(net) if first is None else filters_of(net, net.layers[first].name)
    limits = limits or Limits()
    target = second_layer(net) if second is None else net.layers[second].name
    low = weak(filters, share=limits.weak)
    silent_filters: tuple[int, ...] | None = None
    active, made, found, images = None, None, None, 0
    if source is not None:
        source = open_source(source)
        names = [filters.output] if target is None else [filters.output, target]
        scanned = scan(
            net, source, layers=dict.fromkeys(names), k=1, statistics="units", store=store, progress=progress
        )
        statistics = scanned[filters.output].statistics
        if statistics is not None:
            active = statistics.active.double().numpy()
            silent_filters = tuple(np.flatnonzero(active == 0).tolist())
        images = scanned.images
        if target is not None:
            made = _project_strongest(net, source, scanned, target, projections, progress or silent)
        if made is not None:
            found = lines(made.pixels, filters.stride)
    live = np.ones(len(filters), np.bool_)
    live[list(low)] = False
    return Diagnosis(
        network=net.name,
        filters=filters,
        limits=limits,
        weak=low,
        silent=silent_filters,
        active=active,
        duplicates=duplicates(filters, threshold=limits.duplicate, without=low),
        dominating=dominating(filters, ratio=limits.dominating, without=low),
        clipping=clipping(filters, tolerance=limits.clipped),
        coverage=coverage(filters, live),
        second=target,
        projections=made,
        lines=found,
        images=images,
    )


def _project_strongest(
    net: Network, source: Source, scanned: Scan, layer: str, count: int, progress: Progress
) -> Projection | None:
    """Some of a layer's units that respond, each projected from its strongest response; None where none responds."""
    topk = scanned[layer].topk
    responding = torch.nonzero(topk.values[:, 0] > 0).flatten().tolist()
    chosen = [responding[i * len(responding) // count] for i in range(count)] if responding else []
    units = [
        Unit(layer, c, None if not net.layers[layer].spatial else (int(y), int(x)))
        for c in dict.fromkeys(chosen)
        for y, x in [topk.positions[c, 0].tolist()]
    ]
    progress("project", 0, len(units))
    made = project_from(net, source, units, [int(topk.images[unit.channel, 0]) for unit in units])
    progress("project", len(units), len(units))
    return made


__all__ = ["Diagnosis", "Limits", "diagnose"]
