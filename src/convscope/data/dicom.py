"""DICOM images: pixels, geometry and window, and nothing else of what such a file says.

pydicom reads the header (of the extra `dicom`), imagecodecs what is compressed as JPEG, JPEG-LS or JPEG 2000. What is
taken: rows, columns, frames, bits stored, rescaling, the first window, whether low values are white (MONOCHROME1). No
other tag is looked at or kept, so that names and dates of people do not get into a result by way of pixels.
"""

from __future__ import annotations

import io
import math
import zlib
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data.lossless import decode_lossless
from convscope.data.rasters import Raster
from convscope.data.streams import check_stream
from convscope.errors import ImageError

MARK = b"DICM"
_EXPLICIT, _DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"
_BYTES_A_PIXEL = 16
"""Bytes that a deflated file may inflate to, for each pixel that an image may have."""
_JPEG = "1.2.840.10008.1.2.4."
_CODECS = {
    "50": "jpeg_decode", "51": "jpeg_decode", "80": "jpegls_decode", "81": "jpegls_decode", "90": "jpeg2k_decode",
    "91": "jpeg2k_decode",
}  # fmt: skip
"""What decodes the transfer syntaxes that begin with `_JPEG`, in imagecodecs. JPEG's own lossless mode
has a decoder of ours: damaged streams make that one write beyond its memory."""
_LOSSLESS = ("57", "70")
_RUNS = "1.2.840.10008.1.2.5"
_PLAIN = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
_RUN_HEADER, _ROOM_BESIDE = 64, 1 << 16
_MOST_OF_A_RUN = 64  # bytes that one of run-length coding can stand for
_ITEMS, _MOST_ITEMS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00"), 500_000
"""How an item of a sequence begins, and how many a file may have: pydicom makes an object of each, also of those of
sequences that nobody asked for, in some ten microseconds."""
_WANTED = [
    "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation", "PhotometricInterpretation", "PlanarConfiguration", "RescaleSlope", "RescaleIntercept",
    "WindowCenter", "WindowWidth", "PixelPaddingValue", "PixelData",
    *(f"{name}PaletteColorLookupTable{part}" for name in ("Red", "Green", "Blue") for part in ("Descriptor", "Data")),
]  # fmt: skip


def is_dicom(data: bytes | bytearray | memoryview) -> bool:
    """Whether a file is DICOM, which shows 128 bytes into it."""
    return bytes(data[128:132]) == MARK


def read_dicom(
    data: bytes | bytearray | memoryview, channels: int, max_pixels: int, *, frame: int | None = None
) -> Raster:
    """The image of a DICOM file; of several frames the first, or all as channels where as many are wanted.

    frame: that one, counted from 0.

    Raises ImageError where it holds none, is too large, is compressed in a way that is not read, or where a package is
    missing; and any error of pydicom's.
    """
    pydicom = _pydicom()
    found, syntax = _opened(pydicom, data, max_pixels)
    if "PixelData" not in found:
        raise ImageError("the DICOM file holds no image")
    frames, samples = _frames(found), int(found.get("SamplesPerPixel", 1))
    _check_size(found, frames, max_pixels)
    if frame is not None and frame >= frames:
        raise ImageError(f"the DICOM file has {frames} frames, and no frame {frame}")
    whole = frame is None and frames > 1 and frames * samples == channels
    wanted = range(frames) if whole else range(frame or 0, (frame or 0) + 1)
    decoded = [_frame(pydicom, found, syntax, number) for number in wanted]
    values = np.concatenate([one.reshape(*one.shape[:2], -1) for one in decoded], axis=2)
    return _described(pydicom, found, values)


def count_frames(data: bytes | bytearray | memoryview, max_pixels: int) -> int:
    """How many frames a DICOM file has; raises ImageError as `read_dicom` does, and any error of pydicom's."""
    pydicom = _pydicom()
    return _frames(_opened(pydicom, data, max_pixels, tags=["NumberOfFrames"])[0])


def _frames(found: Any) -> int:
    return max(1, int(found.get("NumberOfFrames") or 1))


def _opened(
    pydicom: Any, data: bytes | bytearray | memoryview, max_pixels: int, *, tags: list[str] = _WANTED
) -> tuple[Any, str]:
    """The wanted tags of a file, and its transfer syntax; what is deflated is inflated to a bound first."""
    stream = io.BytesIO(data)
    stream.seek(132)
    head = pydicom.filereader._read_file_meta_info(stream)
    syntax = str(getattr(head, "TransferSyntaxUID", "1.2.840.10008.1.2"))
    if syntax == _DEFLATED:
        start, most = stream.tell(), max_pixels * _BYTES_A_PIXEL
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        inflated = inflater.decompress(bytes(data[start:]), most)
        if inflater.unconsumed_tail:
            raise ImageError(f"the deflated DICOM file inflates to more than {most} bytes: max_pixels= admits more")
        plain = _EXPLICIT.ljust(len(_DEFLATED), "\0")
        data, syntax = bytes(data[:start]).replace(_DEFLATED.encode(), plain.encode()) + inflated, _EXPLICIT
    if sum(bytes(data).count(mark) for mark in _ITEMS) > _MOST_ITEMS:
        raise ImageError(f"a DICOM file of more than {_MOST_ITEMS} items in sequences, which no image has")
    return pydicom.dcmread(io.BytesIO(data), specific_tags=tags), syntax


def _check_size(found: Any, frames: int, max_pixels: int) -> None:
    height, width = int(found.get("Rows", 0)), int(found.get("Columns", 0))
    if height < 1 or width < 1:
        raise ImageError(f"an image of {height}x{width} pixels has no area")
    if height * width > max_pixels or frames > max_pixels:
        raise ImageError(f"{height}x{width} pixels are more than the limit of {max_pixels}: max_pixels= admits more")


def _frame(pydicom: Any, found: Any, syntax: str, number: int) -> NDArray[Any]:
    """The stored values (H, W) or (H, W, 3) of a frame, colours as RGB."""
    kind = syntax.removeprefix(_JPEG) if syntax.startswith(_JPEG) else ""
    codec = _CODECS.get(kind)
    if codec is None and kind not in _LOSSLESS:
        if syntax not in (*_PLAIN, _RUNS):
            raise ImageError(f"pixels of the transfer syntax {syntax} are not read: write it again without compression")
        if syntax == _RUNS:
            _check_runs(pydicom.encaps.get_frame(found.PixelData, number, number_of_frames=_frames(found)), found)
        return np.asarray(pydicom.pixels.pixel_array(found, index=number))
    encoded = pydicom.encaps.get_frame(found.PixelData, number, number_of_frames=_frames(found))
    shape, samples = (int(found.Rows), int(found.Columns)), int(found.get("SamplesPerPixel", 1))
    values = decode_lossless(encoded, shape) if codec is None else _decoded(encoded, codec, (*shape, samples))
    if values.shape[:2] != shape:
        raise ImageError(f"its header says {shape[0]}x{shape[1]} pixels, and its picture has {values.shape[:2]}")
    return _signed(found, values)


def _decoded(encoded: bytes, codec: str, most: tuple[int, int, int]) -> NDArray[Any]:
    try:
        import imagecodecs
    except ImportError as error:
        raise ImageError("its pixels are compressed as JPEG: install 'convscope[dicom]' to read it") from error
    check_stream(encoded, most)
    return np.asarray(getattr(imagecodecs, codec)(encoded))


def _check_runs(encoded: bytes, found: Any) -> None:
    """Raise ImageError where run-length coding would become much more than the picture, which shows by its runs."""
    values = int(found.Rows) * int(found.Columns) * int(found.get("SamplesPerPixel", 1))
    room = 2 * values * max(1, int(found.get("BitsAllocated", 8)) // 8) + _ROOM_BESIDE
    at, length = _RUN_HEADER, 0
    while at < len(encoded) and length <= room and (len(encoded) - at) * _MOST_OF_A_RUN + length > room:
        head = encoded[at]
        length += 257 - head if head > 128 else head + 1 if head < 128 else 0
        at += 2 if head > 128 else head + 2 if head < 128 else 1
    if length > room:
        raise ImageError(f"its run-length coding becomes more than {room} bytes, and the picture has {values} values")


def _signed(found: Any, values: NDArray[Any]) -> NDArray[Any]:
    """Values as numbers of the sign that the header says, from as many bits as are stored."""
    if not int(found.get("PixelRepresentation", 0)) or values.dtype.kind == "i":
        return values
    bits = int(found.get("BitsStored", 16))
    wide = values.astype(np.int32)
    return np.where(wide >= 1 << (bits - 1), wide - (1 << bits), wide)


def _described(pydicom: Any, found: Any, values: NDArray[Any]) -> Raster:
    if str(found.get("PhotometricInterpretation", "")).startswith("PALETTE"):
        colours = np.asarray(pydicom.pixels.apply_color_lut(values[..., 0], found))
        return Raster(colours, (0.0, float(np.iinfo(colours.dtype).max)))
    if int(found.get("SamplesPerPixel", 1)) == 3:  # and not three frames
        return Raster(values, None)
    padding = found.get("PixelPaddingValue")
    slope, intercept = _number(found.get("RescaleSlope"), 1.0), _number(found.get("RescaleIntercept"), 0.0)
    low, high = _stored(found)
    ends = sorted((low * slope + intercept, high * slope + intercept))
    nodata = None if not isinstance(padding, int) else padding * slope + intercept
    if (slope, intercept) != (1.0, 0.0):
        values = (values.astype(np.float64) * slope + intercept).astype(np.float32)
        nodata = None if nodata is None else float(np.float32(nodata))
    inverted = str(found.get("PhotometricInterpretation", "")) == "MONOCHROME1"
    return Raster(values, _window(found) or (ends[0], ends[1]), nodata, inverted=inverted)


def _stored(found: Any) -> tuple[float, float]:
    """The least and the largest value that the bits stored can hold."""
    bits = int(found.get("BitsStored", found.get("BitsAllocated", 16)))
    if not 1 <= bits <= 32:
        raise ImageError(f"{bits} bits stored are of a kind that is not read")
    half = 2.0 ** (bits - 1)
    return (-half, half - 1) if int(found.get("PixelRepresentation", 0)) else (0.0, 2 * half - 1)


def _window(found: Any) -> tuple[float, float] | None:
    """The first window's ends, by the standard's linear function (PS3.3 C.11.2.1.2); None without one."""
    centre, width = (_first(found.get(name)) for name in ("WindowCenter", "WindowWidth"))
    if centre is None or width is None or not width > 1:
        return None
    low = centre - 0.5 - (width - 1) / 2
    return low, low + (width - 1)


def _first(value: Any) -> float | None:
    if value is None or value == "":
        return None
    try:
        found = float(value if isinstance(value, int | float | str) else value[0])
    except (TypeError, ValueError, IndexError):
        return None
    return found if math.isfinite(found) else None


def _number(value: Any, usual: float) -> float:
    found = _first(value)
    return usual if found is None else found


def _pydicom() -> Any:
    try:
        pydicom = import_module("pydicom")
        import_module("pydicom.encaps")
        import_module("pydicom.pixels")
    except ImportError as error:
        raise ImageError("a DICOM image: install 'convscope[dicom]' (pydicom and imagecodecs) to read it") from error
    return pydicom


__all__ = ["count_frames", "is_dicom", "read_dicom"]
