"""A diagnosis with a folder in which the scan of its images is kept."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

from convscope.data import Source
from convscope.graph import Network
from convscope.methods.diagnosis import diagnosis
from convscope.methods.diagnosis.diagnosis import LayerDiagnosis
from convscope.methods.diagnosis.measured import DiagnosisLimits
from convscope.progress import Progress
from convscope.stores.scan import KeptScan, scan


def diagnose(
    net: Network,
    source: Source | Any | None = None,
    *,
    first: str | None = None,
    second: str | None = None,
    projections: int = 64,
    limits: DiagnosisLimits | None = None,
    store: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> LayerDiagnosis:
    """What is wrong with a network's first layers, as `convscope.methods.diagnosis.diagnose` says.

    store: a folder that the scan of the images is kept in, as for `scan`.

    Raises:
        UsageError: for a network without a first convolution, or options that make no sense. UnknownLayer: for layers
            that do not exist. SourceError: if there are no images. StoreError: if the store holds another scan.
    """

    def kept(net: Network, source: Source, layers: Sequence[str], *, progress: Progress) -> KeptScan:
        return scan(net, source, layers=layers, k=1, statistics="units", store=store, progress=progress)

    return diagnosis.diagnose(
        net, source, first=first, second=second, projections=projections, limits=limits, looking=kept, progress=progress
    )


__all__ = ["diagnose"]
