"""How far apart a network and its references are, comparison by comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.figures.style import COLOURS, PAGE, drawing
from convscope.methods.checking import Certificate, Evidence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEAST = 1e-17  # equal to the last bit: drawn at the left border
_MOST = 10.0


def draw(found: Certificate) -> Figure:
    """A row for each kind of evidence: its comparisons by how far apart they are, and the bound that they are held to.

    Raises:
        MissingExtra: without matplotlib.

    >>> from convscope.graph import Network
    >>> from convscope.methods.checking import certify
    >>> import torch
    >>> len(draw(certify(Network.trace(torch.nn.Conv2d(3, 2, 3), (3, 8, 8)))).axes)
    1
    """
    kinds = [one for one in found.evidence if any(case.evidence == one.name for case in found.compared)]
    with drawing() as figure:
        made = figure.Figure(figsize=(PAGE, 0.26 * len(kinds) + 0.7), layout="constrained")
        axes = made.subplots()
        for row, kind in enumerate(kinds):
            _row(axes, len(kinds) - 1 - row, kind, found)
        axes.set_xscale("log")
        axes.set_xlim(_LEAST / 2, _MOST)
        axes.set_yticks(range(len(kinds)), [one.name for one in reversed(kinds)])
        axes.set_ylim(-0.6, max(len(kinds) - 0.4, 0.4))
        axes.set_xlabel("difference, relative (fields: in pixels); at the left border: equal to the last bit")
    return made


def _row(axes: Axes, height: int, kind: Evidence, found: Certificate) -> None:
    errors = np.array([case.error for case in found.compared if case.evidence == kind.name])
    shown = np.nan_to_num(errors, nan=_MOST, posinf=_MOST).clip(_LEAST, _MOST)
    colour = COLOURS[0] if kind.verdict == "holds" else COLOURS[1] if kind.verdict == "fails" else COLOURS[7]
    spread = height + 0.5 * (np.arange(len(shown)) / max(len(shown) - 1, 1) - 0.5)
    axes.plot(shown, spread, "o", markersize=2.5, color=colour, alpha=0.6, clip_on=False)
    if kind.bound:
        axes.plot([kind.bound] * 2, [height - 0.4, height + 0.4], color="black", linewidth=0.8)


__all__ = ["draw"]
