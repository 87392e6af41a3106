"""Projections as pictures, beside the photo that they are of."""

import numpy as np
from numpy.typing import NDArray

from convscope.methods.deconv.projection import ProjectedPixels
from convscope.methods.scan.images import crop_patch
from convscope.notebook.html import box, boxed, cell, picture, signed

_SHOWN = 36
_LARGE, _SMALL = 224, 96  # CSS pixels of a picture: of a projection alone, of one among many
_GREY = (128, 128, 128)  # beyond the image


def projection_html(found: ProjectedPixels) -> str:
    """The first projections: the photo with the unit's receptive field, what lies there, and what the unit takes."""
    side = _LARGE if len(found) == 1 else _SMALL
    shown = [
        cell(_row(found, at, side), f"{unit}: {value:.4g}", width=3 * side + 32)
        for at, (unit, value) in enumerate(zip(found.units[:_SHOWN], found.values.tolist(), strict=False))
    ]
    count = f"{len(found)} projection{'' if len(found) == 1 else 's'}"
    return box(found.layer, f"{count}, {found.report}", "".join(shown))


def _row(found: ProjectedPixels, at: int, side: int) -> str:
    projection = picture(signed(found.pixels[at].float().cpu().numpy()), side, title=str(found.units[at]))
    if found.photos is None:
        return projection
    photo: NDArray[np.uint8] = found.photos[int(found.images[at])]
    where = found.boxes[at].tolist()
    patch = picture(crop_patch(photo, where, _GREY), side, title="its receptive field")
    return boxed(photo, where, side) + patch + projection


__all__ = ["projection_html"]
