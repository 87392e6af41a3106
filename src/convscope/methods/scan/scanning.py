"""The strongest responses of every unit to a collection of images, and statistics, in one pass.

The bytes of the result do not depend on the batch size, the number of workers, the split into shards, the order in
which work is finished, or interruptions; `run` says how. They do depend on the machine's floating-point kernels: parts
computed on different kinds of processor merge, and `environments` lists them. `convscope.stores.scan` keeps a scan in a
folder while it goes on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar

import torch

from convscope import kernels
from convscope.arguments import at_least, expected
from convscope.data import Source, open_source
from convscope.data.loading import first_reasons
from convscope.errors import SourceError, UsageError
from convscope.graph import Network
from convscope.methods.inputs import preprocess_of
from convscope.methods.scan.crops import Crops
from convscope.methods.scan.found import Scanned
from convscope.methods.scan.images import ScannedImages
from convscope.methods.scan.run import ScanJob, default_workers, micro_batch, run
from convscope.methods.scan.state import (
    CoveredBatches,
    ScanIdentity,
    ScannedLayer,
    ScanState,
    covered_images,
    shard_coverage,
)
from convscope.progress import Progress, silent
from convscope.settings import usual_settings

logger = logging.getLogger(__name__)

Statistics = Literal["all", "units", "none"]

TABLE_LIMIT = 4 * 2**30
"""Bytes beyond which a table of responses (20 bytes each) is refused."""

CLASS_TABLE_LIMIT = 512 * 2**20
"""Bytes beyond which the table of classes and channels (16 bytes each) is left out."""


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
    statistics: Statistics = "all",
    crops: Crops | None = None,
    progress: Progress | None = None,
) -> Scanned:
    """The k strongest responses of every unit of `layers` (default: one a spatial stage), and statistics.

    As `convscope.scan` says, without a store: nothing is written.

    Raises:
        UsageError: if an option makes no sense. UnknownLayer: if a layer does not exist. SourceError: if there is no
            image, or none that can be read.
    """
    source = open_source(source)
    identity = identify(net, source, layers=layers, k=k, statistics=statistics)
    check_options(batch, shard, workers)
    job = job_of(net, source, ScanState.empty(identity), batch=batch, workers=workers, crops=crops)
    work(job, shard_coverage(identity, shard), progress=progress or silent)
    return refuse_unreadable(Scanned(job.state, photos=ScannedImages.of(net, source)))


S = TypeVar("S", bound=Scanned)


def refuse_unreadable(found: S) -> S:
    """The scan, where some image was read, or images are left to scan.

    Raises:
        SourceError: with the first reasons, for a whole scan of images of which none could be read.
    """
    if found.complete and not found.images and found.failures:
        raise SourceError(
            f"none of the {len(found.failures)} images of the collection can be read; {first_reasons(found.failures)}"
        )
    return found


def job_of(
    net: Network, source: Source, state: ScanState, *, batch: int, workers: int | None, crops: Crops | None
) -> ScanJob:
    """The pass that adds to a state, with as many workers as fit the device where none are named."""
    return ScanJob(net, source, preprocess_of(net, source), state, batch, workers or default_workers(net.device), crops)


@usual_settings()
def work(
    job: ScanJob, mine: CoveredBatches, *, progress: Progress, save: Callable[[ScanState], None] | None = None
) -> None:
    """Bring the job's state to cover the micro-batches `mine`; `save` is given copies of it on the way."""
    identity, todo = job.state.identity, mine & ~job.state.coverage
    total = covered_images(identity, mine)
    done = total - covered_images(identity, todo)
    progress("scan", done, total)
    if todo.any():
        job.state.environments |= {_environment(job.net)}
        run(job, todo, progress=progress, done=done, total=total, save=save or _nowhere)
    if job.state.failures:
        logger.info("%d images could not be read", len(job.state.failures))


def _nowhere(state: ScanState) -> None:
    """A scan that is not kept."""


# -- what is scanned --------------------------------------------------------------------------------------------------


def identify(
    net: Network, source: Source, *, layers: Iterable[str] | None, k: int, statistics: Statistics = "all"
) -> ScanIdentity:
    """All that decides the scan's bytes; checks the options on the way."""
    at_least(1, k=k)
    expected("statistics", statistics, Statistics)
    if len(source) == 0:
        raise SourceError(f"there are no images to scan: {source.describe()}")
    chosen = _layers(net, layers)
    _check_table(k, sum(layer.channels for layer in chosen))
    return ScanIdentity(
        network=(net.name, net.fingerprint),
        source=(source.describe(), source.fingerprint()),
        images=len(source),
        preprocess=json.dumps(preprocess_of(net, source).to_json(), sort_keys=True),
        layers=chosen,
        k=k,
        micro_batch=micro_batch(net.device),
        dtype=str(net.dtype).removeprefix("torch."),
        device=net.device.type,
        folding=net.folding,
        kernels=kernels.shown_in(net.device, net.dtype),
        statistics=statistics != "none",
        classes=_classes(source, chosen) if statistics == "all" else None,
    )


def _check_table(k: int, channels: int) -> None:
    if 20 * k * channels > TABLE_LIMIT:
        most = TABLE_LIMIT // (20 * channels)
        raise UsageError(
            f"k={k}: the {k} responses of each of {channels} units take {20 * k * channels >> 30:,} GiB, and at "
            f"most {TABLE_LIMIT >> 30} are taken: keep {most} or fewer, or scan fewer layers"
        )


def _layers(net: Network, asked: Iterable[str] | None) -> tuple[ScannedLayer, ...]:
    """The layers in the network's order, whichever order they were asked for in, each once."""
    if isinstance(asked, str):
        raise UsageError(f"layers={asked!r}: give a list of names, such as [{asked!r}]")
    names = {net.layers[name].name for name in (net.layers.stages() if asked is None else asked)}
    if not names:
        raise UsageError(f"no layers to scan in {net.name}: name one or more (net.layers lists them)")
    return tuple(ScannedLayer(x.name, x.channels, x.height, x.width) for x in net.layers if x.name in names)


def _classes(source: Source, layers: tuple[ScannedLayer, ...]) -> int | None:
    """The number of classes for the table of class means, None without labels or where the table is too large."""
    classes = len(source.classes)
    if 16 * classes * sum(layer.channels for layer in layers) > CLASS_TABLE_LIMIT:
        logger.info("no means by class: their table of %d classes is too large; scan fewer layers", classes)
        return None
    return classes or None


def check_options(batch: int, shard: tuple[int, int], workers: int | None) -> None:
    """Raise UsageError for options of a scan that make no sense."""
    at_least(1, batch=batch, workers=workers)
    if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
        raise UsageError(f"shard={shard} is no shard: give (i, n) with i from 0 to n - 1, such as (0, 4)")


def _environment(net: Network) -> str:
    """What else decides the last bits: PyTorch and the processor's instructions."""
    if net.device.type == "cuda":
        return f"torch {torch.__version__}, {torch.cuda.get_device_name(net.device)}"
    return f"torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}"


__all__ = [
    "CLASS_TABLE_LIMIT",
    "Statistics",
    "check_options",
    "identify",
    "job_of",
    "refuse_unreadable",
    "scan",
    "work",
]
