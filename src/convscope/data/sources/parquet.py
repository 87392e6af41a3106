"""Images in a column of Parquet files: bytes, structs of `bytes` and `path`, or lists of numbers.

pyarrow is imported when used.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data.allowance import USUAL, Allowance
from convscope.data.sources.base import Label, PicklableLock, class_labels, hash_items, natural_key, pick_column
from convscope.data.sources.columns import IMAGE_COLUMNS, image_bytes, label_columns, nested_array
from convscope.data.sources.parquetpages import pages
from convscope.errors import ImageError, SourceError, missing_extra
from convscope.files import kind_of, parse_json
from convscope.shown import brief


@brief
@dataclass(frozen=True, eq=False)
class ParquetSource:
    """Images in a column of Parquet files, read a row group at a time. Made by `open_parquet`.

    The fingerprint covers file names, file sizes and the files' footers, which hold the statistics and the sizes of
    all pages. A few row groups are kept in memory, no more.
    """

    root: Path
    files: tuple[str, ...]
    column: str
    starts: NDArray[np.int64] = field(repr=False)  # the first row of each file, then the number of rows
    first: NDArray[np.int64] = field(repr=False)  # the first row of each row group
    groups: tuple[tuple[int, int], ...] = field(repr=False)  # (file, row group in it)
    names: tuple[str, ...] = field(repr=False)  # of the images where the table has them, else empty
    labels: NDArray[np.int64] = field(repr=False)
    classes: tuple[str, ...]
    kind: str = "parquet"
    allowance: Allowance = USUAL
    _recent: "OrderedDict[int, Any]" = field(default_factory=OrderedDict, repr=False)
    _lock: PicklableLock = field(default_factory=PicklableLock, repr=False)

    KEPT = 2
    """Row groups in memory: two, for a batch that crosses from one to the next."""

    def __len__(self) -> int:
        return len(self.labels)

    def name(self, index: int) -> str:
        """The file's name, the row in it, and the image's own name where the table has one."""
        file = int(np.searchsorted(self.starts, index, side="right")) - 1
        own = f"/{self.names[index]}" if self.names else ""
        return f"{self.files[file]}/{index - self.starts[file]}{own}"

    def label(self, index: int) -> int:
        """The class, or -1."""
        return int(self.labels[index])

    def places(self) -> list[Path]:
        """The files that images are read from."""
        return [self.root / name for name in self.files]

    def read(self, index: int) -> bytes | NDArray[Any]:
        """The encoded image, or its values; raises ImageError for an empty cell or a row group that cannot be read."""
        group = int(np.searchsorted(self.first, index, side="right")) - 1
        with self._lock:
            if group not in self._recent:
                self._recent[group] = self._load(group)
                if len(self._recent) > self.KEPT:
                    self._recent.popitem(last=False)
            self._recent.move_to_end(group)
            cells = self._recent[group]
        cell = cells[index - int(self.first[group])]
        leaf = leaf_of(cells.type)
        if leaf is None:
            return image_bytes(cell.as_py(), self.allowance)
        if cell.is_valid:
            self._admit(cell)
        return nested_array(cell.as_py(), leaf, self.allowance)

    def _admit(self, cell: Any) -> None:
        """Raise ImageError for more numbers in lists than an image may have: each becomes an object of its own."""
        numbers = cell.values
        while hasattr(numbers, "value_lengths"):
            numbers = numbers.flatten()
        if len(numbers) > self.allowance.pixels:
            raise ImageError(
                f"the table's cell holds {len(numbers)} numbers, more than the limit of "
                f"{self.allowance.pixels} pixels: max_pixels= admits more"
            )

    def _load(self, group: int) -> Any:
        pyarrow, parquet = _pyarrow()
        file, number = self.groups[group]
        try:
            table_path = self.root / self.files[file]
            with parquet.ParquetFile(table_path) as table:
                room = max(_ROOM, _TIMES * table_path.stat().st_size)
                return _group(pyarrow, table, number, self.column, room, table_path)
        except (OSError, pyarrow.ArrowException) as error:
            raise ImageError(f"row group {number} of {self.files[file]} cannot be read: {error}") from error

    def fingerprint(self) -> str:
        """SHA-256 over file names, sizes and footers, labels and the column."""
        items = [(name, -1, (self.root / name).stat().st_size) for name in self.files]
        footers = [_footer(self.root / name) for name in self.files]
        return hash_items(
            f"{self.kind}#{self.column}",
            self.classes,
            items,
            more=[self.labels.tobytes(), *footers, self.allowance.mark()],
        )

    def describe(self) -> str:
        """One line: counts, column and folder."""
        classes = f", {len(self.classes)} classes" if self.classes else ""
        count = len(self.files)
        files = f"{count} Parquet file{'s' * (count != 1)} in {self.root}"
        return f"{len(self)} images in column {self.column!r} of {files}{classes}"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_recent": OrderedDict()}


def open_parquet(path: Path, column: str | None = None) -> ParquetSource:
    """The images of a Parquet file, or of all Parquet files below a folder in natural order of their names.

    The image column holds bytes or structs with a field `bytes`, or lists of lists of numbers; where several do,
    `column` says which. Labels are read from a column of a usual name; class names from the metadata that the Hugging
    Face library writes.

    Raises SourceError where there is no image column or no row, MissingExtra where pyarrow is not installed.
    """
    pyarrow, parquet = _pyarrow()
    root, files = _parquet_files(path)
    found = _Rows(column)
    try:
        for name in files:
            with parquet.ParquetFile(root / name) as table:
                _check_rows(table, root / name)
                found.add(table, root / name, what=str(path))
    except (OSError, pyarrow.ArrowException) as error:
        raise SourceError(f"{path} cannot be read as Parquet: {error}") from error
    if not found.labels or found.column is None:
        raise SourceError(f"no row in the {len(files)} Parquet file(s) of {path}")
    labels, classes = class_labels(found.labels, what=str(path))
    if found.classes and classes == tuple(str(index) for index in range(len(classes))):
        classes = found.classes if len(found.classes) >= len(classes) else classes
    return ParquetSource(
        root,
        tuple(files),
        found.column,
        np.array(found.starts, np.int64),
        np.array(found.first, np.int64),
        tuple(found.groups),
        tuple(found.names) if any(found.names) else (),
        labels,
        classes,
    )


@dataclass
class _Rows:
    """What the files read so far hold."""

    column: str | None
    starts: list[int] = field(default_factory=lambda: [0])
    first: list[int] = field(default_factory=list)
    groups: list[tuple[int, int]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    classes: tuple[str, ...] = ()

    def add(self, table: Any, path: Path, *, what: str) -> None:
        """Count in the rows of one more open file, which is at `path`."""
        schema = table.schema_arrow
        self.column = pick_column(self.column, _image_columns(schema), usual=IMAGE_COLUMNS, what=what)
        total = self.starts[-1]
        for group in range(table.num_row_groups):
            self.first.append(total)
            self.groups.append((len(self.starts) - 1, group))
            total += table.metadata.row_group(group).num_rows
        self.starts.append(total)
        self.labels += _label_cells(table, schema, path)
        self.names += _names(table, schema, self.column, path)
        self.classes = self.classes or _class_names(schema)


_ROOM = 1 << 30
"""Bytes that a column may come to, or `_TIMES` as many as its file has: a table can say a long value once and mean it
in many rows."""
_TIMES = 8
_AT_ONCE = 1 << 28
_NUMBER = 8  # bytes, at most
_ROWS, _SHORT_ROWS = 16, 4096  # that are brought into memory together at most, of images and of labels


def _group(pyarrow: Any, table: Any, number: int, column: str, room: int, path: Path) -> Any:
    """The images of a row group, brought together piece by piece; raises ImageError where they become too large."""
    pieces, size = [], 0
    largest = _largest_row(table, column, path, [number])
    if largest > room:
        raise ImageError(f"row group {number} says that a row may have {largest} bytes, out of proportion to its file")
    rows = max(1, min(_ROWS, _AT_ONCE // largest))
    for batch in table.iter_batches(batch_size=rows, row_groups=[number], columns=[column], use_threads=False):
        pieces.append(batch.column(0))
        size += pieces[-1].nbytes
        if size > room:
            raise ImageError(f"row group {number} becomes more than {room} bytes, out of proportion to its file")
    return pyarrow.chunked_array(pieces, type=table.schema_arrow.field(column).type)


def _values(table: Any, column: str, path: Path) -> list[Any]:
    """The values of a column of labels or names; raises SourceError where they become too large."""
    found, size = [], 0
    largest = _largest_row(table, column, path, range(table.num_row_groups))
    if largest > _ROOM:
        raise SourceError(f"a row of column {column!r} may have {largest} bytes: these are neither labels nor names")
    rows = max(1, min(_SHORT_ROWS, _AT_ONCE // largest))
    for batch in table.iter_batches(batch_size=rows, columns=[column], use_threads=False):
        size += batch.nbytes
        if size > _ROOM:
            raise SourceError(f"column {column!r} becomes more than {_ROOM} bytes, and has neither labels nor names")
        found += batch.column(0).to_pylist()
    return found


def _largest_row(table: Any, column: str, path: Path, groups: Iterable[int]) -> int:
    """The most bytes that one row of a column may become, by the headers of its pages, see `parquetpages`.

    A row of a list may have all the values of its group, any other has one, which a page holds or a dictionary. Raises
    OSError where pages are none, as what decodes them does.
    """
    about, largest = table.metadata, 1
    with path.open("rb") as file:
        for number in groups:
            group = about.row_group(number)
            for place in range(group.num_columns):
                leaf = group.column(place)
                if not f"{leaf.path_in_schema}.".startswith(f"{column}."):
                    continue
                try:
                    found = list(pages(file, leaf))
                except ValueError as error:
                    raise OSError(f"row group {number}: {error}") from error
                gathered = sum if table.schema.column(place).max_repetition_level else max
                values = sum(page.values for page in found) if gathered is sum else 1
                largest = max(largest, _NUMBER * values, gathered([page.size for page in found] or [0]))
    return largest


def _check_rows(table: Any, path: Path) -> None:
    """Raise SourceError where there are more rows than bytes, of which a table of a few can say any number."""
    rows, size = table.metadata.num_rows, path.stat().st_size
    if rows > max(size, 1):
        raise SourceError(f"{path} says that it has {rows} rows, and has {size} bytes: these are no images")


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise missing_extra("pyarrow", "parquet", purpose="read Parquet files") from error
    return pyarrow, pyarrow.parquet


def _parquet_files(path: Path) -> tuple[Path, list[str]]:
    if (kind := kind_of(path)) == "file":
        return path.parent, [path.name]
    if kind == "other":
        raise SourceError(f"{path} is no regular file but a device, a pipe or a socket")
    files = (file for file in path.rglob("*.parquet") if kind_of(file) == "file")
    found = sorted((file.relative_to(path).as_posix() for file in files), key=natural_key)
    if not found:
        raise SourceError(f"no file in {path} ends in .parquet")
    return path, found


def _image_columns(schema: Any) -> list[str]:
    """The columns that may hold images: bytes, or structs with a field `bytes`; else lists of lists of numbers."""
    import pyarrow.types as kinds

    def binary(kind: Any) -> bool:
        return kinds.is_binary(kind) or kinds.is_large_binary(kind)

    def holds(kind: Any) -> bool:
        if kinds.is_struct(kind):
            index = kind.get_field_index("bytes")
            return index >= 0 and binary(kind.field(index).type)
        return binary(kind)

    encoded = [part.name for part in schema if holds(part.type)]
    return encoded or [part.name for part in schema if leaf_of(part.type) is not None]


def leaf_of(kind: Any) -> str | None:
    """The type of the numbers in lists of two or three levels, as NumPy names it; None for any other type."""
    import pyarrow.types as kinds

    levels = 0
    while True:
        kind = getattr(kind, "storage_type", kind)
        if not (kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind)):
            break
        kind, levels = kind.value_type, levels + 1
    number = kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_boolean(kind)
    return str(np.dtype(kind.to_pandas_dtype())) if levels in (2, 3) and number else None


def _label_cells(table: Any, schema: Any, path: Path) -> list[Label]:
    """The label of each row of a file, None where it has no label column."""
    import pyarrow.types as kinds

    def labels(kind: Any) -> bool:
        numbers = kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_boolean(kind)
        texts = kinds.is_string(kind) or kinds.is_large_string(kind)
        return numbers or texts or (kinds.is_dictionary(kind) and labels(kind.value_type))

    for name in label_columns(schema.names):
        if labels(schema.field(name).type):
            return _values(table, name, path)
    return [None] * table.metadata.num_rows


def _names(table: Any, schema: Any, column: str, path: Path) -> list[str]:
    """The last part of each image's path, where the struct has a field `path`; "" elsewhere."""
    import pyarrow.types as kinds

    kind = schema.field(column).type
    if not kinds.is_struct(kind) or kind.get_field_index("path") < 0:
        return [""] * table.metadata.num_rows
    cells = _values(table, f"{column}.path", path)
    return [Path((cell or {}).get("path") or "").name for cell in cells]


def _class_names(schema: Any) -> tuple[str, ...]:
    """Class names from the `huggingface` metadata of a file, or ()."""
    try:
        features = parse_json((schema.metadata or {})[b"huggingface"])["info"]["features"]
        names = next(features[name]["names"] for name in label_columns(features) if "names" in features[name])
        return tuple(names) if isinstance(names, list) and all(isinstance(name, str) for name in names) else ()
    except (LookupError, ValueError, TypeError, AttributeError, StopIteration):
        return ()


def _footer(path: Path) -> bytes:
    """The hash of a Parquet file's footer: its last bytes, whose length stands before the final magic number."""
    with path.open("rb") as stream:
        stream.seek(-8, 2)
        length = int.from_bytes(stream.read(4), "little")
        stream.seek(-8 - length, 2)
        return hashlib.sha256(stream.read(length)).digest()
