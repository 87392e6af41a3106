"""A sanity check drawn: areas of deletion by layer, and how like projections are to controls and to themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from convscope.figures.style import COLOURS, PAGE, drawing
from convscope.methods.randomising import DIRECTIONS, HOWS
from convscope.methods.sanity import LayerSanity
from convscope.methods.sanity.covering import FILL_WORDS, FILLS
from convscope.methods.sanity.orders import CONTROL_WORDS, CONTROLS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_deletion(layers: Sequence[LayerSanity]) -> Figure:
    """For each fill, by layer and rule: the areas by every order, and the margin over the hardest control."""
    with drawing() as figure:
        made = figure.Figure(figsize=(PAGE, 0.34 * len(layers) + 1.3), layout="constrained")
        panels = made.subplots(1, len(FILLS) + 1, squeeze=False, sharey=True)[0]
        for f, (panel, fill) in enumerate(zip(panels, FILLS, strict=False)):
            for at, one in enumerate(layers):
                _areas(panel, at, one.areas()[f], labelled=f == 0 and at == 0)
            panel.set_title(f"area, fill: {FILL_WORDS[fill]}")
        for at, one in enumerate(layers):
            mean, low, high = one.margin
            panels[-1].plot([low, high], [at, at], color=COLOURS[0], lw=1.4)
            panels[-1].plot([mean], [at], "o", ms=4, color=COLOURS[0])
        panels[-1].axvline(0, color="#999999", lw=0.8)
        panels[-1].set_title("margin, hardest control")
        panels[-1].locator_params(axis="x", nbins=3)
        _named(panels[0], layers)
        made.legend(loc="outside lower center", ncols=len(CONTROLS) + 1, handletextpad=0.2, columnspacing=0.8)
        return made


def _areas(panel: Axes, at: int, areas: np.ndarray, *, labelled: bool) -> None:
    for place, name in enumerate(("projection", *CONTROL_WORDS.values())):
        look = {"marker": "D" if place == 0 else "o", "ms": 5 if place == 0 else 3.5, "lw": 0}
        panel.plot([areas[place]], [at], color=COLOURS[place], label=name if labelled else None, **look)


def draw_likeness(layers: Sequence[LayerSanity]) -> Figure:
    """By layer and rule: the median cosine with controls; and with themselves, by the share of weights randomised."""
    with drawing() as figure:
        made = figure.Figure(figsize=(PAGE, 0.34 * len(layers) + 1.8), layout="constrained")
        first, *others = made.subplots(1, 1 + len(DIRECTIONS), squeeze=False)[0]
        names = {"signal": "random signal", "other": "other unit", "elsewhere": "another image"}
        for at, one in enumerate(layers):
            for place, (field, label) in enumerate(names.items()):
                known = getattr(one.looked, field)
                value = np.nanmedian(known) if not np.isnan(known).all() else np.nan
                first.plot([value], [at], "o", ms=4.5, color=COLOURS[place], label=label if at == 0 else None)
        first.set_xlim(-0.05, 1.05)
        first.set_title("cosine with controls")
        _named(first, layers)
        for panel, direction in zip(others, DIRECTIONS, strict=True):
            _cascades(panel, layers, direction)
        # Beside the panel, where no point of it can be taken for a sign of the legend.
        made.legend(*first.get_legend_handles_labels(), loc="outside lower left", ncols=3, handletextpad=0.2)
        return made


def _cascades(panel: Axes, layers: Sequence[LayerSanity], direction: str) -> None:
    for number, one in enumerate(layers):
        rows = [at for at, stage in enumerate(one.cascade.stages) if stage.direction == direction]
        shares = [0.0, *(one.cascade.stages[at].count / one.cascade.stages[at].of for at in rows)]
        for h, how in enumerate(HOWS):
            values = [1.0, *one.cascade.median[h][:, rows].mean(0)]
            style = "-" if how == "permuted" else "--"
            label = f"{one.layer} {one.rule}" if h == 0 else None
            panel.plot(shares, values, style, color=COLOURS[number % len(COLOURS)], lw=1, label=label)
    for how in HOWS:
        panel.plot([], [], "-" if how == "permuted" else "--", color="#666666", lw=1, label=f"weights {how}")
    panel.set_ylim(-0.05, 1.05)
    panel.set_ylabel("cosine with itself")
    panel.set_title(f"randomised from the {direction}")
    panel.set_xlabel("share of steps with weights")
    if direction == DIRECTIONS[-1]:
        panel.legend(fontsize=5.5)


def _named(panel: Axes, layers: Sequence[LayerSanity]) -> None:
    panel.set_yticks(range(len(layers)), [f"{one.layer}\n{one.rule}" for one in layers], fontsize=6)
    panel.set_ylim(len(layers) - 0.5, -0.5)


__all__ = ["draw_deletion", "draw_likeness"]
