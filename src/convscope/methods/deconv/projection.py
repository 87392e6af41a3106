"""Projections: what units took from images, on boxes of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.graph import Report, Unit
from convscope.graph.boxes import Signal, paste, whole_origin
from convscope.shown import Shown, brief


@brief
@dataclass(frozen=True)
class ProjectedPixels(Shown):
    """n projections of one layer's units onto their images, each on its receptive-field box.

    pixels: (n, C, h, w), signed: nothing is rectified after the first convolution. Zero beyond the image.
    boxes: (n, 4) y0 x0 y1 x1 in input pixels, half-open; all h x w; a box may reach beyond the image.
    units: the n units, with the positions that were projected; images: (n,) rows of the image batch.
    values: (n,) float32 activations of the units there. report: what was done on the way.
    photos: uint8 (b, H, W, 3), the images of the batch as the network sees them, of several channels the bands that
    are shown; None where that is not known.
    """

    layer: str
    pixels: Tensor
    boxes: Tensor
    units: tuple[Unit, ...]
    images: Tensor
    values: Tensor
    image_size: tuple[int, int]
    report: Report
    photos: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.units)

    def full(self) -> Tensor:
        """The projections on the whole image, (n, C, H, W), zero outside their boxes."""
        origin = self.boxes[:, :2].cpu().numpy()
        signal = paste(Signal(self.pixels, origin), (2, 3), whole_origin(len(origin)), self.image_size)
        return signal.tensor.clone() if signal.tensor is self.pixels else signal.tensor


def join_projections(parts: Sequence[ProjectedPixels]) -> ProjectedPixels:
    """Projections of one layer made one after the other, as one."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    pixels, boxes = torch.cat([p.pixels for p in parts]), torch.cat([p.boxes for p in parts])
    units = tuple(u for p in parts for u in p.units)
    images, values = torch.cat([p.images for p in parts]), torch.cat([p.values for p in parts])
    report = first.report.added([part.report for part in parts[1:]])
    return ProjectedPixels(first.layer, pixels, boxes, units, images, values, first.image_size, report)


def reorder(projection: ProjectedPixels, order: Tensor) -> ProjectedPixels:
    """The same projections in another order."""
    at, pixels = order.cpu(), projection.pixels
    order = order.to(pixels.device)
    # By rows of memory: indexing maps with channels last would go number by number.
    rows = pixels.permute(0, 2, 3, 1) if pixels.is_contiguous(memory_format=torch.channels_last) else pixels
    taken = rows.index_select(0, order)
    return replace(
        projection,
        pixels=taken if rows is pixels else taken.permute(0, 3, 1, 2),
        boxes=projection.boxes[at],
        units=tuple(projection.units[i] for i in at.tolist()),
        images=projection.images[order],
        values=projection.values[order],
    )


__all__ = ["ProjectedPixels", "join_projections", "reorder"]
