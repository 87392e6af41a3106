"""What units take from images: on pixels, and as pictures of each patch beside its projection."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict, Unpack, overload

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from convscope.arguments import at_least, checked, item
from convscope.atlas.render import crop_patch, display, enlarge
from convscope.data import Batch, Failure, Images, Preprocess, Source, batches
from convscope.errors import UsageError
from convscope.files import write_bytes
from convscope.graph import Network, PullOptions, Unit, UnitLike, is_unit, several
from convscope.graph.options import Gates, LrnRule, OverlapRule, Rule, Smooth, pull_options
from convscope.methods import deconv as projecting
from convscope.methods.deconv import ProjectedPixels, SignalSize
from convscope.methods.deconv.projection import join_projections
from convscope.methods.deconv.units import PHOTOS
from convscope.methods.inputs import are_planes, preprocess_of
from convscope.progress import Progress, silent
from convscope.studies.answer import Answer, Figure, Row, finished, question
from convscope.studies.asking import collection, expect_network
from convscope.studies.kept import context
from convscope.studies.pictures import SeenImages, look_at, none_readable, seen_in
from convscope.tables import without_nan

_SHOWN = 224  # pixels that a patch is enlarged to, by a whole number, where it is smaller
_GAP = 8
_GREY = (128, 128, 128)


@dataclass(frozen=True, eq=False)
class Projected:
    """One unit's projection on one image: its box y0 x0 y1 x1, its activation, and what was done on the way.

    unit: with the position that was projected. image: its name; index: its number among the images.
    """

    unit: Unit
    image: str
    index: int
    value: float
    box: tuple[int, int, int, int]
    report: str


@dataclass(eq=False, repr=False)
class Projection(Answer):
    """A unit's projections on images, one row of each array an image, in the order of `seen`.

    asked: the unit. found: the pixels and the boxes that they lie on, and what was done on the way.
    """

    asked: Unit
    found: ProjectedPixels
    seen: SeenImages
    fill: tuple[int, ...] = _GREY
    """The colour beyond the image, in pictures."""
    pictures: Mapping[str, Path] | None = context()
    """Pictures that are in a folder already, by file name."""

    @property
    def pixels(self) -> Tensor:
        """(n, C, h, w), signed, on the unit's receptive field; zero beyond the image."""
        return self.found.pixels

    @property
    def boxes(self) -> Tensor:
        """(n, 4) y0 x0 y1 x1 in pixels of the network's input, half-open; a box may reach beyond the image."""
        return self.found.boxes

    @property
    def units(self) -> tuple[Unit, ...]:
        """The n units, with the positions that were projected."""
        return self.found.units

    @property
    def values(self) -> Tensor:
        """(n,) float32, the units' activations."""
        return self.found.values

    @property
    def photos(self) -> NDArray[np.uint8] | None:
        """(n, H, W, 3), the images as the network sees them; None where they are not pixels."""
        return self.found.photos

    def full(self) -> Tensor:
        """(n, C, H, W), the projections on the whole image, zero outside their boxes."""
        return self.found.full()

    def __len__(self) -> int:
        return len(self.found)

    @property
    def summary(self) -> str:
        """The unit, the images, and what was done on the way to the pixels."""
        images = f"{len(self)} image{'' if len(self) == 1 else 's'}"
        return f"{self.asked} on {images}: {self.found.report}"

    @property
    def _made(self) -> list[Projected]:
        """The projections one by one."""
        boxes, report = self.boxes.tolist(), self.found.report
        undefined = (~self.pixels.sum((1, 2, 3)).isfinite()).tolist() if report.undefined else [False] * len(boxes)
        named = zip(self.units, self.seen.names, self.seen.indices, self.values.tolist(), boxes, undefined, strict=True)
        return [
            Projected(unit, name, at, value, tuple(box), str(report.for_value(value, undefined=bad)))
            for unit, name, at, value, box, bad in named
        ]

    def rows(self) -> list[Row]:
        """One row an image; `picture` is the figure's name, as in the folder of the answer."""
        return [_row(one, _picture_name(self.asked, one.image, one.index)) for one in self._made]

    def to_json(self) -> dict[str, Any]:
        """The unit and the rows."""
        return without_nan({"unit": str(self.asked), "projections": self.rows()})

    def remarks(self) -> list[str]:
        """The images that were left out, and what was done on the way to the pixels."""
        return [*self.seen.remarks, str(self.found.report)]

    def drawings(self) -> Mapping[str, Figure]:
        """For every image the patch on the left, the projection on the right."""
        captions = {
            _picture_name(self.asked, one.image, one.index): f"{one.unit} on {one.image}: {one.value:.4g}"
            for one in self._made
        }
        return {name: Figure(text, partial(self._draw, at)) for at, (name, text) in enumerate(captions.items())}

    def written(self, folder: Path) -> Mapping[str, Path]:
        """The pictures that were written there as they were made."""
        return {name: path for name, path in (self.pictures or {}).items() if path == folder / name}

    @property
    def can_draw(self) -> bool:
        """Whether the photos are at hand."""
        return self.photos is not None

    def _draw(self, row: int) -> bytes:
        if self.photos is None:
            raise UsageError("the photos of so many images are not kept: save the pictures with store=")
        return _picture(self.found, row, self.photos[row], self.fill)

    def _repr_html_(self) -> str:
        return self.found._repr_html_()


@dataclass(eq=False, repr=False)
class Projections(Answer, Sequence[Projection]):
    """Projections of several units on the same images: a sequence of `Projection`, in the order of the units."""

    each: tuple[Projection, ...]

    @overload
    def __getitem__(self, at: int) -> Projection: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Projection]: ...
    def __getitem__(self, at: int | slice) -> Projection | Sequence[Projection]:
        return item(self.each, at, "projections")

    def __len__(self) -> int:
        return len(self.each)

    @property
    def summary(self) -> str:
        """The units in words."""
        return "; ".join(one.summary for one in self.each)

    @property
    def _made(self) -> list[Projected]:
        """The projections one by one, image by image."""
        return [one for together in zip(*(each._made for each in self.each), strict=True) for one in together]

    def rows(self) -> list[Row]:
        """One row a unit and image, image by image."""
        listed = [each.rows() for each in self.each]
        return [row for together in zip(*listed, strict=True) for row in together]

    def to_json(self) -> dict[str, Any]:
        """The rows."""
        return without_nan({"images": len(self.each[0]), "projections": self.rows()})

    def remarks(self) -> list[str]:
        """The images that were left out, and what was done on the way to the pixels."""
        return [*self.each[0].seen.remarks, str(self.each[-1].found.report)]

    @property
    def can_draw(self) -> bool:
        """Whether the photos are at hand."""
        return all(one.can_draw for one in self.each)

    def written(self, folder: Path) -> Mapping[str, Path]:
        """The pictures that were written there as they were made."""
        return {name: path for one in self.each for name, path in one.written(folder).items()}

    def drawings(self) -> Mapping[str, Figure]:
        """For every unit and image the patch on the left, the projection on the right."""
        return {name: figure for one in self.each for name, figure in one.drawings().items()}

    def _repr_html_(self) -> str:
        return "".join(one._repr_html_() for one in self.each)


def _row(one: Projected, picture: str) -> dict[str, Any]:
    said = {"unit": str(one.unit), "image": one.image, "value": one.value, "box": list(one.box), "report": one.report}
    return {**said, "picture": picture}


class _Options(TypedDict, total=False):
    store: str | PathLike[str] | None
    signal: SignalSize | Tensor
    rule: Rule
    smooth: Smooth
    overlap: OverlapRule
    lrn: LrnRule | None
    gates: Gates | None
    options: PullOptions | None
    limit: int | None
    batch: int
    progress: Progress | None


@overload
def deconv(net: Network, images: Images, units: UnitLike, **options: Unpack[_Options]) -> Projection: ...
@overload
def deconv(net: Network, images: Images, units: Sequence[UnitLike], **options: Unpack[_Options]) -> Projections: ...
@checked
def deconv(
    net: Network,
    images: Images,
    units: UnitLike | Sequence[UnitLike],
    *,
    store: str | PathLike[str] | None = None,
    signal: SignalSize | Tensor = "activation",
    rule: Rule = "deconvnet",
    smooth: Smooth = "rectify",
    overlap: OverlapRule = "sum",
    lrn: LrnRule | None = None,
    gates: Gates | None = None,
    options: PullOptions | None = None,
    limit: int | None = None,
    batch: int = 32,
    progress: Progress | None = None,
) -> Projection | Projections:
    """What a unit, or each of several, takes from images: projections on its field, down to pixels (section 2.1).

    Args:
        net: the network; one with preprocessing, unless the images are its input.
        images: images of any kind, see `convscope.methods.inputs.images_for`: "dog.jpg", a folder, a tensor.
        units: one or more, as "layer:channel" or "layer:channel@y,x"; without a position the strongest of each image.
        store: a folder for the pictures, in one folder a unit, and the answer.
        signal: what is put into the unit's layer: its "activation", or "one", or a tensor (n,) of a number an image.
        rule, smooth, overlap, lrn, gates: see `PullOptions`; or all of them as `options`.
        limit: at most so many images, evenly spread.
        batch: images that are taken together.
        progress: called with the number of images done.

    Raises:
        UsageError: for a malformed unit or option. UnknownLayer: for a unit that does not exist. ShapeError: for images
            or signals of another shape. ImageError: where no image could be read. StoreError: where the folder holds
            the answer to another question, or cannot be written.

    >>> net = Network.trace(torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU()), (3, 16, 16))
    >>> found = deconv(net, torch.rand(2, 3, 16, 16), "1:5")
    >>> found, found.pixels.shape
    (<Projection: 1:5 on 2 images: 1 relu rectified>, torch.Size([2, 3, 3, 3]))
    """
    expect_network(net)
    listed = several(units)
    if not listed:
        raise UsageError("units=[]: name one unit or more, such as 'features.8:174'")
    at_least(1, batch=batch)
    wanted = [net.unit(unit) for unit in listed]
    asked = pull_options(options, rule=rule, smooth=smooth, overlap=overlap, lrn=lrn, gates=gates)
    deciding = {"units": wanted, "signal": signal, "options": asked}
    if are_planes(images):
        given = look_at(net, images, limit=limit)
        whole = question(net, given.seen, **deciding)
        Projection.expect_place(store, whole)
        Projections.expect_place(store, whole)
        taken = projecting.deconv(net, given.inputs, wanted, signal=signal, **vars(asked))
        found, seen, fill = [replace(one, photos=given.pixels) for one in taken], given.seen, _GREY
        written: dict[str, Path] = {}
    else:
        source = collection(images, limit=limit)
        whole = question(net, source, **deciding)
        Projection.expect_place(store, whole)
        Projections.expect_place(store, whole)
        making = _Making(net, source, wanted, {**vars(asked), "signal": signal}, store)
        found, seen, fill, written = making.all(batch, progress or silent)
    each = tuple(Projection(unit, one, seen, fill, written) for unit, one in zip(wanted, found, strict=True))
    return finished(each[0] if is_unit(units) else Projections(each), store=store, asked=whole, progress=progress)


class _Making:
    """Projections batch by batch; with a folder, pictures are written into it as they are made."""

    def __init__(
        self,
        net: Network,
        source: Source,
        units: Sequence[Unit],
        how: dict[str, Any],
        store: str | PathLike[str] | None,
    ) -> None:
        self._net, self._source, self._units, self._how = net, source, units, how
        self._store = None if store is None else Path(store)
        self._found: list[list[ProjectedPixels]] = [[] for _ in units]
        self._photos: list[NDArray[np.uint8]] = []
        self._indices: list[int] = []
        self._failures: list[Failure] = []
        self._written: dict[str, Path] = {}

    def all(
        self, size: int, progress: Progress
    ) -> tuple[list[ProjectedPixels], SeenImages, tuple[int, ...], dict[str, Path]]:
        """By unit the projections, the images, the colour beyond them, and the pictures that were written."""
        preprocess = preprocess_of(self._net, self._source)
        fill = tuple(preprocess.shown(preprocess.mean_colour[None, None])[0, 0].tolist())
        for part in batches(self._source, preprocess, size=size):
            self._failures += part.failures
            if len(part):
                self._take(part, preprocess, fill)
            progress("projections", len(self._indices) + len(self._failures), len(self._source))
        if not self._indices:
            raise none_readable(self._source, self._failures)
        photos = np.concatenate(self._photos) if len(self._photos) else None
        if photos is not None and len(photos) < len(self._indices):
            photos = None
        rows = torch.arange(len(self._indices), device="cpu")
        found = [replace(join_projections(parts), images=rows, photos=photos) for parts in self._found]
        return found, seen_in(self._source, self._indices, self._failures), fill, self._written

    def _take(self, part: Batch, preprocess: Preprocess, fill: tuple[int, ...]) -> None:
        batch = preprocess.normalise(part.images, dtype=self._net.dtype)
        taken = projecting.deconv(self._net, batch, self._units, **self._how)
        pixels = preprocess.shown(part.images.permute(0, 2, 3, 1).contiguous().numpy())
        indices = part.indices.tolist()
        for unit, parts, one in zip(self._units, self._found, taken, strict=True):
            parts.append(one)
            for row, index in enumerate(indices):
                self._write(_picture_name(unit, self._source.name(index), index), one, row, pixels[row], fill)
        if self._store is None or len(self._indices) < PHOTOS:
            self._photos.append(pixels)
        self._indices += indices

    def _write(
        self, name: str, found: ProjectedPixels, row: int, photo: NDArray[np.uint8], fill: tuple[int, ...]
    ) -> None:
        if self._store is not None:
            write_bytes(self._store / name, _picture(found, row, photo, fill))
            self._written[name] = self._store / name


def side_by_side(
    pixels: NDArray[np.uint8], projection: ProjectedPixels, row: int, fill: Sequence[int]
) -> NDArray[np.uint8]:
    """The patch and the projection of one row, enlarged by a whole number where they are small, white between them."""
    patch = crop_patch(pixels, projection.boxes[row].tolist(), fill)
    shown = display(projection.pixels[row : row + 1])[0]
    times = max(1, _SHOWN // max(patch.shape[:2]))
    gap = np.full((patch.shape[0] * times, _GAP, 3), 255, np.uint8)
    return np.concatenate([enlarge(patch, times), gap, enlarge(shown, times)], axis=1)


def _picture(found: ProjectedPixels, row: int, photo: NDArray[np.uint8], fill: Sequence[int]) -> bytes:
    """A row's picture as PNG."""
    memory = io.BytesIO()
    Image.fromarray(side_by_side(photo, found, row, fill)).save(memory, "PNG")
    return memory.getvalue()


def _picture_name(unit: Unit, image: str, index: int) -> str:
    """A file for each unit and image, in a folder a unit, without the colon that some file systems refuse.

    >>> _picture_name(Unit("features.8", 174), "cats/my cat.jpeg", 3)
    'features.8_174/00003-cats_my_cat.png'
    """
    folder = str(unit).replace(":", "_").replace("/", "_")
    stem = image.rpartition(".")[0] or image
    plain = re.sub(r"[^\w.-]+", "_", stem)[-80:]
    return f"{folder}/{index:05}-{plain}.png"


__all__ = ["Projected", "Projection", "Projections", "deconv", "side_by_side"]
