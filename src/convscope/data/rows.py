"""A table of equally long rows on disk, filled in any order, of which nothing is believed that does not hold.

What is costly to make and large is kept so: decoded crops, features of layers. A table is one file, so that no part of
it can be lost or replaced without the others:

    header    what the rows are of, as JSON, with its own checksum; to a whole number of pages
    ledger    8 bytes a row: a checksum and a state, 0 for a row that is not there; to a whole number of pages
    rows      one after the other; the file grows as they are written

A row is written before its entry in the ledger, and the entry's checksum is over the table's identity, the row's
number, its state and its bytes. So a row that was half written, lost in a power cut, changed on the disk or moved to
another place is known when it is read, and counts as not there. Several processes may fill one table at once: they
write the same bytes to the same places. Writing goes through `pwrite`, never through a memory map, where a full disk
would end the process with a signal instead of an error.
"""

from __future__ import annotations

import json
import logging
import math
import os
import struct
import threading
import weakref
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convscope.errors import StoreError
from convscope.files import writing

__all__ = ["ABSENT", "ENDING", "THERE", "UNREADABLE", "Rows", "open_rows", "read_rows"]

logger = logging.getLogger(__name__)

ENDING = ".rows"
ABSENT, THERE, UNREADABLE = 0, 1, 2
"""States of a row: nothing is known of it; it is there; what it would be made of cannot be read."""

_MAGIC = b"convscope rows 1"
_LENGTHS = struct.Struct("<II")  # of the header's text, and its checksum
_ENTRY = struct.Struct("<II")  # a row's checksum, and its state
_PAGE = 4096
_TEXT_LIMIT = 1 << 20
_ROW_LIMIT = 1 << 31
_DAMAGED = "it is damaged, or was written by another version: delete it, and it is made again"


@dataclass(frozen=True, eq=False)
class Rows:
    """A table that is open: `count` rows of `shape` and `dtype`. Made by `open_rows` and `read_rows`."""

    path: Path
    described: Mapping[str, Any]
    count: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    _file: int = field(repr=False)
    _header: bytes = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        weakref.finalize(self, os.close, self._file)

    @property
    def row_bytes(self) -> int:
        """The length of a row."""
        return _row_bytes(self.shape, self.dtype)

    def get(self, index: int) -> NDArray[Any] | None:
        """A copy of a row, None where it is not there or is not as it was written (which is logged)."""
        entry = self._read(_ENTRY.size, self._ledger_at(index))
        if not any(entry):
            return None
        found = np.empty(self.shape, self.dtype)
        if self._holds(index, entry, found):
            return found if _ENTRY.unpack(entry)[1] == THERE else None
        logger.warning("%s: row %d is not as it was written, and is made again", self.path, index)
        return None

    def put(self, index: int, row: NDArray[Any]) -> None:
        """Keep a row.

        Raises:
            StoreError: where it cannot be written, as on a full disk.
        """
        content = np.ascontiguousarray(row, self.dtype).reshape(self.shape).tobytes()
        with writing(self.path):
            self._write(content, self._row_at(index))
            self._write(_ENTRY.pack(self._checksum(index, THERE, content), THERE), self._ledger_at(index))

    def mark_unreadable(self, index: int) -> None:
        """Keep that there can be no such row; raises StoreError where that cannot be written."""
        with writing(self.path):
            entry = _ENTRY.pack(self._checksum(index, UNREADABLE, b""), UNREADABLE)
            self._write(entry, self._ledger_at(index))

    def states(self) -> NDArray[np.uint8]:
        """The state of every row (count,), as far as the ledger alone tells: `intact` looks at the rows too."""
        ledger = self._read(_ENTRY.size * self.count, len(self._header))
        entries = np.zeros((self.count, 2), "<u4")
        whole = len(ledger) // _ENTRY.size
        entries[:whole] = np.frombuffer(ledger, "<u4", 2 * whole).reshape(-1, 2)
        states = np.where(entries[:, 1] <= UNREADABLE, entries[:, 1], ABSENT).astype(np.uint8)
        for index in np.flatnonzero(states == UNREADABLE).tolist():
            if int(entries[index, 0]) != self._checksum(index, UNREADABLE, b""):
                states[index] = ABSENT
        return states

    def intact(self, indices: Iterable[int]) -> NDArray[np.bool_]:
        """Which of these rows are as they were written; those that were never written are not."""
        found = np.empty(self.shape, self.dtype)
        entries = ((index, self._read(_ENTRY.size, self._ledger_at(index))) for index in indices)
        return np.array([self._holds(index, entry, found) for index, entry in entries], np.bool_)

    def written(self) -> NDArray[np.int64]:
        """The numbers of the rows whose entry in the ledger says anything, right or wrong."""
        ledger = np.frombuffer(self._read(_ENTRY.size * self.count, len(self._header)), np.uint8)
        whole = len(ledger) // _ENTRY.size
        return np.flatnonzero(ledger[: whole * _ENTRY.size].reshape(-1, _ENTRY.size).any(1))

    def sync(self) -> None:
        """Bring what was written to the disk; raises StoreError where that fails."""
        with writing(self.path):
            os.fsync(self._file)

    # -- places and checks --------------------------------------------------------------------------------------------
    def _ledger_at(self, index: int) -> int:
        return len(self._header) + _ENTRY.size * range(self.count)[index]

    def _row_at(self, index: int) -> int:
        return len(self._header) + _pages(_ENTRY.size * self.count) + self.row_bytes * range(self.count)[index]

    def _checksum(self, index: int, state: int, content: Any) -> int:
        return zlib.crc32(content, zlib.crc32(struct.pack("<QI", index, state), zlib.crc32(self._header)))

    def _holds(self, index: int, entry: bytes, found: NDArray[Any]) -> bool:
        """Whether an entry and what it is of are as they were written; reads the row into `found`."""
        if len(entry) < _ENTRY.size:
            return False
        checksum, state = _ENTRY.unpack(entry)
        if state == UNREADABLE:
            return checksum == self._checksum(index, state, b"")
        content = found.reshape(-1).view(np.uint8).data
        whole = state == THERE and self._read_into(content, self._row_at(index)) == len(content)
        return whole and checksum == self._checksum(index, state, content)

    # -- the file -----------------------------------------------------------------------------------------------------
    def _read(self, size: int, offset: int) -> bytes:
        content = bytearray(size)
        return bytes(content[: self._read_into(memoryview(content), offset)])

    def _read_into(self, content: memoryview, offset: int) -> int:
        """How many bytes the file has there, of as many as are asked for; none where the disk cannot read them."""
        done = 0
        try:
            while done < len(content) and (more := self._read_some(content[done:], offset + done)):
                done += more
        except OSError as error:
            logger.warning("%s cannot be read at %d: %s", self.path, offset, error)
            return 0
        return done

    def _read_some(self, content: memoryview, offset: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self._file, [content], offset)
        with self._lock:
            os.lseek(self._file, offset, os.SEEK_SET)
            found = os.read(self._file, len(content))
        content[: len(found)] = found
        return len(found)

    def _write(self, content: bytes, offset: int) -> None:
        left = memoryview(content)
        while left:  # a disk that is nearly full takes a part, and only then says that it is full
            done = self._write_some(left, offset)
            left, offset = left[done:], offset + done

    def _write_some(self, content: memoryview, offset: int) -> int:
        if hasattr(os, "pwrite"):
            return os.pwrite(self._file, content, offset)
        with self._lock:
            os.lseek(self._file, offset, os.SEEK_SET)
            return os.write(self._file, content)


def open_rows(
    path: Path, described: Mapping[str, Any], *, count: int, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Rows:
    """The table of that path, made without rows where it is not there. `described`, plain values, is all that decides
    the rows.

    Raises:
        StoreError: where the file is another table, is damaged, or cannot be made.
    """
    header = _header(described, count, shape, dtype)
    with writing(path):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _make(path, header + bytes(_pages(_ENTRY.size * count)))
        file = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    rows = Rows(path, described, count, shape, dtype, file, header)
    if rows._read(len(header), 0) != header:
        raise StoreError(f"{path} is not the table that belongs there: {_DAMAGED}")
    return rows


def read_rows(path: Path) -> Rows:
    """The table in a file, whatever it is of, for reading alone.

    Raises:
        StoreError: where it is none, or its header is damaged.
    """
    try:
        with path.open("rb") as opened:
            said = _said(opened)
        count, shape, dtype = int(said["count"]), tuple(map(int, said["shape"])), np.dtype(str(said["dtype"]))
        described = dict(said["of"])
        header = _header(described, count, shape, dtype)
        if count < 0 or min(shape) < 1 or dtype.kind not in "fiu" or _row_bytes(shape, dtype) > _ROW_LIMIT:
            raise ValueError("there are no such rows")
        if path.stat().st_size < len(header) + _pages(_ENTRY.size * count):
            raise ValueError("it is cut off")
        file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError, struct.error) as error:
        raise StoreError(f"{path} is no table of rows ({error}): {_DAMAGED}") from error
    return Rows(path, described, count, shape, dtype, file, header)


def _said(file: BinaryIO) -> dict[str, Any]:
    """What the header of a file says; raises ValueError or struct.error where it is none."""
    start = file.read(len(_MAGIC))
    length, checksum = _LENGTHS.unpack(file.read(_LENGTHS.size))
    text = file.read(min(length, _TEXT_LIMIT))
    if start != _MAGIC or zlib.crc32(text) != checksum:
        raise ValueError("its header is not as it was written")
    return json.loads(text)


def _header(described: Mapping[str, Any], count: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    said = {"of": described, "count": count, "shape": list(shape), "dtype": dtype.str}
    text = json.dumps(said, sort_keys=True).encode()
    start = _MAGIC + _LENGTHS.pack(len(text), zlib.crc32(text)) + text
    return start.ljust(_pages(len(start)), b"\0")


def _make(path: Path, content: bytes) -> None:
    """Write a new file whole or not at all; of processes that do so at once, one does."""
    draft = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        draft.write_bytes(content)
        try:
            os.link(draft, path)  # unlike a rename this never replaces the file of a process that was faster
        except FileExistsError:
            return
        except OSError:
            draft.replace(path)  # a file system without links: what the other process keeps is made again
    finally:
        draft.unlink(missing_ok=True)


def _row_bytes(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    return math.prod(shape) * dtype.itemsize


def _pages(size: int) -> int:
    return -(-size // _PAGE) * _PAGE
