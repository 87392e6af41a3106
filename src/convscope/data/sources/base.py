"""What an image collection is, and what every kind of collection needs: order, fingerprints, labels."""

import hashlib
import re
import threading
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from convscope.data.decoding import Payload
from convscope.errors import SourceError, nearest

_ENDINGS = "jpg jpeg jpe jfif png gif bmp dib webp tif tiff ppm pgm pbm pnm jp2 j2k avif tga ico dcm heic heif"
IMAGE_SUFFIXES = frozenset(f".{ending}" for ending in _ENDINGS.split())
"""File name endings, in lower case, that make a file an image of a folder or an archive.

HEIF is among them though it is not read: what cannot be read is recorded, and what is no image is passed over."""
ARRAY_SUFFIX = ".npy"
"""The ending of arrays, which are the images of a folder that has no others."""


@runtime_checkable
class Source(Protocol):
    """An image collection: numbered images with a stable name, and a class where it is known.

    `read` may be called from several threads at once. Sources are picklable, so that worker processes can have them.
    """

    @property
    def kind(self) -> str:
        """What it is read from: folder, list, tar, npz, parquet, hf, dataset or samples."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, which labels count in; empty where there are none."""
        ...

    def __len__(self) -> int:
        """The number of images, readable or not."""
        ...

    def name(self, index: int) -> str:
        """A name that finds the image again, such as its path within the collection."""
        ...

    def label(self, index: int) -> int:
        """The image's class, -1 where it has none."""
        ...

    def read(self, index: int) -> Payload:
        """The image, for `decode`; raises ImageError where it cannot be read."""
        ...

    def fingerprint(self) -> str:
        """SHA-256 (hex) that stays when the collection moves and changes when its images do; each kind says how."""
        ...

    def describe(self) -> str:
        """One line for people: how many images and classes, and where they are."""
        ...


Images: TypeAlias = Any
"""Images of any kind, which every verb takes: tensors, arrays, paths, pictures, lists of these, collections.

A floating-point tensor (C, H, W) or (n, C, H, W) is a network's input as it is, a uint8 one pixels; a path, a Pillow
image, an array (H, W, 3) are one image; a `Source`, or what `open_source` takes, a collection; a list holds many.
"""


class PicklableLock:
    """A lock that may travel to another process, where it is a new one.

    >>> with PicklableLock():
    ...     pass
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def __reduce__(self) -> tuple[type["PicklableLock"], tuple[()]]:
        return PicklableLock, ()


def natural_key(text: str) -> tuple[object, ...]:
    """A sorting key under which numbers within names sort by value, and any two names differ.

    >>> sorted(["a10.jpg", "a9.jpg", "a09.jpg"], key=natural_key)
    ['a09.jpg', 'a9.jpg', 'a10.jpg']
    """
    # re.split alternates text and number, so that the same places hold the same types.
    parts = re.split(r"([0-9]+)", text)
    # Numbers by their lengths first: of some length on, Python makes no number of a text.
    return tuple(
        (len(part.lstrip("0")), part.lstrip("0")) if place % 2 else part for place, part in enumerate(parts)
    ), text


def is_image_name(name: str) -> bool:
    """Whether a file of this name is taken for an image.

    >>> is_image_name("photo.JPEG"), is_image_name("labels.csv")
    (True, False)
    """
    dot = name.rfind(".")
    return dot >= 0 and name[dot:].lower() in IMAGE_SUFFIXES


def hash_items(
    kind: str, classes: Sequence[str], items: Iterable[tuple[str, int, int]], *, more: Iterable[bytes] = ()
) -> str:
    """SHA-256 (hex) over the kind, the class names, each (name, label, size in bytes), and further bytes.

    >>> hash_items("folder", (), [("a.jpg", -1, 10)]) == hash_items("folder", (), [("a.jpg", -1, 11)])
    False
    """
    digest = hashlib.sha256()
    # No part contains a zero byte or a line break unescaped, so that no two collections give the same text.
    digest.update(("\0".join([kind, str(len(classes)), *map(repr, classes)]) + "\n").encode("utf-8", "surrogateescape"))
    for name, label, size in items:
        digest.update(f"{name!r}\0{label}\0{size}\n".encode("utf-8", "surrogateescape"))
    for part in more:
        digest.update(part)
    return digest.hexdigest()


Label = str | int | float | bool | None
"""A label as it stands in a file."""

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_ABSENT = ("", "nan", "<na>", "nat")
_INFINITE = ("inf", "-inf", "+inf", "infinity", "-infinity")
_ABSENT_NUMBERS = ("na", "n/a", "null", "none", *_INFINITE)  # as R, SQL and Python write it, and what no class is
_BOOLEANS = ("false", "true")


def class_labels(values: Sequence[Label], *, what: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels and class names of values as they stand in a file: all whole numbers are indices, else names are sorted.

    Numbers are whole whatever their type: 3.0 is 3, as pandas writes it where a label is missing. Booleans are the
    classes False and True, and 0 and 1 among them the same; among names they are names, however they are written. None,
    NaN and "" are images without a class, label -1, as are all where some floating-point number is not whole: such
    numbers are no classes. Among numbers or booleans NA, N/A, null, "None" and infinity are no label either; among
    names they may be names. `what` names the place for the SourceError about absurd numbers, and numbers among
    booleans.

    >>> labels, classes = class_labels(["dog", "cat", None, "dog"], what="list.txt")
    >>> labels.tolist(), classes
    ([1, 0, -1, 1], ('cat', 'dog'))
    >>> class_labels(["2.0", "", "0"], what="list.csv")[1]
    ('0', '1', '2')
    >>> class_labels([True, None], what="a.parquet")[0].tolist()
    [1, -1]
    """
    if any(isinstance(value, float) and np.isfinite(value) and value != int(value) for value in values):
        return np.full(len(values), -1, np.int64), ()
    texts = ["" if value is None else str(value).strip() for value in values]
    texts = ["" if text.lower() in _ABSENT else text for text in texts]
    given = [text for text in texts if text and text.lower() not in _ABSENT_NUMBERS]
    if given and all(_is_number(text) or text.lower() in _BOOLEANS for text in given):
        texts = ["" if text.lower() in _ABSENT_NUMBERS else text for text in texts]
    given = [text for text in texts if text]
    numbers = {text: _whole(text) for text in set(given)}
    if all(number is not None for number in numbers.values()):
        labels = np.array([numbers[text] if text else -1 for text in texts], dtype=np.int64)
        count = int(labels.max(initial=-1)) + 1
        if count > max(100_000, 10 * len(texts)):
            raise SourceError(f"{what}: label {count - 1} is no class index; classes are counted from 0")
        return labels, tuple(str(index) for index in range(count))
    if given and all(_is_number(text) for text in given):
        return np.full(len(texts), -1, np.int64), ()
    if any(text.lower() in _BOOLEANS for text in given):
        texts = [text.capitalize() if text.lower() in _BOOLEANS else text for text in texts]
        given = [text for text in texts if text]
        if all(_is_number(text) or text.lower() in _BOOLEANS for text in given):
            return _booleans(texts, what), ("False", "True")
    classes = sorted(set(given), key=natural_key)
    place = {name: index for index, name in enumerate(classes)}
    return np.array([place.get(text, -1) for text in texts], dtype=np.int64), tuple(classes)


def _booleans(texts: Sequence[str], what: str) -> NDArray[np.int64]:
    """The classes 0 and 1 of booleans, spelled so or as these numbers; raises SourceError for other numbers."""
    other = next((text for text in texts if _is_number(text) and _whole(text) not in (0, 1)), None)
    if other is not None:
        raise SourceError(f"{what}: labels are true and false, and one is {other}: write numbers alone, or these alone")
    return np.array([-1 if not text else int(text == "True" or _whole(text) == 1) for text in texts], np.int64)


def _is_number(text: str) -> bool:
    """Whether a text is a number that measures something: one that is no class index, as 3.5 is none.

    >>> _is_number("3.5"), _is_number("1e-3"), _is_number("cat")
    (True, True, False)
    """
    return _NUMBER.fullmatch(text) is not None


def _whole(text: str) -> int | None:
    """The class index that a text spells, -1 for none, as in 3, 3.0 and 3e0; None where it is no such number.

    >>> _whole("3.0"), _whole("-1"), _whole("3.5"), _whole("-2"), _whole("cat"), _whole("1e400")
    (3, -1, None, None, None, None)
    """
    if not _NUMBER.fullmatch(text):
        return None
    try:
        number = int(text) if text.isdecimal() else float(text)
        whole = int(number)
    except (ValueError, OverflowError):  # of more digits than there are, or infinite
        return None
    return whole if whole == number and -1 <= whole < 2**62 else None


def whole_labels(values: NDArray[Any]) -> NDArray[np.int64] | None:
    """The class indices that an array holds, in whatever type: None where they are no whole numbers.

    NaN and infinity are no label, -1.

    >>> whole_labels(np.array([1.0, np.nan, 4.0])).tolist(), whole_labels(np.array([True, False])).tolist()
    ([1, -1, 4], [1, 0])
    """
    if values.dtype.kind in "biu":
        return values.astype(np.int64)
    if values.dtype.kind != "f":
        return None
    known = np.nan_to_num(values.astype(np.float64), nan=-1.0, posinf=-1.0, neginf=-1.0)
    return known.astype(np.int64) if (known == np.floor(known)).all() and (abs(known) < 2**53).all() else None


def pick_column(asked: str | None, candidates: Sequence[str], *, usual: Sequence[str], what: str) -> str:
    """The column of images among the candidates: the one asked for, the only one, or the one of a usual name.

    Raises SourceError, naming the candidates, where that is not a single one.

    >>> pick_column(None, ["mask", "image"], usual=("image", "img"), what="data.parquet")
    'image'
    """
    listing = ", ".join(candidates)
    if asked is not None:
        if asked not in candidates:
            raise SourceError(
                f"{what}: no image column {asked!r}{nearest(asked, candidates)} (image columns: {listing or 'none'})"
            )
        return asked
    if len(candidates) == 1:
        return candidates[0]
    for name in usual:
        if name in candidates:
            return name
    if not candidates:
        raise SourceError(f"{what}: no column holds images (bytes, or a struct of bytes and path)")
    raise SourceError(f"{what}: images may be in {listing}: say which, as {what}#COLUMN")
