"""Images in tar files under WebDataset's naming: `key.jpg` beside `key.cls` or `key.json`, in one or many shards.

The shards' headers are read once, when the source is opened; after that any image is one seek and one read. The
fingerprint covers shard and member names, labels, class names and member sizes.
"""

import glob
import json
import re
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convscope.data.allowance import USUAL, Allowance
from convscope.data.sources.base import Label, class_labels, hash_items, is_image_name, natural_key
from convscope.errors import ImageError, SourceError
from convscope.files import kind_of, read_regular, text_of
from convscope.shown import brief

CLASSES_FILES = ("classnames.txt", "classes.txt")
"""Files beside the shards whose lines name the classes."""

_LARGEST_LABEL = 1 << 20  # bytes
_MOST_SHARDS = 100_000
_LABEL_KEYS = ("label", "cls", "class", "class_id", "class_index", "target")


@brief
@dataclass(frozen=True, eq=False)
class TarSource:
    """Images within tar files, read by their place in the file. Made by `open_tar`."""

    shards: tuple[Path, ...]
    members: tuple[str, ...] = field(repr=False)
    shard: NDArray[np.int32] = field(repr=False)
    offset: NDArray[np.int64] = field(repr=False)
    size: NDArray[np.int64] = field(repr=False)
    labels: NDArray[np.int64] = field(repr=False)
    classes: tuple[str, ...] = ()
    kind: str = "tar"
    allowance: Allowance = USUAL

    def __len__(self) -> int:
        return len(self.members)

    def name(self, index: int) -> str:
        """The shard's file name and the member's path in it."""
        return f"{self.shards[self.shard[index]].name}/{self.members[index]}"

    def label(self, index: int) -> int:
        """The class that the image's .cls or .json member gives, or -1."""
        return int(self.labels[index])

    def places(self) -> tuple[Path, ...]:
        """The files that images are read from."""
        return self.shards

    def read(self, index: int) -> bytes:
        """The member's bytes; raises ImageError where the shard ends before them or is gone, or they are too many."""
        path, size = self.shards[self.shard[index]], int(self.size[index])
        self.allowance.admit(size)
        try:
            # Opened for each read: threads and worker processes share no file position.
            with path.open("rb") as stream:
                stream.seek(int(self.offset[index]))
                data = stream.read(size)
        except OSError as error:
            raise ImageError(f"the shard {path.name} cannot be read: {error.strerror or error}") from error
        if len(data) < size:
            raise ImageError(f"the shard {path.name} ends {size - len(data)} bytes before this image does")
        return data

    def fingerprint(self) -> str:
        """SHA-256 over shard and member names, labels, class names and sizes."""
        rows = zip(self.labels, self.size, strict=True)
        items = ((self.name(index), int(label), int(size)) for index, (label, size) in enumerate(rows))
        return hash_items(self.kind, self.classes, items, more=[self.allowance.mark()])

    def describe(self) -> str:
        """One line: counts and the folder."""
        classes = f", {len(self.classes)} classes" if self.classes else ""
        count = len(self.shards)
        return f"{len(self)} images in {count} tar shard{'s' * (count != 1)} in {self.shards[0].parent}{classes}"


def open_tar(pattern: str) -> TarSource:
    """The images of the tar files that a pattern names: a path, `*` and `?`, and ranges as in `train-{000..012}.tar`.

    A member's key is its path up to the first dot of its file name; of a key's members, the first with an image ending
    is the image, `.cls` (a number or a name) or `.json` (a number or name under `label`, `cls` or `class`) its label.
    Class names stand one a line in `classnames.txt` or `classes.txt` beside the first shard.

    Raises SourceError for missing, damaged or compressed shards, and where there is no image.
    """
    shards = _find(pattern)
    rows: list[tuple[int, _Entry]] = []
    for number, path in enumerate(shards):
        rows += [(number, entry) for entry in _index(path)]
    if not rows:
        raise SourceError(f"no image in the {len(shards)} tar file(s) of {pattern}: members are named KEY.jpg, KEY.cls")
    labels, classes = class_labels([entry.label for _, entry in rows], what=pattern)
    return TarSource(
        tuple(shards),
        tuple(entry.name for _, entry in rows),
        np.array([number for number, _ in rows], np.int32),
        np.array([entry.offset for _, entry in rows], np.int64),
        np.array([entry.size for _, entry in rows], np.int64),
        labels,
        _class_names(shards[0].parent, classes),
    )


def expand_braces(pattern: str) -> list[str]:
    """The patterns that ranges and lists in braces stand for.

    >>> expand_braces("train-{08..10}.tar")
    ['train-08.tar', 'train-09.tar', 'train-10.tar']
    >>> expand_braces("{a,b}/{0..1}")
    ['a/0', 'a/1', 'b/0', 'b/1']
    """
    match = re.search(r"\{([^{}]*)\}", pattern)
    if match is None:
        return [pattern]
    inner = match[1]
    if span := re.fullmatch(r"([0-9]+)\.\.([0-9]+)", inner):
        width = len(span[1]) if span[1].startswith("0") else 0
        if int(span[2]) - int(span[1]) > _MOST_SHARDS:
            raise SourceError(f"the range {{{inner}}} in {pattern} is of more than {_MOST_SHARDS} files")
        choices = [str(number).zfill(width) for number in range(int(span[1]), int(span[2]) + 1)]
        if not choices:
            raise SourceError(f"the range {{{inner}}} in {pattern} runs backwards")
    else:
        choices = inner.split(",")
    rests = expand_braces(pattern[match.end() :])
    if len(choices) * len(rests) > _MOST_SHARDS:
        raise SourceError(f"the braces in {pattern} stand for more than {_MOST_SHARDS} files")
    return [pattern[: match.start()] + choice + rest for choice in choices for rest in rests]


def _find(pattern: str) -> list[Path]:
    """The shards, in natural order of each expanded pattern; raises SourceError naming what is missing."""
    found: list[Path] = []
    missing: list[str] = []
    literal = kind_of(pattern) == "file"  # a file whose name happens to contain braces or brackets
    for expanded in [pattern] if literal else expand_braces(pattern):
        if literal or not glob.has_magic(expanded):
            (found if kind_of(expanded) == "file" else missing).append(Path(expanded))  # type: ignore[arg-type]
            continue
        matches = sorted(glob.glob(expanded), key=natural_key)  # noqa: PTH207 (the pattern may be absolute)
        found += [Path(match) for match in matches if kind_of(match) == "file"]
        if not matches:
            missing.append(expanded)
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise SourceError(f"no such tar file: {', '.join(map(str, missing[:3]))}{more}")
    return found


@dataclass
class _Entry:
    """One image of a shard."""

    name: str
    offset: int
    size: int
    label: Label = None


def _index(path: Path) -> list[_Entry]:
    """The images of one shard in the order of their keys' first appearance."""
    images: dict[str, _Entry] = {}
    labels: dict[str, Label] = {}
    try:
        with tarfile.open(path, "r:") as archive:
            for member in _files(archive):
                folder, _, base = member.name.rpartition("/")
                stem, _, suffix = base.partition(".")
                key = f"{folder}/{stem}"
                if is_image_name(base):
                    images.setdefault(key, _Entry(member.name, member.offset_data, member.size))
                elif suffix in ("cls", "json"):
                    if member.size > _LARGEST_LABEL:
                        raise SourceError(f"the label {path.name}/{member.name} has {member.size} bytes")
                    stream = archive.extractfile(member)
                    text = stream.read() if stream is not None else b""
                    found = _label(suffix, text, f"{path.name}/{member.name}")
                    if found is not None:
                        labels[key] = found
    except tarfile.ReadError as error:
        raise SourceError(
            f"{path} cannot be read as a tar file: {error} (compressed archives have no random access: unpack them)"
        ) from error
    except (OSError, tarfile.TarError, ValueError, OverflowError, MemoryError, RecursionError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error  # the last: names that follow names
    for key, entry in images.items():
        entry.label = labels.get(key)
    return list(images.values())


def _files(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The archive's regular files; what was listed is forgotten, so that memory stays small."""
    at = -1
    for member in archive:
        if member.offset <= at or member.size < 0:  # or there would be no end of them
            raise tarfile.ReadError(f"its member {member.name!r:.60} says that it begins before the one before it")
        at = member.offset
        if member.isreg() and not member.issparse():
            yield member
        archive.members.clear()  # type: ignore[attr-defined]  # documented as internal, and the usual remedy


def _label(suffix: str, text: bytes, where: str) -> Label:
    """The label that a .cls or .json member holds."""
    try:
        if suffix == "cls":
            return text.decode().strip()
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"the label {where} cannot be read: {error}") from error
    if isinstance(value, dict):
        value = next((value[key] for key in _LABEL_KEYS if key in value), None)
    return value if isinstance(value, str | int | float) else None


def _class_names(folder: Path, classes: Sequence[str]) -> tuple[str, ...]:
    """The names beside the shards where labels are numbers and all of them have one, else the names given."""
    numbered = list(classes) == [str(index) for index in range(len(classes))]
    for path in (folder / name for name in CLASSES_FILES):
        if not numbered or not path.is_file():
            continue
        try:
            names = text_of(read_regular(path, _LARGEST_LABEL)).splitlines()
        except (OSError, ValueError) as error:
            raise SourceError(f"the names of classes in {path} cannot be read: {error}") from error
        if len(names) >= len(classes) > 0:
            return tuple(name.strip() for name in names)
    return tuple(classes)
