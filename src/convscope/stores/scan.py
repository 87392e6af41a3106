"""A scan that is kept in a folder while it goes on, so that one that was stopped continues.

found = scan(net, "folder:photos", k=9, store="scan/")
found["features.8"].topk.images          # (channels, 9) image indices, strongest first
found["features.8"].statistics.active    # (channels,) fraction of positions above zero
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np

from convscope.data import Source, open_source
from convscope.data.unchanged import Moment
from convscope.errors import SourceError, StoreError
from convscope.graph import Network
from convscope.methods.scan.crops import Crops
from convscope.methods.scan.found import Scanned
from convscope.methods.scan.images import ScannedImages
from convscope.methods.scan.run import ScanJob
from convscope.methods.scan.scanning import Statistics, check_options, identify, job_of, refuse_unreadable, work
from convscope.methods.scan.state import CoveredBatches, ScanIdentity, ScanState, shard_coverage
from convscope.progress import Progress, silent
from convscope.settings import usual_settings
from convscope.stores import scan_files

logger = logging.getLogger(__name__)


class KeptScan(Scanned):
    """What a scan found, and how it is kept in a folder; see `Scanned` for what it holds."""

    def write(self, folder: str | PathLike[str]) -> None:
        """Write the scan into a folder: one file a layer if it is complete, else one part for `load` and `merge`.

        Parts in the folder whose images this scan covers are removed.

        Raises:
            StoreError: if the folder holds another scan, or cannot be written.
        """
        store = Path(folder)
        scan_files.check_store(store, self.identity)
        if self.complete:
            scan_files.write_finished(store, self._state)
        elif not scan_files.is_finished(store):  # else the folder holds all of this and more
            _save_part(store, self._state)

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> Self:
        """The scan in a folder; of an unfinished one, what its parts hold together.

        Raises:
            StoreError: if there is none, a file cannot be read, or the parts do not belong together.
        """
        store = Path(folder)
        finished = scan_files.read_finished(store)
        if finished is not None:
            return cls(finished)
        parts = list(scan_files.read_unfinished(store).values())
        if not parts:
            raise StoreError(
                f"{store} holds no scan (no {scan_files.MANIFEST}, no parts): make one with `convscope scan`"
            )
        for part in parts[1:]:
            parts[0].merge(part)
        return cls(parts[0])


@usual_settings()
def scan(
    net: Network,
    source: Source | Any,
    *,
    layers: Iterable[str] | None = None,
    k: int = 9,
    batch: int = 32,
    shard: tuple[int, int] = (0, 1),
    workers: int | None = None,
    store: str | PathLike[str] | None = None,
    statistics: Statistics = "all",
    crops: Crops | None = None,
    progress: Progress | None = None,
) -> KeptScan:
    """The k strongest responses of every unit of `layers` (default: one a spatial stage), and statistics.

    An image gives a unit one candidate, the first position of the spatial maximum of the layer's output; order: value
    descending, then image index. Values are float32 whatever the network's dtype. NaN positions never count.

    batch: images decoded together and held ready; the network itself sees micro-batches of a fixed size.
    shard: (i, n) looks at every n-th micro-batch from the i-th; the n results `merge` to the whole.
    workers: threads that run the network, by default one a core.
    store: a folder that finished work is kept in, where a repeated call goes on from it. A complete scan is written
        there as `KeptScan.write` would; a shard as a part. What parts of another split hold is not repeated, nor in the
        result: `KeptScan.load` gives all that is in the store.
    statistics: "all", "units" (no means by class), or "none". Means by class need labels, and are left out where
        their table would take more than 512 MiB.
    crops: is filled with the crops of the winners, as they are found and as far as its memory goes, for who would
        otherwise read them again.

    Raises:
        UsageError: if an option makes no sense.
        UnknownLayer: if a layer does not exist.
        SourceError: if there is no image, or none that can be read.
        StoreError: if the store holds another scan, or cannot be written.
    """
    source = open_source(source)
    identity = identify(net, source, layers=layers, k=k, statistics=statistics)
    check_options(batch, shard, workers)
    folder, photos = None if store is None else Path(store), ScannedImages.of(net, source)
    mine, before = shard_coverage(identity, shard), Moment.of(source, identity.source[1])
    if folder is not None and (finished := _finished(folder, identity)) is not None:
        return kept_unless_unreadable(KeptScan(finished, photos=photos), folder)
    state = ScanState.empty(identity)
    if folder is not None:
        state, mine = _resume(folder, identity, mine)
    job = job_of(net, source, state, batch=batch, workers=workers, crops=crops)
    _work(job, mine, folder, shard, progress or silent)
    before.expect_unchanged()
    result = kept_unless_unreadable(KeptScan(state, photos=photos), folder)
    if folder is not None and result.complete:
        scan_files.write_finished(folder, state)
    return result


def kept_unless_unreadable(found: KeptScan, store: Path | None) -> KeptScan:
    """The scan; one of images of which none could be read is not kept in its store, so that it may be mended there.

    What is to be mended may be asked for otherwise, as with a range, or not, as where a package was missing.

    Raises:
        SourceError: for such a scan, as `refuse_unreadable`.
    """
    try:
        return refuse_unreadable(found)
    except SourceError:
        if store is not None:
            scan_files.forget(store)
        raise


def _work(job: ScanJob, mine: CoveredBatches, store: Path | None, shard: tuple[int, int], progress: Progress) -> None:
    """Bring the job's state to cover the micro-batches `mine`, keeping it in the store's part of this shard."""
    if store is None:
        work(job, mine, progress=progress)
        return
    path = scan_files.part_path(store, shard)
    if not mine.any() and not scan_files.read_unfinished(store):
        # A shard of no images, of more shards than there are micro-batches: merging it is no error.
        scan_files.write_part(path, job.state)
    work(job, mine, progress=progress, save=lambda state: scan_files.write_part(path, state))


# -- the store --------------------------------------------------------------------------------------------------------


def _finished(store: Path, identity: ScanIdentity) -> ScanState | None:
    """The state of the scan if the store holds all of it already."""
    scan_files.check_store(store, identity)
    state = scan_files.read_finished(store)
    if state is None:
        return None
    scan_files.remove_parts(store)  # left over if a run ended between writing the manifest and removing them
    logger.info("%s holds the whole scan already", store)
    return state


def _resume(store: Path, identity: ScanIdentity, mine: CoveredBatches) -> tuple[ScanState, CoveredBatches]:
    """What the parts in the store hold of the micro-batches `mine`, and which of these the state is to cover.

    After a run in another split a part may hold some of these and some of another shard; it is left to the merging.
    """
    state, parts = ScanState.empty(identity), scan_files.read_unfinished(store).values()
    for part in parts:
        if (part.coverage & ~mine).any():
            mine = mine & ~part.coverage
    for part in parts:
        if not (part.coverage & ~mine).any():
            state.merge(part)
    return state, mine


def _save_part(store: Path, state: ScanState) -> None:
    """Write a part, and remove those it makes superfluous; they are found by the images they cover, not by name."""
    old = {
        path: part for path, part in scan_files.read_unfinished(store).items() if (part.coverage & state.coverage).any()
    }
    for path, part in old.items():
        if (part.coverage & ~state.coverage).any():
            raise StoreError(f"{path} holds some of the same images and others: merge it first, or take another folder")
    digest = hashlib.sha256(np.packbits(state.coverage).tobytes()).hexdigest()[:16]
    path = store / scan_files.PARTS / f"part-{digest}.safetensors"
    scan_files.write_part(path, state)
    scan_files.remove(p for p in old if p != path)


__all__ = ["KeptScan", "kept_unless_unreadable", "scan"]
