"""Images that are files: a folder (whose sub-folders are classes), a list of paths, or paths given one by one.

The fingerprint covers relative names, labels, class names and file sizes. Contents are not read, so a folder of a
million images takes seconds; a change that keeps a file's size goes unnoticed, which is only likely for formats
without compression, but is noticed while a question is answered (`convscope.data.unchanged`). Times and absolute paths
do not count: a copied or moved folder is the same collection.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convscope.data.allowance import USUAL, Allowance
from convscope.data.sources.base import (
    ARRAY_SUFFIX,
    IMAGE_SUFFIXES,
    class_labels,
    hash_items,
    is_image_name,
    natural_key,
)
from convscope.data.sources.listing import Listed, read_list
from convscope.errors import SourceError
from convscope.files import kind_of
from convscope.shown import brief

logger = logging.getLogger(__name__)

LABELS_FILE = "labels.csv"
"""The table, in or above a flat folder of images, that labels them: columns as for `open_list`."""


@brief
@dataclass(frozen=True, eq=False)
class FileSource:
    """Image files below one folder. Made by `open_folder`, `open_list` and `open_files`."""

    kind: str
    root: Path
    names: tuple[str, ...]  # relative to root, with forward slashes
    labels: NDArray[np.int64] = field(repr=False)
    classes: tuple[str, ...] = ()
    ignored: int = 0
    """Files in the folder that are not images."""
    note: str = ""
    allowance: Allowance = USUAL

    def __len__(self) -> int:
        return len(self.names)

    def name(self, index: int) -> str:
        """The path relative to the collection's folder."""
        return self.names[index]

    def label(self, index: int) -> int:
        """The class, or -1."""
        return int(self.labels[index])

    def path(self, index: int) -> Path:
        """Where the file is."""
        return self.root / self.names[index]

    def places(self) -> Iterator[Path]:
        """The files that images are read from."""
        return map(self.path, range(len(self)))

    def read(self, index: int) -> bytes:
        """The file's bytes; raises ImageError where it cannot be read, is no regular file, or has too many."""
        return self.allowance.read(self.path(index))

    def fingerprint(self) -> str:
        """SHA-256 over relative names, labels, class names and sizes (see the module's text)."""
        return hash_items(
            self.kind,
            self.classes,
            ((name, int(label), self._size(name)) for name, label in zip(self.names, self.labels, strict=True)),
            more=[self.allowance.mark()],
        )

    def _size(self, name: str) -> int:
        try:
            return (self.root / name).stat().st_size
        except OSError:
            return -1

    def describe(self) -> str:
        """One line: counts, and what was left out."""
        parts = [f"{len(self)} image{'s' * (len(self) != 1)} in {self.root}"]
        if self.classes:
            parts.append(f"{len(self.classes)} classes{self.note}")
        elif self.note:
            parts.append(self.note)
        if self.ignored:
            parts.append(f"{self.ignored} other file{'s' * (self.ignored != 1)} ignored")
        return ", ".join(parts)


def open_folder(root: Path) -> FileSource:
    """The images of a folder, of its sub-folders and theirs, symbolic links included.

    Sub-folders of `root` are classes, in the order of torchvision's ImageFolder (plain sorting of names, empty ones
    counted), so that labels agree with networks trained on it. Within a class, numbers in names sort by value. In a
    flat folder, a table `labels.csv` in it or beside it labels the files that it lists. In a folder without image files
    the arrays (`.npy`) are the images. Names that begin with a dot are passed over. Raises SourceError where there is
    no image.
    """
    entries = _listing(root)
    folders = sorted(entry.name for entry in entries if _is_folder(entry) and entry.name != "__MACOSX")
    names: list[str] = []
    labels: list[int] = []
    others: list[str] = []
    status = root.stat()
    above = ((status.st_dev, status.st_ino),)
    groups = [(-1, [entry.name for entry in entries if not _is_folder(entry)])]
    groups += [(label, list(_walk(root, name, above))) for label, name in enumerate(folders)]
    pictures = any(is_image_name(name) for _, found in groups for name in found)
    chosen = is_image_name if pictures else (lambda name: name.lower().endswith(ARRAY_SUFFIX))
    for label, found in groups:
        images = sorted((name for name in found if chosen(name)), key=natural_key)
        names += images
        labels += [label] * len(images)
        others += [name for name in found if not chosen(name)]
    if not names:
        raise SourceError(_nothing(root, others))
    if any(label >= 0 for label in labels):
        return FileSource(
            "folder", root, tuple(names), np.array(labels, np.int64), tuple(folders), len(others), " (folders)"
        )
    table = _labels_table(root, names)
    if table is None:
        return FileSource("folder", root, tuple(names), np.full(len(names), -1, np.int64), (), len(others))
    return FileSource("folder", root, tuple(names), *table, len(others), f" ({LABELS_FILE})")


def _nothing(root: Path, others: Sequence[str]) -> str:
    """What to say of a folder without images."""
    if not others:
        return f"no image in {root}: the folder is empty"
    for suffix, scheme in ((".parquet", "parquet"), (".tar", "tar"), (".npz", "npz")):
        packed = [name for name in others if name.endswith(suffix)]
        if packed:
            target = {"parquet": root, "tar": root / "*.tar", "npz": root / packed[0]}[scheme]
            return f"no image file in {root}, but {len(packed)} {suffix} file(s): open {scheme}:{target}"
    known = " ".join(sorted(IMAGE_SUFFIXES))
    return f"no image in {root}: none of its {len(others)} files ends in {known}"


def _listing(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise SourceError(f"the folder {folder} cannot be read: {error.strerror or error}") from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder or a link to one; links in a circle, and into what may not be entered, are none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _walk(root: Path, inside: str, above: tuple[tuple[int, int], ...]) -> Iterator[str]:
    """The files below `root/inside`, relative to root; links are followed, but not into a folder they lie in."""
    folder = root / inside
    status = folder.stat()
    here = (status.st_dev, status.st_ino)
    if here in above:
        logger.info("%s is a link to a folder that holds it: passed over", folder)
        return
    for entry in _listing(folder):
        name = f"{inside}/{entry.name}"
        if _is_folder(entry):
            yield from _walk(root, name, (*above, here))
        else:
            # Also broken links: reading them fails, and is recorded like any unreadable image.
            yield name


def _labels_table(root: Path, names: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]] | None:
    """Labels and class names from labels.csv in the folder or beside it, or None where it does not list these files."""
    for path in (root / LABELS_FILE, root.parent / LABELS_FILE):
        if not path.is_file():
            continue
        try:
            rows = read_list(path)
        except SourceError as error:
            if "no column of paths" not in str(error) and "names no image" not in str(error):
                raise
            logger.info("%s is not used: %s", path, error)
            continue
        values, classes = class_labels([row.label for row in rows], what=str(path))
        if not classes:
            logger.info("%s has no column of labels: not used", path)
            continue
        index = {Path(row.path).name: int(label) for row, label in zip(rows, values, strict=True)}
        labels = np.array([index.get(name, -1) for name in names], np.int64)
        if (labels < 0).all():
            logger.info("%s lists none of the images of %s: not used", path, root)
            continue
        return labels, _named(classes, values, rows)
    return None


def open_files(paths: Sequence[Path], *, kind: str = "files") -> FileSource:
    """Images given by their paths, in this order, without labels."""
    return _located(kind, list(paths), np.full(len(paths), -1, np.int64), (), home=None)


def open_list(path: Path, root: Path | None = None) -> FileSource:
    """The images that a text file lists: one path a line, and optionally a label; or a table with such columns.

    Paths are relative to the list's folder, or to `root`. In a line a tab, comma or spaces part path and label;
    without a tab, the path ends at its image ending (`my cat.jpg tabby`). Tables (.csv, .tsv, or with a first line of
    column names) are read by the csv module: their columns are found by name (image, path, file ...; label, class,
    target ...), whatever their case, and others are passed over. Labels are class indices where all are whole numbers,
    3.0 as well as 3; otherwise class names, numbered in sorted order. Empty lines and lines that begin with # are
    passed over.

    Raises SourceError where nothing is listed, or where none of the files exists.
    """
    rows = read_list(path)
    home = path.parent if root is None else root
    if root is not None and kind_of(root) != "folder":
        raise SourceError(f"root='{root}' is no folder: give the one that the paths in {path} are relative to")
    files = [_placed(home, row.path) for row in rows]
    if all(kind_of(file) == "nothing" for file in files):
        raise SourceError(
            f"none of the {len(files)} files listed in {path} exists, such as {rows[0].path!r}: "
            f"paths are relative to {home}; open the list with root= for another folder"
        )
    labels, classes = class_labels([row.label for row in rows], what=str(path))
    found = _located("list", files, labels, _named(classes, labels, rows), home=home)
    others, given = rows[0].unlabelled, next((row.label for row in rows if row.label), "")
    if given and not classes:
        return replace(found, note=f"no classes, as its labels, such as {given!r}, are measurements or none")
    if not others:
        return found
    return replace(found, note=f"no labels, as no column is called label, class or target (but {', '.join(others)})")


def _placed(home: Path, name: str) -> Path:
    """The file of a list's path, which may have been written on Windows."""
    if "\\" in name and os.sep == "/" and kind_of(home / name) == "nothing":
        name = name.replace("\\", "/")
    return home / name


def _named(classes: tuple[str, ...], labels: NDArray[np.int64], rows: Sequence[Listed]) -> tuple[str, ...]:
    """The names of the classes that a table numbers, where another column of it gives each number one name."""
    names: dict[int, set[str]] = {}
    for label, row in zip(labels.tolist(), rows, strict=True):
        if label >= 0 and row.name:
            names.setdefault(label, set()).add(row.name)
    numbered = classes == tuple(str(number) for number in range(len(classes)))
    if not numbered or any(len(found) > 1 for found in names.values()):
        return classes
    return tuple(next(iter(names.get(number, {text}))) for number, text in enumerate(classes))


def _located(
    kind: str, files: Sequence[Path], labels: NDArray[np.int64], classes: tuple[str, ...], *, home: Path | None
) -> FileSource:
    """A source of these files, named relative to `home`, or to their common folder where they do not lie in it."""
    absolute = [os.path.normpath(file.absolute()) for file in files]
    root = None if home is None else os.path.normpath(home.absolute())
    if root is None or any(not file.startswith(root.rstrip(os.sep) + os.sep) for file in absolute):
        root = os.path.commonpath([os.path.dirname(file) for file in absolute])  # noqa: PTH120 (text in, text out)
    names = tuple(Path(os.path.relpath(file, root)).as_posix() for file in absolute)
    return FileSource(kind, Path(root), names, labels, classes)
