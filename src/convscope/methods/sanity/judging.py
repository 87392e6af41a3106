"""What deletion says: margins of a projection over its controls, their intervals, and a verdict in words.

A margin is the control's area of deletion less the projection's: above zero where covering what the projection marks
makes the unit fall faster. A projection says something about its unit if it beats every control under every fill: that
is one test, of the worst of them, and needs no correction within (an intersection-union test, Berger 1982). Cases share
units and images, so both are resampled: a unit or an image that is drawn twice counts twice in all of its cases (the
pigeonhole bootstrap, Owen 2007, which errs on the wide side).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from convscope.shown import brief

Verdict = Literal["what", "where, not what", "neither", "cannot tell"]
LEVEL = 0.05
"""Of all tests."""

FEWEST_UNITS, FEWEST_IMAGES = 4, 10
"""Fewer do not say anything of a layer."""

CLAIM = 20
"""Images that a claim about a single unit needs."""

RESAMPLES = 2000
_FLIPS = 4999
_MOST = 200_000  # weights of cases that are held together

MEANING: dict[Verdict, str] = {
    "what": "projections say something about their unit: they beat every control under every fill",
    "where, not what": "projections say where, not what: they beat chance, but not the best control under every fill",
    "neither": "projections do not even say where: they do not beat chance under every fill",
    "cannot tell": f"fewer than {FEWEST_UNITS} units or {FEWEST_IMAGES} images",
}


@brief
@dataclass(frozen=True, eq=False)
class Margins:
    """Of every fill and control: the mean margin over cases, its interval, and how often resampling finds none.

    mean, low, high, p: f64 (fills, controls); p is the share of resamplings whose mean is not above zero. Of cases that
    are no numbers the interval is none either, and p is 1.
    """

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    p: NDArray[np.float64]


def margins(
    differences: NDArray[np.float64],
    units: NDArray[np.int64],
    images: NDArray[np.int64],
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> Margins:
    """The margins of cases, (n, fills, controls), by resampling their units (n,) and images (n,) both."""
    generator, count = np.random.default_rng(seed), len(differences)
    flat = differences.reshape(count, -1)
    unit, image = (np.unique(one, return_inverse=True)[1].reshape(-1) for one in (units, images))
    means, at_once = [], max(1, _MOST // max(count, 1))
    for first in range(0, RESAMPLES, at_once):
        some = min(at_once, RESAMPLES - first)
        weights = _drawn(unit, some, generator)[:, unit] * _drawn(image, some, generator)[:, image]
        total = weights.sum(1, keepdims=True)
        means.append(np.divide(weights @ flat, total, out=np.full((some, flat.shape[1]), np.nan), where=total > 0))
    found = np.concatenate(means)
    found = found[~np.isnan(found).any(1)]
    tail = 100 * (1 - confidence) / 2
    nothing = np.full((2, flat.shape[1]), np.nan)
    low, high = np.percentile(found, [tail, 100 - tail], axis=0) if len(found) else nothing
    p = (1 + (found <= 0).sum(0)) / (1 + len(found))
    shape = differences.shape[1:]
    return Margins(flat.mean(0).reshape(shape), low.reshape(shape), high.reshape(shape), p.reshape(shape))


def _drawn(groups: NDArray[np.int64], count: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """How often each group is drawn (count, groups), with replacement, as many as there are."""
    size = int(groups.max(initial=-1)) + 1
    return generator.multinomial(size, np.full(size, 1 / size), count).astype(np.float64)


def layer_verdict(p_every: float, p_chance: float, *, units: int, images: int) -> Verdict:
    """What follows from the p-values against the worst of all controls, and against chance alone."""
    if units < FEWEST_UNITS or images < FEWEST_IMAGES:
        return "cannot tell"
    if p_every <= LEVEL:
        return "what"
    return "where, not what" if p_chance <= LEVEL else "neither"


def unit_p(differences: NDArray[np.float64], *, seed: int = 0) -> float:
    """The p-value of one unit's cases (n, fills, controls), paired: of the worst control and fill.

    By flipping signs: of a margin that is none, every case's sign is as likely the other one.
    """
    flat = differences.reshape(len(differences), -1)
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), (_FLIPS, len(flat)))
    worst = (1 + ((signs @ flat) >= flat.sum(0) - 1e-12 * np.abs(flat).sum(0)).sum(0)) / (1 + _FLIPS)
    return float(worst.max())


__all__ = [
    "CLAIM", "LEVEL", "MEANING", "Margins", "Verdict", "layer_verdict", "margins", "unit_p",
]  # fmt: skip
