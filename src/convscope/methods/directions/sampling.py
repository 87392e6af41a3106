"""Positions of a layer as rows of numbers: which of which image, drawn evenly, and how they are read off."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.data import Batch, Source, batches
from convscope.graph import Network
from convscope.graph.running import as_map
from convscope.methods.inputs import preprocess_of
from convscope.methods.workers import one_thread_workers
from convscope.progress import Progress, silent
from convscope.settings import usual_settings

PositionRows = NDArray[np.float32]


@dataclass(frozen=True)
class Sampling:
    """`each` positions of a map of `size`, of each of the images `indices`: the rows `n * each` on are of the n-th.

    Which they are is drawn for each image by itself, by `seed` and its number: how they are shared decides nothing.
    """

    layer: str
    indices: tuple[int, ...]
    size: tuple[int, int]
    each: int
    seed: int

    @classmethod
    def of(cls, net: Network, layer: str, images: Sequence[int], *, positions: int, seed: int) -> Sampling:
        """At most so many positions, as many of each image; where there are more images, of some of them one each."""
        found = net.layers[layer]
        every, count = found.height * found.width, len(images)
        each = min(every, max(1, positions // max(count, 1)))
        if count > positions:
            images = [images[i] for i in np.linspace(0, count - 1, positions).round().astype(int)]
        return cls(found.name, tuple(int(i) for i in images), (found.height, found.width), each, seed)

    def __len__(self) -> int:
        return len(self.indices) * self.each

    def places(self, index: int) -> NDArray[np.int64]:
        """The positions (each,) of an image, as row * width + column, ascending."""
        every = self.size[0] * self.size[1]
        if self.each == every:
            return np.arange(every)
        draw = np.random.default_rng([self.seed, index])
        return np.sort(draw.choice(every, self.each, replace=False)).astype(np.int64)

    @usual_settings()
    def fill(
        self,
        net: Network,
        source: Source,
        rows: PositionRows,
        *,
        done: int = 0,
        batch: int = 32,
        stage: str = "positions",
        progress: Progress = silent,
        kept: Callable[[int], None] | None = None,
    ) -> None:
        """Write what the positions are into `rows` (len, channels), from the image `done` on; NaN where one cannot be
        read.

        kept: told after every batch how many images there are now.
        """
        place = {index: n for n, index in enumerate(self.indices)}
        for part, maps in activations(net, source, self.layer, self.indices[done:], batch=batch):
            flat = maps.flatten(2) if maps.dim() == 4 else maps[:, :, None]
            for row, index in enumerate(part.indices.tolist()):
                at = torch.from_numpy(self.places(index)).to(flat.device)
                first = place[index] * self.each
                rows[first : first + self.each] = flat[row].index_select(1, at).T.float().cpu().numpy()
            for failure in part.failures:
                first = place[failure.index] * self.each
                rows[first : first + self.each] = np.nan
            done += len(part) + len(part.failures)
            progress(f"{stage} of {self.layer}", done, len(self.indices))
            if kept is not None:
                kept(done)


def activations(
    net: Network, source: Source, layer: str, indices: Sequence[int], *, batch: int = 32
) -> Iterator[tuple[Batch, torch.Tensor]]:
    """Batches of images in their order, and the layer of those that could be read, channels second.

    On a CPU each thread runs a batch of its own: what comes out is the same, however many there are.
    """
    preprocess, number = preprocess_of(net, source), net.index_of(layer)

    def run(part: Batch) -> torch.Tensor:
        if not len(part):
            return torch.empty((0, *net.layers[layer].shape), dtype=net.dtype)
        inputs = net.check_images(preprocess.normalise(part.images, dtype=net.dtype))
        return as_map(net.values[number], net.run_values(inputs, {number})[number])

    if len(indices):
        stream = cast(Generator[Batch], batches(source, preprocess, indices=indices, size=batch))
        with one_thread_workers(net.device) as team, closing(stream):
            yield from team.ahead(run, stream)


def readable(rows: PositionRows, *, each: int) -> tuple[PositionRows, int]:
    """The rows of images that could be read, and how many images these are."""
    there = ~np.isnan(rows[::each, 0]) if len(rows) else np.zeros(0, bool)
    whole = np.repeat(there, each)
    return (rows if whole.all() else rows[whole]), int(there.sum())


__all__ = ["PositionRows", "Sampling", "activations", "readable"]
