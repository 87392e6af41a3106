"""The table of an atlas's files, `inventory.json`: how many bytes each has, and their SHA-256.

The manifest names it with its own size and hash, so that the three hold together. Opening an atlas compares sizes,
which is cheap; `convscope.atlas.verifying` compares everything.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from convscope.atlas.names import inside
from convscope.atlas.published import MOST, is_published
from convscope.atlas.web import script
from convscope.errors import StoreError
from convscope.shown import brief

INVENTORY = "inventory.json"
LISTS = ("data/experiments.js", "data/atlases.js")
"""Files of the page that change when other commands add something: no part of the inventory."""
REMEDY = "run the command that made the atlas again, it makes what is missing; or ask for another copy"
INTERFERED = (
    "something else changed the folder while the atlas was made; run the same command again, with another folder where "
    "this one lost its manifest.json"
)

_RECORD = re.compile(r"layers/\d{2,9}-[A-Za-z0-9._-]{0,80}\.safetensors|atlas\.sqlite")
_HASH = re.compile(r"[0-9a-f]{64}")
_SHOWN = 3

Json = dict[str, Any]


@dataclass(frozen=True)
class Stamp:
    """What a file's content must be: its size in bytes and its SHA-256 in hexadecimal."""

    bytes: int
    sha256: str

    def matches(self, folder: Path, path: str) -> bool:
        """Whether the file in the folder is there and has this content."""
        try:
            found = inside(folder, path)
            return found.stat().st_size == self.bytes and stamp_of(found.read_bytes()) == self
        except (OSError, StoreError):
            return False


Stamps = Mapping[str, Mapping[str, Stamp]]
"""Files by the part of the build that made them: {"layer-00-relu1": {"layers/00-relu1.safetensors": Stamp(...)}}."""


def stamp_of(content: bytes) -> Stamp:
    """The stamp of a content."""
    return Stamp(len(content), hashlib.sha256(content).hexdigest())


def is_recorded(path: str) -> bool:
    """Whether a path is that of a file which belongs into the inventory: made once, and never changed.

    >>> is_recorded("pictures/00-relu1/3.webp"), is_recorded("data/experiments.js"), is_recorded("../x")
    (True, False, False)
    """
    if _RECORD.fullmatch(path):
        return True
    own = path.startswith(("data/", "pictures/")) and is_published(path)
    added = path in LISTS or path.startswith(("data/experiments/", "data/results/"))
    return own and path != "data/manifest.js" and not added


@brief
@dataclass(frozen=True)
class Inventory:
    """The files of an atlas, by the part of the build that made them."""

    parts: Stamps

    @cached_property
    def stamps(self) -> dict[str, Stamp]:
        """All files, by path in order."""
        return dict(sorted((path, stamp) for files in self.parts.values() for path, stamp in files.items()))

    @cached_property
    def content(self) -> bytes:
        """The file's content."""
        return parts_json(self.parts)

    def entry(self) -> Json:
        """What the manifest says of it."""
        stamp = stamp_of(self.content)
        return {"path": INVENTORY, "bytes": stamp.bytes, "sha256": stamp.sha256}

    @classmethod
    def read(cls, folder: Path, manifest: Mapping[str, Any]) -> "Inventory":
        """The inventory that a manifest names.

        Raises StoreError where there is none, or it is not the one that was written.
        """
        named = manifest.get("inventory")
        if not isinstance(named, dict):
            raise StoreError(f"{folder / 'manifest.json'} names no inventory of the atlas's files: {REMEDY}")
        try:
            content = inside(folder, INVENTORY, most=MOST).read_bytes()
        except FileNotFoundError as error:
            raise StoreError(f"{folder / INVENTORY} is missing: {REMEDY}") from error
        stamp = stamp_of(content)
        if (stamp.bytes, stamp.sha256) != (named.get("bytes"), named.get("sha256")):
            raise StoreError(f"{folder / INVENTORY} is not the one that the manifest names: {REMEDY}")
        try:
            found = cls(read_stamps(json.loads(content)))
        except (ValueError, RecursionError) as error:
            raise StoreError(f"{folder / INVENTORY} is no inventory ({error}): {REMEDY}") from error
        for path in found.stamps:
            if not is_recorded(path):
                raise StoreError(f"{folder / INVENTORY} lists {path!r}, which is no file of an atlas: {REMEDY}")
        return found

    def damage(self, folder: Path) -> list[tuple[str, str]]:
        """The files that are missing or have another size, each with what is wrong; no content is read."""
        found = ((path, _wrong(folder, path, stamp.bytes)) for path, stamp in self.stamps.items())
        return [(path, said) for path, said in found if said]


def _wrong(folder: Path, path: str, size: int) -> str:
    try:
        about = os.lstat(folder / path)
        if stat.S_ISLNK(about.st_mode):
            about = inside(folder, path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return "is missing"
    if not stat.S_ISREG(about.st_mode):
        return "is no file"
    return "" if about.st_size == size else f"has {about.st_size} bytes, and {size} were written"


def check_files(folder: Path, manifest: Mapping[str, Any]) -> Inventory:
    """The inventory of an atlas whose files are all there in their sizes.

    Raises StoreError that names the first of those that are not, and says what to do.
    """
    inventory = Inventory.read(folder, manifest)
    found = inventory.damage(folder)
    if not _has(folder, "data/manifest.js", script("manifest", manifest)):
        found.append(("data/manifest.js", "does not say what manifest.json does"))
    if found:
        shown = "; ".join(f"{path} {said}" for path, said in found[:_SHOWN])
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise StoreError(f"the atlas in {folder} is damaged: {shown}{more}: {REMEDY}")
    return inventory


def _has(folder: Path, path: str, content: bytes) -> bool:
    try:
        return inside(folder, path, most=MOST).read_bytes() == content
    except FileNotFoundError:
        return False


def parts_json(parts: Stamps) -> bytes:
    """The parts as JSON, in order, a line for each file."""
    written = []
    for name, files in sorted(parts.items()):
        rows = (f'  {json.dumps(path)}: [{stamp.bytes}, "{stamp.sha256}"]' for path, stamp in sorted(files.items()))
        written.append(f" {json.dumps(name)}: {{\n" + ",\n".join(rows) + "\n }")
    return ("{\n" + ",\n".join(written) + "\n}\n").encode("ascii")


def read_stamps(found: Any) -> Stamps:
    """The parts that `parts_json` wrote; raises ValueError for anything else."""
    if not isinstance(found, dict) or not all(isinstance(files, dict) for files in found.values()):
        raise ValueError("it is no table of files")
    return {name: {path: _stamp(row) for path, row in files.items()} for name, files in found.items()}


def _stamp(row: Any) -> Stamp:
    plain = isinstance(row, list) and len(row) == 2 and type(row[0]) is int and row[0] >= 0
    if not plain or not isinstance(row[1], str) or not _HASH.fullmatch(row[1]):
        raise ValueError("a file has no size and SHA-256")
    return Stamp(row[0], row[1])


__all__ = [
    "INTERFERED",
    "INVENTORY",
    "LISTS",
    "REMEDY",
    "Inventory",
    "Stamps",
    "Stamp",
    "check_files",
    "is_recorded",
    "parts_json",
    "read_stamps",
    "stamp_of",
]
