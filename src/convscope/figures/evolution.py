"""How features come about (Fig. 4): units by checkpoints, layer by layer, and the curves that say when they settle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.errors import UsageError
from convscope.figures.pictures import grid, shown
from convscope.figures.style import COLOURS, PAGE, drawing
from convscope.methods.evolution.histories import FeatureHistory, UnitHistory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CELL = 64  # pixels on the side of a projection in the picture, before it is scaled to the page


def draw_units(found: FeatureHistory, *, layers: Sequence[str] | None = None) -> Figure:
    """Projections of the followed units: for each layer a block, units down and checkpoints across.

    Each projection has a scale of its own. A line under a cell's left edge, in orange, marks a jump: another image
    excites the unit most than at the checkpoint before. Grey cells are units that nothing excites.

    Raises:
        UsageError: if none of the layers has a followed unit. MissingExtra: without matplotlib.
    """
    blocks = [(name, [u for u in found.units if u.unit.layer == name]) for name in layers or _layers(found)]
    blocks = [(name, units) for name, units in blocks if units]
    if not blocks:
        raise UsageError("no unit of these layers was followed: name layers that were")
    columns = 1 if len(found.epochs) > 12 or len(blocks) == 1 else 2
    rows = -(-len(blocks) // columns)
    width = PAGE / columns
    cell = (width - 0.35) / len(found.epochs)
    heights = [
        max(len(units) for _, units in blocks[r * columns : (r + 1) * columns]) * cell + 0.35 for r in range(rows)
    ]
    with drawing() as figure:
        drawn = figure.Figure(figsize=(PAGE, sum(heights)), layout="constrained")
        places = drawn.subplots(rows, columns, squeeze=False, gridspec_kw={"height_ratios": heights})
        for axes in places.flat:
            axes.set_axis_off()
        for axes, (name, units) in zip(places.flat, blocks, strict=False):
            _block(axes, name, units, found)
    return drawn


def _layers(found: FeatureHistory) -> list[str]:
    return [one.layer for one in found.layers]


def _block(axes: Axes, name: str, units: Sequence[UnitHistory], found: FeatureHistory) -> None:
    """One layer: units down, checkpoints across."""
    cells = np.concatenate([_resized(shown(one.pixels)) for one in units])
    gap = 6
    axes.imshow(grid(cells, columns=len(found.epochs), gap=gap), interpolation="antialiased")
    axes.set_anchor("N")
    step = _CELL + gap
    for row, one in enumerate(units):
        axes.text(-gap, row * step + _CELL / 2, str(one.unit.channel), ha="right", va="center", fontsize=6)
        for column in np.flatnonzero(one.jumps).tolist():
            x = column * step - gap / 2 - 0.5
            axes.plot(
                [x, x], [row * step, row * step + _CELL - 1], color=COLOURS[1], linewidth=1.4, solid_capstyle="butt"
            )
    for column, epoch in enumerate(found.epochs):
        axes.text(column * step + _CELL / 2, -gap, str(epoch), ha="center", va="bottom", fontsize=6)
    size = units[0].pixels.shape[2:]
    axes.set_title(f"{name}, {size[0]}x{size[1]} px: units by epochs", fontsize=7, pad=12, loc="left")


def _resized(pictures: Any) -> Any:
    """Pictures (n, h, w, 3) in the size of a cell: small ones enlarged pixel for pixel, large ones reduced."""
    from PIL import Image

    longest = max(pictures.shape[1:3])
    kind = Image.Resampling.NEAREST if longest < _CELL else Image.Resampling.HAMMING
    height, width = (max(1, round(side * _CELL / longest)) for side in pictures.shape[1:3])
    cells = np.full((len(pictures), _CELL, _CELL, 3), 255, np.uint8)
    y, x = (_CELL - height) // 2, (_CELL - width) // 2
    for cell, picture in zip(cells, pictures, strict=True):
        cell[y : y + height, x : x + width] = np.asarray(Image.fromarray(picture).resize((width, height), kind))
    return cells


def draw_settling(found: FeatureHistory) -> Figure:
    """When layers settle: likeness to the last checkpoint, to the one before, and the share of units with their final
    image, over epochs.

    Dashed lines are the likeness between different units, which is what chance gives; dots mark where a layer settles.

    Raises:
        MissingExtra: without matplotlib.
    """
    with drawing() as figure:
        drawn = figure.Figure(figsize=(PAGE, 2.3), layout="constrained")
        final, previous, image = drawn.subplots(1, 3, sharex=True)
        for one, colour in zip(found.layers, _colours(len(found.layers)), strict=True):
            final.plot(found.epochs, one.settling.final, color=colour, marker=".", markersize=3, label=one.layer)
            final.plot(found.epochs, one.settling.chance, color=colour, linestyle=":", linewidth=0.8)
            at = one.settling.settled(found.threshold)
            final.plot(found.epochs[at], one.settling.final[at], "o", color=colour, markersize=5)
            previous.plot(found.epochs, one.settling.previous, color=colour, marker=".", markersize=3)
            image.plot(found.epochs, one.final_image, color=colour, marker=".", markersize=3)
        final.axhline(found.threshold, color="#999999", linewidth=0.6, linestyle="--")
        final.set(ylabel="likeness to the last checkpoint", ylim=(min(0, final.get_ylim()[0]), 1.03))
        previous.set(ylabel="likeness to the one before", ylim=(min(0, previous.get_ylim()[0]), 1.03))
        image.set(ylabel="units with their final image", ylim=(0, 1.03))
        for axes in (final, previous, image):
            axes.set_xlabel("epoch")
            axes.set_xticks(_ticks(found.epochs))
        drawn.legend(*final.get_legend_handles_labels(), loc="outside upper center", ncols=min(len(found.layers), 8))
    return drawn


def _ticks(epochs: Sequence[int]) -> list[int]:
    """The epochs that have room for their number."""
    kept: list[int] = []
    for epoch in reversed(epochs):
        if not kept or kept[-1] - epoch >= (epochs[-1] - epochs[0]) / 12:
            kept.append(epoch)
    return kept[::-1]


def _colours(count: int) -> list[Any]:
    """A colour for each layer, from dark to light with depth."""
    from matplotlib import colormaps

    return [colormaps["viridis"](0.9 * i / max(count - 1, 1)) for i in range(count)]


__all__ = ["draw_settling", "draw_units"]
