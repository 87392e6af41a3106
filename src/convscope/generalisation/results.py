"""What a transfer experiment found: single scores, their means and spreads over folds, and files of both."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from convscope.errors import StoreError
from convscope.files import read_sealed_json, write_bytes, write_sealed_json
from convscope.methods.intervals import around
from convscope.shown import brief
from convscope.tables import without_nan

WeightsKind = Literal["own", "random", "scratch"]
ScoreName = Literal["accuracy", "average precision"]

RESULT = "transfer.json"
"""The file in a result's folder that holds all of it."""


@dataclass(frozen=True)
class FoldScore:
    """How one classifier did on one fold.

    weights: whose features: the network's "own", whatever its weights are, those of the same network with "random"
        weights, or "scratch" for the whole network trained on the fold. layer: where these were taken, "" for scratch.
    value: the mean over classes, 0 to 1; by_class: each class's, NaN where the test part has none of it.
    overall: the share of all test images that were right; NaN for average precision.
    c: the regularisation chosen (one, or the median over classes), NaN for scratch.
    deviation: the standard deviation of the value over the images it was judged by, see `measures`.
    """

    weights: WeightsKind
    layer: str
    classifier: str
    per_class: int | None
    fold: int
    value: float
    overall: float
    c: float
    train: int
    test: int
    by_class: tuple[float, ...] = field(default=(), repr=False)
    deviation: float = math.nan


@dataclass(frozen=True)
class MeanScore:
    """Mean and standard deviation (n - 1; NaN for one fold) over the folds of what else is the same.

    images: the standard deviation of a fold's value over the images that it is judged by (the root mean square of the
    folds'). Folds judge by images that are largely the same, so that more folds do not make it smaller.
    """

    weights: WeightsKind
    layer: str
    classifier: str
    per_class: int | None
    folds: int
    mean: float
    std: float
    images: float = math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Where the mean lies, 95 %, over images and over draws of folds (of one fold, images alone); NaN if unknown.

        Both variances are added, though that between folds has some of the images' in it: it errs on the wide side. A
        share is never beyond 0 and 1.

        >>> [round(end, 2) for end in MeanScore("own", "conv5", "svm", 30, 5, 0.9, 0.0, images=0.1).interval]
        [0.7, 1.0]
        """
        between = 0.0 if np.isnan(self.std) else self.std**2 / self.folds
        low, high = around(self.mean, math.sqrt(self.images**2 + between))
        return max(low, 0.0), min(high, 1.0)

    def text(self, scale: float = 100.0) -> str:
        """The row's number in per cent as the paper prints it.

        >>> MeanScore("own", "conv5", "svm", 30, 5, 0.862, 0.008).text()
        '86.2 ± 0.8'
        """
        mean = f"{scale * self.mean:.1f}"
        return mean if np.isnan(self.std) else f"{mean} ± {scale * self.std:.1f}"


@brief
@dataclass(frozen=True)
class TransferScores:
    """All scores of an experiment, with what they are of. `features` says by layer what a classifier was given."""

    network: str
    target: str
    kind: str
    classes: tuple[str, ...]
    measure: ScoreName
    features: Mapping[str, str]
    scores: tuple[FoldScore, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def rows(self) -> tuple[MeanScore, ...]:
        """Means over folds, in the order in which they first occur."""
        groups: dict[tuple[WeightsKind, str, str, int | None], list[FoldScore]] = {}
        for one in self.scores:
            groups.setdefault((one.weights, one.layer, one.classifier, one.per_class), []).append(one)
        return tuple(_mean_of(*key, found) for key, found in groups.items())

    def row(
        self, layer: str, classifier: str, per_class: int | None = None, *, weights: WeightsKind = "own"
    ) -> MeanScore | None:
        """The mean of one layer, classifier and number of images a class, None where it was not tried."""
        asked = (weights, layer, classifier, per_class)
        return next((r for r in self.rows() if (r.weights, r.layer, r.classifier, r.per_class) == asked), None)

    @property
    def sizes(self) -> tuple[int | None, ...]:
        """The numbers of training images a class, ascending; (None,) for a published split."""
        found = {one.per_class for one in self.scores}
        return tuple(sorted(found, key=lambda size: -1 if size is None else size))

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that features were taken from, in order."""
        return tuple(dict.fromkeys(one.layer for one in self.scores if one.layer))

    @property
    def classifiers(self) -> tuple[str, ...]:
        """The classifiers on features."""
        return tuple(dict.fromkeys(one.classifier for one in self.scores if one.layer))

    def plus(self, scores: Iterable[FoldScore]) -> TransferScores:
        """The same with more scores."""
        return replace(self, scores=(*self.scores, *scores))

    def to_json(self) -> dict[str, Any]:
        """The result as JSON values, NaN as None."""
        return without_nan(asdict(self))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> TransferScores:
        """The result that `to_json` described; raises StoreError where it is none."""
        try:
            scores = tuple(stored_score(one) for one in stored["scores"])
            return cls(**{**stored, "classes": tuple(stored["classes"]), "scores": scores})
        except (KeyError, TypeError, OverflowError) as error:
            raise StoreError(f"this is no result of a transfer experiment: {error}") from error

    def csv(self) -> str:
        """One line for each mean."""
        lines = [
            (
                r.weights,
                r.layer,
                r.classifier,
                r.per_class,
                r.folds,
                *(f"{n:.6f}" for n in (r.mean, r.std, *r.interval)),
            )
            for r in self.rows()
        ]
        return _csv(("weights", "layer", "classifier", "per_class", "folds", "mean", "std", "low", "high"), lines)

    def csv_by_class(self) -> str:
        """One line for each class of each score."""
        lines = [
            (s.weights, s.layer, s.classifier, s.per_class, s.fold, name, f"{value:.6f}")
            for s in self.scores
            for name, value in zip(self.classes, s.by_class, strict=False)
        ]
        return _csv(("weights", "layer", "classifier", "per_class", "fold", "class", "value"), lines)

    def save(self, folder: str | Path) -> Path:
        """The folder, with transfer.json (everything), transfer.csv (means) and classes.csv (each class)."""
        place = Path(folder)
        write_bytes(place / "transfer.csv", self.csv().encode())
        write_bytes(place / "classes.csv", self.csv_by_class().encode())
        write_sealed_json(place / RESULT, self.to_json())
        return place

    @classmethod
    def load(cls, folder: str | Path) -> TransferScores:
        """The result that `save` wrote; raises StoreError where there is none."""
        path = Path(folder) / RESULT
        try:
            return cls.from_json(read_sealed_json(path))
        except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
            raise StoreError(f"{path} cannot be read as a result of a transfer experiment: {error}") from error


def _mean_of(
    weights: WeightsKind, layer: str, classifier: str, per_class: int | None, scores: list[FoldScore]
) -> MeanScore:
    values = [one.value for one in scores]
    images = float(np.sqrt(np.mean(np.square([one.deviation for one in scores]))))
    mean = float(np.mean(values))
    return MeanScore(weights, layer, classifier, per_class, len(values), mean, _spread(values), images)


def _spread(values: list[float]) -> float:
    """The standard deviation (n - 1), NaN for a single value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def _csv(head: tuple[str, ...], lines: Iterable[tuple[Any, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(lines)
    return text.getvalue()


def stored_score(stored: Mapping[str, Any]) -> FoldScore:
    """The score of its plain values; raises KeyError or TypeError where they are none."""
    numbers = {key: np.nan for key in ("value", "overall", "c", "deviation") if stored[key] is None}
    by_class = tuple(np.nan if one is None else one for one in stored["by_class"])
    return FoldScore(**{**stored, **numbers, "by_class": by_class})


__all__ = ["RESULT", "ScoreName", "MeanScore", "FoldScore", "TransferScores", "WeightsKind"]
