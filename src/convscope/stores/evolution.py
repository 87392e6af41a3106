"""The evolution of features with a folder in which what each checkpoint showed is kept.

STORE/epoch-0012/scan/                    the strongest responses of the checkpoint, as any scan is kept
STORE/epoch-0012/responses.safetensors    its units' responses to the sample
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope import kernels
from convscope.data import Source
from convscope.data.sources.select import limit
from convscope.files import read_whole, write_bytes
from convscope.graph import Network, UnitLike
from convscope.methods.evolution import following
from convscope.methods.evolution.histories import FeatureHistory
from convscope.methods.evolution.looking import Checkpoint
from convscope.methods.evolution.settling import SampleResponses, sampled
from convscope.progress import Progress
from convscope.stores.scan import KeptScan, scan
from convscope.stores.sealing import seal, unseal

logger = logging.getLogger(__name__)


def evolution(
    checkpoints: Iterable[Checkpoint | tuple[int, Network | Callable[[], Network]]],
    source: Source | Any,
    *,
    layers: Sequence[str] | None = None,
    units: UnitLike | Sequence[UnitLike] | int = 6,
    sample: int = 1000,
    threshold: float = 0.9,
    store: str | PathLike[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> FeatureHistory:
    """How the units of some layers came to respond to what they respond to, at the checkpoints of a training.

    As `convscope.methods.evolution.evolution`, with `store`: a folder in which the scan and the responses of each
    checkpoint are kept; with it a repeated call does not look again at what it holds.

    Raises:
        UsageError: if there are fewer than two checkpoints, their epochs do not rise, or their networks differ in
            layers. UnknownLayer: for layers and units that do not exist. StoreError: if the store holds another scan.
    """
    return following.evolution(
        checkpoints,
        source,
        layers=layers,
        units=units,
        sample=sample,
        threshold=threshold,
        seed=seed,
        looking=None if store is None else Keeping(Path(store)),
        progress=progress,
    )


@dataclass(frozen=True)
class Keeping:
    """Looks at a checkpoint once: what it showed is kept in a folder."""

    folder: Path

    def scan(self, epoch: int, net: Network, source: Source, layers: Sequence[str], *, progress: Progress) -> KeptScan:
        """The strongest response of every unit of the layers."""
        store = self._of(epoch) / "scan"
        return scan(net, source, layers=layers, k=1, statistics="none", store=store, progress=progress)

    def responses(
        self, epoch: int, net: Network, source: Source, layers: Sequence[str], sample: int
    ) -> SampleResponses:
        """The responses of all units of the layers to a sample of the images."""
        path = self._of(epoch) / "responses.safetensors"
        known = [net.fingerprint, limit(source, sample).fingerprint(), *layers]
        known += kernels.identity(net.device, net.dtype)
        key = hashlib.sha256("\n".join(known).encode()).hexdigest()
        kept = _read(path, key)
        if kept is not None:
            return kept
        found = sampled(net, source, layers, sample)
        write_bytes(path, seal(dict(found), {"of": key}), durable=True)
        return found

    def _of(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch:04d}"


def _read(path: Path, key: str) -> dict[str, NDArray[np.float32]] | None:
    """The responses in a file; None where there is none, it is of something else, or not as it was written: they are
    then sought anew."""
    if not path.is_file():
        return None
    try:
        arrays, said = unseal(read_whole(path))
    except (OSError, ValueError) as error:
        logger.info("%s cannot be used and is made again: %s", path, error)
        return None
    return arrays if said.get("of") == key else None


__all__ = ["Keeping", "evolution"]
