"""How alike the changes are that covering a part causes, drawn from what the paper's Table 1 holds.

A panel for each layer: a dot and its interval for each part, over the interval of masks of the same sizes at the same
relative places of all objects; a short line is the mean of the paper's masks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convscope.arguments import expected
from convscope.figures.style import COLOURS, PAGE, drawing
from convscope.methods.correspondence.comparing import PartAgreement
from convscope.methods.correspondence.results import Counted, PartResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw(found: PartAgreement, *, measure: Counted = "all") -> Figure:
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
    expected("measure", measure, Counted)
    with drawing() as figure:
        count = len(found.layers)
        height = 0.3 * len(found.parts) + 1.15
        made = figure.Figure(figsize=(min(PAGE, max(4.2, 1.2 + 1.45 * count)), height), layout="constrained")
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


def _part(panel: Axes, at: int, result: PartResult, measure: Counted) -> None:
    """One part's dot, over what masks of its sizes elsewhere give."""
    from matplotlib.patches import Rectangle

    whole = measure == "all"
    elsewhere = result.aligned if whole else result.aligned_among_changed
    paper = result.random if whole else result.random_among_changed
    value = result.mean if whole else result.among_changed
    verdict = result.verdict if whole else result.verdict_among_changed
    if whole and result.aligned_low is not None and result.aligned_high is not None:
        span = result.aligned_high - result.aligned_low
        panel.add_patch(Rectangle((result.aligned_low, at - 0.24), span, 0.48, color="#d4d4d4", lw=0))
    low, high = (result.low, result.high) if whole else (result.low_among_changed, result.high_among_changed)
    if low is not None and high is not None:
        panel.plot([low, high], [at, at], color=COLOURS[0], lw=1.2, solid_capstyle="butt")
    if elsewhere is not None:
        panel.plot([elsewhere, elsewhere], [at - 0.24, at + 0.24], color="#666666", lw=1)
    panel.plot([paper], [at + 0.36], "|", ms=4, color="#999999", mew=1)
    # Filled where other places hardly ever agree as well; half where random weights do so too.
    fill: Any = {"yes": "full", "untrained too": "left"}.get(verdict, "none")
    panel.plot([value], [at], "o", ms=4.5, mec=COLOURS[0], mew=1, zorder=3, fillstyle=fill, **_FACES)


_FACES: dict[str, Any] = {"mfc": COLOURS[0], "markerfacecoloralt": "white"}


def _legend(made: Figure, found: PartAgreement, measure: Counted) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    share = f"{100 * found.confidence:g} %"
    dot: dict[str, Any] = {
        "marker": "o",
        "ms": 4.5,
        "mec": COLOURS[0],
        "lw": 1.2,
        "color": COLOURS[0],
    }
    handles: list[Any] = [
        Line2D([], [], **dot, **_FACES, fillstyle="full", label=f"part and {share} interval: yes"),
        Line2D([], [], **dot, **_FACES, fillstyle="left", label="untrained too"),
        Line2D([], [], **dot, **_FACES, fillstyle="none", label="no, or cannot tell"),
    ]
    mean = Line2D([], [], color="#666666", lw=0, marker="|", ms=8, label=f"mean of {found.draws:,} sets elsewhere")
    handles.append(mean)
    if measure == "all":
        handles.append(Patch(color="#d4d4d4", label=f"{share} of them"))
    handles.append(Line2D([], [], color="#999999", lw=0, marker="|", ms=4, label="mean of the paper's masks"))
    made.legend(handles=handles, loc="outside upper center", ncols=3, handlelength=1.4, columnspacing=1.2)


__all__ = ["Counted", "draw"]
