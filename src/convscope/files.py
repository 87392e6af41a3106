"""Files that are there wholly or not at all."""

import contextlib
import errno
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from convscope.errors import StoreError

_SYNCED_TOGETHER = 16  # files: a disk writes many as fast as one, and waiting takes no processor


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """A context in which failures to write become StoreErrors that name `path` and say what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            reason = "the disk is full: free some space and run the same command again, what is finished is kept"
        else:
            reason = f"{error.strerror or error}: choose a folder that can be written to"
        raise StoreError(f"cannot write {path}: {reason}") from error


def write_with(path: Path, write: Callable[[Path], None], *, durable: bool = False) -> int:
    """The size in bytes of the file at `path` after `write(temporary)` made it and it was moved into place.

    An interruption leaves the old file or none. durable: it is on disk when this returns, and its name is, so that a
    power cut cannot take it back. Raises StoreError where the file cannot be written.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
        try:
            write(temporary)
            size = temporary.stat().st_size
            if durable:
                _sync(temporary)
            temporary.replace(path)
            if durable:
                _sync_names(path.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return size


def write_bytes(path: Path, data: bytes, *, durable: bool = False) -> int:
    """The number of bytes written, all of them or none (see `write_with`, also for `durable`)."""

    def write(temporary: Path) -> None:
        temporary.write_bytes(data)

    return write_with(path, write, durable=durable)


def sync_all(paths: Iterable[Path]) -> None:
    """Bring files, and the names of their folders, to disk: what is written after this finds them there.

    Raises StoreError where one of them is gone.
    """
    files = list(dict.fromkeys(paths))
    with ThreadPoolExecutor(_SYNCED_TOGETHER, thread_name_prefix="convscope-sync") as pool:
        for path, done in [(path, pool.submit(_sync, path)) for path in files]:
            with writing(path):
                done.result()
    for folder in dict.fromkeys(parent for path in files for parent in (path.parent, path.parent.parent)):
        with writing(folder):
            _sync_names(folder)


def _sync_names(folder: Path) -> None:
    if os.name == "posix":  # on Windows folders cannot be opened
        _sync(folder)


def _sync(path: Path) -> None:
    """Bring a file, or the names of a folder's files, to disk."""
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def json_bytes(value: Any) -> bytes:
    """JSON for people and programs: indented, in UTF-8, without NaN.

    >>> json_bytes({"a": 1})
    b'{\\n "a": 1\\n}\\n'
    """
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "surrogatepass")


def write_json(path: Path, value: Any, *, durable: bool = False) -> int:
    """The size of a JSON file as `json_bytes` makes it; `durable` as for `write_bytes`."""
    return write_bytes(path, json_bytes(value), durable=durable)


def remove_leftovers(folder: Path) -> None:
    """Delete the unfinished files that a killed process left in a folder and below."""
    for path in folder.rglob(".*.part"):
        path.unlink(missing_ok=True)
