"""How good a classifier is: the mean of per-class accuracies, and PASCAL VOC's average precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ShapeError


def class_accuracies(found: NDArray[np.integer], labels: NDArray[np.integer], classes: int) -> NDArray[np.float64]:
    """The share of each class's images (classes,) that were found to be of it; NaN for a class without images.

    >>> class_accuracies(np.array([0, 0, 1]), np.array([0, 1, 1]), 3).tolist()
    [1.0, 0.5, nan]
    """
    if found.shape != labels.shape:
        raise ShapeError(f"found and labels count the same images, they are {found.shape} and {labels.shape}")
    right = np.bincount(labels[found == labels], minlength=classes).astype(np.float64)
    count = np.bincount(labels, minlength=classes)
    return np.divide(right, count, out=np.full(classes, np.nan), where=count > 0)


def average_precision(scores: NDArray[np.floating], truth: NDArray[np.integer]) -> float:
    """The average precision of one class as PASCAL VOC defines it since 2010; NaN without an image of the class.

    The area under the curve of precision against recall over all images ranked by score, after precision was made to
    fall with recall: at each recall the largest precision at that recall or a higher one.

    truth: 1 the class is there, -1 it is not, 0 it is difficult: such images are left out of the ranking. Images of
    equal score are taken together, so that their order in the file decides nothing.

    >>> average_precision(np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, -1, 1, 0]))  # 1/2 * 1 + 1/2 * 2/3
    0.8333333333333333
    """
    if scores.shape != truth.shape:
        raise ShapeError(f"scores and truth count the same images, they are {scores.shape} and {truth.shape}")
    scores, positive = scores[truth != 0], truth[truth != 0] > 0
    if not positive.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(positive[order])
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # the last of each group of equal scores
    precision, recall = hits[last] / (last + 1), hits[last] / hits[-1]
    highest = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0.0) * highest).sum())


def average_precisions(scores: NDArray[np.floating], truth: NDArray[np.integer]) -> NDArray[np.float64]:
    """The average precision (classes,) of each column of scores and truth (n, classes)."""
    return np.array([average_precision(s, t) for s, t in zip(scores.T, truth.T, strict=True)])


__all__ = ["average_precision", "average_precisions", "class_accuracies"]
