"""JPEG's lossless mode, as DICOM's transfer syntaxes 57 and 70 have it: ITU-T T.81, annex H, Huffman-coded.

What is looked at first is the size that a stream says; what is damaged is an error, and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ImageError
from convscope.kernels.lossless import CODES, Coding, interval

_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAME, _TABLES, _SCAN, _INTERVAL = 0xC3, 0xC4, 0xDA, 0xDD


@dataclass
class _Header:
    """What a stream says before its data."""

    bits: int = 0
    shape: tuple[int, int] = (0, 0)
    components: tuple[int, ...] = ()
    restart: int = 0
    lengths: NDArray[np.int64] = field(default_factory=lambda: np.zeros(4 * CODES, np.int64))
    symbols: NDArray[np.int64] = field(default_factory=lambda: np.zeros(4 * CODES, np.int64))
    which: tuple[int, ...] = ()
    predictor: int = 0
    shift: int = 0


def decode_lossless(data: bytes | bytearray | memoryview, most: tuple[int, int]) -> NDArray[np.uint16]:
    """The samples (H, W), or (H, W, C) of several components, of a stream of at most (height, width) `most`.

    Raises ImageError where it is damaged, of another mode, or larger.
    """
    content = bytes(data)
    try:
        header, at = _header(content, most)
        end = _END.search(content, at)
        pieces = _RESTART.split(content[at : len(content) if end is None else end.start()], maxsplit=header.shape[0])
        found = _samples(header, [piece.replace(b"\xff\x00", b"\xff") for piece in pieces])
    except (ValueError, IndexError) as error:
        raise ImageError(f"damaged lossless JPEG: {error}") from error
    values = found.astype(np.uint16) << np.uint16(header.shift)
    return values[..., 0] if values.shape[2] == 1 else values


def _samples(header: _Header, pieces: list[bytes]) -> NDArray[np.int32]:
    """The samples (H, W, C), interval by interval, each of which begins anew."""
    height, width = header.shape
    rows = height if not header.restart else header.restart // width
    if header.restart and header.restart % width:
        raise ImageError("a lossless JPEG whose intervals are no whole rows is not read")
    which, start = np.array(header.which, np.int64), 1 << (header.bits - header.shift - 1)
    coding = Coding(header.lengths, header.symbols, which, header.predictor, start)
    found = []
    for number, top in enumerate(range(0, height, rows)):
        shape = min(rows, height - top), width
        piece = np.frombuffer(pieces[number], np.uint8)
        found.append(interval(piece, shape, coding))
    return np.concatenate(found) if len(found) > 1 else found[0]


def _header(content: bytes, most: tuple[int, int]) -> tuple[_Header, int]:
    """What a stream says, and where its data begin."""
    header, at = _Header(), 2
    if content[:2] != b"\xff\xd8":
        raise ValueError("it does not begin as one")
    while True:
        if content[at] != 0xFF:
            raise ValueError("a marker is missing")
        marker = content[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        size = int.from_bytes(content[at + 2 : at + 4], "big")
        segment, at = content[at + 4 : at + 2 + size], at + 2 + size
        if size < 2 or at > len(content):
            raise ValueError("a segment is not all there")
        if marker == _TABLES:
            _read_tables(header, segment)
        elif marker == _INTERVAL:
            header.restart = int.from_bytes(segment[:2], "big")
        elif marker == _SCAN:
            _read_scan(header, segment)
            return header, at
        elif marker == _FRAME:
            _read_frame(header, segment, most)
        elif 0xC0 <= marker <= 0xCF and marker != 0xCC:
            raise ImageError("a JPEG that is not of the lossless mode, as its file says")


def _read_frame(header: _Header, segment: bytes, most: tuple[int, int]) -> None:
    header.bits, count = segment[0], segment[5]
    height, width = int.from_bytes(segment[1:3], "big"), int.from_bytes(segment[3:5], "big")
    if not 2 <= header.bits <= 16 or not 1 <= count <= 4 or height < 1 or width < 1:
        raise ValueError(f"{height}x{width} pixels of {header.bits} bits in {count} components are none")
    if height > most[0] or width > most[1]:
        raise ImageError(
            f"a compressed piece says that it has {height}x{width} pixels, and the file {most[0]}x{most[1]}"
        )
    parts = [segment[6 + 3 * number : 9 + 3 * number] for number in range(count)]
    if any(part[1] != parts[0][1] for part in parts):
        raise ImageError("a lossless JPEG whose components are of several sizes is not read")
    header.shape, header.components = (height, width), tuple(part[0] for part in parts)


def _read_tables(header: _Header, segment: bytes) -> None:
    at = 0
    while at < len(segment):
        name, counts = segment[at], list(segment[at + 1 : at + 17])
        symbols = segment[at + 17 : at + 17 + sum(counts)]
        if name > 3 or len(counts) < 16 or len(symbols) < sum(counts) or max(symbols, default=0) > 16:
            raise ValueError("a table of codes makes no sense")
        code, taken = 0, 0
        lengths, sizes = (table[name * CODES : (name + 1) * CODES] for table in (header.lengths, header.symbols))
        lengths[:] = 0
        for length, count in enumerate(counts, 1):
            for symbol in symbols[taken : taken + count]:
                first, last = code << (16 - length), (code + 1) << (16 - length)
                if last > CODES:
                    raise ValueError("a table has more codes than there are")
                lengths[first:last], sizes[first:last] = length, symbol
                code += 1
            taken += count
            code <<= 1
        at += 17 + len(symbols)


def _read_scan(header: _Header, segment: bytes) -> None:
    count = segment[0]
    if not header.components or count != len(header.components):
        raise ImageError("a lossless JPEG with a scan for each component is not read")
    chosen = [(segment[1 + 2 * number], segment[2 + 2 * number] >> 4) for number in range(count)]
    header.predictor, header.shift = segment[1 + 2 * count], segment[3 + 2 * count] & 15
    names = tuple(name for name, _ in chosen)
    sensible = names == header.components and all(table < 4 for _, table in chosen)
    if not sensible or not 1 <= header.predictor <= 7 or header.shift >= header.bits:
        raise ValueError("what its scan says makes no sense")
    header.which = tuple(table for _, table in chosen)


__all__ = ["decode_lossless"]
