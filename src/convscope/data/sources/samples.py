"""The embedded sample photos: crops of photos that the wheels of scikit-image and scikit-learn contain.

Nothing is downloaded and neither package is imported: their files are read where they are installed. Of scikit-image's
pictures only those are used whose documentation says that they are CC0, in the public domain, or without known
copyright restrictions, so not moon, page and motorcycle (cell and clock would be free, and are mostly empty).
scikit-learn's two are CC BY 2.0 and need their credit, which `CREDITS` has for every photo.

Each photo gives squares at three or four scales, placed to cover it, every second one mirrored: a small collection in
which units still find several different patches of what they look for. Labels are photos.
"""

import hashlib
import importlib.util
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data.allowance import USUAL, Allowance
from convscope.data.decoding import decode
from convscope.data.formats import open_image
from convscope.data.sources.base import PicklableLock, hash_items
from convscope.errors import ImageError, SourceError, missing_extra
from convscope.shown import brief

_FOLDERS = {"skimage": ("scikit-image", "data"), "sklearn": ("scikit-learn", "datasets/images")}

_PHOTOS = {
    "astronaut": ("skimage", "astronaut.png", "Eileen Collins, NASA, public domain"),
    "brick": ("skimage", "brick.png", "CC0Textures, CC0"),
    "camera": ("skimage", "camera.png", "Lav Varshney, CC0"),
    "chelsea": ("skimage", "chelsea.png", "Stefan van der Walt, CC0"),
    "china": ("sklearn", "china.jpg", "danielbuechele on Flickr, CC BY 2.0"),
    "coffee": ("skimage", "coffee.png", "Rachel Michetti, CC0"),
    "coins": ("skimage", "coins.png", "Brooklyn Museum, no known copyright restrictions"),
    "flower": ("sklearn", "flower.jpg", "vultilion on Flickr, CC BY 2.0"),
    "grass": ("skimage", "grass.png", "CC0"),
    "gravel": ("skimage", "gravel.png", "CC0Textures, CC0"),
    "horse": ("skimage", "horse.png", "Andreas Preuss, CC0"),
    "hubble": ("skimage", "hubble_deep_field.jpg", "NASA, public domain"),
    "ihc": ("skimage", "ihc.png", "CMMI, no known copyright restrictions"),
    "retina": ("skimage", "retina.jpg", "Häggström 2014, WikiJournal of Medicine, CC0"),
    "rocket": ("skimage", "rocket.jpg", "SpaceX, public domain"),
    "text": ("skimage", "text.png", "Wikipedia, public domain"),
}

CREDITS: dict[str, str] = {name: credit for name, (_, _, credit) in _PHOTOS.items()}
"""Who made each photo and under which licence, by the photo's name."""

_SCALES = (1.0, 0.7, 0.5)  # the square's side, for a photo whose short side is 1
_FINE = 0.35
_DETAILED = ("astronaut", "chelsea", "china", "coffee", "flower", "rocket")  # worth a look from near
_SMALLEST = 96
_NEVER_MIRRORED = ("text",)


@dataclass(frozen=True)
class Square:
    """One sample: a square of a photo, in its pixels."""

    photo: int
    top: int
    left: int
    side: int
    mirrored: bool


@brief
@dataclass(frozen=True, eq=False)
class SampleSource:
    """The sample photos. Made by `open_samples`."""

    paths: tuple[Path, ...]
    squares: tuple[Square, ...] = field(repr=False)
    classes: tuple[str, ...] = tuple(_PHOTOS)
    kind: str = "samples"
    allowance: Allowance = USUAL
    _photos: dict[int, NDArray[np.uint8]] = field(default_factory=dict, repr=False)
    _lock: PicklableLock = field(default_factory=PicklableLock, repr=False)

    def __len__(self) -> int:
        return len(self.squares)

    def name(self, index: int) -> str:
        """The photo and the place of the square in it."""
        square = self.squares[index]
        mirrored = "-mirrored" if square.mirrored else ""
        return f"{self.classes[square.photo]}/y{square.top}x{square.left}s{square.side}{mirrored}"

    def label(self, index: int) -> int:
        """The photo's number among `classes`."""
        return self.squares[index].photo

    def read(self, index: int) -> NDArray[np.uint8]:
        """The square (side, side, 3), uint8 RGB."""
        square = self.squares[index]
        photo = self._photo(square.photo)
        crop = photo[square.top : square.top + square.side, square.left : square.left + square.side]
        return (crop[:, ::-1] if square.mirrored else crop).copy()

    def _photo(self, number: int) -> NDArray[np.uint8]:
        """The whole photo, decoded once."""
        with self._lock:
            if number not in self._photos:
                try:
                    self._photos[number] = decode(self.paths[number].read_bytes())
                except OSError as error:
                    raise ImageError(f"the photo {self.paths[number].name} cannot be read: {error.strerror}") from error
            return self._photos[number]

    def fingerprint(self) -> str:
        """SHA-256 over the photos' files and the squares."""
        files = (hashlib.sha256(path.read_bytes()).digest() for path in self.paths)
        items = ((self.name(index), self.label(index), 0) for index in range(len(self)))
        return hash_items(self.kind, self.classes, items, more=[*files, self.allowance.mark()])

    def describe(self) -> str:
        """One line: counts and where the photos come from."""
        return f"{len(self)} samples of {len(self.paths)} photos of scikit-image and scikit-learn"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_photos": {}}


def open_samples() -> SampleSource:
    """The sample photos as a source; raises MissingExtra where scikit-image or scikit-learn is not installed."""
    paths = tuple(_folder(package) / file for package, file, _ in _PHOTOS.values())
    squares: list[Square] = []
    for number, (name, path) in enumerate(zip(_PHOTOS, paths, strict=True)):
        try:
            with open_image(path.read_bytes()) as image:
                scales = (*_SCALES, _FINE) if name in _DETAILED else _SCALES
                mirror = name not in _NEVER_MIRRORED
                squares += _squares(number, (image.height, image.width), scales=scales, mirror=mirror)
        except (OSError, ImageError) as error:
            raise SourceError(f"the sample photo {path} cannot be read: reinstall the package that has it") from error
    return SampleSource(paths, tuple(squares))


def _folder(package: str) -> Path:
    """Where a package's photos lie, without importing it."""
    distribution, inside = _FOLDERS[package]
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise missing_extra(distribution, "demo", purpose="show the sample photos")
    return Path(spec.submodule_search_locations[0]) / inside


def _squares(photo: int, size: tuple[int, int], *, scales: tuple[float, ...], mirror: bool) -> list[Square]:
    """The squares of one photo: at each scale as few as cover it, every second one mirrored; the largest both ways."""
    found: list[Square] = []
    height, width = size
    for scale in scales:
        side = round(scale * min(height, width))
        if side < _SMALLEST:
            continue
        for top in _starts(height, side):
            for left in _starts(width, side):
                found.append(Square(photo, top, left, side, mirror and len(found) % 2 == 1))
                if mirror and scale == scales[0]:
                    found.append(Square(photo, top, left, side, not found[-1].mirrored))
    return found


def _starts(extent: int, side: int) -> list[int]:
    """Where pieces of length `side` begin that cover `extent` evenly.

    >>> _starts(10, 10), _starts(10, 4)
    ([0], [0, 3, 6])
    """
    count = math.ceil(extent / side)
    return [0] if count == 1 else [round(place * (extent - side) / (count - 1)) for place in range(count)]
