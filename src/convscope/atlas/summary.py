"""What can be said of a layer's units from numbers alone: dead ones, classes they prefer, units that respond alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.atlas.alike import correlations
from convscope.shown import brief

_CLASSES = 5  # strongest classes to keep for a unit
_NEIGHBOURS = 12  # nearest units to keep for a unit
_BLOCK = 512  # units compared with all others together


@brief
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


@brief
@dataclass(frozen=True, eq=False)
class Neighbours:
    """The units of the same layer that respond most alike.

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
    index = class_index(means)
    best = means.argmax(axis=1)
    return ClassPreference(
        seen[order].astype(np.int32),
        np.take_along_axis(means, order, axis=1).astype(np.float32),
        index[np.arange(len(means)), best].astype(np.float32),
    )


def class_index(means: NDArray[np.floating]) -> NDArray[np.float64]:
    """How selective each unit is for each class, (C, classes), from class means of so many classes.

    (m - r) / (m + r) for the class's mean m and the mean r of all other classes'; negative means count as zero, and
    what is no number too. NaN for units that no class excites.

    >>> class_index(np.array([[0.0, 3.0, 1.0]])).round(3).tolist()
    [[-1.0, 0.714, -0.2]]
    """
    positive = np.maximum(np.nan_to_num(np.asarray(means, np.float64), nan=0.0), 0)
    rest = (positive.sum(axis=1, keepdims=True) - positive) / max(1, positive.shape[1] - 1)
    both = positive + rest
    return np.divide(positive - rest, both, out=np.full(positive.shape, np.nan), where=both > 0)


def neighbours(values: NDArray[np.floating]) -> Neighbours:
    """The units nearest to each unit of a layer by co-activation: the Pearson correlation of their strongest responses.

    values: (n, C) the strongest response of each unit in each of n images. Units that respond to all images alike, such
    as dead ones, have no neighbours and are nobody's; nor is a unit whose correlation is not above zero.

    >>> found = neighbours(np.array([[0.0, 0.0, 9.0], [1.0, 2.0, 4.0], [2.0, 4.0, 1.0]]))
    >>> found.units[:, 0].tolist(), found.statistic
    ([1, 0, -1], 'correlation of strongest responses in 3 images')
    """
    rows = correlations(values)
    count = len(rows)
    most = min(_NEIGHBOURS, count)
    units = np.full((count, most), -1, np.int32)
    similarity = np.zeros((count, most), np.float32)
    for first in range(0, count, _BLOCK):
        # Rounded, so that the order of equal similarities does not hang on the last bits of a product.
        found = np.round(rows[first : first + _BLOCK] @ rows.T, 6)
        own = np.arange(len(found))
        found[own, first + own] = -np.inf
        order = np.argsort(-found, axis=1, kind="stable")[:, :most]
        nearest = np.take_along_axis(found, order, axis=1)
        mine = slice(first, first + len(found))
        units[mine] = np.where(nearest > 0, order, -1)
        similarity[mine] = np.where(nearest > 0, nearest, 0)
    return Neighbours(units, similarity, f"correlation of strongest responses in {len(values)} images")
