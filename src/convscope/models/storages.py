"""The storages that a pickle of torch refers to: their types, their bytes, and the form before torch's release 1.6."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import IO, Any

import torch

from convscope.models.unpickling import Made, Named, Persistent, read_pickle

MOST = 4_000_000  # instructions: a list of a million numbers beside the weights is one's own matter
MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of what torch.save wrote before its release 1.6
SWAPPED = "its numbers are in another order of bytes than this machine's"

_DTYPES: Mapping[str, torch.dtype] = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "UntypedStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64,
    "ComplexDoubleStorage": torch.complex128,
    "QUInt8Storage": torch.uint8,
    "QInt8Storage": torch.int8,
    "QInt32Storage": torch.int32,
}


@dataclass(frozen=True)
class StorageSpan:
    """The numbers of a storage: their type, how many there are, and `read` for bytes from a place on."""

    dtype: torch.dtype
    elements: int
    read: Callable[[int, int], bytearray]


Find = Callable[[Any], StorageSpan]
"""Finds the storage that a pickle refers to; raises UnpicklingError where there is none."""


def storage_key(what: Any) -> tuple[str, torch.dtype, int]:
    """The name, type and length of a storage as a pickle refers to it."""
    if isinstance(what, tuple) and len(what) >= 5 and what[0] in ("storage", b"storage"):
        _, kind, key, _, elements = what[:5]
        dtype = _DTYPES.get(kind.name) if isinstance(kind, Named) and kind.module.startswith("torch") else None
        if dtype is not None and isinstance(key, str | int) and isinstance(elements, int) and elements >= 0:
            return str(key), dtype, elements
    raise UnpicklingError("it refers to a storage in a way that torch.save does not")


def bytes_at(path: Path, start: int, count: int) -> bytearray:
    """So many bytes of a file from a place on; raises EOFError where there are fewer."""
    content = bytearray(count)
    with path.open("rb") as file:
        file.seek(start)
        if file.readinto(content) != count:
            raise EOFError("the file ends before its numbers do")
    return content


def read_old(file: IO[bytes], read: Callable[[int, int], bytearray]) -> tuple[Find, Any]:
    """The storages of a file before release 1.6, and what its pickle holds; the first pickle was read."""
    read_pickle(file)  # the protocol
    system = read_pickle(file)
    if isinstance(system, dict) and system.get("little_endian", True) != (sys.byteorder == "little"):
        raise ValueError(SWAPPED)
    held = read_pickle(file, most=MOST)
    keys = read_pickle(file)
    places: dict[str, tuple[int, int]] = {}
    kinds = _kinds(held)
    for key in keys if isinstance(keys, list) else ():
        elements = int.from_bytes(file.read(8), "little")
        start = file.tell()
        size = elements * kinds.get(str(key), torch.uint8).itemsize
        places[str(key)] = start, size
        if size > file.seek(0, os.SEEK_END) - start:
            raise EOFError("the file ends before its numbers do")
        file.seek(start + size)

    def find(what: Any) -> StorageSpan:
        key, dtype, elements = storage_key(what)
        view = what[5] if len(what) > 5 else None
        begin, size = places[key]
        if isinstance(view, tuple):  # part of the storage
            _, first, elements = view
            begin, size = begin + first * dtype.itemsize, size - first * dtype.itemsize
        if not 0 <= elements * dtype.itemsize <= size:
            raise UnpicklingError(f"its storage {key} is not there")
        return StorageSpan(dtype, elements, lambda start, count: read(begin + start, count))

    return find, held


def _kinds(held: Any) -> dict[str, torch.dtype]:
    """The types of all storages that a pickle refers to, by their names."""
    found: dict[str, torch.dtype] = {}
    for part in _everything(held):
        if isinstance(part, Persistent):
            key, dtype, _ = storage_key(part.what)
            found[key] = dtype
    return found


def _everything(held: Any) -> Iterator[Any]:
    """All parts of what a pickle held, each once."""
    seen: set[int] = set()
    left = [held]
    while left:
        part = left.pop()
        if id(part) in seen or isinstance(part, str | int | float | bytes):
            continue
        seen.add(id(part))
        yield part
        if isinstance(part, dict):
            left += part.values()
        elif isinstance(part, list | tuple):
            left += part
        elif isinstance(part, Made):
            left += [part.arguments, part.state, part.items, part.pairs]


__all__ = ["MAGIC", "MOST", "SWAPPED", "Find", "StorageSpan", "bytes_at", "read_old", "storage_key"]
