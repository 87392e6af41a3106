"""Names that are files: how ours are made, and what every name that was read from a file must pass to become a path.

An atlas may come from a stranger. Whatever its manifest, tables and lists call a layer, an experiment or a figure goes
through this module before a path is made of it, and every file is looked up by `inside`, which no name, link or device
leads out of the folder.
"""

import re
import stat
from pathlib import Path
from typing import Any

from convscope.errors import StoreError

_LONGEST = 80
_ID = re.compile(rf"\d{{2,9}}-[A-Za-z0-9._-]{{0,{_LONGEST}}}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def layer_id(index: int, name: str) -> str:
    """The name of a layer in paths and addresses of data: its number among the atlas's layers, then its name.

    The number makes it unique where names differ in case only or in characters that files cannot have, and keeps it
    from being a name that some system reserves.

    >>> layer_id(3, "features.8"), layer_id(12, "block/relu#2")
    ('03-features.8', '12-block_relu_2')
    """
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:_LONGEST].rstrip(".")
    return f"{index:02d}-{safe}"


def is_layer_id(text: Any) -> bool:
    """Whether `text` is a name that `layer_id` could have made.

    >>> is_layer_id("03-features.8"), is_layer_id("../../../evil"), is_layer_id(3)
    (True, False, False)
    """
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def is_name(text: Any) -> bool:
    """Whether `text` may name an experiment, a figure or an atlas beside another: one plain part of a path.

    >>> is_name("epoch-10"), is_name(".."), is_name("a/b"), is_name("a\\0")
    (True, False, False, False)
    """
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def inside(folder: Path, relative: str, *, most: int | None = None) -> Path:
    """The path of a regular file in a folder, links in it resolved; `most`: bytes that it may have.

    Raises FileNotFoundError where there is none. StoreError where `relative` or a link leads out of the folder, or it
    is something else, such as a pipe or a device, or too large.
    """
    root = folder.resolve()
    try:
        found = (root / relative).resolve(strict=True)
        about = found.stat()
    except FileNotFoundError:
        raise
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name that no system takes
        raise StoreError(f"'{relative}' in {folder} cannot be looked up ({error}): name another file") from error
    if not found.is_relative_to(root):
        raise StoreError(
            f"{folder / relative} leads out of the folder: only files within an atlas are read; put a copy there"
        )
    if not stat.S_ISREG(about.st_mode):
        raise StoreError(f"{folder / relative} is no regular file: delete it, or make the atlas again")
    if most is not None and about.st_size > most:
        raise StoreError(
            f"{folder / relative} has {about.st_size} bytes, and {most} at most are read: is it one of ours?"
        )
    return found


def place(folder: Path, relative: str) -> Path:
    """The path in a folder where something may be written; it need not be there.

    Raises StoreError where a link on the way leads out of the folder.
    """
    path = folder / relative
    if not path.resolve().is_relative_to(folder.resolve()):
        raise StoreError(f"{path} leads out of the folder {folder}: remove the link, nothing is written through it")
    return path


def is_inside(folder: Path, relative: str) -> bool:
    """Whether `inside` finds such a file; one that leads out is an error here too."""
    try:
        inside(folder, relative)
    except FileNotFoundError:
        return False
    return True


__all__ = ["inside", "is_inside", "is_layer_id", "is_name", "layer_id", "place"]
