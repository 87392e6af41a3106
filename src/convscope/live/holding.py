"""What is held for the pages that are open: their photos, what was found of them, and what the network made of them.

All of it is bounded, in number and in bytes. It may be asked from any thread.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from convscope.errors import UsageError
from convscope.graph import Unit
from convscope.live.looking import Base
from convscope.live.photos import Moved, Photo

TABS = 8
"""Pages that are open at once: who comes after the last has the photos of the first forgotten."""
_PHOTOS = 3  # of a page: the one that is shown, and those before it
_BASES = 4  # each photo as it is, and with what is silenced
_BYTES = 1 << 30  # of what networks made of photos

KnownImages = tuple[str, Moved, frozenset[int], tuple[Unit, ...]]
"""Of which photo, cropped where, which values, and with which units silenced: what a network made of it."""


@dataclass(frozen=True, eq=False)
class Glance:
    """What was found of a photo, to compare the next with: scores (channels,), and units' largest by layer."""

    photo: str
    name: str
    scores: NDArray[np.float64] | None
    largest: dict[str, NDArray[np.float64]]


@dataclass(eq=False)
class Tab:
    """A page that is open: its photos by their keys, and what was found of the last two."""

    photos: OrderedDict[str, Photo] = field(default_factory=OrderedDict)
    now: Glance | None = None
    before: Glance | None = None


class Holdings:
    """Photos by page and key, and what networks made of the last of them."""

    def __init__(self) -> None:
        self._tabs: OrderedDict[str, Tab] = OrderedDict()
        self._bases: OrderedDict[KnownImages, Base] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._tabs)

    def put(self, tab: str, photo: Photo) -> str:
        """Hold a photo for a page: its key."""
        key = secrets.token_hex(8)
        with self._lock:
            held = self._tab(tab).photos
            held[key] = photo
            while len(held) > _PHOTOS:
                held.popitem(last=False)
        return key

    def photo(self, tab: str, key: str) -> tuple[Tab, str, Photo]:
        """The page, and the photo of a key. Raises UsageError where it is not held any more."""
        with self._lock:
            held = self._tab(tab)
            photo = held.photos.get(key)
        if photo is None:
            raise UsageError("this photo is not held any more: choose it again")
        return held, key, photo

    def base(self, known: KnownImages, make: Callable[[], Base]) -> Base:
        """What a network made of a photo: what is held, or is made now and held."""
        with self._lock:
            found = self._bases.pop(known, None)
        found = found or make()
        with self._lock:
            self._bases[known] = found
            while len(self._bases) > _BASES or (
                len(self._bases) > 1 and sum(one.bytes for one in self._bases.values()) > _BYTES
            ):
                self._bases.popitem(last=False)
        return found

    def forget(self, tab: str) -> None:
        """Let go of a page, its photos, and what was made of them."""
        with self._lock:
            held = self._tabs.pop(tab, None)
            gone = set() if held is None else set(held.photos)
            for known in [one for one in self._bases if one[0] in gone]:
                del self._bases[known]

    def _tab(self, name: str) -> Tab:
        found = self._tabs.setdefault(name, Tab())
        self._tabs.move_to_end(name)
        while len(self._tabs) > TABS:
            self._tabs.popitem(last=False)
        return found


__all__ = ["TABS", "Glance", "Holdings", "Tab"]
