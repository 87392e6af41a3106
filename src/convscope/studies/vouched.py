"""Files that are believed by their content, and not because they exist: a note beside them holds the SHA-256 of each.

A process may be killed, and power may fail, at any moment: a file that was renamed into place can then be empty. So
what goes on from files of a run before asks here whether each is as it was written, and makes it again where not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from convscope.atlas.names import inside, place
from convscope.errors import StoreError
from convscope.files import obstruction, read_sealed_json, write_bytes, write_sealed_json
from convscope.verification import DamagedFile, SoundFile

FORMAT = "convscope files"
AGAIN = "run the same command again, it makes what is missing or damaged anew"
_OFTEN = 100  # files between two writings of the note


class Vouched:
    """Files of a folder that the note `note` in it vouches for; `of` is what they are of: with another, none are."""

    def __init__(self, folder: Path, note: str, of: Any, *, often: int = _OFTEN) -> None:
        self.folder, self._of, self._often = folder, of, often
        self._note, self._new = place(folder, note), 0
        said = _said(self._note)
        self.known: dict[str, str] = said["files"] if said is not None and said.get("of") == of else {}

    @classmethod
    def there(cls, folder: Path, note: str) -> Vouched:
        """Those of a folder, for reading, whatever they are of."""
        said = _said(folder / note)
        return cls(folder, note, None if said is None else said.get("of"))

    def read(self, name: str) -> bytes | None:
        """The content of a file; None where there is none, or it is not as it was written."""
        try:
            content = inside(self.folder, name).read_bytes() if name in self.known else None
        except (OSError, StoreError):
            return None
        return content if content is not None and digest_of(content) == self.known[name] else None

    def put(self, name: str, content: bytes) -> None:
        """Write a file, and vouch for it. Raises StoreError where it cannot be written."""
        write_bytes(place(self.folder, name), content)
        self.known[name] = digest_of(content)
        self._new += 1
        if self._new >= self._often:
            self.close()

    def close(self) -> None:
        """Write the note, where something was put since it was written."""
        if self._new:
            write_sealed_json(self._note, {"format": FORMAT, "of": self._of, "files": dict(sorted(self.known.items()))})
            self._new = 0


def verify_note(folder: Path, name: str) -> Iterator[SoundFile | DamagedFile]:
    """The note of that name in a folder, and every file that it vouches for; nothing where there is none."""
    said, other = _said(folder / name), obstruction(folder / name)
    if said is None:
        if other is not None or (folder / name).is_file():
            yield DamagedFile(name, other or "is not as it was written", f"delete it: {AGAIN}" if other else AGAIN)
        return
    yield SoundFile(name, f"which {len(said['files'])} files are beside it")
    yield from verify_files(folder, said["files"])


def verify_files(folder: Path, digests: Mapping[str, str]) -> Iterator[SoundFile | DamagedFile]:
    """Files of a folder, by name, against their SHA-256."""
    for name, digest in digests.items():
        try:
            whole = digest_of(inside(folder, name).read_bytes()) == digest
        except FileNotFoundError:
            yield DamagedFile(name, "is missing", AGAIN)
        except (OSError, StoreError) as error:
            yield DamagedFile(name, str(error), AGAIN)
        else:
            yield SoundFile(name, "as written") if whole else DamagedFile(name, "is not as it was written", AGAIN)


def _said(note: Path) -> dict[str, Any] | None:
    """What a note says; None where there is none, or it is not as it was written."""
    try:
        said = read_sealed_json(note)
    except (OSError, ValueError):
        return None
    files = said.get("files")
    if said.get("format") != FORMAT or not isinstance(files, dict):
        return None
    return said if all(isinstance(digest, str) for digest in files.values()) else None


def digest_of(content: bytes) -> str:
    """The SHA-256 of a content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


__all__ = ["Vouched", "digest_of", "verify_files", "verify_note"]
