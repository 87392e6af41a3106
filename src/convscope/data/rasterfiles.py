"""Files whose values Pillow does not hand out as they are: arrays, DICOM, most TIFFs, deep colour PNGs and PGMs."""

from __future__ import annotations

import io
import re
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data.dicom import is_dicom, read_dicom
from convscope.data.npz import MAGIC, read_npy
from convscope.data.rasters import Raster
from convscope.data.tiff import is_tiff, read_tiff
from convscope.errors import ImageError

Encoded = bytes | bytearray | memoryview
_PNG = b"\x89PNG\r\n\x1a\n"


def raster_of(data: Encoded, channels: int, max_pixels: int) -> Raster | None:
    """The image of such a file for a network of so many channels; None for files that Pillow reads as well.

    Raises ImageError where it cannot be read, and whatever the libraries raise that decode it.
    """
    start = bytes(data[:8])
    if start.startswith(MAGIC):
        return _from_npy(data, channels, max_pixels)
    if start == _PNG:
        return _from_deep_png(data, max_pixels)
    if is_tiff(start):
        return read_tiff(data, channels, max_pixels)
    return read_dicom(data, channels, max_pixels) if is_dicom(data) else None


def array_raster(values: NDArray[Any], channels: int) -> Raster:
    """The image of an array (H, W), (H, W, C), or (C, H, W) where only that has as many channels as are wanted.

    Four channels where others are wanted are colours and opacity. Raises ImageError for other shapes.

    >>> array_raster(np.zeros((13, 8, 8)), 13).values.shape, array_raster(np.zeros((8, 8)), 3).values.shape
    ((8, 8, 13), (8, 8, 1))
    """
    if values.ndim == 2:
        return Raster(values[..., None])
    if values.ndim != 3:
        raise ImageError(f"pixels are (H, W), (H, W, C) or (C, H, W), found {values.shape}")
    last, first = values.shape[2], values.shape[0]
    if last == channels or (first != channels and (last in (1, 3, 4) or first not in (1, 3))):
        return Raster(values, alpha=last == 4)
    return Raster(values.transpose(1, 2, 0))


def deep_values(values: NDArray[Any], data: Encoded | None) -> Raster:
    """The image of deep grey values (H, W) that Pillow read; of a PGM, which it stretches, those of the file."""
    most = None if data is None else _pgm_maximum(data)
    if most is None or most == 65535:
        return Raster(values[..., None])
    return Raster(np.rint(values * (most / 65535)).astype(np.uint16)[..., None], (0.0, float(most)))


def _from_npy(data: Encoded, channels: int, max_pixels: int) -> Raster:
    try:
        values = read_npy(io.BytesIO(data), len(data))
    except ValueError as error:
        raise ImageError(f"damaged array: {error}") from error
    made = array_raster(values, channels)
    height, width = made.values.shape[:2]
    if height < 1 or width < 1 or made.channels < 1:
        raise ImageError(f"an array of {values.shape} has no area")
    if height * width > max_pixels:
        raise ImageError(f"{height}x{width} pixels are more than the limit of {max_pixels}: max_pixels= admits more")
    return made


def _from_deep_png(data: Encoded, max_pixels: int) -> Raster | None:
    """The values of a PNG of 16 bits in colours, of which Pillow keeps 8; None for others, or without imagecodecs."""
    head = bytes(data[12:26])
    if len(head) < 14 or head[:4] != b"IHDR":
        return None
    width, height, bits, kind = struct.unpack(">IIBB", head[4:])
    if bits != 16 or kind not in (2, 6):
        return None
    if width * height > max_pixels:
        raise ImageError(f"{height}x{width} pixels are more than the limit of {max_pixels}: max_pixels= admits more")
    try:
        import imagecodecs
    except ImportError:
        return None
    return Raster(np.asarray(imagecodecs.png_decode(bytes(data))), alpha=kind == 6)


def _pgm_maximum(data: Encoded) -> int | None:
    """The largest value of a PGM of more than 8 bits, as its header says; None for other files."""
    # Comments first: a pattern of blanks or comments, repeated, takes for ever where it does not fit.
    head = re.sub(rb"#[^\n]*", b" ", bytes(data[:512]))
    match = re.match(rb"P[25]\s+\d+\s+\d+\s+0*(\d{1,5})\s", head)
    return int(match[1]) if match is not None and 255 < int(match[1]) <= 65535 else None


__all__ = ["array_raster", "deep_values", "raster_of"]
