"""What layers' units are tuned to, drawn: how much survives each change, of a quarter, half and three quarters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from convscope.figures.style import COLOURS, PAGE, drawing
from convscope.methods.tuning import KINDS, LayerTuning
from convscope.methods.tuning.summing import WORDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(layers: Sequence[LayerTuning]) -> Figure:
    """A panel for each change, with a line from the lower to the upper quartile of each layer's units."""
    with drawing() as figure:
        made = figure.Figure(figsize=(PAGE, 0.22 * len(layers) + 1.0), layout="constrained")
        panels = made.subplots(1, len(KINDS), squeeze=False, sharey=True, sharex=True)[0]
        for column, (panel, kind) in enumerate(zip(panels, KINDS, strict=True)):
            for at, one in enumerate(layers):
                low, middle, high = one.quartiles[:, column]
                if not np.isnan(middle):
                    panel.plot([low, high], [at, at], color=COLOURS[0], lw=1.4)
                    panel.plot([middle], [at], "o", ms=4, color=COLOURS[0])
            panel.set_title(WORDS[kind][0])
            panel.set_xlim(-0.05, 1.25)
            panel.set_xticks([0, 0.5, 1])
        panels[0].set_yticks(range(len(layers)), [one.layer for one in layers])
        panels[0].set_ylim(len(layers) - 0.5, -0.5)
        made.supxlabel("share of the activation that survives", fontsize=8)
        return made


__all__ = ["draw"]
