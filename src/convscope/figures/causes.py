"""The graph of what fed a unit: a column for each layer, the unit on the right, every node with its patch.

A line is as wide as what it gives: blue for, orange against. Below each column is what the unit's activation is made of
at that depth: the layer's units, what passes round it, and biases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from convscope.figures.style import COLOURS, PAGE, drawing
from convscope.methods.causes import CauseGraph, CauseNode

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Pixels = NDArray[np.uint8]

_WIDEST = 5.0  # points
_STEP = 0.62  # inches from node to node
_SIDES = 0.055  # of the figure, half of a node's width


def draw(
    graph: CauseGraph, pictures: Sequence[tuple[Pixels, Pixels]], *, classes: Sequence[str] | None = None
) -> Figure:
    """The figure of a graph; `pictures` are each node's patch and projection (h, w, 3), in the order of its nodes.

    classes: names of the unit's channels, where it is a class.

    Raises:
        MissingExtra: without matplotlib.

    >>> from convscope.methods.causes import Balance, CauseEdge
    >>> from convscope.graph import Unit
    >>> nodes = CauseNode(Unit("fc", 1), 2.0, 2.0), CauseNode(Unit("conv", 3, (0, 0)), 1.0, 1.5)
    >>> balance = Balance("conv", 2.0, 1.5, {}, 0.5)
    >>> one = CauseGraph(nodes[0].unit, 2.0, ("conv",), nodes, (CauseEdge(1, 0, 1.5),), (balance,), {}, "")
    >>> len(draw(one, [(np.zeros((4, 4, 3), np.uint8),) * 2] * 2).axes)
    5
    """
    columns = [[0], *([n for n, node in enumerate(graph.nodes) if n and node.unit.layer == layer]
                      for layer in graph.layers)]  # fmt: skip
    places = _places(columns)
    tallest = max(map(len, columns))
    with drawing() as figure:
        made = figure.Figure(figsize=(PAGE, max(1.6, _STEP * tallest) + 0.7))
        lines = made.add_axes((0, 0, 1, 1))
        lines.set(xlim=(0, 1), ylim=(0, 1))
        lines.set_axis_off()
        _edges(lines, graph, places)
        half = 0.42 * (0.84 / max(tallest, 2))
        for number, node in enumerate(graph.nodes):
            x, y = places[number]
            for side, picture in enumerate(pictures[number]):
                cell = made.add_axes((x - _SIDES + side * _SIDES, y - half, _SIDES * 0.96, 2 * half))
                cell.imshow(picture)
                cell.set_anchor("C")
                cell.set(xticks=[], yticks=[])
            lines.text(x, y - half, _words(graph, node, number, classes), ha="center", va="top", fontsize=5)
        _totals(lines, graph, places, columns)
        return made


def _places(columns: Sequence[Sequence[int]]) -> dict[int, tuple[float, float]]:
    """Where each node stands, in parts of the figure: columns from right to left, each in the middle."""
    found = {}
    for number, column in enumerate(columns):
        x = 0.92 - 0.84 * number / max(len(columns) - 1, 1)
        for at, node in enumerate(column):
            found[node] = (x, 0.14 + 0.82 * (1 - (at + 0.5) / len(column)))
    return found


def _edges(axes: Axes, graph: CauseGraph, places: dict[int, tuple[float, float]]) -> None:
    largest = max((abs(edge.amount) for edge in graph.edges), default=1.0)
    for edge in sorted(graph.edges, key=lambda edge: abs(edge.amount)):
        width = _WIDEST * abs(edge.amount) / largest
        if width < 0.05:
            continue
        (x0, y0), (x1, y1) = places[edge.cause], places[edge.effect]
        colour = COLOURS[0] if edge.amount > 0 else COLOURS[1]
        axes.plot([x0 + _SIDES, x1 - _SIDES], [y0, y1], color=colour, lw=width, alpha=0.6, solid_capstyle="butt")


def _words(graph: CauseGraph, node: CauseNode, number: int, classes: Sequence[str] | None) -> str:
    channels = [str(channel) for channel in node.unit.channels]
    if number == 0 and classes is not None:
        channels = [classes[channel] for channel in node.unit.channels]
    name = " - ".join(channels)
    return f"{name}: {node.value:.3g}" if number == 0 else f"{name} ({node.amount:+.3g})"


def _totals(
    axes: Axes, graph: CauseGraph, places: dict[int, tuple[float, float]], columns: Sequence[Sequence[int]]
) -> None:
    axes.text(places[0][0], 0.005, graph.unit.layer, ha="center", va="bottom", fontsize=5.5)
    for balance, column in zip(graph.balances, columns[1:], strict=False):
        if column:
            said = f"{balance.layer}\n{balance.parts:.3g} from its units, {balance.by_other_ways:.3g} round it,\n"
            said += f"{balance.biases:.3g} from biases, {balance.remainder:.0e} left"
            axes.text(places[column[0]][0], 0.005, said, ha="center", va="bottom", fontsize=5)


__all__ = ["draw"]
