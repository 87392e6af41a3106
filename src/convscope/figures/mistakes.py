"""Mistakes: which classes are confused, and one with photo, the contrast's projection, what covering does, causes."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from convscope.figures.style import COLOURS, COLUMN, PAGE, drawing
from convscope.methods.mistakes import Explained
from convscope.methods.occlusion import OccluderGrid

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_PAIRS, _UNITS = 15, 9


def draw_pairs(pairs: Sequence[tuple[str, int]]) -> Figure:
    """A bar for each of the most frequent pairs of a label and a wrong answer, in words, and how many images.

    Raises:
        MissingExtra: without matplotlib.
    """
    shown = pairs[:_PAIRS]
    with drawing() as figure:
        made = figure.Figure(figsize=(COLUMN, 0.6 + 0.17 * max(len(shown), 1)), layout="constrained")
        axes = made.subplots()
        axes.barh(range(len(shown)), [count for _, count in shown], color=COLOURS[0])
        axes.set_yticks(range(len(shown)), [words for words, _ in shown])
        axes.invert_yaxis()
        axes.set_xlabel("images")
        return made


def draw_case(
    why: Explained,
    photo: NDArray[np.uint8],
    taken: NDArray[np.uint8],
    grid: OccluderGrid,
    units: Sequence[str],
    truth: int,
    words: str,
) -> Figure:
    """A mistake: the photo with the squares that repair it, what the contrast takes, the contrast where each place is
    covered, and what the first units of each layer give; those that repair it in another colour.

    Raises:
        MissingExtra: without matplotlib.
    """
    with drawing() as figure:
        made = figure.Figure(figsize=(PAGE, 2.3), layout="constrained")
        axes = made.subplots(1, 4, width_ratios=(1, 1, 1, 1.1))
        heat = grid.spread(why.covered)
        repaired = grid.spread((why.covered_answers == truth).astype(np.float64))
        apart = np.abs(heat - float(why.contrast))
        reach = float(apart[np.isfinite(apart)].max(initial=0.0)) or 1.0
        axes[0].imshow(photo)
        if (repaired > 0).any() and (repaired == 0).any():
            axes[0].contour(repaired, levels=[0.5], colors=[COLOURS[1]], linewidths=1)
        axes[1].imshow(taken)
        middle = float(np.nan_to_num(why.contrast))
        axes[2].imshow(heat, cmap="RdBu", vmin=middle - reach, vmax=middle + reach)
        for one, title in zip(axes[:3], ("photo", "what the contrast takes", "contrast where covered"), strict=True):
            one.set_title(title)
            one.set_axis_off()
        rows = first_of_layers(why)
        repairs = why.silenced_answers[rows] == truth
        axes[3].barh(range(len(rows)), why.amount[rows], color=[COLOURS[1 if one else 0] for one in repairs])
        axes[3].set_yticks(range(len(rows)), [units[n][-22:] for n in rows], fontsize=5.5)
        for at in np.flatnonzero(np.diff(why.layer[rows])):
            axes[3].axhline(float(at) + 0.5, color="0.6", linewidth=0.6)
        axes[3].invert_yaxis()
        axes[3].set_title("gives to it, layer by layer")
        made.suptitle(fill(words, 120), fontsize=7)
        return made


def first_of_layers(why: Explained) -> list[int]:
    """The numbers of the units that are drawn: as many of each layer, those first that give most."""
    layers = np.unique(why.layer)
    each = max(1, _UNITS // max(len(layers), 1))
    return [int(n) for layer in layers for n in np.flatnonzero(why.layer == layer)[:each]]


__all__ = ["draw_case", "draw_pairs", "first_of_layers"]
