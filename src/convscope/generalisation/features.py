"""Features of images from the layers of a network: computed once, kept on disk, read as arrays.

Images go the way of a scan: decoded by threads, run in micro-batches of the device's fixed size by workers of one
thread each, batch norms folded, nothing run above the last layer. So the features of an image depend on neither
batches, workers nor on which other images are asked for, to the bit.

Each layer is one table of float32 rows (`data.rows`), in a file named by a key over everything that decides the
numbers: network, source, preprocessing, layer, pooling, micro-batch. A row is kept as soon as it is there, and so is
that an image could not be read. Rows that are asked for are checked: those that are not as they were written are
computed again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from convscope import kernels
from convscope.data import Batch, Source, batches
from convscope.data.rows import ABSENT, ENDING, THERE, UNREADABLE, Rows, open_rows
from convscope.errors import SourceError, StoreError, UsageError
from convscope.graph import Layer, Network
from convscope.methods.inputs import preprocess_of
from convscope.methods.scan.run import default_workers, micro_batch
from convscope.methods.workers import one_thread_pool
from convscope.progress import Progress, silent
from convscope.settings import usual_settings

logger = logging.getLogger(__name__)

PoolingKind = Literal["auto", "flatten", "mean", "max"]
Vectors = NDArray[np.float32]

LIMIT = 2048
"""Numbers that a layer gives a classifier at most, by default: about the same for all layers, learned in seconds."""


@dataclass(frozen=True)
class Pooling:
    """How a layer's maps become one vector.

    "auto": flattened where that gives at most `limit` numbers; else averaged over the cells of the largest grid that
    does, side by side as `adaptive_avg_pool2d` lays them. "flatten": as they are, whatever their size. "mean", "max":
    one number a channel. Vectors stay as they are.
    precision: of the numbers; "network" is double where the network computes so.

    >>> Pooling(limit=2048).grid(Layer("conv5", "conv2d", 256, 13, 13, True, None))
    (2, 2)
    """

    how: PoolingKind = "auto"
    limit: int = LIMIT
    precision: Literal["single", "network"] = "single"

    def __post_init__(self) -> None:
        if self.how not in get_args(PoolingKind) or self.limit < 1:
            raise UsageError(
                f"pooling {self.how!r} of at most {self.limit}: choose one of {', '.join(get_args(PoolingKind))}, and "
                "a limit of at least 1"
            )

    def grid(self, layer: Layer) -> tuple[int, int]:
        """Height and width that the layer's maps are brought to; the channels may be more than the limit."""
        if not layer.spatial or self.how in ("mean", "max"):
            return 1, 1
        if self.how == "flatten" or layer.channels * layer.height * layer.width <= self.limit:
            return layer.height, layer.width
        side = 1
        while layer.channels * min(side + 1, layer.height) * min(side + 1, layer.width) <= self.limit:
            side += 1
        return min(side, layer.height), min(side, layer.width)

    def size(self, layer: Layer) -> int:
        """How many numbers the layer gives."""
        height, width = self.grid(layer)
        return layer.channels * height * width

    def __call__(self, output: Tensor, layer: Layer) -> Tensor:
        """The vectors (n, size) of a layer's output, float32, or float64 where the network's precision is kept."""
        if output.dim() > 2:
            if self.how == "max":
                output = output.amax((2, 3))
            elif (grid := self.grid(layer)) != (layer.height, layer.width):
                output = F.adaptive_avg_pool2d(output, grid)
        return output.flatten(1).to(torch.float64 if self.doubles(output.dtype) else torch.float32)

    def doubles(self, dtype: torch.dtype) -> bool:
        """Whether vectors of a network that computes in a precision are in double precision."""
        return self.precision == "network" and dtype == torch.float64

    def describe(self, layer: Layer) -> str:
        """What is done to the layer, for people.

        >>> Pooling().describe(Layer("conv5", "conv2d", 256, 13, 13, True, None))
        '256 maps 13x13 averaged on a 2x2 grid'
        """
        if not layer.spatial:
            return f"{layer.channels} numbers"
        grid, maps = self.grid(layer), f"{layer.channels} maps {layer.height}x{layer.width}"
        if self.how == "max":
            return f"maximum of {maps}"
        return (
            f"{maps} as they are"
            if grid == (layer.height, layer.width)
            else (f"{maps} averaged on a {grid[0]}x{grid[1]} grid")
        )


@dataclass(frozen=True, eq=False)
class Features:
    """The vectors of one layer for the images of a source, read from disk; `state` (n,) uint8 says which are there."""

    layer: str
    what: str
    kept: Rows = field(repr=False)
    state: NDArray[np.uint8] = field(repr=False)

    def rows(self, indices: NDArray[np.integer]) -> Vectors:
        """Copies of the rows (len(indices), size) of these images.

        Raises:
            SourceError: where one of them is not there; `readable` tells. StoreError: where one was damaged since.
        """
        found = np.empty((len(indices), *self.kept.shape), self.kept.dtype)
        for place, index in enumerate(np.asarray(indices).tolist()):
            if not self.readable[index]:
                raise SourceError(
                    f"image {index} has no features of {self.layer}: it could not be read, or was not asked for"
                )
            if (row := self.kept.get(index)) is None:
                raise StoreError(
                    f"{self.kept.path} was damaged: the features of image {index} are not as they were written; run "
                    "the same again, and they are computed anew"
                )
            found[place] = row
        return found

    @property
    def readable(self) -> NDArray[np.bool_]:
        """Which images have rows."""
        return self.state == THERE


@usual_settings()
def extract(
    net: Network,
    source: Source,
    layers: Sequence[str],
    *,
    store: str | os.PathLike[str],
    indices: NDArray[np.integer] | None = None,
    pooling: Pooling | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Features]:
    """The features of the images `indices` (default: all) from each of `layers`, in the folder `store`.

    What the store holds is not computed again; what is missing is added. Memory: a few micro-batches of images and the
    largest layer's maps for each worker, whatever the number of images. `workers`: as for a scan.

    Raises:
        UsageError: for a network without preprocessing, or no layers. UnknownLayer: for a layer that is not there.
        StoreError: where the store cannot be written.
    """
    how, names = pooling or Pooling(), [net.layers[name].name for name in layers]
    if not names:
        raise UsageError("no layers to take features from: name one or more (net.layers lists them)")
    folder = Path(store)
    found = {name: _open(folder, net, source, net.layers[name], how) for name in names}
    asked = np.arange(len(source)) if indices is None else np.unique(np.asarray(indices, np.int64))
    todo = np.zeros(len(source), bool)
    for one in found.values():
        _doubt(one, asked)
        todo[asked] |= one.state[asked] == ABSENT
    _report_start(progress or silent, asked, todo)
    if todo.any():
        # With all layers, also those that lack nothing: a convolution whose output is wanted is run apart from the ReLU
        # after it, and rounds otherwise. What is made again is so the same as what was made before, to the bit.
        job = _Job(net, source, found, how, np.flatnonzero(todo))
        job.run(workers or default_workers(net.device), progress or silent, len(asked))
    return found


def _doubt(features: Features, asked: NDArray[np.int64]) -> None:
    """Take rows that are not as they were written for rows that are not there."""
    claimed = asked[features.state[asked] == THERE]
    broken = claimed[~features.kept.intact(claimed.tolist())]
    if len(broken):
        logger.warning("%s: %d rows are not as they were written, and are made again", features.kept.path, len(broken))
        features.state[broken] = ABSENT


def _report_start(progress: Progress, asked: NDArray[np.int64], todo: NDArray[np.bool_]) -> None:
    if todo.any():
        progress("features", len(asked) - int(todo.sum()), len(asked))


def feature_key(net: Network, source: Source, layer: Layer, how: Pooling) -> dict[str, Any]:
    """Everything that decides the numbers of a layer, as plain values."""
    return {
        "network": net.fingerprint,
        "source": source.fingerprint(),
        "preprocess": preprocess_of(net).to_json(),
        "layer": layer.name,
        "pooling": [how.how, *how.grid(layer)],
        "micro_batch": micro_batch(net.device),
        "dtype": str(net.dtype),
        "device": net.device.type,
        "folding": net.folding,
        "schema": 1,
        **({"numbers": "double"} if how.doubles(net.dtype) else {}),
        **kernels.identity(net.device, net.dtype),
    }


def _open(folder: Path, net: Network, source: Source, layer: Layer, how: Pooling) -> Features:
    key = feature_key(net, source, layer, how)
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:24]
    path, shape = folder / f"{digest}{ENDING}", (how.size(layer),)
    dtype = np.dtype("<f8" if how.doubles(net.dtype) else "<f4")
    kept = open_rows(path, {"features": key}, count=len(source), shape=shape, dtype=dtype)
    return Features(layer.name, how.describe(layer), kept, kept.states())


@dataclass(eq=False)
class _Job:
    """One pass over images that lack features of some of the layers; what is there is left as it is."""

    net: Network
    source: Source
    layers: Mapping[str, Features]
    how: Pooling
    numbers: NDArray[np.int64]

    def run(self, workers: int, progress: Progress, total: int) -> None:
        """Fill the rows; they are kept as they are made, also those of an interrupted pass."""
        preprocess_of(self.net)
        done, waiting = total - len(self.numbers), set[Future[int]]()
        with one_thread_pool(workers, name="convscope-features") as pool:
            for batch in self._micro_batches(workers):
                waiting.add(pool.submit(self._look, batch))
                while len(waiting) > workers + 1:
                    done += _collect(waiting)
                    progress("features", done, total)
            while waiting:
                done += _collect(waiting)
                progress("features", done, total)
        for one in self.layers.values():
            one.kept.sync()

    def _micro_batches(self, workers: int) -> Iterator[Batch]:
        stream = batches(
            self.source,
            preprocess_of(self.net),
            indices=self.numbers,
            size=micro_batch(self.net.device),
            threads=max(2, workers),
            memory="pinned" if self.net.device.type == "cuda" else "plain",
        )
        with closing(cast(Any, stream)) as stream:
            yield from stream

    def _look(self, batch: Batch) -> int:
        """Write the rows of a micro-batch; how many images it was of. Called by workers."""
        if len(batch):
            with torch.no_grad():
                for name, output in self.net.stream(self._fill(batch.images), list(self.layers)):
                    rows = self.how(output[: len(batch)], self.net.layers[name])
                    self._keep(self.layers[name], batch.indices, rows.cpu().numpy())
        for one in self.layers.values():
            for failure in batch.failures:
                if one.state[failure.index] == ABSENT:
                    one.kept.mark_unreadable(failure.index)
                    one.state[failure.index] = UNREADABLE
        return len(batch) + len(batch.failures)

    @staticmethod
    def _keep(features: Features, indices: NDArray[np.int64], rows: Vectors) -> None:
        for index, row in zip(indices.tolist(), rows, strict=True):
            if features.state[index] == ABSENT:
                features.kept.put(index, row)
                features.state[index] = THERE

    def _fill(self, images: Tensor) -> Tensor:
        """The network's input, filled up to a whole micro-batch with copies of the last image, as a scan does."""
        if missing := micro_batch(self.net.device) - len(images):
            images = torch.cat([images, images[-1:].expand(missing, -1, -1, -1)])
        images = images.contiguous(memory_format=torch.channels_last).to(self.net.device, non_blocking=True)
        return preprocess_of(self.net).normalise(images, dtype=self.net.dtype)


def _collect(waiting: set[Future[int]]) -> int:
    ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
    waiting -= ready
    return sum(future.result() for future in ready)


def readable_only(features: Iterable[Features], indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of `indices` that have rows in all of the features."""
    kept = np.ones(len(indices), bool)
    for one in features:
        kept &= one.readable[indices]
    return indices[kept]


__all__ = ["LIMIT", "Features", "PoolingKind", "Pooling", "extract", "feature_key", "readable_only"]
