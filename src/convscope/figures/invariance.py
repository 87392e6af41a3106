"""How features and the class change with a transformation, drawn as in the paper's Fig. 5.

A row for each transformation: the image at a few amounts, the distance of features at each layer, and the probability
of the class. Thin lines are single images, the thick one is their mean, the band its interval over images; dashed lines
are means with random weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from convscope.figures.style import COLOURS, PAGE, drawing
from convscope.methods.invariance.measuring import Curve, InvarianceCurves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Pixels = NDArray[np.uint8]
Distance = Literal["relative", "raw"]

_LINES = 8  # images up to which each has a colour of its own
_NAMES = {
    "vertical": "vertical translation",
    "horizontal": "horizontal translation",
}


def draw(
    found: InvarianceCurves,
    *,
    distance: Distance = "relative",
    examples: Mapping[str, Sequence[Pixels]] | None = None,
    names: Sequence[str] = (),
    untrained: Sequence[InvarianceCurves] = (),
    confidence: float = 0.95,
    seed: int = 0,
) -> Figure:
    """The figure of an invariance: distances at each layer and the probability, a row for each transformation.

    distance: "raw" Euclidean distances, which is what the paper has, or "relative" to the length of the original's
    features. examples: for a transformation some pictures (h, w, 3) of what it does, shown in front. names: of the
    images, for a legend where they are few. untrained: the same with random weights. confidence, seed: of intervals.

    Raises:
        MissingExtra: without matplotlib.

    >>> import torch
    >>> from convscope.graph import Network
    >>> from convscope.methods.invariance.measuring import invariance
    >>> layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten(), torch.nn.Linear(144, 5))
    >>> net = Network.trace(layers, (3, 8, 8))
    >>> found = invariance(net, torch.rand(2, 3, 8, 8), transformations={"vertical": [0, 1]}, layers=["0"])
    >>> len(draw(found).axes)
    2
    """
    pictures, normalised = examples or {}, distance == "relative"

    def means(panel: Axes, curve: Curve, what: str) -> None:
        """The interval of a mean, and means with random weights."""
        low, high = curve.interval(what, normalised=normalised, confidence=confidence, seed=seed)
        panel.fill_between(curve.values, low, high, color=COLOURS[0], alpha=0.25, lw=0)
        for one in untrained:
            random = one[curve.transformation].mean(what, normalised=normalised)[0]
            panel.plot(curve.values, random, color="#666666", lw=0.9, ls="--")

    with drawing() as figure:
        columns = bool(pictures) + len(found.layers) + 1
        made = figure.Figure(figsize=(PAGE, 1.35 * len(found.curves) + 0.3), layout="constrained")
        axes = made.subplots(len(found.curves), columns, squeeze=False)
        for row, curve in enumerate(found.curves):
            panels = list(axes[row])
            if pictures:
                _strip(panels.pop(0), pictures.get(curve.transformation, ()))
            for panel, layer in zip(panels, found.layers, strict=False):
                _lines(panel, curve, (curve.relative if distance == "relative" else curve.distances)[layer])
                means(panel, curve, layer)
                panel.set_ylim(bottom=0)
            _lines(panels[-1], curve, curve.probabilities)
            means(panels[-1], curve, "probability")
            probable = found.head is None or found.head.probable
            if probable:
                panels[-1].set_ylim(0, 1.02)
            if row == 0:
                for panel, layer in zip(panels, found.layers, strict=False):
                    panel.set_title(layer)
                panels[-1].set_title("p(class)" if probable else "output")
            panels[0].set_ylabel("distance / length" if distance == "relative" else "distance")
        _legend(made, found, names, bool(untrained), confidence)
        return made


def _lines(panel: Axes, curve: Curve, table: NDArray[np.float64]) -> None:
    """One panel: the images' lines, their mean and its band."""
    few = 1 < len(table) <= _LINES
    for i, line in enumerate(table):
        colour = COLOURS[i % len(COLOURS)] if few else "#bbbbbb"
        panel.plot(curve.values, line, color=colour, lw=0.7, alpha=0.9 if few else 0.5)
    mean = table.mean(0)
    if len(table) > 1:
        panel.plot(curve.values, mean, color="black" if few else COLOURS[0], lw=1.6)
    panel.axvline(curve.identity, color="#999999", lw=0.5, ls=":", zorder=0)
    unit = "" if curve.unit in ("ratio", "factor") else f" ({curve.unit})"
    panel.set_xlabel(_NAMES.get(curve.transformation, curve.transformation) + unit, labelpad=1)
    panel.margins(x=0)
    if curve.unit == "degrees":
        from matplotlib.ticker import MultipleLocator

        panel.xaxis.set_major_locator(MultipleLocator(90 if np.ptp(curve.values) <= 360 else 180))


def _strip(panel: Axes, pictures: Sequence[Pixels]) -> None:
    """Some pictures in a block of two columns."""
    panel.set_axis_off()
    for i, picture in enumerate(pictures[:4]):
        cell = panel.inset_axes((0.51 * (i % 2), 0.51 * (1 - i // 2), 0.49, 0.49))
        cell.imshow(picture)
        cell.set_xticks([])
        cell.set_yticks([])
        for spine in cell.spines.values():
            spine.set_visible(False)


def _legend(made: Figure, found: InvarianceCurves, names: Sequence[str], random: bool, confidence: float) -> None:
    """Who the lines are, below the panels."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    count = len(found.targets)
    handles: list[Any] = []
    if count > 1:
        colour = "black" if count <= _LINES else COLOURS[0]
        handles.append(Line2D([], [], color=colour, lw=1.6, label=f"mean of {count} images"))
        handles.append(Patch(color=COLOURS[0], alpha=0.25, lw=0, label=f"its {100 * confidence:g} % interval"))
    if random:
        handles.append(Line2D([], [], color="#666666", lw=0.9, ls="--", label="random weights"))
    if not handles:
        return
    if 1 < count <= _LINES:
        handles += [Line2D([], [], color=COLOURS[i], lw=0.9, label=name) for i, name in enumerate(names[:count])]
    made.legend(handles=handles, loc="outside lower center", ncols=min(6, len(handles)))


__all__ = ["Distance", "draw"]
