"""Files that are there wholly or not at all."""

import codecs
import contextlib
import errno
import hashlib
import json
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

from convscope.errors import StoreError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_SYNCED_TOGETHER = 16  # files: a disk writes many as fast as one, and waiting takes no processor
_SEAL = "sha256"
PathKind = Literal["file", "folder", "other", "nothing"]


def kind_of(path: str | os.PathLike[str]) -> PathKind:
    """What is at a path, links followed; "other" is a device, a pipe or a socket, which may never end or never begin.

    Unlike `Path.exists` and its kin it has an answer for every text: what cannot be the name of a file (too long, or
    with a zero byte) names nothing.

    >>> kind_of("."), kind_of("x" * 300), kind_of("zero\\0byte")
    ('folder', 'nothing', 'nothing')
    """
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return "nothing"
    return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "other"


def obstruction(path: str | os.PathLike[str]) -> str | None:
    """What is wrong with what is at a path where a file belongs; None where it is a file, or nothing at all.

    >>> obstruction("."), obstruction("nothing of this name")
    ('is a folder, and no file', None)
    """
    found = kind_of(path)
    if found == "nothing" and Path(path).is_symlink():
        return "is a link that leads to nothing"
    return {"folder": "is a folder, and no file", "other": "is a device, a pipe or a socket, and no file"}.get(found)


def check_name(path: str | os.PathLike[str]) -> None:
    """Nothing where a file could have this name; raises StoreError for one that is too long or has a zero byte."""
    try:
        Path(path).lstat()
    except (OSError, ValueError) as error:
        if names_nothing(error):
            raise StoreError(f"no file can have the name {str(path)[:40]!r}: choose another") from error


def home_expanded(path: str | os.PathLike[str]) -> Path:
    """The path with the home folder for a leading ~; as it is where there is no such user.

    >>> home_expanded("~nobody-of-this-name/x").as_posix()
    '~nobody-of-this-name/x'
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def link_to_nothing(path: str | os.PathLike[str]) -> str:
    """What a link at a path leads to, where there is nothing; "" for anything else, and for no link."""
    try:
        return os.readlink(path) if kind_of(path) == "nothing" else ""  # noqa: PTH115 (of a text or a path)
    except (OSError, ValueError):
        return ""


def text_of(content: bytes) -> str:
    """The text in the bytes of a file: UTF-8, or UTF-16 as spreadsheets write it, with or without a mark.

    Raises UnicodeDecodeError, a ValueError, for anything else.

    >>> text_of("file,label".encode("utf-16")), text_of("file,label".encode("utf-16-be"))
    ('file,label', 'file,label')
    """
    if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return content.decode("utf-16")
    # No text holds a zero, and the first letter of a table or a list has one of its two bytes so.
    order = {(False, True): "utf-16-le", (True, False): "utf-16-be"}
    zeros = content[:1] == b"\0", content[1:2] == b"\0"
    return content.decode(order.get(zeros, "utf-8-sig"))


def read_regular(path: str | os.PathLike[str], most: int) -> bytes:
    """The bytes of a regular file, links followed, of at most `most` bytes.

    A pipe would have to be waited for and /dev/zero never ends: such things are not opened. Raises OSError where the
    file cannot be read, and ValueError, which says why, where it is no regular file or has more bytes.
    """
    if kind_of(path) == "other":  # before it is opened: opening some devices does something
        raise ValueError("it is no regular file but a device, a pipe or a socket")
    with open(path, "rb", opener=_open_without_waiting) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is no regular file but a device, a pipe or a socket")
        if status.st_size > most:
            raise ValueError(f"it has {status.st_size} bytes, more than the limit of {most}")
        # Not to its end: files of /proc go on after the size that they have.
        return file.read(status.st_size)


def read_whole(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a regular file of any size; raises as `read_regular`."""
    return read_regular(path, sys.maxsize)


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


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
    except ValueError as error:
        if not names_nothing(error):
            raise
        raise StoreError(f"cannot write {str(path)!r}: no file can have such a name ({error})") from error


def names_nothing(error: BaseException) -> bool:
    """Whether `error` is how Python refuses a path that no file can have: with a zero byte, or too long.

    >>> names_nothing(ValueError("embedded null byte")), names_nothing(ValueError("a bug"))
    (True, False)
    """
    if isinstance(error, OSError):
        return error.errno == errno.ENAMETOOLONG
    return isinstance(error, ValueError) and "embedded null" in str(error)


def disk_full(error: BaseException) -> bool:
    """Whether `error` is one of the ways in which Python, SQLite and safetensors say that the disk is full.

    >>> disk_full(OSError(errno.ENOSPC, "No space left on device")), disk_full(OSError(errno.EACCES, "denied"))
    (True, False)
    """
    if isinstance(error, OSError):
        return error.errno in _FULL
    said = {"OperationalError": "disk is full", "SafetensorError": "No space left"}.get(type(error).__name__)
    return said is not None and said in str(error)


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


def write_sealed_json(path: Path, value: Mapping[str, Any]) -> int:
    """The size of a JSON file as `write_json` writes it, with a SHA-256 over the rest under `sha256`."""
    return write_bytes(path, sealed_json(value))


def sealed_json(value: Mapping[str, Any]) -> bytes:
    """The bytes that `write_sealed_json` writes."""
    return json_bytes({**value, _SEAL: _digest(value)})


def read_sealed_json(path: Path, *, unsealed: Literal["refuse", "allow"] = "refuse") -> dict[str, Any]:
    """What `write_sealed_json` wrote, without the checksum; "allow" takes files that were written without one.

    Raises:
        OSError: where it cannot be read. ValueError: where it is no JSON object, or not as it was written.
    """
    found = parse_json(read_whole(path))
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    seal = found.pop(_SEAL, None)
    if seal is None and unsealed == "refuse":
        raise ValueError("it has no checksum")
    if seal is not None and seal != _digest(found):
        raise ValueError("its content is not what its checksum says")
    return found


def _digest(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: where it is none, also where it is nested too deeply, which `json` itself says otherwise.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def has_format(manifest: Path, name: str) -> bool:
    """Whether a file is a manifest that says it is of this format; damaged ones say nothing."""
    try:
        found = parse_json(read_whole(manifest))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("format") == name


def remove_leftovers(folder: Path) -> None:
    """Delete the unfinished files that a killed process left in a folder and below."""
    for path in folder.rglob(".*.part"):
        path.unlink(missing_ok=True)
