"""Whether a collection is still what it was when a question was asked: what is told of half of each is told of none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convscope.data.cache import CachedSource
from convscope.data.sources.anonymous import Anonymous
from convscope.data.sources.base import Source
from convscope.data.sources.select import Derived
from convscope.errors import ImageError
from convscope.shown import brief

_WRITTEN, _CHANGED, _NUMBER, _ABOUT = range(4)


@brief
@dataclass(frozen=True, eq=False)
class Moment:
    """A collection as it is at this moment: its fingerprint, and of the files that images are read from when each was
    written and changed.

    Files are looked up again, not read again: a change within a tick of the disk's clock, by who sets that clock back,
    or together with who may read the file is not noticed where it keeps sizes. Of data sets of Python nothing is asked:
    they may give other images each time, on purpose. Nor of what is held in memory.
    """

    source: Source
    fingerprint: str
    files: NDArray[np.int64] = field(repr=False)
    """(n, 4): when it was written, when it was changed, its number on the disk, and whose it is and how it is named."""

    @classmethod
    def of(cls, source: Source, fingerprint: str) -> Moment:
        """The collection now, where its fingerprint is known."""
        return cls(source, fingerprint, _files(source))

    def expect_unchanged(self) -> None:
        """Raise ImageError where the collection is another one now."""
        source = self.source
        if source.kind == "dataset":
            return
        changed = self._changed()
        if changed is not None or source.fingerprint() != self.fingerprint:
            one = f", such as {changed.name}" if changed is not None and not _is_anonymous(source) else ""
            raise ImageError(
                f"the images were changed while they were looked at ({source.describe()}{one}): leave them as they "
                "are, and run again, with another folder for what is kept"
            )

    def _changed(self) -> Path | None:
        """The first file that was written since, or replaced."""
        now = _files(self.source)
        if now.shape != self.files.shape:  # the fingerprint says so, too
            return None
        differs = now != self.files
        # A file that is linked once more, or may be read by others, is the same file.
        only_about = differs[:, _ABOUT] & ~differs[:, _NUMBER]
        rows = np.flatnonzero(differs[:, _WRITTEN] | (differs[:, _CHANGED] & ~only_about))
        return None if not len(rows) else list(_paths(self.source))[int(rows[0])]


def _files(source: Source) -> NDArray[np.int64]:
    return np.array([_state(path) for path in _paths(source)], np.int64).reshape(-1, 4)


def _state(path: Path) -> tuple[int, int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (-1, -1, -1, -1)
    about = hash((found.st_mode, found.st_uid, found.st_gid, found.st_nlink))
    return found.st_mtime_ns, found.st_ctime_ns, _signed(found.st_ino), _signed(about)


def _signed(number: int) -> int:
    """A number in 64 bits, as an array holds it."""
    return int(np.uint64(number % (1 << 64)).astype(np.int64))


def _paths(source: Source) -> Iterable[Path]:
    """The files that images are read from, where the collection is one of files."""
    while isinstance(source, CachedSource | Derived):
        source = source.inner if isinstance(source, CachedSource) else source.source
    places: Callable[[], Iterable[Path]] | None = getattr(source, "places", None)
    return () if places is None else places()


def _is_anonymous(source: Source) -> bool:
    while isinstance(source, CachedSource | Derived):
        if isinstance(source, Anonymous):
            return True
        source = source.inner if isinstance(source, CachedSource) else source.source
    return False


__all__ = ["Moment"]
