"""Images in a dataset of the Hugging Face library, which is imported when used."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data.allowance import USUAL, Allowance
from convscope.data.sources.base import class_labels, hash_items, pick_column
from convscope.data.sources.columns import IMAGE_COLUMNS, image_bytes, label_columns, nested_array
from convscope.errors import ImageError, SourceError, missing_extra, nearest
from convscope.shown import brief

_LABEL_TYPES = ("int", "uint", "float", "double", "bool", "string", "large_string")


@brief
@dataclass(frozen=True, eq=False)
class HubSource:
    """Images of a dataset of the Hugging Face library. Made by `open_hub` and `wrap_hub`."""

    dataset: Any = field(repr=False)  # with the image column undecoded
    title: str
    column: str
    labels: NDArray[np.int64] = field(repr=False)
    classes: tuple[str, ...]
    dtype: str | None = None
    """Of the numbers, where the column holds arrays."""
    kind: str = "hf"
    allowance: Allowance = USUAL

    def __len__(self) -> int:
        return len(self.dataset)

    def name(self, index: int) -> str:
        """The row's number in the dataset."""
        return str(index)

    def label(self, index: int) -> int:
        """The class, or -1."""
        return int(self.labels[index])

    def read(self, index: int) -> bytes | NDArray[Any]:
        """The encoded image, or its values; raises ImageError for an empty cell."""
        cell = self.dataset[int(index)][self.column]
        return (
            image_bytes(cell, self.allowance) if self.dtype is None else nested_array(cell, self.dtype, self.allowance)
        )

    def fingerprint(self) -> str:
        """SHA-256 over class names, labels, and each image's size as stored; of arrays, the values of 64."""
        if self.dtype is not None:
            return self._of_arrays()
        rows = zip(self.labels, self._sizes(), strict=True)
        items = ((str(index), int(label), size) for index, (label, size) in enumerate(rows))
        return hash_items(f"{self.kind}#{self.column}", self.classes, items, more=[self.allowance.mark()])

    def _of_arrays(self) -> str:
        digest = hashlib.sha256(self.dtype.encode() if self.dtype else b"")
        for index in np.unique(np.linspace(0, len(self) - 1, 64).astype(np.int64)).tolist():
            try:
                values = self.read(index)
                digest.update(np.ascontiguousarray(values).tobytes())
            except ImageError as error:
                digest.update(str(error).encode())
        items = ((str(index), int(label), 0) for index, label in enumerate(self.labels))
        more = [digest.digest(), self.allowance.mark()]
        return hash_items(f"{self.kind}#{self.column}", self.classes, items, more=more)

    def _sizes(self, chunk: int = 1000) -> Iterator[int]:
        """The length of each image's bytes, or the size of the file that its cell names."""
        # Its functions are made when it is imported, so that type checkers do not see them.
        compute: Any = import_module("pyarrow.compute")

        arrow = self.dataset.select_columns([self.column]).with_format("arrow")
        for start in range(0, len(self), chunk):
            cells = arrow[start : start + chunk].column(0)
            sizes = compute.binary_length(compute.struct_field(cells, "bytes")).to_pylist()
            paths = compute.struct_field(cells, "path").to_pylist()
            yield from (_file_size(path) if size is None else size for size, path in zip(sizes, paths, strict=True))

    def describe(self) -> str:
        """One line: counts, name and column."""
        classes = f", {len(self.classes)} classes" if self.classes else ""
        return f"{len(self)} images in column {self.column!r} of the Hugging Face dataset {self.title}{classes}"


def _file_size(path: str | None) -> int:
    try:
        return -1 if path is None else Path(path).stat().st_size
    except OSError:
        return -1


def open_hub(name: str) -> HubSource:
    """The images of `NAME`, `NAME:SPLIT` or `NAME@CONFIGURATION:SPLIT`: on the hub, or a folder of `save_to_disk`.

    A loading script that a dataset brings along is never run, and never asked about.

    Raises SourceError where the dataset, its split or its images cannot be found (a dataset of several splits needs
    one said) or would need a script, MissingExtra where the library is not installed.
    """
    title, _, split = name.partition(":")
    repository, _, configuration = title.partition("@")
    if not repository:
        raise SourceError(f"{name!r} names no dataset: say hf:NAME:SPLIT, such as hf:mnist:test")
    datasets = _library()
    try:
        found = _load(datasets, repository, configuration or None, split)
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        raise SourceError(f"the Hugging Face dataset {title!r} cannot be loaded: {error}") from error
    return wrap_hub(found, title=name)


def _library() -> Any:
    try:
        import datasets
    except ImportError as error:
        raise missing_extra("datasets", "hf", purpose="read Hugging Face datasets") from error
    return datasets


def _load(datasets: Any, repository: str, configuration: str | None, split: str) -> Any:
    folder = Path(repository)
    if (folder / "state.json").is_file() or (folder / "dataset_dict.json").is_file():
        saved = datasets.load_from_disk(repository)
        if not isinstance(saved, dict) and not split:
            return saved
        return saved[_one_split(split, list(saved) if isinstance(saved, dict) else [], repository)]
    # Asked for first, as loading without a split downloads all of them.
    # Releases from 4.0 on run no scripts, and do not know the word.
    asked = "trust_remote_code" in signature(datasets.load_dataset_builder).parameters
    never: dict[str, Any] = {"trust_remote_code": False} if asked else {}
    splits = datasets.get_dataset_split_names(repository, configuration, **never)
    return datasets.load_dataset(repository, configuration, split=_one_split(split, splits, repository), **never)


def _one_split(split: str, splits: Sequence[str], title: str) -> str:
    """The split asked for (or part of it, as in train[:100]), or the only one there is; raises SourceError else."""
    if split.partition("[")[0] in splits:
        return split
    if not split and len(splits) == 1:
        return splits[0]
    known = ", ".join(splits) or "none"
    asked = f"no split {split!r} in {title}{nearest(split, splits)}" if split else f"{title} has several splits"
    raise SourceError(f"{asked} (splits: {known}): say hf:{title}:SPLIT")


def wrap_hub(dataset: Any, *, title: str = "given") -> HubSource:
    """The images of a loaded dataset (a `datasets.Dataset`) as a source.

    The images are in the column of type Image, else in one of arrays of two or three sides, or in the one of a usual
    name where there are several; labels in the
    column of type ClassLabel, or in one of a usual name that holds numbers or words.

    Raises SourceError for other kinds of dataset and for one without an Image column.
    """
    datasets = _library()
    if isinstance(dataset, dict):
        raise SourceError(f"{title} is a dictionary of the splits {', '.join(dataset)}: give one of them")
    if not isinstance(dataset, datasets.Dataset):
        raise SourceError(f"a {type(dataset).__name__} has no random access: load {title} without streaming")
    features = dataset.features
    images = [name for name, feature in features.items() if isinstance(feature, datasets.Image)]
    kinds = tuple(getattr(datasets, name) for name in ("Array2D", "Array3D") if hasattr(datasets, name))
    arrays = {name: str(feature.dtype) for name, feature in features.items() if isinstance(feature, kinds)}
    column = pick_column(None, images or list(arrays), usual=IMAGE_COLUMNS, what=title)
    if not len(dataset):
        raise SourceError(f"the dataset {title} has no row")
    labels, classes = _labels(datasets, dataset, title)
    if not images:
        return HubSource(dataset.with_format(None), title, column, labels, classes, arrays[column])
    undecoded = dataset.with_format(None).cast_column(column, datasets.Image(decode=False))
    return HubSource(undecoded, title, column, labels, classes)


def _labels(datasets: Any, dataset: Any, title: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels and class names, from the ClassLabel column or one of a usual name; -1 and () where there is none."""
    features = dataset.features
    typed = [name for name, feature in features.items() if isinstance(feature, datasets.ClassLabel)]
    usual = label_columns(features)
    plain = [name for name in usual if getattr(features[name], "dtype", "").startswith(_LABEL_TYPES)]
    chosen = next((name for name in usual if name in typed), None) or next(iter(typed or plain), None)
    if chosen is None:
        return np.full(len(dataset), -1, np.int64), ()
    # Without a format set by the user, so that cells are plain numbers and words.
    cells = list(dataset.select_columns([chosen]).with_format(None)[chosen])
    if chosen in typed:
        labels = np.array([-1 if cell is None else cell for cell in cells], np.int64)
        return labels, tuple(features[chosen].names)
    return class_labels(cells, what=title)
