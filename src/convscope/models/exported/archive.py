"""The entries of a .pt2 file: a zip archive, read within bounds and never unpacked to disk."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

from convscope.models.exported.fields import Refused, parse_json, shown

RELEASES = "torch 2.9 to 2.13"
"""The releases whose files are read: they write archives of version 0 with programs of version 8.14 to 8.20."""

_MOST_ENTRIES = 100_000
_LARGEST_JSON = 256 * 2**20
_OLD_LAYOUT = {"serialized_exported_program.json", "serialized_state_dict.json", "serialized_state_dict.pt"}
_LIBRARIES = (".so", ".cubin", ".dll", ".dylib")
_ENCRYPTED = 0x1


class Archive:
    """The entries of one .pt2 file, by their names within it; names are looked up and never become paths."""

    def __init__(self, path: Path) -> None:
        """Raises Refused for a file that is no archive, or one of another layout than torch.export.save's."""
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, struct.error, ValueError, EOFError, NotImplementedError) as error:
            raise Refused(f"it is no zip archive: {error}") from error
        try:
            self._entries = _entries(self._zip.infolist(), path.stat().st_size)
            self._check_kind()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def size(self, name: str) -> int:
        """The number of bytes of an entry."""
        return self._entry(name).file_size

    def read(self, name: str) -> bytes:
        """The bytes of an entry, checked against its checksum."""
        try:
            return self._zip.read(self._entry(name))
        except (zipfile.BadZipFile, EOFError, zlib.error, RuntimeError, struct.error) as error:
            raise Refused(f"its entry {shown(name)} is damaged: {error}") from error

    def json(self, name: str) -> Any:
        """What an entry holds as JSON."""
        if self.size(name) > _LARGEST_JSON:
            raise Refused(f"its entry {shown(name)} is larger than {_LARGEST_JSON // 2**20} MiB")
        return parse_json(self.read(name), name)

    def _entry(self, name: str) -> zipfile.ZipInfo:
        if name not in self._entries:
            raise Refused(f"it has no entry {shown(name)}")
        return self._entries[name]

    def _check_kind(self) -> None:
        if library := next((name for name in self._entries if name.endswith(_LIBRARIES)), None):
            raise Refused(f"it contains a compiled library ({shown(library)}), which would be run")
        for name, wanted in (("archive_format", b"pt2"), ("archive_version", b"0"), ("byteorder", b"little")):
            if name not in self and name == "byteorder":
                continue  # written by torch's archive writer, and not by every tool that copies archives
            if self.size(name) > 64 or self.read(name).strip() != wanted:
                raise Refused(f"its {name} is not {wanted.decode()}, which {RELEASES} write")


def _entries(found: list[zipfile.ZipInfo], size: int) -> dict[str, zipfile.ZipInfo]:
    """The entries by their names without the archive's own folder, which all of them must share."""
    if len(found) > _MOST_ENTRIES:
        raise Refused(f"it has {len(found):,} entries, more than {_MOST_ENTRIES:,}")
    names = {info.filename for info in found}
    if names & _OLD_LAYOUT:
        raise Refused("it has the layout of torch releases older than 2.9, which holds its weights as pickles")
    entries: dict[str, zipfile.ZipInfo] = {}
    for info in found:
        root, _, name = info.filename.partition("/")
        if root != found[0].filename.partition("/")[0] or not name:
            raise Refused(f"its entry {shown(info.filename)} stands outside the archive's folder")
        if name in entries:
            raise Refused(f"it has two entries {shown(name)}")
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & _ENCRYPTED:
            raise Refused(f"its entry {shown(name)} is compressed or encrypted, which torch never does")
        entries[name] = info
    if sum(info.file_size for info in found) > size:
        raise Refused("its entries claim more bytes than the file has")
    return entries
