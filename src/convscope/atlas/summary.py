"""What can be said of a layer's units from a scan alone: dead ones, classes they prefer, units that respond together.

Everything here is computed from the k strongest responses and the statistics; nothing is run again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CLASSES = 5  # strongest classes to keep for a unit
_NEIGHBOURS = 12  # nearest units to keep for a unit
_ENOUGH_CLASSES = 8  # below this, a correlation over class means says little

CLASS_CORRELATION = "class-mean correlation"
"""Pearson correlation, over the classes, of two units' mean responses."""
SHARED_IMAGES = "shared strongest images"
"""Cosine of the sets of images among two units' k strongest responses: images shared / sqrt(sizes multiplied)."""


@dataclass(frozen=True, eq=False)
class ClassPreference:
    """The classes each unit responds to most.

    `top` (C, m) classes, strongest first, -1 where there are fewer; `mean` (C, m) the mean of their images' strongest
    responses; `selectivity` (C,) between 0 (all classes alike) and 1 (one class only), NaN for units that never
    respond.
    """

    top: NDArray[np.int32]
    mean: NDArray[np.float32]
    selectivity: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The units of the same layer that respond to the same images.

    `units` (C, m), nearest first, -1 where there are fewer; `similarity` (C, m); `statistic` says what was compared.
    """

    units: NDArray[np.int32]
    similarity: NDArray[np.float32]
    statistic: str


def dead_units(maximum: NDArray[np.floating], mean: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which units (C,) are zero at every position of every image.

    A unit whose maximum and mean are both zero has no value above zero, and then none below.

    >>> dead_units(np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.5])).tolist()
    [True, False, False]
    """
    return (maximum == 0) & (mean == 0)


def class_preference(
    class_mean: NDArray[np.floating] | None, class_count: NDArray[np.integer] | None
) -> ClassPreference | None:
    """The classes that each unit responds to most; None without labels, or with images of one class only.

    class_mean: (C, classes) mean, over a class's images, of the unit's strongest response in each. class_count:
    (classes,) images. Selectivity is (m - r) / (m + r) for the largest class mean m and the mean r of all other
    classes, after Morcos et al. 2018 (On the importance of single directions for generalization, section 2);
    negative means count as zero.

    >>> seen = class_preference(np.array([[0.0, 3.0, 1.0]]), np.array([5, 5, 5]))
    >>> seen.top.tolist(), f"{seen.selectivity[0]:.3f}"
    ([[1, 2, 0]], '0.714')
    """
    if class_mean is None or class_count is None or (class_count > 0).sum() < 2:
        return None
    seen = np.flatnonzero(class_count > 0)
    means = np.nan_to_num(np.asarray(class_mean, np.float64)[:, seen], nan=0.0)
    # Stable, so that equal means stay in the order of the classes.
    order = np.argsort(-means, axis=1, kind="stable")[:, :_CLASSES]
    positive = np.maximum(means, 0)
    largest = positive.max(axis=1)
    rest = (positive.sum(axis=1) - largest) / (len(seen) - 1)
    selectivity = np.divide(largest - rest, largest + rest, out=np.full(len(means), np.nan), where=largest > 0)
    return ClassPreference(
        seen[order].astype(np.int32),
        np.take_along_axis(means, order, axis=1).astype(np.float32),
        selectivity.astype(np.float32),
    )


def neighbours(
    images: NDArray[np.integer],
    values: NDArray[np.floating],
    class_mean: NDArray[np.floating] | None = None,
    class_count: NDArray[np.integer] | None = None,
) -> Neighbours:
    """The units nearest to each unit of a layer by co-activation over the collection.

    images, values: (C, k) the strongest responses, -1 where missing. With labels of enough classes the statistic is
    the correlation of class means, which every image takes part in; otherwise the overlap of the k strongest images.
    Units that never respond have no neighbours and are nobody's.
    """
    if class_mean is not None and class_count is not None and (class_count > 0).sum() >= _ENOUGH_CLASSES:
        rows = np.nan_to_num(np.asarray(class_mean, np.float64)[:, class_count > 0], nan=0.0)
        rows = rows - rows.mean(axis=1, keepdims=True)
        statistic = CLASS_CORRELATION
    else:
        rows = _membership(images, values)
        statistic = SHARED_IMAGES
    length = np.linalg.norm(rows, axis=1)
    rows = np.divide(rows, length[:, None], out=np.zeros_like(rows), where=length[:, None] > 0)
    # Rounded, so that the order of equal similarities does not hang on the last bits of a product.
    similarity = np.round(rows @ rows.T, 6)
    np.fill_diagonal(similarity, -np.inf)
    similarity[:, length == 0] = -np.inf
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :_NEIGHBOURS]
    nearest = np.take_along_axis(similarity, order, axis=1)
    kept = (nearest > 0) & (length > 0)[:, None]
    return Neighbours(
        np.where(kept, order, -1).astype(np.int32), np.where(kept, nearest, 0).astype(np.float32), statistic
    )


def _membership(images: NDArray[np.integer], values: NDArray[np.floating]) -> NDArray[np.float64]:
    """(C, distinct images) 1 where the image is among the unit's strongest and its response is not zero."""
    counts = (images >= 0) & (values != 0)
    distinct, place = np.unique(images, return_inverse=True)
    rows = np.zeros((len(images), len(distinct)))
    units, ranks = np.nonzero(counts)
    rows[units, place.reshape(images.shape)[units, ranks]] = 1
    return rows
