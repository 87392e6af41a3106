"""Which crops of which pictures an epoch consists of, and their pixels, made by threads ahead of the network.

An epoch's order and crops follow from the seed and the epoch's number alone: not from the number of threads or
processes, nor from where a training was interrupted. Process r of n takes every n-th image of each batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.data.ahead import in_one_piece, made_ahead
from convscope.training.pictures import Pixels, TrainingImages, cut
from convscope.training.recipe import Recipe

_CORNERS = np.array([(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.5)])


@dataclass(frozen=True)
class BatchPlan:
    """An epoch: pictures in order, where their crops lie (fractions 0..1 of the room there is), which are flipped."""

    order: NDArray[np.int64]
    places: NDArray[np.float64]
    flipped: NDArray[np.bool_]


def batch_plan(recipe: Recipe, images: int, epoch: int) -> BatchPlan:
    """The plan of an epoch, counted from 1, for so many images.

    >>> first = batch_plan(Recipe(), 6, 1)
    >>> sorted(first.order.tolist()), first.places.shape, bool((batch_plan(Recipe(), 6, 2).order == first.order).all())
    ([0, 1, 2, 3, 4, 5], (6, 2), False)
    """
    draw = np.random.default_rng([recipe.seed, epoch])
    order = draw.permutation(images)
    if recipe.crops == "ten":
        places = _CORNERS[draw.integers(0, len(_CORNERS), images)]
    elif recipe.crops == "random":
        places = draw.random((images, 2))
    else:
        places = np.full((images, 2), 0.5)
    flipped = draw.random(images) < 0.5 if recipe.flips else np.zeros(images, bool)
    return BatchPlan(order, places, flipped)


@dataclass(frozen=True, eq=False)
class Feed:
    """Batches of crops of one size for one process: a `rank` among `world`."""

    pictures: TrainingImages
    recipe: Recipe
    size: int
    fill: Pixels
    rank: int = 0
    world: int = 1

    @property
    def steps(self) -> int:
        """Updates in an epoch: images that do not fill a last batch wait for the next epoch, whose order is another."""
        return max(1, len(self.pictures) // self.recipe.batch)

    def epoch(
        self, epoch: int, *, start: int = 0, threads: int = 1, pinned: bool = False
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """This process's share of each batch of an epoch from update `start`: pixels (n, C, size, size) and labels."""
        layout = batch_plan(self.recipe, len(self.pictures), epoch)

        def make(step: int) -> tuple[Tensor, Tensor]:
            return self._batch(layout, step, pinned)

        return made_ahead(range(start, self.steps), in_one_piece(make), threads=threads, ahead=threads)

    def _batch(self, layout: BatchPlan, step: int, pinned: bool) -> tuple[Tensor, Tensor]:
        batch = self.recipe.batch
        mine = slice(step * batch + self.rank, min((step + 1) * batch, len(self.pictures)), self.world)
        rows = layout.order[mine]
        dtype = torch.uint8 if self.fill.dtype == np.uint8 else torch.float32
        shape = (len(rows), self.size, self.size, len(self.fill))
        out = torch.empty(shape, dtype=dtype, device="cpu", pin_memory=pinned)
        memory = out.numpy()
        for place, (row, where, flip) in enumerate(
            zip(rows.tolist(), layout.places[mine], layout.flipped[mine], strict=True)
        ):
            memory[place] = self._crop(self.pictures.read(row), where)
            if flip:
                # PyTorch's flip is five times as fast as a copy from a reversed view of NumPy.
                out[place] = out[place].flip(1)
        return out.permute(0, 3, 1, 2), torch.from_numpy(self.pictures.labels[rows])

    def _crop(self, image: Pixels, where: NDArray[np.float64]) -> Pixels:
        margin = self.recipe.padding
        room = np.array(image.shape[:2]) + 2 * margin - self.size
        # Every whole position is as likely as the others; 1 is the last one.
        top, left = np.minimum((where * (room + 1)).astype(np.int64), room) - margin
        return cut(image, int(top), int(left), self.size, self.fill)
