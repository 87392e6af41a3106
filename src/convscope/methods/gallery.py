"""The strongest patches of a scan as pictures: where its images are, cut to what each unit saw, as HTML in a notebook.

A scan is numbers. One made in this process also remembers the network and the images that it was made of, so that it
can show itself; one loaded from a folder is told with `Scan.with_images`, and shows numbers until then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.data import Preprocess, Source, load_image
from convscope.errors import ImageError, ShapeError, SourceError, UsageError
from convscope.graph import Network
from convscope.methods.html import box, cell, picture, table

if TYPE_CHECKING:
    from convscope.methods.deconv import Projection
    from convscope.methods.scan import Scan
    from convscope.methods.topk import TopK

UNITS_SHOWN = 6
"""Units that a table of strongest responses shows of itself."""
_SHOWN = 9  # responses of each
_SIDE = 84  # CSS pixels of a patch
_KEPT = 2 * _SIDE  # pixels that a larger patch is reduced to
_PREVIEWED = 8  # layers of a scan that are shown with a row of patches


def crop_patch(
    image: NDArray[np.uint8], box: Sequence[int] | NDArray[np.integer], fill: Sequence[int] | NDArray[np.integer]
) -> NDArray[np.uint8]:
    """The pixels (h, w, 3) of an image (H, W, 3) in a box y0, x0, y1, x1, with `fill` (3,) beyond the image.

    Raises ShapeError where the image is not (H, W, 3) uint8 or the box has no area.

    >>> image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    >>> crop_patch(image, (-1, 1, 1, 3), (7, 7, 7))[..., 0].tolist()
    [[7, 7], [3, 7]]
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ShapeError(f"an image is (H, W, 3) uint8 RGB, found {image.shape} {image.dtype}")
    y0, x0, y1, x1 = (int(edge) for edge in box)
    if y1 <= y0 or x1 <= x0:
        raise ShapeError(f"the box {(y0, x0, y1, x1)} has no area: give y0, x0, y1, x1 with y0 < y1 and x0 < x1")
    patch = np.empty((y1 - y0, x1 - x0, 3), np.uint8)
    patch[:] = np.asarray(fill, np.uint8)
    top, bottom = np.clip([y0, y1], 0, image.shape[0])
    left, right = np.clip([x0, x1], 0, image.shape[1])
    patch[top - y0 : bottom - y0, left - x0 : right - x0] = image[top:bottom, left:right]
    return patch


@dataclass(frozen=True, eq=False)
class Gallery:
    """The network and the images of a scan, from which its patches are cut."""

    net: Network
    source: Source
    preprocess: Preprocess

    def patch(self, layer: str, image: int, position: tuple[int, int]) -> NDArray[np.uint8]:
        """The pixels (h, w, 3) of an image that a position (y, x) of a layer sees.

        Raises ImageError or SourceError where the image cannot be read any more.
        """
        where = self.net.boxes(layer, np.array([position]))[0].numpy()
        return crop_patch(load_image(self.source, image, self.preprocess), where, self.preprocess.mean_colour)

    def strongest(
        self, top: TopK, channel: int, *, besides: NDArray[np.uint8] | None, most: int, **rules: Any
    ) -> Projection | None:
        """What a unit takes from the images that excite it most, strongest first, see `Scan.project`."""
        from convscope.methods.deconv import project

        photos, places = [], []
        for rank in np.flatnonzero(((top.images[channel] >= 0) & (top.values[channel] != 0)).numpy()).tolist():
            photo = load_image(self.source, int(top.images[channel, rank]), self.preprocess)
            if len(photos) < most and (besides is None or not np.array_equal(photo, besides)):
                photos.append(photo)
                places.append(top.positions[channel, rank].numpy())
        if not photos:
            return None
        batch = torch.from_numpy(np.stack(photos)).permute(0, 3, 1, 2)
        inputs = self.preprocess.normalise(batch, dtype=self.net.dtype).to(self.net.device)
        count = len(photos)
        return project(
            self.net, inputs, top.layer, image=range(count), channel=[channel] * count, position=np.stack(places),
            **rules,
        )  # fmt: skip

    def words(self, image: int) -> str:
        """The label of an image, or its name where it has none."""
        label, classes = self.source.label(image), self.source.classes
        return classes[label] if 0 <= label < len(classes) else self.source.name(image)

    def cell(self, top: TopK, channel: int, rank: int) -> str:
        """One response as HTML: what the unit saw, the value, and the image."""
        value, image = float(top.values[channel, rank]), int(top.images[channel, rank])
        y, x = top.positions[channel, rank].tolist()
        caption = f"{value:.4g} {self.words(image)}"[:80]
        try:
            patch = self.patch(top.layer, image, (y, x))
        except (ImageError, SourceError) as error:
            return cell("", f"{caption}: cannot be read any more ({error})"[:200])
        return cell(picture(_reduced(patch), _SIDE, title=f"{self.source.name(image)} at {y},{x}"), caption)


def _reduced(patch: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Every n-th block averaged, so that no side is longer than needed; small patches as they are."""
    by = -(-max(patch.shape[:2]) // _KEPT)
    if by == 1:
        return patch
    height, width = (side // by * by for side in patch.shape[:2])
    blocks = patch[:height, :width].reshape(height // by, by, width // by, by, 3)
    return np.rint(blocks.mean((1, 3))).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class TopView:
    """Some units of a layer as a notebook shows them; made by `TopK.show`."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def top_html(top: TopK, gallery: Gallery | None, channels: Iterable[int] | None = None) -> str:
    """The strongest responses of some units as HTML; by default the first that respond at all.

    Raises UsageError for a channel that the layer does not have.
    """
    count = len(top.values)
    if channels is None:
        responding = np.flatnonzero(((top.images[:, 0] >= 0) & (top.values[:, 0] != 0)).numpy())
        chosen = responding[:UNITS_SHOWN].tolist()
        note = f"{count} units; shown: {len(chosen)} of {len(responding)} that respond. `show([...])` shows others"
    else:
        chosen = [int(channel) for channel in channels]
        note = f"{len(chosen)} of {count} units"
    for channel in chosen:
        if not 0 <= channel < count:
            raise UsageError(f"layer '{top.layer}' has units 0 to {count - 1}, there is no {channel}")
    if gallery is None:
        note += ". Numbers alone: tell the scan where its images are with Scan.with_images(net, source)"
        return box(top.layer, note, _numbers(top, chosen))
    return box(top.layer, note, "".join(_row(top, gallery, channel) for channel in chosen))


def _row(top: TopK, gallery: Gallery, channel: int) -> str:
    ranks = range(min(_SHOWN, int(top.found[channel].sum())))
    cells = "".join(gallery.cell(top, channel, rank) for rank in ranks)
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


def scan_html(found: Scan) -> str:
    """A scan as HTML: its layers, and the strongest patch of a few units of each where it knows its images."""
    rows, strips = [], []
    for name in found:
        top = found[name].topk
        best = top.values[:, 0]
        rows.append((name, len(best), int((best == 0).sum()), f"{best.max().item():.4g}"))
        if top.gallery is not None and len(strips) < _PREVIEWED:
            alive = np.flatnonzero(((top.images[:, 0] >= 0) & (best != 0)).numpy())[:_SHOWN]
            cells = "".join(top.gallery.cell(top, channel, 0) for channel in alive.tolist())
            strips.append(box(name, "the strongest patch of its first units", cells))
    note = f"{found.k} strongest responses of each unit to {found.images} images" + (
        "" if found.complete else f", a part of {found.identity.images}"
    )
    listed = table(("layer", "units", "zero at best", "maximum"), rows)
    return box(found.network, note, listed + "".join(strips))


__all__ = ["Gallery", "TopView", "crop_patch", "scan_html", "top_html"]
