"""What is wrong with a network's first layers, measured (Zeiler & Fergus 2014, section 4.1 and Fig. 6).

The paper looks at Krizhevsky's first layer (11x11, stride 4) and at projections of its second, sees dead filters, few
middle frequencies, filters that dominate, and blocks; and changes the architecture to 7x7, stride 2. `diagnose` gives
each of these as a number for any network, and says in words what follows. Definitions: `filters` and `spectrum`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from convscope.arguments import at_least
from convscope.data import Source, open_source
from convscope.graph import Network, Unit
from convscope.methods.deconv import ProjectedPixels
from convscope.methods.deconv.strongest import project_from
from convscope.methods.diagnosis.filters import (
    clipping,
    dominating,
    duplicates,
    filters_of,
    first_filters,
    second_layer,
    weak,
)
from convscope.methods.diagnosis.findings import Finding, findings_of, verdict_of
from convscope.methods.diagnosis.measured import DiagnosisLimits, Measurements
from convscope.methods.diagnosis.spectrum import BANDS, coverage, lines
from convscope.methods.scan.found import Scanned
from convscope.methods.scan.scanning import scan
from convscope.progress import Progress, silent
from convscope.settings import usual_settings
from convscope.shown import brief


@brief
@dataclass(frozen=True, eq=False)
class LayerDiagnosis(Measurements):
    """What was measured of a network's first layers, and what follows from it."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What follows, one finding a subject, faults and virtues alike."""
        return findings_of(self)

    @property
    def verdict(self) -> str:
        """What follows, in a few sentences with the numbers it rests on."""
        return verdict_of(self.findings)

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


class DiagnosisScan(Protocol):
    """How images are scanned for a diagnosis: one response a unit, with statistics."""

    def __call__(self, net: Network, source: Source, layers: Sequence[str], *, progress: Progress) -> Scanned:
        """The scan of the layers."""
        ...


def _afresh(net: Network, source: Source, layers: Sequence[str], *, progress: Progress) -> Scanned:
    return scan(net, source, layers=layers, k=1, statistics="units", progress=progress)


@usual_settings()
def diagnose(
    net: Network,
    source: Source | Any | None = None,
    *,
    first: str | None = None,
    second: str | None = None,
    projections: int = 64,
    limits: DiagnosisLimits | None = None,
    looking: DiagnosisScan | None = None,
    progress: Progress | None = None,
) -> LayerDiagnosis:
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
        looking: how the images are scanned; by default afresh (`convscope.stores.diagnose` keeps the scan).
        progress: called with images scanned.

    Raises:
        UsageError: if there is no convolution, or an option makes no sense. UnknownLayer: for a layer that does not
            exist.
        SourceError: if there are no images.

    >>> from torch import nn
    >>> net = Network.trace(nn.Sequential(nn.Conv2d(3, 8, 5, stride=2), nn.ReLU()), (3, 21, 21))
    >>> found = diagnose(net)
    >>> found.row()["kernel"], found.dead, found.lines
    ('5x5', (), None)
    """
    at_least(1, projections=projections)
    filters = first_filters(net) if first is None else filters_of(net, net.layers[first].name)
    limits = limits or DiagnosisLimits()
    target = second_layer(net) if second is None else net.layers[second].name
    low = weak(filters, share=limits.weak)
    silent_filters: tuple[int, ...] | None = None
    active, made, found, images = None, None, None, 0
    if source is not None:
        source = open_source(source)
        names = [filters.output] if target is None else [filters.output, target]
        scanned = (looking or _afresh)(net, source, list(dict.fromkeys(names)), progress=progress or silent)
        statistics = scanned[filters.output].statistics
        if statistics is not None:
            active = statistics.active.astype(np.float64)
            silent_filters = tuple(np.flatnonzero(active == 0).tolist())
        images = scanned.images
        if target is not None:
            made = _project_strongest(net, source, scanned, target, projections, progress or silent)
        if made is not None:
            found = lines(made.pixels, filters.stride)
    live = np.ones(len(filters), np.bool_)
    live[list(low)] = False
    return LayerDiagnosis(
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
    net: Network, source: Source, scanned: Scanned, layer: str, count: int, progress: Progress
) -> ProjectedPixels | None:
    """Some of a layer's units that respond, each projected from its strongest response; None where none responds."""
    topk = scanned[layer].topk
    responding = np.flatnonzero(topk.values[:, 0] > 0).tolist()
    count = min(count, len(responding))
    chosen = [responding[i * len(responding) // count] for i in range(count)]
    units = [
        Unit(layer, c, None if not net.layers[layer].spatial else (int(y), int(x)))
        for c in chosen
        for y, x in [topk.positions[c, 0].tolist()]
    ]
    progress("project", 0, len(units))
    made = project_from(net, source, units, [int(topk.images[unit.channel, 0]) for unit in units])
    progress("project", len(units), len(units))
    return made


__all__ = ["LayerDiagnosis", "DiagnosisLimits", "diagnose"]
