"""What silencing the units of a layer was found to do: changes of scores and answers, controls, and tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convscope.methods.student import quantile
from convscope.shown import brief

Level = Literal["zero", "mean", "another"]
"""What a unit is set to: nothing, its mean over the collection and all positions, or its value in another image."""
Measured = Literal["logit", "probability"]

CONTROLS = 20
"""Units of the same layer that a unit is compared with: those nearest in mean squared activation."""


@dataclass(frozen=True)
class TestedPair:
    """A unit and a class that were chosen on half of the images, and what the other half says.

    excess: the mean change of the class's score less that of the unit's controls, on the half that chose and on the
    other; error: the standard error there; p: of no excess, by Student's t; adjusted: for all pairs that were chosen.
    """

    unit: str
    number: int
    chosen_excess: float
    excess: float
    error: float
    p: float
    adjusted: float


@brief
@dataclass(frozen=True, eq=False)
class LayerEffects:
    """What silencing e units, or groups of units, of one layer does to k scores; arrays are (e, k) where not said.

    images: how many were looked at. change, error: the mean change of each score over all of them, and its standard
    error. own, own_error: the same of a class's score over its own images, NaN where it has none. lost, gained: (e, a)
    how many of each class's images are answered right no more, and right where they were not. shown, right: (a,) images
    of each class, and how many were answered right before; a is k, and 2 for one score, which is that of class 1. No
    image is shown where outputs are values or several labels: no single answer is right of these. squares: (e,) the
    mean squared activation, NaN for groups. controls: (e, c) numbers of units whose mean effects are `control` and
    `own_control`; -1 where there are none (groups, positions).
    """

    layer: str
    silenced: tuple[str, ...]
    to: Level
    measure: Measured
    images: int
    change: NDArray[np.float64]
    error: NDArray[np.float64]
    own: NDArray[np.float64]
    own_error: NDArray[np.float64]
    lost: NDArray[np.int64]
    gained: NDArray[np.int64]
    shown: NDArray[np.int64]
    right: NDArray[np.int64]
    squares: NDArray[np.float64]
    controls: NDArray[np.int64]
    control: NDArray[np.float64]
    own_control: NDArray[np.float64]
    tested: tuple[TestedPair, ...]

    @property
    def excess(self) -> NDArray[np.float64]:
        """The mean change less that of the controls; NaN where there are none."""
        return self.change - self.control

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """(e,) the change of the share of images that are answered right; NaN where there are no such answers."""
        return (self.gained.sum(1) - self.lost.sum(1)) / (int(self.shown.sum()) or np.nan)

    @property
    def answered(self) -> bool:
        """Whether images have an answer that is right."""
        return bool(self.shown.sum())

    @property
    def worst(self) -> NDArray[np.int64]:
        """(e,) numbers of units: first those without which most answers are lost, or else a score falls most."""
        told = self.accuracy if self.answered else self.change.min(1)
        return np.argsort(told, kind="stable")

    def outcomes(self) -> NDArray[np.float64]:
        """(e, 3) what is told of each unit first, with its interval of 95 %: the change of the share of right answers,
        in per cent; of the score that falls most where there are none."""
        if self.answered:
            return 100 * np.concatenate([self.accuracy[:, None], self.accuracy_interval()], 1)
        rows, least = np.arange(len(self.silenced)), self.change.argmin(1)
        return np.concatenate([self.change[rows, least][:, None], self.interval()[rows, least]], 1)

    def accuracy_interval(self, confidence: float = 0.95) -> NDArray[np.float64]:
        """(e, 2) intervals of that change, of paired shares (Agresti & Min 2005: half an image added to each cell)."""
        count = int(self.shown.sum()) + 2 if self.answered else np.nan
        lost, gained = self.lost.sum(1) + 0.5, self.gained.sum(1) + 0.5
        middle = (gained - lost) / count
        spread = np.sqrt(lost + gained - (gained - lost) ** 2 / count) / count
        reach = quantile(confidence, 10**6) * spread
        return np.stack([middle - reach, middle + reach], 1)

    @property
    def reach(self) -> float:
        """How many standard errors a 95 % interval goes to each side, by Student's t."""
        return quantile(0.95, self.images - 1)

    def interval(self, confidence: float = 0.95) -> NDArray[np.float64]:
        """(e, k, 2) intervals of the mean change of each score, by Student's t."""
        reach = quantile(confidence, self.images - 1) * self.error
        return np.stack([self.change - reach, self.change + reach], -1)

    def needed_by(self, number: int, *, most: int = 5) -> list[tuple[int, float]]:
        """The classes whose scores fall the most where unit `number` is silenced, and by how much."""
        return _least(self.change[number], most)

    def needs(self, number: int, *, most: int = 5) -> list[tuple[int, float]]:
        """The units, by their number, without which class `number`'s score falls the most, and by how much."""
        return _least(self.change[:, number], most)

    def to_json(self) -> dict[str, Any]:
        """What was asked, the units with what they do to all images, and the tests."""
        low, high = self.accuracy_interval().T
        units = [
            {
                "unit": unit,
                "squares": float(self.squares[n]),
                "accuracy": float(self.accuracy[n]),
                "accuracy_interval": [float(low[n]), float(high[n])],
                "needed_by": [{"class": k, "change": change} for k, change in self.needed_by(n)],
            }
            for n, unit in enumerate(self.silenced)
        ]
        return {
            "layer": self.layer,
            "to": self.to,
            "measure": self.measure,
            "images": self.images,
            "units": units,
            "tested": [vars(pair) for pair in self.tested],
        }


def _least(changes: NDArray[np.float64], most: int) -> list[tuple[int, float]]:
    order = np.argsort(changes, kind="stable")[:most]
    return [(int(at), float(changes[at])) for at in order if changes[at] < 0]


__all__ = ["CONTROLS", "LayerEffects", "Level", "Measured", "TestedPair"]
