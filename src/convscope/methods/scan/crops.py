"""Crops of the images that won a place in a scan, kept in memory so that nothing has to read them a second time.

A scan sees every image once and decodes it; its winners are wanted again, to be shown and projected. They are few in
the end, but not while the scan is young: the first images all win. So crops are kept up to a limit, and when that is
reached those whose images have lost their places since are given up. What is not there must be read again.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import UsageError

DEFAULT_MEMORY = 1 << 30
"""Bytes of crops kept at most: about 7,000 of 224 x 224 pixels."""


class Crops:
    """Crops (H, W, C) by image number, at most `memory` bytes of them; safe to use from several threads.

    >>> crops = Crops(memory=2 * 12)
    >>> crops.add(np.array([4, 7]), np.zeros((2, 2, 2, 3), np.uint8))
    >>> crops.get(7).shape, crops.get(5)
    ((2, 2, 3), None)
    >>> crops.add(np.array([9]), np.zeros((1, 2, 2, 3), np.uint8))  # no room
    >>> crops.get(9) is None
    True
    >>> crops.only(np.array([7]))
    >>> len(crops)
    1
    """

    def __init__(self, memory: int = DEFAULT_MEMORY) -> None:
        if memory < 0:
            raise UsageError(f"memory={memory} bytes for crops: give 0 or more")
        self._memory, self._bytes, self._refused = memory, 0, 0
        self._kept: dict[int, NDArray[Any]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """How many bytes are kept."""
        return self._bytes

    @property
    def crowded(self) -> bool:
        """Whether so much was turned away that it is time to look for what can be given up (see `only`)."""
        return self._refused > self._memory // 8

    def add(self, images: NDArray[np.int64], crops: NDArray[Any]) -> None:
        """Keep copies of the crops (n, H, W, C) of images (n,) that are not kept yet, as long as there is room."""
        with self._lock:
            for image, crop in zip(images.tolist(), crops, strict=True):
                if image in self._kept:
                    continue
                if self._bytes + crop.nbytes > self._memory:
                    self._refused += crop.nbytes
                else:
                    self._kept[image] = np.array(crop, order="C")
                    self._bytes += crop.nbytes

    def only(self, images: NDArray[np.integer]) -> None:
        """Give up the crops of all other images."""
        with self._lock:
            wanted = set(np.unique(images).tolist())
            self._kept = {image: crop for image, crop in self._kept.items() if image in wanted}
            self._bytes, self._refused = sum(crop.nbytes for crop in self._kept.values()), 0

    def get(self, image: int) -> NDArray[Any] | None:
        """The crop (H, W, C) of an image, None where it is not kept; not to be changed."""
        return self._kept.get(image)


__all__ = ["DEFAULT_MEMORY", "Crops"]
