"""The folder of kept programs: the user's own, one small file a program, whole or not there.

`CONVSCOPE_CACHE` names another folder, or is "off", and then nothing is kept and nothing looked for. A file is taken
only if it is a regular one of this user's that others cannot write to, of a few megabytes at most, and its checksum is
right: anything else is passed over, and replaced by what is traced.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import nn

from convscope.errors import StoreError
from convscope.files import home_expanded, read_regular, write_bytes
from convscope.graph.program import Program
from convscope.models.exported.fields import Refused, parse_json
from convscope.models.kept.describing import described, rebuilt
from convscope.verification import DamagedFile, SoundFile

log = logging.getLogger(__name__)

VARIABLE = "CONVSCOPE_CACHE"
_PROGRAMS = "programs"
_NAME = re.compile(r"[0-9a-f]{64}")
_MOST_BYTES = 4 * 2**20
_MOST_FILES = 256


def folder() -> Path | None:
    """Where programs are kept; None where none are to be, or there is no place for a user's own files."""
    asked = os.environ.get(VARIABLE, "")
    if asked == "off":
        return None
    if asked:
        return home_expanded(asked) / _PROGRAMS
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return Path(base) / "convscope" / _PROGRAMS if base else None
    usual = "~/Library/Caches" if sys.platform == "darwin" else "~/.cache"
    given = os.environ.get("XDG_CACHE_HOME", "")  # relative paths are to be ignored, as its specification says
    base = home_expanded(given if given.startswith("/") else usual)
    return base / "convscope" / _PROGRAMS if base.is_absolute() else None


def recalled(name: str, module: nn.Module) -> Program | None:
    """The program that is kept under a name, with the module's tensors; None where there is none that is right."""
    place = folder()
    if place is None:
        return None
    try:
        return rebuilt(_read(place / f"{name}.json"), module)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, Refused) as error:
        log.info("what is kept of a network is passed over: %s", error)
        return None


def keep(name: str, program: Program, module: nn.Module) -> None:
    """Keep a program under a name, if it can be said without weights; where it cannot be written, it is not."""
    place = folder()
    written = None if place is None else described(program, module)
    if place is None or written is None:
        return
    content = _json(written)
    with contextlib.suppress(StoreError, OSError):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_bytes(place / f"{name}.json", hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        _forget_the_oldest(place)


def verify_programs(place: Path) -> Iterator[SoundFile | DamagedFile]:
    """The programs in a folder that is called as they are kept in; nothing in another."""
    for path in sorted(place.glob("*.json")) if place.name == _PROGRAMS else ():
        if _NAME.fullmatch(path.stem):
            try:
                _read(path)
                yield SoundFile(path.name, "the program of a network that was traced")
            except (OSError, ValueError, Refused) as error:
                yield DamagedFile(path.name, str(error), "nothing: it is traced again when it is next asked for")


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def _read(path: Path) -> Any:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"'{path}' is no regular file")
    if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
        raise ValueError(f"'{path}' is another user's, or others can write to it")
    seal, _, content = read_regular(path, _MOST_BYTES).partition(b"\n")
    if seal != hashlib.sha256(content).hexdigest().encode():
        raise ValueError(f"'{path}' is not as it was written")
    return parse_json(content, f"'{path}'")


def _forget_the_oldest(place: Path) -> None:
    kept = sorted(place.glob("*.json"), key=lambda path: path.stat().st_mtime)
    for path in kept[:-_MOST_FILES]:
        path.unlink(missing_ok=True)


__all__ = ["VARIABLE", "folder", "keep", "recalled", "verify_programs"]
