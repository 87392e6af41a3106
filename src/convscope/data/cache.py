"""Decoded crops kept on disk, so that a collection that is looked at again need not be decoded again.

A cache is two plain files for each pair of a collection and a preprocessing: the uint8 crops one after the other, and a
byte for each that says whether it is there. Crops are written before their byte, so a process that is killed loses at
most what it was writing; several processes may fill one cache at once. The files are sparse until they are filled, and
may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convscope.data.allowance import Allowance, allowance_of
from convscope.data.decoding import Payload
from convscope.data.preprocess import Preprocess
from convscope.data.sources.base import PicklableLock, Source
from convscope.errors import StoreError

Pixels = NDArray[np.uint8]


@dataclass
class CachedSource:
    """A source whose crops are kept in `folder`: the same images, names, labels and fingerprint as of `inner`."""

    inner: Source
    folder: Path
    _lock: PicklableLock = field(default_factory=PicklableLock, repr=False)
    _open: dict[str, tuple[Pixels, Pixels]] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> str:
        """The inner source's kind."""
        return self.inner.kind

    @property
    def classes(self) -> tuple[str, ...]:
        """The inner source's class names."""
        return self.inner.classes

    @property
    def allowance(self) -> Allowance:
        """The inner source's allowance."""
        return allowance_of(self.inner)

    def __len__(self) -> int:
        return len(self.inner)

    def name(self, index: int) -> str:
        """The image's name in the inner source."""
        return self.inner.name(index)

    def label(self, index: int) -> int:
        """The image's class in the inner source."""
        return self.inner.label(index)

    def read(self, index: int) -> Payload:
        """The image itself, which is not cached."""
        return self.inner.read(index)

    def fingerprint(self) -> str:
        """The inner source's fingerprint: a cache changes no result."""
        return self.inner.fingerprint()

    def describe(self) -> str:
        """The inner source's description."""
        return self.inner.describe()

    def crop(self, index: int, preprocess: Preprocess, how: str, make: Callable[[], Pixels]) -> Pixels:
        """The crop (height, width, 3) of an image, from the cache or made and kept; `how` it is decoded is in its key.

        Raises:
            StoreError: if the cache cannot be written. ImageError: if the image cannot be read; that is not kept.
        """
        pixels, present = self._files(preprocess, how)
        if present[index]:
            return pixels[index]
        made = make()
        pixels[index] = made
        present[index] = 1
        return made

    def __getstate__(self) -> dict[str, object]:
        return {"inner": self.inner, "folder": self.folder, "_lock": self._lock, "_open": {}}

    def _files(self, preprocess: Preprocess, how: str) -> tuple[Pixels, Pixels]:
        described = json.dumps({"source": self.fingerprint(), "how": how, **_geometry(preprocess)}, sort_keys=True)
        with self._lock:
            if described not in self._open:
                key = hashlib.sha256(described.encode()).hexdigest()[:24]
                shape = (len(self), preprocess.height, preprocess.width, 3)
                try:
                    self.folder.mkdir(parents=True, exist_ok=True)
                    pixels = _mapped(self.folder / f"{key}.pixels", shape)
                    present = _mapped(self.folder / f"{key}.present", (len(self),))
                except OSError as error:
                    raise StoreError(f"the cache in {self.folder} cannot be written: {error}") from error
                self._open[described] = (pixels, present)
            return self._open[described]


def cached(source: Source, folder: str | os.PathLike[str]) -> CachedSource:
    """The source with its decoded crops kept in `folder` (made if missing), height x width x 3 bytes an image.

    >>> import tempfile
    >>> from convscope.data import Preprocess, batches, open_source
    >>> photos = cached(open_source([np.full((8, 8, 3), 7, np.uint8)]), tempfile.mkdtemp())
    >>> [batch.images[0, 0, 0, 0].item() for _ in range(2) for batch in batches(photos, Preprocess(4, 4))]
    [7, 7]
    """
    return CachedSource(source, Path(folder))


def _geometry(preprocess: Preprocess) -> dict[str, object]:
    """What of a preprocessing decides the crop: normalisation comes after it."""
    described = preprocess.to_json()
    return {name: value for name, value in described.items() if name not in ("scale", "mean", "std")}


def _mapped(path: Path, shape: tuple[int, ...]) -> Pixels:
    """The file as an array that can be written; made full of zeros if it is not there, whole or not at all."""
    size = int(np.prod(shape))
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with draft.open("wb") as file:
            file.truncate(size)
        try:
            os.link(draft, path)  # unlike a rename this never replaces the file of a process that was faster
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if path.stat().st_size != size:
        raise StoreError(f"{path} is {path.stat().st_size} bytes and should be {size}: delete it")
    return np.memmap(path, np.uint8, "r+", shape=shape)
