"""Effects as an atlas's pages show them: pairs of units and classes, and what silencing each unit of a layer does."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from convscope.atlas.web import short
from convscope.graph import Unit
from convscope.methods.effects import LayerEffects, TestedPair
from convscope.studies.answer import Row

HELD = 0.05
"""The corrected p-value below which a pair differs from its controls."""

TestOutcome = Literal["more", "less", "no"]
"""What came of the test of a pair, see `verdict_of`."""


def verdict_of(pair: TestedPair) -> TestOutcome:
    """What came of a test: whether a score that was chosen for falling more, or less, than it does without the unit's
    controls does so on the other half of the images, too."""
    if not (pair.adjusted < HELD and pair.excess * pair.chosen_excess > 0):
        return "no"
    return "more" if pair.excess < 0 else "less"


def in_turn(pairs: Sequence[Row]) -> list[Row]:
    """The strongest pair of every unit and every class, then the second ones, and so on, by how far scores fall.

    An atlas's page is given the first rows of a table: so there are some for every unit and class.
    """
    counted: Counter[Any] = Counter()
    ranked = []
    for row in sorted(pairs, key=lambda row: row["change"]):
        mine = ("unit", row["unit"]), ("class", row["class"])
        ranked.append((min(counted[one] for one in mine), row))
        counted.update(mine)
    return [row for _, row in sorted(ranked, key=lambda one: (one[0], one[1]["change"]))]


def by_channel(found: LayerEffects) -> dict[str, list[float | None]]:
    """What silencing each unit alone does, by its channel; None of those that were not."""
    alone = {unit.channel: n for n, name in enumerate(found.silenced) if (unit := _single(name)) is not None}
    rows = [alone.get(channel) for channel in range(max(alone, default=-1) + 1)]
    lost = [None if n is None else told(-float(found.accuracy[n])) for n in rows]
    falls = [None if n is None else short(-float(found.change[n].min())) for n in rows]
    return {"lost": lost, "falls": falls}


def _single(name: str) -> Unit | None:
    unit = None if " + " in name else Unit.parse(name)
    return unit if unit is not None and unit.position is None else None


def told(number: float) -> float | None:
    """A number for an atlas's page; None for none, as of the controls of groups, which have none."""
    return None if math.isnan(number) else short(number)


__all__ = ["HELD", "TestOutcome", "by_channel", "in_turn", "told", "verdict_of"]
