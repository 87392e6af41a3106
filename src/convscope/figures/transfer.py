"""Figures of transfer: accuracy by layer (Table 7 as curves) and by images a class (Fig. 9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.errors import UsageError
from convscope.figures.style import COLOURS, COLUMN, drawing
from convscope.generalisation.results import MeanScore, TransferScores
from convscope.generalisation.tables import PAPER_CALTECH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMES = {"softmax": "softmax", "svm": "linear SVM"}
_MARKS = {"softmax": "o", "svm": "s"}
_STYLES = {"own": "-", "random": ":", "scratch": "--"}


def layer_figure(result: TransferScores, per_class: int | None = None) -> Figure:
    """Accuracy (or mean average precision) by layer, one line for each classifier and kind of weights.

    per_class: images a class to learn from; by default the largest number in the result. Bars: one standard deviation
    over folds. Raises UsageError where the result has no scores of that size.
    """
    size = result.sizes[-1] if per_class is None else per_class
    rows = [row for row in result.rows() if row.layer and row.per_class == size]
    if not rows:
        raise UsageError(f"no scores at {size} images a class (sizes: {', '.join(map(str, result.sizes))})")
    names = list(result.layers)
    with drawing() as figure:
        drawn = figure.Figure(figsize=(COLUMN, 2.9), layout="constrained")
        axes = drawn.subplots()
        for (weights, classifier), line in _lines(rows).items():
            places = [names.index(row.layer) for row in line]
            _draw(axes, places, line, weights, classifier)
        scratch = result.row("", "softmax", size, weights="scratch")
        if scratch is not None:
            _level(axes, scratch)
        axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
        axes.set_ylabel(_measure(result))
        axes.set_ylim(bottom=0)
        _legend(drawn)
        title = "" if size is None else f"{size} images a class to learn from"
        axes.set_title(title, loc="left")
    return drawn


def size_figure(result: TransferScores, layers: Sequence[str] | None = None) -> Figure:
    """Accuracy by images a class (Fig. 9), one line for each classifier on its best layer or on each of `layers`.

    Crosses show the paper's numbers where the target set has them. Raises UsageError for a result of a single split.
    """
    if result.sizes == (None,):
        raise UsageError("a published split has no number of images a class to draw accuracy by")
    with drawing() as figure:
        drawn = figure.Figure(figsize=(COLUMN, 2.9), layout="constrained")
        axes = drawn.subplots()
        for (weights, classifier), line in _lines(result.rows()).items():
            if weights == "scratch":
                _draw(axes, [row.per_class or 0 for row in line], line, weights, classifier)
                continue
            for layer in layers or [_best_layer(line)]:
                chosen = [row for row in line if row.layer == layer]
                _draw(axes, [row.per_class or 0 for row in chosen], chosen, weights, classifier, note=f" on {layer}")
        _paper(axes, result)
        axes.set_xlabel("images a class to learn from")
        axes.set_ylabel(_measure(result))
        axes.set_xlim(left=0)
        axes.set_ylim(0, 100)
        _legend(drawn)
    return drawn


def _lines(rows: Sequence[MeanScore]) -> dict[tuple[str, str], list[MeanScore]]:
    found: dict[tuple[str, str], list[MeanScore]] = {}
    for row in rows:
        found.setdefault((row.weights, row.classifier), []).append(row)
    return found


def _best_layer(rows: Sequence[MeanScore]) -> str:
    largest = max(row.per_class or 0 for row in rows)
    return max((row for row in rows if row.per_class == largest), key=lambda row: row.mean).layer


def _draw(
    axes: Any, places: Sequence[float], rows: Sequence[MeanScore], weights: str, classifier: str, note: str = ""
) -> None:
    spread = [0.0 if np.isnan(row.std) else 100 * row.std for row in rows]
    label = "trained from scratch" if weights == "scratch" else _NAMES[classifier] + note
    label += ", random weights" if weights == "random" else ""
    colour = COLOURS[2] if weights == "scratch" else COLOURS[list(_NAMES).index(classifier)]
    axes.errorbar(
        places,
        [100 * row.mean for row in rows],
        yerr=spread,
        label=label,
        color=colour,
        linestyle=_STYLES[weights],
        marker=_MARKS[classifier],
        markersize=3.5,
        markerfacecolor=colour if weights == "own" else "white",
        capsize=2,
        elinewidth=0.8,
    )


def _level(axes: Any, row: MeanScore) -> None:
    """A line across for the network trained from scratch, which has no layer."""
    axes.axhline(100 * row.mean, color=COLOURS[2], linestyle="--", linewidth=1, label="trained from scratch")


def _paper(axes: Any, result: TransferScores) -> None:
    kind = "caltech101" if "BACKGROUND_Google" in result.classes else result.kind
    for key, colour in (("pretrained", COLOURS[6]), ("scratch", COLOURS[7])):
        found = {n: float(v[key].split()[0]) for (k, n), v in PAPER_CALTECH.items() if k == kind and n in result.sizes}
        if found:
            name = "paper" if key == "pretrained" else "paper, from scratch"
            axes.plot(list(found), list(found.values()), "x", color=colour, markersize=5, label=name)


def _legend(drawn: Figure) -> None:
    """The legend below the axes, where it hides no point."""
    drawn.legend(loc="outside lower center", ncols=2, columnspacing=1.2, handlelength=2.2)


def _measure(result: TransferScores) -> str:
    return "mean average precision (%)" if result.measure == "average precision" else "mean of class accuracies (%)"


__all__ = ["layer_figure", "size_figure"]
