"""The images of a collection that studies of a few images look at, read once, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.data import Failure, Source, batches
from convscope.errors import ImageError
from convscope.graph import Network
from convscope.methods.inputs import input_of, preprocess_of


@dataclass(frozen=True, eq=False)
class ReadImages:
    """Images of a collection that could be read: numbers and names there, and crops (n, H, W, 3) of their pixels.

    failures: those that could not.
    """

    source: Source
    indices: tuple[int, ...]
    names: tuple[str, ...]
    pixels: NDArray[np.uint8]
    failures: tuple[Failure, ...] = ()

    def inputs(self, net: Network, rows: slice = slice(None)) -> Tensor:
        """The network's input (n, 3, H, W), of some rows."""
        return input_of(net, self.pixels[rows])

    @property
    def remarks(self) -> list[str]:
        """What is said of those that could not be read."""
        return [left_out(failure) for failure in self.failures]

    def __len__(self) -> int:
        return len(self.names)


def read_pictures(net: Network, source: Source, *, indices: Sequence[int] | None = None) -> ReadImages:
    """The images of a collection as the network sees them; those that cannot be read are left out.

    Raises:
        ImageError: where none can be.
    """
    found: list[int] = []
    pixels, failures = [], []
    for part in batches(source, preprocess_of(net), indices=indices):
        failures += part.failures
        found += part.indices.tolist()
        pixels.append(part.images.permute(0, 2, 3, 1).numpy())
    if not found:
        raise none_readable(source)
    names = tuple(source.name(i) for i in found)
    return ReadImages(source, tuple(found), names, np.concatenate(pixels), tuple(failures))


def none_readable(source: Source) -> ImageError:
    """The error to raise where no image of a collection could be read."""
    return ImageError(f"none of the {len(source)} images could be read ({source.describe()})")


def left_out(failure: Failure) -> str:
    """What is said of an image that could not be read."""
    return f"left out {failure.name}: {failure.reason}"


def file_name(index: int, name: str) -> str:
    """A file's name, without an ending, for an image of a collection.

    >>> file_name(3, "cats/my cat.jpeg")
    '00003-cats_my_cat'
    """
    stem, dot, ending = name.rpartition(".")
    stem = stem if dot and len(ending) <= 5 else name
    return f"{index:05}-{re.sub(r'[^A-Za-z0-9_-]+', '_', stem)[-60:]}"


def short_name(name: str) -> str:
    """An image's name for a figure: of a path to a file, the file without its ending.

    >>> short_name("dogs/n02085936.jpg"), short_name("chelsea/y0x0s300")
    ('n02085936', 'chelsea/y0x0s300')
    """
    path = PurePosixPath(name.replace("\\", "/"))
    return path.stem if path.suffix else name


__all__ = ["ReadImages", "file_name", "left_out", "none_readable", "read_pictures", "short_name"]
