"""Images in one `.npz` file of encoded images: `data` (their bytes, one after the other), `offsets`, and more.

Members: `data` uint8 (bytes,), `offsets` int64 (n + 1,); and, each optional, `labels` (n,), `classes` (names), `names`
(n,), `split` (n,) with 0 for training and 1 for validation. Nothing is unpickled. The file is read once, when it is
opened. The fingerprint covers the contents of all members and the split that was asked for.
"""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data.allowance import USUAL, Allowance
from convscope.data.npz import read_npz
from convscope.data.sources.arrays import ArraySource, holds_arrays, open_npz_arrays
from convscope.data.sources.base import whole_labels
from convscope.errors import SourceError, nearest
from convscope.shown import brief

SPLITS = {"train": 0, "val": 1, "test": 1}
"""What a split may be called after `#`, and the number that it has in a pack."""


_MOST_CLASSES = 100_000


@brief
@dataclass(frozen=True, eq=False)
class PackSource:
    """Images of a pack, or of one of its splits. Made by `open_pack`."""

    path: Path
    split: str | None
    data: NDArray[np.uint8] = field(repr=False)
    offsets: NDArray[np.int64] = field(repr=False)
    rows: NDArray[np.int64] = field(repr=False)  # the split's images, among all of the pack
    names: NDArray[np.str_] | None = field(repr=False)
    labels: NDArray[np.int64] | None = field(repr=False)
    classes: tuple[str, ...]
    digest: str
    kind: str = "npz"
    allowance: Allowance = USUAL

    def __len__(self) -> int:
        return len(self.rows)

    def name(self, index: int) -> str:
        """The name that the pack holds, or the image's number in it."""
        row = self.rows[index]
        return str(row) if self.names is None else str(self.names[row])

    def label(self, index: int) -> int:
        """The class, or -1 in a pack without labels."""
        return -1 if self.labels is None else int(self.labels[self.rows[index]])

    def read(self, index: int) -> bytes:
        """The encoded image; raises ImageError where it has too many bytes."""
        row = self.rows[index]
        self.allowance.admit(int(self.offsets[row + 1] - self.offsets[row]))
        return self.data[self.offsets[row] : self.offsets[row + 1]].tobytes()

    def fingerprint(self) -> str:
        """SHA-256 over the contents of all members and the split."""
        said = f"npz\0{SPLITS.get(self.split or '')}\0{self.digest}".encode()
        return hashlib.sha256(said + self.allowance.mark()).hexdigest()

    def describe(self) -> str:
        """One line: counts, file and split."""
        split = f", split {self.split}" if self.split else ""
        classes = f", {len(self.classes)} classes" if self.classes else ""
        return f"{len(self)} images in {self.path}{split}{classes}"

    def __reduce__(self) -> tuple[object, ...]:
        # Another process reads the file itself: tens of megabytes need not travel through a pipe.
        return _open_again, (self.path, self.split, self.allowance)


def _open_again(path: Path, split: str | None, allowance: Allowance) -> PackSource | ArraySource:
    return replace(open_pack(path, split), allowance=allowance)


def open_pack(path: Path, split: str | None = None) -> PackSource | ArraySource:
    """The images of a pack, or of its split "train", "val" or "test" (another word for val).

    Of an .npz file with arrays of images, those: see `convscope.data.sources.arrays`.

    Raises SourceError where the file is not such a pack, or has no such split.
    """
    if split is not None and split not in SPLITS:
        known = ", ".join(SPLITS)
        raise SourceError(f"no split {split!r} in {path}{nearest(split, SPLITS)} (splits: {known})")
    members = _read(path)
    if not {"data", "offsets"} <= set(members) and holds_arrays(members):
        return open_npz_arrays(path, split, members)
    digest = hashlib.sha256()
    for name in sorted(members):
        value = members[name]
        digest.update(f"{name}\0{value.dtype.str}\0{value.shape}\0".encode())
        digest.update(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data if value.size else b"")
    count = _check(path, members)
    rows = np.arange(count)
    if split is not None:
        if "split" not in members:
            raise SourceError(f"{path} has no member 'split', so #{split} means nothing: leave it out")
        rows = np.flatnonzero(members["split"] == SPLITS[split])
    if not len(rows):
        raise SourceError(f"no image in {path}" + (f", split {split}" if split else ""))
    labels = members.get("labels")
    classes = members.get("classes")
    if classes is None:
        classes = np.arange(0 if labels is None else int(labels.max()) + 1)
    return PackSource(
        path,
        split,
        members["data"],
        members["offsets"].astype(np.int64),
        rows,
        members.get("names"),
        None if labels is None else labels.astype(np.int64),
        tuple(str(name) for name in classes),
        digest.hexdigest(),
    )


def _read(path: Path) -> dict[str, NDArray[Any]]:
    try:
        return read_npz(path)
    except ValueError as error:
        raise SourceError(f"{path} cannot be read as an .npz pack: {error}") from error


def _check(path: Path, members: dict[str, NDArray[Any]]) -> int:
    """The number of images; raises SourceError where the members do not fit together."""
    found = ", ".join(members) or "none"
    if "data" not in members or "offsets" not in members:
        raise SourceError(
            f"{path} is no pack of encoded images: it needs data and offsets, or arrays of images such as x_train or "
            f"train_images; it has {found}"
        )
    data, offsets = members["data"], members["offsets"]
    if data.dtype != np.uint8 or data.ndim != 1:
        raise SourceError(f"{path}: data is uint8 (bytes,), found {data.dtype} {data.shape}")
    if offsets.ndim != 1 or offsets.dtype.kind not in "iu" or not len(offsets):
        raise SourceError(f"{path}: offsets are whole numbers (n + 1,), found {offsets.dtype} {offsets.shape}")
    steps = np.diff(offsets.astype(np.int64))
    if offsets[0] < 0 or (steps < 0).any() or offsets[-1] > len(data):
        raise SourceError(f"{path}: offsets must rise from 0 to the {len(data)} bytes of data, and do not")
    count = len(offsets) - 1
    for name in ("labels", "names", "split"):
        if name in members and members[name].shape != (count,):
            raise SourceError(f"{path}: {name} has shape {members[name].shape}, for {count} images")
    labels = members.get("labels")
    if labels is not None:
        whole = whole_labels(labels)
        if whole is None:
            raise SourceError(f"{path}: labels are whole numbers, found {labels.dtype} that are not")
        members["labels"] = labels = whole
        if count and not -1 <= int(labels.min()) <= int(labels.max()) <= max(_MOST_CLASSES, 10 * count):
            raise SourceError(f"{path} has labels from {labels.min()} to {labels.max()}: classes are counted from 0")
    classes = members.get("classes")
    if labels is not None and classes is not None and count and labels.max() >= len(classes):
        raise SourceError(f"{path}: label {labels.max()} has no name among the {len(classes)} classes")
    return count
