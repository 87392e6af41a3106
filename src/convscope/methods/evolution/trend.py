"""Do later layers settle later? A test over the layers of a training, and how sure it is of its units.

What a unit settles at is the epoch of the first checkpoint from which on its responses are those it has in the end; one
that does so at the last checkpoint was still changing, and may settle later than that. Layers are what is ordered: of a
layer's units, which learn together, none is evidence of its own, so the test is over the orders of layers, and few
layers have few orders.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convscope.methods.intervals import DRAWS, Doubles, means, rising_p, tau
from convscope.shown import brief

LEVEL = 0.05


@brief
@dataclass(frozen=True)
class SettledUnits:
    """The mean epoch that a layer's units settle at, its interval over units (NaN where all do at once), and how many
    units there are; NaN without a unit that counts.
    """

    layer: str
    mean: float
    low: float
    high: float
    units: int


@brief
@dataclass(frozen=True)
class SettlingTrend:
    """Whether later layers settle later.

    tau: Kendall's rank correlation of depth and the layers' mean epochs. low, high: its interval of 95 % over units. p:
    the share of all orders of the layers that rise as much; floor: the least that there could be. layers: how many.
    """

    tau: float
    low: float
    high: float
    p: float
    floor: float
    layers: int

    @property
    def said(self) -> str:
        """It in a sentence."""
        if self.layers < 2:
            return "one layer has no trend"
        if math.isnan(self.tau):
            return "all layers settle at the same time"
        numbers = f"Kendall's tau {self.tau:+.2f}"
        numbers += "" if math.isnan(self.low) else f", {self.low:+.2f} to {self.high:+.2f} over units"
        numbers += f", p {self.p:.3g} over the orders of {self.layers} layers"
        if self.floor > LEVEL:
            return f"whether later layers settle later cannot be told of so few ({numbers}, {self.floor:.3g} at least)"
        verdict = "later layers settle later" if self.p <= LEVEL else "later layers are not seen to settle later"
        return f"{verdict} ({numbers})"


def settled_at(layer: str, epochs: Doubles) -> SettledUnits:
    """The mean of the epochs (units,) that a layer's units settle at."""
    if not len(epochs):
        return SettledUnits(layer, math.nan, math.nan, math.nan, 0)
    low, high = means(epochs)
    return SettledUnits(layer, float(epochs.mean()), float(low), float(high), len(epochs))


def trend(epochs: Sequence[Doubles], *, seed: int = 0) -> SettlingTrend:
    """The trend of layers in the order of depth, from the epochs (units,) that the units of each settle at.

    Layers without a unit that counts are left out.

    >>> found = trend([np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([5.0]), np.array([9.0, 8.0])])
    >>> found.tau, found.p == 1 / 24, found.said.partition(" (")[0]
    (1.0, True, 'later layers settle later')
    """
    known = [one for one in epochs if len(one)]
    generator = np.random.default_rng(seed)
    again = [one[generator.integers(len(one), size=(DRAWS, len(one)))].mean(1) for one in known]
    found = np.array([tau(row) for row in np.stack(again, 1).tolist()]) if len(known) > 1 else np.zeros(0)
    found = found[~np.isnan(found)]
    low, high = np.quantile(found, (0.025, 0.975)).tolist() if len(found) else (math.nan, math.nan)
    centres = [float(one.mean()) for one in known]
    if not low < high:
        low, high = math.nan, math.nan
    own = tau(centres) if len(known) > 1 else math.nan
    p = rising_p(centres, seed=seed) if len(known) > 1 else math.nan
    return SettlingTrend(own, low, high, p, 1 / math.factorial(min(len(known), 8)), len(known))


__all__ = ["SettledUnits", "SettlingTrend", "settled_at", "trend"]
