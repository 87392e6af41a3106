"""A batch run in pieces while its maps are large, and as a whole once they are small.

The first layers of a network make maps of megabytes from few weights, the last ones make small maps from many. A batch
of the former leaves every cache between one step and the next; running the latter image by image would read the weights
again and again. So the steps up to the last large map take a few images at a time, and who reads their outputs finds
them still in the cache; what is left of each piece is put together for the steps after that. How a batch is cut depends
on the network and the batch's size alone, so that results do not depend on anything else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from convscope.graph.fusing import Action
from convscope.graph.nouns import Value

LARGE = 1 << 17  # elements of one image's map; smaller ones of a whole batch fit the cache
_PIECE = 13 << 17  # elements of the largest map of a piece: 6.5 MiB of float32
_MOST = 4  # images in a piece: convolutions are as fast as with many from two on


@dataclass(frozen=True)
class Pieces:
    """The first `actions` of a plan run on `images` at a time."""

    actions: int
    images: int

    @classmethod
    def of(cls, plan: Sequence[Action], values: Sequence[Value], device: torch.device) -> Pieces:
        """How to cut batches for a plan; on other devices than a CPU not at all."""
        sizes = [math.prod(values[action.index].shape) for action in plan]
        large = [i for i, size in enumerate(sizes) if size > LARGE]
        if device.type != "cpu" or not large:
            return cls(0, 1)
        count = large[-1] + 1
        if not all(values[action.index].batched for action in plan[:count]):
            return cls(0, 1)
        return cls(count, max(1, min(_MOST, _PIECE // max(sizes[:count]))))


def stream(
    plan: Sequence[Action], images: Tensor, wanted: set[int], pieces: Pieces
) -> Iterator[tuple[int, slice, Tensor]]:
    """Each wanted value as soon as it is computed: its number, the rows of the batch, and the value for these rows.

    What is yielded may be overwritten when the next is asked for.
    """
    first, rest = plan[: pieces.actions], plan[pieces.actions :]
    everything = slice(0, len(images))
    if not first:
        yield from _run(rest, {0: images}, wanted, everything)
        return
    later = {i for action in rest for i in action.inputs}
    kept: dict[int, list[Tensor]] = {}
    for start in range(0, len(images), pieces.images):
        rows = slice(start, min(start + pieces.images, len(images)))
        alive = {0: images[rows]}
        yield from _run(first, alive, wanted, rows)
        for i in alive.keys() & later:
            kept.setdefault(i, []).append(alive[i])
    yield from _run(rest, {i: torch.cat(parts) for i, parts in kept.items()}, wanted, everything)


def _run(
    actions: Sequence[Action], alive: dict[int, Tensor], wanted: set[int], rows: slice
) -> Iterator[tuple[int, slice, Tensor]]:
    """Runs the actions on the values `alive`, which are left with what no action has spent."""
    for action in actions:
        with torch.no_grad():
            alive[action.index] = action.run([alive[i] for i in action.inputs])
        if action.index in wanted:
            yield action.index, rows, alive[action.index]
        for i in action.spent:
            del alive[i]
