"""What a JPEG says of itself before it is decoded, and what decoding it would cost."""

import re
import struct
from dataclasses import dataclass

from convscope.errors import ImageError

MAX_SCANS = 100
"""The most scans a JPEG may have. Encoders write about ten to a progressive file, and each is a walk over the whole
picture, however few bytes it has: a file of 150 KB can ask for minutes."""
_WALKS = 20
"""Scans of a picture as large as a picture may be; smaller ones may have more, up to `MAX_SCANS`."""

_EXIF, _MOST_EXIF = b"Exif\0\0", 256
"""How a segment of EXIF begins, and how many a JPEG may have: Pillow puts them together one by one, each time anew, and
a file of 18 MB can ask for hours. One is usual, and 256 may hold 16 MB."""

_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
# A marker within coded data: not a stuffed zero, a restart, or a fill byte.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


@dataclass(frozen=True)
class JpegHeader:
    """What a JPEG's markers say before its picture begins."""

    width: int
    height: int
    components: int
    tagged: bool
    """Whether it has an APP1 segment: EXIF or XMP, which may hold an orientation."""
    scan: int | None
    """Where its first scan begins, if it may have further ones."""


def read_header(data: bytes | bytearray | memoryview) -> JpegHeader | None:
    """What the markers say, or None where this is not a JPEG or its markers are not in order."""
    if bytes(data[:3]) != b"\xff\xd8\xff":
        return None
    frame: tuple[int, int, int] | None = None
    tagged = progressive = False
    scan: int | None = None
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker == 0xDA:  # the scan begins, with the number of its components
            whole = frame is not None and at + 5 <= len(data) and data[at + 4] >= frame[2]
            scan = None if whole and not progressive else at
            break
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and at + 10 <= len(data):
            height, width = struct.unpack_from(">HH", data, at + 5)
            frame = (width, height, data[at + 9])
            progressive = marker in _PROGRESSIVE
        tagged = tagged or marker == 0xE1
        at += 2 + length
    return None if frame is None else JpegHeader(*frame, tagged, scan)


def check_scans(data: bytes | bytearray | memoryview, header: JpegHeader, max_pixels: int) -> None:
    """Raise ImageError for a JPEG of so many scans that decoding it would take long.

    >>> check_scans(b"", JpegHeader(8, 8, 3, False, None), 64)
    """
    if header.scan is None:
        return
    most = min(MAX_SCANS, max(_WALKS, _WALKS * max_pixels // max(header.width * header.height, 1)))
    found = count_scans(data, header.scan, most)
    if found > most:
        raise ImageError(
            f"a JPEG of more than {most} scans, which a picture of {header.height}x{header.width} pixels has no use "
            "for: each takes as long as the whole picture"
        )


def check_tags(data: bytes | bytearray | memoryview) -> None:
    """Raise ImageError for a JPEG of so many segments of EXIF that Pillow's reading them would take long."""
    if bytes(data).count(_EXIF) > _MOST_EXIF:
        raise ImageError(f"a JPEG of more than {_MOST_EXIF} segments of EXIF, which no program writes")


def count_scans(data: bytes | bytearray | memoryview, at: int, most: int) -> int:
    """The scans from the place of a marker to the picture's end, as far as one more than `most`."""
    count = 0
    while (found := _MARKER.search(data, at)) is not None and count <= most:
        marker = data[found.start() + 1]
        if marker == 0xD9:  # the end: what follows is not this picture
            break
        count += marker == 0xDA
        at = found.start() + 2 + int.from_bytes(data[found.start() + 2 : found.start() + 4], "big")
    return count
