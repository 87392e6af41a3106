"""Image files that Pillow reads step by step in Python, in which few bytes may take long: bounded before they are read.

A plain PPM is a text of numbers, and every comment of it moves a megabyte; the header of any PPM is read byte by byte,
and its values one by one where the largest is not that of a byte;
a BMP with run-length coding is read run by run, also where runs add nothing to the picture; a PNG part by part.
"""

import re

from convscope.errors import ImageError

__all__ = ["MOST_BYTES", "checked_steps"]

MOST_BYTES = 64 << 20
"""The most bytes of a file that is read so: some ten seconds."""

_HEADER = 1 << 16
_COMMENT = re.compile(rb"#[^\r\n]*[\r\n]?")
_PLAIN, _NETPBM = (b"P1", b"P2", b"P3"), b"123456fFy"
_SCALED = {b"P5": (b"255", b"65535"), b"P6": (b"255",)}
_BITMAP = (40, 52, 56, 108, 124)  # lengths of headers that say how it is coded
_PNG, _MOST_CHUNKS = b"\x89PNG\r\n\x1a\n", 200_000
_ICON, _RUNS = b"\0\0\1\0", (1, 2)


def checked_steps(data: bytes | bytearray | memoryview) -> bytes | bytearray | memoryview:
    """The file, without the comments of a plain PPM; raises ImageError where reading it would take too long.

    >>> checked_steps(b"P3 1 1 255 1 # red\\n2 3")
    b'P3 1 1 255 1 2 3'
    """
    start = bytes(data[:2])
    if start[:1] == b"P" and start[1:] and start[1] in _NETPBM:
        words = _COMMENT.sub(b"", bytes(data[:_HEADER])).split()
        if len(words) < (3 if start in (b"P1", b"P4") else 4) and len(data) > _HEADER:
            raise ImageError(f"its header has more than {_HEADER} bytes, which no PPM's has")
    if bytes(data[:8]) == _PNG:
        _check_chunks(data)
    kind = _read_slowly(data, start)
    if kind and len(data) > MOST_BYTES:
        raise ImageError(
            f"{kind} of {len(data)} bytes, more than the {MOST_BYTES} that are read of such: save it as PNG"
        )
    return _COMMENT.sub(b"", bytes(data)) if start in _PLAIN else data


def _check_chunks(data: bytes | bytearray | memoryview) -> None:
    """Raise ImageError for a PNG of so many parts as no program writes."""
    at = 8
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(data):
            return
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    raise ImageError(f"a PNG of more than {_MOST_CHUNKS} parts, which no program writes")


def _read_slowly(data: bytes | bytearray | memoryview, start: bytes) -> str | None:
    """What a file is, where it is read step by step."""
    if start in _PLAIN:
        return "a PPM in plain text"
    if start in _SCALED:
        words = _COMMENT.sub(b"", bytes(data[:_HEADER])).split(maxsplit=4)
        return None if words[3:4] and words[3] in _SCALED[start] else "a PPM whose largest value is not 255"
    if bytes(data[:4]) == _ICON:
        return "an icon"
    head = bytes(data[14:34] if start == b"BM" else data[:20])
    runs = int.from_bytes(head[:4], "little") in _BITMAP and int.from_bytes(head[16:], "little") in _RUNS
    return "a BMP with run-length coding" if runs else None
