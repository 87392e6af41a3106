"""Where the image of a collection is as a file, or how it becomes one: so that a list can name it again."""

from __future__ import annotations

import io
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from convscope.data.cache import CachedSource
from convscope.data.formats import FORMATS
from convscope.data.rasters import Raster
from convscope.data.sources.base import IMAGE_SUFFIXES, Source
from convscope.data.sources.files import FileSource
from convscope.data.sources.select import Subset

_ENDINGS = {"JPEG": ".jpg", "TIFF": ".tif", "JPEG2000": ".jp2", "PPM": ".ppm"}


def located(source: Source, index: int) -> Path | None:
    """The file that an image of a collection is, absolute; None where it is a part of a file, or in memory."""
    while isinstance(source, Subset | CachedSource):
        if isinstance(source, Subset):
            source, index = source.source, int(source.indices[index])
        else:
            source = source.inner
    return source.path(index).absolute() if isinstance(source, FileSource) else None


def as_file(source: Source, index: int) -> tuple[str, bytes]:
    """The ending and the bytes of a file that holds an image of a collection as it is stored there.

    Encoded images keep their bytes; arrays of bytes become PNG, others .npy. Raises ImageError where it cannot be read.
    """
    payload = source.read(index)
    if isinstance(payload, bytes | bytearray | memoryview):
        content = bytes(payload)
        known = next((one.name for one in FORMATS.values() if one.knows(content[:32])), None)
        own = PurePosixPath(source.name(index)).suffix.lower()
        usual = own if own in IMAGE_SUFFIXES else ".png"
        return (usual if known is None else _ENDINGS.get(known, f".{known.lower()}")), content
    if isinstance(payload, Image.Image):
        payload = np.asarray(payload.convert("RGB"))
    if isinstance(payload, Raster):
        payload = payload.values
    written = io.BytesIO()
    pixels = np.asarray(payload)
    if pixels.dtype == np.uint8 and (pixels.ndim == 2 or pixels.shape[2:] in ((1,), (3,), (4,))):
        Image.fromarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels).save(written, "PNG")
        return ".png", written.getvalue()
    np.save(written, pixels)
    return ".npy", written.getvalue()
