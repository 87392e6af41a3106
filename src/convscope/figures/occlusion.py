"""What a square that is slid over an image does, drawn as in the paper's Fig. 7, one row an image.

(a) the image and the square; (b) the summed activation of the map that is strongest in the uncovered image; (c) what
that map takes from this image (framed) and from those that excite it most; (d) the probability of the class; (e) the
most probable class; and the attribution, the mean drop over the squares that cover a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ShapeError, UsageError
from convscope.figures.style import COLOURS, PAGE, drawing
from convscope.methods.occlusion.occluders import OccluderGrid
from convscope.methods.occlusion.occlusion import OcclusionMaps

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Pixels = NDArray[np.uint8]

_HEAT = "inferno"
_DROP = "RdBu_r"
_SEEN = 0.72  # of a heat map, over the image in grey
_NAMED = 4  # classes of a map of labels that have a colour of their own
_OTHERS = 8
_LETTERS = "abcdef"
_COLUMNS = len(_LETTERS)
_TAIL = 0.02  # share of a projection that may be cut off at each side

_SMALL = 6  # points, of the numbers on a scale
_WIDE = 0.6  # of a digit, as a share of its height

# Inches.
_GAP = 0.1
_TITLE = 0.17
_FOOT = 0.22


@dataclass(frozen=True)
class ShownPhoto:
    """What stands beside an image's maps: its pixels (H, W, 3) as the network sees them, and a name.

    projection: what the followed map takes from it, (h, w, 3) as `atlas.render.display` shows it; others: the same of
    the images that excite the map most, where they are known.
    """

    pixels: Pixels
    name: str = ""
    projection: Pixels | None = None
    others: Sequence[Pixels] = ()


def draw(found: OcclusionMaps, photos: Sequence[ShownPhoto], *, classes: Sequence[str] | None = None) -> Figure:
    """The figure of an occlusion: a row for each of its images, whose pixels `photos` has in the same order.

    classes: names of the classes, for the map of labels.

    Raises:
        ShapeError: where photos are not those of the result. UsageError: without images. MissingExtra: without
            matplotlib.

    >>> import torch
    >>> from convscope.graph import Network
    >>> from convscope.methods.occlusion.occlusion import occlude
    >>> layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten(), torch.nn.Linear(400, 3))
    >>> net = Network.trace(layers, (3, 12, 12))
    >>> found = occlude(net, torch.rand(1, 3, 12, 12), size=4, stride=2, layer="0")
    >>> len(draw(found, [ShownPhoto(np.zeros((12, 12, 3), np.uint8))]).axes) >= 6
    True
    """
    if not photos:
        raise UsageError("a figure of no images: give one or more")
    if len(photos) != len(found) or any(p.pixels.shape[:2] != found.grid.image for p in photos):
        height, width = found.grid.image
        raise ShapeError(
            f"the result is of {len(found)} images of {height}x{width} pixels; {len(photos)} photos of "
            f"{sorted({p.pixels.shape[:2] for p in photos})} were given"
        )
    with drawing() as figure:
        panel = _panel_size(found.grid)
        rows = [_TITLE + panel[0] + _below(found, row) for row in range(len(found))]
        height = sum(rows) + _FOOT
        made = figure.Figure(figsize=(PAGE, height))
        for row, photo in enumerate(photos):
            top = height - sum(rows[:row]) - _TITLE
            places = [(i * (panel[1] + _GAP), top - panel[0], panel[1], panel[0]) for i in range(_COLUMNS)]
            size = (PAGE, height, PAGE, height)
            axes = [made.add_axes(tuple(v / s for v, s in zip(place, size, strict=True))) for place in places]
            _row(axes, found, row, photo, classes)
        made.text(0, 0, _legend(found), fontsize=6, va="bottom", color="#444444")
        return made


def _panel_size(grid: OccluderGrid) -> tuple[float, float]:
    """Height and width of a panel in inches."""
    width = (PAGE - (_COLUMNS - 1) * _GAP) / _COLUMNS
    return width * grid.image[0] / grid.image[1], width


def _below(found: OcclusionMaps, image: int) -> float:
    """How much room a row needs below its panels: for the scales, and for the names of the classes."""
    return 0.4 + 0.1 * max(0, min(len(np.unique(found.label[image])), _NAMED + 1) - 3)


def _legend(found: OcclusionMaps) -> str:
    """What the panels are, for all rows."""
    (height, width), (down, right) = found.grid.size, found.grid.stride
    square = f"{height}x{width} px, every {down}" + ("" if down == right else f" down and {right} across")
    mark = "\u25bc: where nothing is covered"
    return f"{found.network}; {found.fill} square of {square}\nb: sum of the strongest map of {found.layer}; {mark}"


def _row(
    axes: Sequence[Axes], found: OcclusionMaps, image: int, photo: ShownPhoto, classes: Sequence[str] | None
) -> None:
    """One image: its six panels, with titles and scales."""
    title, drops = _subject(found, image, classes)
    titles = (photo.name, f"map {int(found.channels[image])}", "its projections", title, "top class", drops)
    for at, (panel, title) in enumerate(zip(axes, titles, strict=True)):
        panel.set_xticks([])
        panel.set_yticks([])
        for spine in panel.spines.values():
            spine.set_visible(False)
        panel.set_title(f"$\\bf{{{_LETTERS[at]}}}$  {_short(title, 20)}", fontsize=7, pad=3, loc="left")
    _picture(axes[0], found.grid, photo.pixels)
    _heat(axes[1], found.grid, photo.pixels, found.activation[image], float(found.uncovered.activations[image]))
    _projections(axes[2], photo)
    uncovered, covered = (part[image] for part in found.measured(found.subject))
    _heat(axes[3], found.grid, photo.pixels, covered, float(uncovered))
    if found.head is not None and found.head.probable:
        _labels(axes[4], found, image, photo.pixels, classes)
    else:
        axes[4].text(0.5, 0.5, "no classes", ha="center", va="center", fontsize=6, transform=axes[4].transAxes)
    drop = found.attribution(found.subject)[image]
    reach = float(np.abs(drop[np.isfinite(drop)]).max(initial=0.0)) or 1.0
    axes[5].imshow(_grey(photo.pixels), cmap="gray", vmin=0, vmax=255)
    shown = axes[5].imshow(drop, cmap=_DROP, vmin=-reach, vmax=reach, alpha=_SEEN, interpolation="nearest")
    _scale(axes[5], shown)


def _subject(found: OcclusionMaps, image: int, classes: Sequence[str] | None) -> tuple[str, str]:
    """The titles of what was followed first and of its drop."""
    if found.head is None or not found.targets.shape[1]:
        return (str(found.units[0]) if found.units else "map"), "drop"
    name = _short(found.head.target_name(int(found.targets[image, 0]), classes))
    return (f"p({name})", "drop of p") if found.head.probable else (name, "drop")


def _picture(panel: Axes, grid: OccluderGrid, pixels: Pixels) -> None:
    """The image with the square's size in its corner, and how far it moves."""
    from matplotlib.patches import Rectangle

    panel.imshow(pixels, interpolation="nearest")
    (height, width), (down, right) = grid.size, grid.stride
    for y, x, style in ((down, right, ":"), (0, 0, "-")):
        for colour, line in (("black", 1.6), ("white", 0.8)):
            panel.add_patch(Rectangle((x + 1, y + 1), width - 3, height - 3, fill=False, ec=colour, lw=line, ls=style))


def edges(grid: OccluderGrid, axis: int) -> NDArray[np.float64]:
    """The borders between the positions along an axis, in pixels: halfway between the squares' centres."""
    first, last = (0, 2) if axis == 0 else (1, 3)
    boxes = grid.boxes.reshape(*grid.shape, 4)
    line = boxes[:, 0] if axis == 0 else boxes[0]
    centres = (line[:, first] + line[:, last]) / 2 - 0.5
    if len(centres) == 1:
        return np.array([line[0, first] - 0.5, line[0, last] - 0.5])
    between = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - between[0]], between, [2 * centres[-1] - between[-1]]])


def _heat(panel: Axes, grid: OccluderGrid, pixels: Pixels, values: NDArray[Any], uncovered: float) -> None:
    """A value at each position of the square's centre over the image in grey; a mark on the scale where uncovered."""
    panel.imshow(_grey(pixels), cmap="gray", vmin=0, vmax=255)
    low, high = float(min(values.min(), uncovered)), float(max(values.max(), uncovered))
    high = high if high > low else low + 1e-9
    shown = panel.pcolormesh(
        edges(grid, 1), edges(grid, 0), values, cmap=_HEAT, vmin=low, vmax=high, alpha=_SEEN, lw=0, rasterized=True
    )
    panel.set_xlim(-0.5, grid.image[1] - 0.5)
    panel.set_ylim(grid.image[0] - 0.5, -0.5)
    bar = _scale(panel, shown)
    bar.ax.plot([uncovered], [1.5], marker="v", ms=3, color="black", clip_on=False, transform=_over(bar.ax))


def _over(axes: Axes) -> Any:
    """Data along x, and the height of the axes along y."""
    return axes.get_xaxis_transform()


def _scale(panel: Axes, shown: Any) -> Any:
    """A scale just below a panel, with as many numbers as have room side by side."""
    inch = 1 / _inches(panel)
    under = panel.inset_axes((0.02, -0.13 * inch, 0.96, 0.05 * inch))
    bar: Any = _figure(panel).colorbar(shown, cax=under, orientation="horizontal")
    bar.solids.set_alpha(1)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=_SMALL, length=2, pad=1, width=0.5)
    bar.formatter.set_powerlimits((-2, 4))
    bar.ax.xaxis.get_offset_text().set_fontsize(_SMALL)
    _number(bar, 0.96 * panel.get_position().width * _figure(panel).get_figwidth())
    return bar


def _number(bar: Any, width: float) -> None:
    """Put numbers on a scale so many inches wide: at most five, fewer where they are long and would run together."""
    from matplotlib.ticker import MaxNLocator

    for steps in (4, 3, 2, 1):
        bar.locator = MaxNLocator(steps)
        bar.update_ticks()
        ticks = bar.get_ticks()
        longest = max((len(text) for text in bar.formatter.format_ticks(ticks)), default=0)
        span, room = bar.vmax - bar.vmin, (longest + 1) * _SMALL * _WIDE / 72
        if len(ticks) < 2 or (ticks[1] - ticks[0]) / span * width >= room:
            return


def _inches(panel: Axes) -> float:
    """The height of a panel."""
    return panel.get_position().height * _figure(panel).get_figheight()


def _figure(panel: Axes) -> Any:
    """The figure that a panel is in."""
    return panel.get_figure(root=True)


def _projections(panel: Axes, photo: ShownPhoto) -> None:
    """The map's projection of this image in a black frame, and its strongest ones elsewhere, as a square of tiles."""
    from matplotlib.patches import Rectangle

    shown = [p for p in (photo.projection, *photo.others[:_OTHERS]) if p is not None]
    if not shown:
        panel.text(0.5, 0.5, "not projected", ha="center", va="center", fontsize=6, transform=panel.transAxes)
        return
    across = 1 if len(shown) == 1 else 2 if len(shown) <= 4 else 3
    for i, tile in enumerate(shown):
        y, x = divmod(i, across)
        room = (1 - 0.04 * (across - 1)) / across
        cell = panel.inset_axes((x * (room + 0.04), 1 - room - y * (room + 0.04), room, room))
        cell.imshow(trimmed(tile), interpolation="nearest" if across == 1 else "antialiased")
        cell.set_xticks([])
        cell.set_yticks([])
        framed = i == 0 and photo.projection is not None
        for spine in cell.spines.values():
            spine.set_visible(False)
        if framed:
            cell.add_patch(Rectangle((0, 0), 1, 1, transform=cell.transAxes, fill=False, ec="black", lw=3))
    if photo.others:
        panel.set_xlabel("in black: this image", fontsize=6, labelpad=3)


def trimmed(tile: Pixels) -> Pixels:
    """The square about nearly all that is not grey in a projection, which may be little of its receptive field.

    >>> tile = np.full((9, 9, 3), 128, np.uint8)
    >>> tile[4:6, 5] = 255
    >>> trimmed(tile).shape
    (4, 4, 3)
    """
    loud = np.abs(tile.astype(np.float64) - 128).max(2)
    loud[loud <= 1] = 0  # pictures that were compressed are nowhere quite grey
    if not loud.any():
        return tile
    spans = []
    for axis in (1, 0):
        share = loud.sum(axis).cumsum() / loud.sum()
        spans.append((np.searchsorted(share, _TAIL), np.searchsorted(share, 1 - _TAIL) + 1))
    low, high = np.array(spans).T + np.array([[-1], [1]])
    side = min(int((high - low).max()), *tile.shape[:2])
    first = np.clip((low + high - side) // 2, 0, np.asarray(tile.shape[:2]) - side)
    return tile[first[0] : first[0] + side, first[1] : first[1] + side]


def _labels(panel: Axes, found: OcclusionMaps, image: int, pixels: Pixels, classes: Sequence[str] | None) -> None:
    """The most probable class at each position, the most frequent ones by name."""
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    labels = found.label[image]
    numbers, counts = np.unique(labels, return_counts=True)
    order = numbers[np.argsort(-counts, kind="stable")].tolist()
    own = int(found.uncovered.labels[image])
    # The class of the uncovered image always has the first colour, so that colours compare between rows.
    order = [n for n in (own, *order) if n != own or n in order]
    order = list(dict.fromkeys(order))
    named, rest = order[:_NAMED], order[_NAMED:]
    place = {number: min(i, _NAMED) for i, number in enumerate(order)}
    colours = [*COLOURS[:_NAMED], "#b8b8b8"]
    at = np.vectorize(place.__getitem__)(labels)
    panel.imshow(_grey(pixels), cmap="gray", vmin=0, vmax=255)
    panel.pcolormesh(
        edges(found.grid, 1),
        edges(found.grid, 0),
        at,
        cmap=ListedColormap(colours),
        vmin=-0.5,
        vmax=_NAMED + 0.5,
        alpha=_SEEN,
        lw=0,
        rasterized=True,
    )
    panel.set_xlim(-0.5, found.grid.image[1] - 0.5)
    panel.set_ylim(found.grid.image[0] - 0.5, -0.5)
    handles = [Patch(color=colours[place[n]], label=_short(_label(found, n, classes), 20)) for n in named]
    if rest:
        handles.append(Patch(color=colours[-1], label=f"{len(rest)} other{'s' if len(rest) > 1 else ''}"))
    panel.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(-0.02, -0.05 / _inches(panel)),
        fontsize=5.5,
        handlelength=0.8,
        handleheight=0.8,
        labelspacing=0.15,
        borderpad=0,
        borderaxespad=0.1,
        handletextpad=0.4,
    )


def _grey(pixels: Pixels) -> NDArray[np.float64]:
    return pixels.astype(np.float64) @ np.array([0.299, 0.587, 0.114])


def _label(found: OcclusionMaps, number: int, classes: Sequence[str] | None) -> str:
    return f"class {number}" if found.head is None else found.head.label_name(number, classes)


def _short(text: str, length: int = 14) -> str:
    """The first of several names of a class, cut where it is long.

    >>> _short("lawn mower, mower"), _short("a very long name indeed", 10)
    ('lawn mower', 'a very lo…')
    """
    first = text.partition(",")[0]
    return first if len(first) <= length else first[: length - 1] + "…"


__all__ = ["ShownPhoto", "draw", "edges"]
