"""Measures of answers with intervals: accuracy, ranking, error and overlap, as scikit-learn defines them.

Intervals hold 95 %: Wilson's for shares of images, and for all else the middle of what the measure is on images drawn
with replacement (bootstrap, seed 0), which says nothing of images of another kind. A draw is how often each image is in
it, so that all draws are one multiplication, and every measure is one of weighted images.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.methods.intervals import Doubles, Weighted, drawn, wilson


@dataclass(frozen=True)
class Measure:
    """A number, and the interval that holds 95 %; NaN where it cannot be told."""

    name: str
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """As text: name, value and interval; of one that has no width, that it says nothing."""
        if self.low == self.high:
            return f"{self.name} {self.value:.3f} (no interval: too few images, all draws of them are alike)"
        return f"{self.name} {self.value:.3f} ({self.low:.3f} to {self.high:.3f})"

    def to_json(self) -> dict[str, Any]:
        """The numbers, None where there is none: an interval without width is none."""
        low, high = (math.nan, math.nan) if self.low == self.high else (self.low, self.high)
        numbers = {"value": self.value, "low": low, "high": high}
        return {"name": self.name, **{k: None if math.isnan(v) else v for k, v in numbers.items()}}


def share(name: str, hits: float, count: float) -> Measure:
    """A share of images."""
    return Measure(name, hits / count if count else math.nan, *wilson(hits, count))


def measure(name: str, images: int, ask: Weighted) -> Measure:
    """One number of all images, with its interval."""
    return Measure(name, *(float(one) for one in drawn(images, ask)))


def measures(names: Sequence[str], images: int, ask: Weighted) -> list[Measure]:
    """A number for each name, with its interval."""
    found = zip(*drawn(images, ask), strict=True)
    return [Measure(name, *map(float, one)) for name, one in zip(names, found, strict=True)]


# -- ranking ----------------------------------------------------------------------------------------------------------
def area(scores: Doubles, truth: NDArray[np.bool_]) -> Weighted:
    """The area under the ROC curve: how often of two images the one that has the class has the higher score."""
    order = np.argsort(scores, kind="stable")
    starts = _groups(scores[order])

    def ask(weights: Doubles) -> Doubles:
        there, not_there = (np.add.reduceat((weights * part)[:, order], starts, axis=1) for part in (truth, ~truth))
        below = not_there.cumsum(1) - not_there / 2
        return _over((there * below).sum(1), there.sum(1) * not_there.sum(1))

    return ask


def weighted_precision(scores: Doubles, truth: NDArray[np.bool_]) -> Weighted:
    """The mean, over images that have the label, of the share of those ranked as high that have it."""
    order = np.argsort(-scores, kind="stable")
    starts = _groups(scores[order])

    def ask(weights: Doubles) -> Doubles:
        there, every = (np.add.reduceat((weights * part)[:, order], starts, axis=1) for part in (truth, 1.0))
        precision = _over(there.cumsum(1), every.cumsum(1))
        return _over(np.where(there > 0, there * precision, 0).sum(1), there.sum(1))

    return ask


def _groups(ordered: Doubles) -> NDArray[np.int64]:
    """Where each stretch of equal numbers begins."""
    return np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))


def _over(top: Doubles, bottom: Doubles) -> Doubles:
    """The ratio, NaN over nothing."""
    return np.divide(top, bottom, out=np.full(np.broadcast(top, bottom).shape, math.nan), where=bottom > 0)


def _mean(columns: Doubles) -> Doubles:
    """The mean over columns (d, c) that are known."""
    known = ~np.isnan(columns)
    return _over(np.where(known, columns, 0).sum(1), known.sum(1).astype(np.float64))


# -- by what an output is ---------------------------------------------------------------------------------------------
def of_one_class(scores: Doubles, truth: NDArray[np.bool_]) -> list[Measure]:
    """Of scores (n,) of one class: the area under the ROC curve; accuracy, sensitivity and specificity at 0.5."""
    said = scores > 0.5
    return [
        measure("AUROC", len(scores), area(scores, truth)),
        share("accuracy", (said == truth).sum(), len(truth)),
        share("sensitivity", (said & truth).sum(), truth.sum()),
        share("specificity", (~said & ~truth).sum(), (~truth).sum()),
    ]


def of_labels(scores: Doubles, truth: NDArray[np.bool_], names: Sequence[str]) -> tuple[list[Measure], list[Measure]]:
    """Of scores (n, c) of labels each there or not: the mean average precision, and each label's.

    A label that no image has, or of a draw none has, has no average precision and is left out of the mean.
    """
    each = [weighted_precision(scores[:, c], truth[:, c]) for c in range(scores.shape[1])]

    def ask(weights: Doubles) -> Doubles:
        columns = np.stack([one(weights) for one in each], 1)
        return np.concatenate([_mean(columns)[:, None], columns], 1)

    whole, *listed = measures(["mean average precision", *names], len(truth), ask)
    return [whole], listed


def of_values(found: Doubles, truth: Doubles, names: Sequence[str]) -> tuple[list[Measure], list[Measure]]:
    """Of values (n, c): the mean absolute error and R2 over all outputs, and of each of several."""
    count = len(names)

    def ask(weights: Doubles) -> Doubles:
        images = weights.sum(1, keepdims=True)
        errors = weights @ np.abs(found - truth) / images
        mean = weights @ truth / images
        spread = np.stack([(w[:, None] * (truth - m) ** 2).sum(0) for w, m in zip(weights, mean, strict=True)])
        explained = 1 - _over(weights @ (found - truth) ** 2, spread)
        return np.concatenate([errors.mean(1)[:, None], explained.mean(1)[:, None], errors, explained], 1)

    listed = [f"{what} of {name}" for what in ("MAE", "R2") for name in names]
    error, explained, *each = measures(["MAE", "R2", *listed], len(truth), ask)
    return [error, explained], each if count > 1 else []


def of_value_maps(sums: Sequence[Doubles], names: Sequence[str]) -> tuple[list[Measure], list[Measure]]:
    """Of sums over positions of images, (n, c) each, as `truth_maps.Sums` has them: MAE and R2, and each channel's.

    Every position counts alike, and images are what is drawn.
    """
    known, wrong, squares, true, true_squares = sums

    def ask(weights: Doubles) -> Doubles:
        count = weights @ known
        spread = weights @ true_squares - _over((weights @ true) ** 2, count)
        errors, explained = _over(weights @ wrong, count), 1 - _over(weights @ squares, spread)
        return np.concatenate([_mean(errors)[:, None], _mean(explained)[:, None], errors, explained], 1)

    listed = [f"{what} of {name}" for what in ("MAE", "R2") for name in names]
    error, explained, *each = measures(["MAE", "R2", *listed], len(known), ask)
    return [error, explained], each if len(names) > 1 else []


def of_overlap(
    shared: NDArray[np.int64], either: NDArray[np.int64], names: Sequence[str]
) -> tuple[list[Measure], list[Measure]]:
    """Of pixels that answer and truth share, and that either has (n, c): the mean IoU over classes, and each class's.

    A class that neither has anywhere has none, and is left out of the mean.
    """

    def ask(weights: Doubles) -> Doubles:
        columns = _over(weights @ shared, weights @ either)
        return np.concatenate([_mean(columns)[:, None], columns], 1)

    one = len(names) == 1
    whole, *each = measures(["IoU" if one else "mean IoU", *(f"IoU of {n}" for n in names)], len(shared), ask)
    return [whole], [] if one else each


def of_pixels(right: NDArray[np.int64], known: NDArray[np.int64]) -> Measure:
    """Of pixels (n,) answered rightly, of those whose class is known: the share of all."""
    return measure("pixel accuracy", len(right), lambda weights: _over(weights @ right, weights @ known))


__all__ = [
    "Measure",
    "area",
    "weighted_precision",
    "measure",
    "of_labels",
    "of_one_class",
    "of_overlap",
    "of_pixels",
    "of_value_maps",
    "of_values",
    "measures",
    "share",
]
