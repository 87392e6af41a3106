"""Projections as pictures, beside the photo that they are of."""

import numpy as np
from numpy.typing import NDArray

from convscope.methods.deconv.projection import ProjectedPixels
from convscope.methods.scan.images import crop_patch
from convscope.notebook.html import box, boxed, cell, picture, signed

_SHOWN = 36
_GREY = (128, 128, 128)  # beyond the image


def projection_html(found: ProjectedPixels) -> str:
    """The first projections: the photo with the unit's receptive field, what lies there, and what the unit takes."""
    shown = [
        cell(_row(found, at), f"{unit}: {value:.4g}", width=320)
        for at, (unit, value) in enumerate(zip(found.units[:_SHOWN], found.values.tolist(), strict=False))
    ]
    return box(found.layer, f"{len(found)} projections, {found.report}", "".join(shown))


def _row(found: ProjectedPixels, at: int) -> str:
    projection = picture(signed(found.pixels[at].float().cpu().numpy()), title=str(found.units[at]))
    if found.photos is None:
        return projection
    photo: NDArray[np.uint8] = found.photos[int(found.images[at])]
    where = found.boxes[at].tolist()
    return boxed(photo, where) + picture(crop_patch(photo, where, _GREY), title="its receptive field") + projection


__all__ = ["projection_html"]
