"""How much the pages of a Parquet file become, as their own headers say, before anything makes room for them.

What the footer says of a column's size is for people; readers believe each page's header, and a page of a few bytes can
stand for many values, or say once a long value that many rows mean. Headers are in Thrift's compact protocol, of
which as much is read here as they need (https://parquet.apache.org/docs/file-format/data-pages/).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
_INTEGERS = (4, 5, 6)
_SIZE, _STORED, _ABOUT = 2, 3, (5, 7, 8)  # fields of a header: bytes decoded and in the file, of data or a dictionary
_START, _LARGEST = 1 << 12, 1 << 24
_DEEPEST = 8


@dataclass(frozen=True)
class Page:
    """A page: bytes in the file, bytes when it is decompressed, and how many values it stands for."""

    stored: int
    size: int
    values: int


def pages(file: BinaryIO, chunk: Any) -> Iterator[Page]:
    """The pages of a column in a row group, as pyarrow's metadata tells where it is.

    Raises ValueError where what is there are no pages.
    """
    places = [chunk.data_page_offset]
    if chunk.has_dictionary_page and chunk.dictionary_page_offset is not None:
        places.append(chunk.dictionary_page_offset)
    at, end = min(places), min(places) + chunk.total_compressed_size
    if at < 4:
        raise ValueError("a column begins before the file does")
    left = chunk.num_values
    while at < end and left > 0:
        page, length, data = _page_at(file, at)
        yield page
        at, left = at + length + page.stored, left - page.values * data


def _page_at(file: BinaryIO, at: int) -> tuple[Page, int, bool]:
    """The page whose header begins there, the header's length, and whether it holds data, not a dictionary."""
    room = _START
    while True:
        file.seek(at)
        window = file.read(room)
        try:
            fields, length = _struct(window, 0, 0)
        except IndexError as error:
            if len(window) < room or room >= _LARGEST:
                raise ValueError("a page's header does not end") from error
            room *= 16
            continue
        kinds = [number for number in _ABOUT if isinstance(fields.get(number), dict)]
        stored, size = fields.get(_STORED), fields.get(_SIZE)
        if not isinstance(stored, int) or not isinstance(size, int) or min(stored, size) < 0:
            raise ValueError("a page's header does not say how large it is")
        values = fields[kinds[0]].get(1, 0) if kinds else 0
        if not isinstance(values, int) or values < 0:
            raise ValueError("a page's header does not say how many values it has")
        return Page(stored, size, values), length, 7 not in kinds


def _struct(data: bytes, at: int, depth: int) -> tuple[dict[int, Any], int]:
    """The fields of a struct by their number, and where it ends; raises IndexError where the data end before it."""
    if depth > _DEEPEST:
        raise ValueError("a page's header is of structs in structs")
    found: dict[int, Any] = {}
    number = 0
    while True:
        head, at = data[at], at + 1
        if head == 0:
            return found, at
        kind, more = head & 15, head >> 4
        if more:
            number += more
        else:
            number, at = _integer(data, at)
        found[number], at = _value(data, at, kind, depth)


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, at
    if kind in _INTEGERS:
        return _integer(data, at)
    if kind in (_BYTE, _DOUBLE):
        return None, _within(data, at + (1 if kind == _BYTE else 8))
    if kind == _BINARY:
        length, at = _natural(data, at)
        return None, _within(data, at + length)
    if kind == _STRUCT:
        return _struct(data, at, depth + 1)
    if kind in (_LIST, _SET):
        head, at = data[at], at + 1
        count, at = (head >> 4, at) if head >> 4 < 15 else _natural(data, at)
        for _ in range(count):
            at = at + 1 if head & 15 in (_TRUE, _FALSE) else _value(data, at, head & 15, depth + 1)[1]
            _within(data, at)
        return None, at
    raise ValueError("a page's header is none")


def _within(data: bytes, at: int) -> int:
    """The place, where the data go so far; else IndexError."""
    if at > len(data):
        raise IndexError
    return at


def _natural(data: bytes, at: int) -> tuple[int, int]:
    found, shift = 0, 0
    while True:
        byte, at = data[at], at + 1
        found |= (byte & 127) << shift
        if byte < 128:
            return found, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of a page's header does not end")


def _integer(data: bytes, at: int) -> tuple[int, int]:
    found, at = _natural(data, at)
    return (found >> 1) ^ -(found & 1), at


__all__ = ["Page", "pages"]
