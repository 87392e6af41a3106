"""First layers side by side (Fig. 6): filters on one scale each, projections of the second layer, and charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from convscope.errors import UsageError
from convscope.figures.pictures import grid, shown, squarest
from convscope.figures.style import COLOURS, PAGE, drawing
from convscope.methods.diagnosis.diagnosis import LayerDiagnosis
from convscope.methods.diagnosis.spectrum import EDGES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHOWN = 25  # projections of each network
_MOST = 6
_WIDE = 3  # columns in which a caption has room on one line


def draw(found: Sequence[LayerDiagnosis], *, labels: Sequence[str] | None = None) -> Figure:
    """The diagnoses of one to six networks as a figure: one column of pictures each, and three charts that they share.

    labels: what the networks are called; by default the part of their name before the brackets.

    Raises:
        UsageError: for none, for more than six, or for other than one label each. MissingExtra: without matplotlib.
    """
    if not 1 <= len(found) <= _MOST:
        raise UsageError(f"{len(found)} networks: a figure sets 1 to {_MOST} side by side")
    names = [short_name(one.network) for one in found] if labels is None else list(labels)
    if len(names) != len(found):
        raise UsageError(f"{len(names)} labels for {len(found)} networks: give one each")
    projected = any(one.projections is not None for one in found)
    rows = 1 if len(found) == 1 or not projected else 2
    columns = max(2, len(found))
    heights = [PAGE / columns + 0.3, *([PAGE / columns + 0.1] * (rows - 1)), 1.9]
    with drawing() as figure:
        drawn = figure.Figure(figsize=(PAGE, sum(heights)), layout="constrained")
        pictures, charts = drawn.subfigures(2, 1, height_ratios=[sum(heights[:-1]), heights[-1]])
        places = list(pictures.subplots(rows, columns, squeeze=False).flat)
        for axes in places:
            axes.set_axis_off()
        for axes, one, name, colour in zip(places, found, names, COLOURS, strict=False):
            _filters(axes, one, name, colour, "\n" if columns > _WIDE else " ")
        for axes, one in zip(places[len(found) :], found, strict=False):
            _projections(axes, one, "\n" if columns > _WIDE else " ")
        axes = charts.subplots(1, 3)
        _strengths(axes[0], found)
        _coverage(axes[1], found)
        _lines(axes[2], found)
    return drawn


def short_name(network: str, *, most: int = 26) -> str:
    """A network's name without where its weights are from; of a path its end.

    >>> short_name("zoo:zfnet (random weights, seed 0)"), short_name("file:runs/one/checkpoints/epoch-0010.safetensors")
    ('zoo:zfnet', '.../checkpoints/epoch-0010')
    """
    name = network.partition(" (")[0].removesuffix(".safetensors")
    return name if len(name) <= most else f"...{name[3 - most :]}"


def _filters(axes: Axes, one: LayerDiagnosis, name: str, colour: str, gap: str) -> None:
    weights = torch.from_numpy(one.filters.weights)
    scale = float(weights.abs().max())
    pictures = shown(weights.float(), scale=scale)
    enlarge = max(1, round(240 / (squarest(len(pictures)) * pictures.shape[1])))
    axes.imshow(grid(pictures, columns=squarest(len(pictures)), enlarge=enlarge, gap=4), interpolation="nearest")
    axes.set_title(name, color=colour, fontsize=9, pad=18 if gap == " " else 26)
    text = f"{one.filters.text},{gap}one scale of $\\pm${scale:.2g}"
    _caption(axes, text)


def _projections(axes: Axes, one: LayerDiagnosis, gap: str) -> None:
    if one.projections is None:
        return
    count = min(_SHOWN, len(one.projections))
    rows = [i * len(one.projections) // count for i in range(count)]
    pictures = shown(one.projections.pixels[rows])
    enlarge = max(1, round(240 / (squarest(count) * pictures.shape[1])))
    axes.imshow(grid(pictures, columns=squarest(count), enlarge=enlarge, gap=4), interpolation="nearest")
    text = f"{count} units of {short_name(str(one.second), most=24)},{gap}{pictures.shape[1]}x{pictures.shape[2]} px"
    _caption(axes, text)


def _caption(axes: Axes, text: str) -> None:
    """A line above a picture, which makes no room for itself: the pictures would shrink."""
    axes.text(0.5, 1.02, text, transform=axes.transAxes, ha="center", va="bottom", fontsize=6).set_in_layout(False)
    if not axes.get_title():
        axes.set_title(" \n " if "\n" in text else " ", fontsize=6)  # but for its height


def _strengths(axes: Axes, found: Sequence[LayerDiagnosis]) -> None:
    """Root mean squares from the strongest filter down, over the median."""
    for one, colour in zip(found, COLOURS, strict=False):
        strong = np.delete(one.filters.rms, list(one.weak))
        strong = strong[np.isfinite(strong)]
        middle = float(np.median(strong)) if len(strong) else np.inf  # of none, nothing stands over the others
        ordered = np.sort(np.where(np.isfinite(one.filters.rms), one.filters.rms, 0))[::-1] / middle
        axes.plot(np.linspace(0, 1, len(ordered)), np.maximum(ordered, 1e-3), color=colour)
    axes.axhline(found[0].limits.dominating, color="#999999", linewidth=0.6, linestyle="--")
    axes.text(1, found[0].limits.dominating, "dominating", ha="right", va="bottom", fontsize=6, color="#666666")
    axes.set(yscale="log", xlabel="filters, strongest first (share)", ylabel="RMS / median")
    axes.set_ylim(top=max(2 * found[0].limits.dominating, axes.get_ylim()[1]))


def _coverage(axes: Axes, found: Sequence[LayerDiagnosis]) -> None:
    """Energy by frequency, per octave band."""
    for i, (one, colour) in enumerate(zip(found, COLOURS, strict=False)):
        edges, profile = one.coverage.edges, one.coverage.profile
        axes.stairs(profile / np.diff(edges), edges, color=colour, linewidth=1.2)
        low, middle, high = one.coverage.mean
        text = f"{low:.0%} / {middle:.0%} / {high:.0%}"
        axes.text(0.98, 0.97 - 0.09 * i, text, transform=axes.transAxes, ha="right", va="top", color=colour, fontsize=6)
    for edge in EDGES:
        axes.axvline(edge, color="#999999", linewidth=0.6, linestyle="--")
    for name, at in zip(("low", "mid", "high"), (EDGES[0] / 2, sum(EDGES) / 2, 0.4), strict=True):
        axes.text(at, 1.01, name, transform=axes.get_xaxis_transform(), ha="center", fontsize=6, color="#666666")
    axes.set(xlabel="cycles per pixel", ylabel="filters' energy density", xlim=(0, 0.71))
    axes.set_ylim(0, axes.get_ylim()[1] * (1.05 + 0.09 * len(found)))


def _lines(axes: Axes, found: Sequence[LayerDiagnosis]) -> None:
    """Spectra of the projections, with the stride's frequencies marked."""
    measured = [(one.lines, colour) for one, colour in zip(found, COLOURS, strict=False) if one.lines is not None]
    for i, (seen, colour) in enumerate(measured):
        spectrum = seen.spectrum.mean(0)
        level = 10 * np.log10(spectrum / spectrum.max())
        axes.plot(seen.axis, level, color=colour)
        for frequency in sorted(set(seen.frequencies.tolist())):
            at = float(np.interp(frequency, seen.axis, level))
            axes.plot(frequency, at, "v", color=colour, markersize=3.5, clip_on=False)
        text = f"stride {max(seen.stride)}: {seen.decibels:+.1f} dB, {seen.share:.1%}"
        axes.text(0.04, 0.03 + 0.09 * i, text, transform=axes.transAxes, color=colour, fontsize=6)
    if not measured:
        axes.text(0.5, 0.5, "no projections", ha="center", va="center", transform=axes.transAxes)
    axes.set(xlabel="cycles per pixel", ylabel="projections' power (dB)", xlim=(0, 0.5), ylim=(-35, 3))


__all__ = ["draw"]
