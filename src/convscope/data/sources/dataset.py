"""Images of a PyTorch dataset: whatever its items are, as long as they hold pixels."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Subset as TorchSubset

from convscope.data.allowance import USUAL, Allowance
from convscope.data.decoding import Payload, decode
from convscope.data.sources.base import PicklableLock, hash_items, whole_labels
from convscope.errors import ImageError, SourceError, UsageError
from convscope.shown import brief
from convscope.tables import counted

ItemAccess = Literal["serial", "concurrent"]

_UNKNOWN = -2
_PROBED = 16


@brief
@dataclass(frozen=True, eq=False)
class DatasetSource:
    """The items of a map-style dataset. Made by `wrap_dataset`.

    The fingerprint covers the dataset's type, length, classes and known labels, and the pixels of 16 items spread over
    it; it says nothing lasting about a dataset whose items differ from read to read.
    """

    dataset: Any = field(repr=False)
    title: str
    classes: tuple[str, ...]
    labels: NDArray[np.int64] = field(repr=False)  # -2 where only the item itself tells
    names: tuple[str, ...] = field(repr=False)
    access: ItemAccess = "serial"
    kind: str = "dataset"
    allowance: Allowance = USUAL
    _lock: PicklableLock = field(default_factory=PicklableLock, repr=False)

    def __len__(self) -> int:
        return len(self.labels)

    def name(self, index: int) -> str:
        """The file's path within the dataset where it tells, else "image 3" by the item's number."""
        return self.names[index] if self.names else f"image {index}"

    def label(self, index: int) -> int:
        """The item's label, or -1; reads the item where the dataset has no list of targets and it was not read yet."""
        if self.labels[index] == _UNKNOWN:
            self._item(index)
        return int(self.labels[index])

    def read(self, index: int) -> Payload:
        """The item's image: a Pillow image, an array, or what a tensor holds as an array; remembers the label."""
        return _pixels(self._item(index))

    def _item(self, index: int) -> Any:
        """The image part of an item."""
        if self.access == "serial":
            # Datasets are written for worker processes, and many are not safe under threads.
            with self._lock:
                item = self.dataset[index]
        else:
            item = self.dataset[index]
        image, label = _parts(item)
        if self.labels[index] == _UNKNOWN:
            self.labels[index] = label
        return image

    def fingerprint(self) -> str:
        """SHA-256 over type, length, classes, labels known beforehand, and the pixels of 16 items."""
        digest = hashlib.sha256()
        for index in np.unique(np.linspace(0, len(self) - 1, _PROBED).astype(int)):
            try:
                pixels = self._stored(int(index))
                digest.update(f"{pixels.shape}".encode() + pixels.tobytes())
            except ImageError as error:
                digest.update(str(error).encode())
        targets = _targets(self.dataset, len(self))
        rows = enumerate(targets if targets is not None else np.full(len(self), -1))
        items = ((self.names[index] if self.names else str(index), int(label), 0) for index, label in rows)
        return hash_items(
            f"{self.kind}#{self.title}", self.classes, items, more=[digest.digest(), self.allowance.mark()]
        )

    def _stored(self, index: int) -> NDArray[Any]:
        """The pixels of an item for the fingerprint: RGB of 8 bits, or the values themselves where they are others."""
        item = self.read(index)
        try:
            return decode(item, max_pixels=self.allowance.pixels)
        except ImageError:
            if not isinstance(item, np.ndarray) or item.dtype.hasobject:
                raise
            return np.ascontiguousarray(item)

    def describe(self) -> str:
        """One line: counts and the dataset's type."""
        classes = f", {len(self.classes)} classes" if self.classes else ""
        plain = {"list": "", "tuple": "", "ndarray": " of an array", "Tensor": " of a tensor"}
        return f"{counted(len(self), 'image')}{plain.get(self.title, f' of the dataset {self.title}')}{classes}"


def wrap_dataset(dataset: Any, *, classes: Sequence[str] | None = None, access: ItemAccess = "serial") -> DatasetSource:
    """The items of a map-style PyTorch dataset as a source.

    An item is an image, a tuple that begins with image and label, or a mapping with `image` and `label`; an image is a
    Pillow image, an array (H, W[, C]) or a tensor (C, H, W), uint8 or floating point on 0..1; of other numbers, and
    where the dataset ends in Normalize, a `Preprocess` must say so with its range. Items are read one at a time unless
    `access` is "concurrent".

    Raises UsageError for iterable datasets, SourceError for empty ones.

    >>> black = np.zeros((4, 4, 3), np.uint8)
    >>> source = wrap_dataset([(black, 1), (black, 0)], classes=["a", "b"])
    >>> len(source), source.label(0), source.classes
    (2, 1, ('a', 'b'))
    """
    if not hasattr(dataset, "__getitem__") or not hasattr(dataset, "__len__"):
        raise UsageError(f"a {type(dataset).__name__} has no length and no items by number: give a map-style dataset")
    length = len(dataset)
    if not length:
        raise SourceError(f"the dataset {type(dataset).__name__} is empty")
    targets = _targets(dataset, length)
    labels = np.full(length, _UNKNOWN, np.int64) if targets is None else targets.copy()
    named = tuple(str(name) for name in (classes if classes is not None else _classes(dataset)))
    return DatasetSource(dataset, _title(dataset), named, labels, _names(dataset, length), access)


def _title(dataset: Any) -> str:
    inner = f"({_title(dataset.dataset)})" if isinstance(dataset, TorchSubset) else ""
    return type(dataset).__name__ + inner


def _classes(dataset: Any) -> Sequence[str]:
    """The dataset's own class names, as torchvision's datasets have them."""
    while isinstance(dataset, TorchSubset):
        dataset = dataset.dataset
    found = getattr(dataset, "classes", ())
    return found if isinstance(found, list | tuple) else ()


def _targets(dataset: Any, length: int) -> NDArray[np.int64] | None:
    """The labels of all items, from the `targets` or `labels` that torchvision's datasets have; None where absent."""
    if isinstance(dataset, TorchSubset):
        inner = _targets(dataset.dataset, len(dataset.dataset))  # type: ignore[arg-type]
        return None if inner is None else inner[np.asarray(dataset.indices, dtype=np.int64)]
    for name in ("targets", "labels"):
        found = getattr(dataset, name, None)
        if isinstance(found, list | tuple | np.ndarray | Tensor) and len(found) == length:
            values = np.asarray(found)
            if values.ndim == 1 and (whole := whole_labels(values)) is not None:
                return whole
    return None


def _names(dataset: Any, length: int) -> tuple[str, ...]:
    """Paths below the dataset's root, from the `samples` of torchvision's folder datasets; () where absent."""
    if isinstance(dataset, TorchSubset):
        inner = _names(dataset.dataset, len(dataset.dataset))  # type: ignore[arg-type]
        return tuple(inner[index] for index in dataset.indices) if inner else ()
    samples, root = getattr(dataset, "samples", None), getattr(dataset, "root", None)
    if not isinstance(samples, list) or len(samples) != length or not isinstance(root, str | Path):
        return ()
    try:
        return tuple(Path(sample[0]).relative_to(root).as_posix() for sample in samples)
    except (TypeError, ValueError, IndexError):
        return ()


def _parts(item: Any) -> tuple[Any, int]:
    """The image and the label (-1 where there is none) of an item."""
    if isinstance(item, Mapping):
        image = next((item[key] for key in ("image", "img", "pixel_values") if key in item), None)
        label = next((item[key] for key in ("label", "labels", "target") if key in item), None)
    elif isinstance(item, tuple | list):
        image, label = (item[0] if item else None), (item[1] if len(item) > 1 else None)
    else:
        image, label = item, None
    number = isinstance(label, int | float | np.number | np.bool_ | Tensor | np.ndarray) and np.asarray(label).size == 1
    whole = whole_labels(np.asarray(label).reshape(-1)) if number else None
    return image, -1 if whole is None else int(whole[0])


def _pixels(image: Any) -> Payload:
    """What `decode` takes, of the image of an item."""
    if not isinstance(image, Tensor):
        if image is None:
            raise ImageError("the item holds no image: it is an image, (image, label), or a mapping with 'image'")
        return image
    if image.ndim == 2:
        return image.numpy(force=True)
    if image.ndim != 3:
        raise ImageError(f"an image tensor is (H, W) or (C, H, W), found {tuple(image.shape)}")
    pixels = image.permute(1, 2, 0)
    return (pixels.float() if pixels.is_floating_point() else pixels).contiguous().numpy(force=True)
