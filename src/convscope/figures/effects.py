"""What silencing each unit of a layer does to the answers, against how active the unit is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.figures.style import COLOURS, COLUMN, drawing
from convscope.methods.effects import LayerEffects

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMED = 5


def draw(found: LayerEffects, counted: str = "right answers") -> Figure:
    """A point for each unit or group: the change of the share of right answers, with its interval, over the root mean
    square of the unit's activation; of the score that falls most where no answer is right. Groups, which have no
    activation, stand at the left. The worst are named.

    counted: what these answers are called, where no labels say which are right.

    Raises:
        MissingExtra: without matplotlib.
    """
    with drawing() as figure:
        made = figure.Figure(figsize=(COLUMN, 2.2), layout="constrained")
        axes = made.subplots()
        across, (change, low, high) = np.sqrt(np.nan_to_num(found.squares)), found.outcomes().T
        spread = np.abs(np.stack([low, high]) - change)
        axes.errorbar(across, change, yerr=spread, fmt="none", ecolor="#cccccc", elinewidth=0.5, zorder=1)
        axes.scatter(across, change, s=6, color=COLOURS[0], zorder=2)
        for n in found.worst[:_NAMED]:
            axes.annotate(found.silenced[n].rpartition(":")[2], (across[n], change[n]), fontsize=5.5, xytext=(2, -5),
                          textcoords="offset points")  # fmt: skip
        axes.axhline(0, color="#999999", lw=0.5)
        axes.set(
            xlabel="root mean square of the activation",
            ylabel=f"change of {counted} (%)" if found.answered else "change of a score",
        )
        axes.set_title(f"{found.layer}, set to {found.to}, {found.images} images")
        return made


__all__ = ["draw"]
