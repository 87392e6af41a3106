"""What is added up of effects, image by image: enough for means, errors, and tests of pairs that were chosen before.

Floating-point addition is not associative, and work that is cut into shards is to give the same bytes as work that is
not. So sums are added in a fixed tree: the batches of each half of the images are put into leaves, a leaf is added up
from its first image to its last, and two neighbours are added wherever both are there (`Folded`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.methods.corrections import benjamini_yekutieli
from convscope.methods.effects.found import CONTROLS, LayerEffects, Level, Measured, TestedPair
from convscope.methods.student import two_sided

SumArrays = dict[str, NDArray[np.generic]]

TESTED = 100
"""Pairs of a unit and a class that are chosen on one half of the images and tested on the other."""
LEAVES = 32
"""Leaves of a half, at most: sums that are held together are as many as their tree is high."""
_COLUMNS = 64  # scores that are compared with controls together: what is read of them stays in the cache


@dataclass
class Moments:
    """Sums (c,) of a layer's activations and of their squares, over images and positions, float64."""

    count: int
    sums: Tensor
    squares: Tensor

    @classmethod
    def empty(cls, channels: int) -> Moments:
        """Of no image."""
        return cls(0, torch.zeros(channels, dtype=torch.float64), torch.zeros(channels, dtype=torch.float64))

    def add(self, maps: Tensor) -> None:
        """Take images' maps (n, c, ...)."""
        flat = maps.flatten(2) if maps.dim() > 2 else maps[:, :, None]
        each = flat.double().mean(2)
        self.count += len(maps)
        self.sums += each.sum(0).cpu()
        self.squares += flat.double().square().mean(2).sum(0).cpu()

    @property
    def mean(self) -> Tensor:
        """(c,)."""
        return self.sums / max(self.count, 1)

    def nearest(self, channel: int) -> NDArray[np.int64]:
        """The units nearest to one in mean squared activation, the nearest first."""
        distance = (self.squares - self.squares[channel]).abs()
        distance[channel] = torch.inf
        return torch.argsort(distance, stable=True)[: min(CONTROLS, len(distance) - 1)].numpy()


class Leaf(NamedTuple):
    """Which images, by their place in the order, are added up together: `bounds` of batches, of the `half` 0 or 1."""

    half: int
    place: int
    bounds: tuple[int, ...]

    @property
    def batches(self) -> Iterator[tuple[int, int]]:
        """The first place of each batch, and the one after its last."""
        yield from zip(self.bounds, self.bounds[1:], strict=False)

    def __len__(self) -> int:
        return self.bounds[-1] - self.bounds[0]


def leaves(images: int, batch: int) -> tuple[list[Leaf], list[Leaf]]:
    """The leaves of both halves of so many images.

    >>> [[leaf.bounds for leaf in half] for half in leaves(5, 2)]
    [[(0, 2)], [(2, 4), (4, 5)]]
    """
    made = []
    for half, (first, last) in enumerate(((0, images // 2), (images // 2, images))):
        starts = [*range(first, last, batch), last]
        each = max(1, -(-(len(starts) - 1) // LEAVES))
        cuts = range(0, len(starts) - 1, each)
        made.append([Leaf(half, n, tuple(starts[at : at + each + 1])) for n, at in enumerate(cuts)])
    return made[0], made[1]


def leaves_of(images: int, batch: int, shard: tuple[int, int]) -> list[Leaf]:
    """The leaves of the i-th of n shards, (i, n): a run of each half, the first shard's at the end of the second."""
    (i, n), (first, second) = shard, leaves(images, batch)
    back = n - 1 - i
    return [
        *first[len(first) * i // n : len(first) * (i + 1) // n],
        *second[len(second) * back // n : len(second) * (back + 1) // n],
    ]


@dataclass
class EffectSums:
    """Sums over images of the effects of e edits on k scores.

    excess: of the squared differences to the controls: of pairs that were chosen (m,), or of all of them (asked, k), of
    which later some are chosen; (0,) where none are looked at.
    """

    count: int
    total: Tensor
    squares: Tensor
    own: Tensor
    own_squares: Tensor
    lost: Tensor
    gained: Tensor
    shown: Tensor
    right: Tensor
    excess: Tensor

    @classmethod
    def empty(cls, edits: int, scores: int, excess: tuple[int, ...] = (0,)) -> EffectSums:
        """Of no image."""

        def zeros(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
            return torch.zeros(shape, dtype=dtype)

        table, whole = (edits, scores), torch.int64
        classes = max(scores, 2)  # a single score is that of class 1, and images of class 0 are answered right, too
        counts = (edits, classes)
        return cls(
            0, zeros(*table), zeros(*table), zeros(*table), zeros(*table), zeros(*counts, dtype=whole),
            zeros(*counts, dtype=whole), zeros(classes, dtype=whole), zeros(classes, dtype=whole), zeros(*excess),
        )  # fmt: skip

    def __add__(self, other: EffectSums) -> EffectSums:
        """Those of the images of both."""
        return EffectSums(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})

    def add(self, exact: Tensor, truth: int, before: int, after: Tensor) -> None:
        """Take an image of class `truth` (-1: none): changes (e, k), the answer before, those after (e,).

        A single score is that of class 1: images of class 0 have none that is their own.
        """
        own = truth - 1 if exact.shape[1] == 1 else truth  # the score of the class
        self.count += 1
        self.total += exact
        self.squares.addcmul_(exact, exact)
        if truth < 0:
            return
        if own >= 0:
            self.own[:, own] += exact[:, own]
            self.own_squares[:, own] += exact[:, own].square()
        was, now = before == truth, after == truth
        self.lost[:, truth] += (~now).long() * was
        self.gained[:, truth] += now.long() * (not was)
        self.shown[truth] += 1
        self.right[truth] += was

    def arrays(self) -> SumArrays:
        """Everything, to be kept."""
        return {one.name: np.asarray(getattr(self, one.name)) for one in fields(self)}

    @classmethod
    def of(cls, arrays: SumArrays) -> EffectSums:
        """What `arrays` gave."""
        made = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
        return cls(**{**made, "count": int(arrays["count"])})


@dataclass
class Folded:
    """Sums of runs of a half's leaves: at a `level` and a place there are those of 2**level leaves from place on."""

    nodes: dict[tuple[int, int], EffectSums] = field(default_factory=dict)

    def put(self, place: int, sums: EffectSums, level: int = 0) -> None:
        """Take the sums of a leaf, or of a run; ValueError where they are there."""
        if any(first < (place + 1) << level and place << level < last for first, last in self.runs()):
            raise ValueError("the same images would count twice")
        while (level, place ^ 1) in self.nodes:
            other = self.nodes.pop((level, place ^ 1))
            sums = other + sums if place % 2 else sums + other
            level, place = level + 1, place // 2
        self.nodes[level, place] = sums

    def runs(self) -> list[tuple[int, int]]:
        """The first leaf of each run, and the one after its last."""
        return sorted((place << level, (place + 1) << level) for level, place in self.nodes)

    def whole(self) -> EffectSums | None:
        """All of it, from the first leaf to the last; None of nothing."""
        found = None
        for _, one in sorted(self.nodes.items(), key=lambda node: node[0][1] << node[0][0]):
            found = one if found is None else found + one
        return found


@dataclass
class Tally:
    """Sums of both `halves`, and of the leaf that is being added up; `pairs` (m, 2) of an edit and a score that the
    first half chose, and their excess over the controls there.

    controls: (asked, c) edits that the first are compared with, -1 where there are none. part: whether this is a shard,
    which chooses no pairs: they are chosen when all are together.
    """

    controls: Tensor
    shape: tuple[int, int]
    part: bool = False
    halves: tuple[Folded, Folded] = field(default_factory=lambda: (Folded(), Folded()))
    leaf: EffectSums | None = None
    pairs: Tensor = field(default_factory=lambda: torch.zeros(0, 2, dtype=torch.int64))
    chosen_excess: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.float64))

    @property
    def asked(self) -> int:
        """How many of the edits were asked about: the first."""
        return len(self.controls)

    def open(self, half: int) -> None:
        """Begin a leaf."""
        looked = self.part and self.controls.shape[1] > 0
        excess = (0,) if not half else (self.asked, self.shape[1]) if looked else (len(self.pairs),)
        self.leaf = EffectSums.empty(*self.shape, excess)

    def close(self, leaf: Leaf) -> None:
        """End it."""
        assert self.leaf is not None
        self.halves[leaf.half].put(leaf.place, self.leaf)
        self.leaf = None

    def add(self, change: Tensor, truth: int, before: int, after: Tensor) -> None:
        """Take an image, see `EffectSums.add`; `after` is on the host."""
        assert self.leaf is not None
        exact = change.double().cpu()
        self.leaf.add(exact, truth, before, after)
        if self.leaf.excess.dim() == 2:
            self._compare(exact, self.leaf.excess)
        elif len(self.leaf.excess):
            unit, score = self.pairs.T
            held = torch.zeros(len(unit), dtype=torch.float64)
            for control in self.controls[unit].T:
                held += exact[control, score]
            self.leaf.excess += (exact[unit, score] - held / self.controls.shape[1]).square()

    def _compare(self, exact: Tensor, squares: Tensor) -> None:
        """Add the squared excess of every unit and score up, with the same numbers as for pairs."""
        for first in range(0, exact.shape[1], _COLUMNS):
            some = exact[:, first : first + _COLUMNS].contiguous()
            held = torch.zeros_like(some[: self.asked])
            for control in self.controls.T:
                held += some[control]
            squares[:, first : first + _COLUMNS] += (some[: self.asked] - held / self.controls.shape[1]).square()

    def choose(self) -> None:
        """Choose the pairs of asked edits that differ most from their controls on the first half, for the test."""
        first = self.halves[0].whole()
        there = torch.nonzero(self.controls[:, 0] >= 0).flatten() if self.controls.shape[1] else torch.empty(0).long()
        if first is None or not len(there):
            return
        excess = self._excess(first, there)
        order = torch.argsort(excess.abs().flatten(), descending=True, stable=True)[:TESTED]
        rows, scores = order // excess.shape[1], order % excess.shape[1]
        self.pairs = torch.stack([there[rows], scores], 1)
        self.chosen_excess = excess[rows, scores]

    def _excess(self, sums: EffectSums, units: Tensor) -> Tensor:
        """By how much the mean changes of some units exceed those of their controls, (u, k)."""
        means = sums.total / sums.count
        return torch.stack([means[u] - means[self.controls[u]].mean(0) for u in units.tolist()])

    # -- what it comes to ---------------------------------------------------------------------------------------------
    def take_in(self, other: Tally) -> None:
        """Take in another shard of the same work; ValueError where it covers the same images."""
        for mine, theirs in zip(self.halves, other.halves, strict=True):
            for (level, place), sums in theirs.nodes.items():
                mine.put(place, sums, level)

    def end(self) -> None:
        """Choose the pairs, where all shards are together; what is held then is what one that is no shard holds."""
        self.part = False
        self.choose()
        unit, score = self.pairs.T
        nodes = self.halves[1].nodes
        for place, sums in nodes.items():
            excess = sums.excess[unit, score] if sums.excess.dim() == 2 else sums.excess
            nodes[place] = replace(sums, excess=excess)

    @property
    def whole(self) -> EffectSums:
        """The sums of all images so far."""
        first, second = (half.whole() for half in self.halves)
        if first is None or second is None:
            return first or second or EffectSums.empty(*self.shape)
        empty = torch.zeros(0, dtype=torch.float64)
        return replace(first, excess=empty) + replace(second, excess=empty)

    def effects(self, layer: str, names: list[str], squares: Tensor, to: Level, measure: Measured) -> LayerEffects:
        """The effects of the edits that were asked about, which have `names` and mean `squares` (asked,)."""
        asked, sums = self.asked, self.whole
        mean = sums.total / max(sums.count, 1)
        shown = sums.shown[-sums.own.shape[1] :]  # of the classes that have a score
        own = sums.own / shown  # NaN for a class without images
        return LayerEffects(
            layer, tuple(names), to, measure, sums.count,
            change=mean[:asked].numpy(),
            error=_error(sums.total, sums.squares, torch.tensor(sums.count))[:asked].numpy(),
            own=own[:asked].numpy(),
            own_error=_error(sums.own, sums.own_squares, shown)[:asked].numpy(),
            lost=sums.lost[:asked].numpy(), gained=sums.gained[:asked].numpy(),
            shown=sums.shown.numpy(), right=sums.right.numpy(), squares=squares.numpy(),
            controls=self.controls.numpy(),
            control=_of_controls(mean, self.controls), own_control=_of_controls(own, self.controls),
            tested=self._tests(names),
        )  # fmt: skip

    def _tests(self, names: list[str]) -> tuple[TestedPair, ...]:
        second = self.halves[1].whole()
        if self.part or not len(self.pairs) or second is None or second.count < 2:
            return ()
        unit, score = self.pairs.T
        mean = self._excess(second, unit)[torch.arange(len(unit)), score]
        error = _error(mean * second.count, second.excess, torch.tensor(second.count))
        p = np.array([_p(float(m), float(e), second.count - 1) for m, e in zip(mean, error, strict=True)])
        adjusted = benjamini_yekutieli(p)
        return tuple(
            TestedPair(names[unit], score, *map(float, rest))
            for (unit, score), *rest in zip(
                self.pairs.tolist(), self.chosen_excess, mean, error, p, adjusted, strict=True
            )
        )

    # -- as arrays ----------------------------------------------------------------------------------------------------
    def arrays(self) -> SumArrays:
        """Everything, to be kept."""
        found: SumArrays = {"controls": self.controls.numpy(), "pairs": self.pairs.numpy()}
        found |= {
            "chosen_excess": self.chosen_excess.numpy(),
            "shape": np.array(self.shape),
            "part": np.array(self.part),
        }
        held = {f"{half}.{level}.{place}": one for half, tree in enumerate(self.halves)
                for (level, place), one in tree.nodes.items()}  # fmt: skip
        held |= {} if self.leaf is None else {"leaf": self.leaf}
        return found | {f"{where}.{name}": array for where, one in held.items() for name, array in one.arrays().items()}

    @classmethod
    def of(cls, arrays: SumArrays) -> Tally:
        """What `arrays` gave."""
        held: dict[str, SumArrays] = {}
        for name, array in arrays.items():
            where, _, last = name.rpartition(".")
            held.setdefault(where, {})[last] = array
        own = held.pop("")
        leaf, halves = held.pop("leaf", None), (Folded(), Folded())
        for where, sums in held.items():
            half, level, place = map(int, where.split("."))
            halves[half].nodes[level, place] = EffectSums.of(sums)
        controls, pairs, chosen = (
            torch.from_numpy(np.array(own[key])) for key in ("controls", "pairs", "chosen_excess")
        )
        edits, scores = own["shape"].tolist()
        last = None if leaf is None else EffectSums.of(leaf)
        return cls(controls, (int(edits), int(scores)), bool(own["part"]), halves, last, pairs, chosen)


def _p(mean: float, error: float, degrees: int) -> float:
    """Of a mean with its standard error; NaN of what is no number, which differs from nothing."""
    if math.isnan(mean) or math.isnan(error):
        return math.nan
    return two_sided(mean / error, degrees) if error > 0 else float(mean == 0)


def _error(total: Tensor, squares: Tensor, count: Tensor) -> Tensor:
    """Standard errors of means; NaN of fewer than two."""
    variance = (squares - total.square() / count).clamp(min=0) / (count - 1)
    found = (variance / count).sqrt()
    return torch.where(count > 1, found, torch.nan)


def _of_controls(table: Tensor, controls: Tensor) -> NDArray[np.float64]:
    found = torch.full((len(controls), table.shape[1]), torch.nan, dtype=torch.float64)
    for unit in range(len(controls)):
        if controls.shape[1] and controls[unit, 0] >= 0:
            found[unit] = table[controls[unit]].mean(0)
    return found.numpy()


__all__ = ["LEAVES", "TESTED", "Folded", "Leaf", "Moments", "EffectSums", "Tally", "leaves", "leaves_of"]
