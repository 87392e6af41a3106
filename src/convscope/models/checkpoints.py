"""What torch.save and pickle.dump write, read as data: tensors by the names of dictionaries, the rest in words.

Nothing of torch's own reading is used: its `weights_only` refuses a file for one NumPy number, date or Namespace beside
the tensors. Here the pickle is followed by a machine that cannot call anything (`convscope.models.unpickling`), and of
what it describes, tensors alone are made (`convscope.models.described`), from the file's bytes
(`convscope.models.storages`).
"""

from __future__ import annotations

import io
import sys
import warnings
import zipfile
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from convscope.errors import WeightsError
from convscope.models.described import Tree
from convscope.models.storages import MAGIC, MOST, SWAPPED, StorageSpan, bytes_at, read_old, storage_key
from convscope.models.stored import Contents
from convscope.models.unpickling import DAMAGE, read_pickle


def read_archive(path: Path) -> Contents:
    """What is in a file of torch.save, as it writes them since release 1.6.

    Raises:
        WeightsError: where it is damaged, out of proportion, or names what a hostile file alone names.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_archive(archive, path)
            members = {member.filename: member for member in archive.infolist()}
            place = min((name for name in members if name.endswith("data.pkl")), key=len)
            root = place.removesuffix("data.pkl")
        order = members.get(f"{root}byteorder")
        if order is not None and _member(path, order).decode() != sys.byteorder:
            raise ValueError(SWAPPED)
        held = read_pickle(io.BytesIO(_member(path, members[place])), most=MOST)

        def find(what: Any) -> StorageSpan:
            key, dtype, elements = storage_key(what)
            member = members.get(f"{root}data/{key}")
            if member is None or member.file_size < elements * dtype.itemsize:
                raise UnpicklingError(f"its storage {key} is not there")
            return StorageSpan(
                dtype, elements, lambda start, count: bytes_at(path, _begin(path, member) + start, count)
            )

        return Tree(find).contents(held, "a checkpoint of torch.save")
    except (*DAMAGE, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise _unreadable(path, error) from error


def _member(path: Path, member: zipfile.ZipInfo) -> bytes:
    """A small member whole; zipfile would refuse one whose checksum was never made."""
    return bytes(bytes_at(path, _begin(path, member), member.file_size))


def _begin(path: Path, member: zipfile.ZipInfo) -> int:
    """Where the bytes of a member that is not compressed begin: after its header, its name and what is beside it."""
    header = bytes_at(path, member.header_offset, 30)
    return member.header_offset + 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")


def _check_archive(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise ValueError for an archive that inflates, BadZipFile for one that is not as it was written.

    torch.save does not compress, so its files are their own bound. It writes checksums that torch.load does not look
    at; without them (torch.serialization.set_crc32_options) they are 0.
    """
    for member in archive.infolist():
        if member.compress_type != zipfile.ZIP_STORED or member.file_size > path.stat().st_size:
            raise ValueError(f"its part {member.filename} is compressed, which torch.save never does")
    if sum(member.file_size for member in archive.infolist()) > path.stat().st_size:
        raise ValueError("its parts say that they have more bytes together than the file")
    for member in archive.infolist():
        if member.CRC:
            with archive.open(member) as file:
                while file.read(1 << 20):
                    pass


def read_pickled(path: Path) -> Contents:
    """What is in a file of pickle.dump, or of torch.save before its release 1.6; raises as `read_archive`."""
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in texts of Python 2
            held = read_pickle(file, most=MOST)
            if held != MAGIC:
                return Tree(_nothing).contents(held, "a pickle")
            return Tree(*read_old(file, lambda start, count: bytes_at(path, start, count))).contents(
                None, "a checkpoint of torch.save, in its form before release 1.6"
            )
    except DAMAGE as error:
        raise _unreadable(path, error) from error


def _nothing(what: Any) -> StorageSpan:
    raise UnpicklingError(f"it refers to a storage beside it ({what!r:.40}), and there is none")


def _unreadable(path: Path, error: BaseException) -> WeightsError:
    first = next((line for line in str(error).splitlines() if line), type(error).__name__)
    if isinstance(error, LookupError):  # whose text is the byte or the number that it looked for
        first = "its bytes are not written as these are"
    return WeightsError(
        f"cannot read '{path}' as a torch checkpoint or a pickle of tensors: {first}; is it a complete file, written "
        "by torch.save or pickle.dump?"
    )


__all__ = ["read_archive", "read_pickled"]
