"""Intervals that fit what is measured: shares of images, differences over the same images, means over two things drawn.

All hold 95 %, unless asked for another. Wilson's is for a share of images. Two answers to the same images are paired:
only images on which they differ count (Agresti & Min 2005 for the interval, McNemar's exact test). What is measured on
the same images several times, of several trainings say, is drawn again by both: an image that is drawn twice counts
twice in every training (the pigeonhole bootstrap, Owen 2007, which errs on the wide side). All else is drawn again by
what it is of. The ends of draws of few things lie too close together: `tail` says how far out they are to be taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, permutations
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from convscope.methods.student import quantile
from convscope.shown import brief

DRAWS = 1000
"""Draws behind an interval."""
_AT_ONCE = 1 << 22  # weights that are looked at together
_Z = 1.959963984540054  # of the normal distribution, 97.5 % below
_ORDERED = 8  # layers whose orders are all tried; of more, so many as these have are drawn

Doubles = NDArray[np.float64]
Weighted = Callable[[Doubles], Doubles]
"""A measure (d, ...) for weights (d, n) of what is drawn, NaN where it cannot be told."""


def wilson(hits: float, count: float, *, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a share; NaN of nothing.

    >>> [round(end, 4) for end in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if not count:
        return math.nan, math.nan
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, z2 = hits / count, z**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    reach = z / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def around(mean: float, deviation: float) -> tuple[float, float]:
    """The interval of a mean whose standard deviation is known, 95 %; NaN where that is none.

    >>> [round(end, 2) for end in around(0.5, 0.1)]
    [0.3, 0.7]
    """
    reach = _Z * deviation if deviation > 0 else math.nan
    return mean - reach, mean + reach


@cache
def tail(count: int, confidence: float = 0.95) -> float:
    """The share of draws of `count` things that are beyond either end of an interval of their mean.

    Less than (1 - confidence) / 2: draws vary by the things' own variance, which is too small by (n - 1) / n and not
    known, so that of five things a plain percentile interval is two thirds as wide as Student's. Ends taken this far
    out are as wide as his where draws are normal, and go on leaning to the side that draws lean to (Hesterberg 2015,
    expanded percentiles).

    >>> [round(tail(count), 5) for count in (5, 15, 40, 10000)]
    [0.00095, 0.01321, 0.02026, 0.02498]
    """
    if count < 2:
        return 0.0
    reach = math.sqrt(count / (count - 1)) * quantile(confidence, count - 1)
    return NormalDist().cdf(-reach)


@brief
@dataclass(frozen=True)
class Paired:
    """By how much more often one answer is right than another, to the same images, and the p-value of no difference."""

    difference: float
    low: float
    high: float
    p: float


def paired(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> Paired:
    """How much more often `one` (n,) is right than `other` (n,), of the same images; NaN of none.

    Half an image is added to each of the four cells (Agresti & Min 2005); p is McNemar's exact, two-sided.

    >>> found = paired(np.array([True] * 9 + [False]), np.array([True] * 4 + [False] * 6))
    >>> round(found.difference, 2), round(found.low, 2), round(found.high, 2), found.p
    (0.5, 0.09, 0.74, 0.0625)
    """
    if not len(one):
        return Paired(math.nan, math.nan, math.nan, math.nan)
    gained, lost = int((one & ~other).sum()), int((other & ~one).sum())
    count, more, less = len(one) + 2, gained + 0.5, lost + 0.5
    middle = (more - less) / count
    reach = _Z * math.sqrt(more + less - (more - less) ** 2 / count) / count
    return Paired((gained - lost) / len(one), middle - reach, middle + reach, _sign_test(gained, lost))


def _sign_test(gained: int, lost: int) -> float:
    """How likely it is that coins fall as unevenly, or more so."""
    tosses = gained + lost
    logs = [math.lgamma(tosses + 1) - math.lgamma(k + 1) - math.lgamma(tosses - k + 1) for k in range(tosses + 1)]
    tail = math.fsum(math.exp(logs[k] - tosses * math.log(2)) for k in range(min(gained, lost) + 1))
    return min(1.0, round(2 * tail, 12))


def drawn(count: int, ask: Weighted, *, draws: int = DRAWS, seed: int = 0) -> tuple[Doubles, Doubles, Doubles]:
    """A measure of all that is drawn, and the ends of its interval over draws; draws that give NaN are left out."""
    generator, found = np.random.default_rng(seed), []
    step = max(1, _AT_ONCE // max(count, 1))
    for first in range(0, draws, step):
        some = min(step, draws - first)
        found.append(ask(generator.multinomial(count, np.full(count, 1 / count), some).astype(np.float64)))
    table, own = np.concatenate(found), ask(np.ones((1, count)))[0]
    columns = [_ends(column) for column in table.reshape(draws, -1).T]
    low, high = (np.array(end).reshape(np.shape(own)) for end in zip(*columns, strict=True))
    return own, low, high


def _ends(column: Doubles) -> tuple[float, float]:
    known = column[~np.isnan(column)]
    if not len(known):
        return math.nan, math.nan
    low, high = np.quantile(known, (0.025, 0.975))
    return float(low), float(high)


def means(values: Doubles) -> tuple[Doubles, Doubles]:
    """The ends (...,) of the interval of the mean over the first axis of values (n, ...); NaN where it has no width."""
    if not len(values):
        nothing = np.full(values.shape[1:], math.nan)
        return nothing, nothing
    _, low, high = drawn(len(values), lambda weights: np.tensordot(weights, values, 1) / len(values))
    return np.where(low < high, low, math.nan), np.where(low < high, high, math.nan)


def crossed(table: Doubles, *, draws: int = DRAWS, seed: int = 0) -> tuple[float, float]:
    """The ends of the interval of the mean of a table (m, n), whose rows and columns both are drawn again.

    NaN where it has no width, as that of a table of equal numbers. Of one row, columns alone are drawn.
    """
    generator = np.random.default_rng(seed)
    rows, columns = (
        generator.multinomial(size, np.full(size, 1 / size), draws).astype(np.float64) for size in table.shape
    )
    found = ((rows @ table) * columns).sum(1) / table.size
    low, high = np.quantile(found, (0.025, 0.975)).tolist()
    return (low, high) if low < high else (math.nan, math.nan)


# -- over layers ------------------------------------------------------------------------------------------------------
def tau(values: Sequence[float]) -> float:
    """Kendall's tau-b of numbers with their order: 1 where they rise, -1 where they fall; NaN where all are equal.

    >>> tau([1, 2, 3]), tau([3, 2, 1]), round(tau([1, 1, 2]), 4)
    (1.0, -1.0, 0.8165)
    """
    signs = [np.sign(b - a) for a, b in combinations(values, 2)]
    untied = sum(sign != 0 for sign in signs)
    return float(sum(signs) / math.sqrt(untied * len(signs))) if untied else math.nan


def rising_p(values: Sequence[float], *, seed: int = 0) -> float:
    """How many of all orders of some numbers rise as much, by `tau`, or more; NaN where all are equal.

    >>> rising_p([1, 2, 3, 4]) == 1 / 24, rising_p([2, 1])
    (True, 1.0)
    """
    own, numbers = tau(values), np.asarray(values, np.float64)
    if math.isnan(own):
        return math.nan
    if len(numbers) <= _ORDERED:
        orders, more = np.array(list(permutations(range(len(numbers))))), 0
    else:
        generator, more = np.random.default_rng(seed), 1  # the order that there is counts as one of them
        orders = np.array([generator.permutation(len(numbers)) for _ in range(math.factorial(_ORDERED) - 1)])
    first, second = np.array(list(combinations(range(len(numbers)), 2))).T
    shuffled = numbers[orders]
    scores = np.sign(shuffled[:, second] - shuffled[:, first]).sum(1)
    reached = int((scores >= np.sign(numbers[second] - numbers[first]).sum()).sum())
    return (more + reached) / (more + len(orders))


__all__ = [
    "DRAWS", "Doubles", "Paired", "Weighted", "around", "crossed", "drawn", "means", "paired", "rising_p", "tail",
    "tau", "wilson",
]  # fmt: skip
