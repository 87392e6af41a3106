"""Another atlas in the folder of an atlas, so that its page can show both side by side."""

import os
import re
import shutil
from pathlib import Path

from convscope.atlas.reading import Atlas
from convscope.atlas.web import script
from convscope.errors import StoreError, UsageError
from convscope.files import write_bytes, writing

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_SHOWN = ("data", "pictures", "layers", "manifest.json", "atlas.sqlite")


def attach(folder: str | Path, other: str | Path, name: str) -> Path:
    """The folder `atlases/NAME` of an atlas, which holds a copy of `other` for the page to compare with.

    Files are linked where the file system can, so that a copy takes no room. One of the same name is replaced.
    Raises StoreError where one of the two is no finished atlas, or nothing can be written; UsageError for a name with
    other signs than letters, digits, '.', '_' and '-'.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"atlas name '{name}': use letters, digits, '.', '_' and '-', at most 80, as in epoch-10")
    own, added = Atlas.open(folder), Atlas.open(other)
    place = own.path / "atlases" / name
    if added.path.resolve() in (own.path.resolve(), place.resolve()):
        raise StoreError(f"{other} is this very atlas: there is nothing to compare")
    with writing(place):
        if place.exists():
            shutil.rmtree(place)
        for part in _SHOWN:
            if (added.path / part).exists():  # an export of some layers has no tables
                copy_linked(added.path / part, place / part)
    write_list(own.path)
    return place


def copy_linked(source: Path, target: Path) -> None:
    """Copy a file or a folder; files become links to the same content where the file system can do that."""
    files = [path for path in sorted(source.rglob("*")) if path.is_file()] if source.is_dir() else [source]
    for path in files:
        to = target / path.relative_to(source) if source.is_dir() else target
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, to)
        except OSError:  # another file system, or one without links
            shutil.copyfile(path, to)


def write_list(folder: Path) -> int:
    """The size of `data/atlases.js`, which lists the atlases to compare with, after writing it."""
    listed = []
    for path in sorted((folder / "atlases").glob("*/manifest.json")):
        about = Atlas.manifest_of(path.parent)
        listed.append({"name": path.parent.name, "model": about["model"]["name"], "data": about["data"]["description"]})
    return write_bytes(folder / "data" / "atlases.js", script("atlases", listed))


__all__ = ["attach", "copy_linked", "write_list"]
