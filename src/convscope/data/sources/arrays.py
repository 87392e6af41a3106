"""Images in arrays: an `.npy` file, or an `.npz` file with arrays of images and labels, as of MNIST and MedMNIST.

An array is (n, H, W), (n, H, W, C) or (n, C, H, W), of any type of number. An `.npy` file is not read into memory:
images are looked at on the disk. The fingerprint covers shapes, types and labels, and the values of an `.npz` file, or
the values of 64 images spread over an `.npy` file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data.allowance import USUAL, Allowance
from convscope.data.npz import mapped_npy, read_npz
from convscope.errors import ImageError, SourceError, nearest
from convscope.shown import brief

NamedArrays = Mapping[str, NDArray[Any]]
SPLITS = ("train", "val", "test")
_SAMPLED = 64
_MOST_CLASSES = 100_000
_IMAGES = ("images", "x", "X", "data", "arr_0")
_LABELS = ("labels", "y", "Y", "targets", "target", "label", "arr_1")
_OF_SPLIT = (
    ("x_{}", "y_{}"),
    ("X_{}", "y_{}"),
    ("{}_images", "{}_labels"),
    ("{}_x", "{}_y"),
    ("images_{}", "labels_{}"),
)


@brief
@dataclass(frozen=True, eq=False)
class ArraySource:
    """Images of arrays, one after the other. Made by `open_arrays` and `open_npz_arrays`."""

    path: Path
    spec: str | None
    parts: tuple[tuple[str, NDArray[Any]], ...] = field(repr=False)  # by the names of their splits
    labels: NDArray[np.int64] = field(repr=False)
    digest: str
    kind: str
    note: str = ""
    allowance: Allowance = USUAL

    @property
    def classes(self) -> tuple[str, ...]:
        """The numbers of the classes, as the file has no names."""
        return tuple(str(number) for number in range(int(self.labels.max(initial=-1)) + 1))

    def __len__(self) -> int:
        return len(self.labels)

    def _at(self, index: int) -> tuple[str, NDArray[Any], int]:
        if not 0 <= index < len(self):
            raise IndexError(index)
        for name, images in self.parts:
            if index < len(images):
                return name, images, index
            index -= len(images)
        raise IndexError(index)

    def name(self, index: int) -> str:
        """The image's number, after the name of its split where there are several."""
        name, _, row = self._at(index)
        return f"{name}/{row}" if name else str(row)

    def label(self, index: int) -> int:
        """The class, or -1 where there are no labels."""
        return int(self.labels[index])

    def places(self) -> list[Path]:
        """The file that images are read from: the arrays of a pack are in memory."""
        return [self.path] if self.kind == "npy" else []

    def read(self, index: int) -> NDArray[Any]:
        """The values of an image; raises ImageError where they are too many bytes."""
        _, images, row = self._at(index)
        self.allowance.admit(images[row].nbytes)
        try:
            return np.array(images[row])
        except OSError as error:
            raise ImageError(f"the array cannot be read: {error}") from error

    def fingerprint(self) -> str:
        """SHA-256 over shapes, types, labels and values; see the module."""
        said = f"{self.kind}\0{self.spec}\0{self.digest}".encode()
        return hashlib.sha256(said + self.labels.tobytes() + self.allowance.mark()).hexdigest()

    def describe(self) -> str:
        """One line: counts, file, split, and what was left out."""
        split = f", split {self.spec}" if self.spec and self.kind == "npz" else ""
        classes = f", {len(self.classes)} classes" if len(self.classes) else ""
        return f"{len(self)} images in {self.path}{split}{classes}{self.note}"

    def __reduce__(self) -> tuple[object, ...]:
        return _open_again, (self.kind, self.path, self.spec, self.allowance)


def _open_again(kind: str, path: Path, spec: str | None, allowance: Allowance) -> ArraySource:
    made = open_arrays(path, spec) if kind == "npy" else open_npz_arrays(path, spec, read_npz(path))
    return replace(made, allowance=allowance)


def open_arrays(path: Path, labels: str | None = None) -> ArraySource:
    """The images of an `.npy` file; `labels` names another beside it, with a number for each.

    Raises SourceError where it is no such file, or its array is not of images.
    """
    images = array_at(path)
    if images.ndim not in (3, 4) or images.dtype.kind not in "buif" or 0 in images.shape:
        raise SourceError(
            f"{path} holds {images.dtype} {images.shape}: images are (n, H, W), (n, H, W, C) or (n, C, H, W) numbers"
        )
    classes, note = np.full(len(images), -1, np.int64), ""
    if labels is not None:
        classes, note = _labels(np.asarray(array_at(path.parent / labels)), len(images), str(path.parent / labels))
    digest = hashlib.sha256(f"{images.dtype.str}{images.shape}".encode())
    for row in np.unique(np.linspace(0, len(images) - 1, _SAMPLED).astype(np.int64)).tolist():
        digest.update(np.ascontiguousarray(images[row]).tobytes())
    return ArraySource(path, labels, (("", images),), classes, digest.hexdigest(), "npy", note)


def array_sides(path: Path) -> int:
    """How many sides the array of an `.npy` file has; raises SourceError where it is none."""
    return array_at(path).ndim


def array_at(path: Path) -> NDArray[Any]:
    """The array of an `.npy` file, read where it is looked at; raises SourceError where it is none."""
    try:
        return mapped_npy(path)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read as an array: {error}") from error


def holds_arrays(members: NamedArrays) -> bool:
    """Whether the members of an .npz file are arrays of images, in one of the known layouts."""
    return bool(_found(members))


def open_npz_arrays(path: Path, split: str | None, members: NamedArrays) -> ArraySource:
    """The images of an `.npz` file of arrays, all or those of one split.

    Raises SourceError where it has no such split, or its arrays do not fit together.
    """
    found = _found(members)
    if split is not None and split not in found:
        known = [name for name in found if name]
        raise SourceError(
            f"no split {split!r} in {path}{nearest(split, known)} (splits: {', '.join(known) or 'none, leave it out'})"
        )
    chosen = found if split is None else {split: found[split]}
    parts, labels, notes = [], [], []
    for name, (images, classes) in chosen.items():
        array = members[images]
        _check_images(path, images, array)
        numbers, note = np.full(len(array), -1, np.int64), ""
        if classes is not None:
            numbers, note = _labels(members[classes], len(array), f"{path}: {classes}")
        parts.append((name if split is None else "", array))
        labels.append(numbers)
        notes.append(note)
    digest = hashlib.sha256()
    for name in sorted({member for pair in chosen.values() for member in pair if member}):
        value = members[name]
        digest.update(f"{name}\0{value.dtype.str}\0{value.shape}\0".encode())
        digest.update(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data if value.size else b"")
    note = next(filter(None, notes), "")
    return ArraySource(path, split, tuple(parts), np.concatenate(labels), digest.hexdigest(), "npz", note)


def _check_images(path: Path, name: str, array: NDArray[Any]) -> None:
    if array.ndim not in (3, 4) or array.dtype.kind not in "buif" or 0 in array.shape:
        raise SourceError(
            f"{path}: {name} is {array.dtype} {array.shape}, and images are (n, H, W), (n, H, W, C) or (n, C, H, W)"
        )


def _found(members: NamedArrays) -> dict[str, tuple[str, str | None]]:
    """The names of images and labels by split, "" for a file without splits."""
    found: dict[str, tuple[str, str | None]] = {}
    for split in SPLITS:
        for images, labels in _OF_SPLIT:
            if images.format(split) in members and split not in found:
                named = labels.format(split)
                found[split] = images.format(split), named if named in members else None
    if found:
        return found
    images = next((name for name in _IMAGES if name in members and members[name].ndim in (3, 4)), None)
    if images is None:
        return {}
    return {"": (images, next((name for name in _LABELS if name in members and name != images), None))}


def _labels(values: NDArray[Any], count: int, what: str) -> tuple[NDArray[np.int64], str]:
    """The class of each image, and what is said where there is none; raises SourceError where they do not fit."""
    if values.shape[:1] != (count,) or 0 in values.shape:
        raise SourceError(f"{what} has shape {values.shape}, for {count} images")
    flat = values.reshape(count, -1)
    if flat.shape[1] != 1:
        return np.full(count, -1, np.int64), f" (its labels have {flat.shape[1]} columns and are left out)"
    numbers = flat[:, 0]
    if numbers.dtype.kind == "f":
        missing = ~np.isfinite(numbers)
        if (np.where(missing, 0, numbers) % 1).any():
            raise SourceError(f"{what} holds numbers with fractions, which are no classes")
        numbers = np.where(missing, -1, numbers)
    if numbers.dtype.kind not in "buif":
        raise SourceError(f"{what} holds {values.dtype}, and labels are whole numbers")
    classes = numbers.astype(np.int64)
    if classes.min(initial=0) < -1 or classes.max(initial=0) > _MOST_CLASSES:
        raise SourceError(f"{what} has labels from {classes.min()} to {classes.max()}: classes are counted from 0")
    return classes, ""


__all__ = ["SPLITS", "ArraySource", "array_at", "array_sides", "holds_arrays", "open_arrays", "open_npz_arrays"]
