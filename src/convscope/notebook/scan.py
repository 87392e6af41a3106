"""The strongest patches of a scan as pictures, cut to what each unit saw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ImageError, SourceError
from convscope.methods.scan.found import LayerScan, Scanned, TopView
from convscope.methods.scan.images import ScannedImages
from convscope.methods.scan.topk import TopK
from convscope.notebook.html import box, cell, picture, table

UNITS_SHOWN = 6
"""Units that a table of strongest responses shows of itself."""
_SHOWN = 9  # responses of each
_SIDE = 84  # CSS pixels of a patch
_KEPT = 2 * _SIDE  # pixels that a larger patch is reduced to
_PREVIEWED = 8  # layers of a scan that are shown with a row of patches


def top_html(top: TopK, photos: ScannedImages | None = None, channels: Sequence[int] | None = None) -> str:
    """The strongest responses of some units as HTML; by default the first that respond at all."""
    count = len(top.values)
    if channels is None:
        responding = np.flatnonzero(top.found[:, 0] & (top.values[:, 0] != 0))
        chosen: Sequence[int] = responding[:UNITS_SHOWN].tolist()
        note = f"{count} units; shown: {len(chosen)} of {len(responding)} that respond. `show([...])` shows others"
    else:
        chosen = channels
        note = f"{len(chosen)} of {count} units"
    if photos is None:
        note += ". Numbers alone: tell the scan where its images are with Scan.with_images(net, source)"
        return box(top.layer, note, _numbers(top, chosen))
    return box(top.layer, note, "".join(_row(top, photos, channel) for channel in chosen))


def layer_html(found: LayerScan) -> str:
    """A layer of a scan: the first units that respond."""
    return top_html(found.topk, found.photos)


def view_html(view: TopView) -> str:
    """The units of a layer that were asked for."""
    return top_html(view.of.topk, view.of.photos, view.channels)


def scan_html(found: Scanned) -> str:
    """A scan as HTML: its layers, and the strongest patch of a few units of each where it knows its images."""
    rows, strips = [], []
    for name in found:
        top, photos = found[name].topk, found.photos
        best = top.values[:, 0]
        rows.append((name, len(best), int((best == 0).sum()), f"{best.max().item():.4g}"))
        if photos is not None and len(strips) < _PREVIEWED:
            alive = np.flatnonzero(top.found[:, 0] & (best != 0))[:_SHOWN]
            cells = "".join(response_cell(top, photos, channel, 0) for channel in alive.tolist())
            strips.append(box(name, "the strongest patch of its first units", cells))
    note = f"{found.k} strongest responses of each unit to {found.images} images" + (
        "" if found.complete else f", a part of {found.identity.images}"
    )
    listed = table(("layer", "units", "zero at best", "maximum"), rows)
    return box(found.network, note, listed + "".join(strips))


def response_cell(top: TopK, photos: ScannedImages, channel: int, rank: int) -> str:
    """One response as HTML: what the unit saw, the value, and the image."""
    value, image = float(top.values[channel, rank]), int(top.images[channel, rank])
    y, x = top.positions[channel, rank].tolist()
    caption = f"{value:.4g} {photos.words(image)}"[:80]
    try:
        patch = photos.patch(top.layer, image, (y, x))
    except (ImageError, SourceError) as error:
        return cell("", f"{caption}: cannot be read any more ({error})"[:200])
    return cell(picture(_reduced(patch), _SIDE, title=f"{photos.source.name(image)} at {y},{x}"), caption)


def _reduced(patch: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Every n-th block averaged, so that no side is longer than needed; small patches as they are."""
    by = -(-max(patch.shape[:2]) // _KEPT)
    if by == 1:
        return patch
    height, width = (side // by * by for side in patch.shape[:2])
    blocks = patch[:height, :width].reshape(height // by, by, width // by, by, 3)
    return np.rint(blocks.mean((1, 3))).astype(np.uint8)


def _row(top: TopK, photos: ScannedImages, channel: int) -> str:
    ranks = range(min(_SHOWN, int(top.found[channel].sum())))
    cells = "".join(response_cell(top, photos, channel, rank) for rank in ranks)
    return box(f"{top.layer}:{channel}", "" if cells else "no image was looked at", cells)


def _numbers(top: TopK, channels: Sequence[int]) -> str:
    rows = [
        (f"{top.layer}:{channel}", rank + 1, f"{value:.4g}", image, f"{y}, {x}")
        for channel in channels
        for rank, (value, image, (y, x)) in enumerate(
            zip(
                top.values[channel, :_SHOWN].tolist(),
                top.images[channel, :_SHOWN].tolist(),
                top.positions[channel, :_SHOWN].tolist(),
                strict=True,
            )
        )
        if image >= 0
    ]
    return table(("unit", "rank", "value", "image", "position (y, x)"), rows)


__all__ = ["UNITS_SHOWN", "layer_html", "response_cell", "scan_html", "top_html", "view_html"]
