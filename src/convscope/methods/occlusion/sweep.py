"""Running a network on many copies of images in each of which one box is replaced: by what changes, or all of it.

A sweep does not know what is read from the network: it hands every `Reading` the changes of the value it asks for.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.arguments import expected
from convscope.errors import UsageError
from convscope.graph import Network
from convscope.graph.changes import Change, Place, Unedited, UneditedRows
from convscope.graph.pushing import PushPlan, Tile
from convscope.methods.workers import Workers, one_thread_workers
from convscope.progress import Progress

logger = logging.getLogger(__name__)

Method = Literal["auto", "incremental", "whole"]

_WORTHWHILE = 1.25  # fewer operations than that do not pay for the bookkeeping
_DERIVED = 3  # what steps derive from kept maps, in maps
_BATCH = 16
_TOGETHER = 768  # copies; more hardly share more shapes, and the first touch of their memory takes its time


@dataclass(frozen=True)
class Reading:
    """Reads a value of the network: `read(rows, change, base)` for the copies of the numbers `rows`."""

    value: int
    read: Callable[[NDArray[np.int64], Change, UneditedRows], None]


@dataclass
class Sweep:
    """Copies of `images` (n, C, H, W), each with one of `boxes` (p, 4) replaced by what stands there in `covers`.

    Copy i * p + j is of image i with box j replaced.
    """

    net: Network
    images: Tensor
    covers: Tensor
    boxes: NDArray[np.int64]
    readings: Sequence[Reading]
    workers: int | None = None
    memory: int = 1 << 30
    method: Method = "auto"
    progress: Progress | None = None
    _done: dict[int, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> str:
        """How it was done, in words, after doing it: every reading has seen every copy."""
        expected("method", self.method, Method)
        pushed, whole = self._each.operations()
        gain = whole / max(pushed, 1.0)
        obstacle = self._obstacle()
        if self.method == "incremental" and obstacle:
            raise UsageError(f"method='incremental' cannot be done for {self.net.name}: {obstacle}")
        incremental = self.method != "whole" and not obstacle and (gain >= _WORTHWHILE or self.method == "incremental")
        with one_thread_workers(self.net.device, self.workers) as workers:
            try:
                (self._push if incremental else self._rerun)(workers)
            finally:
                self._stopped.set()
        if incremental:
            return f"incremental: only what changes is recomputed, {gain:.1f} times fewer operations"
        if self.method == "whole":
            return "whole: the network was run again for every position, as asked for"
        reason = obstacle or f"a change reaches nearly everything (only {gain:.2f} times fewer operations)"
        logger.info("occlusion re-runs %s as a whole: %s", self.net.name, reason)
        return f"whole: the network was run again for every position, because {reason}"

    def _obstacle(self) -> str | None:
        """Why copies cannot share a batch, if they cannot."""
        if not self.net.program.any_batch:
            return "it takes one image at a time"
        if not all(self.net.values[s.index].batched for s in self._each.steps):
            return "it mixes the images of a batch with other dimensions"
        return None

    @cached_property
    def _each(self) -> PushPlan:
        """The plan for one image, of which every image's is a copy."""
        return self._plan(1)

    def _plan(self, images: int) -> PushPlan:
        boxes = np.tile(self.boxes, (images, 1))
        owner = np.repeat(np.arange(images), len(self.boxes))
        return PushPlan.of(self.net, boxes, owner, [r.value for r in self.readings])

    # -- by what changes ----------------------------------------------------------------------------------------------
    def _push(self, workers: Workers) -> None:
        needed = self._each.needed
        base = _DERIVED * sum(self.net.dtype.itemsize * math.prod(self.net.values[i].shape) for i in needed)
        block = max(1, min(self.memory // 2 // max(base, 1), len(self.images)))
        for first in range(0, len(self.images), block):
            images = self.images[first : first + block]
            plan = self._each if len(images) == 1 else self._plan(len(images))
            kept = self.net.run_values(images.contiguous(memory_format=torch.channels_last), needed)
            shared = Unedited(self.net.values, kept)
            difference = self.covers[first : first + block] - images
            self._push_block(workers, plan, shared, difference, first * len(self.boxes))

    def _push_block(self, workers: Workers, plan: PushPlan, shared: Unedited, difference: Tensor, offset: int) -> None:
        """All copies of some images; `offset` is the number of the first."""
        readers = {i: self._reader([r for r in self.readings if r.value == i], offset) for i in self._values()}

        def carry(rows: NDArray[np.int64]) -> None:
            first = offset + int(rows[0])
            Tile(plan, shared, rows).push(difference, readers, lambda share: self._advance(first, share, len(rows)))

        workers.map(carry, self._tiles(plan, workers.shares))

    def _values(self) -> list[int]:
        return list(dict.fromkeys(r.value for r in self.readings))

    @staticmethod
    def _reader(readings: Sequence[Reading], offset: int) -> Callable[[np.ndarray, Change, UneditedRows], None]:
        def read(rows: np.ndarray, change: Change, base: UneditedRows) -> None:
            for reading in readings:
                reading.read(rows + offset, change, base)

        return read

    def _tiles(self, plan: PushPlan, shares: int) -> list[NDArray[np.int64]]:
        """Stretches of copies: as long as memory allows and is of use, and as many for every share."""
        fit = max(1, min(int(self.memory * 0.7) // shares // plan.bytes_each(), _TOGETHER))
        count = -(-len(plan) // fit)
        count = min(-(-count // shares) * shares, len(plan))
        return np.array_split(np.arange(len(plan)), count)

    def _advance(self, tile: int, share: float, rows: int) -> None:
        if self._stopped.is_set():
            raise InterruptedError("the sweep was stopped")
        with self._lock:
            self._done[tile] = share * rows
            if self.progress is not None:
                total = len(self.images) * len(self.boxes)
                self.progress("occlude", min(int(sum(self._done.values()) + 1e-6), total), total)

    # -- all of it ----------------------------------------------------------------------------------------------------
    def _rerun(self, workers: Workers) -> None:
        total = len(self.images) * len(self.boxes)
        size = _BATCH if self.net.program.any_batch else 1
        wanted = set(self._values())
        shared = Unedited(self.net.values, self.net.run_values(self.images, wanted))

        def run(first: int) -> None:
            rows = np.arange(first, min(first + size, total))
            found = self.net.run_values(self._edited(rows), wanted)
            for reading in self.readings:
                place = Place(None, None)
                if self.net.values[reading.value].layout is not None:
                    place = Place(np.zeros((len(rows), 2), np.int64), self.net.values[reading.value].size)
                base = shared.rows(rows // len(self.boxes))
                reading.read(rows, Change(found[reading.value], place, True), base)
            self._advance(first, 1.0, len(rows))

        workers.map(run, range(0, total, size))

    def _edited(self, rows: NDArray[np.int64]) -> Tensor:
        """The copies `rows`, (m, C, H, W)."""
        image = torch.from_numpy(rows // len(self.boxes)).to(self.images.device)
        edited = self.images[image].contiguous(memory_format=torch.channels_last)
        for n, row in enumerate(rows.tolist()):
            y0, x0, y1, x1 = self.boxes[row % len(self.boxes)].tolist()
            edited[n, :, y0:y1, x0:x1] = self.covers[row // len(self.boxes), :, y0:y1, x0:x1]
        return edited


__all__ = ["Method", "Reading", "Sweep"]
