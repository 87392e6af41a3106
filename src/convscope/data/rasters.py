"""From the values of an image file, of any type and number of channels, to the pixels that a network's recipe wants.

Two rules, the same for every format. Channels: as many as the network takes are taken as they are; one becomes three
by repeating; three become one by their luma (ITU-R 601, as Pillow's "L"); opacity is composited on white; anything
else is refused. Range: `Preprocess.range` says which values become 0 and 255, and where it is not given that of the
values' type does; twelve bits in a file of sixteen would be nearly black so, and are refused with the remedy.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data.preprocess import Preprocess
from convscope.errors import ImageError, UsageError
from convscope.shown import brief

DARK = 1 << 14
"""Sixteen-bit images whose largest value is below this (14 bits and fewer) are not taken to be on 0..65535."""
_STRIP = 1 << 20
"""Pixels that are converted at once."""
_REMEDY = 'say range=(low, high), range="file" where the files tell, or range="collection" to look for it'
_UNTOLD = (
    'the file tells no range, which range="file" takes: say range=(low, high), or range="collection" to look for it'
)


@brief
@dataclass(frozen=True, eq=False)
class Raster:
    """An image as its file holds it: values (H, W, C) of any type of number, and what the file says of them.

    range: which values are black and white (bits stored, a window), None where it does not say. nodata: the value of
    pixels that hold nothing. alpha: whether the last channel is opacity. inverted: whether low values are white.
    """

    values: NDArray[Any]
    range: tuple[float, float] | None = None
    nodata: float | None = None
    alpha: bool = False
    inverted: bool = False

    @property
    def channels(self) -> int:
        """How many there are, opacity among them."""
        return self.values.shape[2]

    def extremes(self) -> tuple[float, float] | None:
        """The least and the largest value that is a number and data, None where there is none; opacity apart."""
        values = self.values[..., : self.channels - self.alpha]
        chosen = values[self._data(values)] if self._gaps(values) else values
        return (float(chosen.min()), float(chosen.max())) if chosen.size else None

    def missing(self) -> NDArray[np.bool_] | None:
        """Which values (H, W, C) hold nothing; None where all do."""
        return ~self._data(self.values) if self._gaps(self.values) else None

    def _gaps(self, values: NDArray[Any]) -> bool:
        return self.nodata is not None or (values.dtype.kind == "f" and not bool(np.isfinite(values).all()))

    def _data(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        good = np.isfinite(values) if values.dtype.kind == "f" else np.ones(values.shape, np.bool_)
        if self.nodata is not None:
            good &= values != self.nodata
        return good


def pixels_for(raster: Raster, preprocess: Preprocess) -> NDArray[Any]:
    """The pixels (H, W, C) on 0..255 of an image for a recipe, of its dtype and channels; see the module.

    Raises ImageError where its channels are of another number, or its range does not show. UsageError where the range
    of a collection is wanted, which one image cannot tell.
    """
    if raster.values.dtype.kind not in "buif":
        raise ImageError(f"pixels are numbers, found {raster.values.dtype}")
    if not _fits(raster, preprocess.channels):
        raise ImageError(_other_channels(raster.channels, preprocess.channels))
    if preprocess.range == "normalised":
        return _as_is(raster, preprocess)
    plain = preprocess.range is None and raster.values.dtype == np.uint8 and not raster.inverted
    if plain and raster.channels == preprocess.channels and (raster.range, raster.nodata) == (None, None):
        return raster.values
    if plain and raster.channels == 3 and (raster.range, raster.nodata) == (None, None):
        return luma(raster.values)
    height, width, _ = raster.values.shape
    ends, held, out = limits(raster, preprocess), False, None
    for rows in row_strips(height, width, _STRIP):
        pixels, some = _converted(replace(raster, values=raster.values[rows]), ends, preprocess)
        held = held or some
        if len(pixels) == height:
            out = pixels
        else:
            out = np.empty((height, width, pixels.shape[2]), pixels.dtype) if out is None else out
            out[rows] = pixels
    if not held or out is None:
        raise ImageError("it holds no data: all of its values are marked as none, or no numbers")
    return out


def row_strips(height: int, width: int, most: int) -> Iterator[slice]:
    """The rows of strips of about `most` pixels, so that a conversion takes little memory besides the picture.

    >>> list(row_strips(5, 10, 20))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, most // max(width, 1))
    for top in range(0, height, step):
        yield slice(top, min(top + step, height))


def _converted(raster: Raster, ends: tuple[float, float], preprocess: Preprocess) -> tuple[NDArray[Any], bool]:
    """The pixels of some rows, and whether any of them holds data."""
    scaled, missing, held = _scaled(raster, *ends), raster.missing(), True
    if missing is not None:
        scaled = np.where(missing, np.float32(np.nan), scaled)
    pixels = _with_channels(scaled, raster, preprocess.channels)
    if missing is not None:
        held = not bool(np.isnan(pixels).all())
        pixels = np.where(np.isnan(pixels), preprocess.mean_colour.astype(np.float32), pixels)
    return (pixels if preprocess.range is not None else np.rint(pixels).astype(np.uint8)), held


def collection_range(found: list[tuple[float, float]]) -> tuple[float, float]:
    """From the least and largest values of images to those of all; raises ImageError where there are none.

    >>> collection_range([(3.0, 900.0), (0.0, 40.0)])
    (0.0, 900.0)
    """
    if not found:
        raise ImageError("no image could be read, so that their range could not be found: say range=(low, high)")
    low, high = min(low for low, _ in found), max(high for _, high in found)
    return (low, high) if high > low else (low, low + 1)


def _fits(raster: Raster, wanted: int) -> bool:
    plain = raster.channels - raster.alpha
    return raster.channels == wanted or plain == wanted or {plain, wanted} == {1, 3}


def _other_channels(found: int, wanted: int) -> str:
    return (
        f"it has {found} channel{'s' * (found != 1)}, and the network takes {wanted}: one becomes three, and three "
        "become one, but other numbers must be equal"
    )


def _as_is(raster: Raster, preprocess: Preprocess) -> NDArray[np.float32]:
    if raster.values.dtype.kind != "f":
        raise ImageError(
            f"values of type {raster.values.dtype} are pixels, not normalised as range='normalised' says: leave it out"
        )
    values = raster.values.astype(np.float32)
    if not np.isfinite(values).all():
        raise ImageError("normalised values are numbers, and some are not")
    return _with_channels(values, replace(raster, alpha=False), preprocess.channels)


def _scaled(raster: Raster, low: float, high: float) -> NDArray[np.float32]:
    """The values on 0..255, not rounded; what is missing is any number."""
    values = np.nan_to_num(raster.values, nan=low, posinf=high, neginf=low).astype(np.float32)
    # In float32: the steps of 16 bits are 256 times as large as its error.
    scaled = np.clip((values - np.float32(low)) * np.float32(255 / (high - low)), 0, 255)
    return np.subtract(np.float32(255), scaled) if raster.inverted else scaled


def limits(raster: Raster, preprocess: Preprocess) -> tuple[float, float]:
    """Which values become 0 and 255; raises ImageError where that does not show."""
    asked = preprocess.range
    if isinstance(asked, tuple):
        return asked
    if asked == "collection":
        raise UsageError('range="collection" is found over a collection: one image needs range=(low, high) or "file"')
    if raster.range is not None:
        return raster.range
    dtype, found = raster.values.dtype, raster.extremes()
    gaps = raster.nodata is None and raster.missing() is not None
    if dtype == np.bool_ or (found is None and not gaps):
        return (0.0, 1.0)
    if dtype == np.uint8:
        return (0.0, 255.0)
    low, high = found or (math.nan, math.nan)
    remedy = _UNTOLD if asked == "file" else _REMEDY
    if dtype.kind == "f":
        if gaps or not (low >= 0 and high <= 1):
            raise ImageError(
                f"floating-point pixels are read on 0..1, found {_span(raster)}: {remedy}; of a dataset that ends in "
                'Normalize, give it without (the network\'s preprocessing does that), or say range="normalised"'
            )
        return (0.0, 1.0)
    if low < 0 or high > 65535:
        raise ImageError(f"pixels of type {dtype} are read on 0..65535, found {_span(raster)}: {remedy}")
    if 0 < high < DARK:
        bits = int(high).bit_length()
        raise ImageError(
            f"its values go to {high:g} ({bits} bits) in a type of {dtype.itemsize * 8}, and would be nearly black on "
            f"0..65535: {remedy}"
        )
    return (0.0, 65535.0)


def _span(raster: Raster) -> str:
    found = raster.extremes()
    numbers = "none" if found is None else f"{found[0]:g} to {found[1]:g}"
    gaps = raster.missing()
    return numbers if gaps is None else f"{numbers} and {int(gaps.sum())} that are no data"


def _with_channels(values: NDArray[np.float32], raster: Raster, wanted: int) -> NDArray[np.float32]:
    """Values on 0..255 (H, W, C) with as many channels as wanted."""
    if values.shape[2] != wanted and raster.alpha:
        opacity = _opacity(raster.values[..., -1:])
        values = (values[..., :-1] * opacity + 255 * (1 - opacity)).astype(np.float32)
    if values.shape[2] == wanted:
        return values
    return np.repeat(values, 3, axis=2) if wanted == 3 else luma(values)


def _opacity(values: NDArray[Any]) -> NDArray[np.float32]:
    top = 1.0 if values.dtype.kind in "fb" else float(np.iinfo(values.dtype).max)
    return np.clip(values.astype(np.float32) / np.float32(top), 0, 1)


def luma(pixels: NDArray[Any]) -> NDArray[Any]:
    """The brightness (H, W, 1) of RGB pixels: for uint8 the same as Pillow's conversion to "L".

    >>> luma(np.array([[[255, 0, 0], [9, 9, 9]]], np.uint8)).tolist()
    [[[76], [9]]]
    """
    if pixels.dtype == np.uint8:
        weighted = pixels.astype(np.uint32) @ np.array([19595, 38470, 7471], np.uint32)
        return ((weighted + 0x8000) >> 16).astype(np.uint8)[..., None]
    return (pixels @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]


__all__ = ["DARK", "Raster", "collection_range", "limits", "luma", "pixels_for", "row_strips"]
