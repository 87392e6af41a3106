"""What a JPEG, JPEG-LS or JPEG 2000 stream inside of another file says of its size, before anything decodes it.

The file around it says what size its pictures have, and a decoder makes room for what the stream says.
"""

from __future__ import annotations

import struct

from convscope.errors import ImageError

_SIZ = b"\xff\x4f\xff\x51"
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xF7})  # baseline, extended, progressive, JPEG-LS
_LOSSLESS = b"\xff\xc3"
_BARE = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})  # markers without a length


def check_stream(data: bytes | bytearray | memoryview, most: tuple[int, int]) -> None:
    """Raise ImageError where a stream's picture is larger than `most` (height, width), or does not say.

    >>> check_stream(b"\\xff\\xd8\\xff\\xc0\\x00\\x0b\\x10\\x00\\x10\\x00\\x20\\x01", (16, 32))
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


def stream_size(data: bytes | bytearray | memoryview) -> tuple[int, int] | None:
    """(height, width) that a stream says, or None."""
    head = bytes(data[:4])
    if head == _SIZ and len(data) >= 16:
        width, height = struct.unpack_from(">II", data, 8)
        return height, width
    if head[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAMES and at + 9 <= len(data):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return height, width
        if marker == 0xDA:
            return None
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


__all__ = ["check_stream", "stream_size"]
