"""What is true of images at every position, as numbers: the targets of denoisers, depths, densities.

A file an image, named as it is: `.npy` with (h, w), (c, h, w) or (h, w, c), or a picture in grey whose stored values
count, whatever their type. NaN is a position of which nothing is known. They lie on the network's output as they
are, or on the image, and are then cut as it is, by the nearest pixel.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data import Preprocess
from convscope.data.allowance import USUAL, Allowance
from convscope.data.decoding import stored_values
from convscope.errors import ImageError, UsageError
from convscope.training.truths import Masks

ENDINGS = (".npy", ".png", ".tif", ".tiff", ".bmp")


@dataclass(frozen=True)
class ValueMaps:
    """Numbers at every position of images: files of a folder, or an array (n, h, w) or (n, c, h, w) in their order."""

    files: Masks | None = None
    array: NDArray[np.float64] | None = field(default=None, repr=False)

    @classmethod
    def given(cls, truth: Any, said: str) -> ValueMaps:
        """The maps that were given; raises UsageError for anything else, with what the output was `said` to be."""
        if isinstance(truth, str | PathLike) and Path(truth).is_dir():
            return cls(files=Masks.open(truth, ENDINGS))
        if isinstance(truth, np.ndarray) and truth.ndim in (3, 4) and truth.dtype.kind in "biuf":
            return cls(array=truth.astype(np.float64))
        raise UsageError(
            f"{said}; give their true values as truth=, a folder with a file of numbers for each image (.npy, or a "
            "picture in grey) or an array (n, channels, height, width)"
        )

    def where(self, index: int, name: str) -> Path | int | None:
        """The file of an image, or its number in the array; None where nothing is known of it."""
        if self.array is not None:
            return index if index < len(self.array) else None
        return None if self.files is None else self.files.path(name)

    def read(
        self,
        where: Path | int,
        like: tuple[int, int],
        recipe: Preprocess,
        size: tuple[int, int, int],
        *,
        allowance: Allowance = USUAL,
    ) -> NDArray[np.float64]:
        """The numbers (c, h, w) `size` of an image of `like` pixels.

        Raises:
            ImageError: for a file that holds none, is larger than is allowed, or lies neither on output nor image.
        """
        if isinstance(where, Path):
            told, values = where.name, _stored(where, allowance)
        else:
            told, values = f"truth[{where}]", np.empty(0) if self.array is None else self.array[where]
        channels, height, width = size
        for shape in ((height, width), like):
            for order in (_first(values, channels, shape), _last(values, channels, shape)):
                if order is not None:
                    return order if shape == (height, width) else _cut(order, recipe, (height, width))
        raise ImageError(
            f"{told}: numbers of the shape {values.shape} lie neither on the output, {channels} channels of "
            f"{height}x{width}, nor on the image of {like[0]}x{like[1]}"
        )


def _stored(path: Path, allowance: Allowance) -> NDArray[np.float64]:
    try:
        content = allowance.read(path)
        if path.suffix.lower() == ".npy":
            values = np.load(io.BytesIO(content), allow_pickle=False)
        else:
            values = stored_values(content, max_pixels=allowance.pixels)
    except (ImageError, ValueError, EOFError, OSError, MemoryError, SyntaxError) as error:
        raise ImageError(f"{path.name} cannot be read as numbers: {error}") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf":
        raise ImageError(f"{path.name} holds no numbers, but {getattr(values, 'dtype', type(values).__name__)}")
    return values.astype(np.float64)


def _first(values: NDArray[np.float64], channels: int, shape: tuple[int, int]) -> NDArray[np.float64] | None:
    if values.shape == shape and channels == 1:
        return values[None]
    return values if values.shape == (channels, *shape) else None


def _last(values: NDArray[np.float64], channels: int, shape: tuple[int, int]) -> NDArray[np.float64] | None:
    return values.transpose(2, 0, 1) if values.shape == (*shape, channels) else None


def _cut(values: NDArray[np.float64], recipe: Preprocess, size: tuple[int, int]) -> NDArray[np.float64]:
    """Numbers (c, H, W) that lie on an image, cut as it is: what lies where is found by where rows and columns go."""
    places = Preprocess(
        recipe.height, recipe.width, resize=recipe.resize, interpolation="nearest", mean=(0.0,) * 2, std=(1.0,) * 2,
        range=(0, 1),
    )  # fmt: skip
    whole = np.moveaxis(np.indices(values.shape[1:], np.float32), 0, -1)
    cut = np.rint(places.crop(whole)).astype(np.int64)
    rows, columns = (((np.arange(n) + 0.5) * have / n).astype(int) for n, have in zip(size, cut.shape[:2], strict=True))
    at = cut[rows][:, columns]
    return values[:, at[..., 0], at[..., 1]]


@dataclass
class Sums:
    """What errors of images come to, (images, channels) each: by how much R2 and the mean error are told.

    Numbers are counted from `origin`, the first image's mean, so that squares of large ones keep their digits.
    """

    origin: NDArray[np.float64] | None = None
    rows: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, found: NDArray[np.float64], truth: NDArray[np.float64]) -> None:
        """Count in an image: what was answered and what is true, (c, h, w), NaN where that is not known."""
        known = np.isfinite(truth)
        origin = self.origin
        if origin is None:
            origin = self.origin = np.where(known, truth, 0).sum((1, 2)) / np.maximum(known.sum((1, 2)), 1)
        true = np.where(known, truth - origin[:, None, None], 0)
        error = np.where(known, found - np.where(known, truth, 0), 0)
        parts = (known, np.abs(error), error**2, true, true**2)
        self.rows.append(np.stack([part.sum((1, 2), dtype=np.float64) for part in parts]))

    def columns(self) -> Sequence[NDArray[np.float64]]:
        """Of known positions: how many, and sums of absolute errors, of their squares, of true numbers, of theirs."""
        return tuple(np.stack(self.rows, 1))


__all__ = ["Sums", "ValueMaps"]
