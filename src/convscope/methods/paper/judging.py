"""What follows from what was measured of a claim, in the network and beside it in others with random weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from convscope.methods.paper.table import LEVEL, ClaimSide
from convscope.shown import brief

ClaimVerdict = Literal["agrees", "agrees, and so does a random network", "disagrees", "cannot tell", "needs"]
ClaimHeld = Literal["yes", "no", "open"]

VERDICTS: dict[ClaimVerdict, str] = {
    "agrees": "the network shows what the paper claims",
    "agrees, and so does a random network": "it does, and so does its architecture without training",
    "disagrees": "the network shows that it is not so",
    "cannot tell": "the sample is too small, or the interval holds the margin",
    "needs": "something is missing that this claim is about",
}


@brief
@dataclass(frozen=True)
class MeasuredClaim:
    """A statistic: its value, its interval (NaN where it has none), and of how many it is.

    p: of a test that has to hold as well, None for none. lacking: why nothing can be said of it, "" where something
    can.
    """

    value: float
    low: float
    high: float
    count: int
    p: float | None = None
    lacking: str = ""


def held(found: MeasuredClaim, direction: ClaimSide, margin: float) -> ClaimHeld:
    """Whether a claim holds, fails or stays open, where the sample is large enough.

    An interval that only touches the margin is on neither side. Without an interval, the p-value decides alone.

    >>> held(MeasuredClaim(0.3, 0.2, 0.4, 9), "above", 0.1), held(MeasuredClaim(0.3, 0.2, 0.4, 9), "below", 0.1)
    ('yes', 'no')
    >>> held(MeasuredClaim(0.3, 0.0, 0.4, 9), "above", 0.1), held(MeasuredClaim(0.3, 0.2, 0.4, 9, p=0.2), "above", 0.1)
    ('open', 'open')
    """
    if found.lacking or not np.isfinite(found.value):
        return "open"
    sign = 1.0 if direction == "above" else -1.0
    ends = sorted((sign * found.low, sign * found.high))
    if not np.isfinite(ends).all():
        if found.p is None:
            return "open"
        ends = [sign * found.value] * 2
    if ends[0] > sign * margin:
        return "yes" if found.p is None or found.p <= LEVEL else "open"
    return "no" if ends[1] < sign * margin else "open"


def claim_verdict(
    found: MeasuredClaim | None, random: Sequence[MeasuredClaim], *, direction: ClaimSide, margin: float, least: int
) -> ClaimVerdict:
    """What follows; found: None where something is missing. random: of every seed of random weights, () for none.

    >>> strong, weak = MeasuredClaim(0.3, 0.2, 0.4, 9), MeasuredClaim(0.0, -0.1, 0.1, 9)
    >>> claim_verdict(strong, [weak, strong, weak], direction="above", margin=0.1, least=8)
    'agrees'
    >>> claim_verdict(strong, [strong, strong, weak], direction="above", margin=0.1, least=8)
    'agrees, and so does a random network'
    """
    if found is None:
        return "needs"
    if found.count < least:
        return "cannot tell"
    said = held(found, direction, margin)
    if said == "open":
        return "cannot tell"
    if said == "no":
        return "disagrees"
    too = sum(one.count >= least and held(one, direction, margin) == "yes" for one in random)
    return "agrees, and so does a random network" if 2 * too > len(random) else "agrees"


__all__ = ["VERDICTS", "ClaimHeld", "MeasuredClaim", "ClaimVerdict", "held", "claim_verdict"]
