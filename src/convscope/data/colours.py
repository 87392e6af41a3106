"""Pixels of any kind as RGB of 8 bits: grey repeated, transparency composited on white, deep values scaled.

It is a module because a picture may be as large as memory allows: conversions go strip by strip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convscope.data.preprocess import Preprocess
from convscope.data.rasters import Raster, limits, row_strips

RGB = Preprocess(1, 1)
"""The recipe for looking at an image: RGB of 8 bits."""
_STRIP = 1 << 20
"""Pixels that are converted at once."""


def rgb(image: Image.Image) -> NDArray[np.uint8]:
    """The pixels of a loaded Pillow image of any mode."""
    mode = image.mode
    if mode.startswith("I;16") or mode in ("I", "F"):
        return _deep_image(image)
    if mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info:
        return _by_strips(image, _straight)
    return _by_strips(image, lambda part: np.array(part if mode == "RGB" else part.convert("RGB")))


def _straight(image: Image.Image) -> NDArray[np.uint8]:
    straight = image.convert("LA") if image.mode == "La" else image
    return on_white(np.asarray(straight.convert("RGBA")))


def _deep_image(image: Image.Image) -> NDArray[np.uint8]:
    extremes = [(part.min(), part.max()) for part in (np.asarray(strip) for _, strip in _strips(image))]
    dtype = np.asarray(image.crop((0, 0, 1, 1))).dtype
    low, high = np.min([low for low, _ in extremes]), np.max([high for _, high in extremes])
    limits(Raster(np.array([low, high], dtype)[None, :, None]), RGB)
    return _by_strips(image, lambda part: three(_scaled(np.asarray(part))))


def _by_strips(image: Image.Image, convert: Callable[[Image.Image], NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """What a conversion pixel by pixel makes of an image, a strip at a time where it is large."""
    if image.width * image.height <= _STRIP:
        return convert(image)
    out = np.empty((image.height, image.width, 3), np.uint8)
    for rows, strip in _strips(image):
        out[rows] = convert(strip)
    return out


def _strips(image: Image.Image) -> Iterator[tuple[slice, Image.Image]]:
    for rows in row_strips(image.height, image.width, _STRIP):
        yield rows, image.crop((0, rows.start, image.width, rows.stop))


def on_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 4) pixels composited on white, rounded to the nearest level."""
    alpha = rgba[..., 3:].astype(np.uint16)
    return ((rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def shallow(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Pixels of more than 8 bits, of any shape: integers on 0..65535 and floating point on 0..1 become 0..255."""
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    limits(Raster(np.array([values.min(), values.max()], values.dtype)[None, :, None]), RGB)
    out = np.empty(values.shape, np.uint8)
    for rows in row_strips(len(values), values.size // len(values), _STRIP):
        out[rows] = _scaled(values[rows])
    return out


def _top(dtype: np.dtype[Any]) -> int:
    return 1 if np.issubdtype(dtype, np.floating) else 65535


def _scaled(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    if _top(values.dtype) == 1:
        return np.rint(values.astype(np.float64) * 255).astype(np.uint8)
    return ((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def three(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey pixels (H, W) as RGB."""
    return np.repeat(grey[..., None], 3, axis=2)


__all__ = ["RGB", "on_white", "rgb", "shallow", "three"]
