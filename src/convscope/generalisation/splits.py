"""Which images a classifier learns from and which it is judged by: seeded, disjoint, and saved beside the results.

Caltech's protocol: for each fold a fresh draw of some images of every class to learn from, and up to a number of the
others to be judged by. Draws of different sizes within a fold are nested: 15 a class are among the 30 a class, and
where a class has enough images the same ones judge both, so that they can be compared image by image.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convscope.errors import SourceError, UsageError
from convscope.files import read_sealed_json, write_sealed_json
from convscope.generalisation.datasets import TargetKind, TargetSet
from convscope.shown import brief

SPLITS = "splits.json"
"""The file of the splits beside a result."""


@dataclass(frozen=True)
class Protocol:
    """How a target set is used: sizes of the training part a class, at most `test` others a class, draws."""

    per_class: tuple[int, ...]
    test: int | None
    folds: int


PROTOCOLS: dict[TargetKind, Protocol] = {
    "caltech101": Protocol((15, 30), 50, 5),
    "caltech256": Protocol((15, 30, 45, 60), 25, 5),
    "images": Protocol((15, 30), 50, 5),
}
"""The usual sizes. Caltech-256's authors judge by up to 25 images a class; the paper does not say what it did."""


@brief
@dataclass(frozen=True, eq=False)
class Fold:
    """One draw of the images that classifiers learn from and are judged by.

    train, test: (n,) numbers of images in the source, ascending. per_class: how many of each class are learned from;
    None where a published set was taken.

    >>> Fold(0, per_class=2, train=np.array([0, 3]), test=np.array([1, 2])).name
    '2 per class, fold 0'
    """

    number: int
    per_class: int | None
    train: NDArray[np.int64] = field(repr=False)
    test: NDArray[np.int64] = field(repr=False)

    @property
    def name(self) -> str:
        """A short name, as `30 per class, fold 2`."""
        return f"fold {self.number}" if self.per_class is None else f"{self.per_class} per class, fold {self.number}"


def draw_folds(
    target: TargetSet, *, per_class: Iterable[int], folds: int = 5, test: int | None = 50, seed: int = 0
) -> tuple[Fold, ...]:
    """The folds of Caltech's protocol, for each size of the training part and each draw.

    test: at most so many images of a class to judge by; None takes all that are left.

    Raises:
        UsageError: for sizes or numbers below one.
        SourceError: where a class has too few images; the message names it.
    """
    sizes = sorted(set(per_class))
    if not sizes or sizes[0] < 1 or folds < 1 or (test is not None and test < 1):
        raise UsageError(f"sizes {sizes}, {folds} folds and {test} images to test are all at least one")
    members = [np.flatnonzero(target.labels == label) for label in range(len(target.classes))]
    _check_sizes(target, [len(rows) for rows in members], sizes[-1])
    drawn = []
    for size in sizes:
        for number in range(folds):
            random = np.random.default_rng([seed, number])
            orders = [random.permutation(rows) for rows in members]
            train = np.concatenate([order[:size] for order in orders])
            last = [max(size, 0 if test is None else len(order) - test) for order in orders]
            judged = np.concatenate([order[at:] for order, at in zip(orders, last, strict=True)])
            drawn.append(Fold(number, size, np.sort(train), np.sort(judged)))
    return tuple(drawn)


def _check_sizes(target: TargetSet, counts: list[int], largest: int) -> None:
    smallest = int(np.argmin(counts))
    if counts[smallest] <= largest:
        raise SourceError(
            f"class {target.classes[smallest]!r} has {counts[smallest]} images: {largest} a class to learn from leave "
            f"none to judge by; at most {counts[smallest] - 1} are possible ({target.source.describe()})"
        )


def published_fold(target: TargetSet, *, train: str = "train", test: str = "val") -> Fold:
    """The fold of two published sets of a target that has them, such as PASCAL VOC.

    Raises:
        UsageError: where there is no such set, or they have images in common.
    """
    for name in (train, test):
        if name not in target.sets:
            raise UsageError(f"there is no set {name!r} (sets: {', '.join(target.sets) or 'none'})")
    if len(common := np.intersect1d(target.sets[train], target.sets[test])):
        raise UsageError(f"the sets {train} and {test} have {len(common)} images in common: choose others")
    return Fold(0, None, np.sort(target.sets[train]), np.sort(target.sets[test]))


def save_splits(folds: Iterable[Fold], path: Path, *, target: TargetSet, seed: int) -> None:
    """Write folds as JSON with a checksum: numbers of images, and the fingerprint of the source that they count in."""
    described = [
        {"number": f.number, "per_class": f.per_class, "train": f.train.tolist(), "test": f.test.tolist()}
        for f in folds
    ]
    write_sealed_json(path, {"source": target.source.fingerprint(), "seed": seed, "folds": described})


def load_splits(path: Path, *, target: TargetSet) -> tuple[Fold, ...]:
    """The folds in a file of `save_splits`.

    Raises:
        SourceError: where the file is none, is not as it was written, or counts in other images than the target's.
    """
    try:
        stored = read_sealed_json(path, unsealed="allow")
        folds = tuple(
            Fold(f["number"], f["per_class"], np.array(f["train"], np.int64), np.array(f["test"], np.int64))
            for f in stored["folds"]
        )
        source = stored["source"]
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise SourceError(f"{path} cannot be read as splits: {error}") from error
    if source != target.source.fingerprint():
        raise SourceError(f"{path} splits other images than these: {target.source.describe()}")
    count = len(target.labels)
    if any(rows.ndim != 1 or (rows < 0).any() or (rows >= count).any() for f in folds for rows in (f.train, f.test)):
        raise SourceError(f"{path} names images that are not among the {count} of {target.source.describe()}")
    return folds


__all__ = ["PROTOCOLS", "SPLITS", "Fold", "Protocol", "draw_folds", "load_splits", "published_fold", "save_splits"]
