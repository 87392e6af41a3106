"""Target sets in their published layouts: Caltech-101, Caltech-256, PASCAL VOC 2012, and any images with labels.

Each becomes a `TargetSet`: a `Source` that the scan pipeline reads, and what is known of its labels. Nothing is
downloaded; where something is missing the message says what was expected and where it can be had.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from convscope.arguments import checked
from convscope.data import Source, open_source
from convscope.data.sources.files import FileSource
from convscope.data.sources.select import limit as evenly
from convscope.errors import SourceError, UsageError, nearest
from convscope.methods.inputs import collection
from convscope.shown import brief

TargetKind = Literal["caltech101", "caltech256", "voc2012", "images"]
Background = Literal["in", "out"]

BACKGROUNDS = ("BACKGROUND_Google", "257.clutter")
"""The classes of Caltech-101 and Caltech-256 that are no category but pictures of anything."""

VOC_CLASSES = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)
"""The twenty classes of PASCAL VOC, in its own order."""

PRESENT, DIFFICULT, ABSENT = 1, 0, -1
"""What is said of a class in an image, as in the files of ImageSets/Main."""

_HOME = {
    "caltech101": "https://data.caltech.edu/records/mzrjq-6wc02",
    "caltech256": "https://data.caltech.edu/records/nyy15-4j048",
    "voc2012": "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
}
_FOLDERS = {"caltech101": "101_ObjectCategories", "caltech256": "256_ObjectCategories"}
_EXAMPLES = {"caltech101": "accordion/image_0001.jpg", "caltech256": "001.ak47/001_0001.jpg"}


@brief
@dataclass(frozen=True, eq=False)
class TargetSet:
    """Images to classify.

    labels: int64 (n,), the one class of each image, -1 where it has none.
    presence: int8 (n, classes), for images of several classes: 1 present, 0 present but difficult only, -1 absent;
        None where each image has one class.
    sets: numbers of images by the name of the published set (train, val, trainval, test), where there are such sets.
    """

    kind: TargetKind
    source: Source
    classes: tuple[str, ...]
    labels: NDArray[np.int64] = field(repr=False)
    presence: NDArray[np.int8] | None = field(default=None, repr=False)
    sets: Mapping[str, NDArray[np.int64]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.source)

    def describe(self) -> str:
        """One line for people."""
        return f"{self.source.describe()}; {len(self.classes)} classes to tell apart"


@checked
def open_target(
    spec: Any,
    *,
    background: Background | None = None,
    limit: int | None = None,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    root: str | PathLike[str] | None = None,
) -> TargetSet:
    """The target set that `spec` names.

    | spec | images |
    | --- | --- |
    | `caltech101:DIR` | DIR is `101_ObjectCategories` or holds it; 102 folders with BACKGROUND_Google |
    | `caltech256:DIR` | DIR is `256_ObjectCategories` or holds it; 257 folders with 257.clutter |
    | `voc2012:DIR` | DIR is `VOCdevkit/VOC2012`, or holds it or `VOCdevkit` |
    | anything that `convscope.open_source` takes | images with labels: a folder of classes, a pack, a Source |

    background: whether the class that is no category takes part; by default it does in Caltech-101 and everywhere
        else but Caltech-256, whose authors leave the clutter out.
    limit: at most so many images, evenly spread.
    max_pixels, max_bytes, root: what one image may cost, and where a list's paths begin, as in `open_source`.

    Raises:
        SourceError: where something of the layout is missing, or the images have no labels.
        UsageError: for `background` where there is no such class to choose about, or `limit` of PASCAL VOC's sets.

    >>> from convscope.data import wrap_dataset
    >>> photos = [(np.full((8, 8, 3), i, np.uint8), i % 2) for i in range(4)]
    >>> open_target(wrap_dataset(photos)).kind
    'images'
    """
    kind, place = _kind_of(spec)
    if kind == "voc2012":
        if background is not None:
            raise UsageError("PASCAL VOC has no background class: leave background out")
        if limit is not None:
            raise UsageError("PASCAL VOC is learned from and judged by whole published sets: leave limit out")
        target = _open_voc(Path(place))
    else:
        source = collection(spec, root=root) if kind == "images" else _open_caltech(kind, Path(place))
        target = _labelled(kind, source if limit is None else evenly(source, limit), background)
    return replace(target, source=open_source(target.source, max_pixels=max_pixels, max_bytes=max_bytes))


def _kind_of(spec: Any) -> tuple[TargetKind, str]:
    """The layout that a spec names, and its path."""
    if not isinstance(spec, str):
        return "images", ""
    scheme, _, place = spec.partition(":")
    for kind in ("caltech101", "caltech256", "voc2012"):
        if scheme.lower() == kind:
            if not place:
                raise SourceError(f"{spec!r} names no folder: write {kind}:DIR; {_where(kind)}")
            return kind, place
    return "images", ""


def _where(kind: str) -> str:
    return f"it can be had at {_HOME[kind]}"


# -- Caltech ----------------------------------------------------------------------------------------------------------


def _open_caltech(kind: TargetKind, place: Path) -> Source:
    wanted = _FOLDERS[kind]
    candidates = [place / wanted, place / "caltech-101" / wanted, place]
    root = next((path for path in candidates if path.is_dir() and _has_class_folders(path)), None)
    if root is None:
        raise SourceError(
            f"{kind}:{place} is not there: expected {place / wanted} with one folder of .jpg files a class, such as "
            f"{wanted}/{_EXAMPLES[kind]}; {_where(kind)}"
        )
    return open_source(f"folder:{root}")


def _has_class_folders(path: Path) -> bool:
    return any(child.is_dir() and any(child.glob("*.jpg")) for child in path.iterdir())


def _labelled(kind: TargetKind, source: Source, background: Background | None) -> TargetSet:
    """The target of a source with one label an image; classes without an image are dropped."""
    labels = np.fromiter((source.label(i) for i in range(len(source))), np.int64, len(source))
    if (labels < 0).all():
        raise SourceError(
            f"the images have no labels, so nothing can be learned from them: {source.describe()}; give a folder with "
            "one sub-folder a class, a pack with labels, caltech101:DIR, caltech256:DIR or voc2012:DIR"
        )
    names = source.classes or tuple(str(label) for label in range(int(labels.max()) + 1))
    present = np.bincount(labels[labels >= 0], minlength=len(names)) > 0
    odd = [name for name in names if name in BACKGROUNDS]
    if background is not None and not odd:
        raise UsageError(f"background={background!r}: there is no class named {' or '.join(BACKGROUNDS)}")
    leave_out = background == "out" or (background is None and kind == "caltech256")
    kept = [i for i, name in enumerate(names) if present[i] and not (leave_out and name in odd)]
    if len(kept) < 2:
        raise SourceError(f"only {len(kept)} class has images, two are needed: {source.describe()}")
    renumber = np.full(len(names) + 1, -1, np.int64)  # the last place is that of -1
    renumber[kept] = np.arange(len(kept))
    return TargetSet(kind, source, tuple(names[i] for i in kept), renumber[labels])


# -- PASCAL VOC -------------------------------------------------------------------------------------------------------


def _open_voc(place: Path) -> TargetSet:
    root = next((p for p in (place / "VOCdevkit" / "VOC2012", place / "VOC2012", place) if _is_voc(p)), None)
    if root is None:
        raise SourceError(
            f"voc2012:{place} is not there: expected VOCdevkit/VOC2012 with JPEGImages, Annotations and "
            f"ImageSets/Main below it; {_where('voc2012')}"
        )
    names: dict[str, int] = {}
    sets = {name: _image_set(root, name, names) for name in ("train", "val", "trainval", "test")}
    sets = {name: rows for name, rows in sets.items() if len(rows)}
    if not sets:
        raise SourceError(f"{root / 'ImageSets' / 'Main'} has none of train.txt, val.txt, trainval.txt and test.txt")
    presence = np.full((len(names), len(VOC_CLASSES)), ABSENT, np.int8)
    labels = np.full(len(names), -1, np.int64)
    annotated = np.zeros(len(names), bool)
    for name, row in names.items():
        path = root / "Annotations" / f"{name}.xml"
        if path.is_file():
            annotated[row] = True
            presence[row], labels[row] = read_annotation(path)
    _check_annotated(root, sets, annotated, list(names))
    files = tuple(f"JPEGImages/{name}.jpg" for name in names)
    source = FileSource("voc2012", root, files, labels, VOC_CLASSES)
    return TargetSet("voc2012", source, VOC_CLASSES, labels, presence, sets)


def _is_voc(root: Path) -> bool:
    return (root / "ImageSets" / "Main").is_dir() and (root / "JPEGImages").is_dir()


def _image_set(root: Path, name: str, names: dict[str, int]) -> NDArray[np.int64]:
    """The images that a set lists, numbered in the order of their first mention over all sets."""
    path = root / "ImageSets" / "Main" / f"{name}.txt"
    if not path.is_file():
        return np.zeros(0, np.int64)
    try:
        listed = [line.split()[0] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read as a list of images: {error}; {_where('voc2012')}") from error
    bad = [one for one in listed if not re.fullmatch(r"[\w.-]+", one)]
    if bad:
        raise SourceError(f"{path} lists {bad[0]!r}, which is no name of an image such as 2008_000002")
    return np.array([names.setdefault(one, len(names)) for one in listed], np.int64)


def _check_annotated(
    root: Path, sets: Mapping[str, NDArray[np.int64]], annotated: NDArray[np.bool_], names: list[str]
) -> None:
    """Raise where an image of a set that has labels has none; those of the test set were never published."""
    for name, rows in sets.items():
        missing = rows[~annotated[rows]]
        if len(missing) and not (name == "test" and len(missing) == len(rows)):
            raise SourceError(
                f"{len(missing)} of the {len(rows)} images of {name} have no annotation, such as "
                f"{root / 'Annotations' / names[missing[0]]}.xml; {_where('voc2012')}"
            )


def read_annotation(path: Path) -> tuple[NDArray[np.int8], int]:
    """Presence (20,) of the classes in an image, and its one class for a softmax over exclusive classes.

    A class is present if any object of it is not difficult, difficult if all are. The one class is that whose objects
    that are not difficult cover most pixels, by the sum of their boxes (the paper does not say how it chose); ties go
    to the first in VOC's order; -1 without any.

    Raises:
        SourceError: where the file is no annotation of VOC.
    """
    try:
        root = ElementTree.fromstring(path.read_bytes())
        objects = [_read_object(element) for element in root.iter("object")]
    except (ElementTree.ParseError, ValueError, KeyError, OSError) as error:
        raise SourceError(f"{path} cannot be read as an annotation of PASCAL VOC: {error}") from error
    return _summed_up(objects)


def _read_object(element: ElementTree.Element) -> tuple[int, bool, float]:
    """Class, whether it is difficult, and area of one object."""
    name = (element.findtext("name") or "").strip()
    if name not in VOC_CLASSES:
        raise ValueError(f"unknown class {name!r}{nearest(name, VOC_CLASSES)}")
    box = {key: float(element.findtext(f"bndbox/{key}") or "nan") for key in ("xmin", "ymin", "xmax", "ymax")}
    area = (box["xmax"] - box["xmin"] + 1) * (box["ymax"] - box["ymin"] + 1)
    if not area >= 0:
        raise ValueError(f"an object of class {name!r} has no bndbox with xmin, ymin, xmax and ymax")
    return VOC_CLASSES.index(name), (element.findtext("difficult") or "0").strip() == "1", area


def _summed_up(objects: Iterable[tuple[int, bool, float]]) -> tuple[NDArray[np.int8], int]:
    presence, area = np.full(len(VOC_CLASSES), ABSENT, np.int8), np.zeros(len(VOC_CLASSES))
    for label, difficult, covered in objects:
        presence[label] = max(presence[label], DIFFICULT if difficult else PRESENT)
        area[label] += 0.0 if difficult else covered
    return presence, int(area.argmax()) if (presence == PRESENT).any() else -1


__all__ = [
    "ABSENT",
    "BACKGROUNDS",
    "DIFFICULT",
    "PRESENT",
    "VOC_CLASSES",
    "Background",
    "TargetSet",
    "open_target",
    "read_annotation",
]
