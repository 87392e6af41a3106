"""Arrays of `.npz` files, which are ZIP archives of `.npy` files, in memory that the file's own size bounds.

NumPy believes what such a file says of itself: it makes room for the shape in a header before it looks for the numbers,
and inflates for as long as there is something to inflate. Here a header must fit its member to the byte before there is
room for it, and what is compressed may grow to `MAX_INFLATED` bytes in all. Nothing is unpickled.
"""

import math
import struct
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from convscope.files import kind_of

MAX_INFLATED = 4 << 30
"""Bytes that the compressed arrays of a file may come to, by default; arrays that are not compressed have no bound, as
the file is as large as they are."""

MAGIC = b"\x93NUMPY"
"""How an .npy file begins."""
_PIECE = 1 << 20
# Encrypted members, methods of compression that are not there, headers that are no Python.
_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    RuntimeError,
    MemoryError,
    ArithmeticError,
    SyntaxError,
    RecursionError,
    tokenize.TokenError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


def read_npz(path: Path, *, max_inflated: int = MAX_INFLATED) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file by name, in the file's order.

    Raises ValueError, saying why, where it is no such file, is damaged, holds Python objects, or is out of proportion.
    """
    if kind_of(path) == "other":
        raise ValueError("it is no regular file but a device, a pipe or a socket")
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) == MAGIC:
                raise ValueError("it is a single array, not an .npz pack")
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
                _check_proportion(members, path.stat().st_size, max_inflated)
                return {one.filename.removesuffix(".npy"): _member(archive, one) for one in members}
    except zipfile.BadZipFile as error:
        raise ValueError(f"it is no complete ZIP archive ({error})") from error
    except _DAMAGE as error:
        raise ValueError(_said(error)) from error


def _said(error: BaseException) -> str:
    """What is wrong, in NumPy's words: the first line of them, as its advice would have objects unpickled."""
    return str(error).partition("\n")[0].partition(" at 0x")[0] or type(error).__name__


def _check_proportion(members: list[zipfile.ZipInfo], size: int, max_inflated: int) -> None:
    # zipfile inflates a member no further than its entry says.
    names = {one.filename for one in members}
    if len(names) < len(members):
        raise ValueError(f"{len(members)} members have {len(names)} names")
    stored = sum(one.file_size for one in members if one.compress_type == zipfile.ZIP_STORED)
    if stored > size:
        raise ValueError(f"its members say that they have {stored} bytes together, and the file has {size}")
    inflated = sum(one.file_size for one in members if one.compress_type != zipfile.ZIP_STORED)
    if inflated > max_inflated:
        raise ValueError(
            f"its compressed arrays inflate to {inflated} bytes, more than the limit of {max_inflated}: write it "
            "without compression, as numpy.savez does"
        )


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    """One array; raises ValueError where its header does not say what its member has."""
    with archive.open(member) as stream:
        return _array(stream, member.file_size, member.filename)


def read_npy(stream: IO[bytes], size: int, name: str = "the array") -> NDArray[Any]:
    """The array of an .npy file of so many bytes.

    Raises ValueError, saying why, where it is no such file, is damaged, or holds Python objects.
    """
    try:
        return _array(stream, size, name)
    except _DAMAGE as error:
        raise ValueError(_said(error)) from error


def mapped_npy(path: Path) -> NDArray[Any]:
    """The array of an .npy file, read from the disk where it is looked at; not to be written to.

    Raises ValueError, saying why, as `read_npy` does.
    """
    if kind_of(path) != "file":
        raise ValueError("it is no regular file but a device, a pipe or a socket")
    try:
        with path.open("rb") as stream:
            shape, columns_first, dtype = _checked_header(stream, path.stat().st_size, path.name)
            offset = stream.tell()
        return np.memmap(path, dtype, "r", offset, shape, "F" if columns_first else "C")
    except _DAMAGE as error:
        raise ValueError(_said(error)) from error


def _array(stream: IO[bytes], size: int, name: str) -> NDArray[Any]:
    shape, columns_first, dtype = _checked_header(stream, size, name)
    array = np.empty(math.prod(shape), dtype)
    _fill(array, stream, name)
    return array.reshape(shape, order="F" if columns_first else "C")


def _checked_header(stream: IO[bytes], size: int, name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    shape, columns_first, dtype = _header(stream, name)
    room = size - stream.tell()
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != room:
        raise ValueError(f"{name} says that it holds {dtype} {shape}, and has {room} bytes")
    return shape, columns_first, dtype


def _header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    form = np.lib.format
    readers = {(1, 0): form.read_array_header_1_0, (2, 0): form.read_array_header_2_0}
    version = form.read_magic(stream)
    if version not in readers:
        raise ValueError(f"{name} is of version {version[0]}.{version[1]} of the .npy format: 1.0 and 2.0 are read")
    shape, columns_first, dtype = readers[version](stream)
    if dtype.hasobject:
        raise ValueError(f"{name} holds Python objects, and reading them could run code")
    if not dtype.itemsize:
        raise ValueError(f"{name} holds values of no bytes, of which there may be any number")
    return shape, columns_first, dtype


def _fill(array: NDArray[Any], stream: IO[bytes], name: str) -> None:
    """Bring the rest of the member into the array, piece by piece."""
    if array.nbytes:
        room = array.view(np.uint8).data
        while len(room):
            piece = stream.read(min(len(room), _PIECE))
            if not piece:
                raise ValueError(f"{name} ends {len(room)} bytes before it should")
            room[: len(piece)] = piece
            room = room[len(piece) :]
    stream.read(1)  # the end, where the checksum is compared
