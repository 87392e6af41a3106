"""Pages of TIFF files and frames of DICOM files as images of their own: slices of a stack, pictures of a film.

A file without several is one image, of whatever kind it is. A page is named by its file and its number, counted from 1,
as in `stack.tif@3`; it has its file's class. The fingerprint covers the files' and how many pages each has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convscope.data.allowance import USUAL, Allowance
from convscope.data.damage import damage_as
from convscope.data.decoding import Payload
from convscope.data.dicom import count_frames, is_dicom, read_dicom
from convscope.data.sources.base import hash_items
from convscope.data.sources.files import FileSource
from convscope.data.tiff import count_pages, is_tiff, read_page
from convscope.errors import ImageError, SourceError
from convscope.files import kind_of
from convscope.shown import brief

_START = 132
"""Bytes in which a file shows what it is."""
_MOST = 10_000_000
"""Pages of a collection at most: the whole list of them is made."""


@brief
@dataclass(frozen=True, eq=False)
class PageSource:
    """The pages of files. Made by `open_pages`."""

    files: FileSource
    counts: NDArray[np.int64] = field(repr=False)
    """How many pages each file has: one where it is no TIFF and no DICOM file, or cannot be read."""
    kind: str = "pages"
    allowance: Allowance = USUAL

    @cached_property
    def first(self) -> NDArray[np.int64]:
        """The number of each file's first page, and of all pages."""
        return np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the files."""
        return self.files.classes

    def __len__(self) -> int:
        return int(self.first[-1])

    def where(self, index: int) -> tuple[int, int]:
        """The number of the file of a page, and its place in there, from 0."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        file = int(np.searchsorted(self.first, index, side="right")) - 1
        return file, index - int(self.first[file])

    def name(self, index: int) -> str:
        """The file and, where it has several, the page, as `stack.tif@3`."""
        file, page = self.where(index)
        return f"{self.files.name(file)}@{page + 1}" if self.counts[file] > 1 else self.files.name(file)

    def label(self, index: int) -> int:
        """The file's class, or -1."""
        return self.files.label(self.where(index)[0])

    def places(self) -> Iterator[Path]:
        """The files that images are read from."""
        return self.files.places()

    def read(self, index: int) -> Payload:
        """The page's values, or the file where it is one image; raises ImageError where they cannot be read."""
        file, page = self.where(index)
        data = self.allowance.read(self.files.path(file))
        if self.counts[file] == 1:
            return data
        with damage_as("file"):
            if is_tiff(data[:4]):
                return read_page(data, page, self.allowance.pixels)
            return read_dicom(data, 0, self.allowance.pixels, frame=page)

    def fingerprint(self) -> str:
        """SHA-256 over the files' fingerprint and how many pages each has."""
        return hash_items(
            self.kind, (), [], more=[self.files.fingerprint().encode(), self.counts.tobytes(), self.allowance.mark()]
        )

    def describe(self) -> str:
        """One line: how many pages, and of which files."""
        return f"{len(self)} pages of {self.files.describe()}"


def open_pages(files: FileSource) -> PageSource:
    """The pages of the files of a collection, each of which is looked at.

    Raises SourceError where there are too many.
    """
    counts = np.array([_count(files, index) for index in range(len(files))], np.int64)
    if counts.sum() > _MOST:
        raise SourceError(f"{files.describe()}: {counts.sum()} pages are more than {_MOST}")
    return PageSource(files, counts)


def _count(files: FileSource, index: int) -> int:
    path = files.path(index)
    if kind_of(path) != "file":
        return 1
    try:
        with path.open("rb") as stream:
            start = stream.read(_START)
        if not is_tiff(start[:4]) and not is_dicom(start):
            return 1
        data = files.read(index)
        with damage_as("file"):
            if is_tiff(data[:4]):
                return count_pages(data)
            return count_frames(data, files.allowance.pixels)
    except (ImageError, OSError):
        return 1  # which fails when it is read, and is counted there


__all__ = ["PageSource", "open_pages"]
