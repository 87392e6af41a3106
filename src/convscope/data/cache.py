"""Decoded crops kept on disk, so that a collection that is looked at again need not be decoded again.

A cache is one table of rows for each pair of a collection and a preprocessing: `data.rows` says how it is kept and how
what is damaged is known. A crop that does not hold is decoded again. Several processes may fill one cache at once, and
its files may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.arguments import checked
from convscope.data.allowance import Allowance, allowance_of
from convscope.data.decoding import Payload
from convscope.data.preprocess import Preprocess
from convscope.data.rows import ENDING, Rows, open_rows
from convscope.data.sources.base import PicklableLock, Source
from convscope.shown import brief

Pixels = NDArray[Any]


@brief
@dataclass
class CachedSource:
    """A source whose crops are kept in `folder`: the same images, names, labels and fingerprint as of `inner`."""

    inner: Source
    folder: Path
    _lock: PicklableLock = field(default_factory=PicklableLock, repr=False)
    _open: dict[tuple[str, str], Rows] = field(default_factory=dict, repr=False)

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
        """The crop (height, width, C) of an image, from the cache or made and kept; `how` it is decoded is in its key.

        Raises:
            StoreError: if the cache cannot be written. ImageError: if the image cannot be read; that is not kept.
        """
        kept = self._rows(preprocess, how)
        found = kept.get(index)
        if found is None:
            found = make()
            kept.put(index, found)
        return found

    def __getstate__(self) -> dict[str, object]:
        return {"inner": self.inner, "folder": self.folder, "_lock": self._lock, "_open": {}}

    def _rows(self, preprocess: Preprocess, how: str) -> Rows:
        asked = (repr(preprocess), how)
        with self._lock:
            if asked not in self._open:  # once: for some collections the fingerprint takes as long as decoding
                self._open[asked] = self._opened(preprocess, how)
            return self._open[asked]

    def _opened(self, preprocess: Preprocess, how: str) -> Rows:
        described = {"source": self.fingerprint(), "how": how, **_geometry(preprocess)}
        key = hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:24]
        return open_rows(
            self.folder / f"{key}{ENDING}",
            {"crops": described},
            count=len(self),
            shape=(preprocess.height, preprocess.width, preprocess.channels),
            dtype=np.dtype(preprocess.dtype),
        )


@checked
def cached(source: Source, folder: str | os.PathLike[str]) -> Source:
    """The source with its decoded crops kept in `folder` (made if missing), height x width x 3 bytes an image of RGB.

    Raises:
        StoreError: where the folder cannot be written, once crops are made.

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
    found = {name: value for name, value in described.items() if name not in ("scale", "mean", "std", "bands")}
    if preprocess.channels != 3:
        found["channels"] = preprocess.channels
    if preprocess.range is not None or preprocess.channels != 3:
        found["fill"] = preprocess.mean_colour.tolist()  # where an image holds no data
    return found
