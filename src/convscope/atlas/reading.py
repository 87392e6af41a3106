"""An atlas opened from its folder: numbers, names and pictures of its units, and montages like the paper's Fig. 2."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convscope.arguments import checked
from convscope.atlas.controls import said_of
from convscope.atlas.database import class_names, image_labels
from convscope.atlas.described import check_manifest
from convscope.atlas.inventory import REMEDY, Inventory, check_files
from convscope.atlas.manifest import Json, layer_from_json, load
from convscope.atlas.names import inside, is_inside
from convscope.atlas.patches import thumb_path
from convscope.atlas.render import GREY, Pixels, TileSize, enlarge
from convscope.atlas.sprites import SpriteGrid, decode_picture, take_apart
from convscope.atlas.store import LayerRecord
from convscope.atlas.tunings import read_tuning, tuning_address
from convscope.atlas.web import read_script
from convscope.errors import StoreError, UnknownLayer, UsageError, nearest
from convscope.graph import Layer, Unit, UnitLike
from convscope.methods.tuning import LayerTuning
from convscope.methods.tuning.summing import WORDS
from convscope.shown import Shown, brief
from convscope.tables import TextTable, columns_of, counted

Outcome = Literal["opened", "made", "continued", "unchanged"]


@brief
@dataclass(frozen=True)
class AtlasLayer:
    """A layer of an atlas: `id` is its name in paths, `entry` its row in the manifest."""

    id: str
    layer: Layer
    dead: int
    entry: Json

    @property
    def name(self) -> str:
        """The layer's name in the network."""
        return self.layer.name

    @property
    def likeness(self) -> float | None:
        """How like a random signal's from the same place its units' projections are: the median cosine.

        None where no unit has both, and of atlases of old, which do not say it.
        """
        found = self.entry.get("control") or {}
        return found.get("median")

    @property
    def tile(self) -> TileSize:
        """The size that patches are kept in."""
        return TileSize(**self.entry["tile"])


@brief
@dataclass(frozen=True, eq=False)
class AtlasUnit(Shown):
    """A unit of an atlas and its n strongest responses, strongest first; n is k or the images there were.

    values: float32 (n,); images: int64 (n,) numbers in the source; names, labels (-1 for none), classes (None for
    none): of these images. positions: int32 (n, 2) y, x in the map; boxes: int32 (n, 4) y0 x0 y1 x1 in input pixels.
    photos, projections: uint8 (n, h, w, 3) in the size they are kept in, WebP; grey where the response is zero.
    scales: float32 (n,) the magnitude of each projection that is shown as black or white.
    maximum, mean, active: over all images and positions; dead: the unit is zero everywhere.
    nearest: units of the layer that respond most alike, with the correlation of their strongest responses.
    """

    unit: Unit
    values: NDArray[np.float32]
    images: NDArray[np.int64]
    names: tuple[str, ...]
    labels: NDArray[np.int64]
    classes: tuple[str | None, ...]
    positions: NDArray[np.int32]
    boxes: NDArray[np.int32]
    photos: Pixels
    projections: Pixels
    scales: NDArray[np.float32]
    maximum: float
    mean: float
    active: float
    dead: bool
    nearest: tuple[tuple[Unit, float], ...]


class Atlas(Shown):
    """A finished atlas in a folder; made by `build_atlas` or opened with `Atlas.open`."""

    def __init__(self, path: Path, manifest: Json, inventory: Inventory, *, outcome: Outcome = "opened") -> None:
        self.path = path
        self.manifest = manifest
        self.inventory = inventory
        self.outcome = outcome
        """What `build_atlas` did: "made", "continued" or "unchanged", where nothing was left to do."""

    @classmethod
    @checked
    def open(cls, path: str | PathLike[str], *, outcome: Outcome = "opened") -> "Atlas":
        """The atlas in a folder.

        Raises StoreError where there is none, it is unfinished or another version's, or a file is missing or has not
        the size that it was written with: the message names it. `convscope.atlas.verifying` looks at contents too.
        """
        manifest = load(Path(path))
        if manifest.get("complete") is not True:
            raise StoreError(f"the atlas in {path} is not finished: run the command that made it again, it goes on")
        check_manifest(Path(path) / "manifest.json", manifest)
        return cls(Path(path), manifest, check_files(Path(path), manifest), outcome=outcome)

    @staticmethod
    def manifest_of(path: str | Path) -> Json:
        """The manifest of an atlas, finished or not."""
        return load(Path(path))

    def __repr__(self) -> str:
        model, data = self.manifest["model"]["name"], self.manifest["data"]["count"]
        return f"Atlas({str(self.path)!r}: {model}, {len(self.layers)} layers, {data} images)"

    def widget(self, *, route: str = "#/", height: int = 720) -> Any:
        """The viewer as a notebook widget, `height` pixels tall, at an address such as "#/u/features.8:174".

        Raises MissingExtra without anywidget.
        """
        return import_module("convscope.notebook.atlas").widget(self, route=route, height=height)

    def rows(self) -> list[dict[str, Any]]:
        """One row a layer: its units, how many of them are dead, and how like their controls projections are."""
        return [
            {"name": one.name, "units": one.layer.channels, "dead": one.dead, "likeness": one.likeness}
            for one in self.layers
        ]

    def to_json(self) -> dict[str, Any]:
        """Where it is, what was done, and its layers, as JSON values."""
        return {
            "out": str(self.path),
            "page": str(self.page),
            "outcome": self.outcome,
            "units": self.manifest["units"],
            "failures": self.manifest["failures"]["count"],
            "layers": self.rows(),
        }

    def tables(self) -> list[TextTable]:
        """The rows, for people."""
        likeness = ("-" if row["likeness"] is None else f"{row['likeness']:.2f}" for row in self.rows())
        cells = [
            (row["name"], str(row["units"]), str(row["dead"]), like)
            for row, like in zip(self.rows(), likeness, strict=True)
        ]
        return [columns_of(("layer", "units", "dead", "like control"), cells)]

    def remarks(self) -> list[str]:
        """The images that were left out."""
        failures = self.manifest["failures"]
        said = [f"left out {one['name']}: {one['reason']}" for one in failures["shown"]]
        more = failures["count"] > len(failures["shown"])
        return [*said, f"left out {failures['count']} images in all"] if more else said

    @property
    def page(self) -> Path:
        """The file for a browser to open."""
        return self.path / "index.html"

    @cached_property
    def layers(self) -> tuple[AtlasLayer, ...]:
        """The layers in execution order."""
        rows = self.manifest["layers"]
        return tuple(AtlasLayer(row["id"], layer_from_json(row), row["units"]["dead"], row) for row in rows)

    @property
    def caution(self) -> str | None:
        """The layers whose projections look much like their controls, and what that means; None where there are none.

        A unit's control is a projection that begins at the same place with random numbers at all units instead.
        """
        return said_of([(layer.name, layer.likeness) for layer in self.layers])

    @property
    def tuned(self) -> str | None:
        """How many units mind a change of their images more or less than their layer does; None of an atlas without."""
        found = [one for layer in self.layers if (one := self.tuning(layer.name)) is not None]
        minded = [one.stands_out(channel) for one in found for channel in range(len(one.kept))]
        counts = {words[0]: sum(kind in one for one in minded) for kind, words in WORDS.items()}
        most = sorted((what for what in counts if counts[what]), key=lambda what: -counts[what])
        if not found:
            return None
        what = f" ({', '.join(f'{what} {counts[what]:,}' for what in most)})" if most else ""
        return (
            f"tuning: {sum(map(bool, minded)):,} of {counted(len(minded), 'unit')} mind a change more or less than "
            f"their layer does{what}"
        )

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The names of the image collection's classes."""
        return class_names(self._checked("atlas.sqlite"))

    def layer(self, name: str) -> AtlasLayer:
        """The layer of a name.

        Raises UnknownLayer, naming the nearest, where the atlas does not show it.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = [layer.name for layer in self.layers]
        raise UnknownLayer(f"layer '{name}' is not in this atlas{nearest(name, known)} (it has {', '.join(known)})")

    def tuning(self, layer: str) -> LayerTuning | None:
        """What the units of a layer are tuned to; None of an atlas that was made without.

        Raises UnknownLayer where the atlas does not show it, StoreError where what it says cannot be read.
        """
        at = self.layer(layer)
        if "tuning" not in self.manifest["paths"]:
            return None
        said = read_script(self._checked(f"data/{tuning_address(at.id)}.js"))
        return read_tuning(at.name, said)

    def record(self, layer: str) -> LayerRecord:
        """All numbers of a layer; the last one asked for is kept at hand."""
        at = self.layer(layer)
        kept = self.__dict__.setdefault("_records", {})
        if at.id not in kept:
            kept.clear()
            found = LayerRecord.load(self._checked(f"layers/{at.id}.safetensors"))
            if found.id != at.id or len(found.values) != at.layer.channels:
                raise StoreError(f"layers/{at.id}.safetensors in {self.path} is of another layer: {REMEDY}")
            kept[at.id] = found
        return kept[at.id]

    def unit(self, unit: UnitLike) -> AtlasUnit:
        """A unit, spelled "layer:channel", with its responses and pictures.

        Raises UnknownLayer where the atlas does not have it, UsageError where the text is no unit or names a position.
        """
        wanted = Unit.of(unit).alone("an atlas shows single units")
        at = self.layer(wanted.layer)
        if wanted.position is not None:
            raise UsageError(
                f"'{wanted}' names a position: an atlas shows whole units, such as {at.name}:{wanted.channel}"
            )
        if not 0 <= wanted.channel < at.layer.channels:
            raise UnknownLayer(
                f"unit '{wanted}' does not exist: layer '{at.name}' has {counted(at.layer.channels, 'unit')}, "
                f"0{f' to {at.layer.channels - 1}' if at.layer.channels > 1 else ''}"
            )
        return self._unit(at, self.record(at.name), wanted.channel)

    def _unit(self, at: AtlasLayer, record: LayerRecord, channel: int) -> AtlasUnit:
        count = int((record.images[channel] >= 0).sum())
        row = (channel, slice(0, count))
        images = record.images[row]
        known = image_labels(self._checked("atlas.sqlite"), images.tolist())
        labels = np.array([known[i][1] for i in images.tolist()], np.int64)
        photos, projections = self._blank(at, count) if record.dead[channel] else self._tiles(at, channel, count)
        near = [
            (Unit(at.name, int(other)), float(similarity))
            for other, similarity in zip(record.near.units[channel], record.near.similarity[channel], strict=True)
            if other >= 0
        ]
        return AtlasUnit(
            unit=Unit(at.name, channel),
            values=record.values[row],
            images=images,
            names=tuple(known[i][0] for i in images.tolist()),
            labels=labels,
            classes=tuple(self._class(label) for label in labels.tolist()),
            positions=np.stack([record.y[row], record.x[row]], axis=1),
            boxes=record.boxes[row],
            photos=photos,
            projections=projections,
            scales=record.scales[row],
            maximum=float(record.maximum[channel]),
            mean=float(record.mean[channel]),
            active=float(record.active[channel]),
            dead=bool(record.dead[channel]),
            nearest=tuple(near),
        )

    def _class(self, label: int) -> str | None:
        if label >= len(self.classes):
            raise StoreError(f"{self.path / 'atlas.sqlite'} does not name class {label}: {REMEDY}")
        return self.classes[label] if label >= 0 else None

    def _blank(self, at: AtlasLayer, count: int) -> tuple[Pixels, Pixels]:
        """The grey of a dead unit, which has no pictures."""
        grid = SpriteGrid.from_json(at.entry["sprite"])
        blank = np.full((count, grid.height, grid.width, 3), GREY, np.uint8)
        return blank, blank.copy()

    def _tiles(self, at: AtlasLayer, channel: int, count: int) -> tuple[Pixels, Pixels]:
        path = f"pictures/{at.id}/{channel}.webp"
        try:
            photos, projections = take_apart(self._picture(path), SpriteGrid.from_json(at.entry["sprite"]), count)
        except ValueError as error:  # among them ShapeError
            raise StoreError(f"{self.path / path} is damaged ({error}): {REMEDY}") from error
        return photos, projections

    def image(self, number: int) -> Pixels:
        """A whole image, as the network sees it but smaller, uint8 (h, w, 3).

        Raises UsageError where the atlas does not have it: only images among the strongest of some unit are kept.
        """
        path = f"pictures/images/{thumb_path(number)}"
        if not is_inside(self.path, path):
            raise UsageError(f"image {number} is not in this atlas: it is among the strongest of no unit shown")
        return self._picture(path)

    def _picture(self, path: str) -> Pixels:
        try:
            return decode_picture(self._checked(path).read_bytes())
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise StoreError(f"{self.path / path} is damaged ({error}): {REMEDY}") from error

    def _checked(self, path: str) -> Path:
        """A file that must be there, and as it was written: looked at once, as opening an atlas compares sizes alone.

        Raises StoreError where it is not.
        """
        found, seen = self._file(path), self.__dict__.setdefault("_seen", set())
        stamp = self.inventory.stamps.get(path)
        if stamp is not None and path not in seen:
            if not stamp.matches(self.path, path):
                raise StoreError(f"{self.path / path} is damaged (its content is not what was written): {REMEDY}")
            seen.add(path)
        return found

    def _file(self, path: str) -> Path:
        """A file of the atlas that must be there."""
        try:
            return inside(self.path, path)
        except FileNotFoundError as error:
            raise StoreError(f"{self.path / path} is missing: {REMEDY}") from error

    def montage(self, units: Sequence[UnitLike], *, columns: int = 1, cell: int = 64, gap: int = 2) -> Image.Image:
        """A picture of units: for each its strongest patches, beside them the projections, as in the paper's Fig. 2.

        Patches and projections are squares of cells, k each, in `columns` columns of units. `cell` is the longest side
        of a patch in pixels; patches that are smaller are enlarged by a whole number.
        """
        if not units:
            raise UsageError("a montage of no units: name one or more, such as features.8:174")
        panels = [self._panel(self.unit(unit), cell, gap) for unit in units]
        return Image.fromarray(arrange(panels, columns, 6 * gap))

    def _panel(self, unit: AtlasUnit, cell: int, gap: int) -> Pixels:
        grid = SpriteGrid.from_json(self.layer(unit.unit.layer).entry["sprite"])
        squares = []
        for tiles in (unit.photos, unit.projections):
            shown = [in_cell(tile, cell) for tile in tiles]
            squares.append(arrange(shown, grid.columns, gap, rows=grid.rows))
        return arrange(squares, 2, 3 * gap)


_PAPER = 255  # the white between pictures


def in_cell(tile: Pixels, cell: int) -> Pixels:
    """The tile in the middle of a white square of `cell` pixels: enlarged by a whole number, or reduced to fit."""
    longest = max(tile.shape[:2])
    if longest > cell:
        size = TileSize.of(tile.shape[:2], cell)
        tile = np.asarray(Image.fromarray(tile).resize((size.width, size.height), Image.Resampling.HAMMING))
    else:
        tile = enlarge(tile, cell // longest)
    square = np.full((cell, cell, 3), _PAPER, np.uint8)
    top, left = ((cell - side) // 2 for side in tile.shape[:2])
    square[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return square


def arrange(pictures: Iterable[Pixels], columns: int, gap: int, *, rows: int | None = None) -> Pixels:
    """Pictures row by row in `columns`, `gap` white pixels between them; all places are as large as the largest.

    >>> arrange([np.zeros((1, 2, 3), np.uint8)] * 3, 2, 1)[..., 0].tolist()
    [[0, 0, 255, 0, 0], [255, 255, 255, 255, 255], [0, 0, 255, 255, 255]]
    """
    listed: list[Any] = list(pictures)
    if not listed:
        return np.full((1, 1, 3), _PAPER, np.uint8)
    height, width = max(p.shape[0] for p in listed), max(p.shape[1] for p in listed)
    count = rows or -(-len(listed) // columns)
    across = columns if rows else min(columns, len(listed))
    sheet = np.full((count * (height + gap) - gap, across * (width + gap) - gap, 3), _PAPER, np.uint8)
    for i, picture in enumerate(listed):
        y, x = i // columns * (height + gap), i % columns * (width + gap)
        sheet[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    return sheet
