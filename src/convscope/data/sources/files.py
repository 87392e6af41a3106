"""Images that are files: a folder (whose sub-folders are classes), a list of paths, or paths given one by one.

The fingerprint covers relative names, labels, class names and file sizes. Contents are not read, so a folder of a
million images takes seconds; a change that keeps a file's size goes unnoticed, which is only likely for formats
without compression. Times and absolute paths do not count: a copied or moved folder is the same collection.
"""

import csv
import io
import logging
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
from convscope.errors import SourceError
from convscope.files import kind_of, read_regular

logger = logging.getLogger(__name__)

_LARGEST_LIST = 1 << 30
LABELS_FILE = "labels.csv"
"""The table, in or above a flat folder of images, whose columns `file`, `class_index` and `name` label them."""

_HEADERS = ({"path", "file", "filename", "image"}, {"label", "class", "class_index", "target", ""})


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
    folders = sorted(entry.name for entry in entries if entry.is_dir() and entry.name != "__MACOSX")
    names: list[str] = []
    labels: list[int] = []
    others: list[str] = []
    status = root.stat()
    above = ((status.st_dev, status.st_ino),)
    groups = [(-1, [entry.name for entry in entries if not entry.is_dir()])]
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
        if entry.is_dir():
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
            text = read_regular(path, _LARGEST_LIST).decode("utf-8-sig")
            rows = list(csv.DictReader(io.StringIO(text, newline="")))
            if not rows or not {"file", "class_index"} <= set(rows[0]):
                logger.info("%s has no columns file and class_index: not used", path)
                continue
            index = {Path(row["file"]).name: (int(row["class_index"]), row.get("name") or "") for row in rows}
        except (OSError, csv.Error, ValueError, TypeError) as error:
            raise SourceError(f"{path} cannot be read as a table of labels: {error}") from error
        labels = np.array([index.get(name, (-1, ""))[0] for name in names], np.int64)
        if (labels < 0).all():
            logger.info("%s lists none of the images of %s: not used", path, root)
            continue
        named = dict(index.values())
        return labels, tuple(named.get(label) or str(label) for label in range(max(named) + 1))
    return None


def open_files(paths: Sequence[Path], *, kind: str = "files") -> FileSource:
    """Images given by their paths, in this order, without labels."""
    return _located(kind, list(paths), np.full(len(paths), -1, np.int64), (), home=None)


def open_list(path: Path) -> FileSource:
    """The images that a text file lists: one path a line, relative to the list's folder, and optionally a label.

    A tab, comma or spaces part path and label; without a tab, the path ends at its image ending (`my cat.jpg tabby`).
    Labels are class indices where all are whole numbers, otherwise class names, numbered in sorted order. Empty lines,
    lines that begin with #, and a first line of column names (`path,label`) are passed over.

    Raises SourceError where nothing is listed, or where none of the files exists.
    """
    try:
        lines = read_regular(path, _LARGEST_LIST).decode("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise SourceError(f"the list {path} cannot be read as text: {error}") from error
    rows = [_row(line) for line in lines if line.strip() and not line.startswith("#")]
    if rows and rows[0][0].lower() in _HEADERS[0] and rows[0][1].lower() in _HEADERS[1]:
        del rows[0]
    if not rows:
        raise SourceError(f"the list {path} names no image: write one path a line")
    files = [path.parent / name for name, _ in rows]
    if all(kind_of(file) == "nothing" for file in files):
        raise SourceError(
            f"none of the {len(files)} files listed in {path} exists, such as {rows[0][0]!r}: "
            f"paths are relative to {path.parent}"
        )
    labels, classes = class_labels([label for _, label in rows], what=str(path))
    return _located("list", files, labels, classes, home=path.parent)


_ENDING = "|".join(suffix[1:] for suffix in sorted(IMAGE_SUFFIXES))
_LINE = re.compile(rf"(?P<path>.+?\.(?:{_ENDING}))(?:[,\s]\s*(?P<label>.*))?", re.IGNORECASE)


def _row(line: str) -> tuple[str, str]:
    """Path and label ("" where there is none) of one line.

    >>> _row("a b.jpg tabby cat"), _row("x.PNG"), _row("noending 7")
    (('a b.jpg', 'tabby cat'), ('x.PNG', ''), ('noending', '7'))
    """
    line = line.strip()
    if "\t" in line:
        name, _, label = line.partition("\t")
        return name.strip(), label.strip()
    if match := _LINE.fullmatch(line):
        return match["path"], (match["label"] or "").strip()
    parts = re.fullmatch(r"(?P<path>.+?)\s*[,\s]\s*(?P<label>[^,\s]+)", line)
    return (parts["path"], parts["label"]) if parts else (line, "")


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
