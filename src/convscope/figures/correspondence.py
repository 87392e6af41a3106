"""How alike the changes are that covering a part causes, drawn from what the paper's Table 1 holds.

A panel for each layer: a dot and its interval for each part, over the interval of random masks of the same sizes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from convscope.errors import UsageError
from convscope.figures.style import COLOURS, PAGE, drawing
from convscope.methods.correspondence.comparing import PartAgreement, PartResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Measure = Literal["all", "changed"]


def draw(found: PartAgreement, *, measure: Measure = "all") -> Figure:
    """The figure of a correspondence: for each layer the share of features whose change differs in sign, by part.

    measure: of "all" features, as in the paper, or of those that change in either image ("changed").

    Raises:
        UsageError: for another measure. MissingExtra: without matplotlib.

    >>> import numpy as np, torch
    >>> from convscope.graph import Network
    >>> from convscope.methods.correspondence.comparing import correspondence
    >>> net = Network.trace(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU()), (3, 12, 12))
    >>> boxes = np.array([[2, 2, 6, 6], [3, 4, 7, 8], [5, 1, 9, 5]])
    >>> len(draw(correspondence(net, torch.rand(3, 3, 12, 12), {"eye": boxes}, draws=5)).axes)
    1
    """
    if measure not in ("all", "changed"):
        raise UsageError(f"measure={measure!r} is not a choice; choose one of all, changed")
    with drawing() as figure:
        count = len(found.layers)
        height = 0.26 * len(found.parts) + 0.75
        made = figure.Figure(figsize=(min(PAGE, 1.2 + 1.45 * count), height), layout="constrained")
        axes = made.subplots(1, count, squeeze=False, sharey=True)[0]
        for panel, layer in zip(axes, found.layers, strict=True):
            for at, part in enumerate(found.parts):
                _part(panel, at, found[layer, part], measure)
            panel.set_title(layer)
            panel.margins(x=0.12)
            panel.spines["left"].set_visible(False)
            panel.tick_params(axis="y", length=0)
            panel.locator_params(axis="x", nbins=3)
        axes[0].set_yticks(range(len(found.parts)), found.parts)
        axes[0].set_ylim(len(found.parts) - 0.5, -0.6)
        said = "all features" if measure == "all" else "features that change"
        made.supxlabel(f"share of {said} whose change differs in sign, mean over pairs of images", fontsize=7)
        _legend(made, found, measure)
        return made


def _part(panel: Axes, at: int, result: PartResult, measure: Measure) -> None:
    """One part's dot, over what random masks of its sizes give."""
    from matplotlib.patches import Rectangle

    whole = measure == "all"
    random = result.random if whole else result.random_among_changed
    value = result.mean if whole else result.among_changed
    p = result.p if whole else result.p_among_changed
    if whole:
        low, high = result.random_low, result.random_high
        panel.add_patch(Rectangle((low, at - 0.24), high - low, 0.48, color="#d4d4d4", lw=0))
        panel.plot([result.low, result.high], [at, at], color=COLOURS[0], lw=1.2, solid_capstyle="butt")
    panel.plot([random, random], [at - 0.24, at + 0.24], color="#666666", lw=1)
    # Filled where random masks hardly ever agree as well.
    panel.plot([value], [at], "o", ms=4.5, mec=COLOURS[0], mfc=COLOURS[0] if p <= 0.05 else "white", mew=1, zorder=3)


def _legend(made: Figure, found: PartAgreement, measure: Measure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    share = f"{100 * found.confidence:g} %"
    dot = {"marker": "o", "ms": 4.5, "mec": COLOURS[0], "lw": 1.2 if measure == "all" else 0, "color": COLOURS[0]}
    with_interval = f" and {share} interval" if measure == "all" else ""
    handles: list[Any] = [
        Line2D([], [], **dot, mfc=COLOURS[0], label=f"part{with_interval}, p \u2264 0.05"),
        Line2D([], [], **dot, mfc="white", label="p > 0.05"),
    ]
    mean = Line2D([], [], color="#666666", lw=0, marker="|", ms=8, label=f"mean of {found.draws} sets of random masks")
    handles.append(mean)
    if measure == "all":
        handles.append(Patch(color="#d4d4d4", label=f"{share} of them"))
    made.legend(handles=handles, loc="outside upper center", ncols=len(handles), handlelength=1.4, columnspacing=1.2)


__all__ = ["Measure", "draw"]
