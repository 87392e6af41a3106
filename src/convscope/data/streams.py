"""What a JPEG, JPEG-LS or JPEG 2000 stream inside of another file says of its size, before anything decodes it.

The file around it says what size its pictures have, and a decoder makes room for what the stream says.
"""

from __future__ import annotations

import struct

from convscope.data.jpeg import JpegHeader, check_scans
from convscope.errors import ImageError

_START = b"\xff\xd8"
_SIZ = b"\xff\x4f\xff\x51"
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xF7})  # baseline, extended, progressive, JPEG-LS
_LOSSLESS = b"\xff\xc3"
_BARE = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})  # markers without a length


def check_stream(data: bytes | bytearray | memoryview, most: tuple[int, int, int]) -> None:
    """Raise ImageError where a stream's picture is larger than `most` (height, width, channels), or does not say.

    Also where it is a JPEG of so many scans that decoding it would take long.

    >>> check_stream(b"\\xff\\xd8\\xff\\xc0\\x00\\x0b\\x10\\x00\\x10\\x00\\x20\\x01", (16, 32, 1))
    """
    if _LOSSLESS in bytes(data):
        # Decoders fall back to one for it that writes beyond its memory where the stream is damaged.
        raise ImageError(
            "a piece of the image is in JPEG's lossless mode, which is not read: write it again as JPEG-LS"
        )
    found = stream_size(data)
    if found is None:
        raise ImageError("a compressed piece of the image does not say how large it is")
    if found[0] > most[0] or found[1] > most[1]:
        raise ImageError(
            f"a compressed piece says that it has {found[0]}x{found[1]} pixels, and the file {most[0]}x{most[1]}"
        )
    if found[2] > most[2]:
        raise ImageError(f"a compressed piece says that it has {found[2]} channels, and the file {most[2]}")
    if bytes(data[:2]) == _START:
        check_scans(data, JpegHeader(found[1], found[0], found[2], False, 2), most[0] * most[1])


def is_lossless(data: bytes | bytearray | memoryview) -> bool:
    """Whether a stream is a JPEG of the lossless mode, by the first frame that it says.

    >>> is_lossless(b"\\xff\\xd8\\xff\\xc3\\x00\\x0b\\x10\\x00\\x10\\x00\\x20\\x01")
    True
    """
    content, at = bytes(data), 2
    while content[:2] == _START and at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == _LOSSLESS[1]:
            return True
        if marker in _FRAMES or marker == 0xDA:
            return False
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return False


def stream_size(data: bytes | bytearray | memoryview) -> tuple[int, int, int] | None:
    """(height, width, channels) that a stream says, or None."""
    head = bytes(data[:4])
    if head == _SIZ and len(data) >= 42:
        width, height = struct.unpack_from(">II", data, 8)
        (channels,) = struct.unpack_from(">H", data, 40)
        return height, width, channels
    if head[:2] != _START:
        return None
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAMES and at + 10 <= len(data):
            height, width, channels = struct.unpack_from(">HHB", data, at + 5)
            return height, width, channels
        if marker == 0xDA:
            return None
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


__all__ = ["check_stream", "is_lossless", "stream_size"]
