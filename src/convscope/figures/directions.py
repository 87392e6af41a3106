"""Directions of a layer: how often each is active, and how surely another seed finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.figures.style import COLOURS, PAGE, drawing
from convscope.methods.directions import LearnedDirections

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(found: LearnedDirections) -> Figure:
    """How much of the layer is explained beside components and units; a point for each direction that is not dead.

    Raises:
        MissingExtra: without matplotlib.
    """
    with drawing() as figure:
        made = figure.Figure(figsize=(PAGE, 2.2), layout="constrained")
        bars, points = made.subplots(1, 2, width_ratios=(1, 2))
        names = [one.name for one in found.compared]
        bars.barh(
            names[::-1], [max(one.explained, 0) for one in found.compared][::-1], color=COLOURS[: len(names)][::-1]
        )
        bars.set(xlabel="variance explained, held-out images", xlim=(0, 1))
        there = found.often > 0
        points.scatter(found.often[there], found.again[there], s=6, color=COLOURS[0])
        points.set(xscale="log", xlabel="share of positions at which it is active", ylabel="cosine with another seed's")
        points.set(ylim=(min(0.0, float(np.nanmin(found.again, initial=0))) - 0.02, 1.02))
        points.set_title(f"{there.sum()} of {len(there)} directions of {found.dictionary.layer}")
        return made


__all__ = ["draw"]
