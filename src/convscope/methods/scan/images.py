"""Where the images of a scan are: patches of what its units saw, and projections of its strongest responses.

A scan is numbers. One made in this process also remembers the network and the images that it was made of; one loaded
from a folder is told with `KeptScan.with_images`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data import Preprocess, Source, load_image
from convscope.errors import ShapeError
from convscope.graph import Network
from convscope.methods.deconv import project
from convscope.methods.deconv.projection import ProjectedPixels
from convscope.methods.inputs import input_of, preprocess_of
from convscope.methods.scan.topk import TopK
from convscope.shown import brief


def crop_patch(
    image: NDArray[Any], box: Sequence[int] | NDArray[np.integer], fill: Sequence[float] | NDArray[Any]
) -> NDArray[Any]:
    """The pixels (h, w, C) of an image (H, W, C) in a box y0, x0, y1, x1, with `fill` (C,) beyond the image.

    Raises ShapeError where the image is not (H, W, C) or the box has no area.

    >>> image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    >>> crop_patch(image, (-1, 1, 1, 3), (7, 7, 7))[..., 0].tolist()
    [[7, 7], [3, 7]]
    """
    if image.ndim != 3:
        raise ShapeError(f"an image is (H, W, C), found {image.shape} {image.dtype}")
    y0, x0, y1, x1 = (int(edge) for edge in box)
    if y1 <= y0 or x1 <= x0:
        raise ShapeError(f"the box {(y0, x0, y1, x1)} has no area: give y0, x0, y1, x1 with y0 < y1 and x0 < x1")
    patch = np.empty((y1 - y0, x1 - x0, image.shape[2]), image.dtype)
    patch[:] = np.asarray(fill).astype(image.dtype)
    top, bottom = np.clip([y0, y1], 0, image.shape[0])
    left, right = np.clip([x0, x1], 0, image.shape[1])
    patch[top - y0 : bottom - y0, left - x0 : right - x0] = image[top:bottom, left:right]
    return patch


@brief
@dataclass(frozen=True, eq=False)
class ScannedImages:
    """The network and the images of a scan, from which its patches are cut."""

    net: Network
    source: Source
    preprocess: Preprocess

    @classmethod
    def of(cls, net: Network, source: Source) -> ScannedImages:
        """Those of a network and a collection; raises UsageError for a network without preprocessing."""
        return cls(net, source, preprocess_of(net, source))

    def patch(self, layer: str, image: int, position: tuple[int, int]) -> NDArray[np.uint8]:
        """What a position (y, x) of a layer sees of an image, as a picture (h, w, 3) of the bands that are shown.

        Raises ImageError or SourceError where the image cannot be read any more.
        """
        where = self.net.crops(layer, np.array([position]))[0].numpy()
        found = crop_patch(load_image(self.source, image, self.preprocess), where, self.preprocess.mean_colour)
        return self.preprocess.shown(found)

    def strongest(
        self, top: TopK, channel: int, *, besides: NDArray[Any] | None, most: int, **rules: Any
    ) -> ProjectedPixels | None:
        """What a unit takes from the images that excite it most, strongest first, see `Scanned.project`."""
        photos, places = [], []
        for rank in np.flatnonzero(top.found[channel] & (top.values[channel] != 0)).tolist():
            photo = load_image(self.source, int(top.images[channel, rank]), self.preprocess)
            if len(photos) < most and (besides is None or not np.array_equal(photo, besides)):
                photos.append(photo)
                places.append(top.positions[channel, rank])
        if not photos:
            return None
        count = len(photos)
        return project(
            self.net, input_of(self.net, photos), top.layer, image=range(count), channel=[channel] * count,
            position=np.stack(places), **rules,
        )  # fmt: skip

    def words(self, image: int) -> str:
        """The label of an image, or its name where it has none."""
        label, classes = self.source.label(image), self.source.classes
        return classes[label] if 0 <= label < len(classes) else self.source.name(image)


__all__ = ["ScannedImages", "crop_patch"]
