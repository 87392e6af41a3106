"""Any image as RGB pixels of 8 bits to look at, whatever its channels and range: for people, never for a network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from convscope.data.allowance import MAX_PIXELS
from convscope.data.decoding import Payload, read_raster
from convscope.data.preprocess import Preprocess
from convscope.data.rasters import Raster, pixels_for
from convscope.errors import ImageError

_RGB = Preprocess(1, 1)


def look(payload: Payload, *, max_pixels: int = MAX_PIXELS, at_least: int | None = None) -> NDArray[np.uint8]:
    """The image as (H, W, 3) uint8; of other than one, three or four channels the first three, or the first.

    Where its range does not show, its least value is black and its largest white. Raises ImageError where it cannot be
    read.

    >>> look(np.array([[0, 4095]], np.uint16))[0, :, 0].tolist()
    [0, 255]
    """
    raster = read_raster(payload, 3, max_pixels=max_pixels, at_least=at_least)
    if raster.channels - raster.alpha not in (1, 3):
        kept = 3 if raster.channels > 2 else 1
        raster = Raster(raster.values[..., :kept], raster.range, raster.nodata, inverted=raster.inverted)
    try:
        return pixels_for(raster, _RGB)
    except ImageError:
        return pixels_for(replace(raster, range=_stretched(raster)), _RGB)


def _stretched(raster: Raster) -> tuple[float, float]:
    found = raster.extremes()
    if found is None:
        raise ImageError("it holds no data: all of its values are marked as none, or no numbers")
    return found if found[1] > found[0] else (found[0], found[0] + 1)


__all__ = ["look"]
