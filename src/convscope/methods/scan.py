"""The strongest responses of every unit to a collection of images, and statistics, in one pass.

    found = scan(net, "folder:photos", k=9, store="scan/")
    found["features.8"].topk.images          # (channels, 9) image indices, strongest first
    found["features.8"].statistics.active    # (channels,) fraction of positions above zero

The bytes of the result do not depend on the batch size, the number of workers, the split into shards, the order in
which work is finished, or interruptions; `scan_run` says how. They do depend on the machine's floating-point kernels:
parts computed on different kinds of processor merge, and `environments` in the manifest lists them.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope import kernels
from convscope.data import Failure, Preprocess, Source, open_source
from convscope.errors import SourceError, StoreError, UnknownLayer, UsageError, nearest
from convscope.graph import Network, Unit
from convscope.methods import scan_store
from convscope.methods.crops import Crops
from convscope.methods.gallery import Gallery, TopView, scan_html
from convscope.methods.scan_run import Job, default_workers, micro_batch, run
from convscope.methods.scan_state import (
    Coverage,
    ScanIdentity,
    ScannedLayer,
    ScanState,
    covered_images,
    shard_coverage,
)
from convscope.methods.statistics import LayerStatistics
from convscope.methods.topk import TopK
from convscope.progress import Progress, silent

if TYPE_CHECKING:
    from convscope.methods.deconv import Projection

__all__ = ["LayerScan", "LayerStatistics", "Scan", "TopK", "scan"]

logger = logging.getLogger(__name__)

Statistics = Literal["all", "units", "none"]

CLASS_TABLE_LIMIT = 512 * 2**20
"""Bytes beyond which the table of classes and channels (16 bytes each) is left out."""


@dataclass(frozen=True, eq=False)
class LayerScan:
    """What a scan found for one layer; `statistics` is None where the scan was told to leave them out."""

    topk: TopK
    statistics: LayerStatistics | None

    @property
    def layer(self) -> str:
        """The layer's name."""
        return self.topk.layer

    @property
    def values(self) -> Tensor:
        """`topk.values`: float32 (channels, k)."""
        return self.topk.values

    @property
    def images(self) -> Tensor:
        """`topk.images`: int64 (channels, k)."""
        return self.topk.images

    @property
    def positions(self) -> Tensor:
        """`topk.positions`: int32 (channels, k, 2)."""
        return self.topk.positions

    def show(self, channels: Iterable[int]) -> TopView:
        """Some units as a notebook displays them, see `TopK.show`."""
        return self.topk.show(channels)

    def _repr_html_(self) -> str:
        return self.topk._repr_html_()


class Scan(Mapping[str, LayerScan]):
    """What a scan found, by layer name, in the network's order; of all images, or of a shard of them.

    Tensors are views of its tables: change copies of them. In a notebook it shows its layers, and patches of the images
    where it knows them: made in this process, or told with `with_images`.
    """

    def __init__(self, state: ScanState, *, gallery: Gallery | None = None) -> None:
        self._state = state
        self._gallery = gallery
        identity = state.identity
        self._spans = {layer.name: (layer, span) for layer, span in zip(identity.layers, identity.spans, strict=True)}

    # -- what it holds ------------------------------------------------------------------------------------------------
    def __getitem__(self, name: str) -> LayerScan:
        """What was found for a layer.

        Raises:
            UnknownLayer: if the layer was not scanned; the message names the nearest that were.
        """
        if name not in self._spans:
            raise UnknownLayer(
                f"layer '{name}' was not scanned{nearest(name, self._spans)} (scanned: {', '.join(self._spans)})"
            )
        layer, span = self._spans[name]
        topk = self._state.table.layer(name, span, self._gallery)
        if self._state.statistics is None:
            return LayerScan(topk, None)
        found = self._state.statistics.layer(name, span, positions=layer.positions, maximum=topk.values[:, 0])
        return LayerScan(topk, found)

    def __iter__(self) -> Iterator[str]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)

    def __repr__(self) -> str:
        extent = "" if self.complete else f" of {self._state.identity.images}"
        return f"<Scan of {self.network} on {self.images}{extent} images: {', '.join(self._spans)}>"

    def _repr_html_(self) -> str:
        return scan_html(self)

    def with_images(self, net: Network, source: Source | Any) -> Scan:
        """The same scan, which shows patches of its images in a notebook; for one that was loaded from a folder.

        Raises:
            UsageError: if another network or other images were scanned.
        """
        images = open_source(source)
        for what, (name, print_), mine in (
            ("network", self.identity.network, (net.name, net.fingerprint)),
            ("images", self.identity.source, (images.describe(), images.fingerprint())),
        ):
            if print_ != mine[1]:
                raise UsageError(f"this is no scan of the {what} {mine[0]}, but of {name}: give what was scanned")
        return Scan(self._state, gallery=Gallery(net, images, preprocess_of(net)))

    def project(
        self, unit: str | Unit, *, besides: NDArray[np.uint8] | None = None, most: int = 9, **rules: Any
    ) -> Projection | None:
        """What a unit takes from the images that excite it most, strongest first, where each excites it most (Fig. 2
        and 7c of the paper); None where it responds to none.

        besides: pixels (H, W, 3) of an image, as the network sees it, that is not wanted should it be among them.
        rules: those of `project`, such as rule="guided".

        Raises:
            UsageError: where the scan does not know its images (`with_images` tells it). UnknownLayer: for a unit that
                was not scanned. ImageError, SourceError: where an image cannot be read any more.
        """
        if self._gallery is None:
            raise UsageError("this scan does not know its images: give them with `with_images(net, source)`")
        wanted = self._gallery.net.unit(unit)
        return self._gallery.strongest(self[wanted.layer].topk, wanted.channel, besides=besides, most=most, **rules)

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the scanned layers, in the network's order."""
        return tuple(self._spans)

    @property
    def images(self) -> int:
        """How many images were looked at; unreadable ones do not count."""
        return self._state.covered - len(self._state.failures)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The images that could not be read, by index."""
        return self._state.ordered_failures()

    @property
    def complete(self) -> bool:
        """Whether all images of the source are in it, as opposed to a shard of them."""
        return self._state.complete

    @property
    def identity(self) -> ScanIdentity:
        """What was scanned: network, source, options."""
        return self._state.identity

    @property
    def network(self) -> str:
        """The network's name."""
        return self.identity.network[0]

    @property
    def k(self) -> int:
        """How many responses are kept of each unit."""
        return self.identity.k

    # -- merging and storing ------------------------------------------------------------------------------------------
    def merge(self, other: Scan) -> Scan:
        """The scan of the images of both, the same as if they had been scanned together; both stay as they are.

        Raises:
            StoreError: if they are of different networks, sources or options, or have images in common.
        """
        state = self._state.copy()
        state.merge(other._state)
        return Scan(state, gallery=self._gallery or other._gallery)

    def save(self, folder: str | PathLike[str]) -> None:
        """Write the scan into a folder: one file a layer if it is complete, else one part for `load` and `merge`.

        Parts in the folder whose images this scan covers are removed.

        Raises:
            StoreError: if the folder holds another scan, or cannot be written.
        """
        store = Path(folder)
        scan_store.check_store(store, self.identity)
        if self.complete:
            scan_store.write_finished(store, self._state)
        elif not scan_store.is_finished(store):  # else the folder holds all of this and more
            _save_part(store, self._state)

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> Scan:
        """The scan in a folder; of an unfinished one, what its parts hold together.

        Raises:
            StoreError: if there is none, a file cannot be read, or the parts do not belong together.
        """
        store = Path(folder)
        finished = scan_store.read_finished(store)
        if finished is not None:
            return cls(finished)
        parts = list(scan_store.read_parts(store).values())
        if not parts:
            raise StoreError(
                f"{store} holds no scan (no {scan_store.MANIFEST}, no parts): make one with `convscope scan`"
            )
        for part in parts[1:]:
            parts[0].merge(part)
        return cls(parts[0])


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
) -> Scan:
    """The k strongest responses of every unit of `layers` (default: one a spatial stage), and statistics.

    An image gives a unit one candidate, the first position of the spatial maximum of the layer's output; order: value
    descending, then image index. Values are float32 whatever the network's dtype. NaN positions never count.

    batch: images decoded together and held ready; the network itself sees micro-batches of a fixed size.
    shard: (i, n) looks at every n-th micro-batch from the i-th; the n results `merge` to the whole.
    workers: threads that run the network, by default one a core.
    store: a folder that finished work is kept in, where a repeated call goes on from it. A complete scan is written
        there as `Scan.save` would; a shard as a part. What parts of another split hold is not repeated, nor in the
        result: `Scan.load` gives all that is in the store.
    statistics: "all", "units" (no means by class), or "none". Means by class need labels, and are left out where
        their table would take more than 512 MiB.
    crops: is filled with the crops of the winners, as they are found and as far as its memory goes, for who would
        otherwise read them again.

    Raises:
        UsageError: if an option makes no sense.
        UnknownLayer: if a layer does not exist.
        SourceError: if there is no image.
        StoreError: if the store holds another scan, or cannot be written.
    """
    source = open_source(source)
    identity = identify(net, source, layers=layers, k=k, statistics=statistics)
    _check_options(batch, shard, workers)
    folder, gallery = None if store is None else Path(store), Gallery(net, source, preprocess_of(net))
    mine = shard_coverage(identity, shard)
    if folder is not None and (finished := _finished(folder, identity)) is not None:
        return Scan(finished, gallery=gallery)
    state = ScanState.empty(identity)
    if folder is not None:
        state, mine = _resume(folder, identity, mine)
    job = Job(net, source, gallery.preprocess, state, batch, workers or default_workers(net.device), crops)
    work(job, mine, store=folder, shard=shard, progress=progress or silent)
    result = Scan(state, gallery=gallery)
    if folder is not None and result.complete:
        scan_store.write_finished(folder, state)
    return result


def work(job: Job, mine: Coverage, *, store: Path | None, shard: tuple[int, int], progress: Progress) -> None:
    """Bring the job's state to cover the micro-batches `mine`, keeping it in the store's part of this shard."""
    identity, todo = job.state.identity, mine & ~job.state.coverage
    total = covered_images(identity, mine)
    done = total - covered_images(identity, todo)
    progress("scan", done, total)

    def save(state: ScanState) -> None:
        if store is not None:
            scan_store.write_part(scan_store.part_path(store, shard), state)

    if todo.any():
        job.state.environments |= {_environment(job.net)}
        run(job, todo, progress=progress, done=done, total=total, save=save)
    elif store is not None and not mine.any() and not scan_store.read_parts(store):
        save(job.state)  # a shard of no images, of more shards than there are micro-batches: merging it is no error
    if job.state.failures:
        logger.info("%d images could not be read", len(job.state.failures))


# -- what is scanned --------------------------------------------------------------------------------------------------


def identify(
    net: Network, source: Source, *, layers: Iterable[str] | None, k: int, statistics: Statistics = "all"
) -> ScanIdentity:
    """All that decides the scan's bytes; checks the options on the way."""
    if k < 1:
        raise UsageError(f"k={k}: keep at least one response of each unit")
    if statistics not in get_args(Statistics):
        raise UsageError(f"statistics={statistics!r} is not a choice; choose one of {', '.join(get_args(Statistics))}")
    if len(source) == 0:
        raise SourceError(f"there are no images to scan: {source.describe()}")
    chosen = _layers(net, layers)
    return ScanIdentity(
        network=(net.name, net.fingerprint),
        source=(source.describe(), source.fingerprint()),
        images=len(source),
        preprocess=json.dumps(preprocess_of(net).to_json(), sort_keys=True),
        layers=chosen,
        k=k,
        micro_batch=micro_batch(net.device),
        dtype=str(net.dtype).removeprefix("torch."),
        device=net.device.type,
        folding=net.folding,
        statistics=statistics != "none",
        classes=_classes(source, chosen) if statistics == "all" else None,
        kernels=kernels.shown_in(net.device, net.dtype),
    )


def preprocess_of(net: Network) -> Preprocess:
    """The network's preprocessing.

    Raises:
        UsageError: if it has none, or one that makes images of another size.
    """
    found = net.preprocess
    if found is None:
        raise UsageError(
            f"{net.name} has no preprocessing, so images cannot become its input: give one to "
            "Network.trace(preprocess=...)"
        )
    if (3, found.height, found.width) != tuple(net.input_shape):
        raise UsageError(
            f"the preprocessing of {net.name} makes images of shape (3, {found.height}, {found.width}), the network "
            f"takes {tuple(net.input_shape)}: trace it for that shape, or change the preprocessing"
        )
    return found


def _layers(net: Network, asked: Iterable[str] | None) -> tuple[ScannedLayer, ...]:
    """The layers in the network's order, whichever order they were asked for in, each once."""
    if isinstance(asked, str):
        raise UsageError(f"layers={asked!r}: give a list of names, such as [{asked!r}]")
    names = {net.layers[name].name for name in (net.layers.stages() if asked is None else asked)}
    if not names:
        raise UsageError(f"no layers to scan in {net.name}: name one or more (run `convscope layers MODEL`)")
    return tuple(ScannedLayer(x.name, x.channels, x.height, x.width) for x in net.layers if x.name in names)


def _classes(source: Source, layers: tuple[ScannedLayer, ...]) -> int | None:
    """The number of classes for the table of class means, None without labels or where the table is too large."""
    classes = len(source.classes)
    if 16 * classes * sum(layer.channels for layer in layers) > CLASS_TABLE_LIMIT:
        logger.info("no means by class: their table of %d classes is too large; scan fewer layers", classes)
        return None
    return classes or None


def _check_options(batch: int, shard: tuple[int, int], workers: int | None) -> None:
    if batch < 1:
        raise UsageError(f"batch={batch}: at least one image at a time")
    if workers is not None and workers < 1:
        raise UsageError(f"workers={workers}: at least one")
    if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
        raise UsageError(f"shard={shard} is no shard: give (i, n) with i from 0 to n - 1, such as (0, 4)")


def _environment(net: Network) -> str:
    """What else decides the last bits: PyTorch and the processor's instructions."""
    if net.device.type == "cuda":
        return f"torch {torch.__version__}, {torch.cuda.get_device_name(net.device)}"
    return f"torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}"


# -- the store --------------------------------------------------------------------------------------------------------


def _finished(store: Path, identity: ScanIdentity) -> ScanState | None:
    """The state of the scan if the store holds all of it already."""
    scan_store.check_store(store, identity)
    state = scan_store.read_finished(store)
    if state is None:
        return None
    scan_store.remove_parts(store)  # left over if a run ended between writing the manifest and removing them
    logger.info("%s holds the whole scan already", store)
    return state


def _resume(store: Path, identity: ScanIdentity, mine: Coverage) -> tuple[ScanState, Coverage]:
    """What the parts in the store hold of the micro-batches `mine`, and which of these the state is to cover.

    After a run in another split a part may hold some of these and some of another shard; it is left to the merging.
    """
    state, parts = ScanState.empty(identity), scan_store.read_parts(store).values()
    for part in parts:
        if (part.coverage & ~mine).any():
            mine = mine & ~part.coverage
    for part in parts:
        if not (part.coverage & ~mine).any():
            state.merge(part)
    return state, mine


def _save_part(store: Path, state: ScanState) -> None:
    """Write a part, and remove those it makes superfluous; they are found by the images they cover, not by name."""
    old = {path: part for path, part in scan_store.read_parts(store).items() if (part.coverage & state.coverage).any()}
    for path, part in old.items():
        if (part.coverage & ~state.coverage).any():
            raise StoreError(f"{path} holds some of the same images and others: merge it first, or take another folder")
    digest = hashlib.sha256(np.packbits(state.coverage).tobytes()).hexdigest()[:16]
    path = store / scan_store.PARTS / f"part-{digest}.safetensors"
    scan_store.write_part(path, state)
    scan_store.remove(p for p in old if p != path)
