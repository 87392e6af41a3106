"""The pass over the images: decode, forward, reduce, collect, with the same bits however many workers there are.

What a network computes for an image depends on how many images go through it together. Measured with torch 2.13 on an
AVX-512 machine, float32, for every convolution and linear layer of SqueezeNet, ResNet-18 and -50, AlexNet, VGG-11,
MobileNetV2, DenseNet-121 and ConvNeXt, in both memory formats: between 16 images at a time and 1, 4 or 8, up to nine
layers in ten differ, by up to 3e-6 of their largest value, because oneDNN picks its kernels and blocking by the batch
size. No layer differed by the image's place in the batch, by its neighbours, by one intra-op thread or two, or by
whether another thread ran the same network at the same time. So:

- images go through in micro-batches of one fixed size, that of the device, made of consecutive indices of the source;
- the last is filled up with a copy of one of its images; an unreadable image leaves its place to such a copy too;
- a worker is a thread with one intra-op thread, and has a whole micro-batch to itself;
- the input is in channels-last order.

The tables are merged under a lock. A worker compares its maxima with a threshold that was current when it began: an
outdated one lets through a few candidates too many, which lose in the table, and never one too few.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.data import Batch, Failure, Preprocess, Source, batches
from convscope.errors import SourceError
from convscope.graph import Network
from convscope.kernels.reduction import Asked, Reduced, side_by_side
from convscope.methods.scan.crops import Crops
from convscope.methods.scan.state import CoveredBatches, Findings, ScanState
from convscope.methods.scan.statistics import SampledResponses
from convscope.methods.scan.topk import Threshold, Winners
from convscope.methods.workers import cores, one_thread_pool
from convscope.progress import Progress

MICRO_BATCH = {"cpu": 16, "cuda": 64}
"""Images that go through the network together, for each type of device; part of what decides a scan's bytes."""

SAVE_EVERY = 5.0
"""Seconds between two savings of an unfinished pass, at least."""


def micro_batch(device: torch.device) -> int:
    """The size of a device's micro-batches."""
    return MICRO_BATCH.get(device.type, MICRO_BATCH["cuda"])


def default_workers(device: torch.device) -> int:
    """One worker for each core this process may use; one for an accelerator.

    Under torchrun the cores are shared among the processes of the machine.
    """
    if device.type != "cpu":
        return 1
    return max(1, cores() // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


@dataclass(frozen=True, eq=False)
class MicroBatch:
    """The readable images of a micro-batch: uint8 (n, 3, H, W), their indices and labels, and what was not readable."""

    number: int
    indices: NDArray[np.int64]
    images: Tensor
    labels: NDArray[np.int64]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, eq=False)
class ScanJob:
    """One pass: what to look at, what to add it to, and how much to have in flight."""

    net: Network
    source: Source
    preprocess: Preprocess
    state: ScanState
    batch: int
    workers: int
    crops: Crops | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self, micro: MicroBatch) -> None:
        """Run a micro-batch and add what it shows to the state. Called by workers."""
        findings = self._findings(micro) if len(micro.indices) else Findings(micro.number, failures=micro.failures)
        with self.lock:
            self.state.add(findings)
            if self.crops is not None and findings.winners is not None:
                self._keep(self.crops, micro, findings.winners.images)

    def _keep(self, crops: Crops, micro: MicroBatch, winners: NDArray[np.int64]) -> None:
        """Keep the crops of a micro-batch's winners; of earlier ones, where there is no room, those that still win."""
        won = np.isin(micro.indices, winners)
        crops.add(micro.indices[won], micro.images.permute(0, 2, 3, 1).numpy()[won])
        if crops.crowded:
            crops.only(self.state.table.images)

    def _findings(self, micro: MicroBatch) -> Findings:
        identity = self.state.identity
        with self.lock:
            threshold = self.state.table.threshold()
        spans = {layer.name: span for layer, span in zip(identity.layers, identity.spans, strict=True)}
        statistics = "all" if identity.statistics else "none"
        asked = {name: Asked(micro.indices, threshold.channels(span), statistics) for name, span in spans.items()}
        found = dict(self.net.reduce(self._fill(micro), asked))
        all_layers = side_by_side([found[name] for name in spans])
        responses = SampledResponses(*all_layers[:4], micro.labels) if identity.statistics else None
        winners = _winners(all_layers, identity.widths, micro.indices, threshold)
        return Findings(micro.number, responses, winners, micro.failures)

    def _fill(self, micro: MicroBatch) -> Tensor:
        """The network's input for a micro-batch, filled up with copies of its last image."""
        images = micro.images
        if missing := self.state.identity.micro_batch - len(images):
            images = torch.cat([images, images[-1:].expand(missing, -1, -1, -1)])
        images = images.contiguous(memory_format=torch.channels_last).to(self.net.device, non_blocking=True)
        return self.preprocess.normalise(images, dtype=self.net.dtype)


def _winners(found: Reduced, widths: NDArray[np.int32], images: NDArray[np.int64], threshold: Threshold) -> Winners:
    """The candidates that beat the threshold, with their positions; `widths` (channels,) are those of their maps."""
    at, channels = np.nonzero(threshold.beaten(found.maxima, images))
    positions = np.stack(np.divmod(found.places[at, channels], widths[channels]), axis=1)
    return Winners(channels, found.maxima[at, channels], images[at], positions)


# -- the pass ---------------------------------------------------------------------------------------------------------


def run(
    job: ScanJob, todo: CoveredBatches, *, progress: Progress, done: int, total: int, save: Callable[[ScanState], None]
) -> None:
    """Add the micro-batches flagged in `todo` to the job's state.

    `progress` is told images, from `done` of `total`. `save` is given a copy of the state now and then, and at the end,
    also where the pass ends with an error or is interrupted.
    """
    waiting: dict[Future[None], int] = {}
    room = job.workers + max(1, job.batch // job.state.identity.micro_batch)
    saver = _Saver(job, save)

    def collect() -> None:
        nonlocal done
        done += _collect(waiting)
        progress("scan", done, total)
        saver.now_and_then()

    with one_thread_pool(job.workers, name="convscope-scan") as pool:
        try:
            with closing(_micro_batches(job, np.flatnonzero(todo))) as stream:
                for micro in stream:
                    waiting[pool.submit(job.look, micro)] = len(micro.indices) + len(micro.failures)
                    while len(waiting) >= room:
                        collect()
                while waiting:
                    collect()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            saver.at_end()


def _collect(waiting: dict[Future[None], int]) -> int:
    """Wait until some micro-batch is finished; how many images have been since. Raises what a worker raised."""
    ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in ready:
        future.result()
    return sum(waiting.pop(future) for future in ready)


class _Saver:
    """Saves often enough that little is lost, and seldom enough that saving takes at most a fiftieth of the time."""

    def __init__(self, job: ScanJob, save: Callable[[ScanState], None]) -> None:
        self._job, self._save = job, save
        self._next = time.monotonic() + SAVE_EVERY
        self._saved = int(job.state.coverage.sum())

    def now_and_then(self) -> None:
        if time.monotonic() >= self._next:
            self.at_end()

    def at_end(self) -> None:
        start = time.monotonic()
        with self._job.lock:
            if int(self._job.state.coverage.sum()) == self._saved:
                return
            state = self._job.state.copy()
        self._save(state)
        self._saved = int(state.coverage.sum())
        self._next = time.monotonic() + max(SAVE_EVERY, 50 * (time.monotonic() - start))


def _micro_batches(job: ScanJob, numbers: NDArray[np.int64]) -> Generator[MicroBatch]:
    """The micro-batches of these ascending numbers, decoded ahead of their use."""
    identity = job.state.identity
    size = identity.micro_batch
    together = max(1, job.batch // size)
    indices = (numbers[:, None] * size + np.arange(size)).ravel()
    stream = batches(
        job.source,
        job.preprocess,
        indices=indices[indices < identity.images],
        size=together * size,
        threads=max(2, job.workers),
        memory="pinned" if job.net.device.type == "cuda" else "plain",
    )
    with closing(cast(Generator[Batch], stream)) as stream:
        for at, batch in zip(range(0, len(numbers), together), stream, strict=True):
            _check_labels(batch.labels, identity.classes)
            for number in numbers[at : at + together].tolist():
                start, stop = np.searchsorted(batch.indices, [number * size, (number + 1) * size]).tolist()
                failures = tuple(f for f in batch.failures if f.index // size == number)
                mine = slice(start, stop)
                yield MicroBatch(number, batch.indices[mine], batch.images[mine], batch.labels[mine], failures)


def _check_labels(labels: NDArray[np.int64], classes: int | None) -> None:
    if classes is not None and labels.max(initial=-1) >= classes:
        raise SourceError(
            f"an image has label {labels.max()}, but the source names {classes} classes: give one name for every class"
        )
