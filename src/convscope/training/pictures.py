"""Training images as pixels: decoded once and kept in memory, or decoded anew each epoch where they do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.data import Failure, Preprocess, Source, batches, load_pixels
from convscope.data.ahead import in_one_piece, made_ahead
from convscope.data.loading import first_reasons
from convscope.errors import ImageError, SourceError, UsageError
from convscope.progress import Progress, silent
from convscope.training.recipe import CropSource

Keep = Literal["auto", "memory", "stream"]
Pixels = NDArray[Any]

RGB = Preprocess(1, 1)
"""What says that images are RGB of 8 bits."""
_PROBED = 64  # images of which one at least must be readable, where all are decoded later
MEMORY = 8 << 30
"""Bytes of pixels that "auto" keeps in memory at most."""


class TrainingImages(Protocol):
    """Numbered (height, width, C) images, of which crops are taken, and their classes."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """The class of each."""
        ...

    def __len__(self) -> int:
        """The number of images."""
        ...

    def read(self, index: int) -> Pixels:
        """An image at the size that crops come from."""
        ...


@dataclass(frozen=True, eq=False)
class InMemory:
    """Pictures that were decoded beforehand."""

    images: Sequence[Pixels] | Pixels
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def read(self, index: int) -> Pixels:
        """The image, a view of what is kept."""
        return self.images[index]


@dataclass(frozen=True, eq=False)
class Streamed:
    """Pictures that are decoded each time; the rows of a source that have a class."""

    source: Source
    side: int
    crop_source: CropSource
    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    like: Preprocess = RGB

    def __len__(self) -> int:
        return len(self.labels)

    def read(self, index: int) -> Pixels:
        """The image, decoded; grey where it cannot be read, so that one bad file does not end a long training."""
        try:
            image = load_pixels(self.source, int(self.rows[index]), self.like)
            return _shrunk(image, self.side, self.crop_source, self.like)
        except ImageError:
            return np.full((self.side, self.side, self.like.channels), 127, self.like.dtype)


def open_pictures(
    source: Source,
    side: int,
    *,
    crop_source: CropSource = "square",
    keep: Keep = "auto",
    threads: int = 2,
    like: Preprocess = RGB,
    progress: Progress = silent,
) -> TrainingImages:
    """The images of a source that have a class, their shortest side `side`: the central square or the whole image.

    `like` says their channels and range. Images that cannot be read are left out where they are decoded beforehand.

    Raises:
        SourceError: if no image has a class, or none can be read.
    """
    labels = np.array([source.label(index) for index in range(len(source))], np.int64)
    rows = np.flatnonzero(labels >= 0)
    if not len(rows):
        raise SourceError(f"training needs classes, and no image has one: {source.describe()}")
    if keep == "auto":
        # Whole images are about a half longer than wide.
        size = len(rows) * side * side * like.channels * like.dtype.itemsize * (3 if crop_source == "whole" else 2) // 2
        keep = "memory" if size <= MEMORY else "stream"
    if keep == "stream":
        _probe(source, rows, like)
        return Streamed(source, side, crop_source, rows, labels[rows], like)
    if crop_source == "square":
        return _decoded_squares(source, side, rows, threads, like, progress)
    return _decoded_whole(source, side, rows, labels[rows], threads, like, progress)


def _probe(source: Source, rows: NDArray[np.int64], like: Preprocess) -> None:
    """Raise SourceError where the first images of a source are of a kind that cannot be read, as by their channels."""
    failures = list[Failure]()
    for row in rows[:_PROBED].tolist():
        try:
            load_pixels(source, row, like)
        except ImageError as error:
            failures.append(Failure(row, source.name(row), str(error)))
        else:
            return
    raise SourceError(f"none of the first {len(failures)} images can be read; {first_reasons(failures)}")


def _square(side: int, like: Preprocess) -> Preprocess:
    """What brings images to a shortest side and takes their central square."""
    return replace(like, height=side, width=side, resize=side, interpolation="bilinear")


def _decoded_squares(
    source: Source, side: int, rows: NDArray[np.int64], threads: int, like: Preprocess, progress: Progress
) -> InMemory:
    images = np.empty((len(rows), side, side, like.channels), like.dtype)
    labels = np.empty(len(rows), np.int64)
    failures = list[Failure]()
    read = seen = 0
    for part in batches(source, _square(side, like), indices=rows, size=64, threads=threads):
        images[read : read + len(part)] = part.images.permute(0, 2, 3, 1).numpy()
        labels[read : read + len(part)] = part.labels
        failures += part.failures
        read, seen = read + len(part), seen + len(part) + len(part.failures)
        progress("decoding", seen, len(rows))
    if not read:
        raise SourceError(f"none of the images can be read: {source.describe()}; {first_reasons(failures)}")
    return InMemory(images[:read], labels[:read])


def _decoded_whole(
    source: Source,
    side: int,
    rows: NDArray[np.int64],
    labels: NDArray[np.int64],
    threads: int,
    like: Preprocess,
    progress: Progress,
) -> InMemory:
    def make(row: int) -> Pixels | Failure:
        try:
            return _shrunk(load_pixels(source, row, like), side, "whole", like)
        except ImageError as error:
            return Failure(row, source.name(row), str(error))

    found: list[tuple[Pixels, int]] = []
    failures = list[Failure]()
    images = made_ahead(rows.tolist(), in_one_piece(make), threads=max(1, threads), ahead=4 * max(1, threads))
    for done, image in enumerate(images, 1):
        if isinstance(image, Failure):
            failures.append(image)
        else:
            found.append((image, int(labels[done - 1])))
        progress("decoding", done, len(rows))
    if not found:
        raise SourceError(f"none of the images can be read: {source.describe()}; {first_reasons(failures)}")
    return InMemory([image for image, _ in found], np.array([label for _, label in found], np.int64))


def _shrunk(image: Pixels, side: int, crop_source: CropSource, like: Preprocess) -> Pixels:
    """The image with its shortest side `side`, and of it the central square where that is asked for."""
    square = _square(side, like)
    if crop_source == "square":
        return square.crop(image)
    place = square.place(image.shape[0], image.shape[1])
    return replace(square, height=place.height, width=place.width, resize=None).crop(image)


def cut(image: Pixels, top: int, left: int, size: int, fill: Pixels) -> Pixels:
    """The (size, size, C) crop that begins at (top, left), which may lie outside; what is beyond the image is `fill`.

    >>> cut(np.full((2, 2, 3), 9, np.uint8), -1, 1, 2, np.zeros(3, np.uint8))[..., 0].tolist()
    [[0, 0], [9, 0]]
    """
    height, width = image.shape[:2]
    if top >= 0 and left >= 0 and top + size <= height and left + size <= width:
        return image[top : top + size, left : left + size]
    out = np.empty((size, size, image.shape[2]), image.dtype)
    out[:] = fill
    y0, x0, y1, x1 = max(top, 0), max(left, 0), min(top + size, height), min(left + size, width)
    if y1 > y0 and x1 > x0:
        out[y0 - top : y1 - top, x0 - left : x1 - left] = image[y0:y1, x0:x1]
    return out


def mean_picture(pictures: TrainingImages, size: int, *, images: int, progress: Progress = silent) -> Tensor:
    """The mean (C, size, size), float32, of the central crops of at most `images` pictures, evenly spread.

    Raises:
        UsageError: where a picture is smaller than the crop.
    """
    chosen = np.unique(np.linspace(0, len(pictures) - 1, min(images, len(pictures))).astype(np.int64))
    total: NDArray[Any] | None = None
    for done, index in enumerate(chosen.tolist(), 1):
        image = pictures.read(index)
        top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
        if top < 0 or left < 0:
            raise UsageError(f"a picture of {image.shape[0]}x{image.shape[1]} has no crop of {size} pixels")
        crop = image[top : top + size, left : left + size]
        exact = crop.astype(np.int64 if crop.dtype == np.uint8 else np.float64)
        total = exact if total is None else total + exact
        if done % 1000 == 0 or done == len(chosen):
            progress("mean image", done, len(chosen))
    if total is None:
        raise UsageError("there are no pictures to take the mean of")
    return torch.from_numpy((total / len(chosen)).astype(np.float32)).permute(2, 0, 1).contiguous()
