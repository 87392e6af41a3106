"""How features and the class change with a transformation, drawn as in the paper's Fig. 5.

A row for each transformation, or several where layers are many: the image at a few amounts, the distance of features at
each layer, and the probability of the class. Thin lines are single images, the thick one is their mean, the band its
interval over images; dashed lines are means with random weights.
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
_ABREAST = 5  # panels across the page that have room for their labels; further layers begin a line of their own
_LONG = 20  # letters of a layer's name that have room over its panel
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

    probable = found.head is None or found.head.probable
    with drawing() as figure:
        made, rows = _panels(figure, found, pictures, of_class="p(class)" if probable else "output")
        for curve, (*panels, last) in zip(found.curves, rows, strict=True):
            for panel, layer in zip(panels, found.layers, strict=True):
                _lines(panel, curve, (curve.relative if normalised else curve.distances)[layer])
                means(panel, curve, layer)
                panel.set_ylim(bottom=0)
            _lines(last, curve, curve.probabilities)
            means(last, curve, "probability")
            if probable:
                last.set_ylim(0, 1.02)
            for first in panels[:: _across(found, pictures)]:
                first.set_ylabel("distance / length" if normalised else "distance")
        _legend(made, found, names, bool(untrained), confidence)
        return made


def _across(found: InvarianceCurves, pictures: Mapping[str, Sequence[Pixels]]) -> int:
    """How many panels of a transformation are beside each other; what is too many begins lines of its own, as even."""
    count = len(found.layers) + 1
    return -(-count // -(-count // (_ABREAST - bool(pictures))))


def _panels(
    figure: Any, found: InvarianceCurves, pictures: Mapping[str, Sequence[Pixels]], *, of_class: str
) -> tuple[Figure, list[list[Axes]]]:
    """A figure with what each transformation does in front, and of each the panels, of the layers and of the class."""
    across, beside = _across(found, pictures), int(bool(pictures))
    titles = [one if len(one) <= _LONG else f"…{one[1 - _LONG :]}" for one in found.layers] + [of_class]
    lines = -(-len(titles) // across)
    made = figure.Figure(figsize=(PAGE, 1.35 * lines * len(found.curves) + 0.3), layout="constrained")
    axes, rows = made.subplots(lines * len(found.curves), beside + across, squeeze=False), list[list["Axes"]]()
    for row, curve in enumerate(found.curves):
        block = axes[row * lines : (row + 1) * lines]
        for number, strip in enumerate(block[:, :beside].flat):
            _strip(strip, () if number else pictures.get(curve.transformation, ()))
        panels = list(block[:, beside:].flat)
        for spare in panels[len(titles) :]:
            spare.remove()
        rows.append(panels[: len(titles)])
        if row == 0 or lines > 1:
            for panel, title in zip(rows[-1], titles, strict=True):
                panel.set_title(title)
    return made, rows


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
