"""Figures of trainings: curves by epoch, which classes are confused, and what variants of a network achieve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import UsageError
from convscope.figures.style import COLOURS, COLUMN, PAGE, drawing
from convscope.training import AblationTrials, ClassAccuracy, EpochLog

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAMED = 30  # classes that a confusion still names


def draw_curves(history: Sequence[EpochLog] | Mapping[str, Sequence[EpochLog]]) -> Figure:
    """Loss, error and learning rate by epoch, of one training or of several by name.

    Training values are means over an epoch's batches, with dropout and drawn crops, while the network still learned:
    early on they lie above the validation's.

    Raises:
        UsageError: where there is no epoch. MissingExtra: without matplotlib.
    """
    runs = dict(history) if isinstance(history, Mapping) else {"": history}
    if not runs or not all(runs.values()):
        raise UsageError("no epoch to draw: a training has curves after its first epoch")
    with drawing() as figure:
        drawn = figure.Figure(figsize=(PAGE, 2.1), layout="constrained")
        loss, error, rate = drawn.subplots(1, 3)
        for (name, logs), colour in zip(runs.items(), COLOURS, strict=False):
            _lines(loss, logs, ("loss", "val_loss"), name, colour)
            _lines(error, logs, ("error", "val_error"), name, colour, scale=100)
            rate.plot([log.epoch for log in logs], [log.learning_rate for log in logs], color=colour)
        loss.set_ylabel("cross-entropy")
        error.set_ylabel("top-1 error (%)")
        rate.set_ylabel("learning rate")
        rate.ticklabel_format(axis="y", style="sci", scilimits=(-2, 2))
        for axes in (loss, error, rate):
            axes.set_xlabel("epoch")
            axes.set_ylim(bottom=0)
        loss.legend()
    return drawn


def _lines(
    axes: Axes, logs: Sequence[EpochLog], names: tuple[str, str], run: str, colour: str, *, scale: float = 1
) -> None:
    for name, style, said in zip(names, ("--", "-"), ("training", "validation"), strict=True):
        points = [(log.epoch, getattr(log, name)) for log in logs if getattr(log, name) is not None]
        if points:
            label = f"{run}, {said}" if run else said
            axes.plot(
                [epoch for epoch, _ in points],
                [scale * value for _, value in points],
                style,
                color=colour,
                label=label,
                marker="." if len(points) < 3 else None,
            )


def draw_confusion(found: ClassAccuracy) -> Figure:
    """Which class is answered for which: the share of each class's images (rows) that had each answer (columns).

    Raises:
        MissingExtra: without matplotlib.
    """
    shares = found.confusion / np.maximum(found.counts, 1)[:, None]
    few = len(found.classes) <= _NAMED and len(found.answers) <= _NAMED
    with drawing() as figure:
        drawn = figure.Figure(figsize=(COLUMN + 0.6, COLUMN), layout="constrained")
        axes = drawn.subplots()
        image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        if few:
            axes.set_xticks(range(len(found.answers)), found.answers, rotation=45, ha="right")
            axes.set_yticks(range(len(found.classes)), found.classes)
            for (row, column), share in np.ndenumerate(shares):
                if share >= 0.005:
                    colour = "white" if share > 0.5 else "black"
                    axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center", color=colour, fontsize=6)
        axes.set_xlabel("answer")
        axes.set_ylabel("class")
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        axes.tick_params(length=0)
        drawn.colorbar(image, ax=axes, label="share of the class", shrink=0.8)
    return drawn


def draw_ablation(found: AblationTrials) -> Figure:
    """The variants' errors on training and validation images, with the seeds, beside the paper's validation errors.

    Raises:
        UsageError: without a trial. MissingExtra: without matplotlib.
    """
    rows = found.rows()
    if not rows:
        raise UsageError("no trial to draw: run the ablation first")
    names = [row.variant.title for row in rows]
    at = np.arange(len(rows))[::-1]
    with drawing() as figure:
        drawn = figure.Figure(figsize=(PAGE, 0.7 + 0.28 * len(rows)), layout="constrained")
        ours, paper = drawn.subplots(1, 2, sharey=True)
        for values, colour, label in (
            ([row.train for row in rows], COLOURS[7], "training"),
            ([row.val for row in rows], COLOURS[0], "validation"),
        ):
            spread = [deviation or 0.0 for _, deviation in values]
            ours.errorbar(
                [centre for centre, _ in values], at, xerr=spread, fmt="o", color=colour, label=label, capsize=2
            )
        for row, height in zip(rows, at, strict=True):
            single = [100 * trial.val_error for trial in found.trials if trial.variant == row.variant.name]
            ours.plot(single, [height - 0.25] * len(single), "|", color=COLOURS[0], markersize=4, alpha=0.7)
        hollow = False
        for row, height in zip(rows, at, strict=True):
            name = row.variant.name
            errors, other = found.paper(name), found.paper_base(name) != found.config.network.base
            if errors is not None:
                hollow |= other
                for error, colour in zip(errors[:2], (COLOURS[7], COLOURS[0]), strict=True):
                    paper.plot(error, height, "o", color=colour, fillstyle="none" if other else "full")
        ours.set_yticks(at, names)
        ours.set_title(found.config.name)
        paper.set_title("paper, ImageNet 2012" + (" (hollow: AlexNet)" if hollow else ""))
        for axes in (ours, paper):
            axes.set_xlabel("top-1 error (%)")
            axes.margins(x=0.08)
            axes.grid(axis="x", linewidth=0.3)
            axes.set_axisbelow(True)
        ours.legend(loc="best")
    return drawn


__all__ = ["draw_ablation", "draw_confusion", "draw_curves"]
