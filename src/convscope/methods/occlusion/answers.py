"""What a network's output says of every edited copy of an image: the classes followed, and the most probable one.

Of a map only the box that an edit changes is looked at: the rest is what it is of the unedited image. Numbers of a map
are summed over its positions, or those of a region; scores that are probabilities are averaged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.graph import Head, Network
from convscope.graph.changes import Change, UneditedRows, gather
from convscope.methods.targets import Followed, Region

_NUMBERS = 1 << 23
"""How many of an output's numbers are looked at together."""


@dataclass(frozen=True)
class Answered:
    """What m copies answer: numbers and scores (m, t) of what is followed, the most probable labels (m,), their scores.

    The scores of values are the numbers themselves.
    """

    numbers: Tensor
    scores: Tensor
    labels: Tensor
    confidences: Tensor

    @classmethod
    def joined(cls, parts: Sequence[Answered]) -> Answered:
        """The same of several stretches of copies, one after the other."""
        return cls(**{name: torch.cat([vars(part)[name] for part in parts]) for name in vars(parts[0])})


@dataclass(frozen=True)
class Answers:
    """The output of a network for some unedited images, `kept` (n, ...), and what of it is followed."""

    net: Network
    head: Head
    followed: Followed
    kept: Tensor

    def of(self, image: NDArray[np.int64], change: Change, base: UneditedRows) -> Answered:
        """What copies of the images `image` (m,) answer, whose output changes by `change`."""
        if not self.head.positions:
            return self._vector(image, self.head.channels_first(change.tensor).float())
        each = math.prod(change.tensor.shape[1:])
        rows = max(1, _NUMBERS // max(each, 1))
        starts = range(0, len(change.tensor), rows)
        return Answered.joined([self._box(image[i : i + rows], change, base, slice(i, i + rows)) for i in starts])

    def _vector(self, image: NDArray[np.int64], numbers: Tensor) -> Answered:
        scores = self.head.scores(numbers)
        targets = torch.from_numpy(self.followed.channels[image]).to(numbers.device)
        labels, confidences = self.head.decide(scores)
        return Answered(numbers.gather(1, targets), scores.gather(1, targets), labels, confidences)

    def _box(self, image: NDArray[np.int64], change: Change, base: UneditedRows, part: slice) -> Answered:
        """By the box that changes, which is added to what the unedited images answer."""
        value, tensor = self.net.values[self.net.program.output], change.tensor[part]
        if change.absolute or value.layout is None:
            return self._totals(image, self.head.channels_first(tensor).double(), None, None)
        place = type(change.place)(change.place.on_map()[0][part], change.place.size)
        known = gather(base.value(self.net.program.output), value.layout, base.image[part], place)
        before = self.head.channels_first(known).double()
        after = before + self.head.channels_first(tensor).double()
        return self._totals(image, after, before, place.on_map()[0])

    def _totals(
        self, image: NDArray[np.int64], after: Tensor, before: Tensor | None, origin: NDArray[np.int64] | None
    ) -> Answered:
        count, scores = math.prod(self.head.positions), self.head.scores(after)
        if before is not None:
            after, scores = after - before, scores - self.head.scores(before)
        means = scores.flatten(2).sum(2) / count
        channels = torch.from_numpy(self.followed.channels[image]).to(after.device)
        numbers, shares = [], []
        for at, region in enumerate(self.followed.regions):
            rows = torch.arange(len(image), device=after.device)
            inside = _inside(region, after.shape[2:], origin, after.device)
            numbers.append((after[rows, channels[:, at]] * inside).flatten(1).sum(1))
            shares.append((scores[rows, channels[:, at]] * inside).flatten(1).sum(1))
        sums, sizes = _columns(numbers, after), self._sizes.to(after.device)
        found = _columns(shares, after) / (sizes if self.head.probable else 1)
        if before is not None:
            own = torch.from_numpy(image).to(after.device)
            sums, found, means = (
                sums + self._known.numbers[own],
                found + self._known.scores[own],
                means + self._own[own],
            )
        labels, confidences = self.head.decide(means)
        return Answered(sums, found, labels, confidences)

    @property
    def _sizes(self) -> Tensor:
        """How many positions each target's region has, (t,)."""
        whole = math.prod(self.head.positions)
        sizes = [whole if region is None else region.size for region in self.followed.regions]
        return torch.tensor(sizes, dtype=torch.float64, device="cpu")

    @cached_property
    def _known(self) -> Answered:
        """What the unedited images answer."""
        parts = []
        for i in range(len(self.kept)):
            numbers = self.head.channels_first(self.kept[i : i + 1]).double()
            parts.append(self._totals(np.array([i]), numbers, None, None))
        return Answered.joined(parts)

    @cached_property
    def _own(self) -> Tensor:
        """The mean scores (n, channels) of the unedited images."""
        rows = (self.head.channels_first(self.kept[i : i + 1]).double() for i in range(len(self.kept)))
        return torch.cat([self.head.means(self.head.scores(one)) for one in rows])


def _columns(found: list[Tensor], like: Tensor) -> Tensor:
    """Columns (m,) side by side, (m, t)."""
    return torch.stack(found, 1) if found else like.new_empty(len(like), 0)


def _inside(region: Region | None, size: torch.Size, origin: NDArray[np.int64] | None, device: torch.device) -> Tensor:
    """1 where a position lies in the region, else 0: (m, ...) for boxes at `origin` (m, 2), (1, ...) for the whole."""
    if region is None:
        return torch.ones((), dtype=torch.float64, device=device)
    inside = torch.ones((), dtype=torch.float64, device=device)
    for axis, length in enumerate(size):
        at = np.arange(length)[None] + (0 if origin is None else origin[:, axis, None])
        within = torch.from_numpy((at >= region.low[axis]) & (at < region.high[axis])).to(device)
        inside = inside * within.reshape(len(at), *(length if i == axis else 1 for i in range(len(size))))
    return inside


__all__ = ["Answered", "Answers"]
