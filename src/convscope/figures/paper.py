"""A number of each layer, drawn: in the network, and with random weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from convscope.figures.style import COLOURS, COLUMN, drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_layers(layers: Sequence[str], own: Sequence[float], random: Sequence[Sequence[float]], *, what: str) -> Figure:
    """A number by layer, from the first to the last; random: the same of every seed of random weights.

    Raises:
        MissingExtra: without matplotlib.

    >>> len(draw_layers(["conv1", "conv2"], [0.1, 0.4], [[0.1, 0.1]], what="selectivity").axes)
    1
    """
    with drawing() as figure:
        made = figure.Figure(figsize=(COLUMN, 2.1), layout="constrained")
        panel = made.subplots()
        at = range(len(layers))
        for number, one in enumerate(random):
            label = "random weights" if number == 0 else None
            panel.plot(at, one, "o--", color=COLOURS[7], ms=3, lw=0.9, label=label)
        panel.plot(at, own, "o-", color=COLOURS[0], ms=4, label="the network")
        panel.set_xticks(list(at), list(layers), rotation=20, ha="right")
        panel.set_ylabel(what)
        panel.axhline(0, color=COLOURS[7], lw=0.5)
        panel.legend()
        return made


__all__ = ["draw_layers"]
