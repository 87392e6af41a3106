"""Any image file or image object as (H, W, 3) uint8 RGB pixels, or an ImageError that says what is wrong with it.

JPEG goes to simplejpeg, which releases the interpreter lock and gives the same pixels as Pillow; what simplejpeg
refuses, and every other format of `convscope.data.formats`, goes to Pillow's decoder of that format, and nothing else
goes anywhere. Choices, the same on both ways:

- EXIF orientation is applied; the first frame of an animation is taken; colour profiles are ignored.
- CMYK and YCCK JPEGs follow Adobe's inverted convention, and become RGB without a colour profile.
- Transparency, in whatever form, is composited on white.
- 16-bit grey is scaled to 8 bits (65535 is white), not clipped; floating-point pixels are read on 0..1.
- A truncated file is an error, and so is a JPEG whose entropy-coded data is damaged; stray bytes between a JPEG's
  segments are not.
"""

import logging
import struct
import zlib
from dataclasses import dataclass

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageFile

from convscope.data.allowance import MAX_PIXELS
from convscope.data.formats import FORMATS, READ, open_image
from convscope.errors import ImageError

logger = logging.getLogger(__name__)

Payload = bytes | bytearray | memoryview | NDArray[np.generic] | Image.Image
"""What `decode` takes: an encoded file, pixels (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), or a Pillow image."""

_ORIENTATION = 0x0112
# What Pillow's plugins are known to raise on damaged files. One file must not end a scan of a million.
_PILLOW_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,  # NotImplementedError among them
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Warning,  # raised where the user turned warnings into errors
)
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
    convscope.errors.ImageError: not an image in a known format (it begins with b'<!DOCTYPE html>')
    """
    max_pixels = MAX_PIXELS if max_pixels is None else max_pixels
    if isinstance(payload, np.ndarray):
        return _from_array(payload, max_pixels)
    if isinstance(payload, Image.Image):
        return _from_image(payload, max_pixels)
    if not isinstance(payload, bytes | bytearray | memoryview):
        raise ImageError(
            f"no image can be read from a {type(payload).__name__}: give bytes, an array or a Pillow image"
        )
    if len(payload) == 0:
        raise ImageError("the file is empty")
    jpeg = _jpeg_header(payload)
    if jpeg is not None and jpeg.components in (1, 3):
        return _from_jpeg(payload, jpeg, max_pixels, at_least)
    return _from_file(payload, max_pixels)


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise ImageError(f"an image of {height}x{width} pixels has no area")
    if width * height > max_pixels:
        raise ImageError(
            f"{height}x{width} pixels are more than the limit of {max_pixels} (max_pixels=, on the command line "
            "--max-pixels)"
        )


# JPEG


@dataclass(frozen=True)
class _Jpeg:
    """What a JPEG's markers say before its picture begins."""

    width: int
    height: int
    components: int
    tagged: bool  # has an APP1 segment: EXIF or XMP, which may hold an orientation


def _jpeg_header(data: bytes | bytearray | memoryview) -> _Jpeg | None:
    """What the markers say, or None where this is not a JPEG or its markers are not in order."""
    if bytes(data[:3]) != b"\xff\xd8\xff":
        return None
    frame: tuple[int, int, int] | None = None
    tagged = False
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker == 0xDA:  # the scan begins
            break
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and at + 10 <= len(data):
            height, width = struct.unpack_from(">HH", data, at + 5)
            frame = (width, height, data[at + 9])
        tagged = tagged or marker == 0xE1
        at += 2 + length
    return None if frame is None else _Jpeg(*frame, tagged)


def _from_jpeg(
    data: bytes | bytearray | memoryview, header: _Jpeg, max_pixels: int, at_least: int | None
) -> NDArray[np.uint8]:
    _check_size(header.width, header.height, max_pixels)
    least = at_least or 0
    try:
        # fastdct and fastupsample stay off: with them the pixels differ from Pillow's.
        image = simplejpeg.decode_jpeg(data, "RGB", min_height=least, min_width=least)
    except ValueError as error:
        if any(word in str(error) for word in _LOST):
            raise ImageError(f"damaged JPEG: {_plain(error)}") from error
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


def _from_file(data: bytes | bytearray | memoryview, max_pixels: int) -> NDArray[np.uint8]:
    try:
        with open_image(data) as image:
            _check_size(image.width, image.height, max_pixels)
            return _finish(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"too large: {_plain(error)}") from error
    except _PILLOW_ERRORS as error:
        raise _damaged(error, "file") from error


def _from_image(image: Image.Image, max_pixels: int) -> NDArray[np.uint8]:
    """The pixels of a Pillow image that somebody else opened."""
    if isinstance(image, ImageFile.ImageFile) and image.format not in (*FORMATS, "MPO"):
        # Its pixels may not be read yet, and reading them is what starts a program.
        raise ImageError(
            f"a Pillow image of the format {image.format}, which is not read (read are {READ}): give its pixels, "
            "as image.convert('RGB')"
        )
    _check_size(image.width, image.height, max_pixels)
    return _finish(image)


def _damaged(error: BaseException, name: str) -> ImageError:
    """The error to raise for what a plugin of Pillow raised."""
    word = "truncated" if "truncated" in str(error).lower() else "damaged"
    return ImageError(f"{word} {name}: {_plain(error)}")


def _plain(error: BaseException) -> str:
    """The message of an error of another library, the same in every run: without addresses of objects."""
    text = str(error).partition(" at 0x")[0].strip().rstrip(".")
    return text or type(error).__name__


def _finish(image: Image.Image) -> NDArray[np.uint8]:
    """The pixels of an open Pillow image, upright."""
    try:
        # Reads the pixels; Pillow turns TIFF images upright here, and then drops their orientation.
        image.load()
        orientation = _orientation(image)
        pixels = _rgb(image)
    except _PILLOW_ERRORS as error:
        raise _damaged(error, image.format or "image") from error
    return _orient(pixels, orientation)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) where there is none or it cannot be read."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _PILLOW_ERRORS as error:
        logger.debug("EXIF ignored: %s", error)
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _orient(image: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """The image upright: EXIF orientations 5 to 8 are stored transposed, others flipped."""
    if orientation == 1:
        return image
    if orientation >= 5:
        image = image.transpose(1, 0, 2)
    # Which axes of the (transposed) image run backwards.
    down = orientation in (3, 4, 7, 8)
    right = orientation in (2, 3, 6, 7)
    return np.ascontiguousarray(image[:: -1 if down else 1, :: -1 if right else 1])


def _rgb(image: Image.Image) -> NDArray[np.uint8]:
    """The pixels of a loaded Pillow image of any mode."""
    mode = image.mode
    if mode.startswith("I;16") or mode in ("I", "F"):
        return _three(_deep(np.asarray(image)))
    if mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info:
        straight = image.convert("LA") if mode == "La" else image
        return _on_white(np.asarray(straight.convert("RGBA")))
    return np.array(image if mode == "RGB" else image.convert("RGB"))


def _on_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 4) pixels composited on white, rounded to the nearest level."""
    alpha = rgba[..., 3:].astype(np.uint16)
    return ((rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _deep(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Pixels of more than 8 bits, of any shape: integers on 0..65535 and floating point on 0..1 become 0..255."""
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    top = 1 if np.issubdtype(values.dtype, np.floating) else 65535
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= top):  # so that NaN is refused too
        raise ImageError(f"pixels of type {values.dtype} are read on 0..{top}, found {low:g} to {high:g}")
    if top == 1:
        return np.rint(values.astype(np.float64) * 255).astype(np.uint8)
    return ((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def _from_array(values: NDArray[np.generic], max_pixels: int) -> NDArray[np.uint8]:
    if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] not in (1, 3, 4)):
        raise ImageError(f"pixels are (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), found {values.shape}")
    _check_size(values.shape[1], values.shape[0], max_pixels)
    if values.dtype not in (np.uint8, np.uint16, np.bool_) and values.dtype.kind != "f":
        raise ImageError(f"pixels are uint8, uint16, bool or floating point on 0..1, found {values.dtype}")
    # `astype` without a copy tells the type checker what the line before it told us.
    pixels = values.astype(np.uint8, copy=False) if values.dtype == np.uint8 else _deep(values)
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return _three(pixels.reshape(pixels.shape[:2]))
    return pixels if pixels.shape[2] == 3 else _on_white(pixels)


def _three(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey pixels (H, W) as RGB."""
    return np.repeat(grey[..., None], 3, axis=2)
