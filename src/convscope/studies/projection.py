"""What units take from the images of a collection: a picture of each patch beside its projection."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convscope.atlas.render import crop_patch, display, enlarge
from convscope.data import Batch, Failure, Source, batches
from convscope.files import write_bytes
from convscope.graph import Network, Unit
from convscope.graph.options import LrnRule, OverlapRule, Rule, Smooth
from convscope.methods import deconv as projecting
from convscope.methods.deconv import ProjectedPixels
from convscope.methods.deconv.engine import SignalSize
from convscope.methods.inputs import preprocess_of
from convscope.studies.answer import Answer, Row
from convscope.studies.asking import collection
from convscope.studies.pictures import left_out, none_readable
from convscope.tables import without_nan

_SHOWN = 224  # pixels that a patch is enlarged to, by a whole number, where it is smaller
_GAP = 8


@dataclass(frozen=True, eq=False)
class Projected:
    """One unit's projection on one image: its box y0 x0 y1 x1, its activation, and where its picture was written.

    asked: the unit as it was asked for; unit: with the position that was projected.
    """

    asked: Unit
    unit: Unit
    index: int
    name: str
    value: float
    box: tuple[int, int, int, int]
    report: str
    picture: Path | None


@dataclass(eq=False)
class Projections(Answer):
    """Projections of units on the images of a collection, image by image."""

    source: Source
    made: list[Projected] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """What was done on the way to the pixels."""
        return self.made[-1].report

    def rows(self) -> list[Row]:
        """One row a unit and image."""
        return [
            {
                "unit": str(one.unit),
                "image": one.name,
                "value": one.value,
                "box": list(one.box),
                "report": one.report,
                "picture": None if one.picture is None else str(one.picture),
            }
            for one in self.made
        ]

    def to_json(self) -> dict[str, Any]:
        """The number of images, and the rows."""
        return without_nan({"images": len(self.source), "projections": self.rows()})

    def remarks(self) -> list[str]:
        """The images that were left out, and what was done on the way to the pixels."""
        return [*map(left_out, self.failures), self.summary]


def deconv(
    net: Network,
    images: Source | Any,
    units: str | Unit | Sequence[str | Unit],
    *,
    out: str | PathLike[str] | None = None,
    signal: SignalSize = "activation",
    rule: Rule = "deconvnet",
    smooth: Smooth = "rectify",
    overlap: OverlapRule = "sum",
    lrn: LrnRule = "identity",
    batch: int = 8,
) -> Projections:
    """What units take from each image of a collection, as pictures: the patch on the left, the projection on the right.

    Args:
        net: a network with preprocessing.
        images: a collection, or what `open_source` takes.
        units: one or more, as "layer:channel" or "layer:channel@y,x".
        out: a folder for the pictures, in one folder a unit.
        signal: what is put into the unit's layer: its "activation", or "one".
        rule, smooth, overlap, lrn: see `convscope.deconv`.
        batch: images that are taken together.

    Raises:
        UnknownLayer: for a unit that does not exist. ImageError: where no image could be read. StoreError: where the
            folder cannot be written.
    """
    wanted = [net.unit(unit) for unit in ([units] if isinstance(units, str | Unit) else units)]
    source, preprocess = collection(images), preprocess_of(net)
    study = Projections(source)
    how: dict[str, Any] = {"rule": rule, "smooth": smooth, "overlap": overlap, "lrn": lrn, "signal": signal}
    for part in batches(source, preprocess, size=batch):
        study.failures += part.failures
        if len(part):
            found = projecting.deconv(net, preprocess.normalise(part.images, dtype=net.dtype), wanted, **how)
            study.made += _of_batch(source, part, wanted, found, preprocess.mean_colour, out)
    if not study.made:
        raise none_readable(source)
    return study


def _of_batch(
    source: Source,
    part: Batch,
    units: Sequence[Unit],
    found: Sequence[ProjectedPixels],
    fill: NDArray[np.uint8],
    out: str | PathLike[str] | None,
) -> Iterator[Projected]:
    """Every unit on every image of a batch; pictures are written as they are made."""
    for row, index in enumerate(part.indices.tolist()):
        pixels = part.images[row].permute(1, 2, 0).numpy()
        for asked, projection in zip(units, found, strict=True):
            name, place = source.name(index), None
            if out is not None:
                place = Path(out) / _folder_name(asked) / f"{index:05}-{_file_name(name)}.png"
                write_bytes(place, _png(side_by_side(pixels, projection, row, fill)))
            y0, x0, y1, x1 = projection.boxes[row].tolist()
            value, report = float(projection.values[row]), str(projection.report)
            yield Projected(asked, projection.units[row], index, name, value, (y0, x0, y1, x1), report, place)


def side_by_side(
    pixels: NDArray[np.uint8], projection: ProjectedPixels, row: int, fill: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """The patch and the projection of one row, enlarged by a whole number where they are small, white between them."""
    patch = crop_patch(pixels, projection.boxes[row].tolist(), fill)
    shown = display(projection.pixels[row : row + 1])[0]
    times = max(1, _SHOWN // max(patch.shape[:2]))
    gap = np.full((patch.shape[0] * times, _GAP, 3), 255, np.uint8)
    return np.concatenate([enlarge(patch, times), gap, enlarge(shown, times)], axis=1)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(pixels).save(memory, "PNG")
    return memory.getvalue()


def _folder_name(unit: Unit) -> str:
    """A folder's name for a unit, without the colon that some file systems refuse."""
    return str(unit).replace(":", "_").replace("/", "_")


def _file_name(name: str) -> str:
    """A file's name for an image of a collection.

    >>> _file_name("cats/my cat.jpeg")
    'cats_my_cat'
    """
    stem = name.rpartition(".")[0] or name
    return re.sub(r"[^\w.-]+", "_", stem)[-80:]


__all__ = ["Projected", "Projections", "deconv", "side_by_side"]
