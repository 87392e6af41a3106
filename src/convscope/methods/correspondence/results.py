"""What is said of a part at a layer: how alike it is, its rank among other places, and what follows from that.

A rank among places is no permutation test: no labels are exchanged. It says how many other places of the objects do as
well. Masks that are close together do much the same, so what it can say is bounded by how many places there are that
share nothing: below 20 it says nothing at a level of 0.05, however many sets are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Literal

import numpy as np

from convscope.methods.corrections import holm
from convscope.methods.correspondence.agreement import Pairs, Shares, bootstrap, rank_among_places, rank_test
from convscope.shown import brief

Counted = Literal["all", "changed"]
PartVerdict = Literal["yes", "untrained too", "no", "cannot tell"]

LEVEL = 0.05
"""Of all tests."""

FEWEST_PLACES = 20
"""Disjoint places that a rank among them needs."""

MEANING: dict[PartVerdict, str] = {
    "yes": "covering it changes features more alike than covering other places of the object does, and does not where "
    "the weights are random",
    "untrained too": "so it does with random weights, so it is no finding about what was learned",
    "no": "covering other places of the object changes features as much alike",
    "cannot tell": f"fewer than {FEWEST_PLACES} disjoint places to compare it with, or too few of them or of draws for "
    "any rank to be a finding once it is corrected",
}


@brief
@dataclass(frozen=True)
class PartResult:
    """One part at one layer, over all pairs of the n images that show it.

    mean: the share of features whose signs differ, over all pairs; deviation: its standard deviation over pairs; low,
    high: its bootstrap interval over images; total: Delta itself, the sum over ordered pairs of numbers of features.
    changed: the share of features that a cover changes; among_changed: as `mean`, of those that change in either image;
    low_among_changed, high_among_changed: its interval.

    aligned and so on: the same of sets of masks of the same sizes at the same relative place of all objects; their
    interval is that of the sets. None where no place is off the parts in all of them. disjoint: how many such places
    share nothing. floor: the least rank that these places allow, about 1 / (1 + disjoint): sets are drawn among places,
    and are no evidence beyond them. aligned_p: the part's rank among the places, never below it;
    aligned_p_among_changed: by that measure; corrected, corrected_among_changed: these over all parts, layers and
    measures. untrained_p and so on: with random weights, the
    median over their seeds; None where none were asked for. verdict and so on: what follows, see `MEANING`.

    random and so on, p: the same of the paper's masks, which are drawn in every image anew.
    """

    layer: str
    part: str
    images: int
    features: int
    mean: float
    deviation: float
    low: float
    high: float
    total: int
    changed: float
    among_changed: float
    low_among_changed: float | None
    high_among_changed: float | None
    aligned: float | None
    aligned_deviation: float | None
    aligned_low: float | None
    aligned_high: float | None
    aligned_changed: float | None
    aligned_among_changed: float | None
    disjoint: int
    floor: float | None
    aligned_p: float | None
    aligned_p_among_changed: float | None
    corrected: float | None
    corrected_among_changed: float | None
    untrained_p: float | None
    untrained_p_among_changed: float | None
    verdict: PartVerdict
    verdict_among_changed: PartVerdict
    random: float
    random_deviation: float
    random_low: float
    random_high: float
    random_changed: float
    random_among_changed: float
    p: float
    p_among_changed: float

    def rank(self, counted: Counted) -> float | None:
        """Its rank among aligned masks by a measure."""
        return self.aligned_p if counted == "all" else self.aligned_p_among_changed


@brief
@dataclass(frozen=True)
class UntrainedResult:
    """The same part, layer and aligned masks in the network with random weights of a seed: shares and ranks."""

    seed: int
    layer: str
    part: str
    mean: float
    among_changed: float
    aligned: float | None
    aligned_among_changed: float | None
    aligned_p: float | None
    aligned_p_among_changed: float | None


def share_summary(sets: Shares | None, features: int, tail: float) -> dict[str, Any]:
    """What a table says of many sets; None for all of it where there are none."""
    names = ("", "_deviation", "_low", "_high", "_changed", "_among_changed")
    if sets is None:
        return dict.fromkeys(names)
    means, among = sets.means, sets.among
    values = (
        float(means.mean()),
        float(means.std(ddof=1)) if len(means) > 1 else 0.0,
        float(np.percentile(means, tail)),
        float(np.percentile(means, 100 - tail)),
        float(sets.changed.mean() / features),
        float(np.nan_to_num(np.nanmean(among) if np.isfinite(among).any() else 0.0)),
    )
    return dict(zip(names, values, strict=True))


def ranks(own: Shares, sets: Shares) -> tuple[float, float]:
    """The rank of a part's own set among others, by both measures."""
    return rank_test(own.means[0], sets.means), rank_test(own.among[0], sets.among)


def place_ranks(own: Shares, sets: Shares | None, disjoint: int) -> tuple[float | None, float | None]:
    """The same among the places that aligned sets are drawn from; None where there is none."""
    if sets is None:
        return None, None
    every, among = ranks(own, sets)
    return rank_among_places(every, disjoint), rank_among_places(among, disjoint)


@dataclass(frozen=True, eq=False)
class ComparedPart:
    """Of a part at a layer: its pairs of images, and the shares of its own set, of the paper's and of aligned masks."""

    pairs: Pairs
    own: Shares
    paper: Shares
    aligned: Shares | None


def part_result(
    key: tuple[str, str], found: ComparedPart, *, disjoint: int, confidence: float, generator: np.random.Generator
) -> PartResult:
    """What is said of a layer and part, not judged yet."""
    pairs, own, aligned = found.pairs, found.own, found.aligned
    n, f = pairs.differ.shape[1], pairs.features
    off, tail = ~np.eye(n, dtype=bool), 100 * (1 - confidence) / 2
    (low, high), among = bootstrap(
        pairs.differ[0],
        [np.full((n, n), float(f)), pairs.either[0]],
        confidence=confidence,
        generator=generator,
    )
    p, p_changed = ranks(own, found.paper)
    aligned_p, aligned_changed_p = place_ranks(own, aligned, disjoint)
    return PartResult(
        layer=key[0],
        part=key[1],
        images=n,
        features=f,
        mean=float(own.means[0]),
        # Each pair stands there twice; the deviation is that of the unordered pairs.
        deviation=float((pairs.differ[0] / f)[np.triu_indices(n, 1)].std(ddof=1)) if n > 2 else 0.0,
        low=low,
        high=high,
        total=int(pairs.differ[0][off].sum()),
        changed=float(pairs.changed[0].mean() / f),
        among_changed=float(np.nan_to_num(own.among[0])),
        low_among_changed=among[0] if np.isfinite(among[0]) else None,
        high_among_changed=among[1] if np.isfinite(among[1]) else None,
        **{f"aligned{name}": value for name, value in share_summary(aligned, f, tail).items()},
        disjoint=disjoint,
        floor=None if aligned is None else rank_among_places(1 / (1 + len(aligned.means)), disjoint),
        aligned_p=aligned_p,
        aligned_p_among_changed=aligned_changed_p,
        corrected=None,
        corrected_among_changed=None,
        untrained_p=None,
        untrained_p_among_changed=None,
        verdict="cannot tell",
        verdict_among_changed="cannot tell",
        **{f"random{name}": value for name, value in share_summary(found.paper, f, tail).items()},
        p=p,
        p_among_changed=p_changed,
    )


def judged(
    results: Sequence[PartResult], untrained: Sequence[UntrainedResult], *, layer: str, counted: Counted
) -> tuple[PartResult, ...]:
    """The results with ranks corrected after Holm, those with random weights beside, and verdicts.

    The parts at the layer and by the measure that were named before looking are one family; all other ranks another.
    Where the least ranks that places and draws allow are no finding once they are corrected, nothing can be told.
    """
    asked = [(at, one) for at in range(len(results)) for one in ("all", "changed")]
    first = [key for key in asked if (results[key[0]].layer, key[1]) == (layer, counted)]
    corrected: dict[tuple[int, str], float | None] = dict.fromkeys(asked)
    least = dict.fromkeys(asked, 0.0)
    for family in (first, [key for key in asked if key not in first]):
        known = [(key, p) for key in family if (p := results[key[0]].rank(_counted(key[1]))) is not None]
        keys, floors = [key for key, _ in known], [results[at].floor or 0.0 for (at, _), _ in known]
        corrected |= dict(zip(keys, holm([p for _, p in known]), strict=True))
        least |= dict(zip(keys, holm(floors), strict=True))
    made = []
    for at, result in enumerate(results):
        beside = [one for one in untrained if (one.layer, one.part) == (result.layer, result.part)]
        every = _median([one.aligned_p for one in beside])
        among = _median([one.aligned_p_among_changed for one in beside])
        made.append(
            replace(
                result,
                corrected=corrected[at, "all"],
                corrected_among_changed=corrected[at, "changed"],
                untrained_p=every,
                untrained_p_among_changed=among,
                verdict=part_verdict(corrected[at, "all"], every, result.disjoint, least[at, "all"]),
                verdict_among_changed=part_verdict(
                    corrected[at, "changed"], among, result.disjoint, least[at, "changed"]
                ),
            )
        )
    return tuple(made)


def _counted(name: str) -> Counted:
    return "all" if name == "all" else "changed"


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def part_verdict(corrected: float | None, untrained: float | None, disjoint: int, least: float = 0.0) -> PartVerdict:
    """What follows from a corrected rank, the median one with random weights, how many places there are, and the least
    corrected rank that places and draws allow.

    >>> part_verdict(0.01, 0.4, 30), part_verdict(0.01, 0.02, 30)
    ('yes', 'untrained too')
    >>> part_verdict(0.2, 0.4, 30), part_verdict(0.01, 0.4, 12), part_verdict(0.5, 0.4, 30, 0.25)
    ('no', 'cannot tell', 'cannot tell')
    """
    if corrected is None or disjoint < FEWEST_PLACES or least > LEVEL:
        return "cannot tell"
    if corrected > LEVEL:
        return "no"
    return "untrained too" if untrained is not None and untrained <= LEVEL else "yes"


__all__ = [
    "FEWEST_PLACES", "LEVEL", "MEANING", "ComparedPart", "Counted", "PartResult", "PartVerdict", "UntrainedResult",
    "judged", "part_result", "place_ranks", "ranks", "share_summary", "part_verdict",
]  # fmt: skip
