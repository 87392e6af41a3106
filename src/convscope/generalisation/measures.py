"""How good a classifier is: the mean of per-class accuracies, and PASCAL VOC's average precision.

Either has a standard deviation over the images that it is judged by, as they could have been others of the same kind.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ShapeError

_DRAWS = 300  # of images, for the deviation of average precisions


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


def accuracy_deviation(by_class: NDArray[np.floating], counts: NDArray[np.integer]) -> float:
    """The standard deviation of the mean of accuracies (classes,), over images within their classes; 0 where all alike.

    Shares of `counts` (classes,) images each are binomial; their variance is estimated without bias, and that of a
    class with a single image, which shows none, is the largest that there is. Classes without images do not count.

    >>> accuracy_deviation(np.array([0.5, 1.0]), np.array([5, 5]))
    0.125
    """
    known = counts > 0
    share, count = by_class[known], counts[known]
    variance = np.where(count > 1, share * (1 - share) / np.maximum(count - 1, 1), 0.25)
    return float(np.sqrt(variance.sum()) / max(len(share), 1))


def precision_deviation(scores: NDArray[np.floating], truth: NDArray[np.integer], *, seed: int = 0) -> float:
    """The standard deviation of the mean average precision of scores and truth (n, classes), over images drawn again.

    NaN without a class that has an image. A draw in which a class has none leaves it out of its mean.
    """
    often = np.random.default_rng(seed).multinomial(len(scores), np.full(len(scores), 1 / len(scores)), _DRAWS)
    columns = [_weighted_precision(s, t, often) for s, t in zip(scores.T, truth.T, strict=True)]
    found = np.stack(columns, 1) if columns else np.full((_DRAWS, 1), np.nan)
    known = ~np.isnan(found)
    mean = np.where(known, found, 0).sum(1)[known.any(1)] / known.sum(1)[known.any(1)]
    return float(mean.std(ddof=1)) if len(mean) > 1 else float("nan")


def _weighted_precision(
    scores: NDArray[np.floating], truth: NDArray[np.integer], often: NDArray[np.integer]
) -> NDArray[np.float64]:
    """`average_precision` where each image is there as `often` (draws, n) as it says; NaN without one of the class."""
    counted = truth != 0
    order = np.argsort(-scores[counted], kind="stable")
    ranked, positive = scores[counted][order], (truth[counted] > 0)[order]
    weights = often[:, counted][:, order].astype(np.float64)
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(ranked) else np.zeros(0, np.int64)
    hits, seen = (weights * positive).cumsum(1)[:, last], weights.cumsum(1)[:, last]
    total = (weights * positive).sum(1)
    precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
    recall = np.divide(hits, total[:, None], out=np.zeros_like(hits), where=total[:, None] > 0)
    highest = np.maximum.accumulate(precision[:, ::-1], 1)[:, ::-1]
    return np.where(total > 0, (np.diff(recall, prepend=0.0) * highest).sum(1), np.nan)


__all__ = ["accuracy_deviation", "average_precision", "average_precisions", "class_accuracies", "precision_deviation"]
