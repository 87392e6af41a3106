"""What is added up of effects, image by image: enough for means, errors, and tests of pairs that were chosen before."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.methods.effects.found import CONTROLS, LayerEffects, Level, Measured, TestedPair
from convscope.methods.effects.testing import benjamini_yekutieli, two_sided

TESTED = 100
"""Pairs of a unit and a class that are chosen on one half of the images and tested on the other."""


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


@dataclass
class Tally:
    """Sums of the effects of e edits on k scores; `half` is how many images the first half had, by which pairs (m, 2)
    of an edit and a score were chosen, and pair_* are sums of their excess over the controls on the second."""

    count: int
    half: int
    total: Tensor
    squares: Tensor
    own: Tensor
    own_squares: Tensor
    lost: Tensor
    gained: Tensor
    shown: Tensor
    right: Tensor
    pairs: Tensor
    pair_first: Tensor
    pair_total: Tensor
    pair_squares: Tensor

    @classmethod
    def empty(cls, edits: int, scores: int) -> Tally:
        """Of no image."""

        def zeros(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
            return torch.zeros(shape, dtype=dtype)

        table, whole = (edits, scores), torch.int64
        return cls(
            0, 0, zeros(*table), zeros(*table), zeros(*table), zeros(*table), zeros(*table, dtype=whole),
            zeros(*table, dtype=whole), zeros(scores, dtype=whole), zeros(scores, dtype=whole),
            zeros(0, 2, dtype=whole), zeros(0), zeros(0), zeros(0),
        )  # fmt: skip

    def add(self, change: Tensor, truth: int, before: int, after: Tensor, controls: Tensor) -> None:
        """Take an image of class `truth` (-1: none): changes (e, k), the answer before, those after (e,) on the host.

        A single score is that of class 1: images of class 0 have none that is their own.
        """
        exact = change.double().cpu()
        own = truth - 1 if exact.shape[1] == 1 else truth
        self.count += 1
        self.total += exact
        self.squares.addcmul_(exact, exact)
        if own >= 0:
            self.own[:, own] += exact[:, own]
            self.own_squares[:, own] += exact[:, own].square()
            was, now = before == truth, after == truth
            self.lost[:, own] += (~now).long() * was
            self.gained[:, own] += now.long() * (not was)
            self.shown[own] += 1
            self.right[own] += was
        if len(self.pairs):
            unit, score = self.pairs.T
            excess = exact[unit, score] - exact[controls[unit], score[:, None]].mean(1)
            self.pair_total += excess
            self.pair_squares += excess.square()

    def choose(self, controls: Tensor, asked: int) -> None:
        """Choose the pairs of the first `asked` edits that differ most from their controls so far, for the test."""
        self.half = self.count
        there = torch.nonzero(controls[:asked, 0] >= 0).flatten() if controls.shape[1] else torch.empty(0).long()
        if not len(there) or not self.count:
            return
        means = self.total / self.count
        excess = torch.stack([means[u] - means[controls[u]].mean(0) for u in there.tolist()])
        order = torch.argsort(excess.abs().flatten(), descending=True, stable=True)[:TESTED]
        rows, scores = order // excess.shape[1], order % excess.shape[1]
        self.pairs = torch.stack([there[rows], scores], 1)
        self.pair_first = excess[rows, scores]
        self.pair_total, self.pair_squares = torch.zeros(len(order)).double(), torch.zeros(len(order)).double()

    # -- what it comes to ---------------------------------------------------------------------------------------------
    def effects(
        self, layer: str, names: list[str], squares: Tensor, controls: Tensor, to: Level, measure: Measured
    ) -> LayerEffects:
        """The effects of the first edits, those that have `names` and mean `squares` (e,)."""
        asked, mean = len(names), self.total / max(self.count, 1)
        own = self.own / self.shown  # NaN for a class without images
        return LayerEffects(
            layer, tuple(names), to, measure, self.count,
            change=mean[:asked].numpy(),
            error=_error(self.total, self.squares, torch.tensor(self.count))[:asked].numpy(),
            own=own[:asked].numpy(),
            own_error=_error(self.own, self.own_squares, self.shown)[:asked].numpy(),
            lost=self.lost[:asked].numpy(), gained=self.gained[:asked].numpy(),
            shown=self.shown.numpy(), right=self.right.numpy(), squares=squares.numpy(),
            controls=controls[:asked].numpy(),
            control=_of_controls(mean, controls, asked), own_control=_of_controls(own, controls, asked),
            tested=self._tests(names),
        )  # fmt: skip

    def _tests(self, names: list[str]) -> tuple[TestedPair, ...]:
        count = self.count - self.half
        if not len(self.pairs) or count < 2:
            return ()
        mean = self.pair_total / count
        error = _error(self.pair_total, self.pair_squares, torch.tensor(count))
        p = np.array([_p(float(m), float(e), count - 1) for m, e in zip(mean, error, strict=True)])
        adjusted = benjamini_yekutieli(p)
        return tuple(
            TestedPair(names[unit], score, *map(float, rest))
            for (unit, score), *rest in zip(self.pairs.tolist(), self.pair_first, mean, error, p, adjusted, strict=True)
        )

    # -- as arrays ----------------------------------------------------------------------------------------------------
    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Everything, to be kept."""
        return {one.name: np.asarray(getattr(self, one.name)) for one in fields(self)}

    @classmethod
    def of(cls, arrays: dict[str, NDArray[np.generic]]) -> Tally:
        """What `arrays` gave."""
        made = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
        return cls(**{**made, "count": int(arrays["count"]), "half": int(arrays["half"])})


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


def _of_controls(table: Tensor, controls: Tensor, asked: int) -> NDArray[np.float64]:
    found = torch.full_like(table[:asked], torch.nan)
    for unit in range(asked):
        if controls.shape[1] and controls[unit, 0] >= 0:
            found[unit] = table[controls[unit]].mean(0)
    return found.numpy()


__all__ = ["TESTED", "Moments", "Tally"]
