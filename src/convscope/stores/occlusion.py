"""Occlusion of a whole collection: image by image, kept on the way, so that a run that was stopped goes on.

    STORE/question.json      what was asked of which network and images
    STORE/00003.npz          what was found for image 3, all of it or no file

A store holds the answers to one question. Asked another one, it forgets those it has: they are never mixed.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from convscope import kernels
from convscope.data import Failure, Preprocess, Source, load_image, open_source
from convscope.errors import ImageError, ShapeError, SourceError, StoreError, UsageError
from convscope.files import parse_json, read_sealed_json, read_whole, write_bytes, write_sealed_json, writing
from convscope.graph import Head, Network, Unit
from convscope.methods.inputs import input_of, preprocess_of
from convscope.methods.occlusion.occluders import OccluderGrid
from convscope.methods.occlusion.occlusion import OcclusionMaps, OcclusionResponses, occlude, one_of
from convscope.methods.targets import Region, Target, head_for
from convscope.progress import Progress, silent
from convscope.settings import usual_settings
from convscope.tables import apart

logger = logging.getLogger(__name__)

SCHEMA = 1
_AT_ONCE = 8  # images that are asked about together, and lost together when a run is stopped


@dataclass(frozen=True)
class Covered:
    """An image of a collection by number and name, and what covering its parts does: an `OcclusionMaps` of one image.

    kept: whether it comes from the store.
    """

    index: int
    name: str
    found: OcclusionMaps
    kept: bool = False


@usual_settings()
def occlude_source(
    net: Network,
    source: Source | Any,
    *,
    target: Target = None,
    store: str | PathLike[str] | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Iterator[Covered | Failure]:
    """For each image of a collection, in order: what covering its parts does, or why it could not be read.

    target, options: those of `occlude`; a tensor of targets has a row for every image of the collection. store: a
    folder where each image's answer is kept as soon as it is known, and from which a repeated call takes it.

    Raises:
        SourceError: for a collection of no images. StoreError: where the store cannot be written. And what
        `occlude` raises.

    >>> import torch
    >>> from convscope.data import Preprocess
    >>> layers = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.Flatten(), torch.nn.Linear(1568, 5))
    >>> net = Network.trace(layers, (3, 16, 16), preprocess=Preprocess(16, 16))
    >>> photos = [np.full((16, 16, 3), 9, np.uint8), np.full((20, 30, 3), 5, np.uint8)]
    >>> [one.found.grid.shape for one in occlude_source(net, photos, size=8, stride=8, layer="0")]
    [(2, 2), (2, 2)]
    """
    images, report = open_source(source), progress or silent
    if not len(images):
        raise SourceError(f"there are no images to cover: {images.describe()}")
    if isinstance(target, Tensor) and len(target) != len(images):
        raise ShapeError(f"targets have shape {tuple(target.shape)}; a row for each of {len(images)} images is needed")
    kept = _Store.of(store, net, images, target, options)
    for first in range(0, len(images), _AT_ONCE):
        rows = range(first, min(first + _AT_ONCE, len(images)))
        answers: dict[int, Covered | Failure] = {}
        for i in rows:
            known = kept.read(i)
            if known is not None:
                answers[i] = Covered(i, images.name(i), known, kept=True)
        crops, failures = _read(images, [i for i in rows if i not in answers], preprocess_of(net))
        missing = frozenset(crops)
        answers |= {failure.index: failure for failure in failures}
        if missing:
            # Those that are kept, too: what is computed together decides the last bits of each.
            crops |= _read(images, [i for i, one in answers.items() if isinstance(one, Covered)], preprocess_of(net))[0]
            todo = sorted(crops)
            own = target[todo] if isinstance(target, Tensor) else target
            tell = _share(report, done=first + len(rows) - len(todo), count=len(todo), total=len(images))
            made = occlude(net, input_of(net, [crops[i] for i in todo]), target=own, progress=tell, **options)
            for row, i in enumerate(todo):
                if i in missing:
                    answers[i] = Covered(i, images.name(i), kept.write(i, one_of(made, row)))
        yield from (answers[i] for i in rows)


def _share(report: Progress, *, done: int, count: int, total: int) -> Progress:
    """Progress over all images' positions, from that over the positions of `count` of them."""

    def tell(stage: str, at: int, of: int) -> None:
        each = of // count
        report(stage, done * each + at, total * each)

    return tell


def _read(
    source: Source, indices: Sequence[int], preprocess: Preprocess
) -> tuple[dict[int, np.ndarray], tuple[Failure, ...]]:
    """The crops of those images that can be read, by number, and what is wrong with the others."""
    pixels, failures = {}, []
    for i in indices:
        try:
            pixels[i] = load_image(source, i, preprocess)
        except ImageError as error:
            failures.append(Failure(i, source.name(i), str(error)))
            logger.info("image %d left out: %s", i, error)
    return pixels, tuple(failures)


# -- what is kept -----------------------------------------------------------------------------------------------------
@dataclass
class _Store:
    """Answers in a folder, those of one question; without a folder none."""

    folder: Path | None
    question: dict[str, Any]
    ours: bool
    head: Head | None

    @classmethod
    def of(
        cls, folder: str | PathLike[str] | None, net: Network, source: Source, target: Target, options: dict[str, Any]
    ) -> _Store:
        """The store for a question; raises StoreError where it holds answers to another one.

        Answers beside a question that is damaged or missing count for nothing.
        """
        deciding = {key: _plain(value) for key, value in options.items() if key not in ("workers", "memory")}
        asked = {
            "schema": SCHEMA,
            "network": net.fingerprint,
            "dtype": str(net.dtype),
            "preprocess": preprocess_of(net, source).to_json(),
            "images": source.fingerprint(),
            "target": _plain(target),
            "options": deciding,
            **kernels.identity(net.device, net.dtype),
        }
        head = head_for(net, target, units=bool(options.get("units")))
        if head is None or not head.plain:  # the usual output is not spelled out
            asked["output"] = None if head is None else head.to_json()
        question: dict[str, Any] = json.loads(json.dumps(asked))  # tuples become lists, as in the file
        place = None if folder is None else Path(folder)
        before = None if place is None else question_in(place)
        if before is not None and before != question:
            raise StoreError(
                f"{place} holds answers to another question ({apart(before, question)}): choose another folder, "
                "or delete this one first"
            )
        return cls(place, question, before is not None, head)

    def read(self, index: int) -> OcclusionMaps | None:
        """What is known of an image; None where it has to be asked (again)."""
        path = self._path(index)
        if path is None or not self.ours or not path.is_file():
            return None
        try:
            return from_bytes(read_whole(path), head=self.head)
        except DAMAGE as error:
            logger.info("%s cannot be used and is made again: %s", path, error)
            return None

    def write(self, index: int, found: OcclusionMaps) -> OcclusionMaps:
        """The same, after keeping it."""
        path = self._path(index)
        if path is not None and self.folder is not None:
            if not self.ours:
                self._forget(self.folder)
            write_bytes(path, to_bytes(found))
        return found

    def _path(self, index: int) -> Path | None:
        return None if self.folder is None else self.folder / f"{index:05}.npz"

    def _forget(self, folder: Path) -> None:
        """Remove answers that nobody knows the question of before the first to this one."""
        with writing(folder):
            for path in (folder / "question.json", *folder.glob("*.npz")):
                path.unlink(missing_ok=True)
        write_sealed_json(folder / "question.json", self.question)
        self.ours = True


def question_in(folder: Path) -> dict[str, Any] | None:
    """What was asked in a folder; None where that cannot be told."""
    try:
        return read_sealed_json(folder / "question.json")
    except (OSError, ValueError):
        return None


def _plain(value: Any) -> Any:
    """An option as JSON holds it; tensors by their content."""
    if isinstance(value, Tensor):
        content = value.detach().cpu().contiguous()
        return [str(content.dtype), list(content.shape), hashlib.sha256(content.numpy().tobytes()).hexdigest()]
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Unit) else value


def read_json(path: Path) -> Any:
    """What a JSON file holds; None where there is none that can be read."""
    try:
        return parse_json(read_whole(path))
    except (OSError, ValueError):
        return None


_PARTS = ("covered", "uncovered")

DAMAGE = (
    *(OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What reading an answer can raise that is not as it was written: a damaged .npz file fails in many ways."""


def to_bytes(found: OcclusionMaps) -> bytes:
    """An occlusion as the bytes of an .npz file: arrays, and all else as JSON in `about`."""
    about = {
        "schema": SCHEMA,
        "network": found.network,
        "grid": found.grid.to_json(),
        "layer": found.layer,
        "units": [str(unit) for unit in found.units],
        "fill": found.fill,
        "method": found.method,
        "settings": found.settings,
        **found.meaning,
    }
    arrays = {f"{part}_{key}": array for part in _PARTS for key, array in vars(getattr(found, part)).items()}
    out = io.BytesIO()
    np.savez_compressed(
        out, about=np.array(json.dumps(about)), targets=found.targets, channels=found.channels, **arrays
    )
    return out.getvalue()


def from_bytes(content: bytes, *, head: Head | None = None) -> OcclusionMaps:
    """The occlusion that `to_bytes` made the bytes of.

    head: what the network's output means, where it is the usual one, which is not kept.

    Raises:
        StoreError: if they are of another schema. One of DAMAGE: if they are not as they were written.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        about = parse_json(str(stored["about"]))
        if about["schema"] != SCHEMA:
            raise StoreError(f"an occlusion of schema {about['schema']}, this convscope reads {SCHEMA}: make it again")
        parts = {
            part: OcclusionResponses(
                **{key: stored[f"{part}_{key}"] for key in OcclusionResponses.__dataclass_fields__}
            )
            for part in _PARTS
        }
        kept, places = about.get("output"), about.get("regions", [None] * stored["targets"].shape[1])
        if "output" in about:
            head = None if kept is None else Head.from_json(kept)
        size = {key: tuple(about["grid"][key]) for key in ("image", "size", "stride")}
        return OcclusionMaps(
            network=about["network"],
            grid=OccluderGrid(**size, border=about["grid"]["border"]),
            covered=parts["covered"],
            uncovered=parts["uncovered"],
            targets=stored["targets"],
            layer=about["layer"],
            channels=stored["channels"],
            units=tuple(Unit.parse(text) for text in about["units"]),
            fill=about["fill"],
            method=about["method"],
            settings=about["settings"],
            head=head,
            regions=tuple(None if one is None else _region(one, head) for one in places),
        )


def _region(text: str, head: Head | None) -> Region:
    """The region of a target as it is kept."""
    try:
        return Region.parse(text, () if head is None else head.positions)
    except UsageError as error:
        raise ValueError(str(error)) from error


__all__ = ["Covered", "from_bytes", "occlude_source", "read_json", "to_bytes"]
