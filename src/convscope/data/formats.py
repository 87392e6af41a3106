"""Which image files are read, told by their content: the one place where an encoded image is opened.

Pillow, asked to open anything, tries every plug-in that it has: PostScript goes to Ghostscript, a program of its own,
and metafiles to whatever the system draws them with. So a file is first known by its first bytes, and is then given to
the one decoder here that reads this format; what is none of these formats is named and left alone. All of them are
raster formats, and their decoders are functions of Pillow and its libraries: none starts a program.
"""

import importlib
import io
import struct
from collections.abc import Callable, Collection
from dataclasses import dataclass

from PIL import ImageFile

from convscope.data.jpeg import check_tags
from convscope.errors import ImageError

Encoded = bytes | bytearray | memoryview

_START = 32
"""Bytes that tell a format: what `knows` and `_named` are given."""


@dataclass(frozen=True)
class Format:
    """An image format that is read: its name as Pillow has it, and the module and the class of Pillow's decoder."""

    name: str
    module: str
    decoder: str
    knows: Callable[[bytes], bool]
    """Whether a file with these first bytes is of the format."""

    def open(self, data: Encoded) -> ImageFile.ImageFile:
        """The image, its header read and its pixels not yet.

        Not by Pillow's own `open`, whose limit on pixels belongs to the whole process; `decode` has one of its own.
        """
        module = importlib.import_module(f"PIL.{self.module}")
        return getattr(module, self.decoder)(io.BytesIO(data))


def _begins(*starts: bytes) -> Callable[[bytes], bool]:
    return lambda found: found.startswith(starts)


def _avif(start: bytes) -> bool:
    # Files of these general brands may be AVIF: the decoder knows.
    return start[4:8] == b"ftyp" and start[8:12] in (b"avif", b"avis", b"mif1", b"msf1")


FORMATS: dict[str, Format] = {
    made.name: made
    for made in (
        # Also the first picture of an MPO, which is a JPEG with others behind it.
        Format("JPEG", "JpegImagePlugin", "JpegImageFile", _begins(b"\xff\xd8\xff")),
        Format("PNG", "PngImagePlugin", "PngImageFile", _begins(b"\x89PNG\r\n\x1a\n")),
        Format("GIF", "GifImagePlugin", "GifImageFile", _begins(b"GIF87a", b"GIF89a")),
        Format("BMP", "BmpImagePlugin", "BmpImageFile", _begins(b"BM")),
        Format(
            "DIB",
            "BmpImagePlugin",
            "DibImageFile",
            _begins(*(struct.pack("<I", n) for n in (12, 40, 52, 56, 108, 124))),
        ),
        Format(
            "TIFF",
            "TiffImagePlugin",
            "TiffImageFile",
            _begins(b"II*\0", b"MM\0*", b"II\0*", b"MM*\0", b"II+\0", b"MM\0+"),
        ),
        Format("WEBP", "WebPImagePlugin", "WebPImageFile", lambda s: s[:4] == b"RIFF" and s[8:15] == b"WEBPVP8"),
        Format("AVIF", "AvifImagePlugin", "AvifImageFile", _avif),
        Format(
            "JPEG2000",
            "Jpeg2KImagePlugin",
            "Jpeg2KImageFile",
            _begins(b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n"),
        ),
        Format(
            "PPM", "PpmImagePlugin", "PpmImageFile", lambda s: s[:1] == b"P" and s[1:2] in b"123456fy" and len(s) > 2
        ),
        Format("ICO", "IcoImagePlugin", "IcoImageFile", _begins(b"\0\0\1\0")),
        # Last, as it has no mark of its own: the decoder knows one by the numbers in its header.
        Format(
            "TGA", "TgaImagePlugin", "TgaImageFile", lambda s: s[1:2] in b"\0\1" and s[2:3] in b"\1\2\3\x09\x0a\x0b"
        ),
    )
}
"""The image formats that are read, by their names, in the order in which they are tried."""

READ = "JPEG, PNG, GIF, BMP, TIFF, WebP, AVIF, JPEG 2000, PPM, ICO, TGA, DICOM and .npy"
"""The same for people."""

_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"%!", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"%PDF", "PDF"),
    (b"\xd7\xcd\xc6\x9a", "a Windows metafile"),
    (b"8BPS", "a Photoshop document"),
    (b"DDS ", "DDS"),
    (b"SIMPLE  =", "FITS"),
    (b"GRIB", "GRIB"),
    (b"BUFR", "BUFR"),
    (b"\x89HDF", "HDF5"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"version https://git-lfs", "a pointer of Git LFS to a file that was not fetched"),
    (b"<svg", "SVG"),
)
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")


def open_image(data: Encoded, *, only: Collection[str] = FORMATS.keys()) -> ImageFile.ImageFile:
    """The Pillow image of a file's bytes, its header read and its pixels not yet; `only` says which formats are wanted.

    Raises ImageError where it is none of them, naming what it is where its first bytes tell. Damaged headers raise
    what Pillow's decoders raise.

    >>> open_image(b"%!PS-Adobe-3.0 EPSF-3.0")
    Traceback (most recent call last):
    convscope.errors.ImageError: PostScript, which is not an image format that is read (read are JPEG, PNG, GIF, ...
    """
    start = bytes(data[:_START])
    for form in FORMATS.values():
        if form.name in only and form.knows(start):
            if form.name == "JPEG":
                check_tags(data)
            try:
                return form.open(data)
            except (SyntaxError, IndexError, TypeError, struct.error) as error:
                # How Pillow's decoders say that it is none of theirs.
                raise ImageError(
                    f"not an image in a known format (it begins as {form.name} does, and its header cannot be read)"
                ) from error
    raise ImageError(_unknown(start))


def _unknown(start: bytes) -> str:
    """What to say of a file with these first bytes."""
    name = next((name for mark, name in _OTHERS if start.startswith(mark)), None)
    if start[4:8] == b"ftyp" and start[8:12] in _HEIF:
        return (
            f"HEIF (HEIC, as phones write it), which is not an image format that is read (read are {READ}): save it as "
            "JPEG, with heif-convert or the phone's setting for the most compatible format"
        )
    if name is None:
        return f"not an image in a known format (it begins with {_begun(start)})"
    return f"{name}, which is not an image format that is read (read are {READ})"


def _begun(start: bytes) -> str:
    r"""The first bytes of a file in words: as text where they are that, else as numbers.

    >>> _begun(b"just text\n"), _begun(b"\x00\x01\xff\x02 and more")
    ('the text "just text"', 'the bytes 00 01 ff 02 20 61 6e 64')
    """
    words = " ".join(start.decode("utf-8", "ignore").split())
    if words and words.isprintable() and len(words.encode()) >= 3 * len(start) // 4:
        return f'the text "{words[:24]}"'
    return f"the bytes {start[:8].hex(' ')}"
