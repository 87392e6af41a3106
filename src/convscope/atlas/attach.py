"""Another atlas in the folder of an atlas, so that its page can show both side by side."""

import os
import shutil
from pathlib import Path

from convscope.atlas.names import inside, is_inside, is_name, place
from convscope.atlas.planning import plan_export
from convscope.atlas.reading import Atlas
from convscope.atlas.web import script
from convscope.errors import StoreError, UsageError
from convscope.files import write_bytes, writing


def attach(folder: str | Path, other: str | Path, name: str) -> Path:
    """The folder `atlases/NAME` of an atlas, which holds a copy of `other` for the page to compare with.

    Files are linked where the file system can, so that a copy takes no room; what is there is what an export would
    hold, so that no script of a stranger's comes along. One of the same name is replaced.
    Raises StoreError where one of the two is no finished atlas, or nothing can be written; UsageError for a name with
    other signs than letters, digits, '.', '_' and '-'.
    """
    if not is_name(name):
        raise UsageError(f"atlas name '{name}': use letters, digits, '.', '_' and '-', at most 80, as in epoch-10")
    own, added = Atlas.open(folder), Atlas.open(other)
    beside = place(own.path, f"atlases/{name}")
    if added.path.resolve() in (own.path.resolve(), beside.resolve()):
        raise StoreError(f"{other} is this very atlas: there is nothing to compare")
    made = plan_export(added, page="none")
    with writing(beside):
        if beside.exists():
            shutil.rmtree(beside)
        for path in made.paths():
            if path in made.copied:
                _link(inside(added.path, path), beside / path, made.content(path))
            else:
                write_bytes(beside / path, made.content(path))
    write_list(own.path)
    return beside


def _link(source: Path, target: Path, content: bytes) -> None:
    """Put a file at another place too: as the same file where the file system can do that, as a copy elsewhere."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        write_bytes(target, content)


def write_list(folder: Path) -> int:
    """The size of `data/atlases.js`, which lists the atlases to compare with, after writing it."""
    return write_bytes(folder / "data" / "atlases.js", list_script(folder))


def list_script(folder: Path) -> bytes:
    """The content of `data/atlases.js`, from the atlases that are there."""
    listed = []
    for path in sorted((folder / "atlases").glob("*/manifest.json")):
        if not is_name(path.parent.name) or not is_inside(folder, f"atlases/{path.parent.name}/manifest.json"):
            continue
        about = Atlas.open(path.parent).manifest
        listed.append({"name": path.parent.name, "model": about["model"]["name"], "data": about["data"]["description"]})
    return script("atlases", listed)


__all__ = ["attach", "list_script", "write_list"]
