"""Any image file or image object as (H, W, 3) uint8 RGB pixels, or as the pixels that a network's recipe wants.

Or an ImageError that says what is wrong with it.

JPEG goes to simplejpeg, which releases the interpreter lock and gives the same pixels as Pillow; what simplejpeg
refuses, and every other format of `convscope.data.formats`, goes to Pillow's decoder of that format, and nothing else
goes anywhere. Choices, the same on both ways:

- EXIF orientation is applied; the first frame of an animation is taken; colour profiles are ignored.
- CMYK and YCCK JPEGs follow Adobe's inverted convention, and become RGB without a colour profile.
- Transparency, in whatever form, is composited on white.
- 16-bit grey is scaled to 8 bits (65535 is white), not clipped; floating-point pixels are read on 0..1. What would be
  nearly black so is refused.
- A truncated file is an error, and so is a JPEG whose entropy-coded data is damaged; stray bytes between a JPEG's
  segments are not.
"""

import logging
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageFile

from convscope.data.allowance import MAX_PIXELS
from convscope.data.colours import RGB, on_white, rgb, shallow, three
from convscope.data.damage import DAMAGE, damage_as, damaged, plain
from convscope.data.formats import FORMATS, READ, open_image
from convscope.data.jpeg import JpegHeader, check_scans, check_tags, read_header
from convscope.data.preprocess import Preprocess
from convscope.data.rasterfiles import array_raster, deep_values, raster_of
from convscope.data.rasters import Raster, pixels_for
from convscope.data.slow_formats import checked_steps
from convscope.data.tiff import is_tiff, needs_tifffile
from convscope.errors import ImageError

logger = logging.getLogger(__name__)

Payload = bytes | bytearray | memoryview | NDArray[np.generic] | Image.Image | Raster
"""What `decode` takes: an encoded file, pixels (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), a Pillow image, or values."""

_ORIENTATION = 0x0112
_PLANES = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L")
_CHANNELS = ("1", "L", "LA", "RGB", "RGBA")  # modes whose channels a network of neither grey nor colours may count
_TILE_WIDTH, _TILE_LENGTH = 322, 323
_PILLOW_ERRORS = (*DAMAGE, Image.DecompressionBombError)
# libjpeg's words for picture data that is lost; its other complaints leave the picture whole.
_LOST = ("premature end of data segment", "bad Huffman code", "bad arithmetic code", "instead of RST")


def decode(payload: Payload, *, max_pixels: int | None = MAX_PIXELS, at_least: int | None = None) -> NDArray[np.uint8]:
    """The image as an (H, W, 3) uint8 RGB array; pixels that are (H, W, 3) uint8 already are returned as they are.

    `max_pixels` refuses larger images before they are decoded (None: `MAX_PIXELS`). `at_least` lets a JPEG be decoded
    at a reduced size (1/2, 1/4, 1/8 and the steps between) with both sides at least this long: that is faster and gives
    other pixels.

    Raises ImageError with the reason.

    >>> decode(np.array([[0, 65535]], dtype=np.uint16)).tolist()
    [[[0, 0, 0], [255, 255, 255]]]
    >>> decode(b"<!DOCTYPE html>")
    Traceback (most recent call last):
    convscope.errors.ImageError: not an image in a known format (it begins with the text "<!DOCTYPE html>")
    """
    max_pixels = MAX_PIXELS if max_pixels is None else max_pixels
    if isinstance(payload, np.ndarray):
        return _from_array(payload, max_pixels)
    if isinstance(payload, Image.Image):
        return _from_image(payload, max_pixels)
    if isinstance(payload, Raster):
        return pixels_for(payload, RGB)
    _check_bytes(payload)
    jpeg = read_header(payload)
    if jpeg is not None and jpeg.components in (1, 3):
        return _from_jpeg(payload, jpeg, max_pixels, at_least)
    raster = _raster_in(payload, 3, max_pixels)
    if raster is not None:
        return pixels_for(raster, RGB)
    return _from_file(payload, max_pixels)


def decode_for(
    payload: Payload, preprocess: Preprocess, *, max_pixels: int | None = MAX_PIXELS, at_least: int | None = None
) -> NDArray[Any]:
    """The image as the (H, W, C) pixels of a recipe, with its channels and of its dtype: see `convscope.data.rasters`.

    For RGB without a range it is `decode`. Raises ImageError with the reason.

    >>> deep = np.array([[0, 4095]], np.uint16)
    >>> decode_for(deep, Preprocess(1, 2, mean=(0.5,), std=(0.5,), range=(0, 4095))).tolist()
    [[[0.0], [255.0]]]
    """
    planes = isinstance(payload, np.ndarray) and payload.ndim == 3 and payload.shape[2] not in (1, 3, 4)
    if preprocess.channels == 3 and preprocess.range is None and not planes:
        return decode(payload, max_pixels=max_pixels, at_least=at_least)
    most = MAX_PIXELS if max_pixels is None else max_pixels
    return pixels_for(read_raster(payload, preprocess.channels, max_pixels=most, at_least=at_least), preprocess)


def stored_values(data: bytes | bytearray | memoryview, *, max_pixels: int = MAX_PIXELS) -> NDArray[Any]:
    """The numbers (H, W) of a file in grey or with a palette, whose colours are not looked up: a mask's classes.

    Raises ImageError with the reason, also where it has colours.
    """
    _check_bytes(data)
    return _from_file(data, max_pixels, _plane)[..., 0]


def _plane(image: Image.Image) -> NDArray[Any]:
    if image.mode not in _PLANES:
        raise ImageError("it has colours: class numbers stand in grey or by a palette")
    return np.array(image)[..., None]


def read_raster(
    payload: Payload, channels: int, *, max_pixels: int = MAX_PIXELS, at_least: int | None = None
) -> Raster:
    """The image with its values as they are stored, for a network of so many channels.

    Raises ImageError with the reason.
    """
    if isinstance(payload, Raster):
        return payload
    if isinstance(payload, np.ndarray):
        raster = array_raster(payload, channels)
        _check_size(raster.values.shape[1], raster.values.shape[0], max_pixels)
        return raster
    if isinstance(payload, Image.Image):
        _check_image(payload, max_pixels)
        return _finish(payload, lambda image: _raster(image, channels, None))
    _check_bytes(payload)
    jpeg = read_header(payload)
    if jpeg is not None and jpeg.components in (1, 3):
        pixels = _from_jpeg(payload, jpeg, max_pixels, at_least)
        return Raster(pixels[..., :1] if jpeg.components == 1 and channels not in (1, 3) else pixels)
    raster = _raster_in(payload, channels, max_pixels)
    return (
        _from_file(payload, max_pixels, lambda image: _raster(image, channels, payload)) if raster is None else raster
    )


def _check_bytes(payload: Any) -> None:
    if not isinstance(payload, bytes | bytearray | memoryview):
        raise ImageError(
            f"no image can be read from a {type(payload).__name__}: give bytes, an array or a Pillow image"
        )
    if len(payload) == 0:
        raise ImageError("the file is empty")


def _raster_in(data: bytes | bytearray | memoryview, channels: int, max_pixels: int) -> Raster | None:
    with damage_as("file"):
        return raster_of(data, channels, max_pixels)


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise ImageError(f"an image of {height}x{width} pixels has no area")
    if width * height > max_pixels:
        raise ImageError(f"{height}x{width} pixels are more than the limit of {max_pixels}: max_pixels= admits more")


# JPEG


def _from_jpeg(
    data: bytes | bytearray | memoryview, header: JpegHeader, max_pixels: int, at_least: int | None
) -> NDArray[np.uint8]:
    _check_size(header.width, header.height, max_pixels)
    check_scans(data, header, max_pixels)
    if header.tagged:
        check_tags(data)
    least = at_least or 0
    try:
        # fastdct and fastupsample stay off: with them the pixels differ from Pillow's.
        image = simplejpeg.decode_jpeg(data, "RGB", min_height=least, min_width=least)
    except ValueError as error:
        if any(word in str(error) for word in _LOST):
            raise ImageError(f"damaged JPEG: {plain(error)}") from error
        logger.debug("Pillow decodes what simplejpeg refuses: %s", error)
        return _from_file(data, max_pixels)
    if not header.tagged:
        return image
    try:
        with open_image(data, only=("JPEG",)) as tagged:
            return _orient(image, _orientation(tagged))
    except (ImageError, *_PILLOW_ERRORS) as error:
        logger.debug("metadata ignored: %s", error)
        return image


# Everything else


def _from_file(
    data: bytes | bytearray | memoryview, max_pixels: int, convert: Callable[[Image.Image], Any] | None = None
) -> Any:
    try:
        data = checked_steps(data)
        if bytes(data[:4]) == b"\0\0\1\0":
            # Pillow reads an icon's pixels when it opens it, of whatever size they are.
            for width, height in _sizes_in_icon(data):
                _check_size(width, height, max_pixels)
        with open_image(data) as image:
            _check_size(image.width, image.height, max_pixels)
            _check_inside(image, data, max_pixels)
            return _finish(image, convert or rgb)
    except ImageError as error:
        raise needs_tifffile(error) if is_tiff(bytes(data[:4])) else error from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"too large: {plain(error)}") from error
    except _PILLOW_ERRORS as error:
        raise damaged(error, "file") from error


def _check_inside(image: ImageFile.ImageFile, data: bytes | bytearray | memoryview, max_pixels: int) -> None:
    """Raise ImageError where an open file's pixels, read, would be other than its size says."""
    if image.format == "TIFF":
        tags = getattr(image, "tag_v2", {})
        width, height = (tags.get(tag, 1) for tag in (_TILE_WIDTH, _TILE_LENGTH))
        if isinstance(width, int) and isinstance(height, int):
            # The tiles at the border may reach beyond it, and whole tiles are read.
            _check_size(max(width, 1), max(height, 1), max_pixels)
    elif image.format == "JPEG":
        # Markers out of order, or four components: all scans are counted from the file's second marker on.
        check_scans(data, JpegHeader(image.width, image.height, 0, False, 2), max_pixels)


def _sizes_in_icon(data: bytes | bytearray | memoryview) -> Iterator[tuple[int, int]]:
    """Width and height of each picture of an icon, as that picture itself says."""
    (count,) = struct.unpack_from("<H", data, 4)
    for entry in range(6, 6 + 16 * count, 16):
        if entry + 16 > len(data):
            return
        (at,) = struct.unpack_from("<I", data, entry + 12)
        head = bytes(data[at : at + 24])
        if head.startswith(b"\x89PNG") and len(head) == 24:
            yield struct.unpack(">II", head[16:])
        elif head[:4] == b"\x0c\0\0\0" and len(head) >= 8:
            yield struct.unpack("<HH", head[4:8])
        elif len(head) >= 12:
            width, height = struct.unpack("<ii", head[4:12])
            yield max(abs(width), 1), max(abs(height) // 2, 1)


def _from_image(image: Image.Image, max_pixels: int) -> NDArray[np.uint8]:
    """The pixels of a Pillow image that somebody else opened."""
    _check_image(image, max_pixels)
    return _finish(image, rgb)


def _check_image(image: Image.Image, max_pixels: int) -> None:
    if isinstance(image, ImageFile.ImageFile) and image.format not in (*FORMATS, "MPO"):
        # Its pixels may not be read yet, and reading them is what starts a program.
        raise ImageError(
            f"a Pillow image of the format {image.format}, which is not read (read are {READ}): give its pixels, "
            "as image.convert('RGB')"
        )
    _check_size(image.width, image.height, max_pixels)


def _raster(image: Image.Image, channels: int, data: bytes | bytearray | memoryview | None) -> Raster:
    """A loaded Pillow image of any mode with its values as they are; of 8 bits in RGB for networks of grey or RGB."""
    mode = image.mode
    if mode.startswith("I;16") or mode in ("I", "F"):
        return deep_values(np.asarray(image), data)
    if channels not in (1, 3) and mode in _CHANNELS:
        values = np.array(image.convert("L") if mode == "1" else image)
        return Raster(values.reshape(*values.shape[:2], -1), alpha=mode in ("LA", "RGBA"))
    return Raster(rgb(image))


def _finish(image: Image.Image, convert: Callable[[Image.Image], Any]) -> Any:
    """What a conversion makes of an open Pillow image, upright: pixels, or a Raster."""
    try:
        # Reads the pixels; Pillow turns TIFF images upright here, and then drops their orientation.
        image.load()
        orientation = _orientation(image)
        made = convert(image)
    except _PILLOW_ERRORS as error:
        raise damaged(error, image.format or "image") from error
    if isinstance(made, Raster):
        return replace(made, values=_orient(made.values, orientation))
    return _orient(made, orientation)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) where there is none or it cannot be read."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _PILLOW_ERRORS as error:
        logger.debug("EXIF ignored: %s", error)
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _orient(image: NDArray[Any], orientation: int) -> NDArray[Any]:
    """The image upright: EXIF orientations 5 to 8 are stored transposed, others flipped."""
    if orientation == 1:
        return image
    if orientation >= 5:
        image = image.transpose(1, 0, 2)
    # Which axes of the (transposed) image run backwards.
    down = orientation in (3, 4, 7, 8)
    right = orientation in (2, 3, 6, 7)
    return np.ascontiguousarray(image[:: -1 if down else 1, :: -1 if right else 1])


def _from_array(values: NDArray[np.generic], max_pixels: int) -> NDArray[np.uint8]:
    if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] not in (1, 3, 4)):
        raise ImageError(f"pixels are (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), found {values.shape}")
    _check_size(values.shape[1], values.shape[0], max_pixels)
    if values.dtype not in (np.uint8, np.uint16, np.bool_) and values.dtype.kind != "f":
        raise ImageError(f"pixels are uint8, uint16, bool or floating point on 0..1, found {values.dtype}")
    # `astype` without a copy tells the type checker what the line before it told us.
    pixels = values.astype(np.uint8, copy=False) if values.dtype == np.uint8 else shallow(values)
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return three(pixels.reshape(pixels.shape[:2]))
    return pixels if pixels.shape[2] == 3 else on_white(pixels)
