"""What is known of a layer's pictures under one rule, and the verdict on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convscope.methods.sanity.cases import SanityCases
from convscope.methods.sanity.covering import FILLS, Filling
from convscope.methods.sanity.judging import CLAIM, Margins, Verdict, layer_verdict, margins, unit_p
from convscope.methods.sanity.looking import Cascade, LookedCases
from convscope.methods.sanity.orders import CONTROLS, Order
from convscope.shown import brief


@brief
@dataclass(frozen=True, eq=False)
class LayerSanity:
    """What was found of a layer under a rule. deletion and insertion are margins over controls; see `Margins`."""

    layer: str
    rule: str
    cases: SanityCases
    looked: LookedCases
    cascade: Cascade
    deletion: Margins
    insertion: Margins

    @classmethod
    def of(
        cls,
        layer: str,
        rule: str,
        cases: SanityCases,
        looked: LookedCases,
        cascade: Cascade,
        *,
        confidence: float,
        seed: int,
    ) -> LayerSanity:
        """The margins of what was looked at: by how much less area deletion leaves, and by how much more insertion."""
        shared = {"units": cases.unit, "images": cases.image, "confidence": confidence, "seed": seed}
        falls = margins(looked.deletion[:, :, 1:] - looked.deletion[:, :, :1], **shared)
        rises = margins(looked.insertion[:, :, :1] - looked.insertion[:, :, 1:], **shared)
        return cls(layer, rule, cases, looked, cascade, falls, rises)

    @property
    def units(self) -> int:
        """How many units were looked at."""
        return len(np.unique(self.cases.unit))

    @property
    def images(self) -> int:
        """How many images they were looked at on."""
        return len(np.unique(self.cases.image))

    @property
    def worst(self) -> tuple[Filling, Order]:
        """The fill and the control that are hardest to beat: those of the largest p-value, then of the least margin."""
        at = np.lexsort((self.deletion.mean.ravel(), -self.deletion.p.ravel()))[0]
        fill, control = np.unravel_index(at, self.deletion.p.shape)
        return FILLS[int(fill)], CONTROLS[int(control)]

    @property
    def margin(self) -> tuple[float, float, float]:
        """The mean margin over the hardest control under the hardest fill, see `worst`, and its interval."""
        fill, control = self.worst
        at, found = (FILLS.index(fill), CONTROLS.index(control)), self.deletion
        return float(found.mean[at]), float(found.low[at]), float(found.high[at])

    def p_every(self, fills: Sequence[Filling] = FILLS) -> float:
        """The p-value of the worst control under these fills: whether projections beat all of them."""
        return float(self.deletion.p[[FILLS.index(fill) for fill in fills]].max())

    def p_chance(self, fills: Sequence[Filling] = FILLS) -> float:
        """The same against tiles in an order of chance alone."""
        return float(self.deletion.p[[FILLS.index(fill) for fill in fills], CONTROLS.index("random")].max())

    def verdict(self, p_every: float, p_chance: float) -> Verdict:
        """What follows from p-values that were corrected for how many layers and rules there are."""
        return layer_verdict(p_every, p_chance, units=self.units, images=self.images)

    def under(self, fill: Filling) -> Verdict:
        """What the verdict would have been under one fill alone, for this layer alone."""
        return self.verdict(self.p_every((fill,)), self.p_chance((fill,)))

    def areas(self) -> NDArray[np.float64]:
        """The mean areas of deletion (fills, 1 + controls), first the projection's."""
        return self.looked.deletion.mean(0)

    def claims(self, *, seed: int = 0) -> dict[int, float]:
        """The p-values of single units, each paired over its images; {} where one has fewer images than that takes."""
        found = {}
        for unit in np.unique(self.cases.unit).tolist():
            mine = self.looked.deletion[self.cases.unit == unit]
            if len(mine) < CLAIM:
                return {}
            found[unit] = unit_p(mine[:, :, 1:] - mine[:, :, :1], seed=seed)
        return found


__all__ = ["LayerSanity"]
