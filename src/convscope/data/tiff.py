"""TIFF files that Pillow does not read, or not all of: more than 8 bits, more than four channels, planes, pages.

Pillow keeps what it reads well (one, three or four channels of 8 bits); tifffile, of the extra `tiff`, does the rest.
Only a page's own pixels are decoded, in memory: no other file that one names is opened, and nothing is run.
"""

from __future__ import annotations

import io
import logging
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convscope.data.lossless import decode_lossless
from convscope.data.rasters import Raster
from convscope.data.streams import check_stream, is_lossless
from convscope.errors import ImageError

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

logger = logging.getLogger(__name__)

MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
BYTES_A_PIXEL = 16
"""Bytes that a pixel may take, on the average over as many pixels as an image may have."""
_JPEG = 7
_NODATA = 42113  # GDAL's
_LEAST, _LARGEST = (340, 280), (341, 281)  # SMinSampleValue or MinSampleValue, and the same for the largest
_BOUNDED = {1: "none", 5: "LZW", 8: "Deflate", 32773: "PackBits", 32946: "Deflate", 34925: "LZMA", 50000: "Zstandard"}
"""Compressions whose decoder is told beforehand how much there is to be."""
_STREAMS = {7: "JPEG", 33003: "JPEG 2000", 33005: "JPEG 2000", 34712: "JPEG 2000"}
"""Those whose pieces say their own size, which is looked at first."""
_SHARED = 4
"""How often the bytes of a file may be read: some programs write equal pieces once."""
_MISSING = "install 'convscope[tiff]' (tifffile and imagecodecs) to read it"


def is_tiff(start: bytes) -> bool:
    """Whether a file with these first bytes is TIFF, or BigTIFF."""
    return start.startswith(MARKS)


def read_tiff(data: bytes | bytearray | memoryview, channels: int, max_pixels: int) -> Raster | None:
    """The image of a TIFF file for a network of so many channels; None where Pillow reads it as well.

    The first page is taken; where its channels are too few, all pages together if they are as many as are wanted.

    Raises ImageError where it is damaged or too large, and any error of tifffile's.
    """
    tifffile = _tifffile()
    if tifffile is None:
        return None
    # Never by its path: a file may name others as parts of it, and those are left alone.
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = first_page(file)
        if _plain(page) and channels in (1, 3):
            return None
        check_page(page, max_pixels)
        pages = _pages(file, page, channels)
        for other in pages:
            check_page(other, max_pixels // len(pages))
        values = np.concatenate([_values(other) for other in pages], axis=2)
        return described(page, values)


def count_pages(data: bytes | bytearray | memoryview) -> int:
    """How many pages a TIFF file has; raises ImageError where it has none, and any error of tifffile's."""
    with _needed().TiffFile(io.BytesIO(data)) as file:
        first_page(file)
        return len(file.pages)


def read_page(data: bytes | bytearray | memoryview, number: int, max_pixels: int) -> Raster:
    """A page of a TIFF file, counted from 0, colours of a palette as RGB.

    Raises ImageError where it is not there, damaged, or too large, and any error of tifffile's.
    """
    with _needed().TiffFile(io.BytesIO(data)) as file:
        if not 0 <= number < len(file.pages):
            raise ImageError(f"the TIFF file has {len(file.pages)} pages, and no page {number}")
        page = file.pages[number].aspage()
        check_page(page, max_pixels)
        values = _values(page)
        if page.photometric == 3 and page.colormap is not None:
            colours = np.moveaxis(np.asarray(page.colormap)[:, values[..., 0]], 0, -1)
            return Raster((colours >> 8).astype(np.uint8))
        return described(page, values)


def _needed() -> Any:
    tifffile = _tifffile()
    if tifffile is None:
        raise ImageError(f"a TIFF file of pages: {_MISSING}")
    return tifffile


def first_page(file: TiffFile) -> TiffPage:
    """The first page of an open file, with all of its tags; raises ImageError where it has none."""
    try:
        # Not by their number: for that all of them would be looked for.
        return file.pages[0].aspage()
    except IndexError as error:
        raise ImageError("the TIFF file holds no image") from error


def described(page: TiffPage, values: NDArray[Any]) -> Raster:
    """Values (H, W, C) of a page, with what its tags say of them."""
    extra = tuple(int(kind) for kind in page.extrasamples)
    alpha = values.shape[2] in (2, 4) and len(extra) == 1 and extra[0] in (1, 2)
    return Raster(values, own_range(page), nodata(page), alpha, int(page.photometric) == 0)


def check_page(page: TiffPage, max_pixels: int) -> None:
    """Raise ImageError where a page is larger than it may be, or one piece of it is when it is decoded."""
    height, width, samples = int(page.imagelength), int(page.imagewidth), int(page.samplesperpixel)
    if height < 1 or width < 1 or samples < 1:
        raise ImageError(f"an image of {height}x{width} pixels has no area")
    if page.imagedepth != 1:
        raise ImageError(f"a volume of {page.imagedepth} slices is no image: write its slices as pages")
    if height * width > max_pixels:
        raise ImageError(
            f"{height}x{width} pixels are more than the limit of {max_pixels}: max_pixels= admits more, and tiles: "
            "reads a large raster by windows"
        )
    check_pieces(page, max_pixels)
    for number in range(len(page.dataoffsets) if int(page.compression) in _STREAMS else 0):
        piece(page, number)
    size = height * width * samples * _itemsize(page)
    if size > max_pixels * BYTES_A_PIXEL:
        raise ImageError(
            f"{height}x{width} pixels of {samples} channels take {size} bytes, more than {BYTES_A_PIXEL} for each of "
            f"the {max_pixels} pixels that are the limit: max_pixels= admits more"
        )


def check_pieces(page: TiffPage, max_pixels: int) -> None:
    """Raise ImageError where a strip or tile, which is decoded whole, has more pixels than an image may have."""
    compression = int(page.compression)
    if compression not in _BOUNDED and compression not in _STREAMS:
        known = ", ".join(dict.fromkeys((*_BOUNDED.values(), *_STREAMS.values())))
        raise ImageError(f"TIFF compression {compression} is not read (read are {known}): write it with one of them")
    encoded, there = sum(int(count) for count in page.databytecounts), int(page.parent.filehandle.size)
    if encoded > _SHARED * there:
        raise ImageError(f"its pieces say that they have {encoded} bytes together, and the file has {there}")
    room = math.prod(int(side) for side in page.chunks)
    if room > max_pixels * int(page.samplesperpixel) or room * _itemsize(page) > max_pixels * BYTES_A_PIXEL:
        raise ImageError(
            f"a piece of {'x'.join(map(str, page.chunks))} values is decoded at once, which is more than the limit of "
            f"{max_pixels} pixels: max_pixels= admits more"
        )


def piece(page: TiffPage, number: int) -> bytes:
    """The encoded bytes of a strip or tile, b"" where there are none; raises ImageError where they say another size."""
    handle = page.parent.filehandle
    offset, count = int(page.dataoffsets[number]), int(page.databytecounts[number])
    if not offset or not count:
        return b""
    handle.seek(offset)
    data = handle.read(count)
    if len(data) < count:
        raise ImageError("the TIFF file is truncated")
    if int(page.compression) in _STREAMS and not _is_lossless(page, data):
        check_stream(data, (int(page.chunks[0]), int(page.chunks[1]), int(page.samplesperpixel)))
    return data


def _is_lossless(page: TiffPage, data: bytes) -> bool:
    """Whether a piece is a JPEG of the lossless mode, which our own decoder reads and no other is given."""
    return int(page.compression) == _JPEG and is_lossless(data)


def decode_piece(page: TiffPage, number: int) -> NDArray[Any] | None:
    """The values (h, w, C) of a strip or tile, without what reaches beyond the image; None where it is not there."""
    data = piece(page, number)
    if not data:
        return None
    if _is_lossless(page, data):
        return _lossless(page, number, data)
    decoded, _, shape = page.decode(data, number, jpegtables=page.jpegtables, jpegheader=page.jpegheader)
    return None if decoded is None else np.asarray(decoded)[0, : shape[1], : shape[2]]


def _lossless(page: TiffPage, number: int, data: bytes) -> NDArray[Any]:
    """The values (h, w, C) of a piece in JPEG's lossless mode, whose tables of codes may stand once for all."""
    if page.jpegtables is not None:
        data = data[:2] + bytes(page.jpegtables)[2:-2] + data[2:]
    tall, wide = int(page.chunks[0]), int(page.chunks[1])
    found = decode_lossless(data, (tall, wide))
    across = -(-int(page.imagewidth) // wide)
    down = -(-int(page.imagelength) // tall)
    row, column = divmod(number % (across * down), across)
    height, width = min(tall, int(page.imagelength) - row * tall), min(wide, int(page.imagewidth) - column * wide)
    values = found.reshape(*found.shape[:2], -1)[:height, :width]
    if values.shape[:2] != (height, width):
        raise ImageError(f"a compressed piece has {found.shape[0]}x{found.shape[1]} pixels, and the file says more")
    if page.dtype is None or int(values.max(initial=0)) > np.iinfo(page.dtype).max:
        raise ImageError(f"a compressed piece has values that {page.dtype} does not hold")
    return values.astype(page.dtype)


def own_range(page: TiffPage) -> tuple[float, float] | None:
    """The values that are black and white by a page's tags, or by bits that are fewer than its type's; else None."""
    least, largest = (_sample_value(page, tags) for tags in (_LEAST, _LARGEST))
    if largest is not None and largest > (least or 0):
        return (least or 0.0, largest)
    bits = page.bitspersample
    whole = page.dtype is not None and page.dtype.kind == "u"
    return (0.0, float(2**bits - 1)) if whole and bits not in (8, 16, 32, 64) else None


def nodata(page: TiffPage) -> float | None:
    """The value that GDAL's tag says is no data, if there is one."""
    tag = page.tags.get(_NODATA)
    try:
        return None if tag is None else float(str(tag.value).strip("\0 "))
    except ValueError:
        logger.debug("no-data value %r is no number", tag.value if tag else None)
        return None


def _sample_value(page: TiffPage, tags: tuple[int, ...]) -> float | None:
    for tag in tags:
        found = page.tags.get(tag)
        if found is not None:
            values = found.value if isinstance(found.value, tuple) else (found.value,)
            numbers = [float(v) for v in values if isinstance(v, int | float) and math.isfinite(v)]
            if numbers:
                return min(numbers) if tag in _LEAST else max(numbers)
    return None


def _plain(page: TiffPage) -> bool:
    """Whether Pillow reads it: 8 bits or fewer, in one, three or four channels that are colours."""
    bits, samples = page.bitspersample, int(page.samplesperpixel)
    eight = isinstance(bits, int) and (bits == 8 or (bits in (1, 2, 4) and samples == 1))
    unsigned = page.dtype is None or page.dtype.kind in "ub"
    colours = samples == 1 or (samples in (3, 4) and int(page.photometric) in (2, 5, 6, 8))
    return eight and unsigned and colours and not (samples > 1 and int(page.planarconfig) == 2)


def _pages(file: TiffFile, first: TiffPage, channels: int) -> list[TiffPage]:
    """The pages that together have as many channels as are wanted, or the first alone."""
    samples = int(first.samplesperpixel)
    count = channels // samples
    if channels % samples or count < 2 or not _has_pages(file, count):
        return [first]
    pages = [first, *(file.pages[number].aspage() for number in range(1, count))]
    alike = {(p.imagelength, p.imagewidth, p.samplesperpixel, str(p.dtype)) for p in pages}
    return pages if len(alike) == 1 else [first]


def _has_pages(file: TiffFile, count: int) -> bool:
    """Whether there are as many pages and no more; those after them are not looked for."""
    try:
        file.pages[count - 1]
    except IndexError:
        return False
    try:
        file.pages[count]
    except IndexError:
        return True
    return False


def _values(page: TiffPage) -> NDArray[Any]:
    """The values (H, W, C) of a page, planes brought together."""
    height, width, samples = int(page.imagelength), int(page.imagewidth), int(page.samplesperpixel)
    if int(page.compression) == _JPEG and any(
        _is_lossless(page, piece(page, number)) for number in range(len(page.dataoffsets))
    ):
        return _put_together(page, (height, width, samples))
    found = np.asarray(page.asarray())
    if samples > 1 and int(page.planarconfig) == 2:
        return np.ascontiguousarray(found.reshape(samples, height, width).transpose(1, 2, 0))
    return found.reshape(height, width, samples)


def _put_together(page: TiffPage, shape: tuple[int, int, int]) -> NDArray[Any]:
    """The values (H, W, C) of a page, piece by piece; what is not there is zero."""
    tall, wide = int(page.chunks[0]), int(page.chunks[1])
    across, down = -(-shape[1] // wide), -(-shape[0] // tall)
    out = np.zeros(shape, page.dtype)
    for number in range(len(page.dataoffsets)):
        found = decode_piece(page, number)
        if found is not None:
            plane, place = divmod(number, across * down)
            top, left = place // across * tall, place % across * wide
            planes = slice(plane, plane + 1) if int(page.planarconfig) == 2 else slice(None)
            out[top : top + found.shape[0], left : left + found.shape[1], planes] = found
    return out


def _itemsize(page: TiffPage) -> int:
    if page.dtype is None:
        raise ImageError(f"a TIFF image of {page.bitspersample} bits a value is of a kind that is not read")
    return int(page.dtype.itemsize)


def _tifffile() -> Any:
    try:
        import tifffile
    except ImportError:
        return None
    return tifffile


def needs_tifffile(error: ImageError) -> ImageError:
    """The error of a TIFF that Pillow does not read, with what to install where that would help."""
    return error if _tifffile() is not None else ImageError(f"{error}; {_MISSING}")


__all__ = [
    "BYTES_A_PIXEL", "MARKS", "check_page", "check_pieces", "count_pages", "decode_piece", "described", "first_page",
    "is_tiff", "needs_tifffile", "nodata", "own_range", "piece", "read_page", "read_tiff",
]  # fmt: skip
