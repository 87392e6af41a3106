"""The statistics of the paper's claims: arrays that methods found to one number, its interval and its sample.

Intervals draw again what the claim is about: images, units, seeds or folds; see `table.CLAIMS`. Of few images their
ends are taken further out, see `intervals.tail`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from convscope.methods.corrections import holm
from convscope.methods.intervals import rising_p, tail
from convscope.methods.paper.judging import MeasuredClaim
from convscope.methods.paper.table import CONFIDENCE
from convscope.methods.student import quantile

Doubles = NDArray[np.float64]

DRAWS = 4000
_BLOCK = 200


def resampled(table: Doubles, of: Callable[[Doubles], Doubles], *, seed: int = 0) -> MeasuredClaim:
    """What `of` makes of the column means of rows (n, k), with its interval by drawing rows again.

    of: means (draws, k) to numbers (draws,). Draws that make no number are left out.

    >>> resampled(np.array([[1.0], [3.0]]), lambda means: means[:, 0]).value
    2.0
    """
    count = len(table)
    if not count:
        return MeasuredClaim(np.nan, np.nan, np.nan, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(of(table.mean(0)[None])[0])
        if count < 2:
            return MeasuredClaim(value, np.nan, np.nan, count)
        often = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), DRAWS)
        drawn = of(often @ table / count)
    return MeasuredClaim(value, *_ends(drawn, tail(count, CONFIDENCE)), count)


def _ends(drawn: Doubles, beyond: float = (1 - CONFIDENCE) / 2) -> tuple[float, float]:
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return np.nan, np.nan
    low, high = np.quantile(known, [beyond, 1 - beyond])
    return float(low), float(high)


def student(values: Doubles) -> MeasuredClaim:
    """The mean of a few repetitions (n,), with its interval by Student's t.

    >>> found = student(np.array([1.0, 2.0, 3.0]))
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (2.0, -0.484, 4.484)
    """
    count, value = len(values), float(values.mean()) if len(values) else np.nan
    if count < 2:
        return MeasuredClaim(value, np.nan, np.nan, count)
    reach = quantile(CONFIDENCE, count - 1) * float(values.std(ddof=1)) / math.sqrt(count)
    return MeasuredClaim(value, value - reach, value + reach, count)


# -- claims -----------------------------------------------------------------------------------------------------------
def invariance_gain(early: Doubles, late: Doubles, *, seed: int = 0) -> MeasuredClaim:
    """One less the late layer's mean distance over the early one's, of images' distances (n,) each.

    >>> invariance_gain(np.array([1.0, 0.8]), np.array([0.3, 0.6])).value
    0.5
    """
    known = np.isfinite(early) & np.isfinite(late)
    return resampled(np.stack([early, late], 1)[known], lambda means: 1 - means[:, 1] / means[:, 0], seed=seed)


def parts_alike(
    own: Sequence[tuple[float, float, float]],
    elsewhere: Sequence[float],
    p: Sequence[float],
    *,
    images: int,
    corrected: bool,
) -> MeasuredClaim:
    """One less the share of signs that differ over that elsewhere, the mean of parts.

    own: of every part its share, and the ends of its interval; NaN for none. p: the parts' ranks; the largest counts,
    after correcting for how many there are where they are not `corrected` yet.

    >>> parts_alike([(0.06, 0.05, 0.07), (0.08, 0.08, 0.08)], [0.1, 0.1], [0.01, 0.03], images=9, corrected=False)
    <MeasuredClaim: value 0.3, low 0.25, high 0.35, count 9, p 0.03, lacking ''>
    """
    found = np.asarray(own, np.float64)
    gain = 1 - (found.T / np.asarray(elsewhere, np.float64)).mean(1)
    value, upper, lower = gain.tolist()  # of the lower share the larger gain
    return MeasuredClaim(value, lower, upper, images, max(p if corrected else holm(p)))


def more_than_elsewhere(before: Doubles, cost: Doubles, elsewhere: Doubles, *, seed: int = 0) -> MeasuredClaim:
    """What covering objects takes beyond what covering as much elsewhere does, over what there is; images (n,) each.

    >>> more_than_elsewhere(np.array([1.0, 3.0]), np.array([0.5, 2.5]), np.array([0.5, 0.5])).value
    0.5
    """
    table = np.stack([before, cost - elsewhere], 1)
    return resampled(table, lambda means: means[:, 1] / means[:, 0], seed=seed)


def later(settled: Sequence[NDArray[np.int64]], checkpoints: int, *, seed: int = 0) -> MeasuredClaim:
    """How much later units of the upper half of layers settle than of the lower half, as a share of the checkpoints.

    settled: of each layer, in the order of their depth, the number of the checkpoint where each unit settles; of an odd
    number of layers the middle one counts for neither. count: checkpoints. p: of all orders of the layers, the share
    whose means rise as much. Units of a layer learn together, so that the order is of layers, and fewer than four can
    never tell; the interval is of units, of this training alone.

    >>> later([np.array([0, 0]), np.array([4, 2])], 5).value
    0.75
    """
    half = len(settled) // 2
    if not half:
        return MeasuredClaim(
            np.nan, np.nan, np.nan, checkpoints, lacking="settling is compared over two layers or more"
        )
    low, high = (np.concatenate(some) / max(checkpoints - 1, 1) for some in (settled[:half], settled[-half:]))
    if not len(low) or not len(high):
        return MeasuredClaim(np.nan, np.nan, np.nan, checkpoints, lacking="no unit responds at the last checkpoint")
    generator, value = np.random.default_rng(seed), float(high.mean() - low.mean())
    drawn = _means(high, generator) - _means(low, generator)
    p = rising_p([float(one.mean()) for one in settled if len(one)], seed=seed)
    return MeasuredClaim(value, *_ends(drawn), checkpoints, 1.0 if math.isnan(p) else p)


def _means(values: Doubles, generator: np.random.Generator) -> Doubles:
    return generator.multinomial(len(values), np.full(len(values), 1 / len(values)), DRAWS) @ values / len(values)


def mean_of(values: Doubles, *, seed: int = 0) -> MeasuredClaim:
    """The mean of numbers (n,) with its interval by drawing them again."""
    return resampled(values[:, None], lambda means: means[:, 0], seed=seed)


def sections_together(base: Doubles, one: Doubles, other: Doubles, both: Doubles) -> MeasuredClaim:
    """What leaving out two sections costs beyond the larger of what either costs alone: errors of seeds (n,) each.

    >>> errors = [np.array([value, value]) for value in (0.25, 0.5, 0.375, 0.875)]
    >>> sections_together(*errors).value
    0.375
    """
    return student(both - base - np.maximum(one - base, other - base))


def together(right: NDArray[np.bool_], alone: NDArray[np.bool_], *, seed: int = 0) -> MeasuredClaim:
    """How many more images several networks answer rightly together (n,) than one of them (m, n) in the mean."""
    return mean_of(right.astype(np.float64) - alone.mean(0), seed=seed)


def least_margin(
    margins: Sequence[tuple[float, float, float]], p: Sequence[float], units: Sequence[int]
) -> MeasuredClaim:
    """The least of layers' margins with its interval, the largest of their p-values, and the fewest units."""
    at = int(np.argmin([one[0] for one in margins]))
    return MeasuredClaim(*margins[at], min(units), max(p))


def selectivity(table: Doubles, labels: NDArray[np.int64], half: NDArray[np.int64]) -> Doubles:
    """Of every unit how selective it is for a class, (a - b) / sum: see `table.CLAIMS`; NaN where it is silent.

    table: (n, units) the strongest response to each image, below zero counted as none; labels, half: (n,) the image's
    class, and 0 or 1. The best class is chosen on one half and judged on the other, both ways, and the two averaged.
    Of classes that could as well be exchanged with each other a - b is 0 in the mean, and the sum is the same for all
    exchanges: so, unlike (a - b) / (a + b), it has no bias of few images.

    >>> responses, labels = np.array([[4.0], [1.0], [4.0], [1.0]]), np.array([0, 1, 0, 1])
    >>> selectivity(responses, labels, np.array([0, 0, 1, 1])).tolist()
    [0.6]
    """
    means = [_class_means(np.maximum(table, 0), labels, half == side) for side in (0, 1)]
    units, found = np.arange(table.shape[1]), []
    for chosen, judged in (means, means[::-1]):
        best, total = judged[chosen.argmax(0), units], judged.sum(0)
        gain = best - (total - best) / (len(judged) - 1)
        found.append(np.divide(gain, total, out=np.full(len(units), np.nan), where=total > 0))
    return (found[0] + found[1]) / 2


def _class_means(table: Doubles, labels: NDArray[np.int64], some: NDArray[np.bool_]) -> Doubles:
    return np.stack([table[some & (labels == one)].mean(0) for one in np.unique(labels)])


def halves(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """In which half each image is: the images of a class go to one and the other in turn.

    >>> halves(np.array([0, 0, 1, 0, 1])).tolist()
    [0, 1, 0, 0, 1]
    """
    found, seen = np.zeros(len(labels), np.int64), dict[int, int]()
    for row, label in enumerate(labels.tolist()):
        found[row] = seen.get(label, 0) % 2
        seen[label] = seen.get(label, 0) + 1
    return found


def selectivity_gain(
    early: Doubles, late: Doubles, labels: NDArray[np.int64], *, draws: int = _BLOCK, seed: int = 0
) -> MeasuredClaim:
    """By how much late units (n, u) are more selective for classes than early ones (n, v); count: of the rarest class.

    The interval draws images again within each class and half, so that the halves stay apart, and units.
    """
    half, counts = halves(labels), np.unique(labels, return_counts=True)[1]
    if len(counts) < 2 or counts.min() < 2:
        return MeasuredClaim(
            np.nan, np.nan, np.nan, 0, lacking="selectivity takes two classes, of two images or more each"
        )
    generator, found = np.random.default_rng(seed), []
    groups = [np.flatnonzero((labels == one) & (half == side)) for one in np.unique(labels) for side in (0, 1)]
    for _ in range(draws):
        rows = np.concatenate([generator.choice(group, len(group)) for group in groups])
        sides = [selectivity(one[rows], labels[rows], half[rows]) for one in (late, early)]
        found.append(_drawn_mean(sides[0], generator) - _drawn_mean(sides[1], generator))
    value = _mean(selectivity(late, labels, half)) - _mean(selectivity(early, labels, half))
    return MeasuredClaim(value, *_ends(np.array(found)), int(counts.min()))


def _mean(values: Doubles) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan


def _drawn_mean(values: Doubles, generator: np.random.Generator) -> float:
    return _mean(values[generator.integers(0, len(values), len(values))])


__all__ = [
    "halves", "invariance_gain", "later", "least_margin", "mean_of", "more_than_elsewhere", "parts_alike", "resampled",
    "sections_together", "selectivity", "selectivity_gain", "student", "together",
]  # fmt: skip
